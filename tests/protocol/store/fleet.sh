#!/bin/bash
# SPDX-License-Identifier: MIT
# Hosts share a sign-in through a fleet's store: one refreshes, the others adopt the tokens.
. "${FT_SRCDIR:?run me with make check}/tests/harness/tap.sh"
. "$FT_SRCDIR/tests/services/servers.sh"
. "$FT_SRCDIR/tests/harness/accounts.sh"
. "$FT_SRCDIR/tests/harness/fleet.sh"
need strace
start_fleet timeout=2s
fleet_account work
sign_in_on a work 2>signed.in || diag <signed.in

signed_in_once() {
	equal "$(newest work)" "$(on a git_token work)"
	ctl get --print-value-only freshtoken/work >value
	grep -qa '^freshtoken-fleet 1 [12]$' value
	no_secret value work
	equal "$(newest work)" "$(on b git_token work)"
	equal "$(newest work)" "$(on c freshtoken token work)"
}
test_case 'a sign-in on one host is that of all hosts, and is sealed in the store' signed_in_once

one_refreshes() {
	before=$(ts_count work refreshes)
	on b freshtoken refresh work
	equal $((before + 1)) "$(ts_count work refreshes)"
	on a reject work "$(sed -n 's/^password=//p' .git.work)"
	equal "$(newest work)" "$(on a git_token work)"
	equal $((before + 1)) "$(ts_count work refreshes)"
	equal 0 "$(ts_count work reuses)"
}
test_case 'one host refreshes, another adopts the tokens' one_refreshes

# How many system calls of the network a command makes.
network_of() {
	strace -f -qq -e trace=network -o calls "$@" >/dev/null
	grep -c -E '(socket|connect)\(' calls || :
}

hot_get_is_local() {
	on a freshtoken token work >/dev/null
	equal 0 "$(on a network_of freshtoken token work)"
}
test_case 'a valid token is handed out without the network' hot_get_is_local

# The system calls of a get by git, of an account with a good token, and how often each is made; but
# for memory, since a record of a fleet has some bytes more.
calls_of() {	# HOST NAME
	printf 'protocol=https\nhost=%s.example.com\n\n' "$2" >request
	on "$1" strace -f -qq -o calls git-credential-freshtoken get <request >answer
	contains password= answer
	sed 's/^[0-9]* *//; s/(.*//; /^brk$/d; /^m[a-z]*map$/d' calls | sort | uniq -c
}

hot_get_costs_the_same() {
	ts create local vendor=oauth2 >/dev/null
	account local "server=$TS/local" match=local.example.com
	on a sign_in local
	calls_of a local >calls.local
	calls_of a work >calls.fleet
	same_text "$(cat calls.local)" calls.fleet
}
test_case '… and by as many system calls as a token that is not shared' hot_get_costs_the_same

status_says_store() {
	on a freshtoken status work --json >out
	contains '"store":"etcd"' out
	contains '"store_behind":false' out
	grep -q '"store_revision":"[0-9]\+"' out
	on a freshtoken status work >out
	contains 'shared by a fleet' out
}
test_case 'status shows the store' status_says_store

# shared_by NAME HOST… - an account of that name, with a good token on each of the hosts
shared_by() {
	local name=$1 host

	shift
	fleet_account "$name"
	sign_in_on "$1" "$name"
	for host; do
		on "$host" freshtoken token "$name" >/dev/null
	done
}

crowd() {
	local before token host pids=()

	shared_by crowd a b c
	before=$(ts_count crowd refreshes) token=$(newest crowd)
	for host in a b c; do
		on "$host" reject crowd "$token"
	done
	for host in a b c a b c a b c; do
		on "$host" freshtoken token crowd >>"out.$host" &
		pids+=("$!")
	done
	for host in "${pids[@]}"; do
		wait "$host"
	done
	equal $((before + 1)) "$(ts_count crowd refreshes)"
	equal "$(newest crowd)" "$(cat out.[abc] | sort -u)"
	equal 0 "$(ts_count crowd reuses)"
}
test_case 'of many programs on three hosts one refreshes' crowd

# value [NAME] - what lies in the store
value() {
	ctl get --print-value-only "freshtoken/${1-work}" | head -c -1
}

# The client takes a value as an argument that has no NULs.
put() {	# KEY FILE
	printf '{"key":"%s","value":"%s"}' "$(printf %s "$1" | base64 -w 0)" "$(base64 -w 0 "$2")" |
		curl -qsS --noproxy '*' --data-binary @- "$ETCD/v3/kv/put" >/dev/null
}

fails_on_d() {	# STATUS WORDS
	rm -rf "$T/hosts/d"
	expect_status "$1" on d freshtoken token work 2>err
	contains "$2" err
	contains "the fleet's store $ETCD" err
	no_secret err work
}

hostile_values() {
	value >kept
	tail -c 1 kept >last
	{ head -c -1 kept; tr '\000-\377' '\001-\377\000' <last; } >bad
	put freshtoken/work bad
	fails_on_d 1 'damaged or copied from another place'
	sed '1s/1 .*/1 999/' kept >bad
	put freshtoken/work bad
	fails_on_d 1 'damaged or copied from another place'
	echo nonsense >bad
	put freshtoken/work bad
	fails_on_d 1 'is not a value that freshtoken wrote'
	put freshtoken/work kept
	rm -rf "$T/hosts/d"
	equal "$(newest work)" "$(on d freshtoken token work)"
}
test_case 'a record that was changed in the store cannot be opened, and a message says so' hostile_values

moved_value() {
	fleet_account other
	value >kept
	put freshtoken/other kept
	rm -rf "$T/hosts/d"
	expect_status 1 on d freshtoken token other 2>err
	contains 'damaged or copied from another place' err
	ctl del freshtoken/other >/dev/null
	expect_status 4 on e freshtoken token other 2>err
	contains 'nobody has signed in on any host' err
}
test_case 'nor can one that was moved to another key' moved_value

emptied() {
	local token

	shared_by emptied a b
	token=$(newest emptied) before=$(ts_count emptied refreshes)
	ctl del freshtoken/emptied >/dev/null
	expect_status 4 on b freshtoken refresh emptied 2>err
	contains 'has lost this sign-in' err
	equal "$token" "$(on b freshtoken token emptied)"
	equal "$token" "$(on a freshtoken token emptied)"
	on b reject emptied "$token"
	expect_status 4 on b freshtoken token emptied 2>err
	equal "$before" "$(ts_count emptied refreshes)"
	sign_in_on a emptied
	equal "$(newest emptied)" "$(on b freshtoken token emptied)"
}
test_case 'after the store was emptied valid tokens are handed out, and nothing is spent' emptied

set_back() {
	shared_by back a
	value back >old
	on a freshtoken refresh back
	value back >new
	put freshtoken/back old
	before=$(ts_count back refreshes)
	expect_status 1 on a freshtoken refresh back 2>err
	contains 'it was set back' err
	equal "$before" "$(ts_count back refreshes)"
	put freshtoken/back new
	on a freshtoken refresh back
	equal 0 "$(ts_count back reuses)"
}
test_case 'after the store was reset to an older state nothing is spent' set_back

another_key() {
	cp "$T/fleet.key" kept.key
	head -c 32 /dev/urandom >"$T/fleet.key"
	fails_on_d 1 'sealed with another key'
	head -c 31 /dev/urandom >"$T/fleet.key"
	expect_status 1 on d freshtoken token work 2>err
	contains 'expected 32 bytes' err
	cp kept.key "$T/fleet.key"
	chmod 644 "$T/fleet.key"
	expect_status 1 on d freshtoken token work 2>err
	contains 'others have access' err
	chmod 600 "$T/fleet.key"
	equal "$(newest work)" "$(on d freshtoken token work)"
}
test_case 'the key has to be that of the other hosts, complete and private' another_key

without_store() {
	shared_by alone a
	kill -STOP "$ETCD_PID"
	equal "$(newest alone)" "$(on a freshtoken token alone)"
	before=$(ts_count alone refreshes)
	on a reject alone "$(newest alone)"
	expect_status 5 on a freshtoken token alone 2>err
	contains "the fleet's store $ETCD" err
	expect_status 5 on a freshtoken token alone 2>err
	contains "account alone: the fleet's store $ETCD" err
	contains 'it is asked again' err
	lacks "$TS/alone" err
	expect_status 5 on d freshtoken token alone 2>err
	contains "the fleet's store $ETCD" err
	equal "$before" "$(ts_count alone refreshes)"
	kill -CONT "$ETCD_PID"
	on a freshtoken refresh alone
	equal "$(newest alone)" "$(on a freshtoken token alone)"
	equal 0 "$(ts_count alone reuses)"
}
test_case 'without the store the copy is handed out, and nothing is spent' without_store

doctor_looks() {
	on a freshtoken doctor >out 2>&1 || :
	contains "$ETCD answers" out
	contains 'private_key_jwt' out
}
test_case 'doctor asks each member' doctor_looks

signed_out() {
	shared_by out a b
	on a freshtoken logout out 2>err
	on b reject out "$(on b freshtoken token out)"
	expect_status 4 on b freshtoken token out 2>err
	contains 'the sign-in was ended on host' err
	equal needs-login "$(on b verdict out)"
	expect_status 4 on a freshtoken token out 2>err
	ts login out >/dev/null
	sign_in_on c out
	on b freshtoken refresh out
	equal "$(newest out)" "$(on b freshtoken token out)"
}
test_case 'a sign-out is one of all hosts, and so is the next sign-in' signed_out
test_done

#!/bin/bash
# SPDX-License-Identifier: MIT
# Any process is killed during a refresh: the sign-in is never lost, and nothing is spent twice.
. "${FT_SRCDIR:?run me with make check}/tests/harness/tap.sh"
. "$FT_SRCDIR/tests/services/servers.sh"
. "$FT_SRCDIR/tests/harness/accounts.sh"
need curl pgrep
[ -z "${FT_SEALED-}" ] || { . "$FT_SRCDIR/tests/harness/sealing.sh"; sealing_or_skip; }
start_token_service

# The name of this run, so that only processes of ours are found by it.
name=k$$

# refreshes_of NAME - pids of freshtoken-refresh for an account of this run. Not of its children:
# until its exec a transport to be looks the same, and a moment later it is the transport.
refreshes_of() {
	local pid pids

	pids=" $(pgrep -f "^$(literal "$FT_LIBEXEC")/freshtoken-refresh $1 " | tr '\n' ' ')"
	for pid in $pids; do
		case $pids in
		*" $(ps -o ppid= -p "$pid" | tr -d ' ') "*) ;;
		*) echo "$pid" ;;
		esac
	done
}

# clear_case DESCRIPTION FUNCTION - one that looks into what is stored, and is not for sealed texts
clear_case() {
	[ -n "${FT_SEALED-}" ] || test_case "$@"
}

request="protocol=https
host=$name.example.com
"

# round VICTIMS - one refresh whose caller, refresh or both die at some moment
round() {
	local caller pid

	grow_old "$name" 4000
	git-credential-freshtoken get <<<"$request" >/dev/null 2>&1 &
	caller=$!
	nap "0.0$(printf %02d $((RANDOM % 60)))"
	case $1 in
	caller | both) kill -KILL "$caller" 2>/dev/null || : ;;
	esac
	case $1 in
	refresh | both)
		for pid in $(refreshes_of "$name"); do
			kill -KILL "$pid" 2>/dev/null || :
		done
		;;
	esac
	wait "$caller" 2>/dev/null || :
}

# The whole crowd is for ./bootstrap check --long.
share=2
[ -z "${FT_SEALED-}" ] || share=6
[ -z "${FT_LONG-}" ] || share=1

rounds() {	# VICTIMS N
	local i token

	for ((i = 0; i < $2; i++)); do
		round "$1"
		# A record is whole at every moment …
		[ "$(verdict "$name")" != needs-login ] ||
			complain "round $i: $(cat "$(record "$name")")"
		# … and whoever comes next is served.
		token=$(git_token "$name" 2>err) ||
			complain "round $i: $(cat err "$(record "$name")")"
		is_good "$name" "$token" || complain "round $i: $(cat "$(record "$name")")"
	done
	equal "0 0 1" "$(ts_count "$name" refused) $(ts_count "$name" reuses) $(ts_count "$name" \
		max_concurrent)"
}

set_everything_up() {
	new_account "$name" oauth2 wait=60s -- lifetime=3600
	ts fault "$name" fault=delay:15 times=-1
}
test_case 'set up' set_everything_up

test_case 'the caller is killed, again and again' rounds caller $((60 / share))
test_case 'freshtoken-refresh is killed, again and again' rounds refresh $((80 / share))
test_case 'both are killed, again and again' rounds both $((60 / share))
some_refreshes_cut_off() {
	grow_old "$name" 4000
	ts fault "$name" fault=none
	before=$(ts_count "$name" refreshes)
	ts fault "$name" fault=hold spend=yes
	git-credential-freshtoken get <<<"$request" >/dev/null 2>&1 &
	caller=$!
	in_flight() { [ "$(ts_count "$name" running)" = 1 ]; }
	eventually 20 in_flight
	for pid in $(refreshes_of "$name"); do kill -KILL "$pid" 2>/dev/null || :; done
	kill -KILL "$caller" 2>/dev/null || :
	[ -n "${FT_SEALED-}" ] || contains journal "$(record "$name")"
	ts release "$name"
	# The exchange goes on under the lock; its answer is adopted, not asked for again.
	token=$(git_token "$name")
	is_good "$name" "$token"
	equal $((before + 1)) "$(ts_count "$name" refreshes)"
	lacks journal "$(record "$name")"
}
test_case 'some refreshes were killed during their exchange, otherwise the test proves nothing' \
	some_refreshes_cut_off

answer_of_one_exchange() {
	stale=stale$name
	new_account "$stale" oauth2 wait=60s -- lifetime=3600
	folder=$XDG_STATE_HOME/freshtoken
	printf "protocol=https\nhost=%s.example.com\n\n" "$stale" >asked
	in_flight() { [ "$(ts_count "$stale" running)" = 1 ]; }
	# cut_off FAULT - the caller first, who would begin anew
	cut_off() {
		grow_old "$stale" 4000
		ts fault "$stale" "fault=$1" spend="$2"
		git-credential-freshtoken get <asked >/dev/null 2>&1 &
		caller=$!
		eventually 20 in_flight
		kill -KILL "$caller"
		transports=
		for pid in $(refreshes_of "$stale"); do
			transports="$transports $(pgrep -P "$pid" | tr "\n" " ")"
			kill -KILL "$pid" || :
		done
	}
	# An answer that nobody adopted yet …
	cut_off delay:1500 yes
	eventually 20 grep -q access_token "$folder/$stale.answer"
	cp -p "$folder/$stale.answer" kept
	git_token "$stale"
	# … two exchanges later, when its tokens are dead …
	freshtoken refresh "$stale"
	ts revoke-access "$stale"
	cut_off hang no
	for pid in $transports; do kill -KILL "$pid" || :; done
	contains journal "$(record "$stale")"
	cp -p kept "$folder/$stale.answer"
	# … is nothing that the next one may hand out.
	token=$(git_token "$stale")
	is_good "$stale" "$token"
	freshtoken refresh "$stale"
	equal "0 0" "$(ts_count "$stale" refused) $(ts_count "$stale" reuses)"
}
clear_case 'the answer of one exchange is never taken for that of another' answer_of_one_exchange

ctrl_c_ends_caller() {
	grow_old "$name" 4000
	before=$(ts_count "$name" refreshes)
	ts fault "$name" fault=hold
	set -m
	git-credential-freshtoken get <<<"$request" >/dev/null 2>&1 &
	caller=$!
	set +m
	in_flight() { [ "$(ts_count "$name" running)" = 1 ]; }
	eventually 20 in_flight
	kill -INT -- "-$caller"
	wait "$caller" 2>/dev/null || :
	ts release "$name"
	refreshed() { [ "$(ts_count "$name" refreshes)" = $((before + 1)) ] &&
		[ "$(verdict "$name")" = fresh ]; }
	eventually 20 refreshed
}
test_case 'Ctrl-C ends the caller, not the refresh' ctrl_c_ends_caller

killed_during_first_signin() {
	ts create "first$name" lifetime=3600 >tokens
	account "first$name" "server=$TS/first$name" "match=first.example.com"
	ts fault "first$name" fault=hold spend=yes
	field refresh_token tokens | freshtoken login "first$name" --token >/dev/null 2>&1 &
	caller=$!
	in_flight() { [ "$(ts_count "first$name" running)" = 1 ]; }
	eventually 20 in_flight
	for pid in $(refreshes_of "first$name"); do kill -KILL "$pid" 2>/dev/null || :; done
	kill -KILL "$caller" 2>/dev/null || :
	ts release "first$name"
	# Whoever takes the lock next adopts it.
	freshtoken refresh "first$name" --due
	equal fresh "$(verdict "first$name")"
	equal "1 0" "$(ts_count "first$name" refreshes) $(ts_count "first$name" reuses)"
}
test_case 'killed during its first sign-in: the sign-in that succeeded is kept' \
	killed_during_first_signin

killed_between_proof_of_signin() {
	new_account "proven$name" oauth2 -- lifetime=3600
	mv "$(record "proven$name")" "$XDG_STATE_HOME/freshtoken/proven$name~login.json"
	token=$(freshtoken token "proven$name")
	is_good "proven$name" "$token"
	equal "1 0" "$(ts_count "proven$name" refreshes) $(ts_count "proven$name" reuses)"
}
clear_case 'killed between the proof of a sign-in and its record: kept' \
	killed_between_proof_of_signin

killed_while_somebody_signs() {
	for way in get retype; do
		again=$way$name
		new_account "$again" oauth2 -- lifetime=3600
		ts revoke-family "$again" >/dev/null
		expect_status 4 freshtoken refresh "$again"
		ts login "$again" >tokens
		ts fault "$again" fault=hold spend=yes
		field refresh_token tokens | freshtoken login "$again" --token >/dev/null 2>&1 &
		caller=$!
		in_flight() { [ "$(ts_count "$again" running)" = 1 ]; }
		eventually 20 in_flight
		for pid in $(refreshes_of "$again"); do kill -KILL "$pid" 2>/dev/null || :; done
		kill -KILL "$caller" 2>/dev/null || :
		before=$(ts_count "$again" refreshes)
		ts release "$again"
		[ "$way" = get ] || field refresh_token tokens | freshtoken login "$again" --token
		grow_old "$again" 4000
		token=$(git_token "$again")
		is_good "$again" "$token"
		equal 0 "$(ts_count "$again" reuses)"
		equal fresh "$(verdict "$again")"
	done
}
clear_case 'killed during a second sign-in: its answer is adopted, and typing the token again spends nothing twice' \
	killed_while_somebody_signs

no_corrupt_record_set_aside() {
	equal "" "$(find "$XDG_STATE_HOME/freshtoken" -name "*~*" ! -name "~seal.lock")"
}
test_case 'no corrupt record was set aside, no file is left over' no_corrupt_record_set_aside
test_done

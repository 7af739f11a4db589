#!/bin/bash
# SPDX-License-Identifier: MIT
# A state folder that was copied during an open claim, as in a cloned machine, and a restarted host:
# neither treats the claim as its own. The service ends the sign-in when a spent refresh token is
# sent again.
. "${FT_SRCDIR:?run me with make check}/tests/harness/tap.sh"
. "$FT_SRCDIR/tests/services/servers.sh"
. "$FT_SRCDIR/tests/harness/accounts.sh"
. "$FT_SRCDIR/tests/harness/fleet.sh"
. "$FT_SRCDIR/tests/fleet/hosts.sh"
start_fleet

# at HOST FUNCTION… - of this shell, with that host's folder
at() {
	local home

	home=$(host_home "$1")
	shift
	XDG_STATE_HOME=$home/.local/state "$@"
}

# expired NAME FAULT - an account that host a has signed in to; its token is old, and the next refresh meets
# that fault; sets before, the service's requests until then
expired() {
	at a sign_in "$1" 2>signed.in || diag <signed.in
	at a grow_old "$1" 4000
	before=$(ts_count "$1" exchanges)
	ts fault "$1" fault="$2" spend=yes >/dev/null
}

# Who waits for another host has written down for whom.
waits() {	# HOST NAME
	grep -q '"held"' "$(at "$1" record "$2")"
}

is_held() {
	[ "$(ts_count "$1" running)" = 1 ]
}

copied() {
	local before a b

	fleet_account work timeout=10s wait=60s
	expired work hold
	on_host a freshtoken token work >out.a 2>err.a &
	a=$!
	eventually 20 is_held work
	host_home b >/dev/null
	cp -a "$T/host/a/.local" "$T/host/b/"
	on_host b freshtoken token work >out.b 2>err.b &
	b=$!
	eventually 20 waits b work
	equal $((before + 1)) "$(ts_count work exchanges)"
	ts release work >/dev/null
	wait "$a" || complain "$(cat err.a)"
	wait "$b" || complain "$(cat err.b)"
	equal "$(newest work)" "$(cat out.a)"
	equal "$(newest work)" "$(cat out.b)"
	equal "$((before + 1)) 0" "$(ts_count work exchanges) $(ts_count work reuses)"
}
test_case 'a copy of a state folder does not treat the original'\''s claim as its own' copied

rebooted() {
	local before

	fleet_account again timeout=1s wait=3s
	expired again hang
	expect_status 5 on_host a freshtoken token again 2>err
	equal $((before + 1)) "$(ts_count again exchanges)"
	cat /proc/sys/kernel/random/uuid >"$T/host/a/boot_id"
	must_fail waits a again
	expect_status 5 on_host a freshtoken refresh again 2>err
	waits a again
	equal "$((before + 1)) 0" "$(ts_count again exchanges) $(ts_count again reuses)"
}
if [ -z "${FT_LONG-}" ]; then
	:
elif [ "$(id -u)" -eq 0 ]; then
	test_case 'a restarted host waits for its claim like another host' rebooted
else
	test_skip 'a restarted host waits for its claim like another host' 'a boot id of its own wants root'
fi
test_done

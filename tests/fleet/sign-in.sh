#!/bin/bash
# SPDX-License-Identifier: MIT
# A sign-in on a host of a fleet, whose store becomes unavailable during the request to the token
# service.
. "${FT_SRCDIR:?run me with make check}/tests/harness/tap.sh"
. "$FT_SRCDIR/tests/services/servers.sh"
. "$FT_SRCDIR/tests/harness/accounts.sh"
. "$FT_SRCDIR/tests/harness/fleet.sh"
start_fleet timeout=2s

is_held() {
	[ "$(ts_count work running)" = 1 ]
}

is_there() {
	on a freshtoken status work --json | grep -q '"store_behind":false'
}

store_away() {
	local pid status=0

	fleet_account work timeout=60s wait=60s
	ts fault work fault=hold >/dev/null
	sign_in_on a work 2>err &
	pid=$!
	eventually 20 is_held
	kill -STOP "$ETCD_PID"
	ts release work >/dev/null
	wait "$pid" || status=$?
	kill -CONT "$ETCD_PID"
	equal 5 "$status"
	contains 'the sign-in is kept on this host' err
	contains "the fleet's store $ETCD" err
	# What is said is so: it is good, and the others get it by the next token, not some time later.
	equal fresh "$(on a verdict work)"
	equal "$(newest work)" "$(on a freshtoken token work)"
	eventually 20 is_there
	equal "$(newest work)" "$(on b freshtoken token work)"
	equal 0 "$(ts_count work reuses)"
}
test_case 'a sign-in that the store could not take stays on this host, and is stored there with the next token' store_away
test_done

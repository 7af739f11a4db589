#!/bin/bash
# SPDX-License-Identifier: MIT
# A fleet's store that can be read but not written: an etcd without space raises an alarm, and
# refuses every write until an administrator has freed space and cleared the alarm.
. "${FT_SRCDIR:?run me with make check}/tests/harness/tap.sh"
. "$FT_SRCDIR/tests/services/servers.sh"
. "$FT_SRCDIR/tests/harness/accounts.sh"
. "$FT_SRCDIR/tests/harness/fleet.sh"
etcd_or_skip
need curl pgrep
start_token_service
start_etcd http --quota-backend-bytes 2000000
fleet_section "$ETCD"
fleet_account work timeout=1s wait=60s
sign_in_on a work 2>signed.in || diag <signed.in

# In 100 pieces, each well below what a request may have.
fill() {
	local i

	head -c 300000 /dev/zero | tr '\0' x >piece
	for ((i = 0; i < 100; i++)); do
		ctl put "full/$i" <piece >/dev/null 2>full || break
	done
	contains 'space exceeded' full
	contains NOSPACE <(ctl alarm list)
}

empty() {
	local revision

	ctl del --prefix full/ >/dev/null
	revision=$(ctl get x --write-out=json | sed 's/.*"revision":\([0-9]*\).*/\1/')
	ctl compact "$revision" >/dev/null
	ctl defrag >/dev/null 2>&1
	ctl alarm disarm >/dev/null
	ctl put x y >/dev/null
}

nobody_refreshes() {
	! pgrep -f "^$(literal "$FT_LIBEXEC")/freshtoken-refresh work .*$(literal "$T")/hosts/a/" >/dev/null
}

no_write() {
	local token before

	fill
	token=$(newest work) before=$(ts_count work exchanges)
	# Old enough for a refresh, and alive: it is handed out, at once and after the refresh has failed.
	on a grow_old work 3500
	equal "$token" "$(on a freshtoken token work)"
	eventually 30 nobody_refreshes
	equal "$token" "$(on a freshtoken token work)"
	# The store is left alone for a while.
	nobody_refreshes
	# Then none lives.
	on a grow_old work 500
	expect_status 5 on a freshtoken token work 2>err
	contains "the fleet's store $ETCD" err
	contains 'space exceeded' err
	equal "$before" "$(ts_count work exchanges)"
}
test_case 'a store that refuses writes: a valid token is handed out, after expiry the message names the store' no_write

writes_again() {
	empty
	on a freshtoken refresh work
	equal "$(newest work)" "$(on a freshtoken token work)"
	equal "$(newest work)" "$(on b freshtoken token work)"
	equal 0 "$(ts_count work reuses)"
}
test_case '… and when it accepts writes again, the next refresh works' writes_again
test_done

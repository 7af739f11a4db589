#!/bin/bash
# SPDX-License-Identifier: MIT
# Hosts that share a sign-in by a fleet's store: one refreshes, the others adopt.
. "${FT_SRCDIR:?run me with make check}/tests/harness/tap.sh"
. "$FT_SRCDIR/tests/services/servers.sh"
. "$FT_SRCDIR/tests/harness/accounts.sh"
. "$FT_SRCDIR/tests/harness/fleet.sh"
etcd_or_skip
need curl strace
start_token_service
start_etcd
fleet_section "$ETCD"
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
test_case 'a sign-in on one host is the sign-in of all, and lies in the store sealed' signed_in_once

one_refreshes() {
	before=$(ts_count work refreshes)
	on b freshtoken refresh work
	equal $((before + 1)) "$(ts_count work refreshes)"
	on a reject work "$(cat .git.work | sed -n 's/^password=//p')"
	equal "$(newest work)" "$(on a git_token work)"
	equal $((before + 1)) "$(ts_count work refreshes)"
	equal 0 "$(ts_count work reuses)"
}
test_case 'what one refreshes another adopts' one_refreshes
test_done

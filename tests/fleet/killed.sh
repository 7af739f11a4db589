#!/bin/bash
# SPDX-License-Identifier: MIT
# freshtoken-refresh is killed right after each of the system calls that claim, spend and commit take:
# the sign-in lives, on this host and on the others. make check takes some of them, FT_LONG all.
. "${FT_SRCDIR:?run me with make check}/tests/harness/tap.sh"
. "$FT_SRCDIR/tests/services/servers.sh"
. "$FT_SRCDIR/tests/harness/accounts.sh"
. "$FT_SRCDIR/tests/harness/fleet.sh"
etcd_or_skip
need curl
killer=$FT_BUILDDIR/tests/harness/killer
"$killer" true 0 true >/dev/null 2>&1 || skip_all 'processes may not be traced here'
start_token_service
start_etcd
fleet_section "$ETCD"
# The request of one that was killed may claim after it: then its own host waits, too, until that claim
# is over. 9 s here.
fleet_account build timeout=2s wait=60s
sign_in_on a build 2>signed.in || diag <signed.in

settled() {
	[ "$(ts_count build running)" = 0 ]
}

# killed_at N - of a refresh on host a; N 0: none. Prints how many calls it took.
killed_at() {
	on a grow_old build 4000
	on a "$killer" /freshtoken-refresh "$1" freshtoken refresh build 2>err || :
}

is_whole() {	# N
	local host token

	eventually 20 settled
	for host in a b; do
		token=$(on "$host" freshtoken token build 2>err) ||
			complain "after call $1, host $host: $(cat err)"
		is_good build "$token" || complain "after call $1, host $host: its token is not good"
	done
	equal "0 0" "$(ts_count build reuses) $(ts_count build refused)"
}

killed_after_each() {
	local n calls

	calls=$(killed_at 0 | tail -n 1)
	[ "$calls" -gt 100 ]
	for ((n = first; n <= calls + 5; n += step)); do
		killed_at "$n" >/dev/null
		is_whole "$n"
	done
	echo "$calls" >calls
}
# Which ones are taken differs from run to run.
if [ -n "${FT_LONG-}" ]; then
	first=1 step=1
else
	step=97
	first=$((1 + RANDOM % step))
fi
test_case "killed after system calls $first, $((first + step)), … of freshtoken-refresh" killed_after_each
test_done

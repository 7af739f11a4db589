#!/bin/bash
# SPDX-License-Identifier: MIT
# A fleet's store with two of three members down: the remaining member answers, but without a
# quorum.
. "${FT_SRCDIR:?run me with make check}/tests/harness/tap.sh"
. "$FT_SRCDIR/tests/services/servers.sh"
. "$FT_SRCDIR/tests/services/etcd.sh"
. "$FT_SRCDIR/tests/harness/accounts.sh"
. "$FT_SRCDIR/tests/harness/fleet.sh"
etcd_or_skip
need curl setpriv
start_token_service
ETCD_PORTS=yes start_cluster
fleet_section "$ETCD_SERVERS" timeout=2s
fleet_account work timeout=2s wait=60s
sign_in_on a work 2>signed.in || diag <signed.in

names_store() {
	contains "the fleet's store ${ETCD_URLS[0]}, ${ETCD_URLS[1]}, ${ETCD_URLS[2]}" err
}

without_quorum() {
	local token before host

	token=$(on b freshtoken token work) before=$(ts_count work requests)
	etcd_stop 0
	etcd_stop 1
	for host in a b; do
		# Old enough for a refresh, which is begun and ends; and alive.
		on "$host" grow_old work 3500
		equal "$token" "$(on "$host" freshtoken token work)"
		expect_status 5 on "$host" freshtoken refresh work 2>err
		names_store
		equal "$token" "$(on "$host" freshtoken token work)"
		on "$host" grow_old work 500
		expect_status 5 on "$host" freshtoken token work 2>err
		names_store
	done
	# Who has nothing gets nothing.
	expect_status 5 on c freshtoken token work 2>err
	names_store
	equal "$before" "$(ts_count work requests)"
}
test_case 'two of three members down: a valid token is handed out, after expiry the message names the store' without_quorum

members_back() {
	local before

	before=$(ts_count work refreshes)
	etcd_start 0
	etcd_start 1
	eventually 60 etcd_healthy
	on a freshtoken refresh work
	equal "$(newest work)" "$(on a freshtoken token work)"
	# The others leave the store alone for 30 s, and then need nobody to tell them.
	back() { [ "$(on "$1" freshtoken token work 2>err)" = "$(newest work)" ]; }
	eventually 60 back b
	eventually 60 back c
	equal "$((before + 1)) 0" "$(ts_count work refreshes) $(ts_count work reuses)"
}
test_case '… and they return: the same hosts get a new token' members_back

# Members that hang take longer than anybody waits.
all_hang() {
	local i

	sed -i 's/^wait = .*/wait = 1s/' "$XDG_CONFIG_HOME/freshtoken/freshtoken.conf"
	on a grow_old work 4000
	for i in 0 1 2; do
		etcd_freeze "$i"
	done
	expect_status 5 on a freshtoken token work 2>err
	names_store
	contains "it or $TS/work has not answered yet" err
	for i in 0 1 2; do
		etcd_thaw "$i"
	done
}
test_case 'no member answers in time: the message names the store' all_hang
test_done

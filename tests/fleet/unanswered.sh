#!/bin/bash
# SPDX-License-Identifier: MIT
# An exchange without an answer, or with an unusable one, at a service that ends the sign-in when a
# spent refresh token is sent again: the claim stays, no other host sends that token while it can
# wait, and a successor is not lost.
. "${FT_SRCDIR:?run me with make check}/tests/harness/tap.sh"
. "$FT_SRCDIR/tests/services/servers.sh"
. "$FT_SRCDIR/tests/harness/accounts.sh"
. "$FT_SRCDIR/tests/harness/fleet.sh"
start_fleet timeout=2s

# unanswered NAME - host a sends the refresh token, the service spends it, and nobody hears of that;
# sets token, of both hosts, and before, the service's requests until then
unanswered() {
	fleet_account "$1" wait=60s
	sign_in_on a "$1" 2>signed.in || diag <signed.in
	token=$(on b freshtoken token "$1") before=$(ts_count "$1" refreshes)
	impatient "$1"
	ts fault "$1" fault=hang spend=yes >/dev/null
	expect_status 5 on a freshtoken refresh "$1" 2>err
	equal $((before + 1)) "$(ts_count "$1" refreshes)"
	before=$(ts_count "$1" exchanges)
}

others_wait() {
	local before token

	unanswered work
	# b has time, and then it has none; a has both again.
	on b grow_old work 3500
	equal "$token" "$(on b freshtoken token work)"
	expect_status 5 on b freshtoken refresh work 2>err
	contains 'has not stored a token yet' err
	equal "$token" "$(on a freshtoken token work)"
	equal "$token" "$(on b freshtoken token work)"
	equal "$before" "$(ts_count work exchanges)"
	equal 0 "$(ts_count work reuses)"
}
test_case 'after an exchange without an answer the claim stays: others do not send the token' others_wait

# A claim takes 7 s, and a holder at such a service has 30 more (lib/fleet/decide.h), of b's own clock
# from when it first sees that claim. Nothing is judged that ends after that.
until_it_lapses() {
	local began=$SECONDS status counts

	unanswered late
	while [ $((SECONDS - began)) -lt 25 ]; do
		# Nothing is left to protect, and nothing is left alone.
		on b grow_old late 4000
		status=0
		on b freshtoken refresh late 2>err || status=$?
		counts="$(ts_count late exchanges) $(ts_count late reuses)"
		[ $((SECONDS - began)) -lt 36 ] || break
		equal "5 $before 0" "$status $counts"
		contains 'has not stored a token yet' err
	done
	# Then it is the only way that is left, and at this service it is lost.
	lapsed() {
		on b freshtoken refresh late 2>err || true
		[ "$(ts_count late reuses)" = 1 ]
	}
	eventually 60 lapsed
}
[ -z "${FT_LONG-}" ] || test_case '… nor without a valid token, until the claim has lapsed' until_it_lapses

# The answer has a successor, and an access token of a type that nobody knows. The store is killed, because
# one that stands still gets the commit later, from its socket; so this case is the last.
rotated() {
	local pid etcd log=$T/etcd.again

	mapfile -d '' -t etcd <"/proc/$ETCD_PID/cmdline"
	fleet_account rotated timeout=5s wait=60s
	sign_in_on a rotated 2>signed.in || diag <signed.in
	on b freshtoken token rotated >/dev/null
	ts fault rotated fault=other-type delay=2000 >/dev/null
	on a freshtoken refresh rotated 2>err &
	pid=$!
	is_held() { [ "$(ts_count rotated running)" = 1 ]; }
	eventually 20 is_held
	: >"$log"
	kill -KILL "$ETCD_PID"
	wait "$pid" || :
	contains 'of a type that' err
	ETCD_UNSUPPORTED_ARCH=$(uname -m | sed 's/aarch64/arm64/') with_parent "${etcd[@]}" >"$log" 2>&1 &
	ETCD_PID=$!
	at_exit stop_pid "$ETCD_PID"
	etcd_listens "$ETCD" "$ETCD_PID" "$log"
	on a freshtoken refresh rotated
	equal "$(newest rotated)" "$(on a freshtoken token rotated)"
	on b freshtoken refresh rotated
	equal "$(newest rotated)" "$(on b freshtoken token rotated)"
	equal 0 "$(ts_count rotated reuses)"
}
[ -z "${FT_LONG-}" ] ||
	test_case 'a successor in an unusable answer is not lost if the store is unavailable' rotated
test_done

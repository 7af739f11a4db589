#!/bin/bash
# SPDX-License-Identifier: MIT
# Many logins at the same time: one exchange serves all waiting logins of a person.
. "${FT_SRCDIR:?run me with make check}/tests/pam/world.sh"
start_token_service
ts create work user=alice lifetime=3600 >/dev/null
configure_pam server="$TS/work" timeout=300s
one account=work wait=300s recheck=1h
sign_in alice
echo "account = SUCCESS" | play --user alice

# crowd N FUNCTION - that many logins of alice's at once; how many were let in
crowd() {
	local i

	for ((i = 0; i < $1; i++)); do
		(printf '%s = SUCCESS\n' "$2" | play --user alice >".login.$i" 2>&1 &&
			touch ".in.$i") &
	done
	wait
	find . -maxdepth 1 -name '.in.*' | wc -l
	# What the first that was not let in says.
	for ((i = 0; i < $1; i++)); do
		[ -e ".in.$i" ] || { cat ".login.$i" "$T/log" >&2; break; }
	done
	rm -f .in.* .login.*
}

nothing_runs() {
	eventually 60 must_fail pgrep -f "$HELPER"
	eventually 60 must_fail pgrep -u alice
	eventually 60 must_fail pgrep -u _freshtoken
}

logins_of_one_person() {
	aged alice 3601
	ts reset-counters work
	ts fault work fault=delay:1000 times=-1
	equal 200 "$(crowd 200 account)"
	ts fault work fault=none
	equal "1 0 1" "$(ts_count work exchanges) $(ts_count work reuses) $(ts_count work \
		max_concurrent)"
	nothing_runs
}
test_case '200 logins of one person after recheck: all let in, one exchange, no process left' \
	logins_of_one_person

recheck_whoever_comes() {
	one account=work wait=300s recheck=0
	ts reset-counters work
	ts fault work fault=hold
	all_there() { [ "$(pgrep -fc "$HELPER" -P "$(pgrep -d, -x play)")" -ge 30 ]; }
	held() { [ "$(ts_count work running)" -ge 1 ]; }
	(eventually 250 all_there; eventually 30 held; ts release work) &
	equal 30 "$(crowd 30 account)"
	[ "$(ts_count work exchanges)" -le 15 ] || complain "$(ts_count work exchanges) exchanges"
	equal 0 "$(ts_count work reuses)"
	nothing_runs
}
test_case 'recheck = 0: logins during a request wait together for a new answer' \
	recheck_whoever_comes

sessions_at_once_start() {
	ts set work lifetime=20
	as alice freshtoken refresh work
	ts set work lifetime=3600
	one account=work recheck=3600s
	ts reset-counters work
	ts fault work fault=hold times=-1
	equal 100 "$(crowd 100 open)"
	ts fault work fault=none
	ts release work
	nothing_runs
	[ "$(ts_count work exchanges)" -le 1 ] || complain "$(ts_count work exchanges) exchanges"
	equal 0 "$(ts_count work reuses)"
}
test_case '100 sessions at once start one exchange, and none if one runs' sessions_at_once_start
test_done

#!/bin/bash
# SPDX-License-Identifier: MIT
# What continues after a kill: the exchange without the programs that asked, the waiting program
# without the refresh, the record without the answer.
. "${FT_SRCDIR:?run me with make check}/tests/harness/tap.sh"
. "$FT_SRCDIR/tests/services/servers.sh"
. "$FT_SRCDIR/tests/harness/accounts.sh"
need curl ps pgrep setsid
[ -z "${FT_SEALED-}" ] || { . "$FT_SRCDIR/tests/harness/sealing.sh"; sealing_or_skip; }
start_token_service

# Nobody may look into these processes; what they were started with can be seen. Names
# of accounts are of this test alone, for others may run beside it.
unique=${T##*.}

refresh_of() {	# NAME
	pgrep -f "^$(literal "$FT_LIBEXEC")/freshtoken-refresh $1-$unique "
}

transport_of() {	# NAME
	pgrep -P "$(refresh_of "$1")"
}

exchanging() {
	[ "$(ts_count "$1-$unique" running)" = 1 ]
}

answered() {
	[ "$(ts_count "$1-$unique" running)" = 0 ]
}

# begin NAME - a rejected token, and a helper that waits for an exchange that is held up
begin() {
	name=$1-$unique
	new_account "$name" oauth2 wait=20s
	reject "$name"
	ts fault "$name" fault=hold
	git_says get "$name" >answer 2>err &
	helper=$!
	eventually 20 exchanging "$1"
}

# well NAME - everything is as if nothing had happened
well() {
	ts release "$name"
	eventually 20 answered "$1"
	equal "$(newest "$name")" "$(git_token "$name")"
	is_good "$name" "$(git_token "$name")"
	equal fresh "$(verdict "$name")"
	equal "2 0 0" "$(state_of_spending "$name")"
	freshtoken refresh "$name"
	equal "3 0 0" "$(state_of_spending "$name")"
}

whole_session_ended() {
	name=session-$unique
	new_account "$name" oauth2
	reject "$name"
	ts fault "$name" fault=hold
	export -f git_says
	setsid bash -c "git_says get $name" >answer 2>&1 &
	leader=$!
	eventually 20 exchanging session
	for signal in INT HUP TERM KILL; do
		for pid in $(ps -o pid= -s "$leader"); do
			kill "-$signal" "$pid" || :
		done
	done
	well session
}
test_case 'its whole session is ended, as when a terminal closes: the refresh continues' \
	whole_session_ended

freshtoken_refresh_killed() {
	begin refresh
	kill -KILL "$(refresh_of refresh)"
	ts release "$name"
	wait "$helper"
	equal "password=$(newest "$name")" "$(grep ^password= answer)"
	well refresh
}
test_case 'freshtoken-refresh is killed: programs that wait still get the answer' \
	freshtoken_refresh_killed

freshtoken_transport_killed() {
	begin transport
	kill -KILL "$(transport_of transport)"
	ts release "$name"
	wait "$helper" || :
	eventually 20 answered transport
	equal "2 0 0" "$(state_of_spending "$name")"
	expect_status 4 freshtoken refresh "$name" 2>err
	contains "may have spent" err
	grep -E "20[0-9]{2}-[0-9]{2}-[0-9]{2}T" err
}
test_case 'freshtoken-transport is killed: the answer is lost, and the message has the time' \
	freshtoken_transport_killed

everything_of_freshtoken_killed() {
	name=storm-$unique
	new_account "$name" oauth2 -- grace=600
	for i in 1 2 3; do
		ts fault "$name" fault=hold
		freshtoken refresh "$name" >answer 2>err &
		helper=$!
		eventually 20 exchanging storm
		kill -KILL "$(transport_of storm)" "$(refresh_of storm)" "$helper"
		ts release "$name"
		eventually 20 answered storm
		freshtoken refresh "$name"
		is_good "$name" "$(git_token "$name")"
	done
	equal "0 0" "$(ts_count "$name" refused) $(ts_count "$name" reuses)"
}
test_case 'all processes of freshtoken are killed in the middle, three times' \
	everything_of_freshtoken_killed

signin_killed_completed() {
	name=login-$unique
	new_account "$name" oauth2
	before=$(git_token "$name")
	ts login "$name" >second.tokens
	ts fault "$name" fault=hold
	field refresh_token second.tokens | freshtoken login "$name" --token >out 2>err &
	helper=$!
	eventually 20 exchanging login
	equal "$before" "$(git_token "$name")"
	kill -KILL "$helper"
	ts release "$name"
	eventually 20 answered login
	settled() { [ -z "$(refresh_of login)" ]; }
	eventually 20 settled
	is_good "$name" "$(git_token "$name")"
	freshtoken refresh "$name"
	equal "3 0 0" "$(state_of_spending "$name")"
}
test_case 'a sign-in that is killed is completed, or the earlier one stays' signin_killed_completed
test_done

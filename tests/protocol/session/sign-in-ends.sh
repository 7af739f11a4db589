#!/bin/bash
# SPDX-License-Identifier: MIT
# A service states when a sign-in ends: people are warned in time, once a day, on a terminal.
. "${FT_SRCDIR:?run me with make check}/tests/harness/tap.sh"
. "$FT_SRCDIR/tests/services/servers.sh"
. "$FT_SRCDIR/tests/harness/accounts.sh"
need curl
start_token_service

# ending NAME SECONDS [OPTION…] - an account whose sign-in ends then, says its service
ending() {
	local name=$1 seconds=$2

	shift 2
	new_account "$name" oauth2 -- "refresh_expires_in=$seconds" "$@"
}

# made_ago NAME SECONDS - the sign-in was made that much earlier
made_ago() {
	local at

	at=$(sed -n 's/.*"signed_in":\([0-9]*\).*/\1/p' "$(record "$1")")
	sed -i "s/\"signed_in\":$at/\"signed_in\":$((at - 1000 * $2))/" "$(record "$1")"
}

# end_of NAME - as status --json has it, in seconds from now; "": it says nothing
end_of() {
	local at

	at=$(freshtoken status "$1" --json | sed -n 's/.*"sign_in_ends_at":"\([^"]*\)".*/\1/p')
	[ -z "$at" ] || echo "$(($(date -d "$at" +%s) - $(date +%s)))"
}

# near NAME SECONDS - it ends about then
near() {
	local left

	left=$(end_of "$1")
	[ -n "$left" ] && [ "$left" -le "$2" ] && [ "$left" -ge "$(($2 - 60))" ]
}

status_says_ahead() {
	ending ahead 172800
	made_ago ahead 2592000
	near ahead 172800
	freshtoken status ahead >shown
	contains 'the sign-in ends at 20' shown
	contains 'run: freshtoken login ahead' shown
	contains fresh shown
	# The same end, said again.
	ts set ahead refresh_expires_in=172790
	freshtoken refresh ahead
	near ahead 172790
	freshtoken status ahead >shown
	contains 'the sign-in ends at 20' shown
}
test_case 'two days before its end status says so, and JSON has the time' status_says_ahead

too_early() {
	ending early 864000
	made_ago early 2592000
	near early 864000
	freshtoken status early >shown
	lacks 'the sign-in ends' shown
}
test_case 'ten days before, only JSON has it' too_early

last_quarter() {
	ending short 28800
	near short 28800
	freshtoken status short >shown
	lacks 'the sign-in ends' shown
	made_ago short 100000
	freshtoken status short >shown
	contains 'the sign-in ends at' shown
}
test_case 'a sign-in of hours: in its last quarter' last_quarter

moving() {
	ending moves 1800
	made_ago moves 360000
	ts set moves refresh_expires_in=7200
	freshtoken refresh moves
	equal '' "$(end_of moves)"
	freshtoken status moves >shown
	lacks 'the sign-in ends' shown
	# At the end of the session it is not moved any more.
	freshtoken refresh moves
	near moves 7200
	freshtoken status moves >shown
	contains 'the sign-in ends at' shown
}
test_case 'an end that each refresh moves does not count, until it is not moved any more' moving

said_otherwise() {	# JSON
	ending "odd$2" "$1"
	equal '' "$(end_of "odd$2")"
	freshtoken refresh "odd$2"
	freshtoken status "odd$2" | must_fail grep 'ends at'
}
n=0
for value in 0 -1 '"soon"' null true '{}' 99999999999999999999 '"0"'; do
	test_case "refresh_expires_in = $value: no end, and no error" said_otherwise "$value" $((n += 1))
done

not_rotated() {
	ending kept 172800 rotate=no
	made_ago kept 2592000
	ts set kept refresh_expires_in=
	freshtoken refresh kept
	near kept 172800
}
test_case 'an answer without a new refresh token does not change it' not_rotated

logout_forgets() {
	ending gone 172800
	made_ago gone 2592000
	printf '1\n' >"$XDG_STATE_HOME/freshtoken/gone.told"
	freshtoken logout gone
	must_fail test -e "$XDG_STATE_HOME/freshtoken/gone.told"
}
test_case 'logout' logout_forgets

# --- at a terminal -----------------------------------------------------------------------

# on_terminal COMMAND - with stderr at a terminal; what that shows goes to stdout
on_terminal() {
	TERM=xterm script -qefc "$1" /dev/null </dev/null | tr -d '\r'
}
ask_git() {	# NAME
	printf 'protocol=https\nhost=%s.example.com\n\n' "$1" >request
	on_terminal "git-credential-freshtoken get <request >answer"
	contains "password=$(newest "$1")" answer
}

once_a_day() {
	words='the sign-in ends in 47 h; run: freshtoken login daily'
	ending daily 172000
	made_ago daily 2592000
	ask_git daily >shown
	equal "freshtoken: account daily: $words" "$(cat shown)"
	ask_git daily >shown
	empty shown
	on_terminal 'freshtoken token daily >token' >shown
	empty shown
	equal 600 "$(stat -c %a "$XDG_STATE_HOME/freshtoken/daily.told")"
	touch -d '25 hours ago' "$XDG_STATE_HOME/freshtoken/daily.told"
	on_terminal 'freshtoken token daily >token' >shown
	contains "$words" shown
	equal "$(newest daily)" "$(cat token)"
	rm "$XDG_STATE_HOME/freshtoken/daily.told"
	on_terminal 'printf daily.example.com | docker-credential-freshtoken get >answer' >shown
	contains "$words" shown
	contains "$(newest daily)" answer
}
never_elsewhere() {
	ending quiet 172000
	made_ago quiet 2592000
	freshtoken token quiet >token 2>err
	empty err
	must_fail test -e "$XDG_STATE_HOME/freshtoken/quiet.told"
	# Where it cannot be noted it is not said at each command.
	mkdir "$XDG_STATE_HOME/freshtoken/quiet.told"
	ask_git quiet >shown
	empty shown
}
if command -v script >/dev/null && script -qec true /dev/null </dev/null >/dev/null 2>&1; then
	test_case 'git, docker and freshtoken token say it once a day' once_a_day
	test_case 'never without a terminal, nor if the warning cannot be recorded' never_elsewhere
else
	test_skip 'git, docker and freshtoken token say it once a day' 'no script(1)'
	test_skip 'never without a terminal' 'no script(1)'
fi

test_done

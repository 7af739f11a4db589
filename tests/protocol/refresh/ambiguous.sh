#!/bin/bash
# SPDX-License-Identifier: MIT
# If it is unknown whether a refresh token was spent: it is not sent again while the access token is
# valid, it is sent again when there is nothing left to lose, and the message says what happened.
. "${FT_SRCDIR:?run me with make check}/tests/harness/tap.sh"
. "$FT_SRCDIR/tests/services/servers.sh"
. "$FT_SRCDIR/tests/harness/accounts.sh"
need curl
start_token_service

# lost NAME FAULT - the service spends the refresh token, and its answer is lost
lost() {
	before=$(git_token "$1")
	ts fault "$1" "fault=$2"
	expect_status 5 freshtoken refresh "$1" 2>err
	no_secret err "$1"
	equal "2 0 0" "$(state_of_spending "$1")"
}

n=0
what_lives_on() {
	ts create a$n >/dev/null
	account a$n server=$TS/a$n match=a$n.example.com
	sign_in a$n
	impatient a$n
	before=$(git_token a$n)
	ts fault a$n fault=$fault spend=yes
	expect_status 5 freshtoken refresh a$n
	equal '2 0 0' "$(state_of_spending a$n)"
	for i in 1 2 3; do
		equal "$before" "$(git_token a$n)"
		equal "$before" "$(docker_token a$n)"
	done
	equal 2 "$(ts_count a$n exchanges)"
}

for fault in reset-after truncate oversize garbage empty hang status:500; do
	n=$((n + 1))
	test_case "$fault: a valid token is handed out, and the refresh token is not sent again" \
		what_lives_on
done
service_answers_repetition() {
	new_account grace oauth2 -- grace=600
	lost grace reset-after
	reject grace "$before"
	freshtoken refresh grace
	is_good grace "$(git_token grace)"
	equal "3 0 0" "$(state_of_spending grace)"
	equal 1 "$(ts_count grace replays)"
	freshtoken refresh grace
}
test_case 'with a service that replays its answer no sign-in is lost' \
	service_answers_repetition

service_detects_reuse_ends() {
	new_account reuse oauth2
	lost reuse reset-after
	reject reuse "$before"
	expect_status 4 freshtoken refresh reuse 2>err
	equal 1 "$(ts_count reuse reuses)"
	contains "freshtoken login reuse" err
	grep -E "20[0-9]{2}-[0-9]{2}-[0-9]{2}" err
	contains "may have spent" err
	no_secret err reuse
	git_says get reuse 2>err
	grep -E "20[0-9]{2}-[0-9]{2}-[0-9]{2}" err
}
test_case 'a service that detects reuse ends the sign-in; the message says what happened before' \
	service_detects_reuse_ends

profile_allows_repetition() {
	mkdir -p "$XDG_CONFIG_HOME/freshtoken/providers"
	sed "s/^\[refresh\]/&\nreplay = always/" \
		"$FT_SRCDIR/lib/providers/oauth2.conf" \
		>"$XDG_CONFIG_HOME/freshtoken/providers/again.conf"
	ts create always grace=600 >/dev/null
	account always provider=again "server=$TS/always" match=always.example.com
	sign_in always
	lost always reset-after
	freshtoken refresh always
	equal 1 "$(ts_count always replays)"
	is_good always "$(git_token always)"
}
test_case 'with a profile that allows replays the request is repeated while the access token is valid' \
	profile_allows_repetition

# in_journal NAME KEY - a moment of the journal, in ms since the epoch
in_journal() {
	sed -n "s/.*\"$2\":{\"real\":\([0-9]*\).*/\1/p" \
		<<<"$(sed 's/.*"journal"//' "$XDG_STATE_HOME/freshtoken/$1.json")"
}

edit_record() {	# NAME SED
	sed -i "$2" "$XDG_STATE_HOME/freshtoken/$1.json"
}

# The pause after a failure, half a minute, is as long as some services' windows.
window_is_used() {
	new_account window oauth2 replay=window:30s -- grace=30 lifetime=3
	lost window reset-after
	let_expire window
	got() { freshtoken token window >token; }
	eventually 25 got
	is_good window "$(cat token)"
	equal 1 "$(ts_count window replays)"
	equal 0 "$(ts_count window reuses)"
}
test_case 'a replay window: the token is sent again while the service still answers it' window_is_used

window_begins_once() {
	local first moment boot issued old='"first":{"real":1,"boot":-9999999'

	new_account once oauth2 replay=window:600s min_lifetime=30m -- grace=600
	lost once reset-after
	first=$(in_journal once first)
	ts fault once fault=reset-after
	expect_status 5 freshtoken refresh once
	equal 1 "$(ts_count once replays)"
	moment=$(in_journal once moment)
	boot=$(sed 's/.*"first":{"real":[0-9]*,"boot":\([0-9]*\).*/\1/' "$XDG_STATE_HOME/freshtoken/once.json")
	[ "$moment" -gt "$first" ]
	equal "$first" "$(in_journal once first)"
	# An answer that spends nothing takes no doubt away.
	ts fault once fault=status:429 times=9
	expect_status 5 freshtoken refresh once
	equal "$first" "$(in_journal once first)"
	ts fault once fault=none
	# Its token is due, and lives on.
	issued=$(($(date +%s) - 2700))000
	edit_record once "s/\"issued\":{[^}]*}/\"issued\":{\"real\":$issued,\"boot\":0,\"boot_id\":\"\"}/"
	edit_record once "s/\"cooldown\":[0-9]*/\"cooldown\":0/; s/\"first\":{[^}]*,\"boot_id/$old,\"boot_id/"
	freshtoken token once >token
	equal 1 "$(ts_count once replays)"
	edit_record once "s/\"first\":{\"real\":1,\"boot\":-9999999/\"first\":{\"real\":$moment,\"boot\":$boot/"
	freshtoken token once >token
	equal 2 "$(ts_count once replays)"
	equal 0 "$(ts_count once reuses)"
}
test_case 'and it begins once, however often the token is sent' window_begins_once
test_done

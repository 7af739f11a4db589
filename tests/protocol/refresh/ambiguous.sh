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
	account a$n server=$TS/a$n match=a$n.example.com timeout=1s
	sign_in a$n
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
	test_case "$fault: what lives on is handed out, and the refresh token stays at home" \
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
test_case 'a service that answers a repetition with the successor loses nobody' \
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
test_case 'a service that detects reuse ends the sign-in; the message tells what came before' \
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
test_case 'a profile that allows repetition repeats while the access token lives' \
	profile_allows_repetition
test_done

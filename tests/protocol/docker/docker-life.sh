#!/bin/bash
# SPDX-License-Identifier: MIT
# docker's clients keep a token for a while: they get one that is valid for long enough.
. "${FT_SRCDIR:?run me with make check}/tests/harness/tap.sh"
. "$FT_SRCDIR/tests/services/servers.sh"
. "$FT_SRCDIR/tests/harness/accounts.sh"

need curl
start_token_service

# aged NAME SECONDS - as if the stored token had been issued that long ago
aged() {
	local record=$XDG_STATE_HOME/freshtoken/$1.json

	sed -i "s/\"issued\":{[^}]*}/\"issued\":{\"real\":$(($(date +%s) - $2))000}/" "$record"
	ts reset-counters "$1"
}

new_account hour oauth2 eager=no -- lifetime=3600
new_account short oauth2 eager=no -- lifetime=600
new_account down oauth2 eager=no -- lifetime=3600

more_than_ten_minutes_left() {
	aged hour 2900
	docker_token hour >token
	same_text "$(newest hour)" token
	git_token hour | same token -
	equal 0 "$(ts_count hour exchanges)"
}
test_case 'more than ten minutes left: both get the same token' more_than_ten_minutes_left

less_good_enough_for_git() {
	aged hour 3100
	before=$(newest hour)
	equal "$before" "$(git_token hour)"
	equal 0 "$(ts_count hour exchanges)"
	after=$(docker_token hour)
	must_fail [ "$after" = "$before" ]
	equal 1 "$(ts_count hour refreshes)"
	equal "$after" "$(git_token hour)"
}
test_case 'less: the same for git, a new one for docker' less_good_enough_for_git

tokens_never_live_for_ten() {
	aged short 260
	docker_token short >token
	equal 0 "$(ts_count short exchanges)"
	aged short 310
	docker_token short >token
	equal 1 "$(ts_count short refreshes)"
	docker_token short | same token -
	equal 1 "$(ts_count short refreshes)"
}
test_case 'tokens with a lifetime below ten minutes: half of it is enough' \
	tokens_never_live_for_ten

life_nobody_states() {
	new_account unsaid oauth2 eager=no -- expires=no
	aged unsaid 3500
	before=$(newest unsaid)
	equal "$before" "$(docker_token unsaid)"
	aged unsaid 3700
	equal "$before" "$(git_token unsaid)"
	equal 0 "$(ts_count unsaid exchanges)"
	after=$(docker_token unsaid)
	must_fail [ "$after" = "$before" ]
	equal 1 "$(ts_count unsaid refreshes)"
	is_good unsaid "$after"
}
test_case 'no expiry stated: for docker, which cannot report a refused token, an hour' \
	life_nobody_states

service_down() {
	aged down 3100
	ts fault down fault=503 times=-1 at=any
	docker_token down >token
	same_text "$(newest down)" token
	aged down 3700
	echo down.example.com | expect_status 1 docker-credential-freshtoken get >out 2>err
	same_text "credentials not found in native keychain" out
	equal 1 "$(wc -l <err)"
	contains "freshtoken: account down: " err
}
test_case 'the service is down: the token while it is valid' service_down

asked_again_while_service_down() {
	before=$(ts_count down exchanges)
	for i in 1 2 3; do
		echo down.example.com | expect_status 1 docker-credential-freshtoken get >out 2>err
		same_text "credentials not found in native keychain" out
		equal 1 "$(wc -l <err)"
		grep -q "^freshtoken: account down: .*freshtoken refresh down$" err
	done
	equal "$before" "$(ts_count down exchanges)"
}
test_case 'asked again while the service is down: an answer at once, without a request' \
	asked_again_while_service_down

# under_way NAME - the service has a refresh of it in hand
under_way() {
	[ "$(ts_count "$1" running)" = 1 ]
}
exchange_somebody_has_waited() {
	new_account hung oauth2 eager=no wait=1h timeout=10m -- lifetime=3600
	reject hung
	ts fault hung fault=hold
	docker_token hung >token &
	pid=$!
	eventually 30 under_way hung
	# It began an hour ago.
	sed -i "s/\(\"journal\":{[^}]*\"real\":\)\([0-9]*\)[0-9]\{7\}\(,\"boot\":\)[0-9]*/\1\20000000\3-3600000/" "$(record hung)"
	echo hung.example.com | timeout 60 docker-credential-freshtoken get >out 2>err || status=$?
	equal 1 "$status"
	same_text "credentials not found in native keychain" out
	contains "has not answered yet" err
	equal 1 "$(wc -l <err)"
	# One entry that get has no token for would cost docker the whole list.
	docker-credential-freshtoken list >out
	lacks hung.example.com out
	ts release hung
	wait "$pid"
	docker-credential-freshtoken list >out
	contains '"hung.example.com":"oauth2"' out
	is_good hung "$(cat token)"
	equal "2 0 0" "$(ts_count hung refreshes) $(ts_count hung refused) $(ts_count hung reuses)"
}
test_case 'a second caller does not wait for the same exchange again' \
	exchange_somebody_has_waited

test_done

#!/bin/bash
# SPDX-License-Identifier: MIT
# A service reports in its own way that a sign-in has ended, or that it does not accept this client:
# people are told what to do, the service is not asked again and again, and nothing between
# freshtoken and the service can end a sign-in.
. "${FT_SRCDIR:?run me with make check}/tests/harness/tap.sh"
. "$FT_SRCDIR/tests/services/servers.sh"
. "$FT_SRCDIR/tests/harness/accounts.sh"
need curl
start_token_service

# later NAME SECONDS - its last answer came that much earlier, by both clocks
later() {
	local file real boot

	file=$(record "$1")
	real=$(sed 's/.*"checked":{"real":\(-\{0,1\}[0-9]*\),.*/\1/' "$file")
	boot=$(sed 's/.*"checked":{"real":-\{0,1\}[0-9]*,"boot":\(-\{0,1\}[0-9]*\),.*/\1/' "$file")
	sed -i "s/\"checked\":{\"real\":$real,\"boot\":$boot,/\"checked\":{\"real\":$((real - $2 * 1000)),\"boot\":$((boot - $2 * 1000)),/" "$file"
}

# told NAME - git, docker and people hear that they have to sign in
told() {
	git_says get "$1" >out 2>err
	same_text quit=1 out
	equal 1 "$(wc -l <err)"
	contains "run: freshtoken login $1" err
	no_secret err "$1"
	expect_status 1 docker-credential-freshtoken get >out 2>err <<<"$1.example.com"
	contains "freshtoken login $1" err
	expect_status 4 freshtoken token "$1" >out 2>err
	contains "freshtoken login $1" err
	equal needs-login "$(verdict "$1")"
}

first_refusal_of_a_way() {
	name=${way//_/-}
	new_account $name oauth2 -- "refusal=$way"
	reject $name
	ts revoke-family $name
	told $name
	told $name
	# The sign-in, the refusal, the question about a refresh token that nobody has.
	equal 3 "$(ts_count $name exchanges)"
	ts last-request $name >request
	contains "grant_type=refresh_token" request
	no_secret request $name
	later $name 560
	told $name
	equal 3 "$(ts_count $name exchanges)"
	# What was once shown to mean this needs no second proof.
	later $name 50
	told $name
	told $name
	equal 4 "$(ts_count $name exchanges)"
}

for way in empty invalid_request unauthorized_client; do
	test_case "$way: the first refusal says to sign in again; the service is asked once more, then every 10 minutes" \
		first_refusal_of_a_way
done
token_inactive() {
	new_account hydra oauth2 -- refusal=token_inactive
	reject hydra
	ts revoke-family hydra
	told hydra
	contains "token_inactive" err
	equal 2 "$(ts_count hydra exchanges)"
	later hydra 6000
	told hydra
	contains "token_inactive" err
	equal 2 "$(ts_count hydra exchanges)"
}
test_case 'token_inactive: a code in the profile, which needs no second request' token_inactive

crowd_of_callers() {
	new_account crowd oauth2 -- refusal=empty
	reject crowd
	ts revoke-family crowd
	for ((i = 0; i < 20; i++)); do
		git_says get crowd >out.$i 2>err.$i &
	done
	wait
	for ((i = 0; i < 20; i++)); do
		contains "freshtoken login crowd" err.$i
	done
	equal 3 "$(ts_count crowd exchanges)"
}
test_case 'many callers: one refusal, one request' crowd_of_callers

somebody_in_between_who_spoke() {
	new_account between oauth2
	reject between
	ts fault between fault=status:400 times=2
	told between
	later between 560
	told between
	equal 3 "$(ts_count between exchanges)"
	later between 50
	is_good between "$(git_token between)"
	equal "fresh 4" "$(verdict between) $(ts_count between exchanges)"
	lacks "\"refused\"" "$(record between)"
}
test_case 'something in between answered for a while: the sign-in recovers by itself' \
	somebody_in_between_who_spoke

what_lives_on_handed_out() {
	new_account lives oauth2 -- refusal=empty
	ts fault lives fault=status:400 times=2
	expect_status 4 freshtoken refresh lives 2>err
	contains "HTTP 400; the service says the same about an invented refresh token" err
	equal "$(newest lives)" "$(git_token lives)"
	equal needs-login "$(verdict lives)"
	freshtoken refresh lives
	equal fresh "$(verdict lives)"
	ts fault lives fault=status:400 times=2
	expect_status 4 freshtoken refresh lives
	sign_in lives
	equal fresh "$(verdict lives)"
	lacks "\"refused\"" "$(record lives)"
}
test_case 'a valid token is handed out, and signing in again ends the state' what_lives_on_handed_out

refused_once() {
	new_account $name oauth2
	reject $name
	ts fault $name fault=$fault
	expect_status 5 freshtoken token $name 2>err
	lacks "freshtoken login" err
	equal unreachable "$(verdict $name)"
	later $name 31
	is_good $name "$(git_token $name)"
	equal "2 1 0" "$(state_of_spending $name)"
}

for fault in status:400 status:401 json:400 json:401 error:invalid_request; do
	name=gate-${fault%%:*}-${fault##*[:_]}
	test_case "$fault once, from something in front of the service: proves nothing" refused_once
done
never_asked_after_web_page() {
	new_account never oauth2
	for fault in html:400 html:401 status:500 json:502 429:100 status:404 json:403; do
		ts reset-counters never
		ts fault never fault=$fault
		expect_status 5 freshtoken refresh never
		equal 1 "$(ts_count never exchanges)"
	done
	mkdir -p "$XDG_CONFIG_HOME/freshtoken/providers"
	{
		cat "$FT_SRCDIR/lib/providers/oauth2.conf"
		printf "\n[transient]\ncode = invalid_request\n"
	} >"$XDG_CONFIG_HOME/freshtoken/providers/patient.conf"
	account patient provider=patient "server=$TS/patient" match=patient.example.com
	ts create patient refusal=invalid_request >/dev/null
	sign_in patient
	ts revoke-family patient
	ts reset-counters patient
	expect_status 5 freshtoken refresh patient
	equal 1 "$(ts_count patient exchanges)"
}
test_case 'no second request after a web page, a 5xx or a 429, or what the profile calls transient' \
	never_asked_after_web_page

whose_refusals_have_code_and_message() {
	new_account envelope abitmedia
	reject envelope
	for fault in json:400 json:401 status:400 status:401; do
		ts reset-counters envelope
		ts fault envelope "fault=$fault" times=-1
		expect_status 5 freshtoken refresh envelope 2>err
		equal 1 "$(ts_count envelope exchanges)"
		equal unreachable "$(verdict envelope)"
	done
	ts fault envelope fault=none
	freshtoken refresh envelope
	is_good envelope "$(git_token envelope)"
}
test_case 'a profile with code and message in [terminal]: without them it was not the service' \
	whose_refusals_have_code_and_message

request_with_both_tokens() {
	new_account pair formulacerta
	ts tokens pair >kept
	ts fault pair fault=status:400 times=2
	expect_status 4 freshtoken refresh pair
	ts last-request pair >request
	contains AccessTokenOld request
	contains AccessTokenRefresh request
	for token in $(sed -n "s/^[a-z_]*token=//p" kept); do
		lacks "$token" request
	done
	equal 0 "$(ts_count pair reuses)"
	freshtoken refresh pair
	equal fresh "$(verdict pair)"
}
test_case 'a request with both tokens: neither is in the second request' request_with_both_tokens

killed_between_refusal() {
	name=cut$$
	new_account $name oauth2
	reject $name
	ts fault $name fault=status:400
	ts fault $name fault=hold times=1
	freshtoken token $name 2>/dev/null &
	caller=$!
	asked() { [ "$(ts_count $name exchanges) $(ts_count $name running)" = "3 1" ]; }
	eventually 20 asked
	kill -KILL "$caller" $(pgrep -f "^$(literal "$FT_LIBEXEC")/freshtoken-refresh $name ")
	ts release $name >/dev/null
	expect_status 5 freshtoken token $name 2>err
	contains "HTTP 400" err
	equal unreachable "$(verdict $name)"
	later $name 31
	is_good $name "$(git_token $name)"
	equal "2 0" "$(ts_count $name refreshes) $(ts_count $name reuses)"
}
test_case 'killed between the refusal and the second request: nothing is lost, and the next program asks' \
	killed_between_refusal

refused_again_and_again() {
	new_account again oauth2
	reject again
	for i in 1 2 3; do
		ts fault again fault=error:odd:403
		expect_status 5 freshtoken refresh again 2>err.$i
		contains "HTTP 403: odd" err.$i
	done
	lacks "sign in again" err.1
	lacks "sign in again" err.2
	contains "it has refused 3 times in a row: HTTP 403: odd; wait, or sign in again (freshtoken login again)" err.3
	git_says get again >out 2>err
	contains "sign in again (freshtoken login again)" err
	expect_status 1 docker-credential-freshtoken get 2>err >out <<<again.example.com
	contains "sign in again (freshtoken login again)" err
	freshtoken status again >out
	contains "sign in again (freshtoken login again)" out
	# No refusal: what was counted stays, and is not counted on.
	ts fault again fault=status:500
	expect_status 5 freshtoken refresh again 2>err
	lacks "sign in again" err
	freshtoken refresh again
	ts fault again fault=error:odd:403
	expect_status 5 freshtoken refresh again 2>err
	lacks "sign in again" err
}
test_case 'refused again and again, for an unknown reason: the message names signing in again' \
	refused_again_and_again

client_is_refused() {
	name=client-$auth
	printf good >secret-$name
	chmod 600 secret-$name
	new_account $name oauth2 client_auth=$auth client_id=cli \
		"client_secret_file=$T/secret-$name" -- \
		client_auth=$auth client_id=cli client_secret=good
	reject $name
	ts set $name client_secret=changed
	git_says get $name >out 2>err
	same_text quit=1 out
	equal 1 "$(wc -l <err)"
	contains "does not accept this client (HTTP 401: invalid_client" err
	contains "check client_id, client_auth and client_secret_file = $T/secret-$name in [account $name], $XDG_CONFIG_HOME/freshtoken/freshtoken.conf:" err
	contains "then run: freshtoken refresh $name" err
	lacks "freshtoken login" err
	no_secret err $name
	expect_status 1 docker-credential-freshtoken get >out 2>err <<<$name.example.com
	contains "client_secret_file = $T/secret-$name" err
	expect_status 1 freshtoken token $name 2>err
	contains "client_secret_file = $T/secret-$name" err
	freshtoken status $name >out
	contains "client_secret_file = $T/secret-$name" out
	equal 2 "$(ts_count $name exchanges)"
	later $name 560
	expect_status 1 freshtoken token $name
	equal 2 "$(ts_count $name exchanges)"
	printf changed >secret-$name
	later $name 50
	is_good $name "$(git_token $name)"
	equal "fresh 3" "$(verdict $name) $(ts_count $name exchanges)"
}

for auth in basic post; do
	test_case "invalid_client, $auth: the message names key and file; no request for 10 minutes; the right secret repairs it" \
		client_is_refused
done
invalid_client_of_public_client() {
	new_account public oauth2 client_id=cli -- client_id=cli
	reject public
	ts set public client_id=other
	expect_status 1 freshtoken token public 2>err
	contains "check client_id and client_auth in [account public]" err
	freshtoken refresh public 2>/dev/null || [ $? = 1 ]
	ts set public client_id=cli
	freshtoken refresh public
	is_good public "$(git_token public)"
}
test_case 'invalid_client of a public client: client_id and client_auth' \
	invalid_client_of_public_client

client_with_secret_whose_refusal() {
	printf good >secret-both
	chmod 600 secret-both
	new_account both oauth2 client_auth=post client_id=cli "client_secret_file=$T/secret-both" \
		-- \
		client_auth=post client_id=cli client_secret=good
	reject both
	ts fault both fault=error:unauthorized_client:401 times=2
	expect_status 4 freshtoken token both 2>err
	contains "if a new sign-in does not help, check client_id and client_secret_file" err
	contains "run: freshtoken login both" err
}
test_case 'a client with a secret and another error code: both remedies' \
	client_with_secret_whose_refusal
test_done

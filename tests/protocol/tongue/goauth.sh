#!/bin/bash
# SPDX-License-Identifier: MIT
# The go command's conversations with GOAUTH, from "go help goauth".
. "${FT_SRCDIR:?run me with make check}/tests/harness/tap.sh"
. "$FT_SRCDIR/tests/harness/conversation.sh"
. "$FT_SRCDIR/tests/services/servers.sh"
. "$FT_SRCDIR/tests/harness/accounts.sh"

# block TOKEN PREFIX… - as go reads one
block() {
	printf 'https://%s\n' "${@:2}"
	printf '\nAuthorization: Bearer %s\n\n' "$1"
}

configure <<'EOF2'
[account work]
server = https://work.sso.example.com
match = git.example.com
match = https://mod.example.com:8443/go/
match = http://plain.example.com
match = proxy.example.com/*
match = *.wild.example.com

[account path]
server = https://path.sso.example.com
match = git.example.com/team

[account nobody]
server = https://nobody.sso.example.com
match = nobody.example.com
EOF2

all_prefixes() {
	plant work 3600
	plant path 3600
	{
		block access-work-7 git.example.com mod.example.com:8443/go proxy.example.com
		block access-path-7 git.example.com/team
	} >expected
	freshtoken goauth >out 2>err
	empty err
	same expected out
}
test_case 'all literal https prefixes of accounts with a token' all_prefixes

nothing_to_say() {
	rm -f "$STATE"/*.json
	freshtoken goauth >out 2>err
	empty out
	empty err
	for url in https://other.example.com/x http://git.example.com/x https://a@git.example.com/ \
		git.example.com; do
		freshtoken goauth "$url" >out 2>err </dev/null
		empty out
		empty err
	done
}
test_case 'no token, or a URL that no account matches: no output' nothing_to_say

wildcards_when_they_are_asked_for() {
	plant work 3600
	block access-work-7 a.wild.example.com >expected
	printf 'HTTP/1.1 401 Unauthorized\r\n\r\n' >answer
	freshtoken goauth 'https://a.wild.example.com/x/y?go-get=1' >out <answer
	same expected out
}
test_case 'a pattern with "*" is answered for its URL, which is not a refusal' \
	wildcards_when_they_are_asked_for

sign_in_needed() {
	rm -f "$STATE"/*.json
	expect_status 4 freshtoken goauth https://git.example.com/x >out 2>err </dev/null
	empty out
	same_text "freshtoken: account work: nobody has signed in; run: freshtoken login work" err
}
test_case 'a sign-in is needed' sign_in_needed

no_url() {
	for url in $'https://git.example.com/\nx' "https://$(printf '\377')"; do
		expect_status 1 freshtoken goauth "$url" >out 2>err </dev/null
		empty out
		contains "freshtoken: the URL " err
	done
}
test_case 'an invalid URL' no_url

command -v curl >/dev/null || { test_skip 'a 401' 'no curl on this machine'; test_done; }
start_token_service
rm "$CONFIG/freshtoken.conf"

gets_past_refused_token() {
	new_account life oauth2 -- lifetime=36000
	old=$(newest life)
	# What failed otherwise is not the token's fault.
	for status in '404 Not Found' '403 Forbidden' '500 Internal Server Error'; do
		printf 'HTTP/1.1 %s\r\nContent-Length: 200\r\n\r\n%0200d' "$status" 0 |
			freshtoken goauth https://life.example.com/m/@v/list >out
		block "$old" life.example.com | same - out
	done
	printf 'HTTP/1.1 401 Unauthorized\r\nContent-Length: 200\r\n\r\n%0200d' 0 |
		freshtoken goauth https://life.example.com/m/@v/list >out
	new=$(newest life)
	must_fail equal "$old" "$new"
	block "$new" life.example.com | same - out
	equal "2 0 0" "$(state_of_spending life)"
	# Within a minute that one is not refused, too, or a module that one may not read would cost
	# a refresh each time.
	for _ in 1 2 3; do
		freshtoken goauth https://life.example.com/m/@v/list >out </dev/null
		block "$new" life.example.com | same - out
	done
	equal "2 0 0" "$(state_of_spending life)"
}
test_case 'after a 401 the refused token is not handed out again' gets_past_refused_token

one_that_fails() {
	new_account good oauth2 -- lifetime=36000
	new_account bad oauth2 -- lifetime=1
	let_expire bad
	ts fault bad fault=status:503 times=9
	freshtoken goauth >out 2>err
	{
		block "$(newest life)" life.example.com
		block "$(newest good)" good.example.com
	} | same - out
	contains "freshtoken: account bad: " err
	no_secret err bad
}
test_case 'an account without a token does not affect the others' one_that_fails
test_done

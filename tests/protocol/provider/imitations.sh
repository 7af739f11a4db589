#!/bin/bash
# SPDX-License-Identifier: MIT
# Services that cannot be had here, imitated as far as their documentation tells: signing in with a
# code, a refresh, what git gets, signing out.
. "${FT_SRCDIR:?run me with make check}/tests/harness/tap.sh"
. "$FT_SRCDIR/tests/services/servers.sh"
. "$FT_SRCDIR/tests/services/imitation.sh"
. "$FT_SRCDIR/tests/harness/accounts.sh"
need curl python3
start_imitation
printf 's3cret\n' >"$T/secret"
chmod 600 "$T/secret"
account aws provider=aws-sso "server=$IMITATION/aws" client_id=app "client_secret_file=$T/secret" \
	param.start_url=https://example.awsapps.com/start match=https://aws.example.com
account salesforce provider=salesforce "server=$IMITATION/salesforce" client_id=app \
	match=https://salesforce.example.com
account jfrog provider=jfrog "server=$IMITATION/jfrog" username=alice \
	match=https://jfrog.example.com match=jfrog.example.com

# sign_in_by_code NAME - the code is waited for, then approved
sign_in_by_code() {
	local login

	imitation_set approved=no
	freshtoken login "$1" --device 2>"$1.err" &
	login=$!
	eventually 20 code_of "$1.err"
	# Somebody takes his time, and that is no failure.
	eventually 20 asked_often 3
	kill -0 "$login"
	imitation_set approved=yes
	wait "$login"
	contains "account $1: signed in" "$1.err"
}

asked_often() {
	[ "$(wc -l <"$IMITATION_LOG")" -ge "$1" ]
}

refreshes() {	# NAME
	local first second

	first=$(git_token "$1")
	imitation_takes "$first"
	freshtoken refresh "$1"
	second=$(git_token "$1")
	must_fail equal "$first" "$second"
	imitation_takes "$second"
	# Refused by a server, it is refreshed as well.
	git_says erase "$1" "$(grep '^username=' ".git.$1")" "password=$second"
	must_fail equal "$second" "$(git_token "$1")"
	imitation_takes "$(git_token "$1")"
}

aws_by_code() {
	sign_in_by_code aws
	equal ABCD-EFGH "$(code_of aws.err)"
	contains 'https://device.sso.example.com/?user_code=ABCD-EFGH' aws.err
	freshtoken status aws --json >status
	contains '"verdict":"fresh"' status
}
test_case 'aws-sso: a code, in JSON with names of its own' aws_by_code
test_case 'aws-sso: refresh, git, a token that is refused' refreshes aws

aws_ended() {
	imitation_set lifetime=1
	freshtoken refresh aws
	imitation_set lifetime=3600
	sed -i 's/refresh-[0-9]*/refresh-gone/' "$(record aws)"
	eventually 20 imitation_refuses "$(sed 's/.*\(access-[0-9]*\).*/\1/' "$(record aws)")"
	expect_status 4 freshtoken token aws 2>err
	contains 'invalid_grant' err
	contains 'run: freshtoken login aws' err
	freshtoken logout aws 2>err
	contains 'its service has no way to revoke the tokens' err
}
test_case 'aws-sso: a dead refresh token needs a sign-in, and logout says what it cannot' aws_ended

salesforce_by_code() {
	: >"$IMITATION_LOG"
	sign_in_by_code salesforce
	equal E8RWR8S2 "$(code_of salesforce.err)"
	contains 'response_type=device_code&client_id=app&scope=openid%20api%20refresh_token' \
		"$IMITATION_LOG"
	contains 'grant_type=device&client_id=app&code=device-code' "$IMITATION_LOG"
	# No answer says how long a token lives.
	freshtoken status salesforce --json >status
	left=$(sed -n 's/.*"expires_in":\([0-9]*\).*/\1/p' status)
	[ "$left" -gt 800 ]
	[ "$left" -le 900 ]
}
test_case 'salesforce: a code by the token endpoint, and a life that no answer states' \
	salesforce_by_code
test_case 'salesforce: refresh, git, a token that is refused' refreshes salesforce

salesforce_inactive() {
	imitation_set user=inactive
	must_fail freshtoken refresh salesforce 2>err
	contains inactive_user err
	equal disabled "$(verdict salesforce)"
	imitation_set user=active
	freshtoken login salesforce --device 2>err
}
test_case 'salesforce: a user who is switched off there' salesforce_inactive

salesforce_signs_out() {
	freshtoken logout salesforce 2>err
	contains 'signed out' err
	tail -n 2 "$IMITATION_LOG" >last
	contains '"body": "token=refresh-' last
}
test_case 'salesforce: signing out revokes by the token alone' salesforce_signs_out

jfrog_by_code() {
	: >"$IMITATION_LOG"
	sign_in_by_code jfrog
	session=$(sed -n 's/.*{\\"session\\":\\"\([^\\]*\)\\"}.*/\1/p' "$IMITATION_LOG" | head -n 1)
	[[ $session =~ ^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$ ]]
	equal "${session: -4}" "$(code_of jfrog.err)"
	contains "$IMITATION/jfrog/ui/login?jfClientSession=$session&jfClientName=freshtoken" jfrog.err
	freshtoken status jfrog --json >status
	contains '"subject":"jfac@0/users/alice"' status
	left=$(sed -n 's/.*"expires_in":\([0-9]*\).*/\1/p' status)
	[ "$left" -gt 3500 ]
}
test_case 'jfrog: a session that is made up here, without a client' jfrog_by_code
test_case 'jfrog: refresh, git, a token that is refused' refreshes jfrog

jfrog_docker() {
	equal "$(freshtoken token jfrog)" "$(docker_token jfrog)"
	contains '"Username":"alice"' .docker.jfrog
}
test_case 'jfrog: the same token for its registry' jfrog_docker

jfrog_too_late() {
	imitation_set lifetime=4
	freshtoken refresh jfrog
	imitation_set lifetime=3600
	old=$(sed -n 's/.*"access_token":"\([^"]*\)".*/\1/p' "$(record jfrog)")
	eventually 20 imitation_refuses "$old"
	expect_status 4 freshtoken token jfrog 2>err
	contains 'UNAUTHORIZED: "Invalid token"' err
	contains 'run: freshtoken login jfrog' err
}
test_case 'jfrog: once the access token has expired, only a sign-in helps' jfrog_too_late

no_sentence() {
	for odd in 'user_code=AB;+run:+this' 'user_code=AB"C' 'user_code=%C3%89' \
		'uri=https://login.example.com/"run' 'uri=https://login.example.com/a+b'; do
		imitation_set "$odd"
		expect_status 1 freshtoken login salesforce --device 2>err
		contains 'a code or a link that cannot be shown' err
		lacks run err
		imitation_set user_code=E8RWR8S2
		imitation_set uri=https://login.example.com/setup/connect
	done
}
test_case 'a code or a link that is a sentence of its own is not shown' no_sentence

unread_link() {
	cat >odd.conf <<-'END'
		[provider]
		extends = jfrog
		[device]
		link = /ui?s=${username}
	END
	expect_status 1 freshtoken provider check odd.conf 2>err
	contains 'odd.conf:4: link: only ${device_code} can be in it' err
}
test_case 'a link has the code in it, and nothing else' unread_link

test_done

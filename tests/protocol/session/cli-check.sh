#!/bin/bash
# SPDX-License-Identifier: MIT
# status --check: asks the service whether a sign-in is still valid, and spends nothing.
. "${FT_SRCDIR:?run me with make check}/tests/harness/tap.sh"
. "$FT_SRCDIR/tests/services/servers.sh"
. "$FT_SRCDIR/tests/services/openid.sh"
. "$FT_SRCDIR/tests/harness/accounts.sh"
need curl
start_token_service
CONF=$XDG_CONFIG_HOME/freshtoken/freshtoken.conf

# shows NAME VERDICT REASON - what the check says; REASON is the whole of it
shows() {
	freshtoken status "$1" --check >out 2>err
	empty err
	equal "$1 $2" "$(cut -f 1,2 out | tr "\t" " ")"
	equal "$3" "$(cut -f 6 out)"
	no_secret out "$1"
}

# knows NAME VERDICT - what is known without asking
knows() {
	equal "$2" "$(verdict "$1")"
}

# unspent NAME - only the sign-in's own refresh
unspent() {
	equal "1 0 0" "$(state_of_spending "$1")"
}

# --- what the service says ------------------------------------------------------------------

signin_good() {
	new_account good oauth2 -- lifetime=600
	cp "$(record good)" before
	shows good fresh "the service says that the sign-in is good"
	cmp before "$(record good)"
	equal 2 "$(ts_count good introspections)"
	ts last-request good >request
	contains token_type_hint=access_token request
	unspent good
}
test_case 'a valid sign-in: both tokens are checked, and nothing is spent' signin_good

json_has_same_members() {
	freshtoken status good --json >without
	sed -i "s/\"checked\":{\"real\":[0-9]*/\"checked\":{\"real\":1700000000000/" \
		"$(record good)"
	freshtoken status good --json --check >with
	members() { grep -o "\"[a-z_]*\":" "$1" | tr -d "\n"; }
	equal "$(members without)" "$(members with)"
	lacks "\"checked_at\":\"2023" with
	contains "\"checked_at\":\"20" with
	freshtoken status good --json >out
	contains "\"checked_at\":\"2023-11-14T22:13:20Z\"" out
}
test_case 'JSON has the same members, and the time of the answer' json_has_same_members

access_token_has_expired() {
	grow_old good 700
	ts reset-counters good
	shows good refreshable "the service says that the sign-in is good"
	equal 1 "$(ts_count good introspections)"
	ts last-request good >request
	contains token_type_hint=refresh_token request
}
test_case 'the access token has expired: only the refresh token is checked' \
	access_token_has_expired

not_active() {
	new_account keeper oauth2 -- lifetime=600
	grow_old keeper 700
	ts fault keeper fault=inactive at=introspect times=-1
	shows keeper refreshable "the service calls the refresh token not active; it may say so only because its access token has expired, which proves nothing; to find out run: freshtoken refresh keeper"
	freshtoken refresh keeper
	shows keeper needs-login "the service says that the refresh token is not active any more; the access token still is; run: freshtoken login keeper"
}
test_case 'a refresh token is called inactive after the access token expired: the result is unknown, and the command says so' \
	not_active

signin_over_there() {
	new_account over oauth2
	cp "$(record over)" before
	ts revoke-family over >/dev/null
	shows over needs-login "the service says that the refresh token is not active any more; run: freshtoken login over"
	cmp before "$(record over)"
	knows over fresh
	unspent over
	expect_status 0 freshtoken status over --check --json >out
	contains "\"verdict\":\"needs-login\"" out
}
test_case 'the sign-in has ended at the service: shown, and not stored' signin_over_there

refresh_token_alone_over() {
	new_account half oauth2
	ts fault half fault=inactive at=introspect
	shows half needs-login "the service says that the refresh token is not active any more; the access token still is; run: freshtoken login half"
}
test_case 'only the refresh token is invalid' refresh_token_alone_over

access_token_revoked() {
	new_account early oauth2
	old=$(newest early)
	ts revoke-access early >/dev/null
	shows early refreshable "the service says that the access token is not good any more; the next program that asks gets another one"
	knows early refreshable
	unspent early
	new=$(git_token early)
	must_fail equal "$old" "$new"
	is_good early "$new"
	equal "2 0 0" "$(state_of_spending early)"
}
test_case 'the access token was revoked: the next program gets another one' access_token_revoked

jwt_service_does_not_know() {
	new_account jwt oauth2 -- jwt=yes
	ts revoke-access jwt >/dev/null
	cp "$(record jwt)" before
	shows jwt fresh "the service does not know the access token, a JWT; servers that do not ask it may take it"
	cmp before "$(record jwt)"
}
test_case 'a JWT that the service does not know does not count as invalid' jwt_service_does_not_know

what_failure_had_left() {
	new_account back oauth2
	grow_old back 4000
	ts fault back fault=503
	expect_status 5 freshtoken refresh back 2>/dev/null
	knows back unreachable
	shows back refreshable "the service says that the sign-in is good"
}
test_case 'the result of an earlier failure is replaced' what_failure_had_left

disabled_and_enabled_again() {
	new_account person oauth2
	ts disable person >/dev/null
	shows person needs-login "the service says that the refresh token is not active any more; run: freshtoken login person"
	expect_status 4 freshtoken refresh person 2>/dev/null
	knows person needs-login
	ts enable person >/dev/null
	freshtoken status person --check >out
	equal needs-login "$(cut -f 2 out)"
	contains "the service calls the refresh token active now, and said before: HTTP 400: invalid_grant: \"User account is disabled\"; run: freshtoken refresh person" out
	freshtoken refresh person
	shows person fresh "the service says that the sign-in is good"
}
test_case 'disabled, and enabled again' disabled_and_enabled_again

# --- services that do not tell --------------------------------------------------------------------

not_to_client() {
	new_account info oauth2
	ts fault info fault=error:invalid_client:401 at=introspect times=-1
	shows info fresh "the access token is good; about the refresh token the service says nothing"
	unspent info
	new_account bare oauth2 -- without=introspect
	shows bare fresh "the access token is good; about the refresh token the service says nothing"
	equal 0 "$(ts_count bare introspections)"
	ts revoke-access bare >/dev/null
	shows bare refreshable "the service says that the access token is not good any more; the next program that asks gets another one"
	is_good bare "$(git_token bare)"
}
test_case 'introspection is not allowed: UserInfo checks the access token' not_to_client

neither_said() {
	new_account mute oauth2 -- "without=introspect userinfo"
	shows mute fresh "cannot be checked without spending the refresh token: $TS/mute offers neither introspection nor UserInfo"
	new_account shut oauth2
	ts fault shut fault=error:invalid_client:401 at=introspect times=-1
	ts fault shut fault=error:insufficient_scope:403 at=userinfo times=-1
	shows shut fresh "cannot be checked without spending the refresh token: $TS/shut: UserInfo: HTTP 403"
	grow_old mute 4000
	shows mute refreshable "cannot be checked without spending the refresh token: $TS/mute does not offer introspection"
	unspent mute
	unspent shut
}
test_case 'neither: reported, and nothing is spent' neither_said

userinfo_does_not_judge_token() {
	new_account aud oauth2 resource=https://git.example.com -- without=introspect
	ts revoke-access aud >/dev/null
	cp "$(record aud)" before
	freshtoken status aud --check >out
	equal fresh "$(cut -f 2 out)"
	contains "cannot be checked without spending the refresh token: $TS/aud says that the access token is not active, but it may say that of every token that this client may not ask about" out
	cmp before "$(record aud)"
}
test_case 'UserInfo is not used for a token with another audience' userinfo_does_not_judge_token

profile_has_address() {	# SECTION REASON
	mkdir -p "$XDG_CONFIG_HOME/freshtoken/providers"
	printf '%s\n' '[provider]' 'extends = oauth2' 'discover = none' \
		'[refresh]' 'path = /oauth/token' "[$1]" "path = /oauth/$1" \
		>"$XDG_CONFIG_HOME/freshtoken/providers/$1.conf"
	ts create "path-$1" >/dev/null
	account "path-$1" "provider=$1" "server=$TS/path-$1"
	sign_in "path-$1"
	shows "path-$1" fresh "$2"
	unspent "path-$1"
}
test_case 'introspection at an address of the profile needs no metadata' \
	profile_has_address introspect 'the service says that the sign-in is good'
test_case 'UserInfo at an address of the profile needs no metadata' profile_has_address userinfo \
	'the access token is good; about the refresh token the service says nothing'

vendor_without_any_of_it() {
	new_account vendor kirjaswappi
	freshtoken status vendor --check >out
	equal fresh "$(cut -f 2 out)"
	contains "cannot be checked without spending the refresh token: " out
	equal 1 "$(ts_count vendor exchanges)"
}
test_case 'a vendor without introspection and UserInfo' vendor_without_any_of_it

answers_none() {
	new_account odd oauth2
	for fault in html:200 garbage empty json:200 status:200; do
		ts fault odd fault=$fault at=introspect times=-1
		ts fault odd fault=$fault at=userinfo times=-1
		cp "$(record odd)" before
		freshtoken status odd --check >out
		equal fresh "$(cut -f 2 out)"
		contains "cannot be checked without spending" out
		cmp before "$(record odd)"
		ts fault odd fault=none
	done
}
test_case 'invalid answers' answers_none

# --- where nothing can be asked -------------------------------------------------------------------

service_out_of_order() {
	new_account down oauth2
	impatient down
	for fault in 503 hang 429; do
		ts reset-counters down
		ts fault down fault=$fault at=introspect times=-1
		freshtoken status down --check >out 2>err
		empty err
		equal fresh "$(cut -f 2 out)"
		contains "could not be checked: $TS/down: introspection: " out
		equal 1 "$(ts_count down faults)"
		ts fault down fault=none
	done
	sed -i "/^\[account down\]/,/^\[/s|^server = .*|server = http://127.0.0.1:9/down|" "$CONF"
	sed -i "s|$TS/down|http://127.0.0.1:9/down|g" "$(record down)"
	freshtoken status down --check >out
	equal fresh "$(cut -f 2 out)"
	contains "could not be checked: http://127.0.0.1:9/down: discovery: " out
}
test_case 'a service that fails, hangs, or cannot be reached: reported, status 0' \
	service_out_of_order

where_nobody_signed_in() {
	ts create nobody >/dev/null
	account nobody "server=$TS/nobody"
	freshtoken status nobody --check >out
	equal signed-out "$(cut -f 2 out)"
	new_account moved oauth2
	ts create moved2 >/dev/null
	sed -i "s|$TS/moved\$|$TS/moved2|" "$CONF"
	freshtoken status moved --check >out
	equal needs-login "$(cut -f 2 out)"
	new_account torn oauth2
	ts reset-counters torn
	echo "{garbage" >"$(record torn)"
	freshtoken status torn --check >out
	equal needs-login "$(cut -f 2 out)"
	equal "0 0 0" "$(ts_count nobody requests) $(ts_count moved2 requests) $(ts_count torn \
		requests)"
}
test_case 'without a sign-in, or one at another server: no request' where_nobody_signed_in

refresh_at_same_time() {
	new_account race oauth2
	ts fault race fault=hold at=introspect
	freshtoken status race --check >out 2>err &
	pid=$!
	running() { [ "$(ts_count race running)" = 1 ]; }
	eventually 20 running
	freshtoken refresh race
	ts release race >/dev/null
	wait "$pid"
	equal "race fresh" "$(cut -f 1,2 out | tr "\t" " ")"
	equal "the service says that the sign-in is good" "$(cut -f 6 out)"
}
test_case 'a refresh at the same time: the checked token is spent, the sign-in is valid' \
	refresh_at_same_time

all_accounts() {
	expect_status 0 freshtoken status --check >out 2>err
	empty err
	equal "$(freshtoken status | wc -l)" "$(wc -l <out)"
	grep -q "^over	needs-login" out
	grep -q "^good	refreshable" out
	grep -q "^nobody	signed-out" out
}
test_case 'all accounts: each with its service'\''s answer' all_accounts

# --- accounts with tokens from another one --------------------------------------------------------

derived_account() {
	new_account source oauth2
	account derived "server=$TS/source" from=source match=derived.example.com
	freshtoken status derived --check >out
	equal refreshable "$(cut -f 2 out)"
	contains "there is no token to ask the service about" out
	git_token derived
	freshtoken status derived --check >out
	equal "fresh the service says that the access token is good" \
		"$(cut -f 2,6 out | tr "\t" " ")"
	equal "1 1" "$(ts_count source token_exchanges) $(ts_count source refreshes)"
	ts revoke-access source >/dev/null
	freshtoken status derived --check >out
	equal fresh "$(cut -f 2 out)"
	contains "cannot be checked: $TS/source says that the access token is not active" out
}
test_case 'a derived account: its own token is checked, and none is fetched' \
	derived_account

if command -v script >/dev/null && script -qec true /dev/null </dev/null >/dev/null 2>&1; then
	on_terminal_something_happens() {
		TERM=xterm script -qefc "stty cols 80; freshtoken status good --check" /dev/null \
			</dev/null | tr -d "\r" >screen
		contains "asking $TS/good about account good (1 of 1)" screen
		sed "s/.*$(printf "\033")\[K//; s/$(printf "\033")\[[0-9]*m//g" screen >plain
		grep -qE "^good +refreshable" plain
		lacks "asking" plain
	}
	test_case 'on a terminal: progress is shown if it takes long, and erased at the end' \
		on_terminal_something_happens
else
	test_skip 'on a terminal' 'no script(1) on this machine'
fi

profile_with_error() {
	new_account misspelt oauth2 -- lifetime=600
	mkdir -p "$XDG_CONFIG_HOME/freshtoken/providers"
	printf '[provider]\nextends = oauth2\nserveur = x\n' \
		>"$XDG_CONFIG_HOME/freshtoken/providers/oauth2.conf"
	freshtoken status misspelt --check >out
	rm "$XDG_CONFIG_HOME/freshtoken/providers/oauth2.conf"
	equal fresh "$(cut -f 2 out)"
	contains "	could not be checked: $XDG_CONFIG_HOME/freshtoken/providers/oauth2.conf:3: " out
}
test_case 'a profile with an error: the message says that nothing was checked' profile_with_error

# --- a real provider ------------------------------------------------------------------------------

if have_openid; then
	start_openid --interval 1 --offline always
	account real "server=$OPENID" client_id=cli match=real.example.com
	account jwtaud "server=$OPENID" client_id=cli resource=https://git.example.com

	real_shows() {	# NAME VERDICT REASON
		freshtoken status "$1" --check >out 2>err
		empty err
		equal "$2" "$(cut -f 2 out)"
		equal "$3" "$(cut -f 6 out)"
	}
	real_provider() {
		device_sign_in real
		real_shows real fresh "the service says that the sign-in is good"
		equal "2 0" "$(openid_count introspection.granted) $(openid_count \
			introspection.refused)"
		openid_admin expire account=alice
		real_shows real refreshable \
			"the service says that the access token is not good any more; the next program that asks gets another one"
		freshtoken token real
		real_shows real fresh "the service says that the sign-in is good"
		openid_admin revoke account=alice
		real_shows real needs-login "the service says that the refresh token is not active any more; run: freshtoken login real"
		equal fresh "$(verdict real)"
		expect_status 4 freshtoken refresh real 2>err
		equal needs-login "$(verdict real)"
	}
	test_case 'a real provider: valid, the access token expired there, the consent revoked' \
		real_provider

	real_provider_it_knows_no_jwt() {
		device_sign_in jwtaud
		real_shows jwtaud fresh \
			"the service does not know the access token, a JWT; servers that do not ask it may take it"
	}
	test_case 'a real provider: it does not know the JWTs that it issued' real_provider_it_knows_no_jwt
else
	test_skip 'a real provider' 'no oidc-provider'
fi
test_done

#!/bin/bash
# SPDX-License-Identifier: MIT
# Signing in with user name and password, if a vendor's profile has a [login].
. "${FT_SRCDIR:?run me with make check}/tests/harness/tap.sh"
. "$FT_SRCDIR/tests/services/servers.sh"
. "$FT_SRCDIR/tests/harness/accounts.sh"

start_token_service

# vendor NAME [KEY=VALUE…] - an account that nobody has signed in to
vendor() {
	local name=$1

	shift
	ts create "$name" "vendor=$name" "password=s3cret: \"<ü>&\\" >/dev/null
	account "$name" "provider=$name" "server=$TS/$name" "match=$name.example.com" "$@"
}
vendor abitmedia
vendor consinco param.company=example
vendor kirjaswappi
vendor formulacerta
ts create plain vendor=oauth2 >/dev/null
account plain "server=$TS/plain" client_id=cli match=plain.example.com
# shellcheck disable=SC1003
password='s3cret: "<ü>&\'

verdict() {
	freshtoken status "$1" --json | sed -n 's/.*"verdict":"\([^"]*\)".*/\1/p'
}

password_signs_in() {	# ACCOUNT
	printf '%s\n' alice "$password" | freshtoken login "$1" --password 2>err
	contains "account $1: signed in" err
	equal fresh "$(verdict "$1")"
	freshtoken token "$1" >token
	is_good "$1" "$(cat token)"
	freshtoken refresh "$1"
	is_good "$1" "$(freshtoken token "$1")"
	lacks s3cret err
	must_fail grep -rqF s3cret "$XDG_STATE_HOME"
}

password_is_the_default() {	# ACCOUNT
	printf '%s\n' alice "$password" | freshtoken login "$1" 2>err
	contains "account $1: signed in" err
}

wrong_password_changes_nothing() {	# ACCOUNT
	freshtoken token "$1" >before
	printf '%s\n' alice wrong | expect_status 4 freshtoken login "$1" --password 2>err
	contains "account $1: $TS/$1: user name or password refused" err
	lacks wrong err
	freshtoken token "$1" | cmp - before
}

for name in abitmedia consinco kirjaswappi; do
	test_case "$name: signed in, refreshed, and handed out" password_signs_in "$name"
	test_case "$name: it is what happens without an option" password_is_the_default "$name"
	test_case "$name: a wrong password changes nothing" wrong_password_changes_nothing "$name"
done
endpoint_known_from_discovery() {
	mkdir -p "$XDG_CONFIG_HOME/freshtoken/providers"
	cat >"$XDG_CONFIG_HOME/freshtoken/providers/ropc.conf" <<-\END
	[provider]
	discover = oauth
	[login]
	endpoint = token_endpoint
	form = grant_type=password
	  username=${username}
	  password=${password}
	[refresh]
	endpoint = token_endpoint
	form = grant_type=refresh_token
	  refresh_token=${refresh_token}
	[response]
	access_token = access_token
	[error]
	code = error
	END
	account ropc provider=ropc "server=$TS/plain"
	printf "alice\nx\n" | expect_status 4 freshtoken login ropc --password 2>err
	contains "unsupported_grant_type" err
	lacks "password refused" err
	ts last-request plain >request
	contains "POST /oauth/token" request
	contains "grant_type=password&username=alice&password=x" request
}
test_case 'an endpoint that is only known from discovery' endpoint_known_from_discovery

password_missing() {
	printf "alice\n" | expect_status 1 freshtoken login kirjaswappi --password 2>err
	contains "stdin has no second line with the password" err
	printf "a\nb\nc\n" | expect_status 1 freshtoken login kirjaswappi --password 2>err
	contains "more than two lines" err
	expect_status 1 freshtoken login kirjaswappi --password 2>err </dev/null
	contains "stdin has to have the user name and" err
}
test_case 'a missing password, or one too many' password_missing

parameter_of_profile_account() {
	account acme "provider=consinco" "server=$TS/consinco"
	printf "alice\nx\n" | expect_status 1 freshtoken login acme --password 2>err
	contains "set param.company in [account acme]" err
	# Before anybody types a password; check says it too.
	expect_status 1 freshtoken login acme 2>err </dev/null
	contains "set param.company in [account acme]" err
	expect_status 1 freshtoken check "$XDG_CONFIG_HOME/freshtoken/freshtoken.conf" 2>err
	contains "account acme: " err
	contains "set param.company in [account acme]" err
}
test_case 'a parameter of the profile that the account lacks' parameter_of_profile_account

profile_without_such_signin() {
	expect_status 1 freshtoken login formulacerta --password 2>err </dev/null
	contains "the profile formulacerta has no [login]" err
	expect_status 1 freshtoken login plain --password 2>err </dev/null
	contains "the profile oauth2 has no [login]" err
}
test_case 'a profile without such a sign-in' profile_without_such_signin

what_this_way_lacks() {
	mkdir -p "$XDG_CONFIG_HOME/freshtoken/providers"
	cat >"$XDG_CONFIG_HOME/freshtoken/providers/odd.conf" <<-'END'
		[refresh]
		path = /refresh
		form = refresh_token=${refresh_token}
		[login]
		path = /login
		form = a=${param.first}, user=${username}, password=${password}
		[device]
		path = /device
		form = b=${param.second}
		[device_token]
		path = /token
		form = code=${device_code}
		[response]
		access_token = access_token
	END
	account odd provider=odd server=https://sso.example.com client_id=x
	expect_status 1 freshtoken login odd --device 2>err
	contains "set param.second in [account odd]" err
	lacks param.first err
	expect_status 1 freshtoken login odd --password 2>err </dev/null
	contains "set param.first in [account odd]" err
}
test_case 'the message is about the requested way of signing in' what_this_way_lacks

one_way_at_time() {
	expect_status 2 freshtoken login kirjaswappi --password --token 2>err </dev/null
	contains "only one way to sign in can be given" err
}
test_case 'one way at a time' one_way_at_time
test_done

#!/bin/bash
# SPDX-License-Identifier: MIT
# Invalid ID tokens: nobody is signed in by them, and the message says what is wrong.
. "${FT_SRCDIR:?run me with make check}/tests/harness/tap.sh"
. "$FT_SRCDIR/tests/services/servers.sh"
. "$FT_SRCDIR/tests/services/openid.sh"
. "$FT_SRCDIR/tests/harness/accounts.sh"

need_openid
start_openid --offline always --hmac yes
account work "server=$OPENID" client_id=cli match=https://git.example.com
for algorithm in ps256 es256 eddsa; do
	account "$algorithm" "server=$OPENID" "client_id=cli-$algorithm"
done
export BROWSER="$OPENID_BROWSER" FT_TEST_LOGIN=alice FT_TEST_PAGE="$T/page"

subject() {
	freshtoken status "$1" --json | sed -n 's/.*"subject":"\([^"]*\)".*/\1/p'
}

id_token_is_believed() {	# ALGORITHM
	freshtoken login "$1" --browser 2>err
	contains 'signed in as alice' err
	equal alice "$(subject "$1")"
}

for algorithm in ps256 es256 eddsa; do
	test_case "an ID token that is signed with $algorithm is believed" id_token_is_believed \
		"$algorithm"
done

lie_at_signin() {	# WHAT WORDS
	freshtoken login work --browser 2>err
	freshtoken token work >before
	openid_admin fault "id-token=$1" grant=authorization_code >/dev/null
	expect_status 1 freshtoken login work --browser 2>err
	contains 'the ID token cannot be verified: ' err
	contains "$2" err
	freshtoken token work | cmp - before
}

# lie WHAT WORDS - a sign-in with such an ID token fails and says the words
lie() {
	test_case "a sign-in, and the ID token's $1 is wrong" lie_at_signin "$@"
}
lie issuer 'its iss is "https://example.org", not'
lie audience 'its aud is "other", not "cli"'
lie audiences 'it has several audiences and no azp'
lie nonce 'its nonce is not the one that was sent'
lie no-nonce 'it has no nonce'
lie expired 'it expired'
lie no-subject 'it has no sub'
lie no-expiry 'it has no exp'
lie kid 'has its kid "unknown"'
lie signature 'its signature was not made with the issuer'
lie unsigned 'its algorithm "none" is not allowed'
lie confused 'its algorithm "HS256" is not allowed'

signin_without_id_token() {
	openid_admin fault id-token=none grant=authorization_code >/dev/null
	freshtoken login work --browser 2>err
	contains "account work: signed in; its token" err
	equal "" "$(subject work)"
}
test_case 'a sign-in without an ID token: signed in, without a subject' signin_without_id_token

clock_here_behind() {
	# Whatever comes of it: the cases after this one want it right.
	trap "openid_admin set clock=0 id-ttl=3600 >/dev/null" EXIT
	for clock in 70 -7200; do
		openid_admin set clock=0 >/dev/null
		freshtoken login work --browser 2>err
		before=$(freshtoken token work)
		openid_admin set "clock=$clock" id-ttl=600 >/dev/null
		openid_admin reset-counters
		freshtoken refresh work 2>err || { cat err; complain "clock=$clock"; }
		[ "$before" != "$(freshtoken token work)" ]
		equal "1 1" "$(openid_count refresh_token.requests) $(openid_count \
			refresh_token.granted)"
		equal alice "$(subject work)"
	done
}
test_case 'a clock of this machine that is slow or fast does not stop refreshes' \
	clock_here_behind

refresh_comes_back_as_somebody() {
	freshtoken login work --browser 2>err
	equal alice "$(subject work)"
	openid_admin fault id-token=subject grant=refresh_token >/dev/null
	expect_status 4 freshtoken refresh work 2>err
	contains "the service answered for a person other than the one who signed in" err
	equal alice "$(subject work)"
	freshtoken status work --json >json
	contains needs-login json
}
test_case 'a refresh with another subject is refused, and the sign-in has ended' \
	refresh_comes_back_as_somebody

lie_at_refresh() {	# WHAT
	freshtoken login work --browser 2>err
	freshtoken token work >before
	openid_admin fault "id-token=$1" grant=refresh_token >/dev/null
	expect_status 5 freshtoken refresh work 2>err
	contains 'ID token cannot be trusted' err
	freshtoken token work | cmp - before
	freshtoken refresh work
	equal alice "$(subject work)"
}

for what in issuer audience signature unsigned confused expired; do
	test_case "a refresh, and the ID token's $what is wrong: its access token is not used, its refresh token is kept" \
		lie_at_refresh "$what"
done

# --- signed with the client's secret ------------------------------------------------------------

printf '%063d+' 0 | tr 0 L >long
printf basic-secret >short
chmod 600 long short
for algorithm in hs256 hs384 hs512; do
	account "$algorithm" "server=$OPENID" "client_id=cli-$algorithm" client_auth=basic \
		"client_secret_file=$T/long"
done
account short "server=$OPENID" client_id=cli-short client_auth=basic "client_secret_file=$T/short"
account long "server=$OPENID" client_id=long client_auth=basic "client_secret_file=$T/long"

signed_with_secret() {	# ALGORITHM
	id_token_is_believed "$1"
	freshtoken token "$1" >before
	freshtoken refresh "$1"
	freshtoken token "$1" | must_fail cmp -s - before
	equal alice "$(subject "$1")"
}
for algorithm in hs256 hs384 hs512; do
	test_case "an ID token that is signed with $algorithm, by the client's secret, is believed" \
		signed_with_secret "$algorithm"
done

secret_too_short() {
	expect_status 1 freshtoken login short --browser 2>err
	contains "its algorithm HS256 needs a client secret of 32 bytes or more, and client_secret_file has 12" err
	contains "or register the client with RS256, PS256, ES256 or EdDSA as id_token_signed_response_alg" err
	lacks basic-secret err
}
test_case 'a secret that is shorter than the hash' secret_too_short

public_key_as_secret() {
	freshtoken login long --browser 2>err
	freshtoken token long >before
	openid_admin fault id-token=confused grant=authorization_code >/dev/null
	expect_status 1 freshtoken login long --browser 2>err
	contains "the ID token cannot be verified: its signature was not made with the client's secret; check client_secret_file" err
	openid_admin fault id-token=confused grant=refresh_token >/dev/null
	expect_status 5 freshtoken refresh long 2>err
	contains "its signature was not made with the client's secret" err
	freshtoken token long | cmp - before
}
test_case "a client with a secret, and an ID token that the issuer's public key signed as if it were one" \
	public_key_as_secret

issuer_does_not_list_it() {
	start_openid --offline always
	account unlisted "server=$OPENID" client_id=long client_auth=basic "client_secret_file=$T/long"
	openid_admin fault id-token=confused grant=authorization_code >/dev/null
	expect_status 1 freshtoken login unlisted --browser 2>err
	contains 'its algorithm "HS256" is not allowed (RS256, PS256, ES256, EdDSA); register the client with one of these as id_token_signed_response_alg' err
}
test_case 'an issuer that does not list HS256' issuer_does_not_list_it

keys_fetched_once_hour() {
	freshtoken login work --browser 2>err
	freshtoken refresh work
	# A minute has to pass between two fetches, or anybody could make us fetch;
	# the cache says when it was.
	age_keys() { sed -i "s/\"keys_at\":[0-9]*/\"keys_at\":$(($(date +%s) - 120))/" \
		"$XDG_STATE_HOME/freshtoken/work.metadata"; }
	age_keys
	openid_admin rotate-keys >/dev/null
	freshtoken refresh work
	equal alice "$(subject work)"
	grep -o "\"keys_at\":[0-9]*" "$XDG_STATE_HOME/freshtoken/work.metadata" >first
	[ "$(cut -d: -f2 first)" -gt "$(($(date +%s) - 60))" ]
}
test_case 'the keys are fetched once an hour, and once more for a new key' keys_fetched_once_hour

second_new_key_within_minute() {
	sed -i "s/\"keys_at\":[0-9]*/\"keys_at\":$(date \
		+%s)/; s/\"keys_spare_at\":[0-9]*/\"keys_spare_at\":1/" \
		"$XDG_STATE_HOME/freshtoken/work.metadata"
	openid_admin rotate-keys >/dev/null
	freshtoken refresh work
	equal alice "$(subject work)"
	openid_admin rotate-keys >/dev/null
	expect_status 5 freshtoken refresh work 2>err
	contains "ID token cannot be trusted" err
	sed -i "s/\"keys_at\":[0-9]*/\"keys_at\":1/" "$XDG_STATE_HOME/freshtoken/work.metadata"
	freshtoken refresh work
	equal alice "$(subject work)"
}
test_case 'a second new key within the minute is fetched, a third is not: the token is not believed yet' \
	second_new_key_within_minute

another_key_under_name() {
	file=$XDG_STATE_HOME/freshtoken/work.metadata
	# As if the modulus that was there had been another one.
	sed "s/\"keys_at\":[0-9]*/\"keys_at\":$(($(date +%s) - 120))/; s/\"n\":\"..../\"n\":\"wxyz/g" "$file" >changed
	must_fail cmp -s "$file" changed
	cat changed >"$file"
	freshtoken refresh work
	equal alice "$(subject work)"
	lacks "\"n\":\"wxyz" "$file"
}
test_case 'another key under the name of the old one: fetched, and believed' another_key_under_name

# profile NAME LINE… - one that gives the token endpoint itself; the lines come first
profile() {
	local file=$XDG_CONFIG_HOME/freshtoken/providers/$1.conf

	mkdir -p "${file%/*}"
	shift
	{
		printf '%s\n' "$@"
		printf '%s\n' '[refresh]' 'endpoint = token_endpoint' \
			'form = grant_type=refresh_token' \
			'  refresh_token=${refresh_token}' '  client_id=${client_id}' '[response]' \
			'access_token = access_token' 'refresh_token = refresh_token' \
			'expires_in = expires_in' \
			'subject = id_token:sub' '[error]' 'code = error' '[terminal]' \
			'code = invalid_grant'
	} >"$file"
}
profile discovers '[provider]' 'discover = openid' '[metadata]' 'token_endpoint = /token'
profile knows '[metadata]' "issuer = $OPENID" 'jwks_uri = /jwks' 'token_endpoint = /token' \
	'authorization_endpoint = /auth'
another_person_at_refresh() {	# ACCOUNT
	freshtoken login "$1" --browser 2>err
	contains 'signed in as alice' err
	freshtoken refresh "$1"
	openid_admin fault id-token=subject grant=refresh_token >/dev/null
	expect_status 4 freshtoken refresh "$1" 2>err
	contains 'the service answered for a person other' err
}

for name in discovers knows; do
	account "$name" "provider=$name" "server=$OPENID" client_id=cli \
		scope='openid offline_access'
	test_case "a profile that $name the token endpoint itself: a refresh with another subject is refused too" \
		another_person_at_refresh "$name"
done
profile_names_issuer_and_keys() {
	freshtoken login knows --browser 2>err
	fetched=$(openid_count jwks.requests)
	freshtoken refresh knows
	freshtoken refresh knows
	freshtoken login knows --browser 2>err
	equal "$fetched" "$(openid_count jwks.requests)"
}
test_case 'a profile that names issuer and keys itself: they are kept as well' \
	profile_names_issuer_and_keys
test_done

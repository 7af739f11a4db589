#!/bin/bash
# SPDX-License-Identifier: MIT
# A sign-in is valid only for its service's addresses: after an edit that would send its tokens
# elsewhere nothing is sent, and a new sign-in is needed.
. "${FT_SRCDIR:?run me with make check}/tests/harness/tap.sh"
. "$FT_SRCDIR/tests/services/servers.sh"
. "$FT_SRCDIR/tests/harness/accounts.sh"
need curl
start_token_service
CONF=$XDG_CONFIG_HOME/freshtoken/freshtoken.conf
PROFILES=$XDG_CONFIG_HOME/freshtoken/providers
mkdir -p "$PROFILES"
cat >"$PROFILES/tenants.conf" <<-END
	[provider]
	extends = oauth2
	discover = none
	[metadata]
	token_endpoint = /\${param.tenant}/oauth/token
	revocation_endpoint = /\${param.tenant}/oauth/revoke
	introspection_endpoint = /\${param.tenant}/oauth/introspect
	[refresh]
	form = grant_type=refresh_token
	  refresh_token=\${refresh_token}
	  colour=\${param.colour?}
END

# begin NAME KEY=VALUE… - an account with a sign-in, and a tenant that must get nothing
begin() {
	local name=$1

	shift
	ts create "$name" >/dev/null
	ts create "not-$name" >/dev/null
	account "$name" "match=$name.example.com" "$@"
	sign_in "$name"
	freshtoken refresh "$name"
	asked=$(ts_count "$name" requests)
}

edit() {	# NAME KEY VALUE
	sed -i "/^\[account $1\]/,/^\[/s|^$2 = .*|$2 = $3|" "$CONF"
}

# sends_nothing NAME WAS IS - in any way that a token could go there
sends_nothing() {
	local name=$1 words="with $2; $CONF:"

	expect_status 4 freshtoken refresh "$name" 2>err
	contains "$words" err
	contains "and its provider profile now say $3; run: freshtoken login $name" err
	equal needs-login "$(verdict "$name")"
	freshtoken status "$name" >out || :
	contains "$words" out
	freshtoken status "$name" --check >out 2>&1 || :
	contains "$words" out
	# An access token that is no good any more is no reason either.
	reject "$name"
	expect_status 4 freshtoken token "$name" 2>err
	contains "run: freshtoken login $name" err
	equal "0 $asked" "$(ts_count "not-$name" requests) $(ts_count "$name" requests)"
}

a_parameter() {
	begin one provider=tenants "server=$TS" param.tenant=one param.colour=red
	edit one param.tenant not-one
	sends_nothing one 'param.tenant = one' 'param.tenant = not-one'
	# As it was, it is good again.
	edit one param.tenant one
	freshtoken refresh one
}
test_case 'a parameter in an address of the service' a_parameter

another_parameter() {
	edit one param.colour blue
	freshtoken refresh one
}
test_case 'a parameter that is in no address does not matter' another_parameter

logging_out() {
	edit one param.tenant not-one
	asked=$(ts_count one requests)
	expect_status 1 freshtoken logout one 2>err
	contains 'not revoked: its tokens would go elsewhere: the sign-in was made with param.tenant = one' err
	equal "0 $asked" "$(ts_count not-one requests) $(ts_count one requests)"
}
test_case 'a logout sends the tokens nowhere' logging_out

metadata_elsewhere() {
	begin two provider=oauth2 "server=$TS/two" \
		"metadata_url=$TS/two/.well-known/openid-configuration"
	edit two metadata_url "$TS/not-two/.well-known/openid-configuration"
	sends_nothing two "metadata_url = $TS/two/.well-known/openid-configuration" \
		"metadata_url = $TS/not-two/.well-known/openid-configuration"
	sed -i '/^metadata_url = /d' "$CONF"
	expect_status 4 freshtoken refresh two 2>err
	contains "now say the server's own addresses alone; run: freshtoken login two" err
	equal 0 "$(ts_count not-two requests)"
}
test_case 'metadata from another address, or not any more' metadata_elsewhere

profile_of_ones_own() {
	printf '%s\n' '[provider]' 'extends = oauth2' >"$PROFILES/mine.conf"
	begin three provider=mine "server=$TS/three"
	printf '%s\n' '[metadata]' "token_endpoint = $TS/not-three/oauth/token" >>"$PROFILES/mine.conf"
	sends_nothing three "the server's own addresses alone" "$TS"
}
test_case 'an endpoint in a user'\''s profile' profile_of_ones_own

by_an_older_version() {
	begin four provider=tenants "server=$TS" param.tenant=four
	contains '"elsewhere":"param.tenant = four"' "$(record four)"
	sed -i 's/"elsewhere":"[^"]*",//' "$(record four)"
	freshtoken refresh four
	# And knows it from then on.
	contains '"elsewhere":"param.tenant = four"' "$(record four)"
}
test_case 'a sign-in of an older version stays valid, and is bound by its next refresh' \
	by_an_older_version

again() {
	begin five provider=tenants "server=$TS" param.tenant=five
	edit five param.tenant not-five
	ts tokens not-five | sed -n 's/^refresh_token=//p; s/^access_token=//p' |
		freshtoken login five --token
	freshtoken refresh five
	equal not-five "$(sed -n 's/.*"elsewhere":"param.tenant = \([^"]*\)".*/\1/p' "$(record five)")"
}
test_case 'a new sign-in is valid for the new addresses' again
test_done

#!/bin/bash
# SPDX-License-Identifier: MIT
# The tokens of the tests' OpenID provider: how they are refreshed, expire, are signed, exchanged
# and made invalid, and that git can use them.
. "${FT_SRCDIR:?run me with make check}/tests/harness/tap.sh"
. "$FT_SRCDIR/tests/services/servers.sh"
. "$FT_SRCDIR/tests/services/client.sh"
. "$FT_SRCDIR/tests/services/openid.sh"
. "$FT_SRCDIR/tests/services/openid-client.sh"
. "$FT_SRCDIR/tests/harness/accounts.sh"
need_openid
need git openssl nginx fcgiwrap docker-registry
start_openid
TS=$OPENID start_web any
make_repository project

refresh_token_good_once() {
	sign_in_by_curl
	first=$refresh
	use_refresh "$first"; equal 200 "$answer"
	second=$(json_member refresh_token body) access=$(json_member access_token body)
	[ "$first" != "$second" ]
	userinfo "$access"; equal 200 "$answer"
	use_refresh "$first"; says 400 invalid_grant
	use_refresh "$second"; says 400 invalid_grant
	userinfo "$access"; equal 401 "$answer"
}
test_case 'a refresh token can be used once; a second use ends the whole sign-in' refresh_token_good_once

of_ten_use_one_refresh() {
	sign_in_by_curl
	openid_admin reset-counters
	for i in $(seq 10); do
		openid_post token -d client_id=cli -d grant_type=refresh_token \
			-d "refresh_token=$refresh" >/dev/null 2>&1 &
	done
	wait
	equal "10 1" "$(openid_count refresh_token.requests) $(openid_count refresh_token.granted)"
}
test_case 'of ten simultaneous uses of one refresh token one succeeds' of_ten_use_one_refresh

without_rotation_it_stays_good() {
	openid_admin set rotate=no >/dev/null
	sign_in_by_curl
	use_refresh "$refresh"; equal 200 "$answer"
	equal "$refresh" "$(json_member refresh_token body)"
	use_refresh "$refresh"; equal 200 "$answer"
	openid_admin set rotate=yes >/dev/null
}
test_case 'without rotation it stays good' without_rotation_it_stays_good

access_tokens_live_as_long() {
	openid_admin set access-ttl=60 >/dev/null
	sign_in_by_curl
	contains "\"expires_in\":60" tokens
	userinfo "$access"; equal 200 "$answer"
	equal 204 "$(guard any "$access")"
	openid_admin set clock=61 >/dev/null
	userinfo "$access"; equal 401 "$answer"
	equal 401 "$(guard any "$access")"
	use_refresh "$refresh"; equal 200 "$answer"
	userinfo "$(json_member access_token body)"; equal 200 "$answer"
	openid_admin set clock=0 access-ttl=3600 >/dev/null
}
test_case 'access tokens have the configured lifetime' access_tokens_live_as_long

expire_access_tokens() {
	sign_in_by_curl alice
	hers=$access
	sign_in_by_curl bob
	openid_admin expire account=alice
	equal "401 204" "$(guard any "$hers") $(guard any "$access")"
	openid_admin expire
	equal 401 "$(guard any "$access")"
	use_refresh "$refresh"; equal 200 "$answer"
	openid_admin expire what=refresh
	use_refresh "$(json_member refresh_token body)"; says 400 invalid_grant
}
test_case 'expire: access tokens of one account or of all expire' expire_access_tokens

revoke_access_tokens_alone() {
	sign_in_by_curl alice
	openid_admin revoke what=access account=alice
	equal 401 "$(guard any "$access")"
	use_refresh "$refresh"; equal 200 "$answer"
	next=$(json_member refresh_token body) access=$(json_member access_token body)
	openid_admin revoke account=bob
	equal 204 "$(guard any "$access")"
	openid_admin revoke account=alice
	equal 401 "$(guard any "$access")"
	use_refresh "$next"; says 400 invalid_grant
}
test_case 'revoke: only access tokens, or the consent with everything that was issued' \
	revoke_access_tokens_alone

disable_nothing_works_for_user() {
	sign_in_by_curl alice
	openid_admin disable account=alice
	equal 401 "$(guard any "$access")"
	userinfo "$access"; equal 401 "$answer"
	use_refresh "$refresh"; says 400 invalid_grant
	new_device
	openid_approve_device "$user_code" alice >page || :
	lacks "successful" page
	openid_admin enable account=alice
	equal 204 "$(guard any "$access")"
	use_refresh "$refresh"; equal 200 "$answer"
}
test_case 'disable: nothing works for that user, until it is enabled' disable_nothing_works_for_user

revocation_rfc() {
	sign_in_by_curl
	equal 200 "$(post token/revocation "token=$access")"
	userinfo "$access"; equal 401 "$answer"
	use_refresh "$refresh"; equal 200 "$answer"
	refresh=$(json_member refresh_token body) access=$(json_member access_token body)
	equal 400 "$(post token/revocation client_id=cli-es256 "token=$refresh")"
	equal 200 "$(post token/revocation "token=$refresh" token_type_hint=refresh_token)"
	userinfo "$access"; equal 401 "$answer"
	use_refresh "$refresh"; says 400 invalid_grant
	equal 200 "$(post token/revocation token=unknown)"
}
test_case 'revocation (RFC 7009): revoking a refresh token revokes the rest' revocation_rfc

introspection_rfc() {
	sign_in_by_curl bob
	equal 200 "$(post token/introspection "token=$access")"
	contains "\"active\":true" body
	equal bob "$(json_member sub body)"
	equal 200 "$(post token/introspection client_id=cli-es256 "token=$access")"
	contains "\"active\":false" body
	openid_admin expire
	equal 200 "$(post token/introspection "token=$access")"
	contains "\"active\":false" body
}
test_case 'introspection (RFC 7662)' introspection_rfc

id_tokens_of_each_signature() {
	for alg in RS256 PS256 ES256 EdDSA; do
		client=cli-${alg,,}
		[ "$alg" != RS256 ] || client=cli
		sign_in_by_curl alice "client_id=$client"
		jwt "$id_token" >claims
		contains "\"alg\":\"$alg\"" claims
		contains "\"sub\":\"alice\"" claims
		contains "\"aud\":\"$client\"" claims
		contains "\"iss\":\"$OPENID\"" claims
	done
	must_fail jwt "${id_token%????}AAAA"
}
test_case 'ID tokens of each signature' id_tokens_of_each_signature

nonce_in_id_token() {
	back=$(openid_authorize_redirect "$(authorization nonce=n-0S6_WzA2Mj)")
	equal 200 "$(post token grant_type=authorization_code "code_verifier=$verifier" \
		"code=$(parameter code "$back")" "redirect_uri=$callback")"
	jwt "$(json_member id_token body)" >claims
	contains "\"nonce\":\"n-0S6_WzA2Mj\"" claims
}
test_case 'the nonce is in the ID token' nonce_in_id_token

signing_keys() {
	sign_in_by_curl
	before=$id_token
	jwt "$before" >claims
	equal generation=2 "$(openid_admin rotate-keys)"
	jwt "$before" >claims
	use_refresh "$refresh"; equal 200 "$answer"
	refresh=$(json_member refresh_token body)
	jwt "$(json_member id_token body)" >claims
	contains "\"kid\":\"rs256-2\"" claims
	equal 8 "$(grep -o "\"kid\"" keys.json | wc -l)"
	openid_admin rotate-keys keep=no
	must_fail jwt "$before" 2>/dev/null
	equal 4 "$(grep -o "\"kid\"" keys.json | wc -l)"
	use_refresh "$refresh"; equal 200 "$answer"
	jwt "$(json_member id_token body)" >claims
	contains "\"kid\":\"rs256-3\"" claims
}
test_case 'signing keys: new ones, with or without the old ones' signing_keys

resources_rfc() {
	scope="scope=openid offline_access read"
	sign_in_by_curl alice resource=https://git.example.com "$scope"
	jwt "$access" >claims
	contains "\"typ\":\"at+jwt\"" claims
	contains "\"aud\":\"https://git.example.com\"" claims
	contains "\"scope\":\"read\"" claims
	equal "204 204 401" "$(guard any "$access") $(guard git "$access") $(guard api "$access")"
	equal 401 "$(guard git "${access%????}AAAA")"
	use_refresh "$refresh"; equal 200 "$answer"
	access=$(json_member access_token body)
	jwt "$access" >claims
	equal 204 "$(guard git "$access")"
	openid_admin expire
	equal 401 "$(guard git "$access")"
	sign_in_by_curl alice resource=https://api.example.com "$scope"
	equal "${access%%.*}" "$access"
	equal "401 204" "$(guard git "$access") $(guard api "$access")"
	use_refresh "$refresh" resource=https://git.example.com; says 400 invalid_target
	openid_admin revoke account=alice
	equal 401 "$(guard api "$access")"
}
test_case 'resources (RFC 8707): a JWT for one, an opaque token for another' resources_rfc

resources_no_other() {
	equal 400 "$(post device/auth resource=https://example.org)"
	equal invalid_target "$(json_member error body)"
	back=$(openid_authorize_redirect "$(authorization resource=https://example.org)")
	equal invalid_target "$(parameter error "$back")"
}
test_case 'resources: no other' resources_no_other

token_exchange() {
	sign_in_by_curl
	exchange "$access" audience=https://git.example.com; equal 200 "$answer"
	equal "$access_token" "$(json_member issued_token_type body)"
	contains "\"expires_in\":3600" body
	lacks refresh_token body
	other=$(json_member access_token body)
	jwt "$other" >claims
	contains "\"sub\":\"alice\"" claims
	contains "\"aud\":\"https://git.example.com\"" claims
	equal "401 204" "$(guard git "$access") $(guard git "$other")"
	exchange "$other" resource=https://api.example.com scope=read; equal 200 "$answer"
	equal read "$(json_member scope body)"
	equal 204 "$(guard api "$(json_member access_token body)")"
	openid_admin revoke account=alice
	equal 401 "$(guard git "$other")"
}
test_case 'token exchange (RFC 8693): another audience' token_exchange

token_exchange_only_for_what_good() {
	sign_in_by_curl
	exchange "$access"; says 400 invalid_target
	exchange "$access" audience=https://example.org; says 400 invalid_target
	exchange "$access" audience=https://git.example.com resource=https://api.example.com
	says 400 invalid_target
	exchange "$refresh" audience=https://git.example.com; says 400 invalid_request
	exchange "$access" audience=https://git.example.com subject_token_type=other
	says 400 invalid_request
	openid_admin expire
	exchange "$access" audience=https://git.example.com; says 400 invalid_request
}
test_case 'token exchange: only for valid tokens and known audiences' \
	token_exchange_only_for_what_good

faults_error() {
	sign_in_by_curl
	openid_admin fault error=server_error status=503
	use_refresh "$refresh"; says 503 server_error
	openid_admin fault lose=before
	must_fail use_refresh "$refresh"
	use_refresh "$refresh"; equal 200 "$answer"
	refresh=$(json_member refresh_token body)
	openid_admin fault lose=after
	must_fail use_refresh "$refresh"
	use_refresh "$refresh"; says 400 invalid_grant
	openid_admin last-request >last
	contains "POST /token" last
	contains "grant_type=refresh_token" last
}
test_case 'faults: an error, a request that is lost, an answer that is lost' faults_error

faults_id_token_wrong() {
	for lie in issuer audience subject nonce expired no-subject no-expiry at-hash; do
		openid_admin fault id-token=$lie grant=device_code
		sign_in_by_curl alice
		jwt "$id_token" >claims
		case $lie in
		issuer) contains "\"iss\":\"https://example.org\"" claims ;;
		audience) contains "\"aud\":\"other\"" claims ;;
		subject) contains "\"sub\":\"mallory\"" claims ;;
		nonce) contains "\"nonce\":\"other\"" claims ;;
		no-subject) lacks "\"sub\":" claims ;;
		no-expiry) lacks "\"exp\":" claims ;;
		at-hash) contains "\"at_hash\":\"AAAAAAAAAAAAAAAAAAAAAA\"" claims ;;
		esac
	done
}
test_case 'faults: a wrong ID token with a correct signature' faults_id_token_wrong

faults_lie_waits_for_answer() {
	new_device
	openid_admin fault id-token=issuer grant=device_code
	poll; says 400 authorization_pending
	openid_approve_device "$user_code" alice >page
	poll; equal 200 "$answer"
	jwt "$(json_member id_token body)" >claims
	contains "\"iss\":\"https://example.org\"" claims
}
test_case 'faults: a wrong ID token waits for an answer that has one' faults_lie_waits_for_answer

faults_id_token_not_signed() {
	for lie in kid signature unsigned confused; do
		openid_admin fault id-token=$lie
		sign_in_by_curl alice
		must_fail jwt "$id_token" 2>/dev/null
	done
	printf %s "${id_token%%.*}" | base64 -d >head || :
	contains HS256 head
	openid_admin fault id-token=none
	sign_in_by_curl alice
	equal "" "$id_token"
}
test_case 'faults: an ID token that is not signed, or not by the provider' \
	faults_id_token_not_signed

faults_browser_comes_back() {
	openid_admin fault parameter=iss value=https://example.org
	back=$(openid_authorize_redirect "$(authorization)")
	equal https://example.org "$(parameter iss "$back")"
	openid_admin fault parameter=state
	back=$(openid_authorize_redirect "$(authorization)")
	equal "" "$(parameter state "$back")"
	equal "$OPENID" "$(parameter iss "$back")"
}
test_case 'faults: the browser returns with other parameters' faults_browser_comes_back

tokens_what_somebody_got_last() {
	sign_in_by_curl dave
	openid_admin tokens account=dave >last
	equal "$access $refresh" "$(field access_token last) $(field refresh_token last)"
	contains "$id_token" last
}
test_case 'tokens: the newest of an account' tokens_what_somebody_got_last

git_clone() {
	host=${WEB#*://}
	sign_in_by_curl
	must_fail git clone -q "$WEB/project.git" none 2>err
	git clone -q "http://x:$access@$host/project.git" yes
	same_text hello yes/hello.txt
	must_fail git ls-remote "http://x:$access@$host/r/git/project.git"
	exchange "$access" audience=https://git.example.com
	git ls-remote "http://x:$(json_member access_token body)@$host/r/git/project.git"
	openid_admin expire
	must_fail git ls-remote "http://x:$access@$host/project.git"
}
test_case 'git clone: only with a valid token of the right audience' git_clone

account work "server=$OPENID" client_id=cli "match=$WEB"
freshtoken setup git --apply >/dev/null
freshtoken_git_clone_works() {
	sign_in_by_curl
	openid_admin reset-counters
	printf "%s\n" "$refresh" | freshtoken login work --token
	git clone -q "$WEB/project.git" first
	openid_admin expire account=alice
	git clone -q "$WEB/project.git" second || git clone -q "$WEB/project.git" second
	same_text hello second/hello.txt
	equal "2 0" "$(openid_count refresh_token.granted) $(openid_count refresh_token.refused)"
}
test_case 'freshtoken: git clone works, and again after the token has expired' \
	freshtoken_git_clone_works

freshtoken_revoked_consent_wants() {
	openid_admin revoke account=alice
	expect_status 4 freshtoken refresh work
	equal needs-login "$(verdict work)"
}
test_case 'freshtoken: after a revoked consent a new sign-in is needed' freshtoken_revoked_consent_wants
test_done

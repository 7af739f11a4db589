#!/bin/bash
# The tests' OpenID provider does what providers do: asked with plain curl, and once with git.
# shellcheck disable=SC2016,SC2034,SC2119,SC2317	# cases are single-quoted scripts that use these
. "${FT_SRCDIR:?run me with make check}/tests/protocol/tap.sh"
. "$FT_SRCDIR/tests/services/servers.sh"
. "$FT_SRCDIR/tests/services/client.sh"
. "$FT_SRCDIR/tests/services/openid.sh"
. "$FT_SRCDIR/tests/protocol/accounts.sh"
need_openid
need git openssl nginx fcgiwrap docker-registry
start_openid
TS=$OPENID start_web any
make_repository project

device_code=urn:ietf:params:oauth:grant-type:device_code
token_exchange=urn:ietf:params:oauth:grant-type:token-exchange
access_token=urn:ietf:params:oauth:token-type:access_token
assertion_type=urn:ietf:params:oauth:client-assertion-type:jwt-bearer
verifier=0123456789-0123456789-0123456789-0123456789

base64url() {
	base64 -w 0 | tr +/ -_ | tr -d =
}

# post PATH [NAME=VALUE…] - as the client cli unless another is named; prints the status
post() {
	local path=$1 arguments=(client_id=cli) pair

	shift
	for pair; do
		case $pair in
		client_id=*) arguments[0]=$pair ;;
		*) arguments+=("$pair") ;;
		esac
	done
	post_as "$path" "${arguments[@]}"
}

post_as() {
	local path=$1 arguments=() pair

	shift
	for pair; do
		arguments+=(--data-urlencode "$pair")
	done
	status "$OPENID/$path" "${arguments[@]}"
}

# says STATUS ERROR
says() {
	equal "$1" "$answer"
	equal "$2" "$(json_member error body)"
}

sign_in_by_curl() {	# [LOGIN [NAME=VALUE…]] - sets access, refresh and id_token
	openid_tokens "$@" >tokens
	access=$(json_member access_token tokens)
	refresh=$(json_member refresh_token tokens)
	id_token=$(json_member id_token tokens)
}

use_refresh() {	# TOKEN [NAME=VALUE…]
	local token=$1

	shift
	answer=$(post token grant_type=refresh_token "refresh_token=$token" "$@")
}

userinfo() {	# TOKEN
	answer=$(status "$OPENID/me" -H "Authorization: Bearer $1")
}

guard() {	# NAME TOKEN - what nginx would hear
	status "$OPENID/_auth/$1" -u "x:$2"
}

new_device() {	# [NAME=VALUE…] - sets code and user_code
	equal 200 "$(post device/auth "scope=openid offline_access" "$@")"
	code=$(json_member device_code body)
	user_code=$(json_member user_code body)
}

poll() {
	answer=$(post token "grant_type=$device_code" "device_code=$code" "$@")
}

# authorization [NAME=VALUE…] - the URL that a program opens in a browser
authorization() {
	local parameters=(client_id=cli response_type=code prompt=consent state=here
		'scope=openid offline_access' redirect_uri=http://127.0.0.1:4711/callback
		code_challenge_method=S256
		"code_challenge=$(printf %s "$verifier" | openssl dgst -sha256 -binary | base64url)")
	local pair i arguments=()

	for pair; do
		for i in "${!parameters[@]}"; do
			[ "${parameters[i]%%=*}" != "${pair%%=*}" ] || unset "parameters[$i]"
		done
		[ "$pair" = "${pair%%=*}" ] || parameters+=("$pair")
	done
	for pair in "${parameters[@]}"; do
		arguments+=(--data-urlencode "$pair")
	done
	curl -qs -G --noproxy '*' -o /dev/null -w '%{url_effective}\n' "${arguments[@]}" "$OPENID/auth"
}

# parameter NAME URL
parameter() {
	printf '%b\n' "$(sed -n "s/.*[?&]$1=\([^&]*\).*/\1/p" <<<"$2" | sed 's/+/ /g; s/%/\\x/g')"
}

# jwt TOKEN - checked with the keys that are published now: its header and its claims, on a line each
jwt() {
	get "$OPENID/jwks" >keys.json
	TOKEN=$1 node --input-type=module -e '
		import { createPublicKey, verify, constants } from "node:crypto";
		import { readFileSync } from "node:fs";
		const [head, body, signature] = process.env.TOKEN.split(".");
		const text = (part) => Buffer.from(part, "base64url").toString();
		const { alg, kid } = JSON.parse(text(head));
		const jwk = JSON.parse(readFileSync("keys.json")).keys.find((one) => one.kid === kid);
		const key = createPublicKey({ key: jwk, format: "jwk" });
		const how = {
			RS256: { key },
			PS256: { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 },
			ES256: { key, dsaEncoding: "ieee-p1363" },
			EdDSA: { key },
		}[alg];
		const good = verify(alg === "EdDSA" ? null : "sha256", Buffer.from(head + "." + body), how,
			Buffer.from(signature, "base64url"));
		if (!good || "d" in jwk) process.exit(1);
		console.log(text(head) + "\n" + text(body));'
}

# assertion JTI [CLAIMS] - what the client jwt proves itself with, signed by openssl
assertion() {
	local head claims signature

	head=$(printf '{"alg":"RS256","kid":"jwt-rs256"}' | base64url)
	claims=$(printf '{"iss":"jwt","sub":"jwt","aud":"%s","jti":"%s","exp":%d%s}' "$OPENID" "$1" \
		"$(($(date +%s) + 60))" "${2-}" | base64url)
	signature=$(printf %s "$head.$claims" |
		openssl dgst -sha256 -sign "$OPENID_KEYS/jwt-rs256.pem" -binary | base64url)
	printf '%s.%s.%s\n' "$head" "$claims" "$signature"
}

test_case 'metadata is the same at both well-known places' '
	equal 200 "$(status "$OPENID/.well-known/openid-configuration")"
	equal "$OPENID" "$(json_member issuer body)"
	contains "\"device_authorization_endpoint\":\"$OPENID/device/auth\"" body
	contains "\"code_challenge_methods_supported\":[\"S256\"]" body
	contains "\"authorization_response_iss_parameter_supported\":true" body
	contains "$token_exchange" body
	contains "$device_code" body
	lacks "\"implicit\"" body
	cp body openid
	equal 200 "$(status "$OPENID/.well-known/oauth-authorization-server")"
	same openid body
'

test_case 'device: pending until somebody says yes, then once' '
	new_device
	contains "\"verification_uri\":\"$OPENID/device\"" body
	lacks "\"interval\"" body
	poll; says 400 authorization_pending
	openid_admin devices | grep -x "$(printf %s "$user_code" | tr -d -) cli pending"
	openid_approve_device "$user_code" alice >page
	contains "successful" page
	poll; equal 200 "$answer"
	contains "\"refresh_token\"" body
	userinfo "$(json_member access_token body)"
	equal "200 alice" "$answer $(json_member sub body)"
	poll; says 400 invalid_grant
'
test_case 'device: the complete URL as well, and nobody twice' '
	new_device
	url=$(json_member verification_uri_complete body)
	openid_approve_device "$url" bob >page
	contains "successful" page
	openid_approve_device "$url" bob >page || :
	lacks "successful" page
'
test_case 'device: denied' '
	new_device
	openid_deny_device "$user_code" >page || :
	lacks "successful" page
	poll; says 400 access_denied
'
test_case 'device: expired, for the client and for the person' '
	new_device
	openid_admin expire what=device
	poll; says 400 expired_token
	openid_approve_device "$user_code" >page || :
	lacks "successful" page
	new_device
	openid_admin set clock=601 >/dev/null
	poll; says 400 expired_token
	openid_admin set clock=0 >/dev/null
'
test_case 'device: slow_down for whoever does not wait, and on demand' '
	openid_admin set polling=strict interval=600 device-ttl=7200 >/dev/null
	new_device
	contains "\"interval\":600" body
	poll; says 400 authorization_pending
	poll; says 400 slow_down
	openid_admin set clock=604 >/dev/null
	poll; says 400 slow_down
	openid_admin set clock=1300 >/dev/null
	poll; says 400 authorization_pending
	openid_admin set polling=any interval=0 device-ttl=600 clock=0 >/dev/null
	new_device
	openid_admin fault error=slow_down grant=device_code times=2
	poll; says 400 slow_down
	poll; says 400 slow_down
	poll; says 400 authorization_pending
'
test_case 'device: a code that nobody issued, a client that nobody knows' '
	equal 400 "$(post token "grant_type=$device_code" device_code=none)"
	equal invalid_grant "$(json_member error body)"
	equal 401 "$(post device/auth client_id=nobody)"
	equal invalid_client "$(json_member error body)"
'

test_case 'browser: a code for whoever has the verifier, at any port, once' '
	back=$(openid_authorize_redirect "$(authorization)" bob)
	case $back in
	http://127.0.0.1:4711/callback\?*) ;;
	*) complain "$back" ;;
	esac
	equal here "$(parameter state "$back")"
	equal "$OPENID" "$(parameter iss "$back")"
	code=$(parameter code "$back")
	set -- grant_type=authorization_code redirect_uri=http://127.0.0.1:4711/callback "code=$code"
	equal 200 "$(post token "$@" "code_verifier=$verifier")"
	contains "\"refresh_token\"" body
	access=$(json_member access_token body)
	userinfo "$access"
	equal "200 bob" "$answer $(json_member sub body)"
	answer=$(post token "$@" "code_verifier=$verifier"); says 400 invalid_grant
	userinfo "$access"; equal 401 "$answer"
'
test_case 'browser: the verifier has to be right, and there' '
	for wrong in "x$verifier" ""; do
		back=$(openid_authorize_redirect "$(authorization)")
		answer=$(post token grant_type=authorization_code "code=$(parameter code "$back")" \
			redirect_uri=http://127.0.0.1:4711/callback ${wrong:+"code_verifier=$wrong"})
		says 400 invalid_grant
	done
'
test_case 'browser: no code without PKCE, nor with its plain method' '
	for wrong in code_challenge code_challenge_method=plain; do
		back=$(openid_authorize_redirect "$(authorization "$wrong")")
		equal invalid_request "$(parameter error "$back")"
		equal "" "$(parameter code "$back")"
	done
'
test_case 'browser: a redirect that nobody registered is followed by nobody' '
	for wrong in http://127.0.0.1:4711/elsewhere https://example.com/callback; do
		must_fail openid_authorize_redirect "$(authorization "redirect_uri=$wrong")" >page
		contains invalid_redirect_uri page
	done
'
test_case 'browser: denied' '
	back=$(openid_deny "$(authorization)")
	equal access_denied "$(parameter error "$back")"
	equal here "$(parameter state "$back")"
	equal "$OPENID" "$(parameter iss "$back")"
'
test_case 'browser: a refresh token only with prompt=consent, or where there is always one' '
	for expected in 0 1; do
		back=$(openid_authorize_redirect "$(authorization prompt)")
		equal 200 "$(post token grant_type=authorization_code "code_verifier=$verifier" \
			"code=$(parameter code "$back")" redirect_uri=http://127.0.0.1:4711/callback)"
		equal "$expected" "$(grep -c refresh_token body || :)"
		openid_admin set offline=always >/dev/null
	done
	openid_admin set offline=consent >/dev/null
'
# A listener of one answer, in place of the program that waits for its browser.
listen_once() {	# PORT-FILE REQUEST-FILE
	node --input-type=module -e '
		import { createServer } from "node:http";
		import { writeFileSync, renameSync } from "node:fs";
		const [ports, requests] = process.argv.slice(1);
		const put = (file, text) => {
			writeFileSync(file + ".new", text);
			renameSync(file + ".new", file);
		};
		setTimeout(() => process.exit(1), 60000);
		const server = createServer((req, res) => {
			put(requests, req.url);
			res.setHeader("Connection", "close");
			res.end("you may close this window\n", () => process.exit(0));
		}).listen(0, "127.0.0.1", () => put(ports, String(server.address().port)));' "$@"
}
test_case 'browser: as a program of its own it goes back to who started it, in any environment' '
	listen_once port request &
	wait_for_file port $!
	url=$(authorization "redirect_uri=http://127.0.0.1:$(cat port)/callback")
	env -i FT_TEST_LOGIN=carol FT_TEST_PAGE="$T/page" setsid -w "$OPENID_BROWSER" "$url"
	wait
	same_text "you may close this window" page
	contains "state=here" request
	equal 200 "$(post token grant_type=authorization_code "code_verifier=$verifier" \
		"code=$(parameter code "$(cat request)")" \
		"redirect_uri=http://127.0.0.1:$(cat port)/callback")"
	userinfo "$(json_member access_token body)"
	equal carol "$(json_member sub body)"
'

test_case 'a refresh token is good once; the second time ends all of it' '
	sign_in_by_curl
	first=$refresh
	use_refresh "$first"; equal 200 "$answer"
	second=$(json_member refresh_token body) access=$(json_member access_token body)
	[ "$first" != "$second" ]
	userinfo "$access"; equal 200 "$answer"
	use_refresh "$first"; says 400 invalid_grant
	use_refresh "$second"; says 400 invalid_grant
	userinfo "$access"; equal 401 "$answer"
'
test_case 'of ten that use one refresh token together one gets an answer' '
	sign_in_by_curl
	openid_admin reset-counters
	for i in $(seq 10); do
		openid_post token -d client_id=cli -d grant_type=refresh_token \
			-d "refresh_token=$refresh" >/dev/null 2>&1 &
	done
	wait
	equal "10 1" "$(openid_count refresh_token.requests) $(openid_count refresh_token.granted)"
'
test_case 'without rotation it stays good' '
	openid_admin set rotate=no >/dev/null
	sign_in_by_curl
	use_refresh "$refresh"; equal 200 "$answer"
	equal "$refresh" "$(json_member refresh_token body)"
	use_refresh "$refresh"; equal 200 "$answer"
	openid_admin set rotate=yes >/dev/null
'
test_case 'access tokens live as long as is said' '
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
'
test_case 'expire: access tokens of one or of all, now' '
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
'
test_case 'revoke: access tokens alone, or the consent with all that was issued' '
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
'
test_case 'disable: nothing works for that user, until it is enabled' '
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
'
test_case 'revocation (RFC 7009): a refresh token takes everything with it' '
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
'
test_case 'introspection (RFC 7662)' '
	sign_in_by_curl bob
	equal 200 "$(post token/introspection "token=$access")"
	contains "\"active\":true" body
	equal bob "$(json_member sub body)"
	equal 200 "$(post token/introspection client_id=cli-es256 "token=$access")"
	contains "\"active\":false" body
	openid_admin expire
	equal 200 "$(post token/introspection "token=$access")"
	contains "\"active\":false" body
'

test_case 'confidential clients: the secret, as each of them sends it' '
	equal 200 "$(status "$OPENID/device/auth" -u basic:basic-secret -d "scope=openid")"
	equal 200 "$(status "$OPENID/device/auth" -d "scope=openid" \
		-u "odd:$(printf %s "+%2541%2B%22%5C%3A%26%3D%2F%3F%23")")"
	equal 200 "$(post device/auth client_id=post client_secret=post-secret)"
	equal 401 "$(post device/auth client_id=post client_secret=wrong)"
	equal invalid_client "$(json_member error body)"
	equal 401 "$(status "$OPENID/device/auth" -u basic:wrong -d "scope=openid")"
	equal 401 "$(status "$OPENID/device/auth" -u "odd: %41+\"" -d "scope=openid")"
	equal 401 "$(post device/auth client_id=basic client_secret=basic-secret)"
	equal 401 "$(status "$OPENID/device/auth" -u post:post-secret -d "scope=openid")"
	equal 401 "$(post device/auth client_id=basic)"
'
test_case 'confidential clients: private_key_jwt, an assertion once' '
	proof=$(assertion one)
	set -- device/auth client_id=jwt "client_assertion_type=$assertion_type"
	equal 200 "$(post "$@" "client_assertion=$proof")"
	equal 401 "$(post "$@" "client_assertion=$proof")"
	equal invalid_client "$(json_member error body)"
	equal 401 "$(post "$@" "client_assertion=$(assertion two ",\"aud\":\"https://example.com\"")")"
	proof=$(assertion three)
	equal 401 "$(post "$@" "client_assertion=${proof%????}AAAA")"
	equal 401 "$(post device/auth client_id=jwt)"
'

test_case 'ID tokens of each signature' '
	for alg in RS256 PS256 ES256 EdDSA; do
		client=cli-$(printf %s "$alg" | tr A-Z a-z)
		[ "$alg" != RS256 ] || client=cli
		sign_in_by_curl alice "client_id=$client"
		jwt "$id_token" >claims
		contains "\"alg\":\"$alg\"" claims
		contains "\"sub\":\"alice\"" claims
		contains "\"aud\":\"$client\"" claims
		contains "\"iss\":\"$OPENID\"" claims
	done
	must_fail jwt "${id_token%????}AAAA"
'
test_case 'the nonce is in the ID token' '
	back=$(openid_authorize_redirect "$(authorization nonce=n-0S6_WzA2Mj)")
	equal 200 "$(post token grant_type=authorization_code "code_verifier=$verifier" \
		"code=$(parameter code "$back")" redirect_uri=http://127.0.0.1:4711/callback)"
	jwt "$(json_member id_token body)" >claims
	contains "\"nonce\":\"n-0S6_WzA2Mj\"" claims
'
test_case 'signing keys: new ones, with or without those before' '
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
'

test_case 'resources (RFC 8707): a JWT for one, an opaque token for another' '
	sign_in_by_curl alice resource=https://git.example.com "scope=openid offline_access read"
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
	sign_in_by_curl alice resource=https://api.example.com "scope=openid offline_access read"
	equal "${access%%.*}" "$access"
	equal "401 204" "$(guard git "$access") $(guard api "$access")"
	use_refresh "$refresh" resource=https://git.example.com; says 400 invalid_target
	openid_admin revoke account=alice
	equal 401 "$(guard api "$access")"
'
test_case 'resources: no other' '
	equal 400 "$(post device/auth resource=https://example.org)"
	equal invalid_target "$(json_member error body)"
	back=$(openid_authorize_redirect "$(authorization resource=https://example.org)")
	equal invalid_target "$(parameter error "$back")"
'
exchange() {	# TOKEN [NAME=VALUE…]
	local token=$1

	shift
	answer=$(post token "grant_type=$token_exchange" "subject_token=$token" \
		"subject_token_type=$access_token" "$@")
}
test_case 'token exchange (RFC 8693): another audience' '
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
'
test_case 'token exchange: only for what is good, and for what is known' '
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
'

test_case 'faults: an error, a request that is lost, an answer that is lost' '
	sign_in_by_curl
	openid_admin fault error=server_error status=503
	use_refresh "$refresh"; says 503 server_error
	openid_admin fault lose=before
	must_fail openid_post token -d client_id=cli -d "refresh_token=$refresh" -d grant_type=refresh_token
	use_refresh "$refresh"; equal 200 "$answer"
	refresh=$(json_member refresh_token body)
	openid_admin fault lose=after
	must_fail openid_post token -d client_id=cli -d "refresh_token=$refresh" -d grant_type=refresh_token
	use_refresh "$refresh"; says 400 invalid_grant
	openid_admin last-request >last
	contains "POST /token" last
	contains "grant_type=refresh_token" last
'
test_case 'faults: an ID token that is wrong, and well signed' '
	for lie in issuer audience subject nonce expired no-subject no-expiry at-hash; do
		openid_admin fault id-token=$lie grant=device_code
		sign_in_by_curl alice
		jwt "$id_token" >claims
		case $lie in
		issuer) contains "\"iss\":\"https://example.org\"" claims ;;
		audience) contains "\"aud\":\"somebody-else\"" claims ;;
		subject) contains "\"sub\":\"mallory\"" claims ;;
		nonce) contains "\"nonce\":\"other\"" claims ;;
		no-subject) lacks "\"sub\":" claims ;;
		no-expiry) lacks "\"exp\":" claims ;;
		at-hash) contains "\"at_hash\":\"AAAAAAAAAAAAAAAAAAAAAA\"" claims ;;
		esac
	done
'
test_case 'faults: an ID token that is not signed, or not by the provider' '
	for lie in kid signature unsigned confused; do
		openid_admin fault id-token=$lie
		sign_in_by_curl alice
		must_fail jwt "$id_token" 2>/dev/null
	done
	contains "HS256" <(printf %s "${id_token%%.*}" | base64 -d 2>/dev/null)
	openid_admin fault id-token=none
	sign_in_by_curl alice
	equal "" "$id_token"
'
test_case 'faults: the browser comes back with something else' '
	openid_admin fault parameter=iss value=https://example.org
	equal https://example.org "$(parameter iss "$(openid_authorize_redirect "$(authorization)")")"
	openid_admin fault parameter=state
	back=$(openid_authorize_redirect "$(authorization)")
	equal "" "$(parameter state "$back")"
	equal "$OPENID" "$(parameter iss "$back")"
'
test_case 'tokens: what somebody got last' '
	sign_in_by_curl dave
	openid_admin tokens account=dave >last
	equal "$access $refresh" "$(field access_token last) $(field refresh_token last)"
	contains "$id_token" last
'
test_case 'the admin side refuses what it does not know' '
	must_fail openid_admin nonsense
	must_fail openid_admin set nonsense=1
	must_fail openid_admin set access-ttl=soon
	must_fail openid_admin disable
	must_fail openid_admin expire what=everything
	must_fail openid_admin fault times=1
'

test_case 'git clone: who has a good token, of the right audience' '
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
'
account work "server=$OPENID" client_id=cli "match=$WEB"
freshtoken setup git --apply >/dev/null
test_case 'freshtoken: git clone works, and once more after the token has expired' '
	sign_in_by_curl
	openid_admin reset-counters
	printf "%s\n" "$refresh" | freshtoken login work --token
	git clone -q "$WEB/project.git" first
	openid_admin expire account=alice
	git clone -q "$WEB/project.git" second || git clone -q "$WEB/project.git" second
	same_text hello second/hello.txt
	equal "2 0" "$(openid_count refresh_token.granted) $(openid_count refresh_token.refused)"
'
test_case 'freshtoken: a rotated signing key is noticed by nobody' '
	openid_admin rotate-keys keep=no
	freshtoken refresh work
	git -C first fetch -q
'
test_case 'freshtoken: a revoked consent wants a new sign-in' '
	openid_admin revoke account=alice
	expect_status 4 freshtoken refresh work
	equal needs-login "$(verdict work)"
'

test_case 'over TLS' '
	make_certificates
	start_openid --tls-cert "$T/.tls/server.pem" --tls-key "$T/.tls/server.key"
	get --cacert "$CA_FILE" "$OPENID/.well-known/openid-configuration" >body
	equal "$OPENID" "$(json_member issuer body)"
	openid_tokens | grep refresh_token
	openid_authorize_redirect "$(authorization)" | grep code=
	run_at_exit
'
is_gone() {
	! kill -0 "$1" 2>/dev/null
}
test_case 'it ends with the shell that started it, and by itself' '
	bash -c "
		. $FT_SRCDIR/tests/services/process.sh
		. $FT_SRCDIR/tests/services/servers.sh
		. $FT_SRCDIR/tests/services/openid.sh
		start_openid
		echo \$OPENID_PID >pid
		kill -KILL \$\$" || :
	eventually 30 is_gone "$(cat pid)"
	expect_status 1 node "$openid_folder/provider.mjs" --max-seconds 1 2>err
	contains "nobody has ended me" err
'
test_done

#!/bin/bash
# SPDX-License-Identifier: MIT
# Accounts without a sign-in, at a real OpenID provider: a client gets tokens for itself.
. "${FT_SRCDIR:?run me with make check}/tests/harness/tap.sh"
. "$FT_SRCDIR/tests/services/servers.sh"
. "$FT_SRCDIR/tests/services/openid.sh"
. "$FT_SRCDIR/tests/harness/accounts.sh"
need_openid
start_openid --interval 1 --offline always
CONF=$XDG_CONFIG_HOME/freshtoken/freshtoken.conf

printf basic-secret >basic
printf post-secret >post
printf wrong >wrong
chmod 600 basic post wrong

# machine NAME CLIENT [KEY=VALUE…] - an account that gets its tokens as this client
machine() {
	local name=$1 client=$2

	shift 2
	account "$name" "server=$OPENID" grant=client_credentials "client_id=$client" \
		"match=$name.example.com" "$@"
}

# set_key NAME KEY VALUE - of an account that has the key
set_key() {
	sed -i "/^\[account $1\]/,/^\[/s|^$2 = .*|$2 = $3|" "$CONF"
}

# takes NAME TOKEN - whether the resource server NAME takes a token
takes() {
	[ "$(curl -qsS --noproxy '*' -m 20 -o /dev/null -w '%{http_code}' -u "x:$2" \
		"$OPENID/_auth/$1")" = 204 ]
}

granted() {
	equal "$1" "$(openid_count client_credentials.granted)"
}

# --- a client of its own ---------------------------------------------------------------------

machine ci robot client_auth=basic "client_secret_file=$T/basic" resource=https://git.example.com \
	scope=read
works_at_once() {
	token=$(freshtoken token ci)
	takes git "$token"
	must_fail takes api "$token"
	equal "$token" "$(git_token ci)"
	equal "$token" "$(docker_token ci)"
	granted 1
	equal fresh "$(verdict ci)"
	freshtoken status ci >out
	contains "nobody signs in: its tokens come by grant = client_credentials" out
	openid_admin last-request >request
	contains "grant_type=client_credentials&" request
	contains "scope=read&resource=https%3A%2F%2Fgit.example.com" request
	lacks '"refresh_token"\|journal' "$(record ci)"
}
test_case 'a token at once, for git and docker and you: one exchange' works_at_once

each_way_to_prove_it() {
	machine post robot-post client_auth=post "client_secret_file=$T/post" \
		resource=https://api.example.com
	takes api "$(freshtoken token post)"
	for key in rs256 es256 eddsa; do
		machine "key-$key" robot-jwt client_auth=private_key_jwt \
			"client_secret_file=$OPENID_KEYS/jwt-$key.pem" \
			resource=https://api.example.com
		takes api "$(freshtoken token "key-$key")"
	done
}
test_case 'the same with client_secret_post and private_key_jwt' each_way_to_prove_it

nobody_signs_in() {
	for way in "" --device --browser --password --token; do
		expect_status 2 freshtoken login ci $way 2>err </dev/null
		same_text "freshtoken: account ci: nobody signs in to it: it gets its tokens by grant = client_credentials; run: freshtoken token ci" err
	done
}
test_case 'login: there is no sign-in, and what to run instead' nobody_signs_in

crowd_at_expiry() {
	before=$(openid_count client_credentials.requests)
	grow_old ci 4000
	for ((i = 0; i < 200; i++)); do
		if [ $((i % 2)) = 0 ]; then
			git_says get ci
		else
			echo ci.example.com | docker-credential-freshtoken get
		fi >"out.$i" 2>&1 &
	done
	wait
	equal $((before + 1)) "$(openid_count client_credentials.requests)"
	token=$(freshtoken token ci)
	for ((i = 0; i < 200; i++)); do contains "$token" "out.$i"; done
}
test_case '200 callers at expiry: one exchange' crowd_at_expiry

rejected_early() {
	token=$(freshtoken token ci)
	openid_admin expire what=access
	must_fail takes git "$token"
	reject ci "$token"
	new=$(git_token ci)
	must_fail equal "$token" "$new"
	takes git "$new"
}
test_case 'a token that a server refuses is replaced' rejected_early

# --- what it was made for ----------------------------------------------------------------------

another_target() {
	token=$(freshtoken token ci)
	set_key ci resource https://api.example.com
	equal refreshable "$(verdict ci)"
	new=$(freshtoken token ci)
	takes api "$new"
	set_key ci resource https://git.example.com
	must_fail equal "$token" "$(freshtoken token ci)"
	set_key ci match "ci.example.com, also.example.com"
	granted_before=$(openid_count client_credentials.granted)
	takes git "$(freshtoken token ci)"
	granted "$granted_before"
}
test_case 'another resource: another token; another match: the same' another_target

another_client() {
	machine who robot client_auth=basic "client_secret_file=$T/basic"
	token=$(freshtoken token who)
	set_key who client_id robot-post
	set_key who client_auth post
	set_key who client_secret_file "$T/post"
	must_fail equal "$token" "$(freshtoken token who)"
	openid_admin last-request >request
	contains "client_id=robot-post" request
}
test_case 'another client: never the token of the earlier one' another_client

sign_in_comes_and_goes() {
	account turn "server=$OPENID" client_id=cli
	device_sign_in turn
	sed -i '/^\[account turn\]/agrant = client_credentials' "$CONF"
	expect_status 1 freshtoken token turn 2>err
	contains "a sign-in of its own is still stored, from before" err
	contains "got grant = client_credentials; run: freshtoken logout turn" err
	sed -i '/^\[account turn\]/,/^\[/{/^grant/d}' "$CONF"
	freshtoken token turn >/dev/null
	sed -i '/^\[account who\]/,/^\[/{/^grant/d}' "$CONF"
	expect_status 4 freshtoken token who 2>err
	contains "its token was got without a sign-in, and $CONF:" err
	contains "now has grant = refresh; run: freshtoken login who" err
	equal needs-login "$(verdict who)"
}
test_case 'a sign-in is not used as a machine'\''s token, nor the other way round' sign_in_comes_and_goes

# --- signed with the account's key -------------------------------------------------------------

# signed NAME CLIENT KEY [KEY=VALUE…] - an account that shows a JWT of its own making
signed() {
	local name=$1 client=$2 key=$3

	shift 3
	account "$name" "server=$OPENID" grant=jwt_bearer "client_id=$client" \
		"client_secret_file=$key" resource=https://api.example.com "$@"
}

part() {
	local text

	text=$(cut -d . -f "$1" | tr -- -_ +/)
	while [ $((${#text} % 4)) != 0 ]; do text=$text=; done
	printf '%s' "$text" | base64 -d
}

signs_by_its_key() {
	for key in rs256.pem ps256.jwk es256.pem es256.jwk eddsa.pem; do
		signed "sign-$key" robot-jwt "$OPENID_KEYS/jwt-$key" client_auth=private_key_jwt
		takes api "$(freshtoken token "sign-$key")"
		openid_admin last-request >request
		sed -n 's/.*&assertion=\([^&]*\).*/\1/p' request >assertion
		alg=${key%.*}
		[ "$alg" = eddsa ] && alg=EdDSA || alg=${alg^^}
		part 1 <assertion >head
		contains "\"alg\":\"$alg\"" head
		part 2 <assertion >claims
		contains '"iss":"robot-jwt","sub":"robot-jwt","aud":"'"$OPENID"'/token"' claims
		python3 -c '
import json, sys, time
c = json.load(open("claims"))
assert c["exp"] - c["iat"] == 300 and abs(time.time() - c["iat"]) < 60 and len(c["jti"]) > 20'
	done
}
test_case 'jwt_bearer: its own JWT, signed with the key'\''s algorithm' signs_by_its_key

profile_says_what_is_signed() {
	mkdir -p "$XDG_CONFIG_HOME/freshtoken/providers"
	cat >"$XDG_CONFIG_HOME/freshtoken/providers/own.conf" <<-'END'
		[provider]
		extends = oauth2
		[jwt]
		issuer = app-${param.app}
		subject = ${param.subject?}
		audience = ${audience}
		lifetime = 10m
		backdate = 1m
		[grant app]
		endpoint = token_endpoint
		header = X-Assertion: ${jwt}
		form = grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer
		  assertion=${jwt}
		  client_id=${client_id?}
	END
	freshtoken provider check "$XDG_CONFIG_HOME/freshtoken/providers/own.conf" 2>/dev/null
	freshtoken provider show own >out
	contains 'issuer = app-${param.app}' out
	contains "lifetime = 600s" out
	signed own cli "$OPENID_KEYS/jwt-es256.pem" param.app=7 audience=me
	sed -i '/^\[account own\]/,/^\[/s/^grant = .*/grant = app\nprovider = own/' "$CONF"
	# The client may not have it; what was sent is seen all the same.
	expect_status 1 freshtoken token own 2>err
	openid_admin last-request >request
	sed -n 's/^x-assertion: //p' request >assertion
	part 2 <assertion >claims
	contains '"iss":"app-7","aud":"me"' claims
	lacks '"sub"' claims
	python3 -c '
import json
c = json.load(open("claims"))
assert c["exp"] - c["iat"] == 660'
	contains "assertion=$(cat assertion)" request
	sed -i '/^\[account own\]/,/^\[/s/^param.app = .*/param.subject = x/' "$CONF"
	expect_status 1 freshtoken token own 2>err
	contains "[jwt] issuer: \${param.app} is not set; set param.app in [account own]" err
}
test_case 'a profile defines the claims, with parameters of the account' profile_says_what_is_signed

key_that_is_none() {
	signed nokey robot-jwt /nonexistent
	sed -i '/^\[account nokey\]/,/^\[/{/^client_secret_file/d}' "$CONF"
	expect_status 1 freshtoken token nokey 2>err
	contains "account nokey: " err
	contains '${jwt}: there is no key to sign with; set client_secret_file to a private key in [account nokey], ' err
	contains ", or set from to a source of a JWT" err
	signed secret robot-jwt "$T/basic"
	expect_status 1 freshtoken token secret 2>err
	contains "client_secret_file $T/basic: the key is neither a private key in PEM" err
	lacks basic-secret err
	openssl genpkey -quiet -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -aes256 \
		-pass pass:x -out locked.pem 2>/dev/null || openssl ecparam -genkey -name prime256v1 |
		openssl ec -aes256 -passout pass:x -out locked.pem 2>/dev/null
	signed locked robot-jwt "$T/locked.pem"
	expect_status 1 freshtoken token locked 2>err
	contains "client_secret_file $T/locked.pem: the key is encrypted" err
	# Nor does it authenticate a client.
	machine lockedclient jwt client_auth=private_key_jwt "client_secret_file=$T/locked.pem"
	expect_status 1 freshtoken token lockedclient 2>err
	contains "client_secret_file $T/locked.pem: client assertion: the key is encrypted" err
	contains 'put a private key for signing into client_secret_file' err
}
test_case 'an invalid key: the message names the file' key_that_is_none

transport_signs() {
	openssl genpkey -algorithm RSA-PSS -pkeyopt rsa_keygen_bits:2048 -out pss.pem 2>/dev/null
	openssl pkey -in pss.pem -pubout -out pss.pub
	python3 -c '
import json
json.dump({"version": 1, "sign": {"key": open("pss.pem").read(), "claims": {"a": "b"}}},
	open("sign", "w"))'
	"$FT_LIBEXEC/freshtoken-transport" <sign >answer
	sed -n 's/.*"signed":"\([^"]*\)".*/\1/p' answer >jwt
	part 1 <jwt >head
	contains '"alg":"PS256"' head
	part 2 <jwt >claims
	contains '{"a":"b","jti":' claims
	part 3 <jwt >signature
	printf %s "$(cut -d . -f 1,2 jwt)" >text
	openssl dgst -sha256 -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:32 \
		-verify pss.pub -signature signature text
	for bad in '{"key":"x"}' '{"claims":{}}' '{"key":"","claims":{}}' '{"key":"x","claims":[]}' \
		'{"key":"x","claims":{},"url":"x"}' '[]' '"x"'; do
		expect_status 2 "$FT_LIBEXEC/freshtoken-transport" <<<"{\"version\":1,\"sign\":$bad}" 2>err
		contains "sign" err
	done
	expect_status 2 "$FT_LIBEXEC/freshtoken-transport" 2>err \
		<<<'{"version":1,"sign":{"key":"x","claims":{}},"url":"https://example.com"}'
	contains "sign: is not alone" err
}
test_case 'freshtoken-transport signs and sends nothing: PS256 with an RSA-PSS key' transport_signs

# --- an assertion from elsewhere as proof of the client ---------------------------------------------

# assert_client - an assertion of who the client robot-jwt is, as a cluster would issue it
assert_client() {
	node "$openid_folder/sign.mjs" "$OPENID_KEYS/jwt-es256.jwk" iss=robot-jwt sub=robot-jwt \
		"aud=$OPENID" "$@"
}

federated_identity() {
	assert_client >federated
	account federated "server=$OPENID" grant=client_credentials client_auth=source \
		"from=file:$T/federated" client_id=robot-jwt resource=https://api.example.com
	takes api "$(freshtoken token federated)"
	openid_admin last-request >request
	contains "client_assertion=$(cat federated)" request
	contains "client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer" request
	contains "client_id=robot-jwt" request
	lacks client_secret request
	assert_client >federated
	freshtoken refresh federated
	assert_client aud=https://elsewhere.example.com >federated
	expect_status 1 freshtoken refresh federated 2>err
	contains "the service does not accept this client (HTTP 401: invalid_client)" err
	contains "check client_id and what its source file:$T/federated brings" err
	rm federated
	expect_status 0 freshtoken token federated >/dev/null
	# This provider takes each assertion once, and is asked more than one thing.
	assert_client >federated
	freshtoken logout federated 2>err || :
	contains "account federated: its token is deleted on this host" err
	openid_admin last-request >request
	contains "client_assertion=$(cat federated)" request
}
test_case 'client_auth = source: the token in a file authenticates the client' federated_identity

source_that_is_missing() {
	account nosource "server=$OPENID" grant=client_credentials client_auth=source client_id=x
	expect_status 1 freshtoken token nosource 2>err
	contains "client_auth: source needs from" err
	sed -i '/^\[account nosource\]/,$d' "$CONF"
}
test_case 'client_auth = source without a source' source_that_is_missing

# --- as a source ---------------------------------------------------------------------------------

source_of_another() {
	account robots "server=$OPENID" grant=client_credentials client_id=robot \
		client_auth=basic "client_secret_file=$T/basic"
	account chain "server=$OPENID" client_id=cli from=robots resource=https://git.example.com
	expect_status 2 freshtoken login chain 2>err
	same_text "freshtoken: account chain: nobody signs in to it: it gets its tokens by grant = token_exchange; run: freshtoken token chain" err
	# There is no consent that this provider's exchange could belong to.
	expect_status 1 freshtoken token chain 2>err
	contains "account chain: $OPENID gives no token for that of account robots: HTTP 400: invalid_request" err
	lacks "freshtoken login" err
	equal unreachable "$(verdict chain)"
}
test_case 'an account without a sign-in as a source: no message says to sign in' source_of_another

# --- refusals ----------------------------------------------------------------------------------

wrong_secret() {
	machine bad robot client_auth=basic "client_secret_file=$T/wrong"
	expect_status 1 freshtoken token bad 2>err
	contains "account bad: $OPENID gives no token: the service does not accept this client (HTTP 401: invalid_client)" err
	contains "check client_id, client_auth and client_secret_file = $T/wrong in [account bad], $CONF:" err
	lacks "freshtoken login" err
	before=$(openid_count client_credentials.requests)
	for ((i = 0; i < 5; i++)); do must_fail freshtoken token bad 2>err; done
	equal "$before" "$(openid_count client_credentials.requests)"
	printf basic-secret >wrong
	freshtoken refresh bad
	equal fresh "$(verdict bad)"
}
test_case 'a wrong secret: the message names the file, and there is no request soon after' wrong_secret

refusals_name_what_helps() {
	machine lost robot client_auth=basic "client_secret_file=$T/basic" \
		resource=https://unknown.example.com
	expect_status 1 freshtoken token lost 2>err
	contains "gives no token: HTTP 400: invalid_target; the service does not know the resource" err
	contains "check resource and audience" err
	account public "server=$OPENID" client_id=cli grant=client_credentials
	expect_status 1 freshtoken token public 2>err
	contains "gives no token: HTTP 400: invalid_request; " err
	contains "\"requested grant type is not allowed for this client\"" err
	machine odd robot client_auth=basic "client_secret_file=$T/basic"
	openid_admin fault error=invalid_grant
	expect_status 1 freshtoken token odd 2>err
	contains "HTTP 400: invalid_grant" err
	lacks "freshtoken login" err
	equal unreachable "$(verdict odd)"
}
test_case 'a target or a grant that the service does not allow; no message asks for a sign-in' \
	refusals_name_what_helps

grant_that_is_none() {
	account none "server=$OPENID" client_id=cli grant=client_credential
	expect_status 1 freshtoken token none 2>err
	contains "grant: provider profile oauth2 has no [grant client_credential]; it has: client_credentials, jwt_bearer, token_exchange" err
	account vendor provider=kirjaswappi "server=$OPENID" grant=client_credentials
	expect_status 1 freshtoken token vendor 2>err
	contains "grant: provider profile kirjaswappi has no [grant client_credentials] and no other" err
}
test_case 'a grant that the profile does not have: the message lists its grants' grant_that_is_none

# --- written by add ------------------------------------------------------------------------------

added() {
	freshtoken add made --server "$OPENID" --grant client_credentials --client-id robot \
		--client-secret-file basic --match made.example.com >out 2>err </dev/null
	contains "account made: nobody has to sign in for its tokens" err
	contains "freshtoken token made" out
	lacks "freshtoken login" out
	freshtoken token made >/dev/null
	sed -n '/^\[account made\]/,$p' "$CONF" >section
	contains "grant = client_credentials" section
	contains "client_auth = basic" section
	freshtoken add signer --server "$OPENID" --grant jwt_bearer --client-id robot-jwt \
		--client-secret-file "$OPENID_KEYS/jwt-es256.pem" >out 2>err </dev/null
	sed -n '/^\[account signer\]/,$p' "$CONF" >section
	lacks client_auth section
	expect_status 1 freshtoken add wrong --server "$OPENID" --grant none 2>err </dev/null
	contains "nothing is written: account wrong: grant: provider profile oauth2 has no [grant none]" err
	expect_status 1 freshtoken add wrong --server "$OPENID" --from file:x 2>err </dev/null
	contains "from: expected a path that begins with /" err
}
test_case 'add writes such an account, and says which programs get its token' added

# --- the end -------------------------------------------------------------------------------------

logout_forgets() {
	set_key ci resource https://api.example.com
	token=$(freshtoken token ci)
	freshtoken logout ci 2>err
	contains "account ci: its token is deleted on this host; the token is revoked" err
	[ ! -e "$(record ci)" ]
	must_fail takes api "$token"
	freshtoken logout ci 2>err
	contains "account ci: there is no token" err
	takes api "$(freshtoken token ci)"
}
test_case 'logout: revoked and forgotten; the next token is another one' logout_forgets
test_done

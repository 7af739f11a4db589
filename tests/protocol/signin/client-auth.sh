#!/bin/bash
# SPDX-License-Identifier: MIT
# How a client authenticates, in each request of a sign-in, and the audience of its tokens: at a
# real OpenID provider that accepts only the registered method.
. "${FT_SRCDIR:?run me with make check}/tests/harness/tap.sh"
. "$FT_SRCDIR/tests/services/servers.sh"
. "$FT_SRCDIR/tests/services/openid.sh"
. "$FT_SRCDIR/tests/harness/accounts.sh"
need_openid
start_openid --interval 1 --offline always

printf basic-secret >basic
printf post-secret >post
printf '%s\n' ' %41+"\:&=/?#' >odd
chmod 600 basic post odd

# claims FILE - of the JWT in it
claims() {
	local part

	part=$(cut -d . -f 2 "$1" | tr -- -_ +/)
	while [ $((${#part} % 4)) != 0 ]; do part=$part=; done
	printf '%s' "$part" | base64 -d
}

# counts NAME… - of requests that were granted
counts() {
	local name numbers=()

	for name; do numbers+=("$(openid_count "$name.granted")"); done
	echo "${numbers[*]}"
}

# whole_life NAME - a sign-in by device, refresh, introspection, exchange, revocation
whole_life() {
	openid_admin reset-counters >/dev/null
	device_sign_in "$1"
	equal "1 1" "$(counts device_authorization device_code)"
	freshtoken refresh "$1"
	equal 1 "$(counts refresh_token)"
	freshtoken status "$1" --check >out
	equal "fresh the service says that the sign-in is good" "$(cut -f 2,6 out | tr "\t" " ")"
	equal 2 "$(counts introspection)"
	freshtoken token "$1-git" >token
	equal 1 "$(counts token-exchange)"
	freshtoken logout "$1" 2>err
	contains "account $1: signed out; its tokens are revoked" err
	equal 3 "$(counts revocation)"
	equal 0 "$(openid_admin counters | grep -c "invalid_client" || :)"
}

# client NAME [KEY=VALUE…] - an account, and one that exchanges its tokens in the same way
client() {
	local name=$1

	shift
	account "$name" "server=$OPENID" "$@"
	account "$name-git" "server=$OPENID" "$@" "from=$name" resource=https://git.example.com
}

client public client_id=cli
client basic client_id=basic client_auth=basic "client_secret_file=$T/basic"
client odd client_id=odd client_auth=basic "client_secret_file=$T/odd"
client post client_id=post client_auth=post "client_secret_file=$T/post"
for key in rs256.pem rs256.jwk es256.pem es256.jwk eddsa.pem eddsa.jwk; do
	client "jwt-$key" client_id=jwt client_auth=private_key_jwt \
		"client_secret_file=$OPENID_KEYS/jwt-$key"
done

test_case 'none' whole_life public
test_case 'client_secret_basic' whole_life basic
test_case 'client_secret_basic: a secret with special characters' whole_life odd
test_case 'client_secret_post' whole_life post
for key in rs256.pem rs256.jwk es256.pem es256.jwk eddsa.pem eddsa.jwk; do
	test_case "private_key_jwt: $key" whole_life "jwt-$key"
done

private_key_jwt() {
	device_sign_in jwt-es256.jwk
	sent() { openid_admin last-request | sed -n "s/.*client_assertion=\([^&]*\).*/\1/p"; }
	freshtoken refresh jwt-es256.jwk
	openid_admin last-request >request
	sent >first
	freshtoken refresh jwt-es256.jwk
	sent >second
	must_fail cmp -s first second
	contains "client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer" request
	lacks client_secret request
	lacks "$(sed -n "s/.*\"d\":\"\([^\"]*\)\".*/\1/p" "$OPENID_KEYS/jwt-es256.jwk")" request
	claims first >payload
	contains "\"iss\":\"jwt\"" payload
	contains "\"sub\":\"jwt\"" payload
	contains "\"aud\":\"$OPENID/token\"" payload
}
test_case 'private_key_jwt: the key is not sent, and each assertion is used once' private_key_jwt

private_key_jwt_elsewhere() {
	# A service that does not tell what is active is not asked again after revoking.
	openid_admin fault at=introspection error=invalid_request >/dev/null
	freshtoken logout jwt-es256.jwk
	openid_admin last-request >request
	contains "POST /token/revocation" request
	sed -n "s/.*client_assertion=\([^&]*\).*/\1/p" request >sent
	claims sent >payload
	contains "\"aud\":\"$OPENID\"" payload
}
test_case 'private_key_jwt: at other endpoints than the token endpoint the audience is the issuer' \
	private_key_jwt_elsewhere

private_key_jwt_keys_none() {
	openssl genpkey -algorithm ed25519 -out other.pem 2>/dev/null
	sed "1,2d" "$OPENID_KEYS/jwt-rs256.pem" >half.pem
	chmod 600 other.pem half.pem
	for key in other.pem half.pem; do
		account "wrong-$key" "server=$OPENID" client_id=jwt client_auth=private_key_jwt \
			"client_secret_file=$T/$key"
	done
	expect_status 4 freshtoken login wrong-other.pem --device 2>err
	contains "invalid_client" err
	contains "check client_id, client_auth and client_secret_file" err
	must_fail freshtoken login wrong-half.pem --device 2>err
	equal 1 "$(wc -l <err)"
	contains "account wrong-half.pem: " err
	contains "key" err
	lacks "$(sed -n 3p half.pem)" err
}
test_case 'private_key_jwt: invalid keys, and another client'\''s key'"'"'s' private_key_jwt_keys_none

private_key_jwt_request_no_form() {
	mkdir -p "$XDG_CONFIG_HOME/freshtoken/providers"
	printf "%s\n" "[refresh]" "path = /r" "json = {\"t\": \"\${refresh_token}\"}" \
		"form = t=\${refresh_token}" \
		"format = json" "[response]" "access_token = access_token" \
		>"$XDG_CONFIG_HOME/freshtoken/providers/both.conf"
	account json provider=both "server=$OPENID" client_id=jwt client_auth=private_key_jwt \
		"client_secret_file=$OPENID_KEYS/jwt-rs256.pem"
	echo token | expect_status 1 freshtoken login json --token 2>err
	same_text "freshtoken: account json: client_auth: private_key_jwt needs a form, but provider profile both does not send one; set format = form" err
}
test_case 'private_key_jwt: a request without a form is refused on this host, with what to do' \
	private_key_jwt_request_no_form

secret_and_key_in_kubernetes() {
	mkdir -p volume/..first volume/..second
	printf wrong >volume/..first/secret
	printf basic-secret >volume/..second/secret
	for which in first second; do cp "$OPENID_KEYS/jwt-es256.pem" "volume/..$which/key"; done
	chmod 640 volume/..*/*
	ln -s ..second volume/..data
	ln -s ..data/secret volume/secret
	ln -s ..data/key volume/key
	account k8s "server=$OPENID" client_id=basic client_auth=basic \
		"client_secret_file=$T/volume/secret"
	account k8s-key "server=$OPENID" client_id=jwt client_auth=private_key_jwt \
		"client_secret_file=$T/volume/key"
	for name in k8s k8s-key; do
		device_sign_in $name
		freshtoken refresh $name
	done
	# As the kubelet does it: a new folder, and one rename.
	ln -s ..first volume/..new
	mv -T volume/..new volume/..data
	expect_status 1 freshtoken refresh k8s 2>err
	contains "client_secret_file = $T/volume/secret" err
	freshtoken refresh k8s-key
	ln -s ..second volume/..new
	mv -T volume/..new volume/..data
	freshtoken refresh k8s
	chmod 646 volume/..second/secret
	expect_status 1 freshtoken refresh k8s 2>err
	contains "volume/secret: others can write to it; run: chmod go-w " err
}
test_case 'a secret and a key in a Kubernetes volume: links through ..data, followed again at each use' \
	secret_and_key_in_kubernetes

another_way_than_agreed_refused() {
	for pair in "basic post" "post basic"; do
		name=${pair% *}
		account "as-${pair#* }" "server=$OPENID" "client_id=$name" \
			"client_auth=${pair#* }" "client_secret_file=$T/$name"
		expect_status 4 freshtoken login "as-${pair#* }" --device 2>err
		contains invalid_client err
		contains "check client_id, client_auth and client_secret_file" err
		lacks "$name-secret" err
	done
}
test_case 'another method than the registered one is refused and reported' another_way_than_agreed_refused

# --- what tokens are for -----------------------------------------------------------------------

account git "server=$OPENID" client_id=cli resource=https://git.example.com
account api "server=$OPENID" client_id=cli resource=https://api.example.com \
	"scope=openid offline_access read"
account unknown "server=$OPENID" client_id=cli resource=https://unknown.example.com

guard() {	# NAME TOKEN
	curl -qsS --noproxy '*' -m 20 -o /dev/null -w '%{http_code}' -u "x:$2" "$OPENID/_auth/$1"
}

resource_token_for_audience() {
	device_sign_in git
	for i in 1 2; do
		freshtoken token git >token
		claims token >payload
		contains "\"aud\":\"https://git.example.com\"" payload
		equal "204 401" "$(guard git "$(cat token)") $(guard api "$(cat token)")"
		freshtoken refresh git
		openid_admin last-request >request
		contains "resource=https%3A%2F%2Fgit.example.com" request
	done
	device_sign_in api
	freshtoken token api >token
	equal "401 204" "$(guard git "$(cat token)") $(guard api "$(cat token)")"
}
test_case 'resource: a token for that audience, at the sign-in and after a refresh' \
	resource_token_for_audience

resource_in_browser_too() {
	export BROWSER=$OPENID_BROWSER FT_TEST_LOGIN=alice
	freshtoken login git --browser 2>err </dev/null
	freshtoken token git >token
	claims token >payload
	contains "\"aud\":\"https://git.example.com\"" payload
}
test_case 'resource: in the browser too' resource_in_browser_too

resource_one_service() {
	expect_status 4 freshtoken login unknown --device 2>err
	contains invalid_target err
	contains "check resource and audience" err
}
test_case 'resource: one that the service does not know' resource_one_service

audience_in_exchange() {
	device_sign_in post
	account for-api "server=$OPENID" client_id=post client_auth=post \
		"client_secret_file=$T/post" \
		from=post audience=https://api.example.com scope=read
	equal 204 "$(guard api "$(freshtoken token for-api)")"
	openid_admin last-request >request
	contains "audience=https%3A%2F%2Fapi.example.com" request
	contains "scope=read" request
}
test_case 'audience: in an exchange, with an authenticated client' audience_in_exchange
test_done

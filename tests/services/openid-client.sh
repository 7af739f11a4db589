# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154	# for whoever sources this file
#
# openid-client.sh - plain requests to the OpenID provider with curl; sourced after client.sh and
# openid.sh
#
# answer is the status of the last response, whose body is in the file body; access, refresh and
# id_token are those of the last sign-in, code and user_code those of the last device.

device_code=urn:ietf:params:oauth:grant-type:device_code
token_exchange=urn:ietf:params:oauth:grant-type:token-exchange
access_token=urn:ietf:params:oauth:token-type:access_token
assertion_type=urn:ietf:params:oauth:client-assertion-type:jwt-bearer
callback=http://127.0.0.1:4711/callback
verifier=0123456789-0123456789-0123456789-0123456789

base64url() {
	base64 -w 0 | tr +/ -_ | tr -d =
}

# post PATH [NAME=VALUE…] - as the client cli unless another is named; prints the status
post() {
	local path=$1 client=client_id=cli arguments=() pair

	shift
	for pair; do
		case $pair in
		client_id=*) client=$pair ;;
		*) arguments+=(--data-urlencode "$pair") ;;
		esac
	done
	status "$OPENID/$path" --data-urlencode "$client" "${arguments[@]}"
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

# challenge - of the verifier (RFC 7636)
challenge() {
	printf %s "$verifier" | openssl dgst -sha256 -binary | base64url
}

# authorization [NAME[=VALUE]…] - the URL that a program opens in a browser; a name alone: without
authorization() {
	local parameters=(client_id=cli response_type=code prompt=consent state=here
		'scope=openid offline_access' "redirect_uri=$callback"
		code_challenge_method=S256 "code_challenge=$(challenge)")
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
	# curl encodes it, whatever comes of it.
	get -G -o /dev/null -w '%{url_effective}\n' "${arguments[@]}" "$OPENID/auth"
}

# parameter NAME URL
parameter() {
	printf '%b\n' "$(sed -n "s/.*[?&]$1=\([^&]*\).*/\1/p" <<<"$2" | sed 's/+/ /g; s/%/\\x/g')"
}

# jwt TOKEN - checked with the keys that are published now: its header and its claims, a line each
jwt() {
	get "$OPENID/jwks" >keys.json
	TOKEN=$1 node --input-type=module -e '
		import { createPublicKey, verify, constants } from "node:crypto";
		import { readFileSync } from "node:fs";
		const [head, body, signature] = process.env.TOKEN.split(".");
		const text = (part) => Buffer.from(part, "base64url").toString();
		const { alg, kid } = JSON.parse(text(head));
		const { keys } = JSON.parse(readFileSync("keys.json"));
		const jwk = keys.find((one) => one.kid === kid);
		const key = createPublicKey({ key: jwk, format: "jwk" });
		const how = {
			RS256: { key },
			PS256: { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 },
			ES256: { key, dsaEncoding: "ieee-p1363" },
			EdDSA: { key },
		}[alg];
		const good = verify(alg === "EdDSA" ? null : "sha256",
			Buffer.from(head + "." + body), how, Buffer.from(signature, "base64url"));
		if (!good || "d" in jwk) process.exit(1);
		console.log(text(head) + "\n" + text(body));'
}

# assertion JTI [CLAIMS] - what the client jwt proves itself with, signed by openssl
assertion() {
	local head claims signature

	head=$(printf '{"alg":"RS256","kid":"jwt-rs256"}' | base64url)
	claims=$(printf '{"iss":"jwt","sub":"jwt","aud":"%s","jti":"%s","exp":%d%s}' "$OPENID" \
		"$1" "$(($(date +%s) + 60))" "${2-}" | base64url)
	signature=$(printf %s "$head.$claims" |
		openssl dgst -sha256 -sign "$OPENID_KEYS/jwt-rs256.pem" -binary | base64url)
	printf '%s.%s.%s\n' "$head" "$claims" "$signature"
}

exchange() {	# TOKEN [NAME=VALUE…]
	local token=$1

	shift
	answer=$(post token "grant_type=$token_exchange" "subject_token=$token" \
		"subject_token_type=$access_token" "$@")
}

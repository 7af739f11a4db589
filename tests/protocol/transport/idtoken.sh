#!/bin/bash
# SPDX-License-Identifier: MIT
# freshtoken-transport and JOSE: ID tokens, an issuer's keys, client assertions; the real program in
# its closed sandbox, with keys and signatures made by openssl.
. "${FT_SRCDIR:?run me with make check}/tests/harness/tap.sh"
. "$FT_SRCDIR/tests/harness/transport.sh"
need openssl basenc

issuer=https://sso.example.com

# start_wire NAME - a server that answers with the body from standard input; its URL is $url,
# NAME.log has what it received
start_wire() {
	local name=$1 pid

	{ printf '%s\r\n' 'HTTP/1.1 200 OK' 'Content-Type: application/json' ''; cat; } \
		>"$name.reply"
	"$FT_BUILDDIR/tests/harness/wire" --port-file "$T/$name.port" --log "$T/$name.log" \
		--reply "$name.reply" &
	pid=$!
	at_exit stop_pid "$pid"
	if ! wait_for_file "$T/$name.port" "$pid"; then
		echo 'Bail out! wire does not start'
		exit 99
	fi
	url=http://127.0.0.1:$(cat "$T/$name.port")/
}

# ask URL MEMBERS - the answer, one line, in the file "answer"
ask() {
	printf '{"version":1,"method":"POST","url":"%s","body":"grant_type=x","sandbox":true,%s}' \
		"$1" "$2" >asked
	"$transport" <asked >answer 2>err
	cat answer err
	empty err
	equal 1 "$(grep -c . answer)"
	closed
}

# closed - the sandbox was, where the build has one
closed() {
	[ "$sanitized" = 1 ] || contains '"dumpable":false,"seccomp":true' answer
}

base64url() {
	basenc --base64url -w 0 | tr -d =
}

# unbase64url - what base64url made, from standard input
unbase64url() {
	local text

	text=$(cat)
	case $((${#text} % 4)) in 2) text=$text== ;; 3) text=$text= ;; esac
	printf '%s' "$text" | basenc --base64url -d
}

from_hex() {
	basenc --base16 -d
}

# --- keys and tokens by openssl alone -----------------------------------------------

{
	openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out rsa.pem
	openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:1024 -out short.pem
	openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out ec.pem
	openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-384 -out ec384.pem
	openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-521 -out ec512.pem
	openssl genpkey -algorithm ED25519 -out ed.pem
	for key in rsa ec ec384 ec512 ed; do
		openssl pkey -in $key.pem -pubout -out $key.pub
	done
} >openssl.log 2>&1 || { diag <openssl.log; echo 'Bail out! openssl makes no keys'; exit 99; }

n=$(openssl rsa -in rsa.pem -noout -modulus | sed 's/.*=//' | from_hex | base64url)
# ec_key NAME CURVE BYTES - a key as a JWK; each of its coordinates has so many bytes
ec_key() {
	local point

	point=$(openssl pkey -in "$1.pem" -pubout -outform DER | tail -c $((2 * $3)) |
		basenc --base16 -w 0)
	printf '{"kty":"EC","kid":"%s","crv":"%s","x":"%s","y":"%s"}' "$1" "$2" \
		"$(printf %s "${point:0:2*$3}" | from_hex | base64url)" \
		"$(printf %s "${point:2*$3}" | from_hex | base64url)"
}

ed=$(openssl pkey -in ed.pem -pubout -outform DER | tail -c 32 | base64url)
rsa_key='{"kty":"RSA","kid":"rsa","n":"'$n'","e":"AQAB"}'
ec_keys=$(ec_key ec P-256 32),$(ec_key ec384 P-384 48),$(ec_key ec512 P-521 66)
ed_key='{"kty":"OKP","kid":"ed","crv":"Ed25519","x":"'$ed'"}'
keys='{"keys":['$rsa_key,$ec_keys,$ed_key']}'

# digits ALG - hexadecimal, of half a signature by an elliptic curve
digits() {
	case $1 in ES256) echo 64 ;; ES384) echo 96 ;; ES512) echo 132 ;; esac
}

# sign ALG KEY [SALT] - the signature of standard input, raw
sign() {
	cat >data
	case $1 in
	RS*) openssl dgst "-sha${1#RS}" -sign "$2.pem" data ;;
	PS*) openssl dgst "-sha${1#PS}" -sigopt rsa_padding_mode:pss -sigopt \
		rsa_pss_saltlen:"${3:-digest}" \
		-sign "$2.pem" data ;;
	ES*) openssl dgst "-sha${1#ES}" -sign "$2.pem" data | openssl asn1parse -inform DER |
		sed -n 's/.*INTEGER *://p' | while read -r number; do
			printf "%$(digits "$1")s" "$number" | tr ' ' 0
		done | from_hex ;;
	EdDSA) openssl pkeyutl -sign -rawin -inkey "$2.pem" -in data ;;
	esac
}

# token ALG KEY AUDIENCE [SALT]
token() {
	local now input

	now=$(date +%s)
	input=$(printf '{"alg":"%s","kid":"%s"}' "$1" "$2" | base64url).$(
		printf '{"iss":"%s","aud":"%s","sub":"alice","iat":%d,"exp":%d}' "$issuer" "$3" \
			"$now" $((now + 600)) | base64url)
	printf '%s.%s' "$input" "$(printf %s "$input" | sign "$1" "$2" "${4:-}" | base64url)"
}

# rules [MEMBERS] - what the request says of the ID token, and the fields
rules() {
	printf '"id_token":{"issuer":"%s","client_id":"client"%s},' "$issuer" "${1:+,$1}"
	printf '"fields":{"subject":["id_token:sub"],"access_token":["access_token"]}'
}

# --- ID tokens ------------------------------------------------------------------------

signed_id_token() {
	ask "$url" "$(rules "\"keys\":$keys")"
	says "\"id_token\":{\"verified\":true}" "\"subject\":\"alice\"" "\"access_token\":\"a1\""
}

for alg in RS256:rsa RS384:rsa RS512:rsa PS256:rsa PS384:rsa PS512:rsa ES256:ec ES384:ec384 \
	ES512:ec512 \
	EdDSA:ed; do
	key=${alg#*:} alg=${alg%:*}
	start_wire "$alg" <<<"{\"access_token\":\"a1\",\"id_token\":\"$(token "$alg" "$key" \
		client)\"}"
	test_case "an ID token signed with $alg is verified" signed_id_token
done
good=$url

start_wire set <<<"$keys"
set_url=$url
keys_not_at_hand_fetched() {
	ask "$good" "$(rules)"
	says "\"verified\":false" "\"unknown_key\":true" "no key of the issuer" \
		"\"access_token\":\"a1\""
	never_says alice
	token=$(sed "s/.*\"token\":\"\([^\"]*\)\".*/\1/" answer)
	contains "$token" EdDSA.reply
	ask "$set_url" "\"jwks\":true,$(rules "\"token\":\"$token\"")"
	says "\"keys\":$keys" "\"id_token\":{\"verified\":true}" \
		"\"fields\":{\"subject\":\"alice\"}"
	never_says "\"d\":"
}
test_case 'missing keys are fetched by a second exchange' keys_not_at_hand_fetched

key_issuer_does_not_have() {
	ask "$good" "$(rules "\"keys\":{\"keys\":[$rsa_key]}")"
	says "\"unknown_key\":true" "has its kid \\\"ed\\\"" \
		"\"fields\":{\"access_token\":\"a1\"}"
	never_says alice
}
test_case 'a key that the issuer does not have' key_issuer_does_not_have

# RFC 7518 section 3.5
start_wire salt <<<"{\"access_token\":\"a1\",\"id_token\":\"$(token PS256 rsa client 20)\"}"
salt=$url
salt_not_as_long() {
	ask "$salt" "$(rules "\"keys\":$keys")"
	says "\"verified\":false" "its signature was not made with the issuer" \
		"\"fields\":{\"access_token\":\"a1\"}"
}
test_case 'a salt with another length than the hash' salt_not_as_long

start_wire other <<<"{\"access_token\":\"a1\",\"id_token\":\"$(token RS256 rsa another)\"}"
other=$url
id_token_for_somebody_else() {
	ask "$other" "$(rules "\"keys\":$keys")"
	says "\"verified\":false" "its aud is \\\"another\\\", not \\\"client\\\"" \
		"\"fields\":{\"access_token\":\"a1\"}"
	never_says alice unknown_key
}
test_case 'an ID token with another audience: not verified, and the rest of the answer counts' \
	id_token_for_somebody_else

where_system_has_no_sandbox() {
	printf "{\"version\":1,\"method\":\"POST\",\"url\":\"%s\",%s}" "$good" \
		"$(rules "\"keys\":$keys")" >asked
	"$FT_BUILDDIR/tests/harness/unboxed" "$transport" <asked >answer
	says "\"verified\":true" "\"subject\":\"alice\""
}
test_case 'it is verified without a sandbox too' where_system_has_no_sandbox

# --- client assertions ----------------------------------------------------------------

start_wire client <<<'{"access_token":"a1"}'
client=$url

# assertion FILE - the members for a key
assertion() {
	printf '"client_assertion":{"key":"%s","client_id":"client","audience":"%s"},"fields":{}' \
		"$(sed 's/"/\\"/g' "$1" | awk '{ printf "%s\\n", $0 }')" "$issuer"
}

# signed ALG KEY - that the body which the server got last ends with an assertion by the key
signed() {
	local body token number member

	body=$(tail -n 1 client.log)
	token=${body##*&client_assertion=}
	equal "$body" "grant_type=x&client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer&client_assertion=$token"
	printf %s "${token%.*}" >data
	printf %s "${token##*.}" | unbase64url >signature
	case $1 in
	RS*) openssl dgst "-sha${1#RS}" -verify "$2.pub" -signature signature data ;;
	ES*)
		number=$(basenc --base16 -w 0 <signature)
		printf 'asn1=SEQUENCE:both\n[both]\nr=INTEGER:0x%s\ns=INTEGER:0x%s\n' \
			"${number:0:$(digits "$1")}" "${number:$(digits "$1")}" >both
		openssl asn1parse -genconf both -noout -out der
		openssl dgst "-sha${1#ES}" -verify "$2.pub" -signature der data
		;;
	EdDSA) openssl pkeyutl -verify -pubin -inkey "$2.pub" -rawin -in data -sigfile signature ;;
	esac
	printf %s "${token%%.*}" | unbase64url >header
	token=${token#*.}
	printf %s "${token%.*}" | unbase64url >claims
	contains "\"alg\":\"$1\"" header
	for member in '"iss":"client"' '"sub":"client"' "\"aud\":\"$issuer\"" '"jti":"'; do
		contains "$member" claims
	done
}

client_assertion() {
	ask "$client" "$(assertion "$key.pem")"
	says "\"status\":200"
	never_says client_assertion
	signed "$alg" "$key"
	iat=$(sed "s/.*\"iat\":\([0-9]*\).*/\1/" claims)
	exp=$(sed "s/.*\"exp\":\([0-9]*\).*/\1/" claims)
	equal 60 $((exp - iat))
}

for alg in RS256:rsa ES256:ec ES384:ec384 ES512:ec512 EdDSA:ed; do
	key=${alg#*:} alg=${alg%:*}
	test_case "a client assertion with $alg" client_assertion
done
key_jwk_says_name() {
	d=$(openssl pkey -in ed.pem -outform DER | tail -c 32 | base64url)
	printf "%s,\"d\":\"%s\"}\n" "${ed_key%\}}" "$d" >ed.jwk
	ask "$client" "$(assertion ed.jwk)"
	signed EdDSA ed
	contains "\"kid\":\"ed\"" header
}
test_case 'a JWK has its kid in the header' key_jwk_says_name

keys_cannot_be_used() {
	: >client.log
	printf "%s\n" "no key" s3cret >none.pem
	openssl pkey -in rsa.pem -aes128 -passout pass:x -out locked.pem
	for row in "none:neither a private key in PEM" "rsa.pub:neither a private key in PEM" \
		"short:it has 1024 bits, and RS256 needs 2048" "locked:the key is encrypted"; do
		file=${row%%:*}
		[ -e "$file" ] || file=$file.pem
		printf "{\"version\":1,\"method\":\"POST\",\"url\":\"%s\",\"body\":\"a=b\",%s}" \
			"$client" \
			"$(assertion "$file")" >asked
		"$transport" <asked >answer 2>err
		cat answer
		empty err
		says "\"sent\":\"no\",\"error\":\"client assertion: the key" "${row#*:}"
		never_says BEGIN s3cret "$(sed -n 2p "$file")" "\"status\""
	done
	empty client.log
}
test_case 'unusable keys: not sent, and not in the message' keys_cannot_be_used
test_done

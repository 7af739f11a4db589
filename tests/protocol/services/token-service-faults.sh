#!/bin/bash
# SPDX-License-Identifier: MIT
# The tests' token-service: its faults, many requests at the same time, its start and its end.
. "${FT_SRCDIR:?run me with make check}/tests/harness/tap.sh"
. "$FT_SRCDIR/tests/services/servers.sh"
. "$FT_SRCDIR/tests/services/client.sh"
need curl
start_token_service

# --- faults -----------------------------------------------------------------------

fault_comes_once() {	# as fault has it
	local fault=$1 pattern=${4-}

	new x
	ts fault x "fault=$fault" url=http://127.0.0.1:1/elsewhere >/dev/null
	code=$(oauth_refresh "$refresh" 2>/dev/null) || code="$code-$?"
	equal "$2" "$code"
	[ -z "$pattern" ] || cat head body | tr "\0" "@" | grep -aE "$pattern"
	equal "$3" "$(ts_count x refreshes)"
	equal 1 "$(ts_count x faults)"
	case $(oauth_refresh "$refresh") in
	200) equal 0 "$3" ;;
	400) equal 1 "$3" ;;
	*) false ;;
	esac
}

# fault NAME STATUS SPENT [PATTERN] - what comes of it, and that it comes once
fault() {
	test_case "fault $1" fault_comes_once "$@"
}

fault delay:50 200 1
fault reset-before 000-56 0
fault reset-after 000-56 1
fault truncate 200-18 1
fault oversize 200 1
fault wrong-type:text/plain 200 1 '^Content-Type: text/plain'
fault html:200 200 0 '^Content-Type: text/html'
fault html400 400 0 '^Content-Type: text/html'
fault html403 403 0 '^Content-Type: text/html'
fault json:404 404 0 '"status":404'
fault status:400 400 0
fault 429:7 429 0 '^Retry-After: 7'
fault 'header:403:X-One:1|X-Two:a:b' 403 0 '^X-Two: a:b'
fault 503:date:60 503 0 '^Retry-After: [A-Z][a-z]{2}, [0-9]{2} [A-Z]'
for code in 301 302 303 307 308; do
	fault redirect:$code $code 0 '^Location: http://127.0.0.1:1/elsewhere'
done
fault garbage 200 1
fault garbage-xml 200 1
fault bomb 200 0 '<!ENTITY g'
fault deep 200 0
fault refuse 400 0 '"invalid_grant"'
fault empty 200 1
fault expires-absent 200 1
fault expires-null 200 1 '"expires_in":null'
fault expires-negative 200 1 '"expires_in":-'
fault expires-huge 200 1 '"expires_in":9223372036854775807'
fault expires-string 200 1 '"expires_in":"'
fault flaw:long 200-18 1
fault flaw:short 200 1
fault flaw:unended 200-18 1
fault flaw:trailing 200 1 '<br />'
fault flaw:nested 200 1 '^\{"a":\{"a":'
fault flaw:gzip 200 1 '^Content-Encoding: gzip'
fault duplicate 200 1 '"access_token":.*"access_token":'
fault nul 200 1 '\\u0000password='
fault cr 200 1 '\\rpassword='
fault lf 200 1 '\\npassword='
fault empty-token 200 1 '"access_token":""'
fault null-token 200 1 '"access_token":null'
fault no-token 200 1 '^\{"token_type"'
fault other-type 200 1 '"token_type":"mac"'
fault no-type 200 1
fault empty-refresh 200 1 '"refresh_token":""'
fault no-refresh 200 1

fault_hang() {
	new x
	ts fault x fault=hang
	expect_status 28 get -m 0.2 "$base/oauth/token" -d grant_type=refresh_token -d \
		"refresh_token=$refresh"
	equal 200 "$(oauth_refresh "$refresh")"
}
test_case 'fault hang: the request ends when the client gives up' fault_hang

fault_hold() {
	new x
	ts fault x fault=hold spend=yes
	oauth_refresh "$refresh" >code &
	held() { [ "$(ts_count x running)" = 1 ]; }
	eventually 20 held
	equal 1 "$(ts_count x refreshes)"
	empty code
	ts release x
	wait
	same_text 200 code
	equal 0 "$(ts_count x running)"
}
test_case 'fault hold: an exchange waits until it is released' fault_hold

faults_queue_up() {
	new x
	ts fault x fault=status:500 times=2
	ts fault x fault=status:502 at=discovery
	ts fault x fault=503 spend=yes
	equal 500 "$(oauth_refresh "$refresh")"
	equal 500 "$(oauth_refresh "$refresh")"
	equal 502 "$(status "$base/.well-known/openid-configuration")"
	equal 200 "$(status "$base/.well-known/openid-configuration")"
	equal 503 "$(oauth_refresh "$refresh")"
	equal 1 "$(ts_count x refreshes)"
	ts fault x fault=status:500 times=-1
	for i in 1 2 3; do equal 500 "$(oauth_refresh "$refresh")"; done
	ts fault x fault=none
	equal 400 "$(oauth_refresh "$refresh")"
}
test_case 'faults form a queue, occur as often as set, and at the set requests' faults_queue_up

faults_of_fields_show() {
	new x vendor=consinco
	ts fault x fault=duplicate
	ts fault x fault=expires-huge
	equal 200 "$(consinco_xml "<Refreshtoken>$refresh</Refreshtoken>")"
	contains "<_x003C_accessToken_x003E_k__BackingField>the-other-one<" body
	newest x
	equal 200 "$(consinco_xml "<Refreshtoken>$refresh</Refreshtoken>")"
	contains ">9999-12-31T23:59:59.9999999-03:00<" body
	new x vendor=kirjaswappi
	ts fault x fault=expires-null
	equal 200 "$(json_refresh "$base/api/v1/authenticate/refresh" \
		"{\"refreshToken\":\"$refresh\"}")"
	cut -d. -f2 body | tr _- /+ | sed "s/\$/==/" | base64 -d 2>/dev/null >payload || :
	contains "\"exp\":null" payload
}
test_case 'faults of fields occur for every vendor and format' faults_of_fields_show

# --- many at once, and the process --------------------------------------------------

of_requests_with_one_refresh() {
	new m reuse_detection=no
	ts fault m fault=delay:300 times=-1
	for i in $(seq 100); do
		printf "url=%s/oauth/token\ndata=grant_type=refresh_token&refresh_token=%s\noutput=m.%d\n" \
			"$base" "$refresh" "$i"
		printf "next\n"
	done | sed "\$d" >100.curl
	curl -q -sS --noproxy "*" -m 60 --parallel --parallel-immediate --parallel-max 100 -K \
		100.curl
	equal 1 "$(cat m.* | grep -o "\"access_token\"" | wc -l)"
	equal 1 "$(ts_count m refreshes)"
	equal 99 "$(ts_count m reuses)"
	[ "$(ts_count m max_concurrent)" -gt 50 ]
	equal 0 "$(ts_count m running)"
}
test_case 'of 100 requests with one refresh token at once, one succeeds' \
	of_requests_with_one_refresh

plain=$TS
start_token_service --lifetime 7
tenants_begin_with_lifetime() {
	new seven
	equal 200 "$(oauth_refresh "$refresh")"
	contains "\"expires_in\":7," body
}
test_case 'tenants begin with the lifetime in the program'\''s options' tenants_begin_with_lifetime

if has_ipv6; then
	start_token_service --ipv6
	listens_on_ipv6() {
		new six
		equal 200 "$(oauth_refresh "$refresh")"
	}
	test_case 'listens on [::1]' listens_on_ipv6
else
	test_skip 'listens on [::1]' 'no IPv6 here'
fi
if command -v openssl >/dev/null; then
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key.pem \
		-out cert.pem -days 2 -subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1 \
		2>/dev/null
	start_token_service --tls-cert cert.pem --tls-key key.pem
	speaks_tls_with_certificate() {
		new secure
		equal 200 "$(oauth_refresh "$refresh" --cacert cert.pem)"
		must_fail oauth_refresh "$refresh"
		ts fault secure fault=reset-before
		must_fail oauth_refresh "$refresh" --cacert cert.pem
	}
	test_case 'speaks TLS with the certificate it is given' speaks_tls_with_certificate
else
	test_skip 'speaks TLS with the certificate it is given' 'no openssl'
fi
TS=$plain

program=$FT_BUILDDIR/tests/services/token-service
ends_with_parent() {
	bash -c "\"$program\" --port-file p1 & echo \$! >pid; until [ -s p1 ]; do :; done"
	gone() { ! kill -0 "$1" || grep -q "^State:.Z" "/proc/$1/status"; }
	eventually 10 gone "$(cat pid)"
	"$program" --port-file p2 &
	eventually 10 test -s p2
	kill %1
	wait %1
	expect_status 3 "$program" --port-file p3 --max-seconds 1
}
test_case 'ends with its parent, on SIGTERM, and after max-seconds' ends_with_parent

wrong_usage() {
	expect_status 2 "$program" --tls-cert nothing 2>/dev/null ||
		expect_status 1 "$program" --tls-cert nothing
	expect_status 2 "$program" --port 65536
	expect_status 2 "$program" --lifetime soon
	expect_status 2 "$program" more
}
test_case 'wrong usage' wrong_usage
test_done

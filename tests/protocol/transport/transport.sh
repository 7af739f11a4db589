#!/bin/bash
# SPDX-License-Identifier: MIT
# freshtoken-transport, the program, with servers that behave and servers that do not.
. "${FT_SRCDIR:?run me with make check}/tests/harness/tap.sh"
. "$FT_SRCDIR/tests/services/servers.sh"
. "$FT_SRCDIR/tests/harness/transport.sh"
need curl openssl readelf

# start_wire NAME MODE… - its port is $wire; NAME.log has what it received
start_wire() {
	local name=$1 pid

	shift
	"$FT_BUILDDIR/tests/harness/wire" --port-file "$T/$name.port" --log "$T/$name.log" "$@" &
	pid=$!
	at_exit stop_pid "$pid"
	if ! wait_for_file "$T/$name.port" "$pid"; then
		echo 'Bail out! wire does not start'
		exit 99
	fi
	wire=$(cat "$T/$name.port") wire_pid=$pid
}

# reply NAME [LINE…] - a file NAME.reply: header lines, then the body from standard input
reply() {
	local name=$1

	shift
	{ printf '%s\r\n' "$@" ''; cat; } >"$name.reply"
}

# request URL [MEMBERS] - a refresh as a profile would ask for it; later members are added
request() {
	printf '{"version":1,"method":"POST","url":"%s"' "$1"
	printf ',"headers":["Accept: application/json","Content-Type: application/json"]'
	printf ',"body":"{\\"refresh_token\\":\\"s3cret\\"}"'
	printf ',"fields":{"access_token":["access_token"],"message":["header:x-token"]}%s}\n' \
		"${2:+,$2}"
}

# ask URL [MEMBERS] - the answer, one line, in the file "answer"
ask() {
	request "$@" | "$transport" >answer 2>err
	cat answer err
	empty err
	equal 1 "$(grep -c . answer)"
	lacks s3cret answer
}

good='{"access_token":"a1","expires_in":3600}'
reply good 'HTTP/1.1 200 OK' 'Content-Type: application/json' \
	'Date: Sun, 06 Nov 1994 08:49:37 GMT' "Content-Length: ${#good}" < <(printf %s "$good")
start_wire good --reply good.reply
good=http://127.0.0.1:$wire

# --- an exchange ----------------------------------------------------------------

exchange_request_as_caller_gave() {
	ask "$good/token?a=b"
	says "\"sent\":\"yes\"" "\"status\":200" "\"date\":784111777" "\"media\":\"json\"" \
		"\"parsed\":true" "\"fields\":{\"access_token\":\"a1\"}"
	never_says "\"error\"" "\"sandbox\""
	cat >expected <<-END
	-- connection
	POST /token?a=b HTTP/1.1
	Host: ${good#http://}
	User-Agent: freshtoken/$(sed -n "s/^#define PACKAGE_VERSION \"\(.*\)\"/\1/p" "$FT_BUILDDIR/config.h")
	Accept: application/json
	Content-Type: application/json
	Content-Length: 26

	END
	printf "%s" "{\"refresh_token\":\"s3cret\"}" >>expected
	tr -d "\r" <good.log | same expected -
}
test_case 'an exchange: the request as the caller gave it, the answer as the server did' \
	exchange_request_as_caller_gave

every_method() {
	for method in GET POST PUT PATCH; do
		: >good.log
		printf "{\"version\":1,\"method\":\"%s\",\"url\":\"%s/\",\"headers\":[\"X-Empty:\"]}" \
			"$method" "$good" | "$transport" >answer
		says "\"status\":200"
		contains "$method / HTTP/1.1" good.log
		contains "X-Empty:" good.log
		lacks Accept good.log
		lacks Content-Type good.log
		lacks Expect good.log
		if [ "$method" = GET ]; then
			lacks Content-Length good.log
		else
			contains "Content-Length: 0" good.log
		fi
	done
}
test_case 'every method; empty headers, and an empty body' every_method

path_goes_out_as_it() {
	: >good.log
	ask "$good/a/../b/./%2e%2e/%41?x=%20&y=../z"
	contains "POST /a/../b/./%2e%2e/%41?x=%20&y=../z HTTP/1.1" good.log
}
test_case 'a path is sent unchanged' path_goes_out_as_it

if has_ipv6; then
	start_wire ipv6 --ipv6 --reply good.reply
	ipv6=$wire
	ipv6_on_loopback() {
		ask "http://[::1]:$ipv6/"
		says "\"status\":200" "\"access_token\":\"a1\""
	}
	test_case 'IPv6 on loopback' ipv6_on_loopback
else
	test_skip 'IPv6 on loopback' 'no IPv6 here'
fi

reply early 'HTTP/1.1 100 Continue' 'X-Token: early' '' 'HTTP/1.1 103 Early Hints' 'X-Token: hint' \
	'' 'HTTP/1.1 200 OK' 'Transfer-Encoding: chunked' 'Trailer: X-Token' \
	'Content-Type: application/json' < <(printf '2\r\n{}\r\n0\r\nX-Token: trailer\r\n\r\n')
start_wire early --reply early.reply
early=http://127.0.0.1:$wire
only_final_header_counts() {
	ask "$early/"
	says "\"status\":200" "\"parsed\":true" "\"fields\":{}"
}
test_case 'only the final header counts: no interim answer, no trailer' only_final_header_counts

reply none 'HTTP/1.1 204 No Content' 'X-Token: from header' </dev/null
start_wire none --reply none.reply
none=http://127.0.0.1:$wire
answer_without_body() {
	ask "$none/"
	says "\"sent\":\"yes\"" "\"status\":204" "\"media\":\"none\"" "\"parsed\":false" \
		"\"message\":\"from header\""
}
test_case 'an answer without a body' answer_without_body

# --- nothing goes where it was not sent -------------------------------------------

start_wire elsewhere --reply good.reply
elsewhere=$wire
redirect_is_an_answer() {
	ask "$moved/"
	says "\"sent\":\"yes\"" "\"status\":$code" "\"media\":\"none\""
	never_says "\"error\""
	[ ! -s elsewhere.log ] || complain "the new place was asked"
}

for code in 301 302 303 307 308; do
	reply "moved$code" "HTTP/1.1 $code Moved" "Location: http://127.0.0.1:$elsewhere/" \
		'Content-Length: 0' </dev/null
	start_wire "moved$code" --reply "moved$code.reply"
	moved=http://127.0.0.1:$wire
	test_case "a redirect $code is an answer, and nothing is sent to the new address" \
		redirect_is_an_answer
done

urls_not_to_be_asked() {
	for url in http://localhost/ http://sso.example.com/ http://192.0.2.1/ \
		http://127.0.0.1.example.com/ "http://[::ffff:127.0.0.1]/" "http://[::2]/" \
		http://0.0.0.0/ ftp://127.0.0.1/ file:///etc/passwd gopher://127.0.0.1/ \
		127.0.0.1 //127.0.0.1/ /path "" "http://127.0.0.1:0/" "http://127.0.0.1:65536/" \
		https://user@sso.example.com/ https://user:password@sso.example.com/ \
		"$good/#fragment" "$good/a b" "$good/\\\\x" "$good/é" "$good/\\u0001" \
		"http://127.0.0.1:1@sso.example.com/" https:// "https://[::1%25lo]/"; do
		request "$url" >asked
		expect_status 2 "$transport" <asked >answer 2>err || complain "$url"
		empty answer
		contains "freshtoken-transport: request: url" err
		lacks s3cret err
	done
}
test_case 'URLs that are refused' urls_not_to_be_asked

whole_of_loopback() {
	ask "http://127.3.2.1:${good##*:}/"
	says "\"sent\":\"no\"" "127.3.2.1:${good##*:}: no connection: Connection refused"
}
test_case 'the whole of 127.0.0.0/8 is loopback' whole_of_loopback

# --- what the caller has to know when it fails -------------------------------------

start_wire gone --hang
gone=http://127.0.0.1:$wire
stop_pid "$wire_pid"
nobody_listens() {
	ask "$gone/?refresh_token=s3cret"
	says "\"sent\":\"no\"" "no connection: Connection refused"
	never_says "\"status\"" "\"fields\""
}
test_case 'a closed port: not sent' nobody_listens

start_wire hang --hang
hang=http://127.0.0.1:$wire
no_answer_in_time() {
	ask "$hang/?refresh_token=s3cret" "\"timeout\":1"
	says "\"sent\":\"maybe\"" "no answer in time"
	never_says "\"status\""
	contains s3cret hang.log
}
test_case 'no answer in time: perhaps sent' no_answer_in_time

start_wire reset --reset
reset=http://127.0.0.1:$wire
connection_reset() {
	ask "$reset/?refresh_token=s3cret"
	says "\"sent\":\"maybe\"" "\"error\":\"127.0.0.1:"
	never_says "\"status\""
	contains s3cret reset.log
}
test_case 'the connection is reset: perhaps sent' connection_reset

start_wire empty --reply /dev/null
empty=http://127.0.0.1:$wire
closed_without_answer() {
	ask "$empty/?refresh_token=s3cret"
	says "\"sent\":\"maybe\"" "closed without an answer"
}
test_case 'closed without an answer: perhaps sent' closed_without_answer

printf 'SSH-2.0-OpenSSH_9.2\r\n' >ssh.reply
start_wire ssh --reply ssh.reply
ssh=http://127.0.0.1:$wire
what_came_back_not_http() {
	ask "$ssh/"
	says "\"sent\":\"maybe\"" "is not HTTP"
	never_says "\"status\"" SSH
}
test_case 'the answer is not HTTP: perhaps sent' what_came_back_not_http

printf 'HTTP/1.1 200 OK\r\nX-Token: half\r\nContent-Le' >half.reply
start_wire half --reply half.reply
half=http://127.0.0.1:$wire
half_header_no_status() {
	ask "$half/"
	says "\"sent\":\"maybe\"" "\"error\":"
	never_says "\"status\"" "\"fields\""
}
test_case 'an incomplete header has no status' half_header_no_status

reply short 'HTTP/1.1 200 OK' 'Content-Type: application/json' 'Content-Length: 1000' \
	< <(printf '{"access_token":"a1"}')
start_wire short --reply short.reply
short=http://127.0.0.1:$wire
body_shorter_than_header_says() {
	ask "$short/"
	says "\"sent\":\"yes\"" "\"status\":200" "\"media\":\"json\"" "\"parsed\":true" \
		"cut short" a1
}
test_case 'a body shorter than its header says: complete if its document is' \
	body_shorter_than_header_says

reply chunk 'HTTP/1.1 200 OK' 'Content-Type: application/json' 'Transfer-Encoding: chunked' \
	< <(printf '15\r\n{"access_token":"a1"}\r\n')
start_wire chunk --reply chunk.reply
chunk=http://127.0.0.1:$wire
last_chunk_never_comes() {
	ask "$chunk/"
	says "\"sent\":\"yes\"" "\"parsed\":true" "\"error\":" a1
}
test_case 'a last chunk that never comes: the same' last_chunk_never_comes

reply endless 'HTTP/1.1 200 OK' 'Content-Type: application/json' \
	< <(head -c 65536 /dev/zero | tr '\0' ' ')
start_wire endless --endless endless.reply
endless=http://127.0.0.1:$wire
body_without_end_dropped() {
	ask "$endless/"
	says "\"sent\":\"yes\"" "\"status\":200" "\"parsed\":false" "longer than 256 KiB"
}
test_case 'an endless body is dropped at 256 KiB' body_without_end_dropped

body_of_a_size() {
	equal "$size" "$(wc -c <"body$size")"
	ask "$url/"
	if [ "$size" = 262144 ]; then
		says "\"parsed\":true" "\"access_token\":\"a1\""
	else
		says "\"parsed\":false" "longer than 256 KiB"
		never_says a1
	fi
}

for size in 262144 262145; do
	printf '{"access_token":"a1","x":"%s"}' "$(head -c $((size - 28)) /dev/zero | tr '\0' x)" \
		>"body$size"
	reply "big$size" 'HTTP/1.1 200 OK' 'Content-Type: application/json' <"body$size"
	start_wire "big$size" --reply "big$size.reply"
	url=http://127.0.0.1:$wire
	test_case "a body of $size bytes" body_of_a_size
done

{ printf 'HTTP/1.1 200 OK\r\n'; for _ in {1..3000}; do printf \
	'X-Filler: 0123456789012345\r\n'; done; } \
	>headers.reply
start_wire headers --endless headers.reply
headers=http://127.0.0.1:$wire
header_without_end() {
	ask "$headers/"
	says "\"sent\":\"maybe\"" "header is longer than 64 KiB"
	never_says "\"status\""
}
test_case 'an endless header' header_without_end

{ printf 'HTTP/1.1 200 OK\r\nX-Filler: '; head -c 300000 /dev/zero |
	tr '\0' x; printf '\r\n\r\n{}'; } >line.reply
start_wire line --reply line.reply
line=http://127.0.0.1:$wire
line_of_header_longer() {
	ask "$line/"
	says "\"sent\":\"maybe\"" "header is longer than 64 KiB"
	# It is the service that does so, not this machine.
	never_says "\"status\""
	never_says "\"local\""
	never_says emory
}
test_case 'a line of the header that is longer than libcurl takes' line_of_header_longer

reply bomb 'HTTP/1.1 200 OK' 'Content-Type: application/xml' <<-'END'
	<!DOCTYPE r [<!ENTITY a "aaaaaaaaaaaaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">
	<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;"><!ENTITY d "&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;">
	<!ENTITY e "&d;&d;&d;&d;&d;&d;&d;&d;&d;&d;"><!ENTITY f "&e;&e;&e;&e;&e;&e;&e;&e;&e;&e;">]>
	<r><access_token>&f;</access_token></r>
END
start_wire bomb --reply bomb.reply
bomb=http://127.0.0.1:$wire
entity_bomb_not_xml() {
	ask "$bomb/"
	says "\"media\":\"xml\"" "\"parsed\":false" "\"fields\":{}"
}
test_case 'an entity bomb is not XML' entity_bomb_not_xml

reply portal 'HTTP/1.1 401 Unauthorized' 'Content-Type: application/json' \
	< <(printf '<!DOCTYPE html>\n<title>Sign in to this network</title>')
start_wire portal --reply portal.reply
portal=http://127.0.0.1:$wire
page_of_captive_portal_html() {
	ask "$portal/"
	says "\"status\":401" "\"media\":\"html\"" "\"parsed\":false"
}
test_case 'the page of a captive portal is HTML, whatever its type is' \
	page_of_captive_portal_html

# --- TLS -----------------------------------------------------------------------------

# certificate NAME SUBJECT-ALTERNATIVE-NAMES
certificate() {
	openssl req -x509 -newkey rsa:2048 -nodes -keyout "$1.key" -out "$1.pem" -days 2 \
		-subj "/CN=$1" -addext "subjectAltName=$2" 2>openssl.log ||
		{ cat openssl.log >&2; exit 99; }
}
certificate loopback 'IP:127.0.0.1,DNS:localhost,DNS:sso.example.com'
certificate other 'DNS:other.example.com'
start_token_service
plain=$TS
start_token_service --tls-cert "$T/loopback.pem" --tls-key "$T/loopback.key"
tls=$TS tls_port=${TS##*:}
ts create work vendor=oauth2 >work.tokens
start_token_service --tls-cert "$T/other.pem" --tls-key "$T/other.key"
tls_other=$TS

certificate_nobody_signed() {
	ask "$tls/work/oauth/token?refresh_token=s3cret"
	says "\"sent\":\"no\"" "TLS: SSL certificate problem: self-signed certificate"
}
test_case 'a certificate of an unknown authority: not sent' certificate_nobody_signed

same_where_ca_file_says() {
	ask "$tls/work/oauth/token" "\"ca_file\":\"$T/loopback.pem\""
	says "\"sent\":\"yes\"" "\"status\":4" "\"media\":\"json\"" "\"parsed\":true"
}
test_case 'the same certificate with ca_file: accepted' same_where_ca_file_says

ca_file_replaces_system() {
	ask "$tls/work/oauth/token" "\"ca_file\":\"$T/other.pem\""
	says "\"sent\":\"no\"" "TLS: "
}
test_case 'a ca_file replaces the system'\''s authorities' ca_file_replaces_system

certificate_for_another_host() {
	ask "$tls_other/" "\"ca_file\":\"$T/other.pem\""
	says "\"sent\":\"no\"" "TLS: "
}
test_case 'a certificate for another host: not sent' certificate_for_another_host

ca_file_cannot_be_used() {
	mkfifo fifo
	: >nothing
	echo nonsense >nonsense
	for file in missing fifo nothing nonsense "$T" /dev/zero; do
		ask "$tls/" "\"ca_file\":\"$file\""
		says "\"sent\":\"no\"" "\"error\":"
	done
}
test_case 'a ca_file that cannot be used: not sent' ca_file_cannot_be_used

longest_request_and_answer() {
	body=$(head -c 500000 /dev/zero | tr "\0" x)
	printf "{\"version\":1,\"method\":\"POST\",\"url\":\"%s\",\"ca_file\":\"%s\",\"body\":\"%s\"}" \
		"$tls/work/oauth/token" "$T/loopback.pem" "$body" | "$transport" >answer
	says "\"sent\":\"yes\""
}
test_case 'the longest request and its answer' longest_request_and_answer

start_wire silent --silent
silent=$wire
handshake_does_not_begin() {
	ask "https://127.0.0.1:$silent/?refresh_token=s3cret" "\"timeout\":1"
	says "\"sent\":\"no\"" "no connection in time"
}
test_case 'no answer to the TLS handshake: not sent' handshake_does_not_begin

tls_with_what_no_tls() {
	ask "https://127.0.0.1:${plain##*:}/"
	says "\"sent\":\"no\"" "TLS: "
}
test_case 'TLS to a server without TLS: not sent' tls_with_what_no_tls

# --- proxies --------------------------------------------------------------------------

start_wire relay --relay
relay=$wire
through() {
	ask "https://localhost:$tls_port/work/oauth/token" \
		"\"ca_file\":\"$T/loopback.pem\",\"proxy\":\"$1\"${2:+,$2}"
}

through_proxy() {
	for proxy in "127.0.0.1:$relay" "htTP://localhost:$relay" \
		"http://u%40x:p%3a@127.0.0.1:$relay/"; do
		: >relay.log
		through "$proxy"
		says "\"sent\":\"yes\"" "\"media\":\"json\""
		contains "CONNECT localhost:$tls_port HTTP/1.1" relay.log
		lacks Accept relay.log
		lacks s3cret relay.log
	done
	contains "Proxy-Authorization: Basic $(printf "u@x:p:" | openssl base64)" relay.log
}
test_case 'through a proxy, which sees neither headers nor body' through_proxy

no_proxy() {
	: >relay.log
	through "http://127.0.0.1:$relay" "\"no_proxy\":\"a.example, localhost\""
	says "\"sent\":\"yes\""
	through ""
	says "\"sent\":\"yes\""
	ask "$good/" "\"proxy\":\"http://127.0.0.1:$relay\""
	says "\"sent\":\"yes\""
	ask "$tls/" "\"proxy\":\"http://127.0.0.1:$relay\",\"ca_file\":\"$T/loopback.pem\""
	says "\"sent\":\"yes\""
	[ ! -s relay.log ] || complain "the proxy was asked"
}
test_case 'no proxy for no_proxy, an empty proxy and loopback addresses' no_proxy

reply refusing 'HTTP/1.1 407 Proxy Authentication Required' 'X-Token: proxy' \
	'Proxy-Authenticate: Basic realm="x"' 'Content-Length: 0' </dev/null
start_wire refusing --reply refusing.reply
refusing=$wire
proxy_refuses() {
	through "http://u:s3cret@127.0.0.1:$refusing"
	says "\"sent\":\"no\"" "proxy 127.0.0.1:$refusing: HTTP 407"
	never_says "\"status\"" "\"fields\""
}
test_case 'a proxy that refuses: not sent, and its answer is not the server'\''s' proxy_refuses

proxies_cannot_be_used() {
	through "http://127.0.0.1:${gone##*:}"
	says "\"sent\":\"no\"" "proxy 127.0.0.1:${gone##*:}: no connection: Connection refused"
	through "https://127.0.0.1:$relay"
	says "\"sent\":\"no\"" "\"error\":\"proxy 127.0.0.1:"
	through "socks5h://127.0.0.1:$silent" "\"timeout\":1"
	says "\"sent\":\"no\"" "\"error\":\"proxy 127.0.0.1:"
	for proxy in socks5://127.0.0.1 ftp://127.0.0.1 "http://" "http://a b" \
		"http://127.0.0.1:0"; do
		through "$proxy"
		says "\"sent\":\"no\"" "\"error\":\"the proxy"
	done
}
test_case 'proxies that cannot be used: not sent' proxies_cannot_be_used

# --- what surrounds the program ----------------------------------------------------------

start_wire proxy --relay
proxy=$wire
nothing_of_environment_has() {
	: >good.log
	printf "machine 127.0.0.1 login netrc password s3cret\ndefault login netrc password s3cret\n" \
		>"$HOME/.netrc"
	chmod 600 "$HOME/.netrc"
	printf "proxy = http://127.0.0.1:%s\n" "$proxy" >"$HOME/.curlrc"
	export http_proxy=http://127.0.0.1:$proxy https_proxy=http://127.0.0.1:$proxy \
		HTTPS_PROXY=http://127.0.0.1:$proxy ALL_PROXY=http://127.0.0.1:$proxy \
		all_proxy=http://127.0.0.1:$proxy SSLKEYLOGFILE=$T/keys NETRC=$HOME/.netrc \
		CURL_HOME=$HOME CURL_CA_BUNDLE=/nonexistent SSL_CERT_FILE=/nonexistent \
		SSL_CERT_DIR=/nonexistent OPENSSL_CONF=/nonexistent RES_OPTIONS=debug \
		CURL_DEBUG=all
	ask "$good/"
	says "\"status\":200"
	ask "https://localhost:$tls_port/work/oauth/token" "\"ca_file\":\"$T/loopback.pem\""
	says "\"sent\":\"yes\"" "\"media\":\"json\""
	[ ! -e keys ] || complain "session keys were written"
	lacks Authorization good.log
	[ ! -s proxy.log ] || complain "a proxy was asked"
	# The servers and the environment would have done it:
	curl -sS -m 20 --cacert loopback.pem "https://localhost:$tls_port/" -o out || :
	contains CONNECT proxy.log
	[ -e keys ]
}
test_case 'nothing of the environment has an effect' nothing_of_environment_has

# in_flight [MEMBERS] - an exchange with a server that does not answer; its process is $pid
in_flight() {
	: >hang.log
	request "$hang/" "\"timeout\":60,\"sandbox\":true${1:+,$1}" >asked
	"$transport" <asked >answer 2>err &
	pid=$!
	eventually 20 grep -q s3cret hang.log
}

# Not with sanitizers: they need it open, and bring libraries of their own.
if [ "$sanitized" != 1 ]; then
	sandbox_closed_while_network() {
		in_flight
		cat "/proc/$pid/status" "/proc/$pid/limits" >state
		kill -ALRM "$pid"
		wait "$pid"
		cat state
		grep -qx "NoNewPrivs:	1" state
		grep -qx "Seccomp:	2" state
		grep -q "^Max core file size  *0  *0 " state
		grep -q "^Max file size  *524288  *524288 " state
		grep -q "^Max processes  *0  *0 " state
		equal 1 "$(grep "^Threads:" state | tr -cd 0-9)"
		ask "$good/" "\"sandbox\":true"
		says "\"sandbox\":{\"no_new_privs\":true,\"dumpable\":false,\"seccomp\":true,\"landlock\":"
	}
	test_case 'the sandbox is closed while the network talks' sandbox_closed_while_network
fi

# What libcurl calls all the same (7.88 connects a second time) is answered by the filter, so that
# it does not wait: that the call is not made is in tests/unit/transport/test-sandbox. Only root's
# strace reads the addresses in the memory of a program whose memory nobody may read.
if [ "$sanitized" != 1 ] && [ "$(id -u)" -eq 0 ] && strace -o /dev/null true 2>/dev/null; then
	it_connected_before_sandbox() {
		request "https://localhost:$tls_port/work/oauth/token" \
			"\"ca_file\":\"$T/loopback.pem\"" >asked
		strace -o calls -e trace=socket,connect,seccomp,poll "$transport" <asked >answer
		says "\"sent\":\"yes\""
		closed=$(grep -nE "^seccomp\(SECCOMP_SET_MODE_FILTER, .* = 0$" calls | tail -n 1 |
			cut -d: -f1)
		head -n "$closed" calls >before
		tail -n +$((closed + 1)) calls >after
		cat after
		grep "^connect(" before | grep -F "htons($tls_port)"
		lacks "socket(" after
		grep "^connect(" after | grep -v " = 0\$" >other || :
		empty other
		# Nor does it ever wait without looking at the connection,
		# as for a timer of libcurl's.
		fd=$(sed -nE "s/^connect\(([0-9]+), .*htons\($tls_port\).*/\1/p" before | tail -n 1)
		grep -E "^poll\(.*, [1-9][0-9]*\) = " after | grep -vF "{fd=$fd," >other || :
		empty other
	}
	test_case 'it is connected before the sandbox closes, and makes no socket after' \
		it_connected_before_sandbox
else
	test_skip 'it is connected before the sandbox closes' 'no strace for root, or sanitizers'
fi

where_system_has_no_sandbox() {
	request "$good/" "\"sandbox\":true" >asked
	"$FT_BUILDDIR/tests/harness/unboxed" "$transport" <asked >answer
	says "\"status\":200" "\"no_new_privs\":true" "\"seccomp\":false,\"landlock\":0" \
		"\"landlock_net\":false"
}
test_case 'without a sandbox the exchange works, and the answer says so' \
	where_system_has_no_sandbox

alarm_ends_exchange_libcurl() {
	in_flight
	kill -ALRM "$pid"
	wait "$pid"
	same_text "{\"version\":1,\"sent\":\"maybe\",\"error\":\"the exchange did not end in time\",\"reason\":\"silent\"}" answer
	# Also this one says whose it is.
	in_flight "\"id\":\"0123456789abcdef\""
	kill -ALRM "$pid"
	wait "$pid"
	same_text "{\"version\":1,\"id\":\"0123456789abcdef\",\"sent\":\"maybe\",\"error\":\"the exchange did not end in time\",\"reason\":\"silent\"}" answer
	ask "$good/" "\"id\":\"A1\""
	says "\"version\":1,\"id\":\"A1\",\"sent\":\"yes\""
}
test_case 'the alarm ends an exchange that libcurl does not end, with an answer' \
	alarm_ends_exchange_libcurl

need flock
inherited_lock_lasts_until_end() {
	exec 7>lock
	flock -n 7
	in_flight
	exec 7>&-
	expect_status 1 flock -n lock true
	kill "$pid"
	wait "$pid" || :
	flock -n lock true
}
test_case 'an inherited lock lasts until the end, whichever process closes it' \
	inherited_lock_lasts_until_end

requests_not_whole() {
	: >good.log
	request "$good/" >asked
	size=$(wc -c <asked)
	for ((n = 0; n < size - 1; n += 7)); do
		head -c "$n" asked >part
		expect_status 2 "$transport" <part >answer 2>err
		empty answer
		contains "freshtoken-transport: request" err
		lacks s3cret err
	done
	expect_status 2 "$transport" <&- >answer 2>err
	contains "request is not JSON" err
	{ cat asked; head -c 524288 /dev/zero | tr "\0" " "; } >long
	expect_status 2 "$transport" <long >answer 2>err
	contains "request is longer than 524288 bytes" err
	[ ! -s good.log ] || complain "something was sent"
}
test_case 'incomplete requests: status 2, nothing written, nothing sent' requests_not_whole

into_preallocated_file() {
	head -c 524288 /dev/zero >verdict
	request "$good/" | "$transport" 1<>verdict
	cp verdict answer
	says "\"status\":200"
	equal 1 "$(grep -c . answer)"
	lacks_nul() { [ "$(tr -d "\0" <verdict | wc -c)" = "$(wc -c <verdict)" ]; }
	lacks_nul
	ask "$good/"
	same answer verdict
	{ echo first; request "$good/" | "$transport"; echo last; } >several
	{ echo first; cat answer; echo last; } | same - several
	request "$good/" | "$transport" >>several
	{ echo first; cat answer; echo last; cat answer; } | same - several
}
test_case 'into a preallocated file' into_preallocated_file

nobody_reads_answer() {
	request "$good/" >asked
	mkfifo answers
	exec 8<>answers 9>answers 8<&-
	expect_status 1 "$transport" <asked >&9 2>err
	contains "answer: write: Broken pipe" err
	expect_status 1 "$transport" <asked >/dev/full 2>err
	contains "answer: write: No space left on device" err
}
test_case 'nobody reads the answer: status 1, no signal' nobody_reads_answer

hostile_signals() {
	( trap "" PIPE ALRM CHLD INT HUP TERM; ask "$good/" )
	says "\"status\":200"
}
test_case 'hostile signals: blocked or ignored ones change nothing' hostile_signals

descriptors_closed() {
	request "$good/" >asked
	: >good.log
	expect_status 1 "$transport" <asked >&- 2>err
	contains "answer: write: Bad file descriptor" err
	contains "refresh_token" good.log
	lacks freshtoken-transport: good.log
	"$transport" <asked >answer 2>&-
	says "\"status\":200"
	( ulimit -n 6; "$transport" <asked >answer 2>err )
	says "\"version\":1"
}
test_case 'descriptors that are closed, and few of them' descriptors_closed

# --- names ----------------------------------------------------------------------------------

# apart SCRIPT - with mounts and a network of its own, where the system allows that
apart() {
	unshare --user --map-root-user --mount "$@"
}

if apart sh -c 'mount --bind /etc/hosts /etc/hosts' 2>/dev/null; then
	name_looked_up_once() {
		printf "127.0.0.1 localhost\n127.0.0.1 sso.example.com\n" >hosts
		request "https://sso.example.com:$tls_port/work/oauth/token" \
			"\"ca_file\":\"$T/loopback.pem\",\"sandbox\":true" >asked
		apart sh -c "mount --bind hosts /etc/hosts && exec \"\$0\"" "$transport" <asked \
			>answer
		cat answer
		says "\"sent\":\"yes\"" "\"media\":\"json\""
	}
	test_case 'a name is looked up once, before the sandbox closes' \
		name_looked_up_once

	all_addresses_of_name_tried() {
		printf "127.9.9.9 sso.example.com\n127.0.0.1 sso.example.com\n" >hosts
		request "https://sso.example.com:$tls_port/work/oauth/token" \
			"\"ca_file\":\"$T/loopback.pem\"" >asked
		apart sh -c "mount --bind hosts /etc/hosts && exec \"\$0\"" "$transport" <asked \
			>answer
		cat answer
		says "\"sent\":\"yes\"" "\"media\":\"json\""
	}
	test_case 'all addresses of a name are tried' all_addresses_of_name_tried
else
	test_skip 'a name is looked up once' 'no mount namespaces here'
	test_skip 'all addresses of a name are tried' 'no mount namespaces here'
fi
if apart --net sh -c 'ip link set lo up && mount --bind /etc/hosts /etc/resolv.conf' \
	2>/dev/null; then
	name_nobody_knows() {
		printf "127.0.0.1 localhost\n" >hosts
		printf "nameserver 127.0.0.1\n" >resolv.conf
		printf "hosts: files dns\n" >nsswitch.conf
		request https://sso.example.com/?refresh_token=s3cret "\"timeout\":1" >asked
		cat >script <<-"END"
		mount --bind hosts /etc/hosts && mount --bind resolv.conf /etc/resolv.conf &&
			mount --bind nsswitch.conf /etc/nsswitch.conf && ip link set lo up || exit
		"$1" <asked >unknown
		"$2" --port-file dns.port --log dns.log --deaf-dns &
		while [ ! -s dns.port ]; do :; done
		"$1" <asked >late
		kill %1
		END
		apart --net bash script "$transport" "$FT_BUILDDIR/tests/harness/wire"
		cat unknown late
		contains "\"sent\":\"no\",\"error\":\"looking up sso.example.com: " unknown
		same_text "{\"version\":1,\"sent\":\"no\",\"error\":\"the name lookup did not end in time\",\"reason\":\"name\"}" late
	}
	test_case 'an unknown name, and a resolver that does not answer: not sent' \
		name_nobody_knows
else
	test_skip 'a resolver that does not answer' 'no network namespaces here'
fi

# --- what it is made of -----------------------------------------------------------------------

# Not with sanitizers: they need it open, and bring libraries of their own.
if [ "$sanitized" != 1 ]; then
	it_links_what_it_may() {
		readelf -d "$transport" | sed -n "s/.*(NEEDED).*\[\(.*\)\.so\..*\]/\1/p" |
			sort >needed
		cat needed
		printf "%s\n" libc libcrypto libcurl libexpat libjson-c libseccomp libz >allowed
		equal "" "$(comm -23 needed allowed)"
		for library in libcurl libexpat libcrypto libseccomp; do
			contains "$library" needed
		done
		readelf -h "$transport" | grep "Type: *DYN"
		readelf -lW "$transport" | grep GNU_RELRO
		readelf -d "$transport" | grep -E "BIND_NOW|NOW"
	}
	test_case 'it links only the allowed libraries, and is hardened' it_links_what_it_may
fi

# boottime - of CLOCK_BOOTTIME, in ms
boottime() {
	awk '{ printf "%.0f\n", $1 * 1000 }' /proc/uptime
}

late_is_not_sent() {
	: >good.log
	ask "$good/token" "\"deadline\":$(($(boottime) - 1))"
	says '"sent":"no"' 'too late to send'
	lacks s3cret good.log
	ask "$good/token" "\"deadline\":$(($(boottime) + 60000))"
	says '"sent":"yes"' '"status":200'
	contains s3cret good.log
}
test_case 'nothing is sent after the deadline' late_is_not_sent
test_done

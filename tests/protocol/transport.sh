#!/bin/bash
# freshtoken-transport, the program, against servers that behave and servers that do not.
# shellcheck disable=SC2016,SC2034,SC2317	# cases are single-quoted scripts that use these
. "${FT_SRCDIR:?run me with make check}/tests/protocol/tap.sh"
. "$FT_SRCDIR/tests/services/servers.sh"
need curl openssl readelf

transport=$FT_LIBEXEC/freshtoken-transport
sanitized=$(grep -c '^#define FT_SANITIZED' "$FT_BUILDDIR/config.h")

# start_wire NAME MODE… - its port is $wire; NAME.log has what it received
start_wire() {
	local name=$1 pid

	shift
	"$FT_BUILDDIR/tests/protocol/wire" --port-file "$T/$name.port" --log "$T/$name.log" "$@" &
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

# says TEXT… - the answer contains each
says() {
	local text

	for text; do
		contains "$text" answer
	done
}

never_says() {
	local text

	for text; do
		lacks "$text" answer
	done
}

good='{"access_token":"a1","expires_in":3600}'
reply good 'HTTP/1.1 200 OK' 'Content-Type: application/json' \
	'Date: Sun, 06 Nov 1994 08:49:37 GMT' "Content-Length: ${#good}" < <(printf %s "$good")
start_wire good --reply good.reply
good=http://127.0.0.1:$wire

# --- an exchange ----------------------------------------------------------------

test_case 'an exchange: the request as the caller gave it, the answer as the server did' '
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
'

test_case 'every method; headers that are empty, and a body that is none' '
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
'

test_case 'a path goes out as it is' '
	: >good.log
	ask "$good/a/../b/./%2e%2e/%41?x=%20&y=../z"
	contains "POST /a/../b/./%2e%2e/%41?x=%20&y=../z HTTP/1.1" good.log
'

start_wire ipv6 --ipv6 --reply good.reply
ipv6=$wire
test_case 'IPv6 on loopback' '
	ask "http://[::1]:$ipv6/"
	says "\"status\":200" "\"access_token\":\"a1\""
'

reply early 'HTTP/1.1 100 Continue' 'X-Token: early' '' 'HTTP/1.1 103 Early Hints' 'X-Token: hint' \
	'' 'HTTP/1.1 200 OK' 'Transfer-Encoding: chunked' 'Trailer: X-Token' \
	'Content-Type: application/json' < <(printf '2\r\n{}\r\n0\r\nX-Token: trailer\r\n\r\n')
start_wire early --reply early.reply
early=http://127.0.0.1:$wire
test_case 'only the final header counts: no interim answer, no trailer' '
	ask "$early/"
	says "\"status\":200" "\"parsed\":true" "\"fields\":{}"
'

reply none 'HTTP/1.1 204 No Content' 'X-Token: from header' </dev/null
start_wire none --reply none.reply
none=http://127.0.0.1:$wire
test_case 'an answer without a body' '
	ask "$none/"
	says "\"sent\":\"yes\"" "\"status\":204" "\"media\":\"none\"" "\"parsed\":false" \
		"\"message\":\"from header\""
'

# --- nothing goes where it was not sent -------------------------------------------

start_wire elsewhere --reply good.reply
elsewhere=$wire
for code in 301 302 303 307 308; do
	reply "moved$code" "HTTP/1.1 $code Moved" "Location: http://127.0.0.1:$elsewhere/" \
		'Content-Length: 0' </dev/null
	start_wire "moved$code" --reply "moved$code.reply"
	moved=http://127.0.0.1:$wire
	test_case "a redirect $code is an answer, and the new place sees nothing" '
		ask "$moved/"
		says "\"sent\":\"yes\"" "\"status\":$code" "\"media\":\"none\""
		never_says "\"error\""
		[ ! -s elsewhere.log ] || complain "the new place was asked"
	'
done

test_case 'URLs that are not to be asked' '
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
'

test_case 'the whole of 127.0.0.0/8 is loopback' '
	ask "http://127.3.2.1:${good##*:}/"
	says "\"sent\":\"no\"" "127.3.2.1:${good##*:}: no connection: Connection refused"
'

# --- what the caller has to know when it fails -------------------------------------

start_wire gone --hang
gone=http://127.0.0.1:$wire
stop_pid "$wire_pid"
test_case 'nobody listens: not sent' '
	ask "$gone/?refresh_token=s3cret"
	says "\"sent\":\"no\"" "no connection: Connection refused"
	never_says "\"status\"" "\"fields\""
'

start_wire hang --hang
hang=http://127.0.0.1:$wire
test_case 'no answer in time: perhaps sent' '
	ask "$hang/?refresh_token=s3cret" "\"timeout\":1"
	says "\"sent\":\"maybe\"" "no answer in time"
	never_says "\"status\""
	contains s3cret hang.log
'

start_wire reset --reset
reset=http://127.0.0.1:$wire
test_case 'the connection is reset: perhaps sent' '
	ask "$reset/?refresh_token=s3cret"
	says "\"sent\":\"maybe\"" "\"error\":\"127.0.0.1:"
	never_says "\"status\""
	contains s3cret reset.log
'

start_wire empty --reply /dev/null
empty=http://127.0.0.1:$wire
test_case 'closed without an answer: perhaps sent' '
	ask "$empty/?refresh_token=s3cret"
	says "\"sent\":\"maybe\"" "closed without an answer"
'

printf 'SSH-2.0-OpenSSH_9.2\r\n' >ssh.reply
start_wire ssh --reply ssh.reply
ssh=http://127.0.0.1:$wire
test_case 'what came back is not HTTP: perhaps sent' '
	ask "$ssh/"
	says "\"sent\":\"maybe\"" "is not HTTP"
	never_says "\"status\"" SSH
'

printf 'HTTP/1.1 200 OK\r\nX-Token: half\r\nContent-Le' >half.reply
start_wire half --reply half.reply
half=http://127.0.0.1:$wire
test_case 'half a header is no status' '
	ask "$half/"
	says "\"sent\":\"maybe\"" "\"error\":"
	never_says "\"status\"" "\"fields\""
'

reply short 'HTTP/1.1 200 OK' 'Content-Type: application/json' 'Content-Length: 1000' \
	< <(printf '{"access_token":"a1"}')
start_wire short --reply short.reply
short=http://127.0.0.1:$wire
test_case 'a body shorter than its header says: it is whole where its document is' '
	ask "$short/"
	says "\"sent\":\"yes\"" "\"status\":200" "\"media\":\"json\"" "\"parsed\":true" "cut short" a1
'

reply chunk 'HTTP/1.1 200 OK' 'Content-Type: application/json' 'Transfer-Encoding: chunked' \
	< <(printf '15\r\n{"access_token":"a1"}\r\n')
start_wire chunk --reply chunk.reply
chunk=http://127.0.0.1:$wire
test_case 'a last chunk that never comes: the same' '
	ask "$chunk/"
	says "\"sent\":\"yes\"" "\"parsed\":true" "\"error\":" a1
'

reply endless 'HTTP/1.1 200 OK' 'Content-Type: application/json' \
	< <(head -c 65536 /dev/zero | tr '\0' ' ')
start_wire endless --endless endless.reply
endless=http://127.0.0.1:$wire
test_case 'a body without an end is dropped at 256 KiB' '
	ask "$endless/"
	says "\"sent\":\"yes\"" "\"status\":200" "\"parsed\":false" "longer than 256 KiB"
'

for size in 262144 262145; do
	printf '{"access_token":"a1","x":"%s"}' "$(head -c $((size - 28)) /dev/zero | tr '\0' x)" \
		>"body$size"
	reply "big$size" 'HTTP/1.1 200 OK' 'Content-Type: application/json' <"body$size"
	start_wire "big$size" --reply "big$size.reply"
	url=http://127.0.0.1:$wire
	test_case "a body of $size bytes" '
		equal "$size" "$(wc -c <"body$size")"
		ask "$url/"
		if [ "$size" = 262144 ]; then
			says "\"parsed\":true" "\"access_token\":\"a1\""
		else
			says "\"parsed\":false" "longer than 256 KiB"
			never_says a1
		fi
	'
done

{ printf 'HTTP/1.1 200 OK\r\n'; for _ in {1..3000}; do printf 'X-Filler: 0123456789012345\r\n'; done; } \
	>headers.reply
start_wire headers --endless headers.reply
headers=http://127.0.0.1:$wire
test_case 'a header without an end' '
	ask "$headers/"
	says "\"sent\":\"maybe\"" "header is longer than 64 KiB"
	never_says "\"status\""
'
{ printf 'HTTP/1.1 200 OK\r\nX-Filler: '; head -c 300000 /dev/zero | tr '\0' x; printf '\r\n\r\n{}'; } >line.reply
start_wire line --reply line.reply
line=http://127.0.0.1:$wire
test_case 'a line of the header that is longer than libcurl takes' '
	ask "$line/"
	says "\"sent\":\"maybe\"" "header is longer than 64 KiB"
	# It is the service that does so, not this machine.
	never_says "\"status\""
	never_says "\"local\""
	never_says emory
'

reply bomb 'HTTP/1.1 200 OK' 'Content-Type: application/xml' <<-'END'
	<!DOCTYPE r [<!ENTITY a "aaaaaaaaaaaaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">
	<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;"><!ENTITY d "&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;">
	<!ENTITY e "&d;&d;&d;&d;&d;&d;&d;&d;&d;&d;"><!ENTITY f "&e;&e;&e;&e;&e;&e;&e;&e;&e;&e;">]>
	<r><access_token>&f;</access_token></r>
END
start_wire bomb --reply bomb.reply
bomb=http://127.0.0.1:$wire
test_case 'an entity bomb is not XML' '
	ask "$bomb/"
	says "\"media\":\"xml\"" "\"parsed\":false" "\"fields\":{}"
'

reply portal 'HTTP/1.1 401 Unauthorized' 'Content-Type: application/json' \
	< <(printf '<!DOCTYPE html>\n<title>Sign in to this network</title>')
start_wire portal --reply portal.reply
portal=http://127.0.0.1:$wire
test_case 'the page of a captive portal is HTML, whatever it calls itself' '
	ask "$portal/"
	says "\"status\":401" "\"media\":\"html\"" "\"parsed\":false"
'

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

test_case 'a certificate that nobody signed: not sent' '
	ask "$tls/work/oauth/token?refresh_token=s3cret"
	says "\"sent\":\"no\"" "TLS: SSL certificate problem: self-signed certificate"
'

test_case 'the same, where ca_file says so' '
	ask "$tls/work/oauth/token" "\"ca_file\":\"$T/loopback.pem\""
	says "\"sent\":\"yes\"" "\"status\":4" "\"media\":\"json\"" "\"parsed\":true"
'

test_case 'a ca_file replaces the system'\''s authorities' '
	ask "$tls/work/oauth/token" "\"ca_file\":\"$T/other.pem\""
	says "\"sent\":\"no\"" "TLS: "
'

test_case 'a certificate for another host: not sent' '
	ask "$tls_other/" "\"ca_file\":\"$T/other.pem\""
	says "\"sent\":\"no\"" "TLS: "
'

test_case 'a ca_file that cannot be used: not sent' '
	mkfifo fifo
	: >nothing
	echo nonsense >nonsense
	for file in missing fifo nothing nonsense "$T" /dev/zero; do
		ask "$tls/" "\"ca_file\":\"$file\""
		says "\"sent\":\"no\"" "\"error\":"
	done
'

test_case 'the longest request and its answer' '
	body=$(head -c 500000 /dev/zero | tr "\0" x)
	printf "{\"version\":1,\"method\":\"POST\",\"url\":\"%s\",\"ca_file\":\"%s\",\"body\":\"%s\"}" \
		"$tls/work/oauth/token" "$T/loopback.pem" "$body" | "$transport" >answer
	says "\"sent\":\"yes\""
'

start_wire silent --silent
silent=$wire
test_case 'a handshake that does not begin: not sent' '
	ask "https://127.0.0.1:$silent/?refresh_token=s3cret" "\"timeout\":1"
	says "\"sent\":\"no\"" "no connection in time"
'

test_case 'TLS with what is no TLS: not sent' '
	ask "https://127.0.0.1:${plain##*:}/"
	says "\"sent\":\"no\"" "TLS: "
'

# --- proxies --------------------------------------------------------------------------

start_wire relay --relay
relay=$wire
through() {
	ask "https://localhost:$tls_port/work/oauth/token" \
		"\"ca_file\":\"$T/loopback.pem\",\"proxy\":\"$1\"${2:+,$2}"
}

test_case 'through a proxy, which sees neither headers nor body' '
	for proxy in "127.0.0.1:$relay" "htTP://localhost:$relay" "http://u%40x:p%3a@127.0.0.1:$relay/"; do
		: >relay.log
		through "$proxy"
		says "\"sent\":\"yes\"" "\"media\":\"json\""
		contains "CONNECT localhost:$tls_port HTTP/1.1" relay.log
		lacks Accept relay.log
		lacks s3cret relay.log
	done
	contains "Proxy-Authorization: Basic $(printf "u@x:p:" | openssl base64)" relay.log
'

test_case 'no_proxy, an empty proxy and loopback addresses go around it' '
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
'

reply refusing 'HTTP/1.1 407 Proxy Authentication Required' 'X-Token: proxy' \
	'Proxy-Authenticate: Basic realm="x"' 'Content-Length: 0' </dev/null
start_wire refusing --reply refusing.reply
refusing=$wire
test_case 'a proxy that refuses: not sent, and its answer is not the server'\''s' '
	through "http://u:s3cret@127.0.0.1:$refusing"
	says "\"sent\":\"no\"" "proxy 127.0.0.1:$refusing: HTTP 407"
	never_says "\"status\"" "\"fields\""
'

test_case 'proxies that cannot be used: not sent' '
	through "http://127.0.0.1:${gone##*:}"
	says "\"sent\":\"no\"" "proxy 127.0.0.1:${gone##*:}: no connection: Connection refused"
	through "https://127.0.0.1:$relay"
	says "\"sent\":\"no\"" "\"error\":\"proxy 127.0.0.1:"
	through "socks5h://127.0.0.1:$silent" "\"timeout\":1"
	says "\"sent\":\"no\"" "\"error\":\"proxy 127.0.0.1:"
	for proxy in socks5://127.0.0.1 ftp://127.0.0.1 "http://" "http://a b" "http://127.0.0.1:0"; do
		through "$proxy"
		says "\"sent\":\"no\"" "\"error\":\"the proxy"
	done
'

# --- what surrounds the program ----------------------------------------------------------

start_wire proxy --relay
proxy=$wire
test_case 'nothing of the environment has an effect' '
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
'

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
	test_case 'the sandbox is closed while the network talks' '
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
	'
fi

# What libcurl calls all the same (7.88 connects a second time) is answered by the filter.
if [ "$sanitized" != 1 ] && command -v strace >/dev/null; then
	test_case 'it is connected before the sandbox closes, and makes no socket after' '
		request "https://localhost:$tls_port/work/oauth/token" "\"ca_file\":\"$T/loopback.pem\"" >asked
		strace -o calls -e trace=socket,connect,seccomp "$transport" <asked >answer
		says "\"sent\":\"yes\""
		closed=$(grep -nE "^seccomp\(SECCOMP_SET_MODE_FILTER, .* = 0$" calls | tail -n 1 | cut -d: -f1)
		head -n "$closed" calls >before
		tail -n +$((closed + 1)) calls >after
		cat after
		grep "^connect(" before | grep -F "htons($tls_port)"
		lacks "socket(" after
		! grep "^connect(" after | grep -v " = -1 EINPROGRESS "
	'
else
	test_skip 'it is connected before the sandbox closes' 'no strace, or sanitizers'
fi

test_case 'where the system has no sandbox the exchange works, and says so' '
	request "$good/" "\"sandbox\":true" >asked
	"$FT_BUILDDIR/tests/protocol/unboxed" "$transport" <asked >answer
	says "\"status\":200" "\"no_new_privs\":true" "\"seccomp\":false,\"landlock\":0" \
		"\"landlock_net\":false"
'

test_case 'the alarm ends an exchange that libcurl does not end, with an answer' '
	in_flight
	kill -ALRM "$pid"
	wait "$pid"
	same_text "{\"version\":1,\"sent\":\"maybe\",\"error\":\"the exchange did not end in time\"}" answer
	# Also this one says whose it is.
	in_flight "\"id\":\"0123456789abcdef\""
	kill -ALRM "$pid"
	wait "$pid"
	same_text "{\"version\":1,\"id\":\"0123456789abcdef\",\"sent\":\"maybe\",\"error\":\"the exchange did not end in time\"}" answer
	ask "$good/" "\"id\":\"A1\""
	says "\"version\":1,\"id\":\"A1\",\"sent\":\"yes\""
'

need flock
test_case 'an inherited lock lasts until the end, whoever else closes it' '
	exec 7>lock
	flock -n 7
	in_flight
	exec 7>&-
	expect_status 1 flock -n lock true
	kill "$pid"
	wait "$pid" || :
	flock -n lock true
'

test_case 'requests that are not whole: status 2, nothing written, nothing sent' '
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
'

test_case 'into a preallocated file' '
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
'

test_case 'nobody reads the answer: status 1, no signal' '
	request "$good/" >asked
	mkfifo answers
	exec 8<>answers 9>answers 8<&-
	expect_status 1 "$transport" <asked >&9 2>err
	contains "answer: write: Broken pipe" err
	expect_status 1 "$transport" <asked >/dev/full 2>err
	contains "answer: write: No space left on device" err
'

test_case 'hostile signals: blocked or ignored ones change nothing' '
	( trap "" PIPE ALRM CHLD INT HUP TERM; ask "$good/" )
	says "\"status\":200"
'

test_case 'descriptors that are closed, and few of them' '
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
'

# --- names ----------------------------------------------------------------------------------

# apart SCRIPT - with mounts and a network of its own, where the system allows that
apart() {
	unshare --user --map-root-user --mount "$@"
}
if apart sh -c 'mount --bind /etc/hosts /etc/hosts' 2>/dev/null; then
	test_case 'a name is looked up once, before the sandbox closes, and believed' '
		printf "127.0.0.1 localhost\n127.0.0.1 sso.example.com\n" >hosts
		request "https://sso.example.com:$tls_port/work/oauth/token" \
			"\"ca_file\":\"$T/loopback.pem\",\"sandbox\":true" >asked
		apart sh -c "mount --bind hosts /etc/hosts && exec \"\$0\"" "$transport" <asked >answer
		cat answer
		says "\"sent\":\"yes\"" "\"media\":\"json\""
	'
	test_case 'all addresses of a name are tried' '
		printf "127.9.9.9 sso.example.com\n127.0.0.1 sso.example.com\n" >hosts
		request "https://sso.example.com:$tls_port/work/oauth/token" \
			"\"ca_file\":\"$T/loopback.pem\"" >asked
		apart sh -c "mount --bind hosts /etc/hosts && exec \"\$0\"" "$transport" <asked >answer
		cat answer
		says "\"sent\":\"yes\"" "\"media\":\"json\""
	'
else
	test_skip 'a name is looked up once' 'no mount namespaces here'
	test_skip 'all addresses of a name are tried' 'no mount namespaces here'
fi
if apart --net sh -c 'ip link set lo up && mount --bind /etc/hosts /etc/resolv.conf' 2>/dev/null; then
	test_case 'a name that nobody knows, and a resolver that does not answer: not sent' '
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
		apart --net bash script "$transport" "$FT_BUILDDIR/tests/protocol/wire"
		cat unknown late
		contains "\"sent\":\"no\",\"error\":\"looking up sso.example.com: " unknown
		same_text "{\"version\":1,\"sent\":\"no\",\"error\":\"the name lookup did not end in time\"}" late
	'
else
	test_skip 'a resolver that does not answer' 'no network namespaces here'
fi

# --- what it is made of -----------------------------------------------------------------------

# Not with sanitizers: they need it open, and bring libraries of their own.
if [ "$sanitized" != 1 ]; then
	test_case 'it links what it may, and is hardened' '
		readelf -d "$transport" | sed -n "s/.*(NEEDED).*\[\(.*\)\.so\..*\]/\1/p" | sort >needed
		cat needed
		printf "%s\n" libc libcrypto libcurl libexpat libjson-c libseccomp libz >allowed
		equal "" "$(comm -23 needed allowed)"
		for library in libcurl libexpat libcrypto libseccomp; do
			contains "$library" needed
		done
		readelf -h "$transport" | grep "Type: *DYN"
		readelf -lW "$transport" | grep GNU_RELRO
		readelf -d "$transport" | grep -E "BIND_NOW|NOW"
	'
fi

test_done

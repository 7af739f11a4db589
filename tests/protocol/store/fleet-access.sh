#!/bin/bash
# SPDX-License-Identifier: MIT
# Who may use a fleet's store, other servers in its place, and members that do not answer.
. "${FT_SRCDIR:?run me with make check}/tests/harness/tap.sh"
. "$FT_SRCDIR/tests/services/servers.sh"
. "$FT_SRCDIR/tests/harness/accounts.sh"
. "$FT_SRCDIR/tests/harness/fleet.sh"
etcd_or_skip
need curl
start_token_service
make_certificates
CONF=$XDG_CONFIG_HOME/freshtoken/freshtoken.conf

# certificate NAME USAGE - by the same authority
certificate() {
	local tls=$T/.tls

	openssl ecparam -name prime256v1 -genkey -noout -out "$T/$1.key" &&
		openssl req -new -key "$T/$1.key" -out "$tls/$1.csr" -subj "/${3-CN}=$1" &&
		printf '%s\n' subjectAltName=IP:127.0.0.1 "extendedKeyUsage=$2" >"$tls/$1.ext" &&
		openssl x509 -req -in "$tls/$1.csr" -CA "$tls/ca.pem" -CAkey "$tls/ca.key" \
			-CAcreateserial -sha256 -days 2 -extfile "$tls/$1.ext" -out "$T/$1.pem" &&
		chmod 600 "$T/$1.key"
}
# etcd's gateway shows its member the member's own certificate.
{ certificate host clientAuth O && certificate named clientAuth &&
	certificate member serverAuth,clientAuth; } >certificate.log 2>&1 ||
	give_up 'openssl made no certificate'
start_etcd https --client-cert-auth --trusted-ca-file "$CA_FILE" \
	--cert-file "$T/member.pem" --key-file "$T/member.key"
ctl_tls() {
	ctl --cacert "$CA_FILE" --cert "$T/host.pem" --key "$T/host.key" "$@"
}
{
	ctl_tls user add root:secret-root
	ctl_tls user add build:secret-build
	ctl_tls role add fleet
	ctl_tls role grant-permission fleet --prefix readwrite freshtoken/
	ctl_tls user grant-role root root
	ctl_tls user grant-role build fleet
	ctl_tls auth enable
} >auth.log 2>&1 || give_up "etcd takes no users: $(tail -n 1 auth.log)"

# section KEY=VALUE… - in the place of the file that was there; etcd computes long for a password
section() {
	rm -f "$CONF"
	case " $* " in *' timeout='*) ;; *) set -- "$@" timeout=60s ;; esac
	fleet_section "$ETCD" ca_file="$CA_FILE" "$@"
	account work "server=$TS/work" match=work.example.com store=fleet timeout=60s wait=100s
}

umask 077
printf 'secret-build\n' >password
printf 'secret-wrong\n' >wrong
ts create work vendor=oauth2 >/dev/null
certified="client_certificate=$T/host.pem client_key=$T/host.key"

by_certificate_and_user() {
	section $certified username=build password_file="$T/password"
	sign_in_on a work
	equal "$(newest work)" "$(on b freshtoken token work)"
	on b freshtoken refresh work
	on a freshtoken refresh work
	equal "$(newest work)" "$(on a freshtoken token work)"
	equal 0 "$(ts_count work reuses)"
}
test_case 'with TLS and a certificate, and as a user' by_certificate_and_user

# refused STATUS WORDS KEY=VALUE…
refused() {
	local status=$1 words=$2

	shift 2
	section "$@"
	rm -rf "$T/hosts/c"
	expect_status "$status" on c freshtoken token work 2>err
	contains "$words" err
	contains "the fleet's store $ETCD" err
	lacks secret- err
}

wrong_access() {
	refused 1 'refuses access: HTTP' $certified
	refused 1 'refuses access: HTTP' $certified username=build password_file="$T/wrong"
	refused 1 'refuses access: HTTP' $certified username=build password_file="$T/password" prefix=other/
	refused 1 'must have no common name' client_certificate="$T/named.pem" \
		client_key="$T/named.key" username=build password_file="$T/password"
	refused 5 127.0.0.1 username=build password_file="$T/password"
	chmod 644 "$T/password"
	refused 1 'others have access' $certified username=build password_file="$T/password"
	chmod 600 "$T/password"
}
test_case 'a wrong user, one without permission, none, and no certificate' wrong_access

# imposter KIND - what is no store; sets ETCD
imposter() {
	local kind=$1

	rm -f "$T/imposter.port"
	python3 - "$kind" "$T/imposter.port" <<-'END' &
	import http.server, json, sys, time
	kind, port = sys.argv[1:]
	class Handler(http.server.BaseHTTPRequestHandler):
	    def do_POST(self):
	        self.rfile.read(int(self.headers.get('Content-Length', 0)))
	        status, type, body = 200, 'application/json', b'{}'
	        if kind == 'web': type, body = 'text/html', b'<html><body>Sign in to the network</body></html>'
	        if kind == '500': status, body = 500, b'{"error":"etcdserver: leader changed","code":14,"message":"etcdserver: leader changed"}'
	        if kind == 'redirect': status = 307
	        if kind == 'huge': body = b'{"header":{"revision":"1"},"kvs":[{"mod_revision":"1","value":"' + b'A' * 1000000 + b'"}]}'
	        if kind == 'long': body = b'{"header":{"revision":"1"},"kvs":[{"mod_revision":"1","value":"' + b'A' * 100000 + b'"}]}'
	        if kind == 'number': body = b'{"header":{"revision":"-1"},"kvs":[{"mod_revision":"1e9","value":"%%%"}]}'
	        if kind == 'slow': time.sleep(120)
	        self.send_response(status)
	        self.send_header('Content-Type', type)
	        self.send_header('Location', 'http://127.0.0.1:1/')
	        self.send_header('Content-Length', str(len(body)))
	        self.end_headers()
	        self.wfile.write(body)
	    def log_message(self, *a): pass
	server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Handler)
	open(port, 'w').write(str(server.server_port))
	server.serve_forever()
	END
	wait_for_file "$T/imposter.port" $!
	ETCD=http://127.0.0.1:$(cat "$T/imposter.port")
}

answered_with() {	# KIND STATUS WORDS
	imposter "$1"
	if [ "$1" = slow ]; then
		refused "$2" "$3" timeout=1s
	else
		refused "$2" "$3"
	fi
	equal "$4" "$(ts_count work refreshes)"
}
if command -v python3 >/dev/null; then
	before=$(ts_count work refreshes)
	for case in 'web:5:the answer is not etcd' '500:5:leader changed' 'redirect:5:HTTP 307' \
		'huge:5:longer than' 'long:1:its value cannot be read' \
		'number:5:the answer is not etcd' 'slow:5:in time'; do
		test_case "a server that answers ${case%%:*} is not a store" answered_with "${case%%:*}" \
			"$(echo "$case" | cut -d: -f2)" "${case##*:}" "$before"
	done
else
	test_skip 'a server that is not a store' 'no python3 on this machine'
fi

several_members() {
	local etcd=$ETCD

	ETCD="https://127.0.0.1:1, $etcd, https://127.0.0.1:2" section $certified username=build \
		password_file="$T/password"
	# Its key is another one now.
	ctl_tls --user root:secret-root del freshtoken/work >/dev/null
	ts login work >/dev/null
	sign_in_on d work
	equal "$(newest work)" "$(on e freshtoken token work)"
}
test_case 'a missing member is skipped' several_members

mistakes() {
	while IFS='|' read -r keys words; do
		rm -f "$CONF"
		mkdir -p "${CONF%/*}"
		printf '[fleet]\n%b\n[account work]\nserver = %s/work\nstore = fleet\n' "$keys" "$TS" >"$CONF"
		must_fail on a freshtoken token work 2>err
		contains "$words" err
		contains "$CONF:" err
	done <<-'END'
	servers = https://etcd.example.com:2379|key_file is not set
	key_file = /k|servers is not set
	servers = http://etcd.example.com:2379\nkey_file = /k|servers
	servers = https://etcd.example.com/v3\nkey_file = /k|without a path
	servers = https://e.example.com\nkey_file = k|begins with /
	servers = https://e.example.com\nkey_file = /k\nusername = u|expected both
	servers = https://e.example.com\nkey_file = /k\nclient_key = /c|expected both
	servers = https://e.example.com\nkey_file = /k\nprovider = redis|etcd
	servers = https://e.example.com\nkey_file = /k\nserver = x|unknown key
	servers = https://e.example.com\nkey_file = /k\ntimeout = 0s|timeout
	END
	printf '[account work]\nserver = %s/work\nstore = fleet\n' "$TS" >"$CONF"
	must_fail on a freshtoken token work 2>err
	contains 'needs a section [fleet]' err
	for key in 'dpop = yes' 'register_client = yes' 'from = file:/x' 'auth = device'; do
		rm -f "$CONF"
		fleet_section "$ETCD"
		printf '[account work]\nserver = %s/work\nstore = fleet\n%s\n' "$TS" "$key" >>"$CONF"
		must_fail on a freshtoken token work 2>err
		contains 'store: fleet cannot be used: ' err
	done
}
test_case 'errors of the section are reported with file, line and key' mistakes
test_done

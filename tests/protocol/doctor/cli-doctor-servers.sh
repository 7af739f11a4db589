#!/bin/bash
# SPDX-License-Identifier: MIT
# freshtoken doctor and token services: broken, reported with a remedy, repaired, not reported any
# more.
. "${FT_SRCDIR:?run me with make check}/tests/harness/tap.sh"
. "$FT_SRCDIR/tests/services/servers.sh"
. "$FT_SRCDIR/tests/harness/accounts.sh"
. "$FT_SRCDIR/tests/harness/doctor.sh"
need curl openssl git
make_certificates
start_token_service
PLAIN=$TS
CONF=$XDG_CONFIG_HOME/freshtoken/freshtoken.conf
mkdir -p "$(dirname "$CONF")"
remember_home

# one TENANT KEY=VALUE… [-- OPTION=VALUE…] - the only account, and its tenant
one() {
	local name=$1 keys options

	halves "${@:2}"
	case " ${keys[*]-} " in
	*" client_id="*) ;;
	*) keys+=(client_id=cli) ;;
	esac
	ts create "$name" "${options[@]}" >/dev/null
	rm -f "$CONF"
	account "$name" "server=$TS/$name" "${keys[@]}"
}

every_vendor() {
	for vendor in oauth2 abitmedia consinco formulacerta kirjaswappi; do
		company=
		[ "$vendor" != consinco ] || company=param.company=example
		one "$vendor" "provider=$vendor" $company -- "vendor=$vendor"
		doctor 0
		found ok server "$vendor" "$TS/$vendor "
		equal 0 "$(ts_count "$vendor" exchanges)"
		# Whatever was learned is not kept.
		must_fail test -e "$XDG_STATE_HOME/freshtoken"
	done
	one gh provider=github client_id=cli -- vendor=github
	doctor 0
	found ok server gh "$TS/gh can be reached"
	equal "0 0" "$(ts_count gh exchanges) $(ts_count gh discoveries)"
}
doctor_case 'every vendor: it answers, and no token is requested' every_vendor

nothing_listens_there() {
	one gone provider=abitmedia
	sed -i "s,^server = .*,server = http://127.0.0.1:1/x," "$CONF"
	breaks error server gone "http://127.0.0.1:1/x: 127.0.0.1:1: no connection: Connection refused" "see whether the service runs"
	sed -i "s,^server = .*,server = $TS/gone," "$CONF"
	mended "no connection"
}
doctor_case 'the port is closed' nothing_listens_there

service_says_nothing() {
	one slow
	impatient slow
	ts fault slow fault=hang at=discovery times=-1 >/dev/null
	breaks error server slow "no answer in time" "firewall"
	ts fault slow fault=none >/dev/null
	sed -i '/^timeout/d' "$CONF"
	mended "in time"
}
doctor_case 'a service that does not answer: the wait is that of the account' \
	service_says_nothing

metadata_none() {
	one meta -- discovery=none
	breaks error server meta "does not publish its endpoints by RFC 8414 or OpenID Connect: HTTP 404" "issuer"
	ts set meta discovery=both issuer=https://other.example.com >/dev/null
	breaks error server meta "says that its issuer is https://other.example.com" \
		"set server to that if you trust it"
	ts set meta issuer= >/dev/null
	mended "issuer"
	ts fault meta fault=html200 at=discovery times=-1 >/dev/null
	breaks error server meta "with something else than metadata" "issuer"
	ts fault meta fault=none >/dev/null
	ts set meta discovery=openid >/dev/null
	mended "endpoints by"
}
doctor_case 'metadata: none, of another issuer, without the endpoint, or a web page' metadata_none

service_out_of_order() {
	one sick
	ts fault sick fault=503 at=discovery times=-1 >/dev/null
	breaks error server sick "the service is out of order" "try again later"
	ts fault sick fault=none >/dev/null
	mended "out of order"
}
doctor_case 'a service that fails' service_out_of_order

redirects_of_metadata() {
	one moved
	ts fault moved fault=redirect:301 at=discovery times=-1 "url=$TS/elsewhere" >/dev/null
	breaks error server moved "HTTP 301, a redirect, which is never followed" \
		"set server to the final address"
	ts fault moved fault=none >/dev/null
	mended redirect
	for status in 301 307 308; do
		printf "HTTP/1.1 %s Moved\r\nLocation: https://sso.example.com/\r\nContent-Length: 0\r\n\r\n" "$status" >reply
		"$FT_BUILDDIR/tests/harness/wire" --port-file wire.port --log wire.log --reply \
			reply &
		wire=$!
		wait_for_file wire.port "$wire"
		rm "$CONF"
		account moved provider=consinco "server=http://127.0.0.1:$(cat wire.port)"
		breaks warning server moved \
			"answers with a redirect (HTTP $status), which is never followed" \
			"final address"
		contains "GET /api/v1/auth/refresh-token" wire.log
		must_fail grep -i -e "^authorization" -e "^cookie" wire.log
		kill "$wire"
		rm wire.port
	done
}
doctor_case 'redirects, of metadata and of an endpoint' redirects_of_metadata

clock_wrong() {
	for skew in 3600 -3600; do
		one clock -- "skew=$skew"
		case $skew in
		-*) how="min behind this" ;;
		*) how="min ahead of this" ;;
		esac
		breaks warning clock clock "$how machine" "timedatectl"
		found ok server clock "publishes its endpoints"
		ts set clock skew=30 >/dev/null
		mended "clock is"
		ts set clock skew=3600 date=no >/dev/null
		mended "clock is"
	done
	one clock provider=kirjaswappi -- vendor=kirjaswappi skew=-864000
	breaks warning clock clock " days behind this machine" "timedatectl"
}
doctor_case 'a wrong clock, of this machine or of the service' clock_wrong

proxy_not_there() {
	one far proxy=http://127.0.0.1:1
	sed -i "s,^server = .*,server = https://sso.example.com," "$CONF"
	breaks error server far "proxy 127.0.0.1:1: no connection: Connection refused" \
		"correct the account"
	sed -i "/^proxy/d" "$CONF"
	https_proxy=http://127.0.0.1:1 breaks error server far "proxy 127.0.0.1:1" \
		"https_proxy in the environment"
	one far
	https_proxy=http://127.0.0.1:1 mended proxy
}
doctor_case 'a proxy that does not exist' proxy_not_there

if unshare -rn true 2>/dev/null; then
	name_cannot_be_looked_up() {
		one name
		sed -i "s,^server = .*,server = https://sso.example.com," "$CONF"
		doctor 1 unshare -rn freshtoken
		found error server name "https://sso.example.com: looking up sso.example.com: " \
			"the network is there"
	}
	doctor_case 'a name that cannot be looked up' name_cannot_be_looked_up
else
	test_skip 'a name that cannot be looked up' 'no network of our own here'
fi

http_to_name_wrong() {
	one plain
	sed -i "s,^server = .*,server = http://sso.example.com," "$CONF"
	breaks error configuration plain "$CONF:2: server: "
	equal "" "$(grep "	server	" out || :)"
}
doctor_case 'http to a host name is an error at once' http_to_name_wrong

# --- TLS -------------------------------------------------------------------------------

start_token_service --tls-cert "$T/.tls/server.pem" --tls-key "$T/.tls/server.key"

certificates_of_authority_of_own() {
	one tls "ca_file=$CA_FILE"
	doctor 0
	found ok server tls "$TS/tls publishes its endpoints"
	sed -i "/^ca_file/d" "$CONF"
	breaks error server tls "certificate" "set ca_file"
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout other.key \
		-out other.pem -days 2 -subj "/CN=Example other CA"
	echo "ca_file = $PWD/other.pem" >>"$CONF"
	breaks error server tls "certificate" "set ca_file"
	: >vidé.pem
	sed -i "s,^ca_file.*,ca_file = $PWD/vidé.pem," "$CONF"
	breaks error server tls "ca_file $PWD/vidé.pem: is empty or no file" "correct the account"
	sed -i "s,^ca_file.*,ca_file = $CA_FILE," "$CONF"
	mended certificate
}
doctor_case 'certificates: of a private authority, unknown, and of another one' \
	certificates_of_authority_of_own

certificate_for_another_name() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout host.key \
		-out host.pem -days 2 -subj /CN=sso.example.com -addext \
		subjectAltName=DNS:sso.example.com
	start_token_service --tls-cert host.pem --tls-key host.key
	one host provider=abitmedia "ca_file=$PWD/host.pem"
	breaks error server host "subject" "the name that is in the service"
	stop_pid "$TS_PID"
}
doctor_case 'a certificate for another name' certificate_for_another_name

no_tls_on_port() {
	one mixed provider=abitmedia
	sed -i "s,^server = .*,server = https://${PLAIN#http://}/x," "$CONF"
	breaks error server mixed "TLS: " "correct the port"
	sed -i "s,^server = .*,server = $PLAIN/x," "$CONF"
	mended "TLS"
}
doctor_case 'no TLS on that port' no_tls_on_port

clock_looked_at_over_tls() {
	one first "ca_file=$CA_FILE"
	ts create second skew=3600 >/dev/null
	account second "server=$TS/second" client_id=cli "ca_file=$CA_FILE"
	account third "server=http://127.0.0.1:1/x" client_id=cli
	doctor 1
	found ok server first "publishes its endpoints"
	found warning clock second "min ahead of this machine"
	found error server third "Connection refused"
	equal 4 "$(grep -cE "	(server|clock)	" out)"
}
doctor_case 'the clock is checked over TLS too, and each account has its own finding' \
	clock_looked_at_over_tls

test_done

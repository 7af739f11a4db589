#!/bin/bash
# SPDX-License-Identifier: MIT
# Over TLS, over IPv6, with proxies in the environment: which server gets a refresh token.
. "${FT_SRCDIR:?run me with make check}/tests/harness/tap.sh"
. "$FT_SRCDIR/tests/services/servers.sh"
. "$FT_SRCDIR/tests/harness/accounts.sh"
need curl openssl
make_certificates
start_token_service
PLAIN=$TS
ts create proxy >/dev/null || give_up 'no tenant'
start_token_service --tls-cert "$T/.tls/server.pem" --tls-key "$T/.tls/server.key"

service_with_ca_of_own() {
	new_account own oauth2 "ca_file=$CA_FILE"
	is_good own "$(git_token own)"
	new_account xml consinco "ca_file=$CA_FILE" format=xml
	is_good xml "$(git_token xml)"
}
test_case 'a service with its own CA' service_with_ca_of_own

without_ca_nothing_sent() {
	ts create strange >/dev/null
	account strange "server=$TS/strange" match=strange.example.com
	expect_status 5 sign_in strange 2>err
	grep -iE "certificate|CA" err
	equal 0 "$(ts_count strange requests)"
}
test_case 'without the CA nothing is sent, and the message says certificate' without_ca_nothing_sent

with_another_ca_likewise() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout other.key \
		-out other.pem -days 2 -subj "/CN=Example other CA"
	ts create other >/dev/null
	account other provider=abitmedia "server=$TS/other" match=other.example.com \
		"ca_file=$PWD/other.pem"
	expect_status 5 sign_in other 2>err
	equal 0 "$(ts_count other requests)"
}
test_case 'nor with another CA' with_another_ca_likewise

certificate_for_another_host() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout host.key \
		-out host.pem -days 2 -subj /CN=sso.example.com -addext \
		subjectAltName=DNS:sso.example.com
	start_token_service --tls-cert host.pem --tls-key host.key
	ts create host >/dev/null
	account host provider=abitmedia "server=$TS/host" match=host.example.com \
		"ca_file=$PWD/host.pem"
	expect_status 5 sign_in host 2>err
	equal 0 "$(ts_count host requests)"
	stop_pid "$TS_PID"
}
test_case 'a certificate for another host is refused' certificate_for_another_host

plain_answer_on_tls_port() {
	plain_port=${PLAIN##*:}
	account mixed provider=abitmedia "server=https://127.0.0.1:$plain_port/proxy" \
		match=mixed.example.com
	expect_status 5 freshtoken login mixed --token <<<"token-of-mixed" 2>err
	lacks token-of-mixed err
	account mixed2 provider=abitmedia "server=http://127.0.0.1:${TS##*:}/x" \
		match=mixed2.example.com
	expect_status 5 freshtoken login mixed2 --token <<<"token-of-mixed" 2>err
	lacks token-of-mixed err
}
test_case 'HTTP on the TLS port, and the other way round' plain_answer_on_tls_port

no_proxy_ever_sees_traffic() {
	port=${PLAIN##*:}
	for variable in http_proxy https_proxy all_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY; do
		export "$variable=http://127.0.0.1:$port"
	done
	export no_proxy=nothing.example.com NO_PROXY=nothing.example.com
	new_account direct oauth2 "ca_file=$CA_FILE"
	new_account told oauth2 "ca_file=$CA_FILE" "proxy=http://127.0.0.1:$port"
	TS=$PLAIN
	new_account direct3 oauth2
	is_good direct3 "$(git_token direct3)"
	equal 0 "$(ts_count proxy requests)"
}
test_case 'no proxy ever sees the traffic of a loopback address' no_proxy_ever_sees_traffic

http_to_anything_but_loopback() {
	for server in http://sso.example.com http://localhost:1 http://127.0.0.1.example.com \
		http://192.0.2.1 "http://[2001:db8::1]" http://alice@127.0.0.1:1; do
		rm -f "$XDG_CONFIG_HOME/freshtoken/freshtoken.conf"
		account refused "server=$server" match=refused.example.com
		must_fail freshtoken login refused --token <<<"token-of-refused" 2>err
		grep -E "https|loopback|user" err
		lacks token-of-refused err
	done
}
test_case 'http to anything but a loopback address is refused before anything is sent' \
	http_to_anything_but_loopback

no_netrc() {
	rm -f "$XDG_CONFIG_HOME/freshtoken/freshtoken.conf"
	echo "machine 127.0.0.1 login netrc password netrc-secret" >"$HOME/.netrc"
	chmod 600 "$HOME/.netrc"
	new_account quiet kirjaswappi "ca_file=$CA_FILE"
	SSLKEYLOGFILE=$PWD/keys freshtoken refresh quiet
	equal 2 "$(ts_count quiet refreshes)"
	ts last-request quiet >request
	must_fail grep -i "^authorization" request
	must_fail grep -i "^cookie" request
	must_fail grep -i "^accept-encoding" request
	[ ! -e keys ]
}
test_case 'no netrc, and no key log' no_netrc

if has_ipv6; then
	start_token_service --ipv6
	ipv6_by_http() {
		new_account six oauth2
		is_good six "$(git_token six)"
		equal 1 "$(ts_count six refreshes)"
	}
	test_case 'a service on [::1], by HTTP' ipv6_by_http

	start_token_service --ipv6 --tls-cert "$T/.tls/server.pem" --tls-key "$T/.tls/server.key"
	ipv6_by_tls() {
		new_account six2 oauth2 "ca_file=$CA_FILE"
		is_good six2 "$(git_token six2)"
	}
	test_case 'a service on [::1], by TLS' ipv6_by_tls
else
	test_skip 'a service on [::1]' 'no IPv6 here'
fi
test_done

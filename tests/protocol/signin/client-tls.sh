#!/bin/bash
# SPDX-License-Identifier: MIT
# A client with a certificate (RFC 8705), at a real OpenID provider over TLS: a self-signed one, one
# from an authority, and certificates with errors.
. "${FT_SRCDIR:?run me with make check}/tests/harness/tap.sh"
. "$FT_SRCDIR/tests/services/servers.sh"
. "$FT_SRCDIR/tests/services/openid.sh"
. "$FT_SRCDIR/tests/harness/accounts.sh"
need_openid
need openssl
make_certificates

# self NAME [COMMON-NAME] - a key and a certificate that it has signed itself
self() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$1.key" \
		-out "$1.pem" -days 2 -subj "/CN=${2-client}" 2>/dev/null
}

self own
self other
self authority "Example authority"
openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout signed.key \
	-out signed.csr -subj /CN=client 2>/dev/null
openssl x509 -req -in signed.csr -CA authority.pem -CAkey authority.key -CAcreateserial -days 2 \
	-out signed.pem 2>/dev/null
openssl x509 -req -in signed.csr -signkey signed.key -days 0 -out expired.pem 2>/dev/null
openssl pkey -in own.key -aes128 -passout pass:x -out locked.key
head -n 2 own.key >half.key
chmod 600 ./*.key
start_openid --interval 1 --offline always --tls-cert "$T/.tls/server.pem" \
	--tls-key "$T/.tls/server.key" --client-cert own.pem --client-ca authority.pem

# client NAME CLIENT CERTIFICATE KEY [KEY=VALUE…]
client() {
	local name=$1 id=$2 certificate=$3 key=$4

	shift 4
	account "$name" "server=${SERVER-$OPENID}" "client_id=$id" client_auth=tls "ca_file=$CA_FILE" \
		"client_cert_file=$T/$certificate" "client_key_file=$T/$key" "$@"
}
client own tls own.pem own.key
client own-git tls own.pem own.key from=own resource=https://git.example.com
client signed tls-ca signed.pem signed.key
client signed-git tls-ca signed.pem signed.key from=signed resource=https://git.example.com

whole_life() {	# NAME
	openid_admin reset-counters >/dev/null
	device_sign_in "$1"
	freshtoken refresh "$1"
	freshtoken status "$1" --check >out
	equal "fresh the service says that the sign-in is good" "$(cut -f 2,6 out | tr "\t" " ")"
	freshtoken token "$1-git" >token
	freshtoken logout "$1" 2>err
	contains "account $1: signed out; its tokens are revoked" err
	equal 0 "$(openid_admin counters | grep -c "invalid_client" || :)"
	# The token endpoint alone has an alias for who shows a certificate.
	[ "$(openid_count mtls.requests)" -ge 3 ]
}
test_case 'a self-signed certificate' whole_life own
test_case 'a certificate of an authority' whole_life signed

someone_elses() {
	client other tls other.pem other.key
	client other-ca tls-ca other.pem other.key
	for name in other other-ca; do
		expect_status 4 freshtoken login $name --device 2>err
		contains invalid_client err
		contains "check client_id, client_auth and client_secret_file or client_cert_file" err
	done
	device_sign_in own
	# What is stored is told to be refused for the client's sake, with the file's name.
	cp own.pem mine.pem
	cp own.key mine.key
	cp other.pem own.pem
	cp other.key own.key
	expect_status 1 freshtoken refresh own 2>err
	contains "client_cert_file = $T/own.pem" err
	cp mine.pem own.pem
	cp mine.key own.key
	freshtoken refresh own
}
test_case "another client's certificate: refused, and the message names client_cert_file" someone_elses

unusable() {
	local row certificate key

	openid_admin reset-counters >/dev/null
	for row in "own.key own.key client_cert_file: there is no certificate in PEM in it" \
		"own.pem own.pem client_key_file: there is no private key in PEM in it" \
		"own.pem half.key client_key_file: there is no private key in PEM in it" \
		"own.pem locked.key client_key_file: the key is encrypted" \
		"own.pem other.key client_key_file: it is not the key of the certificate" \
		"expired.pem signed.key client_cert_file: the certificate has expired"; do
		read -r certificate key row <<<"$row"
		client "bad-$certificate-$key" tls "$certificate" "$key"
		must_fail freshtoken login "bad-$certificate-$key" --device 2>err
		contains "$row" err
		lacks "$(sed -n 2p own.key)" err
	done
	equal "" "$(openid_admin counters | grep requests || :)"
}
test_case 'an unusable certificate: nothing is sent, and the message names the key to change' unusable

files_of_others() {
	client gone tls gone.pem own.key
	expect_status 1 freshtoken login gone --device 2>err
	contains "client_cert_file $T/gone.pem: " err
	cp own.key open.key
	chmod 666 open.key
	client open tls own.pem open.key
	expect_status 1 freshtoken login open --device 2>err
	contains "client_key_file $T/open.key: " err
	contains "others can write to it" err
	mkdir volume
	ln -s ../own.pem volume/cert
	ln -s ../own.key volume/key
	client links tls volume/cert volume/key
	device_sign_in links
}
test_case 'files: a missing one, one that others can write to, and links' files_of_others

mkdir -p "$XDG_CONFIG_HOME/freshtoken/providers"
# shellcheck disable=SC2016
printf '%s\n' '[refresh]' 'path = /t' 'form = client_id=${client_id}' '  t=${refresh_token}' \
	'[response]' 'access_token = access_token' \
	>"$XDG_CONFIG_HOME/freshtoken/providers/plain.conf"
server_that_insists() {
	"$(command -v openssl)" s_server -quiet -accept 127.0.0.1:0 -Verify 1 -verify_return_error \
		-CAfile authority.pem -cert "$T/.tls/server.pem" -key "$T/.tls/server.key" -WWW \
		>/dev/null 2>s_server.err &
	port() {
		ss -Hltnp 2>/dev/null | sed -n "s/.*127.0.0.1:\([0-9]*\) .*pid=$1,.*/\1/p" | grep .
	}
	eventually 10 port $!
	SERVER=https://127.0.0.1:$(port $!) client strict tls other.pem other.key provider=plain
	echo token | must_fail freshtoken login strict --token 2>err
	contains "check client_cert_file" err
}
if command -v ss >/dev/null; then
	test_case 'a server that closes the connection because of the certificate' server_that_insists
else
	test_skip 'a server that closes the connection because of the certificate' 'no ss on this machine'
fi

over_http() {
	SERVER=http://127.0.0.1:9 client plain tls own.pem own.key provider=plain
	echo token | must_fail freshtoken login plain --token 2>err
	contains "client_auth = tls: a certificate is used only over https" err
}
test_case 'over http nothing is sent' over_http

configuration() {
	local row

	for row in "client_auth = tls|client_auth: tls needs client_id, client_cert_file and client_key_file" \
		"client_auth = tls,client_cert_file = /c,client_key_file = /k,client_secret_file = /s|client_secret_file: client_auth = tls does not use it" \
		"client_auth = post,client_secret_file = /s,client_key_file = /k|client_cert_file: only client_auth = tls uses it" \
		"client_auth = none,client_cert_file = /c|client_cert_file: only client_auth = tls uses it" \
		"client_cert_file = c|client_cert_file: expected a path that begins with /"; do
		printf '[account x]\nserver = https://sso.example.com\nclient_id = x\n' \
			>"$XDG_CONFIG_HOME/freshtoken/freshtoken.conf"
		tr , '\n' <<<"${row%|*}" >>"$XDG_CONFIG_HOME/freshtoken/freshtoken.conf"
		must_fail freshtoken token x 2>err
		contains "${row#*|}" err
	done
}
test_case 'a certificate and a key that do not match' configuration
test_done

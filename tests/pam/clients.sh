#!/bin/bash
# SPDX-License-Identifier: MIT
# With a client secret or a certificate, root renews only the sign-in of the person who signed in.
# Otherwise root would spend a stolen refresh token for the thief.
. "${FT_SRCDIR:?run me with make check}/tests/pam/world.sh"
. "$FT_SRCDIR/tests/services/openid.sh"
need_openid
need openssl
make_certificates
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$CONF/client.key" \
	-out "$CONF/client.pem" -days 2 -subj /CN=client 2>/dev/null
printf %s post-secret >"$CONF/secret"
cp "$CA_FILE" "$CONF/ca.pem"
chmod 600 "$CONF/client.key" "$CONF/secret"
chmod 644 "$CONF/ca.pem" "$CONF/client.pem"
start_openid --interval 1 --offline always --tls-cert "$T/.tls/server.pem" \
	--tls-key "$T/.tls/server.key" --client-cert "$CONF/client.pem"
. "$FT_SRCDIR/tests/pam/people.sh"

tokens() { grep -o '"\(access\|refresh\)_token": *"[^"]*"' "$(record "$1")"; }
# sign_in_at_login USER
sign_in_at_login() {
	forget "$1"
	one account=work
	play --user "$1" <<-END
		auth = SUCCESS
		> hidden Open*code*; press Enter when approved, or paste a token:  = $APPROVE $1
		account = SUCCESS
		setcred establish = SUCCESS
	END
	[ "$(tokens "$1" | wc -l)" = 2 ]
}

# planted [KEY=VALUE…] - of the account
planted() {
	configure_pam server="$OPENID" ca_file="$CONF/ca.pem" "$@"
	sign_in_at_login alice
	sign_in_at_login bob
	# The user's own is renewed, and kept.
	tokens alice >before
	aged alice 3601
	echo "account = SUCCESS" | play --user alice
	[ "$(tokens alice)" != "$(cat before)" ]
	cp "$(record bob)" "$(record alice)"
	chown alice:alice "$(record alice)"
	tokens alice >before
	aged alice 3601
	printf '%s\n' "account = PERM_DENIED" \
		"> error freshtoken: $OPENID does not say that the stored sign-in is yours; *" |
		play --user alice
	# It was bob's, and what it became is nobody's.
	tokens alice >after
	equal "" "$(comm -13 <(sort before) <(sort after))"
	forget alice bob
}
with_secret() {
	planted client_id=post client_auth=post client_secret_file="$CONF/secret"
}
test_case "another user's refresh token, planted: a client with a secret does not renew it" \
	with_secret

with_certificate() {
	planted client_id=tls client_auth=tls client_cert_file="$CONF/client.pem" \
		client_key_file="$CONF/client.key"
}
test_case "another user's refresh token, planted: a client with a certificate does not renew it" \
	with_certificate
test_done

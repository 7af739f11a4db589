#!/bin/bash
# SPDX-License-Identifier: MIT
# Pushed authorization requests (RFC 9126): the browser gets a reference, and none of the
# parameters; at a real OpenID provider that offers them, requires them, or fails.
. "${FT_SRCDIR:?run me with make check}/tests/harness/tap.sh"
. "$FT_SRCDIR/tests/services/servers.sh"
. "$FT_SRCDIR/tests/services/openid.sh"
. "$FT_SRCDIR/tests/harness/accounts.sh"
need_openid

printf basic-secret >basic
printf post-secret >post
chmod 600 basic post
export FT_TEST_LOGIN=alice FT_TEST_PAGE="$T/page"

# The browser, which notes what it was sent to.
cat >browser <<END
#!/bin/sh
printf '%s\n' "\$1" >>"$T/urls"
exec "$OPENID_BROWSER" "\$1"
END
chmod +x browser
export BROWSER=$T/browser

# clients - an account of each kind at $OPENID
clients() {
	rm -f "$XDG_CONFIG_HOME/freshtoken/freshtoken.conf"
	account cli "server=$OPENID" client_id=cli
	account basic "server=$OPENID" client_id=basic client_auth=basic "client_secret_file=$T/basic"
	account post "server=$OPENID" client_id=post client_auth=post "client_secret_file=$T/post"
	account jwt "server=$OPENID" client_id=jwt client_auth=private_key_jwt \
		"client_secret_file=$OPENID_KEYS/jwt-es256.pem"
}

log_in() {	# NAME
	rm -f urls
	openid_admin reset-counters >/dev/null
	freshtoken login "$1" --browser 2>err
	contains "signed in as alice" err
}

pushed() {	# NAME
	log_in "$1"
	equal "1 1" "$(openid_count push.requests) $(openid_count push.granted)"
	equal 1 "$(wc -l <urls)"
	equal "$OPENID/auth?client_id=$1&request_uri=urn%3Aietf%3Aparams%3Aoauth%3Arequest_uri%3A" \
		"$(sed 's/\(request_uri%3A\).*/\1/' urls)"
	freshtoken refresh "$1"
}

start_openid --offline always --par yes
clients
for name in cli basic post jwt; do
	test_case "offered: $name pushes, and the browser gets only client_id and request_uri" pushed "$name"
done

what_is_pushed() {
	openid_admin fault at=push error=invalid_request >/dev/null
	must_fail freshtoken login jwt --browser 2>err
	openid_admin last-request >request
	for word in "POST /request" response_type=code client_id=jwt code_challenge_method=S256 \
		"redirect_uri=http%3A%2F%2F127.0.0.1" client_assertion= state= nonce= scope=; do
		contains "$word" request
	done
	lacks code_verifier request
}
test_case 'it has all parameters, and the client'\''s authentication' what_is_pushed

refusal() {
	rm -f urls
	openid_admin fault at=push error=invalid_scope >/dev/null
	expect_status 4 freshtoken login cli --browser 2>err
	contains "$OPENID: HTTP 400: invalid_scope; the service does not know the scope: \"on demand\"; check scope" err
	[ ! -e urls ]
	openid_admin fault at=push error=invalid_client status=401 >/dev/null
	expect_status 4 freshtoken login basic --browser 2>err
	contains "HTTP 401: invalid_client" err
	contains "check client_id, client_auth and client_secret_file" err
	[ ! -e urls ]
}
test_case 'a refusal is shown in the service'\''s words, and no browser is opened' refusal

stumbles() {
	for fault in "error=server_error status=503" lose=before lose=after; do
		# shellcheck disable=SC2086	# words
		openid_admin fault at=push $fault >/dev/null
		log_in cli
		contains "code_challenge=" urls
		lacks request_uri= urls
	done
}
test_case 'offered, and it fails: the browser gets the parameters' stumbles

start_openid --offline always --par required
clients
for name in cli jwt; do
	test_case "required: $name" pushed "$name"
done

required_and_stumbles() {
	for fault in "error=server_error status=503" lose=before; do
		rm -f urls
		# shellcheck disable=SC2086
		openid_admin fault at=push $fault >/dev/null
		expect_status 5 freshtoken login cli --browser 2>err
		contains "$OPENID: the request for the browser must be pushed first (RFC 9126), and that failed: " err
		[ ! -e urls ]
	done
}
test_case 'required, and it fails: reported as temporary' required_and_stumbles

start_openid --offline always
clients
not_offered() {
	log_in cli
	contains "code_challenge=" urls
	equal 0 "$(openid_count push.requests)"
}
test_case 'not offered: as usual' not_offered
test_done

#!/bin/bash
# SPDX-License-Identifier: MIT
# Sign-ins at the tests' OpenID provider work as at others: with a device, and in a browser.
. "${FT_SRCDIR:?run me with make check}/tests/harness/tap.sh"
. "$FT_SRCDIR/tests/services/servers.sh"
. "$FT_SRCDIR/tests/services/client.sh"
. "$FT_SRCDIR/tests/services/openid.sh"
. "$FT_SRCDIR/tests/services/openid-client.sh"
need_openid
need openssl
start_openid

metadata_same_at_both_well() {
	equal 200 "$(status "$OPENID/.well-known/openid-configuration")"
	equal "$OPENID" "$(json_member issuer body)"
	contains "\"device_authorization_endpoint\":\"$OPENID/device/auth\"" body
	contains "\"code_challenge_methods_supported\":[\"S256\"]" body
	contains "\"authorization_response_iss_parameter_supported\":true" body
	contains "$token_exchange" body
	contains "$device_code" body
	lacks "\"implicit\"" body
	cp body openid
	equal 200 "$(status "$OPENID/.well-known/oauth-authorization-server")"
	same openid body
}
test_case 'metadata is the same at both well-known places' metadata_same_at_both_well

device_pending_until_somebody() {
	new_device
	contains "\"verification_uri\":\"$OPENID/device\"" body
	lacks "\"interval\"" body
	poll; says 400 authorization_pending
	openid_admin devices | grep -x "$(printf %s "$user_code" | tr -d -) cli pending"
	openid_approve_device "$user_code" alice >page
	contains "successful" page
	poll; equal 200 "$answer"
	contains "\"refresh_token\"" body
	userinfo "$(json_member access_token body)"
	equal "200 alice" "$answer $(json_member sub body)"
	poll; says 400 invalid_grant
}
test_case 'device: pending until a person approves, then one token' device_pending_until_somebody

device_complete_url_as_well() {
	new_device
	url=$(json_member verification_uri_complete body)
	openid_approve_device "$url" bob >page
	contains "successful" page
	openid_approve_device "$url" bob >page || :
	lacks "successful" page
}
test_case 'device: the complete URL works too, but only once' device_complete_url_as_well

device_denied() {
	new_device
	openid_deny_device "$user_code" >page || :
	lacks "successful" page
	poll; says 400 access_denied
}
test_case 'device: denied' device_denied

device_expired() {
	new_device
	openid_admin expire what=device
	poll; says 400 expired_token
	openid_approve_device "$user_code" >page || :
	lacks "successful" page
	new_device
	openid_admin set clock=601 >/dev/null
	poll; says 400 expired_token
	openid_admin set clock=0 >/dev/null
}
test_case 'device: expired, for the client and for the person' device_expired

device_slow_down_for_whoever() {
	openid_admin set polling=strict interval=600 device-ttl=7200 >/dev/null
	new_device
	contains "\"interval\":600" body
	poll; says 400 authorization_pending
	poll; says 400 slow_down
	openid_admin set clock=604 >/dev/null
	poll; says 400 slow_down
	openid_admin set clock=1300 >/dev/null
	poll; says 400 authorization_pending
	openid_admin set polling=any interval=0 device-ttl=600 clock=0 >/dev/null
	new_device
	openid_admin fault error=slow_down grant=device_code times=2
	poll; says 400 slow_down
	poll; says 400 slow_down
	poll; says 400 authorization_pending
}
test_case 'device: slow_down for clients that do not wait, and on demand' device_slow_down_for_whoever

device_code_nobody_issued() {
	equal 400 "$(post token "grant_type=$device_code" device_code=none)"
	equal invalid_grant "$(json_member error body)"
	equal 401 "$(post device/auth client_id=nobody)"
	equal invalid_client "$(json_member error body)"
}
test_case 'device: an invented code, an unknown client' device_code_nobody_issued

browser_code_for_whoever_has() {
	back=$(openid_authorize_redirect "$(authorization)" bob)
	case $back in
	"$callback"\?*) ;;
	*) complain "$back" ;;
	esac
	equal here "$(parameter state "$back")"
	equal "$OPENID" "$(parameter iss "$back")"
	code=$(parameter code "$back")
	set -- grant_type=authorization_code "redirect_uri=$callback" "code=$code"
	equal 200 "$(post token "$@" "code_verifier=$verifier")"
	contains "\"refresh_token\"" body
	access=$(json_member access_token body)
	userinfo "$access"
	equal "200 bob" "$answer $(json_member sub body)"
	answer=$(post token "$@" "code_verifier=$verifier"); says 400 invalid_grant
	userinfo "$access"; equal 401 "$answer"
}
test_case 'browser: the code requires the verifier, works at any port, and once' \
	browser_code_for_whoever_has

browser_verifier_has_to_be() {
	for wrong in "x$verifier" ""; do
		back=$(openid_authorize_redirect "$(authorization)")
		answer=$(post token grant_type=authorization_code "code=$(parameter code "$back")" \
			"redirect_uri=$callback" ${wrong:+"code_verifier=$wrong"})
		says 400 invalid_grant
	done
}
test_case 'browser: the verifier has to be present and correct' browser_verifier_has_to_be

browser_no_code_without_pkce() {
	for wrong in code_challenge code_challenge_method=plain; do
		back=$(openid_authorize_redirect "$(authorization "$wrong")")
		equal invalid_request "$(parameter error "$back")"
		equal "" "$(parameter code "$back")"
	done
}
test_case 'browser: no code without PKCE, nor with its plain method' browser_no_code_without_pkce

browser_redirect() {
	for wrong in http://127.0.0.1:4711/elsewhere https://example.com/callback; do
		must_fail openid_authorize_redirect "$(authorization "redirect_uri=$wrong")" >page
		contains invalid_redirect_uri page
	done
}
test_case 'browser: an unregistered redirect is refused' browser_redirect

browser_denied() {
	back=$(openid_deny "$(authorization)")
	equal access_denied "$(parameter error "$back")"
	equal here "$(parameter state "$back")"
	equal "$OPENID" "$(parameter iss "$back")"
}
test_case 'browser: denied' browser_denied

browser_refresh_token() {
	for expected in 0 1; do
		back=$(openid_authorize_redirect "$(authorization prompt)")
		equal 200 "$(post token grant_type=authorization_code "code_verifier=$verifier" \
			"code=$(parameter code "$back")" "redirect_uri=$callback")"
		equal "$expected" "$(grep -c refresh_token body || :)"
		openid_admin set offline=always >/dev/null
	done
	openid_admin set offline=consent >/dev/null
}
test_case 'browser: a refresh token only with prompt=consent, or if there is always one' \
	browser_refresh_token

# A listener of one answer, in place of the program that waits for its browser.
listen_once() {	# PORT-FILE REQUEST-FILE
	node --input-type=module -e '
		import { createServer } from "node:http";
		import { writeFileSync, renameSync } from "node:fs";
		const [ports, requests] = process.argv.slice(1);
		const put = (file, text) => {
			writeFileSync(file + ".new", text);
			renameSync(file + ".new", file);
		};
		setTimeout(() => process.exit(1), 60000);
		const server = createServer((req, res) => {
			put(requests, req.url);
			res.setHeader("Connection", "close");
			res.end("you may close this window\n", () => process.exit(0));
		}).listen(0, "127.0.0.1", () => put(ports, String(server.address().port)));' "$@"
}
browser_as_program() {
	listen_once port request &
	wait_for_file port $!
	url=$(authorization "redirect_uri=http://127.0.0.1:$(cat port)/callback")
	env -i FT_TEST_LOGIN=carol FT_TEST_PAGE="$T/page" setsid -w "$OPENID_BROWSER" "$url"
	wait
	same_text "you may close this window" page
	contains "state=here" request
	equal 200 "$(post token grant_type=authorization_code "code_verifier=$verifier" \
		"code=$(parameter code "$(cat request)")" \
		"redirect_uri=http://127.0.0.1:$(cat port)/callback")"
	userinfo "$(json_member access_token body)"
	equal carol "$(json_member sub body)"
}
test_case 'browser: as a separate program it follows the redirect, in any environment' \
	browser_as_program

confidential_clients() {
	equal 200 "$(status "$OPENID/device/auth" -u basic:basic-secret -d "scope=openid")"
	equal 200 "$(status "$OPENID/device/auth" -d "scope=openid" \
		-u "odd:$(printf %s "+%2541%2B%22%5C%3A%26%3D%2F%3F%23")")"
	equal 200 "$(post device/auth client_id=post client_secret=post-secret)"
	equal 401 "$(post device/auth client_id=post client_secret=wrong)"
	equal invalid_client "$(json_member error body)"
	equal 401 "$(status "$OPENID/device/auth" -u basic:wrong -d "scope=openid")"
	equal 401 "$(status "$OPENID/device/auth" -u "odd: %41+\"" -d "scope=openid")"
	equal 401 "$(post device/auth client_id=basic client_secret=basic-secret)"
	equal 401 "$(status "$OPENID/device/auth" -u post:post-secret -d "scope=openid")"
	equal 401 "$(post device/auth client_id=basic)"
}
test_case 'confidential clients: the secret, sent in each client'\''s way' confidential_clients

confidential_clients_private_key_jwt() {
	proof=$(assertion one)
	set -- device/auth client_id=jwt "client_assertion_type=$assertion_type"
	equal 200 "$(post "$@" "client_assertion=$proof")"
	equal 401 "$(post "$@" "client_assertion=$proof")"
	equal invalid_client "$(json_member error body)"
	proof=$(assertion two ",\"aud\":\"https://example.com\"")
	equal 401 "$(post "$@" "client_assertion=$proof")"
	proof=$(assertion three)
	equal 401 "$(post "$@" "client_assertion=${proof%????}AAAA")"
	equal 401 "$(post device/auth client_id=jwt)"
}
test_case 'confidential clients: private_key_jwt, each assertion once' \
	confidential_clients_private_key_jwt

admin_side_refuses() {
	must_fail openid_admin nonsense
	must_fail openid_admin set nonsense=1
	must_fail openid_admin set access-ttl=soon
	must_fail openid_admin disable
	must_fail openid_admin expire what=everything
	must_fail openid_admin fault times=1
}
test_case 'the admin interface refuses unknown verbs and settings' admin_side_refuses

over_tls() {
	make_certificates
	start_openid --tls-cert "$T/.tls/server.pem" --tls-key "$T/.tls/server.key"
	get --cacert "$CA_FILE" "$OPENID/.well-known/openid-configuration" >body
	equal "$OPENID" "$(json_member issuer body)"
	openid_tokens | grep refresh_token
	openid_authorize_redirect "$(authorization)" | grep code=
	run_at_exit
}
test_case 'over TLS' over_tls

is_gone() {
	! kill -0 "$1" 2>/dev/null
}
it_ends_with_shell_started() {
	(
		start_openid
		echo "$OPENID_PID" >pid
		kill -KILL "$BASHPID"
	) || :
	eventually 30 is_gone "$(cat pid)"
	expect_status 1 node "$openid_folder/provider.mjs" --max-seconds 1 2>err
	contains "nobody has ended me" err
}
test_case 'it ends with the shell that started it, and by itself' it_ends_with_shell_started
test_done

#!/bin/bash
# SPDX-License-Identifier: MIT
# Signing in with a browser (RFC 8252, PKCE, RFC 9207), at a real OpenID provider.
. "${FT_SRCDIR:?run me with make check}/tests/harness/tap.sh"
. "$FT_SRCDIR/tests/services/servers.sh"
. "$FT_SRCDIR/tests/services/openid.sh"
. "$FT_SRCDIR/tests/harness/accounts.sh"

need faketime nginx
need_openid
start_openid --interval 1
account work "server=$OPENID" client_id=cli match=https://git.example.com
export BROWSER="$OPENID_BROWSER" FT_TEST_LOGIN=alice FT_TEST_PAGE="$T/page"

# A web server for metadata that no decent service has: metadata MEMBERS puts it there.
start_metadata() {
	local port

	mkdir -p "$T/meta/.well-known"
	for _ in 1 2 3 4 5; do
		port=$(free_port)
		cat >"$T/meta.conf" <<-END
		$([ "$(id -u)" -ne 0 ] || echo 'user root;')
		daemon off;
		pid $T/meta.pid;
		error_log $T/meta.log;
		events { worker_connections 64; }
		http {
			access_log off;
			client_body_temp_path $T/meta.body; proxy_temp_path $T/meta.proxy;
			fastcgi_temp_path $T/meta.fcgi; uwsgi_temp_path $T/meta.uwsgi; scgi_temp_path $T/meta.scgi;
			server {
				listen 127.0.0.1:$port;
				default_type application/json;
				root $T/meta;
				location /moved/ { return 301 https://sso.example.com/; }
			}
		}
		END
		if start_daemon "$T/meta.pid" "$T/meta.log" nginx -p "$T" -c "$T/meta.conf" -e \
			"$T/meta.log"; then
			at_exit stop_pid "$DAEMON_PID"
			META=http://127.0.0.1:$port
			return 0
		fi
	done
	give_up "nginx does not start: $(tail -n 1 "$T/meta.log")"
}
start_metadata

metadata() {
	printf '{"issuer":"%s","token_endpoint":"%s/token",%s}\n' "${2-$META}" "$META" "$1" \
		>"$T/meta/.well-known/oauth-authorization-server"
}

# begin ACCOUNT [OPTION] - with a browser that does nothing: sets login, url and redirect
begin() {
	rm -f err
	BROWSER=true freshtoken login "$@" --browser 2>err >out &
	login=$!
	eventually 20 grep -q "^    http" err
	url=$(sed -n "s/^    //p" err | head -n 1)
	redirect=$(sed -n "s/.*redirect_uri=\([^&]*\).*/\1/p" <<<"$url" |
		sed "s/%3A/:/g; s/%2F/\//g")
}

# come_back URL - as a browser does
come_back() {
	curl -qsS --noproxy '*' -m 20 -o page -w '%{http_code}\n' "$1"
}

browser_there_and_back() {
	freshtoken login work --browser 2>err >out
	contains "account work: signed in as alice; its token is good for" err
	empty out
	eventually 10 grep -q "You are signed in" page
	lacks "$(freshtoken token work)" page
}
test_case 'a browser and its redirect: signed in, with a page that says so' browser_there_and_back

refresh_token_came() {
	freshtoken refresh work
	lacks "gave no refresh token" err
	equal 2 "$(openid_count authorization_code.granted)"
}
test_case 'a refresh token, although the service requires consent' \
	refresh_token_came

without_option() {
	freshtoken login work 2>err
	contains "sign in with the browser" err
	contains "signed in as alice" err
}
test_case 'without an option, if there is a browser, it is used' without_option

url_has_what_it_needs() {
	begin work
	for part in code_challenge_method=S256 code_challenge= state= nonce= response_type=code \
		client_id=cli redirect_uri=http%3A%2F%2F127.0.0.1%3A; do
		contains "$part" err
	done
	kill "$login"
}
test_case 'the URL has what it needs: PKCE with S256, state, nonce, a loopback address' \
	url_has_what_it_needs

while_it_waits_it_names() {
	begin work
	eventually 10 grep -qF "the browser is sent back to $redirect; if the service refuses" err
	contains "set redirect_uri to one with a port" err
	kill "$login"
}
test_case 'while it waits it names the address to register, and the key that sets another' \
	while_it_waits_it_names

another_state_no_answer() {
	openid_admin set offline=always >/dev/null
	begin work
	equal 400 "$(come_back "$redirect?code=stolen&state=other")"
	contains "not an answer to the sign-in" page
	equal 400 "$(come_back "$redirect?code=stolen")"
	eventually 10 grep -q "no state came to the redirect URI" err
	contains "another state came to the redirect URI and was ignored" err
	openid_authorize "$url" alice >/dev/null
	wait "$login"
	contains "signed in as alice" err
}
test_case 'another state: reported and ignored, and the sign-in continues' \
	another_state_no_answer

answer_of_another_issuer_ends() {
	begin work
	back=$(openid_authorize_redirect "$url" alice)
	equal 400 "$(come_back "$(sed "s|iss=[^&]*|iss=https%3A%2F%2Fevil.example.com|" \
		<<<"$back")")"
	expect_status 1 wait "$login"
	contains 'an answer of another issuer ("https://evil.example.com")' err
}
test_case 'an answer of another issuer ends it' answer_of_another_issuer_ends

nothing_of_what_browser_brings() {
	begin work
	back=$(openid_authorize_redirect "$url" alice)
	equal 400 "$(come_back "$(sed "s|iss=[^&]*|iss=%1B%5B31m%C2%9B31m%9B%FF|" <<<"$back")")"
	expect_status 1 wait "$login"
	contains 'an answer of another issuer ("?[31m??31m?' err
}
test_case 'nothing in a browser'\''s request can control the terminal' nothing_of_what_browser_brings

answer_without_issuer() {
	begin work
	back=$(openid_authorize_redirect "$url" alice)
	equal 400 "$(come_back "$(sed "s|&iss=[^&]*||" <<<"$back")")"
	expect_status 1 wait "$login"
	contains "without its issuer (iss)" err
}
test_case 'an answer without its issuer, which this service always adds, ends it' \
	answer_without_issuer

code_not_ours() {
	begin work
	state=$(sed -n "s/.*[?&]state=\([^&]*\).*/\1/p" <<<"$url")
	kill "$login"
	first=$url
	back=$(openid_authorize_redirect "$first" alice)
	code=$(sed -n "s/.*[?&]code=\([^&]*\).*/\1/p" <<<"$back")
	begin work
	state=$(sed -n "s/.*[?&]state=\([^&]*\).*/\1/p" <<<"$url")
	iss=$(sed -n "s/.*[?&]\(iss=[^&]*\).*/\1/p" <<<"$back")
	equal 400 "$(come_back "$redirect?code=$code&state=$state&$iss")"
	expect_status 4 wait "$login"
	contains invalid_grant err
}
test_case 'a code of another sign-in: the service refuses it, because PKCE and redirect URI differ' \
	code_not_ours

person_says_no() {
	begin work
	back=$(openid_deny "$url")
	equal 400 "$(come_back "$back")"
	expect_status 4 wait "$login"
	contains "access_denied; the sign-in was refused at the service" err
	contains "did not work" page
}
test_case 'the person denies' person_says_no

# refused_with QUERY - what the browser brings besides error and state, into err
refused_with() {
	begin work
	state=$(sed -n "s/.*[?&]state=\([^&]*\).*/\1/p" <<<"$url")
	equal 400 "$(come_back "$redirect?error=access_denied&state=$state&iss=$OPENID&$1")"
	expect_status 4 wait "$login"
}

words_of_service() {
	refused_with "error_description=Ask+your+%22boss%22%2C+Alice"
	contains 'refused at the service: "Ask your ' err
	contains ', Alice"' err
	refused_with "error_description=a%1b%5B2Jb"
	lacks "$(printf "\033")" err
	for unfit in "%ff%fe" "$(printf 'long+%.0s' {1..60})" "" "a&error_description=b"; do
		refused_with "error_description=$unfit"
		contains 'access_denied; the sign-in was refused at the service' err
		lacks '"' err
	done
}
test_case 'the service'\''s words about it are quoted, if they are harmless' words_of_service

second_callback() {
	begin work
	back=$(openid_authorize_redirect "$url" alice)
	equal 200 "$(come_back "$back")"
	wait "$login"
	contains "signed in as alice" err
	must_fail come_back "$back"
}
test_case 'a second redirect: the port is closed, or the sign-in has ended' second_callback

what_no_browser_sends_refused() {
	begin work
	host=${redirect#http://} host=${host%%/*}
	equal 404 "$(come_back "http://$host/favicon.ico")"
	equal 405 "$(curl -qsS --noproxy "*" -o page -w "%{http_code}" -d x=y "$redirect?state=a")"
	equal 421 "$(curl -qsS --noproxy "*" -o page -w "%{http_code}" -H "Host: evil.example.com" \
		"$redirect?state=a")"
	printf "garbage\r\n\r\n" | timeout 60 bash -c \
		"exec 3<>/dev/tcp/${host%:*}/${host#*:}; cat >&3; cat <&3" >raw
	contains "400 Bad Request" raw
	head -c 40000 /dev/zero | tr "\0" a |
		timeout 60 bash -c "exec 3<>/dev/tcp/${host%:*}/${host#*:}; cat >&3 2>/dev/null; cat <&3" >raw || :
	# Connections that say nothing, more than there are places.
	for i in 1 2 3 4 5 6 7 8 9 10 11 12; do
		bash -c "exec 3<>/dev/tcp/${host%:*}/${host#*:}; sleep 20" &
	done
	openid_authorize "$url" alice >/dev/null
	wait "$login"
	contains "signed in as alice" err
}
test_case 'invalid requests are refused, and the sign-in continues' what_no_browser_sends_refused

port_of_redirect_uri_taken() {
	start_wire_port=$(free_port)
	account fixed "server=$OPENID" client_id=cli \
		"redirect_uri=http://127.0.0.1:$start_wire_port/callback"
	freshtoken login fixed --browser 2>err
	contains "signed in as alice" err
	BROWSER=true freshtoken login fixed --browser 2>first &
	first=$!
	eventually 20 grep -q "^    http" first
	expect_status 1 freshtoken login fixed --browser 2>err
	contains "port $start_wire_port of redirect_uri is taken by another program" err
	kill "$first"
}
test_case 'a port of redirect_uri that is taken' port_of_redirect_uri_taken

localhost_both_of_addresses_lead() {
	port=$(free_port)
	account local "server=$OPENID" client_id=cli "redirect_uri=http://localhost:$port/callback"
	freshtoken login local --browser 2>err
	contains "the browser is sent back to http://localhost:$port/callback" err
	contains "signed in as alice" err
	for address in 127.0.0.1 "[::1]"; do
		# A machine without IPv6 has the first alone.
		[ "$address" = 127.0.0.1 ] || has_ipv6 || continue
		begin local
		back=$(openid_authorize_redirect "$url" alice)
		equal 421 "$(come_back "http://$address:$port/callback?code=a")"
		equal 200 "$(curl -qsS --noproxy "*" -m 20 -o page -w "%{http_code}\n" \
			--connect-to "localhost:$port:$address:$port" "$back")"
		wait "$login"
		contains "signed in as alice" err
	done
}
test_case 'localhost: both of its addresses work, on one port' localhost_both_of_addresses_lead

pkce_service_offers_by_plain() {
	metadata "\"authorization_endpoint\":\"$META/auth\",\"code_challenge_methods_supported\":[\"plain\"]"
	account weak "server=$META" client_id=cli
	expect_status 1 freshtoken login weak --browser 2>err
	contains 'offers PKCE by "plain" alone' err
	contains "--device" err
}
test_case 'PKCE that the service offers only as plain' pkce_service_offers_by_plain

metadata_of_another_issuer() {
	metadata "\"authorization_endpoint\":\"$META/auth\"" https://sso.example.com
	account other "server=$META" client_id=cli
	expect_status 1 freshtoken login other --browser 2>err
	contains "says that its issuer is https://sso.example.com; set server to that if you trust it" err
	metadata "\"authorization_endpoint\":\"$META/auth\"" 'x; run: this \"'
	expect_status 1 freshtoken login other --browser 2>err
	contains "says that its issuer is: \"x; run: this '\"" err
	lacks "trust it" err
	account moved "server=$META/moved" client_id=cli
	expect_status 1 freshtoken login moved --browser 2>err
	contains "a redirect, which is never followed); set server to the final address" err
}
test_case 'metadata of another issuer, and a redirect instead of metadata' \
	metadata_of_another_issuer

endpoints_not_https() {
	metadata "\"authorization_endpoint\":\"http://sso.example.com/auth\""
	account plain "server=$META" client_id=cli
	expect_status 1 freshtoken login plain --browser 2>err
	contains "names an endpoint authorization_endpoint that is not https" err
}
test_case 'endpoints without https at a service with https' endpoints_not_https

browser_never_comes_back() {
	# A clock that runs a hundred times as fast.
	BROWSER=true expect_status 4 faketime -f "+0 x100" freshtoken login work --browser 2>err
	cat err
	contains "the browser did not come back to http://127.0.0.1:" err
	contains "within 5 minutes" err
	contains "freshtoken login work --device" err
}
test_case 'a browser that never returns: the sign-in ends, and names alternatives' \
	browser_never_comes_back

no_display() {
	unset BROWSER DISPLAY WAYLAND_DISPLAY
	rm -f err
	freshtoken login work --browser 2>err &
	login=$!
	eventually 20 grep -q "^and enter the code" err
	contains "this session has no display for a browser; signing in with a code instead" err
	openid_approve_device "$(sed -n "/^and enter the code/,\$s/^    //p" err | head -n 1)" \
		alice >/dev/null
	wait "$login"
}
test_case 'no display: a code instead, and a message' no_display

over_ssh_with_display() {
	unset BROWSER
	rm -f err
	DISPLAY=:9 SSH_CONNECTION="127.0.0.1 1 127.0.0.1 2" freshtoken login work 2>err &
	login=$!
	eventually 20 grep -q "^and enter the code" err
	kill "$login"
}
test_case 'over ssh with a forwarded display: a code' over_ssh_with_display
test_done

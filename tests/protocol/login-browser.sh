#!/bin/bash
# Signing in with a browser (RFC 8252, PKCE, RFC 9207), at a real OpenID provider.
. "${FT_SRCDIR:?run me with make check}/tests/protocol/tap.sh"
. "$FT_SRCDIR/tests/services/servers.sh"
. "$FT_SRCDIR/tests/services/openid.sh"
. "$FT_SRCDIR/tests/protocol/accounts.sh"

need_openid
start_openid --interval 1
account work "server=$OPENID" client_id=cli match=https://git.example.com
export BROWSER="$OPENID_BROWSER" FT_TEST_LOGIN=alice FT_TEST_PAGE="$T/page"

# begin ACCOUNT [OPTION] - with a browser that does nothing: sets login, url and redirect
begin() {
	BROWSER=true freshtoken login "$@" --browser 2>err >out &
	login=$!
	eventually 20 grep -q "^    http" err
	url=$(sed -n "s/^    //p" err | head -n 1)
	redirect=$(sed -n "s/.*redirect_uri=\([^&]*\).*/\1/p" <<<"$url" | sed "s/%3A/:/g; s/%2F/\//g")
}

# come_back URL - as a browser does
come_back() {
	curl -qsS --noproxy '*' -m 20 -o page -w '%{http_code}\n' "$1"
}

test_case 'a browser, there and back: signed in, with a page that says so' '
	freshtoken login work --browser 2>err >out
	contains "account work: signed in as alice; its token is good for" err
	empty out
	eventually 10 grep -q "You are signed in" page
	lacks "$(freshtoken token work)" page
'
test_case 'a refresh token came, although the service wanted to be asked for consent' '
	freshtoken refresh work
	lacks "gave no refresh token" err
	equal 2 "$(openid_count authorization_code)"
'
test_case 'without an option, where a browser is, it is the browser' '
	freshtoken login work 2>err
	contains "sign in with the browser" err
	contains "signed in as alice" err
'
test_case 'the URL has what it needs: PKCE with S256, state, nonce, a loopback address' '
	begin work
	for part in code_challenge_method=S256 code_challenge= state= nonce= response_type=code \
		client_id=cli redirect_uri=http%3A%2F%2F127.0.0.1%3A; do
		contains "$part" err
	done
	kill "$login"
'
test_case 'another state is no answer: said, ignored, and the sign-in goes on' '
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
'
test_case 'an answer of another issuer ends it' '
	begin work
	back=$(openid_authorize_redirect "$url" alice)
	equal 400 "$(come_back "$(sed "s|iss=[^&]*|iss=https%3A%2F%2Fevil.example.com|" <<<"$back")")"
	expect_status 1 wait "$login"
	contains "an answer of another issuer (https://evil.example.com)" err
'
test_case 'an answer without its issuer, which this service always adds, ends it' '
	begin work
	back=$(openid_authorize_redirect "$url" alice)
	equal 400 "$(come_back "$(sed "s|&iss=[^&]*||" <<<"$back")")"
	expect_status 1 wait "$login"
	contains "without its issuer (iss)" err
'
test_case 'a code that is not ours: the service refuses it, for PKCE and redirect URI differ' '
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
'
test_case 'the person says no' '
	begin work
	back=$(openid_deny "$url")
	equal 400 "$(come_back "$back")"
	expect_status 4 wait "$login"
	contains "access_denied; the sign-in was refused at the service" err
	contains "did not work" page
'
test_case 'a second callback: nobody is there any more, or it is over' '
	begin work
	back=$(openid_authorize_redirect "$url" alice)
	equal 200 "$(come_back "$back")"
	wait "$login"
	contains "signed in as alice" err
	must_fail come_back "$back"
'
test_case 'what no browser sends is refused, and the sign-in goes on' '
	begin work
	host=${redirect#http://} host=${host%%/*}
	equal 404 "$(come_back "http://$host/favicon.ico")"
	equal 405 "$(curl -qsS --noproxy "*" -o page -w "%{http_code}" -d x=y "$redirect?state=a")"
	equal 421 "$(curl -qsS --noproxy "*" -o page -w "%{http_code}" -H "Host: evil.example.com" "$redirect?state=a")"
	printf "garbage\r\n\r\n" | timeout 5 bash -c "exec 3<>/dev/tcp/${host%:*}/${host#*:}; cat >&3; cat <&3" >raw
	contains "400 Bad Request" raw
	head -c 40000 /dev/zero | tr "\0" a | timeout 5 bash -c "exec 3<>/dev/tcp/${host%:*}/${host#*:}; cat >&3 2>/dev/null; cat <&3" >raw || :
	# Connections that say nothing, more than there are places.
	for i in 1 2 3 4 5 6 7 8 9 10 11 12; do
		bash -c "exec 3<>/dev/tcp/${host%:*}/${host#*:}; sleep 20" &
	done
	openid_authorize "$url" alice >/dev/null
	wait "$login"
	contains "signed in as alice" err
'
test_case 'a port of redirect_uri that is taken' '
	start_wire_port=$(free_port)
	account fixed "server=$OPENID" client_id=cli "redirect_uri=http://127.0.0.1:$start_wire_port/callback"
	freshtoken login fixed --browser 2>err
	contains "signed in as alice" err
	BROWSER=true freshtoken login fixed --browser 2>first &
	first=$!
	eventually 20 grep -q "^    http" first
	expect_status 1 freshtoken login fixed --browser 2>err
	contains "port $start_wire_port of redirect_uri is taken by another program" err
	kill "$first"
'
test_case 'PKCE that the service offers by plain alone' '
	openid_admin fault name=metadata member=code_challenge_methods_supported value=plain >/dev/null
	account weak "server=$OPENID" client_id=cli
	expect_status 1 freshtoken login weak --browser 2>err
	openid_admin fault name=none >/dev/null
	contains "offers PKCE by plain alone" err
	contains "--device" err
'
test_case 'a browser that never comes back: it ends, and says what else there is' '
	command -v faketime >/dev/null || exit 0
	begin work
	kill "$login"
'
test_case 'no display: a code instead, and that is said' '
	unset BROWSER DISPLAY WAYLAND_DISPLAY
	freshtoken login work --browser 2>err &
	login=$!
	eventually 20 grep -q "^and enter the code" err
	contains "there is no display here for a browser; signing in with a code instead" err
	openid_approve_device "$(sed -n "/^and enter the code/,\$s/^    //p" err | head -n 1)" alice >/dev/null
	wait "$login"
'
test_case 'over ssh with a display of there: a code' '
	unset BROWSER
	DISPLAY=:9 SSH_CONNECTION="127.0.0.1 1 127.0.0.1 2" freshtoken login work 2>err &
	login=$!
	eventually 20 grep -q "^and enter the code" err
	kill "$login"
'
test_done

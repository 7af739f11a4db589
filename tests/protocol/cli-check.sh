#!/bin/bash
# status --check: what the service says of a sign-in, without spending anything.
. "${FT_SRCDIR:?run me with make check}/tests/protocol/tap.sh"
. "$FT_SRCDIR/tests/services/servers.sh"
. "$FT_SRCDIR/tests/services/openid.sh"
. "$FT_SRCDIR/tests/protocol/accounts.sh"

need_openid
start_openid --offline always
account work "server=$OPENID" client_id=cli match=https://git.example.com
account out "server=$OPENID" client_id=cli match=https://out.example.com
export BROWSER="$OPENID_BROWSER" FT_TEST_LOGIN=alice FT_TEST_PAGE="$T/page"
STATE=$XDG_STATE_HOME/freshtoken

test_case 'a good sign-in: said, nothing is spent, nothing is written' '
	freshtoken login work --browser 2>/dev/null
	cp "$STATE/work.json" before
	freshtoken status work --check >out 2>err
	empty err
	contains "the service says that the sign-in is good" out
	grep -q "^work	fresh	" out
	cmp before "$STATE/work.json"
	equal 0 "$(openid_count refresh_token.granted)"
	freshtoken status --check --json >json
	contains "\"verdict\":\"fresh\"" json
	contains "\"verdict\":\"signed-out\"" json
'
test_case 'revoked at the service: seen before git sees it' '
	openid_admin revoke account=alice >/dev/null
	freshtoken status work >out
	grep -q "^work	fresh	" out
	freshtoken status work --check >out
	grep -q "^work	needs-login	" out
	contains "run: freshtoken login work" out
	cmp before "$STATE/work.json"
'
test_case 'the service is down: said, with what is known' '
	account gone server=http://127.0.0.1:9 client_id=cli
	sed "s/\"account\":\"work\"/\"account\":\"gone\"/; s|\"server\":\"[^\"]*\"|\"server\":\"http://127.0.0.1:9\"|" \
		"$STATE/work.json" >"$STATE/gone.json"
	chmod 600 "$STATE/gone.json"
	freshtoken status gone --check >out
	contains "could not be checked: " out
	contains "127.0.0.1:9" out
'
test_done

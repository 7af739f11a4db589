#!/bin/bash
# SPDX-License-Identifier: MIT
# id_token = yes: the verified ID token is stored, and renewed with the access token.
. "${FT_SRCDIR:?run me with make check}/tests/harness/tap.sh"
. "$FT_SRCDIR/tests/services/servers.sh"
. "$FT_SRCDIR/tests/services/openid.sh"
. "$FT_SRCDIR/tests/harness/accounts.sh"

need_openid
start_openid --offline always
account work "server=$OPENID" client_id=cli id_token=yes match=https://git.example.com
account without "server=$OPENID" client_id=cli id_token=yes
account sets "server=$OPENID" client_id=cli id_token=yes match=https://sets.example.com
export BROWSER="$OPENID_BROWSER" FT_TEST_LOGIN=alice FT_TEST_PAGE="$T/page"
record=$XDG_STATE_HOME/freshtoken/work.json
refreshes=refresh_token.requests

id() {
	freshtoken token "${1:-work}" --format id
}

newest_id() {
	openid_admin tokens account=alice | sed -n 's/^id_token=//p; s/.*"id_token":"\([^"]*\)".*/\1/p'
}

# id_ends MS [FILE] - from when it was issued on
id_ends() {
	sed -i "s/\(\"id_token\":{.*\"lifetime\":\)[0-9]*\(.*\"rejected\|,\"unrenewed\|}\)/\1$1\2/" \
		"${2:-$record}"
}

sign_in_here() {	# ACCOUNT
	freshtoken login "$1" --browser 2>err
}

kept_at_sign_in() {
	sign_in_here work
	id >token
	newest_id | cmp - token
	freshtoken token work | must_fail cmp -s - token
	# A JWT in three parts, and alice's.
	tr . '\n' <token | sed -n 2p | tr -- -_ +/ >claims
	{ cat claims; printf "=="; } | base64 -d 2>/dev/null >json || :
	contains '"sub":"alice"' json
	equal 600 "$(stat -c %a "$record")"
	contains '"id_token":{"token":"' "$record"
	freshtoken status work --json >json
	grep -q '"id_token_expires_at":"20[0-9TZ:-]*"' json
	lacks "$(cat token)" json
}
test_case 'the ID token of a sign-in is stored' kept_at_sign_in

keys_change() {
	freshtoken refresh work
	id >before
	openid_admin rotate-keys keep=no >/dev/null
	freshtoken refresh work
	id >after
	must_fail cmp -s before after
	newest_id | cmp - after
}
test_case 'the service has new keys: the ID token is verified with them' keys_change

new_one_at_refresh() {
	id >before
	freshtoken refresh work
	id >after
	must_fail cmp -s before after
	newest_id | cmp - after
}
test_case 'a refresh gets a new one' new_one_at_refresh

ends_first() {
	freshtoken refresh work
	id >before
	freshtoken token work >access
	openid_admin reset-counters
	id_ends 10
	# Git gets a token at once, or after the refresh that is due; it is good.
	id >after
	must_fail cmp -s before after
	freshtoken token work | must_fail cmp -s - access
	equal 1 "$(openid_count $refreshes)"
}
test_case 'an expired one is renewed although the access token is valid' ends_first

by_the_lesser_of_both_lives() {
	freshtoken refresh work
	id_ends 10
	openid_admin reset-counters
	freshtoken token work >/dev/null
	equal 1 "$(openid_count $refreshes)"
	freshtoken token work >/dev/null
	equal 1 "$(openid_count $refreshes)"
}
test_case 'a request for the access token renews both' by_the_lesser_of_both_lives

outage() {
	freshtoken refresh work
	freshtoken token work >access
	id_ends 10
	openid_admin fault error=temporarily_unavailable status=503 grant=refresh_token times=-1 >/dev/null
	freshtoken token work | cmp - access
	expect_status 5 freshtoken token work --format id 2>err
	openid_admin fault >/dev/null
	freshtoken refresh work
	id >/dev/null
}
test_case 'the service fails, and the ID token has expired: the access token is handed out' \
	outage

refresh_without_one() {
	sign_in_here work
	id >before
	openid_admin fault id-token=none grant=refresh_token times=-1 >/dev/null
	freshtoken refresh work
	id | cmp - before
	freshtoken status work >status
	contains 'the service sent no new ID token; the previous one is kept' status
	openid_admin reset-counters
	id_ends 10
	for _ in 1 2 3; do
		freshtoken token work >/dev/null
	done
	equal 0 "$(openid_count $refreshes)"
	expect_status 4 freshtoken token work --format id 2>err
	contains 'the service sends none at a refresh' err
	contains 'run: freshtoken login work' err
	freshtoken doctor >doctored 2>&1 || :
	contains 'the service sends none at a refresh' doctored
	equal 0 "$(openid_count $refreshes)"
	openid_admin fault >/dev/null
	# Where one comes all the same it is taken.
	freshtoken refresh work
	id >/dev/null
	freshtoken status work | must_fail grep -q 'ID token'
}
test_case 'a service that sends none at a refresh: the old one while it is valid, and no extra refresh' \
	refresh_without_one

none_at_all() {
	openid_admin fault id-token=none grant=authorization_code >/dev/null
	sign_in_here without
	freshtoken token without >/dev/null
	freshtoken status without >status
	contains 'no ID token' status
	openid_admin reset-counters
	expect_status 4 freshtoken token without --format id 2>err
	contains 'the service sends no ID token that can be kept' err
	contains 'have scope in [account without] include openid' err
	equal 0 "$(openid_count $refreshes)"
}
test_case 'a sign-in without one: signed in, and reported' none_at_all

set_later() {
	sed -i '/^\[account sets\]/,$s/^id_token = yes/id_token = no/' \
		"$XDG_CONFIG_HOME/freshtoken/freshtoken.conf"
	sign_in_here sets
	lacks id_token "$XDG_STATE_HOME/freshtoken/sets.json"
	expect_status 1 freshtoken token sets --format id 2>err
	contains 'the account keeps no ID token' err
	contains 'set id_token = yes in [account sets]' err
	sed -i '/^\[account sets\]/,$s/^id_token = no/id_token = yes/' \
		"$XDG_CONFIG_HOME/freshtoken/freshtoken.conf"
	id sets >token
	newest_id | cmp - token
	sed -i '/^\[account sets\]/,$s/^id_token = yes/id_token = no/' \
		"$XDG_CONFIG_HOME/freshtoken/freshtoken.conf"
	freshtoken refresh sets
	lacks id_token "$XDG_STATE_HOME/freshtoken/sets.json"
}
test_case 'set after the sign-in: the first request gets one by a refresh; unset: it is deleted' set_later

# As if the service's keys had been fetched long ago.
forget_keys() {
	rm "$XDG_STATE_HOME/freshtoken/work.metadata"
}

keys_out_of_order() {
	freshtoken refresh work
	id >before
	forget_keys
	openid_admin rotate-keys keep=no >/dev/null
	openid_admin fault at=jwks error=out_of_order status=503 times=-1 >/dev/null
	freshtoken refresh work || :
	openid_admin fault >/dev/null
	# What could not be verified is not handed out.
	newest_id | must_fail cmp -s - before
	id >now
	newest_id >newest
	cmp -s now before || cmp now newest
}
test_case 'keys that cannot be fetched: an unverified token is not handed out' keys_out_of_order

of_somebody_else() {
	sign_in_here work
	id >before
	openid_admin fault id-token=subject grant=refresh_token >/dev/null
	expect_status 4 freshtoken refresh work 2>err
	contains 'answered for a person other' err
	lacks "$(cat before)" err
	sign_in_here work
}
test_case 'a refresh with the ID token of another person is refused' of_somebody_else

lie_at_refresh() {	# WHAT
	freshtoken refresh work
	id >before
	openid_admin fault "id-token=$1" grant=refresh_token >/dev/null
	expect_status 5 freshtoken refresh work 2>err
	id | cmp - before
	freshtoken refresh work
	id | must_fail cmp -s - before
}
for what in issuer audience signature unsigned confused expired; do
	test_case "the ID token of a refresh is wrong ($what): it is not stored" lie_at_refresh "$what"
done

logout_takes_it() {
	sign_in_here work
	id >/dev/null
	freshtoken logout work
	must_fail test -e "$record"
}
test_case 'logout deletes it too' logout_takes_it

refused_at_load() {	# WORDS LINE…
	local words=$1

	shift
	mkdir -p conf/freshtoken
	printf '%s\n' '[account a]' 'server = https://sso.example.com' "$@" >conf/freshtoken/freshtoken.conf
	XDG_CONFIG_HOME=$T/conf expect_status 1 freshtoken token a 2>err
	contains "$words" err
}
test_case 'an account without client_id' refused_at_load 'id_token: it needs client_id' 'id_token = yes'
test_case 'an account that gets its tokens from another one' refused_at_load \
	'id_token: a machine account has no ID token' 'from = b' 'id_token = yes' \
	'[account b]' 'server = https://sso.example.com' 'client_id = cli'

test_done

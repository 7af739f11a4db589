#!/bin/bash
# SPDX-License-Identifier: MIT
# The profiles of hosts of git repositories, with token-service giving the answers that their
# documentation shows; the hosts themselves are not used.
. "${FT_SRCDIR:?run me with make check}/tests/harness/tap.sh"
. "$FT_SRCDIR/tests/services/servers.sh"
. "$FT_SRCDIR/tests/harness/accounts.sh"
need curl
start_token_service
printf 's3cret\n' >"$T/secret"
chmod 600 "$T/secret"

# host_account NAME PROVIDER VENDOR [KEY=VALUE…] -- [OPTION=VALUE…]
host_account() {
	local name=$1 provider=$2 vendor=$3 keys=()

	shift 3
	while [ "$1" != -- ]; do
		keys+=("$1")
		shift
	done
	shift
	ts create "$name" "vendor=$vendor" client_id=app "$@" >/dev/null
	account "$name" "provider=$provider" "server=$TS/$name" "match=$name.example.com" \
		client_id=app "${keys[@]}"
	sign_in "$name"
}

# refuse NAME TOKEN - what git does after a 401
refuse() {
	git_says erase "$1" "$(grep ^username= ".git.$1")" "password=$2"
}

# Sign in, hand out, expire, refresh, be refused, refresh again.
live() {
	local name=$1 first second third

	let_expire "$name"
	first=$(newest "$name")
	ts set "$name" lifetime=3600
	second=$(git_token "$name")
	must_fail equal "$first" "$second"
	equal "$(newest "$name")" "$second"
	is_good "$name" "$second"
	equal "$second" "$(docker_token "$name")"
	refuse "$name" "$second"
	third=$(git_token "$name")
	must_fail equal "$second" "$third"
	is_good "$name" "$third"
	equal "3 0 0" "$(state_of_spending "$name")"
}

# A dead refresh token is a sign-in that is needed; what is stored stays.
end() {
	local name=$1 before

	sign_in "$name"
	ts revoke-family "$name" >/dev/null
	before=$(freshtoken token "$name")
	refuse "$name" "$before"
	expect_status 4 freshtoken token "$name" 2>err
	contains "run: freshtoken login $name" err
	equal needs-login "$(verdict "$name")"
	equal 1 "$(ts_count "$name" refused)"
	expect_status 4 freshtoken token "$name" 2>err
	equal 1 "$(ts_count "$name" refused)"
	contains refresh_token "$(record "$name")"
	freshtoken status "$name" --json >status
}

# Nobody refreshes a token ahead of its end, as the last case does with another profile.
stays() {
	local name=$1

	sign_in "$name"
	grow_old "$name" 3450
	ts reset-counters "$name" >/dev/null
	equal "$(newest "$name")" "$(git_token "$name")"
	expect_status 0 freshtoken token "$name" >/dev/null
	equal 0 "$(ts_count "$name" exchanges)"
}

gitlab_life_on_metadata() {
	host_account gl gitlab oauth2 -- lifetime=1 kill_old=yes discovery=openid
	live gl
	equal 0 "$(grep -c refresh_token= <<<"$(ts last-request gl | head -n 1)")"
	stays gl
	end gl
}
test_case 'gitlab: a whole sign-in with OpenID metadata only' gitlab_life_on_metadata

github_life_without_metadata() {
	host_account gh github github -- lifetime=1 kill_old=yes
	live gh
	equal 0 "$(ts_count gh discoveries)"
	stays gh
	end gh
	contains "HTTP 200: bad_refresh_token" status
	contains "\"service_says\":\"The refresh token passed is incorrect or expired.\"" status
}
test_case 'github: a whole sign-in without metadata, and errors with HTTP 200' \
	github_life_without_metadata

github_wrong_client_not_taken() {
	host_account ghc github github -- lifetime=1 kill_old=yes
	let_expire ghc
	ts set ghc client_id=other >/dev/null
	expect_status 5 freshtoken token ghc 2>err
	contains "incorrect_client_credentials" err
	equal unreachable "$(verdict ghc)"
	ts set ghc client_id=app lifetime=600 >/dev/null
	freshtoken refresh ghc
	is_good ghc "$(freshtoken token ghc)"
}
test_case 'github: a wrong client does not count as the end of the sign-in' \
	github_wrong_client_not_taken

device_code_ends() {
	name=gh${code%%_*}
	host_account $name github github --
	ts fault $name fault=error:$code:200
	expect_status 4 freshtoken login $name --device 2>err
	contains 'and enter the code' err
	contains 'WDJB-MJHT' err
	contains "HTTP 200: $code" err
}

for code in access_denied expired_token incorrect_device_code bad_verification_code; do
	test_case "github: a device code that ends with $code, with HTTP 200" device_code_ends
done

github_waiting_goes() {
	host_account ghd github github --
	freshtoken login ghd --device 2>err &
	login=$!
	asked_twice() { [ "$(ts_count ghd exchanges)" -gt 2 ]; }
	eventually 20 asked_twice
	kill -0 "$login"
	ts fault ghd fault=error:access_denied:200
	expect_status 4 wait "$login"
	contains "access_denied" err
}
test_case 'github: waiting continues while it is pending, with HTTP 200' github_waiting_goes

github_device_code_refused() {
	host_account ghw github github --
	ts set ghw client_id=other >/dev/null
	expect_status 4 freshtoken login ghw --device 2>err
	same_text "freshtoken: account ghw: $TS/ghw: device authorization: HTTP 200: incorrect_client_credentials: \"The client_id and/or client_secret passed are incorrect.\"" err
}
test_case 'github: a device code that is refused, with HTTP 200' github_device_code_refused

bitbucket_basic_authentication() {
	host_account bb bitbucket bitbucket username=x-token-auth "client_secret_file=$T/secret" \
		-- \
		lifetime=1 client_auth=basic client_secret=s3cret size=2600
	live bb
	[ "$(printf %s "$(git_token bb)" | wc -c)" -ge 2600 ]
	grep -qx username=x-token-auth .git.bb
	ts last-request bb >request
	grep -qi "^authorization: basic " request
	lacks client_secret request
	lacks s3cret request
	end bb
}
test_case 'bitbucket: Basic authentication, rotation, tokens of 2,600 characters' \
	bitbucket_basic_authentication

token_of_age_refreshed() {
	host_account eager oauth2 oauth2 -- lifetime=3600
	grow_old eager 3450
	ts reset-counters eager >/dev/null
	git_token eager >/dev/null
	refreshed() { [ "$(ts_count eager refreshes)" = 1 ]; }
	eventually 20 refreshed
}
test_case 'a token of that age is refreshed by default' token_of_age_refreshed

# gets_old NAME - git has a token that is replaced meanwhile; sets old
gets_old() {
	grow_old "$1" 3450
	ts reset-counters "$1" >/dev/null
	old=$(git_token "$1")
	replaced() { [ "$(ts_count "$1" refreshes)" = 1 ] && [ "$(git_token "$1")" != "$old" ]; }
	eventually 20 replaced "$1"
}

learns_lazy() {
	host_account learns oauth2 oauth2 -- lifetime=3600 kill_old=yes
	gets_old learns
	is_bad learns "$old"
	before=$(git_token learns)
	refuse learns "$old" 2>err
	contains 'account learns: its service ends a token when it issues the next one' err
	contains 'eager = no' err
	# The new one is good, and nobody replaces it before it has to be.
	equal "$before" "$(git_token learns)"
	is_good learns "$before"
	refuse learns "$old" 2>err
	empty err
	stays_quiet learns
	# A refresh keeps what was learnt.
	freshtoken refresh learns
	stays_quiet learns
}

stays_quiet() {
	grow_old "$1" 3450
	ts reset-counters "$1" >/dev/null
	git_token "$1" >/dev/null
	freshtoken token "$1" >/dev/null
	equal 0 "$(ts_count "$1" exchanges)"
}
test_case 'a token that is refused after it was replaced: eager = no, reported once' learns_lazy

learns_nothing() {
	# Who says what he wants gets it.
	host_account wants oauth2 oauth2 eager=yes -- lifetime=3600 kill_old=yes
	gets_old wants
	refuse wants "$old" 2>err
	empty err
	lacks lazy "$(record wants)"
	# A token that nobody replaced, or somebody else's.
	host_account other oauth2 oauth2 -- lifetime=3600 kill_old=yes
	gets_old other
	refuse other "of-nobody" 2>err
	empty err
	# Long after, it is old news.
	grow_old other 90
	refuse other "$old" 2>err
	empty err
	lacks lazy "$(record other)"
}
test_case 'other refusals teach nothing' learns_nothing

accounts_docs_hosts_md_shows() {
	mkdir -p shown/freshtoken
	sed -n "/^\`\`\`ini/,/^\`\`\`/{/^\`/d;p;}" "$FT_SRCDIR/docs/hosts.md" \
		>shown/freshtoken/freshtoken.conf
	XDG_CONFIG_HOME=$PWD/shown freshtoken status >out
	equal "acme bitbucket github gitlab own " "$(cut -f1 out | sort | tr "\n" " ")"
	equal 5 "$(cut -f2 out | grep -c signed-out)"
	equal x-token-auth "$(sed -n "s/^username *= //p" shown/freshtoken/freshtoken.conf |
		tail -n 1)"
}
test_case 'the accounts that docs/hosts.md shows are accounts' accounts_docs_hosts_md_shows

test_done

#!/bin/bash
# SPDX-License-Identifier: MIT
# When a service cannot answer: valid tokens are handed out, nothing is lost, and it is not asked
# again and again.
. "${FT_SRCDIR:?run me with make check}/tests/harness/tap.sh"
. "$FT_SRCDIR/tests/services/servers.sh"
. "$FT_SRCDIR/tests/harness/accounts.sh"
need curl
start_token_service
ts create trap >/dev/null || give_up 'no tenant'

# survives NAME - one refresh fails for the time being: first with a token that lives on, then
# with one that a server rejected
survives() {
	local name=$1 fault=$2 before asked=0

	# What the service does not know it refuses. Abitmedia's own refusals have a code and a message.
	case $fault/${vendor-} in
	*/abitmedia) ;;
	status:400/* | json:400/*) asked=1 ;;
	esac
	before=$(git_token "$name")
	ts fault "$name" "fault=$fault" "url=$TS/trap/oauth/token"
	expect_status 5 freshtoken refresh "$name" 2>err
	no_secret err "$name"
	equal "$before" "$(git_token "$name")"
	equal "$before" "$(docker_token "$name")"
	equal "$before" "$(freshtoken token "$name")"
	freshtoken refresh "$name"
	must_fail equal "$before" "$(git_token "$name")"
	equal "2 $asked 0" "$(state_of_spending "$name")"

	reject "$name"
	ts fault "$name" "fault=$fault" "url=$TS/trap/oauth/token"
	git_says get "$name" >out 2>err
	same_text quit=1 out
	equal 1 "$(wc -l <err)"
	no_secret err "$name"
	lacks "freshtoken login" err
	expect_status 1 docker-credential-freshtoken get >out 2>err <<<"$name.example.com"
	same_text "credentials not found in native keychain" out
	equal 1 "$(wc -l <err)"
	no_secret err "$name"
	expect_status 5 freshtoken token "$name" >out
	empty out
	equal unreachable "$(verdict "$name")"
	# One exchange for all of those, and for the refresh before; where the service may have
	# meant the refresh token, each with a question about another one.
	equal "$((4 + 2 * asked))" "$(ts_count "$name" exchanges)"
	freshtoken refresh "$name"
	is_good "$name" "$(git_token "$name")"
	equal fresh "$(verdict "$name")"
	equal "3 $((2 * asked)) 0" "$(state_of_spending "$name")"
}

n=0
oauth2_survives() {
	new_account o$n oauth2
	survives o$n $fault
}

for fault in reset-before html:200 html:400 html:401 html:403 html:502 json:404 json:502 \
	status:404 status:500 429:100 503:100 503:date:100 redirect:301 redirect:302 redirect:303 \
	redirect:307 redirect:308 bomb deep; do
	n=$((n + 1))
	test_case "oauth2: $fault" oauth2_survives
done
vendor_survives() {
	new_account v$n $vendor
	survives v$n $fault
}

# A bare 400 says nothing; only consinco means something by it.
for vendor in oauth2 abitmedia formulacerta kirjaswappi; do
	for fault in status:400 json:400 json:404; do
		n=$((n + 1))
		test_case "$vendor: $fault" vendor_survives
	done
done
consinco_xml_survives() {
	new_account x$n consinco format=xml
	before=$(git_token x$n)
	ts fault x$n fault=$fault spend=no
	expect_status 5 freshtoken refresh x$n
	equal "$before" "$(git_token x$n)"
	freshtoken refresh x$n
	equal '2 0 0' "$(state_of_spending x$n)"
}

for fault in html:200 html:400 html:401 json:404 bomb garbage-xml; do
	n=$((n + 1))
	test_case "consinco, XML: $fault" consinco_xml_survives
done
no_redirect_followed() {
	equal 0 "$(ts_count trap requests)"
}
test_case 'no redirect was followed' no_redirect_followed

asks_for_second_tried_again() {
	new_account soon oauth2
	ts fault soon fault=429:1
	freshtoken refresh soon
	equal "2 0 0" "$(state_of_spending soon)"
}
test_case 'a 429 that asks for a second is tried again at once' asks_for_second_tried_again

# left_alone NAME FAULT SECONDS - for how long the service is then, and what is said
left_alone() {
	new_account "$1" oauth2
	reject "$1"
	ts fault "$1" "fault=$2"
	expect_status 5 freshtoken refresh "$1"
	expect_status 5 freshtoken token "$1" 2>err
	contains "it is asked again ${3}s after that" err
	no_secret err "$1"
	equal 2 "$(ts_count "$1" exchanges)"
	freshtoken refresh "$1"
	equal fresh "$(verdict "$1")"
}

quota_is_used_up() {
	local left='|X-RateLimit-Remaining:0'

	left_alone quota 'header:403:X-RateLimit-Reset:100|X-RateLimit-Remaining:0' 100
	contains 'the quota at the service is used up)' err
	contains 'wait; if it comes again, ask its administrator' err
	# Five minutes and no more, as from now on or since the epoch.
	left_alone hour "header:403:X-RateLimit-Reset:3600$left" 300
	left_alone epoch "header:429:X-RateLimit-Reset:$(($(date +%s) + 3600))$left" 300
	left_alone auth0 'header:429:Auth0-Client-Quota-Limit:b=per_hour;q=10;r=0;t=250' 250
	left_alone draft 'header:429:RateLimit:"default";r=0;t=99|Retry-After:70' 99
	left_alone later 'header:429:RateLimit:"default";r=0;t=70|Retry-After:99' 99
}
test_case 'after a quota is used up there is no request before it is renewed' quota_is_used_up

quota_says_nothing() {
	local n=0 line

	# Neither can that be true nor does it come any sooner.
	for line in 'X-RateLimit-Reset:-1' X-RateLimit-Reset:NaN X-RateLimit-Reset:0 \
		'X-RateLimit-Reset:Thu, 01 Jan 1970 00:00:00 GMT' 'X-RateLimit-Reset:1e9' \
		'RateLimit:"a";r=9;t=200' 'RateLimit:;;=,t;"'; do
		n=$((n + 1))
		left_alone "odd$n" "header:503:$line|X-RateLimit-Remaining:0" 30
	done
	left_alone more 'header:403:X-RateLimit-Remaining:9|X-RateLimit-Reset:200' 30
	lacks quota err
	left_alone huge 'header:429:X-RateLimit-Reset:1e400|X-RateLimit-Remaining:0' 300
	left_alone far 'header:429:X-RateLimit-Reset:Fri, 31 Dec 9999 23:59:59 GMT' 300
}
test_case 'nonsense in such a header changes nothing, and nothing lasts longer than 5 minutes' \
	quota_says_nothing

nobody_listens() {
	account down provider=abitmedia server=http://127.0.0.1:1/x match=down.example.com
	expect_status 5 freshtoken login down --token <<<"anything" 2>err
	contains "127.0.0.1:1" err
	lacks anything err
	equal signed-out "$(verdict down)"
}
test_case 'a closed port: a sign-in reports it, and stores nothing' nobody_listens

service_hangs() {
	new_account slow oauth2 wait=1s
	reject slow
	ts fault slow fault=hold
	expect_status 5 freshtoken token slow 2>err
	contains "goes on" err
	ts release slow
	answered() { [ "$(state_of_spending slow)" = "2 0 0" ]; }
	eventually 20 answered
	fresh() { [ "$(verdict slow)" = fresh ]; }
	eventually 20 fresh
	equal "$(newest slow)" "$(freshtoken token slow)"
	equal 2 "$(ts_count slow exchanges)"
}
test_case 'a service that hangs: the caller gives up after its wait, the exchange continues' \
	service_hangs

discovery_fails_for_now() {
	ts create disc >disc.tokens
	ts fault disc fault=status:503 at=discovery times=-1
	account disc "server=$TS/disc" match=disc.example.com
	expect_status 5 sign_in disc 2>err
	equal 0 "$(ts_count disc exchanges)"
	ts fault disc fault=none
	sign_in disc
	is_good disc "$(git_token disc)"
	equal "1 0 0" "$(state_of_spending disc)"
}
test_case 'a failure of discovery does not end the sign-in' discovery_fails_for_now

service_without_metadata() {
	mkdir -p "$XDG_CONFIG_HOME/freshtoken/providers"
	{
		cat "$FT_SRCDIR/lib/providers/oauth2.conf"
		printf "\n[metadata]\ntoken_endpoint = /oauth/token\n"
	} >"$XDG_CONFIG_HOME/freshtoken/providers/plain.conf"
	grep -q "^discover" "$XDG_CONFIG_HOME/freshtoken/providers/plain.conf"
	ts create nometa discovery=none >/dev/null
	account nometa provider=plain "server=$TS/nometa" match=nometa.example.com
	ts login nometa | sed -n "s/^refresh_token=//p" | freshtoken login nometa --token
	freshtoken refresh nometa
	equal 2 "$(ts_count nometa refreshes)"
}
test_case 'a service without metadata, but with an endpoint in its profile, is used' \
	service_without_metadata
# told REMEDY ACCOUNT SERVER - by whoever wants to reach its service
told() {
	local command

	account "$2-new" "server=$3" client_id=cli
	for command in "refresh $2" "login $2-new --device" "login $2-new --browser"; do
		# shellcheck disable=SC2086	# words
		expect_status 5 freshtoken $command 2>err </dev/null
		contains "; $1" err
	done
}

nothing_listens() {
	new_account closed oauth2
	ts tokens closed >tokens
	sed -i "/^\[account closed\]/,/^\[/s|^server = .*|server = http://127.0.0.1:9|" \
		"$XDG_CONFIG_HOME/freshtoken/freshtoken.conf"
	sed -n 's/^refresh_token=//p' tokens | freshtoken login closed --token 2>err || :
	contains '; see whether the service runs, and correct the port in server' err
	sed -i 's|"server":"[^"]*"|"server":"http:\/\/127.0.0.1:9"|' "$(record closed)"
	told 'see whether the service runs, and correct the port in server' closed http://127.0.0.1:9
	# Nobody asks again for a while; the remedy is still told.
	reject closed
	expect_status 5 freshtoken token closed 2>err
	contains 'see whether the service runs' err
}
test_case 'a closed port: the cause, and what to do' nothing_listens

name_of_nobody() {
	new_account nameless oauth2
	sed -i "/^\[account nameless\]/,/^\[/s|^server = .*|server = https://nowhere.invalid|" \
		"$XDG_CONFIG_HOME/freshtoken/freshtoken.conf"
	sed -i 's|"server":"[^"]*"|"server":"https:\/\/nowhere.invalid"|' "$(record nameless)"
	told 'correct that name, or see whether the network is there, with its DNS' \
		nameless https://nowhere.invalid
}
test_case 'an unknown name: the cause, and what to do' name_of_nobody

no_network() {
	account offline server=https://192.0.2.1 client_id=cli
	for command in 'login offline --device' 'login offline --browser'; do
		# shellcheck disable=SC2086	# words
		expect_status 5 unshare -rn freshtoken $command 2>err </dev/null
		contains '; see whether this machine has a network; where a proxy is needed, set proxy' err
	done
}
if unshare -rn true 2>/dev/null; then
	test_case 'no network at all' no_network
else
	test_skip 'no network at all' 'no namespaces here'
fi

test_done

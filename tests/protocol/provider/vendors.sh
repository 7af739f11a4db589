#!/bin/bash
# SPDX-License-Identifier: MIT
# Every vendor in every format: sign in, hand out, expire, refresh, refuse, refresh again.
. "${FT_SRCDIR:?run me with make check}/tests/harness/tap.sh"
. "$FT_SRCDIR/tests/services/servers.sh"
. "$FT_SRCDIR/tests/harness/accounts.sh"
need curl
start_token_service

# NAME VENDOR KEY=VALUE|- [OPTION=VALUE…]
lives=(
	'o1 oauth2 -'
	'o2 oauth2 - rotate=no'
	'o3 oauth2 - discovery=openid'
	'o4 oauth2 - jwt=yes size=2500'
	'o5 oauth2 - special=yes'
	'a1 abitmedia format=json'
	'a2 abitmedia format=form'
	'a3 abitmedia format=form special=yes'
	'c1 consinco format=json'
	'c2 consinco format=json spelling=table'
	'c3 consinco format=xml'
	'c4 consinco format=xml spelling=table'
	'c5 consinco format=xml special=yes'
	'f1 formulacerta format=json'
	'f2 formulacerta format=form special=yes'
	'f3 formulacerta format=xml noisy=yes'
	'f4 formulacerta format=xml offset=-180 special=yes'
	'f5 formulacerta format=xml offset=330 zone=no'
	'k1 kirjaswappi -'
	'k2 kirjaswappi - media=any'
	'k3 kirjaswappi - media=json'
)

begin() {	# the words of a life
	local key=()

	[ "$3" = - ] || key=("$3")
	# Tokens that are to expire soon, all of them while the others are set up.
	new_account "$1" "$2" "${key[@]}" -- lifetime=1 "${@:4}"
	ts set "$1" lifetime=3600
}

live() {
	local name=$1 first second third

	let_expire "$name"
	first=$(newest "$name")
	second=$(git_token "$name")
	must_fail equal "$first" "$second"
	equal "$(newest "$name")" "$second"
	is_good "$name" "$second"
	equal "$second" "$(docker_token "$name")"
	equal "$second" "$(freshtoken token "$name")"
	equal fresh "$(verdict "$name")"
	equal 2 "$(ts_count "$name" refreshes)"

	git_says erase "$name" username=oauth2 "password=$second"
	third=$(git_token "$name")
	must_fail equal "$second" "$third"
	is_good "$name" "$third"
	equal "$third" "$(docker_token "$name")"
	equal "3 0 0" "$(ts_count "$name" refreshes) $(ts_count "$name" refused) $(ts_count \
		"$name" reuses)"
}

for words in "${lives[@]}"; do
	# shellcheck disable=SC2086	# words
	test_case "${words#* }: sign-in" begin $words
done
for words in "${lives[@]}"; do
	# shellcheck disable=SC2086	# words
	test_case "${words#* }: expiry, refresh, rejection, refresh" live $words
done

format_vendor_does_not_know() {
	ts create nof vendor=kirjaswappi >/dev/null
	account nof provider=kirjaswappi "server=$TS/nof" match=nof.example.com format=xml
	must_fail sign_in nof 2>err
	contains format err
	equal 0 "$(ts_count nof exchanges)"
}
test_case 'a format that the vendor does not have is an error, and nothing is sent' \
	format_vendor_does_not_know

formulacerta_without_old_access() {
	ts create old vendor=formulacerta >old.tokens
	account old provider=formulacerta "server=$TS/old" match=old.example.com
	must_fail freshtoken login old --token <<<"$(field refresh_token old.tokens)" 2>err
	contains access_token err
	equal 0 "$(ts_count old exchanges)"
	equal signed-out "$(verdict old)"
}
test_case 'formulacerta without the old access token: the message says what is missing' \
	formulacerta_without_old_access

kirjaswappi_gets() {
	ts last-request k1 >request
	must_fail grep -i "^authorization:" request
	contains "{\"refreshToken\":\"ey" <(tr -d " " <request)
	ts last-request c1 >request
	grep -ix "accept: application/json" <(tr -d "\r" <request)
	ts last-request c3 >request
	grep -ix "accept: application/xml" <(tr -d "\r" <request)
}
test_case 'kirjaswappi gets no Authorization header, consinco is asked for JSON' kirjaswappi_gets

oauth2_confidential_client() {
	printf "s3cret: /+\n" >secret
	chmod 600 secret
	new_account basic oauth2 client_id=app client_auth=basic "client_secret_file=$PWD/secret" \
		-- client_auth=basic client_id=app "client_secret=s3cret: /+"
	new_account post oauth2 client_id=app client_auth=post "client_secret_file=$PWD/secret" \
		-- client_auth=post client_id=app "client_secret=s3cret: /+"
	is_good basic "$(git_token basic)"
	is_good post "$(git_token post)"
}
test_case 'oauth2: a confidential client, Basic and in the form' oauth2_confidential_client

oauth2_metadata_names_another() {
	ts create liar issuer=https://example.com/ >/dev/null
	account liar "server=$TS/liar" match=liar.example.com
	must_fail sign_in liar 2>err
	contains issuer err
	equal 0 "$(ts_count liar exchanges)"
}
test_case 'oauth2: metadata with another issuer is refused' oauth2_metadata_names_another

service_whose_clock_wrong() {
	new_account ahead consinco -- skew=864000 lifetime=3600
	new_account behind formulacerta -- skew=-864000 lifetime=3600
	new_account jwt kirjaswappi -- skew=-864000 lifetime=3600
	for name in ahead behind jwt; do
		token=$(git_token "$name")
		is_good "$name" "$token"
		equal "$token" "$(docker_token "$name")"
		equal fresh "$(verdict "$name")"
		equal 1 "$(ts_count "$name" refreshes)"
	done
}
test_case 'a service whose clock is wrong by days makes no difference' service_whose_clock_wrong

date_header_wrong_by_day() {
	for skew in 86400 -86400 315360000 -315360000; do
		for vendor in consinco formulacerta oauth2; do
			name="date$vendor${skew#-}$((skew > 0))"
			new_account "$name" "$vendor" -- "date_skew=$skew" lifetime=3600
			freshtoken refresh "$name"
			is_good "$name" "$(git_token "$name")"
			freshtoken status "$name" --json >json
			left=$(sed -n "s/.*\"expires_in\":\([0-9]*\),.*/\1/p" json)
			((left > 3000 && left <= 3600)) || complain "$name: $left seconds"
		done
	done
}
test_case 'a Date header that is wrong by a day or by ten years does not make a lifetime longer, or zero' \
	date_header_wrong_by_day
test_done

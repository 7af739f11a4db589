#!/bin/bash
# SPDX-License-Identifier: MIT
# Cargo's conversations, from its credential-provider protocol, version 1.
. "${FT_SRCDIR:?run me with make check}/tests/harness/tap.sh"
. "$FT_SRCDIR/tests/harness/conversation.sh"
. "$FT_SRCDIR/tests/protocol/tongue/tongue.sh"

configure_tongue

cargo_says() {
	converse cargo-credential-freshtoken --cargo-plugin
}

# request KIND URL [MEMBERS]
request() {
	printf '{"v":1,"registry":{"index-url":"%s","name":"work","headers":[]},"kind":"%s"%s}\n' \
		"$2" "$1" "${3-}"
}

gets_token() {
	plant work 3600
	for url in sparse+https://git.example.com/index/ https://git.example.com/crates.git; do
		cargo_says <<-END
			$(request get "$url" ',"operation":"read","args":[]')
			--
			{"v":[1]}
			{"Ok":{"kind":"get","token":"Bearer access-work-7","cache":"expires","expiration":$EXPIRY,"operation_independent":true}}
		END
	done
}
test_case 'get: "Bearer TOKEN", until it expires' gets_token

several_requests() {
	plant work 3600
	cargo_says <<-END
		$(request get sparse+https://other.example.com/index/)
		$(request get sparse+https://git.example.com/index/ ',"operation":"publish","name":"a","vers":"1.0.0","cksum":"00","later":{"a":[]}')
		$(request get sparse+http://git.example.com/index/)
		$(request get sparse+https://alice@git.example.com/index/)
		--
		{"v":[1]}
		{"Err":{"kind":"url-not-supported"}}
		{"Ok":{"kind":"get","token":"Bearer access-work-7","cache":"expires","expiration":$EXPIRY,"operation_independent":true}}
		{"Err":{"kind":"url-not-supported"}}
		{"Err":{"kind":"url-not-supported"}}
	END
}
test_case 'a line for each request; a URL that no account matches is not supported' several_requests

last_line() {
	plant work 3600
	printf '%s\n%s' "$(request get sparse+https://other.example.com/)" \
		"$(request get sparse+https://git.example.com/index/)" |
		cargo-credential-freshtoken --cargo-plugin >out
	equal 3 "$(wc -l <out)"
	contains access-work-7 out
	for broken in x '{"v":1,"registry":{"index-url"'; do
		printf '%s' "$broken" | cargo-credential-freshtoken --cargo-plugin >out
		equal 2 "$(wc -l <out)"
		contains '{"Err":{"kind":"other","message":"the request is not JSON"' out
	done
}
test_case 'the last line needs no LF' last_line

answers_at_once() {
	plant work 3600
	coproc cargo-credential-freshtoken --cargo-plugin
	read -r -t 60 line <&"${COPROC[0]}"
	equal '{"v":[1]}' "$line"
	for _ in 1 2; do
		request get sparse+https://git.example.com/index/ >&"${COPROC[1]}"
		read -r -t 60 line <&"${COPROC[0]}"
		case $line in *access-work-7*) ;; *) complain "$line" ;; esac
	done
}
test_case 'hello comes before a request, and an answer before stdin ends' answers_at_once

other_kinds() {
	plant work 3600
	whole_state >before
	cargo_says <<-END
		$(request login sparse+https://git.example.com/index/ ',"token":"secret-of-a-person"')
		$(request logout sparse+https://git.example.com/index/)
		$(request login sparse+https://other.example.com/index/)
		$(request later sparse+https://git.example.com/index/)
		--
		{"v":[1]}
		{"Err":{"kind":"other","message":"account work: cargo login does not change its sign-in; run: freshtoken login work","caused-by":[]}}
		{"Err":{"kind":"other","message":"account work: cargo logout does not change its sign-in; run: freshtoken logout work","caused-by":[]}}
		{"Err":{"kind":"url-not-supported"}}
		{"Err":{"kind":"operation-not-supported"}}
	END
	whole_state | same before -
}
test_case 'login and logout: the command to run; an unknown kind is not supported' other_kinds

sign_in_needed() {
	rm -f "$STATE/work.json"
	cargo_says <<-END
		$(request get sparse+https://git.example.com/index/)
		--
		{"v":[1]}
		{"Err":{"kind":"other","message":"account work: nobody has signed in; run: freshtoken login work","caused-by":[]}}
	END
}
test_case 'a sign-in is needed: Cargo shows the message' sign_in_needed

no_request() {
	plant work 3600
	while IFS='|' read -r line words; do
		printf '%b\n' "$line" | cargo-credential-freshtoken --cargo-plugin >out 2>err
		empty err
		equal 2 "$(wc -l <out)"
		sed 1d out >answer
		contains '{"Err":{"kind":"other","message":"' answer
		contains "$words" answer
		python3 -m json.tool answer >/dev/null || [ "$(command -v python3)" = "" ]
	done <<-'END'
		|the request
		{|the request
		[]|is not of version 1
		{}|is not of version 1
		{"v":2,"kind":"get"}|is not of version 1
		{"v":1}|has no kind
		{"v":1,"kind":"get"}|has no index-url
		{"v":1,"kind":"get","registry":[]}|has no index-url
		{"v":1,"kind":"get","registry":{"index-url":1}}|has no index-url
		{"v":1,"kind":"get","registry":{"index-url":""}}|the URL is empty
		{"v":1,"kind":"get","registry":{"index-url":"https://git.example.com/\\u001b[2J"}}|control byte
		{"v":1,"kind":"get","kind":"get"}|the request
	END
	# No line at all is no request.
	cargo-credential-freshtoken --cargo-plugin </dev/null >out
	same_text '{"v":[1]}' out
}
test_case 'invalid requests: an error in Cargo'\''s format' no_request

long_request() {
	bounded() {
		grep -q "define FT_SANITIZED" "$FT_BUILDDIR/config.h" || ulimit -v 32768
		"$@"
	}
	head -c 10000000 /dev/zero | tr '\0' a >long
	(bounded expect_status 1 cargo-credential-freshtoken --cargo-plugin <long >out 2>err)
	empty err
	contains "is longer than" out
	equal 2 "$(wc -l <out)"
}
native_case '10 MB of request need no memory' long_request

arguments() {
	expect_status 2 cargo-credential-freshtoken </dev/null >out 2>err
	empty out
	contains "usage: cargo-credential-freshtoken" err
}
test_case 'without --cargo-plugin: usage' arguments
test_done

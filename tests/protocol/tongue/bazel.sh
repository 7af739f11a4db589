#!/bin/bash
# SPDX-License-Identifier: MIT
# Bazel's conversations, from the specification of credential helpers.
. "${FT_SRCDIR:?run me with make check}/tests/harness/tap.sh"
. "$FT_SRCDIR/tests/harness/conversation.sh"
. "$FT_SRCDIR/tests/protocol/tongue/tongue.sh"

configure_tongue

bazel_says() {
	converse bazel-credential-freshtoken get
}

answers_with_headers_and_end() {
	plant work 3600
	for uri in https://git.example.com https://git.example.com/a/b?c=d https://GIT.example.com:443/; do
		bazel_says <<-END
			{"uri":"$uri"}
			--
			{"headers":{"Authorization":["Bearer access-work-7"]},"expires":"$(utc "$EXPIRY")"}
		END
	done
}
test_case 'a good token, and when it expires in whole seconds' answers_with_headers_and_end

services_by_grpc() {
	plant work 3600
	for uri in grpcs://git.example.com/google.devtools.build.v1.PublishBuildEvent \
		GRPCS://git.example.com:443 https://git.example.com:443/cas/0; do
		bazel_says <<-END
			{"uri":"$uri"}
			--
			{"headers":{"Authorization":["Bearer access-work-7"]},"expires":"$(utc "$EXPIRY")"}
		END
	done
	for uri in grpcs://git.example.com:8443/ grpcs://other.example.com/ \
		grpcs://https://git.example.com/ grpcs://alice@git.example.com/; do
		bazel_says <<-END
			{"uri":"$uri"}
			--
			{}
		END
	done
}
test_case 'grpcs:// is TLS to the same host, as https:// is' services_by_grpc

members_that_nobody_knows() {
	plant work 3600
	bazel_says <<-END
		{ "later": {"a":[1,{"b":null}]}, "uri" : "https://git.example.com/", "uris": 7 }
		--
		{"headers":{"Authorization":["Bearer access-work-7"]},"expires":"$(utc "$EXPIRY")"}
	END
}
test_case 'unknown members are ignored' members_that_nobody_knows

life_that_nobody_knows() {
	local before after

	plant work 3600
	sed -i 's/"lifetime":3600000/"lifetime":-1000/' "$STATE/work.json"
	before=$(utc $(($(date +%s) + 300)))
	echo '{"uri":"https://git.example.com/"}' | bazel-credential-freshtoken get >out
	after=$(utc $(($(date +%s) + 300)))
	got=$(sed -n 's/.*"expires":"\([^"]*\)".*/\1/p' out)
	if [[ $got < $before || $got > $after ]]; then
		complain "$got is not between $before and $after"
	fi
}
test_case 'a token of unknown lifetime may be kept for five minutes' life_that_nobody_knows

nobody_s_uri() {
	plant work 3600
	whole_state >before
	for uri in https://other.example.com/ http://git.example.com/ https://git.example.com:8443/ \
		https://alice@git.example.com/ https://git.example.com@evil.example/ \
		'https://git.example.com\\@evil.example/' grpc://git.example.com; do
		bazel_says <<-END
			{"uri":"$uri"}
			--
			{}
		END
	done
	whole_state | same before -
}
test_case 'no account, or a URI with user information: {}' nobody_s_uri

no_request() {
	plant work 3600
	while IFS='|' read -r request words; do
		printf '%b' "$request" | expect_status 1 bazel-credential-freshtoken get >out 2>err
		empty out
		equal 1 "$(wc -l <err)"
		contains "freshtoken: $words" err
	done <<-'END'
		|the request
		{|the request
		[]|the request is not a JSON object
		"https://git.example.com/"|the request
		{}|the request has no "uri"
		{"uri":null}|the request has no "uri"
		{"uri":["https://git.example.com/"]}|the request has no "uri"
		{"uri":""}|the URL is empty
		{"uri":"https://git.example.com/\\u0007"}|the URL has a control byte
		{"uri":"https://git.example.com/\\r\\nX: y"}|the URL has a control byte
		{"uri":"https://git.example.com/\\u0000"}|the request
		{"uri":"https://git.example.com/"}{}|the request
		{"uri":"https://git.example.com/","uri":"https://evil.example/"}|the request
	END
}
test_case 'invalid requests: a message, and no answer' no_request

# Not with a wrapper around the helper, whose memory would count.
long_request() {
	bounded() {
		grep -q "define FT_SANITIZED" "$FT_BUILDDIR/config.h" || ulimit -v 32768
		"$@"
	}
	{ printf '{"uri":"'; head -c 10000000 /dev/zero | tr '\0' a; printf '"}'; } >long
	(bounded expect_status 1 bazel-credential-freshtoken get <long >out 2>err)
	empty out
	contains "is longer than" err
}
native_case '10 MB of request need no memory' long_request

sign_in_needed() {
	rm -f "$STATE/work.json"
	expect=4 bazel_says <<-END
		{"uri":"https://git.example.com/"}
		--
		--
		freshtoken: account work: nobody has signed in; run: freshtoken login work
	END
}
test_case 'a sign-in is needed: the command to run, and no answer' sign_in_needed

broken_configuration() {
	plant work 3600
	mkdir -p other/freshtoken
	printf '[account work]\nmatsch = git.example.com\n' >other/freshtoken/freshtoken.conf
	echo '{"uri":"https://git.example.com/"}' | XDG_CONFIG_HOME=$T/other expect_status 1 \
		bazel-credential-freshtoken get >out 2>err
	empty out
	contains "freshtoken.conf:2: " err
}
test_case 'a broken configuration: an error, because the account is unknown' broken_configuration

token_that_no_header_takes() {
	for token in 'a b' 'a\nb' 'a\u00e9' ''; do
		plant work 3600
		sed -i "s/access-work-7/$(printf %s "$token" | sed 's/[\\&]/\\&/g')/" "$STATE/work.json"
		echo '{"uri":"https://git.example.com/"}' |
			must_fail bazel-credential-freshtoken get >out 2>err
		empty out
		equal 1 "$(wc -l <err)"
	done
	rm -f "$STATE"/work.json*
}
test_case 'a token that is not valid in a header is not handed out' token_that_no_header_takes

token_bound_to_key() {
	plant work 3600 7 '"token_type":"DPoP"'
	expect=1 bazel_says <<-END
		{"uri":"https://git.example.com/"}
		--
		--
		freshtoken: account work: its tokens are bound to a key (DPoP, RFC 9449), but this program sends a token without a proof; use an account without dpop
	END
}
test_case 'a token that is bound to a key is not handed out' token_bound_to_key

arguments() {
	expect_status 1 bazel-credential-freshtoken >out 2>err </dev/null
	empty out
	contains "usage: bazel-credential-freshtoken get" err
	for words in put "get more" --unknown; do
		# shellcheck disable=SC2086
		expect_status 1 bazel-credential-freshtoken $words >out 2>err </dev/null
		empty out
		contains "usage: bazel-credential-freshtoken get" err
	done
	bazel-credential-freshtoken --help >out
	contains "usage: bazel-credential-freshtoken get" out
	bazel-credential-freshtoken --version >out
	contains "freshtoken " out
}
test_case 'without a command, or with another one: usage, and 1' arguments

same_in_freshtoken() {
	plant work 3600
	echo '{"uri":"https://git.example.com/"}' >request
	bazel-credential-freshtoken get <request >expected
	freshtoken bazel get <request | same expected -
}
test_case 'freshtoken bazel answers the same' same_in_freshtoken

command -v curl >/dev/null || { test_skip 'a service that does not answer' 'no curl'; test_done; }
. "$FT_SRCDIR/tests/services/servers.sh"
. "$FT_SRCDIR/tests/harness/accounts.sh"
start_token_service

answers_before_client_gives_up() {
	new_account slow oauth2 wait=600s -- lifetime=1
	let_expire slow
	ts fault slow fault=hang
	echo '{"uri":"https://slow.example.com/"}' >request
	# Bazel would wait for 10 s; this is for a busy machine.
	expect_status 5 timeout 120 bazel-credential-freshtoken get <request >out 2>err
	empty out
	contains "freshtoken: account slow: " err
}
test_case 'a service that does not answer: the reason, before Bazel gives up' \
	answers_before_client_gives_up
test_done

#!/bin/bash
# SPDX-License-Identifier: MIT
# freshtoken provider: lists the profiles, shows one in full, checks a file.
. "${FT_SRCDIR:?run me with make check}/tests/harness/tap.sh"
. "$FT_SRCDIR/tests/harness/conversation.sh"

configure </dev/null
own=$XDG_CONFIG_HOME/freshtoken/providers
mkdir -p "$own"

shipped() {
	(cd "$FT_SRCDIR/lib/providers" && ls) | sed 's/\.conf$//'
}

lists_all() {
	freshtoken provider list >out 2>err
	empty err
	cut -f 1 out | same <(shipped | LC_ALL=C sort) -
	freshtoken provider list --json | python3 -c '
import json, sys
for p in json.load(sys.stdin)["providers"]: print(p["provider"], p["description"], p["file"], sep="\t")' |
		same out -
	# A file of a home hides the shipped one; what cannot be read is said,
	# and the others are there.
	printf '[provider]\nextends = gitlab\ndescription = Our GitLab\n' >"$own/gitlab.conf"
	echo '[x]' >"$own/broken.conf"
	expect_status 1 freshtoken provider list >out 2>err
	contains "gitlab	Our GitLab	$own/gitlab.conf" out
	contains "$own/broken.conf:1: unknown section" err
	rm "$own"/*.conf
}
test_case 'list: each profile once, with its file; the same as JSON' lists_all

shows_what_is_a_profile_again() {
	for name in $(shipped); do
		freshtoken provider show "$name" >"$own/again.conf" 2>err
		empty err
		freshtoken provider check "$own/again.conf" 2>err
		contains "nothing is wrong" err
		freshtoken provider show again | grep -v '^#' | same <(grep -v '^#' "$own/again.conf") -
	done
	rm "$own/again.conf"
}
test_case 'show: the output for each shipped profile is a profile with the same output' \
	shows_what_is_a_profile_again

shows_what_it_began_as() {
	cat >"$own/mine.conf" <<-EOF
		[provider]
		extends = oauth2
		token_types = bearer, "a;b,c"
		[device]
		user_code = userCode
		json = {
		  "id": "\${client_id}"
		  }
		[terminal]
		status = 400
	EOF
	freshtoken provider show mine >out
	contains "# which extends oauth2" out
	contains "description = OAuth 2.0 and OpenID Connect" out
	contains 'token_types = bearer, "a\u003b' out
	contains "user_code = userCode" out
	contains "device_code = device_code" out
	contains "endpoint = device_authorization_endpoint" out
	sed -n '/^\[device\]/,/^$/p' out >device
	lacks "form = " device
	sed -n '/^\[terminal\]/,$p' out >terminal
	lacks "invalid_grant" terminal
	mv out "$own/again.conf"
	freshtoken provider show again | sed 1d | same <(sed 1,2d "$own/again.conf") -
	rm "$own"/*.conf
}
test_case 'show: inherited values, those of standards, and its own' shows_what_it_began_as

checks_say_where() {
	printf '[provider]\ndescription = a\n[refresh]\npath = /r\njson = {"a": $x}\n' >wrong.conf
	expect_status 1 freshtoken provider check wrong.conf 2>err
	contains "freshtoken: wrong.conf:5: json: the template is not JSON" err
	expect_status 1 freshtoken provider check none.conf 2>err
	contains "none.conf: No such file or directory" err
	cp wrong.conf "a b.conf"
	expect_status 1 freshtoken provider check "a b.conf" 2>err
	contains "a profile's file is named NAME.conf" err
	expect_status 1 freshtoken provider check . 2>err
	# What others can write is nobody's profile.
	cp "$FT_SRCDIR/lib/providers/github.conf" open.conf
	chmod 666 open.conf
	expect_status 1 freshtoken provider check open.conf 2>err
	contains "run: chmod go-w open.conf" err
}
test_case 'check: file, line, what is wrong and what to do' checks_say_where

names_there_are_none_of() {
	expect_status 1 freshtoken provider show nope 2>err
	contains "no provider profile nope.conf in" err
	contains "run: freshtoken provider list" err
	expect_status 1 freshtoken provider show ../github 2>err
	contains '"../github" is not the name of a provider profile' err
	expect_status 2 freshtoken provider 2>err
	contains "freshtoken: list, show NAME or check FILE is missing; usage: " err
	for wrong in "provider" "provider show" "provider check" "provider list x" \
		"provider mend x" \
		"provider show github --json"; do
		# shellcheck disable=SC2086
		expect_status 2 freshtoken $wrong 2>err
		contains "usage: freshtoken provider" err
	done
}
test_case 'invalid names, and wrong usage' names_there_are_none_of

unread_link() {
	cat >odd.conf <<-'END'
		[provider]
		extends = jfrog
		[device]
		link = /ui?s=${username}
	END
	expect_status 1 freshtoken provider check odd.conf 2>err
	contains 'odd.conf:4: link: only ${device_code} can be in it' err
}
test_case 'a link contains the code, and no other value' unread_link

test_done

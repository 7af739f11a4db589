#!/bin/bash
# SPDX-License-Identifier: MIT
# A service's words that are shown and stored: they repeat nothing that was sent, and cannot control
# a terminal.
. "${FT_SRCDIR:?run me with make check}/tests/harness/tap.sh"
. "$FT_SRCDIR/tests/services/servers.sh"
. "$FT_SRCDIR/tests/harness/accounts.sh"
need curl
start_token_service

secret=s3cr3t+of/a=client
printf %s "$secret" >secret
chmod 600 secret
percent() { printf %s "$1" | od -An -v -tx1 | tr -d '\n' | sed 's/ /%/g'; }
base64_of() { printf %s "$1" | base64 -w 0; }

# said - everything that a person or a log gets to see of the account
said() {
	local words=$1

	ts fault words "fault=words:$words"
	expect_status 5 freshtoken refresh words 2>err
	freshtoken status words --json >json
	freshtoken status words >table 2>&1
	freshtoken doctor >findings 2>&1 || :
	cat err json table findings "$(record words)" >all
	grep -v '"refresh_token"' all >said || :
	sed 's/"\(refresh\|access\)_token":"[^"]*"//g' "$(record words)" >>said
}

no_word_comes_back() {
	ts create words client_auth=$auth client_id=client-of-freshtoken client_secret="$secret" \
		special=yes >/dev/null
	account words "server=$TS/words" match=words.example.com client_id=client-of-freshtoken \
		client_auth=$auth client_secret_file="$T/secret"
	sign_in words
	refresh=$(ts tokens words | sed -n s/^refresh_token=//p)
	for shown in "$secret" "$(percent "$secret")" \
		"$(base64_of "client-of-freshtoken:$secret")" \
		"$(percent "$refresh")" "$(percent "$refresh" | tr a-f A-F)" \
		"$(printf %s "$refresh" | tr '[:lower:]' '[:upper:]')" "$(printf %s "$refresh" | tr -d -)" \
		"$(printf %s "$refresh" | fold -w 7 | tr '\n' .)"; do
		said "look: $(printf %s "$shown" | sed 's/[\\"]/\\&/g') is wrong"
		contains 'HTTP 400' err
		lacks "$shown" said
		lacks "$secret" said
		lacks "$refresh" said
	done
}

for auth in post basic; do
	test_case "client_auth = $auth: no value that was sent is repeated" no_word_comes_back
	rm -f "$XDG_CONFIG_HOME/freshtoken/freshtoken.conf" "$XDG_STATE_HOME/freshtoken/"words*
done
# echoes AT SAYS COMMAND… - the service repeats the tokens in all that it can say
echoes() {
	local at=$1 says=$2 kind token fault

	shift 2
	for kind in refresh ${FT_LONG:+access}; do
		for fault in words:T 'words:a T b' error:T error:T:401 'header:400:X-Error: T' \
			'header:401:WWW-Authenticate: Bearer error="T", error_description="T"' \
			redirect:302; do
			ts fault echo fault=none >/dev/null
			sign_in echo 2>/dev/null
			token=$(ts tokens echo | sed -n "s/^${kind}_token=//p")
			ts fault echo "fault=${fault//T/$token}" times=-1 "at=$at" "url=$TS/$token" \
				>/dev/null
			"$@" >out 2>err </dev/null || :
			freshtoken status echo --json >json 2>&1
			sed 's/"\(refresh\|access\)_token":"[^"]*"//g' "$(record echo)" >kept 2>/dev/null || :
			grep -q "$says" out err || { cat out err; complain "$at $fault"; }
			for file in out err json kept; do
				lacks "${token:5:12}" "$file"
			done
		done
	done
}

no_token_from_any_request() {
	new_account echo oauth2 -- lifetime=600
	echoes refresh 'freshtoken: account echo: ' freshtoken refresh echo
	echoes introspect fresh freshtoken status echo --check
	echoes revoke 'the sign-in is deleted on this host' freshtoken logout echo
}
test_case 'no token is repeated, whatever the request was' no_token_from_any_request

nothing_turns_or_hides() {
	new_account words oauth2
	for code in 202e 202d 200b 200e 2066 2069 feff 061c 00ad 180e 2028 fff9 009b 001b 007f; do
		said "turn\\u${code}ed"
		contains "turn" err
		contains "ed" err
		character=$(printf "\\u$code")
		lacks "$character" said
	done
	said "tag \\udb40\\udc41 end"
	lacks "$(printf "\\U000e0041")" said
	# What people write stays.
	said "Token de refresco inv\\u00e1lido \\u2013 \\u05d0\\u4e2d\\ud83d\\udd11"
	contains "inválido – א中🔑" err
	contains "inválido – א中🔑" json
}
test_case 'no character that reverses or hides text reaches a terminal' nothing_turns_or_hides

# Whatever a service, a URL of a repository or a file brings along.
hostile=$(printf 'a\033[31mb\u009b1mc\u202ed\u200be\u2066f\ufeffg\u00adh\rz')

# shows_nothing FILE… - that could do something to a terminal
shows_nothing() {
	local file code

	for file; do
		for code in 001b 009b 202e 200b 2066 feff 00ad 000d; do
			lacks "$(printf "\\u$code")" "$file"
		done
	done
}

nothing_at_a_terminal() {
	# Its subject is a claim: any text without control bytes.
	new_account host kirjaswappi -- "subject=$(printf 'a\u202ed\u200be\u2066f\ufeffg\u00adz')" \
		>out1 2>err1
	freshtoken status host >out2 2>err2
	freshtoken status host --json >out3 2>err3
	freshtoken doctor >out4 2>err4 || :
	freshtoken status --metrics >out5 2>err5
	freshtoken list >out6 2>err6
	grep -q "	a.*z	" out2 || { cat out2; false; }
	script -qec "stty cols 200; freshtoken status; freshtoken doctor; freshtoken list" /dev/null \
		</dev/null >seen 2>&1 || :
	# Colours are ours, and a carriage return comes from the terminal.
	sed 's/\x1b\[[0-9;]*[mK]//g; s/\r//g' seen >seen.plain
	contains host seen.plain
	for word in "$hostile" "$hostile.example.com" "host.example.com/$hostile"; do
		printf 'protocol=https\nhost=%s\npath=%s\nusername=%s\n\n' "$word" "$word" "$word" |
			tr -d '\r' | git-credential-freshtoken get >>out7 2>>err7 || :
		printf %s "$word" | docker-credential-freshtoken get >>out8 2>>err8 || :
		freshtoken token "$word" >>out9 2>>err9 || :
		freshtoken login "$word" --token </dev/null >>out10 2>>err10 || :
		freshtoken add "$word" --server "https://$word" --match "$word" >>out11 2>>err11 || :
		freshtoken headers "https://$word/" >>out12 2>>err12 || :
		freshtoken "$word" >>out13 2>>err13 || :
		freshtoken setup git --account "$word" >>out14 2>>err14 || :
	done
	shows_nothing out[1-9]* err[1-9]* seen.plain
	grep -q . err13
}
if command -v script >/dev/null; then
	test_case 'nothing from outside moves a terminal, whatever is asked' nothing_at_a_terminal
else
	test_skip 'nothing from outside moves a terminal, whatever is asked' 'no script(1) here'
fi

# Of a file that came from elsewhere; its values are shown where they are wrong.
nothing_of_a_file() {
	local key

	for key in username match server client_id scope provider token_file redirect_uri from \
		param.x "$hostile"; do
		printf '[account odd]\nserver = %s/host\nmatch = odd.example.com\n%s = %s\n' "$TS" \
			"$key" "$(printf %s "$hostile" | tr -d '\r')" >odd.conf
		freshtoken config check odd.conf >>out.all 2>>err.all || :
		printf '[account odd]\nserver = %s/host\nmatch = odd.example.com\n%s = %s\n' "$TS" \
			"$key" "$(printf 'x\u202ed\u200be')" >odd.conf
		freshtoken config check odd.conf >>out.all 2>>err.all || :
		mkdir -p odd/freshtoken
		cp odd.conf odd/freshtoken/freshtoken.conf
		for command in list status doctor 'token odd' 'setup git' 'setup docker' 'setup cargo' 'status --json'; do
			# shellcheck disable=SC2086
			XDG_CONFIG_HOME=$T/odd freshtoken $command >>out.all 2>>err.all </dev/null || :
		done
	done
	shows_nothing out.all err.all
	[ "$(wc -l <err.all)" -gt 20 ]
}
test_case 'nor what is in a file' nothing_of_a_file
test_done

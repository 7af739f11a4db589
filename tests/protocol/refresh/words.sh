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
		"$(percent "$refresh")" "$(percent "$refresh" | tr a-f A-F)"; do
		said "look: $(printf %s "$shown" | sed 's/[\\"]/\\&/g') is wrong"
		contains 'HTTP 400' err
		lacks "$shown" said
		lacks "$secret" said
		lacks "$refresh" said
	done
}

for auth in post basic; do
	test_case "client_auth = $auth: no word that was sent comes back" no_word_comes_back
	rm -f "$XDG_CONFIG_HOME/freshtoken/freshtoken.conf" "$XDG_STATE_HOME/freshtoken/"words*
done
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
test_case 'nothing that turns or hides what follows reaches a terminal' nothing_turns_or_hides
test_done

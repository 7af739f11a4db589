#!/bin/bash
# SPDX-License-Identifier: MIT
# The requests of pip and uv to the keyring command, by that name and as freshtoken keyring.
. "${FT_SRCDIR:?run me with make check}/tests/harness/tap.sh"
. "$FT_SRCDIR/tests/harness/conversation.sh"
. "$FT_SRCDIR/tests/protocol/tongue/tongue.sh"

configure_tongue
cat >>"$CONFIG/freshtoken.conf" <<'EOF'

[account named]
server = https://named.sso.example.com
match = named.example.com
username = robot
EOF
mkdir links
ln -s "$(command -v docker-credential-freshtoken)" links/keyring

keyring_says() {
	cat >said
	converse links/keyring "$@" <said
	converse freshtoken keyring "$@" <said
}

gets_password() {
	plant work 3600
	for url in https://git.example.com https://git.example.com/simple/ git.example.com; do
		for user in oauth2 alice; do
			keyring_says get "$url" "$user" <<-'END'
				--
				access-work-7
			END
		done
	done
}
test_case 'get URL USER: the token' gets_password

gets_user_name_too() {
	plant work 3600
	plant named 3600
	keyring_says --mode creds get https://git.example.com <<-'END'
		--
		oauth2
		access-work-7
	END
	keyring_says get https://git.example.com alice --mode=creds <<-'END'
		--
		alice
		access-work-7
	END
	keyring_says --mode=creds --output=json get https://named.example.com/simple <<-'END'
		--
		{"username":"robot","password":"access-named-7"}
	END
	keyring_says --output=json get https://named.example.com/simple alice <<-'END'
		--
		{"password":"access-named-7"}
	END
}
test_case 'get URL with --mode=creds: the user name too, as JSON on request' \
	gets_user_name_too

nothing_found() {
	plant work 3600
	for url in https://other.example.com/simple other.example.com http://git.example.com \
		https://alice@git.example.com/; do
		expect=1 keyring_says get "$url" oauth2 </dev/null
		expect=1 keyring_says --mode=creds get "$url" </dev/null
	done
}
test_case 'not found: 1, without output' nothing_found

no_url() {
	for url in "" $'https://git.example.com/\n' $'https://git.example.com/\377'; do
		must_fail freshtoken keyring get "$url" oauth2 >out 2>err
		empty out
		contains "freshtoken: the URL " err
	done
}
test_case 'an invalid URL' no_url

sign_in_needed() {
	rm -f "$STATE/work.json"
	expect=4 keyring_says get https://git.example.com oauth2 <<-'END'
		--
		--
		freshtoken: account work: nobody has signed in; run: freshtoken login work
	END
}
test_case 'a sign-in is needed: the command to run, and no password' sign_in_needed

keeps_nothing() {
	plant work 3600
	whole_state >before
	for action in set del; do
		keyring_says "$action" https://git.example.com oauth2 <<-'END'
			typed-by-a-person
			--
			--
			freshtoken: its tokens are those of account work, so nothing was changed
		END
		expect=1 keyring_says "$action" https://other.example.com oauth2 <<-'END'
			typed-by-a-person
			--
			--
			freshtoken: freshtoken does not store passwords, and no account matches this URL
		END
	done
	whole_state | same before -
}
test_case 'set and del change nothing, and say so' keeps_nothing

other_words() {
	while read -r words; do
		# shellcheck disable=SC2086
		expect_status 2 links/keyring $words >out 2>err </dev/null
		empty out
		contains "usage: keyring ACTION URL [USER]" err
	done <<-'END'

		get
		get https://git.example.com
		get https://git.example.com oauth2 more
		put https://git.example.com oauth2
		--mode=all get https://git.example.com oauth2
		--output=xml get https://git.example.com oauth2
		--list-backends
	END
}
test_case 'other arguments: usage' other_words
test_done

#!/bin/bash
# SPDX-License-Identifier: MIT
# An error in a user's freshtoken.conf is reported once, and the other accounts work.
. "${FT_SRCDIR:?run me with make check}/tests/harness/tap.sh"
. "$FT_SRCDIR/tests/harness/conversation.sh"
. "$FT_SRCDIR/tests/services/servers.sh"
. "$FT_SRCDIR/tests/harness/accounts.sh"
CONF=$CONFIG/freshtoken.conf
need curl
start_token_service

# with LINE… - an account that works, and one with these lines; sets AT, where the first of them is
with() {
	cat >"$CONF" <<-EOF
	[account work]
	server = https://work.sso.example.com
	match = https://git.example.com
	match = registry.example.com

	[account typo]
	server = https://typo.sso.example.com
	match = https://typo.example.com, typo.registry.example.com
	EOF
	AT=$CONF:$(($(wc -l <"$CONF") + 1)):
	printf "$1\n" >>"$CONF"
	printf "\n[account last]\nserver = https://last.sso.example.com\nmatch = https://last.example.com\n" >>"$CONF"
	plant work 3600
	plant typo 3600
	plant last 3600
}

# get HOST - git's; out and err
get() {
	printf "protocol=https\nhost=%s\n" "$1" | git-credential-freshtoken get >out 2>err
}

# said FILE - one line, which says where
said() {
	equal 1 "$(wc -l <"$1")"
	contains "${2-$AT}" "$1"
}

# others_are_served LINES [PLACE] - git gets the tokens of all other accounts, and is told
others_are_served() {
	with "$1"
	AT=${2-$AT}
	for host in git last; do
		get "$host.example.com"
		grep -q "^password=access-" out
		said err
	done
	get typo.example.com
	same_text quit=1 out
	said err
}
test_case 'git: an unknown key' others_are_served "matsch = x"
test_case 'git: a value that is wrong' others_are_served "timeout = soon"
test_case 'git: a key that is given twice' others_are_served "server = https://b.sso.example.com"
test_case 'git: an invalid line, and its continuation' \
	others_are_served "what is this\n\tmatch = x\n  more"
test_case 'git: a colon' others_are_served "timeout: 5"
test_case 'git: an indented line that continues a wrong one is no pattern' \
	others_are_served "matsch = x\n  https://git.example.com"
test_case 'git: a line that is too long' \
	others_are_served "scope = $(head -c 5000 /dev/zero | tr "\0" x)"
test_case 'git: bytes that are no UTF-8' others_are_served 'scope = \377'
test_case 'git: an account with an invalid source' \
	others_are_served "from = nobody" "$CONF:6:"
test_case 'git: the same section twice' others_are_served "[account typo]\ntimeout = 5"
test_case 'git: two errors in one account are one problem' others_are_served "a = b\nc = d"

what_of_no_account_said() {
	for lines in "[acount x]\nserver = https://x" "[account x" \
		"[account no/name]\nmatch = https://git.example.com" "[pam]\nx = y"; do
		with "$lines"
		for host in git typo last; do
			get "$host.example.com"
			grep -q "^password=access-" out
			said err "$CONF:"
		done
	done
}
test_case 'an error outside of accounts is reported too' what_of_no_account_said

account_may_be_missing() {
	for lines in "[acount x]\nserver = https://x" "[account x] y" "[pam]\nx = y"; do
		with "$lines"
		for command in status "status --json" list; do
			# shellcheck disable=SC2086
			expect_status 1 freshtoken $command >out 2>err
			contains last.sso.example.com out
			said err "$CONF:"
		done
		freshtoken status last >out 2>err
		contains last.sso.example.com out
		for command in "token x" "refresh x" "exec x -- true" "kubernetes x" "logout x"; do
			# shellcheck disable=SC2086
			expect_status 1 freshtoken $command >out 2>err
			empty out
			equal 2 "$(wc -l <err)"
			contains "there is no account x, or $CONF has an error where it is" err
		done
		freshtoken status --metrics >out 2>err
		printf "$lines\n" >"$CONF"
		expect_status 1 freshtoken refresh 2>err
		said err "$CONF:"
	done
}
test_case 'an error outside of accounts: what is about all accounts fails' account_may_be_missing

account_gets_tokens() {
	with "scoep = x\n\n[account heir]\nserver = https://heir.sso.example.com\nmatch = https://heir.example.com\nfrom = typo"
	get heir.example.com
	same_text quit=1 out
	equal 2 "$(wc -l <err)"
	grep -q "^freshtoken: account heir: $CONF:[0-9]*: from: account typo cannot be used: .*scoep" err
	get git.example.com
	grep -q "^password=access-" out
}
test_case 'an account that gets its tokens from one with a bad line' account_gets_tokens

host_of_none_of_accounts() {
	with ""
	printf "protocol=https\nhost=known.example.com\nusername=alice\npassword=x\n" |
		git-credential-freshtoken store
	with "matsch = x"
	get known.example.com
	contains password=x out
	said err
	get other.example.com
	same_text quit=1 out
	said err
	for action in store erase; do
		printf "protocol=https\nhost=known.example.com\nusername=bob\npassword=y\n" |
			git-credential-freshtoken "$action" >out 2>err
		empty out
		said err
	done
	get known.example.com
	contains username=alice out
	# What git does with a token that works is no news.
	for action in store erase; do
		printf "protocol=https\nhost=git.example.com\nusername=oauth2\npassword=old\n" |
			git-credential-freshtoken "$action" >out 2>err
		empty out
		empty err
	done
}
test_case 'a host that no account matches may belong to the account with the error: no request, and nothing is stored' \
	host_of_none_of_accounts

docker_get_list_store() {
	with "matsch = x"
	printf registry.example.com | docker-credential-freshtoken get >out 2>err
	contains access-work-7 out
	said err
	printf typo.registry.example.com |
		expect_status 1 docker-credential-freshtoken get >out 2>err
	same_text "credentials not found in native keychain" out
	said err
	printf other.registry.example.com |
		expect_status 1 docker-credential-freshtoken get >out 2>err
	same_text "credentials not found in native keychain" out
	said err
	docker-credential-freshtoken list >out 2>err
	same_text "{\"registry.example.com\":\"oauth2\"}" out
	said err
	printf "{\"ServerURL\":\"other.registry.example.com\",\"Username\":\"a\",\"Secret\":\"b\"}" |
		expect_status 1 docker-credential-freshtoken store >out 2>err
	said out
	empty err
	printf "{\"ServerURL\":\"registry.example.com\",\"Username\":\"oauth2\",\"Secret\":\"access-work-7\"}" |
		docker-credential-freshtoken store >out 2>err
	empty err
}
test_case 'docker: get, list, store' docker_get_list_store

token_exec() {
	with "matsch = x"
	freshtoken token work >out 2>err
	same_text access-work-7 out
	same_text "freshtoken: $AT account typo: unknown key \"matsch\"; is \"match\" meant?" err
	freshtoken exec work -- sh -c "echo \$FRESHTOKEN_TOKEN" >out 2>err
	same_text access-work-7 out
	said err
	for command in "token typo" "exec typo -- true" "login typo" "refresh typo" \
		"logout typo"; do
		# shellcheck disable=SC2086
		expect_status 1 freshtoken $command </dev/null >out 2>err
		empty out
		said err
	done
	freshtoken list >out 2>err
	equal 3 "$(wc -l <out)"
	said err
}
test_case 'token, exec, list: the valid account works, the other one is reported' token_exec

status_line_for_each_account() {
	with "matsch = x"
	expect_status 1 freshtoken status >out 2>err
	empty err
	equal 3 "$(wc -l <out)"
	grep "^typo	unknown	" out >line
	said line
	grep -q "^work	fresh	" out
	freshtoken status work >out 2>err
	empty err
	grep -q "^work	fresh	" out
	expect_status 1 freshtoken status --json >out
	contains "\"account\":\"typo\",\"provider\":\"oauth2\",\"server\":\"https://typo.sso.example.com\"" out
}
test_case 'status: a line for each account' status_line_for_each_account

refused_value_not_shown() {
	printf "[account typo]\nserver = https://alice:s3cret-word@sso.example.com\nmatch = https://typo.example.com\n" >"$CONF"
	for command in status "status --json" list "list --json" doctor "token typo" "config check $CONF"; do
		# shellcheck disable=SC2086
		freshtoken $command >>out 2>&1 || :
	done
	get typo.example.com
	cat err >>out
	contains "a user name or password may not be in it" out
	lacks s3cret out
}
test_case 'a password in a URL is not shown' refused_value_not_shown

who_about_to_write() {
	with "matsch = x"
	cp "$CONF" before
	for command in "setup git" "setup git --apply" "setup docker --apply" \
		"add more --server https://more.sso.example.com"; do
		# shellcheck disable=SC2086
		expect_status 1 freshtoken $command >out 2>err
		empty out
		said err
		same before "$CONF"
	done
	[ ! -e "$HOME/.gitconfig" ]
}
test_case 'commands that write refuse' who_about_to_write

refresh_goes_on_beside_it() {
	rm "$CONF"
	new_account fetch oauth2 -- lifetime=1
	ts set fetch lifetime=3600
	let_expire fetch
	printf "\n[account typo]\nmatsch = x\n" >>"$CONF"
	git_says get fetch >out 2>err
	contains "password=$(newest fetch)" out
	said err "unknown key"
	equal 2 "$(ts_count fetch refreshes)"
}
test_case 'a refresh of other accounts still works' refresh_goes_on_beside_it

doctor_error_of_account() {
	rm "$CONF"
	new_account seen oauth2
	printf "\n[account typo]\nserver = $TS/typo\nmatsch = x\n" >>"$CONF"
	expect_status 1 freshtoken doctor >out 2>err
	empty err
	grep -q "^error	configuration	typo	$CONF:[0-9]*: unknown key" out
	equal 1 "$(grep -c "	typo	" out)"
	grep -q "^ok	sign-in	seen	signed in" out
}
test_case 'doctor: an error of that account, and the others are checked' doctor_error_of_account

file_others_can_write() {
	with "timeout = 5"
	chmod 666 "$CONF"
	get git.example.com
	same_text quit=1 out
	said err "$CONF"
}
test_case 'a file that others can write to is not used at all' file_others_can_write
test_done

#!/bin/bash
# SPDX-License-Identifier: MIT
# The command line and its documentation agree.
. "${FT_SRCDIR:?run me with make check}/tests/harness/tap.sh"
. "$FT_SRCDIR/tests/harness/conversation.sh"

configure </dev/null

# The manual page's text without its markup.
plain() {
	sed 's/\\f[BIRP]//g; s/\\-/-/g; s/\\e/\\/g' "$FT_SRCDIR/docs/$1"
}

# What was broken into lines of a terminal's width, in one line again.
joined() {
	grep -vx '\.TQ' | awk '/^ *(\[|-- )/ { sub(/^ */, " "); printf "%s", $0; next }
		{ printf "%s%s", (NR > 1 ? "\n" : ""), $0 } END { print "" }'
}

commands() {
	freshtoken --help | sed -n 's/^  freshtoken \([a-z]*\) .*/\1/p'
}

help_on_stdout() {
	freshtoken --help >out 2>err
	empty err
	[ "$(commands | wc -l)" -ge 8 ]
	for command in $(commands); do
		freshtoken "$command" --help >>out 2>err
		empty err
	done
	equal "" "$(grep -E "^.{80,}" out || :)"
	equal "" "$(grep -P "\t| $" out || :)"
}
test_case 'help is on stdout, fits a terminal, and is a success' help_on_stdout

help_by_other_words() {
	freshtoken --help >all
	freshtoken -h | same all -
	freshtoken help | same all -
	freshtoken status --help >status
	freshtoken help status | same status -
	freshtoken status -h | same status -
	expect_status 2 freshtoken help nonsense 2>err
	contains "there is no command" err
	expect_status 2 freshtoken 2>err
	same_text "freshtoken: no command is given; see: freshtoken --help" err
}
test_case 'help in other ways' help_by_other_words

list_accounts() {
	freshtoken list >out 2>err
	empty out
	contains "run: freshtoken add ACCOUNT" err
	configure <<-EOF
		[account work]
		server = https://sso.example.com/
		match = https://git.example.com, registry.example.com
		[account bare]
		provider = gitlab
		server = https://gitlab.example.com
	EOF
	freshtoken list >out
	printf "work\toauth2\thttps://sso.example.com\thttps://git.example.com registry.example.com\nbare\tgitlab\thttps://gitlab.example.com\t-\n" | same - out
	freshtoken list --json >out
	same_text "{\"accounts\":[{\"account\":\"work\",\"provider\":\"oauth2\",\"server\":\"https://sso.example.com\",\"match\":[\"https://git.example.com\",\"registry.example.com\"]},{\"account\":\"bare\",\"provider\":\"gitlab\",\"server\":\"https://gitlab.example.com\",\"match\":[]}]}" out
	configure </dev/null
}
test_case 'list: the accounts and what they serve, without a request' list_accounts

synopsis_of_manual_page() {
	freshtoken --help | joined | sed -n "s/^  \(freshtoken .*\)/\1/p" | sort >help
	plain freshtoken.1 | joined | sed -n "/^\.SH SYNOPSIS/,/^\.fi/p" | grep "^freshtoken" |
		grep -v -e "--help" | sort >manual
	[ -s help ]
	same help manual
}
test_case 'the synopsis of the manual page is what --help shows' synopsis_of_manual_page

usage_of_command_line() {
	for command in $(commands); do
		freshtoken --help | joined |
			sed -n "s/^  \(freshtoken $command .*\)/usage: \1/p" >expected
		freshtoken "$command" --help | joined | head -n 1 | same expected -
	done
}
test_case 'usage of a command is the line of --help' usage_of_command_line

every_option_in_manual_page() {
	for command in $(commands); do
		freshtoken "$command" --help | grep -oE -e "^  --[a-z-]+" | tr -d " "
	done | sort -u >help
	echo --version | sort -u - help >all
	# Options of other programs, and what is in examples, are not ours.
	plain freshtoken.1 | grep -v "git config" | grep -oE -e "(^| |\[|\")--[a-z][a-z-]*" |
		tr -d " []\"" | sort -u >manual
	same all manual
}
test_case 'every option is in the manual page, and no other' every_option_in_manual_page

every_command_has_paragraph() {
	for command in $(commands); do
		freshtoken --help | joined | sed -n "s/^  freshtoken \($command .*\)/\1/p" >expected
		plain freshtoken.1 | joined | sed -n "/^\.SH COMMANDS/,/^\.SH OPTIONS/p" >section
		contains "$(cat expected)" section
	done
}
test_case 'every command has a paragraph' every_command_has_paragraph

every_state_in_manual_page() {
	for verdict in fresh refreshable needs-login disabled unreachable signed-out; do
		grep -q "{ FT_[A-Z_]*, \"$verdict\" }" "$FT_SRCDIR/lib/store/record.c"
		freshtoken status --help | grep -q "^  $verdict "
		plain freshtoken.1 | grep -qx "\.B $verdict"
	done
	equal 6 "$(grep -oE "{ FT_[A-Z_]*, \"[a-z-]*\" }" "$FT_SRCDIR/lib/store/record.c" | wc -l)"
}
test_case 'every state is in the manual page and in the help' every_state_in_manual_page

every_exit_status_in_manual() {
	sed -n "s/^	FT_EXIT_[A-Z_]* = \([0-9]\),\{0,1\}$/\1/p" \
		"$FT_SRCDIR/helper/cli/command.h" | sort >code
	plain freshtoken.1 | sed -n "/^\.SH \"EXIT STATUS\"/,/^\.SH ENV/s/^\.B \([0-9]\)$/\1/p" |
		sort >manual
	[ "$(wc -l <code)" -ge 6 ]
	same code manual
}
test_case 'every exit status is in the manual page' every_exit_status_in_manual

actions_of_protocols() {
	for action in get store erase capability; do
		plain git-credential-freshtoken.1 | grep -qx "\.B $action"
	done
	for action in get store erase list version; do
		plain docker-credential-freshtoken.1 | grep -qx "\.B $action"
	done
}
test_case 'the actions of the protocols are in their manual pages' actions_of_protocols

the_version() {
	freshtoken --version >out
	grep -qxE "freshtoken [0-9]+\.[0-9]+\.[0-9]+" out
	git-credential-freshtoken --version | same out -
	freshtoken status --version | same out -
}
test_case 'the version' the_version

wrong_usage() {
	while read -r arguments; do
		# shellcheck disable=SC2086
		expect_status 2 freshtoken $arguments >out 2>err </dev/null
		empty out
		equal 1 "$(wc -l <err)"
		grep -q "^freshtoken: .*\(usage: \|--help\)" err
	done <<-EOF

		frobnicate
		--frobnicate
		add
		add a b
		add a --server
		doctor work
		login
		login a b
		login --frobnicate a
		login --tok a
		token
		token a b
		status a b
		status --chuck
		status -- --json x
		refresh a b
		logout
		logout --force a
		git
		git get get
	EOF
}
test_case 'wrong usage: status 2, one line on stderr, nothing on stdout' wrong_usage

what_comes_from_command_line() {
	expect_status 2 freshtoken "$(printf "a\033[2J\nb")" 2>err
	equal 1 "$(wc -l <err)"
	lacks "$(printf "\033")" err
	expect_status 3 freshtoken token "$(printf "a\033[2J\nb")" 2>err
	equal 1 "$(wc -l <err)"
	lacks "$(printf "\033")" err
}
test_case 'arguments in messages cannot control a terminal' what_comes_from_command_line

stdout_cannot_be_written_failure() {
	expect_status 1 freshtoken --help >/dev/full 2>err
	contains "No space left on device" err
}
test_case 'a failure to write stdout is an error' stdout_cannot_be_written_failure

it_same_wherever_it_called() {
	ln -s "$FT_BIN/freshtoken" docker-credential-freshtoken
	ln -s "$FT_BIN/freshtoken" other
	./docker-credential-freshtoken version >out
	contains "docker-credential-freshtoken (freshtoken)" out
	expect_status 2 ./other 2>err
	./other --version | cmp - <(freshtoken --version)
}
test_case 'the working folder does not matter' it_same_wherever_it_called

# planted FOLDER - freshtoken in FOLDER, with what somebody put beside it
planted() {
	mkdir -p "$1"
	cp "$FT_BIN/freshtoken" "$1/"
	printf '#!/bin/sh\necho planted\n' >"$1/freshtoken-cli"
	chmod 755 "$1/freshtoken-cli"
}

# It is built so; whoever owns the folder could replace freshtoken too.
beside_it_in_own_folder() {
	planted own
	own/freshtoken list >out
	same_text planted out
}
native_case 'a copy starts the programs beside it in a folder of its user' beside_it_in_own_folder

others_put_beside_it() {
	planted common
	chmod 1777 common
	common/freshtoken list >out 2>err || :
	lacks planted out
	chmod 755 common
	chmod 757 common/freshtoken-cli
	common/freshtoken list >out 2>err || :
	lacks planted out
	[ "$(id -u)" -eq 0 ] || return 0
	chmod 755 common/freshtoken-cli
	chown 65534 common/freshtoken-cli
	common/freshtoken list >out 2>err || :
	lacks planted out
	chown 0 common/freshtoken-cli
	chown 65534 common
	common/freshtoken list >out 2>err || :
	lacks planted out
}
native_case 'and no programs that others may have put there' others_put_beside_it

# With a group that the caller does not have: nothing of where it was put counts.
privileged() {
	planted group
	planted "stage$FT_BIN"
	mkdir -p "stage$FT_LIBEXEC"
	cp group/freshtoken-cli "stage$FT_LIBEXEC/"
	for program in group/freshtoken "stage$FT_BIN/freshtoken"; do
		chgrp 65534 "$program"
		chmod 2755 "$program"
		"$program" list >out 2>err || :
		lacks planted out
	done
}
if [ "$(id -u)" -ne 0 ] || findmnt -no OPTIONS -T "$T" | grep -q nosuid; then
	test_skip 'with the rights of another group nothing beside it is used' 'needs root, and setgid files'
else
	native_case 'with the rights of another group nothing beside it is used' privileged
fi

if command -v readelf >/dev/null; then
	it_loads_no_library_handing() {
		readelf -d "$FT_LIBEXEC/freshtoken-cli" | sed -n "s/.*(NEEDED).*\[\(lib[a-z-]*\).*/\1/p" |
			grep -vxE "libc|libjson-c|libmd|libasan|libubsan" >others || :
		empty others
	}
	test_case 'it loads only the libraries for handing out a token' \
		it_loads_no_library_handing
else
	test_skip 'it loads only the libraries for handing out a token' \
		'no readelf on this machine'
fi

secret_as_argument() {
	for words in 'work --token secret-refresh' '--token secret-refresh work'; do
		# shellcheck disable=SC2086
		expect_status 2 freshtoken login $words 2>err
		contains 'there is one argument too many; usage: ' err
		lacks secret err
	done
	expect_status 2 freshtoken login work --refresh-token=secret-refresh 2>err
	contains 'unknown option "--refresh-token"' err
	lacks secret err
	expect_status 2 freshtoken login work --token=secret-refresh 2>err
	contains '--token takes no value' err
	lacks secret err
}
test_case 'a token that was written as an argument is not repeated' secret_as_argument

test_done

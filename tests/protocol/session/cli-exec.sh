#!/bin/bash
# SPDX-License-Identifier: MIT
# freshtoken exec: a command gets a token in a variable, and nothing else from freshtoken.
. "${FT_SRCDIR:?run me with make check}/tests/harness/tap.sh"
. "$FT_SRCDIR/tests/services/servers.sh"
. "$FT_SRCDIR/tests/harness/accounts.sh"
need curl
start_token_service

new_account work oauth2 -- lifetime=600
account nobody "server=$TS/work" match=nobody.example.com
account dead server=http://127.0.0.1:9/none match=dead.example.com

command_has_good_token() {
	freshtoken exec work -- sh -c "printf %s \"\$FRESHTOKEN_TOKEN\"" >out 2>err
	empty err
	equal "$(newest work)" "$(cat out)"
	freshtoken exec work --env API_TOKEN -- sh -c "printf %s \"\$API_TOKEN\"" >out
	equal "$(newest work)" "$(cat out)"
	freshtoken exec --env=_a1 work -- sh -c "printf %s \"\$_a1\"" >out
	equal "$(newest work)" "$(cat out)"
}
test_case 'the command has a valid token in its environment' command_has_good_token

token_has_expired_refreshed() {
	new_account short oauth2 -- lifetime=1
	let_expire short
	old=$(newest short)
	ts set short lifetime=600
	freshtoken exec short -- printenv FRESHTOKEN_TOKEN >out
	must_fail equal "$old" "$(cat out)"
	equal "$(newest short)" "$(cat out)"
	is_good short "$(cat out)"
}
test_case 'a token that has expired is refreshed before' token_has_expired_refreshed

environment_one_there() {
	env | grep -v "^_=" | sort >before
	freshtoken exec work -- env >during
	grep -v -e "^_=" -e "^FRESHTOKEN_TOKEN=" during | sort | same before -
	equal 1 "$(grep -c "^FRESHTOKEN_TOKEN=" during)"
	FRESHTOKEN_TOKEN=old freshtoken exec work -- env >during
	equal 1 "$(grep -c "^FRESHTOKEN_TOKEN=" during)"
	contains "FRESHTOKEN_TOKEN=$(newest work)" during
	FRESHTOKEN_TOKEN=old freshtoken exec work --env OTHER -- printenv FRESHTOKEN_TOKEN |
		same_text old -
}
test_case 'the environment is unchanged except for that variable' environment_one_there

what_comes_after_command() {
	freshtoken exec work -- printf "<%s>" --env PATH --help -- "" "a b" "*" >out
	printf "<%s>" --env PATH --help -- "" "a b" "*" | same - out
}
test_case 'the arguments after -- are the command, unchanged' what_comes_after_command

token_in_no_argument() {
	freshtoken exec work -- sh -c "tr \"\\0\" \"\\n\" </proc/self/cmdline; ps -ww -o args= -p \$\$" >out
	[ -s out ]
	no_secret out work
}
test_case 'the token is in no argument of a process' token_in_no_argument

command_takes_our_place() {
	sh -c "echo \$\$; exec freshtoken exec work -- sh -c \"echo \\\$\\\$\"" >out
	equal "$(sed -n 1p out)" "$(sed -n 2p out)"
	for status in 0 1 3 4 5 77 126 127; do
		expect_status "$status" freshtoken exec work -- sh -c "exit $status"
	done
	expect_status 143 freshtoken exec work -- sh -c "kill -TERM \$\$"
	echo hello | freshtoken exec work -- cat | same_text hello -
	ls /proc/self/fd | wc -l >before
	freshtoken exec work -- ls /proc/self/fd | wc -l | same before -
	grep -E "^Sig(Blk|Ign|Cgt)" /proc/self/status >before
	freshtoken exec work -- grep -E "^Sig(Blk|Ign|Cgt)" /proc/self/status | same before -
	(ulimit -c; umask) >before
	freshtoken exec work -- sh -c "ulimit -c; umask" | sed "s/^00/0/" |
		same <(sed "s/^00/0/" before) -
}
test_case 'the command replaces freshtoken: process, exit status, signals, stdin and descriptors' \
	command_takes_our_place

command_not_there_or_cannot() {
	# A folder of PATH that cannot be entered would make it 126, as of env(1).
	PATH=$FT_BIN:/usr/bin:/bin expect_status 127 freshtoken exec work -- no-such-command 2>err
	same_text "freshtoken: cannot run no-such-command: No such file or directory" err
	expect_status 127 freshtoken exec work -- ./no/such 2>err
	: >plain
	expect_status 126 freshtoken exec work -- ./plain 2>err
	same_text "freshtoken: cannot run ./plain: Permission denied" err
	expect_status 126 freshtoken exec work -- ./ 2>err
	no_secret err work
}
test_case 'a missing command, or one that cannot be run: the status of env(1)' \
	command_not_there_or_cannot

without_token_command_not_run() {
	expect_status 3 freshtoken exec stranger -- touch ran 2>err
	equal 1 "$(wc -l <err)"
	expect_status 4 freshtoken exec nobody -- touch ran 2>err
	contains "run: freshtoken login nobody" err
	new_account broken oauth2 -- lifetime=1
	let_expire broken
	ts fault broken fault=503 times=-1 >/dev/null
	expect_status 5 freshtoken exec broken -- touch ran 2>err
	ts fault broken fault=none >/dev/null
	# What is wrong with an account is no other one's trouble.
	echo "[account torn]" >>"$XDG_CONFIG_HOME/freshtoken/freshtoken.conf"
	echo "colour = red" >>"$XDG_CONFIG_HOME/freshtoken/freshtoken.conf"
	expect_status 1 freshtoken exec torn -- touch ran 2>err
	contains "unknown key \"colour\"" err
	freshtoken exec work -- true
	sed -i "/^\[account torn/,\$d" "$XDG_CONFIG_HOME/freshtoken/freshtoken.conf"
	must_fail test -e ran
}
test_case 'without a token the command is not run, and the status says why' \
	without_token_command_not_run

names_none() {
	for name in 1A A-B "A B" "A=B" "" "é" -x A.B PATH LD_PRELOAD LD_LIBRARY_PATH LD_ BASH_ENV \
		ENV IFS HOME \
		PYTHONPATH PERL5OPT NODE_OPTIONS GIT_SSH_COMMAND GLIBC_TUNABLES XDG_CONFIG_HOME \
		MALLOC_CHECK_ SSLKEYLOGFILE; do
		expect_status 2 freshtoken exec stranger --env "$name" -- touch ran 2>err
		equal 1 "$(wc -l <err)"
		contains "usage: freshtoken exec ACCOUNT [--env NAME] -- COMMAND [ARG...]" err
	done
	must_fail test -e ran
	expect_status 2 freshtoken exec stranger --env PATH -- touch ran 2>err
	contains "PATH changes how programs find others; take another name; usage: " err
	for name in NODE_AUTH_TOKEN GIT_TOKEN GITLAB_TOKEN LDAP _ path; do
		freshtoken exec work --env "$name" -- touch "ran-$name"
		[ -e "ran-$name" ]
	done
}
test_case 'invalid names, and names that change what is run, are refused first' \
	names_none

command_line_lacks_something() {
	for arguments in "" "work" "work --" "-- env" "work env" "work env --" "work x -- env" \
		"work --env -- env" \
		"work --env A --env B -- env"; do
		# shellcheck disable=SC2086
		expect_status 2 freshtoken exec $arguments >out 2>err
		empty out
		equal 1 "$(wc -l <err)"
	done
}
test_case 'an incomplete command line' command_line_lacks_something

test_done

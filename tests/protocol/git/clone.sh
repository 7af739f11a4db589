#!/bin/bash
# SPDX-License-Identifier: MIT
# A real git and a real server: clone, fetch and push with tokens that expire and are revoked.
. "${FT_SRCDIR:?run me with make check}/tests/harness/tap.sh"
. "$FT_SRCDIR/tests/services/servers.sh"
. "$FT_SRCDIR/tests/harness/accounts.sh"
need curl git openssl setpriv nginx fcgiwrap docker-registry
start_token_service
ts create work lifetime=3600 >/dev/null || give_up 'no tenant'
start_web work
make_repository project
account work "server=$TS/work" "match=$WEB" "match=$WEB_TLS"
sign_in work 2>/dev/null || give_up 'no sign-in'
git config --global http.sslCAInfo "$CA_FILE"
git config --global user.name Alice
git config --global user.email alice@example.com

freshtoken_setup_git_apply() {
	freshtoken setup git --apply
	git config --global --get-all credential.helper >helpers ||
		git config --global --get-regexp helper >helpers
	contains freshtoken helpers
}
test_case 'freshtoken setup git --apply is the only setup' freshtoken_setup_git_apply

git_clone_asks() {
	git clone -q "$WEB/project.git" plain 2>err
	empty err
	git clone -q "$WEB_TLS/project.git" tls 2>err
	empty err
	same_text hello tls/hello.txt
	equal 1 "$(ts_count work refreshes)"
}
test_case 'git clone works without a prompt, with and without TLS' git_clone_asks

token_expires_between_two() {
	ts set work lifetime=1
	freshtoken refresh work
	ts set work lifetime=3600
	let_expire work
	git -C plain fetch -q 2>err
	empty err
	git clone -q "$WEB/project.git" later
	equal "3 0 0" "$(state_of_spending work)"
}
test_case 'the token expires between two commands, which both work' token_expires_between_two

token_revoked_early() {
	ts revoke-access work
	git -C plain fetch -q || git -C plain fetch -q
	equal "4 0 0" "$(state_of_spending work)"
	git -C tls fetch -q
	equal "4 0 0" "$(state_of_spending work)"
}
test_case 'the token is revoked early: git says so at most once' token_revoked_early

git_push() {
	cd plain
	echo more >more.txt
	git add more.txt
	git commit -q -m more
	git push -q origin HEAD:main
	git -C ../tls pull -q
	same_text more ../tls/more.txt
}
test_case 'git push' git_push

clones_at_once_on_expired() {
	before=$(ts_count work refreshes)
	ts set work lifetime=1
	freshtoken refresh work
	ts set work lifetime=3600
	let_expire work
	for i in $(seq 20); do
		git clone -q "$WEB/project.git" "many.$i" &
	done
	wait
	equal 20 "$(cat many.*/hello.txt | grep -cx hello)"
	equal "$((before + 2)) 0 0" "$(state_of_spending work)"
}
test_case '20 clones at once on an expired token cost one refresh' clones_at_once_on_expired

# Since 2.46 git knows credentials that are not to be written down.
chained() {	# WHAT
	git config --global --add credential.helper "store --file=$T/written"
	git -C plain fetch -q
	git config --global --unset credential.helper "^store"
	[ ! -e written ] || lacks "$(ts tokens work | sed -n "s/^$1=//p")" written
}
what_helper_after_ours_writes() {
	chained refresh_token
}
test_case 'a helper after freshtoken never stores the refresh token' \
	what_helper_after_ours_writes

# An older git hands out username and password, which the helper after ours keeps.
if printf '%s\n' 2.46 "$(git version | cut -d' ' -f3)" | sort -CV; then
	test_case 'nor the access token' chained access_token
fi
repository_person_may_not_read() {
	ts create closed >/dev/null
	before=$(ts_count work refreshes)
	for i in 1 2 3 4 5; do
		must_fail git ls-remote "$WEB/r/closed/project.git"
	done
	[ "$(($(ts_count work refreshes) - before))" -le 1 ]
	git -C plain fetch -q
	equal "0 0" "$(ts_count work refused) $(ts_count work reuses)"
}
test_case 'a repository that the person may not read does not spend refresh tokens' \
	repository_person_may_not_read

paths_tell_accounts() {
	ts create other >/dev/null
	account other "server=$TS/other" "match=$WEB/r/other/*"
	sign_in other
	freshtoken setup git --apply
	git clone -q "$WEB/r/other/project.git" other.clone
	git -C plain fetch -q
	is_good other "$(newest other)"
}
test_case 'paths distinguish accounts of one host' paths_tell_accounts

# Newer ones try Negotiate by themselves; a host that offers it is answered without state.
revoked_early_where_host_offers() {
	equal 2 "$(curl -qsS -o /dev/null -D - "$WEB/negotiate/project.git/info/refs" |
		grep -ci "^www-authenticate: *\(negotiate\|basic\)")"
	for empty in auto true; do
		git config --global http.emptyAuth "$empty"
		freshtoken refresh work
		before=$(ts_count work refreshes)
		ts revoke-access work
		worked=
		for i in 1 2 3; do
			if git ls-remote -q "$WEB/negotiate/project.git" main >out \
				2>>errors; then worked="$worked $i"; fi
		done
		case $worked in *" 2 3") ;; *) cat errors; complain "only$worked" ;; esac
		equal "$((before + 1))" "$(ts_count work refreshes)"
	done
	git config --global --unset http.emptyAuth
}
test_case 'revoked early, and the host offers Negotiate too: the second command works at the latest' \
	revoked_early_where_host_offers

same_for_at_once() {
	freshtoken refresh work
	before=$(ts_count work refreshes)
	ts revoke-access work
	twice() { git ls-remote -q "$WEB/negotiate/project.git" main ||
		git ls-remote -q "$WEB/negotiate/project.git" main; }
	for i in $(seq 30); do
		twice >"out.$i" 2>"err.$i" & pids[i]=$!
	done
	for i in $(seq 30); do
		wait "${pids[i]}" || complain "command $i: $(cat "err.$i")"
	done
	equal "$((before + 1)) 0 0" "$(state_of_spending work)"
}
test_case 'the same for 30 at once: the next command of each works, with one refresh' same_for_at_once

signin_over() {
	# The rejections above would cover this one for a minute.
	freshtoken refresh work
	ts revoke-family work
	must_fail git -C plain fetch -q
	must_fail git -C plain fetch -q 2>err
	contains "freshtoken login work" err
	no_secret err work
}
test_case 'the sign-in has ended: git stops at once and names the command to run' signin_over

it_known_to_be_over() {
	ts login work
	sign_in work
	ts revoke-family work
	expect_status 4 freshtoken refresh work
	must_fail git -C plain fetch -q 2>err
	contains "freshtoken login work" err
	equal 1 "$(grep -c "^freshtoken: " err)"
	no_secret err work
	ts login work
	sign_in work
	git -C plain fetch -q
}
test_case 'it is known to have ended before the token expires: the first failure names the command to run' \
	it_known_to_be_over

service_down() {
	ts fault work fault=503:100 times=-1
	expect_status 5 freshtoken refresh work
	git -C plain fetch -q 2>err
	empty err
}
test_case 'the service is down: the token is used while it is valid' service_down

public_repository_no_business() {
	before=$(ts_count work exchanges)
	XDG_CONFIG_HOME=$T/none git clone -q "$WEB/public/project.git" public
	equal "$before" "$(ts_count work exchanges)"
}
test_case 'a public repository is not affected' public_repository_no_business
test_done

#!/bin/bash
# SPDX-License-Identifier: MIT
# A real git-lfs and a real store: objects are copied with tokens that expire; requests that are
# forbidden end.
. "${FT_SRCDIR:?run me with make check}/tests/harness/tap.sh"
. "$FT_SRCDIR/tests/services/servers.sh"
. "$FT_SRCDIR/tests/harness/accounts.sh"
need curl git git-lfs openssl perl setpriv nginx fcgiwrap docker-registry
start_token_service
ts create work lifetime=3600 >/dev/null || give_up 'no tenant'
# Where no token of the account is good.
ts create closed >/dev/null || give_up 'no tenant'
start_web work
make_repository project
make_repository closed-store
account work "server=$TS/work" "match=$WEB" "match=$WEB_TLS"
sign_in work 2>/dev/null || give_up 'no sign-in'
freshtoken setup git --apply >/dev/null || give_up 'no setup'
git config --global user.name Alice
git config --global user.email alice@example.com
git lfs install --skip-repo >/dev/null || give_up 'git-lfs cannot be set up'

# work_on REPOSITORY FOLDER - a clone with objects of git-lfs that are not pushed yet
work_on() {
	git clone -q "$WEB/$1.git" "$2"
	(
		cd "$2" || exit
		git lfs install --local --skip-smudge >/dev/null
		git lfs track "*.bin" >/dev/null
		for i in 1 2 3 4 5 6 7 8 9 10; do
			echo "object $i of $1" >"$i.bin"
		done
		git add .
		git commit -q -m objects
	)
}

# asked FILE - requests to the store that came with a token, since FILE was written by mark
mark() {
	wc -l <"$T/.web/access.log" >"$1"
}
asked() {
	tail -n "+$(($(cat "$1") + 1))" "$T/.web/access.log" |
		grep -c "^[^ ]* - [^-].*/info/lfs/" || :
}

objects_pushed_and_come_back() {
	work_on project one
	git -C one push -q origin HEAD:main
	equal 10 "$(ls "$T/.web/lfs" | wc -l)"
	ts set work lifetime=1
	freshtoken refresh work
	ts set work lifetime=3600
	let_expire work
	git clone -q "$WEB/project.git" two 2>err
	same_text "object 7 of project" two/7.bin
	lacks freshtoken err
	equal "3 0 0" "$(state_of_spending work)"
}
test_case 'objects are pushed and pulled, also with a token that has expired' \
	objects_pushed_and_come_back

# ends_in_vain COMMAND… - fails by itself, with the question and why, after few requests and at most
# one refresh. From 3.8 on git-lfs may give up before there is anything to ask.
gives_up() { printf '%s\n' 3.8 "$(git lfs version | sed 's,^git-lfs/\([0-9.]*\).*,\1,')" |
	sort -CV; }
ends_in_vain() {
	local before

	before=$(ts_count work refreshes)
	mark mark
	must_fail "$@" >vain 2>&1
	grep "^freshtoken: account work: ${WEB#*://} \(has \)\?refused a token of [0-9]* s" vain \
		>questions || gives_up
	gives_up || contains "ay you read that repository? If so, run: freshtoken refresh work" \
		questions
	# Not for each object.
	[ "$(sort questions | uniq -d | wc -l)" = 0 ]
	[ "$(wc -l <questions)" -le 2 ]
	[ "$(asked mark)" -le "$most" ] || complain "$(asked mark) requests"
	[ "$(($(ts_count work refreshes) - before))" -le 1 ]
	no_secret vain work
}
store_answers_for_good() {
	git -C two config lfs.url "$WEB/r/closed/project.git/info/lfs"
	rm -r two/.git/lfs/objects
	# git-lfs from 3.6 on sends what it got for the state of an answer once more.
	most=9
	ends_in_vain git -C two lfs fetch
	# Another program asks anew, and is told as well.
	ends_in_vain git -C two lfs fetch
	git -C two fetch -q
}
test_case 'a store that always answers 401: few requests, one to the service, and it ends' \
	store_answers_for_good

store_lists_objects_and_gives() {
	work_on closed-store three
	most=40
	ends_in_vain git -C three lfs push origin HEAD
}
test_case 'a store that lists objects and refuses all of them, eight at once' \
	store_lists_objects_and_gives

good_fetches_beside_it_served() {
	# From here on nothing that was fetched for a refusal.
	freshtoken refresh work
	before=$(ts_count work refreshes)
	mark mark
	for i in 1 2 3; do
		(while [ ! -e enough ]; do git -C two lfs fetch >"vain.$i" 2>&1 || nap 0.1; done) &
	done
	for i in $(seq 30); do
		git -c remote.origin.url="$WEB/project.git" -C one fetch -q origin 2>"good-err.$i" \
			& pids[i]=$!
	done
	for i in $(seq 30); do
		wait "${pids[i]}" || complain "fetch $i: $(cat "good-err.$i")"
	done
	touch enough
	wait
	cat good-err.* >errors
	empty errors
	contains "ay you read that repository?" vain.1
	[ "$(($(ts_count work refreshes) - before))" -le 1 ]
	equal "0 0" "$(ts_count work refused) $(ts_count work reuses)"
}
test_case '30 allowed fetches at the same time are served' good_fetches_beside_it_served
test_done

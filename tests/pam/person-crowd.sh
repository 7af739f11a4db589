#!/bin/bash
# SPDX-License-Identifier: MIT
# check = person: many logins of one person, and of many persons, and how often the directory is
# asked.
. "${FT_SRCDIR:?run me with make check}/tests/pam/world.sh"
need python3
. "$FT_SRCDIR/tests/pam/directory.sh"
configure_person 'users = same'
one account=login recheck=0 wait=100s

# 200 persons, of whom nobody has a home.
for ((i = 0; i < 200; i++)); do
	printf 'p%d:x:%d:%d::/nonexistent:/bin/sh\n' "$i" $((3000 + i)) $((3000 + i))
done >>"$T/etc/passwd"
directory "person?alice=active&$(printf 'p%d=active&' {0..199})" >/dev/null

# crowd USER… - logins of all of them at once; how many were let in
crowd() {
	local user i=0

	for user; do
		(printf 'account = SUCCESS\n' | play --user "$user" >".login.$i" 2>&1 &&
			touch ".in.$i") &
		i=$((i + 1))
	done
	wait
	find . -maxdepth 1 -name '.in.*' | wc -l
	for ((i = 0; i < $#; i++)); do
		[ -e ".in.$i" ] || { cat ".login.$i" "$T/log" >&2; break; }
	done
	rm -f .in.* .login.*
}
nothing_runs() {
	eventually 60 must_fail pgrep -f "$HELPER"
	eventually 60 must_fail pgrep -u _freshtoken
}

# since EPOCHREALTIME - ms
since() {
	local now=$EPOCHREALTIME

	echo $(((${now/[.,]/} - ${1/[.,]/}) / 1000))
}

one_person() {
	directory reset >/dev/null
	rm -rf "$SEEN"
	one account=login wait=100s
	directory 'fault?alice=slow:1' >/dev/null
	# shellcheck disable=SC2046	# 200 times alice
	equal 200 "$(crowd $(printf 'alice %.0s' {1..200}))"
	equal '1 1' "$(asked exchanges) $(asked questions)"
	nothing_runs
}
test_case '200 logins of one person: one request, all are let in' one_person

many_persons() {
	directory reset >/dev/null
	rm -rf "$SEEN"
	begin=$EPOCHREALTIME
	# shellcheck disable=SC2046	# names without blanks
	equal 200 "$(crowd $(printf 'p%d ' {0..199}))"
	equal '1 200' "$(asked exchanges) $(asked questions)"
	# The last of 200 is no earlier than 199 twentieths of a second after the first.
	[ "$(since "$begin")" -ge 9950 ] || complain "200 questions in $(since "$begin") ms"
	nothing_runs
}
test_case '200 persons at once: person_rate is kept, one token is enough, and all are let in' \
	many_persons

slower() {
	configure_person 'users = same'
	echo 'person_rate = 5' >>"$CONF/freshtoken.conf"
	one account=login recheck=0 wait=100s
	directory reset >/dev/null
	begin=$EPOCHREALTIME
	# shellcheck disable=SC2046
	equal 20 "$(crowd $(printf 'p%d ' {0..19}))"
	equal 20 "$(asked questions)"
	[ "$(since "$begin")" -ge 3800 ] || complain "20 questions in $(since "$begin") ms"
}
test_case 'person_rate, of the checker' slower

# Whoever asks again and again has one place in the queue, as others have.
one_hammers() {
	local hammer

	one account=login recheck=0 wait=100s
	directory reset >/dev/null
	(while :; do printf 'account = SUCCESS\n' | play --user alice >/dev/null 2>&1; done) &
	hammer=$!
	# shellcheck disable=SC2046
	equal 10 "$(crowd $(printf 'p%d ' {0..9}))"
	kill "$hammer"
	wait "$hammer" 2>/dev/null || :
	nothing_runs
}
test_case 'many logins of one person do not keep others out' one_hammers
test_done

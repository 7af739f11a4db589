#!/bin/bash
# SPDX-License-Identifier: MIT
# check = refresh, and a user who stops and continues the processes of the check, which is possible
# under su in the user's own control group: the lack of an answer is then caused by this machine,
# and does not mean that the service is down.
. "${FT_SRCDIR:?run me with make check}/tests/pam/world.sh"
start_token_service
ts create work user=alice lifetime=60 >/dev/null
configure_pam server="$TS/work"

check() {
	printf '%s\n' "account = $2" ${3+"> $3"} >.script
	play --user "$1" <.script
}
# verified - alice as she should be, a while ago, and a service that takes its time from now on
verified() {
	one account=work
	pkill -KILL -u _freshtoken || :
	ts fault work fault=none
	ts set work subject= >/dev/null
	forget alice
	sign_in alice
	check alice SUCCESS
	aged alice 61
	ts fault work fault=delay:1500 times=-1
}
asks() { pgrep -u _freshtoken >/dev/null; }
# stop, go WHAT - the exchange, or the check with it
stop() {
	[ "$1" = exchange ] || pkill -STOP -x freshtoken-pam || :
	pkill -STOP -u _freshtoken || :
}
go() {
	pkill -CONT -u _freshtoken || :
	[ "$1" = exchange ] || pkill -CONT -x freshtoken-pam || :
}

slow_alone() {
	verified
	check alice SUCCESS
	aged alice 61
	ts revoke-family work
	check alice PERM_DENIED 'error freshtoken: your sign-in at * has ended; *'
}
test_case 'a slow service: its answer counts' slow_alone

# frozen WHAT SECONDS TIMES - she has been signed out meanwhile, and would get in if it were down
frozen() {
	local pid

	verified
	one account=work wait=4s
	ts revoke-family work
	(check alice PERM_DENIED 'error *') &
	pid=$!
	eventually 20 asks
	for _ in $(seq "$3"); do
		stop "$1"
		nap "$2"
		go "$1"
		nap 0.05
	done
	wait "$pid"
	lacks '"down"' "$(seen alice)"
	# Nor at the next login, which has the time for an answer.
	one account=work
	check alice PERM_DENIED 'error *'
	lacks '"down"' "$(seen alice)"
}
test_case 'the exchange is stopped until the time is over' frozen exchange 5 1
if [ -n "${FT_LONG-}" ]; then
	test_case 'or again and again, each time briefly' frozen exchange 0.9 5
	test_case 'all processes of the check are' frozen check 5 1
	test_case 'all of them, again and again' frozen check 0.9 5
fi
test_done

#!/bin/bash
# SPDX-License-Identifier: MIT
# A home on a user's own file system that does not answer any more: the process that works as the
# user is blocked in the kernel, and SIGKILL does not end it. No process of root waits for it.
. "${FT_SRCDIR:?run me with make check}/tests/pam/world.sh"
need perl
[ -e /dev/fuse ] || mknod /dev/fuse c 10 229 2>/dev/null || skip_all 'no /dev/fuse here'
start_token_service
ts create work user=alice lifetime=60 >/dev/null
S=$TS/work
# in_time, with_time - what is to be given up soon; what has to work
in_time() {
	configure_pam server="$S" timeout=2s
	one account=work wait=2s
}
with_time() {
	configure_pam server="$S"
	one account=work
}
with_time
sign_in alice
echo "account = SUCCESS" | play --user alice
state=$T/homes/alice/.local/state/freshtoken

# stuck_from_now - her store does not answer, until let_go
stuck_from_now() {
	rm -f "$T/asked"
	perl "$FT_SRCDIR/tests/pam/stuck" "$state" 2001 "$T/asked" &
	STUCK=$!
	eventually 20 test -e "$T/asked"
}
let_go() {
	kill -KILL "$STUCK"
	wait "$STUCK" || :
	umount -l "$state"
}
# held - a process of hers that has been asked to end, and cannot
held() {
	[ -n "$(pgrep -r D -u alice)" ]
}
nobody_waits() {
	[ -z "$(pgrep -r R,S,D -u 0 -x freshtoken-pam)" ] &&
		[ -z "$(pgrep -r R,S,D -u _freshtoken)" ]
}
ended="error freshtoken: your sign-in at $S has ended; sign in at a login that asks for it, or in an open session: freshtoken login work"

stuck_from_now 2>"$T/why" || :
if ! as alice timeout -k 1 30 true || [ ! -e "$T/asked" ]; then
	skip_all "no FUSE here: $(tail -n 1 "$T/why")"
fi
let_go

such_file_system_does_hold() {
	stuck_from_now
	as alice stat "$state/x" &
	asking=$!
	eventually 20 test -s "$T/asked"
	pkill -KILL -u alice
	eventually 20 held
	must_fail timeout 1 tail --pid="$(pgrep -u alice -x stat)" -f /dev/null
	held
	let_go
	eventually 20 must_fail held
	wait "$asking" || :
}
test_case 'such a file system really blocks a process, even for SIGKILL' such_file_system_does_hold

account_refused_in_time() {
	stuck_from_now
	aged alice 61
	in_time
	echo "account = PERM_DENIED
> $ended" >script
	play --user alice <script
	[ -s "$T/asked" ] || complain "her store was not asked"
	eventually 60 nobody_waits
	held
	# And so it is the next time: no lock is left behind.
	play --user alice <script
	eventually 60 nobody_waits
	with_time
	let_go
	eventually 20 must_fail held
}
test_case 'account: refused in time, and no process of root waits for the user'\''s process' \
	account_refused_in_time

session_open() {
	stuck_from_now
	in_time
	echo "open = SUCCESS" | play --user alice
	eventually 60 nobody_waits
	with_time
	let_go
	eventually 20 must_fail held
	aged alice 61
	echo "account = SUCCESS" | play --user alice
}
test_case 'session: opened, and no process of root waits' session_open

# Control groups of the first version keep what is frozen in them even against SIGKILL.
if mkdir "$T/cg" && mount -t cgroup -o freezer freezer "$T/cg" 2>/dev/null &&
	at_exit umount "$T/cg" &&
	frozen=$(mktemp -d "$T/cg/freshtoken-test.XXXXXXXX" 2>/dev/null); then
	thaw() {
		echo THAWED >"$frozen/freezer.state"
		nap 0.5
		rmdir "$frozen"
	}
	at_exit thaw
	process_stands_between_module() {
		rm "$HELPER"
		cp "$FT_BUILDDIR/tests/pam/actor" "$HELPER"
		one act=hang wait=3000
		echo "account = PERM_DENIED
> error freshtoken: your sign-in could not be checked in time" >script
		play --user alice <script &
		playing=$!
		eventually 20 pgrep -r R,S,D -x freshtoken-pam
		front=$(ps -o ppid= -p "$(pgrep -r R,S,D -x freshtoken-pam)" | tr -d " ")
		echo "$front" >"$frozen/tasks"
		echo FROZEN >"$frozen/freezer.state"
		eventually 60 must_fail kill -0 "$playing"
		status=0
		wait "$playing" || status=$?
		grep -qx "$front" "$frozen/tasks" || complain "nothing was frozen"
		echo THAWED >"$frozen/freezer.state"
		equal 0 "$status"
		pkill -KILL -x freshtoken-pam
		left() { [ -s "$frozen/tasks" ]; }
		eventually 20 must_fail left
	}
	test_case 'the process between the module and freshtoken-pam cannot be killed: the host continues' \
		process_stands_between_module
else
	test_skip 'the process between the module and freshtoken-pam cannot be killed: the host continues' \
		'no control groups of the first version here'
fi
test_done

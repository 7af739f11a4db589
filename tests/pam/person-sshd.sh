#!/bin/bash
# SPDX-License-Identifier: MIT
# check = person at sshd with ssh keys: nobody signs in on this host, and disabled persons are
# refused.
. "${FT_SRCDIR:?run me with make check}/tests/pam/world.sh"
need python3 ssh sshd ssh-keygen
. "$FT_SRCDIR/tests/pam/programs.sh"
. "$FT_SRCDIR/tests/pam/directory.sh"
configure_person

# sshd_stack OPTION… - a key proves who it is; the directory has to say yes as well
sshd_stack() {
	pam_stack sshd "auth required pam_deny.so" \
		"account required pam_unix.so" "account required FT account=login wait=60s $*" \
		"session required pam_unix.so" "session optional FT account=login"
}
pam_stack other "auth required pam_deny.so" "account required pam_deny.so" \
	"session required pam_deny.so" "password required pam_deny.so"
sshd_stack
start_sshd

in_with_a_key() {
	directory 'person?alice=active' >/dev/null
	ssh_as alice 'echo "$USER"; env' >out
	contains alice out
	must_fail grep -qi -e freshtoken_ -e robot-token out
	# There is no sign-in, and none is made.
	[ ! -e "$T/homes/alice/.local" ]
}
test_case 'a key, and an active person: let in, without a sign-in on this host' in_with_a_key

refused_within_recheck() {
	sshd_stack recheck=60s
	directory 'person?alice=inactive' >/dev/null
	ssh_as alice true
	person_aged alice 61
	expect_status 255 ssh_as alice true 2>said
	contains "freshtoken: $D says that you are disabled; ask its administrator" said
	logged '(sshd:account) user alice from 127.0.0.1: account login: refused: the directory says that "alice" is not active'
	directory 'person?alice=active' >/dev/null
	ssh_as alice true
}
test_case 'a disabled person is refused within recheck' refused_within_recheck

refused_at_once() {
	sshd_stack recheck=0
	ssh_as alice true
	directory 'person?alice=inactive' >/dev/null
	expect_status 255 ssh_as alice true 2>said
	directory 'person?alice=active' >/dev/null
	ssh_as alice true
	directory 'person?alice=gone' >/dev/null
	expect_status 255 ssh_as alice true 2>said
	contains 'says that you are disabled' said
}
test_case 'with recheck = 0 at once' refused_at_once
test_done

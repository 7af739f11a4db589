#!/bin/bash
# SPDX-License-Identifier: MIT
# Runs the commands of docs/guides/pam-one-host.md unchanged, with a real sshd and the test's
# servers, users and folders instead of those in the guide.
. "${FT_SRCDIR:?run me with make check}/tests/pam/world.sh"
need ssh sshd ssh-keygen
. "$FT_SRCDIR/tests/pam/programs.sh"
. "$FT_SRCDIR/tests/harness/guides.sh"
start_token_service
ts create work user=alice client_id=cli >/dev/null
pam_stack common-auth "auth required pam_deny.so"
pam_stack common-account "account required pam_unix.so"
pam_stack common-session "session required pam_unix.so"
pam_stack common-password "password required pam_deny.so"
pam_stack other "auth required pam_deny.so" "account required pam_deny.so" \
	"session required pam_deny.so" "password required pam_deny.so"
cat >/etc/pam.d/sshd <<'END'
@include common-auth
account    required     pam_nologin.so
@include common-account
@include common-session
@include common-password
END
cp /etc/pam.d/sshd before
start_sshd

# Commands that are others here.
apt() { echo "apt $*" >>said; }
systemctl() { echo "systemctl $*" >>said; }
journalctl() { cat "$T/log"; }
ssh() {
	equal alice@localhost "$1"
	ssh_as alice "${@:2}"
}
sudo() {
	if [ "$1" = -u ]; then
		if [ "$5" = login ]; then sign_in "$2"; else as "$2" "${@:4}"; fi
	else
		"$@"
	fi
}

one_host() {
	guide_script guides/pam-one-host.md | sed -e "s|https://sso.example.com|$TS/work|" \
		-e "s|/etc/freshtoken/|$CONF/|g" -e 's/^alice .*/alice alice\nbob bob/' \
		-e 's/^client_id .*/&\ninsecure_loopback = yes\nwait = 100s/' >all
	# Until it is enforced, and from there to the way back.
	sed -n '1,/^ssh /p' all >first
	sed '1,/^ssh /d; /^sudo freshtoken setup pam --remove/,$d' all >second
	sed -n '/^sudo freshtoken setup pam --remove/,$p' all >back
	[ -s first ] && [ -s second ] && [ -s back ]

	follow first
	cp out first.out
	grep -q 'pam_freshtoken.so' /etc/pam.d/sshd
	contains 'systemctl enable --now freshtoken-pam.socket' said
	# Who has not signed in gets in for now, and the log says so; who has no line does not.
	ssh_as bob true
	logged "user bob from 127.0.0.1: account work: permissive"
	expect_status 255 ssh_as carol true 2>err
	follow second
	expect_status 255 ssh_as bob true 2>err
	must_fail grep -q '^permissive' "$CONF/freshtoken.conf"
	must_fail test -e "$CONF/pam.off"
	# It is the sign-in that counts, and the file that switches it off.
	ts revoke-family work
	sed -i 's/^account *= work/&\nrecheck = 0s/' "$CONF/freshtoken.conf"
	expect_status 255 ssh_as alice true 2>err
	touch "$CONF/pam.off"
	ssh_as alice true
	ssh_as carol true
	rm "$CONF/pam.off"
	follow back
	cmp before /etc/pam.d/sshd
	ssh_as carol true
	contains 'apt purge libpam-freshtoken' said
}
test_case 'ssh logins on one host, from installation to removal' one_host

test_done

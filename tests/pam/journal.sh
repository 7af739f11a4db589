#!/bin/bash
# SPDX-License-Identifier: MIT
# With systemd's journal each line goes there, with fields and a MESSAGE_ID that never changes;
# otherwise to syslog. The ids are those of the manual pages.
. "${FT_SRCDIR:?run me with make check}/tests/pam/world.sh"
mount -t tmpfs -o mode=755 tmpfs /run
mkdir -p /run/systemd/journal
J=$T/journal
start_token_service
ts create work user=alice lifetime=60 >/dev/null
configure_pam server="$TS/work"
one account=work

# listen - a journal is there from here on
listen() {
	"$FT_BUILDDIR/tests/pam/logger" /run/systemd/journal/socket "$J" &
	at_exit stop_pid "$!"
	eventually 10 test -S /run/systemd/journal/socket
}

noted() {
	eventually 10 grep -qxF -e "$1" "$J"
}

# id_of_line PAGE WORDS - the MESSAGE_ID that a manual page has for it
id_of_line() {
	sed -n "s/^\([0-9a-f]\{32\}\)\t$2.*/\1/p" "$FT_SRCDIR/docs/$1" | grep .
}

without_a_journal() {
	printf 'account = PERM_DENIED\n> error *\n' | play --user alice
	logged "(test:account) user alice: account work: refused: alice has not signed in yet"
}
test_case 'no journal: a line of syslog' without_a_journal

listen
with_a_journal() {
	before=$(grep -c 'freshtoken-pam' "$T/log")
	printf 'account = PERM_DENIED\n> error *\n' | play --user alice --item rhost=192.0.2.7
	noted "MESSAGE_ID=$(id_of_line pam_freshtoken.8 'refused')"
	noted PRIORITY=5
	noted SYSLOG_FACILITY=10
	noted SYSLOG_IDENTIFIER=freshtoken-pam
	noted FRESHTOKEN_USER=alice
	noted FRESHTOKEN_RHOST=192.0.2.7
	noted FRESHTOKEN_SERVICE=test
	noted FRESHTOKEN_FUNCTION=account
	noted FRESHTOKEN_ACCOUNT=work
	grep -q '^MESSAGE=pam_freshtoken(test:account) user alice.*: account work: refused: alice has not signed in' "$J"
	equal "$before" "$(grep -c 'freshtoken-pam' "$T/log")"
}
test_case 'a journal: the same line with fields, and not twice' with_a_journal

no_fields_from_outside() {
	: >"$J"
	# Whatever becomes of it.
	echo 'account = SUCCESS' |
		play --user "$(printf 'mallory\nPRIORITY=0\nFRESHTOKEN_USER=root')" >out 2>&1 || :
	printf 'account = PERM_DENIED\n> error *\n' | play --user alice
	noted FRESHTOKEN_USER=alice
	must_fail grep -qx 'PRIORITY=0' "$J"
	must_fail grep -qx 'FRESHTOKEN_USER=root' "$J"
}
test_case 'a line feed in a name does not start a field' no_fields_from_outside

the_configuration() {
	: >"$J"
	mv "$CONF/freshtoken.conf" kept
	printf 'account = SERVICE_ERR\n> error *\n' | play --user alice
	noted "MESSAGE_ID=$(id_of_line pam_freshtoken.8 'the configuration')"
	noted PRIORITY=3
	mv kept "$CONF/freshtoken.conf"
}
test_case 'a broken configuration has an id of its own' the_configuration

every_id_is_documented() {
	grep -ohE '"[0-9a-f]{32}"' "$FT_SRCDIR/pam/call/log.c" "$FT_SRCDIR/lib/refresh/main.c" |
		tr -d '"' | sort >code
	[ "$(wc -l <code)" -eq 9 ]
	grep -ohE '^[0-9a-f]{32}' "$FT_SRCDIR/docs/pam_freshtoken.8" "$FT_SRCDIR/docs/freshtoken.1" |
		sort | same code -
}
test_case 'every id is in a manual page, and no other' every_id_is_documented

a_refresh_that_fails() {
	: >"$J"
	sign_in alice
	ts fault work fault=503 times=1
	as alice freshtoken refresh work >out 2>&1 || :
	noted "MESSAGE_ID=$(id_of_line freshtoken.1 'a refresh')"
	noted SYSLOG_IDENTIFIER=freshtoken-refresh
	noted FRESHTOKEN_ACCOUNT=work
	ts tokens work | sed -n 's/^[a-z_]*token=//p' >secrets
	while read -r secret; do
		lacks "$secret" "$J"
	done <secrets
}
test_case 'a failed refresh, whether a program waits or not' a_refresh_that_fails

test_done

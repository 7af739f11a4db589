# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# stack.sh - PAM stacks with the module, in the test's own folder; sourced after tap.sh
#
# new_stage DIR copies the staged module and programs below DIR, and sets $MODULE (absolute, for
# stacks), $HELPER (freshtoken-pam, which the module starts) and $SOCKET, at which listen_as_systemd
# starts it instead. If FT_THROUGH_SOCKET is set, the whole test script uses the socket.

new_stage() {
	MODULE=$1${FT_PAMDIR#"$FT_STAGE"}/pam_freshtoken.so
	HELPER=$1${FT_LIBEXEC#"$FT_STAGE"}/freshtoken-pam
	SOCKET=$1$FT_RUNSTATE/freshtoken/pam.sock
	mkdir -p "${MODULE%/*}" "${HELPER%/*}"
	cp "$FT_PAMDIR/pam_freshtoken.so" "$MODULE"
}

# with_actor DIR - such a stage, with tests/pam/actor in the place of freshtoken-pam
with_actor() {
	new_stage "$1"
	rm -f "$HELPER"
	cp "$FT_BUILDDIR/tests/pam/actor" "$HELPER"
}

# listen_as_systemd [OPTION…] - tests/pam/listener at $SOCKET, until $LISTENER ends; with the rights
# that freshtoken-pam@.service leaves
listen_as_systemd() {
	mkdir -p "${SOCKET%/*}"
	chmod 700 "${SOCKET%/*}"
	rm -f "$SOCKET"
	setpriv --no-new-privs --inh-caps=-all --bounding-set=-all,+setuid,+setgid,+kill \
		perl "$FT_SRCDIR/tests/pam/listener" "$@" "$SOCKET" "$HELPER" &
	LISTENER=$!
	eventually 20 test -S "$SOCKET"
}

# through_socket - nobody starts anything himself from here on, if this test is one of those
through_socket() {
	[ -n "${FT_THROUGH_SOCKET-}" ] || return 0
	[ "$(id -u)" -eq 0 ] || skip_all 'not root, who alone is served there'
	[ ${#SOCKET} -lt 104 ] || skip_all 'the name of this folder is too long for a socket'
	need perl
	listen_as_systemd
	at_exit stop_pid "$LISTENER"
}

# stack NAME LINE… - a stack of these lines, in the folder conf; "FT" stands for the module
stack() {
	local name=$1

	shift
	[ -d conf ] || { mkdir conf; printf '%s required pam_deny.so\n' auth account session \
		password >conf/other; }
	printf '%s\n' "$@" | sed "s|\<FT\>|$MODULE|" >"conf/$name"
}

# one OPTION… - the stack "test": the module alone, in all four groups, with these options
one() {
	local options="$*"

	stack test "auth required FT $options" "account required FT $options" \
		"session required FT $options" "password required FT $options"
}

# play OPTION… <SCRIPT (tests/pam/play.c)
play() {
	timeout -k 5 120 "$FT_BUILDDIR/tests/pam/play" --confdir conf "$@"
}

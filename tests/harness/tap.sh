# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# tap.sh - what every shell test needs: TAP, its own folder, an end in time
#
#	#!/bin/bash
#	. "${FT_SRCDIR:?run me with make check}/tests/harness/tap.sh"
#
#	adding_two_numbers() {
#		printf '%s\n' $((1 + 1)) >out
#		same_text 2 out
#	}
#	test_case 'adding two numbers' adding_two_numbers
#
#	doubling() {	# NUMBER RESULT
#		equal "$2" "$(($1 * 2))"
#	}
#	for number in 1 5; do
#		test_case "doubling $number" doubling "$number" $((number + number))
#	done
#	test_done
#
# A case is a function, run in a subshell under "set -eu", in the test's own folder ($T, also the
# working folder). Its output is kept for diagnosis: the first command that fails fails the case.
# Variables and cd do not outlive it; start processes that have to last, such as servers, outside of
# cases. Beware of "! command", which "set -e" ignores: use must_fail.
#
# $HOME, $XDG_CONFIG_HOME, $XDG_STATE_HOME and $TMPDIR are below $T and empty; the caller's
# configuration and proxies are removed. $T is removed at the end unless FT_KEEP is set.
#
# make check sets the environment, which says what is tested:
#	FT_SRCDIR, FT_BUILDDIR	the sources' and the build's top folder
#	FT_STAGE		a staged install (make install DESTDIR=…), and in it
#	FT_BIN, FT_LIBEXEC	the folders of programs and of private programs
# and may set
#	FT_TEST_SECONDS		the seconds after which a test that hangs is ended; 1200

# A hung test must end, whoever runs it; and cases need bash's process groups. The longest test
# needs minutes, and several times as long under sanitizers on a busy machine.
if [ -z "${FT_TEST_BOUNDED-}" ]; then
	FT_TEST_BOUNDED=$$
	export FT_TEST_BOUNDED
	exec timeout --foreground -k 20 "${FT_TEST_SECONDS:-1200}" bash "$0" "$@"
fi
unset FT_TEST_BOUNDED

for tap_name in FT_SRCDIR FT_BUILDDIR FT_STAGE FT_BIN FT_LIBEXEC; do
	if [ -z "${!tap_name-}" ]; then
		printf 'Bail out! %s is not set. Run "make check TESTS=%s" in the build folder.\n' \
			"$tap_name" "tests/${0##*tests/}"
		exit 99
	fi
done

tap_pid=$BASHPID tap_count=0 tap_failed=0 tap_finished=no tap_case_pid='' tap_log=''
. "$FT_SRCDIR/tests/services/process.sh"

# diag TEXT…, or lines from standard input
diag() {
	if [ $# -gt 0 ]; then
		printf '# %s\n' "$@"
	else
		# What programs print may be anything; the TAP stream stays text.
		tr -c '\n\t -~' '?' | sed 's/^/# /'
	fi
}

tap_end() {
	local status=$?

	# A child that is ended before its exec still has our traps.
	[ "$BASHPID" = "$tap_pid" ] || exit "$status"
	trap '' HUP INT TERM PIPE
	trap - EXIT
	# A case is a process group of its own: nothing that it started stays.
	[ -z "$tap_case_pid" ] || kill -KILL -- "-$tap_case_pid" 2>/dev/null
	run_at_exit
	cd / || :
	if [ -n "${FT_KEEP-}" ]; then
		diag "kept: $T"
	else
		chmod -R u+rwx "$T" 2>/dev/null
		rm -rf "$T"
	fi
	if [ "$tap_finished" != yes ]; then
		printf 'Bail out! ended before test_done (status %s)\n' "$status"
		exit 99
	fi
	exit "$((tap_failed > 0))"
}

T=$(mktemp -d "${TMPDIR:-/tmp}/ft-test.XXXXXXXX") || exit 99
T=$(cd "$T" && pwd -P) || exit 99
printf '#!/bin/sh\n' >"$T/runs"
chmod 700 "$T/runs"
if ! "$T/runs" 2>/dev/null; then
	printf 'Bail out! No program can be started in %s. Set TMPDIR to another folder.\n' "${T%/*}"
	rm -r "$T"
	exit 99
fi
rm "$T/runs"
trap tap_end EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM
trap 'exit 141' PIPE

# The caller's environment would make tests pass or fail elsewhere.
for tap_name in $(compgen -e); do
	case $tap_name in
	FT_* | PATH | USER | LOGNAME | LD_LIBRARY_PATH | ASAN_OPTIONS | UBSAN_OPTIONS | LSAN_OPTIONS | GCOV_*) ;;
	*) export -n "${tap_name?}"; unset "$tap_name" 2>/dev/null || : ;;
	esac
done
# Where bootstrap puts what would be a service if it were installed.
unpacked=${FT_BUILDDIR%/*}/packages/root
PATH=$FT_BIN:$PATH:$unpacked/usr/sbin:$unpacked/usr/bin
export PATH LC_ALL=C.UTF-8 TZ=UTC0 SHELL=/bin/sh TERM=xterm
export HOME="$T/home" XDG_RUNTIME_DIR="$T/run" TMPDIR="$T/tmp"
export XDG_CONFIG_HOME="$HOME/.config" XDG_STATE_HOME="$HOME/.local/state"
export GIT_CONFIG_NOSYSTEM=1 GIT_TERMINAL_PROMPT=0 GIT_ADVICE=0
(umask 077; mkdir -p "$XDG_CONFIG_HOME" "$XDG_STATE_HOME" "$XDG_RUNTIME_DIR" "$TMPDIR") || exit 99
tap_log=$T/.case-log
unset tap_name
umask 022
# Neither a host's scarcity of descriptors nor a container's million.
ulimit -S -n 1024 2>/dev/null || :
cd "$T" || exit 99

tap_result() {	# ok|"not ok" DESCRIPTION
	tap_count=$((tap_count + 1))
	[ "$1" = ok ] || tap_failed=$((tap_failed + 1))
	printf '%s %d - %s\n' "$1" "$tap_count" "${2//#/\\#}"
}

# tap_show FUNCTION [ARGUMENT…] - what was run, and the text of each function among it
tap_show() {
	local word

	printf '%q ' "$@"
	echo
	for word; do
		declare -f -- "$word" || :
	done
}

# test_case DESCRIPTION FUNCTION [ARGUMENT…]
test_case() {
	local tap_description=$1 tap_status

	shift
	# A function's name that is misspelt, or a description without its quotes.
	if ! declare -F -- "${1-}" >/dev/null; then
		printf 'Bail out! test_case "%s": [%s] is no function\n' "$tap_description" "${1-}"
		tap_finished=yes tap_failed=1
		exit 99
	fi
	# A process group of its own; not "if ( … )", where set -e does nothing.
	set -m
	( set +m; trap - EXIT HUP INT TERM PIPE; set -eu; cd "$T"; "$@" ) \
		>"$tap_log" 2>&1 9>&1 </dev/null &
	tap_case_pid=$!
	set +m
	wait "$tap_case_pid"
	tap_status=$?
	# Whatever the case left in the background belongs to its group.
	kill -KILL -- "-$tap_case_pid" 2>/dev/null
	tap_case_pid=''
	if [ "$tap_status" -eq 0 ]; then
		tap_result ok "$tap_description"
	else
		tap_result 'not ok' "$tap_description"
		diag "status $tap_status from:"
		tap_show "$@" | diag
		diag 'output:'
		tail -n 100 "$tap_log" | diag
	fi
	return 0
}

# test_skip DESCRIPTION REASON
test_skip() {
	tap_count=$((tap_count + 1))
	printf 'ok %d - %s # SKIP %s\n' "$tap_count" "${1//#/\\#}" "$2"
}

# native_case DESCRIPTION FUNCTION - looks at memory, descriptors or the name that a program was
# started with: valgrind, where it runs the programs, has its own of each
native_case() {
	if [ -n "${FT_WRAPPED-}" ]; then
		test_skip "$1" 'programs run in valgrind'
	else
		test_case "$@"
	fi
}

# skip_all REASON - before the first case: nothing here can be tested
skip_all() {
	printf '1..0 # SKIP %s\n' "$1"
	tap_finished=yes
	exit 0
}

# need COMMAND… - skip_all unless all of them are there
need() {
	local command

	for command in "$@"; do
		PATH="$PATH:/usr/sbin:/sbin" command -v "$command" >/dev/null ||
			skip_all "no $command on this machine"
	done
}

test_done() {
	printf '1..%d\n' "$tap_count"
	tap_finished=yes
	exit 0
}

# --- for use in cases: each fails with a word of why ------------------------------

# To the diagnosis, also where the caller has redirected standard error.
exec 9>&2
complain() {
	printf 'FAILED: %s\n' "$*" >&9
	return 1
}

# must_fail COMMAND… - is there, and ends with a status other than 0 and not by a signal
must_fail() {
	local status=0

	"$@" || status=$?
	[ "$status" -ne 0 ] || complain "succeeded: $*"
	case $status in
	126 | 127 | 129 | 1[3-9]? | 2??) complain "status $status: $*" ;;
	esac
}

# expect_status STATUS COMMAND…
expect_status() {
	local expected=$1 status=0

	shift
	"$@" || status=$?
	[ "$status" -eq "$expected" ] || complain "status $status, not $expected: $*"
}

# equal EXPECTED ACTUAL
equal() {
	[ "$1" = "$2" ] || complain "$(printf 'expected [%s], got [%s]' "$1" "$2")"
}

# same_text TEXT FILE - the file is the text and a line feed
same_text() {
	printf '%s\n' "$1" | cmp - "$2" || complain "$(printf 'expected [%s], %s has [%s]' \
		"$1" "$2" "$(tr -d '\0' <"$2")")"
}

# same EXPECTED-FILE FILE
same() {
	diff -u "$1" "$2" || complain "$2 is not as expected"
}

# empty FILE
empty() {
	[ -e "$1" ] || complain "$1 does not exist"
	[ ! -s "$1" ] || { cat "$1"; complain "$1 is not empty"; }
}

# contains STRING FILE, lacks STRING FILE - fixed strings
contains() {
	grep -qaF -e "$1" -- "$2" || { cat "$2"; complain "$2 lacks [$1]"; }
}

lacks() {
	[ -r "$2" ] || complain "$2 cannot be read"
	if grep -aF -e "$1" -- "$2"; then
		complain "$2 contains [$1]"
	fi
}

# literal TEXT - a pattern of pgrep and grep -E for a path, which may be in a folder like c++
literal() {
	printf %s "$1" | sed 's/[][\.*^$+?(){}|]/\\&/g'
}

# eventually SECONDS COMMAND… - until it succeeds; for what another process does in its
# own time. The limit is a bound, never what is tested: on a busy machine it is a minute at least.
eventually() {
	local end=$((SECONDS + ($1 < 60 ? 60 : $1)))

	shift
	until "$@" >/dev/null 2>&1; do
		# Where "set -e" is ignored, too.
		if [ "$SECONDS" -ge "$end" ]; then
			complain "not within the time: $*"
			return 1
		fi
		nap 0.02
	done
}

# erase FOLDER… - a transport that still makes its answer durable may put a file where rm has
# just looked
erase() {
	eventually 10 rm -rf "$@"
}

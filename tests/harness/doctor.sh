# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# doctor.sh - runs freshtoken doctor and checks its findings; sourced after accounts.sh
#
# A case repairs what it has broken: it checks that each finding appears, and disappears.

# doctor_case DESCRIPTION FUNCTION [ARGUMENT…] - a test_case that starts with the HOME that
# remember_home saved
doctor_case() {
	test_case "$1" from_anew "${@:2}"
}

from_anew() {
	anew
	"$@"
}

remember_home() {
	cp -a "$HOME" "$T/.home" || give_up 'no copy of HOME'
}

anew() {
	erase "$HOME"
	cp -a "$T/.home" "$HOME"
}

# doctor [STATUS [COMMAND…]] - out has its lines; COMMAND is what runs freshtoken, with
# DOCTOR_PATH for its PATH, if that is set. Where this system has no sandbox to offer that is
# a finding, but not for STATUS.
doctor() {
	local expected=${1-0} status=0 findings

	[ $# -eq 0 ] || shift
	env PATH="${DOCTOR_PATH-$PATH}" "${@:-freshtoken}" doctor >out 2>err || status=$?
	empty err
	findings=$(grep -cE "^(warning|error)	" out) || :
	[ "$status" = "$((findings > 0))" ] ||
		{ cat out; complain "status $status, $findings findings"; }
	case ${1-} in
	*/unboxed) ;;
	*) findings=$((findings - $(grep -cE "^(warning|error)	sandbox	" out || :))) ;;
	esac
	[ "$((findings > 0))" = "$expected" ] ||
		{ cat out; complain "status $status, not $expected"; }
}

# found RESULT CHECK ACCOUNT TEXT [REMEDY] - a line of out says so;
# TEXT and REMEDY are parts of theirs
found() {
	R=$1 C=$2 A=$3 W=$4 M=${5-} awk -F '\t' '
		$1 == ENVIRON["R"] && $2 == ENVIRON["C"] && $3 == ENVIRON["A"] &&
		index($4, ENVIRON["W"]) && index($5, ENVIRON["M"]) { n++ }
		END { exit n != 1 }' out || { cat out; complain "not found once: $*"; }
}

# nothing_of TEXT - no line of out has it
nothing_of() {
	lacks "$1" out
}

# breaks RESULT CHECK ACCOUNT TEXT [REMEDY] - doctor finds that, and ends with the status for it
breaks() {
	case $1 in
	warning | error) doctor 1 ;;
	*) doctor 0 ;;
	esac
	found "$@"
}

# mended TEXT - doctor has nothing to complain about, and says no such thing
mended() {
	doctor 0
	nothing_of "$1"
}

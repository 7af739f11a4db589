# shellcheck shell=bash
#
# doctor.sh - freshtoken doctor, asked and listened to; sourced after accounts.sh
#
# What a case breaks, it mends: each finding is seen, and seen gone.

# doctor [STATUS [COMMAND…]] - out has its lines; COMMAND is what runs freshtoken
doctor() {
	local status=${1-0}

	[ $# -eq 0 ] || shift
	expect_status "$status" "${@:-freshtoken}" doctor >out 2>err || { cat out err; return 1; }
	empty err
}

# found RESULT CHECK ACCOUNT TEXT [REMEDY] - a line of out says so; TEXT and REMEDY are parts of theirs
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

# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# guides.sh - the commands that docs/ tells people to run; sourced after tap.sh
#
#	guide_blocks LANGUAGE FILE	the blocks of that language, without their fences
#	guide_script PAGE		all commands of docs/PAGE, as one script
#	follow SCRIPT			runs it, each command under "set -e"; its output is in out

guide_blocks() {
	awk -v language="\`\`\`$1" '
		/^ *```/ { inside = !inside; take = inside && $1 == language; next }
		take' "$2"
}

guide_script() {
	guide_blocks sh "$FT_SRCDIR/docs/$1"
}

# Commands that are another thing here are functions of the test.
sudo() {
	"$@"
}

follow() {
	# shellcheck source=/dev/null
	( set -e; . "./$1" ) >out 2>err &
	wait "$!" || { cat out err; complain "it stops within $1"; }
}

# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# case.sh - cases of tests of packages, for scripts that change their root; sourced
#
#	test_that TEXT COMMAND…		one line of TAP; on a failure also the command's output
#	not COMMAND…			fails if the command succeeds, with set -e too
#	test_end			the plan, and the line that bootstrap counts
n=0 failed=0
case_log=/var/tmp/case.log

test_that() {
	local text=$1

	shift
	n=$((n + 1))
	# Not as a condition, where bash would go on behind what fails.
	(set -ex; "$@") >"$case_log" 2>&1 &
	if wait "$!"; then
		echo "ok $n - $text"
	else
		tail -n 80 "$case_log" | sed 's/^/# /'
		echo "not ok $n - $text"
		failed=$((failed + 1))
	fi
}

not() { if "$@"; then return 1; fi; }

test_end() {
	echo "1..$n"
	echo "$((n - failed)) passed, $failed failed, 0 skipped"
	[ "$failed" -eq 0 ]
}

# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# A program of which one allocation or one system call may fail; sourced after tap.sh
failing=$FT_BUILDDIR/tests/harness/failing.so
[ -e "$failing" ] || give_up "$failing is not there"
! grep -q '^#define FT_SANITIZED' "$FT_BUILDDIR/config.h" || skip_all "malloc is the sanitizers'"

# may_fail PROGRAM… - puts a script in its place, which starts it with what $T/fails.NAME says
may_fail() {
	local program

	for program in "$@"; do
		mv "$program" "$program.real"
		cat >"$program" <<-END
			#!/bin/bash
			what=$T/fails.${program##*/}
			[ ! -e "\$what" ] || export LD_PRELOAD=$failing FT_FAILING="\$(cat "\$what")"
			exec -a "\$0" "$program.real" "\$@"
		END
		chmod 755 "$program"
	done
}

#!/bin/bash
# SPDX-License-Identifier: MIT
# 1,000 sign-ins in one process: memory and descriptors do not grow, and nothing is lost. make
# check-valgrind runs it under valgrind, which takes some minutes.
. "${FT_SRCDIR:?run me with make check}/tests/harness/tap.sh"
. "$FT_SRCDIR/tests/pam/stack.sh"
with_actor "$T/stage"

wrapper=
if [ -n "${FT_WRAPPED-}" ]; then
	wrapper="valgrind -q --error-exitcode=99 --leak-check=full --errors-for-leak-kinds=definite,indirect
		--child-silent-after-fork=yes"
fi

thousand_conversations() {
	one code=0 "[hidden=Token: ]" handle=0123 "[memory=x]" delay=1
	printf "auth = SUCCESS\n> hidden Token:  = abc\n" |
		$wrapper "$FT_BUILDDIR/tests/pam/play" --confdir conf --user "$(id -un)" --times \
			1000
}
test_case '1,000 times pam_start to pam_end' thousand_conversations
test_done

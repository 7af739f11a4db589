#!/bin/bash
# SPDX-License-Identifier: MIT
# Compares the library with lib/public/freshtoken.abi, the interface of the last release, or of the
# next one before the first release. Needs a build with -g.
. "${FT_SRCDIR:?run me with make check-abi}/tests/harness/tap.sh"
need abidw abidiff readelf
library=$FT_BUILDDIR/lib/.libs/libfreshtoken.so
readelf -S "$library" | grep -q debug_info || give_up 'the library was built without -g'
# shellcheck disable=SC2086
eval "set -- $ABI_OPTIONS"
abidw "$@" --out-file now.abi "$library" || give_up 'abidw failed'

nothing_changed() {
	abidiff "$FT_SRCDIR/lib/public/freshtoken.abi" now.abi
}
test_case 'the interface is the recorded one' nothing_changed

# changed STATUS COMMAND… - abidiff on what a sed command made of the interface ends with that bit
changed() {
	local status=0

	sed "$2" now.abi >changed.abi
	must_fail cmp -s now.abi changed.abi
	abidiff now.abi changed.abi >said || status=$?
	[ "$((status & $1))" -eq "$1" ] || complain "abidiff ended with $status"
}
a_lost_function() {
	changed 8 '/elf-symbol name=.freshtoken_token_free/d; /<function-decl name=.freshtoken_token_free/,/<\/function-decl>/d'
}
test_case 'a missing function is detected' a_lost_function
another_soname() {
	changed 8 "s/soname='libfreshtoken.so.0'/soname='libfreshtoken.so.9'/"
}
test_case 'another SONAME is detected' another_soname
test_done

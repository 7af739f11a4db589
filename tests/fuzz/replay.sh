#!/bin/bash
# SPDX-License-Identifier: MIT
# Runs the fuzz targets over their seeds. Each prints its own TAP, which is joined.
. "${FT_SRCDIR:?run me with make check}/tests/harness/tap.sh"

fuzz_target() {	# NAME
	"$FT_BUILDDIR/tests/fuzz/fuzz-$1" "$FT_SRCDIR/tests/fuzz/seeds/$1"
}

for seeds in "$FT_SRCDIR"/tests/fuzz/seeds/*; do
	target=${seeds##*/}
	test_case "fuzz-$target: the seeds and variants of them" fuzz_target "$target"
done
test_done

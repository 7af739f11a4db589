#!/bin/bash
# SPDX-License-Identifier: MIT
# fuzz-live.sh - runs fuzzers, each for FUZZ_SECONDS (60), as many at the same time as there are
# processors
#
#	fuzz-live.sh TARGET… -- COMPILER-FLAG…	(with the environment of fuzzers.sh)
#
# Prints for each target "PASS: NAME (RUNS runs)", or "FAIL: NAME" with its output and the name of
# the file with the input. The status is 1 if one failed. Inputs that a target found are below
# tests/fuzz/live.d, and so is its corpus for the next run.
set -u
seconds=${FUZZ_SECONDS:-60} seeds=${SRCDIR:?run me with make fuzz-live}/tests/fuzz/seeds
mkdir -p tests/fuzz/live.d
if ! clang -fsanitize=fuzzer,address,undefined -x c - -o tests/fuzz/live.d/probe 2>/dev/null <<'END'; then
#include <stddef.h>
int LLVMFuzzerTestOneInput(const char *d, size_t n);
int LLVMFuzzerTestOneInput(const char *d, size_t n) { return n > 9999 && *d; }
END
	echo 'SKIP: fuzz-live: no clang with libFuzzer here (packages clang and libclang-rt-14-dev)'
	exit 0
fi
bash "$SRCDIR/tests/fuzz/fuzzers.sh" "$@" || exit

# fuzz TARGET
fuzz() {
	local name=${1##*/fuzz-} folder=tests/fuzz/live.d/${1##*/fuzz-}
	mkdir -p "$folder/corpus" "$folder/found"
	if "$1-live" -max_total_time="$seconds" -max_len=4096 -timeout=20 -print_final_stats=1 \
		-artifact_prefix="$folder/found/" "$folder/corpus" "$seeds/$name" >"$folder/log" \
		2>&1; then
		echo "PASS: $name ($(sed -n "s/^stat::number_of_executed_units: *//p" \
			"$folder/log") runs)"
	else
		printf "FAIL: %s\n%s\nthe bytes: %s\n" "$name" "$(tail -n 30 "$folder/log")" \
			"$(echo "$folder/found/"*)"
		: >"$folder/failed"
	fi
}
export -f fuzz
export seconds seeds
rm -f tests/fuzz/live.d/*/failed
for target; do
	[ "$target" != -- ] || break
	echo "$target"
done | xargs -P "$(nproc)" -I TARGET bash -c "fuzz TARGET"
for failed in tests/fuzz/live.d/*/failed; do
	[ ! -e "$failed" ] || exit 1
done

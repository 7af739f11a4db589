#!/bin/bash
# SPDX-License-Identifier: MIT
# fuzzers.sh - builds fuzz targets with clang's libFuzzer: for each one a program TARGET-live
#
#	fuzzers.sh TARGET… -- COMPILER-FLAG…
#
# make sets SRCDIR, SOURCES and LIBS in the environment.
set -eu
targets=()
while [ "$1" != -- ]; do
	targets+=("$1")
	shift
done
shift
objects=tests/fuzz/live.d/objects jobs=$(nproc)
compile() {
	clang -g -O1 -fsanitize=address,undefined -fno-sanitize-recover=undefined "$@"
}

# at_once COMMAND… - beside others, as many as there are processors
at_once() {
	[ "$(jobs -pr | wc -l)" -lt "$jobs" ] || wait -n || exit
	"$@" &
}

rm -rf "$objects"
mkdir -p "$objects"
for source in ${SOURCES:?run me with make fuzzers}; do
	case $source in *.c) ;; *) continue ;; esac
	at_once compile -fsanitize=fuzzer-no-link "$@" -c "$SRCDIR/$source" \
		-o "$objects/${source//\//-}.o"
done
wait
for target in "${targets[@]}"; do
	rm -f "$target-live"
	# shellcheck disable=SC2086	# LIBS are words
	at_once compile -fsanitize=fuzzer "$@" "$SRCDIR/$target.c" -o "$target-live" \
		"$objects"/*.o $LIBS
done
wait
for target in "${targets[@]}"; do
	[ -x "$target-live" ]
done

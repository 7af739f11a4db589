#!/bin/bash
# SPDX-License-Identifier: MIT
# coverage.sh - statements and branches of lib/ and pam/ that the unit tests and the parsers' seeds reach
#
#	make coverage	in any build folder; builds once more with clang, in its folder coverage
set -euo pipefail
source=$(cd "$(dirname "$0")/../.." && pwd)
profdata=$(command -v llvm-profdata llvm-profdata-14 | head -n 1) cov=$(command -v llvm-cov llvm-cov-14 | head -n 1)
mkdir -p coverage
cd coverage
[ -f Makefile ] || "$source/configure" -q CC=clang --enable-static-helpers=no \
	CFLAGS='-g -O0 -fprofile-instr-generate -fcoverage-mapping' >configure.log 2>&1
rm -f ./*.profraw
# Several programs write at once: each in a file of its own.
export LLVM_PROFILE_FILE=$PWD/%m-%p.profraw
make -s -j"$(nproc)" "${TARGET:-check-unit}" >make.log 2>&1 || echo "some tests failed: coverage/make.log"
find . -name '*.profraw' -print0 | xargs -0 "$profdata" merge -sparse -o all.profdata
objects=()
while read -r object; do objects+=(-object "$object"); done < <(find tests/unit tests/fuzz -type f -perm -100 \
	! -name '*.sh' -exec sh -c 'head -c 4 "$1" | grep -q ELF' _ {} \; -print)
"$cov" export -summary-only -instr-profile all.profdata "${objects[@]}" 2>/dev/null |
	python3 "$source/tests/packages/coverage.py" "$source"

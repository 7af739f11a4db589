#!/bin/bash
# SPDX-License-Identifier: MIT
# coverage.sh - statements and branches of lib/ and pam/ that tests reach, by llvm-cov
#
#	make coverage			the unit tests
#	make coverage COVERAGE_TESTS='…'	and these shell tests, one after the other: programs as installed
#
# In any build folder, as root where logins are among them; it builds once more with clang, in its
# folder coverage. A process that is killed, or sandboxed, or another user's, often counts for nothing.
set -euo pipefail
source=$(cd "$(dirname "$0")/../.." && pwd)
profdata=$(command -v llvm-profdata llvm-profdata-14 | head -n 1) cov=$(command -v llvm-cov llvm-cov-14 | head -n 1)
mkdir -p coverage/raw
cd coverage
chmod 1777 raw
# The name is in the programs: those that PAM starts have no variable of ours.
[ -f Makefile ] || "$source/configure" -q CC=clang --enable-static-helpers=no \
	CFLAGS="-g -O0 -fprofile-instr-generate=$PWD/raw/%m-%p.profraw -fcoverage-mapping" >configure.log 2>&1

# collect TEST - what it wrote: another one's processes may have the same numbers
collect() {
	find raw -name '*.profraw' -size +0 | sort >raw.list
	[ -s raw.list ] || return 0
	"$profdata" merge -sparse -failure-mode=all -f raw.list -o new.profdata 2>>merge.log || return 0
	if [ -f all.profdata ]; then
		"$profdata" merge -sparse all.profdata new.profdata -o both.profdata
		mv both.profdata all.profdata
	else
		mv new.profdata all.profdata
	fi
	find raw -name '*.profraw' -delete
}

rm -f all.profdata
find raw -name '*.profraw' -delete
make -s -j"$(nproc)" check-unit >make.log 2>&1 || echo 'some unit tests failed: coverage/make.log'
collect
for test in ${TESTS-}; do
	make -s check TESTS="$test" >>make.log 2>&1 || echo "$test failed: coverage/make.log"
	collect
done
objects=()
while read -r object; do objects+=(-object "$object"); done < <(find . -type f -perm -100 \
	! -path './tests/stage/*' ! -path './tests/services/*' ! -name '*.sh' -exec sh -c \
	'head -c 4 "$1" | grep -q ELF' _ {} \; -print)
"$cov" export -summary-only -instr-profile all.profdata "${objects[@]}" 2>/dev/null |
	python3 "$source/tests/packages/coverage.py" "$source"

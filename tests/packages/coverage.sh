#!/bin/bash
# SPDX-License-Identifier: MIT
# coverage.sh - the lines and branches of lib/ and pam/ that tests reach, with clang and llvm-cov
#
#	make coverage				the unit tests
#	make coverage COVERAGE_TESTS=all	and all shell tests, with the installed programs
#	make coverage COVERAGE_TESTS='…'	and these shell tests
#
# It runs in any build folder, as root if tests of logins should count; it builds again with clang,
# in the folder coverage of that build. COVERAGE_JOBS is the number of tests that run at the same
# time.
#
# The counters are mapped files, one for each program and library, which all processes share (%c%m):
# so processes count too that are killed, that leave with _exit() or exec, or are sandboxed.
set -euo pipefail
source=$(cd "$(dirname "$0")/../.." && pwd)
# tool NAME: also where it has a version in its name only
tool() { command -v "$1" || compgen -c "$1-" | grep -x "$1-[0-9]*" | sort -V | tail -n 1; }
profdata=$(tool llvm-profdata) cov=$(tool llvm-cov)
# Where bootstrap unpacked what the tests' servers are.
export PATH="$PATH:$source/build/packages/root/usr/sbin:$source/build/packages/root/usr/bin"
umask 0022
mkdir -p coverage
cd coverage
# The name is in the programs: those that PAM or systemd starts have no variable of ours.
[ -f Makefile ] || "$source/configure" -q CC=clang --enable-static-helpers=no \
	CFLAGS="-g -O0 -fprofile-instr-generate=$PWD/raw/%c%m.profraw -fcoverage-mapping \
-mllvm -runtime-counter-relocation" >configure.log 2>&1
rm -rf raw
mkdir raw
chmod 0777 raw
make -s -j"$(nproc)" coverage-programs >make.log 2>&1 || { tail -n 20 make.log; exit 1; }

# Several users' processes write to one file: it is made here, everybody's.
mapfile -t objects < <(find . -type f -perm -100 ! -path './tests/stage/*' \
	! -path './tests/services/*' ! -name '*.sh' -exec sh -c 'head -c 4 "$1" | grep -q ELF' _ {} \; -print | sort)
(
	umask 0
	for object in "${objects[@]}"; do
		case $object in
		./tests/unit/* | ./tests/fuzz/* | ./tests/hot/*) ;;
		./tests/bench/* | ./tests/model/* | ./tests/harness/[!h]*) ;;
		*.so*) LD_PRELOAD=$object timeout 5 true ;;
		*) timeout 5 "$object" --help ;;
		esac </dev/null >/dev/null 2>&1 || :
	done
)
chmod a+rw raw/*
export FT_COVERAGE=yes
make -s -j"${COVERAGE_JOBS:-2}" check-coverage COVERAGE_TESTS="${TESTS-}" >tests.log 2>&1 || :
grep -E '^(FAIL|ERROR|SKIP|XPASS):' tests.log || :

"$profdata" merge -sparse -failure-mode=all -o all.profdata raw/*.profraw
"$cov" export -summary-only -instr-profile all.profdata "${objects[@]/#/-object=}" 2>export.log |
	python3 "$source/tests/packages/coverage.py" "$source"

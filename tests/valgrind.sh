#!/bin/sh
# SPDX-License-Identifier: MIT
# valgrind.sh - make check-valgrind: unit tests and conversations under valgrind
#
#	valgrind.sh FOLDER UNIT-TESTS MAKE…
#
# Each unit test is one process, so that valgrind sees all of it; in conversations the programs of
# FOLDER run under valgrind, by wrappers in tests/valgrind of the build, if they are linked
# dynamically (--enable-static-helpers=no). The transport does not run under it, because its filter
# forbids what valgrind needs, nor does git.
set -eu
folder=$1 units=$2
shift 2
valgrind='valgrind -q --error-exitcode=99 --leak-check=full'
valgrind="$valgrind --errors-for-leak-kinds=definite,indirect"
rm -rf tests/valgrind
mkdir -p tests/valgrind
for program in freshtoken git-credential-freshtoken docker-credential-freshtoken; do
	printf '#!/bin/sh\nexec %s --trace-children=yes --trace-children-skip="%s" "%s/%s" "$@"\n' \
		"$valgrind" '*/freshtoken-transport,*/git*' "$folder" "$program" \
		>"tests/valgrind/$program"
	chmod +x "tests/valgrind/$program"
done
export CK_FORK=no CK_DEFAULT_TIMEOUT=0 FT_WRAPPED="$PWD/tests/valgrind"
exec "$@" check LOG_COMPILER="$valgrind" TESTS="$units tests/protocol/git/git-get.sh \
	tests/protocol/docker/docker.sh tests/pam/many.sh"

#!/bin/sh
# valgrind.sh - programs that run under valgrind, in tests/valgrind of the build
#
#	valgrind.sh VALGRIND-WITH-OPTIONS FOLDER PROGRAM…
#
# The transport has a filter that valgrind cannot live with, and git is not ours.
set -eu
valgrind=$1 folder=$2
shift 2
rm -rf tests/valgrind
mkdir -p tests/valgrind
for program; do
	name=${program##*/}
	printf '#!/bin/sh\nexec %s --trace-children=yes --trace-children-skip="%s" "%s/%s" "$@"\n' \
		"$valgrind" '*/freshtoken-transport,*/git*' "$folder" "$name" \
		>"tests/valgrind/$name"
	chmod +x "tests/valgrind/$name"
done

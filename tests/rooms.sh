#!/bin/bash
# SPDX-License-Identifier: MIT
# Which folder of the sources may use which, read from the includes.
. "${FT_SRCDIR:?run me with make check}/tests/harness/tap.sh"

# FOLDER: what it may use beside itself. A line's folders are all above it in this
# table, so nothing goes round in a circle.
cat >table <<'END'
lib/base:
lib/file: lib/base
lib/data: lib/base
lib/config: lib/base lib/file lib/data
lib/provider: lib/base lib/file lib/data lib/config
lib/store: lib/base lib/file lib/data lib/config
lib/store/modules: lib/base lib/config
lib/exchange: lib/base lib/file lib/data lib/config lib/provider lib/store
lib/core: lib/base lib/file lib/data lib/config lib/provider lib/store lib/exchange
lib/service: lib/base lib/file lib/data lib/config lib/provider lib/store lib/exchange lib/core
lib/fleet: lib/base lib/file lib/data lib/config lib/provider lib/store lib/exchange lib/core lib/service
lib/source: lib/base lib/file lib/data lib/config lib/provider lib/store lib/exchange lib/core lib/service
lib/signin: lib/base lib/file lib/data lib/config lib/provider lib/store lib/exchange lib/core lib/service lib/fleet lib/source
lib/refresh: lib/base lib/file lib/data lib/config lib/provider lib/store lib/exchange lib/core lib/service lib/fleet lib/source lib/signin
lib/public: lib/base lib/file lib/data lib/config lib/provider lib/store lib/exchange lib/core lib/service lib/signin
lib/transport/jose: lib/base lib/data
lib/transport: lib/base lib/data lib/provider lib/exchange lib/transport/jose
helper/cli: LIB
helper/protocol: LIB helper/cli
helper/login: LIB helper/cli
helper/session: LIB helper/cli
helper/wiring: LIB helper/cli helper/protocol helper/login helper/session
helper/setup: LIB helper/cli helper/protocol helper/login helper/session helper/wiring
helper/account: LIB helper helper/cli helper/protocol helper/login helper/session helper/wiring helper/setup
helper/doctor: LIB helper/cli helper/protocol helper/login helper/session helper/wiring helper/setup
helper: LIB helper/cli
helper/hot: LIB helper helper/cli
pam/wire: lib/base
pam/module: lib/base pam/wire
pam/call: LIB pam/wire
pam/memory: LIB pam/wire pam/call
pam/user: LIB lib/refresh pam/wire pam/call pam/memory
pam/exchange: LIB pam/wire pam/call pam/memory pam/user
pam/directory: LIB pam/wire pam/call pam/memory pam/exchange
pam/program: LIB pam/wire pam/call pam/memory pam/user pam/exchange pam/directory
pam/auth: LIB pam/wire pam/call pam/memory pam/user pam/exchange
END
all=$(sed -n '/^lib\/signin:/s/.*: //p' table)\ lib/signin
sed -i "s|: LIB|: $all|" table

# uses - FILE INCLUDED, one line an include of ours
uses() {
	(cd "$FT_SRCDIR" && find lib helper pam -name '*.[ch]' -exec grep -H '^#include "' {} +) |
		sed -n 's/^\([^:]*\):#include "\([^"]*\)".*/\1 \2/p' | grep -v ' \(config\|installed\)\.h$'
}

every_folder_of_sources_room() {
	(cd "$FT_SRCDIR" && find lib helper pam -name "*.[ch]" | sed "s|/[^/]*$||" | sort -u) \
		>folders
	sed "s/:.*//" table | sort >rooms
	diff rooms folders
}
test_case 'every folder of sources is in the table' every_folder_of_sources_room

every_include_says_from_top() {
	uses >all
	[ "$(wc -l <all)" -gt 400 ]
	while read -r file included; do
		[ -f "$FT_SRCDIR/$included" ] || echo "$file: $included"
	done <all >lost
	empty lost
}
test_case 'every include has the path from the top folder' every_include_says_from_top

room_uses_it_may() {
	uses | awk -v table=table "
		BEGIN {
			while ((getline line <table) > 0) {
				n = split(line, word, /[: ]+/)
				for (i = 2; i <= n; i++)
					may[word[1], word[i]] = 1
			}
		}
		{
			from = \$1; to = \$2
			sub(/\\/[^\\/]*\$/, \"\", from); sub(/\\/[^\\/]*\$/, \"\", to)
			if (from != to && !((from, to) in may))
				print
		}" >wrong
	empty wrong
}
test_case 'a folder uses only those in the table' room_uses_it_may

pam_module_has_three_files() {
	uses | sed -n "s|^pam/\(module\|wire\)/.* lib/base/||p" | sort -u >used
	printf "%s\n" buffer.h error.h secret.h | comm -13 - used >more
	empty more
}
test_case 'the PAM module has three files of the core, and no more' pam_module_has_three_files
lines_fit() {
	(cd "$FT_SRCDIR" && find lib helper pam -name '*.[ch]') | while read -r file; do
		expand "$FT_SRCDIR/$file" | LC_ALL=C.UTF-8 grep -nE '^.{101}' | sed "s|^|$file:|"
	done >long
	empty long
}
test_case 'no line is wider than 100 columns' lines_fit

files_are_short() {
	(cd "$FT_SRCDIR" && find lib helper pam -name '*.[ch]' -exec wc -l {} +) |
		awk '$2 != "total" && $1 >= 600' >long
	empty long
}
test_case 'no file has 600 lines' files_are_short

every_test_is_run() {
	(cd "$FT_SRCDIR" && grep -rlE '^(test_done|exec bash .*tests/)' tests --include='*.sh' \
		--exclude-dir=harness
		find tests/unit -name 'test-*.c' | sed 's/\.c$//') | sort >there
	[ "$(wc -l <there)" -gt 100 ]
	sed -n '/^[a-z_]*tests\{0,1\} = /,/[^\\]$/p' "$FT_BUILDDIR/Makefile" | tr -s ' \\\t' '\n' |
		sed 's/\$(EXEEXT)//' | sort -u >named
	comm -23 there named >forgotten
	empty forgotten
}
test_case 'every test is one that make check runs' every_test_is_run

test_done

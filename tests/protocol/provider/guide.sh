#!/bin/bash
# SPDX-License-Identifier: MIT
# docs/providers.md has each shipped profile, and each command in it exists.
. "${FT_SRCDIR:?run me with make check}/tests/harness/tap.sh"
GUIDE=$FT_SRCDIR/docs/providers.md

profiles() {
	(cd "$FT_SRCDIR/lib/providers" && ls) | sed 's/\.conf$//'
}

# The commands of the guide, one in a line, as a shell reads them.
commands() {
	sed -n '/^```sh/,/^```/{/^```/d;p;}' "$GUIDE" | sed -e ':a;/\\$/{N;s/\\\n *//;ba;}'
}

names_each_profile() {
	sed -n 's/^| \(`[^|]*`\) |.*/\1/p' "$GUIDE" | tr ',' '\n' | tr -d '` ' | sort >listed
	profiles | sort | same - listed
	while read -r name; do
		freshtoken provider show "$name" >/dev/null
	done <listed
}
test_case 'each shipped profile has a line in the table, and no other' names_each_profile

sets_up_each_with_metadata() {
	sed -n 's/^### //p' "$GUIDE" | sort >headed
	profiles | grep -vx -e abitmedia -e consinco -e formulacerta -e kirjaswappi \
		-e scim2 | sort |
		same - headed
	while read -r name; do
		commands | grep -q -e "--provider $name " || grep -qx "provider *= $name" "$GUIDE"
	done <headed
}
test_case 'each profile has its own section' sets_up_each_with_metadata

# Nobody is asked: the network is not there. What is wrong with a value is said before.
commands_are_ones() {
	printf 's3cret\n' >FILE
	chmod 600 FILE
	[ "$(commands | wc -l)" -ge 40 ]
	while read -r line; do
		eval "set -- $line"
		equal freshtoken "$1"
		case $2 in
		add)
			unshare -rn "$@" </dev/null >out 2>err || { cat err; return 1; }
			lacks 'looks like' err
			;;
		login)
			freshtoken status "$3" >/dev/null
			[ $# -lt 4 ] || freshtoken login --help | grep -q -e "^  $4 "
			rm -rf "$XDG_CONFIG_HOME/freshtoken"
			;;
		# What it runs is not here.
		exec) [ "$6" = -- ] ;;
		*) false ;;
		esac
	done < <(commands)
}
if unshare -rn true 2>/dev/null; then
	test_case 'its commands and their values are valid' commands_are_ones
else
	test_skip 'its commands and their values are valid' 'no namespaces here'
fi

is_linked() {
	contains docs/machines.md "$FT_SRCDIR/README.md"
	contains machines.md "$GUIDE"
	contains docs/providers.md "$FT_SRCDIR/README.md"
	contains providers.md "$FT_SRCDIR/docs/hosts.md"
}
test_case 'README and the page about hosts lead to it' is_linked

# A profile says what it was tried against, and its line here claims no more.
claims_no_more() {
	for name in $(profiles); do
		file=$FT_SRCDIR/lib/providers/$name.conf
		grep -q 'not tried against the real service' "$file" || continue
		grep "^| \`$name\`" "$GUIDE" | grep -qE '\| (documentation|imitation|token-service.s imitation) \|$'
	done
}
test_case 'it agrees with the profile' claims_no_more

test_done

#!/bin/bash
# SPDX-License-Identifier: MIT
# What the guides name is there: files, links, commands, options, profiles.
. "${FT_SRCDIR:?run me with make check}/tests/harness/tap.sh"

guides() {
	(cd "$FT_SRCDIR" && ls README.md CONTRIBUTING.md SECURITY.md docs/*.md docs/guides/*.md tests/README.md)
}

links_lead_somewhere() {
	local guide link

	for guide in $(guides); do
		grep -o '](\([^)#]*\)' "$FT_SRCDIR/$guide" | sed 's/^](//' | grep -v '^https\?:' |
			while read -r link; do
				[ -z "$link" ] || [ -e "$FT_SRCDIR/$(dirname "$guide")/$link" ] ||
					echo "$guide: $link"
			done
	done >broken
	empty broken
}
test_case 'every link leads to a file' links_lead_somewhere

# NAME is whatever one has.
files_are_there() {
	local guide path

	for guide in CONTRIBUTING.md README.md; do
		grep -oE '`[^` ]+`' "$FT_SRCDIR/$guide" | tr -d '`' |
			grep -E '^(lib|helper|pam|tests|docs)/' | sed 's|NAME|oauth2|' |
			while read -r path; do
				[ -e "$FT_SRCDIR/$path" ] || [ "$path" = tests/stage ] ||
					echo "$guide: $path"
			done
	done >broken
	empty broken
}
test_case 'every file and folder that is named is there' files_are_there

# COMMAND and its options, as they are in examples and between backquotes.
commands_are_known() {
	local guide command options option

	for guide in $(guides); do
		{
			sed -n '/^```/,/^```/p' "$FT_SRCDIR/$guide"
			grep -oE '`(sudo )?freshtoken [^`]*`' "$FT_SRCDIR/$guide" | tr -d '`'
		} | sed -n 's/^\(sudo \)\?freshtoken \([a-z]*\)\(.*\)/\2 \3/p' |
			while read -r command options; do
				freshtoken "$command" --help >help 2>/dev/null || {
					echo "$guide: freshtoken $command"
					continue
				}
				for option in $options; do
					case $option in
					--) break ;;
					--[a-z]*) grep -qe "${option%%=*}" help ||
						echo "$guide: $command $option" ;;
					esac
				done
			done
	done >broken
	empty broken
}
test_case 'every command and option that is shown is one' commands_are_known

profiles_are_shipped() {
	sed -n '/^## Token services/,/^## /p' "$FT_SRCDIR/README.md" | grep '^|' | cut -d '|' -f 2 |
		grep -oE '`[^`]+`' | tr -d '`' >named
	[ -s named ]
	while read -r name; do
		[ -f "$FT_SRCDIR/lib/providers/$name.conf" ] || echo "$name"
	done <named >broken
	empty broken
}
test_case "every profile of README's table is shipped" profiles_are_shipped

if command -v groff >/dev/null; then
	manual_pages_have_no_fault() {
		for page in "$FT_SRCDIR"/docs/*.[1-8]; do
			groff -man -t -Tutf8 -ww "$page" 2>err >out
			empty err
			[ -s out ]
		done
	}
	test_case 'the manual pages have no fault that groff knows of' manual_pages_have_no_fault
else
	test_skip 'the manual pages have no fault that groff knows of' 'no groff on this machine'
fi

test_done

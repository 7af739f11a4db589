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

# Places within pages, by GitHub's rule for headings: small letters, no punctuation, "-" for blanks.
anchors_are_headings() {
	local guide link file

	for guide in $(guides); do
		grep -oE '\]\([^):]*#[^)]+\)' "$FT_SRCDIR/$guide" | sed 's/^](//; s/)$//' |
			while read -r link; do
				file=$FT_SRCDIR/$guide
				[ -z "${link%%#*}" ] || file=$(dirname "$file")/${link%%#*}
				sed -n 's/^##* //p' "$file" | tr '[:upper:] ' '[:lower:]-' |
					tr -cd 'a-z0-9_\n-' | grep -qxFe "${link#*#}" ||
					echo "$guide: $link"
			done
	done >broken
	empty broken
	grep -c '^| .*](.*#' "$FT_SRCDIR/docs/questions.md" | grep -qE '^(1[0-9]|2[0-9])$'
}
test_case 'every place within a page that is linked is a heading' anchors_are_headings

# Twenty questions and more, each with the thread that asks it and a place here.
questions_are_answered() {
	grep '^| .*?' "$FT_SRCDIR/docs/questions.md" | grep -v '^| question' >questions
	[ "$(wc -l <questions)" -ge 20 ]
	while read -r line; do
		grep -qE '^\| [^|]*\? \| \[[^|]*https://github.com/[^|]*/(issues|pull)/[0-9]+[^|]* \| [^|]*\]\((guides/|\.\./)?[A-Za-z.-]+\.(md|5)(#[^|]*)?\)[^|]* \|$' \
			<<<"$line" || echo "$line"
	done <questions >broken
	empty broken
	for tool in git-credential-oauth GCM docker-credential-helpers authd himmelblau; do
		grep -q "\[$tool " questions
	done
}
test_case 'twenty questions have a thread and an answer here' questions_are_answered

# Keys that guides name as "key = value" between backquotes; two are other programs'.
keys_are_known() {
	local guide key

	for guide in $(guides); do
		grep -oE '`[a-z_]+ = [^`]*`' "$FT_SRCDIR/$guide" | tr -d '`' | sed 's/ = .*//' | sort -u |
			grep -vxF -e authenticate -e remove_jwt_after_reading |
			while read -r key; do
				grep -qF "\\fB$key\\fR" "$FT_SRCDIR"/docs/*.5 || echo "$guide: $key"
			done
	done >broken
	empty broken
}
test_case 'every key that is named is one' keys_are_known

# Programs and files of ours that are named by an installed path, or by their own name.
installed_files_are_known() {
	local guide name

	for guide in $(guides); do
		grep -ohE '`(/etc|/usr|/var/lib|/run)/[^` ]*freshtoken[^` ]*`|`[a-z-]*freshtoken[a-z-]*\.(socket|service|timer|so)`' \
			"$FT_SRCDIR/$guide" | tr -d '`' | sort -u |
			while read -r name; do
				name=${name#/run/user/1000/}
				case $name in */acme.conf | */checker) continue ;; lib*.so) name=${name%so}la ;; esac
				grep -rqF -e "${name%%/}" "$FT_SRCDIR"/docs/*.[1-8] "$FT_SRCDIR/Makefile.am" \
					"$FT_SRCDIR"/*/Makemodule.am || echo "$guide: $name"
			done
	done >broken
	empty broken
}
test_case 'every installed file that is named is one' installed_files_are_known

# NAME is whatever one has.
files_are_there() {
	local guide path

	for guide in $(guides); do
		grep -oE '`[^` ]+`' "$FT_SRCDIR/$guide" | tr -d '`' |
			grep -E '^(lib|helper|pam|tests|docs)/' | sed 's|NAME|oauth2|; s|ROOM|base|' |
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

# The picture shows what the guide says, in its order, and is no large one.
picture_is_of_the_guide() {
	local picture=$FT_SRCDIR/docs/first-ten-minutes.svg

	contains docs/first-ten-minutes.svg "$FT_SRCDIR/README.md"
	[ "$(wc -c <"$picture")" -lt 20000 ]
	sed 's/<[^>]*>//g; s/&lt;/</g; s/&amp;/\&/g' "$picture" | sed -n 's/^\$ //p' |
		sed 's/ --token .*//; s/ --match$//' >shown
	[ "$(wc -l <shown)" -ge 7 ]
	while read -r command; do
		contains "$command" "$FT_SRCDIR/docs/guides/first-ten-minutes.md"
	done <shown
	lacks 127.0.0.1 "$picture"
}
test_case "README's picture shows the commands of the first ten minutes" picture_is_of_the_guide

# In a block of their own lines, as somebody who has just cloned types them.
both_commands_are_shown() {
	sed -n '/^```sh/,/^```$/p' "$FT_SRCDIR/README.md" >blocks
	grep -qE '^\./bootstrap demo( |$)' blocks
	grep -qE '^\./bootstrap check( |$)' blocks
}
test_case 'README shows how to try it and how to test it' both_commands_are_shown

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

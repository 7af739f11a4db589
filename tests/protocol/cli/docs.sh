#!/bin/bash
# SPDX-License-Identifier: MIT
# The files, links, commands, options, keys and profiles that the documents name exist.
. "${FT_SRCDIR:?run me with make check}/tests/harness/tap.sh"

guides() {
	(cd "$FT_SRCDIR" && ls README.md CONTRIBUTING.md SECURITY.md docs/*.md docs/guides/*.md tests/README.md)
}
others() {
	(cd "$FT_SRCDIR" && ls NEWS docs/*.[1-8] tests/*/README tests/*/*/README && find packaging -type f)
}

# What a guide has between backquotes, in a manual page: quotations, commands in bold, examples.
of_manual() {
	sed -E '/^\.\\"/d
		s/\\-/-/g; s/\\\(dq/"/g; s/\\\([lr]q/`/g; s/^\.E[XE]$/```/
		s/^\.BR? "?(freshtoken [a-z][^"]*).*/`\1`/; s/\\fB(freshtoken [a-z][^\\]*)\\fR/`\1`/g
		s/^\.([BIR][BIR]?|TP|SH|SS|TH) //; s/\\f[BIRP]//g'
}
# In plain text: "freshtoken WORD" with its options, also over the end of a line, if WORD is not a verb
# or another word of a sentence.
of_text() {
	sed -E '/(^|[ (])freshtoken$/{
			N
			s/\n +/ /
		}
		s/(^|[^a-z_.-])(freshtoken [a-z])/\1\n\2/g' |
		sed -E '/^freshtoken (status|headers|kubernetes)/!{
				/^freshtoken ([a-z]*s|about|and|by|for)([^a-z]|$)/b
			}
			s/^freshtoken [a-z]+( [A-Za-z]+)*( --[a-z-]+)*/`&`/'
}
# In both: files of the sources and installed ones, and keys.
with_names() {
	local before="(^|[ \"'(])" word="[^] \`\"',;:)}]"

	sed -E "s%$before((lib|helper|pam|tests|docs|packaging)/$word*$word)%\1\`\2\`%g
		s%$before((/etc|/usr|/var/lib|/run)/$word*freshtoken$word*)%\1\`\2\`%g
		s%$before([a-z0-9_-]+\.(sh|py|pml|c|h|mjs))($|[] \"',;:.)])%\1\`\2\`\4%g
		s%$before([a-z_-]*freshtoken[a-z-]*\.(socket|service|timer|so))%\1\`\2\`%g
		s%$before([a-z_]+ = $word+)%\1\`\2\`%g
		s/\.\`/\`/g"
}
for page in $(guides; others); do
	mkdir -p "pages/$(dirname "$page")"
	case $page in
	# Its lines are messages, some of which begin with "freshtoken".
	docs/messages.md) sed 's/^- `\(.*\)`$/- \1/' ;;
	*.md) cat ;;
	*.[1-8]) of_manual | with_names ;;
	*) of_text | with_names ;;
	esac <"$FT_SRCDIR/$page" >"pages/$page"
done
pages() {
	(cd pages && find . -type f | sed 's|^\./||' | sort)
}

links_lead_somewhere() {
	local page link

	for page in $(pages); do
		grep -o '](\([^)#]*\)' "pages/$page" | sed 's/^](//' | grep -v '^https\?:' |
			while read -r link; do
				[ -z "$link" ] || [ -e "$FT_SRCDIR/$(dirname "$page")/$link" ] ||
					echo "$page: $link"
			done
	done >broken
	empty broken
}
test_case 'every link leads to a file' links_lead_somewhere

# Places within pages, by GitHub's rule for headings: small letters, no punctuation, "-" for blanks.
anchors_are_headings() {
	local page link file

	for page in $(pages); do
		grep -oE '\]\([^):]*#[^)]+\)' "pages/$page" | sed 's/^](//; s/)$//' |
			while read -r link; do
				file=pages/$page
				[ -z "${link%%#*}" ] || file=$(dirname "$file")/${link%%#*}
				sed -n 's/^##* //p' "$file" | tr '[:upper:] ' '[:lower:]-' |
					tr -cd 'a-z0-9_\n-' | grep -qxFe "${link#*#}" ||
					echo "$page: $link"
			done
	done >broken
	empty broken
	grep -c '^| .*](.*#' "$FT_SRCDIR/docs/questions.md" | grep -qE '^(1[0-9]|2[0-9])$'
}
test_case 'every link to a place within a page leads to a heading' anchors_are_headings

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

# Keys that pages name as "key = value" between backquotes; two are other programs'.
keys_are_known() {
	local page key

	for page in $(pages); do
		grep -oE '`[a-z_]+ = [^`]*`' "pages/$page" | tr -d '`' | sed 's/ = .*//' | sort -u |
			grep -vxF -e authenticate -e remove_jwt_after_reading |
			while read -r key; do
				grep -qE "\\\\fB$key\\\\fR|^\.BR? $key( |$)" "$FT_SRCDIR"/docs/*.5 || echo "$page: $key"
			done
	done >broken
	empty broken
}
test_case 'every key that is named exists' keys_are_known

# Programs and files of ours that are named by an installed path, or by their own name.
installed_files_are_known() {
	local page name

	for page in $(pages); do
		grep -ohE '`(/etc|/usr|/var/lib|/run)/[^` ]*freshtoken[^` ]*`|`[a-z-]*freshtoken[a-z-]*\.(socket|service|timer|so)`' \
			"pages/$page" | tr -d '`' | sort -u |
			while read -r name; do
				name=${name#/run/user/1000/}
				case $name in */acme.conf | */checker) continue ;; lib*.so) name=${name%so}la ;; esac
				case $name in /usr/bin/*) [ ! -x "$FT_BIN/${name##*/}" ] || continue ;; esac
				grep -rqF -e "${name%%/}" "$FT_SRCDIR"/docs/*.[1-8] "$FT_SRCDIR/Makefile.am" \
					"$FT_SRCDIR"/*/Makemodule.am || echo "$page: $name"
			done
	done >broken
	empty broken
}
test_case 'every installed file that is named exists' installed_files_are_known

# NAME is whatever one has; two folders and pan.c are made by a build. A name
# alone is that of some file.
files_are_there() {
	local page path

	(cd "$FT_SRCDIR" && find lib helper pam tests docs packaging -type f -printf '%f\n') >names
	for page in $(pages); do
		grep -oE '`[^` ]+`' "pages/$page" | tr -d '`' |
			grep -E '^(lib|helper|pam|tests|docs|packaging)/' | sed 's|NAME|oauth2|; s|ROOM|base|' |
			grep -vxF -e tests/stage -e tests/services/openid-installed |
			while read -r path; do
				compgen -G "$FT_SRCDIR/$path" >/dev/null || echo "$page: $path"
			done
		grep -oE '`[a-z0-9_-]+\.(sh|py|pml|c|h|mjs)`' "pages/$page" | tr -d '`' | grep -vxF -e pan.c |
			grep -vxFf names | sed "s|^|$page: |" || :
	done >broken
	empty broken
}
test_case 'every file and folder that is named exists' files_are_there

# COMMAND and its options, as they are in examples and between backquotes.
commands_are_known() {
	local page command options option

	for page in $(pages); do
		{
			sed -n '/^```/,/^```/p' "pages/$page"
			grep -oE '`(sudo )?freshtoken [^`]*`' "pages/$page" | tr -d '`'
		} | sed -n 's/^\(sudo \)\?freshtoken \([a-z]*\)\(.*\)/\2 \3/p' |
			while read -r command options; do
				freshtoken "$command" --help >help 2>/dev/null || {
					echo "$page: freshtoken $command"
					continue
				}
				for option in $options; do
					case $option in
					--) break ;;
					--[a-z]*) grep -qe "${option%%=*}" help ||
						echo "$page: $command $option" ;;
					esac
				done
			done
	done >broken
	empty broken
}
test_case 'every command and option that is shown exists' commands_are_known

options_are_known() {
	freshtoken --help >help
	sed 's/[a-z]*ctl .*//' "$FT_SRCDIR/NEWS" | grep -oE -e '--[a-z][a-z-]+' | sort -u | while read -r option; do
		grep -qwF -e "$option" help "$FT_SRCDIR/bootstrap" ||
			grep -qwF -e "${option#--enable-}" -e "${option#--with-}" "$FT_SRCDIR/configure.ac" ||
			echo "NEWS: $option"
	done >broken
	empty broken
}
test_case 'every option that NEWS names exists' options_are_known

# The picture shows what the guide says, in its order, and a token that has expired; it is a small file.
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
	contains 'work     refreshable' "$picture"
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
	test_case 'groff does not warn about the manual pages' manual_pages_have_no_fault
else
	test_skip 'groff does not warn about the manual pages' 'no groff on this machine'
fi

test_done

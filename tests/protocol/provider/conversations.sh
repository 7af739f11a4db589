#!/bin/bash
# SPDX-License-Identifier: MIT
# Plays the documented conversations of services that are not available for tests: the requests,
# byte by byte, and the messages for people. services/conversations/README has the format.
. "${FT_SRCDIR:?run me with make check}/tests/harness/tap.sh"
. "$FT_SRCDIR/tests/services/servers.sh"
. "$FT_SRCDIR/tests/harness/accounts.sh"
need curl python3 openssl
printf 's3cret\n' >"$T/secret"
chmod 600 "$T/secret"
export BROWSER="$FT_SRCDIR/tests/services/browser" FT_TEST_PAGE="$T/page"

start_conversation() {	# FILE
	rm -f port
	with_parent python3 "$FT_SRCDIR/tests/services/conversation.py" "$1" "$T/port" 2>service.err &
	SERVICE=$!
	at_exit stop_pid "$SERVICE"
	wait_for_file "$T/port" "$SERVICE" || give_up "conversation.py: $(cat service.err)"
	BASE=http://127.0.0.1:$(cat port)
}

# finish COMMANDS STATUS - of the command that was run last: its status, and what it asked for
finish() {
	[ "$1" -gt 0 ] || return 0
	curl -qsS --noproxy '*' -m 20 "$BASE/_after?commands=$1" >wrong
	empty wrong || { cat err; return 1; }
	equal "$2" "$status" || { cat err; return 1; }
}

run() {	# COMMAND
	status=0
	echo "\$ $1"
	( set -e; eval "$1" ) >out 2>err || status=$?
}

converse() {	# FILE TITLE
	local commands=0 ran=0 here=no line words expected=0 status=0

	while IFS= read -r line; do
		words=${line#? }
		words=${words//'${base}'/$BASE}
		case $line in
		'== '*) [ "$here" = no ] || break
			[ "$line" != "== $2" ] || here=yes ;;
		'$ '*)
			finish "$ran" "$expected"
			ran=0 expected=0 commands=$((commands + 1))
			[ "$here" = yes ] || continue
			run "$words"
			ran=$commands
			;;
		'? '*) expected=$words ;;
		esac
		[ "$here" = yes ] || continue
		case $line in
		'= '*) same_text "$words" out ;;
		'! '*) grep -qxF -e "$words" err || { cat err; complain "no line [$words]"; } ;;
		'* '*) contains "$words" err ;;
		esac
	done <"$1"
	finish "$ran" "$expected"
}

for file in ${FT_CONVERSATIONS:-"$FT_SRCDIR"/tests/services/conversations/*.txt}; do
	start_conversation "$file"
	name=$(basename "$file" .txt)
	while read -r title; do
		test_case "$name: $title" converse "$file" "$title"
	done < <(sed -n 's/^== //p' "$file")
	stop_pid "$SERVICE"
done
test_done

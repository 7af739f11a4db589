#!/bin/bash
# SPDX-License-Identifier: MIT
# freshtoken edit and remove: the configuration is changed by hand and checked, an account is
# removed.
. "${FT_SRCDIR:?run me with make check}/tests/harness/tap.sh"
. "$FT_SRCDIR/tests/services/servers.sh"
. "$FT_SRCDIR/tests/harness/accounts.sh"
need curl
start_token_service
C=$XDG_CONFIG_HOME/freshtoken/freshtoken.conf
mkdir -p "${C%/*}"

# editor COMMAND - a program that gets the file's name last
editor() {
	printf '#!/bin/sh\necho "$@" >%q\nfor file; do :; done\n%s\n' "$T/called" "$1" >"$T/editor"
	chmod +x "$T/editor"
	export EDITOR="$T/editor"
}

# no_copies - nothing is left beside the file
no_copies() {
	equal freshtoken.conf "$(ls -A "${C%/*}")"
}

a_good_text() {
	printf '[account work]\nserver = https://sso.example.com\n' >"$C"
	chmod 640 "$C"
	editor 'echo "# by hand" >>"$file"'
	freshtoken edit 2>err
	same_text "freshtoken: $C is changed" err
	tail -n 1 "$C" | grep -qx '# by hand'
	equal 640 "$(stat -c %a "$C")"
	no_copies
	editor :
	freshtoken edit 2>err
	same_text "freshtoken: $C: nothing is changed" err
	no_copies
}
test_case 'edit: a valid text replaces the file' a_good_text

a_wrong_text() {
	cp "$C" before
	editor 'echo "sever = x" >>"$file"'
	expect_status 1 freshtoken edit 2>err
	same before "$C"
	contains 'unknown key "sever"; is "server" meant?' err
	copy=$(sed -n 's/.*what you wrote is in \([^;]*\);.*/\1/p' err)
	contains 'freshtoken config check' err
	contains 'sever = x' "$copy"
	equal 600 "$(stat -c %a "$copy")"
	rm "$copy"
	editor 'exit 3'
	expect_status 1 freshtoken edit 2>err
	contains 'ended with an error' err
	same before "$C"
	rm "${C%/*}"/.edit-*
	EDITOR="no-such-editor" expect_status 1 freshtoken edit 2>err
	same before "$C"
	rm "${C%/*}"/.edit-*
}
test_case 'edit: an invalid one does not, and is kept' a_wrong_text

the_account_and_its_line() {
	printf '[account other]\nserver = https://sso.example.com\n' >>"$C"
	editor :
	freshtoken edit other 2>err
	grep -qE '^\+4 .*\.conf$' called
	VISUAL="$T/editor --wait" EDITOR=false freshtoken edit 2>err
	grep -qE '^--wait .*\.conf$' called
	expect_status 3 freshtoken edit nobody 2>err
	expect_status 2 freshtoken edit work --system 2>err
	# A broken one is there to be mended.
	sed -i 's/^server = .*sso/sever = https:\/\/sso/' "$C"
	editor 'sed -i s/^sever/server/ "$file"'
	freshtoken edit other
	lacks sever "$C"
}
test_case 'edit ACCOUNT: the editor opens at its line; VISUAL before EDITOR' the_account_and_its_line

somebody_else_was_faster() {
	editor "echo '# mine' >>\"\$file\"; echo '# theirs' >>$C"
	expect_status 5 freshtoken edit 2>err
	contains 'was changed meanwhile' err
	contains '# theirs' "$C"
	lacks '# mine' "$C"
	rm "${C%/*}"/.edit-*
	rm "$C"
	editor 'printf "[account new]\nserver = https://sso.example.com\n" >"$file"'
	freshtoken edit 2>err
	freshtoken list | grep -q '^new'
	rm "$C"
}
test_case 'edit: changes by others in the meantime stay; a first file' somebody_else_was_faster

in_somebody_elses_folder() {
	mkdir -p theirs
	chown 12345 theirs
	editor 'echo "# by hand" >>"$file"'
	XDG_CONFIG_HOME=$T/theirs expect_status 1 freshtoken edit 2>err
	contains "$T/theirs belongs to uid 12345, and this runs as root; edit it as that user" err
	equal '' "$(ls -A theirs)"
}
if [ "$(id -u)" -eq 0 ]; then
	test_case "edit: another user's folder cannot redirect root's editor" in_somebody_elses_folder
else
	test_skip "edit: another user's folder cannot redirect root's editor" 'not root'
fi

remove_signs_out() {
	printf '# first\n' >"$C"
	new_account work oauth2
	new_account other oauth2
	token=$(newest work)
	freshtoken remove work 2>err </dev/null
	contains "account work: signed out" err
	contains "account work: removed from $C" err
	is_bad work "$token"
	[ ! -e "$(record work)" ]
	lacks 'account work' "$C"
	head -n 1 "$C" | grep -qx '# first'
	freshtoken token other >/dev/null
	expect_status 3 freshtoken remove work 2>err
}
test_case 'remove: signed out, and its section is deleted' remove_signs_out

others_live_on_it() {
	account derived "provider=oauth2" "server=$TS/other" from=other client_id=x
	cp "$C" before
	expect_status 1 freshtoken remove other 2>err
	contains "nothing is removed" err
	contains "there is no account other" err
	same before "$C"
	equal fresh "$(verdict other)"
	freshtoken remove derived 2>err
	freshtoken remove other 2>err
	must_fail grep -q '\[account' "$C"
}
test_case 'remove: refused if another account gets its tokens from it' others_live_on_it

test_done

#!/bin/bash
# SPDX-License-Identifier: MIT
# What a person sees at a terminal during a sign-in: in tmux, 80 columns wide.
. "${FT_SRCDIR:?run me with make check}/tests/harness/tap.sh"
. "$FT_SRCDIR/tests/services/servers.sh"
. "$FT_SRCDIR/tests/services/openid.sh"
. "$FT_SRCDIR/tests/harness/accounts.sh"
. "$FT_SRCDIR/tests/harness/tmux.sh"

need tmux zbarimg
need_openid
start_openid --interval 1 --offline always
account work "server=$OPENID" client_id=cli match=https://git.example.com
start_token_service
ts create kw vendor=kirjaswappi password=correct >/dev/null
account kw "server=$TS/kw" provider=kirjaswappi match=kw.example.com

# The QR code on the screen as a picture: two rows of modules a line, light is painted.
picture() {
	grep "$(printf '\342\226\210')" screen.txt |
		sed "s/^  //; s/$(printf '\342\226\210')/L/g; s/$(printf \
			'\342\226\200')/U/g; s/$(printf '\342\226\204')/D/g; s/ /B/g" |
		awk '{
			top = bottom = ""
			for (i = 1; i <= length($0); i++) {
				c = substr($0, i, 1)
				t = c == "L" || c == "U" ? "0 0 0 0 " : "1 1 1 1 "
				b = c == "L" || c == "D" ? "0 0 0 0 " : "1 1 1 1 "
				top = top t; bottom = bottom b
			}
			for (i = 0; i < 4; i++) rows[n++] = top
			for (i = 0; i < 4; i++) rows[n++] = bottom
			width = 4 * length($0)
		} END {
			print "P1\n" width, n
			for (i = 0; i < n; i++) print rows[i]
		}' >code.pbm
}

link_code() {
	terminal "freshtoken login work"
	eventually 20 shows "waiting for approval"
	code=$(sed -n "/^and enter the code/,\$s/^    //p" screen.txt | head -n 1)
	link=$(sed -n "s/^    \(http.*user_code=.*\)/\1/p" screen.txt)
	contains "account work: to sign in, scan this, or open this page on any device" screen.txt
	picture
	zbarimg -q --raw code.pbm >read 2>zbar.err || { cat zbar.err; false; }
	same_text "$link" read
	grep -qE "^waiting for approval, [0-9]+:[0-9][0-9] left$" screen.txt
	openid_approve_device "$code" alice >/dev/null
	eventually 20 shows "signed in as alice"
	eventually 20 shows "[ended: 0]"
	lacks "waiting for approval" screen.txt
}
test_case 'a link, a code, a QR code that can be read, and a countdown, in 80 columns' link_code

smallest_of_terminals() {
	terminal "freshtoken login work" 24
	eventually 20 shows "waiting for approval"
	code=$(sed -n "/^and enter the code/,\$s/^    //p" screen.txt | head -n 1)
	[ -n "$code" ]
	contains "    $OPENID" screen.txt
	equal 24 "$(wc -l <screen.txt)"
	# All of the code, too.
	picture
	zbarimg -q --raw code.pbm >read 2>zbar.err || { cat zbar.err; false; }
	contains "$OPENID" read
	contains "$code" read
	openid_approve_device "$code" alice >/dev/null
	eventually 20 shows "[ended: 0]"
}
test_case 'the smallest of terminals, 80x24: QR code, link, code and countdown are on the screen at once' \
	smallest_of_terminals

less_room_than() {
	terminal "freshtoken login work" 16
	eventually 20 shows "waiting for approval"
	lacks "scan this" screen.txt
	must_fail grep -q "$(printf "\342\226\210")" screen.txt
	contains "to sign in, open this page" screen.txt
	contains "and enter the code" screen.txt
	contains "user_code=" screen.txt
	typed C-c
}
test_case 'less space than that: only text, and all of it' less_room_than

countdown_counts() {
	terminal "freshtoken login work"
	eventually 20 shows "waiting for approval, 9:5"
	first=$(grep -o "[0-9]*:[0-9]* left" screen.txt)
	changed() { shows "waiting for approval" &&
		[ "$(grep -o "[0-9]*:[0-9]* left" screen.txt)" != "$first" ]; }
	eventually 10 changed
	typed C-c
	eventually 20 shows "[ended: 130]"
}
test_case 'the countdown counts' countdown_counts

colours_for_qr_code() {
	terminal "freshtoken login work"
	eventually 20 shows "waiting for approval"
	screen -e >coloured
	grep -q "$(printf "\033\[97m\033\[40m\|\033\[97;40m\|\033\[40m\033\[97m")" coloured
	typed C-c
	terminal "NO_COLOR=1 freshtoken login work"
	eventually 20 shows "waiting for approval"
	screen -e >plain
	must_fail grep -q "$(printf "\033\[[0-9;]*[0-9]m")" plain
	typed C-c
}
test_case 'colours for the QR code, and none with NO_COLOR' colours_for_qr_code

narrow_terminal() {
	terminal "stty cols 30; freshtoken login work"
	eventually 20 shows "waiting for approval"
	lacks "scan this" screen.txt
	contains "and enter the code" screen.txt
	typed C-c
}
test_case 'a narrow terminal: no QR code that would break, and the rest' narrow_terminal

locale_without_utf() {
	terminal "LC_ALL=C freshtoken login work"
	eventually 20 shows "and enter the code"
	lacks "scan this" screen.txt
	typed C-c
	terminal "TERM=dumb freshtoken login work"
	eventually 20 shows "and enter the code"
	lacks "scan this" screen.txt
	lacks "left" screen.txt
	typed C-c
}
test_case 'a locale without UTF-8, and a dumb terminal: only text' locale_without_utf

user_name_and_password() {
	terminal "freshtoken login kw"
	eventually 20 shows "User name at"
	typed alicex BSpace Enter
	eventually 20 shows "Password (not shown):"
	typed correct Enter
	eventually 20 shows "[ended: 0]"
	contains ": alice" screen.txt
	lacks alicex screen.txt
	lacks correct screen.txt
	contains "account kw: signed in" screen.txt
}
test_case 'user name and password: the name is echoed, the password is not' user_name_and_password

wrong_password() {
	terminal "freshtoken logout kw; freshtoken login kw"
	eventually 20 shows "User name at"
	typed alice Enter
	eventually 20 shows "Password (not shown):"
	typed wrong Enter
	eventually 20 shows "[ended: 4]"
	expect_status 4 freshtoken token kw
}
test_case 'a wrong password: the service'\''s words, and nothing is stored' wrong_password

ctrl_c_at_password() {
	terminal "freshtoken login kw"
	eventually 20 shows "User name at"
	typed alice Enter
	eventually 20 shows "Password (not shown):"
	typed C-c
	eventually 20 shows "[ended: 130]"
	terminal "freshtoken login kw; stty -a"
	eventually 20 shows "User name at"
	typed C-c
	eventually 20 shows "[ended:"
	must_fail grep -qE "(^| )-echo( |;|$)" screen.txt
}
test_case 'Ctrl-C at the password: the terminal echoes again' ctrl_c_at_password

refresh_token_at_terminal() {
	token=$(openid_tokens alice | sed -n "s/.*\"refresh_token\":\"\([^\"]*\)\".*/\1/p")
	terminal "freshtoken login work --token"
	eventually 20 shows "Refresh token of work (not shown):"
	typed "$token" Enter
	eventually 20 shows "signed in as alice"
	lacks "$token" screen.txt
}
test_case 'a refresh token at the terminal is not shown' refresh_token_at_terminal

status_table_of_columns() {
	terminal "freshtoken status"
	eventually 20 shows "[ended: 0]"
	contains "ACCOUNT" screen.txt
	awk "length(\$0) > 80 { exit 1 }" screen.txt
	screen -e >coloured
	grep -q "$(printf "\033\[32m")" coloured
	terminal "NO_COLOR=1 freshtoken status"
	eventually 20 shows "[ended: 0]"
	screen -e >plain
	must_fail grep -q "$(printf "\033\[3[0-9]m")" plain
}
test_case 'status: a table of 80 columns, without colours if NO_COLOR is set' \
	status_table_of_columns
test_done

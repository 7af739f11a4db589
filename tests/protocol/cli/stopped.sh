#!/bin/bash
# SPDX-License-Identifier: MIT
# A prompt that is stopped, continued and ended: typed text is never shown, and the terminal is
# restored. In shells with job control; the test reads everything that the terminal shows.
. "${FT_SRCDIR:?run me with make check}/tests/harness/tap.sh"
. "$FT_SRCDIR/tests/services/servers.sh"
. "$FT_SRCDIR/tests/harness/accounts.sh"
need dash stty
start_token_service

tenant() {	# NAME VENDOR
	ts create "$1" "vendor=$2" >/dev/null
	account "$1" "provider=$2" "server=$TS/$1" "match=$1.example.com"
}
tenant token oauth2
tenant two formulacerta
tenant password kirjaswappi

# at_terminal [SHELL…] - the script on stdin (tests/harness/pty.c), between a shell's beginning and
# its end. dash leaves the terminal as it finds it; bash puts its settings right after a job.
at_terminal() {
	[ $# -gt 0 ] || set -- dash -i
	{
		printf 'see sh> \nkeep\n'
		cat
		printf 'kept\ntype echo "[""alive]"\nsee [alive]\nsee sh> \n'
	} >script
	PS1='sh> ' HISTFILE='' ENV='' "$FT_BUILDDIR/tests/harness/pty" shown "$@" <script ||
		{ cat -v shown; false; }
}
secret_of() {	# NAME refresh_token|access_token
	ts tokens "$1" | sed -n "s/^$2=//p"
}
keys() {	# TEXT - one after the other, and no Enter
	printf %s "$1" | od -An -v -to1 -w1 | sed 's/^ */press /'
}
# stop_at PROMPT - Ctrl-Z at a prompt, with half a secret typed, and fg
stop_at() {
	printf 'see %s\nsilent\n' "$1"
	keys half-of-it
	printf 'press 032\nsee Stopped\nsee sh> \nkept\ntype fg\nsee %s\nsilent\n' "$1"
}

token_in_shell() {	# SHELL…
	secret=$(secret_of token refresh_token)
	{
		echo "type freshtoken login token --token"
		stop_at "(not shown): "
		printf "press 032\nsee Stopped\nsee sh> \nkept\ntype fg\n"
		printf "see (not shown): \nsilent\ntype $secret\nsee sh> \n"
	} | at_terminal "$@"
	equal fresh "$(verdict token)"
	lacks "$secret" shown
	lacks half-of-it shown
	freshtoken logout token >/dev/null
	ts login token >/dev/null
}
test_case 'dash: Ctrl-Z at a refresh token, fg, and the prompt is shown again' token_in_shell dash -i
test_case 'bash: Ctrl-Z at a refresh token, fg, and the prompt is shown again' \
	token_in_shell bash --noprofile --norc --noediting -i

two_tokens() {
	refresh=$(secret_of two refresh_token) access=$(secret_of two access_token)
	{
		echo "type freshtoken login two --token"
		stop_at "Refresh token of two (not shown): "
		echo "type $refresh"
		stop_at "Old access token of two (not shown): "
		printf "type $access\nsee sh> \n"
	} | at_terminal
	equal fresh "$(verdict two)"
	lacks "$refresh" shown
	lacks "$access" shown
	lacks half-of-it shown
}
test_case 'two tokens: stopped at each of them' two_tokens

name_and_password() {
	{
		echo "type freshtoken login password --password"
		stop_at "User name at $TS/password: "
		echo "type alice"
		stop_at "Password (not shown): "
		printf "type wonderland\nsee sh> \n"
	} | at_terminal
	equal fresh "$(verdict password)"
	contains "alice" shown
	lacks wonderland shown
}
test_case 'user name and password: stopped at both; the name is shown, the password never' \
	name_and_password

begun_in_background() {
	secret=$(secret_of token refresh_token)
	{
		printf "type freshtoken login token --token & echo \$! >job\nsee sh> \n"
		echo "run until grep -q \"T (stopped)\" /proc/\$(cat job)/status; do sleep 0.1; done"
		printf "kept\ntype fg\n"
		printf "see (not shown): \nsilent\ntype $secret\nsee sh> \n"
	} | at_terminal
	equal fresh "$(verdict token)"
	lacks "$secret" shown
}
test_case 'started in the background: stopped, and the prompt is in the foreground' begun_in_background
in_job="freshtoken login token --token & echo \$! >job; fg"
stopped_by_sigstop() {
	secret=$(secret_of token refresh_token)
	{
		printf "type $in_job\nsee (not shown): \nsilent\n"
		# Meanwhile the shell has its own settings.
		printf "run kill -STOP \$(cat job)\nsee Stopped\nsee sh> \n"
		printf "type stty echo icanon\nsee sh> \nkept\ntype fg\n"
		printf "see (not shown): \nsilent\ntype $secret\nsee sh> \n"
	} | at_terminal
	equal fresh "$(verdict token)"
	lacks "$secret" shown
}
test_case 'stopped by SIGSTOP, which cannot be handled: no echo after fg' stopped_by_sigstop

halted_terminal() {
	secret=$(secret_of token refresh_token)
	{
		printf "type sleep 1; freshtoken login token --token\nsee --token\npress 023\nsilent\n"
		# It is about to ask; what it cannot show yet is not lost.
		printf "run sleep 0.5\npress 021\nsee (not shown): \ntype $secret\nsee sh> \n"
	} | at_terminal
	equal fresh "$(verdict token)"
	lacks "$secret" shown
}
test_case 'Ctrl-S before the prompt, Ctrl-Q: the prompt is shown' halted_terminal

ended_by_key() {	# KEY STATUS
	{
		printf "type freshtoken login token --token\nsee (not shown): \nsilent\n"
		keys half-of-it
		printf "press $1\nsee sh> \nkept\ntype echo status=\$?\nsee status=$2\nsee sh> \n"
	} | at_terminal
	lacks half-of-it shown
}
test_case 'Ctrl-C: it ends by that, and the terminal is as before' ended_by_key 003 130
test_case 'Ctrl-\: it ends by that, and the terminal is as before' ended_by_key 034 131

ended_by_signal() {	# SIGNAL
	{
		printf "type $in_job\nsee (not shown): \nsilent\n"
		keys half-of-it
		printf "run kill -$1 \$(cat job)\nsee sh> \nkept\n"
		printf "type echo status=\$?\nsee status=$((128 + $(kill -l "$1")))\nsee sh> \n"
	} | at_terminal
	lacks half-of-it shown
}
for signal in TERM HUP PIPE ALRM; do
	test_case "SIG$signal from outside: it ends by that, and the terminal is as before" \
		ended_by_signal "$signal"
done

ignored_stays_so() {
	secret=$(secret_of token refresh_token)
	{
		printf "type (trap \"\" HUP; exec freshtoken login token --token) & echo \$! >job; fg\n"
		printf "see (not shown): \nsilent\n"
		keys "$secret"
		printf "run kill -HUP \$(cat job)\npress 015\nsee sh> \n"
	} | at_terminal
	equal fresh "$(verdict token)"
	lacks "$secret" shown
}
test_case 'ignored signals stay ignored (nohup), and typed text counts' ignored_stays_so

questions_of_add() {
	again() { printf "see [Y/n] \npress 032\nsee Stopped\nsee sh> \nkept\ntype fg\nsee freshtoken add\n"; }
	{
		echo "type freshtoken add more --provider kirjaswappi --server $TS/password --match more.example.com"
		again
		echo "type y"
		stop_at "User name at $TS/password: "
		echo "type alice"
		stop_at "Password (not shown): "
		echo "type wonderland"
		again
		printf "type n\nsee [Y/n] \ntype n\nsee sh> \n"
	} | at_terminal
	equal fresh "$(verdict more)"
	lacks wonderland shown
}
test_case 'the questions of add: stopped, continued, answered' questions_of_add
test_done

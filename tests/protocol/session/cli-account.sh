#!/bin/bash
# SPDX-License-Identifier: MIT
# login, status, token, refresh and logout, used by people and by scripts.
. "${FT_SRCDIR:?run me with make check}/tests/harness/tap.sh"
. "$FT_SRCDIR/tests/services/servers.sh"
. "$FT_SRCDIR/tests/harness/accounts.sh"

need curl
STATE=$XDG_STATE_HOME/freshtoken
start_token_service
ts create work lifetime=600 subject=alice >/dev/null
ts create other lifetime=600 >/dev/null
account work "server=$TS/work" match=git.example.com
account other "server=$TS/other" client_id=cli match=other.example.com
account dead server=http://127.0.0.1:9/none client_id=cli match=dead.example.com

# token_of TENANT - its newest refresh token
token_of() {
	ts tokens "$1" | sed -n 's/^refresh_token=//p'
}

# --- login --------------------------------------------------------------------------

login_says_what_it_needs() {
	expect_status 1 freshtoken login work >out 2>err
	empty out
	same_text "freshtoken: account work: client_id is not set, and a service that signs people in has to know which program asks; set client_id in [account work], $XDG_CONFIG_HOME/freshtoken/freshtoken.conf:1" err
}
test_case 'login without input says what it needs' login_says_what_it_needs

login_with_refresh_token() {
	for end in "" "\n" "\r\n" "\n\n" "\r\n\r\n"; do
		# shellcheck disable=SC2059
		printf "%s$end" "$(token_of work)" | freshtoken login work --token >out 2>err
		empty out
		grep -qE "^freshtoken: account work: signed in.*; its token is good for [0-9]+ min$" err
		equal fresh "$(verdict work)"
	done
}
test_case 'login with a refresh token, with any line ending' login_with_refresh_token

no_token() {
	for text in "" "\n" "\r\n" "\nsecond\n"; do
		# shellcheck disable=SC2059
		printf "$text" | expect_status 1 freshtoken login work --token >out 2>err
		empty out
		same_text "freshtoken: account work: no refresh token on stdin; give it like this: freshtoken login work --token <FILE" err
	done
}
test_case 'no token' no_token

what_no_token() {
	while read -r text; do
		# shellcheck disable=SC2059
		printf "$text" | expect_status 1 freshtoken login work --token >out 2>err
		empty out
		equal 1 "$(wc -l <err)"
		lacks s3cret err
	done <<-"EOF"
		s3cret\0\n
		s3cret\r\r\n
		s3cret\303\251\n
		s3cret\nsecond\nthird\n
		s3cret\nsec ond\n
	EOF
	head -c 300000 /dev/zero | tr "\0" a | expect_status 1 freshtoken login work --token 2>err
	equal 1 "$(wc -l <err)"
	equal fresh "$(verdict work)"
}
test_case 'invalid tokens' what_no_token

token_service_refuses() {
	freshtoken token work >before
	echo s3cret | expect_status 4 freshtoken login work --token >out 2>err
	empty out
	equal 1 "$(wc -l <err)"
	contains "freshtoken: account work: " err
	lacks s3cret err
	freshtoken token work | same before -
}
test_case 'a token that the service refuses: the earlier sign-in is kept' token_service_refuses

accounts_not_there() {
	for arguments in "login nobody" "login nobody --token" "token nobody" "status nobody" \
		"refresh nobody" "logout nobody"; do
		# shellcheck disable=SC2086
		echo x | expect_status 3 freshtoken $arguments >out 2>err
		empty out
		contains "there is no account nobody" err
		equal 1 "$(wc -l <err)"
	done
}
test_case 'unknown accounts' accounts_not_there

account_mistyped() {
	expect_status 3 freshtoken token wrok 2>err
	contains "freshtoken: there is no account wrok; did you mean work? There is " err
	contains "freshtoken list" err
	expect_status 3 freshtoken token zzzzzzzz 2>err
	lacks "did you mean" err
	contains "there is no account zzzzzzzz; there is " err
	XDG_CONFIG_HOME=$T/none expect_status 3 freshtoken token work 2>err
	contains "run: freshtoken add work --server URL" err
}
test_case 'a mistyped account: the existing ones, and a suggestion' account_mistyped

service_cannot_be_reached() {
	echo x | expect_status 5 freshtoken login dead --token >out 2>err
	empty out
	equal 1 "$(wc -l <err)"
	equal signed-out "$(verdict dead)"
}
test_case 'an unreachable service is reported differently from an invalid token' \
	service_cannot_be_reached

# --- status --------------------------------------------------------------------------

status_for_scripts() {
	freshtoken status >out 2>err
	empty err
	equal 3 "$(wc -l <out)"
	equal 6 "$(head -n 1 out | awk -F"\t" "{ print NF }")"
	equal "work fresh" "$(sed -n 1p out | cut -f 1,2 | tr "\t" " ")"
	equal "$TS/work" "$(sed -n 1p out | cut -f 5)"
	equal "$(printf "other\tsigned-out\t-\t-\t%s/other\t-" "$TS")" "$(sed -n 2p out)"
	freshtoken status other >one
	equal "$(sed -n 2p out)" "$(cat one)"
	lacks "$(printf "\033")" out
}
test_case 'status for scripts: lines with tabs' status_for_scripts

status_as_json() {
	freshtoken status --json >out
	equal 1 "$(wc -l <out)"
	equal "{\"account\":\"other\",\"provider\":\"oauth2\",\"server\":\"$TS/other\",\"subject\":null,\"verdict\":\"signed-out\",\"expires_at\":null,\"expires_in\":null,\"checked_at\":null,\"reason\":null,\"service_says\":null,\"remedy\":\"run: freshtoken login other\"}" \
		"$(grep -o "{\"account\":\"other\"[^}]*}" out)"
	time="\"20[0-9][0-9]-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-6][0-9]Z\""
	grep -qE "^\{\"accounts\":\[\{\"account\":\"work\",.*\"verdict\":\"fresh\",\"expires_at\":$time,\"expires_in\":(600|5[0-9][0-9]),\"checked_at\":$time,\"reason\":" out
	freshtoken status other --json >one
	grep -qE "^\{\"accounts\":\[\{\"account\":\"other\",[^{]*\}\]\}$" one
}
test_case 'status as JSON' status_as_json

status_without_accounts() {
	mkdir -p none
	XDG_CONFIG_HOME=$T/none freshtoken status >out 2>err
	empty out
	equal 1 "$(wc -l <err)"
	XDG_CONFIG_HOME=$T/none freshtoken status --json >out 2>err
	same_text "{\"accounts\":[]}" out
	empty err
}
test_case 'status without accounts' status_without_accounts

status_never_asks_service() {
	ts reset-counters work
	freshtoken status >out
	freshtoken status work --json >out
	equal 0 "$(ts_count work requests)"
}
test_case 'status never asks the service' status_never_asks_service

# --- token, refresh ------------------------------------------------------------------

token_prints_token_and_line() {
	freshtoken token work >out 2>err
	empty err
	same_text "$(newest work)" out
	expect_status 4 freshtoken token other >out 2>err
	empty out
	same_text "freshtoken: account other: nobody has signed in; run: freshtoken login other" err
}
test_case 'token prints a token and a line feed' token_prints_token_and_line

token_in_each_format() {
	local token expires

	token=$(freshtoken token work)
	equal "$token" "$(freshtoken token work --format plain)"
	equal "Bearer $token" "$(freshtoken token work --format bearer)"
	equal "Authorization: Bearer $token" "$(freshtoken token --format header work)"
	expires=$(freshtoken status work --json | sed -n 's/.*"expires_at":\("[^"]*"\),.*/\1/p')
	contains Z <(echo "$expires")
	equal "{\"access_token\":\"$token\",\"token_type\":\"Bearer\",\"expires_at\":$expires}" \
		"$(freshtoken token work --format json)"
	for format in xml Bearer "$(printf 'a\nb')"; do
		expect_status 2 freshtoken token work --format "$format" >out 2>err
		empty out
		contains 'is not one of plain, bearer, header, json and id' err
		equal 1 "$(wc -l <err)"
	done
	expect_status 1 freshtoken token work --format id >out 2>err
	empty out
	contains 'id_token = yes' err
}
test_case 'token in each format, and an unknown format' token_in_each_format

refresh_gets_new_one() {
	freshtoken token work >first
	freshtoken refresh work --due >out 2>err
	empty out
	empty err
	freshtoken token work | same first -
	freshtoken refresh work >out 2>err
	empty out
	empty err
	freshtoken token work >second
	must_fail cmp -s first second
}
test_case 'refresh gets a new one, --due only if necessary' refresh_gets_new_one

refresh_of_all_has_status() {
	expect_status 4 freshtoken refresh >out 2>err
	empty out
	contains "account other: nobody has signed in" err
	freshtoken login other --token <<-EOF
		$(token_of other)
	EOF
	expect_status 4 freshtoken refresh 2>err
	equal 1 "$(wc -l <err)"
	contains "account dead: nobody has signed in" err
}
test_case 'refresh of all has the status of the worst' refresh_of_all_has_status

refresh_tries_again_after_sign() {
	ts disable other
	expect_status 4 freshtoken refresh other 2>err
	ts enable other
	freshtoken refresh other
	equal fresh "$(verdict other)"
}
test_case 'refresh tries again after "sign in again"' refresh_tries_again_after_sign

# --- logout ----------------------------------------------------------------------------

logout_revokes_and_forgets() {
	refresh=$(token_of other)
	freshtoken logout other >out 2>err
	empty out
	same_text "freshtoken: account other: signed out; its tokens are revoked, and the service calls them active no longer" err
	equal signed-out "$(verdict other)"
	equal "" "$(grep -rlF -e "$refresh" "$STATE" || :)"
	equal 2 "$(ts_count other revocations)"
	freshtoken logout other 2>err
	same_text "freshtoken: account other: nobody was signed in" err
}
test_case 'logout revokes and forgets' logout_revokes_and_forgets

logout_where_service_has() {
	ts create plain vendor=kirjaswappi >plain.tokens
	account plain provider=kirjaswappi "server=$TS/plain"
	field refresh_token plain.tokens | freshtoken login plain --token
	freshtoken logout plain 2>err
	contains "has no way to revoke" err
	equal signed-out "$(verdict plain)"
}
test_case 'logout at a service without revocation succeeds' logout_where_service_has

logout_where_nobody_signed_in() {
	printf "[account vague]\nmatch = vague.example.com\n" \
		>>"$XDG_CONFIG_HOME/freshtoken/freshtoken.conf"
	freshtoken logout vague >out 2>err
	empty out
	same_text "freshtoken: account vague: nobody was signed in" err
	printf "{" >"$STATE/vague.json"
	chmod 600 "$STATE/vague.json"
	expect_status 1 freshtoken logout vague 2>err
	contains "deleted on this host" err
	[ ! -e "$STATE/vague.json" ]
	sed -i "/^\[account vague\]/,\$d" "$XDG_CONFIG_HOME/freshtoken/freshtoken.conf"
}
test_case 'logout without a sign-in, of an account with errors' \
	logout_where_nobody_signed_in

what_keeps_signin_from_working() {
	account broken provider=absent "server=$TS/other"
	account locked "server=$TS/other" client_id=x client_auth=post \
		"client_secret_file=$T/absent"
	for pair in "broken absent.conf" "locked $T/absent"; do
		name=${pair% *}
		freshtoken status "$name" >out
		contains signed-out out
		contains "${pair#* }" out
		expect_status 1 freshtoken token "$name" >out 2>err
		empty out
		contains "${pair#* }" err
		lacks "nobody has signed in" err
	done
	sed -i "/^\[account broken\]/,\$d" "$XDG_CONFIG_HOME/freshtoken/freshtoken.conf"
}
test_case 'errors that prevent a sign-in are reported before its absence' \
	what_keeps_signin_from_working

# --- at a terminal -----------------------------------------------------------------------

if command -v script >/dev/null && script -qec true /dev/null </dev/null >/dev/null 2>&1; then
	# on_terminal COMMAND - on a terminal of 80 columns; what it shows goes to stdout
	on_terminal() {
		TERM=xterm script -qefc "stty cols 80; $1" /dev/null </dev/null | tr -d "\r"
	}

	refresh_token_asked_for() {
		mkfifo keys
		rm -f screen
		TERM=xterm script -qefc "freshtoken login work --token" /dev/null <keys >screen \
			2>&1 &
		pid=$!
		exec 8>keys
		eventually 30 grep -q "not shown" screen
		printf "wrong\025%sx\177\r" "$(token_of work)" >&8
		status=0
		wait "$pid" || status=$?
		cat screen
		equal 0 "$status"
		contains "signed in" screen
		lacks "$(token_of work)" screen
		lacks wrong screen
	}
	test_case 'the refresh token is asked for, and not shown' refresh_token_asked_for

	old_access_token_asked() {
		ts create pair vendor=formulacerta >pair.tokens
		account pair provider=formulacerta "server=$TS/pair"
		mkfifo pairkeys
		rm -f screen
		TERM=xterm script -qefc "freshtoken login pair --token" /dev/null <pairkeys \
			>screen 2>&1 &
		pid=$!
		exec 8>pairkeys
		eventually 30 grep -q "Refresh token of pair" screen
		printf "%s\r" "$(field refresh_token pair.tokens)" >&8
		eventually 30 grep -q "Old access token of pair" screen
		printf "%s\r" "$(field access_token pair.tokens)" >&8
		status=0
		wait "$pid" || status=$?
		cat screen
		equal 0 "$status"
		contains "signed in" screen
		lacks "$(field access_token pair.tokens)" screen
	}
	test_case 'the old access token is asked for if the service requires it' \
		old_access_token_asked

	ctrl_c_at_prompt_leaves() {
		mkfifo keys2
		rm -f screen
		cat >asked <<-"EOF"
			trap : INT
			stty -g >before
			freshtoken login work --token
			echo "status $?" >status
			stty -g >after
		EOF
		TERM=xterm script -qefc "sh asked" /dev/null <keys2 >screen 2>&1 &
		pid=$!
		exec 8>keys2
		eventually 30 grep -q "not shown" screen
		printf "\003" >&8
		wait "$pid" || :
		same_text "status 130" status
		[ -s after ]
		same before after
		equal fresh "$(verdict work)"
	}
	test_case 'Ctrl-C at the prompt leaves the terminal as it was' ctrl_c_at_prompt_leaves

	status_on_terminal_table_fits() {
		on_terminal "freshtoken status" >screen
		contains "ACCOUNT" screen
		contains "$(printf "\033[32mfresh")" screen
		contains "  run: freshtoken login dead" screen
		sed "s/$(printf "\033")\[[0-9]*m//g" screen >plain
		equal "" "$(grep -E "^.{81,}" plain || :)"
		lacks "$(printf "\t")" screen
	}
	test_case 'status on a terminal is a table that fits' status_on_terminal_table_fits

	refresh_tells_person_what_came() {
		on_terminal "freshtoken refresh work" >screen
		grep -qE "^freshtoken: account work: signed in.*; its token is good for [0-9]+ min$" screen
	}
	test_case 'refresh reports the result to a person' refresh_tells_person_what_came

	without_colours_where_no_color() {
		on_terminal "NO_COLOR=1 freshtoken status" >screen
		contains ACCOUNT screen
		lacks "$(printf "\033")" screen
		on_terminal "TERM=dumb freshtoken status" >screen
		lacks "$(printf "\033")" screen
		on_terminal "NO_COLOR= freshtoken status" >screen
		contains "$(printf "\033")" screen
	}
	test_case 'without colours if NO_COLOR or the terminal says so' \
		without_colours_where_no_color

	long_reasons_wrapped() {
		freshtoken token work >token
		reason=$(printf "word %.0s" {1..40})
		sed -i "s/\"verdict\":\"[a-z-]*\"/\"verdict\":\"needs-login\",\"reason\":\"a\\\\u001b[2J $reason\"/; s/\"subject\":\"[^\"]*\",//; s/\"version\":1/\"version\":1,\"subject\":\"$(printf "é%.0s" {1..60})\\\\u0007\"/" "$STATE/work.json"
		on_terminal "freshtoken status work" | sed "s/$(printf "\033")\[[0-9]*m//g" >plain
		equal "" "$(grep -E "^.{81,}" plain || :)"
		contains "a?[2J word" plain
		contains "…" plain
		[ "$(wc -l <plain)" -ge 5 ]
		freshtoken status work --json >out
		contains "?[2J word" out
	}
	test_case 'long reasons are wrapped, hostile ones made harmless' long_reasons_wrapped
else
	test_skip 'prompts on a terminal' 'no script(1) on this machine'
fi

test_done

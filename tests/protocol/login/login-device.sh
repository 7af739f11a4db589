#!/bin/bash
# SPDX-License-Identifier: MIT
# Signing in with a code on another device (RFC 8628), at a real OpenID provider.
. "${FT_SRCDIR:?run me with make check}/tests/harness/tap.sh"
. "$FT_SRCDIR/tests/services/servers.sh"
. "$FT_SRCDIR/tests/services/openid.sh"
. "$FT_SRCDIR/tests/harness/accounts.sh"

need faketime
need_openid
start_openid --interval 1 --polling strict --offline always
account work "server=$OPENID" client_id=cli match=https://git.example.com
account other "server=$OPENID" client_id=cli match=https://other.example.com
account none "server=$OPENID" client_id=cli-nobody match=https://none.example.com
start_token_service
ts create plain vendor=oauth2 >/dev/null
account plain "server=$TS/plain" client_id=cli match=plain.example.com

# begin ACCOUNT - in the background, until the code is there: sets login, code and link
begin() {
	rm -f "$1.err"
	freshtoken login "$1" --device 2>"$1.err" >"$1.out" &
	login=$!
	eventually 20 grep -q "^and enter the code" "$1.err"
	code=$(sed -n "/^and enter the code/,\$s/^    //p" "$1.err" | head -n 1)
	link=$(sed -n "s/^    \(http.*user_code=.*\)/\1/p" "$1.err")
}

verdict() {
	freshtoken status "$1" --json | sed -n "s/.*\"verdict\":\"\([^\"]*\)\".*/\1/p"
}

code_approved_elsewhere() {
	begin work
	[ -n "$code" ] && [ -n "$link" ]
	openid_approve_device "$code" alice >/dev/null
	wait "$login"
	contains "account work: signed in as alice; its token is good for" work.err
	empty work.out
	equal fresh "$(verdict work)"
	freshtoken status work --json >json
	contains "\"subject\":\"alice\"" json
}
test_case 'a code, approved on another device: signed in as the person who approved' code_approved_elsewhere

no_code_point_of_terminal() {
	lacks "left" work.err
	must_fail grep -q "$(printf "\033")" work.err
}
test_case 'no escape sequences, no countdown without a terminal' \
	no_code_point_of_terminal

refresh_token_works() {
	freshtoken token work >token1
	freshtoken refresh work
	freshtoken token work >token2
	must_fail cmp -s token1 token2
	freshtoken refresh work
	equal fresh "$(verdict work)"
}
test_case 'the refresh token works, and rotates' refresh_token_works

link_has_code() {
	begin other
	openid_approve_device "$link" bob >/dev/null
	wait "$login"
	contains "signed in as bob" other.err
}
test_case 'the link with the code works too' link_has_code

without_option() {
	unset DISPLAY WAYLAND_DISPLAY BROWSER
	rm -f err
	freshtoken login work 2>err &
	login=$!
	eventually 20 grep -q "^and enter the code" err
	openid_approve_device "$(sed -n "/^and enter the code/,\$s/^    //p" err | head -n 1)" \
		alice >/dev/null
	wait "$login"
}
test_case 'without an option and without a display, it is a code' without_option

signing_in_as_somebody_else() {
	begin work
	openid_approve_device "$code" bob >/dev/null
	wait "$login"
	contains "signed in as bob" work.err
	contains "before this, alice was signed in" work.err
}
test_case 'signing in as another person is reported' signing_in_as_somebody_else

denied_said() {
	freshtoken token work >before
	begin work
	openid_deny_device "$code" >/dev/null
	expect_status 4 wait "$login"
	contains "access_denied" work.err
	contains "the sign-in was refused at the service" work.err
	freshtoken token work | cmp - before
}
test_case 'denied: reported, and the earlier sign-in is kept' denied_said

nobody_approves() {
	openid_admin set device-ttl=3 >/dev/null
	begin work
	expect_status 4 wait "$login"
	openid_admin set device-ttl=600 >/dev/null
	grep -qE "nobody approved the sign-in in time" work.err
}
test_case 'nobody approves: it ends when the code expires' nobody_approves

pending_for_long() {
	openid_admin set interval=2 >/dev/null
	slowed=$(openid_count device_code.slow_down)
	before=$(openid_count device_code.requests)
	begin work
	asked_twice() { [ "$(openid_count device_code.requests)" -ge $((before + 2)) ]; }
	eventually 60 asked_twice
	# A transport for each question, and none of them stays as a zombie.
	# shellcheck disable=SC2009
	[ "$(ps -o stat= --ppid "$login" | grep -c Z)" -le 1 ]
	openid_approve_device "$code" alice >/dev/null
	wait "$login"
	openid_admin set interval=1 >/dev/null
	equal fresh "$(verdict work)"
	# Its interval was obeyed: nobody was told to slow down.
	equal "$slowed" "$(openid_count device_code.slow_down)"
}
test_case 'pending for long, and slow_down: the service'\''s interval is kept' pending_for_long

slow_down() {
	openid_admin fault error=slow_down grant=device_code >/dev/null
	slowed=$(openid_count device_code.slow_down)
	before=$(date +%s%3N)
	begin work
	asked_to_slow_down() { [ "$(openid_count device_code.slow_down)" -gt "$slowed" ]; }
	eventually 20 asked_to_slow_down
	openid_approve_device "$code" alice >/dev/null
	asked=$(openid_count device_code.requests)
	wait "$login"
	# One second to the first question, six to the next one; it would have been one and one.
	[ $(($(date +%s%3N) - before)) -ge 6500 ]
	# That question may have come before "asked" was counted.
	asked=$(($(openid_count device_code.requests) - asked))
	[ "$asked" -le 1 ] || complain "$asked more questions"
	contains "signed in as alice" work.err
}
test_case 'slow_down: the interval is five seconds longer from then on' slow_down

questions_lost_on_their_way() {
	openid_admin fault lose=before grant=device_code >/dev/null
	asked=$(openid_count device_code.requests)
	begin work
	lost() { [ "$(openid_count device_code.requests)" -gt "$asked" ]; }
	eventually 20 lost
	openid_approve_device "$code" alice >/dev/null
	wait "$login"
	contains "signed in as alice" work.err
}
test_case 'lost requests: repeated, and signed in' \
	questions_lost_on_their_way

client_service_does_not_know() {
	expect_status 4 freshtoken login none --device 2>err
	contains "invalid_client" err
	contains "check client_id" err
}
test_case 'an unknown client' client_service_does_not_know

service_has_no_such_thing() {
	expect_status 1 freshtoken login plain --device 2>err
	contains "does not offer signing in with a code" err
	contains "; run: freshtoken login plain" err
	lacks "--token" err
	ts create neither vendor=oauth2 without=authorize >/dev/null
	account neither "server=$TS/neither" client_id=cli
	expect_status 1 freshtoken login neither 2>err
	contains "offers neither a code nor a browser to sign in with" err
}
test_case 'a service without this way: a message, and alternatives' \
	service_has_no_such_thing

service_down() {
	account down server=http://127.0.0.1:9 client_id=cli
	expect_status 5 freshtoken login down --device 2>err
	contains "account down: http://127.0.0.1:9: discovery: 127.0.0.1:9: no connection" err
	# What is said of it is known, and it cannot be asked for a code.
	sed "s|$OPENID|http://127.0.0.1:9|g" "$XDG_STATE_HOME/freshtoken/work.metadata" \
		>"$XDG_STATE_HOME/freshtoken/down.metadata"
	chmod 600 "$XDG_STATE_HOME/freshtoken/down.metadata"
	expect_status 5 freshtoken login down --device 2>err
	contains "account down: http://127.0.0.1:9: device authorization: 127.0.0.1:9: no connection" err
	lacks HTTP err
}
test_case 'a service that is down: said at once, nothing is stored' service_down

killed_while_it_waits() {
	freshtoken token work >before
	begin work
	kill "$login"
	wait "$login" || :
	freshtoken token work | cmp - before
	[ -z "$(find "$XDG_STATE_HOME/freshtoken" -name "*login*")" ]
}
test_case 'killed while it waits: the earlier sign-in stays, and no file is left' \
	killed_while_it_waits

what_killed_signin_with_token() {
	begin work
	openid_approve_device "$code" alice >/dev/null
	wait "$login"
	state=$XDG_STATE_HOME/freshtoken
	sed "s/\"generation\":[0-9]*/\"generation\":1000/" "$state/work.json" \
		>"$state/work~login.json"
	chmod 600 "$state/work~login.json"
	begin work
	openid_approve_device "$code" bob >/dev/null
	wait "$login"
	contains "signed in as bob" work.err
	freshtoken refresh work
	freshtoken status work --json >json
	contains "\"subject\":\"bob\"" json
	[ -z "$(find "$state" -name "work~*")" ]
}
test_case 'what a killed sign-in with a token has left does not replace a newer sign-in' \
	what_killed_signin_with_token

pace_of_more_than_hour() {
	openid_admin set interval=6000 device-ttl=72000 >/dev/null
	asked=$(openid_count device_code.requests)
	# A clock that runs a hundred times as fast: a minute here.
	faketime -f "+0 x100" freshtoken login other --device 2>other.err &
	eventually 20 grep -q "^and enter the code" other.err
	sleep 3
	equal "$asked" "$(openid_count device_code.requests)"
	openid_admin set interval=1 device-ttl=600 >/dev/null
}
test_case 'a pace of more than an hour is kept, not cut' pace_of_more_than_hour

keys_cannot_be_had() {
	rm -f "$XDG_STATE_HOME/freshtoken/work.metadata"
	openid_admin fault error=server_error status=503 at=jwks times=2 >/dev/null
	fetched=$(openid_count jwks.requests)
	begin work
	openid_approve_device "$code" alice >/dev/null
	wait "$login"
	contains "signed in as alice" work.err
	equal $((fetched + 3)) "$(openid_count jwks.requests)"
}
test_case 'keys that cannot be had for a moment: the sign-in is kept all the same' \
	keys_cannot_be_had

keys_fetched_while_person_acts() {
	rm -f "$XDG_STATE_HOME/freshtoken/work.metadata"
	fetched=$(openid_count jwks.requests)
	begin work
	eventually 20 test "$(openid_count jwks.requests)" -gt "$fetched"
	openid_admin fault error=server_error status=503 at=jwks times=-1 >/dev/null
	openid_approve_device "$code" alice >/dev/null
	wait "$login"
	openid_admin fault >/dev/null
	contains "signed in as alice" work.err
}
test_case 'keys are fetched while the person acts, and not again' keys_fetched_while_person_acts

keys_do_not_come() {
	rm -f "$XDG_STATE_HOME/freshtoken/work.metadata"
	openid_admin fault delay=60000 at=jwks times=1 >/dev/null
	begin work
	openid_approve_device "$code" alice >/dev/null
	wait "$login"
	contains "signed in as alice" work.err
}
test_case 'keys that do not come for now do not keep the code back' keys_do_not_come

keys_never_come() {
	rm -f "$XDG_STATE_HOME/freshtoken/work.metadata"
	freshtoken token work >before
	openid_admin fault error=server_error status=503 at=jwks times=-1 >/dev/null
	spent=$(openid_count device_code.invalid_grant)
	begin work
	openid_approve_device "$code" bob >/dev/null
	expect_status 1 wait "$login"
	openid_admin fault >/dev/null
	contains "the ID token cannot be verified: the service's keys cannot be fetched" work.err
	equal "$spent" "$(openid_count device_code.invalid_grant)"
	freshtoken token work | cmp - before
}
test_case 'keys that cannot be fetched: the sign-in ends with a message, and the spent code is not sent again' \
	keys_never_come

no_secret_in_what_said() {
	cat ./*.err >all
	lacks "$(freshtoken token work)" all
	lacks device_code all
}
test_case 'no secret in what was said' no_secret_in_what_said
test_done

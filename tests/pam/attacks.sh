#!/bin/bash
# SPDX-License-Identifier: MIT
# What must not let anybody in at the account check, with a real service.
. "${FT_SRCDIR:?run me with make check}/tests/pam/world.sh"
need strace
start_token_service
ts create work user=alice lifetime=60 >/dev/null
configure_pam server="$TS/work"
S=$TS/work
one account=work

check() {
	printf '%s\n' "account = $2" ${3+"> $3"} >.script
	play --user "$1" <.script
}
# verified - alice as she should be, and that was a while ago
verified() {
	forget alice
	ts set work subject= >/dev/null
	ts fault work fault=none
	sign_in alice
	check alice SUCCESS
	aged alice 61
}
# held - an exchange is on its way, and the service keeps its answer back
held() {
	[ "$(ts_count work running)" = 1 ]
}
# idle - what goes on after a login that did not wait for it has ended; the dead may wait for init
idle() {
	[ -z "$(pgrep -r R,S,D,T,t -x freshtoken-pam)" ]
}
# killed USER - nothing of his runs, or will run, any more: what is being started is seen the next
# time, and who is dead and waits for init does not count
killed() {
	pkill -KILL -u "$1"
	[ -z "$(pgrep -r R,S,D,T,t -u "$1")" ]
}
ended="error freshtoken: your sign-in at $S has ended; sign in at a login that asks for it, or in an open session: freshtoken login work"

record_says() {
	verified
	ts revoke-family work
	perl -pi -e "s/\"lifetime\":\d+/\"lifetime\":2300000000000/" "$(record alice)"
	as alice freshtoken status work --json | grep -q "\"verdict\":\"fresh\""
	check alice PERM_DENIED "$ended"
}
test_case 'the record says 2099, but the service has revoked it' record_says

record_says_fresh() {
	verified
	perl -pi -e "s/\"refresh_token\":\"[^\"]*\"/\"refresh_token\":\"made-up\"/" \
		"$(record alice)"
	check alice PERM_DENIED "$ended"
}
test_case 'the record says fresh, with an invented token' record_says_fresh

token_service_stumbles_over() {
	verified
	ts revoke-family work
	for answer in html:400 html:403 html200 status:500 status:414 garbage json:500 \
		redirect:302 \
		429 status:502 html:504 reset-before; do
		echo "$answer"
		perl -pi -e "s/\"refresh_token\":\"[^\"]*\"/\"refresh_token\":\"made-up-$answer\"/" "$(record alice)"
		rm -f "$(seen alice)"
		ts fault work fault=$answer spend=no
		check alice PERM_DENIED "$ended"
	done
}
test_case 'a token that makes the service fail: does not count as an outage' \
	token_service_stumbles_over

and_what_brings_forgotten() {
	verified
	perl -pi -e "s/\"refresh_token\":\"[^\"]*\"/\"refresh_token\":\"made-up\"/" \
		"$(record alice)"
	ts fault work fault=status:500 spend=no of=made-up
	check alice PERM_DENIED "$ended"
	contains "\"known\":\"fresh\"" "$(seen alice)"
	# Whatever one asks it, it has no answer: nobody is locked out for that.
	ts fault work fault=status:500 at=any times=-1
	check alice SUCCESS
	logged "let in without a verified sign-in: HTTP 500"
	ts fault work fault=none
}
test_case 'and its result does not count in a real outage' \
	and_what_brings_forgotten

access_token_whose_owner_service() {
	for at in introspect userinfo; do
		for answer in status:500 html:502 reset-before; do
			echo "$at: $answer"
			# UserInfo is asked where introspection is not for this client.
			no_introspection() {
				[ $at = introspect ] ||
					ts fault work fault=error:invalid_client:401 at=introspect \
						times=-1
			}
			verified
			no_introspection
			ts fault work fault=$answer at=$at
			check alice PERM_DENIED "$ended"
			lacks "\"down\"" "$(seen alice)"
			logged "the service fails when asked whose the access token is: "
			# Whatever it is asked about.
			verified
			no_introspection
			ts fault work fault=$answer at=$at times=-1
			check alice SUCCESS
			contains "\"down\"" "$(seen alice)"
		done
	done
	ts fault work fault=none
}
test_case 'an access token that makes the service fail: does not count as an outage either' \
	access_token_whose_owner_service

user_holds_his_own_lock() {
	verified
	cp "$FT_BUILDDIR/tests/pam/hold" "$T/hold"
	as alice "$T/hold" "$T/homes/alice/.local/state/freshtoken/work.lock" >held &
	holder=$!
	eventually 10 grep -q held held
	one account=work wait=1s
	ts fault work fault=503 at=refresh times=-1
	check alice PERM_DENIED "$ended"
	logged "refused: the user's store did not answer in time"
	kill -KILL $(pgrep -u alice)
	wait "$holder" || :
}
test_case 'the user holds the lock: an answer in time, and does not count as an outage' \
	user_holds_his_own_lock

user_kills_and_stops() {
	verified
	ts revoke-family work
	(while :; do pkill -KILL -u alice; done) &
	killer=$!
	for _ in 1 2 3 4 5; do
		check alice PERM_DENIED "$ended"
	done
	kill "$killer"
	wait "$killer" 2>/dev/null || :
	one account=work wait=1s
	(while :; do pkill -STOP -u alice; done) &
	killer=$!
	for _ in 1 2 3; do
		check alice PERM_DENIED "$ended"
	done
	kill "$killer"
	wait "$killer" 2>/dev/null || :
	eventually 10 killed alice
	one account=work
}
test_case 'the user kills and stops processes that run as the user' user_kills_and_stops

colleague_signin() {
	verified
	ts set work subject=bob >/dev/null
	sign_in bob
	cp "$(record bob)" "$(record alice)"
	chown alice:alice "$(record alice)"
	check alice PERM_DENIED "error freshtoken: $S does not say that the stored sign-in is yours; *"
	# And from then on: what he had before does not count either, but is not lost.
	forget bob
}
test_case 'another user'\''s sign-in, copied or planted' colleague_signin

signin_without_word() {
	verified
	ts create mute user=alice discovery=none >/dev/null
	{
		sed "s/^discover .*//" "$FT_SRCDIR/lib/providers/oauth2.conf"
		printf "[metadata]\ntoken_endpoint = /oauth/token\n"
	} >"$T/mute.conf"
	mkdir -p "$CONF/providers"
	cp "$T/mute.conf" "$CONF/providers/mute.conf"
	configure_pam server="$TS/mute" provider=mute auth=device login_audience=
	forget alice
	sign_in alice mute
	check alice PERM_DENIED "error freshtoken: * does not say that the stored sign-in is yours; *"
	logged "so nobody knows who signed in"
	configure_pam server="$S"
}
test_case 'a sign-in without a subject' signin_without_word

user_configuration_and_profile() {
	verified
	ts create evil user=alice >/dev/null
	as alice mkdir -p .config/freshtoken/providers
	printf "[account work]\nserver = %s\nclient_id = cli\n" "$TS/evil" |
		as alice tee .config/freshtoken/freshtoken.conf >/dev/null
	cp "$FT_SRCDIR/lib/providers/oauth2.conf" \
		"$T/homes/alice/.config/freshtoken/providers/oauth2.conf"
	before=$(ts_count work refreshes)
	check alice SUCCESS
	equal $((before + 1)) "$(ts_count work refreshes)"
	equal 0 "$(ts_count evil requests)"
	# Signed in at the other one: nothing of that is sent anywhere.
	aged alice 61
	ts login evil | sed -n "s/^refresh_token=//p" | as alice freshtoken login work --token
	before=$(ts_count work requests) other=$(ts_count evil requests)
	check alice PERM_DENIED "$ended"
	equal "$other" "$(ts_count evil requests)"
	equal "$before" "$(ts_count work requests)"
	rm -rf "$T/homes/alice/.config"
}
test_case 'a user'\''s configuration and profile do not change the system'\''s account' \
	user_configuration_and_profile

token_service_takes_long() {
	verified
	perl -pi -e "s/\"refresh_token\":\"[^\"]*\"/\"refresh_token\":\"made-up\"/" \
		"$(record alice)"
	# Half of it is for what root asks in between;
	# on a busy machine the service needs some of that.
	for wait in 6 10; do
		one account=work wait=${wait}s
		ts fault work fault=status:500 delay=$((1000 * wait + 1000)) spend=no \
			times=-1 of=made-up
		check alice PERM_DENIED "$ended"
		lacks "\"down\"" "$(seen alice)"
		# Root's own question after it would meet the next round's fault.
		eventually 60 idle
		ts fault work fault=none
	done
	# Where there is little time, root does not take silence for an answer either.
	one account=work wait=2s
	ts fault work fault=hold times=-1
	check alice PERM_DENIED "$ended"
	lacks "\"down\"" "$(seen alice)"
	ts fault work fault=none
	ts release work
	eventually 60 idle
	one account=work
	# And with nothing but silence.
	one account=work wait=8s
	ts fault work fault=hold times=-1 of=made-up
	check alice PERM_DENIED "$ended"
	logged "nothing shows that the service is down"
	ts fault work fault=none
	ts release work
	one account=work
}
test_case 'a token that makes the service fail slowly, again and again: never let in' \
	token_service_takes_long

service_too_busy() {
	verified
	ts revoke-family work
	ts fault work fault=429 at=any times=-1 spend=no
	for _ in 1 2; do
		check alice PERM_DENIED "$ended"
	done
	logged "the service is too busy to say anything of the sign-in"
	# Also where that is all that root hears beside it.
	perl -pi -e "s/\"refresh_token\":\"[^\"]*\"/\"refresh_token\":\"made-up\"/" \
		"$(record alice)"
	ts fault work fault=none
	ts fault work fault=status:500 spend=no of=made-up
	check alice PERM_DENIED "$ended"
	lacks "\"down\"" "$(seen alice)"
}
test_case 'a service that is too busy does not count as down, and nobody is let in' \
	service_too_busy

what_asks_stopped() {
	verified
	ts revoke-family work
	one account=work wait=4s
	ts fault work fault=hold times=-1
	(while :; do pkill -STOP -u _freshtoken; done) &
	stopper=$!
	check alice PERM_DENIED "$ended"
	lacks "\"down\"" "$(seen alice)"
	kill "$stopper"
	wait "$stopper" 2>/dev/null || :
	pkill -KILL -u _freshtoken || :
	ts fault work fault=none
	ts release work
	one account=work
}
test_case 'all processes of the check are stopped: does not count as an outage' \
	what_asks_stopped

what_asks_killed() {
	verified
	ts revoke-family work
	one account=work wait=2s
	(while :; do pkill -KILL -u _freshtoken; done) &
	killer=$!
	for _ in 1 2 3; do
		check alice PERM_DENIED "$ended"
	done
	lacks "\"down\"" "$(seen alice)"
	kill "$killer"
	wait "$killer" 2>/dev/null || :
	one account=work
}
test_case 'the process that asks is killed, again and again: a sign-in is needed' what_asks_killed

somebody_disabled() {
	mkdir -p "$CONF/providers"
	{
		cat "$FT_SRCDIR/lib/providers/oauth2.conf"
		printf "\n[disabled]\ncode = invalid_grant\nmessage = User account is disabled\n"
	} >"$CONF/providers/company.conf"
	configure_pam server="$S" provider=company
	verified
	ts disable work
	check alice PERM_DENIED "error freshtoken: $S says that you are disabled; *"
	for options in "" permissive; do
		one account=work wait=100s $options
		ts fault work fault=hold times=-1
		(
			eventually 60 held
			# The one that would answer goes first.
			pkill -KILL -o -x freshtoken-pam
			pkill -KILL -x freshtoken-pam
			pkill -KILL -u _freshtoken
		) &
		killer=$!
		check alice PERM_DENIED \
			"error freshtoken: your sign-in could not be checked in time"
		wait "$killer" || :
		ts fault work fault=none
		ts release work
	done
	ts enable work
	rm "$CONF/providers/company.conf"
	configure_pam server="$S"
	one account=work
}
test_case 'a disabled user whose freshtoken-pam is killed during the check is refused, with permissive too' \
	somebody_disabled

another_local_program_listens() {
	verified
	# It would even say what is wanted.
	configure_pam server="$S" insecure_loopback=
	before=$(ts_count work requests)
	check alice SERVICE_ERR "error freshtoken: this login is not configured *"
	logged "any local user may be the one who listens"
	equal "$before" "$(ts_count work requests)"
	configure_pam server="$S"
	check alice SUCCESS
}
test_case 'another local program that listens on the port of a service on loopback' \
	another_local_program_listens

# attach PID - alice looks into a process; ends where she may not
attach() {
	as alice timeout 100 strace -f -o /dev/null -p "$1" 2>attach.err
}
# What earlier cases killed and stopped has others that wait for it.
nothing_is_left() {
	pkill -KILL -x freshtoken-pam
	pkill -KILL -u _freshtoken
	killed alice && idle && [ -z "$(pgrep -r R,S,D,T,t -u _freshtoken)" ]
}
user_looks_into_what_checks() {
	eventually 60 nothing_is_left
	verified
	one account=work wait=100s
	ts fault work fault=hold
	printf "account = SUCCESS\n" >script
	play --user alice <script &
	checking=$!
	eventually 60 held
	pgrep -r R,S,D -u alice >of-alice
	{ cat of-alice; pgrep -r R,S,D -u _freshtoken; pgrep -r R,S,D freshtoken-pam; } |
		sort -u >watched
	# The module's, the worker, the user's, the transport.
	[ "$(wc -l <watched)" -ge 4 ]
	while read -r pid; do
		equal 0 "$(stat -c %u "/proc/$pid/mem")"
		must_fail attach "$pid"
		must_fail grep -q "Process .* attached" attach.err
		contains "Operation not permitted" attach.err
		must_fail as alice cat "/proc/$pid/environ" "/proc/$pid/maps"
		must_fail as alice ls "/proc/$pid/fd/"
		grep -qE "^Max core file size +0 +0 " "/proc/$pid/limits"
	done <watched
	# What is hers she may look into, where the system has no rule against it.
	if [ "$(cat /proc/sys/kernel/yama/ptrace_scope 2>/dev/null || echo 0)" = 0 ]; then
		as alice sleep 1000 &
		eventually 10 pgrep -u alice -x sleep >/dev/null
		attach "$(pgrep -u alice -x sleep)" &
		eventually 60 grep -q "Process .* attached" attach.err
		pkill -u alice -x sleep
	fi
	ts release work
	wait "$checking"
	one account=work
}
test_case 'the user cannot inspect the process that checks: no ptrace, no memory, no core' \
	user_looks_into_what_checks

disk_user_has_filled() {
	verified
	state=$T/homes/alice/.local/state/freshtoken
	cp "$(record alice)" alice.json
	mount -t tmpfs -o size=64k,mode=700,uid=2001,gid=2001 tmpfs "$state"
	as alice sh -c "cat >$state/work.json && chmod 600 $state/work.json" <alice.json
	as alice sh -c "head -c 1M /dev/zero >$state/zeros" 2>/dev/null || :
	before=$(ts_count work requests)
	check alice PERM_DENIED "$ended"
	logged "No space left on device"
	equal "$before" "$(ts_count work requests)"
	eventually 20 umount "$state"
	check alice SUCCESS
}
test_case 'a disk that the user has filled: does not count as an outage' disk_user_has_filled

stores_not_what_they_should() {
	state=$T/homes/alice/.local/state/freshtoken
	for how in "ln -sf /etc/passwd work.json" \
		"ln -sf $T/homes/bob/.local/state/freshtoken/work.json work.json" \
		"mkfifo work.json" "mkdir work.json" "cp /dev/null work.json" \
		"cp /bin/true work.json" \
		"ln -sf /dev/zero work.json" "truncate -s 1G work.json" "printf {} >work.json" \
		"mkfifo work.lock" \
		"ln -sf /etc/shadow work.lock" "chmod 666 work.json" "chmod 777 ." "chmod 0 ." \
		"rm -rf ../freshtoken"; do
		echo "$how"
		verified
		# A FIFO or a folder takes the place of what is there.
		case $how in *"work.json") as alice rm -f "$state/work.json" ;; *work.lock) as alice rm -f "$state/work.lock" ;; esac
		case $how in chmod*666*) sign_in alice ;; esac
		as alice sh -c "cd $state && $how" || :
		case $how in chmod*) : ;; esac
		check alice PERM_DENIED "$ended"
		chmod 700 "$state" 2>/dev/null || :
	done
}
test_case 'invalid stores: no hang, nobody let in' \
	stores_not_what_they_should

home_somebody_else() {
	verified
	mv "$T/homes/alice" "$T/homes/alice.away"
	check alice PERM_DENIED "$ended"
	ln -s bob "$T/homes/alice"
	check alice PERM_DENIED "$ended"
	rm "$T/homes/alice"
	mv "$T/homes/alice.away" "$T/homes/alice"
	check alice SUCCESS
}
test_case 'a home of another user, or none' home_somebody_else

what_caller_environment_says() {
	verified
	mkdir -m 777 "$T/evil"
	for setting in HOME XDG_STATE_HOME XDG_CONFIG_HOME LD_PRELOAD LD_LIBRARY_PATH \
		SSLKEYLOGFILE GCONV_PATH \
		FRESHTOKEN_CONF TMPDIR; do
		aged alice 61
		printf "account = SUCCESS\n" >script
		env "$setting=$T/evil/x" timeout 60 "$FT_BUILDDIR/tests/pam/play" --confdir conf \
			--user alice <script
	done
	aged alice 61
	http_proxy=http://127.0.0.1:9 https_proxy=http://127.0.0.1:9 all_proxy=http://127.0.0.1:9 \
		check alice SUCCESS
	equal "" "$(ls -A "$T/evil")"
}
test_case 'the caller'\''s environment' what_caller_environment_says

neither_root_knowledge() {
	verified
	equal "700 0" "$(stat -c "%a %u" "$SEEN")"
	equal "600 0" "$(stat -c "%a %u" "$(seen alice)")"
	for name in $(sed -n "s/^refresh_token=//p; s/^access_token=//p" <<<"$(ts tokens work)"); do
		lacks "$name" "$(seen alice)"
	done
}
test_case 'only root can read or write root'\''s results and handles' \
	neither_root_knowledge

root_knowledge_open_to_others() {
	verified
	chmod 666 "$(seen alice)"
	check alice SERVICE_ERR "error freshtoken: this login is not configured *"
	logged "is open to other users"
	chmod 600 "$(seen alice)"
	check alice SUCCESS
	# What was known of another subject, server or user.
	for key in subject server user account; do
		aged alice -61
		perl -pi -e "s/\"$key\":\"[^\"]*\"/\"$key\":\"other\"/" "$(seen alice)"
		before=$(ts_count work refreshes)
		check alice SUCCESS
		equal $((before + 1)) "$(ts_count work refreshes)"
	done
}
test_case 'root'\''s results, writable by others or of another account, are not used' \
	root_knowledge_open_to_others

empty_record() {
	verified
	ts revoke-family work
	as alice sh -c ": >.local/state/freshtoken/work.json"
	check alice PERM_DENIED "$ended"
}
test_case 'an empty record' empty_record

service_repeats_what_it_refuses() {
	verified
	perl -pi -e "s/\"refresh_token\":\"[^\"]*\"/\"refresh_token\":\"short-secret\"/" \
		"$(record alice)"
	ts fault work fault=error:invalid_grant-short-secret
	check alice PERM_DENIED "$ended"
	logged "refused: HTTP 400"
	lacks short-secret "$T/log"
	lacks short-secret "$(seen alice)"
}
test_case 'a service that repeats the refused token: it is not in the log and not in root'\''s results' \
	service_repeats_what_it_refuses

no_token() {
	verified
	one account=work debug
	check alice SUCCESS
	ts revoke-family work
	aged alice 61
	check alice PERM_DENIED "$ended"
	for token in $(sed -n "s/.*_token\":\"\([^\"]*\)\".*/\1/p" "$(record alice)") \
		$(ts tokens work | sed -n "s/^[a-z]*_token=//p"); do
		lacks "$token" "$T/log"
	done
	one account=work
}
test_case 'no token in the log, at debug either' no_token

nothing_left_running_as_user() {
	verified
	check alice SUCCESS
	eventually 20 must_fail pgrep -u alice
	eventually 20 must_fail pgrep -u _freshtoken
}
test_case 'no process of the user is left' nothing_left_running_as_user
test_done

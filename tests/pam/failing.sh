#!/bin/bash
# SPDX-License-Identifier: MIT
# One allocation or one system call fails in freshtoken-pam, each in turn: no failure lets in
# anybody who must be refused, none makes a login hang, and the next login works normally.
. "${FT_SRCDIR:?run me with make check}/tests/pam/world.sh"
. "$FT_SRCDIR/tests/services/openid.sh"
need python3
need_openid
. "$FT_SRCDIR/tests/harness/failing.sh"
. "$FT_SRCDIR/tests/pam/directory.sh"
start_token_service
start_openid --interval 1 --offline always

may_fail "$HELPER" "${HELPER%-pam}-transport"
share=1
[ -z "${FT_LONG-}${FT_COVERAGE-}" ] || share=25

new_here() {
	erase "$SEEN"
	forget alice bob
}

# fails KIND in|out USER SCRIPT - with the first that fails, the second, and so on: the 1st,
# 3rd, 7th, and so on; more of them in ./bootstrap check --long and make coverage
fails() {
	local kind=$1 who=$2 user=$3 script=$4 n=0 status

	while :; do
		n=$((n + 1 + n / share))
		new_here
		# Whoever makes it is root or the service's user.
		echo "$kind $n $T/marks/mark" >"$T/fails.freshtoken-pam"
		rm -f "$T/marks/mark"
		status=0
		play --report --user "$user" <"$script" >said 2>&1 || status=$?
		rm -f "$T/fails.freshtoken-pam"
		[ -e "$T/marks/mark" ] || break
		[ "$status" -lt 2 ] && grep -qE '^[A-Z_]+$' said && lacks SECCOMP said &&
			{ [ "$who" = in ] || ! grep -qx SUCCESS said; } && continue
		echo "$kind $n: status $status"
		cat said
		return 1
	done
	echo "$n of $kind"
	[ "$n" -gt 10 ]
	new_here
	play --report --user "$user" <"$script" >said 2>&1 || :
	if [ "$who" = out ]; then
		must_fail grep -qx SUCCESS said
	else
		equal "$(grep -c '= SUCCESS$' "$script")" "$(grep -cx SUCCESS said)"
	fi
}
mkdir -m 1777 marks

configure_person
one account=login recheck=0 wait=100s
directory 'person?alice=active&bob=inactive' >/dev/null
echo 'account = SUCCESS' >asks
for kind in memory calls; do
	test_case "the directory says yes; $kind" fails "$kind" in alice asks
	test_case "the directory says no; $kind" fails "$kind" out bob asks
done

configure_pam "server=$OPENID"
one account=work auth=token
openid_login_token alice >token
printf '%s\n' 'auth = SUCCESS' "> hidden Token:  = $(cat token)" 'account = SUCCESS' \
	'setcred establish = SUCCESS' 'open = SUCCESS' 'close = SUCCESS' >session
printf 'auth = SUCCESS\n> hidden Token:  = %s\n' "$(cat token)" >somebody
for kind in memory calls; do
	test_case "her token, and a session; $kind" fails "$kind" in alice session
	test_case "another person's token; $kind" fails "$kind" out bob somebody
done

# Her own sign-in, of which root knows nothing: the user's processes answer, and a worker asks.
ts create work user=alice >/dev/null
configure_pam "server=$TS/work"
one account=work wait=20s
# A new sign-in each time, so that all rounds begin alike.
new_here() {
	erase "$SEEN"
	sign_in alice 2>/dev/null
}
for kind in memory calls; do
	test_case "a sign-in of hers; $kind" fails "$kind" in alice asks
done
new_here() {
	erase "$SEEN"
	sign_in alice 2>/dev/null
	ts revoke-family work
}
for kind in memory calls; do
	test_case "one that was revoked; $kind" fails "$kind" out alice asks
done
test_done

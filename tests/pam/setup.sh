#!/bin/bash
# freshtoken setup pam: stacks are shown; what is applied is the check of ssh logins alone.
# shellcheck disable=SC2016,SC2034
. "${FT_SRCDIR:?run me with make check}/tests/pam/world.sh"
start_token_service
ts create work user=alice lifetime=60 >/dev/null
cat >"$T/etc/pam.d/sshd" <<'END'
# PAM configuration for the Secure Shell service
@include common-auth
account    required     pam_nologin.so
@include common-account
session [success=ok ignore=ignore module_unknown=ignore default=bad]        pam_selinux.so close
@include common-session
@include common-password
END
cp "$T/etc/pam.d/sshd" before

test_case 'nobody says who is who: what is missing, and nothing is shown' '
	configure_pam server="$TS/work" users=
	expect_status 1 freshtoken setup pam >out 2>err
	empty out
	contains "give one of them users = FILE, or users = same" err
'
test_case 'shown: lines with the account and the module, whole' '
	configure_pam server="$TS/work"
	freshtoken setup pam >out 2>err
	contains "account required $MODULE account=work" out
	contains "session optional $MODULE account=work" out
	contains "KbdInteractiveAuthentication yes" out
	contains "Keep a root shell open" err
	cmp before /etc/pam.d/sshd
'
test_case 'who is not root cannot apply it, and learns how' '
	must_fail as alice freshtoken setup pam --apply 2>err
	contains "only root can change /etc/pam.d/sshd; run: sudo freshtoken setup pam --apply" err
	cmp before /etc/pam.d/sshd
'
test_case 'applied: below the includes, and nothing that asks; a second time changes nothing' '
	freshtoken setup pam --apply 2>err
	contains "is changed: from now on who is not mapped, has not signed in, or is revoked is refused" err
	contains "write permissive after account=work" err
	same_text "$(sed "/^@include common-account/a account required $MODULE account=work
/^@include common-session/a session optional $MODULE account=work" before)" /etc/pam.d/sshd
	must_fail grep -q "^auth.*pam_freshtoken" /etc/pam.d/sshd
	cp /etc/pam.d/sshd after
	freshtoken setup pam --apply 2>err
	contains "nothing is to be changed" err
	cmp after /etc/pam.d/sshd
	[ "$(stat -c %a /etc/pam.d/sshd)" = 644 ]
'
test_case 'a file of another shape is left alone' '
	echo "account required pam_permit.so" >/etc/pam.d/sshd
	cp /etc/pam.d/sshd other
	expect_status 1 freshtoken setup pam --apply 2>err
	contains "put the lines that" err
	cmp other /etc/pam.d/sshd
'
test_case 'without the module nothing is applied: it would keep root out' '
	cp before /etc/pam.d/sshd
	mv "$MODULE" "$MODULE.away"
	expect_status 1 freshtoken setup pam --apply 2>err
	mv "$MODULE.away" "$MODULE"
	contains "pam_freshtoken.so: No such file" err
	cmp before /etc/pam.d/sshd
'
test_case 'the profile for pam-auth-update changes nothing of itself' '
	profile=$(find "$ROOT" -path "*/pam-configs/freshtoken")
	contains "Default: no" "$profile"
	must_fail grep -q "^Auth" "$profile"
'
test_done

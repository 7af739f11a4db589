#!/bin/bash
# SPDX-License-Identifier: MIT
# freshtoken setup pam shows the stacks, and applies only the check of ssh logins.
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

nobody_says_who_who() {
	configure_pam server="$TS/work" users=
	expect_status 1 freshtoken setup pam >out 2>err
	empty out
	contains "give one of them users = FILE, or users = same" err
}
test_case 'no file of users: what is missing, and nothing is shown' nobody_says_who_who

shown_lines_with_account() {
	configure_pam server="$TS/work" device_rate=10
	freshtoken setup pam >out 2>err
	contains "account required $MODULE account=work" out
	contains "session optional $MODULE account=work" out
	contains "KbdInteractiveAuthentication yes" out
	contains "Keep a root shell open" err
	cmp before /etc/pam.d/sshd
}
test_case 'shown: complete lines with the account and the module' shown_lines_with_account

who_not_root_cannot_apply() {
	must_fail as alice freshtoken setup pam --apply 2>err
	contains "only root can change /etc/pam.d/sshd; run: sudo freshtoken setup pam --apply" err
	cmp before /etc/pam.d/sshd
}
test_case 'other users than root cannot apply it, and the message says how' who_not_root_cannot_apply

# A login that would be refused: nothing is applied, doctor and check say why.
mkdir -p "$ROOT/etc"
ln -sfn /etc/pam.d "$ROOT/etc/pam.d"
refuses() {
	echo "account required $MODULE account=work" >/etc/pam.d/other
	expect_status 1 freshtoken doctor >out 2>err || :
	contains "/etc/pam.d/other:1: logins are refused, but root's: $1" out
	rm /etc/pam.d/other
	expect_status 1 freshtoken setup pam --apply 2>err
	contains "$1" err
	cmp before /etc/pam.d/sshd
	expect_status 1 freshtoken check "$CONF/freshtoken.conf" 2>err
	contains "$1" err
}
what_would_refuse_everybody() {
	configure_pam server="$TS/work" service_user=nosuch
	refuses "$CONF/freshtoken.conf:1: account work: there is no user nosuch"
	configure_pam server="$TS/work" insecure_loopback=
	refuses "$CONF/freshtoken.conf:1: account work: server: any local user may be"
	configure_pam server="$TS/work" users=/nonexistent/map
	refuses "users: /nonexistent/map: No such file"
	configure_pam server="$TS/work" device_rate=10
	chmod o+w "$CONF/users"
	refuses "$CONF/users: others can write to it"
	chmod o-w "$CONF/users"
	: >"$CONF/users"
	refuses "$CONF/users:1: it has no line with a user"
	echo "alice is the one there" >"$CONF/users"
	refuses "$CONF/users:1: expected two words"
	configure_pam server="$TS/work" device_rate=10
	freshtoken check "$CONF/freshtoken.conf" 2>err
	contains "$CONF/freshtoken.conf: nothing is wrong" err
}
test_case 'a configuration that would refuse everybody is found by apply, doctor and check' \
	what_would_refuse_everybody

check_typo() {
	configure_pam server="$TS/work" colour=red
	expect_status 1 freshtoken check "$CONF/freshtoken.conf" 2>err
	contains "$CONF/freshtoken.conf:11: account work: unknown key \"colour\"" err
	# All of it at once; what another file has wrong is nothing to this one.
	printf "[account a]\nsever = x\n[account b]\ntimeout = long\n[stor]\nseal = x\n" >"$T/new.conf"
	mkdir "$CONF/conf.d"
	echo nonsense >"$CONF/conf.d/a.conf"
	expect_status 1 freshtoken config check "$T/new.conf" 2>err
	equal 3 "$(wc -l <err)"
	contains "$T/new.conf:2: account a: unknown key \"sever\"" err
	contains "$T/new.conf:4: account b: timeout" err
	contains "$T/new.conf:5: unknown section \"stor\"" err
	expect_status 1 freshtoken config check 2>err
	contains "$CONF/conf.d/a.conf:1: neither a [section]" err
	rm -r "$CONF/conf.d"
	expect_status 2 freshtoken config list 2>err
	printf "[account git]\nserver = https://sso.example.com\nprovider = nosuch\n" >"$T/new.conf"
	expect_status 1 freshtoken check "$T/new.conf" 2>err
	contains "$T/new.conf:1: account git: no provider profile nosuch.conf" err
	expect_status 1 freshtoken check "$T/none.conf" 2>err
	contains "$T/none.conf: No such file" err
	printf "[account git]\nserver = https://sso.example.com\n" >"$T/new.conf"
	freshtoken check "$T/new.conf"
}
test_case 'check: a typo, with file and line; a missing profile; no file' check_typo

doctor_and_check_name_users() {
	configure_pam server="$TS/work" device_rate=10
	echo "zoe zoe" >>"$CONF/users"
	freshtoken check "$CONF/freshtoken.conf" 2>err
	contains "warning: $CONF/users:4: there is no user zoe on this host" err
	echo "account required $MODULE account=work" >/etc/pam.d/other
	freshtoken doctor >out 2>err || :
	rm /etc/pam.d/other
	contains "$CONF/users:4: there is no user zoe on this host" out
}
test_case 'doctor and check name mapped users that do not exist on this system' \
	doctor_and_check_name_users

doctor_code_nothing_comes_before() {
	configure_pam server="$TS/work" device_rate=10
	printf "auth [success=1 default=ignore] pam_unix.so\nauth requisite pam_deny.so\n" \
		>/etc/pam.d/common-auth
	echo "auth required $MODULE account=work" >/etc/pam.d/other
	freshtoken doctor >out 2>err || :
	contains "/etc/pam.d/other shows a code before anything is proved" out
	printf "@include common-auth\nauth required $MODULE account=work\n" >/etc/pam.d/other
	freshtoken doctor >out 2>err || :
	lacks "before anything is proved" out
	printf "auth sufficient pam_unix.so\nauth required $MODULE account=work\n" >/etc/pam.d/other
	freshtoken doctor >out 2>err || :
	contains "before anything is proved" out
	printf "auth required pam_unix.so\nauth required $MODULE account=work auth=token\n" \
		>/etc/pam.d/other
	freshtoken doctor >out 2>err || :
	lacks "before anything is proved" out
	rm /etc/pam.d/other /etc/pam.d/common-auth
}
test_case 'doctor: a code as the first factor' doctor_code_nothing_comes_before

doctor_and_check() {
	configure_pam server="$TS/work" device_rate=
	printf "auth required pam_unix.so\nauth required $MODULE account=work\n" >/etc/pam.d/other
	freshtoken doctor >out 2>err || :
	lacks "device_rate" out
	configure_pam server="$TS/work" device_rate=60
	freshtoken doctor >out 2>err || :
	lacks "device_rate" out
	configure_pam server="$TS/work" device_rate=61
	freshtoken doctor >out 2>err || :
	grep "^warning	pam	.*device_rate = 61 hardly limits .*	set it to what people need, as 10 a minute" out
	freshtoken check "$CONF/freshtoken.conf" 2>err
	contains "warning: $CONF/freshtoken.conf:1: account work: device_rate = 61" err
	printf "auth required pam_unix.so\nauth required $MODULE account=work auth=token\n" \
		>/etc/pam.d/other
	freshtoken doctor >out 2>err || :
	lacks "device_rate" out
	rm /etc/pam.d/other
	configure_pam server="$TS/work" device_rate=10
}
test_case 'doctor and check: a device_rate without effect; none without codes' \
	doctor_and_check

line_commented_out() {
	{ cat before; echo "# account required $MODULE account=work"; } >/etc/pam.d/sshd
	freshtoken doctor >out 2>err || :
	contains "names the module" out
	freshtoken setup pam --apply 2>err
	contains "is changed" err
	grep -q "^account required $MODULE" /etc/pam.d/sshd
	freshtoken doctor >out 2>err || :
	contains "named in $ROOT/etc/pam.d (sshd)" out
	{ cat before; printf "account \\\\\n  [default=bad success=ok] \\\\\n $MODULE account=work # ours\n-session optional $MODULE account=work\n"; } >/etc/pam.d/sshd
	freshtoken setup pam --apply 2>err
	contains "no change is needed" err
	printf "account required $MODULE account=work\nsession optional $MODULE account=work\n" \
		>/etc/pam.d/common-account
	cp before /etc/pam.d/sshd
	freshtoken setup pam --apply 2>err
	contains "no change is needed" err
	rm /etc/pam.d/common-account
	cp before /etc/pam.d/sshd
}
test_case 'apply and doctor agree about commented and continued lines' \
	line_commented_out

applied_below_includes() {
	freshtoken setup pam --apply --json >out 2>err
	same_text "{\"program\":\"pam\",\"changed\":true,\"applied\":true,\"lines\":[\"/etc/pam.d/sshd: account required $MODULE account=work\",\"/etc/pam.d/sshd: session optional $MODULE account=work\"]}" out
	contains "is changed: from now on who is not mapped, has not signed in, or is revoked is refused" err
	contains "write permissive after account=work" err
	same_text "$(sed "/^@include common-account/a account required $MODULE account=work
/^@include common-session/a session optional $MODULE account=work" before)" /etc/pam.d/sshd
	must_fail grep -q "^auth.*pam_freshtoken" /etc/pam.d/sshd
	cp /etc/pam.d/sshd after
	freshtoken setup pam --apply --json >out 2>err
	contains "\"changed\":false" out
	contains "no change is needed" err
	cmp after /etc/pam.d/sshd
	[ "$(stat -c %a /etc/pam.d/sshd)" = 644 ]
}
test_case 'applied: below the includes, and no prompts; a second time changes nothing' \
	applied_below_includes

file_of_another_shape_left() {
	echo "account required pam_permit.so" >/etc/pam.d/sshd
	cp /etc/pam.d/sshd other
	expect_status 1 freshtoken setup pam --apply 2>err
	contains "put the lines that" err
	cmp other /etc/pam.d/sshd
}
test_case 'a file with another structure is not changed' file_of_another_shape_left

without_module_nothing_applied() {
	cp before /etc/pam.d/sshd
	mv "$MODULE" "$MODULE.away"
	expect_status 1 freshtoken setup pam --apply 2>err
	mv "$MODULE.away" "$MODULE"
	contains "pam_freshtoken.so: No such file" err
	cmp before /etc/pam.d/sshd
}
test_case 'without the module nothing is applied, because root could not log in' \
	without_module_nothing_applied

removed_our_lines_alone() {
	{ cat before; printf "# account required pam_freshtoken.so\n-session \\\\\n optional $MODULE account=work\n"; } >/etc/pam.d/sshd
	freshtoken setup pam --apply 2>err
	chmod 640 /etc/pam.d/sshd
	chgrp daemon /etc/pam.d/sshd
	cp /etc/pam.d/sshd with
	freshtoken setup pam --remove >out 2>err
	contains "/etc/pam.d/sshd:5: account required $MODULE account=work" out
	contains "nothing is changed yet" err
	cmp with /etc/pam.d/sshd
	must_fail as alice freshtoken setup pam --remove --apply 2>err
	contains "only root can change /etc/pam.d" err
	freshtoken setup pam --remove --apply
	same_text "$(cat before; echo "# account required pam_freshtoken.so")" /etc/pam.d/sshd
	cmp with /etc/pam.d/sshd.before-freshtoken
	equal "640 daemon" "$(stat -c "%a %G" /etc/pam.d/sshd)"
	freshtoken setup pam --remove --apply 2>err
	contains "no change is needed" err
	rm -f /etc/pam.d/sshd.before-freshtoken
	cp before /etc/pam.d/sshd
	chmod 644 /etc/pam.d/sshd
}
test_case 'removed: only freshtoken'\''s lines, shown first, with a copy of the file; owner and mode stay' \
	removed_our_lines_alone

line_jump_counts() {
	printf "auth [success=2 default=ignore] pam_unix.so\nauth required $MODULE\nauth requisite pam_deny.so\nauth required pam_permit.so\n" >/etc/pam.d/other
	cp /etc/pam.d/other kept
	expect_status 1 freshtoken setup pam --remove --apply 2>err
	contains "/etc/pam.d/other:2: a jump ([success=N]) counts this line" err
	cmp kept /etc/pam.d/other
	printf "# here are the per-package modules\naccount required $MODULE\n" >/etc/pam.d/other
	expect_status 1 freshtoken setup pam --remove --apply 2>err
	contains "/etc/pam.d/other:2: pam-auth-update keeps this file; run: pam-auth-update --remove freshtoken" err
	rm /etc/pam.d/other
}
test_case 'a line that a jump counts, or that pam-auth-update manages, is kept and reported' \
	line_jump_counts

make_uninstall_refuses_as_long() {
	uninstall() {
		make -s -C "$FT_BUILDDIR" uninstall DESTDIR="$ROOT" >out 2>&1
	}
	echo "account required pam_freshtoken.so account=work" >/etc/pam.d/other
	must_fail uninstall
	contains "freshtoken setup pam --remove" out
	[ -e "$MODULE" ] && [ -x "$HELPER" ]
	rm /etc/pam.d/other
	[ -d "$FT_SYSCONF" ]
	find "$ROOT" -path "*/lib/sysusers.d/freshtoken.conf" >out
	contains freshtoken.conf out
	grep -q "^u _freshtoken " "$(cat out)"
}
test_case 'make uninstall refuses as long as a stack names the module' \
	make_uninstall_refuses_as_long

profile_for_pam_auth_update() {
	profile=$(find "$ROOT" -path "*/pam-configs/freshtoken")
	contains "Default: no" "$profile"
	must_fail grep -q "^Auth" "$profile"
}
test_case 'the profile for pam-auth-update changes nothing until it is enabled' profile_for_pam_auth_update
test_done

#!/bin/bash
# SPDX-License-Identifier: MIT
# A user database that does not answer: none of its errors makes a checked user an unchecked one.
. "${FT_SRCDIR:?run me with make check}/tests/pam/world.sh"
start_token_service
ts create work user=alice lifetime=60 >/dev/null
configure_pam server="$TS/work"

# The loader finds it by a cache of the world's own.
mkdir "$T/nss"
cp "$FT_BUILDDIR/tests/pam/libnss_fttest.so.2" "$T/nss/"
{ echo "$T/nss"; cat /etc/ld.so.conf; } >ld.so.conf
(cd /etc && PATH=$PATH:/usr/sbin:/sbin ldconfig -X -C "$T/ld.so.cache" -f "$T/ld.so.conf") \
	>ldconfig.log 2>&1 ||
	skip_all "ldconfig: $(tail -n 1 ldconfig.log)"
chmod 644 "$T/ld.so.cache"
mount --bind "$T/ld.so.cache" /etc/ld.so.cache

# source_of_users ACTIONS PROGRAM ERRNO STATUS OTHERS - nsswitch.conf(5), and tests/pam/nss.c
source_of_users() {
	sed "s/^passwd: .*/passwd: fttest [$1] files/" "$T/etc/nsswitch.conf" >nsswitch
	sed -i "s/^passwd: fttest .*files/passwd: fttest [$1] files/" nsswitch
	cat nsswitch >"$T/etc/nsswitch.conf"
	shift
	echo "$*" >"$T/nss/conf"
	: >"$T/log"
}
# check USER CODE [WHAT IT SAYS]
check() {
	printf '%s\n' "account = $2" ${3+"> $3"} >.script
	play --user "$1" <.script
}
broken="error freshtoken: this login is not configured *"
# not_ignored TEXT - whatever the options are, alice is refused, and the log says why
not_ignored() {
	local options

	for options in account=work "account=work permissive" "account=work unmapped=ignore" \
		"account=work exempt=@rescue"; do
		stack test "account required FT $options" "account required pam_permit.so"
		check alice SERVICE_ERR "$broken"
		logged "(test:account) user alice: $1"
	done
	one account=work ignore_unknown_user
	printf "auth = SERVICE_ERR\n> $broken\n" | play --user alice
	printf "setcred = SERVICE_ERR\nopen = SESSION_ERR\n" | play --user alice
	stack test "account required FT account=work" "account required pam_permit.so"
	check root SUCCESS
}

source_without_users() {
	source_of_users "UNAVAIL=return" nothing 0 0 0
	sign_in alice
	one account=work
	check alice SUCCESS
	aged alice 61
	ts revoke-family work
	check alice PERM_DENIED "error freshtoken: your sign-in *"
}
test_case 'a database without users changes nothing' source_without_users

unavailable_to_freshtoken_pam() {
	# ENOENT, EPERM, EBADF, ESRCH; EIO, ECONNREFUSED, EAGAIN
	for number in 2 1 9 3 5 111 11; do
		echo "errno $number"
		source_of_users "UNAVAIL=return" freshtoken-pam $number -1 0
		not_ignored "cannot look up user alice: "
	done
	source_of_users "TRYAGAIN=return" freshtoken-pam 11 -2 0
	not_ignored "cannot look up user alice: "
	equal 2001 "$(id -u alice)"
}
test_case 'unavailable to freshtoken-pam only, with any error' \
	unavailable_to_freshtoken_pam

it_says_nothing_of_cause() {
	source_of_users "UNAVAIL=return" freshtoken-pam 0 -1 0
	not_ignored "the user is known to test and unknown to freshtoken-pam"
	source_of_users "NOTFOUND=return" freshtoken-pam 2 0 -1
	not_ignored "the user is known to test and unknown to freshtoken-pam"
}
test_case 'it has no error, or says "no such user", and the host has the user' \
	it_says_nothing_of_cause

host_does_not_know_her() {
	source_of_users "NOTFOUND=return" play 2 0 -1
	stack test "account required FT account=work unmapped=ignore" \
		"account required pam_permit.so"
	check alice SERVICE_ERR "$broken"
	logged "user alice: the user is unknown to test and known to freshtoken-pam"
}
test_case 'the host does not have the user, and freshtoken-pam does' host_does_not_know_her

neither_does() {
	source_of_users "NOTFOUND=return" "*" 2 0 -1
	stack test "account required FT account=work unmapped=ignore" \
		"account required pam_permit.so"
	check alice SERVICE_ERR "$broken"
	logged "user alice: the user is in $CONF/users, and there is no such user on this host"
	stack test "account required FT account=work" "account required pam_permit.so"
	check zoe PERM_DENIED "error freshtoken: no user of * is mapped to you*"
	source_of_users "UNAVAIL=return" nothing 0 0 0
	check alice PERM_DENIED "error freshtoken: your sign-in *"
}
test_case 'neither does: a mapped user is still checked' neither_does

two_names_of_one_uid() {
	cp "$T/etc/passwd" passwd
	printf "alicia:x:2001:2001::%s:/bin/bash\n" "$T/homes/alicia" >>"$T/etc/passwd"
	mkdir -m 700 "$T/homes/alicia"
	chown alice "$T/homes/alicia"
	printf "alice alice\nalicia alicia\n" >"$CONF/users"
	one account=work
	sign_in alice
	check alice SUCCESS
	cp "$(seen alice)" before
	check alicia PERM_DENIED "error freshtoken: you have not signed in *"
	cmp before "$(seen alice)"
	check alice SUCCESS
	# Who is refused does not take the other one with him.
	mkdir -p "$T/homes/alicia/.local/state"
	cp -a "$T/homes/alice/.local/state/freshtoken" "$T/homes/alicia/.local/state/"
	chown -R alice "$T/homes/alicia"
	check alicia PERM_DENIED "error freshtoken: * does not say that the stored sign-in is yours; *"
	cmp before "$(seen alice)"
	check alice SUCCESS
	cat passwd >"$T/etc/passwd"
}
test_case 'two names of one uid do not share root'\''s results' two_names_of_one_uid

folders_of_system_missing() {
	rm -rf "$ROOT$FT_LOCALSTATE"
	configure_pam server="$TS/work"
	sign_in alice
	(umask 077; check alice SUCCESS)
	equal 700 "$(stat -c %a "$SEEN")"
	for folder in "$ROOT$FT_LOCALSTATE" "$ROOT$FT_LOCALSTATE/lib"; do
		equal "755 0" "$(stat -c "%a %u" "$folder")"
	done
	# What is below a home stays private.
	equal "700 2001" "$(stat -c "%a %u" "$T/homes/alice/.local/state/freshtoken")"
}
test_case 'missing system folders are created so that all users can pass through them' \
	folders_of_system_missing
test_done

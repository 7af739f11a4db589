#!/bin/bash
# SPDX-License-Identifier: MIT
# seal=password: a login unlocks the key of sealed records and puts it into the kernel's keyring.
# The real su, sudo, passwd and sshd; expect plays the person.
. "${FT_SRCDIR:?run me with make check}/tests/pam/world.sh"
need su sudo ssh sshd ssh-keygen expect pamtester passwd chpasswd pkill perl
. "$FT_SRCDIR/tests/harness/sealing.sh"
. "$FT_SRCDIR/tests/pam/programs.sh"
sealing_or_skip
start_token_service
ts create work user=alice >/dev/null
configure_pam server="$TS/work"
printf '[store]\nseal = keyring\nseal_keep = 10m\n' >>"$CONF/freshtoken.conf"
printf '%s\n' 'Defaults timestamp_timeout=0, passwd_tries=1, !lecture' 'alice ALL=(ALL:ALL) ALL' \
	>"$T/etc/sudoers"
chmod 440 "$T/etc/sudoers"

# pam_unix renames what it changes, which no mounted file allows.
whole_etc() {
	cp -a /etc "$T/whole"
	mount --bind "$T/whole" /etc
	cp "$T/etc/sudoers" /etc/sudoers
}
whole_etc
for name in su su-l sudo sshd passwd pamtester; do
	pam_stack "$name" "auth sufficient pam_rootok.so" "auth requisite pam_unix.so" \
		"auth optional FT seal=password debug wait=20s" "account required pam_unix.so" \
		"session optional pam_keyinit.so force revoke" "session required pam_permit.so" \
		"password requisite pam_unix.so sha512" "password optional FT seal=password"
done
sed -i /pam_rootok/d /etc/pam.d/sshd /etc/pam.d/pamtester
pam_stack chpasswd "password required pam_unix.so sha512"
pam_stack other "auth required pam_deny.so" "account required pam_deny.so" \
	"session required pam_deny.so" "password required pam_deny.so"
PASSWORD=unix
FT_HERE=$ROOT${FT_BIN#"$FT_STAGE"}/freshtoken

at_exit unkey_all
# su_to USER [COMMAND] - from carol, with $PASSWORD; what was said is in "said"
su_to() {
	become carol
	drive said "${AS[@]}" su "$1" -c "${2:-id -u}" <<-END
		want {Password: }
		tell "$PASSWORD"
		finish
	END
}

first_login_makes_it() {
	local file

	must_fail key_of alice
	su_to alice
	contains 2001 said
	file=$(state_of alice)/~seal.key
	equal '600 2001 104' "$(stat -c '%a %u %s' "$file")"
	equal 64 "$(key_of alice | wc -c)"
	key_of alice >seal-key
	# It is closed: nothing of it is in the file.
	od -An -v -tx1 "$file" | tr -d ' \n' >digits
	lacks "$(cat seal-key)" digits
	logged 'user alice: the key of sealed sign-ins is locked with this password'
	sign_in alice
	is_sealed "$(record alice)"
	equal "$(cat seal-key)" "$(key_of alice)"
}
test_case 'the first login with a password creates the key, and records are sealed with it' \
	first_login_makes_it

nothing_is_lost_without() {
	unkey alice
	cp "$(record alice)" before
	expect_status 5 as alice freshtoken token work 2>err
	contains 'keyring: there is none' err
	contains 'log in with your password' err
	contains '~seal.key' err
	printf 'protocol=https\nhost=git.example.com\n\n' |
		as alice git-credential-freshtoken get >out 2>err
	same_text quit=1 out
	contains 'log in with your password' err
	# Nor is another one made.
	expect_status 5 as alice freshtoken login work --token <.token.alice 2>err
	must_fail key_of alice
	cmp before "$(record alice)"
	as alice freshtoken doctor >out 2>&1 || :
	contains 'log in with your password' out
}
test_case 'after a reboot nothing is lost and no other key is created; a message says what to do' \
	nothing_is_lost_without

wrong_password() {
	cp "$(state_of alice)/~seal.key" before
	PASSWORD=wrong turned_away said "${AS[@]}" su alice -c id <<-END
		want {Password: }
		tell wrong
		finish
	END
	must_fail key_of alice
	cmp before "$(state_of alice)/~seal.key"
}
become carol
test_case 'a wrong password unlocks nothing, and changes nothing' wrong_password

login_opens_it() {
	su_to alice "$FT_HERE token work"
	equal "$(cat seal-key)" "$(key_of alice)"
	as alice freshtoken token work >token
	grep -qF "$(cat token)" said
	cmp before "$(state_of alice)/~seal.key"
	# For its time.
	as alice keyctl timeout "$(as alice keyctl search @u user \
		"freshtoken:$(state_of alice)")" 5000
	su_to alice
	as alice cat /proc/keys >held
	grep "^$(printf %08x "$(as alice keyctl search @u user \
		"freshtoken:$(state_of alice)")") .* [0-9]*m " held
}
test_case 'a login with the password unlocks it again, for its time' login_opens_it

two_users() {
	su_to bob
	equal 64 "$(key_of bob | wc -c)"
	must_fail equal "$(key_of alice)" "$(key_of bob)"
	# bob in a shell that alice's session keyring was left to, and alice herself, get no other's.
	as alice keyctl session - sh -c 'keyctl link @u @s; exec "$@"' sh \
		setpriv --no-new-privs true
	keyctl session - sh -c "
		id=\$(setpriv --reuid 2001 keyctl search @u user 'freshtoken:$(state_of alice)')
		setpriv --reuid 2001 keyctl link @u @s 2>/dev/null
		setpriv --reuid 2002 --regid 2002 --clear-groups keyctl pipe \$id" >stolen 2>err ||
		:
	empty stolen
	as alice sh -c 'keyctl search @u user "$1"' sh "freshtoken:$(state_of bob)" \
		>stolen 2>err || :
	empty stolen
}
test_case 'two users have two keys, and neither gets the other'\''s' two_users

sudo_is_the_callers() {
	unkey alice bob
	become alice
	drive said "${AS[@]}" sudo -u bob id -u <<-END
		want {password for alice: }
		tell unix
		finish
	END
	contains 2002 said
	equal "$(cat seal-key)" "$(key_of alice)"
	must_fail key_of bob
	# With nothing to open, nobody else's gets what was typed.
	rm "$(state_of bob)/~seal.key" "$(state_of alice)/~seal.key"
	unkey alice
	drive said "${AS[@]}" sudo -u bob id -u <<-END
		want {password for alice: }
		tell unix
		finish
	END
	[ ! -e "$(state_of bob)/~seal.key" ]
	cp -p before "$(state_of alice)/~seal.key"
	chown alice:alice "$(state_of alice)/~seal.key"
}
test_case "sudo: the caller's key, never the target's" sudo_is_the_callers

root_has_none() {
	become carol
	drive said "${AS[@]}" su root -c id <<-END
		want {Password: }
		tell unix
		finish
	END
	contains uid=0 said
	[ ! -e "$T/homes/root/.local" ]
}
test_case 'root has none' root_has_none

# change USER OLD NEW - by passwd, as the user
change() {
	become "$1"
	drive said "${AS[@]}" passwd <<-END
		want {urrent password: }
		tell "$2"
		want {ew password: }
		tell "$3"
		want {ew password: }
		tell "$3"
		finish
	END
}

passwd_closes_it_anew() {
	chmod u+s /usr/bin/passwd 2>/dev/null || :
	su_to alice
	change alice unix 'horse battery 1'
	logged 'user alice: the key of sealed sign-ins is locked with the new password'
	must_fail cmp -s before "$(state_of alice)/~seal.key"
	unkey alice
	PASSWORD='horse battery 1' su_to alice
	equal "$(cat seal-key)" "$(key_of alice)"
	lacks 'horse battery' "$T/log"
}
test_case 'passwd locks it with the new password' passwd_closes_it_anew

root_changes_it() {
	echo 'alice:staple 2' | chpasswd
	# While the key is in use, it is closed with what somebody has logged in with.
	PASSWORD='staple 2' su_to alice
	lacks 'does not open' said
	unkey alice
	PASSWORD='staple 2' su_to alice
	equal "$(cat seal-key)" "$(key_of alice)"
	# After a start it cannot be.
	echo 'alice:staple 3' | chpasswd
	unkey alice
	cp "$(state_of alice)/~seal.key" before
	PASSWORD='staple 3' su_to alice
	contains 2001 said
	contains 'this password does not unlock their key' said
	must_fail key_of alice
	cmp before "$(state_of alice)/~seal.key"
	logged 'the password does not unlock it'
	expect_status 5 as alice freshtoken token work 2>err
	contains 'remove that file and sign in again' err
	# Who still knows the old one has lost nothing.
	echo 'alice:staple 2' | chpasswd
	PASSWORD='staple 2' su_to alice
	equal "$(cat seal-key)" "$(key_of alice)"
	echo 'alice:unix' | chpasswd
	su_to alice
}
test_case 'changed by root: locked again while it is in use; otherwise reported, and the login works' \
	root_changes_it

# hostile COMMAND - what is done to her file; in she comes, in time, and without a key
hostile() {
	local file

	unkey alice
	file=$(state_of alice)/~seal.key
	as alice sh -c "cd '${file%/*}' && cp ~seal.key kept && { $1; }"
	su_to alice
	contains 2001 said
	must_fail key_of alice
	as alice sh -c "cd '${file%/*}' && rm -rf ~seal.key && mv kept ~seal.key"
}

hostile_files() {
	# 4 TiB of memory, 2^32 - 1 rounds; test-box has more of what may be in it.
	hostile 'printf "\377\377\377\377" | dd of=~seal.key bs=1 seek=12 conv=notrunc'
	logged 'the costs that it names'
	hostile 'printf "\377\377\377\377" | dd of=~seal.key bs=1 seek=8 conv=notrunc'
	hostile 'rm ~seal.key; mkfifo -m 600 ~seal.key'
	hostile 'rm ~seal.key; mkdir ~seal.key'
	hostile 'rm ~seal.key; ln -s /etc/shadow ~seal.key'
	hostile 'head -c 100000000 /dev/zero >~seal.key'
	hostile 'chmod 644 ~seal.key'
	su_to alice
	equal "$(cat seal-key)" "$(key_of alice)"
}
test_case 'whatever is in that file: she can log in' hostile_files

frozen() {
	local began=$SECONDS

	unkey alice
	sed -i 's/wait=20s/wait=2s/' /etc/pam.d/su
	# Her own process may be stopped by her; root does not wait for it.
	as alice sh -c 'while :; do pkill -STOP -x freshtoken-pam; done' >frozen 2>&1 &
	su_to alice
	stop_pid "$!"
	contains 2001 said
	[ $((SECONDS - began)) -lt 60 ]
	logged "the user's store does not answer"
	sed -i 's/wait=2s/wait=20s/' /etc/pam.d/su
	eventually 20 must_fail pgrep -u alice freshtoken-pam
}
test_case 'a process that she has stopped is not waited for' frozen

# stopped USER - a process of freshtoken-pam's that is the user's stands still
stopped() {
	pgrep -r T -x -u "$1" freshtoken-pam >standing
}
others_frozen() {
	local stopping bob

	unkey alice bob
	sed -i 's/wait=20s/wait=90s/' /etc/pam.d/su
	as bob sh -c 'while :; do pkill -STOP -x freshtoken-pam; done' >frozen 2>&1 &
	stopping=$!
	mkdir his
	(cd his && su_to bob) >his.out 2>&1 &
	bob=$!
	eventually 60 stopped bob
	su_to alice
	contains 2001 said
	equal "$(cat seal-key)" "$(key_of alice)"
	# He still waits for himself.
	stopped bob
	kill -0 "$bob"
	stop_pid "$stopping"
	as bob pkill -KILL -x freshtoken-pam
	wait "$bob"
	unkey alice
	sed -i 's/wait=90s/wait=20s/' /etc/pam.d/su
}
test_case 'a process that bob has stopped does not block others' others_frozen

broken_configuration() {
	cp "$CONF/freshtoken.conf" kept.conf
	echo 'nonsense' >>"$CONF/freshtoken.conf"
	su_to alice
	contains 2001 said
	must_fail key_of alice
	logged 'the key of sealed sign-ins: '
	cp kept.conf "$CONF/freshtoken.conf"
	pam_stack pamtester "auth required pam_unix.so" "auth optional FT seal=tpm" \
		"account required pam_permit.so"
	drive said pamtester pamtester alice authenticate 'setcred(PAM_ESTABLISH_CRED)' <<-END
		want {Password: }
		tell unix
		finish
	END
	logged 'seal: expected password or systemd-creds'
	# A line that is alone lets nobody in.
	pam_stack pamtester "auth required FT seal=password" "account required pam_permit.so"
	expect_status 1 pamtester pamtester alice authenticate </dev/null 2>err
}
test_case 'a broken configuration does not prevent logins, and the line alone lets nobody in' \
	broken_configuration

# by_password USER COMMAND [OPTION…] - ssh that types the password
by_password() {
	local user=$1 command=$2

	shift 2
	drive said ssh -F "$T/ssh_config" -o PubkeyAuthentication=no "$@" -l "$user" there \
		"$command" <<-END
			want {assword: }
			tell "unix"
			finish
		END
}

start_sshd 'PasswordAuthentication yes' 'KbdInteractiveAuthentication yes'
over_ssh() {
	unkey alice
	# A key brings no password. The session is there, and says what is missing.
	expect_status 5 ssh_as alice "$FT_HERE token work" >out 2>err
	contains 'log in with your password' err
	must_fail key_of alice
	by_password alice "$FT_HERE token work >/dev/null && echo in" \
		-o PreferredAuthentications=password
	contains in said
	equal "$(cat seal-key)" "$(key_of alice)"
	unkey alice
	# There it is another process that asks for the password.
	by_password alice "$FT_HERE token work >/dev/null && echo in" \
		-o PreferredAuthentications=keyboard-interactive
	contains in said
	equal "$(cat seal-key)" "$(key_of alice)"
	# The first login of all.
	unkey bob
	rm -rf "$(state_of bob)"
	by_password bob 'id -u' -o PreferredAuthentications=password
	equal 64 "$(key_of bob | wc -c)"
	[ -s "$(state_of bob)/~seal.key" ]
}
test_case 'over ssh: with a key, a password, and keyboard-interactive' over_ssh

crowd() {
	unkey alice
	: >"$T/log"
	for _ in 1 2 3 4 5 6; do
		(by_password alice 'echo in' -o PreferredAuthentications=password) &
	done
	wait
	equal "$(cat seal-key)" "$(key_of alice)"
	lacks 'is not unlocked' "$T/log"
}
test_case 'many logins' crowd

# bytes_of FILE - those whose hexadecimal digits are there
bytes_of() {
	perl -0777 -ne 'print pack "H*", $_' "$1"
}
# watched FILE COMMAND… - what freshtoken-pam frees meanwhile does not have its bytes
watched() {
	cp "$1" secret
	rm -f marks/mark
	"${@:2}"
	[ ! -e marks/mark ] || complain "memory that it frees has the $1"
}
nothing_is_left() {
	local long='correct horse battery staple'

	printf %s "$long" >password
	bytes_of seal-key >bytes
	equal 32 "$(wc -c <bytes)"
	mkdir -m 1777 marks
	mv "$HELPER" "$HELPER.real"
	cat >"$HELPER" <<-END
		#!/bin/bash
		export LD_PRELOAD=$FT_BUILDDIR/tests/harness/freed.so FT_FREED="$T/secret $T/marks/mark"
		exec -a "\$0" "$HELPER.real" "\$@"
	END
	chmod 755 "$HELPER"
	watched password change alice unix "$long"
	logged 'is locked with the new password'
	unkey alice
	PASSWORD=$long watched password su_to alice
	equal "$(cat seal-key)" "$(key_of alice)"
	unkey alice
	PASSWORD=$long watched bytes su_to alice
	# What is not wiped, it finds.
	printf %s "$(state_of alice)" >secret
	PASSWORD=$long su_to alice
	[ -e marks/mark ]
	echo 'alice:unix' | chpasswd
	su_to alice
	mv "$HELPER.real" "$HELPER"
}
if grep -q '^#define FT_SANITIZED' "$FT_BUILDDIR/config.h"; then
	test_skip 'freed memory contains no password and no key' "malloc is the sanitizers'"
else
	native_case 'freed memory contains no password and no key' nothing_is_left
fi

# Its secret is a file of the machine's.
mkdir -p "$T/systemd" /var/lib/systemd
mount --bind "$T/systemd" /var/lib/systemd
machine_closes() {
	echo x | systemd-creds encrypt --name=x - - >closed 2>err
}
by_machine() {
	local kept=$SEEN/~seal~2002~bob.key

	pam_stack sshd "auth required pam_unix.so" "account required pam_unix.so" \
		"account optional FT seal=systemd-creds debug wait=20s" \
		"session optional FT seal=systemd-creds wait=20s" "session required pam_permit.so"
	unkey bob
	rm -rf "$(state_of bob)"
	# With an ssh key, for which nobody types anything.
	ssh_as bob true
	key_of bob >bobs
	equal 64 "$(wc -c <bobs)"
	equal '600 0' "$(stat -c '%a %u' "$kept")"
	lacks "$(cat bobs)" <(od -An -v -tx1 "$kept" | tr -d ' \n')
	lacks "$(bytes_of bobs | base64 -w 0)" "$kept"
	unkey bob
	# It waits for him, and no other one is made.
	ts create other user=bob >/dev/null
	expect_status 5 as bob freshtoken login work --token <.token.alice 2>err
	ssh_as bob true
	equal "$(cat bobs)" "$(key_of bob)"
	# He has begun anew: what he uses is what is kept from here on.
	unkey bob
	as bob rm "$(state_of bob)/~seal.key"
	as bob sh -c 'head -c 32 /dev/urandom | keyctl padd user "$1" @u' sh \
		"freshtoken:$(state_of bob)" >id
	key_of bob >bobs
	ssh_as bob true
	unkey bob
	ssh_as bob true
	equal "$(cat bobs)" "$(key_of bob)"
	# Another user's, and one that is damaged, do not open.
	unkey bob
	ssh_as alice true
	cp -p "$kept" kept
	cp -p "$SEEN/~seal~2001~alice.key" "$kept"
	ssh_as bob true
	must_fail key_of bob
	logged 'systemd-creds decrypt fails'
	echo nonsense >"$kept"
	ssh_as bob true
	must_fail key_of bob
	cp -p kept "$kept"
	ssh_as bob true
	equal "$(cat bobs)" "$(key_of bob)"
}
if machine_closes; then
	test_case 'systemd-creds: a login with an ssh key gets the key, too' by_machine
else
	test_skip 'systemd-creds: a login with an ssh key gets the key, too' \
		"systemd-creds does not close anything here: $(tail -n 1 err)"
fi
test_done

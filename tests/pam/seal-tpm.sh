#!/bin/bash
# SPDX-License-Identifier: MIT
# seal=systemd-creds with a TPM: the real systemd-creds and a software TPM (swtpm), which is
# unchanged, stopped, removed or cleared at the time of the login.
. "${FT_SRCDIR:?run me with make check}/tests/pam/world.sh"
need swtpm pamtester /usr/bin/systemd-creds
. "$FT_SRCDIR/tests/harness/sealing.sh"
. "$FT_SRCDIR/tests/pam/programs.sh"
sealing_or_skip
start_token_service
ts create work user=alice >/dev/null
configure_pam server="$TS/work"
printf '[store]\nseal = keyring\nseal_keep = 10m\n' >>"$CONF/freshtoken.conf"
at_exit unkey_all

# What bootstrap has unpacked for it, where it is not installed.
mkdir libraries
ln -s "${unpacked%/*}"/whole/usr/lib/*/libtss2-* libraries 2>/dev/null || :
# Whoever talks to it takes the port after the first one for its control.
port=$(free_port)
device=swtpm:host=127.0.0.1,port=$port

# tpm - a TPM, until end_tpm or the end of the case; it is the same one as long as "made" is there.
# One whose power goes too often without a word locks itself: each begins as the first one ended.
tpm() {
	rm -rf "$T/tpm"
	mkdir "$T/tpm"
	[ ! -d made ] || cp -a made/. tpm
	swtpm socket --tpm2 --tpmstate "dir=$T/tpm" --flags not-need-init,startup-clear \
		--server "type=tcp,port=$port,bindaddr=127.0.0.1" \
		--ctrl "type=tcp,port=$((port + 1)),bindaddr=127.0.0.1" >tpm.out 2>&1 &
	echo $! >tpm.pid
	eventually 30 answers_or_gone
	runs
}
runs() {
	kill -0 "$(cat tpm.pid)" 2>/dev/null
}
end_tpm() {
	kill -CONT "$(cat tpm.pid)" 2>/dev/null || :
	stop_pid "$(cat tpm.pid)"
}
# Its name is not asked for: systemd-creds looks for a device by itself, and here finds none.
cp /usr/bin/systemd-creds creds
cat >with-tpm <<-END
	#!/bin/sh
	verb=\$1
	shift
	[ "\$verb" = decrypt ] || set -- --with-key=tpm2 "\$@"
	LD_LIBRARY_PATH=$T/libraries exec $T/creds "\$verb" --tpm2-device=$device "\$@"
END
chmod 755 with-tpm creds
answers() {
	echo x | "$T/with-tpm" encrypt --name=x - - >locked 2>err
}
answers_or_gone() {
	answers || ! runs
}
tpm || skip_all "systemd-creds does not lock with this TPM: $(tail -n 1 tpm.out err | tr '\n' ' ')"
end_tpm
cp -a tpm made
mount --bind with-tpm /usr/bin/systemd-creds

pam_stack login "account required pam_permit.so" "account optional FT seal=systemd-creds wait=20s" \
	"session optional FT seal=systemd-creds debug wait=20s" "session required pam_permit.so"
kept=$SEEN/~seal~2001~alice.key
comes_in() {
	pamtester login alice acct_mgmt open_session close_session >out 2>&1 || { cat out; false; }
}

opens_it() {
	tpm
	comes_in
	key_of alice >hers
	equal 64 "$(wc -c <hers)"
	equal '600 0' "$(stat -c '%a %u' "$kept")"
	lacks "$(cat hers)" <(od -An -v -tx1 "$kept" | tr -d ' \n')
	sign_in alice
	is_sealed "$(record alice)"
	unkey alice
	expect_status 5 as alice freshtoken token work 2>err
	comes_in
	equal "$(cat hers)" "$(key_of alice)"
	as alice freshtoken token work >token
}
test_case 'the TPM locks the key, and unlocks it at the next login' opens_it

after_start() {
	tpm
	unkey alice
	comes_in
	equal "$(cat hers)" "$(key_of alice)"
}
test_case 'after a reboot, too' after_start

# left_without TEXT - she comes in, without the key, and nothing is lost; the log says it
left_without() {
	cp -p "$kept" before
	unkey alice
	: >"$T/log"
	comes_in
	must_fail key_of alice
	logged "$1"
	cmp before "$kept"
	expect_status 5 as alice freshtoken token work 2>err
	contains '~seal.key' err
}

no_tpm() {
	tpm
	sed -i 's/wait=20s/wait=2s/' /etc/pam.d/login
	kill -STOP "$(cat tpm.pid)"
	left_without 'systemd-creds decrypt does not end in time'
	end_tpm
	left_without 'systemd-creds decrypt fails'
	sed -i 's/wait=2s/wait=20s/' /etc/pam.d/login
	tpm
	comes_in
	equal "$(cat hers)" "$(key_of alice)"
}
test_case 'one that does not answer, or is missing, prevents no login and loses nothing' no_tpm

cleared() {
	rm -r made
	tpm
	left_without 'systemd-creds decrypt fails'
	# What the manual says then.
	rm "$kept"
	as alice rm "$(state_of alice)/~seal.key"
	comes_in
	must_fail equal "$(cat hers)" "$(key_of alice)"
	sign_in alice
	unkey alice
	comes_in
	as alice freshtoken token work >token
}
test_case "another machine's TPM, or a cleared one, does not unlock it; the manual's steps help" \
	cleared
test_done

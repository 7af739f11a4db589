# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# sealing.sh - the key of sealed records, in the real keyring of the kernel; sourced after tap.sh

# can_seal - succeeds, or why_not has the reason why this build or machine cannot seal
can_seal() {
	why_not=
	if ! grep -q '^#define HAVE_SODIUM 1' "$FT_BUILDDIR/config.h"; then
		why_not='this build is without libsodium'
	elif ! command -v keyctl >/dev/null; then
		why_not='no keyctl on this machine'
	elif ! keyctl show @u >session-keys 2>&1; then
		why_not="keyctl(2) is not allowed here: $(tail -n 1 session-keys)"
	else
		at_exit forget_key
	fi
	[ -z "$why_not" ]
}

sealing_or_skip() {
	can_seal || skip_all "$why_not"
}

# key_name - what the key of this test's state folder is called there
key_name() {
	printf 'freshtoken:%s/freshtoken\n' "$XDG_STATE_HOME"
}

# key_id - its number; fails where there is none
key_id() {
	keyctl search @u user "$(key_name)"
}

forget_key() {
	local id

	id=$(key_id 2>/dev/null) && keyctl unlink "$id" @u 2>/dev/null
	return 0
}

# is_sealed FILE, is_clear FILE
is_sealed() {
	[ "$(head -c 5 "$1" | tr -cd 'FTSL')" = FTSL ] || complain "$1 is not sealed"
}

is_clear() {
	[ "$(head -c 5 "$1" | tr -cd 'FTSL')" != FTSL ] || complain "$1 is sealed"
}

# is_complete FILE - no zeros are left of the room that was made for it
is_complete() {
	[ -s "$1" ] && [ "$(tail -c 16 "$1" | tr -d '\0' | wc -c)" -gt 0 ]
}

# line TEXT - the seal line of the user's file, in the place of one that is there
line() {
	local conf=$XDG_CONFIG_HOME/freshtoken/freshtoken.conf

	mkdir -p "${conf%/*}"
	{ printf '[store]\nseal = %s\nseal_keep = 10m\n' "$1"; sed '/^.store/,/^seal_keep/d' "$conf" \
		2>/dev/null || :; } >conf.new
	cp conf.new "$conf"
}

# session_bus - a bus of the test's own, which starts nothing by itself
session_bus() {
	local address

	# In an address any byte may be written so, and of a folder's name some must be.
	address=unix:path=$(printf %s "$XDG_RUNTIME_DIR/bus" | od -An -v -tx1 | tr -d '\n' | tr ' ' %)
	chmod 700 "$XDG_RUNTIME_DIR"
	cat >bus.conf <<-END
		<busconfig>
		<type>session</type>
		<listen>$address</listen>
		<policy context="default">
		<allow send_destination="*" eavesdrop="true"/>
		<allow eavesdrop="true"/>
		<allow own="*"/>
		</policy>
		</busconfig>
	END
	dbus-daemon --config-file=bus.conf --fork --print-pid=3 3>bus.pid 2>bus.err ||
		give_up "no session bus: $(tail -n 1 bus.err)"
	at_exit end_bus
	export DBUS_SESSION_BUS_ADDRESS=$address
}

end_bus() {
	kill "$(cat bus.pid)" 2>/dev/null || :
}

# one_planted_account - work, with a good token, which token() has git ask for; with conversation.sh
one_planted_account() {
	configure <<-END
		[account work]
		server = https://work.sso.example.com
		match = git.example.com
	END
	plant work 36000
	printf 'protocol=https\nhost=git.example.com\n\n' >request
}
token() {
	git-credential-freshtoken get <request 2>err | sed -n 's/^password=//p'
}

# --- of the users of tests/pam/world.sh ------------------------------------------------------

state_of() {
	printf '%s\n' "$T/homes/$1/.local/state/freshtoken"
}
# key_of USER - in the keyring, as hexadecimal digits; fails where there is none
key_of() {
	local id

	id=$(as "$1" keyctl search @u user "freshtoken:$(state_of "$1")" 2>/dev/null) &&
		as "$1" keyctl pipe "$id" | od -An -v -tx1 | tr -d ' \n'
}
# unkey USER… - as after a start of the machine
unkey() {
	local user

	for user; do
		as "$user" sh -c 'id=$(keyctl search @u user "$1") && keyctl unlink "$id" @u' sh \
			"freshtoken:$(state_of "$user")" >unkeyed 2>&1 || :
	done
}
unkey_all() {
	unkey alice bob carol
}

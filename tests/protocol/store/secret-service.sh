#!/bin/bash
# SPDX-License-Identifier: MIT
# The key in a desktop's Secret Service: a real gnome-keyring on its own session bus: unlocked,
# locked, stopped and absent.
. "${FT_SRCDIR:?run me with make check}/tests/harness/tap.sh"
. "$FT_SRCDIR/tests/harness/conversation.sh"
. "$FT_SRCDIR/tests/harness/sealing.sh"
need dbus-daemon gnome-keyring-daemon pgrep
sealing_or_skip
[ -n "$(find "$FT_STAGE" -name seal-secret-service.so)" ] ||
	skip_all 'this build is without libsecret'
export XDG_DATA_HOME=$HOME/.local/share

# keyring [OPTION] - the service, until end_keyring
keyring() {
	printf 'password of the login' | gnome-keyring-daemon --foreground --components=secrets \
		"$@" >daemon.out 2>daemon.err &
	daemon=$!
}
end_keyring() {
	kill -CONT "$daemon" 2>/dev/null || :
	kill "$daemon" 2>/dev/null || :
	wait "$daemon" 2>/dev/null || :
}
asked() {
	"$FT_LIBEXEC/freshtoken-seal" get secret-service >answer && head -c 1 answer
}
is_there() {	# DIGIT
	[ "$(asked)" = "$1" ]
}

one_planted_account

line 'keyring secret-service'
without_bus() {
	expect_status 1 freshtoken seal 2>err
	contains 'secret-service: there is no session bus' err
	contains 'take secret-service out of the seal line' err
	# What is in clear is handed out all the same.
	equal access-work-7 "$(token)"
	is_clear "$STATE/work.json"
	must_fail key_id
}
test_case 'without a bus no key is created, and a message says what to do' without_bus

session_bus
nobody_there() {
	is_there 2
	contains 'nobody answers on the session bus' answer
}
test_case 'no service on the bus' nobody_there

keyring --unlock
at_exit end_keyring
eventually 30 is_there 1 || give_up 'gnome-keyring does not start'
key_is_kept() {
	freshtoken seal 2>err
	contains 'account work: sealed now' err
	is_there 0
	is_sealed "$STATE/work.json"
	equal access-work-7 "$(token)"
	# The keyring has it too, so that nobody waits for D-Bus.
	same <(tail -c 32 answer) <(keyctl pipe "$(key_id)")
	forget_key
	equal access-work-7 "$(token)"
	key_id
	freshtoken doctor >out || :
	contains 'which keyring has' out
}
test_case 'unlocked: the key is created there, and found again' key_is_kept

# seals VERB - freshtoken-seal, which frees no memory that has the key
seals() {
	rm -f mark
	LD_PRELOAD=$FT_BUILDDIR/tests/harness/freed.so FT_FREED="key mark" \
		"$FT_LIBEXEC/freshtoken-seal" "$1" secret-service <key >answer
	equal 0 "$(head -c 1 answer)"
	cmp <(tail -c 32 answer) key
	[ ! -e mark ] || complain 'freed memory has the key'
}
nothing_is_left() {
	is_there 0
	tail -c 32 answer >key
	seals get
	seals create
	# Nor does the program that asks.
	for way in --remove ''; do
		forget_key
		LD_PRELOAD=$FT_BUILDDIR/tests/harness/freed.so FT_FREED="key mark" \
			freshtoken seal ${way:+"$way"} 2>err
		[ ! -e mark ]
	done
	is_sealed "$STATE/work.json"
	"$FT_LIBEXEC/freshtoken-seal" forget secret-service >answer
	seals create
	# It finds what is there.
	LD_PRELOAD=$FT_BUILDDIR/tests/harness/freed.so FT_FREED="request mark" bash -c \
		'x=$(cat request)$(cat request); unset x'
	[ -e mark ]
}
if grep -q '^#define FT_SANITIZED' "$FT_BUILDDIR/config.h"; then
	test_skip 'freed memory contains no key' "malloc is the sanitizers'"
else
	native_case 'freed memory contains no key' nothing_is_left
fi

# It keeps working, and git has its answer in time.
stopped() {
	kill -STOP "$daemon"
	equal access-work-7 "$(token)"
	forget_key
	equal '' "$(token)"
	contains 'secret-service: it did not answer within 5 seconds' err
	kill -CONT "$daemon"
	equal access-work-7 "$(token)"
}
test_case 'stopped: the keyring has the key; without it there is no wait' stopped

end_keyring
keyring
eventually 30 is_there 2
is_locked() {
	equal access-work-7 "$(token)"
	forget_key
	equal '' "$(token)"
	contains 'secret-service: it is locked; unlock it' err
	expect_status 5 freshtoken token work 2>err
	# Not lost: nothing was set aside, no other key made.
	equal '' "$(find "$STATE" -name '*damaged*')"
	must_fail key_id
}
test_case 'locked: unavailable, with what to do, and without a prompt' is_locked

end_keyring
keyring --unlock
eventually 30 is_there 0
unlocked_again() {
	equal access-work-7 "$(token)"
	freshtoken seal --remove 2>err
	is_clear "$STATE/work.json"
	equal access-work-7 "$(token)"
	"$FT_LIBEXEC/freshtoken-seal" forget secret-service >answer
	is_there 1
}
test_case 'unlocked again: nothing was lost; and back to clear' unlocked_again

# Programs with different state folders have no lock in common.
many_at_once() {
	local i pids=()

	for ((i = 0; i < 12; i++)); do
		head -c 32 /dev/urandom >"new.$i"
		"$FT_LIBEXEC/freshtoken-seal" create secret-service <"new.$i" >"made.$i" &
		pids[i]=$!
	done
	wait "${pids[@]}"
	is_there 0
	for ((i = 0; i < 12; i++)); do
		cmp answer "made.$i"
	done
	"$FT_LIBEXEC/freshtoken-seal" forget secret-service >answer
	is_there 1
}
test_case '12 programs that make the first key at once get the same one' many_at_once
test_done

#!/bin/bash
# SPDX-License-Identifier: MIT
# The key in the Secret Service of a real KeePassXC without visible windows: unlocked, locked, and
# without a database.
. "${FT_SRCDIR:?run me with make check}/tests/harness/tap.sh"
. "$FT_SRCDIR/tests/harness/conversation.sh"
. "$FT_SRCDIR/tests/harness/sealing.sh"
need dbus-daemon keepassxc keepassxc-cli
sealing_or_skip
[ -n "$(find "$FT_STAGE" -name seal-secret-service.so)" ] ||
	skip_all 'this build is without libsecret'
export QT_QPA_PLATFORM=offscreen
keepassxc-cli --version >version 2>&1 || skip_all "keepassxc does not run: $(tail -n 1 version)"
session_bus

# Which group it shows to others is no option of its command line.
cat >base.xml <<'END'
<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<KeePassFile><Meta><Generator>KeePassXC</Generator><CustomData><Item>
<Key>FDO_SECRETS_EXPOSED_GROUP</Key><Value>{00112233-4455-6677-8899-aabbccddeeff}</Value>
</Item></CustomData></Meta><Root><Group><UUID>ABEiM0RVZneImaq7zN3u/w==</UUID><Name>Root</Name>
</Group><DeletedObjects/></Root></KeePassFile>
END
printf 'opens it\nopens it\n' | keepassxc-cli import -p -t 100 base.xml base.kdbx >made 2>&1 ||
	give_up "keepassxc makes no database: $(tail -n 1 made)"

# vault [OPTION…] - the service, until end_vault; what it is told is on standard input
vault() {
	# Its window stays hidden: 2.7.10 crashes where it is shown without a screen.
	printf '%s\n' '[General]' 'UpdateCheckMessageShown=true' '[GUI]' 'CheckForUpdates=false' \
		'MinimizeOnStartup=true' 'ShowTrayIcon=true' 'MinimizeToTray=true' \
		'[FdoSecrets]' 'Enabled=true' 'ShowNotification=false' 'ConfirmAccessItem=false' \
		'ConfirmDeleteItem=false' >keepassxc.ini
	keepassxc --config keepassxc.ini --localconfig local.ini "$@" <&0 >keepassxc.out 2>&1 &
	vault=$!
}
end_vault() {
	kill "$vault" 2>/dev/null || :
	wait "$vault" 2>/dev/null || :
}
is_there() {	# DIGIT
	"$FT_LIBEXEC/freshtoken-seal" get secret-service >answer && [ "$(head -c 1 answer)" = "$1" ]
}

one_planted_account
line 'keyring secret-service'

vault --pw-stdin base.kdbx < <(echo 'opens it')
at_exit end_vault
is_there_or_gone() {
	is_there 1 || ! kill -0 "$vault" 2>/dev/null
}
eventually 60 is_there_or_gone || give_up "keepassxc is no Secret Service: $(cat answer)"
kill -0 "$vault" 2>/dev/null || skip_all 'keepassxc crashes here, without a screen'
unlocked() {
	freshtoken seal 2>err
	contains 'account work: sealed now' err
	is_sealed "$STATE/work.json"
	forget_key
	equal access-work-7 "$(token)"
	is_there 0
	same <(tail -c 32 answer) <(keyctl pipe "$(key_id)")
}
test_case 'unlocked: the key is created there, and found again' unlocked

end_vault
vault base.kdbx </dev/null
is_up() {
	is_there 2 && lacks 'nobody answers' answer
}
eventually 60 is_up
# Searched, it would ask for its password in a window, and wait for that.
is_locked() {
	forget_key
	equal '' "$(token)"
	contains 'secret-service: it is locked; unlock it' err
	expect_status 5 freshtoken token work 2>err
	must_fail key_id
}
test_case 'locked: reported, and without a prompt' is_locked

end_vault
vault </dev/null
eventually 60 is_up
no_database() {
	equal '' "$(token)"
	contains 'secret-service: it ' err
	must_fail key_id
}
test_case 'without a database no other key is created' no_database

end_vault
vault --pw-stdin base.kdbx < <(echo 'opens it')
eventually 60 is_there 0
unlocked_again() {
	equal access-work-7 "$(token)"
	"$FT_LIBEXEC/freshtoken-seal" forget secret-service >answer
	is_there 1
}
test_case 'unlocked again: nothing was lost' unlocked_again
test_done

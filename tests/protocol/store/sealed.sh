#!/bin/bash
# What is stored is sealed, with a key in the kernel's keyring: from a sign-in to a lost key.
. "${FT_SRCDIR:?run me with make check}/tests/harness/tap.sh"
. "$FT_SRCDIR/tests/services/servers.sh"
. "$FT_SRCDIR/tests/harness/accounts.sh"
. "$FT_SRCDIR/tests/harness/sealing.sh"
need curl pgrep
sealing_or_skip
start_token_service
STATE=$XDG_STATE_HOME/freshtoken CONF=$XDG_CONFIG_HOME/freshtoken/freshtoken.conf

# line TEXT - the seal line of the user's file, and in front of it nothing
line() {
	mkdir -p "${CONF%/*}"
	{ printf '[store]\nseal = %s\nseal_keep = 10m\n' "$1"; sed '/^.store/,/^seal_keep/d' "$CONF" \
		2>/dev/null || :; } >conf.new
	cp conf.new "$CONF"
}
new_account work oauth2 2>signed.in || diag <signed.in
line keyring

# nothing_in_clear - no file of the state folder has a token of the tenant
nothing_in_clear() {
	cat "$STATE"/* >all 2>/dev/null || :
	no_secret all "${1-work}"
}

clear_is_read() {
	is_clear "$(record work)"
	equal "$(newest work)" "$(git_token work)"
	is_clear "$(record work)"
	must_fail key_id
	freshtoken refresh work
	is_sealed "$(record work)"
	nothing_in_clear
}
test_case 'what is there in clear is read, and sealed at the next write' clear_is_read

sign_in_is_sealed() {
	is_sealed "$(record work)"
	nothing_in_clear
	equal "$(newest work)" "$(git_token work)"
	equal "$(newest work)" "$(docker_token work)"
	equal fresh "$(verdict work)"
	equal 32 "$(keyctl pipe "$(key_id)" | wc -c)"
}
test_case 'a sign-in is sealed, and served to git and docker' sign_in_is_sealed

refresh_is_sealed() {
	cp "$(record work)" before
	freshtoken refresh work
	is_sealed "$(record work)"
	must_fail cmp -s before "$(record work)"
	nothing_in_clear
	[ ! -e "$STATE/work.answer" ]
	equal "$(newest work)" "$(git_token work)"
}
test_case 'so is what a refresh brings' refresh_is_sealed

exchanging() {
	[ "$(ts_count work running)" = 1 ]
}

# Of an exchange whose refresh is killed the answer stays for whoever comes next.
answer_is_sealed() {
	ts fault work fault=hold
	freshtoken refresh work >out 2>&1 &
	eventually 20 exchanging
	kill -KILL "$(pgrep -f "^$FT_LIBEXEC/freshtoken-refresh work .*$STATE")"
	ts release work
	eventually 20 is_complete "$STATE/work.answer"
	cp "$STATE/work.answer" seen
	is_sealed seen
	wait || :
	no_secret seen work
	equal "$(newest work)" "$(git_token work)"
	equal "$(newest work)" "$(freshtoken token work)"
	[ ! -e "$STATE/work.answer" ]
	equal fresh "$(verdict work)"
}
test_case 'so is an answer that waits to be taken over, and it is' answer_is_sealed

state_folder_elsewhere() {
	cp -a "$STATE" copied
	mkdir other
	mv copied other/freshtoken
	XDG_STATE_HOME=$PWD/other expect_status 4 freshtoken token work 2>err
	contains 'is lost' err
	contains 'freshtoken login work' err
	printf 'protocol=https\nhost=work.example.com\n\n' |
		XDG_STATE_HOME=$PWD/other git-credential-freshtoken get >out 2>err
	same_text quit=1 out
	contains 'other/freshtoken/work.json' err
}
test_case 'a state folder somewhere else opens nothing, and says what to do' \
	state_folder_elsewhere

another_session() {
	equal "$(newest work)" "$(keyctl session - freshtoken token work 2>/dev/null)"
}
test_case 'another session of the user has the key, too' another_session

swapped_files() {
	new_account home oauth2 2>/dev/null
	cp "$(record work)" work.kept
	cp "$(record home)" "$(record work)"
	expect_status 4 freshtoken token work 2>err
	contains 'damaged or of another place' err
	cp work.kept "$(record work)"
	equal "$(newest work)" "$(freshtoken token work)"
}
test_case "another account's record in the place of one does not open" swapped_files

damaged() {
	cp "$(record work)" work.kept
	printf X | dd of="$(record work)" bs=1 seek=100 conv=notrunc 2>/dev/null
	expect_status 4 freshtoken token work 2>err
	contains 'damaged' err
	contains 'which keeps the file under another name' err
	cp work.kept "$(record work)"
	equal "$(newest work)" "$(freshtoken token work)"
}
test_case 'a damaged record is told, and stays' damaged

line_taken_away() {
	cp "$CONF" conf.kept
	sed -i '/^seal/d' "$CONF"
	expect_status 1 freshtoken token work 2>err
	contains 'it is sealed' err
	contains 'put the seal line back' err
	cp conf.kept "$CONF"
	equal "$(newest work)" "$(freshtoken token work)"
}
test_case 'without the seal line nothing is taken for damaged' line_taken_away

wrong_line() {
	cp "$CONF" conf.kept
	sed -i 's/^seal = .*/seal = keyring [NOTFOUND=perhaps]/' "$CONF"
	freshtoken refresh work >out 2>err || :
	contains "$CONF:2: seal: expected NOTFOUND, UNAVAIL or TRYAGAIN" err
	is_sealed "$(record work)"
	nothing_in_clear
	cp conf.kept "$CONF"
}
test_case 'a wrong line is told with its place, and nothing is stored in clear' wrong_line

key_is_lost() {
	keyctl revoke "$(key_id)"
	expect_status 4 freshtoken token work 2>err
	contains 'is lost: keyring: it was revoked' err
	contains 'freshtoken login work' err
	expect_status 0 git_says get work >out 2>err
	contains quit=1 out
	sign_in work 2>/dev/null
	is_sealed "$(record work)"
	equal "$(newest work)" "$(git_token work)"
	# What could not be opened is kept.
	is_sealed "$(find "$STATE" -name 'work.json~damaged-*')"
}
test_case 'a key that was revoked is lost: signing in again helps' key_is_lost

no_key() {
	! key_id
}

key_has_timed_out() {
	keyctl timeout "$(key_id)" 1
	eventually 20 no_key
	expect_status 4 freshtoken token work 2>err
	contains 'is lost: keyring' err
	sign_in work 2>/dev/null
	equal "$(newest work)" "$(git_token work)"
}
test_case 'so is one whose time is over' key_has_timed_out

another_key() {
	printf %032d 0 | keyctl padd user "$(key_name)" @u >/dev/null
	expect_status 4 freshtoken token work 2>err
	contains 'sealed with the key' err
	contains 'freshtoken login work' err
	sign_in work 2>/dev/null
	equal "$(newest work)" "$(git_token work)"
}
test_case 'another key is told from damage' another_key
test_done

#!/bin/bash
# SPDX-License-Identifier: MIT
# Sealed records with a key in the kernel's keyring: from a sign-in to a lost key.
. "${FT_SRCDIR:?run me with make check}/tests/harness/tap.sh"
. "$FT_SRCDIR/tests/services/servers.sh"
. "$FT_SRCDIR/tests/harness/accounts.sh"
. "$FT_SRCDIR/tests/harness/sealing.sh"
need curl pgrep
sealing_or_skip
start_token_service
STATE=$XDG_STATE_HOME/freshtoken CONF=$XDG_CONFIG_HOME/freshtoken/freshtoken.conf

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
test_case 'records in clear are read, and sealed at the next write' clear_is_read

# lasts - the time that its key is still in the keyring for, as the kernel has it: 9m, 11h, perm
lasts() {
	awk -v id="$(printf %08x "$(key_id)")" '$1 == id { print $4 }' /proc/keys
}
# keeps CHANGE TIME… - of seal_keep's line; one of the times is what the kernel says then
keeps() {
	local change=$1

	shift
	freshtoken seal --remove 2>err
	forget_key
	sed "s/^seal_keep.*/$change/" conf.kept >"$CONF"
	freshtoken seal 2>err
	grep -qxF "$(lasts)" <(printf '%s\n' "$@") || complain "$change: $(lasts)"
}
key_has_its_time() {
	cp "$CONF" conf.kept
	keeps 'seal_keep = 10m' 9m 10m
	keeps 'seal_keep = 3h' 2h 3h
	keeps 'seal_keep = 0' perm
	keeps '' 11h 12h
	keeps 'seal_keep = 10m' 9m 10m
}

sign_in_is_sealed() {
	is_sealed "$(record work)"
	nothing_in_clear
	equal "$(newest work)" "$(git_token work)"
	equal "$(newest work)" "$(docker_token work)"
	equal fresh "$(verdict work)"
	equal 32 "$(keyctl pipe "$(key_id)" | wc -c)"
}
test_case 'a sign-in is sealed, and git and docker get its token' sign_in_is_sealed
if [ -r /proc/keys ]; then
	test_case 'the key is in the keyring for seal_keep, or 12 hours' key_has_its_time
else
	test_skip 'the key is in the keyring for seal_keep, or 12 hours' 'no /proc/keys'
fi

refresh_is_sealed() {
	cp "$(record work)" before
	freshtoken refresh work
	is_sealed "$(record work)"
	must_fail cmp -s before "$(record work)"
	nothing_in_clear
	[ ! -e "$STATE/work.answer" ]
	equal "$(newest work)" "$(git_token work)"
}
test_case 'the record after a refresh is sealed' refresh_is_sealed

exchanging() {
	[ "$(ts_count work running)" = 1 ]
}

is_taken_over() {
	[ "$(newest work)" = "$(git_token work)" ] && [ ! -e "$STATE/work.answer" ]
}

# Of an exchange whose refresh is killed the answer stays for whoever comes next.
answer_is_sealed() {
	ts fault work fault=hold
	freshtoken refresh work >out 2>&1 &
	caller=$!
	eventually 20 exchanging
	# Or it would have the answer taken over at once.
	kill -KILL "$caller"
	wait "$caller" || :
	kill -KILL "$(pgrep -f "^$(literal "$FT_LIBEXEC")/freshtoken-refresh work .*$(literal "$STATE")")"
	ts release work
	eventually 20 is_complete "$STATE/work.answer"
	cp "$STATE/work.answer" seen
	is_sealed seen
	no_secret seen work
	eventually 20 is_taken_over
	equal fresh "$(verdict work)"
}
test_case 'an answer that waits to be adopted is sealed, and is adopted' answer_is_sealed

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
test_case 'a state folder at another place cannot be opened, and a message says what to do' \
	state_folder_elsewhere

another_session() {
	equal "$(newest work)" "$(keyctl session - freshtoken token work 2>/dev/null)"
}
test_case 'another session of the user gets the key, too' another_session

swapped_files() {
	new_account home oauth2 2>/dev/null
	cp "$(record work)" work.kept
	cp "$(record home)" "$(record work)"
	expect_status 4 freshtoken token work 2>err
	contains 'damaged or copied from another place' err
	cp work.kept "$(record work)"
	equal "$(newest work)" "$(freshtoken token work)"
}
test_case "another account's record instead of one cannot be opened" swapped_files

damaged() {
	cp "$(record work)" work.kept
	printf XXXX | dd of="$(record work)" bs=1 seek=100 conv=notrunc 2>/dev/null
	expect_status 4 freshtoken token work 2>err
	contains 'damaged' err
	contains 'which keeps the file under another name' err
	# A version that is not known is not damage: nothing is set aside.
	cp work.kept "$(record work)"
	printf '\377' | dd of="$(record work)" bs=1 seek=6 conv=notrunc 2>/dev/null
	expect_status 1 freshtoken token work 2>err
	contains "account work: $(record work): it is damaged, or sealed in a way that this version" err
	contains 'or sign out and in again' err
	cp work.kept "$(record work)"
	equal "$(newest work)" "$(freshtoken token work)"
}
test_case 'a damaged record is reported, and stays' damaged

# keep HOST PASSWORD - what git stores for a host that no account matches
keep() {
	printf 'protocol=https\nhost=%s\nusername=u\npassword=%s\n\n' "$1" "$2" |
		git-credential-freshtoken store
}

kept() {
	printf 'protocol=https\nhost=%s\n\n' "$1" | git-credential-freshtoken get |
		sed -n 's/^password=//p'
}

other_hosts() {
	local file

	keep kept.example.net secret-of-git
	echo '{"ServerURL":"r.example.net","Username":"u","Secret":"secret-of-docker"}' |
		docker-credential-freshtoken store
	find "$STATE/credentials" -type f -name '*example*' >files
	equal 2 "$(wc -l <files)"
	while read -r file; do
		is_sealed "$file"
		lacks secret-of "$file"
	done <files
	equal secret-of-git "$(kept kept.example.net)"
	echo r.example.net | docker-credential-freshtoken get >out
	contains secret-of-docker out
	docker-credential-freshtoken list >out
	contains r.example.net out
	# One host's file in the place of another's.
	file=$(grep /git/ files)
	cp "$file" "${file%kept*}other.example.net"
	equal '' "$(kept other.example.net 2>err)"
	contains 'damaged or copied from another place' err
	rm "${file%kept*}other.example.net"
}
test_case 'credentials of other hosts are sealed, too' other_hosts

there_and_back() {
	printf 'raw answer' >"$STATE/work.unread"
	chmod 600 "$STATE/work.unread"
	freshtoken seal 2>err
	contains 'account work: sealed now (1 file)' err
	is_sealed "$STATE/work.unread"
	freshtoken seal 2>err
	contains 'account work: everything that is stored was sealed already' err
	id=$(key_id)
	freshtoken seal --remove 2>err
	contains 'account work: in clear now (2 files)' err
	contains "git's other hosts: in clear now (1 file)" err
	contains "take the seal line out of $CONF" err
	same_text 'raw answer' <(cat "$STATE/work.unread"; echo)
	find "$STATE" -type f ! -name '*.lock' ! -name '*~*' >files
	while read -r file; do
		is_clear "$file"
	done <files
	equal "$id" "$(key_id)"
	equal "$(newest work)" "$(git_token work)"
	equal secret-of-git "$(kept kept.example.net)"
	freshtoken seal 2>err
	contains 'account work: sealed now (2 files)' err
	equal "$(newest work)" "$(git_token work)"
	equal secret-of-git "$(kept kept.example.net)"
	nothing_in_clear
	rm "$STATE/work.unread"
}
test_case 'freshtoken seal, and --remove' there_and_back

doctor_knows() {
	freshtoken doctor >out || :
	contains "which keyring has" out
	contains "the key is in the kernel's keyring alone" out
	contains 'seal=password of pam_freshtoken(8)' out
	freshtoken doctor --json >out || :
	grep -q '"check":"sealing","account":null,"result":"ok"' out
	grep -q '"check":"sealing","account":null,"result":"note"' out
	id=$(key_id)
	keyctl pipe "$id" >kept.key
	keyctl unlink "$id" @u
	freshtoken doctor >out || :
	contains 'is lost: keyring: there is none; another key is made' out
	keyctl padd user "$(key_name)" @u <kept.key >id
}
test_case 'doctor says which source has the key' doctor_knows

no_line() {
	cp "$CONF" conf.kept
	freshtoken seal --remove 2>/dev/null
	sed -i '/^seal/d' "$CONF"
	expect_status 1 freshtoken seal 2>err
	contains 'put "seal = keyring" under [store]' err
	freshtoken doctor >out || :
	lacks sealing out
	cp conf.kept "$CONF"
	freshtoken seal 2>/dev/null
}
test_case 'without a seal line the message says how to set it' no_line

status_knows() {
	freshtoken status work --json >out
	contains '"sealed":true,"seal_source":"keyring"' out
	freshtoken seal --remove 2>err
	freshtoken status work --json >out
	contains '"sealed":false,"seal_source":null' out
	freshtoken status work >out
	contains 'what is stored is in clear until it is next written' out
	cp "$CONF" conf.kept
	sed -i '/^seal/d' "$CONF"
	freshtoken status work --json >out
	lacks seal out
	cp conf.kept "$CONF"
	freshtoken seal 2>err
	freshtoken status work >out
	lacks 'in clear' out
	# Nobody can tell what nobody can open.
	id=$(key_id)
	keyctl pipe "$id" >kept.key
	keyctl unlink "$id" @u
	freshtoken status work --json >out || :
	contains '"sealed":null,"seal_source":null' out
	keyctl padd user "$(key_name)" @u <kept.key >id
}
test_case 'status says what is sealed, and which source had the key' status_knows

# An installation of our own, since its /etc is written to.
doctor_knows_whose_line() {
	mkdir "$T/stage"
	cp -a "$FT_STAGE/." "$T/stage/"
	local doctor=$T/stage${FT_BIN#"$FT_STAGE"}/freshtoken etc
	etc=$("$doctor" add x --provider none --system 2>&1 </dev/null |
		sed -n 's/.* in \(.*\)\/providers, .*/\1/p')
	[ "${etc#"$T/stage/"}" != "$etc" ]
	mkdir -p "$etc"
	printf '%s\n' '[store]' 'seal = keyring' '[account theirs]' "server = $TS/work" \
		>"$etc/freshtoken.conf"
	unsealed="what is stored of it is not sealed: the seal line of $etc/freshtoken.conf"
	"$doctor" doctor >out || :
	lacks "$unsealed" out
	cp "$CONF" conf.kept
	sed -i '/^seal/d' "$CONF"
	"$doctor" doctor >out || :
	grep '^note' out | grep '	work	' >found
	contains "$unsealed" found
	contains "put a seal line under [store] in $CONF" found
	grep '	theirs	' out >found
	lacks "$unsealed" found
	rm -r "$T/stage"
	cp conf.kept "$CONF"
}
test_case "doctor names accounts that the system's line does not seal" doctor_knows_whose_line

# Of all, in a state folder that is not there yet.
first_sign_in() {
	export XDG_STATE_HOME=$PWD/new
	ts create first vendor=oauth2 >/dev/null
	account first "server=$TS/first" match=first.example.com
	must_fail key_id
	sign_in first 2>/dev/null
	is_sealed "$(record first)"
	cat new/freshtoken/* >all 2>/dev/null || :
	no_secret all first
	equal 32 "$(keyctl pipe "$(key_id)" | wc -c)"
	equal "$(newest first)" "$(git_token first)"
	forget_key
	expect_status 4 freshtoken token first 2>err
	contains 'is lost: keyring: there is none' err
	contains 'freshtoken login first' err
	sign_in first 2>/dev/null
	equal "$(newest first)" "$(git_token first)"
	forget_key
}
test_case 'the first sign-in creates the key; without it, how to start again' first_sign_in

line_taken_away() {
	cp "$CONF" conf.kept
	sed -i '/^seal/d' "$CONF"
	expect_status 1 freshtoken token work 2>err
	contains 'it is sealed' err
	contains 'put the seal line back' err
	cp conf.kept "$CONF"
	equal "$(newest work)" "$(freshtoken token work)"
}
test_case 'without the seal line sealed records do not count as damaged' line_taken_away

wrong_line() {
	cp "$CONF" conf.kept
	sed -i 's/^seal = .*/seal = keyring [NOTFOUND=perhaps]/' "$CONF"
	freshtoken refresh work >out 2>err || :
	contains "$CONF:2: seal: expected NOTFOUND, UNAVAIL or TRYAGAIN" err
	is_sealed "$(record work)"
	nothing_in_clear
	cp conf.kept "$CONF"
}
test_case 'a wrong line is reported with its place, and nothing is stored in clear' wrong_line

key_is_lost() {
	keyctl revoke "$(key_id)"
	expect_status 4 freshtoken token work 2>err
	contains 'is lost: keyring: it was revoked' err
	contains 'freshtoken login work' err
	equal needs-login "$(verdict work)"
	equal '' "$(kept kept.example.net 2>err)"
	contains 'is lost' err
	expect_status 0 git_says get work >out 2>err
	contains quit=1 out
	sign_in work 2>/dev/null
	is_sealed "$(record work)"
	equal "$(newest work)" "$(git_token work)"
	# What could not be opened is kept.
	keep kept.example.net another-secret
	equal another-secret "$(kept kept.example.net)"
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
test_case 'a key whose time is over is lost: signing in again helps' key_has_timed_out

# As an ordinary user, whose keyrings have a quota, usually of 200 keys and 20,000 bytes.
no_room_for_key() {
	local user=$((20000 + RANDOM)) n=0 size
	as() { setpriv --reuid "$user" --regid "$user" --clear-groups "$@"; }

	rm -rf other
	(umask 077; mkdir -p other/freshtoken other/state/freshtoken)
	printf '[store]\nseal = keyring\n[account work]\nserver = https://sso.example.com\n' \
		>other/freshtoken/freshtoken.conf
	printf '{"version":1,"account":"work","provider":"oauth2","server":"https://sso.example.com",
		"generation":7,"access_token":"access-7","issued":{"real":%s000},"lifetime":3600000,
		"verdict":"fresh"}' "$(date +%s)" >other/state/freshtoken/work.json
	chmod 600 other/state/freshtoken/work.json
	chmod 711 "$T"
	chown -R "$user:$user" other
	export HOME=$T/other XDG_CONFIG_HOME=$T/other XDG_STATE_HOME=$T/other/state
	for size in 30000 900 30; do
		while as keyctl add user "$n" "$(printf "%0${size}d" 0)" @u >>filled 2>&1; do
			n=$((n + 1))
		done
	done
	expect_status 1 as freshtoken seal 2>err
	contains "the user's quota of the kernel's keyring is used up; see /proc/key-users" err
	is_clear other/state/freshtoken/work.json
	equal access-7 "$(as freshtoken token work)"
	as keyctl clear @u
	# Older kernels count what was removed until they collect it.
	eventually 20 as freshtoken seal
	is_sealed other/state/freshtoken/work.json
	equal access-7 "$(as freshtoken token work)"
	# A revoked user keyring stays with its user.
	as keyctl revoke @u
	expect_status 4 as freshtoken token work 2>err
	contains 'keyring: there is none' err
	as freshtoken seal --remove 2>err || contains 'is lost' err
	rm other/state/freshtoken/*
	echo refresh-token >typed
	expect_status 5 as freshtoken login work --token <typed 2>err
	contains "keyring: the user's keyring was revoked; end all processes of this user" err
}
if [ "$(id -u)" -eq 0 ] && setpriv --reuid 12345 --regid 12345 --clear-groups \
	"$FT_LIBEXEC/freshtoken-seal" --version >/dev/null 2>&1; then
	test_case "the keyring's quota is used up, or the keyring revoked: nothing is lost, and a message says why" \
		no_room_for_key
else
	test_skip 'the quota of the keyring' 'not root, or another user cannot run it here'
fi

forgotten_all_the_same() {
	ts create gone vendor=oauth2 >/dev/null
	account gone "server=$TS/gone" match=gone.example.com
	sign_in gone 2>/dev/null
	is_sealed "$(record gone)"
	keyctl revoke "$(key_id)"
	freshtoken logout gone >out 2>&1 || :
	[ ! -e "$(record gone)" ] || { cat out; complain 'it is still there'; }
	sign_in work 2>/dev/null
}
test_case 'a sign-out works without the key' forgotten_all_the_same

# A key that tokens are bound to, and what it is sealed with is lost.
bound_key_is_lost() {
	local aside

	printf x >"$STATE/work.dpop"
	chmod 600 "$STATE/work.dpop"
	# Others are sealed with keys that were lost before.
	freshtoken seal 2>/dev/null || :
	is_sealed "$STATE/work.dpop"
	keyctl revoke "$(key_id)"
	sed -i '/^match = work/a dpop = yes' "$CONF"
	sign_in work >out 2>&1 || :
	aside=$(find "$STATE" -name 'work.dpop~lost-*')
	is_sealed "$aside"
	is_sealed "$STATE/work.dpop"
	sed -i '/^dpop/d' "$CONF"
	sign_in work 2>/dev/null
	rm "$STATE/work.dpop"
}
test_case 'a DPoP key that cannot be opened is replaced by another' bound_key_is_lost

another_key() {
	printf %032d 0 | keyctl padd user "$(key_name)" @u >/dev/null
	expect_status 4 freshtoken token work 2>err
	contains 'sealed with the key' err
	contains 'freshtoken login work' err
	sign_in work 2>/dev/null
	equal "$(newest work)" "$(git_token work)"
}
test_case 'another key is distinguished from damage' another_key
test_done

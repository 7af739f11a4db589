#!/bin/bash
# SPDX-License-Identifier: MIT
# A state folder that is full, read-only, damaged or another user's: a clear message, and nothing is
# lost.
. "${FT_SRCDIR:?run me with make check}/tests/harness/tap.sh"
. "$FT_SRCDIR/tests/services/servers.sh"
. "$FT_SRCDIR/tests/harness/accounts.sh"
need curl unshare
start_token_service

# refused NAME WORD… - no token, an answer that says so, and the record as it was
refused() {
	local name=$1 word

	shift
	cp -a "$(record "$name")" before
	expect_status 0 git_says get "$name" >out 2>err
	same_text quit=1 out
	for word; do
		contains "$word" err
	done
	cmp before "$(record "$name")"
}

# unknown NAME REASON - no sign-in would help, and status does not ask for one
unknown() {
	expect_status 1 freshtoken status "$1" >shown
	equal unknown "$(cut -f 2 shown)"
	contains "$2" shown
	expect_status 1 freshtoken status "$1" --json >shown
	contains "\"account\":\"$1\",\"provider\":\"oauth2\"" shown
	contains "\"verdict\":null" shown
	contains "$2" shown
	lacks "freshtoken login" shown
}

world_readable_record() {
	new_account open oauth2
	chmod 644 "$(record open)"
	refused open "chmod 600" open
	unknown open "chmod 600"
	chmod 600 "$(record open)"
	git_token open
}
test_case 'world-readable record: refused with the remedy, not changed' world_readable_record

symlinked_record() {
	new_account link oauth2
	mv "$(record link)" real.json
	ln -s "$PWD/real.json" "$(record link)"
	expect_status 0 git_says get link >out 2>err
	same_text quit=1 out
	contains "symbolic link" err
	unknown link "symbolic link"
	[ -L "$(record link)" ]
	rm "$(record link)"
	mv real.json "$(record link)"
	git_token link
}
test_case 'symlinked record: refused, not followed' symlinked_record

if [ "$(id -u)" = 0 ]; then
	record_of_somebody_else() {
		new_account foreign oauth2
		chown 12345 "$(record foreign)"
		refused foreign 12345
		unknown foreign 12345
		chown 0 "$(record foreign)"
		git_token foreign
	}
	test_case 'record of another user: refused' record_of_somebody_else
else
	test_skip 'record of another user: refused' 'only root can give files away'
fi
record_of_newer_version() {
	new_account newer oauth2
	sed -i "s/\"version\":1/\"version\":2/" "$(record newer)"
	refused newer newer "version 2"
	unknown newer "version 2"
	must_fail freshtoken refresh newer 2>err
	contains "version 2" err
	ts login newer >tokens
	must_fail freshtoken login newer --token <<<"$(field refresh_token tokens)" 2>err
	cmp before "$(record newer)"
}
test_case 'record of a newer version: refused, not overwritten, not set aside' \
	record_of_newer_version

# tells_damage - err has the file, the reason and the remedy
tells_damage() {
	grep -F "/freshtoken/bad.json is no record (" err >words
	contains "run: freshtoken login bad" err
}

damaged_record() {
	new_account bad oauth2
	eval "$damage \"\$(record bad)\""
	cp "$(record bad)" before
	# Whoever asks, and however often.
	for _ in 1 2; do
		equal needs-login "$(verdict bad)"
		freshtoken status bad >err
		tells_damage
		freshtoken doctor >err || :
		tells_damage
		expect_status 0 git_says get bad >out 2>err
		same_text quit=1 out
		tells_damage
		expect_status 1 docker-credential-freshtoken get <<<bad.example.com >out 2>err
		same_text "credentials not found in native keychain" out
		tells_damage
		expect_status 4 freshtoken token bad 2>err
		tells_damage
		expect_status 4 freshtoken refresh bad 2>err
		tells_damage
		cmp before "$(record bad)"
	done
	sign_in bad
	git_token bad
	cmp before "$XDG_STATE_HOME/freshtoken"/bad.json~damaged-*
	rm -f "$XDG_STATE_HOME/freshtoken/bad.json"* "$XDG_CONFIG_HOME/freshtoken/freshtoken.conf"
}

for damage in ': >' 'printf "{\"version\":1" >' 'printf "\0\0\0\0" >' \
	'head -c 300000 /dev/zero | tr "\0" x >' \
	'printf "[]" >'; do
	test_case "damaged record ($damage): reported each time, and renamed by a sign-in" \
		damaged_record
done
damaged_record_not_in_way() {
	new_account stuck oauth2
	echo "{garbage" >"$(record stuck)"
	sign_in stuck
	git_token stuck
	ls "$XDG_STATE_HOME/freshtoken" | grep "^stuck.json~damaged-"
}
test_case 'a damaged record does not prevent a sign-in' damaged_record_not_in_way

signin_whose_answer() {
	ts create useless lifetime=3600 >tokens
	account useless "server=$TS/useless" match=useless.example.com
	ts fault useless fault=expires-past
	expect_status 5 freshtoken login useless --token <<<"$(field refresh_token tokens)" 2>err
	contains "already expired" err
	freshtoken refresh useless
	is_good useless "$(git_token useless)"
	equal "2 0" "$(ts_count useless refreshes) $(ts_count useless reuses)"
}
test_case 'a sign-in with an unusable answer keeps the successor of the typed token' \
	signin_whose_answer

short_token_service_repeats() {
	new_account echo kirjaswappi
	ts revoke-family echo >/dev/null
	sed -i "s/\"refresh_token\":\"[^\"]*\"/\"refresh_token\":\"0123456789-short\"/" \
		"$(record echo)"
	must_fail freshtoken refresh echo 2>err
	lacks 0123456789-short err
	lacks 0123456789-short <(freshtoken status echo)
}
test_case 'a short token that the service repeats is in no message' short_token_service_repeats

folder_others_can_enter() {
	new_account folder oauth2
	chmod 755 "$XDG_STATE_HOME/freshtoken"
	git_says get folder >out 2>err
	unknown folder "chmod 700"
	chmod 700 "$XDG_STATE_HOME/freshtoken"
	same_text quit=1 out
	contains "chmod 700" err
}
test_case 'a folder that others can enter: refused with the remedy' folder_others_can_enter

# In a mount namespace of its own; uid 0 in it is whoever we are.
in_namespace() {
	unshare --map-root-user --mount bash -euc "
		$(declare -f record grow_old git_says git_token complain equal contains must_fail \
			expect_status same_text is_good)
		TS='$TS'
		$1"
}

full_disk() {
	mkdir disk
	export XDG_STATE_HOME=$PWD/disk/state
	ts create full lifetime=3600 >tokens
	account full "server=$TS/full" match=full.example.com
	cat >script <<-"END"
		mount -t tmpfs -o size=4m,mode=700 none disk
		field() { sed -n "s/^$1=//p" "$2"; }
		field refresh_token tokens | freshtoken login full --token
		old=$(git_token full)
		grow_old full 3550
		dd if=/dev/zero of=disk/filler bs=4k 2>/dev/null || :
		equal "$old" "$(git_token full)"
		rm disk/filler
		grow_old full 4000
		dd if=/dev/zero of=disk/filler bs=4k 2>/dev/null || :
		cp disk/state/freshtoken/full.json before || cat disk/state/freshtoken/full.json >before
		git_says get full >out 2>err
		same_text quit=1 out
		contains "No space left" err
		cmp before disk/state/freshtoken/full.json
		rm disk/filler
		git_token full >token
	END
	in_namespace "$(cat script)"
	equal "2 0" "$(ts_count full refreshes) $(ts_count full refused)"
	is_good full "$(cat token)"
}
test_case 'full disk: the token is handed out while it is valid; nothing is spent; with space it works again' \
	full_disk

read_only_folder() {
	new_account fixed oauth2 -- lifetime=3600
	grow_old fixed 3550
	cat >script <<-"END"
		mount --bind "$XDG_STATE_HOME" "$XDG_STATE_HOME"
		mount -o remount,ro,bind "$XDG_STATE_HOME"
		git_token fixed
	END
	in_namespace "$(cat script)"
	grow_old fixed 100
	cat >script <<-"END"
		mount --bind "$XDG_STATE_HOME" "$XDG_STATE_HOME"
		mount -o remount,ro,bind "$XDG_STATE_HOME"
		git_says get fixed >out 2>err
		same_text quit=1 out
		contains "Read-only" err
		must_fail freshtoken refresh fixed
	END
	in_namespace "$(cat script)"
	equal "1 0" "$(ts_count fixed refreshes) $(ts_count fixed refused)"
	git_token fixed
}
test_case 'read-only folder: the token is handed out while it is valid, then there is an error' \
	read_only_folder

answer_cannot_be_saved_kept() {
	new_account keep oauth2 -- lifetime=3600
	grow_old keep 4000
	ts fault keep fault=hold spend=yes
	git_says get keep >out 2>err &
	in_flight() { [ "$(ts_count keep running)" = 1 ]; }
	eventually 20 in_flight
	# The record cannot be replaced: its name is a folder now.
	mv "$(record keep)" aside.json
	mkdir "$(record keep)"
	ts release keep
	wait
	contains "answer is kept" err
	same_text quit=1 out
	rmdir "$(record keep)"
	mv aside.json "$(record keep)"
	token=$(git_token keep)
	is_good keep "$token"
	equal "2 0 0" "$(ts_count keep refreshes) $(ts_count keep refused) $(ts_count keep reuses)"
}
test_case 'an answer that cannot be stored is kept, and the next program adopts it' \
	answer_cannot_be_saved_kept

# record_changed_meanwhile HOW - an older record, or a damaged one, while the service is asked
record_changed_meanwhile() {
	changed=$1
	new_account "$changed" oauth2 -- lifetime=3600
	cp -p "$(record "$changed")" older
	printf "{" >damaged
	grow_old "$changed" 4000
	ts fault "$changed" fault=hold spend=yes
	git_says get "$changed" >out 2>err &
	in_flight() { [ "$(ts_count "$changed" running)" = 1 ]; }
	eventually 20 in_flight
	cat "$changed" >"$(record "$changed")"
	ts release "$changed"
	wait
	token=$(git_token "$changed")
	is_good "$changed" "$token"
	freshtoken refresh "$changed"
	equal "3 0 0" "$(ts_count "$changed" refreshes) $(ts_count "$changed" refused) $(ts_count \
		"$changed" reuses)"
	# What is no record is kept under another name.
	[ "$changed" = older ] || cmp damaged "$XDG_STATE_HOME"/freshtoken/damaged.json~damaged-*
}
test_case 'the record is restored during a request: the new tokens are kept' \
	record_changed_meanwhile older
test_case 'the record is damaged during a request: the new tokens are kept' \
	record_changed_meanwhile damaged

clock_year_forward_and_back() {
	new_account clock oauth2 -- lifetime=3600
	good=$(git_token clock)
	# Within the boot the wall clock does not count.
	sed -i "s/\"issued\":{\"real\":\([0-9]*\)/\"issued\":{\"real\":$(($(date +%s) * 1000 + 31536000000))/" "$(record clock)"
	equal "$good" "$(git_token clock)"
	sed -i "s/\"boot_id\":\"[^\"]*\"/\"boot_id\":\"another\"/g" "$(record clock)"
	# Issued in the future, by a clock that was set back: unknown is dead.
	new=$(git_token clock)
	must_fail equal "$good" "$new"
	is_good clock "$new"
	sed -i "s/\"boot_id\":\"[^\"]*\"/\"boot_id\":\"another\"/g" "$(record clock)"
	equal "$new" "$(git_token clock)"
	grow_old clock 31536000
	must_fail equal "$new" "$(git_token clock)"
	equal "3 0" "$(ts_count clock refreshes) $(ts_count clock refused)"
}
test_case 'the clock a year forward and back, after a reboot: no expired token is handed out' \
	clock_year_forward_and_back

edited_server_gets_nothing() {
	new_account moved oauth2
	ts create elsewhere >/dev/null
	conf=$XDG_CONFIG_HOME/freshtoken/freshtoken.conf
	cp "$conf" conf.before
	sed -i "s|$TS/moved\$|$TS/elsewhere|" "$conf"
	git_says get moved >out 2>err
	same_text quit=1 out
	contains "freshtoken login moved" err
	contains "$TS/elsewhere" err
	must_fail freshtoken refresh moved
	equal needs-login "$(verdict moved)"
	equal "0 0" "$(ts_count elsewhere requests) $(ts_count elsewhere exchanges)"
	cp conf.before "$conf"
	git_token moved
}
test_case 'an edited server gets nothing; after the edit is undone it works again' edited_server_gets_nothing

home_of_somebody_else_refused() {
	[ "$(id -u)" = 0 ] || exit 0
	mkdir other
	chown 12345 other
	expect_status 0 env -u XDG_CONFIG_HOME -u XDG_STATE_HOME HOME="$PWD/other" \
		git-credential-freshtoken get >out 2>err \
		<<<"$(printf "protocol=https\nhost=x.example.com\n")"
	same_text quit=1 out
	contains "sudo -H" err
}
test_case 'HOME of another user is refused with the remedy' home_of_somebody_else_refused
test_done

#!/bin/bash
# SPDX-License-Identifier: MIT
# token_file: every renewed token is also in a file, complete, private, and removed by a sign-out.
. "${FT_SRCDIR:?run me with make check}/tests/harness/tap.sh"
. "$FT_SRCDIR/tests/services/servers.sh"
. "$FT_SRCDIR/tests/services/openid.sh"
. "$FT_SRCDIR/tests/harness/accounts.sh"
need curl unshare
start_token_service
umask 022
mkdir -m 700 files
files=$T/files

# placed NAME [KEY=VALUE…] [-- OPTION=VALUE…] - an account with a file of its name
placed() {
	local name=$1

	shift
	new_account "$name" oauth2 "token_file=$files/$name" "$@"
}

# has NAME [FILE] - the file has the account's token, and nothing else
has() {
	freshtoken token "$1" | tr -d '\n' | cmp - "${2:-$files/$1}"
}

problem() {	# NAME
	freshtoken status "$1" --json | sed -n 's/.*"token_file_problem":"\([^"]*\)".*/\1/p'
}

put_at_sign_in_and_refresh() {
	placed work
	has work
	umask 000
	equal 600 "$(stat -c %a "$files/work")"
	equal "$(freshtoken token work | tr -d '\n' | wc -c)" "$(stat -c %s "$files/work")"
	cp "$files/work" before
	freshtoken refresh work
	has work
	must_fail cmp -s before "$files/work"
	equal '' "$(problem work)"
	freshtoken status work --json >json
	contains "\"token_file\":\"$files/work\",\"token_file_problem\":null" json
	# By whoever asks, too.
	cp "$files/work" before
	grow_old work 3599
	freshtoken token work >/dev/null
	has work
	must_fail cmp -s before "$files/work"
	equal work "$(ls "$files")"
}
test_case 'the token of a sign-in, and of each refresh, is in the file, without a line feed' \
	put_at_sign_in_and_refresh

mode_is_given() {
	placed mode token_file_mode=0640
	equal 640 "$(stat -c %a "$files/mode")"
	chmod 644 "$files/mode"
	freshtoken refresh mode
	equal 640 "$(stat -c %a "$files/mode")"
}
test_case 'token_file_mode' mode_is_given

read_all_the_time() {
	placed busy -- size=9000
	{
		until [ -e stop ]; do
			cat "$files/busy" && echo
		done >seen 2>missing
	} &
	reader=$!
	for _ in $(seq 20); do
		tr -d '\n' <"$files/busy" >>issued
		echo >>issued
		freshtoken refresh busy
	done
	{ cat "$files/busy" && echo; } >>issued
	# The reader has to have seen something of it, however busy the machine is.
	eventually 100 [ -s seen ]
	touch stop
	wait "$reader"
	empty missing
	sort -u seen >seen.each
	sort -u issued >issued.each
	equal 21 "$(wc -l <issued.each)"
	comm -23 seen.each issued.each >torn
	empty torn
}
test_case 'a reader during a renewal sees the old or the new token, complete' read_all_the_time

missing_is_put_again() {
	placed again
	ts reset-counters again
	rm "$files/again"
	contains_text 'does not exist' "$(problem again)"
	freshtoken refresh again --due
	has again
	equal 0 "$(ts_count again refreshes)"
	printf old >"$files/again"
	contains_text 'does not hold the newest token' "$(problem again)"
	freshtoken refresh --due || :
	has again
	equal 0 "$(ts_count again refreshes)"
}
contains_text() {
	[[ $2 == *"$1"* ]] || complain "\"$2\" lacks \"$1\""
}
test_case 'refresh --due creates a missing file, and spends nothing' missing_is_put_again

nobody_signed_in() {
	account nobody provider=oauth2 "server=$TS/again" "token_file=$files/nobody"
	placed somebody
	rm "$files/somebody"
	cat "$XDG_CONFIG_HOME/freshtoken/freshtoken.conf" >all.conf
	sed -n '/^\[account nobody\]/,$p' all.conf >"$XDG_CONFIG_HOME/freshtoken/freshtoken.conf"
	freshtoken refresh --due >out 2>err || { cat err; cp all.conf "$XDG_CONFIG_HOME/freshtoken/freshtoken.conf"; exit 1; }
	empty err
	has somebody
	must_fail test -e "$files/nobody"
	expect_status 4 freshtoken refresh nobody --due 2>err
	contains 'nobody has signed in' err
	cp all.conf "$XDG_CONFIG_HOME/freshtoken/freshtoken.conf"
}
test_case 'refresh --due of all accounts skips those without a sign-in' nobody_signed_in

due_ahead() {
	placed ahead -- lifetime=3600
	freshtoken token ahead >before
	grow_old ahead 2900
	freshtoken refresh ahead --due
	freshtoken token ahead | cmp - before
	grow_old ahead 450
	freshtoken refresh ahead --due
	freshtoken token ahead | must_fail cmp -s - before
	has ahead
}
test_case 'refresh --due renews it five minutes before it expires, because its readers do not ask' due_ahead

folder_is_made() {
	new_account made oauth2 "token_file=$files/below/made"
	has made "$files/below/made"
	equal 700 "$(stat -c %a "$files/below")"
	new_account deep oauth2 "token_file=$files/a/b/deep"
	contains_text "there is no folder $files/a" "$(problem deep)"
	must_fail test -e "$files/a"
}
test_case 'its folder is created if only that is missing' folder_is_made

# says NAME WORDS - the record is renewed, git gets its token, and everybody is told
says() {
	freshtoken token "$1" >before
	expect_status 1 freshtoken refresh "$1" 2>err
	contains "account $1: token_file: " err
	contains "$2" err
	freshtoken token "$1" >after
	must_fail cmp -s before after
	is_good "$1" "$(cat after)"
	contains_text "$2" "$(problem "$1")"
	freshtoken status "$1" >shown
	contains "$2" shown
	freshtoken doctor >doctored 2>&1 || :
	contains "$2" doctored
	equal '' "$(find "$files" -name '*~next')"
}

link_in_its_place() {
	placed linked
	printf victim >victim
	rm "$files/linked"
	ln -s "$PWD/victim" "$files/linked"
	says linked 'is a symbolic link'
	equal victim "$(cat victim)"
	rm "$files/linked"
	freshtoken refresh linked --due
	has linked
	equal '' "$(problem linked)"
}
test_case 'a symbolic link in its place is not followed' link_in_its_place

other_things_in_its_place() {
	placed odd
	rm "$files/odd"
	mkfifo "$files/odd"
	says odd 'is no regular file'
	rm "$files/odd"
	mkdir "$files/odd"
	says odd 'is no regular file'
	rmdir "$files/odd"
	printf '%s\n' 'PATH=/usr/bin' 'export PATH' >"$files/odd"
	cp "$files/odd" kept
	says odd 'holds something other than a token'
	freshtoken logout odd || :
	cmp kept "$files/odd"
}
test_case 'a FIFO, a folder, and another program'\''s file are not changed' other_things_in_its_place

linked_folder() {
	mkdir -m 700 real
	ln -s "$PWD/real" "$files/way"
	new_account way oauth2 "token_file=$files/way/token"
	says way 'is a symbolic link'
	equal '' "$(ls real)"
	rm "$files/way"
	mkdir -m 700 real/below
	ln -s "$PWD/real" "$files/way"
	sed -i 's|way/token|way/below/token|' "$XDG_CONFIG_HOME/freshtoken/freshtoken.conf"
	[ "$(id -u)" = 0 ] || says way 'is a symbolic link'
	sed -i '/^\[account way\]/,$d' "$XDG_CONFIG_HOME/freshtoken/freshtoken.conf"
}
test_case 'a folder behind a symbolic link' linked_folder

open_folder() {
	mkdir -m 777 "$files/open"
	chmod 777 "$files/open"
	new_account open oauth2 "token_file=$files/open/token"
	says open "others can write to $files/open"
	chmod 1777 "$files/open"
	says open "others can write to $files/open"
	says open "name a folder that nobody else can write to"
	must_fail test -e "$files/open/token"
	chmod 775 "$files/open"
	says open "run: chmod go-w $files/open"
	chmod 755 "$files/open"
	freshtoken refresh open --due
	has open "$files/open/token"
	# And one above it.
	mkdir -m 700 "$files/open/in"
	sed -i 's|open/token|open/in/token|' "$XDG_CONFIG_HOME/freshtoken/freshtoken.conf"
	chmod 777 "$files/open"
	says open "others can write to $files/open, and replace a folder in it"
	says open "name a file below a folder that nobody else can write to"
	chmod 1777 "$files/open"
	freshtoken refresh open
	has open "$files/open/in/token"
}
test_case 'a folder that others can write to' open_folder

folder_of_somebody_else() {
	if [ "$(id -u)" = 0 ]; then
		mkdir -m 700 "$files/theirs"
		chown 65534 "$files/theirs"
		new_account theirs oauth2 "token_file=$files/theirs/token"
	else
		new_account theirs oauth2 "token_file=/etc/token"
	fi
	says theirs 'belongs to uid'
}
test_case 'a folder of another user' folder_of_somebody_else

# In a mount namespace of its own; uid 0 in it is whoever we are.
in_namespace() {
	unshare --map-root-user --mount bash -euc "
		$(declare -f says has problem contains_text complain equal contains must_fail \
			expect_status is_good eventually)
		TS='$TS' files='$files' T='$T'
		$1"
}

full_disk() {
	placed full -- size=9000
	rm "$files/full"
	mkdir -p -m 700 disk
	sed -i "s|$files/full|$T/disk/full|" "$XDG_CONFIG_HOME/freshtoken/freshtoken.conf"
	cat >script <<-"END"
		mount -t tmpfs -o size=64k,mode=700 none disk
		freshtoken refresh full --due
		has full disk/full
		cp disk/full old
		dd if=/dev/zero of=disk/filler bs=4k 2>/dev/null || :
		says full 'No space left on device'
		# The reader has the old one, whole.
		cmp old disk/full
		equal 'filler full' "$(ls disk | xargs)"
		rm disk/filler
		freshtoken refresh full --due
		has full disk/full
		equal '' "$(problem full)"
		# Of the sign-in before nothing stays.
		dd if=/dev/zero of=disk/filler bs=4k 2>/dev/null || :
		sed -n 's/.*"refresh_token":"\([^"]*\)".*/\1/p' "$XDG_STATE_HOME/freshtoken/full.json" |
			freshtoken login full --token
		must_fail test -e disk/full
		contains_text 'No space left on device' "$(problem full)"
	END
	in_namespace "$(cat script)"
}
read_only_folder() {
	placed fixed
	cat >script <<-"END"
		mount --bind "$files" "$files"
		mount -o remount,ro,bind "$files"
		cp "$files/fixed" old
		says fixed 'Read-only file system'
		cmp old "$files/fixed"
	END
	in_namespace "$(cat script)"
	freshtoken refresh fixed --due
	has fixed
}
if unshare --map-root-user --mount mount -t tmpfs none /mnt 2>/dev/null; then
	test_case 'a full disk: the old token stays complete, and the new one is in the record' full_disk
	test_case 'a read-only folder' read_only_folder
else
	test_skip 'a full disk' 'no mount namespace'
	test_skip 'a read-only folder' 'no mount namespace'
fi

logout_removes_it() {
	placed out
	printf x >"$files/out~next"
	freshtoken logout out
	must_fail test -e "$files/out"
	must_fail test -e "$files/out~next"
	# Nobody is signed in, and nothing puts it there again.
	freshtoken refresh --due || :
	must_fail test -e "$files/out"
}
test_case 'logout removes it' logout_removes_it

derived() {
	placed source -- lifetime=3600
	account derived provider=oauth2 "server=$TS/source" from=source "token_file=$files/derived"
	freshtoken token derived >/dev/null
	has derived
	freshtoken logout source || :
	must_fail test -e "$files/derived"
}
test_case 'an account that gets its tokens from another one' derived

another_sign_in() {
	placed first -- lifetime=3600
	account second provider=oauth2 "server=$TS/first" from=first "token_file=$files/second"
	account third provider=oauth2 "server=$TS/first" from=second "token_file=$files/third"
	placed bystander
	freshtoken token third >/dev/null
	has second
	has third
	freshtoken refresh first
	has second
	cp "$files/first" before
	sign_in first
	has first
	must_fail test -e "$files/second"
	must_fail test -e "$files/third"
	has bystander
	freshtoken refresh third --due
	has third
}
test_case 'a sign-in that replaces another: its token, and none derived from the other' \
	another_sign_in

refused() {
	placed ended -- lifetime=3600
	ts revoke-family ended >/dev/null
	expect_status 4 freshtoken refresh ended 2>err
	# It is handed out as long as it lives, and in the file as long.
	has ended
	reject ended
	expect_status 4 freshtoken refresh ended 2>err
	expect_status 4 freshtoken token ended 2>err
	must_fail test -e "$files/ended"
	# With what has a way to say so.
	mkdir -p "$XDG_CONFIG_HOME/freshtoken/providers"
	printf '%s\n' '[provider]' 'extends = oauth2' '[disabled]' 'code = invalid_grant' \
		>"$XDG_CONFIG_HOME/freshtoken/providers/telling.conf"
	ts create person vendor=oauth2 >/dev/null
	account person provider=telling "server=$TS/person" "token_file=$files/person"
	sign_in person
	account of-person provider=oauth2 "server=$TS/person" from=person "token_file=$files/of-person"
	has person
	cp "$files/person" "$files/of-person"
	chmod 600 "$files/of-person"
	ts disable person >/dev/null
	expect_status 4 freshtoken refresh person 2>err
	equal disabled "$(verdict person)"
	must_fail test -e "$files/person"
	must_fail test -e "$files/of-person"
}
test_case 'a refused sign-in: the file is removed when the token is not handed out any more, or the user is disabled' \
	refused

refused_at_load() {	# WORDS LINE…
	local words=$1

	shift
	mkdir -p conf/freshtoken
	printf '%s\n' "$@" >conf/freshtoken/freshtoken.conf
	XDG_CONFIG_HOME=$T/conf expect_status 1 freshtoken token b 2>err
	contains "$words" err
}
b=('[account b]' 'server = https://sso.example.com' 'client_id = cli')
test_case 'two accounts with one file' refused_at_load 'token_file: account a, ' '[account a]' \
	'server = https://sso.example.com' 'token_file = /run/user/7/token' "${b[@]}" \
	'id_token = yes' 'token_file = /run/user/7/token id'
for path in token ./token '~'/token /run//token /run/./token /run/../token /run/token/ /; do
	test_case "token_file = $path" refused_at_load 'token_file: expected a path' "${b[@]}" \
		"token_file = $path"
done
for mode in 0777 0666 0200 700 u=rw 99 00600; do
	test_case "token_file_mode = $mode" refused_at_load 'token_file_mode: expected a mode' \
		"${b[@]}" 'token_file = /run/user/7/token' "token_file_mode = $mode"
done
test_case 'a mode without a file' refused_at_load 'token_file_mode: there is no token_file' "${b[@]}" \
	'token_file_mode = 0640'
test_case 'a file for an ID token that is not stored' refused_at_load \
	'token_file: for the ID token it needs id_token = yes' "${b[@]}" 'token_file = /run/user/7/token id'

the_id_token() {
	account openid "server=$OPENID" client_id=cli id_token=yes "token_file=$files/openid id"
	export BROWSER="$OPENID_BROWSER" FT_TEST_LOGIN=alice FT_TEST_PAGE="$T/page"
	freshtoken login openid --browser 2>err
	freshtoken token openid --format id | tr -d '\n' | cmp - "$files/openid"
	cp "$files/openid" before
	freshtoken refresh openid
	freshtoken token openid --format id | tr -d '\n' | cmp - "$files/openid"
	must_fail cmp -s before "$files/openid"
	# None came: the file keeps what lives.
	cp "$files/openid" before
	openid_admin fault id-token=none grant=refresh_token >/dev/null
	freshtoken refresh openid
	cmp before "$files/openid"
	freshtoken logout openid
	must_fail test -e "$files/openid"
}
if [ -e "$FT_BUILDDIR/tests/services/openid.stamp" ]; then
	start_openid --offline always
	test_case 'the ID token in the file' the_id_token
else
	test_skip 'the ID token in the file' 'no oidc-provider'
fi

# --- what keeps it fresh ----------------------------------------------------------------------

units=$FT_BUILDDIR/helper
units_are_installed() {
	for unit in freshtoken-refresh.service freshtoken-refresh.timer; do
		[ -n "$(find "$FT_STAGE" -path "*/lib/systemd/user/$unit")" ] ||
			complain "$unit is not installed"
	done
	must_fail grep -q '@[a-z]*@' "$units/freshtoken-refresh.service"
	program=$(sed -n 's/^ExecStart=\([^ ]*\) refresh --due$/\1/p' "$units/freshtoken-refresh.service")
	[ -x "$FT_STAGE$program" ]
	# A refresh that is under way must not be cut off with what began it.
	contains KillMode=process "$units/freshtoken-refresh.service"
}
test_case 'the units: below lib/systemd/user, and they run this program' units_are_installed

units_verify() {
	sed "s|^ExecStart=.*|ExecStart=/bin/true|" "$units/freshtoken-refresh.service" \
		>freshtoken-refresh.service
	cp "$FT_SRCDIR/helper/freshtoken-refresh.timer" .
	# Where it was only unpacked, so were the units of the system.
	system=$(command -v systemd-analyze)
	export SYSTEMD_UNIT_PATH="$T:${system%/bin/*}/lib/systemd/user:${system%/usr/bin/*}/lib/systemd/user:"
	for unit in freshtoken-refresh.service freshtoken-refresh.timer; do
		systemd-analyze verify --user --man=no "./$unit" >said 2>&1 || :
		must_fail grep freshtoken said
	done
	echo "Colour=green" >>freshtoken-refresh.timer
	systemd-analyze verify --user --man=no ./freshtoken-refresh.timer >said 2>&1 || :
	contains Colour said
}
if command -v systemd-analyze >/dev/null; then
	test_case 'the units: systemd-analyze reports nothing' units_verify
else
	test_skip 'the units: systemd-analyze reports nothing' 'no systemd-analyze here'
fi

test_done

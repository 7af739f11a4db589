#!/bin/bash
# SPDX-License-Identifier: MIT
# freshtoken doctor without the network: broken, reported with a remedy, repaired, not reported any
# more.
. "${FT_SRCDIR:?run me with make check}/tests/harness/tap.sh"
. "$FT_SRCDIR/tests/services/servers.sh"
. "$FT_SRCDIR/tests/harness/accounts.sh"
. "$FT_SRCDIR/tests/harness/doctor.sh"
need curl git
STATE=$XDG_STATE_HOME/freshtoken
CONF=$XDG_CONFIG_HOME/freshtoken/freshtoken.conf
start_token_service
(
	ts create work >/dev/null
	account work client_id=cli "server=$TS/work" match=https://git.example.com
	sign_in work
	freshtoken setup git --apply
) >"$T/log" 2>&1 || give_up "no account: $(tail -n 1 "$T/log")"

remember_home

# --- what is right, and how it is told ------------------------------------------------

all_well() {
	doctor 0
	for check in home programs configuration accounts state lock sign-in git pam server; do
		[ "$(awk -F "\t" -v check="$check" "\$1 == \"ok\" && \$2 == check" out | wc -l)" \
			= 1 ]
	done
	equal "" "$(awk -F "\t" "NF != 5" out)"
	found ok sign-in work "signed in"
	no_secret out work
}
doctor_case 'no problem: status 0, every check has a line' all_well

it_changes_nothing() {
	look() {
		(cd "$T" && find home -printf "%p %i %m %s %T@\n" |
			grep -v "^home/.local/state/freshtoken " | sort)
	}
	ts reset-counters work >/dev/null
	look >before
	doctor 0
	freshtoken doctor --json >/dev/null || :
	look | same before -
	equal "0 0" "$(ts_count work exchanges) $(ts_count work refreshes)"
}
doctor_case 'it changes nothing, and spends nothing' it_changes_nothing

json_same_findings() {
	rm "$STATE/work.json"
	doctor 0
	freshtoken doctor --json >json || :
	equal 1 "$(wc -l <json)"
	grep -q "^{\"checks\":\[{\"check\":\"home\",\"account\":null,\"result\":\"ok\",\"text\":\"[^\"]*\",\"remedy\":null,\"service_says\":null}," json
	grep -qE "\]\}$" json
	contains "{\"check\":\"sign-in\",\"account\":\"work\",\"result\":\"note\",\"text\":\"nobody has signed in\",\"remedy\":\"run: freshtoken login work\",\"service_says\":null}" json
	equal "$(wc -l <out)" "$(grep -o "{\"check\":" json | wc -l)"
	sign_in work
	rm "$CONF.away" 2>/dev/null || :
	mv "$CONF" "$CONF.away"
	printf "[account x]\nserver = https://a\"b\\\\\n" >"$CONF"
	expect_status 1 freshtoken doctor --json >json
	mv "$CONF.away" "$CONF"
	grep -q "\"check\":\"configuration\",\"account\":\"x\",\"result\":\"error\"" json
}
doctor_case 'JSON: the same findings, null for missing values' json_same_findings

nobody_has_signed_in() {
	mv "$STATE/work.json" away
	breaks note sign-in work "nobody has signed in" "run: freshtoken login work"
	mv away "$STATE/work.json"
	mended "nobody has signed in"
}
doctor_case 'nobody has signed in: a note' nobody_has_signed_in

server_refuses_second_token() {
	sign_in work
	sed -i "s/^{/{\"after_rejection\":true,/" "$STATE/work.json"
	token=$(freshtoken token work)
	printf "protocol=https\nhost=git.example.com\nusername=oauth2\npassword=%s\n" "$token" |
		git-credential-freshtoken erase 2>/dev/null
	breaks warning sign-in work "a server refused the access token that was fetched because it had" \
		"run: freshtoken refresh work"
	freshtoken status --check work --json >json
	contains "a server refused the access token that was fetched because it had" json
	sign_in work
	mended "a server refused"
}
doctor_case 'a server refuses the second token within a minute: a warning, until the next token' \
	server_refuses_second_token

if command -v script >/dev/null; then
	# in_terminal [NAME=VALUE…] - doctor as a person at 80 columns sees it,
	# CR and LF as they come
	in_terminal() {
		env TERM=xterm "$@" script -qec "stty cols 80; freshtoken doctor" /dev/null \
			</dev/null >seen 2>&1 || :
	}
	on_a_terminal() {
		mv "$STATE/work.json" away
		in_terminal
		contains "$(printf "\033[32mok     \033[0m  home")" seen
		contains "asking $TS/work ..." seen
		grep -qE "Nothing has to be done.|to mend." seen
		tr -d "\r" <seen | grep -A 1 "work: nobody has signed in" |
			grep -q "^                          run: freshtoken login work$"
		tr -d "\r" <seen | sed "s/\x1b\[[0-9]*[mK]//g" | grep -v "^asking" |
			grep -E "^.{81}" | grep -vF -e "$T" -e "$FT_STAGE" >long || :
		empty long
		mv away "$STATE/work.json"
	}
	doctor_case 'on a terminal: within 80 columns, in colour, remedies below, and progress' \
		on_a_terminal

	no_color_and_dumb_terminal() {
		in_terminal NO_COLOR=1
		must_fail grep -P "\x1b\[[0-9]+m" seen
		in_terminal TERM=dumb
		lacks "$(printf "\033")" seen
		lacks "asking" seen
	}
	doctor_case 'NO_COLOR and a dumb terminal: no escape sequences except to erase a line' \
		no_color_and_dumb_terminal
else
	test_skip 'on a terminal' 'no script(1) on this machine'
fi

# --- home, programs, configuration ----------------------------------------------------

home_others_can_write_to() {
	chmod g+w "$HOME"
	breaks warning home - "HOME $HOME can be written by others" "run: chmod go-w $HOME"
	chmod g-w "$HOME"
	mended "can be written"
	chmod o+w "$XDG_CONFIG_HOME/freshtoken"
	breaks warning home - "$XDG_CONFIG_HOME/freshtoken can be written by others" "chmod go-w"
	chmod o-w "$XDG_CONFIG_HOME/freshtoken"
	mended "can be written"
}
doctor_case 'HOME or the configuration folder is writable by others' home_others_can_write_to

xdg_variables_relative() {
	XDG_CONFIG_HOME=conf XDG_STATE_HOME=$XDG_STATE_HOME breaks warning home - \
		"XDG_CONFIG_HOME is not an absolute path" "begins with /"
	XDG_STATE_HOME=state breaks warning home - "XDG_STATE_HOME is not an absolute path" \
		"unset it"
	mended "absolute path"
}
doctor_case 'relative XDG variables' xdg_variables_relative

home_none() {
	unset XDG_CONFIG_HOME
	export HOME=relative
	breaks error home - "HOME is not set to an absolute path" "set it"
	equal 1 "$(wc -l <out)"
}
doctor_case 'an invalid HOME: the first finding, and the programs are not checked' home_none

if [ "$(id -u)" = 0 ]; then
	home_of_somebody_else() {
		chown 12345 "$HOME"
		(unset XDG_CONFIG_HOME XDG_STATE_HOME
		breaks error home - "belongs to uid 12345" "sudo -H")
		breaks warning home - "HOME $HOME belongs to uid 12345" "your own"
		chown 0 "$HOME"
		mended 12345
	}
	doctor_case 'HOME of another user' home_of_somebody_else
else
	test_skip 'HOME of another user' 'only root can give folders away'
fi

# A stage of our own, where programs may be missing.
cp -a "$FT_STAGE" "$T/stage" || give_up 'no stage'
OUR_BIN=$T/stage${FT_BIN#"$FT_STAGE"}
OUR_LIBEXEC=$T/stage${FT_LIBEXEC#"$FT_STAGE"}

links_not_in_path() {
	export PATH="$OUR_BIN:${PATH#*:}"
	mended "PATH"
	rm "$OUR_BIN/docker-credential-freshtoken"
	DOCTOR_PATH=$OUR_BIN:/usr/bin:/bin breaks warning programs - \
		"docker-credential-freshtoken is not found in PATH" "install freshtoken again"
	ln -s freshtoken "$OUR_BIN/docker-credential-freshtoken"
	mended "PATH"
	DOCTOR_PATH=/usr/bin:/bin doctor 1 "$OUR_BIN/freshtoken"
	found warning programs - "git-credential-freshtoken is not found in PATH" \
		"add $OUR_BIN to PATH"
}
doctor_case 'links that are not in PATH' links_not_in_path

another_freshtoken_comes_first() {
	export PATH="$OUR_BIN:$PATH"
	mkdir -p first
	printf "#!/bin/sh\necho freshtoken 0.0.1\n" >first/git-credential-freshtoken
	chmod +x first/git-credential-freshtoken
	PATH=$PWD/first:$PATH breaks warning programs - \
		"git-credential-freshtoken, which is freshtoken 0.0.1" "put $OUR_BIN first in PATH"
	printf "#!/bin/sh\nexit 1\n" >first/git-credential-freshtoken
	PATH=$PWD/first:$PATH breaks warning programs - "which is something else" \
		"remove the other one"
	# One of the same version does as well.
	cp "$OUR_BIN/freshtoken" first/git-credential-freshtoken
	PATH=$PWD/first:$PATH mended "git-credential-freshtoken, which"
}
doctor_case 'another freshtoken comes first in PATH' another_freshtoken_comes_first

programs_in_libexec() {
	export PATH="$OUR_BIN:$PATH"
	mv "$OUR_LIBEXEC/freshtoken-refresh" away
	breaks error programs - "freshtoken-refresh cannot be started: No such file" \
		"install freshtoken again"
	printf "#!/bin/sh\necho \"freshtoken-refresh (freshtoken) 0.0.1\"\n" \
		>"$OUR_LIBEXEC/freshtoken-refresh"
	breaks error programs - "cannot be started: Permission denied" "install freshtoken again"
	chmod +x "$OUR_LIBEXEC/freshtoken-refresh"
	breaks error programs - "is freshtoken-refresh (freshtoken) 0.0.1" "from one version"
	mv away "$OUR_LIBEXEC/freshtoken-refresh"
	mv "$OUR_LIBEXEC/freshtoken-transport" away
	breaks error programs - "freshtoken-transport cannot be started" "install freshtoken again"
	found error sandbox - "cannot start $OUR_LIBEXEC/freshtoken-transport"
	found error server work "cannot start $OUR_LIBEXEC/freshtoken-transport"
	mv away "$OUR_LIBEXEC/freshtoken-transport"
	mended "cannot be started"
}
doctor_case 'programs in libexec: missing, not executable, of another version' programs_in_libexec

programs_that_do_not_run() {
	local own=$OUR_LIBEXEC/freshtoken-refresh transport=$OUR_LIBEXEC/freshtoken-transport

	export PATH="$OUR_BIN:$PATH"
	cp "$own" own
	# e_machine of an ELF file
	printf '\xff\xff' | dd of="$own" bs=1 seek=18 conv=notrunc 2>dd.log
	breaks error programs - "cannot start $own: Exec format error" "built for this machine"
	cp own "$own"
	cp "$transport" transport
	LC_ALL=C sed -i 's/libcurl\([-.a-z]*\)\.so/libcurx\1.so/g' "$transport"
	breaks error programs - "$transport does not run: it ends with status 127" \
		"see why: $transport --version"
	cp transport "$transport"
	printf "#!/bin/sh\nexit 127\n" >"$own"
	expect_status 5 freshtoken refresh work 2>err
	contains "$own: the refresh ended without an answer" err
	contains "freshtoken doctor" err
	cp own "$own"
	mended "run"
	chmod a-x "$OUR_LIBEXEC/freshtoken-cli"
	expect_status 1 freshtoken list 2>err
	contains "cannot start $OUR_LIBEXEC/freshtoken-cli: Permission denied; see that it may be executed" err
	chmod a+x "$OUR_LIBEXEC/freshtoken-cli"
}
doctor_case 'programs in libexec that do not run: of another machine, without a library' \
	programs_that_do_not_run

configuration_wrong() {
	cp "$CONF" away
	printf "[account other]\nserver = http://sso.example.com\n" >>"$CONF"
	breaks error configuration other "$CONF:$(wc -l <"$CONF"): server: "
	found ok sign-in work "signed in"
	found ok configuration - "1 account in"
	equal 1 "$(grep -cP "\tother\t" out)"
	cp away "$CONF"
	chmod 666 "$CONF"
	breaks error configuration - "$CONF" "chmod"
	found ok lock - "the lock works"
	equal "" "$(grep -P "\t(git|server|sign-in|accounts)\t" out || :)"
	chmod 600 "$CONF"
	mended "$CONF:"
}
doctor_case 'a wrong configuration: file, line, key and remedy; other checks continue' \
	configuration_wrong

no_account() {
	mv "$CONF" away
	breaks note configuration - "there is no account" "run: freshtoken add ACCOUNT --server URL"
	found note state - "is a sign-in of an account that no configuration names" "remove it"
	mv away "$CONF"
	mended "there is no account"
}
doctor_case 'no account at all is no fault' no_account

account_whose_profile() {
	cp "$CONF" away
	account p provider=nosuch server=https://sso.example.com
	breaks error accounts p "no provider profile nosuch.conf in "
	cp away "$CONF"
	account p "server=$TS/work" "client_secret_file=$PWD/no-secret" client_id=a client_auth=post
	breaks error accounts p "client_secret_file $PWD/no-secret: No such file" "put the client"
	printf s >no-secret; chmod 600 no-secret
	mended "client_secret_file"
	# What everybody can read is no secret; a folder above it may see to it that nobody can.
	chmod 644 no-secret
	mended "client_secret_file"
	chmod o+x "$T"
	breaks warning accounts p "client_secret_file: everybody on this machine can read $PWD/no-secret" \
		"chmod o= $PWD/no-secret"
	chmod o-x "$T"
	mended "client_secret_file"
	cp away "$CONF"
	account p client_id=cli "server=$TS/work" "ca_file=$PWD/no-ca.pem"
	breaks error accounts p "ca_file $PWD/no-ca.pem: No such file" "remove the key"
	cp away "$CONF"
	account p client_id=cli provider=oauth2
	breaks error accounts p "server"
	cp away "$CONF"
	mended " p "
}
doctor_case 'an account whose profile, secret or authorities cannot be read' account_whose_profile

accounts_live_on_another_one() {
	cp "$CONF" away
	account b "server=$TS/work" from=c
	account c "server=$TS/work" from=b
	breaks error configuration b "from: it leads back to itself"
	found error configuration c "from: it leads back to itself"
	cp away "$CONF"
	account source client_id=cli "server=$TS/work"
	account heir "server=$TS/work" from=source
	breaks note sign-in heir "nobody has signed in: " "run: freshtoken login source"
	cp away "$CONF"
	account twin client_id=cli "server=$TS/work" match=https://git.example.com
	breaks error accounts - "accounts work (" "longer match"
	cp away "$CONF"
	account twin client_id=cli "server=$TS/work" match=https://git.example.com username=other
	breaks note accounts - "accounts work (" "for_username and ask"
	cp away "$CONF"
	mended "equally well"
}
doctor_case 'accounts that get their tokens from another one, or match the same URLs' \
	accounts_live_on_another_one

# --- state, lock, sign-ins -----------------------------------------------------------------

state_folder_and_records_open() {
	chmod 755 "$STATE"
	breaks error state - "$STATE is open to other users" "chmod 700 $STATE"
	found error sign-in work "is open to other users" "chmod 700"
	chmod 700 "$STATE"
	mended "open to other"
	chmod 644 "$STATE/work.json"
	breaks error state - "work.json is open to other users" "chmod 600"
	found error sign-in work "work.json is open to other users" "chmod 600"
	chmod 600 "$STATE/work.json"
	mended "open to other"
	mkdir "$STATE/strange"
	breaks warning state - "$STATE/strange is not a regular file" "remove it"
	rmdir "$STATE/strange"
	mended "$STATE/strange"
}
doctor_case 'a state folder and records that are open to others' state_folder_and_records_open

if [ "$(id -u)" = 0 ]; then
	state_folder_and_record() {
		chown 12345 "$STATE/work.json"
		breaks error sign-in work "work.json belongs to uid 12345" "chown it to yourself"
		found warning state - "work.json belongs to uid 12345"
		chown 0 "$STATE/work.json"
		chown 12345 "$STATE"
		breaks error state - "$STATE belongs to uid 12345" "XDG_STATE_HOME"
		chown 0 "$STATE"
		mended 12345
	}
	doctor_case 'a state folder and a record of another user' state_folder_and_record
else
	test_skip 'a state folder and a record of another user' 'only root can give files away'
fi

no_state_folder_yet() {
	XDG_STATE_HOME=$PWD/nothing doctor 0
	found ok state - "$PWD/nothing/freshtoken does not exist yet"
	must_fail test -e nothing
}
doctor_case 'no state folder yet' no_state_folder_yet

if [ "$(stat -f -c %T /dev/shm 2>/dev/null)" = tmpfs ] && [ -w /dev/shm ]; then
	SHM=$(mktemp -d /dev/shm/ft-test.XXXXXXXX)
	at_exit rm -rf "$SHM"
	state_on_file_system() {
		mkdir -m 700 "$SHM/freshtoken"
		XDG_STATE_HOME=$SHM breaks note state - "$SHM/freshtoken is on tmpfs" "on a disk"
		XDG_STATE_HOME=$SHM found ok lock - "the lock works"
	}
	doctor_case 'state on a temporary file system' state_on_file_system
else
	test_skip 'state on a temporary file system' 'no tmpfs at /dev/shm'
fi

if unshare -rm mount -t tmpfs none /mnt 2>/dev/null; then
	state_on_file_system_full() {
		mkdir -p small
		breaks_in() {	# MOUNT-OPTIONS
			expect_status 1 unshare -rm sh -c \
				"mount -t tmpfs -o mode=700,size=64k none small &&
				mkdir -m 700 small/freshtoken && mount -o remount,$1 none small &&
				XDG_STATE_HOME=\"$PWD/small\" exec freshtoken doctor" >out
		}
		breaks_in size=64k
		found error state - "$PWD/small/freshtoken has no room for a refresh" "free some"
		breaks_in ro
		found error state - "on a file system that cannot be written" "mount it for writing"
		found error lock - "Read-only file system" "can be written"
	}
	doctor_case 'state on a full file system, and on a read-only one' \
		state_on_file_system_full
else
	test_skip 'state on a full file system, and on a read-only one' \
		'no mounts of our own here'
fi

if unshare -rm mount -t tmpfs none /proc 2>/dev/null; then
	no_proc() {
		doctor 1 unshare -rm sh -c "mount -t tmpfs none /proc && exec \"\$0\" \"\$@\"" \
			"$FT_LIBEXEC/freshtoken-cli"
		found warning programs - "/proc/self/exe: No such file or directory" "mount /proc"
		found ok state - "$STATE"
		found ok lock - "the lock works"
		nothing_of memory
		mended "/proc"
	}
	doctor_case 'no /proc: it is reported, not a lack of memory, and the rest is checked' \
		no_proc
else
	test_skip 'no /proc' 'no namespaces here'
fi

if [ -x "$FT_BUILDDIR/tests/harness/lockless" ]; then
	LOCKLESS=$FT_BUILDDIR/tests/harness/lockless
	lock_keeps_nobody_apart() {
		doctor 1 "$LOCKLESS" open "$FT_BIN/freshtoken"
		found error lock - "two processes had the lock at once" "local disk"
		doctor 1 "$LOCKLESS" none "$FT_BIN/freshtoken"
		found error lock - "No locks available" "local disk"
		mended "the lock at once"
	}
	doctor_case 'locks that do not work, and locks that do not exist' \
		lock_keeps_nobody_apart
else
	test_skip 'locks that do not work, and locks that do not exist' \
		'tests/harness/lockless was not built'
fi

records_damaged() {
	cp -p "$STATE/work.json" away
	echo "{" >"$STATE/work.json"
	breaks warning sign-in work "a new sign-in is needed" "run: freshtoken login work"
	sed "s/\"version\":1/\"version\":2/" away >"$STATE/work.json"
	breaks error sign-in work "newer"
	sed "s/\"server\":\"[^\"]*\"/\"server\":\"https:\\/\\/old.example.com\"/" away \
		>"$STATE/work.json"
	breaks warning sign-in work "a new sign-in is needed" "run: freshtoken login work"
	cp -p away "$STATE/work.json"
	mended "sign-in is needed"
}
doctor_case 'records that are damaged, of a newer version, or made with another server' \
	records_damaged

what_service_last_said() {
	new_account gone oauth2 2>/dev/null
	git config --global --add credential.https://gone.example.com.helper ""
	git config --global --add credential.https://gone.example.com.helper freshtoken
	reject gone
	ts revoke-family gone >/dev/null
	expect_status 4 freshtoken token gone 2>/dev/null
	breaks warning sign-in gone "a new sign-in is needed: HTTP 400: invalid_grant" \
		"run: freshtoken login gone"
	ts login gone >/dev/null
	sign_in gone
	mended "sign-in is needed"
	reject gone
	ts fault gone fault=503 times=-1 >/dev/null
	expect_status 5 freshtoken token gone 2>/dev/null
	ts fault gone fault=none >/dev/null
	breaks warning sign-in gone "the last refresh did not get through: HTTP 503" \
		"run: freshtoken refresh gone"
	freshtoken refresh gone
	mended "did not get through"
	sed -i "/^\[account gone\]/,\$d" "$CONF"
	rm "$STATE"/gone.*
}
doctor_case 'the service'\''s last answer' what_service_last_said

what_killed_refresh_leaves() {
	echo x >"$STATE/work.answer"; chmod 600 "$STATE/work.answer"
	mended "was left by a refresh"
	touch -d "1 hour ago" "$STATE/work.answer"
	breaks note state work "work.answer was left by a refresh that was killed" \
		"freshtoken refresh work"
	rm "$STATE/work.answer"
	: >"$STATE/work.json~result"; chmod 600 "$STATE/work.json~result"; touch -d "1 hour ago" \
		"$STATE/work.json~result"
	breaks note state work "work.json~result was left by a refresh" "nothing is lost"
	rm "$STATE/work.json~result"
	: >"$STATE/work.json~damaged-1700000000"; chmod 600 "$STATE/work.json~damaged-1700000000"
	breaks note state - "work.json~damaged-1700000000" "remove it when you have looked at it"
	rm "$STATE/work.json~damaged-1700000000"
	mended "$STATE/work"
}
doctor_case 'files of a killed refresh, and damaged records that were set aside' what_killed_refresh_leaves

test_done

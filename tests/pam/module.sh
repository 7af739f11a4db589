#!/bin/bash
# SPDX-License-Identifier: MIT
# The module in a process that uses PAM: what it does not change, what it starts, and how it treats
# a program that misbehaves. No other program of freshtoken runs here.
. "${FT_SRCDIR:?run me with make check}/tests/harness/tap.sh"
. "$FT_SRCDIR/tests/pam/stack.sh"
with_actor "$T/stage"
through_socket
started=$([ -n "${FT_THROUGH_SOCKET-}" ] || echo yes)
remedy='install freshtoken again'
[ "$started" ] || remedy='see journalctl -u .freshtoken-pam@'
me=$(id -un)
as_root=$([ "$(id -u)" -ne 0 ] || echo yes)

# every USER AUTH ACCOUNT SETCRED OPEN - all functions come to these codes, each with a PAM
# handle of its own: after auth, libpam replays its results for setcred
every() {
	local function user=$1

	shift
	for function in auth account "setcred establish" open; do
		{ echo "$function = $1"; ! [ -f "said-$function" ] || cat "said-$function"; } |
			play --user "$user"
		shift
	done
}

it_links_libpam_and_libc() {
	readelf -d "$MODULE" | sed -n "s/.*(NEEDED).*\[\(.*\)\].*/\1/p" |
		grep -vE "^lib(a|ub)san" | sort >needed
	printf "%s\n" libc.so.6 libpam.so.0 | same - needed
	nm -D --defined-only "$MODULE" | sed "s/.* //" | sort >exported
	printf "pam_sm_%s\n" acct_mgmt authenticate chauthtok close_session open_session setcred |
		same - exported
}
test_case 'it links libpam and libc, and exports the six functions' it_links_libpam_and_libc

success_leaves_process_as_it() {
	one code=0
	every "$me" SUCCESS SUCCESS SUCCESS SUCCESS
	play --user "$me" --times 5 <<-END
		auth = SUCCESS
		account = SUCCESS
		setcred establish = SUCCESS
		open = SUCCESS
		close = SUCCESS
	END
}
test_case 'a success does not change the process' success_leaves_process_as_it

chauthtok_ignore() {
	one code=0
	stack test "password required FT" "password required pam_permit.so"
	play --user "$me" <<-END
		chauthtok = SUCCESS
	END
	stack test "password required FT"
	play --user "$me" <<-END
		chauthtok = PERM_DENIED
	END
}
test_case 'chauthtok: IGNORE, which is a denial in a stack without other modules' chauthtok_ignore

setcred_flags() {
	one code=0 note="$PWD/note"
	play --user "$me" <<-END
		setcred = SUCCESS
		setcred silent = SERVICE_ERR
		setcred establish refresh = SERVICE_ERR
		setcred reinitialize = SUCCESS
		setcred refresh silent = SUCCESS
	END
	rm note
	play --user "$me" <<-END
		setcred delete = SUCCESS
	END
	[ ! -e note ] || complain "a program was started"
}
test_case 'setcred: flags' setcred_flags

close_session_starts_nothing() {
	one code=0 note="$PWD/note"
	play --user "$me" --no-conv <<-END
		close = SUCCESS
	END
	[ ! -e note ] || complain "a program was started"
}
test_case 'close_session starts nothing, and needs no conversation' close_session_starts_nothing

what_program_called_with() {
	one note="$PWD/note" account=work permissive
	play --user "$me" --item tty=pts/7 --item rhost=client.example.com --item ruser=bob <<-END
		auth silent = SUCCESS
	END
	grep "^call" note >calls
	cat >expected <<-END
		call f 0
		call l 32768
		call i $(id -u)
		call e $(id -u)
		call u $me
		call s test
		call t pts/7
		call h client.example.com
		call r bob
		call X 1
		call W $me
		call U $(id -u)
		call o note=$PWD/note
		call o account=work
		call o permissive
	END
	same expected calls
}
test_case 'the program'\''s arguments' what_program_called_with

if [ "$started" ]; then
state_program_starts_in() {
	one note="$PWD/note"
	cd /tmp
	export LD_LIBRARY_PATH=/nowhere HOME=/nowhere XDG_STATE_HOME=/nowhere \
		SSLKEYLOGFILE=/nowhere \
		http_proxy=http://127.0.0.1:1 GCONV_PATH=/nowhere TMPDIR=/nowhere
	trap "" HUP USR1 PIPE
	umask 000
	exec 7</dev/null 8>"$T/open" 33</dev/null
	timeout 60 "$FT_BUILDDIR/tests/pam/play" --confdir "$T/conf" --user "$me" --sigchld ignore <<-END
		auth = SUCCESS
	END
	cd "$T"
	grep -vE "^(call|answer|done|NSsid|Uid|Gid|Groups)" note >state
	cat >expected <<-END
		fd 0 socket
		fd 1 /dev/null
		fd 2 /dev/null
		Umask:	0077
		Threads:	1
		SigBlk:	0000000000000000
		SigIgn:	0000000000000000
		SigCgt:	0000000000000000
		variable PATH=/usr/sbin:/usr/bin:/sbin:/bin
		variable LANG=C.UTF-8
		variable TZ=UTC0
		core 0 file unlimited
		folder /
		alarm 1
	END
	# A sanitizer has handlers of its own.
	[ -z "${ASAN_OPTIONS-}" ] || sed -i "s/^SigCgt.*/SigCgt:	0000000000000000/" state
	same expected state
	must_fail grep -q "^NSsid:	$(ps -o sid= -p $$ | tr -d " ")\$" note
}
test_case 'the program'\''s initial state' state_program_starts_in
fi
if [ -n "$as_root" ]; then
	from_program_root_for_somebody() {
		one note="$PWD/note"
		chmod 755 "$T"
		# As a setuid program is started: real ids and groups of the person.
		echo "auth = SUCCESS" >script
		prlimit --fsize=0: setpriv --ruid 65534 --rgid 65534 --egid 65534 --groups \
			65534,100 \
			"$FT_BUILDDIR/tests/pam/play" --confdir conf --user nobody <script |
			cat >said
		empty said
		grep -qx "Uid:	0	0	0	0" note
		grep -qx "Gid:	0	0	0	0" note
		grep -qx "Groups:	 " note
		contains "file unlimited" note
		# With no process left to start, and no file to open beyond what PAM itself needs. The
		# uid is one of this test alone: tests that run beside it have processes of nobody.
		prlimit --nproc=1:1 --nofile=20:20 --as=1000000000 setpriv \
			--ruid $((61000 + $$ % 4000)) --rgid 65534 --egid 65534 \
			--groups 65534,100 "$FT_BUILDDIR/tests/pam/play" --confdir conf --user \
			nobody <script
	}
	test_case 'from a setuid program: all ids 0, no group, no limit' \
		from_program_root_for_somebody
else
	test_skip 'from a setuid program: all ids 0, no group, no limit' \
		'not root'
fi

sigchld_ignored() {
	one code=0
	for word in ignore handle default; do
		for extra in --times=2 --reap; do
			play --user "$me" --sigchld "$word" "$extra" <<-END
				auth = SUCCESS
				account = SUCCESS
				setcred = SUCCESS
				open = SUCCESS
			END
		done
	done
}
test_case 'SIGCHLD ignored, handled, default; a thread that reaps everything' sigchld_ignored

kernels_without_clone3() {
	one code=0 "[hidden=Token: ]"
	printf "auth = SUCCESS\n> hidden Token:  = abc\naccount = SUCCESS\n> hidden Token:  = abc\n" >script
	play --user "$me" --refuse clone3 --sigchld handle --times 2 <script
	for word in ignore default; do
		play --user "$me" --refuse pidfd --sigchld $word --times 2 <script
	done
	# There a handler does see that a child has ended; it is not ours that it can wait for.
	one act=hang wait=200
	play --user "$me" --refuse pidfd <<-END
		account = PERM_DENIED
		> error freshtoken: your sign-in could not be checked in time
	END
}
test_case 'kernels without clone3, and without descriptors of processes' kernels_without_clone3

standard_descriptors_closed_stay() {
	one code=0
	printf "auth = SUCCESS\n" >script
	exec 5>&1
	timeout 60 "$FT_BUILDDIR/tests/pam/play" --confdir conf --user "$me" <script >&- 2>&-
}
test_case 'closed standard descriptors stay closed' standard_descriptors_closed_stay

if [ "$started" ]; then
program_without_hosts_descriptors() {
	one note="$PWD/note"
	printf "auth = SUCCESS\n" >script
	play --user "$me" --close-input --report <script >&- 2>err
	grep "^fd" note >fds
	printf "fd %s\n" "0 socket" "1 /dev/null" "2 /dev/null" | diff - fds >&2
}
test_case 'a host without descriptors: the program has its socket, and /dev/null twice' \
	program_without_hosts_descriptors
fi

what_said_and_asked_arrives() {
	one note="$PWD/note" "[info=Open https://sso.example.com and type ABCD]" "[error=No.]" \
		"[shown=Code: ]" "[hidden=Token: ]"
	play --user "$me" <<-END
		auth = SUCCESS
		> info Open https://sso.example.com and type ABCD
		> error No.
		> shown Code:  = visible answer
		> hidden Token:  =  secret with blanks 
	END
	grep ^answer note >answers
	printf "answer 0 %s\n" "(none)" "(none)" "visible answer" " secret with blanks " |
		same - answers
}
test_case 'messages, prompts and answers arrive' what_said_and_asked_arrives

conversations_fail() {
	one note="$PWD/note" "[hidden=Token: ]" code=19
	for wrong in "!null 19" "!error 19" "!wild 19" "!again 30" "!nothing 19"; do
		play --user "$me" <<-END
			auth = CONV_ERR
			> hidden Token:  = ${wrong% *}
		END
		grep -qx "answer ${wrong#* } (none)" note
	done
	play --user "$me" --no-conv <<-END
		auth = CONV_ERR
	END
	grep -qx "answer 19 (none)" note
	# An empty answer is one.
	printf "auth = CONV_ERR\n> hidden Token:  = \n" | play --user "$me"
	grep -qx "answer 0 " note
}
test_case 'conversations that fail' conversations_fail

long_answers() {
	one note="$PWD/note" "[hidden=Token: ]"
	for n in 1500 61440 61441; do
		long=$(head -c $n /dev/zero | tr "\0" t)
		printf "auth = SUCCESS\n> hidden Token:  = %s\n" "$long" | play --user "$me"
		case $n in
		61441) grep -qx "answer 19 (none)" note ;;
		*) grep -qx "answer 0 $long" note ;;
		esac
	done
}
test_case 'answers of 1,500 and of 60,000 bytes arrive, longer ones are refused' long_answers

pam_silent() {
	one note="$PWD/note" "[info=Hello]" "[hidden=Token: ]"
	play --user "$me" <<-END
		auth silent = SUCCESS
		> hidden Token:  = abc
	END
	printf "answer 0 %s\n" "(none)" abc >expected
	grep ^answer note | same expected -
}
test_case 'PAM_SILENT: no messages, but necessary prompts' pam_silent

auth_asks_for_user() {
	one code=0 note="$PWD/note"
	play <<-END
		account = SERVICE_ERR
		setcred = SERVICE_ERR
		open = SESSION_ERR
		auth silent = USER_UNKNOWN
		auth = SUCCESS
		> shown login: = $me
	END
	grep -qx "call u $me" note
	play <<-END
		auth = CONV_ERR
		> shown login: = !error
	END
	play <<-END
		auth = INCOMPLETE
		> shown login: = !again
	END
}
test_case 'auth asks for the user, the others do not' auth_asks_for_user

handle_goes_into_pam_environment() {
	one note="$PWD/note" handle=0123456789abcdef
	stack out "auth required FT note=$PWD/note handle="
	play --user "$me" <<-END
		noenv FRESHTOKEN_HANDLE
		auth = SUCCESS
		env FRESHTOKEN_HANDLE
		account = SUCCESS
	END
	grep -qx "call H 0123456789abcdef" note
	play --user "$me" --service out <<-END
		auth = SUCCESS
		noenv FRESHTOKEN_HANDLE
	END
	one handle=LD_PRELOAD
	play --user "$me" <<-END
		auth = SUCCESS
		noenv FRESHTOKEN_HANDLE
	END
}
test_case 'a handle is put into the PAM environment, read, and removed' \
	handle_goes_into_pam_environment

memory_kept_for_handle() {
	one note="$PWD/note" "[memory=established work]"
	play --user "$me" <<-END
		setcred establish = SUCCESS
		open = SUCCESS
	END
	grep -qx "call m established work" note
	play --user "$me" <<-END
		setcred establish = SUCCESS
		setcred delete = SUCCESS
		open = SUCCESS
	END
	must_fail grep -q "^call m" note
}
test_case 'data is kept for this handle, and deleted with DELETE_CRED' memory_kept_for_handle

# --- a program that misbehaves ---------------------------------------------------------

garbage="half empty long gigabyte zeros text unknown-kind unknown-field twice unended no-code no-number big-number
	control c1-control turned-text style long-text"
after_terms() {
	echo "> error freshtoken: your sign-in could not be checked in time" >said-account
	for act in die leave close $garbage; do
		echo "$act"
		one act=$act wait=200
		every "$me" AUTH_ERR PERM_DENIED CRED_EXPIRED SESSION_ERR
	done
}
test_case 'after its terms: a sign-in is needed, never "down"; refused, with a message' after_terms

likewise_permissive() {
	echo "> info freshtoken: your sign-in could not be checked in time" >said-account
	for act in die leave $garbage; do
		echo "$act"
		one act=$act permissive wait=200
		every "$me" AUTH_ERR SUCCESS SUCCESS SUCCESS
	done
	play --user "$me" <<-END
		account silent = SUCCESS
	END
	one act=die permissive no_hint
	play --user "$me" <<-END
		account = SUCCESS
	END
}
test_case 'the same with permissive: let in, with a message unless PAM_SILENT' likewise_permissive

rm -f said-account
# Somebody who is not root, for whom what is broken means no entry.
nobody=nobody
before_terms() {
	for act in die leave ${garbage#half}; do
		echo "$act"
		[ "$act" != unended ] || continue
		one early act=$act
		every $nobody SERVICE_ERR SERVICE_ERR SERVICE_ERR SESSION_ERR 2>said
		grep -q "ended without an answer; $remedy\|does not answer as it should; $remedy" said
	done
	# The other way has more patience; socket.sh tries that.
	if [ "$started" ]; then
		one early act=half
		play --user $nobody <<-END 2>said
			account = SERVICE_ERR
		END
		contains "does not answer in time" said
	fi
	stack test "account required FT early act=die" "account required pam_permit.so" \
		"auth required FT early act=die" "session required FT early act=die" \
		"session required pam_permit.so"
	every root USER_UNKNOWN SUCCESS SUCCESS SUCCESS
}
test_case 'before its terms: broken, and root can log in' before_terms

it_says_nothing() {
	# Those that have closed their end, and wait.
	for pid in $(pgrep -f "^$HELPER\$"); do
		kill "$pid"
	done
	one act=hang wait=300 note="$PWD/note"
	play --user "$me" <<-END
		account = PERM_DENIED
		> error freshtoken: your sign-in could not be checked in time
	END
	# It may be in an exchange that must come to its end.
	left=$(pgrep -f "^$HELPER\$")
	for pid in $left; do
		kill "$pid"
	done
	[ "$(echo "$left" | wc -w)" = 1 ] || complain "left: $left"
	one act=terms
	play --user "$me" <<-END
		auth = AUTH_ERR
	END
}
test_case 'it does not answer: the call ends at the deadline, and the program is not killed' \
	it_says_nothing

it_talks_and_talks() {
	one act=chatter
	{ echo "auth = AUTH_ERR"; for n in $(seq 999); do printf "> info again\n"; done; } |
		play --user "$me"
}
test_case 'it sends endless messages: the call ends too' it_talks_and_talks

if [ "$started" ]; then
it_not_there() {
	one
	for how in missing "no program" "no right"; do
		rm -f "$HELPER"
		case $how in
		"no program") echo "no program" >"$HELPER"; chmod 755 "$HELPER" ;;
		"no right") echo >"$HELPER"; chmod 644 "$HELPER" ;;
		esac
		play --user $nobody <<-END 2>said
			account = SERVICE_ERR
		END
		cat said
		grep -q "pam_freshtoken(test:account): cannot execute $HELPER: [A-Z].*; is freshtoken installed completely?" said
	done
	with_actor "$T/stage"
}
test_case 'it is missing, or not executable: broken, with the reason' it_not_there
fi
eight_threads_at_time() {
	one code=0 "[hidden=Token: ]" handle=0123 "[memory=x]"
	play --user "$me" --threads 8 --times 30 --sigchld handle <<-END
		auth = SUCCESS
		> hidden Token:  = abc
		account = SUCCESS
		> hidden Token:  = abc
	END
}
test_case 'eight threads at a time' eight_threads_at_time
test_done

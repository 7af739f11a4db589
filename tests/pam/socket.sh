#!/bin/bash
# SPDX-License-Identifier: MIT
# freshtoken-pam.socket: who may use it, when the module does not use it, and what of the caller
# reaches the check.
. "${FT_SRCDIR:?run me with make check}/tests/pam/world.sh"
need perl setpriv
[ ${#SOCKET} -lt 104 ] || skip_all 'the name of this folder is too long for a socket'
. "$FT_SRCDIR/tests/pam/programs.sh"
start_token_service
ts create work user=alice lifetime=60 >/dev/null
configure_pam server="$TS/work"
S=$TS/work
one account=work
sign_in alice
units=$FT_BUILDDIR/pam

check() {
	printf '%s\n' "account = $2" ${3+"> $3"} >.script
	play --user "$1" <.script
}
refused() {
	for option in "" permissive; do
		one account=work $option
		check alice SERVICE_ERR
		echo "account = PERM_DENIED" >.script	# nothing of ours, and no other module
		play --user root <.script
	done
	logged "$1"
	one account=work
}

# by_whom FILE - who has started the freshtoken-pam that wrote this: the listener has a variable
# that the module has not
by_whom() {
	if grep -qx "variable INVOCATION_ID=1" "$1"; then echo systemd; else echo module; fi
}
# acting - with tests/pam/actor in the place of freshtoken-pam
acting() {
	cp "$HELPER" "$T/freshtoken-pam"
	rm "$HELPER"
	cp "$FT_BUILDDIR/tests/pam/actor" "$HELPER"
	one note="$T/note"
}
acting_no_more() {
	mv "$T/freshtoken-pam" "$HELPER"
	rm -f "$T/note"
	one account=work
}

units_paths_of_build() {
	grep -qx "ListenStream=$FT_RUNSTATE/freshtoken/pam.sock" "$units/freshtoken-pam.socket"
	for line in SocketMode=0600 DirectoryMode=0700 Accept=yes RemoveOnStop=yes; do
		grep -qx "$line" "$units/freshtoken-pam.socket"
	done
	grep -qx "ExecStart=${FT_LIBEXEC#"$FT_STAGE"}/freshtoken-pam" \
		"$units/freshtoken-pam@.service"
	for line in StandardInput=socket StandardOutput=null StandardError=null KillMode=process \
		LimitCORE=0 \
		UMask=0077 NoNewPrivileges=yes; do
		grep -qx "$line" "$units/freshtoken-pam@.service"
	done
	must_fail grep -q "@[a-z]*@" "$units/freshtoken-pam.socket" "$units/freshtoken-pam@.service"
	# The rights that all these tests run with.
	contains CapabilityBoundingSet="CAP_SETUID CAP_SETGID CAP_KILL" \
		"$units/freshtoken-pam@.service"
	for unit in "$units"/freshtoken-pam*; do
		case $unit in *.in | *.new) continue ;; esac
		[ -f "$(find "$FT_STAGE" -name "${unit##*/}")" ] ||
			complain "${unit##*/} is not installed"
	done
}
test_case 'the units: the paths of this build, only root, and systemd'\''s check' \
	units_paths_of_build

if command -v systemd-analyze >/dev/null; then
	units_systemd_analyze_has() {
		cp "$units/freshtoken-pam.socket" "$units/freshtoken-pam@.service" .
		sed -i "s|^ExecStart=.*|ExecStart=/bin/true|" freshtoken-pam@.service
		# Where it was only unpacked, so were the units of the system.
		system=$(command -v systemd-analyze)
		export SYSTEMD_UNIT_PATH="${system%/bin/*}/lib/systemd/system:${system%/usr/bin/*}/lib/systemd/system:"
		for unit in freshtoken-pam.socket freshtoken-pam@.service; do
			systemd-analyze verify --man=no "./$unit" >said 2>&1
			must_fail grep freshtoken said
		done
		echo "Colour=green" >>freshtoken-pam@.service
		systemd-analyze verify --man=no ./freshtoken-pam@.service >said 2>&1 || :
		contains Colour said
	}
	test_case 'the units: systemd-analyze reports nothing' units_systemd_analyze_has
else
	test_skip 'the units: systemd-analyze reports nothing' 'no systemd-analyze here'
fi

# What docs/packaging.md says of the units, in tenths; systemd counts otherwise in each version.
if systemd-analyze security --help 2>/dev/null | grep -q -e --offline; then
	exposure_is_low() {
		cp "$units/freshtoken-pam@.service" freshtoken-pam@1.service
		systemd-analyze security --offline=true --threshold=35 ./freshtoken-pam@1.service \
			>said 2>&1 || { cat said; complain "more than 3.5"; }
		cp "$FT_BUILDDIR/helper/freshtoken-refresh.service" .
		systemd-analyze security --offline=true --threshold=70 ./freshtoken-refresh.service \
			>said 2>&1 || { cat said; complain "more than 7.0"; }
	}
	test_case 'the units: what systemd-analyze security calls their exposure' exposure_is_low
else
	test_skip 'the units: what systemd-analyze security calls their exposure' \
		'no systemd-analyze here that can look at files'
fi

# The package that the parser is from may be unpacked below build/.
apparmor=$(command -v apparmor_parser) || :
apparmor=${apparmor%/sbin/*} apparmor=${apparmor%/usr}/etc/apparmor.d
if [ -d "$apparmor/abstractions" ]; then
	profiles_compile() {
		for name in freshtoken-pam freshtoken-transport; do
			profile=$ROOT${FT_LIBEXEC#"$FT_STAGE"}
			profile=${profile%/libexec/*}/share/freshtoken/apparmor/$name
			apparmor_parser --base "$apparmor" --skip-kernel-load --skip-cache "$profile" >said 2>&1 ||
				{ cat said; complain "$name"; }
			must_fail grep -n '@[a-z]*dir@' "$profile"
			contains "${FT_LIBEXEC#"$FT_STAGE"}/$name" "$profile"
		done
	}
	test_case "AppArmor's profiles: its parser takes them" profiles_compile
else
	test_skip "AppArmor's profiles: its parser takes them" 'no apparmor_parser on this machine'
fi

no_socket() {
	acting
	rm -f "$SOCKET"
	check alice SUCCESS
	equal module "$(by_whom note)"
	listen_as_systemd
	check alice SUCCESS
	equal systemd "$(by_whom note)"
	stop_pid "$LISTENER"
	[ -S "$SOCKET" ]
	check alice SUCCESS
	equal module "$(by_whom note)"
	# For herself, with her own rights: nothing at the socket would serve her.
	listen_as_systemd
	one note="$T/homes/alice/note"
	echo "account = SUCCESS" >script
	as alice timeout 60 "$FT_BUILDDIR/tests/pam/play" --confdir "$T/conf" --user alice <script
	equal module "$(by_whom "$T/homes/alice/note")"
	stop_pid "$LISTENER"
	acting_no_more
}
test_case 'no socket, a socket without a listener, or no root: the module starts it' no_socket

socket_and_folder_to_be() {
	listen_as_systemd
	for mode in 666 620 602; do
		chmod $mode "$SOCKET"
		refused "$SOCKET has to be a socket of root's"
	done
	chmod 600 "$SOCKET"
	chown alice "$SOCKET"
	refused "run: systemctl restart freshtoken-pam.socket"
	chown root "$SOCKET"
	for mode in 777 720; do
		chmod $mode "${SOCKET%/*}"
		refused "it and its folder writable for nobody else"
	done
	chmod 700 "${SOCKET%/*}"
	chown alice "${SOCKET%/*}"
	refused "it and its folder writable for nobody else"
	chown root "${SOCKET%/*}"
	check alice SUCCESS
	# What is there need not be a socket, or is one elsewhere.
	mv "$SOCKET" "$T/moved"
	for what in "ln -s $T/moved" mkfifo mkdir touch; do
		$what "$SOCKET"
		refused "$SOCKET has to be a socket of root's"
		rm -rf "$SOCKET"
	done
	stop_pid "$LISTENER"
	# Hers, who has made it look like root's.
	chmod 755 "${SOCKET%/*}"
	mkdir "$T/open"
	chown alice "$T/open"
	real=$SOCKET SOCKET=$T/open/pam.sock
	listen_as_systemd --user 2001
	SOCKET=$real
	mv "$T/open/pam.sock" "$SOCKET"
	chown root "$SOCKET"
	chmod 600 "$SOCKET"
	chmod 700 "${SOCKET%/*}"
	refused "user 2001 listens on $SOCKET, not root"
	stop_pid "$LISTENER"
	rm "$SOCKET"
	check alice SUCCESS
}
test_case 'socket and folder have to belong to root, be writable only by root, and root has to listen' \
	socket_and_folder_to_be

freshtoken_pam_serves() {
	listen_as_systemd
	chmod 666 "$SOCKET"
	chmod 755 "${SOCKET%/*}"
	# What root would be answered.
	cat >ask.pl <<-"END"
		use Socket;
		$SIG{PIPE} = "IGNORE";	# it may be turned away before it has written
		socket(my $s, PF_UNIX, SOCK_STREAM, 0) or die;
		connect($s, pack_sockaddr_un($ARGV[0])) or die "connect: $!\n";
		my $call = "C" . join "", map { "$_\0" } "f1", "l0", "i0", "e0", "ualice", "stest", "X1", "Walice",
			"U2001", "oaccount=work";
		syswrite $s, pack("N", length $call) . $call;
		my $answer = "";
		1 while length $answer < 5 && sysread $s, $answer, 5 - length $answer, length $answer;
		print substr("$answer     ", 4, 1), "\n";
	END
	perl ask.pl "$SOCKET" >answer
	equal T "$(cat answer)"
	cp ask.pl "$T/homes/alice/"
	equal " " "$(as alice perl ask.pl "$SOCKET")"
	logged "a process that is not root's has connected; only root is served"
	stop_pid "$LISTENER"
}
test_case 'freshtoken-pam serves only root' freshtoken_pam_serves

queue_full_waited_for() {
	acting
	listen_as_systemd --queue 1
	for n in 1 2 3 4 5 6 7 8 9 10 11 12; do
		(check alice SUCCESS && touch in.$n) &
	done >/dev/null
	eventually 60 test -e in.12
	# shellcheck disable=SC2046
	wait $(jobs -p | grep -vx "$LISTENER")
	equal 12 "$(ls in.* | wc -l)"
	stop_pid "$LISTENER"
	listen_as_systemd --queue 0 --deaf
	perl -MSocket -MFcntl -MErrno=EAGAIN -e 'my @all;
		while (1) {
			socket(my $s, PF_UNIX, SOCK_STREAM, 0) or die;
			fcntl($s, F_SETFL, O_NONBLOCK) or die;
			push @all, $s;
			connect($s, pack_sockaddr_un($ARGV[0])) or last;
		}
		$! == EAGAIN or die "connect: $!\n";
		open(my $full, ">", "full"); close $full;
		sleep 600;' "$SOCKET" &
	filler=$!
	eventually 20 test -e full
	rm -f "$T/note"
	one note="$T/note" permissive
	for line in "account = SERVICE_ERR" "auth = SERVICE_ERR" "open = SESSION_ERR"; do
		(echo "$line" | play --user bob && touch "said.${line%% *}") &
	done
	for line in account auth open; do
		eventually 60 test -e said.$line
	done
	[ ! -e "$T/note" ] || complain "something was started"
	logged "$SOCKET takes no more connections in time"
	kill "$filler"
	stop_pid "$LISTENER"
	rm -f "$SOCKET"
	acting_no_more
}
test_case 'a full queue is waited for; if it stays full nobody is let in, and nothing is started' \
	queue_full_waited_for

listener_says_nothing() {
	listen_as_systemd --deaf
	one account=work permissive
	echo "account = SERVICE_ERR" >script
	play --user alice <script
	# Root does not wait as long as a crowd may have to.
	echo "account = PERM_DENIED" >script
	play --user root <script
	logged "$SOCKET does not answer in time"
	one account=work
	stop_pid "$LISTENER"
	listen_as_systemd
	mv "$HELPER" "$HELPER.away"
	refused "$SOCKET ended without an answer; see journalctl"
	mv "$HELPER.away" "$HELPER"
	check alice SUCCESS
	stop_pid "$LISTENER"
}
test_case 'a listener that does not answer, and a program that cannot be started: nobody is let in' \
	listener_says_nothing

# --- what of the caller's reaches the check ------------------------------------------------

# checking CALLER… - a check of alice's in a process that CALLER starts, which is held at the
# service; CHECK, and WATCHED, whoever works on it
checking() {
	forget alice
	sign_in alice >/dev/null
	check alice SUCCESS
	aged alice 61
	one account=work wait=100s
	ts fault work fault=hold at=refresh
	echo "account = SUCCESS" >script
	"$@" timeout 100 "$FT_BUILDDIR/tests/pam/play" --confdir conf --user alice <script &
	CHECK=$!
	eventually 20 all_work
}
# The module's, the worker, the user's, the transport; not who is dead and waits for init.
all_work() {
	WATCHED=$(for who in "-u alice" "-u _freshtoken" "-x freshtoken-pam"; do pgrep -r R,S,D \
		$who; done | sort -u)
	[ "$(ts_count work running)" = 1 ] && [ "$(echo "$WATCHED" | wc -w)" -eq 4 ]
}
checked() {
	ts release work
	wait "$CHECK"
	one account=work
}

limits_priority() {
	listen_as_systemd
	checking env LD_BIND_NOW=caller nice -n 5 prlimit --nproc=1:1 --nofile=20:20 \
		--cpu=1000:1000 \
		--as=1000000000:1000000000 --memlock=0:0 unshare --net setpriv --inh-caps=-all
	for pid in $WATCHED; do
		equal "$(readlink "/proc/$LISTENER/ns/net")" "$(readlink "/proc/$pid/ns/net")"
		equal "$(ps -o ni= -p "$LISTENER")" "$(ps -o ni= -p "$pid")"
		must_fail grep -aq LD_BIND_NOW "/proc/$pid/environ"
		grep -q "^Max cpu time  *unlimited  *unlimited " "/proc/$pid/limits"
		must_fail grep -q "^Max locked memory  *0 " "/proc/$pid/limits"
		grep -q "^Max core file size  *0  *0 " "/proc/$pid/limits"
	done
	checked
	stop_pid "$LISTENER"
}
test_case 'limits, priority, environment, folder, mask, session and network of the caller have no effect' \
	limits_priority

# A folder of control groups that can be frozen.
if mkdir "$T/cg" && mount -t cgroup2 none "$T/cg" 2>/dev/null && at_exit umount "$T/cg" &&
	frozen=$(mktemp -d "$T/cg/freshtoken-test.XXXXXXXX" 2>/dev/null); then
	at_exit rmdir "$frozen"
	[ -w "$frozen/cgroup.freeze" ] || frozen=
fi
if [ -n "${frozen-}" ]; then
	whoever_can_freeze_control_group() {
		listen_as_systemd
		in_group() { sh -c "echo 0 >\"\$0/cgroup.procs\" && exec \"\$@\"" "$frozen" "$@"; }
		checking in_group
		echo 1 >"$frozen/cgroup.freeze"
		eventually 20 grep -qx "frozen 1" "$frozen/cgroup.events"
		for pid in $WATCHED; do
			must_fail grep -qx "$pid" "$frozen/cgroup.procs"
		done
		before=$(stat -c %i "$(seen alice)")
		ts release work
		# Root knows it, though the login stands still.
		verified_now() { [ "$(stat -c %i "$(seen alice)")" != "$before" ]; }
		eventually 20 verified_now
		kill -0 "$CHECK"
		echo 0 >"$frozen/cgroup.freeze"
		checked
		# Neither does who can kill all of it.
		checking in_group
		for pid in $(cat "$frozen/cgroup.procs"); do
			kill -KILL "$pid"
		done
		before=$(stat -c %i "$(seen alice)")
		ts release work
		eventually 20 verified_now
		wait "$CHECK" || :
		stop_pid "$LISTENER"
	}
	test_case 'a user who freezes the control group of the login does not stop the check' \
		whoever_can_freeze_control_group
else
	test_skip 'a user who freezes the control group of the login does not stop the check' \
		'no control groups here'
fi
caller_killed() {
	listen_as_systemd
	checking env
	kill -KILL $(pgrep -f "^$(literal "$FT_BUILDDIR")/tests/pam/play")
	wait "$CHECK" || :
	old=$(cat "$(record alice)")
	ts release work
	renewed() { [ "$(cat "$(record alice)")" != "$old" ]; }
	eventually 20 renewed
	one account=work
	eventually 20 must_fail pgrep -r R,S,D -x freshtoken-pam
	before=$(ts_count work reuses)
	aged alice 61
	check alice SUCCESS
	equal "$before" "$(ts_count work reuses)"
	stop_pid "$LISTENER"
}
test_case 'the caller is killed: the exchange ends normally, and its token is stored' caller_killed

# --- real programs ---------------------------------------------------------------------------

if command -v systemd-socket-activate >/dev/null; then
	behind_systemd_socket_activate() {
		rm -f "$SOCKET"
		(umask 177; exec systemd-socket-activate --accept --inetd -l "$SOCKET" "$HELPER") \
			2>activate.log &
		activating=$!
		eventually 20 test -S "$SOCKET"
		chmod 600 "$SOCKET"
		forget alice
		sign_in alice
		before=$(grep -c . activate.log) || :
		check alice SUCCESS
		[ "$(grep -c . activate.log)" -gt "$before" ] || complain "it was not asked"
		check bob PERM_DENIED "error freshtoken: you have not signed in at $S yet; *"
		stop_pid "$activating"
		rm -f "$SOCKET"
	}
	test_case 'with systemd-socket-activate' behind_systemd_socket_activate
else
	test_skip 'with systemd-socket-activate' 'no systemd-socket-activate here'
fi
if command -v ssh >/dev/null && PATH=$PATH:/usr/sbin command -v sshd >/dev/null; then
	pam_stack sshd "auth required pam_deny.so" "account required FT account=work" \
		"session required FT account=work"
	start_sshd
	sshd_with_keys() {
		forget alice
		sign_in alice
		listen_as_systemd
		check alice SUCCESS
		acting
		pam_stack sshd "auth required pam_deny.so" "account required FT note=$T/note" \
			"session required pam_permit.so"
		equal alice "$(ssh_as alice id -un)"
		equal systemd "$(by_whom "$T/note")"
		acting_no_more
		pam_stack sshd "auth required pam_deny.so" "account required FT account=work" \
			"session required FT account=work"
		aged alice 61
		equal alice "$(ssh_as alice id -un)"
		ts revoke-family work
		aged alice 61
		expect_status 255 ssh_as alice id -un
		logged "(sshd:account) user alice from 127.0.0.1: account work: refused: HTTP 400"
		stop_pid "$LISTENER"
	}
	test_case 'sshd with keys: revoked users are refused, through the socket' sshd_with_keys
else
	test_skip 'sshd with keys: revoked users are refused, through the socket' 'no sshd here'
fi
test_done

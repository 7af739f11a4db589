# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154	# for whoever sources this file
#
# programs.sh - real sshd, sudo, su and login in the world; sourced after world.sh
#
#	pam_stack NAME LINE…		in the world's pam.d; "FT" stands for the module
#	start_sshd [LINE…]		SSH_PORT; lines go before the others in sshd_config
#	ssh_as USER [OPTION…] COMMAND	with a key that sshd accepts for all users
#	drive LOG COMMAND… <SCRIPT	expect talks to the command on a terminal of its own
#	drive_login LOG ARGUMENT… <SCRIPT	the same with login
#
# /run, /var/log and other folders to which such programs write belong to the test too.

# The files in which they record logins and messages.
world_state() {
	local folder

	for folder in /run /var/log /var/lib/sudo; do
		[ ! -d "$folder" ] || mount -t tmpfs -o mode=755 tmpfs "$folder"
	done
	mkdir -p /run/sshd /run/lock
	chmod 755 /run/sshd
	[ -e /var/run ] || ln -s /run /var/run
	: >/run/utmp
	: >/var/log/wtmp
	: >/var/log/lastlog
	# A shell of root.s that nobody has furnished; the file is mounted,
	# so it stays the same one.
	mkdir -p "$T/keys"
	mkdir -m 700 "$T/homes/root"
	sed "s|:/root:|:$T/homes/root:|" "$T/etc/passwd" >"$T/passwd"
	cat "$T/passwd" >"$T/etc/passwd"
}

pam_stack() {
	local name=$1

	shift
	printf '%s\n' "$@" | sed "s|\<FT\>|$MODULE|" >"/etc/pam.d/$name"
}

# Everybody's key is the same one; the home folders need nothing of ssh's.
ssh_keys() {
	local name

	[ ! -f "$T/key" ] || return 0
	for name in key host_key; do
		ssh-keygen -q -t ed25519 -N '' -C '' -f "$T/$name" ||
			give_up "ssh-keygen makes no key"
	done
	for name in root alice bob carol; do
		cp "$T/key.pub" "$T/keys/$name"
	done
}

sshd_config() {	# PORT [LINE…]
	local port=$1

	shift
	# Of a keyword the first line counts.
	printf '%s\n' "$@"
	cat <<-END
	ListenAddress 127.0.0.1:$port
	HostKey $T/host_key
	PidFile $T/sshd.pid
	AuthorizedKeysFile $T/keys/%u
	StrictModes no
	UsePAM yes
	PasswordAuthentication no
	KbdInteractiveAuthentication no
	PermitRootLogin prohibit-password
	PrintMotd no
	UseDNS no
	MaxAuthTries 10
	LogLevel VERBOSE
	SetEnv PATH=$PATH
	END
	# Refused sign-ins are what is tested; newer ones would let nobody in for a while.
	! "$SSHD" -T -f /dev/null -h "$T/host_key" -o 'PerSourcePenalties no' >/dev/null 2>&1 ||
		echo 'PerSourcePenalties no'
	# What follows is for some users alone.
	printf "%s\n" "${SSHD_MATCH-}"
}

# Where sshd is that was only unpacked, its other halves (OpenSSH 9.8) are not where it looks.
find_sshd() {
	local halves

	SSHD=$(PATH=$PATH:/usr/sbin command -v sshd)
	halves=${SSHD%/sbin/sshd}/lib/openssh
	[ "$halves" = /usr/lib/openssh ] || [ ! -d "$halves" ] ||
		mount --bind "$halves" /usr/lib/openssh || give_up "no place for $halves"
}

start_sshd() {
	local tries

	find_sshd

	ssh_keys
	for ((tries = 0; tries < 20; tries++)); do
		SSH_PORT=$(free_port)
		sshd_config "$SSH_PORT" "$@" >"$T/sshd_config"
		if start_daemon "$T/sshd.pid" "$T/sshd.log" "$SSHD" -D -E "$T/sshd.log" \
			-f "$T/sshd_config"; then
			SSHD_PID=$DAEMON_PID
			at_exit stop_pid "$SSHD_PID"
			printf '[127.0.0.1]:%s %s\n' "$SSH_PORT" "$(cat "$T/host_key.pub")" \
				>"$T/known_hosts"
			ssh_client
			return 0
		fi
		stop_pid "$DAEMON_PID"
		grep -q 'Address already in use' "$T/sshd.log" || break
	done
	give_up "sshd does not start: $(tail -n 1 "$T/sshd.log")"
}

# Nothing of the machine's own configuration or keys.
ssh_client() {
	cat >"$T/ssh_config" <<-END
	Host *
	Hostname 127.0.0.1
	Port $SSH_PORT
	UserKnownHostsFile $T/known_hosts
	GlobalKnownHostsFile /dev/null
	StrictHostKeyChecking yes
	IdentityFile $T/key
	IdentitiesOnly yes
	IdentityAgent none
	ConnectTimeout 60
	PreferredAuthentications publickey,keyboard-interactive
	END
}

# A hang is a failure: whatever happens, it ends within seconds, not minutes.
ssh_as() {
	local user=$1

	shift
	timeout -k 5 60 ssh -F "$T/ssh_config" -o BatchMode=yes -l "$user" there "$@" </dev/null
}

# login hangs its terminal up and opens it anew (util-linux has it so). Meanwhile nobody would have
# it open, which to expect looks like the end: so login waits for Return, and the terminal is kept
# open from before that until login has said something.
# drive_login LOG ARGUMENT… <SCRIPT
drive_login() {
	local log=$1

	shift
	{ echo keep_open; cat; } | drive "$log" sh -c 'read -r _; exec login "$@"' login "$@"
}

# In the scripts: want PATTERN ($expect_out(1,string) is its first group), tell TEXT, tell_file
# FILE, approve CODE [LOGIN], deny CODE, and finish, which leaves with the command's status.
drive() {
	local log=$1

	shift
	{ cat <<-'END'; cat; } >"$log.exp"
	log_user 0
	log_file -a -noappend [lindex $argv 0]
	set timeout 100
	match_max 100000
	proc fail {why} { send_error "\n$why\n"; exit 98 }
	proc want {pattern} {
		global expect_out
		expect {
			-re $pattern { let_go }
			timeout { fail "not within the time: $pattern" }
			eof { fail "ended before: $pattern" }
		}
	}
	proc keep_open {} {
		global kept spawn_out
		set kept [exec sleep 100 <$spawn_out(slave,name) &]
		tell ""
	}
	proc let_go {} {
		global kept
		if {[info exists kept]} { exec kill $kept; unset kept }
	}
	proc tell {text} { send -- "$text\r" }
	proc tell_file {file} {
		set channel [open $file]
		send -- "[gets $channel]\r"
		close $channel
	}
	proc browser {arguments code} {
		exec {*}$arguments "$::env(OPENID)/device?user_code=$code" >/dev/null
	}
	proc approve {code {login alice}} {
		browser [list env FT_TEST_LOGIN=$login $::env(OPENID_BROWSER)] $code
	}
	proc deny {code} { browser [list $::env(OPENID_BROWSER) --deny] $code }
	proc finish {} {
		let_go
		expect {
			timeout { fail "does not end" }
			eof {}
		}
		exit [lindex [wait] 3]
	}
	spawn -noecho {*}[lrange $argv 1 end]
	END
	OPENID=${OPENID-} OPENID_BROWSER=${OPENID_BROWSER-} \
		timeout -k 5 200 expect -f "$log.exp" "$log" "$@"
}

# turned_away COMMAND… - drive COMMAND… whose script came to its end, and the command failed
turned_away() {
	local status=0

	drive "$@" || status=$?
	case $status in
	0) complain "let in: $*" ;;
	98 | 124 | 137) complain "status $status: $*" ;;
	esac
}

# git_helper USER… - whose git asks freshtoken
git_helper() {
	local user

	for user; do
		as "$user" git config --global credential.helper freshtoken
	done
}

# become USER - sets AS, the command that runs others as that user, with a clean environment
become() {
	AS=(setpriv --reuid "$1" --regid "$1" --init-groups env -i "HOME=$T/homes/$1" "PATH=$PATH"
		LC_ALL=C.UTF-8 TERM=dumb)
}

world_state

# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# world.sh - the test's own users, log and /dev; sourced instead of tap.sh
#
# If root runs the test, it gets its own mount and process namespaces, in which /etc/passwd, group,
# shadow, nsswitch.conf, pam.d and /dev/log are the test's. The machine does not change, and every
# process ends with the test. Without root (or if namespaces are not allowed) the test is skipped,
# visibly.
#
#	alice 2001, bob 2002	mapped in the file of users, to subjects of the same name
#	carol 2003		not mapped
#	daemon 500		below minimum_uid
#	nobody 65534		above maximum_uid
#	_freshtoken 2900	the user of exchanges
#
# $ROOT is the test's own staged install; its configuration is $CONF/freshtoken.conf, its map
# $CONF/users, root's results $SEEN, handles $RUN. The log is $T/log.

if [ -z "${FT_WORLD-}" ]; then
	FT_WORLD=no
	if [ "$(id -u)" -eq 0 ] && unshare --mount --pid --fork true 2>/dev/null; then
		export FT_WORLD=yes
		exec unshare --mount --propagation private --pid --fork --kill-child --mount-proc \
			bash "$0" "$@"
	fi
fi
. "${FT_SRCDIR:?run me with make check}/tests/harness/tap.sh"
[ "$FT_WORLD" = yes ] || skip_all 'not root, or no namespaces here'
. "$FT_SRCDIR/tests/services/servers.sh"
. "$FT_SRCDIR/tests/pam/stack.sh"

chmod 755 "$T"
ROOT=$T/root
mkdir "$ROOT"
cp -a "$FT_STAGE/." "$ROOT"
# Whoever built it, here it is installed.
chown -R 0:0 "$ROOT"
chmod -R go+rX "$ROOT"
MODULE=$ROOT${FT_PAMDIR#"$FT_STAGE"}/pam_freshtoken.so
HELPER=$ROOT${FT_LIBEXEC#"$FT_STAGE"}/freshtoken-pam
SOCKET=$ROOT$FT_RUNSTATE/freshtoken/pam.sock
CONF=$ROOT${FT_SYSCONF#"$FT_STAGE"}
SEEN=$ROOT$FT_LOCALSTATE/lib/freshtoken
RUN=$ROOT$FT_RUNSTATE/freshtoken
PATH=$ROOT${FT_BIN#"$FT_STAGE"}:$PATH
mkdir -p "$CONF"

world_users() {
	local etc=$T/etc user

	mkdir -p "$etc/pam.d" "$T/homes"
	cat >"$etc/passwd" <<-END
		root:x:0:0:root:/root:/bin/bash
		daemon:x:500:500::/nonexistent:/usr/sbin/nologin
		sshd:x:103:65534::/run/sshd:/usr/sbin/nologin
		alice:x:2001:2001::$T/homes/alice:/bin/bash
		bob:x:2002:2002::$T/homes/bob:/bin/bash
		carol:x:2003:2003::$T/homes/carol:/bin/bash
		_freshtoken:x:2900:2900::/nonexistent:/usr/sbin/nologin
		nobody:x:65534:65534::/nonexistent:/usr/sbin/nologin
	END
	sed 's/^\([^:]*\):x:[0-9]*:\([0-9]*\):.*/\1:x:\2:/' "$etc/passwd" |
		sort -u -t: -k3 >"$etc/group"
	printf 'tty:x:5:\nshadow:x:42:\nutmp:x:43:\n' >>"$etc/group"
	# The password of all is "unix".
	# shellcheck disable=SC2016
	sed 's|^\([^:]*\):.*|\1:$6$ft$k1Igm/roXS0D6KYKaAoQbCOCrwLA9jaahgox7iVtzakHYn8VlcEziUXicnfAqpj0N9K4md257snUbNopTOM590:19000:0:99999:7:::|' \
		"$etc/passwd" >"$etc/shadow"
	chmod 600 "$etc/shadow"
	printf '%s: files\n' passwd group shadow hosts services protocols netgroup \
		>"$etc/nsswitch.conf"
	for user in alice bob carol; do
		mkdir "$T/homes/$user"
		chown "$user" "$T/homes/$user" 2>/dev/null ||
			chown "$(id_of "$user")" "$T/homes/$user"
		chmod 700 "$T/homes/$user"
	done
	for user in passwd group shadow nsswitch.conf; do
		mount --bind "$etc/$user" "/etc/$user"
	done
	mount --bind "$etc/pam.d" /etc/pam.d
	for user in alice bob carol; do
		chown -R "$user:$user" "$T/homes/$user"
	done
}

id_of() {
	sed -n "s/^$1:x:\([0-9]*\):.*/\1/p" "$T/etc/passwd"
}

# A /dev with what programs need and a log that is ours.
world_dev() {
	local dev=$T/dev node

	mkdir "$dev"
	mount -t tmpfs -o mode=755 tmpfs "$dev"
	for node in null zero full random urandom tty; do
		touch "$dev/$node"
		mount --bind "/dev/$node" "$dev/$node"
	done
	mkdir "$dev/pts" "$dev/shm"
	mount -t devpts -o newinstance,ptmxmode=0666,mode=620,gid=5 devpts "$dev/pts" 2>/dev/null ||
		mount --rbind /dev/pts "$dev/pts"
	ln -s pts/ptmx "$dev/ptmx"
	ln -s /proc/self/fd "$dev/fd"
	mount --move "$dev" /dev
}

# configure_pam [KEY=VALUE…] - the account "work" at $TS/work (or server=…), and the map; it waits
# longer than a login would, for busy machines: what is about waiting says how long
configure_pam() {
	local pair

	{
		printf '[account work]\n'
		printf '%s\n' client_id=cli users="$CONF/users" insecure_loopback=yes \
			'auth=device, token' \
			login_audience=https://login.example.com device_rate=1000 wait=100s \
			match=https://git.example.com
		for pair; do
			printf '%s\n' "$pair"
		done
	} | awk -F= '{ if (NR > 1) sub(/=/, " = "); key[NR] = $1; line[NR] = $0; last[$1] = NR }
		END { for (i = 1; i <= NR; i++) if (last[key[i]] == i && line[i] !~ /= *$/) print line[i] }' \
		>"$CONF/freshtoken.conf"
	printf '# who is who\nalice alice\nbob\tbob\n' >"$CONF/users"
	chmod 644 "$CONF/freshtoken.conf" "$CONF/users"
}

# as USER COMMAND… - as that user, with a clean environment
as() {
	local user=$1

	shift
	(cd "$T/homes/$user" && setpriv --reuid "$user" --regid "$user" --init-groups env -i \
		HOME="$T/homes/$user" PATH="$PATH" LC_ALL=C.UTF-8 "$@")
}

# sign_in USER [TENANT] - with tokens of a new sign-in at the tenant, in the user's own store
sign_in() {
	ts login "${2-work}" | sed -n 's/^refresh_token=//p' >".token.$1"
	as "$1" freshtoken login work --token <".token.$1"
}

# record USER, seen USER - what is stored, what root has seen
record() {
	printf '%s\n' "$T/homes/$1/.local/state/freshtoken/work.json"
}
seen() {
	printf '%s\n' "$SEEN/work~$(id_of "$1")~$1.seen"
}

# forget USER… - as if nobody had ever signed in
forget() {
	local user

	for user; do
		erase "$T/homes/$user/.local"
		rm -f "$SEEN/work~$(id_of "$user")~$user".*
	done
	if [ -S "$SOCKET" ]; then find "$RUN" -mindepth 1 ! -type s -delete; else rm -rf "$RUN"; fi
}

# aged USER SECONDS - what root saw of him was that long ago
aged() {
	perl -pi -e 's/("(?:verified|down)":\{[^}]*?"real":)(\d+)([^}]*?"boot":)(-?\d+)/$1.($2-1000*'"$2"').$3.($4-1000*'"$2"')/ge' \
		"$(seen "$1")"
}

# logged TEXT - the last lines of the log have it
logged() {
	eventually 10 grep -qF -e "$1" "$T/log"
}

world_users
world_dev
# Nothing goes to the machine's journal.
[ ! -d /run/systemd/journal ] ||
	mount -t tmpfs -o mode=755 tmpfs /run/systemd/journal
"$FT_BUILDDIR/tests/pam/logger" /dev/log "$T/log" &
at_exit stop_pid "$!"
eventually 10 test -S /dev/log
through_socket

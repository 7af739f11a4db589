#!/bin/bash
# SPDX-License-Identifier: MIT
# in-debian.sh - runs a command with these sources in another Debian, with its libraries, its git,
# its skopeo
#
#	tests/in-debian.sh trixie ./bootstrap check gcc
#
# debootstrap creates the root once, in build/debian-SUITE; the sources are copied into it each
# time. The command has its own mounts and processes, and ends with this script. Nothing outside of
# build/ changes. It needs root and debootstrap, which bootstrap's stage "trixie" installs.
#
# SUITE:fresh is a root with only the packages that debootstrap installs; it is created for this run
# and removed; build/debs-SUITE is its folder /debs.
#
# systemctl in it only records its arguments: after the command the script checks that the installed
# packages have not started, enabled or stopped a service.
set -euo pipefail
cd "$(dirname "$0")/.."
suite=${1:?in-debian.sh SUITE COMMAND…}
shift
[ $# -gt 0 ] || { sed -n '3,16s/^# \{0,1\}//p' "$0" >&2; exit 2; }
fresh=no
case $suite in *:fresh) fresh=yes ;; esac
root=$PWD/build/debian-${suite/:/-}
fail() { printf 'in-debian.sh: %s\n' "$*" >&2; exit 1; }

if [ "${FT_INSIDE-}" != yes ]; then
	[ "$(id -u)" -eq 0 ] || fail "only root can make and enter a root"
	command -v debootstrap >/dev/null || fail "no debootstrap on this machine"
	mkdir -p build
	if [ ! -f "$root/.complete" ]; then
		rm -rf "$root"
		debootstrap --variant=minbase --include=ca-certificates "${suite%:*}" "$root" \
			>"build/debootstrap-$suite.log" 2>&1 ||
			{ tail -n 5 "build/debootstrap-$suite.log" >&2; fail \
				"debootstrap could not make a root of $suite"; }
		touch "$root/.complete"
	fi
	exec env FT_INSIDE=yes FT_NPM_REGISTRY="$(npm config get registry 2>/dev/null || :)" \
		unshare --mount --propagation private --pid --fork --kill-child bash "$0" "$suite" \
		"$@"
fi

if [ "$fresh" = yes ]; then
	# Nobody ever enters what lies below.
	base=$root root=$root.d/root
	rm -rf "$base.d"
	mkdir -p "$root" "$base.d/upper" "$base.d/work" "build/archives-${suite%:*}" "build/debs-${suite%:*}"
	mount -t overlay -o "lowerdir=$base,upperdir=$base.d/upper,workdir=$base.d/work" overlay "$root"
	rm -f "$root/etc/apt/apt.conf.d/docker-clean"
	echo 'APT::Keep-Downloaded-Packages "true";' >"$root/etc/apt/apt.conf.d/keep"
	mount --bind "build/archives-${suite%:*}" "$root/var/cache/apt/archives"
	mkdir "$root/debs"
	mount --bind "build/debs-${suite%:*}" "$root/debs"
fi
# What was built here is no source there.
rm -rf "$root/src"
mkdir -p "$root/src" "$root/old"
tar -cf - --exclude=./build --exclude=./.git --exclude='*.o' --exclude='*.lo' --exclude='*.la' \
	--exclude=.libs --exclude=.deps --exclude=./config.status --exclude=./Makefile \
	--exclude=./tests/stage --exclude=./autom4te.cache . | tar -xf - -C "$root/src"

[ "$fresh" = yes ] || mount --bind "$root" "$root"
mount -t proc proc "$root/proc"
mount --rbind /sys "$root/sys"
mount --rbind /dev "$root/dev"
mount -t tmpfs -o mode=755 tmpfs "$root/run"
mkdir -p "$root/run/systemd/system" "$root/run/lock" "$root/usr/local/sbin"
# The machine's way out: names, and who vouches for package servers.
cat /etc/resolv.conf >"$root/etc/resolv.conf" 2>/dev/null || :
[ ! -f /etc/ssl/certs/ca-certificates.crt ] ||
	cp /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/machine.pem"
cat >"$root/usr/local/sbin/systemctl" <<'END'
#!/bin/sh
echo "$*" >>/var/log/asked-of-systemctl
END
chmod 755 "$root/usr/local/sbin/systemctl"
: >"$root/var/log/asked-of-systemctl"
cat >"$root/inside.sh" <<'END'
set -eu
cd /src
# sudo is none, but comes with a script that clears its time stamps at boot; man-db has a timer, which
# comes with what builds packages.
services() { find /etc/systemd/system /etc/rc2.d /etc/rc5.d ! -type d ! -name '*sudo' ! -name man-db.timer 2>/dev/null | sort; }
services >/var/log/services-before
status=0
"$@" || status=$?
services >/var/log/services-after
# A fresh root is there to be changed.
[ "$FT_FRESH" != yes ] || exit "$status"
if ! diff /var/log/services-before /var/log/services-after >&2 ||
	grep -E '(^| )(start|restart|enable|stop|reload)( |$)' /var/log/asked-of-systemctl >&2; then
	echo 'FAIL: a service of this machine was enabled, started or stopped'
	echo '0 passed, 1 failed, 0 skipped'
	exit 1
fi
exit "$status"
END

cd "$root"
pivot_root . old
umount -l /old
exec env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root TERM=dumb \
	LC_ALL=C.UTF-8 FT_FRESH=$fresh \
	NODE_EXTRA_CA_CERTS=/etc/ssl/machine.pem \
	${FT_NPM_REGISTRY:+npm_config_registry="$FT_NPM_REGISTRY"} \
	${CI:+CI="$CI"} bash /inside.sh "$@" </dev/null

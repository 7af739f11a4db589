#!/bin/bash
# SPDX-License-Identifier: MIT
# boot.sh - runs a script under a systemd that is the first process of a fresh root of in-debian.sh
#
#	tests/in-debian.sh bookworm:fresh tests/packages/boot.sh tests/packages/tools.sh
#
# "SCRIPT prepare" runs first, with a network. "SCRIPT" then runs as a service of that systemd,
# which has its own processes, mounts, control groups, loopback interface and host name: ports 22
# and 443 are free, and nothing is visible outside. The output of SCRIPT is printed; boot.sh ends
# with its status.
set -euo pipefail
cd "$(dirname "$0")/../.."
script=${1:?boot.sh SCRIPT}

if [ "${FT_BOOT-}" != yes ]; then
	export DEBIAN_FRONTEND=noninteractive
	apt-get update -qq
	apt-get install -y -qq --no-install-recommends systemd systemd-sysv dbus iproute2 >/var/log/boot.log 2>&1 ||
		{ tail -n 20 /var/log/boot.log; exit 1; }
	# Nothing is started out here.
	printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
	chmod 755 /usr/sbin/policy-rc.d
	bash "$script" prepare >/var/log/prepare.log 2>&1 ||
		{ tail -n 40 /var/log/prepare.log; echo "Bail out! $script prepare"; exit 1; }
	# The one that only writes down what it is asked.
	rm /usr/local/sbin/systemctl /usr/sbin/policy-rc.d
	rm -rf /run/systemd
	mkdir -p /var/tmp/cgroup
	mount -t cgroup2 none /var/tmp/cgroup
	group=/var/tmp/cgroup/freshtoken-boot.$(cat /proc/sys/kernel/random/uuid)
	mkdir "$group"
	trap 'find "$group" -depth -type d -exec rmdir {} + 2>/dev/null' EXIT
	# What puts this process into the group is the child, before it has namespaces.
	status=0
	(
		echo "$BASHPID" >"$group/cgroup.procs"
		FT_BOOT=yes exec unshare --cgroup --mount --pid --net --uts --ipc --fork --kill-child \
			bash "$0" "$script"
	) || :
	cat /var/tmp/out 2>/dev/null || :
	status=$(cat /var/tmp/status 2>/dev/null || echo none)
	[ "$status" != none ] || { echo 'Bail out! it did not come to its end'; tail -n 40 /var/log/first; exit 1; }
	exit "$status"
fi

umount -R /var/tmp/cgroup
umount -lR /sys
mount -t sysfs -o ro sysfs /sys
mount -t cgroup2 none /sys/fs/cgroup
mount -t proc proc /proc
mount --bind /proc/sys /proc/sys
mount -o remount,bind,ro /proc/sys
# Devices that are nobody's.
mkdir -p /var/tmp/dev
mount -t tmpfs -o mode=755 tmpfs /var/tmp/dev
for name in null zero full random urandom tty; do
	touch "/var/tmp/dev/$name"
	mount --bind "/dev/$name" "/var/tmp/dev/$name"
done
mkdir /var/tmp/dev/pts /var/tmp/dev/shm
umount -lR /dev
mount --move /var/tmp/dev /dev
mount -t devpts -o newinstance,ptmxmode=0666,mode=620,gid=5 devpts /dev/pts
ln -s pts/ptmx /dev/ptmx
ln -s /proc/self/fd /dev/fd
mount -t tmpfs tmpfs /dev/shm
umount -l /run
mount -t tmpfs -o mode=755 tmpfs /run
ip link set lo up
hostname host
echo host >/etc/hostname
echo '127.0.1.1 host' >>/etc/hosts

cd /etc/systemd/system
for unit in apt-daily.timer apt-daily-upgrade.timer console-getty.service getty.target tmp.mount \
	systemd-resolved.service systemd-networkd.service e2scrub_all.timer fstrim.timer; do
	ln -sf /dev/null "$unit"
done
mkdir -p multi-user.target.wants
cat >freshtoken-tests.service <<END
[Unit]
After=sockets.target dbus.socket systemd-user-sessions.service
[Service]
Type=oneshot
WorkingDirectory=/src
Environment=HOME=/root LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive
ExecStart=/bin/bash -c 'status=0; bash $script >/var/tmp/out 2>&1 || status=\$\$?; echo \$\$status >/var/tmp/status'
ExecStopPost=/bin/systemctl --force --force poweroff
TimeoutStartSec=20min
END
ln -sf ../freshtoken-tests.service multi-user.target.wants/
export container=freshtoken-tests
exec /lib/systemd/systemd --system --unit=multi-user.target --log-target=console --show-status=no >/var/log/first 2>&1 </dev/null

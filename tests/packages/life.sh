#!/bin/bash
# SPDX-License-Identifier: MIT
# life.sh - installs, upgrades, removes and purges the packages in /debs, in a fresh root; TAP
#
# autopkgtest runs debian/tests before the removal; the last of them breaks things.
set -uo pipefail
cd "$(dirname "$0")/../.."
. tests/packages/case.sh
export DEBIAN_FRONTEND=noninteractive
mkdir -p /var/tmp/life

ours() {
	dpkg-query -W -f '${Package} ${db:Status-Status} ${Version}\n' '*freshtoken*' 2>/dev/null |
		grep ' installed ' || :
}

# left - every path that has our name, except these sources and packages
left() {
	find / -xdev \( -path /src -o -path /debs -o -path /proc -o -path /sys -o -path /dev -o \
		-path /var/cache/apt -o -path /var/tmp/life -o -path /tmp \) -prune -o -name '*freshtoken*' -print | sort
}

install_older() {
	apt-get update -qq
	apt-get install -y -qq /debs/older/*.deb
	ours
	[ "$(ours | grep -c ' 0\.0\.9-1$')" -eq 5 ]
	[ "$(stat -c '%a %U' /var/lib/freshtoken 2>/dev/null || echo '700 root')" = '700 root' ]
	getent passwd _freshtoken
	freshtoken --version
}

# Nobody's login is another one after installation.
no_stack_names_it() {
	not grep -r pam_freshtoken /etc/pam.d /etc/pam.conf
	grep -qx 'Default: no' /usr/share/pam-configs/freshtoken
	[ -L /etc/systemd/system/sockets.target.wants/freshtoken-pam.socket ]
}

upgrade() {
	printf '[account work]\nserver = https://sso.example.com\nclient_id = cli\nmatch = git.example.com\n' \
		>/etc/freshtoken/freshtoken.conf
	md5sum /etc/freshtoken/freshtoken.conf >/var/tmp/life/conf
	mkdir -p /var/lib/freshtoken
	echo kept >/var/lib/freshtoken/kept
	# A stack that names the module does not hinder an upgrade.
	pam-auth-update --enable freshtoken
	apt-get install -y -qq /debs/*.deb
	ours
	[ "$(ours | grep -vc ' 0\.0\.9-1$')" -eq 5 ]
	md5sum -c /var/tmp/life/conf
	[ "$(cat /var/lib/freshtoken/kept)" = kept ]
	grep -q pam_freshtoken /etc/pam.d/common-account
	pam-auth-update --disable freshtoken
	freshtoken status
}

# What an administrator may do in the meantime; a stack names the module all the time.
reinstalled_and_downgraded() {
	local packages

	packages=$(ours | cut -d' ' -f1)
	pam-auth-update --enable freshtoken
	apt-get install -y -qq --reinstall /debs/*.deb
	# What the packages brought is as they brought it, folders and modes too.
	# shellcheck disable=SC2086
	[ -z "$(dpkg --verify $packages)" ]
	apt-get install -y -qq --allow-downgrades /debs/older/*.deb
	[ "$(ours | grep -c ' 0\.0\.9-1$')" -eq 5 ]
	freshtoken status
	grep -q pam_freshtoken /etc/pam.d/common-account
	apt-get install -y -qq /debs/*.deb
	[ "$(ours | grep -vc ' 0\.0\.9-1$')" -eq 5 ]
	md5sum -c /var/tmp/life/conf
	[ "$(cat /var/lib/freshtoken/kept)" = kept ]
	grep -q pam_freshtoken /etc/pam.d/common-account
	# What the administrator has turned off stays off.
	pam-auth-update --disable freshtoken
	dpkg-reconfigure libpam-freshtoken
	apt-get install -y -qq --reinstall /debs/libpam-freshtoken_*.deb
	not grep pam_freshtoken /etc/pam.d/common-account
	# Nothing in /etc is a package's to ask about.
	# shellcheck disable=SC2086
	[ -z "$(dpkg-query -W -f '${Conffiles}' $packages)" ]
	[ -L /etc/systemd/system/sockets.target.wants/freshtoken-pam.socket ]
}

# What its own root would be for, this one is: to be changed, and to be broken in the end.
run_autopkgtest() {
	apt-get install -y -qq --no-install-recommends autopkgtest
	autopkgtest --no-built-binaries --summary-file=/var/tmp/life/summary --output-dir=/var/tmp/life/autopkgtest \
		--ignore-restrictions=isolation-container,breaks-testbed /debs/*.deb "$PWD" -- null || :
	rm -f /etc/apt/preferences.d/*autopkgtest* /etc/apt/sources.list.d/*autopkgtest*
	[ -s /var/tmp/life/summary ]
}
passed() { grep -E "^$1 +PASS" /var/tmp/life/summary; }

removed() {
	apt-get install -y -qq /debs/libpam-freshtoken_*.deb
	pam-auth-update --enable freshtoken
	grep -q pam_freshtoken /etc/pam.d/common-account
	apt-get remove -y -qq freshtoken libpam-freshtoken libfreshtoken0 libfreshtoken-dev freshtoken-seal-secret-service
	[ -z "$(ours)" ]
	not grep -r '^[^#]*pam_freshtoken' /etc/pam.d --include='*[a-z]' --exclude='*.before-freshtoken'
	su -c true nobody -s /bin/sh
	[ -f /etc/freshtoken/freshtoken.conf ]
}

# A "-" is for modules that may be missing; comments and kept files are no stacks.
refuses_and_names() {
	apt-get install -y -qq /debs/freshtoken_*.deb /debs/libpam-freshtoken_*.deb
	printf 'account required \\\n  pam_freshtoken.so\n' >/etc/pam.d/own
	not dpkg --remove libpam-freshtoken 2>/var/tmp/life/said
	grep '/etc/pam.d/own: account required .*pam_freshtoken.so' /var/tmp/life/said
	grep 'freshtoken setup pam --remove --apply' /var/tmp/life/said
	ours | grep libpam
	printf '# account required pam_freshtoken.so\n-account required pam_freshtoken.so\n' >/etc/pam.d/own
	cp /etc/pam.d/own /etc/pam.d/own.dpkg-old
	dpkg --remove libpam-freshtoken
	rm /etc/pam.d/own /etc/pam.d/own.dpkg-old
}

purged() {
	dpkg --purge freshtoken libpam-freshtoken libfreshtoken0 libfreshtoken-dev freshtoken-seal-secret-service
	not getent passwd _freshtoken
	not getent group _freshtoken
	left >/var/tmp/life/left
	# What the administrator wrote, and people's own.
	grep -vE '^/etc/freshtoken(/freshtoken\.conf)?$|^/home/' /var/tmp/life/left >/var/tmp/life/more || :
	cat /var/tmp/life/more
	[ ! -s /var/tmp/life/more ]
	[ -f /etc/freshtoken/freshtoken.conf ]
	rm -r /etc/freshtoken
	# The files with "-" are what shadow's programs keep of the one before.
	grep -rl freshtoken /etc /var/lib/pam /var/lib/systemd /var/lib/dpkg/info 2>/dev/null |
		grep -vE '^/etc/(passwd|group|shadow|gshadow|subuid|subgid)-$' >/var/tmp/life/named || :
	cat /var/tmp/life/named
	[ ! -s /var/tmp/life/named ]
}

left >/var/tmp/life/before
test_that 'an older version is installed' install_older
test_that 'no stack names the module, and the socket waits' no_stack_names_it
test_that 'it is upgraded, and configuration and records stay' upgrade
test_that 'it is reinstalled, downgraded and upgraded while a stack names the module' reinstalled_and_downgraded
test_that 'autopkgtest runs' run_autopkgtest
for name in $(sed -n 's/^Features: test-name=//p; s/^Tests: //p' debian/tests/control); do
	test_that "autopkgtest: $name" passed "$name"
done
test_that 'it cannot be removed while a stack names the module, and the message names the stack' refuses_and_names
test_that 'it is removed, and logins still work' removed
test_that 'it is purged: only files that people wrote are left' purged
test_end

#!/bin/bash
# SPDX-License-Identifier: MIT
# tools.sh - runs packaging/ansible and packaging/puppet with the real Ansible and Puppet; for
# boot.sh; TAP
#
# It tests what docs/guides/pam-fleet.md says: the configuration and the playbook are those of the
# guide. The packages come from a repository, by name. sshd is the system's own.
set -uo pipefail
cd "$(dirname "$0")/../.."
. tests/packages/case.sh
. tests/harness/guides.sh
FT_SRCDIR=$PWD W=/var/tmp/tools guide=$PWD/docs/guides/pam-fleet.md

if [ "${1-}" = prepare ]; then
	set -e
	apt-get install -y -qq --no-install-recommends ansible-core puppet-agent python3-apt apt-utils openssh-server \
		openssh-client openssl python3
	mkdir -p /var/tmp/repository
	cp /debs/*.deb /var/tmp/repository
	(cd /var/tmp/repository && apt-ftparchive packages . >Packages)
	echo 'deb [trusted=yes] file:/var/tmp/repository ./' >/etc/apt/sources.list.d/ours.list
	apt-get update -qq
	apt-get install -y -qq --download-only freshtoken libpam-freshtoken
	exit
fi

mkdir -p "$W/roles" "$W/files"
cp -a packaging/ansible "$W/roles/freshtoken"
ssh-keygen -q -t ed25519 -N '' -f "$W/key"
for user in alice bob; do
	useradd -m -s /bin/bash "$user"
	install -d -m 700 -o "$user" "/home/$user/.ssh"
	install -m 600 -o "$user" "$W/key.pub" "/home/$user/.ssh/authorized_keys"
done
systemctl start ssh
cp /etc/pam.d/sshd "$W/sshd.before"
# The page's, as in the first step of its roll-out: who is in users gets in, nobody else.
guide_blocks ini "$guide" | sed '/^unmapped/d' >"$W/files/freshtoken.conf"
printf 'alice 5\n' >"$W/files/users"
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$W/robot.pem" 2>/dev/null
guide_blocks yaml "$guide" | sed 's/hosts: all/hosts: localhost/' >"$W/site.yml"
python3 - "$W/robot.pem" >"$W/vault.json" <<'END'
import json, sys
print(json.dumps({"vault_freshtoken_key": open(sys.argv[1]).read()}))
END

# in_as USER
in_as() {
	ssh -F /dev/null -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o BatchMode=yes \
		-i "$W/key" "$1@localhost" true
}
# counts WORD=N… - in the playbook's last line
counts() {
	local count

	for count; do
		tail -n 3 "$W/said" | grep -qE "(^| )$count( |\$)"
	done
}
playbook() {
	cd "$W"
	ANSIBLE_NOCOLOR=1 ansible-playbook -i localhost, -c local site.yml -e @vault.json "$@" >said 2>&1 ||
		{ cat said; return 1; }
	cat said
}
# puppet_apply [PARAMETER…] - 0: nothing was changed, 2: something was, others: a failure
puppet_apply() {
	local noop=

	[ "${1-}" != --noop ] || { noop=$1; shift; }
	{
		cat "$FT_SRCDIR/packaging/puppet/freshtoken.pp"
		printf "class { 'freshtoken':\n"
		printf "  configuration => file('%s'),\n" "$W/files/freshtoken.conf"
		printf "  users => file('%s'),\n" "$W/files/users"
		printf "  key => Sensitive(file('%s')),\n" "$W/robot.pem"
		printf '  %s,\n' "$@"
		echo '}'
	} | sed '/^  ,$/d' >"$W/site.pp"
	PATH=$PATH:/opt/puppetlabs/bin puppet apply $noop --detailed-exitcodes --color false "$W/site.pp" \
		>"$W/said" 2>&1
}
puppet_says() {
	local wanted=$1 status=0

	shift
	puppet_apply "$@" || status=$?
	cat "$W/said"
	[ "$status" -eq "$wanted" ]
	# That goes to the log and to reports.
	not grep -F -- "$(sed -n 2p "$W/robot.pem")" "$W/said"
}

nothing_is_there() {
	[ ! -e /usr/bin/freshtoken ]
	[ ! -e /etc/freshtoken ]
	cmp "$W/sshd.before" /etc/pam.d/sshd
}
all_is_there() {
	cmp "$W/files/freshtoken.conf" /etc/freshtoken/freshtoken.conf
	cmp "$W/files/users" /etc/freshtoken/users
	[ "$(stat -c '%a %U' /etc/freshtoken/robot.pem)" = '600 root' ]
	cmp "$W/robot.pem" /etc/freshtoken/robot.pem
	grep -q '^account .*pam_freshtoken' /etc/pam.d/sshd
	grep -q '^session .*pam_freshtoken' /etc/pam.d/sshd
	[ "$(systemctl is-active freshtoken-pam.socket)" = active ]
	[ "$(systemctl is-enabled freshtoken-pam.socket)" = enabled ]
	freshtoken config check
}
# The check is systemd's to start, and who is not named is refused.
logins_are_checked() {
	in_as alice
	not in_as bob
	journalctl --sync
	journalctl --facility authpriv --grep freshtoken >"$W/log"
	cat "$W/log"
	grep 'user alice from .*permissive' "$W/log"
	grep 'user bob from' "$W/log"
}
switched_off() {
	[ "$(stat -c '%a %U' /etc/freshtoken/pam.off)" = '644 root' ]
	in_as bob
}
switched_on() {
	[ ! -e /etc/freshtoken/pam.off ]
	not in_as bob
}
start_over() {
	freshtoken setup pam --remove --apply
	apt-get purge -y -qq libpam-freshtoken freshtoken
	rm -rf /etc/freshtoken /etc/pam.d/*.before-freshtoken
	nothing_is_there
}

by_ansible() {
	nothing_is_there
	playbook --check
	nothing_is_there
	playbook
	not counts changed=0
	all_is_there
	logins_are_checked
	playbook
	counts changed=0
}
# A mistake changes nothing, and the switch does not wait for what is broken.
by_ansible_switched() {
	cp "$W/files/freshtoken.conf" "$W/good"
	printf '[account login\n' >"$W/files/freshtoken.conf"
	not playbook -e freshtoken_off=true
	cmp "$W/good" /etc/freshtoken/freshtoken.conf
	switched_off
	cp "$W/good" "$W/files/freshtoken.conf"
	playbook -e freshtoken_off=true
	counts changed=0
	playbook
	counts changed=1
	switched_on
}
by_ansible_mended() {
	sed -i '/^account .*pam_freshtoken/d' /etc/pam.d/sshd
	in_as bob
	# A person who left.
	printf 'bob 6\n' >"$W/files/users"
	playbook
	counts changed=2
	all_is_there
	not in_as alice
	in_as bob
	printf 'alice 5\n' >"$W/files/users"
	playbook --check
	counts changed=1
	in_as bob
}

by_puppet() {
	nothing_is_there
	puppet_says 0 --noop
	not grep '^Error' "$W/said"
	nothing_is_there
	puppet_says 2
	all_is_there
	logins_are_checked
	puppet_says 0
}
by_puppet_switched() {
	cp "$W/files/freshtoken.conf" "$W/good"
	printf '[account login\n' >"$W/files/freshtoken.conf"
	puppet_says 6 'off => true'
	cmp "$W/good" /etc/freshtoken/freshtoken.conf
	switched_off
	cp "$W/good" "$W/files/freshtoken.conf"
	puppet_says 0 'off => true'
	puppet_says 2
	switched_on
}
by_puppet_mended() {
	sed -i '/^account .*pam_freshtoken/d' /etc/pam.d/sshd
	in_as bob
	printf 'bob 6\n' >"$W/files/users"
	puppet_says 2
	all_is_there
	not in_as alice
	printf 'alice 5\n' >"$W/files/users"
	puppet_says 0 --noop
	grep noop "$W/said"
	in_as bob
}

ansible=$(dpkg-query -W -f '${Version}' ansible-core)
puppet=$(dpkg-query -W -f '${Version}' puppet-agent)
test_that "ansible-core $ansible: all of it, a second time nothing, and --check" by_ansible
test_that 'Ansible: the emergency switch, also if the configuration has an error' by_ansible_switched
test_that 'Ansible: a removed line is added again; a person is removed' by_ansible_mended
test_that 'everything is removed again' start_over
test_that "puppet-agent $puppet: all of it, a second time nothing, and --noop" by_puppet
test_that 'Puppet: the emergency switch, also if the configuration has an error' by_puppet_switched
test_that 'Puppet: a removed line is added again; a person is removed' by_puppet_mended
test_end

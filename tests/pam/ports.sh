#!/bin/bash
# SPDX-License-Identifier: MIT
# A machine without a free port for a request: in the test's own network namespace.
if [ "${FT_NETWORK-}" != own ] && [ "$(id -u)" -eq 0 ] && unshare --net true 2>/dev/null; then
	export FT_NETWORK=own
	exec unshare --net bash "$0" "$@"
fi
. "${FT_SRCDIR:?run me with make check}/tests/pam/world.sh"
[ "${FT_NETWORK-}" = own ] || skip_all 'no network namespaces here'
need perl
# SIOCSIFFLAGS: the loopback is up and running.
perl -e 'use Socket; socket(my $s, AF_INET, SOCK_DGRAM, 0) or die;
	my $up = pack("a16 s x22", "lo", 0x41);
	ioctl($s, 0x8914, $up) or die "lo: $!\n"' || skip_all 'no loopback here'
start_token_service
ts create work user=alice lifetime=60 >/dev/null
configure_pam server="$TS/work"
S=$TS/work
range=/proc/sys/net/ipv4/ip_local_port_range
cp "$range" "$T/range"
echo '40000 40003' 2>/dev/null >"$range" || skip_all 'the range of ports cannot be set here'
cat "$T/range" >"$range"

check() {
	printf '%s\n' "account = $2" ${3+"> $3"} >.script
	play --user "$1" <.script
}
# take_ports [PORT] - all that lead to the service, or there; until $T/taken is gone
take_ports() {
	perl -e 'use Socket; my @all; my ($port, $file) = @ARGV;
		while (1) {
			socket(my $s, AF_INET, SOCK_STREAM, 0) or die "socket: $!\n";
			connect($s, pack_sockaddr_in($port, inet_aton("127.0.0.1"))) or last;
			push @all, $s;
		}
		open(my $f, ">", $file); close($f);
		select(undef, undef, undef, 0.05) while -e $file;' "${1-${TS##*:}}" "$T/taken" &
	eventually 20 test -e "$T/taken"
}
ended="error freshtoken: your sign-in at $S has ended; sign in at a login that asks for it, or in an open session: freshtoken login work"

all_ports_lead_to_service() {
	one account=work
	sign_in alice
	check alice SUCCESS
	aged alice 61
	ts revoke-family work
	echo "40000 40003" >"$range"
	take_ports
	for _ in 1 2; do
		check alice PERM_DENIED "$ended"
	done
	logged "refused: this machine cannot ask the service: "
	lacks "\"down\"" "$(seen alice)"
	rm "$T/taken"
	cat "$T/range" >"$range"
	wait
}
test_case 'no free port to the service: does not count as an outage' \
	all_ports_lead_to_service

# The same of root's question about a person.
if command -v python3 >/dev/null; then
	. "$FT_SRCDIR/tests/pam/directory.sh"
	all_ports_lead_to_directory() {
		configure_person
		one account=login recheck=0 wait=20s
		directory 'person?alice=active' >/dev/null
		check alice SUCCESS
		directory 'person?alice=inactive' >/dev/null
		echo "40000 40003" >"$range"
		take_ports "${D##*:}"
		check alice PERM_DENIED "error freshtoken: $D does not say whether you are active; *"
		logged "refused: this machine cannot ask the directory: "
		lacks "\"down\"" "$(known alice)"
		rm "$T/taken"
		cat "$T/range" >"$range"
		wait
		check alice PERM_DENIED "error freshtoken: $D says that you are disabled; *"
		configure_pam server="$TS/work"
		one account=work
	}
	test_case 'no free port to the directory: does not count as an outage' \
		all_ports_lead_to_directory
else
	test_skip 'no free port to the directory: does not count as an outage' \
		'no python3 on this machine'
fi

service_nobody_listens_for() {
	sign_in alice
	check alice SUCCESS
	aged alice 61
	stop_pid "$TS_PID"
	check alice SUCCESS
	logged "let in without a verified sign-in: "
}
test_case 'a closed port of the service: an outage' service_nobody_listens_for
test_done

#!/bin/bash
# SPDX-License-Identifier: MIT
# Whether the tests' etcd cluster fails in the way that clusters do.
. "${FT_SRCDIR:?run me with make check}/tests/harness/tap.sh"
. "$FT_SRCDIR/tests/services/servers.sh"
. "$FT_SRCDIR/tests/services/etcd.sh"
need_etcd
start_cluster

writes() {	# N
	etcd_ctl "$1" put key "$2" >/dev/null
}

# other N - a member that is not N
other() {
	echo $((($1 + 1) % 3))
}

three_members() {
	writes 0 first
	equal first "$(etcd_get key)"
	equal 3 "$(etcd_ctl 1 member list | grep -c started)"
}
test_case 'three members are one store' three_members

leader_ends() {
	leader=$(etcd_leader)
	etcd_stop "$leader"
	eventually 30 writes "$(other "$leader")" second
	etcd_start "$leader"
	eventually 30 etcd_healthy
	equal second "$(etcd_ctl "$leader" get key --print-value-only)"
}
test_case 'without its leader it continues, and a member that returns has all data' leader_ends

# The rest waits for elections: in --long.
[ -n "${FT_LONG-}" ] || test_done

no_quorum() {
	etcd_stop 0
	etcd_stop 1
	must_fail writes 2 third
	etcd_start 0
	eventually 30 writes 2 fourth
	etcd_start 1
	eventually 30 etcd_healthy
}
test_case 'two of three are stopped: nothing is written' no_quorum

partition() {
	leader=$(etcd_leader)
	etcd_partition "$leader"
	must_fail writes "$leader" fifth
	eventually 30 writes "$(other "$leader")" sixth
	etcd_heal "$leader"
	eventually 30 etcd_healthy
	equal sixth "$(etcd_ctl "$leader" get key --print-value-only)"
}

full_disk() {
	etcd_fill 2
	eventually 30 writes 0 seventh
	equal seventh "$(etcd_get key)"
	etcd_stop 2
	etcd_empty 2
	etcd_start 2
	eventually 30 etcd_healthy
}
if [ "$ETCD_NETWORK" = namespaces ]; then
	test_case 'a leader without the others writes nothing' partition
	test_case 'a member whose disk is full does not stop the others' full_disk
else
	test_skip 'partition and full disk' 'members are in no namespaces of their own; root makes them'
fi
test_done

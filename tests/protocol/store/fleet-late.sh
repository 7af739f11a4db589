#!/bin/bash
# SPDX-License-Identifier: MIT
# A claim reaches the fleet's store after its sender was killed: its own host recognises it, and
# does not wait for itself. Another host waits.
. "${FT_SRCDIR:?run me with make check}/tests/harness/tap.sh"
. "$FT_SRCDIR/tests/services/servers.sh"
. "$FT_SRCDIR/tests/harness/accounts.sh"
. "$FT_SRCDIR/tests/harness/fleet.sh"
etcd_or_skip
need curl python3 pgrep
start_token_service
start_etcd
mkdir gate
: >gate/waiting
with_parent python3 "$FT_SRCDIR/tests/services/gate.py" "$ETCD" "$T/gate.port" "$T/gate" /kv/txn before &
at_exit stop_pid $!
wait_for_file "$T/gate.port" $! || give_up 'the gate does not start'
fleet_section "http://127.0.0.1:$(cat gate.port)"
fleet_account work timeout=5s wait=60s
sign_in_on a work 2>signed.in || diag <signed.in
on b freshtoken token work >/dev/null

waiting() {
	[ "$(wc -l <gate/waiting)" -ge "$1" ]
}

refreshes_on() {	# HOST
	pgrep -f "^$(literal "$FT_LIBEXEC")/freshtoken-refresh work .*$(literal "$T")/hosts/$1/"
}

# Two claims wait; the first is of one that was killed, and gets there first.
late_claim() {
	local pid first second

	: >gate/hold
	on a freshtoken refresh work >said.first 2>&1 &
	first=$!
	eventually 20 waiting 1
	refreshes_on a >pids
	while read -r pid; do
		kill -KILL "$pid"
	done <pids
	wait "$first" || :
	on a freshtoken refresh work >said.second 2>&1 &
	second=$!
	eventually 20 waiting 2
	rm gate/hold
	wait "$second" || complain "$(cat said.second)"
	# Who has waited for a claim has written down whose it was.
	lacks '"held"' "$(on a record work)"
	equal "$(newest work)" "$(on a freshtoken token work)"
	on b freshtoken refresh work
	equal "$(newest work)" "$(on b freshtoken token work)"
	equal 0 "$(ts_count work reuses)"
}
test_case 'a host does not wait for its own late claim' late_claim
test_done

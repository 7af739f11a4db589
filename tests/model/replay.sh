#!/bin/bash
# SPDX-License-Identifier: MIT
# The failures of the model's variants, played with the real programs: the script follows spin's
# shortest path to each failure step by step, with gates in front of the store and the service,
# kills and pauses. Without the rule the path ends in a reuse or a loss; the programs, which have
# the rule, end well.
. "${FT_SRCDIR:?run me with make check}/tests/harness/tap.sh"
. "$FT_SRCDIR/tests/services/servers.sh"
. "$FT_SRCDIR/tests/harness/accounts.sh"
. "$FT_SRCDIR/tests/harness/fleet.sh"
etcd_or_skip
need curl spin gcc python3 pgrep
start_token_service
start_etcd

# start_gate NAME SERVICE PATH before|after - sets GATE, its address
start_gate() {
	mkdir -p "gate.$1"
	with_parent python3 "$FT_SRCDIR/tests/services/gate.py" "$2" "$T/gate.$1.port" "$T/gate.$1" \
		"$3" "$4" &
	at_exit stop_pid $!
	wait_for_file "$T/gate.$1.port" $! || give_up 'the gate does not start'
	GATE=http://127.0.0.1:$(cat "gate.$1.port")
}

start_gate service "$TS" /oauth/token before
service=$GATE
(umask 077; head -c 32 /dev/urandom >fleet.key)
openssl genpkey -algorithm ec -pkeyopt ec_paramgen_curve:prime256v1 -out client.pem 2>/dev/null
chmod 600 client.pem
# Each host has its own way to the store.
for host in 0 1; do
	start_gate "$host" "$ETCD" /kv/txn after
	mkdir -p "config.$host/freshtoken"
	printf '[fleet]\nservers = %s\nkey_file = %s\ntimeout = 60s\n' "$GATE" "$T/fleet.key" \
		>"config.$host/freshtoken/freshtoken.conf"
done

# host NUMBER COMMAND… - as there
host() {
	local config=$T/config.$1 number=$1

	shift
	XDG_CONFIG_HOME=$config on "$number" "$@"
}

# trace NAME [OPTION…] - the steps into a variant's shortest failure
trace() {
	local name=$1

	shift
	(
		mkdir "trace.$name"
		cd "trace.$name"
		cp "$FT_SRCDIR/tests/model/claim.pml" .
		spin -a "$@" claim.pml
		gcc -w -O0 -DSAFETY -DREACH -o pan pan.c
		./pan -i -m400 -w20
		spin -t "$@" claim.pml
	) >"trace.$name.out" 2>&1
	sed -n 's/^ *STEP //p' "trace.$name.out" >"steps.$name"
	grep -q . "steps.$name"
}

waiting() {	# GATE COUNT
	[ "$(wc -l <"gate.$1/waiting")" -ge "$2" ]
}

gone() {	# PID
	! kill -0 "$1" 2>/dev/null
}

# reaches GATE HOST - its next request is held there, or its program has ended without one
reaches() {
	local count

	count=$(($(wc -l <"gate.$1/waiting") + 1))
	arrived_or_ended() { waiting "$1" "$2" || gone "$3"; }
	eventually 60 arrived_or_ended "$1" "$count" "${program[$2]}"
}

step() {	# HOST WHAT
	local pid

	case $2 in
	claim)
		: >"gate.$1/hold"
		host "$1" freshtoken refresh "$account" >>"said.$1" 2>&1 &
		program[$1]=$!
		eventually 60 claim_or_end "$1" ;;
	claim-unknown | check)
		# What holds the host back goes; the service holds its request.
		: >gate.service/hold
		rm -f "gate.$1/hold"
		nap 2 ;;
	granted | replayed | REUSE | refused-late)
		rm -f gate.service/hold
		nap 1 ;;
	lost)
		: >gate.service/closed
		rm -f gate.service/hold
		nap 1
		rm -f gate.service/closed ;;
	store-away) : >"gate.$1/closed" ;;
	commit | commit-unknown | superseded) rm -f "gate.$1/closed" ;;
	kill)
		for pid in $(pgrep -f "^$(literal "$FT_LIBEXEC")/freshtoken-refresh $account .*$(literal "$T/hosts/$1")/"); do
			kill -KILL "$pid" 2>/dev/null || :
		done ;;
	tick) nap 10 ;;	# more than the 9 s of a claim with timeout = 2s
	esac
}

claim_or_end() {	# HOST
	[ -s "gate.$1/waiting" ] || gone "${program[$1]}"
}

follows() {	# NAME
	local who what program=() account=$1-$$ host config

	# With fence 2.
	ts create "$account" lifetime=3600 client_id=ci client_auth=assertion >tokens
	for host in 0 1; do
		rm -f "gate.$host"/{hold,closed,waiting}
		: >"gate.$host/waiting"
		printf '[account %s]\nserver = %s/%s\nmatch = %s.example.com\nstore = fleet\ntimeout = 2s\nclient_id = ci\nclient_auth = private_key_jwt\nclient_secret_file = %s\n' \
			"$account" "$service" "$account" "$account" "$T/client.pem" >>"config.$host/freshtoken/freshtoken.conf"
	done
	rm -f gate.service/{hold,closed}
	: >gate.service/waiting
	field refresh_token tokens | host 0 freshtoken login "$account" --token
	host 1 freshtoken token "$account" >/dev/null
	for host in 0 1; do
		on "$host" grow_old "$account" 4000
	done
	while read -r who what _; do
		echo "$who $what"
		step "$who" "$what"
	done <"steps.$1"
	rm -f gate.*/hold gate.*/closed
	for host in 0 1; do
		[ -z "${program[$host]-}" ] || wait "${program[$host]}" || :
		whole() {
			token=$(host "$host" freshtoken token "$account") && is_good "$account" "$token"
		}
		eventually 100 whole
	done
	cat said.* 2>/dev/null || :
	# It was at both gates, or nothing was played.
	waiting 0 1 || waiting 1 1
	waiting service 1
	equal 0 "$(ts_count "$account" reuses)"
}

test_case 'spin: without fences' trace fences -DFENCE1=0 -DFENCE2=0
test_case '… and the programs' follows fences
test_case 'spin: an answer that is not kept' trace kept -DKEPT=0
test_case '… and the programs' follows kept
test_case 'spin: a claim past its deadline taken for unspent' trace ambiguous -DAMBIGUOUS=0
test_case '… and the programs' follows ambiguous
test_done

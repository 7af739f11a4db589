#!/bin/bash
# SPDX-License-Identifier: MIT
# Thirty processes on ten hosts share two sign-ins through three etcd members, while everything
# fails that can fail, for $FT_SECONDS (20): make torture-fleet takes five minutes and prints the
# table of docs/fleet.md.
#
# strict: a service that ends the sign-in when a spent refresh token is sent again. No program can
# keep such a sign-in if the process that receives the answer is killed: for this account everything
# except the transport is killed.
# replay: a service that answers a spent token again for two minutes. Its answers are slow, and
# transports are killed while they wait for one, alone or with freshtoken-refresh: the token is
# spent, and its successor is unknown.
. "${FT_SRCDIR:?run me with make check}/tests/harness/tap.sh"
. "$FT_SRCDIR/tests/services/servers.sh"
. "$FT_SRCDIR/tests/harness/accounts.sh"
. "$FT_SRCDIR/tests/harness/fleet.sh"
. "$FT_SRCDIR/tests/services/etcd.sh"
. "$FT_SRCDIR/tests/fleet/hosts.sh"
etcd_or_skip
need curl pgrep
wrong_clocks

: "${FT_SECONDS:=20}"
life=10 timeout=5 hold=17
hosts=(host0 host1 host2 host3 host4 host5 host6 host7 host8 host9)
unique=${T##*.}
strict=strict-$unique replay=replay-$unique

start_token_service
start_cluster --tls
fleet_section "${ETCD_SERVERS//,/, }" timeout=1s "ca_file=$ETCD_CA"
openssl genpkey -algorithm ec -pkeyopt ec_paramgen_curve:prime256v1 -out client.pem 2>/dev/null
chmod 600 client.pem
fleet_account "$strict" client_id=ci client_auth=private_key_jwt "client_secret_file=$T/client.pem" \
	"timeout=${timeout}s" wait=5s -- client_id=ci client_auth=assertion lifetime=$life jwt=yes
fleet_account "$replay" "timeout=${timeout}s" wait=5s replay=window:60s -- lifetime=$life jwt=yes grace=120

# worker HOST NUMBER - asks again and again; one line of words.HOST.NUMBER an answer:
# ACCOUNT good|late|bad|temporary|killed|STATUS
worker() {
	local account token status before after expires words=$T/words.$1.$2

	while [ ! -e "$T/over" ]; do
		account=$strict
		((RANDOM % 2)) || account=$replay
		before=$(date +%s)
		status=0
		on_host "$1" freshtoken token "$account" >"$words.token" 2>"$words.err" || status=$?
		after=$(date +%s)
		token=$(cat "$words.token")
		case $status in
		0)	if is_good "$account" "$token"; then
				echo "$account good"
			else
				# It says itself until when it is good; it was asked for in between.
				expires=$(cut -d. -f2 <<<"$token" | tr -- '-_' '+/' | base64 -d 2>/dev/null |
					sed -n 's/.*"exp":\([0-9]*\).*/\1/p')
				if [ "${expires:-0}" -ge "$before" ] && [ "$(date +%s)" -ge "$expires" ]; then
					echo "$account late"
				else
					echo "$account bad exp=$expires before=$before after=$after"
				fi
			fi ;;
		5)	echo "$account temporary $(tr '\n' ' ' <"$words.err")" ;;
		137)	echo "$account killed" ;;
		*)	echo "$account $status $(tr '\n' ' ' <"$words.err")" ;;
		esac >>"$words"
		nap "1.$((RANDOM % 9))"
	done
}

# all_of ACCOUNT|all WHAT - pids of what works on an account: caller, refresh or transport
all_of() {
	local account=$1

	case $2 in
	caller) pgrep -f "^freshtoken token $account" ;;
	refresh) pgrep -f "^[^ ]*/freshtoken-refresh $account " ;;
	transport) for pid in $(pgrep -f "^[^ ]*/freshtoken-refresh $account "); do
			pgrep -P "$pid" -f freshtoken-transport
		done ;;
	esac
}

one_of() {	# ACCOUNT WHAT
	all_of "$@" | shuf -n 1
}

# The holder of a claim is stopped for longer than the claim lasts. At strict that is the refresher
# alone: it kills a transport that is stopped for longer than the account's timeout, and with it the
# answer that the transport may have.
freeze() {	# ACCOUNT
	local pid what=refresh

	[ "$1" = "$strict" ] || [ $((RANDOM % 2)) = 0 ] || what=transport
	for ((try = 0; try < 60; try++)); do
		pid=$(one_of "$1" "$what")
		[ -z "$pid" ] || break
		nap 0.05
	done
	[ -n "$pid" ] && kill -STOP "$pid" 2>/dev/null || return 0
	count "a holder stood still for $hold s"
	( trap - EXIT; nap "$hold"; kill -CONT "$pid" 2>/dev/null ) &
}

strike() {	# ACCOUNT WHAT
	local pid

	for ((try = 0; try < 60; try++)); do
		pid=$(one_of "$1" "$2")
		[ -z "$pid" ] || break
		nap 0.05
	done
	[ -z "$pid" ] || { kill -KILL "$pid" 2>/dev/null && count "SIGKILL of a $2"; } || :
}

# The service has spent a refresh token and has not answered yet. Now and then the refresher goes,
# too, as when a host loses its power.
strike_between() {	# ACCOUNT
	local transport refresh=()

	for ((try = 0; try < 200; try++)); do
		[ "$(ts_count "$1" running)" = 0 ] || break
		nap 0.05
	done
	[ "$try" -lt 200 ] || return 0
	transport=$(all_of "$1" transport) || :
	((RANDOM % 2)) || mapfile -t refresh < <(one_of "$1" refresh)
	[ -n "$transport" ] || return 0
	# shellcheck disable=SC2086
	kill -KILL $transport "${refresh[@]}" 2>/dev/null || return 0
	count 'SIGKILL between the answer and the store'
}

count() {
	echo "$*" >>"$T/events"
}

# One member at a time is out: a quorum lives.
trouble() {
	local n=$((RANDOM % 3)) leader

	case $((RANDOM % 5)) in
	0)	count 'a member stopped'; etcd_stop "$n"; nap 4; etcd_start "$n" ;;
	1)	leader=$(etcd_leader) || return 0
		count 'the leader stopped'; etcd_stop "$leader"; nap 4; etcd_start "$leader" ;;
	2)	leader=$(etcd_leader) || return 0
		etcd_partition "$leader" || return 0
		count 'the leader cut off'; nap 4; etcd_heal "$leader" ;;
	3)	etcd_fill "$n" || return 0
		count 'a full disk'; nap 4; etcd_stop "$n"; etcd_empty "$n"; etcd_start "$n" ;;
	4)	count 'a member stood still'; etcd_freeze "$n"; nap 4; etcd_thaw "$n" ;;
	esac
	# Who comes back catches up before the next one goes.
	eventually 30 etcd_healthy
}

troubles() {
	while [ ! -e "$T/over" ]; do
		trouble
		nap 2
	done
}

violence() {
	while [ ! -e "$T/over" ]; do
		case $((RANDOM % 9)) in
		0) freeze "$strict" ;;
		1) freeze "$replay" ;;
		2) strike "$strict" refresh ;;
		3) strike "$replay" refresh ;;
		4) strike "$strict" caller ;;
		5) strike "$replay" transport ;;
		6 | 7 | 8) strike_between "$replay" ;;
		esac
		nap "0.$((RANDOM % 9))"
	done
	# Nobody stands still for ever.
	wait
}

clock_of() {	# HOST
	case $1 in
	host8) echo +60 ;;
	host9) echo -60 ;;
	esac
}

sign_in_on_host() {
	local tokens

	tokens=$(ts tokens "$1")
	printf '%s\n' "$tokens" | sed -n 's/^refresh_token=//p' | on_host host0 freshtoken login "$1" --token
}

everybody() {
	local host i pids=()

	for host in "${hosts[@]}"; do
		host_home "$host" >/dev/null
	done
	sign_in_on_host "$strict"
	sign_in_on_host "$replay"
	ts fault "$replay" fault=delay:700 spend=yes times=-1 >/dev/null
	for host in "${hosts[@]}"; do
		HOST_CLOCK=$(clock_of "$host")
		for i in 1 2 3; do
			worker "$host" "$i" &
			pids+=($!)
		done
	done
	troubles &
	pids+=($!)
	violence &
	pids+=($!)
	nap "$FT_SECONDS"
	: >over
	wait "${pids[@]}"
}
test_case "ten hosts, thirty processes, $FT_SECONDS seconds" everybody

expires_at() {	# HOST
	date -d "$(on_host "$1" freshtoken status "$strict" --json |
		sed -n 's/.*"expires_at":"\([^"]*\)".*/\1/p')" +%s
}

all_is_well() {
	local account host token ahead behind

	count 'a clock a minute off (two hosts, all the time)'
	nap "$hold"
	eventually 60 etcd_healthy
	for account in "$strict" "$replay"; do
		for host in "${hosts[@]}"; do
			HOST_CLOCK=$(clock_of "$host")
			whole() {
				token=$(on_host "$host" freshtoken token "$account") && is_good "$account" "$token"
			}
			eventually 120 whole || { on_host "$host" freshtoken token "$account" || :
				complain "$account on $host"; }
		done
	done
	# Their clocks were wrong: a token lives ten seconds.
	ahead=$(HOST_CLOCK=+60 expires_at host8) behind=$(HOST_CLOCK=-60 expires_at host9)
	[ $((ahead - behind)) -ge 110 ] || complain "clocks: $ahead and $behind"
}
test_case 'then every host gets a valid token of each' all_is_well

# how many of its answers were
of() {	# ACCOUNT WHAT
	cat words.*.[123] | grep -c "^$1 $2" || :
}

nothing_was_lost() {
	cat words.*.[123] | grep "^$1 " | grep -vE '^[^ ]+ (good|late|temporary|killed)' >wrong || :
	equal 0 "$(ts_count "$1" reuses)"
	empty wrong
	[ "$(of "$1" good)" -gt "$FT_SECONDS" ]
}
for account in "$strict" "$replay"; do
	test_case "${account%-*}: 0 reuses, 0 lost sign-ins, 0 invalid tokens handed out" \
		nothing_was_lost "$account"
done

row() {	# ACCOUNT
	echo "| ${1%-*} | $(of "$1" good) | $(of "$1" late) | $(of "$1" temporary) | $(of "$1" \
		'\(bad\|[0-9]\)') | $(ts_count "$1" refreshes) | $(ts_count "$1" replays) | $(ts_count "$1" reuses) |"
}
{
	echo "$FT_SECONDS seconds; what happened:"
	sort events | uniq -c | sed 's/^ */- /; s/ / x /'
	echo
	echo '| service | good | expired while it was asked about | FT_TEMPORARY | wrong | refreshes | replays | reuses |'
	echo '|---|---|---|---|---|---|---|---|'
	row "$strict"
	row "$replay"
} >table
diag <table
[ -z "${FT_TABLE-}" ] || cp table "$FT_BUILDDIR/$FT_TABLE"
test_done

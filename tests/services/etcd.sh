# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# etcd.sh - three members of a real etcd cluster, and their faults; sourced after tap.sh and
# servers.sh
#
#	need_etcd			before the first case
#	start_cluster [--tls]		ETCD_SERVERS: their three URLs, with commas between them; ETCD_CA
#	etcd_stop N, etcd_start N	a member (0 1 2); its disk stays
#	etcd_leader			the number of the leader; fails if there is none
#	etcd_freeze N, etcd_thaw N	SIGSTOP, SIGCONT
#	etcd_partition N, etcd_heal N	the member can reach neither the others nor the hosts; only in namespaces
#	etcd_fill N, etcd_empty N	its disk is full; only as root
#	etcd_get KEY			the value as it is stored
#	etcd_ctl N ARGUMENT…		etcdctl at a member
#	etcd_healthy			whether a write succeeds at each member
#
# As root each member has its own network namespace, on a bridge, and its own disk
# (ETCD_NETWORK=namespaces). As another user they are three ports of 127.0.0.1 (ETCD_NETWORK=ports),
# without partitions and full disks. Everything ends with the shell that started it.

ETCD_URLS=() ETCD_SERVERS='' ETCD_NETWORK=''

need_etcd() {
	need etcd etcdctl
}

# Members, bridge and namespaces are this shell's: others may run beside it.
etcd_namespaces() {
	local i net tries

	[ "$(id -u)" -eq 0 ] && command -v ip >/dev/null || return 1
	# A network per run, of those that RFC 2544 keeps for tests: whoever has the bridge has it.
	for ((tries = 0; tries < 20; tries++)); do
		etcd_id=$(((BASHPID + tries) % 256))
		etcd_bridge=fte$etcd_id
		! ip link add "$etcd_bridge" type bridge 2>/dev/null || break
	done
	[ "$tries" -lt 20 ] || return 1
	net=198.18.$etcd_id
	at_exit ip link del "$etcd_bridge"
	ip addr add "$net.254/24" dev "$etcd_bridge" && ip link set "$etcd_bridge" up || return 1
	for i in 0 1 2; do
		ip netns add "fte$etcd_id-$i" 2>/dev/null || return 1
		at_exit ip netns del "fte$etcd_id-$i"
		ip link add "fte$etcd_id.$i" type veth peer name eth0 netns "fte$etcd_id-$i" &&
		ip link set "fte$etcd_id.$i" master "$etcd_bridge" up &&
		ip -n "fte$etcd_id-$i" addr add "$net.$((i + 1))/24" dev eth0 &&
		ip -n "fte$etcd_id-$i" link set lo up &&
		ip -n "fte$etcd_id-$i" link set eth0 up || return 1
		etcd_addresses[i]=$net.$((i + 1)) etcd_ports[i]=2379 etcd_peer_ports[i]=2380
		mkdir -p "$T/.etcd/$i"
		mount -t tmpfs -o size=160m,mode=700 etcd "$T/.etcd/$i" 2>/dev/null || return 1
		at_exit umount -l "$T/.etcd/$i"
	done
	ETCD_NETWORK=namespaces
}

etcd_on_ports() {
	local i ports=()

	for i in 0 1 2; do
		etcd_addresses[i]=127.0.0.1
		etcd_ports[i]=$(free_port ${ports[@]+"${ports[@]}"})
		etcd_peer_ports[i]=$(free_port ${ports[@]+"${ports[@]}"} "${etcd_ports[i]}")
		ports+=("${etcd_ports[i]}" "${etcd_peer_ports[i]}")
		mkdir -p "$T/.etcd/$i"
	done
	ETCD_NETWORK=ports
}

# start_cluster [--tls] [ETCD-OPTION…]
start_cluster() {
	local i

	etcd_addresses=() etcd_ports=() etcd_peer_ports=() etcd_scheme=http
	[ "${1-}" != --tls ] || { etcd_scheme=https; shift; }
	etcd_options=("$@")
	if [ -n "${ETCD_PORTS-}" ] || ! etcd_namespaces; then
		etcd_on_ports
	fi
	[ "$etcd_scheme" = http ] || etcd_certificate
	for i in 0 1 2; do
		ETCD_URLS[i]=$etcd_scheme://${etcd_addresses[i]}:${etcd_ports[i]}
	done
	# shellcheck disable=SC2034	# for whoever sources this file
	ETCD_SERVERS=${ETCD_URLS[0]},${ETCD_URLS[1]},${ETCD_URLS[2]}
	for i in 0 1 2; do
		etcd_launch "$i"
	done
	for ((i = 0; i < 600; i++)); do
		etcd_healthy && return 0
		nap 0.1
	done
	give_up "etcd does not start: $(tail -n 1 "$T/.etcd/log.0")"
}

# One of all members, by a CA of its own.
etcd_certificate() {
	local folder=$T/.etcd/tls names i

	mkdir -p "$folder"
	names=IP:127.0.0.1
	for i in 0 1 2; do
		names=$names,IP:${etcd_addresses[i]}
	done
	{
		openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 \
			-keyout "$folder/ca.key" -out "$folder/ca.pem" -subj '/CN=Example etcd CA' &&
		openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes \
			-keyout "$folder/key.pem" -out "$folder/csr" -subj /CN=etcd &&
		printf 'subjectAltName=%s\n' "$names" >"$folder/ext" &&
		openssl x509 -req -in "$folder/csr" -CA "$folder/ca.pem" -CAkey "$folder/ca.key" \
			-CAcreateserial -sha256 -days 2 -extfile "$folder/ext" -out "$folder/cert.pem"
	} >"$folder/log" 2>&1 || give_up "openssl made no certificate: $(tail -n 1 "$folder/log")"
	etcd_options+=(--cert-file "$folder/cert.pem" --key-file "$folder/key.pem")
	# shellcheck disable=SC2034	# for whoever sources this file
	ETCD_CA=$folder/ca.pem ETCD_CTL_OPTIONS=(--cacert "$folder/ca.pem")
}

# Whoever starts a member anew may be a case, which does not live as long: a watcher of its own
# keeps each running, but while a file says that it is to be down.
etcd_launch() {	# N
	local i=$1 j peers='' into=()

	for j in 0 1 2; do
		peers=$peers${peers:+,}m$j=http://${etcd_addresses[j]}:${etcd_peer_ports[j]}
	done
	[ "$ETCD_NETWORK" = ports ] || into=(nsenter "--net=/var/run/netns/fte$etcd_id-$i")
	# shellcheck disable=SC2016
	with_parent bash -c '
		down=$1 pid=$2 end=$3
		shift 3
		while [ "$SECONDS" -lt "$end" ]; do
			if [ ! -e "$down" ]; then
				setpriv --pdeathsig KILL "$@" &
				echo $! >"$pid"
				while [ "$SECONDS" -lt "$end" ] && kill -0 $!; do sleep 0.2; done
			fi
			sleep 0.2
		done' etcd "$T/.etcd/down.$i" "$T/.etcd/pid.$i" "${ETCD_SECONDS:-1200}" \
		${into[@]+"${into[@]}"} \
		etcd --name "m$i" --data-dir "$T/.etcd/$i/data" \
		--listen-client-urls "${ETCD_URLS[i]}" --advertise-client-urls "${ETCD_URLS[i]}" \
		--listen-peer-urls "http://${etcd_addresses[i]}:${etcd_peer_ports[i]}" \
		--initial-advertise-peer-urls "http://${etcd_addresses[i]}:${etcd_peer_ports[i]}" \
		--initial-cluster "$peers" --initial-cluster-state new \
		--initial-cluster-token "ft-$$" --heartbeat-interval 100 --election-timeout 1000 \
		--logger zap --log-level error --log-outputs stderr \
		${etcd_options[@]+"${etcd_options[@]}"} >>"$T/.etcd/log.$i" 2>&1 </dev/null &
	at_exit stop_pid $!
}

etcd_pid() {
	cat "$T/.etcd/pid.$1"
}

etcd_gone() {
	! kill -0 "$1" 2>/dev/null
}

# etcd_stop N - as a machine that loses its power
etcd_stop() {
	local pid

	: >"$T/.etcd/down.$1"
	pid=$(etcd_pid "$1")
	kill -KILL "$pid" 2>/dev/null || :
	eventually 20 etcd_gone "$pid"
}

etcd_start() {
	rm -f "$T/.etcd/down.$1"
}

etcd_freeze() {
	kill -STOP "$(etcd_pid "$1")" 2>/dev/null || :
}

etcd_thaw() {
	kill -CONT "$(etcd_pid "$1")" 2>/dev/null || :
}

etcd_partition() {
	[ "$ETCD_NETWORK" = namespaces ] && ip link set "fte$etcd_id.$1" down
}

etcd_heal() {
	[ "$ETCD_NETWORK" != namespaces ] || ip link set "fte$etcd_id.$1" up
}

etcd_fill() {
	[ "$ETCD_NETWORK" = namespaces ] || return 1
	dd if=/dev/zero of="$T/.etcd/$1/full" bs=64k 2>/dev/null || :
}

etcd_empty() {
	rm -f "$T/.etcd/$1/full"
}

# etcd_ctl N ARGUMENT…
etcd_ctl() {
	local n=$1

	shift
	ETCDCTL_API=3 timeout 10 etcdctl --endpoints "${ETCD_URLS[$n]}" --dial-timeout 2s \
		--command-timeout 5s ${ETCD_CTL_OPTIONS[@]+"${ETCD_CTL_OPTIONS[@]}"} "$@"
}

etcd_leader() {
	local i

	for i in 0 1 2; do
		etcd_ctl "$i" endpoint status --write-out=fields 2>/dev/null >"$T/.etcd/status" || continue
		[ "$(sed -n 's/^"MemberID" : //p' "$T/.etcd/status")" != \
			"$(sed -n 's/^"Leader" : //p' "$T/.etcd/status")" ] || { echo "$i"; return 0; }
	done
	return 1
}

# etcd_get KEY - from whichever member answers
etcd_get() {
	local i

	for i in 0 1 2; do
		! etcd_ctl "$i" get "$1" --print-value-only 2>/dev/null || return 0
	done
	return 1
}

etcd_healthy() {
	local i

	for i in 0 1 2; do
		etcd_ctl "$i" put ft-health ok >/dev/null 2>&1 || return 1
	done
}

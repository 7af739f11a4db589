# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# fleet.sh - a fleet's store, and hosts that share it; sourced after accounts.sh
#
# A host is a separate state folder: on NAME COMMAND…

# etcd_or_skip - skip_all unless there is one
etcd_or_skip() {
	grep -q '^#define HAVE_SODIUM 1' "$FT_BUILDDIR/config.h" ||
		skip_all 'this build is without libsodium'
	need etcd etcdctl openssl
}

# etcd_listens URL PID LOG
etcd_listens() {
	local tries

	for ((tries = 0; tries < 3000; tries++)); do
		! grep -q 'serving client traffic' "$3" || return 0
		kill -0 "$2" 2>/dev/null || return 1
		nap 0.02
	done
	return 1
}

# start_etcd [SCHEME [OPTION…]] - one member; sets ETCD (its address) and ETCD_PID
start_etcd() {
	local scheme=${1-http} client peer tries log

	[ $# -eq 0 ] || shift
	for ((tries = 0; tries < 10; tries++)); do
		client=$(free_port) peer=$(free_port "$client")
		ETCD=$scheme://127.0.0.1:$client
		log=$(mktemp "$T/etcd.XXXXXXXX")
		# Its release for Debian is for machines that not all of ours are.
		ETCD_UNSUPPORTED_ARCH=$(uname -m | sed 's/aarch64/arm64/') with_parent etcd --name one \
			--data-dir "$log.data" --logger zap \
			--listen-client-urls "$ETCD" --advertise-client-urls "$ETCD" \
			--listen-peer-urls "http://127.0.0.1:$peer" \
			--initial-advertise-peer-urls "http://127.0.0.1:$peer" \
			--initial-cluster "one=http://127.0.0.1:$peer" "$@" >"$log" 2>&1 &
		ETCD_PID=$!
		if etcd_listens "$ETCD" "$ETCD_PID" "$log"; then
			at_exit stop_pid "$ETCD_PID"
			return 0
		fi
		stop_pid "$ETCD_PID"
	done
	diag <"$log"
	give_up 'etcd does not start'
}

# etcdctl_as OPTION… COMMAND… - with the store's own client
ctl() {
	ETCDCTL_API=3 etcdctl --endpoints "$ETCD" --dial-timeout 30s --command-timeout 60s "$@"
}

# fleet_section SERVERS [KEY=VALUE…] - [fleet] of freshtoken.conf, with a new key
fleet_section() {
	local servers=$1 pair

	shift
	mkdir -p "$XDG_CONFIG_HOME/freshtoken"
	(umask 077; head -c 32 /dev/urandom >"$T/fleet.key")
	{
		printf '[fleet]\nprovider = etcd\nservers = %s\n' "$servers"
		printf 'key_file = %s\n' "$T/fleet.key"
		for pair; do
			printf '%s = %s\n' "${pair%%=*}" "${pair#*=}"
		done
	} >>"$XDG_CONFIG_HOME/freshtoken/freshtoken.conf"
}

# on HOST COMMAND…
on() {
	local host=$1

	shift
	(umask 077; mkdir -p "$T/hosts/$host")
	XDG_STATE_HOME=$T/hosts/$host "$@"
}

# sign_in_on HOST NAME
sign_in_on() {
	on "$1" sign_in "$2"
}

# start_fleet [KEY=VALUE…] - a token service, a store of one member and [fleet], or skip_all
start_fleet() {
	etcd_or_skip
	need curl
	start_token_service
	start_etcd
	fleet_section "$ETCD" "$@"
}

# fleet_account NAME [KEY=VALUE…] [-- OPTION=VALUE…] - a tenant, and its account of the fleet
fleet_account() {
	local name=$1 keys options

	halves "${@:2}"
	ts create "$name" vendor=oauth2 "${options[@]}" >/dev/null
	account "$name" "server=$TS/$name" "match=$name.example.com" store=fleet "${keys[@]}"
}

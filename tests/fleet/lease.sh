#!/bin/bash
# SPDX-License-Identifier: MIT
# Why a lease is not a lock: the same cluster and service, and hosts that share the refresh token
# with etcdctl lock. If holders are stopped for longer than their lease, tokens are spent twice.
# This tests the test: torture.sh would detect such an error.
. "${FT_SRCDIR:?run me with make check}/tests/harness/tap.sh"
. "$FT_SRCDIR/tests/services/servers.sh"
. "$FT_SRCDIR/tests/services/etcd.sh"
need_etcd
need curl pgrep

: "${FT_SECONDS:=20}"
unique=${T##*.}
start_token_service
start_cluster
ts create build lifetime=10 >tokens
field refresh_token tokens >first
: >signed-in
: >events

# Read, ask, write, with the lock held.
cat >holder <<'END'
#!/bin/bash
# holder URL TOKEN-ENDPOINT
token=$(ETCDCTL_API=3 etcdctl --endpoints "$1" get build --print-value-only)
answer=$(curl -qsS --noproxy '*' -m 30 -d grant_type=refresh_token --data-urlencode "refresh_token=$token" "$2")
new=$(sed -n 's/.*"refresh_token":"\([^"]*\)".*/\1/p' <<<"$answer")
[ -n "$new" ] && ETCDCTL_API=3 etcdctl --endpoints "$1" put build "$new" >/dev/null
END
chmod +x holder

host() {	# NUMBER
	while [ ! -e over ]; do
		ETCDCTL_API=3 timeout 60 etcdctl --endpoints "${ETCD_URLS[$(($1 % 3))]}" lock "lock-$unique" \
			--ttl 2 "$T/holder" "${ETCD_URLS[$(($1 % 3))]}" "$TS/build/oauth/token" >/dev/null 2>&1 || :
		nap "0.$((RANDOM % 9))"
	done
}

# Whoever has the lock, with all that it has started.
freeze() {
	local holder

	holder=$(pgrep -f "^/bin/bash $T/holder" | shuf -n 1)
	[ -n "$holder" ] || return 0
	stopped="$holder $(pgrep -P "$holder" | tr '\n' ' ') $(ps -o ppid= -p "$holder" | tr -d ' ')"
	# shellcheck disable=SC2086
	kill -STOP $stopped 2>/dev/null || return 0
	echo stopped >>events
	nap 5
	# shellcheck disable=SC2086
	kill -CONT $stopped 2>/dev/null || :
}

lease_as_a_lock() {
	local i pids=() end=$((SECONDS + FT_SECONDS))

	etcd_ctl 0 put build "$(cat first)" >/dev/null
	for i in 0 1 2 3 4; do
		host "$i" &
		pids+=($!)
	done
	# Which pause hits a holder between its read and its write is chance: a run that has seen
	# none goes on for up to four minutes more.
	while [ "$SECONDS" -lt "$end" ] ||
		{ [ ! -s signed-in ] && [ "$SECONDS" -lt $((end + 240)) ]; }; do
		freeze
		# The family is gone; somebody signs in again, and it goes on.
		if [ "$(ts_count build reuses)" -gt "$(wc -l <signed-in)" ]; then
			ts login build >tokens
			etcd_ctl 0 put build "$(field refresh_token tokens)" >/dev/null
			ts_count build reuses >>signed-in
		fi
		nap 0.2
	done
	echo $((SECONDS - end + FT_SECONDS)) >lasted
	: >over
	wait "${pids[@]}"
	[ "$(ts_count build reuses)" -gt 0 ] || complain 'no token was spent twice'
}
test_case 'holders that are stopped for longer than their lease spend tokens twice' lease_as_a_lock

{
	echo '| a lease as a lock | refreshes | reuses | sign-ins lost |'
	echo '|---|---|---|---|'
	echo "| $(cat lasted) seconds, $(wc -l <events) pauses | $(ts_count build refreshes) | $(ts_count build \
		reuses) | $(wc -l <signed-in) |"
} >table
diag <table
[ -z "${FT_TABLE-}" ] || cp table "$FT_BUILDDIR/$FT_TABLE"
test_done

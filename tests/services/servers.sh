# shellcheck shell=bash
#
# servers.sh - real servers on loopback for tests and the demo; sourced after tap.sh
#
# Each start_… sets variables, registers its end with at_exit, and belongs outside
# of cases: token-service ends with the shell that started it. What else tap.sh
# provides is used nowhere else than through: $T, at_exit, stop_pid, nap, FT_BUILDDIR.

# wait_for_file FILE PID - until a server has written it; fails when that has ended
wait_for_file() {
	local tries

	for ((tries = 0; tries < 1000; tries++)); do
		[ ! -s "$1" ] || return 0
		kill -0 "$2" 2>/dev/null || return 1
		nap 0.01
	done
	return 1
}

# start_token_service [OPTION…] - sets TS (http://127.0.0.1:PORT) and TS_PID
start_token_service() {
	local port_file scheme=http host=127.0.0.1 option

	[ -x "$FT_BUILDDIR/tests/services/token-service" ] ||
		skip_all 'token-service was not built: libmicrohttpd is missing'
	port_file=$(mktemp -u "$T/.token-service.XXXXXXXX")
	"$FT_BUILDDIR/tests/services/token-service" --port 0 --port-file "$port_file" "$@" &
	TS_PID=$!
	at_exit stop_pid "$TS_PID"
	if ! wait_for_file "$port_file" "$TS_PID"; then
		echo 'Bail out! token-service does not start'
		exit 99
	fi
	for option; do
		case $option in
		--tls-cert) scheme=https ;;
		--ipv6) host='[::1]' ;;
		esac
	done
	TS=$scheme://$host:$(cat "$port_file")
}

# ts VERB TENANT [NAME=VALUE…] - the admin interface of token-service (tests/services/README)
ts() {
	local verb=$1 tenant=$2 arguments=() pair

	shift 2
	for pair; do
		arguments+=(--data-urlencode "$pair")
	done
	curl -qsS --fail-with-body --noproxy '*' -k -m 20 "$TS/_admin/$verb" \
		--data-urlencode "tenant=$tenant" "${arguments[@]}"
}

# ts_count TENANT COUNTER
ts_count() {
	ts counters "$1" "name=$2"
}

# field NAME FILE - the value of a line NAME=VALUE, as ts answers
field() {
	sed -n "s/^$1=//p" "$2"
}

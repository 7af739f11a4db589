# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# imitation.sh - starts imitation.py, a service that registers clients, and metadata; sourced after
# servers.sh
#
#	start_imitation		sets IMITATION (http://127.0.0.1:PORT) and IMITATION_LOG
#	imitation_set NAME=VALUE	changes a setting
#	imitation_takes TOKEN	whether an access token is valid

start_imitation() {
	local port_file=$T/.imitation.port

	IMITATION_LOG=$T/.imitation.log
	: >"$IMITATION_LOG"
	with_parent python3 "$FT_SRCDIR/tests/services/imitation.py" "$port_file" "$IMITATION_LOG" &
	at_exit stop_pid $!
	wait_for_file "$port_file" $! || give_up 'imitation.py does not start'
	IMITATION=http://127.0.0.1:$(cat "$port_file")
}

imitation_set() {
	curl -qsS --fail --noproxy '*' -m 20 "$IMITATION/_set?$1"
}

imitation_takes() {
	curl -qsS --fail --noproxy '*' -m 20 -G --data-urlencode "token=$1" "$IMITATION/_good"
}

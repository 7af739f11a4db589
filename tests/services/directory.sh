# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# directory.sh - starts directory.py, which answers questions about persons; sourced after
# servers.sh
#
#	start_directory [PORT]	sets DIRECTORY (http://127.0.0.1:PORT) and DIRECTORY_PID
#	directory PATH		a control, such as 'person?alice=active'
#	asked NAME		one of its counters: questions, exchanges

start_directory() {
	local port_file=$T/.directory.port

	rm -f "$port_file"
	with_parent python3 "$FT_SRCDIR/tests/services/directory.py" "$port_file" "$@" &
	DIRECTORY_PID=$!
	at_exit stop_pid "$DIRECTORY_PID"
	wait_for_file "$port_file" "$DIRECTORY_PID" || give_up 'directory.py does not start'
	DIRECTORY=http://127.0.0.1:$(cat "$port_file")
}

directory() {
	curl -qsS --fail --noproxy '*' -m 20 "$DIRECTORY/_$1"
}

asked() {
	directory counts | sed -n "s/.*\"$1\": \([0-9]*\).*/\1/p"
}

# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# process.sh - starts processes that are certain to end; sourced by tap.sh and by the demo
#
# The script that sources it calls run_at_exit from its EXIT trap.

exit_commands=()

# at_exit COMMAND ARGUMENT… - runs in the end, the last one first
at_exit() {
	local quoted

	printf -v quoted '%q ' "$@"
	exit_commands=("$quoted" ${exit_commands[@]+"${exit_commands[@]}"})
}

# nap SECONDS - a sleep without a process
exec {idle_fd}<> <(:)
nap() {
	read -r -t "$1" -u "$idle_fd" _ || :
}

# stop_pid PID - ends a child; SIGKILL when it does not listen. bash itself reaps it.
stop_pid() {
	local signal tries

	for signal in TERM KILL; do
		kill "-$signal" "$1" 2>/dev/null
		for ((tries = 0; tries < 100; tries++)); do
			kill -0 "$1" 2>/dev/null || return 0
			nap 0.02
		done
	done
	return 1
}

run_at_exit() {
	local command

	for command in ${exit_commands[@]+"${exit_commands[@]}"}; do
		eval "$command"
	done
	exit_commands=()
}

# wait_for_file FILE PID - until a process has written it; fails when that has ended
wait_for_file() {
	local tries

	for ((tries = 0; tries < 6000; tries++)); do
		[ ! -s "$1" ] || return 0
		kill -0 "$2" 2>/dev/null || return 1
		nap 0.01
	done
	return 1
}

# give_up REASON - what was to be started is not there or does not start
give_up() {
	printf 'Bail out! %s\n' "$1"
	exit 99
}

# with_parent COMMAND… - in place of a background shell: the command ends when the
# shell that started it does, even when that is killed
with_parent() {
	exec setpriv --pdeathsig TERM "$@"
}

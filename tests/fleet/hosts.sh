# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# hosts.sh - hosts of a fleet, each with a name, a boot id, a home and, where it is asked for, a clock
# of its own; sourced after fleet.sh
#
#	on_host NAME COMMAND…		as on that host; $HOST_CLOCK: seconds by which it is wrong
#
# As root a host is a namespace of names (gethostname) and one of mounts, in which
# /proc/sys/kernel/random/boot_id is its own. Else they are told apart by their folders alone.

# host_home NAME - makes it where it is not there yet; all share this test's configuration
host_home() {
	local home=$T/host/$1

	if [ ! -d "$home" ]; then
		(umask 077; mkdir -p "$home/.local/state" "$home/run")
		ln -s "$XDG_CONFIG_HOME" "$home/.config"
		cat /proc/sys/kernel/random/uuid >"$home/boot_id"
	fi
	echo "$home"
}

on_host() {
	local name=$1 home enter=() clock=()

	shift
	home=$(host_home "$name")
	# shellcheck disable=SC2016
	[ "$(id -u)" -ne 0 ] || enter=(unshare --uts --mount --propagation private sh -c '
		hostname "$1" && mount --bind "$2" /proc/sys/kernel/random/boot_id && shift 2 &&
		exec "$@"' host "$name" "$home/boot_id")
	# The clock on the wall alone, as a wrong one is.
	[ -z "${HOST_CLOCK-}" ] ||
		clock=(env FAKETIME_DONT_FAKE_MONOTONIC=1 DONT_FAKE_MONOTONIC=1 faketime -f "$HOST_CLOCK")
	HOME=$home XDG_CONFIG_HOME=$home/.config XDG_STATE_HOME=$home/.local/state \
		XDG_RUNTIME_DIR=$home/run ${enter[@]+"${enter[@]}"} ${clock[@]+"${clock[@]}"} "$@"
}

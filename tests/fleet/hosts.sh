# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# hosts.sh - hosts of a fleet, each with its own name, boot id, home and, on request, clock; sourced
# after fleet.sh
#
#	on_host NAME COMMAND…		runs it on that host; $HOST_CLOCK: seconds by which its time of day is wrong
#	wrong_clocks			makes $HOST_CLOCK work, or skips the test
#
# As root a host has its own UTS namespace (gethostname) and mount namespace, with its own
# /proc/sys/kernel/random/boot_id. Without root hosts differ only in their folders.

# host_home NAME - creates its home if necessary; all hosts share this test's configuration
host_home() {
	local home=$T/host/$1

	if [ ! -d "$home" ]; then
		(umask 077; mkdir -p "$home/.local/state" "$home/run")
		ln -s "$XDG_CONFIG_HOME" "$home/.config"
		cat /proc/sys/kernel/random/uuid >"$home/boot_id"
	fi
	echo "$home"
}

# Nothing is preloaded into a static program: an installation of ones that are linked dynamically. The
# program faketime is not used, because the name of its semaphore clashes now and then with that of an
# earlier process.
wrong_clocks() {
	need faketime
	# shellcheck disable=SC2016	# expanded by the inner shell
	CLOCK_PRELOAD=$(faketime -f +1s sh -c 'echo "$LD_PRELOAD"')
	[ "$(LD_PRELOAD=$CLOCK_PRELOAD FAKETIME=+10d date +%s)" -gt "$(($(date +%s) + 800000))" ] ||
		skip_all "the clock does not move with $CLOCK_PRELOAD"
	cp -a "$FT_STAGE" "$T/clock" || exit
	CLOCK_BIN=$T/clock${FT_BIN#"$FT_STAGE"}
	cp --remove-destination "$FT_BUILDDIR/tests/hot/freshtoken-dynamic" "$CLOCK_BIN/freshtoken" &&
		cp --remove-destination "$FT_BUILDDIR/tests/hot/refresh-dynamic" \
			"$T/clock${FT_LIBEXEC#"$FT_STAGE"}/freshtoken-refresh" || exit
}

on_host() {
	local name=$1 home enter=() clock=()

	shift
	home=$(host_home "$name")
	# shellcheck disable=SC2016
	[ "$(id -u)" -ne 0 ] || enter=(unshare --uts --mount --propagation private sh -c '
		hostname "$1" && mount --bind "$2" /proc/sys/kernel/random/boot_id && shift 2 &&
		exec "$@"' host "$name" "$home/boot_id")
	[ -z "${HOST_CLOCK-}" ] || clock=(env LD_PRELOAD="$CLOCK_PRELOAD" FAKETIME="$HOST_CLOCK"
		FAKETIME_DONT_FAKE_MONOTONIC=1 DONT_FAKE_MONOTONIC=1 PATH="$CLOCK_BIN:$PATH")
	HOME=$home XDG_CONFIG_HOME=$home/.config XDG_STATE_HOME=$home/.local/state \
		XDG_RUNTIME_DIR=$home/run ${enter[@]+"${enter[@]}"} ${clock[@]+"${clock[@]}"} "$@"
}

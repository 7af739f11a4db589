#!/bin/bash
# SPDX-License-Identifier: MIT
# freshtoken-refresh is killed right after each system call of claim, spend and commit: the sign-in
# stays valid, on this host and on the others. make check tests some of the calls;
#	make killed-fleet
# tests all of them, from the first to the last call of the detached process: several accounts at
# the same time, each with its own hosts. It prints the number of calls.
. "${FT_SRCDIR:?run me with make check}/tests/harness/tap.sh"
. "$FT_SRCDIR/tests/services/servers.sh"
. "$FT_SRCDIR/tests/harness/accounts.sh"
. "$FT_SRCDIR/tests/harness/fleet.sh"
killer=$FT_BUILDDIR/tests/harness/killer
"$killer" true 0 true >/dev/null 2>&1 || skip_all 'processes may not be traced here'
# Which calls are taken differs from run to run.
step=97 first=$((1 + RANDOM % 97)) crowd=1
[ -z "${FT_LONG-}" ] || step=1 first=1 crowd=4
start_fleet
for ((i = 0; i < crowd; i++)); do
	fleet_account "build$i" timeout=2s wait=60s
	sign_in_on "a$i" "build$i" 2>signed.in || diag <signed.in
done

settled() {
	[ "$(ts_count "build$1" running)" = 0 ]
}

# killed_at I N - of a refresh of account I; N 0: none. Prints how many calls it took.
killed_at() {
	on "a$1" grow_old "build$1" 4000
	on "a$1" "$killer" /freshtoken-refresh "$2" freshtoken refresh "build$1" 2>"err.$1" || :
}

is_whole() {	# I N
	local host token

	eventually 20 settled "$1"
	for host in "a$1" "b$1"; do
		token=$(on "$host" freshtoken token "build$1" 2>"err.$1") ||
			complain "after call $2, host $host: $(cat "err.$1")"
		is_good "build$1" "$token" || complain "after call $2, host $host: its token is not good"
	done
	equal "0 0" "$(ts_count "build$1" reuses) $(ts_count "build$1" refused)"
}

# An account takes every so manieth of the calls, and a few more than there are.
every_call_of() {	# I CALLS
	local n

	for ((n = first + $1 * step; n <= $2 + 5; n += step * crowd)); do
		killed_at "$1" "$n" >"calls.$1"
		is_whole "$1" "$n"
		echo "$n" >>"killed.$1"
	done
}

killed_after_each() {
	local i calls pids=()

	calls=$(killed_at 0 0 | tail -n 1)
	is_whole 0 0
	[ "$calls" -gt 100 ]
	for ((i = 0; i < crowd; i++)); do
		every_call_of "$i" "$calls" &
		pids+=($!)
	done
	for i in "${pids[@]}"; do
		wait "$i"
	done
	echo "$calls" >calls
}
test_case "killed after system calls $first, $((first + step)), … of freshtoken-refresh" killed_after_each
echo "$(sort -n killed.* | wc -l) of $(cat calls) system calls and $((5 / step)) more, $(date -u -d \
	"@$SECONDS" +%M:%S) minutes" >table
diag <table
[ -z "${FT_TABLE-}" ] || cp table "$FT_BUILDDIR/$FT_TABLE"
test_done

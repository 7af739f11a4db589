#!/bin/bash
# SPDX-License-Identifier: MIT
# One allocation or one system call fails, each in turn: no program crashes or hangs, only valid
# tokens are handed out, the message has the reason and no secret, and the sign-in is kept.
. "${FT_SRCDIR:?run me with make check}/tests/harness/tap.sh"
. "$FT_SRCDIR/tests/services/servers.sh"
. "$FT_SRCDIR/tests/harness/accounts.sh"
need curl
. "$FT_SRCDIR/tests/harness/failing.sh"
start_token_service

# An installation of what is linked dynamically, in which each program looks whether it is to fail.
cp -a "$FT_STAGE" stage
bin=$T/stage${FT_BIN#"$FT_STAGE"} libexec=$T/stage${FT_LIBEXEC#"$FT_STAGE"}
for flavour in "$bin/freshtoken" "$bin/git-credential-freshtoken" "$libexec/freshtoken-refresh"; do
	name=${flavour##*/}
	name=${name#freshtoken-}
	cp --remove-destination "$FT_BUILDDIR/tests/hot/${name%-credential-freshtoken}-dynamic" "$flavour"
done
may_fail "$bin/freshtoken" "$bin/git-credential-freshtoken" "$libexec/freshtoken-cli" \
	"$libexec/freshtoken-refresh" "$libexec/freshtoken-transport"
PATH=$bin:$PATH
share=1 near=25
[ -z "${FT_LONG-}${FT_COVERAGE-}" ] || share=60 near=1000

new_account work oauth2

# old - the token that is stored is used up, and nothing is known of an exchange that failed
old() {
	sign_in work 2>/dev/null
	grow_old work 4000
}

# good_or_said STATUS - a good token was handed out, or nothing, with a reason
good_or_said() {
	[ "$1" -lt 124 ] || return 1
	if [ "$1" -eq 0 ] && [ -s out ]; then
		is_good work "$(cat out)" || return 1
	else
		[ ! -s out ] && [ -s err ] || return 1
	fi
	no_secret err work
}

# fails PROGRAM KIND BEFORE COMMAND… - with the first that fails in PROGRAM, the second, and so
# on: the 1st, 3rd, 7th, and so on; more of them in ./bootstrap check --long and make coverage
fails() {
	local program=$1 kind=$2 before=$3 n=0 status

	shift 3
	while :; do
		n=$((n + 1 + n / share))
		"$before"
		rm -f mark
		echo "$kind $n $T/mark" >"$T/fails.$program"
		status=0
		timeout 60 "$@" >out 2>err || status=$?
		rm -f "$T/fails.$program"
		[ -e mark ] || break
		good_or_said "$status" || {
			echo "$kind $n: status $status"
			cat err
			return 1
		}
	done
	echo "$n of $kind"
	[ "$n" -gt 5 ]
	# What is there still serves.
	freshtoken refresh work
	is_good work "$(freshtoken token work)"
	equal fresh "$(verdict work)"
}

# ends_at KIND N - whether the Nth in a refresh failed
ends_at() {
	rm -f mark
	grow_old work 4000
	echo "$1 $2 $T/mark" >"$T/fails.freshtoken-refresh"
	freshtoken token work >out 2>err || :
	rm -f "$T/fails.freshtoken-refresh"
	[ ! -e mark ] || return 1
}

# An answer that has arrived is in a file: what fails from then on, a read of it too, loses nothing.
answer_stays() {
	local kind=$1 few=1 many=4096 n

	sign_in work 2>/dev/null
	while [ $((many - few)) -gt 1 ]; do
		n=$(((few + many) / 2))
		if ends_at "$kind" "$n"; then many=$n; else few=$n; fi
		freshtoken refresh work
	done
	echo "$few of $kind"
	for ((n = few > near ? few - near : 1; n <= few; n++)); do
		ends_at "$kind" "$n" && continue
		freshtoken refresh work
		is_good work "$(freshtoken token work)"
	done
}

stored() {
	sign_in work 2>/dev/null
}
for kind in memory calls; do
	test_case "freshtoken, $kind" fails freshtoken $kind stored freshtoken token work
	test_case "freshtoken-refresh, $kind" fails freshtoken-refresh $kind old freshtoken token work
	test_case "freshtoken-transport, $kind" fails freshtoken-transport $kind old freshtoken token work
done
for kind in memory calls; do
	test_case "an answer that has arrived is not lost; $kind" answer_stays $kind
done
test_done

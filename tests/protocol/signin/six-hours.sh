#!/bin/bash
# SPDX-License-Identifier: MIT
# A job of six hours with assertions that are valid for five minutes. libfaketime moves the clock of
# the programs, by which a token expires, and that of a real OpenID provider, by which an assertion
# does. freshtoken-transport, into which nothing can be preloaded, has the machine's clock.
. "${FT_SRCDIR:?run me with make check}/tests/harness/tap.sh"
. "$FT_SRCDIR/tests/services/servers.sh"
. "$FT_SRCDIR/tests/services/openid.sh"
. "$FT_SRCDIR/tests/harness/accounts.sh"
need_openid
need faketime
# shellcheck disable=SC2016	# whoever is started says it
preload=$(faketime -f +1s sh -c 'echo "$LD_PRELOAD"' | sed 's/libfaketime\.so/libfaketimeMT.so/')
[ "$(LD_PRELOAD=$preload FAKETIME=+10d date +%s)" -gt "$(($(date +%s) + 800000))" ] ||
	skip_all "the clock does not move with $preload"

# An installation of what is linked dynamically: nothing is preloaded into anything else.
cp -a "$FT_STAGE" stage
bin=$T/stage${FT_BIN#"$FT_STAGE"} libexec=$T/stage${FT_LIBEXEC#"$FT_STAGE"}
cp --remove-destination "$FT_BUILDDIR/tests/hot/freshtoken-dynamic" "$bin/freshtoken"
cp --remove-destination "$FT_BUILDDIR/tests/hot/refresh-dynamic" "$libexec/freshtoken-refresh"

# later SECONDS - for whoever is started after that, and for the provider
later() {
	printf '+%d\n' "$1" >offset.new
	mv offset.new offset
}

# moved COMMAND… - by that clock
moved() {
	LD_PRELOAD=$preload FAKETIME_TIMESTAMP_FILE=$T/offset "$@"
}

later 0
# Of the provider the calendar alone: its connections would be too old at each step.
export LD_PRELOAD=$preload FAKETIME_TIMESTAMP_FILE=$T/offset FAKETIME_NO_CACHE=1 \
	FAKETIME_DONT_FAKE_MONOTONIC=1
start_openid --interval 1
unset LD_PRELOAD FAKETIME_TIMESTAMP_FILE FAKETIME_NO_CACHE FAKETIME_DONT_FAKE_MONOTONIC
openid_admin set access-ttl=300 >/dev/null
printf basic-secret >basic
chmod 600 basic
account job "server=$OPENID" grant=jwt_bearer "from=file:$T/assertion" client_id=robot \
	client_auth=basic "client_secret_file=$T/basic" resource=https://api.example.com \
	match=job.example.com wait=60s

# The CI service: its assertions live five minutes.
env "LD_PRELOAD=$preload" "FAKETIME_TIMESTAMP_FILE=$T/offset" FAKETIME_NO_CACHE=1 \
	FAKETIME_DONT_FAKE_MONOTONIC=1 node "$openid_folder/sign.mjs" "$OPENID_KEYS/jwt-es256.jwk" \
	iss=cluster sub=build "aud=$OPENID" life=300 every=20 "file=$T/signed" >/dev/null 2>&1 &
at_exit stop_pid $!

# assertion - a new one; the first that comes may have been begun before the clock moved
assertion() {
	for _ in 1 2; do
		rm -f signed
		eventually 60 [ -s signed ]
	done
	# Not cp, which ends with 1 if the file is replaced meanwhile.
	cat signed >assertion.new
	mv assertion.new assertion
}

clock_is_moved() {
	assertion
	moved "$bin/freshtoken" token job >first
	# Nobody asks again while it is good.
	later 100
	moved "$bin/freshtoken" token job | cmp - first
	equal 1 "$(openid_count jwt-bearer.granted)"
	# The assertion has expired, and so has the token: that is what the provider's clock says.
	later 301
	expect_status 5 moved "$bin/freshtoken" token job 2>err
	contains expired err
	later 0
}
test_case 'the clock is moved, on this host and at the provider' clock_is_moved

# Each turn is five minutes. (All of them: bootstrap check --long)
turns=24
[ -z "${FT_LONG-}" ] || turns=72
six_hours() {
	openid_admin reset-counters >/dev/null
	freshtoken logout job 2>/dev/null
	for ((turn = 1; turn <= turns; turn++)); do
		later $((turn * 301))
		assertion
		for ((i = 0; i < 3; i++)); do
			moved "$bin/freshtoken" token job >"out.$i" 2>>errors &
			pids[i]=$!
		done
		for ((i = 0; i < 3; i++)); do wait "${pids[i]}" || { cat errors; false; }; done
		equal 1 "$(cat out.0 out.1 out.2 | sort -u | wc -l)"
	done
	empty errors
	equal "$turns 0" "$(openid_count jwt-bearer.granted) $(openid_count jwt-bearer.refused)"
}
test_case 'hours with assertions of five minutes: an exchange each, no failure' six_hours
test_done

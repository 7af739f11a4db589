#!/bin/bash
# SPDX-License-Identifier: MIT
# Records are sealed, or stored in clear again, during refreshes, and on a full disk: nothing is
# lost, spent twice or left unreadable.
. "${FT_SRCDIR:?run me with make check}/tests/harness/tap.sh"
. "$FT_SRCDIR/tests/services/servers.sh"
. "$FT_SRCDIR/tests/harness/accounts.sh"
. "$FT_SRCDIR/tests/harness/sealing.sh"
need curl unshare
sealing_or_skip
start_token_service
CONF=$XDG_CONFIG_HOME/freshtoken/freshtoken.conf

# keep, kept - what git stores for another host, and gets
keep() {
	printf 'protocol=https\nhost=kept.example.net\nusername=u\npassword=secret-of-git\n\n' |
		git-credential-freshtoken store
}
kept() {
	printf 'protocol=https\nhost=kept.example.net\n\n' | git-credential-freshtoken get |
		sed -n 's/^password=//p'
}

caller() {
	local i

	mkdir "caller.$1"
	cd "caller.$1"
	for ((i = 0; i < rounds; i++)); do
		freshtoken refresh work >out 2>&1 || { cat out; return 1; }
		is_good work "$(git_token work)" || [ "$(newest work)" != "$(cat .git.work)" ]
	done
}
# to_and_fro - until "enough" is there
to_and_fro() {
	local n=0

	until [ -e enough ]; do
		freshtoken seal 2>sealed.err || { cat sealed.err; return 1; }
		freshtoken seal --remove 2>cleared.err || { cat cleared.err; return 1; }
		n=$((n + 1))
	done
	echo "$n times"
	[ "$n" -gt 1 ]
}
rounds=2
[ -z "${FT_LONG-}" ] || rounds=15

everybody_at_once() {
	local i sealer pids=() failed=no

	line keyring
	new_account work oauth2 wait=60s -- lifetime=3600 2>err
	keep
	to_and_fro &
	sealer=$!
	for ((i = 0; i < 10; i++)); do
		(caller "$i") &
		pids+=($!)
	done
	for i in "${pids[@]}"; do
		wait "$i" || failed=yes
	done
	touch enough
	wait "$sealer"
	equal no "$failed"
	equal "0 0 1" "$(ts_count work refused) $(ts_count work reuses) $(ts_count work \
		max_concurrent)"
	# It is what was issued last, in both forms.
	for i in '' --remove ''; do
		freshtoken seal ${i:+"$i"} 2>err
		equal "$(newest work)" "$(git_token work)"
		is_good work "$(newest work)"
		equal secret-of-git "$(kept)"
	done
	is_sealed "$(record work)"
	equal '' "$(find "$XDG_STATE_HOME" -name '*~damaged*' -o -name '*~lost*')"
	freshtoken refresh work
	equal 0 "$(ts_count work reuses)"
}
test_case 'sealed and put in clear, again and again, during the refreshes of ten callers' everybody_at_once

# In a mount namespace of its own; the kernel's keyring may be its own, too.
in_namespace() {
	local user=--map-root-user

	[ "$(id -u)" != 0 ] || user=
	unshare $user --mount bash -euc "
		$(declare -f record grow_old git_says git_token complain equal contains must_fail \
			expect_status same_text is_good is_sealed is_clear line keep kept newest \
			ts ts_count forget_key key_id key_name field eventually nap fill_disk on_disk)
		$(declare -p TS CONF idle_fd)
		trap forget_key EXIT
		mount -t tmpfs -o size=4m,mode=700 none disk
		$1"
}
# fill_disk [PAGES] - so that so many are left
fill_disk() {
	rm -f disk/filler disk/spare
	[ "${1-0}" = 0 ] || dd if=/dev/zero of=disk/spare bs=4k count="$1" 2>/dev/null
	dd if=/dev/zero of=disk/filler bs=4k 2>/dev/null || :
	rm -f disk/spare
}
# on_disk NAME - a tenant and a sign-in there, in clear
on_disk() {
	line keyring
	freshtoken login "$1" --token <"tokens.$1" 2>err
	keep
	freshtoken seal --remove 2>err
	is_clear "$(record "$1")"
}
one_on_disk() {
	rm -rf disk
	mkdir disk
	export XDG_STATE_HOME=$PWD/disk/state
	ts create "$1" lifetime=3600 >tokens
	field refresh_token tokens >"tokens.$1"
	account "$1" "server=$TS/$1" "match=$1.example.com" wait=30s
}

seal_on_full() {
	one_on_disk full
	cat >script <<-"END"
		on_disk full
		good=$(git_token full)
		fill_disk
		cp disk/state/freshtoken/full.json before
		expect_status 1 freshtoken seal 2>err
		contains "account full: " err
		contains "No space left" err
		cmp before disk/state/freshtoken/full.json
		equal "$good" "$(git_token full)"
		equal secret-of-git "$(kept)"
		rm disk/filler
		freshtoken seal 2>err
		is_sealed disk/state/freshtoken/full.json
		fill_disk
		cp disk/state/freshtoken/full.json before
		expect_status 1 freshtoken seal --remove 2>err
		contains "No space left" err
		cmp before disk/state/freshtoken/full.json
		equal "$good" "$(git_token full)"
		equal secret-of-git "$(kept)"
	END
	in_namespace "$(cat script)"
	equal "1 0" "$(ts_count full refreshes) $(ts_count full refused)"
}
test_case 'seal, and --remove, on a full disk: reported, and nothing is changed' seal_on_full

nearly_full() {
	one_on_disk tight
	cat >script <<-"END"
		on_disk tight
		good=$(git_token tight)
		failed=0 done=0
		for pages in 0 1 2 3 4; do
			for way in "" --remove; do
				fill_disk "$pages"
				if freshtoken seal ${way:+$way} 2>err; then
					done=$((done + 1))
				else
					failed=$((failed + 1))
					contains "No space left" err
				fi
				equal "$good" "$(git_token tight)"
				equal secret-of-git "$(kept)"
				rm disk/filler
			done
		done
		echo "$failed failed, $done done"
		[ $failed -gt 0 ] && [ $done -gt 0 ]
	END
	in_namespace "$(cat script)"
	equal "1 0" "$(ts_count tight refreshes) $(ts_count tight refused)"
}
test_case 'with space for some files: each file is sealed or in clear' nearly_full

refresh_on_full() {
	one_on_disk late
	cat >script <<-"END"
		on_disk late
		grow_old late 4000
		freshtoken seal 2>err
		is_sealed disk/state/freshtoken/late.json
		fill_disk
		cp disk/state/freshtoken/late.json before
		git_says get late >out 2>err
		same_text quit=1 out
		contains "No space left" err
		cmp before disk/state/freshtoken/late.json
		equal "1 0" "$(ts_count late refreshes) $(ts_count late refused)"
		# Nor is the key lost by what could not be written.
		rm disk/filler
		git_token late >token
		is_sealed disk/state/freshtoken/late.json
		# It becomes full while the service is asked.
		freshtoken seal --remove 2>err
		grow_old late 4000
		freshtoken seal 2>err
		ts fault late fault=hold spend=yes
		git_says get late >out 2>err &
		in_flight() { [ "$(ts_count late running)" = 1 ]; }
		eventually 20 in_flight
		dd if=/dev/zero of=disk/filler bs=4k 2>/dev/null || :
		ts release late
		wait
		# Its token, or why there is none.
		grep -q ^password= out || contains "freshtoken: account late: " err
		rm disk/filler
		git_token late >token
		is_sealed disk/state/freshtoken/late.json
	END
	in_namespace "$(cat script)"
	equal "3 0 0" "$(ts_count late refreshes) $(ts_count late refused) $(ts_count late reuses)"
	is_good late "$(cat token)"
	equal "$(newest late)" "$(cat token)"
}
test_case 'a sealed refresh on a full disk spends nothing; if the disk becomes full during it nothing is lost' \
	refresh_on_full

# The first key of all: it is in the keyring, and what it would seal is not lost either.
first_on_full() {
	one_on_disk first
	cat >script <<-"END"
		freshtoken login first --token <tokens.first 2>err
		line keyring
		good=$(git_token first)
		fill_disk
		expect_status 1 freshtoken seal 2>err
		contains "No space left" err
		equal "$good" "$(git_token first)"
		rm disk/filler
		freshtoken seal 2>err
		is_sealed disk/state/freshtoken/first.json
		equal "$good" "$(git_token first)"
	END
	sed -i '/^.store/,/^seal_keep/d' "$CONF"
	in_namespace "$(cat script)"
}
test_case 'the same with the first freshtoken seal' first_on_full
test_done

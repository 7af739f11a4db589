#!/bin/bash
# SPDX-License-Identifier: MIT
# The sealed token of an account that nobody signs in to: its key is lost, or cannot be asked for.
. "${FT_SRCDIR:?run me with make check}/tests/harness/tap.sh"
. "$FT_SRCDIR/tests/services/servers.sh"
. "$FT_SRCDIR/tests/harness/accounts.sh"
. "$FT_SRCDIR/tests/harness/sealing.sh"
need curl
sealing_or_skip
start_token_service

ts create work vendor=oauth2 >/dev/null
newest work >proof
account work "server=$TS/work" grant=token_exchange "from=file:$T/proof" match=work.example.com
line keyring

key_is_lost() {
	local token

	token=$(freshtoken token work)
	is_sealed "$(record work)"
	forget_key
	# The new key is made by the refresh. The program that waits for it finds that key at once,
	# instead of starting further refreshes.
	if strace -o /dev/null true 2>strace.err; then
		strace -f -e trace=execve -o trace freshtoken token work >out 2>err
		grep 'execve(.*/freshtoken-refresh"' trace >refreshes || :
		equal 1 "$(wc -l <refreshes)"
	else
		freshtoken token work >out 2>err
	fi
	[ "$token" != "$(cat out)" ]
	same_text "$(git_token work)" out
	is_sealed "$(record work)"
	equal 2 "$(ts_count work token_exchanges)"
}
test_case 'the key is lost: one exchange, another key' key_is_lost

cannot_be_stored() {
	local before

	freshtoken logout work 2>err
	line missing
	before=$(ts_count work token_exchanges)
	expect_status 5 freshtoken token work 2>err
	contains 'missing: there is no' err
	contains 'take missing out of the seal line' err
	equal "$before" "$(ts_count work token_exchanges)"
}
test_case 'the key cannot be asked for: nothing is exchanged that could not be stored' cannot_be_stored

seal_says_what_to_do() {
	line keyring
	freshtoken token work >out
	forget_key
	expect_status 1 freshtoken seal 2>err
	contains 'is lost: keyring: there is none; bring the key back, or run: freshtoken refresh work' err
	freshtoken refresh work
	freshtoken seal 2>err
}
test_case 'freshtoken seal without the key says what to do' seal_says_what_to_do
test_done

#!/bin/bash
# SPDX-License-Identifier: MIT
# One answer for many programs: a refusal, an outage and a refused token cost one request, and the
# problems of one account do not affect the others.
. "${FT_SRCDIR:?run me with make check}/tests/harness/tap.sh"
. "$FT_SRCDIR/tests/services/servers.sh"
. "$FT_SRCDIR/tests/harness/accounts.sh"
need curl
start_token_service

# crowd NUMBER NAME - that many helpers of git and docker at once; answers in crowd.*
crowd() {
	local i

	rm -f crowd.*
	for ((i = 0; i < $1; i++)); do
		if ((i % 3 == 0)); then
			echo "$2.example.com" | docker-credential-freshtoken get >"crowd.$i" 2>&1 &
		else
			git_says get "$2" >"crowd.$i" 2>&1 &
		fi
	done
	wait
}

# all_have NUMBER TOKEN
all_have() {
	equal "$1" "$(grep -lF -e "$2" crowd.* | wc -l)"
}

helpers_after_rejection() {
	new_account rejected abitmedia
	reject rejected
	ts fault rejected fault=delay:300
	crowd 60 rejected
	all_have 60 "$(newest rejected)"
	equal "2 0 0" "$(state_of_spending rejected)"
}
test_case '60 helpers after a rejection: one refresh' helpers_after_rejection

erasures_of_one_token_cost() {
	new_account erased oauth2
	token=$(git_token erased)
	for i in $(seq 30); do
		{ reject erased "$token"; git_says get erased >"crowd.$i"; } &
	done
	wait
	equal "2 0 0" "$(state_of_spending erased)"
	all_have 30 "$(newest erased)"
}
test_case '30 erasures of one token cost one refresh' erasures_of_one_token_cost

helpers_and_service_down() {
	new_account down oauth2
	reject down
	ts fault down fault=503:100 times=-1
	crowd 60 down
	equal 20 "$(grep -l "down: " crowd.* | while read -r f; do grep -L quit=1 "$f"; done |
		wc -l)"
	equal 40 "$(grep -lx quit=1 crowd.* | wc -l)"
	equal 2 "$(ts_count down exchanges)"
}
test_case '60 helpers and a service that is down: one request, 60 answers' helpers_and_service_down

helpers_and_signin_over() {
	new_account over oauth2
	reject over
	ts revoke-family over
	crowd 60 over
	equal 60 "$(grep -lF "freshtoken login over" crowd.* | wc -l)"
	equal "1 1 0" "$(state_of_spending over)"
}
test_case '60 helpers and a sign-in that has ended: one request, 60 answers' helpers_and_signin_over

accounts_do_not_wait() {
	new_account slow oauth2
	new_account quick oauth2
	reject slow
	reject quick
	ts fault slow fault=hang
	git_says get slow >slow.out 2>&1 &
	asked() { [ "$(ts_count slow running)" = 1 ]; }
	eventually 20 asked
	is_good quick "$(git_token quick)"
	equal 1 "$(ts_count slow running)"
}
test_case 'accounts do not wait for each other' accounts_do_not_wait
test_done

#!/bin/bash
# SPDX-License-Identifier: MIT
# Many programs at the moment of expiry, with services that revoke a sign-in if a spent token is
# sent again.
. "${FT_SRCDIR:?run me with make check}/tests/harness/tap.sh"
. "$FT_SRCDIR/tests/services/servers.sh"
. "$FT_SRCDIR/tests/harness/accounts.sh"
need curl git
start_token_service

# crowd N COMMAND… - that many at once; the outputs are .crowd.1 to .crowd.N
crowd() {
	local n=$1 i pids=()

	shift
	for ((i = 1; i <= n; i++)); do
		"$@" >".crowd.$i" 2>".crowd-err.$i" &
		pids+=($!)
	done
	for i in "${pids[@]}"; do
		wait "$i" || complain "one of the crowd failed: $(cat .crowd-err.*)"
	done
}

# all_have LINE N - each output of the crowd has that line
all_have() {
	local i

	for ((i = 1; i <= $2; i++)); do
		grep -qxF -e "$1" ".crowd.$i" ||
			complain "no. $i: $(cat ".crowd.$i" ".crowd-err.$i")"
	done
	rm -f .crowd.* .crowd-err.*
}

fill() {
	printf 'protocol=https\nhost=%s.example.com\n\n' "$1" |
		git -c credential.helper=freshtoken credential fill
}

docker_get() {
	echo "$1.example.com" | docker-credential-freshtoken get
}

either() {
	if [ $((RANDOM % 2)) = 0 ]; then fill "$1"; else docker_get "$1"; fi
}

git_credential_fill_at_expiry() {
	new_account fill oauth2 wait=120s -- lifetime=1
	ts set fill lifetime=3600
	let_expire fill
	crowd 200 fill fill
	equal "2 0 0 1" "$(ts_count fill refreshes) $(ts_count fill refused) $(ts_count fill \
		reuses) $(ts_count fill max_concurrent)"
	all_have "password=$(newest fill)" 200
}
test_case '200 git credential fill at expiry: one refresh' git_credential_fill_at_expiry

docker_store() {
	printf "{\"ServerURL\":\"registry-%s.example.org\",\"Username\":\"u\",\"Secret\":\"secret-%s\"}" "$1" "$1" |
		docker-credential-freshtoken store
}

git_store() {
	printf "protocol=https\nhost=git-%s.example.org\nusername=u\npassword=secret-%s\n" "$1" \
		"$1" |
		git-credential-freshtoken store
}

credentials_stored_at_once() {
	pids=()
	for i in $(seq 200); do
		docker_store "$i" & pids+=($!)
		git_store "$i" 2>"err.$i" & pids+=($!)
	done
	for pid in "${pids[@]}"; do
		wait "$pid" || complain "a store failed"
	done
	cat err.* >errors
	empty errors
	for i in $(seq 200); do
		echo "registry-$i.example.org" | docker-credential-freshtoken get |
			grep -qF "\"secret-$i\""
		printf "protocol=https\nhost=git-%s.example.org\n" "$i" |
			git-credential-freshtoken get |
			grep -qxF "password=secret-$i"
	done
}
test_case '400 credentials stored at once: all are kept, without an error' \
	credentials_stored_at_once

docker_gets_at_expiry() {
	new_account docker oauth2 wait=120s -- lifetime=1
	ts set docker lifetime=3600
	let_expire docker
	crowd 200 docker_get docker
	equal "2 0 0 1" "$(ts_count docker refreshes) $(ts_count docker refused) $(ts_count docker \
		reuses) $(ts_count docker max_concurrent)"
	all_have "{\"ServerURL\":\"docker.example.com\",\"Username\":\"oauth2\",\"Secret\":\"$(newest docker)\"}" 200
}
test_case '200 docker gets at expiry: one refresh' docker_gets_at_expiry

both_at_once() {
	new_account both oauth2 wait=120s -- lifetime=1
	ts set both lifetime=3600
	let_expire both
	ts fault both fault=delay:1500
	crowd 400 either both
	equal "2 0 0" "$(ts_count both refreshes) $(ts_count both refused) $(ts_count both reuses)"
	token=$(newest both)
	for ((i = 1; i <= 400; i++)); do
		grep -qF -e "$token" ".crowd.$i" ||
			complain "no. $i: $(cat ".crowd.$i" ".crowd-err.$i")"
	done
}
test_case '400 of both at once, with a slow service' both_at_once

tokens_of_two_seconds() {
	new_account short oauth2 wait=120s -- lifetime=1
	ts set short lifetime=2
	let_expire short
	began=$SECONDS
	crowd 60 fill short
	# None lives longer than two seconds, and a slow machine needs many of these.
	most=$((SECONDS - began + 2))
	[ "$most" -gt 20 ] || most=20
	equal "0 0" "$(ts_count short refused) $(ts_count short reuses)"
	[ "$(ts_count short refreshes)" -le "$most" ] || complain "$(ts_count short refreshes) refreshes"
	for ((i = 1; i <= 60; i++)); do
		grep -q "^password=." ".crowd.$i" ||
			complain "no. $i: $(cat ".crowd.$i" ".crowd-err.$i")"
	done
}
test_case 'tokens of two seconds: many programs are served, and each does not refresh in turn' \
	tokens_of_two_seconds

rejected_get() {	# what git says on a 401 (NAME GENERATION)
	git_says get "$1" "capability[]=authtype" "capability[]=state" \
		"wwwauth[]=Basic realm=\"x\"" \
		"state[]=freshtoken:$2"
}

revoked_early() {
	new_account early oauth2 wait=120s
	git_says get early "capability[]=state" >first
	contains "continue=1" first
	contains "state[]=freshtoken:2" first
	ts revoke-access early >/dev/null
	crowd 200 rejected_get early 2
	equal "2 0 0" "$(ts_count early refreshes) $(ts_count early refused) $(ts_count early \
		reuses)"
	credential=$(printf "oauth2:%s" "$(newest early)" | base64 -w0)
	for ((i = 1; i <= 200; i++)); do
		lacks continue ".crowd.$i"
	done
	all_have "credential=$credential" 200
}
test_case 'revoked early: 200 return with freshtoken'\''s state, one refresh serves all' revoked_early

token_fetched_for_rejection() {
	rejected_get early 3 >again
	contains "credential=$(printf "oauth2:%s" "$(newest early)" | base64 -w0)" again
	git_says erase early username=oauth2 "password=$(newest early)"
	git_token early >/dev/null
	equal 2 "$(ts_count early refreshes)"
}
test_case 'a token fetched for a rejection is not rejected again for a minute' \
	token_fetched_for_rejection

refused_early_by_older_git() {
	new_account older oauth2 wait=120s
	ts revoke-access older >/dev/null
	ts fault older fault=delay:1500
	reject older
	crowd 100 fill older
	equal "2 0 0" "$(ts_count older refreshes) $(ts_count older refused) $(ts_count older \
		reuses)"
	all_have "password=$(newest older)" 100
}
test_case 'refused early with an older git: requests after the erase wait for the new token' \
	refused_early_by_older_git

advisory_callers_start() {
	new_account soon oauth2 -- lifetime=3600
	old=$(newest soon)
	grow_old soon 3450
	ts fault soon fault=hold
	crowd 1000 git_says get soon
	# All are back, and the refresh has not ended.
	running() { [ "$(ts_count soon running)" = 1 ]; }
	eventually 20 running
	equal "1 1" "$(ts_count soon refreshes) $(ts_count soon running)"
	all_have "password=$old" 1000
	ts release soon
}
test_case '1,000 advisory callers start one refresh, and none waits for it' advisory_callers_start

git_reads_helper_to_end() {
	new_account pipe oauth2 -- lifetime=3600
	grow_old pipe 3450
	ts fault pipe fault=hold
	fill pipe >answer
	running() { [ "$(ts_count pipe running)" = 1 ]; }
	eventually 20 running
	equal 1 "$(ts_count pipe refreshes)"
	contains "password=$(newest pipe)" answer
	ts release pipe
	refreshed() { [ "$(ts_count pipe refreshes)" = 2 ]; }
	eventually 30 refreshed
}
test_case 'a git that reads its helper to the end is not held up by a refresh' \
	git_reads_helper_to_end

no_eager_refresh_where_profile() {
	new_account lazy oauth2 eager=no -- lifetime=3600
	grow_old lazy 3450
	crowd 20 git_says get lazy
	equal 1 "$(ts_count lazy refreshes)"
	equal "" "$(pgrep -f "$(literal "$FT_LIBEXEC")/freshtoken-refresh lazy .*$(literal "$T")/" || :)"
}
test_case 'no eager refresh if the profile or the account forbids it' \
	no_eager_refresh_where_profile
test_done

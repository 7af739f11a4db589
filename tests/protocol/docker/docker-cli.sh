#!/bin/bash
# SPDX-License-Identifier: MIT
# The real docker command, without an engine: how it uses its helper.
. "${FT_SRCDIR:?run me with make check}/tests/harness/tap.sh"
. "$FT_SRCDIR/tests/services/servers.sh"
. "$FT_SRCDIR/tests/harness/accounts.sh"
need curl docker
start_token_service
export DOCKER_CONFIG=$T/docker DOCKER_HOST=unix://$T/no-engine
mkdir "$DOCKER_CONFIG"

docker_logout_of_host_account() {
	new_account work oauth2
	freshtoken setup docker --apply
	contains freshtoken "$DOCKER_CONFIG/config.json"
	old=$(docker_token work)
	timeout 60 docker logout work.example.com
	new=$(docker_token work)
	must_fail equal "$old" "$new"
	is_good work "$new"
	equal "2 0 0" "$(ts_count work refreshes) $(ts_count work refused) $(ts_count work reuses)"
}
test_case 'docker logout from an account'\''s host: a new token, the same sign-in' \
	docker_logout_of_host_account

docker_logout_of_host() {
	printf "{\"credsStore\":\"freshtoken\",\"auths\":{\"kept.example.com\":{}}}" \
		>"$DOCKER_CONFIG/config.json"
	printf "{\"ServerURL\":\"kept.example.com\",\"Username\":\"alice\",\"Secret\":\"s\"}" |
		docker-credential-freshtoken store
	docker-credential-freshtoken list >list
	contains kept.example.com list
	timeout 60 docker logout kept.example.com
	docker-credential-freshtoken list >list
	lacks kept.example.com list
}
test_case 'docker logout from an unknown host, with freshtoken as its only store' \
	docker_logout_of_host
test_done

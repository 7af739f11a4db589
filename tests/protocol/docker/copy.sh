#!/bin/bash
# SPDX-License-Identifier: MIT
# A real skopeo and a real registry: push and pull with tokens that expire and are revoked.
. "${FT_SRCDIR:?run me with make check}/tests/harness/tap.sh"
. "$FT_SRCDIR/tests/services/servers.sh"
. "$FT_SRCDIR/tests/harness/accounts.sh"
need curl git openssl setpriv nginx fcgiwrap docker-registry skopeo
start_token_service
ts create registry lifetime=3600 >/dev/null || give_up 'no tenant'
start_web registry
make_image image
host=${WEB_TLS#*://}
account registry "server=$TS/registry" "match=$host"
sign_in registry 2>/dev/null || give_up 'no sign-in'
export DOCKER_CONFIG="$HOME/.docker"
mkdir "$DOCKER_CONFIG"

copy() {
	timeout 60 skopeo --insecure-policy copy -q --src-cert-dir "$CERT_DIR" \
		--dest-cert-dir "$CERT_DIR" "$@"
}

freshtoken_setup_docker_apply() {
	freshtoken setup docker --apply
	grep -r "\"$host\": *\"freshtoken\"" "$HOME" "$XDG_RUNTIME_DIR"
}
test_case 'freshtoken setup docker --apply is the only setup' \
	freshtoken_setup_docker_apply

push_and_pull() {
	copy oci:image:latest "docker://$host/team/image:1"
	copy "docker://$host/team/image:1" oci:pulled:latest
	equal "$(ls image/blobs/sha256)" "$(ls pulled/blobs/sha256)"
	equal "1 0 0" "$(state_of_spending registry)"
}
test_case 'push and pull' push_and_pull

token_expires_between_two() {
	ts set registry lifetime=1
	freshtoken refresh registry
	ts set registry lifetime=3600
	let_expire registry
	copy "docker://$host/team/image:1" oci:later:latest
	equal "3 0 0" "$(state_of_spending registry)"
}
test_case 'the token expires between two commands, which both work' token_expires_between_two

token_revoked_early() {
	ts revoke-access registry
	must_fail copy "docker://$host/team/image:1" oci:no:latest 2>err
	grep -qiE "unauthorized|authentication required" err
	docker-credential-freshtoken erase <<<"$host"
	copy "docker://$host/team/image:1" oci:again:latest
	equal "4 0 0" "$(state_of_spending registry)"
}
test_case 'the token is revoked early: refused once, and erased by logout' token_revoked_early

pulls_at_once_on_expired() {
	ts set registry lifetime=1
	freshtoken refresh registry
	ts set registry lifetime=3600
	let_expire registry
	for i in $(seq 10); do
		copy "docker://$host/team/image:1" "oci:many.$i:latest" &
	done
	wait
	equal 10 "$(ls -d many.*/oci-layout | wc -l)"
	equal "6 0 0" "$(state_of_spending registry)"
}
test_case '10 pulls at once on an expired token cost one refresh' pulls_at_once_on_expired

skopeo_login_and_logout_change() {
	skopeo login --cert-dir "$CERT_DIR" -u oauth2 --password-stdin "$host" \
		<<<"$(freshtoken token registry)"
	copy "docker://$host/team/image:1" oci:login:latest
	skopeo logout "$host" || :
	copy "docker://$host/team/image:1" oci:logout:latest
	equal fresh "$(verdict registry)"
	equal "0 0" "$(ts_count registry refused) $(ts_count registry reuses)"
}
test_case 'skopeo login and logout change nothing about a sign-in' skopeo_login_and_logout_change

signin_over() {
	# The rejections above would cover this one for a minute.
	freshtoken refresh registry
	ts revoke-family registry
	docker-credential-freshtoken erase <<<"$host"
	must_fail copy "docker://$host/team/image:1" oci:no:latest 2>err
	contains "freshtoken login registry" err
	no_secret err registry
}
test_case 'the sign-in has ended: the message names the command to run' signin_over

another_registry_none() {
	expect_status 1 docker-credential-freshtoken get >out <<<"registry.example.com"
	same_text "credentials not found in native keychain" out
}
test_case 'another registry is not affected' another_registry_none
test_done

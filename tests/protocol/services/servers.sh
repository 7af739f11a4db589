#!/bin/bash
# SPDX-License-Identifier: MIT
# The tests' real servers: git and a registry accept valid tokens, and no others.
. "${FT_SRCDIR:?run me with make check}/tests/harness/tap.sh"
. "$FT_SRCDIR/tests/services/servers.sh"
need curl git openssl setpriv nginx fcgiwrap docker-registry skopeo
start_token_service
ts create web >web.tokens || give_up 'no tenant'
ts create short lifetime=0.2 >short.tokens || give_up 'no tenant'
start_web web
make_repository project
make_image image

token=$(field access_token web.tokens)
host=${WEB#*://} tls_host=${WEB_TLS#*://}
basic() {
	printf 'Authorization: Basic %s' "$(printf 'oauth2:%s' "$1" | base64 -w 0)"
}
copy() {
	timeout 60 skopeo --insecure-policy copy -q "$@"
}

without_token_git_gets() {
	equal 401 "$(curl -qs --noproxy "*" -o /dev/null -D head -w "%{http_code}" \
		"$WEB/project.git/info/refs?service=git-upload-pack")"
	contains "WWW-Authenticate: Basic realm=\"example\"" head
	must_fail git clone -q "$WEB/project.git" none 2>err
	contains "could not read Username" err
}
test_case 'without a token git gets a 401 and a challenge' without_token_git_gets

git_clone_with_token() {
	git clone -q "http://oauth2:$token@$host/project.git" url
	same_text hello url/hello.txt
}
test_case 'git clone with the token in the URL' git_clone_with_token

git_clone_with_token_in_header() {
	git -c http.extraHeader="$(basic "$token")" clone -q "$WEB/project.git" header
	git -c http.extraHeader="Authorization: Bearer $token" clone -q "$WEB/project.git" bearer
	same_text hello bearer/hello.txt
}
test_case 'git clone with the token in a header, Basic or Bearer' git_clone_with_token_in_header

git_clone_over_tls() {
	git -c http.sslCAInfo="$CA_FILE" clone -q "https://oauth2:$token@$tls_host/project.git" tls
	same_text hello tls/hello.txt
	must_fail git clone -q "https://oauth2:$token@$tls_host/project.git" notls
}
test_case 'git clone over TLS, and only with the CA' git_clone_over_tls

git_push_with_token() {
	git clone -q "http://oauth2:$token@$host/project.git" pushed
	cd pushed
	echo more >more.txt
	git add more.txt
	git -c user.name=Alice -c user.email=alice@example.com commit -q -m more
	git push -q origin main
	git ls-remote "http://oauth2:$token@$host/project.git" | grep "$(git rev-parse HEAD)"
}
test_case 'git push with a token' git_push_with_token

repository_of_another_tenant() {
	ts create other >other.tokens
	git ls-remote "http://x:$(field access_token other.tokens)@$host/r/other/project.git"
	must_fail git ls-remote "http://x:$token@$host/r/other/project.git"
	must_fail git ls-remote "http://x:$(field access_token other.tokens)@$host/project.git"
}
test_case 'a repository of another tenant requires a token of that tenant' repository_of_another_tenant

public_repository_wants_none() {
	git ls-remote "$WEB/public/project.git" | grep refs/heads/main
}
test_case 'a public repository requires no token' public_repository_wants_none

token_has_expired() {
	refused() {
		! git ls-remote "http://x:$(field access_token \
			short.tokens)@$host/r/short/project.git" 2>err
	}
	eventually 20 refused
	grep -E "Authentication failed|403|401" err
}
test_case 'a token that has expired is a 401' token_has_expired

git_clients_at_once() {
	for i in $(seq 30); do
		git ls-remote "http://x:$token@$host/project.git" >"many.$i" &
	done
	wait
	equal 30 "$(cat many.* | grep -c refs/heads/main)"
}
test_case '30 git clients at once' git_clients_at_once

skopeo_pushes_and_pulls_over() {
	copy --dest-cert-dir "$CERT_DIR" --dest-creds "oauth2:$token" oci:image:latest \
		"docker://$tls_host/team/image:1"
	copy --src-cert-dir "$CERT_DIR" --src-creds "oauth2:$token" \
		"docker://$tls_host/team/image:1" oci:pulled:latest
	equal "$(ls image/blobs/sha256)" "$(ls pulled/blobs/sha256)"
}
test_case 'skopeo pushes and pulls over TLS' skopeo_pushes_and_pulls_over

skopeo_over_plain_http() {
	copy --src-tls-verify=false --src-creds "oauth2:$token" "docker://$host/team/image:1" \
		oci:plain:latest
	equal "$(ls image/blobs/sha256)" "$(ls plain/blobs/sha256)"
}
test_case 'skopeo over plain HTTP' skopeo_over_plain_http

skopeo_refused_without_token() {
	must_fail copy --src-cert-dir "$CERT_DIR" --src-creds "oauth2:wrong" \
		"docker://$tls_host/team/image:1" oci:no:latest 2>err
	grep -qiE "unauthorized|authentication required" err
	must_fail copy --src-cert-dir "$CERT_DIR" --src-no-creds "docker://$tls_host/team/image:1" \
		oci:no:latest
	must_fail copy --src-creds "oauth2:$token" "docker://$tls_host/team/image:1" oci:no:latest \
		2>err
	contains "certificate signed by unknown authority" err
}
test_case 'skopeo is refused without a token, with a wrong one, and without the CA' \
	skopeo_refused_without_token

revoked_token_refused_everywhere() {
	ts revoke-access web
	must_fail git ls-remote "http://x:$token@$host/project.git" 2>err
	contains "Authentication failed" err
	must_fail copy --src-cert-dir "$CERT_DIR" --src-creds "oauth2:$token" \
		"docker://$tls_host/team/image:1" oci:no:latest
	curl -qs --noproxy "*" "$TS/web/oauth/token" -d grant_type=refresh_token \
		-d "refresh_token=$(field refresh_token web.tokens)" >answer
	next=$(grep -o "web-a[^\"]*" answer)
	git ls-remote "http://x:$next@$host/project.git"
	copy --src-cert-dir "$CERT_DIR" --src-creds "oauth2:$next" \
		"docker://$tls_host/team/image:1" oci:again:latest
	must_fail equal 0 "$(ts_count web checks_refused)"
}
test_case 'a revoked token is refused everywhere, its successor is not' \
	revoked_token_refused_everywhere

all_servers_end_with_shell() {
	cat >inner.sh <<-"END"
	T=$1
	. "$FT_SRCDIR/tests/services/process.sh"
	. "$FT_SRCDIR/tests/services/servers.sh"
	start_token_service
	ts create web >/dev/null
	start_web web
	jobs -p >"$T/pids"
	kill -KILL $$
	END
	mkdir inner
	bash inner.sh "$PWD/inner" 2>/dev/null || :
	equal 9 "$(wc -w <inner/pids)"
	gone() {
		local pid

		for pid in $(cat inner/pids); do
			! kill -0 "$pid" 2>/dev/null || grep -q "^State:.Z" "/proc/$pid/status" ||
				return 1
		done
	}
	eventually 20 gone
}
test_case 'all servers end with the shell that started them, even when that is killed' \
	all_servers_end_with_shell
test_done

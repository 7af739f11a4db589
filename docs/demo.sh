#!/bin/bash
# SPDX-License-Identifier: MIT
# demo.sh - a git clone and a skopeo copy with a token that expires while you watch
#
# "./bootstrap demo" runs it. Everything is on 127.0.0.1 and in a temporary folder: a token service
# that rotates its refresh tokens and revokes a sign-in if a spent one is sent again, and nginx in
# front of git http-backend and of a registry, which asks the token service about every token.
# shellcheck disable=SC2119
set -euo pipefail
: "${FT_BIN:?run ./bootstrap demo}" "${FT_BUILDDIR:?}" "${FT_SRCDIR:?}"

T=$(mktemp -d "${TMPDIR:-/tmp}/freshtoken-demo.XXXXXX")
export HOME=$T/home XDG_CONFIG_HOME=$T/home/.config XDG_STATE_HOME=$T/home/.local/state
export PATH=$FT_BIN:$PATH GIT_CONFIG_NOSYSTEM=1 GIT_TERMINAL_PROMPT=0
export DOCKER_CONFIG=$HOME/.docker
unset REGISTRY_AUTH_FILE http_proxy https_proxy all_proxy
mkdir -p "$DOCKER_CONFIG"
. "$FT_SRCDIR/tests/services/process.sh"
. "$FT_SRCDIR/tests/services/servers.sh"
trap 'run_at_exit; rm -rf "$T"' EXIT
trap 'exit 130' INT TERM

if [ -t 1 ] && [ -z "${NO_COLOR-}" ]; then bold=$'\033[1m' plain=$'\033[0m'; else bold='' plain=''; fi
say() { printf '\n%s%s%s\n' "$bold" "$*" "$plain"; }
run() { printf '$ %s\n' "$*"; "$@"; }
counts() {
	printf '  the service counts: refreshes %s, used refresh tokens that were sent again %s\n' \
		"$(ts_count work refreshes)" "$(ts_count work reuses)"
}

say 'A token service, git over HTTP and a registry start on 127.0.0.1 …'
start_token_service
ts create work lifetime=4 client_id=cli >"$T/tokens"
start_web work
make_repository project
make_image "$T/image"
# Not earlier: the registry takes REGISTRY_… for its own configuration.
export REGISTRY_AUTH_FILE=$HOME/auth.json
registry=${WEB_TLS#*://}

say 'An account says where tokens come from, and which hosts they are for:'
run freshtoken add work --server "$TS/work" --client-id cli --match "$WEB" --match "$registry" </dev/null
run cat "$XDG_CONFIG_HOME/freshtoken/freshtoken.conf"

# shellcheck disable=SC2016
say 'Sign in with a refresh token, which is tested with a refresh. Access tokens live for 4 seconds here.'
# shellcheck disable=SC2016
printf '$ printf %%s "$REFRESH_TOKEN" | freshtoken login work --token\n'
field refresh_token "$T/tokens" | tr -d '\n' | freshtoken login work --token
run freshtoken setup git --apply
run freshtoken setup docker --apply

cd "$T"
say 'git clone, and skopeo copy:'
run git clone -q "$WEB/project.git" project
run skopeo --insecure-policy copy -q --dest-cert-dir "$CERT_DIR" "oci:$T/image:latest" "docker://$registry/team/image:1"
counts

say 'The token expires …'
old=$(freshtoken token work)
printf 'user = "x:%s"\n' "$old" >"$T/old"
while curl -qsf --noproxy '*' -K "$T/old" -o /dev/null "$TS/_auth/work"; do
	freshtoken status work | cat
	nap 1
done
printf '  the service refuses the old token now\n'

say '… and 20 git fetches at once, and a pull from the registry, succeed with one refresh:'
before=$(ts_count work refreshes) pids=()
for _ in $(seq 20); do
	git -C project fetch -q & pids+=($!)
done
for pid in "${pids[@]}"; do
	wait "$pid"
done
run skopeo --insecure-policy copy -q --src-cert-dir "$CERT_DIR" "docker://$registry/team/image:1" "oci:$T/pulled:latest"
printf '  refreshes since: %s\n' "$(($(ts_count work refreshes) - before))"
counts

say 'The token is revoked before it expires: the server answers 401, and git still succeeds:'
git_version=$(git version | sed 's/[^0-9]*\([0-9]*\)\.\([0-9]*\).*/\1 \2/')
if [ "${git_version% *}" -gt 2 ] || [ "${git_version#* }" -ge 46 ]; then
	freshtoken refresh work
	ts revoke-access work >/dev/null
	run git -C project fetch
	counts
else
	printf '  (left out: it needs git 2.46 or newer, this is %s)\n' "${git_version/ /.}"
fi

say 'Done. Everything is removed again.'

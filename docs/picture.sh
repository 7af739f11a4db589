#!/bin/bash
# SPDX-License-Identifier: MIT
# picture.sh - draws docs/first-ten-minutes.svg from a real run ("make picture")
#
# The commands of docs/guides/first-ten-minutes.md run on a terminal, with the tests' servers on
# 127.0.0.1, and docs/picture.py draws the content of the terminal, with names of example.com for
# these servers.
# shellcheck disable=SC2016,SC2119
set -euo pipefail
: "${FT_BIN:?run make picture}" "${FT_BUILDDIR:?}" "${FT_SRCDIR:?}"

T=$(mktemp -d "${TMPDIR:-/tmp}/freshtoken-picture.XXXXXX")
export HOME=$T/home XDG_CONFIG_HOME=$T/home/.config XDG_STATE_HOME=$T/home/.local/state
export PATH=$FT_BIN:$PATH GIT_CONFIG_NOSYSTEM=1 GIT_TERMINAL_PROMPT=0 NO_COLOR=yes LC_ALL=C.UTF-8
export DOCKER_CONFIG=$HOME/.docker TERM=xterm COLUMNS=100
unset REGISTRY_AUTH_FILE http_proxy https_proxy all_proxy
mkdir -p "$DOCKER_CONFIG"
. "$FT_SRCDIR/tests/services/process.sh"
. "$FT_SRCDIR/tests/services/servers.sh"
. "$FT_SRCDIR/tests/harness/guides.sh"
trap 'run_at_exit; rm -rf "$T"' EXIT

start_token_service
life=30	# seconds; a token expires while the picture is made
ts create work client_id=cli lifetime=$life >"$T/tokens"
start_web work
make_repository project
make_image "$T/image"
registry=${WEB_TLS#*://}
printf '{"auths":{"%s":{"auth":"%s"}}}\n' "$registry" \
	"$(printf 'x:%s' "$(field access_token "$T/tokens")" | base64 -w0)" >"$T/auth"
skopeo --insecure-policy copy -q --authfile "$T/auth" --dest-cert-dir "$CERT_DIR" \
	"oci:$T/image:latest" "docker://$registry/team/image:1"
field refresh_token "$T/tokens" | tr -d '\n' >"$T/home/refresh-token"

# What is shown is the guide's command; what is run has the servers' names, and signs in with a token.
{
	printf 'cd; shopt -s expand_aliases\n'
	printf 'skopeo() { command skopeo --insecure-policy "$1" --src-cert-dir "%s" "${@:2}"; }\n' "$CERT_DIR"
	guide_script guides/first-ten-minutes.md | sed -n '/^freshtoken add/,/^freshtoken token/p' |
		grep -v -e '^freshtoken list' -e '^freshtoken token' |
		sed "s|^freshtoken login work$|& --token <refresh-token|; s|^git .*pull|# $life seconds later, the token has expired\nfreshtoken status\n&|" |
		while read -r line; do
			case $line in '#'*) printf 'sleep %s; echo %q\n' "$life" "$line"; continue ;; esac
			printf 'printf "%%s\\n" %q\n' "\$ $line"
			sed -e "s|https://git.example.com/team/|$WEB/|; s|https://git.example.com|$WEB|" \
				-e "s|registry.example.com|$registry|; s|https://sso.example.com|$TS/work|" \
				-e '/^freshtoken add/s|$| </dev/null|' <<<"$line"
		done
} >"$T/script"
python3 "$FT_SRCDIR/docs/picture.py" "$T/script" "$WEB=https://git.example.com" "$registry=registry.example.com" \
	"$TS/work=https://sso.example.com" "$HOME=/home/alice" >"$T/picture"
cp "$T/picture" "$FT_SRCDIR/docs/first-ten-minutes.svg"

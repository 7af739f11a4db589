#!/bin/bash
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2034	# for frame.sh and life.sh
# node-oauth2-server, from npm: a service of one file (node/server.mjs), a public client; no OpenID
# Connect.
. "${FT_SRCDIR:?run me with make check}/tests/providers/frame.sh"

provider_name='node-oauth2-server'
node_folder=$FT_BUILDDIR/tests/providers/node-installed

provider_missing() {
	command -v node >/dev/null || echo 'no node on this machine'
	[ -e "$FT_BUILDDIR/tests/providers/node.stamp" ] ||
		echo 'it is not installed: make tests/providers/node.stamp says why'
}

provider_version() {
	sed -n 's/^  "version": "\([^"]*\)".*/\1/p' \
		"$node_folder/node_modules/@node-oauth/oauth2-server/package.json"
}

provider_start() {
	run_server "$T/server.log" node "$node_folder/server.mjs" "$FRONT" "$BACK" "$CALLBACK"
	wait_for_server "http://127.0.0.1:$BACK/login" "$T/server.log"
	ISSUER=$FRONT
}

provider_account() {
	printf '%s\n' client_id=cli "redirect_uri=$CALLBACK"
}

# Its metadata names no other.
endpoint() {
	[ "$1" != token_endpoint ] || echo "$FRONT/token"
}

provider_is_good() {
	[ "$(printf 'header = "Authorization: Bearer %s"\n' "$1" | web -K - -o /dev/null \
		-w '%{http_code}' "$FRONT/me")" = 200 ]
}

provider_expire() {
	web --fail-with-body -d '' "http://127.0.0.1:$BACK/_admin/expire"
}

. "$FT_SRCDIR/tests/providers/life.sh"
test_done

#!/bin/bash
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2034	# for frame.sh and life.sh
# better-auth, from npm, with its OAuth provider: better-auth/server.mjs, a public client.
. "${FT_SRCDIR:?run me with make check}/tests/providers/frame.sh"

provider_name=better-auth
better_auth_folder=$FT_BUILDDIR/tests/providers/better-auth-installed

provider_missing() {
	command -v node >/dev/null || echo 'no node on this machine'
	node -e 'process.exit(parseInt(process.versions.node) < 20 ? 1 : 0)' 2>/dev/null ||
		echo 'it needs Node.js 20'
	[ -e "$FT_BUILDDIR/tests/providers/better-auth.stamp" ] ||
		echo 'it is not installed: make tests/providers/better-auth.stamp says why'
}

provider_version() {
	sed -n 's/^  "version": "\([^"]*\)".*/\1/p' \
		"$better_auth_folder/node_modules/better-auth/package.json"
}

provider_start() {
	run_server "$T/server.log" node "$better_auth_folder/server.mjs" "$FRONT" "$BACK" "$CALLBACK"
	wait_for_server "http://127.0.0.1:$BACK/login" "$T/server.log"
	ISSUER=$FRONT/api/auth
}

provider_pam_account() {
	provider_account
}

provider_device() {
	FT_TEST_LOGIN=$LOGIN "$FT_SRCDIR/tests/services/browser" "$FRONT/device?user_code=$1"
}

provider_expire() {
	web --fail-with-body -d '' "http://127.0.0.1:$BACK/_admin/expire"
}

provider_new_key() {
	web --fail-with-body -d '' "http://127.0.0.1:$BACK/_admin/new-key"
}

. "$FT_SRCDIR/tests/providers/life.sh"
test_done

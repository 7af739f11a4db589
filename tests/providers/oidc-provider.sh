#!/bin/bash
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2034	# for frame.sh and life.sh
# panva's oidc-provider, from npm: the OpenID provider of the other tests, with a public client.
. "${FT_SRCDIR:?run me with make check}/tests/providers/frame.sh"
. "$FT_SRCDIR/tests/services/openid.sh"

provider_name=oidc-provider

provider_missing() {
	command -v node >/dev/null || echo 'no node on this machine'
	[ -e "$FT_BUILDDIR/tests/services/openid.stamp" ] ||
		echo 'it is not installed: make tests/services/openid.stamp says why'
}

provider_version() {
	sed -n 's/^  "version": "\([^"]*\)".*/\1/p' \
		"$openid_folder/node_modules/oidc-provider/package.json"
}

provider_start() {
	start_openid --port "$BACK" --issuer "$FRONT" --interval 1 --access-ttl 120
	ISSUER=$FRONT
	OPENID=$FRONT
}

provider_pam_account() {
	provider_account
}

provider_device() {
	FT_TEST_LOGIN=$LOGIN "$FT_SRCDIR/tests/services/browser" "$FRONT/device?user_code=$1"
}

provider_revoke() {
	openid_admin revoke "account=$1"
}

provider_expire() {
	openid_admin expire what=access
}

provider_new_key() {
	openid_admin rotate-keys keep=no
}

. "$FT_SRCDIR/tests/providers/life.sh"
test_done

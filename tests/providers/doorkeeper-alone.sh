#!/bin/bash
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2034	# for frame.sh and life.sh
# Doorkeeper alone, Debian's, and the shipped profile for it: no OpenID Connect, no metadata.
. "${FT_SRCDIR:?run me with make check}/tests/providers/frame.sh"
. "$FT_SRCDIR/tests/providers/doorkeeper/functions.sh"

provider_name='Doorkeeper alone'
doorkeeper_kind=plain
unset -f provider_new_key provider_pam_account

provider_version() {
	/usr/bin/ruby -e 'require "rails"; require "doorkeeper"; puts Doorkeeper::VERSION::STRING'
}

provider_account() {
	printf '%s\n' provider=doorkeeper client_id=cli scope=read
}

# There is no metadata that would say it.
endpoint() {
	case $1 in
	introspection_endpoint) echo "$FRONT/oauth/introspect" ;;
	token_endpoint) echo "$FRONT/oauth/token" ;;
	esac
}

provider_is_good() {
	[ "$(printf 'header = "Authorization: Bearer %s"\n' "$1" | web -K - -o /dev/null \
		-w '%{http_code}' "$FRONT/oauth/token/info")" = 200 ]
}

. "$FT_SRCDIR/tests/providers/life.sh"
test_done

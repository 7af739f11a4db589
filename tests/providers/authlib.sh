#!/bin/bash
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2034	# for frame.sh and life.sh
# Authlib, Debian's, with Flask: a server of one file (authlib/app.py), a public client.
. "${FT_SRCDIR:?run me with make check}/tests/providers/frame.sh"

provider_name=Authlib

provider_missing() {
	/usr/bin/python3 -c 'import authlib, flask' 2>/dev/null ||
		echo 'no python3-authlib or no python3-flask on this machine'
}

provider_version() {
	/usr/bin/python3 -c 'import authlib, flask
print(authlib.__version__, "with Flask", flask.__version__)'
}

provider_start() {
	provider_new_key
	run_server "$T/server.log" env AUTHLIB_INSECURE_TRANSPORT=1 /usr/bin/python3 -B \
		"$FT_SRCDIR/tests/providers/authlib/app.py" "$FRONT" "$BACK" "$T/key.pem"
	wait_for_server "http://127.0.0.1:$BACK/jwks" "$T/server.log"
	ISSUER=$FRONT
}

provider_pam_account() {
	provider_account
}

provider_device() {
	FT_TEST_LOGIN=$LOGIN "$FT_SRCDIR/tests/services/browser" "$ISSUER/device?user_code=$1" |
		grep Done
}

provider_expire() {
	web --fail-with-body -d '' "http://127.0.0.1:$BACK/_admin/expire"
}

provider_new_key() {
	openssl genrsa -out "$T/key.new" 2048 2>/dev/null
	mv "$T/key.new" "$T/key.pem"
}

. "$FT_SRCDIR/tests/providers/life.sh"
test_done

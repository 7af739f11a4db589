#!/bin/bash
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2034	# for frame.sh and life.sh
# django-oauth-toolkit, Debian's: a site of one file (django/app.py), a public client.
. "${FT_SRCDIR:?run me with make check}/tests/providers/frame.sh"

provider_name='django-oauth-toolkit'

provider_missing() {
	/usr/bin/python3 -c 'import oauth2_provider' 2>/dev/null ||
		echo 'no python3-django-oauth-toolkit on this machine'
}

site() {
	/usr/bin/python3 -B "$FT_SRCDIR/tests/providers/django/app.py" "$T/site" "$FRONT/o" "$@"
}

provider_version() {
	/usr/bin/python3 -c 'import oauth2_provider, django
print(oauth2_provider.__version__, "with Django", django.get_version())'
}

provider_start() {
	mkdir "$T/site"
	provider_new_key
	site make || give_up 'no database'
	run_server "$T/server.log" /usr/bin/python3 -B "$FT_SRCDIR/tests/providers/django/app.py" "$T/site" \
		"$FRONT/o" serve "$BACK"
	wait_for_server "http://127.0.0.1:$BACK/login" "$T/server.log"
	ISSUER=$FRONT/o
}

provider_account() {
	printf '%s\n' provider=django-oauth-toolkit client_id=cli \
		"metadata_url=$FRONT/o/.well-known/openid-configuration/"
}

provider_remark() {
	echo 'its metadata has a slash after its address (metadata_url)'
}

provider_pam_account() {
	provider_account
}

provider_revoke() {
	site revoke "$1"
}

provider_expire() {
	site expire
}

provider_new_key() {
	openssl genrsa -out "$T/site/key.new" 2048 2>/dev/null
	mv "$T/site/key.new" "$T/site/key.pem"
}

. "$FT_SRCDIR/tests/providers/life.sh"
test_done

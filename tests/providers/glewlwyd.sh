#!/bin/bash
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2034	# for frame.sh and life.sh
# Glewlwyd, Debian's: its OpenID Connect plugin, with refresh tokens for one use.
. "${FT_SRCDIR:?run me with make check}/tests/providers/frame.sh"

provider_name=Glewlwyd

provider_missing() {
	command -v glewlwyd >/dev/null || echo 'no glewlwyd on this machine'
	command -v sqlite3 >/dev/null || echo 'no sqlite3 on this machine'
}

provider_version() {
	glewlwyd --version 2>&1 | grep -o '[0-9][0-9.]*[0-9]' | head -n 1
}

# api METHOD PATH [JSON] - as its administrator
api() {
	web --fail-with-body -b "$T/admin" -c "$T/admin" -X "$1" "http://127.0.0.1:$BACK/api/$2" \
		${3+-H 'Content-Type: application/json' -d "$3"}
}

# plugin KEY-FILE - as the administrator's page sends it
plugin() {
	local key

	key=$(sed ':a; N; $!ba; s/\n/\\n/g' "$1")
	cat <<-END
	{"module": "oidc", "name": "oidc", "display_name": "OpenID", "enabled": true, "parameters": {
	 "iss": "$FRONT/api/oidc", "jwt-type": "rsa", "jwt-key-size": "256",
	 "key": "$key", "cert": "$(openssl rsa -in "$1" -pubout 2>/dev/null | sed ':a; N; $!ba; s/\n/\\n/g')",
	 "access-token-duration": 120, "refresh-token-duration": 3600, "code-duration": 60,
	 "refresh-token-rolling": true, "refresh-token-one-use": "always", "allow-non-oidc": true,
	 "auth-type-code-enabled": true, "auth-type-refresh-enabled": true,
	 "auth-type-client-enabled": true, "auth-type-device-enabled": true,
	 "auth-type-implicit-enabled": false, "auth-type-password-enabled": false,
	 "device-authorization-expiration": 60, "device-authorization-interval": 1,
	 "pkce-allowed": true, "pkce-method-plain-allowed": false, "jwks-show": true,
	 "allowed-scope": ["openid"], "subject-type": "public",
	 "introspection-revocation-allowed": true,
	 "introspection-revocation-allow-target-client": true, "oauth-as-iss-id": true}}
	END
}

provider_start() {
	local usr=$unpacked/usr init=usr/share/doc/glewlwyd/database/init.sqlite3.sql.gz user

	[ -d "$usr/lib/glewlwyd" ] || usr=/usr
	mkdir "$T/none"
	zcat "${usr%/usr}/$init" | sqlite3 "$T/glewlwyd.db"
	cat >"$T/glewlwyd.conf" <<-END
	port=$BACK
	bind_address="127.0.0.1"
	external_url="$FRONT"
	login_url="login.html"
	api_prefix="api"
	static_files_path="$usr/share/glewlwyd/webapp/"
	log_mode="console"
	log_level="WARNING"
	cookie_domain=""
	cookie_secure=0
	session_expiration=3600
	session_key="GLEWLWYD2_SESSION_ID"
	admin_scope="g_admin"
	profile_scope="g_profile"
	user_module_path="$usr/lib/glewlwyd/user"
	user_middleware_module_path="$T/none"
	client_module_path="$usr/lib/glewlwyd/client"
	user_auth_scheme_module_path="$usr/lib/glewlwyd/scheme"
	plugin_module_path="$usr/lib/glewlwyd/plugin"
	use_secure_connection=false
	secure_connection_key_file="unused"
	secure_connection_pem_file="unused"
	hash_algorithm="SHA512"
	database = { type = "sqlite3"; path = "$T/glewlwyd.db"; };
	END
	run_server "$T/server.log" glewlwyd --config-file="$T/glewlwyd.conf"
	wait_for_server "http://127.0.0.1:$BACK/config" "$T/server.log"
	ISSUER=$FRONT/api/oidc
	api POST auth/ '{"username": "admin", "password": "password"}' || give_up 'no administrator'
	openssl genrsa -out "$T/key.1" 2048 2>/dev/null
	api POST mod/plugin/ "$(plugin "$T/key.1")" || give_up 'no plugin for OpenID'
	for user in alice bob; do
		api POST user/ "{\"username\": \"$user\", \"password\": \"wonderland\", \"enabled\": true,
			\"scope\": [\"openid\", \"g_profile\"]}" || give_up 'no users'
	done
	api POST client/ '{"client_id": "cli", "enabled": true, "confidential": true, "password": "not-secret",
		"client_secret": "not-secret", "token_endpoint_auth_method": ["client_secret_basic"],
		"scope": ["openid"], "authorization_type": ["code", "refresh_token", "client_credentials",
		"device_authorization"], "redirect_uri": ["'$CALLBACK'"]}' || give_up 'no client'
	api POST client/ '{"client_id": "public", "enabled": true, "confidential": false,
		"scope": ["openid"], "authorization_type": ["code", "refresh_token", "device_authorization"],
		"redirect_uri": ["'$CALLBACK'"]}' || give_up 'no public client'
}

provider_account() {
	printf '%s\n' provider=glewlwyd client_id=cli client_auth=basic \
		"client_secret_file=$T/secret" "redirect_uri=$CALLBACK"
}

provider_client() {
	printf '%s\n' -u cli:not-secret
}

provider_pam_account() {
	printf '%s\n' provider=glewlwyd client_id=public "redirect_uri=$CALLBACK"
}

# as_person URL - signed in as $LOGIN, prints where that page sends people to
as_person() {
	local session='{"username": "'$LOGIN'", "password": "wonderland"}'

	web --fail-with-body -b "$COOKIES" -c "$COOKIES" -H 'Content-Type: application/json' \
		-d "$session" "$FRONT/api/auth/"
	for client in cli public; do
		web --fail-with-body -b "$COOKIES" -c "$COOKIES" -X PUT -H 'Content-Type: application/json' \
			-d '{"scope": "openid"}' "$FRONT/api/auth/grant/$client"
	done
	web -b "$COOKIES" -c "$COOKIES" -o /dev/null -w '%{redirect_url}\n' "$1"
}

provider_approve() {
	web --fail-with-body "$(as_person "$1&g_continue")"
}

provider_device() {
	as_person "$ISSUER/device?code=$1&g_continue" | grep prompt=deviceComplete
}

# By the user's own page of sign-ins.
provider_revoke() {
	local LOGIN=$1 hash

	COOKIES=$T/revoker
	rm -f "$COOKIES"
	as_person "$FRONT/" >/dev/null
	web -b "$COOKIES" "$ISSUER/token?limit=1000" | grep -o '"token_hash":"[^"]*"' |
		sed 's/^[^:]*:"//; s/"$//' >"$T/hashes"
	while read -r hash; do
		# Those that are over are not found.
		web -g -o /dev/null -b "$COOKIES" -X DELETE \
			"$ISSUER/token/$(printf %s "$hash" | sed 's/+/%2B/g; s,/,%2F,g; s/=/%3D/g')"
	done <"$T/hashes"
}

provider_new_key() {
	openssl genrsa -out "$T/key.2" 2048 2>/dev/null
	api PUT mod/plugin/oidc "$(plugin "$T/key.2")"
	api PUT mod/plugin/oidc/reset
}

. "$FT_SRCDIR/tests/providers/life.sh"
test_done

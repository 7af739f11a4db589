# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154	# for frame.sh and life.sh; what frame.sh sets
#
# functions.sh - how doorkeeper/app.rb is started and used; sourced after frame.sh

provider_missing() {
	/usr/bin/ruby -e 'require "rails"; require "doorkeeper"; require "doorkeeper/openid_connect"
		require "sqlite3"; require "rack/handler/webrick"' 2>/dev/null ||
		echo 'no ruby-doorkeeper-openid-connect, ruby-rails, ruby-sqlite3 or ruby-webrick on this machine'
}

provider_version() {
	/usr/bin/ruby -e 'require "rails"; require "doorkeeper"; require "doorkeeper/openid_connect"
		puts "#{Doorkeeper::VERSION::STRING} with OpenID Connect #{Doorkeeper::OpenidConnect::VERSION}"'
}

provider_start() {
	mkdir "$T/site"
	write_key
	run_server "$T/server.log" /usr/bin/ruby "$FT_SRCDIR/tests/providers/doorkeeper/app.rb" \
		"$T/site" "$FRONT" "$BACK" "${doorkeeper_kind:-openid}"
	wait_for_server "http://127.0.0.1:$BACK/login" "$T/server.log"
	ISSUER=$FRONT
}

provider_pam_account() {
	provider_account
}

provider_expire() {
	web --fail-with-body -d '' "http://127.0.0.1:$BACK/_admin/expire"
}

write_key() {
	openssl genrsa -out "$T/site/key.new" 2048 2>/dev/null
	mv "$T/site/key.new" "$T/site/key.pem"
}

provider_new_key() {
	write_key
	web --fail-with-body -d '' "http://127.0.0.1:$BACK/_admin/key"
}

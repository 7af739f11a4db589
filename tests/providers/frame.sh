# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154	# for whoever sources this file; what tap.sh sets
#
# frame.sh - the beginning of every adaptor: a world, a watched connection to the server, results
#
#	. "${FT_SRCDIR:?run me with make check}/tests/providers/frame.sh"
#	provider_…() { … }
#	. "$FT_SRCDIR/tests/providers/life.sh"
#	test_done
#
# An adaptor describes how one real identity provider is started and used. It defines
#
#	provider_name		its name in the table
#	provider_missing	prints why it is not available on this machine, or nothing
#	provider_version
#	provider_start		starts it at 127.0.0.1:$BACK; it is reached as $FRONT, and sets ISSUER.
#				Users alice and bob with the password wonderland, a client cli; where
#				redirect URIs have to be registered with their port, $CALLBACK
# and, if it differs from the default below,
#	provider_account	prints lines KEY=VALUE of an account besides server and match
#	provider_client		prints arguments for curl, one in each line: how that client authenticates
#	provider_approve URL	a person who signs in as $LOGIN in a browser, which follows the redirect
#	provider_revoke LOGIN	ends all sign-ins of that user at the service
# and, if the server supports it,
#	provider_device CODE	a person who enters that code as $LOGIN
#	endpoint NAME		its URL, if there is no metadata
#	provider_remark		prints what users of such a server have to know
#	provider_expire		the access tokens that it has issued until now expire
#	provider_new_key	from now on it signs ID tokens with another key
#	provider_pam_account	prints lines KEY=VALUE of the account for PAM
#	provider_is_good TOKEN	whether it accepts an access token; UserInfo unless defined
#
# provider_approve and provider_device also run in a separate process, with all functions and the
# variables T, FRONT, ISSUER and LOGIN.

# Root's world has users for PAM. Without root all the rest is tested.
if [ "$(id -u)" -eq 0 ] && { [ -n "${FT_WORLD-}" ] || unshare --mount --pid --fork true 2>/dev/null; }; then
	. "$FT_SRCDIR/tests/pam/world.sh"
else
	FT_WORLD=no
	. "$FT_SRCDIR/tests/harness/tap.sh"
	. "$FT_SRCDIR/tests/services/servers.sh"
fi
. "$FT_SRCDIR/tests/harness/accounts.sh"

LOGIN=alice

# web CURL-ARGUMENT… - a request to the server
web() {
	curl -qsS --noproxy '*' -m 30 "$@"
}

# answers URL - there is a web server
answers() {
	web -o /dev/null "$1"
}

# What most servers have: a public client, the pages of tests/services/browser, and in a server of
# the tests' own making a way to end sign-ins. An adaptor defines anew what is otherwise.
provider_account() {
	printf '%s\n' client_id=cli
}

provider_client() {
	printf '%s\n' -d client_id=cli
}

provider_approve() {
	FT_TEST_LOGIN=$LOGIN "$FT_SRCDIR/tests/services/browser" "$1"
}

provider_revoke() {
	web --fail-with-body -d '' "http://127.0.0.1:$BACK/_admin/revoke/$1"
}

# run_server LOG COMMAND… - in the background, until the test ends; sets SERVER
run_server() {
	local log=$1

	shift
	with_parent "$@" >"$log" 2>&1 </dev/null &
	SERVER=$!
	at_exit stop_pid "$SERVER"
}

# wait_for_server URL LOG - it answers there, or the test ends with the log's last words
wait_for_server() {
	local tries

	for ((tries = 0; tries < 600; tries++)); do
		! answers "$1" 2>/dev/null || return 0
		kill -0 "$SERVER" 2>/dev/null || break
		nap 0.1
	done
	tail -n 20 "$2" | diag
	give_up "${provider_name:?} does not start"
}

# start_front - nginx at $FRONT, which passes on to 127.0.0.1:$BACK and writes down every request
start_front() {
	local front=$T/front tries

	mkdir "$front"
	for ((tries = 0; tries < 20; tries++)); do
		BACK=$(free_port) FRONT_PORT=$(free_port "$BACK")
		cat >"$front/conf" <<-END
			$([ "$(id -u)" -ne 0 ] || echo 'user root;')
			daemon off;
			pid $front/pid;
			error_log $front/log;
			events { worker_connections 1000; }
			http {
				log_format requests escape=json '\$status \$request_method \$uri \$request_body';
				access_log $front/requests requests;
				client_body_buffer_size 256k;
				client_body_temp_path $front/body; proxy_temp_path $front/proxy;
				fastcgi_temp_path $front/fcgi; uwsgi_temp_path $front/uwsgi;
				scgi_temp_path $front/scgi;
				server {
					listen 127.0.0.1:$FRONT_PORT;
					location / {
						proxy_pass http://127.0.0.1:$BACK;
						proxy_set_header Host \$http_host;
						proxy_read_timeout 60s;
						proxy_buffer_size 64k;
						proxy_buffers 8 64k;
						proxy_busy_buffers_size 128k;
						proxy_redirect off;
					}
				}
			}
		END
		if start_daemon "$front/pid" "$front/log" nginx -p "$front" -c "$front/conf" -e "$front/log"; then
			at_exit stop_pid "$DAEMON_PID"
			FRONT=http://127.0.0.1:$FRONT_PORT CALLBACK=http://127.0.0.1:$(free_port "$BACK" "$FRONT_PORT")/callback
			return 0
		fi
	done
	give_up "nginx does not start: $(tail -n 1 "$front/log")"
}

# exchanges - how many times a refresh token was presented until now
exchanges() {
	nap 0.3
	grep -c 'grant_type=refresh_token\|grant_type\\":\\"refresh_token' "$T/front/requests" || :
}

# last_exchange - the status of the last of them
last_exchange() {
	nap 0.3
	grep 'grant_type=refresh_token' "$T/front/requests" | tail -n 1 | cut -d' ' -f1
}

# write_person FILE FUNCTION - a program that is FUNCTION, for $BROWSER and the like
write_person() {
	{
		echo '#!/bin/bash'
		declare -p T FRONT ISSUER LOGIN PATH FT_SRCDIR provider_name
		declare -f
		# Its own cookies; an error is seen in the log.
		printf '%s\n' "COOKIES=\$(mktemp); trap 'rm -f \"\$COOKIES\"' EXIT" \
			'unset http_proxy https_proxy' 'set -eu' \
			"{ $2 \"\$1\"; } >>'$T/$2.log' 2>&1"
	} >"$1"
	touch "$T/$2.log"
	chmod 666 "$T/$2.log"
	chmod 755 "$1"
}

# --- results -------------------------------------------------------------------------------
#
# results/NAME.tsv in the build's tests/providers: a line "STEP<tab>RESULT" each, in order;
# table.sh makes a table of them all.

RESULT_FILE=$FT_BUILDDIR/tests/providers/results/$(basename "$0" .sh).tsv

result() {	# STEP RESULT
	printf '%s\t%s\n' "$1" "$2" >>"$RESULT_FILE"
}

# odd TEXT - what is odd about this step, or was seen in it; for the table
odd() {
	printf '%s; ' "$*" >>"$T/.odd"
}

# told - what the table says in the place of "ok": it does not work, and freshtoken has said so
told() {
	: >"$T/.told"
}

# step NAME DESCRIPTION FUNCTION [ARGUMENT…] - a case, and its result
step() {
	local name=$1 failed=$tap_failed word=ok said

	shift
	rm -f "$T/.odd" "$T/.told"
	test_case "$@"
	said=$(cat "$T/.odd" 2>/dev/null) || :
	if [ "$tap_failed" -ne "$failed" ]; then
		result "$name" "FAILED"
	else
		[ ! -e "$T/.told" ] || word=told
		result "$name" "$word${said:+: ${said%; }}"
	fi
}

# no_step NAME DESCRIPTION REASON
no_step() {
	test_skip "$2" "$3"
	result "$1" "$3"
}

# offers FUNCTION
offers() {
	declare -F "$1" >/dev/null
}

mkdir -p "${RESULT_FILE%/*}"
: >"$RESULT_FILE"

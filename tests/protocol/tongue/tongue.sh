# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# tongue.sh - functions for the conversations of all clients that only ask for a token; sourced
# after conversation.sh

configure_tongue() {
	configure <<-'END'
		[account work]
		server = https://work.sso.example.com
		match = git.example.com
	END
}

# utc SECONDS - as RFC 3339 has it
utc() {
	date -u -d "@$1" +%Y-%m-%dT%H:%M:%SZ
}

# --- a server of files, for real clients -----------------------------------------------

index_config() {	# PORT TLS-PORT TENANT FOLDER
	local user=''

	# Root's nginx would become somebody who may not enter $T.
	[ "$(id -u)" -ne 0 ] || user='user root;'
	cat <<-END
	$user
	daemon off;
	worker_processes 1;
	pid $T/.index/nginx.pid;
	error_log $T/.index/nginx.log warn;
	events { worker_connections 200; }
	http {
		log_format asked '\$request_method \$request_uri \$status \$http_authorization';
		access_log $T/.index/asked asked;
		default_type application/json;
		types { text/html html; application/gzip tgz; }
		client_body_temp_path $T/.index/body;
		proxy_temp_path $T/.index/proxy;
		fastcgi_temp_path $T/.index/fastcgi;
		uwsgi_temp_path $T/.index/uwsgi;
		scgi_temp_path $T/.index/scgi;
		server {
			listen 127.0.0.1:$1;
			listen 127.0.0.1:$2 ssl;
			ssl_certificate $T/.tls/server.pem;
			ssl_certificate_key $T/.tls/server.key;
			root $4;
			location = /.check {
				internal;
				proxy_pass $TS/_auth/$3;
			}
			location / { auth_request /.check; error_page 401 = @ask; }
			location @ask {
				add_header WWW-Authenticate 'Basic realm="index"' always;
				return 401;
			}
			location /public/ { }
			location /.well-known/ { }
			location ~ /download\$ {
				auth_request /.check;
				add_header X-Terraform-Get /public/module.tgz;
			}
		}
	}
	END
}

# start_index TENANT FOLDER - the files of a folder, for whoever comes with a token of the tenant
# that is good now; /public/ is for all. Sets INDEX and INDEX_TLS, and ASKED, a line a request.
start_index() {
	local tries port tls_port

	make_certificates
	mkdir -p "$T/.index" "$2"
	for ((tries = 0; tries < 20; tries++)); do
		port=$(free_port) tls_port=$(free_port "$port")
		index_config "$port" "$tls_port" "$1" "$2" >"$T/.index/nginx.conf"
		if start_daemon "$T/.index/nginx.pid" "$T/.index/nginx.log" \
			nginx -p "$T/.index" -c "$T/.index/nginx.conf" -e "$T/.index/nginx.log"; then
			at_exit stop_pid "$DAEMON_PID"
			# shellcheck disable=SC2034	# for whoever sources this file
			INDEX=http://127.0.0.1:$port INDEX_TLS=https://127.0.0.1:$tls_port \
				ASKED=$T/.index/asked
			return 0
		fi
		stop_pid "$DAEMON_PID"
		grep -q 'Address already in use' "$T/.index/nginx.log" || break
	done
	give_up "nginx does not start: $(tail -n 1 "$T/.index/nginx.log")"
}

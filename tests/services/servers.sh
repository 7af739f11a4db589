# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# servers.sh - real servers on loopback; sourced after tap.sh, or after process.sh
#
# Needs $T, a folder that is removed at the end, FT_BUILDDIR and FT_SRCDIR. A function start_… sets
# variables and belongs outside of cases: every server ends with the shell that started it.
#
#	start_token_service			TS
#	make_certificates			CA_FILE, CERT_DIR
#	start_web TENANT			WEB, WEB_TLS: git and a registry
#	make_repository NAME [FILE]		a repository that start_web serves
#	make_image FOLDER [TEXT]		an OCI image for skopeo
#
# start_web serves, to requests with a valid token:
#	$WEB/NAME.git		a repository, for tokens of TENANT
#	$WEB/r/OTHER/NAME.git	the same one, for tokens of the tenant OTHER
#	$WEB/negotiate/NAME.git	the same one, for tokens of TENANT; its 401 offers Negotiate beside Basic
#	$WEB/public/NAME.git	the same one, for everybody
#	…/NAME.git/info/lfs	a store of git-lfs for each of them but public (lfs.cgi)
#	$WEB/v2/		a registry, for tokens of TENANT
#	$WEB/v2/public/		its public repositories
# and $WEB_TLS serves the same with TLS. ${WEB#*://} is the host with its port.

PATH=$PATH:/usr/sbin:/sbin

# start_token_service [OPTION…] - sets TS (http://127.0.0.1:PORT) and TS_PID
start_token_service() {
	local port_file scheme=http host=127.0.0.1 option
	local program=$FT_BUILDDIR/tests/services/token-service

	[ -x "$program" ] || give_up "$program was not built; is libmicrohttpd missing?"
	port_file=$(mktemp -u "$T/.token-service.XXXXXXXX")
	"$program" --port 0 --port-file "$port_file" "$@" &
	TS_PID=$!
	at_exit stop_pid "$TS_PID"
	wait_for_file "$port_file" "$TS_PID" || give_up 'token-service does not start'
	for option; do
		case $option in
		--tls-cert) scheme=https ;;
		--ipv6) host='[::1]' ;;
		esac
	done
	TS=$scheme://$host:$(cat "$port_file")
}

# has_ipv6 - whether this machine has [::1]
has_ipv6() {
	grep -q '^0\{31\}1 ' /proc/net/if_inet6 2>/dev/null
}

# ts VERB TENANT [NAME=VALUE…] - the admin interface of token-service (tests/services/README)
ts() {
	local verb=$1 tenant=$2 arguments=() pair

	shift 2
	for pair; do
		arguments+=(--data-urlencode "$pair")
	done
	curl -qsS --fail-with-body --noproxy '*' -k -m 20 "$TS/_admin/$verb" \
		--data-urlencode "tenant=$tenant" "${arguments[@]}"
}

# ts_count TENANT COUNTER
ts_count() {
	ts counters "$1" "name=$2"
}

# field NAME FILE - the value of a line NAME=VALUE, as ts answers
field() {
	sed -n "s/^$1=//p" "$2"
}

# make_certificates - a CA and a certificate for 127.0.0.1, [::1] and localhost in
# $T/.tls; sets CA_FILE, and CERT_DIR for skopeo's --cert-dir
make_certificates() {
	local tls=$T/.tls

	[ ! -d "$tls" ] || return 0
	mkdir -p "$tls/certs"
	{
		openssl ecparam -name prime256v1 -genkey -noout -out "$tls/ca.key" &&
		openssl req -x509 -new -key "$tls/ca.key" -sha256 -days 2 -out "$tls/ca.pem" \
			-subj '/CN=Example test CA' -addext basicConstraints=critical,CA:TRUE \
			-addext keyUsage=critical,keyCertSign &&
		openssl ecparam -name prime256v1 -genkey -noout -out "$tls/server.key" &&
		openssl req -new -key "$tls/server.key" -out "$tls/server.csr" \
			-subj /CN=127.0.0.1 &&
		printf '%s\n' 'subjectAltName=IP:127.0.0.1,IP:::1,DNS:localhost' \
			'extendedKeyUsage=serverAuth' >"$tls/server.ext" &&
		openssl x509 -req -in "$tls/server.csr" -CA "$tls/ca.pem" -CAkey "$tls/ca.key" \
			-CAcreateserial -sha256 -days 2 -extfile "$tls/server.ext" \
			-out "$tls/server.pem"
	} >"$tls/log" 2>&1 || give_up "openssl made no certificate: $(tail -n 1 "$tls/log")"
	cp "$tls/ca.pem" "$tls/certs/ca.crt"
	# shellcheck disable=SC2034	# for whoever sources this file
	CA_FILE=$tls/ca.pem CERT_DIR=$tls/certs
}

# start_daemon PID-FILE LOG COMMAND… - in the background; fails when it ends before
# PID-FILE is there. Sets DAEMON_PID.
start_daemon() {
	local pid_file=$1 log=$2

	shift 2
	rm -f "$pid_file"
	with_parent "$@" >>"$log" 2>&1 </dev/null &
	DAEMON_PID=$!
	wait_for_file "$pid_file" "$DAEMON_PID"
}

# wait_for_socket SOCKET PID
wait_for_socket() {
	local tries

	for ((tries = 0; tries < 6000; tries++)); do
		[ ! -S "$1" ] || return 0
		kill -0 "$2" 2>/dev/null || return 1
		nap 0.01
	done
	return 1
}

registry_config() {
	cat <<-END
	version: 0.1
	log: {level: warn}
	storage:
	  filesystem: {rootdirectory: $1/registry}
	  cache: {blobdescriptor: inmemory}
	  delete: {enabled: true}
	http:
	  net: unix
	  addr: $1/registry.sock
	  secret: not-secret
	  relativeurls: true
	END
}

# nginx_location PATTERN CHECK - one way to the repositories; CHECK: nothing, or the
# directive that asks the token service
nginx_location() {
	cat <<-END
	location ~ $1 {
		$2
		client_max_body_size 0;
		fastcgi_pass git;
		fastcgi_param SCRIPT_FILENAME $git_backend;
		fastcgi_param GIT_PROJECT_ROOT $web/repositories;
		fastcgi_param GIT_HTTP_EXPORT_ALL 1;
		fastcgi_param GIT_PROTOCOL \$http_git_protocol;
		fastcgi_param PATH_INFO /\$repository;
		fastcgi_param REMOTE_USER \$remote_user;
		fastcgi_param REMOTE_ADDR \$remote_addr;
		fastcgi_param REQUEST_METHOD \$request_method;
		fastcgi_param QUERY_STRING \$query_string;
		fastcgi_param CONTENT_TYPE \$content_type;
		fastcgi_param CONTENT_LENGTH \$content_length;
		fastcgi_param SERVER_PROTOCOL \$server_protocol;
		fastcgi_read_timeout 60s;
	}
	END
}

# git-lfs's store beside the repositories
nginx_lfs() {
	cat <<-END
	location ~ ^/(r/[^/]+/)?(?<repository>[^/]+)\.git/info/lfs/(?<lfs>.*)\$ {
		auth_request /.check;
		client_max_body_size 0;
		fastcgi_pass git;
		fastcgi_param SCRIPT_FILENAME $FT_SRCDIR/tests/services/lfs.cgi;
		fastcgi_param LFS_OBJECTS $web/lfs;
		fastcgi_param LFS_REPOSITORY \$repository;
		fastcgi_param LFS_PATH \$lfs;
		fastcgi_param LFS_BASE \$scheme://\$http_host/\$repository.git/info/lfs;
		fastcgi_param LFS_CLOSED \$scheme://\$http_host/r/closed/\$repository.git/info/lfs;
		fastcgi_param REQUEST_METHOD \$request_method;
		fastcgi_param CONTENT_LENGTH \$content_length;
		fastcgi_param SERVER_PROTOCOL \$server_protocol;
	}
	END
}

nginx_registry() {	# FOLDER DIRECTIVE
	cat <<-END
	location $1 {
		$2
		# Of the 401 too: docker 20 talks to no other.
		add_header Docker-Distribution-Api-Version registry/2.0 always;
		proxy_hide_header Docker-Distribution-Api-Version;
		client_max_body_size 0;
		proxy_pass http://unix:$web/registry.sock:;
		proxy_set_header Host \$http_host;
		proxy_set_header X-Forwarded-Proto \$scheme;
		proxy_request_buffering off;
		proxy_read_timeout 60s;
	}
	END
}

nginx_config() {	# PORT TLS-PORT TENANT
	local user=''

	# Root's nginx would become somebody who may not enter $T.
	[ "$(id -u)" -ne 0 ] || user='user root;'
	cat <<-END
	$user
	daemon off;
	worker_processes 1;
	pid $web/nginx.pid;
	error_log $web/nginx.log warn;
	events { worker_connections 1000; }
	http {
		access_log $web/access.log;
		# Not "set": a subrequest would set it once more.
		map \$request_uri \$tenant {
			~^/r/(?<other>[^/]+)/ \$other;
			default $3;
		}
		upstream git {
			least_conn;
			$(for i in "${git_servers[@]}"; do echo "server unix:$web/git.$i;"; done)
		}
		client_body_temp_path $web/body;
		proxy_temp_path $web/proxy;
		fastcgi_temp_path $web/fastcgi;
		uwsgi_temp_path $web/uwsgi;
		scgi_temp_path $web/scgi;
		server {
			listen 127.0.0.1:$1;
			listen 127.0.0.1:$2 ssl;
			ssl_certificate $T/.tls/server.pem;
			ssl_certificate_key $T/.tls/server.key;
			location = /.check {
				internal;
				proxy_pass $TS/_auth/\$tenant;
				proxy_pass_request_body off;
				proxy_set_header Content-Length "";
			}
			$(nginx_location '^/public/(?<repository>[^/]+\.git/.*)$' '')
			$(nginx_location '^/negotiate/(?<repository>[^/]+\.git/.*)$' \
				'auth_request /.check; error_page 401 = @negotiate;')
			location @negotiate {
				add_header WWW-Authenticate Negotiate always;
				return 401;
			}
			$(nginx_lfs)
			$(nginx_location '^/(r/[^/]+/)?(?<repository>[^/]+\.git/.*)$' \
				'auth_request /.check;')
			$(nginx_registry '/v2/' 'auth_request /.check;')
			$(nginx_registry '/v2/public/' '')
		}
	}
	END
}

# free_port [PORT…] - another port, below the range that the kernel gives to clients; somebody may
# still be faster
free_port() {
	local port

	while :; do
		port=$((20000 + RANDOM % 12000))
		case " $* " in *" $port "*) continue ;; esac
		(exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || break
	done
	echo "$port"
}

# start_web TENANT - sets WEB and WEB_TLS (http:// and https://127.0.0.1:PORT)
start_web() {
	local web=$T/.web git_servers=(1 2 3 4 5 6) git_backend i tries port tls_port

	git_backend=$(git --exec-path)/git-http-backend
	make_certificates
	mkdir -p "$web/repositories" "$web/registry" "$web/lfs"

	# One process each: fcgiwrap's own children outlive it.
	for i in "${git_servers[@]}"; do
		with_parent fcgiwrap -f -s "unix:$web/git.$i" >>"$web/fcgiwrap.log" 2>&1 \
			</dev/null &
		at_exit stop_pid $!
		wait_for_socket "$web/git.$i" $! ||
			give_up "fcgiwrap does not start: $(tail -n 1 "$web/fcgiwrap.log")"
	done

	registry_config "$web" >"$web/registry.yml"
	with_parent docker-registry serve "$web/registry.yml" >"$web/registry.log" 2>&1 </dev/null &
	at_exit stop_pid $!
	wait_for_socket "$web/registry.sock" $! ||
		give_up "docker-registry does not start: $(tail -n 1 "$web/registry.log")"

	for ((tries = 0; tries < 20; tries++)); do
		port=$(free_port) tls_port=$(free_port "$port")
		nginx_config "$port" "$tls_port" "$1" >"$web/nginx.conf"
		if start_daemon "$web/nginx.pid" "$web/nginx.log" \
			nginx -p "$web" -c "$web/nginx.conf" -e "$web/nginx.log"; then
			at_exit stop_pid "$DAEMON_PID"
			# shellcheck disable=SC2034	# for whoever sources this file
			WEB=http://127.0.0.1:$port WEB_TLS=https://127.0.0.1:$tls_port
			return 0
		fi
		stop_pid "$DAEMON_PID"
		grep -q 'Address already in use' "$web/nginx.log" || break
	done
	give_up "nginx does not start: $(tail -n 1 "$web/nginx.log")"
}

# make_repository NAME [FILE] - a repository with one commit of one file
make_repository() {
	local folder=$T/.web/repositories/$1.git

	git init -q --bare "$folder"
	git -C "$folder" config http.receivepack true
	git -C "$folder" symbolic-ref HEAD refs/heads/main
	git -C "$folder" fast-import --quiet <<-END
	commit refs/heads/main
	committer Alice <alice@example.com> 1700000000 +0000
	data 5
	first
	M 100644 inline ${2-hello.txt}
	data 6
	hello

	END
}

put_blob() {	# FOLDER FILE - prints "digest":…,"size":…
	local digest

	digest=$(sha256sum <"$2" | cut -d' ' -f1)
	cp "$2" "$1/blobs/sha256/$digest"
	printf '"digest":"sha256:%s","size":%s' "$digest" "$(wc -c <"$2")"
}

# make_image FOLDER [TEXT] - an OCI image layout, tag "latest": skopeo copy oci:FOLDER:latest
make_image() {
	local folder=$1 type=application/vnd.oci.image work diff layer config manifest

	work=$(mktemp -d "$T/.image.XXXXXXXX")
	mkdir -p "$folder/blobs/sha256" "$work/root"
	printf '%s\n' "${2-hello}" >"$work/root/hello.txt"
	tar -C "$work/root" --sort=name --mtime=@1700000000 --owner=0 --group=0 --numeric-owner \
		-cf "$work/layer.tar" hello.txt
	gzip -n <"$work/layer.tar" >"$work/layer.tgz"
	diff=$(sha256sum <"$work/layer.tar" | cut -d' ' -f1)
	layer=$(put_blob "$folder" "$work/layer.tgz")
	cat >"$work/config" <<-END
	{"architecture": "amd64", "os": "linux", "config": {},
	 "rootfs": {"type": "layers", "diff_ids": ["sha256:$diff"]}}
	END
	config=$(put_blob "$folder" "$work/config")
	cat >"$work/manifest" <<-END
	{"schemaVersion": 2, "mediaType": "$type.manifest.v1+json",
	 "config": {"mediaType": "$type.config.v1+json", $config},
	 "layers": [{"mediaType": "$type.layer.v1.tar+gzip", $layer}]}
	END
	manifest=$(put_blob "$folder" "$work/manifest")
	cat >"$folder/index.json" <<-END
	{"schemaVersion": 2, "manifests": [
	 {"mediaType": "$type.manifest.v1+json", $manifest,
	  "annotations": {"org.opencontainers.image.ref.name": "latest"}}]}
	END
	printf '{"imageLayoutVersion":"1.0.0"}' >"$folder/oci-layout"
	rm -rf "$work"
}

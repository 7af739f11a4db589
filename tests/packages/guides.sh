#!/bin/bash
# SPDX-License-Identifier: MIT
# guides.sh - follows docs/guides/ like a new administrator of a fresh system; for boot.sh; TAP
#
# Every block of commands of the six guides runs unchanged, as a user who may use sudo, with the
# packages in the home. This system has the names in the guides: sso.example.com, git.example.com
# and registry.example.com are the tests' servers, with TLS on port 443. Lines that are different
# here are in instead_of, with the reason; commands in a guide's text run too, or are in not_run. A
# command that is in neither fails the test.
set -uo pipefail
cd "$(dirname "$0")/../.."
. tests/packages/case.sh
. tests/harness/guides.sh
W=/var/tmp/guides H=/home/admin FT_SRCDIR=$PWD

if [ "${1-}" = prepare ]; then
	set -e
	apt-get install -y -qq --no-install-recommends sudo openssh-server openssh-client curl openssl git nginx fcgiwrap \
		docker-registry skopeo golang-github-containers-common python3 gcc libc6-dev binutils libmicrohttpd-dev \
		libjson-c-dev libmd-dev libexpat1-dev zlib1g-dev libssl-dev ca-certificates
	apt-get install -y -qq --download-only /debs/freshtoken_*.deb /debs/libpam-freshtoken_*.deb
	exit
fi

instead_of() {	# reason, the line, what runs in its place; a tab between them
	cat <<-'END'
	a browser or a code, which tests/protocol/login has; the same service's token here	freshtoken login work	sign-in work
	the same	sudo -u alice -H freshtoken login work	sudo -u alice -H sign-in work
	a person types name and password	freshtoken login acme --password	freshtoken login acme --password </var/tmp/guides/password
	END
}
not_run() {	# reason, command; a tab between them
	cat <<-'END'
	the whole path from the sources is ./bootstrap's own test	./bootstrap && sudo make install
	NAME is a word for any of them; "provider show acme" runs	freshtoken provider show NAME
	a name of a program	docker login
	no docker daemon here; tests/protocol/docker has its client	docker build
	likewise	docker compose
	likewise	docker logout registry.example.com
	likewise	freshtoken exec work --env TOKEN -- docker build --secret id=token,env=TOKEN .
	the page says that it does not help; tests/protocol/cli has the refusal	sudo DOCKER_CONFIG="$HOME/.docker" docker pull …
	likewise	sudo docker pull
	likewise	sudo docker
	likewise	sudo git
	likewise	sudo -H
	a protocol that a kubelet speaks; tests/protocol/tongue	freshtoken kubelet
	FILE is a word for one; /etc/freshtoken/freshtoken.conf here	freshtoken config check FILE
	a line with alice runs	freshtoken doctor --person
	the whole command is in a block	git clone
	likewise	skopeo copy
	tests/protocol/login has it, with an OpenID provider	freshtoken login work --device
	needs a browser at home	ssh -L 8400:127.0.0.1:8400 host
	likewise; tests/protocol/login has it	BROWSER=true freshtoken login work --browser
	likewise	freshtoken login work --browser
	sign-in runs it	freshtoken login work --token
	the name of a command	podman login
	another system's, and said to be untried	authselect create-profile
	likewise	ausearch -m avc
	END
}

start_servers() {
	T=$W/servers AUTOPKGTEST_TMP=$W/servers
	mkdir -p "$T/tmp"
	chmod 755 "$W" "$T"
	# shellcheck source=debian/tests/world
	. debian/tests/world
	. tests/services/process.sh
	. tests/services/servers.sh
	start_token_service
	ts create work client_id=cli user=alice subject=2f7c9a31-5d0e >/dev/null
	ts create vendor vendor=abitmedia >/dev/null
	start_web work
	make_repository project
	make_image "$T/image"
	(
		cd "$T/.tls"
		openssl req -new -key server.key -out names.csr -subj /CN=sso.example.com
		printf 'subjectAltName=DNS:sso.example.com,DNS:git.example.com,DNS:registry.example.com\n' >names.ext
		openssl x509 -req -in names.csr -CA ca.pem -CAkey ca.key -CAcreateserial -sha256 -days 2 \
			-extfile names.ext -out names.pem
	) >"$W/openssl.log" 2>&1
	cp "$CA_FILE" /usr/local/share/ca-certificates/tests.crt
	update-ca-certificates >/dev/null 2>&1
	echo '127.0.0.1 sso.example.com git.example.com registry.example.com' >>/etc/hosts
	with_names work || give_up 'nginx with the names of the guides'
	printf '{"auths":{"registry.example.com":{"auth":"%s"}}}\n' \
		"$(printf 'x:%s' "$(ts tokens work | sed -n 's/^access_token=//p')" | base64 -w0)" >"$W/auth"
	skopeo copy -q --authfile "$W/auth" "oci:$T/image:latest" docker://registry.example.com/team/image:1 ||
		give_up 'the image does not get into the registry'
	cat >/usr/local/bin/sign-in <<-END
	#!/bin/sh
	curl -qsS "$TS/_admin/login?tenant=\$1" | sed -n 's/^refresh_token=//p' | freshtoken login "\$1" --token
	END
	chmod 755 /usr/local/bin/sign-in
}

# with_names TENANT - whose service https://sso.example.com is
with_names() {
	front() {	# NAME URL [DIRECTIVES]
		printf 'server { listen 127.0.0.1:443 ssl; server_name %s.example.com; ssl_certificate %s; ssl_certificate_key %s;\n' \
			"$1" "$T/.tls/names.pem" "$T/.tls/server.key"
		printf 'client_max_body_size 0; location / { proxy_pass %s; %s } }\n' "$2" "${3-}"
	}
	{
		printf 'user root; pid %s/front.pid; error_log %s/front.log; events {}\n' "$W" "$W"
		printf 'http { access_log off;\n'
		front sso "$TS/$1/" "proxy_set_header Accept-Encoding ''; sub_filter_types application/json; sub_filter_once off; sub_filter '$TS/$1' https://sso.example.com;"
		front git "$WEB" 'rewrite ^/team/(.*)$ /$1 break; proxy_set_header Host $http_host;'
		front registry "$WEB" 'proxy_set_header Host $http_host; proxy_set_header X-Forwarded-Proto https;'
		echo '}'
	} >"$W/front.conf"
	# No reload, during which the former one still answers.
	if [ -s "$W/front.pid" ]; then
		nginx -p "$W" -c "$W/front.conf" -s stop
		while [ -e "$W/front.pid" ]; do sleep 0.1; done
	fi
	nginx -p "$W" -c "$W/front.conf"
}

# as_it_is - the lines of standard input, but those that instead_of has
as_it_is() {
	awk -F '\t' 'NR == FNR { other[$2] = $3; next } { print ($0 in other) ? other[$0] : $0 }' <(instead_of) -
}

# by USER SCRIPT - as somebody who has logged in, each command under "set -e"
by() {
	cat "$2" >"$W/now"
	chmod 644 "$W/now"
	runuser -u "$1" -- env -i HOME="$(getent passwd "$1" | cut -d: -f6)" USER="$1" LC_ALL=C.UTF-8 \
		PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin \
		bash -c 'cd && set -ex && . "$0"' "$W/now"
}
admin() {
	printf '%s\n' "$@" >"$W/typed"
	printf '%s\n' "$@" >>"$W/said"
	by admin "$W/typed"
}
root_types() {
	printf '%s\n' "$@" >"$W/typed"
	printf '%s\n' "$@" >>"$W/said"
	by root "$W/typed"
}

# blocks GUIDE - its commands, as they run here
blocks() {
	guide_script "guides/$1.md" | as_it_is
}

first_ten_minutes() {
	blocks first-ten-minutes >"$W/all"
	sed '/^freshtoken setup docker --remove/,$d' "$W/all" >"$W/there"
	sed -n '/^freshtoken setup docker --remove/,$p' "$W/all" >"$W/back"
	[ -s "$W/there" ] && [ -s "$W/back" ]
	# What is upgraded later.
	cp /debs/older/*.deb "$H"
	by admin "$W/there"
	grep -q hello "$H/project/hello.txt"
	[ -f "$H/image/manifest.json" ]
	dpkg-query -W -f '${Version}\n' freshtoken | grep -x 0.0.9-1
	rm "$H"/*.deb
	cp /debs/*.deb "$H"
	admin 'sudo apt install ./freshtoken_*.deb' 'freshtoken status --check' 'freshtoken token work'
	dpkg-query -W -f '${Version}\n' freshtoken | not grep -x 0.0.9-1
	by admin "$W/back"
	[ -z "$(runuser -u admin -- env HOME="$H" freshtoken list)" ]
	rm -rf "$H/project" "$H/image"
}

# signed_in - what the others begin with
signed_in() {
	guide_script guides/first-ten-minutes.md | grep -E '^freshtoken (add|login) ' | as_it_is >"$W/begin"
	by admin "$W/begin"
}
with_git() {
	signed_in
	blocks git >"$W/script"
	by admin "$W/script"
	grep -q hello "$H/project/hello.txt"
	admin 'git config --global credential.helper freshtoken' 'freshtoken setup git --apply' \
		'rm -rf project' 'git clone https://git.example.com/team/project.git' \
		'freshtoken setup git --remove --apply'
}
with_docker() {
	blocks docker >"$W/script"
	by admin "$W/script"
	[ -f "$H/image/manifest.json" ]
	admin 'freshtoken doctor || [ $? -eq 1 ]' 'freshtoken status' 'freshtoken remove work'
}
vendor() {
	with_names vendor
	printf 'alice\nwonderland\n' >"$W/password"
	chmod 644 "$W/password"
	blocks adding-a-vendor >"$W/script"
	by admin "$W/script"
	admin 'freshtoken provider show acme' 'freshtoken remove acme'
	with_names work
}
one_host() {
	useradd -m -s /bin/bash alice
	by admin <(echo "mkdir -p -m 700 .ssh; ssh-keygen -q -t ed25519 -N '' -f .ssh/id_ed25519
		echo StrictHostKeyChecking accept-new >.ssh/config")
	install -d -m 700 -o alice /home/alice/.ssh
	install -m 600 -o alice "$H/.ssh/id_ed25519.pub" /home/alice/.ssh/authorized_keys
	systemctl start ssh
	blocks pam-one-host >"$W/all"
	sed '/^sudo freshtoken setup pam --remove/,$d' "$W/all" >"$W/there"
	sed -n '/^sudo freshtoken setup pam --remove/,$p' "$W/all" >"$W/back"
	[ -s "$W/there" ] && [ -s "$W/back" ]
	by admin "$W/there"
	grep pam_freshtoken.so /etc/pam.d/sshd
	ts revoke-family work
	sed -i 's/^account *= work/&\nrecheck = 0s/' /etc/freshtoken/freshtoken.conf
	not by admin <(echo 'ssh alice@localhost true')
	# What else the pages say to do there.
	root_types 'freshtoken doctor --json || [ $? -eq 1 ]' 'freshtoken doctor || [ $? -eq 1 ]' \
		'freshtoken status --metrics' 'journalctl --facility authpriv --grep freshtoken' \
		'touch /etc/freshtoken/pam.off'
	admin 'ssh alice@localhost true' 'sudo freshtoken doctor || [ $? -eq 1 ]'
	rm /etc/freshtoken/pam.off
	by admin "$W/back"
	not grep -r pam_freshtoken /etc/pam.d --exclude='*.before-freshtoken'
	by admin <(echo 'ssh alice@localhost true')
	rm -rf /etc/freshtoken/*
}
fleet() {
	blocks pam-fleet >"$W/script"
	grep -q pam.off "$W/script"
	apt-get install -y -qq "$H"/libpam-freshtoken_*.deb "$H"/freshtoken_*.deb
	guide_blocks ini docs/guides/pam-fleet.md >/etc/freshtoken/freshtoken.conf
	printf 'alice 2f7c9a31-5d0e\n' >/etc/freshtoken/users
	openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out /etc/freshtoken/robot.pem
	chmod 600 /etc/freshtoken/robot.pem
	root_types 'freshtoken config check /etc/freshtoken/freshtoken.conf' 'freshtoken config check' \
		'freshtoken setup pam --apply' 'freshtoken setup pam' \
		'freshtoken doctor --person alice || [ $? -ne 2 ]'
	# There is no such directory, so doctor has something to say.
	sed 's/^freshtoken doctor$/& || [ $? -eq 1 ]/' "$W/script" >"$W/with_findings"
	by root "$W/with_findings"
	root_types 'freshtoken setup pam --remove --apply'
}
purged() {
	by admin <(echo 'freshtoken setup docker --remove --apply') || :
	echo 'freshtoken setup docker --remove --apply' >>"$W/said"
	admin 'sudo apt purge freshtoken'
	not dpkg-query -W -f '${db:Status-Status}\n' libpam-freshtoken freshtoken
	by admin <(echo 'ssh alice@localhost true')
}

# What a guide has between backquotes within its text, and begins with a program's name.
nothing_is_left_out() {
	local page

	for page in docs/guides/*.md docs/troubleshooting.md; do
		sed '/^ *```/,/^ *```/d' "$page" | grep -oE '`[^`]+ [^`]+`' | tr -d '`' | sed 's/\\|/|/' |
			grep -E '^(sudo|\./|apt|freshtoken|git|docker|podman|skopeo|ssh|touch|journalctl|echo|printf|ansible-playbook|systemctl|authselect|ausearch|rm|cp|[A-Z]+=[^ ]*) '
	done | sort -u >"$W/named"
	{
		cat "$W/said"
		cat docs/guides/*.md | sed -n '/^```sh/,/^```/p'
		not_run | cut -f 2
	} | sed 's/ || .*//' | sort -u >"$W/known"
	not grep -vxFf "$W/known" "$W/named"
	# And nothing is on a list that no page has.
	instead_of | cut -f 2 | while read -r line; do grep -qxF -e "$line" docs/guides/*.md; done
	not_run | cut -f 2 | while read -r line; do grep -qF -e "$line" docs/guides/*.md docs/troubleshooting.md; done
}

mkdir -p "$W"
trap run_at_exit EXIT
give_up() { echo "Bail out! $*"; exit 1; }
start_servers
useradd -m -s /bin/bash admin
usermod -a -G sudo admin
echo '%sudo ALL=(ALL:ALL) NOPASSWD: ALL' >/etc/sudoers.d/tests
echo 'APT::Get::Assume-Yes "true";' >/etc/apt/apt.conf.d/tests
: >"$W/said"
test_that 'the first ten minutes: install, an account, git clone, skopeo copy, upgrade, removal' first_ten_minutes
test_that 'git' with_git
test_that 'docker' with_docker
test_that 'adding a vendor' vendor
test_that 'ssh logins on one host' one_host
test_that 'ssh logins on ten thousand hosts: the commands for tools, the switch' fleet
test_that 'purge, and logins still work' purged
test_that 'only the commands on the list are not run' nothing_is_left_out
instead_of | sed 's/\([^\t]*\)\t\([^\t]*\)\t.*/# not as it is: \2 (\1)/'
not_run | sed 's/\([^\t]*\)\t\(.*\)/# not run: \2 (\1)/'
test_end

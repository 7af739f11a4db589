#!/bin/bash
# SPDX-License-Identifier: MIT
# Runs the commands of each page of docs/guides/ unchanged, with the tests' servers instead of those
# in the guide. tests/pam/guides.sh runs those about logins.
. "${FT_SRCDIR:?run me with make check}/tests/harness/tap.sh"
. "$FT_SRCDIR/tests/services/servers.sh"
. "$FT_SRCDIR/tests/harness/accounts.sh"
. "$FT_SRCDIR/tests/harness/guides.sh"
need curl git nginx fcgiwrap docker-registry skopeo
start_token_service
ts create work client_id=cli >/dev/null
start_web work
make_repository project
make_image "$T/image"
REGISTRY=${WEB_TLS#*://}

# What a page needs that was there before: an account, and an image to copy.
signed_in() {
	ts login work >/dev/null
	account work "server=$TS/work" client_id=cli "match=$WEB" "match=$REGISTRY"
	sign_in work
}
image_is_there() {
	printf '{"auths":{"%s":{"auth":"%s"}}}\n' "$REGISTRY" \
		"$(printf 'x:%s' "$(newest work)" | base64 -w0)" >auth
	command skopeo --insecure-policy copy -q --authfile auth --dest-cert-dir "$CERT_DIR" \
		"oci:$T/image:latest" "docker://$REGISTRY/team/image:1"
}
image_is_there >/dev/null

# Commands that are others here.
apt() { echo "$*" >>apt.said; }
skopeo() { command skopeo --insecure-policy "$1" --src-cert-dir "$CERT_DIR" "${@:2}"; }
freshtoken() {
	case $# in
	2) if [ "$1" = login ]; then sign_in "$2"; else command freshtoken "$@"; fi ;;
	1) command freshtoken "$@" || [ "$1 $?" = 'doctor 1' ] ;;
	*) command freshtoken "$@" ;;
	esac
}
names() {
	sed -e "s|https://git.example.com/team/|$WEB/|g" -e "s|https://git.example.com|$WEB|g" \
		-e "s|registry.example.com|$REGISTRY|g" -e "s|https://sso.example.com|$TS/$1|g"
}

# in_a_home GUIDE TENANT
in_a_home() {
	export HOME=$T/$1 XDG_CONFIG_HOME=$T/$1/.config XDG_STATE_HOME=$T/$1/.local/state
	mkdir -p "$XDG_CONFIG_HOME" "$XDG_STATE_HOME"
	cd "$HOME"
	guide_script "guides/$1.md" | names "$2" >script
	[ -s script ]
}

first_ten_minutes() {
	in_a_home first-ten-minutes work
	follow script
	contains 'install ./freshtoken_*.deb' apt.said
	contains hello project/hello.txt
	[ -f image/manifest.json ]
	lacks work "$XDG_CONFIG_HOME/freshtoken/freshtoken.conf"
	must_fail git config --global --get-regexp '^credential\.'
}
test_case 'the first ten minutes' first_ten_minutes

with_git() {
	in_a_home git work
	signed_in
	follow script
	contains hello project/hello.txt
	grep -q '^password=' out
	must_fail git config --global --get-regexp '^credential\.'
}
test_case 'git' with_git

with_docker() {
	in_a_home docker work
	signed_in
	follow script
	[ -f image/manifest.json ]
	grep -q '"Secret":' out
	lacks freshtoken .docker/config.json
}
test_case 'docker and podman' with_docker

vendor() {
	ts create vendor vendor=abitmedia >/dev/null
	in_a_home adding-a-vendor vendor
	# Somebody types them.
	sed -i 's/login acme --password/& <password/' script
	printf 'alice\nwonderland\n' >password
	follow script
	equal 1 "$(ts_count vendor logins)"
	equal 1 "$(ts_count vendor refreshes)"
	is_good vendor "$(command freshtoken token acme)"
	# What the page calls the end of a sign-in is one.
	ts revoke-family vendor
	expect_status 4 freshtoken refresh acme 2>err
	contains 'freshtoken login acme' err
	# And it is the service that the page tells of.
	grep '^> {"success"' "$FT_SRCDIR/docs/guides/adding-a-vendor.md" | tr -d '> ' | grep -o '"[a-zA-Z]*":' |
		sort -u >page
	grep -c . page | grep -qx 6
}
test_case 'a vendor from its API page' vendor

# Every configuration that a page shows is one.
shows_configurations() {
	local guide

	for guide in "$FT_SRCDIR"/docs/guides/*.md; do
		# The service user that the page has somebody make may not be there.
		guide_blocks ini "$guide" | sed -e "s|/etc/freshtoken/|$T/|" \
			-e 's|^users .*|&\nservice_user = daemon|' >shown.conf
		[ -s shown.conf ] || continue
		printf 'alice 5\n' >users
		printf secret >robot.pem
		chmod 600 robot.pem
		command freshtoken config check shown.conf 2>err || { cat err; complain "$guide"; }
	done
}
test_case 'the configurations that they show are valid' shows_configurations

# packaging/ has an Ansible role and a Puppet class, which tests/packages/tools.sh runs.
names_what_is_there() {
	grep -rhoE 'freshtoken (config check|setup [a-z]+ [a-z -]*--[a-z]+)' "$FT_SRCDIR/packaging/ansible" \
		"$FT_SRCDIR/packaging/puppet" | sort -u >commands
	[ "$(wc -l <commands)" -ge 2 ]
	while read -r _ command rest; do
		command freshtoken "$command" --help >help
		for word in $rest; do
			case $word in --*) contains "$word" help ;; esac
		done
	done <commands
	contains /etc/freshtoken/pam.off "$FT_SRCDIR/packaging/ansible/tasks/main.yml"
	contains /etc/freshtoken/pam.off "$FT_SRCDIR/packaging/puppet/freshtoken.pp"
	# Every variable of a task has a default, and every default a use.
	grep -hoE '\bfreshtoken_[a-z]+' "$FT_SRCDIR/packaging/ansible/tasks/main.yml" | grep -vE '_(stack|installed)' |
		sort -u >used
	sed -n 's/^\(freshtoken_[a-z]*\):.*/\1/p' "$FT_SRCDIR/packaging/ansible/defaults/main.yml" |
		sort | same - used
	if python3 -c 'import yaml' 2>/dev/null; then
		python3 -c 'import sys, yaml
for name in sys.argv[1:]: yaml.safe_load(open(name))' "$FT_SRCDIR"/packaging/ansible/*/main.yml
	fi
}
test_case 'the role and the class use existing commands, options and variables' names_what_is_there

test_done

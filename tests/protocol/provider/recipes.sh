#!/bin/bash
# SPDX-License-Identifier: MIT
# Writes and runs what docs/ tells people to write and run, with the tests' own servers instead of
# those in the text.
. "${FT_SRCDIR:?run me with make check}/tests/harness/tap.sh"
. "$FT_SRCDIR/tests/services/servers.sh"
. "$FT_SRCDIR/tests/harness/accounts.sh"
need curl git
start_token_service

# blocks LANGUAGE HEADING FILE - those of a section, without their fences
blocks() {
	awk -v language="\`\`\`$1" -v heading="$2" '
		/^#+ / && !inside { here = $0 == heading; next }
		/^```/ { inside = !inside; take = inside && here && $0 == language; next }
		take' "$FT_SRCDIR/docs/$3"
}

# token_of URL - what git is given for it
token_of() {
	printf 'url=%s\n\n' "$1" | GIT_TERMINAL_PROMPT=0 git credential fill 2>>git.err |
		sed -n 's/^password=//p'
}

two_accounts_by_path() {
	blocks ini '## Two accounts of one host' hosts.md |
		sed -e "/^\[account/{h;s/^\[account \(.*\)\]/\1/;x};/^server/{G;s|=.*\n|= $TS/|}" \
			>"$XDG_CONFIG_HOME/freshtoken/freshtoken.conf"
	equal 2 "$(grep -c "^server *= $TS/[a-z]" "$XDG_CONFIG_HOME/freshtoken/freshtoken.conf")"
	blocks sh '## Two accounts of one host' hosts.md >commands
	equal 3 "$(wc -l <commands)"
	while read -r line; do
		case $line in
		'freshtoken login '*)
			name=${line##* }
			ts create "$name" client_id=git >/dev/null
			sign_in "$name"
			;;
		*) eval "$line" ;;
		esac
	done <commands
	equal "$(newest acme)" "$(token_of https://git.example.com/acme/project.git)"
	equal "$(newest own)" "$(token_of https://git.example.com/alice/project.git)"
	must_fail equal "$(newest acme)" "$(newest own)"
	for path in acme2/x alicex/y '' acme/../alice/z; do
		equal '' "$(token_of "https://git.example.com/$path")"
	done
	# The rest goes to who serves the host.
	ts create rest >/dev/null
	account rest "server=$TS/rest" match=https://git.example.com
	sign_in rest
	equal "$(newest rest)" "$(token_of https://git.example.com/acme2/x)"
	equal "$(newest acme)" "$(token_of https://git.example.com/acme/project.git)"
	git config --global --unset credential.https://git.example.com.useHttpPath
	must_fail freshtoken doctor >out 2>&1
	contains 'git sends no paths to https://git.example.com' out
}
mkdir -p "$XDG_CONFIG_HOME/freshtoken"
test_case 'two accounts of one host, distinguished by path (hosts.md)' two_accounts_by_path

CONF=$XDG_CONFIG_HOME/freshtoken/freshtoken.conf

# machine HEADING [SED…] - the configuration of that section of machines.md, and no other
machine() {
	local heading=$1

	shift
	blocks ini "## $heading" machines.md | sed "${@:-p;d}" >"$CONF"
	[ -s "$CONF" ]
}

machines_are_configured() {
	for heading in 'GitHub Actions' 'GitLab CI' Kubernetes 'A server with a key'; do
		machine "$heading"
		name=$(sed -n 's/^\[account \(.*\)\]/\1/p' "$CONF")
		freshtoken status "$name" >out
		lacks 'sign in' out
		expect_status 2 freshtoken login "$name" 2>err
		contains "nobody signs in to it" err
	done
}
test_case 'each configuration in machines.md is valid' machines_are_configured

# exchanges NAME - the service has it in a token that can be used, and once
exchanges() {
	freshtoken token "$1" >token
	is_good "$1" "$(cat token)"
	equal "$(cat token)" "$(freshtoken token "$1")"
	echo registry.example.com | docker-credential-freshtoken get >out
	contains "$(cat token)" out
}

gitlab_ci() {
	ts create registry >/dev/null
	machine 'GitLab CI' -e "s|https://sso.example.com|$TS/registry|"
	blocks yaml '## GitLab CI' machines.md >job.yaml
	variable=$(sed -n 's/^    \([A-Z_]*\):$/\1/p' job.yaml)
	contains "aud: $(sed -n 's/^audience *= //p' "$CONF")" job.yaml
	expect_status 5 freshtoken token registry 2>err
	contains "env:$variable: the variable is not set" err
	export "$variable=$(newest registry)"
	freshtoken refresh registry
	exchanges registry
	blocks sh '## What to run' machines.md >commands
	equal 4 "$(wc -l <commands)"
	while read -r line; do
		[ "$line" = 'freshtoken doctor' ] || ( eval "$line" )
	done <commands
	unset "$variable"
	equal "$(cat token)" "$(freshtoken token registry)"
}
test_case 'GitLab CI: a variable of the job' gitlab_ci

kubernetes() {
	ts create pod >/dev/null
	machine Kubernetes -e "s|https://sso.example.com|$TS/pod|" -e 's/^\[account .*/[account pod]/' \
		-e "s|/var/run/secrets|$T|"
	blocks yaml '## Kubernetes' machines.md >pod.yaml
	file=$(sed -n 's/^from *= file://p' "$CONF")
	equal "$(basename "$file")" "$(sed -n 's/^ *path: //p' pod.yaml)"
	expect_status 5 freshtoken token pod 2>err
	contains "file:$file: there is no such file" err
	# As the kubelet has it: a link to a folder that is replaced whole.
	mkdir -p "$T/tokens/..one"
	newest pod >"$T/tokens/..one/sso"
	ln -s ..one "$T/tokens/..data"
	ln -s ..data/sso "$file"
	freshtoken refresh pod
	exchanges pod
}
test_case 'Kubernetes: a file that the kubelet replaces' kubernetes

server_with_a_key() {
	blocks sh '## A server with a key' machines.md >commands
	equal 2 "$(wc -l <commands)"
	# shellcheck source=/dev/null
	(umask 077 && . ./commands)
	machine 'A server with a key' -e "s|https://sso.example.com|$TS/robot|" \
		-e "s|/etc/freshtoken|$T|"
	ts create robot >/dev/null
	# That service knows no such client, but what it is asked is signed.
	expect_status 1 freshtoken token robot 2>err
	contains 'HTTP 400' err
	mv robot.pem away
	must_fail freshtoken refresh robot 2>err
	contains "$T/robot.pem" err
}
test_case 'a server with a key: created, used, and missing' server_with_a_key

test_done

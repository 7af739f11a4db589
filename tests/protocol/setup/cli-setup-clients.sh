#!/bin/bash
# SPDX-License-Identifier: MIT
# freshtoken setup for clients that only ask for a token: what it shows, and what it writes.
. "${FT_SRCDIR:?run me with make check}/tests/harness/tap.sh"
. "$FT_SRCDIR/tests/harness/conversation.sh"

configure <<'EOF'
[account work]
server = https://work.sso.example.com
match = https://cache.example.com
match = https://*.example.org/team/*
match = npm.example.com:8443/a
match = http://plain.example.com

[account other]
server = https://sso.example.net
match = cache.example.com/other
EOF
links=$HOME/.local/bin
program=$(command -v docker-credential-freshtoken)

shown_alone() {
	while read -r name words; do
		freshtoken setup "$name" >out 2>err
		empty err
		contains "$words" out
		for option in --apply --remove; do
			expect_status 2 freshtoken setup "$name" "$option" >out 2>err
			contains "the lines are only shown" err
		done
	done <<-'END'
		cargo global-credential-providers = ["cargo:token", "cargo-credential-freshtoken"]
		go go env -w GOAUTH='freshtoken goauth; netrc'
		keyring pip config set global.keyring-provider subprocess
		kubectl --exec-arg=kubernetes --exec-arg=other
		kubelet apiVersion: credentialprovider.kubelet.k8s.io/v1
		mcp "headersHelper": "freshtoken headers https://npm.example.com:8443/a"
	END
	freshtoken setup mcp >out
	lacks plain.example.com out
	lacks '*' out
	plant work 3600
	eval "$(sed -n 's/.*: "\(.*8443.*\)"$/\1/p' out)" >answer
	same_text '{"Authorization":"Bearer access-work-7"}' answer
	rm "$STATE"/work.*
	freshtoken setup kubectl --account work >out
	lacks other out
	equal 'kubectl config set-context --current --user=work' "$(tail -n 1 out)"
	# Of two the lines are no script that would choose the last.
	freshtoken setup kubectl >out
	equal 2 "$(grep -c '^kubectl config set-credentials' out)"
	equal 2 "$(grep -c '^# to use it: kubectl config set-context --current --user=' out)"
	must_fail grep -q '^kubectl config set-context' out
	find "$HOME" -type f ! -name freshtoken.conf >files
	empty files
}
test_case 'programs whose lines are only shown' shown_alone

# The help, the manual page and the completions name what there is, and nothing else.
named_alike() {
	local name

	freshtoken setup --help | sed -n '/^PROGRAM is /,/\.$/p' | sed 's/^PROGRAM is//; s/(.*)//' |
		tr -c 'a-z\n' '\n' | grep -vxF -e or -e '' | sort >named
	[ "$(wc -l <named)" -ge 11 ]
	sed -n '/^\\fBsetup\\fR /,/^\\fBdoctor\\fR /p' "$FT_SRCDIR/docs/freshtoken.1" >page
	while read -r name; do
		grep -qE "^\\.I(R|B)? (\"?|.* )$name\\b" page || complain "the manual page lacks $name"
		[ "$name" = pam ] || freshtoken setup "$name" >out 2>err || complain "no setup $name"
		must_fail grep -q 'expected' err
	done <named
	# And what is known is named.
	sed -n 's/^	{ \.name = "\([a-z]*\)".*/\1/p' "$FT_SRCDIR/helper/setup/clients.c" >known
	[ -s known ]
	while read -r name; do grep -qx "$name" named || complain "the help lacks $name"; done <known
}
test_case 'help, manual page and program agree' named_alike

bazel_lines() {
	freshtoken setup bazel >shown 2>err
	same_text "freshtoken: nothing is changed yet; to do it: freshtoken setup bazel --apply" err
	printf '%s\n' "$HOME/.bazelrc:" \
		'common --credential_helper=cache.example.com=bazel-credential-freshtoken' \
		'common --credential_helper=*.example.org=bazel-credential-freshtoken' \
		'common --credential_helper=npm.example.com=bazel-credential-freshtoken' | same - shown
	[ ! -e "$HOME/.bazelrc" ]
	printf '# mine\nbuild --jobs=4' >"$HOME/.bazelrc"
	chmod 640 "$HOME/.bazelrc"
	freshtoken setup bazel --apply >out 2>err
	same shown out
	empty err
	{ printf '# mine\nbuild --jobs=4\n'; sed 1d shown; } | same - "$HOME/.bazelrc"
	equal 640 "$(stat -c %a "$HOME/.bazelrc")"
	freshtoken setup bazel --apply >out 2>err
	empty out
	same_text "freshtoken: no change is needed for bazel" err
	freshtoken setup bazel --remove --apply >out 2>err
	printf '# mine\nbuild --jobs=4\n' | same - "$HOME/.bazelrc"
}
test_case 'bazel: its lines, once, after those of others; and their removal' bazel_lines

bazel_of_others() {
	printf 'common --credential_helper=cache.example.com=/opt/helper\n' >"$HOME/.bazelrc"
	freshtoken setup bazel --account other --apply >out 2>err
	contains "$HOME/.bazelrc has another line for \"common --credential_helper=cache.example.com\": change it by hand" err
	printf 'common --credential_helper=cache.example.com=/opt/helper\n' | same - "$HOME/.bazelrc"
	# Our line would be a part of that one.
	printf 'build --jobs=4 \\\n' >"$HOME/.bazelrc"
	expect_status 1 freshtoken setup bazel --apply >out 2>err
	contains 'by hand' err
	printf 'build --jobs=4 \\\n' | same - "$HOME/.bazelrc"
	rm "$HOME/.bazelrc"
}
test_case 'bazel: lines of others for a host stay, and a continued line' bazel_of_others

pnpm_folders() {
	mkdir -p config/freshtoken
	printf '%s\n' '[account folders]' server=https://sso.example.net \
		'match=packages.example.com/team/*' 'match=packages.example.com/other*' \
		'match=rest.example.com/*' >config/freshtoken/freshtoken.conf
	XDG_CONFIG_HOME=$PWD/config freshtoken setup pnpm | sed 's/=.*//' >out
	printf '%s\n' "ln -s '$program' '$links/freshtoken-bearer-folders'" "$HOME/.npmrc:" \
		//packages.example.com/team/:tokenHelper //rest.example.com/:tokenHelper | same - out
}
test_case 'pnpm: keys are folders, with one slash at their end' pnpm_folders

pnpm_lines() {
	freshtoken setup pnpm --account work >shown 2>err
	contains "freshtoken setup pnpm --account work --apply" err
	[ ! -e "$links" ]
	printf '%s\n' "ln -s '$program' '$links/freshtoken-bearer-work'" "$HOME/.npmrc:" \
		"//cache.example.com/:tokenHelper=$links/freshtoken-bearer-work" \
		"//npm.example.com:8443/a/:tokenHelper=$links/freshtoken-bearer-work" \
		"//plain.example.com/:tokenHelper=$links/freshtoken-bearer-work" | same - shown
	freshtoken setup pnpm --account work --apply >out 2>err
	same shown out
	plant work 3600
	equal "Bearer access-work-7" "$("$links/freshtoken-bearer-work")"
	cp "$HOME/.npmrc" before
	freshtoken setup pnpm --account work --apply >out 2>err
	empty out
	same before "$HOME/.npmrc"
	freshtoken setup pnpm --remove --apply >out 2>err
	empty "$HOME/.npmrc"
	[ ! -L "$links/freshtoken-bearer-work" ]
}
test_case 'pnpm: its lines and the link that they name; and their removal' pnpm_lines

terraform_lines() {
	plugin=$HOME/.terraform.d/plugins/terraform-credentials-freshtoken
	freshtoken setup terraform >shown
	printf '%s\n' "ln -s '$program' '$plugin'" "$HOME/.terraformrc:" \
		'credentials_helper "freshtoken" {}' | same - shown
	freshtoken setup terraform --apply >out
	same shown out
	same_text 'credentials_helper "freshtoken" {}' "$HOME/.terraformrc"
	"$plugin" --version >out
	contains "freshtoken " out
	freshtoken setup terraform --remove --apply >out
	empty "$HOME/.terraformrc"
	[ ! -L "$plugin" ]
	echo 'credentials_helper "vault" {}' >"$HOME/.terraformrc"
	freshtoken setup terraform --apply >out 2>err
	contains "change it by hand" err
	same_text 'credentials_helper "vault" {}' "$HOME/.terraformrc"
}
test_case 'terraform: its line and its plugin; another helper stays' terraform_lines

not_in_path() {
	local freshtoken

	freshtoken=$(command -v freshtoken)
	for name in bazel cargo; do
		PATH=/usr/bin:/bin "$freshtoken" setup "$name" >out 2>err
		contains "$name-credential-freshtoken is not found in PATH: add its folder, or $name cannot call it" err
	done
}
test_case 'a program that is not in PATH' not_in_path

no_such_account() {
	expect_status 3 freshtoken setup bazel --account nobody >out 2>err
	empty out
	contains "there is no account nobody" err
	expect_status 2 freshtoken setup bazel --account work --remove >out 2>err
	empty out
}
test_case 'an unknown account' no_such_account
test_done

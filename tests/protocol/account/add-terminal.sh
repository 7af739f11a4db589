#!/bin/bash
# SPDX-License-Identifier: MIT
# From nothing to a git clone: what a new user types after "freshtoken add", at a real OpenID
# provider.
. "${FT_SRCDIR:?run me with make check}/tests/harness/tap.sh"
. "$FT_SRCDIR/tests/services/servers.sh"
. "$FT_SRCDIR/tests/services/openid.sh"
. "$FT_SRCDIR/tests/harness/accounts.sh"
. "$FT_SRCDIR/tests/harness/tmux.sh"

need tmux git openssl nginx fcgiwrap docker-registry
need_openid
start_openid --interval 1 --offline always
TS=$OPENID start_web any
make_repository project
registry=${WEB_TLS#*://}

add_sign_in_with_code() {
	terminal "freshtoken add work --server $OPENID --client-id cli --match $WEB --match $registry"
	eventually 20 shows "Sign in now? [Y/n]"
	contains "account work: its service lets people sign in by device, by browser" screen.txt
	lacks "asking" screen.txt
	typed Enter
	eventually 20 shows "and enter the code"
	code=$(sed -n "/^and enter the code/,\$s/^    //p" screen.txt | head -n 1)
	openid_approve_device "$code" alice >/dev/null
	eventually 20 shows "Tell git to ask freshtoken? [Y/n]"
	contains "account work: signed in as alice" screen.txt
	typed Enter
	eventually 20 shows "Tell docker, podman and skopeo to ask freshtoken? [Y/n]"
	typed Enter
	eventually 20 shows "[ended: 0]"
	contains "\"$registry\": \"freshtoken\"" "$HOME/.docker/config.json"
	git clone -q "$WEB/project.git" cloned 2>err
	empty err
	same_text hello cloned/hello.txt
}
test_case 'add, sign in with a code, set up git and docker: Enter four times, and git clone works' \
	add_sign_in_with_code

browser_ends_no_reason() {
	terminal "BROWSER=$OPENID_BROWSER freshtoken add second --server $OPENID --client-id cli --match second.example.com"
	eventually 20 shows "Sign in now? [Y/n]"
	typed Enter
	eventually 20 shows "account second: signed in as alice"
	eventually 20 shows "Tell git to ask freshtoken? [Y/n]"
	typed Enter
	eventually 20 shows "Tell docker, podman and skopeo"
	typed n Enter
	eventually 20 shows "[ended: 0]"
	git config --global --get-all credential.https://second.example.com.helper |
		grep -x freshtoken
}
test_case 'the end of the browser does not make the next step fail' browser_ends_no_reason

signin_refused() {
	terminal "freshtoken add other --server $OPENID --client-id cli --match other.example.com"
	eventually 20 shows "Sign in now? [Y/n]"
	typed y Enter
	eventually 20 shows "and enter the code"
	code=$(sed -n "/^and enter the code/,\$s/^    //p" screen.txt | head -n 1)
	openid_deny_device "$code" >/dev/null
	eventually 20 shows "Tell git to ask freshtoken? [Y/n]"
	typed n Enter
	eventually 20 shows "Tell docker, podman and skopeo"
	typed n Enter
	eventually 20 shows "[ended: 4]"
	equal signed-out "$(verdict other)"
}
test_case 'a refused sign-in: the other questions are asked, and add fails' \
	signin_refused

ctrl_c_at_question() {
	terminal "freshtoken add third --server $OPENID --client-id cli --match third.example.com"
	eventually 20 shows "Sign in now? [Y/n]"
	typed C-c
	eventually 20 shows "[ended: 130]"
	equal signed-out "$(verdict third)"
	must_fail git config --global --get-all credential.https://third.example.com.helper
}
test_case 'Ctrl-C at a question: the account is written, and nothing else was done' ctrl_c_at_question
test_done

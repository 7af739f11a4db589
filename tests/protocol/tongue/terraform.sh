#!/bin/bash
# SPDX-License-Identifier: MIT
# The conversations of Terraform and OpenTofu with their credentials helper.
. "${FT_SRCDIR:?run me with make check}/tests/harness/tap.sh"
. "$FT_SRCDIR/tests/harness/conversation.sh"
. "$FT_SRCDIR/tests/protocol/tongue/tongue.sh"

configure_tongue

terraform_says() {
	converse terraform-credentials-freshtoken "$@"
}

gets_token() {
	plant work 3600
	for host in git.example.com GIT.example.com git.example.com:443; do
		terraform_says get "$host" <<-'END'
			--
			{"token":"access-work-7"}
		END
	done
}
test_case 'get: the token of a host' gets_token

gets_nothing() {
	plant work 3600
	for host in other.example.com git.example.com:8443 example.com; do
		terraform_says get "$host" <<-'END'
			--
			{}
		END
	done
}
test_case 'get: {} for a host that no account matches' gets_nothing

no_host() {
	plant work 3600
	for host in git.example.com/x alice@git.example.com 'git.example.com?' \
		https://git.example.com $'git.example.com\nx'; do
		for action in get store forget; do
			expect_status 1 terraform-credentials-freshtoken "$action" "$host" >out \
				2>err </dev/null
			empty out
			equal 1 "$(wc -l <err)"
		done
	done
}
test_case 'an invalid host is refused' no_host

sign_in_needed() {
	rm -f "$STATE/work.json"
	expect=4 terraform_says get git.example.com <<-'END'
		--
		--
		freshtoken: account work: nobody has signed in; run: freshtoken login work
	END
}
test_case 'get: a sign-in is needed' sign_in_needed

changes_nothing() {
	plant work 3600
	whole_state >before
	terraform_says store git.example.com <<-'END'
		{"token":"another"}
		--
		--
		freshtoken: git.example.com is served by the account work: the token was not stored
	END
	terraform_says forget git.example.com <<-'END'
		--
		--
		freshtoken: the sign-in is kept; to end it, run: freshtoken logout work
	END
	terraform_says forget other.example.com </dev/null
	expect=1 terraform_says store other.example.com <<-'END'
		{"token":"another"}
		--
		--
		freshtoken: no account matches other.example.com: its token is not stored; take credentials_helper out of the CLI configuration, or run: freshtoken add NAME --server URL --match other.example.com
	END
	whole_state | same before -
}
test_case 'store and forget change nothing, and say so' changes_nothing

other_words() {
	expect_status 2 terraform-credentials-freshtoken </dev/null >out 2>err
	empty out
	contains "usage: terraform-credentials-freshtoken" err
	expect_status 2 terraform-credentials-freshtoken list git.example.com </dev/null >out 2>err
	empty out
	contains 'unknown action "list"' err
	expect_status 2 terraform-credentials-freshtoken get </dev/null >out 2>err
	empty out
}
test_case 'other arguments: usage' other_words
test_done

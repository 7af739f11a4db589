#!/bin/bash
# SPDX-License-Identifier: MIT
# freshtoken headers, and the links freshtoken-bearer-ACCOUNT.
. "${FT_SRCDIR:?run me with make check}/tests/harness/tap.sh"
. "$FT_SRCDIR/tests/harness/conversation.sh"
. "$FT_SRCDIR/tests/protocol/tongue/tongue.sh"

configure_tongue

headers_of_url() {
	plant work 3600
	for url in https://git.example.com https://git.example.com/mcp git.example.com; do
		converse freshtoken headers "$url" <<-'END'
			--
			{"Authorization":"Bearer access-work-7"}
		END
	done
}
test_case 'headers: of a URL that an account matches' headers_of_url

headers_of_nobody() {
	plant work 3600
	for url in https://other.example.com http://git.example.com https://alice@git.example.com; do
		expect=3 converse freshtoken headers "$url" <<-'END'
			--
			--
			freshtoken: no account matches this URL; see: freshtoken list; freshtoken add makes another
		END
	done
	for url in "" $'https://git.example.com/\r' $'https://git.example.com/\377' \
		"https://git.example.com/$(head -c 5000 /dev/zero | tr '\0' a)"; do
		expect_status 1 freshtoken headers "$url" >out 2>err
		empty out
		equal 1 "$(wc -l <err)"
		contains "freshtoken: the URL " err
	done
}
test_case 'headers: of a URL that no account matches, or an invalid one' headers_of_nobody

headers_need_sign_in() {
	rm -f "$STATE/work.json"
	expect=4 converse freshtoken headers https://git.example.com <<-'END'
		--
		--
		freshtoken: account work: nobody has signed in; run: freshtoken login work
	END
}
test_case 'headers: a sign-in is needed' headers_need_sign_in

bearer_by_links_name() {
	plant work 3600
	mkdir links
	for program in freshtoken docker-credential-freshtoken; do
		ln -sf "$(command -v "$program")" links/freshtoken-bearer-work
		converse links/freshtoken-bearer-work <<-'END'
			--
			Bearer access-work-7
		END
	done
	expect_status 2 links/freshtoken-bearer-work get >out 2>err
	empty out
	contains "usage: freshtoken-bearer-work" err
	ln -s freshtoken-bearer-work links/freshtoken-bearer-other
	expect_status 3 links/freshtoken-bearer-other >out 2>err
	empty out
	contains "there is no account other" err
	rm "$STATE/work.json"
	expect_status 4 links/freshtoken-bearer-work >out 2>err
	empty out
	contains "run: freshtoken login work" err
	# Without an account in its name it is no link of ours.
	ln -s freshtoken-bearer-work links/freshtoken-bearer-
	must_fail links/freshtoken-bearer- </dev/null
}
test_case 'freshtoken-bearer-ACCOUNT: "Bearer TOKEN", and no arguments' bearer_by_links_name
test_done

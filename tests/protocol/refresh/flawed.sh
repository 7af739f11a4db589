#!/bin/bash
# SPDX-License-Identifier: MIT
# Correct answers with one flaw: their tokens are used, or at least kept. The service has spent the
# old refresh token, whether the answer can be read or not.
. "${FT_SRCDIR:?run me with make check}/tests/harness/tap.sh"
. "$FT_SRCDIR/tests/services/servers.sh"
. "$FT_SRCDIR/tests/harness/accounts.sh"
need curl
start_token_service

unread() { printf '%s/freshtoken/%s.unread\n' "$XDG_STATE_HOME" "$1"; }

n=0
is_used() {	# FAULT VENDOR [KEY=VALUE…]
	new_account u$n "${@:2}"
	before=$(git_token u$n)
	ts fault u$n "fault=$1"
	freshtoken refresh u$n
	[ "$before" != "$(git_token u$n)" ] || complain 'the old token'
	is_good u$n "$(git_token u$n)"
	equal 1 "$(ts_count u$n faults)"
	freshtoken refresh u$n
	equal '3 0 0' "$(state_of_spending u$n)"
	[ ! -e "$(unread u$n)" ] || complain 'kept what was read'
}

# used VENDOR FAULT [KEY=VALUE…] - as good as one without the flaw
used() {
	n=$((n + 1))
	test_case "$1 ${*:3}: $2 is used" is_used "$2" "$1" "${@:3}"
}

for fault in wrong-type wrong-type:text/plain wrong-type:text/html \
	wrong-type:application/octet-stream \
	wrong-type:application/xml flaw:trailing flaw:second flaw:latin1 flaw:control \
	flaw:repeated \
	flaw:nested flaw:long flaw:unended flaw:gzip; do
	used oauth2 "$fault"
done
for fault in wrong-type wrong-type:text/html wrong-type:application/json flaw:trailing flaw:latin1 \
	flaw:control flaw:repeated flaw:nested flaw:long flaw:unended flaw:gzip; do
	used consinco "$fault" format=xml
done
for fault in wrong-type:text/html flaw:trailing flaw:latin1 flaw:gzip; do
	used abitmedia "$fault"
	used formulacerta "$fault"
done
flaw_in_answer_to_signin() {
	for fault in wrong-type:text/html flaw:trailing flaw:latin1 flaw:gzip; do
		name=in$((RANDOM))
		ts create "$name" >/dev/null
		account "$name" "server=$TS/$name" "match=$name.example.com"
		ts fault "$name" "fault=$fault"
		sign_in "$name"
		is_good "$name" "$(git_token "$name")"
	done
}
test_case 'a flaw in the answer to a sign-in does no harm either' flaw_in_answer_to_signin

new_refresh_token_is_kept() {	# FAULT VENDOR [KEY=VALUE…]
	new_account u$n "${@:2}"
	before=$(git_token u$n)
	ts fault u$n "fault=$1"
	expect_status 5 freshtoken refresh u$n 2>err
	cat err
	no_secret err u$n
	contains 'its new refresh token is kept' err
	equal "$before" "$(git_token u$n)"
	freshtoken refresh u$n
	is_good u$n "$(git_token u$n)"
	equal '3 0 0' "$(state_of_spending u$n)"
	[ ! -e "$(unread u$n)" ] || complain 'it outlived the next good exchange'
}

# salvaged VENDOR FAULT [KEY=VALUE…] - nothing of it is handed out,
# and the new refresh token is kept
salvaged() {
	n=$((n + 1))
	test_case "$1 ${*:3}: of $2 the new refresh token is kept" new_refresh_token_is_kept "$2" \
		"$1" "${@:3}"
}
salvaged abitmedia flaw:short
salvaged oauth2 duplicate
salvaged consinco flaw:short format=xml

what_nobody_can_read() {	# FAULT WHY
	new_account k$n oauth2 -- reuse_detection=no
	before=$(git_token k$n)
	ts fault k$n "fault=$1"
	expect_status 5 freshtoken refresh k$n 2>err
	cat err
	no_secret err k$n
	contains "$2" err
	contains "kept in $(unread k$n)" err
	equal 600 "$(stat -c %a "$(unread k$n)")"
	contains "$(ts tokens k$n | sed -n s/^refresh_token=//p)" "$(unread k$n)"
	equal "$before" "$(git_token k$n)"
	freshtoken status k$n --json >json
	contains "kept in $(unread k$n)" json
	freshtoken doctor >findings || :
	contains "$(unread k$n)" findings
	# The old one is spent; the message still says where to look.
	expect_status 4 freshtoken refresh k$n 2>err
	contains "kept in $(unread k$n)" err
	# As a person would: with what he finds there.
	sign_in k$n
	is_good k$n "$(git_token k$n)"
	[ ! -e "$(unread k$n)" ] || complain 'it outlived a good exchange'
}

# kept FAULT WHY - nobody can read it, and a person may
kept() {
	n=$((n + 1))
	test_case "$1: a body that cannot be read is kept for a person" what_nobody_can_read "$@"
}

# Its last member is the refresh token, and may have been longer.
kept flaw:short 'the answer is not JSON'
kept flaw:leading 'the answer is not JSON'
kept flaw:refresh-twice 'duplicate key'
refresh_token_cannot_be_used() {
	new_account odd oauth2 -- rotate=no
	ts fault odd "fault=refresh:\"m\u00fcnze-und-mehr\""
	freshtoken refresh odd
	is_good odd "$(git_token odd)"
	contains "münze-und-mehr" <(sed "s/.u00fc/ü/" "$(unread odd)")
	freshtoken status odd --json >json
	contains "kept in $(unread odd)" json
	freshtoken refresh odd
	[ ! -e "$(unread odd)" ]
}
test_case 'an invalid refresh token is kept too, with the valid access token' \
	refresh_token_cannot_be_used

refresh_token_of_another_type() {	# JSON
	ts fault types "fault=refresh:$1"
	freshtoken refresh types
	is_good types "$(git_token types)"
	contains "$1" "$(unread types)"
	freshtoken status types --json >json
	contains "a refresh token that is no text" json
}
new_account types oauth2 -- rotate=no
for token in true '{"value":"the-next-one"}'; do
	test_case "$token as a refresh token is kept, and said" refresh_token_of_another_type "$token"
done

what_kept_capped() {
	new_account cap oauth2 -- rotate=no
	ts fault cap fault=flaw:leading
	expect_status 5 freshtoken refresh cap
	ts fault cap fault=oversize times=6
	for i in 1 2 3 4 5 6; do expect_status 5 freshtoken refresh cap; done
	[ "$(stat -c %s "$(unread cap)")" -gt 131072 ]
	[ "$(stat -c %s "$(unread cap)")" -le 262144 ]
	contains "Notice: Undefined index" "$(unread cap)"
}
test_case 'the kept body has a limit, and the first is not replaced by later ones' what_kept_capped

web_page_captive_portal() {
	new_account page oauth2
	ts fault page fault=html200
	expect_status 5 freshtoken refresh page 2>err
	contains "a web page" err
	[ ! -e "$(unread page)" ]
	freshtoken refresh page
}
test_case 'a web page is a captive portal, and is not kept' web_page_captive_portal

logout_leaves_nothing_of_it() {
	new_account gone oauth2
	ts fault gone fault=flaw:leading
	expect_status 5 freshtoken refresh gone
	[ -e "$(unread gone)" ]
	freshtoken logout gone || :
	[ ! -e "$(unread gone)" ]
}
test_case 'logout removes it' logout_leaves_nothing_of_it

profile_may_still_refuse() {
	mkdir -p "$XDG_CONFIG_HOME/freshtoken/providers"
	sed "s/^\[response\]/&\nuntyped = refuse/" \
		"$FT_SRCDIR/lib/providers/oauth2.conf" \
		>"$XDG_CONFIG_HOME/freshtoken/providers/strict.conf"
	ts create strict >/dev/null
	account strict provider=strict "server=$TS/strict" match=strict.example.com
	sign_in strict
	ts fault strict fault=wrong-type:text/plain
	expect_status 5 freshtoken refresh strict 2>err
	contains 'its media type is "text/plain"' err
	contains "kept in $(unread strict)" err
}
test_case 'a profile may still refuse a body without a media type' profile_may_still_refuse

refusal_with_wrong_media_type() {
	for fault in wrong-type:text/html wrong-type flaw:gzip; do
		name=no$((RANDOM))
		new_account "$name" oauth2
		ts revoke-family "$name"
		ts fault "$name" "fault=$fault" spend=yes
		expect_status 4 freshtoken refresh "$name"
	done
}
test_case 'a refusal with the wrong media type, or an incomplete one, still counts' \
	refusal_with_wrong_media_type
test_done

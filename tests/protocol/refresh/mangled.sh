#!/bin/bash
# SPDX-License-Identifier: MIT
# Wrong or hostile answers: nothing in them is handed out, but a rotated refresh token is kept.
. "${FT_SRCDIR:?run me with make check}/tests/harness/tap.sh"
. "$FT_SRCDIR/tests/services/servers.sh"
. "$FT_SRCDIR/tests/harness/accounts.sh"
need curl
start_token_service

is_refused() {	# as refuse has it
	local name=$1 status=${2%,*} next=${2#*,}

	new_account "$name" "$3" "${@:5}"
	before=$(git_token "$name")
	ts fault "$name" "fault=$4"
	expect_status "$status" freshtoken refresh "$name" 2>err
	lacks smuggled err
	no_secret err "$name"
	equal "$before" "$(git_token "$name")"
	equal "$before" "$(docker_token "$name")"
	cat ".git.$name" ".docker.$name" >out
	lacks smuggled out
	expect_status "$next" freshtoken refresh "$name"
	[ "$next" -ne 0 ] || is_good "$name" "$(git_token "$name")"
}

# refuse NAME STATUS,NEXT VENDOR FAULT [KEY=VALUE] - the refresh ends with STATUS and the next
# one with NEXT, and what there was goes on
refuse() {
	test_case "$3 ${5-}: $4 is refused" is_refused "$@"
}

n=0
for vendor in oauth2 abitmedia consinco kirjaswappi; do
	# The refresh token beside it is good, and kept.
	for fault in cr lf empty-token null-token no-token; do
		n=$((n + 1))
		refuse "r$n" 5,0 "$vendor" "$fault"
	done
done
for fault in cr lf empty-token null-token no-token; do
	n=$((n + 1))
	refuse "r$n" 5,0 consinco "$fault" format=xml
	# This one says Succeeded, and wants the access token that was none.
	refuse "s$n" 4,4 formulacerta "$fault"
	refuse "t$n" 4,4 formulacerta "$fault" format=xml
done
refuse t0 5,0 oauth2 other-type
# Not even well-formed, or not to be believed as a whole: the refresh token is in it all the same.
for fault in nul duplicate; do
	n=$((n + 1))
	refuse "u$n" 5,0 oauth2 "$fault"
	refuse "v$n" 5,0 abitmedia "$fault"
	refuse "w$n" 5,0 kirjaswappi "$fault"
done
refuse x1 5,4 consinco nul format=xml
refuse x2 5,4 formulacerta nul format=xml

expiry_is_nonsense() {	# as expiry has it
	local name=$1

	new_account "$name" "$2" "${@:4}"
	ts fault "$name" "fault=$3"
	freshtoken refresh "$name" || :
	# The service is left alone for a while, unless a person asks.
	git_token "$name" || freshtoken refresh "$name"
	is_good "$name" "$(git_token "$name")"
	git_says get "$name" >out
	must_fail grep -E '^password_expiry_utc=(-|0*$|[0-9]{13})' out
	freshtoken status "$name" --json >out
	freshtoken refresh "$name"
	is_good "$name" "$(git_token "$name")"
	equal '0 0' "$(ts_count "$name" refused) $(ts_count "$name" reuses)"
}

# expiry NAME VENDOR FAULT - what an answer says about its end is nonsense: the token is used,
# and nothing breaks
expiry() {
	test_case "$2 ${4-}: $3" expiry_is_nonsense "$@"
}

for vendor in oauth2 abitmedia consinco formulacerta kirjaswappi; do
	for fault in expires-absent expires-null expires-negative expires-huge expires-string \
		expires-past no-type; do
		n=$((n + 1))
		expiry "e$n" "$vendor" "$fault"
	done
done
for fault in expires-absent expires-null expires-negative expires-huge expires-string; do
	n=$((n + 1))
	expiry "e$n" consinco "$fault" format=xml
	expiry "f$n" formulacerta "$fault" format=xml
done

lifetime_is() {	# as stated has it
	new_account s$n oauth2
	ts fault s$n "fault=expires:$1"
	freshtoken refresh s$n
	freshtoken status s$n --json >json
	left=$(sed -n 's/.*"expires_in":\([0-9]*\),.*/\1/p' json)
	((left > $2 - 240 && left <= $2)) || complain "$left seconds"
	contains "${3-null}" json
}

# stated WHAT SECONDS [REASON] - a lifetime as some service writes it, and what is made of it
stated() {
	n=$((n + 1))
	test_case "expires_in $1: $2 seconds" lifetime_is "$@"
}

for text in 3600.0 3600.9 3.6e3 '" 3600 "' '"3600.0"'; do
	stated "$text" 3600
done
for text in '"3600s"' '""' '{}' true '"one hour"'; do
	stated "$text" 300 'states an expiry that cannot be read'
done
refresh_token_with_blank_one() {
	new_account blank oauth2
	ts fault blank "fault=refresh:\"two words\""
	freshtoken refresh blank
	contains "\"two words\"" "$XDG_STATE_HOME/freshtoken/blank.json"
	ts fault blank fault=json:503
	freshtoken refresh blank || :
	ts last-request blank | grep -qE "refresh_token=two(%20|[+])words"
}
test_case 'a refresh token with a space is valid (RFC 6749, A.17)' refresh_token_with_blank_one

refresh_token_can_be_none() {
	new_account odd oauth2 -- rotate=no
	ts fault odd fault=refresh:false
	freshtoken refresh odd
	lacks "\"false\"" "$XDG_STATE_HOME/freshtoken/odd.json"
	ts fault odd "fault=refresh:\"$(head -c 50000 /dev/zero | tr "\0" a)\""
	freshtoken refresh odd
	freshtoken status odd --json >json
	contains "the service issued a refresh token that is no text, is longer than" json
	ts fault odd "fault=refresh:\"a\u0007b\""
	freshtoken refresh odd
	freshtoken status odd --json >json
	contains "has invalid bytes" json
}
test_case 'an invalid refresh token is reported, and nothing is stored for it' \
	refresh_token_can_be_none

of_two_siblings_in_xml() {
	new_account twice consinco format=xml
	ts fault twice fault=duplicate
	freshtoken refresh twice
	equal "$(newest twice)" "$(git_token twice)"
}
test_case 'of two siblings in XML the first counts' of_two_siblings_in_xml

tokens_of_somebody_else() {
	new_account sub-$vendor $vendor
	before=$(git_token sub-$vendor)
	ts fault sub-$vendor fault=other-subject
	expect_status 4 freshtoken refresh sub-$vendor 2>err
	contains "freshtoken login sub-$vendor" err
	equal "$before" "$(git_token sub-$vendor)"
}

for vendor in consinco kirjaswappi; do
	test_case "$vendor: tokens of another person end the sign-in, and are not handed out" \
		tokens_of_somebody_else
done
answer_without_refresh_token() {
	for fault in no-refresh empty-refresh; do
		new_account $fault oauth2 -- rotate=no
		ts fault $fault fault=$fault times=2
		freshtoken refresh $fault
		freshtoken refresh $fault
		freshtoken refresh $fault
		equal "4 0 0" "$(state_of_spending $fault)"
	done
}
test_case 'an answer without a refresh token keeps the old one' answer_without_refresh_token
test_done

#!/bin/bash
# SPDX-License-Identifier: MIT
# When the sign-in has ended: it is reported once, with the remedy, and nothing is deleted.
. "${FT_SRCDIR:?run me with make check}/tests/harness/tap.sh"
. "$FT_SRCDIR/tests/services/servers.sh"
. "$FT_SRCDIR/tests/harness/accounts.sh"
need curl
start_token_service

over() {	# NAME - every way to ask says so and names the remedy
	local name=$1

	git_says get "$name" >out 2>err
	same_text quit=1 out
	equal 1 "$(wc -l <err)"
	contains "freshtoken login $name" err
	no_secret err "$name"
	equal needs-login "$(verdict "$name")"

	expect_status 1 docker-credential-freshtoken get >out 2>err <<<"$name.example.com"
	same_text "credentials not found in native keychain" out
	equal 1 "$(wc -l <err)"
	contains "freshtoken login $name" err
	no_secret err "$name"

	expect_status 4 freshtoken token "$name" >out 2>err
	empty out
	contains "freshtoken login $name" err
	expect_status 0 freshtoken status "$name" >out
	no_secret out "$name"
}

revoked_signin_needs_another() {
	new_account $name $vendor format=$format
	reject $name
	ts revoke-family $name
	over $name
	equal 1 "$(ts_count $name refused)"
	over $name
	equal 1 "$(ts_count $name refused)"
	ts login $name
	sign_in $name
	is_good $name "$(git_token $name)"
	equal fresh "$(verdict $name)"
}

refusal_throws_nothing_away() {
	new_account again-$vendor $vendor
	reject again-$vendor
	ts fault again-$vendor fault=refuse
	over again-$vendor
	freshtoken refresh again-$vendor
	is_good again-$vendor "$(git_token again-$vendor)"
	equal 0 "$(ts_count again-$vendor reuses)"
}

living_token_is_handed_out() {
	new_account lives-$vendor $vendor
	ts fault lives-$vendor fault=refuse
	expect_status 4 freshtoken refresh lives-$vendor
	equal "$(newest lives-$vendor)" "$(git_token lives-$vendor)"
	equal "$(newest lives-$vendor)" "$(docker_token lives-$vendor)"
}

for vendor in oauth2 abitmedia consinco formulacerta kirjaswappi; do
	for format in json form xml; do
		case $vendor/$format in
		oauth2/form | abitmedia/form | formulacerta/form) ;;
		abitmedia/json | consinco/json | formulacerta/json | kirjaswappi/json) ;;
		consinco/xml | formulacerta/xml) ;;
		*) continue ;;
		esac
		name=$vendor-$format
		test_case "$vendor $format: a revoked sign-in needs a new one, after one request" \
			revoked_signin_needs_another
	done
	test_case "$vendor: a refusal deletes nothing: freshtoken refresh tries again" \
		refusal_throws_nothing_away
	test_case "$vendor: a valid token is handed out after a refusal" living_token_is_handed_out
done

refused_signin_leaves_earlier() {
	new_account keep oauth2
	before=$(git_token keep)
	expect_status 4 freshtoken login keep --token <<<"nonsense"
	equal "$before" "$(git_token keep)"
	freshtoken refresh keep
	equal 0 "$(ts_count keep reuses)"
}
test_case 'a refused sign-in does not change the earlier one' refused_signin_leaves_earlier

kirjaswappi_in_other_two_shapes() {
	new_account bare kirjaswappi -- error_shape=bare
	reject bare
	ts revoke-family bare
	over bare
	# {"error": "text"} is also what any framework answers:
	# so it does to a refresh token that nobody has.
	new_account text kirjaswappi -- error_shape=text
	reject text
	ts revoke-family text
	over text
	contains "says the same about an invented refresh token" err
	new_account framework kirjaswappi
	reject framework
	ts fault framework fault=json:401
	expect_status 5 freshtoken token framework
}
test_case 'kirjaswappi with its other two formats of errors' kirjaswappi_in_other_two_shapes

consinco_with_bodies() {
	for body in json xml; do
		new_account body-$body consinco -- error_body=$body
		reject body-$body
		ts revoke-family body-$body
		over body-$body
	done
	new_account body-html consinco -- error_body=html
	reject body-html
	ts revoke-family body-html
	expect_status 5 freshtoken token body-html
}
test_case 'consinco with bodies: JSON and XML are the service'\''s, HTML is something in between' \
	consinco_with_bodies

edit_of_server_sends() {
	new_account moved oauth2
	ts create elsewhere >/dev/null
	reject moved
	sed -i "s,/moved\$,/elsewhere," "$XDG_CONFIG_HOME/freshtoken/freshtoken.conf"
	expect_status 4 freshtoken token moved 2>err
	contains "freshtoken login moved" err
	equal 0 "$(ts_count elsewhere requests)"
}
test_case 'an edit of the server sends nothing to the new one' edit_of_server_sends
test_done

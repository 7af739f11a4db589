#!/bin/bash
# account: is the sign-in still good? By what root's own exchanges saw, at a real service.
# shellcheck disable=SC2016,SC2034
. "${FT_SRCDIR:?run me with make check}/tests/pam/world.sh"
start_token_service
ts create work user=alice lifetime=60 >/dev/null
configure_pam server="$TS/work"

# check USER CODE [WHAT IT SAYS]
check() {
	printf '%s\n' "account = $2" ${3+"> $3"} >.script
	play --user "$1" <.script
}

one account=work
test_case 'never signed in: a hint, strict a refusal; both name the remedy' '
	check alice SUCCESS "info freshtoken: you have not signed in at $TS/work yet; sign in once: freshtoken login work"
	one account=work no_hint
	check alice SUCCESS
	one account=work strict
	check alice PERM_DENIED "error freshtoken: you have not signed in at $TS/work yet; sign in once: freshtoken login work"
	logged "(test:account) user alice: account work: refused: alice has not signed in yet"
'
test_case 'signed in by himself: root asks the service once, and believes that for as long as the token lives' '
	sign_in alice
	before=$(ts_count work refreshes)
	one account=work strict
	check alice SUCCESS
	equal $((before + 1)) "$(ts_count work refreshes)"
	check alice SUCCESS
	check alice SUCCESS
	equal $((before + 1)) "$(ts_count work refreshes)"
	aged alice 61
	check alice SUCCESS
	equal $((before + 2)) "$(ts_count work refreshes)"
	# The tokens of that went to where git looks for them.
	as alice freshtoken token work >token
	equal "$(ts tokens work | sed -n "s/^access_token=//p")" "$(cat token)"
'
test_done

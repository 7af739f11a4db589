#!/bin/bash
# SPDX-License-Identifier: MIT
# config check, for accounts that ask a directory about persons: errors are reported with place and
# remedy.
. "${FT_SRCDIR:?run me with make check}/tests/harness/tap.sh"

FILE=$PWD/freshtoken.conf
id _freshtoken >/dev/null 2>&1 || no_service_user=yes

# write [SED SCRIPT…] - a file that is right, as changed
write() {
	local -a changes=()
	local script

	for script; do changes+=(-e "$script"); done
	printf 'a secret' >secret
	chmod 600 secret
	sed "${changes[@]}" -e '' >"$FILE" <<-END
		[account login]
		provider = keycloak
		server = https://sso.example.com/realms/staff
		users = same
		check = person
		checker = robot

		[account robot]
		provider = keycloak
		server = https://sso.example.com/realms/staff
		grant = client_credentials
		client_id = login-check
		client_secret_file = $PWD/secret
	END
}

nothing_is_wrong() {
	write "$@"
	freshtoken config check "$FILE" >out 2>err || true
	# Where the service user is not there, that is all.
	[ -n "${no_service_user-}" ] && contains 'there is no user _freshtoken' err && return
	contains "$FILE: nothing is wrong" err
}
test_case 'a checker with a secret' nothing_is_wrong
test_case 'a checker with a token from a file' nothing_is_wrong \
	"s|^grant.*|grant = token_exchange\nfrom = file:$PWD/secret|"
test_case 'a checker with another profile than the directory'\''s' nothing_is_wrong \
	'1,/^$/s/keycloak/scim2/' '/robot/,$s/keycloak/oauth2/'

# is_wrong LINE ACCOUNT WORDS REMEDY SED SCRIPT… - it is said once
is_wrong() {
	local line=$1 account=$2 words=$3 remedy=$4

	shift 4
	write "$@"
	expect_status 1 freshtoken config check "$FILE" >out 2>err
	empty out
	cat err
	equal 1 "$(grep -c . err)"
	contains "freshtoken: $FILE:$line: account $account: $words" err
	contains "; $remedy" err
}
test_case 'no checker' is_wrong 1 login 'check: person needs the machine account' \
	'set checker = ACCOUNT' '/^checker/d'
test_case 'a checker that does not exist' is_wrong 1 login 'checker: there is no account nobody' \
	'write one that has a grant' 's/^checker.*/checker = nobody/'
test_case 'a checker that is the account itself' is_wrong 1 login \
	'checker: expected the name of another account' 'name one with a grant' \
	's/^checker.*/checker = login/'
test_case 'a checker with a person'\''s sign-in' is_wrong 1 login \
	'checker: account robot is one that a person signs in to' 'name one with a grant' '/^grant/d'
for source in env:TOKEN 'exec:/bin/echo token' github-actions; do
	test_case "a checker with the source $source" is_wrong 1 login \
		'checker: account robot gets its tokens from something other than a file' \
		'name one without from' "s|^grant.*|grant = token_exchange\nfrom = $source|"
done
test_case 'a checker, and no check = person' is_wrong 1 login 'checker: without check = person it is not used' \
	'set check = person, or remove it' '/^check /d'
test_case 'a profile without [person]' is_wrong 1 login \
	'check: provider profile oauth2 does not say how the service is asked about a person' \
	'name one that has [person]' '1,/^$/s/keycloak/oauth2/'
test_case 'person_rate of the wrong account' is_wrong 1 login \
	'person_rate: no account has checker = login' 'write it below the account that a checker names' \
	's/^users/person_rate = 5\n&/'
test_case 'a grant that the profile does not have' is_wrong 8 robot \
	'grant: provider profile keycloak has no [grant robots]' \
	'it has: client_credentials, jwt_bearer, token_exchange' 's/^grant.*/grant = robots/'
test_case 'a checker without a name at the service' is_wrong 8 robot \
	'client_id is not set, and this client_auth needs it' 'set client_id' '/^client_id/d'
test_case 'no other error' is_wrong 8 robot \
	'client_id: not set, and grant = client_credentials needs it' 'set it' '/^client_/d'
test_case 'a checker without a secret' is_wrong 8 robot \
	'client_secret_file: not set, and grant = client_credentials needs it' 'set it' \
	'/^client_secret_file/d'
test_case 'a missing file of the secret' is_wrong 8 robot \
	"client_secret_file $PWD/missing: No such file" 'put it there' \
	"s|^client_secret_file.*|client_secret_file = $PWD/missing|"
test_case 'tokens that are bound to a key' is_wrong 8 robot \
	'dpop: a login cannot have tokens that are bound to a key' 'remove it' 's/^client_id/dpop = yes\n&/'
test_case 'no file of users' is_wrong 1 login 'users is not set' 'set users to a file' '/^users/d'
no_such_file_of_users() {
	write "s|^users.*|users = $PWD/missing\nservice_user = daemon|"
	expect_status 1 freshtoken config check "$FILE" >out 2>err
	equal "freshtoken: users: $PWD/missing: No such file or directory; put it there, with lines \"LOCAL-USER SUBJECT\", or correct the path" \
		"$(cat err)"
}
test_case 'a missing file of users' no_such_file_of_users

# Of the same kind: what a machine's request wants, and the account lacks.
machine_lacks() {
	local words=$1

	shift
	printf '%s\n' '[account ci]' "$@" >"$FILE"
	expect_status 1 freshtoken config check "$FILE" >out 2>err
	contains "freshtoken: $FILE:1: account ci: " err
	contains "$words" err
	contains "; set " err
}
test_case 'a parameter that the grant requires' machine_lacks 'param.installation} is not set' \
	'provider = github-app' 'grant = installation' 'client_id = app' "client_secret_file = $PWD/secret"
test_case 'a key that the grant signs with' machine_lacks 'there is no key to sign with' \
	'provider = github-app' 'grant = installation' 'client_id = app' 'param.installation = 1'
test_done

#!/bin/bash
# SPDX-License-Identifier: MIT
# check = person with tokens of a real provider: panva's oidc-provider, and a SCIM service that
# requires them.
. "${FT_SRCDIR:?run me with make check}/tests/pam/world.sh"
. "$FT_SRCDIR/tests/services/openid.sh"
need_openid
start_openid

# configure CLIENT… - lines of the checker's section
configure() {
	cat >"$CONF/freshtoken.conf" <<-END
		[account login]
		provider = scim2
		server = $OPENID/scim/v2
		users = $CONF/users
		check = person
		checker = robot
		insecure_loopback = yes
		[account robot]
		server = $OPENID
		grant = client_credentials
		insecure_loopback = yes
		$(printf '%s\n' "$@")
	END
	printf 'alice alice\nbob nobody\n' >"$CONF/users"
}
check() {
	printf '%s\n' "account = $2" ${3+"> $3"} >.script
	play --user "$1" <.script
}
one account=login recheck=0 wait=100s

life_of_a_person() {
	local says="error freshtoken: $OPENID/scim/v2 says that you are disabled; ask its administrator"

	rm -rf "$SEEN"
	configure "$@"
	check alice SUCCESS
	check bob PERM_DENIED "$says"
	openid_admin disable account=alice
	check alice PERM_DENIED "$says"
	openid_admin enable account=alice
	check alice SUCCESS
	# A token that was revoked early: another one.
	token=$(sed -n 's/.*"access_token":"\([^"]*\)".*/\1/p' "$SEEN/checker/robot.token")
	perl -pi -e 's/("access_token":")[^"]*/$1not-a-token/' "$SEEN/checker/robot.token"
	check alice SUCCESS
	lacks not-a-token "$SEEN/checker/robot.token"
	lacks "$token" "$SEEN/checker/robot.token"
}
printf 'basic-secret' >"$CONF/secret"
chmod 600 "$CONF/secret"
test_case 'with client_secret_basic: active, disabled, deleted, and a token that is not valid any more' \
	life_of_a_person 'client_id = robot' 'client_auth = basic' "client_secret_file = $CONF/secret"
test_case 'with private_key_jwt: the same' \
	life_of_a_person 'client_id = robot-jwt' 'client_auth = private_key_jwt' \
	"client_secret_file = $OPENID_KEYS/jwt-rs256.pem"
test_done

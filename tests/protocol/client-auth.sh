#!/bin/bash
# Clients of each kind at a real OpenID provider, and tokens for one resource.
. "${FT_SRCDIR:?run me with make check}/tests/protocol/tap.sh"
. "$FT_SRCDIR/tests/services/servers.sh"
. "$FT_SRCDIR/tests/services/openid.sh"
. "$FT_SRCDIR/tests/protocol/accounts.sh"

need_openid
start_openid --offline always
export BROWSER="$OPENID_BROWSER" FT_TEST_LOGIN=alice FT_TEST_PAGE="$T/page"
printf 'basic-secret\n' >"$T/basic.secret"
printf 'post-secret\n' >"$T/post.secret"
cp "$OPENID_KEYS"/jwt-* "$T"
chmod 600 "$T"/*.secret "$T"/jwt-*
account cli "server=$OPENID" client_id=cli
account basic "server=$OPENID" client_id=basic client_auth=basic "client_secret_file=$T/basic.secret"
account post "server=$OPENID" client_id=post client_auth=post "client_secret_file=$T/post.secret"
for key in jwt-rs256 jwt-es256 jwt-eddsa; do
	for form in pem jwk; do
		account "$key-$form" "server=$OPENID" client_id=jwt client_auth=private_key_jwt \
			"client_secret_file=$T/$key.$form"
	done
done
account wrong "server=$OPENID" client_id=basic client_auth=basic "client_secret_file=$T/post.secret"
account git "server=$OPENID" client_id=cli resource=https://git.example.com

for name in cli basic post jwt-rs256-pem jwt-rs256-jwk jwt-es256-pem jwt-es256-jwk jwt-eddsa-pem jwt-eddsa-jwk; do
	test_case "$name: signed in, refreshed, checked, revoked" "
		freshtoken login $name --browser 2>err
		contains 'signed in as alice' err
		freshtoken refresh $name
		freshtoken status $name --check >out
		contains 'the service says that the sign-in is good' out
		freshtoken logout $name 2>err
		expect_status 4 freshtoken token $name
		lacks secret err
	"
done
test_case 'a secret that is wrong: said, with what to check' '
	expect_status 4 freshtoken login wrong --browser 2>err
	contains "invalid_client" err
	contains "check client_id, client_auth and client_secret_file" err
	lacks post-secret err
'
test_case 'a key that is none' '
	printf "nonsense\n" >"$T/none.pem"
	chmod 600 "$T/none.pem"
	account none "server=$OPENID" client_id=jwt client_auth=private_key_jwt "client_secret_file=$T/none.pem"
	must_fail freshtoken login none --browser 2>err
	lacks nonsense err
	contains key err
'
test_case 'a resource: a JWT access token for it' '
	freshtoken login git --browser 2>err
	payload=$(freshtoken token git | cut -d. -f2 | tr "_-" "/+")
	while [ $((${#payload} % 4)) -ne 0 ]; do payload=$payload=; done
	base64 -d <<<"$payload" >claims
	contains "https://git.example.com" claims
	freshtoken refresh git
	[ "$(freshtoken token git | tr -dc . | wc -c)" -eq 2 ]
'
test_done

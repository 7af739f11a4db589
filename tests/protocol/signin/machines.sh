#!/bin/bash
# Accounts that nobody signs in to, at a real OpenID provider: a client that gets tokens for itself.
. "${FT_SRCDIR:?run me with make check}/tests/harness/tap.sh"
. "$FT_SRCDIR/tests/services/servers.sh"
. "$FT_SRCDIR/tests/services/openid.sh"
. "$FT_SRCDIR/tests/harness/accounts.sh"
need_openid
start_openid --interval 1 --offline always
CONF=$XDG_CONFIG_HOME/freshtoken/freshtoken.conf

printf basic-secret >basic
printf post-secret >post
printf wrong >wrong
chmod 600 basic post wrong

# machine NAME CLIENT [KEY=VALUE…] - an account that gets its tokens as this client
machine() {
	local name=$1 client=$2

	shift 2
	account "$name" "server=$OPENID" grant=client_credentials "client_id=$client" \
		"match=$name.example.com" "$@"
}

# set_key NAME KEY VALUE - of an account that has the key
set_key() {
	sed -i "/^\[account $1\]/,/^\[/s|^$2 = .*|$2 = $3|" "$CONF"
}

# takes NAME TOKEN - whether the resource server NAME takes a token
takes() {
	[ "$(curl -qsS --noproxy '*' -m 20 -o /dev/null -w '%{http_code}' -u "x:$2" \
		"$OPENID/_auth/$1")" = 204 ]
}

granted() {
	equal "$1" "$(openid_count client_credentials.granted)"
}

# --- a client of its own ---------------------------------------------------------------------

machine ci robot client_auth=basic "client_secret_file=$T/basic" resource=https://git.example.com \
	scope=read
works_at_once() {
	token=$(freshtoken token ci)
	takes git "$token"
	must_fail takes api "$token"
	equal "$token" "$(git_token ci)"
	equal "$token" "$(docker_token ci)"
	granted 1
	equal fresh "$(verdict ci)"
	openid_admin last-request >request
	contains "grant_type=client_credentials&" request
	contains "scope=read&resource=https%3A%2F%2Fgit.example.com" request
	lacks '"refresh_token"\|journal' "$(record ci)"
}
test_case 'a token at once, for git and docker and you: one exchange' works_at_once

each_way_to_prove_it() {
	machine post robot-post client_auth=post "client_secret_file=$T/post" \
		resource=https://api.example.com
	takes api "$(freshtoken token post)"
	for key in rs256 es256 eddsa; do
		machine "key-$key" robot-jwt client_auth=private_key_jwt \
			"client_secret_file=$OPENID_KEYS/jwt-$key.pem" \
			resource=https://api.example.com
		takes api "$(freshtoken token "key-$key")"
	done
}
test_case 'client_secret_post and private_key_jwt likewise' each_way_to_prove_it

nobody_signs_in() {
	for way in "" --device --browser --password --token; do
		expect_status 2 freshtoken login ci $way 2>err </dev/null
		same_text "freshtoken: account ci: nobody signs in to it: it gets its tokens by grant = client_credentials; run: freshtoken token ci" err
	done
}
test_case 'login: nobody signs in, and what to run instead' nobody_signs_in

crowd_at_expiry() {
	before=$(openid_count client_credentials.requests)
	grow_old ci 4000
	for ((i = 0; i < 200; i++)); do
		if [ $((i % 2)) = 0 ]; then
			git_says get ci
		else
			echo ci.example.com | docker-credential-freshtoken get
		fi >"out.$i" 2>&1 &
	done
	wait
	equal $((before + 1)) "$(openid_count client_credentials.requests)"
	token=$(freshtoken token ci)
	for ((i = 0; i < 200; i++)); do contains "$token" "out.$i"; done
}
test_case '200 callers at expiry: one exchange' crowd_at_expiry

rejected_early() {
	token=$(freshtoken token ci)
	openid_admin expire what=access
	must_fail takes git "$token"
	reject ci "$token"
	new=$(git_token ci)
	must_fail equal "$token" "$new"
	takes git "$new"
}
test_case 'a token that a server refuses is replaced' rejected_early

# --- what it was made for ----------------------------------------------------------------------

another_target() {
	token=$(freshtoken token ci)
	set_key ci resource https://api.example.com
	equal refreshable "$(verdict ci)"
	new=$(freshtoken token ci)
	takes api "$new"
	set_key ci resource https://git.example.com
	must_fail equal "$token" "$(freshtoken token ci)"
	set_key ci match "ci.example.com, also.example.com"
	granted_before=$(openid_count client_credentials.granted)
	takes git "$(freshtoken token ci)"
	granted "$granted_before"
}
test_case 'another resource: another token; another match: the same' another_target

another_client() {
	machine who robot client_auth=basic "client_secret_file=$T/basic"
	token=$(freshtoken token who)
	set_key who client_id robot-post
	set_key who client_auth post
	set_key who client_secret_file "$T/post"
	must_fail equal "$token" "$(freshtoken token who)"
	openid_admin last-request >request
	contains "client_id=robot-post" request
}
test_case 'another client: never the token of the one before' another_client

sign_in_comes_and_goes() {
	account turn "server=$OPENID" client_id=cli
	device_sign_in turn
	sed -i '/^\[account turn\]/agrant = client_credentials' "$CONF"
	expect_status 1 freshtoken token turn 2>err
	contains "a sign-in of its own is still stored, from before" err
	contains "got grant = client_credentials; run: freshtoken logout turn" err
	sed -i '/^\[account turn\]/,/^\[/{/^grant/d}' "$CONF"
	freshtoken token turn >/dev/null
	sed -i '/^\[account who\]/,/^\[/{/^grant/d}' "$CONF"
	expect_status 4 freshtoken token who 2>err
	contains "its token was got without a sign-in, and $CONF:" err
	contains "now has grant = refresh; run: freshtoken login who" err
	equal needs-login "$(verdict who)"
}
test_case 'a sign-in is no token of a machine, and the other way round' sign_in_comes_and_goes

# --- as a source ---------------------------------------------------------------------------------

source_of_another() {
	account robots "server=$OPENID" grant=client_credentials client_id=robot \
		client_auth=basic "client_secret_file=$T/basic"
	account chain "server=$OPENID" client_id=cli from=robots resource=https://git.example.com
	expect_status 2 freshtoken login chain 2>err
	same_text "freshtoken: account chain: nobody signs in to it: it gets its tokens by grant = token_exchange; run: freshtoken token chain" err
	# There is no consent that this provider's exchange could belong to.
	expect_status 1 freshtoken token chain 2>err
	contains "account chain: $OPENID gives no token for that of account robots: HTTP 400: invalid_request" err
	lacks "freshtoken login" err
	equal unreachable "$(verdict chain)"
}
test_case 'an account without a sign-in as a source: nobody is told to sign in' source_of_another

# --- refusals ----------------------------------------------------------------------------------

wrong_secret() {
	machine bad robot client_auth=basic "client_secret_file=$T/wrong"
	expect_status 1 freshtoken token bad 2>err
	contains "account bad: $OPENID gives no token: the service does not accept this client (HTTP 401: invalid_client)" err
	contains "check client_id, client_auth and client_secret_file = $T/wrong in [account bad], $CONF:" err
	lacks "freshtoken login" err
	before=$(openid_count client_credentials.requests)
	for ((i = 0; i < 5; i++)); do must_fail freshtoken token bad 2>err; done
	equal "$before" "$(openid_count client_credentials.requests)"
	printf basic-secret >wrong
	freshtoken refresh bad
	equal fresh "$(verdict bad)"
}
test_case 'a wrong secret: said which file, and not asked again at once' wrong_secret

refusals_name_what_helps() {
	machine lost robot client_auth=basic "client_secret_file=$T/basic" \
		resource=https://unknown.example.com
	expect_status 1 freshtoken token lost 2>err
	contains "gives no token: HTTP 400: invalid_target; the service does not know the resource" err
	contains "check resource and audience" err
	account public "server=$OPENID" client_id=cli grant=client_credentials
	expect_status 1 freshtoken token public 2>err
	contains "gives no token: HTTP 400: invalid_request; " err
	contains "\"requested grant type is not allowed for this client\"" err
	machine odd robot client_auth=basic "client_secret_file=$T/basic"
	openid_admin fault error=invalid_grant
	expect_status 1 freshtoken token odd 2>err
	contains "HTTP 400: invalid_grant" err
	lacks "freshtoken login" err
	equal unreachable "$(verdict odd)"
}
test_case 'a target, a grant that the service does not allow; no sign-in is ever asked for' \
	refusals_name_what_helps

grant_that_is_none() {
	account none "server=$OPENID" client_id=cli grant=client_credential
	expect_status 1 freshtoken token none 2>err
	contains "grant: provider profile oauth2 has no [grant client_credential]; it has: client_credentials, jwt_bearer, token_exchange" err
	account vendor provider=kirjaswappi "server=$OPENID" grant=client_credentials
	expect_status 1 freshtoken token vendor 2>err
	contains "grant: provider profile kirjaswappi has no [grant client_credentials], nor any other" err
}
test_case 'a grant that the profile does not have: those that it has' grant_that_is_none

# --- the end -------------------------------------------------------------------------------------

logout_forgets() {
	set_key ci resource https://api.example.com
	token=$(freshtoken token ci)
	freshtoken logout ci 2>err
	contains "account ci: its token is forgotten here; the token is revoked" err
	[ ! -e "$(record ci)" ]
	must_fail takes api "$token"
	freshtoken logout ci 2>err
	contains "account ci: there is no token" err
	takes api "$(freshtoken token ci)"
}
test_case 'logout: revoked and forgotten; the next one is another' logout_forgets
test_done

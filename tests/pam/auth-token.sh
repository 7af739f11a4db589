#!/bin/bash
# SPDX-License-Identifier: MIT
# auth=token: a login accepts an access token that was issued for logging in, and no token that git,
# a script or the user's store has. A real OpenID provider, with and without introspection.
. "${FT_SRCDIR:?run me with make check}/tests/pam/world.sh"
. "$FT_SRCDIR/tests/services/openid.sh"
need_openid
start_token_service
start_openid --interval 1 --offline always
S=$OPENID
configure_pam server="$S"
one account=work auth=token
again="> hidden That was not accepted.?Token: "

# refused USER REASON <TOKEN - it opens nothing, root knows nothing, and the log says why
refused() {
	: >"$T/log"
	printf "auth = MAXTRIES\n> hidden Token:  = %s\n$again = \n$again = \n> error freshtoken: *last try\n" "$(cat)" |
		play --user "$1"
	logged "(test:auth) user $1: account work, way token, subject $1: refused: "
	[ ! -e "$(seen "$1")" ] || complain "root knows something now"
	equal "" "$(ls "$RUN" 2>/dev/null)"
}
# taken USER TOKEN
taken() {
	printf 'auth = SUCCESS\n> hidden Token:  = %s\n' "$2" | play --user "$1"
}

token_for_logging_in() {
	openid_login_token alice >token
	for _ in first second; do
		forget alice
		play --user alice --item rhost=192.0.2.7 <<-END
			auth = SUCCESS
			> hidden Token:  = $(cat token)
			env FRESHTOKEN_HANDLE
			account = SUCCESS
			setcred establish = SUCCESS
			noenv FRESHTOKEN_HANDLE
			open = SUCCESS
		END
		logged "(test:auth) user alice from 192.0.2.7: account work, way token, subject alice: granted: signed in"
		[ ! -e "$(record alice)" ] || complain "it was stored"
		equal "" "$(ls "$RUN")"
		must_fail grep -rqF "$(cat token)" "$SEEN" "$RUN" "$T/homes/alice"
	done
	one account=work auth=token recheck=0s
	# Also where root looks every time: it has just seen it.
	printf "auth = SUCCESS\n> hidden Token:  = %s\naccount = SUCCESS\n" "$(cat token)" |
		play --user alice
	one account=work auth=token
}
test_case 'a token for logging in: let in, several times; account follows; it is not stored' \
	token_for_logging_in

what_her_store_has() {
	forget alice
	openid_member refresh_token "$(openid_tokens alice)" |
		as alice freshtoken login work --token
	as alice freshtoken token work | refused alice
	printf "protocol=https\nhost=git.example.com\n\n" | as alice git-credential-freshtoken get |
		sed -n "s/^password=//p" >password
	[ -s password ]
	refused alice <password
	sed -n "s/.*\"refresh_token\":\"\([^\"]*\)\".*/\1/p" "$(record alice)" >refresh
	[ -s refresh ]
	before=$(openid_count refresh_token.requests)
	refused alice <refresh
	equal "$before" "$(openid_count refresh_token.requests)"
	as alice freshtoken refresh work
}
test_case 'tokens in her store and of git: refused, logged, and still valid' \
	what_her_store_has

refresh_tokens() {
	forget alice bob
	before=$(openid_count refresh_token.requests)
	for who in alice bob; do
		openid_tokens $who resource=https://login.example.com \
			"scope=openid offline_access read" >tokens
		openid_member refresh_token "$(cat tokens)" | tee stolen | refused alice
		openid_member id_token "$(cat tokens)" | refused alice
	done
	equal "$before" "$(openid_count refresh_token.requests)"
	# The colleague, whose token was tried, has it still.
	openid_post token -d client_id=cli -d grant_type=refresh_token -d \
		"refresh_token=$(cat stolen)" >answer
	contains access_token answer
}
test_case 'refresh tokens, also of a sign-in for logging in: refused, and not spent' \
	refresh_tokens

for_another_audience() {
	openid_member access_token "$(openid_tokens alice)" | refused alice
	for resource in https://git.example.com https://api.example.com; do
		openid_login_token alice $resource | refused alice
	done
	openid_member access_token "$(openid_tokens alice client_id=cli-es256 \
		resource=https://login.example.com \
		"scope=openid offline_access read")" | refused alice
	printf "auth = AUTH_ERR\n> hidden Token:  = %s\n> error *\n" "$(openid_login_token bob)" |
		play --user alice
	logged "way token, subject alice: refused: it is \"bob\" who signed in, not \"alice\""
	[ ! -e "$(seen alice)" ]
	openid_login_token alice >token
	openid_admin expire account=alice what=access
	refused alice <token
}
test_case 'another audience, none, another client, another person, expired' \
	for_another_audience

jwt_service_does_not_call() {
	configure_pam server="$S" login_audience=https://login-jwt.example.com
	openid_login_token alice https://login-jwt.example.com | refused alice
	configure_pam server="$S"
}
test_case 'a JWT that the service does not call active is refused, whatever its signature is' \
	jwt_service_does_not_call

# --- by its signature -------------------------------------------------------------------------

openid_admin set introspection=no >/dev/null
openid_admin rotate-keys keep=yes >/dev/null
rm -rf "${SEEN:?}"/*
configure_pam server="$S" login_audience=https://login-jwt.example.com

without_introspection_jwt() {
	forget alice
	openid_login_token alice https://login-jwt.example.com >token
	play --user alice <<-END
		auth = SUCCESS
		> hidden Token:  = $(cat token)
		account = SUCCESS
		setcred establish = SUCCESS
	END
	[ ! -e "$(record alice)" ] || complain "it was stored"
	forget alice
	openid_login_token alice https://git.example.com | refused alice
	logged "its aud is \"https://git.example.com\", not \"https://login-jwt.example.com\""
	# Another letter in the signature, in the claims; none at all.
	sed "s/\(.*\..*\)\.../\1.AA/" token | refused alice
	sed "s/\.\(....\)..../.\1AAAA/" token | refused alice
	sed "s/\.[^.]*$/./" token | refused alice
	openid_member id_token "$(openid_tokens alice)" | refused alice
	openid_member access_token "$(openid_tokens alice)" | refused alice
	openid_member refresh_token "$(openid_tokens alice)" | refused alice
	printf "auth = AUTH_ERR\n> hidden Token:  = %s\n> error *\n" \
		"$(openid_login_token bob https://login-jwt.example.com)" | play --user alice
	logged "it is \"bob\" who signed in, not \"alice\""
	openid_admin set access-ttl=-3600 >/dev/null
	openid_login_token alice https://login-jwt.example.com | refused alice
	openid_admin set access-ttl=3600 >/dev/null
	[ ! -e "$(seen alice)" ]
}
test_case 'without introspection a JWT is verified: signature, issuer, audience, time' \
	without_introspection_jwt

keys_cannot_be_had() {
	openid_admin fault at=jwks error=temporarily_unavailable status=503 times=-1 >/dev/null
	printf "auth = AUTHINFO_UNAVAIL\n> hidden Token:  = %s\n> error freshtoken: * cannot be reached*\n" "$(cat token)" |
		play --user alice
	openid_admin fault >/dev/null
	taken alice "$(cat token)"
	forget alice
}
test_case 'keys that cannot be fetched: nobody is let in, and a later attempt can succeed' \
	keys_cannot_be_had

# --- what introspection may say -------------------------------------------------------------

L=https://login.example.com
ts create work user=alice lifetime=60 client_id=cli audience=$L >/dev/null
configure_pam server="$TS/work"
audience_login_alone() {
	forget alice
	ts login work >tokens
	taken alice "$(field access_token tokens)"
	forget alice
	field refresh_token tokens | refused alice
	logged "does not say that it is an access token"
	for audience in "[\"$L\",\"https://git.example.com\"]" \
		"[\"https://git.example.com\",\"$L\"]" "$L/" "$L.evil" \
		"${L%com}co" "$L https://git.example.com" "[]" "[\"$L\",\"$L\"]" cli; do
		echo "$audience"
		ts set work "audience=$audience" >/dev/null
		field access_token tokens | refused alice
		logged "the access token is not for logging in"
	done
	ts set work "audience=[\"$L\"]" >/dev/null
	taken alice "$(field access_token tokens)"
	# Not a word of what sort of token it is.
	forget alice
	ts set work without=token_type >/dev/null
	field access_token tokens | refused alice
	ts set work without= audience=$L >/dev/null
	equal 0 "$(ts_count work refreshes)"
}
test_case 'the audience has to be exactly the login'\''s; a refresh token with it is refused' \
	audience_login_alone

# Not even where the service issues all of its tokens for that audience.
kept_by_freshtoken() {
	forget alice
	sign_in alice
	as alice freshtoken token work >kept
	refused alice <kept
	logged "it is the access token of a stored sign-in"
	# Root knows its own exchange's, whatever has become of the store.
	echo 'account = SUCCESS' | play --user alice
	as alice freshtoken token work >kept
	erase "$T/homes/alice/.local"
	: >"$T/log"
	printf '%s\n' 'auth = MAXTRIES' "> hidden Token:  = $(cat kept)" "$again = " "$again = " \
		'> error freshtoken: *last try' | play --user alice
	logged "it is the access token of a stored sign-in"
	ts login work >tokens
	taken alice "$(field access_token tokens)"
	taken alice "$(field access_token tokens)"
	forget alice
}
test_case "the access token of the user's own sign-in: refused, with the right audience too" \
	kept_by_freshtoken

service_without_codes() {
	one account=work auth=device,token
	rm -f "$SEEN"/*
	for user in alice carol zoe; do
		case $user in alice) code=MAXTRIES ;; *) code=USER_UNKNOWN ;; esac
		printf '%s\n' "auth = $code" '> hidden Token:  = ' \
			'> hidden That was not accepted.*Token:  = ' \
			'> hidden That was not accepted.*Token:  = ' \
			'> error freshtoken: the sign-in was not accepted, and that was the last try' |
			play --user "$user"
		logged "(test:auth) user $user: account work, way token, "
	done
	# It is remembered if the service says so, and not if it says nothing for a moment.
	grep -rqF '"none":true' "$SEEN"
	rm -f "$SEEN"/*
	ts set work discovery=none >/dev/null
	printf '%s\n' 'auth = SERVICE_ERR' '> hidden Token:  = no-such-token' '> error freshtoken: *' |
		play --user alice
	must_fail grep -rqF '"none":true' "$SEEN"
	ts set work discovery=both >/dev/null
}
test_case 'a service without codes: everybody is asked for a token, mapped or not' \
	service_without_codes

# --- at load -----------------------------------------------------------------------------------

# configured_badly TEXT - SERVICE_ERR, with that in the log
configured_badly() {
	: >"$T/log"
	printf "auth = SERVICE_ERR\n> error freshtoken: this login is not configured *\n" |
		play --user alice
	logged "$1"
}
token_without_login_audience() {
	configure_pam server="$S" login_audience=
	configured_badly "$CONF/freshtoken.conf:1: account work: auth: token needs login_audience = URI"
	# The ways that this stack leaves out count for nothing.
	one account=work auth=device
	printf "account = PERM_DENIED\n> error *\n" | play --user alice
	one account=work auth=token
	configure_pam server="$S" provider=kirjaswappi
	configured_badly "account work: auth: the provider has neither introspection nor keys"
	# A path of the profile's own is one, too.
	mkdir -p "$CONF/providers"
	{
		cat "$FT_SRCDIR/lib/providers/kirjaswappi.conf"
		printf '[introspect]\npath = /introspect\nform = token=${token}\n'
	} >"$CONF/providers/asks.conf"
	configure_pam server="$S" provider=asks
	printf '%s\n' 'auth = SERVICE_ERR' '> hidden Token:  = no-such-token' \
		'> error freshtoken: this login is not configured *' | play --user alice
	logged "account work: auth: token cannot be used"
	for value in login "login audience" https: ; do
		configure_pam server="$S" "login_audience=$value"
		configured_badly "login_audience: expected a URI"
	done
}
test_case 'token without login_audience, or with a service that does not state audiences: refused' \
	token_without_login_audience

no_account_of_file() {
	for key in "audience = $L" "resource = $L" "scope = openid $L/read" "scope = $L" \
		"audience = $L/" \
		"audience = HTTPS://Login.example.com" "client_id = $L" "param.target = $L"; do
		echo "$key"
		configure_pam server="$S"
		printf "[account other]\nserver = https://other.example.com\n%s\n" "$key" \
			>>"$CONF/freshtoken.conf"
		configured_badly "account other: ${key%%[ .]*}"
		logged "the login_audience of account work"
		# And by no program of ours does anybody get one.
		must_fail as alice freshtoken status 2>said
		contains "the login_audience of account work" said
	done
	configure_pam server="$S"
	printf "[account derived]\nserver = $S\nclient_id = cli\nfrom = work\naudience = $L\n" \
		>>"$CONF/freshtoken.conf"
	configured_badly "account derived: audience: its tokens would be for"
	configure_pam server="$S" "resource=$L"
	configured_badly "account work: resource: its tokens would be for"
	configure_pam server="$S"
	# A user has no account either that would get one.
	as alice mkdir -p .config/freshtoken
	printf "[account mine]\nserver = $S\nclient_id = cli\naudience = $L\n" |
		as alice tee .config/freshtoken/freshtoken.conf >/dev/null
	must_fail as alice freshtoken token mine 2>said
	contains "the login_audience of account work" said
	rm -r "$T/homes/alice/.config"
	# Others are free to be what they are.
	printf "[account other]\nserver = https://other.example.com\naudience = $L.evil\nscope = openid\n" >>"$CONF/freshtoken.conf"
	openid_admin set introspection=yes >/dev/null
	openid_admin rotate-keys keep=yes >/dev/null
	rm -rf "${SEEN:?}"/*
	taken alice "$(openid_login_token alice)"
}
test_case 'no account in the file may get tokens for that audience' \
	no_account_of_file
test_done

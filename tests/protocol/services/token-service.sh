#!/bin/bash
# SPDX-License-Identifier: MIT
# The tests' token-service: whether it does what the vendors' documentation shows.
. "${FT_SRCDIR:?run me with make check}/tests/harness/tap.sh"
. "$FT_SRCDIR/tests/services/servers.sh"
. "$FT_SRCDIR/tests/services/client.sh"
need curl
start_token_service

# shape FILE - values replaced by their kind, everything else as it is
shape() {
	local date='[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}\.[0-9]{7}(Z|[-+][0-9:]{5})'

	case $(head -c 1 "$1") in
	'{') sed -E -e "s/: \"$date\"/: DATE\\1/g" -e 's/: "[^"]*"/: TEXT/g' \
		-e 's/"sample string [0-9]"/TEXT/g' -e 's/": [0-9]+/": NUMBER/g' "$1" ;;
	*) sed -E -e "s/>$date</>DATE\\1</g" -e 's/>(true|false)</>BOOL</g' \
		-e 's/>[^<> ][^<>]*</>TEXT</g' "$1" ;;
	esac
}

# same_shape SAMPLE FILE - but for the line feed after the sample
same_shape() {
	shape "$1" >sample.shape
	{ shape "$2"; echo; } >body.shape
	same sample.shape body.shape
}

# --- abitmedia --------------------------------------------------------------------

cat >abitmedia.sample <<'END'
{
"success": true,
"status": 200,
"message": "Token de refresco exitoso",
"accessToken": "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9",
"refreshToken": "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9",
"expiresIn": 3600
}
END
cat >abitmedia.error <<'END'
{
"success": false,
"status": 400,
"message": "Token de refresco inválido o expirado"
}
END

abitmedia_json_request() {
	new a vendor=abitmedia
	equal 200 "$(json_refresh "$base/v1/refreshToken" "{\"refreshToken\": \"$refresh\"}")"
	contains "Content-Type: application/json" head
	same_shape abitmedia.sample body
	contains "\"message\": \"Token de refresco exitoso\"" body
	contains "\"expiresIn\": 3600" body
}
test_case 'abitmedia: JSON request, answer as documented' abitmedia_json_request

abitmedia_form_request() {
	new a vendor=abitmedia
	equal 200 "$(status "$base/v1/refreshToken" --data-urlencode "refreshToken=$refresh")"
	equal 400 "$(status "$base/v1/refreshToken" --data-urlencode "refreshToken=$refresh")"
	cmp <(head -c -1 abitmedia.error) body
}
test_case 'abitmedia: form request; the old refresh token is refused as documented' \
	abitmedia_form_request

abitmedia_login_get_with_basic() {
	new a vendor=abitmedia
	equal 200 "$(status "$base/v1/auth" -u alice:wonderland)"
	equal 200 "$(status -d "refreshToken=$(json_member refreshToken body)" \
		"$base/v1/refreshToken")"
	equal 401 "$(status "$base/v1/auth" -u alice:wrong)"
	equal 405 "$(status -X POST "$base/v1/auth" -u alice:wonderland)"
	equal 405 "$(status "$base/v1/refreshToken")"
	equal 1 "$(ts_count a logins)"
}
test_case 'abitmedia: login is GET with Basic' abitmedia_login_get_with_basic

# --- consinco ---------------------------------------------------------------------

cat >consinco.json <<'END'
{ "<accessToken>k__BackingField": "sample string 1", "<tokenType>k__BackingField": "sample string 2", "<expiresIn>k__BackingField": "sample string 3", "<refreshToken>k__BackingField": "sample string 4", "<userName>k__BackingField": "sample string 5", "<id>k__BackingField": 6, "<name>k__BackingField": "sample string 7", "<seqUser>k__BackingField": 8, "<userCode>k__BackingField": "sample string 9", "<ADUser>k__BackingField": "sample string 10", "<permissionRole>k__BackingField": "sample string 11", "<company>k__BackingField": "sample string 12", "<companyType>k__BackingField": "sample string 13", "<isExt>k__BackingField": true, "<loginId>k__BackingField": "sample string 15", "<issued>k__BackingField": "2025-01-10T05:13:39.7555575-03:00", "<expires>k__BackingField": "2025-01-10T05:13:39.7555575-03:00" }
END
cat >consinco.xml <<'END'
<TokenResponse xmlns:i="http://www.w3.org/2001/XMLSchema-instance" xmlns="http://schemas.datacontract.org/2004/07/Kike.Security.Data.Dto"> <_x003C_ADUser_x003E_k__BackingField>sample string 10</_x003C_ADUser_x003E_k__BackingField> <_x003C_accessToken_x003E_k__BackingField>sample string 1</_x003C_accessToken_x003E_k__BackingField> <_x003C_companyType_x003E_k__BackingField>sample string 13</_x003C_companyType_x003E_k__BackingField> <_x003C_company_x003E_k__BackingField>sample string 12</_x003C_company_x003E_k__BackingField> <_x003C_expiresIn_x003E_k__BackingField>3</_x003C_expiresIn_x003E_k__BackingField> <_x003C_expires_x003E_k__BackingField>2025-01-10T05:13:39.7555575-03:00</_x003C_expires_x003E_k__BackingField> <_x003C_id_x003E_k__BackingField>6</_x003C_id_x003E_k__BackingField> <_x003C_isExt_x003E_k__BackingField>true</_x003C_isExt_x003E_k__BackingField> <_x003C_issued_x003E_k__BackingField>2025-01-10T05:13:39.7555575-03:00</_x003C_issued_x003E_k__BackingField> <_x003C_loginId_x003E_k__BackingField>15</_x003C_loginId_x003E_k__BackingField> <_x003C_name_x003E_k__BackingField>sample string 7</_x003C_name_x003E_k__BackingField> <_x003C_permissionRole_x003E_k__BackingField>sample string 11</_x003C_permissionRole_x003E_k__BackingField> <_x003C_refreshToken_x003E_k__BackingField>sample string 4</_x003C_refreshToken_x003E_k__BackingField> <_x003C_seqUser_x003E_k__BackingField>8</_x003C_seqUser_x003E_k__BackingField> <_x003C_tokenType_x003E_k__BackingField>sample string 2</_x003C_tokenType_x003E_k__BackingField> <_x003C_userCode_x003E_k__BackingField>sample string 9</_x003C_userCode_x003E_k__BackingField> <_x003C_userName_x003E_k__BackingField>sample string 5</_x003C_userName_x003E_k__BackingField> </TokenResponse>
END

consinco_json_request() {
	new c vendor=consinco lifetime=90
	equal 200 "$(json_refresh "$base/api/v1/auth/refresh-token" \
		"{ \"refresh_token\": \"$refresh\", \"grant_type\": \"refresh_token\" }")"
	contains "Content-Type: application/json; charset=utf-8" head
	same_shape consinco.json body
	contains "\"<expiresIn>k__BackingField\": \"90\"" body
}
test_case 'consinco: JSON request, answer as its sample' consinco_json_request

consinco_json_answer_as_table() {
	new c vendor=consinco spelling=table
	equal 200 "$(json_refresh "$base/api/v1/auth/refresh-token" \
		"{\"refresh_token\":\"$refresh\"}")"
	grep -o "\"[^\"]*\": " body | tr -d "\": \n" >names
	equal access_tokentoken_typeexpires_inrefresh_tokenusernameidnameuserSequenceuserCodeADUserpermissionRolecompanycompanyTypeisExtloginId.issued.expires "$(cat names)"
}
test_case 'consinco: JSON answer as its table names the members' consinco_json_answer_as_table

consinco_xml_request() {
	new c vendor=consinco
	equal 200 "$(consinco_xml "<ControllerVersion>3</ControllerVersion> <GrantType>refresh_token</GrantType> <Refreshtoken>$refresh</Refreshtoken>")"
	contains "Content-Type: application/xml; charset=utf-8" head
	same_shape consinco.xml body
}
test_case 'consinco: XML request, XML answer as its sample' consinco_xml_request

consinco_accept_chooses_answer() {
	new c vendor=consinco
	equal 200 "$(json_refresh "$base/api/v1/auth/refresh-token" \
		"{\"refresh_token\":\"$refresh\"}" \
		-H "Accept: text/html, text/xml;q=0.5, application/json;q=0.1")"
	contains "<TokenResponse " body
}
test_case 'consinco: Accept chooses the answer, whatever the request was' \
	consinco_accept_chooses_answer

consinco_xml_in_another_order() {
	new c vendor=consinco
	equal 200 "$(consinco_xml "<GrantType>refresh_token</GrantType><Refreshtoken>$refresh</Refreshtoken>")"
	newest c
	equal 200 "$(consinco_xml "<Refreshtoken>$refresh</Refreshtoken><GrantType>anything</GrantType>")"
	newest c
	equal 400 "$(consinco_xml "<refresh_token>$refresh</refresh_token>")"
	equal 400 "$(consinco_xml "<Refreshtoken>$refresh</Refreshtoken>" http://example.com/)"
	equal 400 "$(consinco_xml "<Refreshtoken>$refresh</Refreshtoken>" "")"
	equal 400 "$(consinco_xml "<GrantType>sample</GrantType><Refreshtoken>$refresh</Refreshtoken>")"
	equal 400 "$(status "$base/api/v1/auth/refresh-token" -H "Content-Type: text/xml" -d \
		"<!DOCTYPE r []><r/>")"
	equal 0 "$(ts_count c reuses)"
}
test_case 'consinco: XML in another order counts as absent' consinco_xml_in_another_order

consinco_errors_have_no_body() {
	new c vendor=consinco
	equal 401 "$(json_refresh "$base/api/v1/auth/refresh-token" \
		"{\"refresh_token\":\"nonsense\"}")"
	empty body
	must_fail grep -i ^content-type: head
	equal 400 "$(json_refresh "$base/api/v1/auth/refresh-token" "{\"refresh_token\":5}")"
	empty body
	ts set c error_body=json
	equal 401 "$(json_refresh "$base/api/v1/auth/refresh-token" \
		"{\"refresh_token\":\"nonsense\"}")"
	contains Message body
}
test_case 'consinco: errors have no body and no type' consinco_errors_have_no_body

consinco_login_with_company() {
	new c vendor=consinco
	url=$base/api/v1/auth/login
	equal 200 "$(json_refresh "$url" \
		"{\"company\":\"example\",\"username\":\"alice\",\"password\":\"wonderland\"}")"
	same_shape consinco.json body
	equal 401 "$(json_refresh "$url" \
		"{\"company\":\"other\",\"username\":\"alice\",\"password\":\"wonderland\"}")"
}
test_case 'consinco: login with company, username and password' consinco_login_with_company

# --- formulacerta -----------------------------------------------------------------

cat >formulacerta.json <<'END'
{ "AccessToken": "sample string 1", "RefreshAccessToken": "sample string 2", "TokenType": "sample string 3", "Expires": "2024-11-21T08:42:50.8590439+00:00", "ErrorCode": 5, "ClienteId": 6, "Succeeded": true, "Errors": [ "sample string 1", "sample string 2" ] }
END
cat >formulacerta.xml <<'END'
<LoginResult xmlns:i="http://www.w3.org/2001/XMLSchema-instance" xmlns="http://schemas.datacontract.org/2004/07/FormulaCertaAPI.Models.v2.Result"> <Errors xmlns:d2p1="http://schemas.microsoft.com/2003/10/Serialization/Arrays" xmlns="http://schemas.datacontract.org/2004/07/FormulaCertaAPI.Models"> <d2p1:string>sample string 1</d2p1:string> <d2p1:string>sample string 2</d2p1:string> </Errors> <Succeeded xmlns="http://schemas.datacontract.org/2004/07/FormulaCertaAPI.Models">true</Succeeded> <AccessToken>sample string 1</AccessToken> <ErrorCode>5</ErrorCode> <Expires xmlns:d2p1="http://schemas.datacontract.org/2004/07/System"> <d2p1:DateTime>2024-11-21T08:42:50.8590439Z</d2p1:DateTime> <d2p1:OffsetMinutes>0</d2p1:OffsetMinutes> </Expires> <RefreshAccessToken>sample string 2</RefreshAccessToken> <TokenType>sample string 3</TokenType> </LoginResult>
END

formulacerta_xml() {	# INNER
	status "$base/api/v2/account/refreshtoken" -H 'Content-Type: text/xml; charset=utf-8' \
		-H 'Accept: application/xml' -d \
"<AccessTokenBindingModel xmlns:i=\"http://www.w3.org/2001/XMLSchema-instance\" xmlns=\"http://schemas.datacontract.org/2004/07/FormulaCertaAPI.Models.v2.BindingModels\">$1</AccessTokenBindingModel>"
}
formulacerta_json() {	# OLD REFRESH
	json_refresh "$base/api/v2/account/refreshtoken" \
		"{ \"AccessTokenOld\": \"$1\", \"AccessTokenRefresh\": \"$2\" }"
}

formulacerta_json_request() {
	new f vendor=formulacerta noisy=yes
	equal 200 "$(formulacerta_json "$access" "$refresh")"
	same_shape formulacerta.json body
	contains "\"ErrorCode\": 5" body
}
test_case 'formulacerta: JSON request, answer as its sample' formulacerta_json_request

formulacerta_form_request() {
	new f vendor=formulacerta
	equal 200 "$(status "$base/api/v2/account/refreshtoken" \
		--data-urlencode "AccessTokenOld=$access" \
		--data-urlencode "AccessTokenRefresh=$refresh" -H "Accept: application/json")"
	contains "\"ErrorCode\": 0, \"ClienteId\": 6, \"Succeeded\": true, \"Errors\": [] }" body
}
test_case 'formulacerta: form request, success without an ErrorCode' formulacerta_form_request

formulacerta_xml_request() {
	new f vendor=formulacerta noisy=yes
	equal 200 "$(formulacerta_xml "<AccessTokenOld>$access</AccessTokenOld><AccessTokenRefresh>$refresh</AccessTokenRefresh>")"
	same_shape formulacerta.xml body
}
test_case 'formulacerta: XML request, XML answer as its sample' formulacerta_xml_request

formulacerta_xml_date() {
	new f vendor=formulacerta offset=-180 lifetime=3600
	equal 200 "$(formulacerta_xml "<AccessTokenOld>$access</AccessTokenOld><AccessTokenRefresh>$refresh</AccessTokenRefresh>")"
	contains "Z</d2p1:DateTime> <d2p1:OffsetMinutes>-180<" body
	utc=$(sed "s/.*<d2p1:DateTime>\([0-9T:-]*\).*/\1/" body)
	ts set f zone=no
	newest f
	equal 200 "$(formulacerta_xml "<AccessTokenOld>$access</AccessTokenOld><AccessTokenRefresh>$refresh</AccessTokenRefresh>")"
	must_fail grep "Z</d2p1:DateTime>" body
	local=$(sed "s/.*<d2p1:DateTime>\([0-9T:-]*\).*/\1/" body)
	between=$(($(date -ud "$utc" +%s) - $(date -ud "$local" +%s)))
	[ "$between" -gt 10700 ] && [ "$between" -le 10800 ]
}
test_case 'formulacerta: an XML date with an offset, with and without its Z' formulacerta_xml_date

formulacerta_old_access_token() {
	new f vendor=formulacerta
	equal 200 "$(formulacerta_json "not-$access" "$refresh")"
	contains "{ \"AccessToken\": null, " body
	contains "\"Succeeded\": false" body
	equal 200 "$(formulacerta_xml "<AccessTokenRefresh>$refresh</AccessTokenRefresh><AccessTokenOld>$access</AccessTokenOld>")"
	contains ">false</Succeeded> <AccessToken i:nil=\"true\" />" body
	equal 0 "$(ts_count f refreshes)"
	equal 200 "$(formulacerta_json "$access" "$refresh")"
	contains "\"Succeeded\": true" body
}
test_case 'formulacerta: the old access token must be the right one; refusals are 200' \
	formulacerta_old_access_token

# --- kirjaswappi ------------------------------------------------------------------

kirjaswappi_one_member() {
	new k vendor=kirjaswappi media=json
	for i in 1 2; do
		equal 200 "$(json_refresh "$base/api/v1/authenticate/refresh" \
			"{\"refreshToken\":\"$refresh\"}")"
		grep -Ex "\{\"jwtToken\":\"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]{43}\"\}" \
			body
	done
	contains "Content-Type: application/json" head
	payload=$(cut -d. -f2 body | tr _- /+)
	while [ $((${#payload} % 4)) -ne 0 ]; do payload=$payload=; done
	printf %s "$payload" | base64 -d | grep -E "\"sub\":\"alice\".*\"exp\":[0-9]{10}\}"
}
test_case 'kirjaswappi: one member, a JWT with exp; the refresh token stays' kirjaswappi_one_member

kirjaswappi_refresh_token_says() {
	new k vendor=kirjaswappi
	payload=$(printf %s "$refresh" | cut -d. -f2 | tr _- /+)
	while [ $((${#payload} % 4)) -ne 0 ]; do payload=$payload=; done
	printf %s "$payload" | base64 -d >payload
	contains "\"exp\":9223372036854775}" payload
}
test_case 'kirjaswappi: the refresh token says exp 9223372036854775' kirjaswappi_refresh_token_says

kirjaswappi_media_type_none() {
	new k vendor=kirjaswappi
	equal 200 "$(json_refresh "$base/api/v1/authenticate/refresh" \
		"{\"refreshToken\":\"$refresh\"}")"
	must_fail grep -i ^content-type: head
	ts set k media=any
	equal 200 "$(json_refresh "$base/api/v1/authenticate/refresh" \
		"{\"refreshToken\":\"$refresh\"}")"
	contains "Content-Type: */*" head
}
test_case 'kirjaswappi: the media type is none, */* or JSON' kirjaswappi_media_type_none

kirjaswappi_three_shapes() {
	new k vendor=kirjaswappi
	url=$base/api/v1/authenticate/refresh
	equal 401 "$(json_refresh "$url" "{\"refreshToken\":\"x\"}")"
	same_text "{\"error\":{\"code\":\"invalidJwtToken\",\"message\":\"Invalid JWT token: x\",\"target\":\"/api/v1/authenticate/refresh\",\"details\":[]}}" <(cat body; echo)
	ts set k error_shape=bare
	equal 401 "$(json_refresh "$url" "{\"refreshToken\":\"x\"}")"
	contains "{\"code\":\"invalidJwtToken\"," body
	ts set k error_shape=text
	equal 401 "$(json_refresh "$url" "{\"refreshToken\":\"x\"}")"
	same_text "{\"error\":\"Invalid JWT token\"}" <(cat body; echo)
	ts disable k
	equal 404 "$(json_refresh "$url" "{\"refreshToken\":\"$refresh\"}")"
}
test_case 'kirjaswappi: three shapes of errors' kirjaswappi_three_shapes

kirjaswappi_expired_bearer_token() {
	new k vendor=kirjaswappi
	url=$base/api/v1/authenticate/refresh
	ts revoke-access k
	equal 401 "$(json_refresh "$url" "{\"refreshToken\":\"$refresh\"}" -H \
		"Authorization: Bearer $access")"
	equal 415 "$(status "$url" -d "refreshToken=$refresh")"
	equal 400 "$(json_refresh "$url" "{\"refreshToken\":")"
	equal 406 "$(json_refresh "$url" "{\"refreshToken\":\"$refresh\"}" -H \
		"Accept: application/xml")"
	equal 200 "$(json_refresh "$url" "{\"refreshToken\":\"$refresh\"}")"
}
test_case 'kirjaswappi: a request with an expired Bearer token fails, other formats are refused' \
	kirjaswappi_expired_bearer_token

kirjaswappi_login() {
	new k vendor=kirjaswappi
	equal 200 "$(json_refresh "$base/api/v1/authenticate" \
		"{\"username\":\"alice\",\"password\":\"wonderland\"}")"
	token=$(json_member refreshToken body)
	equal 200 "$(json_refresh "$base/api/v1/authenticate/refresh" \
		"{\"refreshToken\":\"$token\"}")"
}
test_case 'kirjaswappi: login' kirjaswappi_login

# --- OAuth 2.0 --------------------------------------------------------------------

oauth2_metadata_at_both_places() {
	new o
	equal 200 "$(status "$TS/.well-known/oauth-authorization-server/o")"
	contains "{\"issuer\":\"$base\",\"authorization_endpoint\":" body
	contains "\"token_endpoint\":\"$base/oauth/token\"" body
	equal 200 "$(status "$base/.well-known/openid-configuration")"
	equal 404 "$(status "$base/.well-known/oauth-authorization-server")"
	equal 404 "$(status "$TS/.well-known/openid-configuration/o")"
	equal 2 "$(ts_count o discoveries)"
	ts set o discovery=openid issuer=https://example.com/
	equal 404 "$(status "$TS/.well-known/oauth-authorization-server/o")"
	equal 200 "$(status "$base/.well-known/openid-configuration")"
	contains "{\"issuer\":\"https://example.com/\"," body
}
test_case 'oauth2: metadata at both places, and nowhere else' oauth2_metadata_at_both_places

oauth2_refresh_rotates() {
	new o
	equal 200 "$(oauth_refresh "$refresh")"
	next=$(json_member refresh_token body)
	must_fail equal "$refresh" "$next"
	equal 200 "$(oauth_refresh "$next")"
	ts last-request o >request
	contains "POST /oauth/token" request
	contains "grant_type=refresh_token&refresh_token=$next" request
	equal 2 "$(ts_count o refreshes)"
}
test_case 'oauth2: a refresh rotates, and the request is kept for the test' oauth2_refresh_rotates

oauth2_spent_refresh_token() {
	new o
	ts login o >other.tokens
	equal 200 "$(oauth_refresh "$refresh")"
	next=$(json_member refresh_token body) fresh=$(json_member access_token body)
	equal 204 "$(status -u "x:$fresh" "$TS/_auth/o")"
	equal 400 "$(oauth_refresh "$refresh")"
	contains "\"error\":\"invalid_grant\"" body
	equal 400 "$(oauth_refresh "$next")"
	equal 401 "$(status -u "x:$fresh" "$TS/_auth/o")"
	equal 1 "$(ts_count o reuses)"
	equal 200 "$(oauth_refresh "$(field refresh_token other.tokens)")"
}
test_case 'oauth2: a spent refresh token revokes the whole sign-in, and only that one' \
	oauth2_spent_refresh_token

oauth2_without_reuse_detection() {
	new o reuse_detection=no
	equal 200 "$(oauth_refresh "$refresh")"
	next=$(json_member refresh_token body)
	equal 400 "$(oauth_refresh "$refresh")"
	equal 200 "$(oauth_refresh "$next")"
	equal 1 "$(ts_count o reuses)"
}
test_case 'oauth2: without reuse detection the sign-in stays valid' oauth2_without_reuse_detection

oauth2_within_grace_spent() {
	new o grace=600
	equal 200 "$(oauth_refresh "$refresh")"
	next=$(json_member refresh_token body)
	equal 200 "$(oauth_refresh "$refresh")"
	equal "$next" "$(json_member refresh_token body)"
	equal 1 "$(ts_count o replays)"
	equal 0 "$(ts_count o reuses)"
	equal 200 "$(oauth_refresh "$next")"
	equal 400 "$(oauth_refresh "$refresh")"
	equal 1 "$(ts_count o reuses)"
}
test_case 'oauth2: within grace a spent refresh token is answered with the same successor' \
	oauth2_within_grace_spent

oauth2_rotate_no() {
	new o rotate=no
	equal 200 "$(oauth_refresh "$refresh")"
	lacks refresh_token body
	equal 200 "$(oauth_refresh "$refresh")"
}
test_case 'oauth2: rotate=no' oauth2_rotate_no

oauth2_client_authentication() {
	new o client_id=app
	equal 401 "$(oauth_refresh "$refresh")"
	equal 200 "$(oauth_refresh "$refresh" -d client_id=app)"
	new o client_auth=basic client_id=app client_secret=s3cret
	equal 401 "$(oauth_refresh "$refresh" -d client_id=app -d client_secret=s3cret)"
	contains "WWW-Authenticate: Basic" head
	equal 401 "$(oauth_refresh "$refresh" -u app:wrong)"
	equal 200 "$(oauth_refresh "$refresh" -u app:s3cret)"
	new o client_auth=post client_id=app client_secret=s3cret
	equal 401 "$(oauth_refresh "$refresh" -u app:s3cret)"
	equal 200 "$(oauth_refresh "$refresh" -d client_id=app -d client_secret=s3cret)"
}
test_case 'oauth2: client authentication none, basic, post' oauth2_client_authentication

oauth2_malformed_requests_told() {
	new o
	equal 400 "$(status "$base/oauth/token" -d grant_type=password)"
	contains unsupported_grant_type body
	equal 400 "$(json_refresh "$base/oauth/token" \
		"{\"grant_type\":\"refresh_token\",\"refresh_token\":\"$refresh\"}")"
	contains invalid_request body
	equal 400 "$(oauth_refresh "$refresh" -d "refresh_token=$refresh")"
	contains invalid_request body
	equal 400 "$(oauth_refresh "$refresh" --data-urlencode "scope=openid admin")"
	contains invalid_scope body
	equal 400 "$(status "$base/oauth/token?grant_type=refresh_token&refresh_token=$refresh" -X \
		POST)"
	equal 200 "$(oauth_refresh "$refresh" -d scope=openid)"
}
test_case 'oauth2: malformed requests have different errors and spend nothing' \
	oauth2_malformed_requests_told

oauth2_introspection() {
	new o subject=s-1
	equal 200 "$(status "$base/oauth/introspect" -d "token=$access")"
	contains "{\"active\":true,\"sub\":\"s-1\"" body
	equal 200 "$(status "$base/oauth/userinfo" -H "Authorization: Bearer $access")"
	contains "{\"sub\":\"s-1\",\"preferred_username\":\"alice\"}" body
	equal 200 "$(status "$base/oauth/revoke" -d "token=$refresh")"
	equal 200 "$(status "$base/oauth/introspect" -d "token=$access")"
	contains "{\"active\":false}" body
	equal 401 "$(status "$base/oauth/userinfo" -H "Authorization: Bearer $access")"
	equal 400 "$(oauth_refresh "$refresh")"
	equal 1 "$(ts_count o revocations)"
}
test_case 'oauth2: introspection, userinfo and revocation' oauth2_introspection

# --- validity, expiry, administration ---------------------------------------------

expired() {
	[ "$(status -u "x:$access" "$TS/_auth/$1")" = 401 ]
}

# good_for SECONDS - a token with that lifetime is valid twice before it expires
good_for() {
	new v "lifetime=$1"
	[ "$(status -u "x:$access" "$TS/_auth/v") $(status -H "Authorization: Bearer $access" \
		"$TS/_auth/v")" = "204 204" ]
}

token_good_for_fractions() {
	# On a machine that is too busy to ask in that time a longer one shows the same.
	good_for 0.4 || good_for 1.6 || good_for 6.4 || good_for 25.6
	equal "2 0" "$(ts_count v checks) $(ts_count v checks_refused)"
	eventually 10 expired v
	contains "WWW-Authenticate: Basic realm=\"example\"" head
	ts set v lifetime=3600 challenge=bearer
	equal 200 "$(oauth_refresh "$refresh")"
	equal 204 "$(status -u "x:$(json_member access_token body)" "$TS/_auth/v")"
	equal 401 "$(status "$TS/_auth/v")"
	contains "WWW-Authenticate: Bearer" head
}
test_case 'a token is valid for fractions of a second, then refused; a refresh gets a new one' \
	token_good_for_fractions

expired_refresh_token_refused() {
	new v refresh_lifetime=0.01
	refused() {
		new v refresh_lifetime=0.001
		[ "$(oauth_refresh "$refresh")" = 400 ]
	}
	eventually 10 refused
	equal 0 "$(ts_count v reuses)"
}
test_case 'an expired refresh token is refused' expired_refresh_token_refused

exchange_token() {	# TOKEN [NAME=VALUE…]
	local token=$1 arguments=() pair

	shift
	for pair; do
		arguments+=(--data-urlencode "$pair")
	done
	status "$base/oauth/token" -d "grant_type=urn:ietf:params:oauth:grant-type:token-exchange" \
		-d "subject_token_type=urn:ietf:params:oauth:token-type:access_token" \
		--data-urlencode "subject_token=$token" "${arguments[@]}"
}
oauth2_token_exchange() {
	new e exchange_lifetime=60 "targets=https://git.example.com other"
	equal 200 "$(exchange_token "$access" resource=https://git.example.com)"
	equal urn:ietf:params:oauth:token-type:access_token "$(json_member issued_token_type body)"
	contains "\"expires_in\":60" body
	lacks refresh_token body
	new=$(json_member access_token body)
	equal 204 "$(status "$TS/_auth/e" -u "x:$new")"
	equal 400 "$(exchange_token "$access" audience=third)"
	equal invalid_target "$(json_member error body)"
	equal 400 "$(exchange_token "$refresh" audience=other)"
	equal invalid_request "$(json_member error body)"
	equal "1 1" "$(ts_count e token_exchanges) $(ts_count e refused)"
	equal 200 "$(status "$base/oauth/revoke" -d "token=$refresh")"
	equal 401 "$(status "$TS/_auth/e" -u "x:$new")"
}
test_case 'oauth2: token exchange (RFC 8693), for valid tokens and known audiences' oauth2_token_exchange

oauth2_endpoints_not_told() {
	new e "without=revoke introspect"
	get "$base/.well-known/openid-configuration" >metadata
	lacks revocation_endpoint metadata
	lacks introspection_endpoint metadata
	contains userinfo_endpoint metadata
	ts fault e fault=error:unsupported_token_type at=revoke
	ts fault e fault=inactive at=introspect
	ts fault e fault=error:insufficient_scope:403 at=userinfo
	ts fault e fault=error:invalid_target at=exchange
	equal 400 "$(status "$base/oauth/revoke" -d "token=$refresh")"
	equal unsupported_token_type "$(json_member error body)"
	equal 200 "$(status "$base/oauth/introspect" -d "token=$access")"
	contains "{\"active\":false}" body
	equal 403 "$(status "$base/oauth/userinfo" -H "Authorization: Bearer $access")"
	equal 200 "$(oauth_refresh "$refresh")"
	equal 400 "$(exchange_token "$(json_member access_token body)")"
	equal invalid_target "$(json_member error body)"
	equal "4 0" "$(ts_count e faults) $(ts_count e revocations)"
}
test_case 'oauth2: endpoints that are not in the metadata, and faults of the others' \
	oauth2_endpoints_not_told

revoke_access() {
	new v
	ts revoke-access v
	equal 401 "$(status -u "x:$access" "$TS/_auth/v")"
	ts set v kill_old=yes
	equal 200 "$(oauth_refresh "$refresh")"
	first=$(json_member access_token body) refresh=$(json_member refresh_token body)
	equal 200 "$(oauth_refresh "$refresh")"
	second=$(json_member access_token body) refresh=$(json_member refresh_token body)
	equal 401 "$(status -u "x:$first" "$TS/_auth/v")"
	equal 204 "$(status -u "x:$second" "$TS/_auth/v")"
	ts disable v
	equal 400 "$(oauth_refresh "$refresh")"
	contains "User account is disabled" body
	ts enable v
	ts revoke-family v
	equal 400 "$(oauth_refresh "$refresh")"
	contains "Token is not active" body
}
test_case 'revoke-access, kill_old, disable and revoke-family' revoke_access

tokens_of_any_size() {
	new v size=2500
	equal 2500 "${#access}"
	new v special=yes
	equal 200 "$(oauth_refresh "$refresh")"
	for vendor in abitmedia consinco formulacerta; do
		ts create v vendor=$vendor special=yes >v.tokens
		read_tokens v.tokens
		contains "+/=&%2B;<>\"" v.tokens
	done
}
test_case 'tokens of any size, and with every special character, for every vendor' \
	tokens_of_any_size

date_header_follows_skew() {
	new v skew=-864000
	equal 200 "$(oauth_refresh "$refresh")"
	date=$(date -d "$(sed -n "s/^Date: //p" head | tr -d "\r")" +%s)
	[ $(($(date +%s) - date)) -ge 863990 ]
	ts set v date=no
	equal 204 "$(status -u "x:$(json_member access_token body)" "$TS/_auth/v")"
	must_fail grep -i ^Date: head
}
test_case 'the Date header follows skew, or is absent' date_header_follows_skew

administration_refuses() {
	must_fail ts create v colour=blue
	must_fail ts create v rotate=maybe
	must_fail ts create "v/../w"
	must_fail ts counters nobody
	must_fail ts counters v name=unheard
	must_fail ts fault v fault=unheard
	must_fail ts unheard v
}
test_case 'administration refuses unknown verbs and options' administration_refuses

test_done

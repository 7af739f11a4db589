/* SPDX-License-Identifier: MIT */
/*
 * Compares the requests of the shipped profiles with those in the vendors' documentation.
 *
 * Each row has a documented request, with this test's values, its pairs in the documented order,
 * and the pairs that freshtoken sends in addition (PKCE, state, nonce: RFC 7636, RFC 6749 and
 * OpenID Connect Core). The rendered request has to be exactly that, byte by byte, in any order of
 * pairs. The test sets the endpoints in a service's metadata to the documented ones.
 */
#include "config.h"

#include <check.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/data/json.h"
#include "lib/exchange/facts.h"
#include "lib/exchange/request.h"
#include "lib/provider/profile.h"
#include "tests/unit/unit.h"

#define URI "http%3A%2F%2F127.0.0.1%3A8400%2Fcallback"
#define PKCE "code_challenge=CHALLENGE&code_challenge_method=S256"
#define DEVICE_GRANT "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Adevice_code"

/* An account and what the service's metadata names; last, where persons are asked about elsewhere,
 * such an account. */
static const struct service {
	const char *profile, *server, *scope, *audience;
	bool secret;
	const char *params[4];		/* name, value, … */
	const char *metadata[12];	/* likewise */
} services[] = {
	{ "entra", .scope = "user.read openid profile offline_access",
	  .params = { "tenant", "organizations" },
	  .metadata = {
		  "authorization_endpoint",
		  "https://login.microsoftonline.com/organizations/oauth2/v2.0/authorize",
		  "token_endpoint", "https://login.microsoftonline.com/organizations/oauth2/v2.0/token",
		  "device_authorization_endpoint",
		  "https://login.microsoftonline.com/organizations/oauth2/v2.0/devicecode" } },
	{ "okta", "https://example.okta.com/oauth2/default",
	  .metadata = { "device_authorization_endpoint",
			"https://example.okta.com/oauth2/default/v1/device/authorize",
			"token_endpoint", "https://example.okta.com/oauth2/default/v1/token",
			"authorization_endpoint",
			"https://example.okta.com/oauth2/default/v1/authorize",
			"revocation_endpoint", "https://example.okta.com/oauth2/default/v1/revoke" } },
	{ "auth0", "https://example.eu.auth0.com", .audience = "https://api.example.com",
	  .metadata = { "device_authorization_endpoint",
			"https://example.eu.auth0.com/oauth/device/code", "token_endpoint",
			"https://example.eu.auth0.com/oauth/token", "authorization_endpoint",
			"https://example.eu.auth0.com/authorize", "revocation_endpoint",
			"https://example.eu.auth0.com/oauth/revoke" } },
	{ "google", .secret = true,
	  .metadata = { "device_authorization_endpoint", "https://oauth2.googleapis.com/device/code",
			"token_endpoint", "https://oauth2.googleapis.com/token",
			"authorization_endpoint", "https://accounts.google.com/o/oauth2/v2/auth",
			"revocation_endpoint", "https://oauth2.googleapis.com/revoke" } },
	{ "keycloak", "https://sso.example.com/realms/staff",
	  .metadata = {
		  "device_authorization_endpoint",
		  "https://sso.example.com/realms/staff/protocol/openid-connect/auth/device",
		  "token_endpoint",
		  "https://sso.example.com/realms/staff/protocol/openid-connect/token",
		  "authorization_endpoint",
		  "https://sso.example.com/realms/staff/protocol/openid-connect/auth",
		  "revocation_endpoint",
		  "https://sso.example.com/realms/staff/protocol/openid-connect/revoke" } },
	{ "gitea", "https://git.example.com",
	  .metadata = { "token_endpoint", "https://git.example.com/login/oauth/access_token",
			"authorization_endpoint", "https://git.example.com/login/oauth/authorize" } },
	{ "hydra", "https://example.projects.oryapis.com",
	  .metadata = { "token_endpoint", "https://example.projects.oryapis.com/oauth2/token",
			"authorization_endpoint",
			"https://example.projects.oryapis.com/oauth2/auth", "revocation_endpoint",
			"https://example.projects.oryapis.com/oauth2/revoke",
			"device_authorization_endpoint",
			"https://example.projects.oryapis.com/oauth2/device/auth" } },
	{ "glewlwyd", "https://sso.example.com/api/oidc",
	  .metadata = { "token_endpoint", "https://sso.example.com/api/oidc/token",
			"authorization_endpoint", "https://sso.example.com/api/oidc/auth",
			"revocation_endpoint", "https://sso.example.com/api/oidc/revoke",
			"device_authorization_endpoint",
			"https://sso.example.com/api/oidc/device_authorization" } },
	{ "lemonldap", "https://auth.example.com",
	  .metadata = { "token_endpoint", "https://auth.example.com/oauth2/token",
			"authorization_endpoint", "https://auth.example.com/oauth2/authorize" } },
	{ "doorkeeper", "https://app.example.com", .scope = "read" },
	{ "gitlab",
	  .metadata = { "token_endpoint", "https://gitlab.com/oauth/token",
			"authorization_endpoint", "https://gitlab.com/oauth/authorize",
			"revocation_endpoint", "https://gitlab.com/oauth/revoke" } },
	{ "aws-sso", .secret = true,
	  .params = { "region", "eu-west-1", "start_url", "https://example.awsapps.com/start" } },
	{ "salesforce",
	  .metadata = { "token_endpoint", "https://login.salesforce.com/services/oauth2/token",
			"authorization_endpoint",
			"https://login.salesforce.com/services/oauth2/authorize",
			"revocation_endpoint",
			"https://login.salesforce.com/services/oauth2/revoke" } },
	{ "jfrog", .server = "https://example.jfrog.io" },
	{ "zitadel", "https://example.zitadel.cloud",
	  .metadata = { "token_endpoint", "https://example.zitadel.cloud/oauth/v2/token",
			"authorization_endpoint",
			"https://example.zitadel.cloud/oauth/v2/authorize", "revocation_endpoint",
			"https://example.zitadel.cloud/oauth/v2/revoke",
			"device_authorization_endpoint",
			"https://example.zitadel.cloud/oauth/v2/device_authorization" } },
	{ "authentik", "https://sso.example.com/application/o/git",
	  .metadata = { "token_endpoint", "https://sso.example.com/application/o/token/",
			"authorization_endpoint",
			"https://sso.example.com/application/o/authorize/", "revocation_endpoint",
			"https://sso.example.com/application/o/revoke/",
			"device_authorization_endpoint",
			"https://sso.example.com/application/o/device/" } },
	{ "kanidm", "https://idm.example.com/oauth2/openid/app",
	  .metadata = { "token_endpoint", "https://idm.example.com/oauth2/token",
			"authorization_endpoint", "https://idm.example.com/ui/oauth2",
			"revocation_endpoint", "https://idm.example.com/oauth2/token/revoke" } },
	{ "scim2", "https://sso.example.com/scim/v2", .metadata = { NULL } },
	{ "cognito",
	  .params = { "region", "eu-west-1", "pool", "eu-west-1_EXAMPLE" },
	  .metadata = {
		  "token_endpoint",
		  "https://example.auth.eu-west-1.amazoncognito.com/oauth2/token",
		  "authorization_endpoint",
		  "https://example.auth.eu-west-1.amazoncognito.com/oauth2/authorize",
		  "revocation_endpoint",
		  "https://example.auth.eu-west-1.amazoncognito.com/oauth2/revoke" } },
	{ "okta", "https://example.okta.com", .metadata = { NULL } },
};
#define N_SERVICES (sizeof services / sizeof *services)

static const struct row {
	const char *profile;
	enum ft_request_kind kind;
	const char *documented;	/* METHOD URL, then other lines: headers, an empty one, the body */
	const char *more;	/* pairs besides */
} rows[] = {
	/* https://learn.microsoft.com/en-us/entra/identity-platform/v2-oauth2-device-code */
	{ "entra", FT_REQUEST_DEVICE,
	  "POST https://login.microsoftonline.com/organizations/oauth2/v2.0/devicecode\n"
	  "Content-Type: application/x-www-form-urlencoded\n\n"
	  "client_id=app&scope=user.read%20openid%20profile%20offline_access",
	  NULL },
	{ "entra", FT_REQUEST_DEVICE_TOKEN,
	  "POST https://login.microsoftonline.com/organizations/oauth2/v2.0/token\n"
	  "Content-Type: application/x-www-form-urlencoded\n\n" DEVICE_GRANT
	  "&client_id=app&device_code=DC",
	  NULL },
	/* https://learn.microsoft.com/en-us/entra/identity-platform/v2-oauth2-auth-code-flow */
	{ "entra", FT_REQUEST_AUTHORIZE,
	  "GET https://login.microsoftonline.com/organizations/oauth2/v2.0/authorize"
	  "?client_id=app&response_type=code&redirect_uri=" URI
	  "&scope=user.read%20openid%20profile%20offline_access&state=STATE&" PKCE,
	  "nonce=NONCE" },
	{ "entra", FT_REQUEST_CODE,
	  "POST https://login.microsoftonline.com/organizations/oauth2/v2.0/token\n"
	  "Content-Type: application/x-www-form-urlencoded\n\n"
	  "client_id=app&code=CODE&redirect_uri=" URI
	  "&grant_type=authorization_code&code_verifier=VERIFIER",
	  NULL },
	{ "entra", FT_REQUEST_REFRESH,
	  "POST https://login.microsoftonline.com/organizations/oauth2/v2.0/token\n"
	  "Content-Type: application/x-www-form-urlencoded\n\n"
	  "client_id=app&scope=user.read%20openid%20profile%20offline_access&refresh_token=RT"
	  "&grant_type=refresh_token",
	  NULL },

	/* https://developer.okta.com/docs/guides/device-authorization-grant/main/ */
	{ "okta", FT_REQUEST_DEVICE,
	  "POST https://example.okta.com/oauth2/default/v1/device/authorize\n"
	  "Accept: application/json\nContent-Type: application/x-www-form-urlencoded\n\n"
	  "client_id=app&scope=openid%20offline_access",
	  NULL },
	{ "okta", FT_REQUEST_DEVICE_TOKEN,
	  "POST https://example.okta.com/oauth2/default/v1/token\n"
	  "Accept: application/json\nContent-Type: application/x-www-form-urlencoded\n\n"
	  "client_id=app&" DEVICE_GRANT "&device_code=DC",
	  NULL },
	/* https://developer.okta.com/docs/guides/refresh-tokens/main/ */
	{ "okta", FT_REQUEST_REFRESH,
	  "POST https://example.okta.com/oauth2/default/v1/token\n"
	  "Accept: application/json\nContent-Type: application/x-www-form-urlencoded\n\n"
	  "grant_type=refresh_token&refresh_token=RT&client_id=app",
	  NULL },
	/* https://developer.okta.com/docs/guides/revoke-tokens/main/ */
	{ "okta", FT_REQUEST_REVOKE,
	  "POST https://example.okta.com/oauth2/default/v1/revoke\n"
	  "Accept: application/json\nContent-Type: application/x-www-form-urlencoded\n\n"
	  "token=RT&token_type_hint=refresh_token&client_id=app",
	  NULL },

	/* https://auth0.com/docs/get-started/authentication-and-authorization-flow/
	 * device-authorization-flow/call-your-api-using-the-device-authorization-flow */
	{ "auth0", FT_REQUEST_DEVICE,
	  "POST https://example.eu.auth0.com/oauth/device/code\n"
	  "Content-Type: application/x-www-form-urlencoded\n\n"
	  "client_id=app&scope=openid%20offline_access&audience=https%3A%2F%2Fapi.example.com",
	  NULL },
	{ "auth0", FT_REQUEST_DEVICE_TOKEN,
	  "POST https://example.eu.auth0.com/oauth/token\n"
	  "Content-Type: application/x-www-form-urlencoded\n\n" DEVICE_GRANT
	  "&device_code=DC&client_id=app",
	  NULL },
	/* https://auth0.com/docs/get-started/authentication-and-authorization-flow/
	 * authorization-code-flow-with-pkce/call-your-api-using-the-authorization-code-flow-with-pkce */
	{ "auth0", FT_REQUEST_AUTHORIZE,
	  "GET https://example.eu.auth0.com/authorize?response_type=code&" PKCE
	  "&client_id=app&redirect_uri=" URI "&scope=openid%20offline_access"
	  "&audience=https%3A%2F%2Fapi.example.com&state=STATE",
	  "nonce=NONCE" },
	{ "auth0", FT_REQUEST_CODE,
	  "POST https://example.eu.auth0.com/oauth/token\n"
	  "Content-Type: application/x-www-form-urlencoded\n\n"
	  "grant_type=authorization_code&client_id=app&code_verifier=VERIFIER&code=CODE"
	  "&redirect_uri=" URI,
	  NULL },
	/* https://auth0.com/docs/secure/tokens/refresh-tokens/use-refresh-tokens */
	{ "auth0", FT_REQUEST_REFRESH,
	  "POST https://example.eu.auth0.com/oauth/token\n"
	  "Content-Type: application/x-www-form-urlencoded\n\n"
	  "grant_type=refresh_token&client_id=app&refresh_token=RT",
	  "audience=https%3A%2F%2Fapi.example.com" },
	/* https://auth0.com/docs/secure/tokens/refresh-tokens/revoke-refresh-tokens */
	{ "auth0", FT_REQUEST_REVOKE,
	  "POST https://example.eu.auth0.com/oauth/revoke\n"
	  "Content-Type: application/x-www-form-urlencoded\n\nclient_id=app&token=RT",
	  "token_type_hint=refresh_token" },

	/* https://developers.google.com/identity/protocols/oauth2/limited-input-device */
	{ "google", FT_REQUEST_DEVICE,
	  "POST https://oauth2.googleapis.com/device/code\n"
	  "Content-Type: application/x-www-form-urlencoded\n\nclient_id=app&scope=openid%20email",
	  "client_secret=s3" },
	{ "google", FT_REQUEST_DEVICE_TOKEN,
	  "POST https://oauth2.googleapis.com/token\n"
	  "Content-Type: application/x-www-form-urlencoded\n\n"
	  "client_id=app&client_secret=s3&device_code=DC&" DEVICE_GRANT,
	  NULL },
	/* https://developers.google.com/identity/protocols/oauth2/native-app; access_type and prompt:
	 * https://developers.google.com/identity/protocols/oauth2/web-server */
	{ "google", FT_REQUEST_AUTHORIZE,
	  "GET https://accounts.google.com/o/oauth2/v2/auth?scope=openid%20email"
	  "&response_type=code&state=STATE&redirect_uri=" URI "&client_id=app&" PKCE
	  "&access_type=offline&prompt=consent",
	  "nonce=NONCE" },
	{ "google", FT_REQUEST_CODE,
	  "POST https://oauth2.googleapis.com/token\n"
	  "Content-Type: application/x-www-form-urlencoded\n\n"
	  "code=CODE&client_id=app&client_secret=s3&redirect_uri=" URI
	  "&grant_type=authorization_code&code_verifier=VERIFIER",
	  NULL },
	{ "google", FT_REQUEST_REFRESH,
	  "POST https://oauth2.googleapis.com/token\n"
	  "Content-Type: application/x-www-form-urlencoded\n\n"
	  "client_id=app&client_secret=s3&refresh_token=RT&grant_type=refresh_token",
	  NULL },
	{ "google", FT_REQUEST_REVOKE,
	  "POST https://oauth2.googleapis.com/revoke\n"
	  "Content-Type: application/x-www-form-urlencoded\n\ntoken=RT",
	  "token_type_hint=refresh_token&client_id=app&client_secret=s3" },

	/* https://www.keycloak.org/securing-apps/oidc-layers and
	 * https://www.rfc-editor.org/rfc/rfc8628#section-3.1 */
	{ "keycloak", FT_REQUEST_DEVICE,
	  "POST https://sso.example.com/realms/staff/protocol/openid-connect/auth/device\n"
	  "Content-Type: application/x-www-form-urlencoded\n\n"
	  "client_id=app&scope=openid%20offline_access",
	  NULL },
	{ "keycloak", FT_REQUEST_DEVICE_TOKEN,
	  "POST https://sso.example.com/realms/staff/protocol/openid-connect/token\n"
	  "Content-Type: application/x-www-form-urlencoded\n\n" DEVICE_GRANT
	  "&device_code=DC&client_id=app",
	  NULL },
	{ "keycloak", FT_REQUEST_REFRESH,
	  "POST https://sso.example.com/realms/staff/protocol/openid-connect/token\n"
	  "Content-Type: application/x-www-form-urlencoded\n\n"
	  "grant_type=refresh_token&refresh_token=RT&client_id=app",
	  NULL },
	{ "keycloak", FT_REQUEST_REVOKE,
	  "POST https://sso.example.com/realms/staff/protocol/openid-connect/revoke\n"
	  "Content-Type: application/x-www-form-urlencoded\n\n"
	  "token=RT&token_type_hint=refresh_token&client_id=app",
	  NULL },

	/* https://docs.gitea.com/development/oauth2-provider */
	{ "gitea", FT_REQUEST_AUTHORIZE,
	  "GET https://git.example.com/login/oauth/authorize?client_id=app&redirect_uri=" URI
	  "&response_type=code&state=STATE",
	  "scope=openid%20read%3Auser%20write%3Arepository&nonce=NONCE&" PKCE },
	{ "gitea", FT_REQUEST_CODE,
	  "POST https://git.example.com/login/oauth/access_token\n"
	  "Content-Type: application/x-www-form-urlencoded\n\n"
	  "client_id=app&code=CODE&grant_type=authorization_code&redirect_uri=" URI
	  "&code_verifier=VERIFIER",
	  NULL },
	{ "gitea", FT_REQUEST_REFRESH,
	  "POST https://git.example.com/login/oauth/access_token\n"
	  "Content-Type: application/x-www-form-urlencoded\n\n"
	  "client_id=app&refresh_token=RT&grant_type=refresh_token",
	  NULL },

	/* https://www.ory.com/docs/oauth2-oidc/device-authorization */
	{ "hydra", FT_REQUEST_DEVICE,
	  "POST https://example.projects.oryapis.com/oauth2/device/auth\n"
	  "Content-Type: application/x-www-form-urlencoded\n\n"
	  "client_id=app&scope=openid%20offline_access",
	  NULL },
	/* https://www.ory.com/docs/oauth2-oidc/refresh-token-grant */
	{ "hydra", FT_REQUEST_REFRESH,
	  "POST https://example.projects.oryapis.com/oauth2/token\n"
	  "Content-Type: application/x-www-form-urlencoded\n\n"
	  "grant_type=refresh_token&refresh_token=RT&client_id=app",
	  NULL },

	/* https://github.com/babelouest/glewlwyd/blob/master/docs/OIDC.md */
	{ "glewlwyd", FT_REQUEST_DEVICE,
	  "POST https://sso.example.com/api/oidc/device_authorization\n"
	  "Content-Type: application/x-www-form-urlencoded\n\nclient_id=app&scope=openid",
	  NULL },
	{ "glewlwyd", FT_REQUEST_REFRESH,
	  "POST https://sso.example.com/api/oidc/token\n"
	  "Content-Type: application/x-www-form-urlencoded\n\n"
	  "grant_type=refresh_token&refresh_token=RT&client_id=app",
	  NULL },

	/* https://lemonldap-ng.org/documentation/latest/idpopenidconnect.html */
	{ "lemonldap", FT_REQUEST_AUTHORIZE,
	  "GET https://auth.example.com/oauth2/authorize?response_type=code&client_id=app"
	  "&scope=openid%20offline_access&redirect_uri=" URI,
	  "state=STATE&nonce=NONCE&" PKCE },
	{ "lemonldap", FT_REQUEST_REFRESH,
	  "POST https://auth.example.com/oauth2/token\n"
	  "Content-Type: application/x-www-form-urlencoded\n\n"
	  "grant_type=refresh_token&refresh_token=RT&client_id=app",
	  NULL },

	/* https://github.com/doorkeeper-gem/doorkeeper/wiki/API-endpoint-descriptions-and-examples */
	{ "doorkeeper", FT_REQUEST_AUTHORIZE,
	  "GET https://app.example.com/oauth/authorize?client_id=app&redirect_uri=" URI
	  "&response_type=code&scope=read",
	  "state=STATE&nonce=NONCE&" PKCE },
	{ "doorkeeper", FT_REQUEST_CODE,
	  "POST https://app.example.com/oauth/token\n"
	  "Content-Type: application/x-www-form-urlencoded\n\n"
	  "client_id=app&code=CODE&grant_type=authorization_code&redirect_uri=" URI,
	  "code_verifier=VERIFIER" },
	{ "doorkeeper", FT_REQUEST_REFRESH,
	  "POST https://app.example.com/oauth/token\n"
	  "Content-Type: application/x-www-form-urlencoded\n\n"
	  "refresh_token=RT&client_id=app&grant_type=refresh_token",
	  "scope=read" },
	{ "doorkeeper", FT_REQUEST_REVOKE,
	  "POST https://app.example.com/oauth/revoke\n"
	  "Content-Type: application/x-www-form-urlencoded\n\nclient_id=app&token=RT",
	  "token_type_hint=refresh_token" },

	/* https://docs.gitlab.com/api/oauth2/ */
	{ "gitlab", FT_REQUEST_DEVICE,
	  "POST https://gitlab.com/oauth/authorize_device\n"
	  "Content-Type: application/x-www-form-urlencoded\n\n"
	  "client_id=app&scope=openid%20read_repository%20write_repository",
	  NULL },
	{ "gitlab", FT_REQUEST_DEVICE_TOKEN,
	  "POST https://gitlab.com/oauth/token\n"
	  "Content-Type: application/x-www-form-urlencoded\n\n" DEVICE_GRANT
	  "&device_code=DC&client_id=app",
	  NULL },
	{ "gitlab", FT_REQUEST_AUTHORIZE,
	  "GET https://gitlab.com/oauth/authorize?client_id=app&redirect_uri=" URI
	  "&response_type=code&state=STATE"
	  "&scope=openid%20read_repository%20write_repository&" PKCE,
	  "nonce=NONCE" },
	{ "gitlab", FT_REQUEST_CODE,
	  "POST https://gitlab.com/oauth/token\n"
	  "Content-Type: application/x-www-form-urlencoded\n\n"
	  "client_id=app&code=CODE&grant_type=authorization_code&redirect_uri=" URI
	  "&code_verifier=VERIFIER",
	  NULL },
	{ "gitlab", FT_REQUEST_REVOKE,
	  "POST https://gitlab.com/oauth/revoke\n"
	  "Content-Type: application/x-www-form-urlencoded\n\nclient_id=app&token=RT",
	  "token_type_hint=refresh_token" },

	/* https://docs.aws.amazon.com/singlesignon/latest/OIDCAPIReference/
	 * API_StartDeviceAuthorization.html */
	{ "aws-sso", FT_REQUEST_DEVICE,
	  "POST https://oidc.eu-west-1.amazonaws.com/device_authorization\n"
	  "Content-Type: application/json\n\n"
	  "{\"clientId\":\"app\",\"clientSecret\":\"s3\","
	  "\"startUrl\":\"https://example.awsapps.com/start\"}",
	  NULL },
	/* https://docs.aws.amazon.com/singlesignon/latest/OIDCAPIReference/API_RegisterClient.html */
	{ "aws-sso", FT_REQUEST_REGISTER,
	  "POST https://oidc.eu-west-1.amazonaws.com/client/register\n"
	  "Content-Type: application/json\n\n"
	  "{\"clientName\":\"freshtoken\",\"clientType\":\"public\","
	  "\"scopes\":[\"sso:account:access\"],"
	  "\"grantTypes\":[\"urn:ietf:params:oauth:grant-type:device_code\",\"refresh_token\"]}",
	  NULL },
	/* https://docs.aws.amazon.com/singlesignon/latest/OIDCAPIReference/API_CreateToken.html */
	{ "aws-sso", FT_REQUEST_DEVICE_TOKEN,
	  "POST https://oidc.eu-west-1.amazonaws.com/token\nContent-Type: application/json\n\n"
	  "{\"clientId\":\"app\",\"clientSecret\":\"s3\","
	  "\"grantType\":\"urn:ietf:params:oauth:grant-type:device_code\",\"deviceCode\":\"DC\"}",
	  NULL },
	{ "aws-sso", FT_REQUEST_REFRESH,
	  "POST https://oidc.eu-west-1.amazonaws.com/token\nContent-Type: application/json\n\n"
	  "{\"clientId\":\"app\",\"clientSecret\":\"s3\",\"grantType\":\"refresh_token\","
	  "\"refreshToken\":\"RT\"}",
	  NULL },

	/* https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_oauth_device_flow.htm */
	{ "salesforce", FT_REQUEST_DEVICE,
	  "POST https://login.salesforce.com/services/oauth2/token\n"
	  "Content-Type: application/x-www-form-urlencoded\n\n"
	  "response_type=device_code&client_id=app&scope=openid%20api%20refresh_token",
	  NULL },
	{ "salesforce", FT_REQUEST_DEVICE_TOKEN,
	  "POST https://login.salesforce.com/services/oauth2/token\n"
	  "Content-Type: application/x-www-form-urlencoded\n\n"
	  "grant_type=device&client_id=app&code=DC",
	  NULL },
	/* https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_oauth_refresh_token_flow.htm */
	{ "salesforce", FT_REQUEST_REFRESH,
	  "POST https://login.salesforce.com/services/oauth2/token\n"
	  "Content-Type: application/x-www-form-urlencoded\n\n"
	  "grant_type=refresh_token&client_id=app&refresh_token=RT",
	  NULL },
	/* https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_revoke_token.htm */
	{ "salesforce", FT_REQUEST_REVOKE,
	  "POST https://login.salesforce.com/services/oauth2/revoke\n"
	  "Content-Type: application/x-www-form-urlencoded\n\ntoken=RT",
	  NULL },

	/* https://github.com/jfrog/jfrog-client-go/blob/master/access/services/login.go */
	{ "jfrog", FT_REQUEST_DEVICE,
	  "POST https://example.jfrog.io/access/api/v2/authentication/jfrog_client_login/request\n"
	  "Content-Type: application/json\n\n{\"session\":\"DC\"}",
	  NULL },
	{ "jfrog", FT_REQUEST_DEVICE_TOKEN,
	  "GET https://example.jfrog.io/access/api/v2/authentication/jfrog_client_login/token/DC",
	  NULL },
	/* https://jfrog.com/help/r/jfrog-rest-apis/refresh-token */
	{ "jfrog", FT_REQUEST_REFRESH,
	  "POST https://example.jfrog.io/access/api/v1/tokens\n"
	  "Authorization: Bearer AT\nContent-Type: application/x-www-form-urlencoded\n\n"
	  "grant_type=refresh_token&refresh_token=RT",
	  NULL },

	/* RFC 7644 sections 3.4.2.2 and 3.9 */
	{ "scim2", FT_REQUEST_PERSON,
	  "GET https://sso.example.com/scim/v2/Users?filter=id%20eq%20%22PERSON%22"
	  "&attributes=id%2Cactive\nAccept: application/scim+json\nAuthorization: Bearer TOKEN",
	  NULL },
	/* https://www.keycloak.org/docs-api/latest/rest-api/index.html#_users */
	{ "keycloak", FT_REQUEST_PERSON,
	  "GET https://sso.example.com/admin/realms/staff/users/PERSON\n"
	  "Authorization: Bearer TOKEN",
	  NULL },
	/* https://learn.microsoft.com/en-us/graph/api/user-get */
	{ "entra", FT_REQUEST_PERSON,
	  "GET https://graph.microsoft.com/v1.0/users/PERSON?%24select=id%2CaccountEnabled\n"
	  "Authorization: Bearer TOKEN",
	  NULL },
	/* https://developer.okta.com/docs/api/openapi/okta-management/management/tag/User/ (getUser),
	 * at the organization's own server */
	{ "okta", FT_REQUEST_PERSON,
	  "GET https://example.okta.com/api/v1/users/PERSON\n"
	  "Accept: application/json\nAuthorization: Bearer TOKEN",
	  NULL },
	/* https://docs.gitlab.com/api/users/#get-a-single-user */
	{ "gitlab", FT_REQUEST_PERSON,
	  "GET https://gitlab.com/api/v4/users/PERSON\nAuthorization: Bearer TOKEN", NULL },

	/* https://zitadel.com/docs/guides/integrate/login/oidc/device-authorization */
	{ "zitadel", FT_REQUEST_DEVICE,
	  "POST https://example.zitadel.cloud/oauth/v2/device_authorization\n"
	  "Content-Type: application/x-www-form-urlencoded\n\n"
	  "client_id=app&scope=openid%20offline_access",
	  NULL },
	/* https://zitadel.com/docs/apis/openidoauth/endpoints */
	{ "zitadel", FT_REQUEST_REFRESH,
	  "POST https://example.zitadel.cloud/oauth/v2/token\n"
	  "Content-Type: application/x-www-form-urlencoded\n\n"
	  "grant_type=refresh_token&refresh_token=RT&client_id=app",
	  NULL },

	/* https://docs.goauthentik.io/add-secure-apps/providers/oauth2/device_code */
	{ "authentik", FT_REQUEST_DEVICE,
	  "POST https://sso.example.com/application/o/device/\n"
	  "Content-Type: application/x-www-form-urlencoded\n\n"
	  "client_id=app&scope=openid%20offline_access",
	  NULL },
	{ "authentik", FT_REQUEST_DEVICE_TOKEN,
	  "POST https://sso.example.com/application/o/token/\n"
	  "Content-Type: application/x-www-form-urlencoded\n\n" DEVICE_GRANT
	  "&client_id=app&device_code=DC",
	  NULL },

	/* https://kanidm.github.io/kanidm/stable/integrations/oauth2.html; its endpoints are those of
	 * RFC 6749, RFC 7636 and RFC 7009 */
	{ "kanidm", FT_REQUEST_AUTHORIZE,
	  "GET https://idm.example.com/ui/oauth2?response_type=code&client_id=app"
	  "&redirect_uri=" URI "&scope=openid&state=STATE&" PKCE,
	  "nonce=NONCE" },
	{ "kanidm", FT_REQUEST_REFRESH,
	  "POST https://idm.example.com/oauth2/token\n"
	  "Content-Type: application/x-www-form-urlencoded\n\n"
	  "grant_type=refresh_token&refresh_token=RT&client_id=app",
	  NULL },

	/* https://docs.aws.amazon.com/cognito/latest/developerguide/authorization-endpoint.html */
	{ "cognito", FT_REQUEST_AUTHORIZE,
	  "GET https://example.auth.eu-west-1.amazoncognito.com/oauth2/authorize"
	  "?response_type=code&client_id=app&redirect_uri=" URI "&state=STATE&scope=openid&" PKCE,
	  "nonce=NONCE" },
	/* https://docs.aws.amazon.com/cognito/latest/developerguide/token-endpoint.html */
	{ "cognito", FT_REQUEST_CODE,
	  "POST https://example.auth.eu-west-1.amazoncognito.com/oauth2/token\n"
	  "Content-Type: application/x-www-form-urlencoded\n\n"
	  "grant_type=authorization_code&client_id=app&code=CODE&redirect_uri=" URI
	  "&code_verifier=VERIFIER",
	  NULL },
	{ "cognito", FT_REQUEST_REFRESH,
	  "POST https://example.auth.eu-west-1.amazoncognito.com/oauth2/token\n"
	  "Content-Type: application/x-www-form-urlencoded\n\n"
	  "grant_type=refresh_token&client_id=app&refresh_token=RT",
	  NULL },
	/* https://docs.aws.amazon.com/cognito/latest/developerguide/revocation-endpoint.html */
	{ "cognito", FT_REQUEST_REVOKE,
	  "POST https://example.auth.eu-west-1.amazoncognito.com/oauth2/revoke\n"
	  "Content-Type: application/x-www-form-urlencoded\n\ntoken=RT&client_id=app",
	  "token_type_hint=refresh_token" },
};
#define N_ROWS (sizeof rows / sizeof *rows)

static struct ft_account account;
static struct ft_profile profile;
static struct ft_variables variables;
static struct ft_param params[2], metadata[6];

static void setup(void)
{
	static const struct {
		size_t offset;
		const char *value;
	} values[] = {
		{ offsetof(struct ft_variables, refresh_token), "RT" },
		{ offsetof(struct ft_variables, access_token), "AT" },
		{ offsetof(struct ft_variables, device_code), "DC" },
		{ offsetof(struct ft_variables, code), "CODE" },
		{ offsetof(struct ft_variables, redirect_uri), "http://127.0.0.1:8400/callback" },
		{ offsetof(struct ft_variables, code_verifier), "VERIFIER" },
		{ offsetof(struct ft_variables, code_challenge), "CHALLENGE" },
		{ offsetof(struct ft_variables, state), "STATE" },
		{ offsetof(struct ft_variables, nonce), "NONCE" },
		{ offsetof(struct ft_variables, token), "TOKEN" },
		{ offsetof(struct ft_variables, person), "PERSON" },
	};

	for (size_t i = 0; i < sizeof values / sizeof *values; i++)
		ck_assert_int_eq(ft_secret_set((struct ft_secret *)((char *)&variables +
								    values[i].offset),
					       values[i].value, strlen(values[i].value)),
				 0);
}

static void teardown(void)
{
	ft_profile_release(&profile);
	ft_variables_release(&variables);
}

static struct ft_param *pairs_of(const char *const *list, size_t max, struct ft_param *room,
				 size_t *ret_n)
{
	for (*ret_n = 0; *ret_n < max && list[2 * *ret_n] != NULL; ++*ret_n)
		room[*ret_n] = (struct ft_param){ (char *)list[2 * *ret_n],
						  (char *)list[2 * *ret_n + 1] };
	return room;
}

/* Loads the profile for the account that the row is about. */
static struct ft_metadata prepare(const struct row *row)
{
	static char data[] = SHIPPED "/..";
	const struct ft_places places = { .data = data };
	const struct service *s = services;
	struct ft_error err = FT_ERROR_INIT;
	size_t n;

	while (s < services + N_SERVICES && strcmp(s->profile, row->profile) != 0)
		s++;
	ck_assert(s < services + N_SERVICES);
	for (const struct service *other = s; other < services + N_SERVICES; other++)
		if (row->kind == FT_REQUEST_PERSON && strcmp(other->profile, row->profile) == 0)
			s = other;
	account = (struct ft_account){
		.name = (char *)"work",
		.provider = (char *)s->profile,
		.server = (char *)s->server,
		.client_id = (char *)"app",
		.scope = (char *)s->scope,
		.audience = (char *)s->audience,
		.timeout = 60,
	};
	account.params = pairs_of(s->params, 2, params, &account.n_params);
	ft_secret_release(&variables.client_secret);
	if (s->secret)
		ck_assert_int_eq(ft_secret_set(&variables.client_secret, "s3", 2), 0);
	ft_profile_release(&profile);
	ck_assert_msg(ft_profile_load(&places, &account, &profile, &err) == 0, "%s", err.text);
	struct ft_param *list = pairs_of(s->metadata, 6, metadata, &n);

	return (struct ft_metadata){ list, n };
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The same with its pairs in order; text is cut up. */
static void sort_pairs(char *text, char *ret, size_t size)
{
	char *list[32], *rest = NULL;
	size_t n = 0, len = 0;

	for (char *pair = strtok_r(text, "&", &rest); pair != NULL && n < 32;
	     pair = strtok_r(NULL, "&", &rest))
		list[n++] = pair;
	qsort(list, n, sizeof *list, compare);
	*ret = '\0';
	for (size_t i = 0; i < n; i++)
		len += (size_t)snprintf(ret + len, size - len, "%s%s", i > 0 ? "&" : "", list[i]);
}

static void same_pairs(const struct row *row, const char *ours, const char *documented)
{
	const char *more = row->more;
	char text[2048], left[2048], right[2048];

	snprintf(text, sizeof text, "%s", ours);
	sort_pairs(text, left, sizeof left);
	snprintf(text, sizeof text, "%s%s%s", documented, more != NULL ? "&" : "",
		 more != NULL ? more : "");
	sort_pairs(text, right, sizeof right);
	ck_assert_msg(strcmp(left, right) == 0, "%s, request %d:\n%s\n%s", row->profile,
		      (int)row->kind, left, right);
}

/* What the row documents of the URL, or of the body. */
static void check_url(const struct row *row, const char *method, const char *url)
{
	char documented[2048];

	snprintf(documented, sizeof documented, "%.*s", (int)strcspn(row->documented, "\n"),
		 row->documented);
	char *query = strchr(documented, '?');
	const char *ours = strchr(url, '?');

	if (query != NULL)
		*query++ = '\0';
	ck_assert_int_eq(strncmp(documented, method, strlen(method)), 0);
	ck_assert_int_eq(documented[strlen(method)], ' ');
	ck_assert_uint_eq(strlen(documented) - strlen(method) - 1, strcspn(url, "?"));
	ck_assert_int_eq(strncmp(documented + strlen(method) + 1, url, strcspn(url, "?")), 0);
	ck_assert((query != NULL) == (ours != NULL));
	if (query != NULL)
		same_pairs(row, ours + 1, query);
}

static bool has_header(struct json_object *headers, const char *line, size_t len)
{
	for (size_t i = 0; i < json_object_array_length(headers); i++) {
		const char *header = json_object_get_string(json_object_array_get_idx(headers, i));

		if (strlen(header) == len && strncmp(header, line, len) == 0)
			return true;
	}
	return false;
}

static void check_rest(const struct row *row, struct json_object *tree)
{
	const char *line = row->documented + strcspn(row->documented, "\n"),
		   *body = ft_json_string(tree, "body");
	struct json_object *headers;
	bool authorization = false;

	ck_assert(json_object_object_get_ex(tree, "headers", &headers));
	while (*line != '\0' && line[1] != '\n') {
		size_t len = strcspn(++line, "\n");

		ck_assert_msg(has_header(headers, line, len), "%.*s", (int)len, line);
		authorization = authorization || strncmp(line, "Authorization:", 14) == 0;
		line += len;
	}
	/* Who asks is proven as it is documented, and in no other way. */
	for (size_t i = 0; i < json_object_array_length(headers); i++)
		ck_assert(authorization || strncmp(json_object_get_string(
							   json_object_array_get_idx(headers, i)),
						   "Authorization", 13) != 0);
	if (*line == '\0')
		ck_assert_ptr_null(body);
	else if (line[2] == '{')
		ck_assert_str_eq(body, line + 2);
	else
		same_pairs(row, body, line + 2);
}

static void check_row(const struct row *row)
{
	const struct ft_metadata endpoints = prepare(row);
	const struct ft_recipient to = { &account, &profile, &endpoints, NULL };
	struct ft_buf out = FT_BUF_INIT(FT_MESSAGE_MAX);
	struct ft_error err = FT_ERROR_INIT;
	struct json_object *tree = NULL;

	if (row->kind == FT_REQUEST_AUTHORIZE) {
		ck_assert_msg(ft_request_authorize_url(&to, &variables, NULL, &out, &err) == 0,
			      "%s: %s", row->profile, err.text);
		check_url(row, "GET", out.data);
	} else {
		ck_assert_msg(ft_request_render(&to, row->kind, &variables, NULL, &out,
						&err) == 0,
			      "%s: %s", row->profile, err.text);
		ck_assert_int_eq(ft_json_parse(out.data, out.len, 8, "the message", &tree, NULL),
				 0);
		check_url(row, ft_json_string(tree, "method"), ft_json_string(tree, "url"));
		check_rest(row, tree);
		json_object_put(tree);
	}
	ft_buf_release(&out);
}

START_TEST(as_documented)
{
	for (size_t i = 0; i < N_ROWS; i++)
		check_row(&rows[i]);
}
END_TEST

/* What JFrog's page is opened with. */
START_TEST(link_with_code)
{
	const struct row row = { .profile = "jfrog" };
	const struct ft_recipient to = { &account, &profile, NULL, NULL };
	struct ft_buf out = FT_BUF_INIT(4096);

	(void)prepare(&row);
	ck_assert_int_eq(ft_request_link(&to, &variables, &out, NULL), 0);
	/* https://github.com/jfrog/jfrog-cli-core: general/login.go */
	ck_assert_str_eq(out.data, "https://example.jfrog.io/ui/login"
				   "?jfClientSession=DC&jfClientName=freshtoken&jfClientCode=1");
	ck_assert_int_eq(profile.requests[FT_REQUEST_DEVICE].code_tail, 4);
	ft_buf_release(&out);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = { as_documented, link_with_code, NULL };

	return unit_run_with("documented", tests, setup, teardown);
}

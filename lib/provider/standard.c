/* SPDX-License-Identifier: MIT */
/* standard.c - the requests that standards define the same for all services, and the paths to the
 * fields of their answers. Profiles do not have to repeat them: a section replaces single keys. */
#include "config.h"
#include "lib/provider/profile.h"

#include <string.h>

#define COUNT(array) (sizeof (array) / sizeof *(array))
#define LINES(array) { (char **)(array), COUNT(array) }
#define CLIENT "client_id=${client_id?}", "client_secret=${client_secret?}"
#define TARGET "scope=${scope?}", "resource=${resource?}", "audience=${audience?}"

/* RFC 8628 section 3.1 */
static const char *const device[] = { CLIENT, TARGET };
/* RFC 8628 section 3.4 */
static const char *const device_token[] = {
	"grant_type=urn:ietf:params:oauth:grant-type:device_code", "device_code=${device_code}",
	CLIENT,
};
/* RFC 6749 section 4.1.1, RFC 7636 section 4.3 */
static const char *const authorize[] = {
	"response_type=code", "client_id=${client_id}", "redirect_uri=${redirect_uri}",
	"state=${state}", "nonce=${nonce?}", "code_challenge=${code_challenge}",
	"code_challenge_method=S256", "prompt=${prompt?}", TARGET,
};
/* RFC 6749 section 4.1.3, RFC 7636 section 4.5 */
static const char *const code[] = {
	"grant_type=authorization_code", "code=${code}", "redirect_uri=${redirect_uri}",
	"code_verifier=${code_verifier}", "resource=${resource?}", CLIENT,
};
/* RFC 8693 section 2.1 */
static const char *const token_exchange[] = {
	"grant_type=urn:ietf:params:oauth:grant-type:token-exchange", "subject_token=${source}",
	"subject_token_type=${source_type}", CLIENT, TARGET,
};
/* RFC 7523 section 2.1. The source's assertion, or the account's own JWT, never both. */
static const char *const jwt_bearer[] = {
	"grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion=${source?}",
	"assertion=${jwt?}", CLIENT, TARGET,
};
/* RFC 6749 section 4.4.2 */
static const char *const client_credentials[] = {
	"grant_type=client_credentials", CLIENT, TARGET,
};
/* RFC 7662 section 2.1 */
static const char *const introspect[] = {
	"token=${token}", "token_type_hint=${token_type_hint}", CLIENT,
};
/* RFC 7009 section 2.1. A profile's [revoke] is for the refresh token. */
static const char *const revoke_access[] = {
	"token=${token}", "token_type_hint=access_token", CLIENT,
};
/* RFC 9126 section 2.1. The parameters of [authorize] are added to these. */
static const char *const push[] = { "client_secret=${client_secret?}" };
/* OpenID Connect Core section 5.3.1 */
static const char *const userinfo[] = { "Authorization: Bearer ${token}" };

/* RFC 7591 section 2. A native application is a public client: it cannot keep a secret. */
static char registration[] =
	"{\"client_name\": \"freshtoken\", \"application_type\": \"native\", "
	"\"redirect_uris\": [\"${redirect_uri}\"], \"response_types\": [\"code\"], "
	"\"grant_types\": [\"authorization_code\", \"refresh_token\", \"${device_grant?}\"], "
	"\"token_endpoint_auth_method\": \"none\", \"scope\": \"${scope?}\"}";
/* RFC 7592 section 2.3 */
static const char *const unregister[] = { "Authorization: Bearer ${token}" };

#define POST(ENDPOINT, FORM) \
	{ .present = true, .method = (char *)"POST", .endpoint = (char *)(ENDPOINT), \
	  .form = LINES(FORM), .format = FT_FORMAT_FORM }

static const struct ft_request_template templates[FT_REQUEST_COUNT] = {
	/* Only a profile knows the endpoint. The token goes into the usual header. */
	[FT_REQUEST_PERSON] = { .method = (char *)"GET", .header = LINES(userinfo) },
	[FT_REQUEST_DEVICE] = POST("device_authorization_endpoint", device),
	[FT_REQUEST_DEVICE_TOKEN] = POST("token_endpoint", device_token),
	[FT_REQUEST_AUTHORIZE] = { .present = true,
				   .method = (char *)"GET",
				   .endpoint = (char *)"authorization_endpoint",
				   .query = LINES(authorize) },
	[FT_REQUEST_CODE] = POST("token_endpoint", code),
	[FT_REQUEST_INTROSPECT] = POST("introspection_endpoint", introspect),
	[FT_REQUEST_INTROSPECT_REFRESH] = POST("introspection_endpoint", introspect),
	[FT_REQUEST_REVOKE_ACCESS] = POST("revocation_endpoint", revoke_access),
	[FT_REQUEST_PUSH] = POST("pushed_authorization_request_endpoint", push),
	[FT_REQUEST_REGISTER] = { .present = true,
				  .method = (char *)"POST",
				  .endpoint = (char *)"registration_endpoint",
				  .json = registration,
				  .format = FT_FORMAT_JSON },
	[FT_REQUEST_UNREGISTER] = { .present = true,
				    .method = (char *)"DELETE",
				    .endpoint = (char *)"registration_client_uri",
				    .header = LINES(unregister) },
	[FT_REQUEST_USERINFO] = { .present = true,
				  .method = (char *)"GET",
				  .endpoint = (char *)"userinfo_endpoint",
				  .header = LINES(userinfo) },
};

static const struct {
	const char *name;
	struct ft_request_template request;
} grants[] = {
	{ "client_credentials", POST("token_endpoint", client_credentials) },
	{ "jwt_bearer", POST("token_endpoint", jwt_bearer) },
	{ "token_exchange", POST("token_endpoint", token_exchange) },
};

const struct ft_request_template *ft_profile_standard_grant(const char *name)
{
	static const struct ft_request_template none = { .present = false };

	for (size_t i = 0; i < COUNT(grants); i++)
		if (strcmp(grants[i].name, name) == 0)
			return &grants[i].request;
	return &none;
}

static const struct ft_request_template *own_grant(const struct ft_profile *profile,
						   const char *name)
{
	for (size_t i = 0; i < profile->n_grants; i++)
		if (strcmp(profile->grants[i].name, name) == 0)
			return &profile->grants[i].request;
	return NULL;
}

/* Without a token endpoint the standards' grants are of no use. */
static bool knows_token_endpoint(const struct ft_profile *profile)
{
	bool known = profile->discover.n > 0;

	for (size_t i = 0; !known && i < profile->n_metadata; i++)
		known = strcmp(profile->metadata[i].name, "token_endpoint") == 0;
	return known;
}

const struct ft_request_template *ft_profile_grant(const struct ft_profile *profile,
						   const char *name)
{
	const struct ft_request_template *own = own_grant(profile, name),
					 *standard = ft_profile_standard_grant(name);

	return own != NULL					   ? own :
	       standard->present && knows_token_endpoint(profile) ? standard : NULL;
}

const char *ft_profile_grant_name(const struct ft_profile *profile, size_t index)
{
	if (index < profile->n_grants)
		return profile->grants[index].name;
	index -= profile->n_grants;
	for (size_t i = 0; knows_token_endpoint(profile) && i < COUNT(grants); i++)
		if (own_grant(profile, grants[i].name) == NULL && index-- == 0)
			return grants[i].name;
	return NULL;
}

const struct ft_jwt_template *ft_profile_jwt(const struct ft_profile *profile)
{
	static char client[] = "${client_id}";
	/* RFC 7523 section 3: the client is issuer and subject. */
	static const struct ft_jwt_template standard = { .issuer = client, .subject = client };

	return profile->jwt.present ? &profile->jwt : &standard;
}

/* The same section describes introspection of both tokens. */
static enum ft_request_kind section_of(enum ft_request_kind kind)
{
	return kind == FT_REQUEST_INTROSPECT_REFRESH ? FT_REQUEST_INTROSPECT : kind;
}

const struct ft_request_template *ft_profile_request(const struct ft_profile *profile,
						     enum ft_request_kind kind)
{
	enum ft_request_kind section = section_of(kind);

	if (kind == FT_REQUEST_GRANT && profile != NULL && profile->grant != NULL)
		return profile->grant;
	return profile != NULL && section < FT_REQUEST_SECTIONS &&
			       profile->requests[section].present ?
		       &profile->requests[section] :
		       &templates[kind];
}

/* The paths to the fields of these answers, by the RFCs. */
static const struct {
	enum ft_request_kind kind;
	enum ft_field field;
	const char *path;
} answers[] = {
	{ FT_REQUEST_DEVICE, FT_FIELD_DEVICE_CODE, "device_code" },
	{ FT_REQUEST_DEVICE, FT_FIELD_USER_CODE, "user_code" },
	{ FT_REQUEST_DEVICE, FT_FIELD_VERIFICATION_URI, "verification_uri" },
	/* The name in early drafts, which some services still use. */
	{ FT_REQUEST_DEVICE, FT_FIELD_VERIFICATION_URI, "verification_url" },
	{ FT_REQUEST_DEVICE, FT_FIELD_VERIFICATION_URI_COMPLETE, "verification_uri_complete" },
	{ FT_REQUEST_DEVICE, FT_FIELD_EXPIRES_IN, "expires_in" },
	{ FT_REQUEST_DEVICE, FT_FIELD_INTERVAL, "interval" },
	{ FT_REQUEST_INTROSPECT, FT_FIELD_ACTIVE, "active" },
	{ FT_REQUEST_INTROSPECT, FT_FIELD_SUBJECT, "sub" },
	{ FT_REQUEST_INTROSPECT, FT_FIELD_CLIENT_ID, "client_id" },
	{ FT_REQUEST_INTROSPECT, FT_FIELD_AUDIENCE, "aud" },
	{ FT_REQUEST_INTROSPECT, FT_FIELD_SECOND_AUDIENCE, "aud.1" },
	/* Section 2.2 has token_type, which is that of an access token. Some services name the kind
	 * of token in members of their own. */
	{ FT_REQUEST_INTROSPECT, FT_FIELD_TOKEN_TYPE, "token_type" },
	{ FT_REQUEST_INTROSPECT, FT_FIELD_TOKEN_USE, "token_use" },
	{ FT_REQUEST_INTROSPECT, FT_FIELD_TOKEN_USE, "typ" },
	{ FT_REQUEST_INTROSPECT, FT_FIELD_EXPIRES_AT, "exp" },
	{ FT_REQUEST_USERINFO, FT_FIELD_SUBJECT, "sub" },
	/* RFC 7591 section 3.2.1, RFC 7592 section 3 */
	{ FT_REQUEST_REGISTER, FT_FIELD_CLIENT_ID, "client_id" },
	{ FT_REQUEST_REGISTER, FT_FIELD_CLIENT_SECRET, "client_secret" },
	{ FT_REQUEST_REGISTER, FT_FIELD_CLIENT_AUTH, "token_endpoint_auth_method" },
	{ FT_REQUEST_REGISTER, FT_FIELD_EXPIRES_AT, "client_secret_expires_at" },
	{ FT_REQUEST_REGISTER, FT_FIELD_REGISTRATION_URI, "registration_client_uri" },
	{ FT_REQUEST_REGISTER, FT_FIELD_REGISTRATION_TOKEN, "registration_access_token" },
	{ FT_REQUEST_PUSH, FT_FIELD_REQUEST_URI, "request_uri" },
};

const char *ft_profile_answer_path(const struct ft_profile *profile, enum ft_request_kind kind,
				   enum ft_field field, size_t index)
{
	enum ft_request_kind section = section_of(kind);
	const struct ft_strings *own =
		section < FT_REQUEST_SECTIONS ? &profile->requests[section].fields[field] : NULL;

	if (own != NULL && own->n > 0)
		return index < own->n ? own->list[index] : NULL;
	for (size_t i = 0; i < COUNT(answers); i++)
		if (answers[i].kind == section && answers[i].field == field && index-- == 0)
			return answers[i].path;
	return NULL;
}

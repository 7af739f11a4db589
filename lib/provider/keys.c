/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "lib/provider/keys.h"

#include <stddef.h>
#include <string.h>

#include "lib/provider/check.h"

#define COUNT(array) (sizeof (array) / sizeof *(array))

static const char *const client_auths[] = { "none", "basic", "post", "private_key_jwt",
					      "tls", "source", NULL };
const char *const ft_profile_formats[] = { "none", "form", "json", "xml", NULL };
static const char *const untyped[] = { "refuse", "ignore", "json", "xml", NULL };

static int check_discover(const char *value, struct ft_error *err)
{
	return strcmp(value, "oauth") == 0 || strcmp(value, "openid") == 0 ||
			       strcmp(value, "none") == 0 ?
		       0 :
		       ft_error_set(err, FT_CONFIG, "expected oauth, openid, or none alone");
}

#define PROFILE(NAME, KIND, ...) \
	{ .name = #NAME, .kind = FT_ ## KIND, .offset = offsetof(struct ft_profile, NAME), \
	  __VA_ARGS__ }
#define FIELD(NAME, FIELD_NAME) \
	{ .name = #NAME, .kind = FT_PATHS, .check = ft_check_path, \
	  .offset = offsetof(struct ft_profile, fields) + \
		    FT_FIELD_ ## FIELD_NAME * sizeof(struct ft_strings) }
#define REQUEST(NAME, KIND, ...) \
	{ .name = #NAME, .kind = FT_ ## KIND, \
	  .offset = offsetof(struct ft_request_template, NAME), __VA_ARGS__ }
/* The paths of a field in the request's own answer. */
#define ANSWER(NAME, FIELD_NAME) \
	{ .name = #NAME, .kind = FT_PATHS, .check = ft_check_path, \
	  .offset = offsetof(struct ft_request_template, fields) + \
		    FT_FIELD_ ## FIELD_NAME * sizeof(struct ft_strings) }
#define RULE(NAME, KIND, ...) \
	{ .name = #NAME, .kind = FT_ ## KIND, .offset = offsetof(struct ft_error_rule, NAME), \
	  __VA_ARGS__ }

static const struct ft_key provider_keys[] = {
	PROFILE(extends, ONE, .check = ft_check_name),
	PROFILE(description, ONE),
	PROFILE(server, ONE, .check = ft_check_server),
	PROFILE(issuer, ONE, .check = ft_check_issuer),
	PROFILE(metadata_url, ONE, .check = ft_check_metadata_url),
	PROFILE(scope, ONE, .check = ft_check_parameters),
	PROFILE(client_auth, CHOICE, .words = client_auths, .first = FT_CLIENT_AUTH_NONE),
	PROFILE(eager, YESNO),
	PROFILE(token_types, LIST),
	PROFILE(discover, LIST, .check = check_discover),
};

#define REQUEST_KEYS \
	REQUEST(method, ONE, .check = ft_check_method), \
	REQUEST(path, ONE, .check = ft_check_request_path), \
	REQUEST(endpoint, ONE, .check = ft_check_member), \
	REQUEST(query, LINES, .check = ft_check_pair), \
	REQUEST(form, LINES, .check = ft_check_pair), \
	REQUEST(header, LINES, .check = ft_check_header), \
	REQUEST(basic, ONE, .check = ft_check_basic), \
	REQUEST(json, BLOCK), \
	REQUEST(xml, BLOCK), \
	REQUEST(format, CHOICE, .words = ft_profile_formats, .first = FT_FORMAT_NONE), \
	REQUEST(content_type, ONE, .check = ft_check_media), \
	REQUEST(accept, ONE, .check = ft_check_media)

static const struct ft_key request_keys[] = { REQUEST_KEYS };
static const struct ft_key refresh_keys[] = { REQUEST_KEYS, REQUEST(replay, REPLAY) };
static const struct ft_key revoke_keys[] = { REQUEST_KEYS, REQUEST(refresh_first, YESNO) };
static const struct ft_key device_keys[] = {
	REQUEST_KEYS,
	ANSWER(device_code, DEVICE_CODE),
	ANSWER(user_code, USER_CODE),
	ANSWER(verification_uri, VERIFICATION_URI),
	ANSWER(verification_uri_complete, VERIFICATION_URI_COMPLETE),
	ANSWER(expires_in, EXPIRES_IN),
	ANSWER(interval, INTERVAL),
	REQUEST(link, ONE, .check = ft_check_link),
	REQUEST(code_tail, NUMBER, .min = 4, .max = 36),
};
static const struct ft_key device_token_keys[] = {
	REQUEST_KEYS,
	REQUEST(pending, LIST, .check = ft_check_status),
};
static const struct ft_key introspect_keys[] = {
	REQUEST_KEYS,
	ANSWER(active, ACTIVE),
	ANSWER(subject, SUBJECT),
	ANSWER(client_id, CLIENT_ID),
	ANSWER(audience, AUDIENCE),
	ANSWER(token_type, TOKEN_TYPE),
	ANSWER(token_use, TOKEN_USE),
	ANSWER(expires_at, EXPIRES_AT),
	REQUEST(access_only, YESNO),
};
static const struct ft_key register_keys[] = {
	REQUEST_KEYS,
	ANSWER(client_id, CLIENT_ID),
	ANSWER(client_secret, CLIENT_SECRET),
	ANSWER(client_auth, CLIENT_AUTH),
	ANSWER(expires_at, EXPIRES_AT),
	ANSWER(registration_uri, REGISTRATION_URI),
	ANSWER(registration_token, REGISTRATION_TOKEN),
};
static const struct ft_key userinfo_keys[] = { REQUEST_KEYS, ANSWER(subject, SUBJECT) };

static const struct ft_key person_keys[] = {
	REQUEST_KEYS,
	REQUEST(prefix, ONE, .check = ft_check_prefix),
	REQUEST(entry, PATHS, .check = ft_check_path),
	ANSWER(subject, SUBJECT),
	ANSWER(active, ACTIVE),
	REQUEST(active_values, LIST),
	REQUEST(gone, LIST, .check = ft_check_status),
};

static const struct ft_key response_keys[] = {
	FIELD(access_token, ACCESS_TOKEN),
	FIELD(refresh_token, REFRESH_TOKEN),
	FIELD(token_type, TOKEN_TYPE),
	FIELD(subject, SUBJECT),
	FIELD(success, SUCCESS),
	FIELD(expires_in, EXPIRES_IN),
	FIELD(expires_in_ms, EXPIRES_IN_MS),
	FIELD(expires_at, EXPIRES_AT),
	FIELD(expires_at_ms, EXPIRES_AT_MS),
	FIELD(expires_offset, EXPIRES_OFFSET),
	FIELD(refresh_expires_in, REFRESH_EXPIRES_IN),
	PROFILE(expires_jwt, YESNO),
	PROFILE(lifetime, DURATION, .min = 60, .max = 365 * 86400),
	PROFILE(untyped, CHOICE, .words = untyped, .first = FT_UNTYPED_REFUSE),
};

static const struct ft_key recognise_keys[] = {
	PROFILE(host, LIST),
	PROFILE(member, LINES, .check = ft_check_pair),
	PROFILE(header, LIST, .check = ft_check_header_name),
};

#define JWT(NAME, KIND, ...) \
	{ .name = #NAME, .kind = FT_ ## KIND, .offset = offsetof(struct ft_profile, jwt.NAME), \
	  __VA_ARGS__ }

static const struct ft_key jwt_keys[] = {
	JWT(issuer, ONE, .check = ft_check_claim),
	JWT(subject, ONE, .check = ft_check_claim),
	JWT(audience, ONE, .check = ft_check_claim),
	JWT(lifetime, DURATION, .min = 1, .max = FT_JWT_LIFETIME_MAX),
	JWT(backdate, DURATION, .min = 0, .max = FT_JWT_LIFETIME_MAX),
};

static const struct ft_key error_keys[] = {
	FIELD(code, CODE),
	FIELD(message, MESSAGE),
};

static const struct ft_key rule_keys[] = {
	RULE(status, LIST, .check = ft_check_status),
	RULE(code, LIST),
	RULE(message, LIST),
	RULE(unparsed, YESNO),
};

#define SECTION_OF_REQUEST(NAME, KEYS, KIND) \
	{ NAME, FT_SECTION_REQUEST, KEYS, COUNT(KEYS), \
	  offsetof(struct ft_profile, requests) + \
		  FT_REQUEST_ ## KIND * sizeof(struct ft_request_template), FT_REQUEST_ ## KIND }
#define SECTION_OF_RULE(NAME) \
	{ #NAME, FT_SECTION_RULE, rule_keys, COUNT(rule_keys), \
	  offsetof(struct ft_profile, NAME), 0 }

const struct ft_section ft_sections[] = {
	{ "provider", FT_SECTION_PLAIN, provider_keys, COUNT(provider_keys), 0, 0 },
	{ "metadata", FT_SECTION_METADATA, NULL, 0, 0, 0 },
	SECTION_OF_REQUEST("refresh", refresh_keys, REFRESH),
	SECTION_OF_REQUEST("login", request_keys, LOGIN),
	SECTION_OF_REQUEST("device", device_keys, DEVICE),
	SECTION_OF_REQUEST("device_token", device_token_keys, DEVICE_TOKEN),
	SECTION_OF_REQUEST("authorize", request_keys, AUTHORIZE),
	SECTION_OF_REQUEST("code", request_keys, CODE),
	{ "grant", FT_SECTION_GRANT, refresh_keys, COUNT(refresh_keys), 0, FT_REQUEST_GRANT },
	SECTION_OF_REQUEST("introspect", introspect_keys, INTROSPECT),
	SECTION_OF_REQUEST("userinfo", userinfo_keys, USERINFO),
	SECTION_OF_REQUEST("register", register_keys, REGISTER),
	SECTION_OF_REQUEST("person", person_keys, PERSON),
	SECTION_OF_REQUEST("revoke", revoke_keys, REVOKE),
	{ "jwt", FT_SECTION_PLAIN, jwt_keys, COUNT(jwt_keys), 0, 0 },
	{ "response", FT_SECTION_PLAIN, response_keys, COUNT(response_keys), 0, 0 },
	{ "error", FT_SECTION_PLAIN, error_keys, COUNT(error_keys), 0, 0 },
	SECTION_OF_RULE(disabled),
	SECTION_OF_RULE(transient),
	SECTION_OF_RULE(terminal),
	{ "recognise", FT_SECTION_PLAIN, recognise_keys, COUNT(recognise_keys), 0, 0 },
};
_Static_assert(COUNT(ft_sections) == FT_SECTION_COUNT, "as many as keys.h says");

/* SPDX-License-Identifier: MIT */
/*
 * profile.h - a provider profile: one vendor's requests and answers as data
 *
 * NAME.conf in the user's, the system's or the shipped providers folder; only the first one found
 * is read. Format: freshtoken-provider(5).
 */
#ifndef FT_PROFILE_H
#define FT_PROFILE_H

#include <stdbool.h>
#include <stdint.h>
#include "lib/base/error.h"
#include "lib/config/account.h"
#include "lib/config/places.h"
#include "lib/provider/template.h"

enum ft_format { FT_FORMAT_NONE, FT_FORMAT_FORM, FT_FORMAT_JSON, FT_FORMAT_XML };
enum ft_untyped { FT_UNTYPED_REFUSE, FT_UNTYPED_IGNORE, FT_UNTYPED_JSON, FT_UNTYPED_XML };

/* The kinds of requests to a token service. Each before FT_REQUEST_SECTIONS has a section of its
 * name. */
enum ft_request_kind {
	FT_REQUEST_REFRESH,
	FT_REQUEST_LOGIN, /* with user name and password */
	FT_REQUEST_REVOKE, /* RFC 7009, of a refresh token */
	FT_REQUEST_DEVICE, /* RFC 8628 section 3.1: device authorization */
	FT_REQUEST_DEVICE_TOKEN, /* section 3.4: asking whether it was approved */
	FT_REQUEST_AUTHORIZE, /* the URL that a browser is sent to, RFC 6749 section 4.1.1 */
	FT_REQUEST_CODE, /* RFC 6749 section 4.1.3, with PKCE */
	FT_REQUEST_INTROSPECT, /* RFC 7662, of an access token */
	FT_REQUEST_USERINFO, /* OpenID Connect Core section 5.3 */
	FT_REQUEST_REGISTER, /* RFC 7591: registers a client */
	FT_REQUEST_PERSON, /* whether a person is active; sent with a machine account's token */
	FT_REQUEST_SECTIONS,
	/* The account's grant, [grant NAME]: gets tokens without a sign-in. */
	FT_REQUEST_GRANT = FT_REQUEST_SECTIONS,
	FT_REQUEST_INTROSPECT_REFRESH, /* RFC 7662, of a refresh token */
	FT_REQUEST_REVOKE_ACCESS, /* RFC 7009, of an access token */
	FT_REQUEST_PUSH, /* RFC 9126: the parameters of FT_REQUEST_AUTHORIZE, pushed */
	FT_REQUEST_UNREGISTER, /* RFC 7592 section 2.3 */
	FT_REQUEST_COUNT
};

/* The fields of an answer; ft_field_names has the names that the transport uses for them. */
enum ft_field {
	FT_FIELD_ACCESS_TOKEN,
	FT_FIELD_REFRESH_TOKEN,
	FT_FIELD_TOKEN_TYPE,
	FT_FIELD_SUBJECT,
	FT_FIELD_SUCCESS,
	FT_FIELD_EXPIRES_IN,
	FT_FIELD_EXPIRES_IN_MS,
	FT_FIELD_EXPIRES_AT,
	FT_FIELD_EXPIRES_AT_MS,
	FT_FIELD_EXPIRES_OFFSET,
	FT_FIELD_REFRESH_EXPIRES_IN,
	FT_FIELD_CODE,
	FT_FIELD_MESSAGE,
	FT_FIELD_TOKENS_COUNT, /* [response] and [error] have the paths to the fields above; */
	/* the section of a request has those to the fields below, which are in its own answer. */
	FT_FIELD_DEVICE_CODE = FT_FIELD_TOKENS_COUNT,
	FT_FIELD_USER_CODE,
	FT_FIELD_VERIFICATION_URI,
	FT_FIELD_VERIFICATION_URI_COMPLETE,
	FT_FIELD_INTERVAL,
	FT_FIELD_ACTIVE,
	FT_FIELD_CLIENT_ID,
	FT_FIELD_AUDIENCE,
	FT_FIELD_SECOND_AUDIENCE,
	FT_FIELD_TOKEN_USE,
	FT_FIELD_REQUEST_URI,
	FT_FIELD_CLIENT_SECRET,
	FT_FIELD_CLIENT_AUTH,
	FT_FIELD_REGISTRATION_URI,
	FT_FIELD_REGISTRATION_TOKEN,
	FT_FIELD_IDENTITY,
	/* Of a fleet's store (lib/fleet/ask.h); profiles do not have them. */
	FT_FIELD_STORE_AT,
	FT_FIELD_STORE_DONE,
	FT_FIELD_STORE_REVISION,
	FT_FIELD_STORE_VALUE,
	FT_FIELD_STORE_TOKEN,
	FT_FIELD_COUNT
};
extern const char *const ft_field_names[FT_FIELD_COUNT];	/* "access_token", … */

/* Bytes of the name of a header by which a service is recognised. */
#define FT_HEADER_NAME_MAX 64

/* A section of a request. Templates are checked at load. */
struct ft_request_template {
	bool present;		/* the profile has the section; else see ft_profile_request */
	char *method;		/* "POST" */
	char *path;		/* or endpoint; exactly one of the two */
	char *endpoint;
	struct ft_strings query, form, header;
	char *basic;
	char *json, *xml;
	enum ft_format format;	/* the default; an account's `format` may choose another body */
	char *content_type;	/* NULL: by format */
	char *accept;		/* NULL: by format */
	int64_t replay;		/* [refresh]: seconds, see lib/config/values.h; without meaning
				 * for a grant, which spends nothing */
	bool refresh_first;	/* [revoke] only */
	bool access_only;	/* [introspect] only: useless for refresh tokens */
	char *link;		/* [device] only: the link for the person, if the answer has none */
	int64_t code_tail;	/* [device] only: show that many last characters of our device code
				 * as the user code; 0: no */
	/* [person] only: inserted between the server's host and its path; the values of `active`
	 * that mean yes; statuses that mean "no such person"; the paths of the persons found. */
	char *prefix;
	struct ft_strings active_values, gone, entry;
	struct ft_strings pending;	/* [device_token] only: statuses that mean "not yet" */
	struct ft_strings fields[FT_FIELD_COUNT];	/* paths into its own answer */
};

/* [disabled], [transient], [terminal] */
struct ft_error_rule {
	bool present;
	struct ft_strings status, code, message;	/* globs in the last two */
	bool unparsed;
};

/* [jwt]: the claims of ${jwt}, which the account's key signs */
struct ft_jwt_template {
	bool present;		/* else lib/provider/standard.c has RFC 7523's */
	char *issuer, *subject, *audience;	/* NULL: no claim; audience: where it is sent */
	int64_t lifetime;	/* seconds from now; 0: FT_JWT_LIFETIME */
	int64_t backdate;	/* seconds by which `iat` is before now */
};
#define FT_JWT_LIFETIME 300
#define FT_JWT_LIFETIME_MAX 600

/* [grant NAME] */
struct ft_grant {
	char *name;
	struct ft_request_template request;
};
#define FT_GRANTS_MAX 16u

struct ft_profile {
	char *name;
	char *file;
	char *extends;		/* the profile that it extends; NULL */
	char *description;
	char *server;
	char *issuer;		/* that metadata must name; NULL: the server */
	char *metadata_url;	/* NULL: found by `discover` */
	char *scope;		/* of a sign-in, if the account has none */
	enum ft_client_auth client_auth;	/* NONE if unset */
	struct ft_strings discover;	/* "oauth", "openid", in the order of the requests */
	bool eager;
	struct ft_strings token_types;
	struct ft_param *metadata;
	size_t n_metadata;
	struct ft_request_template requests[FT_REQUEST_SECTIONS];
	struct ft_jwt_template jwt;
	struct ft_grant *grants;
	size_t n_grants;
	/* Set by ft_profile_load: the account's grant; NULL: people sign in to the account. */
	const struct ft_request_template *grant;
	/* Set by ft_profile_load: the result of ft_profile_elsewhere. */
	char *elsewhere;
	/* Paths into an answer with tokens, or an error. */
	struct ft_strings fields[FT_FIELD_TOKENS_COUNT];
	bool expires_jwt;
	int64_t lifetime;	/* of a token whose answer states none, seconds; 0: unknown */
	enum ft_untyped untyped;
	struct ft_error_rule disabled, transient, terminal;
	/* [recognise]: globs for the server's host, and for members of its metadata, "NAME=GLOB";
	 * names of headers, one of which its answers have */
	struct ft_strings host, member, header;
};

/*
 * Loads the account's profile, substitutes the account's parameters for ${param.NAME}, and finds
 * its grant. FT_CONFIG: "FILE:LINE: …", "no provider profile NAME.conf in …" with the folders
 * searched, or the profile does not have the grant.
 */
int ft_profile_load(const struct ft_places *places, const struct ft_account *account,
		    struct ft_profile *ret, struct ft_error *err);
/*
 * Describes where tokens may go other than to the account's server: metadata_url, the parameters in
 * addresses, and the profile's own hosts; "" if there are none. The same configuration always gives
 * the same text, so that a change can be detected. p: without substitutions. To be freed.
 * FT_NO_MEMORY.
 */
int ft_profile_elsewhere(const struct ft_profile *p, const struct ft_account *account, char **ret,
			 struct ft_error *err);
/* Finds a profile by name, without substitutions. */
int ft_profile_find(const struct ft_places *places, const char *name, struct ft_profile *ret,
		    struct ft_error *err);
/*
 * Parses a profile; text NULL reads the file (FT_NOT_FOUND, without a message). places: the folders
 * for `extends`; NULL: `extends` is an error.
 */
int ft_profile_parse(const struct ft_places *places, const char *name, const char *file,
		     const char *text, size_t len, struct ft_profile *ret, struct ft_error *err);
void ft_profile_release(struct ft_profile *profile);

/* The names of all profiles, each once, sorted; their files are not read. */
int ft_profile_names(const struct ft_places *places, struct ft_strings *ret, struct ft_error *err);

/* The request of a kind: the profile's, else the one that a standard defines; not `present` if
 * there is neither. */
const struct ft_request_template *ft_profile_request(const struct ft_profile *profile,
						     enum ft_request_kind kind);

/* A grant by its name: the profile's; else the standard's, if the token endpoint can be known; else
 * NULL. */
const struct ft_request_template *ft_profile_grant(const struct ft_profile *profile,
						   const char *name);
/* The index-th name of these grants, the profile's own first; NULL past the last. */
const char *ft_profile_grant_name(const struct ft_profile *profile, size_t index);
/* The standard's template of a grant; not `present` if no standard defines it. */
const struct ft_request_template *ft_profile_standard_grant(const char *name);

/* The profile's [jwt], or the standard's. */
const struct ft_jwt_template *ft_profile_jwt(const struct ft_profile *profile);

/* Whether a request, with a body in this format, uses the variable. */
bool ft_profile_request_uses(const struct ft_request_template *request, enum ft_format format,
			     enum ft_variable variable);
/* Whether it uses the variable as ${x}, not ${x?}. */
bool ft_profile_request_needs(const struct ft_request_template *request, enum ft_format format,
			      enum ft_variable variable);

/* The index-th path of a field in a request's own answer (not in one with tokens); NULL past the
 * last. */
const char *ft_profile_answer_path(const struct ft_profile *profile, enum ft_request_kind kind,
				   enum ft_field field, size_t index);

/* Appends the text of an equivalent profile that spells out everything, also what it inherits or
 * standards define. */
void ft_profile_show(const struct ft_profile *profile, struct ft_buf *out);

#endif

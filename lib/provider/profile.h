/*
 * profile.h - a provider profile: one vendor's requests and answers as data
 *
 * NAME.conf from the user's, the system's, then the shipped providers folder;
 * the first found wins whole. Format: freshtoken-provider(5).
 */
#ifndef FT_PROFILE_H
#define FT_PROFILE_H

#include <stdbool.h>
#include <stdint.h>
#include "lib/base/error.h"
#include "lib/config/account.h"
#include "lib/config/places.h"

enum ft_format { FT_FORMAT_NONE, FT_FORMAT_FORM, FT_FORMAT_JSON, FT_FORMAT_XML };
enum ft_untyped { FT_UNTYPED_REFUSE, FT_UNTYPED_IGNORE, FT_UNTYPED_JSON, FT_UNTYPED_XML };
enum ft_replay { FT_REPLAY_NEVER, FT_REPLAY_WINDOW, FT_REPLAY_ALWAYS };

/* [refresh], [login] or [revoke]. Templates are checked at load. */
struct ft_request_template {
	bool present;
	char *method;		/* "POST" */
	char *path;		/* or endpoint; exactly one of the two */
	char *endpoint;
	struct ft_strings query, form, header;
	char *basic;
	char *json, *xml;
	enum ft_format format;	/* the default; an account's `format` may choose another body */
	char *content_type;	/* NULL: by format */
	char *accept;		/* NULL: by format */
	enum ft_replay replay;
	int64_t replay_window;	/* seconds */
	bool refresh_first;	/* [revoke] alone */
};

/* [disabled], [transient], [terminal] */
struct ft_error_rule {
	bool present;
	struct ft_strings status, code, message;	/* globs in the last two */
	bool unparsed;
};

/* What is looked for in an answer, under the names that the transport reports it by. */
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
	FT_FIELD_CODE,
	FT_FIELD_MESSAGE,
	FT_FIELD_PROFILE_COUNT, /* a profile names the paths to these … */
	/* … and RFC 8628, RFC 7662 and OpenID Connect those to the rest (lib/exchange/oauth.c). */
	FT_FIELD_DEVICE_CODE = FT_FIELD_PROFILE_COUNT,
	FT_FIELD_USER_CODE,
	FT_FIELD_VERIFICATION_URI,
	FT_FIELD_VERIFICATION_URI_COMPLETE,
	FT_FIELD_INTERVAL,
	FT_FIELD_ACTIVE,
	FT_FIELD_CLIENT_ID,
	FT_FIELD_AUDIENCE,
	FT_FIELD_SECOND_AUDIENCE,
	FT_FIELD_TOKEN_USE,
	FT_FIELD_IDENTITY,
	FT_FIELD_COUNT
};
extern const char *const ft_field_names[FT_FIELD_COUNT];	/* "access_token", … */

struct ft_profile {
	char *name;
	char *file;
	char *description;
	char *server;
	enum ft_client_auth client_auth;	/* NONE where unset */
	struct ft_strings discover;	/* "oauth", "openid"; in this order they are asked */
	bool eager;
	struct ft_strings token_types;
	struct ft_param *metadata;
	size_t n_metadata;
	struct ft_request_template refresh, login, revoke;
	struct ft_strings fields[FT_FIELD_PROFILE_COUNT];	/* lists of paths */
	bool expires_jwt;
	enum ft_untyped untyped;
	struct ft_error_rule disabled, transient, terminal;
};

/* FT_CONFIG "FILE:LINE: …", or "no provider profile NAME.conf in …" with the folders searched. */
int ft_profile_load(const struct ft_places *places, const char *name,
		    struct ft_profile *ret, struct ft_error *err);
/* The same from memory, for tests; text NULL reads the file (FT_NOT_FOUND, without a text). */
int ft_profile_parse(const char *name, const char *file, const char *text, size_t len,
		     struct ft_profile *ret, struct ft_error *err);
void ft_profile_release(struct ft_profile *profile);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * credentials.h - the credentials that git and docker store for hosts that no account matches
 *
 * One private file per key below STATE/credentials/git or …/docker, so that a
 * lookup opens one file however many there are. The key is git's
 * "protocol://host", docker's registry name; the file's name is the key,
 * percent-encoded. In the file:
 *
 *   version=1
 *                        then the credentials, newest first, each after an empty line:
 *   server= path= username= password= password_expiry_utc=
 *   oauth_refresh_token= authtype= credential=
 *
 * Control bytes and "%" in values are percent-encoded, so any byte can be stored.
 * A field that is not set has no line. A file that is not like this is refused,
 * never overwritten. A lookup takes no lock; changes are made under one lock for
 * the folder, and replace the file atomically.
 */
#ifndef FT_CREDENTIALS_H
#define FT_CREDENTIALS_H

#include <stdint.h>
#include "lib/base/buffer.h"
#include "lib/base/error.h"
#include "lib/base/secret.h"
#include "lib/store/seal.h"

/* Bytes; the longest file, and so the limit for one host. */
#define FT_CREDENTIALS_MAX (1024 * 1024)

enum ft_credentials_kind { FT_CREDENTIALS_GIT, FT_CREDENTIALS_DOCKER };

struct ft_credentials_place {
	const char *state;		/* the state folder */
	struct ft_seals *seals;		/* seals what is stored there (seal.h); NULL: not sealed */
};

struct ft_credential {
	struct ft_secret server;	/* docker: the registry's name as docker wrote it */
	struct ft_secret path;
	struct ft_secret username;
	struct ft_secret password;
	struct ft_secret oauth_refresh_token;
	struct ft_secret authtype;
	struct ft_secret credential;	/* of type authtype, and encoded already (git) */
	int64_t expires_at;	/* of the password, seconds since the epoch; -1: unknown */
};
#define FT_CREDENTIAL_INIT { .expires_at = -1 }
void ft_credential_release(struct ft_credential *credential);

struct ft_credential_list {
	struct ft_credential *list;
	size_t n;
};
void ft_credential_list_release(struct ft_credential_list *list);

/*
 * Gets the first that matches: path and username must be equal if `want` has them.
 * One that has expired at `now` (seconds since the epoch) is returned without
 * password and credential, and only if it has an oauth_refresh_token, which the
 * next helper may be able to use. With password_only, those without a password are
 * skipped. FT_NOT_FOUND, FT_UNTRUSTED (damaged, or open to others), FT_SYSTEM. All
 * these functions also have the errors of seal.h.
 */
int ft_credentials_get(const struct ft_credentials_place *place,
		       enum ft_credentials_kind kind, const char *key,
		       const struct ft_credential *want, bool password_only, int64_t now,
		       struct ft_credential *ret, struct ft_error *err);

/* Stores it before the others. It replaces those of the same path and username; for docker, all. A
 * file whose seal key is lost is kept under another name. */
int ft_credentials_store(const struct ft_credentials_place *place,
		       enum ft_credentials_kind kind, const char *key,
			 const struct ft_credential *credential, struct ft_error *err);

/* Removes all that match `want`, also in password and credential if it has them. */
int ft_credentials_erase(const struct ft_credentials_place *place,
		       enum ft_credentials_kind kind, const char *key,
			 const struct ft_credential *want, struct ft_error *err);

/* Lists all, in no order. Damaged files are skipped. */
int ft_credentials_list(const struct ft_credentials_place *place,
		       enum ft_credentials_kind kind,
			struct ft_credential_list *ret, struct ft_error *err);

/* Rewrites all files that are sealed and should be in clear, or the reverse, and adds their number
 * to *ret_n. Continues after an error, and returns the first one. */
int ft_credentials_rewrite(const struct ft_credentials_place *place, enum ft_credentials_kind kind,
			   size_t *ret_n, struct ft_error *err);

/* Parse and format a file's text, for the tests. FT_UNTRUSTED: not in that format. */
int ft_credentials_parse(const char *text, size_t len, struct ft_credential_list *ret,
			 struct ft_error *err);
int ft_credentials_format(const struct ft_credential_list *list, struct ft_buf *ret,
			  struct ft_error *err);

#endif

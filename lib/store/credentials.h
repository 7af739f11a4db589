/* SPDX-License-Identifier: MIT */
/*
 * credentials.h - what git and docker store for hosts that no account matches
 *
 * One private file per key below STATE/credentials/git or …/docker, so that a
 * lookup opens one file however many there are. The key is git's
 * "protocol://host", docker's registry name; the file's name is the key,
 * percent-encoded. In the file:
 *
 *   version=1
 *                        then, after an empty line each, the newest first:
 *   server= path= username= password= password_expiry_utc=
 *   oauth_refresh_token= authtype= credential=
 *
 * Values are percent-encoded where they have control bytes or a "%", so any
 * byte can be kept. A key that is not set has no line. A file that reads
 * otherwise is refused, never overwritten. Looking up takes no lock; changes
 * are made under one lock for the folder, and replace the file atomically.
 */
#ifndef FT_CREDENTIALS_H
#define FT_CREDENTIALS_H

#include <stdint.h>
#include "lib/base/buffer.h"
#include "lib/base/error.h"
#include "lib/base/secret.h"
#include "lib/store/seal.h"

/* The longest file, and so the limit of what is kept for one host. */
#define FT_CREDENTIALS_MAX (1024 * 1024)

enum ft_credentials_kind { FT_CREDENTIALS_GIT, FT_CREDENTIALS_DOCKER };

struct ft_credentials_place {
	const char *state;		/* the state folder */
	struct ft_seals *seals;		/* who seals what is stored there (seal.h); NULL: nobody */
};

struct ft_credential {
	struct ft_secret server;	/* docker: the name it was stored under, as it came */
	struct ft_secret path;
	struct ft_secret username;
	struct ft_secret password;
	struct ft_secret oauth_refresh_token;
	struct ft_secret authtype;
	struct ft_secret credential;	/* of that type, encoded already (git's authtype) */
	int64_t expires_at;	/* of the password, seconds since the epoch; -1: not known */
};
#define FT_CREDENTIAL_INIT { .expires_at = -1 }
void ft_credential_release(struct ft_credential *credential);

struct ft_credential_list {
	struct ft_credential *list;
	size_t n;
};
void ft_credential_list_release(struct ft_credential_list *list);

/*
 * The first that matches: what `want` names (path, username) must be equal.
 * Password and credential are left out of one that has expired at `now`; it is
 * only handed out at all for its oauth_refresh_token, which the next helper
 * may know how to use. With password_only, those without a password are
 * passed over. FT_NOT_FOUND, FT_UNTRUSTED (damaged, or open to others), FT_SYSTEM; of all of these
 * functions also seal.h's errors.
 */
int ft_credentials_get(const struct ft_credentials_place *place,
		       enum ft_credentials_kind kind, const char *key,
		       const struct ft_credential *want, bool password_only, int64_t now,
		       struct ft_credential *ret, struct ft_error *err);

/* In front of the others; replaces those of the same path and username, for docker all. A file
 * whose key is lost is kept under another name. */
int ft_credentials_store(const struct ft_credentials_place *place,
		       enum ft_credentials_kind kind, const char *key,
			 const struct ft_credential *credential, struct ft_error *err);

/* Removes all that match, password and credential included where `want` has them. */
int ft_credentials_erase(const struct ft_credentials_place *place,
		       enum ft_credentials_kind kind, const char *key,
			 const struct ft_credential *want, struct ft_error *err);

/* All that are stored, in no order. Damaged files are passed over. */
int ft_credentials_list(const struct ft_credentials_place *place,
		       enum ft_credentials_kind kind,
			struct ft_credential_list *ret, struct ft_error *err);

/* Writes all files anew, as they are to be stored now: sealed, or in clear. *ret_n is added how
 * many that has changed. Goes on after one that cannot be, and returns the first error. */
int ft_credentials_rewrite(const struct ft_credentials_place *place, enum ft_credentials_kind kind,
			   size_t *ret_n, struct ft_error *err);

/* The format, for the tests. FT_UNTRUSTED where it is not followed. */
int ft_credentials_parse(const char *text, size_t len, struct ft_credential_list *ret,
			 struct ft_error *err);
int ft_credentials_format(const struct ft_credential_list *list, struct ft_buf *ret,
			  struct ft_error *err);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * tongue.h - shared by the protocols of clients that only ask: they send a URL or an account, and
 * get a token
 *
 * Each protocol has a file of its own, which reads the client's request and writes the answer. The
 * core does matching, storing, locking and refreshing.
 */
#ifndef FT_TONGUE_H
#define FT_TONGUE_H

#include <stdint.h>
#include "lib/base/buffer.h"
#include "lib/core/context.h"
#include "lib/data/json.h"

/* Bytes of the longest request that is read, and of the longest answer. */
#define FT_TONGUE_REQUEST_MAX (64 * 1024)
#define FT_TONGUE_ANSWER_MAX (512 * 1024)
/* Seconds, for clients that cannot report that a token was refused: the greatest age of a token of
 * unknown lifetime, and how long such clients may keep one. */
#define FT_TONGUE_UNKNOWN_LIFE 3600
#define FT_TONGUE_ASSUMED_LIFE 300

struct ft_tongue {
	struct freshtoken *ft;
	const char *account;	/* NULL: no account matches the URL */
	struct freshtoken_token *token;
};
void ft_tongue_release(struct ft_tongue *tongue);

/* Reads all of stdin, which must be one JSON object; the caller puts it. FT_UNTRUSTED with the
 * reason. */
int ft_tongue_read(struct json_object **ret, struct ft_error *err);

/* Opens the context and finds the account of a URL; NULL: none matches, or the URL has user
 * information, because then the person has a password for it. FT_CONFIG: with a broken
 * configuration the account is unknown. FT_UNTRUSTED: control bytes, or not UTF-8. */
int ft_tongue_find(struct ft_tongue *tongue, const char *url, const char *username,
		   struct ft_error *err);
/* Likewise with an account's name. The account may not exist. */
int ft_tongue_open(struct ft_tongue *tongue, const char *account, struct ft_error *err);
/* Gets a good token of the account, which must be of a kind that can be used without a key; else
 * FT_CONFIG. need NULL: the need of a client that cannot report a refused token. */
int ft_tongue_get(struct ft_tongue *tongue, const struct ft_need *need, struct ft_error *err);

/* When the token expires, in seconds since the epoch; if its lifetime is unknown, until when it may
 * be kept. */
int64_t ft_tongue_expires(const struct ft_tongue *tongue);
/* Adds "2026-01-02T03:04:05Z", without printf, which would slow down the answer. */
void ft_tongue_add_time(struct ft_buf *buf, int64_t seconds);
/* Adds "Bearer TOKEN". */
void ft_tongue_add_bearer(struct ft_buf *buf, const struct ft_tongue *tongue);
/* Adds that as a JSON string. */
void ft_tongue_add_bearer_json(struct ft_buf *buf, const struct ft_tongue *tongue);

#endif

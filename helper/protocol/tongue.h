/* SPDX-License-Identifier: MIT */
/*
 * tongue.h - what those protocols share whose clients only ask: a URL or an account comes in, a
 * token goes out
 *
 * Each protocol has a file of its own, which reads the client's request and writes the answer.
 * Matching, store, lock and refresh are the core's.
 */
#ifndef FT_TONGUE_H
#define FT_TONGUE_H

#include <stdint.h>
#include "lib/base/buffer.h"
#include "lib/core/context.h"
#include "lib/data/json.h"

/* The longest request that is read, and the longest answer. */
#define FT_TONGUE_REQUEST_MAX (64 * 1024)
#define FT_TONGUE_ANSWER_MAX (512 * 1024)
/* For clients that cannot report that a token was refused: the greatest age of a token of unknown
 * lifetime, and how long such clients may keep one, in seconds. */
#define FT_TONGUE_UNKNOWN_LIFE 3600
#define FT_TONGUE_ASSUMED_LIFE 300

struct ft_tongue {
	struct freshtoken *ft;
	const char *account;	/* NULL: no account matches the URL */
	struct freshtoken_token *token;
};
void ft_tongue_release(struct ft_tongue *tongue);

/* Reads all of stdin, which has to be one JSON object; the caller puts it. FT_UNTRUSTED: err says
 * why it is not one. */
int ft_tongue_read(struct json_object **ret, struct ft_error *err);

/*
 * Opens the context and finds the account of a URL, NULL where it is nobody's: with user
 * information it is not ours either, for whoever wrote that has a password. With broken
 * configuration nobody knows whose it is: FT_CONFIG. FT_UNTRUSTED: control bytes, or no UTF-8.
 */
int ft_tongue_find(struct ft_tongue *tongue, const char *url, const char *username,
		   struct ft_error *err);
/* The same where the account is named; it may not exist. */
int ft_tongue_open(struct ft_tongue *tongue, const char *account, struct ft_error *err);
/* A good token of that account, of a kind that can be used without a key; otherwise FT_CONFIG. need
 * NULL: the need of a client that cannot report a refused token. */
int ft_tongue_get(struct ft_tongue *tongue, const struct ft_need *need, struct ft_error *err);

/* When the token expires, in seconds since the epoch; for one of unknown lifetime, how long it may
 * be kept. */
int64_t ft_tongue_expires(const struct ft_tongue *tongue);
/* "2026-01-02T03:04:05Z", without printf, which would slow down the answer of a good token. */
void ft_tongue_add_time(struct ft_buf *buf, int64_t seconds);
/* "Bearer TOKEN" */
void ft_tongue_add_bearer(struct ft_buf *buf, const struct ft_tongue *tongue);
/* … as a JSON string */
void ft_tongue_add_bearer_json(struct ft_buf *buf, const struct ft_tongue *tongue);

#endif

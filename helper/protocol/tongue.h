/* SPDX-License-Identifier: MIT */
/*
 * tongue.h - what the protocols share that only ask: a URL or an account in, a token out
 *
 * Each of them is a file of its own, which reads its client's words and writes them. Matching,
 * store, lock and refresh are the core's.
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
/* For clients that cannot say that a token was refused: how old one of unknown life may get, in
 * seconds, and for how long they are told to keep one. */
#define FT_TONGUE_UNKNOWN_LIFE 3600
#define FT_TONGUE_ASSUMED_LIFE 300

struct ft_tongue {
	struct freshtoken *ft;
	const char *account;	/* NULL: no account's URL */
	struct freshtoken_token *token;
};
void ft_tongue_release(struct ft_tongue *tongue);

/* All of stdin, which is one JSON object; the caller puts it. FT_UNTRUSTED says why it is none. */
int ft_tongue_read(struct json_object **ret, struct ft_error *err);

/*
 * Opens the context and finds the account of a URL, NULL where it is nobody's: with user
 * information it is not ours either, for whoever wrote that has a password. With broken
 * configuration nobody knows whose it is: FT_CONFIG. FT_UNTRUSTED: control bytes, or no UTF-8.
 */
int ft_tongue_find(struct ft_tongue *tongue, const char *url, const char *username,
		   struct ft_error *err);
/* The same where the account is named: it need not be there. */
int ft_tongue_open(struct ft_tongue *tongue, const char *account, struct ft_error *err);
/* A good token of that account, which can be shown alone: else FT_CONFIG. need NULL: what a client
 * needs that cannot say that one was refused. */
int ft_tongue_get(struct ft_tongue *tongue, const struct ft_need *need, struct ft_error *err);

/* When the token expires, in seconds since the epoch; of unknown life, until when it may be
 * kept. */
int64_t ft_tongue_expires(const struct ft_tongue *tongue);
/* "2026-01-02T03:04:05Z", without printf: it is on the way of a good token. */
void ft_tongue_add_time(struct ft_buf *buf, int64_t seconds);
/* "Bearer TOKEN" */
void ft_tongue_add_bearer(struct ft_buf *buf, const struct ft_tongue *tongue);
/* … as a JSON string */
void ft_tongue_add_bearer_json(struct ft_buf *buf, const struct ft_tongue *tongue);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * facts.h - what freshtoken-transport saw: the answer half of docs/transport-messages.md
 *
 * Facts, not judgements; judge.h decides what they mean.
 */
#ifndef FT_FACTS_H
#define FT_FACTS_H

#include <stdbool.h>
#include <stdint.h>
#include "lib/base/error.h"
#include "lib/base/secret.h"
#include "lib/exchange/request.h"
#include "lib/provider/profile.h"

/* Both directions: the longest message that is read or written. */
#define FT_MESSAGE_MAX (512 * 1024)

/* YES: an HTTP status came back. Nothing known is MAYBE: what was surely not sent is sent again. */
enum ft_sent { FT_SENT_MAYBE, FT_SENT_NO, FT_SENT_YES };
enum ft_media { FT_MEDIA_NONE, FT_MEDIA_JSON, FT_MEDIA_XML, FT_MEDIA_HTML, FT_MEDIA_OTHER };

/* "name", "refused", …; "" for FT_REASON_NONE. */
extern const char *const ft_reason_names[FT_REASON_COUNT];

#define FT_NONCE_SIZE 257

struct ft_facts {
	enum ft_sent sent;
	char error[256];	/* why there is no status, or no body that can be used; else "" */
	enum ft_reason reason;	/* likewise, in a word */
	char id[17];		/* of the request; "": it had none */
	bool local; /* that was this machine's doing: it says nothing about the service */
	int status;		/* HTTP; 0: none */
	int64_t date;		/* Date header, seconds since the epoch; -1: none */
	int64_t retry_after;	/* seconds, of any header that asks to wait; -1: none */
	bool quota_used_up;	/* a header says so */
	char dpop_nonce[FT_NONCE_SIZE];	/* for the next proof (RFC 9449 section 8); "": none came */
	enum ft_media media;
	bool parsed;		/* the body was what its media type says, within the limits */
	struct ft_secret fields[FT_FIELD_COUNT];	/* first match each, as text */
	int64_t entries;	/* how many the request's `entries` found; -1: nothing says */
	bool salvaged;		/* not parsed, but the tokens among the fields can be relied on */
	struct ft_secret raw; /* the body's bytes, or its first ones, where tokens may be in it that
			       * nobody could read; unset: none */
	bool refresh_unusable;	/* there was a refresh token that can be none: too long, say */
	int64_t jwt_exp, jwt_iat;	/* of the access token, where the request asked; -1 */
	struct ft_metadata metadata;	/* discovery only */
	struct ft_strings headers_seen; /* of those that the request asked about */
	struct {
		bool present;		/* there was one, and the request asked about it */
		bool verified;
		bool unknown_key;	/* nothing is wrong but that no key fits: get new ones */
		char error[256];	/* why it is not verified; "" where it is */
		/* As it came, where unknown_key, or verified and the request is to keep it; else
		 * unset. */
		struct ft_secret token;
		int64_t exp;	/* of one that is kept: seconds since the epoch; -1 */
	} id_token;
	struct {
		bool present;		/* the request asked */
		bool no_new_privs, dumpable, seccomp, landlock_net;
		int landlock;		/* the ABI in use; 0: none */
	} sandbox;
	struct ft_secret signed_jwt;	/* that was asked for; unset: `error` says why */
	char *keys;		/* the JWK set that was asked for, as JSON text; NULL: none came */
};
#define FT_FACTS_INIT \
	{ .date = -1, .retry_after = -1, .entries = -1, .jwt_exp = -1, .jwt_iat = -1, \
	  .id_token.exp = -1 }

/* text may end in NULs (a preallocated file); FT_UNTRUSTED where no complete message is in it. */
int ft_facts_parse(const char *text, size_t len, struct ft_facts *ret, struct ft_error *err);
/* FT_FACTS_INIT again. */
void ft_facts_release(struct ft_facts *facts);

/* Whether the service did not answer, or is too busy (429) or out of order (5xx): what was asked
 * is open, and may be answered later. */
bool ft_facts_out_of_order(const struct ft_facts *facts);

#endif

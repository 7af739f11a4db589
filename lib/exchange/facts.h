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

/* The longest message in bytes, in both directions. */
#define FT_MESSAGE_MAX (512 * 1024)

/* YES: an HTTP status came back. NO: certainly not sent, so that it may be sent again. MAYBE:
 * anything else. */
enum ft_sent { FT_SENT_MAYBE, FT_SENT_NO, FT_SENT_YES };
enum ft_media { FT_MEDIA_NONE, FT_MEDIA_JSON, FT_MEDIA_XML, FT_MEDIA_HTML, FT_MEDIA_OTHER };

/* "name", "refused", …; "" for FT_REASON_NONE. */
extern const char *const ft_reason_names[FT_REASON_COUNT];

#define FT_NONCE_SIZE 257

struct ft_facts {
	enum ft_sent sent;
	char error[256];	/* why there is no status, or no usable body; else "" */
	enum ft_reason reason;	/* the same as an enum */
	char id[17];		/* of the request; "": it had none */
	bool local;	/* the error is on this machine and says nothing about the service */
	int status;		/* HTTP; 0: none */
	int64_t date;		/* Date header, seconds since the epoch; -1: none */
	int64_t retry_after;	/* seconds, of any header that asks to wait; -1: none */
	bool quota_used_up;	/* a header says that no requests are left */
	char dpop_nonce[FT_NONCE_SIZE];	/* for the next proof (RFC 9449 section 8); "": none came */
	enum ft_media media;
	bool parsed;		/* the body fits its media type and the limits */
	struct ft_secret fields[FT_FIELD_COUNT];	/* the first match of each, as text */
	int64_t entries;	/* how many the request's `entries` found; -1: no list */
	bool salvaged;		/* not parsed, but the tokens among the fields are reliable */
	struct ft_secret raw;	/* the first bytes of a body that may hold tokens which could not
				 * be read; unset: none */
	bool refresh_unusable;	/* there was a refresh token, but an invalid one, as too long */
	int64_t jwt_exp, jwt_iat;	/* of the access token, where the request asked; -1 */
	bool jwt_exp_unreadable;	/* it states an exp that is no time */
	struct ft_metadata metadata;	/* discovery only */
	struct ft_strings headers_seen; /* of those that the request asked about */
	struct {
		bool present;		/* the answer had one, and the request asked about it */
		bool verified;
		bool unknown_key;	/* the only fault is that no key fits: fetch the keys */
		char error[256];	/* why it is not verified; "" if it is */
		/* As received, if unknown_key, or if verified and the request keeps it; else
		 * unset. */
		struct ft_secret token;
		int64_t exp;	/* if it is kept: seconds since the epoch; else -1 */
	} id_token;
	struct {
		bool present;		/* the request asked */
		bool no_new_privs, dumpable, seccomp, landlock_net;
		int landlock;		/* the ABI in use; 0: none */
	} sandbox;
	struct ft_secret signed_jwt;	/* the JWT, signed; unset: `error` says why */
	char *keys;		/* the JWK set, as JSON text; NULL: none came */
};
#define FT_FACTS_INIT \
	{ .date = -1, .retry_after = -1, .entries = -1, .jwt_exp = -1, .jwt_iat = -1, \
	  .id_token.exp = -1 }

/* Reads an answer of the transport; NULs at the end (of a preallocated file) are ignored.
 * FT_UNTRUSTED: no complete message; FT_NO_MEMORY. */
int ft_facts_parse(const char *text, size_t len, struct ft_facts *ret, struct ft_error *err);
/* Frees all parts and sets FT_FACTS_INIT. */
void ft_facts_release(struct ft_facts *facts);

/* Whether the service gave no answer, is too busy (429) or failed (5xx): the same request may
 * succeed later. */
bool ft_facts_out_of_order(const struct ft_facts *facts);

#endif

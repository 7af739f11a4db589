/* SPDX-License-Identifier: MIT */
/*
 * judge.h - what an answer of a token service means: one pure function
 *
 * The rules are the profile's (freshtoken-provider(5), "Judging"). No rule
 * about a vendor is here.
 */
#ifndef FT_JUDGE_H
#define FT_JUDGE_H

#include "lib/base/fingerprint.h"
#include "lib/base/moment.h"
#include "lib/base/secret.h"
#include "lib/exchange/facts.h"
#include "lib/provider/profile.h"

enum ft_outcome {
	FT_OUTCOME_TRANSIENT, /* no decision; ask again later. First, for what nobody has judged */
	FT_OUTCOME_FRESH, /* an access token that can be used */
	FT_OUTCOME_CLIENT, /* this client is not accepted, which says nothing of the sign-in */
	FT_OUTCOME_TERMINAL, /* the sign-in is over */
	FT_OUTCOME_DISABLED /* the user is */
};

struct ft_judgement {
	enum ft_outcome outcome;
	/* Set where the answer brought one, FRESH or not: a rotated token must never be lost. */
	struct ft_secret refresh_token;
	struct ft_secret access_token;	/* likewise; to be handed out only if FRESH */
	struct ft_secret id_token; /* FRESH only: a verified one, where the account keeps it */
	int64_t refresh_lifetime;	/* FRESH only, of the refresh token: ms; 0: it has no end;
					 * -1: not said */
	int64_t id_lifetime;		/* of that, likewise; -1: there is none */
	char *token_type;		/* FRESH only, like the next two. NULL: not said */
	char *subject;			/* NULL: not said */
	int64_t lifetime;		/* ms from the moment the request was sent; -1: unknown */
	bool busy;			/* HTTP 429: refused before it was looked at */
	bool not_sent;			/* surely nothing reached the server */
	bool ambiguous; /* the refresh token may have been spent, and nobody knows */
	int64_t retry_after;		/* seconds the service asked for; -1 */
	bool refused; /* TRANSIENT: it was looked at and refused, for a reason nobody knows */
	/* TRANSIENT: a refusal that may be this service's way to say that a sign-in is over, as a
	 * fingerprint of all that it says; "": none. The same answer to a refresh token that nobody
	 * ever had shows it (refresh/counter.c). TERMINAL: what was shown so, or what
	 * other_proof is about. */
	char refusal[FT_FINGERPRINT_SIZE];
	/* TERMINAL: a proof (DPoP) that was replayed on the way may have been refused in the same
	 * words. It is worth asking once more, with another one. */
	bool other_proof;
	struct ft_secret raw; /* the answer as it came, where tokens may be lost with it */
	bool assumed_life;		/* lifetime is a guess: what is stated cannot be read */
	struct ft_error why;	/* for people; when FRESH what is odd about the answer, or "" */
};
#define FT_JUDGEMENT_INIT \
	{ .lifetime = -1, .id_lifetime = -1, .refresh_lifetime = -1, .retry_after = -1 }

/*
 * subject is what the sign-in is known to belong to, NULL where unknown: an
 * answer about somebody else is TERMINAL. sent is when the request was sent.
 * Errors: FT_NO_MEMORY alone; whatever a server says is a judgement.
 */
int ft_judge(const struct ft_profile *profile, const struct ft_facts *facts, const char *subject,
	     const struct ft_moment *sent, struct ft_judgement *ret, struct ft_error *err);
void ft_judgement_release(struct ft_judgement *judgement);

/* What an answer that is no success says, for people: "HTTP 400: invalid_request: …", or why there
 * is none. */
void ft_judge_words(const struct ft_facts *facts, struct ft_error *ret);
/* Some services repeat the token they refuse: such words are left out. */
void ft_judge_hide(struct ft_error *words, const struct ft_secret *token);
/* Whether an error code is one, as "invalid_grant", which can be named without quotation marks. */
bool ft_judge_is_code(const char *code);

#endif

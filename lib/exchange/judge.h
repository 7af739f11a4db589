/* SPDX-License-Identifier: MIT */
/*
 * judge.h - decides what an answer of a token service means: one pure function
 *
 * The rules come from the profile (freshtoken-provider(5), "Judging"). No rule for a particular
 * vendor is here.
 */
#ifndef FT_JUDGE_H
#define FT_JUDGE_H

#include "lib/base/fingerprint.h"
#include "lib/base/moment.h"
#include "lib/base/secret.h"
#include "lib/exchange/facts.h"
#include "lib/provider/profile.h"

enum ft_outcome {
	FT_OUTCOME_TRANSIENT,	/* undecided: ask again later. 0, so that it is the default */
	FT_OUTCOME_FRESH,	/* a usable access token */
	FT_OUTCOME_CLIENT,	/* the client is not accepted; this says nothing of the sign-in */
	FT_OUTCOME_TERMINAL,	/* the sign-in is over */
	FT_OUTCOME_DISABLED	/* the user is disabled */
};

struct ft_judgement {
	enum ft_outcome outcome;
	/* Set if the answer has one, FRESH or not: a rotated token must never be lost. */
	struct ft_secret refresh_token;
	struct ft_secret access_token;	/* likewise; to be handed out only if FRESH */
	struct ft_secret id_token;	/* FRESH only: a verified one, if the account keeps it */
	int64_t refresh_lifetime;	/* FRESH only, of the refresh token: ms; 0: unlimited;
					 * -1: not stated */
	int64_t id_lifetime;		/* of the ID token: ms; -1: there is none */
	char *token_type;		/* FRESH only, like the next two. NULL: not stated */
	char *subject;			/* NULL: not stated */
	int64_t lifetime;		/* ms from the moment the request was sent; -1: unknown */
	bool busy;			/* HTTP 429: refused without being processed */
	bool not_sent;			/* certainly nothing reached the server */
	bool ambiguous;			/* the refresh token may or may not have been spent; FRESH:
					 * a new one came, and cannot be used */
	int64_t retry_after;		/* seconds that the service asked to wait; -1 */
	bool refused;			/* TRANSIENT: processed and refused, cause unknown */
	/* TRANSIENT: the fingerprint of a refusal with which this service may be saying that the
	 * sign-in is over; "": none. If the service answers an invented refresh token in the same
	 * way, it does mean that (refresh/counter.c). TERMINAL: the fingerprint of the refusal that
	 * was confirmed so, or that other_proof is about. */
	char refusal[FT_FINGERPRINT_SIZE];
	/* TERMINAL: the service may have refused only the proof (DPoP), because it was replayed on
	 * the way, with the same words. Ask once more, with another proof. */
	bool other_proof;
	struct ft_secret raw;		/* the answer as received, if it may hold unread tokens */
	bool assumed_life;		/* lifetime is a guess: the stated one cannot be read */
	struct ft_error why;	/* for people; if FRESH, what is wrong with the answer, or "" */
};
#define FT_JUDGEMENT_INIT \
	{ .lifetime = -1, .id_lifetime = -1, .refresh_lifetime = -1, .retry_after = -1 }

/*
 * subject: who signed in, NULL if unknown; an answer about another person is TERMINAL. sent: when
 * the request was sent. The only error is FT_NO_MEMORY: every answer of a server gets a judgement.
 */
int ft_judge(const struct ft_profile *profile, const struct ft_facts *facts, const char *subject,
	     const struct ft_moment *sent, struct ft_judgement *ret, struct ft_error *err);
void ft_judgement_release(struct ft_judgement *judgement);

/* Describes an answer that is no success for people: "HTTP 400: invalid_request", and the service's
 * own words as `foreign`; or why there is no answer. */
void ft_judge_words(const struct ft_facts *facts, struct ft_error *ret);
/* Some services repeat the token that they refuse. Replaces words that contain it. */
void ft_judge_hide(struct ft_error *words, const struct ft_secret *token);
/* Whether an error code has only harmless characters, as "invalid_grant", and needs no quotation
 * marks. */
bool ft_judge_is_code(const char *code);

#endif

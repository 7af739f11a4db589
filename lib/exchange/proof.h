/* SPDX-License-Identifier: MIT */
/*
 * proof.h - what a refusal says about a request's proof of possession (DPoP, RFC 9449)
 *
 * If a proof is refused, the refresh token beside it was not judged. But if the proof was replayed,
 * an earlier copy of the same request reached the service, which may have granted that copy and
 * spent the token.
 */
#ifndef FT_PROOF_H
#define FT_PROOF_H

#include <stdbool.h>
#include "lib/base/error.h"
#include "lib/exchange/facts.h"
#include "lib/provider/profile.h"

enum ft_proof {
	FT_PROOF_UNSAID,	/* the refusal is about something else */
	FT_PROOF_WANTED,	/* the service requires a proof, and there was none */
	FT_PROOF_NONCE,		/* it lacks the nonce that the service requires */
	FT_PROOF_MOVED,		/* it is for another address */
	FT_PROOF_LATE,		/* its time is too far from the service's clock */
	FT_PROOF_REPLAYED,	/* the service has seen it before */
	FT_PROOF_REFUSED,	/* any of the last three; the service does not say which */
	FT_PROOF_COUNT
};

/* Whether the account's tokens are bound to a key (`dpop`). */
bool ft_proof_is_ours(const struct ft_profile *profile);

enum ft_proof ft_proof_judge(const struct ft_profile *profile, const struct ft_facts *facts);

/* Appends cause and remedy. */
void ft_proof_explain(enum ft_proof proof, struct ft_error *why);

#endif

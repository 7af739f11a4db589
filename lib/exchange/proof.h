/* SPDX-License-Identifier: MIT */
/*
 * proof.h - what a refusal says of the proof that came with a request: DPoP, RFC 9449
 *
 * A proof that is refused says nothing of the refresh token beside it. One that was seen before,
 * though, has been there with an earlier copy of the request, and that copy may have been granted.
 */
#ifndef FT_PROOF_H
#define FT_PROOF_H

#include <stdbool.h>
#include "lib/base/error.h"
#include "lib/exchange/facts.h"
#include "lib/provider/profile.h"

enum ft_proof {
	FT_PROOF_UNSAID,	/* the refusal is about something else */
	FT_PROOF_WANTED,	/* there was none, and should have been */
	FT_PROOF_NONCE,		/* it has not the nonce that the service wants */
	FT_PROOF_MOVED,		/* it is for another address */
	FT_PROOF_LATE,		/* its time is too far from the service's */
	FT_PROOF_REPLAYED,	/* the service has seen it before */
	FT_PROOF_REFUSED,	/* any of the last three; the service does not say which */
	FT_PROOF_COUNT
};

/* Tokens are to be bound to a key: the account's `dpop`. */
bool ft_proof_is_ours(const struct ft_profile *profile);

enum ft_proof ft_proof_judge(const struct ft_profile *profile, const struct ft_facts *facts);

/* Adds cause and remedy. */
void ft_proof_explain(enum ft_proof proof, struct ft_error *why);

#endif

/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "lib/exchange/proof.h"

#include <string.h>

bool ft_proof_is_ours(const struct ft_profile *profile)
{
	return profile->token_types.n == 1 && strcmp(profile->token_types.list[0], "DPoP") == 0;
}

/* Whether the text contains one of the words, which end with NULL. */
static bool has_any(const char *text, const char *const *words)
{
	while (*words != NULL && strcasestr(text, *words) == NULL)
		words++;
	return *words != NULL;
}

/* RFC 9449 section 5 has one code for all reasons, so only the service's own words tell which. */
static enum ft_proof by_words(const char *words)
{
	static const char *const again[] = { "replay", "already", "reuse", "jti", NULL };
	static const char *const late[] = { " iat", "iat ", "clock", "recent", "expired", "too old",
					    "future", "not active", NULL };

	if (strstr(words, "htu") != NULL)
		return FT_PROOF_MOVED;
	if (has_any(words, again))
		return FT_PROOF_REPLAYED;
	return has_any(words, late) ? FT_PROOF_LATE : FT_PROOF_REFUSED;
}

enum ft_proof ft_proof_judge(const struct ft_profile *profile, const struct ft_facts *facts)
{
	const char *code = facts->fields[FT_FIELD_CODE].data,
		   *words = facts->fields[FT_FIELD_MESSAGE].data;

	if (!facts->parsed || facts->status < 400 || facts->status > 499 || code == NULL)
		return FT_PROOF_UNSAID;
	const bool by_code = strcmp(code, "invalid_dpop_proof") == 0,
		   nonce = strcmp(code, "use_dpop_nonce") == 0;

	/* Some services use no code for it; Keycloak uses invalid_request for a replayed proof. */
	if (!by_code && !nonce && (words == NULL || strcasestr(words, "dpop") == NULL))
		return FT_PROOF_UNSAID;
	if (!ft_proof_is_ours(profile))
		return FT_PROOF_WANTED;
	if (nonce)
		return FT_PROOF_NONCE;
	/* "DPoP" without "proof" may be about a bound token. */
	if (!by_code && strcasestr(words, "proof") == NULL)
		return FT_PROOF_UNSAID;
	return words != NULL ? by_words(words) : FT_PROOF_REFUSED;
}

void ft_proof_explain(enum ft_proof proof, struct ft_error *why)
{
#define NOT_ACCEPTED "the service does not accept the proof (DPoP, RFC 9449)" FT_REMEDY
	static const char *const texts[FT_PROOF_COUNT] = {
		[FT_PROOF_WANTED] = "the service wants proofs of a key (DPoP, RFC 9449)" FT_REMEDY
			"set dpop = yes, and sign in again",
		[FT_PROOF_NONCE] = NOT_ACCEPTED
			"try again; if it comes again, have the proxy in between pass on the "
			"header DPoP-Nonce",
		[FT_PROOF_MOVED] = NOT_ACCEPTED
			"the service sees another address than this account's server: have the "
			"proxy in between leave host and path as they are, or set server to its "
			"own address",
		[FT_PROOF_LATE] = NOT_ACCEPTED "check this machine's clock",
		[FT_PROOF_REPLAYED] =
			"the service has seen this request's proof (DPoP, RFC 9449) before, though "
			"each request has its own" FT_REMEDY
			"have the proxy in between send each request only once; the sign-in is not "
			"over",
		[FT_PROOF_REFUSED] = NOT_ACCEPTED
			"check this machine's clock, and that no proxy in between sends requests "
			"twice; where both are right, sign in again",
	};
#undef NOT_ACCEPTED

	if (texts[proof] != NULL)
		ft_error_add(why, texts[proof]);
}

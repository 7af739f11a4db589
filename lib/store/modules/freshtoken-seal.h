/* SPDX-License-Identifier: MIT */
/*
 * freshtoken-seal.h - a source of the key that what freshtoken stores is sealed with
 *
 * A module is $libdir/freshtoken/seal-NAME.so; "seal = keyring NAME" in freshtoken.conf(5) names
 * it. It has one symbol, FRESHTOKEN_SEAL_SYMBOL, which is a table of this version. A program of
 * its own loads it for each question, in a session without a terminal, with the user's rights and
 * environment, and ends it after five seconds: it may crash and hang, and keeps nobody from
 * working. It must not ask anybody for anything: git and docker wait.
 *
 * Where several hosts or homes share a source, they share a key.
 */
#ifndef FRESHTOKEN_SEAL_H
#define FRESHTOKEN_SEAL_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

#define FRESHTOKEN_SEAL_VERSION 1
#define FRESHTOKEN_SEAL_SYMBOL "freshtoken_seal_1"
#define FRESHTOKEN_SEAL_KEY 32	/* bytes */

enum freshtoken_seal_outcome {
	FRESHTOKEN_SEAL_FOUND = 0,
	FRESHTOKEN_SEAL_NOT_FOUND = 1,	/* it has none, for sure: one may be made */
	FRESHTOKEN_SEAL_UNAVAILABLE = 2, /* it cannot tell: locked, not running, not allowed */
	FRESHTOKEN_SEAL_TRY_AGAIN = 3	/* likewise, and that will pass by itself */
};

/* Why, for people, in one line each and without the key: "it is locked", "unlock it". They are
 * empty before; what to do may stay so. */
struct freshtoken_seal_why {
	char cause[256];
	char remedy[256];
};

struct freshtoken_seal_module {
	unsigned version;	/* FRESHTOKEN_SEAL_VERSION */
	/* First; *state is for the others, and for whatever it wants. NULL: nothing to open. */
	enum freshtoken_seal_outcome (*open)(void **state, struct freshtoken_seal_why *why);
	enum freshtoken_seal_outcome (*get)(void *state, unsigned char key[FRESHTOKEN_SEAL_KEY],
					    struct freshtoken_seal_why *why);
	/* Keeps this key for good before it returns FOUND; where it has one already, that stays and
	 * is what `key` is then. */
	enum freshtoken_seal_outcome (*create)(void *state,
					       unsigned char key[FRESHTOKEN_SEAL_KEY],
					       struct freshtoken_seal_why *why);
	/* NOT_FOUND: there was none. What is sealed with it is lost. */
	enum freshtoken_seal_outcome (*forget)(void *state, struct freshtoken_seal_why *why);
};

extern const struct freshtoken_seal_module freshtoken_seal_1;

#ifdef __cplusplus
}
#endif

#endif

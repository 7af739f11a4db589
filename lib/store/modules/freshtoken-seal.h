/* SPDX-License-Identifier: MIT */
/*
 * freshtoken-seal.h - the interface of modules that hold the key with which freshtoken seals what
 * it stores
 *
 * A module is $libdir/freshtoken/seal-NAME.so; "seal = keyring NAME" in freshtoken.conf(5) names
 * it. It exports one symbol, FRESHTOKEN_SEAL_SYMBOL: the table below, of this version. A separate
 * program, freshtoken-seal, loads it for each question, in a session without a terminal, with the
 * user's rights and environment, and is ended after five seconds. So a module that crashes or hangs
 * does no harm. It must never prompt: git and docker wait for it.
 *
 * The program has one thread, calls open and then one other function, and ends: there is nothing to
 * close. What it gives a function is the program's own, and is valid only during the call.
 *
 * Hosts or homes that share a source share a key.
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
	FRESHTOKEN_SEAL_NOT_FOUND = 1,	/* it certainly has none: one may be made */
	FRESHTOKEN_SEAL_UNAVAILABLE = 2, /* it cannot tell: locked, not running, not allowed */
	FRESHTOKEN_SEAL_TRY_AGAIN = 3	/* likewise, but only for a moment */
};

/* Reason and remedy for people, one line each and without the key: "it is locked", "unlock it".
 * Both are empty at the call; the remedy may stay empty. */
struct freshtoken_seal_why {
	char cause[256];
	char remedy[256];
};

struct freshtoken_seal_module {
	unsigned version;	/* FRESHTOKEN_SEAL_VERSION */
	/* Called first; *state, NULL before, is passed to the others. The function may be NULL. */
	enum freshtoken_seal_outcome (*open)(void **state, struct freshtoken_seal_why *why);
	/* Writes all of `key` before it returns FOUND; else what is in it does not count. */
	enum freshtoken_seal_outcome (*get)(void *state, unsigned char key[FRESHTOKEN_SEAL_KEY],
					    struct freshtoken_seal_why *why);
	/* Stores this random key permanently (over a crash of the machine, too) before it returns
	 * FOUND. If it has a key already, that one stays and is copied to `key`; several programs
	 * may ask at once. */
	enum freshtoken_seal_outcome (*create)(void *state,
					       unsigned char key[FRESHTOKEN_SEAL_KEY],
					       struct freshtoken_seal_why *why);
	/* Removes the key; what is sealed with it is lost. NOT_FOUND: there was none. */
	enum freshtoken_seal_outcome (*forget)(void *state, struct freshtoken_seal_why *why);
};

extern const struct freshtoken_seal_module freshtoken_seal_1;

#ifdef __cplusplus
}
#endif

#endif

/* SPDX-License-Identifier: MIT */
/*
 * disbelief.h - counts, for each client, refusals of a token that are not believed
 *
 * Some clients (git-lfs) ask again without end when what they want is not allowed. Each client is
 * counted separately: two such clients do not hide each other, and do not affect a client whose
 * token works. The counts are of one generation of the token; a new one begins without any.
 */
#ifndef FT_DISBELIEF_H
#define FT_DISBELIEF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FT_DISBELIEF_CLIENTS 32
/* After so many refusals a client is told to stop. */
#define FT_DISBELIEF_MAX 3
/* ms after its last refusal in which a client is told that. */
#define FT_DISBELIEF_MS 60000

struct ft_disbelief {
	size_t n;
	struct ft_disbelieved {
		int64_t client;		/* a process id; 0: unknown */
		int64_t at;		/* of the last refusal: ms since the epoch */
		unsigned count;		/* never 0 */
		bool told;		/* it was told to stop, and why, which is done once */
	} clients[FT_DISBELIEF_CLIENTS];
	bool works;			/* a server accepted the token after the last refusal */
};

/* Counts a refusal; returns how many the client has had. now: ms since the epoch. */
unsigned ft_disbelief_add(struct ft_disbelief *disbelief, int64_t client, int64_t now);
/* A server accepted the token from this client. Returns whether something has changed, which must
 * be written. */
bool ft_disbelief_works(struct ft_disbelief *disbelief, int64_t client);
/* Whether the client must be told to stop. */
bool ft_disbelief_stops(const struct ft_disbelief *disbelief, int64_t client, int64_t now);
/* Stores that the client was told. Returns whether it is the first time; always true for a client
 * that is not counted. */
bool ft_disbelief_tell(struct ft_disbelief *disbelief, int64_t client);
/* Whether the token was refused, and no server has accepted it since. */
bool ft_disbelief_open(const struct ft_disbelief *disbelief);

#endif

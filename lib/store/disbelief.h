/* SPDX-License-Identifier: MIT */
/*
 * disbelief.h - refusals of a token that are not believed, counted by who had them
 *
 * Some clients (git-lfs) ask for ever where what they want is not allowed. Each is counted for
 * itself: two that do so do not hide each other, and one whose token works is not held up by them.
 * All of it is about one generation of a token; a new one begins with none.
 */
#ifndef FT_DISBELIEF_H
#define FT_DISBELIEF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FT_DISBELIEF_CLIENTS 32
/* After so many refusals a client is told to stop … */
#define FT_DISBELIEF_MAX 3
/* … for so long after the last one (ms). */
#define FT_DISBELIEF_MS 60000

struct ft_disbelief {
	size_t n;
	struct ft_disbelieved {
		int64_t client;		/* a process id; 0: not known */
		int64_t at;		/* the last refusal: ms since the epoch */
		unsigned count;		/* never 0 */
		bool told;		/* to stop, and why: once is enough */
	} clients[FT_DISBELIEF_CLIENTS];
	bool works;			/* some server took the token after the last refusal */
};

/* One more; returns how many the client has had. */
unsigned ft_disbelief_add(struct ft_disbelief *disbelief, int64_t client, int64_t now);
/* The token works for this client. Returns whether that is news, which has to be written. */
bool ft_disbelief_works(struct ft_disbelief *disbelief, int64_t client);
/* Whether the client is to be told to stop. */
bool ft_disbelief_stops(const struct ft_disbelief *disbelief, int64_t client, int64_t now);
/* Notes that the client was told. Returns whether that is news, as it is for a client not
 * counted. */
bool ft_disbelief_tell(struct ft_disbelief *disbelief, int64_t client);
/* Whether the token was refused, and no server has taken it since. */
bool ft_disbelief_open(const struct ft_disbelief *disbelief);

#endif

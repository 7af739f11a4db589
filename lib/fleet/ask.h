/* SPDX-License-Identifier: MIT */
/*
 * ask.h - one request to a member of a fleet's store, sent by freshtoken-transport
 */
#ifndef FT_FLEET_ASK_H
#define FT_FLEET_ASK_H

#include "lib/exchange/facts.h"
#include "lib/fleet/fleet.h"

/* A field of the answer, and the paths that lead to it. */
struct ft_ask_field {
	enum ft_field field;
	const char *paths[2];	/* NULL: no other */
};

/*
 * Posts a JSON text to a path of the current member, with the session's token if it has one. The
 * facts have the answer, also a refusal. Sets the session's clock from the answer's Date, or from
 * this host's clock if it has none. FT_CONFIG, FT_UNTRUSTED (a file of [fleet]), FT_SYSTEM,
 * FT_NO_MEMORY.
 */
int ft_fleet_ask(struct ft_fleet *fleet, const char *path, const char *body,
		 const struct ft_ask_field *fields, size_t n, struct ft_facts *ret,
		 struct ft_error *err);

#endif

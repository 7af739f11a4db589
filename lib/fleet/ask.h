/* SPDX-License-Identifier: MIT */
/*
 * ask.h - one request to a member of a fleet's store, sent by freshtoken-transport
 */
#ifndef FT_FLEET_ASK_H
#define FT_FLEET_ASK_H

#include "lib/exchange/facts.h"
#include "lib/fleet/fleet.h"

/* A kind of request: the path to which it is posted, and the fields that the answer may have. */
struct ft_ask {
	const char *path;
	struct {
		enum ft_field field;
		const char *paths[2];	/* that lead to it; NULL: no other */
	} fields[6];	/* the first without a path is the end */
};

/*
 * Posts a JSON text to the current member, with the session's token if it has one. The
 * facts have the answer, also a refusal. Sets the session's clock from the answer's Date, or from
 * this host's clock if it has none. FT_CONFIG, FT_UNTRUSTED (a file of [fleet]), FT_SYSTEM,
 * FT_NO_MEMORY.
 */
int ft_fleet_ask(struct ft_fleet *fleet, const struct ft_ask *ask, const char *body,
		 struct ft_facts *ret, struct ft_error *err);

#endif

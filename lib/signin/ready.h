/* SPDX-License-Identifier: MIT */
/*
 * ready.h - checks whether people can sign in to an account, without a prompt or an exchange
 *
 * Renders each request of each way once, with made-up values, and discards it. So a
 * key that the account lacks is found before a password is typed.
 */
#ifndef FT_READY_H
#define FT_READY_H

#include "lib/service/service.h"

enum ft_way {
	FT_WAY_PASSWORD = 1,	/* a profile's [login] */
	FT_WAY_DEVICE = 2,	/* RFC 8628 */
	FT_WAY_BROWSER = 4,	/* RFC 6749 section 4.1 */
	FT_WAY_TOKEN = 8,	/* a refresh token from elsewhere; always offered */
	/* The ways for which a person needs nothing but an account at the service. */
	FT_WAYS_OF_PEOPLE = FT_WAY_PASSWORD | FT_WAY_DEVICE | FT_WAY_BROWSER
};

struct ft_ready {
	/* The ways that profile and service have; before discovery, also those it may offer. */
	unsigned offered;
	unsigned ready;		/* of these, the ways whose requests can be made */
	struct ft_error lacks; /* why the first of the others cannot be used, with the remedy;
				  code 0: all can */
};

void ft_ready_look(const struct ft_service *service, struct ft_ready *ret);

/* 0: a person can sign in by one of these ways, or none of them is offered, which the attempt
 * itself reports; else FT_CONFIG with key, place and remedy. FT_NO_MEMORY. */
int ft_ready_check(const struct ft_service *service, unsigned ways, struct ft_error *err);

/* The same for a request that needs no person: FT_REQUEST_GRANT of a machine account, and
 * FT_REQUEST_PERSON. */
int ft_ready_request(const struct ft_service *service, enum ft_request_kind kind,
		     struct ft_error *err);

/* Options for "freshtoken login" if no way for people is offered; NULL: one is. */
const char *ft_ready_options(const struct ft_ready *ready);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * ready.h - whether people can sign in to an account, before anybody is asked for anything
 *
 * Each request of each way is made once, of made-up values, and thrown away: a key
 * that the account lacks is found without the service, and before a password is typed.
 */
#ifndef FT_READY_H
#define FT_READY_H

#include "lib/service/service.h"

enum ft_way {
	FT_WAY_PASSWORD = 1,	/* a profile's [login] */
	FT_WAY_DEVICE = 2,	/* RFC 8628 */
	FT_WAY_BROWSER = 4,	/* RFC 6749 section 4.1 */
	FT_WAY_TOKEN = 8,	/* a refresh token from elsewhere, which is always there */
	/* In which a person has to have nothing but an account at the service. */
	FT_WAYS_OF_PEOPLE = FT_WAY_PASSWORD | FT_WAY_DEVICE | FT_WAY_BROWSER
};

struct ft_ready {
	/* What profile and service have; before discovery what it may yet tell. */
	unsigned offered;
	unsigned ready;		/* of these, the ways whose requests can be made */
	struct ft_error lacks; /* why the first one of the others cannot, with the remedy; code 0:
				  all can */
};

void ft_ready_look(const struct ft_service *service, struct ft_ready *ret);

/* 0 where a person can sign in by one of these ways, or they are not offered at all, which whoever
 * tries them says; else FT_CONFIG with key, place and remedy. */
int ft_ready_check(const struct ft_service *service, unsigned ways, struct ft_error *err);

/* The same of a request that needs nobody: FT_REQUEST_GRANT, of an account that derives, and
 * FT_REQUEST_PERSON. */
int ft_ready_request(const struct ft_service *service, enum ft_request_kind kind,
		     struct ft_error *err);

/* Where nothing is offered to people: what to run instead. NULL: something is. */
const char *ft_ready_options(const struct ft_ready *ready);

#endif

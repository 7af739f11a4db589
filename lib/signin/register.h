/* SPDX-License-Identifier: MIT */
/*
 * register.h - registers a client (RFC 7591) for an account with register_client
 *
 * The request is the profile's [register]; lib/core/client.h stores the client. Only for a person's
 * command: it waits for the network. It uses the service's proxies.
 */
#ifndef FT_REGISTER_H
#define FT_REGISTER_H

#include "lib/signin/signin.h"

/*
 * Registers a client if the account has none that is still good. *ret_new: it has registered one.
 * FT_CONFIG (the service registers none), FT_LOGIN_NEEDED (it refused, in its own words),
 * FT_TEMPORARY, FT_UNTRUSTED (its answer), FT_SYSTEM, FT_NO_MEMORY.
 */
int ft_register_ensure(struct freshtoken *ft, struct ft_service *service, bool *ret_new,
		       struct ft_error *err);

/* Whether an account has a client that was registered. */
bool ft_register_has(const struct freshtoken *ft, const struct ft_account *account);

/* Deletes the client at the service (RFC 7592), if that is possible, and here in any case. An error
 * says why the service did not delete it; FT_NOT_FOUND, with err unset: it offers no way. */
int ft_register_remove(struct freshtoken *ft, const struct ft_account *account,
		       struct ft_error *err);

#endif

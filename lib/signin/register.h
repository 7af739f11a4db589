/* SPDX-License-Identifier: MIT */
/*
 * register.h - a client of our own (RFC 7591), where an account asks for one: register_client
 *
 * The request is the profile's [register]; what came of it is kept by lib/core/client.h. For a
 * person's command: it waits, and proxies are the service's.
 */
#ifndef FT_REGISTER_H
#define FT_REGISTER_H

#include "lib/signin/signin.h"

/*
 * Registers one where the account wants that and has none that is still good. *ret_new: it did.
 * FT_CONFIG (the service registers none), FT_LOGIN_NEEDED (it refused, in its own words),
 * FT_TEMPORARY, FT_UNTRUSTED (its answer), FT_SYSTEM, FT_NO_MEMORY.
 */
int ft_register_ensure(struct freshtoken *ft, struct ft_service *service, bool *ret_new,
		       struct ft_error *err);

/* Whether an account has a client that was registered. */
bool ft_register_has(const struct freshtoken *ft, const struct ft_account *account);

/* Has it removed (RFC 7592), where that is possible, and forgets it here in any case. What the
 * service did not do is the error; FT_NOT_FOUND, without one: it offers no way. */
int ft_register_remove(struct freshtoken *ft, const struct ft_account *account,
		       struct ft_error *err);

#endif

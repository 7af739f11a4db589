/* SPDX-License-Identifier: MIT */
/*
 * source.h - what an account's `from` brings from outside: a file, a variable, a program's words
 *
 * It is a secret that somebody else renews (Kubernetes, a CI service, an agent), so it is read anew
 * at each exchange and never kept. What is read is hostile until the service has looked at it: one
 * line of at most FT_SOURCE_MAX printable characters. A JWT whose time is over is not sent; nothing
 * else of it is believed, nor looked at.
 */
#ifndef FT_SOURCE_H
#define FT_SOURCE_H

#include "lib/base/secret.h"
#include "lib/service/service.h"

#define FT_SOURCE_MAX ((size_t)64 * 1024)
#define FT_SOURCE_SECONDS 30	/* that a program may take */

/*
 * Of an account whose `from` is no account's; nothing is brought for one without. FT_TEMPORARY with
 * the name of the source and what to do: it is not there, empty, no token, or has expired.
 * FT_CONFIG: PAM's accounts take no such source. FT_NO_MEMORY, FT_SYSTEM.
 */
int ft_source_read(struct ft_service *service, struct ft_secret *ret, struct ft_error *err);

/* Of an account with client_auth = source, for requests that bring no tokens: reads it into the
 * service. Errors likewise. */
int ft_source_prove(struct ft_service *service, struct ft_error *err);

/*
 * All that the account's grant shows, but another account's token, which is there already where it
 * has to be: reads the source, and has ${jwt} signed. The service is discovered. FT_CONFIG: there
 * is no key, or one that is none; FT_UNTRUSTED: its file; and as above.
 */
int ft_source_bring(struct ft_service *service, struct ft_variables *variables,
		    struct ft_error *err);

#endif

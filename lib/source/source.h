/* SPDX-License-Identifier: MIT */
/*
 * source.h - reads the source that an account's `from` names: a file, a variable, a program's
 * output
 *
 * It is a secret that another program renews (Kubernetes, a CI service, an agent), so it is read at
 * each exchange and never stored. Its text is not trusted: it must be one line of at most
 * FT_SOURCE_MAX printable characters. An expired JWT is not sent; nothing else in it is read.
 */
#ifndef FT_SOURCE_H
#define FT_SOURCE_H

#include "lib/base/secret.h"
#include "lib/service/service.h"

#define FT_SOURCE_MAX ((size_t)64 * 1024)
#define FT_SOURCE_SECONDS 30	/* the most that a program may take */

/*
 * Reads the source; `from` must not name an account. Without `from`, *ret is untouched.
 * FT_TEMPORARY with the source's name and a remedy: it is missing, empty, no token, or expired.
 * FT_CONFIG: not allowed for PAM. FT_NO_MEMORY, FT_SYSTEM.
 */
int ft_source_read(struct ft_service *service, struct ft_secret *ret, struct ft_error *err);

/* With client_auth = source: reads the source into the service, for requests that are not for
 * tokens (revocation, introspection). Errors likewise. */
int ft_source_prove(struct ft_service *service, struct ft_error *err);

/*
 * Sets what the account's grant shows: reads the source, and has ${jwt} signed. If `from` names an
 * account, the caller has set that account's token. Must come after ft_service_discover. FT_CONFIG:
 * no key, or not a valid one; FT_UNTRUSTED: the key's file; others as above.
 */
int ft_source_bring(struct ft_service *service, struct ft_variables *variables,
		    struct ft_error *err);

#endif

/*
 * resolve.h - names to addresses, before the sandbox closes
 *
 * The resolver loads modules and opens files and sockets of its own.
 */
#ifndef FT_TRANSPORT_RESOLVE_H
#define FT_TRANSPORT_RESOLVE_H

#include "buffer.h"

/* Adds the addresses of a name between commas, those of IPv6 in brackets.
 * FT_TEMPORARY with the resolver's reason, FT_NO_MEMORY. */
int ft_resolve(const char *host, struct ft_buf *ret, struct ft_error *err);

#endif

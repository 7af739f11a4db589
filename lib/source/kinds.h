/* SPDX-License-Identifier: MIT */
/*
 * kinds.h - the kinds of sources; of lib/source/ alone
 *
 * Each adds what it brings to a buffer of FT_SOURCE_MAX, as it is. Errors: FT_TEMPORARY and others,
 * without the name of the source; a text that is too long is left in the buffer.
 */
#ifndef FT_SOURCE_KINDS_H
#define FT_SOURCE_KINDS_H

#include "lib/base/buffer.h"
#include "lib/service/service.h"

/* Links are followed; nobody waits for a pipe. */
int ft_source_file(const char *file, struct ft_buf *ret, struct ft_error *err);
/* "PATH ARG…": its words, which no shell sees. */
int ft_source_command(const char *command, unsigned seconds, struct ft_buf *ret,
		      struct ft_error *err);
/* Asked with the service's route, for the account's audience. */
int ft_source_github(struct ft_service *service, struct ft_buf *ret, struct ft_error *err);

#endif

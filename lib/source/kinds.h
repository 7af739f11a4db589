/* SPDX-License-Identifier: MIT */
/*
 * kinds.h - the kinds of sources; used in lib/source/ alone
 *
 * Each adds its text unchanged to a buffer of FT_SOURCE_MAX. Errors: FT_TEMPORARY and others,
 * without the name of the source. A text that is too long is no error here: the buffer fails.
 */
#ifndef FT_SOURCE_KINDS_H
#define FT_SOURCE_KINDS_H

#include "lib/base/buffer.h"
#include "lib/service/service.h"

/* Follows links; does not wait for a pipe. */
int ft_source_file(const char *file, struct ft_buf *ret, struct ft_error *err);
/* command: "PATH ARG…", words separated by blanks; no shell interprets them. */
int ft_source_command(const char *command, unsigned seconds, struct ft_buf *ret,
		      struct ft_error *err);
/* Uses the service's route; requests a token for the account's audience. */
int ft_source_github(struct ft_service *service, struct ft_buf *ret, struct ft_error *err);

#endif

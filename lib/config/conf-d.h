/* SPDX-License-Identifier: MIT */
/*
 * conf-d.h - conf.d: a folder of more files beside the system's freshtoken.conf
 */
#ifndef FT_CONF_D_H
#define FT_CONF_D_H

#include "lib/base/error.h"
#include "lib/config/values.h"

#define FT_CONF_D_MAX 256	/* files */

/*
 * The paths of all FOLDER/NAME.conf, sorted by the bytes of their names, without those that begin
 * with ".". Whoever can write to the folder decides what is read, so it must belong to root or the
 * effective user, and nobody else may write to it.
 * FT_NOT_FOUND: there is no such folder; FT_UNTRUSTED, FT_CONFIG (too many), FT_SYSTEM,
 * FT_NO_MEMORY.
 */
int ft_conf_d_list(const char *folder, struct ft_strings *ret, struct ft_error *err);

#endif

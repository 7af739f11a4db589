/* SPDX-License-Identifier: MIT */
/*
 * conf-d.h - a folder of further files beside the system's freshtoken.conf
 */
#ifndef FT_CONF_D_H
#define FT_CONF_D_H

#include "lib/base/error.h"
#include "lib/config/values.h"

#define FT_CONF_D_MAX 256	/* files */

/*
 * The paths of FOLDER/NAME.conf, by the bytes of their names; none that begins with ".". Whoever
 * may write to the folder decides what is read: it has to be root's, or of whom this runs as.
 * FT_NOT_FOUND: there is no such folder; FT_UNTRUSTED, FT_CONFIG (too many), FT_SYSTEM,
 * FT_NO_MEMORY.
 */
int ft_conf_d_list(const char *folder, struct ft_strings *ret, struct ft_error *err);

#endif

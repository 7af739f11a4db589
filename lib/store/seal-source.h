/* SPDX-License-Identifier: MIT */
/*
 * seal-source.h - asks a module for the seal key, through freshtoken-seal, which loads it
 */
#ifndef FT_SEAL_SOURCE_H
#define FT_SEAL_SOURCE_H

#include "lib/base/box.h"
#include "lib/config/seal-line.h"

enum ft_seal_verb { FT_SEAL_GET, FT_SEAL_CREATE };

/* CREATE: key is the key to store; on return, the one that is stored. A module that does not answer
 * in time is ended: TRY_AGAIN. Except for FOUND, err has the reason; its code means nothing. */
enum ft_seal_outcome ft_seal_source_ask(const char *libexec, const char *source,
					enum ft_seal_verb verb, unsigned char key[FT_BOX_KEY],
					struct ft_error *err);

#endif

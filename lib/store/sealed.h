/* SPDX-License-Identifier: MIT */
/*
 * sealed.h - records that are sealed, over any source
 *
 * What the source below keeps is what seal.h makes of a text; of accounts that are not to be
 * sealed, the text itself. A version is the source's. All of store.h's promises stay, with two
 * words more: read is FT_LOGIN_NEEDED where the key is lost, and prepare fetches the key, or makes
 * it, so that it cannot be missing when the text is committed.
 */
#ifndef FT_SEALED_H
#define FT_SEALED_H

#include "lib/store/seal.h"
#include "lib/store/store.h"

/* Its open is NULL. */
extern const struct ft_store_ops ft_store_sealed;

/* Over `store`, which is closed with it, also where this fails. seals is kept. */
int ft_sealed_open(const struct ft_store_ops *ops, struct ft_store *store, struct ft_seals *seals,
		   struct ft_store **ret, struct ft_error *err);

#endif

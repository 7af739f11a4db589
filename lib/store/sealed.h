/* SPDX-License-Identifier: MIT */
/*
 * sealed.h - a store that seals records, on top of any other store
 *
 * The store below holds texts sealed by seal.h; for accounts that are not sealed, the texts
 * themselves. A version is that of the store below. All promises of store.h hold, and two more:
 * read is FT_LOGIN_NEEDED if the key is lost; and prepare gets the key, or makes it, so that it
 * cannot be missing at the commit.
 */
#ifndef FT_SEALED_H
#define FT_SEALED_H

#include "lib/store/seal.h"
#include "lib/store/store.h"

/* Its open is NULL. */
extern const struct ft_store_ops ft_store_sealed;

/* Takes over `store`, which is closed with this one, and also if this fails. seals is not
 * copied. */
int ft_sealed_open(const struct ft_store_ops *ops, struct ft_store *store, struct ft_seals *seals,
		   struct ft_store **ret, struct ft_error *err);

#endif

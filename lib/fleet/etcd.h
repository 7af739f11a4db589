/* SPDX-License-Identifier: MIT */
/*
 * etcd.h - reads the answers of etcd; only for etcd.c and its tests
 */
#ifndef FT_FLEET_ETCD_H
#define FT_FLEET_ETCD_H

#include "lib/exchange/facts.h"
#include "lib/fleet/fleet.h"

/* Takes value and revision from the answer to a read. FT_NOT_FOUND: the key has no value, and the
 * revision is "0". FT_UNTRUSTED, FT_NO_MEMORY. */
int ft_etcd_take(const struct ft_facts *facts, struct ft_buf *ret,
		 char ret_revision[FT_FLEET_REVISION], struct ft_error *err);

#endif

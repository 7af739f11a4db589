/* SPDX-License-Identifier: MIT */
/*
 * etcd.h - what an answer of etcd's says; of etcd.c and its tests alone
 */
#ifndef FT_FLEET_ETCD_H
#define FT_FLEET_ETCD_H

#include "lib/exchange/facts.h"
#include "lib/fleet/fleet.h"

/* Value and revision of an answer to a read. FT_NOT_FOUND: it has none, and the revision is "0".
 * FT_UNTRUSTED, FT_NO_MEMORY. */
int ft_etcd_take(const struct ft_facts *facts, struct ft_buf *ret,
		 char ret_revision[FT_FLEET_REVISION], struct ft_error *err);

#endif

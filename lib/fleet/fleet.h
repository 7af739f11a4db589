/* SPDX-License-Identifier: MIT */
/*
 * fleet.h - the store that the hosts of a fleet share: a table of functions, one per kind of store
 *
 * A store keeps one value for each key, and has two operations: read the newest value, and replace
 * a value if it is still the expected one. etcd is built in; docs/fleet.md has the requests that
 * Vault and Kubernetes would need. Requests are sent by freshtoken-transport, as those to a token
 * service are.
 *
 * What a store guarantees
 *  - read is linearizable: it sees every write that ended before it began.
 *  - Each value has a revision, up to FT_FLEET_REVISION - 1 bytes that the store chooses, which no
 *    other value of that key ever has. A key without a value has the revision "0".
 *  - claim and commit write only if the revision is still the expected one, all or nothing, and
 *    durably on a quorum. If a commit finds another revision, the caller reads again and compares
 *    the generations (value.h): a claim that another host has made meanwhile must not be lost, but
 *    does not prevent the commit.
 *
 * No store can guarantee that an answer arrives. After FT_TEMPORARY a write may have been done or
 * not; likewise after FT_BUSY, if another member was asked before. Reading again tells.
 *
 * The store's answers are hostile input: their length is limited here, and a value is trusted only
 * after it was opened with the fleet's key (value.h).
 *
 * Errors of all functions: FT_TEMPORARY (no member can be reached, or none has a quorum), FT_CONFIG
 * (the store refuses our credentials, or a file of [fleet] is wrong), FT_UNTRUSTED (the key's file,
 * or a value that is too long), FT_SYSTEM, FT_NO_MEMORY. Messages name the store and hold no
 * secret. err must not be NULL. Only one thread at a time may use a struct ft_fleet.
 */
#ifndef FT_FLEET_H
#define FT_FLEET_H

#include "lib/base/box.h"
#include "lib/base/moment.h"
#include "lib/core/context.h"

#define FT_FLEET_REVISION 24
/* The longest value in bytes; in base64 it fits a field of the transport's answer. */
#define FT_FLEET_VALUE_MAX (48 * 1024 - 64)

/* The store's time. Hosts compare each other's times by it, so their own clocks may be wrong. */
struct ft_fleet_clock {
	struct ft_moment here;	/* when it was read, on this host's clock */
	int64_t least, most;	/* ms since the epoch: the store's time then is between these */
};

struct ft_fleet;

struct ft_fleet_ops {
	const char *name;
	/* Appends the value to ret. FT_NOT_FOUND: there is none, and the revision is "0". */
	int (*read)(struct ft_fleet *fleet, const char *key, struct ft_buf *ret,
		    char ret_revision[FT_FLEET_REVISION], struct ft_error *err);
	/* FT_BUSY: the key has another revision. */
	int (*claim)(struct ft_fleet *fleet, const char *key, const char *revision,
		     const struct ft_buf *value, char ret_revision[FT_FLEET_REVISION],
		     struct ft_error *err);
	int (*commit)(struct ft_fleet *fleet, const char *key, const char *revision,
		      const struct ft_buf *value, char ret_revision[FT_FLEET_REVISION],
		      struct ft_error *err);
};

extern const struct ft_fleet_ops ft_fleet_etcd;

/* A session with the store of an account that has one. */
struct ft_fleet {
	const struct freshtoken *ft;
	const struct ft_account *account;
	const struct ft_fleet_section *section;
	const struct ft_fleet_ops *ops;
	unsigned char key[FT_BOX_KEY];
	size_t server;		/* the current member; if it does not answer, the next is asked */
	struct ft_secret token;	/* the store's, for the user of [fleet]; unset: none yet */
	struct ft_fleet_clock clock;	/* of the last answer */
};

/* Reads the fleet's key from its file; sends nothing. */
int ft_fleet_open(const struct freshtoken *ft, const struct ft_account *account,
		  struct ft_fleet *ret, struct ft_error *err);
/* Also for a zeroed struct. */
void ft_fleet_close(struct ft_fleet *fleet);

/* The key of the account's value in the store: prefix and name. To be freed; NULL: no memory. */
char *ft_fleet_key(const struct ft_fleet *fleet);

#endif

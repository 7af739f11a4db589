/* SPDX-License-Identifier: MIT */
/*
 * fleet.h - the store that the hosts of a fleet share: a table of functions, one per kind of store
 *
 * A store keeps one value a key, and can do two things: tell the newest value, and write a value in
 * the place of the one that is expected. etcd is built in; docs/fleet.md has the requests that
 * Vault and Kubernetes would take. Every one of them is asked by freshtoken-transport, as a token
 * service is.
 *
 * What a store promises
 *  - read is linearizable: it sees every write that ended before it began.
 *  - Each value has a revision, up to FT_FLEET_REVISION - 1 bytes of the store's making, that no
 *    other value of that key ever has. "0" is the revision of a key that has no value.
 *  - claim and commit write where the revision is still the expected one, all or nothing, and
 *    durable on a quorum. Whoever commits reads again where it is another one, and goes by the
 *    value's generation (value.h): a claim that came between must not be lost, but stops nobody.
 *
 * What nobody can promise is that an answer arrives. FT_TEMPORARY of a write leaves open whether it
 * was done; so does FT_BUSY, where another member was asked before. Reading again tells.
 *
 * What comes from the store is hostile: its length is limited here, and what it says is believed
 * only once it is opened with the fleet's key (value.h).
 *
 * Errors of all: FT_TEMPORARY (no member can be asked now, or none has a quorum), FT_CONFIG (the
 * store does not let us in; a file that [fleet] names), FT_UNTRUSTED (the key's file; the store has
 * no value that may be so long), FT_SYSTEM, FT_NO_MEMORY. Each names the store. The texts have no
 * secret. err is not NULL. A struct ft_fleet is for one thread at a time.
 */
#ifndef FT_FLEET_H
#define FT_FLEET_H

#include "lib/base/box.h"
#include "lib/base/moment.h"
#include "lib/core/context.h"

#define FT_FLEET_REVISION 24
/* Of a value in bytes; in base64 it is as long as a field of the transport's may be. */
#define FT_FLEET_VALUE_MAX (48 * 1024 - 64)

/* The store's time. Hosts compare times of each other by it, so that no clock of theirs matters. */
struct ft_fleet_clock {
	struct ft_moment here;	/* when it was read, on this host */
	int64_t least, most;	/* ms since the epoch: what it was then, within a second or two */
};

struct ft_fleet;

struct ft_fleet_ops {
	const char *name;
	/* Adds the value to ret. FT_NOT_FOUND: there is none, and the revision is "0". */
	int (*read)(struct ft_fleet *fleet, const char *key, struct ft_buf *ret,
		    char ret_revision[FT_FLEET_REVISION], struct ft_error *err);
	/* FT_BUSY: the revision is another one. */
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
	size_t server;		/* that is asked first; where one does not answer, the next */
	struct ft_secret token;	/* of the store's, for the user of [fleet]; unset: none yet */
	struct ft_fleet_clock clock;	/* of the last answer */
};

/* Reads the key, and asks nobody. */
int ft_fleet_open(const struct freshtoken *ft, const struct ft_account *account,
		  struct ft_fleet *ret, struct ft_error *err);
/* Takes what is zero, too. */
void ft_fleet_close(struct ft_fleet *fleet);

/* The key of the account's value: prefix and name. To be freed; NULL: no memory. */
char *ft_fleet_key(const struct ft_fleet *fleet);

/* "the fleet's store https://…, https://…" before an error's text. */
void ft_fleet_prefix(const struct ft_fleet_section *section, struct ft_error *err);

#endif

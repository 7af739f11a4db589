/* SPDX-License-Identifier: MIT */
/*
 * keyring.h - the key in the kernel's keyring of the user: until it has been there for its time,
 * until the machine is started anew, or until somebody revokes it
 *
 * By system calls alone; nobody is asked for anything. The keyring is the user's (keyrings(7),
 * user-keyring(7)), whatever session this is. What is there is named after the state folder, so
 * that two of them have two keys. To the kernel it is a key of the type "user", which its owner
 * may read.
 */
#ifndef FT_KEYRING_H
#define FT_KEYRING_H

#include <stdint.h>
#include "lib/base/box.h"
#include "lib/config/seal-line.h"

/* NOT_FOUND, UNAVAILABLE (the system has no keyrings, or not for us): err has why; its code means
 * nothing. */
enum ft_seal_outcome ft_keyring_get(const char *state, unsigned char ret[FT_BOX_KEY],
				    struct ft_error *err);
/* In the place of one that is there; keep: seconds that it stays, 0: for ever. */
enum ft_seal_outcome ft_keyring_put(const char *state, const unsigned char key[FT_BOX_KEY],
				    int64_t keep, struct ft_error *err);

#endif

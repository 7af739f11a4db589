/* SPDX-License-Identifier: MIT */
/*
 * keyring.h - the seal key in the kernel's user keyring, until its time is over, the machine is
 * restarted, or it is revoked
 *
 * Uses system calls alone, and never prompts. The keyring is the user's in every session
 * (keyrings(7), user-keyring(7)). The key's name contains the state folder, so each folder has its
 * own key. For the kernel it is a key of type "user", which its owner may read.
 */
#ifndef FT_KEYRING_H
#define FT_KEYRING_H

#include <stdint.h>
#include "lib/base/box.h"
#include "lib/config/seal-line.h"

/* NOT_FOUND, UNAVAILABLE (the system has no keyrings, or does not allow them): err has the reason;
 * its code means nothing. */
enum ft_seal_outcome ft_keyring_get(const char *state, unsigned char ret[FT_BOX_KEY],
				    struct ft_error *err);
/* Replaces an existing key. keep: seconds that it stays; 0: without limit. */
enum ft_seal_outcome ft_keyring_put(const char *state, const unsigned char key[FT_BOX_KEY],
				    int64_t keep, struct ft_error *err);

#endif

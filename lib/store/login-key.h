/* SPDX-License-Identifier: MIT */
/*
 * login-key.h - keeps the key of the source `keyring` between logins
 *
 * The key is in the file FT_LOGIN_KEY of the state folder, locked with the login password (box.h).
 * At a login with the password, pam/ puts it into the user's kernel keyring, in a process that has
 * become the user. The user controls the file, so it may contain anything. If root keeps the key,
 * encrypted by the machine, the file only says so.
 *
 * Errors besides FT_SYSTEM and FT_NO_MEMORY: FT_NOT_FOUND (no such file), FT_LOGIN_NEEDED (the
 * password is wrong), FT_UNTRUSTED, FT_CONFIG (not in freshtoken's format), FT_TEMPORARY (the
 * kernel's keyring).
 */
#ifndef FT_LOGIN_KEY_H
#define FT_LOGIN_KEY_H

#include <stdbool.h>
#include <stdint.h>
#include "lib/base/box.h"

#define FT_LOGIN_KEY "~seal.key"

bool ft_login_key_is_there(const char *state);

/* Puts the key into the keyring for `keep` seconds. If the keyring has another key, that one is in
 * use and stays: FT_LOGIN_NEEDED. */
int ft_login_key_open(const char *state, const char *password, int64_t keep,
		      struct ft_error *err);
/* Locks the keyring's key with this password, in the file. Without a key in the keyring, unlocks
 * the file's; without both, makes a key if `make`, else FT_NOT_FOUND. */
int ft_login_key_keep(const char *state, const char *password, bool make, int64_t keep,
		      struct ft_error *err);
/* Locks the file's key with another password. */
int ft_login_key_change(const char *state, const char *old, const char *password,
			struct ft_error *err);

/* For a key that root keeps: gets the keyring's key, and restarts its time. */
int ft_login_key_look(const char *state, int64_t keep, unsigned char ret[FT_BOX_KEY],
		      struct ft_error *err);
/* For a key that root keeps: puts it into the keyring. FT_LOGIN_NEEDED as above. */
int ft_login_key_put(const char *state, const unsigned char key[FT_BOX_KEY], int64_t keep,
		     struct ft_error *err);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * login-key.h - the key of the source `keyring` from one login to the next
 *
 * It is in FT_LOGIN_KEY of the state folder, closed with the login password (box.h). A login that
 * knows the password puts it into the kernel's keyring of the user; pam/ does so, as the user. The
 * file is the user's, and anything may be in it. Where root keeps the key, closed by the machine,
 * it says that alone.
 *
 * Errors besides FT_SYSTEM and FT_NO_MEMORY: FT_NOT_FOUND (there is no such file), FT_LOGIN_NEEDED
 * (another password opens it), FT_UNTRUSTED, FT_CONFIG (no such file that we could have written),
 * FT_TEMPORARY (the kernel's keyring).
 */
#ifndef FT_LOGIN_KEY_H
#define FT_LOGIN_KEY_H

#include <stdbool.h>
#include <stdint.h>
#include "lib/base/box.h"

#define FT_LOGIN_KEY "~seal.key"

bool ft_login_key_is_there(const char *state);

/* Puts it into the keyring for `keep` seconds. Where that has another key, which is in use, that
 * stays: FT_LOGIN_NEEDED. */
int ft_login_key_open(const char *state, const char *password, int64_t keep,
		      struct ft_error *err);
/* Closes the key that the keyring has with this password. Where there is none anywhere, makes one
 * with `make`, or is FT_NOT_FOUND. */
int ft_login_key_keep(const char *state, const char *password, bool make, int64_t keep,
		      struct ft_error *err);
/* The password is another one from here on. */
int ft_login_key_change(const char *state, const char *old, const char *password,
			struct ft_error *err);

/* Of a key that root keeps: what the keyring has, whose time begins anew … */
int ft_login_key_look(const char *state, int64_t keep, unsigned char ret[FT_BOX_KEY],
		      struct ft_error *err);
/* … and this one, into it. FT_LOGIN_NEEDED as above. */
int ft_login_key_put(const char *state, const unsigned char key[FT_BOX_KEY], int64_t keep,
		     struct ft_error *err);

#endif

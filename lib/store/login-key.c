/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "lib/store/login-key.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/box.h"
#include "lib/base/moment.h"
#include "lib/base/secret.h"
#include "lib/config/places.h"
#include "lib/file/lock.h"
#include "lib/file/privatefile.h"
#include "lib/store/keyring.h"
#include "lib/store/seal.h"

#define LOCK_WAIT_MS 3000

bool ft_login_key_is_there(const char *state)
{
	char *path = ft_places_join(state, FT_LOGIN_KEY);
	const bool there = path != NULL && access(path, F_OK) == 0;

	free(path);
	return there;
}

static int take(const struct ft_folder *folder, const char *password,
		unsigned char ret[FT_BOX_KEY], struct ft_error *err)
{
	struct ft_buf wrapped = FT_BUF_INIT(FT_BOX_WRAPPED + 1);
	int r = ft_private_read(folder, FT_LOGIN_KEY, &wrapped, err);

	if (r == 0) {
		r = ft_box_unwrap(&wrapped, password, ret, err);
		if (r != 0)
			ft_error_prefix(err, "%s/" FT_LOGIN_KEY, folder->path);
	}
	ft_buf_release(&wrapped);
	return r;
}

static int put(const struct ft_folder *folder, const char *password,
	       const unsigned char key[FT_BOX_KEY], struct ft_error *err)
{
	struct ft_replacement replacement = FT_REPLACEMENT_INIT;
	unsigned char wrapped[FT_BOX_WRAPPED];
	int r = ft_box_wrap(key, password, wrapped, err);

	if (r == 0)
		r = ft_replacement_prepare(folder, FT_LOGIN_KEY, "next", sizeof wrapped,
					   &replacement, err);
	return r != 0 ? r : ft_replacement_commit(&replacement, wrapped, sizeof wrapped, err);
}

/* Opens the folder, and takes the lock: only one process at a time makes or locks a key. */
static int enter(const char *state, bool create, struct ft_folder *folder, int *ret_lock,
		 struct ft_error *err)
{
	int r = ft_folder_open(state, create, folder, err);

	return r != 0 ? r : ft_lock_await(folder, FT_SEAL_LOCK, ft_monotonic_ms() + LOCK_WAIT_MS,
					  ret_lock, err);
}

static void leave(struct ft_folder *folder, int lock, unsigned char key[FT_BOX_KEY])
{
	ft_wipe(key, FT_BOX_KEY);
	if (lock >= 0)
		(void)close(lock);
	ft_folder_close(folder);
}

static int give(const char *state, const unsigned char key[FT_BOX_KEY], int64_t keep,
		struct ft_error *err)
{
	struct ft_error why = FT_ERROR_INIT;

	return ft_keyring_put(state, key, keep, &why) == FT_SEAL_FOUND ?
		       0 : ft_error_copy(err, FT_TEMPORARY, &why);
}

int ft_login_key_open(const char *state, const char *password, int64_t keep,
		      struct ft_error *err)
{
	unsigned char key[FT_BOX_KEY], there[FT_BOX_KEY];
	struct ft_folder folder = FT_FOLDER_INIT;
	int r = ft_folder_open(state, false, &folder, err);

	if (r == 0)
		r = take(&folder, password, key, err);
	if (r == 0 && ft_keyring_get(state, there, NULL) == FT_SEAL_FOUND &&
	    memcmp(key, there, sizeof key) != 0)
		r = ft_error_set(err, FT_LOGIN_NEEDED, "the kernel's keyring has another key than "
				 "%s/" FT_LOGIN_KEY, state);
	/* Also if the keyring has this key already: this restarts its time. */
	if (r == 0)
		r = give(state, key, keep, err);
	ft_wipe(there, sizeof there);
	leave(&folder, -1, key);
	return r;
}

int ft_login_key_keep(const char *state, const char *password, bool make, int64_t keep,
		      struct ft_error *err)
{
	struct ft_folder folder = FT_FOLDER_INIT;
	struct ft_error why = FT_ERROR_INIT;
	unsigned char key[FT_BOX_KEY];
	int lock = -1, r = enter(state, make, &folder, &lock, err);
	const enum ft_seal_outcome outcome =
		r == 0 ? ft_keyring_get(state, key, &why) : FT_SEAL_UNAVAILABLE;

	if (r == 0 && outcome == FT_SEAL_FOUND) {
		r = put(&folder, password, key, err);
	} else if (r == 0 && outcome != FT_SEAL_NOT_FOUND) {
		r = ft_error_copy(err, FT_TEMPORARY, &why);
	} else if (r == 0 && ft_login_key_is_there(state)) {
		/* No new key: records may be sealed with the file's key already. */
		r = take(&folder, password, key, err);
		if (r == 0)
			r = give(state, key, keep, err);
	} else if (r == 0 && !make) {
		r = ft_error_copy(err, FT_NOT_FOUND, &why);
	} else if (r == 0) {
		r = ft_box_make_key(key, err);
		if (r == 0)
			r = put(&folder, password, key, err);
		if (r == 0)
			r = give(state, key, keep, err);
	}
	leave(&folder, lock, key);
	return r;
}

int ft_login_key_change(const char *state, const char *old, const char *password,
			struct ft_error *err)
{
	struct ft_folder folder = FT_FOLDER_INIT;
	unsigned char key[FT_BOX_KEY];
	int lock = -1, r = enter(state, false, &folder, &lock, err);

	if (r == 0)
		r = take(&folder, old, key, err);
	if (r == 0)
		r = put(&folder, password, key, err);
	leave(&folder, lock, key);
	return r;
}

int ft_login_key_look(const char *state, int64_t keep, unsigned char ret[FT_BOX_KEY],
		      struct ft_error *err)
{
	struct ft_error why = FT_ERROR_INIT;
	const enum ft_seal_outcome outcome = ft_keyring_get(state, ret, &why);

	if (outcome == FT_SEAL_FOUND)
		return give(state, ret, keep, err);
	return ft_error_copy(err, outcome == FT_SEAL_NOT_FOUND ? FT_NOT_FOUND : FT_TEMPORARY, &why);
}

/* Writes a file that only says that a login brings the key. */
static int mark(const struct ft_folder *folder, struct ft_error *err)
{
	static const char text[] = "root has the key; a login brings it (pam_freshtoken(8))\n";
	struct ft_replacement replacement = FT_REPLACEMENT_INIT;

	if (ft_login_key_is_there(folder->path))
		return 0;
	int r = ft_replacement_prepare(folder, FT_LOGIN_KEY, "next", sizeof text - 1, &replacement,
				       err);

	return r != 0 ? r : ft_replacement_commit(&replacement, text, sizeof text - 1, err);
}

int ft_login_key_put(const char *state, const unsigned char key[FT_BOX_KEY], int64_t keep,
		     struct ft_error *err)
{
	struct ft_folder folder = FT_FOLDER_INIT;
	unsigned char there[FT_BOX_KEY];
	int lock = -1, r = enter(state, true, &folder, &lock, err);

	if (r == 0 && ft_keyring_get(state, there, NULL) == FT_SEAL_FOUND &&
	    memcmp(key, there, sizeof there) != 0)
		r = ft_error_set(err, FT_LOGIN_NEEDED, "the kernel's keyring has another key than "
				 "the one that root keeps");
	if (r == 0)
		r = mark(&folder, err);
	if (r == 0)
		r = give(state, key, keep, err);
	leave(&folder, lock, there);
	return r;
}

/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "lib/store/keyring.h"

#include <errno.h>
#include <linux/keyctl.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/base/secret.h"

#define TYPE "user"
/* All rights for the owner, none for a possessor: after su, the new user still has the caller's
 * session keyring, which links to the caller's keys. */
#define OWNERS 0x003f0000L
#define NAME_MAX_ 4096
/* Saves filling the buffer with zeros at each get, which a compiler option does. */
#define AS_IT_IS __attribute__((uninitialized))

static long control(int what, long a, long b, long c, long d)
{
	return syscall(SYS_keyctl, (long)what, a, b, c, d);
}

/* False: the path is too long for a key's name. */
static bool name_of(const char *state, char ret[NAME_MAX_])
{
	static const char before[] = "freshtoken:";
	const size_t len = strlen(state);

	if (len + sizeof before > NAME_MAX_)
		return false;
	memcpy(ret, before, sizeof before - 1);
	memcpy(ret + sizeof before - 1, state, len + 1);
	return true;
}

static enum ft_seal_outcome trouble(struct ft_error *err, int cause)
{
	switch (cause) {
	case ENOKEY:
		(void)ft_error_set(err, FT_NOT_FOUND, "there is none");
		return FT_SEAL_NOT_FOUND;
	case EKEYEXPIRED:
		(void)ft_error_set(err, FT_NOT_FOUND, "its time (seal_keep) is over");
		return FT_SEAL_NOT_FOUND;
	case EKEYREVOKED:
	case EKEYREJECTED:
		(void)ft_error_set(err, FT_NOT_FOUND, "it was revoked");
		return FT_SEAL_NOT_FOUND;
	case EDQUOT:
		(void)ft_error_set(err, FT_TEMPORARY, "the user's quota of the kernel's keyring is "
				   "used up" FT_REMEDY "see /proc/key-users");
		return FT_SEAL_UNAVAILABLE;
	default:
		(void)ft_error_errno(err, FT_TEMPORARY, cause, "the kernel's keyring");
		(void)ft_error_remedy(err, FT_TEMPORARY, "take keyring out of the seal line where "
				      "the system, or its container, does not allow keyctl(2)");
		return FT_SEAL_UNAVAILABLE;
	}
}

static long find(const char *state)
{
	char name[NAME_MAX_] AS_IT_IS;

	if (!name_of(state, name)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	return control(KEYCTL_SEARCH, KEY_SPEC_USER_KEYRING, (long)TYPE, (long)name, 0);
}

enum ft_seal_outcome ft_keyring_get(const char *state, unsigned char ret[FT_BOX_KEY],
				    struct ft_error *err)
{
	unsigned char key[FT_BOX_KEY + 1];
	const long id = find(state);
	const long n = id < 0 ? -1 : control(KEYCTL_READ, id, (long)key, sizeof key, 0);

	if (n < 0)
		return trouble(err, errno);
	if (n == FT_BOX_KEY)
		memcpy(ret, key, FT_BOX_KEY);
	ft_wipe(key, sizeof key);
	if (n == FT_BOX_KEY)
		return FT_SEAL_FOUND;
	(void)ft_error_set(err, FT_NOT_FOUND, "what has its name there is no key of 32 bytes");
	return FT_SEAL_NOT_FOUND;
}

enum ft_seal_outcome ft_keyring_put(const char *state, const unsigned char key[FT_BOX_KEY],
				    int64_t keep, struct ft_error *err)
{
	char name[NAME_MAX_];
	long id = -1;

	/* Makes the key in the process keyring, because only a possessor may set its rights; then
	 * links the finished key into the user keyring, where it replaces an existing one. */
	if (!name_of(state, name))
		errno = ENAMETOOLONG;
	else
		id = syscall(SYS_add_key, TYPE, name, key, (size_t)FT_BOX_KEY,
			     KEY_SPEC_PROCESS_KEYRING);
	const bool there = id >= 0 && control(KEYCTL_SETPERM, id, OWNERS, 0, 0) == 0 &&
		(keep == 0 || control(KEYCTL_SET_TIMEOUT, id, (long)keep, 0, 0) == 0) &&
		control(KEYCTL_LINK, id, KEY_SPEC_USER_KEYRING, 0, 0) == 0;
	const int cause = errno;

	if (id >= 0)
		(void)control(KEYCTL_UNLINK, id, KEY_SPEC_PROCESS_KEYRING, 0, 0);
	if (there)
		return FT_SEAL_FOUND;
	(void)trouble(err, cause);
	/* Without a user keyring, or with a revoked one. */
	if (cause == ENOKEY || cause == EKEYREVOKED)
		(void)ft_error_set(err, FT_TEMPORARY, "the user's keyring was revoked" FT_REMEDY
				   "end all processes of this user: the kernel then makes another");
	return FT_SEAL_UNAVAILABLE;
}

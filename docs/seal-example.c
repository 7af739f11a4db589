/* SPDX-License-Identifier: MIT */
/*
 * seal-example.c - a source of the key for freshtoken that keeps it in a file elsewhere, as on a
 * stick that is taken along: FRESHTOKEN_KEY_FILE says where
 *
 *	cc -shared -fPIC -o seal-example.so seal-example.c
 *	install seal-example.so "$libdir/freshtoken/"
 *
 * and then, in freshtoken.conf: "seal = keyring example" below [store].
 */
#include <freshtoken-seal.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static enum freshtoken_seal_outcome where(void **state, struct freshtoken_seal_why *why)
{
	*state = getenv("FRESHTOKEN_KEY_FILE");
	if (*state != NULL)
		return FRESHTOKEN_SEAL_FOUND;
	snprintf(why->cause, sizeof why->cause, "FRESHTOKEN_KEY_FILE is not set");
	snprintf(why->remedy, sizeof why->remedy, "set it to the file that has the key");
	return FRESHTOKEN_SEAL_UNAVAILABLE;
}

static enum freshtoken_seal_outcome get(void *state, unsigned char key[FRESHTOKEN_SEAL_KEY],
					struct freshtoken_seal_why *why)
{
	int fd = open(state, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	ssize_t n = fd >= 0 ? read(fd, key, FRESHTOKEN_SEAL_KEY) : -1;
	const int cause = errno;

	if (fd >= 0)
		close(fd);
	if (n == FRESHTOKEN_SEAL_KEY)
		return FRESHTOKEN_SEAL_FOUND;
	if (n < 0 && cause == ENOENT) {
		snprintf(why->cause, sizeof why->cause, "there is no such file");
		return FRESHTOKEN_SEAL_NOT_FOUND;
	}
	snprintf(why->cause, sizeof why->cause, "the file cannot be read: %s",
		 n < 0 ? strerror(cause) : "it has no whole key");
	return FRESHTOKEN_SEAL_UNAVAILABLE;
}

static enum freshtoken_seal_outcome create(void *state, unsigned char key[FRESHTOKEN_SEAL_KEY],
					   struct freshtoken_seal_why *why)
{
	int fd = open(state, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd < 0 && errno == EEXIST)
		return get(state, key, why);
	ssize_t n = fd >= 0 ? write(fd, key, FRESHTOKEN_SEAL_KEY) : -1;

	if (n == FRESHTOKEN_SEAL_KEY && fsync(fd) == 0 && close(fd) == 0)
		return FRESHTOKEN_SEAL_FOUND;
	snprintf(why->cause, sizeof why->cause, "the file cannot be written: %s",
		 n < 0 || n == FRESHTOKEN_SEAL_KEY ? strerror(errno) : "there is no space for it");
	if (fd >= 0)
		unlink(state);	/* half a key would be refused from now on */
	return FRESHTOKEN_SEAL_UNAVAILABLE;
}

static enum freshtoken_seal_outcome forget(void *state, struct freshtoken_seal_why *why)
{
	if (unlink(state) == 0)
		return FRESHTOKEN_SEAL_FOUND;
	snprintf(why->cause, sizeof why->cause, "%s", strerror(errno));
	return errno == ENOENT ? FRESHTOKEN_SEAL_NOT_FOUND : FRESHTOKEN_SEAL_UNAVAILABLE;
}

const struct freshtoken_seal_module freshtoken_seal_1 = {
	FRESHTOKEN_SEAL_VERSION, where, get, create, forget,
};

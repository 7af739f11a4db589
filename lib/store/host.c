/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "lib/store/host.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/encode.h"
#include "lib/base/secret.h"
#include "lib/file/lock.h"
#include "lib/store/slots.h"

#define KEY_MAX 64
#define SEALED_MAX (FT_HOST_ANSWER_MAX + 128)

struct ft_host {
	struct ft_slots slots;
	struct ft_seals *seals;		/* NULL: nothing is sealed */
};

int ft_host_open(const char *state_folder, struct ft_host **ret, struct ft_error *err)
{
	struct ft_host *host = calloc(1, sizeof *host);
	int r = host != NULL ? ft_slots_init(state_folder, &host->slots, err) :
			       ft_error_memory(err);

	if (r != 0)
		free(host);
	else
		*ret = host;
	return r;
}

void ft_host_seal(struct ft_host *host, struct ft_seals *seals)
{
	host->seals = seals;
}

void ft_host_close(struct ft_host *host)
{
	if (host == NULL)
		return;
	ft_slots_release(&host->slots);
	free(host);
}

int ft_host_answer_create(struct ft_host *host, const char *slot, int *ret_fd,
			 struct ft_error *err)
{
	char name[FT_SLOTS_NAME_SIZE];
	int r = ft_slots_enter(&host->slots, true, err);

	(void)ft_slots_name(name, slot, "answer");
	return r != 0 ? r :
	       ft_private_reserve(&host->slots.folder, name, FT_HOST_ANSWER_MAX, ret_fd, err);
}

int ft_host_answer_read(struct ft_host *host, const char *slot, struct ft_buf *ret,
		       struct ft_error *err)
{
	int r = ft_slots_read(&host->slots, slot, "answer", ret, err);

	return r != 0 ? r : ft_host_answer_open(host, slot, ret, err);
}

int ft_host_answer_open(struct ft_host *host, const char *slot, struct ft_buf *answer,
			struct ft_error *err)
{
	return ft_seals_open(host->seals, slot, "answer", answer, err);
}

/* Reads a file, and opens it if it is sealed. */
static int read_sealed(struct ft_host *host, const char *account, const char *ending,
		       struct ft_buf *ret, struct ft_error *err)
{
	int r = ft_slots_read(&host->slots, account, ending, ret, err);

	if (r == 0)
		r = ft_seals_open(host->seals, account, ending, ret, err);
	if (r != 0 && r != FT_NOT_FOUND)
		ft_error_prefix(err, "%s/%s.%s", host->slots.path, account, ending);
	return r;
}

int ft_host_answer_remove(struct ft_host *host, const char *slot, struct ft_error *err)
{
	return ft_slots_remove(&host->slots, slot, "answer", err);
}

static int unread_path(const struct ft_host *host, const char *name, char **ret,
		       struct ft_error *err)
{
	return asprintf(ret, "%s/%s", host->slots.path, name) < 0 ? ft_error_memory(err) : 0;
}

int ft_host_unread_add(struct ft_host *host, const char *account, const struct ft_buf *text,
		      char **ret_path, struct ft_error *err)
{
	struct ft_replacement replacement = FT_REPLACEMENT_INIT;
	struct ft_buf all = FT_BUF_INIT(FT_HOST_UNREAD_MAX), sealed = FT_BUF_INIT(SEALED_MAX);
	const struct ft_buf *what = NULL;
	char name[FT_SLOTS_NAME_SIZE];
	int r = ft_slots_enter(&host->slots, true, err);

	/* An existing file that cannot be read, or is too long, is replaced. */
	(void)ft_slots_name(name, account, "unread");
	if (r == 0 && read_sealed(host, account, "unread", &all, NULL) != 0)
		ft_buf_clear(&all);
	/* If there is no room, the earlier answers stay: they are more likely to hold tokens. */
	bool room = all.failed == 0 && text->len <= FT_HOST_UNREAD_MAX - all.len;

	if (r == 0 && room) {
		ft_buf_add(&all, text->data, text->len);
		r = ft_buf_check(&all, name, err);
		if (r == 0)
			r = ft_seals_close(host->seals, account, "unread", &all, &sealed, &what,
					   err);
		if (r == 0)
			r = ft_replacement_prepare(&host->slots.folder, name, "next", what->len,
						   &replacement, err);
		if (r == 0)
			r = ft_replacement_commit(&replacement, what->data, what->len, err);
	}
	ft_buf_release(&sealed);
	ft_buf_release(&all);
	return r != 0 ? r : unread_path(host, name, ret_path, err);
}

int ft_host_unread_find(struct ft_host *host, const char *account, char **ret_path,
		       struct ft_error *err)
{
	char name[FT_SLOTS_NAME_SIZE];
	struct stat st;
	int r = ft_slots_enter(&host->slots, false, err);

	if (r != 0)
		return r;
	if (fstatat(host->slots.folder.fd, ft_slots_name(name, account, "unread"), &st,
		    AT_SYMLINK_NOFOLLOW) != 0)
		return ft_error_errno(err, errno == ENOENT ? FT_NOT_FOUND : FT_SYSTEM, errno,
				      "%s/%s", host->slots.path, name);
	return unread_path(host, name, ret_path, err);
}

int ft_host_unread_remove(struct ft_host *host, const char *account, struct ft_error *err)
{
	int r = ft_slots_remove(&host->slots, account, "unread", err);

	return r != 0 ? r : ft_slots_remove(&host->slots, account, "unread~next", err);
}

static int read_key(struct ft_host *host, const char *account, struct ft_secret *ret,
		    struct ft_error *err)
{
	struct ft_buf text = FT_BUF_INIT(KEY_MAX + FT_BOX_TEXT_MORE);
	int r = read_sealed(host, account, "dpop", &text, err);

	if (r == 0 && text.len == 0)
		r = ft_error_set(err, FT_UNTRUSTED, "%s/%s.dpop is empty" FT_REMEDY
				 "remove it, and sign in again", host->slots.path, account);
	if (r == 0 && ft_secret_set(ret, text.data, text.len) != 0)
		r = ft_error_memory(err);
	ft_buf_release(&text);
	return r;
}

/* Random 32 bytes are a valid key of P-256, except for one in 2^32, which the transport refuses. */
static int make_key(struct ft_host *host, const char *account, struct ft_error *err)
{
	const struct ft_folder *folder = &host->slots.folder;
	char name[FT_SLOTS_NAME_SIZE], temporary[FT_SLOTS_NAME_SIZE + 32];
	struct ft_buf text = FT_BUF_INIT(KEY_MAX), room = FT_BUF_INIT(SEALED_MAX);
	const struct ft_buf *what = &text;
	unsigned char bytes[32];
	int fd = -1, r = 0;

	(void)ft_slots_name(name, account, "dpop");
	(void)snprintf(temporary, sizeof temporary, "%s~%ld", name, (long)getpid());
	if (getrandom(bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes)
		r = ft_error_errno(err, FT_SYSTEM, errno, "random bytes");
	if (r == 0) {
		ft_base64_add(&text, FT_BASE64URL, bytes, sizeof bytes);
		r = ft_buf_check(&text, "the key", err);
	}
	if (r == 0)
		r = ft_seals_close(host->seals, account, "dpop", &text, &room, &what, err);
	if (r == 0)
		r = ft_private_reserve(folder, temporary, what->len, &fd, err);
	if (r == 0 && (write(fd, what->data, what->len) != (ssize_t)what->len || fsync(fd) != 0))
		r = ft_error_errno(err, FT_SYSTEM, errno, "%s", temporary);
	/* A key that another process has made meanwhile stays: tokens may be bound to it
	 * already. */
	if (r == 0 && linkat(folder->fd, temporary, folder->fd, name, 0) != 0 && errno != EEXIST)
		r = ft_error_errno(err, FT_SYSTEM, errno, "%s", name);
	if (fd >= 0) {
		(void)close(fd);
		(void)unlinkat(folder->fd, temporary, 0);
		(void)fsync(folder->fd);
	}
	ft_wipe(bytes, sizeof bytes);
	ft_buf_release(&room);
	ft_buf_release(&text);
	return r;
}

int ft_host_key(struct ft_host *host, const char *account, struct ft_secret *ret,
		struct ft_error *err)
{
	int r = ft_slots_enter(&host->slots, true, err);

	if (r == 0)
		r = read_key(host, account, ret, err);
	/* The key cannot be opened any more, so tokens that are bound to it are lost. */
	if (r == FT_LOGIN_NEEDED) {
		char name[FT_SLOTS_NAME_SIZE], *aside = NULL;

		(void)ft_slots_name(name, account, "dpop");
		r = ft_private_set_aside(&host->slots.folder, name, "lost", &aside, err);
		free(aside);
		r = r == 0 ? FT_NOT_FOUND : r;
	}
	if (r != FT_NOT_FOUND)
		return r;
	r = make_key(host, account, err);
	return r != 0 ? r : read_key(host, account, ret, err);
}

int ft_host_key_remove(struct ft_host *host, const char *account, struct ft_error *err)
{
	return ft_slots_remove(&host->slots, account, "dpop", err);
}

static int replace(struct ft_host *host, const char *account, const char *ending,
		   const struct ft_buf *text, struct ft_error *err)
{
	struct ft_replacement replacement = FT_REPLACEMENT_INIT;
	char name[FT_SLOTS_NAME_SIZE];
	int r = ft_slots_enter(&host->slots, true, err);

	(void)ft_slots_name(name, account, ending);
	if (r == 0)
		r = ft_replacement_prepare(&host->slots.folder, name, "next", text->len,
					   &replacement, err);
	return r != 0 ? r : ft_replacement_commit(&replacement, text->data, text->len, err);
}

bool ft_host_tell(struct ft_host *host, const char *account, int64_t now)
{
	static const int64_t day = 86400;
	struct ft_buf text = FT_BUF_INIT(8);
	char name[FT_SLOTS_NAME_SIZE];
	struct stat st;
	bool tell = ft_slots_enter(&host->slots, false, NULL) == 0;

	if (tell && fstatat(host->slots.folder.fd, ft_slots_name(name, account, "told"), &st,
			    AT_SYMLINK_NOFOLLOW) == 0) {
		const int64_t age = now / 1000 - (int64_t)st.st_mtim.tv_sec;

		/* A time far in the future is from a wrong clock. */
		tell = age >= day || age < -day;
	}
	ft_buf_adds(&text, "1\n");
	tell = tell && replace(host, account, "told", &text, NULL) == 0;
	ft_buf_release(&text);
	return tell;
}

int ft_host_told_remove(struct ft_host *host, const char *account, struct ft_error *err)
{
	return ft_slots_remove(&host->slots, account, "told", err);
}

int ft_host_client_read(struct ft_host *host, const char *account, struct ft_buf *ret,
			struct ft_error *err)
{
	return read_sealed(host, account, "client", ret, err);
}

int ft_host_client_write(struct ft_host *host, const char *account, const struct ft_buf *text,
			 struct ft_error *err)
{
	struct ft_buf room = FT_BUF_INIT(SEALED_MAX);
	const struct ft_buf *what = NULL;
	int r = ft_seals_close(host->seals, account, "client", text, &room, &what, err);

	if (r == 0)
		r = replace(host, account, "client", what, err);
	ft_buf_release(&room);
	return r;
}

int ft_host_rewrite(struct ft_host *host, const char *account, size_t *ret_n,
		    struct ft_error *err)
{
	static const char *const endings[] = { "client", "dpop", "unread", "answer" };
	int r = 0;

	for (size_t i = 0; r == 0 && i < sizeof endings / sizeof *endings; i++) {
		struct ft_buf text = FT_BUF_INIT(SEALED_MAX), room = FT_BUF_INIT(SEALED_MAX);
		const struct ft_buf *what = NULL;
		const size_t opened = ft_seals_opened(host->seals);

		r = read_sealed(host, account, endings[i], &text, err);
		const bool there = r == 0, sealed = ft_seals_opened(host->seals) > opened;

		if (there)
			r = ft_seals_close(host->seals, account, endings[i], &text, &room, &what,
					   err);
		/* Only the transport seals answers. */
		if (there && r == 0 && sealed != (what == &room) &&
		    (sealed || strcmp(endings[i], "answer") != 0)) {
			r = replace(host, account, endings[i], what, err);
			*ret_n += r == 0;
		}
		ft_buf_release(&room);
		ft_buf_release(&text);
		r = r == FT_NOT_FOUND ? 0 : r;
	}
	return r;
}

int ft_host_client_remove(struct ft_host *host, const char *account, struct ft_error *err)
{
	int r = ft_slots_remove(&host->slots, account, "client", err);

	return r != 0 ? r : ft_slots_remove(&host->slots, account, "client~next", err);
}

int ft_host_cache_read(struct ft_host *host, const char *account, struct ft_buf *ret,
		      struct ft_error *err)
{
	return ft_slots_read(&host->slots, account, "metadata", ret, err);
}

int ft_host_cache_write(struct ft_host *host, const char *account, const struct ft_buf *text,
		       struct ft_error *err)
{
	return replace(host, account, "metadata", text, err);
}

int ft_host_lock(struct ft_host *host, const char *account, int *ret_fd, struct ft_error *err)
{
	char name[FT_SLOTS_NAME_SIZE];
	int r = ft_slots_enter(&host->slots, true, err);

	(void)ft_slots_name(name, account, "lock");
	return r != 0 ? r : ft_lock_take(&host->slots.folder, name, ret_fd, err);
}

int ft_host_lock_await(struct ft_host *host, const char *account, int64_t deadline, int *ret_fd,
		       struct ft_error *err)
{
	char name[FT_SLOTS_NAME_SIZE];
	int r = ft_slots_enter(&host->slots, true, err);

	(void)ft_slots_name(name, account, "lock");
	return r != 0 ? r : ft_lock_await(&host->slots.folder, name, deadline, ret_fd, err);
}

int ft_host_lock_adopt(struct ft_host *host, const char *account, int fd, struct ft_error *err)
{
	char name[FT_SLOTS_NAME_SIZE];
	int r = ft_slots_enter(&host->slots, false, err);

	(void)ft_slots_name(name, account, "lock");
	return r != 0 ? r : ft_lock_adopt(&host->slots.folder, name, fd, err);
}

int ft_host_lock_wait(struct ft_host *host, const char *account, int64_t deadline,
		      struct ft_error *err)
{
	char name[FT_SLOTS_NAME_SIZE];
	int r = ft_slots_enter(&host->slots, true, err);

	(void)ft_slots_name(name, account, "lock");
	return r != 0 ? r : ft_lock_wait(&host->slots.folder, name, deadline, err);
}

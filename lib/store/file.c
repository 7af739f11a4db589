/*
 * file.c - the built-in source: one private folder, a few files an account
 *
 *   NAME.json            the record            NAME.lock           the lock
 *   NAME~login.json      a sign-in being proven
 *   NAME.answer, NAME~login.answer             the transport's answer
 *   NAME.metadata        discovered endpoints
 *   NAME.unread          answers that nobody could read, and that may hold tokens
 *
 * "~" is in no account's name, and every file of an account ends in
 * what it is, so no account's files can be taken for another's.
 */
#include "config.h"
#include "lib/store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/file/lock.h"
#include "lib/file/privatefile.h"
#include "lib/store/record.h"

#define NAME_SIZE 128

struct ft_store {
	char *path;
	struct ft_folder folder;	/* opened when first needed */
};

struct ft_prepared {
	struct ft_replacement replacement;
};

static int file_open(const char *state_folder, struct ft_store **ret, struct ft_error *err)
{
	struct ft_store *store = calloc(1, sizeof *store);

	if (store == NULL || (store->path = strdup(state_folder)) == NULL) {
		free(store);
		return ft_error_memory(err);
	}
	store->folder = (struct ft_folder)FT_FOLDER_INIT;
	*ret = store;
	return 0;
}

static void file_close(struct ft_store *store)
{
	if (store == NULL)
		return;
	ft_folder_close(&store->folder);
	free(store->path);
	free(store);
}

static int enter(struct ft_store *store, bool create, struct ft_error *err)
{
	return store->folder.fd >= 0 ? 0 : ft_folder_open(store->path, create, &store->folder, err);
}

static const char *file_name(char name[NAME_SIZE], const char *slot, const char *ending)
{
	size_t slot_len = strlen(slot), ending_len = strlen(ending);

	/* Names are checked long before; a longer one must not become another's. */
	if (slot_len + ending_len + 2 > NAME_SIZE)
		return "";
	memcpy(name, slot, slot_len);
	name[slot_len] = '.';
	memcpy(name + slot_len + 1, ending, ending_len + 1);
	return name;
}

static int read_ending(struct ft_store *store, const char *slot, const char *ending,
		       struct ft_buf *ret, struct ft_error *err)
{
	char name[NAME_SIZE];
	int r = enter(store, false, err);

	return r != 0 ? r :
			ft_private_read(&store->folder, file_name(name, slot, ending), ret, err);
}

static int remove_ending(struct ft_store *store, const char *slot, const char *ending,
			 struct ft_error *err)
{
	char name[NAME_SIZE];
	int r = enter(store, false, err);

	if (r == FT_NOT_FOUND)
		return 0;
	return r != 0 ? r : ft_private_remove(&store->folder, file_name(name, slot, ending), err);
}

static int file_read(struct ft_store *store, const char *slot, struct ft_buf *ret,
		     struct ft_error *err)
{
	return read_ending(store, slot, "json", ret, err);
}

static int file_prepare(struct ft_store *store, const char *slot, const char *purpose,
			struct ft_prepared **ret, struct ft_error *err)
{
	char name[NAME_SIZE];
	int r = enter(store, true, err);

	if (r != 0)
		return r;
	struct ft_prepared *prepared = calloc(1, sizeof *prepared);

	if (prepared == NULL)
		return ft_error_memory(err);
	r = ft_replacement_prepare(&store->folder, file_name(name, slot, "json"), purpose,
				   FT_RECORD_MAX, &prepared->replacement, err);
	if (r != 0) {
		free(prepared);
		return r;
	}
	*ret = prepared;
	return 0;
}

static int file_commit(struct ft_prepared *prepared, const struct ft_buf *text,
		       struct ft_error *err)
{
	int r = ft_replacement_commit(&prepared->replacement, text->data, text->len, err);

	free(prepared);
	return r;
}

static void file_discard(struct ft_prepared *prepared)
{
	if (prepared == NULL)
		return;
	ft_replacement_release(&prepared->replacement);
	free(prepared);
}

/* The record goes first; then what a killed process had reserved for its next one. */
static int file_remove(struct ft_store *store, const char *slot, struct ft_error *err)
{
	static const char *const endings[] = { "json", "json~next", "json~journal", "json~result" };
	int r = 0;

	for (size_t i = 0; i < sizeof endings / sizeof *endings && r == 0; i++)
		r = remove_ending(store, slot, endings[i], err);
	return r;
}

static int file_set_aside(struct ft_store *store, const char *slot, char **ret_name,
			  struct ft_error *err)
{
	char name[NAME_SIZE];
	int r = enter(store, false, err);

	return r != 0 ? r : ft_private_set_aside(&store->folder, file_name(name, slot, "json"),
						 "damaged", ret_name, err);
}

static int answer_create(struct ft_store *store, const char *slot, int *ret_fd,
			 struct ft_error *err)
{
	char name[NAME_SIZE];
	int r = enter(store, true, err);

	return r != 0 ? r : ft_private_reserve(&store->folder, file_name(name, slot, "answer"),
					       FT_STORE_ANSWER_MAX, ret_fd, err);
}

static int answer_read(struct ft_store *store, const char *slot, struct ft_buf *ret,
		       struct ft_error *err)
{
	return read_ending(store, slot, "answer", ret, err);
}

static int answer_remove(struct ft_store *store, const char *slot, struct ft_error *err)
{
	return remove_ending(store, slot, "answer", err);
}

static int unread_path(const struct ft_store *store, const char *name, char **ret,
		       struct ft_error *err)
{
	return asprintf(ret, "%s/%s", store->path, name) < 0 ? ft_error_memory(err) : 0;
}

static int unread_add(struct ft_store *store, const char *account, const struct ft_buf *text,
		      char **ret_path, struct ft_error *err)
{
	struct ft_replacement replacement = FT_REPLACEMENT_INIT;
	struct ft_buf all = FT_BUF_INIT(FT_UNREAD_MAX);
	char name[NAME_SIZE];
	int r = enter(store, true, err);

	/* What is there and cannot be read, or is longer, is not ours to keep. */
	if (r == 0 &&
	    ft_private_read(&store->folder, file_name(name, account, "unread"), &all, NULL) != 0)
		ft_buf_clear(&all);
	/* The first one most likely has what later ones ask for in vain. */
	bool room = all.failed == 0 && text->len <= FT_UNREAD_MAX - all.len;

	if (r == 0 && room) {
		ft_buf_add(&all, text->data, text->len);
		r = ft_buf_check(&all, name, err);
		if (r == 0)
			r = ft_replacement_prepare(&store->folder, name, "next", all.len,
						   &replacement, err);
		if (r == 0)
			r = ft_replacement_commit(&replacement, all.data, all.len, err);
	}
	ft_buf_release(&all);
	return r != 0 ? r : unread_path(store, name, ret_path, err);
}

static int unread_find(struct ft_store *store, const char *account, char **ret_path,
		       struct ft_error *err)
{
	char name[NAME_SIZE];
	struct stat st;
	int r = enter(store, false, err);

	if (r != 0)
		return r;
	if (fstatat(store->folder.fd, file_name(name, account, "unread"), &st,
		    AT_SYMLINK_NOFOLLOW) != 0)
		return ft_error_errno(err, errno == ENOENT ? FT_NOT_FOUND : FT_SYSTEM, errno,
				      "%s/%s", store->path, name);
	return unread_path(store, name, ret_path, err);
}

static int unread_remove(struct ft_store *store, const char *account, struct ft_error *err)
{
	int r = remove_ending(store, account, "unread", err);

	return r != 0 ? r : remove_ending(store, account, "unread~next", err);
}

static int cache_read(struct ft_store *store, const char *account, struct ft_buf *ret,
		      struct ft_error *err)
{
	return read_ending(store, account, "metadata", ret, err);
}

static int cache_write(struct ft_store *store, const char *account, const struct ft_buf *text,
		       struct ft_error *err)
{
	struct ft_replacement replacement = FT_REPLACEMENT_INIT;
	char name[NAME_SIZE];
	int r = enter(store, true, err);

	if (r == 0)
		r = ft_replacement_prepare(&store->folder, file_name(name, account, "metadata"),
					   "next", text->len, &replacement, err);
	return r != 0 ? r : ft_replacement_commit(&replacement, text->data, text->len, err);
}

static int take_lock(struct ft_store *store, const char *account, int *ret_fd, struct ft_error *err)
{
	char name[NAME_SIZE];
	int r = enter(store, true, err);

	return r != 0 ? r :
			ft_lock_take(&store->folder, file_name(name, account, "lock"), ret_fd, err);
}

static int await_lock(struct ft_store *store, const char *account, int64_t deadline, int *ret_fd,
		      struct ft_error *err)
{
	char name[NAME_SIZE];
	int r = enter(store, true, err);

	return r != 0 ? r :
			ft_lock_await(&store->folder, file_name(name, account, "lock"), deadline,
				      ret_fd, err);
}

static int adopt_lock(struct ft_store *store, const char *account, int fd, struct ft_error *err)
{
	char name[NAME_SIZE];
	int r = enter(store, false, err);

	return r != 0 ? r :
			ft_lock_adopt(&store->folder, file_name(name, account, "lock"), fd, err);
}

static int wait_lock(struct ft_store *store, const char *account, int64_t deadline,
		     struct ft_error *err)
{
	char name[NAME_SIZE];
	int r = enter(store, true, err);

	return r != 0 ? r :
			ft_lock_wait(&store->folder, file_name(name, account, "lock"), deadline,
				     err);
}

const struct ft_store_ops ft_store_file = {
	.name = "file",
	.open = file_open,
	.close = file_close,
	.read = file_read,
	.prepare = file_prepare,
	.commit = file_commit,
	.discard = file_discard,
	.remove = file_remove,
	.set_aside = file_set_aside,
	.answer_create = answer_create,
	.answer_read = answer_read,
	.answer_remove = answer_remove,
	.unread_add = unread_add,
	.unread_find = unread_find,
	.unread_remove = unread_remove,
	.cache_read = cache_read,
	.cache_write = cache_write,
	.lock = take_lock,
	.lock_await = await_lock,
	.lock_adopt = adopt_lock,
	.lock_wait = wait_lock,
};

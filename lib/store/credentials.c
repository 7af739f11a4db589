/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "lib/store/credentials.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/moment.h"
#include "lib/file/lock.h"
#include "lib/file/privatefile.h"

/* Unique: "~" is encoded in the names of stored files. */
#define LOCK_NAME "~lock"
/* Writers hold the lock for some milliseconds, unless one was stopped. */
#define LOCK_WAIT_MS 10000
/* NAME_MAX without what privatefile.h appends. */
#define NAME_LIMIT 240

static int open_folder(const char *state, enum ft_credentials_kind kind, bool create,
		       struct ft_folder *ret, struct ft_error *err)
{
	const char *name = kind == FT_CREDENTIALS_GIT ? "git" : "docker";
	char *path = NULL;
	int r = 0;

	if (asprintf(&path, "%s/credentials/%s", state, name) < 0)
		return ft_error_memory(err);
	/* Makes each of the three folders private: mere parents would get an open mode. */
	for (char *end = create ? path + strlen(state) : NULL;
	     r == 0 && end != NULL && end < path + strlen(path); end = strchrnul(end + 1, '/')) {
		struct ft_folder above = FT_FOLDER_INIT;
		char slash = *end;

		*end = '\0';
		r = ft_folder_open(path, true, &above, err);
		ft_folder_close(&above);
		*end = slash;
	}
	if (r == 0)
		r = ft_folder_open(path, create, ret, err);
	free(path);
	return r;
}

/* False: the key is too long for a file name. */
static bool file_name(const char *key, char ret[NAME_LIMIT + 1])
{
	static const char plain[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";
	static const char digits[] = "0123456789ABCDEF";
	size_t n = 0;

	for (size_t i = 0; key[i] != '\0'; i++) {
		if (n + 3 > NAME_LIMIT)
			return false;
		if (strchr(plain, key[i]) != NULL && (key[i] != '.' || i > 0)) {
			ret[n++] = key[i];
		} else {
			ret[n++] = '%';
			ret[n++] = digits[(unsigned char)key[i] >> 4];
			ret[n++] = digits[key[i] & 15];
		}
	}
	ret[n] = '\0';
	return n > 0;
}

/* An opened folder, and what is needed to read what is in it. */
struct place {
	struct ft_folder folder;
	struct ft_seals *seals;
	const char *slot;
};
#define PLACE_INIT { .folder = FT_FOLDER_INIT }

static int enter(const struct ft_credentials_place *given, enum ft_credentials_kind kind,
		 bool create, struct place *ret, struct ft_error *err)
{
	ret->seals = given->seals;
	/* Unique: account names have no "~". */
	ret->slot = kind == FT_CREDENTIALS_GIT ? "~git" : "~docker";
	return open_folder(given->state, kind, create, &ret->folder, err);
}

static int read_file(const struct place *place, const char *name,
		     struct ft_credential_list *ret, struct ft_error *err)
{
	const struct ft_folder *folder = &place->folder;
	struct ft_buf text = FT_BUF_INIT(FT_CREDENTIALS_MAX + FT_BOX_TEXT_MORE);
	int r = ft_private_read(folder, name, &text, err);

	if (r == 0 && (r = ft_seals_open(place->seals, place->slot, name, &text, err)) != 0) {
		ft_error_prefix(err, "%s/%s", folder->path, name);
		if (r == FT_UNTRUSTED || r == FT_LOGIN_NEEDED)
			(void)ft_error_remedy(err, r, "remove it to start again");
	} else if (r == 0) {
		r = ft_credentials_parse(text.data, text.len, ret, err);
		if (r == FT_UNTRUSTED)
			ft_error_prefix(err, "%s/%s: remove it to start again", folder->path, name);
	}
	ft_buf_release(&text);
	return r;
}

static int write_file(const struct place *place, const char *name,
		      const struct ft_credential_list *list, struct ft_error *err)
{
	struct ft_replacement replacement = FT_REPLACEMENT_INIT;
	struct ft_buf text = FT_BUF_INIT(FT_CREDENTIALS_MAX),
		      room = FT_BUF_INIT(FT_CREDENTIALS_MAX + FT_BOX_TEXT_MORE);
	const struct ft_buf *what = NULL;
	int r;

	if (list->n == 0)
		return ft_private_remove(&place->folder, name, err);
	r = ft_credentials_format(list, &text, err);
	if (r == 0)
		r = ft_seals_close(place->seals, place->slot, name, &text, &room, &what, err);
	if (r == 0)
		r = ft_replacement_prepare(&place->folder, name, "next", what->len, &replacement,
					   err);
	if (r == 0)
		r = ft_replacement_commit(&replacement, what->data, what->len, err);
	ft_buf_release(&room);
	ft_buf_release(&text);
	return r;
}

static int take_lock(const struct ft_folder *folder, int *ret_fd, struct ft_error *err)
{
	int r = ft_lock_await(folder, LOCK_NAME, ft_monotonic_ms() + LOCK_WAIT_MS, ret_fd, err);

	if (r == FT_BUSY)
		return ft_error_set(err, FT_BUSY,
				    "another process holds %s/" LOCK_NAME " for too long",
				    folder->path);
	return r;
}

/* A field that is not wanted matches anything. */
static bool wanted(const struct ft_secret *want, const struct ft_secret *have)
{
	return want->data == NULL || ft_secret_equal(have, want->data, want->len);
}

static bool same(const struct ft_secret *a, const struct ft_secret *b)
{
	return a->data == NULL ? b->data == NULL : ft_secret_equal(b, a->data, a->len);
}

static int copy(const struct ft_credential *from, struct ft_credential *ret, struct ft_error *err)
{
	struct ft_credential new = FT_CREDENTIAL_INIT;

	new.expires_at = from->expires_at;
	if (ft_secret_copy(&new.server, &from->server) != 0 ||
	    ft_secret_copy(&new.path, &from->path) != 0 ||
	    ft_secret_copy(&new.username, &from->username) != 0 ||
	    ft_secret_copy(&new.password, &from->password) != 0 ||
	    ft_secret_copy(&new.oauth_refresh_token, &from->oauth_refresh_token) != 0 ||
	    ft_secret_copy(&new.authtype, &from->authtype) != 0 ||
	    ft_secret_copy(&new.credential, &from->credential) != 0) {
		ft_credential_release(&new);
		return ft_error_memory(err);
	}
	*ret = new;
	return 0;
}

static int not_found(struct ft_error *err)
{
	return ft_error_set(err, FT_NOT_FOUND, "no credential is stored for this host");
}

int ft_credentials_get(const struct ft_credentials_place *given,
		       enum ft_credentials_kind kind, const char *key,
		       const struct ft_credential *want, bool password_only, int64_t now,
		       struct ft_credential *ret, struct ft_error *err)
{
	struct place place = PLACE_INIT;
	struct ft_credential_list list = { NULL, 0 };
	struct ft_credential *found = NULL, *expired = NULL;
	char name[NAME_LIMIT + 1];
	int r = file_name(key, name) ? 0 : not_found(err);

	if (r == 0)
		r = enter(given, kind, false, &place, err);
	if (r == 0)
		r = read_file(&place, name, &list, err);
	for (size_t i = 0; r == 0 && found == NULL && i < list.n; i++) {
		struct ft_credential *have = &list.list[i];

		if (!wanted(&want->path, &have->path) || !wanted(&want->username, &have->username))
			continue;
		if (have->expires_at >= 0 && have->expires_at <= now) {
			if (expired == NULL && have->oauth_refresh_token.data != NULL)
				expired = have;
		} else if (have->password.data != NULL ||
			   (have->credential.data != NULL && !password_only)) {
			found = have;
		}
	}
	if (r == 0 && found == NULL && expired != NULL) {
		ft_secret_release(&expired->password);
		ft_secret_release(&expired->authtype);
		ft_secret_release(&expired->credential);
		expired->expires_at = -1;
		found = expired;
	}
	if (r == 0)
		r = found != NULL ? copy(found, ret, err) : not_found(err);
	ft_credential_list_release(&list);
	ft_folder_close(&place.folder);
	return r;
}

/* Puts the credential first, as store does; *ret_changed: whether that changes the list. */
static int put_first(struct ft_credential_list *list, enum ft_credentials_kind kind,
		     const struct ft_credential *credential, bool *ret_changed,
		     struct ft_error *err)
{
	struct ft_credential_list new = { NULL, 0 };
	const struct ft_credential *first = list->n > 0 ? &list->list[0] : NULL;

	*ret_changed = first == NULL || first->expires_at != credential->expires_at ||
		!same(&first->server, &credential->server) ||
		!same(&first->path, &credential->path) ||
		!same(&first->username, &credential->username) ||
		!same(&first->password, &credential->password) ||
		!same(&first->oauth_refresh_token, &credential->oauth_refresh_token) ||
		!same(&first->authtype, &credential->authtype) ||
		!same(&first->credential, &credential->credential);
	if (!*ret_changed)
		return 0;
	new.list = calloc(list->n + 1, sizeof *new.list);
	if (new.list == NULL)
		return ft_error_memory(err);
	int r = copy(credential, &new.list[0], err);

	if (r != 0) {
		free(new.list);
		return r;
	}
	new.n = 1;
	for (size_t i = 0; i < list->n; i++) {
		struct ft_credential *have = &list->list[i];

		if (kind == FT_CREDENTIALS_DOCKER || (same(&have->path, &credential->path) &&
						      same(&have->username, &credential->username)))
			continue;
		new.list[new.n++] = *have;
		*have = (struct ft_credential)FT_CREDENTIAL_INIT;
	}
	ft_credential_list_release(list);
	*list = new;
	return 0;
}

int ft_credentials_store(const struct ft_credentials_place *given,
		       enum ft_credentials_kind kind, const char *key,
			 const struct ft_credential *credential, struct ft_error *err)
{
	struct place place = PLACE_INIT;
	struct ft_credential_list list = { NULL, 0 };
	char name[NAME_LIMIT + 1];
	bool changed = false;
	char *aside = NULL;
	int lock = -1, r = 0;

	if (!file_name(key, name))
		r = ft_error_set(err, FT_UNTRUSTED, "the host's name is too long to be kept");
	if (r == 0)
		r = enter(given, kind, true, &place, err);
	if (r == 0)
		r = take_lock(&place.folder, &lock, err);
	if (r == 0) {
		r = read_file(&place, name, &list, err);
		if (r == FT_LOGIN_NEEDED)
			r = ft_private_set_aside(&place.folder, name, "lost", &aside, err);
		r = r == FT_NOT_FOUND ? 0 : r;
	}
	if (r == 0)
		r = put_first(&list, kind, credential, &changed, err);
	if (r == 0 && changed)
		r = write_file(&place, name, &list, err);
	free(aside);
	if (lock >= 0)
		(void)close(lock);
	ft_credential_list_release(&list);
	ft_folder_close(&place.folder);
	return r;
}

/* Removes all that match; returns whether there were any. */
static bool drop(struct ft_credential_list *list, const struct ft_credential *want)
{
	size_t kept = 0, n = list->n;

	for (size_t i = 0; i < n; i++) {
		struct ft_credential *have = &list->list[i], moved = *have;

		if (wanted(&want->path, &have->path) && wanted(&want->username, &have->username) &&
		    wanted(&want->password, &have->password) &&
		    wanted(&want->credential, &have->credential)) {
			ft_credential_release(have);
			continue;
		}
		*have = (struct ft_credential)FT_CREDENTIAL_INIT;
		list->list[kept++] = moved;
	}
	list->n = kept;
	return kept < n;
}

int ft_credentials_erase(const struct ft_credentials_place *given,
		       enum ft_credentials_kind kind, const char *key,
			 const struct ft_credential *want, struct ft_error *err)
{
	struct place place = PLACE_INIT;
	struct ft_credential_list list = { NULL, 0 };
	char name[NAME_LIMIT + 1];
	int lock = -1, r = file_name(key, name) ? 0 : FT_NOT_FOUND;

	if (r == 0)
		r = enter(given, kind, false, &place, err);
	/* Most hosts have nothing stored: no lock file for them. */
	if (r == 0 && faccessat(place.folder.fd, name, F_OK, AT_SYMLINK_NOFOLLOW) != 0)
		r = FT_NOT_FOUND;
	if (r == 0)
		r = take_lock(&place.folder, &lock, err);
	if (r == 0)
		r = read_file(&place, name, &list, err);
	if (r == 0 && drop(&list, want))
		r = write_file(&place, name, &list, err);
	if (lock >= 0)
		(void)close(lock);
	ft_credential_list_release(&list);
	ft_folder_close(&place.folder);
	return r == FT_NOT_FOUND ? 0 : r;
}

static int add_all(struct ft_credential_list *all, struct ft_credential_list *more,
		   struct ft_error *err)
{
	struct ft_credential *list = reallocarray(all->list, all->n + more->n, sizeof *list);

	if (list == NULL)
		return ft_error_memory(err);
	all->list = list;
	if (more->n > 0)
		memcpy(all->list + all->n, more->list, more->n * sizeof *list);
	all->n += more->n;
	more->n = 0;
	return 0;
}

static int list_names(const struct ft_folder *folder, DIR **ret, struct ft_error *err)
{
	const int fd = fcntl(folder->fd, F_DUPFD_CLOEXEC, 0);

	*ret = fd >= 0 ? fdopendir(fd) : NULL;
	if (*ret != NULL)
		return 0;
	int r = errno == ENOMEM ? ft_error_memory(err) :
				  ft_error_errno(err, FT_SYSTEM, errno, "cannot list %s",
						 folder->path);
	if (fd >= 0)
		(void)close(fd);
	return r;
}

/* The next stored file; NULL past the last. */
static const char *next_name(DIR *dir)
{
	struct dirent *entry;

	while ((entry = readdir(dir)) != NULL)
		if (entry->d_name[0] != '.' && strchr(entry->d_name, '~') == NULL)
			return entry->d_name;
	return NULL;
}

int ft_credentials_list(const struct ft_credentials_place *given, enum ft_credentials_kind kind,
			struct ft_credential_list *ret, struct ft_error *err)
{
	struct place place = PLACE_INIT;
	struct ft_credential_list all = { NULL, 0 };
	DIR *dir = NULL;
	const char *name;
	int r = enter(given, kind, false, &place, err);

	if (r == 0)
		r = list_names(&place.folder, &dir, err);
	while (r == 0 && (name = next_name(dir)) != NULL) {
		struct ft_credential_list one = { NULL, 0 };
		struct ft_error why;

		r = read_file(&place, name, &one, &why);
		/* Without the seal key none of them can be read. */
		if (r == FT_NO_MEMORY || r == FT_TEMPORARY)
			r = ft_error_copy(err, r, &why);
		else
			r = r == 0 && one.n > 0 ? add_all(&all, &one, err) : 0;
		ft_credential_list_release(&one);
	}
	if (dir != NULL)
		(void)closedir(dir);
	ft_folder_close(&place.folder);
	if (r != 0 && r != FT_NOT_FOUND) {
		ft_credential_list_release(&all);
		return r;
	}
	*ret = all;
	return 0;
}

static int rewrite(const struct place *place, const char *name, size_t *ret_n,
		   struct ft_error *err)
{
	struct ft_credential_list list = { NULL, 0 };
	const size_t opened = ft_seals_opened(place->seals);
	int r = read_file(place, name, &list, err);
	const bool sealed = ft_seals_opened(place->seals) > opened;

	if (r == 0 && sealed != ft_seals_apply(place->seals, place->slot)) {
		r = write_file(place, name, &list, err);
		*ret_n += r == 0;
	}
	ft_credential_list_release(&list);
	return r;
}

int ft_credentials_rewrite(const struct ft_credentials_place *given, enum ft_credentials_kind kind,
			   size_t *ret_n, struct ft_error *err)
{
	struct place place = PLACE_INIT;
	struct ft_error why;
	DIR *dir = NULL;
	const char *name;
	int lock = -1, first = 0, r = enter(given, kind, false, &place, err);

	if (r == 0)
		r = take_lock(&place.folder, &lock, err);
	if (r == 0)
		r = list_names(&place.folder, &dir, err);
	while (r == 0 && (name = next_name(dir)) != NULL)
		if (rewrite(&place, name, ret_n, &why) != 0 && first == 0)
			first = ft_error_copy(err, why.code, &why);
	if (dir != NULL)
		(void)closedir(dir);
	if (lock >= 0)
		(void)close(lock);
	ft_folder_close(&place.folder);
	return r == FT_NOT_FOUND ? 0 : r != 0 ? r : first;
}

/* SPDX-License-Identifier: MIT */
/*
 * file.c - the built-in source: a private folder with one file for each slot
 *
 *   NAME.json            the record
 *   NAME~login.json      a sign-in being proven
 *
 * A version is a hash of the text, so it also changes if a person edits the file, or copies an old
 * one back. A change between commit's check and its rename is not noticed; programs that take the
 * lock make none.
 */
#include "config.h"
#include "lib/store/store.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/store/slots.h"

struct ft_store {
	struct ft_slots slots;
};

struct ft_prepared {
	struct ft_store *store;
	char name[FT_SLOTS_NAME_SIZE];
	struct ft_replacement replacement;
};

static int file_open(const char *state_folder, struct ft_store **ret, struct ft_error *err)
{
	struct ft_store *store = calloc(1, sizeof *store);
	int r = store != NULL ? ft_slots_init(state_folder, &store->slots, err) :
				ft_error_memory(err);

	if (r != 0)
		free(store);
	else
		*ret = store;
	return r;
}

static void file_close(struct ft_store *store)
{
	if (store == NULL)
		return;
	ft_slots_release(&store->slots);
	free(store);
}

/* FNV-1a is enough: only the user writes here, and has no use for a forged collision. */
static void make_version(const char *data, size_t len, char ret[FT_STORE_VERSION_SIZE])
{
	uint64_t hash = UINT64_C(14695981039346656037);

	for (size_t i = 0; i < len; i++)
		hash = (hash ^ (unsigned char)data[i]) * UINT64_C(1099511628211);
	(void)snprintf(ret, FT_STORE_VERSION_SIZE, "%016" PRIx64 "-%zx", hash, len);
}

static int file_read(struct ft_store *store, const char *slot, struct ft_buf *ret,
		     char *ret_version, struct ft_error *err)
{
	int r = ft_slots_read(&store->slots, slot, "json", ret, err);

	if (r == 0 && ret_version != NULL)
		make_version(ret->data, ret->len, ret_version);
	return r;
}

/* The version of the text that is there now; "": none. */
static int look(const struct ft_prepared *prepared, char ret[FT_STORE_VERSION_SIZE],
		struct ft_error *err)
{
	struct ft_buf text = FT_BUF_INIT(FT_STORE_TEXT_MAX);
	int r = ft_private_read(&prepared->store->slots.folder, prepared->name, &text, err);

	if (r == 0)
		make_version(text.data, text.len, ret);
	else if (r == FT_NOT_FOUND)
		ret[0] = '\0';
	ft_buf_release(&text);
	return r == FT_NOT_FOUND ? 0 : r;
}

static int file_prepare(struct ft_store *store, const char *slot, const char *purpose,
			struct ft_prepared **ret, struct ft_error *err)
{
	int r = ft_slots_enter(&store->slots, true, err);

	if (r != 0)
		return r;
	struct ft_prepared *prepared = calloc(1, sizeof *prepared);

	if (prepared == NULL)
		return ft_error_memory(err);
	prepared->store = store;
	r = ft_replacement_prepare(&store->slots.folder,
				   ft_slots_name(prepared->name, slot, "json"), purpose,
				   FT_RECORD_MAX, &prepared->replacement, err);
	if (r != 0) {
		free(prepared);
		return r;
	}
	*ret = prepared;
	return 0;
}

static void file_discard(struct ft_prepared *prepared)
{
	if (prepared == NULL)
		return;
	ft_replacement_release(&prepared->replacement);
	free(prepared);
}

static int file_commit(struct ft_prepared *prepared, const char *expected,
		       const struct ft_buf *text, char *ret_version, struct ft_error *err)
{
	char version[FT_STORE_VERSION_SIZE];
	int r = look(prepared, version, err);

	if (r == 0 && strcmp(version, expected) != 0)
		r = ft_error_set(err, FT_BUSY, "%s/%s was changed meanwhile",
				 prepared->store->slots.path, prepared->name);
	if (r == 0)
		r = ft_replacement_commit(&prepared->replacement, text->data, text->len, err);
	if (r == 0)
		make_version(text->data, text->len, ret_version);
	file_discard(prepared);
	return r;
}

/* Removes the record first, then files that a killed process had prepared. */
static int file_remove(struct ft_store *store, const char *slot, struct ft_error *err)
{
	static const char *const endings[] = { "json", "json~next", "json~journal", "json~result" };
	int r = 0;

	for (size_t i = 0; i < sizeof endings / sizeof *endings && r == 0; i++)
		r = ft_slots_remove(&store->slots, slot, endings[i], err);
	return r;
}

static int file_set_aside(struct ft_store *store, const char *slot, char **ret_name,
			  struct ft_error *err)
{
	char name[FT_SLOTS_NAME_SIZE];
	int r = ft_slots_enter(&store->slots, false, err);

	return r != 0 ? r :
	       ft_private_set_aside(&store->slots.folder, ft_slots_name(name, slot, "json"),
				    "damaged", ret_name, err);
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
};

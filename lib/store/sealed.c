/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "lib/store/sealed.h"

#include <stdlib.h>
#include <string.h>

#define WHAT "json"

struct ft_store {
	const struct ft_store_ops *ops;	/* of what is below */
	struct ft_store *below;
	struct ft_seals *seals;
};

struct ft_prepared {
	struct ft_store *store;
	struct ft_prepared *below;
	char *slot;
};

int ft_sealed_open(const struct ft_store_ops *ops, struct ft_store *below, struct ft_seals *seals,
		   struct ft_store **ret, struct ft_error *err)
{
	struct ft_store *store = calloc(1, sizeof *store);

	if (store == NULL) {
		ops->close(below);
		return ft_error_memory(err);
	}
	*store = (struct ft_store){ ops, below, seals };
	*ret = store;
	return 0;
}

static void sealed_close(struct ft_store *store)
{
	if (store == NULL)
		return;
	store->ops->close(store->below);
	free(store);
}

static int sealed_read(struct ft_store *store, const char *slot, struct ft_buf *ret,
		       char *ret_version, struct ft_error *err)
{
	const size_t max = ret->max;

	ret->max = max + FT_BOX_TEXT_MORE;
	int r = store->ops->read(store->below, slot, ret, ret_version, err);

	if (r == 0)
		r = ft_seals_open(store->seals, slot, WHAT, ret, err);
	ret->max = max;
	/* One that is not sealed may be longer than a text. */
	if (r == 0 && ret->len > max) {
		ft_buf_clear(ret);
		ret->failed = FT_UNTRUSTED;
		r = ft_buf_check(ret, slot, err);
	}
	return r;
}

static void sealed_discard(struct ft_prepared *prepared)
{
	if (prepared == NULL)
		return;
	prepared->store->ops->discard(prepared->below);
	free(prepared->slot);
	free(prepared);
}

static int sealed_prepare(struct ft_store *store, const char *slot, const char *purpose,
			  struct ft_prepared **ret, struct ft_error *err)
{
	int r = ft_seals_ready(store->seals, slot, err);

	if (r != 0)
		return r;
	struct ft_prepared *prepared = calloc(1, sizeof *prepared);

	if (prepared == NULL)
		return ft_error_memory(err);
	prepared->store = store;
	prepared->slot = strdup(slot);
	r = prepared->slot != NULL ?
		    store->ops->prepare(store->below, slot, purpose, &prepared->below, err) :
		    ft_error_memory(err);
	if (r != 0)
		sealed_discard(prepared);
	else
		*ret = prepared;
	return r;
}

static int sealed_commit(struct ft_prepared *prepared, const char *expected,
			 const struct ft_buf *text, char *ret_version, struct ft_error *err)
{
	struct ft_store *store = prepared->store;
	struct ft_buf room = FT_BUF_INIT(FT_STORE_TEXT_MAX);
	const struct ft_buf *what = NULL;
	int r = ft_seals_close(store->seals, prepared->slot, WHAT, text, &room, &what, err);

	if (r == 0) {
		r = store->ops->commit(prepared->below, expected, what, ret_version, err);
		prepared->below = NULL;
	}
	ft_buf_release(&room);
	sealed_discard(prepared);
	return r;
}

static int sealed_remove(struct ft_store *store, const char *slot, struct ft_error *err)
{
	return store->ops->remove(store->below, slot, err);
}

static int sealed_set_aside(struct ft_store *store, const char *slot, char **ret_name,
			    struct ft_error *err)
{
	return store->ops->set_aside(store->below, slot, ret_name, err);
}

const struct ft_store_ops ft_store_sealed = {
	.name = "sealed",
	.close = sealed_close,
	.read = sealed_read,
	.prepare = sealed_prepare,
	.commit = sealed_commit,
	.discard = sealed_discard,
	.remove = sealed_remove,
	.set_aside = sealed_set_aside,
};

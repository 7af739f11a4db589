/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "lib/store/seal.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/encode.h"
#include "lib/base/moment.h"
#include "lib/base/secret.h"
#include "lib/file/lock.h"
#include "lib/store/keyring.h"
#include "lib/store/login-key.h"
#include "lib/store/seal-source.h"

#define LOCK_WAIT_MS 15000
#define LABEL_MAX 512
#define FAILED_MS 2000

struct key {
	const struct ft_seal_line *line;	/* NULL: none is known */
	/* After a failure the sources are not asked again at once: there may be many files. */
	const struct ft_seal_line *failed;	/* whose sources had none; NULL */
	int64_t failed_at;			/* by ft_monotonic_ms */
	/* Apart, because almost every process has none: zeroing both of them would cost a hot get
	 * more than the decryption. */
	struct ft_error *why;			/* NULL: failed is NULL, too */
	char source[FT_SEAL_NAME_MAX + 1];	/* that had the key */
	unsigned char bytes[FT_BOX_KEY];
};

struct ft_seals {
	const struct ft_accounts *accounts;
	char *state, *libexec;
	bool clear;		/* texts are written in clear from now on */
	size_t opened;
	struct key keys[2];	/* the system's line and the user's may name different sources */
};

int ft_seals_new(const struct ft_accounts *accounts, const char *state, const char *libexec,
		 struct ft_seals **ret, struct ft_error *err)
{
	struct ft_seals *seals = NULL;

	if (accounts->seals[0] != NULL || accounts->seals[1] != NULL) {
		seals = calloc(1, sizeof *seals);
		if (seals == NULL)
			return ft_error_memory(err);
		seals->accounts = accounts;
		seals->state = strdup(state);
		seals->libexec = strdup(libexec != NULL ? libexec : "");
		if (seals->state == NULL || seals->libexec == NULL) {
			ft_seals_free(seals);
			return ft_error_memory(err);
		}
	}
	*ret = seals;
	return 0;
}

void ft_seals_free(struct ft_seals *seals)
{
	if (seals == NULL)
		return;
	free(seals->keys[0].why);
	free(seals->keys[1].why);
	ft_wipe(seals->keys, sizeof seals->keys);
	free(seals->state);
	free(seals->libexec);
	free(seals);
}

const struct ft_seal_line *ft_seals_line(const struct ft_seals *seals, const char *slot)
{
	char name[FT_ACCOUNT_NAME_MAX + 1];
	const size_t len = slot != NULL ? strcspn(slot, "~") : sizeof name;

	if (seals == NULL)
		return NULL;
	if (len >= sizeof name)
		return ft_accounts_seal(seals->accounts, NULL);
	memcpy(name, slot, len);
	name[len] = '\0';
	return ft_accounts_seal(seals->accounts, name);
}

/* If the key is in a file that a login opens, it is not lost, and no other must be made. */
static enum ft_seal_outcome look_in_keyring(const char *state, unsigned char key[FT_BOX_KEY],
					    struct ft_error *err)
{
	const enum ft_seal_outcome outcome = ft_keyring_get(state, key, err);

	if (outcome != FT_SEAL_NOT_FOUND || !ft_login_key_is_there(state))
		return outcome;
	(void)ft_error_remedy(err, FT_TEMPORARY, "log in with your password, which brings the key "
			      "that %s/" FT_LOGIN_KEY " is about; if it was changed and nobody "
			      "knows the old one, remove that file and sign in again", state);
	return FT_SEAL_UNAVAILABLE;
}

static enum ft_seal_outcome ask(const struct ft_seals *seals, const char *source,
				enum ft_seal_verb verb, int64_t keep,
				unsigned char key[FT_BOX_KEY], struct ft_error *err)
{
	if (strcmp(source, "keyring") != 0)
		return ft_seal_source_ask(seals->libexec, source, verb, key, err);
	return verb == FT_SEAL_GET ? look_in_keyring(seals->state, key, err) :
				     ft_keyring_put(seals->state, key, keep, err);
}

/* A key from a later source goes to the keyring, if the line names that before: next time it is
 * found there. */
static void remember(const struct ft_seals *seals, const struct ft_seal_line *line,
		     size_t found_at, const unsigned char key[FT_BOX_KEY])
{
	for (size_t i = 0; i < found_at; i++)
		if (strcmp(line->list[i].name, "keyring") == 0)
			(void)ft_keyring_put(seals->state, key, line->keep, NULL);
}

/* Asks one source after another. FT_NOT_FOUND: no source has a key, and err says so. */
static int look_for(const struct ft_seals *seals, const struct ft_seal_line *line,
		    struct key *ret, struct ft_error *err)
{
	struct ft_error why = FT_ERROR_INIT;
	bool unclear = false;
	size_t i = 0;

	for (; i < line->n; i++) {
		const struct ft_seal_source *source = &line->list[i];
		struct ft_error own = FT_ERROR_INIT;
		const enum ft_seal_outcome outcome =
			ask(seals, source->name, FT_SEAL_GET, line->keep, ret->bytes, &own);

		if (outcome == FT_SEAL_FOUND) {
			memcpy(ret->source, source->name, sizeof ret->source);
			ret->line = line;
			remember(seals, line, i, ret->bytes);
			return 0;
		}
		ft_error_prefix(&own, "%s", source->name);
		/* Of several reasons, the first source that could not be asked counts. */
		if (outcome != FT_SEAL_NOT_FOUND && !unclear)
			why = own;
		else if (!unclear && why.text[0] == '\0')
			why = own;
		else if (!unclear)
			ft_error_add(&why, own.text);
		unclear = unclear || outcome != FT_SEAL_NOT_FOUND;
		if (source->ends[outcome])
			break;
	}
	if (unclear)
		return ft_error_copy(err, FT_TEMPORARY, &why);
	return ft_error_copy(err, FT_NOT_FOUND, &why);
}

/* The last source that a search reaches: a key in a later one would be lost at once. The keyring
 * remembers it, so after that any source will do. */
static size_t last_of(const struct ft_seal_line *line)
{
	size_t i = 0;

	while (i + 1 < line->n && !line->list[i].ends[FT_SEAL_NOT_FOUND] &&
	       strcmp(line->list[i].name, "keyring") != 0)
		i++;
	return strcmp(line->list[i].name, "keyring") == 0 ? line->n - 1 : i;
}

static int make(const struct ft_seals *seals, const struct ft_seal_line *line, struct key *ret,
		struct ft_error *err)
{
	const size_t at = last_of(line);
	const char *last = line->list[at].name;
	struct ft_error why = FT_ERROR_INIT;
	int r = ft_box_make_key(ret->bytes, err);

	if (r != 0)
		return r;
	/* Read again: what is sealed with a key that a module has not kept is lost. */
	if (ask(seals, last, FT_SEAL_CREATE, line->keep, ret->bytes, &why) != FT_SEAL_FOUND ||
	    ask(seals, last, FT_SEAL_GET, line->keep, ret->bytes, &why) != FT_SEAL_FOUND) {
		ft_error_prefix(&why, "%s", last);
		return ft_error_copy(err, FT_TEMPORARY, &why);
	}
	memcpy(ret->source, last, sizeof ret->source);
	ret->line = line;
	remember(seals, line, at, ret->bytes);
	return 0;
}

/* Under a lock: if two processes made keys at once, each could not open what the other seals. */
static int make_once(const struct ft_seals *seals, const struct ft_seal_line *line,
		     struct key *ret, struct ft_error *err)
{
	struct ft_folder folder = FT_FOLDER_INIT;
	int lock = -1, r = ft_folder_open(seals->state, true, &folder, err);

	if (r == 0)
		r = ft_lock_await(&folder, FT_SEAL_LOCK, ft_monotonic_ms() + LOCK_WAIT_MS, &lock,
				  err);
	if (r == FT_BUSY)
		r = ft_error_set(err, FT_TEMPORARY, "another process makes the key, and has not "
				 "ended" FT_REMEDY "try again in a moment");
	if (r == 0)
		r = look_for(seals, line, ret, err);
	if (r == FT_NOT_FOUND)
		r = make(seals, line, ret, err);
	if (lock >= 0)
		(void)close(lock);
	ft_folder_close(&folder);
	return r;
}

static void keep_failure(struct key *key, const struct ft_seal_line *line,
			 const struct ft_error *why)
{
	if (key->why == NULL)
		key->why = malloc(sizeof *key->why);
	/* Without memory, the sources are asked again. */
	key->failed = key->why != NULL ? line : NULL;
	key->failed_at = ft_monotonic_ms();
	if (key->why != NULL)
		*key->why = *why;
}

static int get_key(struct ft_seals *seals, const struct ft_seal_line *line, bool create,
		   const struct key **ret, struct ft_error *err)
{
	struct key *key = &seals->keys[0];
	struct ft_error why;

	const struct ft_seal_line *mine = key->line != NULL ? key->line : key->failed;

	if (mine != NULL && mine != line)
		key++;
	if (key->line == line) {
		*ret = key;
		return 0;
	}
	if (line->broken || line->n == 0)
		return ft_error_set(err, FT_CONFIG, "[store] of %s cannot be read, which says what "
				    "is sealed" FT_REMEDY "see: freshtoken doctor", line->file);
	int r = ft_box_ready(err);

	if (r != 0)
		return r;
	const bool known = key->failed == line && ft_monotonic_ms() - key->failed_at < FAILED_MS;

	r = known ? ft_error_copy(&why, key->why->code, key->why) :
		    look_for(seals, line, key, &why);
	if (r == FT_NOT_FOUND && create)
		r = make_once(seals, line, key, &why);
	if (r == 0) {
		key->failed = NULL;
		*ret = key;
		return 0;
	}
	ft_wipe(key->bytes, sizeof key->bytes);
	key->line = NULL;
	if (!known)
		keep_failure(key, line, &why);
	if (r == FT_NOT_FOUND)
		r = FT_LOGIN_NEEDED;
	(void)ft_error_copy(err, r, &why);
	ft_error_prefix(err, r == FT_LOGIN_NEEDED ? "the key that it is sealed with is lost" :
						    "the key to what is stored");
	return r;
}

/* The line for a text that is written; NULL: in clear. */
static const struct ft_seal_line *line_to_write(const struct ft_seals *seals, const char *slot)
{
	return seals == NULL || seals->clear ? NULL : ft_seals_line(seals, slot);
}

void ft_seals_clear(struct ft_seals *seals)
{
	seals->clear = true;
}

void ft_seals_again(struct ft_seals *seals)
{
	if (seals != NULL)
		seals->keys[0].failed = seals->keys[1].failed = NULL;
}

bool ft_seals_apply(const struct ft_seals *seals, const char *slot)
{
	return line_to_write(seals, slot) != NULL;
}

size_t ft_seals_opened(const struct ft_seals *seals)
{
	return seals != NULL ? seals->opened : 0;
}

int ft_seals_ready(struct ft_seals *seals, const char *slot, struct ft_error *err)
{
	const struct ft_seal_line *line = line_to_write(seals, slot);
	const struct key *key;

	return line == NULL ? 0 : get_key(seals, line, true, &key, err);
}

/* "work.json"; "" if it would be too long. */
static void label_of(const char *slot, const char *what, char ret[LABEL_MAX])
{
	const size_t slot_len = strlen(slot), what_len = strlen(what);

	ret[0] = '\0';
	if (slot_len + what_len + 2 > LABEL_MAX)
		return;
	memcpy(ret, slot, slot_len);
	ret[slot_len] = '.';
	memcpy(ret + slot_len + 1, what, what_len + 1);
}

int ft_seals_close(struct ft_seals *seals, const char *slot, const char *what,
		   const struct ft_buf *text, struct ft_buf *room, const struct ft_buf **ret,
		   struct ft_error *err)
{
	const struct ft_seal_line *line = line_to_write(seals, slot);
	const struct key *key;
	char label[LABEL_MAX];
	int r;

	if (line == NULL) {
		*ret = text;
		return 0;
	}
	r = get_key(seals, line, true, &key, err);
	label_of(slot, what, label);
	if (r == 0)
		r = ft_box_close(key->bytes, label, text, room, err);
	if (r == 0)
		*ret = room;
	return r;
}

static int open_box(struct ft_seals *seals, const char *slot, const char *what,
		    const struct ft_buf *closed, struct ft_buf *ret, struct ft_error *err)
{
	const struct ft_seal_line *line = ft_seals_line(seals, slot);
	const struct key *key;
	char label[LABEL_MAX];
	int r = ft_box_ready(err);

	if (r == 0 && line == NULL)
		r = ft_error_set(err, FT_CONFIG, "it is sealed, and no [store] says which "
				 "source has the key" FT_REMEDY "put the seal line back; "
				 "\"freshtoken seal --remove\" stores it in clear");
	if (r == 0)
		r = get_key(seals, line, false, &key, err);
	label_of(slot, what, label);
	return r != 0 ? r : ft_box_open(key->bytes, label, closed, ret, err);
}

int ft_seals_open(struct ft_seals *seals, const char *slot, const char *what,
		  struct ft_buf *text, struct ft_error *err)
{
	struct ft_buf opened = FT_BUF_INIT(text->max);
	int r;

	if (!ft_box_is(text))
		return 0;
	r = open_box(seals, slot, what, text, &opened, err);
	if (r == 0 && opened.len == 0)
		r = ft_error_set(err, FT_UNTRUSTED, "it is sealed, and empty");
	ft_buf_release(text);
	if (r == 0) {
		seals->opened++;
		*text = opened;
		return 0;
	}
	ft_buf_init(text, opened.max);
	ft_buf_release(&opened);
	if (r == FT_UNTRUSTED || r == FT_LOGIN_NEEDED)
		text->failed = FT_UNTRUSTED;
	return r;
}

int ft_seals_address(struct ft_seals *seals, const char *slot, struct ft_buf *ret,
		     struct ft_error *err)
{
	const struct ft_seal_line *line = line_to_write(seals, slot);
	unsigned char address[FT_BOX_ADDRESS];
	const struct key *key;
	int r = line == NULL ? 0 : get_key(seals, line, true, &key, err);

	if (r != 0 || line == NULL)
		return r;
	r = ft_box_address(key->bytes, address, err);
	if (r == 0)
		ft_base64_add(ret, FT_BASE64, address, sizeof address);
	return r != 0 ? r : ft_buf_check(ret, "where answers are sealed for", err);
}

int ft_seals_look(struct ft_seals *seals, const struct ft_seal_line *line,
		  char ret_id[FT_BOX_ID_SIZE], char ret_source[FT_SEAL_NAME_MAX + 1],
		  struct ft_error *err)
{
	const struct key *key;
	int r = get_key(seals, line, false, &key, err);

	if (r == 0 && ret_id != NULL)
		ft_box_id(key->bytes, ret_id);
	if (r == 0 && ret_source != NULL)
		memcpy(ret_source, key->source, sizeof key->source);
	return r;
}

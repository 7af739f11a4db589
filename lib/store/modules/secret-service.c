/* SPDX-License-Identifier: MIT */
/*
 * secret-service.c - keeps the key as an item in the default collection of the Secret Service,
 * which GNOME, KDE and KeePassXC have
 *
 * One item for each user, whatever the state folder. It never unlocks the collection: if that is
 * locked, it is unavailable until the person unlocks it. get never begins a prompt. create and
 * forget do if the service says so, because KeePassXC always does, and shows no window for it.
 * There is no deadline here: the program that starts freshtoken-seal has one.
 */
#include "config.h"

#include <fcntl.h>
#include <libsecret/secret.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "lib/base/secret.h"
#include "lib/store/modules/freshtoken-seal.h"

#define LABEL "freshtoken: the key to what it stores"

static const SecretSchema schema = {
	"freshtoken.Seal", SECRET_SCHEMA_NONE,
	{ { "purpose", SECRET_SCHEMA_ATTRIBUTE_STRING }, { NULL, 0 } },
	0, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
};

static enum freshtoken_seal_outcome trouble(struct freshtoken_seal_why *why, const char *what,
					    GError *error, const char *remedy)
{
	(void)snprintf(why->cause, sizeof why->cause, "%s%s%.180s", what,
		       error != NULL ? ": " : "", error != NULL ? error->message : "");
	(void)snprintf(why->remedy, sizeof why->remedy, "%s", remedy);
	g_clear_error(&error);
	return FRESHTOKEN_SEAL_UNAVAILABLE;
}

static enum freshtoken_seal_outcome locked(struct freshtoken_seal_why *why)
{
	return trouble(why, "it is locked", NULL,
		       "unlock it, as by logging in to the desktop or with its program");
}

static enum freshtoken_seal_outcome connect_to(void **state, struct freshtoken_seal_why *why)
{
	GError *error = NULL;

	/* Otherwise D-Bus could start a session bus for this program alone. */
	if (g_getenv("DBUS_SESSION_BUS_ADDRESS") == NULL) {
		char *path = g_build_filename(g_get_user_runtime_dir(), "bus", NULL);
		const gboolean there = g_file_test(path, G_FILE_TEST_EXISTS);

		g_free(path);
		if (!there)
			return trouble(why, "there is no session bus", NULL,
				       "log in to a desktop, or take secret-service out of the "
				       "seal line");
	}
	*state = secret_service_get_sync(SECRET_SERVICE_OPEN_SESSION, NULL, &error);
	return *state != NULL ? FRESHTOKEN_SEAL_FOUND :
	       trouble(why, "nobody answers on the session bus", error,
		       "start a service of secrets, as gnome-keyring or KeePassXC");
}

static enum freshtoken_seal_outcome take(SecretItem *item, unsigned char *key,
					 struct freshtoken_seal_why *why)
{
	SecretValue *value = secret_item_get_secret(item);
	gsize len = 0, n = 0;

	if (value == NULL)
		return trouble(why, "it does not hand out its item \"" LABEL "\"", NULL,
			       "look at that item with the service's program");
	const char *data = secret_value_get(value, &len);
	/* The key is in base64: services that store text alone would change bytes. */
	guchar *bytes = data != NULL && len > 0 && len < 256 && memchr(data, '\0', len) == NULL ?
				g_base64_decode(data, &n) : NULL;
	const gboolean whole = bytes != NULL && n == FRESHTOKEN_SEAL_KEY;

	if (whole)
		memcpy(key, bytes, FRESHTOKEN_SEAL_KEY);
	if (bytes != NULL)
		ft_wipe(bytes, n);
	g_free(bytes);
	secret_value_unref(value);
	return whole ? FRESHTOKEN_SEAL_FOUND :
	       trouble(why, "its item \"" LABEL "\" has no key", NULL,
		       "remove that item; what was sealed with it is lost");
}

/* The collection for the key; the caller releases *ret. A collection that is locked, or missing
 * because its database is not open, does not tell whether it has the key. */
static enum freshtoken_seal_outcome collection_of(void *state, SecretCollection **ret,
						  struct freshtoken_seal_why *why)
{
	GError *error = NULL;

	*ret = secret_collection_for_alias_sync(state, SECRET_COLLECTION_DEFAULT,
						SECRET_COLLECTION_NONE, NULL, &error);
	if (*ret == NULL)
		return trouble(why, "it has no default collection", error,
			       "open or make one with its program");
	if (!secret_collection_get_locked(*ret))
		return FRESHTOKEN_SEAL_FOUND;
	g_object_unref(*ret);
	*ret = NULL;
	return locked(why);
}

static enum freshtoken_seal_outcome get(void *state, unsigned char key[FRESHTOKEN_SEAL_KEY],
					struct freshtoken_seal_why *why)
{
	SecretCollection *collection = NULL;
	/* Before the search, because KeePassXC prompts to unlock when it is searched. */
	enum freshtoken_seal_outcome outcome = collection_of(state, &collection, why);
	GError *error = NULL;

	if (outcome != FRESHTOKEN_SEAL_FOUND)
		return outcome;
	GHashTable *attributes = secret_attributes_build(&schema, "purpose", "seal", NULL);
	GList *items = secret_service_search_sync(state, &schema, attributes,
						  SECRET_SEARCH_LOAD_SECRETS, NULL, &error);

	g_hash_table_unref(attributes);
	if (error != NULL) {
		outcome = trouble(why, "it cannot be searched", error, "");
	} else if (items == NULL) {
		outcome = FRESHTOKEN_SEAL_NOT_FOUND;
		(void)snprintf(why->cause, sizeof why->cause, "there is none");
	} else if (secret_item_get_locked(items->data)) {
		outcome = locked(why);
	} else {
		outcome = take(items->data, key, why);
	}
	g_clear_object(&collection);
	g_list_free_full(items, g_object_unref);
	return outcome;
}

/* get, but key stays as it is unless there is one. */
static enum freshtoken_seal_outcome look(void *state, unsigned char key[FRESHTOKEN_SEAL_KEY],
					 struct freshtoken_seal_why *why)
{
	unsigned char there[FRESHTOKEN_SEAL_KEY];
	const enum freshtoken_seal_outcome outcome = get(state, there, why);

	if (outcome == FRESHTOKEN_SEAL_FOUND)
		memcpy(key, there, sizeof there);
	ft_wipe(there, sizeof there);
	return outcome;
}

static enum freshtoken_seal_outcome make(void *state, unsigned char key[FRESHTOKEN_SEAL_KEY],
					 struct freshtoken_seal_why *why)
{
	enum freshtoken_seal_outcome outcome = look(state, key, why);
	SecretCollection *collection = NULL;
	GError *error = NULL;

	if (outcome != FRESHTOKEN_SEAL_NOT_FOUND)
		return outcome;
	/* Not locked: otherwise creating an item would prompt. */
	outcome = collection_of(state, &collection, why);
	if (outcome != FRESHTOKEN_SEAL_FOUND)
		return outcome;
	GHashTable *attributes = secret_attributes_build(&schema, "purpose", "seal", NULL);
	char *text = g_base64_encode(key, FRESHTOKEN_SEAL_KEY);
	SecretValue *value = secret_value_new(text, -1, "text/plain");
	SecretItem *item = secret_item_create_sync(collection, &schema, attributes, LABEL, value,
						   SECRET_ITEM_CREATE_NONE, NULL, &error);

	outcome = item != NULL ? FRESHTOKEN_SEAL_FOUND :
				 trouble(why, "it does not keep the key", error, "");
	if (item != NULL)
		g_object_unref(item);
	secret_value_unref(value);
	ft_wipe(text, strlen(text));
	g_free(text);
	g_hash_table_unref(attributes);
	g_object_unref(collection);
	/* Whoever dismisses a prompt may still name an item, which libsecret then takes for
	 * made. */
	if (outcome == FRESHTOKEN_SEAL_FOUND)
		outcome = look(state, key, why);
	return outcome != FRESHTOKEN_SEAL_NOT_FOUND ? outcome :
	       trouble(why, "it does not keep the key", NULL, "");
}

/* The service does not refuse a second item, and would hand out either. Two state folders, whose
 * programs do not have a lock in common, would not open then what they have sealed. */
static enum freshtoken_seal_outcome create(void *state, unsigned char key[FRESHTOKEN_SEAL_KEY],
					   struct freshtoken_seal_why *why)
{
	char *path = g_build_filename(g_get_user_runtime_dir(), "freshtoken-seal.lock", NULL);
	const int lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

	g_free(path);
	/* Without such a folder there is no lock. */
	if (lock >= 0)
		(void)flock(lock, LOCK_EX);
	const enum freshtoken_seal_outcome outcome = make(state, key, why);

	if (lock >= 0)
		(void)close(lock);
	return outcome;
}

static enum freshtoken_seal_outcome forget(void *state, struct freshtoken_seal_why *why)
{
	SecretCollection *collection = NULL;
	const enum freshtoken_seal_outcome outcome = collection_of(state, &collection, why);
	GError *error = NULL;

	if (outcome != FRESHTOKEN_SEAL_FOUND)
		return outcome;
	g_object_unref(collection);
	GHashTable *attributes = secret_attributes_build(&schema, "purpose", "seal", NULL);
	const gboolean gone = secret_service_clear_sync(state, &schema, attributes, NULL, &error);

	g_hash_table_unref(attributes);
	if (error != NULL)
		return trouble(why, "it does not remove the key", error, "");
	return gone ? FRESHTOKEN_SEAL_FOUND : FRESHTOKEN_SEAL_NOT_FOUND;
}

__attribute__((visibility("default")))
const struct freshtoken_seal_module freshtoken_seal_1 = {
	FRESHTOKEN_SEAL_VERSION, connect_to, get, create, forget,
};

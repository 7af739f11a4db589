/* SPDX-License-Identifier: MIT */
/*
 * secrets - a Secret Service on the session bus that misbehaves in one way
 *
 *	secrets FAULT WHAT [KEY-FILE]
 *
 *	silent METHOD	never answers this method of D-Bus, as OpenSession or GetAll
 *	flood METHOD	never answers it either, and sends signals without end
 *	gone METHOD	ends when it is called
 *	error METHOD	answers with an error, whose text has control characters
 *	empty METHOD, mistyped METHOD	answers with nothing, with something else
 *	value KIND	has a secret that is huge, short, long, nothing, words or zeros
 *	path KIND	names an object that is not there: alias, item, other or root
 *	prompt END	creates an item only after a prompt, as KeePassXC does, which is done, dismissed,
 *			refused, or held for ever
 *	none -		behaves
 *
 * Its item is the key in the file; without one it has none, until one is created. It prints "ready",
 * and then each method that is called.
 */
#include <gio/gio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TOP "/org/freedesktop/secrets"
#define COLLECTION TOP "/collection/login"
#define ITEM COLLECTION "/1"
#define PROMPT TOP "/prompt/1"
#define HUGE (10 * 1024 * 1024)

static const char *fault, *what;
static char *secret;	/* NULL: there is none */

static gboolean is(const char *kind, const char *word)
{
	return strcmp(fault, kind) == 0 && strcmp(what, word) == 0;
}

static gpointer flood(gpointer bus)
{
	for (;;)
		if (!g_dbus_connection_emit_signal(bus, NULL, TOP, "org.freedesktop.Secret.Service",
						   "CollectionChanged",
						   g_variant_new("(o)", COLLECTION), NULL))
			return NULL;
}

static char *choose_value(void)
{
	if (is("value", "huge"))
		return g_strnfill(HUGE, 'A');
	if (is("value", "short"))
		return g_base64_encode((const guchar *)secret, 31);
	if (is("value", "long"))
		return g_strconcat(secret, secret, NULL);
	if (is("value", "nothing"))
		return g_strdup("");
	return g_strdup(is("value", "words") ? "not in base64, and no key" : secret);
}

static GVariant *value_of(const char *session)
{
	char *text = choose_value();
	const gsize len = strlen(text);

	if (is("value", "zeros"))
		memset(text, 0, len);
	GVariant *bytes = g_variant_new_fixed_array(G_VARIANT_TYPE_BYTE, text, len, 1);

	g_free(text);
	return g_variant_new("(o@ay@ays)", session,
			     g_variant_new_fixed_array(G_VARIANT_TYPE_BYTE, "", 0, 1), bytes,
			     "text/plain");
}

static GVariant *list_of(gboolean any)
{
	const char *items[] = { is("path", "item") ? COLLECTION "/none" :
				is("path", "root") ? "/" : ITEM };

	return g_variant_new_objv(items, any ? 1 : 0);
}

static GVariant *properties(const char *path)
{
	GVariantBuilder all;

	g_variant_builder_init(&all, G_VARIANT_TYPE("a{sv}"));
	g_variant_builder_add(&all, "{sv}", "Label", g_variant_new_string("login"));
	g_variant_builder_add(&all, "{sv}", "Locked", g_variant_new_boolean(FALSE));
	g_variant_builder_add(&all, "{sv}", "Created", g_variant_new_uint64(0));
	g_variant_builder_add(&all, "{sv}", "Modified", g_variant_new_uint64(0));
	if (strcmp(path, TOP) == 0)
		g_variant_builder_add(&all, "{sv}", "Collections",
				      g_variant_new_objv((const char *[]){ COLLECTION }, 1));
	else if (strcmp(path, COLLECTION) == 0)
		g_variant_builder_add(&all, "{sv}", "Items", list_of(secret != NULL));
	else
		g_variant_builder_add(&all, "{sv}", "Attributes", g_variant_new("a{ss}", NULL));
	return g_variant_new("(a{sv})", &all);
}

/* Takes over the secret of CreateItem: the properties, (session, parameters, value, type), replace */
static GVariant *keep(GDBusMessage *call)
{
	GVariant *body = g_dbus_message_get_body(call), *given = g_variant_get_child_value(body, 1);
	GVariant *bytes = g_variant_get_child_value(given, 2);
	gsize len = 0;
	const char *data = g_variant_get_fixed_array(bytes, &len, 1);

	if (strcmp(fault, "prompt") != 0 || strcmp(what, "done") == 0) {
		g_free(secret);
		secret = g_strndup(data, len);
	}
	return strcmp(fault, "prompt") == 0 ? g_variant_new("(oo)", "/", PROMPT) :
					      g_variant_new("(oo)", ITEM, "/");
}

static void prompt_ends(GDBusConnection *bus)
{
	if (strcmp(what, "held") == 0)
		return;
	(void)g_dbus_connection_emit_signal(
		bus, NULL, PROMPT, "org.freedesktop.Secret.Prompt", "Completed",
		g_variant_new("(bv)", strcmp(what, "dismissed") == 0,
			      g_variant_new_object_path(ITEM)), NULL);
}

/* The answer to a method; NULL: an error. */
static GVariant *answer(GDBusMessage *call, const char *path, const char *method)
{
	if (strcmp(method, "GetAll") == 0)
		return strcmp(path, TOP) == 0 || strcmp(path, COLLECTION) == 0 ||
			       strcmp(path, ITEM) == 0 ? properties(path) : NULL;
	if (strcmp(method, "ReadAlias") == 0)
		return g_variant_new("(o)", is("path", "alias") ? TOP "/collection/none" :
				     is("path", "root") ? "/" : COLLECTION);
	if (strcmp(method, "SearchItems") == 0)
		return g_variant_new("(@ao@ao)", list_of(secret != NULL), list_of(FALSE));
	if (strcmp(method, "GetSecrets") == 0) {
		GVariantBuilder all;

		g_variant_builder_init(&all, G_VARIANT_TYPE("a{o(oayays)}"));
		g_variant_builder_add(&all, "{o@(oayays)}", is("path", "other") ? "/" : ITEM,
				      value_of(TOP "/session/1"));
		return g_variant_new("(a{o(oayays)})", &all);
	}
	if (strcmp(method, "CreateItem") == 0)
		return keep(call);
	if (strcmp(method, "Delete") == 0)
		return g_variant_new("(o)", "/");
	if (strcmp(method, "Prompt") == 0 && !is("prompt", "refused"))
		return g_variant_new("()");
	if (strcmp(method, "OpenSession") == 0) {
		GVariant *way = g_variant_get_child_value(g_dbus_message_get_body(call), 0);

		if (strcmp(g_variant_get_string(way, NULL), "plain") == 0)
			return g_variant_new("(vo)", g_variant_new_string(""), TOP "/session/1");
	}
	return NULL;
}

static GDBusMessage *reply_to(GDBusConnection *bus, GDBusMessage *call, const char *path,
			      const char *method)
{
	const gboolean here = strcmp(what, method) == 0;
	GVariant *body;

	if (here && strcmp(fault, "gone") == 0)
		_exit(0);
	if (here && strcmp(fault, "flood") == 0)
		(void)g_thread_new("flood", flood, bus);
	if (here && (strcmp(fault, "silent") == 0 || strcmp(fault, "flood") == 0))
		return NULL;
	if (here && strcmp(fault, "error") == 0)
		return g_dbus_message_new_method_error_literal(
			call, "com.example.Refused", "no\n\033]0;title\aquit=1\r%s%n");
	GDBusMessage *reply = g_dbus_message_new_method_reply(call);

	if (here && strcmp(fault, "empty") == 0)
		return reply;
	body = here && strcmp(fault, "mistyped") == 0 ? g_variant_new("(u)", 7) :
						       answer(call, path, method);
	if (body != NULL) {
		g_dbus_message_set_body(reply, body);
		return reply;
	}
	g_object_unref(reply);
	return g_dbus_message_new_method_error_literal(
		call, strcmp(method, "OpenSession") == 0 ?
			      "org.freedesktop.DBus.Error.NotSupported" :
			      "org.freedesktop.DBus.Error.UnknownMethod", "no");
}

static GDBusMessage *filter(GDBusConnection *bus, GDBusMessage *call, gboolean incoming,
			    gpointer data)
{
	const char *path = g_dbus_message_get_path(call);

	(void)data;
	if (!incoming || g_dbus_message_get_message_type(call) != G_DBUS_MESSAGE_TYPE_METHOD_CALL ||
	    path == NULL || !g_str_has_prefix(path, TOP))
		return call;
	(void)puts(g_dbus_message_get_member(call));
	GDBusMessage *reply = reply_to(bus, call, path, g_dbus_message_get_member(call));

	if (reply != NULL)
		(void)g_dbus_connection_send_message(bus, reply, G_DBUS_SEND_MESSAGE_FLAGS_NONE,
						     NULL, NULL);
	if (strcmp(g_dbus_message_get_member(call), "Prompt") == 0 && !is("prompt", "refused"))
		prompt_ends(bus);
	g_object_unref(call);
	return NULL;
}

static void owned(GDBusConnection *bus, const char *name, gpointer data)
{
	(void)bus, (void)name, (void)data;
	(void)puts("ready");
}

int main(int argc, char *argv[])
{
	GError *error = NULL;
	guchar key[32];

	if (argc < 3)
		return 2;
	fault = argv[1];
	what = argv[2];
	if (argc > 3) {
		FILE *file = fopen(argv[3], "re");

		if (file == NULL || fread(key, 1, sizeof key, file) != sizeof key)
			return 2;
		(void)fclose(file);
		secret = g_base64_encode(key, sizeof key);
	}
	(void)setvbuf(stdout, NULL, _IOLBF, 0);
	GDBusConnection *bus = g_bus_get_sync(G_BUS_TYPE_SESSION, NULL, &error);

	if (bus == NULL) {
		(void)fprintf(stderr, "secrets: %s\n", error->message);
		return 1;
	}
	(void)g_dbus_connection_add_filter(bus, filter, NULL, NULL);
	(void)g_bus_own_name_on_connection(bus, "org.freedesktop.secrets",
					   G_BUS_NAME_OWNER_FLAGS_NONE, owned, NULL, NULL, NULL);
	g_main_loop_run(g_main_loop_new(NULL, FALSE));
	return 0;
}

/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "pam/memory/knowledge.h"

#include <stdio.h>
#include <string.h>

#include "lib/base/utf8.h"
#include "lib/data/json.h"
#include "lib/file/lock.h"
#include "lib/file/privatefile.h"

#define KNOWLEDGE_MAX (16 * 1024)
#define KNOWLEDGE_VERSION 1
#define COOLDOWN 30000	/* ms */
/* ms that a verification is believed without `recheck`, at most */
#define LIFE_MAX (3600 * 1000)
#define COUNT(array) (sizeof(array) / sizeof *(array))
#define NAME_SIZE (FT_ACCOUNT_NAME_MAX + FT_PERSON_KEY_SIZE + 16)

static const char *const names[] = {
	[FT_KNOWN_NOTHING] = "nothing", [FT_KNOWN_FRESH] = "fresh",
	[FT_KNOWN_LOGIN_NEEDED] = "needs-login", [FT_KNOWN_DISABLED] = "disabled",
};

static const char *const endings[] = {
	[FT_KNOWN_SIGN_IN] = "seen", [FT_KNOWN_PERSON] = "person",
};

/* Unique: account names have no "~". */
static void file_name(const struct ft_call *call, const char *ending, char ret[NAME_SIZE])
{
	char key[FT_PERSON_KEY_SIZE];

	ft_person_key(&call->person, key);
	(void)snprintf(ret, NAME_SIZE, "%s~%s.%s", call->account->name, key, ending);
}

static bool same(struct json_object *object, const char *key, const char *value)
{
	const char *text = ft_json_string(object, key);

	return text == NULL || value == NULL ? text == value : strcmp(text, value) == 0;
}

static bool is_of(const struct ft_call *call, struct json_object *object)
{
	struct json_object *of = NULL;

	return json_object_object_get_ex(object, "of", &of) &&
	       same(of, "account", call->account->name) && same(of, "user", call->person.name) &&
	       same(of, "provider", call->account->provider) &&
	       same(of, "server", call->service.server) &&
	       same(of, "client_id", call->account->client_id) &&
	       same(of, "subject", call->person.subject);
}

static void copy_text(char *to, size_t size, const char *from)
{
	(void)snprintf(to, size, "%s", from != NULL ? from : "");
}

static void parse_moment(struct json_object *object, const char *key, struct ft_moment *ret)
{
	struct json_object *moment = NULL;

	if (!json_object_object_get_ex(object, key, &moment))
		return;
	ret->real = ft_json_int(moment, "real", 0);
	ret->boot = ft_json_int(moment, "boot", 0);
	copy_text(ret->boot_id, sizeof ret->boot_id, ft_json_string(moment, "boot_id"));
}

/* "why" has text, the service's words and a remedy; an older version wrote one string, "reason". */
static void parse_why(struct json_object *object, struct ft_error *ret)
{
	struct json_object *why = NULL;

	(void)json_object_object_get_ex(object, "why", &why);
	const char *text = ft_json_string(why, "text"), *remedy = ft_json_string(why, "remedy");

	if (text == NULL)
		text = ft_json_string(object, "reason");
	(void)ft_error_set(ret, FT_OK, "%s", text != NULL ? text : "");
	ft_error_foreign(ret, ft_json_string(why, "service_says"));
	(void)ft_error_remedy(ret, FT_OK, "%s", remedy != NULL ? remedy : "");
}

int ft_knowledge_parse(const struct ft_call *call, const char *text, size_t len,
		       struct ft_knowledge *ret, struct ft_error *err)
{
	struct ft_knowledge new = FT_KNOWLEDGE_INIT;
	struct json_object *object = NULL;
	int r = ft_json_parse(text, len, 3, "what is known of a person", &object, err);

	if (r != 0)
		return r;
	const char *known = ft_json_string(object, "known");

	if (ft_json_int(object, "version", 0) == KNOWLEDGE_VERSION && known != NULL &&
	    is_of(call, object)) {
		for (unsigned i = 0; i < sizeof names / sizeof *names; i++)
			if (strcmp(known, names[i]) == 0)
				new.known = (enum ft_known)i;
		parse_moment(object, "verified", &new.verified);
		parse_moment(object, "told", &new.told);
		parse_moment(object, "down", &new.down);
		new.lifetime = ft_json_int(object, "lifetime", -1);
		copy_text(new.refresh_token, sizeof new.refresh_token,
			  ft_json_string(object, "refresh_token"));
		copy_text(new.access_token, sizeof new.access_token,
			  ft_json_string(object, "access_token"));
		parse_why(object, &new.why);
	}
	json_object_put(object);
	*ret = new;
	return 0;
}

static int add_moment(struct json_object *object, const char *key, const struct ft_moment *moment)
{
	struct json_object *value = NULL;

	if (moment->real == 0)
		return 0;
	value = json_object_new_object();
	int r = ft_json_add(object, key, value);

	r = r != 0 ? r : ft_json_add_int(value, "real", moment->real);
	r = r != 0 ? r : ft_json_add_int(value, "boot", moment->boot);
	return r != 0 ? r : ft_json_add_string(value, "boot_id", moment->boot_id);
}

static int add_text(struct json_object *object, const char *key, const char *value)
{
	return value == NULL || !ft_utf8_valid(value, strlen(value)) ? 0 :
	       ft_json_add_string(object, key, value);
}

/* A separate object, because json-c mishandles a failed allocation when an object grows beyond ten
 * members. */
static int add_of(const struct ft_call *call, struct json_object *object)
{
	struct json_object *of = json_object_new_object();
	int r = ft_json_add(object, "of", of);

	r = r != 0 ? r : add_text(of, "account", call->account->name);
	r = r != 0 ? r : add_text(of, "user", call->person.name);
	r = r != 0 ? r : add_text(of, "provider", call->account->provider);
	r = r != 0 ? r : add_text(of, "server", call->service.server);
	r = r != 0 ? r : add_text(of, "client_id", call->account->client_id);
	return r != 0 ? r : add_text(of, "subject", call->person.subject);
}

static int add_why(struct json_object *object, const struct ft_error *words)
{
	struct json_object *why = json_object_new_object();
	int r = ft_json_add(object, "why", why);

	r = r != 0 ? r : add_text(why, "text", words->text);
	r = r != 0 ? r : add_text(why, "service_says", words->foreign);
	return r != 0 ? r : add_text(why, "remedy", words->remedy);
}

int ft_knowledge_format(const struct ft_call *call, const struct ft_knowledge *knowledge,
			struct ft_buf *ret, struct ft_error *err)
{
	struct json_object *object = json_object_new_object();
	const char *text = NULL;
	size_t len = 0;
	int r = ft_json_add_int(object, "version", KNOWLEDGE_VERSION);

	r = r != 0 ? r : add_of(call, object);
	r = r != 0 ? r : add_text(object, "known", names[knowledge->known]);
	r = r != 0 ? r : add_moment(object, "verified", &knowledge->verified);
	r = r != 0 ? r : add_moment(object, "told", &knowledge->told);
	r = r != 0 ? r : add_moment(object, "down", &knowledge->down);
	r = r != 0 ? r : ft_json_add_int(object, "lifetime", knowledge->lifetime);
	r = r != 0 ? r : add_text(object, "refresh_token", knowledge->refresh_token);
	r = r != 0 ? r : add_text(object, "access_token", knowledge->access_token);
	r = r != 0 ? r : add_why(object, &knowledge->why);
	if (r == 0 && (text = ft_json_text(object, &len)) != NULL)
		ft_buf_add(ret, text, len);
	json_object_put(object);
	return r != 0 || text == NULL ? ft_error_memory(err) :
	       ft_buf_check(ret, "what is known of a person", err);
}

const char *ft_known_name(enum ft_known known)
{
	return names[known];
}

const char *ft_known_of_name(enum ft_known_of of)
{
	return of == FT_KNOWN_PERSON ? "person" : "sign-in";
}

bool ft_knowledge_peek(const char *name, const char *text, size_t len, enum ft_known *ret_known,
		       enum ft_known_of *ret_of, char *ret_account)
{
	const char *dot = strrchr(name, '.');
	struct json_object *object = NULL, *of = NULL;
	size_t kind = 0, known = 0;
	bool found = false;

	while (kind < COUNT(endings) && (dot == NULL || strcmp(dot + 1, endings[kind]) != 0))
		kind++;
	if (kind == COUNT(endings) ||
	    ft_json_parse(text, len, 3, "what is known of a person", &object, NULL) != 0)
		return false;
	const char *word = ft_json_string(object, "known");
	const char *account = json_object_object_get_ex(object, "of", &of) ?
				      ft_json_string(of, "account") : NULL;

	while (known < COUNT(names) && (word == NULL || strcmp(word, names[known]) != 0))
		known++;
	if (ft_json_int(object, "version", 0) == KNOWLEDGE_VERSION && known < COUNT(names) &&
	    account != NULL && ft_account_name_valid(account)) {
		*ret_known = (enum ft_known)known;
		*ret_of = (enum ft_known_of)kind;
		copy_text(ret_account, FT_ACCOUNT_NAME_MAX + 1, account);
		found = true;
	}
	json_object_put(object);
	return found;
}

int ft_knowledge_read(const struct ft_call *call, enum ft_known_of of, struct ft_knowledge *ret,
		      struct ft_error *err)
{
	struct ft_folder folder = FT_FOLDER_INIT;
	struct ft_buf text = FT_BUF_INIT(KNOWLEDGE_MAX);
	char name[NAME_SIZE];
	int r = ft_folder_open(call->ft.places.state, false, &folder, err);

	file_name(call, endings[of], name);
	*ret = (struct ft_knowledge)FT_KNOWLEDGE_INIT;
	if (r == 0)
		r = ft_private_read(&folder, name, &text, err);
	if (r == 0 &&
	    ft_knowledge_parse(call, text.data, text.len, ret, err) != 0)
		*ret = (struct ft_knowledge)FT_KNOWLEDGE_INIT;
	ft_folder_close(&folder);
	ft_buf_release(&text);
	return r == FT_NOT_FOUND ? 0 : r;
}

int ft_knowledge_write(const struct ft_call *call, enum ft_known_of of,
		       const struct ft_knowledge *knowledge, struct ft_error *err)
{
	struct ft_replacement replacement = FT_REPLACEMENT_INIT;
	struct ft_folder folder = FT_FOLDER_INIT;
	struct ft_buf text = FT_BUF_INIT(KNOWLEDGE_MAX);
	char name[NAME_SIZE];
	int r = ft_knowledge_format(call, knowledge, &text, err);

	file_name(call, endings[of], name);
	if (r == 0)
		r = ft_folder_open(call->ft.places.state, true, &folder, err);
	if (r == 0)
		r = ft_replacement_prepare(&folder, name, "next", text.len, &replacement, err);
	if (r == 0)
		r = ft_replacement_commit(&replacement, text.data, text.len, err);
	ft_folder_close(&folder);
	ft_buf_release(&text);
	return r;
}

int ft_knowledge_remove(const struct ft_call *call, enum ft_known_of of, struct ft_error *err)
{
	struct ft_folder folder = FT_FOLDER_INIT;
	char name[NAME_SIZE];
	int r = ft_folder_open(call->ft.places.state, false, &folder, err);

	file_name(call, endings[of], name);
	if (r == 0)
		r = ft_private_remove(&folder, name, err);
	ft_folder_close(&folder);
	return r == FT_NOT_FOUND ? 0 : r;
}

int ft_knowledge_lock(const struct ft_call *call, const char *which, int64_t deadline, int *ret_fd,
		      struct ft_error *err)
{
	struct ft_folder folder = FT_FOLDER_INIT;
	char name[NAME_SIZE];
	int r = ft_folder_open(call->ft.places.state, true, &folder, err);

	file_name(call, which, name);
	if (r == 0)
		r = ft_lock_await(&folder, name, deadline, ret_fd, err);
	ft_folder_close(&folder);
	return r;
}

/* ms since the verification; -1: there is none, or the clocks cannot tell. */
static int64_t age(const struct ft_knowledge *knowledge, const struct ft_moment *now)
{
	return knowledge->known != FT_KNOWN_FRESH || knowledge->verified.real == 0 ? -1 :
	       ft_moment_since(now, &knowledge->verified);
}

bool ft_knowledge_is_within(const struct ft_knowledge *knowledge, const struct ft_moment *now,
			    int64_t seconds)
{
	const int64_t ms = age(knowledge, now);

	return ms >= 0 && ms <= seconds * 1000;
}

bool ft_knowledge_is_fresh(const struct ft_knowledge *knowledge, const struct ft_moment *now,
			   int64_t recheck)
{
	const int64_t ms = age(knowledge, now), limit = recheck >= 0 ? recheck * 1000 :
		      knowledge->lifetime < LIFE_MAX ? knowledge->lifetime : LIFE_MAX;

	/* Less than, not equal: recheck = 0 means every time. */
	return ms >= 0 && ms < limit;
}

bool ft_knowledge_is_cooling(const struct ft_knowledge *knowledge, const struct ft_moment *now,
			     int64_t recheck)
{
	const int64_t ms = knowledge->down.real != 0 ? ft_moment_since(now, &knowledge->down) : -1;

	/* A failure is remembered no longer than `recheck` allows for an answer. */
	return ms >= 0 && ms < COOLDOWN && (recheck < 0 || ms < recheck * 1000);
}

/* SPDX-License-Identifier: MIT */
/*
 * The checker's token is cached in NAME.token, in a separate folder below root's state folder. If
 * it is lost, the next login gets a new one. One exchange, successful or not, serves all logins
 * that wait for it.
 */
#include "config.h"
#include "pam/directory/directory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "lib/base/fingerprint.h"
#include "lib/data/json.h"
#include "lib/exchange/judge.h"
#include "lib/file/lock.h"
#include "lib/file/privatefile.h"
#include "lib/source/source.h"

#define FILE_MAX (256 * 1024)
#define NAME_SIZE (FT_ACCOUNT_NAME_MAX + 16)
#define COOLDOWN 30000		/* ms without an exchange after the service was down */
/* ms that a token is used if it lives longer, or does not say how long */
#define LIFE_MAX (3600 * 1000)
#define LIFE_LEFT 30000		/* ms that a token must still live to be used */
#define SECRET_MAX (64 * 1024)

struct kept {
	struct ft_secret token;
	struct ft_moment issued;
	int64_t lifetime;		/* ms */
	struct ft_moment failed;	/* when the last exchange failed; real 0: it did not */
	bool down;			/* it failed because the service is down */
	struct ft_error why;
};

int ft_checker_folder(const struct ft_call *call, struct ft_folder *ret, struct ft_error *err)
{
	struct ft_folder state = FT_FOLDER_INIT;
	char *path = ft_places_join(call->ft.places.state, "checker");
	/* Makes the parent first: as a mere parent of the other it would get an open mode. */
	int r = path != NULL ? ft_folder_open(call->ft.places.state, true, &state, err) :
			       ft_error_memory(err);

	if (r == 0)
		r = ft_folder_open(path, true, ret, err);
	ft_folder_close(&state);
	free(path);
	return r;
}

/* Of the configuration that a token was got with; a token of another configuration is not used. */
static void fingerprint(const struct ft_call *call, char ret[FT_FINGERPRINT_SIZE])
{
	const struct ft_account *a = call->checker;
	const char *const parts[] = {
		ft_account_grant(a), a->provider, call->checker_service.server, a->client_id,
		a->scope, a->resource, a->audience, a->from, ft_account_secret_file(a),
	};
	struct ft_buf text = FT_BUF_INIT(SECRET_MAX);

	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
		ft_buf_addf(&text, "%s\n", parts[i] != NULL ? parts[i] : "");
	for (size_t i = 0; i < a->n_params; i++)
		ft_buf_addf(&text, "%s=%s\n", a->params[i].name, a->params[i].value);
	const struct ft_secret all = { text.data, text.failed ? 0 : text.len };

	ft_fingerprint(&all, ret);
	ft_buf_release(&text);
}

static void parse_moment(struct json_object *object, const char *key, struct ft_moment *ret)
{
	struct json_object *moment = NULL;
	const char *boot_id;

	if (!json_object_object_get_ex(object, key, &moment))
		return;
	boot_id = ft_json_string(moment, "boot_id");
	ret->real = ft_json_int(moment, "real", 0);
	ret->boot = ft_json_int(moment, "boot", 0);
	(void)snprintf(ret->boot_id, sizeof ret->boot_id, "%s", boot_id != NULL ? boot_id : "");
}

/* Leaves *ret empty if the file is damaged, or of another configuration. FT_NO_MEMORY. */
static int parse(const struct ft_call *call, const struct ft_buf *text, struct kept *ret)
{
	struct json_object *object = NULL;
	char of[FT_FINGERPRINT_SIZE];
	int r = 0;

	if (ft_json_parse(text->data, text->len, 3, "the checker's token", &object, NULL) != 0)
		return 0;
	fingerprint(call, of);
	const char *made = ft_json_string(object, "of"), *why = ft_json_string(object, "why");

	if (made != NULL && strcmp(made, of) == 0) {
		r = ft_json_secret(object, "access_token", &ret->token);
		parse_moment(object, "issued", &ret->issued);
		parse_moment(object, "failed", &ret->failed);
		ret->lifetime = ft_json_int(object, "lifetime", 0);
		ret->down = ft_json_bool(object, "down", false);
		(void)ft_error_unpack(&ret->why, FT_OK, why != NULL ? why : "");
	}
	json_object_put(object);
	return r;
}

static int read_kept(const struct ft_call *call, const struct ft_folder *folder, const char *name,
		     struct kept *ret, struct ft_error *err)
{
	struct ft_buf text = FT_BUF_INIT(FILE_MAX);
	int r = ft_private_read(folder, name, &text, err);

	if (r == 0 && parse(call, &text, ret) != 0)
		r = ft_error_memory(err);
	ft_buf_release(&text);
	return r == FT_NOT_FOUND ? 0 : r;
}

static int add_moment(struct json_object *object, const char *key, const struct ft_moment *moment)
{
	struct json_object *value = json_object_new_object();
	int r = ft_json_add(object, key, value);

	r = r != 0 ? r : ft_json_add_int(value, "real", moment->real);
	r = r != 0 ? r : ft_json_add_int(value, "boot", moment->boot);
	return r != 0 ? r : ft_json_add_string(value, "boot_id", moment->boot_id);
}

static int format(const struct ft_call *call, const struct kept *kept, struct ft_buf *ret)
{
	struct json_object *object = json_object_new_object();
	char of[FT_FINGERPRINT_SIZE], packed[FT_ERROR_LINE];
	const char *text = NULL;
	size_t len = 0;
	int r;

	fingerprint(call, of);
	r = ft_json_add_string(object, "of", of);
	if (r == 0 && kept->token.data != NULL) {
		r = ft_json_add_string(object, "access_token", kept->token.data);
		r = r != 0 ? r : add_moment(object, "issued", &kept->issued);
		r = r != 0 ? r : ft_json_add_int(object, "lifetime", kept->lifetime);
	}
	if (r == 0 && kept->failed.real != 0) {
		r = add_moment(object, "failed", &kept->failed);
		r = r != 0 ? r : ft_json_add(object, "down", json_object_new_boolean(kept->down));
		r = r != 0 ? r : ft_json_add_string(object, "why",
						    ft_error_pack(&kept->why, packed));
	}
	if (r == 0 && (text = ft_json_text(object, &len)) != NULL)
		ft_buf_add(ret, text, len);
	json_object_put(object);
	return r != 0 || text == NULL || ret->failed ? FT_NO_MEMORY : 0;
}

/* An error is only logged: the next login gets a new token. */
static void write_kept(const struct ft_call *call, const struct ft_folder *folder,
		       const char *name, const struct kept *kept)
{
	struct ft_replacement replacement = FT_REPLACEMENT_INIT;
	struct ft_buf text = FT_BUF_INIT(FILE_MAX);
	struct ft_error err = FT_ERROR_INIT;
	int r = format(call, kept, &text) == 0 ? 0 : ft_error_memory(&err);

	if (r == 0)
		r = ft_replacement_prepare(folder, name, "next", text.len, &replacement, &err);
	if (r == 0)
		r = ft_replacement_commit(&replacement, text.data, text.len, &err);
	if (r != 0)
		ft_log_error(call, LOG_ERR, "the checker's token cannot be kept", &err);
	ft_buf_release(&text);
}

static bool lives(const struct kept *kept, const struct ft_moment *now)
{
	const int64_t age = ft_moment_since(now, &kept->issued);
	const int64_t left = kept->lifetime > 2 * LIFE_LEFT ? LIFE_LEFT : kept->lifetime / 2;

	return kept->token.data != NULL && age >= 0 && age < kept->lifetime - left;
}

static struct ft_finding down_or_untold(bool down, const struct ft_error *why)
{
	return ft_found_error(down ? FT_PAM_DOWN : FT_PAM_UNTOLD, why,
			      "there is no token to ask the directory with");
}

/* Whether the service failed. Only root can influence this request, so no user has caused it. */
static bool is_down(const struct ft_facts *facts)
{
	return !facts->local && (facts->status == 0 || facts->status >= 500);
}

static struct ft_finding exchange(struct ft_call *call, struct kept *kept)
{
	struct ft_service *service = &call->checker_service;
	struct ft_variables variables = { .id = NULL };
	struct ft_facts facts = FT_FACTS_INIT;
	struct ft_judgement judgement = FT_JUDGEMENT_INIT;
	struct ft_moment sent;
	struct ft_error err = FT_ERROR_INIT;
	bool down = false;
	int r = ft_service_prepare(service, FT_REQUEST_GRANT, &err);

	if (r != 0)
		down = r == FT_TEMPORARY && !service->unshown;
	ft_moment_now(&sent);
	if (r == 0)
		r = ft_source_bring(service, &variables, &err);
	if (r == 0)
		r = ft_service_request(service, FT_REQUEST_GRANT, &variables, &facts, &err);
	if (r == 0)
		r = ft_judge(&service->profile, &facts, NULL, &sent, &judgement, &err);
	if (r == 0 && judgement.outcome != FT_OUTCOME_FRESH) {
		down = judgement.outcome == FT_OUTCOME_TRANSIENT && is_down(&facts);
		r = ft_error_copy(&err, FT_TEMPORARY, &judgement.why);
	}
	ft_secret_release(&kept->token);
	kept->failed = (struct ft_moment){ .real = 0 };
	if (r == 0) {
		ft_secret_move(&kept->token, &judgement.access_token);
		kept->issued = sent;
		kept->lifetime = judgement.lifetime >= 0 && judgement.lifetime < LIFE_MAX ?
					 judgement.lifetime : LIFE_MAX;
	} else {
		ft_moment_now(&kept->failed);
		kept->down = down;
		kept->why = err;
	}
	ft_judgement_release(&judgement);
	ft_facts_release(&facts);
	ft_variables_release(&variables);
	return r == 0 ? ft_found(FT_PAM_FRESH, "%s", "") :
	       r == FT_NO_MEMORY ? ft_found_wrong(&err) : down_or_untold(down, &err);
}

/* Runs under the lock, if there is one. */
static struct ft_finding get(struct ft_call *call, const struct ft_folder *folder,
			     const char *name, const struct ft_secret *rejected,
			     const struct ft_moment *begin, struct ft_secret *ret)
{
	struct ft_finding finding = ft_found(FT_PAM_FRESH, "%s", "");
	struct kept kept = { .lifetime = 0 };
	struct ft_moment now;
	struct ft_error err;

	if (read_kept(call, folder, name, &kept, &err) != 0) {
		ft_log_error(call, LOG_ERR, "the checker's token cannot be read", &err);
		ft_secret_release(&kept.token);
		kept = (struct kept){ .lifetime = 0 };
	}
	ft_moment_now(&now);
	const int64_t since = kept.failed.real != 0 ? ft_moment_since(&now, &kept.failed) : -1;
	const bool refused = rejected != NULL && kept.token.data != NULL &&
			     ft_secret_equal(rejected, kept.token.data, kept.token.len);

	/* A failure is remembered no longer than `recheck` allows for an answer. */
	const int64_t recheck = call->options.recheck;
	const int64_t cool = recheck >= 0 && recheck * 1000 < COOLDOWN ? recheck * 1000 : COOLDOWN;

	if (since >= 0 && ((kept.down && since < cool) ||
			   ft_moment_since(&kept.failed, begin) >= 0)) {
		finding = down_or_untold(kept.down, &kept.why);
	} else if (!lives(&kept, &now) || refused) {
		finding = exchange(call, &kept);
		write_kept(call, folder, name, &kept);
	}
	if (finding.situation == FT_PAM_FRESH)
		ft_secret_move(ret, &kept.token);
	ft_secret_release(&kept.token);
	return finding;
}

struct ft_finding ft_checker_token(struct ft_call *call, const struct ft_secret *rejected,
				   int64_t deadline, struct ft_secret *ret)
{
	struct ft_folder folder = FT_FOLDER_INIT;
	char name[NAME_SIZE], lock_name[NAME_SIZE];
	struct ft_finding finding;
	struct ft_moment begin;
	struct ft_error err;
	int lock = -1;

	ft_moment_now(&begin);
	(void)snprintf(name, sizeof name, "%s.token", call->checker->name);
	(void)snprintf(lock_name, sizeof lock_name, "%s.lock", call->checker->name);
	int r = ft_checker_folder(call, &folder, &err);

	if (r == 0)
		r = ft_lock_await(&folder, lock_name, deadline, &lock, &err);
	/* A read-only disk must not keep people out. */
	if (r == 0 || r == FT_SYSTEM)
		finding = get(call, &folder, name, rejected, &begin, ret);
	else if (r == FT_BUSY)
		finding = ft_found(FT_PAM_UNTOLD,
				   "other logins still wait for the checker's token");
	else
		finding = ft_found_wrong(&err);
	if (lock >= 0)
		(void)close(lock);
	ft_folder_close(&folder);
	return finding;
}

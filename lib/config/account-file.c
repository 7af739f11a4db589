/* SPDX-License-Identifier: MIT */
/* account-file.c - reads the accounts from the system's freshtoken.conf, its conf.d and the user's
 * file */
#include "config.h"
#include "lib/config/account.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/buffer.h"
#include "lib/base/url.h"
#include "lib/config/account-keys.h"
#include "lib/config/conf-d.h"
#include "lib/config/inifile.h"

#define COUNT(array) (sizeof (array) / sizeof *(array))

static const struct ft_pam_defaults no_pam_defaults = {
	.strict = -1, .permissive = -1, .ignore_unknown_user = -1, .no_hint = -1, .debug = -1,
	.unmapped = -1, .recheck = -1, .max_offline = -1, .wait = -1,
	.minimum_uid = -1, .maximum_uid = -1,
};

enum section { NO_SECTION, IN_ACCOUNT, IN_STORE, IN_FLEET, IN_PAM };

struct loader {
	struct ft_accounts *accounts;
	struct ft_account *account;	/* the account whose section is being read */
	const char *file;
	const char *given;		/* a file that is read as `text`; NULL: none */
	const char *text;		/* of length len */
	size_t len;
	bool system;
	bool usable;			/* note errors in the user's file … */
	bool all;			/* … and in the system's, and go on */
	bool in_pam;			/* this file has a section [pam] */
	enum section section;
	struct ft_store_section store;
	struct ft_pam_defaults pam;
	struct ft_seen seen;
	size_t size;			/* allocated length of accounts->list */
	size_t earlier;			/* how many accounts are from earlier files */
};

static void release_account(struct ft_account *account)
{
	ft_keys_release(ft_account_keys, ft_account_keys_count, account);
	for (size_t i = 0; i < account->n_params; i++) {
		free(account->params[i].name);
		free(account->params[i].value);
	}
	free(account->params);
	ft_secret_release(&account->registered_secret);
	free(account->name);
}

static bool is_noted(const struct ft_accounts *accounts, const struct ft_account *account)
{
	size_t others = 0;

	for (size_t i = 0; i < accounts->n_problems; i++)
		others += accounts->problems[i].account == NULL;
	return account != NULL ? account->broken : others >= FT_PROBLEMS_MAX;
}

/* Notes an error, of each account the first; account NULL: it is about no account. Returns
 * FT_NO_MEMORY or 0. */
static int note(struct ft_accounts *accounts, struct ft_account *account, struct ft_error *err)
{
	if (is_noted(accounts, account))
		return 0;
	struct ft_problem *list =
		reallocarray(accounts->problems, accounts->n_problems + 1, sizeof *list);

	if (list == NULL)
		return ft_error_memory(err);
	accounts->problems = list;
	list += accounts->n_problems++;
	*list = (struct ft_problem){ .error = *err };
	if (account != NULL) {
		size_t file = strlen(account->file);

		if (strncmp(err->text, account->file, file) == 0)
			list->place = file + strspn(err->text + file, ":0123456789 ");
		list->account = strdup(account->name);
		account->broken = true;
	}
	if (account != NULL && list->account == NULL)
		return ft_error_memory(err);
	return 0;
}

static int begin_account(struct loader *l, const char *name, unsigned line,
			 struct ft_error *err)
{
	struct ft_account new = {
		.file = l->file, .line = line, .system = l->system,
		.timeout = 60, .wait = 10, .eager = -1,
		.replay = FT_REPLAY_UNSET, .device_rate = FT_DEVICE_RATE,
	};
	struct ft_accounts *accounts = l->accounts;
	struct ft_account *place = NULL;

	if (!ft_account_name_valid(name)) {
		(void)ft_account_check_name(name, err);
		ft_error_prefix(err, "[account NAME]");
		return FT_CONFIG;
	}
	/* Within one file a second section of the same name is an error. */
	for (size_t i = 0; i < l->earlier && place == NULL; i++)
		if (strcmp(accounts->list[i].name, name) == 0)
			place = &accounts->list[i];
	if (place == NULL && accounts->n == l->size) {
		size_t size = l->size > 0 ? 2 * l->size : 8;
		struct ft_account *list = reallocarray(accounts->list, size, sizeof *list);

		if (list == NULL)
			return ft_error_memory(err);
		accounts->list = list;
		l->size = size;
	}
	new.name = strdup(name);
	if (new.name == NULL)
		return ft_error_memory(err);
	if (place != NULL)
		release_account(place);
	else
		place = &accounts->list[accounts->n++];
	*place = new;
	l->account = place;
	return 0;
}

static int begin_section(struct loader *l, const struct ft_ini_line *line,
			 struct ft_error *err)
{
	static const char *const known[] = { "account", "store", "fleet", "pam" };
	size_t word = 0;

	while (line->section[word] != '\0' && line->section[word] != ' ' &&
	       line->section[word] != '\t')
		word++;

	l->seen = (struct ft_seen){ 0 };
	l->section = NO_SECTION;
	if (strcmp(line->section, "store") == 0) {
		l->section = IN_STORE;
	} else if (strcmp(line->section, "fleet") == 0) {
		l->section = IN_FLEET;
		return ft_fleet_section_add(&l->accounts->fleets, l->file, line->line) == 0 ?
			       0 : ft_error_memory(err);
	} else if (strcmp(line->section, "pam") == 0) {
		l->section = IN_PAM;
		l->in_pam = true;
	} else if (word == strlen("account") && memcmp(line->section, "account", word) == 0) {
		const char *name = line->section + word;

		l->section = IN_ACCOUNT;
		return begin_account(l, name + (*name == ' '), line->line, err);
	} else {
		return ft_unknown("section", line->section, known, COUNT(known), err);
	}
	return 0;
}

/* param.NAME: a value for the profile's ${param.NAME}. */
static int set_param(struct ft_account *account, const struct ft_ini_line *line,
		     struct ft_error *err)
{
	const char *name = line->name + strlen("param.");

	if (!ft_account_name_valid(name))
		return ft_error_set(err, FT_CONFIG, "%s: a parameter's name has 1 to 40 letters,"
				    " digits, \"-\", \"_\" and \".\"", line->name);
	for (size_t i = 0; i < account->n_params; i++)
		if (strcmp(account->params[i].name, name) == 0)
			return ft_error_set(err, FT_CONFIG, "%s: %s", line->name, line->continued ?
					    "its value is one line" :
					    "it may be given only once");
	if (line->value[0] == '\0')
		return ft_error_set(err, FT_CONFIG, "%s: the value is empty", line->name);

	struct ft_param *params = reallocarray(account->params, account->n_params + 1,
					       sizeof *params);

	if (params == NULL)
		return ft_error_memory(err);
	account->params = params;
	params += account->n_params++;
	params->name = strdup(name);
	params->value = strdup(line->value);
	return params->name != NULL && params->value != NULL ? 0 : ft_error_memory(err);
}

static int handle(void *user, const struct ft_ini_line *line, struct ft_error *err)
{
	struct loader *l = user;

	if (line->name == NULL)
		return begin_section(l, line, err);
	if (l->section == IN_STORE)
		return ft_key_set(ft_store_keys, ft_store_keys_count, &l->store, &l->seen, line,
				  err);
	if (l->section == IN_FLEET)
		return ft_key_set(ft_fleet_keys, ft_fleet_keys_count,
				  l->accounts->fleets, &l->seen, line, err);
	if (l->section == IN_PAM)
		return ft_key_set(ft_pam_keys, ft_pam_keys_count, &l->pam, &l->seen, line, err);
	if (strncmp(line->name, "param.", strlen("param.")) == 0)
		return set_param(l->account, line, err);
	return ft_key_set(ft_account_keys, ft_account_keys_count, l->account, &l->seen, line, err);
}

/* Handles an error in a line: notes it. Returns FT_NO_MEMORY or 0. */
static int trouble(void *user, const struct ft_ini_line *line, bool section, struct ft_error *err)
{
	static const char prefix[] = "account ";
	struct loader *l = user;
	struct ft_account *account = l->section == IN_ACCOUNT ? l->account : NULL;

	/* If the seal line cannot be read, nothing may be stored in clear. */
	if (l->section == IN_STORE ||
	    (section && line->section != NULL && strcmp(line->section, "store") == 0))
		if (ft_seal_line_break(&l->accounts->seals[!l->system], l->file, err) != 0)
			return FT_NO_MEMORY;
	if (l->section == IN_FLEET)
		l->accounts->fleets->broken = true;
	if (section) {
		/* Of two sections of one name nobody knows which is meant, so the account is
		 * broken. */
		const char *name = line->section != NULL && strncmp(line->section, prefix,
								    strlen(prefix)) == 0 ?
					   line->section + strlen(prefix) :
					   "";
		const struct ft_account *known = ft_accounts_find(l->accounts, name);

		account = known != NULL ? &l->accounts->list[known - l->accounts->list] : NULL;
		l->section = NO_SECTION;
	}
	return note(l->accounts, account, err);
}

/* Whether the files and client_auth fit each other. If the profile sets client_auth, that is
 * checked when a request is made. */
static const char *wrong_proof(const struct ft_account *a)
{
	const bool tls = a->client_cert_file != NULL || a->client_key_file != NULL;

	switch (a->client_auth) {
	case FT_CLIENT_AUTH_UNSET:
		return tls && a->client_secret_file != NULL ?
			       "client_secret_file: client_cert_file excludes it" : NULL;
	case FT_CLIENT_AUTH_NONE:
		/* Its grant may sign with that key. */
		return a->client_secret_file != NULL && !ft_account_derives(a) ?
			       "client_secret_file: client_auth = none does not use it" :
		       tls ? "client_cert_file: only client_auth = tls uses it" : NULL;
	case FT_CLIENT_AUTH_SOURCE:
		return tls ? "client_cert_file: only client_auth = tls uses it" :
		       a->from == NULL ? "client_auth: source needs from" : NULL;
	case FT_CLIENT_AUTH_TLS:
		return a->client_secret_file != NULL ?
			       "client_secret_file: client_auth = tls does not use it" :
		       a->client_cert_file == NULL || a->client_key_file == NULL ||
					a->client_id == NULL ?
			       "client_auth: tls needs client_id, client_cert_file and "
			       "client_key_file" : NULL;
	default:
		return tls ? "client_cert_file: only client_auth = tls uses it" :
		       a->client_secret_file == NULL || a->client_id == NULL ?
			       "client_auth: it needs client_id and client_secret_file" : NULL;
	}
}

/* Checks what depends on more than one line of the account. */
static int finish_account(struct ft_accounts *accounts, struct ft_account *a,
			  struct ft_error *err)
{
	const char *wrong = NULL;

	if (a->server != NULL)
		ft_url_trim_server(a->server);
	if (a->provider == NULL && (a->provider = strdup("oauth2")) == NULL)
		return ft_error_memory(err);
	if (a->broken)
		return 0;
	const struct ft_account *source = ft_accounts_source(accounts, a);

	if (ft_account_from(a) == FT_FROM_ACCOUNT && source == NULL)
		return ft_error_set(err, FT_CONFIG, "from: there is no account %.64s" FT_REMEDY
				    "write one, or file:PATH, env:NAME, exec:PATH or "
				    "github-actions", a->from);
	if (source == a)
		wrong = "from: expected the name of another account";
	else if (a->from != NULL && !ft_account_derives(a))
		wrong = "from: grant = refresh renews a sign-in and uses no source";
	else if (a->id_token && ft_account_derives(a))
		wrong = "id_token: a machine account has no ID token";
	else if (a->id_token && a->client_id == NULL && !a->register_client)
		wrong = "id_token: it needs client_id, because an ID token is for one client";
	else
		wrong = wrong_proof(a);
	if (wrong != NULL)
		return ft_error_set(err, FT_CONFIG, "%s", wrong);
	if (ft_account_finish_token_file(a, err) != 0)
		return FT_CONFIG;
	int r = ft_account_finish_fleet(accounts, a, err);

	if (r != 0)
		return r;
	const char *secret = ft_account_secret_file(a);

	a->pam_only = secret != NULL && faccessat(AT_FDCWD, secret, R_OK, AT_EACCESS) != 0 &&
		      errno == EACCES;
	return 0;
}

/* Checks that `from`, over any number of accounts, does not lead back to the account. */
static int check_from(const struct ft_accounts *accounts, const struct ft_account *a,
		      struct ft_error *err)
{
	const struct ft_account *source = a;
	struct ft_buf way = FT_BUF_INIT(512);

	/* Limited to n steps, because a cycle need not contain this account. A user's broken
	 * account is not followed from the system's: its `from` may be wrong. */
	for (size_t i = 0; i < accounts->n && source != NULL; i++) {
		source = ft_accounts_source(accounts, source);
		if (source == a || (source != NULL && source->broken && a->system))
			break;
	}
	if (source != a || a->from == NULL || a->broken)
		return 0;
	do {
		ft_buf_addf(&way, "%s, ", source->name);
		source = ft_accounts_source(accounts, source);
	} while (source != a);
	ft_buf_adds(&way, a->name);
	int r = ft_error_set(err, FT_CONFIG,
			     "from: it leads back to itself (%s)" FT_REMEDY
			     "one of these accounts has to "
			     "sign in",
			     way.failed ? "over many accounts" : way.data);

	ft_buf_release(&way);
	return r;
}

/* Makes every account broken whose source is broken. */
static int spread(struct ft_accounts *accounts, struct ft_error *err)
{
	int r = 0;

	for (bool found = true; r == 0 && found; ) {
		found = false;
		for (size_t i = 0; r == 0 && i < accounts->n; i++) {
			struct ft_account *a = &accounts->list[i];

			const struct ft_account *source = ft_accounts_source(accounts, a);

			if (a->broken || source == NULL || !source->broken)
				continue;
			(void)ft_error_copy(err, FT_CONFIG, ft_accounts_problem(accounts, a->from));
			ft_error_prefix(err, "%s:%u: from: account %s cannot be used", a->file,
					a->line, a->from);
			r = note(accounts, a, err);
			found = true;
		}
	}
	/* The `from` of a broken account may name any account, or make a cycle. */
	for (size_t i = 0; i < accounts->n; i++) {
		if (accounts->list[i].broken) {
			free(accounts->list[i].from);
			accounts->list[i].from = NULL;
		}
	}
	return r;
}

/* Adds file, line and, unless the error is noted, the account's name to an error. */
static int blame(const struct loader *l, struct ft_account *a, int r, struct ft_error *err)
{
	if (r == 0 || r == FT_NO_MEMORY)
		return r;
	if (!l->usable || (a->system && !l->all)) {
		ft_error_prefix(err, "%s:%u: account %s", a->file, a->line, a->name);
		return r;
	}
	ft_error_prefix(err, "%s:%u", a->file, a->line);
	return note(l->accounts, a, err);
}

/* Checks what depends on more than one account. The user's accounts come first, because an account
 * of the system can be wrong because of one of the user's. */
static int finish(const struct loader *l, struct ft_error *err)
{
	struct ft_accounts *accounts = l->accounts;
	size_t n = accounts->n;
	int r = 0;

	for (size_t i = 0; r == 0 && i < n; i++)
		r = blame(l, &accounts->list[i], finish_account(accounts, &accounts->list[i], err),
			  err);
	for (int turn = 0; turn <= 1; turn++)
		for (size_t i = 0; r == 0 && i < n; i++)
			if (turn == (l->usable && accounts->list[i].system))
				r = blame(l, &accounts->list[i],
					  check_from(accounts, &accounts->list[i], err), err);
	for (size_t i = 0; r == 0 && i < n; i++) {
		struct ft_account *twice =
			ft_accounts_token_file_twice(accounts, &accounts->list[i], err);

		if (twice != NULL)
			r = blame(l, twice, FT_CONFIG, err);
	}
	for (size_t i = 0; r == 0 && i < n; i++)
		r = blame(l, &accounts->list[i],
			  ft_account_check_checker(accounts, &accounts->list[i], err), err);
	for (size_t i = 0; r == 0 && i < n; i++)
		for (size_t k = 0; r == 0 && accounts->list[i].login_audience != NULL && k < n; k++)
			r = blame(l, &accounts->list[k],
				  ft_account_check_audience(&accounts->list[k],
							    &accounts->list[i], err), err);
	return r != 0 ? r : spread(accounts, err);
}

/* Reads a file of l->accounts->files or ->more. FT_NOT_FOUND: the caller decides what that
 * means. */
static int read_file(struct loader *l, const char *file, bool system, struct ft_error *err)
{
	l->file = file;
	l->earlier = l->accounts->n;
	l->system = system;
	l->section = NO_SECTION;
	l->account = NULL;
	l->in_pam = false;
	l->pam = no_pam_defaults;
	l->store.seal_keep = -1;
	int (*on)(void *, const struct ft_ini_line *, bool, struct ft_error *) =
		l->usable && (!system || l->all) ? trouble : NULL;
	const bool given = l->given != NULL && strcmp(file, l->given) == 0;
	char *held = NULL;
	size_t len = l->len;
	int r = given ? 0 : ft_ini_text(file, &held, &len, err);

	if (r == 0)
		r = ft_ini_parse_on(file, given ? l->text : held, len, handle, on, l, err);
	free(held);

	if (r == 0 && l->store.seal != NULL)
		r = ft_seal_line_set(&l->accounts->seals[!system], file, l->store.seal,
				     l->store.seal_keep, err);
	ft_keys_release(ft_store_keys, ft_store_keys_count, &l->store);
	/* Also after an error: then the caller releases it. */
	if (system && l->in_pam) {
		ft_keys_release(ft_pam_keys, ft_pam_keys_count, &l->accounts->pam);
		l->accounts->pam = l->pam;
	} else {
		ft_keys_release(ft_pam_keys, ft_pam_keys_count, &l->pam);
	}
	l->accounts->any_file = l->accounts->any_file || r != FT_NOT_FOUND;
	return r;
}

char *ft_accounts_path(const struct ft_places *places, bool system)
{
	return system && places->system_file != NULL ?
		       strdup(places->system_file) :
		       ft_places_join(system ? places->system_config : places->user_config,
				      "freshtoken.conf");
}

static int load_file(struct loader *l, const struct ft_places *places, bool system,
		     struct ft_error *err)
{
	char **file = &l->accounts->files[system ? 0 : 1];

	*file = ft_accounts_path(places, system);
	if (*file == NULL)
		return ft_error_memory(err);
	int r = read_file(l, *file, system, err);

	return r == FT_NOT_FOUND ? 0 : r;
}

/* Without effect if the caller has named the system's file: then there is no conf.d. */
static int load_folder(struct loader *l, const struct ft_places *places, struct ft_error *err)
{
	struct ft_strings *more = &l->accounts->more;

	if (places->system_file != NULL)
		return 0;
	char *folder = ft_places_join(places->system_config, "conf.d");
	int r = folder != NULL ? ft_conf_d_list(folder, more, err) : ft_error_memory(err);

	free(folder);
	if (r == FT_NOT_FOUND)
		return 0;
	for (size_t i = 0; r == 0 && i < more->n; i++) {
		r = read_file(l, more->list[i], true, err);
		/* It was removed meanwhile, or is a link to nothing; an account of it may be
		 * missing. */
		if (r == FT_NOT_FOUND)
			r = ft_error_errno(err, FT_SYSTEM, ENOENT, "%s", more->list[i]);
	}
	return r;
}

static int load(const struct ft_places *places, struct loader l, struct ft_accounts *ret,
		struct ft_error *err)
{
	struct ft_accounts new = { .pam = no_pam_defaults };
	struct ft_error ignored;
	int r;

	l.accounts = &new;
	/* An error's text is needed for the notes. */
	if (err == NULL)
		err = &ignored;
	r = load_file(&l, places, true, err);
	if (r == 0)
		r = load_folder(&l, places, err);
	if (r == 0 && places->user_config != NULL)
		r = load_file(&l, places, false, err);
	if (r == 0)
		r = finish(&l, err);
	if (r != 0)
		ft_accounts_release(&new);
	else
		*ret = new;
	return r;
}

int ft_accounts_try(const struct ft_places *places, const char *file, const char *text, size_t len,
		    struct ft_accounts *ret, struct ft_error *err)
{
	return load(places, (struct loader){ .given = file, .text = text, .len = len }, ret, err);
}

int ft_accounts_load(const struct ft_places *places, struct ft_accounts *ret,
		     struct ft_error *err)
{
	return load(places, (struct loader){ .usable = false }, ret, err);
}

int ft_accounts_load_usable(const struct ft_places *places, struct ft_accounts *ret,
			    struct ft_error *err)
{
	return load(places, (struct loader){ .usable = true }, ret, err);
}

int ft_accounts_load_checked(const struct ft_places *places, struct ft_accounts *ret,
			     struct ft_error *err)
{
	return load(places, (struct loader){ .usable = true, .all = true }, ret, err);
}

void ft_accounts_release(struct ft_accounts *accounts)
{
	if (accounts == NULL)
		return;
	for (size_t i = 0; i < accounts->n; i++)
		release_account(&accounts->list[i]);
	free(accounts->list);
	for (size_t i = 0; i < accounts->n_problems; i++)
		free(accounts->problems[i].account);
	free(accounts->problems);
	ft_keys_release(ft_pam_keys, ft_pam_keys_count, &accounts->pam);
	ft_fleet_sections_free(accounts->fleets);
	free(accounts->seals[0]);
	free(accounts->seals[1]);
	free(accounts->files[0]);
	free(accounts->files[1]);
	ft_strings_release(&accounts->more);
	*accounts = (struct ft_accounts){ .pam = no_pam_defaults };
}

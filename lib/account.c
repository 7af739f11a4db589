#include "config.h"
#include "account.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "inifile.h"
#include "match.h"
#include "url.h"

#define COUNT(array) (sizeof (array) / sizeof *(array))

static int expected(struct ft_error *err, const char *what)
{
	return ft_error_set(err, FT_CONFIG, "expected %s", what);
}

static bool name_byte(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
	       c == '_' || c == '-';
}

bool ft_account_name_valid(const char *name)
{
	size_t len = 0;

	while (name_byte(name[len]) || (len > 0 && name[len] == '.'))
		len++;
	return len > 0 && len <= FT_ACCOUNT_NAME_MAX && name[len] == '\0';
}

static int check_name(const char *value, struct ft_error *err)
{
	return ft_account_name_valid(value) ? 0 :
	       expected(err, "a name of 1 to 40 letters, digits, \"-\", \"_\" and \".\""
			", not beginning with \".\"");
}

static int check_pattern(const char *value, struct ft_error *err)
{
	struct ft_pattern pattern;
	int r = ft_pattern_parse(value, &pattern, err);

	if (r != 0)
		ft_error_prefix(err, "%s", value);
	return r;
}

/* Git ends a value at LF, Basic authentication a user name at ":". */
static int check_username(const char *value, struct ft_error *err)
{
	return strchr(value, ':') == NULL ? 0 : expected(err, "a user name without \":\"");
}

static int check_absolute(const char *value, struct ft_error *err)
{
	return value[0] == '/' ? 0 : expected(err, "a path that begins with /");
}

static int check_users(const char *value, struct ft_error *err)
{
	return value[0] == '/' || strcmp(value, "same") == 0 ? 0 :
	       expected(err, "\"same\" or a path that begins with /");
}

static int check_auth(const char *value, struct ft_error *err)
{
	return strcmp(value, "device") == 0 || strcmp(value, "token") == 0 ||
	       strcmp(value, "password") == 0 ? 0 :
	       expected(err, "device, token or password");
}

/* [scheme://]host[:port], or "none". */
static int check_proxy(const char *value, struct ft_error *err)
{
	static const char *const schemes[] = { "http", "https", "socks5h" };
	const char *host = strstr(value, "://");
	struct ft_url url;
	bool known = host == NULL;

	for (size_t i = 0; !known && i < COUNT(schemes); i++)
		known = strlen(schemes[i]) == (size_t)(host - value) &&
			memcmp(schemes[i], value, (size_t)(host - value)) == 0;
	if (!known)
		return expected(err, "http, https or socks5h before ://");
	host = host != NULL ? host + 3 : value;
	int r = ft_url_parse(host, false, &url, err);

	if (r == 0 && url.path[0] != '\0' && strcmp(url.path, "/") != 0)
		return expected(err, "[scheme://]host[:port], or none");
	return r;
}

static const char *const no_yes[] = { "no", "yes", NULL };
static const char *const formats[] = { "json", "form", "xml", NULL };
static const char *const client_auths[] = { "none", "basic", "post", NULL };
static const char *const authtypes[] = { "basic", "bearer", NULL };

static int check_format(const char *value, struct ft_error *err)
{
	for (size_t i = 0; formats[i] != NULL; i++)
		if (strcmp(value, formats[i]) == 0)
			return 0;
	return expected(err, "json, form or xml");
}

#define KEY(NAME, KIND, ...) \
	{ .name = #NAME, .kind = FT_ ## KIND, .offset = offsetof(struct ft_account, NAME), \
	  __VA_ARGS__ }

static const struct ft_key account_keys[] = {
	KEY(provider, ONE, .check = check_name),
	KEY(server, ONE, .check = ft_url_check_service),
	KEY(match, LIST, .check = check_pattern),
	KEY(username, ONE, .check = check_username),
	KEY(client_id, ONE),
	KEY(client_secret_file, ONE, .check = check_absolute),
	KEY(client_auth, CHOICE, .words = client_auths, .first = FT_CLIENT_AUTH_NONE),
	KEY(format, ONE, .check = check_format),
	KEY(scope, ONE),
	KEY(resource, ONE),
	KEY(audience, ONE),
	KEY(authtype, CHOICE, .words = authtypes, .first = FT_AUTHTYPE_BASIC),
	KEY(ca_file, ONE, .check = check_absolute),
	KEY(proxy, ONE, .check = check_proxy),
	KEY(timeout, SECONDS, .min = 1, .max = 600),
	KEY(wait, SECONDS, .min = 0, .max = 3600),
	KEY(min_lifetime, DURATION, .min = 0, .max = 365 * 86400),
	KEY(eager, CHOICE, .words = no_yes),
	KEY(from, ONE, .check = check_name),
	KEY(auth, LIST, .check = check_auth),
	KEY(identity, ONE),
	KEY(users, ONE, .check = check_users),
	KEY(service_user, ONE),
	KEY(insecure_loopback, YESNO),
};

#undef KEY
#define KEY(NAME, KIND, ...) \
	{ .name = #NAME, .kind = FT_ ## KIND, \
	  .offset = offsetof(struct ft_pam_defaults, NAME), __VA_ARGS__ }

static const struct ft_key pam_keys[] = {
	KEY(account, ONE, .check = check_name),
	KEY(auth, LIST, .check = check_auth),
	KEY(strict, CHOICE, .words = no_yes),
	KEY(recheck, DURATION, .max = 365 * 86400),
	KEY(max_offline, DURATION, .max = 365 * 86400),
	KEY(minimum_uid, NUMBER, .max = UINT32_MAX),
	KEY(wait, DURATION, .max = 3600),
	KEY(ignore_unknown_user, CHOICE, .words = no_yes),
	KEY(no_hint, CHOICE, .words = no_yes),
	KEY(debug, CHOICE, .words = no_yes),
};

#undef KEY

static const struct ft_pam_defaults no_pam_defaults = {
	.strict = -1, .ignore_unknown_user = -1, .no_hint = -1, .debug = -1,
	.recheck = -1, .max_offline = -1, .wait = -1, .minimum_uid = -1,
};

struct store_keys {
	struct ft_strings sources;
};

static int check_source(const char *value, struct ft_error *err)
{
	return strcmp(value, "file") == 0 ? 0 :
	       expected(err, "file, the only source there is");
}

static const struct ft_key store_keys[] = {
	{ .name = "sources", .kind = FT_LIST, .offset = offsetof(struct store_keys, sources),
	  .check = check_source },
};

enum section { NO_SECTION, IN_ACCOUNT, IN_STORE, IN_PAM };

struct loader {
	struct ft_accounts *accounts;
	struct ft_account *account;	/* the one whose section is read */
	const char *file;
	bool system;
	enum section section;
	struct store_keys store;
	struct ft_pam_defaults pam;
	struct ft_seen seen;
	size_t size;			/* of accounts->list */
};

static void release_account(struct ft_account *account)
{
	ft_keys_release(account_keys, COUNT(account_keys), account);
	for (size_t i = 0; i < account->n_params; i++) {
		free(account->params[i].name);
		free(account->params[i].value);
	}
	free(account->params);
	free(account->name);
}

static struct ft_account *find(const struct ft_accounts *accounts, const char *name)
{
	for (size_t i = 0; i < accounts->n; i++)
		if (strcmp(accounts->list[i].name, name) == 0)
			return &accounts->list[i];
	return NULL;
}

static int begin_account(struct loader *l, const char *name, unsigned line,
			 struct ft_error *err)
{
	struct ft_account new = {
		.file = l->file, .line = line, .system = l->system,
		.timeout = 60, .wait = 10, .eager = -1,
	};
	struct ft_accounts *accounts = l->accounts;
	/* A file cannot hold a section twice, so what is found stands in the system's. */
	struct ft_account *place = l->system ? NULL : find(accounts, name);

	if (!ft_account_name_valid(name)) {
		(void)check_name(name, err);
		ft_error_prefix(err, "[account NAME]");
		return FT_CONFIG;
	}
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
	static const char *const known[] = { "account", "store", "pam" };
	size_t word = 0;

	while (line->section[word] != '\0' && line->section[word] != ' ' && line->section[word] != '\t')
		word++;

	l->seen = (struct ft_seen){ 0 };
	l->section = NO_SECTION;
	if (strcmp(line->section, "store") == 0) {
		l->section = IN_STORE;
	} else if (strcmp(line->section, "pam") == 0) {
		l->section = IN_PAM;
	} else if (word == strlen("account") && memcmp(line->section, "account", word) == 0) {
		const char *name = line->section + word;

		l->section = IN_ACCOUNT;
		return begin_account(l, name + (*name == ' '), line->line, err);
	} else {
		return ft_unknown("section", line->section, known, COUNT(known), err);
	}
	return 0;
}

/* param.NAME: a profile's own variable. */
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
		return ft_key_set(store_keys, COUNT(store_keys), &l->store, &l->seen, line, err);
	if (l->section == IN_PAM)
		return ft_key_set(pam_keys, COUNT(pam_keys), &l->pam, &l->seen, line, err);
	if (strncmp(line->name, "param.", strlen("param.")) == 0)
		return set_param(l->account, line, err);
	return ft_key_set(account_keys, COUNT(account_keys), l->account, &l->seen, line, err);
}

/* What no single line can tell. */
static int finish_account(struct ft_accounts *accounts, struct ft_account *a,
			  struct ft_error *err)
{
	size_t len = a->server != NULL ? strlen(a->server) : 0;
	const char *wrong = NULL;

	while (len > 0 && a->server[len - 1] == '/')
		a->server[--len] = '\0';
	if (a->provider == NULL && (a->provider = strdup("oauth2")) == NULL)
		return ft_error_memory(err);
	if (a->from != NULL && (strcmp(a->from, a->name) == 0 || find(accounts, a->from) == NULL))
		wrong = "from: expected the name of another account";
	else if (a->client_auth == FT_CLIENT_AUTH_NONE && a->client_secret_file != NULL)
		wrong = "client_secret_file: client_auth = none does not use it";
	else if ((a->client_auth == FT_CLIENT_AUTH_BASIC || a->client_auth == FT_CLIENT_AUTH_POST)
		 && (a->client_secret_file == NULL || a->client_id == NULL))
		wrong = "client_auth: it needs client_id and client_secret_file";
	if (wrong != NULL)
		return ft_error_set(err, FT_CONFIG, "%s:%u: account %s: %s", a->file, a->line,
				    a->name, wrong);
	a->pam_only = a->client_secret_file != NULL &&
		      faccessat(AT_FDCWD, a->client_secret_file, R_OK, AT_EACCESS) != 0 &&
		      errno == EACCES;
	return 0;
}

static int load_file(struct loader *l, const char *dir, bool system, struct ft_error *err)
{
	char **file = &l->accounts->files[system ? 0 : 1];

	*file = ft_places_join(dir, "freshtoken.conf");
	if (*file == NULL)
		return ft_error_memory(err);
	l->file = *file;
	l->system = system;
	l->pam = no_pam_defaults;
	int r = ft_ini_read(*file, handle, l, err);

	ft_strings_release(&l->store.sources);
	if (system)
		l->accounts->pam = l->pam;	/* also half read: the caller releases it */
	else
		ft_keys_release(pam_keys, COUNT(pam_keys), &l->pam);
	if (r == FT_NOT_FOUND)
		return 0;
	l->accounts->any_file = true;
	return r;
}

int ft_accounts_load(const struct ft_places *places, struct ft_accounts *ret,
		     struct ft_error *err)
{
	struct ft_accounts new = { .pam = no_pam_defaults };
	struct loader l = { .accounts = &new };
	int r = load_file(&l, places->system_config, true, err);

	if (r == 0 && places->user_config != NULL)
		r = load_file(&l, places->user_config, false, err);
	for (size_t i = 0; r == 0 && i < new.n; i++)
		r = finish_account(&new, &new.list[i], err);
	if (r != 0)
		ft_accounts_release(&new);
	else
		*ret = new;
	return r;
}

void ft_accounts_release(struct ft_accounts *accounts)
{
	if (accounts == NULL)
		return;
	for (size_t i = 0; i < accounts->n; i++)
		release_account(&accounts->list[i]);
	free(accounts->list);
	ft_keys_release(pam_keys, COUNT(pam_keys), &accounts->pam);
	free(accounts->files[0]);
	free(accounts->files[1]);
	*accounts = (struct ft_accounts){ .pam = no_pam_defaults };
}

const struct ft_account *ft_accounts_find(const struct ft_accounts *accounts, const char *name)
{
	return find(accounts, name);
}

/* How well an account fits; 0: not at all. */
static unsigned long fits(const struct ft_account *account, const struct ft_request_target *target,
			  const char *username)
{
	unsigned long best = 0;

	if (username != NULL && account->username != NULL &&
	    strcmp(username, account->username) != 0)
		return 0;
	for (size_t i = 0; i < account->match.n; i++) {
		struct ft_pattern pattern;
		unsigned long n = 0;

		if (ft_pattern_worth_parsing(account->match.list[i], target) &&
		    ft_pattern_parse(account->match.list[i], &pattern, NULL) == 0)
			n = ft_pattern_match(&pattern, target);
		if (n > best)
			best = n;
	}
	/* Between equals, the one that names the user. */
	return 2 * best + (best > 0 && username != NULL && account->username != NULL);
}

int ft_accounts_match(const struct ft_accounts *accounts, const char *url, const char *username,
		      const struct ft_account **ret, struct ft_error *err)
{
	const struct ft_account *best = NULL, *tie = NULL;
	struct ft_request_target target;
	unsigned long best_fit = 0;

	if (ft_target_parse(url, &target) != 0)
		return ft_error_set(err, FT_NOT_FOUND, "no account matches");
	for (size_t i = 0; i < accounts->n; i++) {
		unsigned long fit = fits(&accounts->list[i], &target, username);

		if (fit > best_fit) {
			best_fit = fit;
			best = &accounts->list[i];
			tie = NULL;
		} else if (fit > 0 && fit == best_fit) {
			tie = &accounts->list[i];
		}
	}
	if (best == NULL)
		return ft_error_set(err, FT_NOT_FOUND, "no account matches");
	if (tie != NULL)
		return ft_error_set(err, FT_CONFIG, "accounts %s (%s:%u) and %s (%s:%u) match %s"
				    " equally well; give one of them a longer match, or ask with"
				    " the username of one", best->name, best->file, best->line,
				    tie->name, tie->file, tie->line, target.url.host);
	*ret = best;
	return 0;
}

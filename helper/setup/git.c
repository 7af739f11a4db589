/*
 * freshtoken setup git
 *
 * For each host an empty helper and then ours: the empty one drops those that
 * are configured for all hosts, so that none of them stores our tokens.
 */
#include "config.h"
#include "helper/setup/setup.h"
#include "helper/wiring/patterns.h"

#include <stdlib.h>
#include <string.h>

#include "helper/cli/run.h"

#define CONFIG_MAX (4 * 1024 * 1024)

struct host {
	struct ft_buf url;
	bool has_path;	/* a pattern tells its repositories apart */
};

struct hosts {
	struct host *list;
	size_t n;
};

static void release(struct hosts *hosts)
{
	for (size_t i = 0; i < hosts->n; i++)
		ft_buf_release(&hosts->list[i].url);
	free(hosts->list);
}

static int add_pattern(void *context, const struct ft_account *account, const char *text,
		       const struct ft_pattern *pattern)
{
	struct hosts *hosts = context;
	struct ft_buf url = FT_BUF_INIT(2 * FT_HOST_SIZE);
	bool has_path = pattern->path[0] != '\0';

	(void)account;
	(void)text;
	ft_buf_adds(&url,
		    pattern->url.scheme == FT_SCHEME_NONE ? "https" : pattern->url.scheme_name);
	ft_buf_adds(&url, "://");
	ft_setup_add_host(&url, &pattern->url);
	if (url.failed) {
		ft_buf_release(&url);
		return url.failed;
	}
	for (size_t i = 0; i < hosts->n; i++) {
		if (strcmp(hosts->list[i].url.data, url.data) == 0) {
			hosts->list[i].has_path |= has_path;
			ft_buf_release(&url);
			return 0;
		}
	}
	struct host *more = reallocarray(hosts->list, hosts->n + 1, sizeof *more);

	if (more == NULL) {
		ft_buf_release(&url);
		return FT_NO_MEMORY;
	}
	hosts->list = more;
	hosts->list[hosts->n++] = (struct host){ url, has_path };
	return 0;
}

/* "key LF value NUL" of everything that is set for credentials. */
static int read_config(struct ft_buf *ret, struct ft_error *err)
{
	static const char *const argv[] = {
		"git", "config", "--global", "--null", "--get-regexp", "^credential\\.", NULL
	};

	ft_buf_add(ret, "", 0);
	int r = ft_run(argv, false, ret, err);

	/* 1: nothing is set, or there is no file yet. */
	if (r <= 1)
		return r < 0 ? r : 0;
	return ft_error_set(err, FT_CONFIG,
			    "git config --global ended with status %d; see what is wrong with it: "
			    "git config --global --list",
			    r);
}

/* The value of an entry of read_config, where names are in lower case as our hosts are; NULL:
 * it has another key. */
static const char *value_of(const char *entry, const char *key)
{
	size_t len = strlen(key);

	return strncasecmp(entry, key, len) == 0 && entry[len] == '\n' ? entry + len + 1 : NULL;
}

/* Whom git asks about a host, as far as the lines for all hosts and those for this one say. */
struct asked {
	bool ours;		/* freshtoken … */
	const char *other;	/* … and this one too, who would keep its tokens */
};

static struct asked who_is_asked(const struct ft_buf *config, const char *key)
{
	static const char general[] = "credential.helper";
	const char *end = config->data + config->len;
	struct asked asked = { false, NULL };
	bool cleared = false;

	for (const char *entry = config->data; entry < end; entry += strlen(entry) + 1) {
		const char *value = value_of(entry, key);

		if (value == NULL)
			value = value_of(entry, general);
		if (value == NULL)
			continue;
		if (value[0] == '\0') {
			asked = (struct asked){ false, NULL };
			cleared = true;
		} else if (cleared && strcmp(value, "freshtoken") == 0) {
			asked.ours = true;
		} else {
			asked.other = value;
		}
	}
	return asked;
}

static bool has_path(const struct ft_buf *config, const char *key)
{
	const char *end = config->data + config->len, *last = "";

	for (const char *entry = config->data; entry < end; entry += strlen(entry) + 1) {
		const char *value = value_of(entry, key);

		last = value != NULL ? value : last;
	}
	return strcmp(last, "true") == 0 || strcmp(last, "yes") == 0 || strcmp(last, "on") == 0 ||
	       strcmp(last, "1") == 0;
}

/* One setting: shown, and made where that is wanted. */
static int change(bool apply, bool add, const char *key, const char *value)
{
	const char *const argv[] = {
		"git", "config", "--global", add ? "--add" : "--replace-all", key, value, NULL
	};
	struct ft_buf line = FT_BUF_INIT(4096);
	struct ft_error err;

	/* No byte of a pattern needs quotes but "*" and the brackets of an address. */
	ft_buf_addf(&line, "git config --global %s '%s' '%s'\n", argv[3], key, value);
	int r = ft_output(&line);

	ft_buf_release(&line);
	if (r != FT_EXIT_DONE || !apply)
		return r;
	r = ft_run(argv, false, NULL, &err);
	if (r < 0)
		return ft_fail(&err);
	if (r > 0) {
		ft_say("git config ended with status %d; nothing after it was changed", r);
		return FT_EXIT_FAILED;
	}
	return FT_EXIT_DONE;
}

static int set_up(const struct host *host, const struct ft_buf *config, bool apply, size_t *changes)
{
	struct ft_buf helper = FT_BUF_INIT(1024), path = FT_BUF_INIT(1024);
	struct asked asked = { false, NULL };
	int r = FT_EXIT_DONE;

	ft_buf_addf(&helper, "credential.%s.helper", host->url.data);
	ft_buf_addf(&path, "credential.%s.useHttpPath", host->url.data);
	if (helper.failed || path.failed) {
		ft_say("out of memory");
		r = FT_EXIT_FAILED;
	} else {
		asked = who_is_asked(config, helper.data);
	}
	if (r == FT_EXIT_DONE && !asked.ours) {
		++*changes;
		r = change(apply, true, helper.data, "");
		if (r == FT_EXIT_DONE)
			r = change(apply, true, helper.data, "freshtoken");
	}
	if (r == FT_EXIT_DONE && host->has_path && !has_path(config, path.data)) {
		++*changes;
		r = change(apply, false, path.data, "true");
	}
	ft_buf_release(&helper);
	ft_buf_release(&path);
	return r;
}

/* git puts what is added into the section that is there, maybe above the line for all hosts:
 * then that one is asked too, which is not ours to mend. Says so, of each host. */
static bool others_are_asked(const struct hosts *hosts, const struct ft_buf *config)
{
	bool any = false;

	for (size_t i = 0; i < hosts->n; i++) {
		struct ft_buf helper = FT_BUF_INIT(1024);

		ft_buf_addf(&helper, "credential.%s.helper", hosts->list[i].url.data);
		struct asked asked = who_is_asked(config, helper.failed ? "" : helper.data);

		if (asked.ours && asked.other != NULL) {
			ft_say("git asks \"%s\" besides freshtoken for %s, and hands it the tokens "
			       "to keep: move that line up in the file that \"git config --global "
			       "--edit\" opens",
			       asked.other, hosts->list[i].url.data);
			any = true;
		}
		ft_buf_release(&helper);
	}
	return any;
}

int ft_setup_git(const struct freshtoken *ft, bool apply)
{
	struct hosts hosts = { NULL, 0 };
	struct ft_buf config = FT_BUF_INIT(CONFIG_MAX);
	struct ft_error err;
	size_t changes = 0;
	int r = ft_setup_patterns(ft, add_pattern, &hosts) != 0 ? ft_error_memory(&err) : 0;

	if (r == 0 && hosts.n == 0)
		r = ft_error_set(&err, FT_CONFIG,
				 "no account has a line \"match = HOST\" that git could use");
	if (r == 0)
		r = read_config(&config, &err);
	if (r != 0)
		r = ft_fail(&err);
	for (size_t i = 0; r == FT_EXIT_DONE && i < hosts.n; i++)
		r = set_up(&hosts.list[i], &config, apply, &changes);
	if (r == FT_EXIT_DONE && changes > 0 && apply) {
		ft_buf_clear(&config);
		r = read_config(&config, &err) != 0 ? ft_fail(&err) : FT_EXIT_DONE;
	}
	if (r == FT_EXIT_DONE && others_are_asked(&hosts, &config))
		r = FT_EXIT_FAILED;
	if (r == FT_EXIT_DONE && changes == 0)
		ft_say("git asks freshtoken already; nothing is to be changed");
	else if (r == FT_EXIT_DONE && !apply)
		ft_say("nothing is changed yet; to do it: freshtoken setup git --apply");
	release(&hosts);
	ft_buf_release(&config);
	return r;
}

/* Only lines below one host are ours: "credential.URL.helper", the empty one before ours with it.
 * The same for a plain credential.helper, as people write it by hand. */
struct removal {
	bool apply;
	size_t changes;
};

static int unset(struct removal *removal, const char *key, const char *value)
{
	const char *const argv[] = { "git", "config", "--global", "--unset-all", key, value, NULL };
	struct ft_buf line = FT_BUF_INIT(4096);
	struct ft_error err;

	ft_buf_addf(&line, "git config --global --unset-all '%s' '%s'\n", key, value);
	int r = ft_output(&line);

	ft_buf_release(&line);
	removal->changes++;
	if (r != FT_EXIT_DONE || !removal->apply)
		return r;
	r = ft_run(argv, false, NULL, &err);
	if (r < 0)
		return ft_fail(&err);
	if (r > 0)
		ft_say("git config ended with status %d; nothing after it was changed", r);
	return r > 0 ? FT_EXIT_FAILED : FT_EXIT_DONE;
}

static int remove_key(struct removal *removal, const struct ft_buf *config, const char *key)
{
	const char *end = config->data + config->len;
	bool ours = false, others = false, empty = false;
	int r = FT_EXIT_DONE;

	for (const char *entry = config->data; entry < end; entry += strlen(entry) + 1) {
		const char *value = value_of(entry, key);

		if (value == NULL)
			continue;
		ours = ours || strcmp(value, "freshtoken") == 0;
		empty = empty || value[0] == '\0';
		others = others || (value[0] != '\0' && strcmp(value, "freshtoken") != 0);
	}
	if (ours)
		r = unset(removal, key, "^freshtoken$");
	/* Left alone it would keep every other helper from this host. */
	if (r == FT_EXIT_DONE && ours && empty && !others && strcmp(key, "credential.helper") != 0)
		r = unset(removal, key, "^$");
	return r;
}

int ft_setup_git_remove(bool apply)
{
	struct removal removal = { apply, 0 };
	struct ft_buf config = FT_BUF_INIT(CONFIG_MAX);
	struct ft_strings done = { NULL, 0 };
	struct ft_error err;
	int r = read_config(&config, &err) != 0 ? ft_fail(&err) : FT_EXIT_DONE;
	const char *end = config.data + config.len;

	for (const char *entry = config.data; r == FT_EXIT_DONE && entry < end;
	     entry += strlen(entry) + 1) {
		size_t len = strcspn(entry, "\n");
		bool seen = len < 7 || strncasecmp(entry + len - 7, ".helper", 7) != 0;

		for (size_t i = 0; !seen && i < done.n; i++)
			seen = strlen(done.list[i]) == len &&
			       strncmp(done.list[i], entry, len) == 0;
		if (seen)
			continue;
		if (ft_strings_add(&done, entry, len) != 0) {
			ft_say("out of memory");
			r = FT_EXIT_FAILED;
		} else {
			r = remove_key(&removal, &config, done.list[done.n - 1]);
		}
	}
	if (r == FT_EXIT_DONE && removal.changes == 0)
		ft_say("git does not ask freshtoken; nothing is to be changed");
	else if (r == FT_EXIT_DONE && !apply)
		ft_say("nothing is changed yet; to do it: freshtoken setup git --remove --apply");
	ft_strings_release(&done);
	ft_buf_release(&config);
	return r;
}

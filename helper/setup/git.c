/* SPDX-License-Identifier: MIT */
/*
 * freshtoken setup git
 *
 * Each host gets an empty helper and then freshtoken. The empty one drops the helpers that are
 * configured for all hosts, so that none of them stores freshtoken's tokens.
 */
#include "config.h"
#include "helper/setup/setup.h"
#include "helper/wiring/git.h"
#include "helper/wiring/patterns.h"

#include <stdlib.h>
#include <string.h>

#include "helper/cli/run.h"

#define CONFIG_MAX (4 * 1024 * 1024)

struct host {
	struct ft_buf url;
	bool has_path;		/* a pattern has a path */
	bool path;		/* git sends the path */
	bool ours;		/* git asks freshtoken, before any other helper */
	const char *after, *place;	/* another helper that gets the tokens, and its file */
};

struct hosts {
	struct ft_buf config;
	struct host *list;
	size_t n;
};

static void release(struct hosts *hosts)
{
	for (size_t i = 0; i < hosts->n; i++)
		ft_buf_release(&hosts->list[i].url);
	free(hosts->list);
	ft_buf_release(&hosts->config);
	*hosts = (struct hosts){ .config = FT_BUF_INIT(CONFIG_MAX) };
}

static int add_pattern(void *context, const struct ft_account *account, const char *text,
		       const struct ft_pattern *pattern)
{
	struct hosts *hosts = context;
	struct ft_buf url = FT_BUF_INIT(2 * FT_HOST_SIZE);
	struct ft_request_target target;
	struct host *host = hosts->list;
	int r = ft_git_host(pattern, &url, &target);

	(void)account;
	(void)text;
	if (r != 0)
		goto out;
	while (host < hosts->list + hosts->n && strcmp(host->url.data, url.data) != 0)
		host++;
	if (host == hosts->list + hosts->n) {
		struct host *more = reallocarray(hosts->list, hosts->n + 1, sizeof *more);

		if (more == NULL) {
			r = FT_NO_MEMORY;
			goto out;
		}
		hosts->list = more;
		host = &more[hosts->n++];
		*host = (struct host){ .url = url, .path = true, .ours = true };
		url = (struct ft_buf)FT_BUF_INIT(0);
	}
	const struct ft_git_asked asked = ft_git_who_is_asked(&hosts->config, &target);

	host->has_path |= pattern->path[0] != '\0';
	host->path = host->path && (asked.path || pattern->path[0] == '\0');
	host->ours = host->ours && asked.ours && asked.before == NULL;
	if (!asked.ours || asked.after != NULL)
		host->place = asked.place;
	if (asked.after != NULL)
		host->after = asked.after;
out:
	ft_buf_release(&url);
	return r == FT_NOT_FOUND ? 0 : r;
}

static int look(const struct freshtoken *ft, struct hosts *hosts, struct ft_error *err)
{
	release(hosts);
	int r = ft_git_read(false, &hosts->config, err);

	if (r == 0 && ft_patterns_visit(ft, add_pattern, hosts) != 0)
		r = ft_error_memory(err);
	if (r == 0 && hosts->n == 0)
		r = ft_error_set(err, FT_CONFIG,
				 "no account has a line \"match = HOST\" that git could use");
	return r;
}

/* Shows one setting, and with --apply makes it. */
static int change(bool apply, bool add, const char *key, const char *value)
{
	const char *const argv[] = {
		"git", "config", "--global", add ? "--add" : "--replace-all", key, value, NULL
	};
	struct ft_buf line = FT_BUF_INIT(4096);
	struct ft_error err;

	/* Only "*" and the brackets of an address need quotes in a shell. */
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

static int set_up(const struct host *host, bool apply, size_t *changes)
{
	struct ft_buf helper = FT_BUF_INIT(1024), path = FT_BUF_INIT(1024);
	int r = FT_EXIT_DONE;

	ft_buf_addf(&helper, "credential.%s.helper", host->url.data);
	ft_buf_addf(&path, "credential.%s.useHttpPath", host->url.data);
	if (helper.failed || path.failed) {
		ft_say("out of memory");
		r = FT_EXIT_FAILED;
	}
	if (r == FT_EXIT_DONE && !host->ours) {
		++*changes;
		r = change(apply, true, helper.data, "");
		if (r == FT_EXIT_DONE)
			r = change(apply, true, helper.data, "freshtoken");
	}
	if (r == FT_EXIT_DONE && host->has_path && !host->path) {
		++*changes;
		r = change(apply, false, path.data, "true");
	}
	ft_buf_release(&helper);
	ft_buf_release(&path);
	return r;
}

/* Reports what may prevent the settings from working: git adds an entry to an existing section,
 * which may be above the line for all hosts; and a repository's own file is read later and not
 * changed here. */
static bool others_are_asked(const struct hosts *hosts, bool applied)
{
	bool any = false;

	for (size_t i = 0; i < hosts->n; i++) {
		const struct host *host = &hosts->list[i];

		if (host->after != NULL)
			ft_say("git asks \"%s\" besides freshtoken for %s, and gives it the tokens "
			       "to store: move that line, which is in %s, above freshtoken's",
			       host->after, host->url.data, host->place);
		else if (applied && !host->ours)
			ft_say("git still does not ask freshtoken about %s: %s has another line "
			       "after it; see: git config --show-origin --get-regexp "
			       "'^credential'",
			       host->url.data, host->place != NULL ? host->place : "another file");
		any = any || host->after != NULL || (applied && !host->ours);
	}
	return any;
}

int ft_setup_git(const struct freshtoken *ft, bool apply)
{
	struct hosts hosts = { .config = FT_BUF_INIT(CONFIG_MAX) };
	struct ft_error err;
	size_t changes = 0;
	int r = look(ft, &hosts, &err) != 0 ? ft_fail(&err) : FT_EXIT_DONE;

	for (size_t i = 0; r == FT_EXIT_DONE && i < hosts.n; i++)
		r = set_up(&hosts.list[i], apply, &changes);
	if (r == FT_EXIT_DONE && changes > 0 && apply)
		r = look(ft, &hosts, &err) != 0 ? ft_fail(&err) : FT_EXIT_DONE;
	if (r == FT_EXIT_DONE && others_are_asked(&hosts, changes > 0 && apply))
		r = FT_EXIT_FAILED;
	if (r == FT_EXIT_DONE && changes == 0)
		ft_say("git asks freshtoken already; no change is needed");
	else if (r == FT_EXIT_DONE && !apply)
		ft_say("nothing is changed yet; to do it: freshtoken setup git --apply");
	release(&hosts);
	return r;
}

/* freshtoken's are only lines below one host: "credential.URL.helper", and the empty one before it;
 * and a plain credential.helper, as people write it by hand. */
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
	bool ours = false, others = false, empty = false;
	struct ft_git_entry entry;
	int r = FT_EXIT_DONE;

	for (size_t at = 0; ft_git_next(config, &at, &entry);) {
		const char *value = entry.value;

		if (strlen(key) != entry.key_len || strncasecmp(entry.key, key, entry.key_len) != 0)
			continue;
		ours = ours || strcmp(value, "freshtoken") == 0;
		empty = empty || value[0] == '\0';
		others = others || (value[0] != '\0' && strcmp(value, "freshtoken") != 0);
	}
	if (ours)
		r = unset(removal, key, "^freshtoken$");
	/* The empty line must go too: it would keep all other helpers from this host. */
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
	int r = ft_git_read(true, &config, &err) != 0 ? ft_fail(&err) : FT_EXIT_DONE;
	struct ft_git_entry entry;

	for (size_t at = 0; r == FT_EXIT_DONE && ft_git_next(&config, &at, &entry);) {
		const size_t len = entry.key_len;
		bool seen = len < 7 || strncasecmp(entry.key + len - 7, ".helper", 7) != 0;

		for (size_t i = 0; !seen && i < done.n; i++)
			seen = strlen(done.list[i]) == len &&
			       strncmp(done.list[i], entry.key, len) == 0;
		if (seen)
			continue;
		if (ft_strings_add(&done, entry.key, len) != 0) {
			ft_say("out of memory");
			r = FT_EXIT_FAILED;
		} else {
			r = remove_key(&removal, &config, done.list[done.n - 1]);
		}
	}
	if (r == FT_EXIT_DONE && removal.changes == 0)
		ft_say("git does not ask freshtoken; no change is needed");
	else if (r == FT_EXIT_DONE && !apply)
		ft_say("nothing is changed yet; to do it: freshtoken setup git --remove --apply");
	ft_strings_release(&done);
	ft_buf_release(&config);
	return r;
}

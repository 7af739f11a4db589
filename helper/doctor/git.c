/*
 * doctor: whom git asks about the hosts that accounts match
 *
 * git tells what is configured, from all of its files, in its order; which of
 * that is for a host is decided here, as git-config(1) and gitcredentials(7)
 * have it: every entry whose URL covers the host counts, and an empty helper
 * drops those before it.
 */
#include "config.h"
#include "helper/doctor/doctor.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "helper/cli/run.h"
#include "helper/setup/setup.h"
#include "helper/wiring/patterns.h"
#include "lib/config/match.h"

#define CONFIG_MAX (4 * 1024 * 1024)
/* The first that speaks authtype and state. */
#define MAJOR 2
#define MINOR 46

struct look {
	struct ft_doctor *doctor;
	struct ft_buf config;	/* "key LF value NUL", … */
	bool old;		/* this git does not speak authtype and state */
};

/* What git would do about one host. */
struct asked {
	bool ours;
	const char *before, *after;	/* others, on either side of ours */
	bool path;			/* useHttpPath */
};

static bool is_true(const char *value)
{
	return strcasecmp(value, "true") == 0 || strcasecmp(value, "yes") == 0 ||
	       strcasecmp(value, "on") == 0 || strcmp(value, "1") == 0;
}

/* "freshtoken", the path of git-credential-freshtoken, or a command line of either. */
static bool is_ours(const char *value)
{
	char word[1024];
	size_t len;

	value += value[0] == '!';
	value += strspn(value, " ");
	len = strcspn(value, " ");
	if (len >= sizeof word)
		return false;
	memcpy(word, value, len);
	word[len] = '\0';
	const char *slash = strrchr(word, '/'), *base = slash != NULL ? slash + 1 : word;

	return strcmp(base, "freshtoken") == 0 || strcmp(base, "git-credential-freshtoken") == 0;
}

/* Whether an entry "credential.URL.NAME" or "credential.NAME" is for a host; its value, else NULL.
 */
static const char *value_for(const char *entry, const char *name,
			     const struct ft_request_target *target)
{
	const char *key = entry + strlen("credential."), *end = key + strcspn(key, "\n");
	size_t name_len = strlen(name), len = (size_t)(end - key);
	const char *value = *end == '\n' ? end + 1 : "true";	/* a key without "=" */
	struct ft_pattern pattern;
	char url[1024];

	if (len < name_len || strncasecmp(end - name_len, name, name_len) != 0)
		return NULL;
	if (len == name_len)
		return value;
	len -= name_len + 1;
	if (key[len] != '.' || len >= sizeof url)
		return NULL;
	memcpy(url, key, len);
	url[len] = '\0';
	return ft_pattern_parse(url, &pattern, NULL) == 0 &&
			       ft_pattern_match(&pattern, target) > 0 ?
		       value :
		       NULL;
}

static struct asked who_is_asked(const struct look *look, const struct ft_request_target *target)
{
	const char *end = look->config.data + look->config.len;
	struct asked asked = { false, NULL, NULL, false };

	for (const char *entry = look->config.data; entry < end; entry += strlen(entry) + 1) {
		const char *value = value_for(entry, "useHttpPath", target);

		if (value != NULL)
			asked.path = is_true(value);
		value = value_for(entry, "helper", target);
		if (value == NULL)
			continue;
		if (value[0] == '\0')
			asked = (struct asked){ false, NULL, NULL, asked.path };
		else if (is_ours(value))
			asked.ours = true;
		else if (asked.ours)
			asked.after = value;
		else
			asked.before = value;
	}
	return asked;
}

static void judge(struct look *look, const struct ft_account *account, const char *url,
		  bool registry, bool has_path, const struct asked *asked)
{
	struct ft_doctor *doctor = look->doctor;

	/* A name without a scheme may be a registry's alone; docker's check goes on from here. */
	if (!asked->ours && registry)
		return;
	if (!asked->ours) {
		ft_doctor_find(doctor, FT_RESULT_WARNING, account->name,
			       "git does not ask freshtoken about %s", url);
		ft_doctor_remedy(doctor, "run: freshtoken setup git --apply");
		return;
	}
	if (ft_strings_add(&doctor->git_hosts, url, strlen(url)) != 0)
		doctor->no_memory = true;
	if (asked->before != NULL) {
		ft_doctor_find(doctor, FT_RESULT_WARNING, account->name,
			       "git asks \"%s\" before freshtoken about %s: a token that it has "
			       "kept is used first",
			       asked->before, url);
		ft_doctor_remedy(doctor, "run: freshtoken setup git --apply");
	}
	if (asked->after != NULL) {
		ft_doctor_find(
			doctor, look->old ? FT_RESULT_WARNING : FT_RESULT_NOTE, account->name,
			"git hands what freshtoken says about %s to \"%s\" too%s", url,
			asked->after,
			look->old ? ", which keeps it" : "; this git marks it as not to be kept");
		ft_doctor_remedy(doctor, "see: freshtoken setup git");
	}
	if (has_path && !asked->path) {
		ft_doctor_find(doctor, FT_RESULT_WARNING, account->name,
			       "git sends no paths to %s, so that a match with a path never covers "
			       "anything",
			       url);
		ft_doctor_remedy(doctor, "run: freshtoken setup git --apply");
	}
	if (account->authtype == FT_AUTHTYPE_BEARER && look->old) {
		ft_doctor_find(
			doctor, FT_RESULT_WARNING, account->name,
			"authtype = bearer: this git can send %s a user name and a password only",
			url);
		ft_doctor_remedy(
			doctor,
			"use git %d.%d or newer, or authtype = basic where the host takes that",
			MAJOR, MINOR);
	}
}

static int check_pattern(void *context, const struct ft_account *account, const char *text,
			 const struct ft_pattern *pattern)
{
	struct look *look = context;
	struct ft_buf url = FT_BUF_INIT(2 * FT_HOST_SIZE), sample = FT_BUF_INIT(4096);
	struct ft_request_target target;
	int r = 0;

	(void)text;
	ft_buf_adds(&url,
		    pattern->url.scheme == FT_SCHEME_NONE ? "https" : pattern->url.scheme_name);
	ft_buf_adds(&url, "://");
	ft_setup_add_host(&url, &pattern->url);
	/* Some host that the pattern covers. */
	for (const char *c = url.failed ? "" : url.data; *c != '\0'; c++)
		ft_buf_add(&sample, *c == '*' ? "some-host" : c, *c == '*' ? 9 : 1);
	ft_buf_adds(&sample, pattern->path);
	if (url.failed || sample.failed) {
		look->doctor->no_memory = true;
		r = FT_NO_MEMORY;
	} else if (ft_target_parse(sample.data, &target) == 0) {
		struct asked asked = who_is_asked(look, &target);

		judge(look, account, url.data, pattern->url.scheme == FT_SCHEME_NONE,
		      pattern->path[0] != '\0', &asked);
	}
	ft_buf_release(&url);
	ft_buf_release(&sample);
	return r;
}

static int count_pattern(void *context, const struct ft_account *account, const char *text,
			 const struct ft_pattern *pattern)
{
	(void)account, (void)text, (void)pattern;
	++*(size_t *)context;
	return 0;
}

/* False where there is no git. */
static bool check_version(struct look *look)
{
	static const char *const argv[] = { "git", "--version", NULL };
	struct ft_buf said = FT_BUF_INIT(4096);
	unsigned major = 0, minor = 0;
	int r = ft_run_find("git", NULL) ? ft_run(argv, true, &said, NULL) : FT_NOT_FOUND;

	if (r == FT_NOT_FOUND) {
		ft_doctor_find(look->doctor, FT_RESULT_NOTE, NULL, "git is not found in PATH");
	} else if (r != 0 || said.failed ||
		   sscanf(said.data, "git version %3u.%3u", &major, &minor) != 2) {
		ft_doctor_find(look->doctor, FT_RESULT_ERROR, NULL,
			       "\"git --version\" prints no version");
		ft_doctor_remedy(look->doctor, "see what is wrong with: git --version");
	} else {
		look->old = major < MAJOR || (major == MAJOR && minor < MINOR);
		if (look->old) {
			ft_doctor_find(look->doctor, FT_RESULT_NOTE, NULL,
				       "git %u.%u: where a server refuses a token early, one "
				       "command fails before the next one works",
				       major, minor);
			ft_doctor_remedy(
				look->doctor,
				"git %d.%d or newer gets another token within the same command",
				MAJOR, MINOR);
		}
	}
	ft_buf_release(&said);
	return r == 0;
}

void ft_doctor_git(struct ft_doctor *doctor)
{
	static const char *const argv[] = {
		"git", "config", "--null", "--get-regexp", "^credential\\.", NULL
	};
	struct look look = { doctor, FT_BUF_INIT(CONFIG_MAX), false };
	const char *home = getenv("HOME");
	const bool homeless = home == NULL || home[0] == '\0';
	struct ft_error err;
	size_t n = 0;

	(void)ft_setup_patterns(&doctor->ft, count_pattern, &n);
	if (n == 0 || !check_version(&look))
		return;
	if (homeless) {
		ft_doctor_find(doctor, FT_RESULT_NOTE, NULL,
			       "HOME is not set: freshtoken, docker and podman take it from "
			       "passwd, but git then reads no .gitconfig");
		ft_doctor_remedy(doctor, "set HOME for what runs git");
	}
	int r = ft_run(argv, true, &look.config, &err);

	/* 1: nothing is set. */
	if (r > 1)
		(void)ft_error_set(&err, FT_CONFIG,
				   "git config ended with status %d; see what is wrong with it: "
				   "git config --list",
				   r);
	if (r < 0 || r > 1)
		ft_doctor_error(doctor, FT_RESULT_ERROR, NULL, &err);
	else
		(void)ft_setup_patterns(&doctor->ft, check_pattern, &look);
	ft_buf_release(&look.config);
	if (doctor->git_hosts.n > 0 && r >= 0 && r <= 1)
		ft_doctor_find(doctor, FT_RESULT_OK, NULL, "git asks freshtoken about %s%s",
			       doctor->git_hosts.list[0],
			       doctor->git_hosts.n > 1 ? " and others" : "");
}

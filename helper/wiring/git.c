/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "helper/wiring/git.h"

#include <string.h>

#include "helper/cli/run.h"
#include "helper/wiring/patterns.h"

int ft_git_read(bool global, struct ft_buf *ret, struct ft_error *err)
{
	const char *const argv[] = { "git", "config", global ? "--global" : "--includes", "--null",
				     "--show-origin", "--get-regexp", "^credential\\.", NULL };
	int r = ft_run(argv, true, ret, err);

	/* 1: nothing is set, or the file does not exist yet. */
	if (r <= 1)
		return r < 0 ? r : 0;
	return ft_error_set(err, FT_CONFIG,
			    "git config ended with status %d" FT_REMEDY
			    "see what is wrong with it: "
			    "git config --list",
			    r);
}

/* Entries are "ORIGIN NUL KEY LF VALUE NUL"; a key without a value has no LF. */
bool ft_git_next(const struct ft_buf *config, size_t *at, struct ft_git_entry *ret)
{
	const char *origin = config->data + *at;
	size_t len = *at < config->len ? strlen(origin) + 1 : 0;

	if (len == 0 || *at + len >= config->len)
		return false;
	ret->origin = origin;
	ret->key = origin + len;
	ret->key_len = strcspn(ret->key, "\n");
	ret->value = ret->key[ret->key_len] == '\n' ? ret->key + ret->key_len + 1 : "true";
	*at += len + strlen(ret->key) + 1;
	return true;
}

static bool is_true(const char *value)
{
	return strcasecmp(value, "true") == 0 || strcasecmp(value, "yes") == 0 ||
	       strcasecmp(value, "on") == 0 || strcmp(value, "1") == 0;
}

/* Takes the next word of a command, which may be quoted, without its folders. */
static const char *next_word(const char *command, char *word, size_t size)
{
	command += strspn(command, " ");
	const char quote = *command == '"' || *command == '\'' ? *command : '\0';
	const char *begin = command + (quote != '\0');
	const char *end = quote != '\0' ? strchrnul(begin, quote) : begin + strcspn(begin, " ");
	const char *slash = memrchr(begin, '/', (size_t)(end - begin));

	begin = slash != NULL ? slash + 1 : begin;
	const size_t len = (size_t)(end - begin) < size ? (size_t)(end - begin) : 0;

	memcpy(word, begin, len);
	word[len] = '\0';
	return end + (quote != '\0' && *end == quote);
}

/* Whether it is freshtoken: by that name, with or without options, or by a path or command that git
 * makes of it. */
static bool is_ours(const char *helper)
{
	char program[64], action[64];

	if (helper[0] != '!' && helper[0] != '/') {
		(void)next_word(helper, program, sizeof program);
		return strncmp(helper, program, strlen(program)) == 0 &&
		       strcmp(program, "freshtoken") == 0;
	}
	const char *rest = next_word(helper + (helper[0] == '!'), program, sizeof program);

	(void)next_word(rest, action, sizeof action);
	return strcmp(program, "git-credential-freshtoken") == 0 ||
	       (strcmp(program, "freshtoken") == 0 && strcmp(action, "git") == 0) ||
	       (strcmp(program, "git") == 0 && strcmp(action, "credential-freshtoken") == 0);
}

/* Whether "credential.URL.name" covers the URL that git asks about, which has no user name yet. git
 * compares all parts that the configured URL has. */
static bool covers(const char *url, const struct ft_request_target *target)
{
	struct ft_pattern pattern;

	/* A URL with a user name is refused here. It does not cover this one for git, either. */
	if (ft_pattern_parse(url, &pattern, NULL) != 0 || pattern.rest)
		return false;
	if (pattern.url.scheme != FT_SCHEME_NONE)
		return ft_pattern_match(&pattern, target) > 0;
	/* A URL without a scheme must be in the other one unchanged, and covers any scheme. */
	return strcmp(pattern.url.host, target->url.host) == 0 &&
	       pattern.url.port == target->url.port &&
	       (pattern.path[0] == '\0' || strcmp(pattern.path, target->path) == 0);
}

/* Whether an entry "credential.URL.NAME" or "credential.NAME" covers the target. */
static bool is_for(const struct ft_git_entry *entry, const char *name,
		   const struct ft_request_target *target)
{
	const char *key = entry->key + strlen("credential.");
	size_t name_len = strlen(name), len = entry->key_len - strlen("credential.");
	char url[1024];

	if (len < name_len || strncasecmp(key + len - name_len, name, name_len) != 0)
		return false;
	if (len == name_len)
		return true;
	len -= name_len + 1;
	if (key[len] != '.' || len >= sizeof url)
		return false;
	memcpy(url, key, len);
	url[len] = '\0';
	return covers(url, target);
}

int ft_git_host(const struct ft_pattern *pattern, struct ft_buf *ret_url,
		struct ft_request_target *ret)
{
	struct ft_buf sample = FT_BUF_INIT(4096);
	int r;

	ft_buf_addf(ret_url, "%s://",
		    pattern->url.scheme == FT_SCHEME_NONE ? "https" : pattern->url.scheme_name);
	ft_patterns_add_host(ret_url, &pattern->url);
	/* Makes an example of a host that the pattern covers. */
	for (const char *c = ret_url->failed ? "" : ret_url->data; *c != '\0'; c++)
		ft_buf_add(&sample, *c == '*' ? "some-host" : c, *c == '*' ? 9 : 1);
	ft_buf_adds(&sample, pattern->path);
	r = ret_url->failed != 0 ? ret_url->failed : sample.failed;
	if (r == 0)
		r = ft_target_parse(sample.data, ret);
	ft_buf_release(&sample);
	return r;
}

struct ft_git_asked ft_git_who_is_asked(const struct ft_buf *config,
					const struct ft_request_target *target)
{
	struct ft_git_asked asked = { .ours = false };
	struct ft_git_entry entry;

	for (size_t at = 0; ft_git_next(config, &at, &entry);) {
		if (is_for(&entry, "useHttpPath", target))
			asked.path = is_true(entry.value);
		if (!is_for(&entry, "helper", target))
			continue;
		asked.place = entry.origin;
		if (entry.value[0] == '\0')
			asked = (struct ft_git_asked){ .place = entry.origin, .path = asked.path };
		else if (is_ours(entry.value))
			asked.ours = true;
		else if (asked.ours)
			asked.after = entry.value;
		else
			asked.before = entry.value;
	}
	return asked;
}

#include "config.h"
#include "registries-conf.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "buffer.h"
#include "places.h"
#include "setup.h"

#define SYSTEM "/etc/containers"
/* As late as may be: a later file's line is the one that counts. */
#define OWN "zz-freshtoken.conf"
#define FILE_MAX (1024 * 1024)

/* --- a file ------------------------------------------------------------------------------ */

struct scan {
	const char *at, *end;
	unsigned line;
};

struct string {
	const char *text;
	size_t len;
	bool escaped;
};

/* Past blanks and a comment; with lines, to the next thing in whatever line. */
static void skip(struct scan *scan, bool lines)
{
	for (; scan->at < scan->end; scan->at++) {
		const char c = *scan->at;

		if (c == '#')
			while (scan->at + 1 < scan->end && scan->at[1] != '\n')
				scan->at++;
		else if (c == '\n' && lines)
			scan->line++;
		else if (c != ' ' && c != '\t' && c != '\r')
			break;
	}
}

static bool is_at(const struct scan *scan, char c)
{
	return scan->at < scan->end && *scan->at == c;
}

static bool is_quote(const struct scan *scan)
{
	return is_at(scan, '"') || is_at(scan, '\'');
}

static bool three_quotes(const struct scan *scan, char quote)
{
	return scan->end - scan->at >= 3 && scan->at[0] == quote && scan->at[1] == quote && scan->at[2] == quote;
}

/* 'literal', "with escapes", or either between three quotes. False: it does not end. */
static bool string(struct scan *scan, struct string *ret)
{
	const char quote = *scan->at;
	const bool three = three_quotes(scan, quote);

	scan->at += three ? 3 : 1;
	*ret = (struct string){ scan->at, 0, false };
	for (; scan->at < scan->end; scan->at++) {
		if (*scan->at == '\\' && quote == '"' && scan->at + 1 < scan->end) {
			ret->escaped = true;
			scan->at++;
		} else if (*scan->at == quote && (!three || three_quotes(scan, quote))) {
			ret->len = (size_t)(scan->at - ret->text);
			scan->at += three ? 3 : 1;
			return true;
		}
		if (*scan->at == '\n' && !three)
			return false;
		scan->line += *scan->at == '\n';
	}
	return false;
}

static bool skip_value(struct scan *scan)
{
	struct string ignored;
	size_t level = 0;

	do {
		skip(scan, level > 0);
		const char *from = scan->at;

		if (from == scan->end)
			return false;
		if (is_quote(scan)) {
			if (!string(scan, &ignored))
				return false;
		} else if (*from == '[' || *from == '{') {
			level++;
			scan->at++;
		} else if (*from == ']' || *from == '}') {
			if (level-- == 0)
				return false;
			scan->at++;
		} else if (level > 0) {
			scan->at++;
		} else {
			while (scan->at < scan->end && strchr("\r\n#", *scan->at) == NULL)
				scan->at++;
			if (scan->at == from)
				return false;
		}
	} while (level > 0);
	return true;
}

/* A key of one part that is a string or bare; others, of several parts, are none that counts. */
static bool key(struct scan *scan, struct string *ret)
{
	bool more;

	*ret = (struct string){ "", 0, false };
	for (size_t parts = 0; ; parts++) {
		struct string part = { scan->at, 0, false };

		if (is_quote(scan)) {
			if (!string(scan, &part))
				return false;
		} else {
			while (scan->at < scan->end && *scan->at != '\0' &&
			       strchr(" \t\r\n=.#\"'[]{},", *scan->at) == NULL)
				scan->at++;
			part.len = (size_t)(scan->at - part.text);
			if (part.len == 0)
				return false;
		}
		*ret = parts == 0 ? part : (struct string){ "", 0, false };
		while (is_at(scan, ' ') || is_at(scan, '\t'))
			scan->at++;
		more = is_at(scan, '.');
		if (!more)
			return true;
		scan->at++;
		while (is_at(scan, ' ') || is_at(scan, '\t'))
			scan->at++;
	}
}

/* [ "name", 'name', ]: no name has a byte that would be written with an escape. */
static int list(struct scan *scan, struct ft_strings *ret)
{
	struct string name;
	int r = 0;

	if (!is_at(scan, '['))
		return FT_UNTRUSTED;
	scan->at++;
	for (skip(scan, true); r == 0 && !is_at(scan, ']'); skip(scan, true)) {
		if (!is_quote(scan) || !string(scan, &name) || name.escaped || name.len == 0 ||
		    memchr(name.text, '\0', name.len) != NULL)
			return FT_UNTRUSTED;
		r = ft_strings_add(ret, name.text, name.len);
		skip(scan, true);
		if (is_at(scan, ','))
			scan->at++;
		else if (!is_at(scan, ']'))
			return FT_UNTRUSTED;
	}
	scan->at += r == 0;
	return r;
}

static bool is_line(const struct string *key)
{
	static const char name[] = "credential-helpers";

	return key->len == strlen(name) && strncasecmp(key->text, name, key->len) == 0;
}

/* *ret_others counts the other keys, and tables. */
static int parse(const char *text, size_t len, struct ft_strings *ret, bool *ret_found, size_t *ret_others,
		 struct ft_error *err)
{
	struct scan scan = { text, text + len, 1 };
	struct ft_strings names = { NULL, 0 };
	struct string name;
	bool found = false;
	unsigned line = 1;	/* where the statement begins */
	size_t others = 0;
	int r = 0;

	for (skip(&scan, true); r == 0 && scan.at < scan.end && *scan.at != '['; skip(&scan, true)) {
		line = scan.line;
		r = key(&scan, &name) && is_at(&scan, '=') ? 0 : FT_UNTRUSTED;
		if (r != 0)
			break;
		scan.at++;
		skip(&scan, false);
		if (!is_line(&name)) {
			r = skip_value(&scan) ? 0 : FT_UNTRUSTED;
			others++;
		} else {
			r = found ? FT_UNTRUSTED : list(&scan, &names);
			found = true;
		}
		skip(&scan, false);
		if (r == 0 && scan.at < scan.end && *scan.at != '\n')
			r = FT_UNTRUSTED;
	}
	if (r != 0) {
		ft_strings_release(&names);
		return r == FT_UNTRUSTED ? ft_error_set(err, r, "%u: this cannot be read; credential-helpers = [\"NAME\"]"
							" is expected before the first table", line) : ft_error_memory(err);
	}
	*ret_others = others + (scan.at < scan.end);
	*ret_found = found;
	if (found) {
		ft_strings_release(ret);
		*ret = names;
	}
	return 0;
}

int ft_registries_parse(const char *text, size_t len, struct ft_strings *ret, bool *ret_found,
			struct ft_error *err)
{
	size_t others;

	return parse(text, len, ret, ret_found, &others, err);
}

bool ft_registries_alone(const char *text, size_t len)
{
	struct ft_strings names = { NULL, 0 };
	size_t others = 1;
	bool found;
	int r = parse(text, len, &names, &found, &others, NULL);

	ft_strings_release(&names);
	return r == 0 && others == 0;
}

/* --- all of them --------------------------------------------------------------------------- */

/* *ret_there: there is such a file. */
static int read_file(struct ft_registries *all, const char *path, bool *ret_there, struct ft_error *err)
{
	struct ft_buf text = FT_BUF_INIT(FILE_MAX);
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat st;
	bool found = false;
	int r = 0;

	*ret_there = fd >= 0 || errno != ENOENT;
	if (fd < 0)
		return *ret_there ? ft_error_errno(err, FT_SYSTEM, errno, "%s", path) : 0;
	ft_buf_add(&text, "", 0);
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
		r = ft_error_set(err, FT_UNTRUSTED, "%s is not a regular file", path);
	else if (ft_buf_read(&text, fd) != 0)
		r = ft_error_errno(err, FT_SYSTEM, errno, "%s", path);
	if (r == 0)
		r = ft_buf_check(&text, path, err);
	(void)close(fd);
	if (r == 0) {
		r = ft_registries_parse(text.data, text.len, &all->helpers, &found, err);
		if (r == FT_UNTRUSTED && err != NULL) {
			struct ft_error reason = *err;

			(void)ft_error_set(err, r, "%s:%s", path, reason.text);
		}
	}
	if (r == 0 && found) {
		free(all->file);
		all->file = strdup(path);
		r = all->file != NULL ? 0 : ft_error_memory(err);
	}
	ft_buf_release(&text);
	return r;
}

static int is_conf(const struct dirent *entry)
{
	const size_t len = strlen(entry->d_name);

	return len > 5 && strcmp(entry->d_name + len - 5, ".conf") == 0;
}

static int by_bytes(const struct dirent **one, const struct dirent **other)
{
	return strcmp((*one)->d_name, (*other)->d_name);
}

static int read_folder(struct ft_registries *all, const char *folder, struct ft_error *err)
{
	struct dirent **entries = NULL;
	int n = scandir(folder, &entries, is_conf, by_bytes), r = 0;

	if (n < 0)
		return errno == ENOENT ? 0 : ft_error_errno(err, errno == ENOMEM ? FT_NO_MEMORY : FT_SYSTEM, errno,
							    "%s", folder);
	for (int i = 0; i < n; i++) {
		char *path = r == 0 ? ft_places_join(folder, entries[i]->d_name) : NULL;
		struct stat st;
		bool there;

		if (r == 0 && path == NULL)
			r = ft_error_memory(err);
		if (r == 0 && (stat(path, &st) != 0 || !S_ISDIR(st.st_mode)))
			r = read_file(all, path, &there, err);
		free(path);
		free(entries[i]);
	}
	free(entries);
	return r;
}

int ft_registries_read(struct ft_registries *ret, struct ft_error *err)
{
	const char *named = getenv("CONTAINERS_REGISTRIES_CONF");
	char *home = ft_places_home();
	char *folder = home != NULL ? ft_places_join(home, ".config/containers") : NULL;
	char *file = folder != NULL ? ft_places_join(folder, "registries.conf") : NULL;
	char *drop_ins = folder != NULL ? ft_places_join(folder, "registries.conf.d") : NULL;
	const bool is_named = named != NULL && named[0] != '\0';
	bool users = false, there;
	int r = 0;

	*ret = (struct ft_registries){ .own = drop_ins != NULL ? ft_places_join(drop_ins, OWN) : NULL };
	if (home == NULL)
		r = ft_error_set(err, FT_CONFIG, "HOME is not set, so podman's configuration cannot be found");
	else if (ret->own == NULL || file == NULL)
		r = ft_error_memory(err);
	if (r == 0)
		r = read_file(ret, is_named ? named : file, &users, err);
	/* Beside the user's own file the system's do not count. */
	if (r == 0 && !is_named && !users)
		r = read_file(ret, SYSTEM "/registries.conf", &there, err);
	if (r == 0 && (is_named || !users))
		r = read_folder(ret, SYSTEM "/registries.conf.d", err);
	if (r == 0)
		r = read_folder(ret, drop_ins, err);
	if (r == 0 && ret->helpers.n == 0 && ft_strings_add(&ret->helpers, FT_REGISTRIES_AUTH_FILES,
							    strlen(FT_REGISTRIES_AUTH_FILES)) != 0)
		r = ft_error_memory(err);
	if (r == 0 && ret->file != NULL && strncmp(ret->file, drop_ins, strlen(drop_ins)) == 0)
		ret->later = strcmp(ret->file, ret->own) > 0;
	free(home);
	free(folder);
	free(file);
	free(drop_ins);
	return r;
}

void ft_registries_release(struct ft_registries *registries)
{
	ft_strings_release(&registries->helpers);
	free(registries->file);
	free(registries->own);
}

const char *ft_registries_ours(const struct ft_registries *registries, bool *ret_first)
{
	*ret_first = true;
	for (size_t i = 0; i < registries->helpers.n; i++) {
		const char *helper = registries->helpers.list[i];

		if (ft_setup_docker_is_ours(helper))
			return helper;
		if (strcmp(helper, FT_REGISTRIES_AUTH_FILES) == 0)
			*ret_first = false;
	}
	return NULL;
}

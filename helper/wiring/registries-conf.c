/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "helper/wiring/registries-conf.h"

#include <string.h>
#include <strings.h>

struct scan {
	const char *at, *end;
	unsigned line;
};

struct string {
	const char *text;
	size_t len;
	bool escaped;
};

/* Skips blanks and a comment; with `lines` also line feeds. */
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
	return scan->end - scan->at >= 3 && scan->at[0] == quote && scan->at[1] == quote &&
	       scan->at[2] == quote;
}

/* Reads 'literal', "with escapes", or either in three quotes. False: it does not end. */
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

/* Reads a key of one part, quoted or bare; a key of several parts does not matter here. */
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

/* Reads [ "name", 'name', ]. A name has no byte that needs an escape. */
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

/* *ret_others: how many other keys and tables there are. */
static int parse(const char *text, size_t len, struct ft_strings *ret, bool *ret_found,
		 size_t *ret_others, struct ft_error *err)
{
	struct scan scan = { text, text + len, 1 };
	struct ft_strings names = { NULL, 0 };
	struct string name;
	bool found = false;
	unsigned line = 1;	/* where the statement begins */
	size_t others = 0;
	int r = 0;

	for (skip(&scan, true); r == 0 && scan.at < scan.end && *scan.at != '[';
	     skip(&scan, true)) {
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
		return r == FT_UNTRUSTED ?
			       ft_error_set(err, r,
					    "%u: this cannot be read" FT_REMEDY
					    "credential-helpers = "
					    "[\"NAME\"] is expected before the first table",
					    line) :
			       ft_error_memory(err);
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

/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "helper/account/section.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/escape.h"
#include "lib/base/utf8.h"
#include "lib/config/inifile.h"

static bool blank(char c)
{
	return c == ' ' || c == '\t';
}

/* Why a value cannot be written in one line and be read back unchanged; NULL: it can. */
static const char *unfit(const char *value)
{
	size_t len = strlen(value);

	for (size_t i = 0; i < len; i++) {
		if ((unsigned char)value[i] < 0x20 || value[i] == 0x7f)
			return "a control byte may not be in it";
		if (value[i] == ';' && (i == 0 || blank(value[i - 1])))
			return "\";\" may not be at its beginning or after a blank, where a "
			       "comment begins";
	}
	if (!ft_utf8_valid(value, len))
		return "it is not UTF-8";
	if (len == 0 || blank(value[0]) || blank(value[len - 1]))
		return "it cannot begin or end with a blank";
	return NULL;
}

/* Items of a list are separated by commas, and a quotation mark would begin a quoted item. */
static bool needs_quotes(const char *item)
{
	return item[0] == '"' || strchr(item, ',') != NULL;
}

static void add_item(struct ft_buf *buf, const char *item)
{
	if (needs_quotes(item)) {
		ft_buf_adds(buf, "\"");
		(void)ft_escape_json(buf, item, strlen(item));
		ft_buf_adds(buf, "\"");
	} else {
		ft_buf_adds(buf, item);
	}
}

static int check_text(const char *key, const char *text, struct ft_error *err)
{
	size_t line = strlen(key) + strlen(" = ") + strlen(text);

	if (line > FT_INI_LINE_MAX)
		return ft_error_set(err, FT_CONFIG,
				    "%s: its line would be %zu bytes long, %d is the limit", key,
				    line, FT_INI_LINE_MAX);
	return ft_account_check_value(key, text, err);
}

static int check_value(const char *key, const char *value, bool item, struct ft_error *err)
{
	const char *wrong = value != NULL ? unfit(value) : NULL;
	struct ft_buf text = FT_BUF_INIT(FT_INI_MAX);
	int r = 0;

	if (value == NULL)
		return 0;
	if (wrong != NULL)
		return ft_error_set(err, FT_CONFIG, "%s: %s", key, wrong);
	if (item)
		add_item(&text, value);
	else
		ft_buf_adds(&text, value);
	r = ft_buf_check(&text, key, err);
	if (r == 0)
		r = check_text(key, text.data, err);
	ft_buf_release(&text);
	return r;
}

/* The keys with a single value, in the order in which they are written. */
static const struct {
	const char *key;
	size_t asked, read;
} ones[] = {
#define ONE(NAME) \
	{ #NAME, offsetof(struct ft_section, NAME), offsetof(struct ft_account, NAME) }
	ONE(server),
	ONE(client_id),
	ONE(client_secret_file),
	ONE(grant),
	ONE(from),
	ONE(scope),
	ONE(audience),
	ONE(redirect_uri),
	ONE(username),
#undef ONE
};
#define ONES (sizeof ones / sizeof *ones)

static const char *asked_for(const struct ft_section *section, size_t i)
{
	return *(const char *const *)((const char *)section + ones[i].asked);
}

/* Writes "NAME=VALUE" as param.NAME = VALUE. */
static int check_param(const char *param, struct ft_error *err)
{
	const char *equals = strchr(param, '=');
	char name[FT_ACCOUNT_NAME_MAX + 1];

	if (equals == NULL)
		return ft_error_set(err, FT_CONFIG, "param: expected NAME=VALUE, not \"%s\"",
				    param);
	int len = snprintf(name, sizeof name, "%.*s", (int)(equals - param), param);

	if (len < 0 || (size_t)len >= sizeof name || !ft_account_name_valid(name))
		return ft_error_set(err, FT_CONFIG, "param: \"%.*s\" cannot be a parameter's name",
				    (int)(equals - param), param);
	const char *wrong = unfit(equals + 1);

	if (wrong != NULL)
		return ft_error_set(err, FT_CONFIG, "param.%s: %s", name, wrong);
	if (strlen("param. = ") + strlen(param) > FT_INI_LINE_MAX)
		return ft_error_set(err, FT_CONFIG, "param.%s: its line would be too long", name);
	return 0;
}

int ft_section_check(const struct ft_section *section, struct ft_error *err)
{
	int r = ft_account_name_valid(section->account) ?
			0 :
			ft_error_set(err, FT_CONFIG,
				     "\"%s\" cannot be an account's name: that is 1 to 40 letters, "
				     "digits, \"-\", \"_\" and \".\", not beginning with \".\"",
				     section->account);

	if (r == 0)
		r = check_value("provider", section->provider, false, err);
	for (size_t i = 0; r == 0 && i < ONES; i++)
		r = check_value(ones[i].key, asked_for(section, i), false, err);
	for (size_t i = 0; r == 0 && i < section->n_params; i++)
		r = check_param(section->params[i], err);
	for (size_t i = 0; r == 0 && i < section->n_match; i++)
		r = check_value("match", section->match[i], true, err);
	return r;
}

static void add_line(struct ft_buf *buf, const char *key, const char *value, const char *end)
{
	if (value == NULL)
		return;
	ft_buf_addf(buf, "%s = %s", key, value);
	ft_buf_adds(buf, end);
}

static bool ends_line(const char *text, size_t len)
{
	return len == 0 || text[len - 1] == '\n';
}

static bool ends_blank_line(const char *text, size_t len)
{
	if (len > 0 && text[len - 1] == '\n')
		len--;
	if (len > 0 && text[len - 1] == '\r')
		len--;
	return ends_line(text, len);
}

void ft_section_append(const struct ft_section *section, const char *text, size_t len,
		       struct ft_buf *ret)
{
	const char *lf = len > 0 ? memchr(text, '\n', len) : NULL;
	const char *end = lf != NULL && lf > text && lf[-1] == '\r' ? "\r\n" : "\n";

	ft_buf_add(ret, text, len);
	if (!ends_line(text, len))
		ft_buf_adds(ret, end);
	if (!ends_blank_line(text, len))
		ft_buf_adds(ret, end);
	ft_buf_addf(ret, "[account %s]", section->account);
	ft_buf_adds(ret, end);
	add_line(ret, "provider", section->provider, end);
	for (size_t i = 0; i < ONES; i++) {
		add_line(ret, ones[i].key, asked_for(section, i), end);
		if (strcmp(ones[i].key, "client_id") == 0)
			add_line(ret, "client_auth", section->client_auth, end);
	}
	if (section->register_client)
		add_line(ret, "register_client", "yes", end);
	for (size_t i = 0; i < section->n_params; i++) {
		size_t name = strcspn(section->params[i], "=");

		ft_buf_addf(ret, "param.%.*s = %s", (int)name, section->params[i],
			    section->params[i] + name + 1);
		ft_buf_adds(ret, end);
	}
	for (size_t i = 0; i < section->n_match; i++) {
		ft_buf_adds(ret, "match = ");
		add_item(ret, section->match[i]);
		ft_buf_adds(ret, end);
	}
}

/* Whether a line is "[account NAME]", as the reader parses it. */
static bool begins(const char *line, size_t len, const char *account)
{
	static const char word[] = "[account ";
	size_t name = strlen(account);

	while (len > 0 && (blank(line[len - 1]) || line[len - 1] == '\r'))
		len--;
	return len == sizeof word - 1 + name + 1 && memcmp(line, word, sizeof word - 1) == 0 &&
	       memcmp(line + sizeof word - 1, account, name) == 0 && line[len - 1] == ']';
}

bool ft_section_remove(const char *account, const char *text, size_t len, struct ft_buf *ret)
{
	static const char bom[] = "\xef\xbb\xbf";
	size_t at = len >= 3 && memcmp(text, bom, 3) == 0 ? 3 : 0, cut = at;
	bool inside = false, found = false;

	ft_buf_add(ret, text, at);
	while (at < len) {
		const char *line = text + at, *lf = memchr(line, '\n', len - at);
		size_t n = lf != NULL ? (size_t)(lf - line) : len - at;
		size_t next = at + n + (lf != NULL);

		if (*line == '[' && inside) {
			inside = false;
			ft_buf_add(ret, text + cut, at - cut);
		}
		if (begins(line, n, account)) {
			inside = found = true;
		} else if (!inside) {
			ft_buf_add(ret, line, next - at);
		} else if (*line == '#' || *line == ';') {
			/* The next line decides whether comments belong to this section or to the
			 * next one. */
			at = next;
			continue;
		}
		cut = next;
		at = next;
	}
	return found;
}

static bool same(const char *asked, const char *read)
{
	return asked == NULL ? read == NULL : read != NULL && strcmp(asked, read) == 0;
}

static bool has_param(const struct ft_account *account, const char *pair)
{
	size_t name = strcspn(pair, "=");
	bool has = false;

	for (size_t i = 0; i < account->n_params; i++)
		has = has || (strlen(account->params[i].name) == name &&
			      strncmp(account->params[i].name, pair, name) == 0 &&
			      strcmp(account->params[i].value, pair + name + 1) == 0);
	return has;
}

bool ft_section_is(const struct ft_section *section, const struct ft_account *account)
{
	const char *provider = section->provider != NULL ? section->provider : "oauth2";
	bool is = same(section->account, account->name) && same(provider, account->provider) &&
		  section->n_match == account->match.n && section->n_params == account->n_params &&
		  section->register_client == account->register_client;

	for (size_t i = 0; is && i < ONES; i++)
		is = same(asked_for(section, i),
			  *(char *const *)((const char *)account + ones[i].read));
	for (size_t i = 0; is && i < section->n_params; i++)
		is = has_param(account, section->params[i]);
	for (size_t i = 0; is && i < section->n_match; i++)
		is = same(section->match[i], account->match.list[i]);
	return is;
}

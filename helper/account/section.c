#include "config.h"
#include "helper/account/section.h"

#include <string.h>

#include "lib/base/escape.h"
#include "lib/base/utf8.h"
#include "lib/config/inifile.h"

static bool blank(char c)
{
	return c == ' ' || c == '\t';
}

/* What no line can hold, or what would be read as something else. */
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

/* Items of a list are told apart by commas, and a quote would begin one. */
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
	if (r == 0)
		r = check_value("server", section->server, false, err);
	if (r == 0)
		r = check_value("client_id", section->client_id, false, err);
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
	add_line(ret, "server", section->server, end);
	add_line(ret, "client_id", section->client_id, end);
	for (size_t i = 0; i < section->n_match; i++) {
		ft_buf_adds(ret, "match = ");
		add_item(ret, section->match[i]);
		ft_buf_adds(ret, end);
	}
}

static bool same(const char *asked, const char *read)
{
	return asked == NULL ? read == NULL : read != NULL && strcmp(asked, read) == 0;
}

bool ft_section_is(const struct ft_section *section, const struct ft_account *account)
{
	const char *provider = section->provider != NULL ? section->provider : "oauth2";
	bool is = same(section->account, account->name) && same(provider, account->provider) &&
		  same(section->server, account->server) &&
		  same(section->client_id, account->client_id) &&
		  section->n_match == account->match.n;

	for (size_t i = 0; is && i < section->n_match; i++)
		is = same(section->match[i], account->match.list[i]);
	return is;
}

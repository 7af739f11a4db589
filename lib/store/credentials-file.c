/* SPDX-License-Identifier: MIT */
/* Parses and formats a file of stored credentials; credentials.h has the grammar. */
#include "config.h"
#include "lib/store/credentials.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/encode.h"

#define FIRST_LINE "version=1\n"

static const struct {
	const char *name;
	size_t offset;
} fields[] = {
	{ "server", offsetof(struct ft_credential, server) },
	{ "path", offsetof(struct ft_credential, path) },
	{ "username", offsetof(struct ft_credential, username) },
	{ "password", offsetof(struct ft_credential, password) },
	{ "oauth_refresh_token", offsetof(struct ft_credential, oauth_refresh_token) },
	{ "authtype", offsetof(struct ft_credential, authtype) },
	{ "credential", offsetof(struct ft_credential, credential) },
};
#define N_FIELDS (sizeof fields / sizeof *fields)
static const char expiry_name[] = "password_expiry_utc";

static struct ft_secret *field(struct ft_credential *credential, size_t i)
{
	return (struct ft_secret *)((char *)credential + fields[i].offset);
}

void ft_credential_release(struct ft_credential *credential)
{
	if (credential == NULL)
		return;
	for (size_t i = 0; i < N_FIELDS; i++)
		ft_secret_release(field(credential, i));
	credential->expires_at = -1;
}

void ft_credential_list_release(struct ft_credential_list *list)
{
	if (list == NULL)
		return;
	for (size_t i = 0; i < list->n; i++)
		ft_credential_release(&list->list[i]);
	free(list->list);
	*list = (struct ft_credential_list){ NULL, 0 };
}

/* False: an escape is malformed. */
static bool decode(const char *data, size_t len, struct ft_buf *ret)
{
	for (size_t i = 0; i < len; i++) {
		int byte = data[i] == '%' ? ft_percent_read(data + i, len - i) : data[i];

		if (data[i] == '%' && byte < 0)
			return false;
		i += data[i] == '%' ? 2 : 0;
		ft_buf_add(ret, &(char){ (char)byte }, 1);
	}
	return true;
}

static void encode(struct ft_buf *buf, const struct ft_secret *secret)
{
	for (size_t i = 0; i < secret->len; i++) {
		unsigned char c = (unsigned char)secret->data[i];

		if (c < 0x20 || c == 0x7f || c == '%')
			ft_percent_add(buf, (char)c);
		else
			ft_buf_add(buf, &c, 1);
	}
}

static bool parse_number(const char *data, size_t len, int64_t *ret)
{
	int64_t n = 0;

	if (len == 0 || len > 18)
		return false;
	for (size_t i = 0; i < len; i++) {
		if (data[i] < '0' || data[i] > '9')
			return false;
		n = n * 10 + (data[i] - '0');
	}
	*ret = n;
	return true;
}

/* One line of a credential. */
static int parse_line(const char *line, size_t len, struct ft_credential *credential,
		      struct ft_error *err)
{
	const char *equals = memchr(line, '=', len);
	struct ft_buf value = FT_BUF_INIT(FT_CREDENTIALS_MAX);
	int r = FT_UNTRUSTED;

	if (equals == NULL)
		goto out;
	size_t name_len = (size_t)(equals - line), rest = len - name_len - 1;

	if (name_len == strlen(expiry_name) && memcmp(line, expiry_name, name_len) == 0) {
		if (credential->expires_at < 0 &&
		    parse_number(equals + 1, rest, &credential->expires_at))
			r = 0;
		goto out;
	}
	for (size_t i = 0; i < N_FIELDS; i++) {
		if (strlen(fields[i].name) != name_len ||
		    memcmp(line, fields[i].name, name_len) != 0)
			continue;
		if (field(credential, i)->data == NULL && decode(equals + 1, rest, &value)) {
			r = ft_buf_check(&value, "a value", err);
			if (r == 0 &&
			    ft_secret_set(field(credential, i), value.data, value.len) != 0)
				r = ft_error_memory(err);
		}
		break;
	}
out:
	ft_buf_release(&value);
	return r == FT_UNTRUSTED ? ft_error_set(err, r, "it is damaged") : r;
}

static int append(struct ft_credential_list *list, struct ft_error *err)
{
	struct ft_credential *more = reallocarray(list->list, list->n + 1, sizeof *more);

	if (more == NULL)
		return ft_error_memory(err);
	list->list = more;
	list->list[list->n++] = (struct ft_credential)FT_CREDENTIAL_INIT;
	return 0;
}

int ft_credentials_parse(const char *text, size_t len, struct ft_credential_list *ret,
			 struct ft_error *err)
{
	struct ft_credential_list new = { NULL, 0 };
	size_t at = strlen(FIRST_LINE);
	bool inside = false;
	int r = 0;

	if (len < at || memcmp(text, FIRST_LINE, at) != 0)
		return ft_error_set(err, FT_UNTRUSTED, "it is damaged, or of another version");
	while (r == 0 && at < len) {
		const char *line = text + at, *end = memchr(line, '\n', len - at);

		if (end == NULL) {
			r = ft_error_set(err, FT_UNTRUSTED, "it is cut short");
		} else if (end == line) {
			inside = false;
		} else {
			if (!inside)
				r = append(&new, err);
			inside = true;
			if (r == 0)
				r = parse_line(line, (size_t)(end - line), &new.list[new.n - 1],
					       err);
		}
		at += end != NULL ? (size_t)(end - line) + 1 : 0;
	}
	if (r != 0) {
		ft_credential_list_release(&new);
		return r;
	}
	*ret = new;
	return 0;
}

int ft_credentials_format(const struct ft_credential_list *list, struct ft_buf *ret,
			  struct ft_error *err)
{
	ft_buf_adds(ret, FIRST_LINE);
	for (size_t n = 0; n < list->n; n++) {
		ft_buf_adds(ret, "\n");
		for (size_t i = 0; i < N_FIELDS; i++) {
			const struct ft_secret *value = field(&list->list[n], i);

			if (value->data == NULL)
				continue;
			ft_buf_addf(ret, "%s=", fields[i].name);
			encode(ret, value);
			ft_buf_adds(ret, "\n");
		}
		if (list->list[n].expires_at >= 0)
			ft_buf_addf(ret, "%s=%" PRId64 "\n", expiry_name, list->list[n].expires_at);
	}
	return ft_buf_check(ret, "what is stored for this host", err);
}

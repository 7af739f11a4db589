/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "lib/transport/response.h"

#include <string.h>
#include <strings.h>

#include "lib/base/date.h"

void ft_response_init(struct ft_response *response)
{
	*response = (struct ft_response){ .sent = FT_SENT_NO };
	ft_buf_init(&response->header, FT_RESPONSE_HEADER_MAX);
	ft_buf_init(&response->body, FT_RESPONSE_BODY_MAX);
}

void ft_response_release(struct ft_response *response)
{
	if (response == NULL)
		return;
	ft_buf_release(&response->header);
	ft_buf_release(&response->body);
}

static void cut(char out[FT_RESPONSE_TEXT], const char *text)
{
	const size_t len = strnlen(text, FT_RESPONSE_TEXT - 1);

	memcpy(out, text, len);
	out[len] = '\0';
}

void ft_response_copy_text(char out[FT_RESPONSE_TEXT], const char *text)
{
	cut(out, text);
	for (; *out != '\0'; out++)
		if ((unsigned char)*out < 0x20 || (unsigned char)*out >= 0x7f)
			*out = '?';
}

void ft_response_set_error(struct ft_response *response, const char *text, enum ft_reason reason)
{
	response->reason = reason;
	ft_response_copy_text(response->error, text);
}

void ft_response_set_unreached(struct ft_response *response, const struct ft_error *err)
{
	/* Nothing of a server is in it, but perhaps the name of a file. */
	response->reason = err->reason;
	cut(response->error, err->text);
	ft_error_clean(response->error);
	response->local = err->code != FT_TEMPORARY;
}

void ft_response_add_line(struct ft_response *response, const char *line, size_t len)
{
	while (len > 0 && strchr(" \t\r\n", line[len - 1]) != NULL)
		len--;
	/* A NUL inside would split the line. */
	if (len > 0 && memchr(line, '\0', len) == NULL) {
		ft_buf_add(&response->header, line, len);
		ft_buf_add(&response->header, "", 1);
	}
}

/* The value of a line if its field has that name; NULL: it has not. */
static const char *field_value(const char *line, const char *name)
{
	size_t len = strlen(name);

	if (strncasecmp(line, name, len) != 0 || line[len] != ':')
		return NULL;
	return line + len + 1 + strspn(line + len + 1, " \t");
}

/* The line after `line`; NULL: the first one. */
static const char *next_line(const struct ft_response *response, const char *line)
{
	line = line == NULL ? response->header.data : line + strlen(line) + 1;
	return line == NULL || line == response->header.data + response->header.len ? NULL : line;
}

const char *ft_response_header_after(const struct ft_response *response, const char *name,
				     const char *value)
{
	for (const char *line = value; (line = next_line(response, line)) != NULL;) {
		value = field_value(line, name);
		if (value != NULL && value[0] != '\0')
			return value;
	}
	return NULL;
}

const char *ft_response_header(const struct ft_response *response, const char *name)
{
	return ft_response_header_after(response, name, NULL);
}

int64_t ft_response_time(const struct ft_response *response)
{
	const char *date = ft_response_header(response, "Date"),
		   *age = ft_response_header(response, "Age");
	const int64_t at = date != NULL ? ft_http_date(date) : -1;
	int64_t kept = 0;

	if (age == NULL || !ft_number_parse(age, &kept) || kept < 0 || kept > INT32_MAX)
		kept = 0;
	return at >= 0 ? at + kept : -1;
}

const char *ft_response_cookie(const struct ft_response *response, const char *name,
			       size_t *ret_len)
{
	const char *found = NULL;
	size_t len = strlen(name);

	for (const char *line = NULL; (line = next_line(response, line)) != NULL;) {
		const char *value = field_value(line, "Set-Cookie");

		if (value == NULL || strncmp(value, name, len) != 0)
			continue;
		value += len + strspn(value + len, " \t");
		if (*value != '=')
			continue;
		found = value + 1 + strspn(value + 1, " \t");
		*ret_len = strcspn(found, ";");
		while (*ret_len > 0 && (found[*ret_len - 1] == ' ' || found[*ret_len - 1] == '\t'))
			(*ret_len)--;
	}
	return found;
}

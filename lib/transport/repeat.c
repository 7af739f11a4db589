/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "lib/transport/repeat.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/base/encode.h"

#define WORD 8
/* Letters and digits: fewer would often be those of two usual words. */
#define SQUEEZED 12
/* A segment of a path that has at least so many bytes is taken for a value, not a word of the
 * service. */
#define SEGMENT 20

/* Values of the protocol itself, which are no secrets. */
static bool is_protocol(const char *text, size_t len)
{
	static const char *const words[] = {
		"password",	      "refresh_token",	    "access_token",
		"client_credentials", "authorization_code",
	};

	if (len >= 22 && memcmp(text, "urn:ietf:params:oauth:", 22) == 0)
		return true;
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (strlen(words[i]) == len && memcmp(words[i], text, len) == 0)
			return true;
	return false;
}

static void add(struct ft_buf *sent, const char *text, size_t len)
{
	if (len >= WORD && !is_protocol(text, len)) {
		ft_buf_add(sent, text, len);
		ft_buf_adds(sent, "\n");
	}
}

static void decode(const char *text, size_t len, struct ft_buf *ret)
{
	for (size_t i = 0; i < len; i++) {
		int byte = ft_percent_read(text + i, len - i);
		char c = byte >= 0 ? (char)byte : text[i] == '+' ? ' ' : text[i];

		ft_buf_add(ret, &c, 1);
		i += byte >= 0 ? 2 : 0;
	}
}

/* Adds a value as it was written, and percent-decoded. */
static void add_encoded(struct ft_buf *sent, const char *text, size_t len)
{
	struct ft_buf plain = FT_BUF_INIT(len + 1);

	decode(text, len, &plain);
	if (plain.len > 0 && !is_protocol(plain.data, plain.len)) {
		add(sent, text, len);
		add(sent, plain.data, plain.len);
	}
	sent->failed = plain.failed ? plain.failed : sent->failed;
	ft_buf_release(&plain);
}

static void add_form(struct ft_buf *sent, const char *body)
{
	while (*body != '\0') {
		size_t len = strcspn(body, "&"), name = strcspn(body, "=&");

		if (name < len)
			add_encoded(sent, body + name + 1, len - name - 1);
		body += len;
		body += *body == '&';
	}
}

/* Adds the strings of a JSON body, but not the names of members. */
static void add_json(struct ft_buf *sent, const char *body)
{
	while ((body = strchr(body, '"')) != NULL) {
		size_t len = 0;

		for (body++; body[len] != '\0' && body[len] != '"'; len++)
			len += body[len] == '\\' && body[len + 1] != '\0';
		const char *end = body + len + (body[len] == '"');

		if (end[strspn(end, " \t\r\n")] != ':')
			add(sent, body, len);
		body = end;
	}
}

static void add_xml(struct ft_buf *sent, const char *body)
{
	while (*body != '\0') {
		size_t len = strcspn(body, "<");

		add(sent, body, len);
		body += len;
		body += strcspn(body, ">");
		body += *body == '>';
	}
}

static void add_header(struct ft_buf *sent, const char *header)
{
	static const char *const plain[] = { "Accept:", "Content-Type:", "User-Agent:" };
	const char *value = strchr(header, ':');

	for (size_t i = 0; value != NULL && i < sizeof plain / sizeof *plain; i++)
		if (strncasecmp(header, plain[i], strlen(plain[i])) == 0)
			value = NULL;
	if (value == NULL)
		return;
	value += 1 + strspn(value + 1, " ");
	const char *blank = strchr(value, ' '), *secret = blank != NULL ? blank + 1 : value;
	struct ft_buf pair = FT_BUF_INIT(strlen(secret) + 1);

	add(sent, secret, strlen(secret));
	if (strncasecmp(value, "Basic ", 6) == 0 &&
	    ft_base64_read(secret, strlen(secret), FT_BASE64, &pair) && pair.len > 0) {
		const char *colon = memchr(pair.data, ':', pair.len);
		size_t name = colon != NULL ? (size_t)(colon - pair.data) : pair.len;

		add_encoded(sent, pair.data, name);
		if (colon != NULL)
			add_encoded(sent, colon + 1, pair.len - name - 1);
	}
	ft_buf_release(&pair);
}

/* Some services want tokens in the address. */
static void add_url(struct ft_buf *sent, const char *url)
{
	const char *host = strstr(url, "://");

	url = host != NULL ? host + 3 + strcspn(host + 3, "/?") : "";
	const size_t path = strcspn(url, "?");

	for (size_t i = 0, len; i < path; i += len + 1) {
		len = strcspn(url + i, "/?");
		if (len >= SEGMENT)
			add_encoded(sent, url + i, len);
	}
	add_form(sent, url + path + (url[path] == '?'));
}

static void collect(const struct ft_exchange *exchange, struct ft_buf *sent)
{
	const char *body = exchange->form.len > 0 ? exchange->form.data : exchange->body;
	size_t n = exchange->headers != NULL ? json_object_array_length(exchange->headers) : 0;

	for (size_t i = 0; i < n; i++)
		add_header(sent,
			   json_object_get_string(json_object_array_get_idx(exchange->headers, i)));
	add_url(sent, exchange->url);
	if (body == NULL)
		return;
	body += strspn(body, " \t\r\n");
	if (*body == '{' || *body == '[')
		add_json(sent, body);
	else if (*body == '<')
		add_xml(sent, body);
	else
		add_form(sent, body);
}

/* Replaces each run of bytes that is in `sent` by stars; returns whether there was one. */
static bool cover(const struct ft_buf *sent, char *text, size_t len)
{
	bool found = false;

	for (size_t i = 0; i + WORD <= len; i++) {
		size_t run = WORD;

		if (memmem(sent->data, sent->len, text + i, WORD) == NULL)
			continue;
		while (i + run < len && memmem(sent->data, sent->len, text + i, run + 1) != NULL)
			run++;
		found = true;
		memset(text + i, '*', run);
		i += run - 1;
	}
	return found;
}

/* Appends the letters and digits, small. ret_at gets the place of each; NULL: text has a value in
 * each line, and they stay apart. */
static void squeeze(const char *text, size_t len, struct ft_buf *ret, size_t *ret_at)
{
	for (size_t i = 0; i < len; i++) {
		char c = text[i] >= 'A' && text[i] <= 'Z' ? (char)(text[i] | 0x20) : text[i];

		if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') &&
		    (c != '\n' || ret_at != NULL))
			continue;
		if (ret_at != NULL)
			ret_at[ret->len] = i;
		ft_buf_add(ret, &c, 1);
	}
}

/* The same for what is written with other separators or capitals, as a UUID without its "-". */
static int cover_squeezed(const struct ft_buf *sent, char *text, size_t len)
{
	struct ft_buf values = FT_BUF_INIT(sent->len + 1), said = FT_BUF_INIT(len + 1);
	size_t *at = calloc(len + 1, sizeof *at);
	int r = at == NULL ? FT_NO_MEMORY : 0;

	squeeze(sent->data, sent->len, &values, NULL);
	if (r == 0)
		squeeze(text, len, &said, at);
	if (values.failed || said.failed)
		r = FT_NO_MEMORY;
	for (size_t i = 0; r == 0 && i + SQUEEZED <= said.len; i++) {
		size_t run = SQUEEZED;

		if (memmem(values.data, values.len, said.data + i, run) == NULL)
			continue;
		while (i + run < said.len &&
		       memmem(values.data, values.len, said.data + i, run + 1) != NULL)
			run++;
		memset(text + at[i], '*', at[i + run - 1] + 1 - at[i]);
		i += run - 1;
	}
	free(at);
	ft_buf_release(&values);
	ft_buf_release(&said);
	return r;
}

int ft_repeat_has_value(const struct ft_exchange *exchange, const char *text, bool *ret)
{
	struct ft_buf sent = FT_BUF_INIT(4 * (size_t)FT_MESSAGE_MAX);

	collect(exchange, &sent);
	int r = sent.failed ? FT_NO_MEMORY : 0;

	*ret = false;
	for (size_t i = 0, len; r == 0 && i < sent.len; i += len + 1) {
		len = (size_t)((const char *)memchr(sent.data + i, '\n', sent.len - i) -
			       (sent.data + i));
		*ret = *ret || memmem(text, strlen(text), sent.data + i, len) != NULL;
	}
	ft_buf_release(&sent);
	return r;
}

int ft_repeat_hide(const struct ft_exchange *exchange, char *text)
{
	struct ft_buf sent = FT_BUF_INIT(4 * (size_t)FT_MESSAGE_MAX),
		      plain = FT_BUF_INIT(strlen(text) + 1);
	size_t len = strlen(text);

	collect(exchange, &sent);
	decode(text, len, &plain);
	int r = sent.failed || plain.failed ? FT_NO_MEMORY : 0;

	/* It is encoded in another way than it was sent, so it is unknown which bytes are the
	 * secret. */
	if (r == 0 && sent.len > 0 && !cover(&sent, text, len) && plain.len > 0 &&
	    cover(&sent, plain.data, plain.len))
		memset(text, '*', len);
	if (r == 0 && sent.len > 0)
		r = cover_squeezed(&sent, text, len);
	ft_buf_release(&sent);
	ft_buf_release(&plain);
	return r;
}

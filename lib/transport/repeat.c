/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "lib/transport/repeat.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/base/encode.h"
#include "lib/base/secret.h"

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

/* What is compared: each window of so many symbols, as a number. A byte is a symbol; or a letter or
 * digit is one, small or not, and what is between them does not count. */
struct way {
	size_t size;
	uint64_t base, most;	/* base to the power of size - 1 */
};
static const struct way bytes = { WORD, 256, UINT64_C(1) << 56 },
			squeezed = { SQUEEZED, 36, UINT64_C(131621703842267136) };

/* The number of the symbol; negative: it is none. */
static int symbol(const struct way *way, char c)
{
	return way == &bytes	      ? (unsigned char)c :
	       c >= '0' && c <= '9' ? c - '0' :
	       c >= 'a' && c <= 'z' ? c - 'a' + 10 :
	       c >= 'A' && c <= 'Z' ? c - 'A' + 10 : -1;
}

static uint64_t move(const struct way *way, uint64_t window, int next)
{
	return window % way->most * way->base + (uint64_t)next;
}

/* Not qsort: it asks for the size of the memory, which the sandbox does not allow. */
static void sort(uint64_t *list, uint64_t *spare, size_t n)
{
	for (unsigned shift = 0; shift < 64; shift += 8) {
		size_t place[257] = { 0 };

		for (size_t i = 0; i < n; i++)
			place[(list[i] >> shift & 255) + 1]++;
		for (size_t i = 1; i < 256; i++)
			place[i] += place[i - 1];
		for (size_t i = 0; i < n; i++)
			spare[place[list[i] >> shift & 255]++] = list[i];
		memcpy(list, spare, n * sizeof *list);
	}
}

static int compare(const void *a, const void *b)
{
	const uint64_t *left = a, *right = b;

	return (*left > *right) - (*left < *right);
}

/* Collects the windows of all values, sorted. Returns how many there are. */
static size_t list_windows(const struct way *way, const struct ft_buf *sent, uint64_t *list,
			   uint64_t *spare)
{
	size_t n = 0, filled = 0;
	uint64_t window = 0;

	for (size_t i = 0; i < sent->len; i++) {
		const int next = symbol(way, sent->data[i]);

		/* Two values next to each other are not one. */
		if (next < 0 && sent->data[i] == '\n')
			filled = 0;
		if (next < 0)
			continue;
		window = move(way, window, next);
		if (++filled >= way->size)
			list[n++] = window;
	}
	sort(list, spare, n);
	return n;
}

/* Puts stars in `text` where `said`, of the same length, has a window of `sent`. A service chooses
 * what is said, and has chosen its own tokens: the time does not depend on what they share. */
static int cover(const struct way *way, const struct ft_buf *sent, const struct ft_buf *said,
		 char *text, bool *ret_found)
{
	uint64_t *list = calloc(2 * sent->len, sizeof *list), window = 0;
	size_t *at = calloc(said->len + 1, sizeof *at), n, filled = 0;

	if (list == NULL || at == NULL) {
		free(list);
		free(at);
		return FT_NO_MEMORY;
	}
	n = list_windows(way, sent, list, list + sent->len);
	for (size_t i = 0; i < said->len; i++) {
		const int next = symbol(way, said->data[i]);

		if (next < 0)
			continue;
		window = move(way, window, next);
		at[filled++] = i;
		if (filled < way->size || bsearch(&window, list, n, sizeof *list, compare) == NULL)
			continue;
		const size_t first = at[filled - way->size];

		memset(text + first, '*', i + 1 - first);
		*ret_found = true;
	}
	ft_wipe(list, 2 * sent->len * sizeof *list);
	free(list);
	free(at);
	return 0;
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
	const size_t len = strlen(text);
	struct ft_buf sent = FT_BUF_INIT(4 * (size_t)FT_MESSAGE_MAX), said = FT_BUF_INIT(len + 1),
		      plain = FT_BUF_INIT(len + 1);
	bool found = false, encoded = false;

	collect(exchange, &sent);
	ft_buf_add(&said, text, len);
	decode(text, len, &plain);
	int r = sent.failed || said.failed || plain.failed ? FT_NO_MEMORY : 0;

	if (r == 0 && sent.len > 0)
		r = cover(&bytes, &sent, &said, text, &found);
	/* It is encoded in another way than it was sent, so it is unknown which bytes are the
	 * secret. */
	if (r == 0 && sent.len > 0 && !found)
		r = cover(&bytes, &sent, &plain, plain.data, &encoded);
	if (encoded)
		memset(text, '*', len);
	/* What is written with other separators or capitals, as a UUID without its "-". */
	if (r == 0 && sent.len > 0)
		r = cover(&squeezed, &sent, &said, text, &found);
	ft_buf_release(&sent);
	ft_buf_release(&said);
	ft_buf_release(&plain);
	return r;
}

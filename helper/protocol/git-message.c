/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "helper/protocol/git-message.h"

#include <errno.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "lib/base/encode.h"

static const char state_prefix[] = "freshtoken:";

void ft_git_message_release(struct ft_git_message *message)
{
	if (message == NULL)
		return;
	ft_secret_release(&message->protocol);
	ft_secret_release(&message->host);
	ft_credential_release(&message->credential);
}

static bool equal(const char *data, size_t len, const char *string)
{
	return len == strlen(string) && memcmp(data, string, len) == 0;
}

/* Parses a boolean as git does. */
static bool is_true(const char *data, size_t len)
{
	return equal(data, len, "1") || equal(data, len, "true") || equal(data, len, "yes") ||
	       equal(data, len, "on");
}

/* Parses digits. For anything else, and 0, which git takes for "not set", the fallback. */
static uint64_t number(const char *data, size_t len, uint64_t fallback)
{
	uint64_t n = 0;

	for (size_t i = 0; i < len; i++) {
		if (data[i] < '0' || data[i] > '9' || len > 18)
			return fallback;
		n = n * 10 + (uint64_t)(data[i] - '0');
	}
	return n > 0 ? n : fallback;
}

static void read_state(struct ft_git_message *message, const char *value, size_t len)
{
	size_t prefix = strlen(state_prefix);

	if (len == 0) {
		message->has_state = false;
		message->generation = 0;
	} else if (len >= prefix && memcmp(value, state_prefix, prefix) == 0) {
		message->has_state = true;
		message->generation = number(value + prefix, len - prefix, 0);
	}
}

/* Whether a WWW-Authenticate value (RFC 9110 section 11.6.1) has a scheme that libcurl prefers to
 * Bearer and Basic. */
static bool names_other_scheme(const char *value, size_t len)
{
	static const char *const schemes[] = { "negotiate", "ntlm", "digest" };
	bool quoted = false;

	for (size_t i = 0; i < len; i++) {
		/* A realm may contain any words. */
		if (value[i] == '\\')
			i++;
		else if (value[i] == '"')
			quoted = !quoted;
		if (i >= len || quoted || (i > 0 && value[i - 1] != ',' && value[i - 1] != ' '))
			continue;
		for (size_t s = 0; s < sizeof schemes / sizeof *schemes; s++) {
			size_t n = strlen(schemes[s]);

			if (len - i >= n && strncasecmp(value + i, schemes[s], n) == 0 &&
			    (len - i == n || strchr(" ,=", value[i + n]) != NULL))
				return true;
		}
	}
	return false;
}

/* Decodes a part of a URL. Decoded bytes must satisfy the same rules as a line. */
static int set_decoded(struct ft_secret *secret, const char *data, size_t len, struct ft_error *err)
{
	struct ft_buf value = FT_BUF_INIT(FT_GIT_LINE_MAX);
	int r = 0;

	for (size_t i = 0; r == 0 && i < len; i++) {
		int byte = ft_percent_read(data + i, len - i);
		char c = byte >= 0 ? (char)byte : data[i];

		i += byte >= 0 ? 2 : 0;
		if (c == '\0' || c == '\r' || c == '\n')
			r = ft_error_set(err, FT_UNTRUSTED, "a URL has an escaped control byte");
		ft_buf_add(&value, &c, 1);
	}
	if (r == 0)
		r = ft_buf_check(&value, "a URL", err);
	if (r == 0 && ft_secret_set(secret, value.data, value.len) != 0)
		r = ft_error_memory(err);
	ft_buf_release(&value);
	return r;
}

/* url=…: sets the parts of the URL, replacing earlier ones. */
static int read_url(struct ft_git_message *message, const char *url, size_t len,
		    struct ft_error *err)
{
	const char *end = url + len, *host = memmem(url, len, "://", 3);
	struct ft_credential *credential = &message->credential;

	if (host == NULL || host == url)
		return ft_error_set(err, FT_UNTRUSTED, "a URL has no scheme");
	ft_secret_release(&message->host);
	ft_secret_release(&credential->path);
	ft_secret_release(&credential->username);
	ft_secret_release(&credential->password);
	int r = ft_secret_set(&message->protocol, url, (size_t)(host - url));

	host += 3;
	const char *slash = host;

	while (slash < end && strchr("/?#", *slash) == NULL)
		slash++;
	const char *at = memchr(host, '@', (size_t)(slash - host));

	if (r == 0 && at != NULL) {
		const char *colon = memchr(host, ':', (size_t)(at - host));

		r = set_decoded(&credential->username, host,
				(size_t)((colon != NULL ? colon : at) - host), err);
		if (r == 0 && colon != NULL)
			r = set_decoded(&credential->password, colon + 1, (size_t)(at - colon - 1),
					err);
		host = at + 1;
	}
	if (r == 0)
		r = set_decoded(&message->host, host, (size_t)(slash - host), err);
	while (slash < end && *slash == '/')
		slash++;
	while (end > slash + 1 && end[-1] == '/')
		end--;
	if (r == 0 && slash < end)
		r = set_decoded(&credential->path, slash, (size_t)(end - slash), err);
	return r == FT_NO_MEMORY ? ft_error_memory(err) : r;
}

static int read_line(struct ft_git_message *message, const char *line, size_t len,
		     struct ft_error *err)
{
	struct ft_credential *credential = &message->credential;
	const struct {
		const char *key;
		struct ft_secret *secret;
	} values[] = {
		{ "protocol", &message->protocol },
		{ "host", &message->host },
		{ "path", &credential->path },
		{ "username", &credential->username },
		{ "password", &credential->password },
		{ "oauth_refresh_token", &credential->oauth_refresh_token },
		{ "authtype", &credential->authtype },
		{ "credential", &credential->credential },
	};

	if (memchr(line, '\0', len) != NULL || memchr(line, '\r', len) != NULL)
		return ft_error_set(err, FT_UNTRUSTED, "a line has a NUL or CR in it");
	const char *value = memchr(line, '=', len);

	if (value == NULL)
		return ft_error_set(err, FT_UNTRUSTED, "a line has no \"=\"");
	size_t key_len = (size_t)(value - line), value_len = len - key_len - 1;

	value++;
	for (size_t i = 0; i < sizeof values / sizeof *values; i++)
		if (equal(line, key_len, values[i].key))
			return ft_secret_set(values[i].secret, value, value_len) == 0 ? 0 :
				ft_error_memory(err);
	if (equal(line, key_len, "url"))
		return read_url(message, value, value_len, err);
	if (equal(line, key_len, "password_expiry_utc"))
		credential->expires_at = (int64_t)number(value, value_len, UINT64_MAX);
	else if (equal(line, key_len, "ephemeral"))
		message->ephemeral = is_true(value, value_len);
	else if (equal(line, key_len, "state[]"))
		read_state(message, value, value_len);
	else if (equal(line, key_len, "wwwauth[]"))
		message->tries_itself = value_len > 0 && (message->tries_itself ||
							  names_other_scheme(value, value_len));
	else if (equal(line, key_len, "capability[]") && value_len == 0)
		message->can_authtype = message->can_state = false;
	else if (equal(line, key_len, "capability[]") && equal(value, value_len, "authtype"))
		message->can_authtype = true;
	else if (equal(line, key_len, "capability[]") && equal(value, value_len, "state"))
		message->can_state = true;
	return 0;
}

void ft_git_reader_init(struct ft_git_reader *reader, struct ft_git_message *message)
{
	*message = (struct ft_git_message){ .credential = FT_CREDENTIAL_INIT };
	*reader = (struct ft_git_reader){ message, FT_BUF_INIT(FT_GIT_LINE_MAX - 1), false };
}

void ft_git_reader_release(struct ft_git_reader *reader)
{
	if (reader != NULL)
		ft_buf_release(&reader->line);
}

static int too_long(struct ft_error *err)
{
	return ft_error_set(err, FT_UNTRUSTED, "a line has more than %d bytes", FT_GIT_LINE_MAX);
}

int ft_git_reader_feed(struct ft_git_reader *reader, const char *data, size_t len,
		       struct ft_error *err)
{
	const char *end = data + len;
	struct ft_buf *begun = &reader->line;

	while (!reader->done && data < end) {
		const char *lf = memchr(data, '\n', (size_t)(end - data));
		size_t part = (size_t)((lf != NULL ? lf : end) - data);
		int r = 0;

		if (lf != NULL && begun->len == 0 && part < FT_GIT_LINE_MAX) {
			/* The usual case: a whole line, parsed in place. */
			reader->done = part == 0;
			if (!reader->done)
				r = read_line(reader->message, data, part, err);
		} else {
			ft_buf_add(begun, data, part);
			if (begun->failed == FT_UNTRUSTED)
				return too_long(err);
			r = ft_buf_check(begun, "a line", err);
			if (r == 0 && lf != NULL) {
				r = read_line(reader->message, begun->data, begun->len, err);
				ft_buf_clear(begun);
			}
		}
		if (r != 0)
			return r;
		data += part + (lf != NULL);
	}
	return 0;
}

int ft_git_reader_end(struct ft_git_reader *reader, struct ft_error *err)
{
	if (reader->done || reader->line.len == 0)
		return 0;
	reader->done = true;
	return read_line(reader->message, reader->line.data, reader->line.len, err);
}

int ft_git_message_read(int fd, struct ft_git_message *message, struct ft_error *err)
{
	struct ft_git_reader reader;
	char chunk[1024];
	ssize_t n = 0;
	int r = 0;

	ft_git_reader_init(&reader, message);
	while (r == 0 && !reader.done && (n = read(fd, chunk, sizeof chunk)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			r = ft_error_errno(err, FT_SYSTEM, errno, "cannot read stdin");
		else
			r = ft_git_reader_feed(&reader, chunk, (size_t)n, err);
	}
	if (r == 0)
		r = ft_git_reader_end(&reader, err);
	ft_wipe(chunk, sizeof chunk);
	ft_git_reader_release(&reader);
	if (r != 0)
		ft_error_prefix(err, "git's request is refused");
	return r;
}

static bool host_is_plain(const struct ft_secret *host)
{
	for (size_t i = 0; i < host->len; i++)
		if ((unsigned char)host->data[i] <= 0x20 || host->data[i] == 0x7f ||
		    strchr("/\\?#@%", host->data[i]) != NULL)
			return false;
	return true;
}

static int not_found(struct ft_error *err)
{
	return ft_error_set(err, FT_NOT_FOUND, "the request has no host that an account "
				    "could match");
}

int ft_git_message_url(const struct ft_git_message *message, struct ft_buf *ret,
		       struct ft_error *err)
{
	const struct ft_secret *path = &message->credential.path;

	if (message->protocol.len == 0 || message->host.len == 0 || !host_is_plain(&message->host))
		return not_found(err);
	ft_buf_add(ret, message->protocol.data, message->protocol.len);
	ft_buf_adds(ret, "://");
	ft_buf_add(ret, message->host.data, message->host.len);
	if (path->data != NULL) {
		ft_buf_adds(ret, "/");
		/* git has decoded it already; in a URL this byte would end it earlier. */
		for (size_t i = 0; i < path->len; i++) {
			if (path->data[i] == '?' || path->data[i] == '#')
				ft_percent_add(ret, path->data[i]);
			else
				ft_buf_add(ret, &path->data[i], 1);
		}
	}
	return ft_buf_check(ret, "the request's URL", err);
}

static void add_lower(struct ft_buf *buf, const struct ft_secret *secret)
{
	for (size_t i = 0; i < secret->len; i++) {
		char c = secret->data[i];

		if (c >= 'A' && c <= 'Z')
			c = (char)(c - 'A' + 'a');
		ft_buf_add(buf, &c, 1);
	}
}

int ft_git_message_key(const struct ft_git_message *message, struct ft_buf *ret,
		       struct ft_error *err)
{
	if (message->protocol.len == 0 || message->host.data == NULL ||
	    (message->host.len == 0 && message->credential.path.len == 0))
		return not_found(err);
	add_lower(ret, &message->protocol);
	ft_buf_adds(ret, "://");
	add_lower(ret, &message->host);
	return ft_buf_check(ret, "the request's host", err);
}

int ft_git_message_refused(const struct ft_git_message *message, struct ft_secret *ret,
			   struct ft_error *err)
{
	const struct ft_credential *credential = &message->credential;
	const char *type = credential->authtype.data != NULL ? credential->authtype.data : "";
	struct ft_buf pair = FT_BUF_INIT(FT_GIT_LINE_MAX);
	int r = 0;

	if (credential->password.data != NULL) {
		r = ft_secret_copy(ret, &credential->password);
	} else if (credential->credential.data != NULL && strcasecmp(type, "bearer") == 0) {
		r = ft_secret_copy(ret, &credential->credential);
	} else if (credential->credential.data != NULL && strcasecmp(type, "basic") == 0 &&
		   ft_base64_read(credential->credential.data, credential->credential.len,
				  FT_BASE64, &pair)) {
		const char *colon = pair.len > 0 ? memchr(pair.data, ':', pair.len) : NULL;

		if (colon != NULL)
			r = ft_secret_set(ret, colon + 1,
					  pair.len - (size_t)(colon + 1 - pair.data));
	}
	if (r == 0 && pair.failed == FT_NO_MEMORY)
		r = FT_NO_MEMORY;
	ft_buf_release(&pair);
	return r == 0 ? 0 : ft_error_memory(err);
}

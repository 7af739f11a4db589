/* SPDX-License-Identifier: MIT */
/* A request of git: read at once and byte by byte, with the same result. */
#include "config.h"

#include <string.h>

#include "fuzz.h"
#include "helper/protocol/git-message.h"

static int read_pieces(const char *data, size_t size, size_t step, struct ft_git_message *ret)
{
	struct ft_git_reader reader;
	int r = 0;

	ft_git_reader_init(&reader, ret);
	for (size_t at = 0; r == 0 && at < size; at += step)
		r = ft_git_reader_feed(&reader, data + at, size - at < step ? size - at : step,
				       NULL);
	if (r == 0)
		r = ft_git_reader_end(&reader, NULL);
	ft_git_reader_release(&reader);
	return r;
}

/* The same, and nothing that could end a line of an answer. */
static void check(const struct ft_secret *a, const struct ft_secret *b)
{
	MUST((a->data == NULL) == (b->data == NULL));
	MUST(a->data == NULL || ft_secret_equal(a, b->data, b->len));
	for (size_t i = 0; i < a->len; i++)
		MUST(a->data[i] != '\0' && a->data[i] != '\r' && a->data[i] != '\n');
}

static void use(const struct ft_git_message *message)
{
	struct ft_buf url = FT_BUF_INIT(1 << 20), key = FT_BUF_INIT(1 << 20);
	struct ft_secret token = { NULL, 0 };

	if (ft_git_message_url(message, &url, NULL) == 0) {
		const char *host = url.data + message->protocol.len + 3;

		/* The URL's host ends where the request's does. */
		MUST(message->host.len > 0);
		MUST(strncmp(host, message->host.data, message->host.len) == 0);
		MUST(host[message->host.len] == '/' || host[message->host.len] == '\0');
	}
	(void)ft_git_message_key(message, &key, NULL);
	(void)ft_git_message_refused(message, &token, NULL);
	ft_secret_release(&token);
	ft_buf_release(&url);
	ft_buf_release(&key);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ft_git_message a, b;
	int r = read_pieces((const char *)data, size, size + 1, &a);

	MUST(read_pieces((const char *)data, size, 1, &b) == r);
	check(&a.protocol, &b.protocol);
	check(&a.host, &b.host);
	check(&a.credential.path, &b.credential.path);
	check(&a.credential.username, &b.credential.username);
	check(&a.credential.password, &b.credential.password);
	check(&a.credential.oauth_refresh_token, &b.credential.oauth_refresh_token);
	check(&a.credential.authtype, &b.credential.authtype);
	check(&a.credential.credential, &b.credential.credential);
	MUST(a.credential.expires_at == b.credential.expires_at);
	MUST(a.credential.expires_at == -1 || a.credential.expires_at > 0);
	MUST(a.ephemeral == b.ephemeral && a.can_authtype == b.can_authtype);
	MUST(a.can_state == b.can_state && a.has_state == b.has_state);
	MUST(a.generation == b.generation && (a.generation == 0 || a.has_state));
	if (r == 0)
		use(&a);
	ft_git_message_release(&a);
	ft_git_message_release(&b);
	return 0;
}

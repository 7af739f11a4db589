/* SPDX-License-Identifier: MIT */
/* helper/protocol/git-message.h */
#include "config.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "helper/protocol/git-message.h"
#include "tests/unit/alloc.h"
#include "tests/unit/unit.h"

static struct ft_error err;

/* In pieces of `step` bytes. */
static int read_pieces(const char *text, size_t len, size_t step, struct ft_git_message *ret)
{
	struct ft_git_reader reader;
	int r = 0;

	ft_git_reader_init(&reader, ret);
	for (size_t at = 0; r == 0 && at < len; at += step)
		r = ft_git_reader_feed(&reader, text + at, len - at < step ? len - at : step, &err);
	if (r == 0)
		r = ft_git_reader_end(&reader, &err);
	ft_git_reader_release(&reader);
	return r;
}

static int read_text(const char *text, struct ft_git_message *ret)
{
	return read_pieces(text, strlen(text), 1 << 20, ret);
}

#define assert_secret(secret, text) do { \
	ck_assert_ptr_nonnull((secret).data); \
	ck_assert_str_eq((secret).data, text); \
	ck_assert_uint_eq((secret).len, strlen(text)); \
} while (0)

static void refused(const char *text, size_t len)
{
	struct ft_git_message message;

	ck_assert_int_eq(read_pieces(text, len, 1 << 20, &message), FT_UNTRUSTED);
	ck_assert_ptr_null(strstr(line_of(&err), "s3cret"));
	ft_git_message_release(&message);
}

START_TEST(reads_all_keys_however_they_arrive)
{
	static const char text[] =
		"capability[]=authtype\ncapability[]=state\ncapability[]=telepathy\n"
		"protocol=https\nhost=git.example.com:8443\npath=team/x.git\nusername=al=ice\n"
		"password= p w \npassword_expiry_utc=1700000000\noauth_refresh_token=rt\n"
		"authtype=Basic\ncredential=YTpi\nephemeral=1\n"
		"wwwauth[]=Basic realm=\"\xff\xfe\"\nstate[]=other:1\nstate[]=freshtoken:42\n"
		"unknown\xff=\xfe\n=nothing\n\nprotocol=http\nno equals sign here\n";

	for (size_t step = 1; step < sizeof text; step++) {
		struct ft_git_message m;

		ck_assert_int_eq(read_pieces(text, sizeof text - 1, step, &m), 0);
		assert_secret(m.protocol, "https");
		assert_secret(m.host, "git.example.com:8443");
		assert_secret(m.credential.path, "team/x.git");
		assert_secret(m.credential.username, "al=ice");
		assert_secret(m.credential.password, " p w ");
		assert_secret(m.credential.oauth_refresh_token, "rt");
		assert_secret(m.credential.authtype, "Basic");
		assert_secret(m.credential.credential, "YTpi");
		ck_assert_int_eq(m.credential.expires_at, 1700000000);
		ck_assert(m.ephemeral && m.can_authtype && m.can_state && m.has_state);
		ck_assert_uint_eq(m.generation, 42);
		ft_git_message_release(&m);
	}
}
END_TEST

START_TEST(the_last_line_may_lack_its_end)
{
	struct ft_git_message m;

	ck_assert_int_eq(read_text("protocol=https\nhost=h", &m), 0);
	assert_secret(m.host, "h");
	ft_git_message_release(&m);
	ck_assert_int_eq(read_text("", &m), 0);
	ck_assert_ptr_null(m.protocol.data);
	ck_assert_int_eq(m.credential.expires_at, -1);
	ft_git_message_release(&m);
}
END_TEST

START_TEST(a_later_line_replaces_an_earlier_one)
{
	struct ft_git_message m;

	ck_assert_int_eq(read_text("host=a\nhost=b\npassword=x\npassword=\nephemeral=yes\n"
				   "ephemeral=no\npassword_expiry_utc=7\npassword_expiry_utc=x\n",
				   &m),
			 0);
	assert_secret(m.host, "b");
	assert_secret(m.credential.password, "");
	ck_assert(!m.ephemeral);
	ck_assert_int_eq(m.credential.expires_at, -1);
	ft_git_message_release(&m);
}
END_TEST

START_TEST(an_empty_item_empties_a_list)
{
	struct ft_git_message m;

	ck_assert_int_eq(read_text("capability[]=authtype\ncapability[]=state\ncapability[]=\n"
				   "state[]=freshtoken:3\nstate[]=\n", &m), 0);
	ck_assert(!m.can_authtype && !m.can_state && !m.has_state);
	ck_assert_uint_eq(m.generation, 0);
	ft_git_message_release(&m);
}
END_TEST

START_TEST(state_of_ours_that_names_no_generation)
{
	static const char *const values[] = {
		"freshtoken:", "freshtoken:x", "freshtoken:-1", "freshtoken:1x", "freshtoken: 1",
		"freshtoken:9999999999999999999999", "freshtoken:0",
	};

	for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
		char text[128];
		struct ft_git_message m;

		snprintf(text, sizeof text, "state[]=%s\n", values[i]);
		ck_assert_int_eq(read_text(text, &m), 0);
		/* Ours all the same: no second "continue". */
		ck_assert(m.has_state);
		ck_assert_uint_eq(m.generation, 0);
		ft_git_message_release(&m);
	}
	struct ft_git_message m;

	ck_assert_int_eq(read_text("state[]=freshtokens:1\nstate[]=fresh\n", &m), 0);
	ck_assert(!m.has_state);
	ft_git_message_release(&m);
}
END_TEST

START_TEST(refuses_what_no_git_writes)
{
	refused("protocol=https\nhost\n", 20);
	refused("protocol=https\r\n", 16);
	refused("password=s3cret\r\n", 17);
	refused("unknown=\r\n", 10);
	refused("host=a\0b\n", 9);
	refused("password=s3cret\0\n", 17);
	refused("\0\n", 2);
	refused("s3cret", 6);
}
END_TEST

START_TEST(a_line_has_its_limit)
{
	for (size_t step = 1000; step <= 100000; step += 99000) {
		char *text = malloc(2 * FT_GIT_LINE_MAX);
		struct ft_git_message m;

		ck_assert_ptr_nonnull(text);
		memset(text, 'x', 2 * FT_GIT_LINE_MAX);
		memcpy(text, "password=", 9);
		text[FT_GIT_LINE_MAX - 1] = '\n';
		ck_assert_int_eq(read_pieces(text, FT_GIT_LINE_MAX, step, &m), 0);
		ck_assert_uint_eq(m.credential.password.len, FT_GIT_LINE_MAX - 1 - 9);
		ft_git_message_release(&m);
		text[FT_GIT_LINE_MAX - 1] = 'x';
		text[FT_GIT_LINE_MAX] = '\n';
		ck_assert_int_eq(read_pieces(text, FT_GIT_LINE_MAX + 1, step, &m), FT_UNTRUSTED);
		/* Nor is the tail of a longer one a line of its own. */
		ck_assert_ptr_null(m.credential.password.data);
		ft_git_message_release(&m);
		ck_assert_int_eq(read_pieces(text, FT_GIT_LINE_MAX, step, &m), FT_UNTRUSTED);
		ft_git_message_release(&m);
		memcpy(text, "unknown==", 9);
		ck_assert_int_eq(read_pieces(text, FT_GIT_LINE_MAX + 1, step, &m), FT_UNTRUSTED);
		ft_git_message_release(&m);
		free(text);
	}
}
END_TEST

START_TEST(memory_does_not_grow_with_the_input)
{
	struct ft_git_message m;
	struct ft_git_reader reader;
	char line[4000];

	memset(line, 'x', sizeof line);
	memcpy(line, "wwwauth[]=", 10);
	line[sizeof line - 1] = '\n';
	ft_git_reader_init(&reader, &m);
	ck_assert_int_eq(ft_git_reader_feed(&reader, "host=h\n", 7, &err), 0);
	for (size_t i = 0; i < 3000; i++) {
		/* Never at the end of a line, so that each has to be put together. */
		ck_assert_int_eq(ft_git_reader_feed(&reader, line, 11, &err), 0);
		ck_assert_int_eq(ft_git_reader_feed(&reader, line + 11, sizeof line - 11, &err), 0);
	}
	ck_assert_uint_le(reader.line.size, 2 * FT_GIT_LINE_MAX);
	assert_secret(m.host, "h");
	ft_git_reader_release(&reader);
	ft_git_message_release(&m);
}
END_TEST

START_TEST(url_stands_for_its_parts)
{
	struct ft_git_message m;

	ck_assert_int_eq(
		read_text("username=old\npassword=old\npath=old\n"
			  "url=https://al%20ice:s%3Aecret@git.example.com:8443//team/x%2Fy//\n",
			  &m),
		0);
	assert_secret(m.protocol, "https");
	assert_secret(m.host, "git.example.com:8443");
	assert_secret(m.credential.username, "al ice");
	assert_secret(m.credential.password, "s:ecret");
	assert_secret(m.credential.path, "team/x/y");
	ft_git_message_release(&m);
	ck_assert_int_eq(read_text("username=old\npassword=old\npath=old\nurl=https://h?x@y\n", &m),
			 0);
	assert_secret(m.host, "h");
	assert_secret(m.credential.path, "?x@y");
	ck_assert_ptr_null(m.credential.username.data);
	ck_assert_ptr_null(m.credential.password.data);
	ft_git_message_release(&m);
	ck_assert_int_eq(read_text("url=cert:///home/alice/key\n", &m), 0);
	assert_secret(m.host, "");
	assert_secret(m.credential.path, "home/alice/key");
	ft_git_message_release(&m);
	ck_assert_int_eq(read_text("url=https://h/100%\n", &m), 0);
	assert_secret(m.credential.path, "100%");
	ft_git_message_release(&m);
}
END_TEST

START_TEST(url_cannot_bring_in_lines)
{
	refused("url=https://h%0ahost=evil.example/\n", 35);
	refused("url=https://h/%0D\n", 18);
	refused("url=https://a%00b/\n", 19);
	refused("url=https://u:s3cret%0A@h/\n", 27);
	refused("url=git.example.com\n", 20);
	refused("url=://h\n", 9);
	refused("url=\n", 5);
}
END_TEST

static int url_of(const char *text, struct ft_buf *ret)
{
	struct ft_git_message m;

	ck_assert_int_eq(read_text(text, &m), 0);
	int r = ft_git_message_url(&m, ret, &err);

	ft_git_message_release(&m);
	return r;
}

START_TEST(no_host_no_match)
{
	static const char *const texts[] = {
		"", "protocol=https\n", "host=git.example.com\n", "protocol=https\nhost=\n",
		"protocol=\nhost=git.example.com\n",
		/* Read as a URL these would be git.example.com. */
		"protocol=https\nhost=git.example.com/.evil.example\n",
		"protocol=https\nhost=git.example.com?.evil.example\n",
		"protocol=https\nhost=git.example.com#.evil.example\n",
		"protocol=https\nhost=git.example.com\\.evil.example\n",
		"protocol=https\nhost=evil.example@git.example.com\n",
		"protocol=https\nhost=git.example.com%2f\n",
		"protocol=https\nhost=git.example.com \n",
		"protocol=https\nhost=git.example.com\t\n",
	};

	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		struct ft_buf url = FT_BUF_INIT(1024);

		ck_assert_int_eq(url_of(texts[i], &url), FT_NOT_FOUND);
		ck_assert_uint_eq(url.len, 0);
		ft_buf_release(&url);
	}
}
END_TEST

START_TEST(url_of_a_request)
{
	struct ft_buf url = FT_BUF_INIT(1024);

	ck_assert_int_eq(url_of("protocol=https\nhost=[::1]:8443\n", &url), 0);
	ck_assert_str_eq(url.data, "https://[::1]:8443");
	ft_buf_clear(&url);
	ck_assert_int_eq(url_of("protocol=https\nhost=h\npath=team/a?b#c d\n", &url), 0);
	ck_assert_str_eq(url.data, "https://h/team/a%3Fb%23c d");
	ft_buf_release(&url);
}
END_TEST

START_TEST(key_of_stored_ones)
{
	static const struct {
		const char *text, *key;
	} table[] = {
		{ "protocol=HTTPS\nhost=Git.Example.COM:8443\npath=A\n",
		  "https://git.example.com:8443" },
		{ "protocol=cert\nhost=\npath=/A/b\n", "cert://" },
		{ "protocol=cert\nhost=\n", NULL },
		{ "protocol=smtp\nhost=mail.example.com\n", "smtp://mail.example.com" },
		{ "host=h\npath=p\n", NULL },
		{ "protocol=https\npath=p\n", NULL },
		{ "protocol=\nhost=h\n", NULL },
	};

	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct ft_buf key = FT_BUF_INIT(1024);
		struct ft_git_message m;

		ck_assert_int_eq(read_text(table[i].text, &m), 0);
		ck_assert_int_eq(ft_git_message_key(&m, &key, &err),
				 table[i].key != NULL ? 0 : FT_NOT_FOUND);
		if (table[i].key != NULL)
			ck_assert_str_eq(key.data, table[i].key);
		ft_git_message_release(&m);
		ft_buf_release(&key);
	}
}
END_TEST

START_TEST(the_token_that_was_refused)
{
	static const struct {
		const char *text, *token;
	} table[] = {
		{ "username=u\npassword=tok\n", "tok" },
		{ "authtype=Basic\ncredential=b2F1dGgyOnRvaw==\n", "tok" },
		{ "authtype=basic\ncredential=dTpuOmE6dG9r\n", "n:a:tok" },
		{ "authtype=Bearer\ncredential=tok\n", "tok" },
		{ "authtype=BEARER\ncredential=tok\nusername=u\n", "tok" },
		{ "password=tok\nauthtype=Bearer\ncredential=other\n", "tok" },
		{ "authtype=Digest\ncredential=dG9r\n", NULL },
		{ "credential=b2F1dGgyOnRvaw==\n", NULL },
		{ "authtype=Basic\ncredential=b2F1dGgyOnRvaw=\n", NULL },
		{ "authtype=Basic\ncredential=b2F1*GgyOnRvaw==\n", NULL },
		{ "authtype=Basic\ncredential=b2F1dGgy====\n", NULL },
		{ "authtype=Basic\ncredential=b2F1=Ggy\n", NULL },
		{ "authtype=Basic\ncredential=dG9r\n", NULL },	/* no ":" */
		{ "authtype=Basic\ncredential=\n", NULL },
		{ "username=u\n", NULL },
		{ "", NULL },
	};

	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct ft_secret token = { NULL, 0 };
		struct ft_git_message m;

		ck_assert_int_eq(read_text(table[i].text, &m), 0);
		ck_assert_int_eq(ft_git_message_refused(&m, &token, &err), 0);
		if (table[i].token != NULL)
			assert_secret(token, table[i].token);
		else
			ck_assert_msg(token.data == NULL, "%s", table[i].text);
		ft_secret_release(&token);
		ft_git_message_release(&m);
	}
}
END_TEST

START_TEST(without_memory_nothing_is_half_read)
{
	static const char text[] = "url=https://u:p@h/x%20y\nhost=git.example.com\nauthtype=Basic\n"
		"credential=b2F1dGgyOnRvaw==\npassword=\n";
	struct ft_buf url = FT_BUF_INIT(1024), key = FT_BUF_INIT(1024);
	struct ft_secret token = { NULL, 0 };
	struct ft_git_message m;
	bool right = true;
	unsigned n = 1;
	int r;

	do {
		alloc_fail(n++);
		r = read_pieces(text, sizeof text - 1, 7, &m);
		ft_git_message_release(&m);
	} while (alloc_failed(r));
	ck_assert_int_eq(r, 0);
	ck_assert_int_eq(read_pieces(text, sizeof text - 1 - 10, 7, &m), 0);
	ft_secret_release(&m.credential.password);
	n = 1;
	do {
		alloc_fail(n++);
		r = ft_git_message_url(&m, &url, &err);
		r = r != 0 ? r : ft_git_message_key(&m, &key, &err);
		r = r != 0 ? r : ft_git_message_refused(&m, &token, &err);
		right = r != 0 || strcmp(token.data, "tok") == 0;
		ft_buf_release(&url);
		ft_buf_release(&key);
		ft_secret_release(&token);
	} while (alloc_failed(r) && right);
	ck_assert_int_eq(r, 0);
	ck_assert(right);
	ft_git_message_release(&m);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		reads_all_keys_however_they_arrive, the_last_line_may_lack_its_end,
		a_later_line_replaces_an_earlier_one, an_empty_item_empties_a_list,
		state_of_ours_that_names_no_generation, refuses_what_no_git_writes,
		a_line_has_its_limit, memory_does_not_grow_with_the_input, url_stands_for_its_parts,
		url_cannot_bring_in_lines, no_host_no_match, url_of_a_request, key_of_stored_ones,
		the_token_that_was_refused, without_memory_nothing_is_half_read, NULL
	};

	return unit_run("git-protocol", tests);
}

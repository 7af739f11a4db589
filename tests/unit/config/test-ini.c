/* SPDX-License-Identifier: MIT */
/* inifile.h and values.h: lines, and the kinds of values */
#include "config.h"

#include <check.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/buffer.h"
#include "lib/config/inifile.h"
#include "lib/config/values.h"
#include "tests/unit/alloc.h"
#include "tests/unit/unit.h"

#define NAME_64 "k123456789012345678901234567890123456789012345678901234567890123"

/* What a file was read as, one line a call of the handler. */
static int record(void *user, const struct ft_ini_line *line, struct ft_error *err)
{
	struct ft_buf *out = user;

	(void)err;
	if (line->name == NULL)
		ft_buf_addf(out, "%u[%s]\n", line->line, line->section);
	else
		ft_buf_addf(out, "%u%s%s%s=%s\n", line->line, line->continued ? "+" : " ",
			    line->cut ? "!" : "", line->name, line->value);
	return 0;
}

static void reads(const char *text, const char *expected)
{
	struct ft_buf out = FT_BUF_INIT(65536);
	struct ft_error err = FT_ERROR_INIT;

	ft_buf_adds(&out, "");
	int r = ft_ini_parse("f", text, strlen(text), record, &out, &err);

	ck_assert_msg(r == 0, "%s: %s", text, line_of(&err));
	ck_assert_str_eq(out.data, expected);
	ft_buf_release(&out);
}

static void refuses_bytes(const char *text, size_t len, const char *expected)
{
	struct ft_buf out = FT_BUF_INIT(65536);
	struct ft_error err = FT_ERROR_INIT;

	ck_assert_int_eq(ft_ini_parse("f", text, len, record, &out, &err), FT_CONFIG);
	ck_assert_msg(strncmp(line_of(&err), expected, strlen(expected)) == 0, "\"%s\" is not \"%s…\"",
		      line_of(&err), expected);
	ft_buf_release(&out);
}

static void refuses(const char *text, const char *expected)
{
	refuses_bytes(text, strlen(text), expected);
}

START_TEST(lines_are_read)
{
	reads("", "");
	reads("[a]\nk = v\n", "1[a]\n2 k=v\n");
	reads("[a]\nk=v", "1[a]\n2 k=v\n");
	reads("# c\n; c\n\n[a]\nk.x.y  =\t v w \t\n", "4[a]\n5 k.x.y=v w\n");
}
END_TEST

START_TEST(what_is_fine)
{
	reads("\xef\xbb\xbf[a]\r\nk = v\r\n", "1[a]\n2 k=v\n");
	reads("[a]  \t\nk = v  \n", "1[a]\n2 k=v\n");
	reads("[a]\nk = a=b=c\n", "1[a]\n2 k=a=b=c\n");
	reads("[a]\nk = a;b#c\n", "1[a]\n2 k=a;b#c\n");
	reads("[a]\nparam.company = x: y\n", "1[a]\n2 param.company=x: y\n");
	reads("[a]\nk =\n", "1[a]\n2 k=\n");
	reads("[a]\nK = 1\nk = 2\n", "1[a]\n2 K=1\n3 k=2\n");
	reads("[a]\nk = ins\xc3\xa9\n", "1[a]\n2 k=ins\xc3\xa9\n");
	/* Comments may be in any encoding. */
	reads("# \xe9\n[a]\nk = v\n  ; \xe9\n", "2[a]\n3 k=v\n");
	reads("[a]\nk = v ; comment\n", "1[a]\n2 !k=v\n");
	reads("[a]\nk = ;\n", "1[a]\n2 !k=\n");
}
END_TEST

START_TEST(indented_lines_continue)
{
	reads("[a]\nk = v\n  w\n\tx = y\n\n  z\n# c\n  # c\n  last\nl = 1\n",
	      "1[a]\n2 k=v\n3+k=w\n4+k=x = y\n6+k=z\n9+k=last\n10 l=1\n");
	reads("[a]\nk = v\n  [b]\n", "1[a]\n2 k=v\n3+k=[b]\n");
	refuses("[a]\n  k = v\n", "f:2: an indented line");
	refuses("  [a]\n", "f:1: an indented line");
	refuses("[a]\nk = v\n[b]\n  w\n", "f:4: an indented line");
}
END_TEST

START_TEST(long_lines)
{
	char text[9010], expected[9010];

	/* 4096 bytes are read whole, … */
	snprintf(text, sizeof text, "[a]\nk = %04092d\nl = 1\n", 0);
	snprintf(expected, sizeof expected, "1[a]\n2 k=%04092d\n3 l=1\n", 0);
	reads(text, expected);
	/* … also with CR, LF and a byte order mark around them. */
	snprintf(text, sizeof text, "\xef\xbb\xbf#%04095d\r\n[a]\r\nk = %04092d\r\n", 0, 0);
	snprintf(expected, sizeof expected, "2[a]\n3 k=%04092d\n", 0);
	reads(text, expected);

	snprintf(text, sizeof text, "[a]\nk = %04093d\n", 0);
	refuses(text, "f:2: the line is 4097 bytes long, 4096 is the limit");
	snprintf(text, sizeof text, "[a]\nk = v\n  %04095d\n", 0);
	refuses(text, "f:3: the line is 4097 bytes long");
	snprintf(text, sizeof text, "[a]\n# %04195dprovider = evil\n", 0);
	refuses(text, "f:2: the line is 4212 bytes long");
	snprintf(text, sizeof text, "# %08998d\n", 0);
	refuses(text, "f:1: the line is 9000 bytes long");
}
END_TEST

START_TEST(bytes_that_are_refused)
{
	for (char c = 1; c < 0x20; c++) {
		char text[] = "[a]\nk = v?w\n# c\n";

		if (c == '\t' || c == '\n')
			continue;
		text[9] = c;
		refuses(text, c == '\r' ? "f:2: a carriage return" : "f:2: a control byte");
		memcpy(text, "# comment?", 10);
		text[9] = c;
		refuses(text, c == '\r' ? "f:1: a carriage return" : "f:1: a control byte");
	}
	refuses("[a]\nk = v\x7f\n", "f:2: a control byte");
	refuses_bytes("[a]\nk = v\0\n", 11, "f:2: a control byte");
	refuses_bytes("\0", 1, "f:1: a control byte");
	refuses("[a]\nk = v\r\r\n", "f:2: a carriage return");
	refuses("[a]\rk = v\r", "f:1: a carriage return");
	refuses("[a]\nk = \xc3\n", "f:2: this is not UTF-8");
	refuses("[a]\nk = \xed\xa0\x80\n", "f:2: this is not UTF-8");
	/* A byte order mark in any other place is no blank. */
	refuses("[a]\n\xef\xbb\xbfk\n", "f:2: neither");
}
END_TEST

START_TEST(sections_that_are_refused)
{
	refuses("[a] x\n", "f:1: nothing may follow the ]");
	refuses("[a] ; comment\n", "f:1: nothing may follow the ]");
	refuses("[a]]\n", "f:1: nothing may follow the ]");
	refuses("[a\n", "f:1: a section needs its ]");
	refuses("[a ;b]\n", "f:1: the name of a section");
	refuses("[a]\nk = 1\n[b]\n[a]\n", "f:4: there are two sections [a]");
	refuses("[]\n[]\n", "f:2: there are two sections []");
	reads("[a]\n[A]\n[a ]\n", "1[a]\n2[A]\n3[a ]\n");
	reads("[" NAME_64 "]\nk = v\n", "1[" NAME_64 "]\n2 k=v\n");
	refuses("[" NAME_64 "5]\n", "f:1: the name of a section is at most 64");
}
END_TEST

START_TEST(keys_that_are_refused)
{
	refuses("k = v\n", "f:1: a key before the first");
	refuses("[a]\nk: v\n", "f:2: k: write \"key = value\"");
	refuses("[a]\nk: v = w\n", "f:2: k: write \"key = value\"");
	refuses("[a]\nk\n", "f:2: neither");
	refuses("[a]\nk ;= v\n", "f:2: neither");
	refuses("[a]\n= v\n", "f:2: there is no key");
	refuses("[a]\n" NAME_64 "5 = v\n", "f:2: a key is at most 64");
	reads("[a]\n" NAME_64 " = v\n  w\n", "1[a]\n2 " NAME_64 "=v\n3+" NAME_64 "=w\n");
	refuses("[a]\nk = v\n  w ; x\n", "f:3: a continued line cannot hold");
	refuses("[a]\nk = v\n  w\t;x\n", "f:3: a continued line cannot hold");
	reads("[a]\nk = v\n  w;x\n", "1[a]\n2 k=v\n3+k=w;x\n");
}
END_TEST

START_TEST(many_sections)
{
	struct ft_buf text = FT_BUF_INIT(FT_INI_MAX), out = FT_BUF_INIT(FT_INI_MAX);
	struct ft_error err = FT_ERROR_INIT;

	for (int i = 0; i < 5000; i++)
		ft_buf_addf(&text, "[s%d]\n", i);
	ck_assert_int_eq(ft_ini_parse("f", text.data, text.len, record, &out, &err), 0);
	ft_buf_adds(&text, "[s4711]\n");
	ck_assert_int_eq(ft_ini_parse("f", text.data, text.len, record, &out, &err), FT_CONFIG);
	ck_assert_str_eq(line_of(&err), "f:5001: there are two sections [s4711]; merge them");
	ft_buf_release(&text);
	ft_buf_release(&out);
}
END_TEST

static int object_to(void *user, const struct ft_ini_line *line, struct ft_error *err)
{
	if (line->name != NULL && strcmp(line->value, user) == 0)
		return ft_error_set(err, FT_TEMPORARY, "k: no");
	return 0;
}

START_TEST(the_handler_stops_it)
{
	const char *text = "[a]\nk = 1\nk = 2\nk: 3\n";
	struct ft_error err;

	ck_assert_int_eq(ft_ini_parse("dir/f", text, strlen(text), object_to, (void *)"2", &err),
			 FT_TEMPORARY);
	ck_assert_str_eq(line_of(&err), "dir/f:3: k: no");
	ck_assert_int_eq(ft_ini_parse("f", text, strlen(text), object_to, (void *)"2", NULL),
			 FT_TEMPORARY);
}
END_TEST

static char file_name[] = "test-ini-XXXXXX";

static int read_file(mode_t mode, struct ft_error *err)
{
	struct ft_buf out = FT_BUF_INIT(FT_INI_MAX);

	ck_assert_int_eq(chmod(file_name, mode), 0);
	int r = ft_ini_read(file_name, record, &out, err);

	ft_buf_release(&out);
	return r;
}

START_TEST(files_are_looked_at_first)
{
	struct ft_error err = FT_ERROR_INIT;
	int fd = mkstemp(file_name);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, "[a]\nk = v\n", 10), 10);
	ck_assert_int_eq(read_file(0600, &err), 0);
	ck_assert_int_eq(read_file(0644, &err), 0);
	ck_assert_int_eq(read_file(0664, &err), FT_UNTRUSTED);
	ck_assert_ptr_nonnull(strstr(line_of(&err), "chmod go-w test-ini-"));
	ck_assert_int_eq(read_file(0602, &err), FT_UNTRUSTED);
	if (geteuid() == 0) {
		ck_assert_int_eq(chown(file_name, 65534, 0), 0);
		ck_assert_int_eq(read_file(0600, &err), FT_UNTRUSTED);
		ck_assert_ptr_nonnull(strstr(line_of(&err), "uid 65534"));
		ck_assert_int_eq(chown(file_name, 0, 0), 0);
	}
	ck_assert_int_eq(ftruncate(fd, FT_INI_MAX + 1), 0);
	ck_assert_int_eq(read_file(0600, &err), FT_CONFIG);
	close(fd);

	/* A link is fine, what it leads to counts. */
	char link_name[64];

	snprintf(link_name, sizeof link_name, "%s.link", file_name);
	ck_assert_int_eq(symlink(file_name, link_name), 0);
	ck_assert_int_eq(truncate(file_name, 0), 0);
	ck_assert_int_eq(ft_ini_read(link_name, record, NULL, &err), 0);
	ck_assert_int_eq(unlink(link_name), 0);
	ck_assert_int_eq(unlink(file_name), 0);

	ck_assert_int_eq(ft_ini_read(file_name, record, NULL, &err), FT_NOT_FOUND);
	ck_assert_int_eq(ft_ini_read("/dev/null/f", record, NULL, &err), FT_NOT_FOUND);
	ck_assert_int_eq(ft_ini_read("/", record, NULL, &err), FT_UNTRUSTED);
	/* Nobody writes to it: opening it must not wait for that. */
	ck_assert_int_eq(mkfifo(file_name, 0600), 0);
	ck_assert_int_eq(ft_ini_read(file_name, record, NULL, &err), FT_UNTRUSTED);
	ck_assert_int_eq(unlink(file_name), 0);
}
END_TEST

struct object {
	char *one, *block;
	struct ft_strings list, paths, lines;
	bool yes;
	int choice;
	int64_t duration, number;
	unsigned seconds;
};

static int check_not_bad(const char *value, struct ft_error *err)
{
	return strcmp(value, "bad") != 0 ? 0 : ft_error_set(err, FT_CONFIG, "expected good");
}

static const char *const words[] = { "red", "green", "blue", NULL };

#define AT(member) .offset = offsetof(struct object, member)
static const struct ft_key keys[] = {
	{ .name = "one", .kind = FT_ONE, AT(one), .check = check_not_bad },
	{ .name = "block", .kind = FT_BLOCK, AT(block) },
	{ .name = "list", .kind = FT_LIST, AT(list), .check = check_not_bad },
	{ .name = "paths", .kind = FT_PATHS, AT(paths) },
	{ .name = "lines", .kind = FT_LINES, AT(lines) },
	{ .name = "yes", .kind = FT_YESNO, AT(yes) },
	{ .name = "choice", .kind = FT_CHOICE, AT(choice), .words = words, .first = 7 },
	{ .name = "duration", .kind = FT_DURATION, AT(duration), .min = 1, .max = 86400 },
	{ .name = "number", .kind = FT_NUMBER, AT(number), .max = 65535 },
	{ .name = "seconds", .kind = FT_SECONDS, AT(seconds), .max = 600 },
};

struct setter {
	struct object object;
	struct ft_seen seen;
};

static int set_key(void *user, const struct ft_ini_line *line, struct ft_error *err)
{
	struct setter *s = user;

	return line->name == NULL ? 0 : ft_key_set(keys, sizeof keys / sizeof *keys, &s->object,
						   &s->seen, line, err);
}

static int set_all(const char *text, struct setter *s, struct ft_error *err)
{
	memset(s, 0, sizeof *s);
	return ft_ini_parse("f", text, strlen(text), set_key, s, err);
}

static void release(struct setter *s)
{
	ft_keys_release(keys, sizeof keys / sizeof *keys, &s->object);
}

static void sets(const char *text, struct setter *s)
{
	struct ft_error err = FT_ERROR_INIT;
	int r = set_all(text, s, &err);

	ck_assert_msg(r == 0, "%s: %s", text, line_of(&err));
}

static void cannot_set(const char *text, const char *expected)
{
	struct ft_error err = FT_ERROR_INIT;
	struct setter s;

	ck_assert_int_eq(set_all(text, &s, &err), FT_CONFIG);
	ck_assert_str_eq(line_of(&err), expected);
	release(&s);
}

static void has(const struct ft_strings *strings, const char *expected)
{
	char joined[512] = "";

	for (size_t i = 0; i < strings->n; i++) {
		strcat(joined, i > 0 ? "|" : "");
		strcat(joined, strings->list[i]);
	}
	ck_assert_str_eq(joined, expected);
}

START_TEST(kinds_of_values)
{
	struct setter s;

	sets("[a]\none = v w\nblock =\n  x\n  y\nyes = yes\nchoice = blue\nduration = 2m\n"
	     "number = 1000\nseconds = 1m\n", &s);
	ck_assert_str_eq(s.object.one, "v w");
	ck_assert_str_eq(s.object.block, "x\ny");
	ck_assert(s.object.yes);
	ck_assert_int_eq(s.object.choice, 9);
	ck_assert_int_eq(s.object.duration, 120);
	ck_assert_int_eq(s.object.number, 1000);
	ck_assert_uint_eq(s.object.seconds, 60);
	release(&s);
	ck_assert_ptr_null(s.object.one);
	sets("[a]\nblock = x\n  y\nyes = no\nchoice = red\n", &s);
	ck_assert_str_eq(s.object.block, "x\ny");
	ck_assert(!s.object.yes);
	ck_assert_int_eq(s.object.choice, 7);
	release(&s);
}
END_TEST

START_TEST(lists)
{
	struct setter s;

	sets("[a]\nlist = a, b c ,d\nlist = \"e, f\", g\"h\"\n  \"\\u0069\\\"\"\nlines = a, b\n"
	     "  c\nlines = d\npaths = \".x\", a.\"b, c\".d\n  \"e\"\n", &s);
	has(&s.object.list, "a|b c|d|e, f|g\"h\"|i\"");
	has(&s.object.lines, "a, b|c|d");
	has(&s.object.paths, "\".x\"|a.\"b, c\".d|\"e\"");
	release(&s);

	cannot_set("[a]\nlist = a,,b\n", "f:2: list: an item is empty");
	cannot_set("[a]\nlist = a,\n", "f:2: list: an item is empty");
	cannot_set("[a]\nlist =\n", "f:2: list: an item is empty");
	cannot_set("[a]\nlist = \"\"\n", "f:2: list: an item is empty");
	cannot_set("[a]\nlist = \"a\n", "f:2: list: a quoted item has no end");
	cannot_set("[a]\nlist = \"a\"b\n", "f:2: list: a quoted item is not a JSON string");
	cannot_set("[a]\nlist = \"\\x\"\n", "f:2: list: a quoted item is not a JSON string");
	cannot_set("[a]\nlist = a, bad\n", "f:2: list: expected good");
	cannot_set("[a]\nlines =\n", "f:2: lines: an item is empty");
	cannot_set("[a]\npaths = a.\"b\n", "f:2: paths: a quoted item has no end");
	cannot_set("[a]\npaths = a, \n", "f:2: paths: an item is empty");
}
END_TEST

START_TEST(values_that_are_refused)
{
	cannot_set("[a]\none = v\none = v\n", "f:3: one: it may be given only once");
	cannot_set("[a]\none = v\n  w\n", "f:3: one: its value is one line");
	cannot_set("[a]\none =\n", "f:2: one: the value is empty");
	cannot_set("[a]\none = bad\n", "f:2: one: expected good");
	cannot_set("[a]\nblock = x\nblock = y\n", "f:3: block: it may be given only once");
	cannot_set("[a]\nyes = true\n", "f:2: yes: expected no or yes");
	cannot_set("[a]\nyes = Yes\n", "f:2: yes: expected no or yes");
	cannot_set("[a]\nchoice = pink\n", "f:2: choice: expected red, green or blue");
	cannot_set("[a]\nduration = 10\n",
		   "f:2: duration: expected a number with s, m, h or d, as 90s or 15m");
	cannot_set("[a]\nduration = 0s\n", "f:2: duration: expected 1 to 86400 seconds");
	cannot_set("[a]\nduration = 2d\n", "f:2: duration: expected 1 to 86400 seconds");
	cannot_set("[a]\nnumber = 65536\n", "f:2: number: expected 0 to 65535");
	cannot_set("[a]\nnumber = 1x\n", "f:2: number: expected a number");
	cannot_set("[a]\nOne = v\n", "f:2: unknown key \"One\"; is \"one\" meant?");
	cannot_set("[a]\nduratoin = 1s\n", "f:2: unknown key \"duratoin\"; is \"duration\" meant?");
	cannot_set("[a]\nzzz = 1s\n", "f:2: unknown key \"zzz\"");
}
END_TEST

START_TEST(blocks_have_a_limit)
{
	struct ft_buf text = FT_BUF_INIT(FT_INI_MAX);
	struct ft_error err = FT_ERROR_INIT;
	struct setter s;

	ft_buf_adds(&text, "[a]\nblock =\n");
	for (int i = 0; i < 400; i++)
		ft_buf_addf(&text, "  %0190d\n", i);
	ck_assert_int_eq(set_all(text.data, &s, &err), FT_CONFIG);
	ck_assert_str_eq(line_of(&err), "f:346: block: longer than 64 KiB");
	release(&s);
	ft_buf_release(&text);
}
END_TEST

START_TEST(durations)
{
	ck_assert_int_eq(ft_duration_parse("0s"), 0);
	ck_assert_int_eq(ft_duration_parse("0"), 0);
	ck_assert_int_eq(ft_duration_parse("90s"), 90);
	ck_assert_int_eq(ft_duration_parse("15m"), 900);
	ck_assert_int_eq(ft_duration_parse("8h"), 28800);
	ck_assert_int_eq(ft_duration_parse("2d"), 172800);
	static const char *const wrong[] = {
		"",
		"s",
		"1",
		"00",
		"-0",
		"-1s",
		"+1s",
		" 1s",
		"1 s",
		"1.5h",
		"1w",
		"1S",
		"0x1s",
		"1s1s",
		"9223372036854775807s",
		"99999999999999999999d",
		"999999999999d",
	};

	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
		ck_assert_msg(ft_duration_parse(wrong[i]) == -1, "%s", wrong[i]);
}
END_TEST

static int note(void *user, const struct ft_ini_line *line, bool section, struct ft_error *err)
{
	struct ft_buf *out = user;

	ft_buf_addf(out, "%u%s%s\n", line->line, section ? "?" : "!",
		    section && line->section != NULL ? line->section : "");
	return strstr(line_of(err), "colon") != NULL ? FT_UNTRUSTED : 0;
}

/* What is wrong is left out with what belongs to it, and all else is read. */
START_TEST(goes_on)
{
	static const struct {
		const char *text, *read;
		int code;
	} cases[] = {
		{ "[a]\nx\nk = v\n", "1[a]\n2!\n3 k=v\n", 0 },
		{ "[a]\nj = 1\nx\n y\n\n z\n# c\nk = v\n", "1[a]\n2 j=1\n3!\n8 k=v\n", 0 },
		{ "[a]\nk = v\n[b\nj = 1\n i\n[c]\nl = w", "1[a]\n2 k=v\n3?\n6[c]\n7 l=w\n", 0 },
		{ "[a]\nk = v\n[a]\nj = 1\n[c]\n", "1[a]\n2 k=v\n3?a\n5[c]\n", 0 },
		{ "x = 1\n[a]\nk = v\n", "1!\n2[a]\n3 k=v\n", 0 },
		{ "[a]\n\1\nk = \377\nj = 1\r\n", "1[a]\n2!\n3!\n4 j=1\n", 0 },
		{ "[a]\nx: y\nk = v\n", "1[a]\n2!\n", FT_UNTRUSTED },
		{ " x\n", "1!\n", 0 },
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		for (int without = 0; without <= 1; without++) {
			struct ft_buf out = FT_BUF_INIT(65536);
			struct ft_error err;

			ck_assert_int_eq(ft_ini_parse_on("f", cases[i].text, strlen(cases[i].text),
							 record, note, &out, without ? NULL : &err),
					 cases[i].code);
			ck_assert_str_eq(out.data, cases[i].read);
			ft_buf_release(&out);
		}
}
END_TEST

START_TEST(no_memory)
{
	const char *text = "[a]\none = v\nlist = a, \"b\", c\nblock = x\n  y\n[b]\nlines = 1\n";
	unsigned n = 1;
	int r;

	do {
		struct setter s;

		alloc_fail(n++);
		r = set_all(text, &s, NULL);
		release(&s);
	} while (alloc_failed(r));
	ck_assert_int_eq(r, 0);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = { lines_are_read,
				       what_is_fine,
				       indented_lines_continue,
				       long_lines,
				       bytes_that_are_refused,
				       sections_that_are_refused,
				       keys_that_are_refused,
				       many_sections,
				       the_handler_stops_it,
				       files_are_looked_at_first,
				       kinds_of_values,
				       lists,
				       values_that_are_refused,
				       blocks_have_a_limit,
				       durations,
				       goes_on,
				       no_memory,
				       NULL };

	return unit_run("ini", tests);
}

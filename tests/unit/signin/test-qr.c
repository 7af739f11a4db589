/* SPDX-License-Identifier: MIT */
#include "config.h"

#include <string.h>

#include "lib/signin/qr.h"
#include "tests/unit/unit.h"

static size_t lines_of(const struct ft_buf *buf)
{
	size_t n = 0;

	for (size_t i = 0; i < buf->len; i++)
		n += buf->data[i] == '\n';
	return n;
}

/* A screen has rows as well as columns: what does not fit is not begun. */
START_TEST(fits_the_screen_or_is_not_there)
{
	static const char link[] = "https://sso.example.com/device?user_code=ABCD-EFGH";
	struct ft_buf whole = FT_BUF_INIT(64 * 1024), text = FT_BUF_INIT(64 * 1024);

	if (!ft_qr_add(&whole, link, 200, 200, false))
		return;		/* libqrencode is not installed here */
	const size_t rows = lines_of(&whole);

	ck_assert_uint_ge(rows, 13);
	ft_buf_adds(&text, "before");
	ck_assert(!ft_qr_add(&text, link, 200, rows - 1, false));
	ck_assert_str_eq(text.data, "before");
	ck_assert(!ft_qr_add(&text, link, 200, 0, false));
	ck_assert(ft_qr_add(&text, link, 200, rows, false));
	ck_assert_uint_eq(lines_of(&text), rows);
	ck_assert(!ft_qr_add(&text, link, 20, rows, false));
	ft_buf_release(&whole);
	ft_buf_release(&text);
}
END_TEST

START_TEST(rows_that_a_text_takes)
{
	static const struct {
		const char *text;
		size_t columns, rows;
	} cases[] = {
		{ "", 80, 0 },	    { "a", 80, 1 },	     { "a\n", 80, 1 },
		{ "a\nb", 80, 2 },  { "\n\n", 80, 2 },	     { "12345", 5, 1 },
		{ "123456", 5, 2 }, { "12345678901", 5, 3 }, { "123456\n1\n", 5, 3 },
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		ck_assert_uint_eq(ft_qr_rows_of(cases[i].text, cases[i].columns), cases[i].rows);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		fits_the_screen_or_is_not_there, rows_that_a_text_takes, NULL
	};

	return unit_run("qr", tests);
}

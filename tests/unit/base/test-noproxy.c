/* SPDX-License-Identifier: MIT */
/* lib/base/noproxy.h */
#include "config.h"

#include <check.h>
#include <string.h>

#include "lib/base/noproxy.h"
#include "tests/unit/unit.h"

START_TEST(matches)
{
	static const struct {
		const char *list, *host;
		bool match;
	} table[] = {
		{ NULL, "example.com", false },
		{ "", "example.com", false },
		{ " , ,", "example.com", false },
		{ "*", "example.com", true },
		{ "*", "192.0.2.1", true },
		{ "a.example, *", "example.com", true },
		{ "*.example.com", "www.example.com", false },
		/* Names */
		{ "example.com", "example.com", true },
		{ "example.com", "EXAMPLE.com", true },
		{ "Example.Com", "www.example.com", true },
		{ ".example.com", "example.com", true },
		{ ".example.com", "www.example.com", true },
		{ "example.com.", "example.com", true },
		{ "example.com", "example.com.", true },
		{ "example.com", "notexample.com", false },
		{ "example.com", "example.com.evil.example", false },
		{ "example.com", "com", false },
		{ "www.example.com", "example.com", false },
		{ "a.example,example.com", "example.com", true },
		{ "a.example example.com", "example.com", true },
		{ "a.example,\texample.com ,b", "example.com", true },
		{ "example.com:443", "example.com", false },
		{ ".", "example.com", false },
		{ "..", "example.com", false },
		/* Addresses */
		{ "192.0.2.1", "192.0.2.1", true },
		{ "192.0.2.1", "192.0.2.10", false },
		{ "2.1", "192.0.2.1", false },
		{ "192.0.2.0/24", "192.0.2.77", true },
		{ "192.0.2.0/24", "192.0.3.77", false },
		{ "192.0.2.128/25", "192.0.2.127", false },
		{ "192.0.2.128/25", "192.0.2.128", true },
		{ "192.0.2.1/31", "192.0.2.0", true },
		{ "192.0.2.0/32", "192.0.2.1", false },
		{ "0.0.0.0/0", "198.51.100.1", true },
		{ "192.0.2.0/33", "192.0.2.0", false },
		{ "192.0.2.0/", "192.0.2.0", false },
		{ "192.0.2.0/x", "192.0.2.0", false },
		{ "192.0.2.0/9999999999", "192.0.2.0", false },
		{ "/8", "192.0.2.0", false },
		{ "192.0.2.0/24", "example.com", false },
		{ "2001:db8::1", "2001:db8::1", true },
		{ "[2001:db8::1]", "2001:db8:0:0::1", true },
		{ "2001:db8::/32", "2001:db8:ffff::1", true },
		{ "[2001:db8::]/32", "2001:db8::1", true },
		{ "2001:db8::/33", "2001:db8:8000::1", false },
		{ "2001:db8::/128", "2001:db8::", true },
		{ "2001:db8::/129", "2001:db8::", false },
		{ "192.0.2.1", "::ffff:192.0.2.1", false },
		{ "[", "::1", false },
		{ "[]", "::1", false },
	};

	for (size_t i = 0; i < sizeof table / sizeof *table; i++)
		ck_assert_msg(ft_no_proxy(table[i].list, table[i].host) == table[i].match,
			      "\"%s\" for %s", table[i].list, table[i].host);
}
END_TEST

START_TEST(skips_what_is_too_long)
{
	char list[2048];

	memset(list, 'a', sizeof list);
	memcpy(list + 1000, ",example.com", sizeof ",example.com");
	ck_assert(ft_no_proxy(list, "example.com"));
	ck_assert(!ft_no_proxy(list, "example.net"));
}
END_TEST

int main(void)
{
	const TTest *const tests[] = { matches, skips_what_is_too_long, NULL };

	return unit_run("noproxy", tests);
}

/* SPDX-License-Identifier: MIT */
/* match.h */
#include "config.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

#include "lib/config/match.h"
#include "tests/unit/unit.h"

/* How closely a pattern covers a target; 0: not, or the target is none. */
static unsigned long match(const char *pattern_text, const char *target_text)
{
	struct ft_error err = FT_ERROR_INIT;
	struct ft_pattern pattern;
	struct ft_request_target target;

	ck_assert_msg(ft_pattern_parse(pattern_text, &pattern, &err) == 0, "%s: %s",
		      pattern_text, line_of(&err));
	if (ft_target_parse(target_text, &target) != 0)
		return 0;
	return ft_pattern_match(&pattern, &target);
}

static const struct {
	const char *pattern, *target;
} covered[] = {
	/* scheme, port, case */
	{ "https://git.example.com", "https://git.example.com" },
	{ "https://git.example.com", "https://git.example.com/" },
	{ "https://git.example.com/", "https://git.example.com" },
	{ "https://git.example.com", "https://git.example.com:443/a/b.git" },
	{ "https://git.example.com:443", "https://git.example.com" },
	{ "HTTPS://GIT.example.com", "https://git.EXAMPLE.com" },
	{ "http://git.example.com", "http://git.example.com:80" },
	{ "git.example.com", "https://git.example.com/a" },
	{ "git.example.com", "git.example.com" },
	{ "registry.example.com:5000", "registry.example.com:5000" },
	{ "registry.example.com:5000", "https://registry.example.com:5000/v2/" },
	{ "registry.example.com", "registry.example.com:443" },
	{ "registry.example.com/team", "registry.example.com/team/image" },
	{ "localhost:5000", "localhost:5000" },
	{ "smtp://h", "smtp://h" }, { "smtp://h", "SMTP://h:25" },
	{ "h", "h" }, { "https://h/x", "https://h/x" },
	/* addresses */
	{ "https://[2001:db8::1]", "https://[2001:DB8:0:0:0:0:0:1]:443" },
	{ "http://[::1]:3000", "http://[::1]:3000/x" },
	{ "https://10.0.0.1", "https://10.0.0.1" },
	/* wildcards */
	{ "https://*.example.com", "https://git.example.com" },
	{ "*.example.com:5000", "a.example.com:5000" },
	{ "https://git.*.example.com", "https://git.eu.example.com" },
	/* paths */
	{ "https://h.example.com/team", "https://h.example.com/team" },
	{ "https://h.example.com/team", "https://h.example.com/team/" },
	{ "https://h.example.com/team", "https://h.example.com/team/x" },
	{ "https://h.example.com/team/", "https://h.example.com/team" },
	{ "https://h.example.com/team/*", "https://h.example.com/team/x/y.git" },
	{ "https://h.example.com/team/*", "https://h.example.com/team/" },
	{ "https://h.example.com/te*", "https://h.example.com/teams/x" },
	{ "https://h.example.com/*", "https://h.example.com" },
	{ "https://h.example.com/*", "https://h.example.com/x" },
	{ "https://h.example.com/team", "https://h.example.com/team?service=x" },
	/* one normal form */
	{ "https://h.example.com/~team", "https://h.example.com/%7eteam/x" },
	{ "https://h.example.com/%7Eteam", "https://h.example.com/~team" },
	{ "https://h.example.com/my%20team", "https://h.example.com/my team/x" },
	{ "https://h.example.com/ins%C3%A9", "https://h.example.com/ins\xc3\xa9/x" },
	{ "https://h.example.com/a%2fb", "https://h.example.com/a%2Fb" },
	{ "https://h.example.com/100%25", "https://h.example.com/100%" },
	{ "https://h.example.com/%25gz", "https://h.example.com/%gz" },
	{ "https://h.example.com/%0a", "https://h.example.com/%0A" },
	/* what may mean another path is covered by the host alone */
	{ "https://h.example.com", "https://h.example.com/team/../x" },
	{ "https://h.example.com", "https://h.example.com/%2e%2E/x" },
	{ "https://h.example.com", "https://h.example.com/team/..;/x" },
	/* and what looks like it, and is not */
	{ "https://h.example.com/team", "https://h.example.com/team/x;v=../y" },
	{ "https://h.example.com/team", "https://h.example.com/team/;/x" },
	{ "https://h.example.com/team", "https://h.example.com/team/a%2Fb" },
	{ "https://h.example.com/team", "https://h.example.com/team/a%252Fb" },
	{ "https://h.example.com/team", "https://h.example.com/team/..." },
	{ "https://h.example.com/team", "https://h.example.com/team/..x/x.." },
	{ "https://h.example.com/team", "https://h.example.com/team/..%25" },
	{ "https://h.example.com/team", "https://h.example.com/team?x=/../y" },
};

static const struct {
	const char *pattern, *target;
} not_covered[] = {
	{ "https://git.example.com", "http://git.example.com" },
	{ "git.example.com", "http://git.example.com" },
	{ "http://git.example.com", "https://git.example.com" },
	{ "http://git.example.com", "git.example.com" },
	{ "https://git.example.com", "git.example.com" },
	{ "https://git.example.com", "ssh://git.example.com" },
	{ "ssh://h", "sshd://h" },
	{ "sshd://h", "ssh://h" },
	{ "smtp://h", "smtp://h:26" },
	{ "smtp://h:587", "smtp://h" },
	{ "https://git.example.com", "https://git.example.com:8443" },
	{ "https://git.example.com:8443", "https://git.example.com" },
	{ "http://git.example.com:443", "https://git.example.com" },
	{ "registry.example.com:5000", "registry.example.com" },
	/* whole labels, never substrings */
	{ "https://example.com", "https://git.example.com" },
	{ "https://git.example.com", "https://example.com" },
	{ "https://git.example.com", "https://git.example.com.evil.example.net" },
	{ "https://git.example.com", "https://notgit.example.com" },
	{ "https://git.example.com", "https://git-example.com" },
	{ "https://git.example.com", "https://gitx.example.com" },
	{ "https://gitx.example.com", "https://git.example.com" },
	{ "https://git.*.com", "https://giu.example.com" },
	{ "https://a.example.com", "https://b.example.com" },
	{ "a", "b" },
	{ "https://*.example.com", "https://example.com" },
	{ "https://*.example.com", "https://a.b.example.com" },
	{ "https://*.example.com", "https://gitexample.com" },
	{ "https://*.example", "https://127.0.0.1" },
	{ "https://git.example.com", "https://git.example.com@evil.example.net" },
	{ "https://git.example.com", "https://alice@git.example.com" },
	{ "https://git.example.com", "https://git.example.com#x" },
	{ "https://git.example.com", "https://git.example.com\\.evil.example.net" },
	{ "https://git.example.com", "https://git.example.com." },
	{ "https://git.example.com", "https://git.example.com%00.evil.example.net" },
	{ "https://[::1]", "https://[::2]" },
	{ "https://[::1]", "https://127.0.0.1" },
	/* paths */
	{ "https://h.example.com/team", "https://h.example.com" },
	{ "https://h.example.com/team", "https://h.example.com/" },
	{ "https://h.example.com/team", "https://h.example.com/teams" },
	{ "https://h.example.com/team", "https://h.example.com/Team" },
	{ "https://h.example.com/team", "https://h.example.com/x/team" },
	{ "https://h.example.com/team", "https://h.example.com//team" },
	{ "https://h.example.com/team/*", "https://h.example.com/team" },
	{ "https://h.example.com/team/*", "https://h.example.com/teams/x" },
	{ "https://h.example.com/a/b", "https://h.example.com/a%2Fb" },
	{ "https://h.example.com/team", "https://h.example.com/team%2Fx" },
	/* never where a server may see another path */
	{ "https://h.example.com/team", "https://h.example.com/team/../x" },
	{ "https://h.example.com/team", "https://h.example.com/team/%2e%2e/x" },
	{ "https://h.example.com/team", "https://h.example.com/team/%2E./x" },
	{ "https://h.example.com/team", "https://h.example.com/team/./x" },
	{ "https://h.example.com/team", "https://h.example.com/team/%5c../x" },
	{ "https://h.example.com/*", "https://h.example.com/.." },
	/* … because it decodes first, twice, or drops a segment's parameters or blanks */
	{ "https://h.example.com/team", "https://h.example.com/team/..;/x" },
	{ "https://h.example.com/team", "https://h.example.com/team/..;v=1/x" },
	{ "https://h.example.com/team", "https://h.example.com/team/.;x" },
	{ "https://h.example.com/team", "https://h.example.com/team/..%3b/x" },
	{ "https://h.example.com/team", "https://h.example.com/team/%2e%2e;/x" },
	{ "https://h.example.com/team", "https://h.example.com/team/..%2fx" },
	{ "https://h.example.com/team", "https://h.example.com/team/y%2F..%2F..%2Fx" },
	{ "https://h.example.com/te*", "https://h.example.com/team%2f..%2fx" },
	{ "https://h.example.com/team", "https://h.example.com/team/..%5cx" },
	{ "https://h.example.com/team", "https://h.example.com/team/%252e%252e/x" },
	{ "https://h.example.com/team", "https://h.example.com/team/%25252E./x" },
	{ "https://h.example.com/team", "https://h.example.com/team/..%252fx" },
	{ "https://h.example.com/team", "https://h.example.com/team/..%255cx" },
	{ "https://h.example.com/team", "https://h.example.com/team/%c0%ae%c0%ae/x" },
	{ "https://h.example.com/team", "https://h.example.com/team/..%00/x" },
	{ "https://h.example.com/team", "https://h.example.com/team/..%00.git/x" },
	{ "https://h.example.com/team", "https://h.example.com/team/..%3Fx" },
	{ "https://h.example.com/team", "https://h.example.com/team/..%23x" },
	{ "https://h.example.com/team", "https://h.example.com/team/..%20/x" },
	{ "https://h.example.com/team", "https://h.example.com/team/.. /x" },
	{ "https://h.example.com/team", "https://h.example.com/team/.%09./x" },
	/* no target at all */
	{ "https://*.example.com", "https://*.example.com" },
	{ "https://h.example.com", "" },
	{ "https://h.example.com", "https://" },
	{ "https://h.example.com", "h.example.com:" },
	{ "https://h.example.com", "https://h.example.com:99999" },
};

START_TEST(what_patterns_cover)
{
	for (size_t i = 0; i < sizeof covered / sizeof *covered; i++)
		ck_assert_msg(match(covered[i].pattern, covered[i].target) > 0,
			      "%s does not cover %s", covered[i].pattern, covered[i].target);
	for (size_t i = 0; i < sizeof not_covered / sizeof *not_covered; i++)
		ck_assert_msg(match(not_covered[i].pattern, not_covered[i].target) == 0,
			      "%s covers %s", not_covered[i].pattern, not_covered[i].target);
}
END_TEST

/* Each byte as it is against itself percent-encoded: RFC 3986 section 6.2.2.2. */
START_TEST(bytes_of_a_path)
{
	static const char same[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~\"<>[]^`{|}%";

	for (int c = 0x21; c < 0x7f; c++) {
		char pattern[64], target[64];

		/* Those begin something else, or are refused. */
		if (strchr("?#\\", c) != NULL)
			continue;
		(void)snprintf(pattern, sizeof pattern, "https://h.example.com/x%%%02Xy",
			       (unsigned)c);
		(void)snprintf(target, sizeof target, "https://h.example.com/x%cy", c);
		ck_assert_msg((match(pattern, target) > 0) == (strchr(same, c) != NULL), "%s, %s",
			      pattern, target);
	}
}
END_TEST

/* The glance at a line of configuration: it may say yes too often, and never no to what covers. */
START_TEST(what_a_glance_sees)
{
	static const struct {
		const char *pattern, *target;
		bool worth;
	} table[] = {
		{ "git.example.com", "https://git.example.com/x", true },
		{ "Git.Example.com:8443/team", "https://git.example.com/x", true },
		{ "https://git.example.com/te:am", "https://git.example.com/x", true },
		{ "http://GIT.example.com:80", "https://git.example.com/x", true },
		{ "https://*.example.com", "https://git.example.com", true },
		{ "*.example.com:8443", "https://git.example.com", true },
		{ "[::1]:8443", "https://git.example.com", true },
		{ "https://[::1]", "https://git.example.com", true },
		{ "https://git.example.co", "https://git.example.com", false },
		{ "https://git.example.comm", "https://git.example.com", false },
		{ "git.example.co", "https://git.example.com", false },
		{ "git.example.comm", "https://git.example.com", false },
		{ "giu.example.com", "https://git.example.com", false },
		{ "https://giu.example.com", "https://git.example.com", false },
		{ "https", "https://git.example.com", false },
		{ "https://git.example.com", "https://https", false },
		{ "other.example.com/*", "https://git.example.com", false },
		{ "other.example.com:[", "https://git.example.com", false },
	};

	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct ft_request_target target;

		ck_assert_int_eq(ft_target_parse(table[i].target, &target), 0);
		ck_assert_msg(ft_pattern_worth_parsing(table[i].pattern, &target) == table[i].worth,
			      "%s for %s", table[i].pattern, table[i].target);
	}
	for (size_t i = 0; i < sizeof covered / sizeof *covered; i++) {
		struct ft_request_target target;

		ck_assert_int_eq(ft_target_parse(covered[i].target, &target), 0);
		ck_assert_msg(ft_pattern_worth_parsing(covered[i].pattern, &target), "%s for %s",
			      covered[i].pattern, covered[i].target);
	}
}
END_TEST

START_TEST(which_is_closer)
{
	/* From the closest on, all for one target. */
	static const char *const order[] = {
		"https://git.eu.example.com/team/x",
		"https://git.eu.example.com/team/*",
		"https://git.eu.example.com/team",
		"https://git.eu.example.com/te*",
		"https://git.eu.example.com/*",
		"https://git.eu.example.com",
		"https://git.*.example.com/team",
		"https://git.*.example.com",
		"https://*.eu.example.com/team/x",
		"https://*.*.example.com/team/x",
	};
	const char *target = "https://git.eu.example.com/team/x/y";

	for (size_t i = 1; i < sizeof order / sizeof *order; i++)
		ck_assert_msg(match(order[i - 1], target) > match(order[i], target),
			      "%s is not closer than %s", order[i - 1], order[i]);
	/* How a pattern is written does not count. */
	ck_assert_uint_eq(match("https://git.eu.example.com", target),
			  match("GIT.eu.example.com:443/", target));
	ck_assert_uint_eq(match("https://git.eu.example.com/team", target),
			  match("https://git.eu.example.com/%74eam/", target));
}
END_TEST

START_TEST(patterns_that_are_refused)
{
	static const char *const table[] = {
		"",
		"*",
		"https://*",
		"https://*.*",
		"s_h://git.example.com",
		"1s://git.example.com",
		"https://u@h.example.com",
		"https://h.example.com#x",
		"https://h.example.com/x?y",
		"https://h.example.com?y",
		"https://h.example.com/a*b",
		"https://h.example.com/*/x",
		"https://h.example.com/**",
		"https://h.example.com/../x",
		"https://h.example.com/%2e%2e/x",
		"https://h.example.com/a/.",
		"https://h.example.com/a/..;/b",
		"https://h.example.com/..%2fb",
		"https://h.example.com/a%5C..",
		"https://g*.example.com",
		"https://h.example.com:99999",
		"https://",
		"https://127.1",
		"https://*.0.0.1",
		"https://h..example.com",
	};

	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct ft_error err = FT_ERROR_INIT;
		struct ft_pattern pattern;

		ck_assert_msg(ft_pattern_parse(table[i], &pattern, &err) == FT_CONFIG, "%s",
			      table[i]);
		ck_assert_str_ne(line_of(&err), "");
		ck_assert_int_eq(ft_pattern_parse(table[i], &pattern, NULL), FT_CONFIG);
	}
}
END_TEST

START_TEST(long_paths)
{
	static char target[65536], pattern[2 * FT_MATCH_PATH_SIZE];
	const size_t host = strlen("https://h.example.com");
	struct ft_pattern ignored;

	/* Targets of any length, in which each byte may be three in the normal form. */
	for (const char *fill = "a %"; *fill != '\0'; fill++) {
		memset(target, *fill, sizeof target - 1);
		memcpy(target, "https://h.example.com/team/", host + 6);
		ck_assert_uint_gt(match("https://h.example.com", target), 0);
		ck_assert_uint_gt(match("https://h.example.com/team", target), 0);
		ck_assert_uint_gt(match("https://h.example.com/team/*", target), 0);
		ck_assert_uint_eq(match("https://h.example.com/teams", target), 0);
		ck_assert_uint_eq(match("https://h.example.com/tea", target), 0);
	}
	/* What is clear is told by all of it. */
	static const char *const ends[] = { "/..", "/.", "/%2e%2E", "%5C", "/../x" };

	for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
		memset(target, 'a', sizeof target - 1);
		memcpy(target, "https://h.example.com/team/", host + 6);
		strcpy(target + sizeof target - 1 - strlen(ends[i]), ends[i]);
		ck_assert_uint_eq(match("https://h.example.com/team", target), 0);
		ck_assert_uint_gt(match("https://h.example.com", target), 0);
	}
	/* The longest pattern ends at the end of a segment, and nowhere else. */
	memset(pattern, 'a', sizeof pattern);
	memcpy(pattern, "https://h.example.com/", host + 1);
	size_t longest = host + FT_MATCH_PATH_SIZE;

	do {
		pattern[--longest] = '\0';
	} while (ft_pattern_parse(pattern, &ignored, NULL) != 0);
	ck_assert_uint_gt(longest, host + FT_MATCH_PATH_SIZE - 8);
	memset(target, 'a', sizeof target - 1);
	memcpy(target, "https://h.example.com/", host + 1);
	ck_assert_uint_eq(match(pattern, target), 0);
	target[longest] = '/';
	ck_assert_uint_gt(match(pattern, target), 0);
	pattern[longest] = 'a';
	ck_assert_int_eq(ft_pattern_parse(pattern, &ignored, NULL), FT_CONFIG);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = { what_patterns_cover,
				       bytes_of_a_path,
				       what_a_glance_sees,
				       which_is_closer,
				       patterns_that_are_refused,
				       long_paths,
				       NULL };

	return unit_run("match", tests);
}

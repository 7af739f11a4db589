/* SPDX-License-Identifier: MIT */
/* template.h */
#include "config.h"

#include <check.h>
#include <string.h>

#include "lib/base/escape.h"
#include "lib/provider/template.h"
#include "tests/unit/alloc.h"
#include "tests/unit/unit.h"

static struct ft_param params[] = { { (char *)"company", (char *)"7" },
				    { (char *)"x.y", (char *)"${refresh_token}" } };
static const struct ft_account account = {
	.name = (char *)"work", .params = params, .n_params = 2
};
static const struct ft_scope scope = {
	.account = &account,
	.value = {
		[FT_VARIABLE_REFRESH_TOKEN] = { "r$t", 3 },
		[FT_VARIABLE_USERNAME] = { "al ice", 6 },
		[FT_VARIABLE_SCOPE] = { "", 0 },
		[FT_VARIABLE_AUDIENCE] = { "a\0b", 3 },
	},
};

static int expand(const char *text, struct ft_buf *out, struct ft_error *err)
{
	return ft_template_expand(text, &scope, ft_escape_nothing, ft_escape_percent, out, err);
}

static void expands(const char *text, const char *expected)
{
	struct ft_buf out = FT_BUF_INIT(256);
	struct ft_error err = FT_ERROR_INIT;

	ck_assert_int_eq(ft_template_check(text, &err), 0);
	ft_buf_adds(&out, "<");
	int r = expand(text, &out, &err);

	ck_assert_msg(r >= 0, "%s: %s", text, line_of(&err));
	if (expected == NULL) {
		ck_assert_int_eq(r, FT_TEMPLATE_DROP);
		ck_assert_str_eq(out.data, "<");
		ck_assert_uint_eq(out.len, 1);
	} else {
		ck_assert_int_eq(r, 0);
		ck_assert_str_eq(out.data + 1, expected);
	}
	ft_buf_release(&out);
}

START_TEST(variables)
{
	expands("", "");
	expands("plain {text} }", "plain {text} }");
	expands("${refresh_token}", "r%24t");
	expands("a ${username}${refresh_token} b", "a al%20icer%24t b");
	expands("${param.company}", "7");
	expands("${scope}|${scope?}", "|");
	expands("$$", "$");
	expands("$$$$", "$$");
	expands("$${refresh_token}", "${refresh_token}");
	expands("$$${param.company}$$", "$7$");
}
END_TEST

START_TEST(values_are_never_scanned)
{
	expands("${param.x.y}", "%24%7Brefresh_token%7D");
	struct ft_buf out = FT_BUF_INIT(256);

	ck_assert_int_eq(ft_template_expand("${param.x.y}", &scope, ft_escape_nothing,
					    ft_escape_json, &out, NULL), 0);
	ck_assert_str_eq(out.data, "${refresh_token}");
	ft_buf_release(&out);
}
END_TEST

START_TEST(unset_and_optional)
{
	expands("${access_token?}", NULL);
	expands("x ${username} ${access_token?} y", NULL);
	expands("${param.nothing?}", NULL);
	expands("${username?}", "al%20ice");
}
END_TEST

static void fails(const char *text, const char *expected)
{
	struct ft_buf out = FT_BUF_INIT(256);
	struct ft_error err = FT_ERROR_INIT;

	ck_assert_int_eq(ft_template_check(text, &err), 0);
	ck_assert_int_eq(expand(text, &out, &err), FT_CONFIG);
	ck_assert_str_eq(line_of(&err), expected);
	ck_assert_int_eq(expand(text, &out, NULL), FT_CONFIG);
	ft_buf_release(&out);
}

START_TEST(unset_is_an_error)
{
	fails("${client_id}",
	      "${client_id} is not set; set client_id in [account work], freshtoken.conf:0");
	fails("${param.nothing}", "${param.nothing} is not set; give --param nothing=VALUE");
	fails("a${access_token}b", "${access_token} is not known; sign in with both tokens:"
	      " freshtoken login work --token");
	fails("${password}", "${password} is not known in this request");
	fails("${client_secret}", "${client_secret} is not set; set client_secret_file and"
	      " client_auth = post in [account work], freshtoken.conf:0");
	/* Of a value that does not fit nothing is said but the name. */
	fails("${audience}", "${audience}: it holds a NUL byte");
}
END_TEST

START_TEST(templates_that_are_refused)
{
	static const struct {
		const char *text, *expected;
	} table[] = {
		{ "$", "a lone \"$\"; write \"$$\" for one" },
		{ "a$", "a lone \"$\"; write \"$$\" for one" },
		{ "$x", "a lone \"$\"; write \"$$\" for one" },
		{ "$$$", "a lone \"$\"; write \"$$\" for one" },
		{ "$ {username}", "a lone \"$\"; write \"$$\" for one" },
		{ "${username", "\"${\" without its \"}\"" },
		{ "${", "\"${\" without its \"}\"" },
		{ "${}", "unknown variable \"\"" },
		{ "${?}", "unknown variable \"\"" },
		{ "${user_name}", "unknown variable \"user_name\"; is \"username\" meant?" },
		{ "${Username}", "unknown variable \"Username\"; is \"username\" meant?" },
		{ "${username }", "unknown variable \"username \"; is \"username\" meant?" },
		{ "${username??}", "unknown variable \"username?\"; is \"username\" meant?" },
		{ "${param.}", "unknown variable \"param.\"" },
		{ "${param.a/b}", "unknown variable \"param.a/b\"" },
		{ "${param.a2345678901234567890123456789012345678901}",
		  "unknown variable \"param.a2345678901234567890123456789012345678901\"" },
		{ "${${username}}", "unknown variable \"${username\"; is \"username\" meant?" },
		{ "${HOME}", "unknown variable \"HOME\"" },
		{ "${device-code}", "unknown variable \"device-code\"; is \"device_code\" meant?" },
	};

	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct ft_error err = FT_ERROR_INIT;

		ck_assert_int_eq(ft_template_check(table[i].text, &err), FT_CONFIG);
		ck_assert_str_eq(line_of(&err), table[i].expected);
	}
}
END_TEST

START_TEST(no_memory)
{
	unsigned n = 1;
	int r;

	do {
		struct ft_buf out = FT_BUF_INIT(4096);
		char text[600];

		memset(text, 'a', sizeof text);
		strcpy(text + 590, "$$");
		alloc_fail(n++);
		r = expand(text, &out, NULL);
		if (r == 0)
			r = ft_buf_check(&out, "it", NULL);
		ft_buf_release(&out);
	} while (alloc_failed(r));
	ck_assert_int_eq(r, 0);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		variables, values_are_never_scanned, unset_and_optional, unset_is_an_error,
		templates_that_are_refused, no_memory, NULL
	};

	return unit_run("template", tests);
}

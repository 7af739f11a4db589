/* SPDX-License-Identifier: MIT */
/* standing.h: the meaning of a directory's answer about alice */
#include "config.h"

#include <check.h>
#include <stdio.h>

#include "lib/exchange/standing.h"
#include "tests/unit/unit.h"

#define OK200 "\"sent\":\"yes\",\"status\":200,\"media\":\"json\",\"parsed\":true,"
#define STATUS(STATUS) "\"sent\":\"yes\",\"status\":" STATUS ",\"media\":\"json\",\"parsed\":true"
#define ALICE(ACTIVE) OK200 "\"entries\":1,\"fields\":{\"subject\":\"alice\",\"active\":\"" ACTIVE "\"}"

static char *gone[] = { (char *)"404", (char *)"410" };
static char *values[] = { (char *)"PROVISIONED", (char *)"RECOVERY" };

static enum ft_standing judge(bool own, const char *members, struct ft_error *why)
{
	struct ft_profile profile = { .name = (char *)"p" };
	struct ft_request_template *request = &profile.requests[FT_REQUEST_PERSON];
	struct ft_error err = FT_ERROR_INIT;
	struct ft_facts facts;
	char text[1024];

	request->present = true;
	request->gone = (struct ft_strings){ gone, 2 };
	request->active_values = (struct ft_strings){ values, own ? 2 : 0 };
	(void)snprintf(text, sizeof text, "{\"version\":1,%s}\n", members);
	ck_assert_msg(ft_facts_parse(text, strlen(text), &facts, &err) == 0, "%s: %s", text,
		      line_of(&err));
	enum ft_standing standing = ft_standing_judge(&profile, &facts, "alice", why);

	ft_facts_release(&facts);
	return standing;
}

START_TEST(standings)
{
	static const struct {
		const char *answer;
		enum ft_standing standing;
		const char *says;
		bool own;	/* active_values */
	} table[] = {
		{ ALICE("true"), FT_STANDING_ACTIVE, "is active", false },
		{ ALICE("1"), FT_STANDING_ACTIVE, "is active", false },
		{ ALICE("active"), FT_STANDING_ACTIVE, "is active", false },
		{ ALICE("ACTIVE"), FT_STANDING_ACTIVE, "is active", false },
		{ ALICE("PROVISIONED"), FT_STANDING_ACTIVE, "is active", true },
		{ ALICE("false"), FT_STANDING_INACTIVE, "not active (\"false\")", false },
		{ ALICE("0"), FT_STANDING_INACTIVE, "not active", false },
		{ ALICE("True"), FT_STANDING_INACTIVE, "not active", false },
		{ ALICE("yes"), FT_STANDING_INACTIVE, "not active", false },
		{ ALICE("SUSPENDED"), FT_STANDING_INACTIVE, "not active", false },
		/* A list of one's own is the whole list. */
		{ ALICE("true"), FT_STANDING_INACTIVE, "not active", true },
		{ ALICE("ACTIVE"), FT_STANDING_INACTIVE, "not active", true },
		/* Whom is it about? */
		{ OK200 "\"entries\":0,\"fields\":{}", FT_STANDING_GONE, "knows no \"alice\"", false },
		{ OK200 "\"entries\":2,\"fields\":{\"subject\":\"alice\",\"active\":\"true\"}",
		  FT_STANDING_UNSAID, "more than one", false },
		{ OK200 "\"fields\":{\"subject\":\"alice\",\"active\":\"true\"}", FT_STANDING_UNSAID,
		  "no entry", false },
		{ OK200 "\"entries\":1,\"fields\":{\"active\":\"true\"}", FT_STANDING_UNSAID,
		  "whom it is about", false },
		{ OK200 "\"entries\":1,\"fields\":{\"subject\":\"alice\"}", FT_STANDING_UNSAID,
		  "does not say whether", false },
		{ OK200 "\"entries\":1,\"fields\":{\"subject\":\"bob\",\"active\":\"true\"}",
		  FT_STANDING_UNSAID, "is about \"bob\"", false },
		{ OK200 "\"entries\":1,\"fields\":{\"subject\":\"Alice\",\"active\":\"true\"}",
		  FT_STANDING_UNSAID, "is about \"Alice\"", false },
		{ OK200 "\"entries\":1,\"fields\":{\"subject\":\"alice2\",\"active\":\"true\"}",
		  FT_STANDING_UNSAID, "is about \"alice2\"", false },
		{ OK200 "\"entries\":1,\"fields\":{\"subject\":\"alic\",\"active\":\"false\"}",
		  FT_STANDING_UNSAID, "is about \"alic\"", false },
		/* What is no answer of the directory's. */
		{ "\"sent\":\"yes\",\"status\":200,\"media\":\"html\",\"parsed\":false",
		  FT_STANDING_UNSAID, "web page", false },
		{ "\"sent\":\"yes\",\"status\":200,\"media\":\"json\",\"parsed\":false,\"error\":\"cut\"",
		  FT_STANDING_UNSAID, "cut", false },
		{ "\"sent\":\"yes\",\"status\":204,\"media\":\"none\",\"parsed\":false",
		  FT_STANDING_UNSAID, "cannot be read", false },
		{ STATUS("302"), FT_STANDING_UNSAID, "HTTP 302", false },
		{ STATUS("400"), FT_STANDING_UNSAID, "HTTP 400", false },
		{ STATUS("403"), FT_STANDING_UNSAID, "right", false },
		{ STATUS("404"), FT_STANDING_GONE, "knows no \"alice\"", false },
		{ STATUS("410"), FT_STANDING_GONE, "knows no", false },
		{ "\"sent\":\"yes\",\"status\":404,\"media\":\"none\",\"parsed\":false",
		  FT_STANDING_UNSAID, "HTTP 404", false },
		{ "\"sent\":\"yes\",\"status\":404,\"media\":\"html\",\"parsed\":false",
		  FT_STANDING_UNSAID, "web page", false },
		{ "\"sent\":\"yes\",\"status\":404,\"media\":\"other\",\"parsed\":false",
		  FT_STANDING_UNSAID, "HTTP 404", false },
		{ STATUS("401"), FT_STANDING_REFUSED, "token", false },
		{ STATUS("429"), FT_STANDING_BUSY, "person_rate", false },
		{ STATUS("500"), FT_STANDING_DOWN, "has failed", false },
		{ "\"sent\":\"yes\",\"status\":503,\"media\":\"html\",\"parsed\":false",
		  FT_STANDING_DOWN, "HTTP 503", false },
		{ "\"sent\":\"no\",\"error\":\"connection refused\"", FT_STANDING_DOWN, "refused", false },
		{ "\"sent\":\"maybe\",\"error\":\"timed out\"", FT_STANDING_DOWN, "timed out", false },
		/* That says nothing of the directory. */
		{ "\"sent\":\"no\",\"error\":\"no port\",\"local\":true", FT_STANDING_LOCAL,
		  "this machine", false },
		/* Its own words are told apart from ours. */
		{ STATUS("403") ",\"fields\":{\"code\":\"Forbidden\"}", FT_STANDING_UNSAID, "Forbidden",
		  false },
	};

	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct ft_error why = FT_ERROR_INIT;
		enum ft_standing standing = judge(table[i].own, table[i].answer, &why);

		ck_assert_msg(standing == table[i].standing, "row %zu: %d: %s", i, (int)standing,
			      table[i].answer);
		ck_assert_msg(strstr(line_of(&why), table[i].says) != NULL, "row %zu: \"%s\"", i,
			      line_of(&why));
	}
}
END_TEST

START_TEST(nothing_judged_lets_nobody_in)
{
	const struct { enum ft_standing standing; } none = { 0 };
	struct ft_profile profile = { .name = (char *)"p" };
	const struct ft_facts nothing = FT_FACTS_INIT;
	struct ft_error why = FT_ERROR_INIT;

	ck_assert_int_eq(none.standing, FT_STANDING_UNSAID);
	ck_assert_int_ne(ft_standing_judge(&profile, &nothing, "alice", &why), FT_STANDING_ACTIVE);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = { standings, nothing_judged_lets_nobody_in, NULL };

	return unit_run("standing", tests);
}

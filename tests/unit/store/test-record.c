/* SPDX-License-Identifier: MIT */
/* record.h: what is stored, and what is refused when it is read. */
#include "config.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/date.h"
#include "lib/base/token.h"
#include "lib/store/record.h"
#include "tests/unit/alloc.h"
#include "tests/unit/unit.h"

static struct ft_record sample(void)
{
	struct ft_record record = { .generation = 3, .lifetime = 3600000, .verdict = FT_UNREACHABLE,
				    .issued = { 1700000000123, 42, "boot" }, .rejected = true,
				    .after_rejection = true, .cooldown = 30000,
				    .checked = { 1700000000456, 43, "boot" } };

	record.account = strdup("work");
	record.provider = strdup("oauth2");
	record.server = strdup("https://sso.example.com");
	record.client_id = strdup("cli");
	record.token_type = strdup("Bearer");
	record.subject = strdup("alice \"quoted\" \xc3\xa9");
	record.reason = strdup("HTTP 503");
	record.service_says = strdup("run: me");
	record.remedy = strdup("wait");
	record.from = strdup("source");
	record.target = strdup("audience=a\nscope=b c");
	record.signed_in = 1700000000000;
	ft_secret_set(&record.access_token, "a/b+c==", 7);
	ft_secret_set(&record.refresh_token, "r\"\\t", 4);
	record.id = (struct ft_id_token){ .issued = { 1700000000125, 44, "boot" },
					  .lifetime = 600000, .unrenewed = true };
	ft_secret_set(&record.id.token, "e.e.e", 5);
	record.journal = (struct ft_journal){ .present = true, .settled = true, .replay = 5000,
					      .moment = { 11, 12, "c" }, .first = { 1, 2, "b" } };
	record.disbelief = (struct ft_disbelief){ .n = 2, .works = true, .clients = {
		{ .client = 4711, .at = 1700000000124, .count = 3, .told = true },
		{ .client = 0, .at = 1700000000125, .count = 1 } } };
	strcpy(record.journal.fingerprint, "0123456789abcdef");
	strcpy(record.journal.id, "fedcba9876543210");
	strcpy(record.journal.host, "host.example.com");
	record.refused.count = 4;
	strcpy(record.refused.as, "fedcba9876543210");
	record.client_refused = record.lazy = true;
	strcpy(record.replaced, "00112233445566ff");
	return record;
}

START_TEST(comes_back_as_it_was)
{
	struct ft_record record = sample(), again;
	struct ft_buf text = FT_BUF_INIT(FT_RECORD_MAX), second = FT_BUF_INIT(FT_RECORD_MAX);
	struct ft_error err;

	ck_assert_int_eq(ft_record_format(&record, &text, &err), 0);
	ck_assert_int_eq(text.data[text.len - 1], '\n');
	ck_assert_int_eq(ft_record_parse(text.data, text.len, "work", &again, &err), 0);
	ck_assert_int_eq(ft_record_format(&again, &second, &err), 0);
	ck_assert_str_eq(text.data, second.data);
	ck_assert_str_eq(again.subject, record.subject);
	ft_record_why(&again, &err);
	ck_assert_str_eq(line_of(&err), "HTTP 503: \"run: me\"; wait");
	ck_assert_str_eq(again.from, "source");
	ck_assert_str_eq(again.target, "audience=a\nscope=b c");
	ck_assert_int_eq(again.signed_in, 1700000000000);
	ck_assert_str_eq(again.refresh_token.data, "r\"\\t");
	ck_assert_str_eq(again.id.token.data, "e.e.e");
	ck_assert_int_eq(again.id.lifetime, 600000);
	ck_assert_int_eq(again.id.issued.boot, 44);
	ck_assert(again.id.unrenewed);
	ck_assert_str_eq(again.journal.id, "fedcba9876543210");
	ck_assert_int_eq(again.journal.replay, 5000);
	ck_assert_int_eq(again.journal.moment.boot, 12);
	ck_assert_int_eq(again.journal.first.boot, 2);
	ck_assert_str_eq(again.journal.first.boot_id, "b");
	ck_assert_uint_eq(again.disbelief.n, 2);
	ck_assert(again.disbelief.works);
	ck_assert_int_eq(again.disbelief.clients[0].client, 4711);
	ck_assert(again.disbelief.clients[0].told && !again.disbelief.clients[1].told);
	ck_assert_int_eq(again.disbelief.clients[1].at, 1700000000125);
	ck_assert_uint_eq(again.disbelief.clients[0].count, 3);
	ck_assert(again.journal.settled && again.rejected && again.after_rejection);
	ck_assert_uint_eq(again.refused.count, 4);
	ck_assert_str_eq(again.refused.as, "fedcba9876543210");
	ck_assert(again.client_refused && again.lazy);
	ck_assert_str_eq(again.replaced, "00112233445566ff");
	ft_buf_release(&text);
	ft_buf_release(&second);
	ft_record_release(&record);
	ft_record_release(&again);
}
END_TEST

/* Nothing of a record is left out because it did not fit into memory: it fails, or is whole. */
START_TEST(no_memory)
{
	struct ft_record record = sample();
	struct ft_buf whole = FT_BUF_INIT(FT_RECORD_MAX), text = FT_BUF_INIT(FT_RECORD_MAX);
	struct ft_error err;
	unsigned n = 1;
	bool complete;
	int r;

	ck_assert_int_eq(ft_record_format(&record, &whole, &err), 0);
	do {
		alloc_fail(n++);
		r = ft_record_format(&record, &text, &err);
		complete = r != 0 ||
			   (text.len == whole.len && memcmp(text.data, whole.data, text.len) == 0);
		ft_buf_release(&text);
		/* Not alloc_failed: where its table cannot grow, json-c loses a key. */
		alloc_countdown = 0;
		ck_assert(r == 0 || r == FT_NO_MEMORY);
	} while (alloc_hit && complete);
	ck_assert_msg(complete, "a member is missing after allocation %u", n - 1);
	ck_assert_int_eq(r, 0);
	ft_record_release(&record);
	ft_record_release(NULL);
	ft_buf_release(&whole);
}
END_TEST

/* Whoever edits the record gets at most as many clients as there is room for. */
START_TEST(odd_disbelief)
{
	static const char *const lists[] = {
		"{}",
		"3",
		"[]",
		"[3,null,[]]",
		"[{\"count\":0}]",
		"[{\"count\":-1}]",
		"[{\"count\":4294967296}]",
	};
	struct ft_buf text = FT_BUF_INIT(FT_RECORD_MAX);
	struct ft_record record;
	struct ft_error err;

	for (size_t i = 0; i <= sizeof lists / sizeof *lists; i++) {
		bool many = i == sizeof lists / sizeof *lists;

		ft_buf_adds(&text,
			    "{\"version\":1,\"account\":\"work\",\"provider\":\"p\",\"server\":"
			    "\"s\",\"generation\":1,\"works\":true,\"disbelieved\":");
		ft_buf_adds(&text, many ? "[" : lists[i]);
		for (unsigned n = 0; many && n < 1000; n++)
			ft_buf_addf(&text, "%s{\"client\":%u,\"count\":1}", n > 0 ? "," : "", n);
		ft_buf_adds(&text, many ? "]}" : "}");
		ck_assert_int_eq(ft_record_parse(text.data, text.len, "work", &record, &err), 0);
		ck_assert_uint_eq(record.disbelief.n, many ? FT_DISBELIEF_CLIENTS : 0);
		ck_assert(record.disbelief.works == many);
		ft_record_release(&record);
		ft_buf_release(&text);
	}
}
END_TEST

/* What a short record says by not saying it. */
START_TEST(absent_members)
{
	static const char text[] = "{\"version\":1,\"account\":\"work\",\"provider\":\"p\","
				   "\"server\":\"s\",\"generation\":1,\"journal\":{}}";
	static const char names[] =
		"{\"version\":1,\"account\":\"work\",\"provider\":\"p\",\"server\":\"s\","
		"\"generation\":1,\"issued\":{\"boot_id\":"
		"\"0123456789012345678901234567890123456789abcdef\"},\"journal\":{\"fingerprint\":"
		"\"0123456789abcdef0123\",\"moment\":{\"real\":7}},\"verdict\":\"signed-out\"}";
	struct ft_buf again = FT_BUF_INIT(FT_RECORD_MAX);
	struct ft_record record;

	ck_assert_int_eq(ft_record_parse(text, strlen(text), "work", &record, NULL), 0);
	ck_assert(!record.rejected && !record.after_rejection && !record.client_refused);
	ck_assert_uint_eq(record.refused.count, 0);
	ck_assert_str_eq(record.refused.as, "");
	ck_assert(record.journal.present && !record.journal.settled);
	ck_assert_int_eq(record.lifetime, -1);
	ck_assert_int_eq(record.cooldown, 0);
	ck_assert_int_eq(record.journal.replay, FT_REPLAY_WINDOW_NEVER);
	ck_assert_str_eq(record.journal.id, "");	/* of a version that had none */
	ck_assert_int_eq(record.verdict, FT_REFRESHABLE);
	/* A token that has no life left is not one whose life is unknown. */
	record.lifetime = 0;
	ck_assert_int_eq(ft_record_format(&record, &again, NULL), 0);
	ft_record_release(&record);
	ck_assert_int_eq(ft_record_parse(again.data, again.len, "work", &record, NULL), 0);
	ck_assert_int_eq(record.lifetime, 0);
	ft_record_release(&record);
	ft_buf_release(&again);
	/* Texts of a fixed length are cut at it. */
	ck_assert_int_eq(ft_record_parse(names, strlen(names), "work", &record, NULL), 0);
	ck_assert_str_eq(record.issued.boot_id, "012345678901234567890123456789012345678");
	ck_assert_str_eq(record.journal.fingerprint, "0123456789abcdef");
	ck_assert_int_eq(record.journal.first.real, 7);	/* of a version that had none */
	ck_assert_int_eq(record.verdict, FT_SIGNED_OUT);
	ft_record_release(&record);
}
END_TEST

/* Somebody edits a record: no sum or difference of its times overflows. */
START_TEST(times_can_be_added)
{
	static const char format[] =
		"{\"version\":1,\"account\":\"work\",\"provider\":\"p\",\"server\":\"s\","
		"\"generation\":1,\"access_token\":\"a\",\"signed_in\":%1$s,\"refresh_ends\":%1$s,"
		"\"lifetime\":%2$s,\"cooldown\":%1$s,\"issued\":{\"real\":%1$s,\"boot\":%1$s},"
		"\"checked\":{\"real\":%1$s,\"boot\":%1$s},\"id_token\":{\"token\":\"i\","
		"\"issued\":{\"real\":%1$s,\"boot\":%1$s},\"lifetime\":%2$s},"
		"\"journal\":{\"moment\":{\"real\":%1$s,\"boot\":%1$s},"
		"\"first\":{\"real\":%1$s,\"boot\":%1$s},\"replay\":%1$s}}";
	static const char most[] = "9223372036854775807", *const times[] = {
		most, "-9223372036854775808", "9007199254740993",
	};
	char text[1024];

	for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
		struct ft_record record;

		(void)snprintf(text, sizeof text, format, times[i], most);
		ck_assert_int_eq(ft_record_parse(text, strlen(text), "work", &record, NULL), 0);
		const int64_t all[] = {
			record.signed_in, record.refresh_ends, record.lifetime, record.cooldown,
			record.issued.real, record.issued.boot, record.checked.real,
			record.checked.boot, record.id.issued.real, record.id.issued.boot,
			record.id.lifetime, record.journal.moment.real, record.journal.moment.boot,
			record.journal.first.real, record.journal.first.boot, record.journal.replay,
		};

		for (size_t j = 0; j < sizeof all / sizeof *all; j++)
			ck_assert_msg(all[j] <= FT_NUMBER_MAX && all[j] >= -FT_NUMBER_MAX,
				      "%s: number %zu", times[i], j);
		ft_record_release(&record);
	}
}
END_TEST

START_TEST(refuses_what_is_none)
{
	static const struct {
		const char *text;
		int code;
		const char *says;
	} table[] = {
		{ "", FT_UNTRUSTED, "not JSON" },
		{ "{}", FT_UNTRUSTED, "damaged" },
		{ "[]", FT_UNTRUSTED, "damaged" },
		{ "null", FT_UNTRUSTED, "damaged" },
		{ "{\"version\":1,\"account\":\"work\"", FT_UNTRUSTED, "not JSON" },
		{ "{\"version\":2,\"account\":\"work\"}", FT_CONFIG, "newer" },
		{ "{\"version\":1,\"account\":\"work\",\"provider\":\"p\",\"server\":\"s\"}",
		  FT_UNTRUSTED, "damaged" },
		{ "{\"version\":1,\"account\":\"home\",\"provider\":\"p\",\"server\":\"s\","
		  "\"generation\":1}",
		  FT_UNTRUSTED, "another account" },
		/* A line feed in a token would add a line to git's protocol. */
		{ "{\"version\":1,\"account\":\"work\",\"provider\":\"p\",\"server\":\"s\","
		  "\"generation\":1,\"access_token\":\"a\\nquit=1\"}",
		  FT_UNTRUSTED, "damaged" },
		{ "{\"version\":1,\"account\":\"work\",\"provider\":\"p\",\"server\":\"s\","
		  "\"generation\":1,\"generation\":2}",
		  FT_UNTRUSTED, "duplicate" },
	};

	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct ft_record record;
		struct ft_error err;

		ck_assert_int_eq(ft_record_parse(table[i].text, strlen(table[i].text), "work",
						 &record, &err), table[i].code);
		ck_assert_msg(strstr(line_of(&err), table[i].says) != NULL, "%s: %s", table[i].text,
			      line_of(&err));
		ck_assert_int_eq(err.code, table[i].code);
	}
}
END_TEST

/* Every prefix of a record is no record: a torn file is seen. */
START_TEST(refuses_every_truncation)
{
	struct ft_record record = sample(), none;
	struct ft_buf text = FT_BUF_INIT(FT_RECORD_MAX);
	struct ft_error err;

	ck_assert_int_eq(ft_record_format(&record, &text, &err), 0);
	for (size_t len = 0; len < text.len - 1; len++)
		ck_assert_int_eq(ft_record_parse(text.data, len, "work", &none, &err),
				 FT_UNTRUSTED);
	ft_buf_release(&text);
	ft_record_release(&record);
}
END_TEST

START_TEST(another_server_gets_nothing)
{
	struct ft_record record = sample();
	struct ft_account account = { .name = (char *)"work", .provider = (char *)"oauth2",
				      .client_id = (char *)"cli", .from = (char *)"source",
				      .file = (char *)"f.conf", .line = 3 };
	struct ft_error err;

	ck_assert_int_eq(ft_record_belongs(&record, &account, "https://sso.example.com", &err), 0);
	ck_assert_int_eq(ft_record_belongs(&record, &account, "https://sso.example.org", &err),
			 FT_LOGIN_NEEDED);
	ck_assert_ptr_nonnull(strstr(line_of(&err), "f.conf:3"));
	ck_assert_ptr_nonnull(strstr(line_of(&err), "freshtoken login work"));
	account.client_id = NULL;
	ck_assert_int_eq(ft_record_belongs(&record, &account, "https://sso.example.com", &err),
			 FT_LOGIN_NEEDED);
	account.client_id = (char *)"cli";
	account.provider = (char *)"consinco";
	ck_assert_int_eq(ft_record_belongs(&record, &account, "https://sso.example.com", &err),
			 FT_LOGIN_NEEDED);
	account.provider = (char *)"oauth2";
	account.from = NULL;
	ck_assert_int_eq(ft_record_belongs(&record, &account, "https://sso.example.com", &err),
			 FT_LOGIN_NEEDED);
	ck_assert_ptr_nonnull(strstr(line_of(&err), "from = source"));
	ft_record_release(&record);
}
END_TEST

START_TEST(tokens_are_visible_ascii)
{
	static char big[FT_TOKEN_MAX + 1];

	memset(big, 'x', sizeof big);
	ck_assert(ft_token_valid("abc-._~+/=\"", 11));
	ck_assert(ft_token_valid(big, FT_TOKEN_MAX));
	ck_assert(!ft_token_valid(big, FT_TOKEN_MAX + 1));
	ck_assert(!ft_token_valid("", 0));
	ck_assert(!ft_token_valid("a b", 3));
	ck_assert(!ft_token_valid("a\n", 2));
	ck_assert(!ft_token_valid("a\0b", 3));
	ck_assert(!ft_token_valid("\xc3\xa9", 2));
	ck_assert(!ft_token_valid("\x7f", 1));
}
END_TEST

static bool is_jwt(const char *text)
{
	struct ft_secret token = { (char *)text, strlen(text) };

	return ft_token_is_jwt(&token);
}

START_TEST(knows_a_jwt_by_its_looks)
{
	const struct ft_secret none = { NULL, 0 };

	ck_assert(is_jwt("eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9.c2ln-_"));
	ck_assert(is_jwt("eyAZ.az09.A"));
	ck_assert(!is_jwt("eyA@.a.b") && !is_jwt("eyA[.a.b") && !is_jwt("eyA`.a.b") &&
		  !is_jwt("eyA{.a.b") && !is_jwt("eyA/.a.b") && !is_jwt("eyA:.a.b"));
	ck_assert(!is_jwt("eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9"));
	ck_assert(!is_jwt("eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9.c2ln.x"));
	ck_assert(!is_jwt("eyJhbGciOiJSUzI1NiJ9..c2ln"));
	ck_assert(!is_jwt("eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9."));
	ck_assert(!is_jwt("v2.local.abc"));
	ck_assert(!is_jwt("eyJ+.a.b"));
	ck_assert(!is_jwt(""));
	ck_assert(!ft_token_is_jwt(&none));
}
END_TEST

int main(void)
{
	const TTest *const tests[] = { comes_back_as_it_was,
				       no_memory,
				       absent_members,
				       odd_disbelief,
				       times_can_be_added,
				       refuses_what_is_none,
				       refuses_every_truncation,
				       another_server_gets_nothing,
				       tokens_are_visible_ascii,
				       knows_a_jwt_by_its_looks,
				       NULL };

	return unit_run("record", tests);
}

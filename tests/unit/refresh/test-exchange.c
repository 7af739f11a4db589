/* SPDX-License-Identifier: MIT */
/* plan.h: an exchange of a refresh token, with a function instead of the service. */
#include "config.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/fingerprint.h"
#include "lib/refresh/plan.h"
#include "tests/unit/unit.h"

static char dir[32], state[64];
static struct freshtoken ft;
static struct ft_error err;
static struct ft_account account = { .name = (char *)"work", .provider = (char *)"vendor",
					   .replay = 600 };
static struct ft_record record, on_disk;

/* What the service's place does. */
static int prepares, answers;
static enum ft_outcome outcome;
static bool lame;	/* a new refresh token came, and cannot be used */
static bool refused, rotates;
static bool meanwhile;	/* somebody stores another refresh token, and holds no lock */
static struct ft_moment spent;	/* what was settled before */
static unsigned asked, ended;

static int prepare(struct ft_job *job, struct ft_plan *plan, const struct ft_record *from,
		   struct ft_error *error)
{
	(void)job;
	ck_assert_str_eq(plan->slot, "work");
	ck_assert_uint_eq(strlen(plan->id), 16);
	ck_assert_str_eq(from->refresh_token.data, "old refresh");
	return prepares == 0 ? 0 : ft_error_set(error, prepares, "not ready");
}

static void look(void)
{
	bool damaged;

	ft_record_release(&on_disk);
	ck_assert_int_eq(ft_context_read(&ft, "work", "work", &on_disk, &damaged, &err), 0);
}

static int ask(struct ft_job *job, struct ft_plan *plan, const struct ft_record *from,
	       struct ft_judgement *ret, struct ft_error *error)
{
	char fingerprint[FT_FINGERPRINT_SIZE];

	(void)job;
	asked++;
	/* Whoever comes next knows what was sent, whatever becomes of us from here on. */
	look();
	ft_fingerprint(&from->refresh_token, fingerprint);
	ck_assert(on_disk.journal.present);
	ck_assert_str_eq(on_disk.journal.id, plan->id);
	ck_assert_str_eq(on_disk.journal.fingerprint, fingerprint);
	if (meanwhile) {
		on_disk.generation = 9;
		on_disk.journal.present = false;
		ck_assert_int_eq(ft_secret_set(&on_disk.refresh_token, "successor", 9), 0);
		ck_assert_int_eq(ft_context_write(&ft, "work", &on_disk, &err), 0);
	}
	if (answers != 0)
		return ft_error_set(error, answers, "cut off");
	*ret = (struct ft_judgement){ .outcome = outcome, .lifetime = 3600000, .retry_after = -1,
				      .refused = refused, .ambiguous = lame,
				      .why = { .text = "so it is" } };
	if (outcome == FT_OUTCOME_FRESH)
		ck_assert_int_eq(ft_secret_set(&ret->access_token, "new-access", 10), 0);
	if ((outcome == FT_OUTCOME_FRESH && !lame) || rotates)
		ck_assert_int_eq(ft_secret_set(&ret->refresh_token, "new refresh", 11), 0);
	return 0;
}

static void end(struct ft_job *job, struct ft_plan *plan)
{
	(void)job, (void)plan;
	ended++;
}

static void set_up(void)
{
	strcpy(dir, "/tmp/freshtoken-test-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	(void)snprintf(state, sizeof state, "%s/freshtoken", dir);
	ft = (struct freshtoken){ .places.state = state };
	ck_assert_int_eq(ft_context_open_state(&ft, &err), 0);
	record = (struct ft_record){ .generation = 3, .lifetime = 1000, .verdict = FT_FRESH };
	ck_assert_int_eq(ft_record_set(&record.account, "work"), 0);
	ck_assert_int_eq(ft_record_set(&record.provider, "vendor"), 0);
	ck_assert_int_eq(ft_record_set(&record.server, "https://sso.example.com"), 0);
	ck_assert_int_eq(ft_secret_set(&record.access_token, "old-access", 10), 0);
	ck_assert_int_eq(ft_secret_set(&record.refresh_token, "old refresh", 11), 0);
	ck_assert_int_eq(ft_context_write(&ft, "work", &record, &err), 0);
	prepares = answers = 0;
	outcome = FT_OUTCOME_FRESH;
	refused = rotates = meanwhile = lame = false;
	account.fleet = NULL;
	spent.real = 0;
	asked = ended = 0;
}

static void tear_down(void)
{
	char command[128];

	ft_record_release(&record);
	ft_record_release(&on_disk);
	ft_context_close_state(&ft);
	(void)snprintf(command, sizeof command, "rm -rf '%s'", dir);
	ck_assert_int_eq(system(command), 0);
}

static int exchange(void)
{
	static const struct ft_asking asking = { prepare, ask, end };
	struct ft_job job = { .ft = &ft, .account = &account, .asking = &asking, .spent = spent,
			      .service.server = (char *)"https://sso.example.com" };
	int r = ft_job_exchange(&job, "work", &record, &err);

	ck_assert_uint_eq(ended, 1);
	look();
	return r;
}

static bool exists(const char *name)
{
	char path[128];

	(void)snprintf(path, sizeof path, "%s/%s", state, name);
	return access(path, F_OK) == 0;
}

START_TEST(what_came_is_on_the_disk)
{
	set_up();
	ck_assert_int_eq(exchange(), 0);
	ck_assert_uint_eq(asked, 1);
	ck_assert_uint_eq(on_disk.generation, 4);
	ck_assert_str_eq(on_disk.access_token.data, "new-access");
	ck_assert_str_eq(on_disk.refresh_token.data, "new refresh");
	ck_assert(!on_disk.journal.present);
	ck_assert(!exists("work.json~result"));
	tear_down();
}
END_TEST

START_TEST(nothing_is_asked_before_all_is_ready)
{
	set_up();
	prepares = FT_CONFIG;
	ck_assert_int_eq(exchange(), FT_CONFIG);
	ck_assert_uint_eq(asked, 0);
	ck_assert(!on_disk.journal.present);
	ck_assert_str_eq(on_disk.refresh_token.data, "old refresh");
	tear_down();
}
END_TEST

START_TEST(nothing_is_asked_without_a_journal)
{
	struct ft_record other = FT_RECORD_INIT;
	bool damaged;

	set_up();
	/* Somebody has written since it was read: the journal has no place. */
	ck_assert_int_eq(ft_context_read(&ft, "work", "work", &other, &damaged, &err), 0);
	other.generation = 9;
	ck_assert_int_eq(ft_context_write(&ft, "work", &other, &err), 0);
	ck_assert_int_eq(exchange(), FT_TEMPORARY);
	ck_assert_uint_eq(asked, 0);
	ck_assert_uint_eq(on_disk.generation, 9);
	ck_assert(!exists("work.json~journal"));
	ck_assert(!exists("work.json~result"));
	ft_record_release(&other);
	tear_down();
}
END_TEST

START_TEST(without_an_answer_the_journal_stays)
{
	set_up();
	answers = FT_SYSTEM;
	ck_assert_int_eq(exchange(), FT_SYSTEM);
	ck_assert_uint_eq(asked, 1);
	ck_assert(on_disk.journal.present);
	ck_assert(!on_disk.journal.settled);
	ck_assert_str_eq(on_disk.refresh_token.data, "old refresh");
	tear_down();
}
END_TEST

START_TEST(a_refusal_ends_the_journal_and_keeps_the_tokens)
{
	set_up();
	outcome = FT_OUTCOME_TERMINAL;
	ck_assert_int_eq(exchange(), FT_LOGIN_NEEDED);
	ck_assert_int_eq(on_disk.verdict, FT_NEEDS_LOGIN);
	ck_assert(!on_disk.journal.present);
	ck_assert_str_eq(on_disk.refresh_token.data, "old refresh");
	tear_down();
}
END_TEST

/* The refresh token may have been spent, 20 seconds ago. */
static void doubt(void)
{
	record.journal = (struct ft_journal){ .present = true, .settled = true };
	ft_fingerprint(&record.refresh_token, record.journal.fingerprint);
	ft_moment_now(&record.journal.first);
	record.journal.first.boot -= 20000;
	record.journal.first.real -= 20000;
}

static void leaves_doubt(enum ft_outcome answer, int code)
{
	doubt();
	outcome = answer;
	ck_assert_int_eq(exchange(), code);
	ck_assert(on_disk.journal.present && on_disk.journal.settled);
	ck_assert_int_eq(on_disk.journal.first.boot, record.journal.first.boot);
}

START_TEST(an_answer_that_spends_nothing_leaves_the_doubt_and_its_short_pauses)
{
	set_up();
	leaves_doubt(FT_OUTCOME_TRANSIENT, FT_TEMPORARY);
	/* As long as the doubt is old, until that is half a minute. */
	int64_t age = ft_moment_since(&on_disk.checked, &on_disk.journal.first);

	ck_assert_int_ge(age, 20000);
	ck_assert_int_eq(on_disk.cooldown, age < 30000 ? age : 30000);
	tear_down();
	/* The service has answered: asking it again soon would bring the same. */
	set_up();
	refused = true;
	leaves_doubt(FT_OUTCOME_TRANSIENT, FT_TEMPORARY);
	ck_assert_int_eq(on_disk.cooldown, 30000);
	tear_down();
	set_up();
	leaves_doubt(FT_OUTCOME_CLIENT, FT_CONFIG);
	tear_down();
}
END_TEST

START_TEST(a_successor_that_cannot_be_used_leaves_a_doubt)
{
	set_up();
	lame = true;
	ck_assert_int_eq(exchange(), 0);
	ck_assert_str_eq(on_disk.access_token.data, "new-access");
	ck_assert(on_disk.journal.present && on_disk.journal.settled);
	tear_down();
}
END_TEST

START_TEST(a_doubt_is_about_one_refresh_token)
{
	set_up();
	spent.real = 1;
	outcome = FT_OUTCOME_TRANSIENT;
	ck_assert_int_eq(exchange(), FT_TEMPORARY);
	ck_assert(!on_disk.journal.present);
	tear_down();
	for (unsigned same = 0; same < 2; same++) {
		set_up();
		if (same == 1)
			doubt();
		else
			spent.real = 1;
		outcome = FT_OUTCOME_TERMINAL;
		ck_assert_int_eq(exchange(), FT_LOGIN_NEEDED);
		ck_assert_uint_eq(strstr(err.text, "may have spent") != NULL, same);
		tear_down();
	}
}
END_TEST

START_TEST(an_answer_without_tokens_leaves_what_others_have_stored)
{
	static const struct { enum ft_outcome outcome; int code; } table[] = {
		{ FT_OUTCOME_TRANSIENT, FT_TEMPORARY }, { FT_OUTCOME_CLIENT, FT_CONFIG },
		{ FT_OUTCOME_TERMINAL, 0 }, { FT_OUTCOME_DISABLED, 0 },
		/* An access token alone is not worth the successor. */
		{ FT_OUTCOME_FRESH, 0 },
	};

	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		set_up();
		meanwhile = lame = true;
		outcome = table[i].outcome;
		ck_assert_int_eq(exchange(), table[i].code);
		ck_assert_str_eq(on_disk.refresh_token.data, "successor");
		ck_assert_uint_eq(on_disk.generation, 9);
		ck_assert_int_eq(on_disk.verdict, FT_FRESH);
		ck_assert(!on_disk.journal.present);
		ck_assert(!exists("work.json~result"));
		tear_down();
	}
	set_up();
	meanwhile = true;
	ck_assert_int_eq(exchange(), 0);
	ck_assert_str_eq(on_disk.refresh_token.data, "new refresh");
	tear_down();
}
END_TEST

START_TEST(a_successor_without_an_access_token_is_new_to_a_fleet)
{
	static const struct ft_fleet_section section = { .timeout = 1 };

	for (unsigned fleet = 0; fleet < 2; fleet++) {
		set_up();
		account.fleet = fleet == 1 ? &section : NULL;
		rotates = true;
		outcome = FT_OUTCOME_TRANSIENT;
		ck_assert_int_eq(exchange(), FT_TEMPORARY);
		ck_assert_str_eq(on_disk.refresh_token.data, "new refresh");
		ck_assert_str_eq(on_disk.access_token.data, "old-access");
		ck_assert_uint_eq(on_disk.generation, 3 + fleet);
		ck_assert(!on_disk.journal.present);
		tear_down();
	}
}
END_TEST

/* A repetition was killed; its answer says that it has spent nothing. */
START_TEST(what_is_adopted_leaves_an_earlier_doubt)
{
	static const char answer[] = "{\"version\":1,\"id\":\"0123456789abcdef\",\"sent\":\"yes\","
				     "\"status\":429}";
	static char slot[] = "work~login";

	for (unsigned earlier = 0; earlier < 2; earlier++) {
		struct ft_job job = { .ft = &ft, .account = &account, .login_slot = slot };
		int fd = -1;

		set_up();
		doubt();
		record.journal.settled = false;
		strcpy(record.journal.id, "0123456789abcdef");
		if (earlier == 0)
			record.journal.moment = record.journal.first;
		else
			ft_moment_now(&record.journal.moment);
		ck_assert_int_eq(ft_context_write(&ft, "work", &record, &err), 0);
		ck_assert_int_eq(ft_host_answer_create(ft.host, "work", &fd, &err), 0);
		ck_assert_int_eq(write(fd, answer, sizeof answer - 1), sizeof answer - 1);
		ck_assert_int_eq(close(fd), 0);
		ck_assert_int_eq(ft_job_recover(&job, &err), 0);
		look();
		ck_assert_int_eq(on_disk.verdict, FT_UNREACHABLE);
		ck_assert_int_eq(on_disk.journal.present, earlier);
		ck_assert_int_eq(on_disk.journal.settled, earlier);
		tear_down();
	}
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		what_came_is_on_the_disk, nothing_is_asked_before_all_is_ready,
		nothing_is_asked_without_a_journal, without_an_answer_the_journal_stays,
		a_refusal_ends_the_journal_and_keeps_the_tokens,
		an_answer_that_spends_nothing_leaves_the_doubt_and_its_short_pauses,
		a_successor_that_cannot_be_used_leaves_a_doubt, a_doubt_is_about_one_refresh_token,
		an_answer_without_tokens_leaves_what_others_have_stored,
		a_successor_without_an_access_token_is_new_to_a_fleet,
		what_is_adopted_leaves_an_earlier_doubt, NULL
	};

	return unit_run("exchange", tests);
}

/* SPDX-License-Identifier: MIT */
/*
 * fleet.c - one refresh of an account whose record is in a fleet's store
 *
 * This process holds the account's lock on this host. It reads the store first: a newer record of
 * another host is adopted, and a record that the store does not have yet is written there, before
 * anything else. Then a refresh token is spent as on one machine (plan.h), between a claim, which
 * keeps the other hosts from spending it, and a commit, whose condition is the generation alone.
 * The claim is the journal for the other hosts; the journal itself is on this host.
 *
 * Everything is on this host's disk before the store gets it: the claim's name before the claim, so
 * that this host knows its own claim, however late that is written and whichever process sent it;
 * and the answer before the commit, so that the next process can commit it.
 */
#include "config.h"
#include "lib/refresh/plan.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "lib/base/date.h"
#include "lib/base/encode.h"
#include "lib/core/stored.h"
#include "lib/core/tokenfile.h"
#include "lib/fleet/decide.h"
#include "lib/refresh/fleet.h"

/* ms before the store is asked again: after it could not be reached, after it had no sign-in, and
 * after another host's claim, if the caller does not wait. */
#define COOLDOWN_STORE 30000
#define COOLDOWN_NOBODY 60000
#define COOLDOWN_HELD 10000
/* ms between two looks at whether the other host has finished. */
#define PAUSE_FIRST 150
#define PAUSE_MOST 3000

struct work {
	struct ft_job *job;
	struct ft_fleet fleet;
	struct ft_record *here;
	struct ft_value there;
	int64_t end;	/* of waiting for another host (ft_monotonic_ms) */
};

static int write_here(struct work *w, struct ft_error *err)
{
	const char *name = w->job->account->name;

	return ft_context_write(w->job->ft, name, w->here, err);
}

/* Notes what the store's state is, so that not every caller asks it again. */
static void leave_alone(struct work *w, const struct ft_error *why, enum ft_verdict verdict,
			int64_t cooldown)
{
	struct ft_record *here = w->here;

	ft_moment_now(&here->checked);
	here->cooldown = ft_freshness_pause(here, &here->checked, cooldown);
	here->verdict = verdict;
	here->fleet.away = verdict == FT_UNREACHABLE;
	if (ft_record_say(here, why) == 0)
		(void)write_here(w, NULL);
}

static void drop_tokens(struct ft_record *here)
{
	ft_secret_release(&here->access_token);
	ft_secret_release(&here->refresh_token);
	ft_secret_release(&here->id.token);
	here->journal = (struct ft_journal){ .present = false };
	here->fleet.generation = here->generation;
	here->fleet.login = false;
}

static int sign_out(struct work *w, struct ft_error *err)
{
	char when[32];

	ft_date_format(w->there.at, when);
	if (w->there.signed_out)
		(void)ft_error_set(err, FT_LOGIN_NEEDED, "the sign-in was ended on host %s at %s",
				   w->there.host, when);
	else
		(void)ft_error_set(err, FT_LOGIN_NEEDED, "nobody has signed in on any host of the "
				   "fleet");
	(void)ft_error_remedy(err, FT_LOGIN_NEEDED, "run: freshtoken login %s, on one of them",
			      w->job->account->name);
	if (w->here->generation < w->there.generation)
		w->here->generation = w->there.generation;
	drop_tokens(w->here);
	leave_alone(w, err, FT_NEEDS_LOGIN, COOLDOWN_NOBODY);
	(void)ft_token_file_remove(w->job->account, NULL);
	return FT_LOGIN_NEEDED;
}

/* Replaces this host's record with the store's. */
static int adopt(struct work *w, struct ft_error *err)
{
	struct ft_record *here = w->here, *there = &w->there.record;
	struct ft_record_fleet fleet = here->fleet;
	char version[sizeof here->version];
	int r = ft_record_belongs(there, w->job->account, w->job->service.server, err);

	if (r != 0)
		return r;
	memcpy(version, here->version, sizeof version);
	fleet.generation = there->generation;
	fleet.login = fleet.away = false;
	fleet.used = true;
	memcpy(fleet.revision, w->there.revision, sizeof fleet.revision);
	ft_record_release(here);
	*here = *there;
	*there = (struct ft_record)FT_RECORD_INIT;
	memcpy(here->version, version, sizeof version);
	here->fleet = fleet;
	r = write_here(w, err);
	if (r == 0 && here->verdict == FT_FRESH)
		ft_token_file_renew(w->job->ft, w->job->account, here);
	return r;
}

static enum ft_fleet_hold hold_of(const struct work *w)
{
	return ft_fleet_hold(w->here, &w->there, &w->fleet.clock,
			     ft_job_replay(w->job) == FT_REPLAY_WINDOW_NEVER);
}

/* Writes this host's record to the store, and ends its own claim or one that has lapsed. FT_BUSY:
 * read the store again. */
static int push(struct work *w, struct ft_error *err)
{
	struct ft_record *here = w->here;
	struct ft_value value = w->there;	/* the record is lent */
	const uint64_t base = w->there.generation;

	if (here->fleet.login) {
		if (here->generation <= base)
			here->generation = base + 1;
		if (here->signed_in <= w->there.record.signed_in)
			here->signed_in = w->there.record.signed_in + 1;
	}
	value.record = *here;
	value.generation = here->generation;
	value.signed_out = false;
	/* Another host's claim stays. What it may still send must be over before this record's
	 * refresh token is spent: the service would take a used one for a stolen one. */
	if (hold_of(w) != FT_HOLD_OTHER)
		value.claim = (struct ft_claim){ .present = false };
	int r = ft_value_commit(&w->fleet, &value, err);

	if (r != 0)
		return r;
	here->fleet.generation = here->generation;
	here->fleet.login = false;
	here->fleet.nonce[0] = '\0';
	memcpy(here->fleet.revision, value.revision, sizeof here->fleet.revision);
	memcpy(w->there.revision, value.revision, sizeof w->there.revision);
	w->there.generation = here->generation;
	w->there.claim = value.claim;
	return write_here(w, err);
}

static int older(const struct work *w, struct ft_error *err)
{
	return ft_error_set(err, FT_UNTRUSTED,
			    "the fleet's store has generation %llu, and had %llu before: it was "
			    "set back, and its refresh token may be used already" FT_REMEDY
			    "run: freshtoken login %s, on one host",
			    (unsigned long long)w->there.generation,
			    (unsigned long long)w->here->generation, w->job->account->name);
}

/* A sign-out leaves a mark in the store, so this store was emptied in another way. The access
 * token is used until it expires. The refresh token is not spent, because another host may have
 * spent it. */
static int emptied(const struct work *w, struct ft_error *err)
{
	return ft_error_set(err, FT_LOGIN_NEEDED,
			    "the fleet's store has lost this sign-in" FT_REMEDY
			    "run: freshtoken login %s, on one host", w->job->account->name);
}

/* A write that was sent over an earlier revision can no longer succeed. So unless the store has a
 * claim of this host, none can arrive. */
static void see_revision(struct work *w)
{
	struct ft_record_fleet *fleet = &w->here->fleet;

	if (strcmp(fleet->revision, w->there.revision) != 0 &&
	    !ft_claim_is_ours(fleet, &w->there.claim))
		fleet->nonce[0] = '\0';
	memcpy(fleet->revision, w->there.revision, sizeof fleet->revision);
}

/* Makes this host's record and the store's the same, or leaves this host's the newer one. */
static int reconcile(struct work *w, struct ft_error *err)
{
	for (int i = 0; i < 8; i++) {
		int r = ft_value_read(&w->fleet, &w->there, err);

		/* With settle somebody is told, and a new sign-in is to go there soon. */
		if (r == FT_TEMPORARY && !w->job->want.settle)
			leave_alone(w, err, FT_UNREACHABLE, COOLDOWN_STORE);
		if (r != 0)
			return r;
		see_revision(w);
		switch (ft_fleet_compare(w->here, &w->there)) {
		case FT_STEP_SAME:
			w->here->fleet.generation = w->here->generation;
			return 0;
		case FT_STEP_ADOPT:
			return adopt(w, err);
		case FT_STEP_NOBODY:
			return w->here->access_token.data != NULL ? emptied(w, err) :
								    sign_out(w, err);
		case FT_STEP_OUT:
			return sign_out(w, err);
		case FT_STEP_OLDER:
			return older(w, err);
		case FT_STEP_PUSH:
			r = push(w, err);
		}
		if (r != FT_BUSY)
			return r;
	}
	return ft_error_set(err, FT_TEMPORARY, "other hosts write the fleet's record again and "
			    "again" FT_REMEDY "try again in a moment");
}

static enum ft_action decide(const struct work *w)
{
	struct ft_moment now;

	ft_moment_now(&now);
	return ft_freshness_decide(w->here, &w->job->want, &now);
}

static bool is_due(enum ft_action action)
{
	return action == FT_USE_AND_REFRESH || action == FT_REFRESH_OR_USE || action == FT_REFRESH;
}

/* Whose claim the store has. Notes when this host has first seen it. */
static enum ft_fleet_hold look_at_claim(struct work *w)
{
	const struct ft_claim *claim = &w->there.claim;
	struct ft_record_fleet *fleet = &w->here->fleet;
	enum ft_fleet_hold hold = hold_of(w);

	if (hold == FT_HOLD_OTHER && strcmp(fleet->held.nonce, claim->nonce) != 0) {
		memcpy(fleet->held.nonce, claim->nonce, sizeof fleet->held.nonce);
		memcpy(fleet->held.host, claim->host, sizeof fleet->held.host);
		fleet->held.seen = w->fleet.clock.here;
		(void)write_here(w, NULL);
	}
	return hold;
}

/* The claim's refresh token may have been sent: from now on `replay` decides, as on one machine. */
static int take_for_ambiguous(struct work *w, struct ft_error *err)
{
	const struct ft_claim *claim = &w->there.claim;
	struct ft_journal *journal = &w->here->journal;
	char fingerprint[FT_FINGERPRINT_SIZE];

	/* The claim was for an earlier refresh token, and its successor is here. */
	ft_fingerprint(&w->here->refresh_token, fingerprint);
	if (strcmp(fingerprint, claim->fingerprint) != 0)
		return 0;
	if (journal->present && journal->settled && strcmp(journal->id, claim->nonce) == 0)
		return 0;
	*journal = (struct ft_journal){ .present = true, .settled = true,
					.replay = ft_job_replay(w->job) };
	memcpy(journal->id, claim->nonce, sizeof journal->id);
	memcpy(journal->fingerprint, claim->fingerprint, sizeof journal->fingerprint);
	memcpy(journal->host, claim->host, sizeof journal->host);
	ft_value_moment(claim->first, &w->fleet.clock, &journal->moment);
	journal->first = journal->moment;
	return write_here(w, err);
}

static int is_held(const struct work *w, struct ft_error *err)
{
	return ft_error_set(err, FT_TEMPORARY,
			    "host %s refreshes this sign-in, but has not stored a token yet"
			    FT_REMEDY "try again in a moment", w->there.claim.host);
}

/* Waits for a random time, so that hosts do not ask together. false: the time is over. */
static bool wait_for_other(const struct work *w, int *turn)
{
	int64_t ms = PAUSE_FIRST << (*turn < 5 ? *turn : 5);
	unsigned chance = 0;

	if (ms > PAUSE_MOST)
		ms = PAUSE_MOST;
	if (getrandom(&chance, sizeof chance, 0) < 0)
		chance = (unsigned)getpid();
	ms = ms / 2 + (int64_t)(chance % (unsigned)ms);
	if (ft_monotonic_ms() + ms >= w->end)
		return false;
	struct timespec pause = { (time_t)(ms / 1000), (long)(ms % 1000) * 1000000 };

	(*turn)++;
	(void)nanosleep(&pause, NULL);
	return true;
}

/* *ret_deadline: CLOCK_BOOTTIME after which nothing may be sent. FT_BUSY: read the store again;
 * err has FT_TEMPORARY if the store could not write. */
static int claim(struct work *w, int64_t *ret_deadline, struct ft_error *err)
{
	struct ft_record *here = w->here;
	struct ft_value value = w->there;	/* the record is lent */
	struct ft_error cause;
	struct ft_moment now;

	ft_moment_now(&now);
	const int64_t since = w->fleet.clock.least + (now.boot - w->fleet.clock.here.boot);
	const int64_t deadline = ft_claim_deadline(here, &w->job->want, w->job->account->timeout,
						   &now);

	/* On the disk before the store has it: otherwise this host would not know its own claim. */
	int r = ft_claim_name(&here->fleet, err);

	if (r == 0)
		r = write_here(w, err);
	if (r != 0)
		return r;
	value.record = *here;
	value.claim = (struct ft_claim){
		.present = true, .since = since, .first = ft_claim_first(here, &w->fleet.clock),
		.until = since + ft_claim_length(w->job->account->timeout),
	};
	memcpy(value.claim.nonce, here->fleet.nonce, sizeof value.claim.nonce);
	ft_fingerprint(&here->refresh_token, value.claim.fingerprint);
	(void)gethostname(value.claim.host, sizeof value.claim.host - 1);
	r = ft_value_claim(&w->fleet, &value, err);
	if (r == FT_BUSY || r == FT_TEMPORARY) {
		/* The store's answer may be lost. Or another member was asked again, and its
		 * FT_BUSY is because of this host's first try. */
		if (ft_value_read(&w->fleet, &w->there, &cause) != 0)
			return r == FT_BUSY ? ft_error_copy(err, FT_TEMPORARY, &cause) : r;
		if (!w->there.claim.present ||
		    strcmp(w->there.claim.nonce, here->fleet.nonce) != 0)
			return FT_BUSY;
	} else if (r != 0) {
		return r;
	} else {
		memcpy(w->there.revision, value.revision, sizeof w->there.revision);
	}
	memcpy(here->fleet.revision, w->there.revision, sizeof here->fleet.revision);
	if (ft_boottime_ms() >= deadline)
		return ft_error_set(err, FT_TEMPORARY, "the fleet's store took too long");
	*ret_deadline = deadline;
	return 0;
}

/* Spends the refresh token under a claim. FT_BUSY: read the store again; nothing was
 * sent, and err says why. */
static int spend(struct work *w, struct ft_error *err)
{
	struct ft_judgement judgement = FT_JUDGEMENT_INIT;
	struct ft_plan plan = FT_PLAN_INIT;
	struct ft_job *job = w->job;
	int64_t deadline = 0;
	int r = ft_job_plan(job, job->account->name, w->here, &plan, err);

	if (r == 0)
		r = claim(w, &deadline, err);
	if (r == 0) {
		const struct ft_fleet_clock *clock = &w->fleet.clock;

		/* By the store's clock, which all hosts share. Its error is much shorter than the
		 * time in which other hosts respect the claim. */
		ft_request_set_deadline(&plan.request, deadline,
					clock->most + deadline - clock->here.boot);
		r = ft_job_spend(job, &plan, w->here, &judgement, err);
	}
	if (r == 0)
		r = ft_job_adopt(job, &plan, &judgement, w->here, err);
	ft_plan_release(job, &plan);
	ft_judgement_release(&judgement);
	return r;
}

/* Writes the result to the store: a new token, or that the claim has ended. What cannot be written
 * now stays in this host's record, and the next process writes it. */
static void give(struct work *w)
{
	struct ft_error cause = FT_ERROR_INIT;
	int r = push(w, &cause);

	if (r == FT_BUSY)
		r = reconcile(w, &cause);
	/* Another host's record is newer; this host's claim must still end. */
	if (r == 0 && w->here->fleet.nonce[0] != '\0' &&
	    hold_of(w) == FT_HOLD_OURS)
		r = push(w, &cause);
	if (r != 0)
		ft_context_log(w->job->ft, 4, "account %s: %s", w->job->account->name, cause.text);
}

/* Whether the record's refresh token was sent and its answer is unknown. */
static bool is_open(const struct ft_record *here)
{
	char fingerprint[FT_FINGERPRINT_SIZE];

	if (!here->journal.present || here->refresh_token.data == NULL ||
	    ft_record_is_ahead(here))
		return false;
	ft_fingerprint(&here->refresh_token, fingerprint);
	return strcmp(fingerprint, here->journal.fingerprint) == 0;
}

/* err: why the last claim was not written. */
static int not_claimed(struct work *w, struct ft_error *err)
{
	if (err->code == FT_TEMPORARY) {
		leave_alone(w, err, FT_UNREACHABLE, COOLDOWN_STORE);
		return FT_TEMPORARY;
	}
	return ft_error_remedy(err, FT_TEMPORARY, "try again in a moment");
}

static int refresh(struct work *w, struct ft_error *err)
{
	for (int turn = 0; ; ) {
		int r = reconcile(w, err);
		enum ft_action action;

		if (r != 0)
			return r;
		enum ft_fleet_hold hold = look_at_claim(w);

		if (hold == FT_HOLD_LAPSED)
			r = take_for_ambiguous(w, err);
		action = decide(w);
		if (r != 0)
			return r;
		if (w->job->want.settle || !is_due(action)) {
			/* This host's claim can end: nothing was sent, or the result is known. */
			if (hold == FT_HOLD_OURS && !w->here->journal.present)
				give(w);
			return 0;
		}
		if (hold == FT_HOLD_OTHER) {
			struct ft_error ignored;

			if (action == FT_USE_AND_REFRESH) {
				ft_moment_now(&w->here->checked);
				/* At most a quarter of the time that the token still lives. */
				int64_t left = ft_freshness_left(w->here, &w->here->checked) / 4;

				w->here->cooldown = left > 0 && left < COOLDOWN_HELD ? left :
										COOLDOWN_HELD;
				return write_here(w, &ignored);
			}
			if (!wait_for_other(w, &turn))
				return is_held(w, err);
			continue;
		}
		r = ft_record_stays(w->here, w->job->account, w->job->service.profile.elsewhere,
				    err);
		if (r != 0)
			return r;
		r = spend(w, err);
		/* Another host was faster, or the store refuses writes: try until the time is
		 * over. */
		if (r == FT_BUSY && wait_for_other(w, &turn))
			continue;
		if (r == FT_BUSY)
			return not_claimed(w, err);
		if (r == FT_NO_MEMORY || r == FT_SYSTEM)
			return r;
		const uint64_t generation = w->here->generation;

		/* If the refresh token may be spent, the claim stays until it lapses: without it
		 * another host would send the token at once. */
		if (!is_open(w->here))
			give(w);
		/* The token was refused because another host had spent it; its successor is
		 * here. */
		return r != 0 && w->here->generation > generation ? 0 : r;
	}
}

static int read_here(const struct ft_job *job, struct ft_stored *ret, struct ft_error *err)
{
	return ft_stored_read(job->ft, job->account, job->service.server, &job->want, ret, err);
}

int ft_job_fleet(struct ft_job *job, struct ft_error *err)
{
	struct ft_stored stored = FT_STORED_INIT;
	struct work w = { .job = job, .here = &stored.record, .there = FT_VALUE_INIT };
	int r = read_here(job, &stored, err);

	/* Another process has refreshed while this one waited for the lock. */
	if (r == 0 && !stored.due && !job->want.settle && !ft_record_is_ahead(&stored.record)) {
		ft_stored_release(&stored);
		return 0;
	}
	/* The next token counts as new, however short its life. */
	if (r == 0) {
		job->want.seen = stored.record.generation;
		ft_claim_keep_own(&stored.record.fleet, job->service.lock_fd);
	}
	if (r == 0)
		r = ft_fleet_open(job->ft, job->account, &w.fleet, err);
	w.end = ft_monotonic_ms() + ft_claim_length(job->account->timeout);
	if (r == 0)
		r = refresh(&w, err);
	ft_fleet_close(&w.fleet);
	ft_value_release(&w.there);
	ft_stored_release(&stored);
	return r;
}

int ft_job_fleet_look(struct ft_job *job, struct ft_error *err)
{
	struct ft_fleet fleet = { .ft = NULL };
	struct ft_value value = FT_VALUE_INIT;
	int r = ft_fleet_open(job->ft, job->account, &fleet, err);

	if (r == 0)
		r = ft_value_read(&fleet, &value, err);
	ft_value_release(&value);
	ft_fleet_close(&fleet);
	return r;
}

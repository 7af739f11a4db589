/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "lib/store/freshness.h"

#include <sys/utsname.h>

#define SECOND INT64_C(1000)
#define REJECTION_PAUSE (60 * SECOND)
/* The shortest pause before a refresh token that may be spent is sent again. */
#define PAUSE_IN_DOUBT (2 * SECOND)

static int64_t clamp(int64_t value, int64_t low, int64_t high)
{
	return value < low ? low : value > high ? high : value;
}

static int64_t min(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int64_t max(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

static int64_t left_of(int64_t lifetime, const struct ft_moment *issued,
		       const struct ft_moment *now)
{
	int64_t age = ft_moment_since(now, issued);

	/* A negative age: the wall clock was set back after a reboot. */
	return age < 0 || age >= lifetime ? 0 : lifetime - age;
}

int64_t ft_freshness_left(const struct ft_record *record, const struct ft_moment *now)
{
	return record->lifetime < 0 ? -1 : left_of(record->lifetime, &record->issued, now);
}

int64_t ft_freshness_id_left(const struct ft_record *record, const struct ft_moment *now)
{
	return record->id.token.data == NULL ?
		       0 : left_of(record->id.lifetime, &record->id.issued, now);
}

static bool is_rejected(const struct ft_record *record, const struct ft_want *want,
			const struct ft_moment *now)
{
	return record->rejected ||
	       (want->rejected == record->generation &&
		ft_freshness_believes_rejection(record, now));
}

bool ft_freshness_alive(const struct ft_record *record, const struct ft_want *want,
			const struct ft_moment *now)
{
	return record->access_token.data != NULL && !is_rejected(record, want, now) &&
	       ft_freshness_left(record, now) != 0 &&
	       (!want->id_token || ft_freshness_id_left(record, now) != 0);
}

/* Not a fixed margin: with 5 minutes, a token of 5 minutes would be refreshed at every call. */
int64_t ft_freshness_mandatory(int64_t lifetime, int64_t min_lifetime)
{
	int64_t margin = clamp(lifetime / 20, 10 * SECOND, 60 * SECOND);

	return min(lifetime / 2, max(min_lifetime, margin));
}

int64_t ft_freshness_advisory(int64_t lifetime, int64_t min_lifetime, unsigned spread)
{
	int64_t window = clamp(lifetime / 4, 30 * SECOND, 300 * SECOND);

	window -= window * (int64_t)spread / (3 * 65535);
	return min(lifetime - lifetime / 4,
		   ft_freshness_mandatory(lifetime, min_lifetime) + window);
}

/* Machines that got their tokens in the same minute must not all refresh in the same minute. The
 * hash is FNV-1a. */
unsigned ft_freshness_spread(const char *account)
{
	struct utsname machine;
	uint32_t hash = 2166136261u;

	if (uname(&machine) != 0)
		machine.nodename[0] = '\0';
	for (const char *s = machine.nodename; *s != '\0'; s++)
		hash = (hash ^ (unsigned char)*s) * 16777619u;
	for (const char *s = account; *s != '\0'; s++)
		hash = (hash ^ (unsigned char)*s) * 16777619u;
	return (hash >> 16 ^ hash) & 0xffff;
}

bool ft_freshness_believes_rejection(const struct ft_record *record, const struct ft_moment *now)
{
	if (!record->after_rejection)
		return true;
	int64_t age = ft_moment_since(now, &record->issued);

	return age < 0 || age >= REJECTION_PAUSE;
}

static bool is_cooling(const struct ft_record *record, const struct ft_moment *now)
{
	int64_t age = ft_moment_since(now, &record->checked);

	return record->cooldown > 0 && age >= 0 && age < record->cooldown;
}

/* Whether the refresh token may be sent while there is still a good access token. An exchange with
 * an unknown end may have spent it already, and sending it again could end the sign-in. */
static bool may_send(const struct ft_record *record, const struct ft_moment *now)
{
	const struct ft_journal *journal = &record->journal;

	if (!journal->present || !journal->settled || journal->replay == FT_REPLAY_WINDOW_ALWAYS)
		return true;
	int64_t age = ft_moment_since(now, &journal->first);

	return age >= 0 && age < journal->replay;
}

int64_t ft_freshness_pause(const struct ft_record *record, const struct ft_moment *now,
			   int64_t usual)
{
	const struct ft_journal *journal = &record->journal;
	int64_t age = ft_moment_since(now, &journal->first), left = journal->replay - age;

	if (!journal->present || journal->replay <= 0 || age < 0 || left <= 0)
		return usual;
	return min(usual, min(max(age, PAUSE_IN_DOUBT), left / 2));
}

/* Whether the sign-in has ended, or the user is disabled. If that is not certain there is a
 * cool-down, after which the service is asked again. */
static bool is_over(const struct ft_record *record, const struct ft_moment *now)
{
	if (record->verdict != FT_NEEDS_LOGIN && record->verdict != FT_DISABLED)
		return false;
	return record->cooldown <= 0 || is_cooling(record, now);
}

/* Whether the token's life is unknown, and it is older than this caller accepts. */
static bool is_long_unknown(const struct ft_record *record, const struct ft_want *want,
			    const struct ft_moment *now)
{
	if (record->lifetime >= 0 || want->unknown_life <= 0)
		return false;
	int64_t age = ft_moment_since(now, &record->issued);

	return age < 0 || age >= want->unknown_life;
}

/* Left and lifetime of the access or ID token, whichever ends first. */
static void first_to_end(const struct ft_record *record, const struct ft_moment *now,
			 int64_t *ret_left, int64_t *ret_lifetime)
{
	*ret_left = ft_freshness_left(record, now);
	*ret_lifetime = record->lifetime;
	if (record->id.token.data == NULL || record->id.unrenewed)
		return;
	int64_t left = ft_freshness_id_left(record, now);

	if (*ret_left < 0 || left < *ret_left) {
		*ret_left = left;
		*ret_lifetime = record->id.lifetime;
	}
}

/* Whether only the ID token has expired, and another refresh would not help: the last one brought
 * no ID token. */
static bool id_is_over(const struct ft_record *record, const struct ft_want *want,
		       const struct ft_moment *now)
{
	const struct ft_want access = { .rejected = want->rejected };

	return want->id_token && record->id.unrenewed && ft_freshness_alive(record, &access, now);
}

static enum ft_action decide(const struct ft_record *record, const struct ft_want *want,
			     bool force, const struct ft_moment *now)
{
	bool alive = ft_freshness_alive(record, want, now);
	bool renewable = want->derived || record->refresh_token.data != NULL;
	bool hopeless = !renewable || is_over(record, now);
	int64_t left, lifetime;

	if (force && renewable)
		return alive ? FT_REFRESH_OR_USE : FT_REFRESH;
	if (!alive)
		return hopeless || id_is_over(record, want, now) ? FT_LOGIN :
		       is_cooling(record, now) ? FT_COOLING : FT_REFRESH;
	if (hopeless || is_cooling(record, now) || !may_send(record, now))
		return FT_USE;
	/* A refresh was killed: its answer may be there to be adopted. */
	if (record->journal.present && !record->journal.settled)
		return FT_USE_AND_REFRESH;
	/* The fleet's store has to get this record: other hosts wait for it. */
	if (ft_record_is_ahead(record))
		return FT_USE_AND_REFRESH;
	if (is_long_unknown(record, want, now))
		return FT_REFRESH_OR_USE;
	first_to_end(record, now, &left, &lifetime);
	if (left < 0)
		return FT_USE;
	if (left < ft_freshness_mandatory(lifetime, want->min_lifetime))
		return FT_REFRESH_OR_USE;
	if (left < ft_freshness_advisory(lifetime, want->min_lifetime, 0) &&
	    left < ft_freshness_advisory(lifetime, want->min_lifetime,
					 ft_freshness_spread(record->account)))
		return FT_USE_AND_REFRESH;
	return FT_USE;
}

enum ft_action ft_freshness_decide(const struct ft_record *record, const struct ft_want *want,
				   const struct ft_moment *now)
{
	/* Another process refreshed while this one waited. That token is used however short its
	 * life is: otherwise each waiter would refresh a token that lives two seconds. */
	bool served = want->seen != 0 && record->generation > want->seen;
	enum ft_action action = decide(record, want, want->force && !served, now);

	return served && (action == FT_REFRESH_OR_USE || action == FT_USE_AND_REFRESH) ? FT_USE :
											 action;
}

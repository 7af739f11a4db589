/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "lib/fleet/decide.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>

#include "lib/base/encode.h"
#include "lib/base/fingerprint.h"

int64_t ft_claim_send(unsigned timeout)
{
	const int64_t ms = (int64_t)timeout * 1000;

	return ms < FT_CLAIM_SEND_MAX ? ms : FT_CLAIM_SEND_MAX;
}

int64_t ft_claim_length(unsigned timeout)
{
	return ft_claim_send(timeout) + (int64_t)timeout * 1000 + FT_CLAIM_GRACE;
}

int64_t ft_claim_first(const struct ft_record *here, const struct ft_fleet_clock *clock)
{
	const struct ft_journal *journal = &here->journal;
	char fingerprint[FT_FINGERPRINT_SIZE];

	ft_fingerprint(&here->refresh_token, fingerprint);
	if (!journal->present || strcmp(journal->fingerprint, fingerprint) != 0)
		return clock->least;
	int64_t age = ft_moment_since(&clock->here, &journal->first);

	return clock->least - (age > 0 ? age : 0);
}

int64_t ft_claim_deadline(const struct ft_record *here, const struct ft_want *want,
			  unsigned timeout, const struct ft_moment *now)
{
	const struct ft_journal *journal = &here->journal;
	const int64_t end = now->boot + ft_claim_send(timeout);

	if (!journal->present || !journal->settled || journal->replay <= 0)
		return end;
	int64_t age = ft_moment_since(now, &journal->first);
	int64_t last = now->boot + journal->replay - age;

	return age < 0 || last > end || !ft_freshness_alive(here, want, now) ? end : last;
}

static bool has_tokens(const struct ft_record *record)
{
	return record->access_token.data != NULL || record->refresh_token.data != NULL;
}

static bool same_token(const struct ft_secret *a, const struct ft_secret *b)
{
	return a->data == NULL || b->data == NULL ? a->data == b->data :
						    ft_secret_equal(a, b->data, b->len);
}

/* Two hosts can have the same generation with different tokens. */
static bool same_tokens(const struct ft_record *a, const struct ft_record *b)
{
	return same_token(&a->refresh_token, &b->refresh_token) &&
	       same_token(&a->access_token, &b->access_token);
}

enum ft_fleet_step ft_fleet_compare(const struct ft_record *here, const struct ft_value *there)
{
	const bool some = has_tokens(here), ahead = some && ft_record_is_ahead(here);

	/* A new sign-in replaces whatever the store has. */
	if (some && here->fleet.login)
		return FT_STEP_PUSH;
	if (there->generation == 0)
		return ahead ? FT_STEP_PUSH : FT_STEP_NOBODY;
	/* A token that a paused host brings late still counts, unless the store has changed since
	 * that host began. */
	if (ahead && there->generation == here->fleet.generation && !there->signed_out)
		return FT_STEP_PUSH;
	if (there->signed_out)
		return !some || there->generation >= here->fleet.generation ? FT_STEP_OUT :
									       FT_STEP_OLDER;
	if (!some || there->generation > here->generation)
		return FT_STEP_ADOPT;
	if (there->generation == here->generation)
		return same_tokens(here, &there->record) ? FT_STEP_SAME : FT_STEP_ADOPT;
	/* Another host has written a successor before this host could write its own. */
	if (ahead && there->generation > here->fleet.generation)
		return FT_STEP_ADOPT;
	return FT_STEP_OLDER;
}

bool ft_claim_is_ours(const struct ft_record_fleet *here, const struct ft_claim *claim)
{
	return claim->present && here->nonce[0] != '\0' &&
	       strncmp(claim->nonce, here->nonce, FT_CLAIM_OWN) == 0;
}

void ft_claim_keep_own(struct ft_record_fleet *here, int lock_fd)
{
	char owner[sizeof here->owner] = "";
	struct ft_moment now;
	struct stat lock;

	ft_moment_now(&now);
	if (now.boot_id[0] != '\0' && fstat(lock_fd, &lock) == 0)
		(void)snprintf(owner, sizeof owner, "%s %jx:%jx", now.boot_id,
			       (uintmax_t)lock.st_dev, (uintmax_t)lock.st_ino);
	if (owner[0] != '\0' && strcmp(owner, here->owner) == 0)
		return;
	memcpy(here->owner, owner, sizeof owner);
	here->nonce[0] = '\0';
	here->held.nonce[0] = '\0';
}

int ft_claim_name(struct ft_record_fleet *here, struct ft_error *err)
{
	unsigned char bytes[(sizeof here->nonce - 1) / 2];
	unsigned long number = 0xff;

	if (strlen(here->nonce) == sizeof here->nonce - 1)
		number = strtoul(here->nonce + FT_CLAIM_OWN, NULL, 16);
	if (number >= 0xff) {
		if (getrandom(bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes)
			return ft_error_errno(err, FT_SYSTEM, errno, "getrandom");
		bytes[sizeof bytes - 1] = 0;
		ft_hex_write(bytes, sizeof bytes, here->nonce);
	} else {
		bytes[0] = (unsigned char)(number + 1);
		ft_hex_write(bytes, 1, here->nonce + FT_CLAIM_OWN);
	}
	return 0;
}

enum ft_fleet_hold ft_fleet_hold(const struct ft_record *here, const struct ft_value *there,
				 const struct ft_fleet_clock *clock, bool strict)
{
	const struct ft_claim *claim = &there->claim;
	const int64_t length = claim->until - claim->since;
	const int64_t patience = strict ? FT_CLAIM_PATIENCE : 0;
	int64_t seen = 0;

	if (!claim->present)
		return FT_HOLD_FREE;
	if (ft_claim_is_ours(&here->fleet, claim))
		return FT_HOLD_OURS;
	if (strcmp(claim->nonce, here->fleet.held.nonce) == 0)
		seen = ft_moment_since(&clock->here, &here->fleet.held.seen);
	if (length > 0 && seen >= length + patience)
		return FT_HOLD_LAPSED;
	return clock->least >= claim->until + FT_CLAIM_SKEW ? FT_HOLD_LAPSED : FT_HOLD_OTHER;
}

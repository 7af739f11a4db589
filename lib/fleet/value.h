/* SPDX-License-Identifier: MIT */
/*
 * value.h - the value that a fleet's store keeps for an account
 *
 *	freshtoken-fleet 1 GENERATION LF, then, sealed (box.h) with the fleet's key:
 *	HEAD LF RECORD
 *
 * GENERATION is the record's, in decimal and in clear, so that a store, and people, can compare
 * values. The seal is bound to it, to the version and to the key in the store: a value that is
 * moved to another key, or gets another generation, does not open. An older value under its own key
 * does open: docs/fleet.md says what a store that returns old values can do.
 *
 * HEAD is a JSON object:
 *   host, at        who wrote the value, and when
 *   signed_out      true: the sign-in was ended, and there is no record
 *   claim           {"host", "nonce", "fingerprint", "since", "first", "until"}: a host is about to
 *                   send the refresh token of that fingerprint; absent: no claim
 * RECORD is the text of record.h, without what applies to one host only. All times are the store's,
 * in ms since the epoch; moments have no boot id.
 */
#ifndef FT_FLEET_VALUE_H
#define FT_FLEET_VALUE_H

#include "lib/fleet/fleet.h"

struct ft_claim {
	bool present;
	char host[65];
	char nonce[17];		/* tells claims of one host apart */
	char fingerprint[FT_FINGERPRINT_SIZE];	/* of the refresh token */
	int64_t since;		/* when it was made */
	int64_t first;		/* when the first claim was made that may have sent this token */
	int64_t until;		/* when every exchange of it is certainly over */
};

struct ft_value {
	char revision[FT_FLEET_REVISION];	/* from the store; not a part of the value */
	uint64_t generation;	/* 0: there is no value, and all below is empty */
	char host[65];
	int64_t at;
	bool signed_out;
	struct ft_claim claim;
	struct ft_record record;	/* with this host's times, after ft_value_read */
};
#define FT_VALUE_INIT { .revision = "0", .record = FT_RECORD_INIT }
void ft_value_release(struct ft_value *value);

/* Reads the generation, which is in clear. Returns the length of its line with the LF; 0: the bytes
 * are no value, and *ret is untouched. */
size_t ft_value_head(const struct ft_buf *bytes, uint64_t *ret);

/* place: the value's key in the store. Errors: box.h's; FT_UNTRUSTED also if it is too long, or if
 * the record is another account's. */
int ft_value_close(const unsigned char key[FT_BOX_KEY], const char *place,
		   const struct ft_value *value, struct ft_buf *ret, struct ft_error *err);
/* ret must be FT_VALUE_INIT; its revision is kept. */
int ft_value_open(const unsigned char key[FT_BOX_KEY], const char *place, const char *account,
		  const struct ft_buf *bytes, struct ft_value *ret, struct ft_error *err);

/* Parses the part that was sealed; the caller sets ret->generation before. */
int ft_value_parse(const struct ft_buf *text, const char *account, struct ft_value *ret,
		   struct ft_error *err);

/* Copies a record without what applies to this host only, and converts its times to the store's;
 * the second converts them back in place. Neither makes a token younger than it is. FT_NO_MEMORY
 * and record.h's errors. */
int ft_value_record_for_store(const struct ft_record *record, const struct ft_fleet_clock *clock,
			      struct ft_record *ret, struct ft_error *err);
void ft_value_record_from_store(struct ft_record *record, const struct ft_fleet_clock *clock);
/* Converts a time of the store to a moment of this host. */
void ft_value_moment(int64_t at, const struct ft_fleet_clock *clock, struct ft_moment *ret);

/* Reads the account's value from the store and opens it. 0 also if there is none: generation 0.
 * Errors: fleet.h's, and FT_LOGIN_NEEDED: it was sealed with another key. */
int ft_value_read(struct ft_fleet *fleet, struct ft_value *ret, struct ft_error *err);
/* Write the value if the store still has value->revision, and set that to the new revision. The
 * record keeps this host's times. FT_BUSY: the store has another revision. */
int ft_value_claim(struct ft_fleet *fleet, struct ft_value *value, struct ft_error *err);
int ft_value_commit(struct ft_fleet *fleet, struct ft_value *value, struct ft_error *err);

/* Ends the sign-in of an account for all hosts. 0 also if the store has none. */
int ft_value_sign_out(const struct freshtoken *ft, const struct ft_account *account,
		      struct ft_error *err);

#endif

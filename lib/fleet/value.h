/* SPDX-License-Identifier: MIT */
/*
 * value.h - what a fleet's store keeps of an account
 *
 *	freshtoken-fleet 1 GENERATION LF, then what is sealed (box.h) with the fleet's key:
 *	HEAD LF RECORD
 *
 * GENERATION, decimal, is in clear, so that a store, and people, can go by it; it is the record's.
 * It is sealed for that, for the version and for the key that it lies under, so that a value that
 * is moved to another key, or under another generation, does not open. An older value under its own
 * key does: what a store can do that gives out old values is in docs/fleet.md.
 *
 * HEAD is a JSON object:
 *   host, at        who wrote the value, and when
 *   signed_out      true: there is no record; the sign-in was ended
 *   claim           {"host", "nonce", "fingerprint", "since", "first", "until"}: a host is about to
 *                   send the refresh token of that fingerprint; absent: none is
 * RECORD is record.h's, without what is of one host alone. Times of both, in ms since the epoch,
 * are the store's, and its moments have no boot id.
 */
#ifndef FT_FLEET_VALUE_H
#define FT_FLEET_VALUE_H

#include "lib/fleet/fleet.h"

struct ft_claim {
	bool present;
	char host[65];
	char nonce[17];		/* which claim it is */
	char fingerprint[FT_FINGERPRINT_SIZE];	/* of the refresh token */
	int64_t since;		/* when it was made */
	int64_t first;		/* the first one of this refresh token that may have sent it */
	int64_t until;		/* from when on nothing that it sent is under way */
};

struct ft_value {
	char revision[FT_FLEET_REVISION];	/* of the store's; not a part of the value */
	uint64_t generation;	/* 0: there is no value, and all below is empty */
	char host[65];
	int64_t at;
	bool signed_out;
	struct ft_claim claim;
	struct ft_record record;	/* its times are this host's, once it is read */
};
#define FT_VALUE_INIT { .revision = "0", .record = FT_RECORD_INIT }
void ft_value_release(struct ft_value *value);

/* What is in clear; 0: it is no value. */
uint64_t ft_value_generation(const struct ft_buf *bytes);

/* `place` is the key that it lies under. Errors: box.h's; FT_UNTRUSTED, also where it is too long
 * or the record is none of the account's. */
int ft_value_close(const unsigned char key[FT_BOX_KEY], const char *place,
		   const struct ft_value *value, struct ft_buf *ret, struct ft_error *err);
/* ret is FT_VALUE_INIT before; its revision stays. */
int ft_value_open(const unsigned char key[FT_BOX_KEY], const char *place, const char *account,
		  const struct ft_buf *bytes, struct ft_value *ret, struct ft_error *err);

/* … of which this is what was sealed; ret->generation is what was in clear. */
int ft_value_parse(const struct ft_buf *text, const char *account, struct ft_value *ret,
		   struct ft_error *err);

/* A record's copy without what is of this host alone, with its times in the store's; and the times
 * back again. Neither makes a token younger than it is. FT_NO_MEMORY and record.h's errors. */
int ft_value_record_for_store(const struct ft_record *record, const struct ft_fleet_clock *clock,
			      struct ft_record *ret, struct ft_error *err);
void ft_value_record_from_store(struct ft_record *record, const struct ft_fleet_clock *clock);
/* A time of the store's as a moment of this host. */
void ft_value_moment(int64_t at, const struct ft_fleet_clock *clock, struct ft_moment *ret);

/* Asks the store: the account's value, opened. 0 also where there is none: generation 0. Errors:
 * fleet.h's, and FT_LOGIN_NEEDED where it was sealed with another key. */
int ft_value_read(struct ft_fleet *fleet, struct ft_value *ret, struct ft_error *err);
/* … writes it over value->revision, which is the new one after that. The record's times are this
 * host's, and stay so. FT_BUSY: there is another one. */
int ft_value_claim(struct ft_fleet *fleet, struct ft_value *value, struct ft_error *err);
int ft_value_commit(struct ft_fleet *fleet, struct ft_value *value, struct ft_error *err);

/* Tells all hosts that the sign-in of an account is over. 0 also where there is none. */
int ft_value_sign_out(const struct freshtoken *ft, const struct ft_account *account,
		      struct ft_error *err);

#endif

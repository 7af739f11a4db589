/* SPDX-License-Identifier: MIT */
/*
 * record.h - the stored record of one account's sign-in
 *
 * Access and refresh token are in one record, so that they can only change
 * together. It is stored as one JSON object:
 *
 *   version        1; a higher one was written by a newer freshtoken and is
 *                  refused, not overwritten
 *   account, provider, server, client_id
 *                  what the sign-in was made with; nothing is ever sent to
 *                  another server (client_id absent: none)
 *   signed_in      when the sign-in was made, ms since the epoch, which identifies it;
 *                  for a derived token, the sign-in that it comes from
 *   elsewhere      which other servers its tokens go to, as text (profile.h); absent: written by a
 *                  version without it, unknown until the next refresh
 *   from, target   of a derived token (derive.h): its source, and a fingerprint of what it is for
 *   generation     counts the tokens, from 1
 *   access_token, refresh_token, token_type, subject    absent: none
 *   issued         a moment: {"real": ms, "boot": ms, "boot_id": text}
 *   lifetime       ms from `issued`; absent: unknown
 *   id_token       the verified ID token, if the account keeps it: {"token", "issued": moment,
 *                  "lifetime": ms from that}; unrenewed: true: the last exchange brought none,
 *                  and an earlier one stays until it expires
 *   refresh_ends   when the refresh token ends, ms since the epoch, if the service says so
 *   refresh_moves  true: the last refresh moved that end
 *   rejected       true: a server refused this generation's access token
 *   disbelieved    [{"client", "at", "count", "told"}, …]: refusals of a generation with
 *                  after_rejection within its first minute (disbelief.h); works: true: a server
 *                  accepted the token after them
 *   after_rejection true: this generation was fetched because a server refused the one before
 *   verdict        fresh, needs-login, disabled or unreachable: the last answer
 *   checked        moment of that answer
 *   reason, service_says, remedy
 *                  what people are told of it: freshtoken's text, the service's own words, what to
 *                  do. Older versions had everything in reason
 *   file_trouble   why the newest token could not be put into the account's token_file
 *   cooldown       ms from `checked` in which the service is not asked again; with needs-login, it
 *                  is asked again after that, because the end of the sign-in is not certain
 *   refused        {"count", "as"}: how many refusals in a row decided nothing; as: the fingerprint
 *                  of the refusal that the service also gives a made-up refresh token (judge.h)
 *   client_refused true: the last answer was that this client is not accepted
 *   fleet          of an account whose record is in a fleet's store; this record is this host's
 *                  copy: {"generation", "revision", "owner", "nonce", "login",
 *                  "away", "held": {"nonce", "host", "seen"}}
 *   counts         how often exchanges ended in each way of enum ft_ending, in its order, since
 *                  the last sign-out
 *   journal        a running refresh, or one whose end is unknown:
 *                  {"id", "fingerprint", "moment", "first", "host", "settled", "replay"}
 */
#ifndef FT_RECORD_H
#define FT_RECORD_H

#include <stdbool.h>
#include <stdint.h>
#include "lib/base/fingerprint.h"
#include "lib/base/buffer.h"
#include "lib/base/error.h"
#include "lib/base/moment.h"
#include "lib/base/secret.h"
#include "lib/config/account.h"
#include "lib/store/disbelief.h"
#include "lib/store/store.h"

#define FT_REPLAY_WINDOW_NEVER 0
#define FT_REPLAY_WINDOW_ALWAYS (-1)

struct ft_journal {
	bool present;
	bool settled;		/* the exchange has ended, but how is unknown */
	char id[17]; /* its answer has the same; "": written by an older version */
	char fingerprint[17];	/* of the refresh token that was sent, hexadecimal */
	struct ft_moment moment;	/* when it was sent */
	/* When this refresh token was sent for the first time. `replay` counts from here, however
	 * often it was sent again; and if this is not `moment`, an earlier exchange may have spent
	 * it. */
	struct ft_moment first;
	char host[65];
	int64_t replay;		/* ms in which it may be sent again; NEVER, ALWAYS */
};

/* What this host knows of the fleet's store (lib/fleet/fleet.h). */
struct ft_record_fleet {
	bool used;		/* the record is a copy of the store's, or must go there */
	bool login;		/* a sign-in made here that the store does not have yet */
	bool away;		/* the verdict is of the store, which could not be used */
	uint64_t generation;	/* that the store has; 0: none */
	char revision[24];	/* of the store's record; "": none */
	/* Boot id, and device and inode of the account's lock: where nonce and held come from. They
	 * are void after a reboot, and in a copy of the state folder. "": unknown. */
	char owner[FT_BOOT_ID_SIZE + 2 * 17];
	/* Of this host's last claim over `revision` (ft_claim_name); "": none of its claims is in
	 * the store, or can still arrive there. */
	char nonce[17];
	/* Another host's claim, and when it was first seen here; nonce "": none. */
	struct {
		char nonce[17], host[65];
		struct ft_moment seen;
	} held;
};

struct ft_id_token {
	struct ft_secret token;	/* unset: none */
	struct ft_moment issued;
	int64_t lifetime;	/* ms */
	bool unrenewed;	/* the last exchange brought none: no refresh is made for it alone */
};

enum ft_verdict {
	FT_SIGNED_OUT,		/* nothing stored; 0, the value of an empty record */
	FT_FRESH,		/* the access token is good */
	FT_REFRESHABLE,		/* expired or rejected; the next get refreshes it */
	FT_NEEDS_LOGIN,		/* the service said so, the configuration changed, or the
				 * record is damaged */
	FT_DISABLED,		/* the service said that the user is disabled */
	FT_UNREACHABLE		/* expired, and the service could not be reached */
};
enum ft_ending {
	FT_ENDED_FRESH,		/* with a token */
	FT_ENDED_UNREACHABLE,	/* nothing was decided */
	FT_ENDED_CLIENT,	/* this client is not accepted */
	FT_ENDED_NEEDS_LOGIN,
	FT_ENDED_DISABLED,
	FT_ENDINGS
};
/* "fresh", "refreshable", "needs-login", "disabled", "unreachable", "signed-out". */
const char *ft_verdict_name(enum ft_verdict verdict);

struct ft_record {
	/* The version (store.h) of the text that it was read from or last written as: a commit may
	 * replace that text alone. Not a part of the text. */
	char version[FT_STORE_VERSION_SIZE];
	char *account, *provider, *server, *client_id;
	int64_t signed_in;	/* 0: written by an older version */
	char *elsewhere;	/* NULL: unknown */
	char *from, *target;
	uint64_t generation;
	struct ft_secret access_token, refresh_token;
	char *token_type, *subject;
	struct ft_moment issued;
	int64_t lifetime;	/* ms; -1: unknown */
	struct ft_id_token id;
	int64_t refresh_ends;	/* 0: unknown, or never */
	bool refresh_moves;
	bool rejected, after_rejection;
	/* Fingerprint of the previous access token, if it was still good when replaced; "":
	 * none. */
	char replaced[FT_FINGERPRINT_SIZE];
	bool lazy; /* the service ends a token when it replaces it, so refresh late */
	struct ft_disbelief disbelief;	/* refusals of this generation that were not believed */
	enum ft_verdict verdict;
	struct ft_moment checked;	/* real 0: never */
	/* The reason for the verdict, in the parts of an error: ft_record_say, ft_record_why. */
	char *reason, *service_says, *remedy;
	char *file_trouble;	/* NULL: none */
	int64_t cooldown;	/* ms */
	struct {
		unsigned count;
		char as[17];	/* "": none */
	} refused;
	bool client_refused;
	struct ft_record_fleet fleet;
	uint64_t counts[FT_ENDINGS];
	struct ft_journal journal;
};
#define FT_RECORD_INIT { .lifetime = -1 }

/* FT_UNTRUSTED: damaged, or another account's; FT_CONFIG: written by a newer version. */
int ft_record_parse(const char *text, size_t len, const char *account,
		    struct ft_record *ret, struct ft_error *err);
int ft_record_format(const struct ft_record *record, struct ft_buf *ret, struct ft_error *err);
void ft_record_release(struct ft_record *record);

/* Whether this record is newer than the fleet's store. */
bool ft_record_is_ahead(const struct ft_record *record);

/* Replaces a string member; NULL is allowed. Returns 0 or FT_NO_MEMORY. */
int ft_record_set(char **member, const char *value);

/* Sets the reason for the verdict; NULL, or without a text: none. FT_NO_MEMORY. */
int ft_record_say(struct ft_record *record, const struct ft_error *why);
/* Gets that reason, with code FT_OK. */
void ft_record_why(const struct ft_record *record, struct ft_error *ret);

/* Checks that the record was made with the account's present configuration; server is the account's
 * or its profile's. FT_LOGIN_NEEDED: the text says what differs. */
int ft_record_belongs(const struct ft_record *record, const struct ft_account *account,
		      const char *server, struct ft_error *err);
/* To be called before a token is sent: checks that tokens still go to the same other servers as
 * when the record was made; elsewhere is the profile's. FT_LOGIN_NEEDED likewise. */
int ft_record_stays(const struct ft_record *record, const struct ft_account *account,
		    const char *elsewhere, struct ft_error *err);

#endif

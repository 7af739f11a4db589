/* SPDX-License-Identifier: MIT */
/*
 * record.h - what is stored of one account's sign-in
 *
 * Access and refresh token are one record, so that they can only change
 * together. On disk it is one JSON object:
 *
 *   version        1; a higher one was written by a newer freshtoken and is
 *                  refused, not overwritten
 *   account, provider, server, client_id
 *                  what the sign-in was made with; nothing is ever sent to
 *                  another server (client_id absent: none)
 *   signed_in      when the sign-in was made, ms since the epoch: what tells it from
 *                  another one; of a derived token, the sign-in that it comes from
 *   elsewhere      where else its tokens go, in words (profile.h); absent: by a version that did
 *                  not note it, and until the next refresh nobody knows
 *   from, target   of a derived token (derive.h): what it was made from, and for; target is a
 *                  fingerprint
 *   generation     counts the tokens, from 1
 *   access_token, refresh_token, token_type, subject    absent: none
 *   issued         a moment: {"real": ms, "boot": ms, "boot_id": text}
 *   lifetime       ms from `issued`; absent: unknown
 *   id_token       the verified ID token, where the account keeps it: {"token", "issued": moment,
 *                  "lifetime": ms from that}; unrenewed: true: the last exchange brought none,
 *                  and the one that was there, if any, stays for as long as it lives
 *   refresh_ends   when the refresh token ends, ms since the epoch, where the service tells
 *   refresh_moves  true: the last refresh moved that end
 *   rejected       true: a server refused this generation's access token
 *   disbelieved    [{"client", "at", "count", "told"}, …]: refusals of a generation with
 *                  after_rejection within its first minute (disbelief.h); works: true: a server
 *                  took the token after them
 *   after_rejection true: this generation was itself fetched for a refused one
 *   verdict        fresh, needs-login, disabled or unreachable: the last answer
 *   checked        moment of that answer
 *   reason, service_says, remedy
 *                  what people are told of it: our text, the service's own words, what to do. Older
 *                  versions had all of it in reason
 *   file_trouble   why the newest token could not be put into the account's token_file
 *   cooldown       ms from `checked` in which the service is not asked again; with needs-login:
 *                  after which it is, for it did not quite say that the sign-in is over
 *   refused        {"count", "as"}: refusals in a row that decided nothing; as: the fingerprint of
 *                  one that the service also gives a refresh token that nobody has (judge.h)
 *   client_refused true: the last answer was that this client is not accepted
 *   fleet          of an account whose record lies in a fleet's store, of which this one is the
 *                  copy of this host: {"generation", "revision", "nonce", "login",
 *                  "held": {"nonce",
 *                  "host", "seen"}}
 *   counts         how often an exchange ended in each way of enum ft_ending, in its order, by the
 *                  sign-ins of this account since somebody signed out
 *   journal        a refresh in flight, or one whose end is not known:
 *                  {"id", "fingerprint", "moment", "host", "settled", "replay"}
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
	bool settled;		/* known to be over, with an unknown end */
	char id[17]; /* the answer has it too, or is another exchange's; "": by an older version */
	char fingerprint[17];	/* of the refresh token that was sent, hexadecimal */
	struct ft_moment moment;
	char host[65];
	int64_t replay;		/* ms in which it may be sent again; NEVER, ALWAYS */
};

/* What this host knows of the fleet's store (lib/fleet/fleet.h). */
struct ft_record_fleet {
	bool used;		/* the record is a copy of what is there, or is to go there */
	bool login;		/* a sign-in made here, which the store has not got yet */
	uint64_t generation;	/* that the store has; 0: none */
	char revision[24];	/* of the store's; "" */
	char nonce[17];		/* of the last claim of this host; "" */
	/* Somebody else's claim, and when it was first seen here; nonce "": none. */
	struct {
		char nonce[17], host[65];
		struct ft_moment seen;
	} held;
};

struct ft_id_token {
	struct ft_secret token;	/* unset: none */
	struct ft_moment issued;
	int64_t lifetime;	/* ms */
	bool unrenewed;	/* the last exchange brought none: nobody refreshes for its sake */
};

enum ft_verdict {
	FT_SIGNED_OUT,		/* nothing stored; first, for what nobody has filled */
	FT_FRESH,		/* the access token is good */
	FT_REFRESHABLE,		/* expired or rejected; the next get refreshes it */
	FT_NEEDS_LOGIN,		/* the service said so, the configuration changed, or the
				 * record is damaged */
	FT_DISABLED,		/* the service said that the user is disabled */
	FT_UNREACHABLE		/* expired, and the last try did not get through */
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
	/* Of the text that it was read from, or written as last (store.h): what it may take the
	 * place of. Not a part of that text. */
	char version[FT_STORE_VERSION_SIZE];
	char *account, *provider, *server, *client_id;
	int64_t signed_in;	/* 0: by a version that did not note it */
	char *elsewhere;	/* NULL: not known */
	char *from, *target;
	uint64_t generation;
	struct ft_secret access_token, refresh_token;
	char *token_type, *subject;
	struct ft_moment issued;
	int64_t lifetime;	/* ms; -1: unknown */
	struct ft_id_token id;
	int64_t refresh_ends;	/* 0: not known, or never */
	bool refresh_moves;
	bool rejected, after_rejection;
	/* Of the access token that this one took the place of while it lived; "": none. */
	char replaced[FT_FINGERPRINT_SIZE];
	bool lazy; /* such a one was refused right after: the service ends what it replaces */
	struct ft_disbelief disbelief;	/* refusals of this generation that were not believed */
	enum ft_verdict verdict;
	struct ft_moment checked;	/* real 0: never */
	/* Why the verdict is what it is, in the parts of an error: ft_record_say, ft_record_why. */
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

/* FT_UNTRUSTED: no record of this account; FT_CONFIG: written by a newer version. */
int ft_record_parse(const char *text, size_t len, const char *account,
		    struct ft_record *ret, struct ft_error *err);
int ft_record_format(const struct ft_record *record, struct ft_buf *ret, struct ft_error *err);
void ft_record_release(struct ft_record *record);

/* Whether the fleet's store has not got yet what is here. */
bool ft_record_is_ahead(const struct ft_record *record);

/* Replaces a string member; NULL is allowed. Returns 0 or FT_NO_MEMORY. */
int ft_record_set(char **member, const char *value);

/* Why the verdict is what it is; NULL, or without a text: nothing is to be said. FT_NO_MEMORY. */
int ft_record_say(struct ft_record *record, const struct ft_error *why);
/* … as it was noted, with code FT_OK. */
void ft_record_why(const struct ft_record *record, struct ft_error *ret);

/* Whether the record was made with what the account says now; server is the
 * account's or its profile's. Otherwise the text says what differs: FT_LOGIN_NEEDED. */
int ft_record_belongs(const struct ft_record *record, const struct ft_account *account,
		      const char *server, struct ft_error *err);
/* Whether its tokens still go where they went when it was made, for whoever is about to send one;
 * elsewhere is the profile's. Likewise. */
int ft_record_stays(const struct ft_record *record, const struct ft_account *account,
		    const char *elsewhere, struct ft_error *err);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * signin.h - a sign-in: the exchange that brings it, and keeping it
 *
 * However a person signs in (RFC 8628, RFC 6749 section 4.1, a vendor's login), it
 * ends in one answer with tokens. Nothing is stored before that, the lock is not
 * held while a person acts, and what was stored before stays until the new
 * sign-in is written.
 */
#ifndef FT_SIGNIN_H
#define FT_SIGNIN_H

#include "lib/exchange/judge.h"
#include "lib/service/service.h"

#define FT_SIGNIN_CODE_SIZE 64

struct ft_signin {
	struct ft_judgement judgement;	/* FRESH where the exchange succeeded */
	struct ft_moment sent;		/* from when on its life is counted */
	int status;			/* of the answer; 0: there was none */
	char *identity;			/* what the account's `identity` names, proven; NULL */
	char code[FT_SIGNIN_CODE_SIZE];	/* the service's error code, also on failure; "" */
};
#define FT_SIGNIN_INIT { .judgement = FT_JUDGEMENT_INIT }

/*
 * Sends a request that brings tokens and judges the answer. An ID token in it must verify,
 * with variables->nonce where that is set. ret is FT_SIGNIN_INIT before, and is released by
 * the caller whatever comes of it.
 * Errors: FT_LOGIN_NEEDED (the service refused), FT_TEMPORARY, FT_UNTRUSTED (the ID token),
 * FT_CONFIG, FT_SYSTEM, FT_NO_MEMORY.
 */
int ft_signin_exchange(struct ft_service *service, enum ft_request_kind kind,
		       const struct ft_variables *variables, struct ft_signin *ret,
		       struct ft_error *err);
void ft_signin_release(struct ft_signin *signin);

/* Makes it the account's record, under the lock. Uses the tokens up. FT_TEMPORARY (somebody
 * has the lock), FT_CONFIG (its tokens come from another account), FT_SYSTEM, FT_UNTRUSTED,
 * FT_NO_MEMORY. */
int ft_signin_keep(struct freshtoken *ft, const struct ft_service *service,
		   struct ft_signin *signin, struct ft_error *err);

/*
 * Stores a sign-in: proves the refresh token by one refresh, then replaces what was stored.
 * access_token is the old access token where the provider's request needs it, else NULL. On
 * failure the earlier sign-in stays as it is. The deadline of this and the following is a point
 * of ft_monotonic_ms; 0: as long as an exchange, or for the last the account's `wait`.
 */
int ft_signin_store(struct freshtoken *ft, const char *account, const char *refresh_token,
		    const char *access_token, int64_t deadline, struct ft_error *err);

/* Forgets the account's sign-in, under the lock. Does not talk to the service. */
int ft_signin_erase(struct freshtoken *ft, const char *account, int64_t deadline,
		    struct ft_error *err);

struct ft_status {
	enum ft_verdict verdict;
	int64_t expires_at;	/* seconds since the epoch; -1: unknown */
	int64_t expires_in;	/* seconds; -1: unknown */
	int64_t checked_at;	/* the last answer of the service; -1: never */
	int64_t sign_in_ends_at; /* where the service tells, and refreshing does not move it */
	bool ends_soon;		/* … and people are to be told */
	int64_t id_expires_at;	/* of the ID token, where one is kept, likewise */
	int64_t issued_at;	/* the access token; -1: there is none */
	uint64_t generation;
	uint64_t counts[FT_ENDINGS];	/* record.h */
	char provider[64];
	char server[512];
	char subject[256];	/* "": unknown */
	/* Why it is so, "": nothing to say; and what to do, also where the verdict says all. */
	struct ft_error why;
	/* What is wrong with the account's token_file, and why there is no ID token of one that
	 * keeps it; "": nothing. */
	struct ft_error file, id;
	/* Of an account whose record lies in a fleet's store, what this host knows of it. */
	struct {
		bool used;
		bool ahead;		/* the store has not got yet what is here */
		char revision[24];	/* of the store's; "": it was never asked */
		char holder[65];	/* the host whose claim was seen last; "" */
	} fleet;
	bool barred;	/* SIGNED_OUT: a sign-in would fail for something that the account lacks */
	int refused; /* true: a server refuses the access token, which is fresh and is kept */
};
#define FT_STATUS_INIT { .expires_at = -1, .expires_in = -1, .checked_at = -1, \
			 .issued_at = -1, .id_expires_at = -1, .sign_in_ends_at = -1 }

/* What is known without the network. FT_NOT_FOUND: no such account. A record that cannot be
 * read, or must not be, is an error too: only a damaged one needs a sign-in. */
int ft_signin_status(struct freshtoken *ft, const char *account, struct ft_status *ret,
		     struct ft_error *err);

/* Removes all that is stored of the account's sign-in. The caller holds the lock. */
int ft_signin_forget(struct freshtoken *ft, const char *account, struct ft_error *err);

/* ft_signin_refused of no client that is known, for who asks no more than that. */
int ft_signin_invalidate(struct freshtoken *ft, const char *account, const char *access_token,
			 int64_t deadline, struct ft_error *err);

/* What became of a refusal. */
struct ft_refusal {
	unsigned disbelieved;	/* so often it was not believed, of this client; 0: it was */
	int64_t age;		/* of the token, in seconds */
	bool learnt;		/* that the service ends a token which it replaces: said once */
};

/*
 * A server refused this token: only if it is still the stored one (somebody may have refreshed
 * meanwhile); NULL: the stored one, whatever it is. The refresh token is never touched. Within the
 * first minute of a token that was itself fetched for a refusal that is not believed, but counted,
 * for each client (a process id, 0: not known) by itself. Nothing stored is no error.
 */
int ft_signin_refused(struct freshtoken *ft, const char *account, const char *access_token,
		      int64_t client, struct ft_refusal *ret, struct ft_error *err);
/* Notes that the client is told to stop (disbelief.h): whether it was not before. */
bool ft_signin_tell(struct freshtoken *ft, const char *account, const char *access_token,
		    int64_t client);
/* A server took this token from that client: what was counted of it is forgotten. Writes only where
 * something was counted. */
int ft_signin_works(struct freshtoken *ft, const char *account, const char *access_token,
		    int64_t client, struct ft_error *err);

/* Whether the account has a client_id, without which hardly any service signs people in by code
 * (FT_REQUEST_DEVICE) or browser (FT_REQUEST_AUTHORIZE). FT_CONFIG with the place. */
int ft_signin_check_client(const struct ft_service *service, enum ft_request_kind kind,
			   struct ft_error *err);

/* Whether a request of this kind has a place to be sent to, as far as it is known. */
bool ft_signin_offers(const struct ft_service *service, enum ft_request_kind kind);

/* What the codes of RFC 6749, 8628 and 8707 mean for people, for ft_error_add; NULL: nothing
 * beyond the service's own words. */
const char *ft_signin_explain(const char *code);

#endif

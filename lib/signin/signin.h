/* SPDX-License-Identifier: MIT */
/*
 * signin.h - a sign-in: the exchange that gets its tokens, and storing it
 *
 * Each way to sign in (RFC 8628, RFC 6749 section 4.1, a vendor's login) ends with
 * one answer that has the tokens. Nothing is stored before that, the lock is not
 * held while a person acts, and an earlier sign-in stays until the new one is
 * written.
 */
#ifndef FT_SIGNIN_H
#define FT_SIGNIN_H

#include "lib/exchange/judge.h"
#include "lib/service/service.h"

#define FT_SIGNIN_CODE_SIZE 64

struct ft_signin {
	struct ft_judgement judgement;	/* FRESH where the exchange succeeded */
	struct ft_moment sent;		/* the token's life counts from here */
	int status;			/* of the answer; 0: there was none */
	char *identity;			/* what the account's `identity` names, proven; NULL */
	char code[FT_SIGNIN_CODE_SIZE];	/* the service's error code, also on failure; "" */
};
#define FT_SIGNIN_INIT { .judgement = FT_JUDGEMENT_INIT }

/*
 * Sends a request for tokens and judges the answer. An ID token in it must verify, with
 * variables->nonce if that is set. ret must be FT_SIGNIN_INIT; the caller releases it, also after
 * an error.
 * Errors: FT_LOGIN_NEEDED (the service refused), FT_TEMPORARY, FT_UNTRUSTED (the ID token),
 * FT_CONFIG, FT_SYSTEM, FT_NO_MEMORY.
 */
int ft_signin_exchange(struct ft_service *service, enum ft_request_kind kind,
		       const struct ft_variables *variables, struct ft_signin *ret,
		       struct ft_error *err);
void ft_signin_release(struct ft_signin *signin);

/* Stores the sign-in as the account's record, under the lock. Moves the tokens out of signin.
 * FT_TEMPORARY (another process has the lock), FT_CONFIG (the account's tokens come from another
 * account), FT_SYSTEM, FT_UNTRUSTED, FT_NO_MEMORY. */
int ft_signin_keep(struct freshtoken *ft, const struct ft_service *service,
		   struct ft_signin *signin, struct ft_error *err);

/*
 * Stores a sign-in: proves the refresh token by one refresh, then replaces the earlier sign-in,
 * which stays as it is after an error. access_token: the old access token if the profile's request
 * needs it, else NULL. deadline, here and below: a time of ft_monotonic_ms; 0: as long as an
 * exchange may take, or with ft_signin_invalidate the account's `wait`.
 */
int ft_signin_store(struct freshtoken *ft, const char *account, const char *refresh_token,
		    const char *access_token, int64_t deadline, struct ft_error *err);

/* Removes the account's sign-in here, under the lock; makes no exchange. */
int ft_signin_erase(struct freshtoken *ft, const char *account, int64_t deadline,
		    struct ft_error *err);

struct ft_status {
	enum ft_verdict verdict;
	int64_t expires_at;	/* seconds since the epoch; -1: unknown */
	int64_t expires_in;	/* seconds; -1: unknown */
	int64_t checked_at;	/* of the service's last answer; -1: never */
	int64_t sign_in_ends_at; /* when it ends even if it is refreshed; -1: unknown */
	bool ends_soon;		/* sign_in_ends_at is so near that people should be told */
	int64_t id_expires_at;	/* of the ID token; -1: none is kept */
	int64_t issued_at;	/* of the access token; -1: there is none */
	uint64_t generation;
	uint64_t counts[FT_ENDINGS];	/* record.h */
	char provider[64];
	char server[512];
	char subject[256];	/* "": unknown */
	/* The reason for the verdict, "": none; and a remedy, which may be there without a text. */
	struct ft_error why;
	/* What is wrong with the account's token_file, and why the ID token that the account keeps
	 * is missing; "": nothing. */
	struct ft_error file, id;
	/* Of an account with a fleet's store: what this host knows of its record there. */
	struct {
		bool used;
		bool ahead;		/* this host has a newer record than the store */
		char revision[24];	/* of the record in the store; "": it was never asked */
		char holder[65];	/* the host whose claim was seen last; "": none */
	} fleet;
	bool barred;	/* SIGNED_OUT: a sign-in would fail because the account lacks a key */
	int refused; /* true: a server refuses the access token, which is fresh and is kept */
};
#define FT_STATUS_INIT { .expires_at = -1, .expires_in = -1, .checked_at = -1, \
			 .issued_at = -1, .id_expires_at = -1, .sign_in_ends_at = -1 }

/* Tells the status without the network. FT_NOT_FOUND: no such account. A record that cannot be
 * read, or must not be, is an error; a damaged one has the verdict needs-login. */
int ft_signin_status(struct freshtoken *ft, const char *account, struct ft_status *ret,
		     struct ft_error *err);

/* Removes everything that is stored of the account's sign-in. The caller holds the lock. */
int ft_signin_forget(struct freshtoken *ft, const char *account, struct ft_error *err);

/* ft_signin_refused without a known client and without its result. */
int ft_signin_invalidate(struct freshtoken *ft, const char *account, const char *access_token,
			 int64_t deadline, struct ft_error *err);

/* The result of a refusal. */
struct ft_refusal {
	unsigned disbelieved;	/* how many of this client's refusals were not believed; 0: this one
				 * was */
	int64_t age;		/* of the token, in seconds */
	bool learnt;		/* learnt now that the service ends a token when it replaces it */
};

/*
 * A server has refused this access token; NULL: the stored one. Marks it as refused if it is still
 * the stored one; the refresh token is never touched. If the token was itself fetched because of a
 * refusal less than a minute ago, the new refusal is not believed, but counted for each client (a
 * process id; 0: unknown). It is no error if nothing is stored.
 */
int ft_signin_refused(struct freshtoken *ft, const char *account, const char *access_token,
		      int64_t client, struct ft_refusal *ret, struct ft_error *err);
/* Stores that the client is told to stop (disbelief.h). Returns whether it is the first time. */
bool ft_signin_tell(struct freshtoken *ft, const char *account, const char *access_token,
		    int64_t client);
/* A server has accepted this token from that client: resets the client's count of refusals. Writes
 * only if something was counted. */
int ft_signin_works(struct freshtoken *ft, const char *account, const char *access_token,
		    int64_t client, struct ft_error *err);

/* Checks that the account has a client_id, which nearly every service needs to sign people in by
 * code (FT_REQUEST_DEVICE) or browser (FT_REQUEST_AUTHORIZE). FT_CONFIG with the place. */
int ft_signin_check_client(const struct ft_service *service, enum ft_request_kind kind,
			   struct ft_error *err);

/* Explains the error codes of RFC 6749, 8628 and 8707 to people, for ft_error_add; NULL: no
 * explanation. */
const char *ft_signin_explain(const char *code);

#endif

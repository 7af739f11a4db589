/* SPDX-License-Identifier: MIT */
/*
 * context.h - a user's accounts and what is stored of them; a good token of one
 *
 * A context is for one thread at a time. struct freshtoken and struct freshtoken_token are
 * what freshtoken.h shows to other people's programs without their members.
 */
#ifndef FT_CONTEXT_H
#define FT_CONTEXT_H

#include "lib/config/account.h"
#include "lib/config/places.h"
#include "lib/store/freshness.h"
#include "lib/store/host.h"
#include "lib/store/record.h"
#include "lib/store/store.h"

struct freshtoken_token;
struct ft_profiles;
struct freshtoken {
	struct ft_places places;
	struct ft_accounts accounts;
	/* In the state folder, after ft_context_open_state. */
	struct ft_host *host;		/* what is of this host alone */
	struct ft_seals *seals;		/* who seals what is stored; NULL: nobody */
	const struct ft_store_ops *ops;	/* where the records are … */
	struct ft_store *store;		/* … and which */
	/* For the status of many accounts at once, by who asks for it; NULL: their profiles are
	 * read for each. */
	struct ft_profiles *profiles;
	void (*log)(void *data, int priority, const char *line);	/* NULL: nobody reads it */
	void *log_data;
};

/* Opens what is below ft->places.state; makes nothing there. FT_NO_MEMORY alone. */
int ft_context_open_state(struct freshtoken *ft, struct ft_error *err);
/* Takes what was never opened, too. */
void ft_context_close_state(struct freshtoken *ft);

/*
 * Opens a context for the calling user: reads the system's configuration, then the user's. What
 * is wrong in the user's file takes away the accounts that it is about: using one of them is
 * FT_CONFIG; the others are served.
 * Errors: FT_CONFIG with file, line, key and remedy; FT_UNTRUSTED when HOME belongs to somebody
 * else (as under "sudo git"); FT_NO_MEMORY; FT_SYSTEM.
 */
int ft_context_open(struct freshtoken **ret, struct ft_error *err);
/* Likewise, where the places are given. */
int ft_context_open_at(const struct ft_places_given *given, struct freshtoken **ret,
		       struct ft_error *err);
void ft_context_close(struct freshtoken *ft);

/* The name of the account that ft_accounts_match finds; it belongs to the context. */
int ft_context_find(struct freshtoken *ft, const char *url, const char *username,
		    const char **ret_account, struct ft_error *err);
/* Names of all accounts, in the order of the configuration; NULL past the last. */
const char *ft_context_list(struct freshtoken *ft, size_t index);

/* FT_NOT_FOUND with the remedy; FT_CONFIG with what is wrong in its section. */
int ft_context_account(const struct freshtoken *ft, const char *name,
		       const struct ft_account **ret, struct ft_error *err);

/* The server of an account, in fresh memory; reads the profile only where the account has none. */
int ft_context_server(const struct freshtoken *ft, const struct ft_account *account,
		      char **ret, struct ft_error *err);

/* Whether a sign-in could work, as far as files tell: the profile is right and the client
 * secret can be read. FT_CONFIG and the like with what is wrong. */
int ft_context_usable(const struct freshtoken *ft, const struct ft_account *account,
		      struct ft_error *err);

/* Whether a refresh may be started before it must be. */
bool ft_context_eager(const struct freshtoken *ft, const struct ft_account *account);

/* One line, without secrets, for whoever wants to read what a call does. priority is LOG_WARNING,
 * LOG_INFO or LOG_DEBUG. */
void ft_context_log(const struct freshtoken *ft, int priority, const char *format, ...)
	FT_PRINTF(3, 4);

/* "account NAME: " before a text, which has the name itself where there is no such account. */
void ft_context_prefix(const struct freshtoken *ft, const char *name, struct ft_error *err);

/*
 * Reads and checks a record. *ret_damaged tells a text that is no record (which
 * a sign-in may set aside) from a file that must not be touched.
 * Errors: FT_NOT_FOUND, FT_UNTRUSTED, FT_CONFIG (written by a newer version), FT_SYSTEM.
 */
int ft_context_read(const struct freshtoken *ft, const char *account, const char *slot,
		    struct ft_record *ret, bool *ret_damaged, struct ft_error *err);
/* Formats and commits, over record->version alone, which is the new one after that; `prepared` is
 * used up whatever happens. FT_TEMPORARY: somebody has written without the lock. */
int ft_context_commit(const struct freshtoken *ft, struct ft_prepared *prepared,
		      struct ft_record *record, struct ft_error *err);
/* Prepares and commits. The caller holds the lock. */
int ft_context_write(const struct freshtoken *ft, const char *slot, struct ft_record *record,
		     struct ft_error *err);
/*
 * Gets a new sign-in's record ready to take the place of the account's: its generation is a later
 * one, so that whoever remembers a token of the old one does not take the new one for it. What is
 * stored and is no record is set aside. The caller holds the lock. FT_UNTRUSTED, FT_CONFIG
 * (written by a newer version), FT_SYSTEM.
 */
int ft_context_succeed(const struct freshtoken *ft, const char *account, struct ft_record *record,
		       struct ft_error *err);

/* Takes the account's lock, waiting up to a point of ft_monotonic_ms for whoever has it: then
 * FT_TEMPORARY. */
int ft_context_lock(const struct freshtoken *ft, const char *account, int64_t deadline,
		    int *ret_fd, struct ft_error *err);
/* As long as an exchange of the account that was begun just now may take, and a little longer. */
int64_t ft_context_patience(const struct ft_account *account);

/* How long somebody waits for an exchange: the account's `wait`, as long as it may take, or no
 * longer than somebody waited already: for those that ask again and again. */
enum ft_patience { FT_PATIENCE_WAIT, FT_PATIENCE_ALL, FT_PATIENCE_ONCE };

/* What the caller needs. Zero-initialised it means: any token that is good now. */
struct ft_need {
	int64_t min_lifetime;	/* seconds of life left that are wanted; advisory */
	uint64_t rejected;	/* generation that a server refused; 0: none */
	int64_t unknown_life; /* seconds after which a token of unknown life is renewed; 0: never */
	bool id_token; /* a good ID token too; FT_CONFIG where the account keeps none */
	int64_t deadline;	/* a point of ft_monotonic_ms; 0: as the patience says */
};

/*
 * A good access token of the account. Returns at once while the stored one is good; otherwise
 * one refresh is started (or somebody else's awaited). A token with less life than
 * min_lifetime, or one about to expire, is still handed out when no better one can be had.
 * Errors: FT_NOT_FOUND (no such account), FT_LOGIN_NEEDED, FT_TEMPORARY, FT_CONFIG,
 * FT_UNTRUSTED, FT_SYSTEM, FT_NO_MEMORY.
 */
int ft_context_get(struct freshtoken *ft, const char *account, const struct ft_need *need,
		   enum ft_patience patience, struct freshtoken_token **ret, struct ft_error *err);
/* What a token is, as the functions of freshtoken.h tell it. */
const char *ft_token_access(const struct freshtoken_token *token);
/* The ID token that came with it, or before it, and still is good; NULL: there is none. Where it
 * was needed (struct ft_need) there is one. */
const char *ft_token_id(const struct freshtoken_token *token);
const char *ft_token_account(const struct freshtoken_token *token);
const char *ft_token_username(const struct freshtoken_token *token);
int ft_token_is_bearer(const struct freshtoken_token *token);
uint64_t ft_token_generation(const struct freshtoken_token *token);
/* "Bearer", say; NULL: the service did not tell. */
const char *ft_token_type(const struct freshtoken_token *token);
/* Whether a server takes the access token from whoever shows it alone, as a bearer token or a
 * password. FT_CONFIG: it is bound to a key (DPoP). */
int ft_token_check_alone(const struct freshtoken_token *token, struct ft_error *err);
/* Of the access token, and of the ID token: seconds since the epoch; -1: unknown, or none. */
int64_t ft_token_expires_at(const struct freshtoken_token *token);
int64_t ft_token_id_expires_at(const struct freshtoken_token *token);
/* Where the sign-in that it comes from ends soon, and people can be told: when, in seconds since
 * the epoch; -1. */
int64_t ft_token_sign_in_ends_at(const struct freshtoken_token *token);
void ft_token_free(struct freshtoken_token *token);

/*
 * Refreshes now (due == 0), or only where a get would, and waits up to the deadline; 0: as long
 * as the exchange may take. An earlier "sign in again" or "wait a little" is ignored: this is the
 * call for somebody who knows better. Errors: as ft_context_get.
 */
int ft_context_refresh(struct freshtoken *ft, const char *account, int due, int64_t deadline,
		       struct ft_error *err);

/* Whether nothing is left to hand out and only a new sign-in helps: FT_LOGIN_NEEDED with what
 * ft_context_get would say. Asks and waits for nobody. */
int ft_context_over(struct freshtoken *ft, const char *account, struct ft_error *err);

bool ft_context_is_disbelieved(const struct freshtoken_token *token);
/* Whether the client (ft_signin_refused) has had this token refused in vain so often that it is to
 * stop, and the token's age in seconds. */
bool ft_context_stops(const struct freshtoken_token *token, int64_t client, int64_t *ret_age);

/* Whether a sign-in is being proven, or was when whoever proved it was killed. */
bool ft_context_login_pending(const struct freshtoken *ft, const char *account);

#endif

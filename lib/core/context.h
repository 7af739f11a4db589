/* SPDX-License-Identifier: MIT */
/*
 * context.h - a user's accounts, their records, and good tokens of them
 *
 * Only one thread at a time may use a context. struct freshtoken and struct freshtoken_token are
 * the opaque types of the public freshtoken.h.
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
	struct ft_host *host;		/* locks and files that stay on this host */
	struct ft_seals *seals;		/* the keys that seal what is stored; NULL: not sealed */
	const struct ft_store_ops *ops;	/* the kind of store that has the records … */
	struct ft_store *store;		/* … and the store */
	/* A cache of profiles, set by a caller that asks for the status of many accounts; NULL:
	 * none, a profile is read for each account. */
	struct ft_profiles *profiles;
	void (*log)(void *data, int priority, const char *line);	/* NULL: no log */
	void *log_data;
};

/* Opens what is below ft->places.state; creates nothing. The only error is FT_NO_MEMORY. */
int ft_context_open_state(struct freshtoken *ft, struct ft_error *err);
/* Also for a context whose state was never opened. */
void ft_context_close_state(struct freshtoken *ft);

/*
 * Opens a context for the calling user: reads the system's configuration, then the user's. A fault
 * in the user's file only disables the accounts that it is about: using one of them is FT_CONFIG.
 * Errors: FT_CONFIG with file, line, key and remedy; FT_UNTRUSTED when HOME belongs to somebody
 * else (as under "sudo git"); FT_NO_MEMORY; FT_SYSTEM.
 */
int ft_context_open(struct freshtoken **ret, struct ft_error *err);
/* Likewise with given places. */
int ft_context_open_at(const struct ft_places_given *given, struct freshtoken **ret,
		       struct ft_error *err);
void ft_context_close(struct freshtoken *ft);

/* The name of the account that ft_accounts_match finds; it belongs to the context. */
int ft_context_find(struct freshtoken *ft, const char *url, const char *username,
		    const char **ret_account, struct ft_error *err);
/* Names of all accounts, in the order of the configuration; NULL past the last. */
const char *ft_context_list(struct freshtoken *ft, size_t index);

/* FT_NOT_FOUND with the remedy; FT_CONFIG with what is wrong in its section, or if the file has an
 * error because of which the account may be missing. */
int ft_context_account(const struct freshtoken *ft, const char *name,
		       const struct ft_account **ret, struct ft_error *err);

/* The server of an account, to be freed; reads the profile only if the account names none. */
int ft_context_server(const struct freshtoken *ft, const struct ft_account *account,
		      char **ret, struct ft_error *err);

/* Whether a sign-in could work, as far as the files tell: the profile is valid and the client
 * secret can be read. The errors of ft_profile_load, and FT_CONFIG. */
int ft_context_usable(const struct freshtoken *ft, const struct ft_account *account,
		      struct ft_error *err);

/* Whether a refresh may be started while the token is still good (`eager`). */
bool ft_context_eager(const struct freshtoken *ft, const struct ft_account *account);

/* Sends one line to ft->log, without secrets. priority: LOG_WARNING, LOG_INFO or LOG_DEBUG. */
void ft_context_log(const struct freshtoken *ft, int priority, const char *format, ...)
	FT_PRINTF(3, 4);

/* Puts "account NAME: " before a text; not if there is no such account, because the text has the
 * name then. */
void ft_context_prefix(const struct freshtoken *ft, const char *name, struct ft_error *err);

/*
 * Reads and checks a record. If it fails, *ret_damaged tells whether the file holds no valid record
 * (a sign-in may set it aside then) or must not be touched.
 * Errors: FT_NOT_FOUND, FT_UNTRUSTED, FT_CONFIG (written by a newer version), FT_SYSTEM.
 */
int ft_context_read(const struct freshtoken *ft, const char *account, const char *slot,
		    struct ft_record *ret, bool *ret_damaged, struct ft_error *err);
/* Formats and commits a record if the stored one still has record->version, and sets that to the
 * new version. `prepared` is released in any case. FT_TEMPORARY: another process has written
 * without the lock. */
int ft_context_commit(const struct freshtoken *ft, struct ft_prepared *prepared,
		      struct ft_record *record, struct ft_error *err);
/* Prepares and commits. The caller holds the lock. */
int ft_context_write(const struct freshtoken *ft, const char *slot, struct ft_record *record,
		     struct ft_error *err);
/*
 * Prepares a new sign-in's record to replace the account's. Its generation is higher than the old
 * record's, so that a caller who had a token of the old one refused does not mistake the new one
 * for it. A stored file that is no record is set aside. The caller holds the lock. FT_UNTRUSTED,
 * FT_CONFIG (written by a newer version), FT_SYSTEM.
 */
int ft_context_succeed(const struct freshtoken *ft, const char *account, struct ft_record *record,
		       struct ft_error *err);

/* Takes the account's lock. FT_TEMPORARY: another process still holds it at the deadline (a point
 * of ft_monotonic_ms). */
int ft_context_lock(const struct freshtoken *ft, const char *account, int64_t deadline,
		    int *ret_fd, struct ft_error *err);
/* The point of ft_monotonic_ms at which an exchange that begins now is certainly over. */
int64_t ft_context_patience(const struct ft_account *account);

/* How long a caller waits for an exchange. */
enum ft_patience {
	FT_PATIENCE_WAIT,	/* the account's `wait` */
	FT_PATIENCE_ALL,	/* as long as the exchange may take */
	FT_PATIENCE_ONCE	/* `wait`, but not for an exchange that a caller has waited for that
				 * long already; for callers that ask again and again */
};

/* What the caller needs. Zero-initialised it means: any token that is good now. */
struct ft_need {
	int64_t min_lifetime;	/* seconds that the token should still be good for; advisory */
	uint64_t rejected;	/* generation that a server refused; 0: none */
	int64_t unknown_life;	/* seconds after which a token of unknown life is renewed; 0:
				 * never */
	bool id_token;		/* a good ID token, too; FT_CONFIG if the account keeps none */
	int64_t deadline;	/* a point of ft_monotonic_ms; 0: as the patience says */
};

/*
 * Gets a good access token of the account. Returns at once while the stored one is good; otherwise
 * starts one refresh, or waits for another process's. A token with less life than min_lifetime, or
 * one about to expire, is still handed out if there is no better one.
 * Errors: FT_NOT_FOUND (no such account), FT_LOGIN_NEEDED, FT_TEMPORARY, FT_CONFIG,
 * FT_UNTRUSTED, FT_SYSTEM, FT_NO_MEMORY.
 */
int ft_context_get(struct freshtoken *ft, const char *account, const struct ft_need *need,
		   enum ft_patience patience, struct freshtoken_token **ret, struct ft_error *err);
/* As the functions of freshtoken.h; strings live as long as the token. */
const char *ft_token_access(const struct freshtoken_token *token);
/* The latest ID token, if it is still good; else NULL. Never NULL if it was asked for (struct
 * ft_need). */
const char *ft_token_id(const struct freshtoken_token *token);
const char *ft_token_account(const struct freshtoken_token *token);
const char *ft_token_username(const struct freshtoken_token *token);
int ft_token_is_bearer(const struct freshtoken_token *token);
uint64_t ft_token_generation(const struct freshtoken_token *token);
/* As "Bearer"; NULL: the service did not state it. */
const char *ft_token_type(const struct freshtoken_token *token);
/* Whether a server accepts the access token without a proof, as a bearer token or a password.
 * FT_CONFIG: it is bound to a key (DPoP). */
int ft_token_check_alone(const struct freshtoken_token *token, struct ft_error *err);
/* When the access token and the ID token expire: seconds since the epoch; -1: unknown, or none. */
int64_t ft_token_expires_at(const struct freshtoken_token *token);
int64_t ft_token_id_expires_at(const struct freshtoken_token *token);
/* When the token's sign-in ends, if that is known and soon: seconds since the epoch; else -1. */
int64_t ft_token_sign_in_ends_at(const struct freshtoken_token *token);
void ft_token_free(struct freshtoken_token *token);

/*
 * Refreshes now (due == 0), or only if ft_context_get would, and waits up to the deadline; 0: as
 * long as the exchange may take. With due == 0 an earlier verdict "sign in again" or a cooldown is
 * ignored: a person has asked for the refresh. Errors: as ft_context_get.
 */
int ft_context_refresh(struct freshtoken *ft, const char *account, int due, int64_t deadline,
		       struct ft_error *err);

/* FT_LOGIN_NEEDED, with the message of ft_context_get, if there is no token to hand out and only a
 * new sign-in helps. Looks only at the record: no network, no waiting. */
int ft_context_over(struct freshtoken *ft, const char *account, struct ft_error *err);
/* Whether ft_context_get with FT_PATIENCE_ONCE certainly has no token now that can be sent without
 * a proof, although no sign-in is needed: the service has not answered, or tokens are bound to a
 * key. Looks only at the record and the lock. */
bool ft_context_is_vain(struct freshtoken *ft, const char *account);

/* Whether a server has refused this token (lib/store/disbelief.h). */
bool ft_context_is_disbelieved(const struct freshtoken_token *token);
/* Whether the client (ft_signin_refused) has reported this token as refused so often that it should
 * stop asking. *ret_age: the token's age in seconds. */
bool ft_context_stops(const struct freshtoken_token *token, int64_t client, int64_t *ret_age);

/* Whether a sign-in is being proven, or was not finished because its process was killed. */
bool ft_context_login_pending(const struct freshtoken *ft, const char *account);

#endif

/*
 * context.h - what a struct freshtoken is made of, for our own programs
 */
#ifndef FT_CONTEXT_H
#define FT_CONTEXT_H

#include "lib/config/account.h"
#include "lib/config/places.h"
#include "lib/freshtoken.h"
#include "lib/store/freshness.h"
#include "lib/store/host.h"
#include "lib/store/record.h"
#include "lib/store/store.h"

struct freshtoken {
	struct ft_places places;
	struct ft_accounts accounts;
	/* In the state folder, after ft_context_open_state. */
	struct ft_host *host;		/* what is of this host alone */
	const struct ft_store_ops *ops;	/* where the records are … */
	struct ft_store *store;		/* … and which */
};

/* Opens what is below ft->places.state; makes nothing there. FT_NO_MEMORY alone. */
int ft_context_open_state(struct freshtoken *ft, struct ft_error *err);
/* Takes what was never opened, too. */
void ft_context_close_state(struct freshtoken *ft);

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
/* freshtoken_get with that. */
int ft_context_get(struct freshtoken *ft, const char *account, const struct freshtoken_need *need,
		   enum ft_patience patience, struct freshtoken_token **ret, struct ft_error *err);

/* Whether nothing is left to hand out and only a new sign-in helps: FT_LOGIN_NEEDED with what
 * freshtoken_get would say. Asks and waits for nobody. */
int ft_context_over(struct freshtoken *ft, const char *account, struct ft_error *err);

bool ft_context_is_disbelieved(const struct freshtoken_token *token);
/* Whether the client (ft_signin_refused) has had this token refused in vain so often that it is to
 * stop, and the token's age in seconds. */
bool ft_context_stops(const struct freshtoken_token *token, int64_t client, int64_t *ret_age);

/* Whether a sign-in is being proven, or was when whoever proved it was killed. */
bool ft_context_login_pending(const struct freshtoken *ft, const char *account);

#endif

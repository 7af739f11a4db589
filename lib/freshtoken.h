/*
 * freshtoken.h - fresh access tokens for programs that ask for them
 *
 * A context is opened once, asked for tokens, and closed. It is not safe to use
 * one context from two threads at a time; two contexts are independent of each
 * other, and processes coordinate through the store's lock files.
 *
 * Conventions
 *  - Functions return 0 or a negative code of enum ft_code. A code is the
 *    decision that is left to the caller; the cause is in the message.
 *  - Outputs (ret_*) are untouched on failure. err may be NULL.
 *  - Durations are seconds, points in time are seconds since the epoch (UTC),
 *    -1 where unknown.
 *  - Strings given to a function are copied; strings returned belong to the
 *    object they came from. Token objects wipe themselves when freed.
 *  - The library never prints, never exits, installs no signal handler and
 *    keeps no global state. It starts programs only to refresh a token; their
 *    first process is reaped before the call returns.
 *
 * The interface may still change before 1.0.
 */
#ifndef FRESHTOKEN_H
#define FRESHTOKEN_H

#include <stdint.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

#pragma GCC visibility push(default)

enum ft_code {
	FT_OK = 0,
	FT_NOT_FOUND = -1,	/* no account of that name, none for that URL, nothing stored */
	FT_LOGIN_NEEDED = -2,	/* only a person can help: freshtoken login ACCOUNT */
	FT_TEMPORARY = -3,	/* the service cannot be used now; later it may */
	FT_BUSY = -4,		/* another process holds the lock */
	FT_CONFIG = -5,		/* configuration, profile or argument is wrong */
	FT_UNTRUSTED = -6,	/* a file or an answer that must not be believed */
	FT_NO_MEMORY = -7,
	FT_SYSTEM = -8		/* the system refused: disk full, permissions, … */
};

#define FT_ERROR_TEXT 1024

/* One line for people, without a full stop: cause, place and remedy. */
struct ft_error {
	int code;
	char text[FT_ERROR_TEXT];
};

struct freshtoken;
struct freshtoken_token;

/*
 * Opens a context for the calling user: reads the system's configuration, then
 * the user's, below $XDG_CONFIG_HOME and $XDG_STATE_HOME (relative values are
 * ignored, as the XDG base directory specification says). What is wrong in the user's file takes
 * away the accounts that it is about: using one of them is FT_CONFIG; the others are served.
 *
 * Errors: FT_CONFIG with file, line, key and remedy; FT_UNTRUSTED when HOME
 * belongs to somebody else (as under "sudo git"); FT_NO_MEMORY; FT_SYSTEM.
 */
int freshtoken_open(struct freshtoken **ret, struct ft_error *err);
void freshtoken_close(struct freshtoken *ft);

/*
 * The account whose `match` covers the URL best. url is [scheme://]host[:port][/path];
 * without a scheme it is a registry's name. username may be NULL. No network,
 * no file, no process. The name belongs to the context.
 *
 * Errors: FT_NOT_FOUND; FT_CONFIG when two accounts match equally well (the
 * message names both).
 */
int freshtoken_find(struct freshtoken *ft, const char *url, const char *username,
		    const char **ret_account, struct ft_error *err);

/* What the caller needs. Zero-initialised it means: any token that is good now. */
struct freshtoken_need {
	int64_t min_lifetime;	/* seconds of life left that are wanted; advisory */
	uint64_t rejected;	/* generation that a server refused; 0: none */
	int64_t unknown_life; /* seconds after which a token of unknown life is renewed; 0: never */
};

/*
 * A good access token of the account. Returns at once while the stored one is
 * good; otherwise one refresh is started (or somebody else's awaited) and the
 * call blocks up to the account's `wait`.
 *
 * A token with less life than min_lifetime, or one about to expire, is still
 * handed out when no better one can be had.
 *
 * Errors: FT_NOT_FOUND (no such account), FT_LOGIN_NEEDED, FT_TEMPORARY,
 * FT_CONFIG, FT_UNTRUSTED, FT_SYSTEM, FT_NO_MEMORY.
 */
int freshtoken_get(struct freshtoken *ft, const char *account,
		   const struct freshtoken_need *need,
		   struct freshtoken_token **ret, struct ft_error *err);

const char *freshtoken_token_access(const struct freshtoken_token *token);
const char *freshtoken_token_account(const struct freshtoken_token *token);
/* What the account is to be used with; NULL: whatever the request said, else "oauth2". */
const char *freshtoken_token_username(const struct freshtoken_token *token);
/* Nonzero where the account says authtype = bearer. */
int freshtoken_token_is_bearer(const struct freshtoken_token *token);
/* Counts the tokens of one sign-in; never 0. */
uint64_t freshtoken_token_generation(const struct freshtoken_token *token);
/* Seconds since the epoch by this machine's clock, or -1 where unknown. */
int64_t freshtoken_token_expires_at(const struct freshtoken_token *token);
void freshtoken_token_free(struct freshtoken_token *token);

/*
 * Refreshes now (due == 0), or only where a get would (due != 0), and waits for
 * the result. An earlier "sign in again" or "wait a little" is ignored: this is
 * the call for somebody who knows better.
 */
int freshtoken_refresh(struct freshtoken *ft, const char *account, int due,
		       struct ft_error *err);

/*
 * Says that a server refused a token. With access_token: only if it is still
 * the stored one (somebody may have refreshed meanwhile). NULL: the stored one,
 * whatever it is. The refresh token is never touched. A token that was itself
 * obtained through a rejection ignores further ones for 60 s.
 */
int freshtoken_invalidate(struct freshtoken *ft, const char *account,
			  const char *access_token, struct ft_error *err);

/*
 * Stores a sign-in: proves the refresh token by one refresh, then replaces what
 * was stored. access_token is the old access token where the provider's request
 * needs it, else NULL. On failure the earlier sign-in stays as it is.
 */
int freshtoken_store(struct freshtoken *ft, const char *account,
		     const char *refresh_token, const char *access_token,
		     struct ft_error *err);

/* Forgets the account's sign-in. Does not talk to the service. */
int freshtoken_erase(struct freshtoken *ft, const char *account, struct ft_error *err);

/* Names of all accounts, in the order of the configuration; NULL past the last. */
const char *freshtoken_list(struct freshtoken *ft, size_t index);

enum ft_verdict {
	FT_SIGNED_OUT,		/* nothing stored */
	FT_FRESH,		/* the access token is good */
	FT_REFRESHABLE,		/* expired or rejected; the next get refreshes it */
	FT_NEEDS_LOGIN,		/* the service said so, the configuration changed, or the
				 * record is damaged */
	FT_DISABLED,		/* the service said that the user is disabled */
	FT_UNREACHABLE		/* expired, and the last try did not get through */
};

struct freshtoken_status {
	enum ft_verdict verdict;
	int64_t expires_at;	/* -1: unknown */
	int64_t expires_in;	/* seconds; -1: unknown */
	int64_t checked_at;	/* the last answer of the service; -1: never */
	uint64_t generation;
	char provider[64];
	char server[512];
	char subject[256];	/* "": unknown */
	char reason[FT_ERROR_TEXT];	/* "": nothing to say */
	int refused; /* true: a server refuses the access token, which is fresh and is kept */
};

/* What is known without the network. FT_NOT_FOUND: no such account. A record that cannot be
 * read, or must not be, is an error too: only a damaged one needs a sign-in. */
int freshtoken_status(struct freshtoken *ft, const char *account,
		      struct freshtoken_status *ret, struct ft_error *err);
/* "fresh", "refreshable", "needs-login", "disabled", "unreachable", "signed-out". */
const char *freshtoken_verdict_name(enum ft_verdict verdict);

#pragma GCC visibility pop

#ifdef __cplusplus
}
#endif
#endif

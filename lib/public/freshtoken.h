/* SPDX-License-Identifier: MIT */
/*
 * freshtoken.h - fresh access tokens for programs that ask for them
 *
 * A context is opened once, asked for tokens, and closed. docs/example.c does so;
 * freshtoken(3) has all of this as a manual page.
 *
 * Conventions
 *  - Functions return 0 or a negative code of enum freshtoken_code. The code tells what the
 *    caller can do; the cause is in the error's text.
 *  - Outputs (ret_*) are untouched on failure. ret_error may be NULL; else it is set only on
 *    failure, to an error that the caller frees.
 *  - Durations are in seconds, except timeouts (milliseconds). Points in time are in seconds
 *    since the epoch (UTC); -1: unknown.
 *  - Strings given to a function are copied; strings returned belong to the object that they
 *    come from. No pointer, given or returned, is NULL unless said otherwise, but all _free
 *    functions and freshtoken_close accept NULL. Tokens are wiped when freed.
 *  - Structures that a caller fills in begin with their size, which FRESHTOKEN_..._INIT sets.
 *    New members are only added at the end; with 0 or NULL in them the behaviour is as before.
 *
 * Timeouts
 *    A function that may wait takes timeout_ms: milliseconds from the call on, by the
 *    monotonic clock. FRESHTOKEN_WAIT: as long as the account's configuration says. After
 *    that the function returns FRESHTOKEN_TEMPORARY (freshtoken_get returns a token that has
 *    not expired, if there is one). A refresh that was begun continues without the caller: its
 *    result is stored, and the next call uses it. With 0 a refresh is begun if it is needed,
 *    and the function does not wait. There is no limit for files: if a file system does not
 *    answer, the function waits for it.
 *
 * Threads
 *    A context and the objects from it are for one thread at a time. Contexts are independent
 *    of each other, also in one process; threads and processes that want the same account's
 *    token coordinate through lock files. freshtoken_open reads the environment, which no other
 *    thread may change meanwhile. After fork() the child must open a context of its own.
 *
 * What it does to its host
 *  - It never prints, never exits, changes no signal's handler or mask, and leaves working
 *    folder, umask, locale, limits and environment as they are. It keeps no global state.
 *  - Threads: a thread of the library waits for another process's lock, with all signals
 *    blocked. It has ended when the call returns.
 *  - Processes: the program freshtoken-refresh makes a refresh. The host has a child for a
 *    moment, which the library waits for before the call returns; its SIGCHLD may reach a
 *    handler of the host. This also works in a host that ignores SIGCHLD, or that waits for all
 *    its children. The process that continues is not a child of the host. It is in a session of
 *    its own, with all signals at their defaults, /dev/null as its standard streams and / as
 *    its working folder.
 *  - Descriptors: all are close-on-exec. Between calls a context has one open, that of the state
 *    folder, or none. Descriptors of the host that are not close-on-exec are closed by
 *    freshtoken-refresh before it does anything else.
 *  - Environment: freshtoken_open reads XDG_CONFIG_HOME, XDG_STATE_HOME and HOME, unless the
 *    options name these folders; never in a program with another user's rights (setuid).
 *    freshtoken-refresh inherits the environment and honours http_proxy, HTTPS_PROXY, ALL_PROXY
 *    and NO_PROXY.
 *  - Files: the library's programs, profiles and the system's configuration are found by the
 *    library's own path: below ROOT, if it is ROOT/usr/lib/... and was configured for
 *    /usr/lib/...; else in the configured folders. The host's path and working folder have no
 *    effect.
 *
 * The interface may still change before 1.0; NEWS says how, and the name of the shared
 * object changes with it.
 */
#ifndef FRESHTOKEN_H
#define FRESHTOKEN_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#pragma GCC visibility push(default)

/* Of this header; the number is MAJOR * 10000 + MINOR * 100 + PATCH. */
#define FRESHTOKEN_VERSION "0.1.0"
#define FRESHTOKEN_VERSION_NUMBER 100
/* Of the library that was loaded. */
const char *freshtoken_version(void);

enum freshtoken_code {
	FRESHTOKEN_OK = 0,
	FRESHTOKEN_NOT_FOUND = -1,	/* no account of that name, none for that URL */
	FRESHTOKEN_LOGIN_NEEDED = -2,	/* only a person can help: freshtoken login ACCOUNT */
	FRESHTOKEN_TEMPORARY = -3,	/* not now, or not in time; it may work later */
	FRESHTOKEN_CONFIG = -5,		/* configuration, profile or argument is wrong */
	FRESHTOKEN_UNTRUSTED = -6,	/* a file or an answer cannot be trusted */
	FRESHTOKEN_NO_MEMORY = -7,
	FRESHTOKEN_SYSTEM = -8		/* the system refused: disk full, permissions, … */
};

struct freshtoken;
struct freshtoken_error;
struct freshtoken_status;
struct freshtoken_token;

/* What went wrong. All but the last take NULL: FRESHTOKEN_OK and "". */
enum freshtoken_code freshtoken_error_code(const struct freshtoken_error *error);
/* One line for people, without a full stop: place, cause and remedy. Never a secret. */
const char *freshtoken_error_text(const struct freshtoken_error *error);
/* Parts of that line, or "": the service's own words, which are in quotation marks in the line, and
 * the remedy. */
const char *freshtoken_error_service_says(const struct freshtoken_error *error);
const char *freshtoken_error_remedy(const struct freshtoken_error *error);
void freshtoken_error_free(struct freshtoken_error *error);

/*
 * log is called with one line that people may want to read although the call succeeds: an account
 * that cannot be used, a refresh that is begun or waited for, a token that is handed out because no
 * newer one was available. Never a secret. priority is LOG_WARNING, LOG_INFO
 * or LOG_DEBUG of syslog(3). It is called within a call of this library, by the thread that made
 * it, and must not use the context.
 */
struct freshtoken_options {
	size_t size;
	const char *config_folder;	/* that of freshtoken.conf, an absolute path; NULL:
					 * $XDG_CONFIG_HOME/freshtoken. Besides the system's. */
	const char *state_folder;	/* likewise $XDG_STATE_HOME/freshtoken */
	void (*log)(void *data, int priority, const char *line);	/* NULL: no log */
	void *log_data;
};
#define FRESHTOKEN_OPTIONS_INIT { sizeof(struct freshtoken_options), NULL, NULL, NULL, NULL }

/*
 * Opens a context for the calling user: reads the system's configuration, then the user's.
 * options may be NULL. Relative values of environment variables are ignored, as the XDG base
 * directory specification says. A fault in the user's file only disables the accounts that it is
 * about: using one of them is FRESHTOKEN_CONFIG.
 *
 * Errors: FRESHTOKEN_CONFIG with file, line, key and remedy; FRESHTOKEN_UNTRUSTED when HOME
 * belongs to somebody else (as under "sudo git"); FRESHTOKEN_NO_MEMORY; FRESHTOKEN_SYSTEM.
 */
int freshtoken_open(const struct freshtoken_options *options, struct freshtoken **ret,
		    struct freshtoken_error **ret_error);
void freshtoken_close(struct freshtoken *ft);

/* Names of all accounts, in the order of the configuration; NULL past the last. */
const char *freshtoken_list(struct freshtoken *ft, size_t index);

/*
 * The account whose `match` covers the URL best. url is [scheme://]host[:port][/path];
 * without a scheme it is a registry's name. username may be NULL. No network, no file, no
 * process. The name belongs to the context.
 *
 * Errors: FRESHTOKEN_NOT_FOUND; FRESHTOKEN_CONFIG when two accounts match equally well (the
 * text names both).
 */
int freshtoken_find(struct freshtoken *ft, const char *url, const char *username,
		    const char **ret_account, struct freshtoken_error **ret_error);

#define FRESHTOKEN_WAIT (-1)	/* timeout_ms: as long as the account's configuration says */

/* What the caller needs of a token. As initialised: any token that is good now. */
struct freshtoken_need {
	size_t size;
	int64_t min_lifetime;	/* seconds of life left that are wanted; advisory */
	uint64_t rejected;	/* generation that a server refused; 0: none */
	int64_t unknown_life;	/* seconds after which a token of unknown life is renewed;
				 * 0: never */
	int64_t id_token;	/* nonzero: a good ID token too, of an account with id_token = yes;
				 * of another one that is FRESHTOKEN_CONFIG */
};
#define FRESHTOKEN_NEED_INIT { sizeof(struct freshtoken_need), 0, 0, 0, 0 }

/*
 * Gets a good access token of the account (RFC 6749 section 1.4). Returns at once while the stored
 * one is good; otherwise begins one refresh (section 6) and waits for it, or waits for another
 * process's. need may be NULL.
 * FRESHTOKEN_WAIT is the account's `wait`.
 *
 * A token with less life than min_lifetime, or one about to expire, is still handed out if no
 * better one is available in time.
 *
 * Errors: FRESHTOKEN_NOT_FOUND (no such account), FRESHTOKEN_LOGIN_NEEDED, FRESHTOKEN_TEMPORARY,
 * FRESHTOKEN_CONFIG, FRESHTOKEN_UNTRUSTED, FRESHTOKEN_SYSTEM, FRESHTOKEN_NO_MEMORY.
 */
int freshtoken_get(struct freshtoken *ft, const char *account, const struct freshtoken_need *need,
		   int64_t timeout_ms, struct freshtoken_token **ret,
		   struct freshtoken_error **ret_error);

const char *freshtoken_token_access(const struct freshtoken_token *token);
const char *freshtoken_token_account(const struct freshtoken_token *token);
/* The user name to send with the token; NULL: that of the request, else "oauth2". */
const char *freshtoken_token_username(const struct freshtoken_token *token);
/* Nonzero: the account has authtype = bearer, its hosts take "Authorization: Bearer TOKEN" (RFC
 * 6750 section 2.1). Zero: they take it as a password with that user name (Basic, RFC 7617). */
int freshtoken_token_is_bearer(const struct freshtoken_token *token);
/* Counts the tokens of one sign-in; never 0. */
uint64_t freshtoken_token_generation(const struct freshtoken_token *token);
/* Seconds since the epoch by this machine's clock, or -1 where unknown. */
int64_t freshtoken_token_expires_at(const struct freshtoken_token *token);
/* The ID token, verified by OpenID Connect Core 1.0 section 3.1.3.7, of an account with
 * id_token = yes; NULL: there is no good one. Never NULL if it was asked for (struct
 * freshtoken_need). */
const char *freshtoken_token_id(const struct freshtoken_token *token);
/* When the ID token expires; -1: there is none. */
int64_t freshtoken_token_id_expires_at(const struct freshtoken_token *token);
void freshtoken_token_free(struct freshtoken_token *token);

/*
 * Refreshes now (due == 0), or only if freshtoken_get would (due != 0), and waits for the result.
 * With due == 0 an earlier verdict "sign in again" or a cooldown is ignored: a person has asked for
 * the refresh. FRESHTOKEN_WAIT is as long as the exchange may take.
 * Errors: those of freshtoken_get.
 */
int freshtoken_refresh(struct freshtoken *ft, const char *account, int due, int64_t timeout_ms,
		       struct freshtoken_error **ret_error);

/*
 * Reports that a server refused a token. access_token: only this one, if it is still stored
 * (another process may have refreshed meanwhile); NULL: the stored one. The refresh token stays.
 * For 60 s after a token was obtained because of such a report, further ones are ignored.
 * FRESHTOKEN_WAIT is the account's `wait`; after the timeout nothing has changed.
 * Errors: those of freshtoken_get except FRESHTOKEN_LOGIN_NEEDED.
 */
int freshtoken_invalidate(struct freshtoken *ft, const char *account, const char *access_token,
			  int64_t timeout_ms, struct freshtoken_error **ret_error);

/*
 * Stores a sign-in: tests the refresh token with one refresh, then replaces what was stored.
 * access_token is the old access token, if the provider's request needs it; else NULL. On
 * failure the earlier sign-in stays as it is. FRESHTOKEN_WAIT is as long as the exchange may
 * take. After the timeout the test continues, and the sign-in is stored if it succeeds: see
 * freshtoken_status. If another process held the lock all the time, nothing was begun.
 * Errors: those of freshtoken_get.
 */
int freshtoken_store(struct freshtoken *ft, const char *account, const char *refresh_token,
		     const char *access_token, int64_t timeout_ms,
		     struct freshtoken_error **ret_error);

/*
 * Deletes the account's sign-in. Does not talk to the service, so the tokens are not revoked there
 * (RFC 7009); freshtoken logout does that. FRESHTOKEN_WAIT is as long as an exchange of another
 * process may take; after the timeout nothing has changed.
 * Errors: those of freshtoken_get but FRESHTOKEN_LOGIN_NEEDED.
 */
int freshtoken_erase(struct freshtoken *ft, const char *account, int64_t timeout_ms,
		     struct freshtoken_error **ret_error);

enum freshtoken_verdict {
	FRESHTOKEN_SIGNED_OUT = 0,	/* nothing stored */
	FRESHTOKEN_FRESH = 1,		/* the access token is good */
	FRESHTOKEN_REFRESHABLE = 2,	/* expired or rejected; the next get refreshes it */
	FRESHTOKEN_NEEDS_LOGIN = 3,	/* the service said so, the configuration changed, or the
					 * record is damaged */
	FRESHTOKEN_DISABLED = 4,	/* the service said that the user is disabled */
	FRESHTOKEN_UNREACHABLE = 5	/* expired, and the last try did not get through */
};

/*
 * The state of an account. Uses no network and no process, and does not wait.
 * Errors: FRESHTOKEN_NOT_FOUND: no such account. A record that cannot or must not be read is an
 * error, too, unless it is damaged: then the verdict is that a sign-in is needed.
 */
int freshtoken_status(struct freshtoken *ft, const char *account, struct freshtoken_status **ret,
		      struct freshtoken_error **ret_error);
enum freshtoken_verdict freshtoken_status_verdict(const struct freshtoken_status *status);
int64_t freshtoken_status_expires_at(const struct freshtoken_status *status);
/* Seconds; -1: unknown */
int64_t freshtoken_status_expires_in(const struct freshtoken_status *status);
/* When the service answered last; -1: never */
int64_t freshtoken_status_checked_at(const struct freshtoken_status *status);
/* 0: nothing stored */
uint64_t freshtoken_status_generation(const struct freshtoken_status *status);
const char *freshtoken_status_provider(const struct freshtoken_status *status);
const char *freshtoken_status_server(const struct freshtoken_status *status);
/* "": unknown */
const char *freshtoken_status_subject(const struct freshtoken_status *status);
/* One line for people: why the verdict is what it is; "": nothing to say */
const char *freshtoken_status_reason(const struct freshtoken_status *status);
/* Parts of that line, likewise; there may be a remedy without a reason */
const char *freshtoken_status_service_says(const struct freshtoken_status *status);
const char *freshtoken_status_remedy(const struct freshtoken_status *status);
/* Nonzero: a server refuses the access token, which is fresh and is kept */
int freshtoken_status_is_refused(const struct freshtoken_status *status);
void freshtoken_status_free(struct freshtoken_status *status);
/* "fresh", "refreshable", "needs-login", "disabled", "unreachable", "signed-out". */
const char *freshtoken_verdict_name(enum freshtoken_verdict verdict);

#pragma GCC visibility pop

#ifdef __cplusplus
}
#endif
#endif

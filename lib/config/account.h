/* SPDX-License-Identifier: MIT */
/*
 * account.h - the accounts of freshtoken.conf
 *
 * They are read from the system's file, then from the files of its conf.d, then from the user's
 * file; a later section of the same name replaces the whole earlier one (freshtoken.conf(5)). An
 * account with a client_secret_file or client_key_file that the caller cannot read is marked as one
 * for PAM only.
 */
#ifndef FT_ACCOUNT_H
#define FT_ACCOUNT_H

#include <stdbool.h>
#include <stdint.h>
#include "lib/base/error.h"
#include "lib/base/secret.h"
#include "lib/config/fleet-section.h"
#include "lib/config/places.h"
#include "lib/config/seal-line.h"
#include "lib/config/values.h"

#define FT_ACCOUNT_NAME_MAX 40
#define FT_DEVICE_RATE 10
#define FT_PERSON_RATE 20

enum ft_client_auth {
	FT_CLIENT_AUTH_UNSET, FT_CLIENT_AUTH_NONE, FT_CLIENT_AUTH_BASIC, FT_CLIENT_AUTH_POST,
	FT_CLIENT_AUTH_PRIVATE_KEY_JWT, FT_CLIENT_AUTH_TLS,
	FT_CLIENT_AUTH_SOURCE	/* `from` brings an assertion of who the client is */
};
/* Where an account's record is. */
enum ft_account_store { FT_ACCOUNT_STORE_FILE, FT_ACCOUNT_STORE_FLEET };
enum ft_authtype { FT_AUTHTYPE_BASIC, FT_AUTHTYPE_BEARER };

struct ft_param {
	char *name, *value;
};

/* Strings are NULL if the key is not set, unless said otherwise. */
struct ft_account {
	char *name;
	const char *file;	/* the file of its section */
	unsigned line;		/* the line of its section */
	bool system;
	bool broken;		/* it cannot be used; ft_accounts_problem says why */
	char *provider;		/* never NULL; default "oauth2" */
	char *server;		/* without trailing "/"; NULL: the profile's */
	char *metadata_url;	/* where the server describes itself; NULL: as the profile says */
	struct ft_strings match;	/* patterns, checked, as written */
	char *username;		/* the user name that is handed out with the token */
	char *for_username;	/* requests for another user name do not match */
	char *format;
	char *client_id;
	char *client_secret_file;
	char *client_cert_file, *client_key_file;	/* RFC 8705 */
	bool pam_only;		/* the caller may not read the secret or key */
	bool register_client;	/* no client_id: the service registers a client (RFC 7591) */
	struct ft_secret registered_secret;	/* of the registered client; unset: none */
	bool registered;	/* client_id, client_auth and secret are the registered client's */
	bool client_expired;	/* the registered client has expired */
	enum ft_client_auth client_auth;
	enum ft_client_auth configured_auth;	/* with `registered`: what the file says */
	bool dpop;		/* tokens are bound to a key (RFC 9449) */
	char *scope, *resource, *audience;
	char *redirect_uri;	/* http, a loopback address or localhost; NULL: any free port */
	struct ft_param *params;
	size_t n_params;
	enum ft_authtype authtype;
	char *ca_file;
	char *proxy;
	unsigned timeout;	/* seconds for an exchange; 60 */
	unsigned wait;		/* seconds that a caller waits; 10 */
	int64_t min_lifetime;	/* seconds; 0 */
	bool id_token;		/* the verified ID token is stored as well */
	char *token_file;	/* each new token is also written to this file; NULL: none */
	bool token_file_id;	/* the ID token is written there */
	char *token_file_mode;	/* as written */
	unsigned token_file_rights;	/* 0600, or token_file_mode */
	int eager;		/* 1, 0, or -1: as the profile says */
	int64_t replay;		/* seconds, or FT_REPLAY_UNSET: as the profile says */
	int store;		/* enum ft_account_store */
	const struct ft_fleet_section *fleet;	/* [fleet] of the same file; NULL: store is file */
	char *grant;	/* [grant NAME] of the profile; NULL: as ft_account_grant says */
	char *from;	/* the source, of the kind that ft_account_from returns; NULL: none */
	struct ft_strings auth;	/* PAM */
	char *login_audience;	/* that a typed access token must have, and no other token */
	char *identity, *users, *service_user;
	bool identity_is_mutable, insecure_loopback;
	int64_t device_rate;	/* requests for a code in a minute, on this host; 10 */
	struct ft_strings check;	/* "refresh", "person"; ft_account_checks */
	char *checker;		/* the account whose token is used to ask about persons */
	int64_t person_rate;	/* of a checker: requests in a second, on this host; 0: not set */
};

/* What happens to users who are not mapped. */
enum ft_unmapped { FT_UNMAPPED_DENY, FT_UNMAPPED_IGNORE };

/* [pam] of the system's file: defaults for the module's options; -1 or NULL: not set. */
struct ft_pam_defaults {
	char *account;
	struct ft_strings auth, exempt;
	int strict;		/* no effect: strict is the default */
	int permissive, ignore_unknown_user, no_hint, debug;
	int unmapped;		/* enum ft_unmapped */
	int64_t recheck, max_offline, wait;	/* seconds */
	int64_t minimum_uid, maximum_uid;
};

/* An error in a file; of each account only the first. */
struct ft_problem {
	char *account;		/* whose section it is in; NULL: of no account */
	struct ft_error error;	/* "FILE:LINE: …", without the account's name */
	size_t place;		/* length of "FILE:LINE: " in its text */
};
#define FT_PROBLEMS_MAX 20	/* of those of no account; more are not noted */

struct ft_accounts {
	struct ft_account *list;
	size_t n;
	struct ft_pam_defaults pam;
	char *files[2];		/* the system's and the user's; accounts' `file` points here */
	struct ft_strings more;	/* the files of the system's conf.d, likewise */
	struct ft_seal_line *seals[2];	/* of the system's and the user's file; NULL: none */
	struct ft_fleet_section *fleets;	/* of all files, linked by `next` */
	bool any_file;		/* whether at least one of the files exists */
	struct ft_problem *problems;	/* of ft_accounts_load_usable and _checked */
	size_t n_problems;
};

/* Errors: FT_CONFIG "FILE:LINE: KEY: what is expected", FT_UNTRUSTED, FT_SYSTEM, FT_NO_MEMORY.
 * Files that do not exist are no error. */
int ft_accounts_load(const struct ft_places *places, struct ft_accounts *ret, struct ft_error *err);
/* Likewise, but an error in the user's file only disables the accounts that it is about: they are
 * `broken`, and so are those that get their tokens from them. They still match their hosts, so that
 * no other credential is sent there; a `match` that cannot be read is one of the problems. */
int ft_accounts_load_usable(const struct ft_places *places, struct ft_accounts *ret,
			    struct ft_error *err);
/* Likewise for errors in all files, for callers that want to know all of them. */
int ft_accounts_load_checked(const struct ft_places *places, struct ft_accounts *ret,
			     struct ft_error *err);
/* The error of a broken account; NULL: there is none. */
const struct ft_error *ft_accounts_problem(const struct ft_accounts *accounts, const char *name);
/* Loads as if `file` (ft_accounts_path, or one of conf.d) had this text, to try a change. */
int ft_accounts_try(const struct ft_places *places, const char *file, const char *text, size_t len,
		    struct ft_accounts *ret, struct ft_error *err);
/* The system's freshtoken.conf, or the user's, to be freed; NULL: no memory. */
char *ft_accounts_path(const struct ft_places *places, bool system);
void ft_accounts_release(struct ft_accounts *accounts);

const struct ft_account *ft_accounts_find(const struct ft_accounts *accounts, const char *name);

/* The account whose name is closest to a mistyped one, with at most two letters different; NULL. */
const struct ft_account *ft_accounts_closest(const struct ft_accounts *accounts, const char *name);

/* The account at the end of the chain of `from`s, or the account itself. That is the account that
 * people sign in to, unless it is a machine account too. */
const struct ft_account *ft_accounts_root(const struct ft_accounts *accounts,
					  const struct ft_account *account);
/* Whether an account's tokens come, over any number of `from`s, from another account's. */
bool ft_accounts_descends(const struct ft_accounts *accounts, const struct ft_account *account,
			  const struct ft_account *from);

/* The best match, as ft_context_find. FT_NOT_FOUND, FT_CONFIG (a tie). */
int ft_accounts_match(const struct ft_accounts *accounts, const char *url, const char *username,
		      const struct ft_account **ret, struct ft_error *err);

/* What `from` names. */
enum ft_from {
	FT_FROM_NOTHING,
	FT_FROM_ACCOUNT,	/* another account, whose good token is used */
	FT_FROM_FILE,		/* the contents of a file */
	FT_FROM_ENVIRONMENT,	/* a variable of the caller's environment */
	FT_FROM_COMMAND,	/* the output of a program, started without a shell */
	FT_FROM_GITHUB_ACTIONS	/* the ID token of a job of GitHub Actions */
};
enum ft_from ft_account_from(const struct ft_account *account);
/* The name, path or command. */
const char *ft_account_from_what(const struct ft_account *account);
/* How many bytes of a `from` may be shown in a message: without the arguments of a program. */
size_t ft_from_shown(const char *from);
/* Whether root's service may use it: that uses no environment variable, and starts no program. */
bool ft_account_suits_pam(const struct ft_account *account);
/* The account that is the source; NULL: the source is not an account. */
const struct ft_account *ft_accounts_source(const struct ft_accounts *accounts,
					    const struct ft_account *account);

/* The grant that gets its tokens: `grant`; else "token_exchange" with `from`, "refresh" without.
 * Never NULL. */
const char *ft_account_grant(const struct ft_account *account);
/* Whether it is a machine account: its record is a cache, and nothing is spent. */
bool ft_account_derives(const struct ft_account *account);

/* The file that only the client may read, with its secret or key; NULL: there is none. */
const char *ft_account_secret_file(const struct ft_account *account);

/* Whether a login's account check asks this: "refresh" (the default), whether the person's own
 * sign-in is good; "person", whether the directory says that the person is active. */
bool ft_account_checks(const struct ft_account *account, const char *what);

/* The sources of the key that an account's record is sealed with: of the account's file. If name is
 * NULL (stored credentials) or not an account, of the user's file, or of the system's if the user's
 * has none. NULL: not sealed. */
const struct ft_seal_line *ft_accounts_seal(const struct ft_accounts *accounts, const char *name);

/* Whether a string may name an account: [A-Za-z0-9_-][A-Za-z0-9._-]{0,39}. */
bool ft_account_name_valid(const char *name);

/* Checks a value as that of a key in an account's section: FT_CONFIG "KEY: what is expected". */
int ft_account_check_value(const char *key, const char *value, struct ft_error *err);

#endif

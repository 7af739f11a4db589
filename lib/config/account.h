/* SPDX-License-Identifier: MIT */
/*
 * account.h - the accounts of freshtoken.conf
 *
 * Read from the system's file, then from those of its conf.d, then from the user's; a later
 * section of the same name replaces the earlier one whole (rules: docs, freshtoken.conf(5)).
 * An account that names a client_secret_file the caller cannot read is kept
 * and marked: it is PAM's alone.
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
/* Where an account's record lies. */
enum ft_account_store { FT_ACCOUNT_STORE_FILE, FT_ACCOUNT_STORE_FLEET };
enum ft_authtype { FT_AUTHTYPE_BASIC, FT_AUTHTYPE_BEARER };

struct ft_param {
	char *name, *value;
};

/* Strings are NULL where the key is not set, unless said otherwise. */
struct ft_account {
	char *name;
	const char *file;	/* where its section is … */
	unsigned line;		/* … and in which line */
	bool system;
	bool broken;		/* nothing may be done with it: ft_accounts_problem says why */
	char *provider;		/* never NULL; default "oauth2" */
	char *server;		/* without trailing "/"; NULL: the profile's */
	char *metadata_url;	/* where the server describes itself; NULL: as the profile says */
	struct ft_strings match;	/* patterns, checked, as written */
	char *username;		/* what is answered beside the token */
	char *for_username;	/* requests that name another user are not answered */
	char *format;
	char *client_id;
	char *client_secret_file;
	char *client_cert_file, *client_key_file;	/* RFC 8705 */
	bool pam_only;		/* … which the caller may not read */
	bool register_client;	/* there is no client_id: the service is asked for one (RFC 7591) */
	struct ft_secret registered_secret;	/* of the client that was registered; unset: none */
	bool registered;	/* client_id, client_auth and the secret are that client's … */
	bool client_expired;	/* … which has ended */
	enum ft_client_auth client_auth;
	bool dpop;		/* tokens are bound to a key (RFC 9449) */
	char *scope, *resource, *audience;
	char *redirect_uri;	/* http, a loopback address or localhost; NULL: any free port */
	struct ft_param *params;
	size_t n_params;
	enum ft_authtype authtype;
	char *ca_file;
	char *proxy;
	unsigned timeout;	/* seconds, of an exchange; 60 */
	unsigned wait;		/* seconds, of a caller; 10 */
	int64_t min_lifetime;	/* seconds; 0 */
	bool id_token;		/* the verified ID token is kept as well */
	char *token_file;	/* where every renewed token is put as well; NULL: nowhere */
	bool token_file_id;	/* … the ID token */
	char *token_file_mode;	/* as written */
	unsigned token_file_rights;	/* 0600, or what that says */
	int eager;		/* 1, 0, or -1: as the profile says */
	int64_t replay;		/* seconds, or FT_REPLAY_UNSET: as the profile says */
	int store;		/* enum ft_account_store */
	const struct ft_fleet_section *fleet;	/* of the file that it is in; NULL: it has none */
	char *grant;	/* [grant NAME] of the profile; NULL: as ft_account_grant says */
	char *from;	/* what it is given: ft_account_from says what that is; NULL: nothing */
	struct ft_strings auth;	/* PAM */
	char *login_audience;	/* what a typed access token has to be for, and nothing else */
	char *identity, *users, *service_user;
	bool identity_is_mutable, insecure_loopback;
	int64_t device_rate;	/* requests for a code in a minute, of this host; 10 */
	struct ft_strings check;	/* "refresh", "person"; ft_account_checks */
	char *checker;		/* the account whose token asks about persons */
	int64_t person_rate;	/* of a checker: questions in a second, of this host; 0: not set */
};

/* What becomes of users whom nobody mapped. */
enum ft_unmapped { FT_UNMAPPED_DENY, FT_UNMAPPED_IGNORE };

/* [pam] of the system's file: defaults of the module's options; -1 or NULL where not set. */
struct ft_pam_defaults {
	char *account;
	struct ft_strings auth, exempt;
	int strict;		/* means nothing: it is strict without it */
	int permissive, ignore_unknown_user, no_hint, debug;
	int unmapped;		/* enum ft_unmapped */
	int64_t recheck, max_offline, wait;	/* seconds */
	int64_t minimum_uid, maximum_uid;
};

/* What is wrong in the user's file, of an account the first. */
struct ft_problem {
	char *account;		/* whose section it is in; NULL: no account's */
	struct ft_error error;	/* "FILE:LINE: …", without the account's name … */
	size_t place;		/* … and how much of its text is "FILE:LINE: " */
};
#define FT_PROBLEMS_MAX 20	/* of those without an account; more are not noted */

struct ft_accounts {
	struct ft_account *list;
	size_t n;
	struct ft_pam_defaults pam;
	char *files[2];		/* the system's, the user's: accounts' `file` is there … */
	struct ft_strings more;	/* … or the system's conf.d */
	struct ft_seal_line *seals[2];	/* of these files; NULL: nothing is sealed */
	struct ft_fleet_section *fleets;	/* of all files; each has the next */
	bool any_file;		/* whether at least one of the files exists */
	struct ft_problem *problems;	/* of ft_accounts_load_usable and _checked */
	size_t n_problems;
};

/* Errors: FT_CONFIG "FILE:LINE: KEY: what is expected", FT_UNTRUSTED, FT_SYSTEM, FT_NO_MEMORY.
 * Files that do not exist are no error. */
int ft_accounts_load(const struct ft_places *places, struct ft_accounts *ret, struct ft_error *err);
/*
 * The same, but what is wrong in the user's file takes only the accounts away that it is about:
 * they are `broken`, as are those that get their tokens from them. They match what they would, so
 * that nobody else's credential goes to their hosts; a `match` that cannot be read is one of the
 * problems.
 */
int ft_accounts_load_usable(const struct ft_places *places, struct ft_accounts *ret,
			    struct ft_error *err);
/* The same of all files, for whoever wants to know everything that is wrong. */
int ft_accounts_load_checked(const struct ft_places *places, struct ft_accounts *ret,
			     struct ft_error *err);
/* The problem of an account; NULL. */
const struct ft_error *ft_accounts_problem(const struct ft_accounts *accounts, const char *name);
/* What that would give if this text were in that file: ft_accounts_path, or one of conf.d. */
int ft_accounts_try(const struct ft_places *places, const char *file, const char *text, size_t len,
		    struct ft_accounts *ret, struct ft_error *err);
/* The system's freshtoken.conf, or the user's, to be freed; NULL: no memory. */
char *ft_accounts_path(const struct ft_places *places, bool system);
void ft_accounts_release(struct ft_accounts *accounts);

const struct ft_account *ft_accounts_find(const struct ft_accounts *accounts, const char *name);

/* The one whose name is nearest to a mistyped one: two letters off at the most; NULL. */
const struct ft_account *ft_accounts_closest(const struct ft_accounts *accounts, const char *name);

/* Whose sign-in an account's tokens come from: its own, or the last one of its `from`s; that may be
 * an account that nobody signs in to. */
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
	FT_FROM_ACCOUNT,	/* a good token of this account */
	FT_FROM_FILE,		/* what is in this file */
	FT_FROM_ENVIRONMENT,	/* … in this variable of whoever asks */
	FT_FROM_COMMAND,	/* what this program prints; not a shell's line */
	FT_FROM_GITHUB_ACTIONS	/* the token of a job there */
};
enum ft_from ft_account_from(const struct ft_account *account);
/* The path, name or command. */
const char *ft_account_from_what(const struct ft_account *account);
/* How much of a `from` may be in a message: not what a command is told. */
size_t ft_from_shown(const char *from);
/* Root's service takes nothing from an environment, and starts nothing. */
bool ft_account_suits_pam(const struct ft_account *account);
/* The account whose tokens it is given; NULL: none. */
const struct ft_account *ft_accounts_source(const struct ft_accounts *accounts,
					    const struct ft_account *account);

/* How it gets its tokens: `grant`; without that by refreshing a sign-in, or with `from` by
 * token_exchange. Never NULL. */
const char *ft_account_grant(const struct ft_account *account);
/* Whether that is without a sign-in of its own: its record is a cache, and nothing is spent. */
bool ft_account_derives(const struct ft_account *account);

/* The file that no other than the client may read: its secret, or its key; NULL: it is public. */
const char *ft_account_secret_file(const struct ft_account *account);

/* What a login's account check asks: "refresh", whether the person's own sign-in is good, which is
 * the default; "person", whether the directory calls the person active. */
bool ft_account_checks(const struct ft_account *account, const char *what);

/* Who is asked for the key that an account's record is sealed with; of a name that is no account's,
 * or NULL (what is stored for hosts that no account matches): as the user's own file says, and
 * where there is nothing in it, the system's. NULL: it is not sealed. */
const struct ft_seal_line *ft_accounts_seal(const struct ft_accounts *accounts, const char *name);

/* Whether a string may name an account: [A-Za-z0-9_-][A-Za-z0-9._-]{0,39}. */
bool ft_account_name_valid(const char *name);

/* A value as if it were the value of a key in an account's section: FT_CONFIG "KEY: what is
 * expected". */
int ft_account_check_value(const char *key, const char *value, struct ft_error *err);

#endif

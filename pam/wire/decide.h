/* SPDX-License-Identifier: MIT */
/*
 * decide.h - the PAM code for what was found: a pure function
 *
 * docs/pam.md has the table for people. The rules that it follows:
 *  - IGNORE only where it is proven that the user is not to be checked, never on an error. setcred
 *    never returns it: sshd runs setcred in a process where libpam has not frozen the chain.
 *  - open_session fails with SESSION_ERR alone: any other code is fatal to sudo.
 *  - What the user's side can cause is FT_PAM_LOGIN_NEEDED, never FT_PAM_DOWN.
 */
#ifndef FT_PAM_DECIDE_H
#define FT_PAM_DECIDE_H

#include <stdbool.h>

enum ft_pam_function {
	FT_PAM_AUTH, FT_PAM_ACCOUNT, FT_PAM_SETCRED, FT_PAM_SESSION,
	FT_PAM_PASSWORD,	/* chauthtok in the phase that changes it; always IGNORE */
	FT_PAM_FUNCTIONS
};
extern const char *const ft_pam_function_names[FT_PAM_FUNCTIONS];

enum ft_pam_situation {
	FT_PAM_NOT_CONFIGURED,	/* for this function or service */
	FT_PAM_NOT_OURS,	/* root, outside of minimum_uid to maximum_uid, exempt */
	FT_PAM_UNMAPPED,	/* no such local user, or no subject for it */
	FT_PAM_NEVER,		/* mapped and never signed in, or the user's store unreachable */
	FT_PAM_FRESH,		/* verified */
	FT_PAM_DENIED,		/* denied, code expired, another subject */
	FT_PAM_LOGIN_NEEDED,	/* the service said so, or the user's side gave no valid answer */
	FT_PAM_DISABLED,	/* the service has disabled the user */
	FT_PAM_DOWN_BRIEFLY,	/* root's transport got no answer; verified within max_offline */
	FT_PAM_DOWN,		/* likewise, but verified longer ago than max_offline */
	FT_PAM_BROKEN,		/* configuration or installation */
	FT_PAM_NO_MEMORY,
	FT_PAM_CONVERSATION,	/* auth: the application's conversation failed */
	FT_PAM_CONVERSATION_LATER,	/* auth: the application will call again (CONV_AGAIN) */
	FT_PAM_TRIES,		/* auth: tries used up */
	FT_PAM_SILENCED,	/* auth: a prompt is needed, and PAM_SILENT forbids it */
	FT_PAM_THROTTLED,	/* auth: too many have asked for a code just now */
	FT_PAM_UNTOLD,		/* the directory does not say whether the person is active */
	FT_PAM_UNPRIVILEGED,	/* the caller is neither root nor this user */
	FT_PAM_SITUATIONS
};

struct ft_pam_decision {
	int code;	/* PAM_… */
	bool hint;	/* let in, but the person should know */
};

struct ft_pam_decision ft_pam_decide(enum ft_pam_situation situation, enum ft_pam_function function,
				     bool strict, bool ignore_unknown_user);

/* Whether any situation gives the function this code. */
bool ft_pam_code_possible(enum ft_pam_function function, int code);

/* What pam_setcred is asked for. FT_CRED_NONE: no flag, or more than one. */
enum ft_pam_cred { FT_CRED_NONE, FT_CRED_ESTABLISH, FT_CRED_DELETE, FT_CRED_REFRESH };
enum ft_pam_cred ft_pam_cred(int flags);

#endif

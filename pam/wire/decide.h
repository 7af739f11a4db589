/* SPDX-License-Identifier: MIT */
/*
 * decide.h - what PAM is told: one pure function of what was found
 *
 * docs/pam.md has the table for people. The rules that it follows:
 *  - IGNORE only where it is proven that the user is not one to check, never on an error;
 *    setcred never, since some callers run it where the chain is not frozen.
 *  - open_session fails with SESSION_ERR alone: sudo takes any other code for fatal.
 *  - What the user's side can cause is FT_PAM_LOGIN_NEEDED, never FT_PAM_DOWN.
 */
#ifndef FT_PAM_DECIDE_H
#define FT_PAM_DECIDE_H

#include <stdbool.h>

enum ft_pam_function {
	FT_PAM_AUTH, FT_PAM_ACCOUNT, FT_PAM_SETCRED, FT_PAM_SESSION,
	FT_PAM_PASSWORD,	/* chauthtok, where it changes one; always IGNORE */
	FT_PAM_FUNCTIONS
};
extern const char *const ft_pam_function_names[FT_PAM_FUNCTIONS];

enum ft_pam_situation {
	FT_PAM_NOT_CONFIGURED,	/* for this function or service */
	FT_PAM_NOT_OURS,	/* root, outside of minimum_uid to maximum_uid, exempt */
	FT_PAM_UNMAPPED,	/* nobody says who he is at the service */
	FT_PAM_NEVER,		/* mapped and never signed in, or the user's store unreachable */
	FT_PAM_FRESH,		/* verified */
	FT_PAM_DENIED,		/* denied, code expired, another subject */
	FT_PAM_LOGIN_NEEDED,	/* the service said so, or the user's side said nothing of use */
	FT_PAM_DISABLED,	/* the user is, at the service */
	FT_PAM_DOWN_BRIEFLY,	/* root's transport got no answer; verified within max_offline */
	FT_PAM_DOWN,		/* likewise, and that was longer ago */
	FT_PAM_BROKEN,		/* configuration or installation */
	FT_PAM_NO_MEMORY,
	FT_PAM_CONVERSATION,	/* auth: the application does not ask or answer */
	FT_PAM_CONVERSATION_LATER,	/* auth: it will, when called again (CONV_AGAIN) */
	FT_PAM_TRIES,		/* auth: used up */
	FT_PAM_SILENCED,	/* auth: somebody would have to be asked, and PAM_SILENT */
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

/* Whether a code is one that the function can come to at all. */
bool ft_pam_code_possible(enum ft_pam_function function, int code);

/* What pam_setcred is asked for. Not exactly one: FT_CRED_NONE. */
enum ft_pam_cred { FT_CRED_NONE, FT_CRED_ESTABLISH, FT_CRED_DELETE, FT_CRED_REFRESH };
enum ft_pam_cred ft_pam_cred(int flags);

#endif

/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "pam/wire/decide.h"

#include "pam/wire/libpam.h"

const char *const ft_pam_function_names[FT_PAM_FUNCTIONS] = {
	"auth", "account", "setcred", "session", "password"
};

/* A row of the table in docs/pam.md: strict codes, and permissive (lax) ones. */
struct row {
	int auth;
	int account, lax_account;
	int setcred, lax_setcred;
	int session, lax_session;
	bool hint;	/* for account where permissive lets in */
};

#define SAME(code) PAM_ ## code, PAM_ ## code
#define BOTH(code, permissive) PAM_ ## code, PAM_ ## permissive
/* Situations of auth alone; the other functions never prompt and can only get here by a bug. */
#define AUTH_ONLY(code) { \
	PAM_ ## code, SAME(SERVICE_ERR), SAME(SERVICE_ERR), SAME(SESSION_ERR), false }

static const struct row table[FT_PAM_SITUATIONS] = {
	[FT_PAM_NOT_CONFIGURED] = {
		PAM_IGNORE, SAME(IGNORE), SAME(SUCCESS), SAME(IGNORE), false },
	[FT_PAM_NOT_OURS] = {
		PAM_USER_UNKNOWN, SAME(IGNORE), SAME(SUCCESS), SAME(IGNORE), false },
	[FT_PAM_UNMAPPED] = {
		PAM_USER_UNKNOWN, SAME(PERM_DENIED), SAME(SUCCESS), SAME(IGNORE), false },
	[FT_PAM_NEVER] = {
		PAM_AUTH_ERR, BOTH(PERM_DENIED, SUCCESS), SAME(SUCCESS), SAME(SUCCESS), true },
	[FT_PAM_FRESH] = {
		PAM_SUCCESS, SAME(SUCCESS), SAME(SUCCESS), SAME(SUCCESS), false },
	[FT_PAM_DENIED] = {
		PAM_AUTH_ERR, SAME(PERM_DENIED), BOTH(CRED_ERR, SUCCESS),
		BOTH(SESSION_ERR, SUCCESS), false },
	[FT_PAM_LOGIN_NEEDED] = {
		PAM_AUTH_ERR, BOTH(PERM_DENIED, SUCCESS), BOTH(CRED_EXPIRED, SUCCESS),
		BOTH(SESSION_ERR, SUCCESS), true },
	[FT_PAM_DISABLED] = {
		PAM_AUTH_ERR, SAME(PERM_DENIED), SAME(CRED_ERR), SAME(SESSION_ERR), false },
	[FT_PAM_DOWN_BRIEFLY] = {
		PAM_AUTHINFO_UNAVAIL, SAME(SUCCESS), SAME(SUCCESS), SAME(SUCCESS), false },
	[FT_PAM_DOWN] = {
		PAM_AUTHINFO_UNAVAIL, BOTH(AUTHINFO_UNAVAIL, SUCCESS), BOTH(CRED_UNAVAIL, SUCCESS),
		BOTH(SESSION_ERR, SUCCESS), true },
	[FT_PAM_BROKEN] = {
		PAM_SERVICE_ERR, SAME(SERVICE_ERR), SAME(SERVICE_ERR), SAME(SESSION_ERR), false },
	[FT_PAM_NO_MEMORY] = {
		PAM_BUF_ERR, SAME(BUF_ERR), SAME(BUF_ERR), SAME(SESSION_ERR), false },
	[FT_PAM_CONVERSATION] = AUTH_ONLY(CONV_ERR),
	[FT_PAM_CONVERSATION_LATER] = AUTH_ONLY(INCOMPLETE),
	[FT_PAM_TRIES] = AUTH_ONLY(MAXTRIES),
	[FT_PAM_SILENCED] = AUTH_ONLY(AUTHINFO_UNAVAIL),
	[FT_PAM_THROTTLED] = AUTH_ONLY(AUTHINFO_UNAVAIL),
	[FT_PAM_UNTOLD] = {
		PAM_AUTH_ERR, BOTH(PERM_DENIED, SUCCESS), BOTH(CRED_ERR, SUCCESS),
		BOTH(SESSION_ERR, SUCCESS), true },
	[FT_PAM_UNPRIVILEGED] = {
		PAM_AUTHINFO_UNAVAIL, SAME(AUTHINFO_UNAVAIL), BOTH(CRED_UNAVAIL, SUCCESS),
		BOTH(SESSION_ERR, SUCCESS), false },
};

static int code_of(const struct row *row, enum ft_pam_function function, bool strict)
{
	switch (function) {
	case FT_PAM_AUTH:
		return row->auth;
	case FT_PAM_ACCOUNT:
		return strict ? row->account : row->lax_account;
	case FT_PAM_SETCRED:
		return strict ? row->setcred : row->lax_setcred;
	case FT_PAM_SESSION:
		return strict ? row->session : row->lax_session;
	case FT_PAM_PASSWORD:
		return PAM_IGNORE;
	default:
		return PAM_SERVICE_ERR;
	}
}

struct ft_pam_decision ft_pam_decide(enum ft_pam_situation situation, enum ft_pam_function function,
				     bool strict, bool ignore_unknown_user)
{
	const struct row *row = &table[situation < FT_PAM_SITUATIONS ? situation : FT_PAM_BROKEN];
	struct ft_pam_decision decision = {
		.code = code_of(row, function, strict),
		.hint = row->hint && function == FT_PAM_ACCOUNT && !strict,
	};

	if (decision.code == PAM_USER_UNKNOWN && ignore_unknown_user)
		decision.code = PAM_IGNORE;
	return decision;
}

bool ft_pam_code_possible(enum ft_pam_function function, int code)
{
	for (int situation = 0; situation < FT_PAM_SITUATIONS; situation++)
		if (code_of(&table[situation], function, false) == code ||
		    code_of(&table[situation], function, true) == code)
			return true;
	return false;
}

enum ft_pam_cred ft_pam_cred(int flags)
{
	const unsigned wants = (unsigned)flags & (PAM_ESTABLISH_CRED | PAM_DELETE_CRED |
						  PAM_REINITIALIZE_CRED | PAM_REFRESH_CRED);

	switch (wants) {
	case PAM_ESTABLISH_CRED:
		return FT_CRED_ESTABLISH;
	case PAM_DELETE_CRED:
		return FT_CRED_DELETE;
	case PAM_REINITIALIZE_CRED:
	case PAM_REFRESH_CRED:
		return FT_CRED_REFRESH;
	default:
		return FT_CRED_NONE;
	}
}

#include "config.h"
#include "decide.h"

#include "libpam.h"

const char *const ft_pam_function_names[FT_PAM_FUNCTIONS] = {
	"auth", "account", "setcred", "session"
};

/* A row as the table in docs/pam.md has it: without and with strict. */
struct row {
	int auth;
	int account, strict_account;
	int setcred, strict_setcred;
	int session, strict_session;
	bool hint;	/* where account is a success and not strict */
};

#define SAME(code) PAM_ ## code, PAM_ ## code
#define BOTH(code, strict) PAM_ ## code, PAM_ ## strict

static const struct row table[FT_PAM_SITUATIONS] = {
	[FT_PAM_NOT_CONFIGURED] = {
		PAM_IGNORE, SAME(IGNORE), SAME(SUCCESS), SAME(IGNORE), false },
	[FT_PAM_NOT_OURS] = {
		PAM_USER_UNKNOWN, SAME(IGNORE), SAME(SUCCESS), SAME(IGNORE), false },
	[FT_PAM_NEVER] = {
		PAM_AUTH_ERR, BOTH(SUCCESS, PERM_DENIED), SAME(SUCCESS), SAME(SUCCESS), true },
	[FT_PAM_FRESH] = {
		PAM_SUCCESS, SAME(SUCCESS), SAME(SUCCESS), SAME(SUCCESS), false },
	[FT_PAM_DENIED] = {
		PAM_AUTH_ERR, SAME(PERM_DENIED), BOTH(SUCCESS, CRED_ERR),
		BOTH(SUCCESS, SESSION_ERR), false },
	[FT_PAM_LOGIN_NEEDED] = {
		PAM_AUTH_ERR, BOTH(SUCCESS, PERM_DENIED), BOTH(SUCCESS, CRED_EXPIRED),
		BOTH(SUCCESS, SESSION_ERR), true },
	[FT_PAM_DISABLED] = {
		PAM_AUTH_ERR, SAME(PERM_DENIED), BOTH(SUCCESS, CRED_ERR),
		BOTH(SUCCESS, SESSION_ERR), false },
	[FT_PAM_DOWN_BRIEFLY] = {
		PAM_AUTHINFO_UNAVAIL, SAME(SUCCESS), BOTH(SUCCESS, CRED_UNAVAIL),
		BOTH(SUCCESS, SESSION_ERR), false },
	[FT_PAM_DOWN] = {
		PAM_AUTHINFO_UNAVAIL, BOTH(SUCCESS, AUTHINFO_UNAVAIL), BOTH(SUCCESS, CRED_UNAVAIL),
		BOTH(SUCCESS, SESSION_ERR), true },
	[FT_PAM_BROKEN] = {
		PAM_SERVICE_ERR, SAME(SERVICE_ERR), SAME(SERVICE_ERR), SAME(SESSION_ERR), false },
	[FT_PAM_NO_MEMORY] = {
		PAM_BUF_ERR, SAME(BUF_ERR), SAME(BUF_ERR), SAME(SESSION_ERR), false },
	/* Of auth alone: the others ask nobody, and come here by a mistake of ours. */
	[FT_PAM_CONVERSATION] = {
		PAM_CONV_ERR, SAME(SERVICE_ERR), SAME(SERVICE_ERR), SAME(SESSION_ERR), false },
	[FT_PAM_CONVERSATION_LATER] = {
		PAM_INCOMPLETE, SAME(SERVICE_ERR), SAME(SERVICE_ERR), SAME(SESSION_ERR), false },
	[FT_PAM_TRIES] = {
		PAM_MAXTRIES, SAME(SERVICE_ERR), SAME(SERVICE_ERR), SAME(SESSION_ERR), false },
	[FT_PAM_SILENCED] = {
		PAM_AUTHINFO_UNAVAIL, SAME(SERVICE_ERR), SAME(SERVICE_ERR), SAME(SESSION_ERR), false },
	[FT_PAM_UNPRIVILEGED] = {
		PAM_AUTHINFO_UNAVAIL, SAME(AUTHINFO_UNAVAIL), BOTH(SUCCESS, CRED_UNAVAIL),
		BOTH(SUCCESS, SESSION_ERR), false },
};

static int code_of(const struct row *row, enum ft_pam_function function, bool strict)
{
	switch (function) {
	case FT_PAM_AUTH:
		return row->auth;
	case FT_PAM_ACCOUNT:
		return strict ? row->strict_account : row->account;
	case FT_PAM_SETCRED:
		return strict ? row->strict_setcred : row->setcred;
	case FT_PAM_SESSION:
		return strict ? row->strict_session : row->session;
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

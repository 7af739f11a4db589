/* SPDX-License-Identifier: MIT */
/* pam/wire/decide.h compared with a second copy of the table in docs/pam.md, cell by cell. */
#include "config.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

#include "pam/wire/decide.h"
#include "pam/wire/libpam.h"
#include "tests/unit/unit.h"

#define I PAM_IGNORE
#define OK PAM_SUCCESS
#define X (-1)	/* no function but auth comes to it */

/* Strict, and permissive. */
static const struct cell {
	enum ft_pam_situation situation;
	int auth, account, lax_account, setcred, lax_setcred, session, lax_session;
} expected[] = {
	{ FT_PAM_NOT_CONFIGURED, I, I, I, OK, OK, I, I },
	{ FT_PAM_NOT_OURS, PAM_USER_UNKNOWN, I, I, OK, OK, I, I },
	{ FT_PAM_UNMAPPED, PAM_USER_UNKNOWN, PAM_PERM_DENIED, PAM_PERM_DENIED, OK, OK, I, I },
	{ FT_PAM_NEVER, PAM_AUTH_ERR, PAM_PERM_DENIED, OK, OK, OK, OK, OK },
	{ FT_PAM_FRESH, OK, OK, OK, OK, OK, OK, OK },
	{ FT_PAM_DENIED, PAM_AUTH_ERR, PAM_PERM_DENIED, PAM_PERM_DENIED, PAM_CRED_ERR, OK,
	  PAM_SESSION_ERR, OK },
	{ FT_PAM_LOGIN_NEEDED, PAM_AUTH_ERR, PAM_PERM_DENIED, OK, PAM_CRED_EXPIRED, OK,
	  PAM_SESSION_ERR, OK },
	{ FT_PAM_DISABLED, PAM_AUTH_ERR, PAM_PERM_DENIED, PAM_PERM_DENIED, PAM_CRED_ERR,
	  PAM_CRED_ERR, PAM_SESSION_ERR, PAM_SESSION_ERR },
	{ FT_PAM_DOWN_BRIEFLY, PAM_AUTHINFO_UNAVAIL, OK, OK, OK, OK, OK, OK },
	{ FT_PAM_DOWN, PAM_AUTHINFO_UNAVAIL, PAM_AUTHINFO_UNAVAIL, OK, PAM_CRED_UNAVAIL, OK,
	  PAM_SESSION_ERR, OK },
	{ FT_PAM_BROKEN, PAM_SERVICE_ERR, PAM_SERVICE_ERR, PAM_SERVICE_ERR, PAM_SERVICE_ERR,
	  PAM_SERVICE_ERR, PAM_SESSION_ERR, PAM_SESSION_ERR },
	{ FT_PAM_NO_MEMORY, PAM_BUF_ERR, PAM_BUF_ERR, PAM_BUF_ERR, PAM_BUF_ERR, PAM_BUF_ERR,
	  PAM_SESSION_ERR, PAM_SESSION_ERR },
	{ FT_PAM_CONVERSATION, PAM_CONV_ERR, X, X, X, X, X, X },
	{ FT_PAM_CONVERSATION_LATER, PAM_INCOMPLETE, X, X, X, X, X, X },
	{ FT_PAM_TRIES, PAM_MAXTRIES, X, X, X, X, X, X },
	{ FT_PAM_SILENCED, PAM_AUTHINFO_UNAVAIL, X, X, X, X, X, X },
	{ FT_PAM_THROTTLED, PAM_AUTHINFO_UNAVAIL, X, X, X, X, X, X },
	{ FT_PAM_UNTOLD, PAM_AUTH_ERR, PAM_PERM_DENIED, OK, PAM_CRED_ERR, OK, PAM_SESSION_ERR, OK },
	{ FT_PAM_UNPRIVILEGED, PAM_AUTHINFO_UNAVAIL, PAM_AUTHINFO_UNAVAIL, PAM_AUTHINFO_UNAVAIL,
	  PAM_CRED_UNAVAIL, OK, PAM_SESSION_ERR, OK },
};

static int cell(const struct cell *row, enum ft_pam_function function, bool strict)
{
	const int codes[FT_PAM_FUNCTIONS][2] = {
		{ row->auth, row->auth }, { row->lax_account, row->account },
		{ row->lax_setcred, row->setcred }, { row->lax_session, row->session },
		{ PAM_IGNORE, PAM_IGNORE }
	};

	return codes[function][strict];
}

START_TEST(every_cell)
{
	ck_assert_uint_eq(sizeof expected / sizeof *expected, FT_PAM_SITUATIONS);
	for (int s = 0; s < FT_PAM_SITUATIONS; s++)
		for (int f = 0; f < FT_PAM_FUNCTIONS; f++)
			for (int strict = 0; strict < 2; strict++)
				for (int ignore = 0; ignore < 2; ignore++) {
					ck_assert_int_eq((int)expected[s].situation, s);
					int want =
						cell(&expected[s], (enum ft_pam_function)f, strict);
					struct ft_pam_decision got = ft_pam_decide(
						(enum ft_pam_situation)s, (enum ft_pam_function)f,
						strict, ignore);

					if (want == PAM_USER_UNKNOWN && ignore)
						want = PAM_IGNORE;
					if (want == X)
						want = f == FT_PAM_SESSION ? PAM_SESSION_ERR :
									     PAM_SERVICE_ERR;
					ck_assert_msg(got.code == want,
						      "situation %d, %s, strict %d: %d, not %d", s,
						      ft_pam_function_names[f], strict, got.code,
						      want);
				}
}
END_TEST

/* The rules that the table follows, whatever its cells are. */
START_TEST(rules)
{
	for (int s = 0; s < FT_PAM_SITUATIONS; s++)
		for (int f = 0; f < FT_PAM_FUNCTIONS; f++)
			for (int strict = 0; strict < 2; strict++)
				for (int ignore = 0; ignore < 2; ignore++) {
					int code = ft_pam_decide((enum ft_pam_situation)s,
								 (enum ft_pam_function)f, strict,
								 ignore)
							   .code;

					ck_assert_int_ne(code, PAM_NEW_AUTHTOK_REQD);
					if (f == FT_PAM_SETCRED)
						ck_assert_int_ne(code, PAM_IGNORE);
					if (f == FT_PAM_PASSWORD)
						ck_assert_int_eq(code, PAM_IGNORE);
					else if (code == PAM_IGNORE)
						ck_assert(s == FT_PAM_NOT_CONFIGURED ||
							  s == FT_PAM_NOT_OURS ||
							  (s == FT_PAM_UNMAPPED &&
							   f != FT_PAM_ACCOUNT));
					if (f == FT_PAM_SESSION)
						ck_assert(code == PAM_SUCCESS ||
							  code == PAM_IGNORE ||
							  code == PAM_SESSION_ERR);
					if (f == FT_PAM_AUTH && code == PAM_SUCCESS)
						ck_assert_int_eq(s, FT_PAM_FRESH);
					ck_assert(ft_pam_code_possible((enum ft_pam_function)f,
								       code));
				}
	ck_assert(!ft_pam_code_possible(FT_PAM_SETCRED, PAM_IGNORE));
	ck_assert(!ft_pam_code_possible(FT_PAM_SESSION, PAM_AUTH_ERR));
	ck_assert(!ft_pam_code_possible(FT_PAM_ACCOUNT, PAM_NEW_AUTHTOK_REQD));
	ck_assert(!ft_pam_code_possible(FT_PAM_AUTH, 99));
}
END_TEST

START_TEST(hints)
{
	for (int s = 0; s < FT_PAM_SITUATIONS; s++)
		for (int f = 0; f < FT_PAM_FUNCTIONS; f++)
			for (int strict = 0; strict < 2; strict++)
				ck_assert_int_eq(
					ft_pam_decide((enum ft_pam_situation)s,
						      (enum ft_pam_function)f, strict, false)
						.hint,
					f == FT_PAM_ACCOUNT && !strict &&
						(s == FT_PAM_NEVER || s == FT_PAM_LOGIN_NEEDED ||
						 s == FT_PAM_DOWN || s == FT_PAM_UNTOLD));
}
END_TEST

/* A number that is no situation is a mistake, and a mistake lets nobody in. */
START_TEST(out_of_range)
{
	ck_assert_int_eq(ft_pam_decide((enum ft_pam_situation)99, FT_PAM_ACCOUNT, false, true).code,
			 PAM_SERVICE_ERR);
}
END_TEST

START_TEST(flags_of_setcred)
{
	static const unsigned flags[] = {
		PAM_ESTABLISH_CRED, PAM_DELETE_CRED, PAM_REINITIALIZE_CRED, PAM_REFRESH_CRED
	};
	static const enum ft_pam_cred kinds[] = {
		FT_CRED_ESTABLISH, FT_CRED_DELETE, FT_CRED_REFRESH, FT_CRED_REFRESH
	};

	for (unsigned set = 0; set < 16; set++) {
		unsigned value = 0, n = 0, last = 0;

		for (unsigned i = 0; i < 4; i++)
			if ((set >> i & 1u) != 0) {
				value |= flags[i];
				last = i;
				n++;
			}
		enum ft_pam_cred want = n == 1 ? kinds[last] : FT_CRED_NONE;

		ck_assert_int_eq((int)ft_pam_cred((int)value), (int)want);
		ck_assert_int_eq((int)ft_pam_cred((int)(value | PAM_SILENT)), (int)want);
	}
}
END_TEST

int main(void)
{
	const TTest *const tests[] = { every_cell,	 rules, hints, out_of_range,
				       flags_of_setcred, NULL };

	return unit_run("pam-decide", tests);
}

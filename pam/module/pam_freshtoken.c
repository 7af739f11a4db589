/* SPDX-License-Identifier: MIT */
/*
 * pam_freshtoken.so - the six functions that PAM calls
 *
 * auth proves who signs in; account asks whether the sign-in is still good;
 * setcred and open_session bring fresh tokens to where git and docker look.
 * freshtoken-pam does all of it (talk.h); nothing that faces a network, a
 * user's file or a configuration runs in this process.
 */
#include "config.h"
#include "pam/wire/libpam.h"

#include "pam/module/kept.h"
#include "pam/module/talk.h"
#include "pam/wire/decide.h"

#define EXPORTED __attribute__((visibility("default")))

EXPORTED int pam_sm_authenticate(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	return ft_talk(pamh, FT_PAM_AUTH, flags, argc, argv);
}

EXPORTED int pam_sm_acct_mgmt(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	return ft_talk(pamh, FT_PAM_ACCOUNT, flags, argc, argv);
}

EXPORTED int pam_sm_setcred(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	switch (ft_pam_cred(flags)) {
	case FT_CRED_ESTABLISH:
	case FT_CRED_REFRESH:
		return ft_talk(pamh, FT_PAM_SETCRED, flags, argc, argv);
	case FT_CRED_DELETE:
		ft_kept_forget(pamh);
		return PAM_SUCCESS;
	default:
		return PAM_SERVICE_ERR;
	}
}

EXPORTED int pam_sm_open_session(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	return ft_talk(pamh, FT_PAM_SESSION, flags, argc, argv);
}

/* The tokens stay: other sessions of the user may need them. */
EXPORTED int pam_sm_close_session(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	(void)pamh, (void)flags, (void)argc, (void)argv;
	return PAM_SUCCESS;
}

/* Passwords are changed at the service, not here: IGNORE in both phases. When another module has
 * changed the local password, a seal key that is locked with the old one is locked with the new. */
EXPORTED int pam_sm_chauthtok(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	if (((unsigned)flags & PAM_UPDATE_AUTHTOK) != 0 && ft_talk_seals(argc, argv))
		(void)ft_talk(pamh, FT_PAM_PASSWORD, flags, argc, argv);
	return PAM_IGNORE;
}

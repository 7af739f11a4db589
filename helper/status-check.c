/*
 * freshtoken status --check: what the service itself says, without spending anything
 *
 * The refresh token is asked about, for it is the sign-in (RFC 7662 takes it as well as an
 * access token); where there is none, or this client may not ask, the access token is
 * shown to UserInfo.
 */
#include "config.h"
#include "status.h"

#include <stdio.h>
#include <string.h>

#include "context.h"
#include "identity.h"
#include "terminal.h"

static int ask(struct ft_service *service, const struct ft_record *record, bool alive,
	       struct ft_error *err)
{
	struct ft_identity identity = { .expires_at = -1 };
	int r = ft_service_discover(service, NULL, err);

	if (r == 0 && record->refresh_token.data != NULL && ft_identity_can_introspect(service))
		r = ft_identity_introspect(service, &record->refresh_token, &identity, err);
	else if (r == 0)
		r = FT_NOT_FOUND;
	if (r == FT_NOT_FOUND) {
		/* That an old access token is refused says nothing of the sign-in. */
		if (!alive)
			return ft_error_set(err, FT_NOT_FOUND, "the service tells this client only about a good access"
					    " token; run: freshtoken refresh %s", service->account->name);
		r = ft_identity_of_token(service, &record->access_token, &identity, err);
	}
	ft_identity_release(&identity);
	return r;
}

/* Only a sign-in that looks good is worth a question. */
static bool is_worth(const struct freshtoken_status *status)
{
	return status->verdict == FT_FRESH || status->verdict == FT_REFRESHABLE ||
	       status->verdict == FT_UNREACHABLE;
}

void ft_status_check(struct freshtoken *ft, const char *name, struct freshtoken_status *status)
{
	struct ft_record record = { .lifetime = -1 };
	const struct ft_account *account = NULL;
	struct ft_service service;
	struct ft_error err = { 0, "" };
	bool damaged;

	if (!is_worth(status) || ft_context_account(ft, name, &account, NULL) != 0 ||
	    ft_context_read(ft, name, name, &record, &damaged, NULL) != 0 ||
	    ft_service_init(ft, account, &service, NULL) != 0) {
		ft_record_release(&record);
		return;
	}
	ft_service_proxy_from_environment(&service);
	ft_terminal_progress("asking %s", service.server);
	int r = ask(&service, &record, status->verdict == FT_FRESH, &err);

	ft_terminal_progress_end();
	if (r == 0) {
		(void)snprintf(status->reason, sizeof status->reason, "the service says that the sign-in is good");
	} else if (r == FT_LOGIN_NEEDED) {
		status->verdict = FT_NEEDS_LOGIN;
		(void)snprintf(status->reason, sizeof status->reason, "the service says that the sign-in is over;"
			       " run: freshtoken login %s", account->from != NULL ? account->from : name);
	} else {
		if (r == FT_TEMPORARY)
			status->verdict = FT_UNREACHABLE;
		(void)snprintf(status->reason, sizeof status->reason, "could not be checked: %.900s", err.text);
	}
	ft_service_release(&service);
	ft_record_release(&record);
}

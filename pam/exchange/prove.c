/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "pam/exchange/prove.h"

#include <stdlib.h>
#include <string.h>

#include "lib/service/identity.h"
#include "pam/exchange/probe.h"

/* The service has issued the token, and fails when asked for its subject. It is down only if it
 * fails for a made-up token too. */
static struct ft_finding unsaid(struct ft_call *call, const struct ft_error *err)
{
	if (call->service.unshown)
		return ft_found_error(FT_PAM_LOGIN_NEEDED, err, NULL);
	if (ft_probe_identity(call) == FT_PROBE_DOWN)
		return ft_found_error(FT_PAM_DOWN, err, NULL);
	return ft_found_error(FT_PAM_LOGIN_NEEDED, err,
			      "the service fails when asked whose the access token is");
}

static struct ft_finding name_of(struct ft_call *call, const struct ft_signin *signin, char **ret)
{
	const char *name =
		call->account->identity != NULL ? signin->identity : signin->judgement.subject;
	struct ft_identity identity = FT_IDENTITY_INIT;
	struct ft_error err;

	*ret = NULL;
	if (name != NULL) {
		*ret = strdup(name);
		return *ret != NULL ? ft_found(FT_PAM_FRESH, "%s", "") :
				      ft_found(FT_PAM_NO_MEMORY, "out of memory");
	}
	int r = ft_identity_of_token(&call->service, &signin->judgement.access_token, &identity,
				     &err);

	switch (r) {
	case 0:
		*ret = identity.name;
		identity.name = NULL;
		ft_identity_release(&identity);
		return ft_found(FT_PAM_FRESH, "%s", "");
	case FT_LOGIN_NEEDED:
		return ft_found(FT_PAM_DISABLED, "%s, though it has just issued it", err.text);
	case FT_NOT_FOUND:
		return ft_found(FT_PAM_DENIED, "%s; so nobody knows who signed in", err.text);
	case FT_TEMPORARY:
		return unsaid(call, &err);
	default:
		return ft_found_wrong(&err);
	}
}

struct ft_finding ft_prove(struct ft_call *call, const struct ft_signin *signin)
{
	const char *expected = call->person.subject;
	char *name = NULL, quoted[FT_ERROR_QUOTED];
	struct ft_finding finding = name_of(call, signin, &name);

	/* The whole string must be equal byte by byte. */
	if (finding.situation == FT_PAM_FRESH &&
	    (expected == NULL || strcmp(name, expected) != 0)) {
		finding = ft_found(FT_PAM_DENIED, "it is \"%s\" who signed in, not \"%.200s\"",
				   ft_error_quoted(name, 200, quoted),
				   expected != NULL ? expected : "");
		finding.told = "somebody else approved it, not the user who logs in";
	}
	free(name);
	return finding;
}

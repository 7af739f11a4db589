/* SPDX-License-Identifier: MIT */
/* auth=password: where the vendor has a login endpoint for it */
#include "config.h"
#include "pam/auth/ways.h"

#include <string.h>

#include "pam/call/say.h"
#include "pam/wire/libpam.h"
#include "pam/wire/wire.h"

#define FOREVER (INT64_C(24) * 3600 * 1000)

struct ft_finding ft_auth_password(struct ft_call *call, struct ft_proof *ret)
{
	/* A user who is not mapped gets the same prompt, and nothing is sent to the service. */
	const char *name = call->person.subject != NULL ? call->person.subject : "";
	struct ft_variables variables = { 0 };
	struct ft_finding finding;
	struct ft_error err;
	int code = PAM_SUCCESS;

	call->way = "password";
	ft_say_prompt(PAM_PROMPT_ECHO_OFF, "Password of %.100s at %.200s: ", call->user,
		      call->service.server);
	int r = ft_say_answer(ft_wire_now() + FOREVER, &variables.password, &code);

	if (r == FT_NO_MEMORY ||
	    (r == 0 && ft_secret_set(&variables.username, name, strlen(name)) != 0)) {
		finding = ft_found(FT_PAM_NO_MEMORY, "out of memory");
	} else if (r != 0) {
		finding = ft_auth_silent(code);
	} else if (variables.password.len == 0) {
		finding = ft_found(FT_PAM_DENIED, "an empty password");
	} else if (call->person.subject == NULL) {
		finding = ft_found(FT_PAM_DENIED, "the user is not mapped");
	} else {
		r = ft_service_discover(&call->service, NULL, &err);
		if (r == 0)
			ft_service_prepare_keys(&call->service);
		if (r == 0)
			r = ft_signin_exchange(&call->service, FT_REQUEST_LOGIN, &variables,
					       &ret->signin, &err);
		finding = r == 0 ? ft_found(FT_PAM_FRESH, "%s", "") :
				   ft_auth_failed(&ret->signin, r, &err);
	}
	ft_variables_release(&variables);
	return finding;
}

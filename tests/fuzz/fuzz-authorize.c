/* SPDX-License-Identifier: MIT */
/* authorize.h: the query in the redirect from a browser; any user of this machine can send one */
#include "config.h"

#include <string.h>

#include "lib/signin/authorize.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct ft_param members[] = {
		{ (char *)"issuer", (char *)"https://sso.example.com" },
		{ (char *)"authorization_response_iss_parameter_supported", (char *)"true" },
	};
	static const struct ft_account account = { .name = (char *)"work" };
	struct ft_service service = {
		.account = &account, .server = (char *)"https://sso.example.com",
		.metadata = { members, 2 },
	};
	struct ft_authorize authorize = FT_AUTHORIZE_INIT;
	char *query = strndup((const char *)data, size);
	struct ft_error err = FT_ERROR_INIT;

	MUST(query != NULL && ft_secret_set(&authorize.variables.state, "s-1 &=", 6) == 0);
	int r = ft_authorize_answer(&service, &authorize, query, &err);

	MUST(r == 0 || r == FT_NOT_FOUND || r == FT_LOGIN_NEEDED || r == FT_UNTRUSTED);
	MUST((r == 0) == (authorize.variables.code.data != NULL));
	MUST((r == 0) == (err.text[0] == '\0'));
	/* It is ours only with the state that was made for it, in whatever way that is encoded. */
	if (r != FT_NOT_FOUND)
		MUST(strstr(query, "state=") != NULL);
	if (r == 0)
		MUST(strstr(query, "code=") != NULL && strstr(query, "iss=") != NULL);
	ft_authorize_release(&authorize);
	free(query);
	return 0;
}

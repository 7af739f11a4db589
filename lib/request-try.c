/* Whether the requests of an account can be made at all, before anybody is asked for anything. */
#include "config.h"
#include "request.h"

int ft_request_try(const struct ft_account *account, const struct ft_profile *profile, struct ft_error *err)
{
	static const enum ft_request_kind kinds[] = { FT_REQUEST_LOGIN, FT_REQUEST_REFRESH };
	static char word[] = "x";
	const struct ft_secret x = { word, 1 };
	const struct ft_variables variables = {
		.refresh_token = x, .access_token = x, .username = x, .password = x, .client_secret = x,
	};
	const struct ft_metadata nothing = { NULL, 0 };
	int r = 0;

	for (size_t i = 0; r == 0 && i < sizeof kinds / sizeof *kinds; i++) {
		struct ft_buf message = FT_BUF_INIT(64 * 1024);

		/* What only the service tells is not known here. */
		if (ft_request_needs_discovery(profile, kinds[i]) ||
		    (kinds[i] == FT_REQUEST_LOGIN && !profile->login.present))
			continue;
		r = ft_request_render(account, profile, kinds[i], &variables, &nothing, NULL, NULL, &message, err);
		ft_buf_release(&message);
	}
	return r;
}

/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "pam/user/seal-key.h"

#include <stdlib.h>

#include "lib/store/login-key.h"
#include "pam/user/user.h"

int ft_user_seal(const struct ft_call *call, void *data, int fd)
{
	const struct ft_seal_step_of *of = data;
	struct ft_error err = FT_ERROR_INIT;
	char *state = NULL;
	int r = ft_user_state(call, &state, &err);

	if (r == 0 && of->step == FT_SEAL_OPEN_KEY)
		r = ft_login_key_open(state, of->password, of->keep, &err);
	else if (r == 0 && of->step == FT_SEAL_KEEP_KEY)
		r = ft_login_key_keep(state, of->password, of->make, of->keep, &err);
	else if (r == 0 && of->step == FT_SEAL_LOOK_KEY)
		r = ft_login_key_look(state, of->keep, of->key, &err);
	else if (r == 0 && of->step == FT_SEAL_PUT_KEY)
		r = ft_login_key_put(state, of->key, of->keep, &err);
	else if (r == 0)
		r = ft_login_key_change(state, of->old, of->password, &err);
	free(state);
	return ft_user_done(fd, r, &err);
}

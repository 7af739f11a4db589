/* SPDX-License-Identifier: MIT */
/*
 * freshtoken-bearer-ACCOUNT - prints "Bearer TOKEN", for programs that run a command without
 * arguments, such as pnpm's tokenHelper. So the name of the link holds the account's name.
 */
#include "config.h"
#include "helper/cli/command.h"

#include <string.h>

#include "helper/protocol/tongue.h"

static int run(const struct ft_args *args)
{
	const char *account = args->program + strlen("freshtoken-bearer-");
	struct ft_buf answer = FT_BUF_INIT(FT_TONGUE_ANSWER_MAX);
	struct ft_tongue tongue = { .account = NULL };
	struct ft_error err;
	int r = ft_tongue_open(&tongue, account, &err);

	if (r == 0)
		r = ft_tongue_get(&tongue, NULL, &err);
	if (r == 0) {
		ft_tongue_add_bearer(&answer, &tongue);
		ft_buf_adds(&answer, "\n");
	}
	r = r == 0 ? ft_output(&answer) : ft_fail(&err);
	ft_buf_release(&answer);
	ft_tongue_release(&tongue);
	return r;
}

const struct ft_command ft_command_bearer = {
	.name = "bearer",
	.operands = "",
	.summary = "print \"Bearer TOKEN\" of the account in the name of the link",
	.help =
"Prints \"Bearer TOKEN\" with a good access token of the account whose name comes\n"
"after \"freshtoken-bearer-\" in the name of this link.\n",
	.run = run,
};

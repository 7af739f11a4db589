#include "config.h"
#include "helper/cli/command.h"
#include "lib/core/context.h"

static int run(const struct ft_args *args)
{
	const struct ft_need need = { .min_lifetime = 0 };
	struct freshtoken_token *token = NULL;
	struct freshtoken *ft = NULL;
	struct ft_error err;
	int r = ft_open_for(&ft, args->operands[0]);

	if (r != FT_EXIT_DONE)
		return r;
	if (ft_context_get(ft, args->operands[0], &need, FT_PATIENCE_WAIT, &token, &err) == 0) {
		struct ft_buf buf = FT_BUF_INIT(1024 * 1024);

		ft_buf_addf(&buf, "%s\n", ft_token_access(token));
		r = ft_output(&buf);
		ft_buf_release(&buf);
	} else {
		r = ft_fail(&err);
	}
	ft_token_free(token);
	ft_context_close(ft);
	return r;
}

const struct ft_command ft_command_token = {
	.name = "token",
	.operands = "ACCOUNT",
	.min = 1, .max = 1,
	.summary = "print a good access token",
	.help =
"Prints an access token of ACCOUNT that is good now, and refreshes it before\n"
"where that is needed. For a program that takes it on stdin or from a file; in\n"
"a shell:  curl -H @<(printf 'Authorization: Bearer '; freshtoken token ACCOUNT)\n",
	.run = run,
};

/* SPDX-License-Identifier: MIT */
/* freshtoken headers URL - prints the headers for a request as one JSON object, for programs that
 * run a command to get them (headersHelper of MCP clients) */
#include "config.h"
#include "helper/cli/command.h"

#include "helper/protocol/tongue.h"

static int run(const struct ft_args *args)
{
	struct ft_buf answer = FT_BUF_INIT(FT_TONGUE_ANSWER_MAX);
	struct ft_tongue tongue = { .account = NULL };
	struct ft_error err;
	int r = ft_tongue_find(&tongue, args->operands[0], NULL, &err);

	if (r == 0 && tongue.account == NULL)
		r = ft_error_set(&err, FT_NOT_FOUND, "no account matches this URL" FT_REMEDY
				"see: freshtoken list; freshtoken add makes another");
	if (r == 0)
		r = ft_tongue_get(&tongue, NULL, &err);
	if (r == 0) {
		ft_buf_adds(&answer, "{\"Authorization\":");
		ft_tongue_add_bearer_json(&answer, &tongue);
		ft_buf_adds(&answer, "}\n");
	}
	r = r == 0 ? ft_output(&answer) : ft_fail(&err);
	ft_buf_release(&answer);
	ft_tongue_release(&tongue);
	return r;
}

const struct ft_command ft_command_headers = {
	.name = "headers",
	.operands = "URL",
	.min = 1, .max = 1,
	.summary = "print the headers that a request to URL needs, as JSON",
	.help =
"Prints {\"Authorization\":\"Bearer TOKEN\"} with a good access token of the account\n"
"that matches URL. For programs that run a command to get their headers, as MCP\n"
"clients do (headersHelper).\n",
	.run = run,
};

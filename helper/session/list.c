/* SPDX-License-Identifier: MIT */
/* freshtoken list - lists the accounts, and what they serve */
#include "config.h"
#include "helper/cli/command.h"

#include <stdlib.h>
#include <string.h>

#include "lib/core/context.h"

enum { JSON };

#define OUTPUT_MAX (16 * 1024 * 1024)

static void add_json(struct ft_buf *buf, const struct ft_account *account, const char *server)
{
	ft_buf_adds(buf, "{\"account\":");
	ft_output_json(buf, account->name);
	ft_buf_adds(buf, ",\"provider\":");
	ft_output_json(buf, account->provider);
	ft_buf_adds(buf, ",\"server\":");
	if (server != NULL)
		ft_output_json(buf, server);
	else
		ft_buf_adds(buf, "null");
	ft_buf_adds(buf, ",\"match\":[");
	for (size_t i = 0; i < account->match.n; i++) {
		ft_buf_adds(buf, i > 0 ? "," : "");
		ft_output_json(buf, account->match.list[i]);
	}
	ft_buf_adds(buf, "]}");
}

static void add_line(struct ft_buf *buf, const struct ft_account *account, const char *server)
{
	ft_buf_addf(buf, "%s\t", account->name);
	ft_output_cell(buf, account->provider, 0, false);
	ft_buf_adds(buf, "\t");
	ft_output_cell(buf, server, 0, false);
	ft_buf_adds(buf, "\t");
	for (size_t i = 0; i < account->match.n; i++) {
		ft_buf_adds(buf, i > 0 ? " " : "");
		ft_output_cell(buf, account->match.list[i], 0, false);
	}
	ft_buf_adds(buf, account->match.n > 0 ? "\n" : "-\n");
}

static int run(const struct ft_args *args)
{
	struct ft_buf buf = FT_BUF_INIT(OUTPUT_MAX);
	bool json = FT_OPTION_GIVEN(args, JSON);
	struct freshtoken *ft = NULL;
	int r = ft_open_for(&ft, NULL);

	if (r != FT_EXIT_DONE)
		return r;
	if (ft->accounts.n == 0)
		ft_say("there is no account yet; run: freshtoken add ACCOUNT --server URL");
	ft_buf_adds(&buf, json ? "{\"accounts\":[" : "");
	for (size_t i = 0; i < ft->accounts.n; i++) {
		const struct ft_account *account = &ft->accounts.list[i];
		char *server = NULL;

		/* doctor reports a profile that cannot be read. */
		if (ft_context_server(ft, account, &server, NULL) != 0)
			server = NULL;
		if (json && i > 0)
			ft_buf_adds(&buf, ",");
		if (json)
			add_json(&buf, account, server);
		else
			add_line(&buf, account, server);
		free(server);
	}
	ft_buf_adds(&buf, json ? "]}\n" : "");
	if (buf.len > 0)
		r = ft_output(&buf);
	r = r != FT_EXIT_DONE ? r : ft_all_known(ft);
	ft_buf_release(&buf);
	ft_context_close(ft);
	return r;
}

const struct ft_command ft_command_list = {
	.name = "list",
	.operands = "",
	.summary = "list the accounts, and what they serve",
	.help =
"Prints a line for each account: its name, provider, server and what it matches,\n"
"separated by tabs. No service is contacted; \"freshtoken status\" shows what\n"
"is fresh.\n",
	.options = {
		{ "--json", "print one JSON object" },
	},
	.run = run,
};

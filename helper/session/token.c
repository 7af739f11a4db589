/* SPDX-License-Identifier: MIT */
/* freshtoken token ACCOUNT - prints a good token, in the format that the caller wants */
#include "config.h"
#include "helper/cli/command.h"

#include <string.h>

#include "lib/core/context.h"

enum { FORMAT };

#define OUTPUT_MAX (1024 * 1024)

static void plain(struct ft_buf *buf, const struct freshtoken_token *token)
{
	ft_buf_addf(buf, "%s\n", ft_token_access(token));
}

static void bearer(struct ft_buf *buf, const struct freshtoken_token *token)
{
	ft_buf_addf(buf, "Bearer %s\n", ft_token_access(token));
}

static void header(struct ft_buf *buf, const struct freshtoken_token *token)
{
	ft_buf_addf(buf, "Authorization: Bearer %s\n", ft_token_access(token));
}

static void json(struct ft_buf *buf, const struct freshtoken_token *token)
{
	const char *type = ft_token_type(token);

	ft_buf_adds(buf, "{\"access_token\":");
	ft_output_json(buf, ft_token_access(token));
	ft_buf_adds(buf, ",\"token_type\":");
	/* The type, if the service does not state one. */
	ft_output_json(buf, type != NULL ? type : "Bearer");
	ft_buf_adds(buf, ",\"expires_at\":");
	if (ft_token_expires_at(token) >= 0) {
		ft_buf_adds(buf, "\"");
		ft_output_time(buf, ft_token_expires_at(token));
		ft_buf_adds(buf, "\"}\n");
	} else {
		ft_buf_adds(buf, "null}\n");
	}
}

static void id(struct ft_buf *buf, const struct freshtoken_token *token)
{
	ft_buf_addf(buf, "%s\n", ft_token_id(token));
}

static const struct format {
	const char *name;
	void (*add)(struct ft_buf *buf, const struct freshtoken_token *token);
	bool alone;	/* the program that gets it has no key for a proof */
} formats[] = {
	{ "plain", plain, false }, { "bearer", bearer, true }, { "header", header, true },
	{ "json", json, false }, { "id", id, false },
};

static const struct format *find_format(const char *name)
{
	for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
		if (name == NULL || strcmp(name, formats[i].name) == 0)
			return &formats[i];
	return NULL;
}

static int run(const struct ft_args *args)
{
	const struct format *format = find_format(FT_OPTION_VALUE(args, FORMAT));
	struct freshtoken_token *token = NULL;
	struct freshtoken *ft = NULL;
	struct ft_error err;

	if (format == NULL)
		return ft_usage(args,
				"--format: \"%s\" is not one of plain, bearer, header, json and id",
				FT_OPTION_VALUE(args, FORMAT));
	const struct ft_need need = { .id_token = format->add == id };
	int r = ft_open_for(&ft, args->operands[0]);

	if (r != FT_EXIT_DONE)
		return r;
	if (ft_context_get(ft, args->operands[0], &need, FT_PATIENCE_WAIT, &token, &err) == 0 &&
	    (!format->alone || ft_token_check_alone(token, &err) == 0)) {
		struct ft_buf buf = FT_BUF_INIT(OUTPUT_MAX);

		format->add(&buf, token);
		r = ft_output(&buf);
		ft_tell_end(ft, token);
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
	.summary = "print a good access token, or ID token",
	.help =
"Prints a good access token of ACCOUNT, and refreshes it first if that is\n"
"needed. For programs that take a token on stdin or from a file; in a shell:\n"
"  curl -H @<(freshtoken token ACCOUNT --format header)\n"
"\n"
"FORMAT is one of\n"
"\n"
"  plain   the token alone; this is what is printed without --format\n"
"  bearer  Bearer TOKEN\n"
"  header  Authorization: Bearer TOKEN\n"
"  json    {\"access_token\",\"token_type\",\"expires_at\"}; expires_at is in UTC, and\n"
"          null where nobody knows\n"
"  id      the ID token, of an account with id_token = yes\n"
"\n"
"bearer and header are refused where tokens are bound to a key (dpop = yes).\n"
"\n"
"Mail programs that sign in with XOAUTH2 take the first line.\n",
	.options = {
		[FORMAT] = { "--format FORMAT", "how it is printed" },
	},
	.run = run,
};

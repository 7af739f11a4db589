/* SPDX-License-Identifier: MIT */
/*
 * freshtoken terraform, terraform-credentials-freshtoken - the credentials helper of Terraform and
 * OpenTofu
 *  - "get HOST" prints {"token"}, or {} if no account matches; then Terraform continues without a
 *    token.
 *  - store and forget change nothing. An account's token is freshtoken's, and "terraform login"
 *    would replace it. For a host that no account matches, store fails: otherwise the token that
 *    was just issued would be lost without a message.
 *  - If store fails, Terraform shows stderr. If get fails, Terraform (1.11) does not: it continues
 *    without a token, and shows a 401.
 */
#include "config.h"
#include "helper/cli/command.h"

#include <string.h>

#include "helper/protocol/tongue.h"

/* Finds the account for HOST or HOST:PORT. Characters that would change the structure of a URL are
 * refused. */
static int find(struct ft_tongue *tongue, const char *host, struct ft_error *err)
{
	struct ft_buf url = FT_BUF_INIT(FT_TONGUE_REQUEST_MAX);
	int r = 0;

	if (strpbrk(host, "/@?#\\") != NULL)
		return ft_error_set(err, FT_UNTRUSTED, "\"%.200s\" is not a host name", host);
	ft_buf_adds(&url, "https://");
	ft_buf_adds(&url, host);
	r = ft_buf_check(&url, "the host", err);
	if (r == 0)
		r = ft_tongue_find(tongue, url.data, NULL, err);
	ft_buf_release(&url);
	return r;
}

static int get(struct ft_tongue *tongue, const char *host, struct ft_buf *answer,
	       struct ft_error *err)
{
	int r;

	(void)host;
	if (tongue->account == NULL) {
		ft_buf_adds(answer, "{}\n");
		return 0;
	}
	r = ft_tongue_get(tongue, NULL, err);
	if (r == 0) {
		ft_buf_adds(answer, "{\"token\":");
		ft_output_json(answer, ft_token_access(tongue->token));
		ft_buf_adds(answer, "}\n");
	}
	return r;
}

static int store(struct ft_tongue *tongue, const char *host, struct ft_buf *answer,
		 struct ft_error *err)
{
	(void)answer;
	if (tongue->account == NULL)
		return ft_error_set(err, FT_CONFIG, "no account matches %s: its token is not stored"
				    FT_REMEDY "take credentials_helper out of the CLI "
				    "configuration, or run: freshtoken add NAME --server URL "
				    "--match %s", host, host);
	ft_say("%s is served by the account %s: the token was not stored", host, tongue->account);
	return 0;
}

static int forget(struct ft_tongue *tongue, const char *host, struct ft_buf *answer,
		  struct ft_error *err)
{
	(void)host;
	(void)answer;
	(void)err;
	if (tongue->account != NULL)
		ft_say("the sign-in is kept; to end it, run: freshtoken logout %s",
		       tongue->account);
	return 0;
}

static const struct {
	const char *name;
	int (*serve)(struct ft_tongue *tongue, const char *host, struct ft_buf *answer,
		     struct ft_error *err);
} actions[] = { { "get", get }, { "store", store }, { "forget", forget } };

static int run(const struct ft_args *args)
{
	struct ft_buf answer = FT_BUF_INIT(FT_TONGUE_ANSWER_MAX);
	struct ft_tongue tongue = { .account = NULL };
	struct ft_error err;
	size_t i = 0, n = sizeof actions / sizeof *actions;

	while (i < n && strcmp(args->operands[0], actions[i].name) != 0)
		i++;
	if (i == n)
		return ft_usage(args, "unknown action \"%s\"", args->operands[0]);
	int r = find(&tongue, args->operands[1], &err);

	if (r == 0)
		r = actions[i].serve(&tongue, args->operands[1], &answer, &err);
	r = r == 0 ? ft_output(&answer) : ft_fail(&err);
	ft_buf_release(&answer);
	ft_tongue_release(&tongue);
	return r;
}

const struct ft_command ft_command_terraform = {
	.name = "terraform",
	.operands = "ACTION HOST",
	.min = 2, .max = 2,
	.summary = "the credentials helper of Terraform and OpenTofu (they call this)",
	.help =
"ACTION is get, store or forget. get answers with {\"token\":\"TOKEN\"} for HOST,\n"
"with {} where no account matches; the others change nothing. Terraform and\n"
"OpenTofu call this as terraform-credentials-freshtoken.\n",
	.run = run,
};

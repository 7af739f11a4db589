/* SPDX-License-Identifier: MIT */
/*
 * freshtoken bazel, bazel-credential-freshtoken - the credential-helper protocol of Bazel,
 * Buildbarn, uv and others (github.com/EngFlow/credential-helper-spec)
 *  - The request is one JSON object, {"uri"}, and so is the answer, {"headers", "expires"}. Unknown
 *    members are ignored.
 *  - A URI of a gRPC service may begin with grpcs:// instead of https://: TLS to the same host.
 *  - If no account matches the URI, the answer is {}, and the client continues without credentials.
 *  - The client shows stderr if the exit status is not 0, and discards it otherwise.
 *  - Bazel keeps an answer without "expires" for 30 minutes, and some versions cannot read one with
 *    a fraction. So it is always there, in whole seconds.
 *  - Bazel kills a helper after 10 s, and then does not show what it had printed.
 */
#include "config.h"
#include "helper/cli/command.h"

#include <string.h>
#include <strings.h>

#include "helper/protocol/tongue.h"
#include "lib/base/moment.h"

#define PATIENCE 9	/* seconds */

static int read_uri(struct json_object **request, const char **ret, struct ft_error *err)
{
	int r = ft_tongue_read(request, err);

	if (r == 0 && (*ret = ft_json_string(*request, "uri")) == NULL)
		r = ft_error_set(err, FT_UNTRUSTED, "the request has no \"uri\" that is a string");
	return r;
}

static void add_answer(struct ft_buf *answer, const struct ft_tongue *tongue)
{
	ft_buf_adds(answer, "{\"headers\":{\"Authorization\":[");
	ft_tongue_add_bearer_json(answer, tongue);
	ft_buf_adds(answer, "]},\"expires\":\"");
	ft_tongue_add_time(answer, ft_tongue_expires(tongue));
	ft_buf_adds(answer, "\"}\n");
}

/* Short enough that the client reads the reason, however long the account's `wait` is. */
static int get_token(struct ft_tongue *tongue, struct ft_error *err)
{
	struct ft_need need = { .unknown_life = FT_TONGUE_UNKNOWN_LIFE };
	const struct ft_account *account = NULL;
	int r = ft_context_account(tongue->ft, tongue->account, &account, err);

	if (r == 0 && account->wait > PATIENCE)
		need.deadline = ft_monotonic_ms() + PATIENCE * 1000;
	return r == 0 ? ft_tongue_get(tongue, &need, err) : r;
}

static int find(struct ft_tongue *tongue, const char *uri, struct ft_error *err)
{
	static const char grpcs[] = "grpcs://";
	const size_t len = sizeof grpcs - 1;
	struct ft_buf url = FT_BUF_INIT(FT_TONGUE_REQUEST_MAX);
	const bool is_grpcs = strncasecmp(uri, grpcs, len) == 0;
	int r;

	ft_buf_adds(&url, is_grpcs ? "https://" : "");
	ft_buf_adds(&url, is_grpcs ? uri + len : uri);
	r = ft_buf_check(&url, "the URL", err);
	if (r == 0)
		r = ft_tongue_find(tongue, url.data, NULL, err);
	ft_buf_release(&url);
	return r;
}

static int get(void)
{
	struct ft_buf answer = FT_BUF_INIT(FT_TONGUE_ANSWER_MAX);
	struct ft_tongue tongue = { .account = NULL };
	struct json_object *request = NULL;
	const char *uri = NULL;
	struct ft_error err;
	int r = read_uri(&request, &uri, &err);

	if (r == 0)
		r = find(&tongue, uri, &err);
	if (r == 0 && tongue.account != NULL)
		r = get_token(&tongue, &err);
	if (r == 0 && tongue.account != NULL)
		add_answer(&answer, &tongue);
	else if (r == 0)
		ft_buf_adds(&answer, "{}\n");
	r = r == 0 ? ft_output(&answer) : ft_fail(&err);
	ft_buf_release(&answer);
	ft_tongue_release(&tongue);
	json_object_put(request);
	return r;
}

static int run(const struct ft_args *args)
{
	const char *action = args->n > 0 ? args->operands[0] : "";

	if (strcmp(action, "--help") == 0 || strcmp(action, "-h") == 0)
		return ft_args_help(args);
	if (strcmp(action, "--version") == 0)
		return ft_args_version();
	if (args->n == 1 && strcmp(action, "get") == 0)
		return get();
	/* The specification: the usage, and a failure. Its clients do not look at the number. */
	(void)ft_usage(args, args->n == 0 ? "no command is given" : "the one command is get");
	return FT_EXIT_FAILED;
}

const struct ft_command ft_command_bazel = {
	.name = "bazel",
	.operands = "get",
	.raw = true,
	.summary = "the credential-helper protocol of Bazel and uv (they call this)",
	.help =
"Reads {\"uri\":\"URL\"} on stdin and answers with the headers for it and until when\n"
"they are good; with {} where no account matches. Bazel, Buildbarn and uv call\n"
"this as bazel-credential-freshtoken; \"freshtoken setup bazel\" shows what tells\n"
"them to.\n",
	.run = run,
};

/* SPDX-License-Identifier: MIT */
/*
 * freshtoken cargo, cargo-credential-freshtoken - Cargo's credential-provider protocol, version 1
 *  - Cargo starts it with --cargo-plugin, and both sides write lines of JSON: first this program,
 *    {"v":[1]}, then Cargo its requests and this program the answers, until stdin ends.
 *  - Cargo sends the token as the whole value of Authorization, so it is "Bearer TOKEN".
 *  - After "url-not-supported" Cargo asks its next provider. After another error its command fails,
 *    and it shows the message; so nothing is printed on stderr.
 */
#include "config.h"
#include "helper/cli/command.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "helper/protocol/tongue.h"

#define DEPTH 32

/* Reads a line, without its LF, into `line`; returns 0 at the end of input. What was read beyond
 * the line stays in `rest`. A last line needs no LF. */
static int read_line(struct ft_buf *rest, struct ft_buf *line, struct ft_error *err)
{
	char bytes[4096];

	ft_buf_clear(line);
	for (;;) {
		const char *end = memchr(rest->data, '\n', rest->len);
		ssize_t n = end != NULL ? 0 : read(STDIN_FILENO, bytes, sizeof bytes);

		if (end != NULL || (n == 0 && rest->len > 0)) {
			struct ft_buf after = FT_BUF_INIT(FT_TONGUE_REQUEST_MAX);
			size_t len = end != NULL ? (size_t)(end - rest->data) : rest->len;

			ft_buf_add(line, rest->data, len);
			if (end != NULL)
				ft_buf_add(&after, end + 1, rest->len - len - 1);
			ft_buf_release(rest);
			*rest = after;
			return ft_buf_check(line, "the request", err) != 0 ? err->code : 1;
		}

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return ft_error_errno(err, FT_SYSTEM, errno, "cannot read stdin");
		if (n == 0)
			return 0;
		ft_buf_add(rest, bytes, (size_t)n);
		ft_wipe(bytes, sizeof bytes);
		if (ft_buf_check(rest, "the request", err) != 0)
			return err->code;
	}
}

static void add_error(struct ft_buf *answer, const char *kind, const struct ft_error *err)
{
	ft_buf_adds(answer, "{\"Err\":{\"kind\":\"");
	ft_buf_adds(answer, kind);
	ft_buf_adds(answer, "\"");
	if (err != NULL) {
		char line[FT_ERROR_LINE];

		ft_buf_adds(answer, ",\"message\":");
		ft_output_json(answer, ft_error_line(err, line));
		ft_buf_adds(answer, ",\"caused-by\":[]");
	}
	ft_buf_adds(answer, "}}\n");
}

static void add_token(struct ft_buf *answer, const struct ft_tongue *tongue)
{
	ft_buf_adds(answer, "{\"Ok\":{\"kind\":\"get\",\"token\":");
	ft_tongue_add_bearer_json(answer, tongue);
	ft_buf_adds(answer, ",\"cache\":\"expires\",\"expiration\":");
	ft_buf_add_number(answer, (uint64_t)ft_tongue_expires(tongue));
	ft_buf_adds(answer, ",\"operation_independent\":true}}\n");
}

/* Gets the registry's URL: its index is "sparse+https://…", or the URL of a git repository. */
static int registry_url(struct json_object *request, const char **ret, struct ft_error *err)
{
	struct json_object *registry = NULL;

	if (json_object_object_get_ex(request, "registry", &registry))
		*ret = ft_json_string(registry, "index-url");
	if (*ret == NULL)
		return ft_error_set(err, FT_UNTRUSTED, "the request has no index-url");
	if (strncmp(*ret, "sparse+", 7) == 0)
		*ret += 7;
	return 0;
}

static int by_hand(const char *kind, const char *account, struct ft_error *err)
{
	return ft_error_set(err, FT_CONFIG, "account %s: cargo %s does not change its sign-in"
			    FT_REMEDY "run: freshtoken %s %s", account, kind, kind, account);
}

static void answer_request(const struct ft_buf *line, struct ft_buf *answer)
{
	struct ft_tongue tongue = { .account = NULL };
	struct json_object *request = NULL;
	const char *kind = NULL, *url = NULL;
	struct ft_error err;
	int r = ft_json_parse(line->data, line->len, DEPTH, "the request", &request, &err);

	if (r == 0 && ft_json_int(request, "v", 0) != 1)
		r = ft_error_set(&err, FT_UNTRUSTED, "the request is not of version 1");
	if (r == 0 && (kind = ft_json_string(request, "kind")) == NULL)
		r = ft_error_set(&err, FT_UNTRUSTED, "the request has no kind");
	if (r == 0)
		r = registry_url(request, &url, &err);
	if (r == 0)
		r = ft_tongue_find(&tongue, url, NULL, &err);
	bool get = r == 0 && strcmp(kind, "get") == 0;
	bool known = get || (r == 0 && (strcmp(kind, "login") == 0 || strcmp(kind, "logout") == 0));

	if (r == 0 && known && tongue.account != NULL)
		r = get ? ft_tongue_get(&tongue, NULL, &err) : by_hand(kind, tongue.account, &err);
	if (r != 0)
		add_error(answer, "other", &err);
	else if (!known)
		add_error(answer, "operation-not-supported", NULL);
	else if (tongue.account == NULL)
		add_error(answer, "url-not-supported", NULL);
	else
		add_token(answer, &tongue);
	ft_tongue_release(&tongue);
	json_object_put(request);
}

/* Writes *buf and empties it. */
static int say(struct ft_buf *buf)
{
	int r = ft_output(buf);

	ft_buf_clear(buf);
	return r;
}

static int serve(void)
{
	struct ft_buf rest = FT_BUF_INIT(FT_TONGUE_REQUEST_MAX),
		      line = FT_BUF_INIT(FT_TONGUE_REQUEST_MAX),
		      answer = FT_BUF_INIT(FT_TONGUE_ANSWER_MAX);
	struct ft_error err;
	int r, more = 1;

	ft_buf_adds(&answer, "{\"v\":[1]}\n");
	r = say(&answer);
	while (r == FT_EXIT_DONE && (more = read_line(&rest, &line, &err)) > 0) {
		answer_request(&line, &answer);
		r = say(&answer);
	}
	if (r == FT_EXIT_DONE && more < 0) {
		add_error(&answer, "other", &err);
		(void)say(&answer);
		r = FT_EXIT_FAILED;
	}
	ft_buf_release(&rest);
	ft_buf_release(&line);
	ft_buf_release(&answer);
	return r;
}

enum { PLUGIN };

static int run(const struct ft_args *args)
{
	if (!FT_OPTION_GIVEN(args, PLUGIN))
		return ft_usage(args, "--cargo-plugin is missing; Cargo gives it");
	return serve();
}

const struct ft_command ft_command_cargo = {
	.name = "cargo",
	.operands = "",
	.summary = "Cargo's credential-provider protocol (Cargo calls this)",
	.help =
"Reads Cargo's requests on stdin, a line of JSON each, and answers them on\n"
"stdout. Cargo calls this as cargo-credential-freshtoken once its config.toml\n"
"says so.\n",
	.options = { [PLUGIN] = { "--cargo-plugin", "speak the protocol; Cargo always gives it" } },
	.run = run,
};

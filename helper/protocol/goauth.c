/* SPDX-License-Identifier: MIT */
/*
 * freshtoken goauth [URL] - the go command's GOAUTH (Go 1.24 and later)
 *  - The answer has blocks of URL prefixes, an empty line, headers, and an empty line. It may have
 *    no block.
 *  - First go asks without a URL. The answer has each https prefix without "*" of the accounts that
 *    have a token without a new sign-in.
 *  - If a request to a URL fails, go asks with that URL, and the response to the request is on
 *    stdin. If that was 401 for a prefix of the first answer, the token was refused, and is not
 *    handed out again. A prefix with "*" cannot be in the first answer, so for its URLs go has had
 *    no token before.
 */
#include "config.h"
#include "helper/cli/command.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "helper/protocol/tongue.h"
#include "lib/base/url.h"

/* Makes the https prefix of a pattern, without a "*" at its end; false: it has none. */
static bool prefix_of(const char *pattern, struct ft_buf *ret)
{
	const char *rest = strstr(pattern, "://");
	size_t len;

	if (rest != NULL && strncmp(pattern, "https://", 8) != 0)
		return false;
	rest = rest != NULL ? rest + 3 : pattern;
	len = strlen(rest);
	if (len > 2 && strcmp(rest + len - 2, "/*") == 0)
		len -= 2;
	while (len > 0 && rest[len - 1] == '/')
		len--;
	if (len == 0 || memchr(rest, '*', len) != NULL)
		return false;
	ft_buf_clear(ret);
	ft_buf_adds(ret, "https://");
	ft_buf_add(ret, rest, len);
	return ret->failed == 0;
}

static bool belongs_to(struct freshtoken *ft, const char *url, const char *account)
{
	const char *found = NULL;

	return ft_context_find(ft, url, NULL, &found, NULL) == 0 && strcmp(found, account) == 0;
}

/* Writes the lines of all prefixes of an account; returns their number. */
static size_t add_prefixes(struct freshtoken *ft, const struct ft_account *account,
			   struct ft_buf *ret)
{
	struct ft_buf prefix = FT_BUF_INIT(FT_TONGUE_REQUEST_MAX);
	size_t n = 0;

	for (size_t i = 0; i < account->match.n; i++) {
		if (!prefix_of(account->match.list[i], &prefix) ||
		    !belongs_to(ft, prefix.data, account->name))
			continue;
		ft_buf_adds(ret, prefix.data);
		ft_buf_adds(ret, "\n");
		n++;
	}
	ft_buf_release(&prefix);
	return n;
}

static void add_headers(struct ft_buf *answer, const struct ft_tongue *tongue)
{
	ft_buf_adds(answer, "\nAuthorization: ");
	ft_tongue_add_bearer(answer, tongue);
	ft_buf_adds(answer, "\n\n");
}

/* If an account's token is not available, that is reported, and the others are answered. Only that
 * a sign-in is needed is not reported until go asks for one of the account's URLs. */
static void add_account(struct freshtoken *ft, const struct ft_account *account,
			struct ft_buf *answer)
{
	struct ft_tongue tongue = { .ft = ft, .account = account->name };
	size_t before = answer->len;
	struct ft_error err;

	if (account->broken || add_prefixes(ft, account, answer) == 0)
		return;
	int r = ft_tongue_get(&tongue, NULL, &err);

	if (r == 0)
		add_headers(answer, &tongue);
	else
		ft_buf_cut(answer, before);
	if (r != 0 && r != FT_LOGIN_NEEDED)
		ft_say_error(&err);
	ft_token_free(tongue.token);
}

static int all(struct ft_buf *answer)
{
	struct freshtoken *ft = NULL;
	struct ft_error err;

	if (ft_context_open(&ft, &err) != 0)
		return ft_fail(&err);
	ft_say_problems(ft, true, NULL);
	for (size_t i = 0; i < ft->accounts.n; i++)
		add_account(ft, &ft->accounts.list[i], answer);
	ft_context_close(ft);
	return FT_EXIT_DONE;
}

/* Whether stdin has a response with status 401, or nothing. The first bytes are enough. */
static bool is_refusal(void)
{
	char status[32] = "";
	size_t len = 0;
	ssize_t n;

	if (isatty(STDIN_FILENO))
		return true;
	while (len < sizeof status - 1 && ((n = read(STDIN_FILENO, status + len,
						     sizeof status - 1 - len)) > 0 ||
					   (n < 0 && errno == EINTR)))
		len += n > 0 ? (size_t)n : 0;
	status[len] = '\0';
	const char *code = strncmp(status, "HTTP/", 5) == 0 ? strchr(status, ' ') : NULL;

	return code == NULL || strncmp(code + 1, "401", 3) == 0;
}

/* Whether the URL is below a prefix that the account's first answer has. */
static bool was_told(const struct ft_account *account, const char *url)
{
	struct ft_buf prefix = FT_BUF_INIT(FT_TONGUE_REQUEST_MAX);
	bool told = false;

	for (size_t i = 0; i < account->match.n && !told; i++)
		told = prefix_of(account->match.list[i], &prefix) &&
		       strncasecmp(url, prefix.data, prefix.len) == 0 &&
		       strchr("/?", url[prefix.len]) != NULL;
	ft_buf_release(&prefix);
	return told;
}

/* Adds the prefix for which the answer is good: the URL's host if the account matches all of it,
 * else the URL itself. */
static void add_prefix(struct ft_tongue *tongue, const char *url, struct ft_buf *answer)
{
	struct ft_buf prefix = FT_BUF_INIT(FT_TONGUE_REQUEST_MAX);
	size_t path = 8 + strcspn(url + 8, "/?");

	ft_buf_add(&prefix, url, path);
	if (belongs_to(tongue->ft, prefix.data, tongue->account))
		ft_buf_adds(answer, prefix.data);
	else
		ft_buf_add(answer, url, path + strcspn(url + path, "?"));
	ft_buf_adds(answer, "\n");
	ft_buf_release(&prefix);
}

static int get_past(struct ft_tongue *tongue, struct ft_error *err)
{
	struct ft_need need = { .unknown_life = FT_TONGUE_UNKNOWN_LIFE };
	int r = ft_tongue_get(tongue, NULL, err);

	if (r != 0)
		return r;
	need.rejected = ft_token_generation(tongue->token);
	ft_token_free(tongue->token);
	tongue->token = NULL;
	return ft_tongue_get(tongue, &need, err);
}

static int one(const char *url, struct ft_buf *answer)
{
	struct ft_tongue tongue = { .account = NULL };
	const struct ft_account *account = NULL;
	bool refused = is_refusal();
	struct ft_error err;
	int r = 0;

	if (strncasecmp(url, "https://", 8) == 0)
		r = ft_tongue_find(&tongue, url, NULL, &err);
	if (r == 0 && tongue.account != NULL)
		r = ft_context_account(tongue.ft, tongue.account, &account, &err);
	if (r == 0 && account != NULL)
		r = refused && was_told(account, url) ? get_past(&tongue, &err) :
							ft_tongue_get(&tongue, NULL, &err);
	if (r == 0 && account != NULL) {
		if (!was_told(account, url) ||
		    add_prefixes(tongue.ft, account, answer) == 0)
			add_prefix(&tongue, url, answer);
		add_headers(answer, &tongue);
	}
	r = r == 0 ? FT_EXIT_DONE : ft_fail(&err);
	ft_tongue_release(&tongue);
	return r;
}

static int run(const struct ft_args *args)
{
	struct ft_buf answer = FT_BUF_INIT(FT_TONGUE_ANSWER_MAX);
	int r = args->n > 0 ? one(args->operands[0], &answer) : all(&answer);

	if (r == FT_EXIT_DONE)
		r = ft_output(&answer);
	ft_buf_release(&answer);
	return r;
}

const struct ft_command ft_command_goauth = {
	.name = "goauth",
	.operands = "[URL]",
	.max = 1,
	.summary = "the go command's GOAUTH protocol (go calls this)",
	.help =
"Prints URL prefixes and the header for what is below them: of all accounts, or\n"
"of the one that matches URL. go (1.24 or later) calls this where GOAUTH says\n"
"so: go env -w GOAUTH='freshtoken goauth; netrc'. If a server\n"
"answers with HTTP 401, go calls this again with the URL, and the token that was\n"
"refused is not handed out again.\n",
	.run = run,
};

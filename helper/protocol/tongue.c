/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "helper/protocol/tongue.h"

#include <errno.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "helper/cli/command.h"
#include "lib/base/date.h"
#include "lib/base/utf8.h"

/* Unknown members are skipped, up to a sensible depth. */
#define DEPTH 32
#define URL_MAX 4096

void ft_tongue_release(struct ft_tongue *tongue)
{
	ft_token_free(tongue->token);
	ft_context_close(tongue->ft);
	*tongue = (struct ft_tongue){ .account = NULL };
}

int ft_tongue_read(struct json_object **ret, struct ft_error *err)
{
	struct ft_buf text = FT_BUF_INIT(FT_TONGUE_REQUEST_MAX);
	struct json_object *object = NULL;
	int r = ft_buf_read(&text, STDIN_FILENO);

	if (r != 0)
		r = ft_error_errno(err, FT_SYSTEM, errno, "cannot read stdin");
	if (r == 0)
		r = ft_buf_check(&text, "the request", err);
	if (r == 0)
		r = ft_json_parse(text.data, text.len, DEPTH, "the request", &object, err);
	if (r == 0 && !json_object_is_type(object, json_type_object))
		r = ft_error_set(err, FT_UNTRUSTED, "the request is not a JSON object");
	if (r == 0)
		*ret = object;
	else
		json_object_put(object);
	ft_buf_release(&text);
	return r;
}

static int check_url(const char *url, struct ft_error *err)
{
	size_t len = strlen(url);

	if (len == 0)
		return ft_error_set(err, FT_UNTRUSTED, "the URL is empty");
	if (len > URL_MAX)
		return ft_error_set(err, FT_UNTRUSTED, "the URL is longer than %d bytes", URL_MAX);
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)url[i] < 0x20 || url[i] == 0x7f)
			return ft_error_set(err, FT_UNTRUSTED, "the URL has a control byte");
	if (!ft_utf8_valid(url, len))
		return ft_error_set(err, FT_UNTRUSTED, "the URL is not UTF-8");
	return 0;
}

int ft_tongue_find(struct ft_tongue *tongue, const char *url, const char *username,
		   struct ft_error *err)
{
	int r = check_url(url, err);

	if (r == 0)
		r = ft_context_open(&tongue->ft, err);
	if (r == 0)
		r = ft_context_find(tongue->ft, url, username, &tongue->account, err);
	if (r == FT_NOT_FOUND && tongue->ft->accounts.n_problems > 0)
		return ft_error_copy(err, FT_CONFIG, &tongue->ft->accounts.problems[0].error);
	if (r == 0)
		ft_say_problems(tongue->ft, true, tongue->account);
	return r == FT_NOT_FOUND ? 0 : r;
}

int ft_tongue_open(struct ft_tongue *tongue, const char *account, struct ft_error *err)
{
	int r = ft_context_open(&tongue->ft, err);

	if (r == 0)
		ft_say_problems(tongue->ft, true, account);
	tongue->account = account;
	return r;
}

int ft_tongue_get(struct ft_tongue *tongue, const struct ft_need *need, struct ft_error *err)
{
	static const struct ft_need usual = { .unknown_life = FT_TONGUE_UNKNOWN_LIFE };
	int r = ft_context_get(tongue->ft, tongue->account, need != NULL ? need : &usual,
			       FT_PATIENCE_WAIT, &tongue->token, err);

	/* An ID token is not bound to a key. */
	if (r == 0 && (need == NULL || !need->id_token))
		r = ft_token_check_alone(tongue->token, err);
	return r;
}

int64_t ft_tongue_expires(const struct ft_tongue *tongue)
{
	int64_t at = ft_token_expires_at(tongue->token);

	return at >= 0 ? at : (int64_t)time(NULL) + FT_TONGUE_ASSUMED_LIFE;
}

void ft_tongue_add_time(struct ft_buf *buf, int64_t seconds)
{
	/* RFC 3339 has four digits for a year; the "never" of some services has more. */
	const int64_t last = INT64_C(253402300799);
	char text[32];

	ft_date_format((seconds < last ? seconds : last) * 1000, text);
	ft_buf_adds(buf, text);
}

void ft_tongue_add_bearer(struct ft_buf *buf, const struct ft_tongue *tongue)
{
	ft_buf_adds(buf, "Bearer ");
	ft_buf_adds(buf, ft_token_access(tongue->token));
}

void ft_tongue_add_bearer_json(struct ft_buf *buf, const struct ft_tongue *tongue)
{
	struct ft_buf value = FT_BUF_INIT(FT_TONGUE_ANSWER_MAX);

	ft_tongue_add_bearer(&value, tongue);
	ft_output_json(buf, value.data);
	if (value.failed)
		buf->failed = value.failed;
	ft_buf_release(&value);
}

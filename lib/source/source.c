/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "lib/source/source.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/date.h"
#include "lib/base/encode.h"
#include "lib/base/moment.h"
#include "lib/data/json.h"
#include "lib/source/kinds.h"

#define CLAIMS_DEPTH 8

static int read_variable(const char *name, struct ft_buf *ret, struct ft_error *err)
{
	const char *value = getenv(name);

	if (value == NULL)
		return ft_error_set(err, FT_TEMPORARY, "the variable is not set" FT_REMEDY
				    "set it, or run this where it is set");
	ft_buf_adds(ret, value);
	return 0;
}

static int read_any(struct ft_service *service, struct ft_buf *ret, struct ft_error *err)
{
	const struct ft_account *account = service->account;
	const char *what = ft_account_from_what(account);

	switch (ft_account_from(account)) {
	case FT_FROM_FILE:
		return ft_source_file(what, ret, err);
	case FT_FROM_ENVIRONMENT:
		return read_variable(what, ret, err);
	case FT_FROM_COMMAND:
		return ft_source_command(what, account->timeout < FT_SOURCE_SECONDS ?
					 account->timeout : FT_SOURCE_SECONDS, ret, err);
	case FT_FROM_GITHUB_ACTIONS:
		return ft_source_github(service, ret, err);
	default:
		return ft_error_set(err, FT_CONFIG, "the source is another account");
	}
}

#define ALONE "name what holds a token alone"

/* Checks the text, and removes line ends after it, which editors and programs add. */
static int check_text(struct ft_buf *text, struct ft_error *err)
{
	size_t len = text->len, i = 0;

	if (text->failed == FT_NO_MEMORY)
		return ft_error_memory(err);
	if (text->failed != 0)
		return ft_error_set(err, FT_TEMPORARY, "it is longer than %zu bytes" FT_REMEDY
				    ALONE, text->max);
	while (len > 0 && (text->data[len - 1] == '\n' || text->data[len - 1] == '\r'))
		len--;
	if (len == 0)
		return ft_error_set(err, FT_TEMPORARY, "it is empty" FT_REMEDY
				    "check what should fill it");
	while (i < len && text->data[i] >= ' ' && text->data[i] <= '~')
		i++;
	if (i < len)
		return ft_error_fixed(err, FT_TEMPORARY, text->data[i] == '\n' ?
				      "it has more than one line" FT_REMEDY ALONE :
				      "it has bytes that no token has" FT_REMEDY ALONE);
	ft_buf_cut(text, len);
	return 0;
}

/* The `exp` of a JWT; -1: no JWT, or without `exp`. */
static int64_t expiry_of(const char *token)
{
	const char *payload = strchr(token, '.'),
		   *end = payload != NULL ? strchr(payload + 1, '.') : NULL;
	struct ft_buf text = FT_BUF_INIT(FT_SOURCE_MAX);
	struct json_object *claims = NULL;
	int64_t expiry = -1;

	if (end != NULL && strchr(end + 1, '.') == NULL &&
	    ft_base64_read(payload + 1, (size_t)(end - payload - 1), FT_BASE64URL, &text) &&
	    ft_json_parse(text.data, text.len, CLAIMS_DEPTH, "claims", &claims, NULL) == 0)
		expiry = ft_json_int(claims, "exp", -1);
	json_object_put(claims);
	ft_buf_release(&text);
	return expiry;
}

static int check_expiry(const char *token, struct ft_error *err)
{
	int64_t expiry = expiry_of(token);
	struct ft_moment now;
	char when[32];

	ft_moment_now(&now);
	if (expiry < 0 || expiry > now.real / 1000)
		return 0;
	ft_date_format(expiry * 1000, when);
	return ft_error_set(err, FT_TEMPORARY, "it expired at %s" FT_REMEDY
			    "see what should renew it", when);
}

int ft_source_read(struct ft_service *service, struct ft_secret *ret, struct ft_error *err)
{
	const struct ft_account *account = service->account;
	struct ft_buf text = FT_BUF_INIT(FT_SOURCE_MAX);
	int r;

	if (account->from == NULL)
		return 0;
	/* PAM: without a user's configuration, nothing is taken from the environment either. */
	if (service->ft->places.user_config == NULL && !ft_account_suits_pam(account))
		r = ft_error_set(err, FT_CONFIG, "logins take nothing from an environment, and "
				 "start no program" FT_REMEDY "use file:PATH in [account %s], "
				 "%s:%u", account->name, account->file, account->line);
	else
		r = read_any(service, &text, err);
	if (r == 0)
		r = check_text(&text, err);
	if (r == 0)
		r = check_expiry(text.data, err);
	if (r == 0 && ft_secret_set(ret, text.data, text.len) != 0)
		r = ft_error_memory(err);
	if (r != 0 && r != FT_NO_MEMORY)
		ft_error_prefix(err, "its source %.*s", (int)ft_from_shown(account->from),
				account->from);
	ft_buf_release(&text);
	return r;
}

int ft_source_prove(struct ft_service *service, struct ft_error *err)
{
	const struct ft_account *account = service->account;
	enum ft_client_auth auth = account->client_auth != FT_CLIENT_AUTH_UNSET ?
					   account->client_auth : service->profile.client_auth;

	/* Another account's token is only shown where a token is requested. */
	return auth != FT_CLIENT_AUTH_SOURCE || ft_account_from(account) == FT_FROM_ACCOUNT ?
		       0 : ft_source_read(service, &service->source, err);
}

static int sign(struct ft_service *service, struct ft_variables *variables, struct ft_error *err)
{
	struct ft_buf message = FT_BUF_INIT(FT_MESSAGE_MAX);
	struct ft_facts facts = FT_FACTS_INIT;
	const struct ft_recipient to = ft_service_recipient(service);
	struct ft_moment now;

	ft_moment_now(&now);
	int r = ft_request_jwt(&to, variables, now.real / 1000, &message, err);

	if (r == 0)
		r = ft_service_ask(service, &message, &facts, err);
	if (r == 0 && facts.signed_jwt.data == NULL)
		r = ft_error_set(err, FT_CONFIG, "client_secret_file %s: %s",
				 service->account->client_secret_file, facts.error);
	else if (r == 0)
		ft_secret_move(&variables->jwt, &facts.signed_jwt);
	ft_facts_release(&facts);
	ft_buf_release(&message);
	return r;
}

int ft_source_bring(struct ft_service *service, struct ft_variables *variables,
		    struct ft_error *err)
{
	int r = ft_account_from(service->account) == FT_FROM_ACCOUNT ? 0 :
		ft_source_read(service, &variables->source, err);

	return r == 0 && ft_request_wants_jwt(service->account, &service->profile) ?
		       sign(service, variables, err) : r;
}

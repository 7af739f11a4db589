/* SPDX-License-Identifier: MIT */
/*
 * github.c - the token of a job in GitHub Actions, which the job requests at its own address
 *
 * Address and token of that request are in the job's environment, where any step of the job may
 * have set them. So the address must be one that a token service may have (https or a loopback
 * address), and neither appears in a message. freshtoken-transport makes the request.
 */
#include "config.h"
#include "lib/source/kinds.h"

#include <stdlib.h>
#include <string.h>

#include "lib/exchange/judge.h"
#include "lib/provider/check.h"

static int find(const char *name, const char **ret, struct ft_error *err)
{
	*ret = getenv(name);
	return *ret != NULL && **ret != '\0' ?
		       0 :
		       ft_error_set(err, FT_TEMPORARY, "%s is not set" FT_REMEDY
				    "run this in a job of GitHub Actions that has permissions: "
				    "id-token: write", name);
}

static int check_address(const char *url, struct ft_error *err)
{
	struct ft_error cause;

	if (*url != '/' && ft_check_endpoint_is(url, &cause) == 0)
		return 0;
	return ft_error_set(err, FT_TEMPORARY, "ACTIONS_ID_TOKEN_REQUEST_URL is no https URL"
			    FT_REMEDY "see what has set it");
}

static int render(const struct ft_service *service, const char *url, const char *token,
		  struct ft_buf *ret, struct ft_error *err)
{
	static char name[] = "id_token_request", audience[] = "audience=${audience?}",
		    proof[] = "Authorization: Bearer ${token}", value[] = "value", get[] = "GET",
		    said[] = "message";
	char *query[] = { audience }, *header[] = { proof }, *path[] = { value },
	     *words[] = { said };
	const struct ft_account *account = service->account;
	struct ft_param address = { name, (char *)url };	/* not a copy */
	/* Without the account's CA, client and secrets: those are for its own service. */
	const struct ft_account asking = { .name = account->name, .file = account->file,
					   .line = account->line, .audience = account->audience,
					   .proxy = account->proxy, .timeout = account->timeout };
	struct ft_profile profile = { .name = account->provider, .server = (char *)url,
				      .metadata = &address, .n_metadata = 1,
				      .fields[FT_FIELD_MESSAGE] = { words, 1 } };
	const struct ft_variables variables = { .token = { (char *)token, strlen(token) } };

	profile.requests[FT_REQUEST_USERINFO] = (struct ft_request_template){
		.present = true, .method = get, .endpoint = name, .query = { query, 1 },
		.header = { header, 1 }, .fields[FT_FIELD_ACCESS_TOKEN] = { path, 1 },
	};
	const struct ft_recipient to = { &asking, &profile, NULL, &service->route };

	return ft_request_render(&to, FT_REQUEST_USERINFO, &variables, NULL, ret, err);
}

static int take(struct ft_facts *facts, struct ft_buf *ret, struct ft_error *err)
{
	const struct ft_secret *token = &facts->fields[FT_FIELD_ACCESS_TOKEN];
	struct ft_error why = FT_ERROR_INIT;

	if (facts->status == 200 && token->data != NULL) {
		ft_buf_add(ret, token->data, token->len);
		return 0;
	}
	if (facts->status == 200)
		(void)ft_error_set(&why, FT_TEMPORARY, "its answer has no token");
	else
		ft_judge_words(facts, &why);
	ft_error_prefix(&why, "GitHub gives none");
	if (why.remedy[0] == '\0')
		(void)ft_error_remedy(&why, FT_TEMPORARY, "%s", facts->status == 401 ||
				      facts->status == 403 ?
				      "check that the job runs and has permissions: "
				      "id-token: write" : "try again");
	return ft_error_copy(err, FT_TEMPORARY, &why);
}

int ft_source_github(struct ft_service *service, struct ft_buf *ret, struct ft_error *err)
{
	struct ft_buf message = FT_BUF_INIT(FT_MESSAGE_MAX);
	struct ft_facts facts = FT_FACTS_INIT;
	const char *url = NULL, *token = NULL;
	int r = find("ACTIONS_ID_TOKEN_REQUEST_URL", &url, err);

	if (r == 0)
		r = find("ACTIONS_ID_TOKEN_REQUEST_TOKEN", &token, err);
	if (r == 0)
		r = check_address(url, err);
	if (r == 0 && render(service, url, token, &message, err) != 0)
		r = ft_error_set(err, FT_TEMPORARY, "ACTIONS_ID_TOKEN_REQUEST_TOKEN is no token"
				 FT_REMEDY "see what has set it");
	if (r == 0)
		r = ft_service_ask(service, &message, &facts, err);
	if (r == 0)
		r = take(&facts, ret, err);
	ft_facts_release(&facts);
	ft_buf_release(&message);
	return r;
}

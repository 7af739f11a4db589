/* SPDX-License-Identifier: MIT */
/*
 * The installed profiles: all of them are valid, and those of hosts of git repositories agree with
 * their documentation. (test-request.c tests the first vendors of lib/providers.)
 */
#include "config.h"

#include <check.h>
#include <dirent.h>
#include <stdio.h>
#include <string.h>

#include "lib/data/json.h"
#include "lib/exchange/facts.h"
#include "lib/exchange/judge.h"
#include "lib/exchange/request.h"
#include "lib/provider/profile.h"
#include "tests/unit/unit.h"

static struct ft_account account;
static struct ft_profile profile;
static struct ft_variables variables;
static struct json_object *tree;

static void setup(void)
{
	account = (struct ft_account){
		.name = (char *)"work", .client_id = (char *)"Iv1.app", .timeout = 60
	};
	ck_assert_int_eq(ft_secret_set(&variables.refresh_token, "RT", 2), 0);
}

static void teardown(void)
{
	ft_profile_release(&profile);
	ft_variables_release(&variables);
	json_object_put(tree);
	tree = NULL;
}

static void load(const char *name)
{
	static char data[] = SHIPPED "/..";
	const struct ft_places places = { .data = data };
	struct ft_error err = FT_ERROR_INIT;

	ft_profile_release(&profile);
	int r = ft_profile_find(&places, name, &profile, &err);

	ck_assert_msg(r == 0, "%s", line_of(&err));
}

static int render(enum ft_request_kind kind, const struct ft_metadata *metadata,
		  struct ft_error *err)
{
	struct ft_buf message = FT_BUF_INIT(FT_MESSAGE_MAX);
	const struct ft_recipient to = { &account, &profile, metadata, NULL };
	int r = ft_request_render(&to, kind, &variables, NULL, &message, err);

	json_object_put(tree);
	tree = NULL;
	if (r == 0)
		ck_assert_int_eq(
			ft_json_parse(message.data, message.len, 8, "the message", &tree, NULL), 0);
	ft_buf_release(&message);
	return r;
}

/* What the request says: where it goes, its headers (User-Agent left out), its body. */
static void is(const char *url, const char *headers, const char *body)
{
	struct json_object *list = NULL;
	char joined[1024] = "";

	ck_assert_str_eq(ft_json_string(tree, "method"), "POST");
	ck_assert_str_eq(ft_json_string(tree, "url"), url);
	ck_assert_str_eq(ft_json_string(tree, "body"), body);
	ck_assert(json_object_object_get_ex(tree, "headers", &list));
	for (size_t i = 0; i < json_object_array_length(list); i++) {
		const char *header = json_object_get_string(json_object_array_get_idx(list, i));

		if (strncmp(header, "User-Agent:", 11) == 0)
			continue;
		if (joined[0] != '\0')
			strcat(joined, "|");
		strcat(joined, header);
	}
	ck_assert_str_eq(joined, headers);
}

#define FORM "Accept: application/json|Content-Type: application/x-www-form-urlencoded"

/* What an answer with HTTP `status` and `code` for an error means. */
static enum ft_outcome means(int status, const char *code)
{
	struct ft_facts facts = {
		.sent = FT_SENT_YES, .status = status, .date = -1, .retry_after = -1,
		.media = FT_MEDIA_JSON, .parsed = true, .jwt_exp = -1, .jwt_iat = -1,
	};
	struct ft_judgement judgement = FT_JUDGEMENT_INIT;
	struct ft_moment now;

	ft_moment_now(&now);
	ck_assert_int_eq(ft_secret_set(&facts.fields[FT_FIELD_CODE], code, strlen(code)), 0);
	ck_assert_int_eq(ft_judge(&profile, &facts, NULL, &now, &judgement, NULL), 0);
	enum ft_outcome outcome = judgement.outcome;

	ft_judgement_release(&judgement);
	ft_facts_release(&facts);
	return outcome;
}

START_TEST(every_one)
{
	DIR *dir = opendir(SHIPPED);
	struct dirent *entry;
	unsigned n = 0;

	ck_assert_ptr_nonnull(dir);
	while ((entry = readdir(dir)) != NULL) {
		char name[64];

		if (sscanf(entry->d_name, "%63[a-z0-9-].conf", name) != 1)
			continue;
		load(name);
		ck_assert_str_eq(profile.name, name);
		ck_assert_ptr_nonnull(profile.description);
		/* Without a word for "sign in again" a dead refresh token would be sent for ever.
		 */
		if (profile.requests[FT_REQUEST_REFRESH].present)
			ck_assert(profile.terminal.present);
		else
			ck_assert(profile.n_grants > 0 ||
				  profile.requests[FT_REQUEST_PERSON].present);
		n++;
	}
	closedir(dir);
	ck_assert_uint_ge(n, 25);
}
END_TEST

START_TEST(gitlab)
{
	struct ft_param endpoints[] = {
		{ (char *)"token_endpoint", (char *)"https://gitlab.com/oauth/token" },
		{ (char *)"revocation_endpoint", (char *)"https://gitlab.com/oauth/revoke" },
	};
	const struct ft_metadata metadata = { endpoints, 2 };

	load("gitlab");
	ck_assert(!profile.eager);
	ck_assert_str_eq(profile.server, "https://gitlab.com");
	ck_assert(ft_request_needs_discovery(&profile, FT_REQUEST_REFRESH));
	ck_assert_uint_eq(profile.discover.n, 1);
	ck_assert_str_eq(profile.discover.list[0], "openid");
	/* What git wants is asked for, and introspection knows nothing of refresh tokens. */
	ck_assert_str_eq(profile.scope, "openid read_repository write_repository");
	ck_assert(profile.requests[FT_REQUEST_INTROSPECT].access_only);
	ck_assert(profile.requests[FT_REQUEST_REVOKE].refresh_first);
	ck_assert_uint_eq(profile.n_metadata, 1);
	ck_assert_str_eq(profile.metadata[0].name, "device_authorization_endpoint");
	ck_assert_str_eq(profile.metadata[0].value, "/oauth/authorize_device");
	ck_assert_int_eq(render(FT_REQUEST_REFRESH, &metadata, NULL), 0);
	is("https://gitlab.com/oauth/token", FORM,
	   "grant_type=refresh_token&refresh_token=RT&client_id=Iv1.app");
	ck_assert_int_eq(render(FT_REQUEST_REVOKE, &metadata, NULL), 0);
	is("https://gitlab.com/oauth/revoke", FORM,
	   "token=RT&token_type_hint=refresh_token&client_id=Iv1.app");
	ck_assert_int_eq(means(400, "invalid_grant"), FT_OUTCOME_TERMINAL);
	ck_assert_int_eq(means(401, "invalid_client"), FT_OUTCOME_CLIENT);
}
END_TEST

START_TEST(github)
{
	struct ft_error err = FT_ERROR_INIT;

	load("github");
	ck_assert(!profile.eager);
	ck_assert(!ft_request_needs_discovery(&profile, FT_REQUEST_REFRESH));
	ck_assert_int_eq(render(FT_REQUEST_REFRESH, NULL, NULL), 0);
	is("https://github.com/login/oauth/access_token", FORM,
	   "grant_type=refresh_token&refresh_token=RT&client_id=Iv1.app");
	/* One's own server has the same paths. */
	account.server = (char *)"https://github.example.com";
	ck_assert_int_eq(render(FT_REQUEST_REFRESH, NULL, NULL), 0);
	is("https://github.example.com/login/oauth/access_token", FORM,
	   "grant_type=refresh_token&refresh_token=RT&client_id=Iv1.app");
	/* After a sign-in in a browser. */
	account.client_auth = FT_CLIENT_AUTH_POST;
	ck_assert_int_eq(ft_secret_set(&variables.client_secret, "s3", 2), 0);
	ck_assert_int_eq(render(FT_REQUEST_REFRESH, NULL, NULL), 0);
	is("https://github.example.com/login/oauth/access_token", FORM,
	   "grant_type=refresh_token&refresh_token=RT&client_id=Iv1.app&client_secret=s3");
	account.client_id = NULL;
	account.client_auth = FT_CLIENT_AUTH_UNSET;
	ck_assert_int_eq(render(FT_REQUEST_REFRESH, NULL, &err), FT_CONFIG);
	ck_assert_msg(strstr(line_of(&err), "client_id") != NULL, "%s", line_of(&err));
	ck_assert(!profile.requests[FT_REQUEST_REVOKE].present);
	ck_assert_int_eq(means(200, "bad_refresh_token"), FT_OUTCOME_TERMINAL);
	ck_assert_int_eq(means(400, "bad_refresh_token"), FT_OUTCOME_TERMINAL);
	ck_assert_int_eq(means(200, "incorrect_client_credentials"), FT_OUTCOME_TRANSIENT);
}
END_TEST

START_TEST(bitbucket)
{
	struct ft_error err = FT_ERROR_INIT;

	load("bitbucket");
	ck_assert(profile.eager);
	ck_assert(!ft_request_needs_discovery(&profile, FT_REQUEST_REFRESH));
	ck_assert_int_eq(profile.requests[FT_REQUEST_REFRESH].replay, FT_REPLAY_NEVER);
	ck_assert_int_eq(ft_secret_set(&variables.client_secret, "s3", 2), 0);
	ck_assert_int_eq(render(FT_REQUEST_REFRESH, NULL, NULL), 0);
	is("https://bitbucket.org/site/oauth2/access_token",
	   FORM "|Authorization: Basic SXYxLmFwcDpzMw==",
	   "grant_type=refresh_token&refresh_token=RT");
	ft_secret_release(&variables.client_secret);
	ck_assert_int_eq(render(FT_REQUEST_REFRESH, NULL, &err), FT_CONFIG);
	ck_assert_msg(strstr(line_of(&err), "client_secret_file") != NULL, "%s", line_of(&err));
	ck_assert_int_eq(means(400, "invalid_grant"), FT_OUTCOME_TERMINAL);
	ck_assert_int_eq(means(400, "invalid_request"), FT_OUTCOME_TRANSIENT);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = { every_one, gitlab, github, bitbucket, NULL };

	return unit_run_with("shipped", tests, setup, teardown);
}

/* SPDX-License-Identifier: MIT */
/*
 * hosts.c - differences of hosts of git repositories from oauth.c
 *
 * GitHub: another path, no metadata, errors with HTTP 200 and its own names, JSON only for clients
 * that ask for it; a device flow that nobody ever approves. Bitbucket: another path. Both follow
 * their documentation.
 */
#include "config.h"
#include "service.h"

#include <string.h>

#define DEVICE_CODE "urn:ietf:params:oauth:grant-type:device_code"

static void github_refuse(const char *code, const char *description, struct answer *answer)
{
	answer_set(answer, 200, "application/json; charset=utf-8",
		   "{\"error\":\"%s\",\"error_description\":\"%s\"}", code, description);
}

static void github_refuse_client(struct answer *answer)
{
	github_refuse("incorrect_client_credentials",
		      "The client_id and/or client_secret passed are incorrect.", answer);
}

static void github_refresh(struct request *request, const struct fault *fault,
			   struct answer *answer)
{
	if (!request_accepts(request, "application/json")) {
		answer_set(answer, 200, "application/x-www-form-urlencoded",
			   "error=incorrect_accept");
		return;
	}
	const char *grant = body_get(&request->body, "grant_type");

	if (grant != NULL && strcmp(grant, DEVICE_CODE) == 0) {
		github_refuse("authorization_pending",
			      "The authorization request is still pending.", answer);
		return;
	}
	oauth_token_endpoint(request, fault, answer);
	if (answer->status == 401)
		github_refuse_client(answer);
	else if (answer->status == 400)
		github_refuse("bad_refresh_token",
			      "The refresh token passed is incorrect or expired.", answer);
}

static bool github_other(struct request *request, struct answer *answer)
{
	const char *client = body_get(&request->body, "client_id");

	if (strcmp(request->path, "/login/device/code") != 0)
		return false;
	if (client == NULL || !option_is(request->tenant, OPT_CLIENT_ID, client))
		github_refuse_client(answer);
	else
		answer_set(answer, 200, "application/json; charset=utf-8",
			   "{\"device_code\":\"3584d83530557fdd1f46af8289938c8ef79f9dc5\",\"user_"
			   "code\":\"WDJB-MJHT\",\"verification_uri\":\"https://github.com/login/"
			   "device\",\"expires_in\":900,\"interval\":1}");
	return true;
}

const struct vendor vendor_github = {
	.name = "github", .refresh_path = "/login/oauth/access_token", .refresh = github_refresh,
	.other = github_other,
};

const struct vendor vendor_bitbucket = {
	.name = "bitbucket", .refresh_path = "/site/oauth2/access_token",
	.refresh = oauth_token_endpoint,
};

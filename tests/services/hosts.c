/*
 * hosts.c - where hosts of git repositories differ from oauth.c
 *
 * GitHub: another path, no metadata, errors with HTTP 200 and names of its own, JSON only
 * for who asks for it. Bitbucket: another path. Both as their documentation says.
 */
#include "config.h"
#include "service.h"

static void github_refresh(struct request *request, const struct fault *fault,
			   struct answer *answer)
{
	if (!request_accepts(request, "application/json")) {
		answer_set(answer, 200, "application/x-www-form-urlencoded",
			   "error=incorrect_accept");
		return;
	}
	oauth_token_endpoint(request, fault, answer);
	if (answer->status == 401)
		answer_set(answer, 200, "application/json; charset=utf-8",
			   "{\"error\":\"incorrect_client_credentials\",\"error_description\":"
			   "\"The client_id and/or client_secret passed are incorrect.\"}");
	else if (answer->status == 400)
		answer_set(answer, 200, "application/json; charset=utf-8",
			   "{\"error\":\"bad_refresh_token\",\"error_description\":"
			   "\"The refresh token passed is incorrect or expired.\"}");
}

const struct vendor vendor_github = {
	.name = "github", .refresh_path = "/login/oauth/access_token", .refresh = github_refresh,
};

const struct vendor vendor_bitbucket = {
	.name = "bitbucket", .refresh_path = "/site/oauth2/access_token",
	.refresh = oauth_token_endpoint,
};

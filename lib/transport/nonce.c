/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "lib/transport/nonce.h"

#include <stdio.h>
#include <string.h>

#include "lib/data/json.h"
#include "lib/transport/jose/dpop.h"

#define DEPTH 8

const char *ft_nonce_of(const struct ft_response *response)
{
	const char *nonce = ft_response_header(response, "DPoP-Nonce");

	return nonce != NULL && ft_dpop_is_nonce(nonce) ? nonce : NULL;
}

void ft_nonce_add(struct ft_response *response, const char *nonce)
{
	char line[FT_DPOP_NONCE_MAX + 16];
	int len = snprintf(line, sizeof line, "DPoP-Nonce: %s", nonce);

	ft_response_add_line(response, line, (size_t)len);
}

bool ft_nonce_wanted(const struct ft_exchange *exchange, const struct ft_response *response)
{
	struct json_object *body = NULL;

	if (exchange->dpop.key == NULL || response->sent != FT_SENT_YES || !response->whole ||
	    (response->status != 400 && response->status != 401) ||
	    ft_nonce_of(response) == NULL ||
	    ft_json_parse(response->body.data != NULL ? response->body.data : "",
			  response->body.len, DEPTH, "the answer", &body, NULL) != 0)
		return false;
	const char *error = ft_json_string(body, "error");
	bool wanted = error != NULL && strcmp(error, "use_dpop_nonce") == 0;

	json_object_put(body);
	return wanted;
}

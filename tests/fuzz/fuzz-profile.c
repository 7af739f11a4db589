/* SPDX-License-Identifier: MIT */
/* profile.h, request.h: a profile that can be loaded produces messages in JSON, or an error */
#include "config.h"

#include <string.h>

#include "lib/exchange/facts.h"
#include "fuzz.h"
#include "lib/data/json.h"
#include "lib/exchange/request.h"
#include "lib/provider/profile.h"

static struct ft_secret secret(const char *text)
{
	struct ft_secret s = { NULL, 0 };

	MUST(ft_secret_set(&s, text, strlen(text)) == 0);
	return s;
}

static void render(const struct ft_profile *profile, const char *format)
{
	struct ft_param param = { (char *)"company", (char *)"\"<&>" };
	const struct ft_account account = {
		.name = (char *)"work", .server = (char *)"https://sso.example.com/x",
		.client_id = (char *)"i:d", .format = (char *)format, .timeout = 60,
		.params = &param, .n_params = 1,
	};
	struct ft_param endpoint = { (char *)"token_endpoint",
				     (char *)"https://sso.example.com/t?a" };
	const struct ft_metadata metadata = { &endpoint, 1 };
	const struct ft_recipient to = { &account, profile, &metadata, NULL };
	struct ft_variables variables = {
		.refresh_token = secret("a\"b\\c<d>&e=f ${password}\xc3\xa9\n"),
		.access_token = secret("at"), .username = secret("alice"),
	};

	for (int kind = FT_REQUEST_REFRESH; kind <= FT_REQUEST_REVOKE; kind++) {
		struct ft_buf message = FT_BUF_INIT(FT_MESSAGE_MAX);
		struct json_object *tree = NULL;
		struct ft_error err = FT_ERROR_INIT;
		int r = ft_request_render(&to, (enum ft_request_kind)kind, &variables, NULL,
					  &message, &err);

		MUST(r == 0 || err.text[0] != '\0');
		if (r == 0) {
			MUST(ft_json_parse(message.data, message.len, 8, "it", &tree, NULL) == 0);
			const char *url = ft_json_string(tree, "url");

			MUST(url != NULL && strncmp(url, "http", 4) == 0);
			for (; *url != '\0'; url++)
				MUST(*url > 0x20 && *url < 0x7f && *url != '#');
			json_object_put(tree);
		}
		ft_buf_release(&message);
	}
	ft_variables_release(&variables);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ft_profile profile;
	struct ft_error err = FT_ERROR_INIT;
	int r = ft_profile_parse(NULL, "p", "p.conf", (const char *)data, size, &profile, &err);

	if (r != 0) {
		MUST(r == FT_CONFIG && strncmp(err.text, "p.conf", 6) == 0);
		return 0;
	}
	render(&profile, NULL);
	render(&profile, "xml");
	render(&profile, "form");
	ft_profile_release(&profile);
	return 0;
}

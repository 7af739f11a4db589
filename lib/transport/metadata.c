/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "lib/transport/metadata.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/transport/answer.h"

/* The items of an array that can be written between blanks. */
static int join_items(struct json_object *array, struct ft_buf *ret)
{
	for (size_t i = 0; i < json_object_array_length(array); i++) {
		struct json_object *item = json_object_array_get_idx(array, i);
		const char *text = json_object_get_string(item);

		if (!json_object_is_type(item, json_type_string) || text[0] == '\0' ||
		    strchr(text, ' ') != NULL)
			continue;
		if (ret->len > 0)
			ft_buf_adds(ret, " ");
		ft_buf_adds(ret, text);
	}
	return ret->failed == FT_NO_MEMORY ? FT_NO_MEMORY : 0;
}

/* RFC 8705 section 5: endpoints for clients that use a certificate. */
static int add_aliases(struct json_object *body, size_t room, struct json_object *metadata)
{
	static const char *const names[] = {
		"token_endpoint", "device_authorization_endpoint",
		"pushed_authorization_request_endpoint", "revocation_endpoint",
		"introspection_endpoint",
	};
	struct json_object *aliases = NULL;
	int r = 0;

	if (!json_object_object_get_ex(body, "mtls_endpoint_aliases", &aliases) ||
	    !json_object_is_type(aliases, json_type_object))
		return 0;
	for (size_t i = 0; r == 0 && i < sizeof names / sizeof *names; i++) {
		const char *text = ft_json_string(aliases, names[i]);
		char name[80], *copy = NULL;

		(void)snprintf(name, sizeof name, "mtls_endpoint_aliases.%s", names[i]);
		if (text != NULL && strlen(text) <= room)
			r = ft_answer_copy(name, text, strlen(text), &copy);
		if (copy != NULL) {
			room -= strlen(copy);
			r = ft_json_add_string(metadata, name, copy);
		}
		free(copy);
	}
	return r;
}

int ft_answer_add_metadata(struct json_object *body, struct json_object *answer)
{
	static const struct {
		const char *name;
		enum json_type type;
	} members[] = {
		{ "issuer", json_type_string },
		{ "token_endpoint", json_type_string },
		{ "authorization_endpoint", json_type_string },
		{ "device_authorization_endpoint", json_type_string },
		{ "pushed_authorization_request_endpoint", json_type_string },
		{ "registration_endpoint", json_type_string },
		{ "revocation_endpoint", json_type_string },
		{ "introspection_endpoint", json_type_string },
		{ "userinfo_endpoint", json_type_string },
		{ "jwks_uri", json_type_string },
		{ "scopes_supported", json_type_array },
		{ "acr_values_supported", json_type_array },
		{ "grant_types_supported", json_type_array },
		{ "token_endpoint_auth_methods_supported", json_type_array },
		{ "token_endpoint_auth_signing_alg_values_supported", json_type_array },
		{ "id_token_signing_alg_values_supported", json_type_array },
		{ "code_challenge_methods_supported", json_type_array },
		{ "authorization_response_iss_parameter_supported", json_type_boolean },
		{ "require_pushed_authorization_requests", json_type_boolean },
	};
	struct json_object *metadata = json_object_new_object();
	size_t room = FT_VALUES_MAX;
	int r = ft_json_add(answer, "metadata", metadata);

	for (size_t i = 0; r == 0 && i < sizeof members / sizeof *members; i++) {
		struct ft_buf text = FT_BUF_INIT(FT_VALUE_MAX);
		struct json_object *value = NULL;
		char *copy = NULL;

		if (!json_object_object_get_ex(body, members[i].name, &value) ||
		    !json_object_is_type(value, members[i].type))
			continue;
		if (members[i].type == json_type_array)
			r = join_items(value, &text);
		else
			ft_buf_adds(&text, json_object_get_string(value));
		if (r == 0 && !text.failed && text.len <= room)
			r = ft_answer_copy(members[i].name, text.data, text.len, &copy);
		if (copy != NULL) {
			room -= text.len;
			r = ft_json_add_string(metadata, members[i].name, copy);
		}
		free(copy);
		ft_buf_release(&text);
	}
	return r != 0 ? r : add_aliases(body, room, metadata);
}

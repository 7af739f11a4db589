/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "lib/transport/seen.h"

int ft_seen_add(struct json_object *names, const struct ft_response *response,
		struct json_object *answer)
{
	struct json_object *seen = json_object_new_array();
	int r = ft_json_add(answer, "headers_seen", seen);

	for (size_t i = 0; r == 0 && i < json_object_array_length(names); i++) {
		struct json_object *name = json_object_array_get_idx(names, i);

		if (ft_response_header(response, json_object_get_string(name)) != NULL &&
		    json_object_array_add(seen, json_object_get(name)) != 0)
			r = FT_NO_MEMORY;
	}
	return r;
}

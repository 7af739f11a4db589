/* SPDX-License-Identifier: MIT */
/* A path, and after a line feed an answer in which it is looked up. */
#include "config.h"

#include <string.h>

#include "fuzz.h"
#include "lib/data/path.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *end = memchr(data, '\n', size);
	size_t len = end != NULL ? (size_t)(end - data) : size;
	struct json_object *tree = NULL;
	char *text = strndup((const char *)data, len);
	struct ft_path path;

	if (text != NULL && ft_path_parse(text, &path, NULL) == 0) {
		MUST(path.n > 0 && path.n <= FT_PATH_SEGMENTS);
		for (size_t i = 0; i < path.n; i++)
			MUST(path.segment[i].name[0] != '\0');
		if (end != NULL)
			(void)ft_json_parse((const char *)end + 1, size - len - 1, 8, "tree",
					    &tree, NULL);
		const char *found = ft_path_find(&path, tree);

		MUST(found == NULL || found[0] != '\0');
		json_object_put(tree);
		ft_path_release(&path);
	}
	free(text);
	return 0;
}

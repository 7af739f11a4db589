/* SPDX-License-Identifier: MIT */
/* XML from the network: its tree can be written as JSON. */
#include "config.h"

#include <string.h>

#include "fuzz.h"
#include "lib/transport/xml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct json_object *tree = NULL, *again = NULL;

	if (size > 256 * 1024 || ft_xml_parse((const char *)data, size, 8, &tree, NULL) != 0)
		return 0;
	const char *text = ft_json_text(tree, NULL);

	/* Each level may have an array of siblings. */
	MUST(text != NULL && ft_json_parse(text, strlen(text), 17, "tree", &again, NULL) == 0);
	json_object_put(again);
	json_object_put(tree);
	return 0;
}

/* SPDX-License-Identifier: MIT */
/* helper/wiring/registries-conf.h: text that was read can be written, and is read the same again */
#include "config.h"

#include <string.h>

#include "fuzz.h"
#include "helper/wiring/registries-conf.h"
#include "lib/base/buffer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ft_strings names = { NULL, 0 }, again = { NULL, 0 };
	struct ft_buf text = FT_BUF_INIT(1024 * 1024);
	struct ft_error err = FT_ERROR_INIT;
	bool found = false, rewritten = false, literal = true;
	int r = ft_registries_parse((const char *)data, size, &names, &found, &err);

	MUST(r == 0 || r == FT_UNTRUSTED);
	MUST(r == 0 || (err.text[0] >= '1' && err.text[0] <= '9'));
	MUST(r == 0 || names.n == 0);
	MUST(r == 0 || !ft_registries_alone((const char *)data, size));
	ft_buf_adds(&text, "credential-helpers = [");
	for (size_t i = 0; i < names.n; i++) {
		MUST(names.list[i][0] != '\0');
		literal = literal && strpbrk(names.list[i], "'\n") == NULL;
		ft_buf_addf(&text, "%s'%s'", i > 0 ? "," : "", names.list[i]);
	}
	ft_buf_adds(&text, "]\n");
	if (found && literal) {
		MUST(ft_registries_alone(text.data, text.len));
		MUST(ft_registries_parse(text.data, text.len, &again, &rewritten, NULL) == 0);
		MUST(rewritten && again.n == names.n);
		for (size_t i = 0; i < names.n; i++)
			MUST(strcmp(names.list[i], again.list[i]) == 0);
	}
	ft_strings_release(&names);
	ft_strings_release(&again);
	ft_buf_release(&text);
	return 0;
}

/* SPDX-License-Identifier: MIT */
/* A file of stored credentials: what is read would be written the same. */
#include "config.h"

#include <string.h>

#include "lib/store/credentials.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ft_credential_list list, again;
	struct ft_buf text = FT_BUF_INIT(4 << 20), twice = FT_BUF_INIT(4 << 20);

	if (ft_credentials_parse((const char *)data, size, &list, NULL) != 0)
		return 0;
	MUST(ft_credentials_format(&list, &text, NULL) == 0);
	MUST(ft_credentials_parse(text.data, text.len, &again, NULL) == 0);
	MUST(list.n == again.n && ft_credentials_format(&again, &twice, NULL) == 0);
	MUST(text.len == twice.len && memcmp(text.data, twice.data, text.len) == 0);
	ft_credential_list_release(&list);
	ft_credential_list_release(&again);
	ft_buf_release(&text);
	ft_buf_release(&twice);
	return 0;
}

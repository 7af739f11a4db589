/* SPDX-License-Identifier: MIT */
/* facts.h, json.h: any bytes instead of the transport's answer */
#include "config.h"

#include <string.h>

#include "lib/exchange/facts.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ft_facts facts;
	struct ft_error err = FT_ERROR_INIT;
	int r = ft_facts_parse((const char *)data, size, &facts, &err);

	if (r != 0) {
		MUST(r == FT_UNTRUSTED && err.text[0] != '\0');
		return 0;
	}
	MUST(facts.status >= 0 && facts.status <= 999 &&
	     (facts.sent == FT_SENT_YES) == (facts.status != 0));
	MUST(facts.sent <= FT_SENT_YES && facts.media <= FT_MEDIA_OTHER);
	MUST(strnlen(facts.error, sizeof facts.error) < sizeof facts.error);
	for (int i = 0; i < FT_FIELD_COUNT; i++)
		MUST(facts.fields[i].data == NULL ||
		     facts.fields[i].data[facts.fields[i].len] == '\0');
	for (size_t i = 0; i < facts.metadata.n; i++)
		MUST(facts.metadata.list[i].name != NULL && facts.metadata.list[i].value != NULL);
	/* Nobody is believed by halves. */
	MUST(!facts.id_token.verified ||
	     (facts.id_token.present && facts.id_token.error[0] == '\0'));
	MUST(!facts.id_token.unknown_key ||
	     (!facts.id_token.verified && facts.id_token.token.data != NULL));
	(void)ft_facts_out_of_order(&facts);
	ft_facts_release(&facts);
	return 0;
}

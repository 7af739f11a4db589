/* SPDX-License-Identifier: MIT */
/* fleet/: the first byte chooses: a store's answer, a record in the store, or sealed bytes */
#include "config.h"

#include <string.h>

#include "fuzz.h"
#include "lib/fleet/etcd.h"
#include "lib/fleet/value.h"

static void take(const struct ft_buf *text)
{
	struct ft_buf value = FT_BUF_INIT(FT_FLEET_VALUE_MAX);
	struct ft_facts facts = FT_FACTS_INIT;
	char revision[FT_FLEET_REVISION] = "";
	struct ft_error err = FT_ERROR_INIT;

	if (ft_facts_parse(text->data, text->len, &facts, NULL) == 0) {
		const int r = ft_etcd_take(&facts, &value, revision, &err);

		/* It goes into the next request as it is. */
		MUST(strspn(revision, "0123456789") == strlen(revision) && revision[0] != '\0');
		MUST(r == 0 || strcmp(revision, "0") == 0);
		MUST(value.len <= FT_FLEET_VALUE_MAX);
	}
	ft_facts_release(&facts);
	ft_buf_release(&value);
}

static void open_value(const struct ft_buf *bytes)
{
	static const unsigned char key[FT_BOX_KEY] = "a key that nobody seals with ..";
	struct ft_value value = FT_VALUE_INIT;
	struct ft_error err = FT_ERROR_INIT;

	/* Nobody makes one without the key. */
	MUST(ft_value_open(key, "freshtoken/work", "work", bytes, &value, &err) != 0);
	MUST(value.generation == 0 && value.record.account == NULL);
	uint64_t number = 0;

	MUST(ft_value_head(bytes, &number) <= bytes->len && number <= INT64_MAX);
}

static void parse(const struct ft_buf *text)
{
	struct ft_value value = FT_VALUE_INIT;
	struct ft_error err = FT_ERROR_INIT;
	const struct ft_fleet_clock clock = { { 1700000000000, 1000, "boot" }, 1700000000000,
					      1700000001000 };

	value.generation = 7;
	if (ft_value_parse(text, "work", &value, &err) == 0) {
		MUST(value.signed_out || value.record.generation == 7);
		MUST(memchr(value.host, '\0', sizeof value.host) != NULL);
		MUST(memchr(value.claim.nonce, '\0', sizeof value.claim.nonce) != NULL);
		ft_value_record_from_store(&value.record, &clock);
		MUST(!value.record.fleet.used);
	}
	ft_value_release(&value);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ft_buf buf = FT_BUF_INIT(1 << 20);

	if (size == 0)
		return 0;
	ft_buf_add(&buf, data + 1, size - 1);
	if (data[0] == 'a')
		take(&buf);
	else if (data[0] == 'v')
		open_value(&buf);
	else
		parse(&buf);
	ft_buf_release(&buf);
	return 0;
}

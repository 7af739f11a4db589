/* SPDX-License-Identifier: MIT */
/* Cached data of a service is used only for that service. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/moment.h"
#include "lib/service/service.h"
#include "tests/unit/unit.h"

static const struct ft_account account = { .name = (char *)"work" };
static char *discover[] = { (char *)"openid" };
static char keys[] = "{\"keys\":[]}";
static char server[] = "https://sso.example.com", somewhere[] = "https://meta.example.com/a",
	    elsewhere[] = "https://meta.example.com/b", issuer[] = "https://login.example.com",
	    tenants[] = "https://login.example.com/{tenantid}",
	    tenant[] = "https://login.example.com/0a1b";

static struct ft_service service_of(char *metadata_url, char *expected)
{
	return (struct ft_service){
		.account = &account,
		.server = server,
		.profile = { .discover = { discover, 1 }, .metadata_url = metadata_url,
			     .issuer = expected },
	};
}

static void add(struct ft_param *to, const char *name, const char *value)
{
	*to = (struct ft_param){ strdup(name), strdup(value) };
	ck_assert(to->name != NULL && to->value != NULL);
}

/* What the first one has kept, as the second one finds it: metadata, and keys. */
static void find(struct ft_service first, struct ft_service second, const char *its_issuer,
		 bool *ret_metadata, bool *ret_keys)
{
	struct ft_buf text = FT_BUF_INIT(8192);
	struct ft_moment now;

	ft_moment_now(&now);
	first.metadata.list = calloc(2, sizeof *first.metadata.list);
	ck_assert_ptr_nonnull(first.metadata.list);
	first.metadata.n = 2;
	add(&first.metadata.list[0], "issuer", its_issuer);
	add(&first.metadata.list[1], "jwks_uri", "https://sso.example.com/keys");
	first.metadata_at = first.keys_at = now.real / 1000;
	first.keys = keys;
	ck_assert_int_eq(ft_service_cache_format(&first, &text), 0);
	ft_service_cache_parse(&second, text.data, text.len);
	*ret_metadata = second.metadata.n == 2;
	*ret_keys = second.keys != NULL;
	free(second.keys);
	ft_metadata_release(&first.metadata);
	ft_metadata_release(&second.metadata);
	ft_buf_release(&text);
}

START_TEST(counts_for_whom_it_is_of)
{
	static const struct {
		char *was_at, *is_at, *said, *expected;
		bool counts;
	} table[] = {
		{ NULL, NULL, server, NULL, true },
		{ somewhere, somewhere, server, NULL, true },
		{ somewhere, elsewhere, server, NULL, false },
		{ somewhere, NULL, server, NULL, false },
		{ NULL, somewhere, server, NULL, false },
		{ NULL, NULL, issuer, issuer, true },
		{ NULL, NULL, issuer, server, false },
		{ NULL, NULL, issuer, NULL, false },
		{ NULL, NULL, server, issuer, false },
		{ NULL, NULL, tenant, tenants, true },
		{ NULL, NULL, tenants, tenants, true },
		{ NULL, NULL, tenants, tenant, false },
	};

	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		bool metadata = false, its_keys = false;

		find(service_of(table[i].was_at, NULL), service_of(table[i].is_at, table[i].expected),
		     table[i].said, &metadata, &its_keys);
		ck_assert_msg(metadata == table[i].counts && its_keys == table[i].counts, "row %zu", i);
	}
}
END_TEST

/* Without discovery the profile says where the keys are. */
START_TEST(keys_of_another_place)
{
	static char name[] = "jwks_uri", here[] = "https://sso.example.com/keys",
		    there[] = "https://sso.example.com/others";
	struct ft_param own = { name, here }, other = { name, there };
	struct ft_service first = service_of(NULL, NULL), second = first;
	bool metadata = true, its_keys = false;

	second.profile.discover.n = 0;
	second.profile.metadata = &own;
	second.profile.n_metadata = 1;
	find(first, second, server, &metadata, &its_keys);
	ck_assert(!metadata && its_keys);
	second.profile.metadata = &other;
	find(first, second, server, &metadata, &its_keys);
	ck_assert(!metadata && !its_keys);
}
END_TEST

/* A login is for the people of one tenant, whoever said so before. */
START_TEST(logins_are_of_one_tenant)
{
	static const struct {
		char *said;
		bool login, good;
	} table[] = {
		{ tenant, true, true }, { tenant, false, true },
		{ tenants, true, false }, { tenants, false, true },
	};

	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct ft_service service = service_of(NULL, tenants);
		struct ft_facts facts = FT_FACTS_INIT;
		struct ft_error err = FT_ERROR_INIT;
		bool metadata = false, its_keys = false;

		service.one_tenant = table[i].login;
		find(service_of(NULL, tenants), service, table[i].said, &metadata, &its_keys);
		ck_assert_msg(metadata == table[i].good && its_keys == table[i].good, "row %zu", i);
		facts.status = 200;
		facts.sent = FT_SENT_YES;
		facts.parsed = true;
		facts.metadata.list = calloc(1, sizeof *facts.metadata.list);
		ck_assert_ptr_nonnull(facts.metadata.list);
		facts.metadata.n = 1;
		add(&facts.metadata.list[0], "issuer", table[i].said);
		int r = ft_service_take_metadata(&service, NULL, &facts, &err);

		ck_assert_msg(r == (table[i].good ? 0 : FT_UNTRUSTED), "row %zu: %s", i, line_of(&err));
		ck_assert_uint_eq(service.metadata.n, table[i].good);
		ck_assert(table[i].good || strstr(err.remedy, "name the tenant in server") != NULL);
		ft_metadata_release(&service.metadata);
		ft_facts_release(&facts);
	}
	/* Nobody is asked where the profile itself says it. */
	static char name[] = "issuer";
	struct ft_param own = { name, tenants };
	struct ft_service service = service_of(NULL, NULL);

	service.profile.discover.n = 0;
	service.profile.metadata = &own;
	service.profile.n_metadata = 1;
	service.one_tenant = true;
	ck_assert_int_eq(ft_service_discover(&service, NULL, NULL), FT_UNTRUSTED);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = { counts_for_whom_it_is_of, keys_of_another_place,
				       logins_are_of_one_tenant, NULL };

	return unit_run("cache", tests);
}

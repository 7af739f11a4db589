/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "service.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

const char *const counter_names[COUNT_COUNT] = {
	[COUNT_REQUESTS] = "requests",
	[COUNT_EXCHANGES] = "exchanges",
	[COUNT_REFRESHES] = "refreshes",
	[COUNT_REFUSED] = "refused",
	[COUNT_REUSES] = "reuses",
	[COUNT_REPLAYS] = "replays",
	[COUNT_LOGINS] = "logins",
	[COUNT_DISCOVERIES] = "discoveries",
	[COUNT_CHECKS] = "checks",
	[COUNT_CHECKS_REFUSED] = "checks_refused",
	[COUNT_REVOCATIONS] = "revocations",
	[COUNT_INTROSPECTIONS] = "introspections",
	[COUNT_TOKEN_EXCHANGES] = "token_exchanges",
	[COUNT_RUNNING] = "running",
	[COUNT_MAX_CONCURRENT] = "max_concurrent",
	[COUNT_FAULTS] = "faults",
};

static struct tenant *tenants;

int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t tenant_clock(const struct tenant *tenant)
{
	struct timespec now;
	int64_t skew = tenant != NULL ? option_number(tenant, OPT_SKEW) : 0;

	clock_gettime(CLOCK_REALTIME, &now);
	return ((int64_t)now.tv_sec + skew) * 10000000 + now.tv_nsec / 100;
}

int64_t grant_seconds(const struct grant *grant)
{
	return grant->lifetime_ms < 1000 ? 1 : grant->lifetime_ms / 1000;
}

struct tenant *tenant_find(const char *name, size_t len)
{
	for (struct tenant *t = tenants; t != NULL; t = t->next)
		if (strlen(t->name) == len && memcmp(t->name, name, len) == 0)
			return t;
	return NULL;
}

/* A replaced tenant stays in the list, after its namesake: requests may still hold it. */
struct tenant *tenant_create(const char *name)
{
	struct tenant *tenant = must(calloc(1, sizeof(*tenant)));

	tenant->name = must(strdup(name));
	options_default(tenant);
	tenant->next = tenants;
	tenants = tenant;
	return tenant;
}

static const char *subject_of(const struct tenant *tenant, const struct fault *fault)
{
	if (fault_is(fault, "other-subject"))
		return "mallory";
	return tenant->options[option_is(tenant, OPT_SUBJECT, "") ? OPT_USER : OPT_SUBJECT];
}

static void put_exp(FILE *file, const struct grant *grant)
{
	int64_t now = grant->issued / 10000000;

	switch (grant->expiry) {
	case EXPIRY_PLAIN:
		fprintf(file, ",\"exp\":%" PRId64, now + grant_seconds(grant));
		break;
	case EXPIRY_ABSENT:
		break;
	case EXPIRY_RAW:
	case EXPIRY_NULL:
		fputs(",\"exp\":null", file);
		break;
	case EXPIRY_NEGATIVE:
		fputs(",\"exp\":-1", file);
		break;
	case EXPIRY_HUGE:
		fputs(",\"exp\":9223372036854775807", file);
		break;
	case EXPIRY_STRING:
		fputs(",\"exp\":\"soon\"", file);
		break;
	case EXPIRY_PAST:
		fprintf(file, ",\"exp\":%" PRId64, now - 60);
		break;
	}
}

static char *jwt_text(struct tenant *tenant, const struct grant *grant)
{
	struct text text;
	char *out;

	text_open(&text);
	fputs("{\"sub\":", text.file);
	put_json_string(text.file, grant->subject);
	fprintf(text.file, ",\"jti\":\"%s-%u\",\"iat\":%" PRId64, tenant->name, tenant->serial,
		grant->issued / 10000000);
	put_exp(text.file, grant);
	if (option_number(tenant, OPT_SIZE) > 0)
		fprintf(text.file, ",\"pad\":\"%0*d\"",
			(int)(option_number(tenant, OPT_SIZE) * 3 / 4), 0);
	putc('}', text.file);
	text_close(&text);
	out = jwt_hs256(text.data);
	free(text.data);
	return out;
}

static char *opaque_text(struct tenant *tenant, const char *kind, size_t size)
{
	const char *special = option_yes(tenant, OPT_SPECIAL) ? "+/=&%2B;<>\"'\\~{$x}" : "";
	char *random = random_hex(12);
	struct text text;

	text_open(&text);
	fprintf(text.file, "%s-%s%u-%s%s", tenant->name, kind, tenant->serial, special, random);
	fflush(text.file);
	for (size_t i = text.len; i < size; i++)
		putc("0123456789abcdef"[i % 16], text.file);
	text_close(&text);
	free(random);
	return text.data;
}

static char *refresh_text(struct tenant *tenant)
{
	struct text text;
	char *out;

	if (!option_is(tenant, OPT_VENDOR, "kirjaswappi"))
		return opaque_text(tenant, "r", 0);
	text_open(&text);
	fputs("{\"sub\":", text.file);
	put_json_string(text.file, subject_of(tenant, NULL));
	fprintf(text.file, ",\"jti\":\"%s-%u\",\"exp\":9223372036854775}", tenant->name,
		tenant->serial);
	text_close(&text);
	out = jwt_hs256(text.data);
	free(text.data);
	return out;
}

static struct token *add(struct token **list, struct family *family, char *text, int64_t life_ms)
{
	struct token *token = must(calloc(1, sizeof(*token)));

	*token = (struct token){
		.next = *list, .text = text, .family = family, .spent_ms = -1,
		.dies_ms = life_ms > 0 ? now_ms() + life_ms : INT64_MAX,
	};
	*list = token;
	return token;
}

static struct bytes copy(const char *text)
{
	return (struct bytes){ must(strdup(text)), strlen(text) };
}

static void describe(struct tenant *tenant, const struct family *family,
		     const struct fault *fault, struct grant *ret)
{
	*ret = (struct grant){
		.type = "Bearer", .subject = subject_of(tenant, fault), .scope = family->scope,
		.issued = tenant_clock(tenant), .lifetime_ms = option_ms(tenant, OPT_LIFETIME),
		.refresh_expires_in = tenant->options[OPT_REFRESH_EXPIRES_IN],
		.expiry = option_yes(tenant, OPT_EXPIRES) ? EXPIRY_PLAIN : EXPIRY_ABSENT,
	};
	fault_mangle(fault, ret);
}

static struct token *new_access(struct tenant *tenant, struct family *family,
				const struct grant *grant)
{
	tenant->serial++;
	if (option_yes(tenant, OPT_KILL_OLD))
		tenant_revoke_access(tenant, family);
	return add(&tenant->access, family, option_yes(tenant, OPT_JWT) ? jwt_text(tenant, grant) :
		   opaque_text(tenant, "a", (size_t)option_number(tenant, OPT_SIZE)),
		   grant->lifetime_ms);
}

static void fill(const struct token *access, const struct token *refresh,
		 const struct fault *fault, struct grant *ret)
{
	free(ret->access.data);
	free(ret->refresh.data);
	ret->access = copy(access->text);
	ret->refresh = refresh != NULL ? copy(refresh->text) : (struct bytes){ NULL, 0 };
	/* Once more, for the faults that spoil what has just been put in. */
	fault_mangle(fault, ret);
}

void tenant_login(struct tenant *tenant, const char *scope, const struct fault *fault,
		  struct grant *ret)
{
	struct family *family = must(calloc(1, sizeof(*family)));
	struct token *access, *refresh;

	family->next = tenant->families;
	tenant->families = family;
	family->scope = must(strdup(scope != NULL ? scope : tenant->options[OPT_SCOPE]));
	describe(tenant, family, fault, ret);
	access = new_access(tenant, family, ret);
	refresh = add(&tenant->refresh, family, refresh_text(tenant),
		      option_ms(tenant, OPT_REFRESH_LIFETIME));
	refresh->access = access;
	fill(access, refresh, fault, ret);
}

static struct token *search(struct token *list, const char *text)
{
	while (list != NULL && strcmp(list->text, text) != 0)
		list = list->next;
	return list;
}

static enum outcome spent_again(struct tenant *tenant, struct token *token,
				const struct fault *fault, struct grant *ret)
{
	if (token->heir != NULL && token->heir->spent_ms < 0 &&
	    now_ms() - token->spent_ms < option_ms(tenant, OPT_GRACE)) {
		const int64_t left = token->heir->access->dies_ms - now_ms();

		tenant->counters[COUNT_REPLAYS]++;
		describe(tenant, token->family, fault, ret);
		/* The same access token, for as long as it has left; one that is over is no answer. */
		if (left < 1000)
			token->heir->access = new_access(tenant, token->family, ret);
		else if (left < ret->lifetime_ms)
			ret->lifetime_ms = left;
		fill(token->heir->access, token->heir, fault, ret);
		return GRANTED;
	}
	tenant->counters[COUNT_REUSES]++;
	if (option_yes(tenant, OPT_REUSE_DETECTION)) {
		token->family->revoked = true;
		tenant_revoke_access(tenant, token->family);
	}
	return SPENT_TOKEN;
}

static enum outcome redeem(struct tenant *tenant, const char *text, const char *old_access,
			   const struct fault *fault, struct grant *ret)
{
	struct token *token = search(tenant->refresh, text), *access, *heir;

	if (token == NULL || token->revoked || fault_is(fault, "refuse"))
		return UNKNOWN_TOKEN;
	if (tenant->disabled)
		return USER_DISABLED;
	if (token->family->revoked)
		return token->spent_ms >= 0 ? SPENT_TOKEN : UNKNOWN_TOKEN;
	if (token->spent_ms >= 0)
		return spent_again(tenant, token, fault, ret);
	if (token->dies_ms <= now_ms())
		return EXPIRED_TOKEN;
	if (old_access != NULL && strcmp(old_access, token->access->text) != 0)
		return WRONG_ACCESS;

	describe(tenant, token->family, fault, ret);
	access = new_access(tenant, token->family, ret);
	if (option_yes(tenant, OPT_ROTATE)) {
		heir = add(&tenant->refresh, token->family, refresh_text(tenant),
			   option_ms(tenant, OPT_REFRESH_LIFETIME));
		heir->access = access;
		token->heir = heir;
		token->spent_ms = now_ms();
		fill(access, heir, fault, ret);
	} else {
		token->access = access;
		fill(access, NULL, fault, ret);
	}
	return GRANTED;
}

enum outcome tenant_redeem(struct tenant *tenant, const char *refresh, const char *old_access,
			   const struct fault *fault, struct grant *ret)
{
	enum outcome outcome = redeem(tenant, refresh, old_access, fault, ret);

	tenant->counters[outcome == GRANTED ? COUNT_REFRESHES : COUNT_REFUSED]++;
	return outcome;
}

static bool alive(const struct tenant *tenant, const struct token *token);

enum outcome tenant_exchange(struct tenant *tenant, const char *subject, const struct fault *fault,
			     struct grant *ret)
{
	struct token *token = search(tenant->access, subject), *access;

	if (!alive(tenant, token) || fault_is(fault, "refuse")) {
		tenant->counters[COUNT_REFUSED]++;
		return UNKNOWN_TOKEN;
	}
	describe(tenant, token->family, fault, ret);
	if (!option_is(tenant, OPT_EXCHANGE_LIFETIME, "0"))
		ret->lifetime_ms = option_ms(tenant, OPT_EXCHANGE_LIFETIME);
	tenant->serial++;
	access = add(&tenant->access, token->family, opaque_text(tenant, "x", 0), ret->lifetime_ms);
	fill(access, NULL, fault, ret);
	tenant->counters[COUNT_TOKEN_EXCHANGES]++;
	return GRANTED;
}

static bool alive(const struct tenant *tenant, const struct token *token)
{
	return token != NULL && !tenant->disabled && !token->revoked && !token->family->revoked &&
	       token->spent_ms < 0 && token->dies_ms > now_ms();
}

bool tenant_valid(struct tenant *tenant, const char *access)
{
	return alive(tenant, search(tenant->access, access));
}

struct token *tenant_find_token(struct tenant *tenant, const char *text, bool *ret_refresh)
{
	struct token *token = search(tenant->refresh, text);

	*ret_refresh = token != NULL;
	if (token == NULL)
		token = search(tenant->access, text);
	return alive(tenant, token) ? token : NULL;
}

bool tenant_has_issued(struct tenant *tenant, const char *refresh)
{
	return search(tenant->refresh, refresh) != NULL;
}

void tenant_revoke_access(struct tenant *tenant, const struct family *family)
{
	for (struct token *t = tenant->access; t != NULL; t = t->next)
		if (family == NULL || t->family == family)
			t->revoked = true;
}

void tenant_revoke_families(struct tenant *tenant)
{
	for (struct family *f = tenant->families; f != NULL; f = f->next)
		f->revoked = true;
}

void grant_release(struct grant *grant)
{
	free(grant->access.data);
	free(grant->refresh.data);
	*grant = (struct grant){ .type = NULL };
}

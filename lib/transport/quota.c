/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "lib/transport/quota.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/base/date.h"

/* Seconds, about 30 years: a larger number is not a duration, but a time since the epoch. */
#define SPAN_MAX 1000000000

/* One quota, as far as it was read; -1: not said. */
struct part {
	int64_t left, reset;
};

static int64_t until(int64_t at, int64_t clock)
{
	return at <= clock ? 0 : at - clock < INT32_MAX ? at - clock : INT32_MAX;
}

/* Retry-After has only digits or a date. */
static int64_t retry_after(const char *text, int64_t clock)
{
	if (text[strspn(text, "0123456789")] == '\0') {
		int64_t seconds = strlen(text) > 10 ? INT32_MAX : strtoll(text, NULL, 10);

		return seconds > INT32_MAX ? INT32_MAX : seconds;
	}
	int64_t at = ft_http_date(text);

	return at >= 0 ? until(at, clock) : -1;
}

/* Seconds until a quota is renewed; -1: the text has no valid time. */
static int64_t reset_of(const char *text, int64_t clock)
{
	bool has_zone = false;
	int64_t value;

	if (ft_number_parse(text, &value))
		return value < 0 ? -1 : value < SPAN_MAX ? value : until(value, clock);
	value = ft_date_parse(text, &has_zone);
	return value >= 0 && has_zone ? until(value / 1000, clock) : -1;
}

static int64_t left_of(const char *text)
{
	int64_t value;

	return !ft_number_parse(text, &value) ? -1 : value > 0 ? value : 0;
}

/* Seconds to wait for a quota. If something is left, none. If it does not say, after a 429 it
 * counts as used up. */
static void count(const struct part *part, int status, struct ft_quota *quota)
{
	if (part->left > 0 || (part->left < 0 && status != 429))
		return;
	quota->used_up |= part->left == 0;
	if (part->reset > quota->wait)
		quota->wait = part->reset;
}

static void count_pair(const struct ft_response *response, const char *prefix, int64_t clock,
		       struct ft_quota *quota)
{
	struct part part = { -1, -1 };
	const char *text;
	char name[40];

	(void)snprintf(name, sizeof name, "%sRemaining", prefix);
	text = ft_response_header(response, name);
	if (text != NULL)
		part.left = left_of(text);
	(void)snprintf(name, sizeof name, "%sReset", prefix);
	text = ft_response_header(response, name);
	if (text != NULL)
		part.reset = reset_of(text, clock);
	count(&part, response->status, quota);
}

static bool is_key(const char *text, size_t len, const char *one, const char *other)
{
	return (strlen(one) == len && strncasecmp(text, one, len) == 0) ||
	       (strlen(other) == len && strncasecmp(text, other, len) == 0);
}

/* "r=0", or "remaining=0" as older drafts say it. */
static void read_pair(const char *text, size_t len, int64_t clock, struct part *part)
{
	const char *equals = memchr(text, '=', len);
	char value[32];

	if (equals == NULL || len - (size_t)(equals - text) > sizeof value)
		return;
	const size_t key = (size_t)(equals - text);

	(void)snprintf(value, sizeof value, "%.*s", (int)(len - key - 1), equals + 1);
	if (is_key(text, key, "r", "remaining"))
		part->left = left_of(value);
	else if (is_key(text, key, "t", "reset"))
		part->reset = reset_of(value, clock);
}

/*
 * Reads quotas with commas between them, each with its members between semicolons:
 *	"default";r=0;t=30
 *	b=per_hour;q=10;r=0;t=3540,b=per_day;q=50;r=47;t=43200
 *	limit=100, remaining=0, reset=50
 * The last is one quota: if it has not yet said both, it continues after the comma.
 */
static void count_list(const char *text, int64_t clock, int status, struct ft_quota *quota)
{
	struct part part = { -1, -1 };

	while (*text != '\0') {
		const char *end = text += strspn(text, " \t;,");
		bool quoted = false;

		for (; *end != '\0' && (quoted || strchr(";,", *end) == NULL); end++)
			quoted ^= *end == '"';
		read_pair(text, (size_t)(end - text), clock, &part);
		if (*end != ';' && part.left >= 0 && part.reset >= 0) {
			count(&part, status, quota);
			part = (struct part){ -1, -1 };
		}
		text = end;
	}
	count(&part, status, quota);
}

struct ft_quota ft_quota_of(const struct ft_response *response, int64_t date, int64_t now)
{
	static const char *const pairs[] = { "RateLimit-", "X-RateLimit-", "X-Rate-Limit-" };
	static const char *const lists[] = { "RateLimit", "Auth0-Client-Quota-Limit" };
	const int64_t clock = date >= 0 ? date : now;
	const char *text = ft_response_header(response, "Retry-After");
	struct ft_quota quota = { .wait = text != NULL ? retry_after(text, clock) : -1 };

	/* In a success these headers are about later requests. */
	if (response->status < 300)
		return quota;
	for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
		count_pair(response, pairs[i], clock, &quota);
	for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
		text = NULL;
		while ((text = ft_response_header_after(response, lists[i], text)) != NULL)
			count_list(text, clock, response->status, &quota);
	}
	return quota;
}

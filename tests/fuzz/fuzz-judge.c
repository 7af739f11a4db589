/* SPDX-License-Identifier: MIT */
/* judge.h: whatever a service answers, an access token that is handed out is valid in form */
#include "config.h"

#include <string.h>

#include "lib/exchange/facts.h"
#include "fuzz.h"
#include "lib/base/token.h"
#include "lib/exchange/judge.h"
#include "lib/store/record.h"

#define ANSWER "[refresh]\npath = /r\n[response]\naccess_token = a\n"
static const char *const profiles[] = {
	(ANSWER "expires_jwt = yes\n"),
	(ANSWER
	 "[disabled]\ncode = *disabled*\n[transient]\ncode = slow_down, *later\nstatus = 400\n"
	 "[terminal]\nstatus = 400, 401\nunparsed = yes\n"),
	("[provider]\ntoken_types = bearer, mac\n" ANSWER "[terminal]\nmessage = *a*b*\n"),
};

/* What a record keeps, git's line protocol carries and a terminal shows. */
static void check(const struct ft_profile *profile, const struct ft_facts *facts,
		  const char *subject)
{
	const struct ft_moment sent = { .real = INT64_C(1700000000000),
					.boot = 1000,
					.boot_id = "b" };
	struct ft_judgement j;
	struct ft_error err = FT_ERROR_INIT;

	MUST(ft_judge(profile, facts, subject, &sent, &j, &err) == 0);
	MUST(j.access_token.data == NULL ||
	     ft_token_valid(j.access_token.data, j.access_token.len));
	MUST(j.refresh_token.data == NULL || strpbrk(j.refresh_token.data, "\r\n\t") == NULL);
	MUST(j.lifetime >= -1);
	if (j.outcome == FT_OUTCOME_FRESH) {
		MUST(facts->status >= 200 && facts->status <= 299 && facts->parsed);
		MUST(j.access_token.data != NULL && j.lifetime != 0 && !j.not_sent);
		/* A new refresh token came, and cannot be used. */
		MUST(!j.ambiguous || (j.refresh_token.data == NULL && j.why.text[0] != '\0'));
		MUST(subject == NULL || j.subject == NULL || strcmp(subject, j.subject) == 0);
		MUST(!facts->id_token.present || facts->id_token.verified ||
		     facts->id_token.unknown_key);
	} else {
		MUST(j.why.text[0] != '\0' && j.outcome <= FT_OUTCOME_DISABLED);
		MUST(j.outcome == FT_OUTCOME_TRANSIENT || facts->status != 0);
	}
	/* What was surely not sent was not spent. */
	MUST(!(j.not_sent && j.ambiguous));
	ft_judgement_release(&j);
}

/* The answer as facts-parse takes it. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct ft_profile loaded[sizeof profiles / sizeof *profiles];
	static bool ready;
	struct ft_facts facts;

	for (size_t i = 0; !ready && i < sizeof profiles / sizeof *profiles; i++)
		MUST(ft_profile_parse(NULL, "p", "p.conf", profiles[i], strlen(profiles[i]), &loaded[i],
				      NULL) == 0);
	ready = true;
	if (ft_facts_parse((const char *)data, size, &facts, NULL) != 0)
		return 0;
	for (size_t i = 0; i < sizeof loaded / sizeof *loaded; i++) {
		check(&loaded[i], &facts, NULL);
		check(&loaded[i], &facts, "alice");
	}
	ft_facts_release(&facts);
	return 0;
}

/* SPDX-License-Identifier: MIT */
/*
 * counter.c - the counter-question: was the request refused because of its refresh token?
 *
 * Many services have their own way to say that a sign-in is over: 400 with an empty body,
 * invalid_request, unauthorized_client, token_inactive. Other services and gateways give such
 * answers for other reasons. So the request is sent once more, with an invented refresh token. If
 * the service gives the same answer, it does not know the real one either; if it gives another
 * answer, it knows the real one.
 *
 * What this must not do
 *  - harm a sign-in: the request contains nothing of the person. If it has an access token, that is
 *    invented too: a service that looks for the access token's owner would find a wrong refresh
 *    token with it, as if from a thief. No part of the real refresh token is kept, because that may
 *    be the name of a session.
 *  - lose the first answer: the second one is kept in memory, not in the slot's file. If the
 *    process is killed between the two, whoever adopts the exchange finds the first refusal, which
 *    does not decide.
 *  - go on without end: a refusal that was once shown to mean this is noted (record.h, `refused`).
 */
#include "config.h"
#include "lib/refresh/job.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

/* Seconds; the result is not worth a longer wait. */
#define COUNTER_SECONDS 10
/* A shorter invented token might be somebody's real one by chance. */
#define SHORTEST 20
#define POOL 256

static bool is_hexadecimal(const struct ft_secret *token)
{
	return strspn(token->data, "0123456789abcdefABCDEF-") == token->len;
}

static size_t alphanumerics(const struct ft_secret *token)
{
	size_t n = 0;

	for (size_t i = 0; i < token->len; i++)
		n += isalnum((unsigned char)token->data[i]) != 0;
	return n;
}

/* Invents a token of the same shape, because a service may check the shape first: random letters
 * for letters, random digits for digits. */
static int make_up(const struct ft_secret *shape, struct ft_secret *ret)
{
	static const char none[] = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
	struct ft_secret like = { (char *)none, sizeof none - 1 };	/* read only */
	unsigned char pool[POOL];

	if (shape->data == NULL)
		return 0;
	if (alphanumerics(shape) >= SHORTEST)
		like = *shape;
	const unsigned letters = is_hexadecimal(&like) ? 6 : 26;

	if (ft_secret_copy(ret, &like) != 0)
		return FT_NO_MEMORY;
	for (size_t i = 0; i < ret->len; i++) {
		char *c = &ret->data[i];

		if (i % POOL == 0 && getrandom(pool, sizeof pool, 0) != sizeof pool)
			return FT_SYSTEM;
		const unsigned chance = pool[i % POOL];

		if (*c >= '0' && *c <= '9')
			*c = (char)('0' + chance % 10);
		else if (*c >= 'a' && *c <= 'z')
			*c = (char)('a' + chance % letters);
		else if (*c >= 'A' && *c <= 'Z')
			*c = (char)('A' + chance % letters);
	}
	return 0;
}

/* Whether the service answers an invented refresh token with the same refusal. */
static bool is_given_to_anything(struct ft_job *job, const struct ft_record *record,
				 const char *refusal)
{
	struct ft_service *service = &job->service;
	struct ft_facts facts = FT_FACTS_INIT;
	struct ft_judgement judgement = FT_JUDGEMENT_INIT;
	struct ft_variables variables = { 0 };
	struct ft_moment now;
	bool same = false;

	if (service->route.timeout > COUNTER_SECONDS)
		service->route.timeout = COUNTER_SECONDS;
	ft_moment_now(&now);
	if (make_up(&record->refresh_token, &variables.refresh_token) == 0 &&
	    make_up(&record->access_token, &variables.access_token) == 0 &&
	    ft_service_request(service, FT_REQUEST_REFRESH, &variables, &facts, NULL) == 0 &&
	    ft_judge(&service->profile, &facts, NULL, &now, &judgement, NULL) == 0)
		same = strcmp(judgement.refusal, refusal) == 0;
	service->route.timeout = job->account->timeout;
	ft_judgement_release(&judgement);
	ft_facts_release(&facts);
	ft_variables_release(&variables);
	return same;
}

void ft_job_counter(struct ft_job *job, const struct ft_record *record,
		    struct ft_judgement *judgement)
{
	if (judgement->refusal[0] == '\0' || judgement->outcome != FT_OUTCOME_TRANSIENT)
		return;
	if (strcmp(judgement->refusal, record->refused.as) != 0 &&
	    !is_given_to_anything(job, record, judgement->refusal)) {
		judgement->refusal[0] = '\0';
		return;
	}
	judgement->outcome = FT_OUTCOME_TERMINAL;
	ft_error_add(
		&judgement->why,
		ft_account_secret_file(job->account) != NULL
			? "the service says the same about an invented refresh token (if a new "
			  "sign-in does not help, check client_id and client_secret_file or "
			  "client_cert_file)"
			: "the service says the same about an invented refresh token");
}

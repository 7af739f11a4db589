/* SPDX-License-Identifier: MIT */
/*
 * counter.c - the counter-question: is it the refresh token that is refused?
 *
 * Many services say that a sign-in is over in words of their own: 400 with an empty body,
 * invalid_request, unauthorized_client, token_inactive. Others say the same, and so do gateways,
 * of quite other things. So the request is sent once more with a refresh token that nobody ever
 * had. A service that gives the same answer to that has seen nothing in ours; one that answers
 * otherwise knows it.
 *
 * What this must not do
 *  - harm a sign-in: nothing of the person's is in it. Where the request has an access token
 *    besides, that is made up as well, or a service that looks for its owner would find a wrong
 *    refresh token with it, as from a thief. Nor is a part of the refresh token kept, which may be
 *    the name of a session.
 *  - lose the first answer: this one goes to memory, not to the slot. Who adopts an exchange that
 *    was killed in between finds a refusal that decides nothing.
 *  - go on for ever: a refusal that was shown once to mean this is known (record.h, `refused`).
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

/* In the shape of another, so that a service that looks at that first does not stop there: letters
 * for letters, digits for digits, all of it by chance. */
static int make_up(const struct ft_secret *shape, struct ft_secret *ret)
{
	static const char none[] = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
	struct ft_secret like = { (char *)none, sizeof none - 1 };	/* not changed */
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

/* Whether the service gives this refusal to a made-up refresh token, too. */
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
			? "the service says the same of a refresh token that nobody has (where a "
			  "new sign-in does not help, check client_id and client_secret_file or "
			  "client_cert_file)"
			: "the service says the same of a refresh token that nobody has");
}

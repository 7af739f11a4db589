/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "lib/signin/signin.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void ft_signin_release(struct ft_signin *signin)
{
	if (signin == NULL)
		return;
	ft_judgement_release(&signin->judgement);
	free(signin->identity);
	signin->identity = NULL;
}

/* Whether the request has a client_id. */
static bool names_client(const struct ft_service *service, enum ft_request_kind kind)
{
	const struct ft_request_template *t = ft_profile_request(&service->profile, kind);
	bool names = false;

	for (int format = FT_FORMAT_NONE; format <= FT_FORMAT_XML; format++)
		names = names ||
			ft_profile_request_uses(t, (enum ft_format)format, FT_VARIABLE_CLIENT_ID);
	return names;
}

int ft_signin_check_client(const struct ft_service *service, enum ft_request_kind kind,
			   struct ft_error *err)
{
	const struct ft_account *account = service->account;
	/* Clients are not registered for the system's accounts, which PAM reads. */
	bool registers = !account->system && ft_service_offers(service, FT_REQUEST_REGISTER);

	return account->client_id != NULL || account->register_client ||
			       !names_client(service, kind) ?
		       0 :
		       ft_error_set(
			       err, FT_CONFIG,
			       "client_id is not set, and a service that signs people in has to "
			       "know which program asks" FT_REMEDY
			       "set client_id in [account %s], %s:%u%s",
			       account->name,
			       account->file != NULL ? account->file : "freshtoken.conf",
			       account->line,
			       registers ? ", or register_client = yes there" : "");
}

const char *ft_signin_explain(const char *code)
{
	static const struct {
		const char *code, *text;
	} known[] = {
		{ "invalid_client", "the service does not accept this client" FT_REMEDY
		  "check client_id, "
				    "client_auth and client_secret_file or client_cert_file" },
		{ "unauthorized_client", "the service does not allow this client to sign people in "
					 "that way" FT_REMEDY
					 "ask its administrator, or try another way" },
		{ "unsupported_grant_type",
		  "the service does not offer that way of signing in" FT_REMEDY "try another" },
		{ "invalid_scope", "the service does not know the scope" FT_REMEDY "check scope" },
		{ "invalid_target",
		  "the service does not know the resource" FT_REMEDY
		  "check resource and audience" },
		{ "access_denied", "the sign-in was refused at the service" },
		{ "expired_token", "nobody approved the sign-in in time" },
	};

	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (strcmp(code, known[i].code) == 0)
			return known[i].text;
	return NULL;
}

/* Whether the password is wrong: by the profile's rules, by OAuth's error, or by status 401. A 401
 * with a web page comes from a gateway. */
static bool is_wrong_password(enum ft_request_kind kind, const struct ft_facts *facts,
			      const struct ft_signin *signin)
{
	if (kind != FT_REQUEST_LOGIN || signin->judgement.outcome == FT_OUTCOME_DISABLED ||
	    ft_signin_explain(signin->code) != NULL)
		return false;
	return signin->judgement.outcome == FT_OUTCOME_TERMINAL ||
	       strcmp(signin->code, "invalid_grant") == 0 ||
	       (facts->status == 401 && facts->media != FT_MEDIA_HTML);
}

static int refused(const struct ft_service *service, enum ft_request_kind kind,
		   const struct ft_facts *facts, const struct ft_signin *signin,
		   struct ft_error *err)
{
	const struct ft_judgement *j = &signin->judgement;
	const char *meaning = ft_signin_explain(signin->code);
	/* A service that sends an error code has decided, even if the profile does not list it;
	 * some send it with status 200. */
	bool decided =
		j->outcome != FT_OUTCOME_TRANSIENT ||
		(facts->parsed && facts->status < 500 && !j->busy && signin->code[0] != '\0');

	if (is_wrong_password(kind, facts, signin)) {
		(void)ft_error_set(err, FT_LOGIN_NEEDED, "%s: user name or password refused (%s)",
				   service->server, j->why.text);
		ft_error_foreign(err, j->why.foreign);
		return FT_LOGIN_NEEDED;
	}
	(void)ft_error_copy(err, decided ? FT_LOGIN_NEEDED : FT_TEMPORARY, &j->why);
	ft_error_add(err, meaning);
	ft_error_prefix(err, "%s", service->server);
	return decided ? FT_LOGIN_NEEDED : FT_TEMPORARY;
}

/* Some services repeat refused secrets in their errors. */
static void hide(const struct ft_variables *variables, struct ft_judgement *j)
{
	const struct ft_secret *const sent[] = {
		&variables->refresh_token, &variables->access_token,  &variables->password,
		&variables->code,	   &variables->code_verifier, &variables->device_code,
		&variables->token
	};

	for (size_t i = 0; i < sizeof sent / sizeof *sent; i++)
		ft_judge_hide(&j->why, sent[i]);
}

static int judge(struct ft_service *service, enum ft_request_kind kind,
		 const struct ft_variables *variables, struct ft_facts *facts,
		 struct ft_signin *ret, struct ft_error *err)
{
	const char *code = facts->fields[FT_FIELD_CODE].data;
	const struct ft_secret *identity = &facts->fields[FT_FIELD_IDENTITY];
	int r = ft_service_verify(service, variables->nonce.data, facts, err);

	if (code != NULL && strlen(code) < sizeof ret->code)
		(void)snprintf(ret->code, sizeof ret->code, "%s", code);
	if (r == 0)
		r = ft_judge(&service->profile, facts, NULL, &ret->sent, &ret->judgement, err);
	hide(variables, &ret->judgement);
	if (r != 0)
		return r;
	/* An ID token that cannot be verified never signs anybody in. */
	if (facts->id_token.present && !facts->id_token.verified)
		return ft_error_set(err, facts->id_token.unknown_key ? FT_TEMPORARY : FT_UNTRUSTED,
				    "%s: the ID token cannot be verified: %s", service->server,
				    facts->id_token.error);
	if (ret->judgement.outcome != FT_OUTCOME_FRESH)
		return refused(service, kind, facts, ret, err);
	if (identity->data != NULL && (ret->identity = strdup(identity->data)) == NULL)
		return ft_error_memory(err);
	return 0;
}

int ft_signin_exchange(struct ft_service *service, enum ft_request_kind kind,
		       const struct ft_variables *variables, struct ft_signin *ret,
		       struct ft_error *err)
{
	struct ft_facts facts = FT_FACTS_INIT;

	ft_moment_now(&ret->sent);
	int r = ft_service_request(service, kind, variables, &facts, err);

	ret->status = r == 0 ? facts.status : 0;
	if (r == 0)
		r = judge(service, kind, variables, &facts, ret, err);
	ft_facts_release(&facts);
	return r;
}

/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "lib/core/idtoken.h"

#include "lib/base/date.h"

/* What makes a service send an ID token. */
#define SCOPE_REMEDY "have scope in [account %s] include openid, then run: freshtoken login %s"

void ft_id_token_take(const struct ft_account *account, struct ft_judgement *judgement,
		      const struct ft_moment *sent, struct ft_record *record)
{
	struct ft_id_token *id = &record->id;

	if (!account->id_token) {
		ft_secret_release(&id->token);
		*id = (struct ft_id_token){ .unrenewed = false };
		return;
	}
	id->unrenewed = judgement->id_token.data == NULL;
	if (!id->unrenewed) {
		ft_secret_move(&id->token, &judgement->id_token);
		id->issued = *sent;
		id->lifetime = judgement->id_lifetime;
	} else if (judgement->why.text[0] != '\0') {
		return;
	} else if (id->token.data != NULL) {
		(void)ft_error_set(&judgement->why, FT_OK,
				   "the service sent no new ID token; the previous one is kept "
				   "until it expires");
	} else {
		(void)ft_error_set(&judgement->why, FT_OK,
				   "the service sent no ID token that can be kept" FT_REMEDY
				   SCOPE_REMEDY, account->name, account->name);
	}
}

int ft_id_token_missing(const struct ft_account *account, const struct ft_record *record,
			struct ft_error *err)
{
	const struct ft_id_token *id = &record->id;
	char when[32];

	if (id->token.data == NULL)
		return ft_error_set(err, FT_LOGIN_NEEDED,
				    "the service sends no ID token that can be kept" FT_REMEDY
				    SCOPE_REMEDY, account->name, account->name);
	ft_date_format(id->issued.real + id->lifetime, when);
	return ft_error_set(err, FT_LOGIN_NEEDED,
			    "the ID token ended at %s, and the service sends none at a refresh"
			    FT_REMEDY "run: freshtoken login %s", when, account->name);
}

int ft_id_token_kept(const struct ft_account *account, struct ft_error *err)
{
	return account->id_token ?
		       0 :
		       ft_error_set(err, FT_CONFIG,
				    "the account keeps no ID token" FT_REMEDY
				    "set id_token = yes in [account %s], %s:%u, then run: "
				    "freshtoken refresh %s",
				    account->name,
				    account->file != NULL ? account->file : "freshtoken.conf",
				    account->line, account->name);
}

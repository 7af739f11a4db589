/* SPDX-License-Identifier: MIT */
/*
 * identity.h - whose an access token is, and for whom it was issued
 *
 * By the service's own word in this exchange: introspection (RFC 7662), else
 * UserInfo (OpenID Connect Core section 5.3). What an ID token or a vendor's
 * answer said when the token was issued is in struct ft_signin already.
 */
#ifndef FT_IDENTITY_H
#define FT_IDENTITY_H

#include "lib/service/service.h"

struct ft_identity {
	char *name;		/* what the account's `identity` names, else the subject */
	int64_t expires_at;	/* seconds since the epoch; -1: not said */
};
#define FT_IDENTITY_INIT { .expires_at = -1 }

/* Whether the service can be asked: after ft_service_discover. */
bool ft_identity_can_introspect(const struct ft_service *service);

/*
 * FT_LOGIN_NEEDED: the token is not active; FT_NOT_FOUND: the service does not say whose it is
 * (neither endpoint, or not to this client); FT_TEMPORARY, FT_CONFIG, FT_SYSTEM, FT_NO_MEMORY.
 */
int ft_identity_of_token(struct ft_service *service, const struct ft_secret *access_token,
			 struct ft_identity *ret, struct ft_error *err);
/* Introspection alone: whether it is active. name may stay NULL. Errors as above. */
int ft_identity_introspect(struct ft_service *service, const struct ft_secret *access_token,
			   struct ft_identity *ret, struct ft_error *err);
/*
 * Whether this is an access token that was issued to log in: for the account's login_audience, and
 * for nothing else, by introspection, or where the service offers none by its verified signature.
 * FT_LOGIN_NEEDED: it is not; FT_NOT_FOUND: the service has neither; others as above.
 */
int ft_identity_for_login(struct ft_service *service, const struct ft_secret *access_token,
			  struct ft_identity *ret, struct ft_error *err);
/* UserInfo alone: whether it takes the token. Errors as above; that it does not (FT_LOGIN_NEEDED)
 * means little for a token that is for another audience. */
int ft_identity_userinfo(struct ft_service *service, const struct ft_secret *access_token,
			 struct ft_identity *ret, struct ft_error *err);
/* Whether a refresh token is active, without spending it. Errors as above. A service may also
 * say so of a token that it does not tell about (RFC 7662 section 2.2). */
int ft_identity_refresh_active(struct ft_service *service, const struct ft_secret *refresh_token,
			       struct ft_error *err);
void ft_identity_release(struct ft_identity *identity);

#endif

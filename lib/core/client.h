/* SPDX-License-Identifier: MIT */
/*
 * client.h - the client that a service registered for an account (RFC 7591)
 *
 * It is stored in the state folder as NAME.client, 0600, beside the account's record, never in the
 * configuration. An account that has register_client and no client_id uses this client's, as long
 * as its server is the one that registered the client.
 */
#ifndef FT_CLIENT_H
#define FT_CLIENT_H

#include "lib/core/context.h"

struct ft_client {
	char *server, *id;
	struct ft_secret secret;	/* unset: a public client */
	enum ft_client_auth auth;	/* FT_CLIENT_AUTH_UNSET: as the profile says */
	int64_t expires_at;		/* seconds since the epoch; 0: never */
	struct ft_secret uri, token;	/* where and with what to remove it (RFC 7592); unset: it
					 * cannot be removed */
};
#define FT_CLIENT_INIT { .server = NULL }
void ft_client_release(struct ft_client *client);

/* The stored form: one JSON object. FT_UNTRUSTED, FT_NO_MEMORY. */
int ft_client_parse(const char *text, size_t len, struct ft_client *ret, struct ft_error *err);
int ft_client_format(const struct ft_client *client, struct ft_buf *ret, struct ft_error *err);
/* FT_NOT_FOUND; FT_CONFIG: another server registered it; FT_UNTRUSTED, FT_NO_MEMORY, FT_SYSTEM. */
int ft_client_read(const struct freshtoken *ft, const struct ft_account *account,
		   struct ft_client *ret, struct ft_error *err);
/* Stores it. */
int ft_client_write(const struct freshtoken *ft, const struct ft_account *account,
		    const struct ft_client *client, struct ft_error *err);
/* Sets client_id, secret and client_auth of the account. FT_NO_MEMORY. */
int ft_client_give(struct freshtoken *ft, const char *account, const struct ft_client *client,
		   struct ft_error *err);
/* Likewise for every account that has a stored client; one that cannot be read is left out, and
 * whoever needs its client_id reports that. */
int ft_client_give_all(struct freshtoken *ft, struct ft_error *err);
/* Removes the stored client; the service is not told. */
int ft_client_forget(struct freshtoken *ft, const char *account, struct ft_error *err);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * client.h - the client that a service registered for an account (RFC 7591)
 *
 * It is kept in the state folder, NAME.client, 0600, beside the account's record, and never in the
 * configuration. An account that has register_client and no client_id of its own has this one's,
 * wherever it is used, as long as its server is the one that registered it.
 */
#ifndef FT_CLIENT_H
#define FT_CLIENT_H

#include "lib/core/context.h"

struct ft_client {
	char *server, *id;
	struct ft_secret secret;	/* unset: a public client */
	enum ft_client_auth auth;	/* FT_CLIENT_AUTH_UNSET: as the profile says */
	int64_t expires_at;		/* seconds since the epoch; 0: never */
	struct ft_secret uri, token;	/* where and with what it is removed (RFC 7592); unset: it
					 * cannot be */
};
#define FT_CLIENT_INIT { .server = NULL }
void ft_client_release(struct ft_client *client);

/* As it is kept: one JSON object. FT_UNTRUSTED, FT_NO_MEMORY. */
int ft_client_parse(const char *text, size_t len, struct ft_client *ret, struct ft_error *err);
int ft_client_format(const struct ft_client *client, struct ft_buf *ret, struct ft_error *err);
/* FT_NOT_FOUND; FT_CONFIG for one of another server; FT_UNTRUSTED, FT_NO_MEMORY, FT_SYSTEM. */
int ft_client_read(const struct freshtoken *ft, const struct ft_account *account,
		   struct ft_client *ret, struct ft_error *err);
/* Keeps it for good. */
int ft_client_write(const struct freshtoken *ft, const struct ft_account *account,
		    const struct ft_client *client, struct ft_error *err);
/* Gives it to the account. */
int ft_client_give(struct freshtoken *ft, const char *account, const struct ft_client *client,
		   struct ft_error *err);
/* To each account that has one; one that cannot be read is missing where it is used. */
int ft_client_give_all(struct freshtoken *ft, struct ft_error *err);
/* Forgets it here. */
int ft_client_forget(struct freshtoken *ft, const char *account, struct ft_error *err);

#endif

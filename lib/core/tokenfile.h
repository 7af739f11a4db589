/* SPDX-License-Identifier: MIT */
/*
 * tokenfile.h - a file that gets a copy of every renewed token (token_file)
 *
 * The record is always written first; the file is only a copy. The process that renews the record
 * writes it, under the account's lock. It holds only the token, without a line feed, for programs
 * that send a file unchanged.
 */
#ifndef FT_TOKENFILE_H
#define FT_TOKENFILE_H

#include "lib/core/context.h"

/* After a renewed record is on disk: writes its token to the account's file, if it has one. If that
 * fails, the record is written again with the reason; no token is lost. */
void ft_token_file_renew(const struct freshtoken *ft, const struct ft_account *account,
			 struct ft_record *record);
/* Likewise after a new sign-in: the previous token is removed even if the new one cannot be
 * written, and so are the files of accounts whose tokens come from this one. */
void ft_token_file_sign_in(const struct freshtoken *ft, const struct ft_account *account,
			   struct ft_record *record);
/* After a service has refused the sign-in: removes the file if its token is no longer handed out.
 * For a disabled person, also the files of accounts whose tokens come from this one. */
void ft_token_file_refused(const struct freshtoken *ft, const struct ft_account *account,
			   const struct ft_record *record);
/*
 * Whether the file holds the record's token: 0; FT_NOT_FOUND: it does not exist, or holds an older
 * one; FT_UNTRUSTED, FT_SYSTEM. With a remedy.
 */
int ft_token_file_check(const struct ft_account *account, const struct ft_record *record,
			struct ft_error *err);
/* Writes the token if it is good and the file does not hold it. 0 also if there is nothing to do,
 * or another process holds the lock for longer than a caller waits; FT_UNTRUSTED, FT_SYSTEM,
 * FT_NO_MEMORY. */
int ft_token_file_ensure(const struct freshtoken *ft, const char *account, struct ft_error *err);
/* Removes the file at a sign-out; a file that holds anything but a token stays. */
int ft_token_file_remove(const struct ft_account *account, struct ft_error *err);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * tokenfile.h - the file that every renewed token is put into as well (token_file)
 *
 * The record comes first, always: what the file is worth is a copy. Whoever renews the record
 * writes it, under the account's lock. It has the token and nothing else, no line feed either, for
 * programs that send a file as it is.
 */
#ifndef FT_TOKENFILE_H
#define FT_TOKENFILE_H

#include "lib/core/context.h"

/* Once a renewed record is on the disk: puts its token into the account's file, if there is one.
 * Where that fails the record says why, which is written once more; nothing is lost. */
void ft_token_file_renew(const struct freshtoken *ft, const struct ft_account *account,
			 struct ft_record *record);
/* The same for a record of another sign-in: the token of the one before goes, even where the new
 * one cannot be put there, and so do those of accounts whose tokens come from this one. */
void ft_token_file_sign_in(const struct freshtoken *ft, const struct ft_account *account,
			   struct ft_record *record);
/* Once a service has refused the sign-in of a record: what nobody is handed out any more goes. Of
 * a person who is disabled nothing stays. */
void ft_token_file_refused(const struct freshtoken *ft, const struct ft_account *account,
			   const struct ft_record *record);
/*
 * Whether the file has the record's token, for those who look: 0; FT_NOT_FOUND: it is not there, or
 * has an older one; FT_UNTRUSTED, FT_SYSTEM with what is wrong. The remedy is said.
 */
int ft_token_file_check(const struct ft_account *account, const struct ft_record *record,
			struct ft_error *err);
/* Puts it there where it is missing, if it is good, and nobody else has the lock for longer than a
 * caller waits. 0 also where there is nothing to do; FT_UNTRUSTED, FT_SYSTEM, FT_NO_MEMORY. */
int ft_token_file_ensure(const struct freshtoken *ft, const char *account, struct ft_error *err);
/* Takes the file away, at a sign-out; what is no token of ours stays. */
int ft_token_file_remove(const struct ft_account *account, struct ft_error *err);

#endif

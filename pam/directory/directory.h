/* SPDX-License-Identifier: MIT */
/*
 * directory.h - root asks the directory about a person (check = person)
 *
 * Root asks with the token of its own machine account (`checker`); the exchange runs as the service
 * user. It uses no file in a home, and nothing that a user can plant, delay or delete. Since only
 * root can influence the question, a directory that does not answer is down. An error of this
 * machine does not count as that.
 */
#ifndef FT_PAM_DIRECTORY_H
#define FT_PAM_DIRECTORY_H

#include "lib/exchange/standing.h"
#include "lib/file/privatefile.h"
#include "pam/call/call.h"
#include "pam/call/finding.h"

/* Whether the person is active: by the last answer, if `recheck` allows, else by asking.
 * FT_PAM_FRESH, FT_PAM_DISABLED, FT_PAM_UNTOLD, FT_PAM_DOWN_BRIEFLY, FT_PAM_DOWN; FT_PAM_BROKEN or
 * FT_PAM_NO_MEMORY for an error. */
struct ft_finding ft_directory_check(struct ft_call *call);
/* Likewise by the last answer alone: a session does not wait for the network. */
struct ft_finding ft_directory_known(const struct ft_call *call);

/* Asks the directory now, and does not store the answer. *ret_token: the checker has got a token.
 * *ret_standing: what the directory said of the person; FT_STANDING_LOCAL: it was not asked. */
struct ft_finding ft_directory_try(struct ft_call *call, bool *ret_token,
				   enum ft_standing *ret_standing);

/* ms that a login may wait for its turn before the directory is asked. */
#define FT_DIRECTORY_QUEUE 60000

/*
 * checker.c: a good access token of the checker, from root's cache or from the service. One
 * exchange serves all logins that wait for it. rejected: the token that the directory refused, or
 * NULL. deadline: for the lock (ft_monotonic_ms). FT_PAM_FRESH: it is in *ret, which the caller
 * releases. Otherwise FT_PAM_DOWN or FT_PAM_UNTOLD with the reason; FT_PAM_BROKEN,
 * FT_PAM_NO_MEMORY.
 */
struct ft_finding ft_checker_token(struct ft_call *call, const struct ft_secret *rejected,
				   int64_t deadline, struct ft_secret *ret);

/*
 * pace.c: waits for a turn, so that no more than person_rate questions a second are asked with the
 * checker's token. FT_BUSY: no turn before the deadline (ft_monotonic_ms). If turns cannot be
 * counted, that is logged and the question may be asked.
 */
int ft_pace_wait(const struct ft_call *call, int64_t deadline, struct ft_error *err);

/* The folder for the files of both, below root's state folder. Errors as ft_folder_open. */
int ft_checker_folder(const struct ft_call *call, struct ft_folder *ret, struct ft_error *err);

#endif

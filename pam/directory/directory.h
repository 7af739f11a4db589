/* SPDX-License-Identifier: MIT */
/*
 * directory.h - root asks the directory about a person (check = person)
 *
 * With the token of a machine account of root's own (`checker`), which no person signs in to, as
 * the service user: nothing in a home takes part, and nothing that a user can plant, hold up or
 * delete. Since nobody but root can influence the question, the directory is down where it is not
 * answered; this machine's own trouble is not that.
 */
#ifndef FT_PAM_DIRECTORY_H
#define FT_PAM_DIRECTORY_H

#include "lib/exchange/standing.h"
#include "lib/file/privatefile.h"
#include "pam/call/call.h"
#include "pam/call/finding.h"

/* Whether the person is active: by what is known, as long as `recheck` allows, else by asking.
 * FT_PAM_FRESH, FT_PAM_DISABLED, FT_PAM_UNTOLD, FT_PAM_DOWN_BRIEFLY, FT_PAM_DOWN, and what is
 * wrong. */
struct ft_finding ft_directory_check(struct ft_call *call);
/* By what is known alone: a session does not wait for the network. */
struct ft_finding ft_directory_known(const struct ft_call *call);

/* What the directory says now, whatever is known; nothing is learnt of it. *ret_token: there is one
 * to ask with. *ret_standing: what it said of the person; FT_STANDING_LOCAL: nobody was asked. */
struct ft_finding ft_directory_try(struct ft_call *call, bool *ret_token,
				   enum ft_standing *ret_standing);

/* ms that a login may wait for its turn, before anybody is asked. */
#define FT_DIRECTORY_QUEUE 60000

/*
 * checker.c: a good access token of the checker's, from root's own folder or from the service; one
 * exchange serves all that wait for one. rejected: the one that the directory refused; NULL: none.
 * Where it has none: FT_PAM_DOWN, or FT_PAM_UNTOLD, and why.
 */
struct ft_finding ft_checker_token(struct ft_call *call, const struct ft_secret *rejected,
				   int64_t deadline, struct ft_secret *ret);

/*
 * pace.c: waits for a turn, so that no more than person_rate questions a second are asked with the
 * checker's token. FT_BUSY: there is none before the deadline (ft_monotonic_ms). What keeps turns
 * from being counted is logged, and stops nobody.
 */
int ft_pace_wait(const struct ft_call *call, int64_t deadline, struct ft_error *err);

/* The folder of both, below root's state folder. Errors as ft_folder_open. */
int ft_checker_folder(const struct ft_call *call, struct ft_folder *ret, struct ft_error *err);

#endif

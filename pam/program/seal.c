/* SPDX-License-Identifier: MIT */
/*
 * A line with `seal`: the key of the user's sealed sign-ins, into the kernel's keyring
 *
 * Opened with the password (seal=password):
 *
 * auth tries what was typed, which nobody has believed yet: it opens what is there, and changes
 * nothing. Where that does not open, the module keeps the password until setcred, which is called
 * when it has let somebody in, and whoever knows it may have a key closed with it.
 */
#include "config.h"
#include "pam/call/functions.h"

#include <fcntl.h>
#include <string.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "lib/base/moment.h"
#include "lib/file/lock.h"
#include "pam/call/say.h"
#include "pam/program/seal-host.h"
#include "pam/user/seal-key.h"
#include "pam/user/user.h"
#include "pam/wire/libpam.h"
#include "pam/wire/wire.h"

/* No account's file begins with "~". */
#define TURN_LOCK "~seal.lock"
/*
 * In it a byte is a lock: first those of the slots, each for the memory that a password takes, for
 * logins come in crowds; then one for each uid. The process that works is the user's, who may stop
 * it: with one place a user, that keeps one slot from others, for as long as the wait is.
 */
#define SLOTS 8
#define PAUSE 20000000	/* ns between two looks: a lock is waited for, of many any one is not */
#define GRACE 2000	/* ms beyond the waits in which the result is sent */

/* The system's line names the keyring; *ret_last: and nobody after it, so that it has the keys. */
static bool names_keyring(const struct ft_seal_line *line, bool *ret_last)
{
	bool named = false;

	*ret_last = false;
	for (size_t i = 0; line != NULL && !line->broken && i < line->n; i++) {
		const bool is = strcmp(line->list[i].name, "keyring") == 0;

		named = named || is;
		*ret_last = is;
	}
	return named;
}

static bool take_slot(int fd)
{
	for (int64_t i = 0; i < SLOTS; i++)
		if (ft_lock_try_byte(fd, i))
			return true;
	return false;
}

int ft_seal_await_turn(const struct ft_call *call, bool slot, int *ret_turn, struct ft_error *err)
{
	const struct timespec pause = { 0, PAUSE };
	const int64_t end = ft_monotonic_ms() + call->options.wait * 1000;
	struct ft_folder folder = FT_FOLDER_INIT;
	bool mine = false;
	int fd = -1;
	int r = ft_folder_open(call->ft.places.state, true, &folder, err);

	if (r == 0)
		r = ft_private_open(&folder, TURN_LOCK, O_RDWR | O_CREAT, &fd, err);
	ft_folder_close(&folder);
	/* The user's place comes first: who waits for it keeps no slot from others. */
	while (r == 0) {
		mine = mine || ft_lock_try_byte(fd, SLOTS + (int64_t)call->person.uid);
		if (mine && (!slot || take_slot(fd)))
			break;
		if (ft_monotonic_ms() >= end)
			r = ft_error_set(err, FT_BUSY, mine ? "other users' logins take too long" :
					 "another login of this user's takes too long");
		else
			(void)nanosleep(&pause, NULL);
	}
	if (r == 0)
		*ret_turn = fd;
	else if (fd >= 0)
		(void)close(fd);
	return r;
}

int ft_seal_take_step(const struct ft_call *call, struct ft_seal_step_of *of, struct ft_error *err)
{
	return ft_user_do(call, ft_user_seal, of, call->options.wait * 1000, err);
}

/* In its turn. Who is not root has nobody else to wait for. */
static int with_password(const struct ft_call *call, struct ft_seal_step_of *of,
			 struct ft_error *err)
{
	int turn = -1, r = ft_call_is_root() ? ft_seal_await_turn(call, true, &turn, err) : 0;

	if (r != 0)
		return FT_BUSY;
	r = ft_seal_take_step(call, of, err);
	if (turn >= 0)
		(void)close(turn);
	return r;
}

static void in_auth(struct ft_call *call, struct ft_seal_step_of *of, bool named)
{
	struct ft_error err;

	of->step = FT_SEAL_OPEN_KEY;
	const int r = with_password(call, of, &err);

	call->keep_password = r == FT_LOGIN_NEEDED || (r == FT_NOT_FOUND && named);
	if (r == 0)
		ft_log_debug(call, "the key of sealed sign-ins is in the keyring");
	else if (r != FT_NOT_FOUND && r != FT_LOGIN_NEEDED)
		ft_log_error(call, LOG_WARNING, "the key of sealed sign-ins is not opened", &err);
}

static void after_auth(struct ft_call *call, struct ft_seal_step_of *of)
{
	struct ft_error err;

	of->step = FT_SEAL_KEEP_KEY;
	const int r = with_password(call, of, &err);

	if (r == 0)
		ft_log(call, LOG_INFO, "the key of sealed sign-ins is closed with this password");
	else if (r != FT_NOT_FOUND)
		ft_log_error(call, LOG_WARNING, "the key of sealed sign-ins is not opened", &err);
	if (r == FT_LOGIN_NEEDED)
		(void)ft_say_text(PAM_TEXT_INFO,
				  "freshtoken: your sign-ins are sealed, and this password does "
				  "not open their key: it was closed with an earlier one. What to "
				  "do says: freshtoken doctor");
}

static void on_change(struct ft_call *call, struct ft_seal_step_of *of)
{
	struct ft_error err;

	of->step = FT_SEAL_CHANGE_KEY;
	of->old = ft_wire_get(&call->message, FT_WIRE_OLD_PASSWORD, 0);
	if (of->old == NULL || of->old[0] == '\0') {
		ft_log(call, LOG_NOTICE, "the key of sealed sign-ins stays closed with the old "
		       "password, which is not known here");
		return;
	}
	const int r = with_password(call, of, &err);

	if (r == 0)
		ft_log(call, LOG_INFO,
		       "the key of sealed sign-ins is closed with the new password");
	else if (r != FT_NOT_FOUND)
		ft_log_error(call, LOG_WARNING, "the key of sealed sign-ins stays closed with the "
			     "old password", &err);
}

struct ft_finding ft_seal_key(struct ft_call *call)
{
	const struct ft_finding nothing =
		ft_found(FT_PAM_NOT_CONFIGURED, "a line with seal decides nothing");
	struct ft_seal_step_of of = {
		.password = ft_wire_get(&call->message, FT_WIRE_PASSWORD, 0), .keep = FT_SEAL_KEEP
	};
	const struct ft_seal_line *line;
	struct ft_error err;
	bool named, last;

	/* Root's state is never sealed. */
	if ((of.password == NULL && call->options.seal == FT_SEAL_BY_PASSWORD) ||
	    !call->person.exists || call->person.uid == 0 ||
	    (!ft_call_is_root() && call->uid != call->person.uid))
		return nothing;
	if (ft_configure_file(call, &err) != 0) {
		ft_log_error(call, LOG_ERR, "the key of sealed sign-ins", &err);
		return nothing;
	}
	/* Of up to three steps, each after its turn. */
	ft_say_terms(call, 6 * call->options.wait * 1000 + GRACE, false);
	line = call->ft.accounts.seals[0];
	named = names_keyring(line, &last);
	if (named)
		of.keep = line->keep;
	of.make = last;
	if (call->options.seal == FT_SEAL_BY_HOST)
		ft_seal_by_host(call, named, last, of.keep);
	else if (call->function == FT_PAM_AUTH)
		in_auth(call, &of, named);
	else if (call->function == FT_PAM_PASSWORD)
		on_change(call, &of);
	else if (named)
		after_auth(call, &of);
	return nothing;
}

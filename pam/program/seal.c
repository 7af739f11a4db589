/* SPDX-License-Identifier: MIT */
/*
 * A line with `seal`: puts the key of the user's sealed sign-ins into the kernel's keyring
 *
 * With seal=password the key is in a file, locked with the login password:
 *  - auth tries to unlock it with the typed password, which may be a wrong one: only the keyring
 *    can change, not the file. If the password does not unlock it, or there is no file yet, the
 *    module keeps the password until setcred.
 *  - setcred comes after the stack has let the person in. With the kept password it locks the
 *    keyring's key anew, or makes the first key.
 *  - password locks the file's key with the new password in place of the old one.
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
 * Each byte of this file is a lock. The first SLOTS bytes limit how many logins derive a key from a
 * password at once, which takes much memory; then there is one byte for each uid. The user can stop
 * the process that does the work: with one turn for each user that blocks one slot at most, and no
 * longer than `wait`.
 */
#define SLOTS 8
#define PAUSE 20000000	/* ns between two tries: one can wait for a lock, not for any of several */
#define GRACE 2000	/* ms after the waits within which the result is sent */

/* Whether the system's `seal` line names the keyring; *ret_last: as the last source, which new keys
 * go to. */
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
	/* First the user's own lock: a login that waits for it must not hold a slot. */
	while (r == 0) {
		mine = mine || ft_lock_try_byte(fd, SLOTS + (int64_t)call->person.uid);
		if (mine && (!slot || take_slot(fd)))
			break;
		if (ft_monotonic_ms() >= end)
			r = ft_error_set(err, FT_BUSY, mine ? "other users' logins take too long" :
					 "another login of this user takes too long");
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

/* Waits for a turn, and takes the step. A process that is not root's serves one user and needs no
 * turn. */
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
		ft_log_error(call, LOG_WARNING, "the key of sealed sign-ins is not unlocked", &err);
}

static void after_auth(struct ft_call *call, struct ft_seal_step_of *of)
{
	struct ft_error err;

	of->step = FT_SEAL_KEEP_KEY;
	const int r = with_password(call, of, &err);

	if (r == 0)
		ft_log(call, LOG_INFO, "the key of sealed sign-ins is locked with this password");
	else if (r != FT_NOT_FOUND)
		ft_log_error(call, LOG_WARNING, "the key of sealed sign-ins is not unlocked", &err);
	if (r == FT_LOGIN_NEEDED)
		(void)ft_say_text(PAM_TEXT_INFO,
				  "freshtoken: your sign-ins are sealed, and this password does "
				  "not unlock their key, which is locked with an earlier one. To "
				  "see what to do, run: freshtoken doctor");
}

static void on_change(struct ft_call *call, struct ft_seal_step_of *of)
{
	struct ft_error err;

	of->step = FT_SEAL_CHANGE_KEY;
	of->old = ft_wire_get(&call->message, FT_WIRE_OLD_PASSWORD, 0);
	if (of->old == NULL || of->old[0] == '\0') {
		ft_log(call, LOG_NOTICE, "the key of sealed sign-ins stays locked with the old "
		       "password, which freshtoken did not get");
		return;
	}
	const int r = with_password(call, of, &err);

	if (r == 0)
		ft_log(call, LOG_INFO,
		       "the key of sealed sign-ins is locked with the new password");
	else if (r != FT_NOT_FOUND)
		ft_log_error(call, LOG_WARNING, "the key of sealed sign-ins stays locked with the "
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

	/* Nothing to do without a password; and root's state is never sealed. */
	if ((of.password == NULL && call->options.seal == FT_SEAL_BY_PASSWORD) ||
	    !call->person.exists || call->person.uid == 0 ||
	    (!ft_call_is_root() && call->uid != call->person.uid))
		return nothing;
	if (ft_configure_file(call, &err) != 0) {
		ft_log_error(call, LOG_ERR, "the key of sealed sign-ins", &err);
		return nothing;
	}
	/* Up to three steps, each with a wait for its turn. */
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

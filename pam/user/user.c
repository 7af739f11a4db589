/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "pam/user/user.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/process.h"
#include "pam/wire/wire.h"

#define HOME_STATE ".local/state/freshtoken"

/* Sets real, effective and saved ids, so that the process cannot become root again. */
static bool become(const struct ft_person *person)
{
	uid_t uids[3];
	gid_t gids[3];

	if (!ft_call_is_root())
		return geteuid() == person->uid && getuid() == person->uid;
	return person->uid != 0 && initgroups(person->name, person->gid) == 0 &&
	       setresgid(person->gid, person->gid, person->gid) == 0 &&
	       setresuid(person->uid, person->uid, person->uid) == 0 &&
	       getresgid(&gids[0], &gids[1], &gids[2]) == 0 &&
	       getresuid(&uids[0], &uids[1], &uids[2]) == 0 &&
	       gids[0] == person->gid && gids[1] == person->gid && gids[2] == person->gid &&
	       uids[0] == person->uid && uids[1] == person->uid && uids[2] == person->uid;
}

/* Closes all of root's descriptors, the module's socket too; returns the new number of fd. */
static int only(int fd)
{
	const int place = STDERR_FILENO + 1;
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	/* Close-on-exec: the user can trace a program that this process starts. */
	if (null < 0 || dup2(null, STDIN_FILENO) < 0 ||
	    (fd != place && dup3(fd, place, O_CLOEXEC) < 0))
		return -1;
	return close_range(place + 1, ~0U, 0) == 0 ? place : -1;
}

static _Noreturn void live(const struct ft_call *call,
			   int (*run)(const struct ft_call *call, void *data, int fd), void *data,
			   int fd)
{
	fd = only(fd);
	if (fd < 0 || !become(&call->person) || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0 ||
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		_exit(99);
	_exit(run(call, data, fd));
}

int ft_user_start(const struct ft_call *call,
		  int (*run)(const struct ft_call *call, void *data, int fd), void *data,
		  struct ft_user *ret, struct ft_error *err)
{
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
		return ft_error_errno(err, FT_SYSTEM, errno, "cannot make a socket");
	pid_t pid = fork();

	if (pid == 0)
		live(call, run, data, ends[1]);
	int cause = errno;

	(void)close(ends[1]);
	if (pid < 0) {
		(void)close(ends[0]);
		return ft_error_errno(err, FT_SYSTEM, cause, "cannot start a process for user %s",
				      call->person.name);
	}
	*ret = (struct ft_user){ pid, ends[0] };
	return 0;
}

int ft_user_end(struct ft_user *user, int64_t deadline)
{
	int status = 0;
	pid_t ended = -1;

	if (user->fd >= 0)
		(void)close(user->fd);
	/* The process has sent its last message, and usually ends by itself. A home on the user's
	 * own file system (FUSE) can hold it even after SIGKILL: then it ends later, and nobody
	 * waits for it. */
	if (user->pid > 0)
		ended = ft_process_end(user->pid, &status, deadline);
	*user = (struct ft_user)FT_USER_INIT;
	return ended > 0 && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

int ft_user_do(const struct ft_call *call,
	       int (*run)(const struct ft_call *call, void *data, int fd), void *data, int64_t wait,
	       struct ft_error *err)
{
	static const char kinds[] = { FT_WIRE_DONE, '\0' };
	struct ft_buf message = FT_BUF_INIT(FT_WIRE_MAX);
	struct ft_user user = FT_USER_INIT;
	int r = ft_user_start(call, run, data, &user, err);

	if (r != 0)
		return r;
	r = ft_wire_receive(user.fd, kinds, &message, ft_wire_now() + wait);
	if (r != 0) {
		r = ft_error_set(err, FT_SYSTEM, "the user's store does not answer");
	} else {
		const char *text = ft_wire_get(&message, FT_WIRE_TEXT, 0);

		r = -(int)ft_wire_number(&message, FT_WIRE_CODE, 100);
		/* The user controls this text. */
		if (r != 0) {
			(void)ft_error_set(err, r, "the user's store says");
			ft_error_foreign(err, text);
		}
	}
	(void)ft_user_end(&user, ft_monotonic_ms() + (r == 0 ? 1000 : 0));
	ft_buf_release(&message);
	return r;
}

int ft_user_done(int fd, int r, const struct ft_error *err)
{
	struct ft_buf message = FT_BUF_INIT(FT_WIRE_MAX);
	char line[FT_ERROR_LINE];

	ft_wire_begin(&message, FT_WIRE_DONE);
	ft_wire_add_number(&message, FT_WIRE_CODE, (uint64_t)-r);
	if (r != 0)
		ft_wire_add(&message, FT_WIRE_TEXT, ft_error_line(err, line));
	(void)ft_wire_send(fd, &message, ft_wire_now() + 1000);
	ft_buf_release(&message);
	return r == 0 ? 0 : 1;
}

int ft_user_state(const struct ft_call *call, char **ret, struct ft_error *err)
{
	const char *home = call->person.home;
	struct stat st;

	if (home[0] != '/' || stat(home, &st) != 0 || !S_ISDIR(st.st_mode))
		return ft_error_set(err, FT_NOT_FOUND, "there is no home folder %s", home);
	if (st.st_uid != call->person.uid)
		return ft_error_set(err, FT_NOT_FOUND, "the home folder %s is somebody else's",
				    home);
	*ret = ft_places_join(home, HOME_STATE);
	return *ret != NULL ? 0 : ft_error_memory(err);
}

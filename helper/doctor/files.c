/* SPDX-License-Identifier: MIT */
/* doctor: owner and mode of HOME and the folders, the file system of the state folder, and whether
 * its lock works */
#include "config.h"
#include "helper/doctor/doctor.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#include "lib/base/moment.h"
#include "lib/base/process.h"
#include "lib/exchange/facts.h"
#include "lib/file/lock.h"
#include "lib/file/privatefile.h"
#include "lib/store/record.h"

/* ms for taking a lock that no other process holds */
#define HOLD_PATIENCE 10000

/* --- HOME and the XDG folders ----------------------------------------------------- */

static void check_variable(struct ft_doctor *doctor, const char *name)
{
	const char *value = getenv(name);

	if (value == NULL || value[0] == '\0' || value[0] == '/')
		return;
	ft_doctor_find(doctor, FT_RESULT_WARNING, NULL,
		       "%s is not an absolute path, so it is ignored", name);
	ft_doctor_remedy(doctor, "set it to a path that begins with /, or unset it");
}

/* Whoever can write to a parent folder can replace freshtoken's files. */
static void check_folder(struct ft_doctor *doctor, const char *what, const char *path)
{
	struct stat st;

	if (stat(path, &st) != 0) {
		if (errno != ENOENT) {
			ft_doctor_find(doctor, FT_RESULT_ERROR, NULL, "%s%s: %s", what, path,
				       strerror(errno));
			ft_doctor_remedy(doctor, "give yourself the right to enter the folder");
		}
		return;
	}
	if (!S_ISDIR(st.st_mode)) {
		ft_doctor_find(doctor, FT_RESULT_ERROR, NULL, "%s%s is not a folder", what, path);
		ft_doctor_remedy(doctor, "move it away");
	} else if (st.st_uid != geteuid() && st.st_uid != 0) {
		ft_doctor_find(doctor, FT_RESULT_WARNING, NULL,
			       "%s%s belongs to uid %lu, not to you (uid %lu)", what, path,
			       (unsigned long)st.st_uid, (unsigned long)geteuid());
		ft_doctor_remedy(doctor, "use a folder of your own, or change its owner");
	} else if ((st.st_mode & 022) != 0 && (st.st_mode & S_ISVTX) == 0) {
		ft_doctor_find(doctor, FT_RESULT_WARNING, NULL, "%s%s can be written by others",
			       what, path);
		ft_doctor_remedy(doctor, "run: chmod go-w %s", path);
	}
}

void ft_doctor_home(struct ft_doctor *doctor)
{
	const struct ft_places *places = &doctor->ft.places;
	const char *home = getenv("HOME");

	check_variable(doctor, "XDG_CONFIG_HOME");
	check_variable(doctor, "XDG_STATE_HOME");
	if (!doctor->has_places)
		return;
	if (home != NULL && home[0] == '/')
		check_folder(doctor, "HOME ", home);
	check_folder(doctor, "", places->user_config);
	if (!ft_doctor_found(doctor, doctor->check))
		ft_doctor_find(doctor, FT_RESULT_OK, NULL, "configuration in %s, state in %s",
			       places->user_config, places->state);
}

/* --- the state folder ---------------------------------------------------------------- */

enum kind { LOCAL, SHARED, PASSING, ODD };

/* Magic numbers of statfs(2). */
static const struct {
	uint32_t magic;
	char name[12];
	enum kind kind;
} systems[] = {
	{ 0xef53, "ext4", LOCAL },	  { 0x58465342, "xfs", LOCAL },
	{ 0x9123683e, "btrfs", LOCAL },	  { 0xf2f52010, "f2fs", LOCAL },
	{ 0x2fc12fc1, "zfs", LOCAL },	  { 0x794c7630, "overlay", LOCAL },
	{ 0xf15f, "ecryptfs", LOCAL },	  { 0xca451a4e, "bcachefs", LOCAL },
	{ 0x01021994, "tmpfs", PASSING }, { 0x858458f6, "ramfs", PASSING },
	{ 0x6969, "nfs", SHARED },	  { 0xff534d42, "cifs", SHARED },
	{ 0xfe534d42, "smb2", SHARED },	  { 0x00c36400, "ceph", SHARED },
	{ 0x5346414f, "afs", SHARED },	  { 0x01161970, "gfs2", SHARED },
	{ 0x65735546, "fuse", ODD },	  { 0x01021997, "9p", ODD },
	{ 0x786f4256, "vboxsf", ODD },
};

static void check_system(struct ft_doctor *doctor, const struct ft_folder *folder)
{
	struct statvfs room;
	struct statfs st;
	size_t i = 0, n = sizeof systems / sizeof *systems;

	if (fstatfs(folder->fd, &st) != 0 || fstatvfs(folder->fd, &room) != 0)
		return;
	while (i < n && systems[i].magic != (uint32_t)st.f_type)
		i++;
	const char *name = i < n ? systems[i].name : "a file system that freshtoken does not know";
	enum kind kind = i < n ? systems[i].kind : ODD;
	/* Space that a refresh reserves: two records and an answer. */
	uint64_t wanted = 2 * FT_RECORD_MAX + FT_MESSAGE_MAX;

	if ((room.f_flag & ST_RDONLY) != 0) {
		ft_doctor_find(doctor, FT_RESULT_ERROR, NULL,
			       "%s is on a file system that cannot be written", folder->path);
		ft_doctor_remedy(doctor,
				 "mount it for writing, or set XDG_STATE_HOME to another place");
	} else if ((uint64_t)room.f_bavail * room.f_frsize < wanted ||
		   (room.f_files > 0 && room.f_favail < 4)) {
		ft_doctor_find(doctor, FT_RESULT_ERROR, NULL,
			       "%s has no room for a refresh, which takes %llu KiB and 4 files",
			       folder->path, (unsigned long long)wanted / 1024);
		ft_doctor_remedy(doctor, "free some room, or raise the quota");
	} else if (kind == PASSING) {
		ft_doctor_find(doctor, FT_RESULT_NOTE, NULL,
			       "%s is on %s: sign-ins end when the machine is switched off",
			       folder->path, name);
		ft_doctor_remedy(doctor,
				 "set XDG_STATE_HOME to a place on a disk where that matters");
	} else if (kind == SHARED) {
		ft_doctor_find(doctor, FT_RESULT_NOTE, NULL,
			       "%s is on %s: machines that share it share its sign-ins, and its "
			       "locks have to reach from one to the other",
			       folder->path, name);
		ft_doctor_remedy(doctor,
				 "in doubt, set XDG_STATE_HOME to a place of this machine's own");
	} else {
		ft_doctor_find(doctor, FT_RESULT_OK, NULL, "%s, on %s", folder->path, name);
	}
}

static bool ends(const char *name, const char *ending)
{
	size_t len = strlen(name), tail = strlen(ending);

	return len > tail && strcmp(name + len - tail, ending) == 0;
}

/* A running refresh has such files too, but not for so long. */
static bool is_left(const struct ft_doctor *doctor, const char *account, const struct stat *st)
{
	const struct ft_account *known = ft_accounts_find(&doctor->ft.accounts, account);

	return time(NULL) - st->st_mtime > 60 + (known != NULL ? known->timeout : 600);
}

static void check_leftover(struct ft_doctor *doctor, const char *name, const struct stat *st)
{
	const char *folder = doctor->ft.places.state;
	char account[FT_ACCOUNT_NAME_MAX + 1];
	size_t len = strcspn(name, "~");

	if (strstr(name, ".json~damaged-") != NULL) {
		ft_doctor_find(doctor, FT_RESULT_NOTE, NULL,
			       "%s/%s is a damaged record that a sign-in has set aside", folder,
			       name);
		ft_doctor_remedy(doctor, "remove it when you have looked at it");
		return;
	}
	if (name[len] == '\0' && ends(name, ".unread")) {
		ft_doctor_find(doctor, FT_RESULT_WARNING, NULL,
			       "%s/%s is an answer of a token service that could not be read; a "
			       "refresh token that is good may be in it",
			       folder, name);
		ft_doctor_remedy(doctor,
				 "report its form, without its tokens; a refresh that succeeds "
				 "removes it, and so does a sign-in: freshtoken login %.*s",
				 (int)(strlen(name) - 7), name);
		return;
	}
	if (name[len] == '\0' && ends(name, ".answer"))
		len = strlen(name) - strlen(".answer");
	else if (name[len] == '~' && len > 5 && memcmp(name + len - 5, ".json", 5) == 0)
		len -= 5;	/* NAME.json~next and the like; but not NAME~login.… */
	else if (name[len] == '\0')
		return;
	if (len == 0 || len >= sizeof account)
		return;
	memcpy(account, name, len);
	account[len] = '\0';
	if (!ft_account_name_valid(account) || !is_left(doctor, account, st))
		return;
	ft_doctor_find(doctor, FT_RESULT_NOTE, account,
		       "%s/%s was left by a refresh that was killed", folder, name);
	ft_doctor_remedy(doctor,
			 "nothing is lost; the next refresh settles it: freshtoken refresh %s",
			 account);
}

static void check_entry(struct ft_doctor *doctor, const struct ft_folder *folder, const char *name)
{
	struct stat st;

	if (fstatat(folder->fd, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
		return;
	if (S_ISDIR(st.st_mode) && strcmp(name, "credentials") == 0)
		return;
	if (!S_ISREG(st.st_mode)) {
		ft_doctor_find(doctor, FT_RESULT_WARNING, NULL, "%s/%s is not a regular file",
			       folder->path, name);
		ft_doctor_remedy(doctor, "remove it; nothing that is not a file belongs there");
	} else if (st.st_uid != geteuid()) {
		ft_doctor_find(doctor, FT_RESULT_WARNING, NULL, "%s/%s belongs to uid %lu",
			       folder->path, name, (unsigned long)st.st_uid);
		ft_doctor_remedy(doctor, "remove it, or chown it to yourself");
	} else if ((st.st_mode & 077) != 0) {
		ft_doctor_find(doctor, FT_RESULT_ERROR, NULL,
			       "%s/%s is open to other users: what is in it may be known",
			       folder->path, name);
		ft_doctor_remedy(doctor,
				 "run: chmod 600 %s/%s, and sign in again where that was not you",
				 folder->path, name);
	} else {
		check_leftover(doctor, name, &st);
	}
	/* Reports the record of an account that is not configured. */
	size_t len = strlen(name);

	if (doctor->has_accounts && ends(name, ".json") && strchr(name, '~') == NULL &&
	    len - 5 <= FT_ACCOUNT_NAME_MAX) {
		char account[FT_ACCOUNT_NAME_MAX + 1];

		memcpy(account, name, len - 5);
		account[len - 5] = '\0';
		if (ft_accounts_find(&doctor->ft.accounts, account) == NULL) {
			ft_doctor_find(
				doctor, FT_RESULT_NOTE, NULL,
				"%s/%s is a sign-in of an account that no configuration names",
				folder->path, name);
			ft_doctor_remedy(doctor, "remove it if you do not want it back, and its "
					 "token_file where it had one");
		}
	}
}

void ft_doctor_state(struct ft_doctor *doctor)
{
	struct ft_folder folder = FT_FOLDER_INIT;
	struct dirent *entry;
	struct ft_error err;
	int r = ft_folder_open(doctor->ft.places.state, false, &folder, &err);

	if (r == FT_NOT_FOUND) {
		ft_doctor_find(doctor, FT_RESULT_OK, NULL,
			       "%s does not exist yet; the first sign-in makes it",
			       doctor->ft.places.state);
		return;
	}
	if (r != 0) {
		ft_doctor_error(doctor, FT_RESULT_ERROR, NULL, &err);
		return;
	}
	check_system(doctor, &folder);
	int fd = openat(folder.fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;

	while (dir != NULL && (entry = readdir(dir)) != NULL)
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			check_entry(doctor, &folder, entry->d_name);
	if (dir != NULL)
		(void)closedir(dir);
	else if (fd >= 0)
		(void)close(fd);
	ft_folder_close(&folder);
}

/* --- the lock ------------------------------------------------------------------------ */

/* Runs in the first process: holds the lock until it is killed. */
static void hold(const struct ft_folder *folder, const char *name, int ready, pid_t parent)
{
	int fd = -1;
	char result = 'n';

	/* Ends it at the latest with its parent, which should kill it. */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != parent)
		_exit(1);
	if (ft_lock_take(folder, name, &fd, NULL) == 0)
		result = 'y';
	if (write(ready, &result, 1) != 1)
		_exit(1);
	for (;;)
		(void)pause();
}

/* Whether it has written: waits for a limited time, because the file system may not answer. */
static bool says_something(int fd)
{
	struct pollfd said = { fd, POLLIN, 0 };

	return poll(&said, 1, HOLD_PATIENCE) > 0;
}

/* Tries the lock while another process holds it (*ret_during), and after that was killed
 * (*ret_after). */
static int try_lock(const struct ft_folder *folder, const char *name, int *ret_during,
		    int *ret_after, struct ft_error *err)
{
	int ends_of[2], fd = -1, r = 0, status = 0;
	char result = 'n';

	if (pipe2(ends_of, O_CLOEXEC) != 0)
		return ft_error_errno(err, FT_SYSTEM, errno, "cannot make a pipe");
	pid_t parent = getpid(), pid = fork();

	if (pid == 0)
		hold(folder, name, ends_of[1], parent);
	(void)close(ends_of[1]);
	if (pid < 0) {
		(void)close(ends_of[0]);
		return ft_error_errno(err, FT_SYSTEM, errno, "cannot start a process");
	}
	if (!says_something(ends_of[0])) {
		r = ft_error_set(err, FT_SYSTEM,
				 "a process that takes the lock does not come back" FT_REMEDY
				 "does the file "
				 "system of %s still answer?",
				 folder->path);
	} else if (read(ends_of[0], &result, 1) != 1 || result != 'y') {
		/* Only for its error message: the cause is the same. */
		r = ft_lock_take(folder, name, &fd, err);
		if (r == 0)
			r = ft_error_set(err, FT_SYSTEM,
					 "the lock was free only at the second try");
	} else {
		*ret_during = ft_lock_take(folder, name, &fd, err);
	}
	if (fd >= 0)
		(void)close(fd);
	fd = -1;
	if (ft_process_end(pid, &status, 0) == 0)
		r = ft_error_set(err, FT_SYSTEM,
				 "a process that was killed does not end" FT_REMEDY
				 "does the file system of "
				 "%s still answer?",
				 folder->path);
	(void)close(ends_of[0]);
	if (r == 0)
		*ret_after = ft_lock_take(folder, name, &fd, err);
	if (fd >= 0)
		(void)close(fd);
	return r;
}

void ft_doctor_lock(struct ft_doctor *doctor)
{
	struct ft_folder folder = FT_FOLDER_INIT;
	struct ft_error err = FT_ERROR_INIT;
	int during = 0, after = 0;
	char name[32];

	/* Not if the folder does not exist yet, or is itself wrong. */
	if (ft_folder_open(doctor->ft.places.state, false, &folder, NULL) != 0)
		return;
	/* Unique: account names have no "~", and no other doctor has this process id. */
	(void)snprintf(name, sizeof name, "~doctor-%ld.lock", (long)getpid());
	int r = try_lock(&folder, name, &during, &after, &err);

	(void)ft_private_remove(&folder, name, NULL);
	if (r == 0 && during == FT_BUSY && after == 0) {
		ft_doctor_find(doctor, FT_RESULT_OK, NULL,
			       "the lock works: while one process has it others wait, and it is "
			       "free when that process has ended");
	} else if (r == 0 && during == 0) {
		ft_doctor_find(doctor, FT_RESULT_ERROR, NULL,
			       "two processes had the lock at once: the file system of %s does not "
			       "keep them apart, and a refresh token may be spent twice",
			       folder.path);
		ft_doctor_remedy(doctor, "set XDG_STATE_HOME to a place on a local disk");
	} else if (r == 0 && after == FT_BUSY) {
		ft_doctor_find(doctor, FT_RESULT_ERROR, NULL,
			       "a process that was killed keeps its lock in %s", folder.path);
		ft_doctor_remedy(doctor, "set XDG_STATE_HOME to a place on a local disk");
	} else {
		ft_doctor_error(doctor, FT_RESULT_ERROR, NULL, &err);
		ft_doctor_remedy(
			doctor,
			"set XDG_STATE_HOME to a place on a local disk that can be written");
	}
	ft_folder_close(&folder);
}

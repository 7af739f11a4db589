/* doctor: what the system gives the transport for a sandbox, and what PAM is told */
#include "config.h"
#include "doctor.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "facts.h"
#include "request.h"
#include "run.h"
#include "service.h"

/* --- the sandbox ------------------------------------------------------------------- */

static void judge_sandbox(struct ft_doctor *doctor, const struct ft_facts *facts)
{
	if (!facts->sandbox.no_new_privs || facts->sandbox.dumpable) {
		ft_doctor_find(doctor, FT_RESULT_WARNING, NULL, "freshtoken-transport %s",
			       facts->sandbox.dumpable ? "can be read by a debugger or leave a core file" :
			       "could gain privileges");
		ft_doctor_remedy(doctor, "see what forbids prctl(2) here: a container's profile, most likely");
	}
	if (!facts->sandbox.seccomp) {
		ft_doctor_find(doctor, FT_RESULT_WARNING, NULL, "freshtoken-transport runs without its filter of"
			       " system calls (seccomp)");
		ft_doctor_remedy(doctor, "allow seccomp in the container's profile, or use a kernel that has it");
	}
	if (facts->sandbox.landlock == 0) {
		ft_doctor_find(doctor, FT_RESULT_WARNING, NULL, "freshtoken-transport could open your files: there is"
			       " no Landlock");
		ft_doctor_remedy(doctor, "use Linux 5.13 or newer with landlock among lsm=, and allow it in the"
				 " container's profile");
	} else if (!facts->sandbox.landlock_net && !facts->sandbox.seccomp) {
		ft_doctor_find(doctor, FT_RESULT_NOTE, NULL, "freshtoken-transport could connect to any port: Landlock"
			       " has ABI %d here, and ports since 4", facts->sandbox.landlock);
		ft_doctor_remedy(doctor, "use Linux 6.7 or newer");
	}
	if (!ft_doctor_found(doctor, doctor->check))
		ft_doctor_find(doctor, FT_RESULT_OK, NULL, "freshtoken-transport can read no file and start nothing"
			       " (seccomp, Landlock ABI %d)", facts->sandbox.landlock);
}

/* Nobody has to answer: nothing listens on port 1 of this machine. */
void ft_doctor_sandbox(struct ft_doctor *doctor)
{
	const struct ft_account account = { .proxy = (char *)"none", .timeout = 5 };
	struct ft_service service = { .ft = &doctor->ft, .account = &account, .lock_fd = -1, .timeout = 5 };
	struct ft_buf message = FT_BUF_INIT(FT_MESSAGE_MAX);
	struct ft_facts facts = { .date = -1 };
	struct ft_error err;
	int r = ft_request_probe(&account, "http://127.0.0.1:1/", NULL, &message, &err);

	if (r == 0)
		r = ft_service_ask(&service, &message, &facts, &err);
	if (r == 0 && !facts.sandbox.present)
		r = ft_error_set(&err, FT_UNTRUSTED, "freshtoken-transport does not tell of its sandbox; install all"
				 " of freshtoken from one version");
	if (r != 0)
		ft_doctor_error(doctor, FT_RESULT_ERROR, NULL, &err);
	else
		judge_sandbox(doctor, &facts);
	ft_facts_release(&facts);
	ft_buf_release(&message);
}

/* --- PAM ------------------------------------------------------------------------------ */

#define MODULE "pam_freshtoken.so"
#define STACK_MAX (64 * 1024)

/* The word of a line that names the module, "" where none does. */
static void module_of(const char *line, size_t len, char *ret, size_t size)
{
	const char *end = line + len;

	ret[0] = '\0';
	while (line < end && *line != '#') {
		line += strspn(line, " \t");
		size_t word = strcspn(line, " \t\n#");

		if (line + word > end)
			word = (size_t)(end - line);
		if (word >= strlen(MODULE) && word < size &&
		    memcmp(line + word - strlen(MODULE), MODULE, strlen(MODULE)) == 0) {
			memcpy(ret, line, word);
			ret[word] = '\0';
			return;
		}
		if (word == 0)
			return;
		line += word;
	}
}

/* Whether a stack names the module; *ret_path is an absolute path, where it does so by one. */
static bool names_module(int folder, const char *name, char *ret_path, size_t size)
{
	int fd = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct ft_buf text = FT_BUF_INIT(STACK_MAX);
	bool found = false;
	char word[1024];

	if (fd < 0)
		return false;
	ft_buf_add(&text, "", 0);
	int r = ft_buf_read(&text, fd);

	(void)close(fd);
	for (const char *line = text.data; r == 0 && !text.failed && *line != '\0' && !found;
	     line += strcspn(line, "\n"), line += *line == '\n') {
		module_of(line, strcspn(line, "\n"), word, sizeof word);
		found = word[0] != '\0';
		if (word[0] == '/')
			(void)snprintf(ret_path, size, "%s", word);
	}
	ft_buf_release(&text);
	return found;
}

/* The names of the stacks that name the module, with commas in between. */
static size_t find_stacks(const char *path, struct ft_buf *ret, char *ret_module, size_t size)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
	struct dirent *entry;
	size_t n = 0;

	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		if (entry->d_name[0] == '.' || !names_module(fd, entry->d_name, ret_module, size))
			continue;
		ft_buf_addf(ret, "%s%s", n > 0 ? ", " : "", entry->d_name);
		n++;
	}
	if (dir != NULL)
		(void)closedir(dir);
	else if (fd >= 0)
		(void)close(fd);
	return n;
}

/* getpwnam would load whatever modules the system has for that into this process. */
static bool no_such_user(const char *name)
{
	const char *const argv[] = { "getent", "passwd", name, NULL };
	struct ft_buf said = FT_BUF_INIT(64 * 1024);
	int r = ft_run_find("getent", NULL) ? ft_run(argv, true, &said, NULL) : 0;

	ft_buf_release(&said);
	return r == 2;
}

static void check_users(struct ft_doctor *doctor)
{
	const struct ft_accounts *accounts = &doctor->ft.accounts;

	for (size_t i = 0; i < accounts->n; i++) {
		const char *user = accounts->list[i].service_user;

		if (!accounts->list[i].system)
			continue;
		user = user != NULL ? user : "_freshtoken";
		if (!no_such_user(user))
			continue;
		ft_doctor_find(doctor, FT_RESULT_ERROR, accounts->list[i].name, "there is no user %s, whom exchanges"
			       " for PAM run as", user);
		ft_doctor_remedy(doctor, "run: useradd --system --no-create-home --shell /usr/sbin/nologin %s", user);
	}
}

void ft_doctor_pam(struct ft_doctor *doctor)
{
	char folder[1024], module[1024];
	struct ft_buf stacks = FT_BUF_INIT(64 * 1024);
	char *helper = ft_places_join(doctor->ft.places.libexec, "freshtoken-pam");

	(void)snprintf(folder, sizeof folder, "%s/etc/pam.d", doctor->ft.places.root);
	(void)snprintf(module, sizeof module, "%s" FT_PAMDIR "/" MODULE, doctor->ft.places.root);
	ft_buf_add(&stacks, "", 0);
	size_t n = find_stacks(folder, &stacks, module, sizeof module);

	if (helper == NULL || stacks.failed) {
		doctor->no_memory = true;
	} else if (n == 0) {
		ft_doctor_find(doctor, FT_RESULT_OK, NULL, "no file in %s names the module%s", folder,
			       access(module, R_OK) == 0 ? "" : ", which is not installed");
	} else if (access(module, R_OK) != 0) {
		ft_doctor_find(doctor, FT_RESULT_ERROR, NULL, "%s is named in %s (%s), but: %s", MODULE, folder,
			       stacks.data, strerror(errno));
		ft_doctor_remedy(doctor, "install it as %s, or take it out of these files: who logs in through them"
				 " may be refused", module);
	} else if (access(helper, X_OK) != 0) {
		ft_doctor_find(doctor, FT_RESULT_ERROR, NULL, "%s, which the module runs, cannot be started: %s",
			       helper, strerror(errno));
		ft_doctor_remedy(doctor, "install freshtoken again");
	} else {
		check_users(doctor);
		if (!ft_doctor_found(doctor, doctor->check))
			ft_doctor_find(doctor, FT_RESULT_OK, NULL, "the module is installed, and named in %s (%s)", folder,
				       stacks.data);
	}
	ft_buf_release(&stacks);
	free(helper);
}

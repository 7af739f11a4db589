/* SPDX-License-Identifier: MIT */
/* doctor: which of PAM's files name the module, and whether logins that use it would work */
#include "config.h"
#include "installed.h"
#include "helper/doctor/doctor.h"

#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "helper/wiring/pam-check.h"
#include "helper/wiring/pam-stack.h"

struct pam {
	struct ft_doctor *doctor;
	char folder[1024], module[1024];
	struct ft_buf names;	/* the files that name the module, with commas between them */
	const char *file;	/* the file that is being read */
	char said[FT_ERROR_TEXT];	/* the last error that was reported */
	/* In the auth lines of a service, before the module: whether a line that proves something
	 * must have succeeded. */
	bool proved;
	bool may_prove;		/* a line proves something, but need not succeed */
	bool asks_first;	/* the first thing that is asked of a person is a code */
};

/* --- each line of the module, as a login would take it ------------------------------------- */

/* Several lines may have the same error. */
static bool said_already(struct pam *pam, const struct ft_error *err)
{
	const bool same = strcmp(pam->said, err->text) == 0;

	(void)snprintf(pam->said, sizeof pam->said, "%s", err->text);
	return same;
}

static void ask(struct pam *pam, const struct ft_pam_line *line)
{
	struct ft_doctor *doctor = pam->doctor;
	struct ft_pam_report report;
	const char *account = NULL;
	struct ft_error err;
	size_t at = 0;

	for (size_t i = 3; i < line->n; i++)
		if (strncmp(line->words[i], "account=", strlen("account=")) == 0)
			account = line->words[i] + strlen("account=");
	int r = ft_pam_ask(&doctor->ft, line->words + 3, &report, &err);

	if (r != 0 && said_already(pam, &err)) {
		;
	} else if (r == FT_TEMPORARY) {
		ft_doctor_error(doctor, FT_RESULT_NOTE, account, &err);
		ft_doctor_remedy(
			doctor,
			"only root can tell whether logins work: run sudo freshtoken doctor");
	} else if (r != 0) {
		ft_error_prefix(&err, "%s/%s:%u: logins are refused, but root's", pam->folder,
				pam->file, line->number);
		ft_doctor_error(doctor, FT_RESULT_ERROR, account, &err);
	}
	while (r == 0 && ft_pam_report_warning(&report, &at, &err))
		if (!said_already(pam, &err))
			ft_doctor_error(doctor, FT_RESULT_WARNING, account, &err);
	ft_pam_report_release(&report);
}

/* A module that is named by a path of its own may be in any folder. */
static void note_module(struct pam *pam, const char *word)
{
	if (word[0] == '/')
		(void)snprintf(pam->module, sizeof pam->module, "%s", word);
}

static bool find_ours(struct pam *pam, const char *file,
		      void (*found)(struct pam *, const struct ft_pam_line *))
{
	struct ft_buf text = FT_BUF_INIT(FT_PAM_FILE_MAX);
	struct ft_pam_line *line = malloc(sizeof *line);
	unsigned number = 0;
	bool ours = false;
	size_t at = 0;

	pam->file = file;
	if (line != NULL && ft_pam_file_read(pam->folder, file, &text, NULL) == 0)
		while (ft_pam_line_next(&text, &at, &number, line))
			if (ft_pam_line_is_ours(line)) {
				ours = true;
				note_module(pam, line->words[2]);
				if (found != NULL)
					found(pam, line);
			}
	pam->doctor->no_memory = pam->doctor->no_memory || line == NULL;
	ft_buf_release(&text);
	free(line);
	return ours;
}

/* --- a code that is the first thing asked for ----------------------------------------------- */

/* Whether a module proves something about the person; those in the list do not. */
static bool proves(const char *module)
{
	static const char *const idle[] = {
		"access", "cap", "debug", "deny", "echo", "env", "exec", "faildelay", "faillock",
		"filter", "ftp", "group", "issue", "keyinit", "lastlog", "limits", "listfile",
		"localuser", "loginuid", "mail", "mkhomedir", "motd", "namespace", "nologin",
		"permit", "rhosts", "rootok", "securetty", "selinux", "sepermit", "setquota",
		"shells", "stress", "succeed_if", "systemd", "tally2", "time", "timestamp",
		"tty_audit", "umask", "usertype", "warn", "wheel", "xauth",
	};
	const char *slash = strrchr(module, '/'), *name = slash != NULL ? slash + 1 : module;
	bool is = strncmp(name, "pam_", 4) == 0;

	for (size_t i = 0; is && i < sizeof idle / sizeof *idle; i++) {
		size_t len = strlen(idle[i]);

		if (strncmp(name + 4, idle[i], len) == 0 &&
		    (name[4 + len] == '.' || name[4 + len] == '\0'))
			is = false;
	}
	return is;
}

static int visit(void *context, const char *file, const struct ft_pam_line *line)
{
	struct pam *pam = context;
	struct ft_pam_report report;

	(void)file;
	if (line->n < 3 || strcasecmp(line->words[0], "auth") != 0)
		return 0;
	const bool must = strcasecmp(line->words[1], "required") == 0 ||
			  strcasecmp(line->words[1], "requisite") == 0;

	if (ft_pam_line_is_ours(line)) {
		if (!pam->proved &&
		    ft_pam_ask(&pam->doctor->ft, line->words + 3, &report, NULL) == 0)
			pam->asks_first = pam->asks_first || report.device;
		if (!pam->proved)
			ft_pam_report_release(&report);
		return 0;
	}
	/* Debian's common-auth: [success=1 default=ignore] pam_unix.so, and then pam_deny.so. */
	if (must && pam->may_prove && strstr(line->words[2], "pam_deny.so") != NULL)
		pam->proved = true;
	if (proves(line->words[2])) {
		pam->proved = pam->proved || must;
		pam->may_prove = true;
	}
	return 0;
}

/* Whether sshd uses PAM only after it has accepted a key. */
static bool sshd_wants_key(const char *root)
{
	static const char *const patterns[] = { "/etc/ssh/sshd_config.d/*.conf",
						"/etc/ssh/sshd_config" };
	static const char key[] = "AuthenticationMethods";
	bool wants = false;

	for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++) {
		glob_t found = { 0 };
		char pattern[1024];

		(void)snprintf(pattern, sizeof pattern, "%s%s", root, patterns[i]);
		if (glob(pattern, 0, NULL, &found) != 0)
			continue;
		for (size_t f = 0; f < found.gl_pathc; f++) {
			struct ft_buf text = FT_BUF_INIT(FT_PAM_FILE_MAX);

			if (ft_pam_file_read("", found.gl_pathv[f], &text, NULL) != 0)
				ft_buf_clear(&text);
			for (const char *line = text.data; *line != '\0';
			     line += strcspn(line, "\n"), line += *line == '\n') {
				const char *word = line + strspn(line, " \t");
				const size_t len = strlen(key);

				wants = wants || (strncasecmp(word, key, len) == 0 &&
						  strncmp(word + len + strspn(word + len, " \t"),
							  "publickey,", strlen("publickey,")) == 0);
			}
			ft_buf_release(&text);
		}
		globfree(&found);
	}
	return wants;
}

static void check_order(struct pam *pam, const char *service)
{
	const char *root = pam->doctor->ft.places.root;

	/* Files that others include are not services. */
	if (strncmp(service, "common-", strlen("common-")) == 0 ||
	    strcmp(service, "system-auth") == 0 || strcmp(service, "password-auth") == 0)
		return;
	pam->proved = pam->may_prove = pam->asks_first = false;
	(void)ft_pam_stack_walk(pam->folder, service, visit, pam);
	if (!pam->asks_first || (strcmp(service, "sshd") == 0 && sshd_wants_key(root)))
		return;
	ft_doctor_find(pam->doctor, FT_RESULT_WARNING, NULL,
		       "%s/%s shows a code before anything is proved: who gets a user to approve "
		       "one comes in as that user",
		       pam->folder, service);
	ft_doctor_remedy(pam->doctor, "%s",
			 strcmp(service, "sshd") == 0 ?
				 "ask for a key before it: AuthenticationMethods "
				 "publickey,keyboard-interactive in sshd_config" :
				 "let another module that must succeed be before it, as @include "
				 "common-auth, or leave device out of auth");
}

/* --- all files ------------------------------------------------------------------------------ */

static void note_file(void *context, const char *name)
{
	struct pam *pam = context;

	if (find_ours(pam, name, NULL))
		ft_buf_addf(&pam->names, "%s%s", pam->names.len > 0 ? ", " : "", name);
}

static void check_file(void *context, const char *name)
{
	struct pam *pam = context;

	(void)find_ours(pam, name, ask);
	check_order(pam, name);
}

/* If systemd runs, it can start the process that checks a login, so that the user who logs in
 * cannot reach it. */
static void check_socket(const struct pam *pam)
{
	struct ft_doctor *doctor = pam->doctor;
	char path[1024], systemd[1024];
	struct stat st;

	(void)snprintf(path, sizeof path, "%s" FT_RUNSTATEDIR "/freshtoken/pam.sock",
		       doctor->ft.places.root);
	(void)snprintf(systemd, sizeof systemd, "%s/run/systemd/system", doctor->ft.places.root);
	if (lstat(path, &st) == 0) {
		const bool roots = S_ISSOCK(st.st_mode) && st.st_uid == 0 &&
				   (st.st_mode & (S_IWGRP | S_IWOTH)) == 0;

		ft_doctor_find(doctor, roots ? FT_RESULT_OK : FT_RESULT_ERROR, NULL, "%s %s", path,
			       roots ? "leads to a check of logins that runs outside the session "
				       "that asks" :
				       "has to be a socket of root's that nobody else can write "
				       "to: logins are refused, but root's");
		if (!roots)
			ft_doctor_remedy(doctor, "run: systemctl restart freshtoken-pam.socket");
	} else if (errno == ENOENT && access(systemd, F_OK) == 0) {
		ft_doctor_find(doctor, FT_RESULT_NOTE, NULL,
			       "freshtoken-pam.socket is not active: what checks su and sudo runs "
			       "in the session that asks, where the user may freeze it");
		ft_doctor_remedy(doctor, "run: systemctl enable --now freshtoken-pam.socket");
	}
}

static void check_all(struct pam *pam, const char *helper)
{
	struct ft_doctor *doctor = pam->doctor;

	if (pam->names.len == 0) {
		ft_doctor_find(doctor, FT_RESULT_OK, NULL, "no file in %s names the module%s",
			       pam->folder,
			       access(pam->module, R_OK) == 0 ? "" : ", which is not installed");
	} else if (access(pam->module, R_OK) != 0) {
		ft_doctor_find(doctor, FT_RESULT_ERROR, NULL,
			       FT_PAM_MODULE " is named in %s (%s), but: %s", pam->folder,
			       pam->names.data, strerror(errno));
		ft_doctor_remedy(
			doctor,
			"install it as %s, or take it out of these files: who logs in through them "
			"may be refused",
			pam->module);
	} else if (access(helper, X_OK) != 0) {
		ft_doctor_find(doctor, FT_RESULT_ERROR, NULL,
			       "%s, which the module runs, cannot be started: %s", helper,
			       strerror(errno));
		ft_doctor_remedy(doctor, "install freshtoken again");
	} else {
		ft_pam_files(pam->folder, check_file, pam);
		if (!ft_doctor_found(doctor, doctor->check))
			ft_doctor_find(doctor, FT_RESULT_OK, NULL,
				       "the module is installed, and named in %s (%s)", pam->folder,
				       pam->names.data);
		check_socket(pam);
	}
}

void ft_doctor_pam(struct ft_doctor *doctor)
{
	struct pam pam = { .doctor = doctor, .names = FT_BUF_INIT(64 * 1024) };
	char *helper = ft_places_join(doctor->ft.places.libexec, "freshtoken-pam");

	(void)snprintf(pam.folder, sizeof pam.folder, "%s/etc/pam.d", doctor->ft.places.root);
	(void)snprintf(pam.module, sizeof pam.module, "%s" FT_PAMDIR "/" FT_PAM_MODULE,
		       doctor->ft.places.root);
	ft_pam_files(pam.folder, note_file, &pam);
	if (helper == NULL || pam.names.failed)
		doctor->no_memory = true;
	else
		check_all(&pam, helper);
	ft_buf_release(&pam.names);
	free(helper);
}

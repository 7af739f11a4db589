/* SPDX-License-Identifier: MIT */
/* doctor: whether all programs of freshtoken are in their places, and of one version */
#include "config.h"
#include "helper/doctor/doctor.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "helper/cli/run.h"

/* The version that a program prints, without the line feed; "": nothing, or it failed. Returns what
 * ft_run does. */
static int ask_version(const char *program, struct ft_buf *ret, struct ft_error *err)
{
	const char *const argv[] = { program, "--version", NULL };
	int r;

	ft_buf_clear(ret);
	r = ft_run(argv, true, ret, err);
	if (r != 0)
		ft_buf_clear(ret);
	if (ret->len > 0 && !ret->failed)
		ret->data[strcspn(ret->data, "\n")] = '\0';
	return r;
}

/* docker's helper prints its own name first. */
static bool is_of_this_version(const struct ft_buf *said, const char *name)
{
	char own[128];

	(void)snprintf(own, sizeof own, "%s (freshtoken) " PACKAGE_VERSION, name);
	return !said->failed && (strcmp(said->data, "freshtoken " PACKAGE_VERSION) == 0 ||
				 strcmp(said->data, own) == 0);
}

/* Checks a program that people, git or docker start. */
static void check_name(struct ft_doctor *doctor, const char *name, const char *folder)
{
	struct ft_buf path = FT_BUF_INIT(8192), said = FT_BUF_INIT(4096);
	char *ours = ft_places_join(folder, name);

	if (!ft_run_find(name, &path)) {
		ft_doctor_find(doctor, FT_RESULT_WARNING, NULL, "%s is not found in PATH", name);
		if (ours != NULL && access(ours, X_OK) == 0)
			ft_doctor_remedy(doctor, "add %s to PATH", folder);
		else
			ft_doctor_remedy(doctor, "install freshtoken again: %s is not there", ours);
	} else {
		(void)ask_version(path.data, &said, NULL);
		if (!is_of_this_version(&said, name)) {
			ft_doctor_find(
				doctor, FT_RESULT_WARNING, NULL,
				"PATH has %s, which is %s; this is freshtoken " PACKAGE_VERSION
				" in %s",
				path.data,
				said.failed || said.data[0] == '\0' ? "something else" : said.data,
				folder);
			ft_doctor_remedy(doctor, "put %s first in PATH, or remove the other one",
					 folder);
		}
	}
	free(ours);
	ft_buf_release(&path);
	ft_buf_release(&said);
}

/* Why a program does not run, other than that it is missing or not executable: made for another
 * machine, refused by a security module, or without a library that it needs. */
static void tell_failure(struct ft_doctor *doctor, const char *path, int status,
			 struct ft_error *err)
{
	if (status < 0)
		(void)ft_error_remedy(err, FT_OK, "install freshtoken again, as built for this "
				      "machine; what AppArmor or SELinux refuses is in the log of "
				      "the kernel (journalctl -k)");
	else
		(void)ft_error_set(err, FT_OK, "%s does not run: it ends with status %d" FT_REMEDY
				   "see why: %s --version", path, status, path);
	ft_doctor_error(doctor, FT_RESULT_ERROR, NULL, err);
}

/* Checks a program that only freshtoken starts. */
static void check_private(struct ft_doctor *doctor, const char *name)
{
	const char *folder = doctor->ft.places.libexec;
	char *path = ft_places_join(folder, name), expected[128];
	struct ft_buf said = FT_BUF_INIT(4096);
	struct ft_error err;
	int r;

	(void)snprintf(expected, sizeof expected, "%s (freshtoken) " PACKAGE_VERSION, name);
	if (path == NULL) {
		doctor->no_memory = true;
	} else if (access(path, X_OK) != 0) {
		ft_doctor_find(doctor, FT_RESULT_ERROR, NULL, "%s cannot be started: %s", path,
			       strerror(errno));
		ft_doctor_remedy(doctor, "install freshtoken again: its programs belong in %s",
				 folder);
	} else if ((r = ask_version(path, &said, &err)) != 0) {
		tell_failure(doctor, path, r, &err);
	} else if (strcmp(said.data, expected) != 0) {
		ft_doctor_find(doctor, FT_RESULT_ERROR, NULL,
			       "%s is %s, but this is freshtoken " PACKAGE_VERSION, path,
			       said.data[0] == '\0' ? "something else" : said.data);
		ft_doctor_remedy(doctor, "install all of freshtoken from one version");
	}
	free(path);
	ft_buf_release(&said);
}

void ft_doctor_programs(struct ft_doctor *doctor)
{
	char *folder = ft_places_bin();

	if (folder == NULL && errno == ENOMEM) {
		doctor->no_memory = true;
		return;
	}
	if (folder == NULL) {
		ft_doctor_find(doctor, FT_RESULT_WARNING, NULL,
			       "/proc/self/exe: %s; so nobody can tell where the programs of "
			       "freshtoken are",
			       strerror(errno));
		ft_doctor_remedy(doctor, "mount /proc, as containers and chroots need it too");
		return;
	}
	check_name(doctor, "freshtoken", folder);
	check_name(doctor, "git-credential-freshtoken", folder);
	check_name(doctor, "docker-credential-freshtoken", folder);
	check_private(doctor, "freshtoken-refresh");
	check_private(doctor, "freshtoken-transport");
#ifdef HAVE_SODIUM
	check_private(doctor, "freshtoken-seal");
#endif
	if (!ft_doctor_found(doctor, doctor->check))
		ft_doctor_find(doctor, FT_RESULT_OK, NULL,
			       "freshtoken " PACKAGE_VERSION " in %s, with all that belongs to it",
			       folder);
	free(folder);
}

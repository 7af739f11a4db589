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

/* The version that a program prints, without the line feed; "": nothing, or it failed. */
static void ask_version(const char *program, struct ft_buf *ret)
{
	const char *const argv[] = { program, "--version", NULL };

	ft_buf_clear(ret);
	if (ft_run(argv, true, ret, NULL) != 0)
		ft_buf_clear(ret);
	if (ret->len > 0 && !ret->failed)
		ret->data[strcspn(ret->data, "\n")] = '\0';
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
		ask_version(path.data, &said);
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

/* Checks a program that only freshtoken starts. */
static void check_private(struct ft_doctor *doctor, const char *name)
{
	const char *folder = doctor->ft.places.libexec;
	char *path = ft_places_join(folder, name), expected[128];
	struct ft_buf said = FT_BUF_INIT(4096);

	(void)snprintf(expected, sizeof expected, "%s (freshtoken) " PACKAGE_VERSION, name);
	if (path == NULL) {
		doctor->no_memory = true;
	} else if (access(path, X_OK) != 0) {
		ft_doctor_find(doctor, FT_RESULT_ERROR, NULL, "%s cannot be started: %s", path,
			       strerror(errno));
		ft_doctor_remedy(doctor, "install freshtoken again: its programs belong in %s",
				 folder);
	} else {
		ask_version(path, &said);
		if (said.failed || strcmp(said.data, expected) != 0) {
			ft_doctor_find(doctor, FT_RESULT_ERROR, NULL,
				       "%s is %s, but this is freshtoken " PACKAGE_VERSION, path,
				       said.failed || said.data[0] == '\0' ? "something else" :
									     said.data);
			ft_doctor_remedy(doctor, "install all of freshtoken from one version");
		}
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

/* SPDX-License-Identifier: MIT */
/* doctor: which helpers git asks about the hosts of accounts */
#include "config.h"
#include "helper/doctor/doctor.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "helper/cli/run.h"
#include "helper/wiring/git.h"
#include "helper/wiring/patterns.h"
#include "lib/config/match.h"

#define CONFIG_MAX (4 * 1024 * 1024)
/* The first version of git that has authtype and state. */
#define MAJOR 2
#define MINOR 46

struct look {
	struct ft_doctor *doctor;
	struct ft_buf config;	/* from ft_git_read */
	bool old;		/* this git does not have authtype and state */
};

static void judge(struct look *look, const struct ft_account *account, const char *url,
		  bool registry, bool has_path, const struct ft_git_asked *asked)
{
	struct ft_doctor *doctor = look->doctor;

	/* A pattern without a scheme may be only for a registry, which the check of docker
	 * decides. */
	if (!asked->ours && registry)
		return;
	if (!asked->ours) {
		ft_doctor_find(doctor, FT_RESULT_WARNING, account->name,
			       "git does not ask freshtoken about %s", url);
		ft_doctor_remedy(doctor, "run: freshtoken setup git --apply");
		return;
	}
	if (ft_strings_add(&doctor->git_hosts, url, strlen(url)) != 0)
		doctor->no_memory = true;
	if (asked->before != NULL) {
		ft_doctor_find(doctor, FT_RESULT_WARNING, account->name,
			       "git asks \"%s\" before freshtoken about %s: a token that it has "
			       "kept is used first",
			       asked->before, url);
		ft_doctor_remedy(doctor, "run: freshtoken setup git --apply");
	}
	if (asked->after != NULL) {
		ft_doctor_find(
			doctor, look->old ? FT_RESULT_WARNING : FT_RESULT_NOTE, account->name,
			"git hands what freshtoken says about %s to \"%s\" too%s", url,
			asked->after,
			look->old ? ", which keeps it" : "; this git marks it as not to be kept");
		ft_doctor_remedy(doctor, "see: freshtoken setup git");
	}
	if (has_path && !asked->path) {
		ft_doctor_find(doctor, FT_RESULT_WARNING, account->name,
			       "git sends no paths to %s, so a match with a path never covers "
			       "anything",
			       url);
		ft_doctor_remedy(doctor, "run: freshtoken setup git --apply");
	}
	if (account->authtype == FT_AUTHTYPE_BEARER && look->old) {
		ft_doctor_find(
			doctor, FT_RESULT_WARNING, account->name,
			"authtype = bearer: this git can send %s a user name and a password only",
			url);
		ft_doctor_remedy(
			doctor,
			"use git %d.%d or newer, or authtype = basic where the host takes that",
			MAJOR, MINOR);
	}
}

static int check_pattern(void *context, const struct ft_account *account, const char *text,
			 const struct ft_pattern *pattern)
{
	struct look *look = context;
	struct ft_buf url = FT_BUF_INIT(2 * FT_HOST_SIZE);
	struct ft_request_target target;
	int r = ft_git_host(pattern, &url, &target);

	(void)text;
	if (r == 0) {
		struct ft_git_asked asked = ft_git_who_is_asked(&look->config, &target);

		judge(look, account, url.data, pattern->url.scheme == FT_SCHEME_NONE,
		      pattern->path[0] != '\0', &asked);
	} else if (r != FT_NOT_FOUND) {
		look->doctor->no_memory = true;
	}
	ft_buf_release(&url);
	return r == FT_NOT_FOUND ? 0 : r;
}

static int count_pattern(void *context, const struct ft_account *account, const char *text,
			 const struct ft_pattern *pattern)
{
	(void)account, (void)text, (void)pattern;
	++*(size_t *)context;
	return 0;
}

/* False: git is not installed. */
static bool check_version(struct look *look)
{
	static const char *const argv[] = { "git", "--version", NULL };
	struct ft_buf said = FT_BUF_INIT(4096);
	unsigned major = 0, minor = 0;
	int r = ft_run_find("git", NULL) ? ft_run(argv, true, &said, NULL) : FT_NOT_FOUND;

	if (r == FT_NOT_FOUND) {
		ft_doctor_find(look->doctor, FT_RESULT_NOTE, NULL, "git is not found in PATH");
	} else if (r != 0 || said.failed ||
		   sscanf(said.data, "git version %3u.%3u", &major, &minor) != 2) {
		ft_doctor_find(look->doctor, FT_RESULT_ERROR, NULL,
			       "\"git --version\" prints no version");
		ft_doctor_remedy(look->doctor, "see what is wrong with: git --version");
	} else {
		look->old = major < MAJOR || (major == MAJOR && minor < MINOR);
		if (look->old) {
			ft_doctor_find(look->doctor, FT_RESULT_NOTE, NULL,
				       "git %u.%u: where a server refuses a token early, one "
				       "command fails before the next one works",
				       major, minor);
			ft_doctor_remedy(
				look->doctor,
				"git %d.%d or newer gets another token within the same command",
				MAJOR, MINOR);
		}
	}
	ft_buf_release(&said);
	return r == 0;
}

void ft_doctor_git(struct ft_doctor *doctor)
{
	struct look look = { doctor, FT_BUF_INIT(CONFIG_MAX), false };
	const char *home = getenv("HOME");
	const bool homeless = home == NULL || home[0] == '\0';
	struct ft_error err;
	size_t n = 0;

	(void)ft_patterns_visit(&doctor->ft, count_pattern, &n);
	if (n == 0 || !check_version(&look))
		return;
	if (homeless) {
		ft_doctor_find(doctor, FT_RESULT_NOTE, NULL,
			       "HOME is not set: freshtoken, docker and podman take it from "
			       "passwd, but git then reads no .gitconfig");
		ft_doctor_remedy(doctor, "set HOME for what runs git");
	}
	int r = ft_git_read(false, &look.config, &err);

	if (r != 0)
		ft_doctor_error(doctor, FT_RESULT_ERROR, NULL, &err);
	else
		(void)ft_patterns_visit(&doctor->ft, check_pattern, &look);
	ft_buf_release(&look.config);
	if (doctor->git_hosts.n > 0 && r == 0)
		ft_doctor_find(doctor, FT_RESULT_OK, NULL, "git asks freshtoken about %s%s",
			       doctor->git_hosts.list[0],
			       doctor->git_hosts.n > 1 ? " and others" : "");
}

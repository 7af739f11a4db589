/* SPDX-License-Identifier: MIT */
/* doctor: which helper docker, podman, skopeo and buildah ask about the registries of accounts */
#include "config.h"
#include "helper/doctor/doctor.h"
#include "helper/wiring/docker-file.h"

#include <stdio.h>
#include <string.h>

#include "helper/cli/run.h"
#include "helper/wiring/docker-chain.h"
#include "helper/wiring/patterns.h"
#include "lib/config/match.h"
#include "lib/data/json.h"

struct look {
	struct ft_doctor *doctor;
	struct ft_docker_chain chain;
	bool docker, podman;		/* whether one of them is installed */
	size_t asked;
	/* The registry that is checked now. */
	const struct ft_account *account;
	const char *name;
	bool told;		/* a remedy was already given that helps the other programs, too */
};

static bool git_serves(const struct ft_doctor *doctor, const char *name)
{
	for (size_t i = 0; i < doctor->git_hosts.n; i++)
		if (strcmp(doctor->git_hosts.list[i] + strcspn(doctor->git_hosts.list[i], ":") + 3,
			   name) == 0)
			return true;
	return false;
}

static bool account_has(const struct ft_account *account, const char *name)
{
	struct ft_request_target target;
	struct ft_pattern pattern;

	if (ft_target_parse(name, &target) != 0)
		return false;
	for (size_t i = 0; i < account->match.n; i++)
		if (ft_pattern_parse(account->match.list[i], &pattern, NULL) == 0 &&
		    pattern.url.scheme == FT_SCHEME_NONE && ft_pattern_match(&pattern, &target) > 0)
			return true;
	return false;
}

/* The link of the account's name lets a person choose the account. */
static void advise_link(struct look *look)
{
	ft_doctor_remedy(look->doctor, "run: freshtoken setup docker --account %s --apply",
			 look->account->name);
	look->told = true;
}

/* Whether freshtoken's helper can answer for the registry: "freshtoken" cannot choose between
 * accounts, and "freshtoken-ACCOUNT" is a link that must be in PATH. */
static void check_ours(struct look *look, const char *helper)
{
	const char *only = ft_docker_account_of(helper), *name = look->name;
	const struct ft_account *match = NULL;
	struct ft_buf program = FT_BUF_INIT(4096);
	struct ft_error err;

	ft_buf_addf(&program, "docker-credential-%s", helper);
	if (look->told) {
		;
	} else if (only == NULL && ft_accounts_match(&look->doctor->ft.accounts, name, NULL, &match,
						     &err) == FT_CONFIG) {
		ft_doctor_find(look->doctor, FT_RESULT_WARNING, look->account->name,
			       "accounts match %s equally well, and docker, podman and skopeo "
			       "cannot say which one they want",
			       name);
		advise_link(look);
	} else if (only != NULL && ft_context_account(&look->doctor->ft, only, &match, &err) != 0) {
		ft_doctor_find(look->doctor, FT_RESULT_WARNING, look->account->name,
			       "\"%s\" is asked about %s, and there is no account %s",
			       helper, name, only);
		advise_link(look);
	} else if (only != NULL && !account_has(match, name)) {
		ft_doctor_find(look->doctor, FT_RESULT_WARNING, look->account->name,
			       "\"%s\" is asked about %s, which the account %s does not match",
			       helper, name, only);
		advise_link(look);
	} else if (only != NULL && (program.failed || !ft_run_find(program.data, NULL))) {
		ft_doctor_find(look->doctor, FT_RESULT_WARNING, look->account->name,
			       "\"%s\" is asked about %s, and docker-credential-%s is not found in "
			       "PATH",
			       helper, name, helper);
		ft_doctor_remedy(
			look->doctor,
			"add the folder of that link to PATH, or run: freshtoken setup docker "
			"--account %s --apply",
			only);
		look->told = true;
	} else if (only != NULL && strcmp(only, look->account->name) != 0) {
		ft_doctor_find(look->doctor, FT_RESULT_NOTE, look->account->name,
			       "%s is matched only by account %s",
			       name, only);
		look->told = true;
	}
	ft_buf_release(&program);
}

/* Whether one program asks freshtoken; another program's helper is reported. */
static bool asks_us(struct look *look, const char *program, const char *helper, const char *path)
{
	if (helper[0] == '\0')
		return false;
	if (ft_docker_is_ours(helper)) {
		look->asked++;
		check_ours(look, helper);
	} else {
		ft_doctor_find(look->doctor, FT_RESULT_WARNING, look->account->name,
			       "%s asks \"%s\" about %s, as %s says", program, helper, look->name,
			       path);
		ft_doctor_remedy(
			look->doctor,
			"write \"freshtoken\" there by hand if it should serve that registry");
	}
	return true;
}

/* "podman login" leaves a token there in clear. It is used before the helper of any later file, and
 * no longer works after the next refresh. */
static void tell_clear(void *context, const char *path, const char *key)
{
	struct look *look = context;
	const char *program = ft_docker_podman();

	ft_doctor_find(look->doctor, FT_RESULT_WARNING, look->account->name,
		       "%s has a credential for %s in clear, which podman and skopeo take before "
		       "they ask freshtoken",
		       path, key);
	ft_doctor_remedy(look->doctor, "run: %s logout --authfile %s %s",
			 program != NULL ? program : "podman", path, key);
}

static bool podman_asks_us(struct look *look)
{
	struct ft_docker_asked podman =
		ft_docker_chain_podman(&look->chain, look->name, tell_clear, look);

	if (podman.before != NULL && ft_docker_is_ours(podman.helper)) {
		ft_doctor_find(
			look->doctor, FT_RESULT_WARNING, look->account->name,
			"podman and skopeo ask \"%s\" before freshtoken about %s, as %s says: a "
			"token that it has kept is used first",
			podman.before, look->name, look->chain.registries.file);
		ft_doctor_remedy(look->doctor,
				 "write \"freshtoken\" as the first of credential-helpers there");
	}
	return asks_us(look, "podman or skopeo", podman.helper, podman.path);
}

static void check_name(struct look *look)
{
	const struct ft_docker_asked docker = ft_docker_chain_docker(&look->chain, look->name);
	const char *name = look->name;
	bool docker_lacks, podman_lacks, git = git_serves(look->doctor, name);

	look->told = false;
	docker_lacks = look->docker && !asks_us(look, "docker", docker.helper, docker.path);
	podman_lacks = look->podman && !podman_asks_us(look);
	if (!git && docker_lacks == look->docker && podman_lacks == look->podman) {
		ft_doctor_find(look->doctor, FT_RESULT_WARNING, look->account->name,
			       "nobody asks freshtoken about %s: neither git nor docker, podman or "
			       "skopeo",
			       name);
		ft_doctor_remedy(
			look->doctor,
			"run: freshtoken setup git --apply, or freshtoken setup docker --apply");
	} else if (docker_lacks || podman_lacks) {
		/* git may ask about a host that is not a registry. */
		ft_doctor_find(look->doctor, git ? FT_RESULT_NOTE : FT_RESULT_WARNING,
			       look->account->name, "%s not ask freshtoken about %s",
			       docker_lacks && podman_lacks ? "docker, podman and skopeo do" :
			       docker_lacks		    ? "docker does" :
							      "podman and skopeo do",
			       name);
		ft_doctor_remedy(look->doctor, "run: freshtoken setup docker --apply");
	}
}

static int check_pattern(void *context, const struct ft_account *account, const char *text,
			 const struct ft_pattern *pattern)
{
	struct ft_buf name = FT_BUF_INIT(2 * FT_HOST_SIZE);
	struct look *look = context;
	int r;

	(void)text;
	if (!ft_docker_can(pattern))
		return 0;
	ft_patterns_add_host(&name, &pattern->url);
	r = name.failed;
	look->account = account;
	look->name = name.data;
	if (r == 0)
		check_name(look);
	ft_buf_release(&name);
	return r;
}

void ft_doctor_docker(struct ft_doctor *doctor)
{
	struct look look = { .doctor = doctor };
	struct ft_error err;
	bool readable = ft_docker_chain_read(&look.chain, &err) == 0;

	if (!readable) {
		ft_doctor_error(doctor, FT_RESULT_ERROR, NULL, &err);
		ft_doctor_remedy(doctor, "correct the file, or move it away");
	}
	look.docker = ft_run_find("docker", NULL) || look.chain.files[FT_DOCKER_CONFIG].exists;
	look.podman = look.chain.podman;
	if (readable && ft_patterns_visit(&doctor->ft, check_pattern, &look) != 0)
		doctor->no_memory = true;
	if (readable && look.asked > 0)
		ft_doctor_find(doctor, FT_RESULT_OK, NULL, "%s asks freshtoken",
			       look.docker && look.podman ? "docker, podman or skopeo" :
			       look.docker		  ? "docker" :
							    "podman or skopeo");
	ft_docker_chain_release(&look.chain);
}

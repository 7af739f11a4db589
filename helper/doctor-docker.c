/* doctor: whom docker, podman, skopeo and buildah ask about the registries that accounts match */
#include "config.h"
#include "doctor.h"

#include <stdio.h>
#include <string.h>

#include "docker-message.h"
#include "json.h"
#include "match.h"
#include "run.h"
#include "setup.h"

struct look {
	struct ft_doctor *doctor;
	struct ft_docker_file files[FT_DOCKER_FILES];	/* docker's, and that of podman and its like */
	bool docker, podman;		/* whether one of them is here */
	size_t asked;
};

/* The helper that a file names for a registry; "": it names none. */
static const char *helper_of(const struct ft_docker_file *file, const char *name)
{
	struct json_object *helpers = NULL;
	const char *key = ft_docker_is_hub(name) ? file->hub : name, *helper;

	if (!json_object_object_get_ex(file->config, "credHelpers", &helpers) ||
	    !json_object_is_type(helpers, json_type_object))
		return "";
	helper = ft_json_string(helpers, key);
	return helper != NULL ? helper : "";
}

static bool git_serves(const struct ft_doctor *doctor, const char *name)
{
	for (size_t i = 0; i < doctor->git_hosts.n; i++)
		if (strcmp(doctor->git_hosts.list[i] + strcspn(doctor->git_hosts.list[i], ":") + 3, name) == 0)
			return true;
	return false;
}

/* Whether one program asks for us; a helper of somebody else is a finding. */
static bool asks_us(struct look *look, const struct ft_account *account, const char *name,
		    const char *program, const char *helper, const char *path)
{
	if (helper[0] == '\0')
		return false;
	if (ft_setup_docker_is_ours(helper)) {
		look->asked++;
	} else {
		ft_doctor_find(look->doctor, FT_RESULT_WARNING, account->name, "%s asks \"%s\" about %s, as %s says",
			       program, helper, name, path);
		ft_doctor_remedy(look->doctor, "write \"freshtoken\" there by hand where it shall serve that registry");
	}
	return true;
}

/* "podman login" leaves a token there in clear, which goes before every helper that a later file
 * names and dies with the next refresh. */
static void check_clear(struct look *look, const struct ft_account *account, const char *name,
			const struct ft_docker_file *file)
{
	struct ft_buf wanted = FT_BUF_INIT(FT_DOCKER_SERVER_MAX);
	struct json_object *auths = NULL;

	if (!json_object_object_get_ex(file->config, "auths", &auths) ||
	    !json_object_is_type(auths, json_type_object) || ft_docker_key(name, &wanted, NULL) != 0)
		goto out;
	json_object_object_foreach(auths, key, entry) {
		struct ft_buf have = FT_BUF_INIT(FT_DOCKER_SERVER_MAX);

		if (json_object_is_type(entry, json_type_object) && json_object_object_length(entry) > 0 &&
		    ft_docker_key(key, &have, NULL) == 0 && ft_docker_key_covers(wanted.data, have.data)) {
			ft_doctor_find(look->doctor, FT_RESULT_WARNING, account->name, "%s has a credential for %s in"
				       " clear, which podman and skopeo take before they ask freshtoken", file->path, key);
			ft_doctor_remedy(look->doctor, "run: podman logout --authfile %s %s", file->path, key);
		}
		ft_buf_release(&have);
	}
out:
	ft_buf_release(&wanted);
}

static void check_name(struct look *look, const struct ft_account *account, const char *name)
{
	/* podman and its like read docker's file last, but not its credsStore. */
	static const size_t chain[] = { FT_DOCKER_FIRST, FT_DOCKER_AUTH, FT_DOCKER_CONFIG };
	const char *docker = helper_of(&look->files[0], name), *podman = "";
	const char *store = ft_json_string(look->files[0].config, "credsStore");
	const struct ft_docker_file *read = &look->files[FT_DOCKER_CONFIG];
	bool docker_lacks, podman_lacks, git = git_serves(look->doctor, name);

	for (size_t i = 0; podman[0] == '\0' && i < sizeof chain / sizeof *chain; i++) {
		/* One that REGISTRY_AUTH_FILE names takes the lasting one's place. */
		if (chain[i] == FT_DOCKER_AUTH && look->files[FT_DOCKER_FIRST].lasting)
			continue;
		read = &look->files[chain[i]];
		podman = helper_of(read, name);
		if (podman[0] == '\0' && chain[i] != FT_DOCKER_CONFIG && look->podman)
			check_clear(look, account, name, read);
	}
	if (docker[0] == '\0' && store != NULL && ft_setup_docker_is_ours(store))
		docker = store;
	docker_lacks = look->docker && !asks_us(look, account, name, "docker", docker, look->files[0].path);
	podman_lacks = look->podman && !asks_us(look, account, name, "podman or skopeo", podman, read->path);
	if (!git && docker_lacks == look->docker && podman_lacks == look->podman) {
		ft_doctor_find(look->doctor, FT_RESULT_WARNING, account->name, "nobody asks freshtoken about %s: neither"
			       " git nor docker, podman or skopeo", name);
		ft_doctor_remedy(look->doctor, "run: freshtoken setup git --apply, or freshtoken setup docker --apply");
	} else if (docker_lacks || podman_lacks) {
		/* What git asks about need not be a registry. */
		ft_doctor_find(look->doctor, git ? FT_RESULT_NOTE : FT_RESULT_WARNING, account->name,
			       "%s not ask freshtoken about %s", docker_lacks && podman_lacks ?
			       "docker, podman and skopeo do" : docker_lacks ? "docker does" :
			       "podman and skopeo do", name);
		ft_doctor_remedy(look->doctor, "run: freshtoken setup docker --apply");
	}
}

static int check_pattern(void *context, const struct ft_account *account, const char *text,
			 const struct ft_pattern *pattern)
{
	struct ft_buf name = FT_BUF_INIT(2 * FT_HOST_SIZE);
	int r;

	(void)text;
	if (!ft_setup_docker_can(pattern))
		return 0;
	ft_setup_add_host(&name, &pattern->url);
	r = name.failed;
	if (r == 0)
		check_name(context, account, name.data);
	ft_buf_release(&name);
	return r;
}

void ft_doctor_docker(struct ft_doctor *doctor)
{
	struct look look = { .doctor = doctor };
	struct ft_error err;
	bool readable = true;

	ft_docker_files(look.files);
	for (size_t i = 0; i < FT_DOCKER_FILES && readable; i++) {
		if (ft_docker_file_read(&look.files[i], &err) != 0) {
			ft_doctor_error(doctor, FT_RESULT_ERROR, NULL, &err);
			ft_doctor_remedy(doctor, "correct the file, or move it away");
			readable = false;
		}
	}
	look.docker = ft_run_find("docker", NULL) || look.files[0].exists;
	look.podman = ft_run_find("podman", NULL) || ft_run_find("skopeo", NULL) ||
		      ft_run_find("buildah", NULL) || look.files[FT_DOCKER_AUTH].exists ||
		      look.files[FT_DOCKER_FIRST].exists;
	if (readable && ft_setup_patterns(&doctor->ft, check_pattern, &look) != 0)
		doctor->no_memory = true;
	if (readable && look.asked > 0)
		ft_doctor_find(doctor, FT_RESULT_OK, NULL, "%s asks freshtoken", look.docker && look.podman ?
			       "docker, podman or skopeo" : look.docker ? "docker" : "podman or skopeo");
	for (size_t i = 0; i < FT_DOCKER_FILES; i++)
		ft_docker_file_release(&look.files[i]);
}

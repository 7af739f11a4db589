/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "helper/wiring/docker-chain.h"

#include <string.h>

#include "helper/cli/run.h"
#include "helper/protocol/docker-message.h"
#include "helper/wiring/docker-file.h"
#include "lib/data/json.h"

int ft_docker_chain_read_file(struct ft_docker_file *file, struct ft_error *err)
{
	int r = ft_docker_file_read(file, err);

	/* docker does not read the session's file, which after su may even be another user's. */
	return r == FT_SYSTEM && !file->lasting && ft_docker_podman() == NULL ?
		       ft_docker_file_parse(file, err) : r;
}

int ft_docker_chain_read(struct ft_docker_chain *ret, struct ft_error *err)
{
	int r = 0;

	*ret = (struct ft_docker_chain){ .registries = { .file = NULL } };
	ft_docker_files(ret->files);
	for (size_t i = 0; r == 0 && i < FT_DOCKER_FILES; i++)
		r = ft_docker_chain_read_file(&ret->files[i], err);
	ret->podman = ft_docker_podman() != NULL || ret->files[FT_DOCKER_AUTH].exists ||
		ret->files[FT_DOCKER_FIRST].exists;
	return r == 0 && ret->podman ? ft_registries_read(&ret->registries, err) : r;
}

void ft_docker_chain_release(struct ft_docker_chain *chain)
{
	for (size_t i = 0; i < FT_DOCKER_FILES; i++)
		ft_docker_file_release(&chain->files[i]);
	ft_registries_release(&chain->registries);
}

/* An entry that names no helper ("" or null) is an entry, too. */
static const char *helper_of(const struct ft_docker_file *file, const char *name,
			     const char *otherwise)
{
	const char *key = ft_docker_is_hub(name) ? file->hub : name, *helper;
	struct json_object *helpers = NULL, *value;

	if (!json_object_object_get_ex(file->config, "credHelpers", &helpers) ||
	    !json_object_is_type(helpers, json_type_object) ||
	    !json_object_object_get_ex(helpers, key, &value))
		return otherwise;
	helper = ft_json_string(helpers, key);
	return helper != NULL ? helper : "";
}

const char *ft_docker_file_helper(const struct ft_docker_file *file, const char *name)
{
	return helper_of(file, name, "");
}

struct ft_docker_asked ft_docker_chain_docker(const struct ft_docker_chain *chain, const char *name)
{
	const struct ft_docker_file *file = &chain->files[FT_DOCKER_CONFIG];
	const char *store = ft_json_string(file->config, "credsStore");

	/* An entry is used before credsStore, so another program's store does not matter. */
	if (store == NULL || !ft_docker_is_ours(store))
		store = "";
	return (struct ft_docker_asked){ helper_of(file, name, store), file->path, NULL };
}

static void find_clear(const struct ft_docker_file *file, const char *name, ft_docker_clear *clear,
		       void *context)
{
	struct ft_buf wanted = FT_BUF_INIT(FT_DOCKER_SERVER_MAX);
	struct json_object *auths = NULL;

	if (!json_object_object_get_ex(file->config, "auths", &auths) ||
	    !json_object_is_type(auths, json_type_object) ||
	    ft_docker_key(name, &wanted, NULL) != 0)
		goto out;
	json_object_object_foreach(auths, key, entry) {
		struct ft_buf have = FT_BUF_INIT(FT_DOCKER_SERVER_MAX);

		if (json_object_is_type(entry, json_type_object) &&
		    json_object_object_length(entry) > 0 && ft_docker_key(key, &have, NULL) == 0 &&
		    ft_docker_key_covers(wanted.data, have.data))
			clear(context, file->path, key);
		ft_buf_release(&have);
	}
out:
	ft_buf_release(&wanted);
}

/* Asks the files; false: none of them names a helper. */
static bool ask_files(const struct ft_docker_chain *chain, const char *name, ft_docker_clear *clear,
		      void *context, struct ft_docker_asked *ret)
{
	static const size_t order[] = { FT_DOCKER_FIRST, FT_DOCKER_AUTH, FT_DOCKER_CONFIG };

	for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
		const struct ft_docker_file *file = &chain->files[order[i]];

		/* A file that REGISTRY_AUTH_FILE names replaces the lasting one. */
		if (order[i] == FT_DOCKER_AUTH && chain->files[FT_DOCKER_FIRST].lasting)
			continue;
		ret->path = file->path;
		ret->helper = ft_docker_file_helper(file, name);
		if (ret->helper[0] != '\0')
			return true;
		if (clear != NULL)
			find_clear(file, name, clear, context);
	}
	return false;
}

struct ft_docker_asked ft_docker_chain_podman(const struct ft_docker_chain *chain, const char *name,
					      ft_docker_clear *clear, void *context)
{
	struct ft_docker_asked asked = { "", NULL, NULL };

	for (size_t i = 0; i < chain->registries.helpers.n; i++) {
		const char *helper = chain->registries.helpers.list[i];

		if (strcmp(helper, FT_REGISTRIES_AUTH_FILES) == 0) {
			if (ask_files(chain, name, clear, context, &asked))
				return asked;
		} else if (ft_docker_is_ours(helper)) {
			asked.helper = helper;
			asked.path = chain->registries.file;
			return asked;
		} else {
			asked.before = helper;
		}
	}
	asked.helper = "";
	return asked;
}

bool ft_docker_account_chosen(const char *name)
{
	struct ft_docker_file files[FT_DOCKER_FILES];
	bool chosen = false;

	ft_docker_files(files);
	for (size_t i = 0; i < FT_DOCKER_FILES; i++) {
		chosen = chosen || (ft_docker_file_read(&files[i], NULL) == 0 &&
				    ft_docker_account_of(
					    ft_docker_file_helper(&files[i], name)) != NULL);
		ft_docker_file_release(&files[i]);
	}
	return chosen;
}

const char *ft_docker_podman(void)
{
	static const char *const names[] = { "podman", "skopeo", "buildah" };

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (ft_run_find(names[i], NULL))
			return names[i];
	return NULL;
}

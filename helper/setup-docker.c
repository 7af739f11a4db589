/*
 * freshtoken setup docker
 *
 * "credHelpers" in docker's config.json, and in the auth.json of podman, skopeo
 * and buildah, which read docker's file only where they have none. An entry is
 * a host: there are no wildcards and no paths.
 */
#include "config.h"
#include "setup.h"

#include <string.h>

#include "docker-message.h"
#include "json.h"
#include "json-edit.h"

#define FILE_MAX (4 * 1024 * 1024)

bool ft_setup_docker_can(const struct ft_pattern *pattern)
{
	return pattern->url.scheme == FT_SCHEME_NONE && strchr(pattern->url.host, '*') == NULL &&
	       pattern->path[0] == '\0';
}

static int add_pattern(void *context, const struct ft_account *account, const char *text,
		       const struct ft_pattern *pattern)
{
	struct ft_strings *names = context;
	struct ft_buf name = FT_BUF_INIT(2 * FT_HOST_SIZE);

	if (pattern->url.scheme != FT_SCHEME_NONE)
		return 0;
	if (!ft_setup_docker_can(pattern)) {
		ft_say("account %s: docker asks by plain names of hosts, so \"match = %s\" is not for it;"
		       " add a line for each registry", account->name, text);
		return 0;
	}
	ft_setup_add_host(&name, &pattern->url);
	int r = name.failed;

	for (size_t i = 0; r == 0 && i < names->n; i++) {
		if (strcmp(names->list[i], name.data) == 0) {
			ft_buf_release(&name);
			return 0;
		}
	}
	if (r == 0)
		r = ft_strings_add(names, name.data, name.len);
	ft_buf_release(&name);
	return r;
}

bool ft_setup_docker_is_ours(const char *helper)
{
	size_t len = strlen("freshtoken");

	return strncmp(helper, "freshtoken", len) == 0 && (helper[len] == '\0' || helper[len] == '-');
}

/* Adds what is missing and shows it. *ret_changes counts; *ret_taken tells of hosts that
 * another helper has. */
static int change(struct ft_docker_file *target, const struct ft_strings *names, size_t *ret_changes,
		  bool *ret_taken, struct ft_error *err)
{
	struct json_object *helpers = NULL;
	struct ft_buf shown = FT_BUF_INIT(FILE_MAX);
	int r = 0;

	(void)json_object_object_get_ex(target->config, "credHelpers", &helpers);
	if (helpers != NULL && !json_object_is_type(helpers, json_type_object))
		return ft_error_set(err, FT_UNTRUSTED, "%s: \"credHelpers\" is not an object", target->path);
	ft_buf_add(&shown, "", 0);
	for (size_t i = 0; r == 0 && i < names->n; i++) {
		const char *name = ft_docker_is_hub(names->list[i]) ? target->hub : names->list[i];
		const char *helper = helpers != NULL ? ft_json_string(helpers, name) : NULL;
		struct json_object *value = NULL;

		if (helper != NULL && ft_setup_docker_is_ours(helper))
			continue;
		/* "" and null name no helper. */
		(void)json_object_object_get_ex(helpers, name, &value);
		if (value != NULL && (helper == NULL || helper[0] != '\0')) {
			ft_say("%s: %s has the helper \"%s\" already; change it by hand where freshtoken"
			       " shall serve it", target->path, name, helper != NULL ? helper : "");
			*ret_taken = true;
			continue;
		}
		/* As it can be pasted, whole where there is no file yet. */
		if (shown.len == 0)
			ft_buf_addf(&shown, "%s:\n{\"credHelpers\": {", target->path);
		else
			ft_buf_adds(&shown, ", ");
		ft_output_json(&shown, name);
		ft_buf_adds(&shown, ": \"freshtoken\"");
		++*ret_changes;
		r = ft_json_edit_set(&target->text, "credHelpers", name, "freshtoken", err);
	}
	if (shown.len > 0)
		ft_buf_adds(&shown, "}}\n");
	/* What was put together is read before it is written. */
	if (r == 0 && shown.len > 0)
		r = ft_docker_file_parse(target, err);
	if (r == 0 && shown.len > 0 && ft_output(&shown) != FT_EXIT_DONE)
		r = ft_error_set(err, FT_SYSTEM, "stopped, for nobody reads what would be changed");
	ft_buf_release(&shown);
	return r;
}

static int set_up(struct ft_docker_file *target, const struct ft_strings *names, bool apply,
		  size_t *ret_changes, bool *ret_taken, struct ft_error *err)
{
	size_t changes = 0;
	int r = ft_docker_file_read(target, err);

	if (r == 0)
		r = change(target, names, &changes, ret_taken, err);
	if (r == 0 && apply && changes > 0)
		r = ft_docker_file_write(target, err);
	*ret_changes += changes;
	return r;
}

int ft_setup_docker(const struct freshtoken *ft, bool apply)
{
	struct ft_strings names = { NULL, 0 };
	struct ft_docker_file targets[FT_DOCKER_FILES];
	size_t changes = 0, n = FT_DOCKER_FILES;
	bool taken = false;
	struct ft_error err;
	int r = ft_setup_patterns(ft, add_pattern, &names) != 0 ? ft_error_memory(&err) : 0;

	ft_docker_files(targets);
	if (r == 0 && names.n == 0)
		r = ft_error_set(&err, FT_CONFIG, "no account matches a registry; in its section write"
				 " the name without a scheme: match = registry.example.com");
	for (size_t i = 0; r == 0 && i < n; i++)
		if (targets[i].lasting)
			r = set_up(&targets[i], &names, apply, &changes, &taken, &err);
	if (r != 0)
		r = ft_fail(&err);
	else if (changes == 0 && !taken)
		ft_say("docker, podman and skopeo ask freshtoken already; nothing is to be changed");
	else if (changes > 0 && !apply)
		ft_say("nothing is changed yet; to do it: freshtoken setup docker --apply");
	for (size_t i = 0; i < n; i++)
		ft_docker_file_release(&targets[i]);
	ft_strings_release(&names);
	return r != 0 ? r : taken ? FT_EXIT_FAILED : FT_EXIT_DONE;
}

static int take_out(struct ft_docker_file *target, bool apply, size_t *ret_changes, struct ft_error *err)
{
	struct ft_buf shown = FT_BUF_INIT(FILE_MAX);
	struct json_object *helpers = NULL;
	size_t before = *ret_changes;
	int r = ft_docker_file_read(target, err);

	if (r == 0 && json_object_object_get_ex(target->config, "credHelpers", &helpers) &&
	    json_object_is_type(helpers, json_type_object)) {
		json_object_object_foreach(helpers, name, value) {
			(void)value;
			const char *helper = ft_json_string(helpers, name);

			if (r != 0 || helper == NULL || !ft_setup_docker_is_ours(helper))
				continue;
			ft_buf_addf(&shown, "%s: without ", target->path);
			ft_output_json(&shown, name);
			ft_buf_adds(&shown, ": ");
			ft_output_json(&shown, helper);
			ft_buf_adds(&shown, "\n");
			++*ret_changes;
			r = ft_json_edit_remove(&target->text, "credHelpers", name, err);
		}
	}
	const char *store = r == 0 ? ft_json_string(target->config, "credsStore") : NULL;

	if (store != NULL && ft_setup_docker_is_ours(store))
		ft_say("%s: credsStore is \"%s\"; take it out by hand, docker would ask nobody for what"
		       " was stored there", target->path, store);
	if (r == 0 && *ret_changes > before) {
		r = ft_docker_file_parse(target, err);
		if (r == 0 && ft_output(&shown) != FT_EXIT_DONE)
			r = ft_error_set(err, FT_SYSTEM, "stopped, for nobody reads what would be changed");
		if (r == 0 && apply)
			r = ft_docker_file_write(target, err);
	}
	ft_buf_release(&shown);
	return r;
}

int ft_setup_docker_remove(bool apply)
{
	struct ft_docker_file targets[FT_DOCKER_FILES];
	struct ft_error err;
	size_t changes = 0;
	int r = 0;

	ft_docker_files(targets);
	for (size_t i = 0; r == 0 && i < FT_DOCKER_FILES; i++)
		r = take_out(&targets[i], apply, &changes, &err);
	if (r != 0)
		r = ft_fail(&err);
	else if (changes == 0)
		ft_say("docker, podman and skopeo do not ask freshtoken; nothing is to be changed");
	else if (!apply)
		ft_say("nothing is changed yet; to do it: freshtoken setup docker --remove --apply");
	for (size_t i = 0; i < FT_DOCKER_FILES; i++)
		ft_docker_file_release(&targets[i]);
	return r;
}

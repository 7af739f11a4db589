/* SPDX-License-Identifier: MIT */
/*
 * freshtoken setup docker
 *
 * Adds entries to "credHelpers" in docker's config.json, and in the auth.json of podman, skopeo and
 * buildah, which read docker's file only if they have none. An entry is a host; there are no
 * wildcards or paths.
 */
#include "config.h"
#include "helper/setup/docker.h"

#include <stdlib.h>
#include <string.h>

#include "helper/protocol/docker-message.h"
#include "helper/wiring/docker-file.h"
#include "helper/wiring/json-edit.h"
#include "helper/wiring/patterns.h"
#include "lib/data/json.h"

#define FILE_MAX (4 * 1024 * 1024)

static int add_name(struct ft_docker_setup *setup, const char *name,
		    const struct ft_account *account)
{
	const struct ft_account *match = NULL;
	struct ft_docker_name *more;

	for (size_t i = 0; i < setup->n; i++) {
		if (strcmp(setup->names[i].name, name) != 0)
			continue;
		if (setup->names[i].other == NULL && setup->names[i].account != account)
			setup->names[i].other = account;
		return 0;
	}
	more = reallocarray(setup->names, setup->n + 1, sizeof *more);
	if (more == NULL)
		return FT_NO_MEMORY;
	setup->names = more;
	more[setup->n] = (struct ft_docker_name){ .name = strdup(name), .account = account };
	if (more[setup->n].name == NULL)
		return FT_NO_MEMORY;
	more[setup->n++].tied =
		ft_accounts_match(&setup->ft->accounts, name, NULL, &match, NULL) == FT_CONFIG;
	return 0;
}

static int add_pattern(void *context, const struct ft_account *account, const char *text,
		       const struct ft_pattern *pattern)
{
	struct ft_docker_setup *setup = context;
	struct ft_buf name = FT_BUF_INIT(2 * FT_HOST_SIZE);

	if (pattern->url.scheme != FT_SCHEME_NONE ||
	    (setup->only != NULL && strcmp(account->name, setup->only) != 0))
		return 0;
	setup->patterns++;
	if (!ft_docker_can(pattern)) {
		ft_say("account %s: docker asks with plain host names, so it cannot use "
		       "\"match = %s\"; add a line for each registry",
		       account->name, text);
		return 0;
	}
	ft_patterns_add_host(&name, &pattern->url);
	int r = name.failed != 0 ? name.failed : add_name(setup, name.data, account);

	ft_buf_release(&name);
	return r;
}

/* docker sends no user name when it asks, so that cannot select an account. */
static void tell_tied(struct ft_docker_setup *setup, struct ft_docker_name *name)
{
	setup->left = true;
	if (name->told)
		return;
	name->told = true;
	ft_say("accounts %s and %s match %s equally well, and docker cannot say which one it "
	       "wants; choose: freshtoken setup docker --account %s",
	       name->account->name, name->other != NULL ? name->other->name : "another", name->name,
	       name->account->name);
}

/* Whether the file should name freshtoken's helper for the registry; another program's entry
 * stays. */
static bool is_wanted(struct ft_docker_setup *setup, const struct ft_docker_file *target,
		      struct ft_docker_name *name, const char *key, const char *wanted)
{
	const char *helper = ft_docker_file_helper(target, name->name);
	struct json_object *helpers = NULL, *value = NULL;

	if (setup->only == NULL && helper[0] == '\0' &&
	    (target == &setup->chain.files[FT_DOCKER_CONFIG] ? name->docker : name->podman))
		return false;
	(void)json_object_object_get_ex(target->config, "credHelpers", &helpers);
	(void)json_object_object_get_ex(helpers, key, &value);
	if (ft_docker_is_ours(helper)) {
		if (setup->only != NULL)
			return strcmp(helper, wanted) != 0;
		if (name->tied && ft_docker_account_of(helper) == NULL)
			tell_tied(setup, name);
		return false;
	}
	/* "" and null are no helper. */
	if (value != NULL && (helper[0] != '\0' || !json_object_is_type(value, json_type_string))) {
		ft_say("%s: %s has the helper \"%s\" already; change it by hand if freshtoken"
		       " should serve it", target->path, key, helper);
		setup->left = true;
		return false;
	}
	if (setup->only == NULL && name->tied)
		tell_tied(setup, name);
	return setup->only != NULL || !name->tied;
}

/* Adds what is missing and shows it; *ret_changed: whether something was missing. */
static int change(struct ft_docker_setup *setup, struct ft_docker_file *target, const char *wanted,
		  bool *ret_changed, struct ft_error *err)
{
	struct json_object *helpers = NULL;
	struct ft_buf shown = FT_BUF_INIT(FILE_MAX);
	int r = 0;

	(void)json_object_object_get_ex(target->config, "credHelpers", &helpers);
	if (helpers != NULL && !json_object_is_type(helpers, json_type_object))
		return ft_error_set(err, FT_UNTRUSTED, "%s: \"credHelpers\" is not an object",
				    target->path);
	for (size_t i = 0; r == 0 && i < setup->n; i++) {
		const char *key =
			ft_docker_is_hub(setup->names[i].name) ? target->hub : setup->names[i].name;

		if (!is_wanted(setup, target, &setup->names[i], key, wanted))
			continue;
		/* Shown so that it can be pasted: the whole file, if there is none yet. */
		if (shown.len == 0)
			ft_buf_addf(&shown, "%s:\n{\"credHelpers\": {", target->path);
		else
			ft_buf_adds(&shown, ", ");
		ft_output_json(&shown, key);
		ft_buf_adds(&shown, ": ");
		ft_output_json(&shown, wanted);
		setup->changes++;
		r = ft_json_edit_set(&target->text, "credHelpers", key, wanted, err);
	}
	*ret_changed = shown.len > 0;
	if (shown.len > 0)
		ft_buf_adds(&shown, "}}\n");
	/* The new text is parsed before it is written. */
	if (r == 0 && *ret_changed)
		r = ft_docker_file_parse(target, err);
	if (r == 0 && *ret_changed)
		r = ft_setup_show(&shown, err);
	ft_buf_release(&shown);
	return r;
}

/* All files are checked before one is changed, because an entry of one may be used by the readers
 * of another. */
static void who_is_asked(struct ft_docker_setup *setup, struct ft_docker_name *name)
{
	const struct ft_docker_file *first = &setup->chain.files[FT_DOCKER_FIRST];
	const struct ft_docker_asked docker = ft_docker_chain_docker(&setup->chain, name->name),
				     podman = ft_docker_chain_podman(&setup->chain, name->name,
								     NULL, NULL);

	name->docker = ft_docker_is_ours(docker.helper);
	/* A file that ends with the session, or that docker changes itself, is not written. */
	name->podman = ft_docker_is_ours(podman.helper) && podman.path != docker.path &&
		       (podman.path != first->path || first->lasting);
	if (setup->only == NULL && name->tied &&
	    ((name->docker && ft_docker_account_of(docker.helper) == NULL) ||
	     (name->podman && ft_docker_account_of(podman.helper) == NULL)))
		tell_tied(setup, name);
}

static int set_up(struct ft_docker_setup *setup, const char *wanted, struct ft_error *err)
{
	int r = 0;

	for (size_t i = 0; i < setup->n; i++)
		who_is_asked(setup, &setup->names[i]);
	for (size_t i = 0; r == 0 && i < FT_DOCKER_FILES; i++) {
		struct ft_docker_file *target = &setup->chain.files[i];
		bool changed = false;

		if (!target->lasting)
			continue;
		r = change(setup, target, wanted, &changed, err);
		if (r == 0 && changed && setup->apply)
			r = ft_docker_file_write(target, err);
	}
	if (r == 0)
		r = ft_setup_podman(setup, err);
	if (r == 0 && setup->only != NULL)
		r = ft_setup_docker_link(setup->only, setup->apply, &setup->changes, err);
	return r;
}

static void release(struct ft_docker_setup *setup)
{
	for (size_t i = 0; i < setup->n; i++)
		free(setup->names[i].name);
	free(setup->names);
	ft_docker_chain_release(&setup->chain);
}

static int run(struct ft_docker_setup *setup)
{
	struct ft_buf wanted = FT_BUF_INIT(4096);
	struct ft_error err;
	int r = ft_patterns_visit(setup->ft, add_pattern, setup) != 0 ? ft_error_memory(&err) : 0;

	ft_buf_addf(&wanted, "freshtoken%s%s", setup->only != NULL ? "-" : "",
		    setup->only != NULL ? setup->only : "");
	if (r == 0)
		r = ft_buf_check(&wanted, "the name of a helper", &err);
	if (r == 0 && setup->n == 0 &&
	    (setup->patterns == 0 || setup->only != NULL || ft_docker_podman() == NULL))
		r = ft_error_set(&err, FT_CONFIG,
				 "no account matches a registry; in its section write the name "
				 "without a scheme: match = registry.example.com");
	if (r == 0)
		r = ft_docker_chain_read(&setup->chain, &err);
	if (r == 0)
		r = set_up(setup, wanted.data, &err);
	if (r != 0)
		r = ft_fail(&err);
	else if (setup->changes == 0 && !setup->left)
		ft_say("docker, podman and skopeo ask freshtoken already; no change is needed");
	else if (setup->changes > 0 && !setup->apply)
		ft_say("nothing is changed yet; to do it: freshtoken setup docker%s%s --apply",
		       setup->only != NULL ? " --account " : "",
		       setup->only != NULL ? setup->only : "");
	ft_buf_release(&wanted);
	release(setup);
	return r != 0 ? r : setup->left ? FT_EXIT_FAILED : FT_EXIT_DONE;
}

int ft_setup_docker(const struct freshtoken *ft, bool apply)
{
	struct ft_docker_setup setup = { .ft = ft, .apply = apply };

	return run(&setup);
}

int ft_setup_docker_account(const struct freshtoken *ft, const char *account, bool apply)
{
	struct ft_docker_setup setup = { .ft = ft, .only = account, .apply = apply };
	const struct ft_account *found = NULL;
	struct ft_error err;

	if (ft_context_account(ft, account, &found, &err) != 0)
		return ft_fail(&err);
	return run(&setup);
}

static int add_once(struct ft_strings *strings, const char *text, struct ft_error *err)
{
	for (size_t i = 0; i < strings->n; i++)
		if (strcmp(strings->list[i], text) == 0)
			return 0;
	return ft_strings_add(strings, text, strlen(text)) == 0 ? 0 : ft_error_memory(err);
}

static int take_out(struct ft_docker_file *target, bool apply, struct ft_strings *helpers_out,
		    size_t *ret_changes, struct ft_error *err)
{
	struct ft_buf shown = FT_BUF_INIT(FILE_MAX);
	struct json_object *helpers = NULL;
	size_t before = *ret_changes;
	int r = ft_docker_chain_read_file(target, err);

	if (r == 0 && json_object_object_get_ex(target->config, "credHelpers", &helpers) &&
	    json_object_is_type(helpers, json_type_object)) {
		json_object_object_foreach(helpers, name, value) {
			(void)value;
			const char *helper = ft_json_string(helpers, name);

			if (r != 0 || helper == NULL || !ft_docker_is_ours(helper))
				continue;
			ft_buf_addf(&shown, "%s: without ", target->path);
			ft_output_json(&shown, name);
			ft_buf_adds(&shown, ": ");
			ft_output_json(&shown, helper);
			ft_buf_adds(&shown, "\n");
			++*ret_changes;
			r = ft_json_edit_remove(&target->text, "credHelpers", name, err);
			if (r == 0)
				r = add_once(helpers_out, helper, err);
		}
	}
	const char *store = r == 0 ? ft_json_string(target->config, "credsStore") : NULL;

	if (store != NULL && ft_docker_is_ours(store))
		ft_say("%s: credsStore is \"%s\"; remove it by hand: without it docker no longer "
		       "finds what it has stored there",
		       target->path, store);
	if (r == 0 && *ret_changes > before) {
		r = ft_docker_file_parse(target, err);
		if (r == 0)
			r = ft_setup_show(&shown, err);
		if (r == 0 && apply)
			r = ft_docker_file_write(target, err);
	}
	ft_buf_release(&shown);
	return r;
}

int ft_setup_docker_remove(bool apply)
{
	struct ft_docker_file targets[FT_DOCKER_FILES];
	struct ft_strings helpers = { NULL, 0 };
	struct ft_error err;
	size_t changes = 0;
	int r = 0;

	ft_docker_files(targets);
	for (size_t i = 0; r == 0 && i < FT_DOCKER_FILES; i++)
		r = take_out(&targets[i], apply, &helpers, &changes, &err);
	for (size_t i = 0; r == 0 && i < helpers.n; i++)
		r = ft_setup_docker_unlink(helpers.list[i], apply, &err);
	if (r == 0)
		r = ft_setup_podman_remove(apply, &changes, &err);
	if (r != 0)
		r = ft_fail(&err);
	else if (changes == 0)
		ft_say("docker, podman and skopeo do not ask freshtoken; no change is needed");
	else if (!apply)
		ft_say("nothing is changed yet; to do it: freshtoken setup docker --remove "
		       "--apply");
	ft_strings_release(&helpers);
	for (size_t i = 0; i < FT_DOCKER_FILES; i++)
		ft_docker_file_release(&targets[i]);
	return r;
}

/* SPDX-License-Identifier: MIT */
/*
 * freshtoken setup docker: podman, skopeo and buildah
 *
 * An entry in auth.json is not enough for them: "podman login" writes a token in clear to the file
 * of the session, which is read before it, and a pattern with "*" cannot be an entry. One line in
 * registries.conf makes them ask freshtoken about every registry before they read any file. If
 * freshtoken has no answer, they read the files as before.
 */
#include "config.h"
#include "helper/setup/docker.h"
#include "helper/wiring/docker-file.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "helper/wiring/registries-conf.h"

#define FILE_MAX (1024 * 1024)

static const char head[] = "# Made by \"freshtoken setup docker\"; \"freshtoken setup docker "
			   "--remove\" takes it away.\n";

/* Makes "credential-helpers = [...]", with freshtoken before the helpers that are there already. */
static void add_line(struct ft_buf *buf, const struct ft_strings *helpers)
{
	ft_buf_adds(buf, "credential-helpers = [\"freshtoken\"");
	for (size_t i = 0; i < helpers->n; i++) {
		ft_buf_adds(buf, ", ");
		ft_output_json(buf, helpers->list[i]);
	}
	ft_buf_adds(buf, "]\n");
}

/* Reads freshtoken's file, if it exists. *ret_alone: it has only what setup writes. */
static int read_own(struct ft_docker_file *ret, bool *ret_alone, struct ft_error *err)
{
	int r = ft_docker_file_load(ret, err);

	*ret_alone = r == 0 && ret->exists && ft_registries_alone(ret->text.data, ret->text.len);
	return r;
}

static int offer(struct ft_docker_setup *setup, struct ft_error *err)
{
	const struct ft_registries *registries = &setup->chain.registries;
	struct ft_docker_file own = { .path = strdup(registries->own) };
	struct ft_buf shown = FT_BUF_INIT(FILE_MAX);
	bool alone = false;
	int r = own.path == NULL ? ft_error_memory(err) : read_own(&own, &alone, err);

	if (r == 0 && (registries->later || (own.exists && !alone))) {
		ft_say("%s: write \"freshtoken\" as the first of credential-helpers by hand, for "
		       "podman, skopeo and buildah",
		       registries->later ? registries->file : own.path);
		setup->left = true;
		goto out;
	}
	if (r == 0) {
		ft_buf_clear(&own.text);
		ft_buf_adds(&own.text, head);
		add_line(&own.text, &registries->helpers);
		ft_buf_addf(&shown, "%s:\n%s", own.path,
			    own.text.failed ? "" : own.text.data + strlen(head));
		r = ft_buf_check(&own.text, own.path, err);
	}
	if (r == 0)
		r = ft_setup_show(&shown, err);
	setup->changes += r == 0;
	if (r == 0 && setup->apply)
		r = ft_docker_file_write(&own, err);
out:
	ft_buf_release(&shown);
	ft_docker_file_release(&own);
	return r;
}

static void tell_clear(void *context, const char *path, const char *key)
{
	struct ft_docker_setup *setup = context;
	const char *program = ft_docker_podman();

	ft_say("%s has a credential for %s in clear, which podman and skopeo take before they ask "
	       "freshtoken; run: %s logout --authfile %s %s",
	       path, key, program != NULL ? program : "podman", path, key);
	setup->left = true;
}

/* Removes freshtoken's file if it is the one that is used; *ret_removed: whether it was. */
static int take_away(const struct ft_registries *registries, bool apply, bool *ret_removed,
		     struct ft_error *err)
{
	struct ft_docker_file own = { .path = strdup(registries->own) };
	struct ft_buf shown = FT_BUF_INIT(FILE_MAX);
	bool alone = false;
	int r = own.path == NULL ? ft_error_memory(err) : read_own(&own, &alone, err);

	*ret_removed = r == 0 && alone && strcmp(own.path, registries->file) == 0;
	if (*ret_removed) {
		ft_buf_addf(&shown, "%s: removed\n", own.path);
		r = ft_setup_show(&shown, err);
		if (r == 0 && apply && unlink(own.path) != 0)
			r = ft_error_errno(err, FT_SYSTEM, errno, "cannot remove %s", own.path);
	}
	ft_docker_file_release(&own);
	ft_buf_release(&shown);
	return r;
}

/* If podman asked "freshtoken" about everything, that would be asked about a registry of two
 * accounts before the helper of the chosen one, and would report an error each time. */
static int withdraw(struct ft_docker_setup *setup, const char *name, struct ft_error *err)
{
	bool removed;
	int r = take_away(&setup->chain.registries, setup->apply, &removed, err);

	if (r == 0 && removed) {
		setup->changes++;
	} else if (r == 0) {
		ft_say("%s: credential-helpers has freshtoken asked about %s, which two accounts "
		       "match; take it out by hand",
		       setup->chain.registries.file, name);
		setup->left = true;
	}
	return r;
}

int ft_setup_podman(struct ft_docker_setup *setup, struct ft_error *err)
{
	bool first;
	const char *ours = ft_registries_ours(&setup->chain.registries, &first), *tied = NULL;
	int r = 0;

	if (!setup->chain.podman)
		return 0;
	for (size_t i = 0; i < setup->n && tied == NULL; i++)
		tied = setup->names[i].tied ? setup->names[i].name : NULL;
	if (tied != NULL && ours != NULL && ft_docker_account_of(ours) == NULL)
		return withdraw(setup, tied, err);
	/* If a person has to choose an account, a line for all registries would prevent that. */
	if (ours == NULL && setup->only == NULL && tied == NULL && !setup->left &&
	    ft_docker_podman() != NULL) {
		r = offer(setup, err);
		if (!setup->left)
			return r;
	}
	for (size_t i = 0; r == 0 && i < setup->n; i++) {
		const struct ft_docker_asked asked = ft_docker_chain_podman(
			&setup->chain, setup->names[i].name, tell_clear, setup);

		if (asked.before == NULL || !ft_docker_is_ours(asked.helper))
			continue;
		ft_say("podman and skopeo ask \"%s\" before freshtoken about %s: write "
		       "\"freshtoken\" as the first of credential-helpers in %s by hand",
		       asked.before, setup->names[i].name, setup->chain.registries.file);
		setup->left = true;
	}
	return r;
}

int ft_setup_podman_remove(bool apply, size_t *ret_changes, struct ft_error *err)
{
	struct ft_registries registries;
	bool first, removed = false;
	int r = ft_registries_read(&registries, err);

	if (r == 0 && ft_registries_ours(&registries, &first) != NULL) {
		r = take_away(&registries, apply, &removed, err);
		*ret_changes += removed;
		if (r == 0 && !removed)
			ft_say("%s: credential-helpers names freshtoken; take it out by hand",
			       registries.file);
	}
	ft_registries_release(&registries);
	return r;
}

/* SPDX-License-Identifier: MIT */
/*
 * freshtoken setup bazel, cargo, go, … - the configuration of clients that only ask for a token
 *
 * For all clients the lines are shown. They are also written if the configuration is a file to
 * which lines can be added (Bazel, pnpm, Terraform); its other lines stay as they are, byte for
 * byte.
 */
#include "config.h"
#include "installed.h"
#include "helper/setup/setup.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "helper/cli/run.h"
#include "helper/wiring/docker-file.h"
#include "helper/wiring/patterns.h"

#define TEXT_MAX (1024 * 1024)

struct job {
	const struct freshtoken *ft;
	const struct ft_client *client;
	const char *only;	/* only this account; NULL: all */
	char *home;
	struct ft_buf lines;	/* each ends with LF */
	size_t links;		/* to be written */
	bool apply;
};

struct ft_client {
	const char *name;
	const char *file;	/* below the home, for the lines; NULL: they are commands */
	bool can_apply;
	const char *plugin;	/* below the home: the link that the client starts; NULL: none */
	const char *once;	/* lines that do not depend on accounts; NULL: none */
	/* writes the lines for a pattern, or for an account; NULL: none */
	void (*pattern)(struct job *job, const struct ft_account *account,
			const struct ft_pattern *pattern);
	int (*account)(struct job *job, const struct ft_account *account, struct ft_error *err);
	const char *ours;	/* a text that only freshtoken's lines have; for can_apply */
	const char *program;	/* that must be in PATH; NULL: the configuration has its path */
};

static bool is_https(const struct ft_pattern *pattern)
{
	return pattern->url.scheme == FT_SCHEME_NONE || pattern->url.scheme == FT_SCHEME_HTTPS;
}

static void bazel(struct job *job, const struct ft_account *account,
		  const struct ft_pattern *pattern)
{
	(void)account;
	/* Bazel has hosts, and "*." in front of a host. */
	if (is_https(pattern) && strchr(pattern->url.host + 1, '*') == NULL)
		ft_buf_addf(&job->lines,
			    "common --credential_helper=%s=bazel-credential-freshtoken\n",
			    pattern->url.host);
}

static void pnpm(struct job *job, const struct ft_account *account,
		 const struct ft_pattern *pattern)
{
	const size_t len = strlen(pattern->path);
	const bool folder = len > 0 && pattern->path[len - 1] == '/';

	if (pattern->url.scheme == FT_SCHEME_OTHER || strchr(pattern->url.host, '*') != NULL)
		return;
	/* npm's keys are folders: they have nothing like "/team*". */
	if (pattern->rest && len > 0 && !folder)
		return;
	ft_buf_adds(&job->lines, "//");
	ft_patterns_add_host(&job->lines, &pattern->url);
	ft_buf_addf(&job->lines, "%s%s:tokenHelper=%s/.local/bin/freshtoken-bearer-%s\n",
		    pattern->path, folder ? "" : "/", job->home, account->name);
}

/* MCP clients run the command with a shell. */
static void mcp(struct job *job, const struct ft_account *account, const struct ft_pattern *pattern)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789/._-";

	(void)account;
	if (!is_https(pattern) || strchr(pattern->url.host, '*') != NULL ||
	    pattern->path[strspn(pattern->path, plain)] != '\0')
		return;
	ft_buf_adds(&job->lines, "\"headersHelper\": \"freshtoken headers https://");
	ft_patterns_add_host(&job->lines, &pattern->url);
	ft_buf_addf(&job->lines, "%s\"\n", pattern->path);
}

static int pnpm_link(struct job *job, const struct ft_account *account, struct ft_error *err)
{
	struct ft_buf path = FT_BUF_INIT(TEXT_MAX);
	int r;

	ft_buf_addf(&path, "%s/.local/bin/freshtoken-bearer-%s", job->home, account->name);
	r = ft_buf_check(&path, "the path of a link", err);
	if (r == 0)
		r = ft_setup_link(path.data, job->apply, &job->links, err);
	ft_buf_release(&path);
	return r;
}

/* The link that all accounts share. */
static int plugin_link(const struct job *job, struct ft_buf *ret, struct ft_error *err)
{
	ft_buf_addf(ret, "%s/%s", job->home, job->client->plugin);
	return ft_buf_check(ret, "the path of a link", err);
}

/* Whether more than one account has lines. */
static bool has_several(const struct job *job)
{
	size_t n = 0;

	for (size_t i = 0; i < job->ft->accounts.n; i++)
		n += !job->ft->accounts.list[i].pam_only;
	return job->only == NULL && n > 1;
}

/* A context has one user: if several accounts are shown, the person chooses one. */
static int kubectl(struct job *job, const struct ft_account *account, struct ft_error *err)
{
	(void)err;
	ft_buf_addf(&job->lines, "kubectl config set-credentials %s --exec-command=freshtoken "
		    "--exec-arg=kubernetes --exec-arg=%s "
		    "--exec-api-version=client.authentication.k8s.io/v1 "
		    "--exec-interactive-mode=Never\n"
		    "%skubectl config set-context --current --user=%s\n",
		    account->name, account->name, has_several(job) ? "# to use it: " : "",
		    account->name);
	return 0;
}

static const struct ft_client clients[] = {
	{ .name = "bazel", .file = ".bazelrc", .can_apply = true, .pattern = bazel,
	  .ours = "=bazel-credential-freshtoken", .program = "bazel-credential-freshtoken" },
	{ .name = "cargo", .file = ".cargo/config.toml", .program = "cargo-credential-freshtoken",
	  .once = "[registry]\n"
		  "global-credential-providers = [\"cargo:token\", "
		  "\"cargo-credential-freshtoken\"]\n" },
	{ .name = "go", .program = "freshtoken",
	  .once = "go env -w GOAUTH='freshtoken goauth; netrc'\n" },
	{ .name = "keyring",
	  .once = "ln -s \"$(command -v docker-credential-freshtoken)\" ~/.local/bin/keyring\n"
		  "pip config set global.keyring-provider subprocess\n"
		  "export UV_KEYRING_PROVIDER=subprocess\n" },
	{ .name = "kubectl", .account = kubectl, .program = "freshtoken" },
	{ .name = "kubelet",
	  .once = "kubelet --image-credential-provider-bin-dir=" FT_BINDIR " \\\n"
		  "    --image-credential-provider-config=/etc/kubernetes/credentials.yaml\n"
		  "cat >/etc/kubernetes/credentials.yaml <<END\n"
		  "apiVersion: kubelet.config.k8s.io/v1\n"
		  "kind: CredentialProviderConfig\n"
		  "providers:\n"
		  "- name: freshtoken\n"
		  "  args: [kubelet]\n"
		  "  apiVersion: credentialprovider.kubelet.k8s.io/v1\n"
		  "  defaultCacheDuration: 0s\n"
		  "  matchImages: [registry.example.com]\n"
		  "END\n" },
	{ .name = "mcp", .pattern = mcp, .program = "freshtoken" },
	{ .name = "pnpm", .file = ".npmrc", .can_apply = true, .pattern = pnpm,
	  .account = pnpm_link, .ours = "/freshtoken-bearer-" },
	{ .name = "terraform", .file = ".terraformrc", .can_apply = true,
	  .once = "credentials_helper \"freshtoken\" {}\n",
	  .plugin = ".terraform.d/plugins/terraform-credentials-freshtoken",
	  .ours = "credentials_helper \"freshtoken\"" },
};

const struct ft_client *ft_client_find(const char *name)
{
	for (size_t i = 0; i < sizeof clients / sizeof *clients; i++)
		if (strcmp(name, clients[i].name) == 0)
			return &clients[i];
	return NULL;
}

bool ft_client_can_apply(const struct ft_client *client)
{
	return client->can_apply;
}

/* --- lines ---------------------------------------------------------------------------- */

/* Gets the line of `len` bytes without the blanks around it. */
static void trim(const char **line, size_t *len)
{
	while (*len > 0 && strchr(" \t\r", (*line)[*len - 1]) != NULL)
		--*len;
	while (*len > 0 && strchr(" \t", **line) != NULL)
		++*line, --*len;
}

/* The length of the part that only one line of the file may begin with: all before the last "=", or
 * the first word. */
static size_t key_length(const char *line, size_t len)
{
	const char *equals = memrchr(line, '=', len), *blank = memchr(line, ' ', len);

	return (size_t)((equals != NULL ? equals : blank != NULL ? blank : line + len - 1) + 1 -
			line);
}

enum found { ABSENT, PRESENT, OTHER };

static enum found look_for(const struct ft_buf *text, const char *line, size_t len)
{
	size_t key = key_length(line, len), n;
	enum found found = ABSENT;

	for (const char *at = text->data, *end; *at != '\0'; at = end) {
		const char *start = at;

		n = strcspn(at, "\n");
		end = at + n + (at[n] == '\n');
		trim(&start, &n);
		if (n == len && memcmp(start, line, len) == 0)
			return PRESENT;
		if (n >= key && memcmp(start, line, key) == 0)
			found = OTHER;
	}
	return found;
}

/* Collects the lines that are not in the file yet; reports one that has another value. */
static void add_missing(const struct ft_buf *lines, const struct ft_docker_file *file,
			struct ft_buf *ret)
{
	size_t n;

	for (const char *line = lines->data; *line != '\0'; line += n + 1) {
		n = strcspn(line, "\n");
		enum found found = look_for(&file->text, line, n);

		if (found == OTHER)
			ft_say("%s has another line for \"%.*s\": change it by hand", file->path,
			       (int)key_length(line, n) - 1, line);
		else if (found == ABSENT && look_for(ret, line, n) == ABSENT)
			ft_buf_add(ret, line, n + 1);
	}
}

static int write_lines(struct ft_docker_file *file, const struct ft_buf *missing,
		       struct ft_error *err)
{
	struct ft_buf *text = &file->text;
	int r;

	if (text->len > 0 && text->data[text->len - 1] != '\n')
		ft_buf_adds(text, "\n");
	/* Lines that are added would continue the last line. */
	if (text->len > 1 && text->data[text->len - 2] == '\\')
		return ft_error_set(err, FT_CONFIG, "%s ends with a \"\\\"" FT_REMEDY
				    "write the lines above into it by hand", file->path);
	ft_buf_add(text, missing->data, missing->len);
	r = ft_buf_check(text, file->path, err);
	return r == 0 ? ft_docker_file_write(file, err) : r;
}

/* --- what is shown and done ------------------------------------------------------------- */

static int visit(void *context, const struct ft_account *account, const char *text,
		 const struct ft_pattern *pattern)
{
	struct job *job = context;

	(void)text;
	if (job->only == NULL || strcmp(job->only, account->name) == 0)
		job->client->pattern(job, account, pattern);
	return 0;
}

static int collect(struct job *job, struct ft_error *err)
{
	const struct ft_accounts *accounts = &job->ft->accounts;
	int r = 0;

	struct ft_buf plugin = FT_BUF_INIT(TEXT_MAX);

	ft_buf_adds(&job->lines, job->client->once != NULL ? job->client->once : "");
	if (job->client->plugin != NULL)
		r = plugin_link(job, &plugin, err);
	if (job->client->plugin != NULL && r == 0)
		r = ft_setup_link(plugin.data, job->apply, &job->links, err);
	ft_buf_release(&plugin);
	if (job->client->pattern != NULL)
		(void)ft_patterns_visit(job->ft, visit, job);
	for (size_t i = 0; r == 0 && job->client->account != NULL && i < accounts->n; i++)
		if (!accounts->list[i].pam_only &&
		    (job->only == NULL || strcmp(job->only, accounts->list[i].name) == 0))
			r = job->client->account(job, &accounts->list[i], err);
	return r == 0 ? ft_buf_check(&job->lines, "the configuration", err) : r;
}

static int show(const char *path, const struct ft_buf *lines, struct ft_error *err)
{
	struct ft_buf shown = FT_BUF_INIT(2 * TEXT_MAX);
	int r;

	if (path != NULL)
		ft_buf_addf(&shown, "%s%s:\n", path[0] == '/' ? "" : "~/", path);
	ft_buf_add(&shown, lines->data, lines->len);
	r = ft_setup_show(&shown, err);
	ft_buf_release(&shown);
	return r;
}

static int file_of(const struct job *job, struct ft_docker_file *ret, struct ft_error *err)
{
	*ret = (struct ft_docker_file){ .path = ft_places_join(job->home, job->client->file) };
	return ret->path == NULL ? ft_error_memory(err) : ft_docker_file_load(ret, err);
}

static int add_lines(struct job *job, struct ft_error *err)
{
	struct ft_buf missing = FT_BUF_INIT(TEXT_MAX);
	struct ft_docker_file file;
	int r = file_of(job, &file, err);

	if (r == 0)
		add_missing(&job->lines, &file, &missing);
	if (r == 0 && missing.len > 0)
		r = show(file.path, &missing, err);
	if (r == 0 && missing.len > 0 && job->apply)
		r = write_lines(&file, &missing, err);
	if (r == 0 && missing.len == 0 && job->links == 0)
		ft_say("no change is needed for %s", job->client->name);
	else if (r == 0 && !job->apply)
		ft_say("nothing is changed yet; to do it: freshtoken setup %s%s%s --apply",
		       job->client->name, job->only != NULL ? " --account " : "",
		       job->only != NULL ? job->only : "");
	ft_buf_release(&missing);
	ft_docker_file_release(&file);
	return r;
}

int ft_setup_client(const struct freshtoken *ft, const struct ft_client *client,
		    const char *account, bool apply)
{
	struct job job = { .ft = ft, .client = client, .only = account, .apply = apply,
			   .home = ft_places_home(), .lines = FT_BUF_INIT(TEXT_MAX) };
	const struct ft_account *found = NULL;
	struct ft_error err;
	int r = job.home == NULL ? ft_error_set(&err, FT_CONFIG, "HOME is not set") : 0;

	if (r == 0 && account != NULL)
		r = ft_context_account(ft, account, &found, &err);
	if (r == 0)
		r = collect(&job, &err);
	if (r == 0 && client->can_apply)
		r = add_lines(&job, &err);
	else if (r == 0)
		r = show(client->file, &job.lines, &err);
	if (r == 0 && client->program != NULL && !ft_run_find(client->program, NULL))
		ft_say("%s is not found in PATH: add its folder, or %s cannot call it",
		       client->program, client->name);
	ft_buf_release(&job.lines);
	free(job.home);
	return r == 0 ? FT_EXIT_DONE : ft_fail(&err);
}

/* Removes freshtoken's lines, and the links in the user's folders that they name. */
static int take_out(struct job *job, struct ft_docker_file *file, struct ft_error *err)
{
	struct ft_buf kept = FT_BUF_INIT(TEXT_MAX);
	size_t len;
	int r = 0;

	for (const char *at = file->text.data; r == 0 && *at != '\0'; at += len) {
		const char *line = at, *ours;
		size_t n = strcspn(at, "\n");

		len = n + (at[n] == '\n');
		trim(&line, &n);
		ours = memmem(line, n, job->client->ours, strlen(job->client->ours));
		if (ours == NULL || *line == '#' || *line == ';') {
			ft_buf_add(&kept, at, len);
			continue;
		}
		ft_buf_add(&job->lines, line, n);
		ft_buf_adds(&job->lines, "\n");
		/* The link is the line's value. */
		const char *value = memrchr(line, '=', n);

		if (value != NULL && value[1] == '/') {
			struct ft_buf path = FT_BUF_INIT(TEXT_MAX);

			ft_buf_add(&path, value + 1, (size_t)(line + n - value) - 1);
			r = ft_setup_unlink(path.data, job->apply, err);
			ft_buf_release(&path);
		}
	}
	ft_buf_release(&file->text);
	file->text = kept;
	return r == 0 ? ft_buf_check(&kept, file->path, err) : r;
}

int ft_setup_client_remove(const struct ft_client *client, bool apply)
{
	struct job job = { .client = client, .apply = apply, .home = ft_places_home(),
			   .lines = FT_BUF_INIT(TEXT_MAX) };
	struct ft_docker_file file = { .path = NULL };
	struct ft_error err;
	int r = job.home == NULL ? ft_error_set(&err, FT_CONFIG, "HOME is not set") :
				   file_of(&job, &file, &err);

	struct ft_buf plugin = FT_BUF_INIT(TEXT_MAX);

	if (r == 0)
		r = take_out(&job, &file, &err);
	if (r == 0 && client->plugin != NULL)
		r = plugin_link(&job, &plugin, &err);
	if (r == 0 && client->plugin != NULL)
		r = ft_setup_unlink(plugin.data, apply, &err);
	ft_buf_release(&plugin);
	if (r == 0 && job.lines.len > 0)
		r = show(file.path, &job.lines, &err);
	if (r == 0 && job.lines.len > 0 && apply)
		r = ft_docker_file_write(&file, &err);
	if (r == 0 && job.lines.len == 0)
		ft_say("there is nothing to remove for %s", client->name);
	else if (r == 0 && !apply)
		ft_say("nothing is removed yet; to do it: freshtoken setup %s --remove --apply",
		       client->name);
	ft_docker_file_release(&file);
	ft_buf_release(&job.lines);
	free(job.home);
	return r == 0 ? FT_EXIT_DONE : ft_fail(&err);
}

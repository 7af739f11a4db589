/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "helper/setup/setup.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "helper/cli/run.h"

enum { APPLY, REMOVE, ACCOUNT, JSON };

#define SHOWN_MAX (4 * 1024 * 1024)

static const struct {
	const char *name;
	const char *link;	/* the program of freshtoken that the client starts */
	int (*run)(const struct freshtoken *ft, bool apply);
	int (*remove)(bool apply);	/* works without accounts, which may be gone */
} programs[] = {
	{ "git", "git-credential-freshtoken", ft_setup_git, ft_setup_git_remove },
	{ "docker", "docker-credential-freshtoken", ft_setup_docker, ft_setup_docker_remove },
	{ "pam", NULL, ft_setup_pam, ft_setup_pam_remove },
};

static int run_client(const struct ft_args *args, const struct ft_client *client)
{
	bool apply = FT_OPTION_GIVEN(args, APPLY), remove = FT_OPTION_GIVEN(args, REMOVE);
	struct freshtoken *ft = NULL;

	if ((apply || remove) && !ft_client_can_apply(client))
		return ft_usage(args, "for %s the lines are only shown", args->operands[0]);
	if (remove && FT_OPTION_VALUE(args, ACCOUNT) != NULL)
		return ft_usage(args, "--account and --remove do not go together");
	if (remove)
		return ft_setup_client_remove(client, apply);
	int r = ft_open(&ft);

	if (r == FT_EXIT_DONE)
		r = ft_setup_client(ft, client, FT_OPTION_VALUE(args, ACCOUNT), apply);
	ft_context_close(ft);
	return r;
}

static int change(const struct ft_args *args)
{
	struct freshtoken *ft = NULL;
	const char *account = FT_OPTION_VALUE(args, ACCOUNT);
	size_t i = 0, n = sizeof programs / sizeof *programs;

	const struct ft_client *client = ft_client_find(args->operands[0]);

	if (client != NULL)
		return run_client(args, client);
	while (i < n && strcmp(args->operands[0], programs[i].name) != 0)
		i++;
	if (i == n)
		return ft_usage(args, "cannot set up \"%s\": \"freshtoken setup --help\" has what "
				"can be", args->operands[0]);
	if (account != NULL && programs[i].run != ft_setup_docker)
		return ft_usage(args, "--account is not for %s", args->operands[0]);
	if (account != NULL && FT_OPTION_GIVEN(args, REMOVE))
		return ft_usage(args, "--account and --remove do not go together");
	if (FT_OPTION_GIVEN(args, REMOVE))
		return programs[i].remove(FT_OPTION_GIVEN(args, APPLY));
	int r = ft_open(&ft);

	if (r == FT_EXIT_DONE)
		r = account != NULL ?
			    ft_setup_docker_account(ft, account, FT_OPTION_GIVEN(args, APPLY)) :
			    programs[i].run(ft, FT_OPTION_GIVEN(args, APPLY));
	if (r == FT_EXIT_DONE && programs[i].link != NULL && !ft_run_find(programs[i].link, NULL))
		ft_say("%s is not found in PATH: add its folder, or %s cannot call it",
		       programs[i].link, programs[i].name);
	ft_context_close(ft);
	return r;
}

/* Adds each line that was shown or applied, and whether it changes anything. */
static void add_json(struct ft_buf *buf, const struct ft_args *args, const struct ft_buf *shown)
{
	const struct ft_client *client = ft_client_find(args->operands[0]);
	const bool changes = shown->len > 0 && (client == NULL || ft_client_can_apply(client));
	const char *before = "";

	ft_buf_adds(buf, "{\"program\":");
	ft_output_json(buf, args->operands[0]);
	ft_buf_addf(buf, ",\"changed\":%s,\"applied\":%s,\"lines\":[", changes ? "true" : "false",
		    FT_OPTION_GIVEN(args, APPLY) ? "true" : "false");
	for (const char *line = shown->data; *line != '\0';) {
		size_t n = strcspn(line, "\n");
		struct ft_buf one = FT_BUF_INIT(SHOWN_MAX);

		ft_buf_add(&one, line, n);
		ft_buf_adds(buf, before);
		ft_output_json(buf, one.data);
		ft_buf_release(&one);
		before = ",";
		line += n + (line[n] == '\n');
	}
	ft_buf_adds(buf, "]}\n");
}

/* Everything that goes to stdout, also from git, is collected until the end. */
static int run_json(const struct ft_args *args)
{
	struct ft_buf shown = FT_BUF_INIT(SHOWN_MAX), buf = FT_BUF_INIT(2 * SHOWN_MAX);
	int kept = memfd_create("freshtoken-setup", MFD_CLOEXEC);
	int stdout_fd = kept >= 0 ? fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3) : -1;
	char part[4096];
	ssize_t n = 0;
	struct ft_error err;
	int r;

	if (stdout_fd < 0 || dup2(kept, STDOUT_FILENO) < 0) {
		(void)ft_error_errno(&err, FT_SYSTEM, errno, "cannot keep what is shown");
		r = ft_fail(&err);
		goto out;
	}
	r = change(args);
	(void)dup2(stdout_fd, STDOUT_FILENO);
	(void)lseek(kept, 0, SEEK_SET);
	ft_buf_adds(&shown, "");
	while ((n = read(kept, part, sizeof part)) > 0)
		ft_buf_add(&shown, part, (size_t)n);
	if (r == FT_EXIT_DONE && ft_buf_check(&shown, "what is shown", &err) != 0)
		r = ft_fail(&err);
	if (r == FT_EXIT_DONE) {
		add_json(&buf, args, &shown);
		r = ft_output(&buf);
	}
out:
	if (kept >= 0)
		(void)close(kept);
	if (stdout_fd >= 0)
		(void)close(stdout_fd);
	ft_buf_release(&shown);
	ft_buf_release(&buf);
	return r;
}

static int run(const struct ft_args *args)
{
	if (!FT_OPTION_GIVEN(args, JSON))
		return change(args);
	/* A person must choose among the stacks. */
	if (strcmp(args->operands[0], "pam") == 0 && !FT_OPTION_GIVEN(args, APPLY) &&
	    !FT_OPTION_GIVEN(args, REMOVE))
		return ft_usage(args, "--json for pam needs --apply or --remove");
	return run_json(args);
}

const struct ft_command ft_command_setup = {
	.name = "setup",
	.operands = "PROGRAM",
	.min = 1, .max = 1,
	.summary = "tell git, docker, PAM or another program to ask freshtoken",
	.help =
"PROGRAM is git, docker, pam, bazel, cargo, go, keyring (for pip and uv),\n"
"kubectl, kubelet, mcp, pnpm or terraform.\n"
"\n"
"Shows the changes to the configuration of git (\"git config --global\"), or of\n"
"docker and its relatives (\"credHelpers\" in config.json and auth.json), that\n"
"make them ask freshtoken about the hosts and registries of the accounts. Other\n"
"entries stay. --remove shows how to undo it: entries of freshtoken are removed.\n"
"\n"
"Where podman, skopeo or buildah is installed, registries.conf gets a line that\n"
"has them ask freshtoken about all registries. Where two accounts match one\n"
"registry, --account says which of them docker and the others get.\n"
"\n"
"\"pam\" shows stacks for sshd, sudo and all services. --apply adds only the check\n"
"of ssh logins, to /etc/pam.d/sshd, and no line by which people sign in: a\n"
"mistake in one of those would lock people out. --remove takes the lines of\n"
"freshtoken out of all files of PAM, and keeps a copy of each file beside it.\n"
"\n"
"For the other programs the lines to be added are shown. --apply and --remove\n"
"are for bazel, pnpm and terraform, whose configuration is a file of lines.\n"
"\n"
"--json prints one object; its member \"changed\" says whether anything is changed\n"
"or, without --apply, would be.\n",
	.options = {
		[APPLY] = { "--apply", "make the changes" },
		[ACCOUNT] = { "--account ACCOUNT",
			      "for this account alone (not for git and pam)" },
		[JSON] = { "--json", "print {\"program\",\"changed\",\"applied\",\"lines\"}" },
		[REMOVE] = { "--remove", "remove the entries of freshtoken; with --apply, do it" },
	},
	.run = run,
};

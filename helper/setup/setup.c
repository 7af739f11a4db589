/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "helper/setup/setup.h"

#include <string.h>

#include "helper/cli/run.h"

enum { APPLY, REMOVE, ACCOUNT };

static const struct {
	const char *name;
	const char *link;	/* what the program will call */
	int (*run)(const struct freshtoken *ft, bool apply);
	int (*remove)(bool apply);	/* needs no account: they may be gone */
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

static int run(const struct ft_args *args)
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

const struct ft_command ft_command_setup = {
	.name = "setup",
	.operands = "PROGRAM",
	.min = 1, .max = 1,
	.summary = "tell git, docker, PAM or another program to ask freshtoken",
	.help =
"PROGRAM is git, docker, pam, bazel, cargo, go, keyring (for pip and uv),\n"
"kubectl, kubelet, pnpm or terraform.\n"
"\n"
"Shows what is to be changed in the configuration of git (\"git config --global\")\n"
"or docker and its relatives (\"credHelpers\" in config.json and auth.json), so\n"
"that they ask freshtoken for what the accounts match. What others have written\n"
"there stays. --remove is the way back: what names freshtoken is taken out.\n"
"\n"
"Where podman, skopeo or buildah is installed, registries.conf gets a line that\n"
"has them ask freshtoken about all registries. Where two accounts match one\n"
"registry, --account says which of them docker and the others get.\n"
"\n"
"\"pam\" shows stacks for sshd, sudo and all services. It applies the check of ssh\n"
"logins alone, in /etc/pam.d/sshd, and never a line that asks: a mistake in one\n"
"of those would keep people out. --remove takes our lines out of all of PAM's\n"
"files, and keeps a copy of each beside it.\n"
"\n"
"For the others the lines are shown that they want. --apply and --remove are for\n"
"bazel, pnpm and terraform, where a line in a file is all there is to it.\n",
	.options = {
		[APPLY] = { "--apply", "make the changes" },
		[ACCOUNT] = { "--account ACCOUNT",
			      "for this account alone (not for git and pam)" },
		[REMOVE] = { "--remove", "take out what names freshtoken; with --apply, do it" },
	},
	.run = run,
};

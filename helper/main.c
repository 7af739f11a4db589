/* SPDX-License-Identifier: MIT */
/* freshtoken-cli - all commands that helper/hot/ does not run itself; and, if HOME is not set and
 * only passwd has the home, every command, chosen by the name that it was called by */
#include "config.h"
#include "helper/cli/command.h"
#include "helper/commands.h"

#include <string.h>

#include "lib/base/process.h"

static const struct ft_command command_help;

/* In the order of --help. */
static const struct ft_command *const commands[] = {
	&ft_command_add, &ft_command_list,
	&ft_command_login, &ft_command_status, &ft_command_token, &ft_command_exec,
	&ft_command_refresh, &ft_command_logout, &ft_command_remove, &ft_command_edit,
	&ft_command_seal, &ft_command_setup,
	&ft_command_doctor,
	&ft_command_config, &ft_command_check, &ft_command_provider,
	&ft_command_git, &ft_command_docker, &ft_command_bazel, &ft_command_cargo,
	&ft_command_goauth, &ft_command_headers, &ft_command_keyring, &ft_command_kubelet,
	&ft_command_kubernetes, &ft_command_terraform, &command_help,
};
#define N_COMMANDS (sizeof commands / sizeof *commands)

static const struct ft_link links[] = { FT_LINKS_freshtoken };

static int help(void)
{
	struct ft_buf buf = FT_BUF_INIT(16384);

	ft_buf_adds(&buf, "usage: freshtoken COMMAND [ARGUMENTS]\n\n"
		    "Keeps SSO tokens fresh for the programs that ask for them.\n\n");
	for (size_t i = 0; i < N_COMMANDS; i++) {
		ft_args_usage(&buf, "  ", "freshtoken", commands[i]);
		ft_buf_addf(&buf, "          %s\n", commands[i]->summary);
	}
	ft_buf_adds(&buf, "  freshtoken --version\n          print the version\n\n"
		    "\"freshtoken COMMAND --help\" tells more, and so does freshtoken(1).\n");
	int r = ft_output(&buf);

	ft_buf_release(&buf);
	return r;
}

static const struct ft_command *find_command(const char *name)
{
	for (size_t i = 0; i < N_COMMANDS; i++)
		if (strcmp(name, commands[i]->name) == 0)
			return commands[i];
	ft_say("there is no command \"%s\"; see: freshtoken --help", name);
	return NULL;
}

static int run_help(const struct ft_args *args)
{
	if (args->n == 0)
		return help();
	const struct ft_args asked = { .command = find_command(args->operands[0]),
				       .program = "freshtoken" };

	return asked.command != NULL ? ft_args_help(&asked) : FT_EXIT_USAGE;
}

static const struct ft_command command_help = {
	.name = "help",
	.operands = "[COMMAND]",
	.max = 1,
	.summary = "tell what freshtoken, or one of its commands, does",
	.help =
"Does what --help does: for all of freshtoken, or for COMMAND.\n",
	.run = run_help,
};

int main(int argc, char **argv)
{
	const char *slash = argc > 0 ? strrchr(argv[0], '/') : NULL;
	const char *name = slash != NULL ? slash + 1 : argc > 0 ? argv[0] : "freshtoken";

	const struct ft_command *linked =
		ft_link_find(links, sizeof links / sizeof *links, name);

	if (!ft_process_fill()) {
		ft_say("cannot open /dev/null, and stdin, stdout or stderr is closed");
		return FT_EXIT_FAILED;
	}
	if (linked != NULL)
		return ft_args_run(linked, name, argc - 1, argv + 1);
	if (argc < 2) {
		ft_say("no command is given; see: freshtoken --help");
		return FT_EXIT_USAGE;
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)
		return help();
	if (strcmp(argv[1], "--version") == 0)
		return ft_args_version();
	const struct ft_command *command = find_command(argv[1]);

	return command != NULL ? ft_args_run(command, NULL, argc - 2, argv + 2) : FT_EXIT_USAGE;
}

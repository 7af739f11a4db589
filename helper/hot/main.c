/* SPDX-License-Identifier: MIT */
/*
 * freshtoken, git-credential-freshtoken, docker-credential-freshtoken - the programs that are
 * started for a token
 *
 * This file is compiled three times. git-credential-freshtoken speaks git's protocol only. All
 * other helper names are links to docker-credential-freshtoken, which chooses the protocol by the
 * name it was called by. freshtoken also runs these protocols, as commands.
 *
 * Somebody waits each time one of these programs starts. So they do only what handing out a good
 * token needs: no locale, no stdio, no probing of the system and, where static linking works, no
 * library to load. All other commands, and everything that asks the system about users, are in
 * freshtoken-cli.
 */
#include "config.h"
#include "helper/cli/command.h"
#include "helper/commands.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/process.h"
#include "lib/config/places.h"

#define JOIN_(a, b) a##b
#define JOIN(a, b) JOIN_(a, b)
#define COUNT(array) (sizeof (array) / sizeof *(array))
/* FT_HOT is git, docker or freshtoken. */
static const struct ft_link links[] = { JOIN(FT_LINKS_, FT_HOT) };
static const struct ft_command *const commands[] = { JOIN(FT_COMMANDS_, FT_HOT) NULL };

/* Replaces this process by freshtoken-cli, which chooses the command from the same argv. */
static int hand_over(char **argv)
{
	char *path = ft_places_private("freshtoken-cli");
	struct ft_error err;

	if (path == NULL) {
		(void)ft_error_memory(&err);
	} else {
		(void)execv(path, argv);
		const bool refused = errno == EACCES;

		(void)ft_error_errno(&err, FT_SYSTEM, errno, "cannot start %s", path);
		(void)ft_error_remedy(
			&err, FT_SYSTEM, "%s",
			refused ? "see that it may be executed: its mode, a file system that is "
				  "mounted noexec, AppArmor or SELinux" :
				  "install freshtoken again: that program belongs to it");
	}
	free(path);
	return ft_fail(&err);
}

static const struct ft_command *find_command(const char *name)
{
	size_t i = 0;

	while (commands[i] != NULL && strcmp(commands[i]->name, name) != 0)
		i++;
	return commands[i];
}

int main(int argc, char **argv)
{
	char own_name[64], *nothing[] = { own_name, NULL };
	int words = 1;

	if (!ft_process_fill()) {
		ft_say("cannot open /dev/null, and stdin, stdout or stderr is closed");
		return FT_EXIT_FAILED;
	}
	memcpy(own_name, links[0].name, strlen(links[0].name) + 1);
	if (argc < 1)
		argc = 1, argv = nothing;
	const char *slash = strrchr(argv[0], '/'), *name = slash != NULL ? slash + 1 : argv[0];
	const struct ft_command *command = ft_link_find(links, COUNT(links), name);

	if (command == NULL && links[0].command != NULL)
		command = links[0].command, name = argv[0] = own_name;
	if (command == NULL && argc > 1)
		command = find_command(argv[1]), name = NULL, words = 2;
	if (command == NULL || !ft_places_are_told())
		return hand_over(argv);
	return ft_args_run(command, name, argc - words, argv + words);
}

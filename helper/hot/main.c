/* SPDX-License-Identifier: MIT */
/*
 * git-credential-freshtoken and docker-credential-freshtoken - protocols as programs of their own
 *
 * Git's is alone; docker's is what the links of all others lead to, and knows by its name whose
 * words it is to speak.
 *
 * Somebody waits each time one of them is started. So there is nothing here that a good token does
 * not need: no locale, no stdio, no probing, and where it works no library to load. What asks the
 * system about users is freshtoken's work.
 */
#include "config.h"
#include "helper/cli/command.h"
#include "helper/commands.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "lib/config/places.h"

#define JOIN_(a, b) a##b
#define JOIN(a, b) JOIN_(a, b)
/* FT_HOT is git or docker. */
static const struct ft_link links[] = { JOIN(FT_LINKS_, FT_HOT) };

/* freshtoken is beside us, and knows what to do by our name. */
static int hand_over(char **argv)
{
	char path[4096];
	ssize_t n = readlink("/proc/self/exe", path, sizeof path - sizeof "freshtoken");
	struct ft_error err;

	path[n > 0 ? n : 0] = '\0';
	char *slash = strrchr(path, '/');

	memcpy(slash != NULL ? slash + 1 : path, "freshtoken", sizeof "freshtoken");
	(void)execv(path, argv);
	(void)ft_error_errno(&err, FT_SYSTEM, errno, "HOME is not set, and %s cannot be started",
			     path);
	return ft_fail(&err);
}

int main(int argc, char **argv)
{
	char own_name[64], *nothing[] = { own_name, NULL };

	memcpy(own_name, links[0].name, strlen(links[0].name) + 1);
	if (argc < 1)
		argc = 1, argv = nothing;
	const char *slash = strrchr(argv[0], '/'), *name = slash != NULL ? slash + 1 : argv[0];
	const struct ft_command *command =
		ft_link_find(links, sizeof links / sizeof *links, name);

	if (command == NULL)
		command = links[0].command, name = argv[0] = own_name;
	if (!ft_places_are_told())
		return hand_over(argv);
	return ft_args_run(command, name, argc - 1, argv + 1);
}

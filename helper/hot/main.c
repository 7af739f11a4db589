/*
 * git-credential-freshtoken and docker-credential-freshtoken - a protocol as a program of its own
 *
 * Somebody waits each time git or docker starts this. So there is nothing here that a good token
 * does not need: no locale, no stdio, no probing, and where it works no library to load. What asks
 * the system about users is freshtoken's work.
 */
#include "config.h"
#include "helper/cli/command.h"
#include "helper/commands.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "lib/config/places.h"

#define TEXT_(x) #x
#define TEXT(x) TEXT_(x)
#define JOIN_(a, b) a##b
#define JOIN(a, b) JOIN_(a, b)
/* FT_HOT is git or docker. */
#define COMMAND JOIN(ft_command_, FT_HOT)
static char own_name[] = TEXT(FT_HOT) "-credential-freshtoken";

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
	char *nothing[] = { own_name, NULL };

	if (argc < 1)
		argc = 1, argv = nothing;
	const char *slash = strrchr(argv[0], '/'), *name = slash != NULL ? slash + 1 : argv[0];

	/* A link's name may go on with an account's. */
	if (strncmp(name, own_name, sizeof own_name - 1) != 0)
		name = argv[0] = own_name;
	if (!ft_places_are_told())
		return hand_over(argv);
	return ft_args_run(&COMMAND, name, argc - 1, argv + 1);
}

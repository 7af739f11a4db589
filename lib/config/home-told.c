/* SPDX-License-Identifier: MIT */
/*
 * home-told.c - ft_places_home for programs that may be linked statically
 *
 * In such a program glibc's users' names need its shared libraries of the very same version, and
 * their plug-ins run in it. So these programs are linked with this instead of home.c, and know what
 * the environment says; who starts them sees to it that it does.
 */
#include "config.h"
#include "lib/config/places.h"

#include <stdlib.h>
#include <string.h>

char *ft_places_home(void)
{
	const char *home = secure_getenv("HOME");

	return home != NULL && home[0] != '\0' ? strdup(home) : NULL;
}

/* SPDX-License-Identifier: MIT */
/*
 * home-told.c - ft_places_home for programs that may be linked statically
 *
 * In a static program, glibc's getpwuid needs shared libraries of exactly the same version, and
 * runs NSS plug-ins. So these programs are linked with this file instead of home.c and only use the
 * environment; the program that starts them sets HOME (ft_places_environment).
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

/* SPDX-License-Identifier: MIT */
/* home.c - finds the home folder: HOME, else passwd */
#include "config.h"
#include "lib/config/places.h"

#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

/* In a file of its own, because home-told.c replaces it in some programs. */
char *ft_places_home(void)
{
	const char *home = secure_getenv("HOME");
	struct passwd entry, *found = NULL;
	char text[16384];

	if (home != NULL && home[0] != '\0')
		return strdup(home);
	/* In a setuid program neither is used. */
	if (getauxval(AT_SECURE) != 0 ||
	    getpwuid_r(geteuid(), &entry, text, sizeof text, &found) != 0 || found == NULL ||
	    found->pw_dir == NULL || found->pw_dir[0] != '/')
		return NULL;
	return strdup(found->pw_dir);
}

/* SPDX-License-Identifier: MIT */
/*
 * places.h - where configuration, state and our own programs are
 *
 * Everything that depends on the environment, the user or the installation is
 * decided here, once, and handed on as a parameter.
 *
 * Installation root: where a program of ours was started as ROOT/usr/bin/… (or our
 * library loaded as ROOT/usr/lib/…) and the configured bindir is /usr/bin, every
 * installed file is looked for below ROOT too. So a staged install (make install DESTDIR=ROOT)
 * works as it is, without an environment variable that could move programs.
 */
#ifndef FT_PLACES_H
#define FT_PLACES_H

#include <stdbool.h>
#include "lib/base/error.h"

struct ft_places {
	char *user_config;	/* $XDG_CONFIG_HOME/freshtoken; NULL: system only */
	char *state;		/* $XDG_STATE_HOME/freshtoken */
	char *system_config;	/* SYSCONFDIR/freshtoken */
	char *system_file;	/* the file with its accounts, where it is another than
				 * freshtoken.conf there; NULL */
	char *data;		/* DATADIR/freshtoken: shipped providers */
	char *libexec;		/* LIBEXECDIR/freshtoken: our programs */
	char *root;		/* what comes before the installed files: "" or a stage */
};

/* What is given instead of what would be found; NULL: as found. */
struct ft_places_given {
	const char *self;	/* the installed file that this code is in; "": nobody knows. NULL:
				 * the program that runs */
	const char *user_config, *state;	/* absolute */
};

/*
 * From the environment (XDG_CONFIG_HOME, XDG_STATE_HOME, HOME; relative values
 * are ignored). A HOME that is used must belong to the effective user:
 * FT_UNTRUSTED names it and the remedy.
 */
int ft_places_from_environment(struct ft_places *places, struct ft_error *err);
/* Likewise, as far as it is not given. FT_CONFIG: a folder that is not absolute. */
int ft_places_for_user(const struct ft_places_given *given, struct ft_places *places,
		       struct ft_error *err);
/*
 * For PAM: nothing of a user's and nothing from the environment. state is
 * LOCALSTATEDIR/lib/freshtoken, *ret_run RUNSTATEDIR/freshtoken.
 */
int ft_places_for_pam(struct ft_places *places, char **ret_run, struct ft_error *err);
void ft_places_release(struct ft_places *places);

/* HOME, else what passwd says of the effective user; NULL: neither, or no memory. In programs
 * that are linked with home-told.c, HOME alone. */
char *ft_places_home(void);
/* The environment with HOME, for programs that find files by that alone: where it is not set, what
 * ft_places_home says. A list, and *ret_home that is in it, both to be freed; NULL: the environment
 * is good as it is, or there is no memory. */
char **ft_places_environment(char **ret_home);
/* The folder of the programs that others start, by the program that runs; one that runs from a
 * build is in it itself. NULL: no memory, or errno says why that program is not known. */
char *ft_places_bin(void);
/* Where a program is that ours alone start, for those that have no struct ft_places: LIBEXECDIR, or
 * in a build beside the program that runs. NULL: no memory. */
char *ft_places_private(const char *name);
/* Whether the environment alone says where a user's files are: passwd is not needed. */
bool ft_places_are_told(void);
/* DIR/NAME in fresh memory, NULL when there is none left. */
char *ft_places_join(const char *dir, const char *name);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * places.h - where configuration, state and our own programs are
 *
 * Everything that depends on the environment, the user or the installation is found here, once, and
 * passed on as a parameter.
 *
 * Installation root: if a program of ours was started as ROOT/usr/bin/… (or our library was
 * loaded as ROOT/usr/lib/…) and the configured bindir is /usr/bin, all installed files are
 * searched below ROOT, too. So a staged install (make install DESTDIR=ROOT) works in place,
 * without an environment variable that an attacker could set.
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

/* Places that the caller names; NULL: find it. */
struct ft_places_given {
	const char *self;	/* the installed file that this code is in; "": unknown. NULL: the
				 * running program */
	const char *user_config, *state;	/* absolute */
};

/*
 * From the environment (XDG_CONFIG_HOME, XDG_STATE_HOME, HOME; relative values
 * are ignored). A HOME that is used must belong to the effective user:
 * FT_UNTRUSTED names it and the remedy.
 */
int ft_places_from_environment(struct ft_places *places, struct ft_error *err);
/* Likewise, for what is not given. FT_CONFIG: a given folder is not absolute. */
int ft_places_for_user(const struct ft_places_given *given, struct ft_places *places,
		       struct ft_error *err);
/*
 * For PAM: no user's folders, and nothing from the environment. state is
 * LOCALSTATEDIR/lib/freshtoken, *ret_run RUNSTATEDIR/freshtoken, to be freed.
 */
int ft_places_for_pam(struct ft_places *places, char **ret_run, struct ft_error *err);
void ft_places_release(struct ft_places *places);

/* HOME, else the effective user's home in passwd, to be freed; NULL: neither, or no memory. Only
 * HOME in programs that are linked with home-told.c. */
char *ft_places_home(void);
/* The environment with HOME from ft_places_home, for programs that only read HOME. Returns a list,
 * which contains *ret_home; both are to be freed. NULL: HOME is set already, no home is known, or
 * there is no memory. */
char **ft_places_environment(char **ret_home);
/* BINDIR of this installation; for a program in a build folder, that folder. To be freed; NULL: no
 * memory, or the path of the running program is unknown (errno). */
char *ft_places_bin(void);
/* The path of a program that only our programs start, for callers without a struct ft_places: in
 * LIBEXECDIR, or in a build beside the running program, where only root and the user can have put
 * it. To be freed; NULL: no memory. */
char *ft_places_private(const char *name);
/* Whether the environment says where the user's files are, so that passwd is not needed. */
bool ft_places_are_told(void);
/* DIR/NAME, to be freed; NULL: no memory. */
char *ft_places_join(const char *dir, const char *name);

#endif

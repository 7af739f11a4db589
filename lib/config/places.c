/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "installed.h"
#include "lib/config/places.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <unistd.h>

extern char **environ;

/* A program with a longer path is not taken for one of a staged install. */
#define ROOT_MAX 1024

char *ft_places_join(const char *dir, const char *name)
{
	size_t dir_len = strlen(dir), name_len = strlen(name);
	char *path = malloc(dir_len + name_len + 2);

	if (path == NULL)
		return NULL;
	memcpy(path, dir, dir_len);
	path[dir_len] = '/';
	memcpy(path + dir_len + 1, name, name_len + 1);
	return path;
}

/* True for an installed program: root is what comes before its configured folder. Else false, and
 * root is the folder of self; "" if that is unknown. With rights that its caller does not have, a
 * program is taken for one in /: callers can link it into a folder of theirs. */
static bool find_root(const char *self, char root[ROOT_MAX])
{
	static const char *const homes[] = { FT_BINDIR, FT_LIBEXECDIR, FT_LIBDIR };

	if (getauxval(AT_SECURE) != 0) {
		root[0] = '\0';
		return true;
	}
	ssize_t n = self == NULL ? readlink("/proc/self/exe", root, ROOT_MAX - 1) :
		    strlen(self) < ROOT_MAX ? (ssize_t)strlen(self) : 0;

	if (self != NULL && n > 0)
		memcpy(root, self, (size_t)n);
	root[n > 0 ? n : 0] = '\0';
	char *slash = strrchr(root, '/');

	for (size_t i = 0; slash != NULL && i < sizeof homes / sizeof *homes; i++) {
		size_t dir = (size_t)(slash - root), home = strlen(homes[i]);

		if (dir >= home && memcmp(root + dir - home, homes[i], home) == 0) {
			root[dir - home] = '\0';
			return true;
		}
	}
	*(slash != NULL ? slash : root) = '\0';
	return false;
}

/* The given folder, else $XDG_…/freshtoken, or $HOME/FALLBACK/freshtoken if that is not set or
 * relative. */
static int user_folder(const char *given, const char *variable, const char *fallback, char **ret,
		       struct ft_error *err)
{
	const char *xdg = secure_getenv(variable);
	char *home, *base;
	struct stat st;
	int r = 0;

	if (given != NULL && given[0] != '/')
		return ft_error_set(err, FT_CONFIG, "the folder \"%s\" is not an absolute "
				    "path", given);
	if (given != NULL) {
		*ret = strdup(given);
		return *ret != NULL ? 0 : ft_error_memory(err);
	}
	if (xdg != NULL && xdg[0] == '/') {
		*ret = ft_places_join(xdg, "freshtoken");
		return *ret != NULL ? 0 : ft_error_memory(err);
	}
	home = ft_places_home();
	if (home == NULL || home[0] != '/')
		r = ft_error_set(err, FT_CONFIG, "HOME is not set to an absolute path" FT_REMEDY
				    "set it, or XDG_CONFIG_HOME and XDG_STATE_HOME");
	else if (stat(home, &st) != 0)
		(void)ft_error_errno(err, r = FT_SYSTEM, errno, "HOME %s", home);
	else if (st.st_uid != geteuid())
		r = ft_error_set(err, FT_UNTRUSTED,
				    "HOME %s belongs to uid %lu, but this runs as uid %lu" FT_REMEDY
				    "use \"sudo -H\", run it as that user, or set HOME to a folder "
				    "of this one", home,
				    (unsigned long)st.st_uid, (unsigned long)geteuid());
	if (r == FT_SYSTEM)
		(void)ft_error_remedy(err, r, "set HOME to a folder of this user");
	if (r != 0) {
		free(home);
		return r;
	}
	base = ft_places_join(home, fallback);
	free(home);
	*ret = base != NULL ? ft_places_join(base, "freshtoken") : NULL;
	free(base);
	return *ret != NULL ? 0 : ft_error_memory(err);
}

bool ft_places_are_told(void)
{
	const char *home = getenv("HOME"), *config = getenv("XDG_CONFIG_HOME"),
		   *state = getenv("XDG_STATE_HOME");

	return (home != NULL && home[0] != '\0') ||
	       (config != NULL && config[0] == '/' && state != NULL && state[0] == '/');
}

char **ft_places_environment(char **ret_home)
{
	const char *set = getenv("HOME");
	char *home = set == NULL || set[0] == '\0' ? ft_places_home() : NULL, **environment = NULL;
	size_t n = 0, kept = 0;

	*ret_home = NULL;
	while (home != NULL && environ[n] != NULL)
		n++;
	if (home != NULL && asprintf(ret_home, "HOME=%s", home) < 0)
		*ret_home = NULL;
	if (*ret_home != NULL)
		environment = reallocarray(NULL, n + 2, sizeof *environment);
	free(home);
	if (environment == NULL)
		return NULL;
	for (size_t i = 0; i < n; i++)
		if (strncmp(environ[i], "HOME=", 5) != 0)
			environment[kept++] = environ[i];
	environment[kept++] = *ret_home;
	environment[kept] = NULL;
	return environment;
}

static int installed(const char *self, struct ft_places *places, struct ft_error *err)
{
	char root[ROOT_MAX];

	if (!find_root(self, root))
		root[0] = '\0';
	places->system_config = ft_places_join(root, &FT_SYSCONFDIR "/freshtoken"[1]);
	places->data = ft_places_join(root, &FT_DATADIR[1]);
	places->libexec = ft_places_join(root, &FT_LIBEXECDIR[1]);
	places->root = strdup(root);
	return places->system_config != NULL && places->data != NULL && places->libexec != NULL &&
	       places->root != NULL ? 0 : ft_error_memory(err);
}

char *ft_places_bin(void)
{
	char own[ROOT_MAX];

	if (find_root(NULL, own))
		return ft_places_join(own, &FT_BINDIR[1]);
	return own[0] != '\0' ? strdup(own) : NULL;
}

/* Whether it is root's or the user's, and not everybody may write to it. */
static bool is_trusted(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && (st.st_uid == 0 || st.st_uid == geteuid()) &&
	       (st.st_mode & S_IWOTH) == 0;
}

/* Beside a copy in /tmp, others could put a program of that name. */
char *ft_places_private(const char *name)
{
	char own[ROOT_MAX], *folder, *path;
	bool installed = find_root(NULL, own);

	path = installed || own[0] == '\0' ? NULL : ft_places_join(own, name);
	if (path != NULL && access(path, X_OK) == 0 && is_trusted(own) && is_trusted(path))
		return path;
	free(path);
	folder = ft_places_join(installed ? own : "", &FT_LIBEXECDIR[1]);
	path = folder != NULL ? ft_places_join(folder, name) : NULL;
	free(folder);
	return path;
}

int ft_places_for_pam(struct ft_places *places, char **ret_run, struct ft_error *err)
{
	struct ft_places new = { .root = NULL };
	char *run = NULL;
	int r = installed(NULL, &new, err);

	if (r == 0) {
		new.state = ft_places_join(new.root, &FT_LOCALSTATEDIR "/lib/freshtoken"[1]);
		run = ft_places_join(new.root, &FT_RUNSTATEDIR "/freshtoken"[1]);
		r = new.state != NULL && run != NULL ? 0 : ft_error_memory(err);
	}
	if (r != 0) {
		ft_places_release(&new);
		free(run);
		return r;
	}
	*places = new;
	*ret_run = run;
	return 0;
}

int ft_places_for_user(const struct ft_places_given *given, struct ft_places *places,
		       struct ft_error *err)
{
	struct ft_places new = { .root = NULL };
	int r = installed(given->self, &new, err);

	if (r == 0)
		r = user_folder(given->user_config, "XDG_CONFIG_HOME", ".config", &new.user_config,
				err);
	if (r == 0)
		r = user_folder(given->state, "XDG_STATE_HOME", ".local/state", &new.state, err);
	if (r != 0) {
		ft_places_release(&new);
		return r;
	}
	*places = new;
	return 0;
}

int ft_places_from_environment(struct ft_places *places, struct ft_error *err)
{
	return ft_places_for_user(&(struct ft_places_given){ .self = NULL }, places, err);
}

void ft_places_release(struct ft_places *places)
{
	if (places == NULL)
		return;
	free(places->user_config);
	free(places->state);
	free(places->system_config);
	free(places->system_file);
	free(places->data);
	free(places->libexec);
	free(places->root);
	*places = (struct ft_places){ .root = NULL };
}

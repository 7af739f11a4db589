/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "installed.h"
#include "pam/module/helper-path.h"

#include <dlfcn.h>
#include <string.h>

static const char module[] = FT_PAMDIR "/pam_freshtoken.so";
static const char program[] = FT_LIBEXECDIR "/freshtoken-pam";
static const char listening[] = FT_RUNSTATEDIR "/freshtoken/pam.sock";

/* Copies place (size bytes with its NUL) below the ROOT that the module was loaded from. */
static void below_root(const char *place, size_t size, char path[FT_HELPER_PATH_MAX])
{
	Dl_info info = { NULL, NULL, NULL, NULL };
	size_t root = 0;

	/* Any address in the module will do. */
	if (dladdr(module, &info) != 0 && info.dli_fname != NULL && info.dli_fname[0] == '/') {
		const size_t len = strlen(info.dli_fname);

		if (len >= sizeof module - 1 &&
		    memcmp(info.dli_fname + len - (sizeof module - 1), module, sizeof module) == 0)
			root = len - (sizeof module - 1);
		if (root + size > FT_HELPER_PATH_MAX)
			root = 0;
	}
	memcpy(path, root > 0 ? info.dli_fname : "", root);
	memcpy(path + root, place, size);
}

void ft_helper_path(char path[FT_HELPER_PATH_MAX])
{
	below_root(program, sizeof program, path);
}

void ft_helper_socket(char path[FT_HELPER_PATH_MAX])
{
	below_root(listening, sizeof listening, path);
}

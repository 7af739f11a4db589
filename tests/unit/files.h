/* SPDX-License-Identifier: MIT */
/* A folder of files for one test, as ft_places has it; removed at the end. */
#ifndef FT_FILES_H
#define FT_FILES_H

#include <check.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/config/places.h"

static char files_root[64];
static char files_user[80], files_system[80], files_data[80];
static char files_user_conf[112], files_system_conf[112];	/* freshtoken.conf there */
static struct ft_places files_places;

static inline void files_setup(void)
{
	strcpy(files_root, "/tmp/freshtoken-test-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(files_root));
	snprintf(files_user, sizeof files_user, "%s/user", files_root);
	snprintf(files_system, sizeof files_system, "%s/system", files_root);
	snprintf(files_data, sizeof files_data, "%s/data", files_root);
	snprintf(files_user_conf, sizeof files_user_conf, "%s/freshtoken.conf", files_user);
	snprintf(files_system_conf, sizeof files_system_conf, "%s/freshtoken.conf", files_system);
	const char *const dirs[] = { files_user, files_system, files_data };

	for (size_t i = 0; i < 3; i++) {
		char providers[96];

		snprintf(providers, sizeof providers, "%s/providers", dirs[i]);
		ck_assert_int_eq(mkdir(dirs[i], 0700), 0);
		ck_assert_int_eq(mkdir(providers, 0700), 0);
	}
	files_places = (struct ft_places){
		.user_config = files_user, .system_config = files_system, .data = files_data
	};
}

static inline int files_remove(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	return remove(path);
}

static inline void files_teardown(void)
{
	nftw(files_root, files_remove, 8, FTW_DEPTH | FTW_PHYS);
}

static inline void files_write(const char *dir, const char *name, const char *text)
{
	char path[256];

	snprintf(path, sizeof path, "%s/%s", dir, name);
	FILE *f = fopen(path, "w");

	ck_assert_ptr_nonnull(f);
	ck_assert_int_ge(fputs(text, f), 0);
	ck_assert_int_eq(fclose(f), 0);
	ck_assert_int_eq(chmod(path, 0600), 0);
}

#endif

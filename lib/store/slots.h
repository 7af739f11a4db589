/* SPDX-License-Identifier: MIT */
/*
 * slots.h - files of the state folder, by slot and ending; used by file.c and host.c alone
 *
 * Account names have no "~", and the ending of every file says what it is, so one account's files
 * cannot be taken for another's.
 */
#ifndef FT_SLOTS_H
#define FT_SLOTS_H

#include "lib/file/privatefile.h"

#define FT_SLOTS_NAME_SIZE 128

struct ft_slots {
	char *path;
	struct ft_folder folder;	/* opened when first needed */
};

int ft_slots_init(const char *path, struct ft_slots *ret, struct ft_error *err);
void ft_slots_release(struct ft_slots *slots);

/* Opens the folder; with create, makes it if it is missing. FT_NOT_FOUND. */
int ft_slots_enter(struct ft_slots *slots, bool create, struct ft_error *err);
/* "SLOT.ENDING", or "" if that is too long. Returns name. */
const char *ft_slots_name(char name[FT_SLOTS_NAME_SIZE], const char *slot, const char *ending);
int ft_slots_read(struct ft_slots *slots, const char *slot, const char *ending,
		  struct ft_buf *ret, struct ft_error *err);
/* 0 also if there is none. */
int ft_slots_remove(struct ft_slots *slots, const char *slot, const char *ending,
		    struct ft_error *err);

#endif

/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "lib/store/slots.h"

#include <stdlib.h>
#include <string.h>

int ft_slots_init(const char *path, struct ft_slots *ret, struct ft_error *err)
{
	char *copy = strdup(path);

	if (copy == NULL)
		return ft_error_memory(err);
	*ret = (struct ft_slots){ copy, FT_FOLDER_INIT };
	return 0;
}

void ft_slots_release(struct ft_slots *slots)
{
	ft_folder_close(&slots->folder);
	free(slots->path);
	slots->path = NULL;
}

int ft_slots_enter(struct ft_slots *slots, bool create, struct ft_error *err)
{
	return slots->folder.fd >= 0 ? 0 : ft_folder_open(slots->path, create, &slots->folder, err);
}

const char *ft_slots_name(char name[FT_SLOTS_NAME_SIZE], const char *slot, const char *ending)
{
	size_t slot_len = strlen(slot), ending_len = strlen(ending);

	/* Names are checked long before; a longer one must not become another's. */
	if (slot_len + ending_len + 2 > FT_SLOTS_NAME_SIZE) {
		name[0] = '\0';
		return name;
	}
	memcpy(name, slot, slot_len);
	name[slot_len] = '.';
	memcpy(name + slot_len + 1, ending, ending_len + 1);
	return name;
}

int ft_slots_read(struct ft_slots *slots, const char *slot, const char *ending,
		  struct ft_buf *ret, struct ft_error *err)
{
	char name[FT_SLOTS_NAME_SIZE];
	int r = ft_slots_enter(slots, false, err);

	return r != 0 ? r :
	       ft_private_read(&slots->folder, ft_slots_name(name, slot, ending), ret, err);
}

int ft_slots_remove(struct ft_slots *slots, const char *slot, const char *ending,
		    struct ft_error *err)
{
	char name[FT_SLOTS_NAME_SIZE];
	int r = ft_slots_enter(slots, false, err);

	if (r == FT_NOT_FOUND)
		return 0;
	return r != 0 ? r :
	       ft_private_remove(&slots->folder, ft_slots_name(name, slot, ending), err);
}

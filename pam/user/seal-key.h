/* SPDX-License-Identifier: MIT */
/*
 * seal-key.h - the key that the user's things are sealed with; runs as the user (user.h)
 */
#ifndef FT_PAM_SEAL_KEY_H
#define FT_PAM_SEAL_KEY_H

#include "pam/call/call.h"

enum ft_seal_step {
	FT_SEAL_OPEN_KEY, FT_SEAL_KEEP_KEY, FT_SEAL_CHANGE_KEY,	/* with a password */
	FT_SEAL_LOOK_KEY, FT_SEAL_PUT_KEY	/* of one that root keeps */
};

struct ft_seal_step_of {
	enum ft_seal_step step;
	const char *password, *old;	/* lent; old: what it was, NULL */
	bool make;			/* a key, where there is none */
	int64_t keep;			/* seconds */
	unsigned char *key;		/* FT_BOX_KEY bytes; where it is looked for, in memory that
					 * the user's process shares */
};

/* data is one of these. Sends DONE, with what login-key.h says of the step. */
int ft_user_seal(const struct ft_call *call, void *data, int fd);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * seal-key.h - the key that the user's sign-ins are sealed with; runs as the user (user.h)
 */
#ifndef FT_PAM_SEAL_KEY_H
#define FT_PAM_SEAL_KEY_H

#include "pam/call/call.h"

enum ft_seal_step {
	FT_SEAL_OPEN_KEY, FT_SEAL_KEEP_KEY, FT_SEAL_CHANGE_KEY,	/* a key locked with a password */
	FT_SEAL_LOOK_KEY, FT_SEAL_PUT_KEY	/* a key that root keeps */
};

struct ft_seal_step_of {
	enum ft_seal_step step;
	const char *password, *old;	/* not owned; old: the one before the change, or NULL */
	bool make;			/* make a key if there is none */
	int64_t keep;			/* seconds that the key stays in the keyring */
	unsigned char *key;		/* FT_BOX_KEY bytes in memory shared with the user's
					 * process, for the steps with root's key */
};

/* data: a struct ft_seal_step_of. Sends DONE with the step's code of login-key.h. */
int ft_user_seal(const struct ft_call *call, void *data, int fd);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * seal-host.h - a line with seal=systemd-creds: the key that root keeps for the user, closed by the
 * machine: its TPM, where it has one, and a secret that root alone can read (systemd-creds(1))
 *
 * It lies in root's state folder, after the key's id: no password is needed, so that whoever logs
 * in with an ssh key has it too, and a copy of the user's state folder has nothing of it.
 */
#ifndef FT_PAM_SEAL_HOST_H
#define FT_PAM_SEAL_HOST_H

#include "pam/call/call.h"
#include "pam/user/seal-key.h"

/* named: the line of [store] names the keyring; last: and it has the keys. What goes wrong is in
 * the log. */
void ft_seal_by_host(const struct ft_call *call, bool named, bool last, int64_t keep);

/* seal.c: waits until no other login works on this user's key, and with `slot` until there is
 * memory for a password; closing *ret_turn ends it. FT_BUSY. */
int ft_seal_await_turn(const struct ft_call *call, bool slot, int *ret_turn, struct ft_error *err);
/* The step, as the user. What login-key.h says. */
int ft_seal_take_step(const struct ft_call *call, struct ft_seal_step_of *of,
		      struct ft_error *err);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * seal-host.h - a line with seal=systemd-creds: root keeps the user's seal key, encrypted with the
 * machine's TPM, if it has one, and a secret that only root can read (systemd-creds(1))
 *
 * The encrypted key is in root's state folder, after the key's id. It needs no password, so a login
 * with an ssh key can use it too; and a copy of the user's state folder does not contain it.
 */
#ifndef FT_PAM_SEAL_HOST_H
#define FT_PAM_SEAL_HOST_H

#include "pam/call/call.h"
#include "pam/user/seal-key.h"

/* Gets the key into the user's keyring. named: `seal` of [store] names the keyring; last: it is the
 * last source, which new keys go to; keep: seconds in the keyring. Errors are logged. */
void ft_seal_by_host(const struct ft_call *call, bool named, bool last, int64_t keep);

/* seal.c: waits until no other login works on this user's key, and with `slot` until there is
 * memory to derive a key from a password. The turn ends when *ret_turn is closed. FT_BUSY. */
int ft_seal_await_turn(const struct ft_call *call, bool slot, int *ret_turn, struct ft_error *err);
/* Takes one step in a process that has become the user. Returns the codes of login-key.h. */
int ft_seal_take_step(const struct ft_call *call, struct ft_seal_step_of *of,
		      struct ft_error *err);

#endif

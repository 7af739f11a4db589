/* SPDX-License-Identifier: MIT */
/*
 * journal.h - writes to systemd's journal with its native protocol, without libsystemd
 */
#ifndef FT_JOURNAL_H
#define FT_JOURNAL_H

#include <stdbool.h>
#include "lib/base/buffer.h"

/* Appends "KEY=value" and a line feed to an entry; control bytes in the value become "?". A value
 * that is NULL or "" adds nothing. */
void ft_journal_add(struct ft_buf *entry, const char *key, const char *value);
/* Sends the entry without blocking. Whether the journal has accepted it; false, too, on a system
 * without one. */
bool ft_journal_send(const struct ft_buf *entry);

#endif

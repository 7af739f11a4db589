/* SPDX-License-Identifier: MIT */
/*
 * journal.h - systemd's journal, by its native protocol over a socket: no library for it
 */
#ifndef FT_JOURNAL_H
#define FT_JOURNAL_H

#include <stdbool.h>
#include "lib/base/buffer.h"

/* "KEY=value", for a buffer of an entry; control bytes in the value become "?". NULL: left out. */
void ft_journal_add(struct ft_buf *entry, const char *key, const char *value);
/* Whether the journal has taken the entry: it is not there on every system, and nobody waits for
 * it. */
bool ft_journal_send(const struct ft_buf *entry);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * terminal.h - what only a terminal can do: ask, show that something happens, paint
 *
 * People are on stderr and /dev/tty; stdout is data.
 */
#ifndef FT_TERMINAL_H
#define FT_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>
#include "lib/base/error.h"
#include "lib/base/secret.h"

/* One line from the terminal, whatever stdin is; "hidden" without echo. Longer than a line of
 * the terminal's own may be. A signal that ends or stops the process finds the
 * terminal as it was before; after ^Z and fg it is asked again. FT_CONFIG: nothing was typed;
 * FT_SYSTEM: there is no terminal. */
int ft_terminal_ask(const char *prompt, bool hidden, struct ft_secret *ret, struct ft_error *err);

/* Yes or no, with Enter for yes; the input's end is a no. For where stdin is a terminal. */
bool ft_terminal_agrees(const char *question);

/* Whether somebody reads stderr as it comes. */
bool ft_terminal_watched(void);
/* Whether colours may be used on that descriptor: a terminal, not dumb, and no NO_COLOR. */
bool ft_terminal_paints(int fd);
/* Whether it shows characters beyond ASCII, by the locale's variables. */
bool ft_terminal_utf8(void);
/* Columns; 80 where it cannot be told. */
size_t ft_terminal_width(int fd);
/* Rows likewise; 24 where it is not known. */
size_t ft_terminal_height(int fd);

/* A line that is replaced by the next one, while somebody waits and watches. */
void ft_terminal_progress(const char *format, ...) FT_PRINTF(1, 2);
/* Takes it away. */
void ft_terminal_progress_end(void);

#endif

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

/* One line from the terminal, wherever stdin comes from; "hidden" without echo. It may be longer
 * than the terminal's own limit for a line. A signal that ends or stops the process finds the
 * terminal in its former state; after ^Z and fg the question is asked again. FT_CONFIG: nothing was
 * typed; FT_SYSTEM: there is no terminal. */
int ft_terminal_ask(const char *prompt, bool hidden, struct ft_secret *ret, struct ft_error *err);

/* Yes or no, with Enter for yes; the end of input is a no. For use where stdin is a terminal. */
bool ft_terminal_agrees(const char *question);

/* Whether stderr is a terminal. */
bool ft_terminal_watched(void);
/* Whether colours may be used on that descriptor: a terminal, not dumb, and no NO_COLOR. */
bool ft_terminal_paints(int fd);
/* Whether the terminal shows characters beyond ASCII, by the locale's variables. */
bool ft_terminal_utf8(void);
/* Columns; 80 where the size is not known. */
size_t ft_terminal_width(int fd);
/* Rows; 24 where the size is not known. */
size_t ft_terminal_height(int fd);

/* A line on the terminal that the next one replaces, during a long wait. */
void ft_terminal_progress(const char *format, ...) FT_PRINTF(1, 2);
/* Erases it. */
void ft_terminal_progress_end(void);

#endif

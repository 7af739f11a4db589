/* SPDX-License-Identifier: MIT */
/*
 * terminal.h - what needs a terminal: questions, progress, colours
 *
 * Texts for people are on stderr and /dev/tty; stdout is for data.
 */
#ifndef FT_TERMINAL_H
#define FT_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>
#include "lib/base/error.h"
#include "lib/base/secret.h"

/* Reads one line from the terminal, even if stdin is something else; "hidden" without echo. It may
 * be longer than the terminal's own limit for a line. If a signal ends or stops the process, the
 * terminal is restored before; after ^Z and fg the question is repeated. FT_CONFIG: nothing was
 * typed; FT_SYSTEM: there is no terminal. */
int ft_terminal_ask(const char *prompt, bool hidden, struct ft_secret *ret, struct ft_error *err);

/* Asks a question: Enter means yes, the end of input no. Only if stdin is a terminal. */
bool ft_terminal_agrees(const char *question);

/* Whether stderr is a terminal. */
bool ft_terminal_watched(void);
/* Whether colours may be used on that descriptor: it is a terminal, not dumb, and NO_COLOR is not
 * set. */
bool ft_terminal_paints(int fd);
/* Whether the terminal shows characters beyond ASCII, by the locale's environment variables. */
bool ft_terminal_utf8(void);
/* The terminal's columns; 80 if unknown. */
size_t ft_terminal_width(int fd);
/* The terminal's rows; 24 if unknown. */
size_t ft_terminal_height(int fd);

/* Shows a line during a long wait; the next one replaces it. */
void ft_terminal_progress(const char *format, ...) FT_PRINTF(1, 2);
/* Erases that line. */
void ft_terminal_progress_end(void);

#endif

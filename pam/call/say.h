/* SPDX-License-Identifier: MIT */
/*
 * say.h - what freshtoken-pam says to the module, and through it to the person
 *
 * If the module has closed the socket, or does not take a message within 10 s, these
 * functions end the process: there is nobody left to serve.
 */
#ifndef FT_PAM_SAY_H
#define FT_PAM_SAY_H

#include "lib/base/secret.h"
#include "pam/call/call.h"

/* The first message. wait: ms that the module waits from now on, without the person's time. */
void ft_say_terms(const struct ft_call *call, int64_t wait, bool strict);

/* style: PAM_TEXT_INFO or PAM_ERROR_MSG. The text is cut to 511 bytes, and control characters
 * become "?". Returns the conversation's PAM code. */
int ft_say_text(int style, const char *format, ...) FT_PRINTF(2, 3);
/* Sends a prompt, and does not wait for its answer. */
void ft_say_prompt(int style, const char *format, ...) FT_PRINTF(2, 3);
/* Waits for the answer to that prompt. FT_BUSY: none came by the deadline, a time of ft_wire_now;
 * FT_SYSTEM: the conversation failed with the PAM code *ret_code; FT_NO_MEMORY. */
int ft_say_answer(int64_t deadline, struct ft_secret *ret, int *ret_code);

/* The last message. */
void ft_say_result(const struct ft_call *call, int code);

#endif

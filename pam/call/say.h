/* SPDX-License-Identifier: MIT */
/*
 * say.h - what freshtoken-pam says to the module, and through it to the person
 *
 * Where the module has gone, this process ends: there is nobody left to serve.
 */
#ifndef FT_PAM_SAY_H
#define FT_PAM_SAY_H

#include "lib/base/secret.h"
#include "pam/call/call.h"

/* ms that the module waits from here on, beside what the person takes. */
void ft_say_terms(const struct ft_call *call, int64_t wait, bool strict);

/* PAM_TEXT_INFO or PAM_ERROR_MSG. Long texts and control characters are cut. A PAM code. */
int ft_say_text(int style, const char *format, ...) FT_PRINTF(2, 3);
/* A prompt, without waiting for its answer … */
void ft_say_prompt(int style, const char *format, ...) FT_PRINTF(2, 3);
/* … and the answer: 0; FT_BUSY: not up to that point of ft_wire_now; FT_SYSTEM: *ret_code is the
 * conversation's. */
int ft_say_answer(int64_t deadline, struct ft_secret *ret, int *ret_code);

/* The last word. */
void ft_say_result(const struct ft_call *call, int code);

#endif

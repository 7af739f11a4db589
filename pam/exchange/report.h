/* SPDX-License-Identifier: MIT */
/*
 * report.h - what a worker tells whoever waits for it, on a pipe: where it is, one byte each, and
 * then, in one piece, what it came to
 */
#ifndef FT_PAM_REPORT_H
#define FT_PAM_REPORT_H

#include <stddef.h>
#include "pam/call/finding.h"

/* stage: a letter other than F. Nobody may be listening any more. */
void ft_report_stage(int fd, int stage);
void ft_report_finding(int fd, const struct ft_finding *finding);

struct ft_report {
	char text[FT_ERROR_LINE + 16];
	size_t len;
	char stage;		/* the last one; 0: none yet */
};

/* Reads what has come. 1: the finding is in *ret; 0: not yet; -1: the worker has ended without
 * one. */
int ft_report_read(int fd, struct ft_report *report, struct ft_finding *ret);

#endif

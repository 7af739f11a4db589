/* SPDX-License-Identifier: MIT */
/*
 * report.h - what a worker writes to the pipe of a login that waits: one byte for each stage, then
 * its finding in one write
 */
#ifndef FT_PAM_REPORT_H
#define FT_PAM_REPORT_H

#include <stddef.h>
#include "pam/call/finding.h"

/* stage: a letter other than F. It is no error if nobody reads any more. */
void ft_report_stage(int fd, int stage);
void ft_report_finding(int fd, const struct ft_finding *finding);

struct ft_report {
	char text[FT_ERROR_LINE + 16];
	size_t len;
	char stage;		/* the last one; 0: none yet */
};

/* Reads what the worker has written. 1: the finding is in *ret; 0: not yet; -1: the worker has
 * ended without one. */
int ft_report_read(int fd, struct ft_report *report, struct ft_finding *ret);

#endif

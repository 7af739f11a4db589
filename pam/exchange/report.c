/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "pam/exchange/report.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define FOUND 'F'

void ft_report_stage(int fd, int stage)
{
	const char byte = (char)stage;

	if (write(fd, &byte, 1) < 0)
		return;
}

void ft_report_finding(int fd, const struct ft_finding *finding)
{
	char line[FT_ERROR_LINE + 8], packed[FT_ERROR_LINE];
	int len = snprintf(line, sizeof line, "%c%02d%s", FOUND, (int)finding->situation,
			   ft_error_pack(&finding->why, packed));

	if (len > 0 && write(fd, line, (size_t)len) < 0)
		return;
}

int ft_report_read(int fd, struct ft_report *report, struct ft_finding *ret)
{
	ssize_t n = read(fd, report->text + report->len, sizeof report->text - 1 - report->len);

	if (n < 0 && errno == EINTR)
		return 0;
	report->len += n > 0 ? (size_t)n : 0;
	report->text[report->len] = '\0';
	const char *found = strchr(report->text, FOUND);

	if (found != NULL && strlen(found) >= 3) {
		const int situation = (found[1] - '0') * 10 + (found[2] - '0');

		if (situation < 0 || situation >= FT_PAM_SITUATIONS)
			return -1;
		*ret = (struct ft_finding){ .situation = (enum ft_pam_situation)situation };
		(void)ft_error_unpack(&ret->why, FT_OK, found + 3);
		return 1;
	}
	if (n <= 0)
		return -1;
	report->stage = report->text[report->len - 1];
	return 0;
}

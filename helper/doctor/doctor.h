/* SPDX-License-Identifier: MIT */
/*
 * doctor.h - checks of everything that can be wrong, with remedies
 *
 * A check changes nothing, spends no token, and takes a limited time. It reports each thing as one
 * finding, also if nothing is wrong. doctor.c has the table of the checks, and shows the findings.
 */
#ifndef FT_DOCTOR_H
#define FT_DOCTOR_H

#include "helper/cli/command.h"
#include "lib/core/context.h"

enum ft_result {
	FT_RESULT_OK,
	FT_RESULT_NOTE,		/* worth knowing; nothing has to be done */
	FT_RESULT_WARNING,	/* something will not work as intended */
	FT_RESULT_ERROR		/* something does not work */
};

struct ft_doctor_finding {
	const char *check;
	char account[FT_ACCOUNT_NAME_MAX + 1];	/* the account; "": none */
	enum ft_result result;
	struct ft_error words;	/* its text, the service's own words, and the remedy */
};

struct ft_doctor {
	struct freshtoken ft;	/* the parts of a context that could be loaded */
	bool has_places, has_accounts;
	const char *check;	/* the name of the running check */
	struct ft_doctor_finding *list;
	size_t n;
	bool no_memory;
	const char *person;	/* the user that directories are asked about; NULL: none */
	struct ft_strings git_hosts;	/* that git asks freshtoken about, after its check */
};

void ft_doctor_find(struct ft_doctor *doctor, enum ft_result result, const char *account,
		    const char *format, ...) FT_PRINTF(4, 5);
/* Adds a remedy to the last finding. */
void ft_doctor_remedy(struct ft_doctor *doctor, const char *format, ...) FT_PRINTF(2, 3);
/* Adds a finding from an error, with all of its parts. */
void ft_doctor_error(struct ft_doctor *doctor, enum ft_result result, const char *account,
		     const struct ft_error *err);
/* Whether a check has found a warning or an error. */
bool ft_doctor_found(const struct ft_doctor *doctor, const char *check);

/* Shows on a terminal what is waited for; NULL: the wait is over. */
void ft_doctor_wait(const char *what);

/* The checks. What each needs of doctor->ft is in doctor.c's table. */
void ft_doctor_home(struct ft_doctor *doctor);
void ft_doctor_programs(struct ft_doctor *doctor);
void ft_doctor_configuration(struct ft_doctor *doctor);
void ft_doctor_state(struct ft_doctor *doctor);
void ft_doctor_lock(struct ft_doctor *doctor);
void ft_doctor_sealing(struct ft_doctor *doctor);
void ft_doctor_fleet(struct ft_doctor *doctor);
void ft_doctor_sandbox(struct ft_doctor *doctor);
void ft_doctor_pam(struct ft_doctor *doctor);
void ft_doctor_person(struct ft_doctor *doctor);
void ft_doctor_accounts(struct ft_doctor *doctor);
void ft_doctor_signins(struct ft_doctor *doctor);
void ft_doctor_git(struct ft_doctor *doctor);
void ft_doctor_docker(struct ft_doctor *doctor);
void ft_doctor_servers(struct ft_doctor *doctor);

#endif

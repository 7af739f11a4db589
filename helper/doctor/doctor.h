/* SPDX-License-Identifier: MIT */
/*
 * doctor.h - everything that can be wrong, and what to do about it
 *
 * A check looks. It changes nothing, spends no token, and takes a bounded time.
 * It says what it found, one finding for each thing, also for what is as it
 * should be; doctor.c has the table of the checks and shows what they found.
 */
#ifndef FT_DOCTOR_H
#define FT_DOCTOR_H

#include "helper/cli/command.h"
#include "lib/core/context.h"

enum ft_result {
	FT_RESULT_OK,
	FT_RESULT_NOTE,		/* worth knowing; nothing has to be done */
	FT_RESULT_WARNING,	/* something will not work as it is meant to */
	FT_RESULT_ERROR		/* it does not work */
};

struct ft_doctor_finding {
	const char *check;
	char account[FT_ACCOUNT_NAME_MAX + 1];	/* the account; "": none */
	enum ft_result result;
	struct ft_error words;	/* its text, the service's own words, and the remedy */
};

struct ft_doctor {
	struct freshtoken ft;	/* what could be had of it */
	bool has_places, has_accounts;
	const char *check;	/* the name that findings get */
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
/* A finding from an error, with all of its parts. */
void ft_doctor_error(struct ft_doctor *doctor, enum ft_result result, const char *account,
		     const struct ft_error *err);
/* Whether a check has found anything that is not as it should be. */
bool ft_doctor_found(const struct ft_doctor *doctor, const char *check);

/* Shows on a terminal what is being waited for; NULL: nothing any more. */
void ft_doctor_wait(const char *what);

/* The checks. The first three need nothing, the next ones doctor->ft.places, the others all of it.
 */
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

/* SPDX-License-Identifier: MIT */
/* sealing.c - checks whether what is stored can be opened, and which source has the key */
#include "config.h"
#include "helper/doctor/doctor.h"

#include <string.h>

#include "lib/store/login-key.h"
#include "lib/store/seal.h"

/* Whether the kernel's keyring, which forgets the key, is the only source. */
static void look_at_life(struct ft_doctor *doctor, const struct ft_seal_line *line)
{
	if (line->n > 1 || strcmp(line->list[0].name, "keyring") != 0 ||
	    ft_login_key_is_there(doctor->ft.places.state))
		return;
	ft_doctor_find(doctor, FT_RESULT_NOTE, NULL,
		       "%s: the key is in the kernel's keyring alone, which loses it after "
		       "seal_keep and when the machine is started anew", line->file);
	ft_doctor_remedy(doctor, "have logins bring it (seal=password of pam_freshtoken(8)), or "
			 "name another source after keyring, as secret-service");
}

static void look(struct ft_doctor *doctor, const struct ft_seal_line *line)
{
	char id[FT_BOX_ID_SIZE], source[FT_SEAL_NAME_MAX + 1];
	struct ft_error err;

	ft_doctor_wait(line->list[0].name);
	int r = ft_seals_look(doctor->ft.seals, line, id, source, &err);

	ft_doctor_wait(NULL);
	if (r == 0) {
		ft_doctor_find(doctor, FT_RESULT_OK, NULL,
			       "%s: what is stored is sealed with the key %s, which %s has",
			       line->file, id, source);
		look_at_life(doctor, line);
	} else if (r == FT_LOGIN_NEEDED) {
		/* Reports what each source says. */
		ft_doctor_find(doctor, FT_RESULT_NOTE, NULL,
			       "%s: %.400s; another key is made when something is stored",
			       line->file, err.text);
	} else {
		ft_doctor_error(doctor, FT_RESULT_ERROR, NULL, &err);
	}
}

/* The system's seal line applies only to the system's accounts. A user may expect it to seal all
 * accounts. */
static void look_beside(struct ft_doctor *doctor, const struct ft_accounts *accounts)
{
	const struct ft_seal_line *line = accounts->seals[0];

	for (size_t i = 0; line != NULL && accounts->seals[1] == NULL && i < accounts->n; i++) {
		const struct ft_account *account = &accounts->list[i];

		if (account->system)
			continue;
		ft_doctor_find(doctor, FT_RESULT_NOTE, account->name,
			       "what is stored of it is not sealed: the seal line of %s is for "
			       "the system's accounts alone", line->file);
		ft_doctor_remedy(doctor, "to have it sealed, put a seal line under [store] in "
				 "%s", account->file);
	}
}

void ft_doctor_sealing(struct ft_doctor *doctor)
{
	for (size_t i = 0; doctor->ft.seals != NULL && i < 2; i++)
		if (doctor->ft.accounts.seals[i] != NULL)
			look(doctor, doctor->ft.accounts.seals[i]);
	look_beside(doctor, &doctor->ft.accounts);
}

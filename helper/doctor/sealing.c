/* SPDX-License-Identifier: MIT */
/* sealing.c - whether what is stored can be opened, and by whom */
#include "config.h"
#include "helper/doctor/doctor.h"

#include "lib/store/seal.h"

static void look(struct ft_doctor *doctor, const struct ft_seal_line *line)
{
	char id[FT_BOX_ID_SIZE], source[FT_SEAL_NAME_MAX + 1];
	struct ft_error err;

	ft_doctor_wait(line->list[0].name);
	int r = ft_seals_look(doctor->ft.seals, line, id, source, &err);

	ft_doctor_wait(NULL);
	if (r == 0)
		ft_doctor_find(doctor, FT_RESULT_OK, NULL,
			       "%s: what is stored is sealed with the key %s, which %s has",
			       line->file, id, source);
	else if (r == FT_LOGIN_NEEDED)
		ft_doctor_find(doctor, FT_RESULT_NOTE, NULL,
			       "%s: nobody has the key that things are sealed with; it is made "
			       "when something is stored", line->file);
	else
		ft_doctor_error(doctor, FT_RESULT_ERROR, NULL, &err);
}

void ft_doctor_sealing(struct ft_doctor *doctor)
{
	for (size_t i = 0; doctor->ft.seals != NULL && i < 2; i++)
		if (doctor->ft.accounts.seals[i] != NULL)
			look(doctor, doctor->ft.accounts.seals[i]);
}

/* SPDX-License-Identifier: MIT */
/* doctor: whether directories can be asked about persons, and what they say about one, with the
 * same functions as a login */
#include "config.h"
#include "helper/doctor/doctor.h"

#include <string.h>

#include "helper/wiring/pam-check.h"

static enum ft_result result_of(const char *word)
{
	static const char *const words[] = {
		[FT_RESULT_OK] = "ok", [FT_RESULT_NOTE] = "note", [FT_RESULT_WARNING] = "warning",
	};

	for (unsigned i = 0; i < sizeof words / sizeof *words; i++)
		if (strcmp(words[i], word) == 0)
			return (enum ft_result)i;
	return FT_RESULT_ERROR;
}

static void ask(struct ft_doctor *doctor, const struct ft_account *account)
{
	struct ft_buf option = FT_BUF_INIT(64);
	struct ft_pam_report report;
	struct ft_error err;
	char result[8];
	size_t at = 0;

	ft_buf_addf(&option, "account=%s", account->name);
	if (option.failed) {
		doctor->no_memory = true;
		return;
	}
	const char *const about[] = { "--person", doctor->person, option.data, NULL };
	const char *const at_all[] = { "--directory", option.data, NULL };
	const int r = ft_pam_ask(&doctor->ft, doctor->person != NULL ? about : at_all, &report,
				 &err);

	if (r != 0)
		ft_doctor_error(doctor, r == FT_TEMPORARY ? FT_RESULT_NOTE : FT_RESULT_ERROR,
				account->name, &err);
	if (r == FT_TEMPORARY)
		ft_doctor_remedy(doctor, "run: sudo freshtoken doctor%s%.64s",
				 doctor->person != NULL ? " --person " : "",
				 doctor->person != NULL ? doctor->person : "");
	while (r == 0 && ft_pam_report_told(&report, &at, result, &err))
		ft_doctor_error(doctor, result_of(result), account->name, &err);
	ft_pam_report_release(&report);
	ft_buf_release(&option);
}

void ft_doctor_person(struct ft_doctor *doctor)
{
	const struct ft_accounts *accounts = &doctor->ft.accounts;
	bool any = false;

	for (size_t i = 0; i < accounts->n; i++) {
		const struct ft_account *account = &accounts->list[i];

		if (!account->system || !ft_account_checks(account, "person"))
			continue;
		any = true;
		ft_doctor_wait("the directory");
		ask(doctor, account);
	}
	ft_doctor_wait(NULL);
	if (doctor->person != NULL && !any)
		ft_doctor_find(doctor, FT_RESULT_NOTE, NULL,
			       "no account of %s/freshtoken.conf has check = person: nobody is "
			       "asked",
			       doctor->ft.places.system_config);
}

/* SPDX-License-Identifier: MIT */
/* fleet.c - checks whether the stores of fleets can be used, and how safe they are */
#include "config.h"
#include "helper/doctor/doctor.h"

#include <stdlib.h>

#include "lib/fleet/value.h"

/* ms by which the clocks of the members and of this host may differ without a report. */
#define SKEW 5000

/* Asks each member separately, so that one that is down is noticed. */
static void look_at_member(struct ft_doctor *doctor, const struct ft_account *account, size_t i)
{
	struct ft_fleet fleet = { .ft = NULL };
	struct ft_value value = FT_VALUE_INIT;
	struct ft_fleet_section one = *account->fleet;
	struct ft_error err = FT_ERROR_INIT;

	one.servers = (struct ft_strings){ &account->fleet->servers.list[i], 1 };
	int r = ft_fleet_open(&doctor->ft, account, &fleet, &err);

	if (r == 0) {
		fleet.section = &one;
		fleet.server = 0;
		r = ft_value_read(&fleet, &value, &err);
	}
	const int64_t off = fleet.clock.least - fleet.clock.here.real;

	if (r != 0)
		ft_doctor_error(doctor, r == FT_TEMPORARY ? FT_RESULT_WARNING : FT_RESULT_ERROR,
				account->name, &err);
	else if (off > SKEW || off < -SKEW)
		ft_doctor_find(doctor, FT_RESULT_WARNING, account->name,
			       "%s: its clock and this machine's are %lld s apart",
			       one.servers.list[0], (long long)(llabs(off) / 1000));
	else
		ft_doctor_find(doctor, FT_RESULT_OK, account->name, "%s answers%s",
			       one.servers.list[0], value.generation == 0 || value.signed_out ?
			       "; nobody is signed in" : "");
	if (r != 0 && err.remedy[0] == '\0' && r == FT_TEMPORARY)
		ft_doctor_remedy(doctor, "see whether that member runs, and has a quorum");
	ft_value_release(&value);
	ft_fleet_close(&fleet);
}

/* If the service refuses a request that arrives too late, such a request cannot end the sign-in. */
static void look_at_fence(struct ft_doctor *doctor, const struct ft_account *account)
{
	if (account->client_auth == FT_CLIENT_AUTH_PRIVATE_KEY_JWT) {
		ft_doctor_find(doctor, FT_RESULT_OK, account->name,
			       "a refresh that comes too late is refused by its service "
			       "(client_auth = private_key_jwt)");
		return;
	}
	ft_doctor_find(doctor, FT_RESULT_NOTE, account->name,
		       "a refresh that left a host in time and is delivered late, as by a proxy or "
		       "a machine that is paused from outside, may spend a refresh token that "
		       "another host has spent");
	ft_doctor_remedy(doctor, "where the service knows it, set client_auth = private_key_jwt: "
			 "it then refuses what is late");
}

void ft_doctor_fleet(struct ft_doctor *doctor)
{
	const struct ft_accounts *accounts = &doctor->ft.accounts;

	for (size_t i = 0; i < accounts->n; i++) {
		const struct ft_account *account = &accounts->list[i];

		if (account->broken || account->fleet == NULL)
			continue;
		ft_doctor_wait(account->fleet->servers.list[0]);
		for (size_t j = 0; j < account->fleet->servers.n; j++)
			look_at_member(doctor, account, j);
		ft_doctor_wait(NULL);
		look_at_fence(doctor, account);
	}
}

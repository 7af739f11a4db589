/* SPDX-License-Identifier: MIT */
/* doctor: which parts of the transport's sandbox the system supports */
#include "config.h"
#include "helper/doctor/doctor.h"

#include "lib/exchange/facts.h"
#include "lib/exchange/request.h"
#include "lib/service/service.h"

static void judge_sandbox(struct ft_doctor *doctor, const struct ft_facts *facts)
{
	if (!facts->sandbox.no_new_privs || facts->sandbox.dumpable) {
		ft_doctor_find(doctor, FT_RESULT_WARNING, NULL, "freshtoken-transport %s",
			       facts->sandbox.dumpable ?
				       "can be read by a debugger or leave a core file" :
				       "could gain privileges");
		ft_doctor_remedy(
			doctor,
			"find out what forbids prctl(2): most likely a container's profile");
	}
	if (!facts->sandbox.seccomp) {
		ft_doctor_find(
			doctor, FT_RESULT_WARNING, NULL,
			"freshtoken-transport runs without its filter of system calls (seccomp)");
		ft_doctor_remedy(
			doctor,
			"allow seccomp in the container's profile, or use a kernel that has it");
	}
	if (facts->sandbox.landlock == 0) {
		ft_doctor_find(doctor, FT_RESULT_WARNING, NULL,
			       "freshtoken-transport could open your files: there is no Landlock");
		ft_doctor_remedy(doctor, "use Linux 5.13 or newer with landlock among lsm=, and "
					 "allow it in the container's profile");
	} else if (!facts->sandbox.landlock_net && !facts->sandbox.seccomp) {
		ft_doctor_find(doctor, FT_RESULT_NOTE, NULL,
			       "freshtoken-transport could connect to any port: this kernel's "
			       "Landlock has ABI %d, which does not limit ports",
			       facts->sandbox.landlock);
		ft_doctor_remedy(doctor, "use Linux 6.7 or newer");
	}
	if (!ft_doctor_found(doctor, doctor->check))
		ft_doctor_find(doctor, FT_RESULT_OK, NULL,
			       "freshtoken-transport can read no file and start nothing (seccomp, "
			       "Landlock ABI %d)",
			       facts->sandbox.landlock);
}

/* The request needs no answer: nothing listens on port 1 of this machine. */
void ft_doctor_sandbox(struct ft_doctor *doctor)
{
	const struct ft_account account = { .proxy = (char *)"none" };
	struct ft_service service = {
		.ft = &doctor->ft, .account = &account, .lock_fd = -1, .route.timeout = 5
	};
	struct ft_buf message = FT_BUF_INIT(FT_MESSAGE_MAX);
	struct ft_facts facts = FT_FACTS_INIT;
	struct ft_error err;
	int r = ft_request_probe(&account, "http://127.0.0.1:1/", &service.route, &message, &err);

	if (r == 0)
		r = ft_service_ask(&service, &message, &facts, &err);
	if (r == 0 && !facts.sandbox.present)
		r = ft_error_set(&err, FT_UNTRUSTED,
				 "freshtoken-transport does not tell of its sandbox" FT_REMEDY
				 "install all "
				 "of freshtoken from one version");
	if (r != 0)
		ft_doctor_error(doctor, FT_RESULT_ERROR, NULL, &err);
	else
		judge_sandbox(doctor, &facts);
	ft_facts_release(&facts);
	ft_buf_release(&message);
}

/* SPDX-License-Identifier: MIT */
/* freshtoken doctor: runs the checks in order, and shows what they found to people and scripts */
#include "config.h"
#include "helper/doctor/doctor.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "helper/cli/terminal.h"

enum { JSON, PERSON };

#define OUTPUT_MAX (16 * 1024 * 1024)
#define CHECK_COLUMNS 13

enum needs { NOTHING, PLACES, ACCOUNTS };

/* The checks, in the order in which they are run and shown. */
static const struct {
	void (*run)(struct ft_doctor *doctor);
	char name[CHECK_COLUMNS + 1];
	enum needs needs;
} checks[] = {
	{ ft_doctor_home, "home", NOTHING },
	{ ft_doctor_programs, "programs", PLACES },
	{ ft_doctor_configuration, "configuration", PLACES },
	{ ft_doctor_accounts, "accounts", ACCOUNTS },
	{ ft_doctor_state, "state", PLACES },
	{ ft_doctor_lock, "lock", PLACES },
	{ ft_doctor_sealing, "sealing", ACCOUNTS },
	{ ft_doctor_fleet, "fleet", ACCOUNTS },
	{ ft_doctor_signins, "sign-in", ACCOUNTS },
	{ ft_doctor_git, "git", ACCOUNTS },
	{ ft_doctor_docker, "docker", ACCOUNTS },
	{ ft_doctor_pam, "pam", PLACES },
	{ ft_doctor_person, "person", ACCOUNTS },
	{ ft_doctor_sandbox, "sandbox", PLACES },
	{ ft_doctor_servers, "server", ACCOUNTS },
};

static const char *name_of(enum ft_result result)
{
	switch (result) {
	case FT_RESULT_OK:
		return "ok";
	case FT_RESULT_NOTE:
		return "note";
	case FT_RESULT_WARNING:
		return "warning";
	default:
		return "error";
	}
}

static struct ft_doctor_finding *add_finding(struct ft_doctor *doctor, enum ft_result result,
					     const char *account)
{
	struct ft_doctor_finding *list = reallocarray(doctor->list, doctor->n + 1, sizeof *list);

	if (list == NULL) {
		doctor->no_memory = true;
		return NULL;
	}
	doctor->list = list;
	list += doctor->n++;
	*list = (struct ft_doctor_finding){ .check = doctor->check, .result = result };
	if (account != NULL)
		(void)snprintf(list->account, sizeof list->account, "%s", account);
	return list;
}

void ft_doctor_find(struct ft_doctor *doctor, enum ft_result result, const char *account,
		    const char *format, ...)
{
	struct ft_doctor_finding *finding = add_finding(doctor, result, account);
	va_list args;

	if (finding == NULL)
		return;
	va_start(args, format);
	(void)ft_error_vset(&finding->words, FT_OK, format, args);
	va_end(args);
}

void ft_doctor_remedy(struct ft_doctor *doctor, const char *format, ...)
{
	char text[FT_ERROR_REMEDY];
	va_list args;

	if (doctor->no_memory || doctor->n == 0)
		return;
	va_start(args, format);
	(void)vsnprintf(text, sizeof text, format, args);
	va_end(args);
	(void)ft_error_remedy(&doctor->list[doctor->n - 1].words, FT_OK, "%s", text);
}

void ft_doctor_error(struct ft_doctor *doctor, enum ft_result result, const char *account,
		     const struct ft_error *err)
{
	struct ft_doctor_finding *finding = add_finding(doctor, result, account);
	size_t len = account != NULL ? strlen(account) : 0;
	const char *text = err->text;

	if (finding == NULL)
		return;
	/* "account work: " is left out, because the account has a column of its own. */
	if (len > 0 && strncmp(text, "account ", 8) == 0 && strncmp(text + 8, account, len) == 0 &&
	    strncmp(text + 8 + len, ": ", 2) == 0)
		text += 8 + len + 2;
	finding->words = *err;
	(void)snprintf(finding->words.text, sizeof finding->words.text, "%s", text);
}

bool ft_doctor_found(const struct ft_doctor *doctor, const char *check)
{
	for (size_t i = 0; i < doctor->n; i++)
		if (doctor->list[i].result != FT_RESULT_OK &&
		    strcmp(doctor->list[i].check, check) == 0)
			return true;
	return false;
}

void ft_doctor_wait(const char *what)
{
	if (what != NULL)
		ft_terminal_progress("asking %.60s ...", what);
	else
		ft_terminal_progress_end();
}

static void open_all(struct ft_doctor *doctor)
{
	struct freshtoken *ft = &doctor->ft;
	struct ft_error err;

	doctor->check = "home";
	if (ft_places_from_environment(&ft->places, &err) != 0) {
		ft_doctor_error(doctor, FT_RESULT_ERROR, NULL, &err);
		return;
	}
	doctor->has_places = true;
	doctor->check = "configuration";
	if (ft_accounts_load_usable(&ft->places, &ft->accounts, &err) != 0)
		ft_doctor_error(doctor, FT_RESULT_ERROR, NULL, &err);
	else
		doctor->has_accounts = true;
	for (size_t i = 0; i < ft->accounts.n_problems; i++) {
		const struct ft_problem *problem = &ft->accounts.problems[i];

		ft_doctor_error(doctor, FT_RESULT_ERROR, problem->account, &problem->error);
	}
	if (ft_context_open_state(ft, &err) != 0)
		doctor->no_memory = true;
}

static void make_checks(struct ft_doctor *doctor)
{
	open_all(doctor);
	for (size_t i = 0; i < sizeof checks / sizeof *checks && !doctor->no_memory; i++) {
		if (checks[i].needs >= PLACES && !doctor->has_places)
			continue;
		if (checks[i].needs >= ACCOUNTS && !doctor->has_accounts)
			continue;
		doctor->check = checks[i].name;
		checks[i].run(doctor);
	}
}

static void add_json(struct ft_buf *buf, const char *key, const char *text)
{
	ft_buf_addf(buf, "\"%s\":", key);
	if (text[0] != '\0')
		ft_output_json(buf, text);
	else
		ft_buf_adds(buf, "null");
}

static void json(struct ft_buf *buf, const struct ft_doctor *doctor)
{
	ft_buf_adds(buf, "{\"checks\":[");
	for (size_t i = 0; i < doctor->n; i++) {
		const struct ft_doctor_finding *finding = &doctor->list[i];
		char cause[FT_ERROR_LINE];

		ft_buf_adds(buf, i > 0 ? ",{" : "{");
		add_json(buf, "check", finding->check);
		ft_buf_adds(buf, ",");
		add_json(buf, "account", finding->account);
		ft_buf_adds(buf, ",");
		add_json(buf, "result", name_of(finding->result));
		ft_buf_adds(buf, ",");
		add_json(buf, "text", ft_error_cause(&finding->words, cause));
		ft_buf_adds(buf, ",");
		add_json(buf, "remedy", finding->words.remedy);
		ft_buf_adds(buf, ",");
		add_json(buf, "service_says", finding->words.foreign);
		ft_buf_adds(buf, "}");
	}
	ft_buf_adds(buf, "]}\n");
}

static void lines(struct ft_buf *buf, const struct ft_doctor *doctor)
{
	for (size_t i = 0; i < doctor->n; i++) {
		const struct ft_doctor_finding *finding = &doctor->list[i];
		char cause[FT_ERROR_LINE];

		ft_buf_addf(buf, "%s\t%s\t", name_of(finding->result), finding->check);
		ft_output_cell(buf, finding->account, 0, false);
		ft_buf_adds(buf, "\t");
		ft_output_cell(buf, ft_error_cause(&finding->words, cause), 0, false);
		ft_buf_adds(buf, "\t");
		ft_output_cell(buf, finding->words.remedy, 0, false);
		ft_buf_adds(buf, "\n");
	}
}

static void show_finding(struct ft_buf *buf, const struct ft_doctor_finding *finding, bool paint,
			size_t width)
{
	static const char colours[][3] = {
		[FT_RESULT_OK] = "32", [FT_RESULT_NOTE] = "36", [FT_RESULT_WARNING] = "33",
		[FT_RESULT_ERROR] = "31",
	};
	struct ft_buf text = FT_BUF_INIT(2 * FT_ERROR_LINE), wrapped = FT_BUF_INIT(64 * 1024);
	size_t indent = 7 + 2 + CHECK_COLUMNS + 2;
	char cause[FT_ERROR_LINE];

	ft_buf_addf(&text, "%s%s%s", finding->account, finding->account[0] != '\0' ? ": " : "",
		    ft_error_cause(&finding->words, cause));
	ft_output_wrapped(&wrapped, text.data, indent, width);
	if (finding->words.remedy[0] != '\0')
		ft_output_wrapped(&wrapped, finding->words.remedy, indent + 2, width);
	if (paint)
		ft_buf_addf(buf, "\033[%sm", colours[finding->result]);
	ft_buf_addf(buf, "%-7s%s  %-*s", name_of(finding->result), paint ? "\033[0m" : "",
		    CHECK_COLUMNS + 2, finding->check);
	ft_buf_adds(buf, wrapped.failed ? "out of memory\n" : wrapped.data + indent);
	ft_buf_release(&text);
	ft_buf_release(&wrapped);
}

static void table(struct ft_buf *buf, const struct ft_doctor *doctor, size_t findings)
{
	bool paint = ft_terminal_paints(STDOUT_FILENO);
	size_t width = ft_terminal_width(STDOUT_FILENO);

	for (size_t i = 0; i < doctor->n; i++)
		show_finding(buf, &doctor->list[i], paint, width);
	if (findings == 0)
		ft_buf_adds(buf, "\nNothing has to be done.\n");
	else
		ft_buf_addf(buf, "\n%zu thing%s to mend.\n", findings, findings > 1 ? "s" : "");
}

static void release(struct ft_doctor *doctor)
{
	ft_context_close_state(&doctor->ft);
	ft_accounts_release(&doctor->ft.accounts);
	ft_places_release(&doctor->ft.places);
	ft_strings_release(&doctor->git_hosts);
	free(doctor->list);
}

static int run(const struct ft_args *args)
{
	struct ft_doctor doctor = { .person = FT_OPTION_VALUE(args, PERSON) };
	struct ft_buf buf = FT_BUF_INIT(OUTPUT_MAX);
	size_t findings = 0;
	int r;

	make_checks(&doctor);
	for (size_t i = 0; i < doctor.n; i++)
		findings += doctor.list[i].result >= FT_RESULT_WARNING;
	if (FT_OPTION_GIVEN(args, JSON))
		json(&buf, &doctor);
	else if (isatty(STDOUT_FILENO))
		table(&buf, &doctor, findings);
	else
		lines(&buf, &doctor);
	if (doctor.no_memory) {
		ft_say("out of memory");
		r = FT_EXIT_FAILED;
	} else {
		r = ft_output(&buf);
	}
	ft_buf_release(&buf);
	release(&doctor);
	return r != FT_EXIT_DONE ? r : findings > 0 ? FT_EXIT_FAILED : FT_EXIT_DONE;
}

const struct ft_command ft_command_doctor = {
	.name = "doctor",
	.operands = "",
	.summary = "check everything that can be wrong, and say what to do",
	.help =
"Checks the installation, the configuration, the state folder and its lock, the\n"
"source of the key of sealed records, a fleet's store, the sign-ins, what git,\n"
"docker, podman and PAM are told, the transport's sandbox, and that each\n"
"account's token service can be reached and is what the account says; as root\n"
"also that the directory may be asked about persons where an account for PAM has\n"
"check = person. It changes nothing and spends no token. Each finding is\n"
"\n"
"  ok       as it should be\n"
"  note     worth knowing; nothing has to be done\n"
"  warning  something will not work as it is meant to\n"
"  error    something does not work\n"
"\n"
"and below it is what to do. The exit status is 1 where something is to be\n"
"mended. With --person, as root, the directory is asked about that user. When\n"
"stdout is no terminal each finding is one line, with tabs in between.\n",
	.options = {
		[JSON] = { "--json", "print JSON" },
		[PERSON] = { "--person USER", "ask the directory about a user, as a login would" },
	},
	.run = run,
};

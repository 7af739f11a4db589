/* SPDX-License-Identifier: MIT */
/*
 * freshtoken-pam --check [--person NAME | --directory] OPTION… - would a login work?
 *
 * The options are those of a PAM line. The same functions as at a login read and check the
 * configuration. The directory is asked only with --person or --directory. The only output is a
 * report of lines "error TEXT", "warning TEXT", "ways WAY…" (the ways that auth would offer), and
 * "unsure TEXT" if only root can read what decides.
 */
#include "config.h"
#include "pam/call/call.h"
#include "pam/program/check.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "pam/wire/wire.h"

#define REPORT_MAX (4 * 1024 * 1024)
#define WARNINGS_MAX 20
/* A minute; one code a second. More people than that do not sign in at one host. */
#define RATE_MANY 60

/* Warns of names in the map without a local user: typing errors, or people who have left. */
static int check_names(const char *file, const struct ft_user_map *map, struct ft_buf *report,
		       struct ft_error *err)
{
	unsigned n = 0;
	int r = 0;

	for (size_t i = 0; r == 0 && n < WARNINGS_MAX && i < map->n; i++) {
		const struct ft_user_map_entry *entry = &map->list[i];
		struct ft_person person = { .exists = false };

		r = ft_person_look_up(entry->user, &person, err);
		if (r == 0 && !person.exists) {
			ft_buf_addf(
				report,
				"warning %s:%u: there is no user %.64s on this host\t\tcorrect the "
				"name, or take the line out\n",
				file, entry->line, entry->user);
			n++;
		}
		ft_person_release(&person);
	}
	return r;
}

/* *ret stays empty with users = same. */
static int check_map(const struct ft_call *call, struct ft_buf *report, struct ft_user_map *ret,
		     struct ft_error *err)
{
	const char *users = call->account->users;

	if (strcmp(users, "same") == 0)
		return 0;
	int r = ft_user_map_load(users, ret, err);

	return r == 0 ? check_names(users, ret, report, err) : r;
}

static void add_ways(const struct ft_call *call, struct ft_buf *report)
{
	static const char *const ways[] = { "device", "token", "password" };

	ft_buf_adds(report, "ways");
	for (size_t i = 0; i < sizeof ways / sizeof *ways; i++)
		if (ft_configured_way(call, ways[i]))
			ft_buf_addf(report, " %s", ways[i]);
	ft_buf_adds(report, "\n");
}

/* Whoever approves a code lets in the terminal that shows it, so many codes help phishing. */
static void check_rate(const struct ft_call *call, struct ft_buf *report)
{
	const struct ft_account *account = call->account;

	if (ft_configured_way(call, "device") && account->device_rate > RATE_MANY)
		ft_buf_addf(report,
			    "warning %s:%u: account %s: device_rate = %lld hardly limits how many "
			    "codes somebody can have sent out by this host\t\tset it to what "
			    "people need, as %d a minute\n",
			    account->file, account->line, account->name,
			    (long long)account->device_rate, FT_DEVICE_RATE);
}

static bool is_closed(const char *file)
{
	return file != NULL && faccessat(AT_FDCWD, file, R_OK, AT_EACCESS) != 0 && errno == EACCES;
}

/* Whether a file that decides cannot be read by this user. */
static bool is_unsure(const struct ft_call *call)
{
	const struct ft_account *account = call->account, *checker = call->checker;

	return is_closed(call->ft.accounts.files[0]) || is_closed(call->options.conf) ||
	       (account != NULL &&
		(is_closed(account->users) || is_closed(account->ca_file) ||
		 is_closed(ft_account_secret_file(account)))) ||
	       (checker != NULL &&
		(is_closed(checker->ca_file) || is_closed(ft_account_secret_file(checker))));
}

static bool write_all(const struct ft_buf *buf)
{
	size_t at = 0;
	ssize_t n = 0;

	while (at < buf->len && (n = write(STDOUT_FILENO, buf->data + at, buf->len - at)) > 0)
		at += (size_t)n;
	return at == buf->len;
}

int ft_pam_check(char *const options[])
{
	struct ft_call call = { .user = "", .program = "PAM", .only_checked = true };
	struct ft_buf report = FT_BUF_INIT(REPORT_MAX);
	struct ft_user_map map = FT_USER_MAP_INIT;
	const char *person = NULL;
	bool directory = false;
	char packed[FT_ERROR_LINE];
	struct ft_error err;

	if (options[0] != NULL && strcmp(options[0], "--person") == 0 && options[1] != NULL) {
		person = options[1];
		options += 2;
	} else if (options[0] != NULL && strcmp(options[0], "--directory") == 0) {
		directory = true;
		options++;
	}
	ft_buf_init(&call.message, FT_WIRE_MAX);
	ft_wire_begin(&call.message, FT_WIRE_CALL);
	for (size_t i = 0; options[i] != NULL; i++)
		ft_wire_add(&call.message, FT_WIRE_OPTION, options[i]);
	int r = ft_buf_check(&call.message, "the options", &err);

	if (r == 0)
		r = ft_options_parse(&call, &err);
	if (r == 0)
		r = ft_configure(&call, &err);
	if (r == 0)
		r = check_map(&call, &report, &map, &err);
	if (r == 0)
		check_rate(&call, &report);
	if (r == 0 && person != NULL && call.checker != NULL)
		ft_check_person(&call, person, &report);
	if (r == 0 && directory && call.checker != NULL)
		ft_check_directory(&call, &map, &report);
	if (r == 0)
		add_ways(&call, &report);
	else if (is_unsure(&call))
		ft_buf_addf(&report, "unsure %s\n", ft_error_pack(&err, packed));
	else
		ft_buf_addf(&report, "error %s\n", ft_error_pack(&err, packed));
	const bool told = !report.failed && write_all(&report);

	ft_user_map_release(&map);
	ft_buf_release(&report);
	ft_call_release(&call);
	return r == 0 && told ? 0 : 1;
}

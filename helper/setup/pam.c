/* SPDX-License-Identifier: MIT */
/*
 * freshtoken setup pam
 *
 * Shows possible stacks. It can only apply the check of ssh logins: account and session of sshd,
 * which do not check root and ask nothing. Lines that ask (auth) decide who gets in, so a person
 * must add those, with a root shell open.
 */
#include "config.h"
#include "installed.h"
#include "helper/setup/setup.h"
#include "helper/wiring/pam-check.h"
#include "helper/wiring/pam-stack.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#define FOLDER "/etc/pam.d"
#define SSHD FOLDER "/sshd"

/* Finds the account for PAM: the one that [pam] names, else the only one that maps users. */
static int find_account(const struct freshtoken *ft, const char **ret, struct ft_error *err)
{
	const struct ft_accounts *accounts = &ft->accounts;
	const char *found = NULL;

	if (accounts->pam.account != NULL) {
		*ret = accounts->pam.account;
		return 0;
	}
	for (size_t i = 0; i < accounts->n; i++) {
		if (!accounts->list[i].system || accounts->list[i].users == NULL)
			continue;
		if (found != NULL)
			return ft_error_set(
				err, FT_CONFIG,
				"the accounts %s and %s both map users; write the one for PAM "
				"below [pam] of %s/freshtoken.conf: account = NAME",
				found, accounts->list[i].name, ft->places.system_config);
		found = accounts->list[i].name;
	}
	if (found == NULL)
		return ft_error_set(err, FT_CONFIG,
				    "no account of %s/freshtoken.conf says who is who: give one of "
				    "them users = FILE, or users = same (freshtoken.conf(5))",
				    ft->places.system_config);
	*ret = found;
	return 0;
}

/* The module by its name if it is in the folder that libpam searches, else by its path. */
static void add_module(const struct freshtoken *ft, struct ft_buf *out)
{
	static const char *const usual[] = { "/lib/", "/lib64/", "/usr/lib/", "/usr/lib64/" };
	bool known = false;

	for (size_t i = 0; i < sizeof usual / sizeof *usual; i++)
		known = known || (ft->places.root[0] == '\0' &&
				  strncmp(FT_PAMDIR, usual[i], strlen(usual[i])) == 0);
	if (!known)
		ft_buf_addf(out, "%s" FT_PAMDIR "/", ft->places.root);
	ft_buf_adds(out, "pam_freshtoken.so");
}

static void add_line(const struct freshtoken *ft, const char *what, const char *account,
		     struct ft_buf *out)
{
	ft_buf_addf(out, "%s ", what);
	add_module(ft, out);
	ft_buf_addf(out, " account=%s\n", account);
}

static bool asks_directory(const struct freshtoken *ft, const char *name)
{
	const struct ft_account *account = ft_accounts_find(&ft->accounts, name);

	return account != NULL && ft_account_checks(account, "person");
}

/* Shows lines that ask people to sign in. */
static void show_auth(const struct freshtoken *ft, const char *account, struct ft_buf *out)
{
	ft_buf_adds(
		out,
		"\n# " SSHD
		": sign in at the service, after the key. Above \"@include common-auth\", and\n"
		"# in sshd_config: KbdInteractiveAuthentication yes, which Debian turns off, and\n"
		"# AuthenticationMethods publickey,keyboard-interactive\n");
	add_line(ft, "auth [success=done user_unknown=ignore default=die]", account, out);
	ft_buf_adds(out, "\n# /etc/pam.d/sudo: ask the service again. In the place of \"@include "
			  "common-auth\":\n");
	add_line(ft, "auth [success=done user_unknown=ignore default=die]", account, out);
	ft_buf_adds(out, "@include common-auth\n");
}

static int show(const struct freshtoken *ft, const char *account)
{
	const struct ft_account *found = ft_accounts_find(&ft->accounts, account);
	const bool person = asks_directory(ft, account);
	struct ft_buf out = FT_BUF_INIT(8192);

	if (person)
		ft_buf_adds(&out,
			    "# " SSHD ": an ssh key counts as long as the directory calls the "
			    "person active; nobody has\n# to sign in on this host first.");
	else
		ft_buf_adds(&out, "# " SSHD ": an ssh key counts as long as the sign-in does; with "
				  "check = person in the\n# account, as long as the directory "
				  "calls the person active.");
	ft_buf_adds(&out, " With permissive after the account, for a\n# roll-out, most are let in, "
			  "and a log line says who would be refused.\n# Below "
			  "\"@include common-account\":\n");
	add_line(ft, "account required", account, &out);
	ft_buf_adds(&out, "# Below \"@include common-session\":\n");
	add_line(ft, "session optional", account, &out);
	if (!person || found->auth.n > 0)
		show_auth(ft, account, &out);
	ft_buf_adds(&out, "\n# All services at once: pam-auth-update --enable freshtoken\n");
	int r = ft_output(&out);

	ft_buf_release(&out);
	return r;
}

/* Which of freshtoken's lines sshd's stack has already, in its own file or in an included one. */
struct present {
	bool account, session;
};

static int note_ours(void *context, const char *file, const struct ft_pam_line *line)
{
	struct present *present = context;

	(void)file;
	if (!ft_pam_line_is_ours(line))
		return 0;
	present->account = present->account || strcasecmp(line->words[0], "account") == 0;
	present->session = present->session || strcasecmp(line->words[0], "session") == 0;
	return 0;
}

/* Shows the lines in the form that "setup pam --remove" uses. */
static int show_added(const struct freshtoken *ft, const char *account, struct present before)
{
	struct ft_buf out = FT_BUF_INIT(8192);

	if (!before.account) {
		ft_buf_adds(&out, SSHD ": ");
		add_line(ft, "account required", account, &out);
	}
	if (!before.session) {
		ft_buf_adds(&out, SSHD ": ");
		add_line(ft, "session optional", account, &out);
	}
	int r = ft_output(&out);

	ft_buf_release(&out);
	return r;
}

/* Makes the file's text with the missing lines below the lines that they belong to. false: the file
 * has another structure. */
static bool insert(const struct freshtoken *ft, const char *account, const struct ft_buf *text,
		   struct present present, struct ft_buf *out)
{
	struct ft_pam_line *line = malloc(sizeof *line);
	unsigned number = 0;
	size_t at = 0, done = 0;

	while (line != NULL && ft_pam_line_next(text, &at, &number, line)) {
		const char *type, *file = ft_pam_line_includes(line, &type);
		bool *there = file == NULL			  ? NULL :
			      strcmp(file, "common-account") == 0 ? &present.account :
			      strcmp(file, "common-session") == 0 ? &present.session :
								    NULL;

		if (there == NULL || *there)
			continue;
		ft_buf_add(out, text->data + done, line->end - done);
		done = line->end;
		if (text->data[done - 1] != '\n')
			ft_buf_adds(out, "\n");
		add_line(ft, there == &present.account ? "account required" : "session optional",
			 account, out);
		*there = true;
	}
	ft_buf_add(out, text->data + done, text->len - done);
	const bool complete = line != NULL && present.account && present.session;

	free(line);
	return complete;
}

/* Checked first: a module that cannot be loaded would lock everybody out, also root. */
static int check_module(const struct freshtoken *ft, struct ft_error *err)
{
	struct ft_buf path = FT_BUF_INIT(4096);

	ft_buf_addf(&path, "%s" FT_PAMDIR "/pam_freshtoken.so", ft->places.root);
	int r = ft_buf_check(&path, "the module's path", err);

	if (r == 0 && access(path.data, R_OK) != 0)
		r = ft_error_errno(err, FT_SYSTEM, errno, "%s", path.data);
	ft_buf_release(&path);
	return r;
}

/* Lines that would refuse everybody are not written. */
static int check_logins(const struct freshtoken *ft, const char *account, struct ft_error *err)
{
	struct ft_pam_report report;
	struct ft_buf option = FT_BUF_INIT(64);
	struct ft_error warning;
	size_t at = 0;

	ft_buf_addf(&option, "account=%s", account);
	int r = ft_buf_check(&option, account, err);

	if (r == 0) {
		const char *const options[] = { option.data, NULL };

		r = ft_pam_ask(ft, options, &report, err);
		while (r == 0 && ft_pam_report_warning(&report, &at, &warning))
			ft_say("warning: %s", warning.text);
		ft_pam_report_release(&report);
	}
	if (r != 0)
		ft_error_prefix(err, SSHD
				" is left as it is, since everybody but root would be refused");
	ft_buf_release(&option);
	return r;
}

static int apply_sshd(const struct freshtoken *ft, const char *account, struct ft_error *err)
{
	struct ft_buf text = FT_BUF_INIT(FT_PAM_FILE_MAX),
		      out = FT_BUF_INIT(FT_PAM_FILE_MAX + 4096);
	int r = geteuid() == 0 ? check_module(ft, err) :
				 ft_error_set(err, FT_SYSTEM,
					      "only root can change " SSHD
					      "; run: sudo freshtoken setup pam --apply");

	struct present present = { false, false };

	if (r == 0)
		r = check_logins(ft, account, err);
	if (r == 0)
		r = ft_pam_file_read(FOLDER, "sshd", &text, err);
	if (r == 0 && ft_pam_stack_walk(FOLDER, "sshd", note_ours, &present) != 0)
		r = ft_error_memory(err);
	if (r == 0 && present.account && present.session) {
		ft_say(SSHD " asks freshtoken already; no change is needed");
	} else if (r == 0) {
		if (!insert(ft, account, &text, present, &out))
			r = ft_error_set(
				err, FT_CONFIG,
				SSHD " does not include common-account and common-session; put the "
				     "lines that \"freshtoken setup pam\" shows in by hand");
		if (r == 0)
			r = ft_buf_check(&out, SSHD, err);
		if (r == 0)
			r = ft_pam_file_replace(FOLDER, "sshd", &text, &out, err);
		if (r == 0)
			(void)show_added(ft, account, present);
		if (r == 0)
			ft_say(SSHD " is changed: from now on who is not mapped, %s is refused. To "
				    "roll it out, write permissive after account=%s in the account "
				    "line: it refuses only who is disabled, not mapped or "
				    "signed in as somebody else, and logs whom else it "
				    "would refuse; see pam_freshtoken(8)",
			       asks_directory(ft, account) ?
				       "or not active in the directory," :
				       "has not signed in, or is revoked", account);
	}
	ft_buf_release(&text);
	ft_buf_release(&out);
	return r;
}

int ft_setup_pam(const struct freshtoken *ft, bool apply)
{
	const char *account = NULL;
	struct ft_error err;
	int r = find_account(ft, &account, &err);

	if (r == 0 && apply)
		r = apply_sshd(ft, account, &err);
	if (r != 0)
		return ft_fail(&err);
	if (apply)
		return FT_EXIT_DONE;
	r = show(ft, account);
	ft_say("nothing is changed yet. The check of ssh logins alone: sudo freshtoken setup pam "
	       "--apply. Keep a root shell open while you change stacks; pam_freshtoken(8) has "
	       "them in full");
	return r;
}

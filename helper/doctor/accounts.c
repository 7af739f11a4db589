/* SPDX-License-Identifier: MIT */
/* doctor: the accounts, and who is signed in to each */
#include "config.h"
#include "helper/doctor/doctor.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "helper/wiring/docker-chain.h"
#include "lib/config/match.h"
#include "lib/signin/ready.h"
#include "lib/signin/signin.h"
#include "lib/source/source.h"

void ft_doctor_configuration(struct ft_doctor *doctor)
{
	const struct ft_accounts *accounts = &doctor->ft.accounts;
	const struct ft_places *places = &doctor->ft.places;
	size_t of_system = 0, of_user = 0;

	/* Errors in the files were reported when they were read. */
	if (!doctor->has_accounts)
		return;
	for (size_t i = 0; i < accounts->n; i++) {
		of_system += accounts->list[i].system && !accounts->list[i].broken;
		of_user += !accounts->list[i].system && !accounts->list[i].broken;
	}
	if (accounts->n == 0) {
		ft_doctor_find(doctor, FT_RESULT_NOTE, NULL,
			       "there is no account in %s/freshtoken.conf or %s/freshtoken.conf",
			       places->user_config, places->system_config);
		ft_doctor_remedy(doctor, "run: freshtoken add ACCOUNT --server URL");
		return;
	}
	if (of_user > 0)
		ft_doctor_find(doctor, FT_RESULT_OK, NULL, "%zu account%s in %s", of_user,
			       of_user > 1 ? "s" : "", accounts->files[1]);
	if (of_system > 0)
		ft_doctor_find(doctor, FT_RESULT_OK, NULL, "%zu account%s in %s%s", of_system,
			       of_system > 1 ? "s" : "", accounts->files[0],
			       accounts->more.n > 0 ? " and the conf.d beside it" : "");
}

/* Checks that another account's source is an account that this user can sign in to. */
static void check_from(struct ft_doctor *doctor, const struct ft_account *account)
{
	const struct ft_account *root = ft_accounts_root(&doctor->ft.accounts, account);

	if (root == account || !root->pam_only)
		return;
	ft_doctor_find(doctor, FT_RESULT_ERROR, account->name,
		       "%s:%u: from: the account %s is only for PAM, because you may not read the "
		       "file of its client's secret",
		       account->file, account->line, root->name);
	ft_doctor_remedy(doctor, "name an account that you can sign in to");
}

/* Whether a user name in the request selects one of the accounts that match it. */
static bool told_apart(const struct ft_accounts *accounts, const char *url)
{
	const struct ft_account *best;

	for (size_t i = 0; i < accounts->n; i++)
		if (accounts->list[i].username != NULL &&
		    ft_accounts_match(accounts, url, accounts->list[i].username, &best, NULL) == 0)
			return true;
	return false;
}

/* If two accounts match the same host equally well, a program that asks gets an error instead of a
 * token. */
static void check_ties(struct ft_doctor *doctor, const struct ft_account *account)
{
	for (size_t i = 0; i < account->match.n && !account->pam_only; i++) {
		const struct ft_account *best;
		struct ft_error err;
		bool known = false;

		if (strchr(account->match.list[i], '*') != NULL ||
		    ft_accounts_match(&doctor->ft.accounts, account->match.list[i],
				      account->username, &best, &err) != FT_CONFIG)
			continue;
		/* One error names both accounts, and would be found again for the second. */
		for (size_t n = 0; n < doctor->n; n++)
			known = known || strcmp(doctor->list[n].words.text, err.text) == 0;
		if (!known)
			ft_doctor_error(
				doctor,
				told_apart(&doctor->ft.accounts, account->match.list[i]) ||
						ft_docker_account_chosen(account->match.list[i]) ?
					FT_RESULT_NOTE :
					FT_RESULT_ERROR,
				NULL, &err);
	}
}

/* A directory need not be a service that persons sign in to. */
static bool signs_in(const struct ft_service *service)
{
	return ft_account_checks(service->account, "refresh") ||
	       service->profile.requests[FT_REQUEST_REFRESH].present;
}

/* Reads the source of an account's tokens as an exchange would, but sends nothing. */
static void check_source(struct ft_doctor *doctor, struct ft_service *service)
{
	const struct ft_account *account = service->account;
	enum ft_from from = ft_account_from(account);
	struct ft_secret source = { NULL, 0 };
	struct ft_error err;

	if (from == FT_FROM_NOTHING || from == FT_FROM_ACCOUNT)
		return;
	ft_doctor_wait("what an account shows for its tokens");
	ft_service_proxy_from_environment(service);
	if (ft_source_read(service, &source, &err) == 0)
		ft_doctor_find(doctor, FT_RESULT_OK, account->name, "its source %.*s can be read",
			       (int)ft_from_shown(account->from), account->from);
	else
		/* The program that asks for a token may have another environment. */
		ft_doctor_error(doctor, ft_account_suits_pam(account) || from == FT_FROM_COMMAND ?
						FT_RESULT_ERROR : FT_RESULT_WARNING,
				account->name, &err);
	ft_doctor_wait(NULL);
	ft_secret_release(&source);
}

/* Whether the modes of a file and of all folders above it let everybody read it. */
static bool everybody_reads(const char *file)
{
	char path[PATH_MAX];
	struct stat st;

	const size_t len = file != NULL ? strlen(file) : 0;

	if (len == 0 || len >= sizeof path || stat(file, &st) != 0 || (st.st_mode & S_IROTH) == 0)
		return false;
	memcpy(path, file, len + 1);
	for (char *end; (end = strrchr(path, '/')) != NULL && end != path; ) {
		*end = '\0';
		if (stat(path, &st) != 0 || (st.st_mode & S_IXOTH) == 0)
			return false;
	}
	return true;
}

static void check_private(struct ft_doctor *doctor, const struct ft_account *account,
			  const char *key, const char *file)
{
	if (!everybody_reads(file))
		return;
	ft_doctor_find(doctor, FT_RESULT_WARNING, account->name,
		       "%s:%u: %s: everybody on this machine can read %s", account->file,
		       account->line, key, file);
	ft_doctor_remedy(doctor, "run: chmod o= %s", file);
}

static void check_account(struct ft_doctor *doctor, const struct ft_account *account)
{
	struct ft_service service;
	struct ft_error err;
	int r = ft_service_init(&doctor->ft, account, &service, &err);

	if (r == 0) {
		/* Nobody should type a password before the sign-in fails. But a sign-in that was
		 * made elsewhere (--token) may work without what is missing. */
		if (!ft_account_derives(account) && signs_in(&service) &&
		    (ft_ready_check(&service, FT_WAY_PASSWORD, &err) != 0 ||
		     ft_ready_check(&service, FT_WAY_TOKEN, &err) != 0))
			ft_doctor_error(doctor, FT_RESULT_WARNING, account->name, &err);
		if (ft_account_derives(account) &&
		    ft_ready_request(&service, FT_REQUEST_GRANT, &err) != 0)
			ft_doctor_error(doctor, FT_RESULT_ERROR, account->name, &err);
		check_source(doctor, &service);
		ft_service_release(&service);
	}
	if (r != 0)
		ft_doctor_error(doctor, FT_RESULT_ERROR, account->name, &err);
	if (account->pam_only) {
		ft_doctor_find(doctor, FT_RESULT_NOTE, account->name,
			       "it is only for PAM: you may not read %s, and git and docker are "
			       "not served",
			       ft_account_secret_file(account));
	} else if (r == 0 && ft_context_usable(&doctor->ft, account, &err) != 0) {
		ft_doctor_error(doctor, FT_RESULT_ERROR, account->name, &err);
		ft_doctor_remedy(doctor,
				 "put the client's secret or key there, or correct the path");
	}
	/* A fleet's key and password are refused if others have access to them. */
	check_private(doctor, account, "client_secret_file", account->client_secret_file);
	check_private(doctor, account, "client_key_file", account->client_key_file);
	if (account->ca_file != NULL && access(account->ca_file, R_OK) != 0) {
		ft_doctor_find(doctor, FT_RESULT_ERROR, account->name, "ca_file %s: %s",
			       account->ca_file, strerror(errno));
		ft_doctor_remedy(
			doctor,
			"put the certificates there, or remove the key to trust the system's");
	}
	if (account->dpop && account->match.n > 0) {
		ft_doctor_find(doctor, FT_RESULT_WARNING, account->name,
			       "%s:%u: its tokens are bound to a key (dpop = yes), and git and "
			       "docker, which send only the token, cannot use them",
			       account->file, account->line);
		ft_doctor_remedy(doctor, "remove match, or dpop where the service allows that");
	}
	check_from(doctor, account);
	check_ties(doctor, account);
}

void ft_doctor_accounts(struct ft_doctor *doctor)
{
	const struct ft_accounts *accounts = &doctor->ft.accounts;

	size_t n = 0;

	/* Errors of a single account were found when its section was read. */
	for (size_t i = 0; i < accounts->n; i++) {
		if (accounts->list[i].broken)
			continue;
		check_account(doctor, &accounts->list[i]);
		n++;
	}
	if (n > 0 && !ft_doctor_found(doctor, doctor->check))
		ft_doctor_find(doctor, FT_RESULT_OK, NULL,
			       "%s profile%s right, and what %s can be read",
			       n > 1 ? "their" : "its", n > 1 ? "s are" : " is",
			       n > 1 ? "they name" : "it names");
}

/* The state in words for people, with the reason in the record. */
static void find_status(struct ft_doctor *doctor, enum ft_result result, const char *account,
			const char *what, const struct ft_status *status)
{
	struct ft_error words = status->why;

	if (words.text[0] != '\0')
		ft_error_prefix(&words, "%s", what);
	else
		(void)snprintf(words.text, sizeof words.text, "%s", what);
	ft_doctor_error(doctor, result, account, &words);
	if (words.remedy[0] == '\0')
		ft_doctor_remedy(doctor, "run: freshtoken login %s", account);
}

static void check_signin(struct ft_doctor *doctor, const struct ft_account *known)
{
	const char *account = known->name;
	/* For a machine account: does not mention signing in. */
	const bool derives = ft_account_derives(known);
	struct ft_status status;
	struct ft_error err;

	if (ft_signin_status(&doctor->ft, account, &status, &err) != 0) {
		ft_doctor_error(doctor, FT_RESULT_ERROR, account, &err);
		return;
	}
	const char *as = !derives && status.subject[0] != '\0' ? " as " : "";
	const char *in = derives ? "nobody signs in" : "signed in";
	const char *who = derives ? "" : status.subject;
	struct ft_buf left = FT_BUF_INIT(64);

	switch (status.verdict) {
	case FT_SIGNED_OUT:
		/* There is a reason if something else is wrong, or if nobody has signed in to the
		 * source. */
		find_status(doctor, status.barred ? FT_RESULT_WARNING : FT_RESULT_NOTE, account,
			    "nobody has signed in", &status);
		break;
	case FT_NEEDS_LOGIN:
		find_status(doctor, FT_RESULT_WARNING, account,
			    status.why.text[0] != '\0' ?
				    "a new sign-in is needed" :
				    "a new sign-in is needed: there is no refresh token",
			    &status);
		break;
	case FT_DISABLED:
		ft_doctor_find(doctor, FT_RESULT_ERROR, account,
			       "the service says that the user is disabled");
		ft_doctor_remedy(doctor, "ask whoever runs the service");
		break;
	case FT_UNREACHABLE:
		find_status(doctor, FT_RESULT_WARNING, account,
			    "the last refresh did not get through", &status);
		if (derives && status.why.remedy[0] != '\0')
			break;
		ft_doctor_remedy(
			doctor,
			"see what is said of its server below, then run: freshtoken refresh %s",
			account);
		break;
	case FT_FRESH:
		if (status.refused) {
			ft_doctor_error(doctor, FT_RESULT_WARNING, account, &status.why);
			ft_doctor_remedy(doctor,
					 "see whether you may read what was asked for; if so, run: "
					 "freshtoken refresh %s",
					 account);
			break;
		}
		if (status.expires_in >= 0)
			ft_output_duration(&left, status.expires_in);
		ft_doctor_find(doctor, FT_RESULT_OK, account,
			       "%s%s%s; the access token is good%s%s", in, as, who,
			       left.len > 0 ? " for " : "", left.len > 0 ? left.data : "");
		break;
	default:
		ft_doctor_find(doctor, FT_RESULT_OK, account,
			       "%s%s%s; the next program that asks gets a new access token", in,
			       as, who);
	}
	if (status.file.text[0] != '\0')
		ft_doctor_error(doctor, FT_RESULT_WARNING, account, &status.file);
	if (status.id.text[0] != '\0')
		ft_doctor_error(doctor, FT_RESULT_WARNING, account, &status.id);
	ft_buf_release(&left);
}

void ft_doctor_signins(struct ft_doctor *doctor)
{
	for (size_t i = 0; i < doctor->ft.accounts.n; i++) {
		const struct ft_account *account = &doctor->ft.accounts.list[i];

		/* On this host nobody signs in to an account whose directory is asked. */
		if (!account->pam_only && !account->broken &&
		    (ft_account_checks(account, "refresh") || account->match.n > 0))
			check_signin(doctor, account);
	}
}

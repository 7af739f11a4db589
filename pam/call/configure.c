/* SPDX-License-Identifier: MIT */
/* Reads root's configuration alone, and checks it before anybody is prompted. */
#include "config.h"
#include "pam/call/call.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/url.h"
#include "lib/config/user-map.h"
#include "lib/data/path.h"
#include "lib/file/trusted.h"
#include "lib/service/identity.h"
#include "lib/signin/ready.h"

#define SERVICE_USER "_freshtoken"

static int wrong(const struct ft_account *account, struct ft_error *err, const char *text)
{
	(void)ft_error_fixed(err, FT_CONFIG, text);
	ft_error_prefix(err, "%s:%u: account %s", account->file, account->line, account->name);
	return FT_CONFIG;
}

bool ft_configured_way(const struct ft_call *call, const char *way)
{
	const struct ft_strings *allowed = &call->account->auth, *wanted = call->options.auth;
	bool found = false;

	for (size_t i = 0; i < allowed->n; i++)
		found = found || strcmp(allowed->list[i], way) == 0;
	for (size_t i = 0; found && wanted != NULL; i++) {
		if (i == wanted->n)
			return false;
		if (strcmp(wanted->list[i], way) == 0)
			break;
	}
	return found;
}

static int check_ways(const struct ft_call *call, struct ft_error *err)
{
	const struct ft_profile *profile = &call->service.profile;

	if (call->account->auth.n > 0 && !ft_configured_way(call, "device") &&
	    !ft_configured_way(call, "token") && !ft_configured_way(call, "password"))
		return wrong(call->account, err,
			     "auth: none of the ways that the module's auth= names is one of the "
			     "account's");
	if (ft_configured_way(call, "password") && !profile->requests[FT_REQUEST_LOGIN].present)
		return wrong(
			call->account, err,
			"auth: the provider has no sign-in with a password" FT_REMEDY
			"leave password out");
	if (ft_configured_way(call, "token") && call->account->login_audience == NULL)
		return wrong(call->account, err,
			     "auth: token needs login_audience = URI, which the service issues "
			     "tokens for to log in and for nothing else: else whatever git or a "
			     "script was given would open a login" FT_REMEDY
			     "set it, or leave token out");
	/* Without one of these nothing shows whom a token was issued for. */
	if (ft_configured_way(call, "token") && profile->discover.n == 0 &&
	    !ft_identity_can_introspect(&call->service) &&
	    ft_service_endpoint(&call->service, "jwks_uri") == NULL)
		return wrong(call->account, err,
			     "auth: the provider has neither introspection nor keys that would "
			     "show whom a token is for" FT_REMEDY "leave token out");
	return 0;
}

/* Finds a request that cannot be made before somebody types a password or opens a page for it. */
static int check_requests(const struct ft_call *call, struct ft_error *err)
{
	const struct ft_account *account = call->account;

	int r = 0;

	if (ft_configured_way(call, "password"))
		r = ft_ready_check(&call->service, FT_WAY_PASSWORD, err);
	if (r == 0 && ft_configured_way(call, "device"))
		r = ft_ready_check(&call->service, FT_WAY_DEVICE, err);
	if (r != 0)
		ft_error_prefix(err, "%s:%u: account %s", account->file, account->line,
				account->name);
	return r;
}

/* Whether a claim of that name may be given to another person. A name may be a URI. */
static bool is_mutable(const char *claim)
{
	static const char *const names[] = {
		"email", "e-mail", "mail", "emailaddress", "email_address", "primary_email",
		"user_email", "mailnickname", "upn", "name", "nickname", "nick",
		"preferred_username", "unique_name", "preferredusername", "userprincipalname",
		"samaccountname", "display_name", "displayname", "given_name", "givenname",
		"family_name", "surname", "phone_number",
	};
	const char *slash = strrchr(claim, '/');

	if (slash != NULL)
		claim = slash + 1;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (strcasecmp(claim, names[i]) == 0)
			return true;
	return false;
}

int ft_configure_claim(const char *path, bool *ret, struct ft_error *err)
{
	struct ft_path parsed;
	bool changes;

	int r = ft_path_parse(path, &parsed, err);

	if (r != 0)
		return r;
	changes = is_mutable(parsed.segment[parsed.n - 1].name);
	/* An item of a list of that name. */
	if (parsed.n > 1 && parsed.segment[parsed.n - 1].index >= 0)
		changes = changes || is_mutable(parsed.segment[parsed.n - 2].name);
	ft_path_release(&parsed);
	*ret = changes;
	return 0;
}

static int check_stays(const struct ft_call *call, const char *what, const char *path,
		       struct ft_error *err)
{
	const struct ft_account *account = call->account;
	bool changes = false;
	int r = account->identity_is_mutable ? 0 : ft_configure_claim(path, &changes, err);

	if (r != 0 || !changes)
		return r;
	return ft_error_set(err, FT_CONFIG,
			    "%s:%u: account %s: %s: %.100s may be given to somebody else one day, "
			    "who would then log in as the first" FT_REMEDY
			    "name a claim that stays, as sub, "
			    "or take the risk with identity_is_mutable = yes",
			    account->file, account->line, account->name, what, path);
}

/* The claim that names the person must not be one that people choose for themselves. */
static int check_identity(const struct ft_call *call, struct ft_error *err)
{
	const struct ft_account *account = call->account;
	const struct ft_strings *subject = &call->service.profile.fields[FT_FIELD_SUBJECT];
	const char *identity = account->identity;
	int r = 0;

	if (account->users == NULL)
		return wrong(call->account, err,
			     "users is not set: nobody is known to be anybody at the service"
				    FT_REMEDY
			     "set users to a file with lines \"LOCAL-USER SUBJECT\", or to "
			     "\"same\" where the subject is the local name");
	/* With check = person alone, the map names the subject that the directory is asked
	 * about. */
	if (identity == NULL && subject->n == 0 &&
	    (ft_account_checks(account, "refresh") || account->auth.n > 0))
		return wrong(call->account, err,
			     "the provider does not say whose a token is: set identity to the "
			     "field of its answer that does");
	if (identity != NULL)
		return check_stays(call, "identity", identity, err);
	for (size_t i = 0; r == 0 && i < subject->n; i++)
		r = check_stays(call, "the provider's subject", subject->list[i], err);
	return r;
}

/* The first key of the account or profile with an http address; NULL: none. */
static const char *at_http(const struct ft_service *service)
{
	const struct ft_profile *profile = &service->profile;

	if (ft_url_is_http(service->server))
		return "server";
	if (profile->metadata_url != NULL && ft_url_is_http(profile->metadata_url))
		return "metadata_url";
	for (size_t i = 0; i < profile->n_metadata; i++)
		if (ft_url_is_http(profile->metadata[i].value))
			return profile->metadata[i].name;
	for (size_t i = 0; i < FT_REQUEST_SECTIONS; i++)
		if (profile->requests[i].path != NULL && ft_url_is_http(profile->requests[i].path))
			return "path";
	return NULL;
}

static int check_server(const struct ft_service *service, struct ft_error *err)
{
	const struct ft_account *account = service->account;
	const char *http = at_http(service);
	struct ft_url url;

	if (ft_url_parse(service->server, false, &url, NULL) != 0)
		return wrong(account, err, "server: expected an https URL");
	if (http != NULL && !account->insecure_loopback)
		return ft_error_set(
			err, FT_CONFIG,
			"%s:%u: account %s: %s: any local user may be the one who listens "
			"at an http address of this machine" FT_REMEDY
			"use https, or set insecure_loopback = yes for a test",
			account->file, account->line, account->name, http);
	return 0;
}

static int check_secret(const struct ft_account *account, struct ft_error *err)
{
	const char *file = ft_account_secret_file(account);

	/* The key would be in the user's store, which root does not trust. */
	if (account->dpop)
		return wrong(account, err,
			     "dpop: a login cannot have tokens that are bound to a key" FT_REMEDY
			     "remove it, or name another account");

	if (file != NULL && faccessat(AT_FDCWD, file, R_OK, AT_EACCESS) != 0) {
		(void)ft_error_errno(
			err, FT_CONFIG, errno, "%s:%u: account %s: %s %s",
			account->file, account->line, account->name,
			account->client_key_file != NULL ? "client_key_file" :
								 "client_secret_file", file);
		return ft_error_remedy(err, FT_CONFIG, "put it there, readable for root alone, or "
				       "correct the path");
	}
	return 0;
}

/* Whoever can change ca_file could make the service look down, or answer in its place. */
static int check_authority(const struct ft_account *account, struct ft_error *err)
{
	const char *file = account->ca_file;
	struct stat st;

	if (file == NULL)
		return 0;
	int fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	int r = fd >= 0 ? ft_trusted_check(fd, file, &st, err) :
			  ft_error_errno(err, FT_CONFIG, errno, "cannot be read");

	if (fd >= 0)
		(void)close(fd);
	if (r == 0)
		return 0;
	ft_error_prefix(err, "%s:%u: account %s: ca_file %s", account->file, account->line,
			account->name, file);
	err->code = FT_CONFIG;
	return FT_CONFIG;
}

/* Whether it is one of the people who log in: they could trace the exchange, and invent its
 * answer. */
static bool is_one_of_them(const struct ft_call *call, const char *name,
			   const struct ft_person *person)
{
	struct ft_user_map map;
	struct ft_error ignored;
	bool is = call->person.exists && call->person.uid == person->uid;

	if (strcmp(call->account->users, "same") == 0 ||
	    ft_user_map_load(call->account->users, &map, &ignored) != 0)
		return is;
	is = is || ft_user_map_find(&map, name) != NULL;
	ft_user_map_release(&map);
	return is;
}

/* The user that root's exchanges run as: one who owns no files and whose processes no person can
 * trace. */
static int find_service_user(struct ft_call *call, struct ft_error *err)
{
	const char *name = call->account->service_user;
	struct ft_person person = { .exists = false };

	if (!ft_call_is_root() && !call->only_checked)
		return 0;
	if (name == NULL)
		name = SERVICE_USER;
	int r = ft_person_look_up(name, &person, err);

	if (r == 0 && !person.exists)
		r = ft_error_set(
			err, FT_CONFIG,
			"%s:%u: account %s: there is no user %s, whom exchanges run as" FT_REMEDY
			"run: "
			"useradd --system --no-create-home --shell /usr/sbin/nologin %s",
			call->account->file, call->account->line, call->account->name, name, name);
	else if (r == 0 && (person.uid == 0 || person.gid == 0))
		r = wrong(call->account, err, "service_user: exchanges must not run as root");
	else if (r == 0 && is_one_of_them(call, name, &person))
		r = wrong(call->account, err, "service_user: exchanges must not run as somebody "
			  "who logs in with this account" FT_REMEDY "name a user that nobody is");
	call->run_as = (struct ft_run_as){ person.uid, person.gid };
	ft_person_release(&person);
	return r;
}

static int find_account(struct ft_call *call, struct ft_error *err)
{
	const struct ft_accounts *accounts = &call->ft.accounts;
	const char *name = call->options.account;

	if (!accounts->any_file)
		return ft_error_set(
			err, FT_CONFIG,
			"%s does not exist" FT_REMEDY
			"write the account there that people sign in with",
			accounts->files[0]);
	if (name == NULL)
		return ft_error_set(err, FT_CONFIG,
				    "%s: no account for PAM: write account=NAME after "
				    "pam_freshtoken.so, or account = NAME below [pam]",
				    accounts->files[0]);
	call->account = ft_accounts_find(accounts, name);
	if (call->account == NULL)
		return ft_error_set(
			err, FT_CONFIG,
			"%s: there is no [account %s], which the PAM line or [pam] names",
			accounts->files[0], name);
	if (ft_account_derives(call->account))
		return wrong(call->account, err, call->account->from != NULL ?
			     "from: its tokens come from elsewhere" FT_REMEDY
			     "name an account to PAM that people sign in to" :
			     "grant: nobody signs in to it" FT_REMEDY
			     "name an account to PAM that people sign in to");
	/* Root would spend the refresh token that other hosts spend too, without a claim. */
	if (call->account->fleet != NULL)
		return wrong(call->account, err, "store: a fleet shares one sign-in, and people "
			     "who log in have one each" FT_REMEDY
			     "name an account to PAM that lies in files");
	return 0;
}

/* Finds a missing key of the directory's requests before anybody logs in. */
static int check_questions(const struct ft_call *call, struct ft_error *err)
{
	const struct ft_service *services[] = { &call->service, &call->checker_service };
	int r = 0;

	for (size_t i = 0; r == 0 && i < 2; i++) {
		const struct ft_account *account = services[i]->account;

		r = ft_ready_request(services[i], i == 0 ? FT_REQUEST_PERSON : FT_REQUEST_GRANT,
				     err);
		if (r != 0 && r != FT_NO_MEMORY)
			ft_error_prefix(err, "%s:%u: account %s", account->file, account->line,
					account->name);
	}
	return r;
}

/* Finds and checks the account whose token asks the directory about persons. */
static int find_checker(struct ft_call *call, struct ft_error *err)
{
	const struct ft_account *account = call->account;

	if (!ft_account_checks(account, "person"))
		return 0;
	if (!ft_profile_request(&call->service.profile, FT_REQUEST_PERSON)->present)
		return ft_error_set(err, FT_CONFIG,
				    "%s:%u: account %s: check: provider profile %s does not say "
				    "how the service is asked about a person" FT_REMEDY
				    "name one that has [person], as scim2, or write one",
				    account->file, account->line, account->name,
				    call->service.profile.name);
	call->checker = ft_accounts_find(&call->ft.accounts, account->checker);
	int r = ft_service_init(&call->ft, call->checker, &call->checker_service, err);

	if (r != 0) {
		ft_error_prefix(err, "%s:%u: account %s", call->checker->file, call->checker->line,
				call->checker->name);
		return r;
	}
	call->checker_service.one_tenant = true;
	r = check_server(&call->checker_service, err);
	if (r == 0)
		r = check_secret(call->checker, err);
	if (r == 0)
		r = check_authority(call->checker, err);
	return r != 0 ? r : check_questions(call, err);
}

/* A range without a uid would let everybody in unchecked. */
static int check_range(const struct ft_call *call, struct ft_error *err)
{
	const struct ft_options *options = &call->options;

	if (options->minimum_uid <= options->maximum_uid && options->maximum_uid > 0)
		return 0;
	return ft_error_set(err, FT_CONFIG, "no uid is from minimum_uid to maximum_uid, %lld to "
			    "%lld" FT_REMEDY "correct them, in the line of the stack of %s or in "
			    "[pam]", (long long)options->minimum_uid,
			    (long long)options->maximum_uid, call->program);
}

int ft_configure_file(struct ft_call *call, struct ft_error *err)
{
	struct freshtoken *ft = &call->ft;
	int r = ft_places_for_pam(&ft->places, &call->run, err);

	if (r == 0 && call->options.conf != NULL &&
	    (ft->places.system_file = strdup(call->options.conf)) == NULL)
		r = ft_error_memory(err);
	if (r == 0)
		r = ft_accounts_load(&ft->places, &ft->accounts, err);
	if (r == 0) {
		ft_options_settle(&call->options, &ft->accounts.pam);
		r = check_range(call, err);
		/* Without a file nobody knows what its range would be. */
		call->settled = r == 0 && ft->accounts.any_file;
	}
	return r;
}

int ft_configure(struct ft_call *call, struct ft_error *err)
{
	struct freshtoken *ft = &call->ft;
	int r = ft_configure_file(call, err);

	if (r != 0)
		return r;
	r = find_account(call, err);
	if (r == 0)
		r = ft_context_open_state(ft, err);
	if (r != 0)
		return r;
	r = ft_service_init(ft, call->account, &call->service, err);
	if (r != 0) {
		ft_error_prefix(err, "%s:%u: account %s", call->account->file, call->account->line,
				call->account->name);
		ft_context_close_state(ft);
		return r;
	}
	call->configured = true;
	call->service.one_tenant = true;
	r = check_server(&call->service, err);
	if (r == 0)
		r = check_identity(call, err);
	if (r == 0)
		r = check_ways(call, err);
	if (r == 0)
		r = check_secret(call->account, err);
	if (r == 0)
		r = check_authority(call->account, err);
	if (r == 0)
		r = check_requests(call, err);
	if (r == 0)
		r = find_checker(call, err);
	if (r == 0)
		r = find_service_user(call, err);
	call->service.run_as = ft_call_is_root() ? &call->run_as : NULL;
	call->checker_service.run_as = call->service.run_as;
	return r;
}

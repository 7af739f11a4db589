/* SPDX-License-Identifier: MIT */
/*
 * freshtoken add ACCOUNT - writes a new account, which is checked completely before
 *
 * The service is asked without the file's lock, because that may take a while. Then, under the
 * lock, everything that is in files is checked once more.
 */
#include "config.h"
#include "helper/cli/command.h"
#include "helper/commands.h"
#include "helper/wiring/docker-file.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "helper/account/config-file.h"
#include "helper/account/recognise.h"
#include "helper/account/section.h"
#include "helper/cli/terminal.h"
#include "helper/setup/setup.h"
#include "lib/base/moment.h"
#include "lib/base/url.h"
#include "lib/config/inifile.h"
#include "lib/config/match.h"
#include "lib/core/context.h"
#include "lib/signin/ready.h"
#include "lib/signin/signin.h"

/* Patience with other processes that replace the file; they may be asking a service. */
#define PATIENCE_MS 60000

enum {
	SERVER, PROVIDER, CLIENT_ID, REGISTER, SECRET_FILE, GRANT, FROM, SCOPE, AUDIENCE,
	REDIRECT_URI,
	USERNAME, PARAM, MATCH, SYSTEM, JSON,
};

struct addition {
	struct freshtoken view;		/* with --system without the user's home */
	bool system;
	char *file;			/* the file that is written */
	bool written;			/* it has been written */
	bool named;			/* --provider was given */
	struct ft_section section;
	char *recognised, *description;	/* a profile that fits, and its description */
	struct ft_error unasked;	/* why the service was not asked; code 0: it was */
	struct ft_ready ready;		/* the ways to sign in, and what they still need */
	bool derives;			/* nobody signs in to it */
};

/* Not an error, and no code of error.h: the account exists with these values. */
#define FT_OK_THERE 1

/* Makes the file's new text, and loads the accounts as if the file had it. */
static int plan(const struct addition *a, const struct ft_config_file *file, struct ft_buf *ret,
		struct ft_accounts *ret_after, struct ft_error *err)
{
	const struct ft_places *places = &a->view.places;
	struct ft_accounts before = { .n = 0 }, after = { .n = 0 };
	const char *name = a->section.account;
	int r = ft_accounts_try(places, a->file, file->text, file->len, &before, err);
	const struct ft_account *known = r == 0 ? ft_accounts_find(&before, name) : NULL;
	struct ft_section same = a->section;

	/* Without --provider, the profile that the account has counts as the same one. */
	if (known != NULL && !a->named)
		same.provider = known->provider;
	if (known != NULL && known->system == a->system && ft_section_is(&same, known))
		r = ft_error_set(
			err, FT_OK_THERE,
			"%s:%u: account %s is there already, with these values; nothing is changed",
			known->file, known->line, name);
	else if (known != NULL && known->system == a->system)
		r = ft_error_set(err, FT_CONFIG,
				 "%s:%u: account %s is there already" FT_REMEDY
				 "to change it, run: freshtoken edit %s",
				 known->file, known->line, name, name);
	if (r == 0) {
		ft_buf_clear(ret);
		ft_section_append(&a->section, file->text, file->len, ret);
		r = ft_buf_check(ret, "freshtoken.conf", err);
	}
	if (r == 0)
		r = ft_accounts_try(places, a->file, ret->data, ret->len, &after, err);
	if (r == 0 && !ft_section_is(&a->section, ft_accounts_find(&after, name)))
		r = ft_error_set(err, FT_CONFIG,
				 "freshtoken would read one of the values in another way" FT_REMEDY
				 "write the section yourself: freshtoken edit%s",
				 a->system ? " --system" : "");
	if (r == 0)
		r = ft_section_check_ties(&a->section, &before, &after, err);
	ft_accounts_release(&before);
	if (r == 0)
		*ret_after = after;
	else
		ft_accounts_release(&after);
	return r;
}

static int check_provider(const struct addition *a, const struct ft_account *account,
			  struct ft_error *err)
{
	struct ft_profile profile;
	struct ft_account unwritten = *account;

	/* What the profile requires must be given now: there is no section yet to set it in
	 * later. */
	unwritten.file = NULL;
	int r = ft_profile_load(&a->view.places, &unwritten, &profile, err);

	if (r != 0)
		return r;
	if (account->server == NULL && profile.server == NULL)
		r = ft_error_set(err, FT_CONFIG,
				 "the provider %s has no server of its own" FT_REMEDY
				 "give --server URL",
				 account->provider);
	ft_profile_release(&profile);
	return r;
}

static int recognise(struct addition *a, const char *server, const struct ft_marks *marks,
		     struct ft_error *err)
{
	int r = ft_recognise(&a->view.places, server, marks, &a->recognised, &a->description, err);

	if (r == 0 && a->recognised != NULL)
		a->section.provider = a->recognised;
	return r;
}

/* If neither the person nor the profile says how the client shows its secret, what the service
 * takes is written down. */
static void choose_auth(struct addition *a, const struct ft_service *service)
{
	const bool signs = ft_account_derives(service->account) &&
			   ft_request_wants_jwt(service->account, &service->profile);

	a->section.client_auth =
		a->section.client_secret_file == NULL || signs ||
				service->profile.client_auth != FT_CLIENT_AUTH_NONE ? NULL :
		ft_request_secret_auth(&service->profile, &service->metadata) ==
				FT_CLIENT_AUTH_POST ? "post" : "basic";
}

/* Asks whether the server is a token service, and which ways to sign in it has. */
static int check_service(struct addition *a, const struct ft_account *account, struct ft_error *err)
{
	struct ft_strings headers = { NULL, 0 };
	struct ft_service service;
	int r = ft_service_init(&a->view, account, &service, err);

	if (r != 0)
		return r;
	const bool unknown = !a->named && a->recognised == NULL;

	if (unknown)
		r = ft_recognise_headers(&a->view.places, &headers, err);
	service.headers = &headers;
	a->derives = ft_account_derives(account);
	ft_service_proxy_from_environment(&service);
	if (r == 0 && service.profile.discover.n > 0) {
		ft_terminal_progress("asking %s whether it is a token service", service.server);
		r = ft_service_discover(
			&service,
			ft_profile_request(&service.profile,
					   a->derives ? FT_REQUEST_GRANT : FT_REQUEST_REFRESH)
				->endpoint, err);
		ft_terminal_progress_end();
	}
	a->unasked = (struct ft_error)FT_ERROR_INIT;
	if (r == FT_TEMPORARY) {
		a->unasked = *err;
		r = 0;
	}
	/* Some services publish no endpoints, but can be recognised. */
	if (unknown && r == FT_CONFIG && service.headers_seen.n > 0) {
		const struct ft_marks marks = { &service.metadata, &service.headers_seen };

		r = recognise(a, service.server, &marks, err);
		if (r == 0 && a->recognised == NULL)
			r = FT_CONFIG;
	}
	choose_auth(a, &service);
	if (r == 0 && a->unasked.code == 0 && account->register_client &&
	    !ft_service_offers(&service, FT_REQUEST_REGISTER))
		r = ft_error_set(err, FT_CONFIG,
				 "%s registers no clients by itself (it names no "
				 "registration_endpoint)" FT_REMEDY
				 "register one there, and give --client-id ID",
				 service.server);
	/* Chooses the profile by the service's metadata, if its address did not decide. */
	if (r == 0 && unknown && a->recognised == NULL && service.metadata.n > 0) {
		const struct ft_marks marks = { &service.metadata, &service.headers_seen };

		r = recognise(a, service.server, &marks, err);
	}
	ft_ready_look(&service, &a->ready);
	ft_service_release(&service);
	ft_strings_release(&headers);
	return r;
}

/* Checks the section as it is now: whether it can be written, and what the service answers. */
static int check_section(struct addition *a, const struct ft_config_file *file,
			 struct ft_error *err)
{
	struct ft_buf text = FT_BUF_INIT(FT_INI_MAX);
	struct ft_accounts accounts = { .n = 0 };
	const struct ft_account *account;
	int r = plan(a, file, &text, &accounts, err);

	account = r == 0 ? ft_accounts_find(&accounts, a->section.account) : NULL;
	if (r == 0)
		r = check_provider(a, account, err);
	if (r == 0)
		r = check_service(a, account, err);
	ft_accounts_release(&accounts);
	ft_buf_release(&text);
	return r;
}

static int check(struct addition *a, struct ft_error *err)
{
	struct ft_config_file file = FT_CONFIG_FILE_INIT;
	int r = ft_section_check(&a->section, err);

	if (r == 0 && !a->named && a->section.server != NULL)
		r = recognise(a, a->section.server, NULL, err);
	if (r == 0)
		r = ft_config_file_peek(a->file, &file, err);

	const char *provider = a->section.provider, *auth = a->section.client_auth;

	if (r == 0)
		r = check_section(a, &file, err);
	/* Checks again, with the profile that was found. */
	if (r == 0 && (provider != a->section.provider || auth != a->section.client_auth))
		r = check_section(a, &file, err);
	ft_config_file_release(&file);
	return r;
}

static int write_down(const struct addition *a, struct ft_error *err)
{
	struct ft_config_file file = FT_CONFIG_FILE_INIT;
	struct ft_buf text = FT_BUF_INIT(FT_INI_MAX);
	struct ft_accounts accounts = { .n = 0 };
	int r = ft_config_file_open(a->file, a->system, ft_monotonic_ms() + PATIENCE_MS, &file,
				    err);

	if (r == 0)
		r = plan(a, &file, &text, &accounts, err);
	if (r == 0)
		r = ft_config_file_commit(&file, &text, err);
	ft_config_file_release(&file);
	ft_accounts_release(&accounts);
	ft_buf_release(&text);
	return r;
}

static bool can_sign_in(const struct addition *a)
{
	return (a->ready.ready & FT_WAYS_OF_PEOPLE) != 0;
}

/* Tells what is known of an account after it was written. */
static void tell_service(const struct addition *a)
{
	const char *name = a->section.account;
	const unsigned offered = a->ready.offered;

	if (a->unasked.code != 0) {
		struct ft_error unasked = a->unasked;

		ft_error_prefix(
			&unasked,
			"account %s: its service could not be asked, so nobody knows whether this "
			"is right",
			name);
		if (unasked.remedy[0] == '\0')
			(void)ft_error_remedy(&unasked, unasked.code,
					      "to see why, run: freshtoken doctor");
		ft_say_error(&unasked);
	} else if (a->derives) {
		ft_say("account %s: nobody has to sign in for its tokens", name);
		return;
	} else if ((offered & FT_WAYS_OF_PEOPLE) != 0) {
		ft_say("account %s: its service lets people sign in%s%s%s", name,
		       (offered & FT_WAY_DEVICE) == 0			   ? "" :
		       (offered & (FT_WAY_BROWSER | FT_WAY_PASSWORD)) != 0 ? " by device," :
									     " by device",
		       (offered & FT_WAY_BROWSER) == 0	? "" :
		       (offered & FT_WAY_PASSWORD) != 0 ? " by browser," :
							  " by browser",
		       (offered & FT_WAY_PASSWORD) == 0 ? "" : " by password");
	} else {
		ft_say("account %s: its service tells no way to sign in but with a refresh token:"
		       " freshtoken login %s --token", name, name);
	}
	if ((offered & FT_WAYS_OF_PEOPLE) != 0 && !can_sign_in(a)) {
		struct ft_error lacks = a->ready.lacks;

		ft_error_prefix(&lacks, "account %s: before somebody signs in", name);
		ft_say_error(&lacks);
	}
}

static void tell_recognised(const struct addition *a)
{
	if (a->recognised != NULL)
		ft_say("account %s: its service looks like %s, so it has the profile %s; for "
		       "another one, say --provider oauth2",
		       a->section.account, a->description, a->recognised);
}

/* Whoever wrote one of the two sections should know that one replaces the other. */
static void tell_replaced(const struct addition *a, const struct ft_account *other)
{
	if (other == NULL || other->system == a->system)
		return;
	if (a->system)
		ft_say("account %s: your own section (%s:%u) replaces it whole for you",
		       other->name, other->file, other->line);
	else
		ft_say("account %s: it replaces the system's section (%s:%u) whole", other->name,
		       other->file, other->line);
}

/* Runs a further command if a person agrees; otherwise shows it. question NULL: shows it. */
static int next(bool at_terminal, const char *question, const struct ft_command *command,
		char *argv[], int argc)
{
	struct ft_buf line = FT_BUF_INIT(1024);
	int r = FT_EXIT_DONE;

	ft_buf_addf(&line, "freshtoken %s", command->name);
	for (int i = 0; i < argc; i++)
		ft_buf_addf(&line, " %s", argv[i]);
	if (at_terminal && question != NULL && ft_terminal_agrees(question)) {
		r = ft_args_run(command, NULL, argc, argv);
	} else if (at_terminal) {
		ft_say("to do it later, run: %s", line.data);
	} else {
		ft_buf_adds(&line, "\n");
		r = ft_output(&line);
	}
	ft_buf_release(&line);
	return r;
}

static bool serves_docker(const struct ft_section *section)
{
	struct ft_pattern pattern;
	bool serves = false;

	for (size_t i = 0; !serves && i < section->n_match; i++)
		serves = ft_pattern_parse(section->match[i], &pattern, NULL) == 0 &&
			 ft_docker_can(&pattern);
	return serves;
}

/* An account of the system is for other users, who sign in themselves: nobody is asked. */
static int go_on(const struct addition *a, char *account)
{
	bool at_terminal = !a->system && isatty(STDIN_FILENO) != 0 && isatty(STDERR_FILENO) != 0;
	char token[] = "--token", dashes[] = "--", git[] = "git", docker[] = "docker",
	     apply[] = "--apply";
	char *login[] = { token, dashes, account }, *to_git[] = { git, apply },
	     *to_docker[] = { docker, apply };
	int results[3] = { FT_EXIT_DONE, FT_EXIT_DONE, FT_EXIT_DONE };
	const bool by_token = a->ready.offered != 0 && ft_ready_options(&a->ready) != NULL,
		   plain = account[0] != '-';
	char **words = login + 1 + plain;

	/* Adds "--token", and "--" if the account's name looks like an option. */
	if (by_token) {
		words--;
		words[0] = token;
	}
	results[0] = a->derives ?
		next(at_terminal, NULL, &ft_command_token, login + 1 + plain, 2 - plain) :
		next(at_terminal, a->unasked.code == 0 && can_sign_in(a) ? "Sign in now?" : NULL,
		     &ft_command_login, words, (int)(login + 3 - words));
	if (a->section.n_match > 0)
		results[1] = next(at_terminal, "Tell git to ask freshtoken?", &ft_command_setup,
				  to_git, 2);
	if (serves_docker(&a->section))
		results[2] = next(at_terminal, "Tell docker, podman and skopeo to ask freshtoken?",
				  &ft_command_setup, to_docker, 2);
	/* The first failure decides the exit status, but the others are tried, too. */
	return results[0] != FT_EXIT_DONE ? results[0] :
	       results[1] != FT_EXIT_DONE ? results[1] :
					    results[2];
}

/* Now that the account exists, its ways to sign in are told without asking the service again. */
static void look_again(struct addition *a, const struct ft_account *known)
{
	struct ft_service service;

	if (known == NULL || ft_service_init(&a->view, known, &service, NULL) != 0)
		return;
	a->derives = ft_account_derives(known);
	ft_service_cache_read(&service);
	ft_ready_look(&service, &a->ready);
	ft_service_release(&service);
}

static int add(struct addition *a, const struct ft_account *other)
{
	const char *name = a->section.account;
	struct ft_error err;
	int r = check(a, &err);

	if (r == 0)
		r = write_down(a, &err);
	if (r == FT_OK_THERE) {
		look_again(a, other);
		ft_say_error(&err);
		r = FT_EXIT_DONE;
	} else if (r != 0) {
		ft_error_prefix(&err, "nothing is written: account %s", name);
		r = ft_fail(&err);
	} else {
		a->written = true;
		ft_say("account %s: added to %s", name, a->file);
		tell_replaced(a, other);
		tell_recognised(a);
		tell_service(a);
	}
	return r;
}

static int put_json(const struct addition *a)
{
	struct ft_buf buf = FT_BUF_INIT(16384);

	ft_buf_adds(&buf, "{\"account\":");
	ft_output_json(&buf, a->section.account);
	ft_buf_addf(&buf, ",\"changed\":%s,\"file\":", a->written ? "true" : "false");
	ft_output_json(&buf, a->file);
	ft_buf_adds(&buf, "}\n");
	int r = ft_output(&buf);

	ft_buf_release(&buf);
	return r;
}

/* The file's absolute path; if the file does not exist, the name that was given. */
static char *whole_path(const char *file)
{
	char *path = file != NULL ? realpath(file, NULL) : NULL;

	return path != NULL || file == NULL ? path : strdup(file);
}

static int add_account(const struct ft_args *args)
{
	const char *given = FT_OPTION_VALUE(args, SERVER);
	char *server = given != NULL ? strdup(given) : NULL,
	     *secret_file = whole_path(FT_OPTION_VALUE(args, SECRET_FILE));
	struct addition a = {
		.system = FT_OPTION_GIVEN(args, SYSTEM),
		.named = FT_OPTION_GIVEN(args, PROVIDER),
		.section = {
			.account = args->operands[0],
			.provider = FT_OPTION_VALUE(args, PROVIDER),
			.server = server,
			.client_id = FT_OPTION_VALUE(args, CLIENT_ID),
			.client_secret_file = secret_file,
			.register_client = FT_OPTION_GIVEN(args, REGISTER),
			.grant = FT_OPTION_VALUE(args, GRANT),
			.from = FT_OPTION_VALUE(args, FROM),
			.scope = FT_OPTION_VALUE(args, SCOPE),
			.audience = FT_OPTION_VALUE(args, AUDIENCE),
			.redirect_uri = FT_OPTION_VALUE(args, REDIRECT_URI),
			.username = FT_OPTION_VALUE(args, USERNAME),
			.params = args->values[PARAM].list,
			.n_params = args->values[PARAM].n,
			.match = args->values[MATCH].list,
			.n_match = args->values[MATCH].n,
		},
	};
	struct freshtoken *ft = NULL;
	int r = ft_open(&ft);

	/* The URL of the metadata is accepted, too, because people paste it. */
	if (server != NULL)
		ft_url_trim_server(server);
	if (r == FT_EXIT_DONE) {
		a.view = *ft;
		/* Other users cannot read a file in somebody's home. */
		if (a.system)
			a.view.places.user_config = NULL;
		a.file = ft_accounts_path(&a.view.places, a.system);
		if (a.file == NULL)
			ft_say("out of memory"), r = FT_EXIT_FAILED;
	}
	if (r == FT_EXIT_DONE) {
		r = add(&a, ft_accounts_find(&ft->accounts, a.section.account));
	}
	/* The next commands read the configuration again. */
	ft_context_close(ft);
	if (r == FT_EXIT_DONE)
		r = FT_OPTION_GIVEN(args, JSON) ? put_json(&a) : go_on(&a, args->operands[0]);
	free(a.file);
	free(server);
	free(secret_file);
	free(a.recognised);
	free(a.description);
	return r;
}

static int run(const struct ft_args *args)
{
	if (FT_OPTION_GIVEN(args, REGISTER) && FT_OPTION_GIVEN(args, CLIENT_ID))
		return ft_usage(args, "--register is for accounts without --client-id");
	if (FT_OPTION_GIVEN(args, REGISTER) && FT_OPTION_GIVEN(args, SYSTEM))
		return ft_usage(args, "--register is for one user's accounts, not for --system");
	return add_account(args);
}

const struct ft_command ft_command_add = {
	.name = "add",
	.operands = "ACCOUNT",
	.min = 1, .max = 1,
	.summary = "write an account, then sign in and set up git and docker",
	.help =
"Adds a section for ACCOUNT to your freshtoken.conf. The rest of the file stays\n"
"as it is, byte for byte; an ACCOUNT that exists is not changed.\n"
"\n"
"Everything is checked first. Where a value, a provider or a file is wrong, or\n"
"the server is not a token service or has another issuer, nothing is written.\n"
"A service that cannot be reached is no error, since you may be offline: a line\n"
"says that it was not asked. Another line says what the account still needs for\n"
"a sign-in, such as a client_id, and where to write it.\n"
"\n"
"Without --provider the service is recognised by its address or its metadata,\n"
"and a line says which profile is used; oauth2 if it is not recognised.\n"
"\n"
"At a terminal you are then asked whether to sign in, and whether to set up git\n"
"and docker; otherwise the commands for that are printed. For values without an\n"
"option see freshtoken.conf(5); add them with \"freshtoken edit ACCOUNT\".\n"
"\n"
"--json asks no questions and prints one object, which says whether anything is\n"
"changed.\n",
	.options = {
		[SERVER] = { "--server URL", "the token service; for oauth2 its issuer" },
		[PROVIDER] = { "--provider NAME", "the provider profile" },
		[CLIENT_ID] = { "--client-id ID", "what the service knows freshtoken by" },
		[REGISTER] = { "--register", "have a client registered at the first sign-in" },
		[SECRET_FILE] = { "--client-secret-file FILE", "where the client's secret is" },
		[GRANT] = { "--grant NAME", "how a machine account gets its tokens" },
		[FROM] = { "--from SOURCE", "where its proof comes from: ACCOUNT, file:PATH" },
		[SCOPE] = { "--scope SCOPE", "what a sign-in asks for" },
		[AUDIENCE] = { "--audience NAME", "what the tokens are for" },
		[REDIRECT_URI] = { "--redirect-uri URI", "where a browser comes back to" },
		[USERNAME] = { "--username NAME", "what is handed out beside the token" },
		[PARAM] = { "--param NAME=VALUE...", "what the profile calls ${param.NAME}" },
		[MATCH] = { "--match PATTERN...",
			    "what it serves: a host of git's, a registry" },
		[SYSTEM] = { "--system", "write it for all users, which needs root" },
		[JSON] = { "--json", "print {\"account\",\"changed\",\"file\"}" },
	},
	.run = run,
};

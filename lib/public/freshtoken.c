/* SPDX-License-Identifier: MIT */
/*
 * freshtoken.c - the library's public interface
 *
 * The structures that are defined here may grow. Those of freshtoken.h may only get members at
 * their end.
 */
#include "config.h"
#include "lib/public/freshtoken.h"

#include <dlfcn.h>
#include <link.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include "lib/core/context.h"
#include "lib/signin/signin.h"

_Static_assert(__builtin_strcmp(FRESHTOKEN_VERSION, PACKAGE_VERSION) == 0, "the header's version");
_Static_assert((int)FRESHTOKEN_NOT_FOUND == FT_NOT_FOUND &&
	       (int)FRESHTOKEN_LOGIN_NEEDED == FT_LOGIN_NEEDED &&
	       (int)FRESHTOKEN_TEMPORARY == FT_TEMPORARY &&
	       (int)FRESHTOKEN_CONFIG == FT_CONFIG && (int)FRESHTOKEN_UNTRUSTED == FT_UNTRUSTED &&
	       (int)FRESHTOKEN_NO_MEMORY == FT_NO_MEMORY && (int)FRESHTOKEN_SYSTEM == FT_SYSTEM,
	       "codes are the core's");
_Static_assert((int)FRESHTOKEN_SIGNED_OUT == FT_SIGNED_OUT && (int)FRESHTOKEN_FRESH == FT_FRESH &&
	       (int)FRESHTOKEN_REFRESHABLE == FT_REFRESHABLE &&
	       (int)FRESHTOKEN_NEEDS_LOGIN == FT_NEEDS_LOGIN &&
	       (int)FRESHTOKEN_DISABLED == FT_DISABLED &&
	       (int)FRESHTOKEN_UNREACHABLE == FT_UNREACHABLE,
	       "verdicts are the core's");

/* The members that the first version of the structure had. */
#define OPTIONS_MIN offsetof(struct freshtoken_options, log_data) + sizeof(void *)
#define NEED_MIN offsetof(struct freshtoken_need, unknown_life) + sizeof(int64_t)

struct freshtoken_error {
	struct ft_error error;
	char line[FT_ERROR_LINE];
};

struct freshtoken_status {
	struct ft_status status;
	char reason[FT_ERROR_LINE];
};

/* The error that is returned if there is no memory for one; never freed. */
static const struct freshtoken_error no_memory = {
	.error = { .code = FT_NO_MEMORY, .text = "out of memory" }, .line = "out of memory",
};

static int give_error(int r, const struct ft_error *cause, struct freshtoken_error **ret_error)
{
	/* The public interface has no FT_BUSY: to a caller it means "try again". */
	int code = r == FT_BUSY ? FT_TEMPORARY : r;

	if (r == 0 || ret_error == NULL)
		return code;
	struct freshtoken_error *error = malloc(sizeof *error);

	if (error == NULL) {
		*ret_error = (struct freshtoken_error *)(uintptr_t)&no_memory;
		return code;
	}
	error->error = *cause;
	error->error.code = code;
	(void)ft_error_line(&error->error, error->line);
	*ret_error = error;
	return code;
}

enum freshtoken_code freshtoken_error_code(const struct freshtoken_error *error)
{
	return error != NULL ? (enum freshtoken_code)error->error.code : FRESHTOKEN_OK;
}

const char *freshtoken_error_text(const struct freshtoken_error *error)
{
	return error != NULL ? error->line : "";
}

const char *freshtoken_error_service_says(const struct freshtoken_error *error)
{
	return error != NULL ? error->error.foreign : "";
}

const char *freshtoken_error_remedy(const struct freshtoken_error *error)
{
	return error != NULL ? error->error.remedy : "";
}

void freshtoken_error_free(struct freshtoken_error *error)
{
	if (error != &no_memory)
		free(error);
}

const char *freshtoken_version(void)
{
	return PACKAGE_VERSION;
}

/* Reads a structure of a caller that was built with an older or a newer header. A member that an
 * older header does not have stays 0. A member that only a newer header has must not be ignored if
 * it is set. */
static int take(void *ret, size_t size, size_t min, const void *given, const char *name,
		struct ft_error *err)
{
	const unsigned char *bytes = given;
	size_t given_size;

	if (given == NULL)
		return 0;
	memcpy(&given_size, given, sizeof given_size);
	if (given_size < min)
		return ft_error_set(err, FT_CONFIG,
				    "struct %s: its size is not set" FT_REMEDY
				    "begin with its _INIT", name);
	for (size_t i = size; i < given_size; i++)
		if (bytes[i] != 0)
			return ft_error_set(err, FT_CONFIG,
					    "struct %s has a member that this library, version "
					    PACKAGE_VERSION ", does not know", name);
	memcpy(ret, given, given_size < size ? given_size : size);
	return 0;
}

/* A point of ft_monotonic_ms; 0: as long as the account says. */
static int64_t deadline_of(int64_t timeout_ms)
{
	const int64_t year = INT64_C(366) * 24 * 3600 * 1000;

	if (timeout_ms < 0)
		return 0;
	return ft_monotonic_ms() + (timeout_ms < year ? timeout_ms : year);
}

/* The file of this library, as the loader knows it; "": unknown, because the name is relative (the
 * working folder may have changed) or the library is linked statically. */
static const char *own_file(void)
{
	struct link_map *map = NULL;
	Dl_info info;
	void *extra = NULL;

	if (dladdr1(&no_memory, &info, &extra, RTLD_DL_LINKMAP) == 0 || (map = extra) == NULL ||
	    map->l_name == NULL || map->l_name[0] != '/')
		return "";
	return map->l_name;
}

static void log_problems(const struct freshtoken *ft)
{
	for (size_t i = 0; i < ft->accounts.n_problems; i++) {
		const struct ft_problem *problem = &ft->accounts.problems[i];
		char line[FT_ERROR_LINE];

		(void)ft_error_line(&problem->error, line);
		ft_context_log(ft, LOG_WARNING, "%.*s%s%s%s%s", (int)problem->place, line,
			       problem->account != NULL ? "account " : "",
			       problem->account != NULL ? problem->account : "",
			       problem->account != NULL ? ": " : "", line + problem->place);
	}
}

int freshtoken_open(const struct freshtoken_options *options, struct freshtoken **ret,
		    struct freshtoken_error **ret_error)
{
	struct freshtoken_options wanted = FRESHTOKEN_OPTIONS_INIT;
	struct freshtoken *ft = NULL;
	struct ft_error err = FT_ERROR_INIT;
	int r = take(&wanted, sizeof wanted, OPTIONS_MIN, options, "freshtoken_options", &err);

	if (r == 0) {
		const struct ft_places_given given = { own_file(), wanted.config_folder,
						       wanted.state_folder };

		r = ft_context_open_at(&given, &ft, &err);
	}
	if (r != 0)
		return give_error(r, &err, ret_error);
	ft->log = wanted.log;
	ft->log_data = wanted.log_data;
	log_problems(ft);
	*ret = ft;
	return 0;
}

void freshtoken_close(struct freshtoken *ft)
{
	ft_context_close(ft);
}

const char *freshtoken_list(struct freshtoken *ft, size_t index)
{
	return ft_context_list(ft, index);
}

int freshtoken_find(struct freshtoken *ft, const char *url, const char *username,
		    const char **ret_account, struct freshtoken_error **ret_error)
{
	struct ft_error err = FT_ERROR_INIT;

	return give_error(ft_context_find(ft, url, username, ret_account, &err), &err, ret_error);
}

int freshtoken_get(struct freshtoken *ft, const char *account, const struct freshtoken_need *need,
		   int64_t timeout_ms, struct freshtoken_token **ret,
		   struct freshtoken_error **ret_error)
{
	struct freshtoken_need wanted = FRESHTOKEN_NEED_INIT;
	struct ft_error err = FT_ERROR_INIT;
	int r = take(&wanted, sizeof wanted, NEED_MIN, need, "freshtoken_need", &err);

	if (r == 0) {
		const struct ft_need core = { .min_lifetime = wanted.min_lifetime,
					      .id_token = wanted.id_token != 0,
					      .rejected = wanted.rejected,
					      .unknown_life = wanted.unknown_life,
					      .deadline = deadline_of(timeout_ms) };

		r = ft_context_get(ft, account, &core, FT_PATIENCE_WAIT, ret, &err);
	}
	return give_error(r, &err, ret_error);
}

const char *freshtoken_token_access(const struct freshtoken_token *token)
{
	return ft_token_access(token);
}

const char *freshtoken_token_account(const struct freshtoken_token *token)
{
	return ft_token_account(token);
}

const char *freshtoken_token_username(const struct freshtoken_token *token)
{
	return ft_token_username(token);
}

int freshtoken_token_is_bearer(const struct freshtoken_token *token)
{
	return ft_token_is_bearer(token);
}

uint64_t freshtoken_token_generation(const struct freshtoken_token *token)
{
	return ft_token_generation(token);
}

int64_t freshtoken_token_expires_at(const struct freshtoken_token *token)
{
	return ft_token_expires_at(token);
}

const char *freshtoken_token_id(const struct freshtoken_token *token)
{
	return ft_token_id(token);
}

int64_t freshtoken_token_id_expires_at(const struct freshtoken_token *token)
{
	return ft_token_id_expires_at(token);
}

void freshtoken_token_free(struct freshtoken_token *token)
{
	ft_token_free(token);
}

int freshtoken_refresh(struct freshtoken *ft, const char *account, int due, int64_t timeout_ms,
		       struct freshtoken_error **ret_error)
{
	struct ft_error err = FT_ERROR_INIT;
	int r = ft_context_refresh(ft, account, due, deadline_of(timeout_ms), &err);

	return give_error(r, &err, ret_error);
}

int freshtoken_invalidate(struct freshtoken *ft, const char *account, const char *access_token,
			  int64_t timeout_ms, struct freshtoken_error **ret_error)
{
	struct ft_error err = FT_ERROR_INIT;
	int r = ft_signin_invalidate(ft, account, access_token, deadline_of(timeout_ms), &err);

	return give_error(r, &err, ret_error);
}

int freshtoken_store(struct freshtoken *ft, const char *account, const char *refresh_token,
		     const char *access_token, int64_t timeout_ms,
		     struct freshtoken_error **ret_error)
{
	struct ft_error err = FT_ERROR_INIT;
	int r = ft_signin_store(ft, account, refresh_token, access_token, deadline_of(timeout_ms),
				&err);

	return give_error(r, &err, ret_error);
}

int freshtoken_erase(struct freshtoken *ft, const char *account, int64_t timeout_ms,
		     struct freshtoken_error **ret_error)
{
	struct ft_error err = FT_ERROR_INIT;

	return give_error(ft_signin_erase(ft, account, deadline_of(timeout_ms), &err), &err,
			  ret_error);
}

int freshtoken_status(struct freshtoken *ft, const char *account, struct freshtoken_status **ret,
		      struct freshtoken_error **ret_error)
{
	struct freshtoken_status *status = calloc(1, sizeof *status);
	struct ft_error err = FT_ERROR_INIT;
	int r = status == NULL ? ft_error_memory(&err) :
		ft_signin_status(ft, account, &status->status, &err);

	if (r == 0 && status->status.why.text[0] != '\0')
		(void)ft_error_line(&status->status.why, status->reason);
	if (r == 0)
		*ret = status;
	else
		free(status);
	return give_error(r, &err, ret_error);
}

enum freshtoken_verdict freshtoken_status_verdict(const struct freshtoken_status *status)
{
	return (enum freshtoken_verdict)status->status.verdict;
}

int64_t freshtoken_status_expires_at(const struct freshtoken_status *status)
{
	return status->status.expires_at;
}

int64_t freshtoken_status_expires_in(const struct freshtoken_status *status)
{
	return status->status.expires_in;
}

int64_t freshtoken_status_checked_at(const struct freshtoken_status *status)
{
	return status->status.checked_at;
}

uint64_t freshtoken_status_generation(const struct freshtoken_status *status)
{
	return status->status.generation;
}

const char *freshtoken_status_provider(const struct freshtoken_status *status)
{
	return status->status.provider;
}

const char *freshtoken_status_server(const struct freshtoken_status *status)
{
	return status->status.server;
}

const char *freshtoken_status_subject(const struct freshtoken_status *status)
{
	return status->status.subject;
}

const char *freshtoken_status_reason(const struct freshtoken_status *status)
{
	return status->reason;
}

const char *freshtoken_status_service_says(const struct freshtoken_status *status)
{
	return status->status.why.foreign;
}

const char *freshtoken_status_remedy(const struct freshtoken_status *status)
{
	return status->status.why.remedy;
}

int freshtoken_status_is_refused(const struct freshtoken_status *status)
{
	return status->status.refused;
}

void freshtoken_status_free(struct freshtoken_status *status)
{
	free(status);
}

const char *freshtoken_verdict_name(enum freshtoken_verdict verdict)
{
	return ft_verdict_name((enum ft_verdict)verdict);
}

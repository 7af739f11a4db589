/* SPDX-License-Identifier: MIT */
/* The module's options: one table (account-keys.h) for the PAM line and for [pam] in the file. */
#include "config.h"
#include "pam/call/call.h"

#include <stdlib.h>
#include <string.h>

#include "lib/config/account-keys.h"
#include "pam/wire/wire.h"

#define RECHECK_LIFE (-1)
#define MAX_OFFLINE (8 * 3600)
#define MINIMUM_UID 1000
#define MAXIMUM_UID 60000
#define WAIT 5

static int parse_one(struct ft_options *options, const char *text, struct ft_seen *seen,
		     struct ft_error *err)
{
	struct ft_ini_line line = { .file = "", .section = "pam" };
	char *copy = strdup(text);
	int r;

	if (copy == NULL)
		return ft_error_memory(err);
	char *value = strchr(copy, '=');

	if (value != NULL)
		*value++ = '\0';
	line.name = copy;
	/* A name without a value means yes. */
	line.value = value != NULL ? value : "yes";
	if (strcmp(copy, "seal") == 0) {
		options->seal = value != NULL && strcmp(value, "systemd-creds") == 0 ?
				FT_SEAL_BY_HOST : FT_SEAL_BY_PASSWORD;
		r = options->seal == FT_SEAL_BY_HOST ||
		    (value != NULL && strcmp(value, "password") == 0) ? 0 :
		    ft_error_set(err, FT_CONFIG, "seal: expected password or systemd-creds");
	} else if (strcmp(copy, "conf") != 0)
		r = ft_key_set(ft_pam_keys, ft_pam_keys_count, &options->line, seen, &line, err);
	else if (value == NULL || value[0] != '/' || options->conf != NULL)
		r = ft_error_set(err, FT_CONFIG, "conf: expected one path that begins with /");
	else
		r = (options->conf = strdup(value)) != NULL ? 0 : ft_error_memory(err);
	free(copy);
	return r;
}

int ft_options_parse(struct ft_call *call, struct ft_error *err)
{
	struct ft_options *options = &call->options;
	struct ft_seen seen = { 0 };
	const char *text;
	int r = 0;

	options->line = (struct ft_pam_defaults){
		.strict = -1,
		.permissive = -1,
		.ignore_unknown_user = -1,
		.no_hint = -1,
		.debug = -1,
		.unmapped = -1,
		.recheck = -1,
		.max_offline = -1,
		.wait = -1,
		.minimum_uid = -1,
		.maximum_uid = -1,
	};
	for (unsigned n = 0;
	     r == 0 && (text = ft_wire_get(&call->message, FT_WIRE_OPTION, n)) != NULL; n++)
		r = parse_one(options, text, &seen, err);
	/* In effect until the file is read, and if it cannot be read. */
	ft_options_settle(options, &options->line);
	if (r == FT_CONFIG)
		ft_error_prefix(err, "the line of pam_freshtoken.so in the stack of %s",
				call->program);
	return r;
}

static bool flag(int line, int file)
{
	return line >= 0 ? line != 0 : file > 0;
}

static int64_t number(int64_t line, int64_t file, int64_t fallback)
{
	return line >= 0 ? line : file >= 0 ? file : fallback;
}

void ft_options_settle(struct ft_options *options, const struct ft_pam_defaults *file)
{
	const struct ft_pam_defaults *line = &options->line;

	options->account = line->account != NULL ? line->account : file->account;
	options->auth = line->auth.n > 0 ? &line->auth : file->auth.n > 0 ? &file->auth : NULL;
	options->exempt = line->exempt.n > 0 ? &line->exempt :
			  file->exempt.n > 0 ? &file->exempt :
					       NULL;
	options->strict = !flag(line->permissive, file->permissive);
	options->unmapped =
		(enum ft_unmapped)number(line->unmapped, file->unmapped, FT_UNMAPPED_DENY);
	options->ignore_unknown_user = flag(line->ignore_unknown_user, file->ignore_unknown_user);
	options->no_hint = flag(line->no_hint, file->no_hint);
	options->debug = flag(line->debug, file->debug);
	options->recheck = number(line->recheck, file->recheck, RECHECK_LIFE);
	options->max_offline = number(line->max_offline, file->max_offline, MAX_OFFLINE);
	options->wait = number(line->wait, file->wait, WAIT);
	options->minimum_uid = number(line->minimum_uid, file->minimum_uid, MINIMUM_UID);
	options->maximum_uid = number(line->maximum_uid, file->maximum_uid, MAXIMUM_UID);
}

void ft_options_release(struct ft_options *options)
{
	ft_keys_release(ft_pam_keys, ft_pam_keys_count, &options->line);
	free(options->conf);
}

/* SPDX-License-Identifier: MIT */
/*
 * freshtoken exec ACCOUNT -- COMMAND - for programs that take their token from the environment
 *
 * Only this command puts a secret into an environment, because that is its purpose. COMMAND
 * replaces this process, so its exit status and signals are its own.
 */
#include "config.h"
#include "helper/cli/command.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/core/context.h"

enum { ENV };

#define STANDARD_NAME "FRESHTOKEN_TOKEN"

/* The same as env(1) has. */
#define EXIT_CANNOT_RUN 126
#define EXIT_NOT_FOUND 127

/* These variables make the loader, libc, shells and interpreters find or start other code, or files
 * that they trust. A token in one of them would at best break the command. (One text, because each
 * pointer of a table would be relocated when the program starts.) */
static const char taken[] =
	" PATH HOME SHELL IFS ENV BASH_ENV BASHOPTS SHELLOPTS CDPATH PS4 PROMPT_COMMAND TMPDIR"
	" EDITOR VISUAL PAGER BROWSER"
	" GCONV_PATH GETCONF_DIR GLIBC_TUNABLES HOSTALIASES LOCALDOMAIN LOCPATH NLSPATH"
	" RESOLV_HOST_CONF RES_OPTIONS TZDIR"
	" PYTHONHOME PYTHONPATH PYTHONSTARTUP PERL5LIB PERL5OPT PERLLIB RUBYLIB RUBYOPT"
	" NODE_OPTIONS NODE_PATH CLASSPATH JAVA_TOOL_OPTIONS"
	" GIT_ASKPASS GIT_EXEC_PATH GIT_SSH GIT_SSH_COMMAND SSH_ASKPASS"
	" SSLKEYLOGFILE SSL_CERT_DIR SSL_CERT_FILE ";

static bool valid(const char *name)
{
	size_t len =
		strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789");

	return len > 0 && name[len] == '\0' && !(name[0] >= '0' && name[0] <= '9');
}

static bool is_taken(const char *name)
{
	size_t len = strlen(name);

	if (strncmp(name, "LD_", 3) == 0 || strncmp(name, "MALLOC_", 7) == 0 ||
	    strncmp(name, "XDG_", 4) == 0)
		return true;
	for (const char *at = strstr(taken, name); at != NULL; at = strstr(at + 1, name))
		if (at[-1] == ' ' && at[len] == ' ')
			return true;
	return false;
}

/* Puts the token into the variable. */
static int prepare(const char *account, const char *name)
{
	const struct ft_need need = { .min_lifetime = 0 };
	struct freshtoken_token *token = NULL;
	struct freshtoken *ft = NULL;
	struct ft_error err;
	int r = ft_open_for(&ft, account);

	if (r != FT_EXIT_DONE)
		return r;
	if (ft_context_get(ft, account, &need, FT_PATIENCE_WAIT, &token, &err) != 0)
		r = ft_fail(&err);
	else if (setenv(name, ft_token_access(token), 1) != 0)
		r = ft_fail((ft_error_memory(&err), &err));
	ft_token_free(token);
	ft_context_close(ft);
	return r;
}

static int run(const struct ft_args *args)
{
	const char *name = FT_OPTION_VALUE(args, ENV);

	if (name == NULL)
		name = STANDARD_NAME;
	if (!valid(name))
		return ft_usage(args,
				"--env: \"%s\" is not a valid name of a variable: letters, "
				"digits and \"_\"",
				name);
	if (is_taken(name))
		return ft_usage(args,
				"--env: %s changes how programs find others; take another name",
				name);
	int r = prepare(args->operands[0], name);

	if (r != FT_EXIT_DONE)
		return r;
	(void)execvp(args->rest[0], args->rest);
	int cause = errno;

	ft_say("cannot run %s: %s", args->rest[0], strerror(cause));
	return cause == ENOENT ? EXIT_NOT_FOUND : EXIT_CANNOT_RUN;
}

const struct ft_command ft_command_exec = {
	.name = "exec",
	.operands = "ACCOUNT",
	.min = 1, .max = 1,
	.rest = "COMMAND [ARG...]",
	.summary = "run COMMAND with a good access token in its environment",
	.help =
"Runs COMMAND with an access token of ACCOUNT that is good now in the variable\n"
"FRESHTOKEN_TOKEN, or in NAME. The exit status is COMMAND's; it is 127 where\n"
"COMMAND is not found, and 126 where it cannot be run.\n"
"\n"
"  freshtoken exec work --env API_TOKEN -- ./deploy --all\n"
"\n"
"Your other processes, and root, can read the environment of COMMAND and of what\n"
"it starts. Where it can take the token in another way, prefer that: see\n"
"\"freshtoken token --help\". The token is not renewed while COMMAND runs.\n",
	.options = {
		[ENV] = { "--env NAME", "the variable that gets the token" },
	},
	.run = run,
};

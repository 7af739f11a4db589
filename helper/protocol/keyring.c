/* SPDX-License-Identifier: MIT */
/*
 * freshtoken keyring, and a link "keyring" that a person makes - for pip, uv and others that use
 * the command of Python's keyring
 *  - "get URL USER" prints the password. "--mode=creds get URL" prints user name and password, in
 *    two lines or as JSON. pip and uv use the exit status, and show stderr.
 *  - If there is no token for the URL, the exit status is 1 and nothing is printed, as with
 *    keyring: pip then asks the person.
 *  - set and del change nothing. pip calls set with what a person has typed at its prompt.
 */
#include "config.h"
#include "helper/cli/command.h"

#include <string.h>

#include "helper/protocol/tongue.h"

enum { MODE, OUTPUT };

struct form {
	bool creds, json;
};

static void add_answer(struct ft_buf *answer, const struct form *form, const char *username,
		       const char *password)
{
	if (form->json) {
		ft_buf_adds(answer, "{");
		if (form->creds) {
			ft_buf_adds(answer, "\"username\":");
			ft_output_json(answer, username);
			ft_buf_adds(answer, ",");
		}
		ft_buf_adds(answer, "\"password\":");
		ft_output_json(answer, password);
		ft_buf_adds(answer, "}\n");
		return;
	}
	if (form->creds) {
		ft_buf_adds(answer, username);
		ft_buf_adds(answer, "\n");
	}
	ft_buf_adds(answer, password);
	ft_buf_adds(answer, "\n");
}

static int get(const char *url, const char *user, const struct form *form)
{
	struct ft_buf answer = FT_BUF_INIT(FT_TONGUE_ANSWER_MAX);
	struct ft_tongue tongue = { .account = NULL };
	struct ft_error err;
	int r = ft_tongue_find(&tongue, url, user, &err);
	bool found = r == 0 && tongue.account != NULL;

	if (found)
		r = ft_tongue_get(&tongue, NULL, &err);
	if (found && r == 0) {
		const char *username = ft_token_username(tongue.token);

		add_answer(&answer, form,
			   username != NULL ? username : user != NULL ? user : "oauth2",
			   ft_token_access(tongue.token));
	}
	r = r != 0 ? ft_fail(&err) : found ? ft_output(&answer) : FT_EXIT_FAILED;
	ft_buf_release(&answer);
	ft_tongue_release(&tongue);
	return r;
}

static int keep_nothing(const char *url, const char *user)
{
	struct ft_tongue tongue = { .account = NULL };
	struct ft_error err;
	int r = ft_tongue_find(&tongue, url, user, &err);

	if (r == 0 && tongue.account == NULL)
		r = ft_error_set(&err, FT_CONFIG, "freshtoken does not store passwords, and no "
				"account matches this URL");
	else if (r == 0)
		ft_say("its tokens are those of account %s, so nothing was changed",
		       tongue.account);
	ft_tongue_release(&tongue);
	return r == 0 ? FT_EXIT_DONE : ft_fail(&err);
}

/* Whether the option's value is one of two words, and which of them; NULL means the first. */
static bool is_one_of(const char *value, const char *first, const char *second, bool *ret)
{
	*ret = value != NULL && strcmp(value, second) == 0;
	return value == NULL || *ret || strcmp(value, first) == 0;
}

static int run(const struct ft_args *args)
{
	const char *action = args->operands[0], *url = args->operands[1];
	const char *user = args->n > 2 ? args->operands[2] : NULL;
	struct form form;

	if (!is_one_of(FT_OPTION_VALUE(args, MODE), "password", "creds", &form.creds))
		return ft_usage(args, "--mode is password or creds");
	if (!is_one_of(FT_OPTION_VALUE(args, OUTPUT), "plain", "json", &form.json))
		return ft_usage(args, "--output is plain or json");
	if (strcmp(action, "set") == 0 || strcmp(action, "del") == 0)
		return keep_nothing(url, user);
	if (strcmp(action, "get") != 0)
		return ft_usage(args, "unknown action \"%s\"", action);
	if (user == NULL && !form.creds)
		return ft_usage(args, "USER is missing; without one, say --mode=creds");
	return get(url, user, &form);
}

const struct ft_command ft_command_keyring = {
	.name = "keyring",
	.operands = "ACTION URL [USER]",
	.min = 2, .max = 3,
	.summary = "what pip and uv ask of the keyring command (they call this)",
	.help =
"ACTION is get, set or del. get prints a token as the password for URL and USER;\n"
"set and del change nothing. pip and uv call this by the name keyring: make a\n"
"link of that name to docker-credential-freshtoken, or to freshtoken, and say\n"
"--keyring-provider subprocess.\n",
	.options = {
		[MODE] = { "--mode MODE", "password, or creds: the user name too" },
		[OUTPUT] = { "--output FORM", "plain or json" },
	},
	.run = run,
};

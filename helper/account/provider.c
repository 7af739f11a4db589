/* SPDX-License-Identifier: MIT */
/* freshtoken provider - lists profiles, shows one in full, checks a file */
#include "config.h"
#include "helper/cli/command.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/config/places.h"
#include "lib/provider/profile.h"

enum { JSON };

#define OUTPUT_MAX (4 * 1024 * 1024)

static const char suffix[] = ".conf";

static int show(const struct ft_places *places, const char *name, struct ft_error *err)
{
	struct ft_buf text = FT_BUF_INIT(OUTPUT_MAX);
	struct ft_profile profile;
	int r = ft_profile_find(places, name, &profile, err);

	if (r != 0)
		return r;
	ft_profile_show(&profile, &text);
	ft_profile_release(&profile);
	if (ft_buf_check(&text, "the profile", err) != 0)
		r = err->code;
	else if (ft_output(&text) != FT_EXIT_DONE)
		r = ft_error_set(err, FT_SYSTEM, "cannot write it");
	ft_buf_release(&text);
	return r;
}

/* The name that the file has as a profile. */
static int check(const struct ft_places *places, const char *file, struct ft_error *err)
{
	const char *slash = strrchr(file, '/'), *base = slash != NULL ? slash + 1 : file;
	size_t len = strlen(base), end = sizeof suffix - 1;
	struct ft_profile profile;
	char name[FT_ACCOUNT_NAME_MAX + 1] = "";

	if (len > end && strcmp(base + len - end, suffix) == 0 && len - end < sizeof name)
		memcpy(name, base, len - end);
	if (!ft_account_name_valid(name))
		return ft_error_set(err, FT_CONFIG,
				    "%s: a profile's file is named NAME.conf, with 1 to %d "
				    "letters, digits, \"-\", \"_\" and \".\"",
				    file, FT_ACCOUNT_NAME_MAX);
	int r = ft_profile_parse(places, name, file, NULL, 0, &profile, err);

	if (r == FT_NOT_FOUND)
		return ft_error_errno(err, FT_SYSTEM, ENOENT, "%s", file);
	if (r != 0)
		return r;
	ft_profile_release(&profile);
	ft_say("%s: nothing is wrong", file);
	return 0;
}

static void add_profile(struct ft_buf *buf, const struct ft_profile *profile, bool json, bool first)
{
	const char *description = profile->description != NULL ? profile->description : "";

	if (!json) {
		ft_buf_addf(buf, "%s\t", profile->name);
		ft_output_cell(buf, description, 0, false);
		ft_buf_adds(buf, "\t");
		ft_output_cell(buf, profile->file, 0, false);
		ft_buf_adds(buf, "\n");
		return;
	}
	ft_buf_adds(buf, first ? "{\"provider\":" : ",{\"provider\":");
	ft_output_json(buf, profile->name);
	ft_buf_adds(buf, ",\"description\":");
	ft_output_json(buf, description);
	ft_buf_adds(buf, ",\"file\":");
	ft_output_json(buf, profile->file);
	ft_buf_adds(buf, "}");
}

static int list(const struct ft_places *places, bool json, struct ft_error *err)
{
	struct ft_buf buf = FT_BUF_INIT(OUTPUT_MAX);
	struct ft_strings names = { NULL, 0 };
	int r = ft_profile_names(places, &names, err), wrong = 0;

	ft_buf_adds(&buf, json ? "{\"providers\":[" : "");
	for (size_t i = 0, shown = 0; r == 0 && i < names.n; i++) {
		struct ft_profile profile;
		struct ft_error cause;

		if (ft_profile_find(places, names.list[i], &profile, &cause) != 0) {
			wrong = ft_fail(&cause);
			continue;
		}
		add_profile(&buf, &profile, json, shown++ == 0);
		ft_profile_release(&profile);
	}
	ft_buf_adds(&buf, json ? "]}\n" : "");
	if (r == 0)
		r = ft_buf_check(&buf, "the list", err);
	if (r == 0 && buf.len > 0 && ft_output(&buf) != FT_EXIT_DONE)
		r = ft_error_set(err, FT_SYSTEM, "cannot write it");
	ft_strings_release(&names);
	ft_buf_release(&buf);
	/* The error was reported already. */
	return r == 0 && wrong != 0 ? wrong : r;
}

static int run(const struct ft_args *args)
{
	const char *action = args->n > 0 ? args->operands[0] : "",
		   *what = args->n > 1 ? args->operands[1] : NULL;
	bool lists = strcmp(action, "list") == 0, shows = strcmp(action, "show") == 0,
	     checks = strcmp(action, "check") == 0;
	struct ft_places places;
	struct ft_error err;

	if (args->n == 0)
		return ft_usage(args, "list, show NAME or check FILE is missing");
	if (!lists && !shows && !checks)
		return ft_usage(args, "provider %s: expected list, show NAME or check FILE",
				action);
	if (lists != (what == NULL))
		return ft_usage(args, lists ? "list takes no operand" :
				shows ? "show: the NAME of a profile is missing" :
				"check: the FILE of a profile is missing");
	if (FT_OPTION_GIVEN(args, JSON) && !lists)
		return ft_usage(args, "--json is for list");
	int r = ft_places_from_environment(&places, &err);

	if (r != 0)
		return ft_fail(&err);
	r = lists ? list(&places, FT_OPTION_GIVEN(args, JSON), &err) :
	    shows ? show(&places, what, &err) : check(&places, what, &err);
	ft_places_release(&places);
	return r >= 0 ? r : ft_fail(&err);
}

const struct ft_command ft_command_provider = {
	.name = "provider",
	.operands = "list | show NAME | check FILE",
	.max = 2,
	.summary = "list provider profiles, show one in full, check a file",
	.help =
"list prints a line for each profile: its name, what it is for and its file,\n"
"separated by tabs. show prints the profile NAME as text, with all that it\n"
"extends and what OAuth 2.0 and OpenID Connect say for every service: a file\n"
"that can be changed and used in its place. check reads FILE, whose name is\n"
"NAME.conf, and says what is wrong, with file and line; it contacts no service.\n"
"Exit status 0: nothing is wrong; 1: something is.\n",
	.options = {
		{ "--json", "with list: print one JSON object" },
	},
	.run = run,
};

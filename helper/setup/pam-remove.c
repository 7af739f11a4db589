/* SPDX-License-Identifier: MIT */
/*
 * freshtoken setup pam --remove: removes freshtoken's lines, and nothing else, from PAM's files
 *
 * A line that other lines count is not removed, but reported. Without it a jump ([success=N]) over
 * it, or from it, would end at another line, and might let everybody in, or nobody.
 */
#include "config.h"
#include "helper/setup/setup.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "helper/wiring/pam-stack.h"

#define FOLDER "/etc/pam.d"

struct removal {
	bool apply, failed;
	size_t n;	/* number of freshtoken's lines */
	struct ft_buf out;	/* the text to be shown */
};

/* How many modules a line may jump over: the largest N of [VALUE=N …]. */
static unsigned long jump_of(const char *control)
{
	unsigned long most = 0;

	for (const char *at = strchr(control, '='); at != NULL; at = strchr(at + 1, '=')) {
		const unsigned long n =
			at[1] >= '0' && at[1] <= '9' ? strtoul(at + 1, NULL, 10) : 0;

		most = n > most ? n : most;
	}
	return most;
}

static int type_of(const struct ft_pam_line *line)
{
	static const char *const types[] = { "auth", "account", "session", "password" };
	int i = 0;

	while (i < 3 && strcasecmp(line->words[0], types[i]) != 0)
		i++;
	return i;
}

/* Makes the text without freshtoken's lines. FT_CONFIG: other lines count one of them. */
static int take_out(struct removal *removal, const char *name, const struct ft_buf *text,
		    struct ft_buf *ret, struct ft_error *err)
{
	struct ft_pam_line *line = malloc(sizeof *line);
	unsigned long reach[4] = { 0 };
	unsigned number = 0;
	size_t at = 0, done = 0;
	int r = line == NULL ? ft_error_memory(err) : 0;

	while (r == 0 && ft_pam_line_next(text, &at, &number, line)) {
		const char *type;

		if (line->n < 3 || ft_pam_line_includes(line, &type) != NULL)
			continue;
		unsigned long *left = &reach[type_of(line)];
		const unsigned long jump = jump_of(line->words[1]);

		if (!ft_pam_line_is_ours(line)) {
			*left -= *left > 0;
			*left = jump > *left ? jump : *left;
			continue;
		}
		if (strstr(text->data, "# here are the per-package modules") != NULL)
			r = ft_error_set(err, FT_CONFIG,
					 FOLDER "/%s:%u: pam-auth-update keeps this file; run: "
						"pam-auth-update --remove freshtoken",
					 name, line->number);
		else if (*left > 0 || jump > 0)
			r = ft_error_set(err, FT_CONFIG,
					 FOLDER "/%s:%u: a jump ([success=N]) counts this line; "
						"take it out by hand and correct the number",
					 name, line->number);
		ft_buf_add(ret, text->data + done, line->begin - done);
		ft_buf_addf(&removal->out, FOLDER "/%s:%u: ", name, line->number);
		ft_buf_add(&removal->out, text->data + line->begin, line->end - line->begin);
		done = line->end;
		removal->n++;
	}
	ft_buf_add(ret, text->data + done, text->len - done);
	if (r == 0)
		r = ft_buf_check(ret, name, err);
	free(line);
	return r;
}

static void remove_from(void *context, const char *name)
{
	struct removal *removal = context;
	struct ft_buf text = FT_BUF_INIT(FT_PAM_FILE_MAX), out = FT_BUF_INIT(FT_PAM_FILE_MAX);
	const size_t before = removal->n;
	struct ft_error err;
	int r = ft_pam_file_read(FOLDER, name, &text, &err);

	/* What cannot be read as a file of PAM, such as a folder, does not name the module. */
	if (r == 0) {
		r = take_out(removal, name, &text, &out, &err);
		if (r == 0 && removal->n > before && removal->apply)
			r = ft_pam_file_replace(FOLDER, name, &text, &out, &err);
		if (r != 0) {
			(void)ft_fail(&err);
			removal->failed = true;
		} else if (removal->n > before && removal->apply) {
			ft_say(FOLDER "/%s is changed; what it was is in " FOLDER
				      "/%s" FT_PAM_BACKUP,
			       name, name);
		}
	}
	ft_buf_release(&text);
	ft_buf_release(&out);
}

int ft_setup_pam_remove(bool apply)
{
	struct removal removal = { .apply = apply, .out = FT_BUF_INIT(1024 * 1024) };
	int r = FT_EXIT_DONE;

	if (apply && geteuid() != 0) {
		ft_say("only root can change " FOLDER
		       "; run: sudo freshtoken setup pam --remove --apply");
		return FT_EXIT_FAILED;
	}
	ft_pam_files(FOLDER, remove_from, &removal);
	if (removal.n == 0)
		ft_say("no file in " FOLDER " names the module; no change is needed");
	else
		r = ft_output(&removal.out);
	if (removal.n > 0 && !apply)
		ft_say("nothing is changed yet; to take these lines out: sudo freshtoken setup pam "
		       "--remove --apply");
	ft_buf_release(&removal.out);
	return removal.failed ? FT_EXIT_FAILED : r;
}

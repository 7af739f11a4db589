/* SPDX-License-Identifier: MIT */
/*
 * freshtoken edit - opens a configuration file in the editor, and checks it before it is used
 *
 * The editor gets a copy in the same folder, which only the owner can read. Nothing is locked while
 * a person edits: if the file was changed meanwhile, the copy is kept and named.
 */
#include "config.h"
#include "helper/cli/command.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "helper/account/config-file.h"
#include "helper/cli/terminal.h"
#include "lib/base/moment.h"
#include "lib/base/process.h"
#include "lib/config/inifile.h"
#include "lib/core/context.h"
#include "lib/file/replace.h"

#define PATIENCE_MS 60000

enum { SYSTEM };

struct edit {
	const struct ft_places *places;
	const char *file;
	unsigned line;		/* 0: none */
	bool system;
	char *copy;		/* NULL: none, or not any more */
	struct ft_config_file before;
};

/* Starts the editor with the shell, because its name may have arguments, as git and crontab do. */
static int run_editor(const struct edit *edit, struct ft_error *err)
{
	const char *visual = getenv("VISUAL"), *editor = getenv("EDITOR");
	const char *chosen = visual != NULL && *visual != '\0' ? visual :
			     editor != NULL && *editor != '\0' ? editor : "vi";
	char line[16] = "";
	struct ft_buf command = FT_BUF_INIT(4096);
	const struct sigaction ignore = { .sa_handler = SIG_IGN };
	struct sigaction interrupt, quit;
	int status = 0;
	pid_t pid = 0;

	ft_buf_addf(&command, "%s \"$@\"", chosen);
	if (edit->line > 0)
		(void)snprintf(line, sizeof line, "+%u", edit->line);
	int r = ft_buf_check(&command, "EDITOR", err);
	const char *const argv[] = { "/bin/sh", "-c", command.data, chosen,
				     line[0] != '\0' ? line : edit->copy,
				     line[0] != '\0' ? edit->copy : NULL, NULL };

	/* Ctrl-C and the like are for the editor only. */
	(void)sigaction(SIGINT, &ignore, &interrupt);
	(void)sigaction(SIGQUIT, &ignore, &quit);
	if (r == 0) {
		int cause = ft_process_start(
			&(struct ft_process){ .argv = argv, .n = 3,
					      .fds = { FT_PROCESS_OURS, FT_PROCESS_OURS,
						       FT_PROCESS_OURS } }, &pid);

		if (cause != 0)
			r = ft_error_errno(err, FT_SYSTEM, cause, "cannot start %s", chosen);
	}
	while (r == 0 && waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			r = ft_error_errno(err, FT_SYSTEM, errno, "%s", chosen);
	(void)sigaction(SIGINT, &interrupt, NULL);
	(void)sigaction(SIGQUIT, &quit, NULL);
	if (r == 0 && status != 0)
		r = ft_error_set(err, FT_SYSTEM, "the editor (%.200s) ended with an error; %s is "
				 "left as it is, and the copy that was edited is %s" FT_REMEDY
				 "see that VISUAL or EDITOR names an editor, and edit again",
				 chosen, edit->file, edit->copy);
	ft_buf_release(&command);
	return r;
}

static int make_copy(struct edit *edit, struct ft_error *err)
{
	const char *slash = strrchr(edit->file, '/');

	/* The ending tells editors the syntax; the dot at the beginning keeps conf.d from reading
	 * the copy. */
	if (asprintf(&edit->copy, "%.*s/.edit-XXXXXX.conf", (int)(slash - edit->file),
		     edit->file) < 0) {
		edit->copy = NULL;
		return ft_error_memory(err);
	}
	int fd = mkostemps(edit->copy, 5, O_CLOEXEC);
	int r = 0;

	if (fd < 0) {
		r = ft_error_errno(err, FT_SYSTEM, errno, "cannot write beside %s", edit->file);
		free(edit->copy);
		edit->copy = NULL;
		return r;
	}
	if (ft_write_all(fd, edit->before.text, edit->before.len) != 0)
		r = ft_error_errno(err, FT_SYSTEM, errno, "cannot write %s", edit->copy);
	(void)close(fd);
	return r;
}

/* Checks the text with the reader that all programs use. */
static int check(const struct edit *edit, const char *text, size_t len, struct ft_error *err)
{
	struct ft_accounts accounts = { .n = 0 };
	int r = ft_accounts_try(edit->places, edit->file, text, len, &accounts, err);

	if (r == 0)
		ft_accounts_release(&accounts);
	return r;
}

/* Edits and checks, as long as the person wants to correct the text. */
static int write_text(const struct edit *edit, char **ret, size_t *ret_len, struct ft_error *err)
{
	for (;;) {
		char *text = NULL;
		int r = run_editor(edit, err);

		if (r == 0)
			r = ft_ini_text(edit->copy, &text, ret_len, err);
		if (r == FT_NOT_FOUND)
			r = ft_error_errno(err, FT_SYSTEM, ENOENT, "%s", edit->copy);
		if (r != 0)
			return r;
		r = check(edit, text, *ret_len, err);
		if (r == 0) {
			*ret = text;
			return 0;
		}
		free(text);
		ft_say_error(err);
		if (isatty(STDIN_FILENO) == 0 || !ft_terminal_agrees("Edit it again?"))
			return ft_error_set(err, FT_CONFIG, "%s is left as it is; what you wrote "
					    "is in %s" FT_REMEDY "correct that file until "
					    "\"freshtoken config check\" accepts it, and copy "
					    "it over the other", edit->file, edit->copy);
	}
}

static int replace(struct edit *edit, const char *text, size_t len, struct ft_error *err)
{
	struct ft_config_file file = FT_CONFIG_FILE_INIT;
	struct ft_buf new = FT_BUF_INIT(FT_INI_MAX);
	int r = ft_config_file_open(edit->file, edit->system, ft_monotonic_ms() + PATIENCE_MS,
				    &file, err);

	if (r == 0 && (file.len != edit->before.len ||
		       memcmp(file.text, edit->before.text, file.len) != 0))
		r = ft_error_set(err, FT_BUSY, "%s was changed meanwhile, and is left as it is; "
				 "what you wrote is in %s" FT_REMEDY "compare the two with diff, "
				 "and edit again", edit->file, edit->copy);
	ft_buf_add(&new, text, len);
	if (r == 0)
		r = ft_buf_check(&new, edit->file, err);
	/* Checks once more, with all other files as they are now. */
	if (r == 0)
		r = check(edit, text, len, err);
	if (r == 0)
		r = ft_config_file_commit(&file, &new, err);
	ft_config_file_release(&file);
	ft_buf_release(&new);
	return r;
}

/* The editor opens the copy by its name. If another user owns a folder of the path, as after su
 * with that user's XDG_CONFIG_HOME, that user could lead root's editor to another file. */
static int check_folders(const struct edit *edit, struct ft_error *err)
{
	char *path = strdup(edit->file);
	struct stat st;
	int r = 0;

	if (path == NULL)
		return ft_error_memory(err);
	for (char *slash = strchr(path + 1, '/'); r == 0 && slash != NULL;
	     slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (stat(path, &st) == 0 && st.st_uid != 0)
			r = ft_error_set(err, FT_UNTRUSTED,
					 "%s belongs to uid %lu, and this runs as root" FT_REMEDY
					 "edit it as that user, or unset XDG_CONFIG_HOME for "
					 "root's own file", path, (unsigned long)st.st_uid);
		*slash = '/';
	}
	free(path);
	return r;
}

static int edit_file(struct edit *edit, struct ft_error *err)
{
	char *text = NULL;
	size_t len = 0;
	bool changed = false;
	struct ft_config_file made = FT_CONFIG_FILE_INIT;
	int r = geteuid() == 0 && !edit->system ? check_folders(edit, err) : 0;

	/* Makes the folder, and reports before the editing if the file cannot be written. */
	if (r == 0)
		r = ft_config_file_open(edit->file, edit->system, ft_monotonic_ms() + PATIENCE_MS,
					&made, err);
	ft_config_file_release(&made);
	if (r == 0)
		r = ft_config_file_peek(edit->file, &edit->before, err);
	if (r == 0)
		r = make_copy(edit, err);
	if (r == 0)
		r = write_text(edit, &text, &len, err);
	if (r == 0)
		changed = len != edit->before.len || memcmp(text, edit->before.text, len) != 0;
	if (r == 0 && changed)
		r = replace(edit, text, len, err);
	if (r == 0) {
		(void)unlink(edit->copy);
		ft_say(changed ? "%s is changed" : "%s: nothing is changed", edit->file);
	}
	free(text);
	return r;
}

static int run(const struct ft_args *args)
{
	const char *name = args->n > 0 ? args->operands[0] : NULL;
	const struct ft_account *account = NULL;
	struct edit edit = { .system = FT_OPTION_GIVEN(args, SYSTEM),
			     .before = FT_CONFIG_FILE_INIT };
	struct ft_places places = { .root = NULL };
	struct ft_accounts accounts = { .n = 0 };
	struct ft_error err;
	char *file = NULL;
	int r = ft_places_from_environment(&places, &err);

	if (name != NULL && edit.system)
		return ft_usage(args, "--system is for editing without ACCOUNT");
	/* A file with errors can be edited, too. */
	if (r == 0 && name != NULL)
		r = ft_accounts_load_checked(&places, &accounts, &err);
	if (r == 0 && name != NULL && (account = ft_accounts_find(&accounts, name)) == NULL)
		r = ft_error_set(&err, FT_NOT_FOUND, "there is no account %s" FT_REMEDY
				 "see: freshtoken list", name);
	if (account != NULL)
		edit.system = account->system;
	file = r != 0 ? NULL : account != NULL ? strdup(account->file) :
					 ft_accounts_path(&places, edit.system);
	if (r == 0 && file == NULL)
		r = ft_error_memory(&err);
	if (account != NULL)
		edit.line = account->line;
	edit.places = &places;
	edit.file = file;
	if (r == 0)
		r = edit_file(&edit, &err);
	ft_config_file_release(&edit.before);
	free(edit.copy);
	free(file);
	ft_accounts_release(&accounts);
	ft_places_release(&places);
	return r == 0 ? FT_EXIT_DONE : ft_fail(&err);
}

const struct ft_command ft_command_edit = {
	.name = "edit",
	.operands = "[ACCOUNT]",
	.max = 1,
	.summary = "edit the configuration, checked before it is used",
	.help =
"Opens a copy of your freshtoken.conf in the editor that VISUAL or EDITOR names,\n"
"or in vi. When the editor has ended and the copy has no errors, it replaces the\n"
"file. Otherwise the errors are printed, and at a terminal you are asked whether\n"
"to edit it again; if not, the file stays as it is, and the copy is kept. With\n"
"ACCOUNT it is the file of that account, even the system's, and the editor opens\n"
"it at the line of the account.\n",
	.options = {
		[SYSTEM] = { "--system", "the system's freshtoken.conf, which needs root" },
	},
	.run = run,
};

/* SPDX-License-Identifier: MIT */
/* helper/cli/args.c: command lines, and usage and --help from the same table */
#include "config.h"

#include <check.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "helper/cli/command.h"
#include "tests/unit/unit.h"

enum { ALL, NAME, MATCH };

/* What run saw, in words. */
static struct ft_buf seen = FT_BUF_INIT(4096);

static int run(const struct ft_args *args)
{
	ft_buf_addf(&seen, "%s:", args->program);
	for (size_t i = 0; i < args->n; i++)
		ft_buf_addf(&seen, " %s", args->operands[i]);
	if (FT_OPTION_GIVEN(args, ALL))
		ft_buf_adds(&seen, " all");
	if (FT_OPTION_VALUE(args, NAME) != NULL)
		ft_buf_addf(&seen, " name=%s", FT_OPTION_VALUE(args, NAME));
	for (size_t i = 0; i < args->values[MATCH].n; i++)
		ft_buf_addf(&seen, " match=%s", args->values[MATCH].list[i]);
	if (args->rest != NULL) {
		ft_buf_adds(&seen, " --");
		for (size_t i = 0; i < args->n_rest; i++)
			ft_buf_addf(&seen, " %s", args->rest[i]);
		ck_assert_ptr_null(args->rest[args->n_rest]);
	}
	return 42;
}

static const struct ft_command plain = {
	.name = "plain", .operands = "A [B]", .min = 1, .max = 2, .help = "Help.\n", .run = run,
	.options = {
		[ALL] = { "--all", "everything" },
		[NAME] = { "--name NAME", "what it is called" },
		[MATCH] = { "--match PATTERN...", "what it serves" },
	},
};
static const struct ft_command running = {
	.name = "running", .operands = "A", .min = 1, .max = 1, .rest = "COMMAND [ARG...]",
	.help = "Help.\n", .run = run,
	.options = {
		[ALL] = { "--all", "everything" },
		[NAME] = { "--name NAME", "what it is called" },
	},
};
static const struct ft_command bare = {
	.name = "bare", .operands = "", .help = "Help.\n", .run = run,
};

/* Runs a command line of words with single blanks between them; what it prints to fd goes
 * to `printed`. */
static int run_words(const struct ft_command *command, const char *program, const char *words,
		     int fd, struct ft_buf *printed)
{
	char *copy = strdup(words), *argv[32], *word = strtok(copy, " ");
	int argc = 0, saved = dup(fd), file = memfd_create("printed", 0);

	for (; word != NULL; word = strtok(NULL, " "))
		argv[argc++] = strcmp(word, "''") == 0 ? word + 2 : word;
	argv[argc] = NULL;
	ft_buf_clear(&seen);
	ft_buf_add(&seen, "", 0);
	ck_assert_int_ge(dup2(file, fd), 0);
	int status = ft_args_run(command, program, argc, argv);

	ck_assert_int_ge(dup2(saved, fd), 0);
	ck_assert_int_eq(lseek(file, 0, SEEK_SET), 0);
	ft_buf_add(printed, "", 0);
	ck_assert_int_eq(ft_buf_read(printed, file), 0);
	close(file);
	close(saved);
	free(copy);
	return status;
}

START_TEST(taken_apart)
{
	static const struct {
		const struct ft_command *command;
		const char *words, *expected;
	} table[] = {
		{ &plain, "a", "freshtoken: a" },
		{ &plain, "a b", "freshtoken: a b" },
		{ &plain, "--all a b", "freshtoken: a b all" },
		{ &plain, "a --all --all", "freshtoken: a all" },
		{ &plain, "a --name x b", "freshtoken: a b name=x" },
		{ &plain, "--name=x a b", "freshtoken: a b name=x" },
		{ &plain, "--name=x=y a", "freshtoken: a name=x=y" },
		{ &plain, "--name --all a", "freshtoken: a name=--all" },
		{ &plain, "--name -- a", "freshtoken: a name=--" },
		{ &plain, "--match 1 a --match=2 --match 3",
		  "freshtoken: a match=1 match=2 match=3" },
		{ &plain, "- a", "freshtoken: - a" },
		{ &plain, "-- --all --", "freshtoken: --all --" },
		{ &plain, "a -- --name", "freshtoken: a --name" },
		{ &running, "a -- c", "freshtoken: a -- c" },
		{ &running, "a --all -- c --name --help -- --version",
		  "freshtoken: a all -- c --name --help -- --version" },
		{ &running, "--name x a -- ''", "freshtoken: a name=x -- " },
		{ &bare, "", "freshtoken:" },
	};

	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct ft_buf printed = FT_BUF_INIT(65536);

		ck_assert_int_eq(run_words(table[i].command, NULL, table[i].words, 2, &printed),
				 42);
		ck_assert_str_eq(seen.data, table[i].expected);
		ck_assert_str_eq(printed.data, "");
		ft_buf_release(&printed);
	}
	ft_buf_release(&seen);
}
END_TEST

START_TEST(refused)
{
	static const struct {
		const struct ft_command *command;
		const char *words, *expected;
	} table[] = {
		{ &plain, "", "A is missing; usage: link A [B] [--all]" },
		{ &plain, "a b c", "there is one argument too many;" },
		{ &plain, "--al a", "unknown option \"--al\";" },
		{ &plain, "--alle a", "unknown option \"--alle\";" },
		{ &plain, "-a a", "unknown option \"-a\";" },
		{ &plain, "--all=yes a", "--all takes no value;" },
		{ &plain, "a --name", "--name needs a value;" },
		{ &plain, "a --name=", "--name needs a value;" },
		{ &plain, "a --name ''", "--name needs a value;" },
		{ &plain, "a --match", "--match needs a value;" },
		{ &plain, "a --name x --name=y", "--name is given twice;" },
		{ &plain, "a --name=x --match=y --nam=z", "unknown option \"--nam\";" },
		{ &plain, "a -- b c", "there is one argument too many;" },
		{ &running, "a",
		  "COMMAND after -- is missing; usage: link A [--all] [--name NAME] -- COMMAND "
		  "[ARG...]" },
		{ &running, "a --", "COMMAND after -- is missing;" },
		{ &running, "-- c", "A is missing;" },
		{ &running, "a b -- c",
		  "there is one argument too many, unless \"--\" is before it;" },
		{ &running, "a b",
		  "there is one argument too many, unless \"--\" is before it;" },
		{ &bare, "x", "there is one argument too many; usage: link\n" },
	};

	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct ft_buf printed = FT_BUF_INIT(65536);

		ck_assert_int_eq(run_words(table[i].command, "link", table[i].words, 2, &printed),
				 FT_EXIT_USAGE);
		ck_assert_str_eq(seen.data, "");
		ck_assert_msg(strncmp(printed.data, "freshtoken: ", 12) == 0 &&
				      strncmp(printed.data + 12, table[i].expected,
					      strlen(table[i].expected)) == 0,
			      "%s", printed.data);
		ft_buf_release(&printed);
	}
	ft_buf_release(&seen);
}
END_TEST

START_TEST(shown)
{
	static const struct {
		const struct ft_command *command;
		const char *help;
	} table[] = {
		{ &plain,
		  "usage: freshtoken plain A [B] [--all] [--name NAME] [--match PATTERN]...\n"
		  "\nHelp.\n\n"
		  "  --all            everything\n"
		  "  --name NAME      what it is called\n"
		  "  --match PATTERN  what it serves\n"
		  "  --help           print this\n" },
		{ &running,
		  "usage: freshtoken running A [--all] [--name NAME] -- COMMAND [ARG...]\n"
		  "\nHelp.\n\n"
		  "  --all        everything\n"
		  "  --name NAME  what it is called\n"
		  "  --help       print this\n" },
		{ &bare, "usage: freshtoken bare\n\nHelp.\n\n  --help    print this\n" },
	};

	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct ft_buf printed = FT_BUF_INIT(65536);

		ck_assert_int_eq(
			run_words(table[i].command, NULL, "--nonsense --help", 1, &printed),
			FT_EXIT_DONE);
		ck_assert_str_eq(printed.data, table[i].help);
		ft_buf_release(&printed);
	}
	ft_buf_release(&seen);
}
END_TEST

START_TEST(broken_into_lines)
{
	static const struct ft_command wide = {
		.name = "wide", .operands = "ACCOUNT", .rest = "COMMAND",
		.options = {
			{ "--first VALUE", "" }, { "--second VALUE...", "" }, { "--third-one VALUE", "" },
			{ "--d", "" },
		},
	};
	struct ft_command narrow = { .name = "n", .operands = "A" };
	struct ft_buf buf = FT_BUF_INIT(4096);
	char name[64];

	ft_args_usage(&buf, "  ", "freshtoken", &wide);
	ck_assert_str_eq(buf.data, "  freshtoken wide ACCOUNT [--first VALUE] [--second VALUE]...\n"
			 "      [--third-one VALUE] [--d] -- COMMAND\n");
	/* 79 columns, and one more. */
	memset(name, '-', sizeof name);
	name[62] = '\0';
	narrow.options[0].name = name;
	ft_buf_clear(&buf);
	ft_args_usage(&buf, "", "freshtoken", &narrow);
	ck_assert_ptr_eq(strchr(buf.data, '\n'), buf.data + 79);
	ck_assert_uint_eq(buf.len, 80);
	name[62] = '-';
	name[63] = '\0';
	ft_buf_clear(&buf);
	ft_args_usage(&buf, "", "freshtoken", &narrow);
	ck_assert_int_eq(strncmp(buf.data, "freshtoken n A\n    [--", 22), 0);
	ft_buf_release(&buf);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = { taken_apart, refused, shown, broken_into_lines, NULL };

	return unit_run("args", tests);
}

/* SPDX-License-Identifier: MIT */
/* args.c - parses command lines by the tables that usage and --help are made from */
#include "config.h"
#include "helper/cli/command.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COLUMN 10	/* the column of the options' texts, if the names leave room */
#define COLUMNS 79	/* the width of a line of help */

static size_t n_options(const struct ft_command *command)
{
	size_t n = 0;

	while (n < FT_OPTIONS_MAX && command->options[n].name != NULL)
		n++;
	return n;
}

/* The length of "--match" in "--match PATTERN...". */
static size_t name_length(const struct ft_option *option)
{
	return strcspn(option->name, " ");
}

static bool takes_value(const struct ft_option *option)
{
	return option->name[name_length(option)] == ' ';
}

/* The length of a name without "...", which means that the option may be repeated. */
static size_t shown_length(const struct ft_option *option)
{
	size_t len = strlen(option->name);

	return len > 3 && strcmp(option->name + len - 3, "...") == 0 ? len - 3 : len;
}

/* "freshtoken status [ACCOUNT] [--json]" */
static void add_synopsis(struct ft_buf *buf, const char *program, const struct ft_command *command)
{
	ft_buf_adds(buf, program);
	if (strcmp(program, "freshtoken") == 0)
		ft_buf_addf(buf, " %s", command->name);
	if (command->operands[0] != '\0')
		ft_buf_addf(buf, " %s", command->operands);
	for (size_t i = 0; i < n_options(command); i++) {
		const struct ft_option *option = &command->options[i];
		size_t shown = shown_length(option);

		ft_buf_addf(buf, " [%.*s]%s", (int)shown, option->name, option->name + shown);
	}
	if (command->rest != NULL)
		ft_buf_addf(buf, " -- %s", command->rest);
}

/* Whether the synopsis may be broken here: before an option, or before "-- COMMAND". */
static size_t until_break(const char *text)
{
	size_t len = 0;

	do
		len++;
	while (text[len] != '\0' && strncmp(text + len, " [", 2) != 0 &&
	       strncmp(text + len, " -- ", 4) != 0);
	return len;
}

void ft_args_usage(struct ft_buf *buf, const char *before, const char *program,
		   const struct ft_command *command)
{
	struct ft_buf line = FT_BUF_INIT(1024);
	size_t column = strlen(before), len;

	add_synopsis(&line, program, command);
	ft_buf_adds(buf, before);
	for (const char *rest = line.data; line.failed == 0 && *rest != '\0'; rest += len) {
		len = until_break(rest);
		if (*rest == ' ' && column + len > COLUMNS) {
			/* Continuation lines are indented by four more columns: the fourth blank is
			 * the one before the option. */
			column = strlen(before) + 3;
			ft_buf_addf(buf, "\n%*s", (int)column, "");
		}
		ft_buf_add(buf, rest, len);
		column += len;
	}
	ft_buf_adds(buf, "\n");
	ft_buf_release(&line);
}

int ft_args_version(void)
{
	struct ft_buf buf = FT_BUF_INIT(256);

	ft_buf_adds(&buf, "freshtoken " PACKAGE_VERSION "\n");
	int r = ft_output(&buf);

	ft_buf_release(&buf);
	return r;
}

int ft_args_help(const struct ft_args *args)
{
	struct ft_buf buf = FT_BUF_INIT(16384);
	const struct ft_command *command = args->command;
	size_t column = COLUMN;

	for (size_t i = 0; i < n_options(command); i++) {
		size_t needed = shown_length(&command->options[i]) + 2;

		column = needed > column ? needed : column;
	}
	ft_args_usage(&buf, "usage: ", args->program, command);
	ft_buf_addf(&buf, "\n%s\n", command->help);
	for (size_t i = 0; i < n_options(command); i++) {
		const struct ft_option *option = &command->options[i];

		ft_buf_addf(&buf, "  %-*.*s%s\n", (int)column, (int)shown_length(option),
			    option->name, option->text);
	}
	ft_buf_addf(&buf, "  %-*sprint this\n", (int)column, "--help");
	int r = ft_output(&buf);

	ft_buf_release(&buf);
	return r;
}

int ft_usage(const struct ft_args *args, const char *format, ...)
{
	struct ft_buf buf = FT_BUF_INIT(1024);
	char text[512];
	va_list list;

	va_start(list, format);
	(void)vsnprintf(text, sizeof text, format, list);
	va_end(list);
	add_synopsis(&buf, args->program, args->command);
	ft_say("%s; usage: %s", text, ft_buf_check(&buf, "usage", NULL) == 0 ? buf.data : "");
	ft_buf_release(&buf);
	return FT_EXIT_USAGE;
}

static int add_value(struct ft_args *args, size_t option, const char *value, size_t room)
{
	const char ***list = &args->values[option].list;

	if (*list == NULL)
		*list = calloc(room, sizeof **list);
	if (*list == NULL) {
		ft_say("out of memory");
		return FT_EXIT_FAILED;
	}
	(*list)[args->values[option].n++] = value;
	return FT_EXIT_DONE;
}

/* Takes the option argv[*i], and its value, which may be the next argument. */
static int parse_option(struct ft_args *args, int argc, char **argv, int *i)
{
	const struct ft_option *options = args->command->options;
	const char *text = argv[*i];
	size_t o = 0, n = n_options(args->command), len = strcspn(text, "=");

	while (o < n &&
	       (name_length(&options[o]) != len || memcmp(options[o].name, text, len) != 0))
		o++;
	if (o == n)
		return ft_usage(args, "unknown option \"%.*s\"", (int)len, text);
	const char *value = text[len] == '=' ? text + len + 1 : NULL;
	int name = (int)len;

	if (!takes_value(&options[o])) {
		args->options |= 1u << o;
		return value == NULL ? FT_EXIT_DONE :
				       ft_usage(args, "%.*s takes no value", name, text);
	}
	if (FT_OPTION_GIVEN(args, o) && shown_length(&options[o]) == strlen(options[o].name))
		return ft_usage(args, "%.*s is given twice", name, text);
	args->options |= 1u << o;
	if (value == NULL && *i + 1 < argc)
		value = argv[++*i];
	if (value == NULL || value[0] == '\0')
		return ft_usage(args, "%.*s needs a value", name, text);
	return add_value(args, o, value, (size_t)argc);
}

/* The first missing operand, by its name in the usage. */
static int missing(const struct ft_args *args)
{
	const char *word = args->command->operands;

	for (size_t i = 0; i < args->n; i++)
		word += strcspn(word, " ") + (word[strcspn(word, " ")] == ' ');
	return ft_usage(args, "%.*s is missing", (int)strcspn(word, " "), word);
}

/* Takes the options out of argv, so that the operands are left. */
static int parse(struct ft_args *args, int argc, char **argv)
{
	const struct ft_command *command = args->command;
	bool only_operands = false;

	for (int i = 0; i < argc; i++) {
		if (only_operands || argv[i][0] != '-' || argv[i][1] == '\0') {
			argv[args->n++] = argv[i];
		} else if (strcmp(argv[i], "--") == 0 && command->rest != NULL) {
			args->rest = argv + i + 1;
			args->n_rest = (size_t)(argc - i - 1);
			break;
		} else if (strcmp(argv[i], "--") == 0) {
			only_operands = true;
		} else {
			int r = parse_option(args, argc, argv, &i);

			if (r != FT_EXIT_DONE)
				return r;
		}
	}
	/* None is shown: people may have written a token after --token, before or after ACCOUNT. */
	if (args->n > command->max)
		return ft_usage(args, "there is one argument too many%s",
				command->rest != NULL ? ", unless \"--\" is before it" : "");
	if (args->n < command->min)
		return missing(args);
	if (command->rest != NULL && args->n_rest == 0)
		return ft_usage(args, "%.*s after -- is missing", (int)strcspn(command->rest, " "),
				command->rest);
	return FT_EXIT_DONE;
}

const struct ft_command *ft_link_find(const struct ft_link *links, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++) {
		size_t len = strlen(links[i].name);
		bool goes_on = links[i].name[len - 1] == '-';

		if (strncmp(name, links[i].name, len) == 0 && (name[len] != '\0') == goes_on)
			return links[i].command;
	}
	return NULL;
}

int ft_args_run(const struct ft_command *command, const char *program, int argc, char **argv)
{
	struct ft_args args = { .command = command, .program = program, .operands = argv };

	if (program == NULL)
		args.program = "freshtoken";
	if (command->raw) {
		args.n = (size_t)argc;
		return command->run(&args);
	}
	for (int i = 0; i < argc && strcmp(argv[i], "--") != 0; i++) {
		if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
			return ft_args_help(&args);
		if (strcmp(argv[i], "--version") == 0)
			return ft_args_version();
	}
	int r = parse(&args, argc, argv);

	if (r == FT_EXIT_DONE)
		r = command->run(&args);
	for (size_t i = 0; i < FT_OPTIONS_MAX; i++)
		free(args.values[i].list);
	return r;
}

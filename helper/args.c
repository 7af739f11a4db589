/* Command lines, taken apart by the same tables that usage and --help show. */
#include "config.h"
#include "helper.h"

#include <stdio.h>
#include <string.h>

static size_t n_options(const struct ft_command *command)
{
	size_t n = 0;

	while (n < FT_OPTIONS_MAX && command->options[n].name != NULL)
		n++;
	return n;
}

void ft_args_synopsis(struct ft_buf *buf, const char *program, const struct ft_command *command)
{
	ft_buf_adds(buf, program);
	if (strcmp(program, "freshtoken") == 0)
		ft_buf_addf(buf, " %s", command->name);
	ft_buf_addf(buf, " %s", command->operands);
	for (size_t i = 0; i < n_options(command); i++)
		ft_buf_addf(buf, " [%s]", command->options[i].name);
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

	ft_buf_adds(&buf, "usage: ");
	ft_args_synopsis(&buf, args->program, command);
	ft_buf_addf(&buf, "\n\n%s\n", command->help);
	for (size_t i = 0; i < n_options(command); i++)
		ft_buf_addf(&buf, "  %-10s%s\n", command->options[i].name, command->options[i].text);
	ft_buf_adds(&buf, "  --help    print this\n");
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
	ft_args_synopsis(&buf, args->program, args->command);
	ft_say("%s; usage: %s", text, ft_buf_check(&buf, "usage", NULL) == 0 ? buf.data : "");
	ft_buf_release(&buf);
	return FT_EXIT_USAGE;
}

/* Takes the options out, and leaves the operands in argv. */
static int parse(struct ft_args *args, int argc, char **argv)
{
	const struct ft_command *command = args->command;
	bool only_operands = false;

	for (int i = 0; i < argc; i++) {
		size_t o = 0, n = n_options(command);

		if (only_operands || argv[i][0] != '-' || argv[i][1] == '\0') {
			argv[args->n++] = argv[i];
			continue;
		}
		if (strcmp(argv[i], "--") == 0) {
			only_operands = true;
			continue;
		}
		while (o < n && strcmp(argv[i], command->options[o].name) != 0)
			o++;
		if (o == n)
			return ft_usage(args, "unknown option \"%s\"", argv[i]);
		args->options |= 1u << o;
	}
	if (args->n < command->min)
		return ft_usage(args, "something is missing");
	if (args->n > command->max)
		return ft_usage(args, "what is \"%s\" for?", args->operands[command->max]);
	return FT_EXIT_DONE;
}

int ft_args_run(const struct ft_command *command, const char *program, int argc, char **argv)
{
	struct ft_args args = { command, program, 0, argv, 0 };

	if (program == NULL)
		args.program = "freshtoken";
	if (command->raw) {
		args.n = (size_t)argc;
		return command->run(&args);
	}
	for (int i = 0; i < argc && strcmp(argv[i], "--") != 0; i++) {
		if (strcmp(argv[i], "--help") == 0)
			return ft_args_help(&args);
		if (strcmp(argv[i], "--version") == 0)
			return ft_args_version();
	}
	int r = parse(&args, argc, argv);

	return r == FT_EXIT_DONE ? command->run(&args) : r;
}

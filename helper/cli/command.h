/* SPDX-License-Identifier: MIT */
/*
 * command.h - what the commands of freshtoken share
 *
 * A command is one file with one struct ft_command. main.c has the table of
 * them; usage, --help and the manual page's test are made from it.
 */
#ifndef FT_HELPER_H
#define FT_HELPER_H

#include <stdbool.h>
#include <stddef.h>
#include "lib/base/buffer.h"
#include "lib/base/error.h"

/* Exit statuses; freshtoken(1) describes them. */
enum ft_exit {
	FT_EXIT_DONE = 0,
	FT_EXIT_FAILED = 1,
	FT_EXIT_USAGE = 2,
	FT_EXIT_NO_ACCOUNT = 3,
	FT_EXIT_LOGIN = 4,
	FT_EXIT_TEMPORARY = 5
};
int ft_exit_status(int code);

#define FT_OPTIONS_MAX 16

struct ft_option {
	const char
		*name; /* "--json"; with a value "--env NAME"; repeated "--match PATTERN..." */
	const char *text;	/* what it does, one line */
};

struct ft_command;
struct freshtoken;
struct freshtoken_token;

/* A command line that was parsed. */
struct ft_args {
	const struct ft_command *command;
	const char *program;	/* "freshtoken", or the name of the link */
	unsigned options;	/* bit i: options[i] was given */
	struct {
		const char **list;
		size_t n;
	} values[FT_OPTIONS_MAX];	/* of options[i], in the order of the command line */
	char **operands;
	size_t n;
	char **rest;		/* after "--", ends with NULL; if the command takes that */
	size_t n_rest;
};
#define FT_OPTION_GIVEN(args, i) (((args)->options >> (i) & 1u) != 0)
/* The value of an option that is given once; NULL without it. Never empty. */
#define FT_OPTION_VALUE(args, i) ((args)->values[i].n > 0 ? (args)->values[i].list[0] : NULL)

struct ft_command {
	const char *name;
	const char *operands;	/* as the usage shows them */
	size_t min, max;	/* the number of operands */
	const char *rest;	/* what comes after "--", as the usage shows it; NULL: operands */
	bool raw;		/* takes its arguments as they are, without options of freshtoken */
	const char *summary;	/* one line, no full stop */
	const char *help;	/* paragraphs, wrapped at 78 columns; ends with LF */
	struct ft_option options[FT_OPTIONS_MAX];
	int (*run)(const struct ft_args *args);	/* returns an exit status */
};

/* A name by which other programs call freshtoken, and the protocol for it. A name that ends with
 * "-" may continue in any way that its command accepts. */
struct ft_link {
	const char *name;
	const struct ft_command *command;
};
/* The command for a program's name; NULL: it is not the name of a link. */
const struct ft_command *ft_link_find(const struct ft_link *links, size_t n, const char *name);

/* Parses the arguments and runs the command. program NULL: the command was called by its own name.
 */
int ft_args_run(const struct ft_command *command, const char *program, int argc, char **argv);
/* Adds the usage, for printing after "usage: "; its lines have at most 79 columns, and it ends with
 * LF. */
void ft_args_usage(struct ft_buf *buf, const char *before, const char *program,
		   const struct ft_command *command);
int ft_args_help(const struct ft_args *args);
int ft_args_version(void);

/* Prints "freshtoken: …" on stderr, always in one line. */
void ft_say(const char *format, ...) FT_PRINTF(1, 2);
/* Likewise an error, with all of its parts. */
void ft_say_error(const struct ft_error *err);
/* Likewise, for an error that ends the command. Returns the exit status for its code. */
int ft_fail(const struct ft_error *err);
/* Prints "account work: WHAT as alice; its token is good for 59 min" on stderr. */
void ft_tell(struct freshtoken *ft, const char *account, const char *what);
/* Prints, on a terminal and at most once a day, that the sign-in of a token ends soon. */
void ft_tell_end(struct freshtoken *ft, const struct freshtoken_token *token);
/* Prints the error, and then the usage. Returns FT_EXIT_USAGE. */
int ft_usage(const struct ft_args *args, const char *format, ...) FT_PRINTF(2, 3);

/* Writes the whole buffer to stdout at once. FT_EXIT_DONE, or FT_EXIT_FAILED after an error
 * message. */
int ft_output(const struct ft_buf *buf);
/* A JSON string with its quotes (RFC 8259 section 7); bytes that are not UTF-8 become U+FFFD. */
void ft_output_json(struct ft_buf *buf, const char *string);
/* Adds a point in time as RFC 3339 has it, in UTC. */
void ft_output_time(struct ft_buf *buf, int64_t seconds);
/* Adds "59 min": a duration for people, rounded down. */
void ft_output_duration(struct ft_buf *buf, int64_t seconds);
/* About how many columns of a terminal a text takes. */
size_t ft_output_columns(const char *text);
/* Adds a text for a table: "-" if it is empty, "?" for control bytes; cut at `width` columns (0:
 * never), or filled up to them. */
void ft_output_cell(struct ft_buf *buf, const char *text, size_t width, bool pad);
/* Adds a text, broken at blanks, each line after `indent` blanks and within `width` columns; ends
 * with LF. */
void ft_output_wrapped(struct ft_buf *buf, const char *text, size_t indent, size_t width);

/* Opens the context, or returns FT_EXIT_… after an error message. Errors in the user's file are
 * fatal, since the command is about to write after reading it. */
int ft_open(struct freshtoken **ret);
/* Likewise, but errors are printed, and only make their accounts unusable. The command itself
 * prints the errors of `account`; NULL: all are printed here. */
int ft_open_for(struct freshtoken **ret, const char *account);
/* Likewise, for a command that shows each account's errors itself. */
int ft_open_each(struct freshtoken **ret);

/* FT_EXIT_FAILED if the user's file has errors that are of no account: then nobody knows which
 * accounts there are. Else FT_EXIT_DONE. */
int ft_all_known(const struct freshtoken *ft);

/* Prints the errors of the user's file: those of accounts too, except of this one; NULL: only those
 * of no account. */
void ft_say_problems(const struct freshtoken *ft, bool of_accounts, const char *but);

#endif

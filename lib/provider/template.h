/* SPDX-License-Identifier: MIT */
/*
 * template.h - ${x}, ${x?} and $$ in a profile's requests
 *
 * ${x}: it is an error if x is unset. ${x?}: if x is unset, the pair, header, member or item around
 * it is dropped. $$ is one $. Any other $ and an unknown name are errors when a profile is loaded.
 * Values are never expanded again.
 */
#ifndef FT_TEMPLATE_H
#define FT_TEMPLATE_H

#include <stdbool.h>
#include "lib/base/buffer.h"
#include "lib/config/account.h"

enum ft_variable {
	FT_VARIABLE_REFRESH_TOKEN,
	FT_VARIABLE_ACCESS_TOKEN,
	FT_VARIABLE_USERNAME,
	FT_VARIABLE_PASSWORD,
	FT_VARIABLE_CLIENT_ID,
	FT_VARIABLE_CLIENT_SECRET,
	FT_VARIABLE_SCOPE,
	FT_VARIABLE_RESOURCE,
	FT_VARIABLE_AUDIENCE,
	FT_VARIABLE_EVERYWHERE,	/* those below are known only in some requests */
	FT_VARIABLE_TOKEN = FT_VARIABLE_EVERYWHERE,
	FT_VARIABLE_SOURCE,
	FT_VARIABLE_SOURCE_TYPE,
	FT_VARIABLE_JWT,
	FT_VARIABLE_TOKEN_TYPE_HINT,
	FT_VARIABLE_DEVICE_CODE,
	FT_VARIABLE_CODE,
	FT_VARIABLE_REDIRECT_URI,
	FT_VARIABLE_CODE_VERIFIER,
	FT_VARIABLE_CODE_CHALLENGE,
	FT_VARIABLE_STATE,
	FT_VARIABLE_NONCE,
	FT_VARIABLE_PROMPT,
	FT_VARIABLE_DEVICE_GRANT,
	FT_VARIABLE_PERSON,
	FT_VARIABLE_COUNT /* and param.NAME, which the account holds */
};

/* The values of the variables; data is NULL for an unset one. Nothing here is owned. */
struct ft_scope {
	const struct ft_account *account;
	struct {
		const char *data;
		size_t len;
	} value[FT_VARIABLE_COUNT];
};

/* A piece of a template: literal text, or a variable. */
struct ft_piece {
	const char *text;	/* literal text; NULL for a variable */
	size_t len;
	enum ft_variable variable;	/* FT_VARIABLE_COUNT: the parameter … */
	const char *name;		/* … of this name; for others too */
	size_t name_len;
	bool optional;
};

/* The piece at *pos, which moves past it. 1, 0 at the end, FT_CONFIG. */
int ft_template_next(const char **pos, struct ft_piece *ret, struct ft_error *err);

/* Whether a template can be expanded. FT_CONFIG with what is wrong. */
int ft_template_check(const char *text, struct ft_error *err);
/* Whether a valid template has this variable. */
bool ft_template_uses(const char *text, enum ft_variable variable);
/* Whether it has it as ${x}, not ${x?}. */
bool ft_template_needs(const char *text, enum ft_variable variable);
extern const char *const ft_variable_names[FT_VARIABLE_COUNT];

#define FT_TEMPLATE_DROP 1

/* Appends one piece, literal text and values in the given escapes. 0,
 * FT_TEMPLATE_DROP (nothing was appended), FT_CONFIG "${x}: why; remedy". */
int ft_template_add(const struct ft_piece *piece, const struct ft_scope *scope,
		    const char *(*literal)(struct ft_buf *, const char *, size_t),
		    const char *(*value)(struct ft_buf *, const char *, size_t),
		    struct ft_buf *out, struct ft_error *err);

/* All pieces. FT_TEMPLATE_DROP leaves the buffer as it was. */
int ft_template_expand(const char *text, const struct ft_scope *scope,
		       const char *(*literal)(struct ft_buf *, const char *, size_t),
		       const char *(*value)(struct ft_buf *, const char *, size_t),
		       struct ft_buf *out, struct ft_error *err);

#endif

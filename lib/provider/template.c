/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "lib/provider/template.h"

#include <string.h>

const char *const ft_variable_names[FT_VARIABLE_COUNT] = {
	"refresh_token", "access_token", "username", "password", "client_id", "client_secret",
	"scope", "resource", "audience",
	/* known only in some requests */
	"token", "source", "source_type", "jwt", "token_type_hint", "device_code", "code",
	"redirect_uri", "code_verifier", "code_challenge", "state", "nonce", "prompt",
	"device_grant", "person",
};

static const char param[] = "param.";

static bool is_special(const struct ft_piece *piece)
{
	return piece->text == NULL && piece->variable >= FT_VARIABLE_EVERYWHERE &&
	       piece->variable < FT_VARIABLE_COUNT;
}

static int parse_variable(const char **pos, struct ft_piece *piece, struct ft_error *err)
{
	const char *name = *pos + 2, *close = strchr(name, '}');
	size_t len = close != NULL ? (size_t)(close - name) : 0;

	if (close == NULL)
		return ft_error_set(err, FT_CONFIG, "\"${\" without its \"}\"");
	*pos = close + 1;
	piece->optional = len > 0 && name[len - 1] == '?';
	len -= piece->optional;
	piece->name = name;
	piece->name_len = len;
	for (unsigned i = 0; i < FT_VARIABLE_COUNT; i++)
		if (strlen(ft_variable_names[i]) == len &&
		    memcmp(ft_variable_names[i], name, len) == 0) {
			piece->variable = (enum ft_variable)i;
			return 1;
		}
	char parameter[FT_ACCOUNT_NAME_MAX + 1] = "";
	size_t prefix = sizeof param - 1;

	if (len > prefix && len - prefix < sizeof parameter && memcmp(name, param, prefix) == 0) {
		memcpy(parameter, name + prefix, len - prefix);
		if (ft_account_name_valid(parameter)) {
			piece->variable = FT_VARIABLE_COUNT;
			return 1;
		}
	}
	char unknown[64] = "";

	memcpy(unknown, name, len < sizeof unknown ? len : sizeof unknown - 1);
	return ft_unknown("variable", unknown, ft_variable_names,
			  FT_VARIABLE_COUNT, err);
}

int ft_template_next(const char **pos, struct ft_piece *ret, struct ft_error *err)
{
	struct ft_piece piece = { .text = *pos };

	if (**pos == '\0')
		return 0;
	if (**pos != '$') {
		piece.len = strcspn(*pos, "$");
		*pos += piece.len;
	} else if ((*pos)[1] == '$') {
		piece.len = 1;
		*pos += 2;
	} else if ((*pos)[1] == '{') {
		int r;

		piece.text = NULL;
		r = parse_variable(pos, &piece, err);
		if (r < 0)
			return r;
	} else {
		return ft_error_set(err, FT_CONFIG, "a lone \"$\"" FT_REMEDY
						"write \"$$\" for one");
	}
	*ret = piece;
	return 1;
}

int ft_template_check(const char *text, struct ft_error *err)
{
	struct ft_piece piece;
	int r;

	while ((r = ft_template_next(&text, &piece, err)) > 0)
		continue;
	return r;
}

bool ft_template_uses(const char *text, enum ft_variable variable)
{
	struct ft_piece piece;

	while (ft_template_next(&text, &piece, NULL) > 0)
		if (piece.text == NULL && piece.variable == variable)
			return true;
	return false;
}

bool ft_template_needs(const char *text, enum ft_variable variable)
{
	struct ft_piece piece;

	while (ft_template_next(&text, &piece, NULL) > 0)
		if (piece.text == NULL && piece.variable == variable && !piece.optional)
			return true;
	return false;
}

static const char *find_param(const struct ft_account *account, const char *name, size_t len)
{
	for (size_t i = 0; i < account->n_params; i++)
		if (strlen(account->params[i].name) == len &&
		    memcmp(account->params[i].name, name, len) == 0)
			return account->params[i].value;
	return NULL;
}

static int unset(const struct ft_piece *piece, const struct ft_account *asked, struct ft_error *err)
{
	const char *account = asked->name,
		   *file = asked->file != NULL ? asked->file : "freshtoken.conf";
	int len = (int)piece->name_len;

	if (piece->variable == FT_VARIABLE_REFRESH_TOKEN)
		return ft_error_set(err, FT_CONFIG, "${refresh_token} is not known" FT_REMEDY
				    "run: freshtoken login %s", account);
	if (piece->variable == FT_VARIABLE_ACCESS_TOKEN)
		return ft_error_set(err, FT_CONFIG,
				    "${access_token} is not known" FT_REMEDY
				    "sign in with both tokens: "
				    "freshtoken login %s --token",
				    account);
	if (piece->variable <= FT_VARIABLE_PASSWORD || is_special(piece))
		return ft_error_set(err, FT_CONFIG, "${%.*s} is not known in this request",
				    len, piece->name);
	if (piece->variable == FT_VARIABLE_CLIENT_SECRET)
		return ft_error_set(err, FT_CONFIG,
				    "${client_secret} is not set" FT_REMEDY
				    "set client_secret_file and "
				    "client_auth = post in [account %s], %s:%u",
				    account, file, asked->line);
	/* An account without a file is one that "freshtoken add" is about to write. */
	if (asked->file == NULL && piece->variable == FT_VARIABLE_COUNT)
		return ft_error_set(err, FT_CONFIG, "${%.*s} is not set" FT_REMEDY
						    "give --param %.*s=VALUE",
				    len, piece->name, len - (int)(sizeof param - 1),
				    piece->name + sizeof param - 1);
	return ft_error_set(err, FT_CONFIG, "${%.*s} is not set" FT_REMEDY
					    "set %.*s in [account %s], %s:%u",
			    len, piece->name, len, piece->name, account, file, asked->line);
}

int ft_template_add(const struct ft_piece *piece, const struct ft_scope *scope,
		    const char *(*literal)(struct ft_buf *, const char *, size_t),
		    const char *(*value)(struct ft_buf *, const char *, size_t),
		    struct ft_buf *out, struct ft_error *err)
{
	const char *data, *wrong;
	size_t len;

	if (piece->text != NULL) {
		wrong = literal(out, piece->text, piece->len);
		return wrong == NULL ? 0 : ft_error_set(err, FT_CONFIG, "the profile's text: %s",
							wrong);
	}
	if (piece->variable < FT_VARIABLE_COUNT) {
		data = scope->value[piece->variable].data;
		len = scope->value[piece->variable].len;
	} else {
		data = find_param(scope->account, piece->name + sizeof param - 1,
				  piece->name_len - (sizeof param - 1));
		len = data != NULL ? strlen(data) : 0;
	}
	if (data == NULL && piece->optional)
		return FT_TEMPLATE_DROP;
	if (data == NULL)
		return unset(piece, scope->account, err);
	wrong = value(out, data, len);
	return wrong == NULL ? 0 : ft_error_set(err, FT_CONFIG, "${%.*s}: %s",
						(int)piece->name_len, piece->name, wrong);
}

int ft_template_expand(const char *text, const struct ft_scope *scope,
		       const char *(*literal)(struct ft_buf *, const char *, size_t),
		       const char *(*value)(struct ft_buf *, const char *, size_t),
		       struct ft_buf *out, struct ft_error *err)
{
	size_t before = out->len;
	struct ft_piece piece;
	int r;

	while ((r = ft_template_next(&text, &piece, err)) > 0) {
		r = ft_template_add(&piece, scope, literal, value, out, err);
		if (r != 0)
			break;
	}
	if (r == FT_TEMPLATE_DROP)
		ft_buf_cut(out, before);
	return r;
}

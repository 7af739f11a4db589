/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "lib/provider/check.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "lib/base/url.h"
#include "lib/data/json.h"
#include "lib/data/path.h"
#include "lib/provider/profile.h"
#include "lib/provider/template.h"

#define COUNT(array) (sizeof (array) / sizeof *(array))
#define TEMPLATE_DEPTH 16

static int wrong(struct ft_error *err, const char *text)
{
	return ft_error_fixed(err, FT_CONFIG, text);
}

int ft_check_name(const char *value, struct ft_error *err)
{
	return ft_account_name_valid(value) ? 0 : wrong(err, "expected the name of a profile");
}

int ft_check_parameters(const char *value, struct ft_error *err)
{
	struct ft_piece piece;
	int r;

	while ((r = ft_template_next(&value, &piece, err)) > 0)
		if (piece.text == NULL && (piece.variable != FT_VARIABLE_COUNT || piece.optional))
			return wrong(err, "only an account's ${param.NAME} can be in it");
	return r;
}

int ft_check_claim(const char *value, struct ft_error *err)
{
	struct ft_piece piece;
	int r;

	while ((r = ft_template_next(&value, &piece, err)) > 0)
		if (piece.text == NULL && piece.variable != FT_VARIABLE_COUNT &&
		    piece.variable != FT_VARIABLE_CLIENT_ID &&
		    piece.variable != FT_VARIABLE_SCOPE &&
		    piece.variable != FT_VARIABLE_RESOURCE &&
		    piece.variable != FT_VARIABLE_AUDIENCE)
			return wrong(err, "only ${client_id}, ${scope}, ${resource}, ${audience} "
				     "and ${param.NAME} can be in it");
	return r;
}

static bool has_parameters(const char *value)
{
	return strchr(value, '$') != NULL;
}

int ft_check_server(const char *value, struct ft_error *err)
{
	return has_parameters(value) ? ft_check_parameters(value, err) :
				       ft_url_check_service(value, err);
}

int ft_check_metadata_url_is(const char *value, struct ft_error *err)
{
	return *value == '/' ? wrong(err, "expected a whole URL")
			     : ft_check_endpoint_is(value, err);
}

int ft_check_metadata_url(const char *value, struct ft_error *err)
{
	return has_parameters(value) && *value != '/' ? ft_check_parameters(value, err) :
							ft_check_metadata_url_is(value, err);
}

int ft_check_issuer_is(const char *value, struct ft_error *err)
{
	static const char tenant[] = FT_TENANT;
	char text[1024];
	const char *at = strstr(value, tenant), *host = strstr(value, "://");

	if (at == NULL)
		return ft_url_check_service(value, err);
	/* In the host it would be no check: anybody can have a host name. */
	if (host == NULL || at <= host + 3 || at[-1] != '/' ||
	    (at[sizeof tenant - 1] != '/' && at[sizeof tenant - 1] != '\0'))
		return wrong(err, FT_TENANT " has to be a whole segment of its path");
	int len = snprintf(text, sizeof text, "%.*sx%s", (int)(at - value), value,
			   at + sizeof tenant - 1);

	return len < 0 || (size_t)len >= sizeof text ? wrong(err, "it is too long") :
						       ft_url_check_service(text, err);
}

/* The place of FT_TENANT is checked once the parameters are known. */
int ft_check_issuer(const char *value, struct ft_error *err)
{
	return has_parameters(value) ? ft_check_parameters(value, err) :
				       ft_check_issuer_is(value, err);
}

int ft_check_method(const char *value, struct ft_error *err)
{
	static const char *const methods[] = { "GET", "POST", "PUT", "PATCH" };

	for (size_t i = 0; i < COUNT(methods); i++)
		if (strcmp(value, methods[i]) == 0)
			return 0;
	return wrong(err, "expected GET, POST, PUT or PATCH");
}

/* Checks the text of a path: only bytes that a URL may have, and no "." or ".." segments. */
static int check_path_text(const char *path, struct ft_error *err)
{
	for (const char *p = path; *p != '\0'; p++) {
		if (*p == '?' || *p == '#')
			return wrong(err, *p == '?' ? "a query is written with the key query" :
				     "a fragment (#) may not be in it");
		if (*p <= 0x20 || *p > 0x7e || strchr("\"<>\\^`", *p) != NULL)
			return wrong(err, "it holds a byte that no URL has" FT_REMEDY
					  "percent-encode it");
	}
	return ft_url_has_dots(path) ?
	       wrong(err, "\".\" and \"..\" cannot be segments of the path") : 0;
}

static int check_path_pieces(const char *path, struct ft_error *err)
{
	struct ft_piece piece;
	int r = ft_template_check(path, err);

	if (r != 0)
		return r;
	while ((r = ft_template_next(&path, &piece, err)) > 0)
		if (piece.text == NULL && piece.optional)
			return wrong(err,
				     "a part of a path cannot be optional" FT_REMEDY
				     "write ${…} without \"?\"");
	return r;
}

int ft_check_request_path(const char *value, struct ft_error *err)
{
	char origin[FT_HOST_SIZE + 16];
	const char *path = value;

	if (*value != '/') {
		const char *host = strstr(value, "://");

		path = host != NULL ? host + 3 + strcspn(host + 3, "/") : value;
		if (host == NULL || (size_t)(path - value) >= sizeof origin)
			return wrong(err, "expected a path that begins with /, or an https:// URL");
		memcpy(origin, value, (size_t)(path - value));
		origin[path - value] = '\0';
		if (strchr(origin, '$') != NULL)
			return wrong(err, "variables may only be after the host");
		int r = ft_url_check_service(origin, err);

		if (r != 0)
			return r;
	}
	int r = check_path_pieces(path, err);

	return r != 0 ? r : check_path_text(path, err);
}

int ft_check_prefix(const char *value, struct ft_error *err)
{
	if (*value != '/' || value[strlen(value) - 1] == '/' || strchr(value, '$') != NULL)
		return wrong(err, "expected a path that begins with / and does not end with /");
	return check_path_text(value, err);
}

int ft_check_endpoint(const char *value, struct ft_error *err)
{
	return has_parameters(value) ? ft_check_parameters(value, err) :
				       ft_check_endpoint_is(value, err);
}

int ft_check_endpoint_is(const char *value, struct ft_error *err)
{
	size_t len = strcspn(value, "?");
	char text[2048];

	if (len >= sizeof text)
		return wrong(err, "it is too long");
	for (const char *p = value + len; *p != '\0'; p++)
		if (*p <= 0x20 || *p > 0x7e || *p == '#')
			return wrong(err, "the query holds a byte that no query has");
	memcpy(text, value, len);
	text[len] = '\0';
	return *text == '/' ? check_path_text(text, err) : ft_url_check_service(text, err);
}

int ft_check_link(const char *value, struct ft_error *err)
{
	const char *query = strchr(value, '?');
	struct ft_piece piece;
	char text[2048];
	int r;

	if (query == NULL || (size_t)(query - value) >= sizeof text)
		return wrong(err, "expected a URL, or a path that begins with /, and a query");
	memcpy(text, value, (size_t)(query - value));
	text[query - value] = '\0';
	if (strchr(text, '$') != NULL)
		return wrong(err, "variables may only be in the query");
	r = ft_check_endpoint(text, err);
	for (const char *p = query; r == 0 && *p != '\0'; p++)
		if (*p <= 0x20 || *p > 0x7e || *p == '#')
			r = wrong(err, "the query holds a byte that no query has");
	while (r == 0 && (r = ft_template_next(&query, &piece, err)) > 0)
		r = piece.text == NULL &&
				    (piece.variable != FT_VARIABLE_DEVICE_CODE || piece.optional) ?
			    wrong(err, "only ${device_code} can be in it") :
			    0;
	return r;
}

int ft_check_member(const char *value, struct ft_error *err)
{
	for (const char *p = value; *p != '\0'; p++)
		if (!((*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') ||
		      (*p >= '0' && *p <= '9') || *p == '_' || *p == '-'))
			return wrong(err,
				     "expected the name of a metadata member, as token_endpoint");
	return 0;
}

int ft_check_pair(const char *value, struct ft_error *err)
{
	const char *equals = strchr(value, '=');

	if (equals == NULL || equals == value)
		return wrong(err, "expected name=value");
	/* "$$" means one "$". */
	for (const char *p = value; (p = memchr(p, '$', (size_t)(equals - p))) != NULL; p += 2)
		if (p[1] != '$')
			return wrong(err, "a name cannot hold variables or a lone \"$\"");
	return ft_template_check(equals + 1, err);
}

static bool token_byte(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
	       (c != '\0' && strchr("!#%&'*+-.^_`|~", c) != NULL);
}

int ft_check_header_name(const char *value, struct ft_error *err)
{
	size_t len = 0;

	while (token_byte(value[len]))
		len++;
	return len > 0 && len <= FT_HEADER_NAME_MAX && value[len] == '\0' ? 0 :
	       wrong(err, "expected the name of a header");
}

/* Headers that describe the message's framing or the connection, or have keys of their own. */
static bool reserved_header(const char *name, size_t len)
{
	static const char *const reserved[] = {
		"Host", "Connection", "Accept", "Accept-Encoding", "Transfer-Encoding", "TE",
		"Trailer", "Upgrade", "Expect", "Keep-Alive",
	};

	if ((len >= 8 && strncasecmp(name, "Content-", 8) == 0) ||
	    (len >= 6 && strncasecmp(name, "Proxy-", 6) == 0))
		return true;
	for (size_t i = 0; i < COUNT(reserved); i++)
		if (strlen(reserved[i]) == len && strncasecmp(reserved[i], name, len) == 0)
			return true;
	return false;
}

int ft_check_header(const char *value, struct ft_error *err)
{
	const char *colon = strchr(value, ':');

	if (colon == NULL || colon == value)
		return wrong(err, "expected \"Name: value\"");
	for (const char *p = value; p < colon; p++)
		if (!token_byte(*p))
			return wrong(err, "the name holds a byte that no header's name has");
	if (reserved_header(value, (size_t)(colon - value)))
		return ft_error_set(err, FT_CONFIG, "a profile cannot set \"%.*s\"",
				    (int)(colon - value), value);
	if (colon[1 + strspn(colon + 1, " \t")] == '\0')
		return wrong(err, "expected \"Name: value\"");
	for (const char *p = colon + 1; *p != '\0'; p++)
		if ((*p < 0x20 && *p != '\t') || *p > 0x7e)
			return wrong(err, "the value may contain only ASCII");
	return ft_template_check(colon + 1, err);
}

int ft_check_media(const char *value, struct ft_error *err)
{
	for (const char *p = value; *p != '\0'; p++)
		if (*p < 0x20 || *p > 0x7e)
			return wrong(err, "it may contain only ASCII");
	return strchr(value, '/') != NULL ? 0 : wrong(err, "expected a media type");
}

int ft_check_basic(const char *value, struct ft_error *err)
{
	struct ft_piece piece;
	bool colon = false;
	int r = ft_template_check(value, err);

	if (r != 0)
		return r;
	while ((r = ft_template_next(&value, &piece, err)) > 0)
		if (piece.text != NULL && memchr(piece.text, ':', piece.len) != NULL)
			colon = true;
	if (r < 0)
		return r;
	return colon ? 0 : wrong(err, "expected ${username}:${password}");
}

static int check_json_value(struct json_object *value, struct ft_error *err)
{
	int r = 0;

	if (json_object_is_type(value, json_type_string))
		return ft_template_check(json_object_get_string(value), err);
	if (json_object_is_type(value, json_type_object)) {
		json_object_object_foreach(value, name, member) {
			if (strstr(name, "${") != NULL)
				return wrong(err, "a member's name cannot hold variables");
			r = check_json_value(member, err);
			if (r != 0)
				return r;
		}
	} else if (json_object_is_type(value, json_type_array)) {
		for (size_t i = 0; r == 0 && i < json_object_array_length(value); i++)
			r = check_json_value(json_object_array_get_idx(value, i), err);
	}
	return r;
}

int ft_check_json(const char *value, struct ft_error *err)
{
	struct json_object *tree = NULL;
	int r = ft_json_parse(value, strlen(value), TEMPLATE_DEPTH, "the template", &tree, err);

	if (r == FT_UNTRUSTED)
		return ft_error_set(err, FT_CONFIG, "the template is not JSON (no comments, no"
				    " duplicate names, %d levels)", TEMPLATE_DEPTH);
	if (r != 0)
		return r;
	if (json_object_is_type(tree, json_type_object) ||
	    json_object_is_type(tree, json_type_array))
		r = check_json_value(tree, err);
	else
		r = wrong(err, "expected an object or an array");
	json_object_put(tree);
	return r;
}

int ft_check_path(const char *value, struct ft_error *err)
{
	struct ft_path path;
	int r = ft_path_parse(value, &path, err);

	if (r == 0)
		ft_path_release(&path);
	return r;
}

int ft_check_status(const char *value, struct ft_error *err)
{
	return strlen(value) == 3 && strspn(value, "0123456789") == 3 &&
	       value[0] >= '1' && value[0] <= '5' ? 0 :
	       wrong(err, "expected HTTP statuses, as 400, 401");
}

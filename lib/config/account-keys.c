/* SPDX-License-Identifier: MIT */
/* The keys of freshtoken.conf, and what their values may be. */
#include "config.h"
#include "lib/config/account-keys.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

#include "lib/base/url.h"
#include "lib/config/match.h"
#include "lib/config/seal-line.h"
#include "lib/data/path.h"

#define COUNT(array) (sizeof (array) / sizeof *(array))

static int expected(struct ft_error *err, const char *what)
{
	return ft_error_set(err, FT_CONFIG, "expected %s", what);
}

int ft_account_check_name(const char *value, struct ft_error *err)
{
	return ft_account_name_valid(value) ? 0 :
	       expected(err, "a name of 1 to 40 letters, digits, \"-\", \"_\" and \".\""
			", not beginning with \".\"");
}

static int check_pattern(const char *value, struct ft_error *err)
{
	struct ft_pattern pattern;
	int r = ft_pattern_parse(value, &pattern, err);

	/* The pattern is named, because a line may have many; but not if it may contain a
	 * password. */
	if (r != 0 && strchr(value, '@') == NULL)
		ft_error_prefix(err, "%s", value);
	return r;
}

/* The URL of a token service, perhaps with a query. */
static int check_metadata_url(const char *value, struct ft_error *err)
{
	char url[2048];
	size_t len = strcspn(value, "?");

	for (const char *p = value + len; *p != '\0'; p++)
		if ((unsigned char)*p <= 0x20 || (unsigned char)*p > 0x7e || *p == '#')
			return expected(err, "a query of bytes that a URL has");
	if (len >= sizeof url)
		return expected(err, "less than 2048 bytes");
	memcpy(url, value, len);
	url[len] = '\0';
	return ft_url_check_service(url, err);
}

/* Git ends a value at LF, Basic authentication a user name at ":". */
static int check_username(const char *value, struct ft_error *err)
{
	return strchr(value, ':') == NULL ? 0 : expected(err, "a user name without \":\"");
}

static int check_absolute(const char *value, struct ft_error *err)
{
	return value[0] == '/' ? 0 : expected(err, "a path that begins with /");
}

/* RFC 8252 section 7.3: an address, because a name may resolve to another machine. Some services
 * register only localhost, so that is allowed; freshtoken then listens on both loopback
 * addresses. */
static int check_redirect_uri(const char *value, struct ft_error *err)
{
	struct ft_url url;
	int r = ft_url_parse(value, false, &url, err);

	if (r == 0 &&
	    (url.scheme != FT_SCHEME_HTTP ||
	     (!url.loopback && strcmp(url.host, "localhost") != 0) || strchr(value, '?') != NULL))
		return expected(err, "http:// with a loopback address or localhost, as "
				     "http://127.0.0.1:8400/callback");
	return r;
}

static int check_identity(const char *value, struct ft_error *err)
{
	struct ft_path path;
	int r = ft_path_parse(value, &path, err);

	if (r == 0)
		ft_path_release(&path);
	return r;
}

/* An absolute URI (RFC 8707 section 2), so that it is not confused with a client_id. */
static int check_login_audience(const char *value, struct ft_error *err)
{
	const char *colon = strchr(value, ':');

	return colon != NULL && colon != value && colon[1] != '\0' &&
			       strpbrk(value, " \t#") == NULL ?
		       0 :
		       expected(
			       err,
			       "a URI, as https://login.example.com, that is only for logging in");
}

static int check_users(const char *value, struct ft_error *err)
{
	return value[0] == '/' || strcmp(value, "same") == 0 ? 0 :
	       expected(err, "\"same\" or a path that begins with /");
}

static int check_auth(const char *value, struct ft_error *err)
{
	return strcmp(value, "device") == 0 || strcmp(value, "token") == 0 ||
	       strcmp(value, "password") == 0 ? 0 :
	       expected(err, "device, token or password");
}

static int check_check(const char *value, struct ft_error *err)
{
	return strcmp(value, "refresh") == 0 || strcmp(value, "person") == 0 ? 0 :
	       expected(err, "refresh or person");
}

/* [scheme://]host[:port], or "none". */
static int check_proxy(const char *value, struct ft_error *err)
{
	static const char *const schemes[] = { "http", "https", "socks5h" };
	const char *host = strstr(value, "://");
	struct ft_url url;
	bool known = host == NULL;

	for (size_t i = 0; !known && i < COUNT(schemes); i++)
		known = strlen(schemes[i]) == (size_t)(host - value) &&
			strncasecmp(schemes[i], value, (size_t)(host - value)) == 0;
	if (!known)
		return expected(err, "http, https or socks5h before ://");
	host = host != NULL ? host + 3 : value;
	int r = ft_url_parse(host, false, &url, err);

	if (r == 0 && url.path[0] != '\0' && strcmp(url.path, "/") != 0)
		return expected(err, "[scheme://]host[:port], or none");
	return r;
}

/* NAME, or @GROUP. */
static int check_exempt(const char *value, struct ft_error *err)
{
	const char *name = value + (value[0] == '@');

	return name[0] != '\0' && name[0] != '@' && strpbrk(name, " \t:/") == NULL ? 0 :
	       expected(err, "the name of a user, or of a group with \"@\" before it");
}

static const char *const no_yes[] = { "no", "yes", NULL };
static const char *const deny_ignore[] = { "deny", "ignore", NULL };
static const char *const formats[] = { "json", "form", "xml", NULL };
static const char *const client_auths[] = { "none", "basic", "post", "private_key_jwt",
					      "tls", "source", NULL };
static const char *const authtypes[] = { "basic", "bearer", NULL };

static const char *const stores[] = { "file", "fleet", NULL };

static int check_format(const char *value, struct ft_error *err)
{
	for (size_t i = 0; formats[i] != NULL; i++)
		if (strcmp(value, formats[i]) == 0)
			return 0;
	return expected(err, "json, form or xml");
}

#define KEY(NAME, KIND, ...) \
	{ .name = #NAME, .kind = FT_ ## KIND, .offset = offsetof(struct ft_account, NAME), \
	  __VA_ARGS__ }

const struct ft_key ft_account_keys[] = {
	KEY(provider, ONE, .check = ft_account_check_name),
	KEY(server, ONE, .check = ft_url_check_service),
	KEY(metadata_url, ONE, .check = check_metadata_url),
	KEY(match, LIST, .check = check_pattern),
	KEY(username, ONE, .check = check_username),
	KEY(for_username, ONE, .check = check_username),
	KEY(client_id, ONE),
	KEY(client_secret_file, ONE, .check = check_absolute),
	KEY(register_client, YESNO),
	KEY(client_cert_file, ONE, .check = check_absolute),
	KEY(client_key_file, ONE, .check = check_absolute),
	KEY(client_auth, CHOICE, .words = client_auths, .first = FT_CLIENT_AUTH_NONE),
	KEY(dpop, YESNO),
	KEY(format, ONE, .check = check_format),
	KEY(scope, ONE),
	KEY(resource, ONE),
	KEY(audience, ONE),
	KEY(redirect_uri, ONE, .check = check_redirect_uri),
	KEY(authtype, CHOICE, .words = authtypes, .first = FT_AUTHTYPE_BASIC),
	KEY(ca_file, ONE, .check = check_absolute),
	KEY(proxy, ONE, .check = check_proxy),
	KEY(timeout, SECONDS, .min = 1, .max = 600),
	KEY(wait, SECONDS, .min = 0, .max = 3600),
	KEY(min_lifetime, DURATION, .min = 0, .max = 365 * 86400),
	KEY(eager, CHOICE, .words = no_yes),
	KEY(replay, REPLAY),
	KEY(store, CHOICE, .words = stores, .first = FT_ACCOUNT_STORE_FILE),
	KEY(grant, ONE, .check = ft_account_check_name),
	KEY(from, ONE, .check = ft_account_check_from),
	KEY(auth, LIST, .check = check_auth),
	KEY(login_audience, ONE, .check = check_login_audience),
	KEY(check, LIST, .check = check_check),
	KEY(checker, ONE, .check = ft_account_check_name),
	KEY(person_rate, NUMBER, .min = 1, .max = 1000),
	KEY(device_rate, NUMBER, .min = 1, .max = 1000),
	KEY(identity_is_mutable, YESNO),
	KEY(identity, ONE, .check = check_identity),
	KEY(users, ONE, .check = check_users),
	KEY(service_user, ONE),
	KEY(insecure_loopback, YESNO),
	KEY(id_token, YESNO),
	KEY(token_file, ONE, .check = ft_account_check_token_file),
	KEY(token_file_mode, ONE, .check = ft_account_check_token_file_mode),
};

#undef KEY
#define KEY(NAME, KIND, ...) \
	{ .name = #NAME, .kind = FT_ ## KIND, \
	  .offset = offsetof(struct ft_pam_defaults, NAME), __VA_ARGS__ }

const struct ft_key ft_pam_keys[] = {
	KEY(account, ONE, .check = ft_account_check_name),
	KEY(auth, LIST, .check = check_auth),
	KEY(strict, CHOICE, .words = no_yes),
	KEY(permissive, CHOICE, .words = no_yes),
	KEY(unmapped, CHOICE, .words = deny_ignore, .first = FT_UNMAPPED_DENY),
	KEY(exempt, LIST, .check = check_exempt),
	KEY(recheck, DURATION, .max = 365 * 86400),
	KEY(max_offline, DURATION, .max = 365 * 86400),
	KEY(minimum_uid, NUMBER, .max = UINT32_MAX),
	KEY(maximum_uid, NUMBER, .max = UINT32_MAX),
	KEY(wait, DURATION, .max = 3600),
	KEY(ignore_unknown_user, CHOICE, .words = no_yes),
	KEY(no_hint, CHOICE, .words = no_yes),
	KEY(debug, CHOICE, .words = no_yes),
};

#undef KEY

static int check_source(const char *value, struct ft_error *err)
{
	return strcmp(value, "file") == 0 ? 0 :
	       expected(err, "file, the only source there is");
}

static int check_seal(const char *value, struct ft_error *err)
{
	struct ft_seal_line line = { .n = 0 };

	return ft_seal_line_parse(value, &line, err);
}

#define STORE(NAME, KIND, ...) \
	{ .name = #NAME, .kind = FT_ ## KIND, \
	  .offset = offsetof(struct ft_store_section, NAME), __VA_ARGS__ }

const struct ft_key ft_store_keys[] = {
	STORE(sources, LIST, .check = check_source),
	STORE(seal, ONE, .check = check_seal),
	STORE(seal_keep, DURATION, .max = 365 * 86400),
};

const size_t ft_account_keys_count = COUNT(ft_account_keys);
const size_t ft_pam_keys_count = COUNT(ft_pam_keys);
const size_t ft_store_keys_count = COUNT(ft_store_keys);

int ft_account_check_value(const char *key, const char *value, struct ft_error *err)
{
	const struct ft_ini_line line = { .name = key, .value = value };
	struct ft_account scratch = { .name = NULL };
	struct ft_seen seen = { 0 };
	int r = ft_key_set(ft_account_keys, ft_account_keys_count, &scratch, &seen, &line, err);

	ft_keys_release(ft_account_keys, ft_account_keys_count, &scratch);
	return r;
}

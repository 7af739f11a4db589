/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "lib/config/fleet-section.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/buffer.h"
#include "lib/base/url.h"
#include "lib/config/account-keys.h"

#define COUNT(array) (sizeof (array) / sizeof *(array))
#define PREFIX_MAX 200

static int expected(struct ft_error *err, const char *what)
{
	return ft_error_set(err, FT_CONFIG, "expected %s", what);
}

static int check_server(const char *value, struct ft_error *err)
{
	struct ft_url url;
	int r = ft_url_check_service(value, err);

	if (r == 0)
		r = ft_url_parse(value, false, &url, err);
	if (r == 0 && url.path[0] != '\0' && strcmp(url.path, "/") != 0)
		return expected(err, "https://HOST:PORT, without a path");
	return r;
}

static int check_path(const char *value, struct ft_error *err)
{
	return value[0] == '/' ? 0 : expected(err, "a path that begins with /");
}

static int check_prefix(const char *value, struct ft_error *err)
{
	if (strlen(value) > PREFIX_MAX)
		return expected(err, "at most 200 bytes");
	for (const char *c = value; *c != '\0'; c++)
		if (*c <= ' ' || *c > '~')
			return expected(err, "printable ASCII without blanks, as freshtoken/");
	return 0;
}

static const char *const providers[] = { "etcd", NULL };

#define KEY(NAME, KIND, ...) \
	{ .name = #NAME, .kind = FT_ ## KIND, .offset = offsetof(struct ft_fleet_section, NAME), \
	  __VA_ARGS__ }

const struct ft_key ft_fleet_keys[] = {
	KEY(provider, CHOICE, .words = providers),
	KEY(servers, LIST, .check = check_server),
	KEY(prefix, ONE, .check = check_prefix),
	KEY(key_file, ONE, .check = check_path),
	KEY(username, ONE),
	KEY(password_file, ONE, .check = check_path),
	KEY(client_certificate, ONE, .check = check_path),
	KEY(client_key, ONE, .check = check_path),
	KEY(ca_file, ONE, .check = check_path),
	KEY(timeout, SECONDS, .min = 1, .max = 60),
};
const size_t ft_fleet_keys_count = COUNT(ft_fleet_keys);

int ft_fleet_section_add(struct ft_fleet_section **list, const char *file, unsigned line)
{
	struct ft_fleet_section *section = calloc(1, sizeof *section);

	if (section == NULL)
		return FT_NO_MEMORY;
	*section = (struct ft_fleet_section){ .next = *list, .file = file, .line = line,
					      .timeout = FT_FLEET_TIMEOUT };
	*list = section;
	return 0;
}

void ft_fleet_sections_free(struct ft_fleet_section *list)
{
	while (list != NULL) {
		struct ft_fleet_section *next = list->next;

		ft_keys_release(ft_fleet_keys, ft_fleet_keys_count, list);
		free(list);
		list = next;
	}
}

static int finish(struct ft_fleet_section *section, struct ft_error *err)
{
	const char *wrong = NULL;

	if (section->broken)
		return ft_error_set(err, FT_CONFIG, "%s:%u: [fleet] has a line that cannot be read",
				    section->file, section->line);
	if (section->prefix == NULL && (section->prefix = strdup("freshtoken/")) == NULL)
		return ft_error_memory(err);
	for (size_t i = 0; i < section->servers.n; i++)
		ft_url_trim_server(section->servers.list[i]);
	if (section->servers.n == 0)
		wrong = "servers is not set: expected the addresses of the store's members";
	else if (section->servers.n > FT_FLEET_SERVERS)
		wrong = "servers: expected at most 16 addresses";
	else if (section->key_file == NULL)
		wrong = "key_file is not set: expected a file with the 32 bytes that all hosts "
			"share";
	else if ((section->username == NULL) != (section->password_file == NULL))
		wrong = "username and password_file: expected both, or none";
	else if ((section->client_certificate == NULL) != (section->client_key == NULL))
		wrong = "client_certificate and client_key: expected both, or none";
	return wrong == NULL ? 0 :
	       ft_error_set(err, FT_CONFIG, "%s:%u: [fleet]: %s", section->file, section->line,
			    wrong);
}

/* A sign-in can only be shared if everything that is needed to use it is shared, too. */
int ft_account_finish_fleet(const struct ft_accounts *accounts, struct ft_account *a,
			    struct ft_error *err)
{
	struct ft_fleet_section *fleet = accounts->fleets;
	const char *wrong = NULL;

	if (a->store == FT_ACCOUNT_STORE_FILE)
		return 0;
	if (ft_account_derives(a))
		wrong = "a machine account has no sign-in to share";
	else if (a->dpop)
		wrong = "dpop binds its tokens to a key of this host";
	else if (a->register_client)
		wrong = "register_client makes another client on each host, and its refresh token "
			"is for one client_id";
	else if (a->auth.n > 0)
		wrong = "each person who logs in (auth) has a sign-in of their own";
	if (wrong != NULL)
		return ft_error_set(err, FT_CONFIG, "store: fleet cannot be used: %s", wrong);
	while (fleet != NULL && strcmp(fleet->file, a->file) != 0)
		fleet = fleet->next;
	if (fleet == NULL)
		return ft_error_set(err, FT_CONFIG, "store: fleet needs a section [fleet] in %s",
				    a->file);
	int r = finish(fleet, err);

	if (r == FT_CONFIG)
		ft_error_prefix(err, "store");
	a->fleet = fleet;
	return r;
}

void ft_fleet_prefix(const struct ft_fleet_section *section, struct ft_error *err)
{
	struct ft_buf names = FT_BUF_INIT(400);

	for (size_t i = 0; i < section->servers.n && names.failed == 0; i++)
		ft_buf_addf(&names, "%s%s", i > 0 ? ", " : "", section->servers.list[i]);
	ft_error_prefix(err, "the fleet's store %s",
			names.failed ? section->servers.list[0] : names.data);
	ft_buf_release(&names);
}

/* SPDX-License-Identifier: MIT */
/* account.h */
#include "config.h"

#include <check.h>
#include <stdint.h>

#include "lib/base/buffer.h"
#include "lib/config/account.h"
#include "tests/unit/alloc.h"
#include "tests/unit/files.h"
#include "tests/unit/unit.h"

static struct ft_accounts accounts;

static void loads(const char *text)
{
	struct ft_error err = FT_ERROR_INIT;

	files_write(files_user, "freshtoken.conf", text);
	int r = ft_accounts_load(&files_places, &accounts, &err);

	ck_assert_msg(r == 0, "%s: %s", text, line_of(&err));
}

/* expected is what comes after the file's name. */
static void refuses(const char *text, const char *expected)
{
	struct ft_accounts untouched = { .n = 4711 };
	struct ft_error err = FT_ERROR_INIT;
	size_t dir = strlen(files_user) + strlen("/freshtoken.conf:");

	files_write(files_user, "freshtoken.conf", text);
	ck_assert_msg(ft_accounts_load(&files_places, &untouched, &err) == FT_CONFIG, "%s", text);
	ck_assert_uint_gt(strlen(line_of(&err)), dir);
	ck_assert_msg(strncmp(line_of(&err) + dir, expected, strlen(expected)) == 0,
		      "\"%s\" is not \"…%s…\"", line_of(&err), expected);
	ck_assert_uint_eq(untouched.n, 4711);
}

START_TEST(defaults)
{
	loads("[account work]\n");
	const struct ft_account *a = ft_accounts_find(&accounts, "work");

	ck_assert_ptr_nonnull(a);
	ck_assert_ptr_null(ft_accounts_find(&accounts, "Work"));
	ck_assert_ptr_null(ft_accounts_find(&accounts, ""));
	ck_assert_uint_eq(accounts.n, 1);
	ck_assert(accounts.any_file && !a->system && !a->pam_only && !a->insecure_loopback);
	ck_assert_str_eq(a->provider, "oauth2");
	ck_assert_uint_eq(a->timeout, 60);
	ck_assert_uint_eq(a->wait, 10);
	ck_assert_int_eq(a->min_lifetime, 0);
	ck_assert_int_eq(a->eager, -1);
	ck_assert_int_eq(a->client_auth, FT_CLIENT_AUTH_UNSET);
	ck_assert_int_eq(a->authtype, FT_AUTHTYPE_BASIC);
	ck_assert_uint_eq(a->line, 1);
	ck_assert_ptr_nonnull(strstr(a->file, "/user/freshtoken.conf"));
	ck_assert(a->server == NULL && a->username == NULL && a->scope == NULL && a->match.n == 0);
	ft_accounts_release(&accounts);
	ck_assert_uint_eq(accounts.n, 0);
	ft_accounts_release(NULL);
}
END_TEST

START_TEST(all_keys)
{
	loads("[store]\nsources = file\n"
	      "[account other]\n"
	      "[account work]\n"
	      "provider = consinco\nserver = https://sso.example.com/x//\n"
	      "match = https://git.example.com, *.example.com\n  b.example.com/team\n"
	      "match = registry.example.com:5000\n"
	      "username = al ice\nformat = xml\nclient_id = id\nclient_secret_file = /dev/null\n"
	      "client_auth = post\nscope = openid offline_access\nresource = "
	      "https://api.example.com\n"
	      "audience = aud\nparam.company = 1, 2\nparam.x.y-z = =\nauthtype = bearer\n"
	      "ca_file = /etc/ca.pem\nproxy = HTTP://proxy.example.com:3128\ntimeout = 90s\nwait = "
	      "0s\n"
	      "min_lifetime = 5m\neager = no\nfrom = other\nauth = device, token\n  password\n"
	      "identity = claim:sub\nusers = /etc/freshtoken/users\nservice_user = _freshtoken\n"
	      "insecure_loopback = yes\n");
	const struct ft_account *a = ft_accounts_find(&accounts, "work");

	ck_assert_str_eq(a->provider, "consinco");
	ck_assert_str_eq(a->server, "https://sso.example.com/x");
	ck_assert_uint_eq(a->match.n, 4);
	ck_assert_str_eq(a->match.list[1], "*.example.com");
	ck_assert_str_eq(a->match.list[3], "registry.example.com:5000");
	ck_assert_str_eq(a->username, "al ice");
	ck_assert_str_eq(a->format, "xml");
	ck_assert_str_eq(a->client_id, "id");
	ck_assert_str_eq(a->client_secret_file, "/dev/null");
	ck_assert_int_eq(a->client_auth, FT_CLIENT_AUTH_POST);
	ck_assert_str_eq(a->scope, "openid offline_access");
	ck_assert_str_eq(a->resource, "https://api.example.com");
	ck_assert_str_eq(a->audience, "aud");
	ck_assert_uint_eq(a->n_params, 2);
	ck_assert_str_eq(a->params[0].name, "company");
	ck_assert_str_eq(a->params[0].value, "1, 2");
	ck_assert_str_eq(a->params[1].name, "x.y-z");
	ck_assert_str_eq(a->params[1].value, "=");
	ck_assert_int_eq(a->authtype, FT_AUTHTYPE_BEARER);
	ck_assert_str_eq(a->ca_file, "/etc/ca.pem");
	ck_assert_str_eq(a->proxy, "HTTP://proxy.example.com:3128");
	ck_assert_uint_eq(a->timeout, 90);
	ck_assert_uint_eq(a->wait, 0);
	ck_assert_int_eq(a->min_lifetime, 300);
	ck_assert_int_eq(a->eager, 0);
	ck_assert_str_eq(a->from, "other");
	ck_assert_uint_eq(a->auth.n, 3);
	ck_assert_str_eq(a->identity, "claim:sub");
	ck_assert_str_eq(a->users, "/etc/freshtoken/users");
	ck_assert_str_eq(a->service_user, "_freshtoken");
	ck_assert(a->insecure_loopback);
	ft_accounts_release(&accounts);
}
END_TEST

START_TEST(values_that_are_refused)
{
	static const struct {
		const char *lines, *expected;
	} table[] = {
		{ "provider = ../x", "2: provider: expected a name" },
		{ "provider = a/b", "2: provider: expected a name" },
		{ "server = http://sso.example.com", "2: server: expected https" },
		{ "server = http://localhost:8080", "2: server: http is accepted only for a loopback" },
		{ "server = sso.example.com", "2: server: expected a URL that begins with https" },
		{ "server = https://u:p@sso.example.com", "2: server: a user name or password" },
		{ "server = https://sso.example.com/#x", "2: server: a fragment" },
		{ "server = https://sso.example.com/?x", "2: server: a query" },
		{ "match = https://*", "2: match: https://*: the host needs a label" },
		{ "match = https://u:s3cret@h.example.com", "2: match: a user name or password" },
		{ "match = a.example.com,, b.example.com", "2: match: an item is empty" },
		{ "match =", "2: match: an item is empty" },
		{ "match = a.example.com\n  s_h://b.example.com",
		  "3: match: s_h://b.example.com: before" },
		{ "username = a:b", "2: username: expected a user name without" },
		{ "username =", "2: username: the value is empty" },
		{ "username = a\nusername = b", "3: username: it may be given only once" },
		{ "format = none", "2: format: expected json, form or xml" },
		{ "client_secret_file = secret", "2: client_secret_file: expected a path" },
		{ "client_auth = jwt",
		  "2: client_auth: expected none, basic, post, private_key_jwt, tls or source" },
		{ "authtype = digest", "2: authtype: expected basic or bearer" },
		{ "ca_file = ca.pem", "2: ca_file: expected a path" },
		{ "proxy = socks4://p.example.com", "2: proxy: expected http, https or socks5h" },
		{ "proxy = http://u:p@p.example.com", "2: proxy: a user name or password" },
		{ "proxy = http://p.example.com/x", "2: proxy: expected [scheme://]host[:port]" },
		{ "timeout = 60", "2: timeout: expected a number with s, m, h or d" },
		{ "timeout = 0s", "2: timeout: expected 1 to 600 seconds" },
		{ "timeout = 11m", "2: timeout: expected 1 to 600 seconds" },
		{ "wait = 2h", "2: wait: expected 0 to 3600 seconds" },
		{ "eager = maybe", "2: eager: expected no or yes" },
		{ "auth = device, magic", "2: auth: expected device, token or password" },
		{ "identity = a..b", "2: identity: path \"a..b\": " },
		{ "users = users", "2: users: expected \"same\"" },
		{ "insecure_loopback = 1", "2: insecure_loopback: expected no or yes" },
		{ "from = work", "1: account work: from: expected the name of another" },
		{ "from = nobody", "1: account work: from: there is no account nobody; write one" },
		{ "from = file:x", "2: from: expected a path that begins with / after" },
		{ "from = exec: /x", "2: from: expected a path that begins with / after" },
		{ "from = env:A-B", "2: from: expected the name of a variable" },
		{ "from = https://x", "2: from: expected the name of another account, file:PATH" },
		{ "from = github-actions2", "1: account work: from: there is no account github-actions2; write one" },
		{ "client_auth = source\nclient_id = c", "1: account work: client_auth: source needs from" },
		{ "grant = a/b", "2: grant: expected a name of 1 to 40" },
		{ "client_auth = none\nclient_secret_file = /x",
		  "1: account work: client_secret_file:" },
		{ "client_auth = basic\nclient_id = x", "1: account work: client_auth: it needs" },
		{ "client_auth = post\nclient_secret_file = /x",
		  "1: account work: client_auth: it nee" },
		{ "param.a = 1\nparam.a = 2", "3: param.a: it may be given only once" },
		{ "param.a = 1\n  2", "3: param.a: its value is one line" },
		{ "param.a =", "2: param.a: the value is empty" },
		{ "param. = 1", "2: param.: a parameter's name has" },
		{ "param.a/b = 1", "2: param.a/b: a parameter's name has" },
		{ "Server = https://sso.example.com",
		  "2: unknown key \"Server\"; is \"server\" mea" },
		{ "servr = https://sso.example.com",
		  "2: unknown key \"servr\"; is \"server\" mean" },
		{ "password = x", "2: unknown key \"password\"" },
		{ "server: https://sso.example.com", "2: server: write \"key = value\"" },
	};

	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		char text[256];

		snprintf(text, sizeof text, "[account work]\n%s\n", table[i].lines);
		refuses(text, table[i].expected);
	}
}
END_TEST

START_TEST(sections_that_are_refused)
{
	refuses("[accounts]\n", "1: unknown section \"accounts\"; is \"account\" meant?");
	refuses("[Account work]\n", "1: unknown section \"Account work\"");
	refuses("[stores]\n", "1: unknown section \"stores\"; is \"store\" meant?");
	refuses("[account]\n", "1: [account NAME]: expected a name");
	refuses("[account  work]\n", "1: [account NAME]: expected a name");
	refuses("[account work ]\n", "1: [account NAME]: expected a name");
	refuses("[account ../x]\n", "1: [account NAME]: expected a name");
	refuses("[account .x]\n", "1: [account NAME]: expected a name");
	refuses("[account w\xc3\xb6rk]\n", "1: [account NAME]: expected a name");
	refuses("[account a2345678901234567890123456789012345678901]\n", "1: [account NAME]: expe");
	refuses("[account a]\n[account b]\n[account a]\n", "3: there are two sections [account a]");
	refuses("[store]\nsources = file, vault\n", "2: sources: expected file, the only");
#ifdef HAVE_SODIUM
	refuses("[store]\nseal = keyring keyring\n", "2: seal: expected each source once");
	refuses("[store]\nseal = [NOTFOUND=return] keyring\n", "2: seal: expected a source");
	refuses("[store]\nseal = keyring []\n", "2: seal: expected an action");
	refuses("[store]\nseal = keyring [NOTFOUND=return\n", "2: seal: expected \"]\"");
	refuses("[store]\nseal = keyring [SUCCESS=continue]\n", "2: seal: expected NOTFOUND, UNAV");
	refuses("[store]\nseal = keyring [ ! ]\n", "2: seal: expected NOTFOUND, UNAVAIL or TRYA");
	refuses("[store]\nseal = keyring [NOTFOUND return]\n", "2: seal: expected NOTFOUND, UN");
	refuses("[store]\nseal = keyring [NOTFOUND=merge]\n", "2: seal: expected NOTFOUND, UNA");
	refuses("[store]\nseal = keyring [NOTFOUND]\n", "2: seal: expected NOTFOUND, UNAVAIL");
	refuses("[store]\nseal = ../keyring\n", "2: seal: expected sources' names of small");
#else
	refuses("[store]\nseal = keyring\n", "2: seal: this freshtoken was built without sealing");
#endif
	refuses("[store]\nseal_keep = soon\n", "2: seal_keep: expected a number with");
	refuses("[store]\nsource = file\n", "2: unknown key \"source\"; is \"sources\" meant?");
	refuses("[pam]\nstrict = 1\n", "2: strict: expected no or yes");
	refuses("[pam]\nconf = /x\n", "2: unknown key \"conf\"");
	loads("[account a234567890123456789012345678901234567890]\n");
	ft_accounts_release(&accounts);
}
END_TEST

START_TEST(names)
{
	ck_assert(ft_account_name_valid("a"));
	ck_assert(ft_account_name_valid("-_9Z.x."));
	ck_assert(ft_account_name_valid("a234567890123456789012345678901234567890"));
	static const char *const wrong[] = {
		"", ".", "..", ".a", "a b", "a/b", "a\n", "\xc3\xa9", "a=b",
		"a2345678901234567890123456789012345678901",
	};

	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
		ck_assert_msg(!ft_account_name_valid(wrong[i]), "%s", wrong[i]);
}
END_TEST

START_TEST(layers)
{
	files_write(files_system, "freshtoken.conf",
		    "[account a]\nserver = https://a.example.com\nusername = system\n"
		    "[account b]\nserver = https://b.example.com\nusername = system\n"
		    "param.x = 1\nmatch = git.example.com\n"
		    "[pam]\naccount = a\nstrict = yes\nrecheck = 15m\nminimum_uid = 1000\n");
	loads("[account c]\n[account b]\nclient_id = mine\n[pam]\nstrict = no\naccount = c\n");
	ck_assert_uint_eq(accounts.n, 3);
	ck_assert_str_eq(accounts.list[0].name, "a");
	ck_assert_str_eq(accounts.list[1].name, "b");
	ck_assert_str_eq(accounts.list[2].name, "c");
	ck_assert(accounts.list[0].system && !accounts.list[1].system);
	ck_assert_str_eq(accounts.list[0].username, "system");
	/* Replaced whole, never merged. */
	ck_assert_str_eq(accounts.list[1].client_id, "mine");
	ck_assert(accounts.list[1].server == NULL && accounts.list[1].username == NULL &&
		  accounts.list[1].n_params == 0 && accounts.list[1].match.n == 0);
	ck_assert_uint_eq(accounts.list[1].line, 2);
	/* PAM's options are the system's alone. */
	ck_assert_str_eq(accounts.pam.account, "a");
	ck_assert_int_eq(accounts.pam.strict, 1);
	ck_assert_int_eq(accounts.pam.recheck, 900);
	ck_assert_int_eq(accounts.pam.minimum_uid, 1000);
	ck_assert_int_eq(accounts.pam.maximum_uid, -1);
	ck_assert_int_eq(accounts.pam.max_offline, -1);
	ck_assert_int_eq(accounts.pam.debug, -1);
	ft_accounts_release(&accounts);

	/* PAM reads the system's alone. */
	struct ft_places system = { .system_config = files_system };

	ck_assert_int_eq(ft_accounts_load(&system, &accounts, NULL), 0);
	ck_assert_uint_eq(accounts.n, 2);
	ck_assert_str_eq(accounts.list[1].username, "system");
	ft_accounts_release(&accounts);

	/* A mistake in the system's file is found, and named. */
	struct ft_error err;

	files_write(files_system, "freshtoken.conf", "[account a]\nx = 1\n");
	ck_assert_int_eq(ft_accounts_load(&files_places, &accounts, &err), FT_CONFIG);
	ck_assert_ptr_nonnull(strstr(line_of(&err), "/system/freshtoken.conf:2: unknown key"));
}
END_TEST

/* What opens logins no account gets tokens for, in whichever file it is. */
START_TEST(login_audiences)
{
	static const char login[] = "[account login]\nlogin_audience = https://login.example.com\n";
	static const char *const wrong[] = {
		"audience = https://login.example.com",
		"audience = https://login.example.com/",
		"audience = https://LOGIN.example.com",
		"resource = https://login.example.com",
		"scope = openid https://login.example.com/.default",
		"scope = https://login.example.com",
		"client_id = https://login.example.com",
		"server = https://login.example.com",
		"param.to = https://login.example.com",
	};
	static const char *const good[] = {
		"audience = https://login.example.com.evil.example",
		"audience = https://git.example.com",
		"resource = https://login.example.comx",
		"scope = openid login",
		"server = https://sso.example.com",
	};
	struct ft_error err;
	char text[512], expected[128];

	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		(void)snprintf(text, sizeof text, "%s[account b]\n%s\n", login, wrong[i]);
		(void)snprintf(expected, sizeof expected,
			       "3: account b: %.*s: its tokens would be for",
			       (int)strcspn(wrong[i], " ."), wrong[i]);
		refuses(text, expected);
		/* Its own as well. */
		(void)snprintf(text, sizeof text, "%s%s\n", login, wrong[i]);
		(void)snprintf(expected, sizeof expected,
			       "1: account login: %.*s: its tokens would be for",
			       (int)strcspn(wrong[i], " ."), wrong[i]);
		refuses(text, expected);
	}
	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		(void)snprintf(text, sizeof text, "%s[account b]\n%s\n", login, good[i]);
		loads(text);
		ft_accounts_release(&accounts);
	}
	/* Also between the two files. */
	files_write(files_system, "freshtoken.conf", login);
	files_write(files_user, "freshtoken.conf",
		    "[account mine]\naudience = https://login.example.com\n");
	ck_assert_int_eq(ft_accounts_load(&files_places, &accounts, &err), FT_CONFIG);
	ck_assert_ptr_nonnull(strstr(line_of(&err), "account mine: audience: its tokens would be for"));
	refuses("[account a]\nlogin_audience = login\n", "2: login_audience: expected a URI");
	refuses("[account a]\ndevice_rate = 0\n", "2: device_rate: ");
}
END_TEST

/* Who asks the directory about persons. */
START_TEST(checkers)
{
	static const char robot[] = "[account robot]\ngrant = client_credentials\n";
	static const struct {
		const char *text, *expected;
	} wrong[] = {
		{ "[account a]\ncheck = persons\n", "2: check: expected refresh or person" },
		{ "[account a]\ncheck = person\n", "1: account a: check: person needs" },
		{ "[account a]\ncheck = refresh, person\n", "1: account a: check: person needs" },
		{ "[account a]\nchecker = robot\n[account robot]\n",
		  "1: account a: checker: without check = person it is not used; set check = person" },
		{ "[account a]\ncheck = person\nchecker = other\n",
		  "1: account a: checker: there is no account other; write one that has a grant" },
		{ "[account a]\ncheck = person\nchecker = a\n",
		  "1: account a: checker: expected the name of another account" },
		{ "[account a]\ncheck = person\nchecker = robot\n[account robot]\n",
		  "1: account a: checker: account robot is one that a person signs in to" },
		{ "[account a]\ncheck = person\nchecker = robot\n[account robot]\nfrom = b\n"
		  "[account b]\n", "1: account a: checker: account robot gets its tokens from something other" },
		{ "[account a]\ncheck = person\nchecker = robot\n[account robot]\nfrom = env:A\n",
		  "1: account a: checker: account robot gets its tokens from something other" },
		{ "[account a]\ncheck = person\nchecker = robot\n[account robot]\n"
		  "from = exec:/bin/a\n",
		  "1: account a: checker: account robot gets its tokens from something other" },
		{ "[account a]\nperson_rate = 5\n", "1: account a: person_rate: no account has" },
		{ "[account a]\nperson_rate = 0\n", "2: person_rate: " },
		{ "[account a]\nperson_rate = 1001\n", "2: person_rate: " },
	};
	struct ft_error err;

	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
		refuses(wrong[i].text, wrong[i].expected);
	loads("[account a]\ncheck = person, refresh\nchecker = robot\n[account robot]\n"
	      "grant = client_credentials\nperson_rate = 5\n[account b]\n[account c]\ncheck = person\nchecker = robot\n");
	const struct ft_account *a = ft_accounts_find(&accounts, "a");
	const struct ft_account *b = ft_accounts_find(&accounts, "b");
	const struct ft_account *c = ft_accounts_find(&accounts, "c");

	ck_assert(ft_account_checks(a, "person") && ft_account_checks(a, "refresh"));
	ck_assert(!ft_account_checks(b, "person") && ft_account_checks(b, "refresh"));
	ck_assert(ft_account_checks(c, "person") && !ft_account_checks(c, "refresh"));
	ft_accounts_release(&accounts);
	/* One that root's configuration does not have is not root's. */
	files_write(files_system, "freshtoken.conf",
		    "[account login]\ncheck = person\nchecker = robot\n");
	files_write(files_user, "freshtoken.conf", robot);
	ck_assert_int_eq(ft_accounts_load(&files_places, &accounts, &err), FT_CONFIG);
	ck_assert_ptr_nonnull(strstr(line_of(&err), "account login: checker: account robot is in "
				     "another file"));
}
END_TEST

START_TEST(sources)
{
	loads("[account c]\nfrom = b\n[account b]\nfrom = a\n[account a]\n[account d]\nfrom = a\n");
	const struct ft_account *a = ft_accounts_find(&accounts, "a"),
				*b = ft_accounts_find(&accounts, "b");
	const struct ft_account *c = ft_accounts_find(&accounts, "c"),
				*d = ft_accounts_find(&accounts, "d");

	ck_assert_ptr_eq(ft_accounts_root(&accounts, a), a);
	ck_assert_ptr_eq(ft_accounts_root(&accounts, b), a);
	ck_assert_ptr_eq(ft_accounts_root(&accounts, c), a);
	ck_assert(ft_accounts_descends(&accounts, c, a) && ft_accounts_descends(&accounts, c, b));
	ck_assert(!ft_accounts_descends(&accounts, c, d) && !ft_accounts_descends(&accounts, c, c));
	ck_assert(!ft_accounts_descends(&accounts, a, b) && !ft_accounts_descends(&accounts, a, a));
	ft_accounts_release(&accounts);

	refuses("[account a]\nfrom = b\ngrant = refresh\n[account b]\n",
		"1: account a: from: grant = refresh renews a sign-in");
	refuses("[account a]\nfrom = b\n[account b]\nfrom = a\n",
		"1: account a: from: it leads back to itself (a, b, a); one of these accounts has "
		"to sign in");
	/* Who leads into a circle is not part of it. */
	refuses("[account a]\nfrom = b\n[account b]\nfrom = c\n[account c]\nfrom = b\n",
		"3: account b: from: it leads back to itself (b, c, b)");

	/* The user's section takes the place of the system's, also in such a way. */
	struct ft_error err;

	files_write(files_system, "freshtoken.conf", "[account a]\nfrom = b\n[account b]\n");
	files_write(files_user, "freshtoken.conf", "[account b]\nfrom = a\n");
	ck_assert_int_eq(ft_accounts_load(&files_places, &accounts, &err), FT_CONFIG);
	ck_assert_ptr_nonnull(strstr(
		line_of(&err),
		"/system/freshtoken.conf:1: account a: from: it leads back to itself (a, b, a)"));
	loads("[account a]\n[account b]\nfrom = a\n");
	ck_assert_str_eq(ft_accounts_root(&accounts, ft_accounts_find(&accounts, "b"))->name, "a");
	ft_accounts_release(&accounts);
}
END_TEST

/* The one file of conf.d, or what is wrong with it. */
static void refuses_folder(const char *expected)
{
	struct ft_error err = FT_ERROR_INIT;

	ck_assert_int_ne(ft_accounts_load(&files_places, &accounts, &err), 0);
	ck_assert_msg(strstr(line_of(&err), expected) != NULL, "%s", line_of(&err));
	/* What is wrong in the system's files is an error for everybody. */
	ck_assert_int_ne(ft_accounts_load_usable(&files_places, &accounts, &err), 0);
}

START_TEST(a_folder_of_files)
{
	struct ft_error err = FT_ERROR_INIT;
	char folder[128], file[256];

	snprintf(folder, sizeof folder, "%s/conf.d", files_system);
	ck_assert_int_eq(mkdir(folder, 0755), 0);
	files_write(files_system, "freshtoken.conf",
		    "[pam]\naccount = a\nwait = 3s\n[account a]\nusername = file\n"
		    "[account b]\nusername = file\n[account c]\nusername = file\n");
	files_write(folder, "20-late.conf", "[account b]\nserver = https://late.example.com\n");
	files_write(folder, "10-early.conf",
		    "[account b]\nusername = early\n[account c]\nusername = early\n"
		    "[account d]\nusername = early\n");
	files_write(folder, ".hidden.conf", "nonsense");
	files_write(folder, "10-early.conf~", "nonsense");
	files_write(folder, "README", "nonsense");
	files_write(files_user, "freshtoken.conf", "[account d]\nusername = user\n");
	ck_assert_int_eq(ft_accounts_load(&files_places, &accounts, &err), 0);
	ck_assert_uint_eq(accounts.n, 4);
	ck_assert_str_eq(ft_accounts_find(&accounts, "a")->username, "file");
	/* The last one whole: nothing of the earlier ones is left. */
	ck_assert_ptr_null(ft_accounts_find(&accounts, "b")->username);
	ck_assert_ptr_nonnull(strstr(ft_accounts_find(&accounts, "b")->file, "/20-late.conf"));
	ck_assert(ft_accounts_find(&accounts, "b")->system);
	ck_assert_str_eq(ft_accounts_find(&accounts, "c")->username, "early");
	ck_assert_str_eq(ft_accounts_find(&accounts, "d")->username, "user");
	ck_assert_str_eq(accounts.pam.account, "a");
	ft_accounts_release(&accounts);

	/* [pam] and [store] likewise: whole, and the last. */
	files_write(folder, "30-pam.conf", "[pam]\naccount = b\n");
	ck_assert_int_eq(ft_accounts_load(&files_places, &accounts, &err), 0);
	ck_assert_str_eq(accounts.pam.account, "b");
	ck_assert_int_eq(accounts.pam.wait, -1);
	ft_accounts_release(&accounts);

	/* A file that is named is read alone. */
	files_places.system_file = strdup(files_system_conf);
	ck_assert_int_eq(ft_accounts_load(&files_places, &accounts, &err), 0);
	ck_assert_str_eq(ft_accounts_find(&accounts, "c")->username, "file");
	ft_accounts_release(&accounts);
	free(files_places.system_file);
	files_places.system_file = NULL;

	snprintf(file, sizeof file, "%s/30-pam.conf", folder);
	ck_assert_int_eq(chmod(file, 0664), 0);
	refuses_folder("/conf.d/30-pam.conf: others can write to it; run: chmod go-w");
	files_write(folder, "30-pam.conf", "[pam]\nacount = b\n");
	ck_assert_int_eq(chmod(file, 0644), 0);
	refuses_folder("/conf.d/30-pam.conf:2: unknown key \"acount\"");
	/* No file of the user's makes up for it. */
	files_write(folder, "30-pam.conf", "[account d\n");
	refuses_folder("/conf.d/30-pam.conf:1: a section needs its ]");
	ck_assert_int_eq(unlink(file), 0);
	ck_assert_int_eq(symlink("nothing", file), 0);
	refuses_folder("/conf.d/30-pam.conf: No such file");
	ck_assert_int_eq(unlink(file), 0);
	ck_assert_int_eq(chmod(folder, 0775), 0);
	refuses_folder("/conf.d: others can write to it; run: chmod go-w");
	ck_assert_int_eq(chmod(folder, 0755), 0);
	for (int i = 0; i < 300; i++) {
		snprintf(file, sizeof file, "%d.conf", i);
		files_write(folder, file, "");
	}
	refuses_folder("/conf.d: more than 256 files");
}
END_TEST

START_TEST(no_files)
{
	struct ft_error err = FT_ERROR_INIT;

	ck_assert_int_eq(ft_accounts_load(&files_places, &accounts, &err), 0);
	ck_assert(!accounts.any_file && accounts.n == 0);
	const struct ft_account *a = NULL;

	ck_assert_int_eq(ft_accounts_match(&accounts, "https://git.example.com", NULL, &a, &err),
			 FT_NOT_FOUND);
	ck_assert_ptr_null(a);
	ft_accounts_release(&accounts);
}
END_TEST

START_TEST(untrusted_files)
{
	struct ft_error err;
	char file[160];

	loads("[account work]\n");
	ft_accounts_release(&accounts);
	snprintf(file, sizeof file, "%s/freshtoken.conf", files_user);
	ck_assert_int_eq(chmod(file, 0620), 0);
	ck_assert_int_eq(ft_accounts_load(&files_places, &accounts, &err), FT_UNTRUSTED);
	ck_assert_ptr_nonnull(strstr(line_of(&err), "chmod go-w"));
}
END_TEST

static const char *matched(const char *url, const char *username)
{
	static struct ft_error err;
	const struct ft_account *a = NULL;
	int r = ft_accounts_match(&accounts, url, username, &a, &err);

	if (r == FT_CONFIG)
		return line_of(&err);
	ck_assert_int_eq(r, a == NULL ? FT_NOT_FOUND : 0);
	return a != NULL ? a->name : "-";
}

START_TEST(matching)
{
	loads("[account host]\nmatch = https://git.example.com\n"
	      "[account team]\nmatch = https://git.example.com/team, https://x.example.com\n"
	      "[account wild]\nmatch = https://*.example.com/team/*, *.example.com\n"
	      "[account alice]\nmatch = https://two.example.com\nusername = alice\n"
	      "[account bob]\nmatch = https://two.example.com\nusername = bob\n"
	      "[account open]\nmatch = https://three.example.com\n"
	      "[account carol]\nmatch = https://three.example.com\nusername = carol\n"
	      "[account hub]\nmatch = https://index.docker.io/v1/, docker.io\n");
	ck_assert_str_eq(matched("https://git.example.com", NULL), "host");
	ck_assert_str_eq(matched("https://git.example.com/team/x", NULL), "team");
	ck_assert_str_eq(matched("https://git.example.com/teams", NULL), "host");
	ck_assert_str_eq(matched("https://x.example.com", NULL), "team");
	ck_assert_str_eq(matched("https://y.example.com/x", NULL), "wild");
	ck_assert_str_eq(matched("registry.example.com", NULL), "wild");
	ck_assert_str_eq(matched("git.example.com", NULL), "wild");
	ck_assert_str_eq(matched("https://index.docker.io/v1/", NULL), "hub");
	ck_assert_str_eq(matched("docker.io", NULL), "hub");
	ck_assert_str_eq(matched("https://example.com", NULL), "-");
	ck_assert_str_eq(matched("http://git.example.com", NULL), "-");
	ck_assert_str_eq(matched("https://user@git.example.com", NULL), "-");
	ck_assert_str_eq(matched("rubbish \x01", NULL), "-");
	ck_assert_str_eq(matched("", NULL), "-");

	/* Of several, the one whose username is the request's. */
	ck_assert_str_eq(matched("https://two.example.com", "alice"), "alice");
	ck_assert_str_eq(matched("https://two.example.com", "bob"), "bob");
	ck_assert_str_eq(matched("https://two.example.com", "eve"), "wild");
	ck_assert_str_eq(matched("https://three.example.com", "carol"), "carol");
	ck_assert_str_eq(matched("https://three.example.com", "dave"), "open");
	ck_assert_str_eq(matched("https://git.example.com", "anybody"), "host");
	ck_assert_ptr_nonnull(strstr(matched("https://two.example.com", ""), "equally well"));

	/* Two that tie are an error that names both. */
	const char *tie = matched("https://two.example.com", NULL);

	ck_assert_ptr_nonnull(strstr(tie, "accounts alice ("));
	ck_assert_ptr_nonnull(strstr(tie, "freshtoken.conf:7) and bob ("));
	ck_assert_ptr_nonnull(strstr(tie, "two.example.com equally well"));
	ck_assert_ptr_nonnull(strstr(matched("https://three.example.com", NULL), "open"));
	ft_accounts_release(&accounts);
}
END_TEST

START_TEST(a_user_name_that_is_answered_and_one_that_is_matched)
{
	loads("[account bitbucket]\nmatch = https://one.example.com\nusername = x-token-auth\n"
	      "[account alice]\nmatch = https://two.example.com\nusername = x\nfor_username = "
	      "alice\n"
	      "[account bob]\nmatch = https://two.example.com\nusername = x\nfor_username = bob\n"
	      "[account rest]\nmatch = https://two.example.com\n"
	      "[account only]\nmatch = https://three.example.com\nfor_username = alice\n");
	/* As copied from the host's pages. */
	ck_assert_str_eq(matched("https://one.example.com/team/x.git", "alice"), "bitbucket");
	ck_assert_str_eq(matched("https://one.example.com", "x-token-auth"), "bitbucket");
	ck_assert_str_eq(matched("https://one.example.com", NULL), "bitbucket");
	ck_assert_str_eq(matched("https://two.example.com", "alice"), "alice");
	ck_assert_str_eq(matched("https://two.example.com", "bob"), "bob");
	ck_assert_str_eq(matched("https://two.example.com", "x"), "rest");
	ck_assert_str_eq(matched("https://two.example.com", NULL), "rest");
	ck_assert_str_eq(matched("https://three.example.com", "alice"), "only");
	ck_assert_str_eq(matched("https://three.example.com", NULL), "only");
	ck_assert_str_eq(matched("https://three.example.com", "bob"), "-");
	ft_accounts_release(&accounts);

	/* Of two that hand out names of their own, neither is for a third. */
	loads("[account a]\nmatch = https://git.example.com\nusername = a\n"
	      "[account b]\nmatch = https://git.example.com\nusername = b\n");
	ck_assert_str_eq(matched("https://git.example.com", "c"), "-");
	ck_assert_str_eq(matched("https://git.example.com", "b"), "b");
	ft_accounts_release(&accounts);
}
END_TEST

START_TEST(patterns_of_any_scheme)
{
	loads("[account mail]\nmatch = smtp://mail.example.com:587, imaps://mail.example.com\n"
	      "[account git]\nmatch = https://git.example.com, git+ssh://git.example.com\n");
	ck_assert_str_eq(matched("smtp://mail.example.com:587", "alice"), "mail");
	ck_assert_str_eq(matched("smtp://mail.example.com", NULL), "-");
	ck_assert_str_eq(matched("imaps://mail.example.com", NULL), "mail");
	ck_assert_str_eq(matched("IMAPS://mail.example.com:993", NULL), "mail");
	ck_assert_str_eq(matched("imap://mail.example.com:993", NULL), "-");
	ck_assert_str_eq(matched("https://mail.example.com", NULL), "-");
	ck_assert_str_eq(matched("mail.example.com", NULL), "-");
	ck_assert_str_eq(matched("git+ssh://git.example.com", NULL), "git");
	ck_assert_str_eq(matched("git://git.example.com", NULL), "-");
	ft_accounts_release(&accounts);
}
END_TEST

START_TEST(a_tie_that_a_closer_one_breaks)
{
	loads("[account a]\nmatch = *.example.com\n[account b]\nmatch = *.example.com\n"
	      "[account c]\nmatch = git.example.com\n");
	ck_assert_str_eq(matched("git.example.com", NULL), "c");
	ck_assert_ptr_nonnull(strstr(matched("x.example.com", NULL), "accounts a ("));
	ft_accounts_release(&accounts);
}
END_TEST

START_TEST(secrets_of_others)
{
	char text[256];

	files_write(files_user, "secret", "s3cret\n");
	snprintf(text, sizeof text, "[account work]\nclient_secret_file = %s/secret\n"
		 "[account gone]\nclient_secret_file = %s/gone\n", files_user, files_user);
	loads(text);
	ck_assert(!accounts.list[0].pam_only && !accounts.list[1].pam_only);
	ft_accounts_release(&accounts);
	if (geteuid() != 0)
		return;
	/* Root reads everything; somebody else does not. */
	ck_assert_int_eq(chmod(files_root, 0755), 0);
	ck_assert_int_eq(chmod(files_user, 0755), 0);
	ck_assert_int_eq(chmod(files_system, 0755), 0);
	files_write(files_user, "freshtoken.conf", text);
	snprintf(text, sizeof text, "%s/freshtoken.conf", files_user);
	ck_assert_int_eq(chmod(text, 0644), 0);
	ck_assert_int_eq(seteuid(65534), 0);
	int r = ft_accounts_load(&files_places, &accounts, NULL);

	ck_assert_int_eq(seteuid(0), 0);
	ck_assert_int_eq(r, 0);
	ck_assert(accounts.list[0].pam_only && !accounts.list[1].pam_only);
	ft_accounts_release(&accounts);
}
END_TEST

/* One bad line of the user's takes away what it is about, and nothing else. */
START_TEST(what_can_be_used)
{
	static const char system[] = "[account s]\nserver = https://s.example.com\n[account r]\n"
				     "server = https://r.example.com\n[account "
				     "login]\nlogin_audience = https://login.example.com\n";
	static const struct {
		const char *text, *broken, *problem;
	} cases[] = {
		{ "[account a]\n[account b]\nx = 1\nmatch = b.example.com\n", "b",
		  "3: unknown key" },
		{ "[account a]\n[account b]\nfrom = none\n", "b", "2: from: there is no account none; write one" },
		{ "[account a]\n[account b]\nfrom = c\n[account c]\nfrom = b\n", "bc",
		  "2: from: it leads back" },
		{ "[account a]\n[account b]\nfrom = c\n[account c]\nx = 1\n", "bc",
		  "5: unknown key" },
		{ "[account a]\n[account b]\nclient_auth = post\n", "b",
		  "2: client_auth: it needs" },
		{ "[account a]\n[account b]\naudience = https://login.example.com\n", "b",
		  "2: audience: its tokens" },
		{ "[account a]\n[account b]\n[account b]\n", "b", "3: there are two sections" },
		/* It replaces the system's, also where it is wrong. */
		{ "[account a]\n[account s]\nx\n", "s", "3: neither a [section]" },
		{ "[account a]\n[account s]\nfrom = s\n", "s",
		  "2: from: expected the name of another" },
		{ "[acount b]\nserver = https://s\n[account a]\n", "", "1: unknown section" },
		{ "[account b\nserver = https://s\n[account a]\n", "", "1: a section needs its ]" },
		{ "x = 1\n[account a]\n", "", "1: a key before" },
		{ "[account a]\n[store]\nx = 1\n[pam]\n", "", "3: unknown key" },
	};
	struct ft_error err;

	files_write(files_system, "freshtoken.conf", system);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		files_write(files_user, "freshtoken.conf", cases[i].text);
		ck_assert_int_eq(ft_accounts_load(&files_places, &accounts, &err), FT_CONFIG);
		ck_assert_int_eq(ft_accounts_load_usable(&files_places, &accounts, NULL), 0);
		ck_assert_uint_gt(accounts.n_problems, 0);
		bool found = false;

		for (size_t k = 0; k < accounts.n_problems; k++)
			found = found ||
				strstr(line_of(&accounts.problems[k].error), cases[i].problem) != NULL;
		ck_assert_msg(found, "%s: %s", cases[i].text, line_of(&accounts.problems[0].error));
		for (size_t k = 0; k < accounts.n; k++) {
			const struct ft_account *a = &accounts.list[k];
			bool broken =
				a->name[1] == '\0' && strchr(cases[i].broken, a->name[0]) != NULL;

			ck_assert_msg(a->broken == broken, "%s: %s", cases[i].text, a->name);
			ck_assert((ft_accounts_problem(&accounts, a->name) != NULL) == broken);
			ck_assert(!broken || a->from == NULL);
		}
		ft_accounts_release(&accounts);
	}
	/* It matches what it would. */
	const struct ft_account *found = NULL;

	files_write(files_user, "freshtoken.conf", cases[0].text);
	ck_assert_int_eq(ft_accounts_load_usable(&files_places, &accounts, &err), 0);
	ck_assert_int_eq(ft_accounts_match(&accounts, "https://b.example.com", NULL, &found, &err),
			 0);
	ck_assert_str_eq(found->name, "b");
	ft_accounts_release(&accounts);
	/* An account of the system's that lives on one that the user has broken. */
	files_write(files_system, "freshtoken.conf",
		    "[account s]\nfrom = r\n[account r]\n[account t]\n");
	files_write(files_user, "freshtoken.conf", "[account r]\nfrom = s\n");
	ck_assert_int_eq(ft_accounts_load_usable(&files_places, &accounts, &err), 0);
	ck_assert(accounts.list[0].broken && accounts.list[1].broken && !accounts.list[2].broken);
	ft_accounts_release(&accounts);
	/* Many that are of no account. */
	struct ft_buf many = FT_BUF_INIT(100000);

	for (unsigned k = 0; k < 5000; k++)
		ft_buf_addf(&many, "[x%u]\n", k);
	files_write(files_user, "freshtoken.conf", many.data);
	ck_assert_int_eq(ft_accounts_load_usable(&files_places, &accounts, &err), 0);
	ck_assert_uint_eq(accounts.n_problems, FT_PROBLEMS_MAX);
	ft_accounts_release(&accounts);
	ft_buf_release(&many);
	/* The system's file is right or it is nothing. */
	files_write(files_user, "freshtoken.conf", "[account a]\n");
	files_write(files_system, "freshtoken.conf", "[account s]\nx = 1\n");
	ck_assert_int_eq(ft_accounts_load_usable(&files_places, &accounts, &err), FT_CONFIG);
	files_write(files_system, "freshtoken.conf", "[account s]\nfrom = none\n");
	ck_assert_int_eq(ft_accounts_load_usable(&files_places, &accounts, &err), FT_CONFIG);
}
END_TEST

START_TEST(no_memory)
{
	size_t problems;
	unsigned n = 1;
	int r;

	files_write(files_system, "freshtoken.conf",
		    "[account a]\nparam.x = 1\n[pam]\naccount = a\n");
	files_write(files_user, "freshtoken.conf",
		    "[store]\nsources = file\n[account a]\nmatch = a.example.com, b.example.com\n"
		    "server = https://sso.example.com\nparam.x = 1\n[pam]\nauth = device\n");
	do {
		alloc_fail(n++);
		r = ft_accounts_load(&files_places, &accounts, NULL);
		if (r == 0)
			ft_accounts_release(&accounts);
	} while (alloc_failed(r));
	ck_assert_int_eq(r, 0);
	files_write(files_user, "freshtoken.conf",
		    "[account a]\nx = 1\n[account b]\nfrom = a\n[x]\n[account c]\n");
	n = 1;
	do {
		alloc_fail(n++);
		r = ft_accounts_load_usable(&files_places, &accounts, NULL);
		problems = r == 0 ? accounts.n_problems : 0;
		if (r == 0)
			ft_accounts_release(&accounts);
	} while (alloc_failed(r));
	ck_assert_int_eq(r, 0);
	ck_assert_uint_eq(problems, 3);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		defaults, all_keys, values_that_are_refused, sections_that_are_refused, names,
		layers, a_folder_of_files, login_audiences, checkers, sources, no_files, untrusted_files, matching,
		a_user_name_that_is_answered_and_one_that_is_matched, patterns_of_any_scheme,
		a_tie_that_a_closer_one_breaks,
		secrets_of_others, what_can_be_used, no_memory, NULL
	};

	return unit_run_with("account", tests, files_setup, files_teardown);
}

/* SPDX-License-Identifier: MIT */
/* pam/call/options.c, person.c, knowledge.c: what they read, and its consequences; user.c. */
#include "config.h"

#include <check.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/moment.h"
#include "lib/file/lock.h"
#include "pam/auth/device-gate.h"
#include "pam/call/call.h"
#include "pam/memory/knowledge.h"
#include "pam/user/user.h"
#include "pam/wire/wire.h"
#include "tests/unit/alloc.h"
#include "tests/unit/files.h"
#include "tests/unit/unit.h"

static struct ft_call call;

static int options(const char *const words[], struct ft_error *err)
{
	ft_options_release(&call.options);
	call.options = (struct ft_options){ .conf = NULL };
	ft_buf_init(&call.message, FT_WIRE_MAX);
	ft_wire_begin(&call.message, FT_WIRE_CALL);
	for (; *words != NULL; words++)
		ft_wire_add(&call.message, FT_WIRE_OPTION, *words);
	call.program = "sshd";
	int r = ft_options_parse(&call, err);

	ft_buf_release(&call.message);
	return r;
}

static const struct ft_pam_defaults nothing = {
	.strict = -1,
	.permissive = -1,
	.ignore_unknown_user = -1,
	.no_hint = -1,
	.debug = -1,
	.unmapped = -1,
	.recheck = -1,
	.max_offline = -1,
	.wait = -1,
	.minimum_uid = -1,
	.maximum_uid = -1,
};

/* A claim that cannot be looked at is not taken for one that stays. */
START_TEST(claims_that_change_hands)
{
	static const struct {
		const char *path;
		bool changes;
	} claims[] = {
		{ "sub", false },      { "id_token:sub", false }, { "email", true },
		{ "\"e-mail\"", true }, { "id_token:email", true }, { "user.UPN", true },
		{ "mail.0", true },    { "mail.id", false },
		{ "primary_email", true }, { "sAMAccountName", true },
		{ "\"http://schemas.example.com/claims/emailaddress\"", true },
		{ "id_token:\"https://example.com/name\"", true },
		{ "\"https://example.com/email/id\"", false },
	};
	bool changes;

	for (size_t i = 0; i < sizeof claims / sizeof *claims; i++) {
		bool wrong = false;
		unsigned n = 1;
		int r;

		do {
			changes = false;
			alloc_fail(n++);
			r = ft_configure_claim(claims[i].path, &changes, NULL);
			wrong = wrong || (r == 0 && changes != claims[i].changes);
		} while (alloc_failed(r));
		ck_assert_msg(!wrong, "%s", claims[i].path);
		ck_assert_int_eq(r, 0);
	}
	ck_assert_int_eq(ft_configure_claim("a:b", &changes, NULL), FT_CONFIG);
}
END_TEST

START_TEST(the_line)
{
	const char *const some[] = { "account=work",	     "strict",
				     "recheck=15m",	     "auth=device,token",
				     "conf=/etc/other.conf", "wait=2s",
				     "unmapped=ignore",	     "exempt=rescue,@wheel",
				     "maximum_uid=70000",    NULL };
	const char *const none[] = { NULL };
	struct ft_error err;

	ck_assert_int_eq(options(some, &err), 0);
	ft_options_settle(&call.options, &nothing);
	ck_assert_str_eq(call.options.account, "work");
	ck_assert_str_eq(call.options.conf, "/etc/other.conf");
	ck_assert(call.options.strict && !call.options.no_hint && !call.options.debug);
	ck_assert_int_eq(call.options.recheck, 900);
	ck_assert_int_eq(call.options.wait, 2);
	ck_assert_uint_eq(call.options.auth->n, 2);
	ck_assert_int_eq((int)call.options.unmapped, FT_UNMAPPED_IGNORE);
	ck_assert_uint_eq(call.options.exempt->n, 2);
	ck_assert_str_eq(call.options.exempt->list[1], "@wheel");
	ck_assert_int_eq(call.options.maximum_uid, 70000);
	ck_assert_int_eq(options(none, &err), 0);
	ft_options_settle(&call.options, &nothing);
	ck_assert_ptr_null(call.options.account);
	ck_assert_ptr_null(call.options.auth);
	/* Whoever says nothing wants people to be refused. */
	ck_assert(call.options.strict && !call.options.ignore_unknown_user);
	ck_assert_int_eq((int)call.options.unmapped, FT_UNMAPPED_DENY);
	ck_assert_ptr_null(call.options.exempt);
	ck_assert_int_eq(call.options.maximum_uid, 60000);
	ck_assert_int_eq(call.options.recheck, -1);
	ck_assert_int_eq(call.options.max_offline, 8 * 3600);
	ck_assert_int_eq(call.options.minimum_uid, 1000);
	ck_assert_int_eq(call.options.wait, 5);
}
END_TEST

/* What is in [pam], and what the line says against it. */
START_TEST(the_line_and_the_file)
{
	struct ft_pam_defaults file = nothing;
	const char *const line[] = { "permissive=no", "recheck=0s", NULL };
	const char *const word[] = { "strict=no", NULL };
	struct ft_error err;

	file.permissive = file.no_hint = 1;
	file.recheck = file.max_offline = 60;
	file.account = (char *)"file";
	ck_assert_int_eq(options(line, &err), 0);
	ft_options_settle(&call.options, &file);
	ck_assert(call.options.strict && call.options.no_hint);
	ck_assert_int_eq(call.options.recheck, 0);
	ck_assert_int_eq(call.options.max_offline, 60);
	ck_assert_str_eq(call.options.account, "file");
	/* A no, and a 0, of the file are as good as any. */
	file.permissive = file.no_hint = 0;
	file.max_offline = file.recheck = 0;
	const char *const bare[] = { NULL };

	ck_assert_int_eq(options(bare, &err), 0);
	ft_options_settle(&call.options, &file);
	ck_assert(call.options.strict && !call.options.no_hint);
	ck_assert_int_eq(call.options.max_offline, 0);
	ck_assert_int_eq(call.options.recheck, 0);
	file.permissive = 1;
	/* A word of before: it means nothing, whatever it says. */
	ck_assert_int_eq(options(word, &err), 0);
	ft_options_settle(&call.options, &file);
	ck_assert(!call.options.strict);
	ft_options_settle(&call.options, &nothing);
	ck_assert(call.options.strict);
}
END_TEST

START_TEST(a_line_that_is_wrong)
{
	static const char *const wrong[][3] = {
		{ "colour=red" },
		{ "strict=maybe" },
		{ "strict", "strict" },
		{ "permissive=maybe" },
		{ "unmapped" },
		{ "unmapped=allow" },
		{ "exempt=" },
		{ "exempt=@" },
		{ "exempt=a b" },
		{ "maximum_uid=-1" },
		{ "wait=5" },
		{ "wait=-1s" },
		{ "account" },
		{ "account=" },
		{ "account=a/b" },
		{ "auth=pin" },
		{ "conf=x" },
		{ "conf" },
		{ "conf=/a", "conf=/b" },
		{ "minimum_uid=many" },
		{ "" },
		{ "=" },
		{ "max_offline=99999d" },
	};
	struct ft_error err;

	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		if (strcmp(wrong[i][0], "account") == 0)
			continue;	/* a word alone is a yes, and "yes" is a name */
		ck_assert_msg(options(wrong[i], &err) == FT_CONFIG, "%s", wrong[i][0]);
		ck_assert_ptr_eq(
			strstr(err.text, "the line of pam_freshtoken.so in the stack of sshd: "),
			err.text);
	}
}
END_TEST

static struct ft_account account = {
	.name = (char *)"work", .provider = (char *)"oauth2", .client_id = (char *)"cli"
};

static void person(void)
{
	call.account = &account;
	call.service.server = (char *)"https://sso.example.com";
	call.person = (struct ft_person){
		.exists = true, .uid = 2001, .name = (char *)"alice", .subject = (char *)"a-1"
	};
}

static struct ft_moment at(int64_t ms)
{
	return (struct ft_moment){ .real = 1700000000000 + ms,
				   .boot = 5000000 + ms,
				   .boot_id = "this-boot" };
}

START_TEST(knowledge_keeps)
{
	const struct ft_knowledge known = { .known = FT_KNOWN_FRESH,
					    .verified = at(0),
					    .lifetime = 3600000,
					    .told = at(7), .down = at(5),
					    .refresh_token = "0123456789abcdef",
					    .access_token = "fedcba9876543210",
					    .why = { .text = "because", .foreign = "I say so",
						     .remedy = "wait" } };
	struct ft_knowledge back = FT_KNOWLEDGE_INIT;
	struct ft_error err;
	struct ft_buf text = FT_BUF_INIT(16384);
	unsigned n = 1;
	int r;

	person();
	/* Writing alone: json-c's parser does not look whether it got its memory. */
	do {
		ft_buf_release(&text);
		alloc_fail(n++);
		r = ft_knowledge_format(&call, &known, &text, &err);
		if (r != 0)
			ft_buf_release(&text);
		alloc_held_before += r == 0;
	} while (alloc_failed(r));
	ck_assert_int_eq(r, 0);
	ck_assert_int_eq(ft_knowledge_parse(&call, text.data, text.len, &back, &err), 0);
	ft_buf_release(&text);
	ck_assert_int_eq((int)back.known, FT_KNOWN_FRESH);
	ck_assert_int_eq(back.verified.real, known.verified.real);
	ck_assert_str_eq(back.verified.boot_id, "this-boot");
	ck_assert_int_eq(back.told.real, known.told.real);
	ck_assert_int_eq(back.down.boot, known.down.boot);
	ck_assert_int_eq(back.lifetime, 3600000);
	ck_assert_str_eq(back.refresh_token, known.refresh_token);
	ck_assert_str_eq(back.access_token, known.access_token);
	ck_assert_str_eq(line_of(&back.why), "because: \"I say so\"; wait");
}
END_TEST

/* Of somebody else, of another service, or for somebody else now: nothing. */
START_TEST(knowledge_of_others)
{
	const struct ft_knowledge known = {
		.known = FT_KNOWN_FRESH, .verified = at(0), .lifetime = 3600000
	};
	char **const what[] = {
		&account.name, &account.provider, &account.client_id, &call.service.server,
		&call.person.name, &call.person.subject
	};
	struct ft_knowledge back;
	struct ft_buf text = FT_BUF_INIT(16384);
	struct ft_error err;

	person();
	ck_assert_int_eq(ft_knowledge_format(&call, &known, &text, &err), 0);
	for (size_t i = 0; i < sizeof what / sizeof *what; i++) {
		char *saved = *what[i];

		*what[i] = (char *)"other";
		ck_assert_int_eq(ft_knowledge_parse(&call, text.data, text.len, &back, &err), 0);
		ck_assert_int_eq((int)back.known, FT_KNOWN_NOTHING);
		*what[i] = saved;
	}
	account.client_id = NULL;
	ck_assert_int_eq(ft_knowledge_parse(&call, text.data, text.len, &back, &err), 0);
	ck_assert_int_eq((int)back.known, FT_KNOWN_NOTHING);
	account.client_id = (char *)"cli";
	for (size_t len = 0; len < text.len; len++)
		ck_assert_int_ne(ft_knowledge_parse(&call, text.data, len, &back, &err), 0);
	ft_buf_release(&text);
}
END_TEST

START_TEST(times)
{
	struct ft_knowledge known = { .known = FT_KNOWN_FRESH,
				      .verified = at(0),
				      .lifetime = 60000 };
	struct ft_moment now = at(59999), later = at(60000), before = at(-1);

	ck_assert(ft_knowledge_is_fresh(&known, &now, -1));
	ck_assert(!ft_knowledge_is_fresh(&known, &later, -1));
	ck_assert(!ft_knowledge_is_fresh(&known, &before, -1));
	ck_assert(!ft_knowledge_is_fresh(&known, &now, 0));
	ck_assert(!ft_knowledge_is_fresh(&known, &known.verified, 0));
	ck_assert(ft_knowledge_is_fresh(&known, &later, 61));
	ck_assert(ft_knowledge_is_within(&known, &later, 60));
	ck_assert(!ft_knowledge_is_within(&known, &later, 59));
	ck_assert(!ft_knowledge_is_within(&known, &before, 3600));
	/* At the very moment at which it was seen. */
	ck_assert(ft_knowledge_is_fresh(&known, &known.verified, -1));
	ck_assert(ft_knowledge_is_within(&known, &known.verified, 0));
	/* What lives long is asked about every hour all the same. */
	known.lifetime = INT64_C(365) * 86400 * 1000;
	now = at(3599999);
	ck_assert(ft_knowledge_is_fresh(&known, &now, -1));
	now = at(3600000);
	ck_assert(!ft_knowledge_is_fresh(&known, &now, -1));
	ck_assert(ft_knowledge_is_fresh(&known, &now, 7200));
	now = at(59999);
	/* Of an unknown life: asked every time, unless recheck says otherwise. */
	known.lifetime = -1;
	ck_assert(!ft_knowledge_is_fresh(&known, &known.verified, -1));
	ck_assert(ft_knowledge_is_fresh(&known, &now, 900));
	/* What the service has withdrawn is good for nothing, also offline. */
	for (int k = FT_KNOWN_NOTHING; k <= FT_KNOWN_DISABLED; k++) {
		known.known = (enum ft_known)k;
		ck_assert_int_eq(ft_knowledge_is_within(&known, &now, 3600), k == FT_KNOWN_FRESH);
		ck_assert_int_eq(ft_knowledge_is_fresh(&known, &now, 900), k == FT_KNOWN_FRESH);
	}
	ck_assert(!ft_knowledge_is_cooling(&known, &now, -1));
	known.down = at(0);
	now = at(29999);
	ck_assert(ft_knowledge_is_cooling(&known, &now, -1));
	now = at(30000);
	ck_assert(!ft_knowledge_is_cooling(&known, &now, -1));
	ck_assert(!ft_knowledge_is_cooling(&known, &before, -1));
	/* recheck = 0 means every time, and then nobody rests. */
	now = at(0);
	ck_assert(!ft_knowledge_is_cooling(&known, &now, 0));
	now = at(9999);
	ck_assert(ft_knowledge_is_cooling(&known, &now, 10));
	now = at(10000);
	ck_assert(!ft_knowledge_is_cooling(&known, &now, 10));
	now = at(30000);
	ck_assert(!ft_knowledge_is_cooling(&known, &now, 60));
}
END_TEST

/* Two users of one uid, and names that no file could have. */
START_TEST(keys_of_persons)
{
	static const struct { const char *name, *key;
	} cases[] = {
		{ "alice", "2001~alice" },	 { "Al.i-c_e9", "2001~Al.i-c_e9" },
		{ "a/../b", "2001~a%2f..%2fb" }, { "a%2fb", "2001~a%252fb" },
		{ "DOM\\al", "2001~DOM%5cal" },	 { "al@example.com", "2001~al%40example.com" },
	};
	char key[FT_PERSON_KEY_SIZE], other[FT_PERSON_KEY_SIZE], name[2][200];
	struct ft_person who = { .exists = true, .uid = 2001 };

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		who.name = (char *)cases[i].name;
		ft_person_key(&who, key);
		ck_assert_str_eq(key, cases[i].key);
	}
	memset(name, 'a', sizeof name);
	name[0][199] = name[1][199] = '\0';
	name[1][198] = 'b';
	who.name = name[0];
	ft_person_key(&who, key);
	who.name = name[1];
	ft_person_key(&who, other);
	ck_assert_str_ne(key, other);
	ck_assert_uint_le(strlen(key), FT_PERSON_KEY_SIZE - 1);
	ck_assert_int_eq(strncmp(key, "2001~%%", 7), 0);
}
END_TEST

/* call.c's, which needs all the rest of the program. */
bool ft_call_is_root(void)
{
	return geteuid() == 0;
}

/* In the user's process: what it has, a bit for each thing that is wrong. */
static int look_around(const struct ft_call *of, void *data, int fd)
{
	int wrong = 0;

	wrong |=
		(fcntl(fd, F_GETFD) & FD_CLOEXEC) == 0 ? 1 : 0; /* a program could be looked into */
	wrong |= fcntl(*(int *)data, F_GETFD) >= 0 && *(int *)data != fd ? 2 : 0;
	wrong |= getuid() != of->person.uid || geteuid() != of->person.uid ? 4 : 0;
	wrong |= getgid() != of->person.gid ? 8 : 0;
	wrong |= write(fd, "here", 4) != 4 ? 16 : 0;
	return wrong;
}

START_TEST(a_process_of_the_user)
{
	const struct passwd *pw = getuid() == 0 ? getpwnam("nobody") : getpwuid(getuid());
	struct ft_user user = FT_USER_INIT;
	struct ft_error err;
	char heard[8] = "";

	if (pw == NULL)
		return;	/* a machine without users */
	const struct ft_call nobody = {
		.person = { .exists = true,
			    .uid = pw->pw_uid,
			    .gid = pw->pw_gid,
			    .name = pw->pw_name },
	};
	for (int i = 0; i < 2; i++) {
		/* Root's, that must not be there. */
		const int file = open("/dev/null", O_RDWR);
		int other = fcntl(file, F_DUPFD, 20);

		ck_assert_int_eq(ft_user_start(&nobody, look_around, &other, &user, &err), 0);
		ck_assert_int_eq((int)read(user.fd, heard, sizeof heard), 4);
		ck_assert_int_eq(ft_user_end(&user, ft_monotonic_ms() + 60000), 0);
		close(other);
		close(file);
	}
}
END_TEST

/* A count that another login keeps to itself stops nobody. */
START_TEST(codes_in_a_minute)
{
	const struct ft_account one = { .name = (char *)"work", .device_rate = 1 };
	struct ft_folder folder = FT_FOLDER_INIT;
	struct ft_error err;
	int lock = -1;

	if (!ft_call_is_root() || unit_in_valgrind())
		return;
	files_setup();
	call.account = &one;
	call.user = "alice";
	call.ft.places.state = files_user;
	ck_assert(ft_gate_passes(&call, false, ft_monotonic_ms()));
	ck_assert(ft_gate_passes(&call, true, ft_monotonic_ms()));
	ck_assert(!ft_gate_passes(&call, true, ft_monotonic_ms()));
	ck_assert_int_eq(ft_folder_open(files_user, false, &folder, &err), 0);
	ck_assert_int_eq(ft_lock_take(&folder, "device-rate", &lock, &err), 0);
	ck_assert(ft_gate_passes(&call, true, ft_monotonic_ms()));
	close(lock);
	ck_assert(!ft_gate_passes(&call, true, ft_monotonic_ms()));
	ft_folder_close(&folder);
	call = (struct ft_call){ .account = NULL };
	files_teardown();
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		claims_that_change_hands, the_line, the_line_and_the_file, a_line_that_is_wrong,
		knowledge_keeps, knowledge_of_others, times, keys_of_persons, a_process_of_the_user,
		codes_in_a_minute, NULL
	};

	return unit_run("pam-parts", tests);
}

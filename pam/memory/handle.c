/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "pam/memory/handle.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "lib/base/encode.h"
#include "lib/data/json.h"
#include "lib/file/privatefile.h"
#include "lib/store/record.h"

#define HANDLE_BYTES 16
#define HANDLE_LIFE (10 * 60 * 1000)	/* ms */
#define WAITING_LIFE (24 * 3600 * 1000)
#define WAITING "waiting~"
#define FILE_MAX (2 * FT_RECORD_MAX)

/* Unique: account names have no "~", and "waiting" is no valid handle. */
static void handle_name(const struct ft_call *call, const char *handle, char ret[128])
{
	(void)snprintf(ret, 128, "%.64s~%s", handle, call->account->name);
}

static void waiting_name(const struct ft_call *call, char ret[128])
{
	char key[FT_PERSON_KEY_SIZE];

	ft_person_key(&call->person, key);
	(void)snprintf(ret, 128, WAITING "%s~%s", key, call->account->name);
}

static bool handle_valid(const char *handle)
{
	return strlen(handle) == 2 * HANDLE_BYTES &&
	       strspn(handle, "0123456789abcdef") == 2 * HANDLE_BYTES;
}

static char *new_handle(void)
{
	unsigned char bytes[HANDLE_BYTES];
	char *text = malloc(2 * HANDLE_BYTES + 1);

	if (text == NULL || getrandom(bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes) {
		free(text);
		return NULL;
	}
	ft_hex_write(bytes, sizeof bytes, text);
	return text;
}

/* Removes files that no session has taken in time. */
static void sweep(const struct ft_folder *folder)
{
	int fd = openat(folder->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
	struct dirent *entry;
	struct timespec now;

	if (dir == NULL) {
		if (fd >= 0)
			(void)close(fd);
		return;
	}
	(void)clock_gettime(CLOCK_REALTIME, &now);
	while ((entry = readdir(dir)) != NULL) {
		const int64_t life = strncmp(entry->d_name, WAITING, strlen(WAITING)) == 0 ?
				     WAITING_LIFE : HANDLE_LIFE;
		struct stat st;

		if (fstatat(folder->fd, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
		    S_ISREG(st.st_mode) && now.tv_sec - st.st_mtim.tv_sec > life / 1000)
			(void)unlinkat(folder->fd, entry->d_name, 0);
	}
	(void)closedir(dir);
}

/* shown: leaves out the token, which served this login alone: git and scripts must not get it. */
static int format_record(const struct ft_call *call, const struct ft_signin *signin, bool shown,
			 struct ft_buf *ret, struct ft_error *err)
{
	const struct ft_judgement *j = &signin->judgement;
	static const struct ft_secret none = { NULL, 0 };
	const struct ft_record record = {
		.account = call->account->name, .provider = call->account->provider,
		.server = call->service.server,
		.elsewhere = call->service.profile.elsewhere, .client_id = call->account->client_id,
		.generation = 1, .verdict = FT_FRESH,
		.access_token = shown ? none : j->access_token,
		.refresh_token = shown ? none : j->refresh_token,
		.token_type = j->token_type, .subject = j->subject,
		.id = { .token = shown ? none : j->id_token, .issued = signin->sent,
			.lifetime = j->id_lifetime },
		.issued = signin->sent, .lifetime = j->lifetime, .checked = signin->sent,
	};

	return ft_record_format(&record, ret, err);
}

static int format(const struct ft_call *call, const struct ft_signin *signin, bool shown,
		  struct ft_buf *ret, struct ft_error *err)
{
	struct ft_buf record = FT_BUF_INIT(FT_RECORD_MAX);
	struct json_object *object = json_object_new_object();
	const char *text = NULL;
	size_t len = 0;
	int r = format_record(call, signin, shown, &record, err);

	if (r == 0 && (ft_json_add_string(object, "user", call->person.name) != 0 ||
		       ft_json_add_int(object, "uid", call->person.uid) != 0 ||
		       ft_json_add_string(object, "known_as", call->person.subject) != 0 ||
		       ft_json_add(object, "shown", json_object_new_boolean(shown)) != 0 ||
		       ft_json_add_string(object, "record", record.data) != 0 ||
		       (text = ft_json_text(object, &len)) == NULL))
		r = ft_error_memory(err);
	if (r == 0) {
		ft_buf_add(ret, text, len);
		r = ft_buf_check(ret, "a handle", err);
	}
	json_object_put(object);
	ft_buf_release(&record);
	return r;
}

int ft_handle_leave(struct ft_call *call, const struct ft_signin *signin, bool shown,
		    struct ft_error *err)
{
	struct ft_replacement replacement = FT_REPLACEMENT_INIT;
	struct ft_folder folder = FT_FOLDER_INIT;
	struct ft_buf text = FT_BUF_INIT(FILE_MAX);
	/* Another line of the stack may have left tokens of its account under this handle. */
	char *handle = call->handle != NULL && handle_valid(call->handle) ? strdup(call->handle) :
		       new_handle(), name[128];
	int r = handle != NULL ? format(call, signin, shown, &text, err) : ft_error_memory(err);

	if (r == 0)
		r = ft_folder_open(call->run, true, &folder, err);
	if (r == 0) {
		sweep(&folder);
		handle_name(call, handle, name);
		r = ft_replacement_prepare(&folder, name, "next", text.len, &replacement, err);
	}
	if (r == 0)
		r = ft_replacement_commit(&replacement, text.data, text.len, err);
	if (r == 0) {
		free(call->new_handle);
		call->new_handle = handle;
		handle = NULL;
	}
	free(handle);
	ft_folder_close(&folder);
	ft_buf_release(&text);
	return r;
}

static int take_record(const struct ft_call *call, struct json_object *object, int64_t life,
		       struct ft_left *ret, struct ft_error *err)
{
	const char *text = ft_json_string(object, "record");
	struct ft_record record = FT_RECORD_INIT;
	struct ft_judgement *j = &ret->signin.judgement;
	struct ft_moment now;
	int r = text == NULL ? FT_UNTRUSTED :
		ft_record_parse(text, strlen(text), call->account->name, &record, err);

	if (r == 0)
		r = ft_record_belongs(&record, call->account, call->service.server, err);
	if (r == 0)
		r = ft_record_stays(&record, call->account, call->service.profile.elsewhere, err);
	ft_moment_now(&now);
	const int64_t age = r == 0 ? ft_moment_since(&now, &record.issued) : -1;

	if (r == 0 && (age < 0 || age > life))
		r = FT_NOT_FOUND;
	if (r == 0) {
		ft_secret_move(&j->access_token, &record.access_token);
		ft_secret_move(&j->refresh_token, &record.refresh_token);
		ft_secret_move(&j->id_token, &record.id.token);
		j->id_lifetime = record.id.lifetime;
		j->token_type = record.token_type;
		j->subject = record.subject;
		record.token_type = record.subject = NULL;
		j->outcome = FT_OUTCOME_FRESH;
		j->lifetime = record.lifetime;
		ret->signin.sent = record.issued;
	}
	ft_record_release(&record);
	return r;
}

static bool is(const char *text, const char *other)
{
	return text != NULL && other != NULL && strcmp(text, other) == 0;
}

static int read_left(const struct ft_call *call, const struct ft_folder *folder, int64_t life,
		     struct ft_left *ret, struct ft_error *err)
{
	struct ft_buf text = FT_BUF_INIT(FILE_MAX);
	struct json_object *object = NULL;
	int r = ft_private_read(folder, ret->name, &text, err);

	if (r == 0)
		r = ft_json_parse(text.data, text.len, 3, "a handle", &object, err);
	/* sudo authenticates one user and opens a session for another. */
	if (r == 0 && (!is(ft_json_string(object, "user"), call->person.name) ||
		       ft_json_int(object, "uid", -1) != (int64_t)call->person.uid ||
		       !is(ft_json_string(object, "known_as"), call->person.subject)))
		r = ft_error_set(err, FT_UNTRUSTED, "the handle was left for another user");
	if (r == 0) {
		ret->shown = ft_json_bool(object, "shown", false);
		r = take_record(call, object, life, ret, err);
	}
	json_object_put(object);
	ft_buf_release(&text);
	return r;
}

int ft_handle_find(const struct ft_call *call, struct ft_left *ret, struct ft_error *err)
{
	struct ft_folder folder = FT_FOLDER_INIT;
	struct ft_left left = { .name = "", .signin = FT_SIGNIN_INIT };
	int r = ft_folder_open(call->run, false, &folder, err);

	if (r != 0)
		return r;
	r = FT_NOT_FOUND;
	if (call->handle != NULL && handle_valid(call->handle)) {
		handle_name(call, call->handle, left.name);
		r = read_left(call, &folder, HANDLE_LIFE, &left, err);
		/* It is another user's: nobody may use it any more. */
		if (r == FT_UNTRUSTED)
			(void)unlinkat(folder.fd, left.name, 0);
	}
	if (r != 0) {
		ft_left_release(&left);
		left.waiting = true;
		waiting_name(call, left.name);
		r = read_left(call, &folder, WAITING_LIFE, &left, err);
	}
	/* Some programs end between auth and a session, as sudo -v does. */
	sweep(&folder);
	ft_folder_close(&folder);
	if (r != 0)
		ft_left_release(&left);
	else
		*ret = left;
	return r;
}

bool ft_handle_shows(const struct ft_call *call)
{
	struct ft_left left;
	struct ft_error ignored;

	if (call->handle == NULL || ft_handle_find(call, &left, &ignored) != 0)
		return false;
	bool shows = !left.waiting;

	ft_left_release(&left);
	return shows;
}

/* Whether no other account's tokens are left under the handle. */
static bool is_last(const struct ft_call *call, const struct ft_folder *folder)
{
	int fd = openat(folder->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
	struct dirent *entry;
	bool last = true;

	if (dir == NULL) {
		if (fd >= 0)
			(void)close(fd);
		return true;
	}
	while ((entry = readdir(dir)) != NULL)
		if (strncmp(entry->d_name, call->handle, 2 * HANDLE_BYTES) == 0)
			last = false;
	(void)closedir(dir);
	return last;
}

/* Removes the handle from PAM's environment, unless tokens of another account are under it. Invalid
 * handles are removed too. folder: NULL if it cannot be opened. */
static void forget_handle(struct ft_call *call, const struct ft_folder *folder)
{
	if (call->handle == NULL ||
	    (folder != NULL && handle_valid(call->handle) && !is_last(call, folder)))
		return;
	free(call->new_handle);
	call->new_handle = strdup("");
}

void ft_handle_drop(struct ft_call *call, const struct ft_left *left)
{
	struct ft_folder folder = FT_FOLDER_INIT;
	struct ft_error ignored;
	char name[128];

	if (ft_folder_open(call->run, false, &folder, &ignored) != 0) {
		forget_handle(call, NULL);
		return;
	}
	if (left->name[0] != '\0')
		(void)ft_private_remove(&folder, left->name, &ignored);
	/* Tokens that waited are older than the ones just stored, so they go too; if this login
	 * brought none, they stay. */
	if (!left->waiting && !left->shown && left->name[0] != '\0') {
		waiting_name(call, name);
		(void)ft_private_remove(&folder, name, &ignored);
	}
	forget_handle(call, &folder);
	ft_folder_close(&folder);
}

/* Removes the handle's files of all accounts: a call for root ends before its account is known, and
 * nothing is ever left for root. */
static void remove_all(const struct ft_call *call, const struct ft_folder *folder)
{
	int fd = openat(folder->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
	struct dirent *entry;

	if (dir == NULL) {
		if (fd >= 0)
			(void)close(fd);
		return;
	}
	while ((entry = readdir(dir)) != NULL)
		if (strncmp(entry->d_name, call->handle, 2 * HANDLE_BYTES) == 0)
			(void)unlinkat(folder->fd, entry->d_name, 0);
	(void)closedir(dir);
}

void ft_handle_withdraw(struct ft_call *call)
{
	struct ft_folder folder = FT_FOLDER_INIT;
	struct ft_error ignored;
	char name[128];

	if (call->handle == NULL)
		return;
	if (!handle_valid(call->handle) ||
	    ft_folder_open(call->run, false, &folder, &ignored) != 0) {
		forget_handle(call, NULL);
		return;
	}
	if (call->account != NULL) {
		handle_name(call, call->handle, name);
		(void)unlinkat(folder.fd, name, 0);
	} else {
		remove_all(call, &folder);
	}
	forget_handle(call, &folder);
	ft_folder_close(&folder);
}

int ft_handle_wait(struct ft_call *call, const struct ft_left *left, struct ft_error *err)
{
	struct ft_folder folder = FT_FOLDER_INIT;
	char name[128];
	int r = ft_folder_open(call->run, false, &folder, err);

	if (r != 0)
		return r;
	waiting_name(call, name);
	if (!left->waiting && renameat(folder.fd, left->name, folder.fd, name) != 0)
		r = ft_error_errno(err, FT_SYSTEM, errno, "cannot rename %s/%s", call->run,
				   left->name);
	forget_handle(call, &folder);
	ft_folder_close(&folder);
	return r;
}

void ft_left_release(struct ft_left *left)
{
	ft_signin_release(&left->signin);
	left->name[0] = '\0';
}

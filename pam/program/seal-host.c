/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "pam/program/seal-host.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <syslog.h>
#include <unistd.h>

#include "lib/base/moment.h"
#include "lib/base/process.h"
#include "lib/base/secret.h"
#include "lib/file/privatefile.h"

#define PROGRAM "/usr/bin/systemd-creds"
#define CLOSED_MAX (16 * 1024)	/* bytes of a locked key; less than a pipe holds */
#define ID_LEN (FT_BOX_ID_SIZE - 1)
#define NAME_SIZE (FT_PERSON_KEY_SIZE + 16)

/* Runs systemd-creds VERB with `in` on its standard input; its output goes to ret. */
static int run(const struct ft_call *call, const char *verb, const void *in, size_t len,
	       struct ft_buf *ret, struct ft_error *err)
{
	const int64_t deadline = ft_monotonic_ms() + call->options.wait * 1000;
	int to[2] = { -1, -1 }, from[2] = { -1, -1 }, status = -1, cause = 0;
	char name[64];
	pid_t pid = 0;

	/* The name is encrypted with the key: another user's file, or another credential, is
	 * refused. */
	(void)snprintf(name, sizeof name, "--name=freshtoken-seal-%lu",
		       (unsigned long)call->person.uid);
	const char *argv[] = { PROGRAM, verb, name, "-", "-", NULL };

	if (access(PROGRAM, X_OK) != 0)
		return ft_error_set(err, FT_CONFIG, "there is no " PROGRAM FT_REMEDY "install "
				    "systemd 250 or later, or use seal=password");
	bool made = pipe2(to, O_CLOEXEC) == 0 && pipe2(from, O_CLOEXEC) == 0 &&
		    write(to[1], in, len) == (ssize_t)len;
	const struct ft_process process = { .argv = argv, .session = true, .n = 3,
					    .fds = { to[0], from[1], FT_PROCESS_NULL } };

	if (to[1] >= 0)
		(void)close(to[1]);
	if (made)
		cause = ft_process_start(&process, &pid);
	if (to[0] >= 0)
		(void)close(to[0]);
	if (from[1] >= 0)
		(void)close(from[1]);
	made = made && cause == 0;
	const bool heard = made && ft_process_hear(from[0], deadline, ret) == 0;

	if (made)
		(void)ft_process_end(pid, &status, heard ? deadline : 0);
	if (from[0] >= 0)
		(void)close(from[0]);
	if (heard && status == 0)
		return 0;
	return ft_error_set(err, FT_TEMPORARY, PROGRAM " %s %s" FT_REMEDY "try it as root: "
			    "systemd-creds encrypt - -", verb, made && !heard ?
			    "does not end in time" : "fails");
}

static void name_file(const struct ft_call *call, char ret[NAME_SIZE])
{
	char key[FT_PERSON_KEY_SIZE];

	ft_person_key(&call->person, key);
	(void)snprintf(ret, NAME_SIZE, "~seal~%s.key", key);
}

/* Writes the user's file: the key's id, a line feed, and the key as systemd-creds encrypted it. */
static int store(const struct ft_call *call, const struct ft_folder *folder,
		 const unsigned char key[FT_BOX_KEY], struct ft_error *err)
{
	struct ft_replacement replacement = FT_REPLACEMENT_INIT;
	struct ft_buf text = FT_BUF_INIT(CLOSED_MAX);
	char id[FT_BOX_ID_SIZE], name[NAME_SIZE];

	ft_box_id(key, id);
	name_file(call, name);
	ft_buf_addf(&text, "%s\n", id);
	int r = run(call, "encrypt", key, FT_BOX_KEY, &text, err);

	if (r == 0)
		r = ft_replacement_prepare(folder, name, "next", text.len, &replacement, err);
	if (r == 0)
		r = ft_replacement_commit(&replacement, text.data, text.len, err);
	ft_buf_release(&text);
	return r;
}

static int load(const struct ft_call *call, const struct ft_buf *text,
		unsigned char ret[FT_BOX_KEY], struct ft_error *err)
{
	struct ft_buf opened = FT_BUF_INIT(FT_BOX_KEY + 1);
	int r = run(call, "decrypt", text->data + ID_LEN + 1, text->len - ID_LEN - 1, &opened, err);

	if (r == 0 && opened.len != FT_BOX_KEY)
		r = ft_error_set(err, FT_UNTRUSTED, "what the machine unlocked is not a key");
	if (r == 0)
		memcpy(ret, opened.data, FT_BOX_KEY);
	ft_buf_release(&opened);
	return r;
}

/* A key in the keyring is stored in root's file. Without one, the file's key goes to the keyring.
 * Without both, and with `make`, a new key is made. */
static int do_it(const struct ft_call *call, struct ft_seal_step_of *of, bool make,
		 struct ft_error *err)
{
	struct ft_folder folder = FT_FOLDER_INIT;
	struct ft_buf text = FT_BUF_INIT(CLOSED_MAX);
	char id[FT_BOX_ID_SIZE], name[NAME_SIZE];
	int r = ft_folder_open(call->ft.places.state, true, &folder, err);

	name_file(call, name);
	const int kept = r == 0 ? ft_private_read(&folder, name, &text, err) : r;
	const bool whole = kept == 0 && text.len > ID_LEN + 1 && text.data[ID_LEN] == '\n';

	if (kept != 0 && kept != FT_NOT_FOUND) {
		r = kept;
		goto out;
	}
	of->step = FT_SEAL_LOOK_KEY;
	r = ft_seal_take_step(call, of, err);
	if (r == 0) {
		ft_box_id(of->key, id);
		if (!whole || memcmp(id, text.data, ID_LEN) != 0)
			r = store(call, &folder, of->key, err);
	} else if (r == FT_NOT_FOUND && whole) {
		r = load(call, &text, of->key, err);
	} else if (r == FT_NOT_FOUND && kept == 0) {
		r = ft_error_set(err, FT_UNTRUSTED, "%s/%s is damaged" FT_REMEDY "remove it: the "
				 "user then signs in again", folder.path, name);
	} else if (r == FT_NOT_FOUND && make) {
		r = ft_box_make_key(of->key, err);
		if (r == 0)
			r = store(call, &folder, of->key, err);
	}
	of->step = FT_SEAL_PUT_KEY;
	if (r == 0)
		r = ft_seal_take_step(call, of, err);
out:
	ft_buf_release(&text);
	ft_folder_close(&folder);
	return r;
}

void ft_seal_by_host(const struct ft_call *call, bool named, bool last, int64_t keep)
{
	const bool after = call->function == FT_PAM_SESSION ||
			   (call->function == FT_PAM_SETCRED &&
			    ft_pam_cred(call->flags) == FT_CRED_ESTABLISH);
	struct ft_seal_step_of of = { .keep = keep };
	struct ft_error err;
	int turn = -1;

	if (!named || !ft_call_is_root() || (!after && call->function != FT_PAM_ACCOUNT))
		return;
	of.key = mmap(NULL, FT_BOX_KEY, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (of.key == MAP_FAILED)
		return;
	/* One at a time: two first logins would make two keys, and keep one while using the other.
	 * No slot is needed: that is memory for a password, and there is none. */
	int r = ft_seal_await_turn(call, false, &turn, &err);

	if (r == 0)
		r = do_it(call, &of, after && last, &err);
	if (turn >= 0)
		(void)close(turn);
	ft_wipe(of.key, FT_BOX_KEY);
	(void)munmap(of.key, FT_BOX_KEY);
	if (r == 0)
		ft_log_debug(call, "the key of sealed sign-ins is in the keyring");
	else if (r != FT_NOT_FOUND)
		ft_log_error(call, LOG_WARNING, "the key of sealed sign-ins is not unlocked", &err);
}

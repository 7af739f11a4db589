/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "pam/auth/device-gate.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "lib/base/moment.h"
#include "lib/data/json.h"
#include "lib/file/lock.h"
#include "lib/file/privatefile.h"

#define RATE_FILE "device-rate"
#define RATE_WINDOW 60000	/* ms */
#define FILE_MAX (32 * 1024)
#define LOOK_MAX 4096
#define TOOK_MAX 5000		/* ms */
#define NAME_SIZE (FT_ACCOUNT_NAME_MAX + 16)
#define GUESS_INTERVAL 5
#define GUESS_EXPIRES 600

/* --- how many requests in a minute ------------------------------------------------------- */

/* The file has the times of requests in ms of the boot clock, one on each line. Counts those of the
 * last minute, and copies them to recent. */
static size_t count_recent(const char *text, int64_t now, struct ft_buf *recent)
{
	size_t n = 0;

	for (const char *end = NULL; text != NULL && *text != '\0';
	     text = *end == '\n' ? end + 1 : end + strlen(end)) {
		const int64_t then = strtoll(text, (char **)&end, 10);

		if (end == text)
			break;
		/* A time in the future is from before the last boot. */
		if (then < 0 || then > now || now - then >= RATE_WINDOW)
			continue;
		ft_buf_addf(recent, "%" PRId64 "\n", then);
		n++;
	}
	return n;
}

/* Locks the file, counts, and with `take` adds this request. */
static bool passes(const struct ft_call *call, int fd, bool take, int64_t deadline,
		   struct ft_error *err)
{
	struct ft_buf text = FT_BUF_INIT(FILE_MAX), recent = FT_BUF_INIT(FILE_MAX);
	struct ft_moment now;
	bool may = true;
	int r;

	ft_moment_now(&now);
	r = ft_lock_open(fd, call->ft.places.state, RATE_FILE, deadline, err);
	if (r == 0 && ft_buf_read(&text, fd) != 0)
		r = ft_error_errno(err, FT_SYSTEM, errno, "%s/%s", call->ft.places.state,
				   RATE_FILE);
	if (r != 0)
		goto out;
	may = count_recent(text.data, now.boot, &recent) < (size_t)call->account->device_rate;
	if (may && take) {
		ft_buf_addf(&recent, "%" PRId64 "\n", now.boot);
		if (recent.failed ||
		    pwrite(fd, recent.data, recent.len, 0) != (ssize_t)recent.len ||
		    ftruncate(fd, (off_t)recent.len) != 0)
			(void)ft_error_errno(err, FT_SYSTEM, errno, "cannot write %s/%s",
					     call->ft.places.state, RATE_FILE);
	}
out:
	ft_buf_release(&text);
	ft_buf_release(&recent);
	return may;
}

bool ft_gate_passes(const struct ft_call *call, bool take, int64_t deadline)
{
	struct ft_folder folder = FT_FOLDER_INIT;
	struct ft_error err = FT_ERROR_INIT;
	bool may = true;
	int fd = -1;

	/* Somebody who runs their own program can ask the service directly. */
	if (!ft_call_is_root())
		return true;
	if (ft_folder_open(call->ft.places.state, true, &folder, &err) == 0 &&
	    ft_private_open(&folder, RATE_FILE, O_RDWR | O_CREAT, &fd, &err) == 0)
		may = passes(call, fd, take, deadline, &err);
	if (err.code != 0)
		ft_log_error(call, LOG_ERR, "device_rate cannot be kept", &err);
	if (fd >= 0)
		(void)close(fd);
	ft_folder_close(&folder);
	return may;
}

/* --- what a real code looks like --------------------------------------------------------- */

static void look_name(const struct ft_call *call, char ret[NAME_SIZE])
{
	(void)snprintf(ret, NAME_SIZE, "%s~device", call->account->name);
}

static void take_shape(char *code)
{
	for (; *code != '\0'; code++)
		*code = *code >= '0' && *code <= '9' ? '0' : *code >= 'a' && *code <= 'z' ? 'a' :
			*code >= 'A' && *code <= 'Z' ? 'A' : *code;
}

/* Turns the shape into a random code, which the service has not issued. */
static void fill_shape(char *code)
{
	static const char upper[] = "BCDFGHJKLMNPQRSTVWXZ", lower[] = "bcdfghjklmnpqrstvwxz";
	unsigned char random[64] = { 0 };

	(void)!getrandom(random, sizeof random, 0);
	for (size_t i = 0; code[i] != '\0'; i++) {
		const unsigned n = random[i % sizeof random];

		if (code[i] == '0')
			code[i] = (char)('0' + n % 10);
		else if (code[i] == 'A')
			code[i] = upper[n % (sizeof upper - 1)];
		else if (code[i] == 'a')
			code[i] = lower[n % (sizeof lower - 1)];
	}
}

/* Adds the link that contains the code, as the parts before and after it; adds nothing if the link
 * does not contain the code literally. */
static int add_link(struct json_object *object, const struct ft_device *device)
{
	const char *link = device->uri_complete;
	const char *code = link != NULL ? strstr(link, device->user_code) : NULL;
	char *before;
	int r;

	if (code == NULL)
		return 0;
	before = strndup(link, (size_t)(code - link));
	r = before == NULL ? FT_NO_MEMORY : ft_json_add_string(object, "before", before);
	free(before);
	return r != 0 ? r : ft_json_add_string(object, "after", code + strlen(device->user_code));
}

static int format_look(const struct ft_device *device, int64_t took, struct ft_buf *ret)
{
	struct json_object *object = json_object_new_object();
	char *shape = device != NULL ? strdup(device->user_code) : NULL;
	const char *text = NULL;
	size_t len = 0;
	int r = device == NULL || shape != NULL ? 0 : FT_NO_MEMORY;

	if (r == 0 && device == NULL) {
		r = ft_json_add(object, "none", json_object_new_boolean(true));
		goto out;
	}

	if (r == 0)
		take_shape(shape);
	r = r != 0 ? r : ft_json_add_string(object, "uri", device->uri);
	r = r != 0 ? r : ft_json_add_string(object, "shape", shape);
	r = r != 0 ? r : add_link(object, device);
	r = r != 0 ? r : ft_json_add_int(object, "interval", device->interval);
	r = r != 0 ? r : ft_json_add_int(object, "expires_in", device->expires_in);
	/* In steps of 100 ms, so that the file seldom changes. */
	r = r != 0 ? r :
		     ft_json_add_int(object, "took",
				     (took < TOOK_MAX ? took : TOOK_MAX) / 100 * 100);
out:
	if (r == 0 && (text = ft_json_text(object, &len)) != NULL)
		ft_buf_add(ret, text, len);
	json_object_put(object);
	free(shape);
	return text == NULL || ret->failed ? FT_NO_MEMORY : 0;
}

void ft_gate_learn(const struct ft_call *call, const struct ft_device *device, int64_t took)
{
	struct ft_replacement replacement = FT_REPLACEMENT_INIT;
	struct ft_folder folder = FT_FOLDER_INIT;
	struct ft_buf new = FT_BUF_INIT(LOOK_MAX), old = FT_BUF_INIT(LOOK_MAX);
	struct ft_error ignored;
	char name[NAME_SIZE];

	look_name(call, name);
	if (!ft_call_is_root() || format_look(device, took, &new) != 0 ||
	    ft_folder_open(call->ft.places.state, true, &folder, &ignored) != 0)
		goto out;
	if (ft_private_read(&folder, name, &old, &ignored) == 0 && old.len == new.len &&
	    memcmp(old.data, new.data, new.len) == 0)
		goto out;
	/* Two logins may write at once: either result will do. After an error, a guess is shown. */
	if (ft_replacement_prepare(&folder, name, "next", new.len, &replacement,
				   &ignored) == 0)
		(void)ft_replacement_commit(&replacement, new.data, new.len, &ignored);
out:
	ft_folder_close(&folder);
	ft_buf_release(&new);
	ft_buf_release(&old);
}

static void read_look(const struct ft_call *call, struct json_object **ret)
{
	struct ft_folder folder = FT_FOLDER_INIT;
	struct ft_buf text = FT_BUF_INIT(LOOK_MAX);
	struct ft_error ignored;
	char name[NAME_SIZE];

	look_name(call, name);
	if (ft_folder_open(call->ft.places.state, false, &folder, &ignored) == 0 &&
	    ft_private_read(&folder, name, &text, &ignored) == 0)
		(void)ft_json_parse(text.data, text.len, 2, "a device code's look", ret, &ignored);
	ft_folder_close(&folder);
	ft_buf_release(&text);
}

int ft_gate_pretend(const struct ft_call *call, struct ft_device *ret, struct ft_error *err)
{
	struct json_object *look = NULL;
	const char *uri, *shape, *before, *after;
	int64_t took;

	read_look(call, &look);
	if (ft_json_bool(look, "none", false)) {
		json_object_put(look);
		return ft_error_set(err, FT_CONFIG, "the service does not offer signing in with a "
				    "code" FT_REMEDY "leave device out of auth");
	}
	uri = ft_json_string(look, "uri");
	shape = ft_json_string(look, "shape");
	before = ft_json_string(look, "before");
	after = ft_json_string(look, "after");
	ret->interval = ft_json_int(look, "interval", GUESS_INTERVAL);
	ret->expires_in = ft_json_int(look, "expires_in", GUESS_EXPIRES);
	took = ft_json_int(look, "took", 0);
	ret->user_code = strdup(shape != NULL ? shape : "AAAA-AAAA");
	if (ret->user_code != NULL)
		fill_shape(ret->user_code);
	if (uri != NULL)
		ret->uri = strdup(uri);
	else if (asprintf(&ret->uri, "%s/device", call->service.server) < 0)
		ret->uri = NULL;
	if (ret->user_code != NULL && before != NULL && after != NULL &&
	    asprintf(&ret->uri_complete, "%s%s%s", before, ret->user_code, after) < 0)
		ret->uri_complete = NULL;
	json_object_put(look);
	if (ret->user_code == NULL || ret->uri == NULL)
		return ft_error_memory(err);
	if (took > 0 && took <= TOOK_MAX) {
		const struct timespec pause = { (time_t)(took / 1000),
						(long)(took % 1000) * 1000000 };

		(void)nanosleep(&pause, NULL);
	}
	return 0;
}

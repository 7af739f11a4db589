/* SPDX-License-Identifier: MIT */
/* freshtoken-transport: docs/transport-messages.md */
#include "config.h"

#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "lib/base/moment.h"
#include "lib/base/process.h"
#include "lib/base/standstill.h"
#include "lib/transport/answer.h"
#include "lib/transport/connect.h"
#include "lib/transport/http.h"
#include "lib/transport/message.h"
#include "lib/transport/nonce.h"
#include "lib/transport/resolve.h"
#include "lib/transport/response.h"
#include "lib/transport/sandbox.h"

enum { DONE = 0, NOT_WRITTEN = 1, NOT_UNDERSTOOD = 2 };

#define LOOKUP_SECONDS 10	/* the resolver asks a second server after 5 */
#define GRACE_SECONDS 5		/* libcurl ends by itself before */

/*
 * The resolver has no deadline, and libcurl's should not be the only one: at the
 * alarm, its handler writes an answer. These are complete messages, prepared
 * before anything can take long, since the handler cannot allocate memory.
 */
struct text {
	char data[160];
	size_t len;
};
static struct text late_lookup, late_exchange, stood_still, no_memory;
static struct ft_standstill seen;
static volatile sig_atomic_t looking_up;

/* Closes standard error before syncing, so that the caller does not wait for the disk. */
static int deliver(const char *text, size_t len, struct ft_error *err)
{
	int r = ft_answer_write(STDOUT_FILENO, text, len, err);

	if (r == 0) {
		(void)close(STDERR_FILENO);
		r = ft_answer_keep(STDOUT_FILENO, err);
	}
	return r;
}

static void on_alarm(int signal)
{
	(void)signal;
	const struct text *text = ft_standstill_is(&seen) ? &stood_still :
				  looking_up ? &late_lookup : &late_exchange;

	_exit(deliver(text->data, text->len, NULL) == 0 ? DONE : NOT_WRITTEN);
}

static void make_text(const char *id, const char *rest, struct text *ret)
{
	int len = snprintf(ret->data, sizeof ret->data, "{\"version\":1,%s%s%s%s}\n",
			   id != NULL ? "\"id\":\"" : "", id != NULL ? id : "",
			   id != NULL ? "\"," : "", rest);

	ret->len = len > 0 ? (size_t)len : 0;
}

static void make_texts(const char *id)
{
	make_text(id, "\"sent\":\"no\",\"error\":\"the name lookup did not end in time\","
		      "\"reason\":\"name\"",
		  &late_lookup);
	make_text(id, "\"sent\":\"maybe\",\"error\":\"the exchange did not end in time\","
		      "\"reason\":\"silent\"",
		  &late_exchange);
	make_text(id, "\"sent\":\"maybe\",\"error\":\"this program stood still while it waited\","
		      "\"local\":true", &stood_still);
	make_text(id, "\"sent\":\"maybe\",\"error\":\"out of memory\",\"local\":true", &no_memory);
}

static void set_alarm(long seconds)
{
	(void)setitimer(ITIMER_REAL, &(struct itimerval){ .it_value.tv_sec = seconds }, NULL);
}

/* Resets what the caller has ignored, blocked or set. */
static void set_signals(void)
{
	struct sigaction action = { .sa_handler = SIG_IGN };
	sigset_t none;

	(void)sigaction(SIGPIPE, &action, NULL);
	action.sa_handler = on_alarm;
	(void)sigaction(SIGALRM, &action, NULL);
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
}

static int look_up(const struct ft_http *http, unsigned timeout, struct ft_addresses *ret,
		   struct ft_error *err)
{
	const char *host = NULL;
	unsigned port = 0;

	ft_http_peer(http, &host, &port);
	looking_up = 1;
	set_alarm(timeout < LOOKUP_SECONDS ? (long)timeout : LOOKUP_SECONDS);
	int r = ft_resolve(host, port, ret, err);

	if (r != 0)
		(void)ft_error_reason(err, r, FT_REASON_NAME);
	set_alarm(0);
	looking_up = 0;
	return r;
}

/* Connects before the sandbox closes, which forbids new connections. */
static int make_connection(struct ft_http *http, const struct ft_addresses *addresses, int64_t end,
			   struct ft_error *err)
{
	int64_t begin = ft_monotonic_ms(), left = end - begin;
	const struct ft_address *address = NULL;
	int fd = -1;

	if (left > FT_HTTP_CONNECT_MS)
		left = FT_HTTP_CONNECT_MS;
	int r = ft_connect(addresses, (long)left, &fd, &address, err);

	if (r != 0) {
		ft_http_unreached(http, err);
		return r;
	}
	return ft_http_connected(http, fd, address, (long)(begin + left - ft_monotonic_ms()), err);
}

/* Sends the request, and again if the server wants a nonce in its proof: that refusal has spent
 * nothing. If it cannot be sent again, the refusal is the answer, and has the nonce. */
static void perform(struct ft_exchange *exchange, struct ft_http *http, int64_t end,
		    struct ft_response *response)
{
	struct ft_response second;

	ft_http_perform(http, (long)(end - ft_monotonic_ms()), &seen, response);
	if (!ft_nonce_wanted(exchange, response) || end - ft_monotonic_ms() < 1)
		return;
	ft_response_init(&second);
	if (ft_exchange_sign(exchange, time(NULL), NULL) == 0 &&
	    ft_http_again(http, ft_nonce_of(response), NULL) == 0)
		ft_http_perform(http, (long)(end - ft_monotonic_ms()), &seen, &second);
	if (second.sent != FT_SENT_NO) {
		/* The accepted nonce is good for the next request too, but this answer may not
		 * repeat it. */
		if (ft_nonce_of(&second) == NULL)
			ft_nonce_add(&second, ft_nonce_of(response));
		ft_response_release(response);
		*response = second;
	} else {
		ft_response_release(&second);
	}
}

/* Always fills the response. */
static void exchange_once(struct ft_exchange *exchange, struct ft_http *http,
			  struct ft_response *response, struct ft_sandbox *sandbox)
{
	int64_t end = ft_monotonic_ms() + (int64_t)exchange->timeout * 1000;
	struct ft_addresses addresses;
	struct ft_error err = FT_ERROR_INIT;

	ft_standstill_begin(&seen);
	const bool watched = ft_standstill_watch(&seen);
	int r = look_up(http, exchange->timeout, &addresses, &err);

	if (r == 0)
		r = make_connection(http, &addresses, end, &err);
	ft_standstill_unwatch(&seen);
	/* Also after an error: the caller may ask what the sandbox would be. */
	ft_sandbox_close(FT_LANDLOCK_ANY, sandbox);
	if (r != 0) {
		ft_response_set_unreached(response, &err);
		response->local = response->local || !watched || ft_standstill_is(&seen);
		return;
	}
	int64_t left = end - ft_monotonic_ms();

	set_alarm((left > 0 ? (long)(left / 1000) : 0) + GRACE_SECONDS);
	perform(exchange, http, end, response);
	set_alarm(0);
	if (response->status == 0 && ft_standstill_is(&seen))
		response->local = true;
}

static int add_sandbox(const struct ft_sandbox *sandbox, struct json_object *answer)
{
	struct json_object *object = json_object_new_object();
	int r = ft_json_add(answer, "sandbox", object);

	if (r == 0)
		r = ft_json_add(object, "no_new_privs",
				json_object_new_boolean(sandbox->no_new_privs));
	if (r == 0)
		r = ft_json_add(object, "dumpable", json_object_new_boolean(sandbox->dumpable));
	if (r == 0)
		r = ft_json_add(object, "seccomp", json_object_new_boolean(sandbox->seccomp));
	if (r == 0)
		r = ft_json_add_int(object, "landlock", sandbox->landlock);
	if (r == 0)
		r = ft_json_add(object, "landlock_net",
				json_object_new_boolean(sandbox->landlock_net));
	return r;
}

static int write_answer(const struct ft_exchange *exchange, const struct ft_response *response,
			const struct ft_sandbox *sandbox, struct ft_error *err)
{
	struct ft_buf text = FT_BUF_INIT(FT_MESSAGE_MAX),
		      sealed = FT_BUF_INIT(FT_MESSAGE_MAX + FT_BOX_ANSWER_MORE);
	struct json_object *answer = NULL;
	int r = ft_answer_make(exchange, response, time(NULL), &answer, err);

	if (r == 0 && exchange->sandbox)
		r = add_sandbox(sandbox, answer);
	const char *json = r == 0 ? ft_json_text(answer, NULL) : NULL;

	if (r == 0 && json == NULL)
		r = ft_error_memory(err);
	if (r == 0) {
		ft_buf_adds(&text, json);
		ft_buf_adds(&text, "\n");
		r = ft_buf_check(&text, "the answer", err);
	}
	if (r == 0 && exchange->seals)
		r = ft_box_close_answer(exchange->seal, &text, &sealed, err);
	/* An answer after all: the caller must know that the request may have been sent. */
	if (r == 0)
		r = exchange->seals ? deliver(sealed.data, sealed.len, err) :
				      deliver(text.data, text.len, err);
	else
		r = deliver(no_memory.data, no_memory.len, err);
	ft_buf_release(&sealed);
	ft_buf_release(&text);
	json_object_put(answer);
	return r;
}

/* Signs a JWT, which is all that the caller asks for: nothing is sent. */
static int write_signed(const struct ft_exchange *exchange, struct ft_error *err)
{
	struct ft_buf text = FT_BUF_INIT(FT_MESSAGE_MAX), token = FT_BUF_INIT(FT_MESSAGE_MAX);
	struct json_object *answer = json_object_new_object();
	struct ft_error why = FT_ERROR_INIT;
	bool made = ft_assertion_sign(&exchange->signing, &token, &why) == 0;
	int r = ft_json_add_int(answer, "version", 1);

	if (r == 0)
		r = ft_json_add_string(answer, "sent", "no");
	if (r == 0)
		r = made ? ft_json_add_string(answer, "signed", token.data) :
			   ft_json_add_string(answer, "error", why.text);
	const char *json = r == 0 ? ft_json_text(answer, NULL) : NULL;

	ft_buf_adds(&text, json != NULL ? json : "");
	ft_buf_adds(&text, "\n");
	r = json == NULL || text.failed ? deliver(no_memory.data, no_memory.len, err) :
					  deliver(text.data, text.len, err);
	ft_buf_release(&token);
	ft_buf_release(&text);
	json_object_put(answer);
	return r;
}

static int read_request(struct ft_exchange *ret, struct ft_error *err)
{
	struct ft_buf text = FT_BUF_INIT(FT_MESSAGE_MAX);
	int r = ft_buf_read(&text, STDIN_FILENO);

	if (r != 0)
		r = ft_error_set(err, r, "request: cannot be read");
	if (r == 0)
		r = ft_buf_check(&text, "request", err);
	if (r == 0)
		r = ft_exchange_parse(text.data, text.len, ret, err);
	ft_buf_release(&text);
	return r;
}

static bool number(const char *text, unsigned long *ret)
{
	char *end = NULL;

	*ret = strtoul(text, &end, 10);
	return *text >= '0' && *text <= '9' && *end == '\0' && *ret < UINT32_MAX;
}

/* "UID GID": root's exchanges run as a user without other rights. All ids change, or it fails. */
static bool become(int argc, char *argv[])
{
	unsigned long uid, gid;
	uid_t ids[3];

	if (argc == 1)
		return true;
	if (argc != 3 || !number(argv[1], &uid) || !number(argv[2], &gid) || uid == 0 || gid == 0)
		return false;
	return setgroups(0, NULL) == 0 && setresgid((gid_t)gid, (gid_t)gid, (gid_t)gid) == 0 &&
	       setresuid((uid_t)uid, (uid_t)uid, (uid_t)uid) == 0 &&
	       getresuid(&ids[0], &ids[1], &ids[2]) == 0 && ids[0] == uid && ids[1] == uid &&
	       ids[2] == uid;
}

int main(int argc, char *argv[])
{
	struct ft_exchange exchange = { .tree = NULL };
	struct ft_sandbox sandbox = { .landlock = 0 };
	struct ft_error err = FT_ERROR_INIT;
	struct ft_http *http = NULL;
	struct ft_response response;
	int status = DONE, r, initialised;

	if (argc == 2 && strcmp(argv[1], "--version") == 0)
		return puts("freshtoken-transport (freshtoken) " PACKAGE_VERSION) < 0 ?
			       NOT_WRITTEN :
			       DONE;
	(void)clearenv();
	if (!become(argc, argv))
		_exit(NOT_UNDERSTOOD);
	/* A socket must not become the standard output. */
	if (!ft_process_fill())
		_exit(NOT_WRITTEN);
	ft_sandbox_begin();
	set_signals();
	ft_response_init(&response);

	initialised = ft_http_init(&err);

	r = read_request(&exchange, &err);
	make_texts(exchange.id);
	if (r == 0 && exchange.signing.key != NULL) {
		status = write_signed(&exchange, &err) == 0 ? DONE : NOT_WRITTEN;
		goto out;
	}
	if (r == 0)
		r = initialised;
	if (r == 0)
		r = ft_exchange_sign(&exchange, time(NULL), &err);
	if (r == 0)
		r = ft_http_prepare(&exchange, &http, &err);
	if (http != NULL) {
		exchange_once(&exchange, http, &response, &sandbox);
	} else if (exchange.tree == NULL || r == FT_CONFIG) {
		status = NOT_UNDERSTOOD;
	} else {
		ft_response_set_unreached(&response, &err);
	}
	if (status == DONE && write_answer(&exchange, &response, &sandbox, &err) != 0)
		status = NOT_WRITTEN;
out:
	if (status != DONE)
		(void)fprintf(stderr, "freshtoken-transport: %s\n", err.text);

	ft_http_free(http);
	ft_response_release(&response);
	ft_exchange_release(&exchange);
#ifndef FT_SANITIZED
	/* Without the libraries' exit handlers, which only cost time. */
	_exit(status);
#endif
	return status;
}

/* SPDX-License-Identifier: MIT */
/* auth=device (RFC 8628), with auth=token in the same prompt */
#include "config.h"
#include "pam/auth/ways.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "lib/base/moment.h"
#include "lib/base/process.h"
#include "lib/signin/device.h"
#include "lib/signin/qr.h"
#include "pam/auth/device-gate.h"
#include "pam/call/say.h"
#include "pam/wire/libpam.h"
#include "pam/wire/wire.h"

#define TRIES 3
/* sshd drops whoever has not logged in after 120 s (LoginGraceTime); others wait longer. */
#define SSHD_SECONDS 100
#define MOST_SECONDS 600
/* ms to wait for the count of requests, which another login may have locked. */
#define GATE_MS 5000
#define QR_COLUMNS 80
#define QR_ROWS 24
#define TOO_LATE "nobody approved it before the code expired"

struct asking {
	struct ft_call *call;
	struct ft_proof *proof;
	struct ft_device device;
	bool has_device, takes_token;
	bool pretended;	/* the code is a look-alike: the user is not mapped */
	int64_t end, next_poll;	/* of ft_monotonic_ms */
	enum { PENDING, APPROVED, OVER } state;
	struct ft_finding over;	/* why it is over */
	struct ft_finding denied;	/* why the last token was refused; "": there was none */
};

static bool has_no_codes(const struct ft_service *service)
{
	return (service->profile.discover.n == 0 || service->metadata.n > 0) &&
	       !ft_service_offers(service, FT_REQUEST_DEVICE);
}

static struct ft_finding begin(struct asking *a, bool ours)
{
	/* The code's lifetime counts from before the request. */
	const int64_t start = ft_monotonic_ms();
	struct ft_error err;

	if (!ft_gate_passes(a->call, ours, start + GATE_MS))
		return ft_found(FT_PAM_THROTTLED,
				"this host has asked for as many codes in a minute as device_rate "
				"allows (%lld)",
				(long long)a->call->account->device_rate);
	int r = ours ? ft_device_begin(&a->call->service, &a->device, &err) :
		ft_gate_pretend(a->call, &a->device, &err);
	const int64_t most = strcmp(a->call->program, "sshd") == 0 ? SSHD_SECONDS : MOST_SECONDS;

	if (r == FT_TEMPORARY)
		return ft_found_error(FT_PAM_DOWN, &err, NULL);
	if (r == FT_CONFIG) {
		/* Users who are not mapped must not see a code, either. But this is remembered, so
		 * only if the service has said it: its metadata may be missing for a moment. */
		if (ours && has_no_codes(&a->call->service))
			ft_gate_learn(a->call, NULL, 0);
		return ft_found_error(FT_PAM_NOT_CONFIGURED, &err, NULL);
	}
	if (r != 0)
		return r == FT_LOGIN_NEEDED ? ft_found_error(FT_PAM_BROKEN, &err, NULL) :
					      ft_found_wrong(&err);
	if (ours)
		ft_gate_learn(a->call, &a->device, ft_monotonic_ms() - start);
	a->has_device = true;
	a->pretended = !ours;
	a->end = start + 1000 * (a->device.expires_in < most ? a->device.expires_in : most);
	a->next_poll = ft_monotonic_ms() + a->device.interval * 1000;
	return ft_found(FT_PAM_FRESH, "%s", "");
}

/* URL and code are in the prompt itself: OpenSSH may hold back other messages until a prompt. */
static void add_prompt(struct ft_buf *ret, const struct asking *a, const char *before)
{
	ft_buf_addf(ret, "%sOpen %s\nand enter the code %s; %s", before, a->device.uri,
		    a->device.user_code,
		    a->takes_token ? "press Enter when approved, or paste a token: " :
				     "press Enter when approved: ");
}

/* Adds a QR code that fits on a screen of 24 rows, with the prompt and one row after it. */
static bool add_qr(struct ft_buf *ret, const struct asking *a)
{
	struct ft_buf prompt = FT_BUF_INIT(4096);
	size_t rows = 0;

	add_prompt(&prompt, a, "");
	if (!prompt.failed) {
		const size_t taken = ft_qr_rows_of(prompt.data, QR_COLUMNS) + 1;

		rows = taken < QR_ROWS ? QR_ROWS - taken : 0;
	}
	ft_buf_release(&prompt);
	return (a->device.uri_complete != NULL &&
		ft_qr_add(ret, a->device.uri_complete, QR_COLUMNS, rows, false)) ||
	       ft_qr_add(ret, a->device.uri, QR_COLUMNS, rows, false);
}

/* Shows the QR code on a terminal, a few rows at a time: a message has at most 511 bytes. */
static void show_qr(const struct asking *a)
{
	const char *tty = a->call->tty;
	struct ft_buf text = FT_BUF_INIT(64 * 1024), part = FT_BUF_INIT(FT_WIRE_TEXT_MAX);

	/* sshd sets PAM_TTY to "ssh", whatever the terminal is. */
	if (tty == NULL || (strncmp(tty, "/dev/", 5) != 0 && strncmp(tty, "tty", 3) != 0 &&
			    strncmp(tty, "pts/", 4) != 0) ||
	    !add_qr(&text, a))
		goto out;
	for (const char *row = text.data; *row != '\0'; ) {
		const size_t len = strcspn(row, "\n");

		if (part.len > 0 && part.len + 1 + len > FT_WIRE_TEXT_MAX) {
			(void)ft_say_text(PAM_TEXT_INFO, "%s", part.data);
			ft_buf_clear(&part);
		}
		if (part.len > 0)
			ft_buf_adds(&part, "\n");
		ft_buf_add(&part, row, len);
		row += len + (row[len] == '\n');
	}
	if (part.len > 0 && !part.failed)
		(void)ft_say_text(PAM_TEXT_INFO, "%s", part.data);
out:
	ft_buf_release(&text);
	ft_buf_release(&part);
}

static void ask(const struct asking *a, const char *before)
{
	struct ft_buf prompt = FT_BUF_INIT(4096);

	if (a->has_device)
		add_prompt(&prompt, a, before);
	else
		ft_buf_addf(&prompt, "%sToken: ", before);
	ft_say_prompt(PAM_PROMPT_ECHO_OFF, "%s", prompt.failed ? "Token: " : prompt.data);
	ft_buf_release(&prompt);
}

static void poll_service(struct asking *a)
{
	struct ft_signin signin = FT_SIGNIN_INIT;
	struct ft_error err;
	int r = a->pretended ? FT_BUSY :
			       ft_device_poll(&a->call->service, &a->device, &signin, &err);

	/* Each poll starts one transport. */
	ft_process_reap();
	a->next_poll = ft_monotonic_ms() + a->device.interval * 1000;
	if (r == 0) {
		a->proof->signin = signin;
		a->state = APPROVED;
	} else if (r != FT_BUSY && r != FT_TEMPORARY) {
		a->over = r == FT_LOGIN_NEEDED ? ft_found_error(FT_PAM_DENIED, &err, NULL) :
			  ft_auth_failed(&signin, r, &err);
		/* Only a code that the service has issued can be denied or expire there, so this
		 * tells nothing about other users. */
		a->over.told = a->device.end == FT_DEVICE_DENIED ? "it was denied at the service" :
			       a->device.end == FT_DEVICE_EXPIRED ? TOO_LATE : NULL;
		a->state = OVER;
	} else if (ft_monotonic_ms() >= a->end) {
		a->over = r == FT_TEMPORARY ?
				  ft_found_error(FT_PAM_DOWN, &err, NULL) :
				  ft_found(FT_PAM_DENIED, "nobody approved the sign-in in time");
		a->over.told = TOO_LATE;
		a->state = OVER;
	}
}

/* Waits for the person, and polls the service meanwhile, so that Enter is answered at once. */
static int await_answer(struct asking *a, struct ft_secret *ret, int *ret_code)
{
	const int64_t never = INT64_C(24) * 3600 * 1000;

	for (;;) {
		const bool polls = a->has_device && a->state == PENDING;
		const int64_t left = a->next_poll - ft_monotonic_ms();
		int r = ft_say_answer(ft_wire_now() + (polls ? left : never), ret, ret_code);

		if (r != FT_BUSY)
			return r;
		if (polls)
			poll_service(a);
	}
}

/* Enter was pressed: polls for one more interval, since the approval may still be on its way. */
static void look_once_more(struct asking *a)
{
	const int64_t until = ft_monotonic_ms() + a->device.interval * 1000;

	while (a->state == PENDING) {
		const int64_t now = ft_monotonic_ms(), left = a->next_poll - now;
		const struct timespec pause = { (time_t)(left / 1000),
						(long)(left % 1000) * 1000000 };

		if (left > 0)
			(void)nanosleep(&pause, NULL);
		poll_service(a);
		if (now >= until)
			break;
	}
}

/* A valid token replaces a sign-in whose code was approved meanwhile. */
static struct ft_finding try_token(struct asking *a, const struct ft_secret *typed)
{
	struct ft_proof proof = { .signin = FT_SIGNIN_INIT };
	struct ft_finding finding = ft_auth_token(a->call, typed, &proof);

	if (finding.situation == FT_PAM_FRESH) {
		ft_signin_release(&a->proof->signin);
		*a->proof = proof;
	} else {
		ft_signin_release(&proof.signin);
	}
	return finding;
}

/* One prompt and its answer; FT_PAM_TRIES: ask again. */
static struct ft_finding once(struct asking *a, const char *before, struct ft_secret *last)
{
	struct ft_secret answer = { NULL, 0 };
	struct ft_finding finding = ft_found(FT_PAM_TRIES, "no answer was accepted");
	int code = PAM_SUCCESS;

	if (!a->takes_token)
		finding = ft_found(FT_PAM_TRIES, "the code was not approved");
	ask(a, before);
	int r = await_answer(a, &answer, &code);

	if (r == FT_NO_MEMORY) {
		finding = ft_found(FT_PAM_NO_MEMORY, "out of memory");
	} else if (r != 0) {
		finding = ft_auth_silent(code);
	} else if (answer.len > 0 && a->takes_token) {
		/* Some applications answer every prompt with the same password: it was refused, and
		 * the reason has not changed. */
		if (ft_secret_equal(last, answer.data, answer.len)) {
			finding = a->denied;
			finding.situation = FT_PAM_DENIED;
		} else {
			/* For a user who is not mapped, nothing tells whether the token is good. */
			a->call->way = "token";
			finding = a->call->person.subject == NULL ?
				  ft_found(FT_PAM_DENIED, "the user is not mapped") :
				  try_token(a, &answer);
			if (finding.situation == FT_PAM_DENIED) {
				finding.situation = FT_PAM_TRIES;
				a->denied = finding;
			}
			ft_secret_move(last, &answer);
		}
	} else if (a->has_device) {
		a->call->way = "device";
		look_once_more(a);
		if (a->state == APPROVED)
			finding = ft_found(FT_PAM_FRESH, "%s", "");
		else if (a->state == OVER)
			finding = a->over;
	}
	ft_secret_release(&answer);
	return finding;
}

struct ft_finding ft_auth_ask(struct ft_call *call, bool device, bool token, struct ft_proof *ret)
{
	struct asking a = { .call = call, .proof = ret, .takes_token = token };
	struct ft_finding finding = ft_found(FT_PAM_FRESH, "%s", "");
	struct ft_secret last = { NULL, 0 };

	call->way = device ? "device" : "token";
	if (device)
		finding = begin(&a, call->person.subject != NULL);
	if (finding.situation != FT_PAM_FRESH &&
	    !(finding.situation == FT_PAM_NOT_CONFIGURED && token))
		goto out;
	if (a.has_device)
		show_qr(&a);
	else
		call->way = "token";
	for (int i = 0; i < TRIES; i++) {
		finding = once(&a, i == 0 ? "" : a.has_device ? "It is not approved yet.\n" :
			       "That was not accepted.\n", &last);
		if (finding.situation != FT_PAM_TRIES)
			break;
	}
	/* The reason why a token was refused says more than that the last answer was empty. */
	if (finding.situation == FT_PAM_TRIES && a.denied.why.text[0] != '\0')
		finding = a.denied;
out:
	ft_secret_release(&last);
	ft_device_release(&a.device);
	return finding;
}

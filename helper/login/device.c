/* SPDX-License-Identifier: MIT */
/* freshtoken login --device: shows a link and a code, and waits for approval */
#include "config.h"
#include "helper/login/login.h"

#include <string.h>
#include <time.h>
#include <unistd.h>

#include "helper/cli/terminal.h"
#include "lib/base/moment.h"
#include "lib/base/process.h"
#include "lib/file/replace.h"
#include "lib/signin/device.h"
#include "lib/signin/qr.h"

static void add_words(struct ft_buf *text, const struct ft_login *login,
		      const struct ft_device *device, const char *scan)
{
	ft_buf_addf(text,
		    "freshtoken: account %s: to sign in, %sopen this page on any device\n\n"
		    "    %s\n\nand enter the code\n\n    %s\n\n",
		    login->account->name, scan, device->uri, device->user_code);
	if (device->uri_complete != NULL)
		ft_buf_addf(text, "or follow this link, which has the code in it\n\n    %s\n\n",
			    device->uri_complete);
}

/* The same for a small screen. */
static void add_few_words(struct ft_buf *text, const struct ft_login *login,
			  const struct ft_device *device, const char *scan)
{
	ft_buf_addf(
		text,
		"freshtoken: account %s: to sign in, %sopen\n    %s\nand enter the code\n    %s\n",
		login->account->name, scan, device->uri, device->user_code);
}

/* Shows a QR code, with the text below it on the same screen; false: there is not enough room. */
static bool add_with_qr(struct ft_buf *ret, const struct ft_login *login,
			const struct ft_device *device,
			void (*add)(struct ft_buf *, const struct ft_login *,
				    const struct ft_device *, const char *))
{
	const size_t columns = ft_terminal_width(STDERR_FILENO),
		     screen = ft_terminal_height(STDERR_FILENO);
	const bool paints = ft_terminal_paints(STDERR_FILENO);
	struct ft_buf words = FT_BUF_INIT(16 * 1024);
	bool shown = false;

	add(&words, login, device, "scan this, or ");
	if (!words.failed) {
		/* One more row for the countdown. */
		const size_t taken = ft_qr_rows_of(words.data, columns) + 1,
			     rows = screen > taken ? screen - taken : 0;

		shown = (device->uri_complete != NULL &&
			 ft_qr_add(ret, device->uri_complete, columns, rows, paints)) ||
			ft_qr_add(ret, device->uri, columns, rows, paints);
	}
	if (shown)
		ft_buf_adds(ret, words.data);
	ft_buf_release(&words);
	return shown;
}

/* Written in one piece, so that no other output comes in between. */
static void show(const struct ft_login *login, const struct ft_device *device)
{
	const bool can_qr = ft_terminal_watched() && ft_terminal_utf8();
	struct ft_buf text = FT_BUF_INIT(256 * 1024);

	if (!can_qr || (!add_with_qr(&text, login, device, add_words) &&
			!add_with_qr(&text, login, device, add_few_words)))
		add_words(&text, login, device, "");
	if (!text.failed)
		(void)ft_write_all(STDERR_FILENO, text.data, text.len);
	ft_buf_release(&text);
}

/* Waits until a deadline of ft_monotonic_ms, and shows how much time is left. */
static void wait_until(int64_t then, int64_t end, const char *trouble)
{
	int64_t now;

	while ((now = ft_monotonic_ms()) < then) {
		int64_t left = (end - now) / 1000, ms = then - now < 1000 ? then - now : 1000;
		struct timespec pause = { (time_t)(ms / 1000), (long)(ms % 1000) * 1000000 };

		ft_terminal_progress("waiting for approval, %lld:%02lld left%s%s",
				     (long long)(left / 60), (long long)(left % 60),
				     *trouble != '\0' ? "; " : "", trouble);
		(void)nanosleep(&pause, NULL);
	}
}

/* start: when the code was requested, because its lifetime may have begun then. */
static int wait_for_approval(struct ft_login *login, struct ft_device *device, int64_t start,
			     struct ft_signin *ret, struct ft_error *err)
{
	const int64_t end = start + device->expires_in * 1000;
	const char *trouble = "";
	int r = FT_BUSY;

	for (;;) {
		/* The service sets the interval. A request that would come too early at the end is
		 * not sent. */
		const int64_t next = ft_monotonic_ms() + device->interval * 1000;

		wait_until(next < end ? next : end, end, trouble);
		if (next >= end)
			break;
		r = ft_device_poll(&login->service, device, ret, err);
		ft_process_reap();
		if (r != FT_BUSY && r != FT_TEMPORARY)
			return r;
		trouble = r == FT_TEMPORARY ? "the service cannot be reached, trying again" : "";
	}
	return r == FT_TEMPORARY ? r :
				   ft_error_set(err, FT_LOGIN_NEEDED,
						"nobody approved the sign-in in time" FT_REMEDY
						"run it "
						"again: freshtoken login %s",
						login->account->name);
}

int ft_login_device(struct ft_login *login)
{
	struct ft_signin signin = FT_SIGNIN_INIT;
	struct ft_device device = { .interval = 0 };
	const int64_t start = ft_monotonic_ms();
	struct ft_error err;

	ft_terminal_progress("asking %s for a code", login->service.server);
	int r = ft_device_begin(&login->service, &device, &err);

	ft_terminal_progress_end();
	if (r == FT_CONFIG && !ft_service_offers(&login->service, FT_REQUEST_DEVICE))
		ft_login_advise(login, &err);
	if (r == 0) {
		show(login, &device);
		r = wait_for_approval(login, &device, start, &signin, &err);
		ft_terminal_progress_end();
	}
	r = r != 0 ? ft_login_fail(login, &err) : ft_login_keep(login, &signin);
	ft_signin_release(&signin);
	ft_device_release(&device);
	return r;
}

/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "helper/session/metrics.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "helper/cli/run.h"
#include "lib/base/utf8.h"

#define PAM_MAX (1024 * 1024)

/* Adds a label with its value, escaped; invalid UTF-8 becomes "?". */
static void add_label(struct ft_buf *buf, const char *name, const char *value)
{
	const bool valid = ft_utf8_valid(value, strlen(value));

	ft_buf_addf(buf, "%s=\"", name);
	for (; *value != '\0'; value++) {
		if (*value == '\n')
			ft_buf_adds(buf, "\\n");
		else if (*value == '"' || *value == '\\')
			ft_buf_addf(buf, "\\%c", *value);
		else if (!valid && (unsigned char)*value > 0x7e)
			ft_buf_adds(buf, "?");
		else
			ft_buf_add(buf, value, 1);
	}
	ft_buf_adds(buf, "\"");
}

/* unit NULL: it has none. */
static void add_family(struct ft_buf *buf, const char *name, const char *type, const char *unit,
		       const char *help)
{
	ft_buf_addf(buf, "# TYPE %s %s\n", name, type);
	if (unit != NULL)
		ft_buf_addf(buf, "# UNIT %s %s\n", name, unit);
	ft_buf_addf(buf, "# HELP %s %s\n", name, help);
}

static void add_sample(struct ft_buf *buf, const char *name, const char *account, const char *label,
		       const char *value, int64_t number)
{
	ft_buf_addf(buf, "%s{", name);
	add_label(buf, "account", account);
	if (label != NULL) {
		ft_buf_adds(buf, ",");
		add_label(buf, label, value);
	}
	ft_buf_addf(buf, "} %" PRId64 "\n", number);
}

static void add_verdicts(struct ft_buf *buf, const struct ft_metrics_row *rows, size_t n)
{
	static const char family[] = "freshtoken_verdict";

	add_family(buf, family, "gauge", NULL, "1 for what freshtoken status calls the account.");
	for (size_t i = 0; i < n; i++) {
		for (int v = FT_SIGNED_OUT; v <= FT_UNREACHABLE; v++)
			add_sample(buf, family, rows[i].account, "verdict",
				   ft_verdict_name((enum ft_verdict)v),
				   rows[i].known && rows[i].status.verdict == (enum ft_verdict)v);
		add_sample(buf, family, rows[i].account, "verdict", "unknown", !rows[i].known);
	}
}

static void add_times(struct ft_buf *buf, const struct ft_metrics_row *rows, size_t n)
{
	static const struct {
		const char *family, *help;
		size_t member;
	} times[] = {
		{ "freshtoken_token_issued_timestamp_seconds",
		  "When the access token was issued: its age is time() less this.",
		  offsetof(struct ft_status, issued_at) },
		{ "freshtoken_token_expiry_timestamp_seconds", "When the access token expires.",
		  offsetof(struct ft_status, expires_at) },
		{ "freshtoken_sign_in_end_timestamp_seconds",
		  "When the sign-in ends, where the service tells.",
		  offsetof(struct ft_status, sign_in_ends_at) },
		{ "freshtoken_checked_timestamp_seconds", "When the service answered last.",
		  offsetof(struct ft_status, checked_at) },
	};

	for (size_t t = 0; t < sizeof times / sizeof *times; t++) {
		add_family(buf, times[t].family, "gauge", "seconds", times[t].help);
		for (size_t i = 0; i < n; i++) {
			const int64_t at = *(const int64_t *)((const char *)&rows[i].status +
							      times[t].member);

			/* An unknown time is left out. */
			if (rows[i].known && at >= 0)
				add_sample(buf, times[t].family, rows[i].account, NULL, NULL, at);
		}
	}
}

static void add_counts(struct ft_buf *buf, const struct ft_metrics_row *rows, size_t n)
{
	static const char *const kinds[] = {
		[FT_ENDED_UNREACHABLE] = "unreachable", [FT_ENDED_CLIENT] = "client",
		[FT_ENDED_NEEDS_LOGIN] = "needs-login", [FT_ENDED_DISABLED] = "disabled",
	};

	add_family(buf, "freshtoken_refreshes", "counter", NULL,
		   "Exchanges that brought a token, since somebody signed in.");
	for (size_t i = 0; i < n; i++)
		if (rows[i].known)
			add_sample(buf, "freshtoken_refreshes_total", rows[i].account, NULL, NULL,
				   (int64_t)rows[i].status.counts[FT_ENDED_FRESH]);
	add_family(buf, "freshtoken_refresh_failures", "counter", NULL,
		   "Exchanges that brought none, by what they ended with.");
	for (size_t i = 0; i < n; i++)
		for (size_t k = FT_ENDED_FRESH + 1; rows[i].known && k < FT_ENDINGS; k++)
			add_sample(buf, "freshtoken_refresh_failures_total", rows[i].account,
				   "kind", kinds[k], (int64_t)rows[i].status.counts[k]);
}

/* Adds lines of pam/program/metrics.c; none if the PAM part is not installed. */
static void add_pam(struct ft_buf *buf, const struct freshtoken *ft)
{
	char *program = ft_places_join(ft->places.libexec, "freshtoken-pam");
	const char *const argv[] = { program, "--metrics", NULL };
	struct ft_buf lines = FT_BUF_INIT(PAM_MAX);
	char account[48], of[16], known[16];
	unsigned number;

	if (program != NULL && access(program, X_OK) == 0 &&
	    ft_run(argv, true, &lines, NULL) == 0 && lines.len > 0) {
		add_family(buf, "freshtoken_pam_persons", "gauge", NULL,
			   "Persons of whom logins know this, by their sign-in or the directory.");
		for (const char *at = lines.data;
		     sscanf(at, "%47s %15s %15s %u", account, of, known, &number) == 4;
		     at += strcspn(at, "\n"), at += *at == '\n') {
			ft_buf_adds(buf, "freshtoken_pam_persons{");
			add_label(buf, "account", account);
			ft_buf_adds(buf, ",");
			add_label(buf, "asked", of);
			ft_buf_adds(buf, ",");
			add_label(buf, "known", known);
			ft_buf_addf(buf, "} %u\n", number);
		}
	}
	ft_buf_release(&lines);
	free(program);
}

void ft_metrics_add(struct ft_buf *buf, const struct freshtoken *ft,
		    const struct ft_metrics_row *rows, size_t n)
{
	add_verdicts(buf, rows, n);
	add_times(buf, rows, n);
	add_counts(buf, rows, n);
	if (geteuid() == 0)
		add_pam(buf, ft);
	ft_buf_adds(buf, "# EOF\n");
}

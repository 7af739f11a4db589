/* SPDX-License-Identifier: MIT */
/* freshtoken status - a table for people on a terminal, for scripts lines with tabs or JSON */
#include "config.h"
#include "helper/cli/command.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "helper/cli/terminal.h"
#include "helper/session/metrics.h"
#include "lib/core/context.h"
#include "lib/provider/profiles.h"
#include "lib/signin/check.h"

enum { JSON, CHECK, METRICS };

#define OUTPUT_MAX (16 * 1024 * 1024)
#define SUBJECT_MAX 24

struct row {
	const char *account;
	const struct ft_account *known;	/* NULL: it does not exist */
	struct ft_status status;
	int code;	/* of ft_signin_status; if it is an error, the reason has the cause */
	/* If `seal` of [store] applies: whether the files are sealed (1, 0; -1: unknown, or there
	 * are none), and the source that had the key. */
	bool to_seal;
	int sealed;
	char source[FT_SEAL_NAME_MAX + 1];
};

static const char *verdict(const struct row *row)
{
	return row->code == 0 ? ft_verdict_name(row->status.verdict) : "unknown";
}

static void add_json_text(struct ft_buf *buf, const char *key, const char *text)
{
	ft_buf_addf(buf, ",\"%s\":", key);
	if (text[0] != '\0')
		ft_output_json(buf, text);
	else
		ft_buf_adds(buf, "null");
}

static void add_json_time(struct ft_buf *buf, const char *key, int64_t time)
{
	ft_buf_addf(buf, ",\"%s\":", key);
	if (time >= 0) {
		ft_buf_adds(buf, "\"");
		ft_output_time(buf, time);
		ft_buf_adds(buf, "\"");
	} else {
		ft_buf_adds(buf, "null");
	}
}

static void add_json(struct ft_buf *buf, const struct row *row)
{
	const struct ft_status *status = &row->status;
	char cause[FT_ERROR_LINE], line[FT_ERROR_LINE];

	ft_buf_adds(buf, "{\"account\":");
	ft_output_json(buf, row->account);
	add_json_text(buf, "provider", status->provider);
	add_json_text(buf, "server", status->server);
	add_json_text(buf, "subject", status->subject);
	add_json_text(buf, "verdict", row->code == 0 ? verdict(row) : "");
	add_json_time(buf, "expires_at", status->expires_at);
	if (status->expires_in >= 0)
		ft_buf_addf(buf, ",\"expires_in\":%" PRId64, status->expires_in);
	else
		ft_buf_adds(buf, ",\"expires_in\":null");
	add_json_time(buf, "checked_at", status->checked_at);
	if (status->sign_in_ends_at >= 0)
		add_json_time(buf, "sign_in_ends_at", status->sign_in_ends_at);
	if (row->known != NULL && row->known->id_token)
		add_json_time(buf, "id_token_expires_at", status->id_expires_at);
	if (row->known != NULL && row->known->token_file != NULL) {
		add_json_text(buf, "token_file", row->known->token_file);
		add_json_text(buf, "token_file_problem", ft_error_line(&status->file, line));
	}
	if (status->fleet.used) {
		add_json_text(buf, "store", "etcd");
		add_json_text(buf, "store_revision", status->fleet.revision);
		add_json_text(buf, "store_claim", status->fleet.holder);
		ft_buf_addf(buf, ",\"store_behind\":%s", status->fleet.ahead ? "true" : "false");
	}
	if (row->known != NULL && ft_account_derives(row->known)) {
		const char *from = row->known->from != NULL ? row->known->from : "";

		(void)snprintf(line, sizeof line, "%.*s", (int)ft_from_shown(from), from);
		add_json_text(buf, "grant", ft_account_grant(row->known));
		add_json_text(buf, "from", line);
	}
	if (row->to_seal) {
		ft_buf_addf(buf, ",\"sealed\":%s", row->sealed < 0 ? "null" :
						   row->sealed ? "true" : "false");
		add_json_text(buf, "seal_source", row->source);
	}
	add_json_text(buf, "reason", ft_error_cause(&status->why, cause));
	add_json_text(buf, "service_says", status->why.foreign);
	add_json_text(buf, "remedy", status->why.remedy);
	ft_buf_adds(buf, "}");
}

/* For a machine account, where its tokens come from; for others, notes on how they are stored. */
static void add_origin(struct ft_buf *buf, const struct row *row)
{
	const struct ft_account *account = row->known;

	if (row->to_seal && row->sealed == 0)
		ft_buf_adds(buf, "what is stored is in clear until it is next written; to seal it "
			    "now, run: freshtoken seal");
	else if (account != NULL && !account->broken && account->fleet != NULL)
		ft_buf_addf(buf, "shared by a fleet, in the store of %s:%u", account->fleet->file,
			    account->fleet->line);
	else if (account == NULL || account->broken || !ft_account_derives(account))
		return;
	else if (ft_account_from(account) == FT_FROM_ACCOUNT)
		ft_buf_addf(buf, "its tokens come from account %s", account->from);
	else if (account->from != NULL)
		ft_buf_addf(buf, "its tokens come by grant = %s for what %.*s brings",
			    ft_account_grant(account), (int)ft_from_shown(account->from),
			    account->from);
	else
		ft_buf_addf(buf, "nobody signs in: its tokens come by grant = %s",
			    ft_account_grant(account));
}

static void add_left(struct ft_buf *buf, const struct row *row)
{
	const struct ft_status *status = &row->status;

	if (row->code != 0 || status->verdict != FT_FRESH)
		ft_buf_adds(buf, "-");
	else if (status->expires_in < 0)
		ft_buf_adds(buf, "unknown");
	else
		ft_output_duration(buf, status->expires_in);
}

static void add_line(struct ft_buf *buf, const struct row *row)
{
	const struct ft_status *status = &row->status;
	struct ft_buf origin = FT_BUF_INIT(FT_ERROR_LINE);
	char line[FT_ERROR_LINE] FT_UNFILLED;

	/* Without a reason there is no remedy: the state itself says what to do. */
	line[0] = '\0';
	if (status->why.text[0] != '\0')
		(void)ft_error_line(&status->why, line);
	else
		add_origin(&origin, row);
	const char *const columns[] = { status->subject, status->server,
					line[0] != '\0' ? line : origin.data };

	ft_buf_addf(buf, "%s\t%s\t", row->account, verdict(row));
	add_left(buf, row);
	for (size_t c = 0; c < 3; c++) {
		ft_buf_adds(buf, "\t");
		ft_output_cell(buf, columns[c], 0, false);
	}
	ft_buf_release(&origin);
	ft_buf_adds(buf, "\n");
}

static const char *colour(const struct row *row)
{
	if (row->code != 0)
		return "31";
	switch (row->status.verdict) {
	case FT_FRESH:
		return "32";
	case FT_NEEDS_LOGIN:
	case FT_DISABLED:
		return "31";
	case FT_REFRESHABLE:
	case FT_UNREACHABLE:
		return "33";
	default:
		return "2";
	}
}

/* Adds the reason and its remedy. */
static void add_reason(struct ft_buf *buf, const struct row *row, size_t indent, size_t width)
{
	struct ft_buf text = FT_BUF_INIT(2 * FT_ERROR_LINE);
	char line[FT_ERROR_LINE];

	if (ft_error_line(&row->status.why, line)[0] != '\0')
		ft_output_cell(&text, line, 0, false);
	else
		add_origin(&text, row);
	if (text.len > 0)
		ft_output_wrapped(buf, text.data, indent, width);
	ft_buf_release(&text);
}

static void table(struct ft_buf *buf, const struct row *rows, size_t n)
{
	bool paint = ft_terminal_paints(STDOUT_FILENO);
	size_t name = 7, subject = 7, width = ft_terminal_width(STDOUT_FILENO);

	for (size_t i = 0; i < n; i++) {
		size_t a = strlen(rows[i].account), b = ft_output_columns(rows[i].status.subject);

		name = a > name ? a : name;
		subject = b > subject ? b : subject;
	}
	subject = subject < SUBJECT_MAX ? subject : SUBJECT_MAX;
	size_t used = name + 2 + 11 + 2 + 7 + 2 + subject + 2;
	size_t server = width > used + 8 ? width - used : 8;

	ft_buf_addf(buf, "%-*s  %-11s  %-7s  %-*s  SERVER\n", (int)name, "ACCOUNT", "STATE", "FOR",
		    (int)subject, "SUBJECT");
	for (size_t i = 0; i < n; i++) {
		const struct ft_status *status = &rows[i].status;
		struct ft_buf left = FT_BUF_INIT(64);

		add_left(&left, &rows[i]);
		ft_output_cell(buf, rows[i].account, name, true);
		ft_buf_addf(buf, "  %s%s%s", paint ? "\033[" : "", paint ? colour(&rows[i]) : "",
			    paint ? "m" : "");
		ft_output_cell(buf, verdict(&rows[i]), 11, true);
		ft_buf_addf(buf, "%s  %-7s  ", paint ? "\033[0m" : "", left.data);
		ft_output_cell(buf, status->subject, subject, true);
		ft_buf_adds(buf, "  ");
		ft_output_cell(buf, status->server, server, false);
		ft_buf_adds(buf, "\n");
		add_reason(buf, &rows[i], name + 2, width);
		ft_buf_release(&left);
	}
}

static void look(struct freshtoken *ft, const char *account, struct row *ret)
{
	const size_t opened = ft_seals_opened(ft->seals);
	const struct ft_seal_line *line = ft_seals_line(ft->seals, account);
	struct ft_error err;

	*ret = (struct row){ .account = account, .to_seal = line != NULL, .sealed = -1,
			     .known = ft_accounts_find(&ft->accounts, account) };
	ret->code = ft_signin_status(ft, account, &ret->status, &err);
	/* Only if the key is available without asking a person. */
	if (ft_seals_opened(ft->seals) > opened)
		ret->sealed = ft_seals_look(ft->seals, line, NULL, ret->source, NULL) == 0;
	else if (ret->code == 0 && ret->status.verdict != FT_SIGNED_OUT &&
		 ret->status.verdict != FT_NEEDS_LOGIN)
		ret->sealed = 0;
	if (ret->code == 0)
		return;
	ret->status = (struct ft_status)FT_STATUS_INIT;
	ret->status.why = err;
	const struct ft_account *known = ret->known;

	if (known == NULL)
		return;
	(void)snprintf(ret->status.provider, sizeof ret->status.provider, "%s", known->provider);
	if (known->server != NULL)
		(void)snprintf(ret->status.server, sizeof ret->status.server, "%s", known->server);
}

/* Adds what the service says to what is known without it. */
static void check(struct freshtoken *ft, struct row *row, size_t i, size_t n)
{
	if (row->code != 0 || row->status.verdict == FT_SIGNED_OUT)
		return;
	ft_terminal_progress("asking %s about account %s (%zu of %zu)", row->status.server,
			     row->account, i + 1, n);
	ft_check(ft, row->account, &row->status);
	ft_terminal_progress_end();
}

static int put_metrics(struct ft_buf *buf, const struct freshtoken *ft, const struct row *rows,
		       size_t n)
{
	struct ft_metrics_row *list = calloc(n + 1, sizeof *list);

	if (list == NULL) {
		ft_say("out of memory");
		return FT_EXIT_FAILED;
	}
	for (size_t i = 0; i < n; i++)
		list[i] = (struct ft_metrics_row){ rows[i].account, rows[i].code == 0,
						   rows[i].status };
	ft_metrics_add(buf, ft, list, n);
	free(list);
	return FT_EXIT_DONE;
}

static int run(const struct ft_args *args)
{
	const bool as_json = FT_OPTION_GIVEN(args, JSON);
	const bool as_metrics = FT_OPTION_GIVEN(args, METRICS);
	const bool as_table = !as_json && !as_metrics && isatty(STDOUT_FILENO);
	struct freshtoken *ft = NULL;
	struct ft_profiles profiles = { .list = NULL };
	struct row *rows = NULL;
	struct ft_buf buf = FT_BUF_INIT(OUTPUT_MAX);
	size_t n = args->n;
	int r = FT_EXIT_DONE, bad = FT_EXIT_DONE;

	if (as_json && as_metrics)
		return ft_usage(args, "--json and --metrics do not go together");
	r = ft_open_each(&ft);
	if (r != FT_EXIT_DONE)
		return r;
	if (args->n == 0 && !as_metrics)
		bad = ft_all_known(ft);
	ft->profiles = &profiles;
	while (args->n == 0 && ft_context_list(ft, n) != NULL)
		n++;
	/* A table is as wide as its widest row; for other output each account is released before
	 * the next. */
	rows = calloc(as_table || as_metrics ? n + 1 : 1, sizeof *rows);
	if (rows == NULL) {
		ft_say("out of memory");
		r = FT_EXIT_FAILED;
		goto out;
	}
	ft_buf_adds(&buf, as_json ? "{\"accounts\":[" : "");
	for (size_t i = 0; i < n; i++) {
		struct row *row = &rows[as_table || as_metrics ? i : 0];

		look(ft, args->n > 0 ? args->operands[0] : ft_context_list(ft, i), row);
		if (args->n > 0 && row->code == FT_NOT_FOUND) {
			ft_say_error(&row->status.why);
			r = FT_EXIT_NO_ACCOUNT;
			goto out;
		}
		if (FT_OPTION_GIVEN(args, CHECK))
			check(ft, row, i, n);
		/* For monitoring, "unknown" is a state like others. */
		bad = row->code != 0 && !as_metrics ? FT_EXIT_FAILED : bad;
		if (as_json) {
			ft_buf_adds(&buf, i > 0 ? "," : "");
			add_json(&buf, row);
		} else if (!as_table && !as_metrics) {
			add_line(&buf, row);
		}
	}
	if (as_json)
		ft_buf_adds(&buf, "]}\n");
	else if (as_metrics && put_metrics(&buf, ft, rows, n) != FT_EXIT_DONE)
		bad = FT_EXIT_FAILED;
	else if (n == 0)
		ft_say("there is no account yet; run: freshtoken add ACCOUNT --server URL");
	else if (as_table)
		table(&buf, rows, n);
	r = ft_output(&buf);
	r = r != FT_EXIT_DONE ? r : bad;
out:
	ft_buf_release(&buf);
	free(rows);
	ft_context_close(ft);
	ft_profiles_release(&profiles);
	return r;
}

const struct ft_command ft_command_status = {
	.name = "status",
	.operands = "[ACCOUNT]",
	.max = 1,
	.summary = "what is fresh, for how long, and what needs a sign-in",
	.help =
"Shows what is known of ACCOUNT, or of all accounts, without asking the service;\n"
"with --check the service is asked too, which spends nothing:\n"
"\n"
"  fresh        the access token is good, for that long\n"
"  refreshable  it is not; the next program that asks gets a new one\n"
"  needs-login  only a new sign-in helps\n"
"  disabled     the service says that the user is disabled\n"
"  unreachable  it is not good, and the service could not be reached, or gave no\n"
"               answer that helps\n"
"  signed-out   nobody has signed in\n"
"  unknown      what is stored cannot be read, or the account is wrong; the\n"
"               reason says what to do, and the exit status is 1\n"
"\n"
"--metrics prints OpenMetrics text, for node_exporter's textfile collector:\n"
"\n"
"  freshtoken status --metrics >DIR/freshtoken.prom~ &&\n"
"      mv DIR/freshtoken.prom~ DIR/freshtoken.prom\n"
"\n"
"When stdout is no terminal each account is one line, with tabs in between.\n",
	.options = {
		[JSON] = { "--json", "print JSON" },
		[METRICS] = { "--metrics", "print OpenMetrics text" },
		[CHECK] = { "--check", "ask the service whether the sign-in is still good" },
	},
	.run = run,
};

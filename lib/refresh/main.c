/* SPDX-License-Identifier: MIT */
/*
 * freshtoken-refresh - one refresh of one account, detached from the program that asked
 *
 * The library starts it with the account's lock on descriptor 3. The lock is held until this
 * process and the transport that inherits it have ended.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/date.h"
#include "lib/base/fingerprint.h"
#include "lib/base/journal.h"
#include "lib/base/process.h"
#include "lib/base/token.h"
#include "lib/core/derive.h"
#include "lib/core/handover.h"
#include "lib/core/stored.h"
#include "lib/refresh/fleet.h"
#include "lib/refresh/plan.h"

/* The first process ends at once, so that the program that started it can reap it without
 * waiting. */
static void detach(bool report, bool login)
{
	pid_t pid = fork();

	/* Without a second process nothing is refreshed: going on in this one would make the caller
	 * wait. */
	if (pid != 0)
		_exit(pid < 0);
	(void)setsid();
	(void)umask(077);
	(void)signal(SIGPIPE, SIG_IGN);
	struct rlimit none = { 0, 0 };

	/* Tokens in memory must not end up in a core file, nor be read by a debugger. */
	(void)setrlimit(RLIMIT_CORE, &none);
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	if (!report)
		(void)close(FT_HANDOVER_RESULT_FD);
	else
		(void)fcntl(FT_HANDOVER_RESULT_FD, F_SETFD, FD_CLOEXEC);
	if (!login)
		(void)close(FT_HANDOVER_LOGIN_FD);
	else
		(void)fcntl(FT_HANDOVER_LOGIN_FD, F_SETFD, FD_CLOEXEC);
	(void)close_range(FT_HANDOVER_LOGIN_FD + 1, ~0U, 0);
	if (chdir("/") != 0)
		return;
}

static int read_login(struct ft_record *record, struct ft_error *err)
{
	struct ft_buf text = FT_BUF_INIT(2 * FT_TOKEN_MAX + 2);
	int r = 0;

	if (ft_buf_read(&text, FT_HANDOVER_LOGIN_FD) != 0 || text.len == 0)
		r = ft_error_set(err, FT_SYSTEM, "the refresh token to sign in with did not "
				 "arrive");
	else
		r = ft_buf_check(&text, "the sign-in", err);
	if (r == 0) {
		size_t line = strcspn(text.data, "\n"), rest = line < text.len ? line + 1 : line;

		if (ft_secret_set(&record->refresh_token, text.data, line) != 0 ||
		    (rest < text.len &&
		     ft_secret_set(&record->access_token, text.data + rest, text.len - rest) != 0))
			r = ft_error_memory(err);
	}
	ft_buf_release(&text);
	return r;
}

/* Tests a sign-in in a slot of its own; the stored record stays until it has succeeded. */
static int run_login(struct ft_job *job, struct ft_error *err)
{
	const struct freshtoken *ft = job->ft;
	const char *name = job->account->name;
	struct ft_record record = FT_RECORD_INIT;
	struct ft_moment now;
	char typed[FT_FINGERPRINT_SIZE];
	int r = ft_context_succeed(ft, name, &record, err);

	/* The slot is empty now: its remains were settled before. */
	record.version[0] = '\0';
	if (r == 0)
		r = ft->ops->remove(ft->store, job->login_slot, err);
	record.verdict = FT_REFRESHABLE;
	ft_moment_now(&now);
	record.signed_in = now.real;
	if (r == 0 && (ft_record_set(&record.account, name) != 0 ||
		       ft_record_set(&record.provider, job->account->provider) != 0 ||
		       ft_record_set(&record.server, job->service.server) != 0 ||
		       ft_record_set(&record.elsewhere, job->service.profile.elsewhere) != 0 ||
		       ft_record_set(&record.client_id, job->account->client_id) != 0))
		r = ft_error_memory(err);
	if (r == 0)
		r = read_login(&record, err);
	if (r != 0)
		goto out;
	ft_fingerprint(&record.refresh_token, typed);
	/* A killed sign-in that was just adopted has spent the same token already. */
	if (strcmp(typed, job->exchanged) == 0)
		goto out;
	r = ft_job_exchange(job, job->login_slot, &record, err);
	if (r == FT_SYSTEM || r == FT_NO_MEMORY)
		goto out;	/* the next process settles the slot */
	struct ft_error kept;

	if (ft_job_keep_login(job, &record, typed, &kept) != 0) {
		*err = kept;
		r = kept.code;
	}
out:
	ft_record_release(&record);
	return r;
}

static int run_refresh(struct ft_job *job, struct ft_error *err)
{
	struct ft_stored stored = FT_STORED_INIT;
	int r = ft_stored_need(job->ft, job->account, job->service.server, &job->want, &stored,
			       err);

	if (r == 0)
		r = ft_record_stays(&stored.record, job->account, job->service.profile.elsewhere,
				    err);
	/* If it is not due, whoever asked reads the record and sees why. */
	if (r == 0 && stored.due)
		r = ft_job_exchange(job, job->account->name, &stored.record, err);
	ft_stored_release(&stored);
	return r;
}

static int run(struct ft_job *job, const char *name, bool login,
	       const struct ft_places_given *given, struct ft_error *err)
{
	int r = ft_context_open_at(given, &job->ft, err);

	if (r == 0)
		r = ft_context_account(job->ft, name, &job->account, err);
	if (r == 0)
		r = ft_host_lock_adopt(job->ft->host, name, FT_HANDOVER_LOCK_FD, err);
	if (r == 0)
		r = ft_service_init(job->ft, job->account, &job->service, err);
	if (r == 0 && asprintf(&job->login_slot, "%s~login", name) < 0)
		r = ft_error_memory(err);
	/* A wrong clock on this host must not make each refresh fail after it has spent a token. */
	job->service.by_date = true;
	job->service.by_secret = true;	/* this is no login */
	job->service.lock_fd = FT_HANDOVER_LOCK_FD;
	ft_service_proxy_from_environment(&job->service);
	if (r == 0 && ft_account_derives(job->account))
		return login ? ft_derive_signs_in(job->ft, job->account, err) :
			       ft_job_derive(job, err);
	if (r == 0)
		r = ft_job_recover(job, err);
	if (r == 0 && login && job->account->fleet != NULL)
		r = ft_job_fleet_look(job, err);
	if (r == 0 && login)
		r = run_login(job, err);
	else if (r == 0 && job->account->fleet == NULL && !job->want.settle)
		r = run_refresh(job, err);
	/* The sign-in that was just made goes to the store, too. */
	if (r == 0 && job->account->fleet != NULL) {
		job->want.settle = job->want.settle || login;
		r = ft_job_fleet(job, err);
		if (r != 0 && login)
			ft_error_prefix(err, FT_HANDOVER_KEPT);
	}
	return r;
}

static void report(int r, const struct ft_error *err)
{
	char line[FT_ERROR_LINE + 32], packed[FT_ERROR_LINE] = "";
	int len = snprintf(line, sizeof line, "%d %s\n", r,
			   r != 0 ? ft_error_pack(err, packed) : "");

	/* The caller may not wait any more. */
	if (len > 0 && write(FT_HANDOVER_RESULT_FD, line, (size_t)len) < 0)
		return;
}

/* Writes a failed refresh to systemd's journal, if there is one: the caller may not wait. */
static void note(const char *account, const struct ft_error *err)
{
	struct ft_buf entry = FT_BUF_INIT(16384), text = FT_BUF_INIT(2 * FT_ERROR_LINE);
	char line[FT_ERROR_LINE];

	ft_buf_addf(&text, "account %s: %s", account, ft_error_line(err, line));
	ft_journal_add(&entry, "MESSAGE", text.failed == 0 ? text.data : account);
	/* Never changes; freshtoken(1) has it. */
	ft_journal_add(&entry, "MESSAGE_ID", "1b93aa397ea249118ae3b824a97e1a65");
	ft_journal_add(&entry, "PRIORITY", "5");	/* LOG_NOTICE */
	ft_journal_add(&entry, "SYSLOG_IDENTIFIER", "freshtoken-refresh");
	ft_journal_add(&entry, "FRESHTOKEN_ACCOUNT", account);
	(void)ft_journal_send(&entry);
	ft_buf_release(&entry);
	ft_buf_release(&text);
}

int main(int argc, char *argv[])
{
	struct ft_job job = { .asking = &ft_asking_transport };
	struct ft_error err = FT_ERROR_INIT;
	int64_t rejected = 0;

	if (!ft_process_fill())
		return 1;
	if (argc == 2 && strcmp(argv[1], "--version") == 0) {
		static const char version[] =
			"freshtoken-refresh (freshtoken) " PACKAGE_VERSION "\n";

		return write(1, version, sizeof version - 1) < 0 ? 1 : 0;
	}
	if (argc != 9 || !ft_number_parse(argv[2], &job.want.min_lifetime) ||
	    !ft_number_parse(argv[3], &rejected) ||
	    !ft_number_parse(argv[4], &job.want.unknown_life)) {
		static const char text[] = "freshtoken-refresh is started by freshtoken;"
					   " to refresh now, run: freshtoken refresh\n";

		return write(2, text, sizeof text - 1) < 0 ? 1 : 2;
	}
	bool login = strcmp(argv[6], "login") == 0,
	     reporting = login || strcmp(argv[6], "report") == 0;

	job.want.rejected = (uint64_t)rejected;
	job.want.force = strcmp(argv[5], "force") == 0;
	job.want.id_token = strcmp(argv[5], "id") == 0;
	job.want.settle = strcmp(argv[5], "settle") == 0;
	detach(reporting, login);
	/* The caller may have been given other folders than those of the environment. */
	const struct ft_places_given given = { .user_config = argv[7], .state = argv[8] };
	int r = run(&job, argv[1], login, &given, &err);

	if (r != 0)
		note(argv[1], &err);
	if (reporting)
		report(r, &err);
	ft_service_release(&job.service);
	free(job.login_slot);
	ft_context_close(job.ft);
	return r == 0 ? 0 : 1;
}

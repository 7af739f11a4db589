/* SPDX-License-Identifier: MIT */
/*
 * freshtoken-pam - decides for pam_freshtoken.so
 *
 * Descriptor 0 is a socket to the module. Either the module has started this
 * program (start.h), or systemd has, for the module's connection (socket.h). As
 * root it serves root alone, and believes what the module says about the caller
 * and the user. It reads nothing from the environment, and writes to standard
 * output and error only with --check and --metrics (check.h), and when it is
 * started in another way.
 */
#include "config.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

#include "pam/call/functions.h"
#include "pam/call/off.h"
#include "pam/call/say.h"
#include "pam/directory/directory.h"
#include "pam/memory/handle.h"
#include "pam/memory/knowledge.h"
#include "pam/program/check.h"
#include "pam/wire/begin.h"
#include "pam/wire/libpam.h"

/* ms after `wait` within which this process sends its result. */
#define WAIT_GRACE 2000
/* ms for auth, without the person's time: below sshd's LoginGraceTime (120 s). */
#define WAIT_AUTH 100000

/* Makes the state the same, whoever started this program: /dev/null on 1 and 2, no other descriptor
 * but the socket, and a fixed environment. */
static int begin(void)
{
	static const char *const environment[] = FT_STARTED_ENVIRONMENT;
	const struct rlimit none = { 0, 0 };
	int null = open("/dev/null", O_RDWR | O_NOCTTY);

	environ = (char **)environment;
	if (null < 0 || dup2(null, STDOUT_FILENO) < 0 || dup2(null, STDERR_FILENO) < 0)
		return -1;
	(void)close_range(STDERR_FILENO + 1, ~0U, 0);
	(void)alarm(FT_STARTED_LIFE);
	(void)setrlimit(RLIMIT_CORE, &none);
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	(void)signal(SIGPIPE, SIG_IGN);
	(void)umask(077);
	return chdir("/");
}

/* Whether the peer may be served: root's process serves root alone; a process that is not root's
 * has only its caller's rights, and serves it. */
static bool is_for_root(void)
{
	struct ucred peer = { 0, (uid_t)-1, (gid_t)-1 };
	socklen_t len = sizeof peer;

	return !ft_call_is_root() ||
	       (getsockopt(FT_CALL_MODULE_FD, SOL_SOCKET, SO_PEERCRED, &peer, &len) == 0 &&
		peer.uid == 0);
}

/* Whether root knows that the person is disabled. Then the module's terms are strict, so that a
 * disabled person stays out even with `permissive`, and even if this process is killed. */
static bool is_disabled(const struct ft_call *call)
{
	static const enum ft_known_of kinds[] = { FT_KNOWN_SIGN_IN, FT_KNOWN_PERSON };
	bool disabled = false;

	if (call->function == FT_PAM_AUTH || !ft_call_is_root() || call->person.subject == NULL)
		return false;
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		struct ft_knowledge knowledge = FT_KNOWLEDGE_INIT;
		struct ft_error ignored;

		disabled = disabled ||
			   (ft_account_checks(call->account,
					      kinds[i] == FT_KNOWN_PERSON ? "person" : "refresh") &&
			    ft_knowledge_read(call, kinds[i], &knowledge, &ignored) == 0 &&
			    knowledge.known == FT_KNOWN_DISABLED);
	}
	return disabled;
}

/* How long the module waits for the result (ms). */
static int64_t patience(const struct ft_call *call)
{
	const int64_t wait = call->options.wait * 1000 + WAIT_GRACE;

	if (call->function == FT_PAM_AUTH)
		return WAIT_AUTH;
	/* The question to the directory waits for its turn, and may be asked twice. */
	return call->function == FT_PAM_ACCOUNT && call->checker != NULL ?
		       FT_DIRECTORY_QUEUE + 3 * wait : wait;
}

static struct ft_finding dispatch(struct ft_call *call)
{
	ft_say_terms(call, patience(call), call->options.strict || is_disabled(call));
	switch (call->function) {
	case FT_PAM_AUTH:
		return ft_auth(call);
	case FT_PAM_ACCOUNT:
		return ft_account_check(call);
	default:
		return ft_session(call);
	}
}

/* Removes the handle that auth left when it cannot be used, for instance because sudo has set
 * another user since: it must not get into anybody's environment. */
static void drop_handle(struct ft_call *call)
{
	struct ft_error ignored;

	if (call->handle == NULL || !ft_call_is_root() ||
	    (call->function != FT_PAM_SETCRED && call->function != FT_PAM_SESSION))
		return;
	if (call->run != NULL || ft_places_for_pam(&call->ft.places, &call->run, &ignored) == 0)
		ft_handle_withdraw(call);
}

/* Whether the user is not checked although the account's configuration is wrong (why): the file
 * could be read and says so, and whoever is exempt is there for such times. */
static bool is_beyond(struct ft_call *call, const struct ft_error *why)
{
	char line[FT_ERROR_LINE];

	if (!call->settled)
		return false;
	ft_person_rank(call);
	if (!call->person.system && !call->person.exempt)
		return false;
	ft_log_as(call, FT_LOG_BROKEN, LOG_ERR, "this user is not checked, others are refused: %s",
		  ft_error_line(why, line));
	return true;
}

/* Root must be able to log in and repair a broken configuration. */
static struct ft_finding decide(struct ft_call *call)
{
	char line[FT_ERROR_LINE];
	struct ft_error err;

	if (strcmp(call->program, "systemd-user") == 0)
		return ft_found(FT_PAM_NOT_CONFIGURED, "systemd's user manager is no login");
	/* The switch does not prove who signs in: auth still prompts. */
	if (call->function != FT_PAM_AUTH && ft_pam_is_off(call)) {
		drop_handle(call);
		return ft_found(FT_PAM_NOT_CONFIGURED, "freshtoken is switched off");
	}
	int r = ft_person_of_call(call, &err);

	if (r == 0)
		r = ft_options_parse(call, &err);
	if (call->options.seal && r == 0)
		return ft_seal_key(call);
	if (call->options.seal || call->function == FT_PAM_PASSWORD) {
		if (r != 0)
			ft_log_error(call, LOG_ERR, "the key that things are sealed with", &err);
		return ft_found(FT_PAM_NOT_CONFIGURED, "it decides nothing");
	}
	if (r == 0)
		r = ft_configure(call, &err);
	if (call->person.exists && call->person.uid == 0) {
		drop_handle(call);
		if (r != 0)
			ft_log_as(call, FT_LOG_BROKEN, LOG_ERR,
				  "root is let in, others are refused: %s",
				  ft_error_line(&err, line));
		return ft_found(FT_PAM_NOT_OURS, "root is not checked");
	}
	if (r == 0)
		r = ft_person_find(call, &err);
	if (r == 0)
		return dispatch(call);
	drop_handle(call);
	return is_beyond(call, &err) ? ft_found(FT_PAM_NOT_OURS, "the user is not checked") :
				       ft_found_wrong(&err);
}

static const char *account_name(const struct ft_call *call)
{
	return call->account != NULL ? call->account->name : "(none)";
}

/* Logs one line for each auth, for auditors and for programs that count failed tries. */
static void log_auth(const struct ft_call *call, const struct ft_finding *finding)
{
	const char *subject = call->person.subject;
	const bool granted = finding->situation == FT_PAM_FRESH;
	const bool asked = finding->situation != FT_PAM_NOT_OURS &&
			   finding->situation != FT_PAM_NOT_CONFIGURED;
	char line[FT_ERROR_LINE];

	if (finding->situation == FT_PAM_CONVERSATION_LATER)
		return;
	ft_log_as(call,
		  granted ? FT_LOG_GRANTED :
		  asked	  ? FT_LOG_REFUSED :
			    FT_LOG_NOT_ASKED,
		  !asked || granted ? LOG_INFO : LOG_NOTICE,
		  "account %s, way %s, subject %.200s: %s: %s", account_name(call),
	       call->way != NULL ? call->way : "none", subject != NULL ? subject : "none",
	       granted ? "granted" :
	       asked   ? "refused" :
			 "not asked",
	       granted ? "signed in" : ft_error_line(&finding->why, line));
}

/* Every refusal is one line in the log. */
static void log_finding(const struct ft_call *call, const struct ft_finding *finding,
			const struct ft_pam_decision *decision)
{
	const int code = decision->code;
	const bool refused = code != PAM_SUCCESS && code != PAM_IGNORE;
	char line[FT_ERROR_LINE];

	/* ft_seal_key has logged what it did. */
	if (call->options.seal)
		return;
	(void)ft_error_line(&finding->why, line);
	if (finding->situation == FT_PAM_BROKEN || finding->situation == FT_PAM_NO_MEMORY)
		ft_log_as(call, FT_LOG_BROKEN, LOG_ERR, "%s", line);
	else if (call->function == FT_PAM_AUTH)
		log_auth(call, finding);
	else if (finding->situation == FT_PAM_NOT_OURS && call->person.in_vain)
		ft_log_as(call, FT_LOG_NOT_ASKED, LOG_WARNING, "account %s: not checked: %s",
			  account_name(call), line);
	else if (refused)
		ft_log_as(call, FT_LOG_REFUSED, LOG_NOTICE, "account %s: refused: %s",
			  account_name(call), line);
	else if (decision->hint)
		ft_log_as(call, FT_LOG_PERMITTED, LOG_NOTICE,
			  "account %s: permissive lets in who would be refused: %s",
			  account_name(call), line);
	else if (finding->situation != FT_PAM_FRESH && finding->situation != FT_PAM_NOT_OURS &&
		 finding->situation != FT_PAM_NOT_CONFIGURED && call->function == FT_PAM_ACCOUNT)
		ft_log_as(call, FT_LOG_UNVERIFIED, LOG_NOTICE,
			  "account %s: let in without a verified sign-in: %s",
			  account_name(call), line);
	else
		ft_log_debug(call, "account %s: code %d: %s", account_name(call), code,
			     line);
}

/* Every refusal by account, and every hint of permissive, is one line to the person. auth has told
 * its reason already; setcred and session tell the person nothing. */
static void tell_person(const struct ft_call *call, const struct ft_finding *finding, int code,
			bool hint)
{
	static const struct {
		enum ft_pam_situation situation;
		const char *before, *after;	/* text around the server's name */
		bool helps;			/* whether a new sign-in helps */
	} words[] = {
		{ FT_PAM_UNMAPPED, "no user of ",
		  " is mapped to you; ask this system's administrator", false },
		{ FT_PAM_NEVER, "you have not signed in at ", " yet", true },
		{ FT_PAM_LOGIN_NEEDED, "your sign-in at ", " has ended", true },
		{ FT_PAM_DISABLED, "", " says that you are disabled; ask its administrator",
		  false },
		{ FT_PAM_UNTOLD, "", " does not say whether you are active; ask this system's "
		  "administrator", false },
		{ FT_PAM_DENIED, "", " does not say that the stored sign-in is yours", true },
		{ FT_PAM_DOWN, "",
		  " cannot be reached, and your last check was too long ago; try again later",
		  false },
	};

	if (call->function > FT_PAM_ACCOUNT || (hint ? call->options.no_hint : code == PAM_SUCCESS))
		return;
	if (finding->situation == FT_PAM_BROKEN)
		(void)ft_say_text(
			PAM_ERROR_MSG,
			"freshtoken: this login is not configured as it has to be; ask the "
			"system's administrator, whose log says more");
	for (size_t i = 0; call->function == FT_PAM_ACCOUNT && i < sizeof words / sizeof *words;
	     i++)
		if (words[i].situation == finding->situation)
			(void)ft_say_text(hint ? PAM_TEXT_INFO : PAM_ERROR_MSG,
					  "freshtoken: %s%s%.250s%s%s%s",
					  hint ? "let in for now, and refused later: " : "",
					  words[i].before, call->service.server, words[i].after,
					  !words[i].helps ? "" :
					  hint	     ? "; sign in: freshtoken login " :
					    "; sign in at a login that asks for it, or in an open "
					    "session: freshtoken login ",
					  words[i].helps ? call->account->name : "");
}

int main(int argc, char *argv[])
{
	struct ft_call call = { .ft = { .store = NULL } };
	char line[FT_ERROR_LINE];
	struct ft_error err;
	struct stat st;

	if (argc > 1 && strcmp(argv[1], "--check") == 0)
		return ft_pam_check(argv + 2);
	if (argc == 2 && strcmp(argv[1], "--metrics") == 0)
		return ft_pam_metrics();
	if (argc != 1 || fstat(0, &st) != 0 || !S_ISSOCK(st.st_mode)) {
		static const char text[] =
			"freshtoken-pam is started by pam_freshtoken.so; see pam_freshtoken(8)\n";

		return write(STDERR_FILENO, text, sizeof text - 1) < 0 ? 1 : 2;
	}
	if (begin() != 0)
		return 1;
	ft_log_open();
	if (!is_for_root()) {
		syslog(LOG_ERR, "a process that is not root's has connected; only root is served");
		return 1;
	}
	if (ft_call_receive(&call, &err) != 0) {
		syslog(LOG_ERR, "%s", ft_error_line(&err, line));
		return 1;
	}
	struct ft_finding finding = decide(&call);
	const struct ft_pam_decision decision =
		ft_pam_decide(finding.situation, call.function, call.options.strict,
			      call.options.ignore_unknown_user);

	log_finding(&call, &finding, &decision);
	tell_person(&call, &finding, decision.code, decision.hint);
	ft_say_result(&call, decision.code);
	ft_call_release(&call);
	return 0;
}

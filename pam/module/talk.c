/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "pam/module/talk.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "lib/base/secret.h"
#include "lib/base/utf8.h"
#include "pam/module/helper-path.h"
#include "pam/module/kept.h"
#include "pam/module/socket.h"
#include "pam/module/start.h"
#include "pam/wire/wire.h"

/* ms for the program to send its terms, and to end after its result. */
#define PATIENCE_TERMS 5000
#define PATIENCE_END 1000
/* ms. Many logins at once wait for room in the socket's queue, and for systemd to start a program
 * for each. */
#define PATIENCE_QUEUE 15000
#define PATIENCE_SERVED 60000
/* Limits on the program: the longest wait that its terms may ask for in ms, and how many messages
 * it may send in one call. */
#define WAIT_MAX (15 * 60 * 1000)
#define MESSAGES_MAX 1000
#define DELAY_MAX 10000
#define SEAL "seal="
/* Bytes; longer than any token. A longer answer is a conversation error. */
#define ANSWER_MAX (60 * 1024)

struct talk {
	pam_handle_t *pamh;
	enum ft_pam_function function;
	int flags;
	struct ft_started program;
	char path[FT_HELPER_PATH_MAX];	/* of the program, or of the socket */
	bool served;			/* by a program that systemd has started */
	bool seals;
	const char *user;
	struct ft_buf message;
	int64_t deadline;
	/* From the program's FT_WIRE_TERMS. */
	bool terms, strict, hints;
	int64_t wait;
};

static const char *item(const struct talk *talk, int which)
{
	const void *value = NULL;

	return pam_get_item(talk->pamh, which, &value) == PAM_SUCCESS ? value : NULL;
}

/* --- the conversation ---------------------------------------------------------------- */

static void free_response(struct pam_response *response)
{
	if (response == NULL)
		return;
	if (response->resp != NULL) {
		ft_wipe(response->resp, strlen(response->resp));
		free(response->resp);
	}
	free(response);
}

/* Says or asks one thing. *ret_answer is to be freed with free_response. */
static int converse(const struct talk *talk, int style, const char *text,
		    struct pam_response **ret_answer)
{
	const bool prompt = style == PAM_PROMPT_ECHO_OFF || style == PAM_PROMPT_ECHO_ON;
	const struct pam_message message = { .msg_style = style, .msg = text };
	const struct pam_message *messages = &message;
	const void *value = NULL;
	struct pam_response *response = NULL;

	/* Silent: prompts are shown, messages are not. sudo is silent by default (pam_silent in
	 * sudoers), and still prompts. */
	if (((unsigned)talk->flags & PAM_SILENT) != 0 && !prompt)
		return PAM_SUCCESS;
	if (pam_get_item(talk->pamh, PAM_CONV, &value) != PAM_SUCCESS || value == NULL)
		return PAM_CONV_ERR;
	const struct pam_conv *conv = value;

	if (conv->conv == NULL)
		return PAM_CONV_ERR;
	int code = conv->conv(1, &messages, &response, conv->appdata_ptr);

	/* After an error the pointer is not valid, even if it is set. */
	if (code != PAM_SUCCESS)
		return code;
	if (prompt && (response == NULL || response->resp == NULL ||
		       strlen(response->resp) > ANSWER_MAX)) {
		free_response(response);
		return PAM_CONV_ERR;
	}
	*ret_answer = response;
	return PAM_SUCCESS;
}

static bool sayable(int64_t style, const char *text)
{
	if (style < PAM_PROMPT_ECHO_OFF || style > PAM_TEXT_INFO || text == NULL ||
	    strlen(text) > FT_WIRE_TEXT_MAX)
		return false;
	for (; *text != '\0'; text++)
		if (*text != '\n' && ft_utf8_unseen(text) > 0)
			return false;
	return true;
}

static int relay(struct talk *talk)
{
	const int64_t style = ft_wire_number(&talk->message, FT_WIRE_STYLE, PAM_TEXT_INFO);
	const char *text = ft_wire_get(&talk->message, FT_WIRE_TEXT, 0);
	struct pam_response *answer = NULL;

	if (!sayable(style, text))
		return FT_UNTRUSTED;
	const int64_t before = ft_wire_now();
	int code = converse(talk, (int)style, text, &answer);

	/* The deadline is the program's: the application decides how long a person may take. */
	talk->deadline += ft_wire_now() - before;
	ft_wire_begin(&talk->message, FT_WIRE_ANSWER);
	ft_wire_add_number(&talk->message, FT_WIRE_CODE,
			   (uint64_t)(code >= 0 ? code : PAM_CONV_ERR));
	if (answer != NULL)
		ft_wire_add(&talk->message, FT_WIRE_TEXT, answer->resp);
	free_response(answer);
	return ft_wire_send(talk->program.fd, &talk->message, talk->deadline);
}

/* A line with seal=systemd-creds needs no password. */
static bool needs_password(int argc, const char **argv)
{
	for (int i = 0; i < argc; i++)
		if (strcmp(argv[i], SEAL "systemd-creds") == 0)
			return false;
	return ft_talk_seals(argc, argv);
}

/* The password that was typed; NULL: none is known. After auth it is the kept one, unless sudo has
 * set another PAM_USER since. */
static const char *typed(const struct talk *talk)
{
	const char *password = NULL;

	if (talk->function == FT_PAM_AUTH || talk->function == FT_PAM_PASSWORD)
		password = item(talk, PAM_AUTHTOK);
	else if (talk->function != FT_PAM_ACCOUNT)
		password = ft_kept_password(talk->pamh, talk->user);
	return password != NULL && *password != '\0' &&
			       strlen(password) <= FT_KEPT_PASSWORD_MAX ?
		       password : NULL;
}

static void add_passwords(const struct talk *talk, struct ft_buf *call)
{
	const char *old = talk->function == FT_PAM_PASSWORD ? item(talk, PAM_OLDAUTHTOK) : NULL;

	ft_wire_add(call, FT_WIRE_PASSWORD, typed(talk));
	ft_wire_add(call, FT_WIRE_OLD_PASSWORD,
		    old != NULL && strlen(old) <= FT_KEPT_PASSWORD_MAX ? old : NULL);
}

bool ft_talk_seals(int argc, const char **argv)
{
	for (int i = 0; i < argc; i++)
		if (strncmp(argv[i], SEAL, sizeof SEAL - 1) == 0)
			return true;
	return false;
}

/* --- the exchange with freshtoken-pam ------------------------------------------------- */

static int send_call(struct talk *talk, int argc, const char **argv)
{
	const struct passwd *pw = pam_modutil_getpwnam(talk->pamh, talk->user);
	struct ft_buf *call = &talk->message;

	ft_wire_begin(call, FT_WIRE_CALL);
	ft_wire_add_number(call, FT_WIRE_FUNCTION, (uint64_t)talk->function);
	ft_wire_add_number(call, FT_WIRE_FLAGS, (uint64_t)(unsigned)talk->flags);
	ft_wire_add_number(call, FT_WIRE_UID, getuid());
	ft_wire_add_number(call, FT_WIRE_EUID, geteuid());
	ft_wire_add(call, FT_WIRE_USER, talk->user);
	ft_wire_add(call, FT_WIRE_SERVICE, item(talk, PAM_SERVICE));
	ft_wire_add(call, FT_WIRE_TTY, item(talk, PAM_TTY));
	ft_wire_add(call, FT_WIRE_RHOST, item(talk, PAM_RHOST));
	ft_wire_add(call, FT_WIRE_RUSER, item(talk, PAM_RUSER));
	/* A lookup may fail in one process and work in another; the host's own lookup is the one
	 * that the login uses. */
	ft_wire_add_number(call, FT_WIRE_EXISTS, pw != NULL);
	if (pw != NULL) {
		ft_wire_add(call, FT_WIRE_KNOWN_NAME, pw->pw_name);
		ft_wire_add_number(call, FT_WIRE_KNOWN_UID, pw->pw_uid);
	}
	ft_wire_add(call, FT_WIRE_HANDLE, ft_kept_handle(talk->pamh));
	ft_wire_add(call, FT_WIRE_MEMORY, ft_kept_notes(talk->pamh));
	if (needs_password(argc, argv))
		add_passwords(talk, call);
	for (int i = 0; i < argc; i++)
		ft_wire_add(call, FT_WIRE_OPTION, argv[i]);
	return ft_wire_send(talk->program.fd, call, talk->deadline);
}

static int take_terms(struct talk *talk)
{
	const int64_t wait = ft_wire_number(&talk->message, FT_WIRE_WAIT, WAIT_MAX);
	const int64_t strict = ft_wire_number(&talk->message, FT_WIRE_STRICT, 1);
	const int64_t hints = ft_wire_number(&talk->message, FT_WIRE_HINTS, 1);

	if (wait < 0 || strict < 0 || hints < 0)
		return FT_UNTRUSTED;
	talk->terms = true;
	talk->strict = strict != 0;
	talk->hints = hints != 0;
	talk->wait = wait;
	return 0;
}

static int take_result(struct talk *talk, int *ret_code)
{
	const int64_t code = ft_wire_number(&talk->message, FT_WIRE_CODE, PAM_INCOMPLETE);
	const int64_t delay = ft_wire_number(&talk->message, FT_WIRE_DELAY, DELAY_MAX);
	const bool keep = talk->function == FT_PAM_AUTH &&
			  ft_wire_number(&talk->message, FT_WIRE_KEEP, 1) == 1;

	if (code < 0 || !ft_pam_code_possible(talk->function, (int)code))
		return FT_UNTRUSTED;
	/* Only a line with `seal` may change the kept password: the stack can have other lines of
	 * this module. */
	if (talk->seals && talk->function != FT_PAM_PASSWORD)
		ft_kept_set_password(talk->pamh, talk->user, keep ? item(talk, PAM_AUTHTOK) : NULL);
	ft_kept_set_notes(talk->pamh, ft_wire_get(&talk->message, FT_WIRE_MEMORY, 0));
	ft_kept_set_handle(talk->pamh, ft_wire_get(&talk->message, FT_WIRE_HANDLE, 0));
	if (delay > 0)
		(void)pam_fail_delay(talk->pamh, (unsigned)delay * 1000);
	*ret_code = (int)code;
	return 0;
}

/* Handles messages up to the result. Errors as in wire.h; FT_CONFIG: the program cannot be
 * executed, and *ret_code is the errno. */
static int listen_to(struct talk *talk, int *ret_code)
{
	static const char kinds[] = { FT_WIRE_TERMS, FT_WIRE_SAY, FT_WIRE_RESULT, FT_WIRE_FAILED,
				      0 };

	for (unsigned n = 0; n < MESSAGES_MAX; n++) {
		int r = ft_wire_receive(talk->program.fd, kinds, &talk->message, talk->deadline);

		if (r != 0)
			return r;
		switch (talk->message.data[0]) {
		case FT_WIRE_TERMS:
			r = take_terms(talk);
			talk->deadline = ft_wire_now() + talk->wait;
			break;
		case FT_WIRE_SAY:
			r = relay(talk);
			break;
		case FT_WIRE_RESULT:
			return take_result(talk, ret_code);
		default:
			*ret_code = (int)ft_wire_number(&talk->message, FT_WIRE_ERRNO, 4095);
			return FT_CONFIG;
		}
		if (r != 0)
			return r;
	}
	return FT_UNTRUSTED;
}

/* --- what is decided here --------------------------------------------------------------- */

/* A line with `seal` lets nobody in and keeps nobody out. */
static int decide(const struct talk *talk, enum ft_pam_situation situation)
{
	return ft_pam_decide(talk->seals ? FT_PAM_NOT_CONFIGURED : situation, talk->function,
			     false, false).code;
}

/* Root must be able to log in and repair a broken installation. */
static bool is_root(const struct talk *talk)
{
	const struct passwd *pw = pam_modutil_getpwnam(talk->pamh, talk->user);

	return pw != NULL && pw->pw_uid == 0;
}

static int broken(const struct talk *talk, const struct ft_error *what)
{
	char line[FT_ERROR_LINE];
	enum ft_pam_situation situation = is_root(talk) ? FT_PAM_NOT_OURS : FT_PAM_BROKEN;

	pam_syslog(talk->pamh, LOG_ERR, "%s", ft_error_line(what, line));
	return decide(talk, situation);
}

/* The program sent its terms, and then no valid result. */
static int lost(const struct talk *talk)
{
	const struct ft_pam_decision decision =
		ft_pam_decide(FT_PAM_LOGIN_NEEDED, talk->function, talk->strict, false);
	struct pam_response *none = NULL;

	if (talk->seals) {
		pam_syslog(talk->pamh, LOG_WARNING, "%s ended without an answer, or not in time; "
			   "the key of sealed sign-ins is left as it is", talk->path);
		return decide(talk, FT_PAM_NOT_CONFIGURED);
	}
	if (talk->function == FT_PAM_ACCOUNT && (talk->hints || !decision.hint)) {
		(void)converse(talk, decision.hint ? PAM_TEXT_INFO : PAM_ERROR_MSG,
			       "freshtoken: your sign-in could not be checked in time", &none);
		free_response(none);
	}
	return decision.code;
}

static int conclude(const struct talk *talk, int r, int code)
{
	const char *remedy =
		talk->served ? "see journalctl -u 'freshtoken-pam@*'" : "install freshtoken again";
	struct ft_error err;

	if (r == 0)
		return code;
	if (r == FT_NO_MEMORY)
		return decide(talk, FT_PAM_NO_MEMORY);
	if (r == FT_CONFIG) {
		(void)ft_error_errno(&err, r, code, "cannot execute %s", talk->path);
		(void)ft_error_remedy(&err, r, "is freshtoken installed completely?");
	} else if (r == FT_BUSY) {
		(void)ft_error_set(&err, r, "%s does not answer in time" FT_REMEDY
					    "is looking up users slow?",
				   talk->path);
	} else {
		(void)ft_error_set(&err, r, "%s %s" FT_REMEDY "%s", talk->path,
				   r == FT_NOT_FOUND ? "ended without an answer" :
						       "does not answer as it should",
				   remedy);
	}
	return r == FT_CONFIG || !talk->terms ? broken(talk, &err) : lost(talk);
}

/* A program that systemd starts is out of the caller's reach. The socket serves root alone, and
 * only root's programs log in somebody else. */
static int begin(struct talk *talk, struct ft_error *err)
{
	/* Root is let in despite any failure, and a line with `seal` decides nothing: neither
	 * should wait long. */
	const bool brief = talk->seals || is_root(talk);
	int r = FT_NOT_FOUND;

	ft_helper_socket(talk->path);
	if (geteuid() == 0)
		r = ft_socket_connect(talk->path,
				      ft_wire_now() + (brief ? PATIENCE_TERMS : PATIENCE_QUEUE),
				      &talk->program.fd, err);
	talk->served = r == 0;
	if (r == FT_NOT_FOUND) {
		ft_helper_path(talk->path);
		r = ft_start(talk->path, &talk->program, err);
	}
	talk->deadline =
		ft_wire_now() + (talk->served && !brief ? PATIENCE_SERVED : PATIENCE_TERMS);
	return r;
}

/* Only auth may prompt for the user name. */
static int get_user(const struct talk *talk, const char **ret_user)
{
	int code = PAM_SUCCESS;

	*ret_user = NULL;
	if (talk->function == FT_PAM_AUTH && (((unsigned)talk->flags & PAM_SILENT) == 0))
		code = pam_get_user(talk->pamh, ret_user, NULL);
	else
		*ret_user = item(talk, PAM_USER);
	if (code == PAM_CONV_AGAIN)
		return PAM_INCOMPLETE;
	if (code == PAM_CONV_ERR || code == PAM_INCOMPLETE ||
	    (code == PAM_SUCCESS && *ret_user != NULL && **ret_user != '\0'))
		return code;
	/* Without a name auth answers as for an unknown user; for the other functions it is an
	 * error of the application. */
	return ft_pam_decide(talk->function == FT_PAM_AUTH ? FT_PAM_NOT_OURS : FT_PAM_BROKEN,
			     talk->function, false, false).code;
}

int ft_talk(pam_handle_t *pamh, enum ft_pam_function function, int flags, int argc,
	    const char **argv)
{
	struct talk talk = {
		.pamh = pamh, .function = function, .flags = flags,
		.program = FT_STARTED_INIT, .message = FT_BUF_INIT(FT_WIRE_MAX),
		.hints = true, .seals = ft_talk_seals(argc, argv),
	};
	struct ft_error err;
	int code = get_user(&talk, &talk.user);

	if (code != PAM_SUCCESS)
		return talk.seals ? decide(&talk, FT_PAM_NOT_CONFIGURED) : code;
	/* The key cannot be unlocked without the password. */
	if (needs_password(argc, argv) && typed(&talk) == NULL)
		return decide(&talk, FT_PAM_NOT_CONFIGURED);
	if (begin(&talk, &err) != 0)
		return broken(&talk, &err);
	int r = send_call(&talk, argc, argv);

	/* A program that has ended before it read the call may still have sent an answer. */
	if (r == 0 || r == FT_NOT_FOUND)
		r = listen_to(&talk, &code);
	/* After the deadline the program may continue: an exchange must not be cut short. */
	ft_started_end(&talk.program, r == FT_BUSY ? 0 : PATIENCE_END);
	/* The handle is good once, and must not get into the person's environment. */
	if (r != 0 && (function == FT_PAM_SETCRED || function == FT_PAM_SESSION))
		ft_kept_set_handle(pamh, "");
	code = conclude(&talk, r, code);
	ft_buf_release(&talk.message);
	return code;
}

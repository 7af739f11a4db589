/* SPDX-License-Identifier: MIT */
/*
 * call.h - one call of the PAM module, in freshtoken-pam
 *
 * What the module sent, what the administrator configured, and the person: filled
 * in this order by call.c, options.c, configure.c and person.c.
 */
#ifndef FT_PAM_CALL_H
#define FT_PAM_CALL_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/base/buffer.h"
#include "lib/config/account.h"
#include "lib/core/context.h"
#include "lib/service/service.h"
#include "pam/wire/decide.h"

#define FT_CALL_MODULE_FD 0

/* The module's options: from the PAM line, else from [pam] of the file, else the default. */
struct ft_options {
	char *conf;			/* NULL: SYSCONFDIR/freshtoken/freshtoken.conf */
	/* Whether the line is for the key that sign-ins are sealed with, and what unlocks it. */
	enum ft_seal_by { FT_SEAL_NOT, FT_SEAL_BY_PASSWORD, FT_SEAL_BY_HOST } seal;
	struct ft_pam_defaults line;	/* of the PAM line; -1 or NULL where it does not say */
	/* The values in effect, after ft_options_settle. */
	const char *account;
	const struct ft_strings *auth;	/* narrows the account's; NULL */
	const struct ft_strings *exempt;	/* names, and groups with "@" before them; NULL */
	bool strict;			/* not permissive */
	enum ft_unmapped unmapped;
	bool ignore_unknown_user, no_hint, debug;
	int64_t recheck;		/* seconds; -1: the life of the token that root saw issued,
				 * an hour at most */
	int64_t max_offline, wait;	/* seconds */
	int64_t minimum_uid, maximum_uid;
};

struct ft_person {
	bool exists;		/* on this system */
	bool system;		/* root, or outside of minimum_uid to maximum_uid */
	bool exempt;		/* by the option of that name */
	bool in_vain;		/* the map has this user, who is not checked all the same */
	uid_t uid;
	gid_t gid;
	char *name, *home;
	char *subject; /* that the service must name; NULL: not to be checked, or not mapped */
};

struct ft_call {
	struct ft_buf message;	/* owns the texts below */
	enum ft_pam_function function;
	int flags;
	uid_t uid, euid;	/* of the calling process */
	const char *user;	/* never NULL */
	const char *program;	/* PAM's "service": sshd, sudo; "" where unknown */
	const char *tty, *rhost, *handle, *memory;	/* NULL */
	const char *asking_user;	/* PAM_RUSER: who runs the program; NULL */
	/* The user as the host's process looked it up: the login becomes that user. */
	bool host_exists;
	const char *host_name;		/* NULL where there is none */
	uid_t host_uid;

	struct ft_options options;
	struct freshtoken ft;	/* with root's state folder, and no user's configuration */
	char *run;		/* the folder of handles */
	const struct ft_account *account;
	struct ft_service service;
	/* The account whose token asks the directory; NULL without check = person. */
	const struct ft_account *checker;
	struct ft_service checker_service;
	struct ft_run_as run_as;
	bool settled;		/* options has what the file says, too */
	bool configured;	/* the members from ft on are set */
	bool only_checked;	/* nobody logs in; doctor asks whether it would work */

	struct ft_person person;

	const char *way;	/* that auth tried last, for the log; NULL: it has not prompted */

	/* Sent with the result, besides the code; NULL: nothing. */
	char *new_handle, *new_memory;
	unsigned delay;		/* ms */
	bool keep_password;
};

/* Reads the module's call. FT_UNTRUSTED: none came, or it is malformed. */
int ft_call_receive(struct ft_call *ret, struct ft_error *err);
void ft_call_release(struct ft_call *call);

/* Whether the caller may act for everybody, or only for the user it runs as. */
bool ft_call_is_root(void);

/* options.c: what the PAM line says. FT_CONFIG names the option. */
int ft_options_parse(struct ft_call *call, struct ft_error *err);
/* Chooses for each option between the PAM line, the file's [pam] and the default. */
void ft_options_settle(struct ft_options *options, const struct ft_pam_defaults *file);
void ft_options_release(struct ft_options *options);

/* configure.c: reads the configuration and checks what PAM needs of the account. FT_CONFIG and
 * FT_UNTRUSTED name file, line and remedy. */
int ft_configure(struct ft_call *call, struct ft_error *err);
/* Reads the file alone, and checks no account. */
int ft_configure_file(struct ft_call *call, struct ft_error *err);
/* Whether the path ends in a claim whose value may be given to another person later. FT_CONFIG,
 * FT_NO_MEMORY. */
int ft_configure_claim(const char *path, bool *ret_changes_hands, struct ft_error *err);
/* Whether auth may use this way: the account has it, and the option `auth`, if set, has it too. */
bool ft_configured_way(const struct ft_call *call, const char *way);

/* person.c: fills exists, uid, gid, name and home alone. FT_SYSTEM: the lookup failed, which does
 * not mean that there is no such user. */
int ft_person_look_up(const char *name, struct ft_person *ret, struct ft_error *err);
/* Likewise for the call's user. The host's lookup must have the same result, else FT_SYSTEM; if the
 * host says that it is root and this lookup fails, the host is believed. */
int ft_person_of_call(struct ft_call *call, struct ft_error *err);
/* With settled options: fills system and exempt. */
void ft_person_rank(struct ft_call *call);
/* After ft_configure: the same, and finds the person's subject. FT_CONFIG: an error in the file of
 * users. */
int ft_person_find(struct ft_call *call, struct ft_error *err);
void ft_person_release(struct ft_person *person);
/* "UID~NAME" for file names: two users may share a uid, and a name may get another uid later. */
#define FT_PERSON_KEY_SIZE 64
void ft_person_key(const struct ft_person *person, char ret[FT_PERSON_KEY_SIZE]);

/* log.c: one line in the system's log (authpriv): who, why, what to do. */
void ft_log_open(void);
/* Each kind of line has its own MESSAGE_ID in the journal (pam_freshtoken(8)). */
enum ft_log_kind {
	FT_LOG_TROUBLE,		/* a fault that decides nothing by itself */
	FT_LOG_GRANTED,		/* auth: the person has proven who they are */
	FT_LOG_REFUSED,
	FT_LOG_PERMITTED,	/* let in only because of permissive */
	FT_LOG_UNVERIFIED,	/* let in without a verified sign-in */
	FT_LOG_NOT_ASKED,	/* the user is not one to check */
	FT_LOG_BROKEN,		/* the configuration */
	FT_LOG_DEBUG
};
void ft_log_as(const struct ft_call *call, enum ft_log_kind kind, int priority, const char *format,
	       ...) FT_PRINTF(4, 5);
/* The same with FT_LOG_TROUBLE. */
void ft_log(const struct ft_call *call, int priority, const char *format, ...) FT_PRINTF(3, 4);
/* Logs "account NAME: BEFORE: …" with all parts of the error. Leaves out BEFORE if it is NULL, and
 * the account if the call has none. */
void ft_log_error(const struct ft_call *call, int priority, const char *before,
		  const struct ft_error *err);
/* Only with `debug`. */
void ft_log_debug(const struct ft_call *call, const char *format, ...) FT_PRINTF(2, 3);

#endif

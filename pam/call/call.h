/* SPDX-License-Identifier: MIT */
/*
 * call.h - one call of the PAM module's, in freshtoken-pam
 *
 * What the module told, what the administrator configured, whom it is about;
 * filled in that order by call.c, options.c, configure.c and person.c.
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

/* The module's options: the PAM line's, else [pam]'s, else the default. */
struct ft_options {
	char *conf;			/* NULL: SYSCONFDIR/freshtoken/freshtoken.conf */
	/* The line is for the key that things are sealed with, and who opens it. */
	enum ft_seal_by { FT_SEAL_NOT, FT_SEAL_BY_PASSWORD, FT_SEAL_BY_HOST } seal;
	struct ft_pam_defaults line;	/* as given there; -1 or NULL where not */
	/* What counts, after ft_options_settle. */
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
	bool in_vain;		/* not to be checked, although the map has this user */
	uid_t uid;
	gid_t gid;
	char *name, *home;
	char *subject; /* whom the service has to name; NULL: not to be checked, or not mapped */
};

struct ft_call {
	struct ft_buf message;	/* owns the texts below */
	enum ft_pam_function function;
	int flags;
	uid_t uid, euid;	/* of the calling process */
	const char *user;	/* never NULL */
	const char *program;	/* PAM's "service": sshd, sudo; "" where unknown */
	const char *tty, *rhost, *handle, *memory;	/* NULL */
	const char *asking_user;	/* PAM_RUSER: who calls the program; NULL */
	/* The user as known to the host's process, which decides what the login becomes. */
	bool host_exists;
	const char *host_name;		/* NULL where there is none */
	uid_t host_uid;

	struct ft_options options;
	struct freshtoken ft;	/* of root's: its state folder, no user's configuration */
	char *run;		/* the folder of handles */
	const struct ft_account *account;
	struct ft_service service;
	/* Whose token asks about persons; NULL where nobody is asked. */
	const struct ft_account *checker;
	struct ft_service checker_service;
	struct ft_run_as run_as;
	bool configured;	/* the members from ft on are set */
	bool only_checked;	/* nobody logs in: would it work? */

	struct ft_person person;

	const char *way;	/* in which auth was tried, for the log; NULL: nobody was asked */

	/* What goes with the result, besides the code; NULL: nothing. */
	char *new_handle, *new_memory;
	unsigned delay;		/* ms */
	bool keep_password;
};

/* From the module's first message. FT_UNTRUSTED: it is none. */
int ft_call_receive(struct ft_call *ret, struct ft_error *err);
void ft_call_release(struct ft_call *call);

/* Whether the caller may act for everybody, or only for the user it runs as. */
bool ft_call_is_root(void);

/* options.c: what the PAM line says. FT_CONFIG names the option. */
int ft_options_parse(struct ft_call *call, struct ft_error *err);
/* Settles them against the file's [pam]. */
void ft_options_settle(struct ft_options *options, const struct ft_pam_defaults *file);
void ft_options_release(struct ft_options *options);

/* configure.c: reads the configuration and checks what PAM needs of the account. FT_CONFIG and
 * FT_UNTRUSTED name file, line and remedy. */
int ft_configure(struct ft_call *call, struct ft_error *err);
/* Of that, reads the file alone. */
int ft_configure_file(struct ft_call *call, struct ft_error *err);
/* How auth may prove who signs in: the account's ways, narrowed by the option. */
bool ft_configured_way(const struct ft_call *call, const char *way);

/* person.c: fills exists, uid, gid, name and home alone. FT_SYSTEM: nobody can tell. */
int ft_person_look_up(const char *name, struct ft_person *ret, struct ft_error *err);
/* Likewise for the call's user, whom the host has to know as the same one: else FT_SYSTEM. For root
 * what the host says is enough. */
int ft_person_of_call(struct ft_call *call, struct ft_error *err);
/* Who that is at the service, after that. FT_CONFIG: the file of users. */
int ft_person_find(struct ft_call *call, struct ft_error *err);
void ft_person_release(struct ft_person *person);
/* "UID~NAME" for names of files: two users may share an uid, and a name may get another one. */
#define FT_PERSON_KEY_SIZE 64
void ft_person_key(const struct ft_person *person, char ret[FT_PERSON_KEY_SIZE]);

/* log.c: one line in the system's log (authpriv): who, why, what to do. */
void ft_log_open(void);
/* What a line tells: each has a MESSAGE_ID of its own in the journal (pam_freshtoken(8)). */
enum ft_log_kind {
	FT_LOG_TROUBLE,		/* something that is not as it should be */
	FT_LOG_GRANTED,		/* auth: somebody has proven who that is */
	FT_LOG_REFUSED,
	FT_LOG_PERMITTED,	/* permissive lets in who would be refused */
	FT_LOG_UNVERIFIED,	/* let in without a verified sign-in */
	FT_LOG_NOT_ASKED,	/* nobody that is checked */
	FT_LOG_BROKEN,		/* the configuration */
	FT_LOG_DEBUG
};
void ft_log_as(const struct ft_call *call, enum ft_log_kind kind, int priority, const char *format,
	       ...) FT_PRINTF(4, 5);
/* … of trouble. */
void ft_log(const struct ft_call *call, int priority, const char *format, ...) FT_PRINTF(3, 4);
/* "account NAME: BEFORE: …", with all parts of an error; before NULL: nothing. Without an account
 * its part is left out. */
void ft_log_error(const struct ft_call *call, int priority, const char *before,
		  const struct ft_error *err);
/* Only with `debug`. */
void ft_log_debug(const struct ft_call *call, const char *format, ...) FT_PRINTF(2, 3);

#endif

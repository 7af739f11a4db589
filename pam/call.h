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

#include "account.h"
#include "buffer.h"
#include "context.h"
#include "decide.h"
#include "service.h"

#define FT_CALL_MODULE_FD 0

/* The module's options: the PAM line's, else [pam]'s, else the default. */
struct ft_options {
	char *conf;			/* NULL: SYSCONFDIR/freshtoken/freshtoken.conf */
	struct ft_pam_defaults line;	/* as given there; -1 or NULL where not */
	/* What counts, after ft_options_settle. */
	const char *account;
	const struct ft_strings *auth;	/* narrows the account's; NULL */
	bool strict, ignore_unknown_user, no_hint, debug;
	int64_t recheck;		/* seconds; -1: the life of the token that root saw issued */
	int64_t max_offline, wait, minimum_uid;	/* seconds; … */
};

struct ft_person {
	bool exists;		/* on this system */
	bool system;		/* root, or below minimum_uid */
	uid_t uid;
	gid_t gid;
	char *name, *home;
	char *subject;		/* whom the service has to name; NULL: not mapped */
};

struct ft_call {
	struct ft_buf message;	/* owns the texts below */
	enum ft_pam_function function;
	int flags;
	uid_t uid, euid;	/* of the calling process */
	const char *user;	/* never NULL */
	const char *program;	/* PAM's "service": sshd, sudo; "" where unknown */
	const char *tty, *handle, *memory;	/* NULL */
	const char *asking_user;	/* PAM_RUSER: who calls the program; NULL */

	struct ft_options options;
	struct freshtoken ft;	/* of root's: its state folder, no user's configuration */
	char *run;		/* the folder of handles */
	const struct ft_account *account;
	struct ft_service service;
	struct ft_run_as run_as;
	bool configured;	/* the members from ft on are set */

	struct ft_person person;

	/* What goes with the result, besides the code; NULL: nothing. */
	char *new_handle, *new_memory;
	unsigned delay;		/* ms */
};

/* From the module's first message. FT_UNTRUSTED: it is none. */
int ft_call_receive(struct ft_call *ret, struct ft_error *err);
void ft_call_release(struct ft_call *call);

/* Whether the caller may act for everybody, or only for himself. */
bool ft_call_is_root(void);

/* options.c: what the PAM line says. FT_CONFIG names the option. */
int ft_options_parse(struct ft_call *call, struct ft_error *err);
/* Settles them against the file's [pam]. */
void ft_options_settle(struct ft_options *options, const struct ft_pam_defaults *file);
void ft_options_release(struct ft_options *options);

/* configure.c: reads the configuration and checks what PAM needs of the account. FT_CONFIG and
 * FT_UNTRUSTED name file, line and remedy. */
int ft_configure(struct ft_call *call, struct ft_error *err);
/* How auth may prove who sits there: the account's ways, narrowed by the option. */
bool ft_configured_way(const struct ft_call *call, const char *way);

/* person.c: looks the user up. FT_CONFIG: the file of users. */
int ft_person_find(struct ft_call *call, struct ft_error *err);
/* Fills exists, uid, gid, name and home alone. */
int ft_person_look_up(const char *name, struct ft_person *ret, struct ft_error *err);
void ft_person_release(struct ft_person *person);
/* From the text of a file "LOCAL-USER SUBJECT", # comments; *ret_subject NULL: not in it. */
int ft_person_parse(const char *file, const char *text, size_t len, const char *user,
		    char **ret_subject, struct ft_error *err);

/* log.c: one line in the system's log (authpriv): who, why, what to do. */
void ft_log_open(void);
void ft_log(const struct ft_call *call, int priority, const char *format, ...) FT_PRINTF(3, 4);
/* Only with `debug`. */
void ft_log_debug(const struct ft_call *call, const char *format, ...) FT_PRINTF(2, 3);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * knowledge.h - what root's own exchanges saw of a person
 *
 * For each person and account there is one file about the sign-in and one about the person in the
 * directory (check = person), in LOCALSTATEDIR/lib/freshtoken (root's, 0700). account is judged by
 * these files alone: the user's own record is under the user's control, who can edit its expiry to
 * 2099. The files hold no tokens. A file about another subject or server than now configured counts
 * as nothing.
 */
#ifndef FT_PAM_KNOWLEDGE_H
#define FT_PAM_KNOWLEDGE_H

#include "lib/base/fingerprint.h"
#include "lib/base/moment.h"
#include "pam/call/call.h"

enum ft_known { FT_KNOWN_NOTHING, FT_KNOWN_FRESH, FT_KNOWN_LOGIN_NEEDED, FT_KNOWN_DISABLED };

/* What it is known of: the person's sign-in, or the person in the directory. */
enum ft_known_of { FT_KNOWN_SIGN_IN, FT_KNOWN_PERSON };

struct ft_knowledge {
	enum ft_known known;
	struct ft_moment verified;	/* the last good answer; real 0: none, or a later answer
					 * was a refusal */
	int64_t lifetime;		/* ms, of the token issued then; -1: unknown */
	struct ft_moment told;		/* of a person: the last answer, good or not */
	struct ft_moment down;		/* when the service failed; real 0: it has answered since */
	/* Fingerprints of the tokens issued then: the user has not planted these. */
	char refresh_token[FT_FINGERPRINT_SIZE], access_token[FT_FINGERPRINT_SIZE];
	struct ft_error why;
};
#define FT_KNOWLEDGE_INIT { .lifetime = -1 }

/* A missing or damaged file is no error: it reads as FT_KNOWN_NOTHING. FT_UNTRUSTED, FT_SYSTEM. */
int ft_knowledge_read(const struct ft_call *call, enum ft_known_of of, struct ft_knowledge *ret,
		      struct ft_error *err);
/* Removes the file. A missing file is no error. */
int ft_knowledge_remove(const struct ft_call *call, enum ft_known_of of, struct ft_error *err);
int ft_knowledge_write(const struct ft_call *call, enum ft_known_of of,
		       const struct ft_knowledge *knowledge, struct ft_error *err);
/* Locks of one person and account: for one exchange at a time, one probe of the service, one change
 * of the files (held briefly), one question to the directory. Closing *ret_fd unlocks. FT_SYSTEM:
 * no lock is possible, as on a read-only disk; the caller may go on without. FT_BUSY at the
 * deadline (ft_monotonic_ms). */
#define FT_KNOWLEDGE_EXCHANGE "lock"
#define FT_KNOWLEDGE_PROBE "probe"
#define FT_KNOWLEDGE_CHANGE "change"
#define FT_KNOWLEDGE_ASKING "asking"
int ft_knowledge_lock(const struct ft_call *call, const char *which, int64_t deadline, int *ret_fd,
		      struct ft_error *err);

/* Parse and format the file's text; for the functions above, and for tests. */
int ft_knowledge_parse(const struct ft_call *call, const char *text, size_t len,
		       struct ft_knowledge *ret, struct ft_error *err);
int ft_knowledge_format(const struct ft_call *call, const struct ft_knowledge *knowledge,
			struct ft_buf *ret, struct ft_error *err);

/* Reads any person's file, given its name and text: what is known, of what, and of which account
 * (ret_account has FT_ACCOUNT_NAME_MAX + 1 bytes). false: it is no such file. */
bool ft_knowledge_peek(const char *name, const char *text, size_t len, enum ft_known *ret_known,
		       enum ft_known_of *ret_of, char *ret_account);
/* "nothing", "fresh", "needs-login", "disabled"; "sign-in", "person". */
const char *ft_known_name(enum ft_known known);
const char *ft_known_of_name(enum ft_known_of of);

/* Whether it was verified less than `recheck` seconds ago (-1: the token's life, an hour at
 * most). */
bool ft_knowledge_is_fresh(const struct ft_knowledge *knowledge, const struct ft_moment *now,
			   int64_t recheck);
/* Whether it was verified within the last `seconds`. */
bool ft_knowledge_is_within(const struct ft_knowledge *knowledge, const struct ft_moment *now,
			    int64_t seconds);
/* Whether the service failed within the last 30 s, and within `recheck` seconds (-1: no such
 * limit): then other logins need not wait for it again. */
bool ft_knowledge_is_cooling(const struct ft_knowledge *knowledge, const struct ft_moment *now,
			     int64_t recheck);

#endif

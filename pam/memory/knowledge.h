/* SPDX-License-Identifier: MIT */
/*
 * knowledge.h - what root's own exchanges saw of a person
 *
 * Of the person's sign-in, and of the person in the directory (check = person): for each a file a
 * person and account in LOCALSTATEDIR/lib/freshtoken (root's, 0700),
 * the only ground on which an account is judged: the user's own record, with an
 * expiry of 2099, is one edit away. It holds no token. What was learned of
 * another subject or from another server than configured now counts for nothing.
 */
#ifndef FT_PAM_KNOWLEDGE_H
#define FT_PAM_KNOWLEDGE_H

#include "lib/base/fingerprint.h"
#include "lib/base/moment.h"
#include "pam/call/call.h"

enum ft_known { FT_KNOWN_NOTHING, FT_KNOWN_FRESH, FT_KNOWN_LOGIN_NEEDED, FT_KNOWN_DISABLED };

/* Of what: the person's sign-in, or the person in the directory. */
enum ft_known_of { FT_KNOWN_SIGN_IN, FT_KNOWN_PERSON };

struct ft_knowledge {
	enum ft_known known;
	struct ft_moment verified;	/* the last answer that was good; real 0: none, or it has
					 * been withdrawn since */
	int64_t lifetime;		/* ms, of the token issued then; -1: unknown */
	struct ft_moment told;		/* of a person: the last answer, also one that said no */
	struct ft_moment down;		/* the service did not answer; real 0: it has since */
	/* Of the tokens issued then: with these a service's trouble is not the user's doing. */
	char refresh_token[FT_FINGERPRINT_SIZE], access_token[FT_FINGERPRINT_SIZE];
	struct ft_error why;
};
#define FT_KNOWLEDGE_INIT { .lifetime = -1 }

/* Nothing known is no error, and neither is a file that makes no sense. FT_UNTRUSTED, FT_SYSTEM. */
int ft_knowledge_read(const struct ft_call *call, enum ft_known_of of, struct ft_knowledge *ret,
		      struct ft_error *err);
/* As if nothing had ever been known of this user. */
int ft_knowledge_remove(const struct ft_call *call, enum ft_known_of of, struct ft_error *err);
int ft_knowledge_write(const struct ft_call *call, enum ft_known_of of,
		       const struct ft_knowledge *knowledge, struct ft_error *err);
/* Three locks: one exchange at a time for a person, for as long as it takes; one look whether the
 * service is down; and changing what is known of a person, for a moment. FT_SYSTEM where there can
 * be none (a disk that can only be read): whoever has to, goes on without. FT_BUSY at the deadline
 * (ft_monotonic_ms). */
#define FT_KNOWLEDGE_EXCHANGE "lock"
#define FT_KNOWLEDGE_PROBE "probe"
#define FT_KNOWLEDGE_CHANGE "change"
/* Likewise one question at a time about a person. */
#define FT_KNOWLEDGE_ASKING "asking"
int ft_knowledge_lock(const struct ft_call *call, const char *which, int64_t deadline, int *ret_fd,
		      struct ft_error *err);

/* The text of the file, for ft_knowledge_read and for tests. */
int ft_knowledge_parse(const struct ft_call *call, const char *text, size_t len,
		       struct ft_knowledge *ret, struct ft_error *err);
int ft_knowledge_format(const struct ft_call *call, const struct ft_knowledge *knowledge,
			struct ft_buf *ret, struct ft_error *err);

/* Of any person's file, by its name and text: what is known, of what, and by which account (a
 * buffer of FT_ACCOUNT_NAME_MAX + 1). false: it is no such file. */
bool ft_knowledge_peek(const char *name, const char *text, size_t len, enum ft_known *ret_known,
		       enum ft_known_of *ret_of, char *ret_account);
/* "nothing", "fresh", "needs-login", "disabled"; "sign-in", "person". */
const char *ft_known_name(enum ft_known known);
const char *ft_known_of_name(enum ft_known_of of);

/* Verified, and that is not longer ago than `recheck` seconds (-1: the token's life, an hour at
 * most). */
bool ft_knowledge_is_fresh(const struct ft_knowledge *knowledge, const struct ft_moment *now,
			   int64_t recheck);
/* Verified within the last `seconds`. */
bool ft_knowledge_is_within(const struct ft_knowledge *knowledge, const struct ft_moment *now,
			    int64_t seconds);
/* The service failed a moment ago, 30 s at most, and not longer than `recheck` seconds (-1: that
 * says nothing): not everybody waits for it again. */
bool ft_knowledge_is_cooling(const struct ft_knowledge *knowledge, const struct ft_moment *now,
			     int64_t recheck);

#endif

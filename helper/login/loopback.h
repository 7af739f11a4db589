/* SPDX-License-Identifier: MIT */
/*
 * loopback.h - the listener that a browser returns to after a sign-in (RFC 8252 section 7.3)
 *
 * It listens on a loopback address, for one sign-in. Every user of this machine can connect, and
 * browsers open connections that they never use. So nothing blocks, everything has a limit, and
 * nothing that arrives is trusted here.
 */
#ifndef FT_LOOPBACK_H
#define FT_LOOPBACK_H

#include "lib/base/buffer.h"
#include "lib/base/error.h"

#define FT_LOOPBACK_CONNECTIONS 8
#define FT_LOOPBACK_REQUEST_MAX (32 * 1024)

struct ft_loopback {
	int fd;			/* listening socket; -1: closed */
	int fd6;		/* for localhost, the one on [::1]; -1: there is none */
	char uri[256];		/* the redirect URI, with its port */
	char host[64];		/* the Host that a request must have */
	char path[160];
	struct {
		int fd;		/* -1: free */
		struct ft_buf request;
	} connections[FT_LOOPBACK_CONNECTIONS];
	int waiting;		/* the connection that waits for the answer; -1: none */
};
/* A closed listener: functions that answer or close do nothing. */
#define FT_LOOPBACK_INIT { .fd = -1, .fd6 = -1, .waiting = -1 }

/* Opens a listener for redirect_uri: http with a loopback address, or with localhost, which is
 * 127.0.0.1 and, if this machine has it, [::1]. Without a port any free one is used; NULL:
 * http://127.0.0.1/callback, likewise. FT_SYSTEM: for example, the port is in use; *ret is
 * unchanged then. */
int ft_loopback_listen(const char *redirect_uri, struct ft_loopback *ret, struct ft_error *err);

/* Waits for the next request to the path and gets its query, until a deadline of ft_monotonic_ms.
 * The caller must answer it. FT_BUSY: none came; FT_SYSTEM, FT_NO_MEMORY. */
int ft_loopback_next(struct ft_loopback *loopback, int64_t deadline, struct ft_buf *ret_query,
		     struct ft_error *err);
/* Answers with a page that shows the text, which must be freshtoken's own. */
void ft_loopback_answer(struct ft_loopback *loopback, int status, const char *text);
/* Answers with a redirect. */
void ft_loopback_redirect(struct ft_loopback *loopback, const char *url);
/* Answers all open connections that the sign-in is over, and closes everything. */
void ft_loopback_close(struct ft_loopback *loopback);

/* Parses one request. 0: it is not complete; 200 with the query (within data; not terminated); else
 * the status to refuse it with. */
int ft_loopback_parse(const char *data, size_t len, const char *host, const char *path,
		      const char **ret_query, size_t *ret_len);

#endif

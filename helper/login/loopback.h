/* SPDX-License-Identifier: MIT */
/*
 * loopback.h - the place on this machine that a browser is sent back to (RFC 8252 section 7.3)
 *
 * A listener on a loopback address for one sign-in. Anybody on this machine can
 * connect to it, and browsers open connections that they never use: nothing
 * blocks, everything is bounded, and what comes in is believed by nobody here.
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
	char host[64];		/* the Host that a request has to have */
	char path[160];
	struct {
		int fd;		/* -1: free */
		struct ft_buf request;
	} connections[FT_LOOPBACK_CONNECTIONS];
	int waiting;		/* the connection that waits for an answer; -1: none */
};
/* Closed: answering and closing it do nothing. */
#define FT_LOOPBACK_INIT { .fd = -1, .fd6 = -1, .waiting = -1 }

/* redirect_uri: http with a loopback address, or localhost, which is both 127.0.0.1 and, where
 * this machine has it, [::1]; without a port any free one, NULL: http://127.0.0.1/callback
 * likewise. FT_SYSTEM: the port is taken, and the like. *ret is as before then. */
int ft_loopback_listen(const char *redirect_uri, struct ft_loopback *ret, struct ft_error *err);

/* The query of the next request to the path, up to a point of ft_monotonic_ms. Whoever gets
 * one answers it. FT_BUSY: none came; FT_SYSTEM, FT_NO_MEMORY. */
int ft_loopback_next(struct ft_loopback *loopback, int64_t deadline, struct ft_buf *ret_query,
		     struct ft_error *err);
/* Answers with a page that shows the text, which is never a service's. */
void ft_loopback_answer(struct ft_loopback *loopback, int status, const char *text);
/* Redirects the browser. */
void ft_loopback_redirect(struct ft_loopback *loopback, const char *url);
/* Answers all open connections with "over", and closes everything. */
void ft_loopback_close(struct ft_loopback *loopback);

/*
 * One request in data. 0: not all of it is here; 200 with the query (within data; not
 * terminated); otherwise the status to refuse it with.
 */
int ft_loopback_parse(const char *data, size_t len, const char *host, const char *path,
		      const char **ret_query, size_t *ret_len);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * response.h - the server's response, as bytes
 */
#ifndef FT_TRANSPORT_RESPONSE_H
#define FT_TRANSPORT_RESPONSE_H

#include <stdbool.h>
#include "lib/base/buffer.h"
#include "lib/base/error.h"
#include "lib/exchange/facts.h"

#define FT_RESPONSE_HEADER_MAX (64 * 1024)
#define FT_RESPONSE_BODY_MAX (256 * 1024)
#define FT_RESPONSE_TEXT 256

struct ft_response {
	enum ft_sent sent;
	char error[FT_RESPONSE_TEXT]; /* why there is no status, or no whole body; "": both are
					 there */
	enum ft_reason reason;	/* the reason for that, as far as it is known */
	bool local;		/* there is no status because of this machine */
	int status;		/* 0: none */
	struct ft_buf header;	/* of the final answer: lines, each ended by a NUL */
	struct ft_buf body;
	bool whole;		/* the body is complete */
};

void ft_response_init(struct ft_response *response);
void ft_response_release(struct ft_response *response);

/* Copies a text for people: cuts it, and replaces bytes that are not ASCII, because it may quote a
 * certificate or the server. */
void ft_response_copy_text(char out[FT_RESPONSE_TEXT], const char *text);
void ft_response_set_error(struct ft_response *response, const char *text, enum ft_reason reason);
/* Fills a response for a server that was not reached. FT_TEMPORARY: because of the service or the
 * network; any other code: because of this machine. */
void ft_response_set_unreached(struct ft_response *response, const struct ft_error *err);

/* A line of the header as libcurl hands it over, blanks at its end included. */
void ft_response_add_line(struct ft_response *response, const char *line, size_t len);

/* The value of the first field of that name that is not empty; NULL: none. */
const char *ft_response_header(const struct ft_response *response, const char *name);
/* Likewise the next one after a value that this or the former returned. */
const char *ft_response_header_after(const struct ft_response *response, const char *name,
				     const char *value);

/* The time at the service, in seconds since the epoch: Date, and Age if a cache on the way has kept
 * the answer since (RFC 9111 section 5.1). -1: not said. */
int64_t ft_response_time(const struct ft_response *response);

/* The value of a cookie that the answer sets, the last one of that name; "": the answer empties it;
 * NULL: none. The value is not terminated: *ret_len is its length. */
const char *ft_response_cookie(const struct ft_response *response, const char *name,
			       size_t *ret_len);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * failure.h - what is said of an exchange that did not come to its end
 *
 * Whoever makes the exchange notes what happened; here it becomes words, and the reason that others
 * decide by. In our own words as far as they go: what libcurl says may repeat a URL. What it says
 * of TLS, which is what people have to act on, names only hosts.
 */
#ifndef FT_TRANSPORT_FAILURE_H
#define FT_TRANSPORT_FAILURE_H

#include <stdbool.h>
#include "lib/base/error.h"
#include "lib/transport/peer.h"

enum ft_failed {
	FT_FAILED_OTHERWISE,
	FT_FAILED_LATE,		/* it was not sent, for its deadline had come */
	FT_FAILED_CERTIFICATE,	/* theirs is not believed */
	FT_FAILED_CA_FILE,	/* the authorities here cannot be read */
	FT_FAILED_TLS,
	FT_FAILED_MIDWAY,	/* sending or receiving */
	FT_FAILED_TIME,
	FT_FAILED_LENGTH,	/* more came than is taken */
	FT_FAILED_NO_HTTP,
	FT_FAILED_NOTHING,	/* closed without an answer */
	FT_FAILED_CUT		/* … or within it */
};

struct ft_failure {
	enum ft_failed how;
	const char *words;	/* of that, for where we have none */
	const char *tls;	/* what the TLS library says; "": nothing */
	long verified;		/* what it found of their certificate: X509_V_ERR_… of verify(1) */
	bool shown;		/* a certificate of ours was shown */
	int alert;		/* a fatal one of theirs (RFC 8446 section 6); -1: none came */
	bool started;		/* the request may be on its way */
	bool header_done;	/* the answer's header came whole */
	long proxy_status;	/* what a proxy answered to CONNECT; 0: nothing */
};

/* FT_TEMPORARY, with a reason where there is one. */
void ft_failure_explain(const struct ft_failure *failure, struct ft_error *err);

/* With whom it was, in front; what one cannot tell of a proxy is the proxy's reason. */
void ft_failure_at(const struct ft_peer *peer, bool is_proxy, struct ft_error *err);

#endif

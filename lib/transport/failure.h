/* SPDX-License-Identifier: MIT */
/*
 * failure.h - the text and the reason for an exchange that failed
 *
 * http.c describes what happened; here it becomes a text for people, and the reason that callers
 * decide by. The texts are freshtoken's own where possible, because libcurl's may repeat a URL.
 * libcurl's texts about TLS are used: people need them, and they name only hosts.
 */
#ifndef FT_TRANSPORT_FAILURE_H
#define FT_TRANSPORT_FAILURE_H

#include <stdbool.h>
#include "lib/base/error.h"
#include "lib/transport/peer.h"

enum ft_failed {
	FT_FAILED_OTHERWISE,
	FT_FAILED_LATE,		/* it was not sent, because its deadline had passed */
	FT_FAILED_CERTIFICATE,	/* the server's certificate is not trusted */
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
	const char *words;	/* libcurl's, used if there is no text of freshtoken's */
	const char *tls;	/* what the TLS library says; "": nothing */
	long verified;		/* what it found of their certificate: X509_V_ERR_… of verify(1) */
	bool shown;		/* this client has shown a certificate */
	int alert;		/* the server's fatal alert (RFC 8446 section 6); -1: none */
	bool started;		/* the request may be on its way */
	bool header_done;	/* the answer's header is complete */
	long proxy_status;	/* what a proxy answered to CONNECT; 0: nothing */
};

/* FT_TEMPORARY, with a reason where there is one. */
void ft_failure_explain(const struct ft_failure *failure, struct ft_error *err);

/* Prefixes the peer; for a proxy, reasons that would be about the service become the proxy's. */
void ft_failure_at(const struct ft_peer *peer, bool is_proxy, struct ft_error *err);

#endif

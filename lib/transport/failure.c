/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "lib/transport/failure.h"

#include "lib/transport/response.h"

/* The reason for OpenSSL's verdict on the certificate. libcurl checks the name first, so without a
 * verdict (1) the name is wrong. */
static enum ft_reason of_certificate(long verified)
{
	switch (verified) {
	case 0:
	case 1:
	case 62:
	case 64:
		return FT_REASON_OTHER_NAME;
	case 9:
		return FT_REASON_NOT_YET;
	case 10:
		return FT_REASON_EXPIRED;
	default:
		return FT_REASON_AUTHORITY;
	}
}

static enum ft_reason reason_of(const struct ft_failure *failure)
{
	switch (failure->how) {
	case FT_FAILED_CERTIFICATE:
		return of_certificate(failure->verified);
	case FT_FAILED_CA_FILE:
		return FT_REASON_CA_FILE;
	case FT_FAILED_TLS:
		return FT_REASON_TLS;
	case FT_FAILED_TIME:
		return FT_REASON_SILENT;
	case FT_FAILED_NO_HTTP:
		return FT_REASON_NOT_HTTP;
	default:
		return FT_REASON_NONE;
	}
}

/* Whether the server ended the connection because of this client's certificate: handshake_failure,
 * bad_certificate to certificate_unknown, unknown_ca, access_denied, certificate_required. */
static bool refuses_ours(const struct ft_failure *failure)
{
	const int alert = failure->alert;

	return failure->shown && (alert == 40 || (alert >= 42 && alert <= 46) || alert == 48 ||
				  alert == 49 || alert == 116);
}

static void say(const struct ft_failure *failure, struct ft_error *err)
{
	const bool whole_header = failure->header_done;

	(void)ft_error_set(err, FT_TEMPORARY, "%s", failure->words);
	switch (failure->how) {
	case FT_FAILED_CERTIFICATE:
	case FT_FAILED_CA_FILE:
	case FT_FAILED_TLS:
		if (failure->tls[0] != '\0')
			(void)ft_error_set(err, FT_TEMPORARY, "TLS: %s", failure->tls);
		break;
	case FT_FAILED_MIDWAY:
		/* With TLS 1.3 a server checks the client's certificate after the handshake. */
		if (failure->shown && failure->tls[0] != '\0')
			(void)ft_error_set(err, FT_TEMPORARY, "TLS: %s", failure->tls);
		break;
	case FT_FAILED_TIME:
		(void)ft_error_set(err, FT_TEMPORARY, whole_header ?
				   "the answer did not end in time" : failure->started ?
				   "no answer in time" : "no connection in time");
		break;
	case FT_FAILED_LENGTH:
		(void)ft_error_set(err, FT_TEMPORARY, "the %s is longer than %d KiB",
				   whole_header ? "answer" : "answer's header",
				   (whole_header ? FT_RESPONSE_BODY_MAX :
						   FT_RESPONSE_HEADER_MAX) / 1024);
		break;
	case FT_FAILED_NO_HTTP:
		(void)ft_error_set(err, FT_TEMPORARY, "the answer is not HTTP");
		break;
	case FT_FAILED_NOTHING:
		(void)ft_error_set(err, FT_TEMPORARY,
				   "the connection was closed without an answer");
		break;
	case FT_FAILED_CUT:
		(void)ft_error_set(err, FT_TEMPORARY, "the answer was cut short");
		break;
	case FT_FAILED_LATE:
		(void)ft_error_set(err, FT_TEMPORARY, "it was too late to send the request");
		break;
	case FT_FAILED_OTHERWISE:
		break;
	}
}

void ft_failure_explain(const struct ft_failure *failure, struct ft_error *err)
{
	if (!failure->started && failure->proxy_status >= 300) {
		(void)ft_error_set(err, FT_TEMPORARY, "HTTP %ld", failure->proxy_status);
		(void)ft_error_reason(err, FT_TEMPORARY, FT_REASON_PROXY);
		return;
	}
	say(failure, err);
	if (refuses_ours(failure))
		ft_error_add(err, "the server refuses the certificate");
	(void)ft_error_reason(err, FT_TEMPORARY, refuses_ours(failure) ?
			      FT_REASON_OUR_CERTIFICATE : reason_of(failure));
}

void ft_failure_at(const struct ft_peer *peer, bool is_proxy, struct ft_error *err)
{
	ft_error_prefix(err, "%s%s:%u", is_proxy ? "proxy " : "", peer->host, peer->port);
	/* Of the certificates, only the service's own is seen through a proxy. */
	if (is_proxy && (err->reason == FT_REASON_NONE || err->reason == FT_REASON_REFUSED ||
			 err->reason == FT_REASON_SILENT || err->reason == FT_REASON_NOT_HTTP))
		err->reason = FT_REASON_PROXY;
}

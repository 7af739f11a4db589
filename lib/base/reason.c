/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "lib/base/error.h"

/* Remedies for exchanges that failed. The transport writes the messages before them. */
static const char *const remedies[FT_REASON_COUNT] = {
	[FT_REASON_NONE] = "",
	[FT_REASON_NAME] =
		("correct that name, or see whether the network is there, with its DNS; where a "
		 "proxy is needed, set proxy"),
	[FT_REASON_REFUSED] = "see whether the service runs, and correct the port in server",
	[FT_REASON_SILENT] =
		"see whether a firewall is in between; where a proxy is needed, set proxy",
	[FT_REASON_PROXY] =
		"correct the account's proxy, or http_proxy and https_proxy in the environment",
	[FT_REASON_CA_FILE] =
		"correct the account's ca_file; without it the system's authorities are trusted",
	[FT_REASON_EXPIRED] =
		"have the service's certificate renewed, unless this machine's clock is wrong",
	[FT_REASON_NOT_YET] = "set this machine's clock",
	[FT_REASON_OTHER_NAME] = "write server with the name that is in the service's certificate",
	[FT_REASON_AUTHORITY] =
		"set ca_file to the certificate of the authority that the service uses",
	[FT_REASON_TLS] =
		"see whether TLS 1.2 or newer is spoken there, or correct the port in server",
	[FT_REASON_NOT_HTTP] = "correct scheme and port in server",
	[FT_REASON_OUR_CERTIFICATE] = "check client_cert_file",
	[FT_REASON_OUR_KEY] = "put a private key for signing into client_secret_file",
	[FT_REASON_NETWORK] =
		"see whether this machine has a network; where a proxy is needed, set proxy",
};

const char *ft_reason_remedy(enum ft_reason reason)
{
	return remedies[reason];
}

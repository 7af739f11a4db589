/* SPDX-License-Identifier: MIT */
/* failure.h and proxy.h */
#include "config.h"

#include <check.h>
#include <string.h>

#include "lib/transport/failure.h"
#include "lib/transport/proxy.h"
#include "tests/unit/alloc.h"
#include "tests/unit/unit.h"

#define SAID "said", "TLS text"

/* Each with its words and its reason, and no remedy: that is not the transport's to say. */
START_TEST(words_and_reasons)
{
	static const struct {
		struct ft_failure failure;
		const char *text;
		enum ft_reason reason;
	} table[] = {
		{ { FT_FAILED_OTHERWISE, SAID, 0, false, -1, false, false, 0 }, "said",
		  FT_REASON_NONE },
		{ { FT_FAILED_CERTIFICATE, SAID, 10, false, -1, false, false, 0 },
		  "TLS: TLS text", FT_REASON_EXPIRED },
		{ { FT_FAILED_CERTIFICATE, SAID, 9, false, -1, false, false, 0 },
		  "TLS: TLS text", FT_REASON_NOT_YET },
		{ { FT_FAILED_CERTIFICATE, SAID, 1, false, -1, false, false, 0 },
		  "TLS: TLS text", FT_REASON_OTHER_NAME },
		{ { FT_FAILED_CERTIFICATE, SAID, 62, false, -1, false, false, 0 },
		  "TLS: TLS text", FT_REASON_OTHER_NAME },
		{ { FT_FAILED_CERTIFICATE, SAID, 18, false, -1, false, false, 0 },
		  "TLS: TLS text", FT_REASON_AUTHORITY },
		{ { FT_FAILED_CERTIFICATE, "said", "", 18, false, -1, false, false, 0 }, "said",
		  FT_REASON_AUTHORITY },
		{ { FT_FAILED_CA_FILE, SAID, 0, false, -1, false, false, 0 }, "TLS: TLS text",
		  FT_REASON_CA_FILE },
		{ { FT_FAILED_TLS, SAID, 0, false, -1, false, false, 0 }, "TLS: TLS text",
		  FT_REASON_TLS },
		/* An alert means something where a certificate was shown. */
		{ { FT_FAILED_TLS, SAID, 0, false, 48, false, false, 0 }, "TLS: TLS text",
		  FT_REASON_TLS },
		{ { FT_FAILED_TLS, SAID, 0, true, 48, false, false, 0 },
		  "TLS: TLS text; the server refuses the certificate",
		  FT_REASON_OUR_CERTIFICATE },
		{ { FT_FAILED_MIDWAY, SAID, 0, true, 116, true, false, 0 },
		  "TLS: TLS text; the server refuses the certificate",
		  FT_REASON_OUR_CERTIFICATE },
		/* protocol_version, internal_error */
		{ { FT_FAILED_TLS, SAID, 0, true, 70, false, false, 0 }, "TLS: TLS text",
		  FT_REASON_TLS },
		{ { FT_FAILED_MIDWAY, SAID, 0, true, 80, true, false, 0 }, "TLS: TLS text",
		  FT_REASON_NONE },
		/* What libcurl says of a connection may repeat a URL. */
		{ { FT_FAILED_MIDWAY, SAID, 0, false, -1, true, false, 0 }, "said",
		  FT_REASON_NONE },
		{ { FT_FAILED_TIME, SAID, 0, false, -1, false, false, 0 },
		  "no connection in time", FT_REASON_SILENT },
		{ { FT_FAILED_TIME, SAID, 0, false, -1, true, false, 0 }, "no answer in time",
		  FT_REASON_SILENT },
		{ { FT_FAILED_TIME, SAID, 0, false, -1, true, true, 0 },
		  "the answer did not end in time", FT_REASON_SILENT },
		{ { FT_FAILED_LENGTH, SAID, 0, false, -1, true, false, 0 },
		  "the answer's header is longer than 64 KiB", FT_REASON_NONE },
		{ { FT_FAILED_LENGTH, SAID, 0, false, -1, true, true, 0 },
		  "the answer is longer than 256 KiB", FT_REASON_NONE },
		{ { FT_FAILED_NO_HTTP, SAID, 0, false, -1, true, false, 0 },
		  "the answer is not HTTP", FT_REASON_NOT_HTTP },
		{ { FT_FAILED_NOTHING, SAID, 0, false, -1, true, false, 0 },
		  "the connection was closed without an answer", FT_REASON_NONE },
		{ { FT_FAILED_CUT, SAID, 0, false, -1, true, true, 0 },
		  "the answer was cut short", FT_REASON_NONE },
		/* A proxy's answer counts until the request may be on its way. */
		{ { FT_FAILED_MIDWAY, SAID, 0, true, 48, false, false, 407 }, "HTTP 407",
		  FT_REASON_PROXY },
		{ { FT_FAILED_NOTHING, SAID, 0, false, -1, false, false, 200 },
		  "the connection was closed without an answer", FT_REASON_NONE },
		{ { FT_FAILED_CUT, SAID, 0, false, -1, true, true, 300 },
		  "the answer was cut short", FT_REASON_NONE },
	};

	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct ft_error err = FT_ERROR_INIT;

		ft_failure_explain(&table[i].failure, &err);
		ck_assert_str_eq(err.text, table[i].text);
		ck_assert_int_eq(err.reason, table[i].reason);
		ck_assert_int_eq(err.code, FT_TEMPORARY);
		ck_assert_str_eq(err.remedy, "");
	}
}
END_TEST

START_TEST(with_whom)
{
	struct ft_peer peer = { .host = NULL };
	struct ft_error err = FT_ERROR_INIT;

	ck_assert_int_eq(ft_peer_set(&peer, "[::1]", 8443, &err), 0);
	(void)ft_error_set(&err, FT_TEMPORARY, "no answer");
	ft_failure_at(&peer, false, &err);
	ck_assert_str_eq(err.text, "[::1]:8443: no answer");
	ck_assert_int_eq(err.reason, FT_REASON_NONE);
	(void)ft_error_set(&err, FT_TEMPORARY, "no answer");
	(void)ft_error_reason(&err, FT_TEMPORARY, FT_REASON_SILENT);
	ft_failure_at(&peer, true, &err);
	ck_assert_str_eq(err.text, "proxy [::1]:8443: no answer");
	ck_assert_int_eq(err.reason, FT_REASON_PROXY);
	/* That one is seen through it. */
	(void)ft_error_reason(&err, FT_TEMPORARY, FT_REASON_EXPIRED);
	ft_failure_at(&peer, true, &err);
	ck_assert_int_eq(err.reason, FT_REASON_EXPIRED);
	ft_peer_release(&peer);
}
END_TEST

START_TEST(proxies)
{
	static const struct {
		const char *text, *host;
		unsigned port;
		enum ft_proxy_kind kind;
		const char *user, *password;
	} good[] = {
		{ "127.0.0.1", "127.0.0.1", 1080, FT_PROXY_HTTP, NULL, NULL },
		{ "Proxy.example.com:3128", "proxy.example.com", 3128, FT_PROXY_HTTP, NULL, NULL },
		{ "htTP://proxy.example.com/", "proxy.example.com", 1080, FT_PROXY_HTTP, NULL,
		  NULL },
		{ "https://proxy.example.com", "proxy.example.com", 443, FT_PROXY_HTTPS, NULL,
		  NULL },
		{ "socks5h://[2001:DB8::1]:9", "[2001:db8::1]", 9, FT_PROXY_SOCKS, NULL, NULL },
		{ "u%40x:p%3a%2f@a.example.com:80", "a.example.com", 80, FT_PROXY_HTTP, "u@x",
		  "p:/" },
		{ "http://u@a.example.com", "a.example.com", 1080, FT_PROXY_HTTP, "u", NULL },
		{ "http://:p@x@a.example.com", "a.example.com", 1080, FT_PROXY_HTTP, "", "p@x" },
		/* What comes after the host is no user. */
		{ "http://a.example.com/x@b.example.com", "a.example.com", 1080, FT_PROXY_HTTP,
		  NULL, NULL },
	};
	static const char *const bad[] = {
		"http://", "http://a b", "http://s3cret@", "socks5://a.example.com",
		"ftp://u:s3cret@a.example.com", "http://a.example.com:0", "http://a.example.com:x",
		"http://a.example.com:65536", "http://u:s3cret%00@a.example.com", "://a.example.com",
		"http://a.example.com?x", "http://a.example.com#x", "http://a\\b.example.com",
		"http://127.1", "http://[::1", "http://s3cret@[fe80::1%25eth0]",
	};
	struct ft_error err = FT_ERROR_INIT;

	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		struct ft_proxy proxy = { .kind = FT_PROXY_HTTP };

		ck_assert_msg(ft_proxy_parse(good[i].text, &proxy, &err) == 0, "%s: %s",
			      good[i].text, line_of(&err));
		ck_assert_str_eq(proxy.peer.host, good[i].host);
		ck_assert_uint_eq(proxy.peer.port, good[i].port);
		ck_assert_int_eq(proxy.kind, good[i].kind);
		ck_assert_pstr_eq(proxy.user.data, good[i].user);
		ck_assert_pstr_eq(proxy.password.data, good[i].password);
		ft_proxy_release(&proxy);
	}
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct ft_proxy proxy = { .kind = FT_PROXY_HTTP };

		ck_assert_msg(ft_proxy_parse(bad[i], &proxy, &err) == FT_CONFIG, "%s", bad[i]);
		ck_assert_msg(strncmp(err.text, "the proxy: ", 11) == 0, "%s", line_of(&err));
		ck_assert_ptr_null(strstr(line_of(&err), "s3cret"));
		ck_assert_ptr_null(proxy.peer.host);
		ck_assert_ptr_null(proxy.user.data);
	}
}
END_TEST

START_TEST(proxy_without_memory)
{
	struct ft_proxy proxy = { .kind = FT_PROXY_HTTP };
	unsigned n = 1;
	int r;

	do {
		alloc_fail(n++);
		r = ft_proxy_parse("http://u:p%40@proxy.example.com:3128", &proxy, NULL);
		ft_proxy_release(&proxy);
	} while (alloc_failed(r));
}
END_TEST

START_TEST(no_proxy_at_all)
{
	struct ft_proxy proxy = { .kind = FT_PROXY_HTTP };
	struct ft_error err = FT_ERROR_INIT;

	ck_assert_int_eq(ft_proxy_parse(NULL, &proxy, &err), 0);
	ck_assert_int_eq(ft_proxy_parse("", &proxy, &err), 0);
	ck_assert_ptr_null(proxy.peer.host);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = { words_and_reasons, with_whom, proxies,
				       proxy_without_memory, no_proxy_at_all, NULL };

	return unit_run("failure", tests);
}

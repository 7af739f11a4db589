/* SPDX-License-Identifier: MIT */
/* helper/protocol/docker-message.h */
#include "config.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "helper/protocol/docker-message.h"
#include "tests/unit/alloc.h"
#include "tests/unit/unit.h"

static struct ft_error err;

START_TEST(image_and_its_registry)
{
	static const struct {
		const char *image, *registry, *name;
	} table[] = {
		{ "r.example.com/a", "r.example.com", "r.example.com/a" },
		{ "r.example.com:5000/a/b:1.2", "r.example.com:5000", "r.example.com:5000/a/b" },
		{ "r.example.com/a@sha256:00ff", "r.example.com", "r.example.com/a" },
		{ "r.example.com/a:1@sha256:00ff", "r.example.com", "r.example.com/a" },
		{ "localhost/a", "localhost", "localhost/a" },
		{ "busybox", "docker.io", "busybox" },
		{ "busybox:1.36", "docker.io", "busybox" },
		{ "library/busybox", "docker.io", "library/busybox" },
		{ "index.docker.io/library/busybox", "docker.io", "index.docker.io/library/busybox" },
		{ "host:5000", "docker.io", "host" },
		{ "r.example.com@evil.example/x", "docker.io", "r.example.com" },
		{ "@evil.example/x", "docker.io", "" },
		{ "", "docker.io", "" },
		{ "/x", "docker.io", "/x" },
	};

	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct ft_buf registry = FT_BUF_INIT(4096), name = FT_BUF_INIT(4096);

		ft_docker_image(table[i].image, &registry, &name);
		ck_assert_str_eq(registry.data, table[i].registry);
		ck_assert_str_eq(name.data, table[i].name);
		ft_buf_release(&registry);
		ft_buf_release(&name);
	}
}
END_TEST

START_TEST(server_without_the_blanks_around_it)
{
	static const char *const texts[] = { "h", " h", "h\n", "\r\n h \t\r\n", "\v\fh" };

	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		struct ft_secret server = { NULL, 0 };

		ck_assert_int_eq(ft_docker_server_parse(texts[i], strlen(texts[i]), &server, &err), 0);
		ck_assert_str_eq(server.data, "h");
		ft_secret_release(&server);
	}
}
END_TEST

START_TEST(server_that_is_none)
{
	static const struct {
		const char *text;
		size_t len;
		const char *error;
	} table[] = {
		{ "", 0, "no credentials server URL" },
		{ " \r\n", 3, "no credentials server URL" },
		{ "a\nb", 3, "the server URL has a control byte" },
		{ "a\xe2\x80\xae" "b", 5, "the server URL has a character that cannot be seen" },
		{ "a\xe2\x80\x8b", 4, "the server URL has a character that cannot be seen" },
		{ "registry.example.com\0.evil.example", 34, "the server URL has a control byte" },
		{ "\0", 1, "the server URL has a control byte" },
		{ "a\x1b[2Jb", 6, "the server URL has a control byte" },
		{ "h\xff", 2, "the server URL is not UTF-8" },
	};

	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct ft_secret server = { NULL, 0 };

		ck_assert_int_eq(ft_docker_server_parse(table[i].text, table[i].len, &server, &err),
				 FT_UNTRUSTED);
		ck_assert_str_eq(line_of(&err), table[i].error);
		ck_assert_ptr_null(server.data);
	}
}
END_TEST

START_TEST(store_reads_what_go_writes)
{
	static const char text[] =
		"{\"ServerURL\":\"https://index.docker.io/v1/\",\"Username\":\"\\u003ctoken\\u003e\","
		"\"Secret\":\"a\\u0026b\\n\\\"\\\\\",\"More\":[1,{\"x\":null}]}\n";
	struct ft_docker_store store;

	ck_assert_int_eq(ft_docker_store_parse(text, sizeof text - 1, &store, &err), 0);
	ck_assert_str_eq(store.server.data, "https://index.docker.io/v1/");
	ck_assert_str_eq(store.username.data, "<token>");
	ck_assert_str_eq(store.secret.data, "a&b\n\"\\");
	ft_docker_store_release(&store);
	ft_docker_store_release(NULL);
}
END_TEST

START_TEST(store_refuses)
{
	static const struct {
		const char *text, *error;
	} table[] = {
		{ "{\"Username\":\"u\",\"Secret\":\"s\"}", "no credentials server URL" },
		{ "{\"ServerURL\":\"\",\"Username\":\"u\",\"Secret\":\"s\"}", "no credentials server URL" },
		{ "{\"ServerURL\":\" \",\"Username\":\"u\",\"Secret\":\"s\"}", "no credentials server URL" },
		{ "{\"ServerURL\":7,\"Username\":\"u\",\"Secret\":\"s\"}", "no credentials server URL" },
		{ "{\"ServerURL\":\"h\",\"Secret\":\"s\"}", "no credentials username" },
		{ "{\"ServerURL\":\"h\",\"Username\":\"\",\"Secret\":\"s\"}", "no credentials username" },
		{ "{\"ServerURL\":\"h\",\"Username\":[\"u\"],\"Secret\":\"s\"}", "no credentials username" },
		{ "{\"ServerURL\":\"h\",\"Username\":\"u\"}", "no credentials secret" },
		{ "{\"ServerURL\":\"h\",\"Username\":\"u\",\"Secret\":\"\"}", "no credentials secret" },
		{ "[]", "no credentials server URL" },
		{ "null", "no credentials server URL" },
		{ "", NULL },
		{ "{\"ServerURL\":\"h\"", NULL },
		{ "{\"ServerURL\":\"h\",\"ServerURL\":\"g\",\"Username\":\"u\",\"Secret\":\"s\"}", NULL },
		{ "{\"ServerURL\":\"h\",\"Username\":\"u\",\"Secret\":\"s\\u0000\"}", NULL },
		{ "{\"ServerURL\":\"h\",\"Username\":\"u\",\"Secret\":\"s\xff\"}", NULL },
		{ "{'ServerURL':'h','Username':'u','Secret':'s'}", NULL },
		{ "{\"ServerURL\":\"h\",\"Username\":\"u\",\"Secret\":\"s\"} {}", NULL },
		{ "{\"x\":[[[[[[[[[[1]]]]]]]]]],\"ServerURL\":\"h\",\"Username\":\"u\",\"Secret\":\"s\"}", NULL },
	};

	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct ft_docker_store store = { .server = { NULL, 0 } };

		ck_assert_msg(ft_docker_store_parse(table[i].text, strlen(table[i].text), &store, &err) ==
			      FT_UNTRUSTED, "%s", table[i].text);
		if (table[i].error != NULL)
			ck_assert_str_eq(line_of(&err), table[i].error);
		ck_assert_ptr_null(store.secret.data);
	}
}
END_TEST

START_TEST(one_registry_has_one_key)
{
	static const struct {
		const char *server, *key;
	} table[] = {
		{ "registry.example.com", "registry.example.com" },
		{ "Registry.Example.COM", "registry.example.com" },
		{ "https://registry.example.com", "registry.example.com" },
		{ "HTTPS://registry.example.com/", "registry.example.com" },
		{ "http://registry.example.com", "http://registry.example.com" },
		{ "registry.example.com:443", "registry.example.com" },
		{ "https://registry.example.com:443/v2/", "registry.example.com" },
		{ "http://registry.example.com:80", "http://registry.example.com" },
		{ "http://registry.example.com:443", "http://registry.example.com:443" },
		{ "registry.example.com:80", "registry.example.com:80" },
		{ "registry.example.com/team/image/", "registry.example.com/team/image" },
		{ "registry.example.com:5000/team", "registry.example.com:5000/team" },
		{ "[2001:DB8::0:1]:5000", "[2001:db8::1]:5000" },
		{ "https://[2001:db8:0::1]:443", "[2001:db8::1]" },
		{ "127.0.0.1:5000", "127.0.0.1:5000" },
		{ "https://index.docker.io/v1/", "https://index.docker.io/v1/" },
		{ "https://index.docker.io/v1", "https://index.docker.io/v1/" },
		{ "index.docker.io", "https://index.docker.io/v1/" },
		{ "docker.io", "https://index.docker.io/v1/" },
		{ "Docker.IO/library/debian", "docker.io/library/debian" },
		{ "https://index.docker.io/v1/access-token", "https://index.docker.io/v1/access-token" },
		{ "https://index.docker.io/v1/refresh-token", "https://index.docker.io/v1/refresh-token" },
		{ "http://index.docker.io//x", "http://index.docker.io//x" },
		{ "http://index.docker.io:80", "http://index.docker.io" },
		{ "docker.io:5000", "docker.io:5000" },
		{ "hub.docker.io", "hub.docker.io" },
		{ "u@registry.example.com", "u@registry.example.com" },
		{ "what ever", "what ever" },
	};

	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct ft_buf key = FT_BUF_INIT(1024);

		ck_assert_int_eq(ft_docker_key(table[i].server, &key, &err), 0);
		ck_assert_str_eq(key.data, table[i].key);
		ft_buf_release(&key);
	}
}
END_TEST

START_TEST(docker_hub_and_what_docker_keeps_there)
{
	ck_assert(ft_docker_is_hub("docker.io"));
	ck_assert(ft_docker_is_hub("index.docker.io"));
	ck_assert(ft_docker_is_hub("docker.io/library/debian"));
	ck_assert(ft_docker_is_hub("https://index.docker.io/v1/"));
	ck_assert(!ft_docker_is_hub("https://index.docker.io/v1/access-token"));
	ck_assert(!ft_docker_is_hub("docker.io.example.com"));
	ck_assert(!ft_docker_is_hub("http://docker.io"));
	ck_assert(!ft_docker_is_hub("http://index.docker.io/v1/"));
	ck_assert(!ft_docker_is_hub("registry.example.com"));
	ck_assert(ft_docker_is_private("https://index.docker.io/v1/access-token"));
	ck_assert(ft_docker_is_private("HTTPS://Index.docker.io/v1/refresh-token"));
	ck_assert(!ft_docker_is_private("https://index.docker.io/v1/"));
	ck_assert(!ft_docker_is_private("https://registry.example.com/v1/access-token"));
}
END_TEST

/* Not store: json-c 0.16 crashes where its own strdup fails. */
START_TEST(without_memory_there_is_no_name)
{
	struct ft_secret server = { NULL, 0 };
	struct ft_buf key = FT_BUF_INIT(1024);
	unsigned n = 1;
	int r;

	do {
		alloc_fail(n++);
		r = ft_docker_server_parse("registry.example.com:5000\n", 26, &server, &err);
		r = r != 0 ? r : ft_docker_key(server.data, &key, &err);
		ft_buf_release(&key);
		ft_secret_release(&server);
	} while (alloc_failed(r));
	ck_assert_int_eq(r, 0);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		server_without_the_blanks_around_it, server_that_is_none, store_reads_what_go_writes,
		store_refuses, one_registry_has_one_key, docker_hub_and_what_docker_keeps_there,
		image_and_its_registry, without_memory_there_is_no_name, NULL
	};

	return unit_run("docker-protocol", tests);
}

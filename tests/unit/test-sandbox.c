/* transport/sandbox.h: what still works inside, and what does not */
#include "config.h"

#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "jose-examples.h"
#include "transport/jws.h"
#include "transport/sandbox.h"
#include "unit.h"

/* What the child reports by its exit status. */
enum { HELD = 0, LEAKED = 1, BROKEN = 2, NO_SANDBOX = 3 };

static unsigned open_port, other_port;

static int listen_on(unsigned *ret_port)
{
	struct sockaddr_in in = {
		.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	socklen_t len = sizeof in;
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&in, sizeof in), 0);
	ck_assert_int_eq(listen(fd, 4), 0);
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&in, &len), 0);
	*ret_port = ntohs(in.sin_port);
	return fd;
}

/* In a process of its own, behind the sandbox. */
static int inside(int (*try)(const struct ft_sandbox *sandbox))
{
	int a = listen_on(&open_port), b = listen_on(&other_port), status = 0;
	pid_t pid = fork();

	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		struct ft_sandbox sandbox;

		ft_sandbox_begin();
		ft_sandbox_close(open_port, &sandbox);
		_exit(!sandbox.no_new_privs ? BROKEN : try(&sandbox));
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(close(a), 0);
	ck_assert_int_eq(close(b), 0);
	ck_assert_msg(WIFEXITED(status), "status %x", (unsigned)status);
	return WEXITSTATUS(status);
}

static bool connects(unsigned port)
{
	struct sockaddr_in in = {
		.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
		.sin_port = htons((unsigned short)port),
	};
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	return fd >= 0 && connect(fd, (struct sockaddr *)&in, sizeof in) == 0;
}

static int use(const struct ft_sandbox *sandbox)
{
	struct pollfd none = { -1, 0, 0 };
	struct timespec now;
	int pair[2];
	void *memory;

	(void)sandbox;
	if (!connects(open_port))
		return BROKEN;
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0 || write(pair[0], "x", 1) != 1)
		return BROKEN;
	if (poll(&none, 1, 0) != 0 || clock_gettime(CLOCK_REALTIME, &now) != 0)
		return BROKEN;
	memory = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED || munmap(memory, 1 << 20) != 0)
		return BROKEN;
	memory = malloc(8 << 20);
	if (memory == NULL)
		return BROKEN;
	free(memory);
	return HELD;
}

START_TEST(an_exchange_works)
{
	ck_assert_int_eq(inside(use), HELD);
}
END_TEST

/* Where libcurl brings another TLS library, this is the first that libcrypto is asked for. */
static int verify(const struct ft_sandbox *sandbox)
{
	(void)sandbox;
	for (size_t i = 0; i < JOSE_EXAMPLES; i++) {
		const struct jose_example *example = &jose_examples[i];
		struct json_object *jwk = NULL;

		if (ft_json_parse(example->jwk, strlen(example->jwk), 2, "key", &jwk, NULL) != 0 ||
		    ft_jws_verify(example->token, strlen(example->token), example->alg, jwk) != 0)
			return BROKEN;
		json_object_put(jwk);
	}
	return HELD;
}

START_TEST(signatures_are_verified)
{
	ck_assert_int_eq(inside(verify), HELD);
}
END_TEST

static int try_files(const struct ft_sandbox *sandbox)
{
	if (!sandbox->seccomp && sandbox->landlock == 0)
		return NO_SANDBOX;
	return open("/etc/passwd", O_RDONLY) < 0 && open("/tmp", O_RDONLY | O_DIRECTORY) < 0 &&
		open("/tmp/freshtoken-leak", O_WRONLY | O_CREAT, 0600) < 0 &&
		open("/dev/null", O_RDWR) < 0 ? HELD : LEAKED;
}

static int try_processes(const struct ft_sandbox *sandbox)
{
	char *arguments[] = { (char *)"/bin/true", NULL };

	if (!sandbox->seccomp)
		return NO_SANDBOX;
	if (fork() >= 0 || execv(arguments[0], arguments) == 0)
		return LEAKED;
	return kill(getppid(), 0) != 0 && ptrace(PTRACE_TRACEME, 0, NULL, NULL) != 0 ?
		HELD : LEAKED;
}

static int try_code(const struct ft_sandbox *sandbox)
{
	if (!sandbox->seccomp)
		return NO_SANDBOX;
	void *memory = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) ==
		MAP_FAILED && mprotect(memory, 4096, PROT_READ | PROT_EXEC) != 0 ? HELD : LEAKED;
}

static int try_sockets(const struct ft_sandbox *sandbox)
{
	if (!sandbox->seccomp)
		return NO_SANDBOX;
	return socket(AF_UNIX, SOCK_STREAM, 0) < 0 && socket(AF_INET, SOCK_DGRAM, 0) < 0 &&
		socket(AF_NETLINK, SOCK_RAW, 0) < 0 &&
		socket(AF_INET, SOCK_RAW, IPPROTO_ICMP) < 0 ? HELD : LEAKED;
}

static int try_another_port(const struct ft_sandbox *sandbox)
{
	if (!sandbox->landlock_net)
		return NO_SANDBOX;
	return connects(other_port) ? LEAKED : HELD;
}

/* Where the system has no sandbox, or the build none, there is nothing to hold. */
#define HOLDS(name) \
START_TEST(no_##name) \
{ \
	int result = inside(try_##name); \
\
	ck_assert_msg(result == HELD || result == NO_SANDBOX, "result %d", result); \
} \
END_TEST

HOLDS(files)
HOLDS(processes)
HOLDS(code)
HOLDS(sockets)
HOLDS(another_port)

int main(void)
{
	const TTest *const tests[] = {
		an_exchange_works, signatures_are_verified, no_files, no_processes, no_code, no_sockets, no_another_port,
		NULL
	};

	return unit_run("sandbox", tests);
}

/* SPDX-License-Identifier: MIT */
/* transport/sandbox.h: what still works in the sandbox, and what does not */
#include "config.h"

#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lib/transport/jose/jws.h"
#include "lib/transport/sandbox.h"
#include "tests/unit/transport/jose-examples.h"
#include "tests/unit/unit.h"

/* What the child reports by its exit status. */
enum { HELD = 0, LEAKED = 1, BROKEN = 2, NO_SANDBOX = 3 };

/* Linux 6.1 has neither ports nor scopes in its Landlock. */
static const int abis[] = { FT_LANDLOCK_ANY, 2 };

/* What is around a transport, and what it holds. */
static struct {
	unsigned port, other_port;	/* both are listened on */
	int listeners[2];
	int connection;		/* to the first */
	int spare;		/* a socket of TCP that leads nowhere yet */
	int datagrams;		/* a Unix socket of this process, and where another one listens */
	int letterbox;
	struct sockaddr_un letters;
	int lock;		/* the descriptor itself, as where it could not be parked */
	int parked;		/* a socket in whose queue it lies */
	char lock_path[64];
	pid_t victim;		/* of the same user */
} world;

static struct sockaddr_in loopback(unsigned port)
{
	return (struct sockaddr_in){
		.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
		.sin_port = htons((unsigned short)port),
	};
}

static int listen_on(unsigned *ret_port)
{
	struct sockaddr_in in = loopback(0);
	socklen_t len = sizeof in;
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&in, sizeof in), 0);
	ck_assert_int_eq(listen(fd, 16), 0);
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&in, &len), 0);
	*ret_port = ntohs(in.sin_port);
	return fd;
}

/* A message with a descriptor in it. */
union letter {
	struct cmsghdr header;
	char space[CMSG_SPACE(sizeof(int))];
};

static struct msghdr *with_descriptor(int fd, union letter *letter)
{
	static char byte = 'x';
	static struct iovec iov = { &byte, 1 };
	static struct msghdr message;

	memset(letter, 0, sizeof *letter);
	letter->header.cmsg_len = CMSG_LEN(sizeof fd);
	letter->header.cmsg_level = SOL_SOCKET;
	letter->header.cmsg_type = SCM_RIGHTS;
	memcpy(CMSG_DATA(&letter->header), &fd, sizeof fd);
	message = (struct msghdr){
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = letter,
		.msg_controllen = sizeof *letter,
	};
	return &message;
}

static int set_lock(int fd, int command, short type)
{
	struct flock lock = { .l_type = type, .l_whence = SEEK_SET };

	return fcntl(fd, command, &lock);
}

static void make_world(void)
{
	struct sockaddr_in in;
	union letter letter;
	char path[] = "/tmp/freshtoken-sandbox-XXXXXX";
	int pair[2];

	world.listeners[0] = listen_on(&world.port);
	world.listeners[1] = listen_on(&world.other_port);
	in = loopback(world.port);
	world.connection = socket(AF_INET, SOCK_STREAM, 0);
	ck_assert_int_eq(connect(world.connection, (struct sockaddr *)&in, sizeof in), 0);
	world.spare = socket(AF_INET, SOCK_STREAM, 0);

	world.lock = mkstemp(path);
	ck_assert_int_ge(world.lock, 0);
	ck_assert_int_eq(set_lock(world.lock, F_OFD_SETLK, F_WRLCK), 0);
	(void)snprintf(world.lock_path, sizeof world.lock_path, "%s", path);
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_DGRAM, 0, pair), 0);
	ck_assert_int_eq(sendmsg(pair[0], with_descriptor(world.lock, &letter), 0), 1);
	ck_assert_int_eq(close(pair[0]), 0);
	world.parked = pair[1];

	world.letterbox = socket(AF_UNIX, SOCK_DGRAM, 0);
	world.datagrams = socket(AF_UNIX, SOCK_DGRAM, 0);
	world.letters = (struct sockaddr_un){ .sun_family = AF_UNIX };
	(void)snprintf(world.letters.sun_path, sizeof world.letters.sun_path, "%s.socket", path);
	ck_assert_int_eq(bind(world.letterbox, (struct sockaddr *)&world.letters,
			      sizeof world.letters), 0);
	world.victim = fork();
	ck_assert_int_ge(world.victim, 0);
	if (world.victim == 0)
		for (;;)
			(void)pause();
}

/* Nothing of it has changed for anybody else. */
static void end_world(void)
{
	struct pollfd came[] = {
		{ world.listeners[1], POLLIN, 0 }, { world.letterbox, POLLIN, 0 },
	};
	int own = open(world.lock_path, O_RDWR | O_CLOEXEC);

	ck_assert_int_ge(own, 0);
	ck_assert_int_ne(set_lock(own, F_OFD_SETLK, F_WRLCK), 0);
	ck_assert_int_eq(poll(came, 2, 0), 0);
	ck_assert_int_eq(waitpid(world.victim, NULL, WNOHANG), 0);
	ck_assert_int_eq(kill(world.victim, SIGKILL), 0);
	ck_assert_int_eq(waitpid(world.victim, NULL, 0), world.victim);
	ck_assert_int_eq(unlink(world.lock_path), 0);
	ck_assert_int_eq(unlink(world.letters.sun_path), 0);
	int all[] = {
		own, world.listeners[0], world.listeners[1], world.connection, world.spare,
		world.datagrams, world.letterbox, world.lock, world.parked,
	};

	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		ck_assert_int_eq(close(all[i]), 0);
}

/* In a process of its own, after the sandbox has closed. Its wait status. */
static int run_inside(int (*try)(const struct ft_sandbox *sandbox), int landlock_max)
{
	int status = 0;

	make_world();
	pid_t pid = fork();

	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		struct ft_sandbox sandbox;

		ft_sandbox_begin();
		ft_sandbox_close(landlock_max, &sandbox);
		_exit(!sandbox.no_new_privs || sandbox.landlock > landlock_max ? BROKEN :
										 try(&sandbox));
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	end_world();
	return status;
}

static int inside(int (*try)(const struct ft_sandbox *sandbox), int landlock_max)
{
	int status = run_inside(try, landlock_max);

	ck_assert_msg(WIFEXITED(status), "status %x", (unsigned)status);
	return WEXITSTATUS(status);
}

/* What the sandbox refuses, it refuses with EPERM; whatever else goes wrong proves nothing. */
static bool refused(long result, const char *what)
{
	if (result < 0 && errno == EPERM)
		return true;
	(void)fprintf(stderr, "%s: %ld, %s\n", what, result,
		      result < 0 ? strerror(errno) : "allowed");
	return false;
}

#define REFUSE(call) \
	do { \
		if (!refused((long)(call), #call)) \
			return LEAKED; \
	} while (0)

/* A connect(2) that the sandbox answers, but does not make. */
static bool is_pretended(int fd, const struct sockaddr *to, socklen_t len)
{
	struct sockaddr_storage before, after;
	socklen_t before_len = sizeof before, after_len = sizeof after;
	const int had = getpeername(fd, (struct sockaddr *)&before, &before_len);
	const int r = connect(fd, to, len);
	const int has = getpeername(fd, (struct sockaddr *)&after, &after_len);

	if (r == 0 && has == had && (has != 0 || (before_len == after_len &&
						  memcmp(&before, &after, after_len) == 0)))
		return true;
	(void)fprintf(stderr, "connect: %d, its peer was %d, is %d\n", r, had, has);
	return false;
}

#define PRETEND(fd, to, len) \
	do { \
		if (!is_pretended(fd, (const struct sockaddr *)(to), len)) \
			return LEAKED; \
	} while (0)

static int use(const struct ft_sandbox *sandbox)
{
	struct pollfd none = { -1, 0, 0 };
	struct timespec now;
	int pair[2], flags, cause = 1, one = 1;
	socklen_t len = sizeof cause;
	void *memory;

	(void)sandbox;
	flags = fcntl(world.connection, F_GETFL);
	if (fcntl(world.connection, F_SETFL, flags | O_NONBLOCK) != 0 ||
	    fcntl(world.connection, F_SETFD, FD_CLOEXEC) != 0 ||
	    fcntl(world.connection, F_GETFD) != FD_CLOEXEC ||
	    getsockopt(world.connection, SOL_SOCKET, SO_ERROR, &cause, &len) != 0 || cause != 0 ||
	    setsockopt(world.connection, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one) != 0 ||
	    send(world.connection, "x", 1, MSG_NOSIGNAL) != 1 ||
	    write(world.connection, "x", 1) != 1 ||
	    recv(world.connection, &flags, 1, 0) >= 0 || errno != EAGAIN)
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
	ck_assert_int_eq(inside(use, abis[_i]), HELD);
}
END_TEST

static int give_up(const struct ft_sandbox *sandbox)
{
	(void)sandbox;
	abort();
}

START_TEST(it_can_abort)
{
	int status = run_inside(give_up, FT_LANDLOCK_ANY);

	ck_assert_msg(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT, "status %x",
		      (unsigned)status);
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
	ck_assert_int_eq(inside(verify, abis[_i]), HELD);
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
	static const int families[] = {
		AF_INET, AF_INET6, AF_UNIX, AF_NETLINK, AF_PACKET, AF_VSOCK
	};
	int pair[2];

	if (!sandbox->seccomp)
		return NO_SANDBOX;
	for (size_t i = 0; i < sizeof families / sizeof *families; i++) {
		REFUSE(socket(families[i], SOCK_STREAM, 0));
		REFUSE(socket(families[i], SOCK_DGRAM, 0));
		REFUSE(socket(families[i], SOCK_RAW, 0));
	}
	REFUSE(socket(AF_INET, SOCK_STREAM, IPPROTO_MPTCP));
	REFUSE(socket(AF_INET6, SOCK_STREAM, IPPROTO_MPTCP));
	REFUSE(socketpair(AF_UNIX, SOCK_DGRAM, 0, pair));
	REFUSE(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair));
	return HELD;
}

/* By sockets that are there, to whatever port. */
static int try_connections(const struct ft_sandbox *sandbox)
{
	const struct sockaddr_in first = loopback(world.port), other = loopback(world.other_port);
	const struct sockaddr nowhere = { .sa_family = AF_UNSPEC };
	struct sockaddr_storage peer;
	socklen_t len = sizeof peer;
	int one = 1;
	struct iovec byte = { (char []){ 'x' }, 1 };
	struct msghdr message = {
		.msg_name = (void *)(uintptr_t)&other, .msg_namelen = sizeof other,
		.msg_iov = &byte, .msg_iovlen = 1,
	};
	struct mmsghdr messages = { .msg_hdr = message };

	if (!sandbox->seccomp)
		return NO_SANDBOX;
	PRETEND(world.spare, &first, sizeof first);
	PRETEND(world.spare, &other, sizeof other);
	PRETEND(world.connection, &nowhere, sizeof nowhere);
	/* TCP Fast Open needs no connect(2). */
	REFUSE(sendto(world.spare, "x", 1, MSG_FASTOPEN, (const struct sockaddr *)&other,
		      sizeof other));
	REFUSE(sendmsg(world.spare, &message, MSG_FASTOPEN));
	REFUSE(sendmmsg(world.spare, &messages, 1, MSG_FASTOPEN));
	REFUSE(setsockopt(world.spare, IPPROTO_TCP, TCP_FASTOPEN_CONNECT, &one, sizeof one));
	REFUSE(setsockopt(world.connection, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one));
	REFUSE(bind(world.spare, (const struct sockaddr *)&other, sizeof other));
	REFUSE(listen(world.spare, 1));
	REFUSE(accept(world.listeners[0], NULL, NULL));
	return getpeername(world.spare, (struct sockaddr *)&peer, &len) != 0 && errno == ENOTCONN ?
		HELD : LEAKED;
}

static int try_descriptors(const struct ft_sandbox *sandbox)
{
	union letter letter;
	struct msghdr *message = with_descriptor(world.lock, &letter);
	int pair[2];

	if (!sandbox->seccomp)
		return NO_SANDBOX;
	message->msg_name = &world.letters;
	message->msg_namelen = sizeof world.letters;
	REFUSE(sendmsg(world.datagrams, message, 0));
	REFUSE(sendto(world.datagrams, "x", 1, 0, (struct sockaddr *)&world.letters,
		      sizeof world.letters));
	PRETEND(world.datagrams, &world.letters, sizeof world.letters);
	message->msg_name = NULL;
	message->msg_namelen = 0;
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0)
		return BROKEN;
	REFUSE(sendmsg(pair[0], message, 0));
	/* Nor does it get out what is parked. */
	REFUSE(recvmsg(world.parked, message, 0));
	REFUSE(syscall(SYS_pidfd_getfd, world.parked, 0, 0));
	REFUSE(dup(world.lock));
	REFUSE(dup2(world.lock, 100));
	REFUSE(fcntl(world.lock, F_DUPFD, 3));
	REFUSE(fcntl(world.lock, F_DUPFD_CLOEXEC, 3));
	return HELD;
}

static int try_locks(const struct ft_sandbox *sandbox)
{
	static const int commands[] = { F_OFD_SETLK, F_OFD_SETLKW, F_SETLK, F_SETLKW };

	if (!sandbox->seccomp)
		return NO_SANDBOX;
	for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
		REFUSE(set_lock(world.lock, commands[i], F_UNLCK));
		REFUSE(set_lock(world.lock, commands[i], F_RDLCK));
	}
	REFUSE(flock(world.lock, LOCK_UN));
	REFUSE(fcntl(world.lock, F_SETLEASE, F_UNLCK));
	/* Reading what is parked drops it, and with it no more than an end of this process would.
	 */
	(void)close(world.parked);
	return HELD;
}

static int try_signals(const struct ft_sandbox *sandbox)
{
	struct f_owner_ex owner = { F_OWNER_PID, world.victim };
	int pair[2], pid = world.victim;
	siginfo_t info = { .si_code = SI_QUEUE };

	if (!sandbox->seccomp)
		return NO_SANDBOX;
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0)
		return BROKEN;
	REFUSE(syscall(SYS_tgkill, pid, pid, SIGKILL));
	/* The thread's number alone says no more than the process's. */
	REFUSE(syscall(SYS_tgkill, -1, pid, SIGKILL));
	REFUSE(syscall(SYS_tkill, pid, SIGKILL));
	REFUSE(kill(pid, SIGKILL));
	REFUSE(kill(-1, 0));
	REFUSE(syscall(SYS_rt_sigqueueinfo, pid, SIGKILL, &info));
	REFUSE(syscall(SYS_pidfd_open, pid, 0));
	REFUSE(fcntl(pair[0], F_SETOWN, pid));
	REFUSE(fcntl(pair[0], F_SETOWN_EX, &owner));
	REFUSE(fcntl(pair[0], F_SETSIG, SIGKILL));
	REFUSE(fcntl(pair[0], F_SETFL, O_ASYNC));
	REFUSE(ioctl(pair[0], FIOSETOWN, &pid));
	REFUSE(fcntl(world.lock, F_NOTIFY, DN_MODIFY));
	return write(pair[1], "x", 1) == 1 ? HELD : BROKEN;
}

/* Where the system has no sandbox, or the build none, there is nothing to hold. */
#define HOLDS(name) \
START_TEST(no_##name) \
{ \
	int result = inside(try_##name, abis[_i]); \
\
	ck_assert_msg(result == HELD || result == NO_SANDBOX, "result %d", result); \
} \
END_TEST

HOLDS(files)
HOLDS(processes)
HOLDS(code)
HOLDS(sockets)
HOLDS(connections)
HOLDS(descriptors)
HOLDS(locks)
HOLDS(signals)

int main(void)
{
	const TTest *const tests[] = {
		an_exchange_works, signatures_are_verified,
		no_files,	   no_processes,
		no_code,	   no_sockets,
		no_connections,	   no_descriptors,
		no_locks,	   no_signals,
	};
	Suite *suite = suite_create("sandbox");
	TCase *tcase = tcase_create("sandbox");

	tcase_set_timeout(tcase, 60);
	for (size_t i = 0; i < sizeof tests / sizeof *tests; i++)
		tcase_add_loop_test(tcase, tests[i], 0, sizeof abis / sizeof *abis);
	tcase_add_test(tcase, it_can_abort);
	suite_add_tcase(suite, tcase);

	SRunner *runner = srunner_create(suite);

	srunner_set_tap(runner, "-");
	srunner_run_all(runner, CK_SILENT);
	int failed = srunner_ntests_failed(runner);

	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}

/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "lib/transport/connect.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <unistd.h>

#include "lib/base/moment.h"

#define HEAD_START_MS 250

/* The addresses in the order to try them, and the attempts that are running. */
struct race {
	const struct ft_address *order[FT_ADDRESSES_MAX];
	struct pollfd tried[FT_ADDRESSES_MAX];
	size_t count, started;
	int cause;	/* why the last one failed */
	int local;	/* why one failed that this machine did not even try; 0 */
};

/* Alternates the families, beginning with that of the first address; keeps the resolver's order
 * within each. */
static void take_turns(const struct ft_addresses *addresses, struct race *race)
{
	bool taken[FT_ADDRESSES_MAX] = { false };
	int family = -1;

	for (race->count = 0; race->count < addresses->count; race->count++) {
		size_t next = addresses->count;

		for (size_t i = addresses->count; i-- > 0; )
			if (!taken[i] && (next == addresses->count ||
					  addresses->list[i].data.ss_family != family ||
					  addresses->list[next].data.ss_family == family))
				next = i;
		taken[next] = true;
		family = addresses->list[next].data.ss_family;
		race->order[race->count] = &addresses->list[next];
	}
}

static enum ft_reason reason_of(int cause)
{
	return cause == ECONNREFUSED ? FT_REASON_REFUSED :
	       cause == ENETUNREACH || cause == EHOSTUNREACH || cause == ENETDOWN ?
		       FT_REASON_NETWORK : FT_REASON_NONE;
}

bool ft_connect_is_local(int cause)
{
	switch (cause) {
	case EADDRNOTAVAIL:
	case EADDRINUSE:
	case EMFILE:
	case ENFILE:
	case ENOBUFS:
	case ENOMEM:
	case EACCES:
	case EPERM:
	case EAGAIN:
		return true;
	default:
		return false;
	}
}

static void note_cause(struct race *race, int cause)
{
	race->cause = cause;
	if (ft_connect_is_local(cause))
		race->local = cause;
}

/* Whether the connection is up at once; else it is running, or has failed and its place is
 * empty. */
static bool start_next(struct race *race)
{
	const struct ft_address *address = race->order[race->started];
	struct pollfd *tried = &race->tried[race->started++];
	int fd = socket(address->data.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	*tried = (struct pollfd){ fd, POLLOUT, 0 };
	if (fd >= 0 && connect(fd, (const struct sockaddr *)&address->data, address->len) == 0)
		return true;
	if (fd >= 0 && errno == EINPROGRESS)
		return false;
	note_cause(race, errno);
	if (fd >= 0)
		(void)close(fd);
	tried->fd = -1;
	return false;
}

/* Whether this connection is up. If it has failed, its place becomes empty. */
static bool finished(struct race *race, struct pollfd *tried)
{
	int cause = 0;
	socklen_t len = sizeof cause;

	if (tried->fd < 0 || tried->revents == 0)
		return false;
	if (getsockopt(tried->fd, SOL_SOCKET, SO_ERROR, &cause, &len) != 0)
		cause = errno;
	if (cause == 0)
		return true;
	note_cause(race, cause);
	(void)close(tried->fd);
	tried->fd = -1;
	return false;
}

static bool any_under_way(const struct race *race)
{
	for (size_t i = 0; i < race->started; i++)
		if (race->tried[i].fd >= 0)
			return true;
	return false;
}

/* The place of the first connection that is up; -1: none, or not in time. */
static int run(struct race *race, int64_t end)
{
	int64_t next = ft_monotonic_ms();

	race->cause = race->local = 0;
	for (;;) {
		int64_t now = ft_monotonic_ms();

		if (race->started < race->count && (now >= next || !any_under_way(race))) {
			if (start_next(race))
				return (int)race->started - 1;
			next = now + HEAD_START_MS;
			continue;
		}
		if (!any_under_way(race))
			return -1;
		if (now >= end) {
			race->cause = ETIMEDOUT;
			return -1;
		}
		int64_t until = race->started < race->count && next < end ? next : end;

		if (poll(race->tried, (nfds_t)race->started, (int)(until - now)) <= 0)
			continue;
		for (size_t i = 0; i < race->started; i++)
			if (finished(race, &race->tried[i]))
				return (int)i;
	}
}

int ft_connect(const struct ft_addresses *addresses, long timeout_ms, int *ret_fd,
	       const struct ft_address **ret_address, struct ft_error *err)
{
	struct race race = { .started = 0 };

	take_turns(addresses, &race);
	int winner = run(&race, ft_monotonic_ms() + timeout_ms);

	for (int i = 0; i < (int)race.started; i++)
		if (i != winner && race.tried[i].fd >= 0)
			(void)close(race.tried[i].fd);
	/* An address that this machine could not try might have answered. */
	if (winner < 0 && race.local != 0)
		return ft_error_errno(err, FT_SYSTEM, race.local, "no connection");
	if (winner < 0 && race.cause == ETIMEDOUT) {
		(void)ft_error_set(err, FT_TEMPORARY, "no connection in time");
		return ft_error_reason(err, FT_TEMPORARY, FT_REASON_SILENT);
	}
	if (winner < 0) {
		(void)ft_error_errno(err, FT_TEMPORARY, race.cause, "no connection");
		return ft_error_reason(err, FT_TEMPORARY, reason_of(race.cause));
	}
	*ret_fd = race.tried[winner].fd;
	*ret_address = race.order[winner];
	return 0;
}

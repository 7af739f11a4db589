/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "lib/transport/resolve.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/transport/connect.h"

static bool read_address(const struct addrinfo *info, unsigned port, struct ft_address *ret)
{
	struct sockaddr_in in;
	struct sockaddr_in6 in6;

	*ret = (struct ft_address){ .len = info->ai_addrlen };
	if (info->ai_family == AF_INET) {
		memcpy(&in, info->ai_addr, sizeof in);
		in.sin_port = htons((in_port_t)port);
		memcpy(&ret->data, &in, sizeof in);
		return true;
	}
	if (info->ai_family != AF_INET6)
		return false;
	memcpy(&in6, info->ai_addr, sizeof in6);
	in6.sin6_port = htons((in_port_t)port);
	memcpy(&ret->data, &in6, sizeof in6);
	/* libcurl takes no scope, and a link-local address is useless without one. */
	return in6.sin6_scope_id == 0;
}

/* The errno for which this machine could not ask; 0: it could. The resolver does not say so, but it
 * needs a local port, so this tries to get one. */
static int cannot_ask(void)
{
	const struct sockaddr_in any = { .sin_family = AF_INET };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), cause = 0;

	if (fd < 0 || bind(fd, (const struct sockaddr *)&any, sizeof any) != 0)
		cause = errno;
	if (fd >= 0)
		(void)close(fd);
	return ft_connect_is_local(cause) ? cause : 0;
}

int ft_resolve(const char *host, unsigned port, struct ft_addresses *ret, struct ft_error *err)
{
	static const struct addrinfo hints = {
		.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM,
	};
	struct addrinfo *list = NULL;
	int r = getaddrinfo(host, NULL, &hints, &list), cause;

	ret->count = 0;
	if (r == EAI_MEMORY)
		return ft_error_memory(err);
	if (r == EAI_SYSTEM)
		return ft_error_errno(err, ft_connect_is_local(errno) ? FT_SYSTEM : FT_TEMPORARY,
				      errno, "looking up %s", host);
	if (r != 0 && (cause = cannot_ask()) != 0)
		return ft_error_errno(err, FT_SYSTEM, cause, "looking up %s", host);
	if (r != 0)
		return ft_error_set(err, FT_TEMPORARY, "looking up %s: %s", host, gai_strerror(r));
	for (const struct addrinfo *info = list; info != NULL && ret->count < FT_ADDRESSES_MAX;
	     info = info->ai_next)
		if (read_address(info, port, &ret->list[ret->count]))
			ret->count++;
	freeaddrinfo(list);
	if (ret->count == 0)
		return ft_error_set(err, FT_TEMPORARY, "looking up %s: no usable address", host);
	return 0;
}

void ft_address_text(const struct ft_address *address, char ret[FT_ADDRESS_TEXT])
{
	char text[INET6_ADDRSTRLEN] = "";
	struct sockaddr_in in;
	struct sockaddr_in6 in6;

	if (address->data.ss_family == AF_INET) {
		memcpy(&in, &address->data, sizeof in);
		(void)inet_ntop(AF_INET, &in.sin_addr, text, sizeof text);
		(void)snprintf(ret, FT_ADDRESS_TEXT, "%s", text);
	} else {
		memcpy(&in6, &address->data, sizeof in6);
		(void)inet_ntop(AF_INET6, &in6.sin6_addr, text, sizeof text);
		(void)snprintf(ret, FT_ADDRESS_TEXT, "[%s]", text);
	}
}

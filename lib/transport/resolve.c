#include "config.h"
#include "resolve.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

/* libcurl gives all of them together the time of one connection. */
#define ADDRESSES_MAX 16

static void add_address(const struct addrinfo *info, struct ft_buf *ret)
{
	char text[INET6_ADDRSTRLEN];

	if (info->ai_family == AF_INET) {
		struct sockaddr_in in;

		memcpy(&in, info->ai_addr, sizeof in);
		if (inet_ntop(AF_INET, &in.sin_addr, text, sizeof text) != NULL)
			ft_buf_addf(ret, "%s%s", ret->len > 0 ? "," : "", text);
	} else if (info->ai_family == AF_INET6) {
		struct sockaddr_in6 in6;

		memcpy(&in6, info->ai_addr, sizeof in6);
		/* libcurl takes no scope here, and without one the address means nothing. */
		if (in6.sin6_scope_id == 0 &&
		    inet_ntop(AF_INET6, &in6.sin6_addr, text, sizeof text) != NULL)
			ft_buf_addf(ret, "%s[%s]", ret->len > 0 ? "," : "", text);
	}
}

int ft_resolve(const char *host, struct ft_buf *ret, struct ft_error *err)
{
	static const struct addrinfo hints = {
		.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM,
	};
	struct addrinfo *list = NULL;
	int r = getaddrinfo(host, NULL, &hints, &list), n = 0;

	if (r == EAI_MEMORY)
		return ft_error_memory(err);
	if (r == EAI_SYSTEM)
		return ft_error_errno(err, FT_TEMPORARY, errno, "looking up %s", host);
	if (r != 0)
		return ft_error_set(err, FT_TEMPORARY, "looking up %s: %s", host, gai_strerror(r));
	for (const struct addrinfo *info = list; info != NULL && n < ADDRESSES_MAX; n++) {
		add_address(info, ret);
		info = info->ai_next;
	}
	freeaddrinfo(list);
	if (ret->failed == FT_NO_MEMORY)
		return ft_error_memory(err);
	if (ret->len == 0)
		return ft_error_set(err, FT_TEMPORARY, "looking up %s: no usable address", host);
	return 0;
}

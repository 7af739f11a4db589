/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "lib/base/noproxy.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Whether the first bits of two addresses are the same. */
static bool same_network(const unsigned char *a, const unsigned char *b, unsigned bits)
{
	if (memcmp(a, b, bits / 8) != 0)
		return false;
	unsigned mask = 0xff00u >> bits % 8 & 0xff;

	return bits % 8 == 0 || ((a[bits / 8] ^ b[bits / 8]) & mask) == 0;
}

/* item: ADDRESS or ADDRESS/BITS; it is modified. */
static bool matches_address(char *item, int family, const unsigned char *address)
{
	unsigned max = family == AF_INET ? 32 : 128, bits = max;
	unsigned char network[sizeof(struct in6_addr)];
	char *slash = strchr(item, '/');

	if (slash != NULL) {
		*slash++ = '\0';
		size_t digits = strspn(slash, "0123456789");

		if (digits == 0 || digits > 3 || slash[digits] != '\0')
			return false;
		bits = (unsigned)strtoul(slash, NULL, 10);
	}
	size_t len = strlen(item);

	if (item[0] == '[' && item[len - 1] == ']') {
		item[len - 1] = '\0';
		item++;
	}
	return bits <= max && inet_pton(family, item, network) == 1 &&
		same_network(address, network, bits);
}

/* A name matches itself and everything below it. */
static bool matches_name(const char *item, const char *host)
{
	size_t item_len, host_len = strlen(host);

	item += *item == '.';
	item_len = strlen(item);
	while (item_len > 0 && item[item_len - 1] == '.')
		item_len--;
	while (host_len > 0 && host[host_len - 1] == '.')
		host_len--;
	if (item_len == 0 || item_len > host_len ||
	    strncasecmp(host + host_len - item_len, item, item_len) != 0)
		return false;
	return item_len == host_len || host[host_len - item_len - 1] == '.';
}

bool ft_no_proxy(const char *list, const char *host)
{
	unsigned char address[sizeof(struct in6_addr)];
	int family = inet_pton(AF_INET, host, address) == 1 ? AF_INET :
		inet_pton(AF_INET6, host, address) == 1 ? AF_INET6 : AF_UNSPEC;
	bool found = false;

	while (list != NULL && !found && list[strspn(list, ", \t")] != '\0') {
		list += strspn(list, ", \t");
		size_t len = strcspn(list, ", \t");
		char item[256];

		/* A longer item cannot match: host names have at most 253 bytes. */
		if (len < sizeof item) {
			memcpy(item, list, len);
			item[len] = '\0';
			found = strcmp(item, "*") == 0 ||
				(family != AF_UNSPEC ? matches_address(item, family, address) :
				 matches_name(item, host));
		}
		list += len;
	}
	return found;
}

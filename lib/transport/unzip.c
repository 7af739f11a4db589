/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "lib/transport/unzip.h"

#include <string.h>
#include <strings.h>
#include <zlib.h>

#define GZIP_OR_ZLIB (MAX_WBITS + 32)

bool ft_unzip_wanted(const struct ft_buf *body, const char *encoding)
{
	if (body->len < 2)
		return false;
	if (memcmp(body->data, "\x1f\x8b", 2) == 0)
		return true;
	return encoding != NULL && strcasecmp(encoding, "deflate") == 0 &&
	       (body->data[0] & 0x0f) == Z_DEFLATED;
}

int ft_unzip(const struct ft_buf *body, struct ft_buf *ret, bool *ret_whole)
{
	z_stream stream = { .avail_in = (uInt)body->len };
	unsigned char part[4096];
	int state = inflateInit2(&stream, GZIP_OR_ZLIB);

	if (state != Z_OK)
		return FT_NO_MEMORY;
	stream.next_in = (Bytef *)body->data;
	while (state == Z_OK && !ret->failed) {
		stream.next_out = part;
		stream.avail_out = sizeof part;
		state = inflate(&stream, Z_NO_FLUSH);
		size_t len = sizeof part - stream.avail_out, room = ret->max - ret->len;

		ft_buf_add(ret, part, len < room ? len : room);
		if (len >= room)
			break;
	}
	(void)inflateEnd(&stream);
	explicit_bzero(part, sizeof part);
	*ret_whole = state == Z_STREAM_END;
	return state == Z_MEM_ERROR || ret->failed == FT_NO_MEMORY ? FT_NO_MEMORY : 0;
}

#include "config.h"
#include "lib/transport/jose/base64url.h"

#include <stdint.h>

#include "lib/base/secret.h"

static int value_of(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '-' ? 62 : c == '_' ? 63 : -1;
}

bool ft_base64url_decode(const char *text, size_t len, struct ft_buf *ret)
{
	if (len % 4 == 1)
		return false;
	while (len > 0) {
		size_t n = len < 4 ? len : 4;
		uint32_t bits = 0;

		for (size_t i = 0; i < 4; i++) {
			int value = i < n ? value_of(text[i]) : 0;

			if (value < 0)
				return false;
			bits = bits << 6 | (uint32_t)value;
		}
		/* 2 characters are one byte, 3 are two; the bits that are left are zero. */
		if ((n == 2 && (bits & 0xffff) != 0) || (n == 3 && (bits & 0xff) != 0))
			return false;
		unsigned char bytes[3] = {
			(unsigned char)(bits >> 16), (unsigned char)(bits >> 8 & 0xff),
			(unsigned char)(bits & 0xff),
		};

		ft_buf_add(ret, bytes, n - 1);
		text += n;
		len -= n;
	}
	return !ret->failed;
}

void ft_base64url_add(struct ft_buf *out, const void *data, size_t len)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	const unsigned char *in = data;

	for (size_t i = 0; i < len; i += 3) {
		uint32_t bits = (uint32_t)in[i] << 16;

		if (i + 1 < len)
			bits |= (uint32_t)in[i + 1] << 8;
		if (i + 2 < len)
			bits |= in[i + 2];
		char text[4] = {
			digits[bits >> 18], digits[bits >> 12 & 63],
			digits[bits >> 6 & 63], digits[bits & 63],
		};

		ft_buf_add(out, text, len - i < 3 ? len - i + 1 : 4);
		ft_wipe(text, sizeof text);
	}
}

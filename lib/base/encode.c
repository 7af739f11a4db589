/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "lib/base/encode.h"

#include <stdint.h>
#include <string.h>

#include "lib/base/secret.h"

int64_t ft_hex_read(const char *digits, size_t n)
{
	int64_t value = 0;

	for (size_t i = 0; i < n; i++) {
		char c = digits[i];
		int digit = c >= '0' && c <= '9' ? c - '0' :
			    c >= 'a' && c <= 'f' ? c - 'a' + 10 :
			    c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;

		if (digit < 0)
			return -1;
		value = value << 4 | digit;
	}
	return value;
}

void ft_hex_write(const void *data, size_t len, char *out)
{
	const unsigned char *in = data;

	for (size_t i = 0; i < len; i++) {
		*out++ = "0123456789abcdef"[in[i] >> 4];
		*out++ = "0123456789abcdef"[in[i] & 15];
	}
	*out = '\0';
}

int ft_percent_read(const char *text, size_t len)
{
	return len >= 3 && text[0] == '%' ? (int)ft_hex_read(text + 1, 2) : -1;
}

void ft_percent_add(struct ft_buf *buf, char byte)
{
	static const char digits[] = "0123456789ABCDEF";
	unsigned char c = (unsigned char)byte;

	ft_buf_add(buf, (char[]){ '%', digits[c >> 4], digits[c & 15] }, 3);
}

static const char alphabets[][65] = {
	[FT_BASE64] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
	[FT_BASE64URL] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_",
};

void ft_base64_add(struct ft_buf *buf, enum ft_base64 kind, const void *data, size_t len)
{
	const char *digits = alphabets[kind];
	const unsigned char *in = data;

	for (size_t i = 0; i < len; i += 3) {
		size_t n = len - i < 3 ? len - i : 3;
		unsigned bits = (unsigned)in[i] << 16 | (n > 1 ? (unsigned)in[i + 1] << 8 : 0) |
				(n > 2 ? in[i + 2] : 0);
		char out[4] = { digits[bits >> 18], digits[bits >> 12 & 63],
				n > 1 ? digits[bits >> 6 & 63] : '=',
				n > 2 ? digits[bits & 63] : '=' };

		ft_buf_add(buf, out, kind == FT_BASE64 ? 4 : n + 1);
		ft_wipe(out, sizeof out);
	}
}

bool ft_base64_read(const char *text, size_t len, enum ft_base64 kind, struct ft_buf *buf)
{
	const char *digits = alphabets[kind];

	if (kind == FT_BASE64) {
		if (len % 4 != 0)
			return false;
		for (int i = 0; i < 2 && len > 0 && text[len - 1] == '='; i++)
			len--;
	}
	if (len % 4 == 1)
		return false;
	for (size_t n; len > 0; text += n, len -= n) {
		uint32_t bits = 0;

		n = len < 4 ? len : 4;
		for (size_t i = 0; i < 4; i++) {
			const char *digit = memchr(digits, i < n ? text[i] : 'A', 64);

			if (digit == NULL)
				return false;
			bits = bits << 6 | (uint32_t)(digit - digits);
		}
		/* 2 characters hold one byte, 3 hold two; the bits left over must be zero. */
		if ((n == 2 && (bits & 0xffff) != 0) || (n == 3 && (bits & 0xff) != 0))
			return false;
		char bytes[3] = { (char)(bits >> 16), (char)(bits >> 8 & 0xff),
				  (char)(bits & 0xff) };

		ft_buf_add(buf, bytes, n - 1);
	}
	return !buf->failed;
}

/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "lib/base/utf8.h"

size_t ft_utf8_length(const char *data, size_t len)
{
	const unsigned char *s = (const unsigned char *)data;

	if (len == 0 || s[0] < 0x80)
		return len > 0;
	size_t n = s[0] >= 0xf0 ? 4 : s[0] >= 0xe0 ? 3 : 2;

	if (s[0] < 0xc2 || s[0] > 0xf4 || len < n)
		return 0;
	/* Refuses overlong forms, surrogates, and values above U+10FFFF. */
	if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) ||
	    (s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f))
		return 0;
	for (size_t i = 1; i < n; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	return n;
}

bool ft_utf8_valid(const char *data, size_t len)
{
	size_t n;

	for (; len > 0; data += n, len -= n)
		if ((n = ft_utf8_length(data, len)) == 0)
			return false;
	return true;
}

size_t ft_utf8_write(char *out, unsigned long character)
{
	static const unsigned char lead[] = { 0, 0xc0, 0xe0, 0xf0 };
	unsigned more = character < 0x80 ? 0 : character < 0x800 ? 1 : character < 0x10000 ? 2 : 3;

	*out = (char)(lead[more] | character >> 6 * more);
	for (unsigned i = 1; i <= more; i++)
		out[i] = (char)(0x80 | (character >> 6 * (more - i) & 0x3f));
	return more + 1;
}

size_t ft_utf8_unseen(const char *text)
{
	const unsigned char *s = (const unsigned char *)text;

	if ((s[0] < 0x20 && s[0] != 0) || s[0] == 0x7f)
		return 1;
	/* U+0080 to U+009F, U+00AD; U+061C */
	if ((s[0] == 0xc2 && ((s[1] >= 0x80 && s[1] < 0xa0) || s[1] == 0xad)) ||
	    (s[0] == 0xd8 && s[1] == 0x9c))
		return 2;
	/* U+200B to U+200F, U+2028 to U+202E, U+2060 to U+206F */
	if (s[0] == 0xe2 && ((s[1] == 0x80 && ((s[2] >= 0x8b && s[2] <= 0x8f) ||
					       (s[2] >= 0xa8 && s[2] <= 0xae))) ||
			     (s[1] == 0x81 && s[2] >= 0xa0 && s[2] <= 0xaf)))
		return 3;
	/* U+180E; U+FEFF; U+FFF9 to U+FFFB */
	if ((s[0] == 0xe1 && s[1] == 0xa0 && s[2] == 0x8e) ||
	    (s[0] == 0xef && s[1] == 0xbb && s[2] == 0xbf) ||
	    (s[0] == 0xef && s[1] == 0xbf && s[2] >= 0xb9 && s[2] <= 0xbb))
		return 3;
	/* U+E0000 to U+E007F */
	return s[0] == 0xf3 && s[1] == 0xa0 && (s[2] == 0x80 || s[2] == 0x81) && s[3] != 0 ? 4 : 0;
}

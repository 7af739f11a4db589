/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "lib/base/token.h"

#include <string.h>

static bool is_between(const char *data, size_t len, char low, char high)
{
	if (len == 0 || len > FT_TOKEN_MAX)
		return false;
	for (size_t i = 0; i < len; i++)
		if (data[i] < low || data[i] > high)
			return false;
	return true;
}

bool ft_token_valid(const char *data, size_t len)
{
	return is_between(data, len, 0x21, 0x7e);
}

bool ft_refresh_token_valid(const char *data, size_t len)
{
	return is_between(data, len, 0x20, 0x7e);
}

bool ft_token_is_jwt(const struct ft_secret *token)
{
	const char *text = token->data;
	unsigned dots = 0;

	/* base64url of '{"', or of '{' and a blank. */
	if (text == NULL || strncmp(text, "ey", 2) != 0)
		return false;
	for (; *text != '\0'; text++) {
		bool alphabet = (*text >= 'A' && *text <= 'Z') || (*text >= 'a' && *text <= 'z') ||
				(*text >= '0' && *text <= '9') || *text == '-' || *text == '_';

		dots += *text == '.';
		if (!alphabet && (*text != '.' || text[1] == '.' || text[1] == '\0'))
			return false;
	}
	return dots == 2;
}

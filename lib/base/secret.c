/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "lib/base/secret.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/error.h"

int ft_secret_set(struct ft_secret *secret, const char *data, size_t len)
{
	char *copy = NULL;

	if (data != NULL) {
		copy = malloc(len + 1);
		if (copy == NULL)
			return FT_NO_MEMORY;
		memcpy(copy, data, len);
		copy[len] = '\0';
	}
	ft_secret_release(secret);
	secret->data = copy;
	secret->len = copy != NULL ? len : 0;
	return 0;
}

int ft_secret_copy(struct ft_secret *secret, const struct ft_secret *from)
{
	return ft_secret_set(secret, from->data, from->len);
}

void ft_secret_move(struct ft_secret *secret, struct ft_secret *from)
{
	ft_secret_release(secret);
	*secret = *from;
	*from = (struct ft_secret){ NULL, 0 };
}

bool ft_secret_equal(const struct ft_secret *secret, const char *data, size_t len)
{
	unsigned char difference = 0;

	if (secret->data == NULL || data == NULL || secret->len != len)
		return false;
	for (size_t i = 0; i < len; i++)
		difference |= (unsigned char)(secret->data[i] ^ data[i]);
	return difference == 0;
}

void ft_secret_release(struct ft_secret *secret)
{
	if (secret == NULL)
		return;
	if (secret->data != NULL)
		ft_wipe(secret->data, secret->len);
	free(secret->data);
	*secret = (struct ft_secret){ NULL, 0 };
}

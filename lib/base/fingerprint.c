/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "lib/base/fingerprint.h"

#include "lib/base/digest.h"
#include "lib/base/encode.h"

void ft_fingerprint(const struct ft_secret *token, char out[FT_FINGERPRINT_SIZE])
{
	uint8_t digest[FT_DIGEST_SIZE];

	ft_digest(token->data != NULL ? token->data : "", token->len, digest);
	ft_hex_write(digest, (FT_FINGERPRINT_SIZE - 1) / 2, out);
	ft_wipe(digest, sizeof digest);
}

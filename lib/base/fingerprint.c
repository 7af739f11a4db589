#include "config.h"
#include "lib/base/fingerprint.h"

#include <stdio.h>

#include "lib/base/digest.h"

void ft_fingerprint(const struct ft_secret *token, char out[FT_FINGERPRINT_SIZE])
{
	uint8_t digest[FT_DIGEST_SIZE];

	ft_digest(token->data != NULL ? token->data : "", token->len, digest);
	for (int i = 0; i < 8; i++)
		(void)snprintf(out + 2 * i, 3, "%02x", digest[i]);
	ft_wipe(digest, sizeof digest);
}

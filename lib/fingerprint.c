#include "config.h"
#include "fingerprint.h"

#include <sha256.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

void ft_fingerprint(const struct ft_secret *token, char out[FT_FINGERPRINT_SIZE])
{
	uint8_t digest[SHA256_DIGEST_LENGTH];
	SHA2_CTX context;

	SHA256Init(&context);
	SHA256Update(&context, (const uint8_t *)(token->data != NULL ? token->data : ""), token->len);
	SHA256Final(digest, &context);
	for (int i = 0; i < 8; i++)
		(void)snprintf(out + 2 * i, 3, "%02x", digest[i]);
	ft_wipe(&context, sizeof context);
	ft_wipe(digest, sizeof digest);
}

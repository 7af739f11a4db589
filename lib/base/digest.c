/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "lib/base/digest.h"

#include <sha256.h>

#include "lib/base/secret.h"

void ft_digest(const void *data, size_t len, uint8_t ret[FT_DIGEST_SIZE])
{
	SHA2_CTX context;

	SHA256Init(&context);
	SHA256Update(&context, data, len);
	SHA256Final(ret, &context);
	ft_wipe(&context, sizeof context);
}

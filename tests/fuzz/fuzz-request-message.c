/* SPDX-License-Identifier: MIT */
/* A request to the transport: if it is accepted, it has the properties on which the program relies.
 */
#include "config.h"

#include <string.h>

#include "fuzz.h"
#include "lib/transport/jose/jwk.h"
#include "lib/transport/message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ft_exchange exchange;
	struct ft_error err = FT_ERROR_INIT;
	int r = ft_exchange_parse((const char *)data, size, &exchange, &err);

	MUST(r == err.code && (r == 0) == (err.text[0] == '\0'));
	if (r != 0)
		return 0;
	/* Nobody is asked then, so nothing else may be there. */
	if (exchange.signing.key != NULL) {
		MUST(exchange.url == NULL && exchange.n_fields == 0 && exchange.body == NULL);
		MUST(json_object_is_type(exchange.signing.claims, json_type_object));
		ft_exchange_release(&exchange);
		return 0;
	}
	MUST(exchange.method != NULL && exchange.url != NULL);
	MUST(exchange.timeout >= 1 && exchange.timeout <= 600);
	MUST(exchange.body == NULL || strlen(exchange.body) == exchange.body_len);
	size_t n = exchange.headers != NULL ? json_object_array_length(exchange.headers) : 0;

	for (size_t i = 0; i < n; i++) {
		struct json_object *header = json_object_array_get_idx(exchange.headers, i);
		const char *line = json_object_get_string(header);

		MUST(strpbrk(line, "\r\n") == NULL && strchr(line, ':') != NULL);
	}
	MUST((exchange.id_token.issuer == NULL) == (exchange.id_token.client_id == NULL));
	MUST(exchange.id_token_text == NULL || (exchange.jwks && exchange.id_token.issuer != NULL));
	MUST(exchange.id_token.keys == NULL || ft_jwks_list(exchange.id_token.keys) != NULL);
	MUST(exchange.assertion.key == NULL || (exchange.assertion.client_id != NULL &&
						exchange.assertion.audience != NULL &&
						exchange.body != NULL));
	MUST(exchange.dpop.nonce == NULL || exchange.dpop.key != NULL);
	MUST((exchange.certificate == NULL) == (exchange.key == NULL));
	ft_exchange_release(&exchange);
	return 0;
}

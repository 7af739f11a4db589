/* SPDX-License-Identifier: MIT */
/* A server's headers, an empty line and its body: the answer is a message, and its fields cannot
 * break a line. */
#include "config.h"

#include <string.h>

#include "lib/exchange/facts.h"
#include "fuzz.h"
#include "lib/transport/answer.h"
#include "lib/transport/nonce.h"

static const char asked[] =
	"{\"version\":1,\"method\":\"POST\",\"url\":\"x\",\"jwt\":true,\"untyped\":\"json\","
	"\"dpop\":{\"key\":\"ya-p2EW6dRZrXCFXZ7HWk05Qw9s26JsSe4piKxIPZyE\"},"
	"\"fields\":{\"access_token\":[\"access_token\",\"<accessToken>k__BackingField\",\"t.0\"],"
	"\"refresh_token\":[\"cookie:r\",\"refresh_token\"],\"subject\":[\"claim:sub\",\"header:"
	"x\"],\"expires_at\":[\"claim:exp\",\"\\\".expires\\\"\",\"id_token:sub\"],\"message\":["
	"\"error.message\",\"header:y\",\"id_token:email\"]},\"id_token\":{\"issuer\":\"https://"
	"sso.example.com\",\"client_id\":\"client\",\"keys\":{\"keys\":[{\"kty\":\"OKP\",\"crv\":"
	"\"Ed25519\",\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}]}}}";
static const char discovered[] =
	"{\"version\":1,\"method\":\"GET\",\"url\":\"x\",\"metadata\":true,\"untyped\":\"xml\"}";
/* The token that the seed of an ID token has. */
static const char fetched[] =
	"{\"version\":1,\"method\":\"GET\",\"url\":\"x\",\"jwks\":true,\"untyped\":\"json\","
	"\"fields\":{\"subject\":[\"id_token:sub\"],\"message\":[\"keys.0.kid\"]},"
	"\"id_token\":{\"issuer\":\"https://sso.example.com\",\"client_id\":\"client\",\"token\":\""
	"eyJhbGciOiJFZERTQSIsImtpZCI6ImsxIn0.eyJpc3MiOiJodHRwczovL3Nzby5leGFtcGxlLmNvbSIsImF1ZCI6"
	"ImNsaWVudCIsInN1YiI6ImFsaWNlIiwiZXhwIjoxNzAwMDAwMzAwLCJpYXQiOjE3MDAwMDAwMDAsImVtYWlsIjoi"
	"YWxpY2VAZXhhbXBsZS5jb20ifQ.1TShM1ZDANQVtQb_ry5fun2iuS2anlJrrao6bWVXZCVtbp8GqbEYsqZ3kdLda"
	"t-sKFa8hjI2VW3QsK9MM4SAAw\"}}";

static void check(const char *request, const struct ft_response *response)
{
	struct json_object *answer = NULL, *again = NULL, *fields = NULL;
	struct ft_exchange exchange;
	struct ft_facts facts;
	size_t len = 0;

	MUST(ft_exchange_parse(request, strlen(request), &exchange, NULL) == 0);
	MUST(ft_answer_make(&exchange, response, 1700000000, &answer, NULL) == 0);
	const char *text = ft_json_text(answer, &len);

	MUST(len < FT_MESSAGE_MAX);
	MUST(ft_json_parse(text, len, 5, "answer", &again, NULL) == 0);
	MUST(ft_facts_parse(text, len, &facts, NULL) == 0);
	MUST(facts.dpop_nonce[0] == '\0' || ft_dpop_is_nonce(facts.dpop_nonce));
	MUST(!ft_nonce_wanted(&exchange, response) || facts.dpop_nonce[0] != '\0');
	MUST(!facts.id_token.verified || strstr(text, "\"alice\"") != NULL);
	ft_facts_release(&facts);
	if (json_object_object_get_ex(again, "fields", &fields)) {
		json_object_object_foreach(fields, name, value) {
			for (const char *c = json_object_get_string(value); *c != '\0'; c++)
				MUST(((unsigned char)*c >= 0x20 && *c != 0x7f) ||
				     (*c == '\n' && strcmp(name, "message") == 0));
		}
	}
	json_object_put(again);
	json_object_put(answer);
	ft_exchange_release(&exchange);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *rest = (const char *)data, *end = rest + size;
	struct ft_response response;

	ft_response_init(&response);
	response.sent = FT_SENT_YES;
	response.status = 200;
	response.whole = true;
	while (rest < end && *rest != '\n') {
		const char *line = memchr(rest, '\n', (size_t)(end - rest));

		line = line != NULL ? line + 1 : end;
		ft_response_add_line(&response, rest, (size_t)(line - rest));
		rest = line;
	}
	if (rest < end)
		ft_buf_add(&response.body, rest + 1, (size_t)(end - rest - 1));
	if (!response.body.failed && !response.header.failed) {
		check(asked, &response);
		check(discovered, &response);
		check(fetched, &response);
		response.status = 400;
		check(asked, &response);
	}
	ft_response_release(&response);
	return 0;
}

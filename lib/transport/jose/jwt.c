/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "lib/transport/jose/jwt.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/buffer.h"
#include "lib/base/encode.h"

static struct json_object *decode_object(const char *text, size_t len)
{
	struct ft_buf plain = FT_BUF_INIT(len + 1);
	struct json_object *object = NULL;

	if (ft_base64_read(text, len, FT_BASE64URL, &plain) && plain.len > 0)
		(void)ft_json_parse(plain.data, plain.len, 8, "token", &object, NULL);
	ft_buf_release(&plain);
	if (json_object_is_type(object, json_type_object))
		return object;
	json_object_put(object);
	return NULL;
}

struct json_object *ft_jwt_payload(const char *token)
{
	const char *payload = strchr(token, '.');
	const char *signature = payload != NULL ? strchr(payload + 1, '.') : NULL;

	if (signature == NULL || strchr(signature + 1, '.') != NULL)
		return NULL;
	struct json_object *header = decode_object(token, (size_t)(payload - token));

	if (header == NULL)
		return NULL;
	json_object_put(header);
	return decode_object(payload + 1, (size_t)(signature - payload - 1));
}

bool ft_jwt_time(struct json_object *payload, const char *claim, int64_t *ret)
{
	struct json_object *value = NULL;

	if (!json_object_object_get_ex(payload, claim, &value))
		return false;
	/* A string may be an integer of more than 64 bits (json.h). */
	const char *text = json_object_get_string(value);

	if (!json_object_is_type(value, json_type_int) &&
	    !json_object_is_type(value, json_type_double) &&
	    !(json_object_is_type(value, json_type_string) && text[0] != '\0' &&
	      text[strspn(text, "-")] != '\0' && text[strspn(text, "-0123456789")] == '\0'))
		return false;
	/* A double is exact up to the limit: 253402300799 needs 38 of its 53 bits. */
	double seconds = strtod(text, NULL);

	*ret = !(seconds > 0) ? 0 :
		seconds >= (double)FT_JWT_TIME_MAX ? FT_JWT_TIME_MAX : (int64_t)seconds;
	return true;
}

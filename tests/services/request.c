/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "service.h"

#include <microhttpd.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

const char *request_header(const struct request *request, const char *name)
{
	return MHD_lookup_connection_value(request->connection, MHD_HEADER_KIND, name);
}

const char *request_query(const struct request *request, const char *name)
{
	return MHD_lookup_connection_value(request->connection, MHD_GET_ARGUMENT_KIND, name);
}

bool request_basic(const struct request *request, char **ret_user, char **ret_password)
{
	const char *header = request_header(request, "Authorization");
	char *plain, *colon;
	size_t len;

	if (header == NULL || strncasecmp(header, "Basic ", 6) != 0)
		return false;
	plain = base64_decode(header + 6, &len);
	if (plain == NULL)
		return false;
	colon = memchr(plain, ':', len);
	if (colon == NULL || memchr(plain, '\0', len) != NULL) {
		free(plain);
		return false;
	}
	*ret_user = must(strndup(plain, (size_t)(colon - plain)));
	*ret_password = must(strdup(colon + 1));
	free(plain);
	return true;
}

bool request_bearer(const struct request *request, char **ret_token)
{
	const char *header = request_header(request, "Authorization");

	if (header == NULL || strncasecmp(header, "Bearer ", 7) != 0)
		return false;
	*ret_token = must(strdup(header + 7));
	return true;
}

/* The quality that Accept gives a media type: of the range that names it best. 0: unwanted. */
static double quality(const char *accept, const char *media)
{
	size_t type = strcspn(media, "/");
	double best = 0;
	int best_rank = 0;

	while (accept != NULL && *accept != '\0') {
		accept += strspn(accept, " \t,");
		size_t len = strcspn(accept, ",; \t"), item = strcspn(accept, ",");
		int rank = 0;
		double q = 1;

		if (len == strlen(media) && strncasecmp(accept, media, len) == 0)
			rank = 3;
		else if (len == type + 2 && strncasecmp(accept, media, type) == 0 &&
			 strncmp(accept + type, "/*", 2) == 0)
			rank = 2;
		else if (len == 3 && strncmp(accept, "*/*", 3) == 0)
			rank = 1;
		for (const char *p = accept; p + 2 < accept + item; p++)
			if (p[0] == ';' && strncmp(p + strspn(p, "; \t"), "q=", 2) == 0)
				q = strtod(p + strspn(p, "; \t") + 2, NULL);
		if (rank > best_rank) {
			best_rank = rank;
			best = q;
		}
		accept += item;
	}
	return best;
}

static double better(double a, double b)
{
	return a > b ? a : b;
}

bool request_wants_xml(const struct request *request)
{
	const char *accept = request_header(request, "Accept");
	double json = better(quality(accept, "application/json"), quality(accept, "text/json"));
	double xml = better(quality(accept, "application/xml"), quality(accept, "text/xml"));

	if (json <= 0 && xml <= 0)
		return request->body.kind == BODY_XML;
	return xml > json;
}

bool request_accepts(const struct request *request, const char *media)
{
	const char *accept = request_header(request, "Accept");

	return accept == NULL || quality(accept, media) > 0;
}

void answer_set(struct answer *answer, unsigned status, const char *media, const char *format, ...)
{
	struct text text;
	va_list args;

	text_open(&text);
	va_start(args, format);
	vfprintf(text.file, format, args);
	va_end(args);
	text_answer(&text, answer, status, media);
}

void answer_header(struct answer *answer, const char *name, const char *format, ...)
{
	va_list args;
	char *value;

	va_start(args, format);
	if (vasprintf(&value, format, args) < 0 || answer->n_headers == HEADERS_MAX)
		must(NULL);
	va_end(args);
	answer->headers[answer->n_headers][0] = must(strdup(name));
	answer->headers[answer->n_headers++][1] = value;
}

void answer_release(struct answer *answer)
{
	free(answer->body);
	free(answer->media);
	for (size_t i = 0; i < answer->n_headers; i++) {
		free(answer->headers[i][0]);
		free(answer->headers[i][1]);
	}
	*answer = (struct answer){ .status = 0 };
}

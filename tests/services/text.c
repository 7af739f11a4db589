/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "service.h"

#include <inttypes.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

void *must(void *pointer)
{
	if (pointer == NULL) {
		fputs("token-service: no memory\n", stderr);
		abort();
	}
	return pointer;
}

void text_open(struct text *text)
{
	*text = (struct text){ NULL, NULL, 0 };
	text->file = must(open_memstream(&text->data, &text->len));
}

void text_close(struct text *text)
{
	if (fclose(text->file) != 0)
		must(NULL);
	text->file = NULL;
}

void text_answer(struct text *text, struct answer *answer, unsigned status, const char *media)
{
	text_close(text);
	free(answer->body);
	free(answer->media);
	answer->status = status;
	answer->media = media != NULL ? must(strdup(media)) : NULL;
	answer->body = text->data;
	answer->len = text->len;
}

void put_json(FILE *file, const struct bytes *string)
{
	if (string->data == NULL) {
		fputs("null", file);
		return;
	}
	putc('"', file);
	for (size_t i = 0; i < string->len; i++) {
		unsigned char c = (unsigned char)string->data[i];

		if (c == '"' || c == '\\')
			fprintf(file, "\\%c", c);
		else if (c == '\n')
			fputs("\\n", file);
		else if (c == '\r')
			fputs("\\r", file);
		else if (c < 0x20)
			fprintf(file, "\\u%04x", c);
		else
			putc(c, file);
	}
	putc('"', file);
}

void put_json_string(FILE *file, const char *string)
{
	put_json(file, &(struct bytes){ (char *)string, string != NULL ? strlen(string) : 0 });
}

void put_xml(FILE *file, const struct bytes *string)
{
	for (size_t i = 0; i < string->len; i++) {
		unsigned char c = (unsigned char)string->data[i];

		if (c == '<')
			fputs("&lt;", file);
		else if (c == '>')
			fputs("&gt;", file);
		else if (c == '&')
			fputs("&amp;", file);
		else if (c < 0x20)
			fprintf(file, "&#%u;", (unsigned)c);
		else
			putc(c, file);
	}
}

void put_xml_string(FILE *file, const char *string)
{
	put_xml(file, &(struct bytes){ (char *)string, strlen(string) });
}

void put_date(FILE *file, int64_t ticks, int offset_minutes, const char *zone)
{
	int64_t local = ticks + (int64_t)offset_minutes * 60 * 10000000;
	int64_t seconds = local / 10000000, fraction = local % 10000000;
	struct tm tm;

	if (fraction < 0) {
		fraction += 10000000;
		seconds--;
	}
	gmtime_r(&(time_t){ seconds }, &tm);
	fprintf(file, "%04d-%02d-%02dT%02d:%02d:%02d.%07" PRId64, tm.tm_year + 1900,
		tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec, fraction);
	if (zone != NULL)
		fputs(zone, file);
	else
		fprintf(file, "%c%02d:%02d", offset_minutes < 0 ? '-' : '+',
			abs(offset_minutes) / 60, abs(offset_minutes) % 60);
}

void put_http_date(FILE *file, int64_t seconds)
{
	static const char days[] = "SunMonTueWedThuFriSat";
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	struct tm tm;

	gmtime_r(&(time_t){ seconds }, &tm);
	fprintf(file, "%.3s, %02d %.3s %04d %02d:%02d:%02d GMT", days + tm.tm_wday * 3,
		tm.tm_mday, months + tm.tm_mon * 3, tm.tm_year + 1900, tm.tm_hour, tm.tm_min,
		tm.tm_sec);
}

char *base64_encode(const void *data, size_t len, bool url)
{
	char *out = must(malloc(4 * ((len + 2) / 3) + 1));
	size_t end = (size_t)EVP_EncodeBlock((unsigned char *)out, data, (int)len);

	if (!url)
		return out;
	while (end > 0 && out[end - 1] == '=')
		out[--end] = '\0';
	for (size_t i = 0; i < end; i++) {
		if (out[i] == '+')
			out[i] = '-';
		else if (out[i] == '/')
			out[i] = '_';
	}
	return out;
}

char *base64_decode(const char *text, size_t *ret_len)
{
	size_t len = strlen(text), padding = 0;
	char *out;

	if (len % 4 != 0 || len == 0 || len > INT32_MAX)
		return NULL;
	while (padding < 2 && text[len - 1 - padding] == '=')
		padding++;
	out = must(malloc(len / 4 * 3 + 1));
	if (EVP_DecodeBlock((unsigned char *)out, (const unsigned char *)text, (int)len) < 0) {
		free(out);
		return NULL;
	}
	*ret_len = len / 4 * 3 - padding;
	out[*ret_len] = '\0';
	return out;
}

char *random_hex(size_t bytes)
{
	char *out = must(malloc(bytes * 2 + 1));

	for (size_t i = 0; i < bytes; i++) {
		unsigned char c;

		if (getrandom(&c, 1, 0) != 1)
			must(NULL);
		snprintf(out + i * 2, 3, "%02x", c);
	}
	out[bytes * 2] = '\0';
	return out;
}

char *jwt_hs256(const char *payload)
{
	static const char header[] = "{\"alg\":\"HS256\",\"typ\":\"JWT\"}", key[] = "token-service";
	char *first = base64_encode(header, strlen(header), true);
	char *second = base64_encode(payload, strlen(payload), true);
	unsigned char mac[EVP_MAX_MD_SIZE];
	unsigned mac_len = 0;
	char *input, *third, *out;

	if (asprintf(&input, "%s.%s", first, second) < 0)
		must(NULL);
	must(HMAC(EVP_sha256(), key, (int)strlen(key), (const unsigned char *)input, strlen(input),
		  mac, &mac_len));
	third = base64_encode(mac, mac_len, true);
	if (asprintf(&out, "%s.%s", input, third) < 0)
		must(NULL);
	free(first);
	free(second);
	free(third);
	free(input);
	return out;
}

/* SPDX-License-Identifier: MIT */
/*
 * flaw.c - correct answers with one flaw that services, gateways and frameworks produce
 */
#include "config.h"
#include "service.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

struct flaw {
	const char *name;
	const char *before, *behind;	/* of the body; NULL: nothing */
	const char *json, *xml;		/* a member more, the first */
	enum wire wire;
	bool packed;
};

#define NINE "\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":1}}}}}}},"
#define NINE_XML "<a><a><a><a><a><a><a><a><a>1</a></a></a></a></a></a></a></a></a>"

static const struct flaw flaws[] = {
	{ .name = "trailing", .behind = "\n<br />\n<b>Warning</b>: Unknown on line 1\n" },
	{ .name = "second", .behind = "{\"access_token\":\"of-the-second\"}" },
	{ .name = "leading", .before = "Notice: Undefined index\n" },
	{ .name = "latin1", .json = "\"name\":\"M\xfcller\",", .xml = "<name>M\xfcller</name>" },
	{ .name = "control", .json = "\"name\":\"two\nlines\",", .xml = "<name>two\nlines</name>" },
	{ .name = "repeated",
	  .json = "\"name\":\"a\",\"name\":\"b\",",
	  .xml = "<name>a</name><name>b</name>" },
	{ .name = "refresh-twice", .json = "\"refresh_token\":\"the-other-one\"," },
	{ .name = "nested", .json = NINE, .xml = NINE_XML },
	{ .name = "long", .wire = WIRE_LONG }, /* Content-Length two too long */
	{ .name = "short", .wire = WIRE_SHORT }, /* two too short */
	{ .name = "unended", .wire = WIRE_UNENDED }, /* chunked, without the last chunk */
	{ .name = "gzip", .packed = true },
};

static const struct flaw *find(const char *name)
{
	for (size_t i = 0; i < sizeof(flaws) / sizeof(*flaws); i++)
		if (strcmp(flaws[i].name, name) == 0)
			return &flaws[i];
	return NULL;
}

bool flaw_known(const char *name)
{
	return find(name) != NULL;
}

/* Behind the brace, or the root's tag. */
static size_t first_member(const struct answer *answer)
{
	const char *start = answer->body, *found = memchr(start, '{', answer->len);

	if (*start == '<') {
		found = memchr(start, '>', answer->len);
		if (strncmp(start, "<?", 2) == 0 && found != NULL)
			found = strchr(found + 1, '>');
	}
	return found != NULL ? (size_t)(found - start) + 1 : 0;
}

static void pack(struct answer *answer)
{
	uLong size = compressBound(answer->len) + 32;
	unsigned char *out = must(malloc(size));
	z_stream stream = { .next_in = (Bytef *)answer->body, .avail_in = (uInt)answer->len,
			    .next_out = out, .avail_out = (uInt)size };

	/* 16 more: gzip's header. */
	if (deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, MAX_WBITS + 16, 8,
			 Z_DEFAULT_STRATEGY) != Z_OK || deflate(&stream, Z_FINISH) != Z_STREAM_END)
		abort();
	free(answer->body);
	answer->body = (char *)out;
	answer->len = size - stream.avail_out;
	(void)deflateEnd(&stream);
	answer_header(answer, "Content-Encoding", "gzip");
}

void fault_flaw(const struct fault *fault, struct answer *answer)
{
	const struct flaw *flaw = find(fault->value);
	struct text text;

	if (answer->len == 0 || (answer->status != 200 && !flaw->packed))
		return;
	size_t at = first_member(answer);
	const char *more = *answer->body == '<' ? flaw->xml : flaw->json;

	text_open(&text);
	fputs(flaw->before != NULL ? flaw->before : "", text.file);
	fwrite(answer->body, 1, at, text.file);
	fputs(more != NULL ? more : "", text.file);
	fwrite(answer->body + at, 1, answer->len - at, text.file);
	fputs(flaw->behind != NULL ? flaw->behind : "", text.file);
	text_close(&text);
	free(answer->body);
	answer->body = text.data;
	answer->len = text.len;
	answer->wire = flaw->wire;
	if (flaw->packed)
		pack(answer);
}

/* SPDX-License-Identifier: MIT */
/* box.h */
#include "config.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/box.h"
#include "tests/unit/unit.h"

#ifdef HAVE_SODIUM

#define LABEL "work.json"
static const char secret[] = "{\"refresh_token\":\"refresh-work-7\"}";
static unsigned char key[FT_BOX_KEY], other[FT_BOX_KEY];
static struct ft_buf closed, opened;
static struct ft_error err;

static struct ft_buf text_of(const char *text)
{
	struct ft_buf buf = FT_BUF_INIT(4096);

	ft_buf_adds(&buf, text);
	return buf;
}

static void setup(void)
{
	struct ft_buf text = text_of(secret);

	ck_assert_int_eq(ft_box_make_key(key, &err), 0);
	ck_assert_int_eq(ft_box_make_key(other, &err), 0);
	ft_buf_init(&closed, 8192);
	ft_buf_init(&opened, 8192);
	ck_assert_int_eq(ft_box_close(key, LABEL, &text, &closed, &err), 0);
	ft_buf_release(&text);
}

static void teardown(void)
{
	ft_buf_release(&closed);
	ft_buf_release(&opened);
}

static int open_it(const unsigned char *with, const char *label)
{
	ft_buf_release(&opened);
	ft_buf_init(&opened, 8192);
	return ft_box_open(with, label, &closed, &opened, &err);
}

START_TEST(text_comes_back)
{
	ck_assert(ft_box_is(&closed));
	ck_assert_uint_eq(closed.len, strlen(secret) + FT_BOX_TEXT_MORE);
	ck_assert_ptr_null(memmem(closed.data, closed.len, "refresh", 7));
	ck_assert_int_eq(open_it(key, LABEL), 0);
	ck_assert_str_eq(opened.data, secret);
	/* After what is there. */
	ck_assert_int_eq(ft_box_open(key, LABEL, &closed, &opened, &err), 0);
	ck_assert_uint_eq(opened.len, 2 * strlen(secret));
}
END_TEST

/* Made by another program from what box.h and draft-irtf-cfrg-xchacha say: the key is the bytes 0 to
 * 31, the nonce 0x40 to 0x57, the label LABEL. */
START_TEST(format_is_as_documented)
{
	static const char known[] =
		"\x8f\x46\x54\x53\x4c\x54\x01\x00\x65\x25\x90\xb7\x17\xf7\x80\x12"
		"\x40\x41\x42\x43\x44\x45\x46\x47\x48\x49\x4a\x4b\x4c\x4d\x4e\x4f"
		"\x50\x51\x52\x53\x54\x55\x56\x57"
		"\xa6\x5c\x63\x02\xb5\x93\x11\x3b\xfb\x9b\xec\xdb\xc1\xb1\x52"
		"\x9e\x40\x8b\x76\xb1\xa2\x3d\x77\x6e\xc5\xfa\x4a\xdc\x3e\x2e\xb1";
	unsigned char counted[FT_BOX_KEY];

	for (size_t i = 0; i < sizeof counted; i++)
		counted[i] = (unsigned char)i;
	ft_buf_clear(&closed);
	ft_buf_add(&closed, known, sizeof known - 1);
	ck_assert_int_eq(open_it(counted, LABEL), 0);
	ck_assert_str_eq(opened.data, "refresh-token-7");
	ck_assert_int_eq(open_it(counted, "home.json"), FT_UNTRUSTED);
}
END_TEST

START_TEST(no_two_are_alike)
{
	struct ft_buf again = FT_BUF_INIT(8192), text = text_of(secret);

	ck_assert_int_eq(ft_box_close(key, LABEL, &text, &again, &err), 0);
	ck_assert_uint_eq(again.len, closed.len);
	ck_assert_int_eq(memcmp(again.data, closed.data, FT_BOX_HEAD), 0);
	ck_assert_int_ne(memcmp(again.data + FT_BOX_HEAD, closed.data + FT_BOX_HEAD, 24), 0);
	ck_assert_int_ne(memcmp(again.data + 40, closed.data + 40, 16), 0);
	ft_buf_release(&again);
	ft_buf_release(&text);
}
END_TEST

/* No bit of it may be another. */
START_TEST(each_bit_counts)
{
	for (size_t i = 0; i < 8 * closed.len; i++) {
		closed.data[i / 8] = (char)(closed.data[i / 8] ^ (1 << i % 8));
		int r = open_it(key, LABEL);

		/* Of the first bytes some other version or key may be told. */
		if (i < 5 * 8)
			ck_assert(!ft_box_is(&closed));
		else if (i < 8 * 8)
			ck_assert_int_eq(r, FT_CONFIG);
		else if (i < 16 * 8)
			ck_assert_int_eq(r, FT_LOGIN_NEEDED);
		else
			ck_assert_int_eq(r, FT_UNTRUSTED);
		ck_assert_int_ne(r, 0);
		ck_assert_uint_eq(opened.len, 0);
		closed.data[i / 8] = (char)(closed.data[i / 8] ^ (1 << i % 8));
	}
	ck_assert_int_eq(open_it(key, LABEL), 0);
}
END_TEST

START_TEST(each_length_counts)
{
	const size_t whole = closed.len;

	while (closed.len > 5) {
		closed.len--;
		ck_assert_int_eq(open_it(key, LABEL), FT_UNTRUSTED);
		ck_assert_uint_eq(opened.len, 0);
	}
	closed.len = whole;
	ft_buf_adds(&closed, "x");
	ck_assert_int_eq(open_it(key, LABEL), FT_UNTRUSTED);
}
END_TEST

START_TEST(place_counts)
{
	static const char *const labels[] = { "home.json", "work.client", "work~login.json",
					      "work.json~", "work.jso", "" };

	for (size_t i = 0; i < sizeof labels / sizeof *labels; i++)
		ck_assert_int_eq(open_it(key, labels[i]), FT_UNTRUSTED);
}
END_TEST

START_TEST(another_key_is_told_from_damage)
{
	char id[FT_BOX_ID_SIZE];

	ck_assert_int_eq(open_it(other, LABEL), FT_LOGIN_NEEDED);
	ft_box_id(key, id);
	ck_assert_ptr_nonnull(strstr(err.text, id));
	ft_box_id(other, id);
	ck_assert_ptr_nonnull(strstr(err.text, id));
	closed.data[closed.len - 1] ^= 1;
	ck_assert_int_eq(open_it(key, LABEL), FT_UNTRUSTED);
	ck_assert_int_eq(open_it(other, LABEL), FT_LOGIN_NEEDED);
}
END_TEST

/* What the key's id is made of must not be what anything is closed with. */
START_TEST(header_gives_no_key_away)
{
	unsigned char address[FT_BOX_ADDRESS];

	ck_assert_int_eq(ft_box_address(key, address, &err), 0);
	ck_assert_ptr_null(memmem(closed.data, closed.len, key, 8));
	ck_assert_ptr_null(memmem(address, sizeof address, key, 8));
}
END_TEST

START_TEST(limits_hold)
{
	struct ft_buf text = text_of(secret), small = FT_BUF_INIT(20);

	ck_assert_int_eq(ft_box_close(key, LABEL, &text, &small, &err), FT_UNTRUSTED);
	ck_assert_uint_eq(small.len, 0);
	ft_buf_release(&small);
	ft_buf_init(&small, 20);
	ck_assert_int_eq(ft_box_open(key, LABEL, &closed, &small, &err), FT_UNTRUSTED);
	ck_assert_uint_eq(small.len, 0);
	ft_buf_release(&small);
	ft_buf_release(&text);
}
END_TEST

START_TEST(answer_is_read_by_the_key_alone)
{
	unsigned char address[FT_BOX_ADDRESS];
	struct ft_buf text = text_of(secret);

	ck_assert_int_eq(ft_box_address(key, address, &err), 0);
	ft_buf_clear(&closed);
	ck_assert_int_eq(ft_box_close_answer(address, &text, &closed, &err), 0);
	ck_assert(ft_box_is(&closed));
	ck_assert_uint_eq(closed.len, strlen(secret) + FT_BOX_ANSWER_MORE);
	ck_assert_ptr_null(memmem(closed.data, closed.len, "refresh", 7));
	ck_assert_int_eq(open_it(key, NULL), 0);
	ck_assert_str_eq(opened.data, secret);
	ck_assert_int_eq(open_it(other, NULL), FT_LOGIN_NEEDED);
	/* The address is all that whoever writes it has, and opens nothing. */
	ck_assert_int_ne(open_it(address, NULL), 0);
	ck_assert_int_ne(open_it(address + 8, NULL), 0);
	for (size_t i = 8 * 8; i < 8 * closed.len; i++) {
		closed.data[i / 8] = (char)(closed.data[i / 8] ^ (1 << i % 8));
		ck_assert_int_eq(open_it(key, NULL), i < 16 * 8 ? FT_LOGIN_NEEDED : FT_UNTRUSTED);
		closed.data[i / 8] = (char)(closed.data[i / 8] ^ (1 << i % 8));
	}
	while (closed.len > 5) {
		closed.len--;
		ck_assert_int_eq(open_it(key, NULL), FT_UNTRUSTED);
	}
	ft_buf_release(&text);
}
END_TEST

/* set32 - bytes of its head */
static void set32(struct ft_buf *buf, size_t at, uint32_t n)
{
	for (size_t i = 0; i < 4; i++)
		buf->data[at + i] = (char)(n >> (24 - 8 * i));
}

START_TEST(password_opens_a_key)
{
	static const uint32_t operations[] = { 0, FT_BOX_OPERATIONS_MAX + 1, UINT32_MAX };
	static const uint32_t kibibytes[] = { 0, 7, FT_BOX_KIBIBYTES_MAX + 1, UINT32_MAX };
	unsigned char wrapped[FT_BOX_WRAPPED], again[FT_BOX_WRAPPED], got[FT_BOX_KEY];
	struct ft_buf buf = FT_BUF_INIT(2 * FT_BOX_WRAPPED);

	ck_assert_int_eq(ft_box_wrap(key, "horse", wrapped, &err), 0);
	ck_assert_int_eq(ft_box_wrap(key, "horse", again, &err), 0);
	/* Salt, nonce and what is sealed are others each time. */
	ck_assert_int_eq(memcmp(wrapped, again, 16), 0);
	ck_assert_int_ne(memcmp(wrapped + 16, again + 16, 16), 0);
	ck_assert_int_ne(memcmp(wrapped + 32, again + 32, 24), 0);
	ck_assert_ptr_null(memmem(wrapped, sizeof wrapped, key, 8));
	ft_buf_add(&buf, wrapped, sizeof wrapped);
	ck_assert_int_eq(ft_box_unwrap(&buf, "horse", got, &err), 0);
	ck_assert_mem_eq(got, key, sizeof got);
	ck_assert_int_eq(ft_box_unwrap(&buf, "Horse", got, &err), FT_LOGIN_NEEDED);
	ck_assert_int_eq(ft_box_unwrap(&buf, "", got, &err), FT_LOGIN_NEEDED);
	ck_assert_mem_eq(got, key, sizeof got);		/* libsodium clears what it is given */
	/* What it wants is not done before it is looked at. */
	for (size_t i = 0; i < sizeof operations / sizeof *operations; i++) {
		set32(&buf, 8, operations[i]);
		ck_assert_int_eq(ft_box_unwrap(&buf, "horse", got, &err), FT_UNTRUSTED);
	}
	memcpy(buf.data, wrapped, sizeof wrapped);
	for (size_t i = 0; i < sizeof kibibytes / sizeof *kibibytes; i++) {
		set32(&buf, 12, kibibytes[i]);
		ck_assert_int_eq(ft_box_unwrap(&buf, "horse", got, &err), FT_UNTRUSTED);
	}
	/* One byte of each part; less work makes another key. */
	for (size_t i = 16; i < sizeof wrapped; i += 20) {
		memcpy(buf.data, wrapped, sizeof wrapped);
		set32(&buf, 12, 8);
		buf.data[i] ^= 1;
		ck_assert_int_eq(ft_box_unwrap(&buf, "horse", got, &err), FT_LOGIN_NEEDED);
	}
	for (size_t i = 0; i < 8; i++) {
		memcpy(buf.data, wrapped, sizeof wrapped);
		buf.data[i] ^= 1;
		ck_assert_int_eq(ft_box_unwrap(&buf, "horse", got, &err), FT_CONFIG);
	}
	memcpy(buf.data, wrapped, sizeof wrapped);
	for (buf.len = 0; buf.len < sizeof wrapped; buf.len++)
		ck_assert_int_eq(ft_box_unwrap(&buf, "horse", got, &err),
				 buf.len < 8 ? FT_CONFIG : FT_UNTRUSTED);
	ft_buf_adds(&buf, "x");
	ck_assert_int_eq(ft_box_unwrap(&buf, "horse", got, &err), FT_UNTRUSTED);
	/* A text that is sealed is none, and the other way round. */
	ck_assert_int_eq(ft_box_unwrap(&closed, "horse", got, &err), FT_CONFIG);
	ft_buf_clear(&closed);
	ft_buf_add(&closed, wrapped, sizeof wrapped);
	ck_assert_int_eq(open_it(key, LABEL), FT_CONFIG);
	ft_buf_release(&buf);
}
END_TEST

/* A text is not opened as an answer, nor the other way round: the kind is in the head. */
START_TEST(kinds_are_apart)
{
	closed.data[5] = 'A';
	ck_assert_int_eq(open_it(key, LABEL), FT_UNTRUSTED);
}
END_TEST

START_TEST(failure_adds_nothing)
{
	struct ft_buf text = text_of(secret);
	const size_t len = closed.len;
	char label[5000];
	unsigned char address[FT_BOX_ADDRESS] = { 0 };

	memset(label, 'l', sizeof label - 1);
	label[sizeof label - 1] = '\0';
	ck_assert_int_eq(ft_box_close(key, label, &text, &closed, &err), FT_UNTRUSTED);
	ck_assert_uint_eq(closed.len, len);
	/* The zero point is no public key. */
	ck_assert_int_eq(ft_box_close_answer(address, &text, &closed, &err), FT_UNTRUSTED);
	ck_assert_uint_eq(closed.len, len);
	ft_buf_release(&text);
}
END_TEST

#else

START_TEST(build_without_says_so)
{
	struct ft_error err;
	unsigned char key[FT_BOX_KEY];

	ck_assert_int_eq(ft_box_make_key(key, &err), FT_CONFIG);
	ck_assert_ptr_nonnull(strstr(err.remedy, "libsodium"));
}
END_TEST

#endif

int main(void)
{
#ifdef HAVE_SODIUM
	const TTest *const tests[] = {
		text_comes_back, format_is_as_documented, no_two_are_alike, each_bit_counts, each_length_counts,
		place_counts, another_key_is_told_from_damage, header_gives_no_key_away,
		limits_hold, answer_is_read_by_the_key_alone, kinds_are_apart,
		password_opens_a_key, failure_adds_nothing, NULL,
	};

	return unit_run_with("box", tests, setup, teardown);
#else
	const TTest *const tests[] = { build_without_says_so, NULL };

	return unit_run("box", tests);
#endif
}

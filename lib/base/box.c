/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "lib/base/box.h"

#include <stdint.h>

#include "lib/base/encode.h"
#include "lib/base/secret.h"

#ifdef HAVE_SODIUM

#include <sodium.h>

#define ID 8
#define NONCE crypto_aead_xchacha20poly1305_ietf_NPUBBYTES

_Static_assert(FT_BOX_KEY == crypto_aead_xchacha20poly1305_ietf_KEYBYTES, "the key");
_Static_assert(FT_BOX_TEXT_MORE ==
	       FT_BOX_HEAD + NONCE + crypto_aead_xchacha20poly1305_ietf_ABYTES, "a text");
_Static_assert(FT_BOX_ANSWER_MORE == FT_BOX_HEAD + crypto_box_SEALBYTES, "an answer");
#define SALT crypto_pwhash_argon2id_SALTBYTES
#define WRAPPED_HEAD (8 + 4 + 4 + SALT)
/* The second recommended option of RFC 9106 section 4 (for little memory), but with one thread
 * instead of four. */
#define OPERATIONS FT_BOX_OPERATIONS_MAX
#define KIBIBYTES FT_BOX_KIBIBYTES_MAX

_Static_assert(FT_BOX_WRAPPED == WRAPPED_HEAD + NONCE + FT_BOX_KEY +
	       crypto_aead_xchacha20poly1305_ietf_ABYTES, "a key");
_Static_assert(FT_BOX_ADDRESS == ID + crypto_box_PUBLICKEYBYTES, "an address");

static const unsigned char head_of_text[] = "\x8f" "FTSLT\x01";
static const unsigned char head_of_answer[] = "\x8f" "FTSLA\x01";
static const unsigned char head_of_key[] = "\x8f" "FTSLP\x01";

int ft_box_ready(struct ft_error *err)
{
	return sodium_init() >= 0 ? 0 :
	       ft_error_set(err, FT_SYSTEM, "libsodium gets no random numbers from this system");
}

int ft_box_make_key(unsigned char ret[FT_BOX_KEY], struct ft_error *err)
{
	int r = ft_box_ready(err);

	if (r == 0)
		randombytes_buf(ret, FT_BOX_KEY);
	return r;
}

/* Derives a value from the key for one purpose. The value does not reveal the key. */
static void derive(const unsigned char *key, const char *purpose, unsigned char *ret, size_t len)
{
	(void)crypto_generichash(ret, len, (const unsigned char *)purpose, strlen(purpose), key,
				 FT_BOX_KEY);
}

static void make_id(const unsigned char *key, unsigned char ret[ID])
{
	unsigned char all[crypto_generichash_BYTES_MIN];

	derive(key, "freshtoken: which key", all, sizeof all);
	memcpy(ret, all, ID);
}

void ft_box_id(const unsigned char key[FT_BOX_KEY], char ret[FT_BOX_ID_SIZE])
{
	unsigned char id[ID];

	make_id(key, id);
	ft_hex_write(id, sizeof id, ret);
}

static int make_pair(const unsigned char *key, unsigned char *ret_public,
		     unsigned char *ret_private, struct ft_error *err)
{
	unsigned char seed[crypto_box_SEEDBYTES];
	int r = ft_box_ready(err);

	if (r != 0)
		return r;
	derive(key, "freshtoken: answers", seed, sizeof seed);
	(void)crypto_box_seed_keypair(ret_public, ret_private, seed);
	ft_wipe(seed, sizeof seed);
	return 0;
}

/* Extends the buffer by len bytes and returns where they begin; NULL on failure, and the buffer is
 * as long as before. */
static unsigned char *make_room(struct ft_buf *buf, size_t len, struct ft_error *err)
{
	static const char zeros[4096];
	const size_t begin = buf->len;

	for (size_t done = 0; done < len; done += sizeof zeros)
		ft_buf_add(buf, zeros, len - done < sizeof zeros ? len - done : sizeof zeros);
	if (ft_buf_check(buf, "what is sealed", err) != 0) {
		ft_buf_cut(buf, begin < buf->len ? begin : buf->len);
		return NULL;
	}
	return (unsigned char *)buf->data + begin;
}

/* The associated data of a text: its head and the label. */
static void begin_label(const unsigned char *head, const char *label, struct ft_buf *ret)
{
	ft_buf_add(ret, head, FT_BOX_HEAD);
	ft_buf_adds(ret, label);
}

int ft_box_close(const unsigned char key[FT_BOX_KEY], const char *label,
		 const struct ft_buf *text, struct ft_buf *ret, struct ft_error *err)
{
	struct ft_buf bound = FT_BUF_INIT(4096);
	const size_t begin = ret->len;
	int r = ft_box_ready(err);
	unsigned char *out = NULL;

	if (r == 0 && (out = make_room(ret, text->len + FT_BOX_TEXT_MORE, err)) == NULL)
		r = ret->failed;
	if (r != 0)
		return r;
	memcpy(out, head_of_text, sizeof head_of_text);
	make_id(key, out + 8);
	randombytes_buf(out + FT_BOX_HEAD, NONCE);
	begin_label(out, label, &bound);
	r = ft_buf_check(&bound, "a label", err);
	if (r == 0)
		(void)crypto_aead_xchacha20poly1305_ietf_encrypt(
			out + FT_BOX_HEAD + NONCE, NULL, (const unsigned char *)text->data,
			text->len, (const unsigned char *)bound.data, bound.len, NULL,
			out + FT_BOX_HEAD, key);
	else
		ft_buf_cut(ret, begin);
	ft_buf_release(&bound);
	return r;
}

static int open_text(const unsigned char *key, const char *label, const struct ft_buf *closed,
		     struct ft_buf *ret, struct ft_error *err)
{
	const unsigned char *in = (const unsigned char *)closed->data;
	struct ft_buf bound = FT_BUF_INIT(4096);
	const size_t begin = ret->len;
	unsigned char *out = make_room(ret, closed->len - FT_BOX_TEXT_MORE, err);

	if (out == NULL)
		return ret->failed;
	begin_label(in, label, &bound);
	int r = ft_buf_check(&bound, "a label", err);

	if (r == 0 &&
	    crypto_aead_xchacha20poly1305_ietf_decrypt(
		    out, NULL, NULL, in + FT_BOX_HEAD + NONCE, closed->len - FT_BOX_HEAD - NONCE,
		    (const unsigned char *)bound.data, bound.len, in + FT_BOX_HEAD, key) != 0)
		r = FT_UNTRUSTED;
	if (r != 0)
		ft_buf_cut(ret, begin);
	ft_buf_release(&bound);
	return r;
}

static int open_answer(const unsigned char *key, const struct ft_buf *closed, struct ft_buf *ret,
		       struct ft_error *err)
{
	unsigned char public_key[crypto_box_PUBLICKEYBYTES], private_key[crypto_box_SECRETKEYBYTES];
	const unsigned char *in = (const unsigned char *)closed->data;
	const size_t begin = ret->len;
	unsigned char id[ID], *out = make_room(ret, closed->len - FT_BOX_ANSWER_MORE, err);
	int r = out == NULL ? ret->failed : make_pair(key, public_key, private_key, err);

	/* The sealed box does not authenticate the head, so the id is compared here. */
	make_id(key, id);
	if (r == 0 && memcmp(in + 8, id, ID) != 0)
		r = FT_UNTRUSTED;
	if (r == 0 && crypto_box_seal_open(out, in + FT_BOX_HEAD, closed->len - FT_BOX_HEAD,
					   public_key, private_key) != 0)
		r = FT_UNTRUSTED;
	if (r != 0)
		ft_buf_cut(ret, begin < ret->len ? begin : ret->len);
	ft_wipe(private_key, sizeof private_key);
	return r;
}

/* Called only after a failure, because computing the key's id costs as much as opening. */
static int why_not(const unsigned char *key, const unsigned char *in, struct ft_error *err)
{
	unsigned char id[ID];
	char ours[FT_BOX_ID_SIZE], theirs[FT_BOX_ID_SIZE];

	make_id(key, id);
	if (memcmp(in + 8, id, ID) == 0)
		return ft_error_set(err, FT_UNTRUSTED,
				    "it is sealed, but damaged or copied from another place");
	ft_box_id(key, ours);
	ft_hex_write(in + 8, ID, theirs);
	return ft_error_set(err, FT_LOGIN_NEEDED,
			    "it is sealed with the key %s, but the key on this host is %s",
			    theirs, ours);
}

int ft_box_open(const unsigned char key[FT_BOX_KEY], const char *label,
		const struct ft_buf *closed, struct ft_buf *ret, struct ft_error *err)
{
	const unsigned char *in = (const unsigned char *)closed->data;
	const bool whole = closed->len >= FT_BOX_HEAD;
	const bool text = whole && memcmp(in, head_of_text, sizeof head_of_text) == 0;
	const bool answer = whole && memcmp(in, head_of_answer, sizeof head_of_answer) == 0;
	int r = ft_box_ready(err);

	if (r == 0 && whole && !text && !answer)
		return ft_error_set(err, FT_CONFIG, "it is damaged, or sealed in a way that this "
				    "version does not know" FT_REMEDY "use the version of "
				    "freshtoken that wrote it, or sign out and in again");
	if (r == 0 && closed->len < (text ? FT_BOX_TEXT_MORE : FT_BOX_ANSWER_MORE))
		return ft_error_set(err, FT_UNTRUSTED, "it is sealed, but cut short");
	if (r == 0)
		r = text ? open_text(key, label, closed, ret, err) :
			   open_answer(key, closed, ret, err);
	return r == FT_UNTRUSTED && ret->failed == 0 ? why_not(key, in, err) : r;
}

int ft_box_address(const unsigned char key[FT_BOX_KEY], unsigned char ret[FT_BOX_ADDRESS],
		   struct ft_error *err)
{
	unsigned char private_key[crypto_box_SECRETKEYBYTES];
	int r = make_pair(key, ret + ID, private_key, err);

	if (r == 0)
		make_id(key, ret);
	ft_wipe(private_key, sizeof private_key);
	return r;
}

int ft_box_close_answer(const unsigned char address[FT_BOX_ADDRESS], const struct ft_buf *answer,
			struct ft_buf *ret, struct ft_error *err)
{
	const size_t begin = ret->len;
	int r = ft_box_ready(err);
	unsigned char *out = NULL;

	if (r == 0 && (out = make_room(ret, answer->len + FT_BOX_ANSWER_MORE, err)) == NULL)
		r = ret->failed;
	if (r != 0)
		return r;
	memcpy(out, head_of_answer, sizeof head_of_answer);
	memcpy(out + 8, address, ID);
	if (crypto_box_seal(out + FT_BOX_HEAD, (const unsigned char *)answer->data, answer->len,
			    address + ID) == 0)
		return 0;
	ft_buf_cut(ret, begin);
	return ft_error_set(err, FT_UNTRUSTED, "the address for sealed answers holds no valid "
			    "public key");
}

static void put32(unsigned char *at, uint32_t n)
{
	for (int i = 0; i < 4; i++)
		at[i] = (unsigned char)(n >> (24 - 8 * i));
}

static uint32_t get32(const unsigned char *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

/* Derives a key from the password with the costs and the salt that the head names. */
static int stretch(const unsigned char head[WRAPPED_HEAD], const char *password,
		   unsigned char ret[FT_BOX_KEY], struct ft_error *err)
{
	if (crypto_pwhash(ret, FT_BOX_KEY, password, strlen(password), head + 16, get32(head + 8),
			  (size_t)get32(head + 12) * 1024, crypto_pwhash_ALG_ARGON2ID13) == 0)
		return 0;
	return ft_error_set(err, FT_NO_MEMORY, "opening a key with a password needs %u MiB of "
			    "memory, which are not available", get32(head + 12) / 1024);
}

int ft_box_wrap(const unsigned char key[FT_BOX_KEY], const char *password,
		unsigned char ret[FT_BOX_WRAPPED], struct ft_error *err)
{
	unsigned char stretched[FT_BOX_KEY];
	int r = ft_box_ready(err);

	if (r != 0)
		return r;
	memcpy(ret, head_of_key, sizeof head_of_key);
	put32(ret + 8, OPERATIONS);
	put32(ret + 12, KIBIBYTES);
	randombytes_buf(ret + 16, SALT + NONCE);
	r = stretch(ret, password, stretched, err);
	if (r == 0)
		(void)crypto_aead_xchacha20poly1305_ietf_encrypt(
			ret + WRAPPED_HEAD + NONCE, NULL, key, FT_BOX_KEY, ret, WRAPPED_HEAD, NULL,
			ret + WRAPPED_HEAD, stretched);
	ft_wipe(stretched, sizeof stretched);
	return r;
}

int ft_box_unwrap(const struct ft_buf *wrapped, const char *password,
		  unsigned char ret[FT_BOX_KEY], struct ft_error *err)
{
	const unsigned char *in = (const unsigned char *)wrapped->data;
	unsigned char stretched[FT_BOX_KEY], key[FT_BOX_KEY];
	int r = ft_box_ready(err);

	if (r != 0)
		return r;
	if (wrapped->len < sizeof head_of_key || memcmp(in, head_of_key, sizeof head_of_key) != 0)
		return ft_error_set(err, FT_CONFIG, "it is not a key sealed with a password, or a "
				    "later version wrote it");
	if (wrapped->len != FT_BOX_WRAPPED)
		return ft_error_set(err, FT_UNTRUSTED, "it is %zu bytes long, but a key sealed "
				    "with a password has %d", wrapped->len, FT_BOX_WRAPPED);
	if (get32(in + 8) < 1 || get32(in + 8) > FT_BOX_OPERATIONS_MAX || get32(in + 12) < 8 ||
	    get32(in + 12) > FT_BOX_KIBIBYTES_MAX)
		return ft_error_set(err, FT_UNTRUSTED, "the costs that it names are outside the "
				    "limits of freshtoken");
	r = stretch(in, password, stretched, err);
	if (r == 0 && crypto_aead_xchacha20poly1305_ietf_decrypt(
			      key, NULL, NULL, in + WRAPPED_HEAD + NONCE,
			      FT_BOX_WRAPPED - WRAPPED_HEAD - NONCE, in, WRAPPED_HEAD,
			      in + WRAPPED_HEAD, stretched) != 0)
		r = ft_error_set(err, FT_LOGIN_NEEDED, "the password does not unlock it");
	if (r == 0)
		memcpy(ret, key, sizeof key);
	ft_wipe(key, sizeof key);
	ft_wipe(stretched, sizeof stretched);
	return r;
}

#else

int ft_box_ready(struct ft_error *err)
{
	return ft_error_set(err, FT_CONFIG, "this freshtoken was built without sealing" FT_REMEDY
			    "install one that was built with libsodium");
}

int ft_box_make_key(unsigned char ret[FT_BOX_KEY], struct ft_error *err)
{
	(void)ret;
	return ft_box_ready(err);
}

void ft_box_id(const unsigned char key[FT_BOX_KEY], char ret[FT_BOX_ID_SIZE])
{
	(void)key;
	ret[0] = '\0';
}

int ft_box_close(const unsigned char key[FT_BOX_KEY], const char *label,
		 const struct ft_buf *text, struct ft_buf *ret, struct ft_error *err)
{
	(void)key, (void)label, (void)text, (void)ret;
	return ft_box_ready(err);
}

int ft_box_open(const unsigned char key[FT_BOX_KEY], const char *label,
		const struct ft_buf *closed, struct ft_buf *ret, struct ft_error *err)
{
	(void)key, (void)label, (void)closed, (void)ret;
	return ft_box_ready(err);
}

int ft_box_address(const unsigned char key[FT_BOX_KEY], unsigned char ret[FT_BOX_ADDRESS],
		   struct ft_error *err)
{
	(void)key, (void)ret;
	return ft_box_ready(err);
}

int ft_box_close_answer(const unsigned char address[FT_BOX_ADDRESS], const struct ft_buf *answer,
			struct ft_buf *ret, struct ft_error *err)
{
	(void)address, (void)answer, (void)ret;
	return ft_box_ready(err);
}

int ft_box_wrap(const unsigned char key[FT_BOX_KEY], const char *password,
		unsigned char ret[FT_BOX_WRAPPED], struct ft_error *err)
{
	(void)key, (void)password, (void)ret;
	return ft_box_ready(err);
}

int ft_box_unwrap(const struct ft_buf *wrapped, const char *password,
		  unsigned char ret[FT_BOX_KEY], struct ft_error *err)
{
	(void)wrapped, (void)password, (void)ret;
	return ft_box_ready(err);
}

#endif

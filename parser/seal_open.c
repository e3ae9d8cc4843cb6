/*
 * Opening a seal: the fields that seal_read found, and a key. All that is left
 * for the library to do is AES key wrap and AES-GCM, by EVP.
 */
#include "parser/seal.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/evp.h>

#include "base/wipe.h"

/*
 * The algorithms, by the length of their keys. Fetching one costs more than
 * using it: fetched once by seal_init before there are threads, only read
 * afterwards; kept for the life of the process.
 */
static const struct {
	size_t key_length;
	const char *wrap, *cipher;
} names[] = {
	{ 16, "AES-128-WRAP", "AES-128-GCM" },
	{ 32, "AES-256-WRAP", "AES-256-GCM" },
};
static struct {
	EVP_CIPHER *wrap, *cipher;
} fetched[2];

static int
fetch(const char *name, EVP_CIPHER **into, struct error *e)
{
	if (*into == NULL)
		*into = EVP_CIPHER_fetch(NULL, name, NULL);
	if (*into == NULL)
		return error_set(e, ERROR_TROUBLE, "OpenSSL has no %s", name);
	return 0;
}

int
seal_init(struct error *e)
{
	for (size_t i = 0; i < 2; i++)
		if (fetch(names[i].wrap, &fetched[i].wrap, e) ||
			fetch(names[i].cipher, &fetched[i].cipher, e))
			return -1;
	return 0;
}

/* The row of keys so long: seal_read knows no third length. */
static size_t
row(size_t key_length)
{
	return key_length == names[0].key_length ? 0 : 1;
}

/* RFC 3394: the content key out of its wrapping. False: not by this key. */
static bool
unwrap(const struct seal_fields *f, EVP_CIPHER_CTX *ctx,
	const unsigned char *key,
	unsigned char cek[SEAL_KEY_MAX + SEAL_WRAP_OVERHEAD])
{
	int length = 0;

	EVP_CIPHER_CTX_set_flags(ctx, EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
	return EVP_DecryptInit_ex(ctx, fetched[row(f->key_length)].wrap, NULL,
		       key, NULL) == 1 &&
		EVP_DecryptUpdate(ctx, cek, &length, f->wrapped,
			(int)f->content_key_length + SEAL_WRAP_OVERHEAD) == 1 &&
		(size_t)length == f->content_key_length;
}

/* RFC 5084: true only if the tag is right. plain may be wrong until then. */
static bool
decrypt(const struct seal_fields *f, EVP_CIPHER_CTX *ctx,
	const unsigned char *cek, unsigned char *plain)
{
	unsigned char tag[SEAL_TAG_SIZE], rest[SEAL_TAG_SIZE];
	int length = 0, more = 0;

	memcpy(tag, f->tag, sizeof(tag));
	return EVP_DecryptInit_ex(ctx,
		       fetched[row(f->content_key_length)].cipher, NULL, cek,
		       f->nonce) == 1 &&
		EVP_DecryptUpdate(ctx, plain, &length, f->content.data,
			(int)f->content.length) == 1 &&
		(size_t)length == f->content.length &&
		EVP_CIPHER_CTX_ctrl(
			ctx, EVP_CTRL_AEAD_SET_TAG, sizeof(tag), tag) == 1 &&
		EVP_DecryptFinal_ex(ctx, rest, &more) == 1 && more == 0;
}

/* Both steps; -1 with one text for all that may be wrong. */
static int
unseal(const struct seal_fields *f, const unsigned char *key,
	unsigned char *plain, struct error *e)
{
	unsigned char cek[SEAL_KEY_MAX + SEAL_WRAP_OVERHEAD];
	EVP_CIPHER_CTX *unwrapping = EVP_CIPHER_CTX_new();
	EVP_CIPHER_CTX *decrypting = EVP_CIPHER_CTX_new();
	int rc = -1;

	if (unwrapping == NULL || decrypting == NULL)
		error_memory(e);
	else if (unwrap(f, unwrapping, key, cek) &&
		decrypt(f, decrypting, cek, plain))
		rc = 0;
	else if (ERR_GET_REASON(ERR_peek_last_error()) == ERR_R_MALLOC_FAILURE)
		error_memory(e);
	else
		error_set(e, ERROR_DENIED,
			"does not open with the key (RFC 5083, 2.2)");
	EVP_CIPHER_CTX_free(decrypting);
	EVP_CIPHER_CTX_free(unwrapping);
	wipe(cek, sizeof(cek));
	return rc;
}

static int
deliver(struct buffer *out, const unsigned char *plain, size_t length,
	struct error *e)
{
	switch (buffer_append(out, plain, length)) {
	case BUFFER_OK:
		return 0;
	case BUFFER_FULL:
		return error_set(e, ERROR_LIMIT,
			"the sealed content is larger than %zu octets",
			out->limit);
	case BUFFER_NOMEM:
		break;
	}
	return error_memory(e);
}

int
seal_open(const struct seal_fields *f, const unsigned char *key,
	size_t key_length, struct buffer *out, struct error *e)
{
	unsigned char *plain;
	int rc = -1;

	if (fetched[0].wrap == NULL)
		return error_set(e, ERROR_TROUBLE, "seal_init was not called");
	if (key_length != f->key_length)
		return error_set(e, ERROR_DENIED,
			"the key does not have the key wrap's length "
			"(RFC 3394, 2)");
	plain = malloc(f->content.length + 1);
	if (plain == NULL)
		return error_memory(e);
	ERR_clear_error();
	if (unseal(f, key, plain, e) == 0)
		rc = deliver(out, plain, f->content.length, e);
	ERR_clear_error();
	wipe_free(plain);
	return rc;
}

/*
 * Sealing. What goes in here is ours, so OpenSSL's CMS code does the work and
 * its defaults are the profile's: AES key wrap by the key's length, a random
 * 12-octet nonce, a 16-octet tag. Whether it came out so is for the tests,
 * which read every result back by way of seal_read.
 */
#include "parser/seal.h"

#include <limits.h>

#include <openssl/bio.h>
#include <openssl/cms.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>

#include "parser/claims.h"

/* The content gets a key as long as the one it is wrapped with. */
static const EVP_CIPHER *
cipher_for(size_t key_length)
{
	switch (key_length) {
	case 16:
		return EVP_aes_128_gcm();
	case 32:
		return EVP_aes_256_gcm();
	default:
		return NULL;
	}
}

/* OpenSSL takes the copies over if it succeeds, and wipes the key. */
static int
add_recipient(CMS_ContentInfo *cms, const unsigned char *key, size_t key_length,
	const unsigned char *key_id, size_t key_id_length)
{
	unsigned char *key_copy = OPENSSL_memdup(key, key_length);
	unsigned char *id_copy = OPENSSL_memdup(key_id, key_id_length);

	if (key_copy != NULL && id_copy != NULL &&
		CMS_add0_recipient_key(cms, NID_undef, key_copy, key_length,
			id_copy, key_id_length, NULL, NULL, NULL) != NULL)
		return 0;
	OPENSSL_clear_free(key_copy, key_length);
	OPENSSL_free(id_copy);
	return -1;
}

static int
append_der(CMS_ContentInfo *cms, struct buffer *der)
{
	unsigned char *octets = NULL;
	int length = i2d_CMS_ContentInfo(cms, &octets);
	int rc = -1;

	if (length > 0 &&
		buffer_append(der, octets, (size_t)length) == BUFFER_OK)
		rc = 0;
	OPENSSL_free(octets);
	return rc;
}

static int
trouble(struct error *e)
{
	const char *reason = ERR_reason_error_string(ERR_peek_last_error());

	return error_set(e, ERROR_TROUBLE, "sealing failed: %s",
		reason == NULL ? "no memory, or no room" : reason);
}

/* Not by CMS_final, whose buffers would keep a copy of the plaintext. */
static int
encrypt(CMS_ContentInfo *cms, const void *octets, size_t length)
{
	BIO *chain = CMS_dataInit(cms, NULL);
	int rc = -1;

	if (chain != NULL &&
		BIO_write(chain, octets, (int)length) == (int)length &&
		BIO_flush(chain) == 1 && CMS_dataFinal(cms, chain) == 1)
		rc = 0;
	BIO_free_all(chain);
	return rc;
}

static int
check_sizes(
	size_t length, size_t key_length, size_t key_id_length, struct error *e)
{
	if (cipher_for(key_length) == NULL)
		return error_set(e, ERROR_TROUBLE,
			"a key has 16 or 32 octets, not %zu", key_length);
	if (key_id_length < 1 || key_id_length > KEY_ID_MAX)
		return error_set(e, ERROR_TROUBLE,
			"a key identifier has 1 to %d octets, not %zu",
			KEY_ID_MAX, key_id_length);
	if (length == 0 || length > INT_MAX / 2)
		return error_set(
			e, ERROR_TROUBLE, "nothing to seal, or far too much");
	return 0;
}

int
seal_make(const void *octets, size_t length, const unsigned char *key,
	size_t key_length, const unsigned char *key_id, size_t key_id_length,
	struct buffer *der, struct error *e)
{
	CMS_ContentInfo *cms;
	int rc = -1;

	if (check_sizes(length, key_length, key_id_length, e))
		return -1;
	ERR_clear_error();
	cms = CMS_encrypt(
		NULL, NULL, cipher_for(key_length), CMS_BINARY | CMS_PARTIAL);
	if (cms == NULL ||
		add_recipient(cms, key, key_length, key_id, key_id_length) ||
		encrypt(cms, octets, length) || append_der(cms, der))
		goto out;
	rc = 0;
out:
	if (rc == -1)
		trouble(e);
	CMS_ContentInfo_free(cms);
	ERR_clear_error();
	return rc;
}

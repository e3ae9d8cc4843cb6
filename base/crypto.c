/*
 * OpenSSL for the rooms that are not the seal: digests, MACs, derived keys,
 * random octets and the wrapping of stored keys. Everything goes through EVP
 * with algorithms fetched once, because a fetch by name takes locks and longer
 * than the work itself.
 */
#include "base/crypto.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <openssl/rand.h>

#include "base/wipe.h"

enum { NONCE_SIZE = 12, TAG_SIZE = 16 };

/* Set by crypto_init before threads start, constant from then on. */
static EVP_MD *sha256;
static EVP_CIPHER *aes256_gcm;
static EVP_MAC *hmac;
static EVP_KDF *hkdf;

/* One text for all: OpenSSL's reasons help nobody and its queue is shared. */
static int
failed(struct error *e, const char *what)
{
	ERR_clear_error();
	return error_set(e, ERROR_TROUBLE, "OpenSSL cannot %s", what);
}

/* Takes the next release off a list as OpenSSL writes it, without the status
 * (0xMNN00PP0); 0 at the end. */
static unsigned long
next_release(const char **list)
{
	unsigned long part[3] = { 0 };
	char *end;

	for (size_t i = 0; i < 3; i++) {
		part[i] = strtoul(*list, &end, 10);
		*list = *end == '.' ? end + 1 : end;
	}
	return part[0] << 28 | part[1] << 20 | part[2] << 4;
}

/* Major and minor alone. */
static unsigned long
minor(unsigned long number)
{
	return number >> 20;
}

bool
crypto_release_sound(
	unsigned long number, const char *minima, const char *fixed)
{
	unsigned long one, newest = 0;

	number &= ~0xfUL; /* the status, of releases before 3.0 */
	while ((one = next_release(&fixed)) != 0)
		if (one == number)
			return true;
	while ((one = next_release(&minima)) != 0) {
		if (minor(one) == minor(number))
			return number >= one;
		newest = one;
	}
	/* later ones began with the fixes */
	return minor(number) > minor(newest);
}

void
crypto_describe(FILE *out)
{
	fprintf(out, "%s; needed is one of %s, or later of the same minor\n",
		OpenSSL_version(OPENSSL_VERSION), OPENSSL_MINIMA);
	if (OPENSSL_FIXED[0] != '\0')
		fprintf(out, "taken as mended by the distributor: %s\n",
			OPENSSL_FIXED);
}

int
crypto_init(struct error *e)
{
	if (!crypto_release_sound(
		    OpenSSL_version_num(), OPENSSL_MINIMA, OPENSSL_FIXED))
		return error_set(e, ERROR_TROUBLE,
			"this is %s, which has known flaws; needed is one of "
			"%s, or later of the same minor version",
			OpenSSL_version(OPENSSL_VERSION), OPENSSL_MINIMA);
	if (sha256 == NULL)
		sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
	if (aes256_gcm == NULL)
		aes256_gcm = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
	if (hmac == NULL)
		hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	if (hkdf == NULL)
		hkdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
	if (sha256 == NULL || aes256_gcm == NULL || hmac == NULL ||
		hkdf == NULL)
		return failed(e, "provide SHA-256, HMAC, HKDF and AES-256-GCM");
	return 0;
}

int
crypto_random(void *out, size_t length, struct error *e)
{
	if (length > INT_MAX || RAND_bytes(out, (int)length) != 1)
		return failed(e, "make random octets");
	return 0;
}

int
crypto_sha256(const struct crypto_span *spans, size_t count,
	unsigned char digest[SHA256_SIZE], struct error *e)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	int rc = -1;

	if (ctx == NULL || sha256 == NULL ||
		EVP_DigestInit_ex2(ctx, sha256, NULL) != 1)
		goto out;
	for (size_t i = 0; i < count; i++)
		if (EVP_DigestUpdate(ctx, spans[i].octets, spans[i].length) !=
			1)
			goto out;
	if (EVP_DigestFinal_ex(ctx, digest, NULL) == 1)
		rc = 0;
out:
	EVP_MD_CTX_free(ctx);
	return rc == 0 ? 0 : failed(e, "compute a digest");
}

int
crypto_md5(const void *octets, size_t length, unsigned char digest[MD5_SIZE],
	struct error *e)
{
	if (EVP_Q_digest(NULL, "MD5", NULL, octets, length, digest, NULL) != 1)
		return failed(e, "compute MD5");
	return 0;
}

/* OpenSSL's parameters are not const, and not written to. */
static OSSL_PARAM
octets_param(const char *name, const struct crypto_span *span)
{
	return OSSL_PARAM_construct_octet_string(
		name, (void *)span->octets, span->length);
}

static OSSL_PARAM
digest_param(void)
{
	static char name[] = "SHA256";

	return OSSL_PARAM_construct_utf8_string(OSSL_ALG_PARAM_DIGEST, name, 0);
}

int
crypto_hmac(const struct crypto_span *key, const struct crypto_span *spans,
	size_t count, unsigned char mac[SHA256_SIZE], struct error *e)
{
	EVP_MAC_CTX *ctx = hmac != NULL ? EVP_MAC_CTX_new(hmac) : NULL;
	const OSSL_PARAM params[] = { digest_param(),
		OSSL_PARAM_construct_end() };
	size_t length;
	int rc = -1;

	if (ctx == NULL ||
		EVP_MAC_init(ctx, key->octets, key->length, params) != 1)
		goto out;
	for (size_t i = 0; i < count; i++)
		if (EVP_MAC_update(ctx, spans[i].octets, spans[i].length) != 1)
			goto out;
	if (EVP_MAC_final(ctx, mac, &length, SHA256_SIZE) == 1 &&
		length == SHA256_SIZE)
		rc = 0;
out:
	EVP_MAC_CTX_free(ctx);
	return rc == 0 ? 0 : failed(e, "compute a MAC");
}

int
crypto_hkdf(const struct crypto_span *key, const struct crypto_span *salt,
	const struct crypto_span *info, unsigned char *out, size_t length,
	struct error *e)
{
	EVP_KDF_CTX *ctx = hkdf != NULL ? EVP_KDF_CTX_new(hkdf) : NULL;
	const OSSL_PARAM params[] = { digest_param(),
		octets_param(OSSL_KDF_PARAM_KEY, key),
		octets_param(OSSL_KDF_PARAM_SALT, salt),
		octets_param(OSSL_KDF_PARAM_INFO, info),
		OSSL_PARAM_construct_end() };
	int rc = ctx != NULL && EVP_KDF_derive(ctx, out, length, params) == 1;

	EVP_KDF_CTX_free(ctx);
	return rc == 1 ? 0 : failed(e, "derive a key");
}

bool
crypto_same(const void *a, const void *b, size_t length)
{
	return CRYPTO_memcmp(a, b, length) == 0;
}

/* The steps that wrapping and unwrapping share, up to the secret itself. */
static int
gcm_start(EVP_CIPHER_CTX *ctx, const unsigned char *master,
	const unsigned char *nonce, const struct crypto_span *label,
	int encrypting)
{
	int length;

	return aes256_gcm != NULL && label->length <= INT_MAX &&
		EVP_CipherInit_ex2(ctx, aes256_gcm, master, nonce, encrypting,
			NULL) == 1 &&
		EVP_CipherUpdate(ctx, NULL, &length, label->octets,
			(int)label->length) == 1;
}

/* Wrapped: nonce, ciphertext, tag. */
int
crypto_wrap(const unsigned char master[MASTER_KEY_SIZE],
	const struct crypto_span *label, const struct crypto_span *secret,
	unsigned char *out, size_t *length_r, struct error *e)
{
	EVP_CIPHER_CTX *ctx = NULL;
	unsigned char *text = out + NONCE_SIZE;
	int length, rest, rc = -1;

	if (secret->length > KEY_SIZE_MAX)
		return error_set(e, ERROR_LIMIT, "the secret is too long");
	if (crypto_random(out, NONCE_SIZE, e) == -1)
		return -1;
	ctx = EVP_CIPHER_CTX_new();
	if (ctx == NULL || !gcm_start(ctx, master, out, label, 1) ||
		EVP_CipherUpdate(ctx, text, &length, secret->octets,
			(int)secret->length) != 1 ||
		EVP_CipherFinal_ex(ctx, text + length, &rest) != 1 ||
		EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, TAG_SIZE,
			text + secret->length) != 1)
		goto out;
	*length_r = NONCE_SIZE + secret->length + TAG_SIZE;
	rc = 0;
out:
	EVP_CIPHER_CTX_free(ctx);
	return rc == 0 ? 0 : failed(e, "wrap a key");
}

int
crypto_unwrap(const unsigned char master[MASTER_KEY_SIZE],
	const struct crypto_span *label, const struct crypto_span *wrapped,
	unsigned char *out, size_t *length_r, struct error *e)
{
	const unsigned char *nonce = wrapped->octets;
	unsigned char tag[TAG_SIZE], text[KEY_SIZE_MAX];
	EVP_CIPHER_CTX *ctx = NULL;
	size_t size;
	int length, rest, rc = -1;

	if (wrapped->length < NONCE_SIZE + TAG_SIZE ||
		wrapped->length > WRAPPED_KEY_MAX)
		return error_set(
			e, ERROR_DENIED, "a wrapped key has a bad length");
	size = wrapped->length - NONCE_SIZE - TAG_SIZE;
	memcpy(tag, nonce + NONCE_SIZE + size, TAG_SIZE);
	ctx = EVP_CIPHER_CTX_new();
	if (ctx == NULL || !gcm_start(ctx, master, nonce, label, 0) ||
		EVP_CIPHER_CTX_ctrl(
			ctx, EVP_CTRL_AEAD_SET_TAG, TAG_SIZE, tag) != 1 ||
		EVP_CipherUpdate(ctx, text, &length, nonce + NONCE_SIZE,
			(int)size) != 1) {
		failed(e, "unwrap a key");
		goto out;
	}
	if (EVP_CipherFinal_ex(ctx, text + length, &rest) != 1) {
		ERR_clear_error();
		error_set(e, ERROR_DENIED,
			"a stored key does not open with this master key");
		goto out;
	}
	memcpy(out, text, size);
	*length_r = size;
	rc = 0;
out:
	wipe(text, sizeof(text));
	EVP_CIPHER_CTX_free(ctx);
	return rc;
}

/*
 * The few primitives that other rooms need: SHA-256, random octets, and
 * authenticated wrapping of short secrets (AES-256-GCM). The one file, beside
 * parser/seal.c, that knows OpenSSL.
 */
#ifndef BASE_CRYPTO_H
#define BASE_CRYPTO_H

#include <stddef.h>

#include "base/error.h"

enum {
	SHA256_SIZE = 32,
	MASTER_KEY_SIZE = 32,
	KEY_SIZE_MAX = 32,
	/* nonce 12, tag 16, secret */
	WRAPPED_KEY_MAX = 12 + 16 + KEY_SIZE_MAX
};

/*
 * Checks the library's version (the first one without known forgeries of the
 * algorithms used here) and fetches algorithms once. Before threads start.
 */
int crypto_init(struct error *e);

int crypto_random(void *out, size_t length, struct error *e);
void crypto_cleanse(void *octets, size_t length);

/* SHA-256 over the parts given, one after another. */
struct crypto_span {
	const void *octets;
	size_t length;
};
int crypto_sha256(const struct crypto_span *spans, size_t count,
	unsigned char digest[SHA256_SIZE], struct error *e);

/*
 * Wraps secret under master; label is authenticated with it, so that a
 * wrapped secret cannot be moved to another row. out holds
 * WRAPPED_KEY_MAX octets. Unwrap: ERROR_DENIED if the master key or the label
 * is not the one it was wrapped with.
 */
int crypto_wrap(const unsigned char master[MASTER_KEY_SIZE],
	const struct crypto_span *label, const struct crypto_span *secret,
	unsigned char *out, size_t *length_r, struct error *e);
int crypto_unwrap(const unsigned char master[MASTER_KEY_SIZE],
	const struct crypto_span *label, const struct crypto_span *wrapped,
	unsigned char *out, size_t *length_r, struct error *e);

#endif

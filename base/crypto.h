/*
 * The few primitives that other rooms need: SHA-256, HMAC and HKDF with it,
 * random octets, and authenticated wrapping of short secrets (AES-256-GCM). The
 * one file, beside those of the seal in parser/, that knows OpenSSL.
 */
#ifndef BASE_CRYPTO_H
#define BASE_CRYPTO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/error.h"

enum {
	SHA256_SIZE = 32,
	MASTER_KEY_SIZE = 32,
	KEY_SIZE_MAX = 32,
	/* nonce 12, tag 16, secret */
	WRAPPED_KEY_MAX = 12 + 16 + KEY_SIZE_MAX
};

/*
 * Checks the library's release and fetches algorithms once. Before threads
 * start.
 */
int crypto_init(struct error *e);

/*
 * Is a release, as OpenSSL_version_num has it, without known flaws in what is
 * used here? minima: the first such release of each minor version, in order;
 * fixed: others that their distributor has mended; both as configure has them,
 * "3.0.22 3.4.7".
 */
bool crypto_release_sound(
	unsigned long number, const char *minima, const char *fixed);
/* For --version: which OpenSSL this is, and what is taken for sound. */
void crypto_describe(FILE *out);

int crypto_random(void *out, size_t length, struct error *e);

/* SHA-256 over the parts given, one after another. */
struct crypto_span {
	const void *octets;
	size_t length;
};
int crypto_sha256(const struct crypto_span *spans, size_t count,
	unsigned char digest[SHA256_SIZE], struct error *e);

/* MD5, which proves nothing: for the passwords of HTTP's Digest (RFC 7616). */
enum { MD5_SIZE = 16 };
int crypto_md5(const void *octets, size_t length,
	unsigned char digest[MD5_SIZE], struct error *e);

/* HMAC-SHA-256 (RFC 2104) over the parts given, one after another. */
int crypto_hmac(const struct crypto_span *key, const struct crypto_span *spans,
	size_t count, unsigned char mac[SHA256_SIZE], struct error *e);
/* HKDF-SHA-256 (RFC 5869); a salt of no octets is none. */
int crypto_hkdf(const struct crypto_span *key, const struct crypto_span *salt,
	const struct crypto_span *info, unsigned char *out, size_t length,
	struct error *e);
/* Alike? Takes the same time wherever they differ. */
bool crypto_same(const void *a, const void *b, size_t length);

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

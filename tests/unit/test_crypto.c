/*
 * The primitives against published vectors, and wrapping against every way
 * in which a stored key could be tampered with or moved.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/crypto.h"
#include "base/text.h"

static const unsigned char master[MASTER_KEY_SIZE] = "0123456789abcdef"
						     "0123456789abcde";
static const struct crypto_span label = { "key:K1", 6 };

static void
digest_matches_fips_180(void **state)
{
	struct crypto_span parts[] = { { "a", 1 }, { "", 0 }, { "bc", 2 } };
	unsigned char digest[SHA256_SIZE];
	char hex[2 * SHA256_SIZE + 1];
	struct error e;

	(void)state;
	assert_int_equal(crypto_sha256(parts, 3, digest, &e), 0);
	text_hex(digest, sizeof(digest), hex);
	assert_string_equal(hex,
		"ba7816bf8f01cfea414140de5dae2223"
		"b00361a396177a9cb410ff61f20015ad");
}

static void
random_differs(void **state)
{
	unsigned char a[32] = { 0 }, b[32] = { 0 };
	struct error e;

	(void)state;
	assert_int_equal(crypto_random(a, sizeof(a), &e), 0);
	assert_int_equal(crypto_random(b, sizeof(b), &e), 0);
	assert_memory_not_equal(a, b, sizeof(a));
}

static void
wrap_round_trip(void **state)
{
	unsigned char wrapped[WRAPPED_KEY_MAX], again[WRAPPED_KEY_MAX];
	unsigned char out[KEY_SIZE_MAX];
	struct crypto_span secret = { "sixteen octets..", 16 }, span;
	size_t length, size;
	struct error e;

	(void)state;
	for (secret.length = 0; secret.length <= 16; secret.length += 8) {
		assert_int_equal(crypto_wrap(master, &label, &secret, wrapped,
					 &length, &e),
			0);
		assert_int_equal(length, 28 + secret.length);
		span = (struct crypto_span){ wrapped, length };
		assert_int_equal(
			crypto_unwrap(master, &label, &span, out, &size, &e),
			0);
		assert_int_equal(size, secret.length);
		assert_memory_equal(out, secret.octets, size);
	}
	/* The same secret never wraps twice alike: the nonce is new. */
	secret.length = 16;
	assert_int_equal(
		crypto_wrap(master, &label, &secret, again, &length, &e), 0);
	assert_memory_not_equal(again, wrapped, 12);
}

static void
wrap_refuses_long_secrets(void **state)
{
	unsigned char wrapped[WRAPPED_KEY_MAX], big[KEY_SIZE_MAX + 1] = { 0 };
	struct crypto_span secret = { big, sizeof(big) };
	size_t length;
	struct error e;

	(void)state;
	assert_int_equal(
		crypto_wrap(master, &label, &secret, wrapped, &length, &e), -1);
	assert_int_equal(e.code, ERROR_LIMIT);
}

static void
unwrap_refuses_tampering(void **state)
{
	unsigned char wrapped[WRAPPED_KEY_MAX], out[KEY_SIZE_MAX];
	struct crypto_span secret = { "sixteen octets..", 16 }, span;
	struct error e;
	size_t length, size, i;

	(void)state;
	assert_int_equal(
		crypto_wrap(master, &label, &secret, wrapped, &length, &e), 0);
	for (i = 0; i < length; i++) {
		wrapped[i] ^= 1;
		span = (struct crypto_span){ wrapped, length };
		assert_int_equal(
			crypto_unwrap(master, &label, &span, out, &size, &e),
			-1);
		assert_int_equal(e.code, ERROR_DENIED);
		wrapped[i] ^= 1;
		/* cut short at every length */
		span.length = i;
		assert_int_equal(
			crypto_unwrap(master, &label, &span, out, &size, &e),
			-1);
		assert_int_equal(e.code, ERROR_DENIED);
	}
}

static void
unwrap_needs_master_and_label(void **state)
{
	static const struct crypto_span other = { "key:K2", 6 };
	unsigned char wrapped[WRAPPED_KEY_MAX], out[KEY_SIZE_MAX];
	unsigned char wrong[MASTER_KEY_SIZE] = { 0 };
	struct crypto_span secret = { "sixteen octets..", 16 }, span;
	struct error e;
	size_t length, size;

	(void)state;
	assert_int_equal(
		crypto_wrap(master, &label, &secret, wrapped, &length, &e), 0);
	span = (struct crypto_span){ wrapped, length };
	assert_int_equal(
		crypto_unwrap(wrong, &label, &span, out, &size, &e), -1);
	assert_int_equal(e.code, ERROR_DENIED);
	assert_int_equal(
		crypto_unwrap(master, &other, &span, out, &size, &e), -1);
	assert_int_equal(e.code, ERROR_DENIED);
}

static int
setup(void **state)
{
	struct error e;

	(void)state;
	return crypto_init(&e);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(digest_matches_fips_180),
		cmocka_unit_test(random_differs),
		cmocka_unit_test(wrap_round_trip),
		cmocka_unit_test(wrap_refuses_long_secrets),
		cmocka_unit_test(unwrap_refuses_tampering),
		cmocka_unit_test(unwrap_needs_master_and_label),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}

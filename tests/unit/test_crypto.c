/*
 * The primitives against published vectors, and wrapping against every way
 * in which a stored key could be tampered with or moved.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
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

/* By the gateway as it starts, and by configure: the same answer. */
static void
releases(void **state)
{
	static const char minima[] = "3.0.22 3.4.7 3.5.8 3.6.4 4.0.2";
	static const struct {
		const char *release;
		unsigned long number;
		const char *fixed;
		int sound;
	} rows[] = {
		{ "3.0.22", 0x30000160, "", 1 },
		{ "3.0.21", 0x30000150, "", 0 },
		{ "3.0.100", 0x30000640, "", 1 },
		{ "3.0.0", 0x30000000, "", 0 },
		{ "3.1.0", 0x30100000, "", 0 },
		{ "3.1.99", 0x30100630, "", 0 },
		{ "3.2.6", 0x30200060, "", 0 },
		{ "3.3.7", 0x30300070, "", 0 },
		{ "3.4.6", 0x30400060, "", 0 },
		{ "3.4.7", 0x30400070, "", 1 },
		{ "3.5.0", 0x30500000, "", 0 },
		{ "3.5.7", 0x30500070, "", 0 },
		{ "3.5.8", 0x30500080, "", 1 },
		{ "3.6.3", 0x30600030, "", 0 },
		{ "3.6.4", 0x30600040, "", 1 },
		{ "4.0.1", 0x40000010, "", 0 },
		{ "4.0.2", 0x40000020, "", 1 },
		{ "4.1.0", 0x40100000, "", 1 },
		{ "5.0.0", 0x50000000, "", 1 },
		{ "1.1.1", 0x101010cf, "", 0 },
		{ "3.5.6", 0x30500060, "3.5.6", 1 },
		{ "3.5.6", 0x30500060, "3.2.2 3.5.6", 1 },
		{ "3.5.6", 0x30500060, "3.5.5 3.5.60", 0 },
		{ "3.5.60", 0x305003c0, "3.5.6", 1 },
		{ "3.2.2", 0x30200020, "3.2.2 3.5.6", 1 },
		{ "3.2.3", 0x30200030, "3.2.2 3.5.6", 0 },
	};
	const char *srcdir = getenv("srcdir");
	char command[1024];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		text_format(command, sizeof(command),
			"sh %s/base/openssl-sound %s '%s' '%s'",
			srcdir == NULL ? "." : srcdir, rows[i].release, minima,
			rows[i].fixed);
		if (crypto_release_sound(rows[i].number, minima,
			    rows[i].fixed) != rows[i].sound ||
			(system(command) == 0) != rows[i].sound)
			fail_msg(
				"%s, fixed %s", rows[i].release, rows[i].fixed);
	}
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
		cmocka_unit_test(releases),
		cmocka_unit_test(random_differs),
		cmocka_unit_test(wrap_round_trip),
		cmocka_unit_test(wrap_refuses_long_secrets),
		cmocka_unit_test(unwrap_refuses_tampering),
		cmocka_unit_test(unwrap_needs_master_and_label),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}

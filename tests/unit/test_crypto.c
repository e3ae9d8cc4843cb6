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

static struct crypto_span
octets(const char *hex, unsigned char out[256])
{
	int length = text_unhex(hex, out, 256);

	assert_true(length >= 0);
	return (struct crypto_span){ out, (size_t)length };
}

/* Cases 1 to 4, 6 and 7 of it; the other cuts the MAC. */
static void
hmac_matches_rfc_4231(void **state)
{
	static const struct {
		const char *key, *text, *mac;
	} rows[] = {
		{ "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b",
			"4869205468657265",
			"b0344c61d8db38535ca8afceaf0bf12b"
			"881dc200c9833da726e9376c2e32cff7" },
		{ "4a656665",
			"7768617420646f2079612077616e7420"
			"666f72206e6f7468696e673f",
			"5bdcc146bf60754e6a042426089575c7"
			"5a003f089d2739839dec58b964ec3843" },
		{ "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
			"dddddddddddddddddddddddddddddddd"
			"dddddddddddddddddddddddddddddddd"
			"dddddddddddddddddddddddddddddddddddd",
			"773ea91e36800e46854db8ebd09181a7"
			"2959098b3ef8c122d9635514ced565fe" },
		{ "0102030405060708090a0b0c0d0e0f10111213141516171819",
			"cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd"
			"cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd"
			"cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd",
			"82558a389a443c0ea4cc819899f2083a"
			"85f0faa3e578f8077a2e3ff46729665b" },
	};
	static const char large[] = "Test Using Larger Than Block-Size Key - "
				    "Hash Key First";
	unsigned char key[256], text[256], mac[SHA256_SIZE];
	char hex[2 * SHA256_SIZE + 1];
	struct crypto_span k, parts[2];
	struct error e;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		k = octets(rows[i].key, key);
		parts[0] = octets(rows[i].text, text);
		parts[1] =
			(struct crypto_span){ text + 3, parts[0].length - 3 };
		parts[0].length = 3;
		assert_int_equal(crypto_hmac(&k, parts, 2, mac, &e), 0);
		text_hex(mac, sizeof(mac), hex);
		assert_string_equal(hex, rows[i].mac);
	}
	memset(key, 0xaa, 131);
	k = (struct crypto_span){ key, 131 };
	parts[0] = (struct crypto_span){ large, strlen(large) };
	assert_int_equal(crypto_hmac(&k, parts, 1, mac, &e), 0);
	text_hex(mac, sizeof(mac), hex);
	assert_string_equal(hex,
		"60e431591ee0b67f0d8a26aacbf5b77f"
		"8e0bc6213728c5140546040f0ee37f54");
}

/* Its cases with SHA-256: A.1, A.2 and A.3. */
static void
hkdf_matches_rfc_5869(void **state)
{
	static const struct {
		const char *key, *salt, *info, *out;
	} rows[] = {
		{ "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b",
			"000102030405060708090a0b0c", "f0f1f2f3f4f5f6f7f8f9",
			"3cb25f25faacd57a90434f64d0362f2a"
			"2d2d0a90cf1a5a4c5db02d56ecc4c5bf"
			"34007208d5b887185865" },
		{ "000102030405060708090a0b0c0d0e0f"
		  "101112131415161718191a1b1c1d1e1f"
		  "202122232425262728292a2b2c2d2e2f"
		  "303132333435363738393a3b3c3d3e3f"
		  "404142434445464748494a4b4c4d4e4f",
			"606162636465666768696a6b6c6d6e6f"
			"707172737475767778797a7b7c7d7e7f"
			"808182838485868788898a8b8c8d8e8f"
			"909192939495969798999a9b9c9d9e9f"
			"a0a1a2a3a4a5a6a7a8a9aaabacadaeaf",
			"b0b1b2b3b4b5b6b7b8b9babbbcbdbebf"
			"c0c1c2c3c4c5c6c7c8c9cacbcccdcecf"
			"d0d1d2d3d4d5d6d7d8d9dadbdcdddedf"
			"e0e1e2e3e4e5e6e7e8e9eaebecedeeef"
			"f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff",
			"b11e398dc80327a1c8e7f78c596a4934"
			"4f012eda2d4efad8a050cc4c19afa97c"
			"59045a99cac7827271cb41c65e590e09"
			"da3275600c2f09b8367793a9aca3db71"
			"cc30c58179ec3e87c14c01d5c1f3434f"
			"1d87" },
		{ "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "", "",
			"8da4e775a563c18f715f802a063c5a31"
			"b8a11f5c5ee1879ec3454e5f3c738d2d"
			"9d201395faa4b61a96c8" },
	};
	unsigned char key[256], salt[256], info[256], out[128];
	char hex[2 * sizeof(out) + 1];
	struct crypto_span k, s, i;
	struct error e;

	(void)state;
	for (size_t row = 0; row < sizeof(rows) / sizeof(rows[0]); row++) {
		k = octets(rows[row].key, key);
		s = octets(rows[row].salt, salt);
		i = octets(rows[row].info, info);
		assert_int_equal(crypto_hkdf(&k, &s, &i, out,
					 strlen(rows[row].out) / 2, &e),
			0);
		text_hex(out, strlen(rows[row].out) / 2, hex);
		assert_string_equal(hex, rows[row].out);
	}
}

static void
same_or_not(void **state)
{
	(void)state;
	assert_true(crypto_same("abc", "abd", 2));
	assert_false(crypto_same("abc", "abd", 3));
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
		cmocka_unit_test(hmac_matches_rfc_4231),
		cmocka_unit_test(hkdf_matches_rfc_5869),
		cmocka_unit_test(same_or_not),
		cmocka_unit_test(releases),
		cmocka_unit_test(random_differs),
		cmocka_unit_test(wrap_round_trip),
		cmocka_unit_test(wrap_refuses_long_secrets),
		cmocka_unit_test(unwrap_refuses_tampering),
		cmocka_unit_test(unwrap_needs_master_and_label),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}

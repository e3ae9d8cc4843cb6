/*
 * Syntax, canonical form and comparison of the three claims.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "parser/claims.h"
#include "parser/principal.h"

static bool
center(const char *text, char out[CENTER_ID_SIZE])
{
	return claims_center(text, strlen(text), out);
}

static bool
serial(const char *text, char out[SERIAL_SIZE])
{
	return claims_serial(text, strlen(text), out);
}

static bool
email_id(const char *text, char out[EMAIL_ID_SIZE])
{
	return claims_email_id(text, strlen(text), out);
}

static void
center_syntax(void **state)
{
	char out[CENTER_ID_SIZE];

	(void)state;
	assert_true(center("k0001", out));
	assert_string_equal(out, "K0001");
	assert_true(center("ABCDEFGHIJ-12345", out));
	assert_false(center("ABCDEFGHIJ-123456", out));
	assert_string_equal(out, "");
	assert_false(center("", out));
	assert_false(center("K 1", out));
	assert_false(center("K\xc3\x84", out));
	assert_false(claims_center("K1\0X", 4, out));
}

static void
serial_syntax(void **state)
{
	char out[SERIAL_SIZE];

	(void)state;
	assert_true(serial("a4fm021007478", out));
	assert_string_equal(out, "A4FM021007478");
	assert_true(serial("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}", out));
	assert_false(serial("123456789012345678901234567890123", out));
	assert_false(serial("A B", out));
	assert_false(serial("A\t", out));
	assert_false(serial("A\x7f", out));
	assert_string_equal(out, "");
}

static void
email_id_syntax(void **state)
{
	char out[EMAIL_ID_SIZE];
	char longest[66];

	(void)state;
	assert_true(email_id("ABCDEFGHIJKLMNOPQRSTUVWX01", out));
	assert_string_equal(out, "abcdefghijklmnopqrstuvwx01");
	assert_false(email_id("abcdefghijklmnopqrstuvwx0", out));
	assert_false(email_id("abcdefghijklmnopqrstuvwx0-", out));
	memset(longest, 'z', sizeof(longest));
	assert_true(claims_email_id(longest, 64, out));
	assert_false(claims_email_id(longest, 65, out));
}

static void
twice_is_doubled(void **state)
{
	struct claims c = { 0 };

	(void)state;
	claims_take_serial(&c, "A1", 2);
	assert_int_equal(c.serial_state, CLAIM_PRESENT);
	claims_take_serial(&c, "A1", 2);
	assert_int_equal(c.serial_state, CLAIM_DOUBLED);
	assert_string_equal(c.serial, "");
	claims_take_center(&c, "no good", 7);
	assert_int_equal(c.center_state, CLAIM_INVALID);
	claims_take_center(&c, "K1", 2);
	assert_int_equal(c.center_state, CLAIM_DOUBLED);
}

static void
agreement(void **state)
{
	struct claims a = { 0 }, b = { 0 };
	const char *what = NULL;

	(void)state;
	assert_true(claims_agree(&a, &b, &what));
	claims_take_center(&a, "K1", 2);
	assert_true(claims_agree(&a, &b, &what));
	claims_take_center(&b, "k1", 2);
	assert_true(claims_agree(&a, &b, &what));
	claims_take_serial(&a, "S1", 2);
	claims_take_serial(&b, "S2", 2);
	assert_false(claims_agree(&a, &b, &what));
	assert_string_equal(what, "serial");
	claims_take_center(&b, "K1", 2);
	assert_false(claims_agree(&a, &b, &what));
	assert_string_equal(what, "center ID");
}

static void
invalid_never_agrees(void **state)
{
	struct claims a = { 0 }, b = { 0 };
	const char *what = NULL;

	(void)state;
	claims_take_email_id(&b, "short", 5);
	assert_false(claims_agree(&a, &b, &what));
	assert_string_equal(what, "Email-ID");
	assert_false(claims_agree(&b, &a, &what));
}

static void
completion(void **state)
{
	struct claims into = { 0 }, from = { 0 };

	(void)state;
	claims_take_center(&into, "K1", 2);
	claims_take_center(&from, "K2", 2);
	claims_take_serial(&from, "S2", 2);
	claims_complete(&into, &from);
	assert_string_equal(into.center, "K1");
	assert_string_equal(into.serial, "S2");
	assert_int_equal(into.serial_state, CLAIM_PRESENT);
	assert_int_equal(into.email_id_state, CLAIM_ABSENT);
}

static void
principals(void **state)
{
	static const struct {
		const char *text, *spelling; /* "": none */
	} rows[] = {
		{ "device:a4fm021007478", "device:A4FM021007478" },
		{ "device:a:b", "device:A:B" },
		{ "device:agent:x", "device:AGENT:X" },
		{ "device:12345678901234567890123456789012",
			"device:12345678901234567890123456789012" },
		{ "device:123456789012345678901234567890123", "" },
		{ "device:", "" },
		{ "device:a b", "" },
		{ "Device:A", "" },
		{ " device:A", "" },
		{ "agent:site-7", "agent:SITE-7" },
		{ "agent:ABCDEFGHIJ-12345", "agent:ABCDEFGHIJ-12345" },
		{ "agent:ABCDEFGHIJ-123456", "" },
		{ "agent:", "" },
		{ "agent:a_b", "" },
		{ "agent", "" },
		{ "collector:South-1", "collector:SOUTH-1" },
		{ "server:12345678901234567890123456789012",
			"server:12345678901234567890123456789012" },
		{ "server:123456789012345678901234567890123", "" },
		{ "server:a/b", "" },
		{ "server:", "" },
		{ "site:A", "" },
		{ "A4FM021007478", "" },
		{ "", "" },
	};
	char out[PRINCIPAL_SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		bool is = principal_parse(
			rows[i].text, strlen(rows[i].text), out);

		assert_string_equal(out, rows[i].spelling);
		assert_int_equal(is, out[0] != '\0');
		assert_int_equal(principal_same(out, rows[i].spelling), is);
	}
	assert_false(principal_parse("device:A\0B", 10, out));
	assert_false(principal_parse("server:A\0B", 10, out));
	assert_true(principal_spell(PRINCIPAL_AGENT, "s7", out));
	assert_string_equal(out, "agent:S7");
	assert_string_equal(principal_name(out, PRINCIPAL_AGENT), "S7");
	assert_null(principal_name(out, PRINCIPAL_DEVICE));
	assert_false(principal_spell(PRINCIPAL_AGENT, "s/7", out));
	assert_string_equal(out, "");
	assert_true(principal_spell(PRINCIPAL_DEVICE, "s/7", out));
	assert_string_equal(principal_name(out, PRINCIPAL_DEVICE), "S/7");
	assert_false(principal_same(out, "device:S/8"));
	assert_false(principal_same(out, "agent:S/7"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(center_syntax),
		cmocka_unit_test(serial_syntax),
		cmocka_unit_test(email_id_syntax),
		cmocka_unit_test(twice_is_doubled),
		cmocka_unit_test(agreement),
		cmocka_unit_test(invalid_never_agrees),
		cmocka_unit_test(completion),
		cmocka_unit_test(principals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

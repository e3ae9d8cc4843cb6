/*
 * Names outside: each has one spelling, and nothing else is read as it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "parser/spelling.h"

static bool
reads(const char *text, char name_r[SERIAL_SIZE])
{
	return spelling_read(text, strlen(text), name_r);
}

static void
known_spellings(void **state)
{
	static const struct {
		const char *name, *spelled;
	} rows[] = {
		{ "A4FM021007478", "A4FM021007478" },
		{ "K-0001", "K-0001" },
		{ "a4=b", "A4=3DB" },
		{ "../..", "=2E=2E=2F=2E=2E" },
		{ "W79/8.1%41", "W79=2F8=2E1=2541" },
		{ "~\\\"", "=7E=5C=22" },
	};
	char out[SPELLED_SIZE], name[SERIAL_SIZE], canonical[SERIAL_SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_true(spelling_make(rows[i].name, out));
		assert_string_equal(out, rows[i].spelled);
		assert_true(reads(out, name));
		assert_true(claims_serial(
			rows[i].name, strlen(rows[i].name), canonical));
		assert_string_equal(name, canonical);
	}
}

/* Every octet a serial may have, at the greatest length. */
static void
each_octet_and_back(void **state)
{
	char serial[SERIAL_SIZE], canonical[SERIAL_SIZE], name[SERIAL_SIZE];
	char out[SPELLED_SIZE];

	(void)state;
	for (int c = 0x21; c <= 0x7e; c++) {
		memset(serial, c, sizeof(serial) - 1);
		serial[sizeof(serial) - 1] = '\0';
		assert_true(claims_serial(serial, strlen(serial), canonical));
		assert_true(spelling_make(serial, out));
		assert_true(reads(out, name));
		assert_string_equal(name, canonical);
	}
}

static void
no_names(void **state)
{
	char out[SPELLED_SIZE] = "x";

	(void)state;
	assert_false(spelling_make("", out));
	assert_string_equal(out, "");
	assert_false(spelling_make("A B", out));
	assert_false(spelling_make("K\xc3\x84", out));
	assert_false(spelling_make("123456789012345678901234567890123", out));
}

#define DOTS "=2E=2E=2E=2E=2E=2E=2E=2E=2E=2E=2E=2E=2E=2E=2E=2E"

static void
other_spellings_are_refused(void **state)
{
	static const char *const rows[] = {
		"",
		"a4fm", /* lower case */
		"=41",  /* A is spelled A */
		"=61",  /* and a is no other name than A */
		"=3d",  /* hex in lower case */
		"=2",   /* cut off */
		"=",
		"A=",
		"=G0",
		"==3D",
		"=00", /* what no serial has */
		"=20",
		"=7F",
		"=C4",
		"A.B", /* not spelled */
		"A/B",
		"A%2EB",
		"A B",
		"A=2EB\n",
		"123456789012345678901234567890123",
		/* one octet more than a serial has */
		(DOTS DOTS "=2E"),
	};
	char name[SERIAL_SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		strcpy(name, "x");
		if (reads(rows[i], name) || name[0] != '\0')
			fail_msg("%s", rows[i]);
	}
	assert_false(spelling_read("A\0B", 3, name));
	assert_false(spelling_read(NULL, 0, name));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_spellings),
		cmocka_unit_test(each_octet_and_back),
		cmocka_unit_test(no_names),
		cmocka_unit_test(other_spellings_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

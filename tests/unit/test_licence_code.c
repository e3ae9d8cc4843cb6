/*
 * What a technician types is the code, or is told to be none: each single
 * character that is wrong, and each two that have changed places.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/crypto.h"
#include "base/text.h"
#include "parser/licence_code.h"

enum { SAMPLES = 200 };

static const char alphabet[] = "ABCDEFGHJKMNPQRSTUVWXYZ23456789";

static void
make(char code[LICENCE_CODE_SIZE])
{
	struct error e;

	assert_int_equal(licence_code_make(code, &e), 0);
}

static bool
reads(const char *text, char out[LICENCE_CODE_SIZE])
{
	struct error e = { 0 };

	if (licence_code_read(text, strlen(text), out, &e) == 0)
		return true;
	assert_int_equal(e.code, ERROR_BAD);
	assert_string_equal(out, "");
	return false;
}

static void
codes_are_read_back(void **state)
{
	char code[LICENCE_CODE_SIZE], other[LICENCE_CODE_SIZE];
	char out[LICENCE_CODE_SIZE], letters[LICENCE_LETTERS + 1] = "";
	int counts[256] = { 0 };

	(void)state;
	for (int i = 0; i < SAMPLES; i++) {
		make(code);
		make(other);
		assert_string_not_equal(code, other);
		assert_int_equal(strlen(code), LICENCE_CODE_SIZE - 1);
		assert_true(reads(code, out));
		assert_string_equal(out, code);
		licence_code_letters(code, letters);
		assert_int_equal(strspn(letters, alphabet), LICENCE_LETTERS);
		assert_true(reads(letters, out));
		assert_string_equal(out, code);
		for (const char *c = letters; *c != '\0'; c++)
			counts[(unsigned char)*c]++;
	}
	for (const char *c = alphabet; *c != '\0'; c++)
		assert_in_range(
			counts[(unsigned char)*c], SAMPLES / 4, SAMPLES * 4);
}

static void
typed_in_any_way(void **state)
{
	char code[LICENCE_CODE_SIZE], text[2 * LICENCE_CODE_SIZE + 8];
	char out[LICENCE_CODE_SIZE];
	size_t at = 0;

	(void)state;
	make(code);
	text_copy(text, sizeof(text), code);
	text_lower(text);
	assert_true(reads(text, out));
	assert_string_equal(out, code);
	for (const char *c = code; *c != '\0'; c++) {
		text[at++] = *c == '-' ? ' ' : *c;
		text[at] = at % 3 == 0 ? '-' : ' ';
		at++;
	}
	text[at] = '\0';
	assert_true(reads(text, out));
	assert_string_equal(out, code);
}

static void
wrong_characters_of(const char *code, size_t length,
	bool (*read)(const char *text, char *out))
{
	char text[LICENCE_CODE_SIZE], out[LICENCE_CODE_SIZE];

	for (size_t i = length > LICENCE_ID_SIZE ? 0 : 4; i < length; i++) {
		if (code[i] == '-')
			continue;
		text_copy(text, sizeof(text), code);
		for (const char *c = alphabet; *c != '\0'; c++) {
			text[i] = *c;
			if (read(text, out) && !text_equal_nocase(text, code))
				fail_msg("%s: %s", code, text);
		}
	}
}

static void
changed_places_of(const char *code, size_t length,
	bool (*read)(const char *text, char *out))
{
	char text[LICENCE_CODE_SIZE], out[LICENCE_CODE_SIZE];
	const size_t first = length > LICENCE_ID_SIZE ? 0 : 4;

	for (size_t i = first; i < length; i++)
		for (size_t j = i + 1; j < length; j++) {
			if (code[i] == code[j] || code[i] == '-' ||
				code[j] == '-')
				continue;
			text_copy(text, sizeof(text), code);
			text[i] = code[j];
			text[j] = code[i];
			if (read(text, out))
				fail_msg("%s: %s", code, text);
		}
}

static void
mistyped_codes_are_none(void **state)
{
	char code[LICENCE_CODE_SIZE];

	(void)state;
	for (int i = 0; i < SAMPLES; i++) {
		make(code);
		wrong_characters_of(code, strlen(code), reads);
		changed_places_of(code, strlen(code), reads);
	}
}

static bool
reads_id(const char *text, char *out)
{
	struct error e = { 0 };

	return licence_id_read(text, strlen(text), out, &e) == 0;
}

static void
mistyped_ids_are_none(void **state)
{
	char id[LICENCE_ID_SIZE], out[LICENCE_ID_SIZE];
	struct error e;

	(void)state;
	for (int i = 0; i < SAMPLES; i++) {
		assert_int_equal(licence_id_make(id, &e), 0);
		assert_int_equal(strlen(id), LICENCE_ID_SIZE - 1);
		assert_true(reads_id(id, out));
		assert_string_equal(out, id);
		wrong_characters_of(id, strlen(id), reads_id);
		changed_places_of(id, strlen(id), reads_id);
		text_upper(id);
		assert_true(reads_id(id, out));
		assert_false(reads_id(id + 1, out));
		assert_false(reads_id(id + 4, out));
	}
}

/* None is longer than it ought to be, however much there is. */
static void
no_codes(void **state)
{
	static const char *const rows[] = { "", "-", "ABCD",
		"AAAA-AAAA-AAAA-AAAA-AAAA-AAAA-AAA",
		"AAAA-AAAA-AAAA-AAAA-AAAA-AAAA-AAAAA",
		"AAAA-AAAA-AAAA-AAAA-AAAA-AAAA-AAA0",
		"AAAA-AAAA-AAAA-AAAA-AAAA-AAAA-AAAO",
		"AAAA-AAAA-AAAA-AAAA-AAAA-AAAA-AAA1",
		"AAAA-AAAA-AAAA-AAAA-AAAA-AAAA-AAAl",
		"AAAA-AAAA-AAAA-AAAA-AAAA-AAAA-AAAi",
		"AAAA-AAAA-AAAA-AAAA-AAAA-AAAA-AAA\xc3\x84",
		"AAAA-AAAA-AAAA-AAAA-AAAA-AAAA-AAAA\n" };
	char out[LICENCE_CODE_SIZE], lots[4096];
	struct error e;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (reads(rows[i], out))
			fail_msg("%s", rows[i]);
	memset(lots, 'A', sizeof(lots));
	assert_int_equal(licence_code_read(lots, sizeof(lots), out, &e), -1);
	assert_int_equal(licence_id_read(lots, sizeof(lots), out, &e), -1);
	assert_int_equal(licence_code_read("AAAA\0AAAA", 9, out, &e), -1);
	assert_int_equal(licence_id_read("lic-\0", 5, out, &e), -1);
	assert_int_equal(licence_code_read(NULL, 0, out, &e), -1);
	assert_int_equal(licence_id_read(NULL, 0, out, &e), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(codes_are_read_back),
		cmocka_unit_test(typed_in_any_way),
		cmocka_unit_test(mistyped_codes_are_none),
		cmocka_unit_test(mistyped_ids_are_none),
		cmocka_unit_test(no_codes),
	};
	struct error e;

	if (crypto_init(&e) == -1)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}

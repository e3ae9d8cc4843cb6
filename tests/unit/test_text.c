/*
 * Text, times, numbers and buffers: what everything else takes for granted.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <regex.h>
#include <string.h>

#include "base/buffer.h"
#include "base/telephone.h"
#include "base/text.h"

static void
times_are_read(void **state)
{
	static const struct {
		const char *text;
		time_t when;
	} rows[] = {
		{ "1970-01-01T00:00:00Z", 0 },
		{ "2026-11-22T12:34:56Z", 1795350896 },
		{ "2026-11-22t12:34:56.789z", 1795350896 },
		{ "2026-11-22 13:34:56+01:00", 1795350896 },
		{ "2026-11-22T07:04:56-05:30", 1795350896 },
		{ "2024-02-29T00:00:00Z", 1709164800 },
		{ "9999-12-31T23:59:59Z", 253402300799 },
	};
	static const char *const bad[] = { "", "2026-11-22",
		"2026-11-22T12:34:56", "2026-11-22T12:34Z",
		"2025-02-29T00:00:00Z", "2026-13-01T00:00:00Z",
		"2026-11-31T00:00:00Z", "2026-11-22T24:00:00Z",
		"2026-11-22T12:60:00Z", "2026-11-22T12:34:56+24:00",
		"2026-11-22T12:34:56.Z", "2026-11-22T12:34:56Z ",
		"02026-11-22T12:34:56Z", "1969-12-31T23:59:59Z",
		"1970-01-01T00:00:00+00:01", "9999-12-31T23:59:59-00:01" };
	time_t when;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (text_time_parse(rows[i].text, &when) != 0)
			fail_msg("refused: %s", rows[i].text);
		assert_int_equal(when, rows[i].when);
	}
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (text_time_parse(bad[i], &when) == 0)
			fail_msg("taken: %s", bad[i]);
}

static void
times_are_written(void **state)
{
	char out[TEXT_TIME_SIZE];

	(void)state;
	text_time(1795350896, out);
	assert_string_equal(out, "2026-11-22T12:34:56Z");
	text_time(253402300799, out);
	assert_string_equal(out, "9999-12-31T23:59:59Z");
	text_time(253402300800, out);
	assert_string_equal(out, "0000-00-00T00:00:00Z");
}

static void
numbers_have_units(void **state)
{
	int64_t value;

	(void)state;
	assert_int_equal(text_duration("90", &value), 0);
	assert_int_equal(value, 90);
	assert_int_equal(text_duration("2w", &value), 0);
	assert_int_equal(value, 1209600);
	assert_int_equal(text_octets("4M", &value), 0);
	assert_int_equal(value, 4 << 20);
	assert_int_equal(text_octets("9223372036854775807", &value), -1);
	assert_int_equal(text_octets("9007199254740992k", &value), -1);
	assert_int_equal(text_duration("", &value), -1);
	assert_int_equal(text_duration("-1", &value), -1);
	assert_int_equal(text_duration("1x", &value), -1);
	assert_int_equal(text_duration("1hh", &value), -1);
	assert_int_equal(text_duration(" 1", &value), -1);
}

static void
hex_goes_both_ways(void **state)
{
	unsigned char octets[4];
	char hex[9];

	(void)state;
	assert_int_equal(text_unhex("00fFa5", octets, sizeof(octets)), 3);
	text_hex(octets, 3, hex);
	assert_string_equal(hex, "00ffa5");
	assert_int_equal(text_unhex("0", octets, sizeof(octets)), -1);
	assert_int_equal(text_unhex("0g", octets, sizeof(octets)), -1);
	assert_int_equal(text_unhex("0011223344", octets, sizeof(octets)), -1);
}

/* Nothing hostile gets through, and nothing is written beyond the end. */
static void
escapes_keep_in_bounds(void **state)
{
	char out[16];

	(void)state;
	text_printable("a\n\\\xff", 4, out, sizeof(out));
	assert_string_equal(out, "a\\x0a\\\\\\xff");
	memset(out, 'x', sizeof(out));
	text_printable("\n\n\n\n\n\n", 6, out, 11);
	assert_true(strlen(out) < 11);
	assert_int_equal(out[11], 'x');
	assert_int_equal(text_json("a\"b\\", out, sizeof(out)), 6);
	assert_string_equal(out, "a\\\"b\\\\");
	assert_int_equal(text_json("aaaa", out, 4), -1);
	assert_false(text_copy(out, 4, "aaaa"));
	assert_string_equal(out, "");
	assert_false(text_format(out, 4, "%d", 12345));
	assert_string_equal(out, "123");
}

/* What text_printable writes comes back as it was, and nothing else does. */
static void
escapes_go_back(void **state)
{
	static const char *const bad[] = { "\\", "\\x", "\\x4", "\\xzz",
		"\\x00", "\\n", "\n", "\xc3", "12345678" };
	char every[256], printable[1024], out[256];
	size_t i;

	(void)state;
	for (i = 0; i < 255; i++)
		every[i] = (char)(i + 1);
	every[255] = '\0';
	text_printable(every, 255, printable, sizeof(printable));
	assert_true(text_unprintable(printable, out, sizeof(out)));
	assert_string_equal(out, every);
	assert_false(text_unprintable(printable, out, 255));
	assert_string_equal(out, "");
	assert_true(text_unprintable("", out, 1));
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		strcpy(out, "x");
		if (text_unprintable(bad[i], out, 8) || out[0] != '\0')
			fail_msg("taken: %s", bad[i]);
	}
}

static void
buffers_have_a_limit(void **state)
{
	struct buffer b = { .limit = 10 };

	(void)state;
	assert_int_equal(buffer_append(&b, "12345", 5), BUFFER_OK);
	assert_int_equal(buffer_append(&b, "678901", 6), BUFFER_FULL);
	assert_int_equal(buffer_format(&b, "%s", "678901"), BUFFER_FULL);
	assert_int_equal(b.length, 5);
	assert_int_equal(buffer_format(&b, "%s", "67890"), BUFFER_OK);
	assert_string_equal((char *)b.data, "1234567890");
	assert_int_equal(buffer_append(&b, "", 0), BUFFER_OK);
	buffer_clear(&b);
	assert_null(b.data);
	assert_int_equal(b.limit, 10);
	b.limit = 0;
	for (int i = 0; i < 5000; i++)
		assert_int_equal(buffer_text(&b, "abc"), BUFFER_OK);
	assert_int_equal(b.length, 15000);
	assert_memory_equal(b.data + 14997, "abc", 4);
	buffer_clear(&b);
}

static void
telephone_numbers(void **state)
{
	static const struct {
		const char *text, *number;
	} rows[] = {
		{ "+49 30 123-456", "+4930123456" },
		{ "  (030) 12.34/56 ", "030123456" },
		{ "acme 7", "ACME7" },
		{ "12345678901234567890", "12345678901234567890" },
		{ "+1234 5678 9012 3456 789 -", "+1234567890123456789" },
		{ "123456789012345678901", "" },
		{ "+12345678901234567890", "" },
		{ "", "" },
		{ " - ", "" },
		{ "+", "" },
		{ "49+30", "" },
		{ "1#", "" },
		{ "1*", "" },
		{ "1\n2", "" },
		{ "^.*$", "" },
		{ "caf\xe9", "" },
	};
	char number[TELEPHONE_SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(telephone_read(rows[i].text, number),
			rows[i].number[0] != '\0');
		assert_string_equal(number, rows[i].number);
	}
}

static bool
matches(const char *number, const char *text)
{
	char pattern[TELEPHONE_PATTERN_SIZE];
	regex_t re;
	bool matched;

	telephone_pattern(number, pattern);
	assert_null(strpbrk(pattern, "#\\!"));
	assert_int_equal(regcomp(&re, pattern, REG_EXTENDED | REG_NOSUB), 0);
	matched = regexec(&re, text, 0, NULL, 0) == 0;
	regfree(&re);
	return matched;
}

static void
telephone_patterns(void **state)
{
	(void)state;
	assert_true(matches("+4930123456", "+4930123456"));
	assert_true(matches("+4930123456", "  +49 30 123-456 "));
	assert_true(matches("ACME7", "Acme 7"));
	assert_true(matches("ZZZZZZZZZZZZZZZZZZZZ", "zzzzzzzzzzzzzzzzzzzz"));
	assert_false(matches("+4930123456", "4930123456"));
	assert_false(matches("+4930123456", "+49301234567"));
	assert_false(matches("+4930123456", "1+4930123456"));
	assert_false(matches("4930", ""));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(times_are_read),
		cmocka_unit_test(times_are_written),
		cmocka_unit_test(numbers_have_units),
		cmocka_unit_test(hex_goes_both_ways),
		cmocka_unit_test(escapes_keep_in_bounds),
		cmocka_unit_test(escapes_go_back),
		cmocka_unit_test(buffers_have_a_limit),
		cmocka_unit_test(telephone_numbers),
		cmocka_unit_test(telephone_patterns),
	};

	return cmocka_run_group_tests_name("text", tests, NULL, NULL);
}

/*
 * CSV: what RFC 4180 allows is read as meant, everything else is refused.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/commands/csv.h"

/* Reads all records into "a|b\nc|d\n"; the error's code, or ERROR_NONE. */
static enum error_code
read_octets(
	const char *octets, size_t length, char out[512], unsigned long *line_r)
{
	FILE *in = fmemopen((void *)(uintptr_t)octets, length, "r");
	struct error e = { ERROR_NONE, "" };
	struct csv *c;
	int more;

	out[0] = '\0';
	assert_int_equal(csv_open(in, &c, &e), 0);
	while ((more = csv_next(c, &e)) == 1) {
		for (size_t i = 0; i < csv_count(c); i++) {
			strcat(out, i > 0 ? "|" : "");
			strcat(out, csv_field(c, i));
		}
		strcat(out, "\n");
	}
	*line_r = csv_line(c);
	if (more == 0)
		assert_int_equal(csv_offset(c), length);
	csv_close(&c);
	assert_null(c);
	fclose(in);
	return more == -1 ? e.code : ERROR_NONE;
}

static void
valid(void **state)
{
	static const struct {
		const char *text, *records;
	} rows[] = {
		{ "a,b\nc,d\n", "a|b\nc|d\n" },
		{ "a,b\r\nc,d", "a|b\nc|d\n" },
		{ "\"a\",\"b,\"\"c\"\"\"\n", "a|b,\"c\"\n" },
		{ "\"two\nlines\",x\n", "two\nlines|x\n" },
		{ "\"two\r\nlines\"\n", "two\r\nlines\n" },
		{ ",,\n", "||\n" },
		{ "a,\n,b\n", "a|\n|b\n" },
		{ "\"\"\n", "\n" },
		{ "\n\na\n\r\n\nb\n\n", "a\nb\n" },
		{ "\xef\xbb\xbfserial\nx\n", "serial\nx\n" },
		{ " a , b \n", " a | b \n" },
		{ "\n", "" },
		{ "N\xc3\xba", "N\xc3\xba\n" },
	};
	char out[512];
	unsigned long line;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(read_octets(rows[i].text, strlen(rows[i].text),
					 out, &line),
			ERROR_NONE);
		assert_string_equal(out, rows[i].records);
	}
}

static void
invalid(void **state)
{
	static const struct {
		const char *text;
		size_t length;
		unsigned long line;
	} rows[] = {
		{ "a,\"b\n", 5, 1 },
		{ "ok\na\"b\n", 7, 2 },
		{ "ok\n\n\"a\"b\n", 9, 3 },
		{ "\"a\" ,b\n", 7, 1 },
		{ "a\rb\n", 4, 1 },
		{ "a\r", 2, 1 },
		{ "a\0b\n", 4, 1 },
		{ "\"a\0b\"\n", 6, 1 },
		{ "\"x\ny\"\n\"z\"\"", 10, 3 },
	};
	char out[512];
	unsigned long line;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(
			read_octets(rows[i].text, rows[i].length, out, &line),
			ERROR_BAD);
		assert_int_equal(line, rows[i].line);
	}
}

/* As spreadsheets write it, with a fault in between. */
static void
separators_and_faults(void **state)
{
	static char text[] = "\"a;b\";c,d\n1;2\n\"x\"y;3\n4;\"5\"\n";
	FILE *in = fmemopen(text, strlen(text), "r");
	struct error e;
	struct csv *c;

	(void)state;
	assert_int_equal(csv_open(in, &c, &e), 0);
	csv_guess_separator(c);
	assert_int_equal(csv_next(c, &e), 1);
	assert_int_equal(csv_count(c), 2);
	assert_string_equal(csv_field(c, 0), "a;b");
	assert_string_equal(csv_field(c, 1), "c,d");
	assert_int_equal(csv_next(c, &e), 1);
	assert_int_equal(csv_next(c, &e), -1);
	assert_int_equal(csv_line(c), 3);
	csv_skip(c);
	assert_int_equal(csv_next(c, &e), 1);
	assert_int_equal(csv_line(c), 4);
	assert_string_equal(csv_field(c, 1), "5");
	assert_int_equal(csv_next(c, &e), 0);
	csv_close(&c);
	fclose(in);
}

/* A record of one field with so many octets, or of so many fields. */
static enum error_code
read_large(size_t octets, size_t fields)
{
	char *text = malloc(octets + fields + 1);
	size_t length = octets;
	FILE *in;
	struct csv *c;
	struct error e = { ERROR_NONE, "" };

	memset(text, 'x', octets);
	memset(text + octets, ',', fields - 1);
	length += fields - 1;
	text[length++] = '\n';
	in = fmemopen(text, length, "r");
	assert_int_equal(csv_open(in, &c, &e), 0);
	if (csv_next(c, &e) == 1)
		assert_int_equal(csv_count(c), fields);
	csv_close(&c);
	fclose(in);
	free(text);
	return e.code;
}

static void
limits(void **state)
{
	(void)state;
	assert_int_equal(read_large(CSV_RECORD_MAX - 1, 1), ERROR_NONE);
	assert_int_equal(read_large(CSV_RECORD_MAX, 1), ERROR_LIMIT);
	assert_int_equal(read_large(1, CSV_FIELDS_MAX), ERROR_NONE);
	assert_int_equal(read_large(1, CSV_FIELDS_MAX + 1), ERROR_LIMIT);
}

static void
written_is_read_back(void **state)
{
	static const char *const fields[] = { "plain", "", "with,comma",
		"with \"quotes\"", "two\r\nlines", " gaps " };
	static const char *const nothing[] = { "" };
	char text[512] = "";
	char out[512];
	unsigned long line;
	FILE *file = fmemopen(text, sizeof(text), "w");

	(void)state;
	csv_write(file, fields, 6);
	csv_write(file, nothing, 1);
	fclose(file);
	assert_int_equal(
		read_octets(text, strlen(text), out, &line), ERROR_NONE);
	assert_string_equal(out,
		"plain||with,comma|with \"quotes\"|two\r\nlines| gaps \n\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(valid),
		cmocka_unit_test(invalid),
		cmocka_unit_test(separators_and_faults),
		cmocka_unit_test(limits),
		cmocka_unit_test(written_is_read_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

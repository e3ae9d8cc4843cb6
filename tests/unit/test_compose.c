/*
 * Mail that we make: fields that nothing gets into, dates, and a sealed mail
 * that is read back, by us and by openssl.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "parser/compose.h"
#include "parser/date.h"
#include "parser/entity.h"
#include "parser/limits.h"
#include "parser/seal.h"

static const unsigned char key[32] = "an example of a key, 32 octets.";
static struct error err;

static void
fields(void **state)
{
	struct buffer mail = { 0 };

	(void)state;
	assert_int_equal(compose_field(&mail, "To", "a@b.example", &err), 0);
	assert_int_equal(
		compose_field(&mail, "Subject", "CSRC: one two", &err), 0);
	assert_string_equal((char *)mail.data,
		"To: a@b.example\r\nSubject: CSRC: one two\r\n");
	buffer_clear(&mail);
}

static void
injection(void **state)
{
	static const struct {
		const char *name, *value;
	} rows[] = {
		{ "To", "a@b.example\r\nBcc: c@d.example" },
		{ "To", "a@b.example\nBcc: c@d.example" },
		{ "To", "a@b.example\rBcc: c@d.example" },
		{ "To", "a@b.example\r\n" },
		{ "To", "a@b.example\r\n folded" },
		{ "To", "a\tb" },
		{ "To", "a\x7f" },
		{ "To", "a\x01" },
		{ "To", "K\xc3\xb6ln" },
		{ "To", "" },
		{ "To", " " },
		{ "To", " a" },
		{ "To", "a " },
		{ "To: x\r\nBcc", "a" },
		{ "To:", "a" },
		{ "T o", "a" },
		{ "", "a" },
	};
	struct buffer mail = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (compose_field(&mail, rows[i].name, rows[i].value, &err) !=
			-1)
			fail_msg("row %zu", i);
		assert_int_equal(err.code, ERROR_BAD);
		assert_int_equal(mail.length, 0);
	}
}

static void
line_length(void **state)
{
	struct buffer mail = { 0 };
	char value[998];

	(void)state;
	memset(value, 'v', sizeof(value));
	value[998 - 4] = '\0'; /* "To: " before it */
	assert_int_equal(compose_field(&mail, "To", value, &err), 0);
	assert_int_equal(mail.length, 998 + 2);
	assert_int_equal(compose_field(&mail, "Too", value, &err), -1);
	assert_int_equal(err.code, ERROR_BAD);
	assert_int_equal(mail.length, 998 + 2);
	buffer_clear(&mail);
}

static void
claims(void **state)
{
	struct buffer mail = { 0 };
	struct claims c = { 0 };

	(void)state;
	claims_take_center(&c, "K0001", 5);
	claims_take_serial(&c, "(:%-)", 5);
	assert_int_equal(compose_claims(&mail, &c, &err), 0);
	assert_string_equal((char *)mail.data,
		"CSRC-Center-ID: K0001\r\nCSRC-Device-Serial: (:%-)\r\n");
	buffer_clear(&mail);
}

static void
dates(void **state)
{
	static const struct {
		time_t when;
		const char *text;
	} rows[] = {
		{ 0, "Date: Thu, 01 Jan 1970 00:00:00 +0000\r\n" },
		{ 1582979696, "Date: Sat, 29 Feb 2020 12:34:56 +0000\r\n" },
		{ 1795348799, "Date: Sun, 22 Nov 2026 11:59:59 +0000\r\n" },
	};
	struct buffer mail = { 0 };
	struct date date;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(compose_date(&mail, rows[i].when, &err), 0);
		assert_string_equal((char *)mail.data, rows[i].text);
		mail.data[mail.length - 2] = '\0';
		assert_true(date_read_mail((char *)mail.data + 6, &date));
		assert_int_equal(date.earliest, rows[i].when);
		buffer_clear(&mail);
	}
}

static void
check_lines(const struct buffer *mail)
{
	const char *at = (char *)mail->data, *end;

	for (; *at != '\0'; at = end + 1) {
		end = strchr(at, '\n');
		assert_non_null(end);
		assert_true(end > at || at == (char *)mail->data);
		assert_int_equal(end[-1], '\r');
		assert_null(memchr(at, '\r', (size_t)(end - 1 - at)));
	}
	at = strstr((char *)mail->data, "\r\n\r\n") + 4;
	for (; *at != '\0'; at = end + 2) {
		end = strstr(at, "\r\n");
		assert_in_range(end - at, 1, 76);
		assert_true(end - at == 76 || end[2] == '\0');
	}
}

/* Sizes round the last line's; what comes back is what was sealed. */
static void
sealed(void **state)
{
	struct buffer plain = { 0 }, der = { 0 }, mail = { 0 }, out = { 0 };
	struct entity *entity;
	struct seal_fields seal;
	size_t i;

	(void)state;
	for (i = 1; i < 200; i++) {
		assert_int_equal(buffer_text(&plain, "x"), BUFFER_OK);
		assert_int_equal(
			seal_make(plain.data, plain.length, key, 32,
				(const unsigned char *)"id", 2, &der, &err),
			0);
		assert_int_equal(
			compose_field(&mail, "To", "a@b.example", &err), 0);
		assert_int_equal(
			compose_sealed(&mail, der.data, der.length, &err), 0);
		check_lines(&mail);
		assert_int_equal(entity_parse(mail.data, mail.length,
					 &limits_default, &entity, &err),
			0);
		assert_int_equal(entity->part_count, 1);
		assert_true(part_is_sealed(&entity->parts[0]));
		assert_int_equal(entity->parts[0].length, der.length);
		assert_memory_equal(
			entity->parts[0].data, der.data, der.length);
		assert_int_equal(
			seal_read(der.data, der.length, &seal, &err), 0);
		assert_int_equal(seal_open(&seal, key, 32, &out, &err), 0);
		assert_int_equal(out.length, plain.length);
		assert_memory_equal(out.data, plain.data, plain.length);
		buffer_clear(&seal.content);
		entity_free(&entity);
		buffer_clear(&out);
		buffer_clear(&mail);
		buffer_clear(&der);
	}
	buffer_clear(&plain);
}

static void
no_room(void **state)
{
	struct buffer mail = { .limit = 40 };

	(void)state;
	assert_int_equal(compose_date(&mail, 0, &err), 0);
	assert_int_equal(compose_field(&mail, "To", "a@b.example", &err), -1);
	assert_int_equal(err.code, ERROR_TROUBLE);
	assert_int_equal(compose_sealed(&mail, "der", 3, &err), -1);
	assert_int_equal(err.code, ERROR_TROUBLE);
	buffer_clear(&mail);
}

static int
setup(void **state)
{
	(void)state;
	return parser_init(&err);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fields),
		cmocka_unit_test(injection),
		cmocka_unit_test(line_length),
		cmocka_unit_test(claims),
		cmocka_unit_test(dates),
		cmocka_unit_test(sealed),
		cmocka_unit_test(no_room),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}

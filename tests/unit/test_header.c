/*
 * csrc-device's own look at a header: what comes from it goes into another
 * header, so that what could harm there must not come out.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "device/header.h"

static struct error err;

static struct buffer
mail_of(const char *text)
{
	struct buffer mail = { 0 };

	assert_int_equal(buffer_text(&mail, text), BUFFER_OK);
	return mail;
}

static void
values(void **state)
{
	static const struct {
		const char *mail, *value; /* of X; NULL: none */
	} rows[] = {
		{ "X: a\r\n\r\n", "a" },
		{ "X: a\n\n", "a" },
		{ "x:a", "a" },
		{ "A: b\r\nX:  a b \r\nC: d\r\n\r\n", "a b" },
		{ "X: a\r\n b\r\n\r\n", "a b" },
		{ "X:\r\n a\r\n\r\n", "a" },
		{ "X: a\r\nX: b\r\n\r\n", "a" },
		{ "A: b\r\n\r\nX: a\r\n", NULL },
		{ "no field\r\nX: a\r\n", NULL },
		{ "Xx: a\r\n\r\n", NULL },
		{ "X: \r\n\r\n", NULL },
		{ "X:", NULL },
		{ "X", NULL },
		{ "X: a\x01\r\n\r\n", NULL },
		{ "X: a\tb\r\n\r\n", NULL },
		{ "X: \xc3\xb6\r\n\r\n", NULL },
		{ "X: 123456789\r\n\r\n", NULL }, /* no room */
		{ "X: 1234567\r\n\r\n", "1234567" },
		{ "", NULL },
	};
	struct buffer mail;
	char out[8];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		mail = mail_of(rows[i].mail);
		if (header_value(&mail, "X", out, sizeof(out)) !=
				(rows[i].value != NULL) ||
			(rows[i].value != NULL &&
				strcmp(out, rows[i].value) != 0))
			fail_msg("row %zu: %s", i, out);
		buffer_clear(&mail);
	}
}

static void
addresses(void **state)
{
	static const struct {
		const char *mail, *address; /* NULL: none */
	} rows[] = {
		{ "From: a@b.example\r\n\r\n", "a@b.example" },
		{ "From: <a@b.example>\r\n\r\n", "a@b.example" },
		{ "From: \"K, 1\" <a@b.example>\r\n\r\n", "a@b.example" },
		{ "From: K\r\n <a@b.example>\r\n\r\n", "a@b.example" },
		{ "From: a@b.example, c@d.example\r\n\r\n", NULL },
		{ "From: <a@b.example\r\n\r\n", NULL },
		{ "From: K\r\n\r\n", NULL },
		{ "From: <>\r\n\r\n", NULL },
		{ "From: a@b@c\r\n\r\n", NULL },
		{ "From: g: a@b.example;\r\n\r\n", NULL },
		{ "From: <\"a b\"@c.example>\r\n\r\n", NULL },
	};
	struct buffer mail;
	char out[64];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		mail = mail_of(rows[i].mail);
		if (header_address(&mail, "From", out, sizeof(out)) !=
				(rows[i].address != NULL) ||
			(rows[i].address != NULL &&
				strcmp(out, rows[i].address) != 0))
			fail_msg("row %zu: %s", i, out);
		buffer_clear(&mail);
	}
}

static void
copies(void **state)
{
	struct buffer mail, out = { 0 };

	(void)state;
	mail = mail_of("Subject: s\nContent-Type: text/plain;\n\tcharset=x\n"
		       "content-id: 1\r\nContent: no\r\n\nContent-X: body\n");
	assert_int_equal(header_copy(&mail, "Content-", &out, &err), 0);
	assert_string_equal((char *)out.data,
		"Content-Type: text/plain;\n\tcharset=x\r\n"
		"content-id: 1\r\n");
	assert_string_equal(
		(char *)mail.data + header_end(&mail), "Content-X: body\n");
	buffer_clear(&out);
	buffer_clear(&mail);
}

static void
ends(void **state)
{
	static const struct {
		const char *mail;
		size_t end;
	} rows[] = {
		{ "A: b\r\n\r\nbody", 8 },
		{ "A: b\n\nbody", 6 },
		{ "A: b\r\n", 6 },
		{ "A: b", 4 },
		{ "\r\nbody", 2 },
		{ "\nbody", 1 },
		{ "body", 0 },
	};
	struct buffer mail;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		mail = mail_of(rows[i].mail);
		assert_int_equal(header_end(&mail), rows[i].end);
		buffer_clear(&mail);
	}
}

/* Cut anywhere, no octet beyond the end is read (a sanitizer would tell). */
static void
cut(void **state)
{
	static const char text[] =
		"From: K\r\n <a@b.example>\r\nContent-Type: x;\r\n y\r\n\r\nb";
	struct buffer mail, out = { 0 };
	char value[64];
	size_t length;

	(void)state;
	for (length = 0; length < sizeof(text); length++) {
		memset(&mail, 0, sizeof(mail));
		assert_int_equal(buffer_append(&mail, text, length), BUFFER_OK);
		header_value(&mail, "Content-Type", value, sizeof(value));
		header_address(&mail, "From", value, sizeof(value));
		assert_int_equal(header_copy(&mail, "Content-", &out, &err), 0);
		assert_true(header_end(&mail) <= length);
		buffer_clear(&out);
		buffer_clear(&mail);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values),
		cmocka_unit_test(addresses),
		cmocka_unit_test(copies),
		cmocka_unit_test(ends),
		cmocka_unit_test(cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

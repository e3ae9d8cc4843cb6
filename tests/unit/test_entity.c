/*
 * MIME entities: what is taken from them, each limit at its value and one
 * beyond, and mails made to exhaust a MIME parser.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "parser/entity.h"

static const struct limits normal = {
	.message_size = 4 << 20,
	.header_size = 64 << 10,
	.header_fields = 200,
	.line_length = 8192,
	.parts = 32,
	.depth = 8,
	.report_size = 1 << 20,
};

static struct error err;

static struct entity *
parse_octets(const void *octets, size_t length, const struct limits *l)
{
	struct entity *entity;
	int rc;

	memset(&err, 0, sizeof(err));
	rc = entity_parse(octets, length, l, &entity, &err);
	assert_int_equal(rc, entity == NULL ? -1 : 0);
	return entity;
}

static struct entity *
parse(const char *text)
{
	return parse_octets(text, strlen(text), &normal);
}

/* Refused, with this code? */
static void
refuse_octets(const void *octets, size_t length, const struct limits *l,
	enum error_code code)
{
	struct entity *entity = parse_octets(octets, length, l);

	assert_null(entity);
	assert_int_equal(err.code, code);
	assert_string_not_equal(err.text, "");
}

static void
refuse(const char *text, enum error_code code)
{
	refuse_octets(text, strlen(text), &normal, code);
}

static void
check_part(
	const struct part *p, const char *type, const void *data, size_t length)
{
	assert_string_equal(p->type, type);
	assert_int_equal(p->length, length);
	assert_memory_equal(p->data, data, length);
	assert_int_equal(p->data[length], 0);
}

static void
single_leaf(void **state)
{
	struct entity *entity = parse("Subject: x\r\n"
				      "Date: Thu,\r\n 1 Jun 2023 01:02:03 +0000"
				      "\r\n"
				      "Content-Type: text/PLAIN;"
				      " charset=ISO-8859-1\r\n"
				      "\r\nline one\r\nline two\r\n");

	(void)state;
	assert_non_null(entity);
	assert_int_equal(entity->part_count, 1);
	check_part(&entity->parts[0], "text/plain", "line one\r\nline two\r\n",
		20);
	assert_string_equal(entity->parts[0].charset, "iso-8859-1");
	assert_null(entity->parts[0].name);
	assert_string_equal(entity->date, "Thu, 1 Jun 2023 01:02:03 +0000");
	assert_false(part_is_sealed(&entity->parts[0]));
	entity_free(&entity);
	assert_null(entity);
}

static void
defaults(void **state)
{
	struct entity *entity = parse("Subject: only a header\n");

	(void)state;
	assert_non_null(entity);
	assert_int_equal(entity->part_count, 1);
	check_part(&entity->parts[0], "text/plain", "", 0);
	assert_null(entity->date);
	entity_free(&entity);
	entity = parse("Subject: no end of line");
	assert_non_null(entity);
	entity_free(&entity);
	entity = parse("Content-Type: application/pkcs7-mime");
	assert_non_null(entity);
	assert_true(part_is_sealed(&entity->parts[0]));
	entity_free(&entity);
}

static void
decoding(void **state)
{
	struct entity *entity =
		parse("MIME-Version: 1.0\n"
		      "Content-Type: multipart/mixed; boundary=\"=_b1\"\n\n"
		      "preamble\n"
		      "--=_b1\n"
		      "Content-Transfer-Encoding: base64\n"
		      "Content-Type: application/octet-stream\n"
		      "Content-Disposition: attachment;\n"
		      " filename*=utf-8''z%C3%A4hler.txt\n\n"
		      "AAEC\nAwQF\n"
		      "--=_b1\n"
		      "Content-Transfer-Encoding: quoted-printable\n\n"
		      "a=3Db=\nc\n"
		      "--=_b1\n"
		      "Content-Type: multipart/alternative; boundary=b2\n\n"
		      "--b2\n\ninner\n--b2--\n"
		      "--=_b1--\nepilogue\n");

	(void)state;
	assert_non_null(entity);
	assert_int_equal(entity->part_count, 3);
	check_part(&entity->parts[0], "application/octet-stream",
		"\0\1\2\3\4\5", 6);
	assert_string_equal(entity->parts[0].name, "z\xc3\xa4hler.txt");
	check_part(&entity->parts[1], "text/plain", "a=bc", 4);
	check_part(&entity->parts[2], "text/plain", "inner", 5);
	entity_free(&entity);
}

static void
octets_survive(void **state)
{
	static const char mail[] = "Content-Type: text/plain\r\n\r\n"
				   "a\0b\rc\xff\x80 \0\0end";
	struct entity *entity = parse_octets(mail, sizeof(mail) - 1, &normal);

	(void)state;
	assert_non_null(entity);
	check_part(&entity->parts[0], "text/plain", mail + 28,
		sizeof(mail) - 1 - 28);
	entity_free(&entity);
}

static void
nested_mail_is_opaque(void **state)
{
	struct entity *entity =
		parse("Content-Type: multipart/digest; boundary=b\n\n"
		      "--b\n\nSubject: inner\n\nbody\n"
		      "--b\nContent-Type: message/rfc822\n\n"
		      "CSRC-Center-ID: K9\n\ntext\n--b--\n");

	(void)state;
	assert_non_null(entity);
	assert_int_equal(entity->part_count, 2);
	check_part(&entity->parts[1], "message/rfc822",
		"CSRC-Center-ID: K9\n\ntext", 24);
	assert_int_equal(entity->claims.center_state, CLAIM_ABSENT);
	entity_free(&entity);
}

static void
claims_in_fields(void **state)
{
	struct entity *entity =
		parse("CSRC-Center-ID:\r\n   k0001  \r\n"
		      "csrc-device-serial : A4FM021007478\r\n"
		      "CSRC-EMAIL-ID: 5f0k3v9y2m7c1q8x4t6b0n3d5h\r\n"
		      "In-Reply-To:\r\n <5F0K3v9y2m7c1q8x4t6b0n3d5h@a.example>"
		      "\r\n\r\nCSRC-Center-ID: in the body\r\n");

	(void)state;
	assert_non_null(entity);
	assert_string_equal(entity->claims.center, "K0001");
	assert_string_equal(entity->claims.serial, "A4FM021007478");
	assert_string_equal(
		entity->claims.email_id, "5f0k3v9y2m7c1q8x4t6b0n3d5h");
	assert_string_equal(entity->reply_id, "5f0k3v9y2m7c1q8x4t6b0n3d5h");
	entity_free(&entity);
	entity = parse("CSRC-Center-ID: K1\nX: y\nCSRC-Center-ID: K1\n"
		       "CSRC-Device-Serial: two words\n"
		       "In-Reply-To: <123@a.example>\n\n");
	assert_non_null(entity);
	assert_int_equal(entity->claims.center_state, CLAIM_DOUBLED);
	assert_int_equal(entity->claims.serial_state, CLAIM_INVALID);
	assert_int_equal(entity->claims.email_id_state, CLAIM_ABSENT);
	assert_string_equal(entity->reply_id, "");
	entity_free(&entity);
	/* another program's Message-ID, not one of ours */
	entity = parse("X: y\nIn-Reply-To: "
		       "<0123456789abcdef0123456789abcdef@a.example>\n\n");
	assert_non_null(entity);
	assert_string_equal(entity->reply_id, "");
	entity_free(&entity);
}

static void
malformed(void **state)
{
	(void)state;
	refuse("", ERROR_BAD);
	refuse("\r\n", ERROR_BAD);
	refuse("\r\nbody only\r\n", ERROR_BAD);
	refuse("no field here\n\n", ERROR_BAD);
	refuse(" folded first\n\n", ERROR_BAD);
	refuse(": no name\n\n", ERROR_BAD);
	refuse("From me Thu Jun  1 2023\nSubject: x\n\n", ERROR_BAD);
	refuse("S\xc3\xbc: x\n\n", ERROR_BAD);
	refuse("Subject: bare\rCSRC-Center-ID: K1\n\n", ERROR_BAD);
	refuse("Content-Type: text/plain\nContent-Type: text/html\n\n",
		ERROR_BAD);
	refuse_octets("Subject: a\0b\n\n", 14, &normal, ERROR_BAD);
}

/* Forms in which a library might see a boundary that the scan does not. */
static void
odd_boundaries(void **state)
{
	(void)state;
	refuse("Content-Type: multipart/mixed; boundary*0=a; boundary*1=b\n\n",
		ERROR_BAD);
	refuse("Content-Type: multipart/mixed; boundary*=utf-8''ab\n\n",
		ERROR_BAD);
	refuse("Content-Type: multipart/mixed; boundary=\"a\\b\"\n\n",
		ERROR_BAD);
	refuse("Content-Type: multipart/mixed; boundary (c) = ab\n\n",
		ERROR_BAD);
	refuse("Content-Type: multipart/mixed; boundary=\"\"\n\n", ERROR_BAD);
	refuse("Content-Type: (text/plain) multipart/mixed; BOUNDARY*=a\n\n",
		ERROR_BAD);
	refuse("Content-Type: multipart/mixed; boundary=\"=?utf-8?q?a?=\"\n\n",
		ERROR_BAD);
}

/* text, then c repeated, then more text. */
static void
repeat(struct buffer *b, const char *text, size_t times)
{
	while (times-- > 0)
		assert_int_equal(buffer_text(b, text), BUFFER_OK);
}

static void
check_bound(struct buffer *b, const struct limits *l, enum error_code code)
{
	struct entity *entity;

	if (code == ERROR_NONE) {
		entity = parse_octets(b->data, b->length, l);
		assert_non_null(entity);
		entity_free(&entity);
	} else {
		refuse_octets(b->data, b->length, l, code);
	}
	buffer_clear(b);
}

static void
limits_of_size(void **state)
{
	static const char mail[] = "Subject: x\r\n\r\nbody";
	struct limits l = normal;
	struct entity *entity;

	(void)state;
	l.message_size = sizeof(mail) - 1;
	entity = parse_octets(mail, sizeof(mail) - 1, &l);
	assert_non_null(entity);
	entity_free(&entity);
	l.message_size--;
	refuse_octets(mail, sizeof(mail) - 1, &l, ERROR_LIMIT);
	l = normal;
	l.header_size = 12;
	entity = parse_octets(mail, sizeof(mail) - 1, &l);
	assert_non_null(entity);
	entity_free(&entity);
	l.header_size--;
	refuse_octets(mail, sizeof(mail) - 1, &l, ERROR_LIMIT);
}

static void
limits_of_fields(void **state)
{
	struct buffer b = { 0 };
	int beyond;

	(void)state;
	for (beyond = 0; beyond <= 1; beyond++) {
		repeat(&b, "A: b\r\n", 200 + (size_t)beyond);
		check_bound(&b, &normal, beyond ? ERROR_LIMIT : ERROR_NONE);
		buffer_text(&b,
			"Content-Type: multipart/mixed; boundary=b\n\n"
			"--b\n");
		repeat(&b, "A: b\r\n", 200 + (size_t)beyond);
		check_bound(&b, &normal, beyond ? ERROR_LIMIT : ERROR_NONE);
	}
}

static void
limits_of_lines(void **state)
{
	struct buffer b = { 0 };
	int beyond;

	(void)state;
	for (beyond = 0; beyond <= 1; beyond++) {
		buffer_text(&b, "X: ");
		repeat(&b, "x", 8192 - 3 + (size_t)beyond);
		buffer_text(&b, "\r\n\r\n");
		check_bound(&b, &normal, beyond ? ERROR_LIMIT : ERROR_NONE);
		buffer_text(&b, "X: y\r\n\r\n");
		repeat(&b, "x", 8192 + (size_t)beyond);
		buffer_text(&b, "\r\n");
		check_bound(&b, &normal, beyond ? ERROR_LIMIT : ERROR_NONE);
		buffer_text(&b,
			"Content-Type: multipart/mixed; boundary=b\n\n"
			"--b\n\n");
		repeat(&b, "x", 8192 + (size_t)beyond);
		buffer_text(&b, "\n--b--\n");
		check_bound(&b, &normal, beyond ? ERROR_LIMIT : ERROR_NONE);
	}
	/* content that is not made of lines has none that are too long */
	buffer_text(&b, "Content-Type: application/json\r\n\r\n");
	repeat(&b, "x", 9000);
	check_bound(&b, &normal, ERROR_NONE);
	buffer_text(&b, "Content-Transfer-Encoding: binary\r\n\r\n");
	repeat(&b, "x", 9000);
	check_bound(&b, &normal, ERROR_NONE);
}

static void
limits_of_parts(void **state)
{
	struct buffer b = { 0 };
	int beyond;

	(void)state;
	for (beyond = 0; beyond <= 1; beyond++) {
		buffer_text(
			&b, "Content-Type: multipart/mixed; boundary=b\n\n");
		repeat(&b, "--b\n\nx\n", 31 + (size_t)beyond);
		buffer_text(&b, "--b--\n");
		check_bound(&b, &normal, beyond ? ERROR_LIMIT : ERROR_NONE);
	}
	/* dashes that are no delimiters are text */
	buffer_text(&b, "Content-Type: multipart/mixed; boundary=b\n\n--b\n\n");
	repeat(&b, "-- \n--------\n", 500);
	check_bound(&b, &normal, ERROR_NONE);
}

static void
nest(struct buffer *b, int depth)
{
	int i;

	for (i = 0; i < depth; i++)
		buffer_format(b,
			"Content-Type: multipart/mixed; boundary=b%d\n\n"
			"--b%d\n",
			i, i);
	buffer_text(b, "\nx\n");
	while (i-- > 0)
		buffer_format(b, "--b%d--\n", i);
}

static void
limits_of_depth(void **state)
{
	struct buffer b = { 0 };

	(void)state;
	nest(&b, 8);
	check_bound(&b, &normal, ERROR_NONE);
	nest(&b, 9);
	check_bound(&b, &normal, ERROR_LIMIT);
	nest(&b, 1024);
	check_bound(&b, &normal, ERROR_LIMIT);
	nest(&b, 60000);
	check_bound(&b, &normal, ERROR_LIMIT);
}

static void
hostile_parts(void **state)
{
	struct limits wide = normal;
	struct buffer b = { 0 };

	(void)state;
	wide.message_size = 64 << 20;
	buffer_text(&b, "Content-Type: multipart/mixed; boundary=b\n\n");
	repeat(&b, "--b\n\n", 1000000);
	check_bound(&b, &wide, ERROR_LIMIT);
	/* the boundary longer in the mail than where a quote ends it */
	buffer_text(&b, "Content-Type: multipart/mixed; boundary=b:x\n\n");
	repeat(&b, "--b:x\n\n", 100000);
	check_bound(&b, &wide, ERROR_LIMIT);
	buffer_text(&b,
		"Content-Type: message/rfc822\n\n"
		"Content-Type: multipart/mixed; boundary=b\n\n");
	repeat(&b, "--b\n\n", 100000);
	check_bound(&b, &wide, ERROR_LIMIT);
}

static void
hostile_headers(void **state)
{
	struct limits wide = normal;
	struct buffer b = { 0 };

	(void)state;
	wide.message_size = 64 << 20;
	repeat(&b, "A: b\n", 1000000);
	check_bound(&b, &wide, ERROR_LIMIT);
	buffer_text(&b, "Content-Type: text/plain");
	repeat(&b, "; a=b", 1500);
	buffer_text(&b, "\n\n");
	check_bound(&b, &normal, ERROR_NONE);
	buffer_text(&b, "Content-Type: text/plain");
	repeat(&b, ";\n a*0*=b", 7000);
	buffer_text(&b, "\n\n");
	check_bound(&b, &normal, ERROR_NONE);
}

/* Nested groups in an address field, here and where GMime might look. */
static void
hostile_addresses(void **state)
{
	static const char *const fields[] = { "To", "From", "Sender",
		"Reply-To", "Cc", "Bcc" };
	static const char *const wrappers[] = {
		"",
		"Content-Type: message/rfc822\n\n",
		"Content-Type: multipart/digest; boundary=b\n\n--b\n\n",
		("Content-Type: multipart/mixed; boundary=b\n\n--b\n"
		 "Content-Type: message/news\n\n"),
		"Content-Type: message/global\n\n",
		"Content-Type: multipart/mixed; boundary=b\n\n--b\n",
	};
	struct limits wide = normal;
	struct buffer b = { 0 };
	size_t i, j, k;

	(void)state;
	wide.line_length = wide.header_size = 1 << 20;
	for (i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		for (j = 0; j < sizeof(wrappers) / sizeof(wrappers[0]); j++) {
			buffer_format(&b, "%s%s: ", wrappers[j], fields[i]);
			for (k = 0; k < 50000; k++)
				buffer_append(&b, "a:", 2);
			buffer_text(&b, "\n\nx\n");
			check_bound(&b, &wide, ERROR_NONE);
		}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(single_leaf),
		cmocka_unit_test(defaults),
		cmocka_unit_test(decoding),
		cmocka_unit_test(octets_survive),
		cmocka_unit_test(nested_mail_is_opaque),
		cmocka_unit_test(claims_in_fields),
		cmocka_unit_test(malformed),
		cmocka_unit_test(odd_boundaries),
		cmocka_unit_test(limits_of_size),
		cmocka_unit_test(limits_of_fields),
		cmocka_unit_test(limits_of_lines),
		cmocka_unit_test(limits_of_parts),
		cmocka_unit_test(limits_of_depth),
		cmocka_unit_test(hostile_parts),
		cmocka_unit_test(hostile_headers),
		cmocka_unit_test(hostile_addresses),
	};

	alarm(300); /* a parser that loops fails, it does not hang the tests */
	if (parser_init(&err))
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}

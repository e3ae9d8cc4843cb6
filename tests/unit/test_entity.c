/*
 * MIME entities: what is taken from them, each limit at its value and one
 * beyond, and mails made to exhaust a MIME parser.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "parser/entity.h"

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
	return parse_octets(text, strlen(text), &limits_default);
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
	refuse_octets(text, strlen(text), &limits_default, code);
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

/* However the field is written. */
static void
encodings_named(void **state)
{
	static const char *const fields[] = { "BASE64", "\tbase64 (x)",
		"\r\n base64;", "(x) base64", "\"base64\"" };
	struct buffer b = { 0 };
	struct entity *entity;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		buffer_format(&b,
			"Content-Transfer-Encoding: %s\r\n\r\nYWJj\r\n",
			fields[i]);
		entity = parse((const char *)b.data);
		assert_non_null(entity);
		check_part(&entity->parts[0], "text/plain", "abc", 3);
		entity_free(&entity);
		buffer_clear(&b);
	}
}

/* An old encoding, still made by some. */
static void
uuencoded(void **state)
{
	static const char *const fields[] = { "x-uuencode", "UUENCODE",
		"x-uue" };
	struct buffer b = { 0 };
	struct entity *entity;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		buffer_format(&b,
			"Content-Transfer-Encoding: %s\r\n\r\n"
			"begin-ning\r\n\r\nbegin 644 a file\r\n"
			"#86)C\r\n\"9&4 \r\n`\r\nend\r\n\r\nfooter\r\n",
			fields[i]);
		entity = parse((const char *)b.data);
		assert_non_null(entity);
		check_part(&entity->parts[0], "text/plain", "abcde", 5);
		entity_free(&entity);
		buffer_clear(&b);
	}
	entity = parse("Content-Transfer-Encoding: uuencode\n\n#86)C\n");
	assert_non_null(entity);
	check_part(&entity->parts[0], "text/plain", "", 0);
	entity_free(&entity);
}

/* The name that a parameter or a disposition gives a part; NULL: none. */
static void
check_name(const char *fields, const char *name)
{
	struct buffer b = { 0 };
	struct entity *entity;

	buffer_format(&b, "%s\n\n", fields);
	entity = parse((const char *)b.data);
	assert_non_null(entity);
	if (name == NULL)
		assert_null(entity->parts[0].name);
	else
		assert_string_equal(entity->parts[0].name, name);
	entity_free(&entity);
	buffer_clear(&b);
}

static void
names(void **state)
{
#define TYPE "Content-Type: application/pdf"
#define FILE_NAME "Content-Disposition: attachment; filename"
	(void)state;
	check_name(TYPE, NULL);
	check_name(TYPE "; name=", "");
	check_name(TYPE "; NAME=a.pdf; x", "a.pdf");
	check_name(TYPE ";name=\"a\\\"b; c\r\n d\"", "a\"b; c d");
	check_name(TYPE ";name=my report (1).pdf ; x=y", "my report");
	check_name(TYPE ";name=report(1).pdf", "report(1).pdf");
	check_name(TYPE "; name=a\n" FILE_NAME "=b", "b");
	check_name(TYPE "; name=a\nContent-Disposition: inline; x=y", "a");
	check_name(FILE_NAME "*=UTF-8'de'z%C3%A4hler", "z\xc3\xa4hler");
	check_name(FILE_NAME "*=iso-8859-1''z%e4hler", "z\xc3\xa4hler");
	check_name(FILE_NAME
		"*1*=%a4; filename*0*=utf-8''%C3; filename*2=\"%\"",
		"\xc3\xa4%");
	check_name(FILE_NAME "*0=a; filename*2=c", "a");
	check_name(FILE_NAME "=a; filename*=utf-8''b", "b");
	check_name(TYPE
		"; name=\"=?utf-8?Q?z=C3=A4_h?= =?UTF-8*de?b?w6Q=?= x\"",
		"z\xc3\xa4 h\xc3\xa4 x");
	check_name(TYPE "; name=\"a =?utf-8?q?=C3?= =?utf-8?q?=A4?=\"",
		"a \xc3\xa4");
	check_name(TYPE "; name==?windows-1252?q?=80?=", "\xe2\x82\xac");
	check_name(TYPE "; name=\"=?x?z?a?= =?utf-8?\"", "=?x?z?a?= =?utf-8?");
	check_name(
		TYPE "; name=\"z\xc3\xa4\xe4\"", "z\xc3\x83\xc2\xa4\xc3\xa4");
	/* what is of no charset of ours stays as it was written */
	check_name(FILE_NAME "*=utf-7''a%2Bb", "utf-7''a%2Bb");
	check_name(FILE_NAME "*=utf-8''%ff", "utf-8''%ff");
	check_name(TYPE "; name=\"=?koi8-r?q?a?=\"", "=?koi8-r?q?a?=");
	check_name(TYPE "; name=\"=?utf-8?b?a*b?=\"", "=?utf-8?b?a*b?=");
	check_name(TYPE "; name=\"\x81\xc3\"", "??");
	check_name(FILE_NAME "*=utf-8''a%00b", "utf-8''a%00b");
#undef TYPE
#undef FILE_NAME
}

/* Is the one part taken for a sealed one, with these fields? */
static void
check_sealed(const char *fields, int sealed)
{
	struct buffer b = { 0 };
	struct entity *entity;

	buffer_format(&b, "%s\n\n", fields);
	entity = parse((const char *)b.data);
	assert_non_null(entity);
	if (part_is_sealed(&entity->parts[0]) != sealed)
		fail_msg("%s", fields);
	entity_free(&entity);
	buffer_clear(&b);
}

/* A mail system that does not know a type gives the part another. */
static void
retyped(void **state)
{
#define GENERIC "Content-Type: application/octet-stream"
#define FILE_NAME "\nContent-Disposition: attachment; filename"
	(void)state;
	check_sealed("Content-Type: Application/PKCS7-MIME; name=a.txt", 1);
	check_sealed("Content-Type: application/x-pkcs7-mime", 1);
	check_sealed(GENERIC "; name=smime.p7m", 1);
	check_sealed(GENERIC ";\n NAME = \"A b.P7M \" (x)", 1);
	check_sealed(GENERIC FILE_NAME "=smime.p7m", 1);
	check_sealed(GENERIC "; name=smime.p7m" FILE_NAME "=ATT00001.bin", 1);
	check_sealed(GENERIC "; name=ATT00001.bin" FILE_NAME "=smime.p7m", 1);
	check_sealed(GENERIC FILE_NAME "*=utf-8'en'smime%2Ep7m", 1);
	check_sealed(GENERIC FILE_NAME "*=utf-16''smime%2Ep7m", 0);
	check_sealed(
		GENERIC FILE_NAME "*0=smi; filename*1=me.p7; filename*2=m", 1);
	check_sealed(GENERIC "; name=\"=?utf-8?B?c21pbWUucDdt?=\"", 1);
	check_sealed(GENERIC "; name=\"=?koi8-r?Q?smime=2Ep7m?=\"", 0);
	check_sealed("Content-Type: application/x-octet-stream; name=a.p7m", 1);
	check_sealed("Content-Type: binary/octet-stream; name=a.p7m", 1);
	check_sealed("Content-Type: application/unknown; name=a.p7m", 1);
	check_sealed("Content-Type: application/pkcs7; name=a.p7m", 1);
	check_sealed("Content-Type: application/x-smime; name=a.p7m", 1);
	check_sealed("Content-Type: application/vnd.ms-outlook; name=a.p7m", 1);
	check_sealed("Content-Type: unknown/unknown; name=a.p7m", 1);
	check_sealed("X: y" FILE_NAME "=smime.p7m", 1);
	check_sealed("X: y" FILE_NAME "=smime.p7s", 0);
	/* no type at all */
	check_sealed("Content-Type: attachment; name=a.p7m", 0);
	check_sealed("Content-Type: attachment" FILE_NAME "=a.p7m", 1);
	check_sealed(GENERIC, 0);
	check_sealed(GENERIC "; name=p7m", 0);
	check_sealed(GENERIC "; name=smime.p7m.txt", 0);
	check_sealed(GENERIC "; name=smime.p7s", 0);
	check_sealed(GENERIC "; x=smime.p7m", 0);
	check_sealed("Content-Type: text/plain; name=smime.p7m", 0);
	check_sealed("Content-Type: application/json; name=smime.p7m", 0);
	check_sealed("Content-Type: message/rfc822; name=smime.p7m", 0);
	check_sealed("Content-Type: application/vnd.csrc.report+json;"
		     " name=smime.p7m",
		0);
#undef GENERIC
#undef FILE_NAME
}

static void
octets_survive(void **state)
{
	static const char mail[] = "Content-Type: text/plain\r\n\r\n"
				   "a\0b\rc\xff\x80 \0\0end";
	struct entity *entity =
		parse_octets(mail, sizeof(mail) - 1, &limits_default);

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

/* Which Email-ID does In-Reply-To name; "" for none, NULL for several? */
static void
check_reply(const char *fields, const char *id)
{
	struct buffer b = { 0 };
	struct entity *entity;

	buffer_format(&b, "%s\n\n", fields);
	entity = parse((const char *)b.data);
	assert_non_null(entity);
	if (entity->reply_several != (id == NULL) ||
		(id != NULL && strcmp(entity->reply_id, id) != 0))
		fail_msg("%s: %s", fields, entity->reply_id);
	entity_free(&entity);
	buffer_clear(&b);
}

static void
replies(void **state)
{
#define OURS "5f0k3v9y2m7c1q8x4t6b0n3d5h"
#define OTHER "6f0k3v9y2m7c1q8x4t6b0n3d5h"
#define REPLY "In-Reply-To: "
	(void)state;
	check_reply("X: y", "");
	check_reply(REPLY "<" OURS "@a.example>", OURS);
	check_reply(REPLY "Your message of Sun <" OURS "@a.example>", OURS);
	check_reply(REPLY "\"a > b < c\" (said <" OTHER "@a>)\n <" OURS "@a>",
		OURS);
	check_reply(REPLY "Message from \"a\\\" <" OTHER "@a>\" of <" OURS
			  "@a>",
		OURS);
	check_reply(REPLY "< (a) " OURS " @ a.example >", OURS);
	check_reply(REPLY "<1@b> <" OURS "@a>\t<\"x>@y\"@c> <>< @>", OURS);
	check_reply(REPLY "<1@b>\nX: y\n" REPLY "<" OURS "@a>", OURS);
	check_reply(REPLY "<" OURS "@a> <" OURS "@a>", OURS);
	check_reply(REPLY "<" OURS "@a> <" OTHER "@a>", NULL);
	check_reply(REPLY "<" OURS "@a>\n" REPLY "<" OTHER "@a>", NULL);
	check_reply(REPLY OURS "@a.example", "");
	check_reply(REPLY "<" OURS ">", "");
	check_reply(REPLY "<" OURS "@a.example", "");
	check_reply(REPLY "<x" OURS "@a>", "");
	check_reply(REPLY "(<" OURS "@a>", "");
	check_reply(REPLY "\"<" OURS "@a>", "");
	check_reply("References: <" OURS "@a>", "");
#undef OURS
#undef OTHER
#undef REPLY
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
	refuse_octets("Subject: a\0b\n\n", 14, &limits_default, ERROR_BAD);
}

/* Forms in which two readers might see two boundaries. */
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
	refuse("Content-Type: multipart/mixed; boundary=\"\"\n\n", ERROR_BAD);
	refuse("Content-Type: (text/plain) multipart/mixed; BOUNDARY*=a\n\n",
		ERROR_BAD);
	refuse("Content-Type: multipart/mixed; boundary=a; boundary=b\n\n",
		ERROR_BAD);
	refuse("Content-Type: multipart/mixed; boundary=a b\n\n", ERROR_BAD);
	refuse("Content-Type: multipart/mixed; boundary=a(b)\n\n", ERROR_BAD);
	refuse("Content-Type: multipart/mixed; boundary=\"a \"\n\n", ERROR_BAD);
	refuse("Content-Type: multipart/mixed; boundary=\"a\tb\"\n\n",
		ERROR_BAD);
	refuse("Content-Type: multipart/mixed; boundary=\"a\n \"\n\n",
		ERROR_BAD);
	refuse("Content-Type: multipart/mixed; boundary=a\n b\n\n", ERROR_BAD);
	refuse("Content-Type: multipart/mixed; boundary=\"a\n\n", ERROR_BAD);
	refuse("Content-Type: multipart; boundary=a\n\n", ERROR_BAD);
	refuse("Content-Type: multipart/mixed; boundary=a\n\n--a\n"
	       "Content-Type: multipart/mixed; boundary*0=b\n\n--a--\n",
		ERROR_BAD);
}

/* Does a mail whose Content-Type ends like this have these two parts? */
static void
two_parts(const char *parameters, const char *boundary)
{
	struct buffer b = { 0 };
	struct entity *entity;

	buffer_format(&b,
		"Content-Type: multipart/mixed%s\r\n\r\n"
		"preamble\r\n--%s\r\n\r\none\r\n--%s \t\r\n\r\ntwo\r\n"
		"--%sx\r\n--%s--\t\r\n--%s\r\n\r\nepilogue\r\n",
		parameters, boundary, boundary, boundary, boundary, boundary);
	entity = parse_octets(b.data, b.length, &limits_default);
	assert_non_null(entity);
	assert_int_equal(entity->part_count, 2);
	check_part(&entity->parts[0], "text/plain", "one", 3);
	assert_int_equal(
		entity->parts[1].length, 3 + 2 + 2 + strlen(boundary) + 1);
	assert_memory_equal(entity->parts[1].data, "two\r\n--", 7);
	entity_free(&entity);
	buffer_clear(&b);
}

/* One character of a legal boundary, in front, in the middle, at the end. */
static void
legal_character(char c)
{
	char boundary[8], parameters[32];

	snprintf(boundary, sizeof(boundary), "%ca%c%c%s", c, c, c,
		c == ' ' ? "b" : "");
	snprintf(parameters, sizeof(parameters), "; boundary=\"%s\"", boundary);
	two_parts(parameters, boundary);
}

static void
legal_boundaries(void **state)
{
	static const char legal[] = "abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789'()+_,-./:=? ";
	char longest[71] = "", parameters[100];
	size_t i;

	(void)state;
	for (i = 0; legal[i] != '\0'; i++)
		legal_character(legal[i]);
	memset(longest, 'x', sizeof(longest) - 1);
	snprintf(parameters, sizeof(parameters), ";boundary=%s", longest);
	two_parts(parameters, longest);
	two_parts(
		"; boundary=\"=_alternative 0043_=\"", "=_alternative 0043_=");
	two_parts("; boundary=\"----=_Part_1 {a}\"", "----=_Part_1 {a}");
	/* a field may be folded at the blank of a boundary */
	two_parts("; boundary=\"=_alternative\r\n 0043_=\"",
		"=_alternative 0043_=");
	two_parts("; boundary=\"=_alternative\n 0043_=\"",
		"=_alternative 0043_=");
	two_parts("; boundary=\"=_alternative\r\n\t0043_=\"",
		"=_alternative 0043_=");
	two_parts("; boundary=\"a \r\n b\"", "a  b");
	two_parts(";\r\n\tBOUNDARY = \"=?utf-8?q?a?=\"", "=?utf-8?q?a?=");
	two_parts(" (a; boundary=c)\r\n ; x=\"; boundary=d\" ;boundary=b (e)",
		"b");
	two_parts("; x=\"\\\"; boundary=d\"; boundary=b; name=boundary", "b");
	two_parts("; x; ; boundary=b;", "b");
	two_parts("; boundary (c) =\r\n (d) b", "b");
	/* without its quotes it is no token, and yet means one thing */
	two_parts("; boundary=----=_Part/1:2", "----=_Part/1:2");
}

/* The word is a word, wherever no boundary can stand. */
static void
the_word_boundary(void **state)
{
	static const char text[] = "Left boundary (mm): 5\n"
				   "cross the boundary (see clause 3)\n"
				   "boundary=\"\\\"; boundary*0=a boundary*=b\n"
				   "Content-Type: multipart/x; boundary=\"\"\n";
	struct entity *entity;
	struct buffer b = { 0 };

	(void)state;
	buffer_format(&b,
		"Subject: boundary*=a\nContent-Description: boundary (x)\n"
		"Content-Type: multipart/mixed; boundary=b; y=\"boundary*0=\"\n"
		"\n%s--b\nContent-Type: text/plain; boundary*0=x; boundary=\"\""
		"\n\n%s\n--b--\n%s",
		text, text, text);
	entity = parse((const char *)b.data);
	assert_non_null(entity);
	assert_int_equal(entity->part_count, 1);
	check_part(&entity->parts[0], "text/plain", text, sizeof(text) - 1);
	entity_free(&entity);
	buffer_clear(&b);
}

/* One boundary begins like the other, whichever is outside. */
static void
boundaries_alike(void **state)
{
	static const char *const pairs[][2] = { { "a", "ab" }, { "ab", "a" },
		{ "a", "a--" }, { "a--b", "a" }, { "a", "a b" } };
	struct entity *entity;
	struct buffer b = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		const char *outer = pairs[i][0], *inner = pairs[i][1];

		buffer_format(&b,
			"Content-Type: multipart/mixed; boundary=\"%s\"\n\n"
			"--%s\nContent-Type: multipart/mixed; boundary=\"%s\""
			"\n\n--%s\n\none\n--%s\n\ntwo\n--%s\n\nthree\n"
			"--%s--\n",
			outer, outer, inner, inner, inner, outer, outer);
		entity = parse((const char *)b.data);
		assert_non_null(entity);
		assert_int_equal(entity->part_count, 3);
		check_part(&entity->parts[0], "text/plain", "one", 3);
		check_part(&entity->parts[1], "text/plain", "two", 3);
		check_part(&entity->parts[2], "text/plain", "three", 5);
		entity_free(&entity);
		buffer_clear(&b);
	}
}

/* A part that has no empty line, no field, no end. */
static void
parts_cut_short(void **state)
{
	struct entity *entity = parse("Content-Type: multipart/x; boundary=b\n"
				      "\n--b\n--b\nContent-Type: text/html\n"
				      "--b\nA: b\nno field\n--b\n\n--b\n\nend");

	(void)state;
	assert_non_null(entity);
	assert_int_equal(entity->part_count, 5);
	check_part(&entity->parts[0], "text/plain", "", 0);
	check_part(&entity->parts[1], "text/html", "", 0);
	check_part(&entity->parts[2], "text/plain", "no field", 8);
	check_part(&entity->parts[3], "text/plain", "", 0);
	check_part(&entity->parts[4], "text/plain", "end", 3);
	entity_free(&entity);
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
	struct limits l = limits_default;
	struct entity *entity;

	(void)state;
	l.message_size = sizeof(mail) - 1;
	entity = parse_octets(mail, sizeof(mail) - 1, &l);
	assert_non_null(entity);
	entity_free(&entity);
	l.message_size--;
	refuse_octets(mail, sizeof(mail) - 1, &l, ERROR_LIMIT);
	l = limits_default;
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
		check_bound(
			&b, &limits_default, beyond ? ERROR_LIMIT : ERROR_NONE);
		buffer_text(&b,
			"Content-Type: multipart/mixed; boundary=b\n\n"
			"--b\n");
		repeat(&b, "A: b\r\n", 200 + (size_t)beyond);
		check_bound(
			&b, &limits_default, beyond ? ERROR_LIMIT : ERROR_NONE);
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
		check_bound(
			&b, &limits_default, beyond ? ERROR_LIMIT : ERROR_NONE);
		buffer_text(&b, "X: y\r\n\r\n");
		repeat(&b, "x", 8192 + (size_t)beyond);
		buffer_text(&b, "\r\n");
		check_bound(
			&b, &limits_default, beyond ? ERROR_LIMIT : ERROR_NONE);
		buffer_text(&b,
			"Content-Type: multipart/mixed; boundary=b\n\n"
			"--b\n\n");
		repeat(&b, "x", 8192 + (size_t)beyond);
		buffer_text(&b, "\n--b--\n");
		check_bound(
			&b, &limits_default, beyond ? ERROR_LIMIT : ERROR_NONE);
	}
	/* content that is not made of lines has none that are too long */
	buffer_text(&b, "Content-Type: application/json\r\n\r\n");
	repeat(&b, "x", 9000);
	check_bound(&b, &limits_default, ERROR_NONE);
	buffer_text(&b, "Content-Transfer-Encoding: binary\r\n\r\n");
	repeat(&b, "x", 9000);
	check_bound(&b, &limits_default, ERROR_NONE);
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
		check_bound(
			&b, &limits_default, beyond ? ERROR_LIMIT : ERROR_NONE);
	}
	/* dashes that are no delimiters are text */
	buffer_text(&b, "Content-Type: multipart/mixed; boundary=b\n\n--b\n\n");
	repeat(&b, "-- \n--------\n", 500);
	check_bound(&b, &limits_default, ERROR_NONE);
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
	check_bound(&b, &limits_default, ERROR_NONE);
	nest(&b, 9);
	check_bound(&b, &limits_default, ERROR_LIMIT);
	nest(&b, 1024);
	check_bound(&b, &limits_default, ERROR_LIMIT);
	nest(&b, 60000);
	check_bound(&b, &limits_default, ERROR_LIMIT);
}

static void
hostile_parts(void **state)
{
	struct limits wide = limits_default;
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
	/* a mail inside the mail has no parts that anybody would look at */
	buffer_text(&b,
		"Content-Type: message/rfc822\n\n"
		"Content-Type: multipart/mixed; boundary=b\n\n");
	repeat(&b, "--b\n\n", 100000);
	check_bound(&b, &wide, ERROR_NONE);
}

static void
hostile_headers(void **state)
{
	struct limits wide = limits_default;
	struct buffer b = { 0 };

	(void)state;
	wide.message_size = 64 << 20;
	repeat(&b, "A: b\n", 1000000);
	check_bound(&b, &wide, ERROR_LIMIT);
	buffer_text(&b, "Content-Type: text/plain");
	repeat(&b, "; a=b", 1500);
	buffer_text(&b, "\n\n");
	check_bound(&b, &limits_default, ERROR_NONE);
	buffer_text(&b, "Content-Type: text/plain");
	repeat(&b, ";\n a*0*=b", 7000);
	buffer_text(&b, "\n\n");
	check_bound(&b, &limits_default, ERROR_NONE);
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
	struct limits wide = limits_default;
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
		cmocka_unit_test(encodings_named),
		cmocka_unit_test(uuencoded),
		cmocka_unit_test(names),
		cmocka_unit_test(retyped),
		cmocka_unit_test(octets_survive),
		cmocka_unit_test(nested_mail_is_opaque),
		cmocka_unit_test(claims_in_fields),
		cmocka_unit_test(replies),
		cmocka_unit_test(malformed),
		cmocka_unit_test(odd_boundaries),
		cmocka_unit_test(legal_boundaries),
		cmocka_unit_test(the_word_boundary),
		cmocka_unit_test(boundaries_alike),
		cmocka_unit_test(parts_cut_short),
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

/*
 * Requests: what is written is read back; what csrc-message(5) does not allow
 * is refused.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "parser/request_text.h"

#define ID "abcdefghijklmnopqrstuvwxyz"

static const struct limits limits = { .message_size = 4 << 20,
	.header_size = 65536,
	.header_fields = 200,
	.line_length = 131072,
	.parts = 32,
	.depth = 8,
	.report_size = 65536 };
static struct error err;
static struct request_text request, got;

static void
make_request(void)
{
	memset(&request, 0, sizeof(request));
	strcpy(request.command, "counters");
	claims_take_center(&request.claims, "K0001", 5);
	claims_take_serial(&request.claims, "A4FM\"\\021", 9);
	claims_take_email_id(&request.claims, ID, 26);
	request.date = 1795000000;
	request.expires = 1795000000 + 14 * 86400;
}

/* As request_text_read, on the text of an entity. */
static int
read_text(const char *text, size_t length)
{
	struct entity *entity;
	int rc;

	memset(&err, 0, sizeof(err));
	assert_int_equal(entity_parse(text, length, &limits, &entity, &err), 0);
	rc = request_text_read(entity, &limits, &got, &err);
	entity_free(&entity);
	return rc;
}

static void
round_trip(void **state)
{
	char value[REQUEST_VALUE_SIZE], name[8];
	struct buffer entity = { 0 };
	size_t i;

	(void)state;
	make_request();
	memset(value, 'v', sizeof(value) - 1);
	value[sizeof(value) - 1] = '\0';
	for (i = 0; i < REQUEST_PARAMS_MAX; i++) {
		text_format(name, sizeof(name), "p.%zu", i);
		assert_int_equal(request_text_add(&request, name,
					 i == 0           ? value
						 : i == 1 ? ""
							  : "K\xc3\xb6ln\n\"",
					 &err),
			0);
	}
	assert_int_equal(request_text_entity(&request, &entity, &err), 0);
	assert_int_equal(read_text((char *)entity.data, entity.length), 0);
	assert_string_equal(got.command, "counters");
	assert_string_equal(got.claims.center, "K0001");
	assert_string_equal(got.claims.serial, "A4FM\"\\021");
	assert_string_equal(got.claims.email_id, ID);
	assert_int_equal(got.date, request.date);
	assert_int_equal(got.expires, request.expires);
	assert_int_equal(got.param_count, REQUEST_PARAMS_MAX);
	for (i = 0; i < REQUEST_PARAMS_MAX; i++) {
		assert_string_equal(got.params[i].name, request.params[i].name);
		assert_string_equal(
			got.params[i].value, request.params[i].value);
	}
	buffer_clear(&entity);
}

static void
as_documented(void **state)
{
	struct buffer entity = { 0 };

	(void)state;
	make_request();
	claims_serial("A4FM021007478", 13, request.claims.serial);
	assert_int_equal(request_text_add(&request, "tray", "1", &err), 0);
	assert_int_equal(request_text_entity(&request, &entity, &err), 0);
	assert_string_equal((char *)entity.data,
		"CSRC-Center-ID: K0001\r\n"
		"CSRC-Device-Serial: A4FM021007478\r\n"
		"CSRC-Email-ID: " ID "\r\n"
		"Date: Wed, 18 Nov 2026 11:06:40 +0000\r\n"
		"MIME-Version: 1.0\r\n"
		"Content-Type: application/vnd.csrc.request+json\r\n"
		"Content-Transfer-Encoding: 8bit\r\n"
		"\r\n"
		"{\"version\":1,\"command\":\"counters\",\"center\":\"K0001\","
		"\"serial\":\"A4FM021007478\",\"email_id\":\"" ID "\","
		"\"date\":\"2026-11-18T11:06:40Z\","
		"\"expires\":\"2026-12-02T11:06:40Z\","
		"\"params\":{\"tray\":\"1\"}}\r\n");
	buffer_clear(&entity);
}

static void
params_refused(void **state)
{
	static const struct {
		const char *name, *value;
		enum error_code code;
	} rows[] = {
		{ "", "v", ERROR_BAD },
		{ "Upper", "v", ERROR_BAD },
		{ "a b", "v", ERROR_BAD },
		{ "a=b", "v", ERROR_BAD },
		{ "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		  "aaaaa",
			"v", ERROR_BAD },
		{ "n", "\xff", ERROR_BAD },
		{ "n", "\xc3", ERROR_BAD },
		{ "there", "v", ERROR_EXISTS },
	};
	char value[REQUEST_VALUE_SIZE + 1], name[8];
	size_t i;

	(void)state;
	make_request();
	assert_int_equal(request_text_add(&request, "there", "v", &err), 0);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (request_text_add(
			    &request, rows[i].name, rows[i].value, &err) != -1)
			fail_msg("row %zu", i);
		assert_int_equal(err.code, rows[i].code);
	}
	memset(value, 'v', sizeof(value) - 1);
	value[sizeof(value) - 1] = '\0';
	assert_int_equal(request_text_add(&request, "n", value, &err), -1);
	assert_int_equal(request.param_count, 1);
	for (i = 1; i < REQUEST_PARAMS_MAX; i++) {
		text_format(name, sizeof(name), "%zu", i);
		assert_int_equal(
			request_text_add(&request, name, "v", &err), 0);
	}
	assert_int_equal(request_text_add(&request, "more", "v", &err), -1);
	assert_int_equal(err.code, ERROR_LIMIT);
}

static void
write_refused(void **state)
{
	struct buffer json = { 0 };

	(void)state;
	make_request();
	strcpy(request.command, "Counters");
	assert_int_equal(request_text_write(&request, &json, &err), -1);
	make_request();
	request.command[0] = '\0';
	assert_int_equal(request_text_write(&request, &json, &err), -1);
	make_request();
	request.expires = request.date - 1;
	assert_int_equal(request_text_write(&request, &json, &err), -1);
	make_request();
	request.claims.email_id_state = CLAIM_ABSENT;
	assert_int_equal(request_text_write(&request, &json, &err), -1);
	assert_int_equal(err.code, ERROR_BAD);
	assert_int_equal(json.length, 0);
}

#define HEAD                                                  \
	"CSRC-Center-ID: K0001\r\nCSRC-Device-Serial: s1\r\n" \
	"CSRC-Email-ID: " ID "\r\n"
#define TYPE "Content-Type: application/vnd.csrc.request+json\r\n\r\n"
#define V "\"version\":1,"
#define C "\"command\":\"status\","
#define I "\"center\":\"k0001\",\"serial\":\"S1\",\"email_id\":\"" ID "\","
#define D                                    \
	"\"date\":\"2026-11-18T11:06:40Z\"," \
	"\"expires\":\"2026-11-18T12:06:40+01:00\""

static void
accepted(void **state)
{
	static const char *const rows[] = {
		HEAD TYPE "{" V C I D "}",
		HEAD TYPE "{" V C I D ",\"params\":{}}\r\n",
		HEAD TYPE "{" V C I D ",\"more\":[{\"a\":[null]}]}",
		HEAD "Content-Type: multipart/mixed; boundary=b\r\n\r\n"
		     "--b\r\n\r\ntext\r\n--b\r\n" TYPE "{" V C I D
		     "}\r\n--b--\r\n",
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (read_text(rows[i], strlen(rows[i])) != 0)
			fail_msg("row %zu: %s", i, err.text);
		assert_string_equal(got.command, "status");
		assert_string_equal(got.claims.serial, "S1");
		assert_int_equal(got.expires, got.date);
	}
}

static void
refused(void **state)
{
	static const struct {
		const char *text, *what;
		enum error_code code;
	} rows[] = {
		{ HEAD "\r\n{" V C I D "}", "no part", ERROR_NOT_FOUND },
		{ HEAD TYPE "", "JSON", ERROR_BAD },
		{ HEAD TYPE "[]", "object", ERROR_BAD },
		{ HEAD TYPE "{" V C I D "} x", "JSON", ERROR_BAD },
		{ HEAD TYPE "{" C I D "}", "version", ERROR_BAD },
		{ HEAD TYPE "{\"version\":2," C I D "}", "version", ERROR_BAD },
		{ HEAD TYPE "{" V I D "}", "command", ERROR_BAD },
		{ HEAD TYPE "{" V "\"command\":1," I D "}", "command",
			ERROR_BAD },
		{ HEAD TYPE "{" V "\"command\":\"a b\"," I D "}", "command",
			ERROR_BAD },
		{ HEAD TYPE "{" V C C I D "}", "duplicate", ERROR_BAD },
		{ HEAD TYPE "{" V C D "}", "center", ERROR_BAD },
		{ HEAD TYPE "{" V C "\"center\":\"K0001\",\"serial\":\"S1\"," D
			    "}",
			"email_id", ERROR_BAD },
		{ HEAD TYPE "{" V C "\"center\":\"K0001\",\"serial\":\"S1\","
			    "\"email_id\":\"short\"," D "}",
			"email_id", ERROR_BAD },
		{ HEAD TYPE "{" V C "\"center\":\"K0002\",\"serial\":\"S1\","
			    "\"email_id\":\"" ID "\"," D "}",
			"center ID", ERROR_BAD },
		{ HEAD TYPE "{" V C I "\"date\":\"2026-11-18T11:06:40Z\"}",
			"expires", ERROR_BAD },
		{ HEAD TYPE "{" V C I "\"date\":\"2026-11-18T11:06:40Z\","
			    "\"expires\":\"2026-11-18T11:06:39Z\"}",
			"expire", ERROR_BAD },
		{ HEAD TYPE "{" V C I "\"date\":\"2026-11-18\","
			    "\"expires\":\"2026-11-18T11:06:39Z\"}",
			"date", ERROR_BAD },
		{ HEAD TYPE "{" V C I D ",\"params\":[]}", "params",
			ERROR_BAD },
		{ HEAD TYPE "{" V C I D ",\"params\":{\"a\":1}}", "params",
			ERROR_BAD },
		{ HEAD TYPE "{" V C I D ",\"params\":{\"A\":\"\"}}",
			"parameter", ERROR_BAD },
		{ HEAD TYPE "{" V C I D ",\"params\":{\"a\":\"\",\"a\":\"\"}}",
			"duplicate", ERROR_BAD },
		{ HEAD TYPE "{" V C I D ",\"params\":{\"a\":\"\\u0000\"}}",
			"JSON", ERROR_BAD },
		{ HEAD TYPE "{" V C I D ",\"x\":[[[[[[[[]]]]]]]]}", "deeper",
			ERROR_LIMIT },
		{ TYPE "{" V C I D "}", "missing", ERROR_BAD },
		{ "CSRC-Center-ID: K0001\r\nCSRC-Device-Serial: S1\r\n" TYPE
		  "{" V C I D "}",
			"missing", ERROR_BAD },
		{ "CSRC-Center-ID: K0001\r\n" HEAD TYPE "{" V C I D "}",
			"center ID", ERROR_BAD },
		{ HEAD "Content-Type: multipart/mixed; boundary=b\r\n\r\n"
		       "--b\r\n" TYPE "{" V C I D "}\r\n--b\r\n" TYPE
		       "{" V C I D "}\r\n--b--\r\n",
			"two", ERROR_BAD },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (read_text(rows[i].text, strlen(rows[i].text)) != -1)
			fail_msg("row %zu was read", i);
		if (strstr(err.text, rows[i].what) == NULL ||
			err.code != rows[i].code)
			fail_msg("row %zu: %s", i, err.text);
	}
}

static void
too_large(void **state)
{
	struct buffer text = { 0 };

	(void)state;
	assert_int_equal(buffer_text(&text, HEAD TYPE "{" V C I D "}"), 0);
	while (text.length < 66000)
		assert_int_equal(buffer_text(&text, "      \r\n"), 0);
	assert_int_equal(read_text((char *)text.data, text.length), -1);
	assert_int_equal(err.code, ERROR_LIMIT);
	buffer_clear(&text);
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
		cmocka_unit_test(round_trip),
		cmocka_unit_test(as_documented),
		cmocka_unit_test(params_refused),
		cmocka_unit_test(write_refused),
		cmocka_unit_test(accepted),
		cmocka_unit_test(refused),
		cmocka_unit_test(too_large),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}

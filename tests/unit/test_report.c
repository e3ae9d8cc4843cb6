/*
 * Reports in the project's own JSON, the choice among several parts, and
 * attachments.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "parser/date.h"
#include "parser/object.h"
#include "parser/formats/reading.h"

#define REPORT "application/vnd.csrc.report+json"
#define DATE "\"date\":\"2026-11-22T12:00:00+01:00\""
#define HEAD "{\"version\":1,\"kind\":\"answer\"," DATE

static struct limits limits = { .depth = 8, .report_size = 1 << 20 };
static struct formats *formats;
static struct error err;

static struct part
part(const char *type, const char *text)
{
	struct part p = { .type = (char *)(uintptr_t)type,
		.data = (unsigned char *)(uintptr_t)text,
		.length = strlen(text) };

	return p;
}

static struct report *
read_parts(struct part *parts, size_t count)
{
	struct entity entity = { .parts = parts, .part_count = count };
	struct report *report;
	int rc;

	memset(&err, 0, sizeof(err));
	rc = report_read(&entity, formats, &limits, &report, &err);
	assert_int_equal(rc, report == NULL ? -1 : 0);
	return report;
}

static struct report *
read_json(const char *text)
{
	struct part p = part(REPORT, text);

	return read_parts(&p, 1);
}

static void
refuse(const char *text, const char *why)
{
	struct report *report = read_json(text);

	assert_null(report);
	assert_int_equal(err.code, ERROR_BAD);
	if (strstr(err.text, why) == NULL)
		fail_msg("%s: %s", text, err.text);
}

static void
whole_report(void **state)
{
	static const char text[] =
		"{ \"version\": 1, \"kind\": \"counters\", " DATE ","
		" \"center\": \"k0001\", \"serial\": \"a4fm\","
		" \"email_id\": \"5f0k3v9y2m7c1q8x4t6b0n3d5h\","
		" \"counters\": {\"total\": 9007199254740991, \"a.b-c_d\": 0},"
		" \"later\": [1.5, null, {\"x\": \"\\u00e4\"}] }";
	struct report *report = read_json(text);

	(void)state;
	assert_non_null(report);
	assert_int_equal(report->kind, REPORT_COUNTERS);
	assert_string_equal(report->claims.center, "K0001");
	assert_string_equal(report->claims.serial, "A4FM");
	assert_int_equal(report->claims.email_id_state, CLAIM_PRESENT);
	assert_true(report->dated);
	assert_int_equal(report->earliest, 1795345200);
	assert_int_equal(report->latest, 1795345200);
	assert_string_equal(report->json,
		"{\"version\":1,\"kind\":\"counters\"," DATE ","
		"\"center\":\"k0001\",\"serial\":\"a4fm\","
		"\"email_id\":\"5f0k3v9y2m7c1q8x4t6b0n3d5h\","
		"\"counters\":{\"total\":9007199254740991,\"a.b-c_d\":0},"
		"\"later\":[1.5,null,{\"x\":\"\xc3\xa4\"}]}");
	assert_int_equal(report->json_length, strlen(report->json));
	report_free(&report);
	assert_null(report);
}

/* Octet for octet, wherever they stand; what surrounds them is normalised. */
static void
numbers(void **state)
{
	static const char *const texts[] = { "0.1", "1e2", "1E+2", "-0", "1.0",
		"1.10", "-0.0", "1.5e-3", "12345678901234567890",
		"18446744073709551615", "9223372036854775808",
		"-9223372036854775808", "9007199254740993", "1e-999",
		"0.1000000000000000055511151231257827",
		"123456789012345678901234567890.0", "0e0", "7" };
	char in[1024], out[1024];
	struct report *report;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		const char *t = texts[i];

		snprintf(in, sizeof(in),
			HEAD ",\"attachments\" : %s, \"data\": [ %s,%s ,{"
			     " \"x 5 \\\" 1.0\" :%s , \"\\u00e4\":[[ %s]]}], "
			     "\"y\":%s }\r\n",
			t, t, t, t, t, t);
		snprintf(out, sizeof(out),
			HEAD ",\"data\":[%s,%s,{\"x 5 \\\" 1.0\":%s,"
			     "\"\xc3\xa4\":[[%s]]}],\"y\":%s,"
			     "\"device_attachments\":%s",
			t, t, t, t, t, t);
		struct part parts[] = { part(REPORT, in), part("text/x", "") };

		report = read_parts(parts, 2);
		if (report == NULL)
			fail_msg("%s: %s", t, err.text);
		assert_int_equal(strncmp(report->json, out, strlen(out)), 0);
		report_free(&report);
	}
}

/* What is no JSON does not become one by it. */
static void
no_numbers(void **state)
{
	static const char *const texts[] = { "012345678901234567890",
		"12345678901234567890x", "x12345678901234567890",
		"1.12345678901234567890.1", "1e12345678901234567890",
		"12345678901234567890 1", "-12345678901234567890",
		"18446744073709551616", "+12345678901234567890", "1.", ".1",
		"--1", "0x12345678901234567890", "1_0", "\xef\xbc\x91" };
	char in[256];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		snprintf(in, sizeof(in), HEAD ",\"x\":%s}", texts[i]);
		refuse(in, "JSON");
	}
	/* nothing stands before it, not even a bracket */
	refuse("12345678901234567890", "JSON");
	refuse("{\"version\":1.0}", "version");
	refuse(HEAD ",\"counters\":{\"total\":12345678901234567890}}",
		"counters");
	refuse(HEAD ",\"counters\":{\"total\":1e2}}", "counters");
	refuse(HEAD ",\"serial\":12345678901234567890}", "serial");
}

static void
each_kind(void **state)
{
	static const struct {
		const char *text;
		enum report_kind kind;
	} rows[] = {
		{ HEAD "}", REPORT_ANSWER },
		{ "{\"version\":1,\"kind\":\"alarm\"," DATE
		  ",\"alarms\":[{\"code\":\"C1\",\"text\":\"x\"}]}",
			REPORT_ALARM },
		{ "{\"version\":1,\"kind\":\"settings\"," DATE
		  ",\"settings\":[{\"name\":\"n\",\"old\":1,\"new\":\"2\"}]}",
			REPORT_SETTINGS },
	};
	struct report *report;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		report = read_json(rows[i].text);
		assert_non_null(report);
		assert_int_equal(report->kind, rows[i].kind);
		assert_string_equal(report->json, rows[i].text);
		report_free(&report);
	}
}

static void
bad_members(void **state)
{
	(void)state;
	refuse("{}", "version");
	refuse("{\"version\":2}", "version");
	refuse("{\"version\":\"1\"}", "version");
	refuse("{\"version\":1,\"kind\":\"other\"}", "kind");
	refuse("{\"version\":1,\"kind\":\"answer\"}", "date");
	refuse("{\"version\":1,\"kind\":\"answer\",\"date\":\"2026-11-22\"}",
		"date");
	refuse("{\"version\":1,\"kind\":\"answer\","
	       "\"date\":\"2026-11-22T12:00:00\"}",
		"date");
	refuse(HEAD ",\"serial\":5}", "serial");
	refuse(HEAD ",\"center\":null}", "center");
	refuse(HEAD ",\"model\":[]}", "model");
	refuse(HEAD ",\"counters\":[]}", "counters");
	refuse(HEAD ",\"counters\":{\"total\":-1}}", "counters");
	refuse(HEAD ",\"counters\":{\"total\":1.0}}", "counters");
	refuse(HEAD ",\"counters\":{\"total\":\"1\"}}", "counters");
	refuse(HEAD ",\"counters\":{\"total\":true}}", "counters");
	refuse(HEAD ",\"counters\":{\"total\":9007199254740992}}", "counters");
	refuse(HEAD ",\"counters\":{\"Total\":1}}", "counters");
	refuse(HEAD ",\"counters\":{\"a..b\":1}}", "counters");
	refuse(HEAD ",\"counters\":{\".a\":1}}", "counters");
	refuse(HEAD ",\"counters\":{\"\":1}}", "counters");
	refuse(HEAD ",\"alarms\":{}}", "alarms");
	refuse(HEAD ",\"alarms\":[{}]}", "alarms");
	refuse(HEAD ",\"alarms\":[\"x\"]}", "alarms");
	refuse(HEAD ",\"alarms\":[{\"code\":\"1\",\"since\":2}]}", "alarms");
	refuse(HEAD ",\"settings\":[{\"name\":1}]}", "settings");
	refuse("{\"version\":1,\"kind\":\"counters\"," DATE "}", "counters");
	refuse("{\"version\":1,\"kind\":\"counters\"," DATE ",\"counters\":{}}",
		"counters");
	refuse("{\"version\":1,\"kind\":\"alarm\"," DATE ",\"alarms\":[]}",
		"alarms");
}

static void
bad_json(void **state)
{
	(void)state;
	refuse("", "JSON");
	refuse("[]", "object");
	refuse("{", "JSON");
	refuse(HEAD "} x", "JSON");
	refuse(HEAD ",\"kind\":\"alarm\"}", "JSON");
	refuse(HEAD ",\"x\":{\"a\":1,\"a\":1}}", "JSON");
	refuse(HEAD ",\"x\":\"\\u0000\"}", "JSON");
	refuse(HEAD ",\"x\":\"\xff\"}", "JSON");
	refuse(HEAD ",\"x\":\"\xc0\x80\"}", "JSON");
	refuse(HEAD ",\"x\":\"\\ud800\"}", "JSON");
	refuse(HEAD ",\"x\":99999999999999999999}", "JSON");
	refuse(HEAD ",\"x\":1e999}", "JSON");
	refuse(HEAD ",\"x\":NaN}", "JSON");
}

/*
 * A value of two octets takes a hundred times that in memory, before anybody
 * has vouched for it: so it is counted first.
 */
static void
values(void **state)
{
	static char text[2 * OBJECT_MARKS_MAX + 256];
	struct report *report;
	size_t length, marks;
	int more;

	(void)state;
	for (more = 0; more <= 1; more++) {
		strcpy(text, HEAD ",\"x,[{\":[");
		length = strlen(text);
		/* two brackets and three commas are in it already */
		for (marks = 5; marks < OBJECT_MARKS_MAX + (size_t)more;
			marks++)
			text[length++] = marks == 5 ? '[' : ',';
		strcpy(text + length, "]}");
		report = read_json(text);
		assert_null(report);
		assert_int_equal(err.code, more == 0 ? ERROR_BAD : ERROR_LIMIT);
	}
	strcpy(text, HEAD ",\"x,[{\":[0");
	length = strlen(text);
	for (marks = 5; marks < OBJECT_MARKS_MAX; marks++, length += 2)
		memcpy(text + length, ",0", 2);
	strcpy(text + length, "]}");
	report = read_json(text);
	assert_non_null(report);
	report_free(&report);
}

static void
bounds(void **state)
{
	char text[4096] = HEAD ",\"x\":";
	struct report *report;
	size_t length = strlen(text);
	struct part p;
	int depth;

	(void)state;
	for (depth = 7; depth <= 8; depth++) {
		text[length] = '\0';
		memset(text + length, '[', (size_t)depth);
		memset(text + length + depth, ']', (size_t)depth);
		strcpy(text + length + 2 * depth, "}");
		report = read_json(text);
		assert_int_equal(report != NULL, depth == 7);
		report_free(&report);
	}
	assert_int_equal(err.code, ERROR_LIMIT);
	memset(text, '[', sizeof(text) - 1);
	assert_null(read_json(text));
	assert_int_equal(err.code, ERROR_LIMIT);
	/* brackets in strings do not nest */
	report = read_json(HEAD ",\"x\":\"[[[[[[[[[[[[\\\"[[[\"}");
	assert_non_null(report);
	report_free(&report);
	p = part(REPORT, HEAD "}");
	limits.report_size = (int64_t)p.length;
	report = read_parts(&p, 1);
	assert_non_null(report);
	report_free(&report);
	limits.report_size--;
	assert_null(read_parts(&p, 1));
	assert_int_equal(err.code, ERROR_LIMIT);
	limits.report_size = 1 << 20;
}

static void
choice(void **state)
{
	struct part parts[] = { part("text/plain", "hello"),
		part("application/json", HEAD ",\"plain\":1}"),
		part(REPORT, HEAD "}") };
	struct report *report;

	(void)state;
	report = read_parts(parts, 3);
	assert_non_null(report);
	assert_int_equal(report->part, 2);
	report_free(&report);
	report = read_parts(parts, 2);
	assert_non_null(report);
	assert_int_equal(report->part, 1);
	report_free(&report);
	assert_null(read_parts(parts, 1));
	assert_int_equal(err.code, ERROR_BAD);
	assert_null(read_parts(parts, 0));
	assert_int_equal(err.code, ERROR_BAD);
	parts[0] = parts[2];
	assert_null(read_parts(parts, 3));
	assert_int_equal(err.code, ERROR_BAD);
	parts[0] = part("text/html", HEAD "}");
	assert_null(read_parts(parts, 1));
	assert_int_equal(err.code, ERROR_BAD);
}

static void
attachments(void **state)
{
	struct part parts[] = { part(REPORT, HEAD ",\"attachments\":\"mine\"}"),
		part("image/png", "a"), part("text/plain", "ab\n"),
		part("text/x", "") };
	struct report *report;

	(void)state;
	parts[1].name = (char *)(uintptr_t) "z\xc3\xa4hler \"1\".png";
	report = read_parts(parts, 4);
	assert_non_null(report);
	assert_string_equal(report->json,
		HEAD ",\"device_attachments\":\"mine\",\"attachments\":["
		     "{\"name\":\"z\xc3\xa4hler \\\"1\\\".png\","
		     "\"type\":\"image/png\",\"size\":1,\"data\":\"YQ==\"},"
		     "{\"type\":\"text/plain\",\"size\":3,\"data\":\"YWIK\"},"
		     "{\"type\":\"text/x\",\"size\":0,\"data\":\"\"}]}");
	report_free(&report);
	parts[0] = part(
		REPORT, HEAD ",\"attachments\":1,\"device_attachments\":2}");
	assert_null(read_parts(parts, 2));
	assert_int_equal(err.code, ERROR_BAD);
}

static void
mail_dates(void **state)
{
	static const struct {
		const char *text;
		long long when; /* -1: refused */
	} rows[] = {
		{ "Sun, 22 Nov 2026 13:00:00 +0100", 1795348800 },
		{ "22 Nov 2026 12:00 GMT", 1795348800 },
		{ "Sun, 22 Nov 2026 12:00:00 +0000 (UTC)", 1795348800 },
		{ "Sun, 31 Nov 2026 12:00:00 +0000", -1 },
		{ "Sun, 22 Nov 2026 12:00:00", -1 },
		{ "yesterday", -1 },
		/* RFC 5322, 4.3: obsolete, and to be understood */
		{ "Sun, 22 Nov 2026 12:00:00 UT", 1795348800 },
		{ "Sun, 22 Nov 2026 12:00:00 gmt", 1795348800 },
		{ "Sun, 22 Nov 2026 12:00:00 Z", 1795348800 },
		{ "Sun, 22 Nov 2026 12:00:00 -0000", 1795348800 },
		{ "Sun, 22 Nov 2026 07:00:00 EST", 1795348800 },
		{ "Sun, 22 Nov 2026 08:00:00 EDT", 1795348800 },
		{ "Sun, 22 Nov 2026 06:00:00 CST", 1795348800 },
		{ "Sun, 22 Nov 2026 07:00:00 CDT", 1795348800 },
		{ "Sun, 22 Nov 2026 05:00:00 MST", 1795348800 },
		{ "Sun, 22 Nov 2026 06:00:00 MDT", 1795348800 },
		{ "Sun, 22 Nov 2026 04:00:00 PST", 1795348800 },
		{ "Sun, 22 Nov 2026 05:00:00 PDT", 1795348800 },
		{ "22 Nov 26 12:00 UT", 1795348800 },
		{ "22 Nov 126 12:00 UT", 1795348800 },
		{ "31 Dec 99 23:59:59 UT", 946684799 },
		{ "1 Jan 00 00:00:00 UT", 946684800 },
		{ "1 Jan 49 00:00 UT", 2493072000 },
		{ "1 Jan 50 00:00 UT", -1 },
		{ "(a) Sun (b(c)\\)) , 22 (d) Nov (e)\t2026 (f) 12 (g) : (h) 00"
		  " :(i) 00 (j) +0000 (k)",
			1795348800 },
		{ "Sun,22 Nov 2026 12:00:00+0000", 1795348800 },
		{ "SUN, 22 NOV 2026 12:00:00 ut", 1795348800 },
		{ "  22 Nov 2026  12:00:00 +0000  ", 1795348800 },
		{ "Sunday, 22 Nov 2026 12:00:00 +0000", 1795348800 },
		{ "Sat, 31 Dec 2016 23:59:60 +0000", 1483228800 },
		{ "22 Nov 2026 6:30:00 -0530", 1795348800 },
		/* no date, or not of this kind */
		{ "Son, 22 Nov 2026 12:00:00 +0000", -1 },
		{ "Sun, 22 November 2026 12:00:00 +0000", -1 },
		{ "Sun 22 Nov 2026 12:00:00 +0000", -1 },
		{ "Sun, 22 Nov 2026 12:00:61 +0000", -1 },
		{ "Sun, 22 Nov 2026 12:60:00 +0000", -1 },
		{ "Sun, 22 Nov 2026 24:00:00 +0000", -1 },
		{ "Sun, 22 Nov 2026 12:00:00 +0060", -1 },
		{ "Sun, 22 Nov 2026 12:00:00 +1500", -1 },
		{ "Sun, 22 Nov 2026 12:00:00 +000", -1 },
		{ "Sun, 22 Nov 2026 12:00:00 +00000", -1 },
		{ "Sun, 22 Nov 2026 12:00:00 +0000 x", -1 },
		{ "Sun, 22 Nov 2026 12:00:00 J", -1 },
		{ "Sun, 22 Nov 2026 12:00:00 +0000 (", 1795348800 },
		{ "Sun, 22 Nov 20261 12:00:00 +0000", -1 },
		{ "Sun, 22 Nov 6 12:00:00 +0000", -1 },
		{ "Sun, 022 Nov 2026 12:00:00 +0000", -1 },
		{ "2026-11-22T12:00:00Z", -1 },
		{ "(", -1 },
		{ "", -1 },
	};
	struct date date;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(date_read_mail(rows[i].text, &date),
			rows[i].when != -1);
		if (rows[i].when == -1)
			continue;
		assert_int_equal(date.earliest, rows[i].when);
		assert_int_equal(date.latest, rows[i].when);
	}
}

/* What names a zone that nobody knows may mean any. */
static void
mail_dates_of_any_zone(void **state)
{
	static const char *const zones[] = { "A", "k", "Y", "CET", "MESZ",
		"AEST" };
	char text[64];
	struct date date;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(zones) / sizeof(zones[0]); i++) {
		snprintf(text, sizeof(text), "22 Nov 2026 12:00:00 %s",
			zones[i]);
		assert_true(date_read_mail(text, &date));
		assert_int_equal(date.earliest, 1795348800 - 14 * 3600);
		assert_int_equal(date.latest, 1795348800 + 12 * 3600);
		assert_string_equal(date.text, "2026-11-22T12:00:00");
	}
	assert_true(date_read_mail("22 Nov 2026 12:00:00 UT", &date));
	assert_string_equal(date.text, "2026-11-22T12:00:00Z");
}

static int
setup(void **state)
{
	(void)state;
	return formats_load(NULL, 0, &formats, &err);
}

static int
teardown(void **state)
{
	(void)state;
	formats_free(&formats);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole_report),
		cmocka_unit_test(numbers),
		cmocka_unit_test(no_numbers),
		cmocka_unit_test(each_kind),
		cmocka_unit_test(bad_members),
		cmocka_unit_test(bad_json),
		cmocka_unit_test(bounds),
		cmocka_unit_test(values),
		cmocka_unit_test(choice),
		cmocka_unit_test(attachments),
		cmocka_unit_test(mail_dates),
		cmocka_unit_test(mail_dates_of_any_zone),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}

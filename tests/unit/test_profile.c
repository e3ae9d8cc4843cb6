/*
 * Profile files and what they ask; recorded answers; what a profile makes of
 * them.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/legible.h"
#include "agent/printer.h"
#include "agent/profile_trial.h"
#include "agent/recorded.h"
#include "agent/source.h"
#include "base/buffer.h"
#include "base/file.h"
#include "base/text.h"

static const char *srcdir = ".";
static char shipped[1024];

static struct profiles *
load(const char *more, bool personal)
{
	const char *const directories[] = { shipped, more };
	struct profiles *profiles;
	struct error e;

	assert_int_equal(profiles_load(directories, more == NULL ? 1 : 2,
				 personal, &profiles, &e),
		0);
	return profiles;
}

static struct answers *
recorded(const char *name)
{
	char path[1200];
	struct answers *answers;
	struct error e = { 0 };

	text_format(path, sizeof(path), "%s/tests/fixture/printers/%s", srcdir,
		name);
	if (recorded_read(path, &answers, &e) != 0)
		fail_msg("%s", e.text);
	return answers;
}

static void
shipped_are_sound(void **state)
{
	struct profiles *profiles = load(NULL, true);

	(void)state;
	if (profiles_fault(profiles, 0) != NULL)
		fail_msg("%s", profiles_fault(profiles, 0));
	assert_int_equal(profiles_count(profiles), 14);
	profiles_free(&profiles);
}

static void
write_file(const char *path, const char *text)
{
	struct buffer octets = { 0 };
	struct error e;

	buffer_text(&octets, text);
	assert_int_equal(file_write(path, 0644, &octets, &e), 0);
	buffer_clear(&octets);
}

#define HEAD "[profile]\nsource = x\ncertainty = draft\ndevice = *\n"

/* A file of this text is left out, since … */
static void
left_out(const char *text, const char *why)
{
	struct profiles *profiles;
	const char *fault;

	mkdir("wrong", 0755);
	write_file("wrong/x.profile", text);
	profiles = load("wrong", false);
	fault = profiles_fault(profiles, 0);
	if (fault == NULL || strstr(fault, why) == NULL)
		fail_msg("%s: %s", why, fault == NULL ? "taken" : fault);
	assert_non_null(strstr(fault, "wrong/x.profile"));
	assert_null(profiles_fault(profiles, 1));
	assert_int_equal(profiles_count(profiles), 14);
	profiles_free(&profiles);
	unlink("wrong/x.profile");
	rmdir("wrong");
}

static void
wrong_files(void **state)
{
	static const struct {
		const char *text, *why;
	} rows[] = {
		{ "", "source and certainty" },
		{ "[profile]\nsource = x\ncertainty = y\n", "no device" },
		{ "total = 1.3.6\n", ":1: stands before" },
		{ HEAD "[counter]\n", ":5: no such section" },
		{ HEAD "low = 0\n", "percentage" },
		{ HEAD "low = 10x\n", "percentage" },
		{ HEAD "device = 1.3.x\n", "no OID" },
		{ HEAD "source = y\n", ":5: given twice" },
		{ HEAD "colour = y\n", "[profile] has" },
		{ HEAD "none =\n", "no value" },
		{ HEAD "none = \xff\n", "no UTF-8" },
		{ HEAD "[counters]\nTotal = 1.3.6.1\n", "none of a counter" },
		{ HEAD "[counters]\ntotal = x\n", "begin with an OID" },
		{ HEAD "[counters]\ntotal = .*\n", "begin with an OID" },
		{ HEAD "[counters]\ntotal = 1\n", "begin with an OID" },
		{ HEAD "[counters]\ntotal = 1.3.6.4294967296\n",
			"begin with an OID" },
		{ HEAD "[counters]\ntotal = 1.3.6.1 sum\n", "there may be" },
		{ HEAD "[counters]\ntotal = 1.3.6.1 times\n", "times wants" },
		{ HEAD "[counters]\ntotal = 1.3.6.1 times 0\n", "times wants" },
		{ HEAD "[counters]\ntotal = 1.3.6.1 times "
		       "99999999999999999999\n",
			"times wants" },
		{ HEAD "[counters]\ntotal = 1.3.6.1 tag 0\n", "tag wants" },
		{ HEAD "[counters]\ntotal = 1.3.6.1 tag 001122334455667788\n",
			"tag wants" },
		{ HEAD "[counters]\ntotal = 1.3.6.1 where 1.3.6.2.* = 1\n",
			"for a column" },
		{ HEAD "[counters]\ntotal = 1.3.6.1.* where 1.3.6.2 = 1\n",
			"where wants" },
		{ HEAD "[counters]\ntotal = 1.3.6.1.* where 1.3.6.2.* =\n",
			"where wants" },
		{ HEAD "[counters]\ntotal = 1.3.6.1.* where 1.3.6.2.* = 1 and "
		       "1.3.6.3.* = 1 and 1.3.6.4.* = 1\n",
			"one and" },
		{ HEAD "[printer]\nname = 1.3.6.1\n", "no such name" },
		{ HEAD "[supplies]\nlevel = 1.3.6.1\n", "wants a column" },
		{ HEAD "[alerts]\ncode = 1.3.6.1.4.1.9.1.* where "
		       "1.3.6.1.4.1.9.2.* = 1\n",
			"wants a column" },
		{ HEAD "[settings]\na-name-that-is-longer-than-any-setting-has "
		       "= "
		       "1.3.6.1\n",
			"too long" },
		{ HEAD "[alert codes]\njam = 8\n", "NUMBER = WORD" },
		{ HEAD "[settings]\nx = 1.3.6.1.2.1.1.5.0\n", "[personal]" },
		{ HEAD "[settings]\nx = 1.3.6.1.2.1.1.*\n", "[personal]" },
		{ HEAD "[settings]\nx = 1.3.6.1.2.1.43.16.5.1.2.1.1\n",
			"[personal]" },
		{ HEAD "[counters]\nx = 1.3.6.1.4.1.9.* where "
		       "1.3.6.1.2.1.43.5.1.1.16.* = a\n",
			"[personal]" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		left_out(rows[i].text, rows[i].why);
}

static void
too_much(void **state)
{
	struct buffer text = { 0 };

	(void)state;
	buffer_text(&text, HEAD "[counters]\n");
	for (int i = 1; i <= 81; i++)
		buffer_format(&text, "c%d = 1.3.6.1.4.1.9.%d.0\n", i, i);
	left_out((const char *)text.data, ":86: too much is asked");
	buffer_clear(&text);
	buffer_text(&text, HEAD "[counters]\n");
	for (int i = 1; i <= 129; i++)
		buffer_format(&text, "c%d = 1.3.6.1.4.1.9.1.0\n", i);
	left_out((const char *)text.data, "too many lines");
	buffer_clear(&text);
	buffer_text(&text, HEAD "[counters]\nx = 1.3");
	for (int i = 0; i < 90; i++)
		buffer_text(&text, ".1");
	left_out((const char *)text.data, ":6: ");
	buffer_clear(&text);
}

/* What an operator puts in his own directory comes in the place of ours, and
 * where it is wrong neither is used. */
static void
operators_files(void **state)
{
	struct profiles *profiles;

	(void)state;
	mkdir("own", 0755);
	write_file(
		"own/hp.profile", HEAD "[counters]\nx = 1.3.6.1.4.1.9.1.0\n");
	write_file("own/acme.profile", HEAD);
	write_file("own/.hidden.profile", "?");
	write_file("own/notes.txt", "?");
	profiles = load("own", false);
	assert_null(profiles_fault(profiles, 0));
	assert_int_equal(profiles_count(profiles), 15);
	profiles_free(&profiles);
	write_file("own/hp.profile", "?");
	chmod("own/acme.profile", 0666);
	profiles = load("own", false);
	assert_non_null(strstr(profiles_fault(profiles, 0), "writable"));
	assert_non_null(profiles_fault(profiles, 1));
	assert_int_equal(profiles_count(profiles), 13);
	profiles_free(&profiles);
	profiles = load("no such directory", false);
	assert_int_equal(profiles_count(profiles), 14);
	profiles_free(&profiles);
}

static bool
asks(const struct queries *queries, const char *oid)
{
	struct oid wanted;

	assert_true(oid_read(oid, &wanted));
	for (size_t i = 0; i < queries->count; i++)
		if (oid_compare(&queries->rows[i].oid, &wanted) == 0)
			return true;
	return false;
}

/* All that is asked of the printer whose answers these are, step by step. */
static void
ask(const struct profiles *profiles, const char *name, char *names,
	struct queries *queries)
{
	struct profile_asking asking = { .profiles = profiles };
	struct answers *answers = recorded(name);

	*queries = (struct queries){ .count = 0 };
	assert_int_equal(profile_next(&asking, answers, queries), 1);
	assert_int_equal(queries->count, 2);
	assert_false(queries->rows[0].subtree);
	*queries = (struct queries){ .count = 0 };
	assert_int_equal(profile_next(&asking, answers, queries), 1);
	assert_int_equal(profile_next(&asking, answers, queries), 0);
	profile_names(&asking.profile, names);
	answers_free(&answers);
}

static void
each_by_its_profile(void **state)
{
	static const struct {
		const char *answers, *profiles;
	} rows[] = {
		{ "plain.walk", "printer-mib" },
		{ "hp.walk", "hp printer-mib" },
		{ "kyocera.snmprec", "kyocera printer-mib" },
		{ "ricoh.snmprec", "ricoh printer-mib" },
		{ "lexmark.snmprec", "lexmark printer-mib" },
		{ "brother.snmprec", "brother printer-mib" },
		{ "canon.walk", "canon printer-mib" },
		{ "hostile.snmprec", "printer-mib" },
	};
	struct profiles *profiles = load(NULL, false);
	char names[PROFILE_CHAIN_SIZE];
	static struct queries queries;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		ask(profiles, rows[i].answers, names, &queries);
		assert_string_equal(names, rows[i].profiles);
		assert_true(queries.count > 10);
		assert_true(asks(&queries, "1.3.6.1.2.1.43.10.2.1.4"));
	}
	profiles_free(&profiles);
}

/* Names, contacts, locations are asked only of who allows it. */
static void
people_are_left_alone(void **state)
{
	static const char *const people[] = { "1.3.6.1.2.1.1.4.0",
		"1.3.6.1.2.1.1.5.0", "1.3.6.1.2.1.1.6.0",
		"1.3.6.1.2.1.43.5.1.1.16" };
	char names[PROFILE_CHAIN_SIZE];
	static struct queries queries;
	struct profiles *profiles;

	(void)state;
	for (int personal = 0; personal <= 1; personal++) {
		profiles = load(NULL, personal != 0);
		ask(profiles, "plain.walk", names, &queries);
		for (size_t i = 0; i < 4; i++)
			assert_int_equal(asks(&queries, people[i]), personal);
		profiles_free(&profiles);
	}
}

/* The narrowest first; of those that fit alike all; never more than fit. */
static void
narrow_before_wide(void **state)
{
	struct profiles *profiles;
	char names[PROFILE_CHAIN_SIZE];
	static struct queries queries;

	(void)state;
	mkdir("chain", 0755);
	write_file("chain/m900.profile",
		"[profile]\nsource = x\ncertainty = draft\n"
		"device = 1.3.6.1.4.1.1\ndevice = 1.3.6.1.4.1.99999.1.1\n"
		"[counters]\ntotal = 1.3.6.1.4.1.99999.5.0\n");
	write_file("chain/acme.profile",
		"[profile]\nsource = x\ncertainty = draft\n"
		"device = 1.3.6.1.4.1.99999\n");
	write_file("chain/more.profile", HEAD);
	profiles = load("chain", false);
	ask(profiles, "plain.walk", names, &queries);
	assert_string_equal(names, "m900 acme more");
	profiles_free(&profiles);
}

static void
as_text(const char *octets, size_t length, const char *expected)
{
	char out[16];

	legible(octets, length, out, sizeof(out));
	assert_string_equal(out, expected);
}

#define AS_TEXT(octets, expected) as_text(octets, sizeof(octets) - 1, expected)

static void
hostile_texts(void **state)
{
	char *large = malloc(65536);
	char out[256];

	(void)state;
	AS_TEXT("", "");
	AS_TEXT("  a \t b\r\n", "a b");
	AS_TEXT("a\0b", "a");
	AS_TEXT("\0\x15HP", "HP");
	AS_TEXT("\x1b[31mred", "[31mred");
	AS_TEXT("caf\xc3\xa9", "caf\xc3\xa9");
	AS_TEXT("caf\xe9", "caf\xc3\xa9");
	AS_TEXT("\xff\xfe", "\xc3\xbf\xc3\xbe");
	AS_TEXT("a\x80\x9f b", "a b");
	AS_TEXT("a\xc2\x85\xe2\x80\xae"
		"b\xef\xbb\xbf"
		"c",
		"a b c");
	AS_TEXT("\xed\xa0\x80", "\xc3\xad");
	AS_TEXT("\xf4\x90\x80\x80", "\xc3\xb4");
	AS_TEXT("\xf0\x9f\x96\xa8", "\xf0\x9f\x96\xa8");
	AS_TEXT("123456789012345678", "123456789012345");
	AS_TEXT("12345678901234\xc3\xa9", "12345678901234");
	assert_non_null(large);
	memset(large, 0xe9, 65536);
	legible(large, 65536, out, sizeof(out));
	assert_int_equal(strlen(out), 254);
	free(large);
}

static int64_t
number(const char *source, enum answer_kind kind, int64_t value,
	const char *text, size_t length)
{
	struct answer row = { .kind = kind,
		.integer = value,
		.number = (uint64_t)value,
		.text = (const unsigned char *)text,
		.length = length };
	struct source s;
	struct error e;
	const char *why;
	int64_t got = -1;

	assert_int_equal(source_read(source, &s, &e), 0);
	why = source_number(&s, &row, &got);
	assert_int_equal(why != NULL, got == -1);
	source_clear(&s);
	return got;
}

#define NUMBER(source, kind, value) number("1.3.6.1" source, kind, value, "", 0)
#define TEXT(source, text) \
	number("1.3.6.1" source, ANSWER_TEXT, 0, text, sizeof(text) - 1)
#define MOST ((INT64_C(1) << 53) - 1)

static void
numbers_as_they_came(void **state)
{
	(void)state;
	assert_int_equal(NUMBER("", ANSWER_COUNTER32, 4294967295), 4294967295);
	assert_int_equal(NUMBER("", ANSWER_COUNTER32, 0), 0);
	assert_int_equal(NUMBER("", ANSWER_INTEGER, 7), 7);
	assert_int_equal(NUMBER("", ANSWER_INTEGER, -1), -1);
	assert_int_equal(NUMBER("", ANSWER_COUNTER64, MOST), MOST);
	assert_int_equal(NUMBER("", ANSWER_COUNTER64, MOST + 1), -1);
	assert_int_equal(NUMBER("", ANSWER_COUNTER64, -1), -1);
	assert_int_equal(NUMBER("", ANSWER_OTHER, 5), -1);
	assert_int_equal(NUMBER("", ANSWER_OID, 5), -1);
	assert_int_equal(NUMBER(" times 1000", ANSWER_GAUGE, 12), 12000);
	assert_int_equal(NUMBER(" times 2", ANSWER_COUNTER64, MOST), -1);
	assert_int_equal(NUMBER(" text", ANSWER_INTEGER, 5), -1);
	assert_int_equal(TEXT("", "5"), -1);
	assert_int_equal(TEXT(" text", " 0012 "), 12);
	assert_int_equal(TEXT(" text", "12 pages"), -1);
	assert_int_equal(TEXT(" text", ""), -1);
	assert_int_equal(TEXT(" text", "-1"), -1);
	assert_int_equal(TEXT(" text", "99999999999999999999999"), -1);
	assert_int_equal(TEXT(" tag 01", "\x01\x02\x01\x00"), 256);
	assert_int_equal(TEXT(" tag 01", "\x02\x01\x07\x01\x01\x09\xff"), 9);
	assert_int_equal(TEXT(" tag 01", "\x02\xff\x07\x01\x01\x09"), -1);
	assert_int_equal(TEXT(" tag 01", "\x01\x00"), -1);
	assert_int_equal(TEXT(" tag 01", "\x01\x09\1\2\3\4\5\6\7\x08\x09"), -1);
	assert_int_equal(TEXT(" tag 01", "\x01\x04\x01"), -1);
	assert_int_equal(TEXT(" tag 01", "\x01"), -1);
	assert_int_equal(TEXT(" tag 01", ""), -1);
}

static void
not_recorded(const char *text, size_t length, enum error_code code)
{
	struct answers *answers;
	struct error e = { 0 };

	assert_int_equal(recorded_parse(text, length, "x", &answers, &e), -1);
	assert_null(answers);
	assert_int_equal(e.code, code);
	assert_non_null(strstr(e.text, "x:"));
}

static void
recordings_are_refused(void **state)
{
	static const char *const rows[] = {
		"?",
		"1.3.6.1.1",
		"1.3.6.1.1|",
		"1.3.6.1.1|2",
		"1.3.6.1.1|2|",
		"1.3.6.1.1|2|x",
		"1.3.6.1.1|65|-1",
		"1.3.6.1.1|65|99999999999999999999999",
		"1.3.6.1.1|3|00",
		"1.3.6.1.1|4x|0",
		"1.3.6.1.1|4x|zz",
		"1.3.6.1.1|6|x",
		"1.3.6.1.1|64|1.2.3.256",
		"1.3.6..1|2|5",
		".1.3.6.1.1 = 5",
		".1.3.6.1.1 = WORD: 5",
		".1.3.6.1.1 = Hex-STRING: 0",
		"1.3.6.1.1|2|5\n\n# note\n?",
	};
	struct buffer many = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		not_recorded(rows[i], strlen(rows[i]), ERROR_BAD);
	for (int i = 0; i <= ANSWERS_MAX; i++)
		buffer_format(&many, "1.3.6.%d|2|5\n", i);
	not_recorded((const char *)many.data, many.length, ERROR_LIMIT);
	buffer_clear(&many);
}

static void
try(const char *name, bool json, struct buffer *out)
{
	struct profiles *profiles = load(NULL, false);
	struct answers *answers = recorded(name);
	struct profile profile;
	struct error e;

	profile_choose(profiles, answers, &profile);
	assert_int_equal(profile_trial(&profile, answers, json, out, &e), 0);
	assert_int_equal(strlen((const char *)out->data), out->length);
	answers_free(&answers);
	profiles_free(&profiles);
}

static bool
has(const struct buffer *text, const char *part)
{
	return strstr((const char *)text->data, part) != NULL;
}

static void
trials(void **state)
{
	struct buffer out = { 0 };

	(void)state;
	try("hp.walk", false, &out);
	assert_true(has(&out, "1.3.6.1.4.1.11.2.3.9.4.2.1.4.1.2.5.0 "));
	assert_true(has(&out, "counter total"));
	assert_true(has(&out, "0x01153235"));
	assert_true(has(&out, "no answer"));
	buffer_clear(&out);
	try("brother.snmprec", true, &out);
	assert_true(has(&out,
		"{\"oid\":\"1.3.6.1.2.1.1.2.0\",\"kind\":\"oid\","
		"\"answer\":\"1.3.6.1.4.1.2435.2.3.9.1\",\"taken\":false}\n"));
	assert_true(has(&out,
		"\"use\":\"counter\",\"name\":\"total.color\","
		"\"profile\":\"brother\",\"value\":565,\"taken\":true}\n"));
	buffer_clear(&out);
	try("lexmark.snmprec", false, &out);
	assert_true(has(&out, "counter32 9000 (another comes first)\n"));
	assert_true(has(&out, "no answer (none of its rows fits)\n"));
	assert_true(has(&out, "condition "));
	buffer_clear(&out);
	try("brother.snmprec", false, &out);
	assert_true(has(&out, "00000001ff = 4661\n"));
	buffer_clear(&out);
	try("hostile.snmprec", false, &out);
	assert_true(has(&out, "(below 0)"));
	assert_true(has(&out, "(beyond 2^53 - 1)"));
	for (size_t i = 0; i < out.length; i++)
		assert_true(out.data[i] == '\n' ||
			(out.data[i] >= ' ' && out.data[i] < 0x7f));
	buffer_clear(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shipped_are_sound),
		cmocka_unit_test(wrong_files),
		cmocka_unit_test(too_much),
		cmocka_unit_test(operators_files),
		cmocka_unit_test(each_by_its_profile),
		cmocka_unit_test(people_are_left_alone),
		cmocka_unit_test(narrow_before_wide),
		cmocka_unit_test(hostile_texts),
		cmocka_unit_test(numbers_as_they_came),
		cmocka_unit_test(recordings_are_refused),
		cmocka_unit_test(trials),
	};
	char work[] = "/tmp/csrc-profile-XXXXXX", command[64];
	int rc;

	if (getenv("srcdir") != NULL)
		srcdir = realpath(getenv("srcdir"), NULL);
	text_format(shipped, sizeof(shipped), "%s/agent/profiles", srcdir);
	if (mkdtemp(work) == NULL || chdir(work) == -1)
		return 99;
	rc = cmocka_run_group_tests_name("profile", tests, NULL, NULL);
	text_format(command, sizeof(command), "rm -rf %s", work);
	return rc != 0 || system(command) != 0;
}

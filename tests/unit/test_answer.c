/*
 * What printers answer, as rows; addresses as text; ranges of them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "agent/answer.h"
#include "agent/discover.h"
#include "agent/host.h"

static struct oid
oid(const char *text)
{
	struct oid one;

	assert_true(oid_read(text, &one));
	return one;
}

static void
identifiers(void **state)
{
	static const char *const bad[] = { "", ".", "1.", "1..3", "a", "1.3a",
		"1.4294967296", "1.03", "-1", "1.3 " };
	char text[OID_TEXT_SIZE], longest[2 * OID_MAX + 2];
	struct oid one = oid("1.3.6.1"), below = oid(".1.3.6.1.4294967295.0");

	(void)state;
	oid_write(&below, text);
	assert_string_equal(text, "1.3.6.1.4294967295.0");
	assert_true(oid_begins(&below, &one));
	assert_false(oid_begins(&one, &below));
	assert_true(oid_compare(&one, &below) < 0);
	assert_true(oid_compare(&below, &one) > 0);
	assert_int_equal(oid_compare(&one, &one), 0);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_false(oid_read(bad[i], &one));
	for (size_t i = 0; i <= OID_MAX; i++)
		memcpy(longest + 2 * i, "1.", 2);
	longest[2 * OID_MAX - 1] = '\0';
	assert_true(oid_read(longest, &one));
	assert_int_equal(one.count, OID_MAX);
	longest[2 * OID_MAX - 1] = '.';
	longest[2 * OID_MAX + 1] = '\0';
	assert_false(oid_read(longest, &one));
}

static int
add(struct answers *rows, const char *where, const char *text, struct error *e)
{
	const struct answer one = { .oid = oid(where),
		.kind = ANSWER_TEXT,
		.text = (const unsigned char *)text,
		.length = strlen(text) };

	return answers_add(rows, &one, e);
}

static void
assert_row(const struct answers *rows, size_t place, const char *where,
	const char *text)
{
	char name[OID_TEXT_SIZE];
	struct answer one;

	assert_true(answers_at(rows, place, &one));
	oid_write(&one.oid, name);
	assert_string_equal(name, where);
	assert_int_equal(one.length, strlen(text));
	assert_memory_equal(one.text, text, one.length);
}

static void
rows_are_sorted(void **state)
{
	struct answers *rows = answers_make();
	struct answer one;
	struct oid where = oid("1.3.5");
	struct error e;

	(void)state;
	assert_int_equal(add(rows, "1.3.6", "b", &e), 0);
	assert_int_equal(add(rows, "1.3.10", "", &e), 0);
	assert_int_equal(add(rows, "1.3.5", "a", &e), 0);
	assert_int_equal(add(rows, "1.3.6", "another", &e), 0);
	assert_int_equal(answers_count(rows), 3);
	assert_row(rows, 0, "1.3.5", "a");
	assert_row(rows, 1, "1.3.6", "another");
	assert_row(rows, 2, "1.3.10", "");
	assert_false(answers_at(rows, 3, &one));
	assert_true(answers_find(rows, &where, &one));
	assert_true(answers_next(rows, &where, &one));
	assert_int_equal(one.oid.ids[2], 6);
	where = oid("1.3.7");
	assert_false(answers_find(rows, &where, &one));
	assert_true(answers_next(rows, &where, &one));
	assert_int_equal(one.oid.ids[2], 10);
	assert_false(answers_next(rows, &one.oid, &one));
	answers_free(&rows);
	answers_free(&rows);
}

static void
values(void **state)
{
	struct answers *rows = answers_make();
	struct answer given = { .oid = oid("1.3.6.1"),
		.kind = ANSWER_OID,
		.integer = INT64_MIN,
		.number = UINT64_MAX,
		.value = oid("1.3.6.1.4.1") };
	struct answer got;
	struct error e;

	(void)state;
	assert_int_equal(answers_add(rows, &given, &e), 0);
	assert_true(answers_at(rows, 0, &got));
	assert_int_equal(got.kind, ANSWER_OID);
	assert_true(got.integer == INT64_MIN);
	assert_true(got.number == UINT64_MAX);
	assert_int_equal(oid_compare(&got.value, &given.value), 0);
	answers_free(&rows);
}

static void
rows_are_bounded(void **state)
{
	struct answers *rows = answers_make();
	struct answer one = { .oid = oid("1.3.0"), .kind = ANSWER_INTEGER };
	static char text[ANSWERS_OCTETS];
	struct error e;

	(void)state;
	for (uint32_t i = 0; i < ANSWERS_MAX; i++) {
		one.oid.ids[2] = i;
		assert_int_equal(answers_add(rows, &one, &e), 0);
	}
	one.oid.ids[2]++;
	assert_int_equal(answers_add(rows, &one, &e), -1);
	assert_int_equal(e.code, ERROR_LIMIT);
	assert_int_equal(answers_count(rows), ANSWERS_MAX);
	answers_free(&rows);
	rows = answers_make();
	memset(text, 'x', sizeof(text) - 1);
	assert_int_equal(add(rows, "1.3.1", text, &e), -1);
	assert_int_equal(e.code, ERROR_LIMIT);
	text[sizeof(text) / 2] = '\0';
	assert_int_equal(add(rows, "1.3.1", text, &e), 0);
	assert_int_equal(add(rows, "1.3.2", text, &e), -1);
	assert_int_equal(e.code, ERROR_LIMIT);
	assert_row(rows, 0, "1.3.1", text);
	assert_int_equal(answers_count(rows), 1);
	answers_free(&rows);
}

static void
hosts(void **state)
{
	static const char *const good[] = { "192.0.2.1", "192.0.2.1:1161",
		"2001:db8::1", "[2001:db8::1]:1161" };
	static const char *const bad[] = { "", "printer", "192.0.2",
		"192.0.2.1:", "192.0.2.1:0", "192.0.2.1:65536", "192.0.2.1:1:1",
		"[192.0.2.1]", "[2001:db8::1", "[2001:db8::1]1",
		"2001:db8::1]:1", "192.0.2.1:+1" };
	struct sockaddr_storage one, again;
	unsigned char key[HOST_KEY_SIZE];
	char text[HOST_TEXT_SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++) {
		assert_true(host_read(good[i], HOST_PORT, &one));
		host_write(&one, text);
		assert_string_equal(text, good[i]);
		host_key(&one, key);
		host_of_key(key, &again);
		assert_true(host_same(&one, &again));
	}
	assert_true(host_read("[2001:db8::1]", 99, &again));
	assert_false(host_same(&one, &again));
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_false(host_read(bad[i], HOST_PORT, &one));
}

static void
assert_range(
	const char *text, size_t count, const char *first, const char *last)
{
	struct ranges *ranges = ranges_make();
	struct sockaddr_storage one;
	char host[HOST_TEXT_SIZE];
	struct error e;

	/* another one before it */
	assert_int_equal(ranges_add(ranges, "198.51.100.0/30", 161, &e), 0);
	assert_int_equal(ranges_add(ranges, text, 161, &e), 0);
	assert_int_equal(ranges_count(ranges), 2 + count);
	assert_true(ranges_at(ranges, 1, &one));
	host_write(&one, host);
	assert_string_equal(host, "198.51.100.2");
	assert_true(ranges_at(ranges, 2, &one));
	host_write(&one, host);
	assert_string_equal(host, first);
	assert_true(ranges_at(ranges, 1 + count, &one));
	host_write(&one, host);
	assert_string_equal(host, last);
	assert_false(ranges_at(ranges, 2 + count, &one));
	ranges_free(&ranges);
}

static void
ranges_are_read(void **state)
{
	(void)state;
	assert_range("192.0.2.77/24", 254, "192.0.2.1", "192.0.2.254");
	assert_range("192.0.2.4/30", 2, "192.0.2.5", "192.0.2.6");
	assert_range("192.0.2.4/31", 2, "192.0.2.4", "192.0.2.5");
	assert_range("192.0.2.4/32", 1, "192.0.2.4", "192.0.2.4");
	assert_range("10.0.0.0/13", 524286, "10.0.0.1", "10.7.255.254");
	assert_range("192.0.2.4-192.0.3.4", 257, "192.0.2.4", "192.0.3.4");
	assert_range("192.0.2.4-9", 6, "192.0.2.4", "192.0.2.9");
	assert_range("192.0.2.4", 1, "192.0.2.4", "192.0.2.4");
	assert_range("2001:db8::1", 1, "2001:db8::1", "2001:db8::1");
	assert_range("192.0.2.4:99", 1, "192.0.2.4:99", "192.0.2.4:99");
}

static void
no_ranges(void **state)
{
	static const char *const bad[] = { "", "x", "192.0.2.0/",
		"192.0.2.0/33", "192.0.2.0/0", "192.0.2.0/024", "192.0.2.0/+4",
		"/24", "192.0.2/24", "2001:db8::/64", "2001:db8::1-2",
		"192.0.2.4-3", "192.0.2.4-256", "192.0.2.4-", "-192.0.2.4",
		"192.0.2.4-x", "192.0.2.9-192.0.2.1", "192.0.2.1-2001:db8::1" };
	struct ranges *ranges = ranges_make();
	struct error e;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		assert_int_equal(ranges_add(ranges, bad[i], 161, &e), -1);
		assert_int_equal(e.code, ERROR_BAD);
	}
	assert_int_equal(ranges_add(ranges, "10.0.0.0/8", 161, &e), -1);
	assert_int_equal(e.code, ERROR_LIMIT);
	assert_int_equal(ranges_count(ranges), 0);
	for (int i = 0; i < RANGES_MAX; i++)
		assert_int_equal(ranges_add(ranges, "192.0.2.1", 161, &e), 0);
	assert_int_equal(ranges_add(ranges, "192.0.2.1", 161, &e), -1);
	assert_int_equal(e.code, ERROR_LIMIT);
	ranges_free(&ranges);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(identifiers),
		cmocka_unit_test(rows_are_sorted),
		cmocka_unit_test(values),
		cmocka_unit_test(rows_are_bounded),
		cmocka_unit_test(hosts),
		cmocka_unit_test(ranges_are_read),
		cmocka_unit_test(no_ranges),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

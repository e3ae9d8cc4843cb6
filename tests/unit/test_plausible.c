/*
 * A reading held against the earlier ones of its device: each flag at the edge
 * of its predicate, as csrc-report(5) has it.
 */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "store/flag.h"
#include "store/reading.h"
#include "tests/unit/store_fixture.h"

enum { HOUR = 3600, COUNTERS = 4 };

/* A sealed report of D0, days and a reading. */
struct sent {
	struct admission a;
	struct counter counters[COUNTERS];
	char line[32];
};

static void
take(struct sent *s, const char *name, int64_t value)
{
	struct counter *c = &s->counters[s->a.counter_count++];

	assert_true(s->a.counter_count <= COUNTERS);
	c->name = (char *)(uintptr_t)name;
	c->value = value;
	s->a.counters = s->counters;
}

static void
make(struct sent *s, unsigned int number, int64_t when, int64_t total)
{
	memset(s, 0, sizeof(*s));
	s->a = fixture_admission(number);
	text_format(s->line, sizeof(s->line), "{\"number\":%u}", number);
	s->a.line = s->line;
	s->a.line_length = strlen(s->line);
	s->a.serial = "D0";
	s->a.dated = true;
	s->a.timed = true;
	s->a.earliest = s->a.latest = when;
	s->a.window = s->a.skew = (int64_t)4000 * DAY;
	s->a.assurance = "sealed";
	s->a.model = "C353";
	s->a.counts = true;
	s->a.retention = (int64_t)400 * DAY;
	s->a.max_pages_per_day = 100000;
	take(s, "total", total);
}

static unsigned int
admit(struct fixture *f, struct sent *s)
{
	struct admitted got;

	OK(ledger_admit(f->store, &s->a, &got, &f->e));
	assert_int_equal(got.result, LEDGER_ADMITTED);
	return got.flags;
}

/* Total alone; the flags that it gets. */
static unsigned int
total(struct fixture *f, unsigned int number, int64_t when, int64_t value)
{
	struct sent s;

	make(&s, number, when, value);
	return admit(f, &s);
}

/* The last record of the spool. */
static void
last_record(struct fixture *f, char *line, size_t size)
{
	char command[256];
	FILE *lines;

	OK(store_publish(f->store, &f->e));
	text_format(command, sizeof(command),
		"cat '%s'/new/*.jsonl | tail -n 1", f->spool);
	lines = popen(command, "r");
	assert_non_null(lines);
	assert_non_null(fgets(line, (int)size, lines));
	pclose(lines);
}

static void
record_has(struct fixture *f, const char *wanted)
{
	char line[1024];

	last_record(f, line, sizeof(line));
	if (strstr(line, wanted) == NULL)
		fail_msg("%s is not in %s", wanted, line);
}

static void
difference_to_the_previous(void **state)
{
	struct fixture *f = *state;
	char line[1024];
	struct sent s;

	fixture_devices(f, 2);
	assert_int_equal(total(f, 1, NOW - 2 * DAY, 1000), 0);
	last_record(f, line, sizeof(line));
	assert_null(strstr(line, "previous"));
	make(&s, 2, NOW - DAY, 1500);
	take(&s, "toner.black", 40);
	assert_int_equal(admit(f, &s), 0);
	record_has(f,
		",\"previous\":{\"sequence\":1,"
		"\"date\":\"2027-01-13T08:00:00Z\","
		"\"counters\":{\"total\":1000}},"
		"\"difference\":{\"total\":500},\"number\":2}");
	/* what is no count may fall, and is told */
	make(&s, 3, NOW, 1500);
	take(&s, "toner.black", 30);
	assert_int_equal(admit(f, &s), 0);
	record_has(f, ",\"difference\":{\"total\":0,\"toner.black\":-10}");
	/* another device has a history of its own */
	make(&s, 4, NOW, 5);
	s.a.serial = "D1";
	assert_int_equal(admit(f, &s), 0);
	last_record(f, line, sizeof(line));
	assert_null(strstr(line, "previous"));
	assert_null(strstr(line, "flags"));
}

static void
late_reading(void **state)
{
	struct fixture *f = *state;

	fixture_devices(f, 1);
	total(f, 1, NOW - 4 * DAY, 1000);
	total(f, 2, NOW - DAY, 1400);
	assert_int_equal(total(f, 3, NOW - 2 * DAY, 1200), FLAG_ORDER);
	record_has(f, "\"flags\":[\"order\"],\"previous\":{\"sequence\":1,");
	record_has(
		f, "\"difference\":{\"total\":200},\"next\":{\"sequence\":2,");
	record_has(f, "\"counters\":{\"total\":1400}},\"number\":3}");
	/* and stands where it is dated */
	assert_int_equal(total(f, 4, NOW - DAY - 1, 1300), FLAG_ORDER);
	record_has(f, "\"previous\":{\"sequence\":3,");
	assert_int_equal(total(f, 5, NOW, 1500), 0);
	record_has(f, "\"previous\":{\"sequence\":2,");
}

static void
falls(void **state)
{
	struct fixture *f = *state;
	struct sent s;

	fixture_devices(f, 1);
	total(f, 1, NOW - 10 * DAY, 1000);
	assert_int_equal(total(f, 2, NOW - 9 * DAY, 999), FLAG_FELL);
	/* a hundredth of it is not near zero, less is */
	assert_int_equal(total(f, 3, NOW - 8 * DAY, 9), FLAG_FELL);
	total(f, 4, NOW - 7 * DAY, 1000);
	assert_int_equal(total(f, 5, NOW - 6 * DAY, 10), FLAG_FELL);
	total(f, 6, NOW - 5 * DAY, 1000);
	assert_int_equal(total(f, 7, NOW - 4 * DAY, 8), FLAG_FELL | FLAG_RESET);
	total(f, 8, NOW - 3 * DAY, 1000);
	make(&s, 9, NOW - 2 * DAY, 500);
	s.a.model = "C454";
	assert_int_equal(admit(f, &s), FLAG_FELL | FLAG_MODEL | FLAG_REPLACED);
	make(&s, 10, NOW - DAY, 600);
	s.a.model = "c454";
	assert_int_equal(admit(f, &s), 0);
	record_has(f, "\"difference\":{\"total\":100}");
}

/* Half of them is not most of them. */
static void
reset_of_most(void **state)
{
	struct fixture *f = *state;
	struct sent s;

	fixture_devices(f, 1);
	make(&s, 1, NOW - 3 * DAY, 5000);
	take(&s, "total.black", 3000);
	admit(f, &s);
	make(&s, 2, NOW - 2 * DAY, 5000);
	take(&s, "total.black", 0);
	assert_int_equal(admit(f, &s), FLAG_FELL);
	make(&s, 3, NOW - DAY, 5000);
	take(&s, "total.black", 3000);
	admit(f, &s);
	make(&s, 4, NOW, 0);
	take(&s, "total.black", 0);
	assert_int_equal(admit(f, &s), FLAG_FELL | FLAG_RESET | FLAG_ZERO);
}

static void
rolls_over(void **state)
{
	struct fixture *f = *state;

	fixture_devices(f, 1);
	total(f, 1, NOW - 9 * DAY, 9999900);
	assert_int_equal(
		total(f, 2, NOW - 8 * DAY, 400), FLAG_FELL | FLAG_ROLLOVER);
	total(f, 3, NOW - 7 * DAY, 99950000);
	assert_int_equal(
		total(f, 4, NOW - 6 * DAY, 50000), FLAG_FELL | FLAG_ROLLOVER);
	total(f, 5, NOW - 5 * DAY, 99950000);
	/* one page more than may be */
	assert_int_equal(
		total(f, 6, NOW - 4 * DAY, 50001), FLAG_FELL | FLAG_RESET);
	total(f, 7, NOW - 3 * DAY, 8999999);
	assert_int_equal(total(f, 8, NOW - 2 * DAY, 5), FLAG_FELL | FLAG_RESET);
}

static void
jumps(void **state)
{
	struct fixture *f = *state;
	struct sent s;

	fixture_devices(f, 1);
	total(f, 1, NOW - 9 * DAY, 0);
	assert_int_equal(total(f, 2, NOW - 8 * DAY, 100000), 0);
	assert_int_equal(total(f, 3, NOW - 7 * DAY, 200001), FLAG_JUMP);
	/* a day that has begun counts */
	assert_int_equal(total(f, 4, NOW - 6 * DAY + 1, 400001), 0);
	make(&s, 5, NOW, INT64_C(9007199254740991));
	s.a.max_pages_per_day = 0;
	assert_int_equal(admit(f, &s), 0);
}

/* Ten times its greatest rate is not far above its history; more is, if there
 * are four intervals to tell. */
static void
outruns_its_history(void **state)
{
	struct fixture *f = *state;
	unsigned int i;

	fixture_devices(f, 2);
	for (i = 0; i < 5; i++)
		assert_int_equal(
			total(f, i, NOW - (20 - i) * DAY, 1000 + i * 200), 0);
	assert_int_equal(total(f, i, NOW - 15 * DAY, 1800 + 2000), 0);
	fixture_reopen(f);
	/* now the greatest is 2000 a day */
	assert_int_equal(total(f, 10, NOW - 14 * DAY, 3800 + 20001), FLAG_JUMP);
	assert_int_equal(total(f, 11, NOW - 13 * DAY, 3800 + 40001), 0);
}

static void
too_short_a_history(void **state)
{
	struct fixture *f = *state;
	unsigned int i;

	fixture_devices(f, 1);
	for (i = 0; i < 4; i++)
		assert_int_equal(
			total(f, i, NOW - (20 - i) * DAY, 1000 + i * 200), 0);
	assert_int_equal(total(f, i, NOW - 16 * DAY, 1600 + 50000), 0);
	/* neighbours within an hour tell nothing either */
	for (i = 10; i < 20; i++)
		assert_int_equal(
			total(f, i, NOW - 16 * DAY + i * 60, 51600), 0);
	assert_int_equal(total(f, i, NOW - DAY, 51600 + 90000), 0);
}

static void
parts_and_wholes(void **state)
{
	struct fixture *f = *state;
	struct sent s;

	fixture_devices(f, 1);
	make(&s, 1, NOW - 3 * DAY, 100);
	take(&s, "total.black", 60);
	take(&s, "total.color", 40);
	assert_int_equal(admit(f, &s), 0);
	make(&s, 2, NOW - 2 * DAY, 100);
	take(&s, "total.black", 60);
	take(&s, "total.color", 41);
	assert_int_equal(admit(f, &s), FLAG_SUM);
	make(&s, 3, NOW - DAY, 0);
	assert_int_equal(admit(f, &s), FLAG_FELL | FLAG_ZERO);
}

/* What does not count is not what others are held against; what says a reading
 * once more neither. */
static void
neighbours_that_count(void **state)
{
	struct fixture *f = *state;
	struct sent s;

	fixture_devices(f, 1);
	total(f, 1, NOW - 3 * DAY, 1000);
	make(&s, 2, NOW - 2 * DAY, 700);
	s.a.counts = false;
	assert_int_equal(admit(f, &s), FLAG_FELL);
	assert_int_equal(total(f, 3, NOW - DAY, 1100), 0);
	record_has(f, "\"previous\":{\"sequence\":1,");
	make(&s, 4, NOW, 800);
	s.a.counts = false;
	assert_int_equal(admit(f, &s), FLAG_FELL);
	record_has(f, "\"previous\":{\"sequence\":3,");
}

/* They stand in a record as an array's strings, however many there are. */
static void
several_flags(void **state)
{
	char text[FLAGS_SIZE];

	(void)state;
	flags_text(0, ",", text);
	assert_string_equal(text, "");
	flags_text(FLAG_FELL | FLAG_MODEL, "\",\"", text);
	assert_string_equal(text, "fell\",\"model");
	flags_text((1U << FLAGS_COUNT) - 1, "\",\"", text);
	assert_string_equal(text,
		"old\",\"future\",\"fell\",\"rollover\",\"reset\","
		"\"replaced\",\"jump\",\"sum\",\"order\",\"model\",\"zero");
}

int
main(void)
{
#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, fixture_make, fixture_remove)
	const struct CMUnitTest tests[] = {
		TEST(difference_to_the_previous),
		TEST(late_reading),
		TEST(falls),
		TEST(reset_of_most),
		TEST(rolls_over),
		TEST(jumps),
		TEST(outruns_its_history),
		TEST(too_short_a_history),
		TEST(parts_and_wholes),
		TEST(neighbours_that_count),
		TEST(several_flags),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

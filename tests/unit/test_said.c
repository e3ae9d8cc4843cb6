/*
 * What makes two texts say the same: wrapping, order and zone do not matter,
 * numbers, dates and devices do.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "gate/said.h"

static char print[] = "print", total[] = "total", code[] = "C-2557",
	    toner[] = "TONER", jam[] = "paper jam";
static struct counter counters[] = { { print, 12 }, { total, 400999 } };
static struct alarm alarms[40] = { { .code = code, .on = true },
	{ .code = toner, .on = true } };

static struct report
sample(void)
{
	struct report r = { .dated = true,
		.earliest = 1800000000,
		.latest = 1800000000,
		.format = "maker",
		.date = "2027-01-15T08:00:00",
		.precision = PRECISION_TIME,
		.counters = counters,
		.counter_count = 2,
		.alarms = alarms,
		.alarm_count = 2 };

	return r;
}

static struct said
digest(const char *serial, const struct report *r)
{
	struct said said;
	struct error e = { 0 };

	if (said_digest(serial, r, &said, &e) != 0)
		fail_msg("%s", e.text);
	return said;
}

static bool
same(const struct said *a, const struct said *b)
{
	return memcmp(a->digest, b->digest, SHA256_SIZE) == 0;
}

static void
readings_differ(void **state)
{
	struct report r = sample(), other = r;
	struct said said = digest("A1", &r), x;

	(void)state;
	assert_true(said_by_maker(&r));
	assert_true(said.reading);
	/* alarms, models, format files and what a date may mean are not it */
	other.alarm_count = 0;
	text_copy(other.format, sizeof(other.format), "maker-html");
	other.latest += 3600;
	x = digest("A1", &other);
	assert_true(same(&said, &x));
	x = digest("A2", &r);
	assert_false(same(&said, &x));
	other = r;
	other.counter_count = 1;
	x = digest("A1", &other);
	assert_false(same(&said, &x));
	other = r;
	text_copy(other.date, sizeof(other.date), "2027-01-15T08:00");
	x = digest("A1", &other);
	assert_false(same(&said, &x));
	counters[1].value++;
	x = digest("A1", &r);
	assert_false(same(&said, &x));
	counters[1].value--;
}

static void
zones_do_not_matter(void **state)
{
	struct report r = sample(), other;
	struct said a, b;

	(void)state;
	r.precision = PRECISION_MOMENT;
	text_copy(r.date, sizeof(r.date), "2027-01-15T08:00:00Z");
	other = r;
	text_copy(other.date, sizeof(other.date), "2027-01-15T09:00:00+01:00");
	a = digest("A1", &r);
	b = digest("A1", &other);
	assert_true(same(&a, &b));
}

static void
undated_says_nothing(void **state)
{
	struct report r = sample();
	struct said said;

	(void)state;
	r.date[0] = '\0';
	said = digest("A1", &r);
	assert_false(said.reading);
	assert_int_equal(said.alarm_count, 0);
	r = sample();
	r.counter_count = 0;
	said = digest("A1", &r);
	assert_false(said.reading);
	assert_int_equal(said.alarm_count, 2);
}

static void
alarms_differ(void **state)
{
	struct report r = sample();
	struct said said = digest("A1", &r), x;

	(void)state;
	assert_memory_not_equal(said.alarms[0], said.alarms[1], SHA256_SIZE);
	alarms[0].on = false;
	x = digest("A1", &r);
	alarms[0].on = true;
	assert_memory_not_equal(said.alarms[0], x.alarms[0], SHA256_SIZE);
	assert_memory_equal(said.alarms[1], x.alarms[1], SHA256_SIZE);
	x = digest("A2", &r);
	assert_memory_not_equal(said.alarms[1], x.alarms[1], SHA256_SIZE);
	/* its words may differ from wrapping to wrapping, its code may not */
	alarms[0].text = jam;
	x = digest("A1", &r);
	alarms[0].text = NULL;
	assert_memory_equal(said.alarms[0], x.alarms[0], SHA256_SIZE);
}

/* None is lost among many: the last digest changes with each of the rest. */
static void
many_alarms(void **state)
{
	char codes[40][8];
	struct report r = sample();
	struct known known = { .alarms = UINT32_C(1) << 31 };
	struct said a, b;

	(void)state;
	for (int i = 0; i < 40; i++) {
		text_format(codes[i], sizeof(codes[i]), "C%d", i);
		alarms[i] = (struct alarm){ .code = codes[i], .on = true };
	}
	r.alarm_count = 40;
	a = digest("A1", &r);
	assert_int_equal(a.alarm_count, ALARMS_MAX);
	alarms[39].on = false;
	b = digest("A1", &r);
	assert_memory_not_equal(a.alarms[31], b.alarms[31], SHA256_SIZE);
	assert_memory_equal(a.alarms[30], b.alarms[30], SHA256_SIZE);
	assert_true(said_known_alarm(&known, 31));
	assert_true(said_known_alarm(&known, 39));
	assert_false(said_known_alarm(&known, 30));
}

static int
begin(void **state)
{
	struct error e;

	(void)state;
	return crypto_init(&e);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(readings_differ),
		cmocka_unit_test(zones_do_not_matter),
		cmocka_unit_test(undated_says_nothing),
		cmocka_unit_test(alarms_differ),
		cmocka_unit_test(many_alarms),
	};

	return cmocka_run_group_tests(tests, begin, NULL);
}

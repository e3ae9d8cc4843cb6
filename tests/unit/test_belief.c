/*
 * Whether our own clock is believed: each way in which it can be wrong, without
 * waiting for any.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "store/belief.h"

enum { T = 1800000000, HOUR = 3600, DAY = 86400, HOLD = 2 * HOUR };

/* A machine: time goes by, its clock may be set. */
struct machine {
	struct clock_reading r;
	struct belief b;
};

static void
start(struct machine *m, int64_t mark, int64_t mark_boot, const char *mark_id)
{
	struct clock_mark k = { .time = mark, .boot = mark_boot };

	strcpy(k.boot_id, mark_id);
	m->r = (struct clock_reading){ .real = T, .boot = 1000 };
	strcpy(m->r.boot_id, "this");
	belief_begin(&m->b, &k, HOLD, &m->r);
}

/* As it should be: the mark is that of a minute ago, before a reboot. */
static void
well(struct machine *m)
{
	start(m, T - 60, 77, "before");
	assert_int_equal(m->b.state, BELIEVED);
}

static void
pass(struct machine *m, int64_t seconds)
{
	m->r.real += seconds;
	m->r.boot += seconds;
	belief_look(&m->b, &m->r);
}

static void
set(struct machine *m, int64_t by)
{
	m->r.real += by;
	belief_look(&m->b, &m->r);
}

#define IS(m, s, t)                                         \
	do {                                                \
		assert_int_equal((m).b.state, s);           \
		assert_int_equal(belief_time(&(m).b), (t)); \
	} while (0)

static void
goes_on(void **state)
{
	struct machine m;

	(void)state;
	well(&m);
	for (int i = 0; i < 100; i++)
		pass(&m, 1);
	IS(m, BELIEVED, T + 100);
	/* suspended: both clocks go on */
	pass(&m, 30 * DAY);
	IS(m, BELIEVED, T + 100 + 30 * DAY);
}

static void
ahead_at_start(void **state)
{
	struct machine m;

	(void)state;
	/* a day, and the 1000 seconds since boot, with their drift */
	start(&m, T - DAY - 1001, 77, "before");
	IS(m, BELIEVED, T);
	start(&m, T - DAY - 1002, 77, "before");
	IS(m, DOUBTED, T - DAY - 1002);
	pass(&m, 1);
	assert_int_equal(m.b.state, DOUBTED);
	/* stopped for a week, in the same boot: that is what it must say */
	start(&m, T - 500, 500, "this");
	IS(m, BELIEVED, T);
	start(&m, T - 7 * DAY, 500, "this");
	IS(m, DOUBTED, T - 7 * DAY);
	start(&m, T - 900, 100, "this");
	IS(m, BELIEVED, T);
}

static void
behind_at_start(void **state)
{
	struct machine m;

	(void)state;
	start(&m, T + HOLD, 77, "before");
	IS(m, BELIEF_HELD, T + HOLD);
	pass(&m, HOLD - 1);
	IS(m, BELIEF_HELD, T + HOLD);
	pass(&m, 2);
	IS(m, BELIEVED, T + HOLD + 1);
	start(&m, T + HOLD + 1, 77, "before");
	IS(m, DOUBTED, T + HOLD + 1);
	/* it catches up by itself: a mark is all that is known */
	pass(&m, HOLD + 1);
	assert_int_equal(m.b.state, DOUBTED);
}

static void
in_1970(void **state)
{
	struct machine m;

	(void)state;
	start(&m, 0, 0, "");
	m.r.real = 100;
	belief_begin(&m.b, &m.b.mark, HOLD, &m.r);
	IS(m, DOUBTED, 0);
	m.r.synchronised = true;
	pass(&m, BELIEF_SYNC);
	pass(&m, BELIEF_SYNC + 1);
	assert_int_equal(m.b.state, DOUBTED);
	well(&m);
	set(&m, -T);
	IS(m, DOUBTED, T);
	/* set right again */
	m.r.boot += 20;
	set(&m, T + 20);
	IS(m, BELIEVED, T + 20);
}

static void
first_start(void **state)
{
	struct machine m;

	(void)state;
	start(&m, 0, 0, "");
	IS(m, DOUBTED, 0);
	for (int i = 0; i < 100; i++)
		pass(&m, HOUR);
	assert_int_equal(m.b.state, DOUBTED);
	m.r.synchronised = true;
	pass(&m, 1);
	pass(&m, BELIEF_SYNC - 1);
	assert_int_equal(m.b.state, DOUBTED);
	pass(&m, 1);
	IS(m, BELIEVED, m.r.real);
	start(&m, 0, 0, "");
	belief_accept(&m.b, &m.r);
	IS(m, BELIEVED, T);
}

static void
steps_while_running(void **state)
{
	static const int64_t days[] = { 40, 100, 20000 };
	struct machine m;

	(void)state;
	well(&m);
	set(&m, BELIEF_STEP);
	IS(m, BELIEVED, T + BELIEF_STEP);
	set(&m, -5);
	IS(m, BELIEF_HELD, T + BELIEF_STEP);
	pass(&m, 6);
	IS(m, BELIEVED, T + BELIEF_STEP + 1);
	for (size_t i = 0; i < 3; i++) {
		well(&m);
		set(&m, days[i] * DAY);
		IS(m, DOUBTED, T);
		pass(&m, 2);
		IS(m, DOUBTED, T);
		set(&m, -days[i] * DAY);
		IS(m, BELIEVED, T + 2);
	}
	well(&m);
	set(&m, BELIEF_STEP + 1);
	IS(m, DOUBTED, T);
}

static void
an_hour_back(void **state)
{
	struct machine m;

	(void)state;
	well(&m);
	set(&m, -HOUR);
	IS(m, BELIEF_HELD, T);
	pass(&m, HOUR / 2);
	IS(m, BELIEF_HELD, T);
	/* the administrator sees it */
	set(&m, HOUR);
	IS(m, BELIEVED, T + HOUR / 2);
	set(&m, -3 * HOUR);
	IS(m, DOUBTED, T + HOUR / 2);
}

/* A unit with ProcSubset=pid cannot read which boot it is. */
static void
nameless_boot(void **state)
{
	struct machine m;

	(void)state;
	start(&m, T - 60, 900, "");
	m.r.boot_id[0] = '\0';
	set(&m, 100 * DAY);
	IS(m, DOUBTED, T);
	pass(&m, 2);
	set(&m, -100 * DAY);
	IS(m, BELIEVED, T + 2);
	set(&m, -T);
	assert_int_equal(m.b.state, DOUBTED);
	set(&m, T - HOUR);
	IS(m, BELIEF_HELD, T + 2);
	/* stopped for a month, and slewed meanwhile */
	start(&m, T - 30 * DAY - 100, 500, "");
	m.r.boot = 500 + 30 * DAY;
	belief_begin(&m.b, &(struct clock_mark){ T - 30 * DAY - 100, 500, "" },
		HOLD, &m.r);
	IS(m, BELIEVED, T);
}

/* A second a minute for ten days never adds up. */
static void
drifts(void **state)
{
	struct machine m;

	(void)state;
	well(&m);
	for (int i = 0; i < 10 * 24 * 60; i++) {
		m.r.real += 1;
		pass(&m, 60);
		assert_int_equal(m.b.state, BELIEVED);
	}
	assert_int_equal(belief_time(&m.b), T + 10 * 24 * 60 * 61);
}

/* Its state was saved a week ago: BOOTTIME has stood still meanwhile. */
static void
resumed(void **state)
{
	struct machine m;

	(void)state;
	well(&m);
	set(&m, 7 * DAY);
	IS(m, DOUBTED, T);
	m.r.synchronised = true;
	pass(&m, 1);
	pass(&m, BELIEF_SYNC);
	IS(m, BELIEVED, m.r.real);
	/* a step starts the waiting anew */
	set(&m, 7 * DAY);
	pass(&m, BELIEF_SYNC - 1);
	assert_int_equal(m.b.state, DOUBTED);
	pass(&m, 1);
	assert_int_equal(m.b.state, BELIEVED);
}

/* An earlier wrong clock was believed: the kernel's word, held for a while, or
 * the operator's puts the mark back. */
static void
poisoned(void **state)
{
	struct machine m;

	(void)state;
	start(&m, T + 20 * HOUR, 77, "before");
	IS(m, DOUBTED, T + 20 * HOUR);
	m.r.synchronised = true;
	pass(&m, 1);
	pass(&m, BELIEF_SYNC - 1);
	IS(m, DOUBTED, T + 20 * HOUR);
	pass(&m, 1);
	IS(m, BELIEVED, m.r.real);
	start(&m, T + 20 * HOUR, 77, "before");
	belief_accept(&m.b, &m.r);
	IS(m, BELIEVED, m.r.real);
	pass(&m, 1);
	IS(m, BELIEVED, m.r.real);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(goes_on),
		cmocka_unit_test(ahead_at_start),
		cmocka_unit_test(behind_at_start),
		cmocka_unit_test(in_1970),
		cmocka_unit_test(first_start),
		cmocka_unit_test(steps_while_running),
		cmocka_unit_test(an_hour_back),
		cmocka_unit_test(drifts),
		cmocka_unit_test(resumed),
		cmocka_unit_test(poisoned),
		cmocka_unit_test(nameless_boot),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

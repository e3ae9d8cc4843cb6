/*
 * Calls over a wire that a test makes as bad as it wants, with a clock of its
 * own: each message arrives, and is forgotten only then, however the line is.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "line/frame.h"
#include "tests/unit/wire.h"

#define TEST(name) cmocka_unit_test(name)

static void
fill(struct wire *w, size_t up, size_t down)
{
	static const size_t lengths[] = { 1500, 3000, 1, 900, 4097 };

	for (size_t i = 0; i < up; i++)
		wire_message(&w->device, lengths[i % 5]);
	for (size_t i = 0; i < down; i++)
		wire_message(&w->center, lengths[(i + 1) % 5]);
}

/* What is forgotten has come; and all is, if the call says that it is done. */
static void
assert_kept(const struct wire_end *end, bool all)
{
	for (size_t i = 0; i < end->count; i++) {
		const struct wire_message *m = &end->messages[i];

		assert_true(!m->gone || m->came >= 1);
		if (all)
			assert_true(m->gone && m->came >= 1);
	}
}

static void
assert_wire(const struct wire *w, bool all)
{
	assert_kept(&w->center, all);
	assert_kept(&w->device, all);
}

static void
assert_once(const struct wire *w)
{
	for (size_t i = 0; i < w->device.count; i++)
		assert_int_equal(w->device.messages[i].came, 1);
	for (size_t i = 0; i < w->center.count; i++)
		assert_int_equal(w->center.messages[i].came, 1);
}

static void
call(struct wire *w)
{
	const bool done = wire_call(w);

	if (!done)
		print_message("center: %s; device: %s\n",
			line_why(w->center.line)->text,
			line_why(w->device.line)->text);
	assert_true(done);
	wire_hang_up(w);
	assert_wire(w, true);
}

/* --- frames --- */

static void
crc_is_castagnoli(void **state)
{
	(void)state;
	assert_int_equal(frame_crc("123456789", 9), 0xe3069283);
}

static void
frames_are_read_back(void **state)
{
	unsigned char octets[FRAME_MAX], coded[FRAME_CODED_MAX];
	struct frame_reader r = { 0 };
	size_t length, coded_length;

	(void)state;
	for (size_t n = 1; n <= FRAME_MAX; n++) {
		for (size_t i = 0; i < n; i++)
			octets[i] = n % 3 == 0 ? 0
				: n % 3 == 1   ? (unsigned char)(1 + i % 255)
					       : (unsigned char)(i % 5);
		coded_length = frame_write(octets, n, coded);
		assert_true(coded_length <= FRAME_CODED_MAX);
		assert_null(memchr(coded + 1, 0, coded_length - 2));
		assert_int_equal(frame_read(&r, coded, coded_length, &length),
			coded_length);
		assert_int_equal(length, n);
		assert_memory_equal(r.octets, octets, n);
	}
	assert_int_equal(r.passed_over, 0);
}

/* --- calls --- */

static void
nothing_to_say(void **state)
{
	struct wire w;

	(void)state;
	wire_init(&w);
	call(&w);
	wire_clear(&w);
}

static void
both_ways(void **state)
{
	struct wire w;

	(void)state;
	wire_init(&w);
	fill(&w, 10, 5);
	call(&w);
	assert_once(&w);
	wire_clear(&w);
}

/* Prompts, escape sequences, a frame that was cut off. */
static void
garbage_first(void **state)
{
	struct wire w;

	(void)state;
	wire_init(&w);
	w.before = "\r\nWelcome\r\nhost login: \x1b[2J\x01\x02\xff~~~CONNECT";
	fill(&w, 1, 1);
	call(&w);
	wire_clear(&w);
}

static void
slow_lines(void **state)
{
	static const int64_t rates[] = { 30, 120, 240, 3360, 11520 };
	struct wire w;

	(void)state;
	for (size_t i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
		wire_init(&w);
		w.rate = rates[i];
		w.delay = 150;
		fill(&w, 5, 2);
		call(&w);
		assert_once(&w);
		wire_clear(&w);
	}
}

/* Ten messages of 1.5 kB at 2,400 bit/s: at least nine tenths of the octets
 * that the line could have carried. */
static void
little_is_lost(void **state)
{
	struct wire w;
	int64_t began;
	double share;

	(void)state;
	wire_init(&w);
	w.rate = 240;
	w.delay = 100;
	for (int i = 0; i < 10; i++)
		wire_message(&w.device, 1500);
	began = w.now;
	call(&w);
	share = 10 * 1500 / ((double)(w.now - began) / 1000 * 240);
	print_message("share of the line's rate: %.3f\n", share);
	assert_true(share >= 0.9);
	wire_clear(&w);
}

/* A call may break: the next one goes on. */
static void
calls(struct wire *w)
{
	for (int i = 0; i < 5 && !wire_call(w); i++) {
		wire_hang_up(w);
		assert_wire(w, false);
	}
	wire_hang_up(w);
	assert_wire(w, true);
}

static void
bad_wire(unsigned int lose, unsigned int twice, unsigned int garble,
	int64_t rate)
{
	struct wire w;

	for (uint64_t seed = 1; seed <= 20; seed++) {
		wire_init(&w);
		w.seed = seed;
		w.lose = lose;
		w.twice = twice;
		w.garble = garble;
		w.rate = rate;
		w.delay = 40;
		fill(&w, 6, 4);
		calls(&w);
		wire_clear(&w);
	}
}

static void
loses(void **state)
{
	(void)state;
	bad_wire(700, 0, 0, 0);
	bad_wire(700, 0, 0, 960);
}

static void
doubles(void **state)
{
	(void)state;
	bad_wire(0, 700, 0, 0);
}

static void
garbles(void **state)
{
	(void)state;
	bad_wire(0, 0, 700, 0);
	bad_wire(0, 0, 700, 240);
}

static void
all_at_once(void **state)
{
	(void)state;
	bad_wire(1000, 1000, 1000, 0);
}

/* Cut at each octet: the next call ends it, and what has come of a long message
 * does not come again. */
static void
cut_at_every_octet(void **state)
{
	struct wire w;
	uint64_t total, resumed = 0;

	(void)state;
	wire_init(&w);
	fill(&w, 3, 2);
	call(&w);
	total = w.up.passed + w.down.passed;
	wire_clear(&w);
	for (uint64_t cut = 1; cut <= total; cut++) {
		wire_init(&w);
		fill(&w, 3, 2);
		w.cut = cut;
		(void)wire_call(&w);
		wire_hang_up(&w);
		assert_wire(&w, false);
		w.cut = 0;
		assert_true(wire_call(&w));
		{
			struct line_tally t;

			line_tally(w.center.line, &t);
			resumed += t.transfer.resumed;
		}
		wire_hang_up(&w);
		assert_wire(&w, true);
		assert_false(w.center.kept || w.device.kept);
		wire_clear(&w);
	}
	assert_true(resumed > 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(crc_is_castagnoli),
		TEST(frames_are_read_back),
		TEST(nothing_to_say),
		TEST(both_ways),
		TEST(garbage_first),
		TEST(slow_lines),
		TEST(little_is_lost),
		TEST(loses),
		TEST(doubles),
		TEST(garbles),
		TEST(all_at_once),
		TEST(cut_at_every_octet),
	};
	struct error e;

	if (crypto_init(&e))
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}

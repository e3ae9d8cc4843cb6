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

#include "base/text.h"
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
	for (size_t i = 0; i < 2 * sizeof(rates) / sizeof(rates[0]); i++) {
		wire_init(&w);
		w.rate = rates[i / 2];
		w.ahead = i % 2 == 1;
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
share_at(int64_t delay, bool ahead)
{
	struct wire w;
	int64_t began;
	double share;

	wire_init(&w);
	w.rate = 240;
	w.delay = delay;
	w.ahead = ahead;
	for (int i = 0; i < 10; i++)
		wire_message(&w.device, 1500);
	began = w.now;
	call(&w);
	share = 10 * 1500 / ((double)(w.now - began) / 1000 * 240);
	print_message("share of the line's rate: %.3f\n", share);
	assert_true(share >= 0.9);
	wire_clear(&w);
}

static void
little_is_lost(void **state)
{
	(void)state;
	share_at(100, false);
	share_at(20, true);
	share_at(100, true);
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

/* --- no session --- */

/* Neither end has said or heard anything but who it is. */
static void
refused(struct wire *w, enum line_state center, enum line_state device)
{
	static const struct transfer_tally none;
	struct line_tally t;

	assert_false(wire_call(w));
	line_tally(w->center.line, &t);
	assert_memory_equal(&t.transfer, &none, sizeof(none));
	line_tally(w->device.line, &t);
	assert_memory_equal(&t.transfer, &none, sizeof(none));
	for (size_t i = 0; i < w->device.count; i++)
		assert_true(!w->device.messages[i].gone &&
			w->device.messages[i].came == 0);
	assert_int_equal(line_state(w->center.line), center);
	assert_int_equal(line_state(w->device.line), device);
	wire_hang_up(w);
	wire_clear(w);
}

static void
begin(struct wire *w)
{
	wire_init(w);
	fill(w, 2, 2);
}

static void
not_who_they_must_be(void **state)
{
	struct wire w;

	(void)state;
	begin(&w);
	text_copy(w.device.center, sizeof(w.device.center), "KAISER-02");
	refused(&w, LINE_BROKEN, LINE_REFUSED);
	begin(&w);
	text_copy(w.device.serial, sizeof(w.device.serial), "OTHER");
	refused(&w, LINE_REFUSED, LINE_BROKEN);
	begin(&w);
	w.device.key[31] ^= 1;
	refused(&w, LINE_REFUSED, LINE_BROKEN);
	begin(&w);
	w.center.unknown = true;
	refused(&w, LINE_REFUSED, LINE_BROKEN);
}

/* The center is KAISER-02, and says so to nobody else. */
static size_t
swap_center(struct wire *w, bool up, unsigned char *frame, size_t length)
{
	(void)w;
	if (!up && frame[0] == FRAME_HELLO)
		frame[2 + strlen("KAISER-02")] = '1';
	return length;
}

static size_t
swap_serial(struct wire *w, bool up, unsigned char *frame, size_t length)
{
	(void)w;
	if (up && frame[0] == FRAME_IAM)
		frame[2] = 'B';
	return length;
}

static void
man_in_the_middle_swaps_ids(void **state)
{
	struct wire w;

	(void)state;
	begin(&w);
	text_copy(w.center.center, sizeof(w.center.center), "KAISER-02");
	w.middle = swap_center;
	refused(&w, LINE_REFUSED, LINE_BROKEN);
	begin(&w);
	text_copy(w.center.serial, sizeof(w.center.serial), "B4=B/1");
	w.middle = swap_serial;
	refused(&w, LINE_REFUSED, LINE_BROKEN);
}

/* Who sends a proof back to where it came from. */
static size_t
reflect_proof(struct wire *w, bool up, unsigned char *frame, size_t length)
{
	static unsigned char proof[PROOF_SIZE];

	(void)w;
	if (up && frame[0] == FRAME_IAM)
		memcpy(proof, frame + length - PROOF_SIZE, PROOF_SIZE);
	if (!up && frame[0] == FRAME_OK)
		memcpy(frame + 1, proof, PROOF_SIZE);
	return length;
}

static void
proofs_are_one_sides(void **state)
{
	struct wire w;

	(void)state;
	begin(&w);
	w.middle = reflect_proof;
	assert_false(wire_call(&w));
	assert_int_equal(line_state(w.device.line), LINE_REFUSED);
	wire_hang_up(&w);
	assert_wire(&w, false);
	wire_clear(&w);
}

/* What a call has said, for who plays it once more. */
static struct buffer record[2];

static void
note(struct wire *w, bool up, unsigned char *octet)
{
	(void)w;
	assert_int_equal(buffer_append(&record[up], octet, 1), BUFFER_OK);
}

static void
replay(enum line_role to)
{
	const struct buffer *all = &record[to == LINE_CENTER];
	struct wire w;
	struct wire_end *end;

	begin(&w);
	end = to == LINE_CENTER ? &w.center : &w.device;
	wire_open(&w, end, to);
	line_feed(end->line, all->data, all->length, w.now);
	assert_int_equal(line_state(end->line), LINE_REFUSED);
	assert_null(line_peer(end->line));
	line_close(&end->line);
	assert_wire(&w, false);
	wire_clear(&w);
}

static void
replayed(void **state)
{
	struct wire w;

	(void)state;
	begin(&w);
	w.tap = note;
	call(&w);
	wire_clear(&w);
	replay(LINE_CENTER);
	replay(LINE_DEVICE);
	buffer_clear(&record[0]);
	buffer_clear(&record[1]);
}

/* --- in a session --- */

/* An ACK for all, and a DONE for the first, as who has no key makes them. */
static size_t
forge(struct wire *w, bool up, unsigned char *frame, size_t length)
{
	(void)w;
	if (!up && frame[0] == FRAME_ACK)
		memset(frame + 1, 0xff, 8);
	if (!up && frame[0] == FRAME_DATA)
		frame[5] = 4;
	return length;
}

static void
forged_answers_are_none(void **state)
{
	struct wire w;

	(void)state;
	begin(&w);
	w.middle = forge;
	assert_false(wire_call(&w));
	assert_int_equal(line_state(w.device.line), LINE_BROKEN);
	for (size_t i = 0; i < w.device.count; i++)
		assert_false(w.device.messages[i].gone);
	wire_hang_up(&w);
	w.middle = NULL;
	call(&w);
	wire_clear(&w);
}

/* A device's own frames, sent back to it. */
static size_t
reflect(struct wire *w, bool up, unsigned char *frame, size_t length)
{
	unsigned char coded[FRAME_CODED_MAX];
	size_t coded_length;

	if (up && frame[0] >= FRAME_DATA) {
		coded_length = frame_write(frame, length, coded);
		for (size_t i = 0; i < coded_length; i++)
			wire_put(w, false, coded[i]);
	}
	return length;
}

static void
echo_is_none_of_the_others(void **state)
{
	struct wire w;

	(void)state;
	begin(&w);
	w.middle = reflect;
	call(&w);
	assert_once(&w);
	wire_clear(&w);
}

/* --- time --- */

/* Who says nothing that means anything, an octet every five seconds. */
static void
slow_loris(void **state)
{
	unsigned char out[64];
	struct wire w;
	int64_t began;

	(void)state;
	begin(&w);
	began = w.now;
	wire_open(&w, &w.center, LINE_CENTER);
	while (line_state(w.center.line) == LINE_GOES_ON) {
		w.now += 5000;
		line_feed(w.center.line, (const unsigned char *)"\1", 1, w.now);
		while (line_output(w.center.line, out, sizeof(out), w.now) > 0)
			continue;
	}
	assert_int_equal(line_state(w.center.line), LINE_BROKEN);
	assert_true(w.now - began <= w.limits.handshake);
	assert_int_equal(w.center.checks, 0);
	line_close(&w.center.line);
	wire_clear(&w);
}

static size_t
silence(struct wire *w, bool up, unsigned char *frame, size_t length)
{
	(void)w;
	return up && frame[0] == FRAME_DATA ? 0 : length;
}

static void
nothing_moves(void **state)
{
	struct wire w;

	(void)state;
	begin(&w);
	w.middle = silence;
	assert_false(wire_call(&w));
	assert_int_equal(line_state(w.center.line), LINE_BROKEN);
	assert_true(w.now <= w.limits.progress + w.limits.silence);
	wire_hang_up(&w);
	assert_wire(&w, false);
	wire_clear(&w);
}

static void
never_ends(void **state)
{
	struct wire w;

	(void)state;
	wire_init(&w);
	wire_message(&w.device, 3000);
	w.device.endless = true;
	w.rate = 3000;
	w.limits.call = 60 * 1000;
	assert_false(wire_call(&w));
	assert_int_equal(line_state(w.center.line), LINE_BROKEN);
	assert_true(w.now <= 2000 + w.limits.call);
	assert_true(w.device.messages[0].came > 10);
	wire_hang_up(&w);
	wire_clear(&w);
}

/* --- what is not taken is kept --- */

static void
later_and_never(void **state)
{
	static const enum line_outcome outcomes[] = { LINE_LATER,
		LINE_DECLINED };
	struct wire w;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		begin(&w);
		w.center.outcome = outcomes[i];
		assert_true(wire_call(&w));
		wire_hang_up(&w);
		assert_false(w.device.messages[0].gone);
		assert_true(w.center.messages[0].gone);
		wire_clear(&w);
	}
}

static void
too_long(void **state)
{
	struct wire w;

	(void)state;
	wire_init(&w);
	wire_message(&w.device, 10000);
	wire_message(&w.device, 5000);
	w.limits.message = 5000;
	assert_true(wire_call(&w));
	wire_hang_up(&w);
	assert_int_equal(w.device.messages[0].came, 0);
	assert_false(w.device.messages[0].gone);
	assert_true(w.device.messages[1].gone);
	wire_clear(&w);
}

/* The example of csrc-line(5), which was made by another program. */
static void
proofs_of_the_manual(void **state)
{
	struct transcript t = { .center = "K0001",
		.serial = "X1",
		.key_id = { 0xa1 },
		.key_id_length = 1 };
	unsigned char key[32];
	char hex[2 * PROOF_SIZE + 1];
	struct proofs p;
	struct error e;

	(void)state;
	for (size_t i = 0; i < sizeof(key); i++)
		key[i] = (unsigned char)i;
	memset(t.center_nonce, 0x11, sizeof(t.center_nonce));
	memset(t.device_nonce, 0x22, sizeof(t.device_nonce));
	assert_int_equal(proofs_make(&t, key, sizeof(key), &p, &e), 0);
	text_hex(p.device, PROOF_SIZE, hex);
	assert_string_equal(hex,
		"1f3f3b8cddc4ab4c8f59c9ce8647c555"
		"899122f5d0b88070ba708a5f66d5e3f8");
	text_hex(p.center, PROOF_SIZE, hex);
	assert_string_equal(hex,
		"e7f489793c9a63795f85e2b9ae944534"
		"89635fd2f83495f9f9b88f8752375a69");
	text_hex(p.session, PROOF_SESSION_SIZE, hex);
	assert_string_equal(hex,
		"43217db4b1c2a0fc02b427b65b020575"
		"0c8e6885dd98085540f3bb37ba29ce59");
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
		TEST(not_who_they_must_be),
		TEST(man_in_the_middle_swaps_ids),
		TEST(proofs_are_one_sides),
		TEST(replayed),
		TEST(forged_answers_are_none),
		TEST(echo_is_none_of_the_others),
		TEST(slow_loris),
		TEST(nothing_moves),
		TEST(never_ends),
		TEST(later_and_never),
		TEST(too_long),
		TEST(proofs_of_the_manual),
	};
	struct error e;

	if (crypto_init(&e))
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * The same reading once, the same alarm once, in whatever wrapping they come;
 * and the reports of one message in one transaction.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "store/inside.h"
#include "store/reading.h"
#include "tests/unit/killed.h"
#include "tests/unit/store_fixture.h"

enum { LINES = 8, WINDOW = 400 * DAY };

/* A maker's text: its octets, what it says. */
struct text {
	struct said said;
	struct admission a;
};

static void
make(struct text *m, unsigned int octets, unsigned int reading)
{
	m->said = (struct said){ .reading = reading != 0 };
	memcpy(m->said.digest, &reading, sizeof(reading));
	m->said.digest[31] = 'r';
	m->a = fixture_admission(octets);
	m->a.domain = DOMAIN_READING;
	m->a.reading_window = WINDOW;
	m->a.said = &m->said;
}

static void
with_alarm(struct text *m, unsigned int alarm)
{
	unsigned char *at = m->said.alarms[m->said.alarm_count++];

	memset(at, 0, SHA256_SIZE);
	memcpy(at, &alarm, sizeof(alarm));
	at[31] = 'a';
}

static struct admitted
admit(struct fixture *f, const struct admission *a)
{
	struct admitted probed, got;

	OK(ledger_probe(f->store, a, &probed, &f->e));
	OK(ledger_admit(f->store, a, &got, &f->e));
	assert_int_equal(probed.result, got.result);
	assert_int_equal(probed.known.alarms, got.known.alarms);
	assert_int_equal(probed.known.reading, got.known.reading);
	return got;
}

static struct admitted
expect(struct fixture *f, const struct text *m, enum ledger_result wanted,
	uint64_t number)
{
	struct admitted got = admit(f, &m->a);

	assert_int_equal(got.result, wanted);
	assert_int_equal(got.sequence, number);
	return got;
}

/* The record of that number begins so. */
static void
published_is(struct fixture *f, unsigned int number, const char *wanted)
{
	char command[512], line[256], *chain, *rest;
	FILE *lines;

	OK(store_publish(f->store, &f->e));
	text_format(command, sizeof(command),
		"cat '%s'/new/*.jsonl | sed -n '%up'", f->spool, number);
	lines = popen(command, "r");
	assert_non_null(lines);
	assert_non_null(fgets(line, sizeof(line), lines));
	pclose(lines);
	line[strcspn(line, "\n")] = '\0';
	/* test_publisher holds the chain against the octets */
	chain = strstr(line, ",\"chain\":\"");
	assert_non_null(chain);
	rest = chain + strlen(",\"chain\":\"") + 64 + 1;
	memmove(chain, rest, strlen(rest) + 1);
	assert_string_equal(line, wanted);
}

static void
reading_in_another_wrapping(void **state)
{
	struct fixture *f = *state;
	struct text m;

	fixture_devices(f, 1);
	make(&m, 1, 1);
	expect(f, &m, LEDGER_ADMITTED, 1);
	assert_false(expect(f, &m, LEDGER_DUPLICATE, 1).by_said);
	make(&m, 2, 1);
	assert_true(expect(f, &m, LEDGER_DUPLICATE, 1).by_said);
	make(&m, 3, 2);
	expect(f, &m, LEDGER_ADMITTED, 2);
	/* the format file reads more of it now: still the same octets */
	make(&m, 1, 3);
	expect(f, &m, LEDGER_DUPLICATE, 1);
	/* nothing but a text that says nothing which could be named */
	make(&m, 4, 0);
	expect(f, &m, LEDGER_ADMITTED, 3);
	make(&m, 5, 0);
	expect(f, &m, LEDGER_ADMITTED, 4);
	OK(store_check(f->store, stderr, &f->e));
}

/* Its octets are known from then on, whatever is read in them later. */
static void
octets_of_another_wrapping(void **state)
{
	struct fixture *f = *state;
	struct text m;
	uint64_t purged;

	fixture_devices(f, 1);
	make(&m, 1, 1);
	expect(f, &m, LEDGER_ADMITTED, 1);
	make(&m, 2, 1);
	m.a.doubted = true;
	assert_true(expect(f, &m, LEDGER_DUPLICATE, 1).by_said);
	m.a.doubted = false;
	assert_true(expect(f, &m, LEDGER_DUPLICATE, 1).by_said);
	assert_false(expect(f, &m, LEDGER_DUPLICATE, 1).by_said);
	make(&m, 2, 2);
	expect(f, &m, LEDGER_DUPLICATE, 1);
	make(&m, 3, 2);
	expect(f, &m, LEDGER_ADMITTED, 2);
	OK(store_check(f->store, stderr, &f->e));
	OK(store_tend(f->store, NOW + WINDOW + 32 * DAY, &purged, &f->e));
	assert_int_equal(purged, 5);
}

/* They take reports of the hour, but leave half of them. */
static void
wrappings_have_a_limit(void **state)
{
	struct fixture *f = *state;
	struct text m;

	fixture_devices(f, 1);
	for (unsigned int i = 1; i <= 4; i++) {
		make(&m, i, 1);
		m.a.reports_per_hour = 4;
		expect(f, &m, i == 1 ? LEDGER_ADMITTED : LEDGER_DUPLICATE, 1);
	}
	assert_true(expect(f, &m, LEDGER_DUPLICATE, 1).by_said);
	for (unsigned int i = 2; i <= 4; i++) {
		make(&m, 10 + i, i);
		m.a.reports_per_hour = 4;
		expect(f, &m, i == 4 ? LEDGER_OVER_REPORTS : LEDGER_ADMITTED,
			i == 4 ? 0 : i);
	}
}

static void
only_alarms_are_new(void **state)
{
	struct fixture *f = *state;
	struct admitted got;
	struct text m;

	fixture_devices(f, 1);
	make(&m, 1, 1);
	expect(f, &m, LEDGER_ADMITTED, 1);
	make(&m, 2, 1);
	with_alarm(&m, 1);
	got = expect(f, &m, LEDGER_PARTLY, 1);
	assert_true(got.known.reading);
	assert_int_equal(got.known.alarms, 0);
	/* asked as before, it is the same answer */
	expect(f, &m, LEDGER_PARTLY, 1);
	m.a.known = got.known;
	expect(f, &m, LEDGER_ADMITTED, 2);
	published_is(f, 2, "{\"sequence\":2,\"alarm_of\":1,\"version\":1}");
	make(&m, 3, 1);
	with_alarm(&m, 1);
	expect(f, &m, LEDGER_DUPLICATE, 1);
	/* one of two is new */
	make(&m, 4, 1);
	with_alarm(&m, 2);
	with_alarm(&m, 1);
	got = expect(f, &m, LEDGER_PARTLY, 1);
	assert_int_equal(got.known.alarms, 2);
	m.a.known = got.known;
	expect(f, &m, LEDGER_ADMITTED, 3);
	expect(f, &m, LEDGER_DUPLICATE, 3);
}

/* The reading is new, an alarm beside it is not. */
static void
alarms_before_their_reading(void **state)
{
	struct fixture *f = *state;
	struct admitted got;
	struct text m;

	fixture_devices(f, 1);
	make(&m, 1, 0);
	with_alarm(&m, 1);
	expect(f, &m, LEDGER_ADMITTED, 1);
	make(&m, 2, 0);
	with_alarm(&m, 1);
	expect(f, &m, LEDGER_DUPLICATE, 1);
	make(&m, 3, 1);
	with_alarm(&m, 1);
	got = expect(f, &m, LEDGER_PARTLY, 0);
	assert_false(got.known.reading);
	assert_int_equal(got.known.alarms, 1);
	m.a.known = got.known;
	expect(f, &m, LEDGER_ADMITTED, 2);
	published_is(f, 2, "{\"sequence\":2,\"version\":1}");
	make(&m, 4, 0);
	for (unsigned int i = 0; i < ALARMS_MAX; i++)
		with_alarm(&m, 10 + i);
	expect(f, &m, LEDGER_ADMITTED, 3);
	m.a.digest[0] = 99;
	expect(f, &m, LEDGER_DUPLICATE, 3);
}

static void
window_of_its_own(void **state)
{
	struct fixture *f = *state;
	struct text m;

	fixture_devices(f, 1);
	make(&m, 1, 1);
	m.a.latest = m.a.earliest = NOW - WINDOW - 1;
	expect(f, &m, LEDGER_STALE, 0);
	m.a.latest = m.a.earliest = NOW - WINDOW;
	assert_int_equal(expect(f, &m, LEDGER_ADMITTED, 1).flags, FLAG_OLD);
	published_is(
		f, 1, "{\"sequence\":1,\"flags\":[\"old\"],\"version\":1}");
	make(&m, 2, 2);
	m.a.latest = m.a.earliest = NOW + WINDOW + 1;
	expect(f, &m, LEDGER_STALE, 0);
	m.a.latest = m.a.earliest = NOW + m.a.skew + 1;
	assert_int_equal(expect(f, &m, LEDGER_ADMITTED, 2).flags, FLAG_FUTURE);
	make(&m, 3, 3);
	m.a.latest = m.a.earliest = NOW + m.a.skew;
	assert_int_equal(expect(f, &m, LEDGER_ADMITTED, 3).flags, 0);
	make(&m, 4, 4);
	m.a.dated = false;
	expect(f, &m, LEDGER_STALE, 0);
	/* whoever says that it counts does not say that it is right */
	make(&m, 5, 5);
	m.a.latest = m.a.earliest = NOW - 2 * WINDOW;
	expect(f, &m, LEDGER_STALE, 0);
	m.a.accept_date = true;
	assert_int_equal(expect(f, &m, LEDGER_ADMITTED, 4).flags, FLAG_OLD);
}

/* For as long as it could come again: by its octets, and by what it says. */
static void
known_as_long_as_it_passes(void **state)
{
	struct fixture *f = *state;
	struct text m;
	uint64_t purged;

	fixture_devices(f, 1);
	make(&m, 1, 1);
	expect(f, &m, LEDGER_ADMITTED, 1);
	make(&m, 2, 2);
	m.a.latest = m.a.earliest = NOW + WINDOW;
	expect(f, &m, LEDGER_ADMITTED, 2);
	OK(store_tend(f->store, NOW + WINDOW + 29 * DAY, &purged, &f->e));
	assert_int_equal(purged, 0);
	OK(store_tend(f->store, NOW + WINDOW + 32 * DAY, &purged, &f->e));
	assert_int_equal(purged, 2);
	/* the other passes for another window */
	m.a.now = m.a.latest + WINDOW;
	m.a.digest[0] = 3;
	OK(store_tend(f->store, m.a.now, &purged, &f->e));
	expect(f, &m, LEDGER_DUPLICATE, 2);
	/* and what was forgotten is too old for whatever window */
	make(&m, 1, 1);
	m.a.now = NOW + WINDOW + 32 * DAY;
	m.a.reading_window = 2 * WINDOW;
	expect(f, &m, LEDGER_STALE, 0);
}

static char black[] = "black", color[] = "color", total[] = "total";
static const struct counter three[] = { { black, 3 }, { color, 4 },
	{ total, 7 } };
static const struct counter fewer[] = { { black, 3 }, { total, 7 } };
static const struct counter others[] = { { black, 4 }, { total, 8 } };
static const struct counter none_shared[] = { { color, 5 } };

static void
with_counters(struct text *m, const struct counter *counters, size_t count)
{
	m->a.counters = counters;
	m->a.counter_count = count;
	m->a.timed = true;
	m->a.counts = true;
	m->a.assurance = "plain";
	m->a.model = "";
	m->a.retention = WINDOW;
}

static void
one_moment_in_several_shapes(void **state)
{
	struct fixture *f = *state;
	struct admitted got;
	struct text m;

	fixture_devices(f, 1);
	make(&m, 1, 1);
	with_counters(&m, three, 3);
	assert_int_equal(expect(f, &m, LEDGER_ADMITTED, 1).same_as, 0);
	make(&m, 2, 2);
	with_counters(&m, fewer, 2);
	got = expect(f, &m, LEDGER_ADMITTED, 2);
	assert_int_equal(got.same_as, 1);
	published_is(f, 2, "{\"sequence\":2,\"same_as\":1,\"version\":1}");
	/* to the first, however many there are */
	make(&m, 3, 3);
	with_counters(&m, three + 2, 1);
	assert_int_equal(expect(f, &m, LEDGER_ADMITTED, 3).same_as, 1);
	/* one differs, none is shared, another moment, no time of day */
	make(&m, 4, 4);
	with_counters(&m, others, 2);
	assert_int_equal(expect(f, &m, LEDGER_ADMITTED, 4).same_as, 0);
	make(&m, 5, 5);
	with_counters(&m, none_shared, 1);
	assert_int_equal(expect(f, &m, LEDGER_ADMITTED, 5).same_as, 0);
	make(&m, 6, 6);
	with_counters(&m, fewer, 2);
	m.a.earliest = ++m.a.latest;
	assert_int_equal(expect(f, &m, LEDGER_ADMITTED, 6).same_as, 0);
	make(&m, 7, 7);
	with_counters(&m, fewer, 2);
	m.a.timed = false;
	assert_int_equal(expect(f, &m, LEDGER_ADMITTED, 7).same_as, 0);
	OK(store_check(f->store, stderr, &f->e));
}

struct seen_readings {
	unsigned int count;
	int64_t last;
};

static int
take_reading(const struct reading *r, void *arg)
{
	struct seen_readings *s = arg;

	assert_string_equal(r->serial, "D0");
	assert_true(r->earliest >= s->last);
	assert_int_equal(r->counter_count, 3);
	assert_string_equal(r->counters[1].name, "color");
	assert_int_equal(r->counters[2].value, 7);
	assert_string_equal(r->assurance, "plain");
	assert_true(r->counts && r->timed);
	s->last = r->earliest;
	s->count++;
	return 0;
}

static unsigned int
readings(struct fixture *f, int64_t from, int64_t to)
{
	struct seen_readings s = { 0 };

	OK(readings_each(f->store, "d0", from, to, take_reading, &s, &f->e));
	return s.count;
}

static void
readings_are_kept_for_a_time(void **state)
{
	struct fixture *f = *state;
	struct text m;
	uint64_t purged;

	fixture_devices(f, 1);
	for (unsigned int i = 0; i < 300; i++) {
		make(&m, i + 1, i + 1);
		with_counters(&m, three, 3);
		m.a.earliest = m.a.latest = NOW - (i * 7919 % 300) * 60;
		expect(f, &m, LEDGER_ADMITTED, i + 1);
	}
	assert_int_equal(readings(f, 0, INT64_MAX), 300);
	assert_int_equal(readings(f, NOW - 600, NOW - 60), 10);
	OK(store_check(f->store, stderr, &f->e));
	OK(store_tend(f->store, NOW + WINDOW, &purged, &f->e));
	assert_int_equal(purged, 0);
	OK(store_tend(f->store, NOW + WINDOW + 1, &purged, &f->e));
	assert_int_equal(purged, 300);
	assert_int_equal(readings(f, 0, INT64_MAX), 0);
	OK(store_check(f->store, stderr, &f->e));
}

/* With names as long as there can be. */
static void
make_counters(struct counter *counters, size_t count)
{
	static char names[COUNTERS_MAX + 1][65];

	for (size_t i = 0; i < count; i++) {
		text_format(names[i], sizeof(names[i]), "%064zu", i);
		counters[i] = (struct counter){ names[i], INT64_MAX };
	}
}

static void
large_reading(void **state)
{
	static struct counter counters[COUNTERS_MAX + 1];
	struct fixture *f = *state;
	struct text m;

	fixture_devices(f, 1);
	make_counters(counters, COUNTERS_MAX + 1);
	make(&m, 1, 1);
	with_counters(&m, counters, COUNTERS_MAX + 1);
	expect(f, &m, LEDGER_ADMITTED, 1);
	OK(store_check(f->store, stderr, &f->e));
}

enum { BUNDLE = 250 };

static void
make_bundle(struct text *texts, struct admission *all, unsigned int count)
{
	for (unsigned int i = 0; i < count; i++) {
		make(&texts[i], i + 1, i + 1);
		with_counters(&texts[i], three, 3);
		all[i] = texts[i].a;
	}
}

static void
bundle_in_slices(void **state)
{
	static struct text texts[BUNDLE];
	static struct admission all[BUNDLE];
	static struct admitted got[BUNDLE];
	struct fixture *f = *state;
	size_t taken, at = 0, slices = 0;

	fixture_devices(f, 1);
	make_bundle(texts, all, BUNDLE);
	/* one twice in the bundle, one that is wrong, one that was there */
	all[7].said = all[6].said;
	all[9].latest = all[9].earliest = NOW - 2 * WINDOW;
	expect(f, &texts[3], LEDGER_ADMITTED, 1);
	for (; at < BUNDLE; at += taken, slices++)
		OK(ledger_admit_many(f->store, all + at, BUNDLE - at, got + at,
			&taken, &f->e));
	assert_int_equal(slices, 3);
	assert_int_equal(got[3].result, LEDGER_DUPLICATE);
	assert_int_equal(got[3].sequence, 1);
	assert_int_equal(got[7].result, LEDGER_DUPLICATE);
	assert_int_equal(got[7].sequence, got[6].sequence);
	assert_int_equal(got[9].result, LEDGER_STALE);
	assert_int_equal(got[BUNDLE - 1].sequence, BUNDLE - 2);
	OK(ledger_admit_many(f->store, all, 0, got, &taken, &f->e));
	assert_int_equal(taken, 0);
	OK(store_check(f->store, stderr, &f->e));
}

static const struct request asked = { .id = "abcdefghijklmnopqrstuvwxyz",
	.center = "K0001",
	.serial = "D0",
	.issued = NOW - DAY,
	.expires = NOW + DAY };

/* All that a message holds answers, also where it comes in slices, or again. */
static void
message_answers_once(void **state)
{
	static struct text texts[6];
	static struct admission all[6];
	struct admitted got[6];
	struct fixture *f = *state;
	size_t taken;

	fixture_devices(f, 1);
	OK(ledger_issue(f->store, &asked, &f->e));
	make_bundle(texts, all, 6);
	for (int i = 0; i < 6; i++)
		all[i].email_id = asked.id;
	OK(ledger_admit_many(f->store, all, 2, got, &taken, &f->e));
	assert_int_equal(got[1].result, LEDGER_ADMITTED);
	assert_int_equal(got[1].answer, 1);
	all[2].answer = got[1].answer;
	OK(ledger_admit_many(f->store, all + 2, 2, got + 2, &taken, &f->e));
	assert_int_equal(got[3].result, LEDGER_ADMITTED);
	/* the same again, after a crash say */
	all[2].answer = 0;
	OK(ledger_admit_many(f->store, all, 5, got, &taken, &f->e));
	assert_int_equal(got[0].result, LEDGER_DUPLICATE);
	assert_int_equal(got[3].result, LEDGER_DUPLICATE);
	assert_int_equal(got[4].result, LEDGER_ADMITTED);
	/* but another message's */
	OK(ledger_admit_many(f->store, all + 5, 1, got, &taken, &f->e));
	assert_int_equal(got[0].result, LEDGER_ANSWERED_EMAIL_ID);
}

static void
spread(unsigned char digest[SHA256_SIZE])
{
	const struct crypto_span span = { digest, SHA256_SIZE };
	struct error e;

	assert_int_equal(crypto_sha256(&span, 1, digest, &e), 0);
}

/* With digests as real ones are. */
static void
make_spread(struct text *m, struct admission *a, unsigned int number)
{
	make(m, number, number);
	with_alarm(m, number);
	with_alarm(m, ~number);
	spread(m->a.digest);
	spread(m->said.digest);
	spread(m->said.alarms[0]);
	spread(m->said.alarms[1]);
	with_counters(m, three, 3);
	*a = m->a;
}

/* Of the locks that there are, at most half: with all that a slice may hold. */
static void
needs_few_locks(void **state)
{
	static struct text texts[LEDGER_AT_ONCE];
	static struct admission all[LEDGER_AT_ONCE];
	static struct admitted got[LEDGER_AT_ONCE];
	static struct counter counters[COUNTERS_MAX];
	struct fixture *f = *state;
	struct db_stats stats;
	unsigned int most = 0, number = 1;
	size_t taken;

	fixture_devices(f, 1);
	OK(db_stats(f->store->db, &stats, &f->e));
	for (int n = 0; n < 200; n++) {
		for (int i = 0; i < LEDGER_AT_ONCE; i++)
			make_spread(&texts[i], &all[i], number++);
		OK(ledger_admit_many(
			f->store, all, LEDGER_AT_ONCE, got, &taken, &f->e));
		assert_int_equal(taken, LEDGER_AT_ONCE);
		assert_int_equal(got[taken - 1].result, LEDGER_ADMITTED);
		OK(db_stats(f->store->db, &stats, &f->e));
		most = stats.locks_used > most ? stats.locks_used : most;
	}
	/* and with readings as large as there are */
	make_counters(counters, COUNTERS_MAX);
	for (int i = 0; i < LEDGER_AT_ONCE; i++) {
		make_spread(&texts[i], &all[i], number++);
		all[i].counters = counters;
		all[i].counter_count = COUNTERS_MAX;
	}
	OK(ledger_admit_many(
		f->store, all, LEDGER_AT_ONCE, got, &taken, &f->e));
	assert_int_equal(taken, LEDGER_AT_ONCE);
	OK(db_stats(f->store->db, &stats, &f->e));
	most = stats.locks_used > most ? stats.locks_used : most;
	print_message("# locks used: %u %%\n", most);
	assert_in_range(most, 0, 10);
	OK(store_check(f->store, stderr, &f->e));
}

enum { KILLED = 20 };

static int
admit_killed(void *arg)
{
	static struct text texts[KILLED];
	static struct admission all[KILLED];
	static struct admitted got[KILLED];
	struct fixture *f = arg;
	size_t taken;

	if (store_open(&f->options, &f->store, &f->e) == -1)
		return -1;
	make_bundle(texts, all, KILLED);
	return ledger_admit_many(f->store, all, KILLED, got, &taken, &f->e);
}

/* State and spool; back: as they were. */
static void
copy_store(struct fixture *f, bool back)
{
	char command[512];

	text_format(command, sizeof(command),
		"rm -rf '%s%s' && cp -r '%s%s' '%s%s'", f->root,
		back ? "" : ".kept", f->root, back ? ".kept" : "", f->root,
		back ? "" : ".kept");
	assert_int_equal(system(command), 0);
}

/* All of a slice, or nothing of it; and the next try admits each once. */
static void
killed_at_each_step(void **state)
{
	static struct text texts[KILLED];
	static struct admission all[KILLED];
	static struct admitted got[KILLED];
	struct fixture *f = *state;
	unsigned int n, calls, none = 0, whole = 0;
	bool killed = true;
	char kept[160];
	size_t taken;

	fixture_devices(f, 1);
	store_close(&f->store);
	copy_store(f, false);
	make_bundle(texts, all, KILLED);
	assert_false(killed_at(0, admit_killed, f, &calls));
	for (n = 1; killed; n = killed_next(n, calls, 16)) {
		copy_store(f, true);
		killed = killed_at(n, admit_killed, f, NULL);
		OK(store_open(&f->options, &f->store, &f->e));
		OK(ledger_admit_many(
			f->store, all, KILLED, got, &taken, &f->e));
		for (unsigned int i = 0; i < KILLED; i++) {
			assert_int_equal(got[i].result, got[0].result);
			assert_int_equal(got[i].sequence, i + 1);
		}
		none += got[0].result == LEDGER_ADMITTED;
		whole += got[0].result == LEDGER_DUPLICATE;
		OK(store_check(f->store, stderr, &f->e));
		store_close(&f->store);
	}
	text_format(kept, sizeof(kept), "%s.kept", f->root);
	fixture_remove_tree(kept);
	OK(store_open(&f->options, &f->store, &f->e));
	assert_int_not_equal(none, 0);
	assert_int_not_equal(whole, 0);
}

int
main(void)
{
#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, fixture_make, fixture_remove)
	const struct CMUnitTest tests[] = {
		TEST(reading_in_another_wrapping),
		TEST(octets_of_another_wrapping),
		TEST(wrappings_have_a_limit),
		TEST(only_alarms_are_new),
		TEST(alarms_before_their_reading),
		TEST(window_of_its_own),
		TEST(known_as_long_as_it_passes),
		TEST(one_moment_in_several_shapes),
		TEST(readings_are_kept_for_a_time),
		TEST(large_reading),
		TEST(bundle_in_slices),
		TEST(message_answers_once),
		TEST(needs_few_locks),
		TEST(killed_at_each_step),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

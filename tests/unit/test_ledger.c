/*
 * Admission: in which order it judges, that it is exact under threads, and
 * what is forgotten when.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/log.h"
#include "base/text.h"
#include "store/compact.h"
#include "store/rows.h"
#include "tests/unit/store_fixture.h"

static const struct request sample = { .id = "abcdefghijklmnopqrstuvwxyz",
	.center = "K0001",
	.serial = "D0",
	.issued = NOW - DAY,
	.expires = NOW + DAY };

static void
expect(struct fixture *f, const struct admission *a, enum ledger_result wanted,
	uint64_t number)
{
	struct admitted got, probed;

	OK(ledger_probe(f->store, a, &probed, &f->e));
	OK(ledger_admit(f->store, a, &got, &f->e));
	assert_int_equal(got.result, wanted);
	assert_int_equal(probed.result, wanted);
	assert_int_equal(got.sequence, number);
}

static void
unsolicited_once(void **state)
{
	struct fixture *f = *state;
	struct admission a = fixture_admission(1);
	struct activity activity;
	const unsigned char key_id[] = { 1, 2, 3 };

	fixture_devices(f, 1);
	OK(registry_activity_get(f->store, "d0", &activity, &f->e));
	assert_int_equal(activity.reported, 0);
	a.key_id = key_id;
	a.key_id_length = sizeof(key_id);
	expect(f, &a, LEDGER_ADMITTED, 1);
	expect(f, &a, LEDGER_DUPLICATE, 1);
	fixture_reopen(f);
	expect(f, &a, LEDGER_DUPLICATE, 1);
	OK(registry_activity_get(f->store, "d0", &activity, &f->e));
	assert_int_equal(activity.reported, NOW);
	assert_int_equal(activity.sequence, 1);
	assert_int_equal(activity.key_id_length, 3);
	a = fixture_admission(2);
	expect(f, &a, LEDGER_ADMITTED, 2);
}

/* Each bound of the window, and one second beyond it. */
static void
stale_at_the_bounds(void **state)
{
	struct fixture *f = *state;
	struct admission a = fixture_admission(1);

	a.latest = a.earliest = NOW - a.window - 1;
	expect(f, &a, LEDGER_STALE, 0);
	a.latest = NOW - a.window;
	expect(f, &a, LEDGER_ADMITTED, 1);
	a = fixture_admission(2);
	a.earliest = NOW + a.skew + 1;
	a.latest = a.earliest + DAY;
	expect(f, &a, LEDGER_STALE, 0);
	a.earliest--;
	expect(f, &a, LEDGER_ADMITTED, 2);
	a = fixture_admission(3);
	a.dated = false;
	expect(f, &a, LEDGER_STALE, 0);
}

static void
solicited_once(void **state)
{
	struct fixture *f = *state;
	struct admission a = fixture_admission(1);
	struct request id;

	fixture_devices(f, 1);
	OK(ledger_issue(f->store, &sample, &f->e));
	FAILS(ledger_issue(f->store, &sample, &f->e), ERROR_EXISTS);
	a.email_id = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
	a.dated = false;
	expect(f, &a, LEDGER_ADMITTED, 1);
	/* the same content again, even though its Email-ID is used up */
	expect(f, &a, LEDGER_DUPLICATE, 1);
	a.digest[31] = 1;
	expect(f, &a, LEDGER_ANSWERED_EMAIL_ID, 0);
	OK(ledger_request(f->store, sample.id, &id, &f->e));
	assert_int_equal(id.answered, NOW);
	assert_int_equal(id.sequence, 1);
	assert_int_equal(id.issued, sample.issued);
}

static void
solicited_refusals(void **state)
{
	struct fixture *f = *state;
	struct admission a = fixture_admission(1);

	OK(ledger_issue(f->store, &sample, &f->e));
	a.email_id = "abcdefghijklmnopqrstuvwxy0";
	expect(f, &a, LEDGER_UNKNOWN_EMAIL_ID, 0);
	a.email_id = sample.id;
	a.serial = "D1";
	expect(f, &a, LEDGER_FOREIGN_EMAIL_ID, 0);
	a.serial = "D0";
	a.center = "K0002";
	expect(f, &a, LEDGER_FOREIGN_EMAIL_ID, 0);
	a.center = "K0001";
	a.now = sample.expires + 1;
	expect(f, &a, LEDGER_EXPIRED_EMAIL_ID, 0);
	a.now = sample.expires;
	expect(f, &a, LEDGER_ADMITTED, 1);
	FAILS(ledger_request(f->store, "no such", NULL, &f->e),
		ERROR_NOT_FOUND);
}

static void
bad_lines_are_refused(void **state)
{
	static const char *const bad[] = { "", "{", "{}\n", "[]", "{\n}" };
	struct fixture *f = *state;
	struct admission a = fixture_admission(1);
	struct admitted got;
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		a.line = bad[i];
		a.line_length = strlen(bad[i]);
		FAILS(ledger_admit(f->store, &a, &got, &f->e), ERROR_BAD);
	}
}

/* What expired goes, in more than one transaction; nothing else does. */
static void
purge_forgets_what_expired(void **state)
{
	struct fixture *f = *state;
	struct admission a;
	struct request id = sample;
	uint64_t purged;
	unsigned int i;

	for (i = 0; i < 450; i++)
		assert_int_equal(fixture_admit(f, i), i + 1);
	OK(ledger_issue(f->store, &id, &f->e));
	/* late, not unknown, for 30 days */
	OK(store_tend(f->store, NOW + 30 * DAY, &purged, &f->e));
	assert_int_equal(purged, 0);
	OK(ledger_request(f->store, id.id, &id, &f->e));
	OK(store_tend(f->store, NOW + 32 * DAY, &purged, &f->e));
	assert_int_equal(purged, 1);
	FAILS(ledger_request(f->store, id.id, &id, &f->e), ERROR_NOT_FOUND);
	/* the window, and 30 days */
	OK(store_tend(f->store, NOW + 37 * DAY, &purged, &f->e));
	assert_int_equal(purged, 0);
	OK(store_tend(f->store, NOW + 38 * DAY, &purged, &f->e));
	assert_int_equal(purged, 450);
	/* a wider window later brings no forgotten report back */
	a = fixture_admission(3);
	a.now = NOW + 38 * DAY;
	a.window = 100 * DAY;
	expect(f, &a, LEDGER_STALE, 0);
	OK(store_check(f->store, stderr, &f->e));
}

/* What was purged goes back to the file system; what stays is not touched. */
static void
compaction_shrinks_files(void **state)
{
	struct fixture *f = *state;
	struct stat before, after;
	struct admission a;
	char path[256];
	unsigned int i;

	f->options.no_sync = true;
	fixture_reopen(f);
	for (i = 0; i < 6000; i++)
		assert_int_equal(fixture_admit(f, i), i + 1);
	OK(store_tend(f->store, NOW + 38 * DAY, NULL, &f->e));
	a = fixture_admission(7000);
	a.now += 38 * DAY;
	a.latest = a.earliest = a.now;
	expect(f, &a, LEDGER_ADMITTED, 6001);
	fixture_reopen(f); /* with a checkpoint, so the files are whole */
	text_format(path, sizeof(path), "%s/db/seen.db", f->state);
	assert_int_equal(stat(path, &before), 0);
	OK(compact_tables(f->store, &f->e));
	fixture_reopen(f);
	assert_int_equal(stat(path, &after), 0);
	assert_true(after.st_size < before.st_size / 4);
	expect(f, &a, LEDGER_DUPLICATE, 6001);
	OK(store_check(f->store, stderr, &f->e));
}

enum { THREADS = 8, REPORTS = 150 };

struct worker {
	struct store *store;
	const char *email_id;
	unsigned int number;
	unsigned int admitted, failed;
	uint64_t sequences[REPORTS];
};

/* Every thread sends every report, each from another start. */
static void *
send_all(void *arg)
{
	struct worker *w = arg;
	struct admitted got = { 0 };
	struct admission a;
	struct error e;
	unsigned int i, number;

	for (i = 0; i < REPORTS; i++) {
		number = (i + w->number * REPORTS / THREADS) % REPORTS;
		a = fixture_admission(number);
		if (ledger_admit(w->store, &a, &got, &e) != 0)
			w->failed++;
		else if (got.result == LEDGER_ADMITTED)
			w->admitted++;
		else if (got.result != LEDGER_DUPLICATE)
			w->failed++;
		w->sequences[number] = got.sequence;
	}
	return NULL;
}

static void
run_workers(struct fixture *f, struct worker *w, void *(*run)(void *))
{
	pthread_t threads[THREADS];
	unsigned int i;

	for (i = 0; i < THREADS; i++) {
		w[i] = (struct worker){ .store = f->store, .number = i };
		assert_int_equal(
			pthread_create(&threads[i], NULL, run, &w[i]), 0);
	}
	for (i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
}

static int
count_request(const struct request *id, void *arg)
{
	unsigned int *count = arg;

	assert_string_equal(id->command, "counters");
	assert_int_equal(id->digest[31], 7);
	++*count;
	return 0;
}

/* Cancelled is late; what was answered cannot be cancelled any more. */
static void
requests_are_cancelled(void **state)
{
	struct fixture *f = *state;
	struct admission a = fixture_admission(1);
	struct request id = sample;
	unsigned int count = 0;

	fixture_devices(f, 1);
	strcpy(id.command, "counters");
	id.digest[31] = 7;
	OK(ledger_issue(f->store, &id, &f->e));
	strcpy(id.id, "bcdefghijklmnopqrstuvwxyza");
	OK(ledger_issue(f->store, &id, &f->e));
	OK(ledger_requests(f->store, count_request, &count, &f->e));
	assert_int_equal(count, 2);
	OK(ledger_cancel(f->store, sample.id, NOW, &f->e));
	a.email_id = sample.id;
	expect(f, &a, LEDGER_EXPIRED_EMAIL_ID, 0);
	a.email_id = id.id;
	expect(f, &a, LEDGER_ADMITTED, 1);
	FAILS(ledger_cancel(f->store, id.id, NOW, &f->e), ERROR_EXISTS);
	FAILS(ledger_cancel(f->store, "zzzzzzzzzzzzzzzzzzzzzzzzzz", NOW, &f->e),
		ERROR_NOT_FOUND);
	OK(store_check(f->store, stderr, &f->e));
}

static void
threads_admit_each_once(void **state)
{
	struct fixture *f = *state;
	static struct worker w[THREADS];
	bool given[REPORTS + 1] = { false };
	unsigned int i, j, admitted = 0;

	fixture_devices(f, 1);
	OK(store_start(f->store, &f->e));
	run_workers(f, w, send_all);
	for (i = 0; i < THREADS; i++) {
		assert_int_equal(w[i].failed, 0);
		admitted += w[i].admitted;
		/* all were told the same numbers */
		for (j = 0; j < REPORTS; j++)
			assert_int_equal(w[i].sequences[j], w[0].sequences[j]);
	}
	assert_int_equal(admitted, REPORTS);
	for (j = 0; j < REPORTS; j++) {
		assert_in_range(w[0].sequences[j], 1, REPORTS);
		assert_false(given[w[0].sequences[j]]);
		given[w[0].sequences[j]] = true;
	}
	store_stop(f->store);
	OK(store_check(f->store, stderr, &f->e));
}

static void *
answer(void *arg)
{
	struct worker *w = arg;
	struct admission a = fixture_admission(1000 + w->number);
	struct admitted got;
	struct error e;

	a.email_id = sample.id;
	if (ledger_admit(w->store, &a, &got, &e) != 0)
		w->failed++;
	else if (got.result == LEDGER_ADMITTED)
		w->admitted++;
	else if (got.result != LEDGER_ANSWERED_EMAIL_ID)
		w->failed++;
	return NULL;
}

static void
threads_answer_one_once(void **state)
{
	struct fixture *f = *state;
	static struct worker w[THREADS];
	unsigned int i, admitted = 0;

	OK(ledger_issue(f->store, &sample, &f->e));
	run_workers(f, w, answer);
	for (i = 0; i < THREADS; i++) {
		assert_int_equal(w[i].failed, 0);
		admitted += w[i].admitted;
	}
	assert_int_equal(admitted, 1);
}

/* How often a line of the log holds what. */
static int
in_log(struct fixture *f, const char *what)
{
	char path[200], line[1024];
	FILE *log;
	int count = 0;

	text_format(path, sizeof(path), "%s/log", f->root);
	log = fopen(path, "r");
	assert_non_null(log);
	while (fgets(line, sizeof(line), log) != NULL)
		count += strstr(line, what) != NULL;
	fclose(log);
	return count;
}

static void
log_to_file(struct fixture *f)
{
	char path[200];

	text_format(path, sizeof(path), "%s/log", f->root);
	OK(log_open(path, LEVEL_INFO, &f->e));
}

/* One device is over its limit, no other; one warning an hour. */
static void
reports_have_a_limit(void **state)
{
	struct fixture *f = *state;
	struct admission a;
	unsigned int i;

	fixture_devices(f, 2);
	log_to_file(f);
	for (i = 0; i < 6; i++) {
		a = fixture_admission(i);
		a.reports_per_hour = 3;
		expect(f, &a, i < 3 ? LEDGER_ADMITTED : LEDGER_OVER_REPORTS,
			i < 3 ? i + 1 : 0);
		if (i == 4)
			fixture_reopen(f);
	}
	assert_int_equal(in_log(f, "device:D0 has used up its reports"), 1);
	/* What was admitted is a duplicate still, what is stale is stale. */
	a = fixture_admission(1);
	a.reports_per_hour = 3;
	expect(f, &a, LEDGER_DUPLICATE, 2);
	a = fixture_admission(9);
	a.reports_per_hour = 3;
	a.dated = false;
	expect(f, &a, LEDGER_STALE, 0);
	a = fixture_admission(20);
	a.reports_per_hour = 3;
	a.serial = "D1";
	expect(f, &a, LEDGER_ADMITTED, 4);
	/* The retry after the hour. */
	a = fixture_admission(5);
	a.reports_per_hour = 3;
	a.now = NOW + 3599;
	expect(f, &a, LEDGER_OVER_REPORTS, 0);
	a.now = NOW + 3600;
	expect(f, &a, LEDGER_ADMITTED, 5);
	assert_int_equal(in_log(f, "has used up"), 1);
	OK(log_open("stderr", LEVEL_INFO, &f->e));
}

static void
octets_have_a_limit(void **state)
{
	struct fixture *f = *state;
	struct admission a;
	unsigned int i;

	fixture_devices(f, 1);
	log_to_file(f);
	/* Each line has 13 octets: the third one reaches 30. */
	for (i = 0; i < 5; i++) {
		a = fixture_admission(i);
		a.octets_per_day = 30;
		a.now = NOW + i * 3600;
		expect(f, &a, i < 3 ? LEDGER_ADMITTED : LEDGER_OVER_OCTETS,
			i < 3 ? i + 1 : 0);
	}
	assert_int_equal(in_log(f, "device:D0 has used up its octets"), 1);
	assert_int_equal(in_log(f, "has used up"), 1);
	a.now = NOW / DAY * DAY + DAY;
	expect(f, &a, LEDGER_ADMITTED, 4);
	OK(log_open("stderr", LEVEL_INFO, &f->e));
}

/* Counted in the row that version 0.1 wrote, which counted nothing. */
static void
old_activity_is_read(void **state)
{
	static const unsigned char row[] = { 1, 0, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0,
		0, 0, 0, 0, 7, 0, 0 };
	struct activity y;

	(void)state;
	memset(&y, 0xff, sizeof(y));
	assert_true(
		rows_unpack_activity((struct octets){ row, sizeof(row) }, &y));
	assert_int_equal(y.reported, 9);
	assert_int_equal(y.sequence, 7);
	assert_int_equal(y.hour_reports, 0);
	assert_int_equal(y.day_octets, 0);
}

/* The operator takes what is stale: without date, ahead, older than what is
 * remembered. Once still. */
static void
dates_are_accepted(void **state)
{
	struct fixture *f = *state;
	struct admission a = fixture_admission(1);
	uint64_t purged;

	fixture_devices(f, 1);
	expect(f, &a, LEDGER_ADMITTED, 1);
	/* Forgotten: what is older is below the floor. */
	OK(store_tend(f->store, NOW + 100 * DAY, &purged, &f->e));
	a = fixture_admission(2);
	a.window = 300 * DAY;
	a.latest = a.earliest = NOW - 120;
	expect(f, &a, LEDGER_STALE, 0);
	a.accept_date = true;
	a.remember = 90 * DAY;
	expect(f, &a, LEDGER_ADMITTED, 2);
	expect(f, &a, LEDGER_DUPLICATE, 2);
	a.accept_date = false;
	expect(f, &a, LEDGER_DUPLICATE, 2);
	a = fixture_admission(3);
	a.dated = false;
	expect(f, &a, LEDGER_STALE, 0);
	a.accept_date = true;
	a.remember = 90 * DAY;
	expect(f, &a, LEDGER_ADMITTED, 3);
	/* Known for as long as its file may lie about. */
	OK(store_tend(f->store, NOW + 90 * DAY, &purged, &f->e));
	expect(f, &a, LEDGER_DUPLICATE, 3);
	/* An Email-ID is never waived. */
	a = fixture_admission(4);
	a.accept_date = true;
	a.email_id = "abcdefghijklmnopqrstuvwxyz";
	expect(f, &a, LEDGER_UNKNOWN_EMAIL_ID, 0);
}

/* What was plain once says nothing of what is sealed, and the other way round.
 */
static void
plain_never_stands_for_sealed(void **state)
{
	struct fixture *f = *state;
	struct admission a = fixture_admission(1);
	uint64_t purged;

	fixture_devices(f, 1);
	a.domain = DOMAIN_PLAIN;
	expect(f, &a, LEDGER_ADMITTED, 1);
	OK(store_tend(f->store, NOW + 60 * DAY, &purged, &f->e));
	assert_true(purged >= 1);
	/* forgotten: what is as old may be the same again */
	a.window = 300 * DAY;
	a.now = NOW + 60 * DAY;
	expect(f, &a, LEDGER_STALE, 0);
	a.domain = DOMAIN_SEALED;
	expect(f, &a, LEDGER_ADMITTED, 2);
}

/* A device whose clock is wrong by decades answers a request. */
static void
date_ahead_raises_no_floor(void **state)
{
	struct fixture *f = *state;
	struct admission a = fixture_admission(1);
	uint64_t purged;

	fixture_devices(f, 1);
	a.latest = a.earliest = NOW + a.skew;
	expect(f, &a, LEDGER_ADMITTED, 1);
	OK(ledger_issue(f->store, &sample, &f->e));
	a = fixture_admission(2);
	a.email_id = sample.id;
	a.latest = a.earliest = NOW + 70 * 365LL * DAY;
	expect(f, &a, LEDGER_ADMITTED, 2);
	OK(store_tend(f->store, NOW + 60 * DAY, &purged, &f->e));
	/* both digests, and the Email-ID: the date has kept nothing alive */
	assert_int_equal(purged, 3);
	a = fixture_admission(3);
	a.now = NOW + 61 * DAY;
	a.latest = a.earliest = a.now - 60;
	expect(f, &a, LEDGER_ADMITTED, 3);
}

/* A request that is answered with a text that came before. */
static void
duplicate_answers_a_request(void **state)
{
	struct fixture *f = *state;
	struct admission a = fixture_admission(1);
	struct request second = sample, id;

	fixture_devices(f, 2);
	OK(ledger_issue(f->store, &sample, &f->e));
	a.email_id = sample.id;
	expect(f, &a, LEDGER_ADMITTED, 1);
	strcpy(second.id, "bbcdefghijklmnopqrstuvwxyz");
	OK(ledger_issue(f->store, &second, &f->e));
	a.email_id = second.id;
	a.now = NOW + 5;
	expect(f, &a, LEDGER_DUPLICATE_ANSWER, 1);
	OK(ledger_request(f->store, second.id, &id, &f->e));
	assert_int_equal(id.answered, NOW + 5);
	assert_int_equal(id.sequence, 1);
	/* a retry changes nothing */
	a.now = NOW + 9;
	expect(f, &a, LEDGER_DUPLICATE, 1);
	OK(ledger_request(f->store, second.id, &id, &f->e));
	assert_int_equal(id.answered, NOW + 5);
	OK(ledger_request(f->store, sample.id, &id, &f->e));
	assert_int_equal(id.answered, NOW);
}

/* The request with these times is left as it is by a duplicate. */
static void
leaves_open(struct fixture *f, struct request *request,
	const struct admission *duplicate)
{
	struct admission a = *duplicate;
	struct request id;

	request->id[0]++;
	OK(ledger_issue(f->store, request, &f->e));
	a.email_id = request->id;
	expect(f, &a, LEDGER_DUPLICATE, 1);
	OK(ledger_request(f->store, request->id, &id, &f->e));
	assert_int_equal(id.answered, 0);
}

static void
duplicate_leaves_open_what_it_cannot_answer(void **state)
{
	struct fixture *f = *state;
	struct admission a = fixture_admission(1);
	struct request request = sample;

	fixture_devices(f, 2);
	expect(f, &a, LEDGER_ADMITTED, 1);
	/* made before it was asked for */
	request.issued = a.latest + 1;
	leaves_open(f, &request, &a);
	request = sample;
	strcpy(request.id, "gbcdefghijklmnopqrstuvwxyz");
	strcpy(request.serial, "D1");
	leaves_open(f, &request, &a);
	request = sample;
	strcpy(request.id, "kbcdefghijklmnopqrstuvwxyz");
	request.expires = NOW - 1;
	leaves_open(f, &request, &a);
	request = sample;
	strcpy(request.id, "pbcdefghijklmnopqrstuvwxyz");
	a.dated = false;
	leaves_open(f, &request, &a);
}

/* A request that was cancelled stays so. */
static void
duplicate_answers_nothing_cancelled(void **state)
{
	struct fixture *f = *state;
	struct admission a = fixture_admission(1);
	struct request id;

	fixture_devices(f, 1);
	expect(f, &a, LEDGER_ADMITTED, 1);
	OK(ledger_issue(f->store, &sample, &f->e));
	OK(ledger_cancel(f->store, sample.id, NOW - 1, &f->e));
	a.email_id = sample.id;
	expect(f, &a, LEDGER_DUPLICATE, 1);
	OK(ledger_request(f->store, sample.id, &id, &f->e));
	assert_int_equal(id.answered, 0);
	assert_int_equal(id.cancelled, NOW - 1);
}

/* When it was answered is not known, and who hears "taken" sends no more. */
static void
duplicate_waits_for_the_clock(void **state)
{
	struct fixture *f = *state;
	struct admission a = fixture_admission(1);
	struct admitted got;

	fixture_devices(f, 1);
	expect(f, &a, LEDGER_ADMITTED, 1);
	OK(ledger_issue(f->store, &sample, &f->e));
	a.doubted = true;
	expect(f, &a, LEDGER_DUPLICATE, 1);
	a.email_id = sample.id;
	FAILS(ledger_admit(f->store, &a, &got, &f->e), ERROR_TROUBLE);
	a.doubted = false;
	expect(f, &a, LEDGER_DUPLICATE_ANSWER, 1);
	a.doubted = true;
	expect(f, &a, LEDGER_DUPLICATE, 1);
}

/* An answer's text, once forgotten, is no new report in a wider window. */
static void
answer_that_is_forgotten_is_stale(void **state)
{
	struct fixture *f = *state;
	struct admission a = fixture_admission(1);
	uint64_t purged;

	fixture_devices(f, 1);
	OK(ledger_issue(f->store, &sample, &f->e));
	a.domain = DOMAIN_PLAIN;
	a.email_id = sample.id;
	expect(f, &a, LEDGER_ADMITTED, 1);
	OK(store_tend(f->store, NOW + 60 * DAY, &purged, &f->e));
	assert_int_equal(purged, 2);
	a.email_id = "";
	a.window = 300 * DAY;
	a.now = NOW + 60 * DAY;
	expect(f, &a, LEDGER_STALE, 0);
}

/* A date that was ahead when it came makes nobody stale, also when it is past
 * by the time that it is forgotten. */
static void
date_ahead_is_forgotten_late(void **state)
{
	struct fixture *f = *state;
	struct admission a = fixture_admission(1);
	uint64_t purged;

	fixture_devices(f, 1);
	OK(ledger_issue(f->store, &sample, &f->e));
	a.email_id = sample.id;
	a.latest = a.earliest = NOW + 50 * DAY;
	expect(f, &a, LEDGER_ADMITTED, 1);
	OK(store_tend(f->store, NOW + 60 * DAY, &purged, &f->e));
	assert_int_equal(purged, 2);
	a = fixture_admission(2);
	a.now = NOW + 51 * DAY;
	a.latest = a.earliest = NOW + 45 * DAY;
	expect(f, &a, LEDGER_ADMITTED, 2);
}

int
main(void)
{
#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, fixture_make, fixture_remove)
	const struct CMUnitTest tests[] = {
		TEST(unsolicited_once),
		TEST(stale_at_the_bounds),
		TEST(solicited_once),
		TEST(solicited_refusals),
		TEST(bad_lines_are_refused),
		TEST(purge_forgets_what_expired),
		TEST(compaction_shrinks_files),
		TEST(requests_are_cancelled),
		TEST(reports_have_a_limit),
		TEST(octets_have_a_limit),
		TEST(old_activity_is_read),
		TEST(dates_are_accepted),
		TEST(threads_admit_each_once),
		TEST(threads_answer_one_once),
		TEST(plain_never_stands_for_sealed),
		TEST(date_ahead_raises_no_floor),
		TEST(duplicate_answers_a_request),
		TEST(duplicate_leaves_open_what_it_cannot_answer),
		TEST(duplicate_answers_nothing_cancelled),
		TEST(duplicate_waits_for_the_clock),
		TEST(answer_that_is_forgotten_is_stale),
		TEST(date_ahead_is_forgotten_late),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * Requests that wait for a channel: recorded with their message or not at all,
 * bounded, and gone with whatever ends them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "store/inside.h"
#include "store/rows.h"
#include "tests/unit/killed.h"
#include "tests/unit/store_fixture.h"

static const struct request sample = { .id = "abcdefghijklmnopqrstuvwxyz",
	.center = "K0001",
	.serial = "D0",
	.issued = NOW - DAY,
	.expires = NOW + DAY };

static const struct pending_message small = { "a message", 9, true };

/* Like the sample, with another Email-ID. */
static struct request
numbered(unsigned int n)
{
	struct request r = sample;

	text_format(r.id, sizeof(r.id), "abcdefghijklmnopqrstuv%04u", n);
	return r;
}

static void
waits(struct fixture *f, size_t expected)
{
	size_t count;

	OK(pending_count(f->store, "d0", &count, &f->e));
	assert_int_equal(count, expected);
	OK(store_check(f->store, stderr, &f->e));
}

static void
waits_until_delivered(void **state)
{
	struct fixture *f = *state;
	struct buffer message = { 0 };
	struct pending w;

	fixture_devices(f, 1);
	OK(pending_issue(f->store, &sample, &small, &f->e));
	fixture_reopen(f);
	waits(f, 1);
	OK(pending_fetch(f->store, "ABCDEFGHIJKLMNOPQRSTUVWXYZ", NULL, "", &w,
		&message, &f->e));
	assert_string_equal(w.serial, "D0");
	assert_string_equal(w.center, "K0001");
	assert_int_equal(w.expires, sample.expires);
	assert_true(w.sealed);
	assert_int_equal(message.length, small.length);
	assert_memory_equal(message.data, small.octets, small.length);
	buffer_clear(&message);
	for (int i = 0; i < 2; i++)
		OK(pending_delivered(f->store, sample.id, NULL, "", &f->e));
	FAILS(pending_fetch(f->store, sample.id, NULL, "", &w, &message, &f->e),
		ERROR_NOT_FOUND);
	waits(f, 0);
}

/* What may not wait is not issued either. */
static void
is_bounded(void **state)
{
	struct fixture *f = *state;
	static const char octets[PENDING_OCTETS_MAX + 1];
	const struct pending_message all = { octets, PENDING_OCTETS_MAX,
		false };
	const struct pending_message more = { octets, PENDING_OCTETS_MAX + 1,
		false };
	struct request r = numbered(0), other = numbered(9000), read;

	fixture_devices(f, 2);
	FAILS(pending_issue(f->store, &r, &more, &f->e), ERROR_LIMIT);
	OK(pending_issue(f->store, &r, &all, &f->e));
	other.serial[1] = '1';
	OK(pending_issue(f->store, &other, &small, &f->e));
	r = numbered(1);
	FAILS(pending_issue(f->store, &r, &small, &f->e), ERROR_LIMIT);
	FAILS(ledger_request(f->store, r.id, &read, &f->e), ERROR_NOT_FOUND);
	OK(pending_delivered(f->store, numbered(0).id, NULL, "", &f->e));
	for (unsigned int n = 1; n <= PENDING_MAX; n++) {
		r = numbered(n);
		OK(pending_issue(f->store, &r, &small, &f->e));
	}
	r = numbered(PENDING_MAX + 1);
	FAILS(pending_issue(f->store, &r, &small, &f->e), ERROR_LIMIT);
	FAILS(ledger_request(f->store, r.id, &read, &f->e), ERROR_NOT_FOUND);
	waits(f, PENDING_MAX);
	strcpy(r.serial, "D7");
	FAILS(pending_issue(f->store, &r, &small, &f->e), ERROR_NOT_FOUND);
}

static void
answer(struct fixture *f, enum ledger_result expected)
{
	struct admission a = fixture_admission(1);
	struct admitted got;

	a.email_id = sample.id;
	OK(ledger_admit(f->store, &a, &got, &f->e));
	assert_int_equal(got.result, expected);
}

static int64_t
confirmed(struct fixture *f)
{
	struct activity y;

	OK(registry_activity_get(f->store, "D0", &y, &f->e));
	return y.confirmed;
}

static void
answer_ends_it(void **state)
{
	struct fixture *f = *state;

	fixture_devices(f, 1);
	OK(pending_issue(f->store, &sample, &small, &f->e));
	assert_int_equal(confirmed(f), 0);
	answer(f, LEDGER_ADMITTED);
	waits(f, 0);
	assert_int_equal(confirmed(f), NOW);
	assert_int_not_equal(fixture_admit(f, 2), 0);
	assert_int_equal(confirmed(f), NOW);
}

/* The content came before; it is the request's answer all the same. */
static void
same_content_ends_it(void **state)
{
	struct fixture *f = *state;

	fixture_devices(f, 1);
	assert_int_not_equal(fixture_admit(f, 1), 0);
	assert_int_equal(confirmed(f), 0);
	OK(pending_issue(f->store, &sample, &small, &f->e));
	answer(f, LEDGER_DUPLICATE_ANSWER);
	waits(f, 0);
	assert_int_equal(confirmed(f), NOW);
}

static void
other_ends(void **state)
{
	struct fixture *f = *state;
	struct request r;

	fixture_devices(f, 1);
	OK(pending_issue(f->store, &sample, &small, &f->e));
	OK(ledger_cancel(f->store, sample.id, NOW, &f->e));
	waits(f, 0);
	for (unsigned int n = 1; n <= 3; n++) {
		r = numbered(n);
		r.expires = NOW + (int64_t)n * DAY;
		OK(pending_issue(f->store, &r, &small, &f->e));
	}
	OK(store_tend(f->store, NOW + DAY + 1, NULL, &f->e));
	waits(f, 2);
	OK(registry_device_remove(f->store, "D0", &f->e));
	waits(f, 0);
}

/* To where the device is registered, whenever that is asked. */
static void
moves_along(void **state)
{
	struct fixture *f = *state;
	const enum device_channel mail = BY_MAIL, webdav = BY_WEBDAV;
	struct buffer message = { 0 };
	struct pending w;
	struct device d;

	fixture_devices(f, 1);
	OK(pending_issue(f->store, &sample, &small, &f->e));
	FAILS(pending_fetch(
		      f->store, sample.id, &webdav, "", &w, &message, &f->e),
		ERROR_NOT_FOUND);
	OK(registry_device_get(f->store, "D0", &d, &f->e));
	d.channel = BY_WEBDAV;
	OK(registry_device_update(f->store, "D0", fixture_becomes, &d, &f->e));
	OK(pending_delivered(f->store, sample.id, &mail, "", &f->e));
	OK(pending_fetch(
		f->store, sample.id, &webdav, "", &w, &message, &f->e));
	buffer_clear(&message);
	OK(pending_delivered(f->store, sample.id, &webdav, "", &f->e));
	waits(f, 0);
}

struct lost {
	enum table table;
	struct packer key;
};

static int
lose(struct db_txn *t, void *arg, struct error *e)
{
	const struct lost *l = arg;
	struct octets key = pack_row(&l->key);

	return db_delete(t, l->table, &key, e) == 1 ? 0 : -1;
}

/* Each of its rows refers to others. */
static void
losses_are_found(void **state)
{
	struct fixture *f = *state;
	struct expiry x = { .when = sample.expires,
		.kind = EXPIRY_PENDING,
		.length = strlen(sample.id) };
	struct lost rows[] = { { .table = TABLE_MESSAGES },
		{ .table = TABLE_PENDING }, { .table = TABLE_EXPIRY },
		{ .table = TABLE_REQUESTS } };

	memcpy(x.key, sample.id, x.length);
	pack_raw(&rows[0].key, sample.id, strlen(sample.id));
	rows[1].key = rows_pack_pending_key("D0", sample.id);
	rows[2].key = rows_pack_expiry(&x);
	pack_raw(&rows[3].key, sample.id, strlen(sample.id));
	fixture_devices(f, 1);
	store_close(&f->store);
	fixture_copy(f, false);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		OK(store_open(&f->options, &f->store, &f->e));
		OK(pending_issue(f->store, &sample, &small, &f->e));
		OK(store_check(f->store, stderr, &f->e));
		OK(store_write(f->store, DURABLE, lose, &rows[i], &f->e));
		FAILS(store_check(f->store, NULL, &f->e), ERROR_BAD);
		store_close(&f->store);
		fixture_copy(f, true);
	}
	fixture_forget_copy(f);
	OK(store_open(&f->options, &f->store, &f->e));
}

struct page {
	struct pending last;
	unsigned int count;
};

static int
take_three(const struct pending *w, void *arg)
{
	struct page *p = arg;

	assert_true(strcmp(w->serial, p->last.serial) > 0 ||
		strcmp(w->email_id, p->last.email_id) > 0);
	p->last = *w;
	return ++p->count % 3 == 0 ? 1 : 0;
}

static void
goes_on_after(void **state)
{
	struct fixture *f = *state;
	struct page p = { .count = 0 };
	struct request r;
	int rc;

	fixture_devices(f, 5);
	for (unsigned int n = 0; n < 50; n++) {
		r = numbered(n);
		r.serial[1] = (char)('0' + n % 5);
		OK(pending_issue(f->store, &r, &small, &f->e));
	}
	do {
		rc = pending_walk(f->store, "", p.count > 0 ? &p.last : NULL,
			take_three, &p, &f->e);
		assert_in_range(rc, 0, 1);
	} while (rc == 1);
	assert_int_equal(p.count, 50);
}

static int
issue_killed(void *arg)
{
	struct fixture *f = arg;

	return pending_issue(f->store, &sample, &small, &f->e);
}

static int
answer_killed(void *arg)
{
	struct fixture *f = arg;

	answer(f, LEDGER_ADMITTED);
	return 0;
}

struct killing {
	struct fixture *f;
	int (*run)(void *arg);
};

static int
open_and_run(void *arg)
{
	struct killing *k = arg;
	struct fixture *f = k->f;

	if (store_open(&f->options, &f->store, &f->e) == -1)
		return -1;
	return k->run(f);
}

static bool
is_open(struct fixture *f)
{
	struct request r;
	int rc = ledger_request(f->store, sample.id, &r, &f->e);

	assert_true(rc == 0 || f->e.code == ERROR_NOT_FOUND);
	return rc == 0 && r.answered == 0;
}

/* Whatever moment it is killed at, what waits is what is open; the last
 * moments are those of the transaction. */
static void
kill_each(struct fixture *f, struct killing *k, bool before)
{
	unsigned int n, calls, left = 0, done = 0;
	bool killed = true;

	store_close(&f->store);
	fixture_copy(f, false);
	assert_false(killed_at(0, open_and_run, k, &calls));
	for (n = 1; killed; n = killed_next(n, calls, 16)) {
		fixture_copy(f, true);
		killed = killed_at(n, open_and_run, k, NULL);
		OK(store_open(&f->options, &f->store, &f->e));
		waits(f, is_open(f) ? 1 : 0);
		left += is_open(f) == before;
		done += is_open(f) != before;
		store_close(&f->store);
	}
	fixture_forget_copy(f);
	OK(store_open(&f->options, &f->store, &f->e));
	assert_int_not_equal(left, 0);
	assert_int_not_equal(done, 0);
}

static void
killed_at_each_step(void **state)
{
	struct fixture *f = *state;
	struct killing k = { f, issue_killed };

	fixture_devices(f, 1);
	kill_each(f, &k, false);
	assert_true(is_open(f));
	k.run = answer_killed;
	kill_each(f, &k, true);
	assert_false(is_open(f));
}

int
main(void)
{
#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, fixture_make, fixture_remove)
	const struct CMUnitTest tests[] = {
		TEST(waits_until_delivered),
		TEST(is_bounded),
		TEST(answer_ends_it),
		TEST(same_content_ends_it),
		TEST(other_ends),
		TEST(moves_along),
		TEST(losses_are_found),
		TEST(goes_on_after),
		TEST(killed_at_each_step),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

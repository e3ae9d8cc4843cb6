/*
 * Licences: each is good for one public key, however many ask for it at once;
 * and for that one as often as it asks.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "control/command.h"
#include "store/inside.h"
#include "store/licence.h"
#include "store/rows.h"
#include "tests/unit/store_fixture.h"

enum { THREADS = 8, RACES = 25 };

static const unsigned char key_a[SHA256_SIZE] = { 1 };
static const unsigned char key_b[SHA256_SIZE] = { 2 };

static struct licence_made
made(struct fixture *f, const char *principal)
{
	struct licence_made m;

	OK(licence_new(f->store, principal, 1, NOW + DAY, NOW, &m, &f->e));
	return m;
}

static struct licence
got(struct fixture *f, const char *id)
{
	struct licence l;

	OK(licence_get(f->store, id, &l, &f->e));
	return l;
}

static void
is_state(struct fixture *f, const char *id, const char *expected)
{
	const struct licence l = got(f, id);

	assert_string_equal(
		licence_state_name(licence_state(&l, NOW)), expected);
	OK(store_check(f->store, stderr, &f->e));
}

static int
reserve(struct fixture *f, const char *id, const char *transaction, int64_t now)
{
	char code[LICENCE_CODE_SIZE];
	struct licence l;

	return licence_reserve(f->store, id, transaction, now, &l, code, &f->e);
}

static int
use(struct fixture *f, const char *id, const char *transaction,
	const unsigned char *key, bool expected)
{
	bool again = !expected;
	int rc =
		licence_use(f->store, id, transaction, key, NOW, &again, &f->e);

	if (rc == 0)
		assert_int_equal(again, expected);
	return rc;
}

static void
made_for_whom_there_is(void **state)
{
	struct fixture *f = *state;
	const struct server server = { "SOUTH", "https://dav.example/",
		"admin@dav.example", 0 };
	struct licence_made m;
	struct licence l;

	fixture_devices(f, 1);
	OK(registry_server_add(f->store, &server, &f->e));
	l = got(f, made(f, "device:d0").id);
	assert_string_equal(l.principal, "device:D0");
	assert_int_equal(l.created, NOW);
	assert_int_equal(l.expires, NOW + DAY);
	assert_int_equal(licence_state(&l, NOW + DAY - 1), LICENCE_UNUSED);
	assert_int_equal(licence_state(&l, NOW + DAY), LICENCE_EXPIRED);
	(void)made(f, "agent:S7");
	(void)made(f, "collector:SOUTH");
	(void)made(f, "server:south");
	OK(store_check(f->store, stderr, &f->e));
	FAILS(licence_new(f->store, "device:D1", 1, NOW + DAY, NOW, &m, &f->e),
		ERROR_NOT_FOUND);
	FAILS(licence_new(f->store, "agent:S8", 1, NOW + DAY, NOW, &m, &f->e),
		ERROR_NOT_FOUND);
	FAILS(licence_new(
		      f->store, "server:NORTH", 1, NOW + DAY, NOW, &m, &f->e),
		ERROR_NOT_FOUND);
	FAILS(licence_new(f->store, "nobody", 1, NOW + DAY, NOW, &m, &f->e),
		ERROR_BAD);
	FAILS(licence_new(f->store, "agent:S7", 1, NOW, NOW, &m, &f->e),
		ERROR_BAD);
	FAILS(licence_new(f->store, "agent:S7", 0, NOW + DAY, NOW, &m, &f->e),
		ERROR_LIMIT);
	FAILS(licence_new(f->store, "agent:S7", LICENCES_AT_ONCE + 1, NOW + DAY,
		      NOW, &m, &f->e),
		ERROR_LIMIT);
}

struct seen {
	unsigned int count;
	char last[LICENCE_ID_SIZE];
};

static int
in_order(const struct licence *l, void *arg)
{
	struct seen *seen = arg;

	assert_true(strcmp(seen->last, l->id) < 0);
	text_copy(seen->last, sizeof(seen->last), l->id);
	seen->count++;
	return 0;
}

static void
many_are_made_at_once(void **state)
{
	struct fixture *f = *state;
	static struct licence_made m[LICENCES_AT_ONCE];
	struct seen seen = { 0, "" };
	char code[LICENCE_CODE_SIZE];
	struct licence l;

	OK(licence_new(f->store, "agent:S7", LICENCES_AT_ONCE, NOW + DAY, NOW,
		m, &f->e));
	fixture_reopen(f);
	OK(licence_walk(f->store, in_order, &seen, &f->e));
	assert_int_equal(seen.count, LICENCES_AT_ONCE);
	for (size_t i = 0; i < LICENCES_AT_ONCE; i++) {
		OK(licence_reserve(
			f->store, m[i].id, "t1", NOW, &l, code, &f->e));
		assert_string_equal(code, m[i].code);
		assert_string_equal(l.holder, "t1");
	}
	OK(store_check(f->store, stderr, &f->e));
}

static void
ids_are_looked_up(void **state)
{
	struct fixture *f = *state;
	char id[LICENCE_ID_SIZE];
	struct licence l;

	text_copy(id, sizeof(id), made(f, "agent:S7").id);
	text_upper(id);
	(void)got(f, id);
	FAILS(licence_get(f->store, "lic-aaaaaaaaaa", &l, &f->e),
		ERROR_NOT_FOUND);
	FAILS(licence_get(f->store, "lic-baaaaaaaaa", &l, &f->e), ERROR_BAD);
	FAILS(licence_get(f->store, "", &l, &f->e), ERROR_BAD);
	FAILS(reserve(f, "lic-aaaaaaaaaa", "t1", NOW), ERROR_NOT_FOUND);
	FAILS(reserve(f, id, "", NOW), ERROR_BAD);
	FAILS(reserve(f, id, "T1", NOW), ERROR_BAD);
	FAILS(reserve(f, id,
		      "0123456789012345678901234567890123456789012345678901234"
		      "5678901234",
		      NOW),
		ERROR_BAD);
}

static void
one_transaction_at_a_time(void **state)
{
	struct fixture *f = *state;
	const struct licence_made m = made(f, "agent:S7");

	OK(reserve(f, m.id, "t1", NOW));
	FAILS(reserve(f, m.id, "t2", NOW + LICENCE_HELD - 1), ERROR_EXISTS);
	/* asking again holds it no longer */
	OK(reserve(f, m.id, "t1", NOW + LICENCE_HELD - 1));
	FAILS(use(f, m.id, "t2", key_b, false), ERROR_DENIED);
	OK(licence_release(f->store, m.id, "t2", &f->e));
	FAILS(reserve(f, m.id, "t2", NOW), ERROR_EXISTS);
	OK(reserve(f, m.id, "t2", NOW + LICENCE_HELD));
	FAILS(use(f, m.id, "t1", key_a, false), ERROR_DENIED);
	OK(licence_release(f->store, m.id, "t2", &f->e));
	OK(reserve(f, m.id, "t3", NOW));
	OK(licence_release_all(f->store, &f->e));
	OK(reserve(f, m.id, "t4", NOW));
	is_state(f, m.id, "unused");
}

static void
first_key_wins(void **state)
{
	struct fixture *f = *state;
	const struct licence_made m = made(f, "agent:S7");
	struct licence l;

	FAILS(use(f, m.id, "t1", key_a, false), ERROR_DENIED);
	OK(reserve(f, m.id, "t1", NOW));
	FAILS(licence_confirm(f->store, m.id, key_a, NOW, &f->e), ERROR_DENIED);
	OK(use(f, m.id, "t1", key_a, false));
	is_state(f, m.id, "used");
	/* its answer was lost: in the same transaction, and in the next one */
	OK(use(f, m.id, "t1", key_a, true));
	FAILS(use(f, m.id, "t1", key_b, false), ERROR_EXISTS);
	OK(reserve(f, m.id, "t2", NOW));
	FAILS(use(f, m.id, "t2", key_b, false), ERROR_EXISTS);
	OK(use(f, m.id, "t2", key_a, true));
	FAILS(licence_confirm(f->store, m.id, key_b, NOW, &f->e), ERROR_DENIED);
	for (int i = 0; i < 2; i++)
		OK(licence_confirm(f->store, m.id, key_a, NOW + i, &f->e));
	fixture_reopen(f);
	is_state(f, m.id, "confirmed");
	l = got(f, m.id);
	assert_int_equal(l.used, NOW);
	assert_int_equal(l.confirmed, NOW);
	assert_string_equal(l.transaction, "t2");
	assert_memory_equal(l.key, key_a, sizeof(l.key));
	OK(reserve(f, m.id, "t3", NOW));
	FAILS(use(f, m.id, "t3", key_b, false), ERROR_EXISTS);
	OK(use(f, m.id, "t3", key_a, true));
}

static void
revoked_and_reset(void **state)
{
	struct fixture *f = *state;
	const struct licence_made m = made(f, "agent:S7");
	char code[LICENCE_CODE_SIZE];
	struct licence l;

	OK(reserve(f, m.id, "t1", NOW));
	OK(use(f, m.id, "t1", key_a, false));
	for (int i = 0; i < 2; i++)
		OK(licence_revoke(f->store, m.id, NOW + i, &f->e));
	is_state(f, m.id, "revoked");
	assert_int_equal(got(f, m.id).revoked, NOW);
	FAILS(reserve(f, m.id, "t1", NOW), ERROR_DENIED);
	FAILS(use(f, m.id, "t1", key_a, true), ERROR_DENIED);
	FAILS(licence_reset(f->store, m.id, NOW, NOW, &f->e), ERROR_BAD);
	OK(licence_reset(f->store, m.id, NOW + 2 * DAY, NOW, &f->e));
	is_state(f, m.id, "unused");
	assert_int_equal(got(f, m.id).resets, 1);
	FAILS(use(f, m.id, "t1", key_a, true), ERROR_DENIED);
	OK(licence_reserve(f->store, m.id, "t2", NOW + DAY, &l, code, &f->e));
	assert_string_equal(code, m.code);
	OK(use(f, m.id, "t2", key_b, false));
	FAILS(reserve(f, m.id, "t3", NOW + 2 * DAY), ERROR_DENIED);
}

static int
disable(struct device *d, void *arg, struct error *e)
{
	(void)e;
	d->enabled = *(const bool *)arg;
	return 0;
}

static void
its_device_must_be_there(void **state)
{
	struct fixture *f = *state;
	struct licence_made m, old;
	struct device d;
	bool enabled = false;

	fixture_devices(f, 1);
	m = made(f, "device:D0");
	OK(registry_device_update(f->store, "D0", disable, &enabled, &f->e));
	FAILS(reserve(f, m.id, "t1", NOW), ERROR_DENIED);
	enabled = true;
	OK(registry_device_update(f->store, "D0", disable, &enabled, &f->e));
	OK(reserve(f, m.id, "t1", NOW));
	OK(licence_new(f->store, "device:D0", 1, NOW + DAY, 1, &old, &f->e));
	FAILS(reserve(f, old.id, "t1", NOW), ERROR_DENIED);
	OK(registry_device_get(f->store, "D0", &d, &f->e));
	OK(registry_device_remove(f->store, "D0", &f->e));
	FAILS(use(f, m.id, "t1", key_a, false), ERROR_DENIED);
	is_state(f, m.id, "unused");
	d.created = NOW + 1;
	OK(registry_device_add(f->store, &d, 1, NULL, &f->e));
	FAILS(use(f, m.id, "t1", key_a, false), ERROR_DENIED);
	/* who is registered anew gets new ones */
	FAILS(reserve(f, m.id, "t2", NOW + 2), ERROR_DENIED);
}

static void
its_agent_must_be_there(void **state)
{
	struct fixture *f = *state;
	const struct licence_made m = made(f, "agent:S7");
	struct agent a;

	OK(registry_agent_enable(f->store, "S7", false, &f->e));
	FAILS(reserve(f, m.id, "t1", NOW), ERROR_DENIED);
	OK(registry_agent_enable(f->store, "S7", true, &f->e));
	OK(reserve(f, m.id, "t1", NOW));
	OK(registry_agent_get(f->store, "S7", &a, &f->e));
	OK(registry_agent_remove(f->store, "S7", &f->e));
	FAILS(use(f, m.id, "t1", key_a, false), ERROR_DENIED);
	a.created = NOW + 1;
	OK(registry_agent_add(f->store, &a, &f->e));
	FAILS(use(f, m.id, "t1", key_a, false), ERROR_DENIED);
	FAILS(reserve(f, m.id, "t2", NOW + 2), ERROR_DENIED);
}

static void
only_with_a_master_key(void **state)
{
	struct fixture *f = *state;
	struct licence_made m = made(f, "agent:S7");

	store_close(&f->store);
	f->options.master_key = NULL;
	OK(store_open(&f->options, &f->store, &f->e));
	FAILS(reserve(f, m.id, "t1", NOW), ERROR_TROUBLE);
	(void)got(f, m.id);
	FAILS(licence_new(f->store, "agent:S7", 1, NOW + DAY, NOW, &m, &f->e),
		ERROR_TROUBLE);
}

struct move {
	const char *from, *to;
};

/* The row of one under another's id. */
static int
move(struct db_txn *t, void *arg, struct error *e)
{
	const struct move *m = arg;
	struct licence_row row;
	struct packer p;

	if (rows_licence(t, m->from, &row, e) != 1)
		return -1;
	p = rows_pack_licence(&row);
	return rows_put(t, TABLE_LICENCES, m->to, &p, e);
}

static void
moved_codes_do_not_open(void **state)
{
	struct fixture *f = *state;
	const struct licence_made a = made(f, "agent:S7"),
				  b = made(f, "agent:S7");
	struct move m = { a.id, b.id };

	OK(store_write(f->store, DURABLE, move, &m, &f->e));
	FAILS(reserve(f, b.id, "t1", NOW), ERROR_TROUBLE);
	OK(reserve(f, a.id, "t1", NOW));
	FAILS(store_check(f->store, NULL, &f->e), ERROR_BAD);
}

/* How many lines has the list with that filter? */
static unsigned int
listed(struct fixture *f, const char *filter)
{
	const char *words[] = { "licence", "list", filter };
	struct command_context c = { .store = f->store, .json = true };
	unsigned int lines = 0;
	char *text = NULL;
	size_t size;

	c.out = c.err = open_memstream(&text, &size);
	assert_non_null(c.out);
	assert_int_equal(
		command_run(&c, 3, (char **)(uintptr_t)words), EXIT_DONE);
	fclose(c.out);
	for (const char *at = text; *at != '\0'; at++)
		lines += *at == '\n';
	free(text);
	return lines;
}

static struct licence_made
used_at(struct fixture *f, int64_t when)
{
	char code[LICENCE_CODE_SIZE];
	struct licence_made m;
	struct licence l;
	bool again;

	OK(licence_new(
		f->store, "agent:S7", 1, when + 30 * DAY, when, &m, &f->e));
	OK(licence_reserve(f->store, m.id, "t1", when, &l, code, &f->e));
	OK(licence_use(f->store, m.id, "t1", key_a, when, &again, &f->e));
	return m;
}

static void
lists_say_what_became_of_them(void **state)
{
	struct fixture *f = *state;
	const int64_t now = store_time(f->store);
	struct licence_made m;

	(void)used_at(f, now - LICENCE_UNCONFIRMED + DAY);
	assert_int_equal(listed(f, "--unconfirmed"), 0);
	m = used_at(f, now - LICENCE_UNCONFIRMED);
	assert_int_equal(listed(f, "--unconfirmed"), 1);
	OK(licence_confirm(f->store, m.id, key_a, now, &f->e));
	assert_int_equal(listed(f, "--unconfirmed"), 0);
	assert_int_equal(listed(f, "--used"), 2);
	OK(licence_new(
		f->store, "agent:S7", 1, now - DAY, now - 2 * DAY, &m, &f->e));
	assert_int_equal(listed(f, "--unused"), 0);
	OK(licence_reset(f->store, m.id, now + DAY, now, &f->e));
	assert_int_equal(listed(f, "--unused"), 1);
}

struct racer {
	struct fixture *f;
	const char *id;
	unsigned int number;
	bool same; /* all have one key */
	pthread_barrier_t *start;
	unsigned int won, again, lost, failed;
};

/* As a transaction does it; who is told that another holds it asks again. */
static void *
race(void *arg)
{
	struct racer *r = arg;
	unsigned char key[SHA256_SIZE] = { 0 };
	char transaction[16], code[LICENCE_CODE_SIZE];
	struct licence l;
	struct error e;
	bool again;
	int rc;

	key[0] = r->same ? 1 : (unsigned char)(r->number + 1);
	text_format(transaction, sizeof(transaction), "t%u", r->number);
	pthread_barrier_wait(r->start);
	do
		rc = licence_reserve(
			r->f->store, r->id, transaction, NOW, &l, code, &e);
	while (rc == -1 && e.code == ERROR_EXISTS);
	if (rc == 0)
		rc = licence_use(
			r->f->store, r->id, transaction, key, NOW, &again, &e);
	if (rc == 0)
		*(again ? &r->again : &r->won) += 1;
	else if (e.code == ERROR_EXISTS)
		r->lost += licence_release(
				   r->f->store, r->id, transaction, &e) == 0;
	else
		r->failed++;
	return NULL;
}

static void
run_race(struct fixture *f, bool same, struct racer *sum)
{
	struct racer racers[THREADS];
	const struct licence_made m = made(f, "agent:S7");
	pthread_t threads[THREADS];
	pthread_barrier_t start;

	pthread_barrier_init(&start, NULL, THREADS);
	for (unsigned int i = 0; i < THREADS; i++) {
		racers[i] = (struct racer){ .f = f,
			.id = m.id,
			.number = i,
			.same = same,
			.start = &start };
		assert_int_equal(
			pthread_create(&threads[i], NULL, race, &racers[i]), 0);
	}
	*sum = (struct racer){ .failed = 0 };
	for (unsigned int i = 0; i < THREADS; i++) {
		pthread_join(threads[i], NULL);
		sum->won += racers[i].won;
		sum->again += racers[i].again;
		sum->lost += racers[i].lost;
		sum->failed += racers[i].failed;
	}
	pthread_barrier_destroy(&start);
}

static void
threads_race_for_one(void **state)
{
	struct fixture *f = *state;
	struct racer sum;

	for (int i = 0; i < RACES; i++) {
		run_race(f, false, &sum);
		assert_int_equal(sum.won, 1);
		assert_int_equal(sum.lost, THREADS - 1);
		run_race(f, true, &sum);
		assert_int_equal(sum.won, 1);
		assert_int_equal(sum.again, THREADS - 1);
		assert_int_equal(sum.failed, 0);
	}
	OK(store_check(f->store, stderr, &f->e));
}

/* Most are for an agent. */
static int
make_with_agent(void **state)
{
	struct fixture *f;

	if (fixture_make(state) != 0)
		return -1;
	f = *state;
	fixture_agent(f, "S7");
	return 0;
}

int
main(void)
{
#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, make_with_agent, fixture_remove)
	const struct CMUnitTest tests[] = {
		TEST(made_for_whom_there_is),
		TEST(many_are_made_at_once),
		TEST(ids_are_looked_up),
		TEST(one_transaction_at_a_time),
		TEST(first_key_wins),
		TEST(revoked_and_reset),
		TEST(its_device_must_be_there),
		TEST(its_agent_must_be_there),
		TEST(only_with_a_master_key),
		TEST(moved_codes_do_not_open),
		TEST(lists_say_what_became_of_them),
		TEST(threads_race_for_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

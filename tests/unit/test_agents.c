/*
 * Agents in the store: what is assigned to whom, what they have seen, and what
 * is left when one is removed or somebody is killed meanwhile.
 */
#include "tests/unit/store_fixture.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "store/inside.h"
#include "store/pending.h"
#include "tests/unit/killed.h"

static void
add_agent(struct fixture *f, const char *id, const char *center)
{
	struct agent a = { .enabled = true };

	text_copy(a.id, sizeof(a.id), id);
	text_copy(a.center, sizeof(a.center), center);
	OK(registry_agent_add(f->store, &a, &f->e));
}

static struct agent
got(struct fixture *f, const char *id)
{
	struct agent a;

	OK(registry_agent_get(f->store, id, &a, &f->e));
	return a;
}

/* What a walk gave, as words. */
struct words {
	char text[4096];
	size_t count;
};

static int
add_word(const char *serial, void *arg)
{
	struct words *w = arg;
	size_t length = strlen(w->text);

	w->count++;
	(void)text_format(w->text + length, sizeof(w->text) - length, "%s%s",
		length > 0 ? " " : "", serial);
	return 0;
}

static int
add_seen(const struct unassigned *u, void *arg)
{
	return add_word(u->serial, arg);
}

static void
has(struct fixture *f, const char *id, const char *serials)
{
	struct words w = { .count = 0 };

	OK(registry_assigned(f->store, id, "", add_word, &w, &f->e));
	assert_string_equal(w.text, serials);
	assert_int_equal(got(f, id).devices, w.count);
	OK(store_check(f->store, stderr, &f->e));
}

static void
has_seen(struct fixture *f, const char *id, const char *serials)
{
	struct words w = { .count = 0 };

	OK(registry_unassigned(f->store, id, add_seen, &w, &f->e));
	assert_string_equal(w.text, serials);
	OK(store_check(f->store, stderr, &f->e));
}

static int
assign(struct fixture *f, const char *id, const char *serial)
{
	size_t adopted, bad;

	return registry_assign(
		f->store, id, &serial, 1, true, &adopted, &bad, &f->e);
}

static int
unassign(struct fixture *f, const char *id, const char *serial)
{
	return registry_unassign(f->store, id, &serial, 1, NULL, &f->e);
}

static void
sees(struct fixture *f, const char *id, const char *serial, int64_t when)
{
	struct unassigned u = { .last = when };

	text_copy(u.agent, sizeof(u.agent), id);
	text_copy(u.serial, sizeof(u.serial), serial);
	text_copy(u.model, sizeof(u.model), "XC 300");
	OK(registry_unassigned_note(f->store, &u, &f->e));
}

static void
is_registered(void **state)
{
	struct fixture *f = *state;
	struct agent a = { .id = "a 1", .center = "K0001" };

	fixture_devices(f, 1);
	FAILS(registry_agent_add(f->store, &a, &f->e), ERROR_BAD);
	strcpy(a.id, "site-7");
	strcpy(a.note, "two\nlines");
	FAILS(registry_agent_add(f->store, &a, &f->e), ERROR_BAD);
	strcpy(a.note, "Läden");
	strcpy(a.center, "K0002");
	FAILS(registry_agent_add(f->store, &a, &f->e), ERROR_NOT_FOUND);
	strcpy(a.center, "k0001");
	OK(registry_agent_add(f->store, &a, &f->e));
	FAILS(registry_agent_add(f->store, &a, &f->e), ERROR_EXISTS);
	a = got(f, "Site-7");
	assert_string_equal(a.id, "SITE-7");
	assert_string_equal(a.center, "K0001");
	assert_string_equal(a.note, "Läden");
	assert_false(a.enabled);
	OK(registry_agent_enable(f->store, "SITE-7", true, &f->e));
	assert_true(got(f, "SITE-7").enabled);
	FAILS(registry_agent_get(f->store, "SITE-8", &a, &f->e),
		ERROR_NOT_FOUND);
	FAILS(registry_agent_enable(f->store, "SITE-8", true, &f->e),
		ERROR_NOT_FOUND);
	FAILS(registry_agent_remove(f->store, "SITE-8", &f->e),
		ERROR_NOT_FOUND);
	OK(registry_device_remove(f->store, "D0", &f->e));
	FAILS(registry_center_remove(f->store, "K0001", &f->e), ERROR_EXISTS);
	OK(registry_agent_remove(f->store, "SITE-7", &f->e));
	OK(registry_center_remove(f->store, "K0001", &f->e));
	OK(store_check(f->store, stderr, &f->e));
}

static void
one_agent_has_a_device(void **state)
{
	struct fixture *f = *state;
	const char *const three[] = { "D0", "D1", "D9" };
	char id[AGENT_ID_SIZE];
	struct device d;
	size_t adopted, bad;

	fixture_devices(f, 3);
	fixture_agent(f, "OTHER");
	add_agent(f, "A", "K0001");
	add_agent(f, "AB", "K0001");
	assert_int_equal(registry_agent_of(f->store, "D0", id, &f->e), 0);
	assert_int_equal(registry_assign(f->store, "A", three, 3, true,
				 &adopted, &bad, &f->e),
		-1);
	assert_int_equal(f->e.code, ERROR_NOT_FOUND);
	assert_int_equal(bad, 2);
	has(f, "A", "");
	OK(registry_assign(
		f->store, "A", three, 2, false, &adopted, &bad, &f->e));
	assert_int_equal(adopted, 0);
	OK(assign(f, "A", "d1"));
	has(f, "A", "D0 D1");
	has(f, "AB", "");
	assert_int_equal(registry_agent_of(f->store, "d0", id, &f->e), 1);
	assert_string_equal(id, "A");
	OK(registry_device_get(f->store, "D0", &d, &f->e));
	assert_int_equal(d.channel, BY_AGENT);
	FAILS(assign(f, "AB", "D0"), ERROR_EXISTS);
	FAILS(assign(f, "OTHER", "D2"), ERROR_DENIED);
	FAILS(assign(f, "C", "D2"), ERROR_NOT_FOUND);
	FAILS(assign(f, "A", "D 2"), ERROR_NOT_FOUND);
	FAILS(unassign(f, "AB", "D0"), ERROR_NOT_FOUND);
	OK(unassign(f, "A", "D0"));
	OK(registry_device_get(f->store, "D0", &d, &f->e));
	assert_int_equal(d.channel, BY_MAIL);
	has(f, "A", "D1");
	OK(assign(f, "AB", "D0"));
	has(f, "AB", "D0");
}

static const struct request sample = {
	.id = "abcdefghijklmnopqrstuvwxyz",
	.center = "K0001",
	.serial = "D0",
	.issued = NOW,
	.expires = NOW + DAY,
	.command = "counters",
};

static void
issue(struct fixture *f)
{
	const struct pending_message m = { "sealed", 6, true };

	OK(pending_issue(f->store, &sample, &m, &f->e));
}

static bool
is_for(struct fixture *f, const char *principal)
{
	struct buffer message = { 0 };
	struct pending w;
	bool found = pending_fetch(f->store, sample.id, NULL, principal, &w,
			     &message, &f->e) == 0;

	assert_true(found || f->e.code == ERROR_NOT_FOUND);
	buffer_clear(&message);
	return found;
}

/* A device that goes leaves its agent, and one that changes its center too. */
static void
goes_with_the_device(void **state)
{
	struct fixture *f = *state;
	struct device d;
	char id[AGENT_ID_SIZE];

	fixture_devices(f, 2);
	fixture_agent(f, "OTHER");
	add_agent(f, "A", "K0001");
	OK(assign(f, "A", "D0"));
	OK(assign(f, "A", "D1"));
	OK(registry_device_remove(f->store, "D1", &f->e));
	has(f, "A", "D0");
	issue(f);
	OK(registry_device_get(f->store, "D0", &d, &f->e));
	d.enabled = false;
	OK(registry_device_update(f->store, "D0", fixture_becomes, &d, &f->e));
	has(f, "A", "D0");
	assert_true(is_for(f, "agent:A"));
	strcpy(d.center, "K0007");
	OK(registry_device_update(f->store, "D0", fixture_becomes, &d, &f->e));
	has(f, "A", "");
	assert_false(is_for(f, ""));
	assert_int_equal(registry_agent_of(f->store, "D0", id, &f->e), 0);
}

/* More than one transaction takes. */
static void
removed_with_many(void **state)
{
	enum { MANY = 150 };
	struct fixture *f = *state;
	struct agent a;
	struct key k = {
		.principal = "agent:A", .id = "a", .id_length = 1, .length = 16
	};
	char serial[SERIAL_SIZE], id[AGENT_ID_SIZE];

	fixture_devices(f, MANY);
	add_agent(f, "A", "K0001");
	add_agent(f, "B", "K0001");
	for (int i = 0; i < MANY; i++) {
		text_format(serial, sizeof(serial), "D%d", i);
		OK(assign(f, i == 7 ? "B" : "A", serial));
	}
	sees(f, "A", "P1", NOW);
	OK(registry_key_add(f->store, &k, &f->e));
	OK(registry_agent_remove(f->store, "a", &f->e));
	FAILS(registry_agent_get(f->store, "A", &a, &f->e), ERROR_NOT_FOUND);
	FAILS(registry_key_get(f->store, k.id, 1, &k, &f->e), ERROR_NOT_FOUND);
	assert_int_equal(registry_agent_of(f->store, "D1", id, &f->e), 0);
	has(f, "B", "D7");
}

static void
sees_printers(void **state)
{
	struct fixture *f = *state;
	struct device d;

	fixture_devices(f, 2);
	add_agent(f, "A", "K0001");
	add_agent(f, "B", "K0001");
	fixture_agent(f, "OTHER");
	sees(f, "A", "P2", NOW);
	sees(f, "A", "P1", NOW);
	sees(f, "A", "P1", NOW + 5);
	sees(f, "A", "P1", NOW - 5);
	sees(f, "B", "P1", NOW);
	sees(f, "A", "D0", NOW);
	sees(f, "OTHER", "D0", NOW);
	has_seen(f, "A", "D0 P1 P2");
	has_seen(f, "OTHER", "");
	assert_int_equal(got(f, "A").unassigned, 3);
	OK(assign(f, "A", "p1"));
	has(f, "A", "P1");
	has_seen(f, "A", "D0 P2");
	has_seen(f, "B", "");
	OK(registry_device_get(f->store, "P1", &d, &f->e));
	assert_string_equal(d.center, "K0001");
	assert_string_equal(d.model, "XC 300");
	assert_int_equal(d.channel, BY_AGENT);
	assert_true(d.enabled && d.created != 0);
	assert_int_equal(d.protection, PROTECTION_REQUIRED);
	sees(f, "A", "P1", NOW + 9);
	has_seen(f, "A", "D0 P2");
	OK(registry_agent_remove(f->store, "A", &f->e));
	/* which is nobody's again */
	has_seen(f, "B", "P1");
}

static void
seen_are_bounded(void **state)
{
	struct fixture *f = *state;
	struct words w = { .count = 0 };
	char serial[SERIAL_SIZE];
	struct agent a;

	fixture_devices(f, 0);
	add_agent(f, "A", "K0001");
	add_agent(f, "B", "K0001");
	sees(f, "B", "OLD", 1);
	for (int i = 0; i < UNASSIGNED_MAX + 250; i++) {
		text_format(serial, sizeof(serial), "P%04d", i);
		sees(f, "A", serial, NOW + i);
	}
	a = got(f, "A");
	assert_in_range(a.unassigned, UNASSIGNED_MAX - 100, UNASSIGNED_MAX);
	OK(registry_unassigned(f->store, "A", add_seen, &w, &f->e));
	assert_int_equal(w.count, a.unassigned);
	assert_true(strncmp(w.text, "P0300 ", 6) == 0);
	has_seen(f, "B", "OLD");
}

static void
calls(void **state)
{
	struct fixture *f = *state;
	struct agent a;
	bool twice;

	fixture_agent(f, "A");
#define CALL(address, when, expected)                              \
	OK(registry_agent_heard(                                   \
		f->store, "A", address, when, &twice, &a, &f->e)); \
	assert_int_equal(twice, expected)
	CALL("192.0.2.1", NOW, false);
	CALL("192.0.2.1", NOW + 10, false);
	CALL("", NOW + 20, false);
	assert_string_equal(a.address, "192.0.2.1");
	assert_int_equal(a.doubled, 0);
	CALL("192.0.2.2", NOW + 30, true);
	assert_string_equal(a.elsewhere, "192.0.2.1");
	CALL("192.0.2.1", NOW + 40, false);
	CALL("192.0.2.1", NOW + 3620, false);
	CALL("192.0.2.2", NOW + 3629, false);
	CALL("192.0.2.1", NOW + 3631, true);
	CALL("192.0.2.3", NOW + 9000, false);
	assert_int_equal(a.heard, NOW + 9000);
	assert_int_equal(registry_agent_sign(&a), NOW + 9000);
	OK(registry_agent_reported(f->store, "A", NOW + 9001, &f->e));
	OK(registry_agent_reported(f->store, "A", NOW + 8000, &f->e));
	a = got(f, "A");
	assert_int_equal(a.reported, NOW + 9001);
	assert_int_equal(registry_agent_sign(&a), NOW + 9001);
	FAILS(registry_agent_heard(f->store, "B", "", NOW, &twice, &a, &f->e),
		ERROR_NOT_FOUND);
}

/* What waits is for the agent that has the device, and goes with it. */
static void
waits_for_the_agent(void **state)
{
	struct fixture *f = *state;
	struct request r;

	fixture_devices(f, 2);
	add_agent(f, "A", "K0001");
	add_agent(f, "B", "K0001");
	OK(assign(f, "A", "D0"));
	OK(assign(f, "B", "D1"));
	issue(f);
	assert_true(is_for(f, ""));
	assert_true(is_for(f, "agent:A"));
	assert_true(is_for(f, "device:D0"));
	assert_false(is_for(f, "agent:B"));
	assert_false(is_for(f, "device:D1"));
	assert_false(is_for(f, "collector:A"));
	OK(pending_delivered(f->store, sample.id, NULL, "agent:B", &f->e));
	assert_true(is_for(f, ""));
	OK(unassign(f, "A", "D0"));
	assert_false(is_for(f, ""));
	OK(ledger_request(f->store, sample.id, &r, &f->e));
	assert_int_not_equal(r.cancelled, 0);
	OK(store_check(f->store, stderr, &f->e));
}

/* A store of this schema from before there were agents. */
static int
forget_agents(struct db_txn *t, void *arg, struct error *e)
{
	const struct octets key = text_octets_of("agents");

	(void)arg;
	return db_delete(t, TABLE_META, &key, e) == 1 ? 0 : -1;
}

static void
remove_table(struct fixture *f, enum table table)
{
	char path[512];

	text_format(
		path, sizeof(path), "%s/db/%s", f->state, db_table_name(table));
	assert_int_equal(remove(path), 0);
}

static void
tables_come_to_be(void **state)
{
	struct fixture *f = *state;

	fixture_devices(f, 1);
	OK(store_write(f->store, DURABLE, forget_agents, NULL, &f->e));
	store_close(&f->store);
	for (enum table i = TABLE_AGENTS; i <= TABLE_UNASSIGNED; i++)
		remove_table(f, i);
	OK(store_open(&f->options, &f->store, &f->e));
	add_agent(f, "A", "K0001");
	OK(assign(f, "A", "D0"));
	fixture_reopen(f);
	has(f, "A", "D0");
	/* one that is lost does not come back empty */
	store_close(&f->store);
	remove_table(f, TABLE_ASSIGNMENTS);
	FAILS(store_open(&f->options, &f->store, &f->e), ERROR_BAD);
}

static int
open_and_remove(void *arg)
{
	struct fixture *f = arg;

	if (store_open(&f->options, &f->store, &f->e) == -1)
		return -1;
	return registry_agent_remove(f->store, "A", &f->e);
}

static int
open_and_adopt(void *arg)
{
	struct fixture *f = arg;
	const char *const serials[] = { "P1", "D0" };
	size_t adopted;

	if (store_open(&f->options, &f->store, &f->e) == -1)
		return -1;
	return registry_assign(
		f->store, "A", serials, 2, true, &adopted, NULL, &f->e);
}

/* Runs it until it is no longer killed; look says what is half done. */
static void
kill_each(struct fixture *f, int (*run)(void *arg),
	void (*look)(struct fixture *f))
{
	unsigned int calls;
	bool killed = true;

	store_close(&f->store);
	fixture_copy(f, false);
	assert_false(killed_at(0, run, f, &calls));
	for (unsigned int n = 1; killed; n = killed_next(n, calls, 14)) {
		fixture_copy(f, true);
		killed = killed_at(n, run, f, NULL);
		OK(store_open(&f->options, &f->store, &f->e));
		OK(store_check(f->store, stderr, &f->e));
		look(f);
		store_close(&f->store);
	}
	fixture_forget_copy(f);
	OK(store_open(&f->options, &f->store, &f->e));
}

/* Both, or none; and the request that waits goes with that. */
static void
adopted_whole(struct fixture *f)
{
	struct words w = { .count = 0 };
	struct device d;

	OK(registry_assigned(f->store, "A", "", add_word, &w, &f->e));
	assert_true(w.count == 0 || w.count == 2);
	assert_int_equal(registry_device_get(f->store, "P1", &d, &f->e),
		w.count == 0 ? -1 : 0);
	assert_int_equal(is_for(f, ""), w.count == 0);
}

/* It is there and can be removed again, or gone. */
static void
removed_or_there(struct fixture *f)
{
	struct agent a;
	struct key k;
	int rc = registry_agent_get(f->store, "A", &a, &f->e);

	if (rc == 0 && a.devices < 100) {
		assert_false(a.enabled);
		FAILS(registry_key_get(f->store, (const unsigned char *)"a", 1,
			      &k, &f->e),
			ERROR_NOT_FOUND);
	}
	if (rc == 0)
		OK(registry_agent_remove(f->store, "A", &f->e));
	OK(store_check(f->store, stderr, &f->e));
}

static void
killed_at_each_step(void **state)
{
	struct fixture *f = *state;
	struct key k = {
		.principal = "agent:A", .id = "a", .id_length = 1, .length = 16
	};
	char serial[SERIAL_SIZE];

	fixture_devices(f, 100);
	add_agent(f, "A", "K0001");
	OK(registry_key_add(f->store, &k, &f->e));
	sees(f, "A", "P1", NOW);
	issue(f);
	kill_each(f, open_and_adopt, adopted_whole);
	for (int i = 0; i < 100; i++) {
		text_format(serial, sizeof(serial), "D%d", i);
		OK(assign(f, "A", serial));
	}
	kill_each(f, open_and_remove, removed_or_there);
}

int
main(void)
{
#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, fixture_make, fixture_remove)
	const struct CMUnitTest tests[] = {
		TEST(is_registered),
		TEST(one_agent_has_a_device),
		TEST(goes_with_the_device),
		TEST(removed_with_many),
		TEST(sees_printers),
		TEST(seen_are_bounded),
		TEST(calls),
		TEST(waits_for_the_agent),
		TEST(tables_come_to_be),
		TEST(killed_at_each_step),
	};

	return cmocka_run_group_tests_name("agent", tests, NULL, NULL);
}

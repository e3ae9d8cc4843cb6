/*
 * What older schemas left on disk is taken over whole, from each state that it
 * can have been left in: nothing is lost, nothing comes twice, and what was
 * admitted then is known now.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "base/text.h"
#include "gate/gate.h"
#include "gate/quarantine.h"
#include "config/rules.h"
#include "parser/entity.h"
#include "store/clock.h"
#include "store/inside.h"
#include "store/ledger.h"
#include "store/meta.h"
#include "store/purge.h"
#include "store/registry.h"
#include "store/rows.h"
#include "tests/unit/killed.h"
#include "tests/unit/older.h"

/* Fails the test with the error's text. */
#define OK(call)                                           \
	do {                                               \
		if ((call) != 0)                           \
			fail_msg("%s: %s", #call, e.text); \
	} while (0)

struct old {
	struct older on_disk;
	struct store *store;
};

static void
begin(struct old *o, const char *version, const char *state)
{
	struct error e = { 0 };

	OK(crypto_init(&e));
	OK(parser_init(&e));
	older_make(&o->on_disk, version, state);
	OK(store_open(&o->on_disk.options, &o->store, &e));
	OK(store_check(o->store, stderr, &e));
}

/* Each state of each version. */
static void
begin_nth(struct old *o, int n)
{
	begin(o, older_versions[n / OLDER_STATES],
		older_states[n % OLDER_STATES]);
}

static void
end(struct old *o)
{
	struct error e = { 0 };

	OK(store_check(o->store, stderr, &e));
	store_close(&o->store);
	older_remove(&o->on_disk);
}

static void
database_path(const struct old *o, char path[512])
{
	text_format(path, 512, "%s/db", o->on_disk.state);
}

struct many {
	unsigned int count;  /* that there are */
	unsigned int wanted; /* a multiple of 500 */
};

static int
put_seen_row(struct db_txn *t, unsigned int i, struct error *e)
{
	unsigned char row[1 + 3 * 8] = { 1 }, digest[SHA256_SIZE] = { 0 };
	struct octets key = { digest, sizeof(digest) };
	struct octets value = { row, sizeof(row) };

	row[sizeof(row) - 1] = 1; /* its number */
	text_format((char *)digest, sizeof(digest), "%06u", i);
	if (db_put(t, TABLE_SEEN, &key, &value, e) != 0)
		return -1;
	return purge_later(t, 0, EXPIRY_SEEN, digest, sizeof(digest), e);
}

static int
put_device_row(struct db_txn *t, unsigned int i, struct error *e)
{
	struct device d = { .center = "K0001",
		.protection = PROTECTION_OPTIONAL,
		.from = "printers@customer.example",
		.network = "192.0.2.0/24" };
	struct packer p = rows_pack_device(&d);
	char serial[SERIAL_SIZE];

	text_format(serial, sizeof(serial), "MANY%06u", i);
	return rows_put(t, TABLE_DEVICES, serial, &p, e);
}

/* Rows as the first schema had them: content that was seen, plain devices. */
static int
put_many(struct db_txn *t, void *arg, struct error *e)
{
	const unsigned int *from = arg;
	struct center_row center;
	struct packer p;

	for (unsigned int i = *from; i < *from + 500; i++)
		if (put_seen_row(t, i, e) != 0 || put_device_row(t, i, e) != 0)
			return -1;
	if (rows_center(t, "K0001", &center, e) != 1)
		return -1;
	center.devices += 500;
	p = rows_pack_center(&center);
	if (rows_put(t, TABLE_CENTERS, "K0001", &p, e) != 0)
		return -1;
	return meta_add(t, META_DEVICES, 500, e);
}

static int
read_unfinished(struct db_txn *t, void *arg, struct error *e)
{
	return meta_number(t, META_UNFINISHED, 0, arg, e);
}

/* With the database open and no store over it: adds rows; says whether a step
 * was begun and not finished. */
static bool
look_into(const struct old *o, unsigned int rows)
{
	char path[512];
	struct db_options options = { .directory = path,
		.cache_size = o->on_disk.options.cache_size };
	struct error e = { 0 };
	uint64_t from = 0;
	struct db *db;

	database_path(o, path);
	OK(db_open(&options, &db, &e));
	for (unsigned int i = 0; i < rows; i += 500)
		OK(db_write(db, put_many, &i, &e));
	OK(db_read(db, read_unfinished, &from, &e));
	db_close(&db);
	return from != 0;
}

/* Locks are bounded, and running out of them would be the end of it. */
static void
large_store_needs_few_locks(void **state)
{
	struct db_stats stats;
	struct old o = { 0 };
	struct error e = { 0 };

	(void)state;
	OK(crypto_init(&e));
	older_make(&o.on_disk, "v1", "idle");
	o.on_disk.options.cache_size = 32 << 20;
	look_into(&o, 100000);
	OK(store_open(&o.on_disk.options, &o.store, &e));
	OK(db_stats(o.store->db, &stats, &e));
	assert_in_range(stats.locks_used, 0, 1);
	end(&o);
}

static int
sum(const struct key *k, void *arg)
{
	*(unsigned int *)arg += k->live ? 1 : 100;
	return 0;
}

static void
look_at_registry(const char *version)
{
	struct old o;
	struct error e = { 0 };
	struct store_stats stats;
	struct device d;
	unsigned int keys = 0;

	begin(&o, version, "idle");
	OK(store_stats(o.store, &stats, &e));
	assert_int_equal(stats.centers, 3);
	assert_int_equal(stats.devices, 7);
	OK(registry_device_get(o.store, OLDER_DEVICE, &d, &e));
	assert_string_equal(d.address, "device@customer.example");
	assert_true(d.enabled);
	assert_int_equal(d.channel, BY_MAIL);
	assert_string_equal(d.model, "");
	assert_string_equal(d.alias, "");
	assert_int_equal(d.counts, COUNTS_BOTH);
	OK(registry_device_get(o.store, "A100000000003", &d, &e));
	assert_false(d.enabled);
	OK(registry_device_get(o.store, "P100000000002", &d, &e));
	assert_int_equal(d.protection, PROTECTION_OPTIONAL);
	assert_string_equal(d.from, "device@customer.example");
	assert_string_equal(d.network, "192.0.2.0/24");
	OK(registry_keys(o.store, "device:A100000000002", sum, &keys, &e));
	assert_int_equal(keys, 101);
	end(&o);
}

static void
registry_is_whole(void **state)
{
	(void)state;
	for (int v = 0; v < OLDER_VERSIONS; v++)
		look_at_registry(older_versions[v]);
}

static int64_t
confirmed_at(struct old *o, const char *serial)
{
	struct activity a;
	struct error e = { 0 };

	OK(registry_activity_get(o->store, serial, &a, &e));
	return a.confirmed;
}

/* Who has answered a request has done so before the upgrade, too. */
static void
answers_have_confirmed(void **state)
{
	struct old o;
	struct request r;
	struct error e = { 0 };

	(void)state;
	for (int v = 0; v < OLDER_VERSIONS; v++) {
		char *id = older_file(older_versions[v], "answered", NULL);

		id[strcspn(id, "\n")] = '\0';
		begin(&o, older_versions[v], "idle");
		OK(ledger_request(o.store, id, &r, &e));
		assert_int_not_equal(r.answered, 0);
		assert_int_equal(confirmed_at(&o, OLDER_DEVICE), r.answered);
		assert_int_equal(confirmed_at(&o, "A100000000002"), 0);
		end(&o);
		free(id);
	}
}

enum { LAST_REPORT = 1795594317 }; /* seconds since 1970, of the fixture */

static void
read_no_clock(struct clock_reading *r)
{
	memset(r, 0, sizeof(*r));
}

/* What the old store noted last proves what time it was then. */
static void
store_proves_the_time(void **state)
{
	struct store_clock clock;
	struct old o;
	struct error e = { 0 };

	(void)state;
	begin(&o, "v1", "idle");
	o.store->clock_source = read_no_clock;
	OK(store_clock_begin(o.store, &e));
	store_clock_look(o.store, &clock);
	assert_false(clock.believed);
	assert_int_equal(clock.time, LAST_REPORT);
	end(&o);
}

static int
read_floors(struct db_txn *t, void *arg, struct error *e)
{
	uint64_t *floors = arg;

	if (meta_number(t, META_FLOOR_PLAIN, 0, &floors[0], e) == -1)
		return -1;
	return meta_number(t, META_FLOOR_READING, 0, &floors[1], e);
}

/*
 * A plain report may have been a maker's text: once it is forgotten, none as
 * old is taken for new, however wide the window is by now.
 */
static void
what_was_forgotten_stays_so(void **state)
{
	struct old o;
	struct error e = { 0 };
	uint64_t floors[2], purged;

	(void)state;
	for (int v = 0; v < OLDER_VERSIONS; v++) {
		begin(&o, older_versions[v], "idle");
		OK(store_tend(
			o.store, LAST_REPORT + 100LL * 86400, &purged, &e));
		OK(store_read(o.store, read_floors, floors, &e));
		assert_int_not_equal(floors[0], 0);
		assert_int_equal(floors[1], floors[0]);
		end(&o);
	}
}

static void
request_is(struct old *o, const char *name, bool answered, bool cancelled)
{
	struct error e = { 0 };
	struct request id;
	char *text = older_file(o->on_disk.version, name, NULL);

	text[strcspn(text, "\n")] = '\0';
	OK(ledger_request(o->store, text, &id, &e));
	assert_string_equal(id.serial, OLDER_DEVICE);
	assert_int_equal(id.answered != 0, answered);
	assert_int_equal(id.cancelled != 0, cancelled);
	if (answered)
		assert_int_equal(id.sequence, 4);
	free(text);
}

static void
requests_are_as_they_were(void **state)
{
	struct old o;

	(void)state;
	for (int v = 0; v < OLDER_VERSIONS; v++) {
		begin(&o, older_versions[v], "idle");
		request_is(&o, "open", false, false);
		request_is(&o, "answered", true, false);
		request_is(&o, "cancelled", false, true);
		request_is(&o, "expired", false, false);
		end(&o);
	}
}

/* How often each number is in the spool. */
static void
count_reports(const struct old *o, unsigned int counts[10])
{
	char command[512];
	unsigned int sequence;
	FILE *lines;

	memset(counts, 0, 10 * sizeof(counts[0]));
	text_format(command, sizeof(command),
		"find '%s/new' '%s/cur' -name '*.jsonl' -exec cat {} +",
		o->on_disk.spool, o->on_disk.spool);
	lines = popen(command, "r");
	assert_non_null(lines);
	while (fscanf(lines, "{\"sequence\":%u%*[^\n]\n", &sequence) == 1) {
		assert_in_range(sequence, 1, 9);
		counts[sequence]++;
	}
	assert_int_equal(pclose(lines), 0);
}

static void
publishes_once(const struct old *o, unsigned int last)
{
	struct error e = { 0 };
	unsigned int counts[10];

	OK(store_publish(o->store, &e));
	count_reports(o, counts);
	for (unsigned int n = 1; n <= last; n++)
		assert_int_equal(counts[n], 1);
}

static void
outbox_is_published_once(void **state)
{
	struct old o;

	(void)state;
	for (int i = 0; i < OLDER_VERSIONS * OLDER_STATES; i++) {
		begin_nth(&o, i);
		publishes_once(&o, i % OLDER_STATES == 0 ? 4 : 6);
		end(&o);
	}
}

static struct gate *
gate_over(struct old *o, struct rules **rules_r)
{
	char path[512], *srcdir = realpath(getenv("srcdir"), NULL);
	struct gate *gate;
	struct error e = { 0 };
	FILE *file;

	assert_non_null(srcdir);
	text_format(path, sizeof(path), "%s/conf", o->on_disk.root);
	file = fopen(path, "w");
	assert_non_null(file);
	fprintf(file,
		"state_directory = %s\nspool_directory = %s\n"
		"quarantine_directory = %s\nuser =\nmin_free_space = 0\n"
		"format_directory = %s/parser/formats\n",
		o->on_disk.state, o->on_disk.spool, o->on_disk.quarantine,
		srcdir);
	free(srcdir);
	fclose(file);
	assert_int_equal(chmod(path, 0600), 0);
	OK(rules_load(path, rules_r, &e));
	OK(gate_open(o->store, *rules_r, &gate, &e));
	return gate;
}

static void
is_duplicate(struct gate *gate, const char *version, const char *name,
	uint64_t sequence)
{
	static const char centers[][CENTER_ID_SIZE] = { "K0001" };
	struct arrival mail = { .channel = CHANNEL_MAIL,
		.trace = name,
		.evidence.sender = "device@customer.example",
		.centers = centers,
		.center_count = 1 };
	struct verdict v;
	char *octets = older_file(version, name, &mail.length);

	mail.octets = (unsigned char *)octets;
	gate_judge(gate, &mail, &v);
	if (v.kind != VERDICT_DUPLICATE)
		fail_msg("%s: %s %s (%s)", name, verdict_kind_name(v.kind),
			reason_name(v.reason), v.text);
	assert_int_equal(v.sequence, sequence);
	free(octets);
}

/* The MTA's retry of what was taken before the upgrade; late: the mails that
 * wait in the outbox, "": none. */
static void
knows_what_was_admitted(struct old *o, const char *late)
{
	char name[64];
	const char *version = o->on_disk.version;
	struct rules *rules;
	struct gate *gate = gate_over(o, &rules);

	is_duplicate(gate, version, "mails/A100000000001.1001.eml", 1);
	is_duplicate(gate, version, "mails/A100000000002.1002.eml", 2);
	is_duplicate(gate, version, "mails/plain.eml", 3);
	is_duplicate(gate, version, "mails/answer.eml", 4);
	for (int n = 1; late[0] != '\0' && n <= 2; n++) {
		text_format(name, sizeof(name), "mails/A10000000000%d.%s%d.eml",
			n, late, n);
		is_duplicate(gate, version, name, (uint64_t)(4 + n));
	}
	gate_close(&gate);
	rules_drop(&rules);
}

static void
what_was_admitted_is_a_duplicate(void **state)
{
	static const char *const late[] = { "", "200", "300", "400" };
	struct old o;

	(void)state;
	for (int i = 0; i < OLDER_VERSIONS * OLDER_STATES; i++) {
		begin_nth(&o, i);
		knows_what_was_admitted(&o, late[i % OLDER_STATES]);
		end(&o);
	}
}

static int
open_and_leave(void *arg)
{
	struct old *o = arg;
	struct error e;

	/* not closed: what matters is on disk when it is open */
	return store_open(&o->on_disk.options, &o->store, &e);
}

/* The step is what comes last; before it recovery fills a new log with zeros, a
 * thousand moments that are all alike. */
static unsigned int
next_moment(unsigned int n, unsigned int calls)
{
	unsigned int step = calls - 24, next = n + calls / 8;

	if (n >= step)
		return n + 1;
	return next < step ? next : step;
}

/* Moments of the change, at which the machine may lose its daemon. */
static void
kill_step(const char *version, unsigned int many)
{
	struct old before, o = { 0 };
	struct error e = { 0 };
	unsigned int n, calls, halves = 0;
	bool killed = true;

	OK(crypto_init(&e));
	OK(parser_init(&e));
	older_make(&before.on_disk, version, "planned");
	look_into(&before, many);
	older_copy(&o.on_disk, &before.on_disk);
	assert_false(killed_at(0, open_and_leave, &o, &calls));
	older_remove(&o.on_disk);
	/* how many calls there are differs a little from run to run */
	for (n = 1; killed; n = next_moment(n, calls)) {
		older_copy(&o.on_disk, &before.on_disk);
		killed = killed_at(n, open_and_leave, &o, NULL);
		halves += look_into(&o, 0);
		OK(store_open(&o.on_disk.options, &o.store, &e));
		knows_what_was_admitted(&o, "300");
		publishes_once(&o, 6);
		assert_int_not_equal(confirmed_at(&o, OLDER_DEVICE), 0);
		end(&o);
	}
	older_remove(&before.on_disk);
	print_message("# %s: %u moments, %u halves\n", version, calls, halves);
	assert_true(halves > 0);
}

static void
killed_at_every_step(void **state)
{
	(void)state;
	kill_step("v1", 500);
	kill_step("v2", 0);
	kill_step("v3", 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(killed_at_every_step),
		cmocka_unit_test(large_store_needs_few_locks),
		cmocka_unit_test(registry_is_whole),
		cmocka_unit_test(store_proves_the_time),
		cmocka_unit_test(answers_have_confirmed),
		cmocka_unit_test(what_was_forgotten_stays_so),
		cmocka_unit_test(requests_are_as_they_were),
		cmocka_unit_test(outbox_is_published_once),
		cmocka_unit_test(what_was_admitted_is_a_duplicate),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * What the first schema left on disk is taken over whole, from each state that
 * it can have been left in: nothing is lost, nothing comes twice, and what was
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
#include "gate/rules.h"
#include "parser/entity.h"
#include "store/ledger.h"
#include "store/registry.h"
#include "tests/unit/killed.h"
#include "tests/unit/version1.h"

/* Fails the test with the error's text. */
#define OK(call)                                           \
	do {                                               \
		if ((call) != 0)                           \
			fail_msg("%s: %s", #call, e.text); \
	} while (0)

struct old {
	struct version1 on_disk;
	struct store *store;
};

static void
begin(struct old *o, const char *state)
{
	struct error e = { 0 };

	OK(crypto_init(&e));
	OK(parser_init(&e));
	version1_make(&o->on_disk, state);
	OK(store_open(&o->on_disk.options, &o->store, &e));
	OK(store_check(o->store, stderr, &e));
}

static void
end(struct old *o)
{
	struct error e = { 0 };

	OK(store_check(o->store, stderr, &e));
	store_close(&o->store);
	version1_remove(&o->on_disk);
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
	return n + 24 > calls ? n + 1 : n + calls / 16;
}

/* Every moment of the change, at which the machine may lose its daemon. */
static void
killed_at_every_step(void **state)
{
	struct old o;
	struct error e = { 0 };
	struct device d;
	unsigned int n, calls;

	(void)state;
	OK(crypto_init(&e));
	version1_make(&o.on_disk, "planned");
	assert_false(killed_at(0, open_and_leave, &o, &calls));
	version1_remove(&o.on_disk);
	print_message("# %u moments\n", calls);
	for (n = 1; n <= calls; n = next_moment(n, calls)) {
		version1_make(&o.on_disk, "planned");
		assert_true(killed_at(n, open_and_leave, &o, NULL));
		OK(store_open(&o.on_disk.options, &o.store, &e));
		OK(registry_device_get(o.store, VERSION1_DEVICE, &d, &e));
		end(&o);
	}
	assert_true(calls > 5);
}

static int
sum(const struct key *k, void *arg)
{
	*(unsigned int *)arg += k->live ? 1 : 100;
	return 0;
}

static void
registry_is_whole(void **state)
{
	struct old o;
	struct error e = { 0 };
	struct store_stats stats;
	struct device d;
	unsigned int keys = 0;

	(void)state;
	begin(&o, "idle");
	OK(store_stats(o.store, &stats, &e));
	assert_int_equal(stats.centers, 3);
	assert_int_equal(stats.devices, 7);
	OK(registry_device_get(o.store, VERSION1_DEVICE, &d, &e));
	assert_string_equal(d.address, "device@customer.example");
	assert_true(d.enabled);
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
request_is(struct old *o, const char *name, bool answered, bool cancelled)
{
	struct error e = { 0 };
	struct email_id id;
	char *text = version1_file(name, NULL);

	text[strcspn(text, "\n")] = '\0';
	OK(ledger_email_id(o->store, text, &id, &e));
	assert_string_equal(id.serial, VERSION1_DEVICE);
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
	begin(&o, "idle");
	request_is(&o, "open", false, false);
	request_is(&o, "answered", true, false);
	request_is(&o, "cancelled", false, true);
	request_is(&o, "expired", false, false);
	end(&o);
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
		"cat '%s'/new/*.jsonl '%s'/cur/*.jsonl", o->on_disk.spool,
		o->on_disk.spool);
	lines = popen(command, "r");
	assert_non_null(lines);
	while (fscanf(lines, "{\"sequence\":%u%*[^\n]\n", &sequence) == 1) {
		assert_in_range(sequence, 1, 9);
		counts[sequence]++;
	}
	assert_int_equal(pclose(lines), 0);
}

static void
outbox_is_published_once(void **state)
{
	unsigned int counts[10];
	struct old o;
	struct error e = { 0 };

	(void)state;
	for (int i = 0; i < VERSION1_STATES; i++) {
		unsigned int last = i == 0 ? 4 : 6;

		begin(&o, version1_states[i]);
		OK(store_publish(o.store, &e));
		count_reports(&o, counts);
		for (unsigned int n = 1; n <= last; n++)
			assert_int_equal(counts[n], 1);
		end(&o);
	}
}

static struct gate *
gate_over(struct old *o, struct rules **rules_r)
{
	char path[512];
	struct gate *gate;
	struct error e = { 0 };
	FILE *file;

	text_format(path, sizeof(path), "%s/conf", o->on_disk.root);
	file = fopen(path, "w");
	assert_non_null(file);
	fprintf(file,
		"state_directory = %s\nspool_directory = %s\n"
		"quarantine_directory = %s\nuser =\nmin_free_space = 0\n"
		"format_directory = %s/parser/formats\n",
		o->on_disk.state, o->on_disk.spool, o->on_disk.quarantine,
		getenv("srcdir"));
	fclose(file);
	assert_int_equal(chmod(path, 0600), 0);
	OK(rules_load(path, rules_r, &e));
	OK(gate_open(o->store, *rules_r, &gate, &e));
	return gate;
}

static void
is_duplicate(struct gate *gate, const char *name, uint64_t sequence)
{
	static const char centers[][CENTER_ID_SIZE] = { "K0001" };
	struct mail mail = { .queue_id = name,
		.sender = "device@customer.example",
		.centers = centers,
		.center_count = 1 };
	struct verdict v;
	char *octets = version1_file(name, &mail.length);

	mail.octets = (unsigned char *)octets;
	gate_judge(gate, &mail, &v);
	if (v.kind != VERDICT_DUPLICATE)
		fail_msg("%s: %s %s (%s)", name, verdict_kind_name(v.kind),
			reason_name(v.reason), v.text);
	assert_int_equal(v.sequence, sequence);
	free(octets);
}

/* The MTA's retry of what was taken before the upgrade. */
static void
what_was_admitted_is_a_duplicate(void **state)
{
	static const char *const late[] = { "", "200", "300", "400" };
	char name[64];
	struct rules *rules;
	struct gate *gate;
	struct old o;

	(void)state;
	for (int i = 0; i < VERSION1_STATES; i++) {
		begin(&o, version1_states[i]);
		gate = gate_over(&o, &rules);
		is_duplicate(gate, "mails/A100000000001.1001.eml", 1);
		is_duplicate(gate, "mails/A100000000002.1002.eml", 2);
		is_duplicate(gate, "mails/plain.eml", 3);
		is_duplicate(gate, "mails/answer.eml", 4);
		for (int n = 1; i > 0 && n <= 2; n++) {
			text_format(name, sizeof(name),
				"mails/A10000000000%d.%s%d.eml", n, late[i], n);
			is_duplicate(gate, name, (uint64_t)(4 + n));
		}
		gate_close(&gate);
		rules_drop(&rules);
		end(&o);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(killed_at_every_step),
		cmocka_unit_test(registry_is_whole),
		cmocka_unit_test(requests_are_as_they_were),
		cmocka_unit_test(outbox_is_published_once),
		cmocka_unit_test(what_was_admitted_is_a_duplicate),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * What agents report, as the gate judges it: of their own devices and of no
 * other; what is lacking is added by an assignment, and nothing else.
 */
#include "tests/unit/gate_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/text.h"
#include "gate/gate.h"
#include "gate/issue.h"
#include "gate/quarantine.h"
#include "store/agent.h"
#include "store/ledger.h"
#include "tests/unit/sealing.h"

#define KEY_S7 \
	"aa112233445566778899aabbccddeeff00112233445566778899aabbccddee77"
#define KEY_S8 \
	"bb112233445566778899aabbccddeeff00112233445566778899aabbccddee88"

/* Octets that were hashed. */
static uint64_t hashed;

int __real_crypto_sha256(const struct crypto_span *spans, size_t count,
	unsigned char digest[SHA256_SIZE], struct error *e);
int __wrap_crypto_sha256(const struct crypto_span *spans, size_t count,
	unsigned char digest[SHA256_SIZE], struct error *e);

int
__wrap_crypto_sha256(const struct crypto_span *spans, size_t count,
	unsigned char digest[SHA256_SIZE], struct error *e)
{
	for (size_t i = 0; i < count; i++)
		hashed += spans[i].length;
	return __real_crypto_sha256(spans, count, digest, e);
}

static void
give_key(
	struct world *w, const char *principal, const char *id, const char *hex)
{
	struct key key = { .live = true, .created = 1 };
	struct error e = { 0 };

	strcpy(key.principal, principal);
	key.id_length = (size_t)text_unhex(id, key.id, sizeof(key.id));
	key.length = (size_t)text_unhex(hex, key.secret, sizeof(key.secret));
	must(registry_key_add(w->store, &key, &e), &e);
}

/* S7 has DEVICEA, S8 has DEVICEB; OTHER is of K0002. */
static int
make(void **state)
{
	static const char *const ids[] = { "S7", "S8", "OTHER" };
	const char *a = "DEVICEA", *b = "DEVICEB";
	struct world *w;
	struct error e = { 0 };
	size_t adopted;

	if (world_make(state) != 0)
		return -1;
	w = *state;
	for (size_t i = 0; i < 3; i++) {
		struct agent agent = { .enabled = true };

		strcpy(agent.id, ids[i]);
		strcpy(agent.center, i < 2 ? "K0001" : "K0002");
		must(registry_agent_add(w->store, &agent, &e), &e);
	}
	give_key(w, "agent:S7", "70", KEY_S7);
	give_key(w, "agent:S8", "80", KEY_S8);
	must(registry_assign(w->store, "S7", &a, 1, false, &adopted, NULL, &e),
		&e);
	must(registry_assign(w->store, "S8", &b, 1, false, &adopted, NULL, &e),
		&e);
	return 0;
}

/* A bundle, or a message of one report. */
struct sent {
	const char *key, *key_id;
	const char *fields; /* of what is sealed */
	bool single;
	const char *login, *certificate, *only;
	char lines[1 << 16];
	size_t length;
};

static struct sent *
bundle(const char *key, const char *key_id)
{
	static struct sent s;

	memset(&s, 0, sizeof(s));
	s.key = key;
	s.key_id = key_id;
	s.fields = "";
	return &s;
}

static void
add(struct sent *s, const char *serial, long total, const char *more)
{
	char date[TEXT_TIME_SIZE];

	text_time(time(NULL), date);
	s->length += (size_t)snprintf(s->lines + s->length,
		sizeof(s->lines) - s->length,
		"{\"version\":1,\"kind\":\"counters\",\"center\":\"K0001\","
		"\"serial\":\"%s\",\"date\":\"%.10sT00:00:00Z\","
		"\"model\":\"XC 300\",\"counters\":{\"total\":%ld}%s}\n",
		serial, date, total, more);
}

static const char one_center[1][CENTER_ID_SIZE] = { "K0001" };

/* The verdicts and reasons of the reports, in order. */
static char told[4096];

static void
note(const struct told *t, void *arg)
{
	const size_t length = strlen(told);

	(void)arg;
	(void)text_format(told + length, sizeof(told) - length, "%s%s",
		length > 0 ? " " : "",
		t->verdict->reason == REASON_NONE
			? verdict_kind_name(t->verdict->kind)
			: reason_name(t->verdict->reason));
}

static void
judge(struct world *w, const struct sent *s, struct verdict *v)
{
	static char entity[1 << 17];
	const struct sealing sealing = { s->key, s->key_id, "", entity };
	struct arrival m = { .channel = "agent",
		.trace = "T",
		.evidence = { .login = s->login,
			.certificate = s->certificate },
		.centers = one_center,
		.center_count = 1,
		.receipt = true,
		.tell = note };

	snprintf(entity, sizeof(entity), "%sContent-Type: %s\r\n\r\n%s",
		s->fields,
		s->single ? "application/vnd.csrc.report+json"
			  : "application/vnd.csrc.reports+jsonl",
		s->lines);
	char *mail = seal_mail(&sealing, &m.length);

	m.octets = (unsigned char *)mail;
	told[0] = '\0';
	gate_judge(w->gate, &m, v);
	free(mail);
}

static uint64_t
admitted(struct world *w)
{
	struct store_stats stats;
	struct error e = { 0 };

	must(store_stats(w->store, &stats, &e), &e);
	return stats.next_sequence - 1;
}

struct kept {
	char name[QUARANTINE_NAME_SIZE];
	size_t count;
};

static int
take_name(const struct quarantined *q, void *arg)
{
	struct kept *k = arg;

	memcpy(k->name, q->name, sizeof(q->name));
	k->count++;
	return 0;
}

static struct kept
kept(struct world *w)
{
	struct kept k = { .count = 0 };
	struct error e = { 0 };

	must(quarantine_each(w->rules->settings->quarantine_directory,
		     take_name, &k, &e),
		&e);
	return k;
}

static void
assign(struct world *w, const char *id, const char *serial)
{
	struct error e = { 0 };
	size_t adopted;

	must(registry_assign(
		     w->store, id, &serial, 1, true, &adopted, NULL, &e),
		&e);
}

static void
enable(struct world *w, const char *id, bool enabled)
{
	struct error e = { 0 };

	must(registry_agent_enable(w->store, id, enabled, &e), &e);
}

static void
has_receipt(const struct verdict *v, const char *state)
{
	char line[64];

	if (state == NULL) {
		assert_string_equal(v->receipt, "");
		return;
	}
	(void)text_format(line, sizeof(line), "State: %s", state);
	assert_non_null(strstr(v->receipt, line));
	assert_non_null(strstr(v->receipt, "Principal: agent:S7"));
}

static void
reports_its_own(void **state)
{
	struct world *w = *state;
	struct sent *s = bundle(KEY_S7, "70");
	struct agent a;
	struct verdict v;
	struct error e = { 0 };

	add(s, "DEVICEA", 1, "");
	add(s, "devicea", 2, ",\"date_uncertain\":true");
	judge(w, s, &v);
	assert_string_equal(told, "genuine genuine");
	assert_int_equal(v.kind, VERDICT_GENUINE);
	assert_string_equal(v.principal, "agent:S7");
	assert_int_equal(admitted(w), 2);
	has_receipt(&v, "taken");
	must(registry_agent_get(w->store, "S7", &a, &e), &e);
	assert_int_not_equal(a.reported, 0);
	judge(w, s, &v);
	assert_string_equal(told, "duplicate duplicate");
	has_receipt(&v, "taken");
	assert_int_equal(admitted(w), 2);
	s = bundle(KEY_S7, "70");
	s->single = true;
	add(s, "DEVICEA", 3, "");
	judge(w, s, &v);
	assert_string_equal(told, "genuine");
	assert_int_equal(kept(w).count, 0);
}

/* The same report from another agent's key is another's word. */
static void
others_devices_are_not_its_own(void **state)
{
	struct world *w = *state;
	struct sent *s = bundle(KEY_S7, "70");
	struct agent a;
	struct verdict v;
	struct error e = { 0 };

	add(s, "DEVICEB", 1, "");
	add(s, "DEVICEC", 2, "");
	add(s, "DEVICEA", 3, "");
	judge(w, s, &v);
	assert_string_equal(told, "wrong-device wrong-device genuine");
	assert_int_equal(admitted(w), 1);
	must(registry_agent_get(w->store, "S7", &a, &e), &e);
	assert_int_equal(a.unassigned, 0);
	assert_int_equal(v.share, SHARE_AGENT);
	assert_string_equal(v.owner, "agent:S7");
	has_receipt(&v, "taken");
}

static void
is_of_its_center(void **state)
{
	struct world *w = *state;
	struct sent *s = bundle(KEY_S7, "70");
	struct verdict v;

	s->fields = "CSRC-Center-ID: K0002\r\n";
	add(s, "DEVICEA", 1, "");
	judge(w, s, &v);
	assert_string_equal(told, "id-mismatch");
	s->length = (size_t)sprintf(s->lines,
		"{\"version\":1,\"kind\":\"counters\",\"serial\":\"DEVICEA\","
		"\"date\":\"2026-01-01T00:00:00Z\",\"counters\":{\"a\":1}}\n");
	judge(w, s, &v);
	assert_string_equal(told, "wrong-center");
	has_receipt(&v, NULL);
	assert_int_equal(admitted(w), 0);
}

/* What the transport proved must be the agent whose key it is. */
static void
transport_proves_another(void **state)
{
	static const struct {
		const char *login, *certificate, *told;
	} rows[] = {
		{ "agent:S8", NULL, "wrong-origin" },
		{ NULL, "agent:S8", "wrong-origin" },
		{ "agent:S7", "agent:S8", "wrong-origin" },
		{ NULL, "device:DEVICEA", "wrong-origin" },
		{ NULL, "device:S7", "wrong-origin" },
		{ NULL, "agent:S7", "genuine" },
		{ "agent:S7", "agent:S7", "duplicate" },
	};
	struct world *w = *state;
	struct sent *s = bundle(KEY_S7, "70");
	struct verdict v;

	add(s, "DEVICEA", 1, "");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		s->login = rows[i].login;
		s->certificate = rows[i].certificate;
		judge(w, s, &v);
		assert_string_equal(told, rows[i].told);
		has_receipt(
			&v, strcmp(told, "wrong-origin") == 0 ? NULL : "taken");
	}
	assert_int_equal(admitted(w), 1);
}

/* Of one that is disabled nothing is taken, and it is not told to forget. */
static void
disabled_keeps_what_it_has(void **state)
{
	struct world *w = *state;
	struct sent *s = bundle(KEY_S7, "70");
	struct verdict v;

	add(s, "DEVICEA", 1, "");
	add(s, "NEW1", 2, "");
	enable(w, "S7", false);
	judge(w, s, &v);
	assert_string_equal(told, "disabled-device disabled-device");
	has_receipt(&v, NULL);
	assert_int_equal(admitted(w), 0);
	assert_int_equal(kept(w).count, 0);
	enable(w, "S7", true);
	judge(w, s, &v);
	assert_string_equal(told, "genuine unknown-device");
	has_receipt(&v, "taken");
}

/* A device that is disabled is another thing: its report is done with. */
static void
disabled_device_is_done_with(void **state)
{
	struct world *w = *state;
	struct sent *s = bundle(KEY_S7, "70");
	struct verdict v;

	assign(w, "S7", "DEVICED");
	add(s, "DEVICED", 1, "");
	judge(w, s, &v);
	assert_string_equal(told, "disabled-device");
	has_receipt(&v, "final");
}

struct disabling {
	struct world *w;
	size_t seen;
};

static void
disable_in_mid_way(const struct told *t, void *arg)
{
	struct disabling *d = arg;

	note(t, NULL);
	if (++d->seen == 50)
		enable(d->w, "S7", false);
}

/* Disabled while a bundle is judged: each report is once in the spool when it
 * is sent again. */
static void
disabled_in_mid_way(void **state)
{
	struct world *w = *state;
	struct sent *s = bundle(KEY_S7, "70");
	struct disabling d = { .w = w };
	struct verdict v;
	static char entity[1 << 17];
	const struct sealing sealing = { KEY_S7, "70", "", entity };
	struct arrival m = { .channel = "agent",
		.trace = "T",
		.centers = one_center,
		.center_count = 1,
		.receipt = true,
		.tell = disable_in_mid_way,
		.tell_arg = &d };

	for (int i = 0; i < 250; i++)
		add(s, "DEVICEA", i, "");
	snprintf(entity, sizeof(entity),
		"Content-Type: application/vnd.csrc.reports+jsonl\r\n\r\n%s",
		s->lines);
	char *mail = seal_mail(&sealing, &m.length);

	m.octets = (unsigned char *)mail;
	told[0] = '\0';
	gate_judge(w->gate, &m, &v);
	assert_int_equal(v.kind, VERDICT_GENUINE);
	assert_int_equal(admitted(w), 250);
	gate_judge(w->gate, &m, &v);
	assert_int_equal(v.reason, REASON_DISABLED_DEVICE);
	enable(w, "S7", true);
	gate_judge(w->gate, &m, &v);
	assert_int_equal(v.kind, VERDICT_DUPLICATE);
	assert_int_equal(admitted(w), 250);
	free(mail);
}

static int
take_seen(const struct unassigned *u, void *arg)
{
	memcpy(arg, u, sizeof(*u));
	return 0;
}

/* An unknown printer is listed, and its reports are released when it is one of
 * the agent's; sent again, only what is missing is added. */
static void
unassigned_are_adopted(void **state)
{
	struct world *w = *state;
	struct sent *s = bundle(KEY_S7, "70");
	struct unassigned u = { .serial = "" };
	struct verdict v;
	struct kept k;
	struct error e = { 0 };

	add(s, "DEVICEA", 1, "");
	add(s, "NEW1", 2,
		",\"agent\":{\"address\":\"192.0.2.9\",\"profile\":\"x\"}");
	add(s, "NEW2", 3, "");
	judge(w, s, &v);
	assert_string_equal(told, "genuine unknown-device unknown-device");
	assert_string_equal(v.lacking, "1.2-3");
	must(registry_unassigned(w->store, "S7", take_seen, &u, &e), &e);
	assert_string_equal(u.serial, "NEW2");
	assign(w, "S7", "NEW2");
	must(registry_unassigned(w->store, "S7", take_seen, &u, &e), &e);
	assert_string_equal(u.serial, "NEW1");
	assert_string_equal(u.address, "192.0.2.9");
	assert_string_equal(u.model, "XC 300");
	assert_string_equal(u.counters, "total 2");
	k = kept(w);
	assert_int_equal(k.count, 1);
	must(quarantine_release(w->gate, k.name, false, &v, &e), &e);
	assert_int_equal(admitted(w), 2);
	assert_string_equal(v.lacking, "1.2");
	assign(w, "S7", "NEW1");
	judge(w, s, &v);
	assert_string_equal(told, "duplicate genuine duplicate");
	assert_int_equal(admitted(w), 3);
	must(quarantine_release(w->gate, k.name, false, &v, &e), &e);
	assert_int_equal(v.kind, VERDICT_DUPLICATE);
	assert_int_equal(admitted(w), 3);
	assert_int_equal(kept(w).count, 0);
}

/* What cannot be read is the agent's, and kept for it. */
static void
unreadable_is_its_own(void **state)
{
	struct world *w = *state;
	struct sent *s = bundle(KEY_S7, "70");
	struct verdict v;

	add(s, "DEVICEA", 1, "");
	s->length += (size_t)sprintf(
		s->lines + s->length, "{\"version\":2}\nnot at all\n");
	add(s, "DEVICEA", 2, ",\"date_uncertain\":1");
	add(s, "DEVICEA", 3, ",\"agent\":[]");
	add(s, "DEVICEA", 4, ",\"agent\":{\"oids\":{\"total\":1}}");
	add(s, "DEVICEA", 5,
		",\"agent\":{\"oids\":{\"total\":\"1.3.6\"},\"x\":[1]}");
	s->length += (size_t)sprintf(s->lines + s->length,
		"{\"version\":1,\"kind\":\"counters\",\"center\":\"K0001\","
		"\"date\":\"2026-01-01T00:00:00Z\",\"counters\":{\"a\":1}}\n");
	judge(w, s, &v);
	assert_string_equal(told,
		"genuine unreadable unreadable unreadable unreadable "
		"unreadable genuine id-mismatch");
	assert_int_equal(admitted(w), 2);
	assert_int_equal(v.share, SHARE_AGENT);
	assert_true(v.quarantined);
	s = bundle(KEY_S7, "70");
	s->single = true;
	s->length = (size_t)sprintf(s->lines, "none\n");
	judge(w, s, &v);
	assert_string_equal(told, "unreadable");
	assert_string_equal(v.owner, "agent:S7");
	has_receipt(&v, "taken");
}

/* Nothing is left that opens what it sealed. */
static void
removed_is_nobody(void **state)
{
	struct world *w = *state;
	struct sent *s = bundle(KEY_S7, "70");
	struct verdict v;
	struct error e = { 0 };

	add(s, "DEVICEA", 1, "");
	add(s, "NEW1", 2, "");
	judge(w, s, &v);
	must(registry_agent_remove(w->store, "S7", &e), &e);
	judge(w, s, &v);
	assert_string_equal(told, "not-authentic");
	has_receipt(&v, NULL);
	must(quarantine_release(w->gate, kept(w).name, false, &v, &e), &e);
	assert_int_equal(v.reason, REASON_NOT_AUTHENTIC);
	assert_int_equal(admitted(w), 1);
	must(store_check(w->store, stderr, &e), &e);
}

/* Printers that nobody wants hold up no agent, however long; nor do they take
 * the room of what a device's key has proved. */
static void
never_held_up(void **state)
{
	struct world *w = *state;
	struct quarantine_share shares[SHARE_PROVED + 1];
	struct sent *s;
	struct verdict v;
	struct error e = { 0 };

	use_settings(w, "quarantine_size = 256M\n");
	for (int i = 0; i < 130; i++) {
		s = bundle(KEY_S7, "70");
		add(s, "DEVICEA", i, "");
		add(s, "NEW1", i, "");
		judge(w, s, &v);
		assert_string_equal(told, "genuine unknown-device");
		has_receipt(&v, "taken");
	}
	assert_int_equal(admitted(w), 130);
	assert_int_equal(kept(w).count, 100);
	must(gate_quarantine(w->gate, shares, &e), &e);
	assert_int_equal(shares[SHARE_AGENT].files, 100);
	assert_int_equal(shares[SHARE_PROVED].files, 0);
}

/* What is kept of a bundle costs its length, and not that for each report. */
static uint64_t
hashing(struct world *w, int reports)
{
	struct sent *s = bundle(KEY_S7, "70");
	struct verdict v;
	uint64_t before;

	for (int i = 0; i < reports; i++)
		add(s, "NEW1", i, "");
	before = hashed;
	judge(w, s, &v);
	assert_int_equal(v.reports, reports);
	assert_true(v.quarantined);
	return hashed - before;
}

static void
kept_at_the_cost_of_its_length(void **state)
{
	const uint64_t some = hashing(*state, 50);

	assert_in_range(hashing(*state, 200), some, 6 * some);
}

/* A request goes by the agent, sealed with its key; the device's own way is
 * its own key's. */
static void
requests_are_the_agents(void **state)
{
	struct world *w = *state;
	struct device d;
	struct key k;
	struct error e = { 0 };
	const char *serial = "DEVICEA";

	must(registry_device_get(w->store, "DEVICEA", &d, &e), &e);
	assert_int_equal(issue_key(w->store, &d, d.channel, &k, &e), 1);
	assert_string_equal(k.principal, "agent:S7");
	/* a mail to its own address is its own to open */
	assert_int_equal(issue_key(w->store, &d, BY_MAIL, &k, &e), 1);
	assert_string_equal(k.principal, "device:DEVICEA");
	enable(w, "S7", false);
	assert_int_equal(issue_key(w->store, &d, d.channel, &k, &e), -1);
	assert_int_equal(e.code, ERROR_DENIED);
	must(registry_unassign(w->store, "S7", &serial, 1, NULL, &e), &e);
	must(registry_device_get(w->store, "DEVICEA", &d, &e), &e);
	assert_int_equal(issue_key(w->store, &d, d.channel, &k, &e), 1);
	assert_string_equal(k.principal, "device:DEVICEA");
}

int
main(void)
{
#define WORLD(name) cmocka_unit_test_setup_teardown(name, make, world_remove)
	const struct CMUnitTest tests[] = {
		WORLD(reports_its_own),
		WORLD(others_devices_are_not_its_own),
		WORLD(is_of_its_center),
		WORLD(transport_proves_another),
		WORLD(disabled_keeps_what_it_has),
		WORLD(disabled_device_is_done_with),
		WORLD(disabled_in_mid_way),
		WORLD(unassigned_are_adopted),
		WORLD(unreadable_is_its_own),
		WORLD(removed_is_nobody),
		WORLD(never_held_up),
		WORLD(kept_at_the_cost_of_its_length),
		WORLD(requests_are_the_agents),
	};

	return cmocka_run_group_tests_name("agents", tests, world_begin, NULL);
}

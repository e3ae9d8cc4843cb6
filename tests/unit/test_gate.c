/*
 * The judgement, reason by reason: each mail is one step off a genuine one, and
 * each is asserted in verdict, reason, disposal and store.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <dirent.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "base/text.h"
#include "gate/gate.h"
#include "gate/issue.h"
#include "gate/quarantine.h"
#include "parser/entity.h"
#include "parser/seal.h"
#include "store/db.h"
#include "store/ledger.h"
#include "store/registry.h"
#include "tests/unit/gate_fixture.h"
#include "tests/unit/sealing.h"

/* 8 files of strangers', 24 of the registered, 32 of the proved; one an owner.
 */
#define SMALL_QUARANTINE                                                     \
	"quarantine_size = 256k\nmax_message_size = 64k\nmax_report_size = " \
	"32k\n"

/* A report's entity: claims in its header, counters in its JSON. */
struct draft {
	const char *fields; /* the claims' header fields; NULL: DEVICEA's */
	const char *kind;   /* NULL: counters */
	long total;
	long age;         /* seconds */
	const char *more; /* members behind the others, each with a comma */
};

/* One time for all drafts: the same draft twice is the same content. */
static time_t started;

static void
draft_entity(const struct draft *d, char *out, size_t size)
{
	char date[TEXT_TIME_SIZE];

	text_time(started - d->age, date);
	snprintf(out, size,
		"%sContent-Type: application/vnd.csrc.report+json\r\n\r\n"
		"{\"version\":1,\"kind\":\"%s\",\"date\":\"%s\","
		"\"counters\":{\"total\":%ld}%s}\r\n",
		d->fields != NULL ? d->fields
				  : "CSRC-Center-ID: K0001\r\n"
				    "CSRC-Device-Serial: devicea\r\n",
		d->kind != NULL ? d->kind : "counters", date, d->total,
		d->more != NULL ? d->more : "");
}

static void
judge(struct world *w, const char *octets, size_t length, const char *center,
	struct verdict *v)
{
	char centers[1][CENTER_ID_SIZE];
	struct arrival m = { .channel = CHANNEL_MAIL,
		.trace = "TEST",
		.evidence.sender = "printer@site.example",
		.centers = (const char(*)[CENTER_ID_SIZE])centers,
		.center_count = 1,
		.octets = (const unsigned char *)octets,
		.length = length };

	strcpy(centers[0], center);
	m.evidence.client.ss_family = AF_INET;
	inet_pton(AF_INET, "192.0.2.9",
		&((struct sockaddr_in *)&m.evidence.client)->sin_addr);
	gate_judge(w->gate, &m, v);
}

static uint64_t
next_sequence(struct world *w)
{
	struct store_stats stats;
	struct error e = { 0 };

	must(store_stats(w->store, &stats, &e), &e);
	return stats.next_sequence;
}

/* Seals and judges; asserts the outcome, and that only a genuine one counts. */
static void
expect(struct world *w, const struct sealing *s, const char *center,
	enum verdict_kind kind, enum reason reason)
{
	uint64_t before = next_sequence(w);
	struct verdict v;
	size_t length;
	char *mail = seal_mail(s, &length);

	judge(w, mail, length, center, &v);
	free(mail);
	if (v.kind != kind || v.reason != reason)
		fail_msg("%s/%s (%s), not %s/%s", verdict_kind_name(v.kind),
			reason_name(v.reason), v.text, verdict_kind_name(kind),
			reason_name(reason));
	assert_int_equal(
		next_sequence(w), before + (kind == VERDICT_GENUINE ? 1 : 0));
}

static void
expect_draft(struct world *w, const struct draft *d, const char *key,
	const char *key_id, const char *outer, enum verdict_kind kind,
	enum reason reason)
{
	char entity[4096];
	const struct sealing s = { key, key_id, outer, entity };

	draft_entity(d, entity, sizeof(entity));
	expect(w, &s, "K0001", kind, reason);
}

#define GENUINE VERDICT_GENUINE, REASON_NONE
#define DUPLICATE VERDICT_DUPLICATE, REASON_NONE
#define SPOOF(r) VERDICT_SPOOF, REASON_##r

static void
genuine_once(void **state)
{
	const struct draft d = { .total = 1 };
	const struct draft other = { .total = 2 };

	expect_draft(*state, &d, KEY_A, "a1", "", GENUINE);
	/* Sealed anew, the same content is a duplicate. */
	expect_draft(*state, &d, KEY_A, "a1", "", DUPLICATE);
	expect_draft(*state, &other, KEY_A, "a1",
		"CSRC-Center-ID: k0001\r\nCSRC-Device-Serial: DeviceA\r\n",
		GENUINE);
}

static void
not_authentic(void **state)
{
	const struct draft d = { .total = 3 };

	expect_draft(*state, &d, KEY_D, "a1", "", SPOOF(NOT_AUTHENTIC));
	expect_draft(*state, &d, KEY_A, "77", "", SPOOF(NOT_AUTHENTIC));
}

static void
retired_key(void **state)
{
	struct world *w = *state;
	const struct draft d = { .total = 4 };
	struct error e = { 0 };

	must(registry_key_retire(w->store, "device:DEVICEA",
		     (const unsigned char *)"\xa1", 1, &e),
		&e);
	expect_draft(w, &d, KEY_A, "a1", "", SPOOF(NOT_AUTHENTIC));
}

static void
id_mismatch(void **state)
{
	static const char doubled[] = "CSRC-Center-ID: K0001\r\n"
				      "CSRC-Device-Serial: DEVICEA\r\n"
				      "CSRC-Device-Serial: DEVICEA\r\n";
	const struct draft d = { .total = 5 };
	const struct draft twice = { .total = 5, .fields = doubled };
	const struct draft none = { .total = 5, .fields = "" };
	const struct draft inside = { .total = 5,
		.more = ",\"serial\":\"DEVICEB\"" };

	expect_draft(*state, &d, KEY_A, "a1", "CSRC-Device-Serial: DEVICEB\r\n",
		SPOOF(ID_MISMATCH));
	expect_draft(*state, &d, KEY_A, "a1",
		"CSRC-Email-ID: abcdefghijklmnopqrstuvwxyz\r\n",
		SPOOF(ID_MISMATCH));
	expect_draft(*state, &twice, KEY_A, "a1", "", SPOOF(ID_MISMATCH));
	expect_draft(*state, &none, KEY_A, "a1", "", SPOOF(ID_MISMATCH));
	expect_draft(*state, &inside, KEY_A, "a1", "", SPOOF(ID_MISMATCH));
}

static void
wrong_names(void **state)
{
	static const struct {
		const char *fields;
		enum reason reason;
	} rows[] = {
		{ "CSRC-Center-ID: K9\r\nCSRC-Device-Serial: DEVICEA\r\n",
			REASON_UNKNOWN_CENTER },
		{ "CSRC-Center-ID: K0002\r\nCSRC-Device-Serial: DEVICEA\r\n",
			REASON_WRONG_CENTER },
		{ "CSRC-Center-ID: K0001\r\nCSRC-Device-Serial: NOBODY\r\n",
			REASON_UNKNOWN_DEVICE },
		{ "CSRC-Center-ID: K0001\r\nCSRC-Device-Serial: DEVICEB\r\n",
			REASON_WRONG_DEVICE },
		{ "CSRC-Center-ID: K0001\r\nCSRC-Device-Serial: DEVICED\r\n",
			REASON_DISABLED_DEVICE },
	};
	const struct draft own = { .total = 6,
		.fields = "CSRC-Center-ID: K0001\r\n"
			  "CSRC-Device-Serial: DEVICED\r\n" };
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct draft d = { .total = 6, .fields = rows[i].fields };

		expect_draft(*state, &d, KEY_A, "a1", "", VERDICT_SPOOF,
			rows[i].reason);
	}
	expect_draft(*state, &own, KEY_D, "d1", "", SPOOF(DISABLED_DEVICE));
}

/* A field that is there and says nothing is no name, and the log says that. */
static void
empty_claim(void **state)
{
	const struct draft d = { .total = 5,
		.fields = "CSRC-Center-ID: K0001\r\n"
			  "CSRC-Device-Serial: DEVICEA\r\n"
			  "CSRC-Email-ID:\r\n" };
	char entity[4096];
	const struct sealing s = { KEY_A, "a1", "", entity };
	struct verdict v;
	size_t length;
	char *mail;

	draft_entity(&d, entity, sizeof(entity));
	mail = seal_mail(&s, &length);
	judge(*state, mail, length, "K0001", &v);
	free(mail);
	assert_int_equal(v.reason, REASON_ID_MISMATCH);
	assert_non_null(strstr(v.text, "Email-ID"));
	assert_non_null(strstr(v.text, "is none"));
}

/* Claims K0002 rightly addressed to it, with a key of K0001's device. */
static void
key_of_another_center(void **state)
{
	char entity[4096];
	const struct draft d = { .total = 7,
		.fields = "CSRC-Center-ID: K0002\r\n"
			  "CSRC-Device-Serial: DEVICEC\r\n" };
	const struct sealing s = { KEY_A, "a1", "", entity };

	draft_entity(&d, entity, sizeof(entity));
	expect(*state, &s, "K0002", SPOOF(WRONG_CENTER));
}

static void
stale(void **state)
{
	const struct draft old = { .total = 8, .age = 7 * 86400 + 60 };
	const struct draft early = { .total = 8, .age = -3600 };
	const struct draft edge = { .total = 8, .age = 7 * 86400 - 60 };

	expect_draft(*state, &old, KEY_A, "a1", "", SPOOF(STALE));
	expect_draft(*state, &early, KEY_A, "a1", "", SPOOF(STALE));
	expect_draft(*state, &edge, KEY_A, "a1", "", GENUINE);
}

static void
issue(struct world *w, const char *serial, char id_r[EMAIL_ID_SIZE])
{
	struct request row = { .center = "K0001",
		.issued = time(NULL),
		.expires = time(NULL) + 3600 };
	struct error e = { 0 };

	strcpy(row.serial, serial);
	must(issue_mint(row.id, &e), &e);
	must(ledger_issue(w->store, &row, &e), &e);
	strcpy(id_r, row.id);
}

static void
answers(void **state)
{
	struct world *w = *state;
	struct error e = { 0 };
	const struct request late = { .id = "expiredexpiredexpiredexpired",
		.center = "K0001",
		.serial = "DEVICEA",
		.issued = time(NULL) - 120,
		.expires = time(NULL) - 60 };
	char id[EMAIL_ID_SIZE], member[128];
	struct draft d = { .total = 9, .kind = "answer", .more = member };

	issue(w, "DEVICEA", id);
	must(ledger_issue(w->store, &late, &e), &e);
	assert_int_equal(strlen(id), 26);
	snprintf(member, sizeof(member), ",\"email_id\":\"%s\"", id);
	d.age = 90 *
		86400; /* an answer is bound by its Email-ID, not its date */
	expect_draft(w, &d, KEY_A, "a1", "", GENUINE);
	expect_draft(w, &d, KEY_A, "a1", "", DUPLICATE);
	d.total++;
	expect_draft(w, &d, KEY_A, "a1", "", SPOOF(ANSWERED_EMAIL_ID));
	snprintf(member, sizeof(member), ",\"email_id\":\"%s\"", late.id);
	expect_draft(w, &d, KEY_A, "a1", "", SPOOF(EXPIRED_EMAIL_ID));
	snprintf(member, sizeof(member), ",\"email_id\":\"%s\"",
		"abcdefghijklmnopqrstuvwxyz");
	expect_draft(w, &d, KEY_A, "a1", "", SPOOF(UNKNOWN_EMAIL_ID));
	member[0] = '\0';
	expect_draft(w, &d, KEY_A, "a1", "", SPOOF(UNKNOWN_EMAIL_ID));
	issue(w, "DEVICEB", id);
	snprintf(member, sizeof(member), ",\"email_id\":\"%s\"", id);
	expect_draft(w, &d, KEY_A, "a1", "", SPOOF(FOREIGN_EMAIL_ID));
}

/* Eight mails with one Email-ID by In-Reply-To: the sealed one counts. */
static void
answer_by_reply(void **state)
{
	struct world *w = *state;
	char id[EMAIL_ID_SIZE], fields[256];
	struct draft d = { .total = 10, .fields = fields };

	issue(w, "DEVICEA", id);
	snprintf(fields, sizeof(fields),
		"CSRC-Center-ID: K0001\r\nCSRC-Device-Serial: DEVICEA\r\n"
		"In-Reply-To: \"A <b@c>\" of Sunday\r\n <1@b> "
		"<%s@center.example>"
		"\r\n",
		id);
	expect_draft(w, &d, KEY_A, "a1", "", GENUINE);
	d.total++;
	expect_draft(w, &d, KEY_A, "a1", "", SPOOF(ANSWERED_EMAIL_ID));
}

/* Which of the two would be answered? */
static void
answer_by_two_replies(void **state)
{
	struct world *w = *state;
	char id[EMAIL_ID_SIZE], other[EMAIL_ID_SIZE], fields[256];
	struct draft d = { .total = 10, .fields = fields };

	issue(w, "DEVICEA", id);
	issue(w, "DEVICEA", other);
	snprintf(fields, sizeof(fields),
		"CSRC-Center-ID: K0001\r\nCSRC-Device-Serial: DEVICEA\r\n"
		"In-Reply-To: <%s@center.example> <%s@center.example>\r\n",
		id, other);
	expect_draft(w, &d, KEY_A, "a1", "", SPOOF(ID_MISMATCH));
}

/* A date that is there and cannot be read is not as if there were none. */
static void
unreadable_date_is_said(void **state)
{
	static const char text[] =
		"CSRC-Center-ID: K0001\r\nCSRC-Device-Serial: DEVICEA\r\n"
		"Date: Son, 22 Nov 2026 12:00:00 MEZ\r\n"
		"Content-Type: text/plain\r\n\r\n"
		"[Serial Number],DEVICEA\r\n[Total Counter],7\r\n";
	const struct sealing s = { KEY_A, "a1", "", text };
	struct verdict v;
	size_t length;
	char *mail = seal_mail(&s, &length);

	judge(*state, mail, length, "K0001", &v);
	free(mail);
	assert_int_equal(v.reason, REASON_STALE);
	if (strstr(v.text, "the Date field cannot be read: Son, 22 Nov 2026") ==
		NULL)
		fail_msg("%s", v.text);
}

static size_t
quarantined(struct world *w)
{
	char path[128];
	struct dirent **names;
	int count, i;

	snprintf(path, sizeof(path), "%s/quarantine", w->directory);
	count = scandir(path, &names, NULL, NULL);
	assert_true(count >= 2);
	for (i = 0; i < count; i++)
		free(names[i]);
	free(names);
	return (size_t)count - 2;
}

/* An authentic mail that nobody can read; a number makes it another. */
static void
expect_unreadable(struct world *w, int number, enum verdict_kind kind)
{
	char entity[256];
	const struct sealing s = { KEY_A, "a1", "", entity };

	snprintf(entity, sizeof(entity),
		"CSRC-Center-ID: K0001\r\nCSRC-Device-Serial: DEVICEA\r\n"
		"Content-Type: text/plain\r\n\r\nNew Total: %d\r\n",
		number);
	expect(w, &s, "K0001", kind, REASON_UNREADABLE);
}

static int
first_name(const struct quarantined *q, void *arg)
{
	strcpy(arg, q->name);
	assert_string_equal(q->centers, "K0001");
	return 1;
}

/* Kept though on_malformed says discard; released once it can be read. */
static void
unreadable(void **state)
{
	struct world *w = *state;
	const struct sealing s = { KEY_A, "a1", "",
		"CSRC-Center-ID: K0001\r\nCSRC-Device-Serial: DEVICEA\r\n"
		"Content-Type: text/plain\r\n\r\nNew Total: 12\r\n" };
	char name[QUARANTINE_NAME_SIZE] = "";
	char path[128];
	struct verdict v;
	struct error e = { 0 };

	snprintf(path, sizeof(path), "%s/quarantine", w->directory);
	expect(w, &s, "K0001", VERDICT_MALFORMED, REASON_UNREADABLE);
	assert_int_equal(quarantined(w), 1);
	/* Sealed anew or sent again, it is kept once. */
	expect(w, &s, "K0001", VERDICT_MALFORMED, REASON_UNREADABLE);
	assert_int_equal(quarantined(w), 1);
	assert_int_equal(quarantine_each(path, first_name, name, &e), 1);
	must(quarantine_release(w->gate, name, false, &v, &e), &e);
	assert_int_equal(v.reason, REASON_UNREADABLE);
	assert_int_equal(quarantined(w), 1);
	assert_int_equal(
		quarantine_release(w->gate, "../x.eml", false, &v, &e), -1);
	assert_int_equal(e.code, ERROR_BAD);
	must(gate_forget(w->gate, name, &e), &e);
	assert_int_equal(quarantined(w), 0);
}

/* Weeks in quarantine do not make a report stale. */
static void
released_late(void **state)
{
	struct world *w = *state;
	char entity[4096];
	const struct draft d = { .total = 13, .age = 20 * 86400 };
	const struct sealing s = { KEY_A, "a1", "", entity };
	char centers[1][CENTER_ID_SIZE] = { "K0001" };
	struct arrival m = { .channel = CHANNEL_MAIL,
		.trace = "LATE",
		.evidence.sender = "",
		.centers = (const char(*)[CENTER_ID_SIZE])centers,
		.center_count = 1 };
	struct verdict v;
	char *mail;

	draft_entity(&d, entity, sizeof(entity));
	mail = seal_mail(&s, &m.length);
	m.octets = (unsigned char *)mail;
	gate_judge(w->gate, &m, &v);
	assert_int_equal(v.reason, REASON_STALE);
	m.quarantined = time(NULL) - 19 * 86400;
	gate_judge(w->gate, &m, &v);
	assert_int_equal(v.kind, VERDICT_GENUINE);
	gate_judge(w->gate, &m, &v);
	assert_int_equal(v.kind, VERDICT_DUPLICATE);
	free(mail);
}

/* All that the publisher would write, from the outbox. */
static size_t
published(struct world *w, char *out, size_t size)
{
	char command[256];
	struct error e = { 0 };
	size_t length;
	FILE *f;

	must(store_publish(w->store, &e), &e);
	snprintf(
		command, sizeof(command), "cat '%s'/spool/new/*", w->directory);
	f = popen(command, "r");
	assert_non_null(f);
	length = fread(out, 1, size - 1, f);
	out[length] = '\0';
	pclose(f);
	return length;
}

/* Kept because of its date, and released with it, once; the record says so. */
static void
date_accepted(void **state)
{
	struct world *w = *state;
	const struct draft d = { .total = 14, .age = 400 * 86400 };
	char name[QUARANTINE_NAME_SIZE] = "", path[128], text[4096];
	struct verdict v;
	struct error e = { 0 };

	snprintf(path, sizeof(path), "%s/quarantine", w->directory);
	expect_draft(w, &d, KEY_A, "a1", "", SPOOF(STALE));
	expect_draft(w, &d, KEY_A, "a1", "", SPOOF(STALE));
	assert_int_equal(quarantined(w), 1);
	assert_int_equal(quarantine_each(path, first_name, name, &e), 1);
	must(quarantine_release(w->gate, name, false, &v, &e), &e);
	assert_int_equal(v.reason, REASON_STALE);
	must(quarantine_release(w->gate, name, true, &v, &e), &e);
	assert_int_equal(v.kind, VERDICT_GENUINE);
	assert_int_equal(quarantined(w), 0);
	expect_draft(w, &d, KEY_A, "a1", "", DUPLICATE);
	published(w, text, sizeof(text));
	assert_non_null(strstr(text, "\"date_accepted\":\"20"));
}

/* The record says how it came, also when it waited in between. */
static void
channel_is_told(void **state)
{
	struct world *w = *state;
	static const char centers[][CENTER_ID_SIZE] = { "K0001" };
	const struct draft d = { .total = 17, .age = 400 * 86400 };
	char name[QUARANTINE_NAME_SIZE] = "", path[128], text[4096];
	char entity[4096];
	const struct sealing s = { KEY_A, "a1", "", entity };
	struct arrival m = { .channel = "line",
		.trace = "tty\"0",
		.evidence.sender = "",
		.evidence.caller = "+49 30 1234",
		.centers = centers,
		.center_count = 1 };
	struct verdict v;
	struct error e = { 0 };
	char *octets;

	snprintf(path, sizeof(path), "%s/quarantine", w->directory);
	draft_entity(&d, entity, sizeof(entity));
	octets = seal_mail(&s, &m.length);
	m.octets = (const unsigned char *)octets;
	gate_judge(w->gate, &m, &v);
	free(octets);
	assert_int_equal(v.reason, REASON_STALE);
	assert_int_equal(quarantine_each(path, first_name, name, &e), 1);
	must(quarantine_release(w->gate, name, true, &v, &e), &e);
	assert_int_equal(v.kind, VERDICT_GENUINE);
	published(w, text, sizeof(text));
	assert_non_null(strstr(text, "\"channel\":\"line\","));
	assert_non_null(strstr(text, "\"queue_id\":\"tty\\\"0\","));
	assert_null(strstr(text, "1234"));
}

/* Killed between the admission and the end of the file: released again it is a
 * duplicate, and goes. */
static void
released_again(void **state)
{
	struct world *w = *state;
	const struct draft d = { .total = 16, .age = 400 * 86400 };
	char name[QUARANTINE_NAME_SIZE] = "", path[128], command[512];
	struct verdict v;
	struct error e = { 0 };

	snprintf(path, sizeof(path), "%s/quarantine", w->directory);
	expect_draft(w, &d, KEY_A, "a1", "", SPOOF(STALE));
	assert_int_equal(quarantine_each(path, first_name, name, &e), 1);
	snprintf(command, sizeof(command), "cp -p '%s/%s' '%s/saved'", path,
		name, w->directory);
	assert_int_equal(system(command), 0);
	must(quarantine_release(w->gate, name, true, &v, &e), &e);
	assert_int_equal(v.kind, VERDICT_GENUINE);
	assert_int_equal(quarantined(w), 0);
	snprintf(command, sizeof(command), "mv '%s/saved' '%s/%s'",
		w->directory, path, name);
	assert_int_equal(system(command), 0);
	must(quarantine_release(w->gate, name, true, &v, &e), &e);
	assert_int_equal(v.kind, VERDICT_DUPLICATE);
	assert_int_equal(v.sequence, 1);
	assert_int_equal(quarantined(w), 0);
	assert_int_equal(next_sequence(w), 2);
}

/* What needs nobody's word has no such member, whatever the flag says. */
static void
date_was_right(void **state)
{
	struct world *w = *state;
	const struct draft d = { .total = 15 };
	char name[QUARANTINE_NAME_SIZE] = "", path[128], text[4096];
	struct verdict v;
	struct error e = { 0 };

	use_settings(w, "on_spoof = quarantine\n");
	snprintf(path, sizeof(path), "%s/quarantine", w->directory);
	expect_draft(w, &d, KEY_A, "a2", "", SPOOF(NOT_AUTHENTIC));
	add_key(w, "DEVICEA", "a2", KEY_A);
	assert_int_equal(quarantine_each(path, first_name, name, &e), 1);
	must(quarantine_release(w->gate, name, true, &v, &e), &e);
	assert_int_equal(v.kind, VERDICT_GENUINE);
	published(w, text, sizeof(text));
	assert_non_null(strstr(text, "\"sequence\":1,"));
	assert_null(strstr(text, "date_accepted"));
}

static enum verdict_kind
kind_of(struct world *w, const struct draft *d)
{
	char entity[4096];
	const struct sealing s = { KEY_A, "a1", "", entity };
	struct verdict v;
	size_t length;
	char *mail;

	draft_entity(d, entity, sizeof(entity));
	mail = seal_mail(&s, &length);
	judge(w, mail, length, "K0001", &v);
	free(mail);
	return v.kind;
}

/* A 4xx for the one that is over its limit; duplicates are taken. */
static void
limits_of_a_device(void **state)
{
	struct world *w = *state;
	struct draft d = { .total = 1 };
	const struct draft first = d;
	const struct draft other = { .total = 1,
		.fields = "CSRC-Center-ID: K0001\r\nCSRC-Device-Serial: "
			  "DEVICEB\r\n" };

	use_settings(w, "max_reports_per_hour = 2\n");
	/* The third one; up to two later if an hour ends meanwhile. */
	while (kind_of(w, &d) == VERDICT_GENUINE)
		d.total++;
	assert_in_range(d.total, 3, 5);
	expect_draft(w, &first, KEY_A, "a1", "", DUPLICATE);
	expect_draft(w, &other, KEY_B, "b1", "", GENUINE);
	assert_int_equal(quarantined(w), 0);
	use_settings(w, "max_reports_per_hour = 10\n");
	expect_draft(w, &d, KEY_A, "a1", "", GENUINE);
}

static void
sealed_garbage(void **state)
{
	const struct sealing s = { KEY_A, "a1", "", "\r\n" };

	expect(*state, &s, "K0001", VERDICT_MALFORMED, REASON_UNREADABLE);
}

static void
quarantine_of_spoofs(void **state)
{
	struct world *w = *state;
	struct draft d = { .total = 11 };
	char name[QUARANTINE_NAME_SIZE] = "", path[128];
	struct verdict v;
	struct error e = { 0 };

	use_settings(w, SMALL_QUARANTINE "on_spoof = quarantine\n");
	expect_draft(w, &d, KEY_A, "a2", "", SPOOF(NOT_AUTHENTIC));
	assert_int_equal(quarantined(w), 1);
	/* The operator registers the forgotten key and releases the mail. */
	add_key(w, "DEVICEA", "a2", KEY_A);
	snprintf(path, sizeof(path), "%s/quarantine", w->directory);
	assert_int_equal(quarantine_each(path, first_name, name, &e), 1);
	must(quarantine_release(w->gate, name, false, &v, &e), &e);
	assert_int_equal(v.kind, VERDICT_GENUINE);
	assert_int_equal(quarantined(w), 0);
	/* Full: the oldest are let go, the verdict stands. */
	for (d.total = 0; d.total < 22; d.total++)
		expect_draft(w, &d, KEY_A, "a3", "", SPOOF(NOT_AUTHENTIC));
	assert_int_equal(quarantined(w), 8);
}

/* What must be kept and cannot be is for the MTA to keep. */
static void
quarantine_fails(void **state)
{
	struct world *w = *state;
	char path[128];

	snprintf(path, sizeof(path), "%s/quarantine", w->directory);
	assert_int_equal(rmdir(path), 0);
	expect_unreadable(w, 1, VERDICT_TROUBLE);
	mkdir(path, 0700);
	use_settings(w, SMALL_QUARANTINE);
	expect_unreadable(w, 1, VERDICT_MALFORMED);
	expect_unreadable(w, 2, VERDICT_TROUBLE);
	assert_int_equal(quarantined(w), 1);
	/* Those that can be read are judged as ever. */
	expect_draft(
		w, &(struct draft){ .total = 1 }, KEY_A, "a1", "", GENUINE);
}

/* Nobody without a key takes the room of what a key has proved. */
static void
quarantine_has_room_for_the_proved(void **state)
{
	struct world *w = *state;
	struct draft d = { .total = 12 };

	use_settings(w, SMALL_QUARANTINE "on_spoof = quarantine\n");
	for (d.total = 0; d.total < 10; d.total++)
		expect_draft(w, &d, KEY_A, "a2", "", SPOOF(NOT_AUTHENTIC));
	assert_int_equal(quarantined(w), 8);
	expect_unreadable(w, 1, VERDICT_MALFORMED);
	assert_int_equal(quarantined(w), 9);
	/* A replay is known again. */
	expect_unreadable(w, 1, VERDICT_MALFORMED);
	assert_int_equal(quarantined(w), 9);
}

/* A sealed nothing is kept as well, and once. */
static void
empty_is_kept_once(void **state)
{
	struct world *w = *state;
	const struct sealing s = { KEY_A, "a1", "", "" };

	for (int i = 0; i < 3; i++)
		expect(w, &s, "K0001", VERDICT_MALFORMED, REASON_UNREADABLE);
	assert_int_equal(quarantined(w), 1);
}

static void
plain(struct world *w, const char *serial, const char *sender,
	const char *client, long total, enum verdict_kind kind,
	enum reason reason)
{
	char entity[4096], fields[128];
	const struct draft d = { .total = total, .fields = fields };
	char centers[1][CENTER_ID_SIZE] = { "K0001" };
	struct arrival m = { .channel = CHANNEL_MAIL,
		.trace = "PLAIN",
		.evidence.sender = sender,
		.centers = (const char(*)[CENTER_ID_SIZE])centers,
		.center_count = 1,
		.octets = (const unsigned char *)entity };
	struct verdict v;

	snprintf(fields, sizeof(fields), "CSRC-Device-Serial: %s\r\n", serial);
	draft_entity(&d, entity, sizeof(entity));
	m.length = strlen(entity);
	m.evidence.client.ss_family = AF_INET;
	inet_pton(AF_INET, client,
		&((struct sockaddr_in *)&m.evidence.client)->sin_addr);
	gate_judge(w->gate, &m, &v);
	if (v.kind != kind || v.reason != reason)
		fail_msg("%s/%s (%s)", verdict_kind_name(v.kind),
			reason_name(v.reason), v.text);
}

static void
plain_mail(void **state)
{
	const char *from = "Printer@Site.example";

	plain(*state, "DEVICEB", from, "192.0.2.1", 1, GENUINE);
	plain(*state, "DEVICEB", from, "192.0.2.1", 1, DUPLICATE);
	plain(*state, "DEVICEB", "x@site.example", "192.0.2.1", 2,
		SPOOF(WRONG_ORIGIN));
	plain(*state, "DEVICEB", "", "192.0.2.1", 2, SPOOF(WRONG_ORIGIN));
	plain(*state, "DEVICEB", from, "192.0.3.1", 2, SPOOF(WRONG_ORIGIN));
	plain(*state, "DEVICEA", from, "192.0.2.1", 2, SPOOF(UNPROTECTED));
	plain(*state, "NOBODY", from, "192.0.2.1", 2, SPOOF(UNPROTECTED));
}

static void
malformed(void **state)
{
	struct world *w = *state;
	static const char nul[] = "Subject: a\0b\r\n\r\nx\r\n";
	char *wide = calloc(1, 70000);
	struct verdict v;

	judge(w, nul, sizeof(nul) - 1, "K0001", &v);
	assert_int_equal(v.reason, REASON_MALFORMED);
	assert_int_equal(v.kind, VERDICT_MALFORMED);
	assert_int_equal(v.disposal, DISPOSAL_TAKE);
	judge(w, "", 0, "K0001", &v);
	assert_int_not_equal(v.kind, VERDICT_GENUINE);
	assert_int_not_equal(v.kind, VERDICT_TROUBLE);
	assert_non_null(wide);
	memset(wide, 'a', 69999);
	memcpy(wide, "Subject: ", 9);
	judge(w, wide, 69999, "K0001", &v);
	assert_int_equal(v.reason, REASON_TOO_LARGE);
	free(wide);
}

/* To K0001; octets must last. */
static struct arrival
plain_from(const char *sender, const char *client, const char *octets)
{
	static const char centers[][CENTER_ID_SIZE] = { "K0001" };
	struct arrival m = { .channel = CHANNEL_MAIL,
		.trace = "TEST",
		.evidence.sender = sender,
		.centers = centers,
		.center_count = 1,
		.octets = (const unsigned char *)octets,
		.length = strlen(octets) };

	m.evidence.client.ss_family = AF_INET;
	inet_pton(AF_INET, client,
		&((struct sockaddr_in *)&m.evidence.client)->sin_addr);
	return m;
}

/* What the transport proved can refuse what a key proves, and helps none. */
static void
proof_can_only_refuse(void **state)
{
	struct world *w = *state;
	static const char centers[][CENTER_ID_SIZE] = { "K0001" };
	static const struct {
		const char *login, *certificate;
		enum verdict_kind kind;
		enum reason reason;
	} rows[] = {
		{ NULL, "device:DEVICEB", SPOOF(WRONG_ORIGIN) },
		{ "device:DEVICEA", "agent:DEVICEA", SPOOF(WRONG_ORIGIN) },
		{ "device:DEVICEB", "device:DEVICEA", SPOOF(WRONG_ORIGIN) },
		{ "", NULL, SPOOF(WRONG_ORIGIN) },
		{ "device:DEVICEA", "device:DEVICEA", GENUINE },
	};
	static const char from[] = "printer@site.example";
	const struct draft d = { .total = 18 };
	const struct draft plain = { .total = 18,
		.fields = "CSRC-Device-Serial: DEVICEB\r\n" };
	char entity[4096];
	const struct sealing s = { KEY_A, "a1", "", entity };
	struct arrival m = { .channel = "webdav",
		.trace = "",
		.evidence.sender = "",
		.centers = centers,
		.center_count = 1 };
	struct verdict v;
	char *octets;

	draft_entity(&d, entity, sizeof(entity));
	octets = seal_mail(&s, &m.length);
	m.octets = (const unsigned char *)octets;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		m.evidence.login = rows[i].login;
		m.evidence.certificate = rows[i].certificate;
		gate_judge(w->gate, &m, &v);
		if (v.kind != rows[i].kind || v.reason != rows[i].reason)
			fail_msg("%zu: %s %s (%s)", i,
				verdict_kind_name(v.kind),
				reason_name(v.reason), v.text);
	}
	free(octets);
	/* Plain: another's is refused, its own is no origin by itself. */
	draft_entity(&plain, entity, sizeof(entity));
	m = plain_from(from, "192.0.2.1", entity);
	m.evidence.certificate = "device:DEVICEA";
	gate_judge(w->gate, &m, &v);
	assert_int_equal(v.reason, REASON_WRONG_ORIGIN);
	m = plain_from("x@elsewhere.example", "198.51.100.1", entity);
	m.evidence.certificate = "device:DEVICEB";
	gate_judge(w->gate, &m, &v);
	assert_int_equal(v.reason, REASON_WRONG_ORIGIN);
	m = plain_from(from, "192.0.2.1", entity);
	m.evidence.certificate = "device:DEVICEB";
	gate_judge(w->gate, &m, &v);
	assert_int_equal(v.kind, VERDICT_GENUINE);
}

static int
have_numbers(struct device *d, void *arg, struct error *e)
{
	(void)arg;
	(void)e;
	strcpy(d->fax, "+4930123456");
	strcpy(d->caller, "030123456");
	return 0;
}

/* What a line says of who is calling can only refuse, and only by what is
 * registered; it is no proof for what is plain. */
static void
who_is_calling(void **state)
{
	struct world *w = *state;
	static const char centers[][CENTER_ID_SIZE] = { "K0001" };
	static const struct {
		const char *serial, *station, *caller;
		enum reason reason;
	} rows[] = {
		{ "DEVICEA", "+4930123456", NULL, REASON_WRONG_ORIGIN },
		{ "DEVICEA", "", NULL, REASON_WRONG_ORIGIN },
		{ "DEVICEA", NULL, "030123456", REASON_NONE },
		{ NULL, "+4930123457", NULL, REASON_WRONG_ORIGIN },
		{ NULL, "", NULL, REASON_WRONG_ORIGIN },
		{ NULL, "+4930123456", "030123457", REASON_WRONG_ORIGIN },
		{ NULL, NULL, "030123457", REASON_WRONG_ORIGIN },
		{ NULL, "+4930123456", "030123456", REASON_NONE },
		{ NULL, "+4930123456", NULL, REASON_NONE },
		{ NULL, NULL, NULL, REASON_NONE },
	};
	const struct draft d = { .total = 31 };
	char entity[4096];
	const struct sealing s = { KEY_A, "a1", "", entity };
	struct arrival m = { .channel = "fax",
		.trace = "",
		.centers = centers,
		.center_count = 1 };
	struct verdict v;
	struct error e;
	char *octets;

	draft_entity(&d, entity, sizeof(entity));
	octets = seal_mail(&s, &m.length);
	m.octets = (const unsigned char *)octets;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].serial == NULL)
			must(registry_device_update(w->store, "DEVICEA",
				     have_numbers, NULL, &e),
				&e);
		m.evidence.station = rows[i].station;
		m.evidence.caller = rows[i].caller;
		gate_judge(w->gate, &m, &v);
		if (v.reason != rows[i].reason)
			fail_msg("%zu: %s (%s)", i, reason_name(v.reason),
				v.text);
	}
	free(octets);
}

static void
judge_plain(struct world *w, const char *sender, const char *client,
	const char *octets, struct verdict *v)
{
	struct arrival m = plain_from(sender, client, octets);

	gate_judge(w->gate, &m, v);
}

static void
disposals(void **state)
{
	struct world *w = *state;
	struct verdict v;

	use_settings(w, "on_spoof = reject\non_genuine = deliver\n");
	judge_plain(w, "somebody@elsewhere.example", "198.51.100.1",
		"Subject: x\r\n\r\nhello\r\n", &v);
	assert_int_equal(v.reason, REASON_UNPROTECTED);
	assert_int_equal(v.disposal, DISPOSAL_REFUSE);
}

#define FROM_B "printer@site.example", "192.0.2.1"

/* A maker's text of today, whose date has no time. */
static void
counter_text(char *out, size_t size)
{
	time_t now = time(NULL);
	struct tm day;

	gmtime_r(&now, &day);
	snprintf(out, size,
		"[Model Name],bizhub C368\r\n[Serial Number], DEVICEB\r\n"
		"[Send Date],%02d/%02d/%02d\r\n[Total Counter],00400999\r\n",
		day.tm_mday, day.tm_mon + 1, day.tm_year % 100);
}

static void
answer_mail(const char *id, char *out, size_t size)
{
	char text[512];

	counter_text(text, sizeof(text));
	snprintf(out, size, "In-Reply-To: <%s@center.example>\r\n\r\n%s", id,
		text);
}

static void
expect_answer(struct world *w, const char *id, enum verdict_kind kind)
{
	char mail[1024];
	struct request row;
	struct verdict v;
	struct error e = { 0 };

	answer_mail(id, mail, sizeof(mail));
	judge_plain(w, FROM_B, mail, &v);
	assert_int_equal(v.kind, kind);
	assert_int_equal(v.sequence, 1);
	must(ledger_request(w->store, id, &row, &e), &e);
	assert_int_not_equal(row.answered, 0);
	assert_int_equal(row.sequence, 1);
}

/* What explain says of it; nothing is changed by that. */
static void
expect_explained(struct world *w, const char *id, const char *saw)
{
	char octets[1024];
	struct arrival m;
	struct findings f;
	struct verdict v;

	answer_mail(id, octets, sizeof(octets));
	m = plain_from(FROM_B, octets);
	gate_explain(w->gate, &m, &v, &f);
	assert_int_equal(v.kind, VERDICT_DUPLICATE);
	assert_string_equal(f.rows[f.count - 1].saw, saw);
}

/* Two requests on one day, whose answers read alike to the letter. */
static void
answers_alike(void **state)
{
	struct world *w = *state;
	char first[EMAIL_ID_SIZE], second[EMAIL_ID_SIZE];

	issue(w, "DEVICEB", first);
	issue(w, "DEVICEB", second);
	expect_answer(w, first, VERDICT_GENUINE);
	expect_explained(w, second,
		"this content was admitted before; that is the answer to the "
		"request");
	expect_answer(w, second, VERDICT_DUPLICATE);
	expect_explained(w, second, "this content was admitted before");
	/* retries */
	expect_answer(w, first, VERDICT_DUPLICATE);
	expect_answer(w, second, VERDICT_DUPLICATE);
	assert_int_equal(next_sequence(w), 2);
}

/* The same octets, once as a plain mail's text, once as what is sealed. */
static void
plain_stands_for_nothing_sealed(void **state)
{
	struct world *w = *state;
	char text[512], entity[1024], mail[2048];
	const struct sealing s = { KEY_B, "b1", "", entity };
	struct verdict v;

	counter_text(text, sizeof(text));
	snprintf(entity, sizeof(entity), "CSRC-Center-ID: K0001\r\n\r\n%s",
		text);
	snprintf(mail, sizeof(mail), "CSRC-Device-Serial: DEVICEB\r\n\r\n%s",
		entity);
	judge_plain(w, FROM_B, mail, &v);
	assert_int_equal(v.kind, VERDICT_GENUINE);
	expect(w, &s, "K0001", GENUINE);
	expect(w, &s, "K0001", DUPLICATE);
}

static void
is_kept(const struct verdict *v, enum reason reason, enum share share,
	const char *owner, const char *why)
{
	if (v->reason != reason)
		fail_msg("%s (%s)", reason_name(v->reason), v->text);
	assert_true(v->quarantined);
	assert_int_equal(v->share, share);
	assert_string_equal(v->owner, owner);
	if (strstr(v->text, why) == NULL)
		fail_msg("\"%s\" does not say %s", v->text, why);
}

/* By a channel without envelopes, to K0001. */
static struct arrival
handed_over(const char *login, const char *certificate, const char *octets,
	size_t length)
{
	static const char centers[][CENTER_ID_SIZE] = { "K0001" };
	const struct arrival m = { .channel = "webdav",
		.trace = "HAND",
		.evidence = { .login = login, .certificate = certificate },
		.centers = centers,
		.center_count = 1,
		.octets = (const unsigned char *)octets,
		.length = length,
		.receipt = true };

	return m;
}

/* Where there is no envelope, what the transport proved is the origin of a
 * plain one, and where it proved nothing there is none. */
static void
plain_by_proof(void **state)
{
	static const struct {
		const char *serial, *login, *certificate;
		enum verdict_kind kind;
		enum reason reason;
		const char *vouched;
	} rows[] = {
		{ "DEVICEB", NULL, NULL, SPOOF(WRONG_ORIGIN), NULL },
		{ "DEVICEB", "device:DEVICEA", NULL, SPOOF(WRONG_ORIGIN),
			NULL },
		{ "DEVICEB", "agent:DEVICEB", NULL, SPOOF(WRONG_ORIGIN), NULL },
		{ "DEVICEB", "device:DEVICEB", "device:DEVICEA",
			SPOOF(WRONG_ORIGIN), NULL },
		{ "DEVICEA", "device:DEVICEA", NULL, SPOOF(UNPROTECTED), NULL },
		{ "NOBODY", "device:DEVICEA", NULL, SPOOF(UNPROTECTED), NULL },
		{ "DEVICEB", "device:DEVICEB", NULL, GENUINE, "login" },
		{ "DEVICEB", NULL, "device:DEVICEB", GENUINE, "certificate" },
		{ "DEVICEB", "device:DEVICEB", "device:DEVICEB", GENUINE,
			"certificate" },
	};
	struct world *w = *state;
	char entity[4096], fields[128], text[4096], member[64];
	struct draft d = { .fields = fields };
	struct arrival m;
	struct verdict v;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		d.total = 100 + (long)i;
		snprintf(fields, sizeof(fields), "CSRC-Device-Serial: %s\r\n",
			rows[i].serial);
		draft_entity(&d, entity, sizeof(entity));
		m = handed_over(rows[i].login, rows[i].certificate, entity,
			strlen(entity));
		gate_judge(w->gate, &m, &v);
		if (v.kind != rows[i].kind || v.reason != rows[i].reason)
			fail_msg("%zu: %s (%s)", i, reason_name(v.reason),
				v.text);
		assert_string_equal(v.receipt, "");
		assert_string_equal(v.principal, "");
		if (rows[i].vouched == NULL)
			continue;
		published(w, text, sizeof(text));
		snprintf(member, sizeof(member),
			"\"assurance\":\"plain\",\"vouched\":\"%s\",",
			rows[i].vouched);
		assert_non_null(strstr(text, member));
	}
}

/* The last record has that member. */
static void
is_vouched(struct world *w, const char *vouched)
{
	char text[8192], member[64];
	const char *last = text;

	published(w, text, sizeof(text));
	for (const char *at = text; *at != '\0'; at++)
		if (at[0] == '\n' && at[1] != '\0')
			last = at + 1;
	snprintf(member, sizeof(member), "\"vouched\":\"%s\",", vouched);
	if (strstr(last, member) == NULL)
		fail_msg("no %s in %s", member, last);
}

static int
move_device(struct device *d, void *arg, struct error *e)
{
	const char **place = arg;

	(void)e;
	strcpy(d->from, place[0]);
	strcpy(d->network, place[1]);
	return 0;
}

/* By mail it is the registered sender and network, as far as there are. */
static void
plain_mail_is_vouched(void **state)
{
	static const struct {
		const char *from, *network, *vouched;
	} rows[] = {
		{ "printer@site.example", "192.0.2.0/24", "sender+network" },
		{ "printer@site.example", "", "sender" },
		{ "", "192.0.2.0/24", "network" },
		{ "", "", "none" },
	};
	struct world *w = *state;
	const char *place[2];
	struct error e = { 0 };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		place[0] = rows[i].from;
		place[1] = rows[i].network;
		must(registry_device_update(
			     w->store, "DEVICEB", move_device, place, &e),
			&e);
		plain(w, "DEVICEB", "printer@site.example", "192.0.2.1",
			100 + (long)i, GENUINE);
		is_vouched(w, rows[i].vouched);
	}
}

/* Proved and plain is a registered one's, also where it names nobody; and what
 * proved it is known when it is released. */
static void
plain_and_proved_is_kept(void **state)
{
	static const char nameless[] = "Content-Type: text/plain\r\n\r\nx\r\n";
	static const char unreadable[] = "CSRC-Device-Serial: DEVICEB\r\n"
					 "Content-Type: text/plain\r\n\r\ny";
	char path[128], name[QUARANTINE_NAME_SIZE] = "";
	struct world *w = *state;
	struct arrival m = handed_over(
		"device:DEVICEB", NULL, unreadable, strlen(unreadable));
	struct verdict v;
	struct error e = { 0 };

	gate_judge(w->gate, &m, &v);
	is_kept(&v, REASON_UNREADABLE, SHARE_REGISTERED, "device:DEVICEB",
		"report");
	snprintf(path, sizeof(path), "%s/quarantine", w->directory);
	assert_int_equal(quarantine_each(path, first_name, name, &e), 1);
	must(quarantine_release(w->gate, name, false, &v, &e), &e);
	assert_int_equal(v.reason, REASON_UNREADABLE);
	m = handed_over(NULL, "device:DEVICEB", nameless, strlen(nameless));
	gate_judge(w->gate, &m, &v);
	is_kept(&v, REASON_UNREADABLE, SHARE_REGISTERED, "device:DEVICEB", "");
	/* nobody's, and of one that must seal */
	m = handed_over(NULL, NULL, nameless, strlen(nameless));
	gate_judge(w->gate, &m, &v);
	assert_int_equal(v.reason, REASON_UNPROTECTED);
	m = handed_over("device:DEVICEA", NULL, nameless, strlen(nameless));
	gate_judge(w->gate, &m, &v);
	assert_int_equal(v.reason, REASON_UNPROTECTED);
	m = handed_over("agent:A", NULL, nameless, strlen(nameless));
	gate_judge(w->gate, &m, &v);
	assert_int_equal(v.reason, REASON_UNPROTECTED);
}

/* Released, it is still a message without an envelope. */
static void
kept_without_an_envelope(void **state)
{
	char path[128], name[QUARANTINE_NAME_SIZE] = "", entity[4096];
	const struct draft d = { .total = 7,
		.age = 400 * 86400,
		.fields = "CSRC-Device-Serial: DEVICEB\r\n" };
	struct world *w = *state;
	struct arrival m;
	struct verdict v;
	struct error e = { 0 };

	draft_entity(&d, entity, sizeof(entity));
	m = handed_over("device:DEVICEB", NULL, entity, strlen(entity));
	gate_judge(w->gate, &m, &v);
	is_kept(&v, REASON_STALE, SHARE_REGISTERED, "device:DEVICEB", "");
	snprintf(path, sizeof(path), "%s/quarantine", w->directory);
	assert_int_equal(quarantine_each(path, first_name, name, &e), 1);
	must(quarantine_release(w->gate, name, true, &v, &e), &e);
	assert_int_equal(v.kind, VERDICT_GENUINE);
	assert_string_equal(v.receipt, "");
	is_vouched(w, "login");
}

/* Hands it over and looks at the receipt: NULL is none, else its state. */
static void
expect_receipt(struct world *w, const struct draft *d, const char *key,
	const char *id, const struct arrival *as, const char *state_name)
{
	char entity[4096];
	const struct sealing s = { key, id, "", entity };
	unsigned char secret[KEY_SIZE_MAX], digest[SHA256_SIZE];
	struct arrival m = *as;
	struct crypto_span all;
	struct receipt r;
	struct verdict v;
	struct error e = { 0 };
	char *octets;

	draft_entity(d, entity, sizeof(entity));
	octets = seal_mail(&s, &m.length);
	m.octets = (const unsigned char *)octets;
	all = (struct crypto_span){ octets, m.length };
	must(crypto_sha256(&all, 1, digest, &e), &e);
	gate_judge(w->gate, &m, &v);
	free(octets);
	if ((v.receipt[0] == '\0') != (state_name == NULL))
		fail_msg("%s (%s): %s", reason_name(v.reason), v.text,
			v.receipt);
	if (state_name == NULL)
		return;
	must(receipt_check(v.receipt, strlen(v.receipt), secret,
		     (size_t)text_unhex(key, secret, sizeof(secret)), &r, &e),
		&e);
	assert_string_equal(r.principal, v.principal);
	assert_memory_equal(r.digest, digest, sizeof(digest));
	assert_int_equal(r.state,
		strcmp(state_name, "taken") == 0 ? RECEIPT_TAKEN
						 : RECEIPT_FINAL);
}

/* What opened, and is done with. */
static void
receipts(void **state)
{
	struct world *w = *state;
	const struct draft good = { .total = 1 };
	const struct draft stale = { .total = 2, .age = 400 * 86400 };
	const struct draft other = { .total = 3,
		.fields = "CSRC-Center-ID: K0001\r\n"
			  "CSRC-Device-Serial: DEVICEB\r\n" };
	const struct draft disabled = { .total = 4,
		.fields = "CSRC-Center-ID: K0001\r\n"
			  "CSRC-Device-Serial: DEVICED\r\n" };
	const struct draft unasked = { .total = 5, .kind = "answer" };
	struct arrival m = handed_over(NULL, NULL, "", 0);

	expect_receipt(w, &good, KEY_A, "a1", &m, "taken");
	expect_receipt(w, &good, KEY_A, "a1", &m, "taken");  /* duplicate */
	expect_receipt(w, &stale, KEY_A, "a1", &m, "taken"); /* kept */
	expect_receipt(w, &other, KEY_A, "a1", &m, "final");
	expect_receipt(w, &disabled, KEY_D, "d1", &m, "final");
	expect_receipt(w, &unasked, KEY_A, "a1", &m, "final");
	m.receipt = false;
	expect_receipt(w, &good, KEY_A, "a1", &m, NULL);
}

/* None for what did not open, or comes again; and none that somebody else
 * could bring about who hands a copy over another way. */
static void
no_receipts(void **state)
{
	static const char elsewhere[][CENTER_ID_SIZE] = { "K0002" };
	struct world *w = *state;
	const struct draft d = { .total = 1 }, next = { .total = 2 };
	struct arrival m = handed_over(NULL, NULL, "", 0);
	struct verdict v;

	expect_receipt(w, &d, KEY_B, "a1", &m, NULL);
	expect_receipt(w, &d, KEY_A, "b1", &m, NULL);
	expect_receipt(w, &d, KEY_A, "ff", &m, NULL);
	m.evidence.login = "device:DEVICEB";
	expect_receipt(w, &d, KEY_A, "a1", &m, NULL);
	use_settings(w, "on_spoof = quarantine\n");
	expect_receipt(w, &d, KEY_A, "a1", &m, NULL);
	m.evidence.login = NULL;
	m.centers = elsewhere;
	expect_receipt(w, &d, KEY_A, "a1", &m, NULL);
	m = handed_over(NULL, NULL, "no mail at all", 14);
	gate_judge(w->gate, &m, &v);
	assert_string_equal(v.receipt, "");
	use_settings(w, "max_reports_per_hour = 1\n");
	expect_receipt(w, &d, KEY_A, "a1", &m, "taken");
	expect_receipt(w, &next, KEY_A, "a1", &m, NULL);
	expect_receipt(w, &d, KEY_A, "a1", &m, "taken");
}

/* One count a channel, and one for those that there is no room for. */
static void
channels_are_counted(void **state)
{
	struct world *w = *state;
	struct arrival m = handed_over(NULL, NULL, "x", 1);
	struct gate_stats stats;
	struct verdict v;
	char name[CHANNEL_SIZE];

	for (int i = 0; i < 2 * GATE_CHANNELS_MAX; i++) {
		snprintf(name, sizeof(name), "c%d", i);
		m.channel = name;
		gate_judge(w->gate, &m, &v);
	}
	gate_judge(w->gate, &m, &v);
	m.channel = "c0";
	gate_judge(w->gate, &m, &v);
	gate_stats(w->gate, &stats);
	assert_int_equal(stats.channel_count, GATE_CHANNELS_MAX);
	assert_string_equal(stats.channels[0].name, "c0");
	assert_int_equal(stats.channels[0].kinds[v.kind], 2);
	assert_int_equal(stats.channels[1].kinds[v.kind], 1);
	assert_string_equal(
		stats.channels[GATE_CHANNELS_MAX - 1].name, "other");
	assert_int_equal(stats.channels[GATE_CHANNELS_MAX - 1].kinds[v.kind],
		GATE_CHANNELS_MAX + 2);
	assert_int_equal(stats.kinds[v.kind], 2 * GATE_CHANNELS_MAX + 2);
}

/* Explains without a trace: the same mail is still new afterwards. */
static void
explain(void **state)
{
	struct world *w = *state;
	char entity[4096];
	const struct draft d = { .total = 12 };
	const struct sealing s = { KEY_A, "a1", "", entity };
	char centers[1][CENTER_ID_SIZE] = { "K0001" };
	struct arrival m = { .channel = CHANNEL_MAIL,
		.trace = "",
		.evidence.sender = "",
		.centers = (const char(*)[CENTER_ID_SIZE])centers,
		.center_count = 1 };
	struct findings f;
	struct verdict v;
	char *mail;

	draft_entity(&d, entity, sizeof(entity));
	mail = seal_mail(&s, &m.length);
	m.octets = (unsigned char *)mail;
	for (int i = 0; i < 2; i++) {
		gate_explain(w->gate, &m, &v, &f);
		assert_int_equal(v.kind, VERDICT_GENUINE);
		assert_int_equal(f.count, 9);
		assert_string_equal(f.rows[0].check, "limits");
		assert_string_equal(f.rows[8].check, "ledger");
		assert_int_equal(f.rows[6].outcome, FINDING_SKIPPED);
	}
	assert_int_equal(next_sequence(w), 1);
	free(mail);
}

static void
centers(void **state)
{
	struct world *w = *state;
	char id[CENTER_ID_SIZE];
	struct error e = { 0 };

	assert_int_equal(
		gate_center_of(w->gate, "<CSRC@Center.Example>", id, &e), 1);
	assert_string_equal(id, "K0001");
	assert_int_equal(
		gate_center_of(w->gate, "<\"csrc\"@center.example>", id, &e),
		1);
	assert_int_equal(
		gate_center_of(w->gate, "<joe@center.example>", id, &e), 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, world_make, world_remove)

/* Judges what was sealed, whatever it is; v says what became of it. */
static void
judge_sealed(struct world *w, const char *key, const char *id,
	const char *outer, const char *entity, const char *center,
	struct verdict *v)
{
	const struct sealing s = { key, id, outer, entity };
	size_t length;
	char *mail = seal_mail(&s, &length);

	judge(w, mail, length, center, v);
	free(mail);
}

/* A firmware that forgot to name itself: its key says whose it is. */
static void
sealed_and_unnamed_is_kept(void **state)
{
	static const char *const fields[] = { "", "CSRC-Center-ID: K0001\r\n",
		"CSRC-Device-Serial: DEVICEA\r\n" };
	char entity[4096];
	struct draft d = { .total = 5 };
	struct verdict v;
	size_t i;

	for (i = 0; i < 3; i++) {
		d.fields = fields[i];
		d.total++;
		draft_entity(&d, entity, sizeof(entity));
		judge_sealed(*state, KEY_A, "a1", "", entity, "K0001", &v);
		is_kept(&v, REASON_ID_MISMATCH, SHARE_PROVED, "device:DEVICEA",
			"sealed");
	}
	d.fields = "";
	draft_entity(&d, entity, sizeof(entity));
	judge_sealed(*state, KEY_A, "a1", "CSRC-Device-Serial: DEVICEB\r\n",
		entity, "K0001", &v);
	assert_int_equal(v.reason, REASON_ID_MISMATCH);
	assert_false(v.quarantined);
	judge_sealed(*state, KEY_A, "a1", "", entity, "K0002", &v);
	assert_int_equal(v.reason, REASON_WRONG_CENTER);
	assert_false(v.quarantined);
	judge_sealed(*state, KEY_D, "d1", "", entity, "K0001", &v);
	assert_int_equal(v.reason, REASON_DISABLED_DEVICE);
	assert_false(v.quarantined);
}

/* Nothing but the key says whose it is: a new firmware, say. */
static void
proved_and_unreadable_is_kept(void **state)
{
	static const struct {
		const char *entity, *why;
	} rows[] = {
		{ "Content-Type: application/vnd.csrc.report+json\r\n\r\n"
		  "{\"version\":1,\"kind\":\"counters\",\"serial\":\"DEVICEA\"",
			"JSON" },
		{ "Content-Type: application/vnd.csrc.report+json\r\n\r\n"
		  "{\"version\":2,\"kind\":\"counters\"}",
			"version" },
		{ "Content-Type: application/vnd.csrc.report+json\r\n\r\n"
		  "{\"version\":1,\"kind\":\"weather\"}",
			"kind" },
		{ "Content-Type: text/plain\r\n\r\n[Seriennummer], DEVICEA\r\n",
			"no part is a report" },
		{ "Content-Type: text/plain; charset=x-unheard-of\r\n\r\n"
		  "\xe9\r\n",
			"charset" },
		{ "", "" },
		{ "\r\n", "" },
		{ "CSRC-Center-ID: K0001\r\n"
		  "Content-Type: multipart/mixed\r\n\r\n--a\r\n",
			"no part is a report" },
	};
	struct verdict v;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		judge_sealed(
			*state, KEY_A, "a1", "", rows[i].entity, "K0001", &v);
		is_kept(&v, REASON_UNREADABLE, SHARE_PROVED, "device:DEVICEA",
			rows[i].why);
		assert_string_equal(v.claims.serial, "DEVICEA");
		assert_string_equal(v.claims.center, "K0001");
	}
}

/* The other checks are of the key's owner then, and come first. */
static void
junk_is_checked_too(void **state)
{
	static const char junk[] = "Content-Type: text/plain\r\n\r\njunk\r\n";
	static const struct {
		const char *key, *id, *outer, *center;
		enum reason reason;
	} rows[] = {
		{ KEY_D, "d1", "", "K0001", REASON_DISABLED_DEVICE },
		{ KEY_A, "a1", "", "K0002", REASON_WRONG_CENTER },
		{ KEY_A, "a1", "CSRC-Device-Serial: DEVICEB\r\n", "K0001",
			REASON_ID_MISMATCH },
		{ KEY_A, "a1", "CSRC-Center-ID: K0002\r\n", "K0001",
			REASON_ID_MISMATCH },
	};
	struct verdict v;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		judge_sealed(*state, rows[i].key, rows[i].id, rows[i].outer,
			junk, rows[i].center, &v);
		if (v.reason != rows[i].reason)
			fail_msg("%zu: %s (%s)", i, reason_name(v.reason),
				v.text);
		assert_false(v.quarantined);
	}
}

/* The label of the serial has changed, so nothing names the device. */
static void
registered_and_unreadable_is_kept(void **state)
{
	static const char mail[] = "Content-Type: text/plain\r\n\r\n"
				   "[Seriennummer], DEVICEB\r\n[Summe], 7\r\n";
	static const char nameless[] = "Content-Type: application/json\r\n\r\n"
				       "{\"version\":1,\"kind\":\"counters\","
				       "\"counters\":{\"total\":1},"
				       "\"date\":\"2026-11-22T10:00:00Z\"}";
	struct device twin = { .serial = "TWIN",
		.center = "K0001",
		.enabled = true,
		.protection = PROTECTION_OPTIONAL,
		.from = "printer@site.example",
		.network = "192.0.2.0/24" };
	struct world *w = *state;
	struct verdict v;
	struct error e = { 0 };

	judge_plain(w, "printer@site.example", "192.0.2.9", mail, &v);
	is_kept(&v, REASON_UNREADABLE, SHARE_REGISTERED, "device:DEVICEB",
		"no part is a report");
	judge_plain(w, "Printer@SITE.example", "192.0.2.9", nameless, &v);
	is_kept(&v, REASON_UNREADABLE, SHARE_REGISTERED, "device:DEVICEB",
		"names no device");
	/* anybody can forge a sender, and sit in a network */
	judge_plain(w, "printer@site.example", "198.51.100.9", mail, &v);
	assert_int_equal(v.reason, REASON_UNPROTECTED);
	assert_non_null(strstr(v.text, "no part is a report"));
	judge_plain(w, "other@site.example", "192.0.2.9", mail, &v);
	assert_int_equal(v.reason, REASON_UNPROTECTED);
	assert_false(v.quarantined);
	must(registry_device_add(w->store, &twin, 1, NULL, &e), &e);
	judge_plain(w, "printer@site.example", "192.0.2.9",
		"Content-Type: text/plain\r\n\r\nanother\r\n", &v);
	is_kept(&v, REASON_UNREADABLE, SHARE_REGISTERED,
		"site:printer@site.example/192.0.2.0/24", "");
	assert_string_equal(v.claims.serial, "");
	must(store_check(w->store, stderr, &e), &e);
}

/* It names something, but no device that there is. */
static void
registered_and_misnamed_is_kept(void **state)
{
	static const struct {
		const char *mail, *why;
	} rows[] = {
		{ "CSRC-Center-ID: K0001\r\nContent-Type: application/json"
		  "\r\n\r\n{\"version\":2,\"serial\":\"DEVICEB\"}",
			"version" },
		{ "Content-Type: application/json\r\n\r\n"
		  "{\"version\":1,\"kind\":\"counters\",\"center\":\"K0001\","
		  "\"date\":\"2026-11-22T10:00:00Z\",\"counters\":{\"total\":1}"
		  "}",
			"names no device" },
		{ "Content-Type: application/json\r\n\r\n"
		  "{\"version\":1,\"kind\":\"counters\",\"serial\":\"n o\","
		  "\"date\":\"2026-11-22T10:00:00Z\",\"counters\":{\"total\":1}"
		  "}",
			"serial is none" },
		{ "Content-Type: text/plain\r\n\r\n"
		  "[Serial Number],--------\r\n[Send Date],22/11/26\r\n"
		  "[Total Counter],00000001\r\n",
			"no device --------" },
		{ "Content-Type: text/plain\r\n\r\n"
		  "[Serial Number],N/A\r\n[Send Date],22/11/26\r\n"
		  "[Total Counter],00000001\r\n",
			"no device N/A" },
	};
	struct verdict v;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		judge_plain(*state, "printer@site.example", "192.0.2.9",
			rows[i].mail, &v);
		is_kept(&v, REASON_UNREADABLE, SHARE_REGISTERED,
			"device:DEVICEB", rows[i].why);
		assert_string_equal(v.claims.serial, "DEVICEB");
		judge_plain(*state, "printer@site.example", "198.51.100.9",
			rows[i].mail, &v);
		assert_int_equal(v.reason, REASON_UNPROTECTED);
		assert_false(v.quarantined);
		if (strstr(v.text, rows[i].why) == NULL)
			fail_msg("%zu: %s", i, v.text);
	}
}

/* One that says to be for another center, or is another device's, is not. */
static void
registered_and_contradicting_is_not_kept(void **state)
{
	static const char *const mails[] = {
		"CSRC-Center-ID: K0002\r\n\r\nx\r\n",
		"CSRC-Center-ID: K0001\r\nCSRC-Center-ID: K0001\r\n\r\nx\r\n",
		"CSRC-Device-Serial: DEVICEA\r\n\r\nx\r\n",
		"CSRC-Device-Serial: NOBODY\r\n\r\nx\r\n",
		("Content-Type: text/plain\r\n\r\n[Serial Number],DEVICEA\r\n"
		 "[Send Date],22/11/26\r\n[Total Counter],00000001\r\n"),
	};
	struct verdict v;

	for (size_t i = 0; i < sizeof(mails) / sizeof(mails[0]); i++) {
		judge_plain(*state, "printer@site.example", "192.0.2.9",
			mails[i], &v);
		assert_int_equal(v.reason, REASON_UNPROTECTED);
		assert_false(v.quarantined);
	}
}

static void
add_plain(struct world *w, const char *serial, const char *from,
	const char *network, bool enabled)
{
	struct device d = { .center = "K0001",
		.enabled = enabled,
		.protection = PROTECTION_OPTIONAL };
	struct error e = { 0 };

	snprintf(d.serial, sizeof(d.serial), "%s", serial);
	snprintf(d.from, sizeof(d.from), "%s", from);
	snprintf(d.network, sizeof(d.network), "%s", network);
	must(registry_device_add(w->store, &d, 1, NULL, &e), &e);
}

/*
 * However many devices and networks share a sender, each is found: a dealer's
 * relay sends for hundreds of sites.
 */
static void
every_site_of_a_sender_is_found(void **state)
{
	struct world *w = *state;
	char serial[16], network[32], client[32], owner[64], mail[64];
	struct verdict v;

	for (int i = 0; i < 300; i++) {
		snprintf(serial, sizeof(serial), "M%03d", i);
		snprintf(network, sizeof(network), "10.%d.0.0/16", i % 150);
		add_plain(w, serial, "many@site.example", network, i >= 150);
	}
	for (int i = 0; i < 150; i += 149) {
		snprintf(client, sizeof(client), "10.%d.7.7", i);
		snprintf(owner, sizeof(owner), "device:M%03d", i + 150);
		snprintf(mail, sizeof(mail), "Subject: x\r\n\r\n%d\r\n", i);
		judge_plain(w, "many@site.example", client, mail, &v);
		is_kept(&v, REASON_UNREADABLE, SHARE_REGISTERED, owner, "");
	}
	judge_plain(w, "many@site.example", "192.0.2.1",
		"Subject: x\r\n\r\nx\r\n", &v);
	assert_int_equal(v.reason, REASON_UNPROTECTED);
	for (int i = 0; i < 100; i++) {
		snprintf(serial, sizeof(serial), "N%03d", i);
		add_plain(w, serial, "off@site.example", "10.0.0.0/8", i == 99);
	}
	judge_plain(w, "off@site.example", "10.1.2.3",
		"Subject: x\r\n\r\nbehind 99 disabled\r\n", &v);
	is_kept(&v, REASON_UNREADABLE, SHARE_REGISTERED, "device:N099", "");
}

static int
disable(struct device *d, void *arg, struct error *e)
{
	(void)arg;
	(void)e;
	d->enabled = false;
	return 0;
}

/* However its network is written, a site has one name; networks may nest. */
static void
site_has_one_name(void **state)
{
	static const char mail[] = "Subject: x\r\n\r\nsite\r\n";
	struct world *w = *state;
	struct verdict v;
	struct error e = { 0 };

	add_plain(w, "P1", "p@site.example", "10.1.9.9/16", true);
	add_plain(w, "P2", "p@site.example", "10.1.0.0/16", true);
	judge_plain(w, "p@site.example", "10.1.2.3", mail, &v);
	is_kept(&v, REASON_UNREADABLE, SHARE_REGISTERED,
		"site:p@site.example/10.1.0.0/16", "");
	add_plain(w, "Q1", "q@site.example", "10.0.0.0/8", true);
	add_plain(w, "Q2", "q@site.example", "10.1.2.3", true);
	judge_plain(w, "q@site.example", "10.1.2.3", mail, &v);
	is_kept(&v, REASON_UNREADABLE, SHARE_REGISTERED,
		"site:q@site.example/10.1.2.3/32", "");
	judge_plain(w, "q@site.example", "10.1.2.4", mail, &v);
	is_kept(&v, REASON_UNREADABLE, SHARE_REGISTERED, "device:Q1", "");
	must(registry_device_update(w->store, "Q1", disable, NULL, &e), &e);
	judge_plain(w, "q@site.example", "10.1.2.4", mail, &v);
	assert_int_equal(v.reason, REASON_UNPROTECTED);
	must(store_check(w->store, stderr, &e), &e);
}

/* Gives a sealed mail's body, in base64, other clothes: it goes where %% is. */
static void
judge_retyped(
	struct world *w, long total, const char *clothes, struct verdict *v)
{
	const struct draft d = { .total = total };
	char entity[4096];
	const struct sealing s = { KEY_A, "a1", "", entity };
	char *mail, *body, *dressed;
	const char *at;
	size_t length;

	draft_entity(&d, entity, sizeof(entity));
	mail = seal_mail(&s, &length);
	body = strstr(mail, "\r\n\r\n");
	if (body == NULL)
		body = strstr(mail, "\n\n");
	assert_non_null(body);
	at = strstr(clothes, "%%");
	assert_non_null(at);
	assert_int_not_equal(asprintf(&dressed, "%.*s%s%s", (int)(at - clothes),
				     clothes, body, at + 2),
		-1);
	judge(w, dressed, strlen(dressed), "K0001", v);
	free(dressed);
	free(mail);
}

/* A part that lost its type on the way is sealed all the same. */
static void
retyped_seals(void **state)
{
#define BASE64 "Content-Transfer-Encoding: base64"
#define OCTETS "Content-Type: application/octet-stream"
#define MIXED "Content-Type: multipart/mixed; boundary=\"a b\"\r\n\r\n"
#define LEGAL "--a b\r\n\r\nThe boundary (see clause 3) is private.\r\n"
	static const char *const genuine[] = {
		OCTETS "; name=\"smime.p7m\"\r\n" BASE64 "%%",
		OCTETS "\r\nContent-Disposition: attachment;\r\n"
		       " filename*=iso-8859-1''SMIME.P7M\r\n" BASE64 "%%",
		MIXED LEGAL "--a b\r\n" OCTETS "; name=x.p7m\r\n" BASE64
			    "%%\r\n--a b--\r\n",
		MIXED "--a b\r\n" OCTETS
		      "; name=\"=?utf-8?Q?a.p7m?=\"\r\n" BASE64 "%%\r\n" LEGAL
		      "--a b--\r\nfooter\r\n",
		MIXED "--a b\r\nContent-Type: multipart/x; boundary=c\r\n\r\n"
		      "--c\r\n" OCTETS "; name=x.p7m\r\n" BASE64 "%%\r\n"
		      "--c--\r\n" LEGAL "--a b--\r\n",
		"Content-Type: application/pkcs7-mime\r\n" BASE64 "%%",
	};
	struct verdict v;
	size_t i;

	for (i = 0; i < sizeof(genuine) / sizeof(genuine[0]); i++) {
		judge_retyped(*state, 500 + (long)i, genuine[i], &v);
		if (v.kind != VERDICT_GENUINE)
			fail_msg("%zu: %s", i, v.text);
	}
	judge_retyped(
		*state, 600, OCTETS "; name=smime.bin\r\n" BASE64 "%%", &v);
	/* plain, and from where a device may send plain */
	assert_int_equal(v.reason, REASON_UNREADABLE);
	judge_retyped(*state, 600,
		OCTETS "; name=smime.p7m\r\nX: no CMS\r\n\r\n?%%", &v);
	assert_int_equal(v.reason, REASON_NOT_AUTHENTIC);
	judge_retyped(*state, 600,
		MIXED "--a b\r\nContent-Type: application/pkcs7-mime\r\n\r\n"
		      "--a b\r\n" OCTETS "; name=x.p7m\r\n" BASE64
		      "%%\r\n--a b--\r\n",
		&v);
	assert_int_equal(v.reason, REASON_UNPROTECTED);
#undef BASE64
#undef OCTETS
#undef MIXED
#undef LEGAL
}

/* What stands beside a request may be a reading. */
static void
report_beside_a_request_is_read(void **state)
{
	char date[32], entity[1024];
	time_t now = time(NULL);
	struct tm tm;
	struct verdict v;

	strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &tm));
	snprintf(entity, sizeof(entity),
		"CSRC-Center-ID: K0001\r\nCSRC-Device-Serial: DEVICEA\r\n"
		"Content-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\n"
		"Content-Type: application/vnd.csrc.report+json\r\n\r\n"
		"{\"version\":1,\"kind\":\"counters\",\"date\":\"%s\","
		"\"counters\":{\"total\":1}}\r\n--a\r\n"
		"Content-Type: application/vnd.csrc.request+json\r\n\r\n"
		"{}\r\n--a--\r\n",
		date);
	judge_sealed(*state, KEY_A, "a1", "", entity, "K0001", &v);
	assert_int_equal(v.kind, VERDICT_GENUINE);
	judge_sealed(*state, KEY_A, "a1", "",
		"CSRC-Center-ID: K0001\r\nCSRC-Device-Serial: DEVICEA\r\n"
		"Content-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\n"
		"Content-Type: text/plain\r\n\r\n[Summe],7\r\n--a\r\n"
		"Content-Type: application/vnd.csrc.request+json\r\n\r\n"
		"{}\r\n--a--\r\n",
		"K0001", &v);
	is_kept(&v, REASON_UNREADABLE, SHARE_PROVED, "device:DEVICEA", "");
}

/* What goes from the center to a device is never an answer. */
static void
request_sent_back_is_foreign(void **state)
{
	struct verdict v;

	judge_sealed(*state, KEY_A, "a1", "",
		"CSRC-Center-ID: K0001\r\nCSRC-Device-Serial: DEVICEA\r\n"
		"CSRC-Email-ID: abcdefghijklmnopqrstuvwxyz\r\n"
		"Content-Type: application/vnd.csrc.request+json\r\n\r\n"
		"{\"version\":1,\"command\":\"counters\"}",
		"K0001", &v);
	assert_int_equal(v.reason, REASON_FOREIGN_EMAIL_ID);
	assert_false(v.quarantined);
	judge_plain(*state, "printer@site.example", "192.0.2.9",
		"CSRC-Device-Serial: DEVICEB\r\n"
		"Content-Type: application/vnd.csrc.request+json\r\n\r\n"
		"{\"version\":1,\"command\":\"counters\"}",
		&v);
	assert_int_equal(v.reason, REASON_FOREIGN_EMAIL_ID);
}

static unsigned int unwrapped, opened, looked_up, drawn;

int __real_crypto_unwrap(const unsigned char *master,
	const struct crypto_span *label, const struct crypto_span *wrapped,
	unsigned char *secret, size_t *length_r, struct error *e);
int __wrap_crypto_unwrap(const unsigned char *master,
	const struct crypto_span *label, const struct crypto_span *wrapped,
	unsigned char *secret, size_t *length_r, struct error *e);
int
__wrap_crypto_unwrap(const unsigned char *master,
	const struct crypto_span *label, const struct crypto_span *wrapped,
	unsigned char *secret, size_t *length_r, struct error *e)
{
	unwrapped++;
	return __real_crypto_unwrap(
		master, label, wrapped, secret, length_r, e);
}

int
__real_seal_open(const struct seal_fields *seal, const unsigned char *secret,
	size_t length, struct buffer *opened_r, struct error *e);
int
__wrap_seal_open(const struct seal_fields *seal, const unsigned char *secret,
	size_t length, struct buffer *opened_r, struct error *e);
int
__wrap_seal_open(const struct seal_fields *seal, const unsigned char *secret,
	size_t length, struct buffer *opened_r, struct error *e)
{
	/* a key of another length would be found out before it is tried */
	assert_int_equal(length, seal->key_length);
	opened++;
	return __real_seal_open(seal, secret, length, opened_r, e);
}

int
__real_store_read(struct store *s, db_body *body, void *arg, struct error *e);
int
__wrap_store_read(struct store *s, db_body *body, void *arg, struct error *e);
int
__wrap_store_read(struct store *s, db_body *body, void *arg, struct error *e)
{
	looked_up++;
	return __real_store_read(s, body, arg, e);
}

int __real_crypto_random(void *out, size_t length, struct error *e);
int __wrap_crypto_random(void *out, size_t length, struct error *e);
int
__wrap_crypto_random(void *out, size_t length, struct error *e)
{
	drawn++;
	return __real_crypto_random(out, length, e);
}

/* Nothing that takes time tells which key ids there are. */
static void
every_key_id_costs_the_same(void **state)
{
	static const struct {
		const char *key, *id;
	} rows[] = {
		{ KEY_D, "a1" },   /* wrong */
		{ KEY_D, "ff01" }, /* unknown */
		{ KEY_B, "a1" },   /* of another length */
		{ KEY_B, "ff01" },
		{ KEY_D, "b1" },
		{ KEY_D, "ee" }, /* retired */
		{ KEY_B, "ee" },
	};
	const unsigned char retired[] = { 0xee };
	struct world *w = *state;
	struct verdict v;
	struct error e = { 0 };

	add_key(*state, "DEVICEA", "ee", KEY_A);
	must(registry_key_retire(w->store, "device:DEVICEA", retired, 1, &e),
		&e);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		unwrapped = opened = looked_up = drawn = 0;
		judge_sealed(*state, rows[i].key, rows[i].id, "", "\r\nx\r\n",
			"K0001", &v);
		assert_int_equal(v.reason, REASON_NOT_AUTHENTIC);
		assert_int_equal(unwrapped, 1);
		assert_int_equal(opened, 1);
		assert_int_equal(looked_up, 1);
		assert_int_equal(drawn, 1);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(genuine_once),
		TEST(not_authentic),
		TEST(retired_key),
		TEST(id_mismatch),
		TEST(empty_claim),
		TEST(sealed_and_unnamed_is_kept),
		TEST(wrong_names),
		TEST(key_of_another_center),
		TEST(stale),
		TEST(answers),
		TEST(answer_by_reply),
		TEST(answer_by_two_replies),
		TEST(unreadable_date_is_said),
		TEST(unreadable),
		TEST(released_late),
		TEST(date_accepted),
		TEST(channel_is_told),
		TEST(date_was_right),
		TEST(released_again),
		TEST(limits_of_a_device),
		TEST(sealed_garbage),
		TEST(quarantine_of_spoofs),
		TEST(quarantine_fails),
		TEST(empty_is_kept_once),
		TEST(quarantine_has_room_for_the_proved),
		TEST(plain_mail),
		TEST(who_is_calling),
		TEST(malformed),
		TEST(disposals),
		TEST(proof_can_only_refuse),
		TEST(answers_alike),
		TEST(plain_stands_for_nothing_sealed),
		TEST(plain_by_proof),
		TEST(plain_mail_is_vouched),
		TEST(plain_and_proved_is_kept),
		TEST(kept_without_an_envelope),
		TEST(receipts),
		TEST(no_receipts),
		TEST(channels_are_counted),
		TEST(explain),
		TEST(centers),
		TEST(proved_and_unreadable_is_kept),
		TEST(junk_is_checked_too),
		TEST(registered_and_unreadable_is_kept),
		TEST(registered_and_misnamed_is_kept),
		TEST(registered_and_contradicting_is_not_kept),
		TEST(every_site_of_a_sender_is_found),
		TEST(site_has_one_name),
		TEST(retyped_seals),
		TEST(report_beside_a_request_is_read),
		TEST(request_sent_back_is_foreign),
		TEST(every_key_id_costs_the_same),
	};

	started = time(NULL);
	return cmocka_run_group_tests_name("gate", tests, world_begin, NULL);
}

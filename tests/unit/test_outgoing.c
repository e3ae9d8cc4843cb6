/*
 * The center's own mail: requests made here, and mail that people submit to a
 * device. What comes out is opened again as the device would.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <arpa/inet.h>

#include "base/log.h"
#include "base/text.h"
#include "gate/issue.h"
#include "outgoing/outgoing.h"
#include "parser/compose.h"
#include "parser/entity.h"
#include "parser/seal.h"
#include "store/ledger.h"
#include "tests/unit/gate_fixture.h"

static int
becomes(struct device *d, void *arg, struct error *e)
{
	(void)e;
	*d = *(const struct device *)arg;
	return 0;
}

static void
give_address(struct world *w, const char *serial, const char *address)
{
	struct device d;
	struct error e = { 0 };

	must(registry_device_get(w->store, serial, &d, &e), &e);
	strcpy(d.address, address);
	must(registry_device_update(w->store, serial, becomes, &d, &e), &e);
}

static struct entity *
parse(const struct world *w, const void *octets, size_t length)
{
	struct entity *entity;
	struct error e = { 0 };

	must(entity_parse(
		     octets, length, &w->rules->settings->limits, &entity, &e),
		&e);
	return entity;
}

static void
open_part(const struct part *part, const char *hex, struct buffer *out)
{
	unsigned char key[KEY_SIZE_MAX];
	int length = text_unhex(hex, key, sizeof(key));
	struct seal_fields seal;
	struct error e = { 0 };

	must(seal_read(part->data, part->length, &seal, &e), &e);
	must(seal_open(&seal, key, (size_t)length, out, &e), &e);
	buffer_clear(&seal.content);
}

static void
make(struct world *w, const char *serial, struct request_text *r,
	struct buffer *mail)
{
	struct outgoing_message made;
	struct error e = { 0 };

	memset(r, 0, sizeof(*r));
	strcpy(r->command, "counters");
	claims_take_serial(&r->claims, serial, strlen(serial));
	must(request_text_add(r, "since", "2026-01-01", &e), &e);
	must(outgoing_request(w->gate, r, 3600, true, &made, &e), &e);
	assert_false(made.waits);
	assert_string_equal(made.from, "csrc@center.example");
	assert_string_equal(made.to, "mfp@site.example");
	assert_memory_equal(made.octets.data, "From: csrc@center.example\r\n",
		strlen("From: csrc@center.example\r\n"));
	*mail = made.octets;
}

static void
request_is_sealed_and_recorded(void **state)
{
	struct world *w = *state;
	struct request_text *r = calloc(2, sizeof(*r));
	struct buffer mail = { 0 }, opened = { 0 };
	struct entity *outer, *inner;
	struct request row;
	struct error e = { 0 };

	give_address(w, "DEVICEA", "mfp@site.example");
	make(w, "DEVICEA", r, &mail);
	outer = parse(w, mail.data, mail.length);
	assert_string_equal(outer->claims.serial, "DEVICEA");
	assert_int_equal(outer->part_count, 1);
	open_part(&outer->parts[0], KEY_A, &opened);
	inner = parse(w, opened.data, opened.length);
	must(request_text_read(inner, &w->rules->settings->limits, &r[1], &e),
		&e);
	assert_string_equal(r[1].claims.email_id, outer->claims.email_id);
	assert_string_equal(r[1].claims.center, "K0001");
	assert_string_equal(r[1].params[0].value, "2026-01-01");
	must(ledger_request(w->store, r[1].claims.email_id, &row, &e), &e);
	assert_string_equal(row.serial, "DEVICEA");
	assert_string_equal(row.command, "counters");
	assert_int_equal(row.expires, r[1].expires);
	entity_free(&inner);
	entity_free(&outer);
	buffer_clear(&opened);
	buffer_clear(&mail);
	free(r);
}

static void
expect_refused(struct world *w, const char *serial, enum error_code code)
{
	struct request_text *r = calloc(1, sizeof(*r));
	struct outgoing_message made;
	struct error e = { 0 };

	strcpy(r->command, "counters");
	claims_take_serial(&r->claims, serial, strlen(serial));
	assert_int_equal(outgoing_request(w->gate, r, 0, true, &made, &e), -1);
	assert_int_equal(e.code, code);
	assert_int_equal(made.octets.length, 0);
	free(r);
}

static int
count_one(const struct request *id, void *arg)
{
	(void)id;
	++*(unsigned int *)arg;
	return 0;
}

static unsigned int
issued(struct world *w)
{
	unsigned int count = 0;
	struct error e = { 0 };

	must(ledger_requests(w->store, count_one, &count, &e), &e);
	return count;
}

static void
request_is_refused(void **state)
{
	struct world *w = *state;

	expect_refused(w, "NOBODY", ERROR_NOT_FOUND);
	expect_refused(w, "DEVICEA", ERROR_NOT_FOUND); /* no address */
	give_address(w, "DEVICED", "d@site.example");
	expect_refused(w, "DEVICED", ERROR_DENIED); /* disabled */
	give_address(w, "DEVICEC", "c@site.example");
	expect_refused(w, "DEVICEC", ERROR_DENIED); /* no key */
	assert_int_equal(issued(w), 0);
}

#define BODY "caf\xc3\xa9 \xff\r\n..\r\n.\r\n\tend without line end"
#define MAIL                                                              \
	"From: boss@center.example\r\nMessage-ID: <1@center.example>\r\n" \
	"Content-Type: text/plain;\r\n charset=utf-8\r\nSubject: x\r\n"   \
	"Content-Transfer-Encoding: 8bit\r\n\r\n" BODY

/* One device as the recipient. */
#define TO(serial) ((const char[1][SERIAL_SIZE]){ serial })

static const char device_a[1][SERIAL_SIZE] = { "DEVICEA" };

static struct outgoing
submission(const char *octets, size_t length)
{
	return (struct outgoing){ .queue_id = "OUT",
		.sender = "csrc@center.example",
		.sender_rewritten = "",
		.trusted = true,
		.serials = device_a,
		.serial_count = 1,
		.recipients = 1,
		.octets = (const unsigned char *)octets,
		.length = length };
}

static void
submitted_mail_is_sealed(void **state)
{
	struct world *w = *state;
	struct outgoing m = submission(MAIL, sizeof(MAIL) - 1);
	static const char mime[] =
		"Content-Type: text/plain;\r\n charset=utf-8\r\n"
		"Content-Transfer-Encoding: 8bit\r\n\r\n" BODY;
	struct buffer whole = { 0 }, opened = { 0 };
	struct entity *outer;
	struct stamp stamp;
	size_t i;

	give_address(w, "DEVICEA", "mfp@site.example");
	outgoing_stamp(w->gate, &m, &stamp);
	assert_int_equal(stamp.kind, OUTGOING_STAMP);
	assert_int_equal(issued(w), 1);
	assert_non_null(strstr(stamp.message_id, stamp.claims.email_id));
	assert_non_null(strstr(stamp.message_id, "@center.example>"));
	for (i = 0; i < COMPOSE_SMIME_FIELDS; i++)
		buffer_format(&whole, "%s: %s\r\n", compose_smime[i].name,
			compose_smime[i].value);
	buffer_text(&whole, "\r\n");
	buffer_append(&whole, stamp.body.data, stamp.body.length);
	outer = parse(w, whole.data, whole.length);
	open_part(&outer->parts[0], KEY_A, &opened);
	assert_true(opened.length > sizeof(mime));
	assert_memory_equal(opened.data + opened.length - sizeof(mime) + 1,
		mime, sizeof(mime) - 1);
	assert_non_null(strstr((char *)opened.data, "CSRC-Email-ID: "));
	entity_free(&outer);
	buffer_clear(&opened);
	buffer_clear(&whole);
	buffer_clear(&stamp.body);
}

/* The center's own words do not come back as the device's answer. */
static void
reflected_mail_is_no_answer(void **state)
{
	struct world *w = *state;
	static const char text[] =
		"Content-Type: application/vnd.csrc.report+json\r\n\r\n"
		"{\"version\":1,\"kind\":\"answer\","
		"\"date\":\"2026-01-01T00:00:00Z\"}\r\n";
	struct outgoing out = submission(text, sizeof(text) - 1);
	char centers[1][CENTER_ID_SIZE] = { "K0001" };
	struct arrival in = { .channel = CHANNEL_MAIL,
		.trace = "BACK",
		.evidence.sender = "",
		.centers = (const char(*)[CENTER_ID_SIZE])centers,
		.center_count = 1 };
	struct buffer whole = { 0 };
	struct verdict v;
	struct stamp stamp;

	give_address(w, "DEVICEA", "mfp@site.example");
	outgoing_stamp(w->gate, &out, &stamp);
	assert_int_equal(stamp.kind, OUTGOING_STAMP);
	buffer_format(&whole, "%s: %s\r\n%s: %s\r\n\r\n", compose_smime[1].name,
		compose_smime[1].value, compose_smime[2].name,
		compose_smime[2].value);
	buffer_append(&whole, stamp.body.data, stamp.body.length);
	in.octets = whole.data;
	in.length = whole.length;
	gate_judge(w->gate, &in, &v);
	assert_int_equal(v.kind, VERDICT_SPOOF);
	assert_int_equal(v.reason, REASON_FOREIGN_EMAIL_ID);
	buffer_clear(&whole);
	buffer_clear(&stamp.body);
}

/* Nor do they where they were sent plain: on paper, or with what looks like a
 * reading in them. */
static void
reflected_plain_mail_is_no_answer(void **state)
{
	struct world *w = *state;
	static const char text[] =
		"Content-Type: application/vnd.csrc.report+json\r\n\r\n"
		"{\"version\":1,\"kind\":\"answer\","
		"\"date\":\"2026-01-01T00:00:00Z\"}\r\n";
	const char *const texts[] = { text, MAIL };
	char centers[1][CENTER_ID_SIZE] = { "K0001" };
	struct arrival in = { .channel = CHANNEL_MAIL,
		.trace = "BACK",
		.evidence.sender = "printer@site.example",
		.centers = (const char(*)[CENTER_ID_SIZE])centers,
		.center_count = 1 };
	struct error e = { 0 };
	size_t i;

	must(registry_key_retire(w->store, "device:DEVICEB",
		     (const unsigned char *)"\xb1", 1, &e),
		&e);
	in.evidence.client.ss_family = AF_INET;
	inet_pton(AF_INET, "192.0.2.9",
		&((struct sockaddr_in *)&in.evidence.client)->sin_addr);
	for (i = 0; i < 2; i++) {
		struct outgoing out = submission(texts[i], strlen(texts[i]));
		struct buffer whole = { 0 };
		struct verdict v;
		struct stamp stamp;

		out.serials = TO("DEVICEB");
		outgoing_stamp(w->gate, &out, &stamp);
		assert_int_equal(stamp.kind, OUTGOING_STAMP);
		must(compose_claims(&whole, &stamp.claims, &e), &e);
		buffer_text(&whole, texts[i]);
		in.octets = whole.data;
		in.length = whole.length;
		gate_judge(w->gate, &in, &v);
		if (v.reason != REASON_FOREIGN_EMAIL_ID)
			fail_msg("%s: %s", reason_name(v.reason), v.text);
		buffer_clear(&whole);
		buffer_clear(&stamp.body);
	}
}

static void
expect_kind(struct world *w, const struct outgoing *m, enum outgoing_kind kind)
{
	struct stamp stamp;

	outgoing_stamp(w->gate, m, &stamp);
	if (stamp.kind != kind)
		fail_msg("%d (%s), not %d", (int)stamp.kind, stamp.text,
			(int)kind);
	buffer_clear(&stamp.body);
}

static void
submissions_are_judged(void **state)
{
	struct world *w = *state;
	const struct outgoing good = submission(MAIL, sizeof(MAIL) - 1);
	struct outgoing m = good;

	give_address(w, "DEVICEA", "mfp@site.example");
	m.recipients = 2;
	expect_kind(w, &m, OUTGOING_REFUSE);
	m = good;
	m.sender = "reports@other.example"; /* nobody's */
	expect_kind(w, &m, OUTGOING_REFUSE);
	m.sender = "csrc@other.example"; /* another center's */
	expect_kind(w, &m, OUTGOING_REFUSE);
	m = good;
	m.trusted = false;
	expect_kind(w, &m, OUTGOING_REFUSE);
	m.sender = "reports@other.example";
	expect_kind(w, &m, OUTGOING_PASS);
	m.claimed = true;
	expect_kind(w, &m, OUTGOING_REFUSE);
	m.too_large = true;
	expect_kind(w, &m, OUTGOING_REFUSE);
	m.trusted = true;
	expect_kind(w, &m, OUTGOING_REFUSE);
	m = good;
	m.serials = TO("DEVICEC");
	expect_kind(w, &m, OUTGOING_REFUSE);
	m.serials = TO("DEVICED");
	expect_kind(w, &m, OUTGOING_REFUSE);
	assert_int_equal(issued(w), 0);
}

/* No key, and none needed: stamped, the body as it is. */
static void
optional_device_gets_it_plain(void **state)
{
	struct world *w = *state;
	struct outgoing m = submission(MAIL, sizeof(MAIL) - 1);
	struct error e = { 0 };
	struct stamp stamp;

	must(registry_key_retire(w->store, "device:DEVICEB",
		     (const unsigned char *)"\xb1", 1, &e),
		&e);
	m.serials = TO("DEVICEB");
	outgoing_stamp(w->gate, &m, &stamp);
	assert_int_equal(stamp.kind, OUTGOING_STAMP);
	assert_int_equal(stamp.body.length, 0);
	assert_int_equal(stamp.claims.email_id_state, CLAIM_PRESENT);
	assert_int_equal(issued(w), 1);
}

static void
expect_text(struct world *w, const struct outgoing *m, const char *text)
{
	struct stamp stamp;

	outgoing_stamp(w->gate, m, &stamp);
	assert_int_equal(stamp.kind, OUTGOING_REFUSE);
	if (strstr(stamp.text, text) == NULL)
		fail_msg("\"%s\", not \"%s\"", stamp.text, text);
}

/* Nothing leaves in clear by the center's own service, whoever the sender. */
static void
service_sends_nothing_in_clear(void **state)
{
	struct world *w = *state;
	static const char *const senders[] = { "", "anna@center.example",
		"csrc+tag@center.example", "csrc",
		"\"csrc+tag\"@center.example", "csrc@sub.center.example",
		"MAILER-DAEMON" };
	struct outgoing m = submission(MAIL, sizeof(MAIL) - 1);
	size_t i;

	for (i = 0; i < sizeof(senders) / sizeof(senders[0]); i++) {
		m.sender = senders[i];
		expect_text(w, &m, "must come from an address of its center");
	}
	/* as the MTA has completed it */
	m.sender = "csrc";
	m.sender_rewritten = "csrc@center.example";
	expect_kind(w, &m, OUTGOING_STAMP);
	use_settings(w, "recipient_delimiter = +=\n");
	m.sender_rewritten = "";
	m.sender = "csrc=a+b@center.example";
	expect_kind(w, &m, OUTGOING_STAMP);
	m.sender = "=csrc@center.example";
	expect_kind(w, &m, OUTGOING_REFUSE);
}

/* Nor from a center's address, however it is written, by anybody. */
static void
center_sends_nothing_in_clear(void **state)
{
	struct world *w = *state;
	static const char *const senders[] = { "CSRC@Center.Example",
		"\"csrc\"@center.example", "\"cs\\rc\"@center.example",
		"@relay.example,@b.example:csrc@center.example",
		"csrc@center.example.", "csrc+tag@center.example",
		"csrc@other.example", "csrc @ center.example" };
	struct outgoing m = submission(MAIL, sizeof(MAIL) - 1);
	size_t i;

	m.trusted = false;
	for (i = 0; i < sizeof(senders) / sizeof(senders[0]); i++) {
		m.sender = senders[i];
		expect_text(w, &m, "submitted to the center's own service");
	}
	m.sender = "csrc";
	expect_kind(w, &m, OUTGOING_PASS);
	m.sender_rewritten = "csrc@center.example";
	expect_kind(w, &m, OUTGOING_REFUSE);
}

static void
expect_authors(struct world *w, const char *authors, enum outgoing_kind kind)
{
	struct outgoing m = submission(MAIL, sizeof(MAIL) - 1);
	struct stamp stamp;

	m.trusted = false;
	m.sender = "x@evil.example";
	m.authors = authors;
	m.authors_length = strlen(authors);
	outgoing_stamp(w->gate, &m, &stamp);
	if (stamp.kind != kind)
		fail_msg("%s: %d (%s)", authors, (int)stamp.kind, stamp.text);
}

static void
authors_are_found(void **state)
{
	struct world *w = *state;
	static const char *const ours[] = { "csrc@center.example",
		" The Center <csrc@center.example>\n",
		"x@y.example, \"a, b\" <CSRC@CENTER.EXAMPLE>",
		"Team: x@y.example, csrc@center.example;",
		"csrc (it is us) @ center . example",
		"csrc@(a (nested \\) one))center.example",
		"\"csrc\"@center.example",
		"\"cs\".rc@x, csrc@\r\n center.example",
		"<@a.example,@b.example:csrc@center.example>",
		"csrc+tag@center.example", "csrc@center.example.",
		"(unclosed csrc@center.example",
		"\"unclosed csrc@center.example", "cs\\rc@center.example",
		"\"csrc@center.example\" <x@y.example>",
		"x@y.example\nsomebody\ncsrc@other.example\n" };
	static const char *const others[] = { "", "\n", "x@y.example", "csrc",
		"center.example", "@center.example", "csrc@", "csrc@center",
		"xcsrc@center.example", "csrc@center.example.evil.example",
		"csrc at center.example", "csrc@[192.0.2.1", "\"@\"@", "(((" };
	char many[2000] = "";
	size_t i;

	for (i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
		expect_authors(w, ours[i], OUTGOING_REFUSE);
	for (i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		expect_authors(w, others[i], OUTGOING_PASS);
	for (i = 0; i < 100; i++)
		strcat(many, "a@b.example ");
	expect_authors(w, many, OUTGOING_PASS);
	strcat(many, "a@b.example ");
	expect_authors(w, many, OUTGOING_REFUSE);
}

/* One of several devices is enough, wherever it stands. */
static void
every_device_counts(void **state)
{
	struct world *w = *state;
	const char serials[2][SERIAL_SIZE] = { "DEVICEB", "DEVICEA" };
	struct outgoing m = submission(MAIL, sizeof(MAIL) - 1);

	m.trusted = false;
	m.serials = serials;
	m.serial_count = m.recipients = 2;
	expect_kind(w, &m, OUTGOING_REFUSE);
	m.serial_count = 1;
	expect_kind(w, &m, OUTGOING_PASS);
	m.authors_cut = true;
	m.serials = device_a;
	expect_kind(w, &m, OUTGOING_REFUSE);
	m.sender = "x@evil.example";
	expect_kind(w, &m, OUTGOING_REFUSE);
	m.authors_cut = false;
	expect_kind(w, &m, OUTGOING_PASS);
	m.serials = TO("NOBODY");
	expect_kind(w, &m, OUTGOING_PASS);
	m.sender = "csrc@center.example";
	expect_kind(w, &m, OUTGOING_REFUSE);
}

/* What cannot be known is our trouble, and nobody's to profit from. */
static void
unknown_submitter_waits(void **state)
{
	struct world *w = *state;
	struct outgoing m = submission(MAIL, sizeof(MAIL) - 1);

	m.trusted = false;
	m.unknown = "the MTA says nothing";
	expect_kind(w, &m, OUTGOING_TROUBLE);
	m.sender = "x@evil.example";
	expect_kind(w, &m, OUTGOING_TROUBLE);
	m.serials = TO("DEVICEB");
	expect_kind(w, &m, OUTGOING_TROUBLE);
	m.beside_center = true;
	expect_kind(w, &m, OUTGOING_DELETE);
	m.claimed = m.trusted = true;
	expect_kind(w, &m, OUTGOING_DELETE);
}

/* To who may have it plain the service sends with an Email-ID all the same. */
static void
service_stamps_for_optional(void **state)
{
	struct world *w = *state;
	struct outgoing m = submission(MAIL, sizeof(MAIL) - 1);
	struct stamp stamp;

	m.serials = TO("DEVICEB");
	m.sender = "";
	outgoing_stamp(w->gate, &m, &stamp);
	assert_int_equal(stamp.kind, OUTGOING_STAMP);
	assert_string_equal(stamp.claims.center, "K0001");
	assert_non_null(strstr(stamp.message_id, "@center.example>"));
	buffer_clear(&stamp.body);
	m.sender = "anna@center.example";
	expect_kind(w, &m, OUTGOING_STAMP);
	m.sender = "csrc@other.example";
	expect_kind(w, &m, OUTGOING_REFUSE);
	assert_int_equal(issued(w), 2);
}

static char *
log_of(struct world *w, const struct outgoing *m)
{
	static char text[4096];
	char path[128];
	struct error e = { 0 };
	FILE *f;

	snprintf(path, sizeof(path), "%s/log", w->directory);
	must(log_open(path, LEVEL_INFO, &e), &e);
	expect_kind(w, m, OUTGOING_PASS);
	must(log_open("stderr", LEVEL_INFO, &e), &e);
	f = fopen(path, "r");
	assert_non_null(f);
	text[fread(text, 1, sizeof(text) - 1, f)] = '\0';
	fclose(f);
	return text;
}

/* Also of what passes; and a sender is one word. */
static void
every_device_has_its_line(void **state)
{
	struct world *w = *state;
	const char serials[2][SERIAL_SIZE] = { "DEVICEB", "DEVICEA" };
	struct outgoing m = submission(MAIL, sizeof(MAIL) - 1);
	const char *text;

	m.trusted = false;
	m.serials = serials;
	m.serial_count = m.recipients = 2;
	m.sender = "\"x outgoing=stamped (\\\" 100%\"@evil.example";
	text = log_of(w, &m);
	assert_non_null(strstr(text, "OUT: outgoing=passed serial=DEVICEB "));
	assert_non_null(strstr(text, "OUT: outgoing=passed serial=DEVICEA "));
	assert_non_null(strstr(text,
		"sender=%22x%20outgoing=stamped%20%28%5c%22%20100%25%22"
		"@evil.example\n"));
	m.sender = "";
	text = log_of(w, &m);
	assert_non_null(strstr(text, " sender=<>\n"));
}

static void
give_channel(struct world *w, const char *serial, enum device_channel channel)
{
	struct device d;
	struct error e = { 0 };

	must(registry_device_get(w->store, serial, &d, &e), &e);
	d.channel = channel;
	must(registry_device_update(w->store, serial, becomes, &d, &e), &e);
}

/* Is this the request of r, sealed for the device, and no more than that? */
static void
is_message(struct world *w, const struct request_text *r,
	const struct buffer *message)
{
	struct entity *outer = parse(w, message->data, message->length), *inner;
	struct request_text *read = calloc(1, sizeof(*read));
	struct buffer opened = { 0 };
	struct error e = { 0 };

	assert_null(strstr((char *)message->data, "From:"));
	assert_null(strstr((char *)message->data, "To:"));
	assert_string_equal(outer->claims.email_id, r->claims.email_id);
	open_part(&outer->parts[0], KEY_A, &opened);
	inner = parse(w, opened.data, opened.length);
	must(request_text_read(inner, &w->rules->settings->limits, read, &e),
		&e);
	assert_string_equal(read->claims.email_id, r->claims.email_id);
	entity_free(&inner);
	entity_free(&outer);
	buffer_clear(&opened);
	free(read);
}

/* A device that has no address need have none; a mail is made of it later. */
static void
waits_for_its_channel(void **state)
{
	struct world *w = *state;
	struct request_text *r = calloc(1, sizeof(*r));
	struct outgoing_message made;
	struct buffer message = { 0 };
	struct outgoing m;
	struct pending p;
	struct error e = { 0 };

	give_channel(w, "DEVICEA", BY_WEBDAV);
	strcpy(r->command, "counters");
	claims_take_serial(&r->claims, "DEVICEA", 7);
	must(outgoing_request(w->gate, r, 3600, true, &made, &e), &e);
	assert_true(made.waits);
	assert_int_equal(made.channel, BY_WEBDAV);
	assert_int_equal(made.octets.length, 0);
	must(pending_fetch(
		     w->store, r->claims.email_id, NULL, "", &p, &message, &e),
		&e);
	assert_true(p.sealed);
	is_message(w, r, &message);
	buffer_clear(&message);
	assert_int_equal(
		outgoing_waiting(w->gate, r->claims.email_id, &made, &e), -1);
	assert_int_equal(e.code, ERROR_NOT_FOUND);
	give_channel(w, "DEVICEA", BY_MAIL);
	give_address(w, "DEVICEA", "mfp@site.example");
	must(outgoing_waiting(w->gate, r->claims.email_id, &made, &e), &e);
	assert_string_equal(made.to, "mfp@site.example");
	m = submission((char *)made.octets.data, made.octets.length);
	m.claimed = true;
	expect_kind(w, &m, OUTGOING_PASS);
	buffer_clear(&made.octets);
	free(r);
}

/* Not asked to wait, it is only made; and no more may wait than there may. */
static void
waits_where_it_is_asked_to(void **state)
{
	struct world *w = *state;
	struct request_text *r = calloc(1, sizeof(*r));
	struct outgoing_message made;
	struct error e = { 0 };

	give_channel(w, "DEVICEA", BY_LINE);
	for (int i = 0; i <= PENDING_MAX; i++) {
		memset(r, 0, sizeof(*r));
		strcpy(r->command, "counters");
		claims_take_serial(&r->claims, "DEVICEA", 7);
		must(outgoing_request(w->gate, r, 3600, i > 0, &made, &e), &e);
		assert_int_equal(made.waits, i > 0);
		if (i == 0)
			is_message(w, r, &made.octets);
		buffer_clear(&made.octets);
	}
	memset(&r->claims, 0, sizeof(r->claims));
	claims_take_serial(&r->claims, "DEVICEA", 7);
	assert_int_equal(
		outgoing_request(w->gate, r, 3600, true, &made, &e), -1);
	assert_int_equal(e.code, ERROR_LIMIT);
	free(r);
}

/* What outgoing_request made passes as it is, whoever brings it; not if
 * altered. */
static void
finished_mail_passes(void **state)
{
	struct world *w = *state;
	struct request_text *r = calloc(1, sizeof(*r));
	struct buffer mail = { 0 };
	struct outgoing m;
	struct error e = { 0 };
	char *id;

	give_address(w, "DEVICEA", "mfp@site.example");
	make(w, "DEVICEA", r, &mail);
	m = submission((char *)mail.data, mail.length);
	m.claimed = true;
	expect_kind(w, &m, OUTGOING_PASS);
	m.trusted = false;
	expect_kind(w, &m, OUTGOING_PASS);
	m.serials = TO("DEVICEB");
	expect_kind(w, &m, OUTGOING_REFUSE);
	m.serials = TO("DEVICEA");
	m.recipients = 2;
	expect_kind(w, &m, OUTGOING_REFUSE);
	m.recipients = 1;
	must(ledger_cancel(w->store, r->claims.email_id, time(NULL), &e), &e);
	expect_kind(w, &m, OUTGOING_REFUSE);
	buffer_clear(&mail);
	make(w, "DEVICEA", r, &mail);
	m.octets = mail.data;
	m.length = mail.length;
	expect_kind(w, &m, OUTGOING_PASS);
	id = strstr((char *)mail.data, "CSRC-Email-ID: ") + 15;
	id[3] = id[3] == 'a' ? 'b' : 'a';
	expect_kind(w, &m, OUTGOING_REFUSE);
	buffer_clear(&mail);
	/* the same for a device that takes it plain */
	must(registry_key_retire(w->store, "device:DEVICEB",
		     (const unsigned char *)"\xb1", 1, &e),
		&e);
	give_address(w, "DEVICEA", "");
	give_address(w, "DEVICEB", "mfp@site.example");
	make(w, "DEVICEB", r, &mail);
	m = submission((char *)mail.data, mail.length);
	m.claimed = true;
	m.trusted = false;
	m.serials = TO("DEVICEB");
	expect_kind(w, &m, OUTGOING_PASS);
	mail.data[mail.length - 4] ^= 1;
	expect_kind(w, &m, OUTGOING_REFUSE);
	buffer_clear(&mail);
	free(r);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, world_make, world_remove)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(request_is_sealed_and_recorded),
		TEST(request_is_refused),
		TEST(submitted_mail_is_sealed),
		TEST(reflected_mail_is_no_answer),
		TEST(reflected_plain_mail_is_no_answer),
		TEST(submissions_are_judged),
		TEST(optional_device_gets_it_plain),
		TEST(waits_for_its_channel),
		TEST(waits_where_it_is_asked_to),
		TEST(finished_mail_passes),
		TEST(service_sends_nothing_in_clear),
		TEST(center_sends_nothing_in_clear),
		TEST(authors_are_found),
		TEST(every_device_counts),
		TEST(unknown_submitter_waits),
		TEST(service_stamps_for_optional),
		TEST(every_device_has_its_line),
	};

	return cmocka_run_group_tests_name(
		"outgoing", tests, world_begin, NULL);
}

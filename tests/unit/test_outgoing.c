/*
 * The center's own mail: requests made here, and mail that people submit to a
 * device. What comes out is opened again as the device would.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/text.h"
#include "gate/issue.h"
#include "gate/request.h"
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
	struct seal *seal;
	struct error e = { 0 };

	must(seal_read(part->data, part->length, &seal, &e), &e);
	must(seal_open(seal, key, (size_t)length, out, &e), &e);
	seal_free(&seal);
}

static void
make(struct world *w, const char *serial, struct request *r,
	struct buffer *mail)
{
	char to[ADDRESS_SIZE];
	struct error e = { 0 };

	memset(r, 0, sizeof(*r));
	strcpy(r->command, "counters");
	claims_take_serial(&r->claims, serial, strlen(serial));
	must(request_add(r, "since", "2026-01-01", &e), &e);
	must(gate_request(w->gate, r, 3600, mail, to, &e), &e);
	assert_string_equal(to, "mfp@site.example");
}

static void
request_is_sealed_and_recorded(void **state)
{
	struct world *w = *state;
	struct request *r = calloc(2, sizeof(*r));
	struct buffer mail = { 0 }, opened = { 0 };
	struct entity *outer, *inner;
	struct email_id row;
	struct error e = { 0 };

	give_address(w, "DEVICEA", "mfp@site.example");
	make(w, "DEVICEA", r, &mail);
	outer = parse(w, mail.data, mail.length);
	assert_string_equal(outer->claims.serial, "DEVICEA");
	assert_int_equal(outer->part_count, 1);
	open_part(&outer->parts[0], KEY_A, &opened);
	inner = parse(w, opened.data, opened.length);
	must(request_read(inner, &w->rules->settings->limits, &r[1], &e), &e);
	assert_string_equal(r[1].claims.email_id, outer->claims.email_id);
	assert_string_equal(r[1].claims.center, "K0001");
	assert_string_equal(r[1].params[0].value, "2026-01-01");
	must(ledger_email_id(w->store, r[1].claims.email_id, &row, &e), &e);
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
	struct request *r = calloc(1, sizeof(*r));
	struct buffer mail = { 0 };
	char to[ADDRESS_SIZE];
	struct error e = { 0 };

	strcpy(r->command, "counters");
	claims_take_serial(&r->claims, serial, strlen(serial));
	assert_int_equal(gate_request(w->gate, r, 0, &mail, to, &e), -1);
	assert_int_equal(e.code, code);
	assert_int_equal(mail.length, 0);
	free(r);
}

static int
count_one(const struct email_id *id, void *arg)
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

	must(ledger_email_ids(w->store, count_one, &count, &e), &e);
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

static struct outgoing
submission(const char *octets, size_t length)
{
	return (struct outgoing){ .queue_id = "OUT",
		.sender = "csrc@center.example",
		.trusted = true,
		.serial = "DEVICEA",
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
	gate_outgoing(w->gate, &m, &stamp);
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
	struct mail in = { .queue_id = "BACK",
		.sender = "",
		.centers = (const char(*)[CENTER_ID_SIZE])centers,
		.center_count = 1 };
	struct buffer whole = { 0 };
	struct verdict v;
	struct stamp stamp;

	give_address(w, "DEVICEA", "mfp@site.example");
	gate_outgoing(w->gate, &out, &stamp);
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

static void
expect_kind(struct world *w, const struct outgoing *m, enum outgoing_kind kind)
{
	struct stamp stamp;

	gate_outgoing(w->gate, m, &stamp);
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
	expect_kind(w, &m, OUTGOING_PASS);
	m.sender = "csrc@other.example"; /* another center's */
	expect_kind(w, &m, OUTGOING_REFUSE);
	m = good;
	m.trusted = false;
	expect_kind(w, &m, OUTGOING_PASS);
	m.claimed = true;
	expect_kind(w, &m, OUTGOING_REFUSE);
	m.too_large = true;
	expect_kind(w, &m, OUTGOING_REFUSE);
	m.trusted = true;
	expect_kind(w, &m, OUTGOING_REFUSE);
	m = good;
	m.serial = "DEVICEC";
	expect_kind(w, &m, OUTGOING_REFUSE);
	m.serial = "DEVICED";
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
	m.serial = "DEVICEB";
	gate_outgoing(w->gate, &m, &stamp);
	assert_int_equal(stamp.kind, OUTGOING_STAMP);
	assert_int_equal(stamp.body.length, 0);
	assert_int_equal(stamp.claims.email_id_state, CLAIM_PRESENT);
	assert_int_equal(issued(w), 1);
}

/* What gate_request made passes as it is, whoever brings it; not if altered. */
static void
finished_mail_passes(void **state)
{
	struct world *w = *state;
	struct request *r = calloc(1, sizeof(*r));
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
	m.serial = "DEVICEB";
	expect_kind(w, &m, OUTGOING_REFUSE);
	m.serial = "DEVICEA";
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
	m.serial = "DEVICEB";
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
		TEST(submissions_are_judged),
		TEST(optional_device_gets_it_plain),
		TEST(finished_mail_passes),
	};

	return cmocka_run_group_tests_name(
		"outgoing", tests, world_begin, NULL);
}

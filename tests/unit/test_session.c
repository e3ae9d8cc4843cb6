/*
 * A session's other end is a socket here: what is sent is counted, and what
 * comes is not what was asked for.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "agent/datagram.h"
#include "agent/poll.h"
#include "agent/security.h"
#include "agent/session.h"

static struct credentials v2c = { .version = SNMP_V2C, .community = "public" };
static struct credentials v3 = { .version = SNMP_V3,
	.user = "user",
	.auth = AUTH_SHA256,
	.priv = PRIV_AES128,
	.auth_passphrase = "auth-passphrase",
	.priv_passphrase = "priv-passphrase" };
static const struct engine_id engine = { "abcdefgh", 8 };

struct rig {
	int ends[2]; /* ours, the printer's */
	struct session *session;
	struct poll_traffic traffic;
};

static void
set_up(struct rig *rig, const struct credentials *c)
{
	struct error e;

	memset(rig, 0, sizeof(*rig));
	assert_int_equal(
		socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, rig->ends),
		0);
	assert_int_equal(session_open(rig->ends[0], c, &engine, 0,
				 &rig->traffic, &rig->session, &e),
		0);
}

static void
tear_down(struct rig *rig)
{
	session_close(&rig->session);
	close(rig->ends[0]);
	close(rig->ends[1]);
}

/* Asks; what is sent, its length. */
static size_t
ask(struct rig *rig, unsigned char *octets, size_t size, uint32_t tag)
{
	struct question question = { .kind = QUESTION_GET, .count = 1 };
	struct error e;
	ssize_t length;

	assert_true(oid_read("1.3.6.1.2.1.1.2.0", &question.objects[0]));
	assert_int_equal(session_ask(rig->session, &question, tag, &e), 0);
	length = recv(rig->ends[1], octets, size, 0);
	assert_true(length > 0);
	return (size_t)length;
}

static struct session_event
hear(struct rig *rig, const void *octets, size_t length)
{
	struct session_event event;

	assert_int_equal(
		send(rig->ends[1], octets, length, 0), (ssize_t)length);
	session_read(rig->session, &event);
	return event;
}

static void
assert_nothing_sent(struct rig *rig)
{
	unsigned char octet;

	assert_int_equal(recv(rig->ends[1], &octet, 1, 0), -1);
}

/* Where the PDU's tag stands in what v2c sends for "public". */
enum { PDU = 2 + 3 + 8, ID = PDU + 2 + 2 };

static void
answers_have_their_tag(void **state)
{
	unsigned char octets[512];
	struct session_event event;
	struct answer row;
	struct rig rig;
	size_t length;

	(void)state;
	set_up(&rig, &v2c);
	length = ask(&rig, octets, sizeof(octets), 77);
	assert_int_equal(octets[PDU], 0xa0);
	octets[PDU] = 0xa2;
	event = hear(&rig, octets, length);
	assert_int_equal(event.kind, EVENT_RESPONSE);
	assert_int_equal(event.tag, 77);
	assert_int_equal(event.status, 0);
	assert_true(session_event_row(&event, &row));
	assert_int_equal(row.kind, ANSWER_OTHER); /* a NULL */
	assert_int_equal(row.oid.count, 9);
	assert_false(session_event_row(&event, &row));
	session_event_clear(&event);
	/* the same again is an answer to nothing */
	event = hear(&rig, octets, length);
	assert_int_equal(event.kind, EVENT_STRANGE);
	assert_int_equal(rig.traffic.sent, 1);
	assert_int_equal(rig.traffic.received, 2);
	session_read(rig.session, &event);
	assert_int_equal(event.kind, EVENT_NOTHING);
	tear_down(&rig);
}

static void
wrong_ids(void **state)
{
	unsigned char octets[512];
	struct session_event event;
	struct rig rig;
	size_t length;

	(void)state;
	set_up(&rig, &v2c);
	length = ask(&rig, octets, sizeof(octets), 1);
	octets[PDU] = 0xa2;
	octets[ID + 1] ^= 1;
	event = hear(&rig, octets, length);
	assert_int_equal(event.kind, EVENT_STRANGE);
	octets[ID + 1] ^= 1;
	octets[4] = 0; /* v1's answer to v2c's question */
	event = hear(&rig, octets, length);
	assert_int_equal(event.kind, EVENT_STRANGE);
	octets[4] = 1;
	for (size_t cut = 0; cut < length; cut++) {
		event = hear(&rig, octets, cut);
		assert_int_equal(event.kind, EVENT_STRANGE);
	}
	event = hear(&rig, octets, length);
	assert_int_equal(event.kind, EVENT_RESPONSE);
	session_event_clear(&event);
	tear_down(&rig);
}

/* A printer has nothing to ask: no question, trap or inform gets an answer. */
static void
questions_are_not_answered(void **state)
{
	static const unsigned char kinds[] = { 0xa0, 0xa1, 0xa3, 0xa4, 0xa5,
		0xa6, 0xa7, 0xa8 };
	unsigned char octets[DATAGRAM_SIZE];
	struct session_event event;
	struct rig rig;
	struct error e;
	size_t length;

	(void)state;
	set_up(&rig, &v2c);
	length = ask(&rig, octets, sizeof(octets), 1);
	for (size_t i = 0; i < sizeof(kinds); i++) {
		octets[PDU] = kinds[i];
		event = hear(&rig, octets, length);
		assert_int_equal(event.kind, EVENT_STRANGE);
		assert_nothing_sent(&rig);
	}
	tear_down(&rig);
	assert_int_equal(credentials_ready(&v3, &e), 0);
	set_up(&rig, &v3);
	/* who looks for our engine does not find it */
	length = (size_t)datagram_make(&v3, DATAGRAM_IDS, octets, &e);
	event = hear(&rig, octets, length);
	assert_int_equal(event.kind, EVENT_STRANGE);
	assert_nothing_sent(&rig);
	tear_down(&rig);
}

/* What a printer says of its engine in clear: a report (RFC 3414) of
 * usmStats.number, for nobody, with 7 restarts and 99 seconds. */
enum { REPORT_ID = 9, REPORT_ENGINE = 29, REPORT_PDU = 63, REPORT_NUMBER = 88 };

static size_t
report(unsigned char *octets, uint32_t id, unsigned char number,
	const char *who)
{
	static const unsigned char form[] = { 0x30, 0x5b, 0x02, 0x01, 0x03,
		0x30, 0x10, 0x02, 0x04, 0x00, 0x00, 0x00, 0x00, 0x02, 0x02,
		0x7f, 0xff, 0x04, 0x01, 0x00, 0x02, 0x01, 0x03, 0x04, 0x18,
		0x30, 0x16, 0x04, 0x08, 0x61, 0x62, 0x63, 0x64, 0x65, 0x66,
		0x67, 0x68, 0x02, 0x01, 0x07, 0x02, 0x01, 0x63, 0x04, 0x00,
		0x04, 0x00, 0x04, 0x00, 0x30, 0x2a, 0x04, 0x08, 0x61, 0x62,
		0x63, 0x64, 0x65, 0x66, 0x67, 0x68, 0x04, 0x00, 0xa8, 0x1c,
		0x02, 0x01, 0x00, 0x02, 0x01, 0x00, 0x02, 0x01, 0x00, 0x30,
		0x11, 0x30, 0x0f, 0x06, 0x0a, 0x2b, 0x06, 0x01, 0x06, 0x03,
		0x0f, 0x01, 0x01, 0x00, 0x00, 0x41, 0x01, 0x01 };

	memcpy(octets, form, sizeof(form));
	for (int i = 0; i < 4; i++)
		octets[REPORT_ID + i] = (unsigned char)(id >> (24 - 8 * i));
	memcpy(octets + REPORT_ENGINE, who, 8);
	octets[REPORT_NUMBER] = number;
	return sizeof(form);
}

static uint32_t
message_id(const unsigned char *octets)
{
	uint32_t id = 0;

	/* 30 82 .. .. 02 01 03 30 .. 02 04 */
	const size_t at = octets[1] == 0x82 ? 11 : octets[1] == 0x81 ? 10 : 9;

	assert_int_equal(octets[at - 1], 4);
	for (size_t i = 0; i < 4; i++)
		id = id << 8 | octets[at + i];
	return id;
}

static void
discovered(void **state)
{
	unsigned char octets[256];
	struct datagram answer;
	size_t length = report(octets, DATAGRAM_IDS + 5, 4, "ABCDEFGH");

	(void)state;
	assert_true(datagram_read(SNMP_V3, octets, length, &answer));
	assert_int_equal(answer.id, DATAGRAM_IDS + 5);
	assert_int_equal(answer.engine.length, 8);
	assert_memory_equal(answer.engine.octets, "ABCDEFGH", 8);
	assert_int_equal(answer.boots, 7);
	assert_int_equal(answer.time, 99);
	assert_false(datagram_read(SNMP_V2C, octets, length, &answer));
	for (size_t cut = 0; cut < length; cut++) {
		report(octets, DATAGRAM_IDS + 5, 4, "ABCDEFGH");
		assert_false(datagram_read(SNMP_V3, octets, cut, &answer));
	}
}

static void
reports(void **state)
{
	unsigned char sent[512], octets[256];
	struct session_event event;
	struct rig rig;
	struct error e;
	uint32_t id;
	size_t length;

	(void)state;
	assert_int_equal(credentials_ready(&v3, &e), 0);
	assert_int_equal(security_enter(&v3, &engine, &e), 0);
	set_up(&rig, &v3);
	ask(&rig, sent, sizeof(sent), 1);
	id = message_id(sent);
	length = report(octets, id + 1, 4, "ABCDEFGH"); /* of no question */
	event = hear(&rig, octets, length);
	assert_int_equal(event.kind, EVENT_STRANGE);
	report(octets, id, 2, "abcdefgh"); /* the time, in clear */
	event = hear(&rig, octets, length);
	assert_int_equal(event.kind, EVENT_STRANGE);
	assert_nothing_sent(&rig);
	report(octets, id, 4, "abcdefgh"); /* it is not who it is */
	event = hear(&rig, octets, length);
	assert_int_equal(event.kind, EVENT_STRANGE);
	report(octets, id, 4, "ABCDEFGH");
	event = hear(&rig, octets, length);
	assert_int_equal(event.kind, EVENT_ENGINE);
	assert_memory_equal(event.engine.octets, "ABCDEFGH", 8);
	report(octets, id, 3, "abcdefgh");
	event = hear(&rig, octets, length);
	assert_int_equal(event.kind, EVENT_REFUSED);
	assert_nothing_sent(&rig);
	tear_down(&rig);
	security_leave(&v3, &engine);
}

/* One that has no proof is no answer to a question of one who wants it. */
static void
no_weaker_answer(void **state)
{
	unsigned char sent[512], octets[256];
	struct session_event event;
	struct rig rig;
	struct error e;
	size_t length;

	(void)state;
	assert_int_equal(credentials_ready(&v3, &e), 0);
	assert_int_equal(security_enter(&v3, &engine, &e), 0);
	set_up(&rig, &v3);
	ask(&rig, sent, sizeof(sent), 1);
	length = report(octets, message_id(sent), 3, "abcdefgh");
	octets[REPORT_PDU] = 0xa2; /* a Response */
	event = hear(&rig, octets, length);
	assert_int_equal(event.kind, EVENT_STRANGE);
	tear_down(&rig);
	security_leave(&v3, &engine);
}

/* Who listens on the way learns neither what is asked nor any passphrase. */
static void
nothing_in_clear(void **state)
{
	static const unsigned char object[] = { 0x2b, 6, 1, 2, 1, 1, 2, 0 };
	unsigned char sent[512];
	struct rig rig;
	struct error e;
	size_t length;

	(void)state;
	set_up(&rig, &v2c);
	length = ask(&rig, sent, sizeof(sent), 1);
	assert_non_null(memmem(sent, length, object, sizeof(object)));
	assert_non_null(memmem(sent, length, "public", 6));
	tear_down(&rig);
	assert_int_equal(credentials_ready(&v3, &e), 0);
	assert_int_equal(security_enter(&v3, &engine, &e), 0);
	set_up(&rig, &v3);
	length = ask(&rig, sent, sizeof(sent), 1);
	assert_null(memmem(sent, length, object, sizeof(object)));
	assert_null(memmem(sent, length, "passphrase", 10));
	tear_down(&rig);
	security_leave(&v3, &engine);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers_have_their_tag),
		cmocka_unit_test(wrong_ids),
		cmocka_unit_test(questions_are_not_answered),
		cmocka_unit_test(discovered),
		cmocka_unit_test(reports),
		cmocka_unit_test(no_weaker_answer),
		cmocka_unit_test(nothing_in_clear),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

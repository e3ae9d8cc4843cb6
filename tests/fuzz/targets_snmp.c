/*
 * What a printer sends over SNMP, as it comes to the agent: its datagrams read
 * by net-snmp under the agent's session, and their rows held against what was
 * asked.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "agent/datagram.h"
#include "agent/inquiry.h"
#include "agent/poll.h"
#include "agent/security.h"
#include "agent/session.h"
#include "tests/fuzz/targets.h"

enum {
	CHUNKS = 32,
	DATAGRAM = 4096,
	RAW = 0x80, /* of a chunk's first octet: it is a datagram as it is */
	TAG_SHIFT = 8
};

static void
must(int condition)
{
	if (!condition)
		abort();
}

/* A message is put together from its end. */
struct message {
	unsigned char octets[DATAGRAM + 256];
	size_t at;
};

static void
put(struct message *m, const void *octets, size_t length)
{
	m->at -= length;
	memcpy(m->octets + m->at, octets, length);
}

static void
put_head(struct message *m, unsigned char tag, size_t end)
{
	const size_t length = end - m->at;
	const unsigned char head[] = { tag, 0x82, (unsigned char)(length >> 8),
		(unsigned char)length };

	put(m, head, sizeof(head));
}

static void
put_text(struct message *m, const char *text)
{
	const size_t end = m->at;

	put(m, text, strlen(text));
	put_head(m, 0x04, end);
}

static void
put_number(struct message *m, uint32_t number)
{
	const unsigned char one[] = { 0x02, 0x04, (unsigned char)(number >> 24),
		(unsigned char)(number >> 16), (unsigned char)(number >> 8),
		(unsigned char)number };

	put(m, one, sizeof(one));
}

#define ENGINE "an-engine"

static const struct engine_id engine = { ENGINE, sizeof(ENGINE) - 1 };
static const struct credentials credentials[] = {
	{ .version = SNMP_V1, .community = "public" },
	{ .version = SNMP_V2C, .community = "public" },
	{ .version = SNMP_V3, .user = "user" },
};

/* The ids in what the agent sent, and which question of ours it was. */
struct asked {
	uint32_t message, request, number;
};

/* Where what is in a value begins; how long it is; where the next one is. */
static size_t
into(const unsigned char *octets, size_t at)
{
	return at + (octets[at + 1] < 0x80 ? 2 : 2 + (octets[at + 1] & 0x7f));
}

static size_t
length_of(const unsigned char *octets, size_t at)
{
	size_t length = octets[at + 1], count = length & 0x7f;

	if (length < 0x80)
		return length;
	for (length = 0; count > 0; count--)
		length = length << 8 |
			octets[at + 2 + (octets[at + 1] & 0x7f) - count];
	return length;
}

static size_t
behind(const unsigned char *octets, size_t at)
{
	return into(octets, at) + length_of(octets, at);
}

static uint32_t
number_at(const unsigned char *octets, size_t at)
{
	uint32_t number = 0;

	for (size_t i = into(octets, at); i < behind(octets, at); i++)
		number = number << 8 | octets[i];
	return number;
}

static void
read_ids(const unsigned char *octets, enum snmp_version version,
	struct asked *asked)
{
	size_t at = behind(octets, into(octets, 0)); /* the version */

	if (version == SNMP_V3) {
		asked->message = number_at(octets, into(octets, at));
		at = behind(octets, behind(octets, at)); /* security */
		at = into(octets, at);
		at = behind(octets, at); /* engine, context */
	}
	at = behind(octets, at);
	asked->request = number_at(octets, into(octets, at));
}

/* kind: of the PDU. */
static void
envelop(struct message *m, enum snmp_version version, const struct asked *asked,
	unsigned char kind, const uint8_t *data, size_t size)
{
	const size_t end = sizeof(m->octets);
	size_t inner;

	m->at = end;
	put(m, data, size);
	put_number(m, asked->request);
	put_head(m, kind, end);
	if (version != SNMP_V3) {
		put_text(m, "public");
	} else {
		put_text(m, "");
		put_text(m, ENGINE);
		put_head(m, 0x30, end);
		inner = m->at;
		put_text(m, "");
		put_text(m, "");
		put_text(m, kind == 0xa8 ? "" : "user");
		put_number(m, 7);
		put_number(m, 7);
		put_text(m, ENGINE);
		put_head(m, 0x30, inner);
		put_head(m, 0x04, inner);
		inner = m->at;
		put_number(m, 3);
		put(m, "\x04\x01\x00", 3);
		put_number(m, 65507);
		put_number(m, asked->message);
		put_head(m, 0x30, inner);
	}
	put(m,
		version == SNMP_V3            ? "\x02\x01\x03"
			: version == SNMP_V2C ? "\x02\x01\x01"
					      : "\x02\x01\x00",
		3);
	put_head(m, 0x30, end);
}

static bool
next_row(void *event, struct answer *row_r)
{
	const bool more = session_event_row(event, row_r);

	must(!more || row_r->oid.count <= OID_MAX);
	must(!more || row_r->length == 0 || row_r->text != NULL);
	return more;
}

/* Whether it goes on. */
static bool
handle(struct inquiry *inquiry, struct session_event *event, uint32_t number)
{
	const struct response response = { .status = event->status,
		.index = event->index,
		.row = next_row,
		.arg = event };
	struct error e = { 0 };
	enum inquiry_verdict verdict;

	if (event->kind != EVENT_RESPONSE)
		return event->kind == EVENT_NOTHING ||
			event->kind == EVENT_STRANGE;
	if (event->tag >> TAG_SHIFT != number)
		return true;
	verdict = inquiry_take(inquiry, event->tag & 0xff, &response, &e);
	must(verdict != INQUIRY_TROUBLE);
	must(answers_count(inquiry->answers) <= ANSWERS_MAX);
	must(verdict == INQUIRY_GOES_ON || e.text[0] != '\0');
	return verdict == INQUIRY_GOES_ON;
}

static void
check_rows(const struct answers *answers)
{
	struct answer before = { .oid.count = 0 }, row;

	for (size_t i = 0; answers_at(answers, i, &row); i++) {
		must(i == 0 || oid_compare(&before.oid, &row.oid) < 0);
		before = row;
	}
}

static void
begin(struct inquiry *inquiry, enum snmp_version version)
{
	static const char *const gets[] = { "1.3.6.1.2.1.1.1.0",
		"1.3.6.1.2.1.1.2.0", "1.3.6.1.2.1.43.5.1.1.17.1" };
	struct queries queries = { .count = 0 };
	struct oid oid;
	struct error e;

	for (size_t i = 0; i < 3; i++)
		must(oid_read(gets[i], &oid) &&
			queries_add(&queries, &oid, false));
	must(oid_read("1.3.6.1.2.1.43", &oid) &&
		queries_add(&queries, &oid, true));
	must(inquiry_begin(inquiry, version != SNMP_V1, 10, 4, &e) == 0);
	must(inquiry_round(inquiry, &queries, &e) == 0);
}

static bool
ask(struct session *session, const struct inquiry *inquiry, int far,
	enum snmp_version version, struct asked *asked)
{
	unsigned char octets[DATAGRAM];
	struct question question;
	struct error e;

	if (!inquiry_question(inquiry, &question))
		return false;
	asked->number++;
	must(session_ask(session, &question,
		     asked->number << TAG_SHIFT | (uint32_t)question.count,
		     &e) == 0);
	must(recv(far, octets, sizeof(octets), MSG_DONTWAIT) > 0);
	read_ids(octets, version, asked);
	return true;
}

/* A chunk: an octet (what it is), two of its length, and so many. */
static bool
answer(struct session *session, struct inquiry *inquiry, int far,
	enum snmp_version version, const struct asked *asked, uint8_t kind,
	const uint8_t *data, size_t size)
{
	static struct message m;
	struct session_event event;
	bool goes_on;

	if (kind & RAW) {
		must(send(far, data, size, 0) == (ssize_t)size);
	} else {
		envelop(&m, version, asked, 0xa0 | (kind & 0x0f), data, size);
		must(send(far, m.octets + m.at, sizeof(m.octets) - m.at, 0) >
			0);
	}
	session_read(session, &event);
	goes_on = handle(inquiry, &event, asked->number);
	session_event_clear(&event);
	return goes_on;
}

static void
converse(struct session *session, int far, enum snmp_version version,
	const uint8_t *data, size_t size)
{
	struct inquiry inquiry;
	struct asked asked = { 0 };
	unsigned char rest[DATAGRAM];
	bool goes_on = true;
	size_t length;

	begin(&inquiry, version);
	for (int n = 0; n < CHUNKS && goes_on && size >= 3; n++) {
		length = ((size_t)data[1] << 8 | data[2]) % DATAGRAM;
		length = length < size - 3 ? length : size - 3;
		goes_on = ask(session, &inquiry, far, version, &asked) &&
			answer(session, &inquiry, far, version, &asked, data[0],
				data + 3, length);
		/* nothing makes the agent say anything by itself */
		must(recv(far, rest, sizeof(rest), MSG_DONTWAIT) < 0);
		data += 3 + length;
		size -= 3 + length;
	}
	check_rows(inquiry.answers);
	inquiry_end(&inquiry);
}

static void
hold_session(enum snmp_version version, const uint8_t *data, size_t size)
{
	struct poll_traffic traffic = { 0 };
	struct session *session;
	struct error e;
	int ends[2];

	security_start();
	must(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, ends) == 0);
	if (version == SNMP_V3)
		must(security_enter(&credentials[version], &engine, &e) == 0);
	must(session_open(ends[0], &credentials[version], &engine, 0, &traffic,
		     &session, &e) == 0);
	converse(session, ends[1], version, data, size);
	session_close(&session);
	if (version == SNMP_V3)
		security_leave(&credentials[version], &engine);
	close(ends[0]);
	close(ends[1]);
}

static void
discovered(enum snmp_version version, const uint8_t *data, size_t size)
{
	unsigned char *octets = malloc(size + 1);
	struct datagram answer;

	must(octets != NULL);
	memcpy(octets, data, size);
	if (datagram_read(version, octets, size, &answer)) {
		must(answer.engine.length <= ENGINE_ID_MAX);
		must(answer.object.count <= OID_MAX);
		must(version != SNMP_V3 ||
			answer.engine.length >= ENGINE_ID_MIN);
	}
	free(octets);
}

void
target_snmp(const uint8_t *data, size_t size)
{
	const enum snmp_version version =
		(enum snmp_version)(size > 0 ? data[0] % 3 : 0);

	if (size < 1)
		return;
	if (data[0] & RAW)
		discovered(version, data + 1, size - 1);
	else
		hold_session(version, data + 1, size - 1);
}

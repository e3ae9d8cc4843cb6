/*
 * A question that is asked again is the same question: its answer counts
 * whichever asking it is to, so that a printer that takes long is heard. Only
 * what was learned makes a new one of it.
 */
#include "agent/asking.h"

#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "agent/datagram.h"
#include "agent/host.h"
#include "agent/security.h"
#include "base/crypto.h"
#include "base/text.h"

enum {
	TIMEOUT_MAX = 16 * 1000,
	KEEP_MAX = 4, /* timeouts, that the next question begins with */
	ROUNDS_MAX = 16,
	STRANGE_MAX = 100, /* useless datagrams in the place of an answer */
	SMALLER = 2,       /* asked so often already, a question shrinks */
	TAG_COUNT = 0xff,  /* bits of a tag: objects; above: number */
	TAG_SHIFT = 8
};

static void
finish(struct asking *a, enum poll_outcome outcome, const char *why)
{
	a->phase = ASKING_DONE;
	a->outcome = outcome;
	text_copy(a->why, sizeof(a->why), why);
}

static void
fail(struct asking *a, const struct error *e)
{
	char why[sizeof(a->why)];

	text_format(why, sizeof(why), "%s", e->text);
	finish(a, POLL_FAILED, why);
}

void
asking_stop(struct asking *asking, enum poll_outcome outcome, const char *why)
{
	finish(asking, outcome, why);
}

static void
wait_for(struct asking *a, int64_t now)
{
	a->deadline = now + a->timeout;
	if (a->deadline > a->end)
		a->deadline = a->end;
}

static void
send_scout(struct asking *a, int64_t now)
{
	unsigned char octets[DATAGRAM_SIZE];
	const int length =
		datagram_make(a->target.credentials, a->scout, octets, NULL);

	if (send(a->fd, octets, (size_t)length, MSG_DONTWAIT) == length) {
		a->traffic->sent++;
		a->traffic->sent_octets += (uint64_t)length;
	}
	wait_for(a, now);
}

static void
send_question(struct asking *a, int64_t now)
{
	struct question question;
	struct error e;

	if (!inquiry_question(&a->inquiry, &question))
		return;
	if (session_ask(a->session, &question,
		    a->number << TAG_SHIFT | (uint32_t)question.count, &e) != 0)
		fail(a, &e);
	wait_for(a, now);
}

static void
new_question(struct asking *a, int64_t now)
{
	a->number++;
	a->tries = 0;
	a->strange = 0;
	a->asked = now;
	send_question(a, now);
}

/* Until there is something to ask, or nothing any more. */
static void
go_on(struct asking *a, int64_t now)
{
	struct question question;
	struct queries queries;
	struct error e;

	while (!inquiry_question(&a->inquiry, &question)) {
		queries.count = 0;
		if (a->calls->next(
			    a->target.arg, a->inquiry.answers, &queries) == 0) {
			finish(a, POLL_ANSWERED, "");
			return;
		}
		if (a->rounds++ == ROUNDS_MAX) {
			finish(a, POLL_LIMIT, "more rounds than are taken");
			return;
		}
		if (inquiry_round(&a->inquiry, &queries, &e) != 0) {
			fail(a, &e);
			return;
		}
	}
	new_question(a, now);
}

/* Which engine it must be, if that is known. */
static void
look_up(struct asking *a)
{
	struct engine engine;
	const int64_t now = (int64_t)time(NULL);

	if (a->options->engines == NULL ||
		!engines_find(a->options->engines, &a->target.address, &engine))
		return;
	a->pinned = true;
	a->engine = engine.id;
	a->boots = engine.boots;
	a->time = engine.time;
	if (now > engine.last && now - engine.last < UINT32_MAX)
		a->time += (uint32_t)(now - engine.last);
}

static int
prepare(struct asking *a, struct error *e)
{
	const bool bulk = a->target.credentials->version != SNMP_V1;

	if (inquiry_begin(&a->inquiry, bulk, a->options->rows,
		    a->options->objects, e) != 0 ||
		crypto_random(&a->scout, sizeof(a->scout), e) != 0)
		return -1;
	a->scout = a->scout % DATAGRAM_IDS + DATAGRAM_IDS;
	a->fd = host_connect(&a->target.address, e);
	return a->fd < 0 ? -1 : 0;
}

void
asking_begin(struct asking *asking, const struct poll_target *target,
	const struct poll_calls *calls, const struct poll_options *options,
	struct poll_traffic *traffic, int64_t now)
{
	struct error e;

	*asking = (struct asking){ .target = *target,
		.calls = calls,
		.options = options,
		.traffic = traffic,
		.fd = -1,
		.phase = ASKING_WAITS,
		.timeout = options->timeout,
		.deadline = INT64_MAX,
		.end = now + options->patience };
	if (prepare(asking, &e) != 0) {
		fail(asking, &e);
		if (e.code == ERROR_NOT_FOUND)
			asking->outcome = POLL_SILENT;
		return;
	}
	if (target->credentials->version == SNMP_V3)
		look_up(asking);
	if (target->credentials->version == SNMP_V3 && !asking->pinned) {
		asking->phase = ASKING_SCOUTS;
		send_scout(asking, now);
	}
}

void
asking_end(struct asking *asking)
{
	session_close(&asking->session);
	if (asking->entered)
		security_leave(asking->target.credentials, &asking->engine);
	inquiry_end(&asking->inquiry);
	if (asking->fd >= 0)
		close(asking->fd);
}

static int
enter(struct asking *a, struct error *e)
{
	const struct credentials *c = a->target.credentials;

	if (c->version == SNMP_V3) {
		if (security_enter(c, &a->engine, e) != 0)
			return -1;
		a->entered = true;
		security_hint(&a->engine, a->boots, a->time);
	}
	return session_open(a->fd, c, &a->engine, a->pinned ? a->boots : 0,
		a->traffic, &a->session, e);
}

void
asking_enter(struct asking *asking, int64_t now)
{
	struct error e;

	asking->phase = ASKING_ASKS;
	asking->end = now + asking->options->patience;
	asking->timeout = asking->options->timeout;
	if (enter(asking, &e) != 0)
		fail(asking, &e);
	else
		go_on(asking, now);
}

static void
strange(struct asking *a, const char *why)
{
	a->strange_why = why;
	if (a->strange++ == STRANGE_MAX)
		finish(a, POLL_LIED, why);
}

static void
read_scout(struct asking *a)
{
	unsigned char octets[DATAGRAM_READ_SIZE];
	struct datagram answer;
	const ssize_t length =
		recv(a->fd, octets, sizeof(octets), MSG_DONTWAIT);

	if (length < 0)
		return;
	a->traffic->received++;
	a->traffic->received_octets += (uint64_t)length;
	if (!datagram_read(SNMP_V3, octets, (size_t)length, &answer) ||
		answer.id != a->scout) {
		strange(a, "answers that are no SNMPv3");
		return;
	}
	a->engine = answer.engine;
	a->boots = answer.boots;
	a->time = answer.time;
	a->phase = ASKING_WAITS;
	a->deadline = INT64_MAX;
}

/* Only what it has proved is remembered; who has no keys proves nothing. */
static void
remember(struct asking *a)
{
	enum engine_state state;
	uint32_t boots, time_there;
	struct error e;

	if (a->met || !a->entered)
		return;
	a->met = true;
	if (a->options->engines == NULL)
		return;
	security_clock(&a->engine, &boots, &time_there);
	if (engines_met(a->options->engines, &a->target.address, &a->engine,
		    boots, time_there, (int64_t)time(NULL), &state, &e) != 0)
		fail(a, &e);
}

/* It is not whom we expect; who that is instead is put down. */
static void
changed(struct asking *a, const struct engine_id *id, uint32_t boots,
	const char *why)
{
	enum engine_state state;
	struct error e;

	if (!a->pinned) {
		finish(a, POLL_LIED, "it changes who it is");
		return;
	}
	finish(a, POLL_ENGINE_CHANGED, why);
	if (engines_met(a->options->engines, &a->target.address, id, boots, 0,
		    (int64_t)time(NULL), &state, &e) != 0)
		fail(a, &e);
}

static void
other_engine(struct asking *a, const struct engine_id *id)
{
	char was[2 * ENGINE_ID_MAX + 1], is[2 * ENGINE_ID_MAX + 1];
	char why[sizeof(a->why)];

	text_hex(a->engine.octets, a->engine.length, was);
	text_hex(id->octets, id->length, is);
	text_format(why, sizeof(why), "engine %s is expected, and it is %s",
		was, is);
	changed(a, id, 0, why);
}

static void
fewer_restarts(struct asking *a, uint32_t boots)
{
	char why[sizeof(a->why)];

	text_format(why, sizeof(why),
		"its engine was restarted %u times at least, and now says %u",
		a->boots, boots);
	changed(a, &a->engine, boots, why);
}

static bool
next_row(void *event, struct answer *row_r)
{
	return session_event_row(event, row_r);
}

/*
 * How long the next question has time: twice what this one took, if its answer
 * came at once; if it was asked again, nobody knows which asking was answered,
 * and it is as long as it was.
 */
static void
learn_time(struct asking *a, int64_t now)
{
	const int64_t least = a->options->timeout;

	if (a->tries == 0)
		a->timeout = 2 * (now - a->asked);
	if (a->timeout > KEEP_MAX * least)
		a->timeout = KEEP_MAX * least;
	if (a->timeout < least)
		a->timeout = least;
}

static void
take(struct asking *a, struct session_event *event, int64_t now)
{
	const struct response response = { .status = event->status,
		.index = event->index,
		.row = next_row,
		.arg = event };
	struct error e = { .code = ERROR_NONE };

	learn_time(a, now);
	switch (inquiry_take(
		&a->inquiry, event->tag & TAG_COUNT, &response, &e)) {
	case INQUIRY_GOES_ON:
		go_on(a, now);
		return;
	case INQUIRY_LIED:
		fail(a, &e);
		a->outcome = POLL_LIED;
		return;
	case INQUIRY_LIMIT:
		fail(a, &e);
		a->outcome = POLL_LIMIT;
		return;
	case INQUIRY_TROUBLE:
		fail(a, &e);
		return;
	}
}

static void
handle(struct asking *a, struct session_event *event, int64_t now)
{
	switch (event->kind) {
	case EVENT_NOTHING:
		return;
	case EVENT_RESPONSE:
		remember(a);
		/* one that comes late to a question that was answered */
		if (event->tag >> TAG_SHIFT == a->number &&
			a->phase == ASKING_ASKS)
			take(a, event, now);
		return;
	case EVENT_REFUSED:
		finish(a, POLL_REFUSED, event->why);
		return;
	case EVENT_ENGINE:
		other_engine(a, &event->engine);
		return;
	case EVENT_BACK:
		fewer_restarts(a, event->boots);
		return;
	case EVENT_STRANGE:
		strange(a, event->why);
		return;
	}
}

void
asking_read(struct asking *asking, int64_t now)
{
	struct session_event event;

	if (asking->phase == ASKING_SCOUTS)
		read_scout(asking);
	if (asking->phase != ASKING_ASKS)
		return;
	session_read(asking->session, &event);
	handle(asking, &event, now);
	session_event_clear(&event);
}

static void
give_up(struct asking *a)
{
	const char *trouble =
		a->session != NULL ? session_trouble(a->session) : "";

	if (a->strange > 0)
		finish(a, POLL_LIED, a->strange_why);
	else if (!a->met && a->session != NULL && session_proved(a->session))
		finish(a, POLL_REFUSED,
			"it knows the user and does not answer: the passphrase "
			"or the protocol for privacy may be wrong");
	else
		finish(a, POLL_SILENT,
			trouble[0] != '\0' ? trouble : "no answer");
}

void
asking_late(struct asking *asking, int64_t now)
{
	if (now >= asking->end && asking->number > 1) {
		finish(asking, POLL_LIMIT, "it takes more time than it has");
		return;
	}
	if (++asking->tries >= asking->options->tries || now >= asking->end) {
		give_up(asking);
		return;
	}
	asking->timeout *= 2;
	if (asking->timeout > TIMEOUT_MAX)
		asking->timeout = TIMEOUT_MAX;
	if (asking->phase == ASKING_SCOUTS) {
		send_scout(asking, now);
		return;
	}
	if (asking->tries >= SMALLER)
		inquiry_shrink(&asking->inquiry);
	/* who knows the user corrects a wrong time, and proves it by that */
	if (asking->entered && !asking->met &&
		asking->tries + 1 == asking->options->tries)
		security_hint(&asking->engine, 0, 0);
	send_question(asking, now);
}

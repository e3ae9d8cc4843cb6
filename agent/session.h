/*
 * One printer's SNMP session: net-snmp builds what is sent and reads what
 * comes, on a socket of ours that is connected to the printer, so that nobody
 * else's datagrams get in. It waits for nothing and repeats nothing by itself,
 * but a question whose time was wrong, as the printer proved.
 */
#ifndef AGENT_SESSION_H
#define AGENT_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/answer.h"
#include "agent/credentials.h"
#include "agent/engine.h"
#include "base/error.h"

enum { QUESTION_OBJECTS_MAX = 32, QUESTION_ROWS_MAX = 64 };

enum question_kind { QUESTION_GET, QUESTION_NEXT, QUESTION_BULK };

struct question {
	enum question_kind kind;
	struct oid objects[QUESTION_OBJECTS_MAX];
	size_t count;
	unsigned int rows; /* of a QUESTION_BULK */
};

enum event_kind {
	EVENT_NOTHING,  /* no datagram, or one that was dealt with */
	EVENT_RESPONSE, /* status, index, rows */
	EVENT_REFUSED,  /* by a report: why */
	EVENT_ENGINE,   /* it says that it is another engine: engine */
	EVENT_BACK,     /* it proves fewer restarts than are known: boots */
	EVENT_STRANGE   /* nothing that we can have asked for: why */
};

struct variable_list;

struct session_event {
	enum event_kind kind;
	uint32_t tag;       /* of the question */
	long status, index; /* RFC 3416, error-status and error-index */
	const char *why;
	struct engine_id engine;
	uint32_t boots;
	struct variable_list *rows, *at;
};

/* Counts datagrams and octets. */
struct poll_traffic;
struct session;

/*
 * fd is a connected socket that does not block, and stays the caller's. engine
 * is for v3 only: who it must be, and the most restarts that it has had.
 * ERROR_TROUBLE.
 */
int session_open(int fd, const struct credentials *credentials,
	const struct engine_id *engine, uint32_t boots,
	struct poll_traffic *traffic, struct session **session_r,
	struct error *e);
void session_close(struct session **session);
/* Has it proved that it knows the user, by a report on the time? */
bool session_proved(const struct session *session);
/* What the network said about the last datagrams, "" if nothing. */
const char *session_trouble(const struct session *session);

/* Sends it. Its answer has the tag, which is not 0. ERROR_TROUBLE: not what a
 * network does, but memory. */
int session_ask(struct session *session, const struct question *question,
	uint32_t tag, struct error *e);

/* One datagram; event is for session_event_clear. */
void session_read(struct session *session, struct session_event *event);
void session_event_clear(struct session_event *event);
/* The next of its rows; texts live as long as the event. False: there is none.
 * An identifier of more than OID_MAX numbers has count 0. */
bool session_event_row(struct session_event *event, struct answer *row_r);

#endif

/*
 * net-snmp's session under a transport of ours. Its hook for reading is ours as
 * well: by itself it would answer questions and send reports to whoever it
 * talks to, and a printer has nothing to ask.
 */
#include "agent/session.h"

#include <net-snmp/net-snmp-config.h>

#include <net-snmp/net-snmp-includes.h>
#include <net-snmp/library/large_fd_set.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "agent/poll.h"
#include "agent/security.h"

enum {
	FOREVER = 86400 * 1000000L - 1, /* microseconds: who waits is ours */
	RESENDS = 2,                    /* because of the time */
	MESSAGES = 16,                  /* sent last, which are known */
	DATAGRAM_MAX = 65507
};

/* net-snmp frees what begins with its own part. */
struct wire {
	netsnmp_transport transport;
	struct session *session;
};

struct session {
	void *handle; /* net-snmp's */
	int fd;
	bool closing, proved;
	int trouble; /* errno */
	uint32_t boots;
	struct engine_id engine;
	struct poll_traffic *traffic;
	netsnmp_large_fd_set set;
	struct session_event *event; /* while one is read */
	long messages[MESSAGES];     /* ids of what was sent */
	size_t sent;
};

static int
wire_send(netsnmp_transport *transport, const void *octets, int length,
	void **opaque, int *opaque_length)
{
	struct session *s = ((struct wire *)transport)->session;

	(void)opaque;
	(void)opaque_length;
	/* what a network loses is lost, whoever says so; it is asked again */
	if (send(s->fd, octets, (size_t)length, MSG_DONTWAIT) < 0) {
		s->trouble = errno;
		return length;
	}
	s->traffic->sent++;
	s->traffic->sent_octets += (uint64_t)length;
	return length;
}

static int
wire_receive(netsnmp_transport *transport, void *octets, int size,
	void **opaque, int *opaque_length)
{
	struct session *s = ((struct wire *)transport)->session;
	ssize_t length = recv(s->fd, octets, (size_t)size, MSG_DONTWAIT);

	*opaque = NULL;
	*opaque_length = 0;
	if (length < 0) {
		if (errno != EAGAIN && errno != EINTR)
			s->trouble = errno;
		return -1;
	}
	s->traffic->received++;
	s->traffic->received_octets += (uint64_t)length;
	s->event->kind = EVENT_STRANGE;
	s->event->why = "answers to questions that nobody asked";
	return (int)length;
}

static int
wire_close(netsnmp_transport *transport)
{
	(void)transport; /* the socket is the session's */
	return 0;
}

/* Why a datagram could not be read, by net-snmp's number for it. */
static const char *
unread(int result)
{
	switch (result) {
	case SNMPERR_USM_AUTHENTICATIONFAILURE:
		return "answers that are not authentic";
	case SNMPERR_USM_NOTINTIMEWINDOW:
		return "answers that are too old";
	case SNMPERR_USM_DECRYPTIONERROR:
		return "answers that cannot be decrypted";
	case SNMPERR_USM_UNKNOWNSECURITYNAME:
	case SNMPERR_USM_UNSUPPORTEDSECURITYLEVEL:
		return "answers for another user";
	default:
		return "answers that cannot be read";
	}
}

static bool
authentic(const netsnmp_pdu *pdu)
{
	return pdu->version == SNMP_VERSION_3 &&
		pdu->securityLevel >= SNMP_SEC_LEVEL_AUTHNOPRIV;
}

/* Has it proved that it was restarted more seldom than is known? */
static bool
went_back(struct session *s, const netsnmp_pdu *pdu)
{
	uint32_t boots, time;

	if (!authentic(pdu))
		return false;
	security_clock(&s->engine, &boots, &time);
	if (boots >= s->boots)
		return false;
	s->event->kind = EVENT_BACK;
	s->event->boots = boots;
	return true;
}

static void
take_response(struct session *s, netsnmp_pdu *pdu)
{
	struct session_event *event = s->event;

	if (went_back(s, pdu))
		return;
	event->kind = EVENT_RESPONSE;
	event->status = pdu->errstat;
	event->index = pdu->errindex;
	event->rows = pdu->variables;
	event->at = event->rows;
	pdu->variables = NULL;
}

/* A report tells in clear what the printer calls itself. */
static void
take_engine(struct session *s, const netsnmp_pdu *pdu)
{
	struct session_event *event = s->event;
	const size_t length = pdu->securityEngineIDLen;

	event->engine.length = 0;
	if (length < ENGINE_ID_MIN || length > ENGINE_ID_MAX)
		return;
	memcpy(event->engine.octets, pdu->securityEngineID, length);
	event->engine.length = length;
	event->why = "that it is not the engine that it is";
	if (!engine_id_same(&event->engine, &s->engine))
		event->kind = EVENT_ENGINE;
}

static void
refused(struct session_event *event, const char *why)
{
	event->kind = EVENT_REFUSED;
	event->why = why;
}

/* Is it about something that we have sent? */
static bool
known(const struct session *s, const netsnmp_pdu *pdu)
{
	for (size_t i = 0; i < MESSAGES && i < s->sent; i++) {
		if (s->messages[i] == pdu->msgid)
			return true;
	}
	return false;
}

/* True: net-snmp asks again, with the right time. */
static bool
take_time(struct session *s, const netsnmp_pdu *pdu)
{
	if (!authentic(pdu)) {
		s->event->why = "reports on the time that prove nothing";
		return false;
	}
	s->proved = true;
	if (went_back(s, pdu))
		return false;
	s->event->kind = EVENT_NOTHING;
	return true;
}

/* True: it is net-snmp's to go on with. */
static bool
take_report(struct session *s, netsnmp_pdu *pdu)
{
	struct session_event *event = s->event;

	if (!known(s, pdu))
		return false;
	switch (snmpv3_get_report_type(pdu)) {
	case SNMPERR_NOT_IN_TIME_WINDOW:
		return take_time(s, pdu);
	case SNMPERR_UNKNOWN_ENG_ID:
		take_engine(s, pdu);
		return false;
	case SNMPERR_UNKNOWN_USER_NAME:
		refused(event, "it does not know the user");
		return false;
	case SNMPERR_UNSUPPORTED_SEC_LEVEL:
		refused(event, "it does not have the user's security level");
		return false;
	case SNMPERR_AUTHENTICATION_FAILURE:
		refused(event,
			"the passphrase or the protocol for "
			"authentication is wrong");
		return false;
	case SNMPERR_DECRYPTION_ERR:
		refused(event,
			"the passphrase or the protocol for privacy is wrong");
		return false;
	default:
		refused(event, "it reports an error of SNMPv3");
		return false;
	}
}

/*
 * A report of an engine that we do not know is for a user of it, if it has a
 * name at all: there is none. It is read all the same, as it proves nothing.
 */
static bool
names_stranger(int result, const netsnmp_pdu *pdu)
{
	return (result == SNMPERR_USM_UNKNOWNSECURITYNAME ||
		       result == SNMPERR_USM_UNKNOWNENGINEID) &&
		pdu->securityLevel == SNMP_SEC_LEVEL_NOAUTH &&
		pdu->command == SNMP_MSG_REPORT;
}

/*
 * No session handle is given to it: it has nobody to answer. Reports are dealt
 * with here, since releases of net-snmp differ in what they tell of them.
 */
static int
read_datagram(netsnmp_session *session, netsnmp_pdu *pdu, u_char *octets,
	size_t length)
{
	struct session *s = session->callback_magic;
	const int result = snmp_parse(NULL, session, pdu, octets, length);

	if (pdu->securityEngineIDLen != s->engine.length ||
		(s->engine.length > 0 &&
			memcmp(pdu->securityEngineID, s->engine.octets,
				s->engine.length) != 0))
		security_forget(
			pdu->securityEngineID, pdu->securityEngineIDLen);
	if (result != 0 && !names_stranger(result, pdu))
		s->event->why = unread(result);
	else if (pdu->command == SNMP_MSG_RESPONSE ||
		(pdu->command == SNMP_MSG_REPORT && take_report(s, pdu)))
		return 0;
	return SNMPERR_ASN_PARSE_ERR;
}

static void
note_sent(struct session *s, const netsnmp_pdu *pdu)
{
	s->messages[s->sent++ % MESSAGES] = pdu->msgid;
}

static int
take(int operation, netsnmp_session *session, int id, netsnmp_pdu *pdu,
	void *tag)
{
	struct session *s = session->callback_magic;

	(void)id;
	if (s->closing || s->event == NULL)
		return 1;
	if (operation == NETSNMP_CALLBACK_OP_RESEND)
		note_sent(s, pdu);
	if (operation == NETSNMP_CALLBACK_OP_SEC_ERROR)
		refused(s->event, "its time changes with each answer");
	if (operation != NETSNMP_CALLBACK_OP_RECEIVED_MESSAGE ||
		pdu->command != SNMP_MSG_RESPONSE)
		return 1;
	s->event->tag = (uint32_t)(uintptr_t)tag;
	take_response(s, pdu);
	return 1;
}

static netsnmp_transport *
make_wire(struct session *s)
{
	struct wire *wire = calloc(1, sizeof(*wire));

	if (wire == NULL)
		return NULL;
	wire->session = s;
	wire->transport.domain = netsnmpUDPDomain;
	wire->transport.domain_length = (int)netsnmpUDPDomain_len;
	wire->transport.sock = s->fd;
	wire->transport.msgMaxSize = DATAGRAM_MAX;
	wire->transport.f_send = wire_send;
	wire->transport.f_recv = wire_receive;
	wire->transport.f_close = wire_close;
	return &wire->transport;
}

static const int levels[] = { SNMP_SEC_LEVEL_NOAUTH, SNMP_SEC_LEVEL_AUTHNOPRIV,
	SNMP_SEC_LEVEL_AUTHPRIV };

/* What net-snmp copies of a session. The user is there already, with keys. */
static void
describe_user(netsnmp_session *to, const struct credentials *c,
	const struct engine_id *engine)
{
	struct security_protocols p;

	security_protocols(c, &p);
	to->version = SNMP_VERSION_3;
	to->flags |= SNMP_FLAGS_USER_CREATED;
	to->securityModel = SNMP_SEC_MODEL_USM;
	to->securityLevel =
		levels[(c->auth != AUTH_NONE) + (c->priv != PRIV_NONE)];
	to->securityName = (char *)c->user;
	to->securityNameLen = strlen(c->user);
	to->contextName = (char *)c->context;
	to->contextNameLen = strlen(c->context);
	to->securityAuthProto = p.auth;
	to->securityAuthProtoLen = p.auth_length;
	to->securityPrivProto = p.priv;
	to->securityPrivProtoLen = p.priv_length;
	to->securityEngineID = (u_char *)engine->octets;
	to->securityEngineIDLen = engine->length;
	to->contextEngineID = (u_char *)engine->octets;
	to->contextEngineIDLen = engine->length;
}

static void
describe(netsnmp_session *to, const struct credentials *c, struct session *s)
{
	snmp_sess_init(to);
	to->flags |= SNMP_FLAGS_DONT_PROBE;
	to->isAuthoritative = SNMP_SESS_NONAUTHORITATIVE;
	to->retries = RESENDS;
	to->timeout = FOREVER;
	to->callback = take;
	to->callback_magic = s;
	if (c->version == SNMP_V3) {
		describe_user(to, c, &s->engine);
		return;
	}
	to->version = c->version == SNMP_V1 ? SNMP_VERSION_1 : SNMP_VERSION_2c;
	to->community = (u_char *)c->community;
	to->community_len = strlen(c->community);
}

/* net-snmp has made its copy, or freed the wire. */
static int
add(struct session *s, const struct credentials *c, struct error *e)
{
	netsnmp_session model;
	netsnmp_transport *wire = make_wire(s);

	if (wire == NULL)
		return error_memory(e);
	describe(&model, c, s);
	s->handle = snmp_sess_add_ex(&model, wire, NULL, read_datagram, NULL,
		NULL, NULL, NULL, NULL);
	if (s->handle == NULL)
		return error_set(e, ERROR_TROUBLE, "no session: %s",
			snmp_api_errstring(model.s_snmp_errno));
	return 0;
}

int
session_open(int fd, const struct credentials *credentials,
	const struct engine_id *engine, uint32_t boots,
	struct poll_traffic *traffic, struct session **session_r,
	struct error *e)
{
	struct session *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return error_memory(e);
	security_start();
	s->fd = fd;
	s->traffic = traffic;
	s->boots = boots;
	if (credentials->version == SNMP_V3)
		s->engine = *engine;
	netsnmp_large_fd_set_init(&s->set, FD_SETSIZE);
	if (add(s, credentials, e) != 0) {
		session_close(&s);
		return -1;
	}
	*session_r = s;
	return 0;
}

void
session_close(struct session **session)
{
	struct session *s = *session;

	if (s == NULL)
		return;
	s->closing = true;
	if (s->handle != NULL)
		snmp_sess_close(s->handle);
	netsnmp_large_fd_set_cleanup(&s->set);
	free(s);
	*session = NULL;
}

bool
session_proved(const struct session *session)
{
	return session->proved;
}

const char *
session_trouble(const struct session *session)
{
	return session->trouble == 0 ? "" : strerror(session->trouble);
}

static const int commands[] = { [QUESTION_GET] = SNMP_MSG_GET,
	[QUESTION_NEXT] = SNMP_MSG_GETNEXT,
	[QUESTION_BULK] = SNMP_MSG_GETBULK };

static bool
add_object(netsnmp_pdu *pdu, const struct oid *object)
{
	oid name[OID_MAX];

	for (size_t i = 0; i < object->count; i++)
		name[i] = object->ids[i];
	return snmp_add_null_var(pdu, name, object->count) != NULL;
}

int
session_ask(struct session *session, const struct question *question,
	uint32_t tag, struct error *e)
{
	netsnmp_pdu *pdu = snmp_pdu_create(commands[question->kind]);
	bool whole = pdu != NULL;

	for (size_t i = 0; whole && i < question->count; i++)
		whole = add_object(pdu, &question->objects[i]);
	if (whole)
		note_sent(session, pdu);
	if (whole && question->kind == QUESTION_BULK) {
		pdu->non_repeaters = 0;
		pdu->max_repetitions = question->rows;
	}
	if (whole &&
		snmp_sess_async_send(session->handle, pdu, take,
			(void *)(uintptr_t)tag) != 0)
		return 0;
	snmp_free_pdu(pdu);
	return error_set(e, ERROR_TROUBLE, "a question cannot be made");
}

void
session_read(struct session *session, struct session_event *event)
{
	*event = (struct session_event){ .kind = EVENT_NOTHING };
	session->event = event;
	NETSNMP_LARGE_FD_SET(session->fd, &session->set);
	snmp_sess_read2(session->handle, &session->set);
	session->event = NULL;
}

void
session_event_clear(struct session_event *event)
{
	snmp_free_varbind(event->rows);
	event->rows = NULL;
	event->at = NULL;
}

static void
copy_oid(const oid *ids, size_t count, struct oid *to)
{
	to->count = count <= OID_MAX ? count : 0;
	for (size_t i = 0; i < to->count; i++)
		to->ids[i] = (uint32_t)ids[i];
}

static void
take_octets(const netsnmp_variable_list *row, enum answer_kind kind,
	struct answer *to)
{
	to->kind = kind;
	to->text = row->val.string;
	to->length = row->val_len;
}

static void
take_number(const netsnmp_variable_list *row, enum answer_kind kind,
	struct answer *to)
{
	to->kind = kind;
	to->number = (uint32_t)*row->val.integer;
}

static void
take_value(const netsnmp_variable_list *row, struct answer *to)
{
	switch (row->type) {
	case ASN_INTEGER:
		to->kind = ANSWER_INTEGER;
		to->integer = *row->val.integer;
		return;
	case ASN_COUNTER:
		take_number(row, ANSWER_COUNTER32, to);
		return;
	case ASN_GAUGE:
		take_number(row, ANSWER_GAUGE, to);
		return;
	case ASN_TIMETICKS:
		take_number(row, ANSWER_TICKS, to);
		return;
	case ASN_COUNTER64:
		to->kind = ANSWER_COUNTER64;
		to->number = (uint64_t)row->val.counter64->high << 32 |
			(uint32_t)row->val.counter64->low;
		return;
	case ASN_OCTET_STR:
		take_octets(row, ANSWER_TEXT, to);
		return;
	case ASN_IPADDRESS:
		take_octets(row,
			row->val_len == 4 ? ANSWER_ADDRESS : ANSWER_OTHER, to);
		return;
	case ASN_OBJECT_ID:
		copy_oid(
			row->val.objid, row->val_len / sizeof(oid), &to->value);
		to->kind = to->value.count > 0 ? ANSWER_OID : ANSWER_OTHER;
		return;
	}
}

bool
session_event_row(struct session_event *event, struct answer *row_r)
{
	const netsnmp_variable_list *row = event->at;

	if (row == NULL)
		return false;
	event->at = row->next_variable;
	*row_r = (struct answer){ .kind = ANSWER_OTHER };
	copy_oid(row->name, row->name_length, &row_r->oid);
	if (row->type == SNMP_NOSUCHOBJECT ||
		row->type == SNMP_NOSUCHINSTANCE ||
		row->type == SNMP_ENDOFMIBVIEW)
		row_r->kind = ANSWER_ABSENT;
	else if (row->val.string != NULL)
		take_value(row, row_r);
	return true;
}

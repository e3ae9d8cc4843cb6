/*
 * Nothing is decided here: who is there, what becomes of a message and what
 * waits for whom is the daemon's word. A request is delivered when the device
 * has said, under the call's key, that it has it.
 */
#include "line/center/answer.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "base/wipe.h"
#include "control/handover.h"
#include "control/handover_line.h"
#include "line/part.h"
#include "line/pump.h"
#include "parser/principal.h"
#include "parser/spelling.h"

enum { REQUESTS_MAX = 64, TRACE_SIZE = 24, NAME_SIZE = SPELLED_SIZE + 8 };

/* A request that is to go down, or has gone. */
struct request {
	char email_id[EMAIL_ID_SIZE];
};

struct answering {
	const struct line_configuration *c;
	const struct answer_call *call;
	struct client *client;
	unsigned char nonce[PROOF_NONCE_SIZE];
	char trace[TRACE_SIZE];
	unsigned int messages;
	/* whoever has proved himself */
	char principal[PRINCIPAL_SIZE];
	char part[NAME_SIZE]; /* the name of what a call left */
	int directory;
	bool listed;
	struct request requests[REQUESTS_MAX];
	size_t request_count, request_next;
};

/* --- who is there --- */

static int
know(struct answering *a, const char *serial, struct error *e)
{
	char spelled[SPELLED_SIZE];

	if (!principal_spell(PRINCIPAL_DEVICE, serial, a->principal) ||
		!spelling_make(serial, spelled))
		return error_set(e, ERROR_TROUBLE, "%s is no serial", serial);
	(void)text_format(a->part, sizeof(a->part), "%s.part", spelled);
	return 0;
}

static int
check(void *arg, const struct transcript *t,
	const unsigned char said[PROOF_SIZE], unsigned char own_r[PROOF_SIZE],
	unsigned char session_r[PROOF_SESSION_SIZE], struct error *e)
{
	struct answering *a = arg;
	const struct handover_claim claim = { .nonce = t->center_nonce,
		.serial = t->serial,
		.key_id = t->key_id,
		.key_id_length = t->key_id_length,
		.device_nonce = t->device_nonce,
		.proof = said,
		.client = a->call->from };
	struct handover_proved proved;
	int rc = handover_prove_check(a->client, &claim, &proved, e);

	/* who was called must be there, whoever else may call */
	if (rc == 0 &&
		(!proved.proved ||
			(a->call->expected != NULL &&
				strcmp(a->call->expected, t->serial) != 0)))
		rc = 1;
	if (rc == 0)
		rc = know(a, t->serial, e);
	if (rc == 0) {
		memcpy(own_r, proved.proof, PROOF_SIZE);
		memcpy(session_r, proved.session, PROOF_SESSION_SIZE);
	}
	wipe(&proved, sizeof(proved));
	return rc;
}

/* --- up --- */

static const char *
outcome_name(enum line_outcome outcome)
{
	static const char *const names[] = { [LINE_TAKEN] = "taken",
		[LINE_DECLINED] = "refused",
		[LINE_LATER] = "later" };

	return names[outcome];
}

static void
take_answer(struct answering *a, const struct handover_answer *from,
	struct line_answer *to)
{
	static const enum line_outcome outcomes[] = { [HANDOVER_TAKEN] =
							      LINE_TAKEN,
		[HANDOVER_REFUSED] = LINE_DECLINED,
		[HANDOVER_LATER] = LINE_LATER };

	to->outcome = outcomes[from->disposal];
	/* another's message is told to him, when he hands it over himself */
	if (principal_same(from->principal, a->principal))
		(void)text_copy(
			to->receipt, sizeof(to->receipt), from->receipt);
	log_info("%s: %s: verdict=%s reason=%s disposal=%s sequence=%llu "
		 "receipt=%s",
		a->trace, a->principal, from->verdict,
		from->reason[0] != '\0' ? from->reason : "-",
		outcome_name(to->outcome), (unsigned long long)from->sequence,
		to->receipt[0] != '\0' ? "yes" : "no");
}

/* A daemon that does not answer costs the caller no more of his time. */
static int
arrived(void *arg, const struct buffer *octets, struct line_answer *answer_r,
	struct error *e)
{
	struct answering *a = arg;
	char trace[TRACE_SIZE + 16];
	const struct handover_message m = { .center = a->c->center,
		.trace = trace,
		.principal = a->principal,
		.how = "login",
		.client = a->call->client,
		.octets = octets->data,
		.length = octets->length };
	struct handover_answer answer;

	(void)text_format(
		trace, sizeof(trace), "%s.%u", a->trace, ++a->messages);
	if (handover_submit(a->client, &m, &answer, e) == 0) {
		take_answer(a, &answer, answer_r);
		return 0;
	}
	if (e->code == ERROR_TROUBLE)
		return error_prefix(e, "gateway");
	log_warn("%s: not taken: %s", trace, e->text);
	answer_r->outcome = LINE_LATER;
	return 0;
}

/* --- down --- */

static int
take_pending(const struct handover_pending *p, void *arg)
{
	struct answering *a = arg;
	struct request *r = &a->requests[a->request_count++];

	(void)text_copy(r->email_id, sizeof(r->email_id), p->email_id);
	return a->request_count == REQUESTS_MAX;
}

static int
list(struct answering *a, struct error *e)
{
	if (a->listed)
		return 0;
	a->listed = true;
	return handover_pending(a->client, a->c->center, a->principal, NULL,
		       take_pending, a, e) == -1
		? error_prefix(e, "gateway")
		: 0;
}

/* 1: there is none any more. */
static int
next(void *arg, struct line_message *m, struct error *e)
{
	struct answering *a = arg;

	if (list(a, e) == -1)
		return -1;
	while (a->request_next < a->request_count) {
		m->tag = a->request_next++;
		if (handover_fetch(a->client, a->requests[m->tag].email_id,
			    &m->octets, e) == 0)
			return 0;
		if (e->code != ERROR_NOT_FOUND)
			return error_prefix(e, "gateway");
	}
	return 1;
}

static int
answered(void *arg, uint64_t tag, const struct line_answer *answer,
	struct error *e)
{
	struct answering *a = arg;
	const char *email_id = a->requests[tag].email_id;

	log_info("%s: request %s to %s: %s", a->trace, email_id, a->principal,
		outcome_name(answer->outcome));
	if (answer->outcome != LINE_TAKEN ||
		handover_delivered(a->client, email_id, e) == 0)
		return 0;
	return error_prefix(e, "gateway");
}

/* --- what a broken call leaves --- */

static int
load(void *arg, unsigned char digest_r[TRANSFER_DIGEST_SIZE],
	struct buffer *octets, struct error *e)
{
	const struct answering *a = arg;

	return part_load(a->directory, a->part, digest_r, octets, e);
}

static int
keep(void *arg, const unsigned char digest[TRANSFER_DIGEST_SIZE],
	const struct buffer *octets, struct error *e)
{
	const struct answering *a = arg;

	if (part_keep(a->directory, a->part, digest, octets, e) == 0)
		return 0;
	log_warn("%s: what came of a message is lost: %s", a->trace, e->text);
	return -1;
}

/* --- a call --- */

static struct line_limits
limits_of(const struct line_configuration *c)
{
	return (struct line_limits){ .handshake = c->handshake_timeout * 1000,
		.silence = c->silence_timeout * 1000,
		.progress = c->progress_timeout * 1000,
		.call = c->call_timeout * 1000,
		.message = (size_t)c->max_message_size };
}

static void
log_end(const struct answering *a, const struct line *l, int64_t began)
{
	struct line_tally t;
	char from[TEXT_TOKEN_SIZE];
	const char *who = a->principal[0] != '\0' ? a->principal : "nobody";

	line_tally(l, &t);
	text_token(a->call->from, from, sizeof(from));
	if (line_state(l) != LINE_DONE) {
		log_warn("%s: call from %s: %s: %s: %s", a->trace, from, who,
			line_state(l) == LINE_REFUSED           ? "refused"
				: line_state(l) == LINE_TROUBLE ? "trouble"
								: "broken",
			line_why(l)->text);
		return;
	}
	log_info("%s: call from %s: %s: done: messages=%llu requests=%llu "
		 "octets=%llu/%llu seconds=%lld",
		a->trace, from, who, (unsigned long long)t.transfer.came,
		(unsigned long long)t.transfer.answers[LINE_TAKEN],
		(unsigned long long)t.octets_in,
		(unsigned long long)t.octets_out,
		(long long)((clock_milliseconds() - began) / 1000));
}

/* One that did not begin, though somebody called. */
static void
log_lost(const struct answering *a, const struct error *why)
{
	char from[TEXT_TOKEN_SIZE];

	text_token(a->call->from, from, sizeof(from));
	log_warn("%s: call from %s: nobody: trouble: %s", a->trace, from,
		why->text);
}

/* What it cost somebody; that it could not be counted costs no message. */
static void
count(struct answering *a, const struct line *l, int64_t began)
{
	struct line_tally t;
	struct error e;
	struct handover_call call = {
		.serial = principal_name(a->principal, PRINCIPAL_DEVICE),
		.seconds = (uint64_t)(clock_milliseconds() - began) / 1000,
	};

	if (line_peer(l) == NULL)
		return;
	line_tally(l, &t);
	call.sent = t.octets_out;
	call.received = t.octets_in;
	if (handover_called(a->client, &call, &e) == -1)
		log_warn("%s: not counted: %s", a->trace, e.text);
}

static int
run(struct answering *a, enum line_state *state_r, struct error *e)
{
	static const struct handshake_calls handshake = { .check = check };
	static const struct transfer_calls transfer = { next, answered, arrived,
		load, keep };
	const struct line_options options = { .role = LINE_CENTER,
		.center = a->c->center,
		.nonce = a->nonce,
		.limits = limits_of(a->c),
		.handshake = &handshake,
		.transfer = &transfer,
		.arg = a };
	const int64_t began = clock_milliseconds();
	struct line *l;

	if (line_open(&options, began, &l, e) == -1)
		return -1;
	pump_run(l, a->call->in, a->call->out, a->call->stop);
	*state_r = line_state(l);
	log_end(a, l, began);
	count(a, l, began);
	line_close(&l);
	return 0;
}

/* What it refuses today it may grant tomorrow. */
static int
ask_gateway(struct answering *a, struct error *e)
{
	if (client_open(a->c->socket, (int)a->c->timeout, &a->client, e) == 0 &&
		handover_prove_begin(a->client, a->c->center, a->nonce, e) == 0)
		return 0;
	if (e->code != ERROR_TROUBLE)
		e->code = ERROR_DENIED;
	return error_prefix(e, "gateway");
}

static int
begin(struct answering *a, struct error *e)
{
	unsigned char number[4];

	if (crypto_random(number, sizeof(number), e) == -1)
		return -1;
	text_hex(number, sizeof(number), a->trace);
	a->directory =
		open(a->c->state_directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (a->directory == -1)
		return error_errno(e, "%s", a->c->state_directory);
	return ask_gateway(a, e);
}

static struct answering *
make(const struct line_configuration *c, const struct answer_call *call)
{
	struct answering *a = calloc(1, sizeof(*a));

	if (a == NULL)
		return NULL;
	a->c = c;
	a->call = call;
	a->directory = -1;
	return a;
}

static void
leave(struct answering *a)
{
	if (a->client != NULL)
		client_close(&a->client);
	if (a->directory != -1)
		close(a->directory);
	wipe_free(a);
}

int
answer_ready(const struct line_configuration *c, struct error *e)
{
	struct answering *a = make(c, NULL);
	int rc;

	if (a == NULL)
		return error_memory(e);
	rc = begin(a, e);
	leave(a);
	return rc;
}

int
answer_run(const struct line_configuration *c, const struct answer_call *call,
	enum line_state *state_r, struct error *e)
{
	struct answering *a = make(c, call);
	int rc;

	if (a == NULL)
		return error_memory(e);
	rc = begin(a, e);
	if (rc == 0)
		rc = run(a, state_r, e);
	else
		log_lost(a, e);
	leave(a);
	return rc;
}

/*
 * A request on its way to be answered, once: fetched, confirmed, answered into
 * the queue, counted as answered, sent, deleted. Whoever was stopped between
 * the queue and the count finds in the queue what the answer answers.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/text.h"
#include "device/answering.h"
#include "device/asked.h"
#include "device/poll.h"
#include "device/received.h"
#include "device/state.h"

int
poll_settle(struct poll *p, struct error *e)
{
	struct queue_entry *entries;
	struct state *state = NULL;
	size_t count;
	int rc = 0;

	if (queue_list(p->queue, p->spelled, &entries, &count, e))
		return -1;
	for (size_t i = 0; rc == 0 && i < count; i++) {
		const struct queue_entry *entry = &entries[i];

		if (entry->answers[0] == '\0')
			continue;
		if (state == NULL)
			rc = state_open(p->state, time(NULL), &state, e);
		if (rc == 0 && entry->expires >= time(NULL) &&
			!state_has(state, entry->answers))
			rc = state_add(
				state, entry->answers, entry->expires, e);
	}
	state_close(&state);
	free(entries);
	return rc;
}

/* 1: yes, 0: no. */
static int
is_answered(struct poll *p, const struct received *r, struct error *e)
{
	struct state *state;
	int rc;

	if (state_open(p->state, time(NULL), &state, e))
		return -1;
	rc = state_has(state, r->request.claims.email_id);
	state_close(&state);
	return rc;
}

/*
 * Into the queue, and only then into the state; both under the state's lock, so
 * that nobody answers it at the same time. 1: somebody has.
 */
static int
keep(struct poll *p, const struct received *r, const struct buffer *answer,
	struct queue_entry *entry, struct error *e)
{
	const char *email_id = r->request.claims.email_id;
	struct state *state;
	int rc = -1;

	memset(entry, 0, sizeof(*entry));
	entry->plain = r->key == NULL;
	entry->expires = r->request.expires;
	text_copy(entry->answers, sizeof(entry->answers), email_id);
	if (state_open(p->state, time(NULL), &state, e))
		return -1;
	if (state_has(state, email_id))
		rc = 1;
	else if (queue_add(p->queue, p->spelled, entry, answer, e) == 0)
		rc = state_add(state, email_id, entry->expires, e);
	state_close(&state);
	return rc;
}

/* What is to be said comes from --run or from the command line. 1: the program
 * has no answer; it is asked again the next time. */
static int
make(struct poll *p, const struct received *r, struct buffer *answer,
	struct error *e)
{
	struct arguments a = *p->a;
	struct buffer json = { 0 };
	int rc;

	a.now = time(NULL);
	if (!a.dated)
		a.date = a.now;
	if (a.run != NULL && asked_run(a.run, &r->request, &json, e)) {
		poll_warn("%s is not answered: %s", r->request.claims.email_id,
			e->text);
		p->left++;
		return 1;
	}
	if (a.run != NULL)
		a.given = &json;
	rc = answering_make(&a, r, answer, e);
	if (rc == -1 && a.run != NULL && e->code != ERROR_TROUBLE) {
		poll_warn("%s is not answered: what %s prints: %s",
			r->request.claims.email_id, a.run, e->text);
		p->left++;
		rc = 1;
	}
	buffer_clear(&json);
	return rc;
}

/* It is in the queue: whatever happens to the request now, it is answered. */
static int
send_answer(struct poll *p, const struct poll_name *n,
	struct queue_entry *entry, struct error *e)
{
	enum send_result sent = p->ways->send(p, entry, e);

	if (sent == SEND_TROUBLE || sent == SEND_UNNOTED)
		return -1;
	if (sent == SEND_KEPT) {
		poll_warn("%s, the answer to %s, was not sent: %s", entry->name,
			n->id, e->text);
		p->left++;
		return 0;
	}
	poll_say("answered %s by %s", n->id, entry->name);
	p->ways->drop(p, n);
	return 0;
}

static int
answer(struct poll *p, const struct poll_name *n, const struct received *r,
	struct error *e)
{
	struct buffer octets = { 0 };
	struct queue_entry entry;
	int rc = is_answered(p, r, e);

	if (rc == 0) {
		rc = make(p, r, &octets, e);
		if (rc == 1)
			goto out;
	}
	if (rc == 0)
		rc = keep(p, r, &octets, &entry, e);
	if (rc == -1 && e->code == ERROR_LIMIT) {
		poll_warn("%s is not answered: %s", n->id, e->text);
		p->left++;
		rc = 0;
	} else if (rc == 0) {
		rc = send_answer(p, n, &entry, e);
	} else if (rc == 1) {
		poll_say("%s was answered before", n->id);
		p->ways->drop(p, n);
	}
out:
	buffer_clear(&octets);
	return rc == -1 ? -1 : 0;
}

/* Under the name of another request it would be answered and deleted as that
 * one. n gets the Email-ID if it has none. */
static int
confirm(const struct poll *p, struct poll_name *n, struct received *r,
	struct error *e)
{
	int rc = -1;

	for (size_t i = 0; i == 0 || (i < p->ring->count && r->other_key); i++)
		rc = received_open(p->a,
			p->ring->count == 0 ? NULL : &p->ring->keys[i], r, e);
	if (rc == 0)
		rc = received_fresh(r, time(NULL), e);
	if (rc == 0 && n->id[0] == '\0')
		text_copy(n->id, sizeof(n->id), r->request.claims.email_id);
	if (rc == 0 && strcmp(r->request.claims.email_id, n->id) != 0)
		rc = error_set(e, ERROR_DENIED, "it is another request");
	return rc;
}

static bool
is_old(const struct poll *p, const struct poll_name *n)
{
	return p->ways->is_old != NULL && p->ways->is_old(p, n);
}

/*
 * What can never be taken is deleted. What another key may open, or a clock
 * that is right, is left for who has it, though not for ever.
 */
static void
refuse(struct poll *p, const struct poll_name *n, const struct received *r,
	const struct error *e)
{
	bool leave = (r->other_key || r->request.date - SKEW > time(NULL)) &&
		!is_old(p, n);

	poll_warn("%s is refused, and %s: %s", n->name,
		leave ? "left" : "deleted", e->text);
	p->refused++;
	if (!leave)
		p->ways->drop(p, n);
}

int
poll_request(struct poll *p, const struct poll_name *n, struct error *e)
{
	struct received *r = calloc(1, sizeof(*r));
	struct poll_name named = *n;
	int rc = 0;

	if (r == NULL)
		return error_memory(e);
	e->code = ERROR_NONE;
	if (!p->ways->get(p, n, &r->mail, e)) {
		if (e->code == ERROR_LIMIT)
			refuse(p, n, r, e);
	} else if (confirm(p, &named, r, e) == 0) {
		rc = answer(p, &named, r, e);
	} else if (e->code == ERROR_DENIED) {
		refuse(p, n, r, e);
	} else {
		rc = -1;
	}
	received_clear(r);
	free(r);
	return rc;
}

/*
 * csrc-device line: one call, in which all that is due goes up, what the center
 * says of it is believed where a receipt proves it, and requests come down.
 * These are on the disk before the center hears that they are here; answered
 * they are when nothing else is to be sent, so that the answers go up too.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/crypto.h"
#include "base/file.h"
#include "base/signals.h"
#include "base/text.h"
#include "base/wipe.h"
#include "device/commands.h"
#include "device/connected.h"
#include "device/poll.h"
#include "device/queue_requests.h"
#include "line/pump.h"
#include "parser/limits.h"

enum { SENT_MAX = QUEUE_ENTRIES_MAX };

struct lining {
	struct poll poll;
	int stop;
	/* what the queue had when it was last looked at */
	struct queue_entry *entries;
	size_t count, next;
	/* what was sent in this call, by tag */
	struct queue_entry *sent;
	size_t sent_count, sent_room;
	/* requests that were looked at in this call */
	char (*seen)[QUEUE_REQUEST_SIZE];
	size_t seen_count;
};

/* --- up --- */

static bool
was_sent(const struct lining *l, const char *name)
{
	for (size_t i = 0; i < l->sent_count; i++)
		if (strcmp(l->sent[i].name, name) == 0)
			return true;
	return false;
}

static int
remember(struct lining *l, const struct queue_entry *entry, struct error *e)
{
	const size_t room = l->sent_room == 0 ? 64 : 2 * l->sent_room;
	struct queue_entry *sent = l->sent;

	if (l->sent_count == l->sent_room) {
		sent = reallocarray(sent, room, sizeof(*sent));
		if (sent == NULL)
			return error_memory(e);
		l->sent = sent;
		l->sent_room = room;
	}
	l->sent[l->sent_count++] = *entry;
	return 0;
}

static int
look(struct lining *l, struct error *e)
{
	free(l->entries);
	l->entries = NULL;
	l->next = 0;
	return queue_list(
		l->poll.queue, l->poll.spelled, &l->entries, &l->count, e);
}

/* 1: none of those that were there is left. */
static int
next_entry(struct lining *l, struct line_message *m, struct error *e)
{
	while (l->next < l->count) {
		const struct queue_entry *entry = &l->entries[l->next++];

		if (was_sent(l, entry->name) ||
			(!l->poll.a->at_once &&
				!schedule_due(&entry->schedule, time(NULL))))
			continue;
		if (queue_read(l->poll.queue, entry->name, &m->octets, e)) {
			if (e->code != ERROR_NOT_FOUND)
				return -1;
			continue;
		}
		m->tag = l->sent_count;
		return remember(l, entry, e);
	}
	return 1;
}

static int answer_requests(struct lining *l, struct error *e);

/* 1: there is none now. */
static int
next(void *arg, struct line_message *m, struct error *e)
{
	struct lining *l = arg;
	int rc = next_entry(l, m, e);

	if (rc != 1)
		return rc;
	if (answer_requests(l, e) || look(l, e))
		return -1;
	return next_entry(l, m, e);
}

/* Kept, and tried another time. */
static int
keep_entry(struct lining *l, struct queue_entry *entry, const char *why)
{
	struct error ignored;

	poll_warn("%s is kept: %s", entry->name, why);
	l->poll.left++;
	schedule_failed(&entry->schedule, time(NULL));
	(void)queue_note(l->poll.queue, entry, &ignored);
	return 0;
}

/* For a plain one no receipt comes. */
static int
sent_plain(struct lining *l, struct queue_entry *entry, struct error *e)
{
	poll_say("sent %s", entry->name);
	schedule_sent_plain(&entry->schedule, true, time(NULL));
	return entry->schedule.sent >= SCHEDULE_PLAIN_TIMES
		? queue_forget(l->poll.queue, entry->name, e)
		: queue_note(l->poll.queue, entry, e);
}

static int
believe(struct lining *l, struct queue_entry *entry,
	const struct line_answer *answer, struct error *e)
{
	const struct buffer text = { .data = (unsigned char *)answer->receipt,
		.length = strlen(answer->receipt) };
	bool good;

	if (poll_take_receipt(&l->poll, entry->name, &text, &good, e))
		return -1;
	if (good)
		return 0;
	poll_warn("%s: its receipt is forged: %s", entry->name, e->text);
	return keep_entry(l, entry, "nobody has proved that the center has it");
}

static int
answered(void *arg, uint64_t tag, const struct line_answer *answer,
	struct error *e)
{
	struct lining *l = arg;
	struct queue_entry *entry = &l->sent[tag];

	if (answer->outcome == LINE_LATER)
		return keep_entry(l, entry, "the center asks for it later");
	if (answer->receipt[0] != '\0')
		return believe(l, entry, answer, e);
	if (entry->plain && answer->outcome == LINE_TAKEN)
		return sent_plain(l, entry, e);
	return keep_entry(l, entry,
		answer->outcome == LINE_TAKEN
			? "there is no receipt for it"
			: "the center refused it, without a receipt");
}

/* --- down --- */

static int
arrived(void *arg, const struct buffer *octets, struct line_answer *answer_r,
	struct error *e)
{
	struct lining *l = arg;

	if (queue_request_put(l->poll.queue, l->poll.spelled, octets, e) == 0) {
		answer_r->outcome = LINE_TAKEN;
		return 0;
	}
	if (e->code != ERROR_LIMIT)
		return -1;
	poll_warn("a request is not taken: %s", e->text);
	l->poll.left++;
	answer_r->outcome = LINE_LATER;
	return 0;
}

static bool
get_request(struct poll *p, const struct poll_name *n, struct buffer *mail,
	struct error *e)
{
	mail->limit = (size_t)limits_default.message_size;
	if (queue_read(p->queue, n->name, mail, e) == 0)
		return true;
	if (e->code != ERROR_NOT_FOUND && e->code != ERROR_LIMIT) {
		poll_warn("%s: %s", n->name, e->text);
		p->left++;
	}
	return false;
}

static void
drop_request(struct poll *p, const struct poll_name *n)
{
	struct error e;

	if (queue_request_drop(p->queue, n->name, &e) == 0)
		return;
	poll_warn("%s", e.text);
	p->left++;
}

static bool
is_old(const struct poll *p, const struct poll_name *n)
{
	return queue_request_is_old(p->queue, n->name);
}

/* It goes with this call, or the next one. */
static enum send_result
send_answer(struct poll *p, struct queue_entry *entry, struct error *e)
{
	(void)p;
	(void)entry;
	(void)e;
	return SEND_DONE;
}

static bool
was_seen(struct lining *l, const char *name)
{
	for (size_t i = 0; i < l->seen_count; i++)
		if (strcmp(l->seen[i], name) == 0)
			return true;
	if (l->seen_count < QUEUE_REQUESTS_MAX)
		text_copy(l->seen[l->seen_count++], QUEUE_REQUEST_SIZE, name);
	return false;
}

static int
answer_requests(struct lining *l, struct error *e)
{
	char names[QUEUE_REQUESTS_MAX][QUEUE_REQUEST_SIZE];
	struct poll_name n = { .kind = NAMES_REQUEST };
	size_t count;

	if (queue_request_list(
		    l->poll.queue, l->poll.spelled, names, &count, e))
		return -1;
	for (size_t i = 0; i < count; i++) {
		if (was_seen(l, names[i]))
			continue;
		n.id[0] = '\0';
		text_copy(n.name, sizeof(n.name), names[i]);
		if (poll_request(&l->poll, &n, e))
			return -1;
	}
	return 0;
}

/* --- what a broken call leaves --- */

static int
load(void *arg, unsigned char digest_r[TRANSFER_DIGEST_SIZE],
	struct buffer *octets, struct error *e)
{
	const struct lining *l = arg;

	return queue_part_load(
		l->poll.queue, l->poll.spelled, digest_r, octets, e);
}

static int
keep(void *arg, const unsigned char digest[TRANSFER_DIGEST_SIZE],
	const struct buffer *octets, struct error *e)
{
	const struct lining *l = arg;

	return queue_part_keep(
		l->poll.queue, l->poll.spelled, digest, octets, e);
}

/* --- a call --- */

static int
answer(void *arg, struct transcript *t, struct proofs *proofs_r,
	struct error *e)
{
	const struct lining *l = arg;
	const struct device_key *key = &l->poll.ring->keys[0];

	text_copy(t->serial, sizeof(t->serial), l->poll.a->own.serial);
	memcpy(t->key_id, key->id, key->id_length);
	t->key_id_length = key->id_length;
	if (crypto_random(t->device_nonce, sizeof(t->device_nonce), e))
		return -1;
	return proofs_make(t, key->key, key->length, proofs_r, e);
}

/* How it ended, in words. */
static int
end(const struct lining *l, const struct line *line, struct error *e)
{
	static const char *const what[] = { [LINE_REFUSED] = "no session",
		[LINE_BROKEN] = "the call broke off",
		[LINE_TROUBLE] = "trouble" };
	const enum line_state state = line_state(line);

	if (state != LINE_DONE) {
		*e = *line_why(line);
		error_prefix(e, "%s", what[state]);
		e->code = state == LINE_REFUSED ? ERROR_DENIED : ERROR_TROUBLE;
		return state == LINE_BROKEN ? COMMAND_KEPT : -1;
	}
	if (l->poll.refused > 0) {
		error_set(e, ERROR_DENIED, "what is said above (%u)",
			l->poll.refused);
		return COMMAND_REFUSED;
	}
	if (l->poll.left == 0)
		return 0;
	error_set(e, ERROR_TROUBLE,
		"what is said above (%u) is left for the next time",
		l->poll.left);
	return COMMAND_KEPT;
}

static int
call(struct lining *l, const struct connected *c, struct error *e)
{
	static const struct handshake_calls handshake = { .answer = answer };
	static const struct transfer_calls transfer = { next, answered, arrived,
		load, keep };
	struct line_options options = { .role = LINE_DEVICE,
		.center = l->poll.a->own.center,
		.limits = line_limits_default,
		.handshake = &handshake,
		.transfer = &transfer,
		.arg = l };
	struct line *line;
	int rc;

	options.limits.message = (size_t)limits_default.message_size;
	if (l->poll.a->call_timeout > 0)
		options.limits.call = l->poll.a->call_timeout * 1000;
	if (line_open(&options, clock_milliseconds(), &line, e))
		return -1;
	pump_run(line, c->in, c->out, l->stop);
	rc = end(l, line, e);
	line_close(&line);
	return rc;
}

static int
run(struct lining *l, struct error *e)
{
	struct poll *p = &l->poll;
	struct connected c;
	int rc = -1;

	if (queue_claim(p->queue, p->spelled, e) || poll_settle(p, e) ||
		look(l, e))
		return -1;
	if (connected_open(p->a, l->stop, &c, e) == 0)
		rc = call(l, &c, e);
	else if (e->code == ERROR_NOT_FOUND)
		rc = COMMAND_KEPT; /* nobody was there */
	connected_close(&c);
	return rc;
}

int
command_line(
	const struct arguments *a, const struct keyring *ring, struct error *e)
{
	static const struct poll_ways ways = { get_request, drop_request,
		is_old, send_answer };
	struct lining l = { .poll = { .a = a, .ways = &ways, .ring = ring },
		.stop = -1 };
	int rc = -1;

	l.seen = calloc(QUEUE_REQUESTS_MAX, sizeof(*l.seen));
	if (l.seen == NULL)
		return error_memory(e);
	if (!spelling_make(a->own.serial, l.poll.spelled) ||
		!poll_find_state(&l.poll))
		error_set(e, ERROR_USAGE, "--queue is too long");
	else if (signals_take(&l.stop, e) == 0 &&
		queue_open(a->queue, &l.poll.queue, e) == 0)
		rc = run(&l, e);
	queue_close(&l.poll.queue);
	if (l.stop != -1)
		close(l.stop);
	free(l.entries);
	free(l.sent);
	free(l.seen);
	return rc;
}

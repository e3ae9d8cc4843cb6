/*
 * csrc-device poll: sends what waits in the queue, takes the receipts, answers
 * the requests. Each step leaves the one before it durable and may be repeated:
 * a receipt is deleted after the queue has forgotten its message, a request
 * after its answer is in the queue and was sent.
 */
#include "device/poll.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/text.h"
#include "device/commands.h"
#include "device/connection.h"
#include "parser/limits.h"

enum {
	LISTING_OCTETS_MAX = 16 << 20,
	FAILURES_MAX = 3 /* of sending, in one poll */
};

/* --- saying --- */

static void say(FILE *to, const char *fmt, va_list args)
	__attribute__((format(printf, 2, 0)));

static void
say(FILE *to, const char *fmt, va_list args)
{
	char text[1024], printable[4 * sizeof(text)];

	vsnprintf(text, sizeof(text), fmt, args);
	text_printable(text, strlen(text), printable, sizeof(printable));
	fprintf(to, "%s%s\n", to == stderr ? "csrc-device: " : "", printable);
}

void
poll_say(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	say(stdout, fmt, args);
	va_end(args);
}

void
poll_warn(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	say(stderr, fmt, args);
	va_end(args);
}

/* --- the outbox --- */

void
poll_path(const struct poll *p, const char *name, char out[POLL_PATH_SIZE])
{
	text_format(out, POLL_PATH_SIZE, "outbox/%s/%s", p->spelled, name);
}

void
poll_delete(struct poll *p, const char *name)
{
	char path[POLL_PATH_SIZE];
	struct error e;

	poll_path(p, name, path);
	if (dav_delete(p->dav, path, NULL, &e) == 0 ||
		e.code == ERROR_NOT_FOUND)
		return;
	poll_warn("%s cannot be deleted: %s", name, e.text);
	p->left++;
}

static bool
get_request(struct poll *p, const struct poll_name *n, struct buffer *mail,
	struct error *e)
{
	char path[POLL_PATH_SIZE];

	poll_path(p, n->name, path);
	if (dav_get(p->dav, path, (size_t)limits_default.message_size, mail,
		    NULL, e) == 0)
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
	poll_delete(p, n->name);
}

static enum send_result
send_answer(struct poll *p, struct queue_entry *entry, struct error *e)
{
	return send_entry(p->dav, p->queue, entry, time(NULL), e);
}

/* The names in it that are ours, receipts first. */
struct outbox {
	struct poll_name receipts[POLL_RECEIPTS_MAX];
	struct poll_name requests[POLL_REQUESTS_MAX];
	size_t receipt_count, request_count;
	size_t strange; /* names that are none of ours */
	bool more;
};

static int
collect(const struct dav_entry *entry, void *arg)
{
	struct outbox *box = arg;
	char id[NAMES_ID_SIZE];
	enum names_kind kind = names_outbox(entry->name, id);
	struct poll_name *n = NULL;

	if (kind == NAMES_NONE || entry->collection)
		box->strange++;
	else if (kind == NAMES_RECEIPT &&
		box->receipt_count < POLL_RECEIPTS_MAX)
		n = &box->receipts[box->receipt_count++];
	else if (kind == NAMES_REQUEST &&
		box->request_count < POLL_REQUESTS_MAX)
		n = &box->requests[box->request_count++];
	else
		box->more = true;
	if (n != NULL) {
		n->kind = kind;
		text_copy(n->id, sizeof(n->id), id);
		text_copy(n->name, sizeof(n->name), entry->name);
	}
	return 0;
}

/* What was seen before a listing broke is as good as any of it. */
static void
list(struct poll *p, struct outbox *box)
{
	char path[POLL_PATH_SIZE];
	struct error e;

	poll_path(p, "", path);
	if (dav_list(p->dav, path, LISTING_OCTETS_MAX, collect, box, &e) &&
		e.code != ERROR_NOT_FOUND) {
		poll_warn("the outbox: %s", e.text);
		p->left++;
	}
	if (box->strange > 0)
		poll_warn("%zu names in the outbox are none of ours, and left "
			  "there",
			box->strange);
	if (box->more)
		poll_warn("there is more in the outbox than one poll takes");
}

static int
take_outbox(struct poll *p, struct error *e)
{
	struct outbox *box = calloc(1, sizeof(*box));
	int rc = 0;

	if (box == NULL)
		return error_memory(e);
	list(p, box);
	for (size_t i = 0; rc == 0 && i < box->receipt_count; i++)
		rc = poll_receipt(p, &box->receipts[i], e);
	for (size_t i = 0; rc == 0 && i < box->request_count; i++)
		rc = poll_request(p, &box->requests[i], e);
	free(box);
	return rc;
}

/* --- the queue --- */

static int
send_one(struct poll *p, struct queue_entry *entry, unsigned int *failures,
	struct error *e)
{
	switch (send_entry(p->dav, p->queue, entry, time(NULL), e)) {
	case SEND_TROUBLE:
		return -1;
	case SEND_DONE:
		poll_say("sent %s", entry->name);
		return 0;
	case SEND_KEPT:
		poll_warn("%s was not sent: %s", entry->name, e->text);
		p->left++;
		++*failures;
		return 0;
	case SEND_UNNOTED:
		poll_warn(
			"sent %s, and will be again: %s", entry->name, e->text);
		p->left++;
		return 0;
	case SEND_GONE:
		break;
	}
	return 0;
}

static int
send_due(struct poll *p, struct error *e)
{
	struct queue_entry *entries;
	unsigned int failures = 0;
	size_t count;
	int rc = 0;

	if (queue_list(p->queue, p->spelled, &entries, &count, e))
		return -1;
	for (size_t i = 0; rc == 0 && failures < FAILURES_MAX && i < count; i++)
		if (p->a->at_once ||
			schedule_due(&entries[i].schedule, time(NULL)))
			rc = send_one(p, &entries[i], &failures, e);
	free(entries);
	return rc;
}

/* --- the command --- */

static int
run(struct poll *p, struct error *e)
{
	if (queue_claim(p->queue, p->spelled, e) ||
		connection_open(p->a, &p->dav, e) || send_due(p, e) ||
		poll_settle(p, e) || take_outbox(p, e))
		return -1;
	if (fflush(stdout) == EOF || ferror(stdout))
		return error_errno(e, "standard output");
	if (p->refused > 0) {
		error_set(
			e, ERROR_DENIED, "what is said above (%u)", p->refused);
		return COMMAND_REFUSED;
	}
	if (p->left > 0) {
		error_set(e, ERROR_TROUBLE,
			"what is said above (%u) is left for the next time",
			p->left);
		return COMMAND_KEPT;
	}
	return 0;
}

bool
poll_find_state(struct poll *p)
{
	return p->a->state != NULL
		? text_copy(p->state, sizeof(p->state), p->a->state)
		: text_format(p->state, sizeof(p->state), "%s/%s.answered",
			  p->a->queue, p->spelled);
}

int
command_poll(
	const struct arguments *a, const struct keyring *ring, struct error *e)
{
	static const struct poll_ways ways = { get_request, drop_request, NULL,
		send_answer };
	struct poll p = { .a = a, .ways = &ways, .ring = ring };
	int rc = -1;

	if (!spelling_make(a->own.serial, p.spelled) || !poll_find_state(&p))
		return error_set(e, ERROR_USAGE, "--queue is too long");
	if (queue_open(a->queue, &p.queue, e) == 0)
		rc = run(&p, e);
	dav_close(&p.dav);
	queue_close(&p.queue);
	return rc;
}

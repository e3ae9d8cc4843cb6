/*
 * csrc-device report: a report that nobody asked for, printed, or on its way
 * through the queue. It is in the queue before anything else is tried, even
 * whether the server's name makes sense: whoever made it need not keep it.
 */
#include <stdio.h>
#include <time.h>

#include "device/commands.h"
#include "device/connection.h"
#include "device/enclosed.h"
#include "device/mail.h"
#include "device/send.h"
#include "parser/limits.h"

static int
say(const char *what, const struct queue_entry *entry, struct error *e)
{
	if (printf("%s %s\n", what, entry->name) < 0 || fflush(stdout) == EOF)
		return error_errno(e, "standard output");
	return 0;
}

static int
send_now(const struct arguments *a, struct queue *q, struct queue_entry *entry,
	struct error *e)
{
	struct dav *dav;
	enum send_result sent;

	if (a->webdav == NULL)
		return say("queued", entry, e);
	if (connection_open(a, &dav, e)) {
		error_prefix(e, "%s is kept, but not sent", entry->name);
		return COMMAND_KEPT;
	}
	sent = send_entry(dav, q, entry, time(NULL), e);
	dav_close(&dav);
	if (sent == SEND_TROUBLE)
		return -1;
	if (sent == SEND_KEPT || sent == SEND_UNNOTED) {
		error_prefix(e,
			sent == SEND_KEPT ? "%s is kept, but not sent"
					  : "%s is sent, and will be again",
			entry->name);
		return COMMAND_KEPT;
	}
	return say("sent", entry, e);
}

/* For the center a larger one is none. */
static int
check_size(const struct buffer *mail, struct error *e)
{
	if ((int64_t)mail->length <= limits_default.message_size)
		return 0;
	return error_set(e, ERROR_LIMIT,
		"it has %zu octets, more than any center takes", mail->length);
}

static int
queue(const struct arguments *a, const struct buffer *mail, struct error *e)
{
	struct queue_entry entry = { .plain = a->plain };
	char spelled[SPELLED_SIZE];
	struct queue *q;
	int rc = -1;

	if (check_size(mail, e) || queue_open(a->queue, &q, e))
		return -1;
	if (!spelling_make(a->own.serial, spelled))
		error_set(e, ERROR_USAGE, "--serial is no serial");
	else if (queue_add(q, spelled, &entry, mail, e) == 0)
		rc = send_now(a, q, &entry, e);
	else if (e->code == ERROR_LIMIT)
		rc = COMMAND_FULL;
	queue_close(&q);
	return rc;
}

int
command_report(
	const struct arguments *a, const struct keyring *ring, struct error *e)
{
	struct buffer entity = { 0 }, mail = { 0 };
	const struct outer outer = { .from = a->from,
		.to = a->to,
		.subject = "CSRC report",
		.claims = &a->own,
		.date = a->now };
	int rc = -1;

	if (enclosed_make(a, &a->own, &entity, e) == 0 &&
		mail_make(&outer, &entity, a->plain ? NULL : &ring->keys[0],
			&mail, e) == 0)
		rc = a->queue == NULL ? mail_print(&mail, e)
				      : queue(a, &mail, e);
	buffer_clear(&entity);
	buffer_clear(&mail);
	return rc;
}

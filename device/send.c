/*
 * What a server says to a PUT is no promise: Apache says 201 before a disk has
 * anything. So nothing but a receipt takes a message out of the queue, or, for
 * a plain one, to which no receipt comes, that it was put there several times.
 */
#include "device/send.h"

#include "base/text.h"

enum send_result
send_unanswered(struct queue *q, struct queue_entry *entry, bool anew,
	time_t now, struct error *e)
{
	schedule_sent_plain(&entry->schedule, anew, now);
	if (entry->schedule.sent >= SCHEDULE_PLAIN_TIMES)
		return queue_forget(q, entry->name, e) == 0 ? SEND_DONE
							    : SEND_TROUBLE;
	return queue_note(q, entry, e) == 0 ? SEND_DONE : SEND_UNNOTED;
}

static enum send_result
note(struct queue *q, struct queue_entry *entry, bool anew, time_t now,
	struct error *e)
{
	if (entry->plain)
		return send_unanswered(q, entry, anew, now, e);
	schedule_sent(&entry->schedule, now);
	return queue_note(q, entry, e) == 0 ? SEND_DONE : SEND_UNNOTED;
}

enum send_result
send_entry(struct dav *dav, struct queue *q, struct queue_entry *entry,
	time_t now, struct error *e)
{
	struct buffer message = { 0 };
	char path[sizeof("inbox/") + NAMES_INBOX_SIZE];
	struct error ignored;
	int rc;

	if (queue_read(q, entry->name, &message, e))
		return e->code == ERROR_NOT_FOUND ? SEND_GONE : SEND_TROUBLE;
	text_format(path, sizeof(path), "inbox/%s", entry->name);
	rc = dav_put(dav, path, message.data, message.length, true, e);
	buffer_clear(&message);
	if (rc == 0 || e->code == ERROR_EXISTS)
		return note(q, entry, rc == 0, now, e);
	schedule_failed(&entry->schedule, now);
	/* else it is tried again sooner */
	(void)queue_note(q, entry, &ignored);
	return SEND_KEPT;
}

/*
 * What the queue remembers of a message, as text:
 *
 *     sent N
 *     failed N
 *     next DATE
 *     answers EMAIL-ID EXPIRES      if it answers a request
 *
 * with dates as in RFC 3339, UTC.
 */
#ifndef DEVICE_QUEUE_STATE_H
#define DEVICE_QUEUE_STATE_H

#include "device/queue.h"

enum { QUEUE_STATE_MAX = 512 };

/* Appends the text. ERROR_TROUBLE (memory). */
int queue_state_write(
	const struct queue_entry *entry, struct buffer *text, struct error *e);
/* Fills in schedule, answers and expires; for a text that is not as above it
 * leaves the entry as it was. */
void
queue_state_read(const char *text, size_t length, struct queue_entry *entry);

#endif

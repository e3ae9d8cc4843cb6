/*
 * Messages on their way: a directory of the device's own, in which each lies
 * from before it is first sent until the center's receipt for it is there.
 *
 *     SERIAL.ID.p7m, .eml   a message, octet for octet as it is sent each time
 *     SERIAL.ID.state       when and how often, and what request it answers
 *     refused/              what the center refused for good
 *
 * Whatever a call changed is on the disk when it returns; cut off at any
 * moment, it has done all of it or nothing. Each call locks the directory for
 * itself, so that several processes may have it open; who is slow while it
 * waits for a server holds up nobody. Of several devices, if need be.
 */
#ifndef DEVICE_QUEUE_H
#define DEVICE_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include "base/buffer.h"
#include "base/error.h"
#include "device/names.h"
#include "device/schedule.h"
#include "parser/claims.h"

enum {
	QUEUE_ENTRIES_MAX = 10000,
	QUEUE_OCTETS_MAX = 256 << 20,
	QUEUE_REFUSED_MAX = 100 /* kept of those; the oldest go */
};

struct queue;

struct queue_entry {
	char name[NAMES_INBOX_SIZE];
	bool plain;
	struct schedule schedule;
	char answers[EMAIL_ID_SIZE]; /* ""; or the request's Email-ID */
	time_t expires;              /* of that request */
};

/*
 * Makes the directory if it is missing. ERROR_BAD: it is not ours, or others
 * may write to it; ERROR_TROUBLE.
 */
int queue_open(const char *path, struct queue **queue_r, struct error *e);
void queue_close(struct queue **queue);

/*
 * For who is to be alone with a device's messages in it, until queue_close.
 * ERROR_EXISTS: another process is.
 */
int queue_claim(struct queue *q, const char *spelled, struct error *e);

/*
 * Puts a message in. entry has plain and what it answers; it gets its name.
 * ERROR_LIMIT: the queue is full; ERROR_TROUBLE. Nothing is left of it then.
 */
int queue_add(struct queue *q, const char *spelled, struct queue_entry *entry,
	const struct buffer *message, struct error *e);

/*
 * Those of one device, those due longest first; the caller frees the array. A
 * state that cannot be read is none: sent once too often it harms nobody.
 */
int queue_list(struct queue *q, const char *spelled,
	struct queue_entry **entries_r, size_t *count_r, struct error *e);

/* Appends the message's octets. ERROR_NOT_FOUND: it is there no more. */
int queue_read(
	struct queue *q, const char *name, struct buffer *out, struct error *e);
/* Notes the entry's schedule; does nothing if it is there no more. */
int
queue_note(struct queue *q, const struct queue_entry *entry, struct error *e);
/* It is there no more. Twice is no error. */
int queue_forget(struct queue *q, const char *name, struct error *e);
/* It goes to refused/. */
int queue_refuse(struct queue *q, const char *name, struct error *e);

#endif

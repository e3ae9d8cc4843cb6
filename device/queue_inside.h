/*
 * The queue as its own files know it.
 */
#ifndef DEVICE_QUEUE_INSIDE_H
#define DEVICE_QUEUE_INSIDE_H

#include <stdint.h>

#include "device/queue.h"

enum { QUEUE_FILE_SIZE = NAMES_INBOX_SIZE + 8 };

struct queue {
	int directory, lock, claim; /* -1: not open */
};

/* Against other processes, for the time of one call. */
int queue_lock(struct queue *q, struct error *e);
void queue_unlock(struct queue *q);

bool queue_has(const struct queue *q, const char *name);
/* "SERIAL.ID.state" for the message of that name. */
void queue_state_name(const char *name, char out[QUEUE_FILE_SIZE]);

/* take is called for each message in a directory: the queue's own, or that of
 * what was refused. States without a message go on the way. */
struct queue_walk {
	struct queue *q;
	int directory;
	const char *spelled; /* NULL: of every device */
	int (*take)(struct queue_walk *walk, const char *name, struct error *e);
	size_t count;   /* take's own */
	int64_t octets; /* take's own */
};
int queue_walk(struct queue_walk *walk, struct error *e);

#endif

/*
 * From the queue into the server's inbox.
 */
#ifndef DEVICE_SEND_H
#define DEVICE_SEND_H

#include <time.h>

#include "base/error.h"
#include "dav/dav.h"
#include "device/queue.h"

enum send_result {
	SEND_TROUBLE = -1, /* our own: the queue */
	SEND_DONE,         /* the server has it */
	SEND_KEPT,         /* it has not; the queue keeps it */
	SEND_UNNOTED,      /* it has, which is not noted: it is sent again */
	SEND_GONE          /* the queue has it no more */
};

/*
 * Puts the message where it belongs, unless it is there already, and notes
 * when it is due again. A disk that is full is no trouble: receipts are what
 * makes room on it. A plain one that was sent often enough is forgotten. *e
 * says why unless it is SEND_DONE.
 */
enum send_result send_entry(struct dav *dav, struct queue *q,
	struct queue_entry *entry, time_t now, struct error *e);

/* It was sent some way that brings no receipt: noted, and forgotten when that
 * was often enough. */
enum send_result send_unanswered(struct queue *q, struct queue_entry *entry,
	bool anew, time_t now, struct error *e);

#endif

/*
 * The center's requests that came over a line, in the queue's directory until
 * they are answered; and what a broken call has left of one.
 *
 *     SERIAL.DIGEST.request   as it came
 *     SERIAL.part
 */
#ifndef DEVICE_QUEUE_REQUESTS_H
#define DEVICE_QUEUE_REQUESTS_H

#include "device/queue.h"
#include "line/transfer.h"

enum {
	QUEUE_REQUESTS_MAX = 100,
	QUEUE_REQUEST_AGE = 60 * 86400, /* seconds, for one that is refused */
	QUEUE_REQUEST_SIZE = SPELLED_SIZE + 64 + sizeof("..request")
};

/* It is on the disk when this returns; the same once more is no error.
 * ERROR_LIMIT: too many wait. */
int queue_request_put(struct queue *q, const char *spelled,
	const struct buffer *octets, struct error *e);
/* Their names, at most QUEUE_REQUESTS_MAX of them. */
int queue_request_list(struct queue *q, const char *spelled,
	char (*names_r)[QUEUE_REQUEST_SIZE], size_t *count_r, struct error *e);
/* Not reason enough to drop it: clocks jump, and the center has forgotten it.
 */
bool queue_request_is_old(const struct queue *q, const char *name);
/* It is there no more. Twice is no error. */
int queue_request_drop(struct queue *q, const char *name, struct error *e);

/* As line/part.h has it. */
int queue_part_load(struct queue *q, const char *spelled,
	unsigned char digest_r[TRANSFER_DIGEST_SIZE], struct buffer *octets,
	struct error *e);
int queue_part_keep(struct queue *q, const char *spelled,
	const unsigned char digest[TRANSFER_DIGEST_SIZE],
	const struct buffer *octets, struct error *e);

#endif

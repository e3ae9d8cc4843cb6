/*
 * When a message in the queue is sent next. One that was sent waits for its
 * receipt and is sent again after a few minutes, then after twice as long each
 * time, to daily. One that could not be sent waits an hour at most: it may
 * have been nothing but the network.
 */
#ifndef DEVICE_SCHEDULE_H
#define DEVICE_SCHEDULE_H

#include <stdbool.h>
#include <time.h>

enum {
	SCHEDULE_FIRST = 5 * 60,     /* seconds after the first time */
	SCHEDULE_MOST = 86400,       /* and at most, if it was sent; */
	SCHEDULE_MOST_FAILED = 3600, /* if it could not be */
	SCHEDULE_PLAIN_TIMES = 3     /* that a plain one is sent in all */
};

/* All zero: never tried, and due. */
struct schedule {
	unsigned int sent;   /* times that the server took it */
	unsigned int failed; /* that it could not be sent since */
	time_t next;
};

/* Also if next is farther than it can be: then the clock was set back. */
bool schedule_due(const struct schedule *s, time_t now);

void schedule_sent(struct schedule *s, time_t now);
void schedule_failed(struct schedule *s, time_t now);
/* Of a plain one, for which no receipt will come: a day from now. anew: the
 * server had it no more. */
void schedule_sent_plain(struct schedule *s, bool anew, time_t now);

#endif

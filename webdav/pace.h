/*
 * When a server is asked again: at once while there is much to do, once an
 * interval while there is nothing, and ever more seldom while it fails.
 */
#ifndef WEBDAV_PACE_H
#define WEBDAV_PACE_H

#include <stdint.h>

enum { PACE_FAILED_MAX = 600 /* seconds between two tries, at most */ };

/* What a round came to. */
enum outcome {
	OUTCOME_BUSY,  /* something was done: there may be more */
	OUTCOME_IDLE,  /* nothing was there that could be done now */
	OUTCOME_FAILED /* the server, or the gateway, did not do its part */
};

struct pace {
	int64_t interval;      /* milliseconds; set once */
	unsigned int failures; /* in a row */
};

/*
 * Milliseconds until the next round. random is any number: after a failure a
 * part of the pause is by chance, so that many do not come back as one.
 */
int64_t pace_next(struct pace *p, enum outcome outcome, uint64_t random);

/* A pause that doubles with each failure in a row, from one second to most
 * seconds, of which up to half is taken away by chance. Milliseconds. */
int64_t pace_pause(unsigned int failures, int64_t most, uint64_t random);

#endif

/*
 * When a server is asked again: at once while there is much to do, once an
 * interval while there is nothing, and ever more seldom while it fails.
 */
#ifndef WEBDAV_PACE_H
#define WEBDAV_PACE_H

#include <stdbool.h>
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

enum { LOOK_EVERY = 15 * 60 * 1000 /* ms */ };

/* When a directory is looked at again that nobody writes to while all is well.
 */
struct look {
	int64_t seen;       /* the last time, by whatever clock */
	bool all;           /* nothing was left that could have been done */
	unsigned int stuck; /* times in a row that nothing of a part went */
	int64_t pause;      /* while it is */
};

/* It was looked at then; all of what could be worked on was, or a part; some of
 * it is gone. */
void
look_done(struct look *l, int64_t when, bool all, bool some, uint64_t random);
/* due: when the first of what was left in it is. */
int64_t look_next(const struct look *l, int64_t due);

/* A pause that doubles with each failure in a row, from one second to most
 * seconds, of which up to half is taken away by chance. Milliseconds. */
int64_t pace_pause(unsigned int failures, int64_t most, uint64_t random);

#endif

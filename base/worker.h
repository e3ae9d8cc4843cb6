/*
 * A background thread of somebody's, which works in rounds and sleeps between
 * them until a time has come, it is woken, or it is to stop. Times are
 * CLOCK_MONOTONIC's: nobody who sets the clock makes it hang.
 */
#ifndef BASE_WORKER_H
#define BASE_WORKER_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "base/error.h"

struct worker {
	pthread_mutex_t mutex; /* of the rest, and of what its owner likes */
	pthread_cond_t changed;
	pthread_t thread;
	bool running, stopping;
};

void worker_init(struct worker *w);
/* Stopped. */
void worker_clear(struct worker *w);

/* what: "the keeper", for the error's text. May be started again. */
int worker_start(struct worker *w, const char *what, void *(*run)(void *),
	void *arg, struct error *e);
/* Returns when the thread has ended; at once if there is none. */
void worker_stop(struct worker *w);

/* For the thread: sleeps for so long, whoever wakes it. False: it is to
 * stop, now. */
bool worker_rest(struct worker *w, int64_t seconds);

/* With the mutex held: */
void worker_wake(struct worker *w);
/* Sleeps until then at the latest. True: the time has come; false: look what
 * has changed, or it is to stop. */
bool worker_wait(struct worker *w, const struct timespec *until);

/* So much from now, as worker_wait wants it. */
struct timespec worker_in(int64_t seconds);
struct timespec worker_in_milliseconds(int64_t milliseconds);

#endif

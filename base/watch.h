/*
 * Watches over background threads. One that waits for a file system which has
 * gone away cannot be stopped, nor say so itself: somebody else must.
 */
#ifndef BASE_WATCH_H
#define BASE_WATCH_H

#include <stddef.h>

#include "base/error.h"

enum {
	WATCHED_MAX = 4,
	WATCH_LIMIT = 30 /* seconds that a round may take */
};

/* A thread that is watched, as messages call it. */
struct watched {
	const char *name;  /* "the store's publisher" */
	const char *where; /* whose file system it works on: "the spool's" */
};

struct watch;

/* Of count rows, WATCHED_MAX at most, which are static. NULL: no memory. */
struct watch *watch_new(const struct watched *rows, size_t count);
void watch_free(struct watch **w);
/* The thread that writes the log when a round takes too long. */
int watch_start(struct watch *w, struct error *e);
void watch_stop(struct watch *w);

/* Round a round, by its thread, which is a row. */
void watch_begin(struct watch *w, size_t who);
void watch_end(struct watch *w, size_t who);
/* Within a long one: it does not hang. */
void watch_goes_on(struct watch *w, size_t who);

/* 0, or ERROR_TROUBLE: one of them takes too long. Takes no lock that a thread
 * which hangs could hold. */
int watch_ready(struct watch *w, struct error *e);

/* Tests wait less long. */
void watch_set_limit(struct watch *w, int seconds);

#endif

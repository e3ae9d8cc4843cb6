/*
 * Watches over the background threads. One that waits for a file system which
 * has gone away cannot be stopped, nor say so itself: somebody else must.
 */
#ifndef STORE_WATCH_H
#define STORE_WATCH_H

#include "base/error.h"

enum watched { WATCH_PUBLISHER, WATCH_KEEPER, WATCHED };

/* Seconds that a round may take before the store is called unhealthy. */
enum { WATCH_LIMIT = 30 };

struct watch;

struct watch *watch_new(void);
void watch_free(struct watch **w);
/* The thread that writes the log when a round takes too long. */
int watch_start(struct watch *w, struct error *e);
void watch_stop(struct watch *w);

/* Round a round, by its thread. */
void watch_begin(struct watch *w, enum watched who);
void watch_end(struct watch *w, enum watched who);
/* Within a long one: it does not hang. */
void watch_goes_on(struct watch *w, enum watched who);

/* 0, or ERROR_TROUBLE: one of them takes too long. Takes no lock that a thread
 * which hangs could hold. */
int watch_ready(struct watch *w, struct error *e);

/* Tests wait less long. */
void watch_set_limit(struct watch *w, int seconds);

#endif

/*
 * What the main thread waits for, signals among it.
 */
#ifndef DAEMON_EVENTS_H
#define DAEMON_EVENTS_H

#include "base/error.h"

enum event {
	EVENT_STOP,   /* SIGTERM, SIGINT */
	EVENT_RELOAD, /* SIGHUP */
	EVENT_ENDED,  /* sessions are no longer served */
	EVENT_NONE    /* nothing came in that time */
};

/*
 * Until events_open: SIGHUP waits, and is an event then; SIGTERM and SIGINT end
 * the process, which has begun nothing yet.
 */
void events_early(void);

/*
 * From now on signals are events. Called by the main thread, before libmilter
 * starts; SIGPIPE is ignored.
 */
int events_open(struct error *e);

/* From any thread, and from a signal handler. */
void events_raise(enum event event);

/* Waits for the next one, so many milliseconds at most; -1: for ever. */
enum event events_wait(int milliseconds);

#endif

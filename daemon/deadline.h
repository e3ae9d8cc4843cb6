/*
 * The end of a stop that does not end. A thread that waits for a file system
 * which has gone away cannot be told to stop; the process can.
 */
#ifndef DAEMON_DEADLINE_H
#define DAEMON_DEADLINE_H

#include <stdint.h>

#include "base/error.h"

/* What a stop may take, in seconds, beyond what it waits for mails. */
enum { DEADLINE_GRACE = 10 };

/* What a start may take, in seconds, before the log says where it stands. */
enum { DEADLINE_START = 15 };

/* Starts the thread that waits for a stop to begin. seconds: stop_timeout.
 * Until deadline_started it waits for the start to end as well. */
int deadline_open(int64_t seconds, struct error *e);
void deadline_started(void);
/* After a reload. */
void deadline_set(int64_t seconds);

/*
 * The stop begins: unless the process has ended DEADLINE_GRACE seconds after
 * stop_timeout, it says so in the log and ends with EX_SOFTWARE. May be called
 * from a signal handler, and again.
 */
void deadline_begin(void);
/* What the stop, or the start, is at, for that line of the log; a literal. */
void deadline_at(const char *what);

#endif
